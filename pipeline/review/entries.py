"""A decision as it comes in, and what cannot be one."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.codebook import Codebook
from pipeline.decision_checks import CODED
from pipeline.errors import InputError

UNCODED = ("reject", "none-fits", "unsure")


@dataclass(frozen=True)
class Entry:
    """What a coder says of a comment, before it is checked."""

    coder: str
    comment_id: int
    action: str
    codes: tuple[str, ...]
    note: str
    suggestion_shown: bool
    suggested_code: str
    model_state: str
    expected_seq: int
    client_token: str
    round: str


def check_entry(entry: Entry, codebook: Codebook) -> None:
    """Raise `InputError` for what cannot be a decision: no coder, an unknown action or code, or both at odds."""
    if not entry.coder.strip() or not entry.client_token or not entry.round.strip():
        raise InputError("担当者か操作の識別子がありません。", "there is no coder, round or client token")
    if entry.action not in CODED + UNCODED:
        known = ", ".join(CODED + UNCODED)
        raise InputError(
            f"判定「{entry.action}」はありません。使えるのは {known} です。",
            f"there is no action '{entry.action}'; it must be one of {known}",
        )
    if bool(entry.codes) != (entry.action in CODED):
        raise InputError(
            f"判定 {entry.action} とコードの有無が合いません。",
            f"the action {entry.action} does not go with {'a code' if entry.codes else 'no code'}",
        )
    if len(set(entry.codes)) != len(entry.codes):
        raise InputError("同じコードが二度あります。", "a code is given twice")
    unknown = [c for c in entry.codes if c not in codebook]
    if unknown:
        raise InputError(
            f"コード「{unknown[0]}」はコードブックにありません。",
            f"code '{unknown[0]}' is not in the codebook",
        )
