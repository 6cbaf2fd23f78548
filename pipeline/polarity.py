"""For or against: the words in a text that turn what it says into the opposite.

「続けてほしいと思います」 and 「続けてほしいとは思いません」 share nearly all of their characters.
"""

from __future__ import annotations

import re

# What each line lists counts as the same. One side of a pair of opposites is enough to tell them apart (反対 from
# 賛成, 減 from 増), and leaves the other free to be written in kana. Every word begins with its characters, and
# conditions follow, because such a pattern is searched several times faster. The order counts: 少ない is no ない.
_MARKS = (
    "少な すくな",
    "ない なく なかっ なけれ なきゃ ません(?<!すみません)(?<!すいません) 無い 無く 無か 無け 無し できん らん(?<=[いかな]らん)"
    " なし(?<![はてしみ]なし)(?=[でのにと]|$) ず(?<![必まはわ恥]ず)(?![っつれらい]) ぬ(?<=[かがさせただなばまらわ]ぬ)",
    "不要 不必要",
    "不(?=[可満安便足適当])",
    "反対",
    "減 へらし へらす へらさ へらそ へって",
    "悪 わるい わるく",
    "廃止 中止 止め 辞め やめ",
    "嫌 きらい",
    "低 下げ",
    "狭 せまい せまく",
    "弱 よわい よわく",
    "遠い 遠く 遠す とおい とおく",
    "遅 おそい おそく",
    "暗",
    "難し むずかし むつかし",
    "閉",
    "小さ ちいさ",
    "古い 古く 古す ふるい ふるく",
    "短い 短く 短す みじかい みじかく",
    "無料",
)
_NUMBER = {word.split("(")[0]: i for i, line in enumerate(_MARKS) for word in line.split()}
_ANY = re.compile("|".join(word for line in _MARKS for word in line.split()))


def polarity(key: str) -> bytes:
    """Return which words of negation and of opposites a `comparison_key` has, and how often, for comparing only.

    >>> polarity("続けてほしいと思います") == polarity("続けてほしいとは思いません")
    False
    >>> polarity("回数を増やして欲しいです") == polarity("回数をふやしてほしい")
    True
    """
    return bytes(sorted([_NUMBER[word] for word in _ANY.findall(key)]))
