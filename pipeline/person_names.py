"""Names of persons in a folded text: UniDic's 人名 where titles, roles or an introduction say that one is meant.

Words for roles (民生委員さん, お母さん, 市長さん) and for gods and figures (神様, サザエさん) name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.folding import Span, before
from pipeline.tokenise import Tagged, tagged

NAME = "氏名"


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# After a name; the shorter list also after a place (松尾さん) and after a word that happens to be a surname.
_TITLES = frozenset(
    {"さん", "様", "さま", "サン", "氏", "君", "くん", "クン", "ちゃん", "チャン", "殿", "先生"}
)
_INTIMATE = frozenset({"君", "くん", "クン", "ちゃん", "チャン"})
# After a surname only: 田中会長, 井上宅.
_OFFICES = re.compile(
    r"副?会長|[部課係室所院園校館店班組区町市]長|理事|教頭|代表|議員|市議|委員|医師|看護師|保健師|教諭|住職|夫妻|夫婦|一家|家|宅|邸|兄弟|姉妹|親子|両氏"
)
# Common words that are surnames too; only with a title right after and nothing before that joins them.
_SURNAME_WORDS = frozenset(
    "緑光翼桃楓茜薫忍望愛恵純誠林森原東西南北星関泉谷堀辻畑岡橋島浜桂菊柳杉松竹梅桜牧滝沢境堤峰嶋角門宮室榊楠椿葵槙轟城池丘湊栗栄平旭"
) | _listed("大船 大町 今村 下田 田口 山口 川口 門脇 入江 水口 二階堂 荒井 日向 中西")
# Beings, figures and words of courtesy that take titles as persons do.
_NOBODY = _listed(
    "サザエ ドラえもん ドラ アンパンマン まる子 ちびまる子 マルコ 桃太郎 金太郎 浦島 八幡 "
    "弁天 弁財天 稲荷 天神 大黒 恵比寿 恵比須 観音 地蔵 釈迦 キリスト イエス マリヤ 神 "
    "仏 閻魔 明神 権現 大仏 達磨 サンタ サンタクロース 頼朝 家康 秀吉 信長 龍馬 太陽 王 "
    "姫 殿 皆 何 誰 どなた 大 お ご 赤 坊 兄 姉 にい ねえ ばあ じい ばば じじ おば "
    "おじ わん ワン にゃん ニャン ぴー ママ パパ かあ とう ひと おまえ あんた うち たく "
    "おく むすめ むすこ こども キャラ ゆるキャラ カマ おかま 諸 主 暴 若 民生"
)
# Surnames that mean nobody living, or no name at all (三本-柱), where no title follows.
_NOT_ALONE = _listed("源 北条 足利 平 藤原 上杉 徳川 織田 豊臣 武田 夏目 川端 芥川 紫 聖徳 三本 二本 一本")
_ROLE_BEFORE = re.compile(
    r"(?:民生(?:・児童)?委員|児童委員|会長|班長|組長|区長|市長|町長|部長|課長|係長|所長|院長|校長|園長|理事長?|代表|議員|担当|担当者|担任|医師|主治医|看護師|保健師"
    r"|ケアマネ(?:ー?ジャー)?|ヘルパー|相談員|支援員|隣人|友人|知人|同級生|同僚|長男|長女|次男|次女|息子|娘|夫|妻|孫|主人|大家|店主|住職|職員|役員|係)(?:の|・|:| |、)?$"
)
_NAME_LABEL = re.compile(r"(?:氏名|お?名前|なまえ|記入者|投稿者|回答者|ご芳名)(?:は|:| |/|\)|\(){1,3}$")
_STRICT_LABEL = re.compile(r"(?:担当者?|連絡先|代表者?|責任者)(?:は|:| ){1,2}$")
_INTRODUCED = re.compile(r" ?と(?:申|もう)(?:し|す)(?!ますか)(?!ても)")
_KANA_INTRODUCED = re.compile(r"(?<![ァ-ヶー・])[ァ-ヶー]{2,8}(?: [ァ-ヶー]{2,8})?(?= ?と申し(?!ますか))")
_CALLED = re.compile(r" ?と(?:いう(?:者|人|方)|言う(?:者|人|方)|いいます|言います|名乗)")
_MYSELF = re.compile(r"(?:私|わたし|わたくし|僕|ぼく|こちら)(?:は|、| |の名は)$")
_AM = re.compile(r"(?:です|だ|でございます)(?=[。、!」 ]|が|けど|$)")
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
        or word.surface in _SURNAME_WORDS
        or (word.pos[0] == "名詞" and _KANA.fullmatch(word.surface) is not None)
    )


def _is_name(word: Tagged) -> bool:
    # The dictionary knows letters as names: A of Aさん stands for nobody in particular.
    if word.pos[2] != "人名" or word.surface in _NOBODY:
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
    return word.pos[2] == "地名" and word.surface not in _NOBODY


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
        office = title not in _TITLES
        if last.surface in _NOBODY or not _near(last, words[i]):
            continue
        if office and not (_can_be_name(last) and _OFFICES.match(text, words[i].start)):
            continue
        if _is_name(last) and not (office and not _may_hold_office(words, i - 1)):
            first = _run_start(words, i - 1)
        elif not office and _is_loosely_a_name(words, i - 1, title):
            first = i - 1
            if first and _near(words[first - 1], words[first]) and _is_surname(words[first - 1]):
                first = _run_start(words, first - 1)
        elif office and title in ("夫妻", "夫婦") and _is_place(last):
            first = i - 1
        else:
            continue
        yield words[first].start, last.end
        # 田中・鈴木さん: names linked to this one.
        while first >= 2 and words[first - 1].surface == "・" and _is_name(words[first - 2]):
            link = first - 2
            first = _run_start(words, link)
            yield words[first].start, words[link].end


def _may_hold_office(words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if word.pos[3] == "名" and not (at and _is_name(words[at - 1])):
        return False
    return word.surface not in _NOT_ALONE


def _is_loosely_a_name(words: Sequence[Tagged], at: int, title: str) -> bool:
    """Tell whether a word that is not 人名 is one before a title: 上田さん, 関さん, ゆうきくん, Johnさん."""
    word = words[at]
    joined = at > 0 and words[at - 1].end == word.start
    before = words[at - 1].pos if joined else ("", "", "", "")
    prefixed = before[0] in ("接頭辞", "名詞", "接尾辞", "形状詞") or (
        joined and words[at - 1].surface in ("お", "ご", "御")
    )
    if _is_place(word):
        return not prefixed
    if word.surface in _SURNAME_WORDS:
        return not prefixed and title not in ("氏", "殿")
    if not word.known:
        if _LATIN.fullmatch(word.surface):
            return True
        if word.surface.isascii() or prefixed:
            return False
        return _may_be_unknown_name(word.surface)
    return (
        title in _INTIMATE and word.pos[0] == "名詞" and not prefixed and bool(_KANA.fullmatch(word.surface))
    )


def _full_names(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    for i in range(1, len(words)):
        surname, given = words[i - 1], words[i]
        if not (_is_surname(surname) and _is_name(given) and given.pos[3] == "名" and _near(surname, given)):
            continue
        if surname.surface in _NOT_ALONE or len(surname.surface) + len(given.surface) < 3:
            continue
        follows = words[i + 1] if i + 1 < len(words) else None
        if (
            follows
            and follows.start == given.end
            and follows.pos[0] in ("名詞", "接尾辞")
            and follows.surface not in _TITLES
        ):
            continue  # 岡本太郎美術館
        joined = i >= 2 and words[i - 2].end == surname.start and words[i - 2].pos[2] in ("人名", "地名")
        if not joined:
            yield surname.start, given.end


def _introduced(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    # オオサワと申します: in kana the dictionary often sees other words.
    yield from (m.span() for m in _KANA_INTRODUCED.finditer(text) if not _KATAKANA_ROLE.search(m[0]))
    for i, word in enumerate(words):
        if word.surface not in _NOBODY and (
            (_INTRODUCED.match(text, word.end) and _can_be_introduced(words, i))
            or (_CALLED.match(text, word.end) and _is_name(word))
            or (_AM.match(text, word.end) and _is_surname(word) and _is_about_oneself(text, words, i))
        ):
            yield words[_run_start(words, i)].start, word.end
        if word.pos[0] != "名詞" or word.surface in _NOBODY:
            continue
        head = text[max(0, word.start - 12) : word.start]
        loose = _NAME_LABEL.search(head) is not None
        if loose or (_STRICT_LABEL.search(head) and _is_name(word)):
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
                or word.surface in _SURNAME_WORDS
            ):
                yield word.start, words[end].end


def _can_be_introduced(words: Sequence[Tagged], at: int) -> bool:
    word = words[at]
    if _ORGANISATION.search(word.surface) and not _is_name(word):
        return False
    return (
        _is_name(word)
        or _is_place(word)
        or word.surface in _SURNAME_WORDS
        or (not word.known and len(word.surface) > 1)
    )


def _is_about_oneself(text: str, words: Sequence[Tagged], at: int) -> bool:
    first = words[_run_start(words, at)].start
    if before(_MYSELF, text, first) or before(_ROLE_BEFORE, text, first):
        return True
    # 木村です。 or 大船の山崎です。 as the first of several sentences.
    place = (
        first >= 2 and words[at].pos[3] == "姓" and re.fullmatch(r"[一-龯ヶ]{1,6}(?:在住)?の", text[:first])
    )
    return (first == 0 or bool(place and _can_be_name(words[0]))) and len(text) > words[at].end + 6


def _in_roles(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """民生委員の田中が: a surname between a role and a particle or a stop."""
    for i, word in enumerate(words):
        if not _is_surname(word) or not before(_ROLE_BEFORE, text, word.start):
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
        if apart and word.surface not in _NOT_ALONE:
            yield word.start, words[end].end


_FAMILY = re.compile(
    r"(?:さん)?の(?:お?(?:ばあ|じい|かあ|とう|おば|おじ|ば|じ|母|父|兄|姉|奥|嫁)(?:ちゃん|さん|さま|様)|ご主人|旦那さん|奥さん|息子さん|娘さん)"
)


def _before_family(text: str, words: Sequence[Tagged]) -> Iterator[tuple[int, int]]:
    """吉田のおばあちゃん: a surname before a word of kinship."""
    for i, word in enumerate(words):
        if _is_surname(word) and _FAMILY.match(text, word.end):
            yield words[_run_start(words, i)].start, word.end
