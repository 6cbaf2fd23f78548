"""From returned Excel files to decisions: every row that was handed out is decided, or listed with the reason.

Rows are matched by their id, never by their position. A fault concerns one row; the others stay usable.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decision_checks import KEY, moment, same_opinion
from pipeline.decisions import gather_decisions
from pipeline.errors import InputError
from pipeline.review_answer import Answer, AnswerReader, Fault
from pipeline.review_form import COLUMNS, fingerprint
from pipeline.review_returned import Returned
from pipeline.tables import CODE_TITLE, DECISIONS, Schema, records

PROBLEMS = Schema(
    "PROBLEMS",
    ("file", "row", "opinion_id", "unit", "column", "kind", "severity", "value", "ja", "en"),
    ("file", "kind"),
)
FAULT, NOTE = "fault", "note"
# What can be wrong, in the order in which it is listed.
KINDS = {
    "file": ("ファイル", "file"),
    "missing": ("未記入", "missing"),
    "incomplete": ("記入が足りない・食い違う", "incomplete or contradictory"),
    "unknown-code": ("読めないコード", "unknown code"),
    "unknown-decision": ("読めない判定", "unknown decision"),
    "text-changed": ("文面が変わった", "text changed"),
    "other-opinion": ("別の意見と同じID", "id of another opinion"),
    "row-added": ("加えられた行", "row added"),
    "row-removed": ("消えた行", "row removed"),
    "row-repeated": ("二重の行", "row repeated"),
    "reordered": ("並べ替え", "reordered"),
    "codebook": ("コードブック", "codebook"),
    "two-files": ("2つのファイル", "two files"),
}
_NAMESPACE = uuid.UUID("6f1c2f0e-6a0b-5c62-9f43-0d5f0d6a7c11")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CONTENT = ("action", "note")
Key = tuple[str, str]
Row = dict[str, str]
# What the ids stand for so far: text and file.
Held = dict[Key, tuple[str, str]]


@dataclass(frozen=True)
class Judged:
    """What one file gives: DECISIONS, PROBLEMS, and rows handed out = decided + missing + faulty + removed."""

    decisions: pd.DataFrame
    problems: pd.DataFrame
    counts: dict[str, int]


def held_texts(decisions: pd.DataFrame, file: str) -> Held:
    """Return which opinions the ids of a DECISIONS table stand for."""
    return {(r["opinion_id"], r["unit"]): (r["text"], file) for r in records(decisions) if r["text"].strip()}


def judge(returned: Returned, codebook: Codebook, held: Held | None = None) -> Judged:
    """Return the decisions of a coder's file, and a row of PROBLEMS for everything that is not as it should be.

    held : opinions of the table the decisions go to and of the files read before, to which this file's are added;
        an id that stands for another opinion there is a fault: one would replace the other without a word

    Raises
    ------
    InputError
        if the file was made for another plan, by the codes and titles in its sheet of the codebook.
    """
    codebook.check_titles(returned.titles.items(), returned.file)
    if returned.titles and not any(code in codebook for code in returned.titles):
        code, title = next(iter(returned.titles.items()))
        raise InputError(
            f"別の計画のシートのようです。このシートのコード(「{code} {title}」など)は、どれもコードブックにありません。"
            "このシートを作ったときのコードブックを指定してください(--codebook)。",
            f"this form seems to be of another plan: none of its codes ('{code} {title}' and others) is in the codebook; "
            "name the codebook it was made with (--codebook)",
            file=returned.file,
        )
    held = {} if held is None else held
    asked = {(r["opinion_id"], r["unit"]): r for r in records(returned.asked)}
    problems = _Problems(returned)
    reader = AnswerReader(codebook, prefilled=returned.prefilled)
    rows: dict[Key, Row] = {}
    refused: set[Key] = set()
    for row in records(returned.rows):
        key = (row["opinion_id"], row["unit"])
        if key not in asked:
            problems.added(row)
        elif key in rows:
            if not problems.repeated(row, rows[key]):
                refused.add(key)
        else:
            rows[key] = row
    decided: list[Row] = []
    outcome: Counter[str] = Counter(asked=len(asked))
    for key, known in asked.items():
        if key not in rows:
            problems.removed(known)
            outcome["removed"] += 1
            continue
        answer = _answer(rows[key], known, reader, problems)
        if (other := _other_opinion(held, key, rows[key], known, returned.file)) is not None:
            problems.other_opinion(rows[key], *other)
            answer = "faulty"
        if isinstance(answer, Answer) and key not in refused:
            decided += _decision(returned, rows[key], known, answer, codebook)
            outcome["decided"] += 1
        else:
            outcome["faulty" if isinstance(answer, Answer) else answer] += 1
    problems.order(list(rows), list(asked))
    if returned.codebook_sha256 != codebook.sha256:
        problems.codebook()
    counts = {k: outcome[k] for k in ("asked", "decided", "missing", "faulty", "removed")}
    return Judged(DECISIONS.table(decided), problems.table(), counts)


def _other_opinion(held: Held, key: Key, row: Row, known: Row, file: str) -> tuple[str, str] | None:
    """Return text and file of another opinion that the id stands for; if there is none, the id is taken."""
    if fingerprint(row["text"]) != known["text_sha256"]:
        return None  # a fault by itself, and nobody's opinion
    text = known["text"] or row["text"]
    there = held.setdefault(key, (text, file))
    return None if same_opinion(there[0], text) else there


def _answer(row: Row, known: Row, reader: AnswerReader, problems: _Problems) -> Answer | str:
    """Return what a person decided, or 'missing' or 'faulty'; all faults of the row are listed."""
    result = reader.read(row, known["suggested_code"], shown=known["suggestion_shown"] == "yes")
    changed = fingerprint(row["text"]) != known["text_sha256"]
    if changed:
        problems.text_changed(row)
    if isinstance(result, Answer):
        return "faulty" if changed else result
    for fault in result:
        problems.fault(row, fault)
    return "missing" if not changed and [f.kind for f in result] == ["missing"] else "faulty"


def _decision(returned: Returned, row: Row, known: Row, answer: Answer, codebook: Codebook) -> list[Row]:
    """Return the rows of DECISIONS of one answer, one a code."""
    shared = {
        "opinion_id": known["opinion_id"],
        "unit": known["unit"],
        "text": known["text"] or row["text"],
        "coder": returned.coder,
        "action": answer.action,
        "note": row["note"].strip(),
        "decided_at": returned.saved_at,
        "round": returned.round,
        "suggestion_shown": known["suggestion_shown"],
        "suggested_code": known["suggested_code"],
        "model_state": known["model_id"],
        "model_id": known["model_id"],
        "codebook_sha256": returned.codebook_sha256,
    }
    # The same file gives the same ids on every reading; saved later with the same answer, see `new_decisions`.
    content = [*(shared[c] for c in (*KEY, *_CONTENT, "decided_at")), *answer.codes]
    shared["decision_id"] = uuid.uuid5(_NAMESPACE, json.dumps(content)).hex
    return [shared | {"code": c, CODE_TITLE: codebook[c].title if c else ""} for c in answer.codes or ("",)]


def new_decisions(decisions: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """Return those of `decisions` that are not in `existing` yet: neither the same reading nor the same answer.

    An answer that a coder's file repeats unchanged is no new decision, though the file was saved later; one
    that goes back to an earlier answer is.
    """
    held = {(d.opinion_id, d.unit, d.coder, d.round): d for d in gather_decisions(existing)}
    latest = {key: (d.decided_at, d.action, d.note, d.codes) for key, d in held.items()}
    ids = set(existing["decision_id"])
    kept: set[str] = set()
    given = _by_id(decisions)
    for name, rows in sorted(given.items(), key=lambda item: item[1][0]["decided_at"]):
        first = rows[0]
        key = (first["opinion_id"], first["unit"], first["coder"], first["round"])
        content = (
            first["decided_at"],
            first["action"],
            first["note"],
            tuple(r["code"] for r in rows if r["code"]),
        )
        before = latest.get(key)
        if name in ids or (before is not None and before[1:] == content[1:]):
            continue
        kept.add(name)
        if before is None or (moment(before[0]) or _LONG_AGO) <= (moment(content[0]) or _LONG_AGO):
            latest[key] = content
    return decisions[decisions["decision_id"].isin(kept)].reset_index(drop=True)


def _by_id(decisions: pd.DataFrame) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in records(decisions):
        grouped.setdefault(row["decision_id"], []).append(row)
    return grouped


def between_files(judged: Sequence[tuple[str, Judged]]) -> pd.DataFrame:
    """Return PROBLEMS (notes) of one coder's rows that two files decide differently; the later saved one holds."""
    first: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = {}
    notes = []
    for file, one in judged:
        for rows in _by_id(one.decisions).values():
            key = tuple(rows[0][c] for c in KEY)
            content = (rows[0]["action"], *(r["code"] for r in rows))
            other, before = first.setdefault(key, (file, content))
            if before != content:
                ja = f"{other} と判定が違います。後に保存されたほうが有効になります。"
                en = f"decided otherwise in {other}; the file saved later holds"
                notes.append(
                    {
                        "file": file,
                        "opinion_id": key[0],
                        "unit": key[1],
                        "kind": "two-files",
                        "ja": ja,
                        "en": en,
                    }
                    | {"severity": NOTE, "value": "、".join(filter(None, content[1:]))}
                )
    return PROBLEMS.table(notes)


class _Problems:
    """Collects the rows of PROBLEMS of one file."""

    def __init__(self, returned: Returned) -> None:
        self._file, self._language = returned.file, returned.language
        self._rows: list[Row] = []

    def table(self) -> pd.DataFrame:
        return PROBLEMS.table(self._rows)

    def fault(self, row: Row, fault: Fault) -> None:
        self._add(row, fault.kind, fault.column, fault.value, fault.ja, fault.en)

    def text_changed(self, row: Row) -> None:
        ja = "意見の文面が配ったときと違います。元の文面に戻してください。"
        self._add(
            row, "text-changed", "text", row["text"][:40], ja, "the opinion is not as it was handed out"
        )

    def other_opinion(self, row: Row, there: str, file: str) -> None:
        ja = f"同じIDの別の意見「{there[:20]}」が {file} にあります。別の調査なら --out に別のファイルを指定してください。"
        ja += "同じ調査なら、重ならないIDを付けて配り直してください。"
        en = f"the id is that of another opinion, '{there[:20]}', in {file}; collect another survey into an --out "
        en += "of its own, or hand out the opinions with ids that do not repeat"
        self._add(row, "other-opinion", "opinion_id", row["text"][:40], ja, en)

    def added(self, row: Row) -> None:
        ja = "配った行ではありません(意見IDが空欄か、覚えのないID)。行を消すか、IDを戻してください。"
        en = "not a row that was handed out (no id, or an unknown one); delete it or restore the id"
        self._add(row, "row-added", "opinion_id", row["text"][:40], ja, en)

    def repeated(self, row: Row, first: Row) -> bool:
        """Note a second row of an id; return whether it says the same as the first."""
        same = all(row[c].strip() == first[c].strip() for c in ("text", "code", "code_2", "action", "note"))
        ja = f"意見IDが{first['row']}行目と同じで、記入内容は" + ("同じです。" if same else "違います。")
        ja += "1行にしてください。"
        en = f"the id repeats row {first['row']}, {'with the same' if same else 'with another'} decision"
        self._add(row, "row-repeated", "opinion_id", "", ja, en)
        return same

    def removed(self, known: Row) -> None:
        ja = "配った行がありません。配られたファイルから行を写して戻すか、配られたファイルに記入し直してください"
        ja += "(決めない意見は判定を「保留」に)。"
        en = "a row that was handed out is gone; copy it back from the file that was handed out, or decide in that "
        en += "file (an opinion left undecided is 'unsure')"
        self._add(known | {"row": ""}, "row-removed", "opinion_id", "", ja, en)

    def order(self, found: list[Key], asked: list[Key]) -> None:
        position = {key: i for i, key in enumerate(asked)}
        places = [position[key] for key in found]
        moved = sum(a > b for a, b in pairwise(places))
        if moved:
            ja = "行が並べ替えられています。意見IDで読み取ったので、直す必要はありません。"
            self._note(
                "reordered", ja, "rows were reordered; they are matched by id, so nothing need be done"
            )

    def codebook(self) -> None:
        ja = "シートを作ったときとコードブックが違います。判定には作ったときのものが記録されます。"
        en = "the codebook is not the one the sheet was made with; decisions record that one"
        self._note("codebook", ja, en)

    def _note(self, kind: str, ja: str, en: str) -> None:
        self._rows.append({"file": self._file, "kind": kind, "severity": NOTE, "ja": ja, "en": en})

    def _add(self, row: Row, kind: str, column: str, value: str, ja: str, en: str) -> None:
        place = {"file": self._file, "row": row["row"], "opinion_id": row["opinion_id"], "unit": row["unit"]}
        said = {"kind": kind, "severity": FAULT, "value": value, "ja": ja, "en": en}
        self._rows.append(place | {"column": COLUMNS[column][self._language]} | said)
