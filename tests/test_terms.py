"""Terms of the plan are one word each, in whatever wording; all other words stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.lexical import LexicalEncoder
from pipeline.terms import TermLemmas, read_terms
from pipeline.tokenise import lemmas

SHIPPED = Path(__file__).resolve().parent.parent / "data/codebook/terms.txt"


def test_a_term_is_one_word_whatever_its_wording() -> None:
    reader = TermLemmas(read_terms("社会福祉協議会 = 社協"))
    assert "社会福祉協議会" in reader.lemmas("社協の人が来た")
    assert reader.lemmas("社会福祉協議会") == ["社会福祉協議会"]
    # Half-width kana and spaces are another spelling of the same.
    assert TermLemmas(read_terms("ヤングケアラー")).lemmas("ﾔﾝｸﾞｹｱﾗｰ") == ["ヤングケアラー"]


def test_the_longest_wording_wins() -> None:
    reader = TermLemmas(read_terms("民生委員\n民生委員児童委員"))
    assert reader.lemmas("民生委員児童委員") == ["民生委員児童委員"]


@given(st.text(alphabet="民生委員社協がのバス停ー・、。 \n", max_size=30))
def test_without_a_term_nothing_changes_and_with_one_no_outer_word_is_lost(text: str) -> None:
    reader = TermLemmas(read_terms("民生委員"))
    found = reader.lemmas(text)
    if "民生委員" not in found:
        assert found == lemmas(text)
    assert TermLemmas({}).lemmas(text) == lemmas(text)


def test_the_shipped_list_is_read_and_split_by_the_dictionary_otherwise() -> None:
    terms = read_terms(SHIPPED.read_text("utf-8"))
    assert terms["地域包括"] == "地域包括支援センター"
    assert lemmas("地域包括支援センター") == ["地域", "包括", "支援", "センター"]


@pytest.mark.parametrize("content", ["= 社協", "あ", "社会福祉協議会 = 社協\n市社協 = 社協"])
def test_a_line_that_makes_no_sense_is_named(content: str) -> None:
    with pytest.raises(InputError, match=rf"terms\.txt.*{len(content.splitlines())}行"):
        read_terms(content, "terms.txt")


def test_the_encoder_keeps_its_terms() -> None:
    encoder = LexicalEncoder(terms=read_terms("民生委員")).fit(["民生委員が足りない", "委員会"])
    assert "民生委員" in encoder.words_
    assert "民生" not in encoder.words_
