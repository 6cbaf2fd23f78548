"""Who codes which opinions in Excel: drawn by their ids, so that the same draw comes out again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pandas as pd

ASSIGNMENT = ("coder", "position", "suggestion_shown")


def share_out(
    asked: pd.DataFrame,
    coders: Sequence[str],
    *,
    share: float = 1.0,
    double: float = 1.0,
    hidden: float = 0.0,
    blind: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Return who codes which rows of a REVIEW table: columns coder, position (of the row), suggestion_shown.

    All units of an opinion go to the same coders. The draw depends on the ids and the seed alone.

    Parameters
    ----------
    share : share of the opinions, drawn at random, that are coded at all
    double : share of those that every coder codes; the others are dealt out, one coder each
    hidden : share of those whose suggestions no coder sees, so that accuracy can be measured
    blind : nobody sees any suggestion
    """
    ids = list(dict.fromkeys(asked["opinion_id"]))
    chosen = set(_draw(ids, share, f"share{seed}"))
    kept = [i for i in ids if i in chosen]
    everyone = set(_draw(kept, double, f"double{seed}"))
    unseen = set(kept if blind else _draw(kept, hidden, f"hidden{seed}"))
    dealt = sorted((i for i in kept if i not in everyone), key=_order(f"deal{seed}"))
    owner = {i: coders[n % len(coders)] for n, i in enumerate(dealt)}
    rows = [
        (coder, position, "no" if i in unseen else "yes")
        for coder in coders
        for position, i in enumerate(asked["opinion_id"])
        if i in chosen and owner.get(i, coder) == coder
    ]
    return pd.DataFrame(rows, columns=list(ASSIGNMENT))


def _draw(ids: Sequence[str], share: float, label: str) -> list[str]:
    """Return a share of the ids, at least one unless the share is 0."""
    n = round(share * len(ids)) or (1 if share > 0 and ids else 0)
    return list(ids) if n == len(ids) else sorted(ids, key=_order(label))[:n]


def _order(label: str) -> Callable[[str], bytes]:
    return lambda i: hashlib.blake2b(f"{label}\x1f{i}".encode("utf-8", "replace"), digest_size=8).digest()
