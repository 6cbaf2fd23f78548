"""The opinions of a Markdown report: written so that people read a plan, and read back without any loss.

    <!-- iken opinions -->
    ## 目標1 地域で安心して暮らせるまち〔35件〕 <!-- iken ["G1", "", "目標1"] -->
    - ・一人暮らしの高齢者が50人もいた
    - ・バスが\\*少ない **〔未確認の提案〕**
    *このほか 12件*
    <!-- /iken opinions -->

A comment, which no reader of the report sees, says code, parent and number of each heading: plans of any
depth, numbering and codes come back as they were. In texts, characters that mean something in Markdown stand
behind a backslash, line breaks as <br>, and what Markdown would lose (tabs, blanks at the ends, control
characters) as &#…;. Only a text behind 「- ・」 is an opinion, so its own beginning (・, #, (1), ①, 目標1) is text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import NoReturn

from pipeline.blocks import Block, Document, Use
from pipeline.codebook_rows import Node
from pipeline.errors import InputError
from pipeline.outline import Entry, Outline

BEGIN, END = "<!-- iken opinions -->", "<!-- /iken opinions -->"
UNCHECKED = "未確認の提案"
REST = "*このほか"
_NOT_SHOWN = "代表として選ばれなかった意見は、この文書に本文がありません"
_BULLET = "- ・"
_ESCAPED = frozenset("\\`*_[]<>|~&$")
_LOST = re.compile(
    r"^\s+|\s+$|[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]",
)
_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|&#(\d{1,7});|<br>")
_NOT_IN_FILES = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff]")
_COMMENT = re.compile(r"\s*<!-- iken (\[.*\]) -->\s*")
_COUNT = re.compile(rf"〔\d+件(?:、うち{UNCHECKED}\d+件|、すべて{UNCHECKED})?〕$")
_REMARK = re.compile(r" \*\*〔([^〕]*)〕\*\*")
_NOTE = re.compile(r"\*[^*].*\*")
_DEEPEST = 6


# -- writing ---------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Return a text as Markdown that shows it; `unescape` is the way back.

    >>> escape("*注意* 段差\\n(2か所) ")
    '\\\\*注意\\\\* 段差<br>(2か所)&#32;'
    """
    lost = {i for m in _LOST.finditer(text) for i in range(*m.span())}
    parts = []
    for i, c in enumerate(text):
        if c == "\n":
            parts.append("<br>")
        elif i in lost:
            parts.append(f"&#{ord(c)};")
        else:
            parts.append("\\" + c if c in _ESCAPED else c)
    return "".join(parts)


def unescape(text: str) -> str:
    """Return the text that `escape` was given."""
    return _TOKEN.sub(_meaning, text)


def _meaning(match: re.Match[str]) -> str:
    if match[1] is not None:
        return match[1]
    if match[2] is not None:
        point = int(match[2])
        return chr(point) if point < 0x110000 else match[0]
    return "\n"


def heading_line(node: Node, count: int, unchecked: int) -> str:
    """Return the heading of a node of the plan with its count."""
    title = escape(f"{node.number} {node.title}" if node.number else node.title)
    hashes = "#" * min(1 + node.level, _DEEPEST)
    return f"{hashes} {title}〔{count_words(count, unchecked)}〕{_comment([node.code, node.parent, node.number])}"


def count_words(count: int, unchecked: int) -> str:
    """Return a count as people read it, with how much of it nobody has checked."""
    if not unchecked:
        return f"{count}件"
    return f"{count}件、{f'うち{UNCHECKED}{unchecked}件' if unchecked < count else f'すべて{UNCHECKED}'}"


def opinion_line(text: str, *, unchecked: bool = False, copies: int = 1, shared_id: str = "") -> str:
    """Return an opinion; `shared_id` is given if it has several codes, and so stands in several places."""
    remarks = [UNCHECKED] if unchecked else []
    remarks += [f"ほぼ同じ意見 ほか{copies - 1}件"] if copies > 1 else []
    shown = "".join(f" **〔{r}〕**" for r in remarks)
    return f"{_BULLET}{escape(text)}{shown}{_comment([shared_id]) if shared_id else ''}"


def _comment(values: Sequence[str]) -> str:
    # ">" ends a comment, whatever a code or number holds.
    said = json.dumps(list(values), ensure_ascii=False).replace(">", "\\u003e")
    said = _NOT_IN_FILES.sub(lambda m: f"\\u{ord(m[0]):04x}", said)
    return f" <!-- iken {said} -->"


# -- reading ---------------------------------------------------------------------------------------


def read_opinions_section(document: Document) -> Outline | None:
    """Return plan and opinions of a report that `report_markdown` wrote; None for any other document.

    Raises
    ------
    InputError
        naming the line, if a heading lost its comment or contradicts it, a code stands twice, a parent comes
        after its children, or the end of the section is missing.
    """
    lines = [b.text.strip() for b in document.blocks]
    if BEGIN not in lines:
        return None
    start = lines.index(BEGIN)
    if END not in lines[start:]:
        _error(
            document.blocks[start],
            document.name,
            f"意見のまとめの終わり({END})がありません。",
            f"the end of the opinions ({END}) is missing",
        )
    end = lines.index(END, start)
    outline = Outline(front=list(document.blocks[:start]))
    reader = _Section(document.name, outline)
    for block in document.blocks[start + 1 : end]:
        reader.step(block)
    layout = (document.blocks[start], document.blocks[end])
    outline.uses += [Use(b, "layout") for b in layout]
    outline.uses += [Use(b, "section text") for b in document.blocks[end + 1 :]]
    return outline


class _Section:
    """Reads the lines of the section one by one."""

    def __init__(self, file: str, outline: Outline) -> None:
        self.file = file
        self.outline = outline
        self.codes: set[str] = set()

    def step(self, block: Block) -> None:
        text = block.text
        if text.startswith("#"):
            self._heading(block)
        elif text.startswith(_BULLET):
            self._opinion(block)
        elif _NOTE.fullmatch(text):
            rest = text.startswith(REST)
            self._use(block, "set aside" if rest else "section text", _NOT_SHOWN if rest else "")
        else:
            self._use(block, "set aside", "見出しでも「- ・」で始まる意見でもない行")

    def _heading(self, block: Block) -> None:
        match = _COMMENT.search(block.text)
        said = _values(match[1], 3) if match and match.end() == len(block.text) else None
        if match is None or said is None:
            self._error(
                block,
                "見出しの後ろのコード(<!-- iken … -->)がないか、読めません。",
                "the code behind the heading (<!-- iken … -->) is missing or unreadable",
            )
        code, parent, number = said
        shown = unescape(_COUNT.sub("", block.text[: match.start()]).lstrip("#").removeprefix(" "))
        title = shown.removeprefix(number).removeprefix(" ") if number else shown
        if not shown.startswith(number) or not title:
            self._error(
                block,
                f"見出しが番号「{number}」で始まっていないか、題名がありません。",
                f"the heading does not begin with its number '{number}', or has no title",
            )
        if code in self.codes or (parent and parent not in self.codes):
            self._error(
                block,
                f"コード「{code}」が重複しているか、上の見出し「{parent}」が前にありません。",
                f"the code '{code}' stands twice, or its parent '{parent}' does not stand before it",
            )
        self.codes.add(code)
        level = 1 + next((n.level for n in self.outline.nodes if n.code == parent), 0)
        self.outline.nodes.append(Node(code, parent, level, number, title))
        self._use(block, f"level {level}")

    def _opinion(self, block: Block) -> None:
        if not self.outline.nodes:
            self._error(block, "見出しより前に意見があります。", "an opinion stands before any heading")
        text, group = block.text.removeprefix(_BULLET), ""
        match = _COMMENT.search(text)
        said = _values(match[1], 1) if match and match.end() == len(text) else None
        if match and said:
            text, group = text[: match.start()], said[0]
        remarks = _REMARK.findall(text)
        text = unescape(_REMARK.sub("", text).strip())
        if UNCHECKED in remarks:
            # A suggestion must not come back as a label that a person gave.
            self._use(block, "set aside", "未確認の提案は、コード付き意見として読みません")
            return
        if not text:
            self._use(block, "set aside", "記号だけの行")
            return
        self.outline.opinions.append(Entry(block, text, self.outline.nodes[-1].code, group))
        self._use(block, "opinion")

    def _use(self, block: Block, use: str, reason: str = "") -> None:
        self.outline.uses.append(Use(block, use, reason))

    def _error(self, block: Block, ja: str, en: str) -> NoReturn:
        _error(block, self.file, ja, en)


def _values(text: str, n: int) -> list[str] | None:
    try:
        values = json.loads(text)
    except json.JSONDecodeError:
        return None
    fits = isinstance(values, list) and len(values) == n and all(isinstance(v, str) for v in values)
    return values if fits else None


def _error(block: Block, file: str, ja: str, en: str) -> NoReturn:
    raise InputError(ja, en, file=file, row=block.line)
