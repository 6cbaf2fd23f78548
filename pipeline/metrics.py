"""How good a ranking of codes is, with bootstrap intervals. Probabilities in, numbers out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from pipeline.arrays import Bools, Floats, Ints
from pipeline.calibration import chance_error, sweep_error, sweep_interval
from pipeline.codebook import Codebook
from pipeline.intervals import wilson

RESAMPLES = 2000
# Probability given to a code that a model excludes outright, so that one such case costs much, not everything.
FLOOR = 1e-6
BINS = 10


@dataclass(frozen=True)
class Figure:
    """One metric: its value and the limits of its 95 % interval; `n` opinions."""

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def gold_matrix(labels: pd.DataFrame, items: list[str]) -> tuple[Ints, Bools]:
    """Gather the codes of each opinion, which stand in several rows when it has several.

    Rows coded above the items have no item to be judged by and are left out.

    Returns
    -------
    first : (n,) row of `labels` in which each judged opinion first stands
    gold : (n, items) True where the opinion has the code
    """
    column = {c: i for i, c in enumerate(items)}
    order: dict[str, int] = {}
    first: list[int] = []
    pairs: list[tuple[int, int]] = []
    for row, (opinion, code) in enumerate(zip(labels["opinion_id"], labels["code"], strict=True)):
        if code in column:
            if opinion not in order:
                order[opinion] = len(first)
                first.append(row)
            pairs.append((order[opinion], column[code]))
    gold = np.zeros((len(first), len(items)), bool)
    for i, j in pairs:
        gold[i, j] = True
    return np.array(first, dtype=np.int64), gold


def ranks(probabilities: Floats, gold: Bools) -> Ints:
    """Return the rank (1 = first) of each row's best gold item; of equal probabilities the earlier column leads."""
    own = np.where(gold, probabilities, -1.0).argmax(axis=1)
    best = probabilities[np.arange(len(own)), own][:, None]
    earlier = np.arange(probabilities.shape[1])[None, :] < own[:, None]
    return np.asarray(
        1 + (probabilities > best).sum(axis=1) + ((probabilities == best) & earlier).sum(axis=1)
    )


def level_columns(codebook: Codebook, items: list[str], level: int) -> tuple[list[str], Ints]:
    """Return the codes of one level, and for each item the index of its ancestor there (itself if higher)."""
    above = [codebook.path(c)[:level][-1] for c in items]
    codes = list(dict.fromkeys(above))
    return codes, np.array([codes.index(c) for c in above], dtype=np.int64)


def level_probabilities(probabilities: Floats, columns: Ints) -> Floats:
    """Sum item probabilities up to the codes of one level: children sum to their parent."""
    summed = np.zeros((probabilities.shape[0], int(columns.max()) + 1))
    np.add.at(summed.T, columns, probabilities.T)
    return summed


def evaluate(
    probabilities: Floats,
    gold: Bools,
    codebook: Codebook,
    items: list[str],
    seed: int = 0,
    *,
    calibrate: bool = True,
) -> dict[str, Figure]:
    """Return all figures of one model on one set of opinions.

    Parameters
    ----------
    probabilities : (n, items)
    gold : (n, items) True for the right item, or items of an opinion with several codes
    items : codes of the columns
    calibrate : also the calibration errors, which take a second or two

    Returns
    -------
    item@1, item@3, item@5, level_1 … level_k (accuracy of the most probable code of each level above the
    items), mrr, log_loss (of the right items together), and for the first item and each level's first code the
    calibration error: ece, ece_level_1 … (bins of equal width), ece_sweep … (see `calibration.sweep_error`)
    and ece_chance … (what perfect calibration would show, with the limits of 95 % of simulations)
    """
    if len(gold) == 0:
        raise ValueError("no opinions to evaluate")
    rank = ranks(probabilities, gold)
    per_opinion: dict[str, Floats] = {f"item@{k}": (rank <= k).astype(float) for k in (1, 3, 5)}
    calibration: dict[str, tuple[Floats, Floats]] = {
        "ece": (probabilities.max(axis=1), (rank == 1).astype(float))
    }
    for level in range(1, codebook.depth):
        _, columns = level_columns(codebook, items, level)
        summed = level_probabilities(probabilities, columns)
        own = level_probabilities(gold.astype(float), columns) > 0
        right = own[np.arange(len(own)), summed.argmax(axis=1)].astype(float)
        per_opinion[f"level_{level}"] = right
        calibration[f"ece_level_{level}"] = (np.minimum(summed.max(axis=1), 1.0), right)
    per_opinion["mrr"] = 1.0 / rank
    per_opinion["log_loss"] = -np.log(np.maximum((probabilities * gold).sum(axis=1), FLOOR))
    figures = {name: _figure(_mean_of(v), len(gold), seed) for name, v in per_opinion.items()}
    for name, hits in per_opinion.items():
        # Of opinions that are all right, or all wrong, every resample is the same: that would be no interval.
        if name.startswith(("item@", "level_")) and hits.min() == hits.max():
            share = share_with_interval(float(hits.sum()), len(hits))
            figures[name] = Figure(share["value"], share["low"], share["high"], len(hits))
    for name, (confidence, right) in calibration.items() if calibrate else ():
        figures[name] = _figure(_ece_of(confidence, right), len(gold), seed)
    for name, (confidence, right) in calibration.items() if calibrate else ():
        error = (sweep_error(confidence, right), *sweep_interval(confidence, right, seed))
        for kind, found in (("sweep", error), ("chance", chance_error(confidence, seed))):
            value, low, high = (round(v, 6) for v in found)
            figures[name.replace("ece", f"ece_{kind}", 1)] = Figure(value, low, high, len(gold))
    return figures


def _mean_of(values: Floats) -> Callable[[Ints], Floats]:
    """Return a function from resampled indices (…, n) to the mean of each resample."""
    return lambda index: np.asarray(values[index].mean(axis=-1))


def _ece_of(confidence: Floats, right: Floats) -> Callable[[Ints], Floats]:
    """Return a function from resampled indices (…, n) to the calibration error of each resample.

    It is Σ share · |mean confidence - accuracy| over 10 bins of equal width (Naeini et al. 2015).
    """
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    signed = np.zeros((len(bins), BINS))
    signed[np.arange(len(bins)), bins] = right - confidence
    return lambda index: np.asarray(np.abs(signed[index].mean(axis=-2)).sum(axis=-1))


def _figure(statistic: Callable[[Ints], Floats], n: int, seed: int) -> Figure:
    """Value and percentile bootstrap interval of a statistic of n opinions (Efron & Tibshirani 1993)."""
    rng = np.random.default_rng(seed)
    value = float(statistic(np.arange(n)[None, :])[0])
    draws = [statistic(rng.integers(0, n, (100, n))) for _ in range(RESAMPLES // 100)]
    low, high = np.percentile(np.concatenate(draws), [2.5, 97.5])
    return Figure(round(value, 6), round(float(low), 6), round(float(high), 6), n)


def as_json(figures: dict[str, Figure]) -> dict[str, dict[str, float]]:
    """Return figures as plain numbers for a JSON file."""
    return {name: asdict(f) for name, f in figures.items()}


def share_with_interval(hits: float, n: int) -> dict[str, float]:
    """Return hits / n with its 95 % interval (Wilson 1927), as plain numbers; all of 0 to 1 is open for n = 0."""
    if not n:
        return {"value": 0.0, "low": 0.0, "high": 1.0, "n": 0}
    low, high = wilson(hits, n)
    return {
        "value": round(hits / n, 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "n": n,
    }


def percent_with_interval(figure: Mapping[str, float]) -> str:
    """Return a share as reports and model cards say it.

    >>> percent_with_interval(share_with_interval(44, 54))
    '81% [69%–90%]'
    """
    return f"{figure['value']:.0%} [{figure['low']:.0%}–{figure['high']:.0%}]"
