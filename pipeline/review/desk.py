"""The desk: what every page needs (store, learner, who is asking), and the one door all requests come through."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from pipeline.cells import in_percent
from pipeline.codebook import Codebook
from pipeline.errors import IkenError
from pipeline.review import security
from pipeline.review.display import entry, pieces
from pipeline.review.latest import Latest
from pipeline.review.learning import SessionLearner
from pipeline.review.queue import REASONS, ExpectedPrecision
from pipeline.review.security import ALL_RIGHTS, PAGE_CODER, RIGHTS, ROLE_NAMES, User, cookie_name, same_token
from pipeline.review.store import MOST_VALUES, Store
from pipeline.review.views import MAX_NUMBER, NotYours, StaleDecision, StoreBusy, StoreFull, TooManyAttempts

MAX_BODY = 1_000_000  # bytes of a form; the largest is a bulk acceptance of some thousand comments
_STATUS = {StaleDecision: 409, NotYours: 409, StoreBusy: 503, StoreFull: 507, TooManyAttempts: 429}
ACTION_NAMES = {
    "accept": "提案どおり",
    "change": "人が選んだ項目",
    "reject": "提案を却下",
    "none-fits": "該当なし",
    "unsure": "保留",
}


@dataclass(frozen=True)
class Settings:
    """How a review is opened.

    coder : who codes, without login; coders : whom else the person may act as (double coding on one computer)
    blind : suggestions are hidden from everybody; learning : suggestions learn from decisions
    team : accounts exist, everybody logs in; set once at the start, so that it cannot be switched off from within
    precisions : see `queue.expected_precision`
    """

    coder: str = "reviewer"
    coders: tuple[str, ...] = ()
    blind: bool = False
    learning: bool = True
    team: bool = False
    precisions: tuple[ExpectedPrecision, ...] = ()


@dataclass
class Desk:
    """What all pages share; `figures` of the agreement page are kept between visits."""

    store: Store
    learner: SessionLearner
    settings: Settings
    pages: Environment = field(default_factory=lambda: _environment())
    figures: Latest = field(default_factory=Latest)

    def learn(self) -> None:
        """Let the suggestions catch up with what was decided, unless that is switched off."""
        if self.settings.learning:
            self.learner.catch_up(self.store)

    def coders(self) -> list[str]:
        """Return whom a person without login may be."""
        names = [self.settings.coder, *self.settings.coders, *self.store.double_coders()]
        return list(dict.fromkeys(names))

    def user(self, request: Request, guard: str) -> User | None:
        """Return who is asking, None if nobody is logged in."""
        if not self.settings.team:
            wanted = unquote(read_cookie(request, security.CODER_COOKIE))
            name = wanted if wanted in self.coders() else self.settings.coder
            return User(name, "", ALL_RIGHTS, guard)
        token = read_cookie(request, security.SESSION_COOKIE)
        session = self.store.session_account(token) if token else None
        if session is None:
            return None
        role = session.account.role
        return User(session.account.name, role, RIGHTS[role], session.csrf)


@dataclass
class Visit:
    """One request, past the door: rights and token are checked."""

    request: Request
    desk: Desk
    user: User
    form: ImmutableMultiDict[str, str]

    @property
    def store(self) -> Store:
        """The store."""
        return self.desk.store

    @property
    def codebook(self) -> Codebook:
        """The codebook with all amendments."""
        return self.desk.store.codebook()

    @property
    def swaps(self) -> bool:
        """Whether htmx asks for a part of the page."""
        return "hx-request" in self.request.headers

    def number(self, name: str) -> int:
        """Return a whole number of the form or query; -1 for anything else, which nothing has as its number."""
        given = self.form.get(name) or self.request.query_params.get(name) or ""
        number = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else -1
        return number if number <= MAX_NUMBER else -1

    def page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        """Fill a template."""
        codebook = values.pop("codebook", None)
        html = self.desk.pages.get_template(template).render(
            user=self.user,
            team=self.desk.settings.team,
            coders=[] if self.desk.settings.team or not self.user.name else self.desk.coders(),
            token=new_token,
            here=self.request.url.path,
            item=lambda code: entry(codebook if isinstance(codebook, Codebook) else self.codebook, code),
            codebook=codebook,
            **values,
        )
        return HTMLResponse(html, status)

    def go(self, path: str) -> Response:
        """Send the browser to another page after a form."""
        return RedirectResponse(path, 303)


Handler = Callable[[Visit], Response]


def new_token() -> str:
    """Return a token that tells one press of a key from another."""
    return uuid.uuid4().hex


def page_route(path: str, handler: Handler, right: str | None = "code", *, post: bool = False) -> Route:
    """Return a route whose handler is reached only with the right, and with a form only with its token.

    right : None means no login is needed
    """

    async def endpoint(request: Request) -> Response:
        form: ImmutableMultiDict[str, str] = ImmutableMultiDict()
        if post:
            read = await _read_form(request)
            if read is None:
                return PlainTextResponse("送信された内容が大きすぎます。", 413, security.TO_ALERT)
            form = read
        return await run_in_threadpool(_serve, request, form, handler, right)

    return Route(path, endpoint, methods=["POST"] if post else ["GET"])


async def _read_form(request: Request) -> ImmutableMultiDict[str, str] | None:
    """Return the fields of a form, None if it is too large."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    # Browsers send line breaks of a text field as CR LF.
    return ImmutableMultiDict([(k, v.replace("\r\n", "\n")) for k, v in pairs])


def _serve(
    request: Request, form: ImmutableMultiDict[str, str], handler: Handler, right: str | None
) -> Response:
    desk: Desk = request.app.state.desk
    guard = read_cookie(request, security.GUARD_COOKIE)
    fresh = len(guard) < 32
    if fresh:
        guard = secrets.token_urlsafe(32)
    user = None
    try:
        user = desk.user(request, guard)
        response = _answer(request, desk, form, handler, right, user, guard)
    except IkenError as error:
        visit = Visit(request, desk, user or _nobody(guard), form)
        response = refusal(visit, error.message("ja"), status_of(error))
        if isinstance(error, TooManyAttempts):
            response.headers["Retry-After"] = str(error.wait_seconds)
    if fresh:
        set_cookie(request, response, security.GUARD_COOKIE, guard)
    return response


def _answer(
    request: Request,
    desk: Desk,
    form: ImmutableMultiDict[str, str],
    handler: Handler,
    right: str | None,
    user: User | None,
    guard: str,
) -> Response:
    if user is None and right is not None:
        login = "/login?ended=yes" if request.method == "POST" else "/login"
        # A page that swaps parts is told to load the login page as a whole.
        if "hx-request" in request.headers:
            return Response("", 401, {"HX-Redirect": login})
        return RedirectResponse(login, 303)
    visit = Visit(request, desk, user or _nobody(guard), form)
    if request.method == "POST" and not same_token(form.get("csrf", ""), visit.user.csrf):
        return refusal(
            visit, "このページの有効期限が切れています。読み込み直してから、もう一度操作してください。", 403
        )
    if visit.swaps or request.method == "POST":
        meant = form.get(PAGE_CODER) or request.query_params.get(PAGE_CODER) or visit.user.name
        if meant != visit.user.name:
            # Switched in another tab: what is pressed here is not that person's decision.
            return refusal(
                visit,
                f"担当者が切り替わっています(この画面は{meant}さん、今は{visit.user.name}さん)。何も保存していません。"
                "ページを読み込み直し、担当者を確かめてから操作してください。",
                409,
            )
    if right is not None and right not in visit.user.rights:
        role = ROLE_NAMES.get(visit.user.role, "")
        return refusal(visit, f"「{role}」の役割では、このページを使えません。", 403)
    return handler(visit)


def _nobody(guard: str) -> User:
    return User("", "", frozenset(), guard)


def status_of(error: IkenError) -> int:
    """Return the HTTP status that says what kind of error it is."""
    return next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 422)


def refusal(visit: Visit, message: str, status: int) -> Response:
    """Say what was refused, in place where htmx asked, else as a page of its own."""
    if visit.swaps:
        response = visit.page("_alert.html", status, message=message)
        # The page stays as it is; only the line for messages changes.
        response.headers.update(security.TO_ALERT)
        return response
    return visit.page("error.html", status, message=message)


def read_cookie(request: Request, kind: str) -> str:
    """Return a cookie of this server, '' if there is none."""
    return request.cookies.get(cookie_name(kind, request.scope), "")


def set_cookie(
    request: Request, response: Response, kind: str, value: str, hours: float | None = None
) -> None:
    """Set a cookie that scripts cannot read and other sites cannot use; Secure behind TLS."""
    response.set_cookie(
        cookie_name(kind, request.scope),
        quote(value),
        max_age=None if hours is None else round(hours * 3600),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _environment() -> Environment:
    pages = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names: Mapping[str, Any] = {
        "REASONS": REASONS,
        "ACTIONS": ACTION_NAMES,
        "ROLES": ROLE_NAMES,
        "MOST_VALUES": MOST_VALUES,
        "percent": in_percent,
        "marked": lambda evidence: pieces(evidence.text, (0, 0), evidence.marks),
    }
    pages.globals.update(names)
    return pages
