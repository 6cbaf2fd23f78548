"""Write a report as Markdown. Its opinions come back exactly by `iken ingest` (see `opinions_section`)."""

from __future__ import annotations

from pipeline.drawing import Picture
from pipeline.opinions_section import (
    BEGIN,
    END,
    REST,
    escape,
    heading_line,
    opinion_line,
)
from pipeline.report_parts import (
    Interactive,
    Paragraph,
    Part,
    Plan,
    Quotes,
    Report,
    SubHeading,
    Table,
    in_pieces,
    numeric_columns,
    text_rows,
)

_WIDEST = 12


def markdown(report: Report, picture_folder: str = "") -> str:
    """Return the report as Markdown.

    Parameters
    ----------
    picture_folder
        Folder beside the file in which `picture_names` lie; '' to name pictures only by what they show.
    """
    names = picture_names(report)
    lines = [f"# {escape(report.title)}", "", *(f"{escape(line)}\n" for line in report.lines)]
    for number, section in enumerate(report.sections, 1):
        lines += [f"# {number} {escape(section.title)}", ""]
        for part in report.printed(section):
            lines += [*_part(part, names, picture_folder), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def picture_names(report: Report) -> dict[int, str]:
    """Return a file name (without ending) for each picture, by its identity."""
    return {id(p): f"図{i}" for i, p in enumerate(report.pictures, 1)}


def _part(part: Part, names: dict[int, str], folder: str) -> list[str]:
    if isinstance(part, Paragraph):
        before = {"warning": "> **", "bullet": "- ", "note": "", "body": ""}[part.kind]
        return [f"{before}{escape(part.text)}{'**' if part.kind == 'warning' else ''}"]
    if isinstance(part, SubHeading):
        return [f"## {escape(part.text)}"]
    if isinstance(part, Quotes):
        return _quotes(part)
    if isinstance(part, Table):
        return [line for piece in in_pieces(part, _WIDEST) for line in _table(piece)]
    if isinstance(part, Plan):
        return _plan(part)
    return _picture(part.picture if isinstance(part, Interactive) else part, names, folder)


def _quotes(part: Quotes) -> list[str]:
    lines = [
        opinion_line(q.text, unchecked=q.unchecked, copies=q.copies, shared_id=q.shared_id)
        for q in part.quotes
    ]
    return [*lines, *(["", f"{REST} {part.rest:,}件*"] if part.rest else [])]


def _plan(part: Plan) -> list[str]:
    lines = [BEGIN, ""]
    for entry in part.entries:
        lines += [heading_line(entry.node, entry.count, entry.unchecked), ""]
        if entry.words:
            lines += [f"*特徴語: {escape('、'.join(entry.words))}*", ""]
        if entry.opinions.quotes:
            lines += [*_quotes(entry.opinions), ""]
    return [*lines, END]


def _table(table: Table) -> list[str]:
    frame = table.frame
    right = numeric_columns(table)
    lines = [f"**{escape(table.title)}**", ""]
    lines.append("| " + " | ".join(escape(str(c)) for c in frame.columns) + " |")
    lines.append("|" + "|".join("---:" if r else "---" for r in right) + "|")
    for i, row in enumerate(text_rows(table)):
        cells = [escape(c) for c in row]
        if table.levels:
            cells[0] = "\u3000" * (table.levels[i] - 1) + cells[0]
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, "", *([escape(table.note), ""] if table.note else [])]


def _picture(part: Picture, names: dict[int, str], folder: str) -> list[str]:
    if not folder:
        return [f"(図: {escape(part.title)}。{escape(part.alt)})"]
    return [f"![{escape(part.alt)}]({folder}/{names[id(part)]}.png)", "", f"図: {escape(part.title)}"]
