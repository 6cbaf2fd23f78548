"""Bulk acceptance: near-identical comments at one stroke, and sure suggestions above a threshold."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from pipeline.accuracy import MIN_LABELS
from pipeline.decision_checks import FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review.bulk_undo_pages import to_undo, undo
from pipeline.review.desk import Visit, page_route
from pipeline.review.display import Choice, choices
from pipeline.review.queue import ExpectedPrecision
from pipeline.review.views import BulkChoice, BulkResult, CommentView
from pipeline.review.work import is_shown

_LOOKED_AT = 1000  # comments a page looks at; the rest comes when these are done
_ON_PAGE = 200


@dataclass(frozen=True)
class Line:
    """One comment of the page with its suggestions."""

    view: CommentView
    choices: list[Choice]
    doubtful: bool  # suspected to be about no item, or of several opinions


@dataclass(frozen=True)
class Group:
    """Near-identical comments that one code is proposed for: the first suggestion of the first of them."""

    lines: list[Line]
    choices: list[Choice]


def routes() -> list[Route]:
    """Return the routes of bulk acceptance."""
    return [
        page_route("/bulk", bulk_page),
        page_route("/bulk", accept, post=True),
        page_route("/bulk/undo", undo, post=True),
    ]


def bulk_page(visit: Visit) -> Response:
    """Show both kinds of bulk acceptance."""
    return _page(visit, None)


def accept(visit: Visit) -> Response:
    """Accept one code for the comments ticked, or each one's own first suggestion."""
    chosen = []
    for ticked in visit.form.getlist("comment"):
        # comment_id, number of the decision the page knew, first suggestion on screen
        number, seq, suggested = [*ticked.split("/", 2), "", ""][:3]
        code = visit.form.get("code") or suggested
        if (
            not (number.isdigit() and seq.isdigit() and (number + seq).isascii())
            or code not in visit.codebook
        ):
            raise InputError("選ばれた意見を読み取れません。", "cannot read the comments that were ticked")
        chosen.append(BulkChoice(int(number), (code,), suggested, int(seq)))
    if not chosen:
        raise InputError("意見が一つも選ばれていません。", "no comment was ticked")
    result = visit.store.bulk_accept(
        visit.user.name,
        chosen,
        model_state=visit.form.get("model_state", "")[:200],
        client_token=visit.form.get("client_token", ""),
        round=FIRST_ROUND,
    )
    visit.store.audit(visit.user.name, "bulk-accept", f"{len(result.saved)} / {len(chosen)}")
    visit.desk.learn()
    return _page(visit, result)


def _page(visit: Visit, result: BulkResult | None) -> Response:
    desk, codebook = visit.desk, visit.codebook
    views, total = visit.store.for_bulk(visit.user.name, _LOOKED_AT)
    views = [v for v in views if is_shown(desk, v)]
    suggested = desk.learner.suggest([v.comment_id for v in views]) if views else []
    lines = [
        Line(v, choices(codebook, s), s.outside or s.mixed)
        for v, s in zip(views, suggested, strict=True)
        if s.codes
    ]
    threshold = _threshold(visit, desk.settings.precisions)
    # What may be about no item, or about several, has a confidence among the items, but no such precision to be expected.
    sure = [
        x
        for x in lines
        if threshold is not None and x.choices[0].confidence >= threshold.threshold and not x.doubtful
    ]
    sure.sort(key=lambda x: -x.choices[0].confidence)
    groups = _groups(lines)
    names = {v.comment_id: v.opinion_id for v in views}
    return visit.page(
        "bulk.html",
        codebook=codebook,
        groups=groups[:_ON_PAGE],
        more_groups=max(0, len(groups) - _ON_PAGE),
        sure=sure[:_ON_PAGE],
        more=max(0, len(sure) - _ON_PAGE),
        looked_at=len(views),
        total=total,
        threshold=threshold,
        good=threshold is not None and is_good(threshold),
        precisions=desk.settings.precisions,
        model_state=desk.learner.model_state,
        blind=desk.settings.blind,
        saved=None if result is None else len(result.saved),
        of_group="code" in visit.form,
        **to_undo(visit),  # type: ignore[arg-type]
        skipped=[(names.get(i, str(i)), ja) for i, ja, _ in result.skipped] if result else [],
    )


def _groups(lines: list[Line]) -> list[Group]:
    by_group: dict[str, list[Line]] = {}
    for line in lines:
        if line.view.group_id:
            by_group.setdefault(line.view.group_id, []).append(line)
    found = [Group(members, members[0].choices) for members in by_group.values() if len(members) > 1]
    return sorted(found, key=lambda g: -len(g.lines))


def _threshold(visit: Visit, known: tuple[ExpectedPrecision, ...]) -> ExpectedPrecision | None:
    """Return the threshold asked for; else the lowest that is good enough, or the best there is."""
    wanted = visit.request.query_params.get("threshold") or visit.form.get("threshold", "")
    for t in known:
        if f"{t.threshold:.2f}" == wanted:
            return t
    good = [t for t in known if is_good(t)]
    return good[0] if good else max(known, key=lambda t: t.low, default=None)


def is_good(threshold: ExpectedPrecision) -> bool:
    """Tell whether nine in ten may be expected to be right, on opinions enough to say so."""
    return threshold.precision >= 0.9 and threshold.n >= MIN_LABELS
