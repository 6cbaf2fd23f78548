from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.carried_labels import carry_labels, old_labels
from pipeline.codebook import Codebook
from pipeline.crosswalk import CROSSWALK, check_crosswalk, propose_crosswalk
from pipeline.errors import InputError
from pipeline.tables import CODEBOOK, LABELS

OLD, NEW = (
    Codebook.from_table(
        CODEBOOK.table({"code": f"{letter}{i + 1}", "title": t} for i, t in enumerate(titles))
    )
    for letter, titles in (
        ("A", ("公園の清掃", "歩道の段差の解消", "確定申告の窓口")),
        ("B", ("公園", "道", "税")),
    )
)


def edited(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return CROSSWALK.table(dict(zip(("old_code", "new_code", "use"), r, strict=True)) for r in rows)


def opinions(*codes: str) -> pd.DataFrame:
    return LABELS.table(
        {
            "opinion_id": f"o{i}",
            "text": f"公園の意見{i}",
            "code": c,
            "label_source": "double",
            "coder": "k",
            "mine": "x",
        }
        for i, c in enumerate(codes)
    )


def test_a_label_with_an_unknown_code_is_named() -> None:
    with pytest.raises(InputError) as caught:
        old_labels(opinions("A1", "Z9"), OLD, "l.csv")
    assert (caught.value.place.row, caught.value.place.column) == (3, "code")


def test_split_and_unmarked_items_are_set_aside_with_reason_and_nearest() -> None:
    table = check_crosswalk(edited(("A1", "B1", "○"), ("A1", "B3", "○"), ("A2", "B2", "○")), OLD, NEW)
    carried, aside = carry_labels(opinions("A1", "A2", "A3"), table, OLD, NEW)
    assert carried[["opinion_id", "code", "label_source", "coder", "mine"]].values.tolist() == [
        ["o1", "B2", "double", "k", "x"]
    ]
    assert aside["code"].tolist() == ["A1", "A3"]
    assert "B1、B3" in aside["reason"][0] and aside["nearest_code"][0] == "B1"
    assert "○" in aside["reason"][1] and aside["nearest_code"][1] in NEW


def test_an_opinion_of_both_merged_items_is_carried_once() -> None:
    labels = LABELS.table({"opinion_id": "o", "text": "同じ意見", "code": c} for c in ("A1", "A2"))
    table = check_crosswalk(edited(("A1", "B1", "○"), ("A2", "B1", "○")), OLD, NEW)
    carried, aside = carry_labels(labels, table, OLD, NEW)
    assert (
        carried["carried_from_code"].tolist() == ["A1"]
        and carried["carried_from_codebook_sha256"][0] == OLD.sha256
    )
    assert "統合" in aside["reason"][0]


def test_a_label_says_of_which_codebook_it_is_and_its_nearest_item_is_one_of_those_it_may_go_to() -> None:
    labels = opinions("A1", "A2").assign(codebook_sha256=["", "an earlier codebook"])
    table = check_crosswalk(
        # Texts about a park are most like B1, which the table does not offer for A1.
        edited(("A1", "B2", "○"), ("A1", "B3", "○"), ("A2", "B2", "○")),
        OLD,
        NEW,
    )
    carried, aside = carry_labels(labels, table, OLD, NEW)
    assert carried["carried_from_codebook_sha256"].tolist() == ["an earlier codebook"]
    assert aside["code"].tolist() == ["A1"] and aside["nearest_code"][0] in ("B2", "B3")


def test_what_two_coders_said_alike_is_carried_of_both() -> None:
    # Else their agreement would be lost, and only what they disagree on be left.
    labels = LABELS.table(
        {"opinion_id": "o", "text": "同じ意見", "code": "A1", "label_source": "single", "coder": coder}
        for coder in ("佐藤", "鈴木", "鈴木")
    )
    table = check_crosswalk(edited(("A1", "B1", "○")), OLD, NEW)
    carried, aside = carry_labels(labels, table, OLD, NEW)
    assert carried[["coder", "code"]].values.tolist() == [["佐藤", "B1"], ["鈴木", "B1"]]
    assert aside["coder"].tolist() == ["鈴木"] and aside["reason"][0].startswith("同じ意見に同じコード(B1)")


def test_codes_above_items_are_set_aside(plan: Codebook) -> None:
    labels = old_labels(opinions("G1-1", "G1-1-1"), plan)
    carried, aside = carry_labels(labels, propose_crosswalk(plan, plan), plan, plan)
    assert carried["code"].tolist() == ["G1-1-1"] and "上の階層" in aside["reason"][0]


pairs = st.lists(
    st.tuples(st.sampled_from(["A1", "A2", "A3"]), st.sampled_from(["B1", "B2", "B3"])), unique=True
)


@settings(deadline=None, max_examples=30)
@given(pairs, st.lists(st.sampled_from(["A1", "A2", "A3"]), max_size=6))
def test_every_label_is_carried_or_set_aside(chosen: list[tuple[str, str]], codes: list[str]) -> None:
    table = check_crosswalk(edited(*((a, b, "○") for a, b in chosen)), OLD, NEW)
    carried, aside = carry_labels(opinions(*codes), table, OLD, NEW)
    assert sorted([*carried["opinion_id"], *aside["opinion_id"]]) == [f"o{i}" for i in range(len(codes))]
    assert all(aside["reason"] != "")
    targets = {a: [b for x, b in chosen if x == a] for a in ("A1", "A2", "A3")}
    assert all(targets[a] == [b] for a, b in zip(carried["carried_from_code"], carried["code"], strict=True))


def test_carried_labels_have_the_new_titles_and_those_of_another_plan_are_refused() -> None:
    given = opinions("A1", "A2", "A3")
    table = check_crosswalk(edited(("A1", "B1", "○"), ("A2", "B2", "○")), OLD, NEW)
    own = given.assign(code_title=["公園の清掃", "歩道の段差の解消", "確定申告の窓口"])
    carried, aside = carry_labels(old_labels(own, OLD), table, OLD, NEW)
    assert carried["code_title"].tolist() == ["公園", "道"]
    assert aside["code_title"].tolist() == ["確定申告の窓口"]
    # What was carried has nothing to be carried again, even without titles.
    again = pd.concat([given, carried.drop(columns="code_title").replace({"B1": "A1", "B2": "A2"})]).fillna(
        ""
    )
    with pytest.raises(InputError, match="新しいコードブックで付けたコードです") as caught:
        old_labels(again, OLD, "l.csv", NEW)
    assert caught.value.place.row == 5
    with pytest.raises(InputError, match="別の計画の表"):
        old_labels(given.assign(code_title=["学校", "病院", "港"]), OLD, "l.csv")
