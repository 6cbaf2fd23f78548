"""Excel files in: damaged ones, sheets, cells' types, merged cells."""

from __future__ import annotations

import zipfile
from datetime import datetime, time, timedelta
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from openpyxl.worksheet.formula import ArrayFormula
from table_files import fault, rows_of

from pipeline.tableio import open_rows, read_table, write_table


def book(path: Path, *sheets: list[list[object]]) -> Path:
    """Save an .xlsx file with openpyxl, one sheet a list of rows."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for number, rows in enumerate(sheets, 1):
        sheet = workbook.create_sheet(f"表{number}")
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


@pytest.mark.parametrize(("stream", "word"), [("EncryptedPackage", "パスワード"), ("Workbook", ".xls")])
def test_ole_containers(tmp_path: Path, stream: str, word: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + stream.encode("utf-16-le"))
    assert word in fault(path).ja


def test_the_name_xls_brings_the_same_advice(tmp_path: Path) -> None:
    path = tmp_path / "a.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "Workbook".encode("utf-16-le"))
    assert ".xlsx に保存し直して" in fault(path).ja and "古い形式" in fault(path).ja
    path.write_text(
        "<html><table><tr><td>意見</td></tr></table></html>", "utf-8"
    )  # as some systems export it
    assert ".xlsx に保存し直して" in fault(path).ja
    path = tmp_path / "a.txt"  # Excel's "Unicode text"
    path.write_text("No\t意見\n1\t坂\n", "utf-16")
    assert ".xlsx に保存し直して" in fault(path).ja and ".tsv" in fault(path).ja
    assert rows_of(path.rename(tmp_path / "a.tsv")) == [["1", "坂"]]


def test_a_file_with_macros_is_read(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["No", "意見"], [1, "坂"]]).rename(tmp_path / "a.xlsm")
    assert rows_of(path) == [[1, "坂"]]


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("content", [None, b"<broken"])
def test_damaged_xlsx(tmp_path: Path, member: str, content: bytes | None) -> None:
    whole = book(tmp_path / "whole.xlsx", [["a"], [1]])
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name) if name != member else content
            if data is not None:
                target.writestr(name, data)
    fault(path)


@pytest.mark.parametrize(
    ("member", "old", "new"),
    [
        (
            "xl/styles.xml",
            b'<patternFill patternType="none"/>',
            b"",
        ),  # as some programs write a fill of no kind
        ("xl/worksheets/sheet1.xml", b't="s"><v>0</v>', b't="s"><v>99</v>'),
    ],
)
def test_faults_within_the_parts_of_an_xlsx_file(tmp_path: Path, member: str, old: bytes, new: bytes) -> None:
    whole, path = tmp_path / "whole.xlsx", tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(whole) as workbook:
        workbook.add_worksheet().write_column(0, 0, ["意見", "坂"])
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            assert name != member or old in data
            target.writestr(name, data.replace(old, new) if name == member else data)
    assert ".xlsx に保存し直して" in fault(path).ja


def test_the_strict_kind_of_xlsx_is_not_taken_for_empty(tmp_path: Path) -> None:
    usual, strict = tmp_path / "usual.xlsx", tmp_path / "strict.xlsx"
    write_table(pd.DataFrame({"意見": ["バスが少ない"]}), usual)
    main = b"http://%s/spreadsheetml/%s"
    old, new = main % (b"schemas.openxmlformats.org", b"2006/main"), main % (b"purl.oclc.org/ooxml", b"main")
    with zipfile.ZipFile(usual) as archive, zipfile.ZipFile(strict, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name).replace(old, new))
    assert "厳密な Open XML" in fault(strict).ja


def test_excel_keeps_types_and_inner_blank_rows(tmp_path: Path) -> None:
    day = datetime(2025, 7, 1)
    path = book(
        tmp_path / "a.xlsx", [["id", "text", "日付"], ["01", 3, day], [], [None, 2.5, None], [], [""]]
    )
    assert rows_of(path) == [["01", 3, day], [None, None, None], [None, 2.5, None]]
    assert read_table(path).values.tolist() == [["01", "3", "2025-07-01"], ["", "", ""], ["", "2.5", ""]]


def test_dates_as_excel_in_japan_shows_them_and_numbers_that_no_date_has(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    told: list[tuple[float, str | int, object]] = [
        (45839, 14, datetime(2025, 7, 1)),
        # 「7月1日」, into which Excel turns a code such as 7-1, 「2025年7月1日」, 「R7.7.1」, 「18時00分」
        (45839, 56, datetime(2025, 7, 1)),
        (45839, 31, datetime(2025, 7, 1)),
        (45839, 57, datetime(2025, 7, 1)),
        (0.75, 32, time(18)),
        (45839, "ggge年m月d日", datetime(2025, 7, 1)),
        (1.5, "[h]:mm", timedelta(hours=36)),
        (15, 14, datetime(1900, 1, 15)),
        (20250701, 14, 20250701),
        (467231234, "h:mm", 467231234),
        (-1000000, 14, -1000000),
        (-0.25, "h:mm", -0.25),
        (-0.25, "[h]:mm", timedelta(hours=-6)),
        (1e15, "[h]:mm", 1e15),
        (45839, 0, 45839),
        (45839, "0_d", 45839),
    ]
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write(0, 0, "a")
        for row, (number, shown, _) in enumerate(told, 1):
            sheet.write_number(row, 0, number, workbook.add_format({"num_format": shown}))
        # Read along with what formulas say.
        sheet.write_formula(len(told) + 1, 0, "=99999999", workbook.add_format({"num_format": 14}), 99999999)
    assert [c for (c,) in rows_of(path)] == [*(value for *_, value in told), 99999999]


def test_first_sheet_with_content_unless_named(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [], [["a"], [1]], [["b"], [2]])
    assert open_rows(path).columns == ["a"]
    assert rows_of(path, sheet="表3") == [[2]]
    assert "表2" in fault(path, sheet="なし").ja
    assert "空" in fault(book(tmp_path / "b.xlsx", [], [])).ja


def test_excel_row_wider_than_header(tmp_path: Path) -> None:
    error = fault(book(tmp_path / "a.xlsx", [["a", "b"], [1, 2], [1, 2, None, 3]]))
    assert error.place.row == 3 and error.ja.startswith("D3 に値がありますが、1行目(見出し)のその列が空です")
    assert "value in D3" in error.en


def test_hidden_sheets_are_not_read_but_known(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [], [["a"], [1]], [["b"], [2]], [["c"], [3]], [])
    workbook = openpyxl.load_workbook(path)
    for name, state in (("表3", "hidden"), ("表4", "veryHidden"), ("表5", "hidden")):
        workbook[name].sheet_state = state
    workbook.save(path)
    source = open_rows(path)
    assert (source.sheet, source.sheets, source.hidden) == ("表2", ("表2",), ("表3",))
    assert rows_of(path, sheet="表3") == [[2]]
    workbook["表2"].sheet_state = "hidden"
    workbook.save(path)
    assert "非表示のシートのほかは: 表2、表3" in fault(path).ja and "表2, 表3" in fault(path).en


@pytest.mark.parametrize("title", [["令和7年度 調査"], ["令和7年度 調査", None, None, None, "自由記述一覧"]])
def test_a_title_above_the_header_is_told(tmp_path: Path, title: list[object]) -> None:
    rows: list[list[object]] = [title, [], ["No", "日", "地区", "性", "意見"], [1, None, "北", "女", "坂"]]
    error = fault(book(tmp_path / "a.xlsx", rows))
    assert "1行目が題名なら、その行を消して" in error.ja and "delete it" in error.en


def test_a_column_without_a_name_is_no_title(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["No", None, "意見"], [1, "北", "坂"], [2, "南", "道"]])
    assert open_rows(path).columns == ["No", "列2", "意見"]


def test_merged_header_is_refused_but_merged_data_is_not(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["設問", "x"], [1, 2], [3, 4]])
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("A2:A3")
    workbook.save(path)
    assert rows_of(path) == [[1, 2], [None, 4]]
    workbook.active.merge_cells("A1:B1")
    workbook.save(path)
    assert "結合" in fault(path).ja


def test_a_formula_that_was_never_worked_out_is_kept_as_text(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["a", "b"], ["=意見", 1], [None, "=1+1"]])
    array = openpyxl.load_workbook(path)
    array.active["A4"] = ArrayFormula("A4", "=SUM(B2:B3)")
    array.save(path)
    assert rows_of(path) == [["=意見", 1], [None, "=1+1"], ["=SUM(B2:B3)", None]]


def test_the_value_of_a_formula_leads_even_if_it_is_an_empty_text(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole.xlsx", tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(whole) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["a", "b", "c"])
        sheet.write_formula(1, 0, '=IF(B2="","",B2)', None, "")
        sheet.write_formula(1, 1, "=1+1", None, 2)
        sheet.write(1, 2, "x")
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():  # as Excel writes it
            target.writestr(name, source.read(name).replace(b'<c r="A2">', b'<c r="A2" t="str">'))
    assert rows_of(path) == [[None, 2, "x"]]


def test_parquet_with_damaged_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": [f"意見{i}" for i in range(2000)]}).to_parquet(path, compression="snappy")
    data = bytearray(path.read_bytes())
    data[4:2000] = b"\xff" * 1996  # the columns' names at the end are whole
    path.write_bytes(data)
    assert open_rows(path).columns == ["a"]
    assert "Parquet" in fault(path).ja


def test_control_characters_as_excel_writes_them(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["a"], ["上_x000D_\n下"], ["_x005F_x0041_"]])
    assert rows_of(path) == [["上\r\n下"], ["_x0041_"]]
