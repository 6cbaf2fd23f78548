"""What a reader sees of a report: whole numbers in tables, nothing torn apart, names that tell which item is meant."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED, UNCODED, CodedOpinions
from pipeline.drawing import canvas
from pipeline.models import Model
from pipeline.pictures_bars import _name_cells
from pipeline.pictures_map import _name_policies
from pipeline.report import build_report
from pipeline.report_excel import write_excel
from pipeline.report_html import html
from pipeline.report_parts import ModelFigures, Paragraph, Report, ReportOptions, Section, Table
from pipeline.report_word import write_word
from pipeline.tables import CODEBOOK, SET_ASIDE

LONG = "市内に20年以上お住まいで、今後も住み続けたい方(賃貸住宅を含みます)"
DIGIT = 0.76 * 8.5 * 25.4 / 72  # mm: BIZ UDPGothic at the size of the smaller tables
EDGES = 3.8  # mm: what Word leaves at both sides of a cell


def table_of(report: Report, path: Path, at: int = 0) -> Any:
    write_word(report, path)
    return docx.Document(str(path)).tables[at]


def only(table: Table) -> Report:
    return Report("まとめ", (), (Section("章", (table,)),), False)


def bound(row: Any) -> bool:
    """Whether a row stays on the page of the next."""
    return all(c.paragraphs[0].paragraph_format.keep_with_next for c in row.cells)


def survey(codes: list[str], groups: list[str], *, checked: str = "yes") -> CodedOpinions:
    """Opinions of which the i-th has the i-th code and the i-th group, over and over."""
    rows = [
        {
            "opinion_id": f"o{i}",
            "unit": "1",
            "text": f"公園のごみが気になる、その{i}",
            "code": codes[i % len(codes)],
            "checked": checked,
            "confidence": "",
            "地区": groups[i // len(codes) % len(groups)],
        }
        for i in range(120)
    ]
    return CodedOpinions(CODED.table(rows), UNCODED.empty(), SET_ASIDE.empty(), len(rows), 0, 0, ("m-1",))


@pytest.mark.parametrize("names", [[LONG, f"元{LONG}", "無回答"], [f"地区{i}" for i in range(6)]])
def test_word_breaks_no_number(names: list[str], tmp_path: Path) -> None:
    """Long names of groups left the column beside them too narrow for its numbers."""
    rows = [["回答の数", *("446" for _ in names), "1,426"], ["目標1", *("105 (24%)▲" for _ in names), "338"]]
    drawn = table_of(
        only(Table("表", pd.DataFrame(rows, columns=["項目", *names, "計"]), "表")), tmp_path / "a.docx"
    )
    widths = [c.width.mm for c in drawn.columns]
    assert sum(widths) <= 160.5
    assert all(w >= len("446") * DIGIT + EDGES for w in widths[1:-1])
    assert all(w >= len("(24%)▲") * DIGIT + EDGES for w in widths[1:-1])
    assert widths[-1] >= len("1,426") * DIGIT + EDGES - DIGIT / 2  # the comma is narrow


def test_word_leaves_no_row_of_a_long_table_alone(tmp_path: Path) -> None:
    long = only(Table("表", pd.DataFrame({"項目": [f"{i}" for i in range(40)], "数": range(40)}), "表"))
    drawn = table_of(long, tmp_path / "a.docx")
    assert [i for i, row in enumerate(drawn.rows) if bound(row)] == [0, 1, 2, 3, 38, 39]


def test_word_keeps_words_with_what_they_are_of(plan: Codebook, tmp_path: Path) -> None:
    """A goal whose opinions all stand below it has words, and no opinion of its own to be kept with."""
    codes, texts = ["G1-1-1", "G2-1-1"], ["公園のごみが多い", "歩道の段差が高い"]
    opinions = survey(codes, ["北"])
    opinions.coded["text"] = [f"{texts[i % 2]}、その{i}" for i in range(120)]
    write_word(build_report(opinions, plan, ReportOptions(pictures=False)), tmp_path / "a.docx")
    words = [p for p in docx.Document(str(tmp_path / "a.docx")).paragraphs if p.text.startswith("特徴語")]
    assert len(words) > 2 and all(p.paragraph_format.keep_with_next for p in words)


def test_html_numbers_every_picture(plan: Codebook) -> None:
    """Pictures to explore had no number, so that 図3 was followed by 図5."""
    opinions = survey(["G1-1-1", "G2-1-1"], ["北", "南"])
    report = build_report(opinions, plan, ReportOptions(by=("地区",)), previous=opinions)
    numbers = [int(n) for n in re.findall(r">図(\d+) ", html(report))]
    assert len(numbers) > 2 and numbers == list(range(1, len(report.pictures) + 1))


def test_excel_says_what_its_own_sheets_show(plan: Codebook, tmp_path: Path) -> None:
    opinions = survey(["G1-1-1", "G2-1-1"], [LONG, "南"])
    report = build_report(opinions, plan, ReportOptions(by=("地区",)), previous=opinions)
    write_excel(report, tmp_path / "a.xlsx", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    texts = {s.title: " ".join(str(c.value) for row in s.iter_rows() for c in row) for s in book}
    for name in ("地区_件数", "地区_割合", "地区_残差"):
        assert (
            "略しました" not in texts[name] and "( )は" not in texts[name]
        )  # all rows are there, no brackets
        # Not every program makes the row of a long name as high as it has lines.
        assert (book[name].row_dimensions[1].height or 0) > 40
    assert "差_" in texts["地区_残差"] and "多い 1、少ない -1" in texts["地区_残差"]
    assert "▲" not in texts["前回比"] and "1と-1は" in texts["前回比"]
    heat = next(s for s in book if "項目×地区" in s.title)
    assert {type(c.value) for row in heat.iter_rows(min_row=2, min_col=3) for c in row if c.value != "x"} >= {
        int
    }


def test_items_of_one_title_are_told_apart() -> None:
    rows = [("G1", "", "目標1", "支える"), ("G2", "", "目標2", "つなぐ")]
    rows += [
        ("G1-1", "G1", "(1)", "多機関の協働"),
        ("G2-1", "G2", "(1)", "多機関の協働"),
        ("G2-2", "G2", "(2)", "広報"),
    ]
    names = ("code", "parent", "number", "title")
    twice = Codebook.from_table(CODEBOOK.table([dict(zip(names, r, strict=True)) for r in rows]))
    both = survey(["G1-1", "G2-1", "G1-1"], ["北"])
    report = build_report(both, twice, ReportOptions(pictures=False))
    told = "".join(p.text for s in report.sections for p in s.parts if isinstance(p, Paragraph))
    assert "「目標1(1) 多機関の協働」(80件)、「目標2(1) 多機関の協働」(40件)" in told and "「広報」" in told


def test_limits_speak_of_unchecked_suggestions_only_where_there_are_some(plan: Codebook) -> None:
    for checked, expected in (("yes", False), ("no", True)):
        report = build_report(
            survey(["G1-1-1"], ["北"], checked=checked), plan, ReportOptions(pictures=False)
        )
        told = [p.text for p in report.sections[-1].parts if isinstance(p, Paragraph)]
        assert any("未確認の提案による件数" in t for t in told) == expected


def test_a_map_says_what_its_numbers_leave_out(plan: Codebook, model: Model) -> None:
    """An opinion of two codes has one sign: the legend counts fewer than the tables."""
    one = survey(["G1-1-1", "G2-1-1"], ["北"])
    second = one.coded.iloc[:3].assign(code="G2-1-2")
    two = CodedOpinions(pd.concat([one.coded, second]), one.uncoded, one.set_aside, 120)
    told = {}
    for name, opinions in (("one", one), ("two", two)):
        figures = ModelFigures(encode=model.features.transform)
        parts = build_report(opinions, plan, model=figures).sections[1].parts
        told[name] = [p.text for p in parts if isinstance(p, Paragraph) and p.text.startswith("意見の地図")]
    assert told == {
        "one": [],
        "two": ["意見の地図: 複数の項目に当たる意見は、はじめの項目にだけ印を置きました。"],
    }


def test_policies_on_the_map_lie_over_none_another(plan: Codebook) -> None:
    codes = ["G1", "G1-1-1", "G1-2-1", "G2-1-1"]
    table = pd.DataFrame({"code": codes * 3, "x": [0.5, 0.5, 0.52, 0.48] * 3, "y": 0.5})
    with canvas(5.6) as figure:
        axes = figure.subplots()
        axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
        _name_policies(axes, table, plan)
        figure.draw_without_rendering()
        # A goal is no policy: opinions coded to it alone lie anywhere.
        assert sorted(t.get_text() for t in axes.texts) == ["目標1(1)", "目標1(2)", "目標2(1)"]
        boxes = [t.get_window_extent() for t in axes.texts]
        assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


def test_names_of_thirty_districts_can_be_read() -> None:
    with canvas(6) as figure:
        axes = figure.subplots()
        axes.imshow([[0.0] * 30] * 4, aspect="auto")
        _name_cells(
            axes,
            ["目標1(1)① 福祉専門職の確保・定着と市内就労支援"] * 4,
            [f"大船{i}丁目地区" for i in range(30)],
        )
        figure.draw_without_rendering()
        boxes = [t.get_window_extent() for t in axes.get_xticklabels()]
        assert len(boxes) == 30 and not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
