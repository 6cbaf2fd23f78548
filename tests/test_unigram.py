from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.unigram import Unigram

SPACE = "\u2581"
UNKNOWN = 99


def of(pieces: dict[str, float], rewritten: dict[int, str] | None = None) -> Unigram:
    return Unigram({p: (chance, i) for i, (p, chance) in enumerate(pieces.items())}, rewritten or {}, UNKNOWN)


def ways(text: str) -> list[list[str]]:
    """Every way to cut a text."""
    cuts: list[list[str]] = []
    for chosen in range(1 << max(len(text) - 1, 0)):
        at = [0, *(i + 1 for i in range(len(text) - 1) if chosen >> i & 1), len(text)]
        cuts.append([text[a:b] for a, b in pairwise(at)])
    return cuts


pieces = st.dictionaries(
    st.text("ab見" + SPACE, min_size=1, max_size=3), st.floats(-9, -1).map(lambda x: round(x, 2)), min_size=1
)


@given(pieces, st.text("ab見 ", max_size=7))
def test_of_all_ways_the_likeliest_is_taken(vocabulary: dict[str, float], text: str) -> None:
    unigram = of(vocabulary)
    otherwise = min(vocabulary.values()) - 10
    clean = text
    while "  " in clean:
        clean = clean.replace("  ", " ")
    clean = (clean if clean.startswith(" ") else f" {clean}").replace(" ", SPACE)

    def chance(way: list[str]) -> float:
        return sum(vocabulary.get(p, otherwise if len(p) == 1 else float("-inf")) for p in way)

    names = list(vocabulary)
    found = unigram.cut(text)
    said = sum(vocabulary[names[i]] if i != UNKNOWN else otherwise for i in found)
    assert abs(said - max(map(chance, ways(clean)))) < 1e-9
    assert sum(1 if i == UNKNOWN else len(names[i]) for i in found) == len(clean)


def test_signs_are_rewritten_and_spaces_made_one_before() -> None:
    unigram = of({SPACE: -2.0, "1": -2.0, "株": -2.0, f"{SPACE}1": -3.0}, {ord("①"): "1", 0x3000: " "})
    assert unigram.cut("①\u3000 ①") == [3, 3]
    assert unigram.cut("株") == [0, 2]
    assert unigram.cut("") == [0]
    assert unigram.cut("☂") == [0, UNKNOWN]
