"""Named reasons to doubt a suggestion, one a column, so that a person sees why a row is flagged."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEVERAL_TOPICS = "doubt_several_topics"
# Column name and what people read, in the order in which they matter.
REASONS = {
    "doubt_low_confidence": "項目では目標の適合率に届かない",
    "doubt_close_second": "2位と僅差",
    "doubt_levels_disagree": "項目と上の階層が食い違う",
    "doubt_unlike_anything": "似た意見がまだない",
    "doubt_few_examples": "項目のコード例が2件未満",
    "doubt_duplicate_coded_otherwise": "ほぼ同じ意見に別のコードがある",
    "doubt_personal_data": "個人情報の疑い",
    SEVERAL_TOPICS: "複数の話題の疑い",
}
_CLOSE = 0.8  # second over first
_SAME = 0.9  # similarity from which two comments say nearly the same
_DIGITS = re.compile(r"\d.*\d|@", re.DOTALL)  # without these there is nothing to look for
_PERSONAL = re.compile(
    r"\d{2,4}[-‐–ー－(\uff08]\d{2,4}[-‐–ー－)\uff09]\d{3,4}"  # telephone
    r"|[\w.+-]+@[\w-]+\.[\w.]+"  # e-mail
    r"|〒?\d{3}[-‐ー－]\d{4}(?!\d)"  # postal code
    r"|\d+(?:丁目\d+番|番地)|\d+丁目\d+[-‐ー－]\d+"  # address
    r"|0[789]0\d{8}"
)


def personal_data(text: str) -> bool:
    """Tell whether a comment seems to hold a telephone number, address, e-mail or postal code.

    >>> personal_data("連絡は090-1234-5678まで"), personal_data("3丁目の公園")
    (True, False)
    """
    return _DIGITS.search(text) is not None and _PERSONAL.search(text) is not None


def doubts(
    texts: Sequence[str],
    items: Floats,
    ancestors: NDArray[np.int64],
    passes: NDArray[np.bool_],
    nearest: tuple[NDArray[np.int64], Floats],
    examples: NDArray[np.int64],
    unlike: float,
) -> list[tuple[str, ...]]:
    """Return the columns of `REASONS` that hold for each text, but for several topics (see `comments`).

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
        "doubt_personal_data": np.array([personal_data(t) for t in texts], dtype=bool),
    }
    # Few of the 256 combinations occur: each is put into words once.
    number = sum(
        (flags[name].astype(np.int64) << j for j, name in enumerate(flags)), np.zeros(len(items), int)
    )
    words = {
        k: tuple(name for j, name in enumerate(REASONS) if k >> j & 1) for k in np.unique(number).tolist()
    }
    return [words[k] for k in number.tolist()]
