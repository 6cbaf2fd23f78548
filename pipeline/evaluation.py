"""Evaluation: how well a model codes opinions that people coded. Labels in, figures and a table per item out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Bools, Floats
from pipeline.baseline import baseline_probabilities, fit_baseline
from pipeline.copies import near_duplicate_groups
from pipeline.errors import InputError
from pipeline.held_out import held_out_items
from pipeline.metrics import Figure, evaluate, gold_matrix
from pipeline.models import Model
from pipeline.tables import DECIDED_SOURCES, GOLD_SOURCES, LABELS


@dataclass(frozen=True)
class Evaluation:
    """Figures of the model and the baseline, the table per item, and what the figures rest on.

    seen : number of opinions that the model was trained on; they are judged by leave-one-out
    skipped : rows that are no gold labels of an item, not judged
    decided : opinions whose codes are decisions of coders, who may have seen suggestions
    confidence, right : (opinions,) probability of the first item, and whether it is right
    """

    model: dict[str, Figure]
    baseline: dict[str, Figure]
    items: pd.DataFrame
    opinions: int
    seen: int
    skipped: int
    decided: int
    confidence: Floats
    right: Bools


def evaluate_model(
    model: Model, labels: pd.DataFrame, *, seed: int = 0, file: str | None = None
) -> Evaluation:
    """Compare a model's suggestions with gold labels.

    Opinions the model learned from are judged as if it had not (exact leave-one-out); training texts never
    flatter a figure. Authored texts are not what residents said and are skipped.

    Raises
    ------
    InputError
        for an unknown code, or when no row can be judged.
    """
    labels = LABELS.check(labels, file)
    codes = [
        model.codebook.code_or_error(c, file=file, row=i + 2, column="code")
        for i, c in enumerate(labels["code"])
    ]
    labels["code"] = codes
    gold_rows = labels[labels["label_source"].isin([*GOLD_SOURCES, ""])].reset_index(drop=True)
    items = model.classifier.classes_.tolist()
    first, gold = gold_matrix(gold_rows, items)
    if len(first) == 0:
        raise InputError(
            "評価できる行(人が項目に付けたコード)がありません。",
            "no row can be judged (a code that a person gave, of an item)",
            file=file,
        )
    texts = gold_rows["text"].iloc[first].tolist()
    probabilities, baseline, seen = held_out_probabilities(model, texts)
    return Evaluation(
        model=evaluate(probabilities, gold, model.codebook, items, seed),
        baseline=evaluate(baseline, gold, model.codebook, items, seed),
        items=_table_per_item(probabilities, gold, model, items),
        opinions=len(first),
        seen=int(seen.sum()),
        skipped=len(labels) - int(gold.sum()),
        decided=int(gold_rows["label_source"].iloc[first].isin(DECIDED_SOURCES).sum()),
        confidence=probabilities.max(axis=1),
        right=gold[np.arange(len(gold)), probabilities.argmax(axis=1)],
    )


def held_out_probabilities(model: Model, texts: list[str]) -> tuple[Floats, Floats, Bools]:
    """Return probabilities that owe nothing to the texts themselves.

    Returns
    -------
    probabilities, baseline : (n, items) of the model and of the baseline
    seen : (n,) which texts the model had been trained on
    """
    items = model.classifier.classes_.tolist()
    trained, codes = model.opinions["text"].tolist(), model.opinions["code"].tolist()
    probabilities, at = held_out_items(model, texts)
    seen = at >= 0
    baseline = fit_baseline(trained, codes, items)(texts)
    if seen.any():
        groups = near_duplicate_groups(trained)
        baseline[seen] = baseline_probabilities(trained, codes, items, groups)[at[seen]]
    return probabilities, baseline, seen


def _table_per_item(probabilities: Floats, gold: Bools, model: Model, items: list[str]) -> pd.DataFrame:
    """Return n, hits and the most frequent wrong first suggestion of every item, in plan order."""
    first = probabilities.argmax(axis=1)
    rows = []
    for j, code in enumerate(items):
        own = np.flatnonzero(gold[:, j])
        hits = int((first[own] == j).sum())
        # Of an opinion with several codes, another of them is no confusion.
        wrong = Counter(items[first[i]] for i in own if not gold[i, first[i]])
        # Of equally frequent ones the first in plan order.
        worst = min(wrong, key=lambda c: (-wrong[c], items.index(c)), default="")
        rows.append(
            {
                "code": code,
                "title": model.codebook[code].title,
                "n": len(own),
                "hits": hits,
                "confused_with": worst,
                "confused_n": wrong[worst] if worst else 0,
            }
        )
    return pd.DataFrame(rows)
