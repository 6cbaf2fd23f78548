"""How far a model can be trusted: reliability, risk against coverage, learning curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from pipeline.arrays import Floats
from pipeline.calibration import sweep_error
from pipeline.drawing import COLOURS, GREY, MARKERS, Picture, canvas, picture
from pipeline.intervals import wilson


def reliability_plot(
    confidence: ArrayLike, right: ArrayLike, *, bins: int = 10, title: str = "確信度と正解率"
) -> Picture:
    """Return the reliability diagram: of suggestions made with confidence p, what share was right?

    Parameters
    ----------
    confidence : (n,) confidence of the suggestions, 0 to 1
    right : (n,) whether each was right
    bins : greatest number of groups; each holds as nearly as can be the same number of suggestions (at least
        five), since groups of equal width are mostly empty where labels are few

    Returns
    -------
    Picture whose table has low, high, n, confidence, accuracy, accuracy_low, accuracy_high (95 %, Wilson).

    Raises
    ------
    ValueError
        without any suggestion, or when the two differ in length.
    """
    p = np.asarray(confidence, dtype=np.float64)
    hit = np.asarray(right, dtype=np.float64)
    if p.shape != hit.shape or p.ndim != 1 or not len(p):
        raise ValueError(
            f"confidence {p.shape} and right {hit.shape}: one number each for at least one suggestion"
        )
    order = np.argsort(p, kind="stable")
    groups = [g for g in np.array_split(order, min(bins, max(1, len(p) // 5))) if len(g)]
    n = np.array([len(g) for g in groups])
    accuracy = np.array([hit[g].mean() for g in groups])
    mean = np.array([p[g].mean() for g in groups])
    low, high = wilson(accuracy * n, n)
    error = sweep_error(p, hit)
    table = pd.DataFrame(
        {
            "low": [p[g].min() for g in groups],
            "high": [p[g].max() for g in groups],
            "n": n,
            "confidence": mean,
            "accuracy": accuracy,
            "accuracy_low": low,
            "accuracy_high": high,
        }
    )
    with canvas(4.6, 5.0) as figure:
        axes, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
        axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="確信度どおり")
        bars = np.maximum(0, [accuracy - low, high - accuracy])
        axes.errorbar(
            mean, accuracy, bars, fmt="o-", color=COLOURS[0], capsize=3, linewidth=1.2, label="実際(95%区間)"
        )
        axes.set(ylim=(-0.02, 1.02), ylabel="正解率")
        axes.legend(loc="upper left")
        axes.text(
            0.98, 0.04, f"較正誤差(単調分割) {error:.3f}({len(p)}件)", ha="right", transform=axes.transAxes
        )
        below.hist(p, np.linspace(0, 1, 21).tolist(), color=COLOURS[0], edgecolor="white")
        below.set(xlim=(-0.02, 1.02), xlabel="モデルの確信度", ylabel="件数")
        _as_percent(axes, "y")
        _as_percent(below, "x")
        alt = (
            f"{title}の図。{len(p)}件の提案で平均の確信度は{p.mean():.0%}、実際の正解率は{hit.mean():.0%}、"
            f"較正誤差(単調分割)は{error:.3f}。"
        )
        return picture(figure, title, table, alt)


def risk_coverage_plot(
    coverage: ArrayLike,
    accuracy: ArrayLike,
    *,
    target: float | None = None,
    title: str = "提案する割合と正解率",
) -> Picture:
    """Return the risk-coverage curve (El-Yaniv & Wiener 2010), drawn as accuracy so that up is good.

    Parameters
    ----------
    coverage : (n,) shares of comments for which a suggestion is made, 0 to 1
    accuracy : (n,) share of right ones among them
    target : precision promised, drawn as a line

    Returns
    -------
    Picture whose table has coverage and accuracy, by coverage.
    """
    share, right = np.asarray(coverage, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    if share.shape != right.shape or share.ndim != 1 or not len(share):
        raise ValueError(
            f"coverage {share.shape} and accuracy {right.shape}: one number each for at least one point"
        )
    order = np.argsort(share, kind="stable")
    table = pd.DataFrame({"coverage": share[order], "accuracy": right[order]})
    with canvas(3.6, 5.0) as figure:
        axes = figure.subplots()
        marker = "o" if len(share) <= 30 else ""
        axes.plot(table["coverage"], table["accuracy"], color=COLOURS[0], marker=marker, markersize=3)
        if target is not None:
            axes.axhline(target, color=COLOURS[3], linestyle="--", linewidth=1)
            axes.text(
                1.0, target + 0.01, f"目標の適合率 {target:.0%}", color=COLOURS[3], fontsize=8, ha="right"
            )
        axes.set(
            xlim=(-0.02, 1.02),
            ylim=(0, 1.03),
            xlabel="提案する意見の割合(確信度の高い順)",
            ylabel="提案の正解率",
        )
        axes.grid(color="#eeeeee")
        _as_percent(axes, "x")
        _as_percent(axes, "y")
        last = table.iloc[-1]
        alt = f"{title}の曲線。{last['coverage']:.0%}に提案すると正解率は{last['accuracy']:.0%}。"
        if target is not None:
            kept = table.loc[table["accuracy"] >= target, "coverage"]
            reach = f"{kept.max():.0%}に提案できる" if len(kept) else "できる割合はない"
            alt += f"正解率{target:.0%}を保って{reach}。"
        return picture(figure, title, table, alt)


def risk_coverage(confidence: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    """Return coverage and accuracy when only the most confident suggestions are made, (n,) each.

    Suggestions of equal confidence are made together or not at all: one point for each distinct confidence.
    """
    p, hit = np.asarray(confidence, dtype=np.float64), np.asarray(right, dtype=np.float64)
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(p[order]) != 0, True))
    return (ends + 1) / max(len(p), 1), np.cumsum(hit[order])[ends] / (ends + 1)


def learning_curve_plot(
    labels: Sequence[int],
    accuracy: dict[str, Sequence[float]],
    intervals: dict[str, tuple[Sequence[float], Sequence[float]]] | None = None,
    *,
    title: str = "コード付き意見の数と正解率",
) -> Picture:
    """Return how accuracy grows with the number of coded opinions.

    Parameters
    ----------
    labels : (n,) numbers of coded opinions
    accuracy : name of a line (e.g. 「項目」) -> (n,) accuracies
    intervals : name of a line -> lower and upper limits, (n,) each
    """
    intervals = intervals or {}
    table = pd.DataFrame({"labels": list(labels)})
    with canvas(3.6, 5.0) as figure:
        axes = figure.subplots()
        for k, (name, values) in enumerate(accuracy.items()):
            colour = COLOURS[k % len(COLOURS)]
            axes.plot(labels, values, color=colour, marker=MARKERS[k % len(MARKERS)], label=name)
            table[name] = list(values)
            if name in intervals:
                low, high = intervals[name]
                axes.fill_between(labels, low, high, color=colour, alpha=0.15, linewidth=0)
                table[f"{name}_low"], table[f"{name}_high"] = list(low), list(high)
        axes.set(ylim=(0, 1.03), xlabel="コード付き意見の数(件)", ylabel="正解率")
        axes.grid(color="#eeeeee")
        axes.legend()
        _as_percent(axes, "y")
        ends = "、".join(f"{name}は{v[0]:.0%}から{v[-1]:.0%}" for name, v in accuracy.items())
        return picture(figure, title, table, f"{title}の曲線。{labels[0]}件から{labels[-1]}件で、{ends}。")


def _as_percent(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"{value:.0%}")
