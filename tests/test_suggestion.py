from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import coding, suggest
from pipeline.coded_opinions import read_coded
from pipeline.coding import Coder
from pipeline.doubt import ELSEWHERE, REASONS
from pipeline.duplicates import GroupFinder, Groups
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.no_answer import OUTSIDE
from pipeline.review_items import review_items
from pipeline.suggested_codes import OPEN
from pipeline.suggestion import Tally, check_columns, suggest_stream
from pipeline.tables import SUGGESTIONS

SURVEY = pd.DataFrame(
    {
        "地区": ["東", "西", "東", "南", "北"],
        "自由記述": ["公園がごみだらけ", "特になし", "歩道の段差をなくして", "", "公園がごみだらけ。"],
    }
)


def groups_of(texts: list[str]) -> Groups:
    with GroupFinder() as finder:
        finder.add(texts)
        return finder.groups()


def test_every_row_and_column_is_kept_in_order(model: Model) -> None:
    out = suggest(model, SURVEY)
    assert out[["地区", "自由記述"]].equals(SURVEY)
    assert (out["status"] == "意見なし").tolist() == [False, True, False, True, False]
    assert out["code_1"].tolist()[:3] == ["G1-1-1", "", "G2-1-1"]
    assert out["opinion_id"].is_unique
    assert (out["model_id"] == model.model_id).all()
    assert (out[["group_size", "exact_count"]] == 1).all(axis=None)


DITTO = ["公園がごみだらけ", "同上", "〃", "同上", "#REF!", "問3と同じ", "特になし"]


@pytest.mark.parametrize("form", ["wide", "long"])
def test_what_stands_for_another_answer_is_put_before_a_person(model: Model, form: str) -> None:
    survey = pd.DataFrame({"意見": DITTO})
    out = suggest(model, survey, long=form == "long", groups=groups_of(DITTO)).astype(str).fillna("")
    if form == "long":
        out = out.drop_duplicates("opinion_id")
    first, why = ("code", "doubt_reasons") if form == "long" else ("code_1", "doubt_stands_elsewhere")
    assert (out["status"] == "要確認").tolist()[1:] == [True] * 5 + [False]
    assert (out[first] == "").tolist() == [False] + [True] * 6
    assert (out[why] == REASONS[ELSEWHERE]).tolist() == [False] + [True] * 5 + [False]
    if form == "wide":
        # Each may mean something else: a decision on one says nothing of the other.
        assert (out["group_id"] == "").all()
    asked = review_items([out], list(out.columns), model.codebook)
    assert asked.asked["text"].tolist() == DITTO[:-1] and asked.not_asked["text"].tolist() == ["特になし"]
    assert REASONS[ELSEWHERE] in asked.asked["doubt"].tolist()[1]
    for least in (None, 0.1):
        read = read_coded(out, model.codebook, file="提案.csv", min_confidence=least)
        waiting = read.uncoded[read.uncoded["kind"] == OPEN]
        assert waiting["text"].tolist()[-5:] == DITTO[1:-1] and read.blank == 1
        assert waiting["reason"].str.startswith(REASONS[ELSEWHERE]).tolist()[-5:] == [True] * 5


def test_the_precision_asked_for_is_that_of_the_suggestions(model: Model) -> None:
    least, most = (suggest(model, SURVEY, target=target)["status"].tolist() for target in (0.1, 1.0))
    assert least.count("提案") > most.count("提案")


def test_confidences_fall_and_titles_fit_codes(model: Model) -> None:
    row = suggest(model, SURVEY).iloc[0]
    assert row["confidence_1"] >= row["confidence_2"] >= row["confidence_3"] >= 0
    assert row["title_1"] == model.codebook[row["code_1"]].title


def test_evidence_is_a_hand_coded_opinion_never_the_comment_itself(model: Model) -> None:
    own = model.opinions["text"].iloc[0]
    said = Coder(model).code([own])[0]
    assert own not in [model.opinions["text"].iloc[i] for i, _ in said.evidence]
    assert all(0 < s <= 1 + 1e-9 for _, s in said.evidence)


def test_what_may_be_about_no_item_is_not_about_a_second_one(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coding, "_ALSO", 0.0)
    text = ["公園のごみがひどい。清掃してほしい"]
    assert Coder(model).code(text)[0].also
    monkeypatch.setattr(model.classifier, "outside_limit_", -1.0)
    (said,) = Coder(model).code(text)
    assert (said.status, said.also) == (OUTSIDE, "")


def test_long_form_is_the_suggestions_table(model: Model) -> None:
    out = suggest(model, SURVEY, long=True, top=2)
    assert tuple(out.columns) == SUGGESTIONS.columns
    assert out["opinion_id"].value_counts().tolist() == [2, 2, 2, 1, 1]
    assert out["opinion_id"].nunique() == len(SURVEY)


def test_repeated_texts_are_coded_once_and_counted_both_ways(model: Model) -> None:
    texts = SURVEY["自由記述"].tolist()
    tally = Tally()
    out = pd.concat(
        suggest_stream(
            model, [SURVEY], text_column="自由記述", id_column=None, groups=groups_of(texts), tally=tally
        )
    )
    assert out["group_id"].tolist() == ["D1", "", "", "", "D1"]
    assert out["group_size"].tolist() == [2, 1, 1, 1, 2]
    columns = ["status", "code_1", "confidence_1", "evidence"]
    assert out.iloc[0][columns].tolist() == out.iloc[4][columns].tolist()
    assert (tally.rows, tally.texts) == (5, 4)
    assert (tally.code_rows["G1-1-1"], tally.code_texts["G1-1-1"]) == (2, 1)
    assert tally.status_rows == out["status"].value_counts().to_dict()
    assert tally.status_texts == out["status"].iloc[:4].value_counts().to_dict()


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.sampled_from(
            ["公園がごみだらけ", "段差が怖い", "特になし", "", "落ち葉", "遊具が古いと思います。", "あいう"]
        ),
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_cutting_the_input_into_chunks_changes_nothing(model: Model, texts: list[str], size: int) -> None:
    table = pd.DataFrame({"text": texts}, dtype=object)
    groups = groups_of(texts)
    chunks = [table.iloc[i : i + size] for i in range(0, len(table), size)]
    parts = list(suggest_stream(model, chunks, text_column="text", id_column=None, groups=groups))
    whole = list(suggest_stream(model, [table], text_column="text", id_column=None, groups=groups))
    if not texts:
        assert not parts
        return
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), pd.concat(whole, ignore_index=True))
    assert len(whole[0]) == len(texts)


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_any_text_can_be_coded(model: Model, texts: list[str]) -> None:
    for said in Coder(model).code(texts):
        assert bool(said.codes) == (said.status != "意見なし" and ELSEWHERE not in said.reasons)
        assert all(np.isfinite(said.confidences))


@pytest.mark.parametrize("columns", [["a", "b"], ["意見", "自由記述"]])
def test_missing_or_ambiguous_column_lists_what_there_is(columns: list[str]) -> None:
    with pytest.raises(InputError, match="、".join(columns)):
        check_columns(columns, None, None, 3)


def test_named_columns_must_exist_and_output_names_must_be_free() -> None:
    with pytest.raises(InputError, match="--text-column"):
        check_columns(["a"], "b", None, 3)
    with pytest.raises(InputError, match="code_1"):
        check_columns(["text", "code_1"], None, None, 3)
    assert check_columns(["text", "opinion_id"], None, None, 3) == ("text", "opinion_id")
    # Ids of another column would stand beside these, under the same name.
    with pytest.raises(InputError, match="opinion_id"):
        check_columns(["text", "opinion_id", "番号"], None, "番号", 3)


def test_a_text_repeated_in_a_later_chunk_gets_the_coding_of_the_place_where_it_first_stood(
    model: Model,
) -> None:
    texts = [
        "公園がごみだらけ",
        "特になし",
        "落ち葉が多い",
        "段差が怖い",
        "遊具が古い",
        "段差が怖い",
        "バスが少ない",
    ]
    table = pd.DataFrame({"text": texts}, dtype=object)
    parts = suggest_stream(
        model,
        [table.iloc[:2], table.iloc[2:5], table.iloc[5:]],
        text_column="text",
        id_column=None,
        groups=groups_of(texts),
    )
    out = pd.concat(parts, ignore_index=True)
    columns = ["status", "code_1", "confidence_1", "evidence", "group_id"]
    assert out.loc[5, columns].tolist() == out.loc[3, columns].tolist()
    assert out["group_size"].tolist() == [1, 1, 1, 2, 1, 2, 1]


def test_ids_of_the_survey_stay_and_a_row_without_a_comment_gets_one(model: Model) -> None:
    rows = {"opinion_id": [7, "", "a3", ""], "text": ["公園", "　", "落ち葉", "遊具"]}
    (out,) = suggest_stream(
        model, [pd.DataFrame(rows, dtype=object)], text_column="text", id_column="opinion_id"
    )
    # None is made up for a comment: that it has none is a fault of the survey.
    assert out["opinion_id"].tolist() == [7, "R2", "a3", ""]
