from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.folding import fold, kanji_digits
from pipeline.tokenise import tagged


@given(st.text(max_size=60))
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(text) == len(kanji_digits(fold(text)))
    assert all(fold(text)[w.start : w.end] == w.surface for w in tagged(fold(text)))


def test_forms_that_would_take_more_room_stay() -> None:
    assert fold("㈱㍻ﾀﾞ①") == "㈱㍻タ\u30991"
    assert fold("a\x00b\u3000c\ud800") == "a b c "
