from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.placing import check_writable, whole_file, whole_files


def test_several_files_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("old", "utf-8")
    second.mkdir()  # as little to be replaced as a file that Excel holds open on Windows
    with pytest.raises(InputError, match=r"b\.csv"), whole_files([first, second]) as temporaries:
        for temporary in temporaries:
            temporary.write_text("new", "utf-8")
    assert first.read_text("utf-8") == "old" and sorted(tmp_path.iterdir()) == [first, second]
    second.rmdir()
    with pytest.raises(RuntimeError, match="stop"), whole_files([first, second]) as temporaries:
        temporaries[0].write_text("new", "utf-8")
        raise RuntimeError("stop")
    assert first.read_text("utf-8") == "old" and list(tmp_path.iterdir()) == [first]
    with whole_files([first, second]) as temporaries:
        for temporary in temporaries:
            temporary.write_text("new", "utf-8")
    assert [p.read_text("utf-8") for p in sorted(tmp_path.iterdir())] == ["new", "new"]


def test_a_fault_while_writing_names_the_file_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught, whole_file(tmp_path / "a.html"):
        (tmp_path / "none" / "x").write_text("x", "utf-8")
    assert caught.value.place.file == str(tmp_path / "a.html")
    assert not any(tmp_path.iterdir())


def test_looking_whether_a_file_can_be_written_leaves_it_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    check_writable(path)
    check_writable(tmp_path / "new" / "a.csv")  # a folder that is made later
    assert not any(tmp_path.iterdir())
    path.write_text("old", "utf-8")
    before = path.stat()
    check_writable(path)
    assert path.read_text("utf-8") == "old" and path.stat().st_mtime_ns == before.st_mtime_ns
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match=r"フォルダです\)。別の場所か名前"):
        check_writable(tmp_path)
