"""DECISIONS, the append-only table of what people decided: read, check, append, and which ones hold now.

Nothing in it is ever changed or deleted. A coder's later decision on the same opinion (and unit, and
round) replaces the earlier one, and an undo brings the one before it back; both are worked out on reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipeline.errors import InputError
from pipeline.placing import unwritable
from pipeline.tableio import read_table, write_table
from pipeline.tables import ACTIONS, DECISIONS, records

FIRST_ROUND = "1"
KEY = ("opinion_id", "unit", "coder", "round")
_CODED = ("accept", "change")


def check_decisions(table: pd.DataFrame, file: str | None = None) -> pd.DataFrame:
    """Return a copy with all columns of DECISIONS, rounds filled in ("1"), key cells trimmed.

    Raises
    ------
    InputError
        for a missing column or cell, an unknown action, a code where the action has none (or the reverse), a
        time that is not ISO 8601 with its UTC offset, or one decision_id for two opinions or coders.
    """
    table = DECISIONS.check(table, file)
    trimmed = [c for c in DECISIONS.columns if c not in ("text", "note")]
    table[trimmed] = table[trimmed].apply(lambda column: column.str.strip())
    table["round"] = table["round"].mask(table["round"] == "", FIRST_ROUND)
    owner: dict[str, tuple[str, ...]] = {}
    for line, row in enumerate(records(table), start=2):
        _check_row(row, file, line)
        key = tuple(row[c] for c in KEY)
        if row["decision_id"] and owner.setdefault(row["decision_id"], key) != key:
            raise InputError(
                f"decision_id「{row['decision_id']}」が、別の意見・コーダー・回にも付いています。判定ごとに別の値にしてください。",
                f"decision_id '{row['decision_id']}' also stands for another opinion, coder or round; "
                "give every decision its own",
                file=file,
                row=line,
                column="decision_id",
            )
    return table


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
    if row["action"] in _CODED and not row["code"]:
        raise fail(
            "code",
            f"判定が {row['action']} なのにコードが空欄です。",
            f"the action is {row['action']} but there is no code",
        )
    if row["action"] not in _CODED and row["code"]:
        raise fail(
            "code",
            f"判定が {row['action']} なのにコード「{row['code']}」があります。どちらかを直してください。",
            f"the action is {row['action']} but there is a code '{row['code']}'; correct one of them",
        )
    if row["suggestion_shown"] not in ("", "yes", "no"):
        raise fail("suggestion_shown", "yes か no を入れてください。", "must be yes or no")
    if row["decided_at"] and _moment(row["decided_at"]) is None:
        raise fail(
            "decided_at",
            f"日時「{row['decided_at']}」を読めません。2025-07-01T10:00:00+09:00 のように時差つきで書いてください。",
            f"cannot read the time '{row['decided_at']}'; write it with its offset, as 2025-07-01T10:00:00+09:00",
        )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def current_decisions(decisions: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the decisions that hold now: each coder's last one on each opinion, unit and round.

    Decisions are taken in the order of `decided_at` where all decisions of a coder on an opinion have one,
    else in the order of the rows. A decision_id that occurs again with the same code is the same decision
    read twice. Rows come in the order of the input, with index 0 … n-1.

    >>> rows = [("a", "G1", "d1"), ("a", "G2", "d2"), ("b", "G3", "d3")]
    >>> table = DECISIONS.table(
    ...     {"opinion_id": "o1", "coder": who, "action": "change", "code": c, "decision_id": d}
    ...     for who, c, d in rows
    ... )
    >>> current_decisions(table)["code"].tolist()
    ['G2', 'G3']
    """
    table = check_decisions(decisions)
    return table.loc[[not reason for reason in why_not_current(table)]].reset_index(drop=True)


def why_not_current(decisions: pd.DataFrame) -> list[str]:
    """Return for each row '' if its decision holds now, else the reason (for people) why it does not.

    `decisions` comes from `check_decisions` or `read_decisions`.
    """
    reasons = [""] * len(decisions)
    # Every key's decisions, each a list of rows, in the order in which they were first seen.
    by_key: dict[tuple[str, ...], dict[str, list[int]]] = {}
    times: dict[str, datetime | None] = {}
    action: dict[str, str] = {}
    seen: set[tuple[str, str, str]] = set()
    for i, row in enumerate(records(decisions)):
        name = row["decision_id"] or f"\x00{i}"
        same = (name, row["action"], row["code"])
        if same in seen:
            reasons[i] = "同じ判定が二重に読み込まれている"
            continue
        seen.add(same)
        by_key.setdefault(tuple(row[c] for c in KEY), {}).setdefault(name, []).append(i)
        times.setdefault(name, _moment(row["decided_at"]))
        action.setdefault(name, row["action"])
    for given in by_key.values():
        order = list(given)
        moments = {name: m for name in order if (m := times[name]) is not None}
        if len(moments) == len(order):
            order.sort(key=lambda name: moments[name])
        valid: list[str] = []
        for name in order:
            if action[name] == "undo":
                _mark(reasons, given[name], "取り消しの操作そのもの")
                if valid:
                    _mark(reasons, given[valid.pop()], "本人が取り消した")
            else:
                valid.append(name)
        for name in valid[:-1]:
            _mark(reasons, given[name], "本人の後の判定に置き換わった")
    return reasons


def _mark(reasons: list[str], rows: Sequence[int], reason: str) -> None:
    for i in rows:
        reasons[i] = reason


def read_decisions(paths: Path | Sequence[Path]) -> pd.DataFrame:
    """Read one or several DECISIONS files (any table format) as one table, every row of them in order.

    Raises
    ------
    InputError
        as `check_decisions`, with the file and row; also for a decision_id that two files use differently.
    """
    paths = [paths] if isinstance(paths, Path) else list(paths)
    tables = [check_decisions(read_table(path), str(path)) for path in paths]
    if len(tables) == 1:
        return tables[0]
    return check_decisions(pd.concat([DECISIONS.empty(), *tables], ignore_index=True).fillna(""))


def append_decisions(path: Path, table: pd.DataFrame) -> None:
    """Append decisions to a CSV (made if absent): all of them or, after any error, none.

    The new file is written beside the old one and takes its place by one rename, so that a crash leaves
    the old or the new one, never half a row. Columns that only one of both has are kept.

    Raises
    ------
    InputError
        if the file is no DECISIONS table, one of the decision_ids is in it already, or it cannot be written.
    """
    path = Path(path)
    new = check_decisions(table)
    if not path.exists():
        write_table(new, path)
        return
    before = path.stat()
    old = check_decisions(read_table(path), str(path))
    again = sorted((set(old["decision_id"]) & set(new["decision_id"])) - {""})
    if again:
        raise InputError(
            f"同じ decision_id の判定が既に{len(again)}件入っています(例: {again[0]})。二重に追加しようとしていませんか。",
            f"{len(again)} of the decision_ids are in the file already (e.g. {again[0]}); was this added before?",
            file=str(path),
            column="decision_id",
        )
    both = pd.concat([old, new], ignore_index=True).fillna("")
    now = path.stat()
    if (before.st_mtime_ns, before.st_size, before.st_ino) != (now.st_mtime_ns, now.st_size, now.st_ino):
        # Somebody else has appended in between: their rows must not be overwritten.
        raise unwritable(path, OSError(16, "他から書き込まれました / changed meanwhile"))
    write_table(both, path)
