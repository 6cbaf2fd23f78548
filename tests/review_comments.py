"""Comments for the tests of the review's store: loading, taking and deciding them as a page does."""

from __future__ import annotations

from pipeline.codebook import Codebook
from pipeline.review.store import Store
from pipeline.review.views import CommentView, Saved, coded_action

FIRST = ("G1-1-1", "G1-1-2", "G2-1-1")


def comments(n: int, **changes: object) -> list[dict[str, object]]:
    """`n` comments whose priority falls as the file goes on, in two districts."""
    return [
        {
            "opinion_id": f"o{i}",
            "unit": "",
            "text": f"意見{i}です",
            "unit_start": 0,
            "unit_end": len(f"意見{i}です"),
            "position": i,
            "cells": ["北" if i % 2 else "南", f'"{i}"'],
            "first_code": FIRST[i % 3],
            "priority": 1 / i,
            "reasons": ",long," if i % 4 == 0 else "",
            "group_id": "",
            "hidden_suggestions": False,
            **changes,
        }
        for i in range(1, n + 1)
    ]


def load(store: Store, plan: Codebook, n: int = 6, **changes: object) -> Store:
    """Start a project of `n` comments."""
    store.set_project(
        source="s.csv", source_sha256="abc", model_id="m-1", codebook=plan, columns=["地区", 'a"b.c']
    )
    store.load_comments(comments(n, **changes))
    return store


def save(store: Store, coder: str, view: CommentView, *codes: str, token: str = "", **more: object) -> Saved:
    """Decide what a page shows; none-fits without codes."""
    suggested = "" if view.hidden else FIRST[view.position % 3]
    given: dict[str, object] = {
        "suggestion_shown": not view.hidden,
        "suggested_code": suggested,
        "model_state": "m-1+0",
        "expected_seq": view.seq,
        "client_token": token or f"{coder}-{view.comment_id}-{view.round}-{view.seq}",
        "round": view.round,
        **more,
    }
    action = coded_action(codes, suggested) if codes else "none-fits"
    return store.save(coder, view.comment_id, action, codes, **given)  # type: ignore[arg-type]


def take(store: Store, coder: str, **more: object) -> CommentView:
    """Return the next comment of a coder, who gets one."""
    view = store.next_comment(coder, **more)  # type: ignore[arg-type]
    assert view is not None
    return view
