"""A comment ready for the screen: with its suggestions and what stands out in it, where they may be seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.review.desk import Desk, Visit, new_token
from pipeline.review.display import Choice, choices, pieces, reasons_told
from pipeline.review.learning import Suggested
from pipeline.review.views import CommentView

_NOTHING = Suggested((), (), False, ())


@dataclass(frozen=True)
class Work:
    """One comment ready for the screen.

    shown : suggestions are on screen; suggested_code, model_state : what stands there, '' when they are not
    """

    view: CommentView
    pieces: list[object]
    choices: list[Choice]
    suggested: Suggested
    shown: bool
    suggested_code: str
    model_state: str
    reasons: list[str]
    client_token: str = field(default_factory=new_token)


def is_shown(desk: Desk, view: CommentView) -> bool:
    """Tell whether a comment's suggestions may be on screen."""
    return not view.hidden and not desk.settings.blind


def prepare(visit: Visit, view: CommentView) -> Work:
    """Return a comment with its suggestions, if they may be on screen."""
    desk, shown = visit.desk, is_shown(visit.desk, view)
    suggested = desk.learner.suggest([view.comment_id])[0] if shown else _NOTHING
    words = suggested.evidence[0].own_marks if suggested.evidence else ()
    moved = [(a + view.start, b + view.start) for a, b in words]
    whole = (view.start, view.end) == (0, len(view.text))
    unit = (0, 0) if whole else (view.start, view.end)
    return Work(
        view=view,
        pieces=list(pieces(view.text, unit, moved)),
        choices=choices(visit.codebook, suggested),
        suggested=suggested,
        shown=shown,
        suggested_code=suggested.codes[0] if suggested.codes else "",
        model_state=desk.learner.model_state if shown else "",
        reasons=reasons_told(view.reasons, shown),
    )
