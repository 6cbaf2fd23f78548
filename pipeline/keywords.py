"""Characteristic words of groups of texts, and words that stand together: the usual measures of text mining.

Counted is in how many texts a word stands, not how often: a resident who says 「バス」 five times is one resident.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.arrays import Floats
from pipeline.tokenise import STOP_LEMMAS, Word, words

_TELLING = ("名詞", "動詞", "形容詞", "形状詞")
# What frames any comment: helping verbs, times, places in time and order, counters.
_LIGHT = frozenset(
    [
        "呉れる",
        "下さる",
        "貰う",
        "遣る",
        "頂く",
        "願う",
        "致す",
        "御座る",
        "欲しい",
        "置く",
        "過ぎる",
        "掛かる",
        "方",
        "所",
        "時",
        "後",
        "前",
        "上",
        "中",
        "内",
        "間",
        "回",
        "度",
        "月",
        "日",
        "年",
        "週",
        "分",
        "円",
        "件",
        "番",
        "目",
        "今",
        "他",
        "一緒",
        "皆",
        "等",
        "者",
        "的",
        "儘",
        "事",
        "何",
        "何処",
        "誰",
        "自分",
        "私",
    ]
)
_UNTOLD = STOP_LEMMAS | _LIGHT
_NUMERALS = frozenset("一二三四五六七八九十百千万数何")


def word_sets(
    texts: Sequence[str], parts_of_speech: Sequence[str] = _TELLING
) -> tuple[list[set[str]], dict[str, str]]:
    """Return the lemmas of nouns, verbs and adjectives of each text, and how each lemma is mostly written.

    People know 「ごみ」, not UniDic's lemma 「塵」; verbs and adjectives are shown as their lemma (走っ → 走る).
    Single kana and numbers say nothing by themselves and are left out.
    """
    sets: list[set[str]] = []
    written: dict[str, Counter[str]] = {}
    for text in texts:
        own: set[str] = set()
        for word in words(text):
            if not tells(word, parts_of_speech):
                continue
            own.add(word.lemma)
            shown = word.surface if word.pos in ("名詞", "形状詞") else word.lemma
            written.setdefault(word.lemma, Counter())[shown] += 1
        sets.append(own)
    # Of equally frequent ways of writing the first in the order of characters, whatever the order of texts.
    return sets, {w: min(c, key=lambda s: (-c[s], s)) for w, c in written.items()}


def tells(word: Word, parts_of_speech: Sequence[str] = _TELLING) -> bool:
    """Tell whether a word says to people something of what a comment is about, as ください and 欲しい do not.

    >>> [w.surface for w in words("通学路の見守りを増やしてください") if tells(w)]
    ['通学', '見', '守り', '増やし']
    """
    surface = word.surface
    if word.pos not in parts_of_speech or word.lemma in _UNTOLD:
        return False
    if any(c.isdigit() for c in surface) or not any(c.isalpha() for c in surface):
        return False
    if set(surface) <= _NUMERALS:
        return False
    return len(surface) > 1 or "\u4e00" <= surface <= "\u9fff"


def log_likelihood(inside: Floats, outside: Floats, n_inside: int, n_outside: int) -> Floats:
    """Return G² of each word (Dunning 1993), negative where it is rarer inside than outside.

    Parameters
    ----------
    inside, outside : (words,) number of texts with the word in the group and in the rest
    n_inside, n_outside : number of texts

    >>> log_likelihood(np.array([8.0, 1.0]), np.array([2.0, 9.0]), 10, 90).round(1).tolist()
    [35.8, 0.0]
    """
    observed = np.array([inside, outside, n_inside - inside, n_outside - outside])
    n = n_inside + n_outside
    with_word = inside + outside
    expected = np.array([with_word * n_inside, with_word * n_outside, (n - with_word) * n_inside]) / n
    expected = np.vstack([expected, (n - with_word) * n_outside / n])
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    sign = np.where(inside * n_outside >= outside * n_inside, 1.0, -1.0)
    return np.asarray(sign * np.maximum(2 * parts.sum(axis=0), 0.0))


def characteristic_words(
    texts: Sequence[str],
    groups: Sequence[str],
    *,
    top: int = 10,
    parts_of_speech: Sequence[str] = _TELLING,
) -> pd.DataFrame:
    """Return the words that tell each group from the rest, most telling first.

    Parameters
    ----------
    texts : n texts
    groups : n names of groups; '' belongs to the rest of every group and is none itself

    Returns
    -------
    group, word, texts (of the group with the word), rest (other texts with it), log_likelihood, jaccard (texts
    with the word in the group / texts with the word or in the group, as KH Coder shows it). Groups come in the
    order in which they first stand; only words that stand in at least two texts of the group, and more often
    there than elsewhere.
    """
    sets, written = word_sets(texts, parts_of_speech)
    total = Counter(w for own in sets for w in own)
    rows = []
    for group in dict.fromkeys(g for g in groups if g):
        chosen = [own for own, g in zip(sets, groups, strict=True) if g == group]
        inside = Counter(w for own in chosen for w in own)
        known = sorted(w for w, n in inside.items() if n >= 2)
        a = np.array([inside[w] for w in known], dtype=np.float64)
        b = np.array([total[w] - inside[w] for w in known], dtype=np.float64)
        strength = log_likelihood(a, b, len(chosen), len(sets) - len(chosen)) if known else np.zeros(0)
        best = sorted(
            (-s, w, i) for i, (s, w) in enumerate(zip(strength.round(9), known, strict=True)) if s > 0
        )
        for s, w, i in best[:top]:
            rows.append(
                {
                    "group": group,
                    "word": written[w],
                    "texts": int(a[i]),
                    "rest": int(b[i]),
                    "log_likelihood": round(-s, 3),
                    "jaccard": round(float(a[i] / (len(chosen) + b[i])), 4),
                }
            )
    return pd.DataFrame(rows, columns=["group", "word", "texts", "rest", "log_likelihood", "jaccard"])


def co_occurrence(
    texts: Sequence[str], *, words: int = 60, edges: int = 90
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the words that stand in most texts, and the pairs that stand together most, by Jaccard.

    Returns
    -------
    nodes : word, texts, lemma
    pairs : word_1, word_2, texts (with both), jaccard, lemma_1, lemma_2; at most `edges`, strongest first. Pairs
        that share a single text are left out: any two rare words of one comment would be a perfect pair.
    """
    sets, written = word_sets(texts)
    total = Counter(w for own in sets for w in own)
    kept = [w for w, n in sorted(total.items(), key=lambda x: (-x[1], x[0])) if n >= 2][:words]
    chosen = set(kept)
    both = Counter(pair for own in sets for pair in combinations(sorted(own & chosen), 2))
    scored = sorted((-n / (total[a] + total[b] - n), a, b, n) for (a, b), n in both.items() if n >= 2)[:edges]
    nodes = pd.DataFrame(
        {"word": [written[w] for w in kept], "texts": [total[w] for w in kept], "lemma": kept}
    )
    pairs = pd.DataFrame(
        [(written[a], written[b], n, round(-s, 4), a, b) for s, a, b, n in scored],
        columns=["word_1", "word_2", "texts", "jaccard", "lemma_1", "lemma_2"],
    )
    return nodes, pairs
