"""Model folders: written whole or not at all, byte for byte the same for the same model (read by `models`)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io

from pipeline.archive import canonical
from pipeline.errors import InputError
from pipeline.models import FORMAT, Model
from pipeline.placing import check_folder, make_folder, swap_folders, writing


def dump_parts(model: Model) -> bytes:
    """Return the bytes of `model.skops`; the same model gives the same bytes in every process."""
    terms = model.vectors.terms
    parts = {
        "format": FORMAT,
        "codebook": _table_json(model.codebook.to_table()),
        "opinions": _table_json(model.opinions),
        "features": model.features,
        "classifier": model.classifier,
        "vectors": {
            "dense": model.vectors.dense.astype(np.float32),
            "data": terms.data,
            "indices": terms.indices,
            "indptr": terms.indptr,
            "shape": list(map(int, terms.shape)),
        },
    }
    return canonical(skops.io.dumps(parts))


def _table_json(table: pd.DataFrame) -> str:
    return json.dumps(table.to_dict("records"), ensure_ascii=False)


# -- folders ---------------------------------------------------------------------------------------


def check_model_folder(folder: Path) -> None:
    """Raise `InputError` unless a model may be written to `folder`: absent, empty, or a model already."""
    check_folder(folder)
    place = folder.resolve()
    if place.is_dir() and any(place.iterdir()) and not _is_model(place):
        raise InputError(
            "モデル以外のファイルが入っているフォルダには書きません。--out に新しい名前を指定してください。",
            "the folder holds files that are no model; give --out a new name",
            file=str(folder),
        )


def _is_model(folder: Path) -> bool:
    """Tell whether a folder is a model of any version: other programs, too, write a manifest.json."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(manifest, dict) and "format" in manifest


def save_model(model: Model, folder: Path, card: str, pictures: Mapping[str, bytes] | None = None) -> Model:
    """Write a model folder (with pictures by name) and return the model with its completed manifest.

    The folder appears whole: it is written beside and renamed; a folder that stood there is replaced.
    """
    check_model_folder(folder)
    folder = folder.resolve()
    make_folder(folder.parent)
    parts = dump_parts(model)
    digest = hashlib.sha256(parts).hexdigest()
    files = {
        "model.skops": parts,
        "metrics.json": _json_bytes(model.metrics),
        "MODEL_CARD.md": card.replace("{model_id}", f"{folder.name}-{digest[:12]}").encode(),
    }
    files |= pictures or {}
    manifest = dict(model.manifest)
    manifest["model_id"] = f"{folder.name}-{digest[:12]}"
    manifest["artefacts"] = {n: hashlib.sha256(b).hexdigest() for n, b in files.items()}
    files["manifest.json"] = _json_bytes(manifest)
    with writing(folder):
        new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        with writing(folder):
            for name, data in files.items():
                (new / name).write_bytes(data)
        new.chmod(0o755)
        _replace_folder(new, folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    return replace(model, manifest=manifest)


def _replace_folder(new: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}") if folder.exists() else None
    swap_folders(new, folder, old)
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)


def _json_bytes(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()
