"""Which label rows are learned from, and what an id means."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.labels import check_ids, prepare_labels
from pipeline.tables import LABELS


def test_every_row_is_used_or_set_aside_with_a_reason(labels: pd.DataFrame, plan: Codebook) -> None:
    extra = labels.iloc[:3].copy()
    extra.loc[2, "label_source"] = "authored"
    extra.loc[2, "opinion_id"] = "written"
    table = pd.concat([labels, extra], ignore_index=True)
    used, aside = prepare_labels(table, plan)
    assert len(used) + len(aside) == len(table)
    assert len(aside) == 3
    assert (aside["reason"] != "").all()
    assert aside["source"].tolist() == ["発明.md"] * 3
    assert list(used.columns) == list(LABELS.columns)


def test_codes_in_any_notation(labels: pd.DataFrame, plan: Codebook) -> None:
    written = labels.assign(code=[plan.display(c) for c in labels["code"]])
    assert prepare_labels(written, plan)[0].equals(prepare_labels(labels, plan)[0])


def test_which_of_two_equal_labels_is_kept_does_not_depend_on_order(
    labels: pd.DataFrame, plan: Codebook
) -> None:
    twice = pd.concat([labels, labels.iloc[[0]].assign(coder="鈴木", row="x")], ignore_index=True).fillna("")
    one, aside = prepare_labels(twice, plan, "l.csv")
    other, _ = prepare_labels(twice.iloc[::-1], plan, "l.csv")
    assert one.equals(other)
    turned, _ = prepare_labels(twice[twice.columns[::-1]], plan, "l.csv")
    assert one.equals(turned[one.columns])
    assert (len(one), len(aside)) == (10, 1)
    assert "row" in one.columns  # columns of the input are kept, whatever they are called


def test_an_authored_row_does_not_throw_out_the_gold_row(labels: pd.DataFrame, plan: Codebook) -> None:
    authored = labels.iloc[[0]].assign(label_source="authored", source="")
    used, aside = prepare_labels(pd.concat([authored, labels], ignore_index=True), plan, "l.csv")
    assert used.equals(prepare_labels(labels, plan)[0])
    assert aside["source"].tolist() == ["l.csv"]
    unnamed = prepare_labels(pd.concat([authored, labels], ignore_index=True), plan)[1]
    assert unnamed["source"].tolist() == ["labels"]


def test_an_authored_row_may_have_the_id_of_an_opinion(labels: pd.DataFrame, plan: Codebook) -> None:
    authored = labels.iloc[[3]].assign(label_source="authored", text="まったく別の話")
    used, aside = prepare_labels(pd.concat([labels, authored], ignore_index=True), plan)
    assert used.equals(prepare_labels(labels, plan)[0])
    assert aside["text"].tolist() == ["まったく別の話"]


def test_an_unknown_code_is_refused_with_the_row_that_excel_shows(
    labels: pd.DataFrame, plan: Codebook
) -> None:
    labels.loc[4, "code"] = "G9-9-9"
    with pytest.raises(InputError, match="G9-9-9") as caught:
        prepare_labels(labels, plan, "l.csv")
    assert (caught.value.place.file, caught.value.place.row, caught.value.place.column) == (
        "l.csv",
        6,
        "code",
    )


def test_one_id_for_two_opinions_is_refused_with_the_place(labels: pd.DataFrame, plan: Codebook) -> None:
    other = labels.assign(text=labels["text"].where(labels["opinion_id"] != "o3", "まったく別の話"))
    with pytest.raises(InputError, match=r"o3」が、5行目では.* in row 5;") as caught:
        prepare_labels(pd.concat([labels, other], ignore_index=True), plan, "l.csv")
    place = caught.value.place
    assert (place.file, place.row, place.column) == ("l.csv", 15, "opinion_id")
    with pytest.raises(InputError, match=r"a\.csvの5行目.* in row 5 of a\.csv;") as caught:
        check_ids({"a.csv": labels, "b.csv": other})
    assert (caught.value.place.file, caught.value.place.row) == ("b.csv", 5)


def test_files_that_both_number_from_one_lose_nothing(labels: pd.DataFrame, plan: Codebook) -> None:
    other = labels.assign(source="別.md", text=[f"{t}と思う" for t in labels["text"]])
    other.loc[0, "text"] = labels["text"][0] + "。"  # the same opinion, coded again
    used, aside = prepare_labels(pd.concat([labels, other], ignore_index=True), plan)
    assert (len(used), len(aside)) == (19, 1)
    assert used.groupby("opinion_id")["text"].nunique().max() == 1
    assert {"o0", "発明.md:o1", "別.md:o1"} <= set(used["opinion_id"])
