from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import segment as module
from pipeline.segment import BULLET, segment

BENCHMARK = runpy.run_path(str(Path(__file__).parent.parent / "benchmarks/segmentation.py"))
_BETWEEN = re.compile(rf"(?:\s|{BULLET.pattern})*")
PARTS = [
    "道が暗い", "バスが少ない", "街灯がほしいです", "案内は届く", "し、", "が、", "けど、", "。", "!?", "…", "\n", "\r\n", " ", "　",
    "また", "一方、", "あと", "それと、", "、", "・", "①", "②", "1. ", "(2)", "- ", "/", "「", "」", "（", ")", "【要望】", "意見:",
    "よろしくお願いします", "特になし", "ｶﾞｯｺｳ", "1.5倍", "\u200b", "𠮷野家", "😀", "\x1c", "\u2028",
]  # fmt: skip
COMMENTS = st.lists(st.sampled_from(PARTS), max_size=20).map("".join) | st.text(max_size=80)


def texts(comment: str) -> list[str]:
    return [u.text for u in segment(comment)]


@given(COMMENTS)
def test_units_cover_the_comment_in_order_without_overlap(comment: str) -> None:
    end = 0
    for unit in segment(comment):
        assert unit.text == comment[unit.start : unit.end] == unit.text.strip() != ""
        assert unit.start >= end
        assert _BETWEEN.fullmatch(comment[end : unit.start])
        end = unit.end
    assert _BETWEEN.fullmatch(comment[end:])
    assert bool(segment(comment)) == bool(comment.strip())


@given(COMMENTS)
def test_the_cheap_path_agrees_with_the_whole_way(comment: str) -> None:
    text = comment.strip()
    if text and not module.is_divisible(text):
        begin = comment.index(text[0])
        assert segment(comment) == module._units(comment, begin, begin + len(text))


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        # Sentence ends, and what only looks like one.
        ("駅が遠い!バスもない…「助けて。」 困ります", ["駅が遠い!", "バスもない…", "「助けて。」", "困ります"]),
        ("「助けて!」と言える場所がない。", ["「助けて!」と言える場所がない。"]),
        ("窓口（二階。右）が遠い。", ["窓口（二階。右）が遠い。"]),
        ("料金が1.5倍になった．高い．", ["料金が1.5倍になった．", "高い．"]),
        ("Yahoo!ニュースで知った", ["Yahoo!ニュースで知った"]),
        ("なぜ?と思いました", ["なぜ?と思いました"]),
        # A lone bullet is none of the text; punctuation before the first word is part of it, all of it.
        ("・坂が急", ["坂が急"]),
        ("!\n?\nバスが少ない", ["!\n?\nバスが少ない"]),
        # Line breaks, and wrapped lines.
        ("公園の整備\n道路の補修\r\n\r\nごみ収集", ["公園の整備", "道路の補修", "ごみ収集"]),
        ("駅前の歩道に自転\n車が多い", ["駅前の歩道に自転\n車が多い"]),
        ("高齢者が多い地域なので\n見守りがほしい", ["高齢者が多い地域なので\n見守りがほしい"]),
        # Bullets, and marks within words and sentences.
        ("・サロン・体操教室の開催\n- 送迎\n2) 配食", ["サロン・体操教室の開催", "送迎", "配食"]),
        ("1.見守り 2.配食 3.移動", ["見守り", "配食", "移動"]),
        ("(1)道が狭い(2)バスが少ない", ["道が狭い", "バスが少ない"]),
        ("①と②の違いがわかりません", ["①と②の違いがわかりません"]),
        ("施策①について知りたい施策②も", ["施策①について知りたい施策②も"]),
        ("○○地区の公園", ["○○地区の公園"]),
        ("-5度の朝も立つ", ["-5度の朝も立つ"]),
        ("夜道がとても暗い/歩道がとても狭い", ["夜道がとても暗い/", "歩道がとても狭い"]),
        ("窓口/電話で相談できますか", ["窓口/電話で相談できますか"]),
        ("夜道が暗い　歩道が狭い", ["夜道が暗い", "歩道が狭い"]),
        ("夜道が暗い　街灯を増やして", ["夜道が暗い　街灯を増やして"]),
        # Clause joints, and the same words otherwise.
        ("近所に店がなくて買い物に困るし、病院も遠くて通えません。", ["近所に店がなくて買い物に困るし、", "病院も遠くて通えません。"]),
        ("介護する家族の負担は増える一方、ヘルパーの数は減っています", ["介護する家族の負担は増える一方、", "ヘルパーの数は減っています"]),
        ("公園の草刈りをしてほしいですあと街灯もつけてほしいです", ["公園の草刈りをしてほしいです", "あと街灯もつけてほしいです"]),
        ("子どもが独立したあと、夫婦二人の暮らしで買い物が不便です", ["子どもが独立したあと、夫婦二人の暮らしで買い物が不便です"]),
        ("防災無線が聞こえない、または聞き取りにくいので直してほしい", ["防災無線が聞こえない、または聞き取りにくいので直してほしい"]),
        ("市の職員が参加し、住民が話し合える会合を定期的に開いてほしい", ["市の職員が参加し、住民が話し合える会合を定期的に開いてほしい"]),
        ("新しい制度は始まったと聞きましたが、窓口がどこかわかりません", ["新しい制度は始まったと聞きましたが、窓口がどこかわかりません"]),
        ("道が暗くて怖いので、街灯がほしい", ["道が暗くて怖いので、街灯がほしい"]),
        ("坂が多いし、店も遠い", ["坂が多いし、店も遠い"]),
        # Nothing is lost, however little there is.
        ("", []),
        (" \n　", []),
        (" ・\n", ["・"]),
        ("!!\nバスがない", ["!!\nバスがない"]),
    ],
)  # fmt: skip
def test_where_units_end(comment: str, expected: list[str]) -> None:
    assert texts(comment) == expected


@pytest.mark.parametrize(
    "unit",
    ["いつもお世話になっております。", "アンケートお疲れ様です", "どうぞよろしくお願いいたします。", "ありがとうございました!",
     "ご検討ください", "以上です。", "特になし", "今のところありません。", "-", "長文失礼いたしました。"],
)  # fmt: skip
def test_courtesy_and_refusals_have_no_opinion(unit: str) -> None:
    assert [u.has_opinion for u in segment(unit)] == [False]


@pytest.mark.parametrize(
    "unit",
    ["手話通訳をお願いします。", "説明会を開いていただきありがとうございます", "民生委員にはお世話になっています", "相談先がない",
     "窓口の対応を検討してください"],
)  # fmt: skip
def test_a_wish_or_thanks_for_something_is_an_opinion(unit: str) -> None:
    assert [u.has_opinion for u in segment(unit)] == [True]


def test_a_heading_has_no_opinion_only_with_something_below() -> None:
    assert [u.has_opinion for u in segment("要望:\nバスを増やす\n【その他】")] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "half", "precision", "recall", "empty"),
    [("odd, tuned on", 0, 0.95, 0.95, 1.0), ("even, held out", 1, 0.9, 0.82, 0.8)],
)
def test_marked_comments(name: str, half: int, precision: float, recall: float, empty: float) -> None:
    counts = BENCHMARK["total"]([BENCHMARK["count"](m) for m in BENCHMARK["read"]()[half::2]])
    found, remembered, _ = BENCHMARK["scores"](counts)
    assert found >= precision, name
    assert remembered >= recall, name
    assert counts.empty_hits >= empty * (counts.empty_hits + counts.empty_missed), name


@pytest.mark.parametrize(
    "part", ["道がないし、", "窓は案内が、", " ", "\t", "「", "（(", "あ\n", "あ \n ", "・", "あ/", "①", "。", "．", "…と", "いい ", "意見:\r\n", "1.", "願い", "-"]
)  # fmt: skip
def test_any_20000_characters_are_split(part: str) -> None:
    # No time is measured, but a step that looks at everything for everything would be felt.
    comment = "あ" + (part * 20_000)[:20_000] + "あ"
    units = segment(comment)
    assert units[0].start == 0
    assert units[-1].end == len(comment)
