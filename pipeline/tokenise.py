"""Words of a Japanese text: UniDic lemmas with their part of speech. The only module that knows MeCab."""

from __future__ import annotations

import functools
from typing import NamedTuple

import fugashi
import unidic_lite

from pipeline.normalise import normalise

# What carries meaning for coding: nouns, verbs, adjectives (two kinds), adverbs, interjections, prefixes and
# suffixes (化, 性, 者, 非, 無). Particles, auxiliaries and symbols are left out.
CONTENT_POS = frozenset(
    {"名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞", "感動詞", "接頭辞", "接尾辞", "連体詞"}
)
# Lemmas so frequent in any comment that they tell nothing: する, ある, いる, なる, こと, もの, ため, 良い is kept.
STOP_LEMMAS = frozenset(
    {
        "為る",
        "有る",
        "居る",
        "成る",
        "事",
        "物",
        "為",
        "様",
        "其の",
        "此の",
        "無い",
        "出来る",
        "御",
        "思う",
        "言う",
    }
)


class Word(NamedTuple):
    """One word: as written (normalised), its UniDic lemma without gloss, and the first part of speech."""

    surface: str
    lemma: str
    pos: str


class Tagged(NamedTuple):
    """One word in its place: characters [start, end) of the text, and UniDic's four parts of speech.

    `pos` is as in 名詞-固有名詞-人名-姓; `known` tells whether the dictionary has the word.
    """

    start: int
    end: int
    surface: str
    pos: tuple[str, str, str, str]
    known: bool


@functools.cache
def _tagger() -> fugashi.GenericTagger:
    """Return the tagger; cached here because it can be neither pickled nor copied.

    The output format lets MeCab itself pick the two fields (0: part of speech, 7: lemma), several times
    faster than splitting all 26 fields of UniDic in Python. Unknown words have 6 fields and no lemma.
    """
    layout = r"""-O "" -F '%m\t%f[0]\t%f[7]\n' -U '%m\t%f[0]\t%m\n' -E ''"""
    return fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc" {layout}')


# The texts of a chunk are read for their lemmas, then some of them again to be divided.
@functools.lru_cache(maxsize=1 << 13)
def _parsed(normal: str) -> str:
    """Return what MeCab says of a normalised text, one line a word."""
    return str(_tagger().parse(normal))


@functools.cache
def _place_tagger() -> fugashi.GenericTagger:
    """Return the tagger of `tagged`: all four parts of speech, for known words and unknown ones."""
    fields = r"%m\t%f[0]\t%f[1]\t%f[2]\t%f[3]\t"
    # The last field is never empty: fugashi strips white space from the end of the output.
    layout = f"""-O "" -F '{fields}1\\n' -U '{fields}0\\n' -E ''"""
    return fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc" {layout}')


@functools.lru_cache(maxsize=1 << 16)
def _parts(line: str) -> tuple[str, tuple[str, str, str, str], bool]:
    surface, a, b, c, d, known = line.split("\t")
    return surface, (a, b, c, d), known == "1"


def tagged(text: str) -> list[Tagged]:
    """Split a text as it stands (nothing is normalised) into words with their places.

    White space belongs to no word. The text must hold no NUL and no lone surrogate.

    >>> [(w.surface, w.start, w.pos[2]) for w in tagged("隣の 田中さん")]
    [('隣', 0, '一般'), ('の', 1, ''), ('田中', 3, '人名'), ('さん', 5, '一般')]
    """
    found: list[Tagged] = []
    at = 0
    for line in _place_tagger().parse(text).split("\n"):
        if line:
            surface, pos, known = _parts(line)
            at = text.index(surface, at)
            found.append(Tagged(at, at + len(surface), surface, pos, known))
            at += len(surface)
    return found


@functools.lru_cache(maxsize=1 << 14)
def is_also_surname(word: str) -> bool:
    """Tell whether the dictionary has a word as a surname, whatever else it is.

    >>> is_also_surname("山口"), is_also_surname("大橋"), is_also_surname("総務")
    (True, True, False)
    """
    lines = (line for line in _place_tagger().nbest(word, 12).split("\n") if line)
    return any(surface == word and pos[3] == "姓" for surface, pos, _ in map(_parts, lines))


def dictionary_version() -> str:
    """Return name and version of the dictionary, for the manifest of a model."""
    from importlib.metadata import version

    return f"unidic-lite {version('unidic-lite')}"


@functools.lru_cache(maxsize=1 << 16)
def _word(line: str) -> Word:
    """Make a word of one line of MeCab's output; few distinct lines make up most of any text."""
    surface, pos, lemma = line.split("\t")
    # UniDic adds a gloss after a hyphen to loan words and homographs: ベンチ-bench, 私-代名詞.
    return Word(surface, (lemma.split("-", 1)[0] or surface).casefold(), pos)


@functools.lru_cache(maxsize=1 << 16)
def _content_lemma(line: str) -> str:
    """Return the lemma of one line of MeCab's output if it carries meaning, else ''."""
    if not line:
        return ""
    word = _word(line)
    return word.lemma if word.pos in CONTENT_POS and word.lemma not in STOP_LEMMAS else ""


def words(text: str) -> list[Word]:
    """Split a text into words.

    >>> [(w.surface, w.lemma, w.pos) for w in words("ベンチに座った")]
    [('ベンチ', 'ベンチ', '名詞'), ('に', 'に', '助詞'), ('座っ', '座る', '動詞'), ('た', 'た', '助動詞')]
    """
    return [_word(line) for line in _parsed(normalise(text)).split("\n") if line]


def lemmas(text: str) -> list[str]:
    """Return the lemmas that carry meaning, in order, stop lemmas left out.

    >>> lemmas("高齢者の見守りが必要です")
    ['高齢', '者', '見', '守り', '必要']
    """
    return [lemma for line in _parsed(normalise(text)).split("\n") if (lemma := _content_lemma(line))]


@functools.cache
def _reader() -> fugashi.GenericTagger:
    """Return the tagger that gives each word's kana (field 17 of UniDic), the word itself where unknown."""
    layout = r"""-O "" -F '%f[17]\n' -U '%m\n' -E ''"""
    return fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc" {layout}')


def reading(text: str) -> str:
    """Return how a text is read, in katakana; signs and unknown words stay as they are.

    >>> reading("見守り活動")
    'ミマモリカツドウ'
    """
    return str(_reader().parse(normalise(text))).replace("\n", "")
