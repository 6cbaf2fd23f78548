"""The ingest stage: a document, or a table of coded opinions, becomes codebook, labels and accounts.

Tables out; nothing is printed or written here. What could not be used comes back with its reason, and the
counts add up: lines (or rows) in = used + set aside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import pandas as pd

from pipeline.blocks import Block, Document, Use
from pipeline.codebook import Codebook
from pipeline.coded_table import (
    CODE_NAMES,
    TEXT_NAMES,
    codebook_of_table,
    pick_column,
    refuse_unknown,
    split_codes,
    why_not_coded,
)
from pipeline.comment_column import SUGGESTED_FOR, column_suggested_for
from pipeline.errors import InputError
from pipeline.ingested import Ingested, ingested
from pipeline.marks import mark
from pipeline.opinions_section import read_opinions_section
from pipeline.outline import Entry, read_outline
from pipeline.tables import CODE_TITLE, LABELS, suggestions_form
from pipeline.workshops import Front, read_front

_STRUCK = "取り消し線の付いた文字も読みました。要らなければ文書から消して、読み直してください"

# -- a document ------------------------------------------------------------------------------------


def ingest_document(document: Document) -> Ingested:
    """Turn a document into a codebook, labels, workshops and an account of every line.

    Raises
    ------
    InputError
        as `read_outline`: the document has no plan, or its plan contradicts itself.
    """
    section = read_opinions_section(document)
    outline = section or read_outline(document)
    front = read_front(document.name, outline.front, [_use_by_mark(b) for b in outline.front])
    codebook = Codebook(outline.nodes)
    labels = _document_labels(document, outline.opinions, codebook, front)
    # Where heading styles are the plan (no numbers), no number of a goal can have been missed.
    whole = section or not outline.nodes[0].number
    uses = [*(front.uses if whole else map(_unless_opinion, front.uses)), *outline.uses]
    struck = [
        Use(u.block, u.use, _STRUCK) for u in uses if u.block.struck and u.use not in ("set aside", "layout")
    ]
    return ingested(document.name, codebook, labels, front.rows, uses, [*outline.doubts, *struck])


def _use_by_mark(block: Block) -> Use | None:
    """Return the use of a line before the plan that its marks alone decide."""
    one = mark(block)
    if one.kind == "aside":
        return Use(block, "set aside", one.reason)
    if one.kind == "layout":
        return Use(block, "layout")
    if one.kind == "level" and block.kind == "line":
        return Use(block, "set aside", "計画と同じ番号が付いていますが、最初の目標より前にあります")
    return None


def _unless_opinion(use: Use) -> Use:
    """Set aside what would be an opinion below a goal: the goal above it may have a number that could not be read."""
    if use.use == "section text" and mark(use.block).kind == "opinion":
        reason = "意見と同じ印が付いていますが、最初の目標より前にあります"
        return Use(use.block, "set aside", reason)
    return use


def _document_labels(
    document: Document, opinions: list[Entry], codebook: Codebook, front: Front
) -> pd.DataFrame:
    places = _place_ids([o.block for o in opinions])
    first: dict[str, str] = {}
    places = [first.setdefault(o.group, p) if o.group else p for o, p in zip(opinions, places, strict=True)]
    return LABELS.table(
        {
            "opinion_id": f"{document.stem}-{place}",
            "source": document.name,
            "location": o.block.location,
            "text": o.text,
            "code": o.code,
            "label_source": "document",
            "coder": "",
            "labelled_at": front.date,
            "codebook_sha256": codebook.sha256,
        }
        for o, place in zip(opinions, places, strict=True)
    )


def _place_ids(blocks: Sequence[Block]) -> list[str]:
    """Name each place once: the 2nd, 3rd … of one line (a cell of a Word table) gets its number."""
    seen: Counter[str] = Counter()
    names = []
    for block in blocks:
        name = f"L{block.line:03d}" if block.page is None else f"P{block.page:02d}-L{block.line:02d}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names


# -- a table of coded opinions ---------------------------------------------------------------------


def ingest_table(
    table: pd.DataFrame,
    codebook: Codebook | None,
    *,
    text_column: str | None = None,
    code_column: str | None = None,
    id_column: str | None = None,
    title_column: str | None = None,
    source: str,
    label_source: str = "single",
) -> Ingested:
    """Turn a table of already coded opinions into labels; several codes in a cell become several rows.

    Parameters
    ----------
    table
        All cells text, as `tableio.read_table` gives it. Not changed. Columns that are not used are kept.
    codebook
        The plan; None to make it of the codes (and titles) in the table.
    text_column, code_column, id_column, title_column
        Names of columns; text and code are found by usual names if None. Without `id_column` rows are
        numbered: `<file>-R00002` is the first row below the header.
    source
        The file's name, for messages and the `source` column.
    label_source
        One of `tables.GOLD_SOURCES`; columns `label_source`, `coder`, `source` … of the table lead.

    Raises
    ------
    InputError
        for a missing or ambiguous column, an unknown code, a repeated id.
    """
    columns = [str(c) for c in table.columns]
    text_name, code_name = _text_and_code(table, columns, text_column, code_column, source)
    if id_column is not None:
        id_column = pick_column(columns, id_column, (), "--id-column", source)
    elif "opinion_id" in columns:
        id_column = "opinion_id"
    if title_column is not None:
        title_column = pick_column(columns, title_column, (), "--title-column", source)
    uses: list[Use] = []
    filled: list[tuple[int, dict[str, str]]] = []
    for row, record in enumerate(table.to_dict("records"), start=2):
        cells = {str(k): str(v) for k, v in record.items()}
        reason = why_not_coded(cells, text_name, code_name, codebook)
        block = Block(cells[text_name], row, kind="row")
        uses.append(Use(block, "set aside" if reason else "opinion", reason))
        if not reason:
            filled.append((row, cells))
    ids = _row_ids(table, id_column, source, {row for row, _ in filled})
    if codebook is not None and CODE_TITLE in columns:
        codebook.check_titles(zip(table[code_name], table[CODE_TITLE], strict=True), source)
    if codebook is None:
        # What iken itself writes beside a code is its title.
        named = title_column or (CODE_TITLE if CODE_TITLE in columns else None)
        codebook = codebook_of_table(filled, code_name, named, source)
    coded = _codes(filled, codebook, code_name, source)
    own = {text_name, code_name, id_column}
    labels = LABELS.table(
        {
            **{k: v for k, v in cells.items() if k not in own and k not in LABELS.columns},
            **_origin(cells, own, source, row, label_source),
            "opinion_id": ids[row - 2],
            "text": cells[text_name].strip(),
            "code": code,
            "codebook_sha256": codebook.sha256,
        }
        for row, cells in filled
        for code in coded[row]
    )
    items = {n.code for n in codebook.items}
    doubts = [
        Use(uses[row - 2].block, "opinion", f"項目より上の階層のコードです({'、'.join(above)})")
        for row, codes in coded.items()
        if (above := [c for c in codes if c not in items])
    ]
    return ingested(source, codebook, labels, [], uses, doubts)


def _text_and_code(
    table: pd.DataFrame, columns: list[str], text_column: str | None, code_column: str | None, source: str
) -> tuple[str, str]:
    """Return the columns of the texts and of the codes: those named, else by usual names."""
    if text_column is None and suggestions_form(columns) == "wide":
        given = [c for c in columns if c not in CODE_NAMES]
        text_column = column_suggested_for(given, table.get(SUGGESTED_FOR, []), source)
    return (
        pick_column(columns, text_column, TEXT_NAMES, "--text-column", source),
        pick_column(columns, code_column, CODE_NAMES, "--code-column", source),
    )


def _row_ids(table: pd.DataFrame, id_column: str | None, source: str, used: Collection[int]) -> list[str]:
    """Return an id for each row; a blank or repeated one in the user's own column is an error.

    Rows that are not `used` may lack an id: such a row is blank, or one of totals.
    """
    stem = source.rpartition(".")[0] or source
    if id_column is None:
        return [f"{stem}-R{row:05d}" for row in range(2, len(table) + 2)]
    ids = [str(x).strip() for x in table[id_column]]
    first: dict[str, int] = {}
    for row, one in enumerate(ids, start=2):
        if not one and row not in used:
            continue
        if not one or one in first:
            ja = f"ID「{one}」が{first[one]}行目と重複しています。" if one else "IDが空欄です。"
            en = f"the id '{one}' repeats row {first[one]}" if one else "the id is empty"
            raise InputError(ja, en, file=source, row=row, column=id_column)
        first[one] = row
    return ids


def _codes(
    filled: list[tuple[int, dict[str, str]]], codebook: Codebook, column: str, source: str
) -> dict[int, list[str]]:
    """Return the codes of each row, or raise naming the first unknown ones."""
    coded: dict[int, list[str]] = {}
    unknown: list[tuple[int, str]] = []
    for row, cells in filled:
        coded[row], bad = split_codes(cells[column], codebook, above=True)
        unknown += [(row, part) for part in bad]
        if not coded[row] and not bad:
            unknown.append((row, cells[column].strip()))
    refuse_unknown(unknown, codebook, column, source)
    return coded


def _origin(
    cells: dict[str, str], own: set[str | None], source: str, row: int, label_source: str
) -> dict[str, object]:
    """Return where a label comes from: what the table says of it (it may be LABELS), else this file and row."""
    said = {k: v for k, v in cells.items() if k not in own and v.strip()}
    return {
        "source": said.get("source", source),
        "location": said.get("location", f"R{row}"),
        "label_source": said.get("label_source", label_source),
        "coder": said.get("coder", ""),
        "labelled_at": said.get("labelled_at", ""),
    }
