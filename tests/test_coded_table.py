"""Columns, codes and codebooks of tables that people coded."""

from __future__ import annotations

import pytest

from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.coded_table import (
    CODE_NAMES,
    TEXT_NAMES,
    codebook_of_table,
    pick_column,
    refuse_unknown,
    split_codes,
)
from pipeline.errors import InputError

BOOK = Codebook(
    [
        Node("G1", "", 1, "目標1", "安心"),
        Node("G1-1", "G1", 2, "(1)", "支援"),
        Node("G1-1-1", "G1-1", 3, "①", "見守り"),
        Node("G1-1-2", "G1-1", 3, "②", "地域サロン、拠点の整備"),
        Node("G2", "", 1, "目標2", "連携"),
        Node("G2-1", "G2", 2, "(1)", "相談"),
        Node("G2-1-1", "G2-1", 3, "①", "窓口/案内"),
    ]
)


@pytest.mark.parametrize(
    ("cell", "codes", "unknown"),
    [
        ("G1-1-1", ["G1-1-1"], []),
        ("1(1)①", ["G1-1-1"], []),
        ("\uff11-\uff11-\uff12", ["G1-1-2"], []),
        ("目標1(1)① 見守り", ["G1-1-1"], []),
        ("見守り", ["G1-1-1"], []),
        ("G1-1-1;G1-1-2", ["G1-1-1", "G1-1-2"], []),
        ("G1-1-1\uff1b G2-1-1、1-1-2", ["G1-1-1", "G2-1-1", "G1-1-2"], []),
        ("G1-1-1,G1-1-2|G2-1-1", ["G1-1-1", "G1-1-2", "G2-1-1"], []),
        ("1-1-1/1-1-2\n2-1-1", ["G1-1-1", "G1-1-2", "G2-1-1"], []),
        ("目標1(1)② 地域サロン、拠点の整備", ["G1-1-2"], []),
        ("窓口/案内、地域サロン、拠点の整備、見守り", ["G2-1-1", "G1-1-2", "G1-1-1"], []),
        ("G1-1-1;G1-1-1; ", ["G1-1-1"], []),
        ("G9-9-9", [], ["G9-9-9"]),
        ("G1-1-1;?", ["G1-1-1"], ["?"]),
        (" #N/A", [], ["#N/A"]),
        ("G1-1", [], ["G1-1"]),  # a policy, not an item
        (";", [], []),
        ("G2-1-1 G1-1-1", ["G2-1-1", "G1-1-1"], []),
        ("G1-1-1・G1-1-2", ["G1-1-1", "G1-1-2"], []),
        ("1-1-1・1-1-2", ["G1-1-1", "G1-1-2"], []),
        ("1・1・2", ["G1-1-2"], []),
        ("G1-1-1とG1-1-2", ["G1-1-1", "G1-1-2"], []),
        ("G1-1-1 G9-9-9", [], ["G1-1-1 G9-9-9"]),
        ("G1-1-1~G1-1-2", [], ["G1-1-1~G1-1-2"]),
        ("G1-1-1\u301cG1-1-2", [], ["G1-1-1\u301cG1-1-2"]),
    ],
)
def test_codes_of_a_cell(cell: str, codes: list[str], unknown: list[str]) -> None:
    assert split_codes(cell, BOOK) == (codes, unknown)


def test_every_way_to_write_every_item_is_read_back() -> None:
    for node in BOOK.items:
        for written in (
            node.code,
            node.code[1:],
            BOOK.display(node.code),
            node.title,
            f"{node.code} {node.title}",  # as the list in Excel offers it
        ):
            assert split_codes(f"{written};{written}", BOOK) == ([node.code], [])


def test_levels_above_items_are_codes_where_asked_for() -> None:
    assert split_codes("G1-1; 目標2(1)① 窓口/案内", BOOK, above=True) == (["G1-1", "G2-1-1"], [])


def test_columns_are_named_or_recognised() -> None:
    assert pick_column(["年代", "自由記述"], None, TEXT_NAMES, "--text-column", "a.csv") == "自由記述"
    assert pick_column(["Ｔｅｘｔ ", "x"], None, TEXT_NAMES, "--text-column", "a.csv") == "Ｔｅｘｔ "
    assert pick_column(["意見", "コメント"], "コメント", TEXT_NAMES, "--text-column", "a.csv") == "コメント"
    for columns, wanted, words in (
        (["意見", "コメント"], None, "意見の列が複数あります"),
        (["問1 自由記述", "問2 自由記述"], None, "意見の列が複数あります"),
        (["年代", "性別"], None, "意見の列が見つかりません"),
        (["年代", "性別"], "意見", "列「意見」がありません"),
    ):
        with pytest.raises(InputError) as error:
            pick_column(columns, wanted, TEXT_NAMES, "--text-column", "a.csv")
        assert words in error.value.ja
        assert all(c in error.value.ja and c in error.value.en for c in columns)
    assert pick_column(["意見", "コード"], None, CODE_NAMES, "--code-column", "a.csv") == "コード"
    # As `iken suggest` finds it.
    found = pick_column(["No", "問10 自由記述", "コード"], None, TEXT_NAMES, "--text-column", "a.csv")
    assert found == "問10 自由記述"
    with pytest.raises(InputError, match="コードの列が見つかりません"):
        pick_column(["意見", "年代"], None, CODE_NAMES, "--code-column", "a.csv")


def built(*rows: tuple[str, str], title_column: str | None = "t") -> Codebook:
    cells = [(n, {"c": code, "t": title}) for n, (code, title) in enumerate(rows, start=2)]
    return codebook_of_table(cells, "c", title_column, "a.csv")


def test_a_tree_is_built_from_numbered_codes() -> None:
    book = built(("G2-1", "窓口"), ("1-10", "十"), ("目標1②", "二"), ("1-2;2-1", "どちらか"), ("G1-2", ""))
    assert [(n.code, n.level, n.title) for n in book] == [
        ("G1", 1, "G1"),
        ("G1-2", 2, "二"),
        ("G1-10", 2, "十"),
        ("G2", 1, "G2"),
        ("G2-1", 2, "窓口"),
    ]
    assert split_codes("1-2;2-1", book) == (["G1-2", "G2-1"], [])


def test_two_codes_of_a_cell_are_two_also_without_a_codebook() -> None:
    book = built(
        ("1-1", "あ"), ("1-2", "い"), ("1-1 1-2", ""), ("G1-1・G1-3", ""), ("1-3 A4用紙を3-4枚", "う")
    )
    assert [(n.code, n.title) for n in book if n.level == 2] == [
        ("G1-1", "あ"),
        ("G1-2", "い"),
        ("G1-3", "う"),
    ]


def test_labels_without_numbers_make_a_flat_codebook() -> None:
    book = built(("交通", ""), ("防災、交通", ""), title_column=None)
    assert [(n.code, n.title) for n in book] == [("C1", "交通"), ("C2", "防災")]
    assert split_codes("防災、交通", book) == (["C2", "C1"], [])


def test_titles_of_labels_without_numbers_are_kept() -> None:
    """The column that --title-column named was passed over without a word."""
    book = built(("施策1-1", "運動"), ("ア", "食"), ("施策1-1;ア", ""), ("施策1-1", ""))
    assert [(n.code, n.level, n.title) for n in book] == [("施策1-1", 1, "運動"), ("ア", 1, "食")]
    assert split_codes("施策1-1;ア", book) == (["施策1-1", "ア"], [])


@pytest.mark.parametrize(
    ("rows", "title_column", "row", "words"),
    [
        ([("施策1-1", "あ"), ("施策1-2", "")], "t", 3, "「施策1-2」の題名が分かりません"),
        ([("ア", "あ"), ("ア", "い")], "t", 3, "2行目"),
        ([("G1-1", "あ"), ("交通", "い")], "t", 3, "コードとして読めません"),
        ([("G1-1", "あ"), ("G1-1", "い")], "t", 3, "2行目"),
        ([("G1-1", "あ"), ("G1-2", "")], "t", 3, "題名が分かりません"),
        ([("G1-1", "あ")], None, 2, "--title-column"),
        ([(";", "あ")], "t", None, "1つもありません"),
        ([("1-1", "あ"), ("G1-1・G1-2", "")], "t", 3, "題名が分かりません"),
        ([("G1-1", "あ"), ("G1-1~G1-3", "い")], "t", 3, "1つのコードではありません"),
        ([("1-1から1-3", "い")], "t", 2, "1つのコードではありません"),
        ([("1-1〜1-3", "い")], "t", 2, "1つのコードではありません"),
    ],
)
def test_codebooks_that_cannot_be_built(
    rows: list[tuple[str, str]], title_column: str | None, row: int | None, words: str
) -> None:
    with pytest.raises(InputError) as error:
        built(*rows, title_column=title_column)
    assert words in error.value.ja
    assert (error.value.place.file, error.value.place.row) == ("a.csv", row)


def test_dates_among_several_unknown_codes_are_explained_too() -> None:
    for unknown, hinted in (([(2, "G9"), (5, "2001-01-01")], True), ([(2, "G9"), (5, "G8")], False)):
        with pytest.raises(InputError) as caught:
            refuse_unknown(unknown, BOOK, "コード", "a.xlsx")
        assert ("Excel が日付に変えた" in caught.value.ja) == hinted
