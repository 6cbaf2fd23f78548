from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.coded_table import decided_codes, split_codes
from pipeline.errors import InputError
from pipeline.notation import CIRCLED_DIGITS, parse_numbers
from pipeline.tables import CODEBOOK

NOTATIONS = [
    "G{g}-{p}-{i}",
    "{g}({p}){c}",
    "{g}({p}){c}",
    "目標{g}-({p})-{c}",
    "目標{g}({p}){c} 見守り活動",
    "目標{g} ({p}) {c}",
    "{g}-{p}-{i}",
    "{g}-{p}-{i}",
    "G{g}-{p}-{i} 40代の見守り",
    "{g}−{p}−{i}",
]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 20), st.sampled_from(NOTATIONS), st.booleans())
def test_all_notations_give_the_same_numbers(g: int, p: int, i: int, notation: str, wide: bool) -> None:
    text = notation.format(g=g, p=p, i=i, c=CIRCLED_DIGITS[i])
    if wide:
        text = text.translate(str.maketrans("0123456789()-", "０１２３４５６７８９()－"))
    assert parse_numbers(text) == (g, p, i)


@pytest.mark.parametrize("text", ["", "見守り", "—", "()", "G", "目標"])
def test_no_numbers(text: str) -> None:
    assert parse_numbers(text) is None


def test_reading_codes_of_a_plan(plan: Codebook) -> None:
    for text in (
        "G1-1-2",
        "1(1)②",
        "目標1-(1)-②",
        "1-1-2",
        "目標1(1)② 遊具の更新",
        "G1-1-2 遊具の更新",
        "遊具の更新",
    ):
        assert plan.read_code(text) == "G1-1-2"
    assert plan.read_code("1-9-9") is None
    assert plan.read_code("目標2") == "G2"


def test_display_can_be_read_back(plan: Codebook) -> None:
    for node in plan:
        assert plan.read_code(plan.display(node.code)) == node.code


def test_tree(plan: Codebook) -> None:
    assert [n.code for n in plan.items] == ["G1-1-1", "G1-1-2", "G1-2-1", "G2-1-1", "G2-1-2"]
    assert plan.path("G1-1-2") == ("G1", "G1-1", "G1-1-2")
    assert plan.depth == 3
    assert [n.code for n in plan.children("G1")] == ["G1-1", "G1-2"]


def test_table_round_trip_keeps_extra_columns(plan: Codebook) -> None:
    table = plan.to_table()
    table["text_source"] = "計画書"
    again = Codebook.from_table(table)
    assert again.to_table().equals(table)
    assert again.sha256 == plan.sha256


def test_titles_alone_make_a_flat_codebook() -> None:
    book = Codebook.from_table(CODEBOOK.table([{"title": "福祉"}, {"title": "防災"}]))
    assert [n.code for n in book.items] == ["C1", "C2"]
    assert book.depth == 1


def test_rows_that_are_switched_off_are_as_if_not_there() -> None:
    words = {"いる": "yes", "空": "", "いらない": "No", "ばつ": "✕", "まだ": "△"}
    book = Codebook.from_table(CODEBOOK.table({"code": t, "title": t, "active": w} for t, w in words.items()))
    assert [n.code for n in book] == ["いる", "空"]


def test_a_code_that_is_switched_off_is_told_so(plan: Codebook) -> None:
    """It stands in the file: 「コードブックにありません」 alone is what nobody believes."""
    table = plan.to_table().assign(active="yes")
    table.loc[table["code"] == "G1-1-1", "active"] = "no"
    book = Codebook.from_table(table)
    for written in ("G1-1-1", "Ｇ１－１－１ 公園の清掃", "公園の清掃"):
        with pytest.raises(InputError, match="G1-1-1 の active が no"):
            book.code_or_error(written, file=None, row=None, column=None)
    with pytest.raises(InputError) as caught:
        book.code_or_error("G9", file=None, row=None, column=None)
    assert "active" not in str(caught.value)
    with pytest.raises(InputError, match="G1-1-1 の active が no"):
        decided_codes([(2, "G1-1-1"), (3, "G9")], book, "確定コード", "記入.xlsx")


def test_a_code_in_small_letters_that_is_switched_off_is_told_so() -> None:
    rows = [{"code": "a1", "title": "公園", "active": "no"}, {"code": "a2", "title": "道路", "active": ""}]
    with pytest.raises(InputError, match="a1 の active が no"):
        Codebook.from_table(CODEBOOK.table(rows)).code_or_error("a1", file=None, row=None, column=None)


@pytest.mark.parametrize("parent", ["G1-1", ""])
def test_a_row_below_one_that_is_switched_off(plan: Codebook, parent: str) -> None:
    """Without a parent of its own it would have become a goal."""
    table = plan.to_table().assign(active="yes")
    table.loc[table["code"] == "G1-1", "active"] = "no"
    table.loc[table["parent"] == "G1-1", "parent"] = parent
    with pytest.raises(InputError, match="active が no") as caught:
        Codebook.from_table(table, "codebook.csv")
    assert (caught.value.place.row, caught.value.place.column) == (4, "parent")


def test_the_hash_changes_with_a_definition(plan: Codebook) -> None:
    table = plan.to_table()
    table.loc[2, "definition"] = "新しい定義"
    assert Codebook.from_table(table).sha256 != plan.sha256


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        ([{"code": "A", "title": "a"}, {"code": "A", "title": "b"}], 3, "code"),
        ([{"code": "A", "title": "a"}, {"code": "B", "parent": "X", "title": "b"}], 3, "parent"),
        (
            [{"code": "A", "parent": "B", "title": "a"}, {"code": "B", "parent": "A", "title": "b"}],
            2,
            "parent",
        ),
        ([{"code": "A", "title": "a"}, {"code": "B", "title": ""}], 3, "title"),
    ],
)
def test_faults_name_row_and_column(rows: list[dict[str, str]], row: int, column: str) -> None:
    with pytest.raises(InputError) as caught:
        Codebook.from_table(pd.DataFrame(rows).fillna(""), "codebook.csv")
    assert (caught.value.place.file, caught.value.place.row, caught.value.place.column) == (
        "codebook.csv",
        row,
        column,
    )


WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


def _book(*codes: str, **more: tuple[str, ...]) -> Codebook:
    columns = {"code": codes, "title": tuple(f"題名{i}" for i in range(len(codes))), **more}
    return Codebook.from_table(pd.DataFrame({k: list(v) for k, v in columns.items()}), "計画.xlsx")


@pytest.mark.parametrize(
    "codes",
    [
        ("1", "1-1", "1-1-1", "1-1-2", "2", "2-1"),
        tuple(c.translate(WIDE) for c in ("1", "1-1", "1-1-1", "1-1-2", "2", "2-1")),
        ("1", "1−1", "1－1－１", "1-1-2", "２", "２‐１"),
        ("1", "1.1", "1.1.1", "1.1.2", "2", "2.1"),
        ("目標1", "1(1)", "1(1)①", "1(1)②", "目標2", "2(1)"),
    ],
)
def test_the_numbers_of_codes_say_the_parents_in_any_notation(codes: tuple[str, ...]) -> None:
    """A plan in full-width numbers was a flat list without a word, its goals items like any other."""
    book = _book(*codes)
    assert [n.level for n in book] == [1, 2, 3, 3, 1, 2]
    assert [n.code for n in book.items] == [codes[2], codes[3], codes[5]]
    assert book.read_code("1-1-2") == codes[3]


def test_a_parent_is_found_in_any_width() -> None:
    assert _book("1", "1-1", parent=("", "１")).depth == 2


def test_one_code_in_two_widths_is_refused() -> None:
    with pytest.raises(InputError, match="3行目と重複") as caught:
        _book("1", "1-1", "１－１")
    assert (caught.value.place.row, caught.value.place.column) == (4, "code")


@pytest.mark.parametrize(
    ("codes", "row"),
    [
        (("1", "1-1", "1-1-1", "1-2-1"), 5),
        (("G1", "G1-1-1", "G1-1-2"), 3),
        (("1", "1-1", "2-1"), 4),
        (("ア", "ア-1", "イ", "イ-1", "エ-1"), 6),
        (("A", "A-1", "Ｂ－１"), 4),
        (("1", "1-1", "1-1-ア", "1-2-ア"), 5),
        (("施策1", "施策1-1", "施策2-1"), 4),
    ],
)
def test_a_missing_row_above_is_told(codes: tuple[str, ...], row: int) -> None:
    """The code would stand at the top of the plan as a goal of its own."""
    with pytest.raises(InputError, match="すぐ上の階層の行がありません") as caught:
        _book(*codes)
    assert (caught.value.place.row, caught.value.place.column) == (row, "code")
    said = _book(*codes, level=("1",) * len(codes))  # as in what iken writes itself
    assert [n.level for n in said] == [1] * len(codes)


@pytest.mark.parametrize(
    ("codes", "row"),
    [
        (("基本目標1", "施策1-1", "施策1-1-1"), 3),
        (("基本目標1", "基本目標2", "重点施策１", "重点施策２"), 4),
        (("A", "A1", "A2"), 3),
        (("1", "1-1", "1-1ア"), 4),
        (("1", "１a"), 3),
        (("第1章", "第2章", "第1章第1節"), 4),
    ],
)
def test_a_code_that_does_not_say_what_it_lies_below_is_refused(codes: tuple[str, ...], row: int) -> None:
    """A plan in words was read with goals and measures side by side, without a word."""
    with pytest.raises(InputError, match="どの行の下にあるか") as caught:
        _book(*codes)
    assert (caught.value.place.row, caught.value.place.column) == (row, "code")
    parents = ("",) + (codes[0],) * (len(codes) - 1)
    assert [n.level for n in _book(*codes, parent=parents)] == [1, *[2] * (len(codes) - 1)]
    assert {n.level for n in _book(*codes, level=("1",) * len(codes))} == {1}


@pytest.mark.parametrize(
    "codes",
    [
        ("防災", "防災訓練", "交通", "IT", "ITS", "ケア", "ケアマネ"),
        ("福祉1", "福祉2", "交通1", "福祉10"),
        ("施策1", "重点施策2", "施策10"),
        ("C1", "C2", "C10", "C100"),
        ("ア", "ウ", "エ"),
    ],
)
def test_codes_that_are_words_may_stand_side_by_side(codes: tuple[str, ...]) -> None:
    assert [n.level for n in _book(*codes)] == [1] * len(codes)


@given(
    st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=1, max_size=4),
    st.sampled_from(["-", ".", "－"]),
)
def test_a_whole_plan_in_numbers_or_letters_is_never_refused(plan: list[list[int]], hyphen: str) -> None:
    for tops in ("123456789", "ABCDEFGHI", "アイウエオカキクケ"):
        if hyphen == "." and tops[0] != "1":
            continue
        codes = []
        for top, policies in zip(tops, plan, strict=False):
            codes.append(top)
            for k, items in enumerate(policies, 1):
                codes.append(f"{top}{hyphen}{k}")
                codes += [f"{top}{hyphen}{k}{hyphen}{i}" for i in range(1, items + 1)]
        levels = [1 + c.count(hyphen) for c in codes]
        assert [n.level for n in _book(*codes)] == levels


def test_codes_that_all_begin_with_two_numbers_are_a_plan() -> None:
    assert [n.level for n in _book("1-1", "1-1-1", "2-1", "2-1-1")] == [1, 2, 1, 2]
    assert [n.level for n in _book("1-1", "1-2", "2-1")] == [1, 1, 1]


@pytest.mark.parametrize("code", ["1月1日", "2001/1/2", "2001-01-02", "2001-01-02 00:00:00"])
def test_a_code_that_excel_made_a_date_of_is_refused_in_a_codebook(code: str) -> None:
    with pytest.raises(InputError, match="Excel が日付に変えた") as caught:
        _book("1", code)
    assert (caught.value.place.row, caught.value.place.column) == (3, "code")
    assert len(_book("2024-1-1", "45658")) == 2  # codes of years, and five digits


def test_the_advice_on_dates_is_a_code_of_this_plan() -> None:
    """「G1-1-1」 was advised also where no code has a letter, and then refused."""
    book = _book("1", "1-1", "1-2")
    with pytest.raises(InputError, match="「1-1 題名1」のように") as caught:
        book.code_or_error("2001-01-02", file=None, row=None, column=None)
    advised = str(caught.value).split("「")[-1].split("」")[0]
    assert book.read_code(advised) == "1-1"


PRINTED = (
    ("1", "1-1", "1-2", "1-2-1", "2", "2-1", "2-1-1"),
    ("基本目標1", "施策1-1", "施策1-2", "(1)", "基本目標2", "施策2-1", "(1)"),
)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("基本目標1/施策1-2/(1)", "1-2-1"),
        ("基本目標１／施策１－２／（１）", "1-2-1"),
        ("基本目標1 施策1-2 (1)", "1-2-1"),
        ("基本目標1施策1-2(1) 題名3", "1-2-1"),
        ("施策1-2(1)", "1-2-1"),
        ("施策2-1", "2-1"),
        ("基本目標1", "1"),
        ("目標2", "2"),
        ("施策1-2(1) 題名6", None),
        ("施策3-1", None),
    ],
)
def test_numbers_with_the_words_of_the_plan_are_read(written: str, code: str | None) -> None:
    book = _book(*PRINTED[0], number=PRINTED[1])
    assert book.read_code(written) == code


def test_several_codes_with_the_words_of_the_plan_in_one_cell() -> None:
    book = _book(*PRINTED[0], number=PRINTED[1])
    assert split_codes("基本目標1/施策1-2/(1)、基本目標2/施策2-1/(1)", book) == (["1-2-1", "2-1-1"], [])
    assert split_codes("施策1-2(1)/施策2-1(1)", book) == (["1-2-1", "2-1-1"], [])


def test_numbers_that_begin_anew_below_every_goal_are_of_no_one_code() -> None:
    book = _book("1", "1-1", "2", "2-1", number=("目標1", "施策1", "目標2", "施策1"))
    assert book.read_code("施策1") is None
    assert book.read_code("目標2/施策1") == "2-1"


def test_a_circled_number_is_no_word_of_the_plan() -> None:
    """「2」 became the item ②, of which there is one, where it had always been the second goal."""
    codes = ("G1", "G1-1", "G1-1-1", "G1-1-2", "G2", "G2-1", "G2-1-1")
    book = _book(*codes, number=("目標1", "(1)", "①", "②", "目標2", "(1)", "①"))
    assert [book.read_code(t) for t in ("2", "目標2", "目標1(1)②", "目標1／(1)／②")] == [
        "G2",
        "G2",
        "G1-1-2",
        "G1-1-2",
    ]
    assert book.read_code("(1)②") is None


def test_a_date_made_by_excel_is_explained(plan: Codebook) -> None:
    with pytest.raises(InputError, match="Excel"):
        plan.code_or_error("2001-01-01", file="a.xlsx", row=5, column="code")


FLAT = Codebook.from_table(
    CODEBOOK.table([{"title": t} for t in ("見守り", "居場所", "3世代交流の場", "1人暮らし支援")])
)


def test_a_title_that_begins_with_a_number_is_no_code() -> None:
    assert FLAT.read_code("1人暮らし支援") == "C4"
    assert FLAT.read_code("3世代交流の場") == "C3"
    assert FLAT.read_code("C3 3世代交流の場") == FLAT.read_code("c3:3世代交流の場") == "C3"


def test_a_title_is_read_in_any_width() -> None:
    titles = ("外出・移動支援", "サロン、拠点", "LINE講座", "LINE 講座", "ＬＩＮＥ 講座")
    book = Codebook.from_table(CODEBOOK.table([{"title": t} for t in titles]))
    read = [
        book.read_code(t)
        for t in ("外出･移動支援", "ｻﾛﾝ､拠点", "ＬＩＮＥ講座", "LINE 講座", "ＬＩＮＥ　講座")
    ]
    # Of two titles that differ in width only, each is itself as it stands, and neither in a third form.
    assert read == ["C1", "C2", "C3", "C4", None]
    assert split_codes("外出･移動支援;ｻﾛﾝ､拠点", book) == (["C1", "C2"], [])
    assert split_codes("C3､C4", book) == (["C3", "C4"], [])


def test_the_letter_of_a_code_counts() -> None:
    rows = [("A", ""), ("A1", "A"), ("A2", "A"), ("B", ""), ("B1", "B"), ("B2", "B")]
    book = Codebook.from_table(CODEBOOK.table([{"code": c, "parent": p, "title": c} for c, p in rows]))
    assert [book.read_code(t) for t in ("b1", "\uff22\uff11", "B-1", "A2")] == ["B1", "B1", "B1", "A2"]
    assert book.read_code("1") is None  # A1 or B1


@pytest.mark.parametrize(
    "text",
    ["G1-1-1 G1-1-2", "G1-1-1・G1-1-2", "G1-1-1とG1-1-2", "G1-1-1~G1-1-2", "X1-1-1", "G1-1-1 別の題名"],
)
def test_what_is_not_one_code_is_not_read_as_one(text: str, plan: Codebook) -> None:
    assert plan.read_code(text) is None


def test_blanks_around_the_names_of_columns_do_no_harm() -> None:
    table = pd.DataFrame({"code ": ["1", "1-1"], "　title": ["安心", "健診"], " 担当課": ["a", "b"]})
    book = Codebook.from_table(table, "計画.xlsx")
    assert [(n.code, n.title, n.extra) for n in book] == [
        ("1", "安心", {" 担当課": "a"}),
        ("1-1", "健診", {" 担当課": "b"}),
    ]
