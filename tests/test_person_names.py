from __future__ import annotations

import pytest

from pipeline.person_names import names


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("田中さん", ["田中"]),
        ("山田 花子先生", ["山田 花子"]),
        ("田中・鈴木さん", ["田中", "鈴木"]),
        ("上田さんと関さん", ["上田", "関"]),
        ("ゆうきくんとJohnさん", ["ゆうき", "John"]),
        ("中村会長", ["中村"]),
        ("民生委員の田中が来た", ["田中"]),
        ("高橋美咲が言う", ["高橋美咲"]),
        ("オオサワと申します", ["オオサワ"]),
        ("氏名:木村 一郎", ["木村 一郎"]),
        ("吉田のおばあちゃん", ["吉田"]),
        ("私は小林です。", ["小林"]),
    ],
)
def test_names_in_their_context(text: str, found: list[str]) -> None:
    assert sorted({text[s.start : s.end] for s in names(text)}) == sorted(found)


@pytest.mark.parametrize(
    "text",
    [
        "皆さん", "お母さん", "お隣さん", "民生委員さん", "民生さん", "市長さん", "鎌倉市長", "神様", "八幡様", "サザエさん", "Aさん", "〇〇さん", "赤ちゃん",
        "スタッフさん", "彼氏", "様々", "源頼朝", "岡本太郎美術館", "大船", "なんと申しますか", "田中町の公園", "木村です。", "12345", "",
    ],
)  # fmt: skip
def test_words_that_name_nobody(text: str) -> None:
    assert list(names(text)) == []
