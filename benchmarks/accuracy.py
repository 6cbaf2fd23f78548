"""How right iken is, on all that can be measured: `python benchmarks/accuracy.py [--data FOLDER] [--models …]`.

Prints Markdown tables: the coded opinions by leave-one-out, the development set (authored, never trained on), the
coded opinions without any coded opinion (zero-shot), and, with --data, public Japanese sets nobody here wrote.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score, roc_auc_score

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.peers import CACHE, SETTINGS  # noqa: E402
from benchmarks.public_sets import one_speed, public_data, speed  # noqa: E402
from pipeline import load_model, read_table, train  # noqa: E402
from pipeline.abstention import TARGET_PRECISION  # noqa: E402
from pipeline.baseline import fit_baseline  # noqa: E402
from pipeline.codebook import Codebook  # noqa: E402
from pipeline.coding import Coder  # noqa: E402
from pipeline.metrics import level_columns, level_probabilities, ranks, share_with_interval  # noqa: E402
from pipeline.models import Model  # noqa: E402
from pipeline.terms import read_terms  # noqa: E402

# The development sets; of those in the plan's own words the short texts are also judged alone.
WRITTEN = (
    "comments",
    "answers",
    "notes",
    "remarks",
    "replies",
    "voices",
    "terms",
    "wordings",
    "people",
    "scenes",
)
SHORT, IN_WORDS_OF_THE_PLAN = 15, ("terms", "wordings")


def share(hits: NDArray[np.bool_]) -> str:
    """Return a share with its 95 % interval."""
    s = share_with_interval(int(hits.sum()), len(hits))
    return f"{s['value']:.3f} [{s['low']:.3f}, {s['high']:.3f}]"


def hits_of(model: Model, texts: list[str], codes: list[str]) -> list[NDArray[np.bool_]]:
    """Return for texts a model never saw whether item@1, @3, @5 and goal are right, (texts,) each."""
    return hits_among(model.predict(texts, cache=CACHE).items, model, codes)


def hits_among(found: NDArray[np.float64], model: Model, codes: list[str]) -> list[NDArray[np.bool_]]:
    """Return whether item@1, @3, @5 and goal of probabilities (texts, items) are right, (texts,) each."""
    items = model.classifier.classes_.tolist()
    gold = np.eye(len(items), dtype=bool)[[items.index(c) for c in codes]]
    rank = ranks(found, gold)
    _, columns = level_columns(model.codebook, items, 1)
    goal = level_probabilities(found, columns).argmax(axis=1) == columns[gold.argmax(axis=1)]
    return [*(rank <= k for k in (1, 3, 5)), goal]


def row_of(model: Model, texts: list[str], codes: list[str]) -> list[str]:
    """Return item@1, @3, @5 and goal of a model with intervals."""
    return [share(hits) for hits in hits_of(model, texts, codes)]


def two_coders(table: pd.DataFrame, codebook: Codebook) -> str:
    """Return how far two coders who did not see each other's codes agree, "no item" being one of the codes."""
    a, b = (table[c].to_numpy() for c in ("code", "code_2"))
    goal = {"": ""} | {n.code: codebook.path(n.code)[0] for n in codebook.items}
    above = np.array([goal[x] == goal[y] for x, y in zip(a, b, strict=True)])
    kappa = cohen_kappa_score(a, b)
    return f"{len(table)} texts, two coders alike {share(a == b)} (Cohen's kappa {kappa:.2f}), goal {share(above)}"


def by_second_coder(table: pd.DataFrame) -> list[tuple[str, NDArray[np.bool_], str]]:
    """Return other ways to judge a set that two coded: title, rows with an item, and the column of the codes."""
    if "code_2" not in table:
        return []
    second = (table["code_2"] != "").to_numpy()
    alike = second & (table["code"] == table["code_2"]).to_numpy()
    return [(" by the second coder", second, "code_2"), (" coded alike by two", alike, "code")]


def reader_row(labels: pd.DataFrame, codebook: Codebook) -> str:
    """Return how right a reader of the codebook alone was on the coded opinions, who ranked three items each."""
    read = read_table(ROOT / "data/development/reader.csv").set_index("opinion_id").loc[labels["opinion_id"]]
    given, gold = read[["code_1", "code_2", "code_3"]].to_numpy(), labels["code"].to_numpy()
    right = given == gold[:, None]
    goals = [codebook.path(a)[0] == codebook.path(b)[0] for a, b in zip(given[:, 0], gold, strict=True)]
    cells = [share(right[:, 0]), share(right.any(axis=1)), "", share(np.array(goals))]
    return f"| 84 coded opinions, a reader of the codebook alone | {' | '.join(cells)} | |"


def promise_row(model: Model, texts: list[str], codes: list[str]) -> str:
    """Return how many texts of items get a suggestion at the target precision, and how many of those are right."""
    suggested = [c.suggested for c in Coder(model, cache=CACHE).code(texts)]
    right = [s in model.codebook.path(c) for s, c in zip(suggested, codes, strict=True) if s]
    return f"{len(right)} of {len(texts)} | {share(np.array(right, dtype=bool))}"


def promises(names: Sequence[str], written: Mapping[str, pd.DataFrame]) -> None:
    """Print how the promised precision is kept on texts that no model learned from."""
    print(f"\n| set | model | suggested at target {TARGET_PRECISION} | right |\n|---|---|---|---|")
    for kind, table in written.items():
        inside = table[table["code"] != ""]
        for name in names:
            model = load_model(ROOT / "models" / name)
            print(
                f"| {kind} | {name} | {promise_row(model, inside['text'].tolist(), inside['code'].tolist())} |"
            )


def first_day_row(model: Model, texts: list[str], codes: list[str]) -> str:
    """Return how sure a model is that has read no coded opinion, and how right, for items and goals, and its promise."""
    items = model.classifier.classes_.tolist()
    found = model.predict(texts, cache=CACHE).items
    hits = hits_among(found, model, codes)
    goals = level_probabilities(found, level_columns(model.codebook, items, 1)[1])
    sure = [p.max(axis=1).mean() for p in (found, goals)]
    cells = [f"{s:.3f}, {h.mean():.3f}" for s, h in zip(sure, (hits[0], hits[3]), strict=True)]
    return f"{' | '.join(cells)} | {promise_row(model, texts, codes)}"


def authored_rows(
    name: str,
    model: Model,
    plain: Callable[[list[str]], NDArray[np.float64]],
    kind: str,
    table: pd.DataFrame,
) -> Iterator[str]:
    """Yield the rows of one development set for a model, and for the baseline `plain` beside it."""
    inside = (table["code"] != "").to_numpy()
    texts, codes = table["text"][inside].tolist(), table["code"][inside].tolist()
    outside = model.predict(table["text"].tolist(), cache=CACHE).outside
    auroc = "" if inside.all() else f" {roc_auc_score(~inside, outside):.3f}"
    cells = row_of(model, texts, codes)
    yield f"| {len(texts)} authored {kind}, {name} | {' | '.join(cells)} |{auroc} |"
    if kind in IN_WORDS_OF_THE_PLAN:
        few = [(t, c) for t, c in zip(texts, codes, strict=True) if len(t) <= SHORT]
        cells = row_of(model, [t for t, _ in few], [c for _, c in few])
        yield f"| {len(few)} of these, of {SHORT} characters or fewer, {name} | {' | '.join(cells)} | |"
    for title, some, given in by_second_coder(table):
        cells = row_of(model, table["text"][some].tolist(), table[given][some].tolist())
        yield f"| {some.sum()} authored {kind}{title}, {name} | {' | '.join(cells)} | |"
    cells = [share(h) for h in hits_among(plain(texts), model, codes)]
    yield f"| {len(texts)} authored {kind}, {name}: TF-IDF + LR beside it | {' | '.join(cells)} | |"


def own_data(names: Sequence[str]) -> None:
    """Print the tables of the project's own data."""
    labels = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
    written = {n: read_table(ROOT / f"data/development/{n}.csv") for n in WRITTEN}
    bank = read_table(ROOT / "data/codebook/example_utterances.csv")
    codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    terms = read_terms((ROOT / "data/codebook/terms.txt").read_text("utf-8"))
    for kind, table in written.items():
        if "code_2" in table:
            print(f"{kind}: {two_coders(table, codebook)}\n")
    first_day = ["84 coded opinions", *(f"authored {n}" for n in written)]
    rows: list[str] = []
    print("| | item@1 | item@3 | item@5 | goal | no item: AUROC |\n|---|---|---|---|---|---|")
    for name in names:
        model = load_model(ROOT / "models" / name)
        for who, title in (("model", name), ("baseline", f"{name}: TF-IDF + LR beside it")):
            f = model.metrics[who]
            cells = [
                f"{f[k]['value']:.3f} [{f[k]['low']:.3f}, {f[k]['high']:.3f}]"
                for k in ("item@1", "item@3", "item@5", "level_1")
            ]
            print(f"| 84 coded opinions, leave-one-out, {title} | {' | '.join(cells)} | |")
        items = model.classifier.classes_.tolist()
        plain = fit_baseline(labels["text"].tolist(), labels["code"].tolist(), items)
        for kind, table in written.items():
            print("\n".join(authored_rows(name, model, plain, kind, table)))
        cold, _ = train(labels.iloc[:0], codebook, SETTINGS[name], bank=bank, terms=terms, cache=CACHE)
        cells = row_of(cold, labels["text"].tolist(), labels["code"].tolist())
        print(f"| 84 coded opinions, zero-shot (no coded opinion learned), {name} | {' | '.join(cells)} | |")
        for title, table in zip(first_day, [labels, *written.values()], strict=True):
            judged = table[table["code"] != ""]
            row = first_day_row(cold, judged["text"].tolist(), judged["code"].tolist())
            rows.append(f"| {title} | {name} | {row} |")
    print(reader_row(labels, codebook))
    print("\nWithout any coded opinion: mean confidence of the first code, and share right\n")
    print("| set | model | items | goals | suggested at target 0.8 | right |\n|---|---|---|---|---|---|")
    print("\n".join(rows))
    promises(names, written)


def learning_curve(names: Sequence[str]) -> None:
    """Print how accuracy grows with 0, 1, 2 and all labels an item, tested on opinions not learned from."""
    labels = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
    bank = read_table(ROOT / "data/codebook/example_utterances.csv")
    paraphrases = read_table(ROOT / "data/codebook/paraphrases.csv")
    codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    print(
        "\n| labels an item | model | opinions tested | item@1 | item@3 | goal |\n|---|---|---|---|---|---|"
    )
    terms = read_terms((ROOT / "data/codebook/terms.txt").read_text("utf-8"))
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(labels)) for _ in range(5)]
    for name in names:
        for most in (0, 1, 2):
            hits: list[list[NDArray[np.bool_]]] = []
            for order in orders if most else orders[:1]:
                place = labels.iloc[order].groupby("code").cumcount()
                learn = np.sort(place.index[place < most].to_numpy())
                rest = labels.drop(index=learn.tolist())
                model, _ = train(
                    labels.loc[learn],
                    codebook,
                    SETTINGS[name],
                    bank=bank,
                    paraphrases=paraphrases,
                    terms=terms,
                    cache=CACHE,
                )
                hits.append(hits_of(model, rest["text"].tolist(), rest["code"].tolist()))
            columns = [np.concatenate(c) for c in zip(*hits, strict=True)]
            shown = [f"{c.mean():.3f}" for c in (columns[0], columns[1], columns[3])]
            print(f"| {most} | {name} | {len(columns[0]) // len(hits)} × {len(hits)} | {' | '.join(shown)} |")
        f = load_model(ROOT / "models" / name).metrics["model"]
        shown = [f"{f[k]['value']:.3f}" for k in ("item@1", "item@3", "level_1")]
        print(f"| all | {name} | {len(labels)}, leave-one-out | {' | '.join(shown)} |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the public sets")
    parser.add_argument(
        "--models", nargs="+", default=["default", "accurate"], choices=["default", "accurate"]
    )
    parser.add_argument("--draws", type=int, default=10, help="draws of the few-shot rows")
    every = ["own", "sib", "mewsc", "joruri", "speed"]
    parser.add_argument(
        "--sets", nargs="+", default=every, choices=every, help="tables to print (default: all)"
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_speed(options.data, options.models, options.one)
        return
    if "own" in options.sets:
        own_data(options.models)
        learning_curve(options.models)
    if options.data:
        public_data(options.data, options.models, options.draws, options.sets)
        if "speed" in options.sets:
            speed(options.data, options.models)


if __name__ == "__main__":
    main()
