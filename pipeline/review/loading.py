"""From a survey or suggestion file to the comments of a review."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.cells import as_text
from pipeline.coding import Coder
from pipeline.comment_column import (
    SUGGESTED_FOR,
    column_suggested_for,
    sheet_with_comments,
    text_column_of_long,
)
from pipeline.comments import MOST_RANKS, code_comments, wide_columns
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.review.first_look import TOP, with_suggestions
from pipeline.review.store import Store
from pipeline.suggestion import ID_COLUMN, check_columns
from pipeline.tableio import RowSource, open_rows
from pipeline.tables import SET_ASIDE, SUGGESTIONS, suggestions_form
from pipeline.totals import TOTALS_ROW, is_totals_row
from pipeline.vectorcache import VectorCache
from pipeline.workbook import DECISION


@dataclass(frozen=True)
class LoadReport:
    """What became of the rows of the file: rows = rows in `loaded` + rows of `set_aside` (SET_ASIDE table).

    loaded, comments : rows that became comments, and how many the store has (a row split into units becomes several)
    added : comments new in the store (0 when the same file is opened again)
    suggested_by : model_id in a file of suggestions, '' in a survey file; suggestions are made anew in any case
    """

    rows: int
    loaded: int
    comments: int
    added: int
    set_aside: pd.DataFrame
    text_column: str
    source: RowSource
    suggested_by: str


@dataclass(frozen=True)
class _Comment:
    """One row of the file that holds a comment."""

    opinion_id: str
    text: str
    cells: list[str]


def load_file(
    store: Store,
    path: Path,
    model: Model,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    sheet: str | None = None,
    hidden_share: float = 0.1,
    seed: int = 0,
    units: bool = False,
    cache: VectorCache | None = None,
    advance: Callable[[int], object] = lambda done: None,
) -> LoadReport:
    """Read a survey file, or the output of `iken suggest`, into the store; the same file again adds nothing.

    Parameters
    ----------
    hidden_share : share of comments whose suggestions stay hidden, so that accuracy can be measured
    units : code the opinion units of long comments one by one
    advance : called with the number of comments just coded

    Raises
    ------
    InputError
        if the file cannot be read, lacks columns, repeats ids, or the store holds another project or other
        comments of this file.
    """
    if not 0 <= hidden_share <= 1:
        raise InputError("提案を隠す割合は0から1にしてください。", "the hidden share must be 0 to 1")
    named = [text_column] if text_column else []
    source = open_rows(path, sheet, sheet_with_comments(named, str(path)))
    table = pd.concat([pd.DataFrame(columns=source.columns, dtype=object), *source.chunks()])
    cells = table.map(lambda v: as_text(v).replace("\x00", "\ufffd")).reset_index(drop=True)
    kept, suggested_by = _columns(cells, source)
    text_column, id_column = _text_and_id(cells, source, kept, text_column, id_column)
    columns = [c for c in kept if c not in (text_column, id_column)]
    comments, aside = _comments(cells, source, text_column, id_column, columns)
    store.set_project(
        source=source.path.name,
        source_sha256=_sha256(path),
        model_id=model.model_id,
        codebook=model.codebook,
        columns=columns,
    )
    rows = _rows(comments, Coder(model, cache=cache) if units else None)
    added = 0
    if store.count():
        totals = {str(a["text"]) for a in aside if a["reason"] == TOTALS_ROW}
        _check_loaded(store.loaded(), comments, rows, totals, str(path), named=id_column is not None)
    else:
        added = store.load_comments(with_suggestions(rows, model, hidden_share, seed, cache, advance))
    return LoadReport(
        rows=len(cells),
        loaded=len(cells) - len(aside),
        comments=store.count(),
        added=added,
        set_aside=SET_ASIDE.table(aside),
        text_column=text_column,
        source=source,
        suggested_by=suggested_by or "",
    )


def _columns(cells: pd.DataFrame, source: RowSource) -> tuple[list[str], str | None]:
    """Return the survey's own columns, and the model of a file of suggestions (None in a survey file)."""
    names = source.columns
    form = suggestions_form(names)
    if form == "long":
        return [c for c in names if c not in SUGGESTIONS.columns], _only(cells, "model_id")
    if not form:
        return list(names), None
    made = set(wide_columns(MOST_RANKS))
    # An untouched column for decisions is no column of the survey; one that was filled in is kept to be seen.
    made |= {c for c in DECISION.values() if c in names and not cells[c].str.strip().any()}
    return [c for c in names if c not in made], _only(cells, "model_id")


def _text_and_id(
    cells: pd.DataFrame, source: RowSource, kept: list[str], text_column: str | None, id_column: str | None
) -> tuple[str, str | None]:
    """Return the columns of the texts and of the ids (None if rows are numbered); kept : the survey's own columns."""
    file, form = str(source.path), suggestions_form(source.columns)
    if form == "long":
        return text_column_of_long(source.columns, text_column, file), ID_COLUMN
    if not form:
        return check_columns(kept, text_column, id_column, TOP, file, source.sheets)
    if text_column is None:
        text_column = column_suggested_for(kept, cells.get(SUGGESTED_FOR, []), file)
    names = kept if ID_COLUMN in kept else [*kept, ID_COLUMN]
    return check_columns(names, text_column, id_column, TOP, file)


def _only(cells: pd.DataFrame, column: str) -> str:
    return "、".join(sorted(set(cells[column]) - {""})) if column in cells else ""


def _comments(
    cells: pd.DataFrame,
    source: RowSource,
    text_column: str,
    id_column: str | None,
    columns: list[str],
) -> tuple[list[_Comment], list[dict[str, object]]]:
    """Return the rows that hold a comment, and those set aside with the reason."""
    comments: list[_Comment] = []
    aside: list[dict[str, object]] = []
    seen: dict[str, int] = {}
    others = cells[columns].to_numpy(dtype=object).tolist() if columns else [[]] * len(cells)
    every = cells.to_numpy(dtype=object)
    ids = cells[id_column].tolist() if id_column is not None else None
    is_long = suggestions_form(source.columns) == "long"
    first = cells["rank"].isin(["", "1"]).tolist() if is_long else [True] * len(cells)
    file = str(source.path)
    for i, text in enumerate(cells[text_column].tolist()):
        row = source.first_row + i
        opinion_id = f"{source.path.stem}-R{row}" if ids is None else ids[i].strip()
        if not first[i]:
            reason = "同じ意見の2位以下の提案(意見としては1位の行で読み込んだ)"
        elif is_totals_row(text, every[i]):
            reason = TOTALS_ROW
        elif not text.strip():
            reason = "本文が空欄"
        elif not opinion_id:
            raise InputError("IDが空です。", "the id is empty", file=file, row=row, column=id_column)
        elif opinion_id in seen:
            raise InputError(
                f"IDが{seen[opinion_id]}行目と重複しています。重複のない列を --id-column で指定してください。",
                f"the id repeats that of row {seen[opinion_id]}; name a column of unique ids with --id-column",
                file=file,
                row=row,
                column=id_column,
            )
        else:
            seen[opinion_id] = row
            comments.append(_Comment(opinion_id, text, others[i]))
            continue
        aside.append({"source": source.path.name, "location": f"R{row}", "text": text, "reason": reason})
    return comments, aside


def _rows(comments: Sequence[_Comment], coder: Coder | None) -> list[dict[str, Any]]:
    """Return comments, or their opinion units, as the store takes them, still without suggestions."""
    rows: list[dict[str, Any]] = []
    divided = code_comments(coder, [c.text for c in comments], TOP) if coder else [None] * len(comments)
    for comment, coded in zip(comments, divided, strict=True):
        parts = [(start, end) for start, end, coding in coded.units if coding.codes] if coded else []
        spans = parts if len(parts) > 1 else [(0, len(comment.text))]
        for n, (start, end) in enumerate(spans, start=1):
            rows.append(
                {
                    "opinion_id": comment.opinion_id,
                    "unit": str(n) if len(spans) > 1 else "",
                    "text": comment.text,
                    "unit_start": start,
                    "unit_end": end,
                    "position": len(rows) + 1,
                    "cells": comment.cells,
                }
            )
    return rows


def _check_loaded(
    before: set[tuple[str, str, str]],
    comments: Sequence[_Comment],
    rows: Sequence[Mapping[str, Any]],
    totals: Collection[str],
    file: str,
    *,
    named: bool,
) -> None:
    """Raise `InputError` if the file was loaded by other columns, or whole, when units are asked for now.

    Units that were asked for when it was loaded stay as they are: another model may divide otherwise. Ids made of
    the file's name (not `named` by a column) may be others: the file may have another name now. Rows of `totals` were
    once loaded as comments: who has decided on such a review goes on with it.
    """

    def row(opinion_id: str) -> str:
        return opinion_id if named else opinion_id.rpartition("-")[2]

    loaded = {(row(opinion_id), text) for opinion_id, _, text in before}
    now = {(row(c.opinion_id), c.text) for c in comments}
    if other := now - loaded | {known for known in loaded - now if known[1] not in totals}:
        raise InputError(
            f"このデータベースの意見は、別の列で読み込まれています(「{min(other)[1][:20]}」などが違います)。"
            "はじめと同じ --text-column、--id-column、--sheet を指定するか、--db に別の名前を付けてください。",
            f"the database holds comments of other columns (e.g. '{min(other)[1][:20]}' differs); give the "
            "--text-column, --id-column and --sheet of the first time, or --db another name",
            file=file,
        )
    if any(row["unit"] for row in rows) and not any(unit for _, unit, _ in before):
        raise InputError(
            "このデータベースの意見は、話題ごとに分けずに読み込まれています。--units を外すか、--db に別の名前を付けてください。",
            "the database holds the comments undivided; leave --units out, or give --db another name",
            file=file,
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
