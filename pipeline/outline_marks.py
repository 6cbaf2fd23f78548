"""Tell what the lines of a document are by their marks, where one line alone does not say it.

Word files without numbers have their heading styles; 「1-1 …」 is of the plan if the numbers run on below the goals; and
a sign such as ■ stands before headings as well as before opinions, which only the lines below it can tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from pipeline.blocks import Block, Document, Use
from pipeline.marks import LEVELS, Mark, is_contents_line, mark

_WRITTEN = re.compile(
    r"第\s*(?P<part>\d{1,2})\s*[章節項部編]|(?P<path>\d{1,2}(?:\s*[-\uff0d‐−–.\uff0e]\s*\d{1,2})*)\D?\s"
)
# 「1-2 見守り」, 「１．２　見守り」, 「1-2-1 見守り」: the numbers of the headings above and its own.
_PATH = re.compile(
    r"(?P<numbers>\d{1,2}(?:\s*[-\uff0d‐−–.\uff0e]\s*\d{1,2}){1,2})[.\uff0e、:\uff1a]?\s+(?P<title>\S.*)",
    re.DOTALL,
)
_GOAL, _MEASURE = 0, 1  # in `LEVELS`
_SUMMARY = "目標を並べた表・目次の行(目標の見出しはほかにある)"


def read_marks(document: Document) -> tuple[list[Mark], int | None, list[Use]]:
    """Return the mark of each block, where the plan begins (None if nowhere), and what is worth a look."""
    marks = _without_contents(_without_summaries(document.blocks, [mark(b) for b in document.blocks]))
    doubts: list[Use] = []
    start = _first_goal(marks)
    if start is None:
        marks = _from_styles(document, marks, doubts)
        start = _first_goal(marks)
    if start is None:
        return marks, None, doubts
    return _without_doubtful_signs(document, _with_paths(document, marks, start), start), start, doubts


def _first_goal(marks: Sequence[Mark]) -> int | None:
    return next((i for i, m in enumerate(marks) if _is_goal(m)), None)


def _without_summaries(blocks: Sequence[Block], marks: list[Mark]) -> list[Mark]:
    """Set aside the rows of tables that only repeat the goals, such as 「目標1 安心 | 30件」 or a table of contents."""
    goals = {(m.number, b.kind == "table") for b, m in zip(blocks, marks, strict=True) if _is_goal(m)}
    found = list(marks)
    for kind, run in groupby(range(len(blocks)), key=lambda i: blocks[i].kind):
        rows = list(run)
        if kind == "table" and any(_is_goal(marks[i]) and (marks[i].number, False) in goals for i in rows):
            for i in rows:
                found[i] = Mark("aside", marks[i].text, reason=_SUMMARY)
    return found


def _without_contents(marks: list[Mark]) -> list[Mark]:
    """Pass over headings that come again, title and all, before there is any opinion: a table of contents."""
    goals = [i for i, m in enumerate(marks) if _is_goal(m)]
    first = begin = goals[0] if goals else 0
    for i in goals[1:]:
        again = marks[i].number == marks[begin].number and _bare(marks[i].text) == _bare(marks[begin].text)
        if again and not any(m.kind == "opinion" for m in marks[begin:i]):
            begin = i
    # They stand before the plan then, and `opinions` accounts for them.
    before = range(first, begin)
    return [replace(m, kind="plain") if i in before and m.kind == "level" else m for i, m in enumerate(marks)]


def _bare(title: str) -> str:
    """Return a title without blanks and the number of a page behind it.

    >>> _bare("安心して 暮らす …… 12"), _bare("安心して暮らす")
    ('安心して暮らす', '安心して暮らす')
    """
    return re.sub(r"[.\uff0e・…‥]*\d*$", "", re.sub(r"\s", "", title))


def _is_goal(one: Mark) -> bool:
    return one.kind == "level" and one.level == _GOAL


def _with_paths(document: Document, marks: list[Mark], start: int) -> list[Mark]:
    """Make headings of the plan of 「1-1 …」 and 「1-1-1 …」, if all of them run on from the goals without a gap.

    「1-1」 has to be the first heading below 「目標1」. Where one of them does not fit, none is read: they may be
    numbers of something else, and every one is listed with what stands below it.
    """
    blocks = document.blocks
    paths = {i: p for i in range(start, len(marks)) if (p := _path(blocks[i], marks[i])) is not None}
    misfit = _first_misfit(marks, start, paths)
    if misfit is None:
        return [paths.get(i, one) for i, one in enumerate(marks)]
    where = f"{blocks[misfit].location}「{blocks[misfit].text.strip()}」"
    reason = f"1-1 の形の見出しは、目標のすぐ下から番号が続くときだけ読みます(合わない最初の行: {where})"
    return [replace(m, kind="heading", reason=reason) if i in paths else m for i, m in enumerate(marks)]


def _first_misfit(marks: Sequence[Mark], start: int, paths: Mapping[int, Mark]) -> int | None:
    """Return the first heading that does not go with the numbers of `paths`, None if all do."""
    ranks = {p.level for p in paths.values()}
    goal = measure = last = 0
    for i in range(start, len(marks)):
        one = paths.get(i, marks[i])
        if i in paths and one.level == _MEASURE:
            measure, last = measure + 1, 0
        elif i in paths:
            last += 1
        elif _is_goal(one):
            goal, measure, last = one.number, 0, 0
        elif one.kind == "level" and ranks and (not measure or one.level in ranks):
            return i
        expected = [goal, measure, last][: one.level + 1]
        if i in paths and (not measure or [int(n) for n in re.findall(r"\d+", one.printed)] != expected):
            return i
    return None


def _path(block: Block, one: Mark) -> Mark | None:
    """Return a line that begins with 「1-1」 or 「1-1-1」 as a heading of the plan, None for any other."""
    if one.kind not in ("heading", "plain") or block.kind == "table" or is_contents_line(one.text):
        return None
    text = one.text.strip("*_ \u3000")
    match = _PATH.match(text) or _PATH.match(f"{block.label} {text}")
    if match is None:
        return None
    printed = unicodedata.normalize("NFKC", re.sub(r"\s", "", match["numbers"]))
    numbers = re.findall(r"\d+", printed)
    return Mark("level", match["title"].strip(), len(numbers) - 1, int(numbers[-1]), printed)


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
