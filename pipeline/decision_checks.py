"""Checks of the DECISIONS table: columns, actions, codes, times, and one meaning for one decision_id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.normalise import comparison_key
from pipeline.tables import ACTIONS, DECISIONS, records
from pipeline.typed import person_name

FIRST_ROUND = "1"
ADJUDICATION = "adjudication"  # the round in which disagreements of the others are settled
# What makes two decisions stand for the same thing: the later one replaces the earlier.
KEY = ("opinion_id", "unit", "coder", "round")
CODED = ("accept", "change")


def refuse_decisions(columns: Iterable[object], file: str | None) -> None:
    """Raise `InputError` for a record of decisions, in which what was undone or changed later stands too.

    Labels that were once made of it keep its columns, and have one that says by whom they are.
    """
    names = {str(c) for c in columns}
    if {"action", "coder", "decided_at"} <= names and "label_source" not in names:
        raise InputError(
            "判定の記録(DECISIONS)です。先に `iken adjudicate` でコード付き意見にしてください。",
            "this is a record of decisions; make labels of it with `iken adjudicate` first",
            file=file,
        )


def check_decisions(table: pd.DataFrame, file: str | None = None) -> pd.DataFrame:
    """Return a copy with all columns of DECISIONS, rounds filled in ("1"), key cells trimmed, coders' names in one form.

    Raises
    ------
    InputError
        for a missing column or cell, an unknown action, a code where the action has none (or the reverse), a
        time that is not ISO 8601 with its UTC offset, one decision_id for two opinions or coders, or a
        decision that would replace one on another opinion.
    """
    table = DECISIONS.check(table, file)
    trimmed = [c for c in DECISIONS.columns if c not in ("text", "note")]
    table[trimmed] = table[trimmed].apply(lambda column: column.str.strip())
    table["coder"] = table["coder"].map(person_name)
    table["round"] = table["round"].mask(table["round"] == "", FIRST_ROUND)
    owner: dict[str, tuple[str, ...]] = {}
    coded: dict[str, bool] = {}
    for line, row in enumerate(records(table), start=2):
        _check_row(row, file, line)
        key = tuple(row[c] for c in KEY)
        if row["decision_id"] and owner.setdefault(row["decision_id"], key) != key:
            raise InputError(
                f"decision_id「{row['decision_id']}」が、別の意見・担当者・回にも付いています。判定ごとに別の値にしてください。",
                f"decision_id '{row['decision_id']}' also stands for another opinion, coder or round; "
                "give every decision its own",
                file=file,
                row=line,
                column="decision_id",
            )
        has_code = row["action"] in CODED
        if row["decision_id"] and coded.setdefault(row["decision_id"], has_code) != has_code:
            raise InputError(
                "同じ decision_id の行に、コードのある判定とない判定が混ざっています。どちらかを直してください。",
                "rows of one decision_id partly have a code and partly say that there is none; correct one",
                file=file,
                row=line,
                column="action",
            )
    check_texts(table, file, KEY)
    return table


def same_opinion(a: str, b: str) -> bool:
    """Tell whether two texts of one id may be one opinion: but for punctuation, or for what was masked in one of them.

    >>> same_opinion("山田さんのバスがない", "〔氏名〕さんのバスがない"), same_opinion("坂が急", "バスがない")
    (True, False)
    """
    return a == b or comparison_key(a) == comparison_key(b) or "〔" in a + b


def check_texts(
    decisions: pd.DataFrame, file: str | None = None, key: Sequence[str] = ("opinion_id", "unit")
) -> None:
    """Raise `InputError` where rows of one `key` are about two opinions: two surveys that number theirs alike."""
    texts: dict[tuple[str, ...], str] = {}
    for line, row in enumerate(records(decisions), start=2):
        text = row["text"]
        other = texts.setdefault(tuple(row[c] for c in key), text) if text.strip() else text
        if not same_opinion(other, text):
            raise InputError(
                f"意見ID「{row['opinion_id']}」が別の意見「{other[:20]}」にも付いています。"
                "別の調査の判定なら、ファイルを分けて別々に扱うか、重ならないIDに直してください。",
                f"opinion_id '{row['opinion_id']}' also stands for another opinion, '{other[:20]}'; if these are "
                "decisions of two surveys, treat them apart, in a file each, or give ids that do not repeat",
                file=file,
                row=line,
                column="opinion_id",
            )


def with_canonical_codes(
    decisions: pd.DataFrame, codebook: Codebook, file: str | None = None
) -> pd.DataFrame:
    """Return decisions with codes as the codebook writes them.

    A suggested code that the codebook no longer has becomes '' (no suggestion): it was the model's, made
    with another codebook.

    Raises
    ------
    InputError
        for decisions of another plan, told by the titles of their codes; for a person's code that is not in the
        codebook, naming the row.
    """
    codebook.check_coded(decisions, file)
    codes = [
        codebook.code_or_error(c, file=file, row=i + 2, column="code") if c else ""
        for i, c in enumerate(decisions["code"])
    ]
    suggested = [codebook.read_code(c) or "" if c else "" for c in decisions["suggested_code"]]
    return decisions.assign(code=codes, suggested_code=suggested)


def _check_row(row: dict[str, str], file: str | None, line: int) -> None:
    def fail(column: str, ja: str, en: str) -> InputError:
        return InputError(ja, en, file=file, row=line, column=column)

    if row["action"] not in ACTIONS:
        known = "、".join(ACTIONS)
        raise fail(
            "action",
            f"判定「{row['action']}」はありません。使えるのは {known} です。",
            f"there is no action '{row['action']}'; it must be one of {', '.join(ACTIONS)}",
        )
    if row["action"] in CODED and not row["code"]:
        raise fail(
            "code",
            f"判定が {row['action']} なのにコードが空欄です。",
            f"the action is {row['action']} but there is no code",
        )
    if row["action"] not in CODED and row["code"]:
        raise fail(
            "code",
            f"判定が {row['action']} なのにコード「{row['code']}」があります。どちらかを直してください。",
            f"the action is {row['action']} but there is a code '{row['code']}'; correct one of them",
        )
    if row["suggestion_shown"] not in ("", "yes", "no"):
        raise fail("suggestion_shown", "yes か no を入れてください。", "must be yes or no")
    if row["decided_at"] and moment(row["decided_at"]) is None:
        raise fail(
            "decided_at",
            f"日時「{row['decided_at']}」を読めません。2025-07-01T10:00:00+09:00 のように時差つきで書いてください。",
            f"cannot read the time '{row['decided_at']}'; write it with its offset, as 2025-07-01T10:00:00+09:00",
        )


def moment(text: str) -> datetime | None:
    """Return a time with its offset, in UTC; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
