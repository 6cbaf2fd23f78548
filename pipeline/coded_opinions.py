"""Read what a report is made of, whichever table it comes in: LABELS, SUGGESTIONS, or the reviewers' sheet.

What a person decided and what only the machine suggests stay apart (`checked`). Every row of the input is
used, counted as without a code, or set aside with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.coded_table import decided_codes
from pipeline.comment_column import (
    SUGGESTED_FOR,
    column_suggested_for,
    guess_text_column,
    named_column,
    text_column_of_long,
)
from pipeline.comments import MOST_RANKS, wide_columns
from pipeline.decision_checks import refuse_decisions
from pipeline.errors import InputError, listed
from pipeline.labels import prepare_labels
from pipeline.no_answer import NO_OPINION
from pipeline.suggested_codes import MAYBE_OUTSIDE, SuggestedCodes, suggested_in_long, suggested_in_wide
from pipeline.tables import CODE_TITLE, LABELS, SET_ASIDE, SUGGESTIONS, Schema, records, suggestions_form
from pipeline.workbook import DECISION

# One row an opinion and code. `unit` is the part of a comment, `checked` "no" for what nobody has looked at.
CODED = Schema(
    "CODED", ("opinion_id", "unit", "text", "code", "checked", "confidence"), ("opinion_id", "code")
)
# One row an opinion without a code; `kind` is NONE_FITS, MAYBE_OUTSIDE or OPEN.
UNCODED = Schema("UNCODED", ("opinion_id", "unit", "text", "kind", "reason"), ("opinion_id", "kind"))
NONE_FITS = "該当なし"  # a person says so

_PLACE = "_place"


@dataclass(frozen=True)
class CodedOpinions:
    """CODED and UNCODED opinions with the input's own columns, blank ones counted, the rest SET_ASIDE.

    rows : rows of the input; every one of them is in `coded`, `uncoded` or `set_aside`, or counted in `blank`
        (comments without an opinion) or `ranks` (further candidates of a suggestion)
    model_ids : models that the suggestions come from
    """

    coded: pd.DataFrame
    uncoded: pd.DataFrame
    set_aside: pd.DataFrame
    rows: int
    blank: int = 0
    ranks: int = 0
    model_ids: tuple[str, ...] = ()

    @property
    def opinions(self) -> int:
        """Number of opinions, coded or not."""
        return len(units(self.coded) | units(self.uncoded))

    @property
    def has_unchecked(self) -> bool:
        """Tell whether any code is a suggestion that nobody has looked at."""
        return bool((self.coded["checked"] == "no").any() or (self.uncoded["kind"] == MAYBE_OUTSIDE).any())


def units(table: pd.DataFrame) -> set[tuple[str, str]]:
    """Return the opinions of a table: pairs of opinion_id and unit."""
    return set(zip(table["opinion_id"], table["unit"], strict=True))


def read_coded(
    table: pd.DataFrame,
    codebook: Codebook,
    *,
    file: str,
    text_column: str | None = None,
    min_confidence: float | None = None,
) -> CodedOpinions:
    """Return the opinions of a table of labels or suggestions.

    Parameters
    ----------
    table
        All cells text: LABELS; SUGGESTIONS (`iken suggest --long`); or the wide output of `iken suggest`,
        with or without decisions in its column 「確定コード」.
    min_confidence
        None: suggestions count at the level that keeps the target precision. A number: the first item counts
        if its confidence is at least that.

    Raises
    ------
    InputError
        if the table is none of these, a code is not in the codebook, or one id goes with two texts, naming the row.
    """
    columns = {str(c) for c in table.columns}
    refuse_decisions(columns, file)
    # Labels that `iken ingest` made of suggestions keep their columns; what people decided goes before.
    if {*LABELS.required, "label_source"} <= columns and not columns & {*DECISION.values()}:
        return _read_labels(table, codebook, file, text_column)
    form = suggestions_form(columns)
    if form == "wide":
        return _read_wide(table, codebook, file, text_column, min_confidence)
    if form == "long":
        text_column_of_long([*table.columns], text_column, file)
        return _read_long(table, codebook, file, min_confidence)
    if {"opinion_id", "code"} <= columns:
        return _read_labels(table, codebook, file, text_column)
    found = listed(table.columns)
    raise InputError(
        "コード付き意見の表でも提案の表でもありません。コード済みの表は `iken ingest` で、調査の表は"
        f" `iken suggest` で作ってください。ある列: {found[0]}",
        "this is neither a table of labels nor of suggestions; make one with `iken ingest` or `iken suggest`."
        f" Columns found: {found[1]}",
        file=file,
    )


# -- labels ----------------------------------------------------------------------------------------


def _read_labels(
    table: pd.DataFrame, codebook: Codebook, file: str, text_column: str | None
) -> CodedOpinions:
    if text_column is not None:
        table = table.assign(text=table[named_column([*table.columns], text_column, "--text-column", file)])
    labels = LABELS.check(table, file)
    codebook.check_coded(labels, file)
    labels = labels.drop(columns=CODE_TITLE, errors="ignore")
    # `prepare_labels` sorts; a report keeps the order of its source.
    numbered = labels.assign(**{_PLACE: [f"{i:09d}" for i in range(len(labels))]})
    kept, aside = prepare_labels(numbered, codebook, file)
    if len(kept):
        kept = kept.sort_values(_PLACE).drop(columns=_PLACE)
    rows = [{**r, "unit": "1", "checked": "yes", "confidence": ""} for r in records(kept)]
    return CodedOpinions(CODED.table(rows), UNCODED.empty(), aside, len(labels))


# -- suggestions, one row a rank -------------------------------------------------------------------


def _read_long(
    table: pd.DataFrame, codebook: Codebook, file: str, min_confidence: float | None
) -> CodedOpinions:
    table = SUGGESTIONS.check(table, file)
    codebook.check_titles(zip(table["code"], table["title"], strict=True), file)
    coded: list[dict[str, str]] = []
    uncoded: list[dict[str, str]] = []
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    blank = ranks = 0
    for line, row in enumerate(records(table), start=2):
        if row["rank"] not in ("", "1"):
            ranks += 1
            continue
        row["text"] = row["unit_text"]
        row["unit"] = row["unit"].strip() or "1"
        if row["status"] == NO_OPINION or not row["text"].strip():
            blank += 1
            continue
        _check_one_text(seen, row, line, file)
        _add(row, suggested_in_long(row, codebook, file, line, min_confidence), coded, uncoded)
    return _of_suggestions(table, coded, uncoded, blank, ranks)


# -- suggestions beside the input's own columns, with or without decisions --------------------------


def _read_wide(
    table: pd.DataFrame, codebook: Codebook, file: str, text_column: str | None, min_confidence: float | None
) -> CodedOpinions:
    own = _own_columns(table)
    if text_column is None:
        said: Iterable[object] = table.get(SUGGESTED_FOR, [])
        text_column = column_suggested_for(own, said, file) or guess_text_column(own, file)
    else:
        text_column = named_column([*table.columns], text_column, "--text-column", file)
    for code, title in (("suggested_code", "suggested_title"), ("code_1", "title_1")):
        if {code, title} <= {*table.columns}:
            codebook.check_titles(zip(table[code], table[title], strict=True), file)
    decision = next((c for c in DECISION.values() if c in table.columns), None)
    cells = enumerate(table[decision] if decision else [], start=2)
    decided = decided_codes(cells, codebook, str(decision), file)
    coded: list[dict[str, str]] = []
    uncoded: list[dict[str, str]] = []
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    blank = 0
    for line, row in enumerate(records(table), start=2):
        shared = {k: row[k] for k in own} | {
            "opinion_id": row.get("opinion_id", "").strip() or f"R{line}",
            "unit": "1",
            "text": row[text_column],
        }
        if decision and row[decision].strip():
            _check_one_text(seen, shared, line, file)
            coded += [shared | {"code": c, "checked": "yes", "confidence": ""} for c in decided[line]]
            if not decided[line]:
                uncoded.append(shared | {"kind": NONE_FITS, "reason": "人が該当なしとした"})
        elif row["status"] == NO_OPINION or not row[text_column].strip():
            blank += 1
        else:
            _check_one_text(seen, shared, line, file)
            _add(shared, suggested_in_wide(row, codebook, file, line, min_confidence), coded, uncoded)
    return _of_suggestions(table, coded, uncoded, blank)


def _add(
    opinion: dict[str, str],
    found: SuggestedCodes,
    coded: list[dict[str, str]],
    uncoded: list[dict[str, str]],
) -> None:
    """Put an opinion that nobody has decided on where its suggestion belongs."""
    coded += [opinion | {"code": c, "checked": "no", "confidence": p} for c, p in found.codes.items()]
    if not found.codes:
        uncoded.append(opinion | {"kind": found.kind, "reason": found.reason})


def _check_one_text(
    seen: dict[tuple[str, str], tuple[str, int]], row: Mapping[str, str], line: int, file: str
) -> None:
    """Raise `InputError` if an opinion's id stood beside another text before: two opinions would count as one."""
    text, first = seen.setdefault((row["opinion_id"], row["unit"]), (row["text"], line))
    if text != row["text"]:
        raise InputError(
            f"意見ID「{row['opinion_id']}」が、{first}行目では別の文面に付いています。重ならないIDにしてください。",
            f"the opinion_id '{row['opinion_id']}' goes with another text in row {first}; give each opinion an id of its own",
            file=file,
            row=line,
            column="opinion_id",
        )


def _own_columns(table: pd.DataFrame) -> list[str]:
    """Return the columns that the input of `iken suggest` had, without those it adds."""
    added = {*wide_columns(MOST_RANKS), *DECISION.values()}
    return [str(c) for c in table.columns if str(c) not in added]


def _of_suggestions(
    table: pd.DataFrame,
    coded: list[dict[str, str]],
    uncoded: list[dict[str, str]],
    blank: int,
    ranks: int = 0,
) -> CodedOpinions:
    ids = table["model_id"] if "model_id" in table.columns else ()
    models = tuple(dict.fromkeys(m for m in ids if m.strip()))
    found = CODED.table(coded), UNCODED.table(uncoded), SET_ASIDE.empty()
    return CodedOpinions(*found, len(table), blank, ranks, models)
