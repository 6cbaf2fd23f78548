"""What iken is compared with: each peer learns from texts and labels and labels new texts.

A label is a path in the plan, `goal` or `goal > item`; flat sets have one level.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from pipeline import train
from pipeline.codebook import Codebook
from pipeline.encoders import encode_texts
from pipeline.settings import TrainingConfig
from pipeline.tables import CODEBOOK, LABELS
from pipeline.tokenise import lemmas
from pipeline.vectorcache import VectorCache

ROOT = Path(__file__).resolve().parent.parent
CACHE = VectorCache()
SETTINGS = {
    "default": TrainingConfig(),
    "accurate": TrainingConfig.from_toml((ROOT / "data/config/accurate.toml").read_text("utf-8")),
}
# Peers get the vectors that iken itself uses.
ENCODERS = {n: tuple(e for e in s.encoder_weights if e != "lexical") for n, s in SETTINGS.items()}
SEPARATOR = " > "

Labels = NDArray[np.str_]
# Texts learned from, their labels, texts to label.
Peer = Callable[[list[str], list[str], list[str]], Labels]


def codebook_of(paths: Sequence[str]) -> Codebook:
    """Return the codebook whose items are the paths."""
    rows: dict[str, dict[str, str]] = {}
    for path in paths:
        parts = path.split(SEPARATOR)
        for depth in range(1, len(parts) + 1):
            own, above = SEPARATOR.join(parts[:depth]), SEPARATOR.join(parts[: depth - 1])
            if own not in rows:
                siblings = sum(r["parent"] == (rows[above]["code"] if above else "") for r in rows.values())
                code = f"{rows[above]['code']}-{siblings + 1}" if above else f"G{siblings + 1}"
                parent = rows[above]["code"] if above else ""
                rows[own] = {"code": code, "parent": parent, "title": parts[depth - 1], "path": own}
    return Codebook.from_table(CODEBOOK.table(rows.values()))


def iken(name: str, paths: Sequence[str], cache: VectorCache | None) -> Peer:
    """Return iken itself, trained on the labels with the paths as its codebook."""
    codebook = codebook_of(paths)
    title = {n.code: SEPARATOR.join(codebook[c].title for c in codebook.path(n.code)) for n in codebook}
    code = {path: c for c, path in title.items()}

    def run(texts: list[str], y: list[str], test: list[str]) -> Labels:
        rows = [
            {"opinion_id": f"o{i}", "text": t, "code": code[c]}
            for i, (t, c) in enumerate(zip(texts, y, strict=True))
        ]
        labels = LABELS.table(rows) if rows else LABELS.empty()
        model, _ = train(labels, codebook, SETTINGS[name], cache=cache)
        best = model.classifier.classes_[model.predict(test, cache=cache).items.argmax(axis=1)]
        return np.array([title[c] for c in best])

    return run


def keyword_match(paths: Sequence[str]) -> Peer:
    """Return the match of words to titles: the item of whose path most words stand in the text."""
    wanted = [set(lemmas(p.replace(SEPARATOR, "、"))) for p in paths]

    def run(texts: list[str], y: list[str], test: list[str]) -> Labels:
        said = []
        for text in test:
            own = set(lemmas(text))
            said.append(paths[int(np.argmax([len(own & w) / max(len(w), 1) ** 0.5 for w in wanted]))])
        return np.array(said)

    return run


def majority(texts: list[str], y: list[str], test: list[str]) -> Labels:
    """Return the most frequent label for all."""
    return np.full(len(test), pd.Series(y).mode()[0])


def on_words(model: object) -> Peer:
    """Return a scikit-learn classifier on TF-IDF of lemmas."""

    def run(texts: list[str], y: list[str], test: list[str]) -> Labels:
        v = TfidfVectorizer(analyzer=lemmas, sublinear_tf=True)
        return np.asarray(model.fit(v.fit_transform(texts), y).predict(v.transform(test)))  # type: ignore[attr-defined]

    return run


def on_vectors(names: Sequence[str], model: object, cache: VectorCache | None) -> Peer:
    """Return a scikit-learn classifier on sentence vectors alone."""

    def vectors(texts: list[str]) -> NDArray[np.float64]:
        return np.hstack([encode_texts(n, texts, cache=cache) for n in names]).astype(np.float64)

    def run(texts: list[str], y: list[str], test: list[str]) -> Labels:
        return np.asarray(model.fit(vectors(texts), y).predict(vectors(test)))  # type: ignore[attr-defined]

    return run


def hiclass_on(names: Sequence[str], cache: VectorCache | None) -> Peer:
    """Return HiClass, one logistic regression a parent node (Miranda et al. 2023), on words or vectors."""

    def run(texts: list[str], y: list[str], test: list[str]) -> Labels:
        from hiclass import LocalClassifierPerParentNode

        paths = [p.split(SEPARATOR) for p in y]
        if names:
            x, z = (
                np.hstack([encode_texts(n, t, cache=cache) for n in names]).astype(np.float64)
                for t in (texts, test)
            )
        else:
            v = TfidfVectorizer(analyzer=lemmas, sublinear_tf=True)
            x, z = v.fit_transform(texts).toarray(), v.transform(test).toarray()
        model = LocalClassifierPerParentNode(LogisticRegression(C=10, max_iter=1000))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = model.fit(x, np.array(paths, dtype=object)).predict(z)
        return np.array([SEPARATOR.join(map(str, row)) for row in said])

    return run


def spacy_textcat(texts: list[str], y: list[str], test: list[str]) -> Labels:
    """Return spaCy's bag-of-words text classifier, given lemmas; twenty rounds."""
    import spacy
    from spacy.training import Example

    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("xx")
    classifier = nlp.add_pipe(
        "textcat",
        config={
            "model": {
                "@architectures": "spacy.TextCatBOW.v3",
                "exclusive_classes": True,
                "ngram_size": 1,
                "length": 16384,  # more places than there are words here; the default is slow
                "no_output_layer": False,
            }
        },
    )
    classes = sorted(set(y))
    for c in classes:
        classifier.add_label(c)
    examples = [
        Example.from_dict(nlp.make_doc(" ".join(lemmas(t))), {"cats": {c: float(c == own) for c in classes}})
        for t, own in zip(texts, y, strict=True)
    ]
    optimizer = nlp.initialize(lambda: examples)
    rng = np.random.default_rng(0)
    for _ in range(20):
        order = rng.permutation(len(examples))
        for i in range(0, len(order), 32):
            nlp.update([examples[k] for k in order[i : i + 32]], sgd=optimizer)
    found = nlp.pipe(" ".join(lemmas(t)) for t in test)
    return np.array([max(d.cats, key=d.cats.get) for d in found])


def all_peers(paths: Sequence[str], models: Sequence[str], cache: VectorCache | None) -> dict[str, Peer]:
    """Return all that is compared, by name; what takes hierarchies only where there is one."""
    deep = SEPARATOR in paths[0]
    best = ENCODERS[models[-1]]
    found: dict[str, Peer] = {f"iken {n}": iken(n, paths, cache) for n in models}
    found["majority"] = majority
    found["keyword match to titles"] = keyword_match(paths)
    found["TF-IDF + LR"] = on_words(LogisticRegression(C=10, max_iter=1000))
    found["TF-IDF + LinearSVC"] = on_words(LinearSVC())
    found["TF-IDF + complement NB"] = on_words(ComplementNB())
    found["spaCy textcat (bag of words)"] = spacy_textcat
    for n in models:
        e = ENCODERS[n]
        title = "+".join(e)
        found[f"{title} vectors + LR"] = on_vectors(e, LogisticRegression(C=10, max_iter=1000), cache)
    neighbours = KNeighborsClassifier(5, metric="cosine", weights="distance")
    found[f"{'+'.join(best)} vectors + 5-NN"] = on_vectors(best, neighbours, cache)
    if deep:
        found["HiClass (LCPN, LR) on TF-IDF"] = hiclass_on((), cache)
        found[f"HiClass (LCPN, LR) on {'+'.join(best)} vectors"] = hiclass_on(best, cache)
    return found
