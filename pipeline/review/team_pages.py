"""Pages of the team: agreement, adjudication, the codebook with its amendments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from pipeline.agreement import ALL_ROUNDS, MEASURES, MODEL, Agreement, agreement
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.notation import level_name
from pipeline.review.desk import Visit, page_route, refusal, status_of
from pipeline.review.display import pieces, with_note
from pipeline.review.views import Disagreement, NotYours, StaleDecision
from pipeline.tables import records

_ON_PAGE = 50  # cases


@dataclass(frozen=True)
class Row:
    """One figure on the axis: who with whom, at which level; value and interval from 0 to 1, None if undefined."""

    who: str
    kind: str
    level: int
    measure: str
    value: float | None
    low: float | None
    high: float | None
    units: int
    note: str
    main: bool


def routes() -> list[Route]:
    """Return the routes of the team's pages."""
    return [
        page_route("/agreement", agreement_page, "figures"),
        page_route("/adjudicate", adjudicate_page, "adjudicate"),
        page_route("/adjudicate", settle, "adjudicate", post=True),
        page_route("/codebook", codebook_page),
        page_route("/codebook", amend, "adjudicate", post=True),
    ]


# -- agreement -------------------------------------------------------------------------------------


def _agreement(visit: Visit, codebook: Codebook) -> Agreement:
    """Return the figures of the present record; computed once a state, since the intervals take a while."""
    state = (visit.store.last_seq(), codebook.sha256)
    return visit.desk.figures.of(state, lambda: agreement(visit.store.decisions_table(), codebook))


def agreement_page(visit: Visit) -> Response:
    """Show how far coders agree, and the model with them, with the comments on which they part."""
    codebook = visit.codebook
    try:
        found = _agreement(visit, codebook)
    except InputError as error:
        return visit.page("agreement.html", codebook=codebook, found=None, reason=error.ja)
    rows = _rows(found)
    level_names = {i: level_name(i, codebook.depth) for i in range(1, codebook.depth + 1)}
    return visit.page(
        "agreement.html",
        codebook=codebook,
        found=found,
        reason="",
        rows=rows,
        main=[r for r in rows if r.main],
        pairs=[r for r in rows if not r.main],
        axis=[r for r in rows if r.main and r.measure == "alpha"],
        levels=level_names,
        measures={measure: ja for measure, (ja, _) in MEASURES.items()},
        confusions=records(found.confusions)[:30],
        disagreements=records(found.disagreements)[:200],
        more=max(0, len(found.disagreements) - 200),
    )


def _rows(found: Agreement) -> list[Row]:
    rows = []
    figures = records(found.figures)
    # The model with all people together; with the one there is, if there is but one.
    with_all = any(r["compared"] == MODEL and r["coder_b"] == "" for r in figures)
    together = {""} if with_all else {r["coder_b"] for r in figures}
    for r in figures:
        if r["round"] != ALL_ROUNDS:
            continue
        a, b = r["coder_a"], r["coder_b"]
        if r["compared"] == "people":
            who = "担当者どうし"
        elif r["compared"] == MODEL:
            who = f"モデル と {b or '担当者'}"
        else:
            who = f"{a} と {b}"
        value, low, high = (float(r[k]) if r[k] else None for k in ("value", "low", "high"))
        rows.append(
            Row(
                who,
                r["compared"],
                int(r["level"]),
                r["measure"],
                value,
                low,
                high,
                int(r["units"]),
                r["note"],
                r["compared"] == "people" or (r["compared"] == MODEL and b in together),
            )
        )
    return sorted(rows, key=lambda row: row.level)


# -- adjudication ----------------------------------------------------------------------------------


def adjudicate_page(visit: Visit) -> Response:
    """Show the disagreements side by side."""
    return _adjudicate_page(visit)


def settle(visit: Visit) -> Response:
    """Settle one disagreement with a note."""
    said, _, joined = visit.form.get("do", "").partition(":")
    codes: list[str] = []
    if said in ("none-fits", "unsure"):
        action = said
    else:
        # The codes of one of the coders, or the one picked from all.
        codes = joined.split("\n") if said == "code" else [visit.form.get("other", "")]
        action = "change"
    comment_id, note = visit.number("comment_id"), visit.form.get("note", "").strip()
    if not all(codes):
        return refusal(visit, with_note("コードを選んでください。", note), 422)
    try:
        visit.store.adjudicate(
            visit.user.name,
            comment_id,
            action,
            codes,
            note,
            expected_seq=visit.number("expected_seq"),
            client_token=visit.form.get("client_token", ""),
        )
    except (StaleDecision, NotYours) as error:
        return refusal(visit, with_note(error.ja, note), status_of(error))
    visit.desk.learn()
    return _go_on(visit, "settled", visit.number("next"))


def _go_on(visit: Visit, said: str, at: int) -> Response:
    """Send the browser to the case to go on with: whoever works down the page would else look for it again."""
    case = {"said": said, "comment_id": str(visit.number("comment_id")), "at": str(at)}
    return visit.go("/adjudicate?" + urlencode(_wanted(visit) | case) + (f"#case{at}" if at >= 0 else ""))


def _wanted(visit: Visit) -> dict[str, str]:
    source = visit.form if "show" in visit.form else visit.request.query_params
    return {
        "show": "settled" if source.get("show") == "settled" else "open",
        "page": str(max(visit.number("page"), 0)),
    }


def _said(visit: Visit) -> str:
    """Return what the page says was done, with the opinion's name: the case below it is the next one."""
    what = {"settled": "の裁定", "amended": "で直したコードの説明"}.get(
        visit.request.query_params.get("said", "")
    )
    if what is None:
        return ""
    return f"意見 {visit.store.get(visit.number('comment_id'), visit.user.name).opinion_id} {what}を保存しました。"


def _adjudicate_page(visit: Visit) -> Response:
    wanted, codebook = _wanted(visit), visit.codebook
    both = visit.store.disagreements()
    opened = [d for d in both if d.is_open]
    settled = [d for d in both if not d.is_open]
    cases = settled if wanted["show"] == "settled" else opened
    last = max(0, (len(cases) - 1) // _ON_PAGE)
    number = min(int(wanted["page"]), last)
    cases = cases[number * _ON_PAGE : (number + 1) * _ON_PAGE]
    return visit.page(
        "adjudicate.html",
        codebook=codebook,
        cases=cases,
        texts={
            d.comment.comment_id: pieces(
                d.comment.text,
                (0, 0) if d.comment.unit_text == d.comment.text else (d.comment.start, d.comment.end),
            )
            for d in cases
        },
        n_open=len(opened),
        n_settled=len(settled),
        n_unsure_alone=visit.store.unsure_alone(),
        show=wanted["show"],
        number=number,
        last=last,
        versions=_versions(visit, codebook, cases),
        said=_said(visit),
        at=visit.number("at"),
    )


def _versions(visit: Visit, codebook: Codebook, cases: Sequence[Disagreement]) -> dict[str, int]:
    """Return the present version of the definition of each code that the cases speak of."""
    codes = {c for case in cases for d in case.decisions for c in d.codes}
    return {c: visit.store.definition_history(c)[-1].version for c in sorted(codes) if c in codebook}


# -- codebook --------------------------------------------------------------------------------------


def codebook_page(visit: Visit) -> Response:
    """Show the plan with its definitions; one item with all versions of its definition where asked."""
    codebook = visit.codebook
    code = visit.request.query_params.get("code", "")
    history = visit.store.definition_history(code) if code in codebook else []
    return visit.page("codebook.html", codebook=codebook, code=code, history=history)


def amend(visit: Visit) -> Response:
    """Give a code a new definition; the older ones are kept."""
    code = visit.form.get("code", "")
    if visit.form.get("version", "") != str(visit.store.definition_history(code)[-1].version):
        changed = "この説明は、画面を開いた後に変わっています。読み直してください。"
        return refusal(visit, with_note(changed, visit.form.get("definition", ""), "説明"), 422)
    visit.store.amend_definition(code, visit.form.get("definition", ""), visit.user.name)
    if visit.form.get("back") == "adjudicate":
        return _go_on(visit, "amended", visit.number("comment_id"))
    return visit.go("/codebook?" + urlencode({"code": code}))
