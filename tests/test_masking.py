from __future__ import annotations

from itertools import pairwise

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masking import KINDS, PLACEHOLDER, find_personal, mask, suspects_personal
from pipeline.tableio import read_table

CASES = ROOT / "data/masking/cases.csv"
# Pieces of which hypothesis builds comments: personal ones, harmless ones, and what stands between.
PIECES = [
    "0467-00-1234", "０９０ー００００ー１２３４", "00-1234", "a@example.jp", "〒247-0000", "鎌倉市大船一丁目二番三号",
    "由比ガ浜1-2-3", "田中", "山田 花子", "さん", "様", "先生", "会長", "と申します", "4111 1111 1111 1111", "口座番号", "1234567",
    "記号10990 番号12345671", "1234 5678 9018", "マイナンバー", "〔電話番号〕", "〔氏名〕", "〔", "〕", "電話", "氏名:", "民生委員の",
    "大船", "-", "ー", " ", "\u3000", "\n", "、", "。", "が", "の", "1", "12", "ﾀﾅｶ", "\x00", "\ud800", "㍻", "コーポ", "102号室", "番地",
]  # fmt: skip
comments = st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40)


@given(comments)
def test_spans_are_in_bounds_in_order_and_apart(text: str) -> None:
    spans = find_personal(text)
    assert all(0 <= s.start < s.end <= len(text) and s.kind in KINDS for s in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))


@given(comments)
def test_what_is_outside_the_spans_stays_and_the_rest_is_gone(text: str) -> None:
    masked, spans = mask(text)
    kept, at = "", 0
    for span in spans:
        kept += text[at : span.start] + f"〔{span.kind}〕"
        at = span.end
    assert masked == kept + text[at:]


@given(comments)
def test_masking_twice_is_masking_once(text: str) -> None:
    masked = mask(text)[0]
    assert mask(masked) == (masked, [])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("電話は０４６７－００－１２３４です", "電話は〔電話番号〕です"),
        ("電話〇九〇―〇〇〇〇―一二三四まで", "電話〔電話番号〕まで"),
        ("(0467)00-1234、0467(00)1234", "〔電話番号〕、〔電話番号〕"),
        ("a.b@example.jp へ", "〔メールアドレス〕 へ"),
        ("鎌倉市大船一丁目二番三号に住む", "〔住所〕に住む"),
        ("鎌倉市大船１－２－３、鎌倉市大船1‐2‐3、横浜市栄区笠間1ー2ー3", "〔住所〕、〔住所〕、〔住所〕"),
        ("民生委員の田中さん", "民生委員の〔氏名〕さん"),
        # A name that only the number behind it sets apart is found in a second round.
        ("山田太郎0467-00-1234", "〔氏名〕〔電話番号〕"),
        ("髙橋様と山田 花子先生", "〔氏名〕様と〔氏名〕先生"),
        ("木村と申します", "〔氏名〕と申します"),
        ("4111-1111-1111-1111と4111-1111-1111-1112", "〔カード番号〕と4111-1111-1111-1112"),
        ("普通 1234567", "普通 〔口座番号〕"),
        ("隣の𠮷田さん", "隣の〔氏名〕さん"),
        ("𠀋田さんと㐂田さん", "〔氏名〕さんと〔氏名〕さん"),
        ("ﾔﾏﾀﾞさんとヤマタ\u3099さん", "〔氏名〕さんと〔氏名〕さん"),
        ("ｺｰﾎﾟ玉縄102号室の隣", "〔住所〕の隣"),
        ("123456789018と123456789012", "〔個人番号〕と123456789012"),
    ],
)
def test_each_kind_in_its_forms(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "大船三丁目の公園", "鎌倉市は坂が多い", "お母さん、お子さん、皆さん", "民生委員さんと職員さん", "神様、患者様、市長さん",
        "第106条の4第2項", "令和7年7月1日", "2025-07-31", "1,000-2000円", "10:00-12:00", "3-4人", "目標1-1-1", "たくさん", "様々な仕様",
        "一番地味な活動", "鶴岡八幡宮", "",
    ],
)  # fmt: skip
def test_what_names_nobody_stays(text: str) -> None:
    assert mask(text) == (text, [])


def test_what_is_masked_already_is_no_context_for_more() -> None:
    # 口座番号 stands in the placeholder only; the number after it says nothing by itself.
    assert mask("〔口座番号〕1234567と〔氏名〕さん") == ("〔口座番号〕1234567と〔氏名〕さん", [])


def test_the_fast_suspicion_sees_numbers_in_kanji_mail_without_its_sign_and_names_that_end_as_children_do() -> (
    None
):
    assert suspects_personal("佐藤花子さんに聞いた")
    assert all(
        map(
            suspects_personal,
            ["〇九〇-〇〇〇〇-一二三四", "a(at)example.jp", "a★example.jp", "k アットマーク example.jp"],
        )
    )
    assert not any(map(suspects_personal, ["お子さんと", "息子さんと", "女子さんと", "うちの子さん"]))


def test_the_fast_suspicion_never_sees_more_than_is_found_and_little_less() -> None:
    texts = [
        PLACEHOLDER.sub("", t)
        for t in read_table(CASES)["marked"].str.replace(r"\[\[[^:]+:|\]\]", "", regex=True)
    ]
    found = [bool(find_personal(t)) for t in texts]
    suspected = [suspects_personal(t) for t in texts]
    assert not any(s and not f for s, f in zip(suspected, found, strict=True))
    assert sum(suspected) >= 0.8 * sum(found)


def test_text_made_to_be_slow_is_masked_in_bounded_rounds() -> None:
    # Each house number becomes one only when the next is gone.
    spans = find_personal("1丁目2" * 200)
    assert 0 < len(spans) <= 30
