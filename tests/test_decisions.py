from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.decisions import (
    append_decisions,
    check_decisions,
    current_decisions,
    gather_decisions,
    read_decisions,
    why_not_current,
)
from pipeline.errors import InputError
from pipeline.tableio import read_table, write_table
from pipeline.tables import ACTIONS, DECISIONS

AT = "2026-03-01T10:{:02d}:00+09:00"


def decisions(*rows: dict[str, str]) -> pd.DataFrame:
    """DECISIONS with what most tests do not care about filled in."""
    given = [{"opinion_id": "o1", "coder": "A", "action": "change"} | row for row in rows]
    for i, row in enumerate(given):
        row.setdefault("decision_id", f"d{i}")
        if row["action"] in ("accept", "change"):
            row.setdefault("code", "G1-1-1")
    return DECISIONS.table(given)


def test_a_later_decision_replaces_the_earlier_of_the_same_coder_only() -> None:
    table = decisions(
        {"code": "G1-1-1"},
        {"coder": "B", "code": "G1-1-2"},
        {"code": "G2-1-1"},
        {"unit": "1", "code": "G1-2-1"},
        {"round": "2", "code": "G2-1-2"},
    )
    held = current_decisions(table)
    assert held["decision_id"].tolist() == ["d1", "d2", "d3", "d4"]
    assert held.index.tolist() == [0, 1, 2, 3]
    assert held["round"].tolist() == ["1", "1", "1", "2"]


def test_undo_brings_the_decision_before_back() -> None:
    table = decisions({"code": "G1-1-1"}, {"code": "G1-1-2"}, {"action": "undo"})
    assert current_decisions(table)["code"].tolist() == ["G1-1-1"]
    table = decisions({"code": "G1-1-1"}, {"action": "undo"}, {"action": "undo"}, {"action": "unsure"})
    assert current_decisions(table)["action"].tolist() == ["unsure"]
    assert len(current_decisions(decisions({}, {"action": "undo"}))) == 0
    # Another coder's undo takes nothing from this one.
    assert len(current_decisions(decisions({}, {"action": "undo", "coder": "B"}))) == 1


def test_several_codes_of_one_decision_stay_together() -> None:
    table = decisions(
        {"code": "G1-1-1", "decision_id": "x"},
        {"code": "G1-1-2", "decision_id": "y"},
        {"code": "G2-1-1", "decision_id": "y", "note": "n"},
    )
    assert current_decisions(table)["code"].tolist() == ["G1-1-2", "G2-1-1"]
    (decision,) = gather_decisions(check_decisions(table))
    assert decision.codes == ("G1-1-2", "G2-1-1") and decision.rows == (1, 2)


def test_time_decides_where_all_have_one() -> None:
    later_first = decisions(
        {"code": "G1-1-2", "decided_at": AT.format(9)},
        # The same evening, told in another zone: 10:05 in Japan.
        {"code": "G1-1-1", "decided_at": "2026-03-01T01:05:00+00:00"},
    )
    assert current_decisions(later_first)["code"].tolist() == ["G1-1-2"]
    without_one = later_first.assign(decided_at=[AT.format(9), ""])
    assert current_decisions(without_one)["code"].tolist() == ["G1-1-1"]


def test_decisions_without_an_id_are_each_their_own() -> None:
    rows = [{"opinion_id": f"o{i}", "code": "G1-1-1", "decision_id": ""} for i in range(3)]
    table = check_decisions(decisions(*rows, {"opinion_id": "o0", "code": "G2-1-1", "decision_id": ""}))
    assert [(d.opinion_id, d.codes) for d in gather_decisions(table)] == [
        ("o1", ("G1-1-1",)),
        ("o2", ("G1-1-1",)),
        ("o0", ("G2-1-1",)),
    ]


def test_a_file_read_twice_changes_nothing(tmp_path: Path) -> None:
    table = decisions({"code": "G1-1-1"}, {"code": "G1-1-2"}, {"action": "undo"}, {"coder": "B"})
    write_table(table, tmp_path / "d.csv")
    twice = read_decisions([tmp_path / "d.csv", tmp_path / "d.csv"])
    assert len(twice) == 8
    pd.testing.assert_frame_equal(current_decisions(twice), current_decisions(table))


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("XY"), st.sampled_from(ACTIONS), st.booleans()),
        max_size=20,
    )
)
def test_every_row_holds_or_has_a_reason(drawn: list[tuple[str, str, str, bool]]) -> None:
    table = decisions(
        *({"opinion_id": o, "coder": c, "action": a, "round": "2" if r else ""} for o, c, a, r in drawn)
    )
    checked = check_decisions(table)
    reasons = why_not_current(checked)
    held = current_decisions(table)
    assert len(reasons) == len(table) and reasons.count("") == len(held)
    keys = held[["opinion_id", "coder", "round"]].apply(tuple, axis=1).tolist() if len(held) else []
    assert len(set(keys)) == len(keys) and "undo" not in held["action"].tolist()
    # As a person would go through them: a pile for each coder and opinion.
    piles: dict[tuple[str, str, str], list[str]] = {}
    for row in checked.to_dict("records"):
        pile = piles.setdefault((row["opinion_id"], row["coder"], row["round"]), [])
        if row["action"] == "undo":
            pile[-1:] = []
        else:
            pile.append(row["decision_id"])
    assert sorted(held["decision_id"]) == sorted(p[-1] for p in piles.values() if p)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ({"action": "agree"}, "action"),
        ({"action": "accept", "code": ""}, "code"),
        ({"action": "none-fits", "code": "G1-1-1"}, "code"),
        ({"suggestion_shown": "maybe"}, "suggestion_shown"),
        ({"decided_at": "2026/3/1 10:00"}, "decided_at"),
        ({"decided_at": "2026-03-01T10:00:00"}, "decided_at"),
        ({"decided_at": "0001-01-01T00:00:00+09:00"}, "decided_at"),
        ({"coder": ""}, "coder"),
        ({"decision_id": "d0", "coder": "B"}, "decision_id"),
        ({"decision_id": "d0", "action": "none-fits", "code": ""}, "action"),
    ],
)
def test_bad_rows_are_named(row: dict[str, str], column: str) -> None:
    fine = {"opinion_id": "o1", "coder": "A", "action": "change", "code": "G1", "decision_id": "d0"}
    bad = fine | {"decision_id": "d1"} | row
    with pytest.raises(InputError) as caught:
        check_decisions(pd.DataFrame([fine, bad]).fillna(""), "d.csv")
    place = caught.value.place
    assert (place.file, place.row, place.column) == ("d.csv", 3, column)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="coder"):
        check_decisions(pd.DataFrame({"opinion_id": ["o1"], "action": ["unsure"]}))


def test_an_id_used_in_two_files_for_two_things_is_found(tmp_path: Path) -> None:
    write_table(decisions({}, {"opinion_id": "o2"}), tmp_path / "a.csv")
    write_table(decisions({"opinion_id": "o9", "decision_id": "z"}, {"opinion_id": "o3"}), tmp_path / "b.csv")
    with pytest.raises(InputError) as caught:
        read_decisions([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert (caught.value.place.file, caught.value.place.row) == (str(tmp_path / "b.csv"), 3)


def test_a_coders_name_typed_in_two_ways_is_one_coder() -> None:
    table = decisions({"coder": "佐藤　太郎"}, {"coder": "佐藤 太郎", "code": "G2-1-1"})
    held = current_decisions(table)
    assert (held["coder"].tolist(), held["code"].tolist()) == (["佐藤 太郎"], ["G2-1-1"])


def test_no_decision_replaces_one_on_another_opinion(tmp_path: Path) -> None:
    one, other = decisions({"text": "坂が多い"}), decisions({"text": "公園が好き", "decision_id": "e"})
    write_table(one, tmp_path / "a.csv")
    write_table(other, tmp_path / "b.csv")
    with pytest.raises(InputError, match="坂が多い") as caught:
        read_decisions([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert (caught.value.place.file, caught.value.place.row) == (str(tmp_path / "b.csv"), 2)
    # Punctuation, an empty cell and another coder's text are no second opinion of this coder.
    kept = decisions({"text": "坂が多い"}, {"text": "坂が、多い。"}, {}, {"text": "公園", "coder": "B"})
    assert len(check_decisions(kept)) == 4


def test_codes_in_any_notation_are_read(plan: Codebook, tmp_path: Path) -> None:
    table = decisions({"code": "目標1(1)①", "suggested_code": "X9"}, {"coder": "B", "code": "G9-9-9"})
    write_table(table.head(1), tmp_path / "a.csv")
    read = read_decisions(tmp_path / "a.csv", plan)
    assert read["code"].tolist() == ["G1-1-1"] and read["suggested_code"].tolist() == [""]
    write_table(table, tmp_path / "b.csv")
    with pytest.raises(InputError) as caught:
        read_decisions(tmp_path / "b.csv", plan)
    assert (caught.value.place.row, caught.value.place.column) == (3, "code")


# -- appending -------------------------------------------------------------------------------------


def test_appending_keeps_every_row_and_every_column(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    first = decisions({"text": "=1+1\n「改行」"}).assign(district="大船")
    append_decisions(path, first)
    append_decisions(path, decisions({"decision_id": "e", "coder": "B"}).assign(sheet="3"))
    read = read_decisions(path)
    assert read["text"].tolist() == ["=1+1\n「改行」", ""]
    assert read["district"].tolist() == ["大船", ""] and read["sheet"].tolist() == ["", "3"]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [p.name for p in tmp_path.iterdir()] == ["d.csv"]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=20).filter(lambda t: "\x00" not in t), min_size=1, max_size=5))
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("append") / "d.csv"
    for i, text in enumerate(texts):
        append_decisions(path, decisions({"opinion_id": f"o{i}", "decision_id": f"d{i}", "note": text}))
    given_back = read_decisions(path)["note"].tolist()
    # A CSV has one kind of line end inside a cell on reading: as pandas and Excel read it.
    assert [t.replace("\r\n", "\n").replace("\r", "\n") for t in given_back] == [
        t.replace("\r\n", "\n").replace("\r", "\n") for t in texts
    ]


def test_nothing_is_written_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    append_decisions(path, decisions({}))
    before = path.read_bytes()
    with pytest.raises(InputError, match="d0"):
        append_decisions(path, decisions({}))
    with pytest.raises(InputError):
        append_decisions(path, decisions({"decision_id": "n"}).assign(action="what"))
    assert path.read_bytes() == before
    other = tmp_path / "labels.csv"
    other.write_text("opinion_id,text,code\n1,坂,G1\n", "utf-8")
    with pytest.raises(InputError, match="coder"):
        append_decisions(other, decisions({}))
    assert other.read_text("utf-8") == "opinion_id,text,code\n1,坂,G1\n"


def test_what_somebody_else_appended_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "d.csv"
    append_decisions(path, decisions({}))
    theirs, ours = (decisions({"opinion_id": o, "decision_id": o}) for o in ("theirs", "ours"))

    def read_and_be_overtaken(file: Path) -> pd.DataFrame:
        table = read_table(file)
        write_table(pd.concat([table, theirs]), file)
        return table

    monkeypatch.setattr("pipeline.decisions.read_table", read_and_be_overtaken)
    with pytest.raises(InputError, match="changed meanwhile"):
        append_decisions(path, ours)
    assert read_table(path)["opinion_id"].tolist() == ["o1", "theirs"]
