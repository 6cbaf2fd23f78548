"""`iken ingest`: from documents or coded tables to the tables that training reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.cli.console import Console
from pipeline.cli.inputs import read_codebook, refuse_forms
from pipeline.cli.outputs import check_outputs
from pipeline.cli.source_notes import read_from, say_gaps, say_other_sheets, say_sheets
from pipeline.codebook import Codebook
from pipeline.comment_column import sheet_with_comments
from pipeline.decision_checks import refuse_decisions
from pipeline.documents import FORMATS, read_document
from pipeline.errors import InputError, counted
from pipeline.ingested import Ingested
from pipeline.opinions import ingest_document, ingest_table
from pipeline.placing import check_folder, make_folder, whole_files
from pipeline.tableio import READABLE, open_rows, read_table, write_table
from pipeline.tables import WORKSHOPS

_SHOWN = 20


@dataclass(frozen=True)
class TableColumns:
    """Names of the columns of a coded table, and of its sheet in Excel; None to find them by usual names."""

    text: str | None
    code: str | None
    id: str | None
    title: str | None
    sheet: str | None = None


def run(
    console: Console,
    documents: Sequence[Path],
    out: Path,
    codebook_path: Path | None,
    columns: TableColumns,
    *,
    strict: bool,
) -> int:
    """Read all sources, then write all tables; return the exit code.

    Nothing is written unless every source could be read.
    """
    _check_names(documents)
    check_outputs([("--out", _labels_file(out, p)) for p in documents], documents)
    check_folder(out / "codebook")
    codebook = None
    if codebook_path is None and (out / "codebook" / "codebook.csv").is_file():
        # Definitions that people wrote there must not be lost.
        codebook_path = out / "codebook" / "codebook.csv"
    if codebook_path is not None:
        say_sheets(console, codebook_path)
        codebook = read_codebook(codebook_path)
    results: list[tuple[str, Ingested]] = []
    for path in documents:
        read, result = _read(console, path, codebook, columns)
        codebook = _same_codebook(codebook, result.codebook, path, codebook_path or documents[0])
        results.append((read, result))
    assert codebook is not None
    written = {_labels_file(out, p): r.labels for p, (_, r) in zip(documents, results, strict=True)}
    plan = out / "codebook" / "codebook.csv"
    if not (codebook.switched_off and codebook_path and codebook_path.resolve() == plan.resolve()):
        written[plan] = codebook.to_table()  # which lacks the rows that are switched off
    workshops = pd.concat([r.workshops for _, r in results], ignore_index=True)
    if len(workshops):
        place = out / "workshops.csv"
        check_outputs([("--out", place)], documents)
        written[place] = pd.concat([_sessions_before(place, documents), workshops], ignore_index=True)
    _write_all(written)
    for read, result in results:
        _report(console, read, result)
    for path in written:
        console.say(f"書き出し: {path}", f"written: {path}")
    return 1 if strict and any(r.counts["set_aside"] for _, r in results) else 0


def _sessions_before(path: Path, documents: Sequence[Path]) -> pd.DataFrame:
    """Return what an earlier run wrote there of other documents: their labels stay in the folder, too."""
    if not path.is_file():
        return WORKSHOPS.empty()
    before = WORKSHOPS.check(read_table(path), str(path))
    return before[~before["source"].isin([p.name for p in documents])]


def _labels_file(out: Path, document: Path) -> Path:
    return out / "labels" / f"{document.stem}.csv"


def _read(
    console: Console, path: Path, codebook: Codebook | None, columns: TableColumns
) -> tuple[str, Ingested]:
    """Return what was read, in words, and what it gave."""
    if path.suffix.lower() in READABLE:
        named = [c for c in (columns.text, columns.code) if c]
        table = open_rows(path, columns.sheet, sheet_with_comments(named, str(path)))
        say_other_sheets(console, table, columns.sheet)
        say_gaps(console, table)
        refuse_forms(table.columns, path)
        refuse_decisions(table.columns, str(path))
        return read_from(console, table), ingest_table(
            table.table(),
            codebook,
            text_column=columns.text,
            code_column=columns.code,
            id_column=columns.id,
            title_column=columns.title,
            source=path.name,
        )
    if path.suffix.lower() in FORMATS:
        return path.name, ingest_document(read_document(path))
    known = " ".join((*FORMATS, *READABLE))
    raise InputError(
        f"この形式は読めません。使える形式: {known}",
        f"cannot read this format; use one of {known}",
        file=str(path),
    )


def _same_codebook(known: Codebook | None, found: Codebook, path: Path, first: Path) -> Codebook:
    """Return the one codebook of all sources: a second plan is an error, definitions of the first are kept.

    Parameters
    ----------
    path, first : files that `found` and `known` come from
    """
    if known is None:
        return found
    for node in found:
        if node.code not in known or known[node.code].title != node.title:
            raise InputError(
                f"コード {node.code}「{node.title}」が、コードブック {first} と合いません。別の計画の文書なら、"
                "--out に別のフォルダを指定してください。同じ計画で、前に読んだあとに見出しを直したのなら、コードブックも同じように"
                "直すか、消してください(書き加えた説明も消えます)。",
                f"code {node.code} '{node.title}' does not fit the codebook {first}; if this is another plan, "
                "give --out a folder of its own; if headings were corrected since, correct the codebook alike, or delete it "
                "(with what was written into it)",
                file=str(path),
            )
    return known


def _check_names(documents: Sequence[Path]) -> None:
    stems = [p.stem for p in documents]
    for path in documents:
        if stems.count(path.stem) > 1:
            raise InputError(
                f"同じ名前のファイルが2つあります({path.stem})。名前を変えてください。",
                f"two files are named {path.stem}; rename one",
                file=str(path),
            )


def _write_all(tables: dict[Path, pd.DataFrame]) -> None:
    """Write all files or, after an error, none."""
    for path in tables:
        make_folder(path.parent)
    with whole_files([*tables]) as temporaries:
        for (path, table), temporary in zip(tables.items(), temporaries, strict=True):
            write_table(table, path, temporary)


def _report(console: Console, read: str, result: Ingested) -> None:
    c = result.counts
    console.say(
        f"{read}: 第1階層 {c['goals']} / 中間 {c['policies']} / 項目 {c['items']}、コード付き意見 {c['labels']}件、"
        f"会場 {c['sessions']}、テーマ {c['themes']}",
        f"{read}: {counted(c['goals'], 'goal')} / {counted(c['policies'], 'policy')} / {counted(c['items'], 'item')}, {counted(c['labels'], 'coded opinion')}, "
        f"{counted(c['sessions'], 'session')}, {counted(c['themes'], 'theme')}",
    )
    console.say(
        f"  空行でない {c['lines']}行 = 使った {c['used']} + 外した {c['set_aside']}",
        f"  {counted(c['lines'], 'non-blank line')} = {c['used']} used + {c['set_aside']} set aside",
    )
    if not c["labels"]:
        console.warn(
            "コード付き意見が1件も読めませんでした。意見の行は「・」などで、見出しは 目標1、施策1-2、(1)、① で始めます。"
            "外した行があれば、文書を直し、書き出した codebook.csv を消してから読み直してください。",
            "not one coded opinion was read. Opinions begin with a bullet (・), headings with 目標1, 施策1-2, (1) or ①. "
            "If lines were set aside, correct the document, delete the codebook.csv just written, and read it again",
        )
    header = [console.t("場所", "place"), console.t("理由", "reason"), console.t("文字", "text")]
    for table, ja, en in (
        (result.set_aside, "外した行", "set aside"),
        (result.doubts, "確かめてほしい行", "doubtful"),
    ):
        rows = table[["location", "reason", "text"]].values.tolist()
        if rows:
            more = f" ({_SHOWN}/{len(rows)})" if len(rows) > _SHOWN else ""
            console.table(console.t(ja, en) + more, header, rows[:_SHOWN])
    damaged = result.workshops[result.workshops["doubtful"] != ""]
    if len(damaged):
        rows = damaged[["location", "name", "doubtful", "raw"]].values.tolist()
        title = console.t(
            "読み取りが疑わしい会場の欄(空のままにしました)", "doubtful cells of the schedule (left empty)"
        )
        console.table(title, ["location", "name", "doubtful", "raw"], rows)
