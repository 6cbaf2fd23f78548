"""DECISIONS, the append-only table of what people decided: read, check, append, and which ones hold now.

Nothing in it is ever changed or deleted. A coder's later decision on the same opinion (and unit, and
round) replaces the earlier one, and an undo brings the one before it back; both are worked out on reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decision_checks import (
    ADJUDICATION,
    FIRST_ROUND,
    KEY,
    check_decisions,
    check_texts,
    moment,
    with_canonical_codes,
)
from pipeline.errors import InputError
from pipeline.placing import unwritable
from pipeline.tableio import read_table, write_table
from pipeline.tables import CODE_TITLE, DECISIONS, records

__all__ = [
    "ADJUDICATION",
    "FIRST_ROUND",
    "Decision",
    "append_decisions",
    "check_decisions",
    "check_texts",
    "current_decisions",
    "gather_decisions",
    "naming_the_file",
    "read_decisions",
    "why_not_current",
    "with_canonical_codes",
]


@dataclass(frozen=True)
class Decision:
    """One decision that holds now, its codes gathered from its rows.

    codes : in the order given; empty for none-fits and where no code was given
    titles : what the plan called each code, '' where the table does not say
    missing : no code was given (unsure, reject): says nothing of what the opinion is about
    rows : positions of its rows in the table it was gathered from
    """

    opinion_id: str
    unit: str
    coder: str
    round: str
    action: str
    codes: tuple[str, ...]
    titles: tuple[str, ...]
    text: str
    note: str
    decided_at: str
    suggestion_shown: str
    suggested_code: str
    codebook_sha256: str
    decision_id: str
    rows: tuple[int, ...]

    @property
    def missing(self) -> bool:
        """Whether it gives neither a code nor says that none fits."""
        return not self.codes and self.action != "none-fits"


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
        times.setdefault(name, moment(row["decided_at"]))
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


def gather_decisions(decisions: pd.DataFrame) -> list[Decision]:
    """Return the decisions that hold now, one `Decision` each, in the order of the input.

    `decisions` comes from `check_decisions` or `read_decisions`.
    """
    rows = records(decisions)
    grouped: dict[str, list[int]] = {}
    for i, reason in enumerate(why_not_current(decisions)):
        if not reason:
            grouped.setdefault(rows[i]["decision_id"] or f"\x00{i}", []).append(i)
    same = (
        "action",
        "text",
        "note",
        "decided_at",
        "suggestion_shown",
        "suggested_code",
        "codebook_sha256",
        "decision_id",
    )
    gathered = []
    for at in grouped.values():
        first = rows[at[0]]
        titles = {rows[i]["code"]: rows[i][CODE_TITLE] for i in reversed(at) if rows[i]["code"]}
        codes = tuple(dict.fromkeys(rows[i]["code"] for i in at if rows[i]["code"]))
        gathered.append(
            Decision(
                **{c: first[c] for c in (*KEY, *same)},
                codes=codes,
                titles=tuple(titles[c] for c in codes),
                rows=tuple(at),
            )
        )
    return gathered


def _mark(reasons: list[str], rows: Sequence[int], reason: str) -> None:
    for i in rows:
        reasons[i] = reason


def read_decisions(paths: Path | Sequence[Path], codebook: Codebook | None = None) -> pd.DataFrame:
    """Read one or several DECISIONS files (any table format) as one table, every row of them in order.

    With a codebook the codes are made canonical (see `with_canonical_codes`).

    Raises
    ------
    InputError
        as `check_decisions`, with the file and row; also for a decision_id that two files use differently and,
        with a codebook, as `with_canonical_codes`.
    """
    paths = [paths] if isinstance(paths, Path) else list(paths)
    tables = []
    for path in paths:
        table = check_decisions(read_table(path), str(path))
        tables.append(table if codebook is None else with_canonical_codes(table, codebook, str(path)))
    both = pd.concat([DECISIONS.empty(), *tables], ignore_index=True).fillna("")
    try:
        return check_decisions(both)
    except InputError as error:
        raise naming_the_file(error, paths, tables) from None


def naming_the_file(error: InputError, paths: Sequence[Path], tables: Sequence[pd.DataFrame]) -> InputError:
    """Return a fault of several files together, told of the one in which its row stands."""
    row = (error.place.row or 2) - 2
    for path, table in zip(paths, tables, strict=True):
        if row < len(table):
            return InputError(error.ja, error.en, file=str(path), row=row + 2, column=error.place.column)
        row -= len(table)
    return error


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
