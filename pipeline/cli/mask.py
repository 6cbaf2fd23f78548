"""`iken mask`: from a table to the same table without personal information, and a report of what was masked."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pipeline.cli.console import Console
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import CutCells, read_from, say_gaps, say_other_columns, say_other_sheets
from pipeline.comment_column import guess_text_column, named_column, sheet_with_comments
from pipeline.errors import InputError, counted, listed
from pipeline.masked_table import MASK_REPORT, ORIGINAL, SuspectedCells, is_personal_column, mask_rows
from pipeline.masking import KINDS, KINDS_EN
from pipeline.placing import make_folder, whole_files
from pipeline.tableio import RowSource, TableWriter, check_ending, open_rows


@dataclass(frozen=True)
class Request:
    """The options of `iken mask`."""

    input: Path
    out: Path
    text_columns: tuple[str, ...] = ()
    report: Path | None = None
    show_originals: bool = False
    sheet: str | None = None


def run(console: Console, request: Request) -> int:
    """Mask a file; return the exit code."""
    _check(request)
    choose = sheet_with_comments(request.text_columns, str(request.input))
    source = open_rows(request.input, request.sheet, choose)
    columns = _columns(source, request)
    say_other_sheets(console, source, request.sheet)
    say_gaps(console, source)
    say_other_columns(console, source, columns, named=bool(request.text_columns))
    kinds: Counter[str] = Counter()
    elsewhere, cut = SuspectedCells(), CutCells(request.out)
    rows = cells = 0
    others = [c for c in source.columns if c not in columns]
    paths = [p for p in (request.out, request.report) if p is not None]
    for path in paths:
        make_folder(path.parent)
    with (
        console.progress("マスクしています", "masking", None) as advance,
        whole_files(paths) as temporaries,
        ExitStack() as files,
    ):
        report = None
        if request.report is not None:
            names = [*MASK_REPORT.columns, *([ORIGINAL] if request.show_originals else [])]
            report = files.enter_context(TableWriter(request.report, names, temporary=temporaries[1]))
        out = files.enter_context(TableWriter(request.out, source.columns, temporary=temporaries[0]))
        for chunk in source.chunks():
            masked, found = mask_rows(
                chunk, columns, first_row=source.first_row + rows, originals=request.show_originals
            )
            out.write(cut.look(masked))
            if report is not None:
                report.write(found)
            kinds.update(found["kind"].tolist())
            cells += len(found.drop_duplicates(["row", "column"]))
            elsewhere.look(chunk, others)
            rows += len(chunk)
            advance(len(chunk))
    cut.say(console)
    _say(console, request, source, columns, (rows, cells), kinds, elsewhere.counts)
    return 0


def _check(request: Request) -> None:
    """Raise `InputError` for options that do not go together."""
    outputs = (("--out", request.out), ("--report", request.report))
    check_outputs(outputs, [request.input])
    for _, path in outputs:
        if path is not None:
            check_ending(path)
    if request.show_originals and request.report is None:
        raise InputError(
            "--show-originals は --report と一緒に使います。",
            "--show-originals goes with --report",
            file=str(request.input),
        )


def _columns(source: RowSource, request: Request) -> list[str]:
    file = str(request.input)
    named = [
        named_column(source.columns, c, "--text-column", file, source.sheets) for c in request.text_columns
    ]
    chosen = list(dict.fromkeys(named))
    return chosen or [guess_text_column(source.columns, file, source.sheets)]


def _say(
    console: Console,
    request: Request,
    source: RowSource,
    columns: list[str],
    sizes: tuple[int, int],
    kinds: Counter[str],
    elsewhere: Counter[str],
) -> None:
    rows, cells = sizes
    read = read_from(console, source)
    names = listed(columns)
    console.say(
        f"{read} の列「{names[0]}」 {rows:,}行のうち{cells:,}個のセルで、{kinds.total():,}か所をマスクしました。",
        f"masked {counted(kinds.total(), 'place')} in {counted(cells, 'cell')} of column '{names[1]}', {counted(rows, 'row')} of {read}",
    )
    for kind in KINDS:
        if kinds[kind]:
            console.say(f"  {kind}: {kinds[kind]:,}", f"  {KINDS_EN[kind]}: {kinds[kind]:,}")
    warn_of_other_columns(console, elsewhere)
    console.say(f"書き出し: {request.out}", f"written: {request.out}")
    if request.report is not None:
        console.say(f"報告: {request.report}", f"report: {request.report}")
    console.warn(
        "機械が見つけたものだけです。公開の前に、人が全文を確かめてください。",
        "only what the machine found; before publishing, a person must read the texts",
    )


def warn_of_other_columns(console: Console, elsewhere: Counter[str]) -> None:
    """Say which columns that were not masked seem to hold personal information."""
    for column, n in elsewhere.items():
        if is_personal_column(column):
            console.warn(
                f"注意: 列「{column}」({n:,}個のセル)は個人情報の列のようですが、マスクしていません。公開するファイルでは列ごと消してください。",
                f"note: column '{column}' ({counted(n, 'cell')}) seems to be one of personal information and is not masked; "
                "delete the column in what you publish",
            )
            continue
        console.warn(
            f"注意: マスクしていない列「{column}」の{n:,}個のセルにも個人情報がありそうです(iken mask の --text-column で加えられます)。",
            f"note: {counted(n, 'cell')} of column '{column}', which is not masked, may hold personal information too "
            "(add it with --text-column of iken mask)",
        )
