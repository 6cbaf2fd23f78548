"""The map of opinions: what is alike lies close together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits

from pipeline.arrays import Floats
from pipeline.codebook import Codebook
from pipeline.drawing import (
    COLOURS,
    GREY,
    MARKERS,
    NO_ITEM,
    Picture,
    canvas,
    display_width,
    picture,
    shortened,
)
from pipeline.features import TextVectors

_FEW = 30
_DIMENSIONS = 50
# Of labels, as shares of the map: the height of one with its frame, and half the width of a narrow character.
_LABEL_HEIGHT, _HALF_PLACE = 0.045, 0.0055


def opinion_places(vectors: TextVectors, *, seed: int = 0) -> Floats:
    """Return a place on the map for each of n texts, (n, 2), both from 0 to 1; alike texts lie close together.

    Principal components alone for fewer than 30 texts, else t-SNE (van der Maaten & Hinton 2008) of the first
    50 of them, started from the first two. Distances within a group tell something, those between groups little.
    """
    n = len(vectors)
    if n < 2:
        return np.full((n, 2), 0.5)
    parts = [vectors.dense]
    terms = min(_DIMENSIONS, n - 1, vectors.terms.shape[1] - 1)
    if vectors.terms.nnz and terms >= 1:
        parts.append(TruncatedSVD(terms, random_state=seed).fit_transform(vectors.terms))
    x = np.hstack(parts)
    # One thread: sums of parallel parts come in another order each time.
    with threadpool_limits(1):
        components = min(_DIMENSIONS, *x.shape)
        x = PCA(components, svd_solver="full").fit_transform(x)
        spread = x[:, 0].std()
        if n >= _FEW and spread > 0:
            start = np.pad(x[:, :2], ((0, 0), (0, max(0, 2 - x.shape[1])))) / spread * 1e-4
            x = TSNE(
                2, perplexity=min(30.0, (n - 1) / 3), init=start, random_state=seed, n_jobs=1
            ).fit_transform(x)
    x = np.pad(np.asarray(x[:, :2], dtype=np.float64), ((0, 0), (0, max(0, 2 - x.shape[1]))))
    low, high = x.min(axis=0), x.max(axis=0)
    return np.asarray(((x - low) / np.where(high > low, high - low, 1.0)).round(4))


def map_table(
    ids: Sequence[str], texts: Sequence[str], codes: Sequence[str], places: Floats, codebook: Codebook
) -> pd.DataFrame:
    """Return the table of the map: opinion_id, text, code, title, goal, x, y, one row an opinion."""
    known = [c if c in codebook else "" for c in codes]
    return pd.DataFrame(
        {
            "opinion_id": list(ids),
            "text": list(texts),
            "code": known,
            "title": [codebook[c].title if c else "" for c in known],
            "goal": [codebook.path(c)[0] if c else "" for c in known],
            "x": places[:, 0],
            "y": places[:, 1],
        }
    )


def opinion_map(table: pd.DataFrame, codebook: Codebook, *, title: str = "意見の地図") -> Picture:
    """Return the map of opinions as a picture: one sign an opinion, by goal, policies named where they lie.

    Parameters
    ----------
    table : from `map_table`
    """
    tops = [n.code for n in codebook.children("")]
    with canvas(5.6) as figure:
        axes = figure.subplots()
        axes.set(xticks=[], yticks=[], xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
        axes.spines[:].set(visible=True, color="#dddddd")
        handles = []
        for k, top in [(-1, ""), *enumerate(tops)]:
            own = table[table["goal"] == top]
            if own.empty:
                continue
            marker = MARKERS[k % len(MARKERS)] if k >= 0 else "x"
            colour = COLOURS[k % len(COLOURS)] if k >= 0 else GREY
            edge = {"edgecolor": "white", "linewidth": 0.4} if k >= 0 else {"linewidth": 1.0}
            axes.scatter(own["x"], own["y"], s=24, marker=marker, color=colour, alpha=0.8, **edge)
            name = f"{codebook[top].number or top} {codebook[top].title}" if top else NO_ITEM
            handles.append(
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker=marker,
                    color=colour,
                    label=f"{shortened(name, 58)}({len(own)}件)",
                )
            )
        _name_policies(axes, table, codebook)
        if handles:
            figure.legend(handles=handles, loc="outside lower left")
        alt = f"{title}。{len(table)}件の意見を、内容の似たものが近くなるよう並べた図。"
        return picture(figure, title, table, alt)


def _name_policies(axes: Axes, table: pd.DataFrame, codebook: Codebook) -> None:
    """Write the number of each node of the second level near the middle of its opinions, none over another."""
    # Opinions coded to a goal only say nothing of a policy.
    paths = [codebook.path(c) if c else () for c in table["code"]]
    second = [p[:2][-1] if len(p) > 1 or (p and not codebook.children(p[0])) else "" for p in paths]
    middles = []
    for code, own in table.groupby(pd.Series(second, index=table.index), sort=False):
        if code and len(own) >= 2:
            node = codebook[str(code)]
            number = codebook.display(node.code).removesuffix(node.title).strip()
            middles.append((float(own["y"].median()), float(own["x"].median()), number))
    for y, x, number in _apart(middles):
        axes.text(
            x,
            y,
            number,
            ha="center",
            va="center",
            fontsize=8,
            bbox={
                "boxstyle": "round,pad=0.2",
                "facecolor": "white",
                "edgecolor": GREY,
                "alpha": 0.8,
                "linewidth": 0.5,
            },
        )


def _apart(labels: list[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Return labels (y, x, text) from the top down, each moved down until it lies over none of those before."""
    placed: list[tuple[float, float, str]] = []
    for top, x, text in sorted(labels, reverse=True):
        y = top
        while any(
            abs(y - v) < _LABEL_HEIGHT
            and abs(x - u) < _HALF_PLACE * (display_width(text) + display_width(t) + 4)
            for v, u, t in placed
        ):
            y -= _LABEL_HEIGHT / 8
        placed.append((y, x, text))
    return placed
