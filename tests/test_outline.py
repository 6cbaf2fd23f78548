"""Finding the plan: numbering, what is an error, what is a doubt, what is set aside."""

from __future__ import annotations

import pytest

from pipeline.blocks import Block, Document
from pipeline.errors import InputError
from pipeline.marks import mark
from pipeline.outline import Outline, read_outline


def outline(*lines: str, continues: tuple[int, ...] = ()) -> Outline:
    """Read lines (from line 1; blank ones count but give no block)."""
    blocks = [Block(t, n, continues=n in continues) for n, t in enumerate(lines, start=1) if t.strip()]
    return read_outline(Document("まとめ.md", "", "UTF-8", tuple(blocks)))


def codes(found: Outline) -> list[tuple[str, str, str]]:
    return [(n.code, n.number, n.title) for n in found.nodes]


@pytest.mark.parametrize(
    ("line", "kind", "printed", "text"),
    [
        ("# 目標1 安心", "level", "目標1", "安心"),
        ("# 目標2\uff1a包括", "level", "目標2", "包括"),
        ("基本目標\uff13 連携", "level", "基本目標3", "連携"),
        ("目 標 4 連携", "level", "目標4", "連携"),
        ("施策1-2 支援", "level", "施策1-2", "支援"),
        ("### 基本施策\uff11\uff0d\uff12\uff1a支援", "level", "基本施策1-2", "支援"),
        ("施策の方向 3 支援", "level", "施策の方向3", "支援"),
        ("施策1-(2) 支援", "level", "施策1-(2)", "支援"),
        ("施策1について", "plain", "", "施策1について"),
        ("施策を進める", "plain", "", "施策を進める"),
        ("# 目標1-1 安心", "heading", "", "目標1-1 安心"),
        ("- 1-1 見守り", "heading", "", "1-1 見守り"),
        ("- ア 高齢者", "heading", "", "ア 高齢者"),
        ("- 3 世代の交流", "opinion", "", "3 世代の交流"),
        ("- 2-3人で歩く", "opinion", "", "2-3人で歩く"),
        ("■ 主な意見", "heading", "", "主な意見"),
        ("・主な意見", "opinion", "", "主な意見"),
        ("- (1) 支援", "level", "(1)", "支援"),
        ("\uff08\uff12\uff09支援", "level", "(2)", "支援"),
        ("⑶ 支援", "level", "(3)", "支援"),
        ("#### ⑤福祉", "level", "⑤", "福祉"),
        ("- ㉑ 福祉", "level", "㉑", "福祉"),
        ("**(1) 支援**", "level", "(1)", "支援"),
        ("  - ・「かっこ", "opinion", "", "「かっこ"),
        ("- 点がない", "opinion", "", "点がない"),
        ("・①から始まる意見", "opinion", "", "①から始まる意見"),
        ("・・点から", "opinion", "", "・点から"),
        ("○○さんの家", "plain", "", "○○さんの家"),
        ("● 丸の印", "opinion", "", "丸の印"),
        ("\uf0b7 記号書体の印", "opinion", "", "記号書体の印"),
        ("目標を立てる", "plain", "", "目標を立てる"),
        ("# 6 今後", "heading", "", "6 今後"),
        ("6. 今後", "heading", "", "6. 今後"),
        ("1.5倍になった", "plain", "", "1.5倍になった"),
        ("---", "layout", "", "---"),
        ("・", "aside", "", ""),
        ("目標1 安心 ........ 12", "aside", "", "目標1 安心 ........ 12"),
        ("![](page_3.png)", "aside", "", "![](page_3.png)"),
    ],
)
def test_marks(line: str, kind: str, printed: str, text: str) -> None:
    one = mark(Block(line, 1))
    assert (one.kind, one.printed) == (kind, printed)
    if kind != "aside":
        assert one.text == text


def test_levels_come_from_the_numbers_not_from_the_headings() -> None:
    found = outline("#### 目標1 安心", "# (1)支援", "- ①見守り", "・あ", "## ②サロン", "・い", "# 目標2 連携")
    assert codes(found) == [
        ("G1", "目標1", "安心"),
        ("G1-1", "(1)", "支援"),
        ("G1-1-1", "①", "見守り"),
        ("G1-1-2", "②", "サロン"),
        ("G2", "目標2", "連携"),
    ]
    assert [(o.text, o.code) for o in found.opinions] == [("あ", "G1-1-1"), ("い", "G1-1-2")]


def test_measures_stand_between_goals_and_what_is_in_brackets() -> None:
    found = outline(
        "基本目標1 安心",
        "施策1-1 支援",
        "(1) 健診",
        "・遠い",
        "施策1-2 保育",
        "(1) 病児",
        "・ない",
        "(2) 質",
        "・上げて",
    )
    assert [(c, n) for c, n, _ in codes(found)] == [
        ("G1", "基本目標1"),
        ("G1-1", "施策1-1"),
        ("G1-1-1", "(1)"),
        ("G1-2", "施策1-2"),
        ("G1-2-1", "(1)"),
        ("G1-2-2", "(2)"),
    ]
    assert [(o.text, o.code) for o in found.opinions] == [
        ("遠い", "G1-1-1"),
        ("ない", "G1-2-1"),
        ("上げて", "G1-2-2"),
    ]
    assert not found.doubts


def test_a_repeated_number_names_the_line_that_may_be_an_unread_heading() -> None:
    """「(1) が重複」 alone sends people to the (1), which is right, and not to the heading above it."""
    with pytest.raises(InputError, match="そのあいだの L5「第2節 保育」が計画の見出しなら") as caught:
        outline("目標1 安心", "第1節 支援", "(1) 健診", "・遠い", "第2節 保育", "(1) 病児", "・ない")
    assert caught.value.place.row == 6
    with pytest.raises(InputError) as caught:
        outline("目標1 安心", "第1節 支援", "(1) 健診", "・遠い", "(1) 病児", "・ない")
    assert "そのあいだ" not in caught.value.ja


@pytest.mark.parametrize(
    "form", ["{}-{} {}", "{}.{} {}", "{}－{}　{}", "## {}-{}. {}", "**{}-{} {}**", "- {}-{} {}"]
)
def test_headings_numbered_below_the_goals_are_of_the_plan(form: str) -> None:
    lines = [
        "基本目標1 安心",
        (1, 1, "支援"),
        "・遠い",
        (1, 2, "保育"),
        "・ない",
        "基本目標2 道",
        (2, 1, "バス"),
        "・来ない",
    ]
    found = outline(*(line if isinstance(line, str) else form.format(*line) for line in lines))
    assert [(n.code, n.title) for n in found.nodes] == [
        ("G1", "安心"), ("G1-1", "支援"), ("G1-2", "保育"), ("G2", "道"), ("G2-1", "バス"),
    ]  # fmt: skip
    assert found.nodes[1].number in ("1-1", "1.1")
    assert [(o.text, o.code) for o in found.opinions] == [
        ("遠い", "G1-1"),
        ("ない", "G1-2"),
        ("来ない", "G2-1"),
    ]
    assert not found.doubts


def test_numbers_below_the_goals_go_on_to_items_of_three_numbers_or_in_brackets() -> None:
    found = outline(
        "目標1 安心", "1-1 支援", "1-1-1 健診", "・遠い", "1-1-2 訪問", "1-2 保育", "1-2-1 病児", "・ない"
    )
    assert [(n.code, n.number) for n in found.nodes][2:4] == [("G1-1-1", "1-1-1"), ("G1-1-2", "1-1-2")]
    assert [(o.text, o.code) for o in found.opinions] == [("遠い", "G1-1-1"), ("ない", "G1-2-1")]
    found = outline("目標1 安心", "1-1 支援", "(1) 健診", "・遠い", "1-2 保育", "(1) 病児", "・ない")
    assert [(o.text, o.code) for o in found.opinions] == [("遠い", "G1-1-1"), ("ない", "G1-2-1")]


@pytest.mark.parametrize(
    ("heading", "misfit"),
    [
        (["1-1 支援", "・あ", "1-3 保育"], "L4「1-3 保育」"),
        (["2-1 支援", "・あ"], "L2「2-1 支援」"),
        (["1-1 支援", "・あ", "1-1 支援"], "L4「1-1 支援」"),
        (["1-1 支援", "・あ", "1-2-1 保育"], "L4「1-2-1 保育」"),
        (["1-0-1 支援", "・あ"], "L2「1-0-1 支援」"),
    ],
)
def test_numbers_that_do_not_run_on_below_the_goals_are_not_read(heading: list[str], misfit: str) -> None:
    found = outline("目標1 安心", *heading, "・い")
    assert [n.code for n in found.nodes] == ["G1"] and not found.opinions
    reasons = {u.reason for u in found.uses if u.block.text[0].isdigit()}
    assert len(reasons) == 1 and f"合わない最初の行: {misfit}" in reasons.pop()


@pytest.mark.parametrize("other", ["(1) 見守り", "①見守り", "施策1 見守り"])
def test_numbers_below_a_heading_of_another_kind_are_not_read(other: str) -> None:
    found = outline("目標1 安心", other, "・声", "1-1 サロン", "・場")
    assert [(o.text, o.code) for o in found.opinions] == [("声", "G1-1")]
    assert [u.block.text for u in found.uses if u.use == "set aside"] == ["1-1 サロン", "・場"]


@pytest.mark.parametrize("page", ["", " 3", "　……… 12", "\t5"])
def test_a_list_of_the_headings_before_the_plan_is_a_table_of_contents(page: str) -> None:
    headings = ["目標1 安心", "(1) 支援", "目標2 道", "(1) バス"]
    plan = ["目標1 安心", "(1) 支援", "・遠い", "目標2 道", "(1) バス", "・来ない"]
    found = outline("意見のまとめ", "目次", *(h + page for h in headings), "5 意見のまとめ", *plan)
    assert [n.title for n in found.nodes] == ["安心", "支援", "道", "バス"]
    assert [(o.text, o.code) for o in found.opinions] == [("遠い", "G1-1"), ("来ない", "G2-1")]


def test_a_number_that_comes_again_with_another_title_is_no_table_of_contents() -> None:
    with pytest.raises(InputError, match="番号「目標1」が L1 と重複"):
        outline("目標1 安心", "(1) 支援", "目標1 道", "(1) バス", "・来ない")
    with pytest.raises(InputError, match="番号「目標1」が L1 と重複"):
        outline("目標1 安心", "(1) 支援", "・遠い", "目標1 安心", "(1) バス", "・来ない")


@pytest.mark.parametrize(
    "form",
    [
        "【基本目標{}】{}",
        "《目標{}》 {}",
        "【目標{} {}】",
        "■基本目標{} {}",
        "◆ 目標{}:{}",
        "●【目標{}】{}",
        "**【目標{}】{}**",
    ],
)
def test_goals_may_stand_in_brackets_or_behind_a_sign(form: str) -> None:
    goals = [form.format(n, title) for n, title in ((1, "安心"), (2, "道"))]
    found = outline(
        goals[0], "■施策1 支援", "【(1)】健診", "・遠い", goals[1], "【施策1】バス", "(1) 便", "・来ない"
    )
    assert [n.title for n in found.nodes] == ["安心", "支援", "健診", "道", "バス", "便"]
    assert [(o.text, o.code) for o in found.opinions] == [("遠い", "G1-1-1"), ("来ない", "G2-1-1")]


@pytest.mark.parametrize(
    "opinion", ["目標1のまちがよい", "目標1は遠い", "施策2の予算を", "(1)の件は賛成", "①より②がよい"]
)
def test_an_opinion_behind_a_sign_may_name_a_heading(opinion: str) -> None:
    found = outline("目標1 安心", "(1) 支援", f"■{opinion}", "■遠い")
    assert [o.text for o in found.opinions] == [opinion, "遠い"]


def test_a_plan_may_lack_the_middle_or_the_lowest_level() -> None:
    found = outline("目標1 安心", "①見守り", "・あ", "目標2 連携", "①会議", "・い")
    assert [n.code for n in found.nodes] == ["G1", "G1-1", "G2", "G2-1"]
    assert [n.level for n in found.nodes] == [1, 2, 1, 2]
    found = outline("目標1 安心", "(1) 支援", "・あ")
    assert [(o.text, o.code) for o in found.opinions] == [("あ", "G1-1")]


@pytest.mark.parametrize(
    ("lines", "row", "ja", "en"),
    [
        (["ただの文章", "・意見"], None, "計画の構成", "no plan structure"),
        (["(1) 支援", "①見守り", "・あ"], None, "計画の構成", "no plan structure"),
        (
            ["目標1 安心", "(1) 支援", "①見守り", "目標2 連携", "①会議", "・あ"],
            5,
            "の外",
            "outside any policy",
        ),
        (["表題", "# 5 意見のまとめ", "(1) 支援", "目標1 安心"], 3, "目標の外", "outside any goal"),
        (["表題", "# 5 意見のまとめ", "・あ", "目標1 安心", "①見守り"], 3, "より前", "before any item"),
        (["目標1 安心", "(1) 支援", "・あ", "①見守り"], 3, "より前", "before any item"),
        (["目標1 安心", "(1) 支援", "・あ", "①広報"], 3, "L4「①広報」から", "L4「①広報」"),
        (["目標1 安心", "①見守り", "・あ", "①サロン"], 4, "L2 と重複", "repeats the one at L2"),
        (["基本方針1 安心", "基本目標1 支援"], 2, "「基本方針1」と「基本目標1」は、どちらも", "both read as"),
        (["目標1 安心", "(1) あ", "①い", "(1) う"], 4, "重複", "repeats"),
        (["目標1 安心", "目標1 連携"], 2, "重複", "repeats"),
        (["目標1 安心", "①", "・あ"], 2, "題名", "no title"),
    ],
)
def test_errors_name_file_and_line(lines: list[str], row: int | None, ja: str, en: str) -> None:
    with pytest.raises(InputError) as error:
        outline(*lines)
    assert ja in error.value.ja
    assert en in error.value.en
    assert (error.value.place.file, error.value.place.row) == ("まとめ.md", row)


def test_the_same_number_in_another_policy_is_no_repetition() -> None:
    found = outline("目標1 あ", "(1) い", "①う", "(2) え", "①お")
    assert [n.code for n in found.nodes] == ["G1", "G1-1", "G1-1-1", "G1-2", "G1-2-1"]


def test_skipped_and_disordered_numbers_and_empty_headings_are_doubts() -> None:
    found = outline("目標1 あ", "①い", "・一", "③う", "・二", "②え", "・三", "目標2 お")
    assert [n.code for n in found.nodes] == ["G1", "G1-1", "G1-3", "G1-2", "G2"]
    assert [(d.block.line, d.reason) for d in found.doubts] == [
        (4, "番号が飛んでいます"),
        (6, "番号が順番どおりになっていません"),
        (8, "この見出しの下に項目がありません"),
    ]


@pytest.mark.parametrize(("goal", "told"), [("目標2", []), ("目標1", [3, 6]), ("目標3", [3, 6])])
def test_a_measure_that_bears_the_number_of_another_goal_is_a_doubt(goal: str, told: list[int]) -> None:
    """The heading of its own goal may be missing."""
    found = outline(
        f"{goal} 道", "施策1 橋", "施策2-2 バス", "(1) 便", "・少ない", "施策2-(3) 駅", "施策4 港"
    )
    assert [d.block.line for d in found.doubts if "番号の前の数字" in d.reason] == told


def test_what_follows_an_unnumbered_heading_is_not_given_to_the_item_above() -> None:
    found = outline("目標1 あ", "①い", "・一", "#### 番号が消えた見出し", "・二", "②う", "・三")
    assert [(o.text, o.code) for o in found.opinions] == [("一", "G1-1"), ("三", "G1-2")]
    assert [(u.block.line, u.use) for u in found.uses if u.use == "set aside"] == [
        (4, "set aside"),
        (5, "set aside"),
    ]


def test_wrapped_lines_are_joined_where_the_layout_allows() -> None:
    lines = ["目標1 安心して", "暮らす", "①見守り", "・駅まで", "遠い", "・LINE", "group", "続きでない"]
    found = outline(*lines, continues=(2, 5, 7))
    assert found.nodes[0].title == "安心して暮らす"
    assert [o.text for o in found.opinions] == ["駅まで遠い", "LINE group"]
    assert [u.use for u in found.uses] == [
        "goal", "continuation", "item", "opinion", "continuation", "opinion", "continuation", "set aside",
    ]  # fmt: skip


def test_a_title_may_stand_on_the_line_below_its_number() -> None:
    assert codes(outline("目標1", "", "安心", "①", "見守り"))[1] == ("G1-1", "①", "見守り")


def test_lines_before_the_plan_are_left_to_the_front() -> None:
    found = outline("表題", "(1) 方法", "・説明", "目標1 あ", "①い")
    assert [b.line for b in found.front] == [1, 2, 3]
    assert len(found.uses) == 2
