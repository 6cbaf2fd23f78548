from __future__ import annotations

import math

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import reliability
from pipeline.accuracy import TooFewLabelsError, acceptance_rate, independent_accuracy
from pipeline.agreement import Agreement, agreement, decisions_from_labels
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.reliability import alpha, kappa, masi_distances, percent_agreement
from pipeline.tables import DECISIONS, LABELS

NO = -1


def each(values: np.ndarray) -> np.ndarray:
    """Every unit an opinion of its own."""
    return np.arange(len(values))


# -- published worked examples ---------------------------------------------------------------------

# Krippendorff 2011, Computing Krippendorff's Alpha-Reliability: C, four observers, with missing values.
KRIPPENDORFF_C = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, NO, NO, NO],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NO, 3],
        [NO, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NO],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NO],
    ]
).T
# The same, A: two observers, binary.
KRIPPENDORFF_A = np.array([[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]).T
# The same, B: two observers, five categories.
KRIPPENDORFF_B = np.array(
    [list("aabbdcccedda"), list("babbbccceddd")],
).T


def test_alpha_of_krippendorffs_paper() -> None:
    assert round(alpha(KRIPPENDORFF_C, each(KRIPPENDORFF_C)).value, 3) == 0.743
    assert round(alpha(KRIPPENDORFF_A, each(KRIPPENDORFF_A)).value, 3) == 0.095
    numbers = np.vectorize("abcde".index)(KRIPPENDORFF_B)
    assert round(alpha(numbers, each(numbers)).value, 3) == 0.692


def test_kappa_of_the_grant_proposals() -> None:
    """Fifty proposals, both yes 20, both no 15 (the example of Wikipedia and many textbooks)."""
    pairs = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [20, 5, 10, 15], axis=0)
    figure = kappa(pairs[:, 0], pairs[:, 1], each(pairs))
    assert round(figure.value, 2) == 0.40 and figure.n == 50
    assert percent_agreement(pairs, each(pairs)).value == 0.70


def test_the_interval_of_kappa_is_that_of_drawn_tables() -> None:
    table = np.array([20, 5, 10, 15])
    pairs = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], table, axis=0)
    a, b, c, d = np.random.default_rng(0).multinomial(50, table / 50, 20_000).T
    # Kappa of two by two tables in one formula.
    drawn = 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d))
    figure = kappa(pairs[:, 0], pairs[:, 1], each(pairs))
    assert (figure.low, figure.high) == pytest.approx(tuple(np.percentile(drawn, [2.5, 97.5])), abs=0.03)


@pytest.mark.parametrize(("table", "value"), [((45, 15, 25, 15), 0.1304), ((25, 35, 5, 35), 0.2593)])
def test_kappa_of_equal_agreement_and_other_margins(table: tuple[int, ...], value: float) -> None:
    """The two tables of the same 60 % agreement (Wikipedia, Cohen's kappa)."""
    pairs = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], table, axis=0)
    assert round(kappa(pairs[:, 0], pairs[:, 1], each(pairs)).value, 4) == value


def test_masi_by_its_definition() -> None:
    others = map(frozenset, ("ab", "cd", "a", "bc"))
    found = masi_distances([frozenset("ab"), *others])[0, 1:]
    np.testing.assert_allclose(found, [0, 1, 1 - 1 / 2 * 2 / 3, 1 - 1 / 3 * 1 / 3])


def _masi(a: frozenset[str], b: frozenset[str]) -> float:
    """Two sets by the words of the definition."""
    monotonicity = 1 if a == b else 2 / 3 if a < b or b < a else 1 / 3 if a & b else 0
    return 1 - len(a & b) / len(a | b) * monotonicity


@given(st.lists(st.frozensets(st.sampled_from("abcde"), min_size=1), min_size=1, max_size=6))
def test_masi_of_all_pairs(sets: list[frozenset[str]]) -> None:
    expected = [[_masi(a, b) for b in sets] for a in sets]
    np.testing.assert_allclose(masi_distances(sets), expected, atol=1e-12)


def test_masi_alpha_by_hand() -> None:
    """Four units: two equal, one subset (2/3), one disjoint (1)."""
    sets = [frozenset("a"), frozenset("b"), frozenset("ab")]
    values = np.array([[0, 0], [1, 1], [0, 2], [0, 1]])
    observed = (2 / 3 + 1) / 4
    # Values a, a, b, b, a, ab, a, b: four of a, three of b, one of ab; 56 ordered pairs of two of them.
    expected = 2 * (4 * 3 * 1 + 4 * 1 * 2 / 3 + 3 * 1 * 2 / 3) / 56
    figure = alpha(values, each(values), masi_distances(sets))
    assert figure.value == pytest.approx(1 - observed / expected, abs=1e-6)
    assert figure.value > alpha(values, each(values)).value
    # A set that only one coder gave to anything changes nothing.
    more = masi_distances([*sets, frozenset("c")])
    assert alpha(np.vstack([values, [3, NO]]), np.arange(5), more) == figure


# -- the arithmetic of the intervals ---------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=2, max_size=12))
@example([[0, 0, 1], [0, 0, 1], [0, 0, 2], [0, 1, 1], [1, 1, NO], [1, 1, NO], [1, NO, 2], [1, NO, 2], [1, 2, 3],
          [NO, 2, 2], [NO, 2, 3], [2, 2, 3]])  # fmt: skip
def test_the_value_of_the_library_is_that_of_the_resampled_formula(rows: list[list[int]]) -> None:
    """Above a certain size alpha comes from the formula of the intervals: both must be one number."""
    values = np.array(rows)
    figure = alpha(values, each(values))
    limit = reliability._LIBRARY_CELLS
    try:
        reliability._LIBRARY_CELLS = 0
        own = alpha(values, each(values))
    finally:
        reliability._LIBRARY_CELLS = limit
    # Both are rounded to six digits; of a number halfway between two (.1390625) the last may differ by one.
    assert (own.value, own.n) == pytest.approx((figure.value, figure.n), abs=1.5e-6, nan_ok=True)
    if not math.isnan(figure.value):
        data = np.where(values < 0, np.nan, values.astype(float)).T
        library = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
        assert figure.value == pytest.approx(library, abs=1e-6)


def test_intervals_are_the_same_every_time_and_hold_the_value() -> None:
    first = alpha(KRIPPENDORFF_C, each(KRIPPENDORFF_C), seed=3)
    assert first == alpha(KRIPPENDORFF_C, each(KRIPPENDORFF_C), seed=3)
    assert first.low < first.value < first.high
    assert first.low != alpha(KRIPPENDORFF_C, each(KRIPPENDORFF_C), seed=4).low


def test_units_of_one_comment_are_no_independent_evidence() -> None:
    values = np.array([[0, 0], [1, 1], [0, 1], [1, 0]] * 10)
    alone = percent_agreement(values, each(values))
    together = percent_agreement(values, np.repeat(np.arange(10), 4))
    # Every comment agrees in two units of four: nothing varies between comments.
    assert together.value == 0.5 and math.isnan(together.low) and alone.low < 0.5 < alone.high


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Two coders that agree by .7 on the average, 200 samples of 60 opinions: about 95 % of the intervals."""
    rng = np.random.default_rng(1)
    covered = 0
    for seed in range(100):
        same = rng.random(60) < 0.7
        values = np.stack([np.zeros(60, int), np.where(same, 0, 1)], axis=1)
        figure = percent_agreement(values, each(values), seed=seed)
        covered += figure.low <= 0.7 <= figure.high
    assert 88 <= covered <= 100


def test_where_nothing_varies_alpha_and_kappa_are_not_defined() -> None:
    values = np.zeros((5, 2), int)
    assert math.isnan(alpha(values, each(values)).value)
    assert math.isnan(kappa(values[:, 0], values[:, 1], each(values)).value)
    assert percent_agreement(values, each(values)).value == 1
    # Nor is an interval where everybody agrees: five opinions do not make it certain.
    agreed = np.array([[0, 0], [1, 1], [0, 0]])
    for figure in (percent_agreement(values, each(values)), alpha(agreed, each(agreed))):
        assert figure.value == 1 and math.isnan(figure.low) and math.isnan(figure.high)
    assert alpha(np.full((3, 2), NO), np.arange(3)).n == 0


# -- from decisions --------------------------------------------------------------------------------


def coded(*rows: tuple[str, str, str], **same: str) -> pd.DataFrame:
    """DECISIONS of (opinion, coder, codes): "" none fits, "?" unsure, "A+B" two codes."""
    given = []
    for opinion, coder, codes in rows:
        row = {
            "opinion_id": opinion,
            "coder": coder,
            "text": f"本文{opinion}",
            "decision_id": f"{opinion}{coder}",
        } | same
        if codes in ("", "?"):
            given.append(row | {"action": "unsure" if codes else "none-fits"})
        else:
            given += [row | {"action": "change", "code": c} for c in codes.split("+")]
    return DECISIONS.table(given)


PAIRS = [
    ("G1-1-1", "G1-1-1"),
    ("G1-1-1", "G1-1-2"),  # the policy is the same
    ("G1-1-2", "G1-2-1"),  # the goal is the same
    ("G2-1-1", "G2-1-1"),
    ("G2-1-2", ""),
    ("", ""),
    ("G2-1-1", "?"),
]


@pytest.fixture
def two(plan: Codebook) -> Agreement:
    rows = [(f"o{i}", coder, c) for i, pair in enumerate(PAIRS) for coder, c in zip("AB", pair, strict=True)]
    return agreement(coded(*rows), plan)


def test_agreement_at_each_level(two: Agreement) -> None:
    assert [two.figure("percent", level).value for level in (1, 2, 3)] == pytest.approx(
        [5 / 6, 4 / 6, 3 / 6], abs=1e-6
    )
    assert two.figure("percent", 3).n == 6
    assert set(two.figures["level"]) == {"1", "2", "3"}
    assert two.coders == ("A", "B") and (two.decisions, two.missing, two.compared) == (14, 1, 6)
    assert two.figure("alpha", 1).value == two.figure("alpha", 1, "pair", "A", "B").value
    assert two.figure("alpha", 1).value > two.figure("alpha", 3).value


def test_none_fits_is_a_category_and_unsure_is_missing(two: Agreement) -> None:
    items = [(0, 0), (0, 1), (1, 2), (3, 3), (4, 5), (5, 5)]
    expected = krippendorff.alpha(reliability_data=np.array(items).T, level_of_measurement="nominal")
    assert two.figure("alpha", 3).value == pytest.approx(expected, abs=1e-6)


def test_confusions_carry_their_comments(two: Agreement) -> None:
    assert two.confusions[["code_a", "code_b", "differs_at", "n"]].values.tolist() == [
        ["G1-1-1", "G1-1-2", "3", "1"],
        ["G1-1-2", "G1-2-1", "2", "1"],
        ["G2-1-2", "none-fits", "1", "1"],
    ]
    assert two.confusions["title_b"].tolist() == ["遊具の更新", "落ち葉の処理", "該当なし"]
    assert two.disagreements["text"].tolist() == ["本文o1", "本文o2", "本文o4"]
    assert two.disagreements["codes_b"].tolist() == ["G1-1-2", "G1-2-1", "none-fits"]


def test_several_codes_are_compared_as_sets(plan: Codebook) -> None:
    rows = [
        ("o1", "A", "G1-1-1+G2-1-1"),
        ("o1", "B", "G1-1-1"),
        ("o2", "A", "G2-1-2"),
        ("o2", "B", "G2-1-2"),
        ("o3", "A", "G1-2-1"),
        ("o3", "B", "G1-1-1"),
    ]
    result = agreement(coded(*rows), plan)
    assert result.figure("percent", 3).value == pytest.approx(2 / 3, abs=1e-6)
    assert result.disagreements["differs_at"].tolist() == ["partly", "2"]
    assert result.figure("masi_alpha", 3).value < result.figure("alpha", 3).value
    # "None fits" is a set like any other.
    none = coded(*rows, ("o4", "A", ""), ("o4", "B", ""), ("o5", "A", ""), ("o5", "B", "G1-1-1"))
    sets = [frozenset(s) for s in ("ab", "a", "c", "d", "-")]
    expected = alpha(np.array([[0, 1], [2, 2], [3, 1], [4, 4], [4, 1]]), np.arange(5), masi_distances(sets))
    assert agreement(none, plan).figure("masi_alpha", 3) == pytest.approx(expected)
    # Without second codes there is nothing that a set would add.
    with pytest.raises(KeyError):
        agreement(coded(*rows[2:]), plan).figure("masi_alpha", 3)


def test_rounds_are_not_mixed_and_adjudication_is_no_coder(plan: Codebook) -> None:
    first = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-2"), ("o2", "A", "G2-1-1"), ("o2", "B", "G2-1-1"))
    second = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-1"), round="2")
    second["decision_id"] += "r2"
    settled = coded(("o1", "C", "G1-1-2"), ("o2", "C", "G1-2-1"), round="adjudication")
    result = agreement(pd.concat([first, second, settled]), plan)
    figures = result.figures.query("compared == 'people' and measure == 'percent' and level == '3'")
    assert figures.set_index("round")["value"].astype(float).round(3).to_dict() == {
        "": 0.667,
        "1": 0.5,
        "2": 1.0,
    }
    assert list(dict.fromkeys(result.figures["round"])) == ["", "1", "2"]
    assert result.coders == ("A", "B")


def test_who_coded_alone_is_in_no_pair(plan: Codebook) -> None:
    table = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-1"), ("o2", "C", "G1-1-1"))
    figures = agreement(table, plan).figures
    assert set(figures["coder_a"] + figures["coder_b"]) == {"", "AB"}
    assert set(figures["units"]) == {"1"}


def test_an_opinion_coded_in_two_rounds_is_one_opinion(plan: Codebook) -> None:
    first = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-2"), ("o2", "A", "G2-1-1"), ("o2", "B", "G2-1-1"))
    again = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-1"), round="2")
    again = again.assign(decision_id=again["decision_id"] + "r2")
    result = agreement(pd.concat([first, again], ignore_index=True), plan)
    assert result.compared == 2 and result.figure("percent", 3).n == 3
    assert result.figure("percent", 3).value == pytest.approx(2 / 3, abs=1e-6)


def test_the_parts_of_one_opinion_are_no_independent_evidence(plan: Codebook) -> None:
    first, second = (
        coded(
            *((f"o{i}", coder, c) for i in range(10) for coder, c in zip("AB", codes, strict=True)), unit=unit
        )
        for unit, codes in (("1", ("G1-1-1", "G1-1-1")), ("2", ("G1-1-1", "G2-1-1")))
    )
    table = pd.concat([first, second.assign(decision_id=second["decision_id"] + "u2")])
    hidden = table.assign(suggestion_shown="no", suggested_code="G1-1-1")
    result = agreement(hidden, plan)
    # Every opinion agrees in one part of two: nothing varies between opinions.
    for compared in (("people", "", ""), ("pair", "A", "B"), ("model", "model", "B")):
        figure = result.figure("percent", 3, *compared)
        assert (figure.value, figure.n) == (0.5, 20) and math.isnan(figure.low) and math.isnan(figure.high)


def test_the_model_stands_beside_people_only_where_it_was_hidden(plan: Codebook) -> None:
    table = coded(
        ("o1", "A", "G1-1-1"),
        ("o2", "A", "G1-1-2"),
        ("o3", "A", "G2-1-1"),
        ("o1", "B", "G1-1-2"),
        ("o4", "A", ""),
    )
    table["suggestion_shown"] = ["no", "no", "yes", "no", "no"]
    table["suggested_code"] = ["G1-1-1", "G2-1-1", "G2-1-1", "G1-1-1", "G2-1-2"]
    result = agreement(table, plan)
    against = {c: result.figure("percent", 3, "model", "model", c) for c in ("", "A", "B")}
    assert {c: f.n for c, f in against.items()} == {"": 4, "A": 3, "B": 1}
    assert [against[c].value for c in ("", "A", "B")] == pytest.approx([1 / 4, 1 / 3, 0], abs=1e-6)
    assert result.figure("percent", 2, "model", "model", "").value == 0.5


def test_one_person_beside_the_model_has_one_figure_each(plan: Codebook) -> None:
    figures = agreement(judged(3, 3), plan).figures
    assert figures["coder_b"].tolist() == ["A"] * 9
    # Where nothing varies, cells stay empty and the note says why.
    undefined = figures[figures["measure"] == "alpha"]
    assert set(undefined["value"]) == {""} and (undefined["note"] != "").all()


def test_labels_of_several_coders(plan: Codebook) -> None:
    rows = [
        ("o1", "A", "G1-1-1"),
        ("o1", "A", "G1-1-2"),
        ("o1", "B", "G1-1-1"),
        ("o2", "A", "G2-1-1"),
        ("o2", "B", "G2-1-1"),
    ]
    labels = LABELS.table({"opinion_id": o, "text": "本文", "coder": c, "code": code} for o, c, code in rows)
    result = agreement(decisions_from_labels(labels), plan)
    assert result.compared == 2 and result.disagreements["codes_a"].tolist() == ["G1-1-1、G1-1-2"]
    with pytest.raises(InputError) as caught:
        decisions_from_labels(labels.assign(coder=["A", "", "B", "A", "B"]), "l.csv")
    assert (caught.value.place.row, caught.value.place.column) == (3, "coder")


def test_two_surveys_of_the_same_ids_are_not_compared(plan: Codebook) -> None:
    table = coded(("o1", "A", "G1-1-1"), ("o1", "B", "G1-1-1"))
    assert agreement(table.assign(text=["坂が多い", "坂が多い。"]), plan).compared == 1
    with pytest.raises(InputError, match="別の意見「坂が多い」"):
        agreement(table.assign(text=["坂が多い", "公園が好き"]), plan)
    masked = table.assign(text=["山田さんの坂が多い", "〔氏名〕さんの坂が多い"])
    assert agreement(masked, plan).compared == 1


def test_nothing_to_compare_is_said(plan: Codebook) -> None:
    with pytest.raises(InputError, match="2人以上"):
        agreement(coded(("o1", "A", "G1-1-1"), ("o2", "B", "G1-1-1")), plan)
    with pytest.raises(InputError, match="2人以上"):
        agreement(DECISIONS.empty(), plan)


def test_figures_do_not_depend_on_the_order_of_coders_or_rows(plan: Codebook) -> None:
    rows = [(f"o{i}", coder, c) for i, pair in enumerate(PAIRS) for coder, c in zip("AB", pair, strict=True)]
    forward = agreement(coded(*rows), plan).figures
    backward = agreement(coded(*rows[::-1]), plan).figures
    assert forward["value"].tolist() == backward["value"].tolist()


# -- accuracy and acceptance -----------------------------------------------------------------------


def judged(n: int, right: int, **same: str) -> pd.DataFrame:
    table = coded(*((f"o{i}", "A", "G1-1-1" if i < right else "G1-1-2") for i in range(n)))
    return table.assign(**({"suggested_code": "G1-1-1", "suggestion_shown": "no"} | same))


def test_accuracy_of_hidden_suggestions(plan: Codebook) -> None:
    accuracy = independent_accuracy(judged(40, 30), plan)
    assert accuracy.item.value == 0.75 and (accuracy.labels, accuracy.blind, accuracy.double) == (40, 40, 0)
    # Wilson's interval of 30 in 40.
    assert (round(accuracy.item.low, 3), round(accuracy.item.high, 3)) == (0.598, 0.858)
    assert accuracy.levels[2].value == 1


def test_accuracy_is_refused_below_thirty(plan: Codebook) -> None:
    with pytest.raises(TooFewLabelsError, match="29件"):
        independent_accuracy(judged(29, 29), plan)
    assert independent_accuracy(judged(30, 30), plan).labels == 30


def test_accepted_suggestions_are_never_accuracy(plan: Codebook) -> None:
    with pytest.raises(TooFewLabelsError, match="0件"):
        independent_accuracy(judged(100, 100, suggestion_shown="yes"), plan)
    # Nor if two people accepted them.
    shown = judged(100, 100, suggestion_shown="yes")
    both = pd.concat([shown, shown.assign(coder="B", decision_id=shown["decision_id"] + "B")])
    with pytest.raises(TooFewLabelsError, match="0件"):
        independent_accuracy(both, plan)


def test_double_codings_that_nobody_was_shown_count(plan: Codebook) -> None:
    alone = judged(40, 20, suggestion_shown="")
    with pytest.raises(TooFewLabelsError):
        independent_accuracy(alone, plan)
    other = alone.assign(coder="B", decision_id=alone["decision_id"] + "B", code="G1-1-1")
    accuracy = independent_accuracy(pd.concat([alone, other]), plan)
    # Where the two differ the suggestion is half right.
    assert (accuracy.double, accuracy.item.value) == (40, 0.75)


def test_none_fits_makes_a_suggestion_wrong_and_unsure_does_not_count(plan: Codebook) -> None:
    rows = [(f"o{i}", "A", "" if i < 10 else "?" if i < 20 else "G1-1-1") for i in range(60)]
    accuracy = independent_accuracy(coded(*rows, suggested_code="G1-1-1", suggestion_shown="no"), plan)
    assert accuracy.labels == 50 and accuracy.item.value == 0.8 and accuracy.levels[1].value == 0.8


def test_a_code_above_the_items_judges_the_levels_it_reaches(plan: Codebook) -> None:
    rows = [(f"o{i}", "A", "G1" if i < 10 else "G1-1-1") for i in range(40)]
    accuracy = independent_accuracy(coded(*rows, suggested_code="G1-1-1", suggestion_shown="no"), plan)
    assert [accuracy.levels[k].n for k in (1, 2, 3)] == [40, 30, 30]


def test_acceptance_rate_counts_what_was_on_screen() -> None:
    shown = judged(10, 10, suggestion_shown="yes")
    shown["action"] = ["accept"] * 6 + ["change"] * 4
    hidden = judged(5, 5).assign(
        opinion_id=[f"h{i}" for i in range(5)], decision_id=[f"h{i}" for i in range(5)]
    )
    rate = acceptance_rate(pd.concat([shown, hidden]))
    assert (rate.value, rate.n) == (0.6, 10) and rate.low < 0.6 < rate.high
    assert acceptance_rate(hidden).n == 0
