"""Which words stand together: the co-occurrence network, as users of KH Coder know it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from pipeline.arrays import Floats
from pipeline.codebook import Codebook
from pipeline.drawing import COLOURS, GREY, MARKERS, WIDTH, Picture, canvas, display_width, picture, shortened
from pipeline.keywords import co_occurrence, log_likelihood, word_sets

_HEIGHT = 6.3
_LEFT, _RIGHT, _LOW, _TOP = 0.45, WIDTH - 0.45, 0.2, _HEIGHT - 0.8
_NO_GOAL = "特定の目標に偏らない語"
# A word belongs to a goal when it stands there more often than by chance (p < .05).
_SURE = 3.84


def word_network(
    texts: Sequence[str],
    codes: Sequence[str],
    codebook: Codebook,
    *,
    words: int = 60,
    edges: int = 80,
    seed: int = 0,
    title: str = "一緒に使われる語",
) -> Picture:
    """Return the co-occurrence network of words, coloured by the goal for which each word is characteristic.

    The greater a sign, the more opinions have the word; the thicker a line, the more often its two words stand
    in one opinion (Jaccard). Words without any line are left out, as in KH Coder.

    Parameters
    ----------
    texts, codes : n opinions and their codes ('' where there is none)
    words, edges : at most so many of the most frequent words, and of the strongest lines
    seed : of the layout

    Returns
    -------
    Picture whose table has word_1, word_2, texts, jaccard, goal_1, goal_2, strongest first.
    """
    nodes, pairs = co_occurrence(texts, words=words, edges=edges)
    tops = [n.code for n in codebook.children("")]
    goal = _goal_of_words(texts, codes, codebook, tops, nodes["lemma"].tolist())
    graph: Any = nx.Graph()
    for a, b, jaccard in zip(pairs["lemma_1"], pairs["lemma_2"], pairs["jaccard"], strict=True):
        graph.add_edge(a, b, weight=float(jaccard))
    count = dict(zip(nodes["lemma"], nodes["texts"], strict=True))
    shown = dict(zip(nodes["lemma"], nodes["word"], strict=True))
    place = _layout(graph, shown, seed)
    with canvas(_HEIGHT) as figure:
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set(xlim=(0, WIDTH), ylim=(0, _HEIGHT - 0.6))
        _draw_lines(axes, graph, place)
        _draw_words(axes, graph, place, goal, count, shown)
        handles = _legend_of_goals({goal[w] for w in graph}, tops, codebook)
        if handles:
            figure.legend(handles=handles, loc="outside lower left")
        else:
            axes.text(
                0.5,
                0.5,
                "2件以上で一緒に使われる語がありません",
                transform=axes.transAxes,
                ha="center",
                color=GREY,
            )
        table = pairs[["word_1", "word_2", "texts", "jaccard"]].assign(
            goal_1=[tops[goal[w]] if goal[w] >= 0 else "" for w in pairs["lemma_1"]],
            goal_2=[tops[goal[w]] if goal[w] >= 0 else "" for w in pairs["lemma_2"]],
        )
        best = "、".join(f"{a}と{b}" for a, b in zip(table["word_1"][:5], table["word_2"][:5], strict=True))
        alt = (
            f"{title}の共起ネットワーク。{len(graph)}語、{len(pairs)}組。結びつきの強い組: {best or 'なし'}。"
        )
        return picture(figure, title, table, alt)


def _draw_lines(axes: Axes, graph: Any, place: dict[str, Floats]) -> None:
    strongest = max((d["weight"] for _, _, d in graph.edges(data=True)), default=1.0)
    for a, b, data in graph.edges(data=True):
        share = data["weight"] / strongest
        (xa, ya), (xb, yb) = place[a], place[b]
        axes.plot([xa, xb], [ya, yb], color="#bbbbbb", linewidth=0.4 + 2.4 * share, zorder=1)


def _draw_words(
    axes: Axes,
    graph: Any,
    place: dict[str, Floats],
    goal: dict[str, int],
    count: dict[str, int],
    shown: dict[str, str],
) -> None:
    most = max(count.values(), default=1)
    for word in graph:
        marker, colour = _sign(goal[word])
        axes.scatter(
            place[word][0],
            place[word][1],
            s=130 + 480 * count[word] / most,
            marker=marker,
            color=colour,
            edgecolor="white",
            alpha=0.75,
            zorder=2,
        )
        axes.text(
            place[word][0],
            place[word][1],
            shown[word],
            ha="center",
            va="center",
            fontsize=8,
            zorder=3,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )


def _legend_of_goals(goals: set[int], tops: list[str], codebook: Codebook) -> list[Line2D]:
    handles = []
    for k in sorted(goals, key=lambda k: (k < 0, k)):
        marker, colour = _sign(k)
        name = (
            shortened(f"{codebook[tops[k]].number or tops[k]} {codebook[tops[k]].title}", 60)
            if k >= 0
            else _NO_GOAL
        )
        handles.append(Line2D([], [], linestyle="", marker=marker, color=colour, label=name))
    return handles


def _sign(goal: int) -> tuple[str, str]:
    """Return marker and colour of the words of a goal, -1 for none."""
    return (MARKERS[goal % len(MARKERS)], COLOURS[goal % len(COLOURS)]) if goal >= 0 else ("o", "#dddddd")


def _goal_of_words(
    texts: Sequence[str], codes: Sequence[str], codebook: Codebook, tops: list[str], words: list[str]
) -> dict[str, int]:
    """Return for each word the number of the goal it is most characteristic of, -1 for none."""
    sets, _ = word_sets(texts)
    of_goal = [codebook.path(c)[0] if c in codebook else "" for c in codes]
    total = Counter(w for own in sets for w in own)
    strength = np.full((len(words), max(len(tops), 1)), 0.0)
    for k, top in enumerate(tops):
        chosen = [own for own, g in zip(sets, of_goal, strict=True) if g == top]
        if not chosen or len(chosen) == len(sets) or not words:
            continue
        inside = Counter(w for own in chosen for w in own)
        a = np.array([inside[w] for w in words], dtype=np.float64)
        b = np.array([total[w] for w in words], dtype=np.float64) - a
        strength[:, k] = log_likelihood(a, b, len(chosen), len(sets) - len(chosen)).round(9)
    best = strength.argmax(axis=1) if words else np.zeros(0, dtype=np.int64)
    return {w: int(k) if s[k] >= _SURE else -1 for w, s, k in zip(words, strength, best, strict=True)}


def _layout(graph: Any, shown: dict[str, str], seed: int) -> dict[str, Floats]:
    """Return the place of each word in inches: the greatest connected part above, the others in a row below."""
    parts = sorted((sorted(p) for p in nx.connected_components(graph)), key=lambda p: (-len(p), p))
    if not parts:
        return {}
    strip = 1.1 if len(parts) > 1 else 0.0
    at = [_in_box(graph, parts[0], seed, _LEFT, _LOW + strip, _RIGHT - _LEFT, _TOP - _LOW - strip)]
    left, rest = _LEFT, sum(len(p) for p in parts[1:])
    for part in parts[1:]:
        width = (_RIGHT - _LEFT) * len(part) / rest
        inner = (left + 0.15 * width, _LOW, 0.7 * width, strip - 0.5)
        at.append(_in_box(graph, part, seed, *inner))
        left += width
    words = [w for p in parts for w in p]
    return dict(zip(words, _pushed_apart(np.concatenate(at), [shown[w] for w in words]), strict=True))


def _in_box(
    graph: Any, words: list[str], seed: int, left: float, low: float, width: float, height: float
) -> Floats:
    """Lay out one connected part: Kamada & Kawai's springs, started from a seeded circle, fitted to a box."""
    # In order of the words: a view of a part has its words in the order of a set, another in every process.
    part: Any = nx.Graph()
    part.add_nodes_from(words)
    part.add_edges_from((a, b) for a in words for b in sorted(graph[a]) if a < b)
    start = nx.spring_layout(part, seed=seed)
    found = nx.kamada_kawai_layout(part, pos=start, weight=None)
    at = np.array([found[w] for w in words]).round(6)
    # Half by rank: long tails would leave the middle crowded.
    ranks = at.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / max(len(words) - 1, 1)
    span = at.max(axis=0) - at.min(axis=0)
    at = 0.5 * ranks + 0.5 * (at - at.min(axis=0)) / np.where(span > 0, span, 1.0)
    return np.asarray(np.array([left, low]) + at * np.array([width, height]))


def _pushed_apart(at: Floats, names: list[str]) -> Floats:
    """Move names that overlap apart, each the shorter way."""
    half = np.array([[0.065 * display_width(name) / 2 + 0.06, 0.12] for name in names])
    earlier = np.arange(len(at))[:, None] < np.arange(len(at))[None, :]
    for _ in range(300):
        gap = at[:, None, :] - at[None, :, :]
        overlap = half[:, None, :] + half[None, :, :] - np.abs(gap)
        hit = (overlap > 0).all(axis=2)
        np.fill_diagonal(hit, False)
        if not hit.any():
            break
        across = overlap[:, :, 0] < overlap[:, :, 1]
        sign = np.where(gap == 0, np.where(earlier, 1.0, -1.0)[:, :, None], np.sign(gap))
        push = 0.3 * overlap * sign * hit[:, :, None] * np.stack([across, ~across], axis=2)
        at = np.clip(at + push.sum(axis=1), [_LEFT, _LOW], [_RIGHT, _TOP])
    return at
