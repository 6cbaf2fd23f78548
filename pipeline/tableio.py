"""Read and write tables by the file's ending: .csv .tsv .xlsx .jsonl .parquet (and read .xlsm).

Big files are read and written chunk by chunk, so that memory stays flat. A file that cannot be read
cell for cell is refused with the place of the fault: a half-read table does more harm than none. What
is written goes to a temporary file beside the target, which takes its name only when all went well.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType

import pandas as pd

from pipeline.binary_readers import open_parquet, open_xlsx
from pipeline.cells import ChooseSheet, Row, as_text
from pipeline.errors import InputError, why
from pipeline.placing import discard, put_in_place, temporary_beside, writing
from pipeline.table_writers import SINKS, XlsxSink
from pipeline.text_readers import open_delimited, open_jsonl

# With macros it is read alike; what is named .xls is mostly of the old kind, which its reader refuses with advice.
EXCEL = (".xlsx", ".xlsm", ".xls")
READABLE = (*SINKS, *EXCEL[1:])


@dataclass(frozen=True)
class RowSource:
    """A table that can be read any number of times, chunk by chunk. Made by `open_rows`.

    `encoding` says what was read (None for .xlsx and .parquet); `first_row` is the number of the first
    data row as people see it: row = `first_row` + number of rows before it. Of an Excel file, `sheet` is the
    one read, `sheets` are the visible ones with content, `merged` is the first of its merged cells ('' if none), and
    `hidden` are the sheets with content that people hid.
    """

    path: Path
    columns: list[str]
    encoding: str | None
    first_row: int
    rows: Callable[[], Generator[Row, None, None]]
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    merged: str = ""
    hidden: tuple[str, ...] = ()

    def chunks(self, size: int = 4096) -> Iterator[pd.DataFrame]:
        """Yield tables of up to `size` rows, cells as objects in the file's own types, opening it anew.

        Raises
        ------
        InputError
            at the first row that cannot be read, naming it.
        """
        with closing(self.rows()) as rows:
            while batch := list(islice(rows, size)):
                yield pd.DataFrame(batch, columns=self.columns, dtype=object)

    def table(self) -> pd.DataFrame:
        """Return a small table with every cell as text; `attrs['encoding']` says what was read.

        Raises
        ------
        InputError
            as `chunks`.
        """
        with closing(self.rows()) as rows:
            cells = [[as_text(c) for c in row] for row in rows]
        frame = pd.DataFrame(cells, columns=self.columns, dtype=str)
        frame.attrs["encoding"] = self.encoding
        return frame


def open_rows(path: Path, sheet: str | None = None, choose: ChooseSheet | None = None) -> RowSource:
    """Check a table file and return its `RowSource`.

    `sheet` names a sheet of an Excel file; without it `choose`, if given, tells which one to read.

    Raises
    ------
    InputError
        if the file is missing, empty, of another kind, or its encoding or header cannot be used.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in READABLE:
        known = " ".join(SINKS)
        raise InputError(
            "この種類の表は読めません。Excel で開けるファイルなら、Excel で .xlsx に保存し直してください"
            f"(タブ区切りの .txt は拡張子を .tsv に変えても読めます)。使える拡張子: {known}",
            "cannot read this kind of table. If Excel opens it, save it there as .xlsx "
            f"(or give a tab-separated .txt the ending .tsv). Endings: {known}",
            file=str(path),
        )
    try:
        with path.open("rb") as handle:
            head = handle.read(8)
    except OSError as error:
        raise InputError(
            f"ファイルを開けません({why(error)})。",
            f"cannot open the file ({error.strerror})",
            file=str(path),
        ) from None
    if not head:
        raise InputError("ファイルが空です。", "the file is empty", file=str(path))
    if kind in EXCEL:
        return RowSource(path, *open_xlsx(path, sheet, head, choose))
    if kind == ".parquet":
        return RowSource(path, *open_parquet(path))
    return RowSource(path, *(open_jsonl(path) if kind == ".jsonl" else open_delimited(path)))


def read_table(path: Path, sheet: str | None = None) -> pd.DataFrame:
    """Read a small table with every cell as text: `open_rows` and `RowSource.table`, with their errors."""
    return open_rows(path, sheet).table()


def check_ending(path: Path) -> None:
    """Raise `InputError` unless the file's ending is one of a table that can be written."""
    if path.suffix.lower() not in SINKS:
        known = " ".join(SINKS)
        raise InputError(
            f"この種類の表は扱えません。使える拡張子: {known}",
            f"cannot tell the kind of table; endings: {known}",
            file=str(path),
        )


class TableWriter:
    """Write a table chunk by chunk to `path`, in the form its ending says, as a context manager.

    CSV and TSV are UTF-8 with BOM and CRLF, which Excel in Japan opens correctly. The file appears when
    the block ends well; after an error nothing of it remains.

    `choices` are, by column, what a list in Excel offers to the people who fill the column in. `temporary` is the
    file to write to if the caller gives it its name (see `placing.whole_files`).
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[str],
        choices: Mapping[str, Sequence[str]] | None = None,
        temporary: Path | None = None,
    ) -> None:
        self.path = Path(path)
        self._choices = choices or {}
        self._given = temporary
        self.columns = list(columns)
        check_ending(self.path)

    def __enter__(self) -> TableWriter:
        self._temporary = self._given or temporary_beside(self.path)
        with writing(self.path):
            self._sink = SINKS[self.path.suffix.lower()](self._temporary, self.path, self.columns)
        if isinstance(self._sink, XlsxSink):
            self._sink.choices = self._choices
        return self

    def write(self, frame: pd.DataFrame) -> None:
        """Append the rows of `frame`, which has at least this writer's columns.

        Raises
        ------
        InputError
            if an Excel sheet cannot hold that many rows, or the file cannot be written.
        """
        with writing(self.path):
            self._sink.write([frame[c].tolist() for c in self.columns])

    def __exit__(self, kind: type[BaseException] | None, _e: object, _t: TracebackType | None) -> None:
        try:
            if kind is None:
                with writing(self.path):
                    self._sink.close()
                if self._given is None:
                    put_in_place(self._temporary, self.path)
            else:
                with suppress(OSError):  # what went wrong has been said
                    self._sink.close()
        finally:
            if self._given is None:
                discard(self._temporary)


def write_table(frame: pd.DataFrame, path: Path, temporary: Path | None = None) -> None:
    """Write a whole table; see `TableWriter`."""
    with TableWriter(path, [str(c) for c in frame.columns], temporary=temporary) as writer:
        writer.write(frame)
