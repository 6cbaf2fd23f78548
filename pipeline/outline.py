"""Find the plan in a document: its tree of numbered headings, and the opinions below them.

Levels come from the numbering alone (目標1 > 施策1-2 > (1) > ①), never from the depth of a heading: documents read by
OCR have headings of any depth. Every block is accounted for: used as something, or set aside with a reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import NoReturn

from pipeline.blocks import Block, Document, Use
from pipeline.codebook_rows import Node
from pipeline.errors import InputError
from pipeline.marks import LEVELS, Mark, is_opinions_heading, mark, may_be_heading, stands_above_opinions
from pipeline.outline_marks import read_marks


@dataclass
class Entry:
    """An opinion with its code; `text` may go on over several lines. One `group`: the same opinion again."""

    block: Block
    text: str
    code: str
    group: str = ""


@dataclass
class Outline:
    """A plan read from a document. `front` holds the blocks before it, which `uses` does not cover."""

    nodes: list[Node] = field(default_factory=list)
    opinions: list[Entry] = field(default_factory=list)
    front: list[Block] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    doubts: list[Use] = field(default_factory=list)


def read_outline(document: Document) -> Outline:
    """Read the plan and the opinions of a document.

    Raises
    ------
    InputError
        naming file and line: no plan structure; a heading outside its parent level; an opinion before any
        item; a repeated number; a heading without a title.
    """
    marks, start, doubts = read_marks(document)
    outline = Outline(doubts=doubts)
    if start is None:
        raise InputError(
            "計画の構成(目標1、施策1-2、(1)、① の見出し)が見つかりません。"
            "別の文書ではないか、番号が読み取れているかを確かめてください。"
            "見出しがほかの形(第1章、ア、■ など)なら、この形に直してから読み直してください。",
            "no plan structure (headings numbered 目標1, 施策1-2, (1), ①) was found; is it the right document? "
            "Headings of other kinds (第1章, ア, ■) must be numbered so first",
            file=document.name,
        )
    outline.front = list(document.blocks[:start])
    plan = [
        (b, m.level) for b, m in zip(document.blocks[start:], marks[start:], strict=True) if m.kind == "level"
    ]
    walk = _Walk(document.name, outline, plan)
    walk.check_front(outline.front, marks[:start])
    for block, one in zip(document.blocks[start:], marks[start:], strict=True):
        walk.step(block, one)
    walk.finish()
    return outline


class _Walk:
    """Goes through the plan from the top, keeping the path of headings it is under."""

    def __init__(self, file: str, outline: Outline, plan: list[tuple[Block, int]]) -> None:
        self.file = file
        self.outline = outline
        self.levels = sorted({level for _, level in plan})
        self.first_of_deepest = next(b for b, level in plan if level == self.levels[-1])
        self.path: list[tuple[str, Block]] = []  # code and block of each heading the walk is under
        self.places: dict[str, int] = {}  # code -> index of its node
        self.blocks: dict[str, Block] = {}
        self.last: Entry | int | None = None  # what a continuation line belongs to
        self.lost = False  # below a heading that is not of the plan
        self.unread: Block | None = None  # the last line that may have been such a heading

    def check_front(self, front: list[Block], marks: list[Mark]) -> None:
        """Raise if part of the plan stands between the heading of the opinions section and the first goal."""
        inside = False
        for i, (block, one) in enumerate(zip(front, marks, strict=True)):
            if inside and one.kind == "level":
                self._outside(block, one)
            if inside and one.kind == "opinion":
                self._before_item(block)
            # Not the first line: 「市民意見のまとめ」 may be the title of the whole document.
            inside = inside or (i > 0 and is_opinions_heading(one))

    def step(self, block: Block, one: Mark) -> None:
        """Place one block of the plan."""
        if one.kind == "aside":
            self._note(block, "set aside", one.reason)
        elif one.kind == "layout":
            self._note(block, "layout")
        elif stands_above_opinions(one):
            self.last = None
            self._note(block, "section text")
        elif block.kind == "table" and one.kind not in ("level", "opinion"):
            self.lost = self.lost or may_be_heading(one.text)
            self._note(block, "set aside", "意見の部分にある表の行")
        elif one.kind == "level":
            self._heading(block, one)
        elif one.kind == "opinion":
            self._opinion(block, one)
        elif one.kind == "plain" and self._continue(block, one):
            self._note(block, "continuation")
        elif one.kind == "plain" and one.text.endswith("。") and not may_be_heading(one.text):
            self.last = None
            self._note(block, "set aside", "見出しでも意見でもない文(上の意見の続きなら、1行にする)")
        else:
            # An unnumbered heading may be a misread one: what follows must not slip under the item above it.
            self.lost, self.last, self.unread = True, None, block
            self._note(
                block,
                "set aside",
                one.reason or "計画の番号(目標1、施策1-2、(1)、①)も、意見の「・」も付いていない行",
            )

    def finish(self) -> None:
        """Raise for headings without a title; note headings without anything below."""
        parents = {n.parent for n in self.outline.nodes}
        for node in self.outline.nodes:
            block = self.blocks[node.code]
            if not node.title:
                self._error(
                    block,
                    f"見出し「{block.text.strip()}」に題名がありません。",
                    f"the heading '{block.text.strip()}' has no title",
                )
            if node.level < len(self.levels) and node.code not in parents:
                self.outline.doubts.append(Use(block, "heading", "この見出しの下に項目がありません"))

    def _heading(self, block: Block, one: Mark) -> None:
        rank = self.levels.index(one.level)
        if len(self.path) < rank:
            self._outside(block, one)
        self.path = self.path[:rank]
        parent = self.path[-1][0] if self.path else ""
        code = f"{parent}-{one.number}" if parent else f"G{one.number}"
        if code in self.blocks:
            self._repeated(block, one.printed or str(one.number), self.blocks[code])
        before = [n for n in self.outline.nodes if n.parent == parent]
        expected = int(re.split(r"[G-]", before[-1].code)[-1]) + 1 if before else 1
        if one.number != expected:
            reason = "番号が飛んでいます" if one.number > expected else "番号が順番どおりになっていません"
            self.outline.doubts.append(Use(block, LEVELS[one.level].name, reason))
        above = re.search(r"(\d+)[-‐−–]\D?\d+\)?$", one.printed)  # of 施策1-2
        if above and parent and int(above[1]) != int(re.split("[G-]", parent)[-1]):
            reason = "番号の前の数字が、上の見出しの番号と違います"
            self.outline.doubts.append(Use(block, LEVELS[one.level].name, reason))
        self.path.append((code, block))
        self.blocks[code] = block
        self.last = len(self.outline.nodes)
        self.lost = False
        self.outline.nodes.append(Node(code, parent, rank + 1, one.printed, one.text))
        self._note(block, LEVELS[one.level].name)

    def _opinion(self, block: Block, one: Mark) -> None:
        if self.lost:
            reason = "計画の番号がない見出し・行の下にあり、どの項目の意見か決められません"
            self._note(block, "set aside", reason)
            return
        if len(self.path) < len(self.levels):
            self._before_item(block)
        if isinstance(self.last, Entry) and _indent(block) >= _indent(self.last.block) + 2:
            reason = "下の意見が字下げされています。意見ではなく見出しかもしれません"
            self.outline.doubts.append(Use(self.last.block, "opinion", reason))
        self.last = Entry(block, one.text, self.path[-1][0])
        self.outline.opinions.append(self.last)
        self._note(block, "opinion")

    def _continue(self, block: Block, one: Mark) -> bool:
        """Join a line without a mark to the title or opinion above it, if the layout allows."""
        if may_be_heading(one.text):
            return False
        if isinstance(self.last, Entry):
            if block.continues:
                self.last.text = _join(self.last.text, one.text)
            return block.continues
        if self.last is None:
            return False
        node = self.outline.nodes[self.last]
        if not node.title or (block.continues and not one.text.endswith("。")):
            self.outline.nodes[self.last] = replace(node, title=_join(node.title, one.text))
            return True
        return False

    def _note(self, block: Block, use: str, reason: str = "") -> None:
        self.outline.uses.append(Use(block, use, reason))

    def _outside(self, block: Block, one: Mark) -> NoReturn:
        level = LEVELS[one.level]
        above = LEVELS[self.levels[self.levels.index(one.level) - 1] if one.level in self.levels else 0]
        self._error(
            block,
            f"「{block.text.strip()}」が{above.ja}の外にあります。"
            "上の見出しの番号が読み取れているか確かめてください。",
            f"this {level.name} stands outside any {above.name}; "
            "check that the number of the heading above was read",
        )

    def _repeated(self, block: Block, number: str, first: Block) -> NoReturn:
        ja, en = "", ""
        if self.unread is not None and self.unread.line > first.line:
            unread = f"{self.unread.location}「{self.unread.text.strip()}」"
            ja = f"そのあいだの {unread}が計画の見出しなら、番号を 目標1、施策1-2、(1)、① の形に直してください。"
            en = f"; if {unread} between them is a heading of the plan, number it as 目標1, 施策1-2, (1) or ①"
        level = LEVELS[mark(block).level]
        if (other := mark(first).printed) and other != number:
            ja += f"「{other}」と「{number}」は、どちらも{level.ja}の階層として読みます。違う階層なら、番号を 目標1、施策1-2、(1)、① の形に直してください。"
            en += f"; '{other}' and '{number}' are both read as level {level.name}: number them as 目標1, 施策1-2, (1), ① if they differ"
        self._error(
            block,
            f"番号「{number}」が {first.location} と重複しています。{ja}",
            f"the number '{number}' repeats the one at {first.location}{en}",
        )

    def _before_item(self, block: Block) -> NoReturn:
        deepest = LEVELS[self.levels[-1]]
        first = f"{self.first_of_deepest.location}「{self.first_of_deepest.text.strip()}」"
        self._error(
            block,
            f"意見「{block.text.strip()}」が{deepest.ja}より前にあり、どこに付くか決められません。"
            f"{deepest.ja}は {first}からです。それが計画の見出しでなければ、番号を消してください。",
            f"this opinion stands before any {deepest.name}, so it cannot be placed; "
            f"the first {deepest.name} is {first}: delete its number if it is no heading of the plan",
        )

    def _error(self, block: Block, ja: str, en: str) -> NoReturn:
        raise InputError(ja, en, file=self.file, row=block.line, page=block.page)


def _indent(block: Block) -> int:
    return len(block.text) - len(block.text.lstrip())


def _join(left: str, right: str) -> str:
    """Join the parts of a wrapped line; a space only between Latin words."""
    right = right.strip()
    latin = left[-1:].isascii() and left[-1:].isalnum() and right[:1].isascii() and right[:1].isalnum()
    return f"{left} {right}" if latin else left + right
