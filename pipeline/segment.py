"""Split a comment into opinion units: the stretches that get a code of their own.

A survey answer often holds several opinions. Units end at sentence ends, line breaks and bullets, and at
clause joints (「が、」「し、」「また」「一方」「あと」) when both sides could stand alone. What elaborates on one
topic within a sentence, such as a reason followed by a wish, stays together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.clauses import CONNECTIVES, CONTENT, QUOTED, is_conclusive, joints
from pipeline.no_answer import has_no_opinion
from pipeline.spans import tokens_with_offsets
from pipeline.tokenise import words


class Unit(NamedTuple):
    """One part of a comment: `text == comment[start:end]`; greetings and the like have no opinion."""

    start: int
    end: int
    text: str
    has_opinion: bool


# Below this a comment is about one thing however its clauses are joined; full stops still count.
_SHORTEST_JOINED = 25
# Above this a comment is looked at closely in any case.
_LONGEST_CHEAP = 60
# 「①と②の違い」「(1)の件」 talk about a number; they are no list.
_NUMBER = (
    r"(?:[①-⑳❶-❿]|[(（][0-9０-９]{1,2}[)）])(?!と(?![ぁ-ん])|[のはがをもに、・~〜](?![ぁ-ん])|まで|から)"
)
BULLET = re.compile(
    rf"(?:{_NUMBER}|[0-9０-９]{{1,2}}[.．)）、](?![0-9０-９])|[ア-オ][.．)）]"
    # 「-5度」 is a number, 「○○地区」 a blanked name, 「・・・」 an ellipsis.
    r"|[-‐–—―－−](?![0-9０-９])|[○●・･](?![○●・･])|[•◎■□◆◇▲△▼▽★☆※→⇒*＊>＞])\s*"
)
_ENDERS = "。｡．!！?？…‥♪♥"
_CLOSERS = "」』）)】］\\]〉》”\"’'"
# 「1.5倍」「3．5倍」 hold no sentence end; 「ます．」 does.
_SENTENCE_END = re.compile(
    rf"[{_ENDERS}](?<![^ぁ-ん]．)[{_ENDERS}]*(?:[(（][笑泣汗怒][)）])?[{_CLOSERS}]*[{_ENDERS}]*"
)
# 「来て!と言われた」「Yahoo!ニュース」: the sentence goes on after the mark.
_GOES_ON = re.compile(
    r"(?<=[A-Za-z][!！])[ァ-ヶ]|と(?:い[うっわ]|言|思|聞|書|感|の|か(?!く)|も(?!か)|、)|って|という|[をがはにも](?![いあ])"
)
# 「わかりにくいです…」「できないし…」 is over, 「あの…」「もしあれば…」 only hesitate.
_ENDS_CLAUSE = "いるたうすくむぬつぶぐんだねよかし"
_AFTER_QUOTE = re.compile(r"[とっのをはがにもでなや、]")
_NUMBERED_ITEM = re.compile(rf"{_NUMBER}|(?:(?<=\s)|\A)[0-9０-９]{{1,2}}[.．)）](?![0-9０-９])")
_MID_WORD = re.compile(r"[\u30a1-\u30ff\u3400-\u9fff々A-Za-z0-9]")

# All that can end a unit inside a comment. The first character class lets the search skip the rest quickly;
# what stands before a comma is looked at last.
_CANDIDATE = re.compile(
    rf"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029/／ 　・･①-⑳❶-❿{_ENDERS}(（、,，あ]"
    r"(?:(?<=[^(（、,，あ・･/／ 　])[\s\S]"
    r"|(?<=[・･/／ 　])[^・･/／\s]{2}"
    r"|(?<=[(（])[0-9０-９]{1,2}[)）]"
    rf"|(?<=[、,，])(?:(?<=[がしいるたうすむくぬつぶぐんだねよ][、,，])|(?<=(?:けど|もの|れど|けも|一方|反面|方で|のの|ども)[、,，])|(?={CONNECTIVES}))"
    r"|(?<=[いすしんうる]あ)と(?![でにはのもかを]))"
)
_LINE_BREAK = re.compile(r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*")
# Endings that need no tokens to tell that the sentence is over.
_LINE_IS_OVER = re.compile(rf"(?:[{_ENDERS}{_CLOSERS}:：;；/／]|です|ます|ません|ました|ほしい|ください)$")
# Endings that close a clause, told by spelling alone.
_CLOSED = re.compile(rf"(?:[いるたうすくむぬつぶぐんだねよかて]|[{_ENDERS}])[{_ENDERS}{_CLOSERS}]*$")
_SUBJECT = re.compile(r"[がはも]")
_REST = re.compile(r"[ \t　]{0,9}[\n\r]\s*\S")
_HEADING = re.compile(
    r"[^、。]{1,12}[:：]|[【《〈\[［][^】》〉\]］]{1,12}[】》〉\]］][:：]?"
    r"|(?:ご)?(?:意見|要望|質問|感想|提案|その他|理由|良い点|悪い点|よい点|わるい点)"
)

_COURTESY_HINT = re.compile(
    "よろしく|宜しく|願い|ありがと|有難|有り難|世話|検討|感謝|疲れ|失礼|はじめまして|初めまして|"
    "こんにち|こんばん|おはよう|恐縮|恐れ入|すみません|申し訳|お忙し|拝啓|敬具|以上"
)
_LONGEST_COURTESY = 60
# What greetings, thanks and closings are made of: a unit of nothing else carries no opinion.
# fmt: off
_COURTESY = frozenset({
    "世話", "為る", "成る", "居る", "有る", "御座る", "下さる", "頂く", "致す", "申し上げる", "申す", "願う", "願い",
    "何", "何時", "平素", "日頃", "日々", "毎度", "毎回", "大変", "誠", "本当", "心", "どう", "どうぞ", "何卒", "宜しい", "宜しく", "良い",
    "有り難い", "有り難う", "感謝", "礼", "検討", "一考", "対応", "程", "アンケート", "調査", "機会", "度", "今回",
    "今後", "此れ", "此の", "今日は", "今日", "今晩", "今晩は", "御早う", "初めて", "始める", "初めまして", "疲れ",
    "疲れる", "苦労", "忙しい", "多忙", "中", "所", "恐縮", "恐れ入る", "済む", "申し訳", "失礼", "長文", "乱文",
    "市", "市役所", "市長", "職員", "始め",
    "拝啓", "敬具", "前略", "草々", "以上", "最後", "皆", "皆様", "皆さん", "様", "事", "物", "無い", "思う", "存ずる", "引き続く", "引き続き",
})
# fmt: on


def segment(comment: str) -> list[Unit]:
    """Return the opinion units of a comment, in order; only white space and bullets lie between them.

    >>> [u.text for u in segment("バスが少ない。歩道も狭い。")]
    ['バスが少ない。', '歩道も狭い。']
    >>> [u.text for u in segment("道が暗くて怖いので、街灯がほしい")]
    ['道が暗くて怖いので、街灯がほしい']
    >>> [u.text for u in segment("公園のトイレは新しくなったが、ベンチが壊れたままで座れない。")]
    ['公園のトイレは新しくなったが、', 'ベンチが壊れたままで座れない。']
    >>> [(u.text, u.has_opinion) for u in segment("①坂に手すりを ②よろしくお願いします")]
    [('坂に手すりを', True), ('よろしくお願いします', False)]
    """
    text = comment.strip()
    if not text:
        return []
    begin = comment.index(text[0])
    if not is_divisible(text):
        return [Unit(begin, begin + len(text), text, _has_opinion(text))]
    return _units(comment, begin, begin + len(text))


def is_divisible(text: str) -> bool:
    """Tell, in a few microseconds, whether a comment has to be looked at closely; most have not."""
    if len(text) > _LONGEST_CHEAP or BULLET.match(text):
        return True
    return _CANDIDATE.search(text, 0, len(text.rstrip(_ENDERS))) is not None


def _units(comment: str, begin: int, end: int) -> list[Unit]:
    """Cut `comment[begin:end]` and tidy up: bullets off, pieces of mere punctuation to their neighbours."""
    joined = end - begin >= _SHORTEST_JOINED
    bounds: list[list[int]] = []
    orphan = -1
    for start, stop in _pieces(comment, begin, end):
        bullet = BULLET.match(comment, start, stop)
        body = bullet.end() if bullet else start
        if not _says_something(comment, body, stop):
            # A lone 「!」 or 「)」: part of what stands before it, or of what follows when nothing does.
            if bounds:
                bounds[-1][1] = stop
            elif orphan < 0:
                orphan = start
            continue
        if orphan >= 0:
            body, orphan = orphan, -1
        for cut in joints(comment, body, stop) if joined and _CANDIDATE.search(comment, body, stop) else ():
            bounds.append([body, cut])
            body = cut
        bounds.append([body, stop])
    if orphan >= 0:
        bounds.append([orphan, end])
    return [_unit(comment, start, stop) for start, stop in bounds]


def _says_something(comment: str, start: int, stop: int) -> bool:
    return any(comment[i].isalnum() for i in range(start, stop))


def _unit(comment: str, start: int, stop: int) -> Unit:
    raw = comment[start:stop]
    text = raw.strip()
    start += len(raw) - len(raw.lstrip())
    stop = start + len(text)
    # A heading heads something: 「要望:」 at the end of its line, with lines after it.
    rest = _REST.match(comment, stop)
    heads = rest is not None and _HEADING.fullmatch(text)
    return Unit(start, stop, text, not heads and _has_opinion(text))


def without_courtesies(comment: str) -> str:
    """Return a comment without the greeting before its first opinion unit and the closing after its last.

    Those who coded opinions were shown none of them, and 「ご検討ください」 at the end makes an opinion look unlike
    any of the plan. What else carries no opinion stays, such as a heading; so does a comment of nothing else.

    >>> without_courtesies("お世話になっております。バスが少ない。坂が急。ご検討ください。")
    'バスが少ない。坂が急。'
    >>> without_courtesies("【バス】\\n増やしてほしい。\\nよろしくお願いします。")
    '【バス】\\n増やしてほしい。'
    """
    if not _COURTESY_HINT.search(comment):
        return comment
    units = segment(comment)
    kept = [u for u in units if u.has_opinion or not _COURTESY_HINT.search(u.text)]
    if len(kept) == len(units) or not any(u.has_opinion for u in kept):
        return comment
    return comment[kept[0].start : kept[-1].end]


def _has_opinion(text: str) -> bool:
    """Tell whether a unit says more than a greeting, thanks, a closing or 「特になし」.

    >>> [_has_opinion(t) for t in ["いつもお世話になっております。", "手話通訳をお願いします。", "特になし"]]
    [False, True, False]
    """
    if len(text) <= _LONGEST_COURTESY and _COURTESY_HINT.search(text):
        content = [w.lemma for w in words(text) if w.pos in CONTENT]
        if _COURTESY.issuperset(content):
            return False
    return not has_no_opinion(text)


def _pieces(comment: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the stretches between line breaks, bullets, sentence ends and other marks, white space off."""
    line = begin
    for found in _LINE_BREAK.finditer(comment, begin, end):
        if _is_line_end(comment, line, found):
            yield from _cut(line, found.start(), _marks(comment, line, found.start()))
            line = found.end()
    yield from _cut(line, end, _marks(comment, line, end))


def _cut(start: int, stop: int, cuts: list[int]) -> Iterator[tuple[int, int]]:
    for cut in [*cuts, stop]:
        if cut > start:
            yield start, cut
            start = cut


def _is_line_end(comment: str, line: int, found: re.Match[str]) -> bool:
    """Tell whether the text ends at a line break, or only the line: 「段差が⏎多くて」「自転⏎車」."""
    before, after = found.span()
    # The whole line is not needed to know its last word, nor the next one to know its first.
    head = comment[max(line, before - 30) : before].rstrip()
    if found[0].replace("\r\n", "\n").count("\n") > 1 or BULLET.match(comment, after):
        return True
    if _LINE_IS_OVER.search(head) or comment[after] in "【《[〈":
        return True
    tokens = tokens_with_offsets(head + comment[after : after + 12].split("\n")[0])
    last = next((i for i in reversed(range(len(tokens))) if tokens[i].start < len(head)), -1)
    if last < 0 or tokens[last].end > len(head):
        return last < 0
    if is_conclusive(tokens[last]):
        return True
    if tokens[last].word.pos not in {"名詞", "接尾辞", "代名詞", "形状詞"}:
        return False
    # Notes end in nouns, one a line; wrapped text fills its lines and goes on with a particle.
    following = tokens[last + 1].word.pos if last + 1 < len(tokens) else ""
    return before - line < 20 and following not in {"助詞", "助動詞", "接尾辞"}


def _marks(comment: str, begin: int, end: int) -> list[int]:
    """Return where sentences, numbered items and notes end in `comment[begin:end]`."""
    text = comment[begin:end]
    quoted = [m.span() for m in QUOTED.finditer(text) if m.end() - m.start() < len(text) - 2]
    cuts: set[int] = set()
    at = 0
    for found in _SENTENCE_END.finditer(text):
        while at < len(quoted) and quoted[at][1] <= found.start():
            at += 1
        if at < len(quoted) and quoted[at][0] < found.start():
            if found.end() >= quoted[at][1] and not _AFTER_QUOTE.match(text, found.end()):
                cuts.add(found.end())
        elif found[0][0] in "…‥" and text[found.start() - 1] not in _ENDS_CLAUSE:
            continue
        elif found[0][0] in "。｡．" or not _GOES_ON.match(text, found.end()):
            cuts.add(found.end())
    numbered = [m.start() for m in _NUMBERED_ITEM.finditer(text)]
    # 「施策①と施策②」 is no list: a list has a place to begin at.
    if len(numbered) > 1 and not (numbered[0] and _MID_WORD.match(text, numbered[0] - 1)):
        cuts.update(numbered)
    for separators in ("/／", "・･", " 　"):
        cuts.update(_notes(text, separators))
    return sorted(begin + cut for cut in cuts if 0 < cut < len(text))


def _notes(text: str, separators: str) -> list[int]:
    """Return where notes on one line end: 「待機が多い/送迎が大変」, but not 「窓口/電話」「保育園・学童」."""
    listed = separators[0] == "・" and BULLET.match(text) is not None and text[0] in separators
    # 「・・・」 is an ellipsis.
    mark = r"(?<![・･])[・･](?![・･])" if separators[0] == "・" else rf"[{separators}]+\s*"
    places = [m for m in re.finditer(mark, text) if 0 < m.start() < m.end() < len(text)]
    if not places:
        return []
    edges = [0, *(p.end() for p in places)]
    pieces = [
        text[a:b].strip() for a, b in zip(edges, [*(p.start() for p in places), len(text)], strict=True)
    ]
    closed = [_CLOSED.search(p) is not None for p in pieces]
    if listed:
        places = [p for p, over in zip(places, closed, strict=False) if over]
    elif separators[0] == " ":
        # 「夜道が暗い 街灯を増やして」 is one topic: what follows must have a subject of its own.
        places = [
            p
            for p, left, right, over in zip(places, pieces, pieces[1:], closed, strict=False)
            if over and len(left) >= 5 and len(right) >= 5 and _SUBJECT.search(right.split("を")[0])
        ]
    elif any(len(p) < 5 for p in pieces) or (closed[-1] and not all(closed)):
        return []
    # A slash closes what stands before it, a dot opens what follows.
    return [p.start() if "・" in separators else p.end() for p in places]
