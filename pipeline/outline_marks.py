"""Tell what the lines of a document are by their marks, where one line alone does not say it.

Word files without numbers have their heading styles; and a sign such as ■ stands before headings as well as before
opinions, which only the lines below it can tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.blocks import Document, Use
from pipeline.marks import LEVELS, Mark, mark

_WRITTEN = re.compile(
    r"第\s*(?P<part>\d{1,2})\s*[章節項部編]|(?P<path>\d{1,2}(?:\s*[-\uff0d‐−–.\uff0e]\s*\d{1,2})*)\D?\s"
)


def read_marks(document: Document) -> tuple[list[Mark], int | None, list[Use]]:
    """Return the mark of each block, where the plan begins (None if nowhere), and what is worth a look."""
    marks = [mark(b) for b in document.blocks]
    doubts: list[Use] = []
    start = _first_goal(marks)
    if start is None:
        marks = _from_styles(document, marks, doubts)
        start = _first_goal(marks)
    return (marks if start is None else _without_doubtful_signs(document, marks, start)), start, doubts


def _first_goal(marks: Sequence[Mark]) -> int | None:
    return next((i for i, m in enumerate(marks) if m.kind == "level" and m.level == 0), None)


def _without_doubtful_signs(document: Document, marks: Sequence[Mark], start: int) -> list[Mark]:
    """Make headings of all lines behind a sign that has another one below it: 「■ 高齢者」 above 「・声をかけてほしい」.

    They may be opinions with remarks below them: that cannot be told, so nothing is coded by them.
    """
    above: dict[str, str] = {}  # sign -> the first line below it that has another one
    order: list[str] = []  # signs below the present heading
    last = ""
    for block, one in zip(document.blocks[start:], marks[start:], strict=True):
        if one.kind in ("level", "heading"):
            order, last = [], ""
        elif one.kind == "opinion":
            if one.sign and one.sign not in order:
                order.append(one.sign)
            # Of two such signs the one that came first stands above.
            if last and one.sign != last and (not one.sign or order.index(one.sign) > order.index(last)):
                above.setdefault(last, block.location)
            last = one.sign
    return [
        replace(
            m,
            kind="heading",
            reason=f"「{m.sign}」の下に別の印の行があり({above[m.sign]})、見出しか意見か決められません",
        )
        if i >= start and m.sign in above
        else m
        for i, m in enumerate(marks)
    ]


def _from_styles(document: Document, marks: Sequence[Mark], doubts: list[Use]) -> list[Mark]:
    """Fallback for a Word file whose headings bear no numbers: the heading styles make the tree.

    The plan is every heading of the deepest style with opinions below it, and the headings above those.
    Numbers in the text (目標1, 3-1, 第2章) lead where there are any, unless they contradict those above; others are
    counted. Both is noted as a doubt: such headings may be of the document, not of the plan.
    """
    headings = [i for i, b in enumerate(document.blocks) if b.heading]
    deepest = max((document.blocks[i].heading for i in headings), default=0)
    plan: set[int] = set()
    for place, i in enumerate(headings):
        end = headings[place + 1] if place + 1 < len(headings) else len(marks)
        if document.blocks[i].heading == deepest and any(m.kind == "opinion" for m in marks[i:end]):
            depth = deepest + 1
            for j in reversed(headings[: place + 1]):
                if document.blocks[j].heading < depth:
                    depth = document.blocks[j].heading
                    plan.add(j)
    depths = sorted({document.blocks[i].heading for i in plan})
    elsewhere = any(m.kind == "level" and i not in plan for i, m in enumerate(marks))
    if elsewhere or not 2 <= len(depths) < len(LEVELS):
        return list(marks)
    # The first is the top of the table of levels, the others are its bottom.
    ranks = dict(zip(depths, (0, *range(len(LEVELS) - len(depths) + 1, len(LEVELS))), strict=True))
    counters = [0] * len(LEVELS)
    result = list(marks)
    for i in sorted(plan):
        block = document.blocks[i]
        level = ranks[block.heading]
        above = [counters[r] for r in ranks.values() if r < level]
        written = None if marks[i].kind == "level" else _written(f"{block.label} {block.text}", above)
        counted = marks[i].kind != "level" and written is None
        read = marks[i].number if written is None else written
        counters[level] = counters[level] + 1 if counted else read
        counters[level + 1 :] = [0] * (len(LEVELS) - level - 1)
        result[i] = replace(marks[i], kind="level", level=level, number=counters[level])
        if marks[i].kind != "level":
            reason = (
                "番号がないか、上の見出しの番号と合わないため、順番で番号を付けました"
                if counted
                else "見出しのスタイルから、計画の見出しとして読みました"
            )
            doubts.append(Use(block, LEVELS[level].name, reason))
    return result


def _written(text: str, above: Sequence[int]) -> int | None:
    """Return the last number a heading begins with, None if there is none or those before it are not `above`.

    >>> _written("3-1 見守り", [3]), _written("第2節 サロン", [3]), _written("3-1 見守り", [2]), _written("見守り", [3])
    (1, 2, None, None)
    """
    match = _WRITTEN.match(text.strip())
    numbers = [int(n) for n in re.findall(r"\d+", match[0])] if match else []
    before = numbers[:-1]
    return numbers[-1] if numbers and [*above][len(above) - len(before) :] == before else None
