from __future__ import annotations

import pytest

from pipeline.no_answer import has_no_opinion, stands_for_another


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "　",
        "-",
        "―",
        "…",
        "特になし",
        "とくにありません。",
        "なし",
        "ナシ",
        "無し",
        "無",
        "特にないです",
        "今のところ特に意見はありません",
        "別に",
        "わかりません",
        "特に思いつかない",
        "N/A",
        "None",
        "以上です",
        "意見なし",
        "特段なし",
        "急に言われても何も思いつきません",
        "すぐには思い浮かびません。",
        "よく分からない。",
        "よくわからないので特になし",
        "当事者ではないのでわかりません",
        "質問の意味が分からないので、答えられません",
        "ノーコメント",
        "回答できません。申し訳ありません",
        "書くことがありません",
        "未回答",
        "(無回答)",
        "【未入力】",
        "無記入です",
        "記載なし",
        "非該当",
        "回答しない",
        "べつに",
        "特別ありません",
        "別段なし",
        "わかんない",
    ],
)
def test_no_opinion(text: str) -> None:
    assert has_no_opinion(text)


@pytest.mark.parametrize(
    "text",
    [
        "バスがない",
        "なしの木を植えたい",
        "未回答の人にも聞いてほしい",
        "スキップできる設問がほしい",
        "相談先がわからない",
        "行く場所がない",
        "何もない町なのでイベントがほしい",
        "情報がわかりません",
        "特に高齢者の移動が心配",
        "福祉のことはよくわかりません",
        "何が必要かわからない",
        "制度の内容が難しくて申請できない",
        "当事者の声を聞いていないのでわからない",
        "引っ越してきたばかりで知り合いがいない",
        "障害のある人が電話で答えられない",
    ],
)
def test_opinion_that_only_looks_like_none(text: str) -> None:
    assert not has_no_opinion(text)


@pytest.mark.parametrize("text", ["。" * 50, "ーーー", "!?", "\u3000" * 60])
def test_text_without_a_word_holds_no_opinion(text: str) -> None:
    assert has_no_opinion(text)


@pytest.mark.parametrize(
    "text",
    ["同上", "同上。", "〃", " 〃　", "〃〃", "″", "”", "同じ", "上に同じ", "上と同じです。", "問３と同じ", "問3(1)に同じ", "前問と同じ意見です",
     "同様です", "上記のとおり", "別紙のとおり", "別紙参照", "裏面に続く", "別紙をご覧ください", "#N/A", "#n/a", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!"],
)  # fmt: skip
def test_what_stands_for_another_comment(text: str) -> None:
    assert stands_for_another(text) and has_no_opinion(text)


@pytest.mark.parametrize(
    "text",
    [
        "特になし",
        "N/A",
        "-",
        "同じ道が何度も掘られる",
        "上の階の音",
        "同上の理由でバスがほしい",
        "問3",
        "#1",
        "",
    ],
)
def test_what_stands_for_itself(text: str) -> None:
    assert not stands_for_another(text)
