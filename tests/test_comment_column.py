"""Which sheet and which column the comments of a survey are read from, and that people are told."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import openpyxl
import pytest
from commands import DEFAULT, iken
from conftest import ROOT

from pipeline.comment_column import guess_text_column, named_column, text_column_of_long
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.review.loading import load_file
from pipeline.review.store import Store
from pipeline.tableio import read_table

ANSWERS = [["No", "自由記述"], [1, "公園のごみを拾う人がいない"], [2, "歩道の段差で転んだ"]]
EXPLAINED = [["この調査は…"], ["作成: 計画課"]]
COVER = [["項目", "内容"], ["調査名", "市民アンケート"]]


def book(path: Path, **sheets: list[list[object]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(path)
    return path


def read_table_rows(path: Path) -> list[list[object]]:
    table = read_table(path)
    return [list(table.columns), *table.values.tolist()]


def run(command: str, path: Path, *options: object) -> int:
    """Run one of the commands that read a survey; its tables go to the folder `out`, or the file `out.csv`."""
    model = () if command == "mask" else ("--model", DEFAULT)
    out = path.with_name("out" if command == "themes" else "out.csv")
    return iken(command, path, "--out", out, *model, *options)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["id", "自由記述"], "自由記述"),
        (["id", "問5 ご意見(自由記述)"], "問5 ご意見(自由記述)"),
        (["x"], "x"),
        (["Comment", "age"], "Comment"),
        (["番 号", "ご 意 見"], "ご 意 見"),
        (["No.", "問5 市に望むことを\n自由にお書きください"], "問5 市に望むことを\n自由にお書きください"),
        (["問4 自由に使える時間", "ご自由にご記入下さい"], "ご自由にご記入下さい"),
    ],
)
def test_comment_column_is_found_by_its_name(columns: list[str], expected: str) -> None:
    assert guess_text_column(columns) == expected


def test_a_name_that_fits_two_columns_names_neither() -> None:
    """「問5 意見」 and 「問 5意見」 differ in a blank only; which one is meant nobody but the user knows."""
    columns = ["問5 意見", "問 5意見"]
    assert [named_column(columns, c, "--text-column", None) for c in columns] == columns
    with pytest.raises(InputError, match="ある列: 問5 意見、問 5意見"):
        named_column(columns, "問5意見", "--text-column", None)


def test_a_question_that_asks_to_write_freely_is_not_passed_over_for_the_one_after_it() -> None:
    columns = ["ID", "問5 困っていることを自由にお書きください", "問6 その他、ご意見・ご要望"]
    with pytest.raises(InputError, match="一つに決まりません"):
        guess_text_column(columns)


def test_the_long_form_has_one_column_of_comments_and_no_other_may_be_asked_for() -> None:
    columns = ["opinion_id", "unit_text", "code"]
    assert [text_column_of_long(columns, w, None) for w in (None, "unit_text", " unit_text")] == [
        "unit_text"
    ] * 3
    with pytest.raises(InputError, match="unit_text"):
        text_column_of_long(columns, "code", None)


@pytest.mark.parametrize("command", ["suggest", "mask", "themes"])
def test_the_sheet_with_the_comments_is_read_and_the_others_named(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in (EXPLAINED, COVER):
        assert run(command, book(tmp_path / "a.xlsx", 表紙=other, 回答=ANSWERS)) == 0
        said = capsys.readouterr()
        assert "a.xlsx(シート「回答」)" in said.out.splitlines()[0]
        assert "シート「回答」" in said.err and "読まないシート: 表紙(--sheet" in said.err
    # Two sheets with comments: the first one, and a word about the second.
    assert run(command, book(tmp_path / "b.xlsx", 大船=ANSWERS[:2], 玉縄=ANSWERS)) == 0
    said = capsys.readouterr()
    assert "シート「大船」" in said.out and "読まないシート: 玉縄" in said.err
    assert run(command, tmp_path / "b.xlsx", "--sheet", "玉縄") == 0
    said = capsys.readouterr()
    assert "シート「玉縄」" in said.out and "読まないシート" not in said.err
    # English too.
    assert iken("--lang", "en", "mask", tmp_path / "b.xlsx", "--out", tmp_path / "en.csv") == 0
    said = capsys.readouterr()
    assert "(sheet '大船')" in said.out and "Sheets not read: 玉縄" in said.err
    # A hidden sheet may hold answers as well.
    workbook = openpyxl.load_workbook(tmp_path / "b.xlsx")
    workbook["玉縄"].sheet_state = "hidden"
    workbook.save(tmp_path / "b.xlsx")
    assert run(command, tmp_path / "b.xlsx") == 0
    assert "読まないシート: 玉縄(非表示)" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["suggest", "mask", "themes"])
def test_no_sheet_is_guessed(tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = book(tmp_path / "a.xlsx", 説明=EXPLAINED, 回答=ANSWERS, 回答2=ANSWERS)
    assert run(command, path) == 2
    assert "説明" in (said := capsys.readouterr().err) and "回答、回答2" in said and "--sheet" in said
    # The only column of an Excel sheet may be anything; the message says what there is.
    path = book(tmp_path / "b.xlsx", 説明=EXPLAINED, 一覧=[["番号", "所属"], [1, "課"]])
    assert run(command, path) == 2
    said = capsys.readouterr().err
    assert "ある列: この調査は…(1行目を見出しとして" in said and "あるシート: 説明、一覧" in said
    assert not list(tmp_path.glob("out*"))
    assert run(command, path, "--text-column", "この調査は…") == 0
    # The column the user names decides on the sheet.
    assert run(command, path, "--text-column", "所属") == 0
    assert "シート「一覧」" in capsys.readouterr().out
    # A list without more columns may have any name.
    (tmp_path / "c.csv").write_text("感想\n公園のごみ\n", "utf-8")
    assert run(command, tmp_path / "c.csv") == 0


def test_a_review_reads_the_same_sheet(tmp_path: Path, model: Model) -> None:
    path = book(tmp_path / "a.xlsx", 表紙=COVER, 回答=ANSWERS)
    with closing(Store.open(str(tmp_path / "review.db"))) as store:
        report = load_file(store, path, model)
        assert (report.source.sheet, report.text_column, report.comments) == ("回答", "自由記述", 2)
    path = book(tmp_path / "b.xlsx", 説明=EXPLAINED)
    with closing(Store.open(str(tmp_path / "b.db"))) as store, pytest.raises(InputError, match="この調査は"):
        load_file(store, path, model)


def test_nothing_is_said_of_the_sheets_that_iken_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "提案.xlsx"
    assert iken("suggest", book(tmp_path / "a.xlsx", 回答=ANSWERS), "--out", made, "--model", DEFAULT) == 0
    assert ["シート", "回答"] in read_table(made, "集計").values.tolist()
    capsys.readouterr()
    assert iken("themes", made, "--out", tmp_path / "out", "--model", DEFAULT) == 0
    said = capsys.readouterr()
    assert "シート「提案」" in said.out and "読まない" not in said.err


@pytest.mark.parametrize("command", ["suggest", "mask", "themes"])
def test_other_columns_of_comments_are_named(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        ["No", "問5 自由記述", "意見番号", "ご意見"],
        [1, "公園の清掃を続けたい", 2, "歩道の段差で転んだ"],
    ]
    path = book(tmp_path / "a.xlsx", 回答=rows)
    note = "ほかに自由記述らしい列: 問5 自由記述(--text-column"
    assert run(command, path) == 0
    said = capsys.readouterr()
    assert note in said.err and "列「ご意見」" in said.out + said.err
    assert run(command, path, "--text-column", "ご意見") == 0
    assert "ほかに" not in capsys.readouterr().err


CODED = [["意見", "コード"], ["公園のごみを拾う人がいない", "G1-1-1"], ["歩道の段差で転んだ", "G3-3-2"]]
LABELLED = [["opinion_id", "text", "code"], ["1", "公園のごみを拾う人がいない", "G1-1-1"]]


def test_report_and_ingest_read_the_same_sheet_and_name_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coded = book(tmp_path / "a.xlsx", 表紙=COVER, 回答=CODED, メモ=EXPLAINED)
    labelled = book(tmp_path / "b.xlsx", 表紙=COVER, 回答=LABELLED, メモ=EXPLAINED)
    plan = ("--codebook", ROOT / "data/codebook/codebook.csv")
    no_pictures = ("--no-pictures", "--model", tmp_path / "none")
    for n, command in enumerate(
        (
            ("ingest", coded, "--out", tmp_path / "data", *plan),
            ("report", labelled, "--out", tmp_path / "r.md", *plan, *no_pictures),
        )
    ):
        assert iken(*command) == 0
        said = capsys.readouterr()
        assert f"{'ab'[n]}.xlsx(シート「回答」): " in said.out.splitlines()[0]
        assert "シート「回答」" in said.err and "読まないシート: 表紙、メモ(--sheet" in said.err
        assert iken(*command, "--sheet", "回答") == 0
        assert "読まないシート" not in capsys.readouterr().err
        assert iken(*command, "--sheet", "メモ") == 2
        capsys.readouterr()
    # The previous survey, of which no sheet can be named.
    previous = ("report", labelled, "--sheet", "回答", "--previous", labelled.rename(tmp_path / "c.xlsx"))
    book(labelled, 表紙=COVER, 回答=LABELLED)
    assert iken(*previous, "--out", tmp_path / "r.md", *plan, *no_pictures) == 0
    said = capsys.readouterr()
    assert "c.xlsx(シート「回答」) を読みます(先頭の" in said.err and said.err.endswith(": 表紙、メモ\n")
    book(tmp_path / "c.xlsx", 表紙=COVER, 回答=LABELLED, 回答2=LABELLED)
    assert iken(*previous, "--out", tmp_path / "r.md", *plan, *no_pictures) == 2
    said = capsys.readouterr()
    assert "c.xlsx" in said.err and "先頭に移してください" in said.err and "--sheet" not in said.err


@pytest.mark.parametrize(
    "command",
    [
        ("agreement", "DECISIONS"),
        ("adjudicate", "DECISIONS", "--out", "OUT"),
        ("audit", "--labels", "LABELS", "--model", DEFAULT),
        ("crosswalk", "PLAN", "PLAN", "--out", "OUT"),
        ("report", "LABELS", "--codebook", "PLAN", "--out", "OUT.md", "--no-pictures"),
    ],
    ids=lambda c: c[0],
)
def test_commands_without_the_option_name_the_sheets_they_do_not_read(
    tmp_path: Path, command: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    made = {
        "DECISIONS": [
            ["opinion_id", "text", "coder", "action", "code", "decision_id", "round"],
            *(["1", "公園", c, "change", "G1-1-1", f"d-{c}", "1"] for c in "AB"),
        ],
        "LABELS": LABELLED,
        "PLAN": read_table_rows(ROOT / "data/codebook/codebook.csv"),
    }
    files = {n: book(tmp_path / f"{n}.xlsx", 表=rows, 控え=EXPLAINED) for n, rows in made.items()}
    files |= {"OUT": tmp_path / "out.csv", "OUT.md": tmp_path / "out.md"}
    named = [files.get(str(a), a) for a in command]
    assert iken(*named) == 0
    said = capsys.readouterr().err
    for path in {a for a in named if isinstance(a, Path) and a.suffix == ".xlsx"}:
        assert f"{path.name}(シート「表」) を読みます。読まないシート: 控え(" in said
    assert "読むのは先頭のシートだけです" in said


BROKEN = (
    "問5 お困りの\nこと(任意)"  # a header with a line break in it, which nobody can type on a command line
)


def test_a_column_is_named_as_people_can_type_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [["番号", BROKEN], ["001", "公園のごみを拾う人がいない"]]
    survey = book(tmp_path / "a.xlsx", 表紙=COVER, 回答=asked)
    for command in ("suggest", "mask", "themes"):
        assert run(command, survey, "--text-column", "問5お困りのこと(任意)") == 0
        assert "シート「回答」" in (said := capsys.readouterr().out)
        assert command == "themes" or "列「問5 お困りの こと(任意)」" in said  # on one line
    plan = ("--codebook", ROOT / "data/codebook/codebook.csv")
    made = tmp_path / "提案.xlsx"
    named = ("--text-column", "問5 お困りのこと(任意)")
    assert iken("suggest", survey, *named, "--out", made, "--model", DEFAULT, "--id-column", " 番号") == 0
    assert iken("review", "sheet", made, *named, "--out", tmp_path / "b.xlsx", *plan) == 0
    out = ("--out", tmp_path / "r.md", "--no-pictures", "--model", DEFAULT)
    assert iken("report", made, *named, *out, *plan) == 0
    capsys.readouterr()
    assert iken("report", made, *named, "--by", "番 号", *out, *plan) == 2  # found, though of one answer only
    assert "列「番号」: 5件以上の" in capsys.readouterr().err
    coded = book(tmp_path / "c.xlsx", 回答=[[BROKEN, "分\n類"], ["公園のごみ", "G1-1-1"]])
    columns = (*named, "--code-column", "分類")
    assert iken("ingest", coded, *columns, "--out", tmp_path / "data", *plan) == 0


def test_a_column_that_is_in_no_sheet_is_looked_for_where_the_comments_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("suggest", book(tmp_path / "a.xlsx", 表紙=COVER, 回答=ANSWERS), "--text-column", "感想") == 2
    assert "列「感想」がありません(--text-column)。ある列: No、自由記述" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["suggest", "mask"])
def test_what_excel_cannot_hold_whole_is_told(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    survey = tmp_path / "a.csv"
    survey.write_text(f"番号,意見\n1,{'長い意見です。' * 5000}\n2,公園のごみ\n", "utf-8")
    model = () if command == "mask" else ("--model", DEFAULT)
    assert iken(command, survey, "--out", tmp_path / "b.xlsx", *model) == 0
    assert "1個の値は Excel のセルの上限(32,767字)を超えるので、途中までです。" in capsys.readouterr().err
    assert iken(command, survey, "--out", tmp_path / "b.csv", *model) == 0
    assert "途中まで" not in capsys.readouterr().err
    assert read_table(tmp_path / "b.csv")["意見"].str.len().tolist() == [35_000, 5]


@pytest.mark.parametrize("command", ["suggest", "mask", "themes"])
def test_what_is_read_as_blank_or_has_no_name_is_told(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One cell for the district of two people is common in Japan, and so is a header of two rows."""
    rows: list[list[object]] = [["No", "地区", "意見"], [1, "北", "道の段差"], [2, None, "公園の清掃"]]
    path = book(tmp_path / "a.xlsx", 回答=rows)
    assert run(command, path) == 0
    assert "結合" not in (said := capsys.readouterr().err) and "見出しのない列" not in said
    workbook = openpyxl.load_workbook(path)
    workbook.active.merge_cells("B2:B3")
    workbook.save(path)
    assert run(command, path) == 0
    assert "B2:B3" in (said := capsys.readouterr().err) and "結合を解いて" in said
    two = book(
        tmp_path / "b.xlsx",
        回答=[["No", "属性", None, "意見"], ["", "地区", "年代", "問1"], *[[1, "北", "30代", "坂"]]],
    )
    assert run(command, two) == 0
    assert "見出しのない列があります: 列3。" in capsys.readouterr().err


def test_a_named_column_below_a_title_is_told_that_row_1_is_the_header(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name is right there in row 2, and 「ありません」 alone is what nobody believes."""
    survey = book(tmp_path / "回答.xlsx", 回答=[["市民アンケート 回答一覧"], *ANSWERS])
    assert iken("suggest", survey, "--out", tmp_path / "o.csv", "--text-column", "自由記述") == 2
    assert "ある列: 市民アンケート 回答一覧(1行目を見出しとして" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["suggest", "mask", "themes"])
def test_a_named_column_that_is_not_found_may_be_in_another_sheet(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A cover, and a title above the answers: no sheet has the column in row 1, and the cover's is what is listed."""
    titled = [["市民アンケート 回答一覧"], *ANSWERS]
    survey = book(tmp_path / "回答.xlsx", 表紙=EXPLAINED, 回答=titled)
    assert run(command, survey, "--text-column", "自由記述") == 2
    assert "ある列: この調査は…(1行目を見出しとして読みました)。あるシート: 表紙、回答(--sheet" in (
        capsys.readouterr().err
    )


def test_names_with_line_breaks_are_listed_on_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["問1 ご意見を\nお書きください", "問2 その他の\r\nご意見"], ["バスが少ない", "公園がない"]]
    survey = book(tmp_path / "回答.xlsx", 回答=rows)
    assert iken("suggest", survey, "--out", tmp_path / "o.csv") == 2
    assert "ある列: 問1 ご意見を お書きください、問2 その他の ご意見" in capsys.readouterr().err
