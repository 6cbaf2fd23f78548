"""Characteristic words: the usual measures, by hand; words of few residents are not shown."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED
from pipeline.words import comments_with, words_of_groups, words_of_plan, words_of_sets

TEXTS = [
    "バスが少ない",
    "バスが来ない",
    "バスの運賃",
    "公園がきれい",
    "公園で遊ぶ",
    "坂がつらい",
    "バスと公園",
]


def test_measures_are_those_of_the_textbook() -> None:
    table = words_of_sets(TEXTS, {"交通": {0, 1, 2}})
    row = table[table["word"] == "バス"].iloc[0]
    assert (row["texts"], row["rest"]) == (3, 1)
    assert row["jaccard"] == round(3 / 4, 3)
    observed = [3, 0, 1, 3]
    expected = [4 * 3 / 7, 3 * 3 / 7, 4 * 4 / 7, 3 * 4 / 7]
    g2 = 2 * sum(o * math.log(o / e) for o, e in zip(observed, expected, strict=True) if o)
    assert row["log_likelihood"] == pytest.approx(g2, abs=0.01)


def test_rarer_words_have_a_minus_sign() -> None:
    texts = ["坂がつらい"] * 20 + ["バス"] * 20
    table = words_of_sets(texts, {"坂": set(range(20))}, rarer=True)
    assert (
        table.set_index("word")["log_likelihood"]["バス"]
        < 0
        < table.set_index("word")["log_likelihood"]["坂"]
    )


def _coded(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    return CODED.table(
        {"opinion_id": i, "unit": "1", "text": t, "code": c, "checked": "yes"} for i, t, c in rows
    )


def test_an_opinion_of_two_codes_counts_once_in_what_lies_above(plan: Codebook) -> None:
    both = [("1", "公園の掃除", "G1-1-1"), ("1", "公園の掃除", "G1-1-2"), ("2", "公園の掃除", "G1-1-1")]
    rest = [(str(k), "段差がこわい", "G2-1-1") for k in range(3, 9)]
    table = words_of_plan(_coded([*both, *rest]), plan).set_index(["set", "word"])
    assert table.loc[("G1", "公園"), "texts"] == 2 and table.loc[("G1-1-1", "公園"), "texts"] == 2
    assert ("G1-1-2", "公園") not in table.index  # one text is too few


def test_words_of_few_residents_are_not_shown() -> None:
    rows = [(f"n{i}", "坂がつらい" if i < 4 else "雪が多い", "G1") for i in range(12)]
    rows += [(f"s{i}", "海が近い", "G1") for i in range(12)]
    groups = {"北": [f"n{i}" for i in range(12)], "南": [f"s{i}" for i in range(12)]}
    table = words_of_groups(_coded(rows), groups, threshold=5)
    assert "坂" not in set(table["word"]) and {"雪", "海"} <= set(table["word"])
    assert "rest" not in table.columns


@pytest.mark.parametrize(("elsewhere", "told"), [(0, True), (1, False), (4, False), (5, True)])
def test_a_word_does_not_tell_how_few_of_the_other_group_use_it(elsewhere: int, told: bool) -> None:
    rows = [(f"n{i}", "雪が多い" if i < 30 else "坂", "G1") for i in range(40)]
    rows += [(f"s{i}", "雪の害" if i < elsewhere else "海が近い", "G1") for i in range(40)]
    groups = {"北": [f"n{i}" for i in range(40)], "南": [f"s{i}" for i in range(40)], "西": []}
    table = words_of_groups(_coded(rows), groups, threshold=5)
    assert (("北", "雪") in set(zip(table["set"], table["word"], strict=True))) == told
    # With two groups not shown, nobody knows which of them.
    rows += [(f"e{i}", "橋が古い", "G1") for i in range(40)]
    table = words_of_groups(_coded(rows), groups | {"東": [f"e{i}" for i in range(40)]}, threshold=5)
    assert ("北", "雪") in set(zip(table["set"], table["word"], strict=True))


def test_comments_with_a_word_as_it_is_mostly_written() -> None:
    rows = [
        ("a", "ごみが多い", "G1"),
        ("b", "ゴミの日", "G1"),
        ("b", "ゴミの日", "G2"),
        ("c", "坂", "G1"),
        ("d", "ごみ", "G1"),
    ]
    assert comments_with(_coded(rows), {"ごみ", "坂"}) == {"ごみ": {"a", "b", "d"}, "坂": {"c"}}


def test_one_set_of_all_texts_has_no_characteristic_word() -> None:
    assert words_of_sets(TEXTS, {"全部": set(range(len(TEXTS)))}).empty
    assert words_of_sets([], {"無": set()}).empty
