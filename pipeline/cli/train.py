"""`iken train` and `iken evaluate`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.abstention import accuracy_at_tenths
from pipeline.baseline import LEAVE_ONE_OUT_LIMIT
from pipeline.cli.card import model_card, model_pictures, trust_pictures
from pipeline.cli.console import Console
from pipeline.cli.environment import environment, find_model
from pipeline.cli.inputs import (
    TrainingInputs,
    find_inputs,
    labels_beside,
    read_bank,
    read_codebook,
    read_labels,
    read_term_list,
)
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import say_sheets
from pipeline.errors import InputError, counted
from pipeline.evaluation import evaluate_model
from pipeline.labels import unique_ids
from pipeline.metrics import as_json
from pipeline.model_writing import check_model_folder, save_model
from pipeline.models import Model, load_model
from pipeline.placing import check_folder, make_folder, whole_file
from pipeline.settings import TrainingConfig
from pipeline.tableio import read_table
from pipeline.training import content_sha256, train

_NAMES = {
    "item@1": ("項目 1位", "item@1"),
    "item@3": ("項目 3位以内", "item@3"),
    "item@5": ("項目 5位以内", "item@5"),
    "mrr": ("平均逆順位", "mean reciprocal rank"),
    "log_loss": ("対数損失(小さいほど良い)", "log-loss (lower is better)"),
}
_CALIBRATION = {
    "ece": ("較正誤差、等幅10区間", "calibration error, 10 equal widths"),
    "ece_sweep": ("較正誤差、単調分割", "calibration error, monotonic sweep"),
    "ece_chance": ("同、完全に較正されていても出る大きさ", "the same if perfectly calibrated"),
}


def run_train(
    console: Console,
    labels: Sequence[Path] | None,
    codebook: Path,
    out: Path,
    config: Path | None,
    bank: Path | None,
    *,
    no_bank: bool,
    strict: bool,
) -> int:
    """Train, print the figures, write the model folder; return the exit code."""
    check_model_folder(out)
    inputs = find_inputs(labels, codebook, bank, no_bank=no_bank)
    if inputs.bank is None and not no_bank:
        console.warn(
            "例文集が見つからないので、題名・説明とコード付き意見だけから学びます(新しい話題に弱くなります)。--bank で指定できます。",
            "there is no example bank, so only titles, definitions and coded opinions are learned from "
            "(weaker on new topics); name one with --bank",
        )
    if labels is None and not inputs.labels and (beside := labels_beside(codebook)):
        files = " ".join(f"--labels {p}" for p in beside)
        console.warn(
            f"コード付き意見を使わずに学習します。コードブックの隣にあるものを使うなら、次を付けてください: {files}",
            f"training without coded opinions; to use those beside the codebook, add: {files}",
        )
    settings = _read_config(config)
    model, aside = train_files(console, inputs, settings)
    manifest = {
        **model.manifest,
        "inputs": {
            "labels": [_from_folder(p, out) for p in inputs.labels],
            **{name: _from_folder(p, out) if p else "" for name, p in inputs.single_files()},
        },
        **environment(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    model = replace(model, manifest=manifest)
    model = save_model(model, out, model_card(model), model_pictures(model))
    print_metrics(console, model.metrics)
    print_promise(console, model.metrics)
    console.say(f"モデル: {out} ({model.model_id})", f"model: {out} ({model.model_id})")
    if len(aside):
        console.warn(f"使わなかった行: {len(aside)}", f"rows set aside: {len(aside)}")
        console.table("", ["source", "location", "text", "reason"], aside.head(20).values.tolist())
    return 1 if strict and len(aside) else 0


def _read_config(config: Path | None) -> TrainingConfig:
    if config is None:
        return TrainingConfig()
    try:
        return TrainingConfig.from_toml(config.read_text("utf-8-sig"), str(config))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"設定を読めません({error})。", f"cannot read the settings ({error})", file=str(config)
        ) from error


def train_files(
    console: Console, inputs: TrainingInputs, config: TrainingConfig
) -> tuple[Model, pd.DataFrame]:
    """Train on files; return the model, without hashes of its own, and the rows set aside (see `training.train`)."""
    say_sheets(console, *inputs.labels, inputs.codebook, inputs.bank, inputs.bank_codebook)
    codebook = read_codebook(inputs.codebook)
    if codebook.depth == 1:  # a table of the plan with goals in columns of their own looks so, too
        console.warn(
            f"{inputs.codebook.name}: {len(codebook)}項目が1つの階層に並んだ計画として学習します。目標や施策があるなら、"
            "それぞれの行を加え、code(1、1-1、1-1-1 など)か parent の列で上下を示してください。",
            f"{inputs.codebook.name}: learning a plan of one level with {counted(len(codebook), 'item')}; if it has goals "
            "above them, give each a row, and say by code (1, 1-1, 1-1-1) or parent what lies below what",
        )
    labels = read_labels(inputs.labels, codebook, inputs.label_names)
    bank = read_bank(console, inputs, codebook)
    terms = read_term_list(inputs)
    with console.status("学習中", "training") as progress:
        # Without the cache of vectors: what is shown as reproduced must have been computed.
        return train(labels, codebook, config, bank=bank, terms=terms, progress=progress)


def _from_folder(path: Path, folder: Path) -> str:
    """Return `path` as seen from the model folder, so that both can move together; POSIX separators."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path.resolve().as_posix()


def print_metrics(console: Console, metrics: Mapping[str, Any], *, title: str | None = None) -> None:
    """Print the figures of model and baseline side by side; `title` if they are not of leave-one-out alone."""
    if "model" not in metrics:
        console.warn(
            "項目にコードされた意見がないため、精度は測れません。",
            "no opinion is coded to an item: nothing to measure",
        )
        return
    n = metrics["opinions"]
    of = counted(n, "opinion"), counted(metrics["items"], "item")
    if title is None:
        title = console.t("1件抜き交差検証", "leave-one-out")
        baseline = (
            console.t("。比較は10分割", "; the baseline in ten folds") if n > LEAVE_ONE_OUT_LIMIT else ""
        )
    else:
        baseline = ""
    title += console.t(
        f"({n}件、{metrics['items']}項目)。[ ] は95%信頼区間(「出る大きさ」では、その95%が入る範囲)",
        f" ({of[0]}, {of[1]}); [ ] is the 95 % interval (if perfectly calibrated: where 95 % of errors lie)",
    )
    title += baseline
    header = [
        console.t("指標", "metric"),
        console.t("モデル", "model"),
        console.t("比較: TF-IDF+LR", "baseline: TF-IDF+LR"),
    ]
    rows = [
        [metric_name(console, name), _interval(figure), _interval(metrics["baseline"][name])]
        for name, figure in metrics["model"].items()
    ]
    console.table(title, header, rows)


def print_promise(console: Console, metrics: Mapping[str, Any]) -> None:
    """Print how often suggestions at the target precision were made and right, on held-out opinions."""
    promise = metrics.get("promise")
    if not promise or not promise["suggested"]:
        return
    share, precision = promise["coverage"], promise["precision"]
    console.say(
        f"目標の適合率 {promise['target']:.0%}: {promise['opinions']}件中 {promise['suggested']}件"
        f"({share['value']:.0%})に提案し、適合率は {_interval(precision)}(しきい値もその意見を抜いて決定)",
        f"target precision {promise['target']:.0%}: suggested for {promise['suggested']} of "
        f"{promise['opinions']} ({share['value']:.0%}), precision {_interval(precision)} (thresholds nested)",
    )


def metric_name(console: Console, name: str) -> str:
    """Return a metric's name for people."""
    if name.startswith("level_"):
        k = name.removeprefix("level_")
        return console.t(f"第{k}階層の正解率", f"level {k} accuracy")
    kind, _, k = name.partition("_level_")
    if kind in _CALIBRATION:
        what, level = console.t(*_CALIBRATION[kind]), console.t("項目", "item")
        return f"{what}({console.t(f'第{k}階層', f'level {k}') if k else level})"
    return console.t(*_NAMES[name])


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


def run_evaluate(
    console: Console, labels: Path, folder: Path, json_path: Path | None, pictures: Path | None = None
) -> int:
    """Measure a model on a labelled file; return the exit code."""
    check_outputs([("--json", json_path)], [labels])
    if pictures is not None:
        check_folder(pictures, "--pictures")
    model = load_model(find_model(folder))
    say_sheets(console, labels)
    with console.status("評価中", "evaluating"):
        content, table = read_table(labels), read_labels([labels], model.codebook)
        result = evaluate_model(model, unique_ids(table), file=str(labels))
    figures = {
        "opinions": result.opinions,
        "items": len(model.classifier.classes_),
        "model": as_json(result.model),
        "baseline": as_json(result.baseline),
    }
    print_metrics(
        console, figures, title=console.t("人が付けたコードで測った精度", "judged by people's codes")
    )
    console.say(
        f"評価した意見 {result.opinions}件(うち学習済み {result.seen}件は1件抜きで評価)、対象外の行 {result.skipped}",
        f"{counted(result.opinions, 'opinion')} judged ({result.seen} known from training: by leave-one-out), "
        f"{counted(result.skipped, 'row')} not judged",
    )
    shown = result.items[result.items["n"] > 0]
    header = ["code", "title", "n", "hits", "confused_with", "confused_n"]
    console.table(
        console.t("項目別(最も多い取り違え)", "by item (most frequent confusion)"),
        header,
        shown.values.tolist(),
    )
    curve = accuracy_at_tenths(result.confidence, result.right)
    console.table(
        console.t(
            "自動で付ける割合と正解率(確信度の高い順)", "share coded against accuracy (most confident first)"
        ),
        [console.t("割合", "coverage"), console.t("正解率", "accuracy")],
        [[f"{share:.0%}", f"{accuracy:.1%}"] for share, accuracy in curve],
    )
    if pictures is not None:
        make_folder(pictures, "--pictures")
        for name, data in trust_pictures(result.confidence, result.right).items():
            with whole_file(pictures / name) as temporary:
                temporary.write_bytes(data)
        console.say(f"図: {pictures}", f"pictures: {pictures}")
    if json_path is not None:
        report = figures | {
            "risk_coverage": [list(point) for point in curve],
            "model_id": model.model_id,
            "labels": {"file": labels.name, "sha256": content_sha256(content)},
            "seen_in_training": result.seen,
            "rows_not_judged": result.skipped,
            "by_item": result.items.to_dict("records"),
        }
        make_folder(json_path.parent, "--json")
        with whole_file(json_path) as temporary:
            temporary.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return 0
