"""Suggesting codes for new comments: a table of comments in, the same rows with suggestions out.

The machine suggests, a person decides: nothing here writes 「確定コード」.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.abstention import TARGET_PRECISION
from pipeline.arrays import Ints
from pipeline.cells import as_text
from pipeline.cellstore import CellStore
from pipeline.coding import Coder
from pipeline.comment_column import SUGGESTED_FOR, guess_text_column, named_column
from pipeline.comments import CommentCoding, counted_codes, long_rows, wide_cells, wide_columns
from pipeline.crew import PIECE, Crew
from pipeline.duplicates import Groups
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.tables import SUGGESTIONS, suggestions_form
from pipeline.totals import comments_of

ID_COLUMN = "opinion_id"


# -- whole tables and streams ----------------------------------------------------------------------


@dataclass
class Tally:
    """Counts of a run, by row and by distinct text (campaign answers counted both ways)."""

    rows: int = 0
    texts: int = 0
    status_rows: Counter[str] = field(default_factory=Counter)
    status_texts: Counter[str] = field(default_factory=Counter)
    code_rows: Counter[str] = field(default_factory=Counter)
    code_texts: Counter[str] = field(default_factory=Counter)

    def add(self, status: str, codes: Iterable[str], *, is_leader: bool) -> None:
        """Count one row of the output, with each code suggested for it."""
        self.rows += 1
        self.texts += is_leader
        self.status_rows[status] += 1
        self.status_texts[status] += is_leader
        for code in codes:
            self.code_rows[code] += 1
            self.code_texts[code] += is_leader


def check_columns(
    columns: Sequence[str],
    text_column: str | None,
    id_column: str | None,
    top: int,
    file: str | None = None,
    sheets: Sequence[str] = (),
) -> tuple[str, str | None]:
    """Return text and id column of an input, or raise `InputError` listing the columns (and sheets) found."""
    if text_column is not None:
        text_column = named_column(columns, text_column, "--text-column", file, sheets)
    if id_column is not None:
        id_column = named_column(columns, id_column, "--id-column", file, sheets)
    if id_column is None and ID_COLUMN in columns:
        id_column = ID_COLUMN
    clash = [c for c in wide_columns(top) if c in columns and not c == id_column == ID_COLUMN]
    if suggestions_form(columns):
        raise InputError(
            "`iken suggest` が書いた提案の表です。元の調査ファイルを指定してください。",
            "these are suggestions of `iken suggest`; give the survey itself",
            file=file,
        )
    if clash:
        raise InputError(
            f"入力に、出力で使う列名があります: {'、'.join(clash)}。列名を変えるか、元の調査ファイルを指定してください。",
            f"the input has columns that the output adds: {', '.join(clash)}; rename them or give the original file",
            file=file,
        )
    return text_column or guess_text_column(columns, file, sheets), id_column


def suggest_stream(
    model: Model,
    chunks: Iterable[pd.DataFrame],
    *,
    text_column: str,
    id_column: str | None,
    id_prefix: str = "R",
    first_row: int = 1,
    top: int = 3,
    groups: Groups | None = None,
    long: bool = False,
    tally: Tally | None = None,
    target: float = TARGET_PRECISION,
    crew: Crew | None = None,
) -> Iterator[pd.DataFrame]:
    """Yield the output of each chunk: every input row in order with its suggestions, or SUGGESTIONS rows.

    Repeated texts (`groups`) are coded once, where they first stand; the others get that coding (see
    `CommentCoding.moved`) from a file on disk, so that memory does not grow with the input. Opinions
    without an id column are called by `id_prefix` and their row number.

    Parameters
    ----------
    crew : who codes, on all cores or with a cache; by default this process alone, at precision `target`
    """
    tally = tally or Tally()
    crew = crew or Crew(Coder(model, target))
    at = 0
    with CellStore() as store:
        for part, coded in _coded(crew, chunks, text_column, groups, top):
            codings = dict(zip(part.own.tolist(), coded, strict=True))
            results: list[CommentCoding] = []
            for i, leader in enumerate(part.leader.tolist()):
                coding = codings.get(i)
                if coding is None:
                    said = store.get(leader)
                    coding = CommentCoding.from_json(said).moved(said["text"], part.texts[i])
                elif groups is not None and groups.size[at + i] > 1:
                    store.put(at + i, coding.as_json() | {"text": part.texts[i]})
                results.append(coding)
                codes = counted_codes(model.codebook, coding)
                tally.add(coding.whole.status, codes, is_leader=i in codings)
            ids = ids_of(part.chunk, part.texts, id_column, id_prefix, first_row + at)
            if long:
                yield _long_frame(model, results, part.texts, ids)
            else:
                yield _wide_frame(model, part.chunk, results, ids, text_column, id_column, top, groups, at)
            at += len(part.texts)


@dataclass(frozen=True)
class _Part:
    """A chunk of the input: its comments, for each the row that first says the same, and places of its own.

    own : places of the texts that no row before says, in the order of length in which they are coded
    """

    chunk: pd.DataFrame
    texts: list[str]
    leader: Ints
    own: Ints


def _coded(
    crew: Crew, chunks: Iterable[pd.DataFrame], text_column: str, groups: Groups | None, top: int
) -> Iterator[tuple[_Part, list[CommentCoding]]]:
    """Yield each chunk with the codings of its own texts, which the crew gets piece by piece."""
    waiting: deque[_Part] = deque()

    def pieces() -> Iterator[list[str]]:
        at = 0
        for chunk in chunks:
            rows = np.arange(at, at + len(chunk))
            texts, _ = comments_of(chunk, text_column)
            leader = rows if groups is None else groups.leader[rows].astype(np.int64)
            own = np.flatnonzero(leader == rows)
            # Texts of like length together, for encoders to work on side by side; long ones, which take long, first.
            own = own[np.argsort([-len(texts[i]) for i in own], kind="stable")]
            waiting.append(_Part(chunk, texts, leader, own))
            # A chunk that only repeats has a piece too, of nothing: it is next in its turn.
            for piece in np.array_split(own, max(1, -(-len(own) // PIECE))):
                yield [texts[i] for i in piece]
            at += len(chunk)

    coded: list[CommentCoding] = []
    for found in crew.code(pieces(), top):
        coded += found
        if len(coded) == len(waiting[0].own):
            yield waiting.popleft(), coded
            coded = []


def suggest(
    model: Model,
    opinions: pd.DataFrame,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    top: int = 3,
    groups: Groups | None = None,
    long: bool = False,
    target: float = TARGET_PRECISION,
) -> pd.DataFrame:
    """Return `opinions` with suggestions (see `suggest_stream`), as one table.

    >>> from pipeline import load_model, suggest  # doctest: +SKIP
    >>> suggest(load_model("models/default"), pd.DataFrame({"text": ["バスが少ない"]}))  # doctest: +SKIP
    """
    columns = [str(c) for c in opinions.columns]
    text_column, id_column = check_columns(columns, text_column, id_column, top)
    frames = suggest_stream(
        model,
        [opinions],
        text_column=text_column,
        id_column=id_column,
        top=top,
        groups=groups,
        long=long,
        target=target,
    )
    return next(iter(frames))


def ids_of(
    chunk: pd.DataFrame, texts: Sequence[str], id_column: str | None, prefix: str, first_row: int
) -> list[str]:
    """Return the ids of the rows: those in the column, or `prefix` and the row's number without one.

    A row without a comment (blank, or of totals) need not have an id: it gets its number too.
    """
    made = [f"{prefix}{first_row + i}" for i in range(len(texts))]
    if id_column is None:
        return made
    given = (as_text(v) for v in chunk[id_column])
    return [
        one if one.strip() else ("" if text.strip() else number)
        for one, text, number in zip(given, texts, made, strict=True)
    ]


def _wide_frame(
    model: Model,
    chunk: pd.DataFrame,
    codings: list[CommentCoding],
    ids: list[str],
    text_column: str,
    id_column: str | None,
    top: int,
    groups: Groups | None,
    at: int,
) -> pd.DataFrame:
    added = wide_cells(model, codings, top)
    added[ID_COLUMN] = list(ids)
    added[SUGGESTED_FOR] = [text_column] * len(ids)
    added["model_id"] = [model.model_id] * len(ids)
    added["group_id"] = [""] * len(ids)
    if groups is not None:
        part = slice(at, at + len(ids))
        repeated = groups.size[part] > 1
        # A group is called by the row it first stands in, counted from 1 over all rows.
        added["group_id"] = [
            f"D{k + 1}" if r else "" for k, r in zip(groups.leader[part], repeated, strict=True)
        ]
        added["group_size"] = groups.size[part].tolist()
        added["exact_count"] = groups.exact_size[part].tolist()
    else:
        added["group_size"] = added["exact_count"] = [1] * len(ids)
    out = chunk.reset_index(drop=True)
    new = pd.DataFrame({c: added[c] for c in wide_columns(top)}, dtype=object)
    if id_column == ID_COLUMN:
        new = new.drop(columns=ID_COLUMN)
        out[ID_COLUMN] = [v if as_text(v).strip() else i for v, i in zip(out[ID_COLUMN], ids, strict=True)]
    return pd.concat([out, new], axis=1)


def _long_frame(model: Model, codings: list[CommentCoding], texts: list[str], ids: list[str]) -> pd.DataFrame:
    rows: list[Mapping[str, object]] = [
        {"opinion_id": i, **row}
        for i, text, coding in zip(ids, texts, codings, strict=True)
        for row in long_rows(model, coding, text)
    ]
    return pd.DataFrame(rows, columns=list(SUGGESTIONS.columns), dtype=object)
