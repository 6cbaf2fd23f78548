from __future__ import annotations

import pandas as pd
import pytest

from pipeline.carry_over import carry_over, propose_pairs
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.tables import AUTHORED, CODEBOOK

NEW = Codebook.from_table(
    CODEBOOK.table(
        {"code": c, "parent": p, "title": t}
        for c, p, t in [
            ("A", "", "緑と道"), ("A1", "A", "公園をきれいにする清掃"), ("A2", "A", "歩道の段差の解消"), ("A3", "A", "確定申告の窓口"),
        ]
    )
)  # fmt: skip
BANK = AUTHORED.table(
    {"code": c, "text": t, "author": "a"}
    for c, t in [("G1-1-1", "ごみが散らかる"), ("G2-1-1", "つまずく"), ("G1-2-1", "葉が積もる"), ("", "税金")]
)


def test_utterances_go_to_the_items_they_fit(plan: Codebook) -> None:
    pairs = propose_pairs(plan, NEW)
    used = pairs[pairs["use"] != ""].set_index("code")["from_code"].to_dict()
    assert used == {"A1": "G1-1-1", "A2": "G2-1-1"}
    carried = carry_over(BANK, pairs, plan, NEW)
    assert dict(zip(carried["text"], carried["code"], strict=True)) == {
        "ごみが散らかる": "A1",
        "つまずく": "A2",
        "税金": "",
    }


def test_one_old_item_cannot_teach_two_new_ones(plan: Codebook) -> None:
    pairs = propose_pairs(plan, NEW)
    both = pd.concat([pairs.iloc[[0]], pairs.iloc[[0]].assign(code="A3")]).assign(use="○", title="")
    with pytest.raises(InputError, match="2つの項目") as caught:
        carry_over(BANK, both, plan, NEW, "p.csv")
    assert caught.value.place.row == 3


def test_only_what_is_marked_is_used(plan: Codebook) -> None:
    pairs = propose_pairs(plan, NEW)
    for crossed_out in ("×", "no", "△", ""):
        marks = pairs.assign(use=pairs["use"].mask(pairs["code"] == "A1", crossed_out))
        assert set(carry_over(BANK, marks, plan, NEW)["code"]) == {"A2", ""}
    with pytest.raises(InputError, match="たぶん") as caught:
        carry_over(BANK, pairs.assign(use="たぶん"), plan, NEW, "p.csv")
    assert (caught.value.place.row, caught.value.place.column) == (2, "use")


def test_votes_follow_the_items(plan: Codebook) -> None:
    pairs = propose_pairs(plan, NEW)
    voted = BANK.assign(votes_2="G1-1-1:40;G1-2-1:40;none:20")
    carried = carry_over(voted, pairs, plan, NEW)
    assert set(carried["votes_2"]) == {"A1:0.4;none:0.2"}
    assert set(carried["votes_3"]) == {""}


def test_a_table_of_another_codebook_is_refused(plan: Codebook) -> None:
    """Plans number their items alike: a table left beside a codebook that changed would teach the wrong ones."""
    pairs = propose_pairs(plan, NEW)
    stale = pairs.assign(title=pairs["title"].mask(pairs["code"] == "A1", "前の計画の項目"))
    with pytest.raises(InputError, match=r"別のコードブック.*消せば") as caught:
        carry_over(BANK, stale, plan, NEW, "p.csv")
    assert caught.value.place.column == "title"


@pytest.mark.parametrize(("column", "code"), [("from_code", "G9-9-9"), ("from_code", "G1"), ("code", "A")])
def test_marked_codes_are_items(plan: Codebook, column: str, code: str) -> None:
    pairs = propose_pairs(plan, NEW).assign(title="")
    pairs.loc[pairs["use"] != "", column] = code
    with pytest.raises(InputError) as caught:
        carry_over(BANK, pairs, plan, NEW, "p.csv")
    assert caught.value.place.column == column


def test_old_codes_may_be_written_as_the_plan_prints_them(plan: Codebook) -> None:
    pairs = propose_pairs(plan, NEW)
    pairs["from_code"] = pairs["from_code"].str.removeprefix("G")
    assert set(carry_over(BANK, pairs, plan, NEW)["code"]) == {"A1", "A2", ""}
