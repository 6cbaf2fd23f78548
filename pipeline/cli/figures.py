"""Figures of a model as the commands print them: its metrics beside the baseline's, and how its promise was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.baseline import LEAVE_ONE_OUT_LIMIT
from pipeline.cli.console import Console
from pipeline.errors import counted

_NAMES = {
    "item@1": ("項目 1位", "item@1"),
    "item@3": ("項目 3位以内", "item@3"),
    "item@5": ("項目 5位以内", "item@5"),
    "mrr": ("平均逆順位", "mean reciprocal rank"),
    "log_loss": ("対数損失(小さいほど良い)", "log-loss (lower is better)"),
}
_CALIBRATION = {
    "ece": ("較正誤差、等幅10区間", "calibration error, 10 equal widths"),
    "ece_sweep": ("較正誤差、単調分割", "calibration error, monotonic sweep"),
    "ece_chance": ("同、完全に較正されていても出る大きさ", "the same if perfectly calibrated"),
}


def print_metrics(console: Console, metrics: Mapping[str, Any], *, title: str | None = None) -> None:
    """Print the figures of model and baseline side by side; `title` if they are not of leave-one-out alone."""
    if "model" not in metrics:
        console.warn(
            "項目にコードされた意見がないため、精度は測れません。",
            "no opinion is coded to an item: nothing to measure",
        )
        return
    n = metrics["opinions"]
    of = counted(n, "opinion"), counted(metrics["items"], "item")
    if title is None:
        title = console.t("1件抜き交差検証", "leave-one-out")
        baseline = (
            console.t("。比較は10分割", "; the baseline in ten folds") if n > LEAVE_ONE_OUT_LIMIT else ""
        )
    else:
        baseline = ""
    title += console.t(
        f"({n}件、{metrics['items']}項目)。[ ] は95%信頼区間(「出る大きさ」では、その95%が入る範囲)",
        f" ({of[0]}, {of[1]}); [ ] is the 95 % interval (if perfectly calibrated: where 95 % of errors lie)",
    )
    title += baseline
    header = [
        console.t("指標", "metric"),
        console.t("モデル", "model"),
        console.t("比較: TF-IDF+LR", "baseline: TF-IDF+LR"),
    ]
    rows = [
        [metric_name(console, name), _interval(figure), _interval(metrics["baseline"][name])]
        for name, figure in metrics["model"].items()
    ]
    console.table(title, header, rows)


def print_promise(console: Console, metrics: Mapping[str, Any]) -> None:
    """Print how often suggestions at the target precision were made and right, on held-out opinions."""
    promise = metrics.get("promise")
    if not promise or not promise["suggested"]:
        return
    share, precision = promise["coverage"], promise["precision"]
    console.say(
        f"目標の適合率 {promise['target']:.0%}: {promise['opinions']}件中 {promise['suggested']}件"
        f"({share['value']:.0%})に提案し、適合率は {_interval(precision)}(しきい値もその意見を抜いて決定)",
        f"target precision {promise['target']:.0%}: suggested for {promise['suggested']} of "
        f"{promise['opinions']} ({share['value']:.0%}), precision {_interval(precision)} (thresholds nested)",
    )


def say_decided(console: Console, decided: int) -> None:
    """Say of labels that coders decided that a suggestion they saw makes the model that gave it look better."""
    if decided:
        console.say(
            f"うち {decided:,}件は、担当者が判定したコードです。モデルの提案を見て判定したなら、そのモデルに有利な数字です"
            "(提案を見ていない判定だけから測るのは `iken agreement`)。",
            f"of these, {counted(decided, 'opinion')} have codes that coders decided: if they saw a model's suggestions, "
            "figures flatter that model (`iken agreement` measures by decisions made without sight of them)",
        )


def metric_name(console: Console, name: str) -> str:
    """Return a metric's name for people."""
    if name.startswith("level_"):
        k = name.removeprefix("level_")
        return console.t(f"第{k}階層の正解率", f"level {k} accuracy")
    kind, _, k = name.partition("_level_")
    if kind in _CALIBRATION:
        what, level = console.t(*_CALIBRATION[kind]), console.t("項目", "item")
        return f"{what}({console.t(f'第{k}階層', f'level {k}') if k else level})"
    return console.t(*_NAMES[name])


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"
