"""Reading files: encodings, lines, and what cannot be read."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.documents import read_document
from pipeline.errors import InputError

TEXT = "目標1 安心\n\n(1) 支援\n①見守り\n・一人暮らし〜心配\r\n最後の行"


@pytest.mark.parametrize(
    ("codec", "bom", "shown"),
    [
        ("utf-8", b"", "UTF-8"),
        ("utf-8", b"\xef\xbb\xbf", "UTF-8 (BOM)"),
        ("cp932", b"", "CP932"),
        ("utf-16-le", b"\xff\xfe", "UTF-16"),
        ("utf-16-be", b"\xfe\xff", "UTF-16"),
    ],
)
def test_every_encoding_gives_the_same_lines(tmp_path: Path, codec: str, bom: bytes, shown: str) -> None:
    text = TEXT.replace("〜", "~")
    data = bom + text.encode(codec)
    path = tmp_path / "まとめ 案.txt"
    path.write_bytes(data)
    document = read_document(path)
    assert document.encoding == shown
    assert document.name == "まとめ 案.txt"
    assert document.stem == "まとめ 案"
    assert document.sha256 == hashlib.sha256(data).hexdigest()
    assert [(b.line, b.text) for b in document.blocks] == [
        (1, "目標1 安心"),
        (3, "(1) 支援"),
        (4, "①見守り"),
        (5, "・一人暮らし~心配"),
        (6, "最後の行"),
    ]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))))
def test_lines_are_verbatim_and_none_is_lost(lines: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.md"
        path.write_bytes(("x\n" + "\n".join(lines)).encode("utf-8"))
        blocks = read_document(path).blocks
    expected = [(n, t) for n, t in enumerate(["x", *lines], start=1) if t.strip()]
    assert [(b.line, b.text) for b in blocks] == expected


def test_a_line_may_go_on_below(tmp_path: Path) -> None:
    text = "・一行目\n二行目\n  三行目\n\n  四行目\n"
    for name, expected in (("a.md", [False, True, True, False]), ("a.txt", [False, False, True, False])):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert [b.continues for b in read_document(tmp_path / name).blocks] == expected


def test_a_markdown_heading_is_one_line(tmp_path: Path) -> None:
    for name, expected in (("a.md", [False, False, True]), ("a.txt", [False, False, True])):
        (tmp_path / name).write_text("# 目標1 安心\n支え合います\n  続き\n", encoding="utf-8")
        assert [b.continues for b in read_document(tmp_path / name).blocks] == expected


def test_table_rows_are_told_from_lines(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("地区\t人数\n| a | b |\nふつう\n\t字下げ\n", encoding="utf-8")
    kinds = [b.kind for b in read_document(tmp_path / "a.md").blocks]
    assert kinds == ["table", "table", "line", "line"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.md", b"", "空です"),
        ("a.txt", b" \n\xe3\x80\x80\n", "文字がありません"),
        ("a.pdf", b"\n", "空です"),
        ("a.txt", b"\xff\xff\x80\x81", "文字コード"),
        ("a.txt", b"PK\x03\x04\0\0\0", "文字コード"),
        ("a.xls", b"x", "この形式"),
        ("a", b"x", "この形式"),
        ("a.pdf", b"%PDF-1.7 broken", "PDF として読めません"),
        ("a.pdf", b"not a pdf", "PDF として読めません"),
        ("a.docx", b"PK\x03\x04 broken", "Word の文書として読めません"),
        ("a.docx", b"plain text", "Word の文書として読めません"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "古い Word"),
        (
            "a.docx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(9) + "EncryptedPackage".encode("utf-16-le"),
            "パスワード",
        ),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError) as error:
        read_document(path)
    assert words in error.value.ja
    assert error.value.place.file == name


def test_a_missing_file_or_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="見つかりません"):
        read_document(tmp_path / "no.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(InputError, match="開けません"):
        read_document(tmp_path / "folder.md")
