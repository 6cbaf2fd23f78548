"""Names of persons in a folded text: UniDic's 人名 where titles, roles or an introduction say that one is meant.

Words for roles (民生委員さん, お母さん, 市長さん) and for gods and figures (神様, サザエさん) name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.folding import Span, before
from pipeline.name_tokens import (
    KANJI_NAME,
    KATAKANA_ROLE,
    can_be_name,
    is_linked,
    is_loosely_a_name,
    is_name,
    is_place,
    is_surname,
    is_surname_too,
    name_start,
    stand_together,
)
from pipeline.name_words import (
    AM,
    CALLED,
    CROWNED,
    FAMILY_AFTER,
    INTRODUCED,
    KANA_INTRODUCED,
    KANA_LABELLED,
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
    TITLES,
)
from pipeline.tokenise import Tagged, tagged

NAME = "氏名"

_KANJI_OR_KANA = re.compile(r"[ぁ-ヶ一-龯]")
# Who introduces itself so is no person: 自治会と申します.
_ORGANISATION = re.compile(
    r"(?:会|部|社|団体|市|町|村|区|課|室|所|組合|クラブ|病院|学校|園|店|者|民|員|支部|センター|ホーム)$"
)


def names(text: str) -> Iterator[Span]:
    """Yield names of persons; a title stays outside (田中 of 田中さん)."""
    if not _KANJI_OR_KANA.search(text):
        return
    yield from (Span(*m.span("name"), NAME) for m in KANA_LABELLED.finditer(text))
    words = tagged(text)
    if not any(map(can_be_name, words)):
        return
    for finder in (_before_titles, _full_names, _introduced, _in_roles, _before_family):
        yield from (Span(a, b, NAME) for a, b in finder(text, words) if a < b)


def _before_titles(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    for i in range(1, len(words)):
        title = words[i].surface
        last = words[i - 1]
        office = title not in TITLES
        if last.surface in NOBODY or not stand_together(last, words[i]) or (last.surface, title) in CROWNED:
            continue
        if office and not (can_be_name(last) and OFFICES.match(text, words[i].start)):
            continue
        if is_name(last) and not (office and not _may_hold_office(text, words, i - 1)):
            first = name_start(words, i - 1)
        elif not office and is_loosely_a_name(words, i - 1, title):
            first = i - 1
            if first and stand_together(words[first - 1], words[first]) and is_surname(words[first - 1]):
                first = name_start(words, first - 1)
        elif office and is_surname_too(words, i - 1) and PERSONS.match(text, words[i].start):
            first = i - 1
        else:
            continue
        yield words[first].start, last.end
        # 田中・鈴木さん: names linked to this one.
        while first >= 2 and words[first - 1].surface == "・" and is_linked(words[first - 2], words[first]):
            link = first - 2
            first = name_start(words, link)
            yield words[first].start, words[link].end


def _may_hold_office(text: str, words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if word.pos[3] == "名" and not (at and is_name(words[at - 1])):
        return False
    return word.surface not in NOT_ALONE or not OF_CLANS.match(text, words[at + 1].start)


def _full_names(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    for i in range(1, len(words)):
        surname, given = words[i - 1], words[i]
        if not (
            is_surname(surname) and is_name(given) and given.pos[3] == "名" and stand_together(surname, given)
        ):
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
        m.span() for m in KANA_INTRODUCED.finditer(text) if "・" in m[0] or not KATAKANA_ROLE.search(m[0])
    )
    for i, word in enumerate(words):
        if word.surface not in NOBODY and (
            (INTRODUCED.match(text, word.end) and _can_be_introduced(words, i))
            or (CALLED.match(text, word.end) and is_name(word))
            or (AM.match(text, word.end) and is_surname(word) and _is_about_oneself(text, words, i))
        ):
            yield words[name_start(words, i)].start, word.end
        if word.pos[0] != "名詞" or word.surface in NOBODY:
            continue
        head = text[max(0, word.start - 12) : word.start]
        loose = NAME_LABEL.search(head) is not None
        if loose or (STRICT_LABEL.search(head) and is_name(word)):
            end = i
            while (
                end + 1 < len(words)
                and end - i < 2
                and stand_together(words[end], words[end + 1])
                and is_name(words[end + 1])
            ):
                end += 1
            if is_name(word) or is_place(word) or not word.known or end > i or word.surface in SURNAME_WORDS:
                yield word.start, words[end].end


def _can_be_introduced(words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if _ORGANISATION.search(word.surface) and not is_name(word):
        return False
    return (
        is_name(word)
        or is_place(word)
        or word.surface in SURNAME_WORDS
        or is_surname_too(words, at)
        or (not word.known and len(word.surface) > 1)
    )


def _is_about_oneself(text: str, words: Sequence[Tagged], at: int) -> bool:
    first = words[name_start(words, at)].start
    if before(MYSELF, text, first) or before(ROLE_BEFORE, text, first):
        return True
    # 木村です。 or 大船の山崎です。 as the first of several sentences.
    place = (
        first >= 2 and words[at].pos[3] == "姓" and re.fullmatch(r"[一-龯ヶ]{1,6}(?:在住)?の", text[:first])
    )
    return (first == 0 or bool(place and can_be_name(words[0]))) and len(text) > words[at].end + 6


def _in_roles(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """民生委員の田中が, 夫の健一が: a name between a role and a particle or a stop."""
    for i, word in enumerate(words):
        given = word.pos[3] == "名" and len(word.surface) > 1 and KANJI_NAME.fullmatch(word.surface)
        if is_surname(word):
            role = ROLE_BEFORE
        elif given and is_name(word):
            role = KIN_BEFORE
        elif SUBJECT.match(text, word.end) and is_surname_too(words, i):
            role = OFFICE_BEFORE  # 民生委員の山口が; 娘の福島 is where she lives
        else:
            continue
        if not before(role, text, word.start):
            continue
        end = i
        if i + 1 < len(words) and stand_together(word, words[i + 1]) and is_name(words[i + 1]):
            end += 1
        follows = words[end + 1] if end + 1 < len(words) else None
        apart = (
            follows is None
            or follows.start > words[end].end
            or follows.pos[0] in ("助詞", "助動詞", "補助記号")
        )
        if apart and word.surface not in NOT_ALONE:
            yield word.start, words[end].end


def _before_family(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """吉田のおばあちゃん: a surname before a word of kinship."""
    for i, word in enumerate(words):
        if is_surname(word) and FAMILY_AFTER.match(text, word.end):
            yield words[name_start(words, i)].start, word.end
