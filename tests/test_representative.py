"""Representative opinions: central, unlike one another, copies folded, nothing lost in the counts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.representative import Representatives

TEXTS = [
    "バスの本数が少ない",
    "バスの本数が少ない。",
    "バスの本数を増やしてほしい",
    "バスの便が少なくて困る",
    "駅までのバスがほしい",
    "坂道がつらい",
    "猫がかわいい",
]


def test_the_first_is_central_and_the_second_is_unlike_it() -> None:
    chosen = Representatives(TEXTS).choose(range(len(TEXTS)), 2)
    assert TEXTS[chosen.indices[0]].startswith("バス")
    assert "バスの本数" not in TEXTS[chosen.indices[1]]


def test_copies_are_folded_and_counted() -> None:
    chosen = Representatives(TEXTS).choose(range(len(TEXTS)), 6)
    assert chosen.indices == (0, 2, 3, 4, 5, 6) and chosen.copies == (2, 1, 1, 1, 1, 1) and chosen.rest == 0


def test_all_are_kept_in_order_if_all_are_wanted() -> None:
    chosen = Representatives([]).choose([5, 0, 1], None)
    assert chosen.indices == (5, 0, 1) and chosen.copies == (1, 1, 1) and chosen.rest == 0


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=30), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_shown_and_rest_add_up(texts: list[str], n: int) -> None:
    representatives = Representatives(texts)
    chosen = representatives.choose(range(len(texts)), n)
    assert sum(chosen.copies) + chosen.rest == len(texts)
    assert len(chosen.indices) <= n and len(set(chosen.indices)) == len(chosen.indices)
    assert chosen == representatives.choose(range(len(texts)), n)
