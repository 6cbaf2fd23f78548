"""Write each kind of table file, chunk by chunk."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cells import (
    DELIMITERS,
    SURROGATE,
    as_text,
    check_excel_rows,
    date_format,
    is_missing,
    widest_line,
    write_cell,
)
from pipeline.excel_book import ExcelBook

_WIDE, _WIDE_NAME = 60, 24  # the widest column, by its cells and by its name
_SAMPLE = 200


class Sink(Protocol):
    """Where one kind of file is written; made with (temporary file, final path, columns)."""

    def write(self, cells: list[list[Any]]) -> None:
        """Append rows, given column by column."""

    def close(self) -> None:
        """Finish the file."""


class _Delimited:
    def __init__(self, temporary: Path, path: Path, columns: list[str]) -> None:
        # Half a character, which no file can hold, is replaced by the handler: looking for it in every cell
        # would take longer than writing.
        # Bytes: as a replacement for UTF-8 Python 3.11 takes no text that is not ASCII.
        codecs.register_error("iken-replace", lambda error: ("\ufffd".encode(), getattr(error, "end", 0)))
        self._handle = temporary.open("w", encoding="utf-8-sig", newline="", errors="iken-replace")
        self._csv = csv.writer(self._handle, delimiter=DELIMITERS[path.suffix.lower()])
        self._csv.writerow(map(as_text, columns))

    def write(self, cells: list[list[Any]]) -> None:
        self._csv.writerows(
            zip(*([c if type(c) is str else as_text(c) for c in column] for column in cells), strict=True)
        )

    def close(self) -> None:
        self._handle.close()


class _Jsonl:
    def __init__(self, temporary: Path, path: Path, columns: list[str]) -> None:
        self._handle = temporary.open("w", encoding="utf-8", newline="\n")
        self._columns = columns

    def write(self, cells: list[list[Any]]) -> None:
        for row in zip(*cells, strict=True):
            record = {k: None if is_missing(v) else v for k, v in zip(self._columns, row, strict=True)}
            line = json.dumps(record, ensure_ascii=False, default=_plain)
            if SURROGATE.search(line):  # only an escape can hold half a character
                line = json.dumps(record, default=_plain)
            self._handle.write(line + "\n")

    def close(self) -> None:
        self._handle.close()


def _plain(value: object) -> object:
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else as_text(value)


class _Parquet:
    """One row group a chunk. When a later chunk needs other types, what is written is cast to them."""

    def __init__(self, temporary: Path, path: Path, columns: list[str]) -> None:
        self._temporary = temporary
        self._columns = columns
        self._writer = pq.ParquetWriter(temporary, pa.schema([(c, pa.null()) for c in columns]))

    def write(self, cells: list[list[Any]]) -> None:
        arrays = [_array(column) for column in cells]
        kinds = [_common(old, a.type) for old, a in zip(self._writer.schema.types, arrays, strict=True)]
        schema = pa.schema(list(zip(self._columns, kinds, strict=True)))
        if schema != self._writer.schema:
            self._change(schema)
        self._writer.write_table(_table(arrays, schema))

    def _change(self, schema: pa.Schema) -> None:
        self._writer.close()
        older = self._temporary.with_suffix(".old")
        self._temporary.replace(older)
        try:
            self._writer = pq.ParquetWriter(self._temporary, schema)
            with pq.ParquetFile(older) as file:
                for group in range(file.num_row_groups):
                    columns = file.read_row_group(group).combine_chunks().columns
                    self._writer.write_table(_table([pa.concat_arrays(c.chunks) for c in columns], schema))
        finally:
            older.unlink()

    def close(self) -> None:
        self._writer.close()


def _array(values: list[Any]) -> pa.Array:
    """Return the cells in their own type, or as text if they share none that Parquet knows."""
    kinds = {type(v) for v in values if not is_missing(v)}
    if len(kinds) > 1 and kinds != {int, float}:  # Arrow would read 2 beside a date as a moment in 1970
        return _text_array(values)
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, ValueError, OverflowError):
        return _text_array(values)
    return _text_array(values) if "struct<>" in str(array.type) else array


def _text_array(values: list[Any]) -> pa.Array:
    return pa.array([None if is_missing(v) else as_text(v) for v in values], pa.string())


def _common(old: pa.DataType, new: pa.DataType) -> pa.DataType:
    fields = [pa.schema([("", old)]), pa.schema([("", new)])]
    try:
        return pa.unify_schemas(fields, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return pa.string()


def _table(arrays: list[pa.Array], schema: pa.Schema) -> pa.Table:
    cast = [
        _text_array(a.to_pylist())
        if pa.types.is_string(kind) and a.type != kind
        else a.cast(kind, safe=False)
        for a, kind in zip(arrays, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(cast, schema=schema)


class XlsxSink:
    """One sheet for people to work in: columns as wide as their first cells need, long texts wrapped, header fixed.

    `choices` may be set before closing: what a list offers in the cells of a column.
    """

    def __init__(self, temporary: Path, path: Path, columns: list[str]) -> None:
        self.choices: Mapping[str, Sequence[str]] = {}
        self._path, self._columns = path, columns
        self._book = ExcelBook(temporary)
        self._sheet = self._book.add_worksheet()
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._dates: dict[str, Any] = {}  # styles by number format
        self._rows = 1
        self._widths = [_width([name], _WIDE_NAME) for name in columns]
        head = self._book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for column, name in enumerate(columns):
            write_cell(self._sheet, 0, column, name, head)

    def write(self, cells: list[list[Any]]) -> None:
        if self._rows == 1:
            sampled = (_width(column[:_SAMPLE], _WIDE) for column in cells)
            self._widths = [max(pair) for pair in zip(self._widths, sampled, strict=True)]
        for row in zip(*cells, strict=True):
            check_excel_rows(self._rows, self._path)
            for column, value in enumerate(row):
                write_cell(self._sheet, self._rows, column, value, self._style(value, self._widths[column]))
            self._rows += 1

    def _style(self, value: object, width: int) -> Any:
        if isinstance(value, str):
            return self._wrapped if 2 * len(value) > width or "\n" in value else None
        shown = date_format(value)
        if shown and shown not in self._dates:
            self._dates[shown] = self._book.add_format({"num_format": shown})
        return self._dates[shown] if shown else None

    def close(self) -> None:
        for column, width in enumerate(self._widths):
            self._sheet.set_column(column, column, width)
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, self._rows - 1, len(self._columns) - 1)
        for name, offered in self.choices.items():
            column = self._columns.index(name)
            rule = {"validate": "list", "source": list(offered)}
            self._sheet.data_validation(1, column, max(1, self._rows - 1), column, rule)
        self._book.close()


def _width(cells: list[Any], widest: int) -> int:
    """Return how wide a column should be, in narrow characters: a Japanese one takes two."""
    return min(max((widest_line(as_text(cell)) for cell in cells), default=0) + 3, widest)


SINKS: Mapping[str, Callable[[Path, Path, list[str]], Sink]] = {
    ".csv": _Delimited,
    ".tsv": _Delimited,
    ".xlsx": XlsxSink,
    ".jsonl": _Jsonl,
    ".parquet": _Parquet,
}
