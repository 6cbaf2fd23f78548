from __future__ import annotations

import pytest

from pipeline.street_addresses import addresses


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("私は鎌倉市大船一丁目二番三号に住む", "鎌倉市大船一丁目二番三号"),
        ("神奈川県鎌倉市大船1-2-3 コーポ玉縄102号室です", "神奈川県鎌倉市大船1-2-3 コーポ玉縄102号室"),
        ("由比ガ浜1-2-3の前", "由比ガ浜1-2-3"),
        ("今泉台7丁目8番9号", "今泉台7丁目8番9号"),
        ("山ノ内123番地の4", "山ノ内123番地の4"),
        ("コーポ玉縄102号室の人", "コーポ玉縄102号室"),
        ("大船1-2-3の山田太郎です", "大船1-2-3"),
        ("大船1-2-3", "大船1-2-3"),
        ("中央1-2-3に住んでいます", "中央1-2-3"),
        ("西御門1-2-3に住んでいます", "西御門1-2-3"),
        # What follows a blank or a new line begins with a counter, and counts nothing.
        ("鎌倉市大船1-2-3 本人は82歳", "鎌倉市大船1-2-3"),
        ("鎌倉市大船1丁目2番3号 日中は留守", "鎌倉市大船1丁目2番3号"),
        ("鎌倉市大船1-2-3 名前は書かない", "鎌倉市大船1-2-3"),
        ("横浜市栄区笠間3の12の8から", "横浜市栄区笠間3の12の8"),
        ("富士見荘201で一人暮らし", "富士見荘201"),
        ("手広98-7の家", "手広98-7"),
    ],
)
def test_from_the_town_to_the_room(text: str, found: str) -> None:
    assert found in [text[s.start : s.end] for s in addresses(text)]


@pytest.mark.parametrize(
    "text",
    [
        "大船三丁目",
        "大船2丁目3件",
        "大船3-4人",
        "2025-07-31",
        "目標1-2-3",
        "一番地味",
        "第3番地区",
        "会議室201号室",
        "大船1-2-3人",
        "中央1-2",
        "基本目標1-2-3の家",
        "資料1-2-3の山田委員",
        "7番8号",
        "大船3-4 人が",
        "2の3の4という分け方",
        "第3の2の1",
        "別荘200の管理",
        "大船荘200円",
        "コーポレーション300の社員",
        "手広9-7の試合",
    ],
)
def test_places_counts_and_dates_are_no_addresses(text: str) -> None:
    assert list(addresses(text)) == []
