"""Which words of a tokenised text may be the name of a person, by what UniDic knows of the word and of the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.name_words import INTIMATE, NOBODY, SURNAME_WORDS, THINGS
from pipeline.tokenise import Tagged, is_also_surname

# Work and roles that no dictionary has: ケアマネージャー.
KATAKANA_ROLE = re.compile(
    r"(?:ャー|ー[タナラサ]ー|[タナラサカ]ー|スト|マネ|スタッフ|ヘルパー|ケアマネ.*|ワーカー|アン)$"
)
_KATAKANA = re.compile(r"[ァ-ヶー゙゚]{2,8}")
_KANA = re.compile(r"[ぁ-んァ-ヶー]{2,5}")
_LATIN = re.compile(r"[A-Z][a-z]{2,}")
# Kanji so rare that the dictionary may not have them: 𠮷, 㐂.
_RARE = "㐀-䶿\U00020000-\U0003ffff"
_RARE_KANJI = re.compile(rf"[{_RARE}]+")
KANJI_NAME = re.compile(rf"[一-龯々ヶ{_RARE}]{{1,4}}")


def can_be_name(word: Tagged) -> bool:
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


def is_name(word: Tagged) -> bool:
    """Tell whether UniDic, or the look of a word it does not have, says that this is a name."""
    # The dictionary knows letters as names: A of Aさん stands for nobody in particular.
    if word.pos[2] != "人名" or word.surface in NOBODY:
        return False
    if word.surface.isascii():
        return _LATIN.fullmatch(word.surface) is not None
    return word.known or _may_be_unknown_name(word.surface)


def _may_be_unknown_name(surface: str) -> bool:
    """Tell whether a word that no dictionary has looks like a name, and not like somebody's work."""
    if _KATAKANA.fullmatch(surface):
        return not KATAKANA_ROLE.search(surface)
    return KANJI_NAME.fullmatch(surface) is not None


def is_surname(word: Tagged) -> bool:
    """Tell whether a word is read as a surname (see `is_name`)."""
    return is_name(word) and word.pos[3] == "姓"


def is_place(word: Tagged) -> bool:
    """Tell whether a word is read as the name of a place."""
    return word.pos[2] == "地名" and word.surface not in NOBODY


def is_surname_too(words: Sequence[Tagged], at: int) -> bool:
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


def is_loosely_a_name(words: Sequence[Tagged], at: int, title: str) -> bool:
    """Tell whether a word that is not 人名 is one before a title: 上田さん, 関さん, ゆうきくん, Johnさん."""
    word = words[at]
    joined = at > 0 and words[at - 1].end == word.start
    before = words[at - 1].pos if joined else ("", "", "", "")
    prefixed = before[0] in ("接頭辞", "名詞", "接尾辞", "形状詞") or (
        joined and words[at - 1].surface in ("お", "ご", "御")
    )
    if is_place(word):
        return not prefixed or is_surname_too(words, at)
    if word.surface in SURNAME_WORDS:
        return not prefixed and title not in ("氏", "殿")
    if not word.known:
        if _LATIN.fullmatch(word.surface):
            return True
        if word.surface.isascii() or prefixed:
            return False
        return _may_be_unknown_name(word.surface)
    # Before さん the dictionary knows for itself what is a name.
    if (word.pos[1] == "固有名詞" or title in ("先生", "様", "さま")) and is_surname_too(words, at):
        return True
    return (
        title in INTIMATE and word.pos[0] == "名詞" and not prefixed and bool(_KANA.fullmatch(word.surface))
    )


def is_linked(word: Tagged, right: Tagged) -> bool:
    """Tell whether the word before ・ is a name, or part of one in katakana: グエン・ヴァン・アン."""
    katakana = _KATAKANA.fullmatch(word.surface) and _KATAKANA.fullmatch(right.surface)
    return is_name(word) or bool(katakana and not KATAKANA_ROLE.search(word.surface))


def stand_together(left: Tagged, right: Tagged) -> bool:
    """Tell whether two words stand together, or with a blank as between surname and given name."""
    return right.start - left.end <= 1


def name_start(words: Sequence[Tagged], last: int) -> int:
    """Return the first word of the name that ends with word `last`: 山田 of 山田-花子, 東-野 of 東野圭."""
    first = last
    while first and last - first < 3 and stand_together(words[first - 1], words[first]):
        left = words[first - 1]
        place_then_given = is_place(left) and words[first].pos[3] == "名" and left.end == words[first].start
        # A name is not cut in two where the tokeniser does not know its first kanji: 𠀋-田.
        rare = left.end == words[first].start and not left.known and _RARE_KANJI.fullmatch(left.surface)
        if not (is_name(left) or place_then_given or rare):
            break
        first -= 1
    return first
