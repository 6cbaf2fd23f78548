"""Read .csv, .tsv and .jsonl files in UTF-8, CP932 or UTF-16, row by row."""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path

from pipeline.cells import DELIMITERS, Opened, Row, fitted, header, header_row
from pipeline.errors import InputError

# Bytes that no CP932 text has but Python's decoder lets through (as these characters).
_NOT_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")


def open_delimited(path: Path) -> Opened:
    """Open a .csv or .tsv file; an `InputError` if its encoding or header cannot be used."""
    encoding = detect_encoding(path)
    delimiter = _delimiter(path, encoding)
    columns = header(header_row((c for _, c in _records(path, encoding, delimiter)), path), path)

    def rows() -> Generator[Row, None, None]:
        blank = 0
        for number, cells in islice(_records(path, encoding, delimiter), 1, None):
            if not cells:
                blank += 1  # a row if others follow, else only the end of the file
                continue
            for _ in range(blank):
                yield [""] * len(columns)
            blank = 0
            yield fitted(cells, len(columns), path, number)

    return Opened(columns, encoding, 2, rows)


def open_jsonl(path: Path) -> Opened:
    """Open a .jsonl file, its columns all keys of all lines; an `InputError` at a line that is no object."""
    encoding = detect_encoding(path)

    def records() -> Iterator[dict[str, object]]:
        with path.open(encoding=encoding) as handle:
            for number, line in enumerate(handle, 1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except ValueError:
                    record = None
                if not isinstance(record, dict):
                    raise InputError(
                        "1行に1つの {…} になっていません。",
                        "not one JSON object on the line",
                        file=str(path),
                        row=number,
                    )
                yield record

    # Any row may bring a new column: all must be seen before the first is written.
    keys = list({key: None for record in records() for key in record})

    def rows() -> Generator[Row, None, None]:
        for record in records():
            yield [record.get(key) for key in keys]

    return Opened(header(keys, path), encoding, 1, rows)


def detect_encoding(path: Path) -> str:
    """Return the encoding that fits the whole file: by its BOM, or UTF-8, CP932 or UTF-16 strictly.

    Raises
    ------
    InputError
        if none fits, naming the row of the first bad byte in the one that came furthest.
    """
    with path.open("rb") as handle:
        head = handle.read(1 << 16)
    if head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = _without_bom(head)
    reach: dict[str, int] = {}
    for encoding in candidates:
        good = _good_bytes(path, encoding)
        if good is None:
            return encoding
        reach[encoding] = good
    encoding = max(reach, key=reach.__getitem__)
    bad = re.compile(f"\ufffd|{_NOT_CP932.pattern}" if encoding == "cp932" else "\ufffd")
    records = _records(
        path, encoding, DELIMITERS.get(path.suffix.lower(), "\0"), strict=False, errors="replace"
    )
    row = next((number for number, cells in records if any(map(bad.search, cells))), None)
    ja = "UTF-8、CP932、UTF-16 のどれでも読めない文字があります。UTF-8 で保存し直してください。"
    raise InputError(
        ja,
        "unreadable characters: not UTF-8, CP932 or UTF-16; please save it as UTF-8",
        file=str(path),
        row=row,
    )


def _without_bom(head: bytes) -> list[str]:
    """Return what a file without BOM may be: line breaks, commas and digits of UTF-16 hold a zero byte."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even + odd > len(head) // 50 and max(even, odd) > 9 * min(even, odd):
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return ["utf-8", "cp932"]


def _good_bytes(path: Path, encoding: str) -> int | None:
    """Return about how many bytes decode before the first bad one, or None if all do."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as handle:
        try:
            while block := handle.read(1 << 20):
                text = decoder.decode(block)
                if encoding == "cp932" and (bad := _NOT_CP932.search(text)):
                    return done + len(text[: bad.start()].encode("cp932"))
                done += len(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            return done + error.start
    return None


_LONGEST_CELL = 1 << 30  # Python's own limit of 131,072 characters is less than a report pasted into a cell


def _records(
    path: Path, encoding: str, delimiter: str, *, strict: bool = True, errors: str = "strict"
) -> Iterator[tuple[int, list[str]]]:
    """Yield (row as Excel counts it, cells); a blank line has no cells."""
    row = 0
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, errors=errors, newline="") as handle:
        try:
            for row, cells in enumerate(csv.reader(handle, delimiter=delimiter, strict=strict), 1):
                yield row, cells
        except csv.Error as error:
            ja = '引用符(")が閉じていないか、余分にあります。'
            raise InputError(
                ja, f"a quotation mark is unclosed or stray ({error})", file=str(path), row=row + 1
            ) from None


def _delimiter(path: Path, encoding: str) -> str:
    """Return the usual delimiter, unless the header is one cell by it and the first rows all fit another."""
    usual = DELIMITERS[path.suffix.lower()]
    for delimiter in (usual, "\t", ",", ";"):
        widths = [len(c) for _, c in islice(_records(path, encoding, delimiter, strict=False), 20) if c]
        if widths and widths[0] > 1 and (delimiter == usual or len(set(widths)) == 1):
            return delimiter
    return usual
