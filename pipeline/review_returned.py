"""Read an Excel file that a coder has filled in: what it was made for, and its rows, found by column name."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.book_parts import CODEBOOK_HEADER
from pipeline.cells import as_text
from pipeline.decision_checks import moment
from pipeline.errors import InputError, Language, listed
from pipeline.review_form import (
    CODEBOOK_SHEET,
    CODER_LABEL,
    COLUMNS,
    FILE_KEYS,
    FILE_SHEET,
    FORMAT,
    GUIDE,
    MAIN,
    MUST_COME_BACK,
    ROW_COLUMNS,
    ROWS_SHEET,
    TEXT_COLUMNS,
    TEXT_SHEET,
)
from pipeline.tableio import RowSource, open_rows, read_table
from pipeline.typed import person_name

RETURNED = ("row", "opinion_id", "unit", "text", "code", "code_2", "action", "note")
_MODIFIED = re.compile(rb"<dcterms:modified[^>]*>\s*([^<\s]+)\s*</dcterms:modified>")


@dataclass(frozen=True)
class Returned:
    """What a coder's file says.

    file : its name
    coder, round, prefilled, codebook_sha256, language : what it was made for
    saved_at : when it was last saved, ISO 8601 with offset; '' if the file does not say
    titles : what the codebook it was made with calls each code; empty if that sheet is gone
    asked : table ROW_COLUMNS and `text` (as it was before Excel, '' if the cell has it): what was handed out
    rows : table RETURNED, all cells text: what came back; `row` is the number of the row in Excel
    """

    file: str
    coder: str
    round: str
    prefilled: bool
    codebook_sha256: str
    language: Language
    saved_at: str
    titles: dict[str, str]
    asked: pd.DataFrame
    rows: pd.DataFrame


def read_returned(path: Path, coder: str = "") -> Returned:
    """Read a coder's file; `coder` names the person if the file does not.

    Raises
    ------
    InputError
        if it is no such file, a column was renamed or removed, or nobody's name is in it, or two names.
    """
    facts = _facts(path)
    language: Language = "en" if facts["language"] == "en" else "ja"
    source = _main_sheet(path, language)
    rows = _rows(source, _positions(source, language))
    name = _one_name(path, language, person_name(facts["coder"]), person_name(coder))
    return Returned(
        file=path.name,
        coder=name,
        round=facts["round"] or "1",
        prefilled=facts["prefilled"] == "yes",
        codebook_sha256=facts["codebook_sha256"],
        language=language,
        saved_at=_saved_at(path),
        titles=_titles(path, language),
        asked=_asked(path),
        rows=rows,
    )


def _facts(path: Path) -> dict[str, str]:
    """Return what the hidden sheet says of the whole file."""
    try:
        table = read_table(path, FILE_SHEET)
    except InputError:
        open_rows(path)  # a file that is missing, empty or of another kind is told as such
        table = pd.DataFrame(columns=["key", "value"])
    facts = dict(zip(table.get("key", []), table.get("value", []), strict=False))
    if facts.get("format") != FORMAT or any(k not in facts for k in FILE_KEYS):
        raise InputError(
            f"`iken review sheet` が作ったファイルではないか、管理用の非表示シート「{FILE_SHEET}」が失われています。"
            "別のブックに写さず、配られたファイルに記入してください。",
            f"not a file made by `iken review sheet`, or its hidden sheet '{FILE_SHEET}' is lost; "
            "decide in the file that was handed out, not in a copy of its cells",
            file=path.name,
        )
    return facts


def _main_sheet(path: Path, language: Language) -> RowSource:
    """Open the sheet that was filled in; if it was renamed, the first one that is shown."""
    try:
        return open_rows(path, MAIN[language])
    except InputError as error:
        if error.place.row is not None:  # it is there, but its header cannot be used
            raise
        return open_rows(path)


def _positions(source: RowSource, language: Language) -> dict[str, int]:
    """Return where each column of the form stands, by its name."""
    titles = {"".join(c.split()): j for j, c in enumerate(source.columns)}
    found = {
        name: titles[COLUMNS[name][language]]
        for name in (*MUST_COME_BACK, "unit")
        if COLUMNS[name][language] in titles
    }
    missing = [COLUMNS[name][language] for name in MUST_COME_BACK if name not in found]
    if missing:
        known = {titles[language] for titles in COLUMNS.values()}
        others = [c for c in source.columns if "".join(c.split()) not in known]
        lost, seen = listed(missing), listed(others or ["–"])
        raise InputError(
            f"列「{lost[0]}」がありません。見出しを元の名前に戻してください。見覚えのない列: {seen[0]}",
            f"there is no column '{lost[1]}'; give it back its name. Columns not of the form: {seen[1]}",
            file=source.path.name,
            row=1,
        )
    return found


def _rows(source: RowSource, positions: dict[str, int]) -> pd.DataFrame:
    """Return the rows with any content in the columns that come back, as table RETURNED."""
    read = [(name, positions.get(name)) for name in RETURNED[1:]]
    kept: list[tuple[str, ...]] = []
    with closing(source.rows()) as rows:
        for number, cells in enumerate(rows, source.first_row):
            texts = ["" if at is None else as_text(cells[at]) for _, at in read]
            if any(t.strip() for t in texts):
                kept.append((str(number), *texts))
    table = pd.DataFrame(kept, columns=list(RETURNED), dtype=str)
    for name in ("opinion_id", "unit"):
        table[name] = table[name].str.strip()
    return table


def _one_name(path: Path, language: Language, made_for: str, option: str) -> str:
    """Return the coder's name; nobody's decisions may go by another's name without a word."""
    label, guide = CODER_LABEL[language], GUIDE[language]
    said = {
        ("配ったときの名前", "made for"): made_for,
        (f"「{guide}」シートの「{label}」", f"'{label}' in the sheet '{guide}'"): _written_name(
            path, language
        ),
        ("--coder", "--coder"): option,
    }
    names = {where: name for where, name in said.items() if name}
    if not names:
        raise InputError(
            f"担当者の名前がありません。「{guide}」シートの「{label}」に書くか、--coder で指定してください。",
            f"the coder has no name; write it into the sheet '{guide}', or give --coder",
            file=path.name,
        )
    if len(set(names.values())) > 1:
        ja, en = (
            between.join(f"{where[i]} {quote[0]}{name}{quote[1]}" for where, name in names.items())
            for i, between, quote in ((0, "、", "「」"), (1, ", ", "''"))
        )
        raise InputError(
            f"担当者の名前が食い違います({ja})。記入した人の名前にそろえてください。"
            "名前のないファイルのための --coder なら、そのファイルだけで集めてください。"
            "配った相手と別の人が記入したなら、その人の名前で `iken review sheet` からシートを作り直してください。",
            f"the coder's names differ ({en}); make them that of the person who decided. If --coder is for a file "
            "without a name, collect that file alone. If it is not the person "
            "the file was made for, make a sheet in the right name with `iken review sheet`",
            file=path.name,
        )
    return next(iter(names.values()))


def _written_name(path: Path, language: Language) -> str:
    """Return the name that a person wrote into the guide, '' if none."""
    try:
        guide = open_rows(path, GUIDE[language])
    except InputError:
        return ""
    with closing(guide.rows()) as rows:
        for cells in rows:
            label, value = (*map(as_text, cells), "", "")[:2]
            if label.strip() == CODER_LABEL[language]:
                return person_name(value)
    return ""


def _titles(path: Path, language: Language) -> dict[str, str]:
    """Return the codes and titles of the sheet of the codebook; nobody needs that sheet to decide."""
    try:
        table = read_table(path, CODEBOOK_SHEET[language])
    except InputError:
        return {}
    code, _, title, *_ = CODEBOOK_HEADER[language]
    if not {code, title} <= set(table.columns):
        return {}
    return dict(zip(table[code], table[title], strict=True))


def _asked(path: Path) -> pd.DataFrame:
    """Return what was handed out, with the texts that no cell could hold."""
    table = _hidden_sheet(path, ROWS_SHEET, ROW_COLUMNS)
    whole = _whole_texts(path)
    keys = zip(table["opinion_id"], table["unit"], strict=True)
    return table[list(ROW_COLUMNS)].assign(text=[whole.get(key, "") for key in keys])


def _whole_texts(path: Path) -> dict[tuple[str, str], str]:
    """Return the texts that were too long or too strange for a cell, by opinion and unit."""
    parts: dict[tuple[str, str], str] = {}
    table = _hidden_sheet(path, TEXT_SHEET, TEXT_COLUMNS)
    for opinion_id, unit, text in zip(table["opinion_id"], table["unit"], table["json"], strict=True):
        parts[(opinion_id, unit)] = parts.get((opinion_id, unit), "") + text
    try:
        return {key: str(json.loads(text)) for key, text in parts.items()}
    except ValueError:
        raise _changed(path, TEXT_SHEET) from None


def _hidden_sheet(path: Path, sheet: str, columns: Sequence[str]) -> pd.DataFrame:
    try:
        table = read_table(path, sheet)
    except InputError:  # the sheets that are there say nothing to those who have never seen this one
        raise _changed(path, sheet) from None
    if any(c not in table.columns for c in columns):
        raise _changed(path, sheet)
    return table


def _changed(path: Path, sheet: str) -> InputError:
    return InputError(
        f"管理用の非表示シート「{sheet}」が消されたか書き換えられています。配られたファイルに記入し直してください。",
        f"the hidden sheet '{sheet}' was deleted or changed; decide in the file that was handed out",
        file=path.name,
    )


def _saved_at(path: Path) -> str:
    """Return when the file was last saved, as it says itself: a copy has the same."""
    with zipfile.ZipFile(path) as archive:
        try:
            found = _MODIFIED.search(archive.read("docProps/core.xml"))
        except KeyError:
            return ""
    text = found[1].decode("ascii", "replace").replace("Z", "+00:00") if found else ""
    return text if moment(text) is not None else ""
