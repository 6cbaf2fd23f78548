"""What changed between two surveys (前回比), with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.cells import in_percent
from pipeline.drawing import COLOURS, GREY, TALLEST, Picture, canvas, picture, shortened


def change_plot(
    table: pd.DataFrame, *, names: tuple[str, str] = ("前回", "今回"), title: str = "前回からの変化"
) -> Picture:
    """Return the difference of each row with its interval; what may be called a change is filled.

    Parameters
    ----------
    table : title, share_before, share, difference, low, high, changed; rows of `change.changes`
    names : of the two surveys
    """
    n = len(table)
    difference = table["difference"].to_numpy(dtype=np.float64)
    low, high = table["low"].to_numpy(dtype=np.float64), table["high"].to_numpy(dtype=np.float64)
    # Not where an interval leaves out zero: of 37 items about two would do so by chance alone.
    sure = table["changed"].to_numpy() != 0
    with canvas(min(TALLEST, 1.1 + 0.235 * n)) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=GREY, linewidth=0.8)
        rows = np.arange(n)
        for chosen, face, label in (
            (sure, COLOURS[0], "変化がある"),
            (~sure, "white", "変化したとは言えない"),
        ):
            axes.errorbar(
                difference[chosen],
                rows[chosen],
                xerr=np.maximum(0, [(difference - low)[chosen], (high - difference)[chosen]]),
                fmt="o",
                color=COLOURS[0],
                markerfacecolor=face,
                markersize=5,
                capsize=2,
                linewidth=1,
                label=f"{label}(95%区間)",
            )
        shares = zip(table["share_before"], table["share"], strict=True)
        labels = [
            f"{shortened(str(t), 32)}  {in_percent(a, 1)}→{in_percent(b, 1)}"
            for t, (a, b) in zip(table["title"], shares, strict=True)
        ]
        axes.set_yticks(rows, labels, fontsize=7.5)
        axes.set_ylim(n - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#eeeeee")
        axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:+.3g}" if round(x, 6) else "0")
        axes.set_xlabel(f"意見に占める割合の差({names[1]}-{names[0]}、ポイント)")
        figure.legend(loc="outside lower left", ncols=2)
        risen = table.loc[sure & (difference > 0), "title"].tolist()
        fallen = table.loc[sure & (difference < 0), "title"].tolist()
        alt = f"{title}の図。増えた項目: {'、'.join(risen) or 'なし'}。減った項目: {'、'.join(fallen) or 'なし'}。"
        return picture(figure, title, table, alt)
