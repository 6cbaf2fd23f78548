"""Tables of comments without personal information: the same rows with masked texts, and a report to check."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from pipeline.cells import as_text
from pipeline.comment_column import folded_name
from pipeline.masking import find_personal, mask, placeholder, suspects_personal
from pipeline.tables import Schema
from pipeline.tokenise import lemmas

# One row a place. start (from 1) and length say where it stood in the original text; context is masked.
MASK_REPORT = Schema(
    "MASK_REPORT", ("row", "column", "kind", "start", "length", "context"), ("row", "column", "kind")
)
ORIGINAL = "original"
_CONTEXT = 15
# So many filled cells of a column are looked at as `mask` would, all others by the fast suspicion.
_THOROUGH = 200
_PERSONAL_HEADER = re.compile(
    r"(?:氏名|姓名|名前|なまえ|フリガナ|ふりがな|住所|電話|携帯|電話番号|携帯番号|メール|メールアドレス|e-?mail|連絡先"
    r"|生年月日)(?:[(（].*)?$"
    r"|^(?:name|full name|address|phone|tel)$"
)
# A cell that only ticks a choice (1, ○, はい) names nobody, whatever the header asks about.
_TICK = re.compile(r"\W*(?:.|はい|いいえ|yes|no|true|false)?\W*", re.IGNORECASE | re.DOTALL)
_LONGEST_TICK = 20


def mask_rows(
    frame: pd.DataFrame, columns: Sequence[str], *, first_row: int = 2, originals: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `frame` with the texts of `columns` masked, and the MASK_REPORT of what was.

    Cells without personal information, and all other columns, are as they were, types included.

    Parameters
    ----------
    first_row : number of the first row as people see it, for the report
    originals : add the column `original`, which shows what was masked
    """
    masked = frame.copy()
    rows: list[dict[str, object]] = []
    for column in columns:
        cells: list[object] = []
        for i, value in enumerate(frame[column].tolist()):
            text = as_text(value)
            clean, spans = mask(text)
            cells.append(clean if spans else value)
            grown = 0  # by how much the text before has grown
            for span in spans:
                at = span.start + grown
                shown = placeholder(span.kind)
                row: dict[str, object] = {
                    "row": first_row + i,
                    "column": column,
                    "kind": span.kind,
                    "start": span.start + 1,
                    "length": span.end - span.start,
                    "context": clean[max(0, at - _CONTEXT) : at + len(shown) + _CONTEXT],
                }
                rows.append(row | ({ORIGINAL: text[span.start : span.end]} if originals else {}))
                grown += len(shown) - (span.end - span.start)
        masked[column] = pd.Series(cells, index=frame.index, dtype=object)
    rows.sort(key=lambda r: (r["row"], columns.index(str(r["column"])), r["start"]))
    names = [*MASK_REPORT.columns, *([ORIGINAL] if originals else [])]
    return masked, pd.DataFrame(rows, columns=names, dtype=object)


class SuspectedCells:
    """Counts, chunk by chunk, the cells of columns not masked that seem to hold personal information.

    In a column named 氏名, 住所, 電話 and so on all filled cells count: a name alone is found by no rule.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._looked: Counter[str] = Counter()

    def look(self, frame: pd.DataFrame, columns: Sequence[str]) -> None:
        """Take in the cells of the next rows."""
        for column in columns:
            filled = [
                t
                for t in map(as_text, frame[column].tolist())
                if len(t) > _LONGEST_TICK or not _TICK.fullmatch(t)
            ]
            if is_personal_column(column):
                found = len(filled)
            else:
                thorough = max(0, _THOROUGH - self._looked[column])
                self._looked[column] += len(filled)
                found = sum(bool(find_personal(t)) for t in filled[:thorough])
                found += sum(suspects_personal(t) for t in filled[thorough:])
            if found:
                self.counts[column] += found


def is_personal_column(name: str) -> bool:
    """Tell whether the header of a column asks for personal information.

    >>> [is_personal_column(c) for c in ("ご氏名", "E-mail", "電話番号(携帯)", "町名", "電話相談の満足度")]
    [True, True, True, False, False]
    >>> [is_personal_column(c) for c in ("氏　名", "住 所", "電話\\n番号")]
    [True, True, True]
    """
    forms = (unicodedata.normalize("NFKC", name).strip().casefold(), folded_name(name))
    return any(_PERSONAL_HEADER.search(form) for form in forms)


def mask_suggestions(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return suggestions with the comments in `columns`, and the quotations of evidence, masked.

    Of the words of evidence, those are left out that only the masked places of the comments hold.
    """
    columns = [c for c in columns if c in frame]
    masked = mask_rows(frame, columns)[0]
    if "evidence_words" in frame:
        secret = [
            {w for before, after in pairs if before != after for w in {*lemmas(before)} - {*lemmas(after)}}
            for pairs in zip(*(_as_texts(frame[c], masked[c]) for c in columns), strict=True)
        ]
        masked["evidence_words"] = [
            "、".join(w for w in as_text(v).split("、") if w not in hidden)
            for v, hidden in zip(frame["evidence_words"], secret, strict=True)
        ]
    if "evidence" in frame:
        masked["evidence"] = [
            "\n".join(_masked_line(line) for line in as_text(v).split("\n")) for v in frame["evidence"]
        ]
    return masked


def _as_texts(before: Iterable[object], after: Iterable[object]) -> list[tuple[str, str]]:
    return [(as_text(a), as_text(b)) for a, b in zip(before, after, strict=True)]


@functools.lru_cache(maxsize=1 << 12)
def _masked_line(text: str) -> str:
    """Mask a line that comes again and again: evidence quotes the same opinions for many comments."""
    return mask(text)[0]
