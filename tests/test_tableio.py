"""Tables in and out: any kind of file, chunk by chunk, round trips, and nothing left after errors."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_files import fault

from pipeline.errors import InputError, why
from pipeline.tableio import TableWriter, open_rows, read_table, write_table


def test_chunks_read_anew_and_count_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("t\n" + "x\n" * 10, encoding="utf-8")
    source = open_rows(path)
    assert [len(c) for c in source.chunks(4)] == [len(c) for c in source.chunks(4)] == [4, 4, 2]
    assert source.first_row == 2


def test_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n", encoding="utf-8")
    assert list(open_rows(path).chunks()) == []
    assert list(read_table(path).columns) == ["a", "b"]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"])
def test_empty_missing_and_foreign_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    fault(path)
    path.write_bytes(b"")
    assert "空" in fault(path).ja
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff\xfe\x00")
    fault(path)


def test_unknown_ending_lists_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.ods"
    assert ".parquet" in fault(path).ja
    with pytest.raises(InputError, match="xlsx"):
        TableWriter(path, ["a"])


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"])
def test_nothing_remains_after_an_error(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="stop"), TableWriter(path, ["a"]) as writer:
        writer.write(pd.DataFrame({"a": ["x"]}))
        raise RuntimeError("stop")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(InputError, match="フォルダ"), TableWriter(tmp_path / "no" / f"a{ending}", ["a"]):
        pass
    (tmp_path / f"folder{ending}").mkdir()
    with pytest.raises(InputError, match="cannot write"), TableWriter(tmp_path / f"folder{ending}", ["a"]):
        pass
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"])
def test_a_full_disk_is_one_message(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    with pytest.raises(InputError) as caught:
        write_table(pd.DataFrame({"a": ["バスが少ない"] * 9000}), path, Path("/dev/full"))
    assert caught.value.ja.startswith("書き込めません(ディスクに空きがありません)")
    assert caught.value.place.file == str(path)


def test_columns_are_written_in_the_order_given(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with TableWriter(path, ["b", "a"]) as writer:
        writer.write(pd.DataFrame({"a": [1], "b": [2], "c": [3]}))
    assert read_table(path).to_dict("records") == [{"b": "2", "a": "1"}]


# Any text but what the files themselves cannot hold; CR and LF are tested apart for Excel.
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
EXCEL_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), ending=st.sampled_from([".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"]))
def test_round_trip(data: st.DataObject, ending: str) -> None:
    cell = EXCEL_TEXT if ending == ".xlsx" else ANY_TEXT
    rows = data.draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=8))
    if ending == ".xlsx":
        rows.append(("終", "わり"))  # trailing blank rows are not rows in a sheet
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{ending}"
        write_table(pd.DataFrame(rows, columns=["a", "b"]), path)
        assert list(read_table(path).itertuples(index=False, name=None)) == rows


def test_what_the_system_says_of_a_fault_is_told_in_japanese_too(tmp_path: Path) -> None:
    (tmp_path / "フォルダ.csv").mkdir()
    for name, ja, en in (
        ("ない.csv", "見つかりません", "No such file"),
        ("フォルダ.csv", "フォルダです", "Is a directory"),
    ):
        with pytest.raises(InputError) as caught:
            read_table(tmp_path / name)
        assert ja in caught.value.ja and not re.search("[A-Za-z]{3}", caught.value.ja)
        assert en in caught.value.en
    # What is not foreseen is told in the system's own words.
    assert why(OSError(5, "Input/output error")) == "Input/output error"
