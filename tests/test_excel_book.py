from __future__ import annotations

import errno
import gc
import tempfile
from pathlib import Path

import openpyxl
import pytest

from pipeline.excel_book import ExcelBook

FULL = Path("/dev/full")  # Linux's disk without space
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _written(path: Path, **options: object) -> ExcelBook:
    book = ExcelBook(path, **options)
    sheet = book.add_worksheet()
    for row in range(3000):
        sheet.write_string(row, 0, f"バスが少ない {row}")
    return book


@pytest.mark.parametrize("in_memory", [False, True])
def test_no_temporary_file_stays(tmp_path: Path, temporary: Path, in_memory: bool) -> None:
    book = _written(tmp_path / "a.xlsx", constant_memory=not in_memory)
    assert any(temporary.rglob("*"))
    book.close()
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").active["A3000"].value == "バスが少ない 2999"
    assert not any(temporary.iterdir())


@needs_full
@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("in_memory", [False, True])
def test_on_a_full_disk_neither(temporary: Path, in_memory: bool) -> None:
    book = _written(FULL, constant_memory=not in_memory)
    with pytest.raises(OSError) as caught:
        book.close()
    assert caught.value.errno == errno.ENOSPC
    assert not any(temporary.iterdir())
    del book, caught
    gc.collect()  # an archive that is still open would tell the fault again
