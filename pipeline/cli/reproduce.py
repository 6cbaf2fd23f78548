"""Train again as a manifest says, and tell whether the same model results."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.cli.card import model_card
from pipeline.cli.console import Console
from pipeline.cli.environment import environment, find_model
from pipeline.cli.inputs import TrainingInputs, shipped_instead
from pipeline.cli.train import train_files
from pipeline.errors import ModelError
from pipeline.model_writing import save_model
from pipeline.models import Model, load_model
from pipeline.settings import TrainingConfig
from pipeline.training import compare_models

# Another kind of processor rounds other last bits; less than this no reader of a confidence can see.
_SAME_CONFIDENCE = 1e-4
_ARTEFACTS = ("model.skops", "metrics.json", "MODEL_CARD.md")


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
    found = _inputs(folder, old.manifest, labels, codebook, bank)
    new, _ = train_files(console, found, _config(folder, old.manifest))
    changed = [
        name
        for name in ("labels", "codebook", "bank", "terms")
        if new.manifest.get(name, {}).get("sha256") != old.manifest.get(name, {}).get("sha256")
    ]
    if changed:
        console.say(
            f"異なる: 入力が変わっています({'、'.join(changed)})。",
            f"differs: inputs changed ({', '.join(changed)})",
        )
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        # A model that was renamed since, by `iken promote` for one, keeps the id it was trained under.
        again = Path(temporary) / old.model_id.rsplit("-", 1)[0]
        save_model(new, again, model_card(new))
        differing = [n for n in _ARTEFACTS if (again / n).read_bytes() != (folder / n).read_bytes()]
    if not differing:
        console.say(
            f"一致: {old.model_id} をビット単位で再現しました。",
            f"equal: {old.model_id} reproduced bit for bit",
        )
        return 0
    return _report_difference(console, new, old, differing)


def _inputs(
    folder: Path,
    manifest: Mapping[str, Any],
    labels: Sequence[Path] | None,
    codebook: Path | None,
    bank: Path | None,
) -> TrainingInputs:
    """Return the files that a model was trained on, those that moved as they are named now."""
    if "inputs" not in manifest:
        raise ModelError(
            "このモデルには、学習に使ったファイルの記録がありません(`iken train` で作ったモデルだけを再現できます)。",
            "this model does not tell what it was trained on; only models that `iken train` made can be reproduced",
            file=str(folder),
        )
    stored = manifest["inputs"]

    def at(name: str) -> Path | None:
        return Path(os.path.normpath(folder / stored[name])) if stored.get(name) else None

    given = [Path(os.path.normpath(folder / p)) for p in stored["labels"]]
    found = TrainingInputs(
        tuple(labels or given),
        codebook or at("codebook") or folder,
        bank or shipped_instead(at("bank")),
        shipped_instead(at("bank_codebook")),
        at("pairs"),
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


def _config(folder: Path, manifest: Mapping[str, Any]) -> TrainingConfig:
    try:
        return TrainingConfig(**manifest["config"])
    except TypeError:
        raise ModelError(
            "このモデルの設定を、この版の iken は知りません。学習したときの版で再現してください。",
            "this version of iken does not know the settings of this model; use the version it was trained with",
            file=str(folder),
        ) from None


def _report_difference(console: Console, new: Model, old: Model, files: Sequence[str]) -> int:
    difference = compare_models(new, old)
    console.say(
        f"バイトが異なるファイル: {', '.join(files)}", f"files whose bytes differ: {', '.join(files)}"
    )
    for name, value in environment().items():
        if old.manifest.get(name) != value:
            console.say(
                f"環境: {name} が学習時と異なります", f"environment: {name} is not what it was in training"
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
