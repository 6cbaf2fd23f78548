"""Documents of other municipalities: headings of kinds that are not read never lead to a wrong label."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import read_document
from pipeline.ingested import Ingested
from pipeline.opinions import ingest_document

OTHER = [
    "1-1 {}", "１－２　{}", "1.1 {}", "1-2-1. {}", "第2節 {}", "第三章　{}", "Ⅱ {}", "Ⅲ．{}", "ア {}", "ｲ {}", "(ウ) {}",
    "（エ）{}", "(a) {}", "b) {}", "B. {}", "2. {}", "３．{}", "4) {}", "取組1 {}", "基本事業2-1　{}", "課題① {}",
    "【{}】", "＜{}＞", "《{}》", "**{}**", "◎ {}", "□{}",
]  # fmt: skip
TITLES = st.sampled_from(["見守り", "子どもの居場所", "バス・タクシー", "LINE の活用", "その他"])
OPINIONS = st.sampled_from(
    ["バスが少ない", "50人いた", "ア から始まる意見", "1-1 とある意見", "【要望】道", "場がほしい。"]
)


def ingest(text: str, name: str = "まとめ.md") -> Ingested:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text, encoding="utf-8")
        return ingest_document(read_document(Path(folder) / name))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, str]], list[str], list[str]]:
    """Draw a document; return its name and text, its opinions with their codes, what has none, and its titles."""
    name = draw(st.sampled_from(["まとめ.md", "まとめ.txt"]))
    gap = st.sampled_from(["", "\n"])
    lines = ["まとめ", ""]
    opinions: list[tuple[str, str]] = []
    aside: list[str] = []
    titles: list[str] = []

    def listed(code: str) -> None:
        for text in draw(st.lists(OPINIONS, max_size=2)):
            lines.append(f"{draw(st.sampled_from(['・', '- ・', '  ・']))}{text}{draw(gap)}")
            if code:
                opinions.append((code, text))
            else:
                aside.append(lines[-1].strip())

    for goal in range(1, draw(st.integers(1, 2)) + 1):
        titles.append(draw(TITLES))
        lines.append(f"{draw(st.sampled_from(['', '# ']))}目標{goal} {titles[-1]}{draw(gap)}")
        for policy in range(1, draw(st.integers(1, 3)) + 1):
            titles.append(draw(TITLES))
            lines.append(f"{draw(st.sampled_from(['', '## ']))}({policy}) {titles[-1]}{draw(gap)}")
            listed(f"G{goal}-{policy}")
            for form in draw(st.lists(st.sampled_from(OTHER), max_size=2)):
                before = draw(st.sampled_from(["", "# ", "#### ", "- ", "  ", "\u3000"]))
                lines.append(f"{before}{form.format(draw(TITLES))}{draw(gap)}")
                aside.append(lines[-1].strip())
                listed("")
    return name, "\n".join(lines), opinions, aside, titles


@settings(max_examples=300, deadline=None)
@given(documents())
def test_no_opinion_is_swallowed_or_given_to_an_item_above_another_heading(
    drawn: tuple[str, str, list[tuple[str, str]], list[str], list[str]],
) -> None:
    name, text, opinions, aside, titles = drawn
    result = ingest(text, name)
    assert list(zip(result.labels["code"], result.labels["text"], strict=True)) == opinions
    assert [t.strip() for t in result.set_aside["text"]] == aside
    assert [n.title for n in result.codebook] == titles


@pytest.mark.parametrize("sign", ["■", "●", "○", "◆"])
def test_a_sign_above_another_one_may_be_a_heading(sign: str) -> None:
    """「■ 高齢者」 above 「・声…」 was an opinion."""
    lines = [
        "まとめ",
        "目標1 安心",
        "(1) 見守り",
        f"{sign} 高齢者",
        "・声をかける",
        "(2) サロン",
        "・遠い",
        f"{sign} 料金",
    ]
    result = ingest("\n\n".join(lines))
    assert result.labels["text"].tolist() == ["遠い"]
    assert result.set_aside["location"].tolist() == ["L7", "L9", "L15"]
    assert f"「{sign}」の下に別の印の行があり(L9)" in result.set_aside["reason"].tolist()[0]
    alone = ingest("\n\n".join(lines).replace("・", sign))
    assert alone.labels["text"].tolist() == ["高齢者", "声をかける", "遠い", "料金"]


def test_of_two_signs_the_first_one_stands_above() -> None:
    result = ingest(
        "目標1 安心\n\n(1) 見守り\n\n■ 高齢者\n\n● 声\n\n■ 子ども\n\n● 登校\n\n(2) サロン\n\n● 遠い\n"
    )
    assert result.labels["text"].tolist() == ["遠い"]
    assert result.set_aside["text"].tolist() == ["■ 高齢者", "● 声", "■ 子ども", "● 登校"]


@pytest.mark.parametrize(
    "heading", ["【主な意見】", "■主な意見", "#### いただいたご意見", "＜意見の内容＞", "**意見**"]
)
def test_a_heading_that_only_says_opinions_stands_between_an_item_and_its_opinions(heading: str) -> None:
    result = ingest(
        f"まとめ\n\n目標1 安心\n\n(1) 見守り\n{heading}\n・声\n\n(2) サロン\n\n・場\n{heading}\n・遠い\n"
    )
    assert result.labels[["code", "text"]].values.tolist() == [
        ["G1-1", "声"],
        ["G1-2", "場"],
        ["G1-2", "遠い"],
    ]
    assert result.counts["set_aside"] == 0
    below = ingest(f"目標1 安心\n\n(1) 見守り\n\nその他の主な意見\n\n{heading}\n\n・どこの意見\n")
    assert below.labels["text"].tolist() == []
    assert below.set_aside["text"].tolist() == ["その他の主な意見", "・どこの意見"]


def test_an_opinion_with_others_indented_below_it_may_be_a_heading() -> None:
    text = (
        "目標1 安心\n\n(1) 見守り\n\n- 高齢者\n    - 声\n    - 場\n- 子ども\n  - 登校\n\n(2) 店\n\n  - 遠い\n"
    )
    result = ingest(text)
    assert result.labels["text"].tolist() == ["高齢者", "声", "場", "子ども", "登校", "遠い"]
    assert result.doubts["text"].tolist() == ["- 高齢者", "- 子ども"]


def test_a_sentence_is_neither_a_title_nor_a_heading() -> None:
    """It became part of the title in Markdown, and elsewhere took the opinions below it away."""
    for gap in ("\n", "\n\n"):
        result = ingest(
            f"目標1 安心{gap}支え合います。\n\n(1) 見守り{gap}意見は次のとおりです。{gap}・声を{gap}"
        )
        assert [n.title for n in result.codebook] == ["安心", "見守り"]
        assert result.labels["text"].tolist() == ["声を"]
        assert result.set_aside["text"].tolist() == ["支え合います。", "意見は次のとおりです。"]
    assert ingest("目標1 安心\n\n(1) 見守り\n・声を\nかける。").labels["text"].tolist() == ["声をかける。"]


def test_a_heading_set_with_a_tab_is_not_passed_over_as_a_table() -> None:
    result = ingest("目標1\t安心\n(1)\t見守り\n・声\n地区\t人数\n・場\n1-2\tサロン\n・遠い\n", "まとめ.txt")
    assert result.labels["text"].tolist() == ["声", "場"]
    assert result.set_aside["location"].tolist() == ["L4", "L6", "L7"]


def test_opinions_above_the_first_goal_that_was_read_are_listed() -> None:
    """「目標l」 with a letter for its number: all below it was taken for an introduction."""
    result = ingest(
        "まとめ\n\n- テーマ1: 防災\n\n目標l 安心\n\n(1) 見守り\n\n・声\n\n目標2 道\n\n(1) バス\n\n・遠い\n"
    )
    assert result.labels[["code", "text"]].values.tolist() == [["G2-1", "遠い"]]
    assert result.set_aside["text"].tolist() == ["(1) 見守り", "・声"]
    assert result.counts["themes"] == 1
