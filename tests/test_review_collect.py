"""Returned Excel forms: decisions out of them, and every fault told with its row."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from commands import iken
from conftest import ROOT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from review_forms import FIRST, TEXTS, filled, items_of, made, opened, positions, wide

from pipeline.codebook import Codebook
from pipeline.decisions import current_decisions, read_decisions
from pipeline.errors import InputError
from pipeline.review_answer import Answer, AnswerReader
from pipeline.review_collect import DECISIONS, Judged, between_files, judge, new_decisions
from pipeline.review_returned import read_returned
from pipeline.review_sheet import Form, write_review_sheets
from pipeline.tableio import read_table, write_table
from pipeline.tables import SUGGESTIONS

# openpyxl does not know the extensions by which Excel draws data bars.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")

ACCEPT = {"action": "採用"}
ALL = dict.fromkeys(range(5), ACCEPT)


def collected(path: Path, plan: Codebook) -> Judged:
    """What a file gives; all rows that were handed out are accounted for."""
    result = judge(read_returned(path), plan)
    assert result.counts["asked"] == sum(
        result.counts[k] for k in ("decided", "missing", "faulty", "removed")
    )
    assert result.counts["decided"] == result.decisions["decision_id"].nunique()
    return result


def kinds(result: Judged) -> list[list[str]]:
    """Row, column and kind of each problem."""
    return result.problems[["row", "column", "kind"]].values.tolist()


# -- one row ---------------------------------------------------------------------------------------


def read(plan: Codebook, *, prefilled: bool = False, shown: bool = True, **cells: str) -> object:
    """Read one row whose first suggestion is G1-1-1; the kinds of faults if there are any."""
    row = {"code": "", "code_2": "", "action": "", "note": ""} | cells
    found = AnswerReader(plan, prefilled=prefilled).read(row, "G1-1-1", shown=shown)
    return found if isinstance(found, Answer) else [(f.kind, f.column) for f in found]


@pytest.mark.parametrize(
    ("cells", "action", "codes"),
    [
        ({"action": "採用"}, "accept", ("G1-1-1",)),
        ({"action": " accept "}, "accept", ("G1-1-1",)),
        ({"action": "採用", "code": "G1-1-1 公園の清掃"}, "accept", ("G1-1-1",)),
        ({"action": "採用", "code_2": "G2-1-1"}, "accept", ("G1-1-1", "G2-1-1")),
        ({"action": "変更", "code": "G2-1-1 歩道の段差"}, "change", ("G2-1-1",)),
        ({"action": "変更", "code": "G1-1-1", "code_2": "G2-1-1"}, "accept", ("G1-1-1", "G2-1-1")),
        ({"action": "該当なし"}, "none-fits", ()),
        ({"action": "保留", "note": "?"}, "unsure", ()),
        ({"code": "該当なし"}, "none-fits", ()),
        ({"code": "G1-1-1"}, "accept", ("G1-1-1",)),
        ({"code": "2-1-1"}, "change", ("G2-1-1",)),
        ({"code": "Ｇ２－１－１"}, "change", ("G2-1-1",)),
        ({"code": "目標2(1)① 歩道の段差"}, "change", ("G2-1-1",)),
        ({"code": "２（１）①"}, "change", ("G2-1-1",)),
        ({"code": "歩道の段差"}, "change", ("G2-1-1",)),
        ({"code": "G2-1-1; G2-1-2"}, "change", ("G2-1-1", "G2-1-2")),
    ],
)
def test_answers(plan: Codebook, cells: dict[str, str], action: str, codes: tuple[str, ...]) -> None:
    assert read(plan, **cells) == Answer(action, codes)


@pytest.mark.parametrize(
    ("cells", "faults"),
    [
        ({}, [("missing", "action")]),
        ({"note": "あとで"}, [("missing", "action")]),
        ({"action": "変更"}, [("incomplete", "code")]),
        ({"action": "変更", "code": "G1-1-1"}, [("incomplete", "code")]),
        ({"action": "採用", "code": "G2-1-1"}, [("incomplete", "code")]),
        ({"action": "該当なし", "code": "G1-1-1"}, [("incomplete", "action")]),
        ({"action": "保留", "code_2": "G1-1-1"}, [("incomplete", "action")]),
        ({"action": "採用", "code": "該当なし"}, [("incomplete", "action")]),
        ({"code_2": "G1-1-1"}, [("incomplete", "code")]),
        ({"code": "G1-1-1", "code_2": "1-1-1"}, [("incomplete", "code_2")]),
        ({"action": "採用", "code_2": "1-1-1"}, [("incomplete", "code_2")]),
        ({"action": "はい"}, [("unknown-decision", "action")]),
        ({"code": "G9-9-9"}, [("unknown-code", "code")]),
        ({"code": "G1-1-1 歩道の段差"}, [("unknown-code", "code")]),
        ({"code": "G1-1"}, [("unknown-code", "code")]),
        ({"code": "X", "code_2": "Y"}, [("unknown-code", "code"), ("unknown-code", "code_2")]),
    ],
)
def test_faults(plan: Codebook, cells: dict[str, str], faults: list[tuple[str, str]]) -> None:
    assert read(plan, **cells) == faults


def test_an_item_above_and_a_date_are_explained(plan: Codebook) -> None:
    reader = AnswerReader(plan, prefilled=False)
    empty = {"code_2": "", "action": "", "note": ""}
    (policy,) = reader.read(empty | {"code": "G1-1"}, "", shown=True)  # type: ignore[misc]
    assert "項目ではなく" in policy.ja
    (date,) = reader.read(empty | {"code": "2001-01-01"}, "", shown=True)  # type: ignore[misc]
    assert "日付" in date.ja and "date" in date.en


def test_a_code_filled_in_beforehand_is_no_decision(plan: Codebook) -> None:
    filled_in = {"code": "G1-1-1 公園の清掃"}
    assert read(plan, prefilled=True, **filled_in) == [("missing", "action")]
    assert read(plan, prefilled=True, action="採用", **filled_in) == Answer("accept", ("G1-1-1",))
    assert read(plan, prefilled=True, action="該当なし", **filled_in) == Answer("none-fits", ())
    assert read(plan, prefilled=True, code="G2-1-1") == Answer("change", ("G2-1-1",))
    assert read(plan, prefilled=True, code_2="G2-1-1", **filled_in) == Answer("accept", ("G1-1-1", "G2-1-1"))
    # In a row whose suggestion was hidden nothing was filled in: a person wrote it.
    assert read(plan, prefilled=True, shown=False, code="G1-1-1") == Answer("accept", ("G1-1-1",))


def test_a_suggestion_that_the_codebook_lacks_cannot_be_accepted(tmp_path: Path, plan: Codebook) -> None:
    path = filled(made(tmp_path / "a.xlsx", plan), ALL)
    shorter = Codebook([n for n in plan.nodes if n.code != "G1-1-1"])
    result = collected(path, shorter)
    assert ["2", "判定", "unknown-code"] in kinds(result)
    assert "G1-1-1" not in set(result.decisions["code"])
    assert "--codebook" in result.problems.set_index("kind").loc["unknown-code", "ja"]


def test_where_nothing_was_suggested_nothing_can_be_accepted(plan: Codebook) -> None:
    assert read(plan, shown=False, action="採用") == [("incomplete", "code")]
    assert read(plan, shown=False, action="採用", code="G2-1-1") == Answer("change", ("G2-1-1",))
    assert read(plan, shown=False, action="変更", code="G1-1-1") == Answer("accept", ("G1-1-1",))


# -- one file --------------------------------------------------------------------------------------


def test_a_clean_file(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, hidden=[4], round="2")
    last = {"code": "G2-1-2 通学路の見守り", "code_2": "G1-2-1", "note": "=メモ"}
    result = collected(filled(path, ALL | {1: {"action": "該当なし"}, 4: last}), plan)
    assert not len(result.problems)
    assert result.counts == {"asked": 5, "decided": 5, "missing": 0, "faulty": 0, "removed": 0}
    table = result.decisions
    assert table[["opinion_id", "action", "code"]].values.tolist() == [
        ["o0", "accept", "G1-1-1"],
        ["o1", "none-fits", ""],
        ["o2", "accept", "G1-2-1"],
        ["o3", "accept", "G2-1-1"],
        ["o4", "accept", "G2-1-2"],
        ["o4", "accept", "G1-2-1"],
    ]
    assert table["text"].tolist() == [*TEXTS, TEXTS[4]]
    assert table["suggestion_shown"].tolist() == ["yes"] * 4 + ["no"] * 2
    assert table["suggested_code"].tolist() == [*FIRST, FIRST[4]]
    assert table["note"].tolist()[-1] == "=メモ"
    for column, value in (("coder", "A"), ("round", "2"), ("unit", ""), ("model_id", "m-1")):
        assert set(table[column]) == {value}
    assert set(table["codebook_sha256"]) == {plan.sha256}
    assert table["decided_at"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00").all()


def test_a_half_filled_sheet(tmp_path: Path, plan: Codebook) -> None:
    path = filled(made(tmp_path / "a.xlsx", plan), {0: ACCEPT, 2: {"note": "?"}, 3: {"code_2": "G1-1-1"}})
    result = collected(path, plan)
    assert kinds(result) == [
        ["3", "判定", "missing"],
        ["4", "判定", "missing"],
        ["5", "確定コード", "incomplete"],
        ["6", "判定", "missing"],
    ]
    assert result.decisions["opinion_id"].tolist() == ["o0"]


def changed_rows(change: Callable[[Any, Any], None]) -> Callable[[Path, Codebook], Judged]:
    return lambda path, plan: collected(filled(made(path, plan), ALL, change), plan)


def test_rows_in_another_order_are_matched_by_their_id(tmp_path: Path, plan: Codebook) -> None:
    def swap(book: Any, sheet: Any) -> None:
        for column in range(1, sheet.max_column + 1):
            values = [sheet.cell(r, column).value for r in range(2, 7)]
            for r, value in zip(range(2, 7), reversed(values), strict=True):
                sheet.cell(r, column).value = value
        sheet.cell(2, positions(sheet)["action"]).value = "該当なし"  # the row of o4 now

    result = changed_rows(swap)(tmp_path / "a.xlsx", plan)
    assert result.problems[["kind", "severity"]].values.tolist() == [["reordered", "note"]]
    assert result.decisions[["opinion_id", "action"]].values.tolist()[-1] == ["o4", "none-fits"]
    assert result.decisions["text"].tolist() == list(TEXTS)


def test_a_changed_text_is_found_in_its_own_row(tmp_path: Path, plan: Codebook) -> None:
    def edit(book: Any, sheet: Any) -> None:
        at = positions(sheet)["text"]
        sheet.cell(3, at).value = "ブランコは新しい"
        sheet.cell(4, at).value = f" {TEXTS[2]}\n"  # white space alone is no edit

    result = changed_rows(edit)(tmp_path / "a.xlsx", plan)
    assert kinds(result) == [["3", "意見", "text-changed"]]
    assert result.decisions["opinion_id"].tolist() == ["o0", "o2", "o3", "o4"]


def test_added_removed_and_repeated_rows(tmp_path: Path, plan: Codebook) -> None:
    def edit(book: Any, sheet: Any) -> None:
        at = positions(sheet)
        sheet.delete_rows(3)  # o1
        rows = ({"opinion_id": "new", "text": "増えた"}, {"text": "IDなし"}, {"opinion_id": "o0"})
        for r, cells in enumerate(rows, 8):
            for name, value in cells.items():
                sheet.cell(r, at[name]).value = value
        for name in ("opinion_id", "text", "action"):  # o2 once more, with the same decision
            sheet.cell(12, at[name]).value = sheet.cell(3, at[name]).value

    result = changed_rows(edit)(tmp_path / "a.xlsx", plan)
    assert kinds(result) == [
        ["8", "意見ID", "row-added"],
        ["9", "意見ID", "row-added"],
        ["10", "意見ID", "row-repeated"],
        ["12", "意見ID", "row-repeated"],
        ["", "意見ID", "row-removed"],
    ]
    # o0 stands there twice with different decisions, o2 twice with the same.
    assert result.decisions["opinion_id"].tolist() == ["o2", "o3", "o4"]
    assert result.counts == {"asked": 5, "decided": 3, "missing": 0, "faulty": 1, "removed": 1}


@pytest.mark.parametrize("name", ["opinion_id", "text", "code", "code_2", "action", "note"])
def test_a_renamed_column_is_named_never_guessed(tmp_path: Path, plan: Codebook, name: str) -> None:
    def rename(book: Any, sheet: Any) -> None:
        cell = sheet.cell(1, positions(sheet)[name])
        former.append(cell.value)
        cell.value = "最終コード"

    former: list[str] = []
    path = filled(made(tmp_path / "a.xlsx", plan), ALL, rename)
    with pytest.raises(InputError, match="最終コード") as caught:
        read_returned(path)
    assert f"「{former[0]}」" in caught.value.ja


def test_moved_columns_and_a_renamed_sheet_are_read(tmp_path: Path, plan: Codebook) -> None:
    def move(book: Any, sheet: Any) -> None:
        sheet.title = "佐藤の分"
        sheet.move_range("A1:A6", cols=20)  # the ids go to the far right
        sheet.delete_cols(1)

    result = collected(filled(made(tmp_path / "a.xlsx", plan), ALL, move), plan)
    assert result.counts["decided"] == 5 and not len(result.problems)


def test_units_of_one_opinion(tmp_path: Path, plan: Codebook) -> None:
    rows = [
        {
            "opinion_id": "a",
            "unit": u,
            "unit_text": t,
            "rank": 1,
            "code": c,
            "confidence": 0.5,
            "status": "提案",
        }
        for u, t, c in ((1, "遊具。", "G1-1-2"), (2, "通学路。", "G2-1-2"))
    ]
    items = items_of(SUGGESTIONS.table(rows), plan)
    path = tmp_path / "a.xlsx"
    write_review_sheets(
        [(path, Form("A", plan), items.asked.assign(suggestion_shown="yes"))], items.not_asked
    )
    result = collected(filled(path, {0: ACCEPT, 1: {"action": "該当なし"}}), plan)
    assert result.decisions[["opinion_id", "unit", "text", "action"]].values.tolist() == [
        ["a", "1", "遊具。", "accept"],
        ["a", "2", "通学路。", "none-fits"],
    ]


def test_whose_file_it_is(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, coder="")
    with pytest.raises(InputError, match="担当者の名前"):
        read_returned(path)
    assert read_returned(path, "C").coder == "C"

    assert read_returned(filled(path, {}, sign("佐藤"))).coder == "佐藤"
    assert read_returned(path, "佐藤").coder == "佐藤"


def sign(name: str) -> Callable[[Any, Any], None]:
    """Write a name into the guide, as the person who decides would."""

    def change(book: Any, sheet: Any) -> None:
        (cell,) = (row[1] for row in book["使い方"] if row[0].value == "担当者の名前")
        cell.value = name

    return change


def test_a_name_typed_in_two_ways_is_one_person(tmp_path: Path, plan: Codebook) -> None:
    path = filled(made(tmp_path / "a.xlsx", plan, coder=""), {}, sign("佐藤　太郎 "))
    assert read_returned(path, "佐藤  太郎").coder == "佐藤 太郎"
    assert (
        read_returned(made(tmp_path / "b.xlsx", plan, coder="佐藤　太郎"), "佐藤 太郎").coder == "佐藤 太郎"
    )


def test_two_names_in_one_file_are_a_fault(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = filled(made(tmp_path / "確認_佐藤.xlsx", plan, coder="佐藤"), ALL)
    command = ("review", "collect", path, "--out", tmp_path / "判定.csv", "--codebook", codebook_file)
    assert iken(*command, "--coder", "田中") == 2
    said = capsys.readouterr().out.replace("\n", "")
    assert "佐藤" in said and "田中" in said and "--coder" in said
    filled(path, {}, sign("田中"))
    assert iken(*command) == 2 and iken(*command, "--coder", "田中") == 2
    assert not (tmp_path / "判定.csv").exists()
    filled(path, {}, sign(""))
    assert iken(*command, "--coder", "佐藤") == 0
    assert set(read_decisions(tmp_path / "判定.csv")["coder"]) == {"佐藤"}


def test_a_lost_row_is_told_with_what_to_do(tmp_path: Path, plan: Codebook) -> None:
    result = collected(
        filled(made(tmp_path / "a.xlsx", plan), ALL, lambda _, sheet: sheet.delete_rows(3)), plan
    )
    assert result.problems["kind"].tolist() == ["row-removed"]
    assert "戻す" in result.problems["ja"][0] and "copy it back" in result.problems["en"][0]


def test_other_files_are_refused_with_what_to_do(tmp_path: Path, plan: Codebook) -> None:
    other = tmp_path / "提案.xlsx"
    write_table(wide(), other)
    with pytest.raises(InputError, match="iken review sheet"):
        read_returned(other)
    with pytest.raises(InputError, match="開けません"):
        read_returned(tmp_path / "ない.xlsx")
    text = tmp_path / "a.xlsx"
    text.write_text("意見,判定\n")
    with pytest.raises(InputError, match="読めません"):
        read_returned(text)

    for name in ("_iken", "_iken_rows", "_iken_text"):

        def drop(book: Any, sheet: Any, name: str = name) -> None:
            del book[name]

        with pytest.raises(InputError, match=f"非表示シート「{name}」.*配られたファイルに記入"):
            read_returned(filled(made(tmp_path / "b.xlsx", plan), ALL, drop))

    def rename(book: Any, sheet: Any) -> None:
        book["_iken_text"]["A1"] = "ID"

    with pytest.raises(InputError, match=r"非表示シート「_iken_text」.*配られたファイルに記入"):
        read_returned(filled(made(tmp_path / "c.xlsx", plan), ALL, rename))


def test_another_codebook_is_noted_and_the_old_one_recorded(tmp_path: Path, plan: Codebook) -> None:
    path = filled(made(tmp_path / "a.xlsx", plan), ALL)
    newer = Codebook.from_table(plan.to_table().assign(definition="改めた説明"))
    result = collected(path, newer)
    assert result.problems[["kind", "severity"]].values.tolist() == [["codebook", "note"]]
    assert set(result.decisions["codebook_sha256"]) == {plan.sha256}


def test_a_form_of_another_plan_with_other_codes_is_one_problem_and_not_one_a_row(
    tmp_path: Path, plan: Codebook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who forgets --codebook was shown every row as wrong, and with --accept-valid all 「該当なし」 went in."""
    table = plan.to_table()
    other = tmp_path / "別.csv"
    write_table(table.assign(code=table["code"].str.replace("G", "P"), parent="", level=""), other)
    path, out = (
        filled(made(tmp_path / "a.xlsx", plan), ALL | {0: {"action": "該当なし"}}),
        tmp_path / "判定.csv",
    )
    command = ("review", "collect", path, "--out", out, "--codebook", other)
    for option in ((), ("--accept-valid",)):
        assert iken(*command, *option) == 2
        said = "".join(capsys.readouterr().out.split())
        assert "ファイル:1件" in said and "読めないコード" not in said and "--codebook" in said
        assert not out.exists()


def test_a_form_of_another_plan_with_the_same_codes_is_not_collected(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Codebook.from_table(plan.to_table().assign(title=[f"{n.title}の推進" for n in plan]))
    path, out = filled(made(tmp_path / "a.xlsx", other), ALL), tmp_path / "判定.csv"
    command = ("review", "collect", path, "--out", out, "--codebook", codebook_file)
    assert iken(*command) == 2
    assert "別の計画の表のようです" in capsys.readouterr().out.replace("\n", "")
    assert not out.exists()
    # Without its sheet of the codebook nothing says so; its rows are read as before.
    filled(path, {}, lambda book, _: book.remove(book["コードブック"]))
    assert iken(*command) == 0
    titles = dict(read_table(out)[["code", "code_title"]].values.tolist())
    assert titles == {c: plan[c].title for c in FIRST}
    # Nor do decisions of this plan go after those of another.
    write_table(read_table(out).assign(code_title=lambda t: t["code_title"] + "の推進"), out)
    before = out.read_bytes()
    mine = filled(made(tmp_path / "b.xlsx", plan, coder="B"), ALL)
    assert iken("review", "collect", mine, "--out", out, "--codebook", codebook_file) == 2
    assert "判定.csv: 別の計画の表のようです" in capsys.readouterr().err
    assert out.read_bytes() == before


# -- again and again -------------------------------------------------------------------------------


def saved_at(path: Path, time: str) -> Path:
    """The same file as if saved at another time."""
    book = opened(path)
    book.save(path)
    copy = path.with_suffix(".new")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + time.encode(), data)
            new.writestr(item, data)
    copy.replace(path)
    return path


def test_reading_twice_adds_nothing_and_a_later_change_of_mind_counts(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan)
    held = DECISIONS.empty()

    def take(cells: Mapping[int, Mapping[str, object]], time: str) -> int:
        nonlocal held
        decisions = collected(saved_at(filled(path, cells), time), plan).decisions
        new = new_decisions(decisions, held)
        held = pd.concat([held, new], ignore_index=True)
        assert not len(new_decisions(decisions, held))  # the same reading once more
        return int(new["decision_id"].nunique())

    assert take(ALL, "2026-01-01T00:00:00Z") == 5
    assert take({}, "2026-01-02T00:00:00Z") == 0  # saved again without a change
    assert take({0: {"action": "保留"}}, "2026-01-03T00:00:00Z") == 1
    assert take({0: {"note": "根拠が弱い"}}, "2026-01-04T00:00:00Z") == 1
    assert take({0: {"action": "採用", "note": ""}}, "2026-01-05T00:00:00Z") == 1  # and back again
    assert take({0: {"action": "保留"}}, "2026-01-03T00:00:00Z") == 0  # the old file, found in a folder
    now = current_decisions(held)
    assert len(held) == 8 and now["action"].tolist() == ["accept"] * 5


def test_two_files_of_one_coder(tmp_path: Path, plan: Codebook) -> None:
    a, b = (saved_at(made(tmp_path / f"{n}.xlsx", plan), f"2026-01-0{n}T00:00:00Z") for n in (1, 2))
    older = collected(saved_at(filled(a, ALL), "2026-01-01T00:00:00Z"), plan)
    newer = collected(saved_at(filled(b, ALL | {0: {"action": "該当なし"}}), "2026-01-02T00:00:00Z"), plan)
    notes = between_files([("b", newer), ("a", older)])
    assert notes[["file", "opinion_id", "kind", "severity"]].values.tolist() == [
        ["a", "o0", "two-files", "note"]
    ]
    both = pd.concat([newer.decisions, older.decisions], ignore_index=True)
    assert new_decisions(both, DECISIONS.empty())["decision_id"].nunique() == 6
    assert current_decisions(both)["action"].tolist()[0] == "none-fits"


# -- round trips -----------------------------------------------------------------------------------

STRANGE = [
    "=1+1",
    "-1-1",
    "@x",
    "0012",
    "'a",
    "_x0041_",
    "a\r\nb",
    "\t",
    "é̂",
    "<b>&amp;</b>",
    "\x07鈴",
    "\ufffe",
]
COMMENTS = st.one_of(st.sampled_from(STRANGE), st.text(min_size=1, max_size=60)).filter(str.strip)
ANSWERS = st.sampled_from(
    [
        ({"action": "採用"}, "accept", 0),
        ({"action": "該当なし"}, "none-fits", None),
        ({"action": "保留", "note": "=?"}, "unsure", None),
        ({"code": "G1-1-1"}, "change", "G1-1-1"),
        ({"code": "２(1)② 通学路の見守り"}, "change", "G2-1-2"),
    ]
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(COMMENTS, ANSWERS), min_size=1, max_size=6))
def test_what_is_written_comes_back(tmp_path: Path, plan: Codebook, rows: list[Any]) -> None:
    path = made(tmp_path / "a.xlsx", plan, [text for text, _ in rows])
    result = collected(filled(path, {i: cells for i, (_, (cells, _, _)) in enumerate(rows)}), plan)
    assert not len(result.problems), result.problems.to_dict("records")
    assert result.decisions["opinion_id"].tolist() == [f"o{i}" for i in range(len(rows))]
    for i, (text, (_, action, code)) in enumerate(rows):
        expected = FIRST[i % 5] if code == 0 else code or ""
        row = result.decisions.iloc[i]
        assert row["code"] == expected
        assert row["action"] == ("accept" if expected == FIRST[i % 5] else action)
        assert row["text"] == text


def libre_office() -> str | None:
    """The program, or None where a developer has none; in CI it must be there."""
    program = shutil.which("soffice")
    assert program or not os.environ.get("CI"), "CI must have LibreOffice"
    return program


@pytest.mark.skipif(libre_office() is None, reason="no LibreOffice here")
def test_a_sheet_saved_by_libreoffice(tmp_path: Path, plan: Codebook) -> None:
    texts = [
        *TEXTS,
        *(t for t in STRANGE if t.strip()),
        " 前後に空白 ",
        "a\n\nb\n",
        "長い。" * 8000,
        "あ" * 40_000,
    ]
    path = made(tmp_path / "確認 A.xlsx", plan, texts, hidden=[1])
    cells = dict.fromkeys(range(len(texts)), ACCEPT) | {1: {"code": "G2-1-1 歩道の段差", "note": "=1+1"}}
    filled(path, cells)
    out = tmp_path / "返却"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        libre_office() or "",
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(out),
        str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    back = out / path.name
    assert back.read_bytes() != path.read_bytes()
    result = collected(back, plan)
    assert not len(result.problems), result.problems.to_dict("records")
    assert result.counts["decided"] == len(texts)
    assert result.decisions["text"].tolist()[-1] == "あ" * 40_000  # longer than a cell, and yet whole
    assert result.decisions["text"].tolist()[5] == "=1+1"
    second = result.decisions.iloc[1]
    assert (second["code"], second["note"], second["suggestion_shown"]) == ("G2-1-1", "=1+1", "no")
    assert result.decisions["decided_at"].str.len().gt(0).all()


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def codebook_file(tmp_path: Path, plan: Codebook) -> Path:
    path = tmp_path / "計画.csv"
    write_table(plan.to_table(), path)
    return path


def test_nothing_is_written_unless_all_is_clean_or_the_valid_rows_are_asked_for(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = filled(made(tmp_path / "a.xlsx", plan), ALL | {0: {"code": "G9"}})
    b = filled(made(tmp_path / "b.xlsx", plan, coder="B"), ALL)
    out = tmp_path / "判定.csv"
    command = ("review", "collect", a, b, tmp_path / "ない.xlsx", "--out", out, "--codebook", codebook_file)
    assert iken(*command) == 2
    said = capsys.readouterr()
    assert "読めないコード" in said.out and "ない.xlsx" in said.out and "o0" in said.out
    assert "何も書いていません" in said.err and not out.exists()
    assert iken(*command, "--accept-valid") == 1
    assert "加えた 9(9行)" in capsys.readouterr().out
    assert iken(*command, "--accept-valid") == 1
    assert "加えた 0(0行) + 既に入っていた 9" in capsys.readouterr().out
    assert len(read_decisions(out)) == 9
    filled(a, {0: {"code": "G1-1-1"}})
    assert iken(*command[:4], "--out", out, "--codebook", codebook_file) == 0
    assert set(read_decisions(out, plan)["coder"]) == {"A", "B"} and len(read_decisions(out)) == 10


def test_two_surveys_with_the_same_ids_do_not_become_one(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = filled(made(tmp_path / "去年.xlsx", plan), ALL)
    texts = [*(f"今年の意見{i}" for i in range(4)), TEXTS[4] + "。"]
    other = filled(made(tmp_path / "今年.xlsx", plan, texts), ALL)
    out, apart = tmp_path / "判定.csv", tmp_path / "今年.csv"
    with_plan = ("--codebook", codebook_file)
    assert iken("review", "collect", one, "--out", out, *with_plan) == 0
    before = out.read_bytes()
    assert iken("review", "collect", other, "--out", out, *with_plan) == 2
    said = capsys.readouterr()
    assert "別の意見と同じID: 4件" in said.out and "判定.csv" in said.out and "--out" in said.out
    assert out.read_bytes() == before
    # Both at once are refused as well; apart each is right, but not to be compared.
    assert iken("review", "collect", one, other, "--out", tmp_path / "両方.csv", *with_plan) == 2
    assert "去年.xlsx" in capsys.readouterr().out and not (tmp_path / "両方.csv").exists()
    assert iken("review", "collect", other, "--out", apart, *with_plan) == 0
    assert iken("agreement", out, apart, *with_plan) == 2
    assert "重ならないID" in capsys.readouterr().err


def test_a_tampered_text_is_no_other_opinion(tmp_path: Path, plan: Codebook) -> None:
    a = read_returned(filled(made(tmp_path / "a.xlsx", plan), ALL | {0: ACCEPT | {"text": "書き換えた"}}))
    b = read_returned(filled(made(tmp_path / "b.xlsx", plan, coder="B"), ALL))
    held: dict[tuple[str, str], tuple[str, str]] = {}
    assert kinds(judge(a, plan, held)) == [["2", "意見", "text-changed"]]
    assert kinds(judge(b, plan, held)) == []


def test_fifty_thousand_rows_are_all_accounted_for(tmp_path: Path, plan: Codebook) -> None:
    texts = [f"{TEXTS[i % 5]}、その{i}" for i in range(50_000)]
    returned = read_returned(made(tmp_path / "多い.xlsx", plan, texts))
    assert len(returned.rows) == 50_000
    judged = judge(returned, plan)
    # Nobody has filled it in: each row is named, and none is taken for a decision.
    assert judged.decisions.empty
    assert judged.problems["opinion_id"].nunique() == 50_000


def test_many_problems_are_all_in_a_file_beside(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(tmp_path / "a.xlsx", plan, [f"意見{i}" for i in range(30)])
    out = tmp_path / "新" / "判定.csv"
    assert iken("review", "collect", path, "--out", out, "--codebook", codebook_file) == 2
    assert "未記入: 30件" in capsys.readouterr().out
    listed = read_table(out.parent / "判定.problems.xlsx")
    assert len(listed) == 30 and listed["意見ID"].tolist()[-1] == "o29" and not out.exists()


def test_in_english(
    tmp_path: Path, plan: Codebook, codebook_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(tmp_path / "a.xlsx", plan, language="en")
    filled(path, {0: {"action": "accept"}, 1: {"action": "none fits"}, 2: {"code": "G9"}})
    out = tmp_path / "d.csv"
    english = ("--lang", "en", "review", "collect", path, "--out", out, "--codebook", codebook_file)
    assert iken(*english) == 2
    said = capsys.readouterr()
    assert "unknown code" in said.out and "final_code" in said.out and "nothing was written" in said.err


def test_from_a_survey_to_labels(tmp_path: Path) -> None:
    """suggest → sheet → filled in by two → collect → adjudicate → train: the model has what people said."""
    codebook = ("--codebook", ROOT / "data/codebook/codebook.csv")
    suggestions, out = tmp_path / "提案.xlsx", tmp_path / "判定.csv"
    survey = ROOT / "data/sample/survey.csv"
    assert iken("suggest", survey, "--out", suggestions, "--model", ROOT / "models/default") == 0
    sheet = (
        "review",
        "sheet",
        suggestions,
        "--out",
        tmp_path / "確認.xlsx",
        "--coders",
        "A,B",
        "--hide",
        "0",
    )
    assert iken(*sheet, *codebook) == 0
    files = [tmp_path / f"確認_{c}.xlsx" for c in "AB"]
    for path in files:
        rows = opened(path).worksheets[0].max_row - 1
        filled(path, {i: {"code": "G3-3-2"} for i in range(rows)})
    assert iken("review", "collect", *files, "--out", out, *codebook) == 0
    labels = tmp_path / "labels.csv"
    assert iken("adjudicate", out, "--out", labels, *codebook) == 0
    table = read_table(labels)
    assert len(table) == 33 and set(table["code"]) == {"G3-3-2"} and set(table["label_source"]) == {"double"}
    # The labels are learned from beside the seed's, and the suggestions follow what people said.
    light = ("--config", ROOT / "data/config/lexical.toml", "--no-bank")
    both = ("--labels", ROOT / "data/labels/kamakura_workshop_2025.csv", "--labels", labels)
    assert iken("train", *both, *codebook, *light, "--out", tmp_path / "new") == 0
    manifest = json.loads((tmp_path / "new/manifest.json").read_text("utf-8"))
    assert manifest["labels"]["rows"] == 84 + 33
    assert manifest["labels"]["by_source"] == {"document": 84, "double": 33}
    again = tmp_path / "again.csv"
    assert iken("suggest", survey, "--out", again, "--model", tmp_path / "new") == 0
    said = read_table(again)
    before = read_table(suggestions)
    shares = [(t.loc[t["code_1"] != "", "code_1"] == "G3-3-2").mean() for t in (before, said)]
    assert shares[0] < 0.3 and shares[1] > 0.7
