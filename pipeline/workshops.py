"""Read what a workshop summary says before its opinions: title, date, themes, and the table of sessions.

OCR tears table rows apart and leaves ghosts of cells beside the real ones. So nothing is guessed: a cell is
filled only if exactly one sure reading stands in it; otherwise it stays empty and is listed as doubtful, with
the raw lines beside it for a person to look at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.blocks import Block, Use

_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925}
_YEAR = r"(?:(?P<era>令和|平成|昭和)(?P<era_year>元|\d{1,2})|(?P<year>\d{4}))年"
_DOCUMENT_DATE = re.compile(_YEAR + r"(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日)?")
_HELD = re.compile("日時|開催|実施|期間|期日|日程")  # the date of a session, not of the document
_SESSION_DATE = re.compile(
    rf"(?:{_YEAR})?(?P<month>\d{{1,2}})(?:月|/)(?P<day>\d{{1,2}})日?(?:\((?P<weekday>[月火水木金土日])(?:曜日?)?\))?"
)
_WEEKDAYS = "月火水木金土日"
_THEME = re.compile(r"(?:[-*・]\s*)*テーマ\s*\d+\s*[:\uff1a.、]?\s*(?P<name>.*\S)", re.DOTALL)
_HEADINGS = {
    "name": re.compile(r"地区|会場名|回|名称|区分|対象"),
    "date": re.compile(r"日程|日時|開催日|実施日|月日|期日|年月日|日付"),
    "venue": re.compile(r"場所|会場|開催地"),
    "participants": re.compile(r"人数|参加者"),
}
# In a PDF nothing else shows where the table ends: a heading, a theme, or a sentence.
_NEXT_SECTION = re.compile(r"\d+[\s.\uff0e]|#|テーマ|.*。$")
_BRACKETS = re.compile(r"\s*[(\uff08].*", re.DOTALL)
_COUNT = re.compile(r"(\d+)[名人]")
# A session may well be held a little after the month printed on a summary (this one has such), not much.
_LATEST = timedelta(days=92)
_SHORT = 30


@dataclass
class Front:
    """The part before the plan: document date (ISO, as exact as printed, or ''), WORKSHOPS rows, and uses."""

    date: str
    rows: list[dict[str, object]]
    uses: list[Use]


def document_date(texts: Sequence[str]) -> str:
    """Return the first date among short lines as 'YYYY-MM' or 'YYYY-MM-DD', or ''.

    >>> document_date(["まとめ", "令和7年7月 鎌 倉 市"]), document_date(["令和元年 5月 1日"])
    ('2025-07', '2019-05-01')
    """
    for text in texts:
        match = _DOCUMENT_DATE.search(_compact(text))
        if not match or len(text.strip()) > _SHORT or _HELD.search(_compact(text)):
            continue
        if 1 <= int(match["month"]) <= 12:
            month = f"{_year(match)}-{int(match['month']):02d}"
            day = _calendar_date(_year(match), int(match["month"]), int(match["day"] or 0))
            return month if day is None else day.isoformat()
    return ""


def read_front(source: str, blocks: Sequence[Block], marked: Sequence[Use | None]) -> Front:
    """Account for the lines before the plan.

    Parameters
    ----------
    source
        File name, for the rows.
    blocks, marked
        The lines, and for each the use already known (set aside, layout), or None.
    """
    dated = document_date([b.text for b in blocks if b.kind != "table"])
    front = Front(dated, [], [])
    sessions = _Table(source, dated)
    titled = False
    for block, known in zip(blocks, marked, strict=True):
        text = block.text.strip()
        theme = _THEME.fullmatch(text)
        if known is not None:
            use = known
        elif sessions.take(block):
            use = Use(block, "schedule")
        elif theme:
            front.rows.append(_row(source, "theme", block, name=theme["name"], raw=text))
            use = Use(block, "theme")
        elif not titled:
            use, titled = Use(block, "title"), True
        elif document_date([text]) == dated != "":
            use = Use(block, "date")
        else:
            use = Use(block, "section text")
        front.uses.append(use)
    front.rows = [*sessions.rows(), *front.rows]
    return front


def _row(source: str, kind: str, block: Block, **cells: object) -> dict[str, object]:
    return {"source": source, "location": block.location, "kind": kind, **cells}


# -- the table of sessions -------------------------------------------------------------------------


@dataclass(frozen=True)
class _Fragment:
    """One cell of one line."""

    text: str
    damaged_line: bool


class _Table:
    """Collects the lines of the session table, then reads them session by session."""

    def __init__(self, source: str, dated: str) -> None:
        self.source = source
        self.dated = dated
        self.columns: list[str] = []
        self.lines: list[tuple[Block, dict[str, str]]] = []
        self.open = True

    def take(self, block: Block) -> bool:
        """Take a line if it belongs to the table: its header, or any line from there to the next text."""
        if not self.open or (block.kind != "table" and not (self.columns and block.page is not None)):
            self.open = self.open and not self.columns
            return False
        cells = _cells(block)
        if not self.columns:
            self.columns = _columns(cells)
            return bool(self.columns)
        if block.kind != "table" and _NEXT_SECTION.match(block.text.strip()):
            self.open = False
            return False
        if not all(re.fullmatch(r":?-+:?", c) for c in cells if c):
            aligned = len(cells) >= len(self.columns) or block.page is None
            self.lines.append((block, self._placed(cells, aligned)))
        return True

    def _placed(self, cells: list[str], aligned: bool) -> dict[str, str]:
        """Return a line's cells by column. In a PDF empty cells vanish; there the form tells the column."""
        if aligned:
            return {c: t for c, t in zip(self.columns, cells, strict=False) if c and t}
        placed: dict[str, str] = {}
        for text in cells:
            if "participants" in self.columns and _COUNT.fullmatch(_compact(text)):
                column = "participants"
            elif "date" in self.columns and _SESSION_DATE.match(_compact(text)):
                column = "date"
            elif text is cells[0] and (len(cells) > 1 or _BRACKETS.fullmatch(text)):
                column = "name"
            else:
                column = "unplaced"
            placed[column] = f"{placed[column]} {text}" if column in placed else text
        return placed

    def rows(self) -> list[dict[str, object]]:
        """Return one WORKSHOPS row a session."""
        names = [c["name"] for _, c in self.lines if "name" in c]
        self.suffix = _usual_suffix(names)
        sessions: list[list[tuple[Block, dict[str, str]]]] = []
        for block, cells in self.lines:
            if sessions and not self._opens(cells):
                sessions[-1].append((block, cells))
            else:
                sessions.append([(block, cells)])
        return [self._session(lines) for lines in sessions]

    def _opens(self, cells: dict[str, str]) -> bool:
        """Tell whether a line starts a session: never one starting with a bracket; else by its count, or
        by a sure name together with a sure date."""
        name = cells.get("name", "")
        if _BRACKETS.fullmatch(name) or set(cells) == {"participants"}:
            return False
        return "participants" in cells or (
            self._name_is_sure(name) and self._date(cells.get("date", "")) is not None
        )

    def _session(self, lines: list[tuple[Block, dict[str, str]]]) -> dict[str, object]:
        filled: dict[str, object] = {}
        doubtful: list[str] = []
        unplaced = any("unplaced" in cells for _, cells in lines)
        for column in ("name", "date", "venue", "participants"):
            fragments = [_Fragment(c[column], self._is_damaged(c)) for _, c in lines if column in c]
            value = self._read(column, fragments)
            # In a PDF, text of an unknown column may be a part of the venue, or of any cell that seems blank.
            if unplaced and (column == "venue" or not fragments):
                value = None
            filled[column] = value or ""
            if value is None:
                doubtful.append(column)
        raw = "\n".join(b.text.strip() for b, _ in lines)
        return _row(self.source, "session", lines[0][0], **filled, doubtful=";".join(doubtful), raw=raw)

    def _is_damaged(self, cells: dict[str, str]) -> bool:
        """Tell whether OCR damaged any cell of a line."""
        checked = {c: t for c, t in cells.items() if c in ("name", "date", "participants")}
        if _BRACKETS.fullmatch(checked.get("name", "")):
            del checked["name"]
        return any(self._one(c, t) is None for c, t in checked.items())

    def _read(self, column: str, fragments: list[_Fragment]) -> str | None:
        """Return what a cell says: '' if it is blank, None if that is not sure."""
        if not fragments:
            return ""
        if column == "venue":
            text = "".join(f.text for f in fragments)
            return None if re.search(r"[□\ufffd]", text) or not re.search(r"\w", text) else text
        brackets = "".join(f.text for f in fragments if column == "name" and _BRACKETS.fullmatch(f.text))
        parts = [f for f in fragments if not (brackets and _BRACKETS.fullmatch(f.text))]
        read = [(value, f) for f in parts if (value := self._one(column, f.text)) is not None]
        sure = {value for value, _ in read}
        if column == "name" and len(sure) > 1:
            # Two readings: the one on a whole line is read, its rival on a damaged line is a ghost.
            sure = {value for value, f in read if not f.damaged_line}
        return f"{sure.pop()}{brackets}" if len(sure) == 1 else None

    def _one(self, column: str, text: str) -> str | None:
        """Return the sure reading of one fragment, or None."""
        if column == "name":
            return text if self._name_is_sure(text) else None
        if column == "date":
            return self._date(text)
        match = _COUNT.fullmatch(_compact(text))
        return match[1] if match else None

    def _name_is_sure(self, name: str) -> bool:
        """A name is sure if it is letters only and ends as most names in the table do (…地区)."""
        core = _BRACKETS.sub("", name)
        letters = bool(core) and all(c.isalnum() or c in "・ \u3000" for c in core)
        return letters and _without_number(core).endswith(self.suffix)

    def _date(self, text: str) -> str | None:
        """Return an ISO date if it is sure: its year printed, or its weekday right in the document's year."""
        match = _SESSION_DATE.fullmatch(_compact(text))
        if match is None:
            return None
        month, day = int(match["month"]), int(match["day"])
        year = _year(match) or (int(self.dated[:4]) if self.dated else 0)
        found = _calendar_date(year, month, day)
        if found and not _year(match):
            made = date.fromisoformat(f"{self.dated[:7]}-28")
            if found - made > _LATEST:
                found = _calendar_date(year - 1, month, day)
        if found is None or (match["weekday"] and _WEEKDAYS[found.weekday()] != match["weekday"]):
            return None
        return found.isoformat() if _year(match) or match["weekday"] else None


def _cells(block: Block) -> list[str]:
    text = block.text.strip(" \u3000\r\n")
    if text.startswith("|"):
        return [c.strip() for c in text.strip("|").split("|")]
    return [c.strip() for c in text.split("\t")]


def _columns(cells: Sequence[str]) -> list[str]:
    """Return the meaning of each header cell ('' for others), or [] if this is not a session table."""
    columns: list[str] = []
    for cell in cells:
        found = (c for c, p in _HEADINGS.items() if c not in columns and p.search(_compact(cell)))
        columns.append(next(found, ""))
    return columns if "name" in columns and ("date" in columns or "venue" in columns) else []


def _usual_suffix(names: Sequence[str]) -> str:
    """Return the last two characters that most names share (地区), or ''."""
    cores = [_without_number(_BRACKETS.sub("", n)) for n in names if not _BRACKETS.fullmatch(n)]
    endings = [c[-2:] for c in cores if len(c) > 2]
    common = max(set(endings), key=lambda e: (endings.count(e), e), default="")
    return common if endings.count(common) * 5 >= len(cores) * 3 and len(cores) > 2 else ""


def _without_number(name: str) -> str:
    return re.sub(r"[\s\d①-⑳]+$", "", name)


def _compact(text: str) -> str:
    """Fold width and drop all white space: OCR puts spaces anywhere."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _year(match: re.Match[str]) -> int:
    if match["era"]:
        return _ERAS[match["era"]] + (1 if match["era_year"] == "元" else int(match["era_year"]))
    return int(match["year"] or 0)


def _calendar_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
