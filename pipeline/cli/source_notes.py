"""What commands say of the file they read: its encoding or sheet, and what else in it could have been meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.cells import EXCEL_MAX_CELL, is_too_long
from pipeline.cli.console import Console
from pipeline.comment_column import other_comment_columns
from pipeline.errors import counted, listed
from pipeline.tableio import EXCEL, RowSource, open_rows

_NAMED = 10  # rows in one message
_SUGGESTIONS = {
    "opinion_id",
    "status",
    "model_id",
}  # columns of a file that iken wrote: nothing to choose in it


def read_from(console: Console, source: RowSource) -> str:
    """Return what was read in words: 「回答.csv(cp932)」, 「回答.xlsx(シート「回答」)」."""
    name = source.path.name
    if source.sheet is not None:
        return console.t(f"{name}(シート「{source.sheet}」)", f"{name} (sheet '{source.sheet}')")
    return f"{name}({source.encoding})" if source.encoding else name


def say_other_sheets(console: Console, source: RowSource, wanted: str | None, *, option: bool = True) -> None:
    """Name the sheets that are not read, unless the user has chosen (`wanted`).

    `option` tells whether the command has --sheet; without it, the first sheet with content is read.
    """
    others = [s for s in source.sheets if s != source.sheet]
    others += [console.t(f"{s}(非表示)", f"{s} (hidden)") for s in source.hidden]
    if wanted is not None or not others or set(source.columns) >= _SUGGESTIONS:
        return
    names, read = listed(others), read_from(console, source)
    why = ("", "")
    how = ("(読むのは先頭のシートだけです)", " (only the first sheet is read)")
    if source.sheet != source.sheets[0]:
        why = ("(先頭のシートにはコメントの列がありません)", " (the first sheet has no comment column)")
        how = ("", "")
    if option:
        how = ("(--sheet で選べます)", " (choose with --sheet)")
    console.warn(
        f"{read} を読みます{why[0]}。読まないシート: {names[0]}{how[0]}",
        f"reading {read}{why[1]}. Sheets not read: {names[1]}{how[1]}",
    )


def say_gaps(console: Console, source: RowSource) -> None:
    """Say what else would be read as blank or without a name: merged cells, and columns that the header leaves out."""
    say_merged(console, source)
    # The first column alone is the index that some programs write.
    unnamed = [c for i, c in enumerate(source.columns, 1) if i > 1 and c == f"列{i}"]
    if unnamed and not set(source.columns) >= _SUGGESTIONS:
        names = listed(unnamed)
        console.warn(
            f"{read_from(console, source)} に、見出しのない列があります: {names[0]}。"
            "見出しが2行に分かれているなら、1行にまとめてください(2行目は回答として読みます)。",
            f"columns without a name in {read_from(console, source)}: {names[1]}. "
            "If the header takes two rows, make it one (row 2 is read as an answer)",
        )


def say_merged(console: Console, source: RowSource) -> None:
    """Say that all cells that are merged, but the first of them, are read as blank."""
    if source.merged:
        console.warn(
            f"{read_from(console, source)} に結合したセルがあります({source.merged} など)。値があるのは左上のセルだけなので、"
            "ほかは空欄と読みます。結合を解いて、1行ずつ値を入れてください。",
            f"merged cells in {read_from(console, source)} ({source.merged}): only the first cell of them has a value, "
            "the others are read as blank; unmerge them and fill in each row",
        )


def say_sheets(console: Console, *paths: Path | None) -> None:
    """Name the sheet that is read of each Excel file with several, where there is no option to choose one.

    And merged cells in it: in the table of a plan they stand where a goal has several items.
    """
    for path in paths:
        if path is not None and path.suffix.lower() in EXCEL:
            source = open_rows(path)
            say_other_sheets(console, source, None, option=False)
            say_merged(console, source)


def say_other_columns(console: Console, source: RowSource, taken: Sequence[str], *, named: bool) -> None:
    """Name the columns that seem to hold comments too, unless the user has chosen (`named`)."""
    others = other_comment_columns(source.columns, taken)
    if named or not others or set(source.columns) >= _SUGGESTIONS:
        return
    names, read = listed(others), listed(taken)
    console.warn(
        f"列「{read[0]}」を読みます。ほかに自由記述らしい列: {names[0]}(--text-column で指定できます)",
        f"reading column '{read[1]}'. Others seem to hold comments too: {names[1]} (name them with --text-column)",
    )


def say_totals(console: Console, rows: Sequence[int]) -> None:
    """Name the rows of totals, which were not read as comments."""
    if rows:
        ja = "、".join(f"{r}行目" for r in rows[:_NAMED]) + (
            f" ほか{len(rows) - _NAMED}行" if len(rows) > _NAMED else ""
        )
        en = ", ".join(map(str, rows[:_NAMED])) + (
            f" and {len(rows) - _NAMED} more" if len(rows) > _NAMED else ""
        )
        console.warn(
            f"合計の行と見て、意見として読みませんでした: {ja}",
            f"taken for totals, not read as comments: row {en}",
        )


def say_reasons(console: Console, aside: pd.DataFrame) -> None:
    """Say why rows were set aside, and how many for each reason."""
    for reason, n in aside["reason"].value_counts().items():
        console.warn(f"  外した理由: {reason} {n:,}件", f"  set aside: {console.value(str(reason))} {n:,}")


class CutCells:
    """Counts the texts of which a file of Excel will hold only the beginning."""

    def __init__(self, out: Path) -> None:
        self._excel, self._cut = out.suffix.lower() in EXCEL, 0

    def look(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Count those of a table that is to be written, and return it."""
        if self._excel:
            self._cut += sum(is_too_long(v) for c in frame.columns for v in frame[c].tolist())
        return frame

    def say(self, console: Console) -> None:
        """Say how many there were."""
        if self._cut:
            console.warn(
                f"{self._cut:,}個の値は Excel のセルの上限({EXCEL_MAX_CELL:,}字)を超えるので、途中までです。"
                "すべて残すには、--out を .csv にしてください。",
                f"cut to fit a cell of Excel ({EXCEL_MAX_CELL:,} characters): {counted(self._cut, 'value')}; "
                "to keep all of them, give --out a name in .csv",
            )
