"""Train again as a manifest says, and tell whether the same model results."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.card import model_card
from pipeline.cli.console import Console
from pipeline.cli.environment import environment_differences, find_model
from pipeline.cli.inputs import TrainingInputs, shipped_instead
from pipeline.cli.train import train_files
from pipeline.errors import ModelError, listed
from pipeline.model_writing import save_model
from pipeline.models import ARTEFACTS, Model, checked, load_model, trained_with
from pipeline.settings import TrainingConfig
from pipeline.tables import records
from pipeline.training import compare_models

# Another kind of processor rounds other last bits; less than this no reader of a confidence can see.
_SAME_CONFIDENCE = 1e-4
_INPUTS = {
    "labels": ("コード付き意見", "the coded opinions"),
    "codebook": ("コードブック", "the codebook"),
    "bank": ("例文集", "the example bank"),
    "paraphrases": ("言い換え", "the paraphrases"),
    "terms": ("用語の一覧", "the list of terms"),
}
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
    with tempfile.TemporaryDirectory() as temporary:
        # A model that was renamed since, by `iken promote` for one, keeps the id it was trained under.
        again = Path(temporary) / old.model_id.rsplit("-", 1)[0]
        save_model(new, again, model_card(new))
        differing = [n for n in ARTEFACTS if (again / n).read_bytes() != (folder / n).read_bytes()]
    learned = json.loads(json.dumps(dict(new.manifest)))
    untrue = sorted(k for k, v in learned.items() if old.manifest.get(k) != v)
    if not differing and untrue:
        ja, en = listed(untrue)
        console.say(
            f"異なる: モデルは同じですが、manifest.json の記録({ja})が、学習し直したものと違います。",
            f"differs: the model is the same, but what manifest.json records ({en}) is not what training again gives",
        )
        return 1
    if not differing:
        console.say(
            f"一致: {old.model_id} をビット単位で再現しました。",
            f"equal: {old.model_id} reproduced bit for bit",
        )
        return 0
    return _report_difference(console, new, old, differing)


def _report_inputs(
    console: Console, new: Model, old: Model, changed: Sequence[str], found: TrainingInputs
) -> int:
    """Say which inputs are not those of the training, as far as the model knows them; return the exit code."""
    (ja, _), (_, en) = (listed(_INPUTS[n][k] for n in changed) for k in (0, 1))
    console.say(f"異なる: 入力が変わっています({ja})。", f"differs: inputs changed ({en})")
    files = dict(found.single_files())
    for name in changed:
        paths = found.labels if name == "labels" else (files[name],)
        for path in paths or (None,):
            console.say(f"  {_INPUTS[name][0]}: {path or 'なし'}", f"  {_INPUTS[name][1]}: {path or 'none'}")
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
    if not isinstance(stored, dict) or not isinstance(stored.get("labels"), list):
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
        at("pairs"),
        # Not ours in the place of another plan's; a bank that was carried over stands beside ours.
        _found_beside(at("paraphrases"), plan, None if at("bank_codebook") else authored),
        shipped_instead(at("terms")),
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


def _found_beside(path: Path | None, *moved: Path | None) -> Path | None:
    """Return a file where it was, or else where `iken train` would find it now: beside one that may have moved."""
    places = [path, *(m.with_name(path.name) for m in moved if m)] if path else []
    return next((p for p in places if p.is_file()), path)


def _config(folder: Path, manifest: Mapping[str, Any]) -> TrainingConfig:
    try:
        return TrainingConfig(**manifest["config"])
    except TypeError:
        ja, en = trained_with(manifest)
        raise ModelError(
            f"このモデルの設定を、この版の iken は知りません。学習したときの版({ja})で再現してください。",
            f"this version of iken does not know the settings of this model; use the version it was trained with ({en})",
            file=str(folder),
        ) from None


def _report_difference(console: Console, new: Model, old: Model, files: Sequence[str]) -> int:
    difference = compare_models(new, old)
    console.say(
        f"バイトが異なるファイル: {', '.join(files)}", f"files whose bytes differ: {', '.join(files)}"
    )
    for name, then, now in environment_differences(old.manifest):
        console.say(
            f"環境: {name} が学習時と異なります(学習時 {then}、今 {now or '不明'})"
            if then
            else f"環境: {name} は学習時の記録がありません(今 {now or '不明'})",
            f"environment: {name} is not what it was in training (then {then}, now {now or 'unknown'})"
            if then
            else f"environment: {name} was not recorded in training (now {now or 'unknown'})",
        )
    console.say(
        f"第1候補が変わる意見: {difference['changed']}件、確信度の差の最大: {difference['confidence']:.2e}",
        f"opinions whose first suggestion changed: {difference['changed']}; "
        f"greatest difference of a confidence: {difference['confidence']:.2e}",
    )
    for name, value in difference["metrics"].items():
        console.say(f"指標 {name}: 差 {value:+.2e}", f"metric {name}: difference {value:+.2e}")
    same = not difference["changed"] and difference["confidence"] < _SAME_CONFIDENCE
    if same and all(abs(v) < _SAME_CONFIDENCE for v in difference["metrics"].values()):
        console.say(
            "一致(提案と指標は同じ。末尾の桁のみ異なります)。",
            "equal in suggestions and metrics (only last digits differ)",
        )
        return 0
    console.say("異なる。", "differs")
    return 1
