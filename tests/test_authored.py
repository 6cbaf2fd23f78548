from __future__ import annotations

import pytest

from pipeline.authored import PLAN_AUTHOR, gather_authored
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.tables import AUTHORED


def _bank(*rows: tuple[str, str, str, str]) -> object:
    return AUTHORED.table(
        {"code": c, "text": t, "author": "a", "votes_2": v, "votes_3": w} for c, t, v, w in rows
    )


def test_every_coder_of_a_text_counts_the_same(plan: Codebook) -> None:
    bank = _bank(
        ("G1-1-2", "すべり台", "", ""),
        ("G1-1-2", "砂場", "G2-1-1:100", ""),
        ("G1-1-2", "柵", "G1-1-2:50;G2-1-1:50", "none:100"),
    )
    authored = gather_authored(plan, bank)
    items = [n.code for n in plan.items]
    found = {
        t: dict(zip([*items, ""], s, strict=True))
        for t, s in zip(authored.texts, authored.shares, strict=True)
    }
    assert found["すべり台"]["G1-1-2"] == 1.0
    assert (found["砂場"]["G1-1-2"], found["砂場"]["G2-1-1"]) == (0.5, 0.5)
    assert (found["柵"]["G1-1-2"], found["柵"]["G2-1-1"], found["柵"][""]) == pytest.approx(
        (0.5, 1 / 6, 1 / 3)
    )
    assert authored.shares.sum(axis=1) == pytest.approx(1.0)
    # Whoever reads a text after its author changes neither whose it is nor how much it weighs.
    assert [items[j] for j in authored.item[authored.author != PLAN_AUTHOR]] == ["G1-1-2"] * 3
    own = authored.author == PLAN_AUTHOR
    assert (authored.shares[own].max(axis=1) == 1).all()


def test_who_coded_above_the_items_counts_for_what_is_left(plan: Codebook) -> None:
    bank = _bank(
        ("G1-1-2", "柵", "G1-1:40;G2-1-1:60", "G1:99;G2-1-1:1"), ("G1-1-2", "砂場", "G1:99;G2-1-1:1", "")
    )
    authored = gather_authored(plan, bank)
    found = {t: sorted(s[s > 0].tolist()) for t, s in zip(authored.texts, authored.shares, strict=True)}
    assert (found["柵"], found["砂場"]) == ([0.5, 0.5], [1.0])
    assert authored.read_again == 1


def test_a_text_that_stands_twice_is_heard_twice_and_the_plan_is_not_voted_on(plan: Codebook) -> None:
    title = next(n.title for n in plan.items if n.code == "G1-1-2")
    rows = [("G1-1-2", "柵", "G2-1-1:1", ""), ("G1-1-2", "柵", "", ""), ("G1-1-2", title, "G2-1-1:1", "")]
    for order in (rows, rows[::-1]):
        authored = gather_authored(plan, _bank(*order))
        found = {t: s.max() for t, s in zip(authored.texts, authored.shares, strict=True)}
        assert (found["柵"], found[title]) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("code", "votes", "column"),
    [("G9", "", "code"), ("G1-1-2", "G9:1", "votes_2"), ("G1-1-2", "G1-1-2:x", "votes_2")],
)
def test_a_fault_names_its_row_in_the_file(plan: Codebook, code: str, votes: str, column: str) -> None:
    bank = _bank(
        ("G2-1-1", "段差", "", ""), ("G1-1-2", "砂場", "", ""), (code, "柵", votes, ""), ("", "税", "", "")
    )
    with pytest.raises(InputError) as caught:
        gather_authored(plan, bank, "bank.csv")
    place = caught.value.place
    assert (place.file, place.row, place.column) == ("bank.csv", 4, column)
