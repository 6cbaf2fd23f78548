from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.tokenise import lemmas, words


@given(st.text(max_size=80))
def test_any_text_can_be_split(text: str) -> None:
    for word in words(text):
        assert word.surface
        assert word.lemma


def test_glosses_are_cut_and_unknown_words_keep_their_surface() -> None:
    assert [w.lemma for w in words("ベンチ")] == ["ベンチ"]
    assert "zzqx" in lemmas("ZZQX を使う")


def test_half_width_kana_is_known() -> None:
    assert lemmas("ﾎﾞﾗﾝﾃｨｱ") == lemmas("ボランティア") == ["ボランティア"]


def test_inflected_forms_meet_in_one_lemma() -> None:
    assert lemmas("座った") == lemmas("座る") == lemmas("座りたい")[:1]


def test_particles_and_auxiliaries_are_left_out() -> None:
    assert lemmas("が の は です ます。、!") == []


@pytest.mark.parametrize("text", ["a\tb", "a\nb", 'say "hi"', "EOS", "50%\\n", "\x00"])
def test_characters_that_mean_something_to_mecab(text: str) -> None:
    assert all(len(w) == 3 for w in words(text))


def test_function_can_be_pickled_although_the_tagger_cannot() -> None:
    assert pickle.loads(pickle.dumps(lemmas))("見る") == ["見る"]
