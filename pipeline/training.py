"""Training: labels and codebook in, a model with honest figures out. The same inputs give the same bytes."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from pipeline.baseline import baseline_probabilities
from pipeline.classifier import ShrinkageCentroidClassifier, choose_temperature, softmax
from pipeline.codebook import Codebook
from pipeline.duplicates import near_duplicate_groups
from pipeline.encoders import LexicalEncoder
from pipeline.errors import InputError
from pipeline.features import codebook_texts
from pipeline.metrics import as_json, evaluate, gold_matrix
from pipeline.models import FORMAT, Model
from pipeline.tables import GOLD_SOURCES, LABELS, SET_ASIDE, records

Progress = Callable[[str], None]


@dataclass(frozen=True)
class TrainingConfig:
    """Every knob of a training run, as in a configuration file (`--config FILE.toml`, flat keys)."""

    word_weight: float = 0.5
    longest_ngram: int = 3
    min_texts: int = 1
    shrink_top: float = 0.0
    shrink_inner: float = 1.0
    shrink_item: float = 0.5
    text_inner: float = 1.0
    text_item: float = 0.5
    seed: int = 0

    @classmethod
    def from_toml(cls, text: str, file: str | None = None) -> TrainingConfig:
        """Read a configuration; keys that are absent keep their defaults.

        Raises
        ------
        InputError
            for text that is no TOML, an unknown key, or a value of the wrong type.
        """
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                f"TOML として読めません({error})。", f"not valid TOML ({error})", file=file
            ) from error
        known: dict[str, Any] = {f.name: type(getattr(cls, f.name)) for f in fields(cls)}
        for key, value in given.items():
            if key not in known:
                raise InputError(
                    f"設定「{key}」はありません。使える設定: {'、'.join(known)}",
                    f"there is no setting '{key}'; known: {', '.join(known)}",
                    file=file,
                )
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or (known[key] is int and not isinstance(value, int)) or value < 0:
                raise InputError(
                    f"設定「{key}」の値 {value!r} は使えません(0以上の数)。",
                    f"setting '{key}' cannot be {value!r}; a number of 0 or more is needed",
                    file=file,
                )
        return cls(**{k: known[k](v) for k, v in given.items()})


def prepare_labels(
    labels: pd.DataFrame, codebook: Codebook, file: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the LABELS to learn from, in a fixed order, and the rows set aside with reasons.

    Codes are made canonical. Rows in = rows out + rows set aside.

    Raises
    ------
    InputError
        for a code that is not in the codebook, naming the row.
    """
    labels = LABELS.check(labels, file)
    kept: list[dict[str, str]] = []
    aside: list[dict[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for i, row in enumerate(records(labels)):
        row["code"] = codebook.code_or_error(row["code"], file=file, row=i + 2, column="code")
        reason = ""
        if row["label_source"] not in (*GOLD_SOURCES, ""):
            reason = f"label_source「{row['label_source']}」は人が付けたコードではない"
        elif (row["opinion_id"], row["code"]) in seen:
            reason = "同じ意見に同じコードが既にある"
        seen.add((row["opinion_id"], row["code"]))
        if reason:
            aside.append({k: row[k] for k in ("source", "location", "text")} | {"reason": reason})
        else:
            kept.append(row)
    table = LABELS.table(kept)
    # The order of the rows must not matter: sums of floats depend on it in their last bits.
    order = ["opinion_id", "code", "text"]
    return table.sort_values(order, kind="stable").reset_index(drop=True), SET_ASIDE.table(aside)


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
    file: str | None = None,
    progress: Progress = lambda step: None,
) -> tuple[Model, pd.DataFrame]:
    """Train a model and measure it by leave-one-out, beside the baseline.

    Parameters
    ----------
    labels : LABELS table of hand-coded opinions; any order
    codebook : the plan
    config : the knobs; defaults if None
    file : name of the label file, for messages
    progress : called with the name of each step

    Returns
    -------
    model : its manifest holds inputs and parameters, without environment and hashes of files
    set_aside : SET_ASIDE table of the label rows that were not learned from

    Raises
    ------
    InputError
        if no label can be used, or one has an unknown code.
    """
    config = config or TrainingConfig()
    used, aside = prepare_labels(labels, codebook, file)
    if used.empty:
        raise InputError(
            "学習に使えるコード付き意見が1件もありません。",
            "there is not one coded opinion to learn from",
            file=file,
        )
    # One thread: the order in which threads add floats is not fixed.
    with threadpool_limits(limits=1):
        return _train(used, codebook, config, progress), aside


def _train(used: pd.DataFrame, codebook: Codebook, config: TrainingConfig, progress: Progress) -> Model:
    texts, codes = used["text"].tolist(), used["code"].tolist()
    progress("encode")
    plan = codebook_texts(codebook)
    encoder = LexicalEncoder(config.word_weight, config.longest_ngram, config.min_texts).fit([*plan, *texts])
    vectors, node_vectors = encoder.transform(texts), encoder.transform(plan)
    classifier = ShrinkageCentroidClassifier(
        [(n.code, n.parent) for n in codebook],
        shrink_top=config.shrink_top,
        shrink_inner=config.shrink_inner,
        shrink_item=config.shrink_item,
        text_inner=config.text_inner,
        text_item=config.text_item,
    ).fit(vectors, codes, node_vectors)

    progress("leave-one-out")
    groups = near_duplicate_groups(texts)
    scores = classifier.leave_one_out_scores(vectors, codes, groups)
    items = classifier.classes_.tolist()
    # Opinions coded to a policy or goal teach the centroids but have no item to be judged by.
    rows, gold = gold_matrix(used, items)
    figures: dict[str, Any] = {}
    if len(rows):
        first_gold = gold.argmax(axis=1)
        classifier.temperature = choose_temperature(scores[rows], first_gold)
        held_out = _held_out_probabilities(scores[rows], first_gold, groups[rows])
        progress("baseline")
        baseline = baseline_probabilities(texts, codes, items, groups)[rows]
        figures = {
            "model": as_json(evaluate(held_out, gold, codebook, items, config.seed)),
            "baseline": as_json(evaluate(baseline, gold, codebook, items, config.seed)),
        }
    metrics = {
        "method": "leave-one-out, near-duplicates taken out together; 95 % bootstrap intervals of 2000 resamples",
        "opinions": len(rows),
        "items": len(items),
        **figures,
    }
    manifest = {
        "format": FORMAT,
        "labels": {
            "rows": len(used),
            "sha256": content_sha256(used),
            "by_source": {k: int(v) for k, v in sorted(used["label_source"].value_counts().items())},
        },
        "codebook": {"nodes": len(codebook), "items": len(codebook.items), "sha256": codebook.sha256},
        "config": asdict(config),
        "temperature": classifier.temperature,
    }
    return Model(codebook, encoder, classifier, used, vectors, metrics, manifest)


def _held_out_probabilities(
    scores: NDArray[np.float64], gold: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Turn leave-one-out scores into probabilities with the temperature chosen without the opinion itself."""
    if len(np.unique(groups)) < 2 or len(gold) > 1000:
        return softmax(scores / choose_temperature(scores, gold))
    out = np.empty_like(scores)
    for group in np.unique(groups):
        held = groups == group
        out[held] = softmax(scores[held] / choose_temperature(scores[~held], gold[~held]))
    return out


def compare_models(new: Model, old: Model) -> Mapping[str, Any]:
    """Return how two models trained from the same inputs differ in what users see.

    Keys: `changed` (opinions whose first suggestion differs), `confidence` (greatest difference of a
    probability on the training opinions) and `metrics` (name: difference, those above 1e-9).
    """
    texts = old.opinions["text"].tolist()
    a = new.classifier.predict_proba(new.encoder.transform(texts))
    b = old.classifier.predict_proba(old.encoder.transform(texts))
    if a.shape != b.shape:
        return {"changed": len(texts), "confidence": 1.0, "metrics": {}}
    differing = {
        f"{who}.{name}": new.metrics[who][name]["value"] - figure["value"]
        for who in ("model", "baseline")
        for name, figure in old.metrics.get(who, {}).items()
        if abs(new.metrics[who][name]["value"] - figure["value"]) > 1e-9
    }
    return {
        "changed": int((a.argmax(axis=1) != b.argmax(axis=1)).sum()),
        "confidence": float(np.abs(a - b).max()),
        "metrics": differing,
    }
