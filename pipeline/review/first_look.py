"""What the model says of a comment when it is loaded: its suggestion, why to look at it early, and its copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.coding import Coder, Coding
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
                    "suggestion": suggestion_json(model, coding),
                    "first_code": coding.codes[0] if coding.codes else "",
                    "priority": priority_of(coding, reasons, is_copy=leader != i),
                    "reasons": f",{','.join(reasons)}," if reasons else "",
                    "group_id": f"D{leader + 1}" if groups.size[i] > 1 else "",
                    "hidden_suggestions": is_hidden(rows[i]["opinion_id"], hidden_share, seed),
                }
            )
        advance(len(chosen))
    return complete


def suggestion_json(model: Model, coding: Coding) -> dict[str, Any]:
    """Return a suggestion as the store keeps it.

    Keys: status, grade, codes, confidences (best first), suggested ('' if left to a person), level, also,
    words (shared with the evidence), wording (of the plan), evidence (text, code, similarity, place each).
    """
    cited = model.cited
    return {
        "status": coding.status,
        "grade": coding.grade,
        "codes": list(coding.codes),
        "confidences": [round(c, 4) for c in coding.confidences],
        "suggested": coding.suggested,
        "level": coding.level,
        "also": coding.also,
        "words": list(coding.words),
        "wording": coding.wording,
        "evidence": [
            {
                "text": cited[row].text,
                "code": cited[row].code,
                "similarity": round(float(similarity), 4),
                "place": cited[row].place.lstrip("、"),
            }
            for row, similarity in coding.evidence
        ],
    }
