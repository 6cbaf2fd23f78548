"""How thresholds are best chosen from few opinions: `python benchmarks/thresholds.py`.

The truth is made up here, so that a promise can be checked exactly: the held-out probabilities of the 84
opinions are taken as true, right codes are drawn from them, a threshold is chosen from the draw, and the
precision of all that pass it is known. Nobody's codes are looked at. The sharpened and flattened rows state
other probabilities than the true ones, as a model does whose temperature is off.

Below it, what the chosen way does on the codes of the 84 themselves: the promise with thresholds chosen without
each opinion, and the grades.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import pipeline.abstention as abstention
from pipeline import load_model
from pipeline.abstention import choose_levels, climb, grades, promise_kept
from pipeline.coding import Coder
from pipeline.copies import near_duplicate_groups
from pipeline.metrics import gold_matrix, share_with_interval
from pipeline.models import Model

ROOT = Path(__file__).resolve().parent.parent
Floats = Any
# Prior and correction of `choose_threshold`; None counts errors as they fell, with a correction of one.
WAYS: dict[str, tuple[float, float] | None] = {
    "errors counted": None,
    "prior 1, 1/4": (1.0, 0.25),
    "prior 4, none": (4.0, 0.0),
    "**prior 4, 1/4**": (4.0, 0.25),
    "prior 4, 1/2": (4.0, 0.5),
    "prior 10, 1/4": (10.0, 0.25),
    "confidence as stated": (1e9, 0.25),
}
COMPARED = ("errors counted", "**prior 4, 1/4**")
TARGETS = (0.7, 0.8, 0.9)
STATED = {"as they are": 1.0, "flattened": 0.7, "sharpened": 1.4}


def counted(confidence: Floats, right: Floats, target: float, suggested: object = None) -> float:
    """Return the threshold of conformal risk control, from the errors as they fell, each level by itself."""
    order = np.argsort(-confidence, kind="stable")
    size = np.arange(1, len(order) + 1)
    kept = (np.cumsum(~right[order]) + 1) / (size + 1) <= 1 - target + 1e-12
    return float(confidence[order][np.flatnonzero(kept)[-1]]) if kept.any() else float("inf")


def outcomes(model: Model, power: float, target: float, draws: int) -> Iterator[tuple[int, float]]:
    """Yield, for each draw, how many of the opinions are suggested and how many of them are truly right."""
    classes = model.classifier.classes_.tolist()
    rows, _ = gold_matrix(model.opinions, classes)
    true = model.classifier.held_out_[rows].astype(np.float64)
    true /= true.sum(axis=1, keepdims=True)
    stated = true**power / (true**power).sum(axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    for _ in range(draws):
        drawn = rng.integers(0, len(true), len(true))
        gold = np.zeros((len(true), len(classes)), dtype=bool)
        for row, i in enumerate(drawn):
            gold[row, rng.choice(len(classes), p=true[i])] = True
        levels = choose_levels(stated[drawn], gold, model.codebook, classes, target)
        right = suggested = 0.0
        for row, found in enumerate(climb(levels, stated)):
            if found.level:
                level = levels[found.level - 1]
                right += float(true[row, level.columns == level.codes.index(found.code)].sum())
                suggested += 1
        yield int(suggested), right


@contextmanager
def chosen_by(way: tuple[float, float] | None) -> Iterator[None]:
    """Choose thresholds in one of the `WAYS` for a while."""
    shipped = abstention.choose_threshold, abstention._PRIOR, abstention._CORRECTION
    abstention.choose_threshold = shipped[0] if way else counted
    abstention._PRIOR, abstention._CORRECTION = way or (0.0, 0.0)
    try:
        yield
    finally:
        abstention.choose_threshold, abstention._PRIOR, abstention._CORRECTION = shipped


def simulation(models: dict[str, Model], draws: int) -> None:
    """Print how each way keeps the promise where the truth is known."""
    print("| model | stated | target | " + " | ".join(WAYS) + " |")
    print("|---" * (3 + len(WAYS)) + "|")
    for name, model in models.items():
        for stated, power in STATED.items():
            for target in TARGETS:
                cells = []
                for way in WAYS.values():
                    with chosen_by(way):
                        found = np.array(list(outcomes(model, power, target, draws)))
                    suggested, right = found.sum(axis=0)
                    none, share = (found[:, 0] == 0).mean(), suggested / len(found) / len(model.opinions)
                    cells.append(f"{right / max(suggested, 1):.3f} at {share:.0%}, none {none:.0%}")
                print(f"| {name} | {stated} | {target} | " + " | ".join(cells) + " |", flush=True)


def on_the_opinions(models: dict[str, Model]) -> None:
    """Print how the promise is kept on the coded opinions, and how often each grade is right."""
    print("\n| model | target | " + " | ".join(COMPARED) + " |")
    print("|---" * (2 + len(COMPARED)) + "|")
    for name, model in models.items():
        classes = model.classifier.classes_.tolist()
        rows, gold = gold_matrix(model.opinions, classes)
        items = model.classifier.held_out_[rows].astype(np.float64)
        groups = near_duplicate_groups(model.opinions["text"].tolist())[rows]
        for target in TARGETS:
            cells = []
            for way in COMPARED:
                with chosen_by(WAYS[way]):
                    kept = promise_kept(items, gold, groups, model.codebook, classes, target)
                right = share_with_interval(kept.right, kept.suggested)
                low, high = (f"{right[end]:.3f}" for end in ("low", "high"))
                cells.append(f"{kept.right} of {kept.suggested}, {right['value']:.3f} [{low}, {high}]")
            print(f"| {name} | {target} | " + " | ".join(cells) + " |")
    print("\n| model | grade | opinions | first item right |\n|---|---|---|---|")
    for name, model in models.items():
        classes = model.classifier.classes_.tolist()
        rows, gold = gold_matrix(model.opinions, classes)
        items = model.classifier.held_out_[rows].astype(np.float64)
        coder = Coder(model)
        # That an item needs two examples for an A is left aside: it is about the item, not the confidence.
        given = np.array(grades(coder.levels, items, np.full(len(classes), 2), coder.limit_b))
        right = gold[np.arange(len(gold)), items.argmax(axis=1)]
        for grade in "ABC":
            own = right[given == grade]
            print(f"| {name} | {grade} | {len(own)} | {own.mean():.3f} |")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100)
    options = parser.parse_args()
    models = {name: load_model(ROOT / "models" / name) for name in ("default", "accurate")}
    simulation(models, options.draws)
    on_the_opinions(models)


if __name__ == "__main__":
    main()
