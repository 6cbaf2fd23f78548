"""What a report is made of, whatever file it becomes: sections of paragraphs, tables, pictures and opinions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from pipeline.cells import SURROGATE, in_percent, without_controls
from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.disclosure import THRESHOLD
from pipeline.drawing import Picture
from pipeline.features import TextVectors

# More or less than elsewhere, or before.
UP, DOWN = "▲", "▽"
SIGNS = {1: UP, -1: DOWN, 0: ""}
MOST_TOLD = 12  # differences told in sentences; the rest is in the table


@dataclass(frozen=True)
class ReportOptions:
    """What the reader of a report may wish otherwise.

    examples : opinions shown of each item; None for all of them, none folded
    by : columns of the survey to make cross tables by
    threshold : cells of fewer comments are hidden in cross tables
    """

    title: str = "意見のまとめ"
    lines: tuple[str, ...] = ()
    source: str = ""
    examples: int | None = 5
    by: tuple[str, ...] = ()
    threshold: int = THRESHOLD
    min_confidence: float | None = None
    pictures: bool = True
    masked: bool = False
    previous_name: str = ""


@dataclass(frozen=True)
class ModelFigures:
    """What is known of the model that made the suggestions.

    metrics : its metrics.json, {} if not at hand
    encode : makes vectors of texts, for the map of opinions; None for no map
    """

    model_id: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    encode: Callable[[Sequence[str]], TextVectors] | None = None


@dataclass(frozen=True)
class Paragraph:
    """Text of one paragraph; a `warning` must be seen, a `note` is small print."""

    text: str
    kind: Literal["body", "note", "warning", "bullet"] = "body"


@dataclass(frozen=True)
class SubHeading:
    """A heading within a section."""

    text: str


@dataclass(frozen=True)
class Quote:
    """An opinion as it was given. `copies`: how many say nearly the same, itself included.

    shared_id : the opinion's id if it stands at several places of the plan, else ''
    """

    text: str
    unchecked: bool = False
    copies: int = 1
    shared_id: str = ""


@dataclass(frozen=True)
class Quotes:
    """Opinions as bullets, and how many more there are."""

    quotes: tuple[Quote, ...]
    rest: int = 0


@dataclass(frozen=True)
class Sheet:
    """A table as a sheet of its own in Excel: short name, table, columns that hold shares.

    note : None for that of the table, which speaks of what paper shows
    """

    name: str
    frame: pd.DataFrame
    percents: frozenset[str] = frozenset()
    note: str | None = None


@dataclass(frozen=True)
class Table:
    """A table for people: cells are text, whole numbers, or shares (columns in `percents`).

    levels : of each row, 1 at the top, for indenting and shading; empty for a flat table
    keys : leading columns that say what a row is
    sheets : what Excel gets instead of `frame`
    only_excel : too long to be read on paper
    """

    title: str
    frame: pd.DataFrame
    name: str
    percents: frozenset[str] = frozenset()
    levels: tuple[int, ...] = ()
    keys: int = 1
    note: str = ""
    sheets: tuple[Sheet, ...] = ()
    only_excel: bool = False

    def as_sheets(self) -> tuple[Sheet, ...]:
        """Return what Excel gets."""
        return self.sheets or (Sheet(self.name, self.frame, self.percents),)


@dataclass(frozen=True)
class PlanEntry:
    """A node of the plan: its opinions (also those below it are counted), and those coded to it itself."""

    node: Node
    count: int
    unchecked: int
    opinions: Quotes
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The plan from top to bottom with its opinions: the part that `iken ingest` reads back."""

    entries: tuple[PlanEntry, ...]


@dataclass(frozen=True)
class Interactive:
    """A picture that HTML shows in a form to explore; other files show the picture itself."""

    picture: Picture
    html: str


Part = Paragraph | SubHeading | Quotes | Table | Plan | Picture | Interactive


@dataclass(frozen=True)
class Section:
    """A numbered chapter."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """A whole report.

    lines : below the title: whose it is, of when
    has_unchecked : some codes are suggestions that nobody has looked at; then every page says so
    opinions : every opinion with its code, or why it has none, for Excel
    """

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]
    has_unchecked: bool
    opinions: pd.DataFrame = field(default_factory=pd.DataFrame)

    def printed(self, section: Section) -> tuple[Part, ...]:
        """Return the parts of a section that documents show; Excel has more tables."""
        return tuple(p for p in section.parts if not (isinstance(p, Table) and p.only_excel))

    @property
    def tables(self) -> list[Table]:
        """All tables in order."""
        return [p for s in self.sections for p in s.parts if isinstance(p, Table)]

    @property
    def pictures(self) -> list[Picture]:
        """All pictures in order."""
        shown = (p.picture if isinstance(p, Interactive) else p for s in self.sections for p in s.parts)
        return [p for p in shown if isinstance(p, Picture)]


def plan_name(codebook: Codebook, code: str) -> str:
    """Return number and title of a node, as the plan prints it below its parent."""
    node = codebook[code]
    return f"{node.number or code} {node.title}"


def told_name(codebook: Codebook, code: str) -> str:
    """Return what a sentence calls a node: its title, with the number before it if others have the same title."""
    title = codebook[code].title
    return title if [n.title for n in codebook].count(title) == 1 else codebook.display(code)


def printable(text: str) -> str:
    """Return a text without what XML cannot hold: control characters go, half characters become U+FFFD."""
    return SURROGATE.sub("\ufffd", without_controls(text))


def cell_text(value: object, *, percent: bool = False) -> str:
    """Return a cell as people read it.

    >>> cell_text(1234), cell_text(0.125, percent=True), cell_text(float("nan")), cell_text("x")
    ('1,234', '12.5%', '', 'x')
    """
    if isinstance(value, str):
        return value
    if value is None or value != value:
        return ""
    if percent and isinstance(value, int | float):
        return in_percent(value, 1)
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else str(value)


def text_rows(table: Table) -> list[list[str]]:
    """Return the rows of a table as people read them."""
    percents = [str(c) in table.percents for c in table.frame.columns]
    return [
        [cell_text(_plain(v), percent=p) for v, p in zip(row, percents, strict=True)]
        for row in table.frame.itertuples(index=False, name=None)
    ]


def _plain(value: object) -> object:
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def numeric_columns(table: Table) -> list[bool]:
    """Tell for each column whether it holds numbers, which stand to the right."""
    return [i >= table.keys for i in range(table.frame.shape[1])]


def in_pieces(table: Table, widest: int) -> list[Table]:
    """Cut a table of many columns into several that repeat the key columns; `widest` counts the others."""
    others = list(range(table.keys, table.frame.shape[1]))
    if len(others) <= widest:
        return [table]
    pieces = -(-len(others) // widest)
    size = -(-len(others) // pieces)
    cuts: Sequence[list[int]] = [others[i : i + size] for i in range(0, len(others), size)]
    return [
        Table(
            f"{table.title}({k}/{len(cuts)})",
            table.frame.iloc[:, [*range(table.keys), *cut]],
            table.name,
            table.percents,
            table.levels,
            table.keys,
            table.note if k == len(cuts) else "",
        )
        for k, cut in enumerate(cuts, 1)
    ]
