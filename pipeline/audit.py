"""Labels that a person should look at again: contradictions, and codes that all the other labels speak against.

Nothing is changed here. Some of what is listed is right: the same words can belong to two items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Floats, Ints
from pipeline.codebook import Codebook
from pipeline.copies import near_duplicate_groups
from pipeline.errors import InputError
from pipeline.held_out import held_out_items
from pipeline.labels import prepare_labels
from pipeline.metrics import gold_matrix, ranks
from pipeline.models import Model
from pipeline.normalise import comparison_key
from pipeline.tables import Schema, records

SAME_TEXT, NEAR_TEXT, NEIGHBOURS, FAR_DOWN = "same-text", "near-text", "neighbours", "far-down"
AUDIT = Schema(
    "AUDIT",
    (
        "kind",
        "reason",
        "opinion_id",
        "text",
        "codes",
        "titles",
        "rank",
        "probability",
        "other_code",
        "other_title",
        "other_opinion_id",
        "other_text",
        "similarity",
        "source",
        "location",
        "coder",
        "label_source",
    ),
    ("kind", "opinion_id", "codes"),
)
# Own label at a lower rank than this in the leave-one-out ranking: a reviewer is shown fewer than that.
RANK_LIMIT = 10
# Cosine similarity from which two comments say nearly the same (of the seed's pairs of different codes, the
# highest are .94, one sentence in two spellings, and .60, two sentences on one subject).
NEAR = 0.9
_NEIGHBOURS = 3
_NEIGHBOUR_SIMILARITY = 0.4
_CHUNK = 1024


@dataclass(frozen=True)
class Opinion:
    """One labelled opinion with all its codes."""

    row: dict[str, str]
    codes: tuple[str, ...]


def audit(
    model: Model,
    labels: pd.DataFrame | None = None,
    *,
    rank_limit: int = RANK_LIMIT,
    near: float = NEAR,
    file: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels to look at again (AUDIT), and the rows of `labels` that could not be looked at (SET_ASIDE).

    An opinion is listed once for each kind of finding:

    same-text   the same text (but for punctuation) has other codes elsewhere
    near-text   nearly the same words, or nearly the same meaning, have no code in common with it
    neighbours  its three most similar opinions all have one code, which is not its own
    far-down    its own code stands below `rank_limit` in the ranking of a model that has not learned from it

    Parameters
    ----------
    labels : LABELS to examine; the opinions that the model learned from if None

    Raises
    ------
    InputError
        for a code that is not in the model's codebook, or when there are no labels at all.
    """
    given = model.opinions if labels is None else labels
    kept, aside = prepare_labels(given, model.codebook, file)
    opinions = _opinions(kept)
    if not opinions:
        raise InputError(
            "調べるコード付き意見がありません。", "there are no coded opinions to examine", file=file
        )
    rows = [
        *_contradictions(model, opinions, near),
        *_far_down(model, kept, opinions, rank_limit),
    ]
    order = (SAME_TEXT, NEAR_TEXT, NEIGHBOURS, FAR_DOWN)
    rows.sort(key=lambda r: (order.index(r["kind"]), -float(r["similarity"] or 0), -int(r["rank"] or 0)))
    return AUDIT.table(rows), aside


def _opinions(labels: pd.DataFrame) -> list[Opinion]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in records(labels):
        found.setdefault(row["opinion_id"], []).append(row)
    return [Opinion(rows[0], tuple(dict.fromkeys(r["code"] for r in rows))) for rows in found.values()]


# -- contradictions --------------------------------------------------------------------------------


def _contradictions(model: Model, opinions: Sequence[Opinion], near: float) -> list[dict[str, str]]:
    texts = [o.row["text"] for o in opinions]
    keys = [comparison_key(t) for t in texts]
    group = near_duplicate_groups(texts)
    vectors = model.features.transform(texts)
    rows: list[dict[str, str]] = []
    for start in range(0, len(opinions), _CHUNK):
        part = np.arange(start, min(start + _CHUNK, len(opinions)))
        similarity = vectors[part].dot(vectors)
        for i, own in zip(part.tolist(), similarity, strict=True):
            found = _contradiction(i, opinions, keys, group, own, near)
            if found is None and (j := _outvoted(i, opinions, own)) is not None:
                found = (NEIGHBOURS, j)
            if found is not None:
                kind, j = found
                similar = 1.0 if kind == SAME_TEXT else float(own[j])
                rows.append(_row(model.codebook, opinions[i], kind, opinions[j], similar))
    return rows


def _contradiction(
    i: int, opinions: Sequence[Opinion], keys: Sequence[str], group: Ints, similarity: Floats, near: float
) -> tuple[str, int] | None:
    """Return kind and number of the most similar opinion that says the same and is coded otherwise."""
    codes = set(opinions[i].codes)
    alike = np.flatnonzero((group == group[i]) | (similarity >= near))
    for j in sorted(alike.tolist(), key=lambda j: (keys[j] != keys[i], -similarity[j], j)):
        if keys[j] == keys[i] and set(opinions[j].codes) != codes:
            return SAME_TEXT, j
        if keys[j] != keys[i] and not codes & set(opinions[j].codes):
            return NEAR_TEXT, j
    return None


def _outvoted(i: int, opinions: Sequence[Opinion], similarity: Floats) -> int | None:
    """Return the nearest opinion if it and the next two have one code, which opinion i has not."""
    nearest = [j for j in np.argsort(-similarity, kind="stable")[: _NEIGHBOURS + 1].tolist() if j != i]
    nearest = nearest[:_NEIGHBOURS]
    if len(nearest) < _NEIGHBOURS or similarity[nearest[-1]] < _NEIGHBOUR_SIMILARITY:
        return None
    common = set.intersection(*(set(opinions[j].codes) for j in nearest))
    return nearest[0] if common and not common & set(opinions[i].codes) else None


# -- leave-one-out ---------------------------------------------------------------------------------


def _far_down(
    model: Model, labels: pd.DataFrame, opinions: Sequence[Opinion], rank_limit: int
) -> list[dict[str, str]]:
    items = model.classifier.classes_.tolist()
    first, gold = gold_matrix(labels, items)
    if not len(first):
        return []
    by_id = {o.row["opinion_id"]: o for o in opinions}
    ids, texts = labels["opinion_id"].iloc[first].tolist(), labels["text"].iloc[first].tolist()
    probabilities, _ = held_out_items(model, texts)
    rank = ranks(probabilities, gold)
    rows = []
    for i in np.flatnonzero(rank > rank_limit).tolist():
        best = items[int(probabilities[i].argmax())]
        row = _row(model.codebook, by_id[ids[i]], FAR_DOWN, None, None)
        row |= {
            "rank": str(rank[i]),
            "probability": f"{probabilities[i][gold[i]].max():.4f}",
            "other_code": best,
            "other_title": model.codebook[best].title,
        }
        rows.append(row)
    return rows


_REASONS = {
    SAME_TEXT: "同じ文面に別のコードが付いている",
    NEAR_TEXT: "ほぼ同じ内容に別のコードが付いている",
    NEIGHBOURS: "よく似た3件がそろって別のコードになっている",
    FAR_DOWN: "この意見を抜いて学習すると、付いているコードがずっと下位になる",
}


def _row(
    codebook: Codebook, opinion: Opinion, kind: str, other: Opinion | None, similarity: float | None
) -> dict[str, str]:
    row = {
        "kind": kind,
        "reason": _REASONS[kind],
        "codes": "、".join(opinion.codes),
        "titles": "、".join(codebook[c].title for c in opinion.codes),
        **{c: opinion.row[c] for c in ("opinion_id", "text", "source", "location", "coder", "label_source")},
        "rank": "",
        "similarity": "" if similarity is None else f"{min(similarity, 1.0):.3f}",
    }
    if other is not None:
        row |= {
            "other_code": "、".join(other.codes),
            "other_title": "、".join(codebook[c].title for c in other.codes),
            "other_opinion_id": other.row["opinion_id"],
            "other_text": other.row["text"],
        }
    return row
