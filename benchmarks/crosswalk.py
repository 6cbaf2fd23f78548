"""How many items of the plan are found again in a reworded plan with other numbers.

    python benchmarks/crosswalk.py

tests/data/reworded_codebook.csv was written by hand: the plan's 37 items with other numbers, another order and
other titles, without definitions; its column `was` is the truth. It is one writer's idea of a next plan, with
one new item for each old one, so the first line is the easy case; the others take items out of the new plan.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.carried_labels import old_labels
from pipeline.codebook import Codebook
from pipeline.crosswalk import item_scores, propose_crosswalk
from pipeline.metrics import share_with_interval
from pipeline.tableio import read_table
from pipeline.tables import records

ROOT = Path(__file__).resolve().parent.parent
_GONE, _DRAWS = 8, 10


def shares(old: Codebook, new: Codebook, labels: pd.DataFrame | None) -> tuple[int, int, int, int]:
    """Return right and all of the old items that have a new one, then of those that have none."""
    truth = {n.extra["was"]: n.code for n in new.items}
    marked = {
        r["old_code"]: r["new_code"] for r in records(propose_crosswalk(old, new, labels)) if r["use"] != ""
    }
    there = [n.code for n in old.items if n.code in truth]
    gone = [n.code for n in old.items if n.code not in truth]
    right = sum(marked.get(c) == truth[c] for c in there)
    return right, len(there), sum(c not in marked for c in gone), len(gone)


def without(new: Codebook, items: set[str]) -> Codebook:
    """Return a codebook without some of its items."""
    table = new.to_table()
    return Codebook.from_table(table[~table["code"].isin(items)].reset_index(drop=True))


def _line(name: str, hits: int, n: int) -> None:
    share = share_with_interval(hits, n)
    print(f"| {name} | {share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}] ({hits}/{n}) |")


def main() -> None:
    """Print the table."""
    old = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    new = Codebook.from_table(read_table(ROOT / "tests/data/reworded_codebook.csv"))
    labels = old_labels(read_table(ROOT / "data/labels/kamakura_workshop_2025.csv"), old)
    print("| items right | share [95 % interval] |\n|---|---|")
    truth = [[n.code for n in old.items].index(n.extra["was"]) for n in new.items]
    nearest = item_scores(old, new, labels).argmax(axis=1)
    _line("most similar alone, with opinions", sum(nearest[i] == j for j, i in enumerate(truth)), len(truth))
    for name, given in (("without", None), ("with", labels)):
        right, there, _, _ = shares(old, new, given)
        _line(f"proposed, {name} opinions", right, there)
    draw = np.random.default_rng(0)
    codes = [n.code for n in new.items]
    sums = np.zeros(4, int)
    for _ in range(_DRAWS):
        sums += shares(old, without(new, set(draw.choice(codes, _GONE, replace=False).tolist())), labels)
    _line(f"{_GONE} of 37 items gone ({_DRAWS} draws): those still there", sums[0], sums[1])
    _line("those gone, left without ○", sums[2], sums[3])


if __name__ == "__main__":
    main()
