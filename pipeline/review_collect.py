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

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.decision_checks import KEY, moment, same_opinion
from pipeline.decisions import gather_decisions
from pipeline.errors import InputError
from pipeline.review_answer import Answer, AnswerReader, Row
from pipeline.review_form import fingerprint
from pipeline.review_problems import NOTE, PROBLEMS, Problems
from pipeline.review_returned import Returned
from pipeline.tables import CODE_TITLE, DECISIONS, records

_NAMESPACE = uuid.UUID("6f1c2f0e-6a0b-5c62-9f43-0d5f0d6a7c11")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CONTENT = ("action", "note")
Key = tuple[str, str]
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
    _check_plan(returned, codebook)
    held = {} if held is None else held
    asked = {(r["opinion_id"], r["unit"]): r for r in records(returned.asked)}
    problems = Problems(returned.file, returned.language)
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


def _check_plan(returned: Returned, codebook: Codebook) -> None:
    """Raise `InputError` if a file was made for another plan."""
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


def _other_opinion(held: Held, key: Key, row: Row, known: Row, file: str) -> tuple[str, str] | None:
    """Return text and file of another opinion that the id stands for; if there is none, the id is taken."""
    if fingerprint(row["text"]) != known["text_sha256"]:
        return None  # a fault by itself, and nobody's opinion
    text = known["text"] or row["text"]
    there = held.setdefault(key, (text, file))
    return None if same_opinion(there[0], text) else there


def _answer(row: Row, known: Row, reader: AnswerReader, problems: Problems) -> Answer | str:
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
