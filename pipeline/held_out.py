"""What a model says of a text when it has not learned from it: the only fair ground for judging it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.arrays import Floats, Ints
from pipeline.copies import near_duplicate_groups
from pipeline.models import Model


def held_out_items(model: Model, texts: Sequence[str]) -> tuple[Floats, Ints]:
    """Return probabilities (n, items) that owe nothing to the texts themselves.

    A text that the model was trained on, or a near-copy of one, is judged by leave-one-out, with the whole
    group of copies taken out. One that it knows only with a code above the items counts as new: it has taught no
    item, and there is nothing held out to judge it by.

    Returns
    -------
    probabilities : (n, items)
    at : (n,) row of the model's opinions, coded to an item, that the text is the same as, -1 for a new text
    """
    trained = model.opinions["text"].tolist()
    group = near_duplicate_groups([*trained, *texts])
    of_items = np.flatnonzero(model.opinions["code"].isin(model.classifier.classes_.tolist()))
    first = {int(group[row]): int(row) for row in of_items[::-1]}
    at = np.array([first.get(g, -1) for g in group[len(trained) :].tolist()], dtype=np.int64)
    probabilities = np.zeros((len(texts), len(model.classifier.classes_)))
    new = np.flatnonzero(at < 0)
    if len(new):
        probabilities[new] = model.predict([texts[i] for i in new.tolist()]).items
    probabilities[at >= 0] = model.classifier.held_out_[at[at >= 0]]
    return probabilities, at
