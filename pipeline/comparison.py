"""Two models on the same labelled opinions: how much better one is, item by item, and what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Floats, Ints
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.held_out import held_out_items
from pipeline.intervals import newcombe_paired
from pipeline.labels import prepare_labels
from pipeline.metrics import Figure, level_columns, level_probabilities
from pipeline.models import Model
from pipeline.normalise import comparison_key
from pipeline.tables import DECIDED_SOURCES, LABELS, Schema, records

DIFFERENCES = Schema(
    "DIFFERENCES", ("measure", "a", "b", "difference", "low", "high", "n"), ("measure", "difference")
)
ITEM_DIFFERENCES = Schema(
    "ITEM_DIFFERENCES",
    ("code", "title", "n", "hits_a", "hits_b", "difference", "low", "high"),
    ("code", "difference"),
)
CHANGED = Schema(
    "CHANGED",
    (
        "effect",
        "opinion_id",
        "text",
        "codes",
        "first_a",
        "title_a",
        "confidence_a",
        "first_b",
        "title_b",
        "confidence_b",
    ),
    ("effect", "opinion_id"),
)
# Of fewer opinions an interval says next to nothing.
_MIN_FOR_INTERVAL = 5
BETTER, WORSE, BOTH_RIGHT, BOTH_WRONG = "better", "worse", "both-right", "both-wrong"


@dataclass(frozen=True)
class Comparison:
    """What model B does otherwise than model A.

    differences : DIFFERENCES, of item@1, item@3 and the levels above: both shares, B - A with its 95 %
        interval (Newcombe 1998, paired shares), and the number of opinions
    items : ITEM_DIFFERENCES, first suggestions that are right, by item; no interval below 5 opinions
    changed : CHANGED, opinions whose first suggestion is another one, with whether that is for the better
    seen_a, seen_b : opinions that a model had learned from; it is judged as if it had not
    decided : opinions whose codes are decisions of coders, who may have seen suggestions of one of the models
    set_aside : rows of the labels that could not be used, with reasons (SET_ASIDE)
    """

    differences: pd.DataFrame
    items: pd.DataFrame
    changed: pd.DataFrame
    opinions: int
    seen_a: int
    seen_b: int
    decided: int
    set_aside: pd.DataFrame


def compare(a: Model, b: Model, labels: pd.DataFrame | None = None, *, file: str | None = None) -> Comparison:
    """Compare two models on LABELS; by default on the opinions that either of them learned from.

    Both are judged on what they have not learned from: on their own training opinions, and near-copies of
    them, by leave-one-out.

    Raises
    ------
    InputError
        for a code that is not in B's codebook, when no label can be judged, or for models of two plans.
    """
    if found := b.codebook.other_title((n.code, n.title) for n in a.codebook):
        code, title = found
        raise InputError(
            f"別の計画のモデルは比べられません。{code} は A では「{title}」、B では「{b.codebook[code].title}」です。",
            f"models of two plans cannot be compared: {code} is '{title}' in A and '{b.codebook[code].title}' in B",
        )
    given = _own_labels(a, b) if labels is None else labels
    kept, aside = prepare_labels(given, b.codebook, file)
    opinions = _with_items(kept, b.codebook)
    if not opinions:
        raise InputError(
            "比べられる行(人が項目に付けたコード)がありません。",
            "no row can be compared (a code that a person gave, of an item)",
            file=file,
        )
    texts = [text for text, _ in opinions.values()]
    gold = [codes for _, codes in opinions.values()]
    (said_a, at_a), (said_b, at_b) = held_out_items(a, texts), held_out_items(b, texts)
    ranked_a, ranked_b = _ranked(a, said_a), _ranked(b, said_b)
    right_a, right_b = (
        _right(model, said, ranked, gold, b.codebook)
        for model, said, ranked in ((a, said_a, ranked_a), (b, said_b, ranked_b))
    )
    rows = [
        {"measure": name, "a": _share(right_a[name]), "b": _share(right_b[name])}
        | _cells(paired_difference(right_a[name], right_b[name]))
        | {"n": len(gold)}
        for name in right_a
    ]
    first = kept.drop_duplicates("opinion_id")
    return Comparison(
        differences=DIFFERENCES.table(rows),
        items=_by_item(right_a["item@1"], right_b["item@1"], gold, b.codebook),
        changed=_changed(opinions, (a, ranked_a, said_a), (b, ranked_b, said_b)),
        opinions=len(gold),
        seen_a=int((at_a >= 0).sum()),
        seen_b=int((at_b >= 0).sum()),
        decided=int(
            first[first["opinion_id"].isin(list(opinions))]["label_source"].isin(DECIDED_SOURCES).sum()
        ),
        set_aside=aside,
    )


def _with_items(labels: pd.DataFrame, codebook: Codebook) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return text and items of each opinion by its id, without those coded to no item."""
    gathered: dict[str, list[dict[str, str]]] = {}
    for row in records(labels):
        gathered.setdefault(row["opinion_id"], []).append(row)
    items = {n.code for n in codebook.items}
    opinions = {
        name: (rows[0]["text"], tuple(r["code"] for r in rows if r["code"] in items))
        for name, rows in gathered.items()
    }
    return {name: o for name, o in opinions.items() if o[1]}


def paired_difference(a: Floats, b: Floats) -> Figure:
    """Return the mean of b - a over n opinions, each 1 where right and 0 where not, with its 95 % interval.

    Both models are judged on the same opinions, and few or none of these differ: Newcombe's interval for paired
    shares (see `intervals.newcombe_paired`). Resampling would take five of five for certain.
    """
    n, gained, lost = len(a), int((b > a).sum()), int((a > b).sum())
    both = int((a * b).sum())
    low, high = newcombe_paired(both, gained, lost, n - both - gained - lost)
    return Figure(round((gained - lost) / n, 6), round(low, 6), round(high, 6), n)


def _own_labels(a: Model, b: Model) -> pd.DataFrame:
    """Return the opinions of both models, each text once with the codes of B where it knows it."""
    known = {comparison_key(t) for t in b.opinions["text"]}
    mine = [
        comparison_key(t) not in known and c in b.codebook
        for t, c in zip(a.opinions["text"], a.opinions["code"], strict=True)
    ]
    others = a.opinions.loc[mine]
    # One id may stand for two texts: that of the other model is marked.
    taken = others["opinion_id"].isin(b.opinions["opinion_id"])
    others = others.assign(opinion_id=others["opinion_id"].mask(taken, "A:" + others["opinion_id"]))
    return LABELS.check(pd.concat([b.opinions, others], ignore_index=True).fillna(""))


def _ranked(model: Model, probabilities: Floats) -> list[list[str]]:
    """Return the codes of each opinion, the most probable first; of equal ones the earlier in the plan."""
    codes = model.classifier.classes_.tolist()
    order: Ints = np.argsort(-probabilities, axis=1, kind="stable")
    return [[codes[j] for j in row[:3]] for row in order]


def _right(
    model: Model, said: Floats, ranked: list[list[str]], gold: list[tuple[str, ...]], codebook: Codebook
) -> dict[str, Floats]:
    """Return by measure what is right (1.0) of each opinion, as `metrics.evaluate` counts it."""
    right = {
        f"item@{k}": np.array([float(bool(set(r[:k]) & set(g))) for r, g in zip(ranked, gold, strict=True)])
        for k in (1, 3)
    }
    for level in range(1, codebook.depth):
        codes, columns = level_columns(model.codebook, model.classifier.classes_.tolist(), level)
        first = [codes[j] for j in level_probabilities(said, columns).argmax(axis=1).tolist()]
        right[f"level_{level}"] = np.array(
            [float(f in _above(codebook, g, level)) for f, g in zip(first, gold, strict=True)]
        )
    return right


def _above(codebook: Codebook, codes: tuple[str, ...], level: int) -> set[str]:
    """Return the ancestors of codes at a level; a code of another codebook is its own, which nothing equals."""
    return {codebook.path(c)[:level][-1] if c in codebook else f"?{c}" for c in codes}


def _share(right: Floats) -> float:
    return round(float(right.mean()), 6)


def _cells(figure: Figure) -> dict[str, object]:
    return {"difference": figure.value, "low": figure.low, "high": figure.high}


def _by_item(
    right_a: Floats, right_b: Floats, gold: list[tuple[str, ...]], codebook: Codebook
) -> pd.DataFrame:
    rows = []
    for node in codebook.items:
        own = np.array([i for i, codes in enumerate(gold) if node.code in codes], dtype=np.int64)
        if not len(own):
            continue
        figure = paired_difference(right_a[own], right_b[own])
        row: dict[str, object] = {"code": node.code, "title": node.title, "n": len(own)}
        row |= {"hits_a": int(right_a[own].sum()), "hits_b": int(right_b[own].sum())} | _cells(figure)
        if len(own) < _MIN_FOR_INTERVAL:
            row |= {"low": "", "high": ""}
        rows.append(row)
    return ITEM_DIFFERENCES.table(rows)


Said = tuple[Model, list[list[str]], Floats]


def _changed(opinions: dict[str, tuple[str, tuple[str, ...]]], a: Said, b: Said) -> pd.DataFrame:
    """Return CHANGED, what got worse first: it is what a person wants to see before promoting a model."""
    rows: list[dict[str, object]] = []
    for i, (name, (text, gold)) in enumerate(opinions.items()):
        first_a, first_b = a[1][i][0], b[1][i][0]
        if first_a == first_b:
            continue
        effect = {
            (True, True): BOTH_RIGHT,
            (True, False): WORSE,
            (False, True): BETTER,
            (False, False): BOTH_WRONG,
        }[first_a in gold, first_b in gold]
        row: dict[str, object] = {
            "effect": effect,
            "opinion_id": name,
            "text": text,
            "codes": "、".join(gold),
        }
        for side, (model, ranked, said) in (("a", a), ("b", b)):
            code = ranked[i][0]
            row |= {f"first_{side}": code, f"title_{side}": model.codebook[code].title}
            row[f"confidence_{side}"] = f"{said[i].max():.3f}"
        rows.append(row)
    order = (WORSE, BETTER, BOTH_WRONG, BOTH_RIGHT)
    return CHANGED.table(sorted(rows, key=lambda r: order.index(str(r["effect"]))))
