"""Taking a whole bulk acceptance back: from the page of bulk acceptance, and later from the list."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from pipeline.decision_checks import FIRST_ROUND
from pipeline.review.desk import Visit
from pipeline.review.where import Where


def to_undo(visit: Visit) -> dict[str, object]:
    """Return what `_undo_bulk.html` needs: what can be undone; what just was, -1 if nothing."""
    return {
        "bulk": visit.store.last_bulk(visit.user.name),
        "undone": visit.number("undone"),
        "left": visit.number("left"),
    }


def undo(visit: Visit) -> Response:
    """Withdraw a bulk acceptance, and go back to the page it was asked on."""
    form = visit.form
    result = visit.store.undo_bulk(
        visit.user.name,
        form.get("bulk", ""),
        client_token=form.get("client_token", ""),
        round=FIRST_ROUND,
    )
    visit.desk.learn()
    done = f"undone={len(result.undone)}&left={result.left}"
    if form.get("back") == "list":
        return visit.go(f"/list?{done}&{Where.of(visit).query}")
    return visit.go(f"/bulk?{done}&{urlencode({'threshold': form.get('threshold', '')})}")
