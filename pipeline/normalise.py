"""Bring variants of the same Japanese text to one form, for comparing and learning only.

What people are shown is always the verbatim text; nothing here is ever displayed or exported.
"""

from __future__ import annotations

import functools
import re
import unicodedata

# C0 and C1 controls, zero-width and direction marks, BOM, soft hyphen, variation selectors.
# Tab and line breaks are white space, handled below.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]"
)
# Hyphen-like characters typed for the long-vowel mark: サ-ビス, サ－ビス, サ―ビス -> サービス.
_KANA_HYPHEN = re.compile(r"(?<=[\u3041-\u309f\u30a1-\u30ff])[-‐‑‒–—―−─━]+(?=[\u3041-\u309f\u30a1-\u30ff])")
_LONG_VOWELS = re.compile(r"[ー〜~]{2,}")
# The same symbol three times or more says no more than twice: 「!!!!」 -> 「!!」, 「……」 -> 「..」
_REPEATED_SYMBOL = re.compile(r"([!?.,、。・…#*=_~\-wW笑])\1{2,}")
_SPACES = re.compile(r"\s+")
# White space between two Japanese characters is layout or OCR, never a word boundary: 鎌 倉 市 -> 鎌倉市
_SPACE_IN_JAPANESE = re.compile(
    r"(?<=[\u3041-\u3096\u309d-\u30ff\u3400-\u9fff々〆、。]) (?=[\u3041-\u3096\u309d-\u30ff\u3400-\u9fff々〆、。])"
)
# Text in which none of the rules finds anything: most of what is typed on a Japanese keyboard.
_PLAIN = re.compile(r"(?:[\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff々]++|ー(?![ー〜~])|、(?!、)|。(?!。))*+")
# Free-standing sound marks (カ゛, often from OCR) as those that join the kana before them.
JOINED_MARKS = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
_KEY_DROPPED = re.compile(r"[\W_]+", re.UNICODE)


# Several steps ask for the form of the same text, one chunk of a file after the other.
@functools.lru_cache(maxsize=1 << 14)
def normalise(text: str) -> str:
    """Return `text` in the form the classifier learns from.

    NFKC (half-width kana, full-width letters, circled digits), invisible characters dropped, variants
    of the long-vowel mark joined, repeated symbols cut to two, white space folded. Idempotent.

    >>> normalise("ﾐﾏﾓﾘの　サ−ビス！！！！")
    'ミマモリのサービス!!'
    >>> normalise("鎌 倉 市の  LINE 講座")
    '鎌倉市の LINE 講座'
    """
    if _PLAIN.fullmatch(text):
        return text
    return _rewrite(text)


def _rewrite(text: str) -> str:
    text = _INVISIBLE.sub("", text).translate(JOINED_MARKS)
    text = unicodedata.normalize("NFKC", text)
    text = _INVISIBLE.sub("", text)
    text = _SPACE_IN_JAPANESE.sub("", _SPACES.sub(" ", text))
    text = _KANA_HYPHEN.sub("ー", _LONG_VOWELS.sub("ー", text))
    text = _LONG_VOWELS.sub("ー", text)
    return _REPEATED_SYMBOL.sub(r"\1\1", text).strip()


def comparison_key(text: str) -> str:
    """Return what is left of a text when punctuation, spaces and letter case do not count.

    Two texts with one key are the same text to a reader (campaign answers, repeated rows).

    >>> comparison_key("バスが、少ない。") == comparison_key("バスが少ない!")
    True
    """
    normal = normalise(text)
    return _KEY_DROPPED.sub("", normal.casefold()) or normal
