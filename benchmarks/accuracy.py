"""How right iken is, on all that can be measured: `python benchmarks/accuracy.py [--data FOLDER] [--models …]`.

Prints Markdown tables: the coded opinions by leave-one-out, the development set (authored, never trained on), the
coded opinions without any coded opinion (zero-shot), and, with --data, public Japanese sets nobody here wrote.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline import load_model, read_table, train  # noqa: E402
from pipeline.codebook import Codebook  # noqa: E402
from pipeline.encoders import encode_texts  # noqa: E402
from pipeline.metrics import level_columns, level_probabilities, ranks, share_with_interval  # noqa: E402
from pipeline.models import Model  # noqa: E402
from pipeline.tables import CODEBOOK, LABELS  # noqa: E402
from pipeline.tokenise import lemmas  # noqa: E402
from pipeline.training import TrainingConfig  # noqa: E402
from pipeline.vectorcache import VectorCache  # noqa: E402

CACHE = VectorCache()
ENCODERS = {"default": ("use",), "accurate": ("use", "e5")}
SETTINGS = {"default": TrainingConfig(), "accurate": TrainingConfig(lexical=0.25, use=0.375, e5=0.375)}


def share(hits: NDArray[np.bool_]) -> str:
    """Return a share with its 95 % interval."""
    s = share_with_interval(int(hits.sum()), len(hits))
    return f"{s['value']:.3f} [{s['low']:.3f}, {s['high']:.3f}]"


def row_of(model: Model, texts: list[str], codes: list[str]) -> list[str]:
    """Return item@1, @3, @5 and goal of a model on texts it never saw."""
    items = model.classifier.classes_.tolist()
    gold = np.eye(len(items), dtype=bool)[[items.index(c) for c in codes]]
    found = model.predict(texts, cache=CACHE)[0].items
    rank = ranks(found, gold)
    _, columns = level_columns(model.codebook, items, 1)
    goal = level_probabilities(found, columns).argmax(axis=1) == columns[gold.argmax(axis=1)]
    return [*(share(rank <= k) for k in (1, 3, 5)), share(goal)]


def own_data(names: Sequence[str]) -> None:
    """Print the tables of the project's own data."""
    labels = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
    written = read_table(ROOT / "data/development/comments.csv")
    bank = read_table(ROOT / "data/codebook/example_utterances.csv")
    codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
    inside = (written["code"] != "").to_numpy()
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
        new = written[inside]
        outside = model.predict(written["text"].tolist(), cache=CACHE)[0].outside
        cells = row_of(model, new["text"].tolist(), new["code"].tolist())
        auroc = roc_auc_score(~inside, outside)
        print(f"| {len(new)} authored comments (development), {name} | {' | '.join(cells)} | {auroc:.3f} |")
        cold, _ = train(labels.iloc[:0], codebook, SETTINGS[name], bank=bank, cache=CACHE)
        cells = row_of(cold, labels["text"].tolist(), labels["code"].tolist())
        print(f"| 84 coded opinions, zero-shot (no coded opinion learned), {name} | {' | '.join(cells)} | |")


Peer = Callable[[list[str], list[str], list[str]], NDArray[np.str_]]


def flat(names: Sequence[str]) -> Codebook:
    """Return a codebook of items without parents, titled by their names."""
    return Codebook.from_table(CODEBOOK.table({"title": n} for n in names))


def iken_peer(name: str, classes: list[str]) -> Peer:
    """Return iken itself, trained on the labels and the class names as titles."""
    codebook = flat(classes)
    code = {n.title: n.code for n in codebook}
    title = {n.code: n.title for n in codebook}

    def run(texts: list[str], y: list[str], test: list[str]) -> NDArray[np.str_]:
        rows = [
            {"opinion_id": f"o{i}", "text": t, "code": code[c]}
            for i, (t, c) in enumerate(zip(texts, y, strict=True))
        ]
        model, _ = train(LABELS.table(rows), codebook, SETTINGS[name], cache=CACHE)
        items = model.classifier.classes_
        best = items[model.predict(test, cache=CACHE)[0].items.argmax(axis=1)]
        return np.array([title[c] for c in best])

    return run


def vectors(names: Sequence[str], texts: list[str]) -> NDArray[np.float64]:
    """Return the encoders' vectors side by side."""
    return np.hstack([encode_texts(n, texts, cache=CACHE) for n in names]).astype(np.float64)


def sk_words(model: object) -> Peer:
    """Return a scikit-learn classifier on TF-IDF of lemmas."""

    def run(texts: list[str], y: list[str], test: list[str]) -> NDArray[np.str_]:
        v = TfidfVectorizer(analyzer=lemmas, sublinear_tf=True)
        return np.asarray(model.fit(v.fit_transform(texts), y).predict(v.transform(test)))  # type: ignore[attr-defined]

    return run


def sk_vectors(names: Sequence[str], model: object) -> Peer:
    """Return a scikit-learn classifier on sentence vectors alone."""

    def run(texts: list[str], y: list[str], test: list[str]) -> NDArray[np.str_]:
        return np.asarray(model.fit(vectors(names, texts), y).predict(vectors(names, test)))  # type: ignore[attr-defined]

    return run


def peers(classes: list[str], models: Sequence[str]) -> dict[str, Peer]:
    """Return all that is compared, by name."""
    found: dict[str, Peer] = {f"iken {n}": iken_peer(n, classes) for n in models}
    found["majority"] = lambda texts, y, test: np.full(len(test), pd.Series(y).mode()[0])
    found["TF-IDF + LR"] = sk_words(LogisticRegression(C=10, max_iter=1000))
    found["TF-IDF + LinearSVC"] = sk_words(LinearSVC())
    found["TF-IDF + complement NB"] = sk_words(ComplementNB())
    for n in models:
        e = ENCODERS[n]
        found[f"{'+'.join(e)} vectors + LR"] = sk_vectors(e, LogisticRegression(C=10, max_iter=1000))
    found[f"{'+'.join(ENCODERS[models[-1]])} vectors + 5-NN"] = sk_vectors(
        ENCODERS[models[-1]], KNeighborsClassifier(5, metric="cosine", weights="distance")
    )
    return found


def draws(
    table: pd.DataFrame, per_class: int, count: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return `count` draws of `per_class` examples a class for training, the MTEB protocol (shuffled on and on)."""
    rng = np.random.RandomState(42)
    index = np.arange(len(table))
    found = []
    y = table["label"].to_numpy()
    for _ in range(count):
        rng.shuffle(index)
        taken = np.concatenate([[i for i in index if y[i] == c][:per_class] for c in sorted(set(y))])
        found.append((taken, np.setdiff1d(np.arange(len(table)), taken)))
    return found


def compare(
    title: str,
    table: pd.DataFrame,
    splits: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    models: Sequence[str],
) -> None:
    """Print accuracy and macro-F1 of all peers on the same splits, and the paired difference to `iken`."""
    texts, y = table["text"].tolist(), table["label"].tolist()
    classes = sorted(set(y))
    scores: dict[str, list[tuple[float, float]]] = {}
    for name, run in peers(classes, models).items():
        for learn, test in splits:
            said = run([texts[i] for i in learn], [y[i] for i in learn], [texts[i] for i in test])
            gold = np.array(y)[test]
            scores.setdefault(name, []).append(((said == gold).mean(), f1_score(gold, said, average="macro")))
    best = np.array(scores[f"iken {models[-1]}"])
    for name, values in scores.items():
        a = 100 * np.array(values)
        d = a[:, 0] - 100 * best[:, 0]
        print(
            f"| {title} | {name} | {a[:, 0].mean():.1f} ± {a[:, 0].std():.1f} | {a[:, 1].mean():.1f} | {d.mean():+.1f} ± {d.std():.1f} |",
            flush=True,
        )


def public_data(folder: Path, models: Sequence[str], quick: int) -> None:
    """Print the tables of the public sets."""
    print(f"\n| set | method | accuracy | macro-F1 | to iken {models[-1]} |\n|---|---|---|---|---|")
    sib = read_table(folder / "sib200_ja.csv")
    learn, test = (np.flatnonzero(sib["split"] == s) for s in ("train", "test"))
    few = draws(sib.iloc[learn].reset_index(drop=True), 8, quick)
    compare("SIB-200, 8 a class", sib, [(learn[taken], test) for taken, _ in few], models)
    compare("SIB-200, full", sib, [(learn, test)], models)
    for file, title, per_class in (("mewsc16_ja", "MewsC-16", 5), ("joruri_cms", "Joruri top level", 5)):
        table = read_table(folder / f"{file}.csv")
        if file == "joruri_cms":
            table["label"] = table["parent_label"].str.split("|").str[0]
        table = table[table.groupby("label")["label"].transform("size") > per_class].reset_index(drop=True)
        compare(f"{title}, {per_class} a class", table, draws(table, per_class, quick), models)
        folds = StratifiedKFold(5, shuffle=True, random_state=0).split(table["text"], table["label"])
        compare(f"{title}, 5-fold", table, list(folds), models)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of the public sets")
    parser.add_argument(
        "--models", nargs="+", default=["default", "accurate"], choices=["default", "accurate"]
    )
    parser.add_argument("--draws", type=int, default=10, help="draws of the few-shot rows")
    options = parser.parse_args()
    own_data(options.models)
    if options.data:
        public_data(options.data, options.models, options.draws)


if __name__ == "__main__":
    main()
