"""Trained models, and their folders: checked at loading (written by `model_writing`).

models/NAME/  model.skops      the trained parts, loadable without running code (skops; never a pickle)
              metrics.json     how good it is, by leave-one-out
              MODEL_CARD.md    the same for a reader, with limits
              *.png            confidence against accuracy, accuracy against the share suggested
              manifest.json    how it was made, and the hashes of the other files
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import skops.io
from skops.io.exceptions import UntrustedTypesFoundException

from pipeline.arrays import Ints
from pipeline.codebook import Codebook
from pipeline.copies import near_duplicate_groups
from pipeline.errors import ModelError, listed
from pipeline.experts import OpinionClassifier, Prediction
from pipeline.features import Features, TextVectors
from pipeline.mixing import at_their_word
from pipeline.tables import CODEBOOK, LABELS, records
from pipeline.vectorcache import VectorCache

FORMAT = 7
# Similarities to coded opinions, texts by opinions, that are worked out at once: 64 MB, and a few arrays beside.
_MOST_SIMILARITIES = 8_000_000
# Everything else in a model file must be of a type that skops itself trusts (numpy, scipy, scikit-learn).
TRUSTED = (
    "pipeline.classifier.ShrinkageCentroidClassifier",
    "pipeline.experts.OpinionClassifier",
    "pipeline.features.Features",
    "pipeline.lexical.LexicalEncoder",
    "pipeline.local.LocalExpert",
    "pipeline.ridge.RidgeExpert",
)
# Share of the coded opinions that are less like the others than a comment must be.
_UNLIKE_QUANTILE = 0.05
ARTEFACTS = ("model.skops", "metrics.json", "MODEL_CARD.md")


@dataclass(frozen=True)
class Cited:
    """One hand-coded opinion as evidence: its text, code, and place with a leading comma."""

    text: str
    code: str
    place: str


@dataclass(frozen=True)
class Model:
    """A trained model: what `suggest` needs, and what is known of it.

    features : texts -> vectors (fitted)
    classifier : vectors -> probabilities of the codebook's items (fitted)
    opinions : LABELS table of the hand-coded opinions it learned from, the source of evidence
    vectors : their vectors, row by row
    """

    codebook: Codebook
    features: Features
    classifier: OpinionClassifier
    opinions: pd.DataFrame
    vectors: TextVectors
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]

    @cached_property
    def cited(self) -> list[Cited]:
        """The hand-coded opinions as evidence shows them, row by row (a list: read millions of times)."""
        rows = records(self.opinions)
        places = (" ".join(x for x in (r["source"], r["location"]) if x) for r in rows)
        return [
            Cited(r["text"], r["code"], f"、{place}" if place else "")
            for r, place in zip(rows, places, strict=True)
        ]

    def predict(self, texts: Sequence[str], cache: VectorCache | None = None) -> Prediction:
        """Return what the model says of n texts."""
        vectors = self.features.transform(texts, cache=cache)
        some = (vectors[part] for part in self.parts(len(texts)))
        parts = [self.classifier.predict(v, v.dot(self.vectors)) for v in some]
        return Prediction(
            np.vstack([p.items for p in parts]),
            np.concatenate([p.outside for p in parts]),
            np.concatenate([p.nearness for p in parts]),
        )

    def parts(self, n: int) -> list[slice]:
        """Return slices of n texts, each of so few that their similarities to all opinions fit memory; at least one."""
        step = max(1, _MOST_SIMILARITIES // max(1, len(self.vectors)))
        return [slice(start, start + step) for start in range(0, max(1, n), step)]

    @cached_property
    def _example_pairs(self) -> set[tuple[int, int]]:
        """Group of near-duplicates and column of the item of each opinion coded to an item."""
        column = {c: j for j, c in enumerate(self.classifier.classes_.tolist())}
        groups = near_duplicate_groups(self.opinions["text"].tolist()).tolist()
        return {(g, column[c]) for g, c in zip(groups, self.opinions["code"], strict=True) if c in column}

    @property
    def examples(self) -> Ints:
        """Number of coded opinions of each item it learned from (items,); near-duplicates count once."""
        return np.bincount([j for _, j in self._example_pairs], minlength=len(self.classifier.classes_))

    @property
    def item_opinions(self) -> int:
        """Number of opinions coded to items it learned from; near-duplicates count once."""
        return len({g for g, _ in self._example_pairs})

    @cached_property
    def unlike(self) -> float:
        """Similarity to the nearest coded opinion below which a comment is unlike anything coded."""
        near = self.classifier.held_out_nearness_
        return float(np.quantile(near, _UNLIKE_QUANTILE)) if len(near) else 0.0

    @property
    def at_their_word(self) -> bool:
        """See `mixing.at_their_word`."""
        written = self.manifest["authored"]
        return at_their_word(self.item_opinions, written["texts"] - written["of_no_item"])

    @property
    def model_id(self) -> str:
        """Name and first digits of the hash of the trained parts, e.g. `default-3f2a9c01b7de`."""
        return str(self.manifest["model_id"])


# -- folders ---------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a model folder; raise `ModelError` if it is missing or not readable."""
    path = folder / "manifest.json"
    if not path.is_file():
        beside = sorted(str(m.parent) for m in folder.parent.glob("*/manifest.json"))[:3]
        such = (f"({'、'.join(beside)} など)", f" (such as {', '.join(beside)})") if beside else ("", "")
        raise ModelError(
            f"モデルがありません(manifest.json が見つかりません)。"
            f"あるモデルのフォルダ{such[0]}を指定するか、`iken train --out {folder}` で作ってください。",
            f"there is no model here (no manifest.json); give the folder of one{such[1]}, "
            f"or make it with `iken train --out {folder}`",
            file=str(folder),
        )
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(
            f"manifest.json が壊れています({error})。", f"the manifest is damaged ({error})", file=str(path)
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        ja, en = trained_with(manifest if isinstance(manifest, dict) else {})
        raise ModelError(
            f"この版の iken では読めない形式のモデルです。学習したときの版({ja})で読むか、学習し直してください。",
            f"this version of iken cannot read the model's format; "
            f"read it with the version it was trained with ({en}), or train it again",
            file=str(path),
        )
    if not _is_whole(manifest):
        raise ModelError(
            "manifest.json が壊れています(あるはずの記録がありません)。元のファイルに戻すか、学習し直してください。",
            "the manifest is damaged (it lacks records that it must have); restore it or train again",
            file=str(path),
        )
    return manifest


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Tell whether a manifest has the records that a model is used by, each of its kind."""
    tables = ("labels", "codebook", "authored", "encoders", "config", "artefacts")
    optional = ("bank", "paraphrases", "terms")
    return (
        isinstance(manifest.get("model_id"), str)
        and all(isinstance(manifest.get(n), dict) for n in tables)
        and all(isinstance(manifest.get(n, {}), dict) for n in optional)
        and all(isinstance(manifest["authored"].get(n), int) for n in ("texts", "of_no_item"))
    )


def trained_with(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Return in both languages the version of iken that made a model, as far as its manifest tells."""
    packages = manifest.get("packages")
    version = packages.get("iken") if isinstance(packages, dict) else None
    commit, changed = manifest.get("git_commit"), manifest.get("git_changed")
    known = [f"iken {version}"] if version else []
    known += [f"commit {commit}"] if commit else []
    ja, en = listed(known)
    if commit and changed and isinstance(changed, list):
        files = listed(changed)
        ja, en = f"{ja}、そこから変わっていたファイル {files[0]}", f"{en}, files changed since {files[1]}"
    return (ja or "記録なし", en or "not recorded")


def load_model(folder: str | Path) -> Model:
    """Load a model folder after checking every file against the manifest.

    Raises
    ------
    ModelError
        if the folder is no model, a file is missing, damaged or edited, or holds a type that is not trusted.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    data = {name: checked(folder / name, str(manifest.get("artefacts", {}).get(name))) for name in ARTEFACTS}
    digest = hashlib.sha256(data["model.skops"]).hexdigest()
    if not str(manifest.get("model_id", "")).endswith(f"-{digest[:12]}"):
        raise _edited(folder / "manifest.json")
    try:
        parts = skops.io.loads(data["model.skops"], trusted=list(TRUSTED))
    except UntrustedTypesFoundException as error:
        raise ModelError(
            f"モデルに信頼できない型が含まれています: {error}",
            f"the model holds types that are not trusted: {error}",
            file=str(folder / "model.skops"),
        ) from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, ImportError) as error:
        raise ModelError(
            f"モデルを読めません({error})。",
            f"cannot read the model ({error})",
            file=str(folder / "model.skops"),
        ) from error
    stored = parts["vectors"]
    return Model(
        codebook=Codebook.from_table(CODEBOOK.check(pd.DataFrame(json.loads(parts["codebook"]), dtype=str))),
        features=parts["features"],
        classifier=parts["classifier"],
        opinions=LABELS.table(json.loads(parts["opinions"])),
        vectors=TextVectors(
            sp.csr_matrix(
                (stored["data"], np.asarray(stored["indices"]), stored["indptr"]),
                shape=tuple(stored["shape"]),
            ),
            stored["dense"].astype(np.float64),
        ),
        metrics=json.loads(data["metrics.json"]),
        manifest=manifest,
    )


def checked(path: Path, expected: str) -> bytes:
    """Return the bytes of a model's file; raise `ModelError` if it is missing or its SHA-256 is not the manifest's."""
    if not path.is_file():
        raise ModelError("モデルのファイルがありません。", "a file of the model is missing", file=str(path))
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != expected:
        raise _edited(path)
    return data


def _edited(path: Path) -> ModelError:
    return ModelError(
        "モデルのファイルが壊れているか、書き換えられています(manifest.json のハッシュと一致しません)。"
        "元のファイルに戻すか、学習し直してください。",
        "a file of the model is damaged or was edited (its hash differs from the manifest's); "
        "restore it or train again",
        file=str(path),
    )
