"""`iken train`, and training from files for `iken reproduce`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from pipeline.cli.card import model_card, model_pictures
from pipeline.cli.console import Console
from pipeline.cli.environment import environment
from pipeline.cli.figures import print_metrics, print_promise
from pipeline.cli.inputs import (
    TrainingInputs,
    find_inputs,
    labels_beside,
    read_bank,
    read_codebook,
    read_labels,
    read_paraphrases,
    read_term_list,
    say_unsure_plan,
)
from pipeline.cli.source_notes import say_reasons, say_sheets
from pipeline.errors import InputError, counted
from pipeline.model_writing import check_model_folder, save_model
from pipeline.models import Model
from pipeline.settings import TrainingConfig
from pipeline.tables import SET_ASIDE
from pipeline.training import train


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
    say_unsure_plan(console, inputs, model.codebook)
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
        console.warn(f"使わなかった行: {len(aside):,}", f"rows set aside: {len(aside):,}")
        say_reasons(console, aside)  # of all: there may be hundreds of one kind before the first of another
        columns = list(SET_ASIDE.columns)
        console.table("", columns, aside[columns].head(20).values.tolist())
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
    say_sheets(
        console, *inputs.labels, inputs.codebook, inputs.bank, inputs.bank_codebook, inputs.paraphrases
    )
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
    paraphrases = read_paraphrases(inputs, codebook, labels)
    terms = read_term_list(inputs)
    with console.status("学習中", "training") as progress:
        # Without the cache of vectors: what is shown as reproduced must have been computed.
        return train(
            labels,
            codebook,
            config,
            bank=bank,
            paraphrases=paraphrases,
            terms=terms,
            progress=progress,
        )


def _from_folder(path: Path, folder: Path) -> str:
    """Return `path` as seen from the model folder, so that both can move together; POSIX separators."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive on Windows
        return path.resolve().as_posix()
