"""Cross tables: residents are counted, residuals are Haberman's, small numbers stay hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED, UNCODED
from pipeline.crosstab import NO_ANSWER, OTHERS, comments_by_group, cross_tables, visible_nodes
from pipeline.errors import InputError


def _coded(cells: dict[tuple[str, str], int]) -> pd.DataFrame:
    rows = [
        {
            "opinion_id": f"{code}{group}{i}",
            "unit": "1",
            "text": "意見",
            "code": code,
            "checked": "yes",
            "地区": group,
        }
        for (code, group), n in cells.items()
        for i in range(n)
    ]
    return CODED.table(rows)


PLAIN = {
    ("G1-1-1", "北"): 40,
    ("G1-1-1", "南"): 20,
    ("G1-1-2", "北"): 20,
    ("G1-1-2", "南"): 30,
    ("G2-1-1", "北"): 10,
    ("G2-1-1", "南"): 60,
}


def test_counts_shares_and_totals_of_every_level(plan: Codebook) -> None:
    (table,) = cross_tables(_coded(PLAIN), plan, ["地区"])
    assert table.counts.loc[["G1", "G1-1", "G1-1-1", "G2"], "北"].tolist() == [60, 60, 40, 10]
    assert table.group_sizes.to_dict() == {"北": 70, "南": 110}
    assert table.shares.loc["G1-1-1", "北"] == pytest.approx(40 / 70)
    assert not table.hidden.to_numpy().any()
    # Of an item that nobody speaks of there is nothing to see.
    assert "G1-1-2" in visible_nodes(table) and "G1-2-1" not in visible_nodes(table)


def test_residuals_are_those_of_haberman(plan: Codebook) -> None:
    (table,) = cross_tables(_coded(PLAIN), plan, ["地区"])
    observed = np.array([[40, 20], [20, 30], [10, 60]])
    row, column, n = observed.sum(1, keepdims=True), observed.sum(0, keepdims=True), observed.sum()
    expected = row * column / n
    haberman = (observed - expected) / np.sqrt(expected * (1 - row / n) * (1 - column / n))
    found = table.residuals.loc[["G1-1-1", "G1-1-2", "G2-1-1"]].to_numpy()
    assert np.allclose(found, haberman)
    marks = table.stands_out
    assert marks.loc["G1-1-1"].tolist() == [1, -1] and marks.loc["G2-1-1"].tolist() == [-1, 1]


def test_chance_is_not_marked(plan: Codebook) -> None:
    # Forty tables of pure chance: the correction keeps a mark anywhere in a table about as rare as 5 %.
    rng = np.random.default_rng(0)
    marked = 0
    for _ in range(40):
        codes = rng.choice([n.code for n in plan.items], 300)
        groups = rng.choice(["北", "南", "東"], 300)
        rows = [
            {"opinion_id": str(i), "unit": "1", "text": "x", "code": c, "checked": "yes", "地区": g}
            for i, (c, g) in enumerate(zip(codes, groups, strict=True))
        ]
        (table,) = cross_tables(CODED.table(rows), plan, ["地区"], threshold=1)
        marked += bool(table.stands_out.loc[[n.code for n in plan.items]].to_numpy().any())
    assert marked <= 6


def test_a_resident_who_says_a_thing_twice_is_one(plan: Codebook) -> None:
    coded = _coded(PLAIN)
    twice = coded.iloc[[0]].assign(unit="2")
    (table,) = cross_tables(pd.concat([coded, twice]), plan, ["地区"])
    assert table.counts.loc["G1-1-1", "北"] == 40


def test_small_numbers_are_hidden_with_others(plan: Codebook) -> None:
    cells = PLAIN | {("G1-2-1", "北"): 2, ("G1-2-1", "南"): 12}
    (table,) = cross_tables(_coded(cells), plan, ["地区"])
    shown = table.shown_counts()
    assert shown.loc["G1-2-1"].tolist() == ["x", "x"]
    # G1-2 is nothing but G1-2-1, and G1 less G1-2 is G1-1: they would tell.
    assert table.hidden.loc[["G1-2", "G1-1"]].to_numpy().all()
    assert table.shares.isna().equals(table.hidden)
    assert not table.stands_out.to_numpy()[table.hidden.to_numpy()].any()
    assert "G1-2-1" not in visible_nodes(table) and "G1" in visible_nodes(table)


def test_small_groups_are_put_together_and_never_stand_alone(plan: Codebook) -> None:
    cells = PLAIN | {("G1-1-1", "東"): 3, ("G1-1-1", "西"): 1, ("G1-1-1", ""): 6, ("G1-1-1", "中"): 9}
    (table,) = cross_tables(_coded(cells), plan, ["地区"])
    assert list(table.counts.columns) == ["北", "南", "中", OTHERS]
    assert set(table.pooled) == {"東", "西", NO_ANSWER}
    groups = comments_by_group(_coded(cells), None, table)
    assert {g: len(ids) for g, ids in groups.items()} == table.group_sizes.to_dict()


def test_ages_stand_in_order_and_opinions_without_a_code_count_in_the_size(plan: Codebook) -> None:
    coded = _coded({("G1-1-1", g): 10 for g in ("60代", "20代", "70代以上", "")})
    uncoded = UNCODED.table(
        [{"opinion_id": "u", "unit": "1", "text": "x", "kind": "判定待ち", "地区": "20代"}]
    )
    (table,) = cross_tables(coded, plan, ["地区"], uncoded=uncoded)
    assert list(table.counts.columns) == ["20代", "60代", "70代以上", NO_ANSWER]
    assert table.group_sizes["20代"] == 11


def test_unusable_columns_are_refused(plan: Codebook) -> None:
    with pytest.raises(InputError, match="ある列"):
        cross_tables(_coded(PLAIN), plan, ["年代"])
    with pytest.raises(InputError, match="2つ以上"):
        cross_tables(_coded({("G1-1-1", "北"): 9, ("G1-1-1", "南"): 2}), plan, ["地区"])
