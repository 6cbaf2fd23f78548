"""Rows of totals under a survey: named, and never taken for a comment."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import iken
from conftest import SEED_CODEBOOK

from pipeline.models import Model
from pipeline.review.loading import load_file
from pipeline.review.store import Store
from pipeline.tableio import read_table
from pipeline.totals import TOTALS_ROW, comments_of, is_totals_row

HEADER = ("地区", "ご意見", "コード")
ROWS = [
    ("大船", "バスの本数が少なくて困る", "G3-3-2"),
    ("腰越", "12", ""),
    ("深沢", "計画は読んだ", "G1-1-1"),
]


def excel(path: Path, *rows: tuple[object, ...]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("row", "is_total"),
    [
        (("合計", 3, ""), True),
        ((None, "3件", "合計"), False),
        (("総 計:", "1,234 件", ""), True),
        ((None, "合　計", 3), True),
        (("Total", 3, ""), True),
        (("大船", 3, ""), False),
        (("合計", "バスが3本", ""), False),
        (("大船", "合計でいくらか知りたい", ""), False),
        (("", "計画", ""), False),
    ],
)
def test_only_what_is_plainly_a_total_is_one(row: tuple[object, ...], is_total: bool) -> None:
    table = pd.DataFrame([("大船", 3, ""), row], columns=list(HEADER), dtype=object)
    texts, totals = comments_of(table, "ご意見")
    assert totals == ([1] if is_total else [])
    assert texts[0] == "3" and (texts[1] == "") == is_total


def test_cells_of_blanks_are_not_what_a_row_begins_with() -> None:
    assert is_totals_row("36", ["　", " 合計 ", "36"])
    assert not is_totals_row("36", ["　", "大船", "合計"])


@pytest.mark.parametrize("total", [("合計", 3, None), (None, "計", 3)])
def test_suggest_keeps_the_row_says_so_and_suggests_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], total: tuple[object, ...]
) -> None:
    survey = excel(tmp_path / "回答.xlsx", HEADER[:2], *(r[:2] for r in ROWS), total[:2])
    for form in ((), ("--long",)):
        out = tmp_path / "提案.csv"
        assert iken("suggest", survey, "--out", out, *form) == 0
        assert "合計の行と見て、意見として読みませんでした: 5行目" in capsys.readouterr().err
        table = read_table(out)
        last = table.iloc[-1]
        assert (last["status"], last["opinion_id"]) == ("意見なし", "回答-R5")
        if not form:
            assert len(table) == 4 and str(last["ご意見"]) == str(total[1])
            assert (table["status"] == "意見なし").tolist() == [False, False, False, True]


def test_ingest_sets_the_row_aside_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    coded = excel(tmp_path / "コード済.xlsx", HEADER, ROWS[0], ROWS[2], ("合計", 2, 2))
    assert iken("ingest", coded, "--codebook", SEED_CODEBOOK, "--out", tmp_path / "o") == 0
    said = capsys.readouterr().out
    assert TOTALS_ROW in said and "3行 = 使った 2 + 外した 1" in said
    assert len(read_table(tmp_path / "o/labels/コード済.csv")) == 2


def test_reviewers_are_not_asked_about_it(tmp_path: Path, model: Model) -> None:
    survey = excel(tmp_path / "回答.xlsx", HEADER[:2], *(r[:2] for r in ROWS), ("合計", 3))
    store = Store.open(f"sqlite:///{tmp_path / 'r.sqlite'}")
    try:
        report = load_file(store, survey, model)
        assert report.comments == 3
        assert report.set_aside[["location", "reason"]].values.tolist() == [["R5", TOTALS_ROW]]
    finally:
        store.close()


@pytest.mark.parametrize("count", [3, 12])  # 12 is what a resident wrote, too
def test_a_review_that_holds_such_a_row_from_an_older_version_goes_on(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    survey = excel(tmp_path / "回答.xlsx", HEADER[:2], *(r[:2] for r in ROWS), ("合計", count))
    store = Store.open(f"sqlite:///{tmp_path / 'r.sqlite'}")
    try:
        with monkeypatch.context() as older:
            older.setattr("pipeline.review.loading.is_totals_row", lambda comment, cells: False)
            assert load_file(store, survey, model).comments == 4
        assert load_file(store, survey, model).added == 0
    finally:
        store.close()


@pytest.mark.parametrize("name", ["番号", "opinion_id"])
def test_blank_rows_and_totals_need_no_id(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    head = ("地区", name, "ご意見", "コード")
    opinion = ("大船", "A1", "バスの本数が少なくて困る", "G3-3-2")
    rows = [head, opinion, (), ("腰越", "A2", "坂がきつい", "G3-3-2"), ("合計", None, 2, None)]
    given, out = excel(tmp_path / "回答.xlsx", *rows), tmp_path / "提案.csv"
    assert iken("suggest", given, "--out", out, "--id-column", name) == 0
    table = read_table(out)
    assert table["opinion_id"].tolist() == ["A1", "回答-R3", "A2", "回答-R5"]
    assert iken("review", "sheet", out, "--out", tmp_path / "確認.xlsx") == 0
    columns = ("--id-column", name, "--codebook", SEED_CODEBOOK)
    assert iken("ingest", given, *columns, "--out", tmp_path / "o") == 0
    assert read_table(tmp_path / "o/labels/回答.csv")["opinion_id"].tolist() == ["A1", "A2"]
    capsys.readouterr()
    without = excel(tmp_path / "別.xlsx", head, opinion, ("腰越", None, "坂がきつい", "G3-3-2"))
    assert iken("suggest", without, "--out", out, "--id-column", name) == 2
    assert iken("ingest", without, *columns, "--out", tmp_path / "o2") == 2
    said = capsys.readouterr().err
    assert "3行目、列「" in said and said.count("ID") == 2
