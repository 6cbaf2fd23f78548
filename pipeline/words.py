"""Characteristic words of each part of the plan and of each group of residents, as KH Coder users expect them.

Log-likelihood G² (Dunning 1993), with a minus sign where a word is rarer than elsewhere, and Jaccard's measure.
Counted is in how many texts a word stands, not how often.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import numpy as np
import pandas as pd

from pipeline.arrays import Floats
from pipeline.codebook import Codebook
from pipeline.keywords import log_likelihood, word_sets
from pipeline.tables import Schema

# texts: of the set with the word; rest: other texts with it.
WORDS = Schema("WORDS", ("set", "word", "texts", "rest", "log_likelihood", "jaccard"), ("set", "word"))
# Two texts share a word by chance less often than one has a rare one.
_FEWEST = 2
# Chi-squared with one degree of freedom, 5 %: below it a difference is what chance does.
_CRITICAL = 3.84


def words_of_sets(
    texts: Sequence[str],
    sets: Mapping[str, Set[int]],
    *,
    top: int = 10,
    fewest: int = _FEWEST,
    rarer: bool = False,
) -> pd.DataFrame:
    """Return WORDS: the words that tell each set of texts from all other texts, most telling first.

    Parameters
    ----------
    texts : n texts
    sets : name -> indices of its texts; sets may share texts
    fewest : words in fewer texts of the set are left out
    rarer : also words that are rarer in the set than elsewhere (negative log-likelihood), after the others

    >>> words_of_sets(["バスが来ない", "バスが遅い", "公園がほしい", "坂"], {"交通": {0, 1}})[["word", "texts", "rest"]]
      word  texts  rest
    0   バス      2     0
    """
    own, written = word_sets(texts)
    vocabulary = sorted({w for words in own for w in words})
    column = {w: j for j, w in enumerate(vocabulary)}
    total = _counts(own, range(len(own)), column)
    rows: list[dict[str, object]] = []
    for name, members in sets.items():
        n = len(members)
        if not n or n == len(texts) or not vocabulary:
            continue
        inside = _counts(own, sorted(members), column)
        outside = total - inside
        strength = log_likelihood(inside, outside, n, len(texts) - n)
        jaccard = inside / (n + outside)
        telling = np.flatnonzero((inside >= fewest) & (strength > _CRITICAL))
        chosen = sorted(telling, key=lambda j: (-round(float(strength[j]), 9), vocabulary[j]))[:top]
        if rarer:
            missing = np.flatnonzero(strength < -_CRITICAL)
            chosen += sorted(missing, key=lambda j: (round(float(strength[j]), 9), vocabulary[j]))[:top]
        rows += [
            {
                "set": name,
                "word": written[vocabulary[j]],
                "texts": int(inside[j]),
                "rest": int(outside[j]),
                "log_likelihood": round(float(strength[j]), 2),
                "jaccard": round(float(jaccard[j]), 3),
            }
            for j in chosen
        ]
    return pd.DataFrame(rows, columns=list(WORDS.columns))


def words_of_plan(coded: pd.DataFrame, codebook: Codebook, *, top: int = 10) -> pd.DataFrame:
    """Return WORDS of every node of the plan; `set` is its code.

    Parameters
    ----------
    coded : CODED of `coded_opinions`; an opinion of several codes counts in each
    """
    texts, at = _texts(coded)
    sets: dict[str, set[int]] = {n.code: set() for n in codebook}
    for i, code in zip(at, coded["code"], strict=True):
        for above in codebook.path(code):
            sets[above].add(i)
    return words_of_sets(texts, sets, top=top)


def words_of_groups(
    opinions: pd.DataFrame, groups: Mapping[str, Sequence[str]], *, threshold: int, top: int = 10
) -> pd.DataFrame:
    """Return WORDS of groups of residents, without `rest`: only words that at least `threshold` of a group use.

    Left out is also what would tell of the one group not shown that it has fewer: who can read all opinions
    knows how many use a word.

    Parameters
    ----------
    opinions : opinion_id, unit and text of all opinions of the groups, with or without a code
    groups : name -> opinion_ids; see `crosstab`, which puts groups that are too small together
    """
    one = (
        opinions.drop_duplicates(["opinion_id", "unit"])
        .groupby("opinion_id", sort=False)["text"]
        .agg("\n".join)
    )
    place = {str(opinion): i for i, opinion in enumerate(one.index)}
    sets = {name: {place[i] for i in ids if i in place} for name, ids in groups.items()}
    sets = {name: places for name, places in sets.items() if places}
    found = words_of_sets(one.tolist(), sets, top=top, fewest=threshold)
    drop: list[object] = []
    for _, own in found.groupby("word", sort=False):
        left = int(own["texts"].iloc[0] + own["rest"].iloc[0] - own["texts"].sum())
        if len(own) == len(sets) - 1 and 0 < left < threshold:
            drop.append(own["log_likelihood"].idxmin())
    return found.drop(index=drop).drop(columns="rest").reset_index(drop=True)


def comments_with(opinions: pd.DataFrame, words: Set[str]) -> dict[str, set[str]]:
    """Return the comments (opinion_ids) that use each word of WORDS."""
    texts, at = _texts(opinions)
    own, written = word_sets(texts)
    found: dict[str, set[str]] = {word: set() for word in words}
    for opinion, i in zip(opinions["opinion_id"], at, strict=True):
        for word in words & {written[lemma] for lemma in own[i]}:
            found[word].add(str(opinion))
    return found


def _texts(opinions: pd.DataFrame) -> tuple[list[str], list[int]]:
    """Return each opinion once, and for each row the index of its opinion."""
    place: dict[tuple[str, str], int] = {}
    texts: list[str] = []
    at: list[int] = []
    for opinion, unit, text in zip(opinions["opinion_id"], opinions["unit"], opinions["text"], strict=True):
        if (opinion, unit) not in place:
            place[opinion, unit] = len(texts)
            texts.append(text)
        at.append(place[opinion, unit])
    return texts, at


def _counts(sets: Sequence[set[str]], members: Sequence[int] | range, column: Mapping[str, int]) -> Floats:
    counts = np.zeros(len(column))
    for i in members:
        counts[[column[w] for w in sets[i]]] += 1
    return counts
