"""`iken crosswalk`: the table from an old codebook to a new one, and labels carried over by it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.carried_labels import carry_labels, old_labels
from pipeline.carry_over import USED
from pipeline.cli.console import Console
from pipeline.cli.inputs import read_codebook
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import say_reasons, say_sheets
from pipeline.codebook import Codebook
from pipeline.crosswalk import check_crosswalk, propose_crosswalk
from pipeline.errors import InputError, counted, listed
from pipeline.notation import folded_title
from pipeline.placing import make_folder, whole_files
from pipeline.tableio import TableWriter, check_ending, read_table
from pipeline.vectorcache import VectorCache

# Rows of an edited table that are named; one line each.
_SHOWN = 10


@dataclass(frozen=True)
class Request:
    """The options of `iken crosswalk`."""

    old: Path
    new: Path
    out: Path
    labels: Path | None = None
    out_labels: Path | None = None
    table: Path | None = None

    @property
    def aside(self) -> Path | None:
        """Where labels go that are not carried: labels.csv -> labels_set_aside.xlsx.

        No .csv: `iken train` reads all of those in data/labels, and these have codes of the old plan.
        """
        out = self.out_labels
        return out.with_name(f"{out.stem}_set_aside.xlsx") if out else None


def run(console: Console, request: Request) -> int:
    """Propose or apply a crosswalk; return the exit code: 1 if labels were set aside."""
    _check(request)
    say_sheets(console, request.old, request.new, request.labels, request.table)
    old, new = (read_codebook(p) for p in (request.old, request.new))
    labels = None
    if request.labels is not None:
        labels = old_labels(read_table(request.labels), old, str(request.labels), new)
    with console.status("対応を調べています", "matching items"), VectorCache() as cache:
        if request.table is not None:
            edited = read_table(request.table)
            table = check_crosswalk(edited, old, new, str(request.table))
            _say_other_titles(console, request.table, edited, table)
        else:
            table = propose_crosswalk(old, new, labels, cache)
            _keep_edits(request.out, table)
        results = None
        if labels is not None and request.out_labels is not None:
            results = carry_labels(labels, table, old, new, cache)
    _write(request, table, results)
    _say_table(console, request, table, old, new)
    return _say_labels(console, request, results) if results else 0


def _check(request: Request) -> None:
    if request.labels is None and request.out_labels is not None:
        raise InputError(
            "--out-labels は --labels と一緒に使います。",
            "--out-labels goes with --labels",
            file=str(request.out_labels),
        )
    labels = "--out-labels"
    outputs = (("--out", request.out), (labels, request.out_labels), (labels, request.aside))
    check_outputs(outputs, [request.old, request.new, request.labels, request.table])
    for _, path in outputs:
        if path is not None:
            check_ending(path)


def _keep_edits(out: Path, table: pd.DataFrame) -> None:
    """Raise `InputError` if `out` holds another table: a person may have worked in it."""
    if out.is_file() and not read_table(out).equals(table):
        raise InputError(
            "既に別の内容のファイルがあります。人が直した対応表なら --table で指定し、--out は別の名前にしてください。",
            "there is another file already; if it is an edited table, give it with --table and --out another name",
            file=str(out),
        )


def _write(request: Request, table: pd.DataFrame, results: tuple[pd.DataFrame, pd.DataFrame] | None) -> None:
    """Write all files or, after an error, none."""
    files: list[tuple[Path, pd.DataFrame]] = [(request.out, table)]
    if results is not None and request.out_labels is not None and request.aside is not None:
        # Without rows too: what an earlier run set aside must not stay there.
        files += [(request.out_labels, results[0]), (request.aside, results[1])]
    for path, _ in files:
        make_folder(path.parent)
    with whole_files([path for path, _ in files]) as temporaries:
        for (path, frame), temporary in zip(files, temporaries, strict=True):
            choices = {"use": (USED, "×")} if path == request.out else None
            with TableWriter(path, [str(c) for c in frame.columns], choices, temporary) as writer:
                writer.write(frame)


def _say_other_titles(console: Console, path: Path, edited: pd.DataFrame, table: pd.DataFrame) -> None:
    """Warn of marked rows whose title is not that of their code: the code was edited, or the plan since the table."""
    for side in ("old", "new"):
        code, title = f"{side}_code", f"{side}_title"
        if title not in edited.columns:
            continue
        other = [
            (row, c, str(given), now)
            for row, (given, c, now, use) in enumerate(
                zip(edited[title], table[code], table[title], table["use"], strict=True), start=2
            )
            if use and str(given).strip() and folded_title(str(given)) != folded_title(now)
        ]
        if not other:
            continue
        console.warn(
            f"{path.name}: {title} がコードブックの題名と違う行が {len(other)}行あります。{code} のとおりに引き継ぎます"
            "(コードを直した行ならこのままで構いません。コードブックの番号が変わったのなら、対応表を作り直してください)。",
            f"{path.name}: {counted(len(other), 'row')} with a {title} that is not the codebook's; {code} is what counts "
            "(no matter if the code was edited; if the codebook was renumbered, make the table anew)",
        )
        for row, c, given, now in other[:_SHOWN]:
            console.warn(f"  {row}行目: {c} 「{given}」→「{now}」", f"  row {row}: {c} '{given}' -> '{now}'")


def _say_table(console: Console, request: Request, table: pd.DataFrame, old: Codebook, new: Codebook) -> None:
    used = table[table["use"] != ""]
    used = used.assign(relation=[console.value(r) for r in used["relation"]])
    console.table(
        console.t("引き継ぐ項目", "items carried over"),
        ["old_code", "old_title", "new_code", "new_title", "score", "relation"],
        used[["old_code", "old_title", "new_code", "new_title", "score", "relation"]].values.tolist(),
    )
    kinds = listed(f"{k} {n}" for k, n in used["relation"].value_counts().items())
    console.say(
        f"古い項目 {len(old.items)} のうち {used['old_code'].nunique()} に ○({kinds[0]})、"
        f"新しい項目 {len(new.items)} のうち {used['new_code'].nunique()} が行き先です。",
        f"{used['old_code'].nunique()} of {len(old.items)} old items marked ({kinds[1]}); "
        f"{used['new_code'].nunique()} of {len(new.items)} new items are their targets",
    )
    console.say(f"対応表: {request.out}", f"table: {request.out}")
    if request.table is None:
        console.warn(
            "機械の案です。use の欄を人が確かめ、--table で指定してください。",
            "proposed by the machine: check the column use, then give the table with --table",
        )


def _say_labels(console: Console, request: Request, results: tuple[pd.DataFrame, pd.DataFrame]) -> int:
    carried, aside = results
    console.say(
        f"コード付き意見 {len(carried) + len(aside)}件 = 引き継いだ {len(carried)} + 外した {len(aside)}",
        f"{len(carried) + len(aside)} coded opinions = {len(carried)} carried + {len(aside)} set aside",
    )
    console.say(f"書き出し: {request.out_labels}", f"written: {request.out_labels}")
    if not len(aside):
        return 0
    say_reasons(console, aside)
    console.say(f"外したもの: {request.aside}", f"set aside: {request.aside}")
    return 1
