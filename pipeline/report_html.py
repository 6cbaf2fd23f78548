"""Write a report as one HTML file that asks nothing of any server: styles, pictures and scripts are inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import jinja2

from pipeline.drawing import Picture
from pipeline.opinions_section import UNCHECKED, count_words
from pipeline.report_parts import (
    Interactive,
    Paragraph,
    Plan,
    Quotes,
    Report,
    SubHeading,
    Table,
    numeric_columns,
    printable,
    text_rows,
)

# Headings of HTML: h1 is the title, h2 a chapter.
_BELOW_CHAPTER = 2
_DEEPEST = 6


@dataclass(frozen=True)
class _Shown:
    """A table made ready: header, rows of cells, which columns are numbers, levels."""

    header: list[str]
    rows: list[list[str]]
    right: list[bool]
    levels: tuple[int, ...]


def html(report: Report) -> str:
    """Return the report as one HTML page; nothing in it is loaded from elsewhere (see its security policy)."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["printable"] = printable
    source = files("pipeline").joinpath("report_template.html").read_text("utf-8")
    template = environment.from_string(source)
    numbers = {id(p): i for i, p in enumerate(report.pictures, 1)}
    return template.render(
        report=report,
        unchecked=UNCHECKED,
        kind=_kind,
        shown=_shown,
        data_uri=data_uri,
        number=lambda p: numbers[id(p)],
        heading=lambda level: f"h{min(_BELOW_CHAPTER + level, _DEEPEST)}",
        count_words=count_words,
    )


_KINDS: Mapping[type, str] = {
    Paragraph: "paragraph",
    SubHeading: "subheading",
    Quotes: "quotes",
    Table: "table",
    Plan: "plan",
    Picture: "picture",
    Interactive: "interactive",
}


def _kind(part: object) -> str:
    return _KINDS[type(part)]


def _shown(table: Table) -> _Shown:
    header = [str(c) for c in table.frame.columns]
    levels = table.levels or (0,) * len(table.frame)
    return _Shown(header, text_rows(table), numeric_columns(table), levels)


def data_uri(picture: Picture) -> str:
    """Return a picture as text that can stand in a page: SVG, sharp at any size."""
    return "data:image/svg+xml;base64," + base64.b64encode(picture.svg.encode("utf-8")).decode("ascii")
