from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pipeline.audit import FAR_DOWN, NEAR_TEXT, NEIGHBOURS, SAME_TEXT, audit
from pipeline.errors import InputError
from pipeline.metrics import gold_matrix, ranks
from pipeline.models import Model
from pipeline.tables import LABELS


@pytest.fixture
def found(shipped: Model) -> Callable[..., pd.DataFrame]:
    """Labels of (text, code) examined with the shipped model."""

    def examine(*pairs: tuple[str, str], **options: int) -> pd.DataFrame:
        rows = ({"opinion_id": f"o{i}", "text": t, "code": c} for i, (t, c) in enumerate(pairs))
        return audit(shipped, LABELS.table(rows), **options)[0]

    return examine


def test_the_two_antennas_of_the_seed_show_up(shipped: Model) -> None:
    table, aside = audit(shipped)
    antennas = table[table["text"].str.contains("アンテナ")]
    assert antennas["kind"].tolist() == [NEAR_TEXT, NEAR_TEXT]
    assert antennas["codes"].tolist() == ["G2-1-4", "G3-1-4"] == antennas["other_code"].tolist()[::-1]
    assert antennas["other_text"].tolist() == antennas["text"].tolist()[::-1]
    assert len(aside) == 0


def test_what_is_far_down_is_what_leave_one_out_ranks_low(shipped: Model) -> None:
    first, gold = gold_matrix(shipped.opinions, shipped.classifier.classes_.tolist())
    rank = ranks(shipped.classifier.held_out_[first], gold)
    for limit in (10, 20):
        table, _ = audit(shipped, rank_limit=limit)
        far = table[table["kind"] == FAR_DOWN]
        expected = shipped.opinions["opinion_id"].iloc[first[rank > limit]]
        assert sorted(far["opinion_id"]) == sorted(expected) and len(far)
        assert (far["rank"].astype(int) > limit).all()
        assert far["rank"].astype(int).is_monotonic_decreasing


def test_the_labels_are_left_as_they_are(shipped: Model) -> None:
    before = shipped.opinions.copy()
    audit(shipped)
    pd.testing.assert_frame_equal(shipped.opinions, before)


def test_one_text_under_two_codes(found: Callable[..., pd.DataFrame]) -> None:
    table = found(
        ("バスの本数を増やしてほしい", "G3-3-2"),
        ("バスの本数を、増やしてほしい!", "G1-2-4"),
        ("坂が多い", "G3-3-2"),
    )
    table = table[table["kind"] == SAME_TEXT]
    assert table[["codes", "other_code", "similarity"]].values.tolist() == [
        ["G3-3-2", "G1-2-4", "1.000"],
        ["G1-2-4", "G3-3-2", "1.000"],
    ]


def test_copies_of_one_code_are_no_contradiction(found: Callable[..., pd.DataFrame]) -> None:
    table = found(("バスの本数を増やしてほしい", "G3-3-2"), ("バスの本数を増やしてほしい。", "G3-3-2"))
    assert not table["kind"].isin([SAME_TEXT, NEAR_TEXT, NEIGHBOURS]).any()


def test_a_second_code_missing_on_a_copy_is_named(shipped: Model) -> None:
    text = "バスの本数を増やしてほしい"
    rows = [("a", "G3-3-2"), ("a", "G1-2-4"), ("b", "G3-3-2")]
    table, _ = audit(shipped, LABELS.table({"opinion_id": o, "text": text, "code": c} for o, c in rows))
    table = table[table["kind"] == SAME_TEXT]
    assert table["codes"].tolist() == ["G1-2-4、G3-3-2", "G3-3-2"]


def test_three_neighbours_of_one_other_code(found: Callable[..., pd.DataFrame], shipped: Model) -> None:
    table = found(
        ("坂が多くて高齢者の買い物の移動が大変だ", "G3-3-2"),
        ("坂が多いので高齢者は買い物の移動に困っている", "G3-3-2"),
        ("坂の上の高齢者が買い物へ移動する手段がない", "G3-3-2"),
        ("坂が多くて高齢者が買い物に移動できない", "G1-2-4"),
        ("空き家の家賃が高くて住む所がない", "G3-3-1"),
    )
    outvoted = table[table["kind"] == NEIGHBOURS]
    assert outvoted["codes"].tolist() == ["G1-2-4"] and outvoted["other_code"].tolist() == ["G3-3-2"]
    # Of the three the one most like it is shown.
    of_code = table.loc[outvoted.index[0]]
    said = shipped.features.transform([of_code["text"], of_code["other_text"]])
    all_three = shipped.features.transform(
        [
            "坂が多くて高齢者の買い物の移動が大変だ",
            "坂が多いので高齢者は買い物の移動に困っている",
            "坂の上の高齢者が買い物へ移動する手段がない",
        ]
    )
    assert said[np.array([0])].dot(all_three).max() == pytest.approx(
        said[np.array([0])].dot(said[np.array([1])])[0, 0]
    )


def test_the_surest_findings_stand_first(found: Callable[..., pd.DataFrame]) -> None:
    table = found(
        ("防災無線が聞こえにくいので直してほしい", "G3-3-2"),
        ("防災無線が聞こえにくいので早く直してほしい", "G1-2-4"),
        ("バスの本数を朝だけでも増やしてほしい", "G3-3-2"),
        ("バスの本数を朝だけでも必ず増やしてほしいです", "G1-2-4"),
        ("坂が多い", "G3-3-2"),
        ("坂が多い。", "G1-2-4"),
        rank_limit=36,
    )
    assert list(dict.fromkeys(table["kind"]))[:2] == [SAME_TEXT, NEAR_TEXT]
    near = table[table["kind"] == NEAR_TEXT]["similarity"].astype(float)
    assert len(near) == 4 and near.nunique() > 1 and near.is_monotonic_decreasing


def test_rows_that_cannot_be_examined_are_set_aside(shipped: Model) -> None:
    labels = LABELS.table(
        [
            {"opinion_id": "a", "text": "坂が多い", "code": "G3-3-2"},
            {"opinion_id": "b", "text": "作文", "code": "G3-3-2", "label_source": "authored"},
        ]
    )
    _, aside = audit(shipped, labels)
    assert aside["text"].tolist() == ["作文"]
    with pytest.raises(InputError, match="調べる"):
        audit(shipped, labels.tail(1))
    with pytest.raises(InputError, match="G9") as caught:
        audit(shipped, labels.assign(code=["G3-3-2", "G9"]), file="l.csv")
    assert (caught.value.place.file, caught.value.place.row) == ("l.csv", 3)
