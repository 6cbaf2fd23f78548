"""Small forms for the tests of the Excel sheet: made, filled in as a person would, opened again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from pipeline.codebook import Codebook
from pipeline.review_form import COLUMNS, MAIN
from pipeline.review_items import Items, review_items
from pipeline.review_sheet import Form, write_review_sheets

WIDE = [
    "番号",
    "ご意見",
    "opinion_id",
    "status",
    "suggested_code",
    "code_1",
    "title_1",
    "confidence_1",
    "code_2",
    "title_2",
]
WIDE += ["confidence_2", "evidence", "doubt_low_confidence", "group_id", "group_size", "model_id"]
TEXTS = ("公園のごみを拾う人がいない", "ブランコが古い", "落ち葉が多い", "段差で転んだ", "通学路が心配")
FIRST = ("G1-1-1", "G1-1-2", "G1-2-1", "G2-1-1", "G2-1-2")


def wide(texts: Sequence[str] = TEXTS, **columns: object) -> pd.DataFrame:
    """Wide suggestions o0, o1, …, one a text; named columns replace the usual cells."""
    rows = []
    for i, text in enumerate(texts):
        first, second = FIRST[i % 5], FIRST[(i + 1) % 5]
        evidence = "「近くの公園」(G1-1-1、類似度0.62、発明(1).md L1)\n「道」(G2-1-1、類似度0.30、発明.md L2)"
        row = [
            f"{i + 1:03}",
            text,
            f"o{i}",
            "提案",
            first,
            first,
            "",
            0.75,
            second,
            "",
            0.2,
            evidence,
            "僅差",
        ]
        rows.append([*row, "", 1, "m-1"])
    return pd.DataFrame(rows, columns=WIDE, dtype=object).assign(**columns)


def items_of(table: pd.DataFrame, plan: Codebook, **options: Any) -> Items:
    """REVIEW and NOT_ASKED of suggestions."""
    return review_items([table], [str(c) for c in table.columns], plan, **options)


def made(
    path: Path, plan: Codebook, texts: Sequence[str] = TEXTS, hidden: Sequence[int] = (), **form: Any
) -> Path:
    """Write the form of coder A (or another, by `coder`) for texts; `hidden`: rows without suggestion."""
    items = items_of(wide(texts), plan)
    shown = ["no" if i in hidden else "yes" for i in range(len(items.asked))]
    one = Form(**({"coder": "A", "codebook": plan} | form))
    write_review_sheets([(path, one, items.asked.assign(suggestion_shown=shown))], items.not_asked)
    return path


def opened(path: Path) -> Any:
    """The workbook, as openpyxl reads it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl does not know the extensions that draw data bars
        return openpyxl.load_workbook(path)


def positions(sheet: Any) -> dict[str, int]:
    """Column of the form -> its number in the sheet, from 1."""
    language = "ja" if sheet.title == MAIN["ja"] else "en"
    names = {titles[language]: name for name, titles in COLUMNS.items()}
    return {names[c.value]: c.column for c in sheet[1] if c.value in names}


def filled(
    path: Path,
    cells: Mapping[int, Mapping[str, object]],
    change: Callable[[Any, Any], None] = lambda book, sheet: None,
) -> Path:
    """Write cells into rows (0 is the first opinion), let `change` do anything else, and save."""
    book = opened(path)
    sheet = book.worksheets[0]
    at = positions(sheet)
    for i, values in cells.items():
        for name, value in values.items():
            cell = sheet.cell(i + 2, at[name])
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # as Excel does with what is typed into a text cell
    change(book, sheet)
    book.save(path)
    return path
