"""Who may ask for what: binding, Host and Origin, headers, roles.

Sources: OWASP cheat sheets on CSRF prevention (token in each form, compared with the session's or, before a
login, with a cookie; Origin checked besides) and on DNS rebinding (Host header compared with known names).
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.errors import InputError

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send "Origin: null" with forms, and it could not be checked.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Tells htmx to show an answer in the line for messages and to leave the page as it is.
TO_ALERT = {"HX-Retarget": "#alert", "HX-Reswap": "innerHTML"}
SESSION_COOKIE, GUARD_COOKIE, CODER_COOKIE = "iken_session", "iken_guard", "iken_coder"
# In each form in which somebody decides, and in what moves between comments: whose page it is.
PAGE_CODER = "page_coder"

# What a page may need. `code`: decide comments; `figures`: agreement, which shows what others decided;
# `export`: take the record away; `assign`: double coding; `adjudicate`: settle, amend definitions.
ALL_RIGHTS = frozenset({"code", "figures", "export", "assign", "adjudicate", "accounts"})
RIGHTS: Mapping[str, frozenset[str]] = {
    "reviewer": frozenset({"code"}),
    "adjudicator": frozenset({"code", "figures", "export", "adjudicate"}),
    "analyst": frozenset({"code", "figures", "export", "assign"}),
    "admin": ALL_RIGHTS,
}
ROLE_NAMES = {
    "reviewer": "レビュー担当",
    "adjudicator": "裁定者",
    "analyst": "分析担当",
    "admin": "管理者",
}


@dataclass(frozen=True)
class User:
    """Who is asking: name of the coder, role ('' without login), rights, and the token their forms must carry."""

    name: str
    role: str
    rights: frozenset[str]
    csrf: str


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind to is reachable from this computer only.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_binding(host: str, *, accounts: bool) -> None:
    """Refuse to serve other computers without accounts.

    Raises
    ------
    InputError
        if `host` is no loopback address and nobody has an account.
    """
    if not accounts and not is_loopback(host):
        raise InputError(
            f"アカウントがないまま {host} で開くと、つながる人は誰でも意見を読み、判定できてしまいます。"
            "先に `iken review account add 名前 --role admin --db …` でアカウントを作るか、--host を外してください。",
            f"without accounts anybody who can reach {host} could read and code the comments. First add an account "
            "with `iken review account add NAME --role admin --db …`, or leave --host out",
        )


def host_is_known(header: str, names: frozenset[str], *, addresses: bool) -> bool:
    """Tell whether a Host header names this server, so that no foreign name can be pointed at it.

    names : known names in lower case; addresses : any bare IP address is fine too (it cannot be rebound)

    >>> host_is_known("localhost:8765", frozenset({"localhost"}), addresses=False)
    True
    >>> host_is_known("evil.example", frozenset({"localhost"}), addresses=True)
    False
    """
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    if name in names:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return addresses


def known_hosts(host: str, more: tuple[str, ...] = ()) -> frozenset[str]:
    """Return the names under which a server bound to `host` may be called."""
    names = {"localhost", "127.0.0.1", "::1", host.strip("[]").lower(), *(n.lower() for n in more)}
    if not is_loopback(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return frozenset(names)


def cookie_name(kind: str, scope: Scope) -> str:
    """Return the name of a cookie on this server: browsers send a computer's cookies to each of its ports.

    >>> cookie_name(CODER_COOKIE, {"server": ("127.0.0.1", 8766)})
    'iken_coder_8766'
    """
    _, port = scope.get("server") or ("", None)
    return f"{kind}_{port}" if port else kind


def same_token(given: str, expected: str) -> bool:
    """Compare two tokens in constant time; an empty one is never right."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


class Shield:
    """ASGI layer around everything: known hosts only, no form from another site, headers on each answer.

    Parameters
    ----------
    hosts : see `known_hosts`
    addresses : bare IP addresses as Host are fine (bound to more than loopback)
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], *, addresses: bool) -> None:
        self.app = app
        self.hosts = hosts
        self.addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                # Comments are personal data: no copy stays in the browser's cache.
                if not scope["path"].startswith("/static/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        refused = self._refusal(scope)
        if refused is None:
            await self.app(scope, receive, with_headers)
        else:
            await PlainTextResponse(refused, 403, TO_ALERT)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        if not host_is_known(headers.get("host", ""), self.hosts, addresses=self.addresses):
            return "この名前ではつなげません(--allow-host で許可できます)。"
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != headers.get("host")
        if foreign or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return "ほかのサイトから送られた操作は受け付けません。"
        return None
