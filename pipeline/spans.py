"""Where each word of a text stands in the text as written.

`tokenise.words` reads the normalised text (half-width kana widened, spaces dropped, repeated marks cut), so
its words have no positions of their own. Here they are laid back over the original, character by character.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from pipeline.normalise import JOINED_MARKS
from pipeline.tokenise import Word, words

# How far a character is looked for before it is taken to have been made up by normalising. Longer than any
# run of invisible characters or repeated marks seen in real answers, short enough to stay linear.
_LOOK_AHEAD = 64
# What normalising joins to the kana before: two characters as written, one afterwards.
_SOUND_MARKS = {"\u309b", "\u309c", "\u3099", "\u309a", "\uff9e", "\uff9f"}


class Token(NamedTuple):
    """A word and its place: `text[start:end]` is how it was written."""

    word: Word
    start: int
    end: int


def tokens_with_offsets(text: str) -> list[Token]:
    """Return the words of `text` in order, not overlapping, each with its place in `text` as written.

    A place is exact wherever the characters of the word can be found again; a word that normalising changed
    beyond recognition gets the nearest place (possibly empty), so that the words around it stay right.

    >>> [(t.word.surface, t.start, t.end) for t in tokens_with_offsets("ﾊﾞｽ が")]
    [('バス', 0, 3), ('が', 4, 5)]
    """
    tokens: list[Token] = []
    place = 0
    found = words(text)
    for word in found:
        # Most answers are typed in the form they are normalised to: no need to lay out their characters.
        start = text.find(word.surface, place, place + len(word.surface) + 1)
        if start < 0:
            return tokens + _lay_out(text, place, found[len(tokens) :])
        place = start + len(word.surface)
        tokens.append(Token(word, start, place))
    return tokens


def _lay_out(text: str, place: int, rest: list[Word]) -> list[Token]:
    """Return the places of the words of `text` from `place` on, comparing normalised characters."""
    characters, places = _characters(text, place)
    tokens: list[Token] = []
    at, end = 0, place
    for word in rest:
        start = -1
        for character in word.surface:
            hit = _find(characters, character, at)
            if hit >= 0:
                first, last = places[hit]
                start = max(first, end) if start < 0 else start
                end = max(last, end)
                at = hit + 1
        tokens.append(Token(word, end if start < 0 else start, end))
    return tokens


def _find(characters: list[str], character: str, at: int) -> int:
    """Return where `character` comes next, or -1 when it does not come soon."""
    try:
        return characters.index(character, at, at + _LOOK_AHEAD)
    except ValueError:
        return -1


def _characters(text: str, place: int) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the normalised characters of `text` from `place` on, each with the place it was written at."""
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    while place < len(text):
        end = place + 1
        while end < len(text) and (text[end] in _SOUND_MARKS) and end - place < _LOOK_AHEAD:
            end += 1
        for character in unicodedata.normalize("NFKC", text[place:end].translate(JOINED_MARKS)):
            if not character.isspace():
                characters.append("ー" if character in "〜~" else character)
                places.append((place, end))
        place = end
    return characters, places
