"""Characteristic words and words that stand together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline.keywords import characteristic_words, co_occurrence, log_likelihood, word_sets

TEXTS = ["ごみの収集が遅い", "ごみの袋が高い", "ごみの収集日", "バスが来ない", "バスの時刻", "電車とバス"]
GROUPS = ["g", "g", "g", "", "", ""]


def test_words_are_shown_as_people_write_them() -> None:
    sets, written = word_sets(["ごみを拾う人", "ゴミとごみ", "バスで走った", "3回、一つ、を"])
    assert set(written.values()) >= {"ごみ", "拾う", "バス", "走る"}
    assert not sets[3] & {"三", "一", "3", "を"}


def test_log_likelihood_by_hand() -> None:
    # Dunning's table: 3 of 3 inside, 0 of 3 outside.
    expected = 2 * (3 * math.log(3 / 1.5) + 3 * math.log(3 / 1.5))
    found = log_likelihood(np.array([3.0, 0.0]), np.array([0.0, 3.0]), 3, 3)
    assert found.tolist() == pytest.approx([expected, -expected])


def test_characteristic_words() -> None:
    table = characteristic_words(TEXTS, GROUPS)
    assert table.iloc[0][["group", "word", "texts", "rest", "jaccard"]].tolist() == ["g", "ごみ", 3, 0, 1.0]
    assert table["word"].tolist() == ["ごみ", "収集"] and (table["log_likelihood"].diff().dropna() < 0).all()
    assert characteristic_words([], []).empty
    assert characteristic_words(TEXTS, GROUPS, parts_of_speech=("形容詞",)).empty


def test_the_order_of_texts_does_not_matter() -> None:
    pairs = list(zip(TEXTS, GROUPS, strict=True))[::-1]
    turned = characteristic_words([t for t, _ in pairs], [g for _, g in pairs])
    assert turned.equals(characteristic_words(TEXTS, GROUPS))


def test_co_occurrence_is_jaccard_of_texts() -> None:
    nodes, pairs = co_occurrence(TEXTS)
    assert sorted(nodes[["word", "texts"]].values.tolist()) == [["ごみ", 3], ["バス", 3], ["収集", 2]]
    assert nodes["texts"].is_monotonic_decreasing
    # 「ごみ」 stands in three texts, 「収集」 in two of them: 2 / 3. No pair of a single text.
    assert (
        len(pairs) == 1
        and pairs.iloc[0]["texts"] == 2
        and pairs.iloc[0]["jaccard"] == pytest.approx(2 / 3, abs=1e-4)
    )
