"""`iken review sheet`: from suggestions to one Excel file a coder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.cells import EXCEL_MAX_CELL, as_text, excel_text, is_too_long
from pipeline.cli.console import Console
from pipeline.cli.inputs import read_plan
from pipeline.cli.source_notes import say_gaps, say_other_sheets, say_sheets
from pipeline.errors import InputError, counted
from pipeline.placing import check_folder, make_folder
from pipeline.review_assignment import share_out
from pipeline.review_items import Items, review_items
from pipeline.review_sheet import Form, write_review_sheets
from pipeline.sheets import check_excel
from pipeline.tableio import open_rows
from pipeline.typed import person_name
from pipeline.workbook import DECISION

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')


@dataclass(frozen=True)
class SheetRequest:
    """The options of `iken review sheet`."""

    suggestions: Path
    out: Path
    coders: str | None
    blind: bool
    prefill: bool
    share: float
    double: float
    hide: float
    round: str
    seed: int
    text_column: str | None
    codebook: Path


def run_sheet(console: Console, request: SheetRequest) -> int:
    """Write the files; return the exit code."""
    coders = read_coders(request.coders)
    files = _files(request, coders)
    say_sheets(console, request.codebook)
    codebook = read_plan(console, request.codebook)
    source = open_rows(request.suggestions)
    say_other_sheets(console, source, None, option=False)
    say_gaps(console, source)
    codes = _FinalCodes()
    with console.status("提案を読んでいます", "reading suggestions"):
        items = review_items(
            codes.counted(source.chunks()),
            source.columns,
            codebook,
            text_column=request.text_column,
            file=str(request.suggestions),
            first_row=source.first_row,
        )
    codes.say(console)
    if not len(items.asked):
        raise InputError(
            "意見のある行がありません。", "no row holds an opinion", file=str(request.suggestions)
        )
    hidden = 0.0 if request.blind else request.hide
    given = share_out(
        items.asked,
        coders,
        share=request.share,
        double=request.double,
        hidden=hidden,
        blind=request.blind,
        seed=request.seed,
    )
    if not len(given):
        raise InputError(
            "配る意見が1件もありません(--share)。", "there is not one opinion to hand out (--share)"
        )
    sheets = []
    for coder, path in zip(coders, files, strict=True):
        own = given[given["coder"] == coder]
        rows = items.asked.iloc[own["position"]].assign(suggestion_shown=own["suggestion_shown"].tolist())
        form = Form(
            coder, codebook, console.language, request.round.strip() or "1", request.blind, request.prefill
        )
        sheets.append((path, form, rows))
    make_folder(request.out.parent)
    total = sum(len(rows) for _, _, rows in sheets)
    with console.progress("シートを書いています", "writing sheets", total) as advance:
        write_review_sheets(sheets, items.not_asked, advance)
    _report(console, items, given, coders, files)
    return 0


class _FinalCodes:
    """Counts the rows in which a person has filled in 「確定コード」 already."""

    def __init__(self) -> None:
        self._rows = 0

    def counted(self, chunks: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Yield the pieces of the table, and count their rows."""
        for chunk in chunks:
            columns = [c for c in DECISION.values() if c in chunk.columns]
            self._rows += int(chunk[columns].map(lambda v: as_text(v).strip() != "").any(axis=1).sum())
            yield chunk

    def say(self, console: Console) -> None:
        """Say that they are not in the forms."""
        if self._rows:
            console.warn(
                f"「確定コード」に記入のある行が {self._rows:,}件あります。シートには載せず、あらためて判定してもらいます"
                "(記入をそのままラベルにするのは `iken ingest` です)。",
                f"final codes filled in already: {counted(self._rows, 'row')}. They are not in the forms, and are asked for "
                "anew (`iken ingest` makes labels of them as they are)",
            )


def read_coders(option: str | None) -> list[str]:
    """Return the names in `--coders`; [''] if it was not given.

    Raises
    ------
    InputError
        for an empty or repeated name, or one that no file name can hold.
    """
    if option is None:
        return [""]
    names = [person_name(n) for n in re.split("[,、，]", option)]
    for name in names:
        if not name or _NOT_IN_FILE_NAMES.search(name) or len(name) > 60:
            raise InputError(
                f"担当者の名前「{name}」は使えません(--coders)。ファイル名に使える60字以内の名前をコンマで区切ってください。",
                f"'{name}' cannot be a coder's name (--coders); give names that can stand in a file name",
            )
    folded = [n.casefold() for n in names]
    repeated = next((n for n, f in zip(names, folded, strict=True) if folded.count(f) > 1), None)
    if repeated is not None:
        raise InputError(
            f"担当者「{repeated}」が2回あります(--coders)。",
            f"the coder '{repeated}' is named twice (--coders)",
        )
    return names


def _files(request: SheetRequest, coders: list[str]) -> list[Path]:
    """Return the files to write, FILE_A.xlsx …; a file that is there may hold somebody's work."""
    out = request.out
    check_excel(out)
    check_folder(out.parent)
    files = [out.with_name(f"{out.stem}_{coder}{out.suffix}") if coder else out for coder in coders]
    for file in files:
        if file.exists():
            raise InputError(
                "既にあります。記入されたシートかもしれないので上書きしません。--out に別の名前を指定してください。",
                "it exists, and may hold somebody's decisions; give --out another name",
                file=str(file),
            )
    return files


def _report(
    console: Console, items: Items, given: pd.DataFrame, coders: list[str], files: list[Path]
) -> None:
    asked, aside = len(items.asked), len(items.not_asked)
    console.say(
        f"意見 {asked + aside:,}件 = 判定する {asked:,} + 対象外(意見なし・空欄) {aside:,}",
        f"{counted(asked + aside, 'opinion')} = {asked:,} to decide + {aside:,} not asked (empty, no opinion)",
    )
    handed = given["position"].nunique()
    if handed < asked:
        console.say(
            f"  くじで選んで配ったのは {handed:,}件、配らなかったのは {asked - handed:,}件(--share)",
            f"  {handed:,} were drawn, {asked - handed:,} are not handed out (--share)",
        )
    times = given["position"].value_counts()
    rows = []
    for coder, file in zip(coders, files, strict=True):
        own = given[given["coder"] == coder]
        several = int((times[own["position"]] > 1).sum())
        rows.append(
            [coder or "–", str(file), len(own), several, int((own["suggestion_shown"] == "no").sum())]
        )
    header = [
        console.t("担当者", "coder"),
        console.t("ファイル", "file"),
        console.t("行", "rows"),
        console.t("複数で判定", "also coded by others"),
        console.t("提案なし", "suggestion hidden"),
    ]
    console.table("", header, rows)
    altered = items.asked["text"].map(lambda text: excel_text(text) != text)
    cut = items.asked["text"].map(is_too_long)
    if int(cut.sum()):
        console.say(
            f"  {int(cut.sum()):,}件の意見は Excel のセルの上限({EXCEL_MAX_CELL:,}字)を超えるので、シートでは途中までです。",
            f"  cut in the sheet to fit a cell ({EXCEL_MAX_CELL:,} characters): {counted(int(cut.sum()), 'opinion')}",
        )
    if int((altered & ~cut).sum()):
        console.say(
            f"  {int((altered & ~cut).sum()):,}件の意見の制御文字・改行は、セルに入る形にしました(判定の表には元の文面が入ります)。",
            f"  in {counted(int((altered & ~cut).sum()), 'opinion')} control characters and line ends were made to fit a cell "
            "(DECISIONS will have the text as it was)",
        )
    if coders == [""]:
        console.say(
            "  担当者の名前は「使い方」シートに書いてもらうか、collect の --coder で指定してください。",
            "  the coder's name goes into the sheet 'How to', or is given to collect by --coder",
        )
