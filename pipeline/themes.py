"""What the plan does not cover: comments of no item gathered into candidate new themes.

A comment is a candidate when the model suspects that it is about no item, or when it is unlike anything coded
and nearly suspected. Both limits come from coded opinions that were judged without having been seen. Candidates
are grouped by the similarity of their vectors; the limit of that, too, comes from coded opinions. The machine
proposes; whether a theme enters the plan people decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.arrays import Floats, Ints
from pipeline.coding import Coder
from pipeline.comments import code_comments
from pipeline.features import TextVectors, stack
from pipeline.grouping import cosines, group, representative, stability
from pipeline.keywords import characteristic_words
from pipeline.models import Model
from pipeline.vectorcache import VectorCache

LEAST_SIZE = 5
STABLE, PATTERN = 0.75, 0.6  # Hennig 2007
PLAN, THEME, ALONE, EMPTY, DECIDED = (
    "計画の項目",
    "新しいテーマの候補",
    "まとまらない",
    "意見なし",
    "人がコード済み",
)
THEME_COLUMNS = (
    "theme",
    "name",
    "opinions",
    "texts",
    "stability",
    "judgement",
    "words",
    "example_1",
    "example_2",
    "example_3",
)
UNIT_COLUMNS = ("opinion_id", "unit", "unit_text", "use", "theme", "code", "outside", "nearness", "reason")
_NEARLY = 0.5
_SURE_WORD = 6.63  # log-likelihood of a word that names a theme: p < .01
# Pairs of opinions of different goals that are more alike than this share of such pairs could be one theme.
_PAIR_QUANTILE = 0.95
_FEW_PAIRS = 300
_USUAL_LIMIT = 0.15
# More candidates than this are grouped by a sample, the others joined to the groups found.
_MOST = 2000
_CHUNK = 4096


@dataclass(frozen=True)
class Themes:
    """What was found in one survey.

    themes : one row a candidate theme, largest first
    units : one row an opinion unit of the survey, in order, with what became of it: rows in = rows out
    vectors : vectors of the distinct texts, and `texts` themselves, for other looks at the same survey
    """

    themes: pd.DataFrame
    units: pd.DataFrame
    texts: list[str]
    vectors: TextVectors


@dataclass(frozen=True)
class _Limits:
    outside: float
    unlike: float
    pair: float


def find_themes(
    model: Model,
    ids: Sequence[str],
    texts: Sequence[str],
    *,
    decided: Sequence[str] | None = None,
    least_size: int = LEAST_SIZE,
    seed: int = 0,
    cache: VectorCache | None = None,
) -> Themes:
    """Group what the plan does not cover into candidate themes.

    Parameters
    ----------
    ids, texts : n comments
    decided : n codes that people gave ('' where none); such comments are no candidates
    least_size : distinct texts that a theme needs
    seed : of the resampling
    """
    units = _units(model, ids, texts, decided, cache)
    distinct = list(dict.fromkeys(units.loc[units["use"] != EMPTY, "unit_text"]))
    undecided = set(units.loc[units["use"] == "", "unit_text"])
    asked = np.array([t in undecided for t in distinct], dtype=bool)
    vectors, outside, nearness, common = _look(model, distinct, cache)
    limits = limits_of(model)
    sure = asked & ((outside >= limits.outside) | ((outside >= _NEARLY) & (nearness < limits.unlike)))
    nearly = asked & (outside >= _NEARLY)
    labels = np.full(len(distinct), -1, dtype=np.int64)
    found = _grouped(
        vectors, common, np.flatnonzero(sure), np.flatnonzero(nearly), limits.pair, least_size, seed
    )
    members, stable = found
    for k, rows in enumerate(members):
        labels[rows] = k
    weight = units.loc[units["use"] == "", "unit_text"].value_counts()
    similarity = [_similarity(vectors[rows], common) for rows in members]
    names = [f"T{k + 1}" for k in range(len(members))]
    themes = _theme_table(distinct, labels, names, stable, similarity, members, weight)
    use = np.where(labels >= 0, THEME, np.where(sure, ALONE, PLAN))
    _fill(units, distinct, use, labels, names, outside, nearness)
    return Themes(themes, units, distinct, vectors)


def limits_of(model: Model) -> _Limits:
    """Return the limits that follow from the model's coded opinions, each judged without having been seen."""
    top = np.array([model.codebook.path(c)[0] for c in model.opinions["code"]])
    pairs = model.vectors.dot(model.vectors)[top[:, None] != top[None, :]] if len(top) else np.zeros(0)
    pair = float(np.quantile(pairs, _PAIR_QUANTILE)) if len(pairs) >= 2 * _FEW_PAIRS else _USUAL_LIMIT
    return _Limits(model.classifier.outside_limit_, model.unlike, pair)


def _units(
    model: Model,
    ids: Sequence[str],
    texts: Sequence[str],
    decided: Sequence[str] | None,
    cache: VectorCache | None,
) -> pd.DataFrame:
    """Return one row an opinion unit; `use` is empty for those that are to be looked at."""
    known = dict(zip(dict.fromkeys(texts), [None] * len(texts), strict=False))
    coded = dict(zip(known, code_comments(Coder(model, cache=cache), list(known), top=1), strict=True))
    rows = []
    for i, (opinion_id, text) in enumerate(zip(ids, texts, strict=True)):
        code = decided[i].strip() if decided is not None else ""
        for number, (start, end, coding) in enumerate(coded[text].units, 1):
            row = {"opinion_id": opinion_id, "unit": str(number), "unit_text": text[start:end]}
            row["code"] = code or (coding.codes[0] if coding.codes else "")
            row["use"] = DECIDED if code else "" if coding.codes else EMPTY
            rows.append(row)
    return pd.DataFrame(rows, columns=list(UNIT_COLUMNS), dtype=object).fillna("")


def _look(
    model: Model, texts: list[str], cache: VectorCache | None
) -> tuple[TextVectors, Floats, Floats, TextVectors]:
    """Return vectors, outside, nearness of the texts, and what all have in common (a vector of one row).

    The common part is the mean of survey and coded opinions: a survey has its own tone, which would make
    everything in it alike.
    """
    parts, outside, nearness = [model.vectors[:0]], [np.zeros(0)], [np.zeros(0)]
    for start in range(0, len(texts), _CHUNK):
        vectors = model.features.transform(texts[start : start + _CHUNK], cache=cache)
        said = model.classifier.predict(vectors, vectors.dot(model.vectors))
        parts.append(vectors)
        outside.append(said.outside)
        nearness.append(said.nearness)
    vectors, out, near = stack(parts), np.concatenate(outside), np.concatenate(nearness)
    # What the model learned from it knows by heart: there its own held-out judgement counts.
    row_of = {t: i for i, t in enumerate(model.opinions["text"])}
    for i, text in enumerate(texts):
        if text in row_of:
            out[i] = model.classifier.held_out_outside_[row_of[text]]
            near[i] = model.classifier.held_out_nearness_[row_of[text]]
    everything = stack([vectors, model.vectors])
    n = max(len(everything), 1)
    ones = np.full((1, n), 1 / n) if len(everything) else np.zeros((1, 0))
    common = TextVectors(type(vectors.terms)(ones @ everything.terms), ones @ everything.dense)
    return vectors, out, near, common


def _similarity(rows: TextVectors, common: TextVectors, others: TextVectors | None = None) -> Floats:
    """Return cosines of the rows with each other, or with others, without the common part."""

    def along(v: TextVectors) -> Floats:
        return np.asarray(v.dot(common)).ravel()

    length = float(common.dot(common)[0, 0])
    a = along(rows)
    if others is None:
        return cosines(rows.dot(rows) - a[:, None] - a[None, :] + length)
    b = along(others)
    products = rows.dot(others) - a[:, None] - b[None, :] + length
    norm_a = np.sqrt(np.maximum(_squares(rows) - 2 * a + length, 1e-12))
    norm_b = np.sqrt(np.maximum(_squares(others) - 2 * b + length, 1e-12))
    return np.asarray(products / norm_a[:, None] / norm_b[None, :])


def _squares(v: TextVectors) -> Floats:
    terms = np.asarray(v.terms.multiply(v.terms).sum(axis=1)).ravel()
    return np.asarray(terms + np.einsum("ij,ij->i", v.dense, v.dense))


def _grouped(
    vectors: TextVectors,
    common: TextVectors,
    sure: Ints,
    nearly: Ints,
    least: float,
    least_size: int,
    seed: int,
) -> tuple[list[Ints], list[float]]:
    """Return the members of each theme (rows of `vectors`) with its stability, largest first."""
    if len(sure) < least_size:
        return [], []
    sample = sure
    if len(sure) > _MOST:
        sample = np.sort(np.random.default_rng(seed).choice(sure, _MOST, replace=False))
    similarity = _similarity(vectors[sample], common)
    labels = group(similarity, least)
    stable = stability(similarity, labels, least, seed=seed)
    size = np.bincount(labels)
    kept = [k for k in range(len(size)) if size[k] >= least_size and stable[k] >= PATTERN]
    cores = [sample[labels == k] for k in kept]
    taken = np.concatenate([np.zeros(0, dtype=np.int64), *cores])
    rest = np.setdiff1d(np.union1d(sure, nearly), taken)
    if cores and len(rest):
        means = np.column_stack([_similarity(vectors[rest], common, vectors[c]).mean(axis=1) for c in cores])
        best = np.where(means.max(axis=1) >= least, means.argmax(axis=1), -1)
        cores = [np.sort(np.concatenate([c, rest[best == k]])) for k, c in enumerate(cores)]
    order = sorted(range(len(cores)), key=lambda k: (-len(cores[k]), cores[k][0]))
    return [cores[k] for k in order], [float(stable[kept[k]]) for k in order]


def _theme_table(
    texts: list[str],
    labels: Ints,
    names: list[str],
    stable: list[float],
    similarity: list[Floats],
    members: list[Ints],
    weight: pd.Series[int],
) -> pd.DataFrame:
    groups = [names[k] if k >= 0 else "" for k in labels]
    words = characteristic_words(texts, groups)
    nouns = characteristic_words(texts, groups, top=3, parts_of_speech=("名詞",))
    nouns = nouns[nouns["log_likelihood"] >= _SURE_WORD]
    rows = []
    for k, own in enumerate(members):
        telling = words.loc[words["group"] == names[k], "word"].tolist()
        examples = [texts[i] for i in own[representative(similarity[k], 3)]]
        rows.append(
            {
                "theme": names[k],
                "name": "・".join(nouns.loc[nouns["group"] == names[k], "word"]) or examples[0][:20],
                "opinions": int(sum(weight[texts[i]] for i in own)),
                "texts": len(own),
                "stability": round(stable[k], 3),
                "judgement": "安定" if stable[k] >= STABLE else "目安",
                "words": "、".join(telling),
                **{f"example_{n + 1}": text for n, text in enumerate(examples)},
            }
        )
    return pd.DataFrame(rows, columns=list(THEME_COLUMNS), dtype=object).fillna("")


def _fill(
    units: pd.DataFrame,
    texts: list[str],
    use: NDArray[np.str_],
    labels: Ints,
    names: list[str],
    outside: Floats,
    nearness: Floats,
) -> None:
    row_of = {t: i for i, t in enumerate(texts)}
    reasons = {
        PLAN: "モデルは計画のどれかの項目と見ている",
        ALONE: "計画にない意見らしいが、似た意見が少なくテーマにならない",
        THEME: "",
        EMPTY: "意見が書かれていないか、「同上」のように、この欄だけでは分からない",
        DECIDED: "人が付けたコードがある",
    }
    at = [row_of.get(t, -1) if u == "" else -1 for t, u in zip(units["unit_text"], units["use"], strict=True)]
    units["use"] = [str(use[i]) if i >= 0 else u for i, u in zip(at, units["use"], strict=True)]
    units["theme"] = [names[labels[i]] if i >= 0 and labels[i] >= 0 else "" for i in at]
    units["outside"] = [f"{outside[i]:.4f}" if i >= 0 else "" for i in at]
    units["nearness"] = [f"{nearness[i]:.4f}" if i >= 0 else "" for i in at]
    units["reason"] = [reasons[u] for u in units["use"]]
