"""Text tables in: encodings, delimiters, ragged rows and lines that are no JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_files import fault, rows_of

from pipeline.errors import InputError
from pipeline.tableio import open_rows, read_table
from pipeline.text_readers import detect_encoding

TEXT = "番号,ご意見\r\n01,バスが少ない\r\n02,坂道①が多い～\r\n"


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_every_encoding_gives_the_same_table(tmp_path: Path, codec: str, found: str) -> None:
    path = tmp_path / "市民 の声.csv"
    path.write_bytes(TEXT.encode(codec))
    frame = read_table(path)
    assert frame.attrs["encoding"] == open_rows(path).encoding == found
    assert frame.to_dict("list") == {"番号": ["01", "02"], "ご意見": ["バスが少ない", "坂道①が多い～"]}


def test_one_late_cp932_character_decides(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n" + b"1,abc\n" * 400_000 + "2,坂\n".encode("cp932"))
    assert detect_encoding(path) == "cp932"
    *_, last = open_rows(path).chunks()
    assert last["text"].iloc[-1] == "坂"


@pytest.mark.parametrize("codec", ["utf-8", "cp932"])
def test_bad_byte_is_named_by_its_row(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.csv"
    records = ["id,text", '1,"一行目\r\n二行目"', "2,鎌倉", "3,"]
    path.write_bytes("\r\n".join(records).encode(codec) + b"\xff\r\n")
    assert fault(path).place.row == 4


def test_bad_byte_in_jsonl_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes('{"a": "鎌倉"}\n{"a": "x'.encode() + b'\xff"}\n')
    assert fault(path).place.row == 2


def test_bytes_that_python_lets_through_are_not_cp932(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\ncaf\x80\n")
    assert fault(path).place.row == 2


def test_a_character_across_two_blocks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"t\n" + b"x" * ((1 << 20) - 3) + "鎌\n".encode())
    assert detect_encoding(path) == "utf-8"


def test_utf8_with_stray_zero_bytes_is_not_utf16(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("a,b\n\0\0,鎌倉\n".encode())
    assert open_rows(path).encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("a,b\n1,2\n3\n", 3),
        ("a,b\n1,2\n3,4,5\n", 3),
        ('a,b\n"x\ny",2\n3,4,5\n', 3),
        ('a,b\n1,2\n"open,2\n5,6\n', 3),
        ('a,b\n1,"x"y\n', 2),
        ("a,a\n1,2\n", 1),
        (",\n1,2\n", 1),
        ("\na,b\n1,2\n", 1),
    ],
)
def test_faulty_csv_names_the_row(tmp_path: Path, text: str, row: int) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    assert fault(path).place.row == row


def test_a_title_above_the_header_is_told(tmp_path: Path) -> None:
    """Saved as CSV by Excel: 「市民意見調査」 was taken for the column of comments, and the numbers below it for these."""
    path = tmp_path / "a.csv"
    for blank in ("", ",,,\n"):
        path.write_text(
            f"市民意見調査,,,\n{blank}番号,地区,年代,自由記述\n1,北,,道\n2,,40代,坂\n", encoding="utf-8"
        )
        error = fault(path)
        assert error.place.row == 1 and "1行目が題名なら、その行を消して" in error.ja
    path.write_text("番号,,意見\n1,北,道\n", encoding="utf-8")
    assert open_rows(path).columns == ["番号", "列2", "意見"]


def test_a_repeated_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("意見,id,意見\n1,2,3\n", encoding="utf-8")
    assert fault(path).place.column == "意見"


def test_a_blank_column_name_is_numbered(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,,c\n1,2,3\n", encoding="utf-8")
    assert open_rows(path).columns == ["a", "列2", "c"]


def test_blank_lines_are_rows_only_inside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n\n3,4\n\n\n", encoding="utf-8")
    assert rows_of(path) == [["1", "2"], ["", ""], ["3", "4"]]


@pytest.mark.parametrize(
    ("ending", "mark"), [(".csv", ";"), (".csv", "\t"), (".tsv", ","), (".tsv", "\t"), (".csv", ",")]
)
def test_the_real_delimiter_is_found(tmp_path: Path, ending: str, mark: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_text(f'id{mark}text\n1{mark}"x"\n2{mark}y\n', encoding="utf-8")
    assert rows_of(path) == [["1", "x"], ["2", "y"]]


def test_one_column_with_semicolons_in_some_cells(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("意見;要望\nバス\n坂;道\n", encoding="utf-8")
    assert open_rows(path).columns == ["意見;要望"]


@pytest.mark.parametrize("line", ["[1]", "{", "3", '{"a": 1} x'])
def test_jsonl_fault_names_the_line(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n' + line + "\n", encoding="utf-8")
    assert fault(path).place.row == 3


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200), ending=st.sampled_from([".csv", ".tsv", ".jsonl"]))
def test_any_bytes_are_read_or_refused(content: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{ending}"
        path.write_bytes(content)
        try:
            frame = read_table(path)
        except InputError:
            return
        # Every cell is a piece of the file's text, strictly decoded.
        text = content.decode(frame.attrs["encoding"]).replace('"', "")
        if ending != ".jsonl":
            assert all(cell.replace('"', "") in text for cell in frame.to_numpy().ravel())


def test_a_report_pasted_into_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"番号,ご意見\n1,{'長' * 140_000}\n", "utf-8")
    assert len(str(rows_of(path)[0][1])) == 140_000
