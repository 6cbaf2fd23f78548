"""Cross tables of the plan by a column of the survey: counts, shares, and the cells that stand out.

Counted are comments (residents' answers), not units: someone who says a thing twice is one resident. Cells of
few comments are hidden, and others with them, so that no resident can be recognised (see `disclosure`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, norm

from pipeline.codebook import Codebook
from pipeline.comment_column import named_column
from pipeline.crosstab_hidden import NO_ANSWER, Counted, Grouping, hidden_counts, telling_counts
from pipeline.disclosure import HIDDEN, THRESHOLD
from pipeline.errors import InputError

OTHERS = "その他(少数)"
FALSE_DISCOVERY = 0.05
# Cochran's rule: below an expected count of 5 the normal approximation of a residual cannot be trusted.
_EXPECTED = 5.0


@dataclass(frozen=True)
class CrossTable:
    """One cross table; rows are all nodes of the plan in its order, columns the groups.

    counts : comments; hidden ones are there too: print `shown_counts`
    totals, group_sizes : comments of each node, and of each group (with or without a code); never hidden
    shares : of the group's comments; NaN where hidden
    residuals : adjusted standardised residuals (Haberman 1973); NaN where hidden or not to be judged
    p_values : two-sided, corrected for the number of cells of the same level (Benjamini & Hochberg 1995)
    hidden : cells that must not be shown
    pooled : groups that were too small to be shown by themselves, now in `OTHERS`
    """

    by: str
    counts: pd.DataFrame
    totals: pd.Series[int]
    group_sizes: pd.Series[int]
    shares: pd.DataFrame
    residuals: pd.DataFrame
    p_values: pd.DataFrame
    hidden: pd.DataFrame
    pooled: tuple[str, ...]

    @property
    def stands_out(self) -> pd.DataFrame:
        """1 where a group speaks of a node more often than the others, -1 where less often, 0 elsewhere."""
        sure = (self.p_values < FALSE_DISCOVERY).to_numpy()
        return pd.DataFrame(
            np.where(sure, np.sign(self.residuals.fillna(0)), 0).astype(int),
            index=self.counts.index,
            columns=self.counts.columns,
        )

    def shown_counts(self) -> pd.DataFrame:
        """Return the counts as whole numbers, with `HIDDEN` in hidden cells."""
        return self.counts.astype(object).mask(self.hidden, HIDDEN)


def cross_tables(
    coded: pd.DataFrame,
    codebook: Codebook,
    by: Sequence[str],
    *,
    uncoded: pd.DataFrame | None = None,
    threshold: int = THRESHOLD,
    file: str | None = None,
) -> list[CrossTable]:
    """Return the cross tables of the plan by some columns, which are to stand in one report.

    Parameters
    ----------
    coded, uncoded
        CODED and UNCODED of `coded_opinions`, with the columns `by`; an empty cell counts as 「無回答」.
    threshold
        Cells of 1 to `threshold` - 1 comments are hidden. Groups of fewer comments than that are put together.
    file
        Where the comments come from, for messages.

    Raises
    ------
    InputError
        if a column is missing, or fewer than two of its groups are large enough.
    """
    tables = [t for t in (coded, uncoded) if t is not None and len(t)]
    nodes = _comments_by_node(coded, codebook)
    columns, groupings = [], []
    for column in by:
        for table in tables:
            column = named_column([str(c) for c in table.columns], column, "--by", file)
        columns.append(column)
        groupings.append(_grouping(tables, nodes, column, threshold, file))
    made = []
    masks = hidden_counts(nodes, groupings, threshold)
    for column, grouping, hidden in zip(columns, groupings, masks, strict=True):
        counts = grouping.counts
        sizes = grouping.group_of.value_counts().reindex(counts.columns).astype(int)
        residuals, p_values = _residuals(counts, sizes, codebook, hidden)
        shares = (counts / sizes).mask(hidden)
        pooled = tuple(sorted(set(grouping.written[grouping.group_of != grouping.written])))
        totals = counts.sum(axis=1)
        made.append(CrossTable(column, counts, totals, sizes, shares, residuals, p_values, hidden, pooled))
    return made


def _grouping(
    tables: Sequence[pd.DataFrame], nodes: Mapping[str, Set[str]], by: str, threshold: int, file: str | None
) -> Grouping:
    written = _groups(tables, by)
    group_of = _pool(written, threshold)
    groups = _in_order(group_of)
    if len(groups) < 2:
        raise InputError(
            f"{threshold}件以上のコメントがある区分が2つ以上ありません。"
            "区分を大きくまとめた列を --by に指定してください。",
            f"fewer than two groups have at least {threshold} comments; give --by a column of larger groups",
            file=file,
            column=by,
        )
    counts = pd.DataFrame(
        [[int((group_of.reindex(sorted(ids)) == g).sum()) for g in groups] for ids in nodes.values()],
        index=list(nodes),
        columns=groups,
        dtype=int,
    )
    return Grouping(counts, group_of, written)


def _groups(tables: Sequence[pd.DataFrame], by: str) -> pd.Series[str]:
    """Return the group of each comment."""
    if not tables:
        return pd.Series(dtype=str)
    # Under other names: `by` may be the column of ids itself.
    both = pd.concat([pd.DataFrame({"id": t["opinion_id"], "group": t[by]}) for t in tables])
    return both.drop_duplicates("id").set_index("id")["group"].str.strip().replace("", NO_ANSWER)


def _pool(group_of: pd.Series[str], threshold: int) -> pd.Series[str]:
    """Put groups that are too small together, with the next smallest one if even that is too small."""
    sizes = group_of.value_counts()
    sizes = sizes[sorted(sizes.index, key=lambda g: (sizes[g], g))]
    small = [str(g) for g in sizes.index[sizes < threshold]]
    if not small:
        return group_of
    total = int(sizes[small].sum())
    # One small group alone would be the difference between the total and the others: it never stands alone.
    for group in sizes.index[len(small) :]:
        if total >= threshold and len(small) > 1:
            break
        small.append(str(group))
        total += int(sizes[group])
    return group_of.where(~group_of.isin(small), OTHERS)


def _in_order(group_of: pd.Series[str]) -> list[str]:
    """Return the groups by their leading number if they all have one (30代, 40代), else as they first come."""
    groups = [str(g) for g in dict.fromkeys(group_of)]
    named = [g for g in groups if g not in (NO_ANSWER, OTHERS)]
    numbers = {g: re.match(r"\D{0,2}(\d+)", g) for g in named}
    if all(numbers.values()):
        named.sort(key=lambda g: int(m[1]) if (m := numbers[g]) else 0)
    return [*named, *(g for g in (OTHERS, NO_ANSWER) if g in groups)]


def _comments_by_node(coded: pd.DataFrame, codebook: Codebook) -> dict[str, set[str]]:
    """Return the comments of each node: those coded to it or to anything below it."""
    nodes: dict[str, set[str]] = {n.code: set() for n in codebook}
    for opinion, code in zip(coded["opinion_id"], coded["code"], strict=True):
        for above in codebook.path(code):
            nodes[above].add(opinion)
    return nodes


def _residuals(
    counts: pd.DataFrame, sizes: pd.Series[int], codebook: Codebook, hidden: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return residuals and corrected p-values, each cell against all comments of other groups or other nodes.

    The residual of a cell is that of its own table of four (this node or not, this group or not), which is
    the same as Haberman's for comments of one code, and stays right for comments of several.
    """
    n = int(sizes.sum())
    observed = counts.to_numpy(dtype=float)
    row = observed.sum(axis=1, keepdims=True)
    column = sizes.to_numpy(dtype=float)[None, :]
    expected = row * column / n
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (observed - expected) / np.sqrt(expected * (1 - row / n) * (1 - column / n))
    rarest = np.minimum.reduce(
        [expected, row - expected, column - expected, n - row - column + expected]
    )  # of the four expected counts
    judged = (rarest >= _EXPECTED) & np.isfinite(z) & ~hidden.to_numpy()
    z = np.where(judged, z, np.nan)
    p = np.full(z.shape, np.nan)
    levels = np.array([codebook[str(c)].level for c in counts.index])
    for level in np.unique(levels):
        rows = judged & (levels == level)[:, None]
        if rows.any():
            p[rows] = false_discovery_control(2 * norm.sf(np.abs(z[rows])))
    index, columns = counts.index, counts.columns
    return pd.DataFrame(z, index=index, columns=columns), pd.DataFrame(p, index=index, columns=columns)


def comments_by_group(
    coded: pd.DataFrame, uncoded: pd.DataFrame | None, table: CrossTable
) -> dict[str, list[str]]:
    """Return the comments (opinion_ids) of each group of a cross table, small groups put together as there."""
    group_of = _groups([t for t in (coded, uncoded) if t is not None and len(t)], table.by)
    group_of = group_of.where(~group_of.isin(table.pooled), OTHERS)
    return {str(g): [str(i) for i in group_of.index[group_of == g]] for g in table.counts.columns}


def telling_words(
    coded: pd.DataFrame,
    uncoded: pd.DataFrame | None,
    codebook: Codebook,
    tables: Sequence[CrossTable],
    used: Sequence[Sequence[tuple[str, Set[str]]]],
    *,
    threshold: int = THRESHOLD,
) -> list[list[bool]]:
    """Return for each table which words of its groups not to tell.

    Who reads all opinions knows who uses a word, and if told how many of a group do, may know of a hidden count.

    Parameters
    ----------
    used : for each table, the group of each word and the comments (opinion_ids) of all groups that use it
    """
    given = [t for t in (coded, uncoded) if t is not None and len(t)]
    nodes = _comments_by_node(coded, codebook)
    groupings = [_grouping(given, nodes, table.by, threshold, None) for table in tables]
    counted = [[Counted(group, ids) for group, ids in words] for words in used]
    return telling_counts(nodes, groupings, [t.hidden for t in tables], counted, threshold)


def visible_nodes(table: CrossTable) -> list[str]:
    """Return the nodes of the plan with at least one count that is shown and not 0."""
    shown = (~table.hidden & (table.counts > 0)).any(axis=1)
    return [str(c) for c in table.counts.index[shown]]
