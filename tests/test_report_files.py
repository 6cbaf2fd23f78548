"""The files of a report: what Word, HTML, Markdown and Excel hold, also of texts that break such files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn

from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED, UNCODED, CodedOpinions
from pipeline.report import build_report
from pipeline.report_excel import write_excel
from pipeline.report_html import html
from pipeline.report_markdown import markdown, picture_names
from pipeline.report_parts import Report, ReportOptions
from pipeline.report_word import write_word
from pipeline.tables import SET_ASIDE

NASTY = [
    '=HYPERLINK("http://example.com")',
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %}",
    "制御\x00\x0b文字",
    "改行\nのある意見",
    "・○①(1) 行頭",
    "@SUM(1)",
    "長い" * 300,
]


@pytest.fixture(scope="module")
def report(plan: Codebook) -> Report:
    """A report with pictures, cross tables, comparison and texts that break files."""
    rows = [
        {
            "opinion_id": f"o{i}",
            "unit": "1",
            "text": NASTY[i % len(NASTY)] + (f" その{i}" if i >= len(NASTY) else ""),
            "code": ("G1-1-1", "G2-1-1", "G1")[i % 3],
            "checked": "no" if i % 4 else "yes",
            "confidence": "0.75",
            "地区": "北/東:[1]" if i % 2 else "南",
        }
        for i in range(48)
    ]
    outside = [{"opinion_id": "u", "unit": "1", "text": "=1+1", "kind": "該当なしの疑い", "reason": "x"}]
    opinions = CodedOpinions(
        CODED.table(rows), UNCODED.table(outside).assign(地区="南"), SET_ASIDE.empty(), 49
    )
    options = ReportOptions("まとめ<1>", ("令和7年", "○○市"), "調査.xlsx", examples=30, by=("地区",))
    return build_report(opinions, plan, options, previous=opinions)


@pytest.fixture(scope="module")
def word(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report as a Word file."""
    path = tmp_path_factory.mktemp("word") / "まとめ.docx"
    write_word(report, path)
    return path


def test_word_has_real_headings_numbering_and_contents(word: Path) -> None:
    document = docx.Document(str(word))
    styles = {p.style.name for p in document.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Heading 3", "Heading 4", "意見", "toc 1", "toc 2"} <= styles
    chapter = document.styles["Heading 1"].element.pPr.find(qn("w:numPr"))
    assert chapter is not None
    xml = document.element.xml
    assert 'TOC \\o "1-3"' in xml and "updateFields" in document.settings.element.xml
    bookmarks = set(re.findall(r'w:bookmarkStart [^>]*w:name="([^"]+)"', xml))
    assert set(re.findall(r"PAGEREF (\S+)", xml)) == bookmarks
    begins, ends = (xml.count(f'w:fldCharType="{kind}"') for kind in ("begin", "end"))
    assert begins == ends


def test_word_is_a4_with_japanese_type_and_page_numbers(word: Path) -> None:
    document = docx.Document(str(word))
    section = document.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    for name in ("Normal", "Heading 1", "Heading 3", "意見", "Caption"):
        style = document.styles[name]
        fonts = style.element.find(f".//{qn('w:rFonts')}")
        if fonts is not None:
            assert fonts.get(qn("w:eastAsia")) and not [a for a in fonts.attrib if a.endswith("Theme")]
    assert "PAGE" in section.footer._element.xml and "PAGE" in section.first_page_footer._element.xml
    assert "未確認の提案" in section.header.paragraphs[0].text


def test_word_shows_opinions_marks_and_alternative_texts(word: Path, report: Report) -> None:
    document = docx.Document(str(word))
    bullets = [p.text for p in document.paragraphs if p.style.name == "意見"]
    assert any("<script>" in b for b in bullets) and any("未確認の提案" in b for b in bullets)
    assert any("制御文字" in b for b in bullets)
    pictures = document.element.findall(f".//{qn('wp:docPr')}")
    assert len(pictures) == len(report.pictures) and all(p.get("descr") for p in pictures)
    tables = document.tables
    assert all(t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in tables)


def test_html_asks_nothing_of_any_server_and_runs_no_text(report: Report) -> None:
    page = html(report)
    loads = re.findall(r"""(?:src|href|action|data|poster)\s*=\s*["']([^"']*)""", page)
    assert loads and all(x.startswith(("#", "data:")) for x in loads)
    assert "@import" not in page and not re.search(r"url\(", page)
    assert "default-src 'none'" in page
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page
    assert "{{ 7*7 }}" in page and 'alt=""' not in page
    assert "\x00" not in page and page.encode("utf-8")


def test_html_is_well_formed_enough_to_navigate(report: Report) -> None:
    page = html(report)
    targets = set(re.findall(r'href="#([^"]+)"', page))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert targets <= set(ids) and len(ids) == len(set(ids))
    for tag in ("section", "table", "figure", "ul", "h2", "h3", "h4"):
        assert len(re.findall(rf"<{tag}[ >]", page)) == page.count(f"</{tag}>"), tag


def test_markdown_names_its_pictures(report: Report) -> None:
    text = markdown(report, "まとめ_図")
    for name in picture_names(report).values():
        assert f"(まとめ_図/{name}.png)" in text
    assert "](" not in markdown(report)


def test_excel_has_a_sheet_a_table_and_no_formula(report: Report, tmp_path: Path) -> None:
    path = tmp_path / "まとめ.xlsx"
    write_excel(report, path, path)
    book = openpyxl.load_workbook(path)
    names = book.sheetnames
    sheets = sum(len(t.as_sheets()) for t in report.tables)
    assert len(names) == 2 + sheets + len(report.pictures)
    assert all(len(n) <= 31 for n in names) and names[0] == "目次"
    links = [c.value for c in book["目次"]["A"] if c.hyperlink]
    assert links == names[1:]
    kinds = {c.data_type for s in book for row in s.iter_rows() for c in row}
    assert "f" not in kinds
    listed = book["意見一覧"]
    assert listed.max_row == 50  # with the header: 48 codes, and the opinion that has none
    head = [c.value for c in listed[1]]
    last = dict(zip(head, (c.value for c in listed[50]), strict=True))
    assert last["意見ID"] == "u" and last["区分"] == "該当なしの疑い" and last["コードのない理由"] == "x"
    assert not last["コード"] and last["確認"] == "未確認の提案"
    texts = [c.value for c in next(c for c in listed.iter_cols() if c[0].value == "意見")[1:]]
    assert NASTY[0] in texts
    with zipfile.ZipFile(path) as archive:
        assert sum(n.startswith("xl/media/") for n in archive.namelist()) == len(report.pictures)


def test_the_same_report_is_the_same_file(report: Report, tmp_path: Path) -> None:
    assert html(report) == html(report)
    files = []
    for _ in range(2):
        write_word(report, tmp_path / "a.docx")
        with zipfile.ZipFile(tmp_path / "a.docx") as archive:
            files.append(archive.read("word/document.xml"))
    assert files[0] == files[1]
