"""What the model says of a comment when it is loaded: its suggestion, why to look at it early, and its copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.coding import Coder
from pipeline.duplicates import GroupFinder
from pipeline.models import Model
from pipeline.review.queue import priority_of, reasons_of
from pipeline.review.sampling import is_hidden
from pipeline.vectorcache import VectorCache

TOP = 5
_CHUNK = 256


def with_suggestions(
    rows: Sequence[Mapping[str, Any]],
    model: Model,
    hidden_share: float,
    seed: int,
    cache: VectorCache | None,
    advance: Callable[[int], object],
) -> list[dict[str, Any]]:
    """Return rows of comments with suggestion, reasons, priority and group.

    Parameters
    ----------
    rows : as the store takes them, without these
    hidden_share : share of comments whose suggestions stay hidden
    advance : called with the number of comments just coded
    """
    texts = [r["text"][r["unit_start"] : r["unit_end"]] for r in rows]
    with GroupFinder() as finder:
        finder.add(texts)
        groups = finder.groups()
    coder = Coder(model, cache=cache)
    complete: list[dict[str, Any]] = []
    for start in range(0, len(rows), _CHUNK):
        chosen = texts[start : start + _CHUNK]
        for i, coding in enumerate(coder.code(chosen, TOP), start=start):
            reasons = reasons_of(coding, texts[i])
            leader = int(groups.leader[i])
            complete.append(
                {
                    **rows[i],
                    "first_code": coding.codes[0] if coding.codes else "",
                    "priority": priority_of(coding, reasons, is_copy=leader != i),
                    "reasons": f",{','.join(reasons)}," if reasons else "",
                    "group_id": f"D{leader + 1}" if groups.size[i] > 1 else "",
                    "hidden_suggestions": is_hidden(rows[i]["opinion_id"], hidden_share, seed),
                }
            )
        advance(len(chosen))
    return complete
