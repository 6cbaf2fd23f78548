"""What do reviewed labels add? `python benchmarks/growth.py [--sizes 0,100,300,1000,2000]`.

A year of reviews, acted: opinions of seven development sets, in a random order, join the coded opinions as if
reviewers had decided them; two other sets are coded by what was learned. Three kinds of reviewers: who code as the
codebook says, who code one opinion in five to an item at random, and whose custom is another one: in each policy the
first two items stand the one for the other, against all that definitions and example bank say.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.accuracy import hits_of, promise_row, share  # noqa: E402
from benchmarks.peers import CACHE, ENCODERS, on_vectors  # noqa: E402
from pipeline import read_table, train  # noqa: E402
from pipeline.codebook import Codebook  # noqa: E402
from pipeline.tables import LABELS, records  # noqa: E402
from pipeline.terms import read_terms  # noqa: E402

REVIEWED = ("notes", "wordings", "remarks", "replies", "voices", "terms", "answers")
TESTED = ("scenes", "people")
WRONG = 0.2
Codes = list[str]
# What reviewers make of codes, and what is right by their own custom.
Reviewers = tuple[Callable[[Codes], Codes], Callable[[Codes], Codes]]


def read(names: tuple[str, ...]) -> pd.DataFrame:
    """Return the rows of development sets that belong to an item."""
    table = pd.concat([read_table(ROOT / f"data/development/{n}.csv") for n in names], ignore_index=True)
    return table[table["code"] != ""].reset_index(drop=True)


def other_custom(codebook: Codebook) -> dict[str, str]:
    """Return code -> code of a custom by which the first two items of each policy stand the one for the other."""
    children: dict[str, Codes] = {}
    for node in codebook.items:
        children.setdefault(node.parent, []).append(node.code)
    pairs = [(c[0], c[1]) for c in children.values() if len(c) > 1]
    return {a: b for one, two in pairs for a, b in ((one, two), (two, one))}


def reviewers(codebook: Codebook) -> dict[str, Reviewers]:
    """Return the kinds of reviewers by name."""
    items = [n.code for n in codebook.items]
    custom = other_custom(codebook)

    def careless(codes: Codes) -> Codes:
        rng = np.random.default_rng(1)
        wrong, drawn = rng.random(len(codes)) < WRONG, rng.integers(len(items), size=len(codes))
        return [items[d] if w else c for c, w, d in zip(codes, wrong, drawn, strict=True)]

    def swapped(codes: Codes) -> Codes:
        return [custom.get(c, c) for c in codes]

    return {
        "as the codebook says": (list, list),
        f"{WRONG:.0%} at random": (careless, list),
        "another custom": (swapped, swapped),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="0,100,300,1000,2000", help="reviewed opinions beside the 84")
    sizes = [int(s) for s in parser.parse_args().sizes.split(",")]
    codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    bank = read_table(ROOT / "data/codebook/example_utterances.csv")
    paraphrases = read_table(ROOT / "data/codebook/paraphrases.csv")
    terms = read_terms((ROOT / "data/codebook/terms.txt").read_text("utf-8"))
    coded = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
    pool = read(REVIEWED)
    pool = pool.iloc[np.random.default_rng(0).permutation(len(pool))]
    peer = on_vectors(ENCODERS["default"], LogisticRegression(C=10, max_iter=1000), CACHE)
    print("| reviewers | reviewed | set | item@1 | item@3 | mean confidence | suggested at .8 | right | LR |")
    print("|---|---|---|---|---|---|---|---|---|")
    for title, (code, right) in reviewers(codebook).items():
        first = coded.assign(code=right(coded["code"].tolist()))
        decided = pool.assign(code=code(pool["code"].tolist()), source="reviewed", label_source="single")
        for size in sizes:
            labels = LABELS.table(records(pd.concat([first, decided.iloc[:size]]).fillna("")))
            model, _ = train(labels, codebook, bank=bank, paraphrases=paraphrases, terms=terms, cache=CACHE)
            for name in TESTED:
                table = read((name,))
                texts, gold = table["text"].tolist(), right(table["code"].tolist())
                hits = hits_of(model, texts, gold)
                sure = model.predict(texts, cache=CACHE).items.max(axis=1).mean()
                said = peer(labels["text"].tolist(), labels["code"].tolist(), texts)
                cells = [share(hits[0]), share(hits[1]), f"{sure:.3f}", promise_row(model, texts, gold)]
                plain = share(said == np.array(gold))
                print(f"| {title} | {size} | {name} | {' | '.join(cells)} | {plain} |", flush=True)


if __name__ == "__main__":
    main()
