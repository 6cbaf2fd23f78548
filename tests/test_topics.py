"""Neighbouring units of one topic are one opinion; nothing of the comment is lost."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from pipeline.segment import BULLET, Unit, segment
from pipeline.topics import has_points, join_units

texts = st.lists(
    st.sampled_from(
        ["バスが少ない。", "歩道も狭い。", "よろしくお願いします。", "見守りが必要です。\n", "困る。"]
    ),
    min_size=1,
    max_size=8,
).map("".join)


@given(texts, st.data())
def test_joined_units_are_pieces_of_the_comment_and_hold_every_unit(
    comment: str, data: st.DataObject
) -> None:
    units = segment(comment)
    n = sum(u.has_opinion for u in units)
    best = data.draw(st.lists(st.sampled_from(["A", "B"]), min_size=n, max_size=n))
    confidence = data.draw(st.lists(st.sampled_from([0.2, 0.5, 0.9]), min_size=n, max_size=n))
    joined = join_units(comment, units, best, confidence)
    assert all(u.text == comment[u.start : u.end] for u in joined)
    assert all(a.end <= b.start for a, b in itertools.pairwise(joined))
    held = [u for u in units if any(j.start <= u.start and u.end <= j.end for j in joined)]
    assert held == units
    sure = {b for b, c in zip(best, confidence, strict=True) if c >= 0.5}
    assert sum(u.has_opinion for u in joined) >= min(1, n)
    if len(sure) < 2:
        assert sum(u.has_opinion for u in joined) == min(1, n)


def _units(comment: str, *lengths: int) -> list[Unit]:
    ends = [sum(lengths[: k + 1]) for k in range(len(lengths))]
    starts = [0, *ends[:-1]]
    return [Unit(a, b, comment[a:b], True) for a, b in zip(starts, ends, strict=True)]


def test_another_item_that_is_more_likely_than_not_starts_an_opinion() -> None:
    units = _units("ああいいうう", 2, 2, 2)
    assert [u.text for u in join_units("ああいいうう", units, ["1", "2", "2"], [0.9, 0.5, 0.9])] == [
        "ああ",
        "いいうう",
    ]


def test_what_says_nothing_alone_belongs_to_its_neighbour() -> None:
    units = _units("ああいいうう", 2, 2, 2)
    # The first leads into the second, the third has a topic of its own.
    assert [u.text for u in join_units("ああいいうう", units, ["1", "2", "3"], [0.3, 0.8, 0.9])] == [
        "ああいい",
        "うう",
    ]


def test_a_turn_to_another_item_starts_an_opinion_though_it_is_not_sure() -> None:
    text = "公園がきれい。一方でバスが少ない。"
    units = [Unit(0, 7, text[:7], True), Unit(7, len(text), text[7:], True)]
    assert len(join_units(text, units, ["1", "2"], [0.9, 0.3])) == 2
    assert len(join_units(text, units, ["1", "1"], [0.9, 0.3])) == 1
    plain = [Unit(0, 7, text[:7], True), Unit(10, len(text), text[10:], True)]
    assert len(join_units(text, plain, ["1", "2"], [0.9, 0.3])) == 1


def test_an_empty_unit_between_joined_ones_goes_with_them_and_else_stands_alone() -> None:
    units = _units("ああいいうう", 2, 2, 2)
    units[1] = units[1]._replace(has_opinion=False)
    assert [u.text for u in join_units("ああいいうう", units, ["1", "1"], [0.9, 0.9])] == ["ああいいうう"]
    apart = join_units("ああいいうう", units, ["1", "2"], [0.9, 0.9])
    assert [(u.text, u.has_opinion) for u in apart] == [("ああ", True), ("いい", False), ("うう", True)]


_MARKS = [
    "①坂が急",
    "②",
    "・バスが少ない",
    "-5度",
    "1.",
    "2)手すり",
    "(1)",
    "(1",
    "。",
    "、",
    "見守りが必要",
    "ア.",
    "○",
    "○○地区",
    "※注",
    "5",
    "…",
    "」",
    "→",
    "A",
]


@given(st.lists(st.sampled_from([*_MARKS, "\n", " ", "　", "- 道"]), max_size=9).map("".join))
def test_a_comment_without_a_bullet_has_no_points(comment: str) -> None:
    # `division` does not even cut such a comment when it is clearly about one item.
    if has_points(comment, segment(comment)):
        assert BULLET.search(comment)


def test_a_point_begins_an_opinion_and_its_second_sentence_does_not() -> None:
    text = "①坂が急です。手すりがほしい。②坂で転んだ。"
    joined = join_units(text, segment(text), ["1", "1", "1"], [0.9, 0.9, 0.9])
    assert [u.text for u in joined] == ["坂が急です。手すりがほしい。", "坂で転んだ。"]
