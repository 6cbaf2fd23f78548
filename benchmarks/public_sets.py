"""What iken and its peers do on public Japanese sets that nobody here wrote; part of `accuracy.py --data FOLDER`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold, StratifiedKFold

from benchmarks.peers import CACHE, ROOT, SEPARATOR, all_peers
from pipeline import read_table

Split = tuple[NDArray[np.int64], NDArray[np.int64]]


def draws(table: pd.DataFrame, per_class: int, count: int) -> list[Split]:
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
    title: str, table: pd.DataFrame, paths: Sequence[str], splits: Sequence[Split], models: Sequence[str]
) -> None:
    """Print accuracy and macro-F1 of all peers on the same splits, and the paired difference to `iken`."""
    texts, y = table["text"].tolist(), table["label"].tolist()
    deep = SEPARATOR in paths[0]
    scores: dict[str, list[tuple[float, float, float]]] = {}
    for name, run in all_peers(paths, models, CACHE).items():
        if not len(splits[0][0]) and not name.startswith(("iken", "keyword")):
            continue  # nothing to learn from
        for learn, test in splits:
            said = run([texts[i] for i in learn], [y[i] for i in learn], [texts[i] for i in test])
            gold = np.array(y)[test]
            top = np.mean(
                [a.split(SEPARATOR)[0] == b.split(SEPARATOR)[0] for a, b in zip(said, gold, strict=True)]
            )
            macro = f1_score(gold, said, average="macro", zero_division=0)
            scores.setdefault(name, []).append(((said == gold).mean(), macro, top))
    best = np.array(scores[f"iken {models[-1]}"])
    for name, values in scores.items():
        a = 100 * np.array(values)
        d = a[:, 0] - 100 * best[:, 0]
        top_level = f"{a[:, 2].mean():.1f} ± {a[:, 2].std():.1f}" if deep else ""
        print(
            f"| {title} | {name} | {a[:, 0].mean():.1f} ± {a[:, 0].std():.1f} | {a[:, 1].mean():.1f} | {top_level} | {d.mean():+.1f} ± {d.std():.1f} |",
            flush=True,
        )


def public_data(folder: Path, models: Sequence[str], count: int, sets: Sequence[str]) -> None:
    """Print the tables of the public sets."""
    print(
        f"\n| set | method | accuracy | macro-F1 | upper level | to iken {models[-1]} |\n|---|---|---|---|---|---|"
    )
    if "sib" in sets:
        sib200(folder, models, count)
    if "mewsc" in sets:
        mewsc(folder, models, count)
    if "joruri" in sets:
        joruri(folder, models, count)


def sib200(folder: Path, models: Sequence[str], count: int) -> None:
    """Print the rows of SIB-200."""
    sib = read_table(folder / "sib200_ja.csv")
    learn, test = (np.flatnonzero(sib["split"] == s) for s in ("train", "test"))
    few = draws(sib.iloc[learn].reset_index(drop=True), 8, count)
    paths = sorted(set(sib["label"]))
    compare("SIB-200, 8 a class", sib, paths, [(learn[taken], test) for taken, _ in few], models)
    compare("SIB-200, full", sib, paths, [(learn, test)], models)


def mewsc(folder: Path, models: Sequence[str], count: int) -> None:
    """Print the rows of MewsC-16."""
    news = read_table(folder / "mewsc16_ja.csv")
    news = news[news.groupby("label")["label"].transform("size") > 5].reset_index(drop=True)
    paths = sorted(set(news["label"]))
    compare("MewsC-16, 5 a class", news, paths, draws(news, 5, count), models)
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(news["text"], news["label"])
    compare("MewsC-16, 5-fold", news, paths, list(folds), models)


def joruri(folder: Path, models: Sequence[str], count: int) -> None:
    """Print the rows of the two-level set: its tree is the codebook, so that items without examples count too."""
    tree = read_table(folder / "joruri_tree.csv")
    table = read_table(folder / "joruri_cms.csv")
    known = {f"{p}{SEPARATOR}{c}" for p, c in zip(tree["parent"], tree["category"], strict=True) if p}
    first = table["parent_label"].str.split("|").str[0] + SEPARATOR + table["label"].str.split("|").str[0]
    table = table.assign(label=first)[first.isin(known)].reset_index(drop=True)
    paths = sorted(known)
    every = np.arange(len(table))
    upper = table.assign(label=table["label"].str.split(SEPARATOR).str[0])
    compare("Joruri, zero-shot", table, paths, [(every[:0], every)], models)
    for most in (3, 5):
        compare(f"Joruri, {most} an upper category", table, paths, draws(upper, most, count), models)
    folds = list(KFold(5, shuffle=True, random_state=0).split(table))
    compare("Joruri, 5-fold", table, paths, folds, models)


# -- speed -----------------------------------------------------------------------------------------


def one_speed(folder: Path, models: Sequence[str], name: str) -> None:
    """Print training time, rate and peak memory of one peer that learns SIB-200 and labels MewsC-16, nothing cached."""
    sib = read_table(folder / "sib200_ja.csv")
    learn = sib[sib["split"] == "train"]
    more = read_table(folder / "mewsc16_ja.csv")["text"].tolist()
    run = all_peers(sorted(set(sib["label"])), models, None)[name]
    few = more[:2]
    run(learn["text"].tolist()[:40], learn["label"].tolist()[:40], few)  # weights are read
    start = time.perf_counter()
    run(learn["text"].tolist(), learn["label"].tolist(), few)
    middle = time.perf_counter()
    run(learn["text"].tolist(), learn["label"].tolist(), more)
    end = time.perf_counter()
    # What the second run took longer is the time of the additional texts; less is the noise of two training runs.
    longer = end - middle - (middle - start)
    rate = len(more) / longer if longer > 0.2 else None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"train": middle - start, "rate": rate, "peak": peak}))


def speed(folder: Path, models: Sequence[str]) -> None:
    """Print the speed table, each peer in a process of its own."""
    print(
        "\n| method (SIB-200, 701 texts; labelling MewsC-16's 1,984) | training, s | texts a second | peak memory, MB |\n|---|---|---|---|"
    )
    sib = read_table(folder / "sib200_ja.csv")
    for name in all_peers(sorted(set(sib["label"])), models, None):
        arguments = ["--data", str(folder), "--models", *models, "--one", name]
        done = subprocess.run(
            [sys.executable, str(ROOT / "benchmarks/accuracy.py"), *arguments],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        found = json.loads(done.stdout.splitlines()[-1])
        rate = f"{found['rate']:,.0f}" if found["rate"] else "too fast to tell"
        print(f"| {name} | {found['train']:.1f} | {rate} | {found['peak']:,.0f} |", flush=True)
