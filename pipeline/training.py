"""Training: labels and codebook in, a model with honest figures out. The same inputs give the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.abstention import TARGET_PRECISION, accuracy_at_tenths, promise_kept
from pipeline.arrays import Bools, Floats, Ints
from pipeline.authored import AuthoredTexts, gather_authored
from pipeline.baseline import baseline_probabilities
from pipeline.codebook import Codebook
from pipeline.copies import near_copies, near_duplicate_groups
from pipeline.encoders import sentence_encoder
from pipeline.errors import InputError
from pipeline.experts import OpinionClassifier
from pipeline.features import Features, TextVectors, codebook_texts
from pipeline.knowledge import Authored
from pipeline.labels import prepare_labels
from pipeline.local import Paraphrases
from pipeline.metrics import as_json, evaluate, gold_matrix, share_with_interval
from pipeline.mixing import at_their_word
from pipeline.models import FORMAT, Model
from pipeline.paraphrases import ParaphraseTexts, match_paraphrases
from pipeline.settings import TrainingConfig
from pipeline.tables import AUTHORED, PARAPHRASES, SET_ASIDE, records
from pipeline.vectorcache import VectorCache

Progress = Callable[[str], None]
_ABOVE = "項目より上の階層に付けた例文(項目の例にならない)"
_COPY = "コード付き意見とほぼ同じ文面の例文(学ぶと、1件抜きの精度が甘くなる)"


def content_sha256(table: pd.DataFrame) -> str:
    """Return a hash of a table's content, apart from file format, encoding and (for labels) row order."""
    rows = "\x1e".join("\x1f".join(map(str, r)) for r in table.itertuples(index=False))
    return hashlib.sha256(
        ("\x1f".join(table.columns) + "\x1e" + rows).encode("utf-8", "surrogatepass")
    ).hexdigest()


def train(
    labels: pd.DataFrame,
    codebook: Codebook,
    config: TrainingConfig | None = None,
    *,
    bank: pd.DataFrame | None = None,
    paraphrases: pd.DataFrame | None = None,
    terms: Mapping[str, str] | None = None,
    file: str | None = None,
    cache: VectorCache | None = None,
    progress: Progress = lambda step: None,
) -> tuple[Model, pd.DataFrame]:
    """Train a model and measure it by leave-one-out, beside the baseline.

    Parameters
    ----------
    labels : LABELS table of hand-coded opinions; any order; empty for a cold start
    codebook : the plan
    config : the knobs; defaults if None
    bank : AUTHORED table of example utterances, training material only
    paraphrases : PARAPHRASES table of coded opinions, training material only
    terms : wording -> term of the plan, kept whole (see `terms.read_terms`)
    file : name of the label file, for messages
    cache : sentence vectors of texts seen before
    progress : called with the name of each step

    Returns
    -------
    model : its manifest holds inputs and parameters, without environment and hashes of files
    set_aside : SET_ASIDE table of the rows of labels, bank and paraphrases that were not learned from

    Raises
    ------
    InputError
        if a label has an unknown code, or there is neither a label nor more than one item.
    """
    config = config or TrainingConfig()
    used, aside = prepare_labels(labels, codebook, file)
    learned = bank
    if bank is not None:
        learned, copies = _usable(AUTHORED.check(bank), used, codebook)
        aside = SET_ASIDE.table([*records(aside), *records(copies)])
    matched, left = None, SET_ASIDE.empty()
    if paraphrases is not None:
        matched, left = match_paraphrases(paraphrases, used, codebook)
        aside = SET_ASIDE.table([*records(aside), *records(left)])
    authored = gather_authored(codebook, learned)
    if used.empty and len(codebook.items) < 2:
        raise InputError(
            "学習に使えるコード付き意見も、見分けるべき項目もありません。",
            "there is neither a coded opinion nor more than one item to learn from",
            file=file,
        )
    # One thread: the order in which threads add floats is not fixed.
    # Each text is read twice, for the centres and for its row: encoded once, within this run.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        TemporaryDirectory() as folder,
        VectorCache(Path(folder)) as own,
    ):
        model = _train(used, codebook, authored, matched, config, terms, cache or own, progress)
    read: dict[str, Any] = {}
    if bank is not None:
        read["bank"] = {"rows": len(bank), "sha256": content_sha256(AUTHORED.check(bank))}
    if paraphrases is not None:
        digest = content_sha256(PARAPHRASES.check(paraphrases))
        read["paraphrases"] = {
            "rows": len(paraphrases),
            "learned": len(paraphrases) - len(left),
            "sha256": digest,
        }
    if terms:
        digest = hashlib.sha256(json.dumps(sorted(terms.items()), ensure_ascii=False).encode()).hexdigest()
        read["terms"] = {"wordings": len(terms), "sha256": digest}
    return replace(model, manifest={**model.manifest, **read}), aside


def _usable(bank: pd.DataFrame, used: pd.DataFrame, codebook: Codebook) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the bank to learn from and, in SET_ASIDE, texts of nodes above the items and copies of coded opinions.

    Leaving out an opinion leaves out its copies, wherever they stand.
    """
    known = [codebook.read_code(c) for c in bank["code"]]
    items = {n.code for n in codebook.items}
    above = np.array([c is not None and c not in items for c in known], dtype=bool)
    copies = near_copies(bank["text"].tolist(), used["text"].tolist())
    out = np.flatnonzero(above | copies)
    reasons = [_ABOVE if above[i] else _COPY for i in out]
    found = bank.iloc[out].assign(source="例文集", location=[f"L{i + 2}" for i in out], reason=reasons)
    return bank.drop(index=bank.index[out]).reset_index(drop=True), SET_ASIDE.table(records(found))


def _train(
    used: pd.DataFrame,
    codebook: Codebook,
    authored: AuthoredTexts,
    matched: ParaphraseTexts | None,
    config: TrainingConfig,
    terms: Mapping[str, str] | None,
    cache: VectorCache | None,
    progress: Progress,
) -> Model:
    texts, codes = used["text"].tolist(), used["code"].tolist()
    plan = codebook_texts(codebook)
    features = Features(
        config.encoder_weights, config.word_weight, config.longest_ngram, config.min_texts, dict(terms or {})
    ).fit(texts, [*plan, *authored.texts], cache=cache, progress=progress)
    progress("encode")
    vectors, nodes, written = (
        features.transform(t, exact=True, cache=cache) for t in (texts, plan, authored.texts)
    )
    # As stored, so that a loaded model is the trained one.
    vectors = TextVectors(vectors.terms, vectors.dense.astype(np.float32).astype(np.float64))
    groups = near_duplicate_groups(texts) if texts else np.zeros(0, np.int64)
    meant = Authored(written, authored.item, authored.author, authored.weight, authored.shares)
    paraphrases = None
    if matched is not None and matched.texts:
        said = features.transform(matched.texts, exact=True, cache=cache)
        paraphrases = Paraphrases(said, matched.opinion)
    progress("learn")
    classifier = OpinionClassifier(
        [(n.code, n.parent) for n in codebook],
        shrink_top=config.shrink_top,
        shrink_inner=config.shrink_inner,
        shrink_item=config.shrink_item,
        text_inner=config.text_inner,
        text_item=config.text_item,
        bank_share=config.bank_share,
        profile=config.profile,
        penalty=config.penalty,
        gaussian=config.gaussian,
        coded_weight=config.coded_weight,
        authored_total=config.authored_total,
    ).fit(vectors, codes, groups, nodes, meant, paraphrases)
    progress("measure")
    of_items = int((authored.item[authored.author >= 0] < len(codebook.items)).sum())
    metrics = _measure(used, codebook, classifier, groups, config, of_items)
    manifest = _manifest(used, codebook, authored, config, features, classifier)
    return Model(codebook, features, classifier, used, vectors, metrics, manifest)


def _manifest(
    used: pd.DataFrame,
    codebook: Codebook,
    authored: AuthoredTexts,
    config: TrainingConfig,
    features: Features,
    classifier: OpinionClassifier,
) -> dict[str, Any]:
    """Return what the manifest says of inputs, settings and what was learned."""
    return {
        "format": FORMAT,
        "labels": {
            "rows": len(used),
            "sha256": content_sha256(used),
            "by_source": {k: int(v) for k, v in sorted(used["label_source"].value_counts().items())},
        },
        "codebook": {"nodes": len(codebook), "items": len(codebook.items), "sha256": codebook.sha256},
        "authored": {
            "texts": int((authored.author >= 0).sum()),
            "of_no_item": int((authored.item == len(codebook.items)).sum()),
            "authors": len(np.unique(authored.author[authored.author >= 0])),
            "read_again": authored.read_again,
            "plan_phrases": int((authored.author < 0).sum()),
        },
        "encoders": {n: sentence_encoder(n).sha256 for n in features.sentence_names},
        "config": asdict(config),
        "gate": classifier.gate_.tolist(),
        "temperature": classifier.temperature_,
        "label_noise": classifier.label_noise_,
    }


def _measure(
    used: pd.DataFrame,
    codebook: Codebook,
    classifier: OpinionClassifier,
    groups: Ints,
    config: TrainingConfig,
    authored_texts: int,
) -> dict[str, Any]:
    """Return the leave-one-out figures of model and baseline."""
    items = classifier.classes_.tolist()
    # Opinions coded to a policy or goal teach the centroids but have no item to be judged by.
    rows, gold = gold_matrix(used, items)
    figures: dict[str, Any] = {}
    if len(rows):
        held_out = classifier.held_out_[rows].astype(np.float64)
        baseline = baseline_probabilities(used["text"].tolist(), used["code"].tolist(), items, groups)[rows]
        figures = {
            "model": as_json(evaluate(held_out, gold, codebook, items, config.seed)),
            "baseline": as_json(evaluate(baseline, gold, codebook, items, config.seed)),
        }
        distinct = len(np.unique(groups[used["code"].isin(items).to_numpy()]))
        trusting = at_their_word(distinct, authored_texts)
        figures["promise"] = _promise(held_out, gold, groups[rows], codebook, items, trusting)
        right = gold[np.arange(len(gold)), held_out.argmax(axis=1)]
        figures["risk_coverage"] = [list(p) for p in accuracy_at_tenths(held_out.max(axis=1), right)]
    return {
        "method": "leave-one-out, near-duplicates taken out together; 95 % bootstrap intervals of 2000 resamples",
        "opinions": len(rows),
        "items": len(items),
        **figures,
    }


def _promise(
    held_out: Floats,
    gold: Bools,
    groups: Ints,
    codebook: Codebook,
    items: list[str],
    trusting: bool,
) -> dict[str, Any]:
    """Return how the promised precision was kept on the coded opinions, with 95 % intervals (Wilson 1927)."""
    kept = promise_kept(held_out, gold, groups, codebook, items, at_their_word=trusting)
    return {
        "target": TARGET_PRECISION,
        "opinions": kept.n,
        "suggested": kept.suggested,
        "coverage": share_with_interval(kept.suggested, kept.n),
        "precision": share_with_interval(kept.right, kept.suggested),
        "by_level": [{"suggested": s, "right": r} for s, r in kept.by_level],
    }


def compare_models(new: Model, old: Model) -> Mapping[str, Any]:
    """Return how two models trained from the same inputs differ in what users see.

    Keys: `changed` (opinions whose first suggestion differs), `confidence` (greatest difference of a
    probability on the training opinions) and `metrics` (name: difference, those above 1e-9).
    """
    texts = old.opinions["text"].tolist()
    a, b = (m.predict(texts).items for m in (new, old))
    if a.shape != b.shape:
        return {"changed": len(texts), "confidence": 1.0, "metrics": {}}
    differing = {
        f"{who}.{name}": figure["value"] - old.metrics[who][name]["value"]
        for who in ("model", "baseline")
        for name, figure in new.metrics.get(who, {}).items()
        if name in old.metrics.get(who, {}) and abs(figure["value"] - old.metrics[who][name]["value"]) > 1e-9
    }
    return {
        "changed": int((a.argmax(axis=1) != b.argmax(axis=1)).sum()),
        "confidence": float(np.abs(a - b).max(initial=0.0)),
        "metrics": differing,
    }
