"""Words of a Japanese text: UniDic lemmas with their part of speech. The only module that knows MeCab."""

from __future__ import annotations

import functools
from collections.abc import Iterable
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


@functools.cache
def _tagger() -> fugashi.GenericTagger:
    """Return the tagger; cached here because it can be neither pickled nor copied.

    The output format lets MeCab itself pick the two fields (0: part of speech, 7: lemma), several times
    faster than splitting all 26 fields of UniDic in Python. Unknown words have 6 fields and no lemma.
    """
    layout = r"""-O "" -F '%m\t%f[0]\t%f[7]\n' -U '%m\t%f[0]\t%m\n' -E ''"""
    return fugashi.GenericTagger(f'-d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/mecabrc" {layout}')


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
    out = _tagger().parse(normalise(text))
    return [_word(line) for line in out.split("\n") if line]


def lemmas(text: str) -> list[str]:
    """Return the lemmas that carry meaning, in order, stop lemmas left out.

    >>> lemmas("高齢者の見守りが必要です")
    ['高齢', '者', '見', '守り', '必要']
    """
    out = _tagger().parse(normalise(text))
    return [lemma for line in out.split("\n") if (lemma := _content_lemma(line))]


def lemmas_of_all(texts: Iterable[str]) -> list[list[str]]:
    """Return `lemmas` of each text."""
    return [lemmas(t) for t in texts]


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
