from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.votes import read_votes, rename_votes

CODES = st.text("G123-()①ア", min_size=1, max_size=8)


@given(st.dictionaries(CODES | st.just("none"), st.integers(1, 100), max_size=5))
def test_shares_are_those_of_the_votes(votes: dict[str, int]) -> None:
    shares = read_votes(" ; ".join(f"{code} : {n} %" for code, n in votes.items()))
    assert {(c or "none"): s for c, s in shares.items()} == pytest.approx(
        {c: n / sum(votes.values()) for c, n in votes.items()}
    )


@given(st.dictionaries(CODES | st.just("none"), st.integers(1, 100), min_size=1, max_size=5))
def test_renamed_votes_compare_as_before(votes: dict[str, int]) -> None:
    cell = ";".join(f"{code}:{n}" for code, n in votes.items())
    same = rename_votes(cell, {c: f"X{c}" for c in votes})
    assert {(c or "none"): s for c, s in read_votes(same).items()} == pytest.approx(
        {("none" if c == "none" else f"X{c}"): n / sum(votes.values()) for c, n in votes.items()}, abs=1e-5
    )


def test_two_codes_that_become_one_count_together() -> None:
    assert rename_votes("G1:50;G2:30;none:20", {"G1": "A", "G2": "A"}) == "A:0.8;none:0.2"


def test_who_mostly_chose_what_is_gone_says_nothing() -> None:
    assert rename_votes("G1:98;none:2", {}) == ""
    assert rename_votes("G1:49;G2:51", {"G2": "A"}) == "A:0.51"
    assert rename_votes("G1:50;G2:50", {"G2": "A"}) == "A:0.5"


def test_as_japanese_keyboards_write_it() -> None:
    written = "G1\uff1a30\uff05\uff1bG2\uff1a10\u3001none\uff1a0"
    assert read_votes(written) == read_votes("G1:30%;G2:10;none:0") == {"G1": 0.75, "G2": 0.25}
    assert read_votes(" ") == {}


@pytest.mark.parametrize(
    "cell", ["G1:many", "G1:-1", "G1:nan", "G1:inf", "G1:1;G1:2", "G1:0", "G1:0;G2:0", ":50", "G1:5;:5"]
)
def test_what_cannot_be_read_names_the_place(cell: str) -> None:
    with pytest.raises(InputError) as caught:
        read_votes(cell, file="bank.csv", row=7, column="votes_2")
    place = caught.value.place
    assert (place.file, place.row, place.column) == ("bank.csv", 7, "votes_2")
