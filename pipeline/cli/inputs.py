"""Which files a training run reads: labels, codebook, example bank, and what is carried over to another plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.carry_over import PAIRS, carry_over, propose_pairs
from pipeline.cli.console import Console
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.tableio import read_table, write_table
from pipeline.tables import AUTHORED

SHIPPED = Path("data/codebook")
BANK_NAME = "example_utterances.csv"
PAIRS_NAME = "carry_over.csv"


@dataclass(frozen=True)
class TrainingInputs:
    """Files of a training run. With `pairs`, the bank was written for the plan `bank_codebook`."""

    labels: tuple[Path, ...]
    codebook: Path
    bank: Path | None = None
    bank_codebook: Path | None = None
    pairs: Path | None = None

    def single_files(self) -> list[tuple[str, Path | None]]:
        """Return name and path of all but the labels."""
        return [(n, getattr(self, n)) for n in ("codebook", "bank", "bank_codebook", "pairs")]


def find_inputs(
    labels: Sequence[Path] | None, codebook: Path, bank: Path | None, *, no_bank: bool
) -> TrainingInputs:
    """Return the files that a training run reads.

    Labels default to data/labels for the shipped codebook, and to none for another plan (cold start). The
    bank is the one given, else the one beside the codebook, else the shipped one, carried over.
    """
    shipped = codebook.resolve() == (SHIPPED / "codebook.csv").resolve()
    if labels is None:
        labels = sorted(Path("data/labels").glob("*.csv")) if shipped else []
    if shipped and not labels:
        raise InputError(
            "コード付き意見がありません。--labels で指定するか、`iken ingest` で作ってください。",
            "there are no coded opinions; give --labels or make them with `iken ingest`",
            file="data/labels",
        )
    files = TrainingInputs(tuple(labels), codebook)
    beside = codebook.parent / BANK_NAME
    if no_bank:
        return files
    if bank is not None or beside.is_file():
        return TrainingInputs(files.labels, codebook, bank or beside)
    ours = (SHIPPED / BANK_NAME, SHIPPED / "codebook.csv")
    if all(p.is_file() for p in ours):
        return TrainingInputs(files.labels, codebook, *ours, codebook.parent / PAIRS_NAME)
    return files


def read_bank(console: Console, inputs: TrainingInputs, codebook: Codebook) -> pd.DataFrame | None:
    """Read the example bank; carry it over to another plan by the table of pairs, which is made if absent."""
    if inputs.bank is None:
        return None
    bank = AUTHORED.check(read_table(inputs.bank), str(inputs.bank))
    if inputs.pairs is None or inputs.bank_codebook is None:
        return bank
    old = Codebook.from_table(read_table(inputs.bank_codebook), str(inputs.bank_codebook))
    if not inputs.pairs.is_file():
        write_table(propose_pairs(old, codebook), inputs.pairs)
    pairs = PAIRS.check(read_table(inputs.pairs), str(inputs.pairs))
    console.table(
        console.t(
            f"例文を引き継ぐ項目(use の欄を直せます: {inputs.pairs})",
            f"items whose example utterances are carried over (edit the column use: {inputs.pairs})",
        ),
        list(PAIRS.columns),
        pairs[list(PAIRS.columns)].values.tolist(),
    )
    return carry_over(bank, pairs, codebook, str(inputs.pairs))
