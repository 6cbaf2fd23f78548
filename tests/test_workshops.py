"""Sessions and themes: what is sure is read, what is damaged stays empty, nothing is guessed."""

from __future__ import annotations

import pytest
from conftest import SOURCE
from hypothesis import given
from hypothesis import strategies as st

from pipeline.blocks import Block
from pipeline.documents import read_document
from pipeline.opinions import ingest_document
from pipeline.workshops import Front, document_date, read_front

HEADER = "地区名\t日程\t場所\t人数"
Cells = tuple[str, str, str, str, str]


def front(*lines: str, dated: str = "令和7年7月") -> Front:
    blocks = [Block("まとめ", 1), Block(dated, 2)]
    blocks += [Block(t, n, kind="table" if "\t" in t else "line") for n, t in enumerate(lines, start=3)]
    return read_front("a.md", blocks, [None] * len(blocks))


def sessions(found: Front) -> list[Cells]:
    columns = ("name", "date", "venue", "participants", "doubtful")
    return [tuple(str(r[c]) for c in columns) for r in found.rows if r["kind"] == "session"]  # type: ignore[misc]


def test_the_real_table() -> None:
    table = ingest_document(read_document(SOURCE)).workshops
    found = table[table["kind"] == "session"]
    assert found[["location", "name", "date", "participants", "doubtful"]].values.tolist() == [
        ["L12", "腰越地区", "2025-06-14", "15", ""],
        ["L13", "西鎌倉地区", "", "14", "date"],
        ["L14", "鎌倉地区①(第1地区社協)", "2025-06-22", "12", ""],
        ["L16", "深沢地区", "", "17", "date"],
        ["L18", "玉縄地区", "2025-06-29", "17", ""],
        ["L20", "大船地区①(大船中学校区)", "", "14", "date"],
        ["L22", "大船地区②(岩瀬中学校区)", "2025-07-05", "11", ""],
        ["L24", "鎌倉地区③(第3地区社協)", "2025-07-12", "19", ""],
        ["L26", "鎌倉地区②(大町・材木座)", "2025-08-02", "19", ""],
    ]
    read = " ".join(found[["name", "date", "venue", "participants"]].to_numpy().ravel())
    assert not any(ghost in read for ghost in ("水八", "工细", "0万", "14.57", "EE", "□", "7850", "0828"))
    # Every line of the table is beside a row for a person to look at.
    assert "\n".join(found["raw"]).count("\n") == 27 - 12
    themes = table[table["kind"] == "theme"]
    assert themes[["location", "name"]].values.tolist() == [
        ["L35", "災害にみんなで備える!"],
        ["L37", "ゆるくつながる場を考えよう!"],
        ["L39", "地域の担い手をこれからどうしよう!?"],
        ["L41", "地域や生活での困りごとをどうする?"],
    ]


def test_a_doubtful_cell_is_always_empty() -> None:
    table = ingest_document(read_document(SOURCE)).workshops
    for row in table.to_dict("records"):
        assert all(row[column] == "" for column in row["doubtful"].split(";") if column)


def test_contradicting_readings_are_left_empty() -> None:
    found = front(HEADER, "北地区\t6月14日(土)\t会館\t15名", "(南)\t6月15日(日)\t\t16名")
    assert sessions(found) == [("北地区(南)", "", "会館", "", "date;participants")]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("6月14日 (土)", "2025-06-14"),
        ("\uff16月\uff11\uff14日\uff08土\uff09", "2025-06-14"),
        ("6/14(土曜日)", "2025-06-14"),
        ("令和6年6月14日", "2024-06-14"),
        ("2024年6月14日(金)", "2024-06-14"),
        ("12月20日(金)", "2024-12-20"),  # long after the document's month: the year before
        ("6月14日(日)", ""),  # the weekday contradicts
        ("6月31日(土)", ""),
        ("6月14日", ""),  # neither year nor weekday
        ("0万14日(土)", ""),
    ],
)
def test_a_date_is_read_only_if_sure(cell: str, expected: str) -> None:
    row = sessions(front(HEADER, f"北地区\t{cell}\t会館\t15名"))[0]
    assert row == ("北地区", expected, "会館", "15", "" if expected else "date")


def test_without_a_document_date_a_year_must_be_printed() -> None:
    lines = (HEADER, "北地区\t6月14日(土)\t会館\t15名", "南地区\t2025年6月14日(土)\t会館\t15名")
    assert [s[1] for s in sessions(front(*lines, dated="鎌倉市"))] == ["", "2025-06-14"]


def test_a_markdown_table_and_other_columns() -> None:
    lines = ["| No | 会場名 | 開催日 | 備考 |", "|---|---|---|---|", "| 1 | 北会館 | 6月14日(土) | 雨 |"]
    blocks = [Block(t, n, kind="table") for n, t in enumerate(lines, start=2)]
    found = read_front("a.md", [Block("2025年6月", 1), *blocks], [None] * 4)
    assert sessions(found) == [("北会館", "2025-06-14", "", "", "")]
    assert [u.use for u in found.uses] == ["title", "schedule", "schedule", "schedule"]


def test_text_below_the_table_is_not_of_it() -> None:
    found = front(HEADER, "北地区\t6月14日(土)\t会館\t15名", "グループで話した。", "甲\t乙")
    assert len(sessions(found)) == 1
    assert [u.use for u in found.uses] == [
        "title",
        "date",
        "schedule",
        "schedule",
        "section text",
        "section text",
    ]


def test_in_a_pdf_cells_without_a_sure_column_are_doubtful() -> None:
    texts = [HEADER, "北地区\t0万14日(土)\t15名", "第2会議室", "3 実施手法", "説明"]
    blocks = [Block("令和7年7月", 1, 1)]
    blocks += [Block(t, n, 1, "table" if "\t" in t else "line") for n, t in enumerate(texts, start=2)]
    found = read_front("a.pdf", blocks, [None] * 6)
    assert sessions(found) == [("北地区", "", "", "15", "date;venue")]
    assert [u.use for u in found.uses[-2:]] == ["section text", "section text"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["令和7年7月 鎌 倉 市"], "2025-07"),
        (["令和元年5月"], "2019-05"),
        (["平成30年 12月3日"], "2018-12-03"),
        (["昭和63年1月"], "1988-01"),
        (["(2025年7月)"], "2025-07"),
        (["令和7年度 まとめ", "令 和 7 年 7 月"], "2025-07"),
        (["令和6年3月に策定した計画の進み具合を確かめるために、住民の意見を広く聞いた。"], ""),
        (["令和7年13月"], ""),
        (["日 時:令和7年6月14日", "令和7年7月"], "2025-07"),
        ([], ""),
    ],
)
def test_document_dates(texts: list[str], expected: str) -> None:
    assert document_date(texts) == expected


cell = st.text("地区北南0123456789月日()土名人.□ABター会館①", max_size=8)


@given(st.lists(st.tuples(cell, cell, cell, cell), max_size=6))
def test_scrambled_tables_give_only_what_is_printed(rows: list[tuple[str, str, str, str]]) -> None:
    lines = ["\t".join(("x", *r)) for r in rows]
    found = front("No\t" + HEADER, *lines)
    assert len(found.uses) == 3 + len(rows)
    printed = "".join("".join(r) for r in rows)
    raw = "\n".join(str(r["raw"]) for r in found.rows)
    assert raw.count("\n") == max(0, len(rows) - 1)
    for name, date, venue, participants, doubtful in sessions(found):
        assert date == "" or len(date) == 10
        assert all(c in printed for c in name + venue + participants)
        empty = {"name": name, "date": date, "venue": venue, "participants": participants}
        assert all(empty[c] == "" for c in doubtful.split(";") if c)
