"""The pictures of a report, each a `Picture`: PNG, SVG, the table behind it, and what it shows in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.crosstab import CrossTable, visible_nodes
from pipeline.features import TextVectors
from pipeline.pictures import (
    change_plot,
    heat_map,
    heat_map_html,
    item_bars,
    map_table,
    opinion_map,
    opinion_map_html,
    opinion_places,
    word_network,
)
from pipeline.report_parts import Interactive, Paragraph, Part, told_name

# A network or map of a handful of opinions shows chance.
_FEWEST = 30
# More signs than this run into one another, and take a browser long to draw.
_MOST = 2000


def bar_pictures(coded: pd.DataFrame, codebook: Codebook) -> list[Part]:
    """Return bars of the opinions of each item; of the top of the plan too if opinions stand above the items."""
    items = {n.code for n in codebook.items}
    above = codebook.depth > 1 and not set(coded["code"]) <= items
    tops: list[Part] = [item_bars(coded, codebook, level=1)] if above else []
    some = coded[coded["code"].isin(items)]
    return [*tops, *([item_bars(coded, codebook)] if len(some) else [])]


def word_pictures(coded: pd.DataFrame, codebook: Codebook) -> list[Part]:
    """Return the network of words that stand together."""
    one = coded.drop_duplicates(["opinion_id", "unit"])
    if len(one) < _FEWEST:
        return []
    drawn = word_network(one["text"].tolist(), one["code"].tolist(), codebook)
    return [drawn] if len(drawn.table) else []


def map_pictures(
    coded: pd.DataFrame, codebook: Codebook, encode: Callable[[Sequence[str]], TextVectors] | None
) -> list[Part]:
    """Return the map of opinions (of very many, every n-th), and what its numbers leave out."""
    each = coded.drop_duplicates(["opinion_id", "unit"])
    nth = -(-len(each) // _MOST) or 1
    one = each.iloc[::nth]
    if encode is None or len(one) < _FEWEST:
        return []
    said = "複数の項目に当たる意見は、はじめの項目にだけ印を置きました。" if len(each) < len(coded) else ""
    if nth > 1:
        said += f"意見が多いため、{len(each):,}件から{nth}件ごとに選んだ{len(one):,}件を示します。"
    note: list[Part] = [Paragraph(f"意見の地図: {said}", "note")] if said else []
    texts = one["text"].tolist()
    places = opinion_places(encode(texts))
    table = map_table(one["opinion_id"].tolist(), texts, one["code"].tolist(), places, codebook)
    return [Interactive(opinion_map(table, codebook), opinion_map_html(table, codebook)), *note]


def heat_pictures(table: CrossTable, codebook: Codebook) -> list[Part]:
    """Return the heat map by groups of the lowest level of the plan of which at least half can be shown."""
    visible = set(visible_nodes(table))
    for level in range(codebook.depth, 0, -1):
        nodes = [n.code for n in codebook if n.level == level and table.totals[n.code] > 0]
        shown = [c for c in nodes if c in visible]
        if len(shown) * 2 >= len(nodes) > 0 or (level == 1 and shown):
            break
    else:
        return []
    counts, hidden = table.counts.loc[shown], table.hidden.loc[shown]
    # The sizes stand in the table anyway; sums of all counts would give away the hidden ones.
    sizes = table.group_sizes
    drawn = heat_map(counts, codebook, by=table.by, hidden=hidden, sizes=sizes)
    page = heat_map_html(counts, codebook, by=table.by, hidden=hidden, sizes=sizes)
    return [Interactive(drawn, page)]


def change_pictures(table: pd.DataFrame, codebook: Codebook) -> list[Part]:
    """Return the changes of the items (or of the lowest level spoken of) with their intervals.

    Parameters
    ----------
    table : of `change.changes`
    """
    spoken = table[(table["count"] + table["count_before"]) > 0]
    items = {n.code for n in codebook.items}
    own = spoken[spoken["code"].isin(items)]
    own = own if len(own) else spoken
    if not len(own):
        return []
    return [change_plot(own.assign(title=[told_name(codebook, str(c)) for c in own["code"]]))]
