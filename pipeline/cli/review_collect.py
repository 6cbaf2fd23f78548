"""`iken review collect`: from the coders' Excel files to DECISIONS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.cli.console import Console
from pipeline.cli.inputs import read_plan
from pipeline.cli.source_notes import say_sheets
from pipeline.codebook import Codebook
from pipeline.decisions import append_decisions, read_decisions
from pipeline.errors import InputError, counted
from pipeline.placing import check_folder, make_folder
from pipeline.review_collect import Held, Judged, between_files, held_texts, judge, new_decisions
from pipeline.review_problems import FAULT, KINDS, PROBLEMS
from pipeline.review_returned import read_returned
from pipeline.sheets import write_sheets
from pipeline.tableio import check_ending
from pipeline.tables import DECISIONS, records

_SHOWN = 20


def run_collect(
    console: Console, files: Sequence[Path], out: Path, codebook_path: Path, coder: str, *, accept_valid: bool
) -> int:
    """Read the files, list what is wrong, append what is right; return the exit code."""
    check_ending(out)
    check_folder(out.parent)
    say_sheets(console, codebook_path)
    codebook = read_plan(console, codebook_path)
    existing = read_decisions(out) if out.exists() else DECISIONS.empty()
    codebook.check_coded(existing, str(out))
    judged, problems = _judge_all(console, files, codebook, coder, held_texts(existing, out.name))
    _print_counts(console, judged)
    faults = int((problems["severity"] == FAULT).sum())
    _list_problems(console, problems, out)
    decisions = pd.concat([DECISIONS.empty(), *(one.decisions for _, one in judged)], ignore_index=True)
    if faults and not accept_valid:
        console.warn(
            f"直すべき点が{faults:,}件あるので、何も書いていません。直して読み直すか、"
            "--accept-valid で問題のない行だけを加えてください。",
            f"{faults:,} faults: nothing was written. Have them corrected and collect again, or append the rows "
            "without fault with --accept-valid.",
        )
        return 2
    new = new_decisions(decisions, existing)
    if len(new):
        make_folder(out.parent)
        append_decisions(out, new)
    known = decisions["decision_id"].nunique() - new["decision_id"].nunique()
    console.say(
        f"判定 {decisions['decision_id'].nunique():,}件 = 加えた {new['decision_id'].nunique():,}"
        f"({len(new):,}行) + 既に入っていた {known:,} → {out}",
        f"{counted(decisions['decision_id'].nunique(), 'decision')} = {new['decision_id'].nunique():,} appended "
        f"({counted(len(new), 'row')}) + {known:,} there already → {out}",
    )
    return (1 if judged else 2) if faults else 0


def _judge_all(
    console: Console, files: Sequence[Path], codebook: Codebook, coder: str, held: Held
) -> tuple[list[tuple[str, Judged]], pd.DataFrame]:
    """Judge each file once; one that cannot be read is a problem of its own."""
    judged: list[tuple[str, Judged]] = []
    unreadable = []
    with console.progress("シートを読んでいます", "reading sheets", len(files)) as advance:
        for path in {p.resolve(): p for p in files}.values():
            try:
                judged.append((path.name, judge(read_returned(path, coder), codebook, held)))
            except InputError as error:
                place = error.place
                unreadable.append(
                    {"file": path.name, "row": place.row, "column": place.column, "kind": "file"}
                    | {"severity": FAULT, "ja": error.ja, "en": error.en}
                )
            advance(1)
    tables = [PROBLEMS.table(unreadable), *(one.problems for _, one in judged), between_files(judged)]
    return judged, pd.concat(tables, ignore_index=True)


def _print_counts(console: Console, judged: Sequence[tuple[str, Judged]]) -> None:
    if not judged:
        return
    names = ("asked", "decided", "missing", "faulty", "removed")
    titles = [
        console.t(*pair)
        for pair in (
            ("ファイル", "file"),
            ("配った行", "handed out"),
            ("判定できた", "decided"),
            ("未記入", "missing"),
            ("問題あり", "faulty"),
            ("消えた", "removed"),
        )
    ]
    console.table("", titles, [[file, *(one.counts[n] for n in names)] for file, one in judged])


def _list_problems(console: Console, problems: pd.DataFrame, out: Path) -> None:
    """Print what is wrong, by kind and then row by row; all of it goes to a file if it is much."""
    if not len(problems):
        return
    count = Counter(problems["kind"])
    for kind, names in KINDS.items():
        if count[kind]:
            console.say(f"  {names[0]}: {count[kind]:,}件", f"  {names[1]}: {count[kind]:,}")
    table = _for_people(console, problems)
    shown = [list(r.values()) for r in records(table.head(_SHOWN))]
    console.table("", list(table.columns), shown)
    if len(problems) > _SHOWN:
        file = out.with_name(f"{out.stem}.problems.xlsx")
        make_folder(file.parent)
        write_sheets({console.t("問題の一覧", "problems"): table}, file, numbers=(console.t("行", "row"),))
        console.say(
            f"全{len(problems):,}件の一覧: {file}", f"all {len(problems):,} problems are listed in {file}"
        )


def _for_people(console: Console, problems: pd.DataFrame) -> pd.DataFrame:
    ja = console.language == "ja"
    units = problems["unit"].map(lambda unit: f"#{unit}" if unit else "")
    kinds = {kind: names[0 if ja else 1] for kind, names in KINDS.items()}
    columns = {
        console.t("ファイル", "file"): problems["file"],
        console.t("行", "row"): problems["row"],
        console.t("意見ID", "opinion_id"): problems["opinion_id"] + units,
        console.t("列", "column"): problems["column"],
        console.t("種類", "kind"): problems["kind"].map(kinds),
        console.t("値", "value"): problems["value"],
        console.t("内容", "problem"): problems["ja" if ja else "en"],
    }
    return pd.DataFrame(columns, dtype=str)
