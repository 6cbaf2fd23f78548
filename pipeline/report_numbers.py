"""The numbers of a report: overview of the plan, and cross tables; with pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.cells import in_percent
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CodedOpinions, units
from pipeline.crosstab import CrossTable, comments_by_group, cross_tables, telling_words, visible_nodes
from pipeline.disclosure import HIDDEN
from pipeline.report_parts import (
    DOWN,
    MOST_TOLD,
    SIGNS,
    UP,
    ModelFigures,
    Paragraph,
    Part,
    ReportOptions,
    Sheet,
    SubHeading,
    Table,
    plan_name,
    told_name,
)
from pipeline.report_pictures import bar_pictures, heat_pictures, map_pictures, word_pictures
from pipeline.suggested_codes import OPEN
from pipeline.words import comments_with, words_of_groups

_MOST = 5


# -- overview --------------------------------------------------------------------------------------


def overview_parts(
    opinions: CodedOpinions, codebook: Codebook, options: ReportOptions, model: ModelFigures
) -> tuple[Part, ...]:
    """Return counts of the whole plan: the items most spoken of, a table and pictures."""
    if not len(opinions.coded):
        return (Paragraph("項目に分類された意見はありません。"),)
    frame = plan_counts(opinions, codebook)
    items = {n.code for n in codebook.items}
    leaves = frame[frame["コード"].isin(items)]
    parts: list[Part] = []
    if int(leaves["意見"].max()) > 0:
        parts.append(Paragraph(_most(leaves, codebook)))
    none = leaves[leaves["意見"] == 0]
    above = len(units(opinions.coded[~opinions.coded["code"].isin(items)]))
    if len(none):
        names = "、".join(f"「{told_name(codebook, c)}」" for c in none["コード"])
        parts.append(Paragraph(f"{_none_said(opinions, len(none), above)}。{names}"))
    upper = frame[~frame["コード"].isin(items)] if codebook.depth > 1 else frame
    if not opinions.has_unchecked:
        frame, upper = (f.drop(columns="うち未確認の提案") for f in (frame, upper))
    parts.append(
        Table(
            "目標・施策ごとの意見の数" if codebook.depth > 1 else "項目ごとの意見の数",
            upper.drop(columns=["コード", "階層"]),
            "意見の数",
            frozenset({"割合"}),
            tuple(upper["階層"]),
            note="割合は、意見全体に対するもの。1つの意見が複数の項目に当たることがあるため、合計は100%にならないことがあります。"
            + (
                f"その下の項目までは分類していない意見が{above}件あり、上の階層にだけ数えています。"
                if above
                else ""
            ),
            sheets=(Sheet("意見の数", frame, frozenset({"割合"})),),
        )
    )
    if options.pictures:
        parts += bar_pictures(opinions.coded, codebook)
        parts += word_pictures(opinions.coded, codebook)
        parts += map_pictures(opinions.coded, codebook, model.encode)
    return tuple(parts)


def _most(leaves: pd.DataFrame, codebook: Codebook) -> str:
    """Say which items most opinions speak of; items that are equal are named together or not at all."""
    ordered = leaves.sort_values("意見", ascending=False, kind="stable")
    counts = ordered["意見"].tolist()
    next_one = counts[_MOST] if len(counts) > _MOST else 0
    named = ordered[ordered["意見"] > next_one].head(_MOST)
    if not len(named):
        return f"最も多い項目でも{counts[0]:,}件で、{counts.count(counts[0])}項目が並んでいます。"
    listed = "、".join(
        f"「{told_name(codebook, c)}」({n:,}件)" for c, n in zip(named["コード"], named["意見"], strict=True)
    )
    return f"意見の多い項目は、{listed}です。"


def _none_said(opinions: CodedOpinions, none: int, above: int) -> str:
    """Say of how many items nobody spoke, or what that is not to mean where some opinions are not coded to items.

    Parameters
    ----------
    none : items without an opinion
    above : opinions coded to a node above the items
    """
    waiting = len(units(opinions.uncoded[opinions.uncoded["kind"] == OPEN]))
    left = [f"上の階層までの意見{above}件"] if above else []
    left += [f"判定を待つ意見{waiting}件"] if waiting else []
    if not left:
        return f"意見がなかった項目は{none}項目です"
    return (
        f"項目まで分類した意見がない項目は{none}項目です({'と、'.join(left)}は、どの項目にも数えていません)"
    )


def plan_counts(opinions: CodedOpinions, codebook: Codebook) -> pd.DataFrame:
    """Return one row a node: コード, 階層, 項目, 意見, 割合 (of all opinions), うち未確認の提案."""
    found: dict[str, set[tuple[str, str]]] = {n.code: set() for n in codebook}
    seen: dict[str, set[tuple[str, str]]] = {n.code: set() for n in codebook}
    columns = (opinions.coded[c] for c in ("opinion_id", "unit", "code", "checked"))
    for opinion, unit, code, checked in zip(*columns, strict=True):
        for above in codebook.path(code):
            found[above].add((opinion, unit))
            if checked == "yes":
                seen[above].add((opinion, unit))
    counts = [len(found[n.code]) for n in codebook]
    return pd.DataFrame(
        {
            "コード": [n.code for n in codebook],
            "階層": [n.level for n in codebook],
            "項目": [plan_name(codebook, n.code) for n in codebook],
            "意見": counts,
            "割合": np.array(counts) / max(opinions.opinions, 1),
            "うち未確認の提案": [len(found[n.code] - seen[n.code]) for n in codebook],
        }
    )


# -- cross tables ----------------------------------------------------------------------------------


def cross_parts(opinions: CodedOpinions, codebook: Codebook, options: ReportOptions) -> tuple[Part, ...]:
    """Return for each column of `options.by` a table, what stands out in it, pictures, and words of the groups."""
    parts: list[Part] = [
        Paragraph(
            "数は、意見の書かれている回答(1人が同じことを2度書いても1件)です。"
            f"{UP}はほかの区分より多い、{DOWN}は少ないところです(調整済み標準化残差、Benjamini-Hochberg法で補正、5%水準)。"
            f"{options.threshold}件に満たない数と、そこから逆算できる数は伏せています({HIDDEN})。",
            "note",
        )
    ]
    tables = cross_tables(
        opinions.coded,
        codebook,
        options.by,
        uncoded=opinions.uncoded,
        threshold=options.threshold,
        file=options.source or None,
    )
    told = _words_by_group(opinions, codebook, tables, options.threshold)
    for by, table, (words, left_out) in zip(options.by, tables, told, strict=True):
        parts.append(SubHeading(f"{by}別"))
        parts += [Paragraph(s, "bullet") for s in _standing_out(table, codebook)]
        parts.append(_cross_as_table(table, codebook))
        if options.pictures:
            parts += heat_pictures(table, codebook)
        if len(words):
            short = words.groupby("set", sort=False)["word"].agg("、".join).reset_index()
            short.columns = pd.Index([by, "特徴語"])
            words.columns = pd.Index([by, "語", "その語がある回答", "対数尤度比", "Jaccard"])
            name = f"特徴語_{by}"
            note = f"意見の書かれている回答を比べ、{options.threshold}件以上で使われた語だけを、対数尤度比の大きい順に示します。"
            sheets = (Sheet(name, words),)
            parts.append(Table(f"{by}ごとの特徴語", short, name, keys=2, note=note, sheets=sheets))
        if left_out:
            reason = "伏せた数が分かるか、分からないことを確かめられないため"
            parts.append(Paragraph(f"{by}ごとの特徴語のうち{left_out}語は、{reason}載せていません。", "note"))
    return tuple(parts)


def _words_by_group(
    opinions: CodedOpinions, codebook: Codebook, tables: Sequence[CrossTable], threshold: int
) -> list[tuple[pd.DataFrame, int]]:
    """Return for each table the words of its groups that tell nothing of what is hidden, and how many more are."""
    # Of all comments: measures of coded ones alone would tell how many a group has, and by that a hidden count.
    every = pd.concat([t[["opinion_id", "unit", "text"]] for t in (opinions.coded, opinions.uncoded)])
    found = [
        words_of_groups(
            every, comments_by_group(opinions.coded, opinions.uncoded, table), threshold=threshold
        )
        for table in tables
    ]
    users = comments_with(every, {str(w) for words in found for w in words["word"]})
    used = [[(str(g), users[str(w)]) for g, w in zip(f["set"], f["word"], strict=True)] for f in found]
    telling = telling_words(opinions.coded, opinions.uncoded, codebook, tables, used, threshold=threshold)
    return [
        (words[~np.array(drop, dtype=bool)].reset_index(drop=True), sum(drop))
        for words, drop in zip(found, telling, strict=True)
    ]


def _standing_out(table: CrossTable, codebook: Codebook) -> list[str]:
    marks, residuals = table.stands_out.to_numpy(), table.residuals.to_numpy()
    cells = [(i, j) for i, j in np.argwhere(marks != 0).tolist()]
    cells.sort(key=lambda c: (-abs(float(residuals[c])), c))
    counts, shares = table.counts.to_numpy(), table.shares.to_numpy()
    totals, n = table.totals.to_numpy(), int(table.group_sizes.sum())
    lines = [
        f"{table.counts.columns[j]}では「{told_name(codebook, str(table.counts.index[i]))}」が"
        f"{'多い' if marks[i, j] > 0 else '少ない'}"
        f"({counts[i, j]:,}件、{in_percent(shares[i, j])}。全体では{in_percent(totals[i] / n)})。"
        for i, j in cells[:MOST_TOLD]
    ]
    if len(cells) > len(lines):
        lines.append(f"このほか{len(cells) - len(lines)}か所に差があります(表の{UP}{DOWN})。")
    return lines or ["ほかの区分との差がはっきりしているところはありません。"]


def _cross_as_table(table: CrossTable, codebook: Codebook) -> Table:
    """Return what the report prints of a cross table, with all of it as sheets."""
    tops = {n.code for n in codebook.children("")}
    marks = table.stands_out
    # A group that alone says nothing of a node stands out too, with a 0.
    told = {*tops, *visible_nodes(table), *marks.index[(marks != 0).any(axis=1)]}
    rows = [i for i, c in enumerate(table.counts.index) if str(c) in told]
    codes = [str(table.counts.index[i]) for i in rows]
    frame = pd.DataFrame({"項目": ["回答の数", *(plan_name(codebook, c) for c in codes)]})
    hidden, signs = table.hidden.to_numpy(), marks.to_numpy()
    numbers, shares = table.counts.to_numpy(), table.shares.to_numpy()
    for j, group in enumerate(table.counts.columns):
        cells = (
            HIDDEN if hidden[i, j] else _cell(int(numbers[i, j]), float(shares[i, j]), int(signs[i, j]))
            for i in rows
        )
        frame[str(group)] = [f"{int(table.group_sizes.iloc[j]):,}", *cells]
    frame["計"] = [f"{table.group_sizes.sum():,}", *(f"{table.totals[c]:,}" for c in codes)]
    note = "( )はその区分の「回答の数」(意見の書かれていない回答を除く)に対する割合。どの区分も伏せた数か0の項目は、差のあるところのほかは略しました。"
    pooled = f"「その他(少数)」は、{'、'.join(table.pooled)}。" if table.pooled else ""
    levels = (1, *(codebook[c].level for c in codes))
    sheets = _cross_sheets(table, codebook, f"{HIDDEN}は伏せた数。{pooled}")
    return Table(
        f"{table.by}別の意見の数", frame, f"{table.by}別", levels=levels, note=note + pooled, sheets=sheets
    )


def _cross_sheets(table: CrossTable, codebook: Codebook, note: str) -> tuple[Sheet, ...]:
    """Return counts, shares and residuals of all nodes; `note` says what is hidden and put together."""
    shown, index = table.shown_counts(), table.counts.index
    head = pd.DataFrame({"コード": index, "項目": [plan_name(codebook, str(c)) for c in index]})
    counts = pd.concat([head, shown.reset_index(drop=True), table.totals.reset_index(drop=True)], axis=1)
    counts.columns = pd.Index([*head.columns, *map(str, shown.columns), "計"])
    sizes = pd.DataFrame([["", "回答の数", *table.group_sizes, int(table.group_sizes.sum())]])
    sizes.columns = counts.columns
    hidden = table.hidden.reset_index(drop=True)
    shares = table.shares.astype(object).reset_index(drop=True).mask(hidden, HIDDEN)
    residuals = table.residuals.round(2).astype(object).reset_index(drop=True).mask(hidden, HIDDEN)
    marks = table.stands_out.add_prefix("差_").reset_index(drop=True)
    return (
        Sheet(f"{table.by}_件数", pd.concat([sizes, counts], ignore_index=True), note=note),
        Sheet(
            f"{table.by}_割合",
            pd.concat([head, shares], axis=1),
            frozenset(map(str, shown.columns)),
            f"その区分の「回答の数」(意見の書かれていない回答を除く)に対する割合。{note}",
        ),
        Sheet(
            f"{table.by}_残差",
            pd.concat([head, residuals, marks], axis=1),
            note="調整済み標準化残差。「差_」の列は、ほかの区分より多い 1、少ない -1、どちらとも言えない 0"
            f"(Benjamini-Hochberg法で補正、5%水準)。{note}",
        ),
    )


def _cell(count: int, share: float, sign: int) -> str:
    return f"{count:,} ({in_percent(share)}){SIGNS[sign]}" if count else f"0{SIGNS[sign]}"
