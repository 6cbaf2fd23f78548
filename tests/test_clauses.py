from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clauses import joints

PARTS = [
    "道が暗い",
    "店も遠い",
    "窓口は親切です",
    "バスがない",
    "し、",
    "が、",
    "ものの、",
    "一方、",
    "また、",
    "あと",
    "、",
    "「",
    "」",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join), st.integers(0, 3))
def test_joints_lie_inside_and_in_order(text: str, begin: int) -> None:
    found = list(joints(text, begin, len(text)))
    assert found == sorted(set(found))
    assert all(begin < cut < len(text) for cut in found)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("案内は毎月届きますが、字が小さくて読めません", ["字が小さくて読めません"]),
        ("窓口は親切だけれど、待つ時間が長い", ["待つ時間が長い"]),
        ("講座の数は増えたものの、会場が遠いです", ["会場が遠いです"]),
        ("店が近くにないし、坂も多いし、バスも来ない", ["坂も多いし、バスも来ない", "バスも来ない"]),
        ("歩道の段差が高い、街灯の数が少ない", ["街灯の数が少ない"]),
        # A lead-in, a description, a quotation, a noun before 「が、」, no noun of its own.
        ("制度は変わると聞きましたが、窓口がどこか知りません", []),
        ("若者が一緒に活動できる、楽しい催しを増やす", []),
        ("「店がないし、坂も多い」という声を聞く", []),
        ("一人暮らしの高齢者が、安心して暮らせる町", []),
        ("今は近所で働く若い人が、町内会の役員も引き受けている", []),
        # A contrast without a subject of its own behind it, and a reason.
        ("窓口は親切ですが、番号札を早めに配ってほしい", []),
        ("参加者の数は増えたから、会場の広さが足りない", []),
        ("店が近くにないし、困る", []),
    ],
)  # fmt: skip
def test_what_joins_two_clauses(sentence: str, expected: list[str]) -> None:
    assert [sentence[cut:] for cut in joints(sentence, 0, len(sentence))] == expected
