"""Named reasons to doubt a suggestion, one a column, so that a person sees why a row is flagged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.arrays import Bools, Floats, Ints
from pipeline.masking import suspects_personal

PERSONAL_DATA = "doubt_personal_data"
SEVERAL_TOPICS = "doubt_several_topics"
ELSEWHERE = "doubt_stands_elsewhere"
# Column name and what people read, in the order in which they matter.
REASONS = {
    "doubt_low_confidence": "項目では目標の適合率に届かない",
    "doubt_close_second": "2位と僅差",
    "doubt_levels_disagree": "項目と上の階層が食い違う",
    "doubt_unlike_anything": "似た意見がまだない",
    "doubt_few_examples": "項目のコード例が2件未満",
    "doubt_duplicate_coded_otherwise": "ほぼ同じ意見に別のコードがある",
    PERSONAL_DATA: "個人情報の疑い",
    SEVERAL_TOPICS: "複数の話題の疑い",
    ELSEWHERE: "この欄だけでは分からない(「同上」やExcelのエラー)",
}
_CLOSE = 0.8  # second over first
_SAME = 0.9  # similarity from which two comments say nearly the same


def doubts(
    texts: Sequence[str],
    items: Floats,
    ancestors: Ints,
    passes: Bools,
    nearest: tuple[Ints, Floats],
    examples: Ints,
    unlike: float,
) -> list[tuple[str, ...]]:
    """Return the columns of `REASONS` that hold for each text, but for several topics (see `comments`)
    and for what stands elsewhere (see `coding`).

    Parameters
    ----------
    items : (n, items) probabilities
    ancestors : (levels above, items) number of each item's ancestor
    passes : (n,) whether the first item keeps the target precision
    nearest : (n,) item of the most similar coded opinion (-1: none) and its similarity
    examples : (items,) coded opinions of each item
    unlike : similarity below which a text is unlike anything coded
    """
    best = items.argmax(axis=1)
    two = np.sort(items, axis=1)[:, -2:] if items.shape[1] > 1 else np.hstack([0 * items, items])
    disagree = np.zeros(len(items), bool)
    for above in ancestors:
        summed = np.zeros((len(items), int(above.max()) + 1))
        np.add.at(summed.T, above, items.T)
        disagree |= summed.argmax(axis=1) != above[best]
    item, similarity = nearest
    flags = {
        "doubt_low_confidence": ~passes,
        "doubt_close_second": two[:, 0] > _CLOSE * two[:, 1],
        "doubt_levels_disagree": disagree,
        "doubt_unlike_anything": similarity < unlike,
        "doubt_few_examples": examples[best] < 2,
        "doubt_duplicate_coded_otherwise": (similarity >= _SAME) & (item != best) & (item >= 0),
        PERSONAL_DATA: np.array([suspects_personal(t) for t in texts], dtype=bool),
    }
    # Few of the 256 combinations occur: each is put into words once.
    number = sum(
        (flags[name].astype(np.int64) << j for j, name in enumerate(flags)), np.zeros(len(items), int)
    )
    words = {
        k: tuple(name for j, name in enumerate(REASONS) if k >> j & 1) for k in np.unique(number).tolist()
    }
    return [words[k] for k in number.tolist()]
