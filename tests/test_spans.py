from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalise import normalise
from pipeline.spans import tokens_with_offsets
from pipeline.tokenise import words

# What normalising changes most: half-width kana with sound marks, circled digits, long vowels, spaces.
JAPANESE = st.text(alphabet="ｶﾞﾊﾟバス道が暗い、。 　\n①～〜ー-−!！…㈱゛\u3099\u200b\ufe0fａＡ1１ﬁ", max_size=40)


@given(JAPANESE | st.text(max_size=40))
def test_the_words_are_those_of_the_tokeniser_in_order_and_apart(text: str) -> None:
    tokens = tokens_with_offsets(text)
    assert [t.word for t in tokens] == words(text)
    places = [0, *(p for t in tokens for p in (t.start, t.end)), len(text)]
    assert places == sorted(places)


PARTS = [
    "高齢者",
    "の",
    "見守り",
    "が",
    "ほしい",
    "、",
    "。",
    "ﾊﾞｽ停",
    "暗くて",
    "①",
    "ａ",
    " ",
    "\n",
    "サ－ビス",
]


@given(st.lists(st.sampled_from(PARTS), max_size=20).map("".join))
def test_a_place_holds_what_the_word_was_made_of(text: str) -> None:
    for token in tokens_with_offsets(text):
        assert normalise(text[token.start : token.end]).replace(" ", "") == token.word.surface


def test_words_written_as_one_character_share_its_place() -> None:
    found = [(t.word.surface, t.start, t.end) for t in tokens_with_offsets("㈱です")]
    assert found == [("(", 0, 1), ("株", 1, 1), (")", 1, 1), ("です", 1, 3)]


def test_places_after_rewritten_stretches_are_right() -> None:
    text = "ｶﾞｽ代が　高い！！！！ 道が\n暗い〜〜〜です"
    found = {t.word.surface: text[t.start : t.end] for t in tokens_with_offsets(text)}
    assert found["ガス"] == "ｶﾞｽ"
    assert found["高い"] == "高い"
    assert found["道"] == "道"
    assert found["です"] == "です"


def test_a_word_across_a_line_break_spans_it() -> None:
    text = "夜道が暗\nいので"
    assert "暗\nい" in [text[t.start : t.end] for t in tokens_with_offsets(text)]


def test_nothing_gives_nothing() -> None:
    assert tokens_with_offsets("") == tokens_with_offsets(" \n　") == []
