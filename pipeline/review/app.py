"""The review page as a web application: store and learner in, ASGI application out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from pipeline.review import bulk_pages, coding_pages, office_pages, team_pages
from pipeline.review.desk import Desk, Settings
from pipeline.review.learning import SessionLearner
from pipeline.review.security import TO_ALERT, Shield, known_hosts
from pipeline.review.store import Store


def create_app(
    store: Store,
    learner: SessionLearner,
    settings: Settings,
    *,
    hosts: frozenset[str] | None = None,
    addresses: bool = False,
) -> Starlette:
    """Return the application.

    Parameters
    ----------
    hosts, addresses : see `security.Shield`; default: loopback names only
    """
    static = StaticFiles(directory=Path(__file__).parent / "static")
    routes = [
        *coding_pages.routes(),
        *bulk_pages.routes(),
        *team_pages.routes(),
        *office_pages.routes(),
        Mount("/static", static, name="static"),
    ]
    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Shield, hosts=known_hosts("127.0.0.1") if hosts is None else hosts, addresses=addresses
            )
        ],
        exception_handlers={
            404: _plain("ページがありません。"),
            405: _plain("この操作はできません。"),
            Exception: _plain(
                "プログラムの誤りで、この操作はできませんでした。記録を添えて知らせてください。", 500
            ),
        },
    )
    desk = Desk(store, learner, settings)
    desk.learn()
    app.state.desk = desk
    return app


def _plain(message: str, status: int | None = None) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        return PlainTextResponse(message, status or int(getattr(error, "status_code", 500)), TO_ALERT)

    return answer
