"""Street addresses in a folded text: 鎌倉市大船一丁目二番三号, 由比ガ浜1-2-3, コーポ玉縄102号室.

Names of places alone (大船, 大船三丁目, 鎌倉市) are no address: they say where something is, not who lives there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.folding import HYPHEN, Span, not_counted
from pipeline.tokenise import Tagged, tagged

ADDRESS = "住所"

_N = r"(?:\d{1,4}|[一二三四五六七八九十百〇]{1,5})"
_LINK = rf" ?(?:{HYPHEN}|[のノ之]) ?"
# What is counted is no house: 大船3-4人, 2丁目3件. 番地 of 一番地味 is none either.
_END = r"(?![\d一二三四五六七八九十百〇])" + not_counted(
    r"(?:[円人件回年月日時分秒個本歳点度杯枚冊階位]|名(?![義前])|世帯|[台校軒棟か所](?=[のはがをに、。])|か所|ヶ所|カ所"
    r"|割|倍|万|千|億|週|軒|棟|[%kKmM]|号車|番線|両)"
)
_GO = rf"(?: ?{_N} ?号(?![車線館室棟]))"
_BANCHI = r"番地?(?![地味域元帯方])"
# 2丁目3番4号, 2丁目3-4, 2丁目3の4, and 2丁目3 where the sentence or phrase ends.
_CHOME = re.compile(
    rf"(?<!第)(?<!\d)(?<!{HYPHEN}){_N} ?丁目 ?{_N}"
    rf"(?:(?: ?{_BANCHI}(?:(?:{_LINK})?{_N}(?: ?号(?![車線館室棟]))?)?{_GO}?)|(?:{_LINK}{_N}){{1,2}}(?: ?号)?| ?号|(?= ?(?:[、。,)」]|$|に住|在住|の家|の者)))"
    + _END
)
_LOT = re.compile(
    rf"(?<!第)(?<!\d){_N} ?(?:番地(?!味|区|域|元|帯|方)(?:(?:{_LINK})?{_N}(?!{_N}))?{_GO}?|番(?:{_LINK}|、)?{_GO})"
    + _END
)
# What has a number at a station, and is no house: 大船駅3番のバス停.
_LONE_LOT = re.compile(
    rf"(?<!第)(?<!\d){_N} ?番(?! ?の?(?:のりば|乗り?場|ホーム|バス|出口|改札|窓口))(?:(?:{_LINK})?{_N}(?=[のにへではが、。 )」]|$)|(?=[のにへ、。 )]|$))"
)
_DASHED = re.compile(
    rf"(?<![\dA-Za-z.]){_N}(?: ?{HYPHEN} ?{_N}){{1,3}}(?: ?号(?![車線館室棟]))?(?!{HYPHEN}?\d)" + _END
)
# 笠間3の12の8: as people say it.
_SPOKEN = re.compile(rf"(?<![\dA-Za-z.第]){_N}(?: ?[のノ之] ?{_N}){{2}}(?!\d)" + _END)
_DATE = re.compile(rf"(?:19|20)\d\d{HYPHEN}\d{{1,2}}{HYPHEN}\d{{1,2}}")

_BUILDING = (
    r"(?:[ァ-ヶー一-龯々A-Za-z0-9・]{0,12}"
    r"(?:マンション|ハイツ|ハイム|コーポ|荘|アパート|ハウス|ビル|団地|メゾン|レジデンス|ヒルズ|コート|プラザ|タワー|住宅|ホームズ|パレス|シャトー|フラット|ヴィラ|ビラ|グラン|エステート)"
    r"[ァ-ヶー一-龯々A-Za-z・]{0,8})"
)
_ROOM = r"\d{1,4}(?: ?号室?)?(?![\d歳才代人年月日円世%分時])"
_TAIL = re.compile(
    rf" ?の? ?{_BUILDING}(?: ?\d{{1,3}} ?号?棟)?(?: ?\d{{1,2}}[階F])?(?: ?{HYPHEN}? ?{_ROOM})?"
    rf"| ?{HYPHEN} ?\d{{1,4}}(?: ?号室?)?(?!\d)| ?\d{{1,4}} ?号室"
    r"| \d{3,4}(?=[のにではが、。 )」]|$)"  # 大船1-2-3 501
)
# A room in a named building is somebody's home, also without the street.
_HOME = re.compile(
    rf"{_BUILDING} ?(?:の ?)?(?:\d{{1,3}} ?号?棟 ?の? ?)?(?:\d{{1,4}} ?号室?(?![車線館棟])|(?<=棟)\d{{1,4}}|(?<=団地)\d{{1,2}} ?{HYPHEN} ?\d{{3,4}})"
    # 富士見荘201: these words end names of houses only.
    r"|[ァ-ヶー一-龯々]{0,12}(?:(?<![別山])荘|ハイツ|ハイム|コーポ(?!レ)|メゾン)[ァ-ヶー一-龯々]{0,8} ?\d{3,4}(?=[にのでは、。)]| |$)"
)

_AREA = frozenset("都道府県市区町村郡")
# What towns are made of beside their names: 西, 台, 町, 字, and the particles of 山ノ内 and 由比ガ浜.
_TOWN_PART = frozenset("台町浜座谷丘坂西東南北本上下中新元字内山川沢原田島崎津戸木") | {"大字"}
_TOWN_END = frozenset("座谷丘坂浜町台ノガヶケ")
_TOWN_LINK = frozenset("ノガヶケが之")
# Towns that the dictionary takes for other words.
_TOWNS = frozenset(["大船", "大町", "小町", "手広", "植木", "辻堂", "中央", "高砂"])
_NO_TOWN = frozenset(
    {"住所", "自宅", "実家", "番地", "現在", "所在", "在住", "住居", "現住", "目標", "施策", "項目", "方針", "計画", "事業", "資料", "別紙", "様式", "議題", "別表", "図", "表", "式", "問", "設問", "番号", "駅", "平成", "令和", "昭和"}
)  # fmt: skip
_WORD_BEFORE = re.compile(r"(?:^|(?<=[\s、。,(「はがをにで:]))([一-龯々ヶケガノ]{2,5}) ?$")
_LIVES = re.compile(r" ?(?:に住|在住|付近|の(?:家|者|隣|角|前|空き|自宅|住人)|に一?人で)")
_IN_NUMBER = frozenset("-‐‑‒–—―−ー─番地号一二三四五六七八九十百〇")
_LONGEST_HEAD, _LONGEST_NAME = 40, 8


def addresses(text: str) -> Iterator[Span]:
    """Yield street addresses from prefecture or town down to house and room."""
    for pattern, needs in ((_CHOME, 0), (_LOT, 1), (_DASHED, 2), (_SPOKEN, 2), (_LONE_LOT, 2)):
        for match in pattern.finditer(text):
            if _DATE.fullmatch(match[0]):
                continue
            start, evidence = _town_start(text, match.start())
            banchi = "番地" in match[0]
            enough = 0 if banchi else needs
            if evidence < enough or (pattern is _DASHED and not _is_house(match[0], evidence)):
                continue
            tail = _TAIL.match(text, match.end())
            yield Span(start, tail.end() if tail else match.end(), ADDRESS)
    yield from (Span(*m.span(), ADDRESS) for m in _HOME.finditer(text))


def _is_house(number: str, evidence: int) -> bool:
    """Tell whether a number with hyphens is a house: three parts after a place, two after city and town.

    Two parts after a town alone need a number as no score and no hour has it: 手広98-7.
    """
    parts = re.findall(_N, number)
    return evidence >= (2 if len(parts) > 2 or (parts[0].isascii() and int(parts[0]) > 24) else 3)


def _town_start(text: str, end: int) -> tuple[int, int]:
    """Return where the place before a house number begins, and how sure it is a place.

    0 nothing there; 1 a word that may be a town; 2 a name of a place, or of a person as many towns have;
    3 a place with 市, 区, 町, or 村.
    """
    begin = max(0, end - _LONGEST_HEAD)
    words = tagged(text[begin:end])
    start, evidence, right = end, 0, ""
    for word in reversed(words):
        rank = _place_rank(word, right)
        if rank == 0 or start - begin - word.end > 1 or word.surface in _NO_TOWN:
            break
        evidence = max(evidence, rank)
        start, right = begin + word.start, word.surface
    if evidence < 2 and _is_home(text, end):
        # A town that the dictionary takes for other words (西御門 for 西-御-門), where people speak of homes.
        known = _WORD_BEFORE.search(text, begin, end)
        if known and not known[1].endswith(tuple(_NO_TOWN)):
            return min(start, known.start(1)), 2
        return start, 2 if start < end else 0
    return start, evidence


def _is_home(text: str, number: int) -> bool:
    """Tell whether the words after a house number say that somebody lives there: に住む, の家, の山田です."""
    end = _number_end(text, number)
    if _LIVES.match(text, end):
        return True
    following = tagged(text[end + 1 : end + 1 + _LONGEST_NAME]) if text.startswith("の", end) else []
    return bool(following) and following[0].pos[2] == "人名"


def _number_end(text: str, start: int) -> int:
    while start < len(text) and (text[start].isdigit() or text[start] in _IN_NUMBER):
        start += 1
    return start


def _place_rank(word: Tagged, right: str) -> int:
    """Say how sure one word is part of a place, as `_town_start` does; `right` is the part after it."""
    if word.pos[2] == "地名" or word.surface in _TOWNS:
        return 2
    if word.pos[2] == "人名" or (not word.known and not word.surface.isascii() and word.pos[0] == "名詞"):
        return 2
    if word.surface in _AREA and right != word.surface:
        return 3
    if word.surface in _TOWN_PART or word.pos[0] == "接尾辞":
        return 1
    if word.surface in _TOWN_LINK and right:
        return 1
    # 材木-座, 栄-区, 雪-ノ-下: a common noun only as the left part of a town.
    if word.pos[:2] != ("名詞", "普通名詞") or len(word.surface) > 2:
        return 0
    return 2 if right in _TOWN_END else 1 if not right or right in _AREA | _TOWN_PART else 0
