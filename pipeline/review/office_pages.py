"""Dashboard, export, login and accounts."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from pipeline.accuracy import Accuracy, independent_accuracy
from pipeline.adjudicate import adjudicate
from pipeline.decision_checks import FIRST_ROUND
from pipeline.errors import InputError
from pipeline.review import security
from pipeline.review.desk import Visit, page_route, read_cookie, set_cookie
from pipeline.review.views import ROLES
from pipeline.tableio import write_table
from pipeline.typed import person_name

_HOURS = 12
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

# What the audit log calls what was done -> words for people.
_DEEDS = {
    "login": "ログイン",
    "login-failed": "ログインの失敗",
    "add-account": "アカウントを加えた",
    "set-password": "パスワードを変えた",
    "account-on": "アカウントを有効にした",
    "account-off": "アカウントを止めた",
    "assign-double": "二重コーディングを割り当てた",
    "amend-definition": "コードの説明を直した",
    "bulk-accept": "まとめて確定した",
    "bulk-undo": "まとめて確定を取り消した",
    "export": "書き出した",
}


def routes() -> list[Route]:
    """Return the routes of dashboard, export, login and accounts."""
    return [
        page_route("/dashboard", dashboard_page),
        page_route("/double", assign_double, "assign", post=True),
        page_route("/export/{table}.{ending}", export, "export"),
        page_route("/login", login_page, None),
        page_route("/login", login, None, post=True),
        page_route("/logout", logout, None, post=True),
        page_route("/accounts", accounts_page, "accounts"),
        page_route("/accounts", change_account, "accounts", post=True),
    ]


# -- dashboard -------------------------------------------------------------------------------------


def dashboard_page(visit: Visit) -> Response:
    """Show progress, pace, acceptance, independent accuracy and the coverage of the plan."""
    rounds, codebook = visit.store.rounds(), visit.codebook
    wanted = visit.request.query_params.get("round", FIRST_ROUND)
    round = wanted if wanted in rounds else FIRST_ROUND
    accuracy, why_not = _accuracy(visit)
    return visit.page(
        "dashboard.html",
        codebook=codebook,
        progress=visit.store.progress(round),
        round=round,
        rounds=rounds,
        accuracy=accuracy,
        why_not=why_not,
        assigned=visit.number("assigned"),
        suggested_coders=[a.name for a in visit.store.accounts() if a.active]
        if visit.desk.settings.team
        else visit.desk.coders(),
    )


def _accuracy(visit: Visit) -> tuple[Accuracy | None, str]:
    try:
        return independent_accuracy(visit.store.decisions_table(), visit.codebook), ""
    except InputError as error:
        return None, error.ja


def assign_double(visit: Visit) -> Response:
    """Have a share of the comments coded by two or more people, blind to each other."""
    coders = [person_name(c) for c in visit.form.get("coders", "").replace("、", ",").split(",") if c.strip()]
    if visit.desk.settings.team:
        known = {a.name for a in visit.store.accounts() if a.active}
        unknown = [c for c in coders if c not in known]
        if unknown:
            raise InputError(
                f"アカウント「{unknown[0]}」はありません。", f"there is no account '{unknown[0]}'"
            )
    try:
        share = float(visit.form.get("share", "")) / 100
    except ValueError:
        share = 0.0
    chosen = visit.store.assign_double(
        share,
        coders,
        round=visit.form.get("round", "").strip() or FIRST_ROUND,
        hide=visit.form.get("hide") == "yes",
        who=visit.user.name,
    )
    return visit.go(f"/dashboard?assigned={len(chosen)}")


# -- export ----------------------------------------------------------------------------------------


def export(visit: Visit) -> Response:
    """Return all decisions, or the labels that follow from them, as a file."""
    name, ending = visit.request.path_params["table"], visit.request.path_params["ending"]
    if name not in ("decisions", "labels") or ending not in _TYPES:
        raise InputError("この表は書き出せません。", "there is no such table to export")
    table = visit.store.decisions_table()
    if name == "labels":
        table = adjudicate(table, visit.codebook).labels
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.{ending}"
        write_table(table, path)
        body = path.read_bytes()
    visit.store.audit(visit.user.name, "export", f"{name}.{ending}: {len(table)} rows")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(body, media_type=_TYPES[ending], headers=headers)


# -- login and accounts ----------------------------------------------------------------------------


def login_page(visit: Visit) -> Response:
    """Ask for name and password."""
    if not visit.desk.settings.team or visit.user.name:
        return visit.go("/code")
    # Whoever pressed a key on a page of an ended session is told what came of it.
    ended = "ログインの期限が切れています。最後の操作は保存されていません。"
    return visit.page("login.html", alert=ended if "ended" in visit.request.query_params else "", name="")


def login(visit: Visit) -> Response:
    """Check name and password; a new session each time."""
    if not visit.desk.settings.team:
        return visit.go("/code")
    name = visit.form.get("name", "").strip()[:200]
    address = visit.request.client.host if visit.request.client else ""
    account = visit.store.verify_password(name, visit.form.get("password", "")[:1000], address)
    if account is None:
        return visit.page("login.html", 401, alert="名前かパスワードが違います。", name=name)
    token, _ = visit.store.create_session(account.name, hours=_HOURS)
    response = visit.go("/code")
    set_cookie(visit.request, response, security.SESSION_COOKIE, token, hours=_HOURS)
    return response


def logout(visit: Visit) -> Response:
    """End the session."""
    token = read_cookie(visit.request, security.SESSION_COOKIE)
    if token:
        visit.store.end_session(token)
    response = visit.go("/login")
    response.delete_cookie(security.cookie_name(security.SESSION_COOKIE, visit.request.scope))
    return response


def accounts_page(visit: Visit) -> Response:
    """Show accounts and the newest lines of the audit log."""
    accounts = visit.store.accounts()
    saved = visit.request.query_params.get("saved", "")
    return visit.page(
        "accounts.html",
        accounts=accounts,
        roles=ROLES,
        log=visit.store.audit_log(200),
        deeds=_DEEDS,
        saved=saved if saved in [a.name for a in accounts] else "",
    )


def change_account(visit: Visit) -> Response:
    """Add an account, give it a new password, or switch it off or on."""
    form, who = visit.form, visit.user.name
    name, what = form.get("name", ""), form.get("do", "")
    if what == "add":
        visit.store.add_account(name, form.get("role", ""), form.get("password", ""), who=who)
    elif what == "password":
        visit.store.set_password(name, form.get("password", ""), who=who)
    elif what in ("on", "off"):
        if name == who:
            raise InputError("自分のアカウントは止められません。", "you cannot switch your own account off")
        visit.store.set_active(name, what == "on", who=who)
    else:
        raise InputError("この操作はありません。", "there is no such action")
    return visit.go("/accounts?saved=" + quote(person_name(name) if what == "add" else name))
