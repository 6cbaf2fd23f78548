"""All pictures in one place: functions from tables to `Picture` (PNG, SVG, the table behind it, words)."""

from __future__ import annotations

from pipeline.change import changes
from pipeline.drawing import Picture
from pipeline.pictures_bars import cross_counts, heat_map, item_bars
from pipeline.pictures_change import change_plot
from pipeline.pictures_html import heat_map_html, opinion_map_html
from pipeline.pictures_map import map_table, opinion_map, opinion_places
from pipeline.pictures_model import learning_curve_plot, reliability_plot, risk_coverage, risk_coverage_plot
from pipeline.pictures_words import word_network

__all__ = [
    "Picture",
    "change_plot",
    "changes",
    "cross_counts",
    "heat_map",
    "heat_map_html",
    "item_bars",
    "learning_curve_plot",
    "map_table",
    "opinion_map",
    "opinion_map_html",
    "opinion_places",
    "reliability_plot",
    "risk_coverage",
    "risk_coverage_plot",
    "word_network",
]
