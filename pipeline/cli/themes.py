"""`iken themes`: what a survey says that the plan does not cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import read_from, say_gaps, say_other_columns, say_other_sheets, say_sheets
from pipeline.codebook import Codebook
from pipeline.coded_table import decided_codes
from pipeline.comment_column import (
    SUGGESTED_FOR,
    column_suggested_for,
    guess_text_column,
    named_column,
    sheet_with_comments,
    text_column_of_long,
)
from pipeline.errors import InputError, counted, listed
from pipeline.item_checks import confused_items, draft_codebook, split_candidates
from pipeline.models import Model, load_model
from pipeline.placing import check_folder, make_folder, whole_files
from pipeline.sheets import write_sheets
from pipeline.tableio import RowSource, open_rows, read_table, write_table
from pipeline.tables import suggestions_form
from pipeline.themes import ALONE, THEME, Themes, find_themes
from pipeline.totals import comments_of
from pipeline.vectorcache import VectorCache
from pipeline.workbook import DECISION

# Columns in which people decide: of the Excel file of `iken suggest`, and of LABELS.
_DECISION_COLUMNS = (*DECISION.values(), "code")
# What the columns are called in the Excel file, which is for people; programs read the CSV files.
_HEADINGS = {
    "theme": "テーマ",
    "name": "名前",
    "opinions": "意見(件)",
    "texts": "異なる文面",
    "stability": "安定度",
    "judgement": "判定",
    "words": "特徴語",
    **{f"example_{k}": f"代表的な意見{k}" for k in (1, 2, 3)},
    "opinion_id": "意見ID",
    "unit": "部分",
    "unit_text": "意見",
    "use": "扱い",
    "code": "コード",
    "outside": "該当なしの度合い",
    "nearness": "コード付き意見との近さ",
    "reason": "理由",
    "title": "名称",
    "group": "群",
    "apart": "重なり",
    **{f"{name}_{k}": f"{ja}{k}" for k in (1, 2) for name, ja in (("code", "コード"), ("title", "名称"))},
    "model_confused": "モデルの取り違え",
    "share": "割合",
    "coders_differ": "人の食い違い",
    "example": "例",
}
_NUMBERS = (
    *("opinions", "texts", "stability", "outside", "nearness", "apart"),
    *("model_confused", "share", "coders_differ"),
)
_FILES = (
    *("themes.csv", "theme_opinions.csv", "splits.csv", "confusions.csv", "codebook_draft.csv"),
    "themes.xlsx",
)
_UNIT = "\x1f"


@dataclass(frozen=True)
class Request:
    """The options of `iken themes`."""

    input: Path
    out: Path
    model: Path
    text_column: str | None
    coded: Path | None
    min_size: int
    sheet: str | None = None


@dataclass(frozen=True)
class _Comments:
    column: str
    ids: list[str]
    texts: list[str]
    decided: list[str]


def run(console: Console, request: Request) -> int:
    """Look for themes, write the tables, say what was found; return the exit code."""
    check_folder(request.out)
    check_outputs([("--out", request.out / name) for name in _FILES], [request.input, request.coded])
    named = [request.text_column] if request.text_column else []
    source = open_rows(request.input, request.sheet, sheet_with_comments(named, str(request.input)))
    say_sheets(console, request.coded)
    coded = _read_coded(request.coded) if request.coded else None
    model = load_model(find_model(request.model))
    comments = _comments(source, request, model.codebook)
    say_other_sheets(console, source, request.sheet)
    say_gaps(console, source)
    say_other_columns(console, source, [comments.column], named=bool(named))
    if coded is not None:
        coded = _with_codes(coded, model.codebook, str(request.coded))
    with console.status("テーマを探しています", "looking for themes") as step, VectorCache() as cache:
        step(console.t("計画にない意見", "opinions outside the plan"))
        found = find_themes(
            model,
            comments.ids,
            comments.texts,
            decided=comments.decided,
            least_size=request.min_size,
            cache=cache,
        )
        step(console.t("項目の見直し", "items to look at again"))
        splits = split_candidates(model, found)
        confusions = confused_items(model, coded)
    _split_ids(found.units)
    _write(console, request.out, model, found, splits, confusions)
    _report(console, request, source, comments, found, splits, confusions)
    return 0


def _comments(source: RowSource, request: Request, codebook: Codebook) -> _Comments:
    """Return id, text and decision of each comment, or of each unit in the long form of `iken suggest`."""
    table, columns = source.table(), source.columns
    file = str(request.input)
    wanted = request.text_column
    if suggestions_form(columns) == "long":
        text_column = text_column_of_long(columns, wanted, file)
        # One row a suggestion: the text stands in each of them. Its code is the machine's, no decision.
        table = table.drop_duplicates(["opinion_id", "unit"]).reset_index(drop=True)
        ids = (table["opinion_id"] + _UNIT + table["unit"]).tolist()
        return _Comments(text_column, ids, table[text_column].tolist(), [""] * len(table))
    if wanted is None:
        said: Iterable[object] = table.get(SUGGESTED_FOR, []) if suggestions_form(columns) else []
        own = [c for c in columns if c not in _DECISION_COLUMNS]
        text_column = column_suggested_for(own, said, file) or guess_text_column(columns, file, source.sheets)
    else:
        text_column = named_column(columns, wanted, "--text-column", file, source.sheets)
    ids = (
        table["opinion_id"].tolist()
        if "opinion_id" in columns
        else [f"{request.input.stem}-R{i + 2}" for i in range(len(table))]
    )
    decision = next((c for c in _DECISION_COLUMNS if c in columns and c != text_column), None)
    decided = [""] * len(table) if decision is None else _codes(table[decision], codebook, file, decision)
    return _Comments(text_column, ids, comments_of(table, text_column)[0], decided)


def _codes(cells: Sequence[str] | pd.Series[str], codebook: Codebook, file: str, column: str) -> list[str]:
    """Return the first code that people gave in each cell, '' where none."""
    found = decided_codes(enumerate(cells, start=2), codebook, column, file)
    return [(*codes, "")[0] for codes in found.values()]


def _read_coded(path: Path) -> pd.DataFrame:
    table = read_table(path)
    for column in ("opinion_id", "coder", "code"):
        if column not in table.columns:
            names = listed(table.columns)
            raise InputError(
                f"担当者の間の食い違いを見るには列「{column}」が必要です。ある列: {names[0]}",
                f"to compare coders the column '{column}' is needed. Columns found: {names[1]}",
                file=str(path),
            )
    return table


def _with_codes(table: pd.DataFrame, codebook: Codebook, file: str) -> pd.DataFrame:
    codebook.check_coded(table, file)
    table = table.assign(code=_codes(table["code"], codebook, file, "code"))
    return table[table["code"] != ""]


def _split_ids(units: pd.DataFrame) -> None:
    """Give back the unit numbers of the long form, which went with the ids."""
    parts = units["opinion_id"].str.split(_UNIT, n=1, regex=False)
    several = units["opinion_id"].duplicated(keep=False)
    units["unit"] = [
        own if len(p) < 2 else f"{p[1]}.{own}" if more else p[1]
        for p, own, more in zip(parts, units["unit"], several, strict=True)
    ]
    units["opinion_id"] = [p[0] for p in parts]


def _write(
    console: Console,
    out: Path,
    model: Model,
    found: Themes,
    splits: pd.DataFrame,
    confusions: pd.DataFrame,
) -> None:
    make_folder(out)
    draft = draft_codebook(model.codebook, found, splits, confusions)
    *files, workbook = _FILES
    tables = (found.themes, found.units, splits, confusions, draft)
    t = console.t
    sheets = {
        t("新しいテーマ", "themes"): found.themes,
        t("意見", "opinions"): found.units,
        t("分割の候補", "splits"): splits,
        t("取り違え", "confusions"): confusions,
    }
    headings = _HEADINGS if console.language == "ja" else {}
    read = {name: table.rename(columns=headings) for name, table in sheets.items()}
    # With the column names of CODEBOOK tables, as in `codebook_draft.csv`, which `iken train --codebook` reads.
    numbers = [headings.get(name, name) for name in _NUMBERS]
    read |= {t("コードブック案", "codebook draft"): draft}
    with whole_files([out / name for name in _FILES]) as (*places, place):
        for name, table, temporary in zip(files, tables, places, strict=True):
            write_table(table, out / name, temporary)
        write_sheets(read, out / workbook, numbers=numbers, temporary=place)


def _report(
    console: Console,
    request: Request,
    source: RowSource,
    comments: _Comments,
    found: Themes,
    splits: pd.DataFrame,
    confusions: pd.DataFrame,
) -> None:
    uses = found.units["use"].value_counts()
    read = read_from(console, source)
    console.say(
        f"{read} の意見 {len(comments.texts):,}件({len(found.units):,}部分)を読みました。",
        f"read {counted(len(comments.texts), 'comment')} ({counted(len(found.units), 'unit')}) of {read}",
    )
    for name, n in uses.items():
        line = f"  {console.value(str(name))}: {n:,}"
        console.say(line, line)
    _print_themes(console, found, request.min_size)
    _print_splits(console, splits)
    _print_confusions(console, confusions)
    console.say(f"書き出し: {request.out}", f"written: {request.out}")


def _print_themes(console: Console, found: Themes, min_size: int) -> None:
    t = console.t
    if len(found.themes):
        header = [t("テーマ", "theme"), t("名前", "name"), t("件数", "opinions"), t("安定度", "stability")]
        header += [t("代表的な意見", "example")]
        rows = found.themes[["theme", "name", "opinions", "stability", "example_1"]].values.tolist()
        console.table(t("計画にない新しいテーマの候補", "candidate themes outside the plan"), header, rows)
    else:
        console.say(
            f"新しいテーマの候補はありません({min_size}件以上でまとまる意見がない)。",
            f"no candidate theme (none gathers {min_size} opinions or more)",
        )
        uses = found.units["use"].value_counts()
        if uses.get(ALONE, 0) and not uses.get(THEME, 0):
            console.say(
                "計画にないと疑われる意見は theme_opinions.csv の「まとまらない」にあります。",
                f"opinions suspected to be outside the plan are in theme_opinions.csv, with use = {ALONE}",
            )


def _print_splits(console: Console, splits: pd.DataFrame) -> None:
    t = console.t
    if len(splits):
        rows = splits[["code", "title", "group", "texts", "words"]].values.tolist()
        header = ["code", t("名称", "title"), t("群", "group"), t("意見", "texts"), t("特徴語", "words")]
        console.table(t("2つに分ける候補の項目", "items that may be two"), header, rows)


def _print_confusions(console: Console, confusions: pd.DataFrame) -> None:
    t = console.t
    if len(confusions):
        shown = confusions[["code_1", "title_1", "code_2", "title_2", "model_confused", "coders_differ"]]
        header = [
            "code",
            t("名称", "title"),
            "code",
            t("名称", "title"),
            t("モデル", "model"),
            t("人", "coders"),
        ]
        console.table(
            t(
                "取り違えの多い項目(統合か、定義の書き分け)",
                "items taken for each other (merge or define better)",
            ),
            header,
            shown.head(10).values.tolist(),
        )
