"""Where one sentence joins clauses that stand alone: 「…が少ないし、…も遠い」.

Both sides need a predicate, a noun and enough content of their own. A clause that only leads in
(「…と聞きましたが、」), gives a reason or describes a noun is left with what follows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from pipeline.spans import Token, tokens_with_offsets

# A side of a joint must hold this much to be understood alone.
_LEAST_CHARACTERS, _LEAST_CONTENT = 6, 2
# A sentence is as long as its writer pleases; what is this many words away does not bear on a joint.
_REACH = 60

CONNECTIVES = (
    "また(?![はぐが])|あと(?![でにはのもかを])|一方(?!的|通)|それと|それから|さらに|その上|そのうえ|加えて|"
    "ただし|しかし|でも(?=、)|逆に"
)
CONNECTIVE = re.compile(CONNECTIVES)
# Clauses are not told apart within quotes and brackets.
QUOTED = re.compile(
    r"「[^「」\n]{0,80}」|『[^『』\n]{0,80}』|（[^（）\n]{0,80}）|\([^()\n]{0,80}\)|【[^【】\n]{0,80}】"
)

# fmt: off
# Left sides that only lead in: 「難しいことは承知していますが、…」「…と聞きましたが、…」.
_LEAD_IN = frozenset({
    "聞く", "伺う", "知る", "承知", "存ずる", "思う", "恐縮", "恐れ入る", "申し訳", "失礼", "済む", "感ずる", "見る",
    "分かる", "言う",
})
# Said of what is good; the 「が、」 after it turns to what is not.
_PRAISE = frozenset({
    "有り難い", "感謝", "助かる", "救う", "良い", "素晴らしい", "嬉しい", "便利", "親切", "満足", "楽しい", "安心",
    "評価",
})
# fmt: on
_FORMAL_NOUNS = frozenset(
    {"事", "物", "為", "様", "所", "方", "訳", "筈", "度", "時", "中", "他", "点", "の"}
)
_PREDICATES = frozenset({"動詞", "形容詞", "形状詞", "助動詞"})
CONTENT = frozenset({"名詞", "代名詞", "動詞", "形容詞", "形状詞", "副詞"})
_CONTRAST = frozenset({"が", "けど", "けれど", "けれども", "けども"})
_COMMAS = frozenset({"、", ","})
_FINAL_PARTICLES = frozenset({"か", "ね", "よ", "わ", "な"})


def joints(comment: str, begin: int, end: int) -> Iterator[int]:
    """Yield where the sentence `comment[begin:end]` joins clauses that stand alone.

    >>> comment = "近所に店がないし、病院も遠い。"
    >>> [comment[cut:] for cut in joints(comment, 0, len(comment))]
    ['病院も遠い。']
    >>> list(joints("道が暗くて怖いので、街灯がほしい", 0, 16))
    []
    """
    text = comment[begin:end]
    tokens = tokens_with_offsets(text)
    quoted = {place for m in QUOTED.finditer(text) for place in range(m.start() + 1, m.end())}
    first = 0
    for i in range(1, len(tokens) - 1):
        split = _joint(tokens, first, i)
        if split and tokens[split].start not in quoted:
            yield begin + tokens[split].start
            first = split


def _joint(tokens: list[Token], first: int, i: int) -> int:
    """Return the token the right side starts with if the words around token `i` join two clauses, else 0."""
    word, before = tokens[i].word, tokens[i - 1].word
    following = tokens[i + 1].word.surface
    first = max(first, i - _REACH)
    if following in {"あと", "それと"} and _is_joint_adverb(tokens, i):
        return _if_alone(tokens, first, i + 1)
    if following not in _COMMAS or i + 2 >= len(tokens):
        return 0
    right = i + 2
    if word.surface == "し" and word.pos == "助詞":
        return _if_alone(tokens, first, right)
    if word.surface in {"一方", "反面"} and before.pos in _PREDICATES:
        return _if_alone(tokens, first, right)
    concedes = word.surface == "の" and before.surface == "もの"
    if concedes or (word.surface in _CONTRAST and before.pos in _PREDICATES):
        turns = concedes or _contrasts(tokens[first:i])
        if not (turns and _has_subject(tokens[right : right + _REACH])):
            return 0
        return _if_alone(tokens, first, right)
    rest = "".join(t.word.surface for t in tokens[right : right + 3])
    if word.pos in _PREDICATES and CONNECTIVE.match(rest):
        return _if_alone(tokens, first, right)
    if is_conclusive(tokens[i]) and not rest.startswith(("または", "もしくは")):
        # 「参加できる、小さな催し」 describes; 「席が少ない、会費が高い」 and 「不便です、…」 are two sentences.
        polite = word.surface in {"です", "ます"} or before.surface in {"です", "ます", "まし", "でし"}
        if polite or (_has_subject(tokens[first:i]) and _has_subject(tokens[right : right + 8])):
            return _if_alone(tokens, first, right)
    return 0


def _is_joint_adverb(tokens: list[Token], i: int) -> bool:
    """Tell 「狭いしあと街灯も…」 (and another thing) from 「終わったあと」 (after)."""
    surface, _, pos = tokens[i].word
    return (surface == "し" and pos == "助詞") or (is_conclusive(tokens[i]) and surface != "た")


def is_conclusive(token: Token) -> bool:
    """Tell whether a sentence may end with this word (the form before a noun is often the same).

    >>> [is_conclusive(tokens_with_offsets(t)[-1]) for t in ["道が狭い", "道が狭く", "困っています", "道が"]]
    [True, False, True, False]
    """
    surface, _, pos = token.word
    if pos in {"動詞", "形容詞", "助動詞"}:
        return surface[-1] in ("い" if pos == "形容詞" else "いるたうすくむぬつぶぐんだ")
    return pos == "助詞" and surface in _FINAL_PARTICLES


def _if_alone(tokens: list[Token], first: int, right: int) -> int:
    """Return `right` if both `tokens[first:right]` and `tokens[right:]` can be understood alone, else 0."""
    alone = _stands_alone(tokens[first:right]) and _stands_alone(tokens[right : right + _REACH])
    return right if alone else 0


def _stands_alone(tokens: list[Token]) -> bool:
    """Tell whether a clause has a predicate and a noun of its own and enough content."""
    if tokens[-1].end - tokens[0].start < _LEAST_CHARACTERS:
        return False
    found = [t.word for t in tokens]
    content = [w for w in found if w.pos in CONTENT and w.lemma not in _FORMAL_NOUNS]
    return (
        len(content) >= _LEAST_CONTENT
        and any(w.pos in _PREDICATES for w in found)
        and any(w.pos == "名詞" for w in content)
    )


def _has_subject(tokens: list[Token]) -> bool:
    return any(
        t.word.surface in {"が", "は", "も"} and t.word.pos == "助詞" and before.word.pos not in _PREDICATES
        for before, t in itertools.pairwise(tokens)
    )


def _contrasts(left: list[Token]) -> bool:
    """Tell 「案内は届きますが、…」 (this, but not that) from a mere lead-in: 「作業所に通っていますが、…」."""
    lemmas = [t.word.lemma for t in left]
    if not _LEAD_IN.isdisjoint(lemmas[-6:]):
        return False
    return "は" in lemmas or not _PRAISE.isdisjoint(lemmas)
