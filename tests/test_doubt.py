"""Each reason to doubt a suggestion, at the edge where it begins."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.doubt import PERSONAL_DATA, REASONS, doubts

# Three items; the first two are below one policy, the third below another.
ABOVE = np.array([[0, 0, 1]])
SURE = (0.8, 0.1, 0.1)


def doubted(
    *items: tuple[float, ...],
    text: str = "坂が多い",
    passes: bool = True,
    nearest: tuple[int, float] = (0, 0.5),
    examples: tuple[int, ...] = (2, 2, 2),
) -> tuple[str, ...]:
    """Reasons to doubt the last of some texts, the others being sure."""
    rows = [SURE, *items] if items else [SURE, SURE]
    n = len(rows)
    found = doubts(
        ["公園"] * (n - 1) + [text],
        np.array(rows),
        ABOVE,
        np.array([True] * (n - 1) + [passes]),
        (np.array([0] * (n - 1) + [nearest[0]]), np.array([0.5] * (n - 1) + [nearest[1]])),
        np.array(examples),
        unlike=0.3,
    )
    return found[-1]


def test_nothing_is_doubted_without_a_reason() -> None:
    assert doubted() == ()


def test_what_misses_the_target_precision() -> None:
    assert doubted(passes=False) == ("doubt_low_confidence",)


@pytest.mark.parametrize(("second", "close"), [(0.399, False), (0.4, False), (0.401, True)])
def test_a_second_of_more_than_four_fifths_of_the_first_is_close(second: float, close: bool) -> None:
    assert ("doubt_close_second" in doubted((0.5, second, 0.1))) is close


def test_one_item_alone_has_no_second() -> None:
    found = doubts(
        ["坂"], np.array([[1.0]]), np.zeros((0, 1), int), np.ones(1, bool), (np.zeros(1, int), np.ones(1)), np.array([2]), 0.3
    )  # fmt: skip
    assert found == [()]


def test_of_two_items_the_other_is_the_second() -> None:
    found = doubts(
        ["坂"], np.array([[0.55, 0.45]]), np.zeros((0, 2), int), np.ones(1, bool), (np.zeros(1, int), np.ones(1)), np.array([2, 2]), 0.3
    )  # fmt: skip
    assert found == [("doubt_close_second",)]


def test_an_item_above_which_another_policy_is_more_likely() -> None:
    assert doubted((0.3, 0.3, 0.4)) == ("doubt_levels_disagree",)
    assert doubted((0.45, 0.1, 0.45)) == ("doubt_close_second",)


@pytest.mark.parametrize("above", [[[0, 1, 1], [0, 1, 2]], [[0, 0, 0], [0, 1, 1]]], ids=["goal", "policy"])
def test_each_level_above_may_be_the_one_that_disagrees(above: list[list[int]]) -> None:
    nearest = np.zeros(1, int), np.ones(1)
    found = doubts(
        ["坂"],
        np.array([[0.4, 0.3, 0.3]]),
        np.array(above),
        np.ones(1, bool),
        nearest,
        np.array([2, 2, 2]),
        0.3,
    )
    assert found == [("doubt_levels_disagree",)]


@pytest.mark.parametrize(("similarity", "unlike"), [(0.29, True), (0.3, False)])
def test_a_text_that_is_like_nothing_coded(similarity: float, unlike: bool) -> None:
    assert doubted(nearest=(0, similarity)) == (("doubt_unlike_anything",) if unlike else ())


def test_an_item_with_a_single_example() -> None:
    assert doubted(examples=(1, 2, 2)) == ("doubt_few_examples",)
    assert doubted(examples=(2, 0, 0)) == ()


@pytest.mark.parametrize(
    ("nearest", "otherwise"), [((1, 0.9), True), ((1, 0.899), False), ((0, 1.0), False), ((-1, 0.95), False)]
)
def test_nearly_the_same_opinion_of_another_code(nearest: tuple[int, float], otherwise: bool) -> None:
    assert doubted(nearest=nearest) == (("doubt_duplicate_coded_otherwise",) if otherwise else ())


def test_the_first_item_of_the_plan_is_a_code_like_any_other() -> None:
    assert doubted((0.1, 0.8, 0.1), nearest=(0, 0.95)) == ("doubt_duplicate_coded_otherwise",)


def test_personal_data() -> None:
    assert doubted(text="連絡は090-0000-5678まで") == (PERSONAL_DATA,)


def test_several_reasons_stand_in_the_order_in_which_they_matter() -> None:
    found = doubted(
        (0.3, 0.3, 0.4), text="連絡は090-0000-5678まで", passes=False, nearest=(1, 0.95), examples=(0, 0, 0)
    )
    assert len(found) == 5 and list(found) == [name for name in REASONS if name in found]
