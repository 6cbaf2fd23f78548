"""All pictures in one place: functions from tables to `Picture` (PNG, SVG, the table behind it, words)."""

from __future__ import annotations

from pipeline.drawing import Picture
from pipeline.pictures_bars import cross_counts, heat_map, item_bars
from pipeline.pictures_model import learning_curve_plot, reliability_plot, risk_coverage, risk_coverage_plot

__all__ = [
    "Picture",
    "cross_counts",
    "heat_map",
    "item_bars",
    "learning_curve_plot",
    "reliability_plot",
    "risk_coverage",
    "risk_coverage_plot",
]
