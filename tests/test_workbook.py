"""The reviewers' Excel file, opened again with openpyxl."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipeline.cells import CUT_MARK
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.review_form import says_none_fits
from pipeline.tableio import open_rows
from pipeline.workbook import SuggestionWorkbook, workbook_columns

COLUMNS = ["番号", "意見", "opinion_id", "status", "group_size"]
COLUMNS += [f"{name}_{k}" for k in (1, 2) for name in ("code", "title", "confidence")]
COLUMNS += ["evidence", "model_id"]

# openpyxl does not know the extensions by which Excel draws data bars.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")


@pytest.fixture
def codebook() -> Codebook:
    rows = [
        {"code": "G1", "number": "目標1", "title": "安心"},
        {"code": "G1-1", "number": "(1)", "title": "支援"},
        {
            "code": "G1-1-1",
            "number": "①",
            "title": "見守り活動について",
            "definition": "=声かけ",
            "exclude": "訪問",
        },
        {"code": "G1-1-2", "number": "②", "title": "地域福祉活動への支援"},
        {"code": "G2", "number": "目標2", "title": "連携"},
        {"code": "G2-1", "number": "(1)", "title": "窓口"},
    ]
    return Codebook.from_table(pd.DataFrame(rows).fillna(""))


def row(text: str, **cells: object) -> dict[str, object]:
    """One row of suggestions; named cells replace the usual ones."""
    usual = [
        "01",
        text,
        "s:1",
        "提案",
        1,
        "G1-1-1",
        "見守り活動について",
        0.625,
        "G2-1",
        "窓口",
        0.25,
        "例",
        "m-1",
    ]
    return dict(zip(COLUMNS, usual, strict=True)) | cells


def made(path: Path, codebook: Codebook, rows: list[dict[str, object]], **options: Any) -> Any:
    with SuggestionWorkbook(path, COLUMNS, codebook, top=2, text_column="意見", **options) as workbook:
        for one in rows:
            workbook.write(pd.DataFrame([one], dtype=object))
        workbook.summary(
            [
                ("状態", "提案", 1),
                ("状態", "=意見", 1200),
                ("モデル", "item@1", 0.345),
                ("モデル", "名", "m-1"),
            ]
        )
    return openpyxl.load_workbook(path)


def test_sheets_and_header(tmp_path: Path, codebook: Codebook) -> None:
    book = made(tmp_path / "提 案.xlsx", codebook, [row("バス"), row("坂")])
    assert book.sheetnames == ["提案", "コードブック", "集計"]
    assert [p.name for p in tmp_path.iterdir()] == ["提 案.xlsx"]
    sheet = book["提案"]
    header = [c.value for c in sheet[1]]
    assert header == workbook_columns(COLUMNS)
    assert header.index("確定コード") == header.index("confidence_1") + 1
    assert sheet.freeze_panes == "C2"  # below the header, right of the comment
    assert sheet.auto_filter.ref == "A1:N3"
    assert sheet.print_title_rows == "$1:$1"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, 0)  # None is the default, 1
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_decision_is_empty_with_a_list_of_all_items(tmp_path: Path, codebook: Codebook) -> None:
    book = made(tmp_path / "a.xlsx", codebook, [row("バス"), row("坂")])
    sheet = book["提案"]
    (rule,) = sheet.data_validations.dataValidation
    assert (rule.type, str(rule.sqref), rule.formula1) == ("list", "I2:I3", "code_choices")
    assert sheet["I1"].value == "確定コード" and sheet["I2"].value is None
    assert "「該当なし」を選んで" in rule.error  # a blank counts as a suggestion that nobody has looked at
    assert book.defined_names["code_choices"].attr_text == "'コードブック'!$G$2:$G$8"
    choices = [c[0].value for c in book["コードブック"]["G2:G8"]]
    assert choices[:4] == [
        "G1-1-1 見守り活動について",
        "G1-1-2 地域福祉活動への支援",
        "G2-1 窓口",
        "該当なし",
    ]
    assert says_none_fits(choices.pop(3))
    codes = [codebook.read_code(c) for c in choices]
    assert codes == ["G1-1-1", "G1-1-2", "G2-1", "G1", "G1-1", "G2"]
    assert book["コードブック"]["G9"].value is None


def test_dates_of_the_input_stay_dates(tmp_path: Path, codebook: Codebook) -> None:
    given = [
        datetime(2025, 6, 1, 10, 30),
        datetime(2025, 6, 1),
        date(2025, 6, 1),
        time(9, 30),
        timedelta(1.5),
    ]
    rows = [row("坂", 番号=when) for when in given]
    sheet = made(tmp_path / "a.xlsx", codebook, rows)["提案"]
    cells = [sheet.cell(i, 1) for i in range(2, 7)]
    assert all(c.is_date for c in cells)
    shown = ["yyyy/m/d h:mm", "yyyy/m/d", "yyyy/m/d", "h:mm", "[h]:mm:ss"]
    assert [c.number_format for c in cells] == shown
    assert [c.value for c in cells] == [*given[:2], given[1], *given[3:]]


def test_confidence_is_a_bar_from_0_to_1_in_percent(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(tmp_path / "a.xlsx", codebook, [row("バス")])["提案"]
    assert (sheet["H2"].value, sheet["H2"].number_format) == (0.625, "0%")
    bars = {
        str(area.sqref): [(c.type, float(c.val)) for c in rule.dataBar.cfvo]
        for area, rules in sheet.conditional_formatting._cf_rules.items()
        for rule in rules
        if rule.type == "dataBar"
    }
    assert bars == {"H2": [("num", 0), ("num", 1)], "L2": [("num", 0), ("num", 1)]}


def test_what_may_be_about_no_item_gets_no_bar(tmp_path: Path, codebook: Codebook) -> None:
    """Its confidence is that of the item if it is any: a long bar would say that the item is right."""
    rows = [row("バス"), row("税金が高い", status="該当なしの疑い", confidence_1=0.9)]
    sheet = made(tmp_path / "a.xlsx", codebook, rows)["提案"]
    assert [(sheet[f"H{i}"].value, sheet[f"H{i}"].number_format) for i in (2, 3)] == [
        (0.625, "0%"),
        (0.9, "(0%)"),
    ]
    assert sheet["L3"].number_format == "(0%)" and sheet["E3"].number_format != "(0%)"
    for area, rules in sheet.conditional_formatting._cf_rules.items():
        if str(area.sqref).startswith(("H", "L")):
            first = min(rules, key=lambda r: r.priority)
            assert (first.formula, first.stopIfTrue) == (['$D2="該当なしの疑い"'], True)
            assert first.dxf is not None  # without one, LibreOffice drops alignment and border
            assert len(rules) == 2


def test_paper_shows_the_columns_up_to_the_decision(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(tmp_path / "a.xlsx", codebook, [row("庭"), row("坂")])["提案"]
    decision = [c.value for c in sheet[1]].index("確定コード")
    last = openpyxl.utils.get_column_letter(decision + 1)
    assert sheet.print_area == f"'提案'!$A$1:${last}$3"


def test_rows_without_opinion_are_grey_and_empty(tmp_path: Path, codebook: Codebook) -> None:
    nothing = {c: None for c in COLUMNS if c[-2:] in ("_1", "_2")}
    sheet = made(tmp_path / "a.xlsx", codebook, [row("なし", status="意見なし", **nothing)])["提案"]
    (rule,) = [
        rule
        for rules in sheet.conditional_formatting._cf_rules.values()
        for rule in rules
        if rule.type == "expression" and not rule.stopIfTrue
    ]
    assert rule.formula == ['$D2="意見なし"']
    assert sheet["F2"].value is None and sheet["H2"].value is None


def test_cells_are_text_as_written(tmp_path: Path, codebook: Codebook) -> None:
    texts = ["=SUM(A1)", "+1", "-なし", "@市", "a\x07b", "http://example.jp", "長" * 40_000]
    path = tmp_path / "a.xlsx"
    sheet = made(path, codebook, [row(t, evidence=float("nan")) for t in texts])["提案"]
    cells = [sheet.cell(i + 2, 2) for i in range(len(texts))]
    assert {c.data_type for c in cells} <= {"s", "inlineStr"}
    assert [c.value for c in cells[:6]] == [*texts[:4], "ab", texts[5]]
    assert len(cells[6].value) == 32_767 and cells[6].value.endswith(CUT_MARK)
    assert sheet["A2"].value == "01"
    assert not any(c.hyperlink for c in cells)
    assert sheet["B2"].alignment.wrap_text
    assert open_rows(path).columns == workbook_columns(COLUMNS)


def test_rows_are_as_high_as_their_text_needs(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(
        tmp_path / "a.xlsx", codebook, [row("短"), row("長い" * 60), row("改\n" * 9), row("長" * 9999)]
    )["提案"]
    heights = [sheet.row_dimensions[i].height for i in (2, 3, 4, 5)]
    assert heights[0] < 25 < 80 < heights[1] < heights[2] < heights[3] < 410
    widths = {c: sheet.column_dimensions[c].width for c in "ABI"}
    assert widths["B"] > 40 and widths["I"] > 20 and widths["A"] < 12
    assert sheet.column_dimensions["C"].hidden  # opinion_id is there, but folded away


def test_codebook_sheet(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(tmp_path / "a.xlsx", codebook, [])["コードブック"]
    assert [c.value for c in sheet[4]][:6] == ["G1-1-1", "①", "見守り活動について", "=声かけ", None, "訪問"]
    assert sheet["D4"].data_type != "f"
    assert [sheet.cell(r, 3).alignment.indent for r in (2, 3, 4, 7)] == [0, 1, 2, 1]
    shaded = [sheet.cell(r, 1).fill.fgColor.rgb for r in range(2, 8)]
    assert shaded[0] == shaded[4] != shaded[1]
    assert shaded[2] == shaded[3] == shaded[5] == "00000000"  # items, whatever their level
    assert sheet.column_dimensions["G"].hidden
    assert sheet.freeze_panes == "A2"


def test_summary_sheet(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(tmp_path / "a.xlsx", codebook, [])["集計"]
    values = [[c.value for c in r] for r in sheet.iter_rows()]
    first = [["状態", "値"], ["提案", 1], ["=意見", 1200], [None, None]]
    assert values == [*first, ["モデル", "値"], ["item@1", 0.345], ["名", "m-1"]]
    assert sheet["B3"].number_format == "#,##0" and sheet["A3"].data_type != "f"


def test_english(tmp_path: Path, codebook: Codebook) -> None:
    book = made(tmp_path / "a.xlsx", codebook, [row("bus")], language="en")
    assert book.sheetnames == ["Suggestions", "Codebook", "Summary"]
    assert book["Suggestions"]["I1"].value == "final_code"
    assert book.defined_names["code_choices"].attr_text.startswith("'Codebook'!")


def test_no_rows_and_no_suggestion_columns(tmp_path: Path, codebook: Codebook) -> None:
    path = tmp_path / "a.xlsx"
    with SuggestionWorkbook(path, ["a"], codebook, top=3):
        pass
    sheet = openpyxl.load_workbook(path)["提案"]
    assert [c.value for c in sheet[1]] == ["a", "確定コード"]


def test_dates_and_numbers_of_the_input(tmp_path: Path, codebook: Codebook) -> None:
    sheet = made(tmp_path / "a.xlsx", codebook, [row("x", 番号=pd.Timestamp(2025, 7, 1)), row("y", 番号=7)])[
        "提案"
    ]
    assert [sheet["A2"].value, sheet["A3"].value] == [datetime(2025, 7, 1), 7]


def test_nothing_remains_after_an_error(tmp_path: Path, codebook: Codebook) -> None:
    with (
        pytest.raises(RuntimeError, match="stop"),
        SuggestionWorkbook(tmp_path / "a.xlsx", ["a"], codebook, top=1) as w,
    ):
        w.write(pd.DataFrame({"a": ["x"]}))
        raise RuntimeError("stop")
    assert list(tmp_path.iterdir()) == []
    with (
        pytest.raises(InputError, match="フォルダ"),
        SuggestionWorkbook(tmp_path / "no" / "a.xlsx", ["a"], codebook, top=1),
    ):
        pass


def test_a_row_too_many(tmp_path: Path, codebook: Codebook) -> None:
    with (
        pytest.raises(InputError, match=r"\.parquet"),
        SuggestionWorkbook(tmp_path / "a.xlsx", ["a"], codebook, top=1) as w,
    ):
        w._row = 1_048_575
        w.write(pd.DataFrame({"a": ["last", "too many"]}))
    assert list(tmp_path.iterdir()) == []


def test_columns_of_the_input_that_bear_the_decision_s_name(tmp_path: Path, codebook: Codebook) -> None:
    columns = ["確定コード", "確定コード(入力)", "confidence_1", "備考"]
    path = tmp_path / "a.xlsx"
    with SuggestionWorkbook(path, columns, codebook, top=1, text_column="確定コード") as workbook:
        workbook.write(pd.DataFrame([["G9", "b", 0.5, "memo"]], columns=columns, dtype=object))
    sheet = openpyxl.load_workbook(path)["提案"]
    header, first = ([c.value for c in row] for row in sheet.iter_rows(max_row=2))
    assert header == ["確定コード(入力)(入力)", "確定コード(入力)", "confidence_1", "確定コード", "備考"]
    assert first == ["G9", "b", 0.5, None, "memo"]
    assert sheet.column_dimensions["A"].width > sheet.column_dimensions["D"].width  # the text is wide
    assert [str(v.sqref) for v in sheet.data_validations.dataValidation] == ["D2"]
