from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from pipeline.lexical import RARE, LexicalEncoder, char_ngram_keys

TEXTS = ["公園のごみを拾う", "公園の清掃", "歩道の段差", "ZZZ"]


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(1, 3))
def test_keys_are_the_ngrams_of_each_text(texts: list[str], longest: int) -> None:
    keys, owners = char_ngram_keys(texts, longest)
    expected = Counter(
        (i, tuple(ord(c) + 1 for c in t[j : j + n]))
        for i, t in enumerate(texts)
        for n in range(1, longest + 1)
        for j in range(len(t) - n + 1)
    )
    found: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for key, owner in zip(keys.tolist(), owners.tolist(), strict=True):
        points: list[int] = []
        while key:
            points.insert(0, key & ((1 << 21) - 1))
            key >>= 21
        found[(owner, tuple(points))] += 1
    assert found == expected


def test_rows_have_unit_length_and_the_weights_share_it() -> None:
    encoder = LexicalEncoder(word_weight=0.3).fit(TEXTS)
    X = encoder.transform(TEXTS).toarray()
    words = X[:, : len(encoder.words_)]
    assert np.linalg.norm(X, axis=1) == pytest.approx(np.ones(4))
    assert (words**2).sum(axis=1) == pytest.approx(np.full(4, 0.3))


def test_a_text_without_known_terms_is_zero() -> None:
    assert LexicalEncoder().fit(["公園"]).transform(["xyz", ""]).nnz == 0


@settings(max_examples=30)
@given(st.permutations(range(len(TEXTS))))
def test_order_of_texts_does_not_change_what_is_learned(order: list[int]) -> None:
    one = LexicalEncoder().fit(TEXTS).transform(TEXTS)
    other = LexicalEncoder().fit([TEXTS[i] for i in order]).transform(TEXTS)
    assert (one != other).nnz == 0


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    encoder = LexicalEncoder().fit(TEXTS)
    together = encoder.transform(TEXTS).toarray()
    alone = np.vstack([encoder.transform([t]).toarray() for t in TEXTS])
    assert np.array_equal(together, alone)


def test_no_text_has_the_columns_of_some_where_no_word_is_known() -> None:
    encoder = LexicalEncoder().fit(["あ", "い"])
    assert not len(encoder.words_) and encoder.transform([]).shape[1] == encoder.transform(["あ"]).shape[1]


def test_min_texts_drops_rare_terms_and_parameters_are_checked() -> None:
    # A term of one text is rare among thousands, and like most where there are four.
    many = TEXTS + [f"歩道の段差{i}" for i in range(RARE)]
    assert "公園" in LexicalEncoder(min_texts=2).fit(many).words_
    assert "清掃" not in LexicalEncoder(min_texts=2).fit(many).words_
    assert "清掃" in LexicalEncoder(min_texts=2).fit(TEXTS).words_
    with pytest.raises(ValueError, match="longest_ngram"):
        clone(LexicalEncoder(longest_ngram=4)).fit(TEXTS)
