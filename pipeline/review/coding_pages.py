"""The coding page: one comment, its suggestions, one key, the next comment."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import Route

from pipeline.errors import InputError
from pipeline.review.bulk_undo_pages import to_undo
from pipeline.review.desk import ACTION_NAMES, Visit, page_route, refusal, set_cookie, status_of
from pipeline.review.display import find_items, reasons_told, with_note
from pipeline.review.security import CODER_COOKIE
from pipeline.review.views import CommentView, NotYours, StaleDecision, coded_action
from pipeline.review.where import Where, bar
from pipeline.review.work import is_shown, prepare


def routes() -> list[Route]:
    """Return the routes of the coding page."""
    return [
        page_route("/", lambda visit: visit.go("/code")),
        page_route("/code", code_page),
        page_route("/code/next", next_page),
        page_route("/code/previous", previous_page),
        page_route("/code/{comment_id:int}", one_page),
        page_route("/decide", decide, post=True),
        page_route("/undo", undo, post=True),
        page_route("/items", items),
        page_route("/values", values),
        page_route("/list", list_page),
        page_route("/coder", change_coder, post=True),
    ]


# -- pages -----------------------------------------------------------------------------------------


def code_page(visit: Visit) -> Response:
    """Show the next comment of the queue."""
    where = Where.of(visit)
    view = visit.store.next_comment(visit.user.name, where.queue, where.filters(), where.round)
    return _work_page(visit, where, view)


def next_page(visit: Visit) -> Response:
    """Go on to the comment behind this one without deciding (key j)."""
    where, after = Where.of(visit), visit.number("after")
    view = visit.store.next_comment(visit.user.name, where.queue, where.filters(), where.round, after=after)
    return _work_page(visit, where, view)


def previous_page(visit: Visit) -> Response:
    """Go back to the comment decided before (key k)."""
    where, before = Where.of(visit), visit.number("before")
    view = visit.store.previous(visit.user.name, before, where.round)
    if view is None:
        said = "これより前に判定した意見はありません。"
        if before < 0:
            return code_page(visit)
        return _work_page(visit, where, _seen(visit, before, where.round), said=said)
    return _work_page(visit, where, view)


def one_page(visit: Visit) -> Response:
    """Show a comment by its number."""
    where = Where.of(visit)
    return _work_page(visit, where, _seen(visit, visit.request.path_params["comment_id"], where.round))


def decide(visit: Visit) -> Response:
    """Save a decision and show the next comment; a stale page is refused and shows what stands now."""
    where, comment_id, coder = Where.of(visit), visit.number("comment_id"), visit.user.name
    note = visit.form.get("note", "").strip()
    view = _seen(visit, comment_id, where.round)
    shown, suggested_code, model_state = _suggested_then(visit, view)
    codes, action = _chosen(visit)
    if action == "":
        action = coded_action(codes, suggested_code if shown else "")
    try:
        saved = visit.store.save(
            coder,
            comment_id,
            action,
            codes,
            note,
            suggestion_shown=shown,
            suggested_code=suggested_code,
            model_state=model_state,
            expected_seq=visit.number("expected_seq"),
            client_token=visit.form.get("client_token", ""),
            round=where.round,
        )
    except (StaleDecision, NotYours) as error:
        if not visit.swaps:
            return refusal(visit, with_note(error.ja, note), status_of(error))
        if isinstance(error, NotYours):
            other = visit.store.next_comment(coder, where.queue, where.filters(), where.round)
            return _work_page(visit, where, other, alert=with_note(error.ja, note), status=409)
        again = _seen(visit, comment_id, where.round)
        return _work_page(visit, where, again, alert=error.ja, status=409, note=note)
    visit.desk.learn()
    if not visit.swaps:
        return visit.go(f"/code/next?after={comment_id}&{where.query}")
    view_next = visit.store.next_comment(
        coder, where.queue, where.filters(), where.round, after=saved.comment_id
    )
    return _work_page(visit, where, view_next, said=_said(visit, view, action, codes))


def undo(visit: Visit) -> Response:
    """Withdraw the last decision and show its comment again (key u)."""
    where = Where.of(visit)
    token = visit.form.get("client_token", "")
    saved = visit.store.undo(visit.user.name, client_token=token, round=where.round)
    if saved is None:
        return refusal(visit, "取り消せる判定がありません。", 422)
    visit.desk.learn()
    if not visit.swaps:
        return visit.go(f"/code/{saved.comment_id}?{where.query}")
    view = _seen(visit, saved.comment_id, where.round)
    return _work_page(visit, where, view, said=f"意見 {view.opinion_id} の判定を取り消しました。")


def items(visit: Visit) -> Response:
    """Return the items that hold what was typed (key /)."""
    typed = visit.request.query_params.get("q", "")[:100]
    return visit.page("_items.html", found=find_items(visit.codebook, typed), typed=typed)


def values(visit: Visit) -> Response:
    """Return the values of an input column as options of the filter."""
    column = visit.request.query_params.get("column", "")
    found = visit.store.column_values(column) if column else []
    return visit.page("_values.html", values=found)


def list_page(visit: Visit) -> Response:
    """List comments with what was decided."""
    where, page = Where.of(visit), max(visit.number("page"), 0)
    size = 50
    views, total = visit.store.listing(
        visit.user.name, where.filters(), where.round, size, page * size, where.queue
    )
    return visit.page(
        "list.html",
        codebook=visit.codebook,
        views=views,
        told=lambda view: reasons_told(view.reasons, is_shown(visit.desk, view)),
        total=total,
        number=page,
        last=max(0, (total - 1) // size),
        **to_undo(visit),  # type: ignore[arg-type]
        **bar(visit, where),  # type: ignore[arg-type]
    )


def change_coder(visit: Visit) -> Response:
    """Act as another coder; only without login, where one person sits at the computer after the other."""
    name = visit.form.get("coder", "")
    if visit.desk.settings.team or name not in visit.desk.coders():
        raise InputError("この担当者には切り替えられません。", "cannot act as this coder")
    response = visit.go("/code")
    set_cookie(visit.request, response, CODER_COOKIE, name, hours=24 * 365)
    return response


# -- parts -----------------------------------------------------------------------------------------


def _seen(visit: Visit, comment_id: int, round: str) -> CommentView:
    return visit.store.get(comment_id, visit.user.name, round)


def _suggested_then(visit: Visit, view: CommentView) -> tuple[bool, str, str]:
    """Return whether suggestions were on screen, the first one, and the model's state, when the page was made.

    What was on screen comes back with the form, with the model's state; what is hidden may have changed since.
    A hidden suggestion never left the server: it is worked out now.
    """
    desk, model_state = visit.desk, visit.form.get("model_state", "")[:200]
    if model_state:
        code = visit.form.get("suggested_code", "")
        if code and code not in visit.codebook:
            raise InputError(
                f"コード「{code}」はコードブックにありません。", f"code '{code}' is not in the codebook"
            )
        return True, code, model_state
    suggested = desk.learner.suggest([view.comment_id], top=1)[0]
    return False, suggested.codes[0] if suggested.codes else "", desk.learner.model_state


def _chosen(visit: Visit) -> tuple[list[str], str]:
    """Return the codes chosen, and the action if it is one without codes ('' otherwise)."""
    said, _, code = visit.form.get("do", "").partition(":")
    if said in ("none-fits", "unsure"):
        return [], said
    codes = visit.form.getlist("codes") if said == "confirm" else [code]
    if said not in ("code", "confirm") or not codes or not all(codes):
        raise InputError(
            "コードが選ばれていません。1〜5か / で選んでください。", "no code was chosen; press 1 to 5 or /"
        )
    return list(codes), ""


def _said(visit: Visit, view: CommentView, action: str, codes: Sequence[str]) -> str:
    what = "、".join(f"{c} {visit.codebook[c].title}" for c in codes) or ACTION_NAMES[action]
    return f"意見 {view.opinion_id} → {what}(保存しました)"


def _work_page(
    visit: Visit,
    where: Where,
    view: CommentView | None,
    *,
    said: str = "",
    alert: str = "",
    status: int = 200,
    note: str = "",
) -> Response:
    """Return the part that is swapped, or the whole page around it; note : typed, and not saved yet."""
    name = visit.user.name
    mine, decided, total = visit.store.counts(name, where.round)
    hits, judged = visit.store.recent_hits(where.round)
    shared: dict[str, object] = {
        "codebook": visit.codebook,
        "work": None if view is None else prepare(visit, view),
        "where": where,
        "said": said,
        "alert": alert,
        "note": note,
        "mine": mine,
        "decided": decided,
        "total": total,
        "hits": hits,
        "judged": judged,
        "learned": visit.desk.learner.learned,
        "learning": visit.desk.settings.learning,
        "blind": visit.desk.settings.blind,
    }
    if visit.swaps:
        part = visit.page("_work.html", status, **shared)
        # Errors without it are not of this server; see review.js.
        part.headers["HX-Retarget"] = "#work"
        return part
    return visit.page("code.html", status, **shared | bar(visit, where))
