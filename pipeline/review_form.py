"""The form that coders fill in in Excel: names of its sheets, columns and choices, for writer and reader."""

from __future__ import annotations

import hashlib
import unicodedata

from pipeline.errors import Language
from pipeline.tables import Schema

# One row a comment (or opinion unit) to be decided. `first`: code of the first suggestion; `others`: the next
# ones as people read them; `same`: the group of near-identical comments.
REVIEW = Schema(
    "REVIEW",
    (
        "opinion_id",
        "unit",
        "text",
        "status",
        "first",
        "confidence",
        "others",
        "evidence",
        "doubt",
        "same",
        "model_id",
    ),
    ("opinion_id", "text"),
)
# Comments that are not put before coders, with the reason.
NOT_ASKED = Schema("NOT_ASKED", ("opinion_id", "unit", "text", "reason"), ("opinion_id", "reason"))

COLUMNS: dict[str, dict[Language, str]] = {
    "opinion_id": {"ja": "意見ID", "en": "opinion_id"},
    "unit": {"ja": "部分", "en": "unit"},
    "text": {"ja": "意見", "en": "opinion"},
    "first": {"ja": "第1候補", "en": "first_suggestion"},
    "confidence": {"ja": "確信度", "en": "confidence"},
    "code": {"ja": "確定コード", "en": "final_code"},
    "code_2": {"ja": "第2コード", "en": "second_code"},
    "action": {"ja": "判定", "en": "decision"},
    "note": {"ja": "メモ", "en": "note"},
    "others": {"ja": "他の候補", "en": "other_suggestions"},
    "doubt": {"ja": "疑う理由", "en": "doubts"},
    "evidence": {"ja": "根拠(似た意見とコード)", "en": "evidence"},
    "same": {"ja": "同じ文面", "en": "same_text"},
}
DECIDED = ("code", "code_2", "action", "note")  # the columns for people, yellow
SUGGESTED = ("first", "confidence", "others", "doubt", "evidence")  # what --blind leaves out
MUST_COME_BACK = ("opinion_id", "text", *DECIDED)

MAIN: dict[Language, str] = {"ja": "判定", "en": "Decide"}
GUIDE: dict[Language, str] = {"ja": "使い方", "en": "How to"}
CODEBOOK_SHEET: dict[Language, str] = {"ja": "コードブック", "en": "Codebook"}
NOT_ASKED_SHEET: dict[Language, str] = {"ja": "対象外", "en": "Not asked"}
CODER_LABEL: dict[Language, str] = {"ja": "担当者の名前", "en": "your name"}
# For programs: Excel shows these sheets to nobody; other programs may show them, and they may be left alone.
FILE_SHEET, ROWS_SHEET, TEXT_SHEET = "_iken", "_iken_rows", "_iken_text"
FORMAT = "iken-review-1"
FILE_KEYS = ("format", "language", "coder", "round", "blind", "prefilled", "codebook_sha256")
ROW_COLUMNS = ("opinion_id", "unit", "text_sha256", "suggestion_shown", "suggested_code", "model_id")
# Texts that a cell cannot hold as they are, in parts that it can.
TEXT_COLUMNS = ("opinion_id", "unit", "part", "json")

ACTION_WORDS: dict[str, dict[Language, str]] = {
    "accept": {"ja": "採用", "en": "accept"},
    "change": {"ja": "変更", "en": "change"},
    "none-fits": {"ja": "該当なし", "en": "none fits"},
    "unsure": {"ja": "保留", "en": "unsure"},
}
_ACTION_OF = {
    w.casefold(): action for action, words in ACTION_WORDS.items() for w in (action, *words.values())
}


def read_action(text: str) -> str | None:
    """Return the action that a person wrote, '' for nothing, None for anything else.

    >>> [read_action(t) for t in ("採用", " Ｃｈａｎｇｅ ", "", "はい")]
    ['accept', 'change', '', None]
    """
    word = unicodedata.normalize("NFKC", text).strip().casefold()
    return _ACTION_OF.get(word) if word else ""


_NONE_FITS = frozenset({"該当なし", "該当項目なし", "なし", "none", "none-fits", "none fits"})


def says_none_fits(cell: str) -> bool:
    """Tell whether a person wrote into a column of codes that no item of the plan fits.

    >>> [says_none_fits(t) for t in ("該当なし ", "None fits", "", "G1-1-1")]
    [True, True, False, False]
    """
    return unicodedata.normalize("NFKC", cell).strip().casefold() in _NONE_FITS


def fingerprint(text: str) -> str:
    """Return what tells whether a text is still the same: SHA-256 of it without white space.

    Programs that save a sheet change spaces at the ends, tabs and line ends; nobody means anything by it.

    >>> fingerprint("バスが 少ない\\n") == fingerprint("バスが少ない") != fingerprint("バスが多い")
    True
    """
    return hashlib.sha256("".join(text.split()).encode("utf-8", "replace")).hexdigest()
