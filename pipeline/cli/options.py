"""Options and arguments that several commands have: the same words and the same default wherever they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pipeline.cli.console import Console

DEFAULT_CODEBOOK = Path("data/codebook/codebook.csv")
DEFAULT_MODEL = Path("models/default")


def survey_argument(console: Console) -> Any:
    """Return the file of comments."""
    kinds = ".csv .tsv .xlsx .xlsm .jsonl .parquet"
    return typer.Argument(metavar="INPUT", help=console.t(f"調査の表({kinds})", f"survey table ({kinds})"))


def codebook_option(console: Console) -> Any:
    """Return `--codebook`."""
    return typer.Option(help=console.t("コードブック", "codebook"))


def model_option(console: Console) -> Any:
    """Return `--model`."""
    return typer.Option(help=console.t("モデルのフォルダまたは名前", "model folder or name"))


def text_column_option(console: Console) -> Any:
    """Return `--text-column`."""
    return typer.Option(
        help=console.t("コメントの列(省略時は列名から推定)", "column of the comment (guessed by its name)")
    )


def id_column_option(console: Console) -> Any:
    """Return `--id-column`."""
    return typer.Option(
        help=console.t(
            "IDの列(省略時は opinion_id 列、なければ行番号)",
            "column of the id (default: opinion_id, else the row number)",
        )
    )


def sheet_option(console: Console) -> Any:
    """Return `--sheet`."""
    return typer.Option(help=console.t("Excelのシート名", "sheet of an Excel file"))


def seed_option(console: Console) -> Any:
    """Return `--seed` of intervals."""
    return typer.Option(help=console.t("信頼区間の乱数の種", "seed of the intervals"))
