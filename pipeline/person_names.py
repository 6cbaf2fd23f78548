"""Names of persons in a folded text: UniDic's 人名 where titles, roles or an introduction say that one is meant.

Words for roles (民生委員さん, お母さん, 市長さん) and for gods and figures (神様, サザエさん) name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.folding import Span, before
from pipeline.name_words import (
    AM,
    CALLED,
    CROWNED,
    INTIMATE,
    INTRODUCED,
    KANA_INTRODUCED,
    KIN_BEFORE,
    MYSELF,
    NAME_LABEL,
    NOBODY,
    NOT_ALONE,
    OF_CLANS,
    OFFICE_BEFORE,
    OFFICES,
    PERSONS,
    ROLE_BEFORE,
    STRICT_LABEL,
    SUBJECT,
    SURNAME_WORDS,
    THINGS,
    TITLES,
)
from pipeline.tokenise import Tagged, is_also_surname, tagged

NAME = "氏名"


# What makes of a name the name of a place, a building, or a work: 田中太郎記念館, 小町通り.
_ORGANISATION = re.compile(
    r"(?:会|部|社|団体|市|町|村|区|課|室|所|組合|クラブ|病院|学校|園|店|者|民|員|支部|センター|ホーム)$"
)
_KATAKANA_ROLE = re.compile(
    r"(?:ャー|ー[タナラサ]ー|[タナラサカ]ー|スト|マネ|スタッフ|ヘルパー|ケアマネ.*|ワーカー|アン)$"
)
_KANJI_OR_KANA = re.compile(r"[ぁ-ヶ一-龯]")
_KATAKANA = re.compile(r"[ァ-ヶー゙゚]{2,8}")
_KANA = re.compile(r"[ぁ-んァ-ヶー]{2,5}")
_LATIN = re.compile(r"[A-Z][a-z]{2,}")
# Kanji so rare that the dictionary may not have them: 𠮷, 㐂.
_RARE = "㐀-䶿\U00020000-\U0003ffff"
_RARE_KANJI = re.compile(rf"[{_RARE}]+")
_KANJI = re.compile(rf"[一-龯々ヶ{_RARE}]{{1,4}}")


def names(text: str) -> Iterator[Span]:
    """Yield names of persons; a title stays outside (田中 of 田中さん)."""
    if not _KANJI_OR_KANA.search(text):
        return
    words = tagged(text)
    if not any(map(_can_be_name, words)):
        return
    for finder in (_before_titles, _full_names, _introduced, _in_roles, _before_family):
        yield from (Span(a, b, NAME) for a, b in finder(text, words) if a < b)


def _can_be_name(word: Tagged) -> bool:
    """Tell whether a word may be a name at all; most texts hold none, and are done with here."""
    return (
        word.pos[2] in ("人名", "地名")
        or (not word.known and word.pos[0] == "名詞")
        or word.surface in SURNAME_WORDS
        or (
            word.pos[0] == "名詞"
            and (_KANA.fullmatch(word.surface) is not None or is_also_surname(word.surface))
        )
    )


def _is_name(word: Tagged) -> bool:
    # The dictionary knows letters as names: A of Aさん stands for nobody in particular.
    if word.pos[2] != "人名" or word.surface in NOBODY:
        return False
    if word.surface.isascii():
        return _LATIN.fullmatch(word.surface) is not None
    return word.known or _may_be_unknown_name(word.surface)


def _may_be_unknown_name(surface: str) -> bool:
    """Tell whether a word that no dictionary has looks like a name, and not like somebody's work."""
    if _KATAKANA.fullmatch(surface):
        return not _KATAKANA_ROLE.search(surface)
    return _KANJI.fullmatch(surface) is not None


def _is_surname(word: Tagged) -> bool:
    return _is_name(word) and word.pos[3] == "姓"


def _is_place(word: Tagged) -> bool:
    return word.pos[2] == "地名" and word.surface not in NOBODY


def _near(left: Tagged, right: Tagged) -> bool:
    """Tell whether two words stand together, or with a blank as between surname and given name."""
    return right.start - left.end <= 1


def _run_start(words: Sequence[Tagged], last: int) -> int:
    """Return the first word of the name that ends with word `last`: 山田 of 山田-花子, 東-野 of 東野圭."""
    first = last
    while first and last - first < 3 and _near(words[first - 1], words[first]):
        before = words[first - 1]
        place_then_given = (
            _is_place(before) and words[first].pos[3] == "名" and before.end == words[first].start
        )
        # A name is not cut in two where the tokeniser does not know its first kanji: 𠀋-田.
        rare = before.end == words[first].start and not before.known and _RARE_KANJI.fullmatch(before.surface)
        if not (_is_name(before) or place_then_given or rare):
            break
        first -= 1
    return first


def _before_titles(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    for i in range(1, len(words)):
        title = words[i].surface
        last = words[i - 1]
        office = title not in TITLES
        if last.surface in NOBODY or not _near(last, words[i]) or (last.surface, title) in CROWNED:
            continue
        if office and not (_can_be_name(last) and OFFICES.match(text, words[i].start)):
            continue
        if _is_name(last) and not (office and not _may_hold_office(text, words, i - 1)):
            first = _run_start(words, i - 1)
        elif not office and _is_loosely_a_name(words, i - 1, title):
            first = i - 1
            if first and _near(words[first - 1], words[first]) and _is_surname(words[first - 1]):
                first = _run_start(words, first - 1)
        elif office and _is_surname_too(words, i - 1) and PERSONS.match(text, words[i].start):
            first = i - 1
        else:
            continue
        yield words[first].start, last.end
        # 田中・鈴木さん: names linked to this one.
        while first >= 2 and words[first - 1].surface == "・" and _is_linked(words[first - 2], words[first]):
            link = first - 2
            first = _run_start(words, link)
            yield words[first].start, words[link].end


def _is_linked(word: Tagged, right: Tagged) -> bool:
    """Tell whether the word before ・ is a name, or part of one in katakana: グエン・ヴァン・アン."""
    katakana = _KATAKANA.fullmatch(word.surface) and _KATAKANA.fullmatch(right.surface)
    return _is_name(word) or bool(katakana and not _KATAKANA_ROLE.search(word.surface))


def _may_hold_office(text: str, words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if word.pos[3] == "名" and not (at and _is_name(words[at - 1])):
        return False
    return word.surface not in NOT_ALONE or not OF_CLANS.match(text, words[at + 1].start)


def _is_surname_too(words: Sequence[Tagged], at: int) -> bool:
    """Tell whether a word that is read as a place, a firm, or a thing is a surname as well: 山口, 本田, 大橋."""
    word = words[at]
    if word.pos[0] not in ("名詞", "接頭辞") or word.surface in NOBODY or word.surface in THINGS:
        return False
    if not is_also_surname(word.surface):
        return False
    if len(word.surface) == 1 and (word.surface not in SURNAME_WORDS or word.surface in "東西南北"):
        return False
    if word.pos[1] == "固有名詞" or not at or words[at - 1].end < word.start:
        return True
    before = words[at - 1].pos
    return before[0] not in ("接頭辞", "名詞", "接尾辞", "形状詞") or before[2] == "副詞可能"


def _is_loosely_a_name(words: Sequence[Tagged], at: int, title: str) -> bool:
    """Tell whether a word that is not 人名 is one before a title: 上田さん, 関さん, ゆうきくん, Johnさん."""
    word = words[at]
    joined = at > 0 and words[at - 1].end == word.start
    before = words[at - 1].pos if joined else ("", "", "", "")
    prefixed = before[0] in ("接頭辞", "名詞", "接尾辞", "形状詞") or (
        joined and words[at - 1].surface in ("お", "ご", "御")
    )
    if _is_place(word):
        return not prefixed or _is_surname_too(words, at)
    if word.surface in SURNAME_WORDS:
        return not prefixed and title not in ("氏", "殿")
    if not word.known:
        if _LATIN.fullmatch(word.surface):
            return True
        if word.surface.isascii() or prefixed:
            return False
        return _may_be_unknown_name(word.surface)
    # Before さん the dictionary knows for itself what is a name.
    if (word.pos[1] == "固有名詞" or title in ("先生", "様", "さま")) and _is_surname_too(words, at):
        return True
    return (
        title in INTIMATE and word.pos[0] == "名詞" and not prefixed and bool(_KANA.fullmatch(word.surface))
    )


def _full_names(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    for i in range(1, len(words)):
        surname, given = words[i - 1], words[i]
        if not (_is_surname(surname) and _is_name(given) and given.pos[3] == "名" and _near(surname, given)):
            continue
        if surname.surface in NOT_ALONE or len(surname.surface) + len(given.surface) < 3:
            continue
        follows = words[i + 1] if i + 1 < len(words) else None
        if (
            follows
            and follows.start == given.end
            and follows.pos[0] in ("名詞", "接尾辞")
            and follows.surface not in TITLES
        ):
            continue  # 岡本太郎美術館
        joined = i >= 2 and words[i - 2].end == surname.start and words[i - 2].pos[2] in ("人名", "地名")
        if not joined:
            yield surname.start, given.end


def _introduced(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    # オオサワと申します: in kana the dictionary often sees other words.
    yield from (
        m.span() for m in KANA_INTRODUCED.finditer(text) if "・" in m[0] or not _KATAKANA_ROLE.search(m[0])
    )
    for i, word in enumerate(words):
        if word.surface not in NOBODY and (
            (INTRODUCED.match(text, word.end) and _can_be_introduced(words, i))
            or (CALLED.match(text, word.end) and _is_name(word))
            or (AM.match(text, word.end) and _is_surname(word) and _is_about_oneself(text, words, i))
        ):
            yield words[_run_start(words, i)].start, word.end
        if word.pos[0] != "名詞" or word.surface in NOBODY:
            continue
        head = text[max(0, word.start - 12) : word.start]
        loose = NAME_LABEL.search(head) is not None
        if loose or (STRICT_LABEL.search(head) and _is_name(word)):
            end = i
            while (
                end + 1 < len(words)
                and end - i < 2
                and _near(words[end], words[end + 1])
                and _is_name(words[end + 1])
            ):
                end += 1
            if (
                _is_name(word)
                or _is_place(word)
                or not word.known
                or end > i
                or word.surface in SURNAME_WORDS
            ):
                yield word.start, words[end].end


def _can_be_introduced(words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if _ORGANISATION.search(word.surface) and not _is_name(word):
        return False
    return (
        _is_name(word)
        or _is_place(word)
        or word.surface in SURNAME_WORDS
        or _is_surname_too(words, at)
        or (not word.known and len(word.surface) > 1)
    )


def _is_about_oneself(text: str, words: Sequence[Tagged], at: int) -> bool:
    first = words[_run_start(words, at)].start
    if before(MYSELF, text, first) or before(ROLE_BEFORE, text, first):
        return True
    # 木村です。 or 大船の山崎です。 as the first of several sentences.
    place = (
        first >= 2 and words[at].pos[3] == "姓" and re.fullmatch(r"[一-龯ヶ]{1,6}(?:在住)?の", text[:first])
    )
    return (first == 0 or bool(place and _can_be_name(words[0]))) and len(text) > words[at].end + 6


def _in_roles(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """民生委員の田中が, 夫の健一が: a name between a role and a particle or a stop."""
    for i, word in enumerate(words):
        given = word.pos[3] == "名" and len(word.surface) > 1 and _KANJI.fullmatch(word.surface)
        if _is_surname(word):
            role = ROLE_BEFORE
        elif given and _is_name(word):
            role = KIN_BEFORE
        elif SUBJECT.match(text, word.end) and _is_surname_too(words, i):
            role = OFFICE_BEFORE  # 民生委員の山口が; 娘の福島 is where she lives
        else:
            continue
        if not before(role, text, word.start):
            continue
        end = i
        if i + 1 < len(words) and _near(word, words[i + 1]) and _is_name(words[i + 1]):
            end += 1
        follows = words[end + 1] if end + 1 < len(words) else None
        apart = (
            follows is None
            or follows.start > words[end].end
            or follows.pos[0] in ("助詞", "助動詞", "補助記号")
        )
        if apart and word.surface not in NOT_ALONE:
            yield word.start, words[end].end


_FAMILY = re.compile(
    r"(?:さん)?の(?:お?(?:ばあ|じい|かあ|とう|おば|おじ|ば|じ|母|父|兄|姉|奥|嫁)(?:ちゃん|さん|さま|様)|ご主人|旦那さん|奥さん|息子さん|娘さん)"
)


def _before_family(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """吉田のおばあちゃん: a surname before a word of kinship."""
    for i, word in enumerate(words):
        if _is_surname(word) and _FAMILY.match(text, word.end):
            yield words[_run_start(words, i)].start, word.end
