"""Make a trained model the default one, keeping the former beside it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import InputError, ModelError
from pipeline.models import load_model, read_manifest
from pipeline.placing import swap_folders


def promote(folder: Path, default: Path) -> Path | None:
    """Rename the model folder `folder` to `default`, and the former default to default-<its model_id>.

    Both lie in one folder, so that each step is one rename and the paths in the manifest stay true. If the
    second rename fails, the first is undone.

    Returns
    -------
    where the former default is kept; None if there was none

    Raises
    ------
    ModelError
        if `folder` is no whole model.
    InputError
        if it is the default already, lies in another folder, or cannot be renamed.
    """
    load_model(folder)  # never put in place what could not be used
    if default.exists() and folder.resolve() == default.resolve():
        raise InputError("既に既定のモデルです。", "this is the default model already", file=str(folder))
    if folder.is_symlink() or folder.resolve().parent != default.resolve().parent:
        raise InputError(
            f"{default.parent} の中のモデルを指定してください(名前を変えるだけで入れ替えるため)。",
            f"name a model in {default.parent}: it takes its place by being renamed",
            file=str(folder),
        )
    kept = _free_name(default) if default.exists() else None
    swap_folders(folder, default, kept)
    return kept


def _free_name(default: Path) -> Path:
    """Return where the former default goes: default-<model_id>, or the date if it has no manifest to tell."""
    try:
        name = str(read_manifest(default)["model_id"])
    except (ModelError, KeyError):
        name = datetime.now(UTC).strftime("%Y%m%d")
    start = name if name.startswith(f"{default.name}-") else f"{default.name}-{name}"
    kept, number = default.with_name(start), 1
    while kept.exists():
        number += 1
        kept = default.with_name(f"{start}-{number}")
    return kept
