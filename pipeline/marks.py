"""Tell what one line of a document is by its marks: a numbered heading of the plan, an opinion, or other.

Levels come from the numbering alone (目標1 > (1) > ①), never from the depth of a heading: documents read by
OCR have headings of any depth.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from pipeline.blocks import BULLET, DOTS, Block
from pipeline.notation import CIRCLED_DIGITS

_CIRCLED = "".join(CIRCLED_DIGITS.values())
_PAREN_DIGITS = "".join(chr(0x2474 + i) for i in range(20))  # ⑴ … ⒇


@dataclass(frozen=True)
class Level:
    """One level of a plan: the name of its rows in the accounting, and how its headings are numbered.

    The pattern has groups `number` and `title`, and `word` if the printed number starts with one (as in 目標1), or
    `printed` if it is printed as it stands (施策1-2).
    """

    name: str
    ja: str
    pattern: re.Pattern[str]


# Full-width forms are written as escapes, since they are hard to tell apart from the half-width ones.
_OPEN, _CLOSE = r"[(\uff08]", r"[)\uff09]"

# Another way of numbering is another line here, top of the plan first.
LEVELS = (
    Level(
        "goal",
        "目標",
        re.compile(
            r"(?P<word>(?:基本|施策|重点)?目\s*標|(?:基本)?方針|柱)\s*(?P<number>\d{1,2}|[Ⅰ-Ⅻ])"
            r"(?!\d|\s*[-\uff0d‐−–]\s*\d)"
            r"\s*[:\uff1a.\uff0e、]?(?P<title>.*)",
            re.DOTALL,
        ),
    ),
    Level(
        "measure",
        "施策(施策1-2 など)",
        # A blank or a colon must follow: 「施策1について」 is no heading.
        re.compile(
            r"(?P<printed>(?:基本|主要|重点|個別)?施策(?:の方向性?)?\s*(?:\d{1,2}\s*[-\uff0d‐−–]\s*)?"
            rf"{_OPEN}?(?P<number>\d{{1,2}}){_CLOSE}?)(?:\s*[:\uff1a.\uff0e、]|\s|$)(?P<title>.*)",
            re.DOTALL,
        ),
    ),
    Level(
        "policy",
        "施策の方向((1)など)",
        re.compile(
            rf"(?:{_OPEN}\s*(?P<number>\d{{1,2}})\s*{_CLOSE}|(?P<single>[{_PAREN_DIGITS}]))(?P<title>.*)",
            re.DOTALL,
        ),
    ),
    Level("item", "項目(①など)", re.compile(rf"(?P<number>[{_CIRCLED}])(?P<title>.*)", re.DOTALL)),
)
_HASHES = re.compile(r"#{1,6}\s*")
_DASHES = re.compile(rf"(?:[-*+–−]\s+)+|[-*+–−](?=[{DOTS}{_CIRCLED}(\uff08])")
_OTHER_NUMBER = re.compile(r"\d{1,2}[.\uff0e、)\uff09](?!\d)")
# Lines that may be headings, but of no kind in LEVELS: 「1-1 …」, 「第1節 …」, 「Ⅱ …」, 「ア …」, 「(ア)…」, 「取組1 …」, 「【…】」.
_OTHER_HEADING = re.compile(
    rf"(?:\d{{1,2}}(?:\s*[-\uff0d‐−–.\uff0e]\s*\d{{1,2}})+[.\uff0e、:\uff1a]?\s|{_OTHER_NUMBER.pattern}"
    r"|第\s*[\d一二三四五六七八九十]{1,3}\s*[章節項部編](?:[\s:\uff1a]|$)|[Ⅰ-Ⅻⅰ-ⅻ][\s.\uff0e、:\uff1a]"
    rf"|(?:[ア-ン\uff71-\uff9d]|[A-Za-z\uff21-\uff3a\uff41-\uff5a])[\s.\uff0e]|[A-Za-z]{_CLOSE}"
    rf"|{_OPEN}\s*(?:[ア-ン\uff71-\uff9d]|[A-Za-z]|[Ⅰ-Ⅻⅰ-ⅻ]|[一二三四五六七八九十])\s*{_CLOSE}"
    r"|\w{0,4}(?:目標|方針|柱|政策|施策|取組|取り組み|事業|方向性?|課題|項目)\s*[(\uff08]?[\dⅠ-Ⅻ①-⑳]\S{0,6}?(?:[\s:\uff1a]|$)"
    r"|[【《〈〔<\uff1c\uff3b\[].{1,30}[】》〉〕>\uff1e\uff3d\]]\s*$|(?:\*\*|__).{1,40}(?:\*\*|__)\s*$|[〇◯◎□★☆▼▽▲△])"
)
_BARE_NUMBER = re.compile(r"\d{1,2}\s")
# Word prints these before opinions as well as before headings.
_LIST_NUMBER = re.compile(rf"{_OPEN}?(?:\d{{1,2}}|[A-Za-z]){_CLOSE}?[.\uff0e、]?")
_CONTENTS_LINE = re.compile(r".*[.\uff0e・…‥]{3,}\s*\d+\s*", re.DOTALL)
_LAYOUT = re.compile(r"[-*_=\s]{3,}|```.*")
_PICTURE = re.compile(r"!\[.*\]\(.*\)")
_OPINIONS_HEADING = re.compile(
    r"意見.*(?:まとめ|概要|一覧|内容)|(?:主な|出された|いただいた|寄せられた).*意見"
)
# Such a heading between an item and its opinions says nothing of where they belong.
_OF_THE_ITEM = re.compile(
    r"[【《〈〔<\uff1c\uff3b\[*_\s]*(?:主な|出された|いただいた|寄せられた)?[ご御]?意見(?:等|など)?(?:の?(?:内容|一覧|まとめ|概要))?"
    r"[】》〉〕>\uff1e\uff3d\]*_\s]*[:\uff1a]?"
)
_NUMBERED = "番号"
_BRACKETS = dict(zip("【《〈〔<\uff1c[\uff3b", "】》〉〕>\uff1e]\uff3d", strict=True))
# 「目標1 」, 「施策1-2:」, 「【目標1】」: a name and number of a level that end there.
_NAMED = re.compile(
    rf"[{''.join(map(re.escape, _BRACKETS))}]?(?:基本|重点|主要|個別)?(?:目標|方針|柱|施策)\s*[\d\-\uff0d‐−–Ⅰ-Ⅻ]+"
    rf"(?:[\s:\uff1a.\uff0e{''.join(map(re.escape, _BRACKETS.values()))}]|$)"
)

MarkKind = Literal["level", "opinion", "heading", "plain", "layout", "aside"]


@dataclass(frozen=True)
class Mark:
    """What one block says by itself: a numbered heading of the plan, an opinion, another heading, …

    sign : of an opinion that does not stand behind 「・」 or a dash: what it stands behind (■, ●, a number of Word's)
    """

    kind: MarkKind
    text: str
    level: int = -1
    number: int = 0
    printed: str = ""
    reason: str = ""
    sign: str = ""


def mark(block: Block) -> Mark:
    """Tell what a block is by its marks alone.

    >>> mark(Block("- ・バスが少ない", 1)).text, mark(Block("#### ② 外出・移動支援", 2)).printed
    ('バスが少ない', '②')
    """
    aside = {
        "running": "ページの柱・ページ番号",
        "textbox": "テキストボックスの文字",
        "note": "脚注・文末脚注",
        "contents": "目次の行",
        "no-text": "文字の情報がないページ(画像)",
        "no-font": "フォントが埋め込まれておらず、読めない文字がある(フォントを埋め込んで PDF を作り直す)",
    }
    text = block.text.strip()
    if block.kind in aside:
        return Mark("aside", text, reason=aside[block.kind])
    if _PICTURE.fullmatch(text):
        return Mark("aside", text, reason="図・写真")
    if _LAYOUT.fullmatch(text):
        return Mark("layout", text)
    hashes = _HASHES.match(text)
    body = text[hashes.end() :] if hashes else text
    dashes = _DASHES.match(body)
    body = body[dashes.end() :].strip() if dashes else body
    bullet = BULLET.match(body)
    if bullet:
        return _bulleted(body[bullet.end() :].strip(), bullet["bullet"] or "")
    listed = BULLET.match(block.label)
    if listed and not listed["bullet"] and not block.heading:
        return _opinion(body)
    heading = _level_mark(body) or (None if not block.label else _level_mark(f"{block.label} {body}"))
    if heading:
        return heading
    if hashes or block.heading:
        return Mark("heading", body)
    if listed:
        return _bulleted(body, listed["bullet"] or "")
    if dashes or block.label:
        if _OTHER_HEADING.match(body) or not (dashes or _LIST_NUMBER.fullmatch(block.label)):
            return Mark("heading", body)
        return _opinion(body, "" if dashes else _NUMBERED)
    if _OTHER_NUMBER.match(body):
        return Mark("heading", body)
    return Mark("plain", text)


def may_be_heading(text: str) -> bool:
    """Tell whether a line begins as headings do that are of no kind in `LEVELS`.

    >>> [may_be_heading(t) for t in ("1-2 サロン", "ア 子ども", "【その他】", "50人いた", "バスが少ない")]
    [True, True, True, False, False]
    """
    return bool(_OTHER_HEADING.match(text.strip()) or _BARE_NUMBER.match(text.strip()))


def _opinion(text: str, sign: str = "") -> Mark:
    text = text.strip()
    return Mark("opinion", text, sign=sign) if text else Mark("aside", text, reason="記号だけの行")


def _bulleted(text: str, sign: str) -> Mark:
    """Return the mark of what stands behind 「・」, or behind a sign such as ■, which headings bear as well."""
    heading = _level_mark(text) if sign and _NAMED.match(text) else None
    if heading:
        return heading
    return Mark("heading", text) if sign and _OF_THE_ITEM.fullmatch(text) else _opinion(text, sign)


def _level_mark(text: str) -> Mark | None:
    """Return the mark of a numbered heading of the plan, or None."""
    if text.startswith(("**", "__")):
        text = text.replace(text[:2], "")
    if text[:1] in _BRACKETS:  # 「【目標1】安心」, 「【目標1 安心】」
        text = text[1:].replace(_BRACKETS[text[0]], " ", 1)
    for level, row in enumerate(LEVELS):
        match = row.pattern.match(text)
        if match is None:
            continue
        if is_contents_line(text):
            return Mark("aside", text, reason="目次の行")
        groups = match.groupdict()
        digits = groups["number"] or groups["single"]
        number = int(unicodedata.numeric(digits)) if len(digits) == 1 else int(digits)
        word, printed = (
            unicodedata.normalize("NFKC", re.sub(r"\s", "", groups.get(g) or "")) for g in ("word", "printed")
        )
        printed = (f"{word}{number}", printed, f"({number})", CIRCLED_DIGITS.get(number, ""))[level]
        return Mark("level", groups["title"].strip(), level, number, printed)
    return None


def is_contents_line(text: str) -> bool:
    """Tell a line of a table of contents: 「1-1 見守り …… 5」."""
    return _CONTENTS_LINE.fullmatch(text) is not None


def stands_above_opinions(one: Mark) -> bool:
    """Tell a heading such as 「主な意見」 or 「【意見】」: what follows belongs to the item above it.

    >>> [stands_above_opinions(mark(Block(t, 1))) for t in ("■主な意見", "【意見】", "その他の主な意見", "・意見")]
    [True, True, False, False]
    """
    return one.kind in ("heading", "plain") and _OF_THE_ITEM.fullmatch(one.text) is not None


def is_opinions_heading(one: Mark) -> bool:
    """Tell a heading such as 「5 意見のまとめ(概要)」, below which only the plan can stand."""
    title = one.kind == "heading" or (one.kind == "plain" and len(one.text) <= 30)
    return title and _OPINIONS_HEADING.search(one.text) is not None
