"""`iken report`: the summary that a planning office hands to its committee."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.inputs import read_plan, refuse_forms
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import read_from, say_gaps, say_other_sheets, say_sheets
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CodedOpinions, read_coded
from pipeline.comment_column import named_column, same_name, sheet_with_comments
from pipeline.errors import InputError, ModelError, counted
from pipeline.masking import mask
from pipeline.models import load_model, read_manifest
from pipeline.placing import make_folder, whole_file
from pipeline.report import build_report
from pipeline.report_excel import write_excel
from pipeline.report_html import html
from pipeline.report_markdown import markdown, picture_names
from pipeline.report_parts import ModelFigures, Report, ReportOptions
from pipeline.report_word import write_word
from pipeline.tableio import RowSource, open_rows, read_table
from pipeline.tables import THEMES, WORKSHOPS

ENDINGS = (".docx", ".md", ".html", ".xlsx")
_SHOWN = 20


@dataclass(frozen=True)
class Request:
    """The options of `iken report`."""

    input: Path
    out: Path
    options: ReportOptions
    codebook: Path
    model: Path
    previous: Path | None = None
    workshops: Path | None = None
    text_column: str | None = None
    sheet: str | None = None
    themes: Path | None = None


def run(console: Console, request: Request) -> int:
    """Read everything, build the report, write it; return the exit code."""
    _check_out(request)
    say_sheets(console, request.codebook, request.workshops, request.themes)
    codebook = read_plan(console, request.codebook)
    source = _open(console, request, request.input)
    by = tuple(named_column(source.columns, c, "--by", str(source.path)) for c in request.options.by)
    request = replace(request, options=replace(request.options, by=by))
    opinions = _read(request, source, codebook)
    previous = None
    if request.previous is not None:
        previous = _read(request, _open(console, request, request.previous), codebook)
    workshops = None
    if request.workshops is not None:
        workshops = WORKSHOPS.check(read_table(request.workshops), str(request.workshops))
    options = replace(
        request.options,
        source=request.input.name,
        previous_name="" if request.previous is None else request.previous.name,
    )
    with console.status("報告書を作っています", "making the report") as progress:
        model = _figures(console, request, opinions)
        report = build_report(
            opinions,
            codebook,
            options,
            workshops=workshops,
            previous=previous,
            model=model,
            themes=_themes(request),
            progress=progress,
        )
        progress(request.out.name)
        _write(report, request.out)
    _say(console, request, source, opinions, report)
    return 0


def _check_out(request: Request) -> None:
    if request.out.suffix.lower() not in ENDINGS:
        known = " ".join(ENDINGS)
        raise InputError(
            f"この種類の報告書は書けません。使える拡張子: {known}",
            f"cannot write a report of this kind; endings: {known}",
            file=str(request.out),
        )
    inputs = (request.input, request.previous, request.workshops, request.codebook, request.themes)
    check_outputs([("--out", request.out)], inputs)


def _open(console: Console, request: Request, path: Path) -> RowSource:
    """Open this survey or the previous one, of which no sheet can be named."""
    this = path == request.input
    named = [request.text_column] if request.text_column else []
    choose = sheet_with_comments(named, str(path), option=this)
    source = open_rows(path, request.sheet if this else None, choose)
    say_other_sheets(console, source, request.sheet if this else None, option=this)
    say_gaps(console, source)
    refuse_forms(source.columns, path)
    return source


def _read(request: Request, source: RowSource, codebook: Codebook) -> CodedOpinions:
    table, file = source.table(), str(source.path)
    wanted = request.text_column
    # The option is of this survey; the previous one may call its column otherwise, and labels and the long form do.
    if wanted and source.path != request.input and same_name(source.columns, wanted) not in source.columns:
        wanted = None
    opinions = read_coded(
        table,
        codebook,
        file=file,
        text_column=wanted,
        min_confidence=request.options.min_confidence,
    )
    if not opinions.opinions:
        raise InputError("意見が1件もありません。", "there is no opinion in it", file=file)
    return _masked(opinions) if request.options.masked else opinions


def _themes(request: Request) -> pd.DataFrame | None:
    if request.themes is None:
        return None
    table = THEMES.check(read_table(request.themes), str(request.themes))
    for column in ("opinions", "texts"):
        for row, cell in enumerate(table[column], start=2):
            if cell and not cell.isdecimal():
                raise InputError(
                    f"「{cell}」は件数ではありません。`iken themes` が書いた themes.csv を指定してください。",
                    f"'{cell}' is no number of opinions; give the themes.csv that `iken themes` wrote",
                    file=str(request.themes),
                    row=row,
                    column=column,
                )
    examples = [c for c in table.columns if c.startswith("example_")]
    if request.options.masked:
        table[examples] = table[examples].map(lambda text: mask(text)[0])
    return table


def _masked(opinions: CodedOpinions) -> CodedOpinions:
    def masked(table: pd.DataFrame) -> pd.DataFrame:
        known: dict[str, str] = {t: mask(t)[0] for t in table["text"].unique()}
        return table.assign(text=table["text"].map(known))

    return replace(opinions, coded=masked(opinions.coded), uncoded=masked(opinions.uncoded))


def _figures(console: Console, request: Request, opinions: CodedOpinions) -> ModelFigures:
    """Return what is known of the model; a report of labels alone does without one."""
    folder = find_model(request.model)
    if not folder.is_dir() and not opinions.model_ids:
        return ModelFigures()
    try:
        manifest = read_manifest(folder)
        metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
        encode = load_model(folder).features.transform if request.options.pictures else None
    except (ModelError, OSError, json.JSONDecodeError) as error:
        ja, en = (
            (error.message("ja"), error.message("en")) if isinstance(error, ModelError) else 2 * (str(error),)
        )
        console.warn(
            f"モデルを読めないため、精度と意見の地図は省きます({ja})",
            f"the model cannot be read: figures and the map of opinions are left out ({en})",
        )
        return ModelFigures()
    return ModelFigures(str(manifest["model_id"]), metrics, encode)


def _write(report: Report, out: Path) -> None:
    """Write the report, whole or not at all."""
    make_folder(out.parent)
    writers: dict[str, Callable[[Path], object]] = {
        ".docx": lambda path: write_word(report, path),
        ".html": lambda path: path.write_text(html(report), "utf-8", newline="\n"),
        ".xlsx": lambda path: write_excel(report, path, out),
        ".md": lambda path: path.write_text(
            markdown(report, f"{out.stem}_図" if report.pictures else ""), "utf-8", newline="\n"
        ),
    }
    kind = out.suffix.lower()
    with whole_file(out) as temporary:
        writers[kind](temporary)
        if kind == ".md" and report.pictures:
            _write_pictures(report, out.with_name(f"{out.stem}_図"))


def _write_pictures(report: Report, folder: Path) -> None:
    """Write the pictures that a report in Markdown names."""
    make_folder(folder)
    names = picture_names(report)
    for picture in report.pictures:
        for ending, data in ((".png", picture.png), (".svg", picture.svg.encode("utf-8"))):
            with whole_file(folder / f"{names[id(picture)]}{ending}") as temporary:
                temporary.write_bytes(data)


def _say(
    console: Console, request: Request, source: RowSource, opinions: CodedOpinions, report: Report
) -> None:
    read = read_from(console, source)
    console.say(
        f"{read}: {opinions.rows:,}行、意見 {opinions.opinions:,}件、分類 延べ{len(opinions.coded):,}件、"
        f"未分類 {len(opinions.uncoded):,}件、意見なし {opinions.blank:,}行、外した {len(opinions.set_aside):,}行",
        f"{read}: {counted(opinions.rows, 'row')}, {counted(opinions.opinions, 'opinion')}, {counted(len(opinions.coded), 'code')}, "
        f"{len(opinions.uncoded):,} without a code, {counted(opinions.blank, 'row')} without an opinion, "
        f"{len(opinions.set_aside):,} set aside",
    )
    if len(opinions.set_aside):
        rows = opinions.set_aside[["location", "reason", "text"]].head(_SHOWN).values.tolist()
        header = [console.t("場所", "place"), console.t("理由", "reason"), console.t("文字", "text")]
        console.table(console.t("外した行", "set aside"), header, rows)
    if report.has_unchecked:
        console.warn(
            "未確認の提案が含まれます(報告書の中に「未確認の提案」と示しました)。",
            "it contains suggestions that nobody has checked (marked 「未確認の提案」 in the report)",
        )
    if request.options.masked:
        console.warn(
            "個人情報を置き換えましたが、すべては見つかりません。公開の前に全文を確かめてください。",
            "personal information was masked, but not all is found: read the texts before publishing",
        )
    console.say(f"書き出し: {request.out}", f"written: {request.out}")
