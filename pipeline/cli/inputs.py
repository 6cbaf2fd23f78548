"""Which files a training run reads: labels, codebook, example bank, and what is carried over to another plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pandas as pd

from pipeline.authored import gather_authored
from pipeline.carry_over import PAIRS, carry_over, propose_pairs
from pipeline.cli.console import Console
from pipeline.cli.environment import at_hand
from pipeline.codebook import Codebook
from pipeline.decision_checks import refuse_decisions
from pipeline.errors import InputError, Language
from pipeline.labels import check_ids, prepare_labels
from pipeline.paraphrases import match_paraphrases
from pipeline.review_form import COLUMNS, MUST_COME_BACK
from pipeline.tableio import read_table, write_table
from pipeline.tables import AUTHORED, CODE_TITLE, LABELS, PARAPHRASES, Schema, suggestions_form
from pipeline.terms import read_terms

SHIPPED = Path("data/codebook")
BANK_NAME = "example_utterances.csv"
PAIRS_NAME = "carry_over.csv"
PARAPHRASES_NAME = "paraphrases.csv"
TERMS_NAME = "terms.txt"


@dataclass(frozen=True)
class TrainingInputs:
    """Files of a training run. With `pairs`, the bank was written for the plan `bank_codebook`.

    label_names : what the files of labels were called when first read; their names now if empty
    """

    labels: tuple[Path, ...]
    codebook: Path
    bank: Path | None = None
    bank_codebook: Path | None = None
    pairs: Path | None = None
    paraphrases: Path | None = None
    terms: Path | None = None
    label_names: tuple[str, ...] = ()

    def single_files(self) -> list[tuple[str, Path | None]]:
        """Return name and path of all but the labels."""
        names = ("codebook", "bank", "bank_codebook", "pairs", "paraphrases", "terms")
        return [(n, getattr(self, n)) for n in names]


def read_codebook(path: Path) -> Codebook:
    """Read a codebook file; raise `InputError` naming file and row."""
    return Codebook.from_table(read_table(path), str(path))


def read_plan(console: Console, path: Path) -> Codebook:
    """Read the codebook that decided codes are of: in a folder without a plan of its own, the shipped one.

    The shipped model is found there too.
    """
    found = path
    if path == SHIPPED / "codebook.csv" and not SHIPPED.is_dir() and (found := at_hand(path)) != path:
        console.warn(
            "付属のコードブック(鎌倉市の計画)を使います。別の計画なら --codebook で指定してください。",
            "using the codebook that came with iken (Kamakura's plan); name another plan's with --codebook",
        )
    return read_codebook(found)


def refuse_earlier_stages(columns: Iterable[object], path: Path, *wanted: Schema) -> None:
    """Raise `InputError` for a table that is not yet one of `wanted`, saying which command makes that of it."""
    names = {str(c) for c in columns}
    if any(names.issuperset(schema.required) for schema in wanted):
        return  # labels keep the columns of what they were made of
    refuse_forms(names, path)
    if suggestions_form(names):
        raise InputError(
            "`iken suggest` が書いた提案の表です。`iken review sheet` か `iken review open` で確かめてください"
            "(確定コードを記入したものは `iken ingest` でコード付き意見になります)。",
            "these are suggestions of `iken suggest`; have them decided with `iken review sheet` or `iken review open` "
            "(with final_code filled in, `iken ingest` makes coded opinions of them)",
            file=str(path),
        )


def refuse_forms(columns: Iterable[object], path: Path) -> None:
    """Raise `InputError` for a form of `iken review sheet`: in it a code is empty where a suggestion was accepted."""
    names = {str(c) for c in columns}
    if any({COLUMNS[c][language] for c in MUST_COME_BACK} <= names for language in get_args(Language)):
        raise InputError(
            "`iken review sheet` が作った確認シートです。先に `iken review collect` で判定の表に集めてください。",
            "this is a form made by `iken review sheet`; first gather decisions with `iken review collect`",
            file=str(path),
        )


def read_labels(paths: Sequence[Path], codebook: Codebook, names: Sequence[str] = ()) -> pd.DataFrame:
    """Read LABELS files as one table; what says of itself no source comes from its file.

    Parameters
    ----------
    names : what the files are called as a source; their own names if empty

    Raises
    ------
    InputError
        for a code that is not in the codebook, or an id of two opinions, naming the file and its row; for labels
        of another plan, by their titles or by the codebook beside them, as `iken ingest` writes them.
    """
    tables: dict[str | None, pd.DataFrame] = {}
    for path, name in zip(paths, names or [p.name for p in paths], strict=True):
        given = read_table(path)
        refuse_earlier_stages(given.columns, path, LABELS)
        refuse_decisions(given.columns, str(path))
        table = LABELS.check(given, str(path))
        codebook.check_coded(table, str(path))
        _check_plan(table, path, codebook)
        prepare_labels(table, codebook, str(path))  # one by one: here a message can name file and row
        own = table["source"].mask(table["source"].str.strip() == "", name)
        tables[str(path)] = table.assign(source=own).drop(columns=CODE_TITLE, errors="ignore")
    check_ids(tables)
    return pd.concat([LABELS.empty(), *tables.values()], ignore_index=True).fillna("")


def _check_plan(labels: pd.DataFrame, path: Path, codebook: Codebook) -> None:
    """Raise `InputError` for labels that were coded by the codebook beside them, if that is of another plan."""
    if other := _coded_by(labels, _beside(path)):
        codebook.check_titles(((n.code, n.title) for n in other), str(path))


def _beside(labels: Path) -> Path:
    """Return where `iken ingest` writes the codebook of these labels."""
    return labels.resolve().parent.parent / "codebook" / "codebook.csv"


def _coded_by(labels: pd.DataFrame, path: Path) -> Codebook | None:
    """Return a codebook, if it is there and these labels were coded by it."""
    try:
        found = read_codebook(path) if path.is_file() else None
    except InputError:  # not what was asked about
        return None
    return found if found is not None and found.sha256 in set(labels["codebook_sha256"]) else None


def say_unsure_plan(console: Console, inputs: TrainingInputs, codebook: Codebook) -> None:
    """Warn of labels that another codebook was used for, where nothing tells whether it is of the same plan.

    They have no titles (`CODE_TITLE`) and are away from their codebook. Those beside the codebook that is learned are
    passed over: every better definition makes it another one.
    """
    for path in inputs.labels:
        table = LABELS.check(read_table(path), str(path))
        used, titles = set(table["codebook_sha256"]) - {""}, "".join(table.get(CODE_TITLE, []))
        if not used or codebook.sha256 in used or titles.strip():
            continue
        if _beside(path) != inputs.codebook.resolve() and _coded_by(table, _beside(path)) is None:
            console.warn(
                f"{path.name}: 今とは違うコードブックで付けたラベルです。コードの名前(code_title の列)がなく、そのコードブックも"
                "隣にないので、同じ計画のものか確かめられません。説明を直しただけなら、このままで構いません。"
                "前の計画のものなら、`iken crosswalk` で引き継いでから学習してください。",
                f"{path.name}: labels given by another codebook than this. They have no titles (column code_title) and "
                "their codebook is not beside them, so nothing tells whether they are of the same plan. If only "
                "definitions were reworded, all is well; if they are of an earlier plan, first carry them over with "
                "`iken crosswalk`",
            )


def find_inputs(
    labels: Sequence[Path] | None, codebook: Path, bank: Path | None, *, no_bank: bool
) -> TrainingInputs:
    """Return the files that a training run reads.

    Labels default to data/labels for the shipped codebook, and to none for another plan (cold start). The
    bank is the one given, else the one beside the codebook, else the shipped one, carried over. Paraphrases are
    those beside the codebook, else those beside a bank that was not carried over. The terms are those beside the
    codebook, else the shipped ones.
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
    ours = _with_a_bank()
    terms = next((p for p in (codebook.parent / TERMS_NAME, ours / TERMS_NAME) if p.is_file()), None)
    files = TrainingInputs(tuple(labels), codebook, terms=terms)
    beside = codebook.parent / BANK_NAME
    if no_bank and bank is not None:
        raise InputError(
            "--bank と --no-bank は同時に使えません。",
            "--bank and --no-bank exclude each other",
            file=str(bank),
        )
    if no_bank:
        return files
    bank = bank or (beside if beside.is_file() else None)
    folders = (codebook.parent, *([bank.parent] if bank else []))
    paraphrases = next((f / PARAPHRASES_NAME for f in folders if (f / PARAPHRASES_NAME).is_file()), None)
    files = replace(files, bank=bank, paraphrases=paraphrases)
    if bank is None and (ours / BANK_NAME).is_file():
        pairs = codebook.parent / PAIRS_NAME
        return replace(files, bank=ours / BANK_NAME, bank_codebook=ours / "codebook.csv", pairs=pairs)
    return files


def labels_beside(codebook: Path) -> list[Path]:
    """Return the labels in the folder that `iken ingest` wrote a codebook to, and `iken adjudicate` may have added to."""
    folder = codebook.parent.parent if codebook.resolve().parent.name == "codebook" else None
    return sorted((folder / "labels").glob("*.csv")) if folder else []


def _with_a_bank() -> Path:
    """Return the folder of the shipped codebook and its bank: here, else where iken was installed from.

    A codebook without a bank in a folder of that name is another plan's, for which the bank was not written.
    """
    return SHIPPED if (SHIPPED / BANK_NAME).is_file() else at_hand(SHIPPED / BANK_NAME).parent


def shipped_instead(path: Path | None) -> Path | None:
    """Return a file that came with iken where it is now, if a model folder that names it has moved.

    A file of another folder is somebody's own, whatever its name: the shipped one is none of what it was trained on.
    """
    if path is None or path.is_file() or path.parent.parts[-2:] != SHIPPED.parts:
        return path
    now = at_hand(SHIPPED / path.name)
    return now if now.is_file() else path


def read_term_list(inputs: TrainingInputs) -> dict[str, str]:
    """Read the list of terms (UTF-8 or CP932); empty without one."""
    if inputs.terms is None:
        return {}
    try:
        content = inputs.terms.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("cp932")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"用語の一覧を読めません({error})。", f"cannot read the terms ({error})", file=str(inputs.terms)
        ) from error
    return read_terms(text, str(inputs.terms))


def read_paraphrases(inputs: TrainingInputs, codebook: Codebook, labels: pd.DataFrame) -> pd.DataFrame | None:
    """Read the paraphrases of coded opinions; raise `InputError` naming file and row."""
    if inputs.paraphrases is None:
        return None
    file = str(inputs.paraphrases)
    table = PARAPHRASES.check(read_table(inputs.paraphrases), file)
    match_paraphrases(table, labels, codebook, file)  # here a message can name file and row
    return table


def read_bank(console: Console, inputs: TrainingInputs, codebook: Codebook) -> pd.DataFrame | None:
    """Read the example bank; carry it over to another plan by the table of pairs, which is made if absent."""
    if inputs.bank is None:
        return None
    table = read_table(inputs.bank)
    if "code" not in table.columns:
        raise InputError(
            "例文集に列「code」がありません。項目のコードを入れてください(どの項目でもない例文は空欄)。",
            "the example bank has no column 'code'; give each text its item's code (empty for no item)",
            file=str(inputs.bank),
        )
    bank = AUTHORED.check(table, str(inputs.bank))
    if inputs.pairs is None or inputs.bank_codebook is None:
        gather_authored(codebook, bank, str(inputs.bank))  # here a message can name file and row
        return bank
    old = read_codebook(inputs.bank_codebook)
    gather_authored(old, bank, str(inputs.bank))
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
    carried = carry_over(bank, pairs, old, codebook, str(inputs.pairs))
    if not (carried["code"] != "").any():
        console.warn(
            "例文を引き継げる項目がありません。題名・説明とコード付き意見だけから学びます。",
            "no item's example utterances can be carried over; titles, definitions and coded opinions must do",
        )
    return carried
