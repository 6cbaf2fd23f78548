from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.normalise import _rewrite, comparison_key, normalise

JAPANESE = st.text(
    alphabet=st.one_of(
        st.characters(min_codepoint=0x3041, max_codepoint=0x30FF),
        st.sampled_from("高齢者地域見守り①②㈱ｶﾞﾊﾞ~〜ー-−―…・!！？?。、 　\t\n\u200b\ufeff\x07ａＺ19"),
    ),
    max_size=60,
)


@given(st.one_of(JAPANESE, st.text(max_size=60)))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(JAPANESE)
def test_no_invisible_character_or_double_space_is_left(text: str) -> None:
    normal = normalise(text)
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in normal)
    assert "  " not in normal
    assert normal == normal.strip()


@pytest.mark.parametrize(
    ("variants", "one"),
    [
        (["サービス", "ｻｰﾋﾞｽ", "サ-ビス", "サ−ビス", "サーーービス"], "サービス"),
        (["すごい!!", "すごい！！！！！"], "すごい!!"),
        (["40-50代", "４０－５０代"], "40-50代"),
        (["鎌倉市", "鎌 倉 市", "鎌　倉　市", "鎌\u200b倉市\x00"], "鎌倉市"),
        (["LINE で 連絡"], "LINE で連絡"),
    ],
)
def test_variants_become_one(variants: list[str], one: str) -> None:
    assert {normalise(v) for v in variants} == {one}


def test_key_ignores_punctuation_but_not_words() -> None:
    assert comparison_key("バスが、少ない。") == comparison_key("バスが少ない!")
    assert comparison_key("バスが少ない") != comparison_key("バスが少なくない")
    assert comparison_key("!?") != ""


@given(st.one_of(JAPANESE, st.text(max_size=60)))
def test_what_is_taken_as_plain_is_what_the_rules_leave_alone(text: str) -> None:
    assert normalise(text) == _rewrite(text)
