"""Reading text PDFs. The PDFs are written here, with the Japanese font only named, as printers' PDFs do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import SOURCE

from pipeline.documents import read_document
from pipeline.errors import InputError
from pipeline.opinions import ingest_document

Placed = tuple[float, float, float, str]  # x, y, size, text
FONT = b"""<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UTF16-H /DescendantFonts [
<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /DW 1000 /W [1 95 500 231 632 500]
/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 4 >>
/FontDescriptor << /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 /FontBBox [0 -200 1000 900]
/Ascent 800 /Descent -200 /CapHeight 700 /ItalicAngle 0 /StemV 80 >> >> ] >>"""
IMAGE = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"


def pdf(pages: list[list[Placed]], trailer: bytes = b"", picture_on: int = 0) -> bytes:
    """Return an A4 PDF with texts at places; page `picture_on` (from 1) also holds a picture."""
    kids = b" ".join(b"%d 0 R" % (5 + 2 * i) for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        FONT,
        IMAGE + b" /Length 1 >>\nstream\n\x80\nendstream",
    ]
    for number, texts in enumerate(pages, start=1):
        lines = [f"BT /F {s} Tf {x} {y} Td <{t.encode('utf-16-be').hex()}> Tj ET" for x, y, s, t in texts]
        if number == picture_on:
            lines.append("q 100 0 0 100 50 400 cm /Im Do Q")
        stream = "\n".join(lines).encode()
        content = b"%d 0 R" % (6 + 2 * (number - 1))
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents " + content + b" /Resources "
            b"<< /Font << /F 3 0 R >> /XObject << /Im 4 0 R >> >> >>",
            b"<< /Length %d >>\nstream\n" % len(stream) + stream + b"\nendstream",
        ]
    data, offsets = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % o for o in offsets)
    data += b"trailer << /Size %d /Root 1 0 R %s >>\n" % (len(objects) + 1, trailer)
    return data + b"startxref\n%d\n%%%%EOF\n" % start


def column(lines: list[str], size: float = 9, x: float = 50, top: float = 700) -> list[Placed]:
    """Place lines one below the other."""
    return [(x, top - 1.6 * size * i, size, text) for i, text in enumerate(lines)]


def read(tmp_path: Path, *args: object, **kwargs: object) -> list[tuple[int | None, int, str, str, bool]]:
    (tmp_path / "a.pdf").write_bytes(pdf(*args, **kwargs))  # type: ignore[arg-type]
    blocks = read_document(tmp_path / "a.pdf").blocks
    return [(b.page, b.line, b.kind, b.text, b.continues) for b in blocks]


def test_the_real_document_as_pdf_gives_the_same_plan_and_labels(tmp_path: Path) -> None:
    lines = SOURCE.read_text(encoding="utf-8").split("\n")
    # Long prose would run off the page.
    lines = [line for line in lines if line.strip() and len(line) < 100]
    pages = [column(lines[i : i + 40], top=740) for i in range(0, len(lines), 40)]
    (tmp_path / SOURCE.with_suffix(".pdf").name).write_bytes(pdf(pages))
    from_pdf = ingest_document(read_document(tmp_path / "kamakura_workshop_2025.pdf"))
    original = ingest_document(read_document(SOURCE))
    assert from_pdf.codebook.sha256 == original.codebook.sha256
    assert len(from_pdf.labels) == 84
    for name in ("text", "code", "labelled_at"):
        assert from_pdf.labels[name].tolist() == original.labels[name].tolist()
    assert all(re.fullmatch(r"p\d L\d+", x) for x in from_pdf.labels["location"])
    assert from_pdf.labels["opinion_id"].is_unique
    assert from_pdf.counts["set_aside"] == 0
    assert from_pdf.counts["lines"] == len(lines)


def test_gaps_between_japanese_and_latin_letters_are_not_spaces(tmp_path: Path) -> None:
    # A fifth and then half of a character's width, as typeset and as a real space.
    page = [(50, 700, 10, "高齢者が"), (92, 700, 10, "50"), (104, 700, 10, "人が"), (129, 700, 10, "いた")]
    assert read(tmp_path, [page])[0][3] == "高齢者が50人が いた"


def test_a_character_that_cannot_be_read_is_noted(tmp_path: Path) -> None:
    # Without a Japanese font on the computer, PDFium passes over a character that stands alone.
    blocks = read(tmp_path, [[(50, 700, 10, "高齢者が"), (92, 700, 10, "人"), (50, 600, 10, "いた")]])
    texts = [text for _, _, _, text, _ in blocks]
    assert texts in (["高齢者が人", "いた"], ["", "高齢者が", "いた"])
    assert ("no-font" in {kind for _, _, kind, _, _ in blocks}) == ("" in texts)


def test_cells_on_one_baseline_become_a_table_row(tmp_path: Path) -> None:
    page = [(50, 700, 10, "腰越地区"), (150, 700, 10, "6月14日(土)"), (300, 700, 10, "15名")]
    assert read(tmp_path, [page]) == [(1, 1, "table", "腰越地区\t6月14日(土)\t15名", False)]


def test_headers_footers_and_page_numbers_are_marked(tmp_path: Path) -> None:
    pages = [
        [
            (50, 800, 8, "ワークショップまとめ"),
            *column([f"・意見{n}の一", "・意見"]),
            (290, 30, 8, f"- {n} -"),
        ]
        for n in (1, 2, 3)
    ]
    blocks = read(tmp_path, pages)
    assert [(k, t) for _, _, k, t, _ in blocks[:4]] == [
        ("running", "ワークショップまとめ"),
        ("line", "・意見1の一"),
        ("line", "・意見"),
        ("running", "- 1 -"),
    ]
    assert sum(k == "running" for _, _, k, _, _ in blocks) == 6


def test_the_same_opinion_at_the_top_of_two_pages_is_no_header(tmp_path: Path) -> None:
    pages = [column(["・バスが少ない", f"・その{n}"], top=800) for n in (1, 2)]
    assert {k for _, _, k, _, _ in read(tmp_path, pages)} == {"line"}


def test_only_a_full_line_goes_on_below_also_over_a_page(tmp_path: Path) -> None:
    full = "・" + "あ" * 52
    pages = [
        [(50, 800, 8, "柱の文字"), *column(["・短い", "続きでない", full])],
        [(50, 800, 8, "柱の文字"), *column(["続き", "・次"])],
    ]
    continues = {text: c for _, _, _, text, c in read(tmp_path, pages)}
    assert continues == {
        "柱の文字": False,
        "・短い": False,
        "続きでない": False,
        full: False,
        "続き": True,
        "・次": False,
    }


def test_a_wrapped_opinion_is_joined_and_each_line_accounted_for(tmp_path: Path) -> None:
    full = "・" + "あ" * 50
    lines = ["目標1 安心", "①見守り", full, "いい", "・次", "迷子の行", "・その下"]
    (tmp_path / "a.pdf").write_bytes(pdf([column(lines)]))
    result = ingest_document(read_document(tmp_path / "a.pdf"))
    assert result.labels["text"].tolist() == ["あ" * 50 + "いい", "次"]
    assert result.lines["use"].tolist() == [
        "goal", "item", "opinion", "continuation", "opinion", "set aside", "set aside",
    ]  # fmt: skip
    assert result.set_aside["location"].tolist() == ["p1 L6", "p1 L7"]


def test_a_page_that_is_a_picture_is_noted(tmp_path: Path) -> None:
    blocks = read(tmp_path, [column(["本文"]), [], []], picture_on=2)
    assert blocks == [(1, 1, "line", "本文", False), (2, 0, "no-text", "", False)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pdf([[]], picture_on=1), "文字の情報がありません"),
        (pdf([[]]), "文字の情報がありません"),
        (
            pdf([column(["本文"])], b"/ID [<00><00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
            + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"),
            "パスワード",
        ),
        (pdf([column(["本文"])])[:40], "壊れている"),
    ],
)  # fmt: skip
def test_pdfs_that_cannot_be_read(tmp_path: Path, data: bytes, words: str) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    with pytest.raises(InputError) as error:
        read_document(tmp_path / "a.pdf")
    assert words in error.value.ja
    assert error.value.place.file == "a.pdf"
