"""Pieces of words as a unigram language model cuts a text: the tokeniser of XLM-R, for the encoder `e5`.

Method: Kudo 2018, "Subword regularization"; of all ways to cut, the likeliest (Viterbi).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SPACES = re.compile("  +")
_SPACE = "\u2581"  # how a space is written in a piece
# An unknown character costs this much more than the least likely piece, as in SentencePiece.
_UNKNOWN_COST = 10.0


@dataclass(frozen=True)
class Unigram:
    """A vocabulary of pieces.

    pieces : piece -> its log-probability and its number
    rewritten : code point -> what stands for it (full width to half width and the like)
    unknown : number of what no piece covers
    """

    pieces: Mapping[str, tuple[float, int]]
    rewritten: Mapping[int, str]
    unknown: int

    @functools.cached_property
    def _longest(self) -> int:
        return max(map(len, self.pieces))

    @functools.cached_property
    def _otherwise(self) -> tuple[float, int]:
        """Return what a character costs that no piece covers, and its number."""
        return min(chance for chance, _ in self.pieces.values()) - _UNKNOWN_COST, self.unknown

    def cut(self, text: str) -> list[int]:
        """Return the numbers of the pieces of a text, in order.

        >>> pieces = {"\u2581": (-1.0, 1), "見": (-3.0, 2), "見守り": (-4.0, 3), "\u2581見": (-3.5, 4), "守り": (-2.5, 5)}
        >>> Unigram(pieces, {ord("視"): "見"}, 0).cut("視守り隊")
        [1, 3, 0]
        """
        clean = _SPACES.sub(" ", text.translate(self.rewritten))
        clean = (clean if clean.startswith(" ") else f" {clean}").replace(" ", _SPACE)
        longest, otherwise = self._longest, self._otherwise
        end = len(clean)
        best = [0.0, *[float("-inf")] * end]
        # The last piece of the best way to cut what stands before a place, and where that piece begins.
        last, begins = [0] * (end + 1), [0] * (end + 1)
        for start in range(end):
            for stop in range(start + 1, min(start + longest, end) + 1):
                found = self.pieces.get(clean[start:stop])
                if found is None:
                    if stop > start + 1:
                        continue
                    found = otherwise
                if best[start] + found[0] > best[stop]:
                    best[stop], last[stop], begins[stop] = best[start] + found[0], found[1], start
        cut: list[int] = []
        while end:
            cut.append(last[end])
            end = begins[end]
        return cut[::-1]
