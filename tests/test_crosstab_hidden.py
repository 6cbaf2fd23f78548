"""No hidden count of a report can be worked out by a reader who knows every opinion with its codes and all that
is shown: the plan's tree, opinions of several codes, and columns of which one divides the other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED, UNCODED, CodedOpinions
from pipeline.crosstab import NO_ANSWER, OTHERS, CrossTable, cross_tables
from pipeline.crosstab_hidden import Counted, Grouping, telling_counts
from pipeline.report_numbers import cross_parts
from pipeline.report_parts import Paragraph, ReportOptions, Table
from pipeline.suggested_codes import OPEN

REGIONS = {"北": "上", "南": "上", "東": "下", "西": "下", "中": "下"}


def _survey(
    plan: Codebook,
    seed: int,
    groups: int,
    *,
    twice: float,
    above: float,
    without: float,
    blank: float = 0,
    wrong: float = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Opinions of a survey by lot: some of two codes, some coded above the items, some without a code.

    Parameters
    ----------
    blank, wrong : how many leave a column empty, and how many give a region that is not of their district
    """
    rng = np.random.default_rng(seed)
    items = [n.code for n in plan.items]
    upper = [n.code for n in plan if n.code not in items]
    often, sizes = rng.dirichlet(np.ones(len(items))), rng.dirichlet(np.ones(groups) * 2)
    coded, uncoded = [], []
    for i in range(int(rng.integers(40, 180))):
        district = [*REGIONS][rng.choice(groups, p=sizes)]
        row = {
            "opinion_id": f"o{i}",
            "unit": "1",
            "text": "意見",
            "地区": district,
            "地域": REGIONS[district],
        }
        for column in ("地区", "地域") if blank else ():
            if rng.random() < blank:
                row[column] = ""
        if wrong and rng.random() < wrong:
            row["地域"] = "下"
        if rng.random() < without:
            uncoded.append(row | {"kind": OPEN, "reason": ""})
            continue
        codes = [str(c) for c in rng.choice(items, 1 + (rng.random() < twice), replace=False, p=often)]
        if rng.random() < above:
            codes = [str(rng.choice(upper))]
        coded += [row | {"code": c, "checked": "yes", "confidence": ""} for c in codes]
    return CODED.table(coded), UNCODED.table(uncoded)


def _worked_out(
    coded: pd.DataFrame,
    uncoded: pd.DataFrame,
    plan: Codebook,
    tables: list[CrossTable],
    *,
    shown: bool = True,
) -> set[tuple[str, str, str]]:
    """Return the small cells of which a reader learns more than the hiding says.

    Unknown to the reader is only how many opinions of exactly these codes come from this district and region.

    Parameters
    ----------
    shown : False if the reader sees no cell at all, only totals and the sizes of the groups
    """
    every = pd.concat([coded, uncoded]).drop_duplicates("opinion_id").set_index("opinion_id")
    at: dict[str, set[str]] = {str(o): set() for o in every.index}
    for opinion, code in zip(coded["opinion_id"], coded["code"], strict=True):
        at[opinion] |= set(plan.path(code))
    kinds = sorted({tuple(sorted(nodes)) for nodes in at.values()})
    columns = [table.by for table in tables]
    places = sorted(set(every[columns].replace("", NO_ANSWER).itertuples(index=False, name=None)))
    unknown = np.arange(len(kinds) * len(places)).reshape(len(kinds), len(places))
    known: list[tuple[np.ndarray, int]] = [
        (unknown[k], sum(tuple(sorted(nodes)) == kind for nodes in at.values()))
        for k, kind in enumerate(kinds)
    ]
    secret = []
    for t, table in enumerate(tables):
        for group in table.counts.columns:
            names = [place[t] for place in places]
            own = [j for j, n in enumerate(names) if (OTHERS if n in table.pooled else n) == group]
            known.append((unknown[:, own].ravel(), int(table.group_sizes[group])))
            for code in table.counts.index:
                cells = unknown[[code in kind for kind in kinds]][:, own].ravel()
                count = int(table.counts.loc[code, group])
                if 0 < count < 5:
                    assert table.hidden.loc[code, group]
                    most = min(4, int(table.totals[code]), int(table.group_sizes[group]))
                    secret.append(((table.by, str(code), str(group)), cells, most))
                if shown and not table.hidden.loc[code, group]:
                    known.append((cells, count))
    row = np.concatenate([np.full(len(cells), r) for r, (cells, _) in enumerate(known)])
    column = np.concatenate([cells for cells, _ in known])
    left = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(known), unknown.size))
    found = set()
    for name, cells, most in secret:
        goal = np.zeros(unknown.size)
        goal[cells] = 1
        least, greatest = (
            sign * linprog(sign * goal, A_eq=left, b_eq=[n for _, n in known], method="highs").fun
            for sign in (1, -1)
        )
        if least > 1 + 1e-6 or greatest < most - 1e-6:
            found.add(name)
    return found


@pytest.mark.parametrize(
    ("twice", "above", "without"), [(0, 0, 0), (0, 0.1, 0.1), (0.1, 0, 0), (0.1, 0.1, 0.1)]
)
@pytest.mark.parametrize("seed", [1, 2, 3, 8, 10, 11])
def test_one_table_tells_no_more_than_it_shows(
    plan: Codebook, seed: int, twice: float, above: float, without: float
) -> None:
    coded, uncoded = _survey(plan, seed, 2 + seed % 3, twice=twice, above=above, without=without)
    tables = cross_tables(coded, plan, ["地区"], uncoded=uncoded)
    learned = _worked_out(coded, uncoded, plan, tables)
    # What totals and sizes of groups tell by themselves no hiding can help.
    assert learned <= _worked_out(coded, uncoded, plan, tables, shown=False)


@pytest.mark.parametrize(
    ("twice", "blank", "wrong"), [(0, 0, 0), (0.3, 0, 0), (0, 0.08, 0), (0.1, 0.05, 0), (0, 0, 0.02)]
)
@pytest.mark.parametrize("seed", range(6))
def test_districts_and_their_regions_do_not_tell_on_each_other(
    plan: Codebook, seed: int, twice: float, blank: float, wrong: float
) -> None:
    coded, uncoded = _survey(plan, seed, 5, twice=twice, above=0.05, without=0.1, blank=blank, wrong=wrong)
    tables = cross_tables(coded, plan, ["地区", "地域"], uncoded=uncoded)
    assert blank or {"上", "下"} == set(tables[1].counts.columns)
    learned = _worked_out(coded, uncoded, plan, tables)
    assert learned <= _worked_out(coded, uncoded, plan, tables, shown=False)


@pytest.mark.parametrize("seed", range(6))
def test_a_column_made_of_two_others_does_not_tell_on_them(plan: Codebook, seed: int) -> None:
    made = _survey(plan, seed, 4, twice=0.1, above=0, without=0.1, blank=0.04)
    coded, uncoded = (
        table.assign(
            性別=(sexes := [("男", "女")[int(o[1:]) % 2] for o in table["opinion_id"]]),
            地区と性別=[d and d + s for d, s in zip(table["地区"], sexes, strict=True)],
        )
        for table in made
    )
    tables = cross_tables(coded, plan, ["性別", "地区", "地区と性別"], uncoded=uncoded)
    learned = _worked_out(coded, uncoded, plan, tables)
    assert learned <= _worked_out(coded, uncoded, plan, tables, shown=False)


def test_what_one_table_hides_a_copy_of_its_column_does_not_show(plan: Codebook) -> None:
    coded, uncoded = _survey(plan, 1, 3, twice=0, above=0, without=0)
    copied = coded.assign(写し=coded["地区"])
    one, copy = cross_tables(copied, plan, ["地区", "写し"], uncoded=uncoded)
    both = replace(one, hidden=one.hidden & copy.hidden)
    assert both.hidden.to_numpy().any()
    learned = _worked_out(coded, uncoded, plan, [both])
    assert learned <= _worked_out(coded, uncoded, plan, [both], shown=False)


def test_columns_that_have_nothing_to_do_with_each_other_are_hidden_each_by_itself(plan: Codebook) -> None:
    coded, uncoded = _survey(plan, 2, 3, twice=0.1, above=0, without=0)
    number = coded["opinion_id"].str.slice(1).astype(int)
    coded = coded.assign(性別=[("男", "女")[n % 2] for n in number])
    together = cross_tables(coded, plan, ["地区", "性別"], uncoded=uncoded)
    alone = [cross_tables(coded, plan, [by], uncoded=uncoded)[0] for by in ("地区", "性別")]
    assert all(a.hidden.equals(b.hidden) for a, b in zip(together, alone, strict=True))


@pytest.mark.parametrize(("elsewhere", "told"), [(0, False), (6, True)])
def test_words_of_groups_do_not_tell_what_a_table_hides(plan: Codebook, elsewhere: int, told: bool) -> None:
    groups = {
        "玉縄": [("G1-1-1", "花壇の手入れ", 3), ("G1-1-1", "遊具が古い", 1), ("G1-2-1", "舗装が悪い", 2)],
        "大船": [("G1-1-1", "遊具が古い", 10), ("G1-2-1", "舗装が悪い", 12), ("G2-1-1", "税金が高い", 9)],
        "腰越": [("G1-1-1", "遊具が古い", 9), ("G1-2-1", "舗装が悪い", 8), ("G2-1-1", "税金が高い", 7)],
    }
    groups["玉縄"] += [("G2-1-1", "花壇の税金", 10), ("G2-1-1", "税金が高い", 4)]
    groups["大船"] += [("G2-1-1", "花壇の税金", elsewhere)]
    rows = [
        {"unit": "1", "text": text, "code": code, "checked": "yes", "confidence": "", "地区": group}
        for group, said in groups.items()
        for code, text, n in said
        for _ in range(n)
    ]
    coded = CODED.table([row | {"opinion_id": f"o{i}"} for i, row in enumerate(rows)])
    opinions = CodedOpinions(coded, UNCODED.table([]), coded.iloc[:0], len(coded))
    parts = cross_parts(opinions, plan, ReportOptions(by=("地区",), pictures=False))
    counts, words = (part.as_sheets()[0].frame for part in parts if isinstance(part, Table))
    own = counts.set_index("コード")["玉縄"]
    assert own[["G1-1-1", "G1-2-1"]].tolist() == ["x", "x"]
    # If all who speak of flower beds are of 玉縄, anybody sees that three of them are of G1-1-1.
    named = set(zip(words["地区"], words["語"], strict=True))
    assert (("玉縄", "花壇") in named) == told
    assert ("玉縄", "税金") in named
    notes = [part.text for part in parts if isinstance(part, Paragraph)]
    assert any("地区ごとの特徴語のうち1語は" in note for note in notes) != told


@pytest.mark.parametrize("hidden", [True, False])
def test_of_a_survey_too_large_to_be_sure_no_words_are_told_beside_hidden_counts(hidden: bool) -> None:
    ids = [f"o{i}" for i in range(200)]
    group_of = pd.Series([f"区{i}" for i in range(200)], index=ids)
    counts = pd.DataFrame(1, index=["G1"], columns=list(group_of))
    words = [Counted(group, {one}) for group, one in zip(group_of, ids, strict=True)]
    tables = [Grouping(counts, group_of, group_of)]
    telling = telling_counts({"G1": set(ids)}, tables, [counts.eq(1) & hidden], [words], 1)
    assert telling == [[hidden] * 200]


def test_measures_of_words_do_not_tell_how_many_of_a_group_have_a_code(plan: Codebook) -> None:
    groups = {
        "大船": [("G1-1-1", "遊具が古い", 3), ("G1-2-1", "税金が高い", 20), ("G2-1-1", "公園がほしい", 15)],
        "玉縄": [("G1-1-1", "遊具が古い", 30), ("G1-2-1", "税金が高い", 2), ("G2-1-1", "道が狭い", 16)],
        "腰越": [("G1-1-1", "遊具が古い", 20), ("G1-2-1", "坂が急", 11), ("G2-1-1", "道が狭い", 12)],
    }
    rows = [
        {"unit": "1", "text": text, "code": code, "checked": "yes", "confidence": "", "地区": group}
        for group, said in groups.items()
        for code, text, n in [*said, ("", "分からない", 7)]
        for _ in range(n)
    ]
    every = [row | {"opinion_id": f"o{i}", "kind": OPEN, "reason": ""} for i, row in enumerate(rows)]
    coded = CODED.table([row for row in every if row["code"]])
    uncoded = UNCODED.table([row for row in every if not row["code"]])
    opinions = CodedOpinions(coded, uncoded, coded.iloc[:0], len(rows))
    parts = cross_parts(opinions, plan, ReportOptions(by=("地区",), pictures=False))
    counts, words = (part.as_sheets()[0].frame for part in parts if isinstance(part, Table))
    assert counts.set_index("コード")["大船"][["", "G1-1-1"]].tolist() == [45, "x"]
    told = words[words["語"] == "税金"].iloc[0]
    # Anybody sees that 22 say so, and has the size of what is compared: 45 as in the table, not 38 with a code.
    assert told["その語がある回答"] == 20 and told["Jaccard"] == round(20 / (45 + 2), 3)
