"""Train again as a manifest says, and tell whether the same model results."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.console import Console
from pipeline.cli.environment import find_model
from pipeline.cli.inputs import TrainingInputs, shipped_instead
from pipeline.cli.reproduced import report_again
from pipeline.cli.train import train_files
from pipeline.errors import InputError, ModelError, listed
from pipeline.models import Model, checked, load_model, trained_with
from pipeline.settings import TrainingConfig
from pipeline.tables import records

_INPUTS = {
    "labels": ("コード付き意見", "the coded opinions"),
    "codebook": ("コードブック", "the codebook"),
    "bank": ("例文集", "the example bank"),
    "paraphrases": ("言い換え", "the paraphrases"),
    "terms": ("用語の一覧", "the list of terms"),
}
# What a bank of another plan gives depends on the table of what is carried over, too.
_CARRIED = ("引き継いだ例文", "the example utterances carried over")
_PAIRS = ("引き継ぎの対応表", "the table of what is carried over")
# Opinions that are named when labels changed; one line each.
_SHOWN = 10


def run_reproduce(
    console: Console,
    folder: Path,
    labels: Sequence[Path] | None,
    codebook: Path | None,
    bank: Path | None = None,
) -> int:
    """Train again from the manifest; print equal or what differs; return the exit code."""
    folder = find_model(folder).resolve()
    old = load_model(folder)
    for name, digest in old.manifest["artefacts"].items():  # the pictures, too, which loading passes over
        checked(folder / name, digest)
    found = _inputs(folder, old.manifest, labels, codebook, bank)
    new, _ = train_files(console, found, _config(folder, old.manifest))
    changed = [
        name
        for name in _INPUTS
        if new.manifest.get(name, {}).get("sha256") != old.manifest.get(name, {}).get("sha256")
    ]
    if changed:
        return _report_inputs(console, new, old, changed, found)
    return report_again(console, folder, old, new)


def _report_inputs(
    console: Console, new: Model, old: Model, changed: Sequence[str], found: TrainingInputs
) -> int:
    """Say which inputs are not those of the training, as far as the model knows them; return the exit code."""
    names = {**_INPUTS, **({"bank": _CARRIED} if found.pairs else {})}
    (ja, _), (_, en) = (listed(names[n][k] for n in changed) for k in (0, 1))
    console.say(f"異なる: 入力が変わっています({ja})。", f"differs: inputs changed ({en})")
    files = dict(found.single_files())
    for name in changed:
        places = [(_INPUTS[name], p) for p in (found.labels if name == "labels" else (files[name],))]
        places += [(_PAIRS, found.pairs)] if name == "bank" and found.pairs else []
        for (kind_ja, kind_en), path in places or [(_INPUTS[name], None)]:
            console.say(f"  {kind_ja}: {path or 'なし'}", f"  {kind_en}: {path or 'none'}")
    if "labels" in changed:
        _report_labels(console, new, old)
    return 1


def _report_labels(console: Console, new: Model, old: Model) -> None:
    """Name the opinions that are coded otherwise than when the model was trained: it keeps those it learned from."""
    then, now = (
        dict.fromkeys((r["opinion_id"], r["text"], r["code"], r["label_source"]) for r in records(m.opinions))
        for m in (old, new)
    )
    gone, come = [k for k in then if k not in now], [k for k in now if k not in then]
    for keys, ja, en in ((gone, "学習時だけ", "in training only"), (come, "今だけ", "now only")):
        console.say(f"  {ja}: {len(keys):,}件", f"  {en}: {len(keys):,}")
        for key in keys[:_SHOWN]:
            console.say(*[f"    {key[0]} {key[2]} 「{key[1]}」"] * 2)
    if not gone and not come:
        console.say(
            "  意見・コード・決め方は同じです(担当者、日付、出典などの列が違います)。",
            "  opinions, codes and label sources are the same (other columns differ: coder, date, source, ...)",
        )


def _inputs(
    folder: Path,
    manifest: Mapping[str, Any],
    labels: Sequence[Path] | None,
    codebook: Path | None,
    bank: Path | None,
) -> TrainingInputs:
    """Return the files that a model was trained on, those that moved as they are named now."""
    stored = manifest.get("inputs")
    if not isinstance(stored, dict) or not _are_paths(stored):
        raise ModelError(
            "このモデルには、学習に使ったファイルの記録がありません(`iken train` で作ったモデルだけを再現できます)。",
            "this model does not tell what it was trained on; only models that `iken train` made can be reproduced",
            file=str(folder),
        )

    def at(name: str) -> Path | None:
        return Path(os.path.normpath(folder / stored[name])) if stored.get(name) else None

    given = [Path(os.path.normpath(folder / p)) for p in stored["labels"]]
    plan, authored = codebook or at("codebook") or folder, bank or shipped_instead(at("bank"))
    found = TrainingInputs(
        tuple(labels or given),
        plan,
        authored,
        shipped_instead(at("bank_codebook")),
        _found_beside(at("pairs"), plan),
        # Not ours in the place of another plan's; a bank that was carried over stands beside ours.
        _found_beside(at("paraphrases"), plan, None if at("bank_codebook") else authored),
        shipped_instead(_found_beside(at("terms"), plan)),
        # A file may have another name now; what says of itself no source came from its name then.
        tuple(p.name for p in given) if len(labels or given) == len(given) else (),
    )
    options: dict[Path | None, str] = {
        **dict.fromkeys(found.labels, "--labels"),
        found.codebook: "--codebook",
        found.bank: "--bank",
    }
    for path in (*found.labels, *(p for _, p in found.single_files() if p)):
        if not path.is_file():
            option = options.get(path)
            raise ModelError(
                "学習に使ったファイルが見つかりません。"
                + (
                    f"移動したのなら {option} で場所を指定してください。"
                    if option
                    else "元の場所に戻してください。"
                ),
                "a file the model was trained on is missing; "
                + (f"if it moved, say where it is with {option}" if option else "put it back where it was"),
                file=str(path),
            )
    return found


def _are_paths(stored: Mapping[str, Any]) -> bool:
    labels = stored.get("labels")
    single = (v for n, v in stored.items() if n != "labels")
    return isinstance(labels, list) and all(isinstance(p, str) for p in (*labels, *single))


def _found_beside(path: Path | None, *moved: Path | None) -> Path | None:
    """Return a file where it was, or else where `iken train` would find it now: beside one that may have moved."""
    places = [path, *(m.with_name(path.name) for m in moved if m)] if path else []
    return next((p for p in places if p.is_file()), path)


def _config(folder: Path, manifest: Mapping[str, Any]) -> TrainingConfig:
    try:
        return TrainingConfig.from_values(manifest["config"])
    except InputError:
        ja, en = trained_with(manifest)
        raise ModelError(
            f"このモデルの設定を、この版の iken は知りません。学習したときの版({ja})で再現してください。",
            f"this version of iken does not know the settings of this model; use the version it was trained with ({en})",
            file=str(folder),
        ) from None
