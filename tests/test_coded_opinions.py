"""Labels and suggestions become opinions with codes; every row is accounted for."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coded_opinions import NONE_FITS, CodedOpinions, read_coded
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.no_answer import NO_OPINION
from pipeline.opinions import ingest_table
from pipeline.suggested_codes import MAYBE_OUTSIDE, OPEN
from pipeline.suggestion import suggest
from pipeline.tables import LABELS, SUGGESTIONS


def _wide(*rows: dict[str, str]) -> pd.DataFrame:
    """Rows as `iken suggest` writes them, with a decision column."""
    base = {
        "地区": "北",
        "意見": "ごみが多い",
        "opinion_id": "",
        "status": "提案",
        "suggested_code": "G1-1",
        "suggested_confidence": "0.9",
        "確定コード": "",
        "also_code": "",
        "unit_codes": "",
        "code_1": "G1-1-1",
        "confidence_1": "0.6",
        "model_id": "m-1",
    }
    return pd.DataFrame([base | {"opinion_id": f"o{i}"} | row for i, row in enumerate(rows)], dtype=str)


def _accounted(found: CodedOpinions) -> int:
    rows = set(found.coded["opinion_id"]) | set(found.uncoded["opinion_id"])
    return len(rows) + found.blank + found.ranks + len(found.set_aside)


def test_labels_keep_their_order_and_columns(plan: Codebook, labels: pd.DataFrame) -> None:
    mixed = labels.iloc[::-1].assign(地区="北")
    found = read_coded(mixed, plan, file="x.csv")
    assert found.coded["text"].tolist() == mixed["text"].tolist()
    assert set(found.coded["checked"]) == {"yes"} and set(found.coded["地区"]) == {"北"}
    assert not found.has_unchecked and _accounted(found) == len(mixed)


def test_labels_that_are_no_opinions_are_set_aside(plan: Codebook, labels: pd.DataFrame) -> None:
    odd = labels.iloc[[0]].assign(opinion_id="w", label_source="authored")
    found = read_coded(pd.concat([labels, labels.iloc[[1]], odd]), plan, file="x.csv")
    assert len(found.coded) == len(labels) and len(found.set_aside) == 2 and found.rows == len(labels) + 2


def test_labels_made_of_suggestions_are_what_people_decided(plan: Codebook) -> None:
    """They keep the columns of the machine's suggestions, which were reported instead."""
    filled = _wide(
        {"確定コード": "G1-1-2"}, {"確定コード": "G2-1-1", "status": "要確認", "suggested_code": ""}
    )
    labels = ingest_table(filled, plan, source="記入.xlsx").labels
    assert {"status", "suggested_code"} <= {*labels.columns}
    found = read_coded(labels, plan, file="記入.csv")
    assert found.coded["code"].tolist() == ["G1-1-2", "G2-1-1"] and not found.has_unchecked
    # Labels that were suggested for once more, and decided in Excel.
    again = labels.assign(確定コード=["G1-2-1", ""])
    assert read_coded(again, plan, file="x.xlsx", text_column="text").coded["code"].tolist() == ["G1-2-1"]


def test_decisions_lead_and_suggestions_are_unchecked(plan: Codebook) -> None:
    table = _wide(
        {"確定コード": "G2-1-1 歩道の段差"},
        {"確定コード": "G1-1-1、G2-1、G1"},
        {"確定コード": "該当なし"},
        {},
        {"also_code": "G2-1-1 歩道の段差にも該当", "unit_codes": "G1-1、G1-1-2"},
        {"also_code": "G2-1-1 歩道の段差にも該当", "suggested_code": "G1-1-1"},
        {"status": "要確認", "suggested_code": ""},
        {"status": "該当なしの疑い", "suggested_code": ""},
        {"status": "意見なし", "意見": "特になし"},
    )
    found = read_coded(table, plan, file="x.xlsx")
    codes = found.coded.groupby("opinion_id", sort=False)["code"].agg(list).to_dict()
    assert codes == {
        "o0": ["G2-1-1"],
        "o1": ["G1-1-1", "G2-1"],  # and G1 says less than an item of it
        "o3": ["G1-1"],
        "o4": ["G1-1-2"],  # G1-1 says less than the item below it; undecided, a second item does not count
        "o5": ["G1-1-1", "G2-1-1"],
    }
    assert found.coded.groupby("checked")["opinion_id"].unique().map(list).to_dict() == {
        "no": ["o3", "o4", "o5"],
        "yes": ["o0", "o1"],
    }
    assert found.uncoded["kind"].tolist() == [NONE_FITS, OPEN, MAYBE_OUTSIDE]
    assert found.blank == 1 and _accounted(found) == found.rows == 9
    assert found.model_ids == ("m-1",) and found.opinions == 8


@pytest.mark.parametrize("title", ["suggested_title", "title_1"])
def test_suggestions_of_another_plan_are_refused(plan: Codebook, title: str) -> None:
    """Many plans call their first item G1-1-1: its title tells. A few titles reworded since do not matter."""
    code = "suggested_code" if title == "suggested_title" else "code_1"
    right = [{code: n.code, title: n.title} for n in plan.items]
    assert len(read_coded(_wide(*right, {title: ""}), plan, file="x.xlsx").coded) == len(right) + 1
    reworded = [{**right[0], title: "新しい題名"}, *right[1:]]
    assert len(read_coded(_wide(*reworded), plan, file="x.xlsx").coded) == len(right)
    other = [{**r, title: f"健診{i}"} for i, r in enumerate(right)]
    with pytest.raises(InputError, match=r"別の計画.*健診0.*--codebook"):
        read_coded(_wide(*other), plan, file="x.xlsx")


def test_a_confidence_asks_for_the_item(plan: Codebook) -> None:
    table = _wide(
        {}, {"confidence_1": "0.4"}, {"status": "要確認", "suggested_code": "", "confidence_1": "0.5"}
    )
    found = read_coded(table, plan, file="x.xlsx", min_confidence=0.5)
    assert found.coded["code"].tolist() == ["G1-1-1", "G1-1-1"]
    assert found.uncoded["reason"].tolist() == ["確信度が 0.5 に届かない"]


@pytest.mark.parametrize("long", [False, True])
def test_what_suggest_writes_is_read(model: Model, plan: Codebook, long: bool) -> None:
    texts = ["公園のごみを拾う", "特になし", "歩道の段差がこわい。遊具を新しくしてほしい。" * 3]
    table = suggest(model, pd.DataFrame({"text": texts}), long=long).astype(object).fillna("").astype(str)
    found = read_coded(table, plan, file="x.csv", min_confidence=0.0)
    assert found.blank == 1 and found.model_ids == (model.model_id,)
    coded = set(found.coded["text"]) | set(found.uncoded["text"])
    assert all(any(t in text for text in texts) for t in coded)
    if long:
        units = found.coded[["opinion_id", "unit"]].drop_duplicates()
        assert found.ranks + found.blank + len(units) + len(found.uncoded) == len(table)


def test_errors_name_place_and_remedy(plan: Codebook, labels: pd.DataFrame) -> None:
    with pytest.raises(InputError) as error:
        read_coded(_wide({}, {"確定コード": "G9-9"}), plan, file="x.xlsx")
    assert (error.value.place.row, error.value.place.column) == (3, "確定コード")
    wrong = [{"確定コード": "G1-1-1"}, *({"確定コード": f"G{i}-9"} for i in range(12))]
    with pytest.raises(InputError, match=r"「G0-9」\(3行目\)、「G1-9」\(4行目\).*G9-9.* ほか2件"):
        read_coded(_wide(*wrong), plan, file="x.xlsx")
    with pytest.raises(InputError, match="adjudicate"):
        read_coded(
            labels.assign(action="accept", decided_at="x").drop(columns="label_source"), plan, file="x.csv"
        )
    with pytest.raises(InputError, match=r"iken ingest"):
        read_coded(pd.DataFrame({"意見": ["坂"]}), plan, file="x.csv")
    with pytest.raises(InputError) as error:
        read_coded(_wide({"confidence_1": "高い"}), plan, file="x.xlsx", min_confidence=0.5)
    assert error.value.place.column == "confidence_1"
    with pytest.raises(InputError) as error:
        read_coded(LABELS.table([{"opinion_id": "1", "text": "坂", "code": "G7"}]), plan, file="x.csv")
    assert error.value.place.row == 2


def test_long_suggestions_below_the_promise_wait_for_a_person(plan: Codebook) -> None:
    row = {"opinion_id": "o1", "unit": "1", "unit_text": "坂", "rank": "1", "code": "G1-1-1"}
    row |= {"confidence": "0.3", "status": "提案", "doubt_reasons": "項目では目標の適合率に届かない"}
    found = read_coded(SUGGESTIONS.table([row]), plan, file="x.csv")
    assert found.uncoded["kind"].tolist() == [OPEN]


def test_two_texts_of_one_id_are_not_one_opinion(plan: Codebook) -> None:
    other = {"opinion_id": "o0 ", "意見": "段差がある"}
    for decided in ({}, {"確定コード": "G2-1-1"}, {"確定コード": "該当なし"}):
        with pytest.raises(InputError) as error:
            read_coded(_wide({}, {}, other | decided), plan, file="x.xlsx")
        place = error.value.place
        assert (place.row, place.column) == (4, "opinion_id") and "「o0」が、2行目" in error.value.ja
    # A row that was copied to give the opinion a second code, and one without an opinion.
    copied = {"opinion_id": "o0", "確定コード": "G2-1-1"}
    found = read_coded(_wide({}, copied, other | {"意見": "", "status": NO_OPINION}), plan, file="x.xlsx")
    assert (found.opinions, len(found.coded), found.blank) == (1, 2, 1)
    row = {"opinion_id": "o", "unit": "1", "unit_text": "坂", "rank": "1", "code": "G1-1-1", "status": "提案"}
    rows = [row, row | {"unit": "2", "unit_text": "道"}, row | {"unit_text": "橋"}]
    with pytest.raises(InputError) as error:
        read_coded(SUGGESTIONS.table(rows), plan, file="x.csv")
    assert error.value.place.row == 4
