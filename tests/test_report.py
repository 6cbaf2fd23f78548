"""The report stage: counts, accounts and marks, whatever file they go into."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.cells import in_percent
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED, NONE_FITS, UNCODED, CodedOpinions, read_coded
from pipeline.drawing import Picture
from pipeline.errors import InputError
from pipeline.report import build_report, plan_entries
from pipeline.report_parts import (
    Interactive,
    ModelFigures,
    Paragraph,
    Plan,
    Quotes,
    Report,
    ReportOptions,
    Table,
    cell_text,
    in_pieces,
    text_rows,
)
from pipeline.suggested_codes import OPEN
from pipeline.tables import SET_ASIDE, THEMES, WORKSHOPS


@pytest.fixture
def mixed() -> CodedOpinions:
    """Opinions checked and unchecked, in two districts, some without a code."""
    rows = []
    for i in range(40):
        code = ("G1-1-1", "G1-1-2", "G2-1-1")[i % 3]
        rows.append(
            {
                "opinion_id": f"o{i}",
                "unit": "1",
                "text": f"{'公園のごみ' if code < 'G2' else '段差'}が気になる、その{i}",
                "code": code,
                "checked": "yes" if i < 20 else "no",
                "confidence": "" if i < 20 else "0.8",
                "地区": "北" if i % 2 else "南",
            }
        )
    rows.append({**rows[0], "code": "G2-1-2"})
    other = {
        "opinion_id": "u",
        "unit": "1",
        "text": "空が青い",
        "kind": NONE_FITS,
        "reason": "人が該当なしとした",
    }
    return CodedOpinions(
        CODED.table(rows), UNCODED.table([{**other, "地区": "北"}]), SET_ASIDE.empty(), 45, 4, 0, ("m-1",)
    )


def test_an_item_without_opinions_is_told_from_one_that_may_have_some(
    mixed: CodedOpinions, plan: Codebook
) -> None:
    def said(opinions: CodedOpinions) -> list[str]:
        report = build_report(opinions, plan, ReportOptions(pictures=False))
        parts = [p for s in report.sections for p in s.parts]
        found = [p.text for p in parts if isinstance(p, Paragraph) and "項目です" in p.text]
        return found + [p.note for p in parts if isinstance(p, Table) and "上の階層にだけ" in p.note]

    assert said(mixed) == ["意見がなかった項目は1項目です。「落ち葉の処理」"]
    above = CODED.table(
        [*mixed.coded.to_dict("records"), {**mixed.coded.iloc[0], "opinion_id": "a", "code": "G1"}]
    )
    waits = mixed.uncoded.assign(kind=OPEN)
    first, note = said(replace(mixed, coded=above, uncoded=waits))
    assert "項目まで分類した意見がない項目は1項目です(上の階層までの意見1件と、判定を待つ意見1件は" in first
    assert "項目までは分類していない意見が1件" in note


def _titles(report: Report) -> list[str]:
    return [s.title for s in report.sections]


def _texts(report: Report) -> str:
    parts = [p for s in report.sections for p in s.parts]
    return "\n".join(p.text for p in parts if isinstance(p, Paragraph))


def test_sections_come_as_what_there_is_to_say(plan: Codebook, mixed: CodedOpinions) -> None:
    options = ReportOptions(by=("地区",), pictures=False, examples=2)
    told: list[str] = []
    everything = build_report(mixed, plan, options, previous=mixed, progress=told.append)
    assert told == _titles(everything)
    assert _titles(everything) == [
        "意見の集め方と回答数",
        "全体の状況",
        "意見のまとめ",
        "属性別の集計",
        "前回との比較",
        "計画の項目に当てはめていない意見",
        "方法と限界",
    ]


def test_every_row_is_in_the_account(plan: Codebook, mixed: CodedOpinions) -> None:
    report = build_report(mixed, plan, ReportOptions(pictures=False))
    account = next(t for t in report.tables if t.name == "回答数")
    counts = dict(zip(account.frame["区分"], account.frame["件数"], strict=True))
    top = [n for n, level in zip(account.frame["件数"], account.levels, strict=True) if level == 1]
    assert sum(top) == mixed.rows == 45
    assert counts["項目に分類(人が確認)"] == 20 and counts["項目に分類(未確認の提案)"] == 20
    assert "延べ41件" in account.note
    # A goal is no item: elsewhere the report says how many opinions it counts at none.
    coded = mixed.coded.assign(code=mixed.coded["code"].replace("G1-1-1", "G1"))
    account = next(
        t
        for t in build_report(replace(mixed, coded=coded), plan, ReportOptions(pictures=False)).tables
        if t.name == "回答数"
    )
    assert "項目か上の階層に分類(人が確認)" in account.frame["区分"].tolist()


def test_counts_rise_through_the_plan_without_counting_twice(plan: Codebook, mixed: CodedOpinions) -> None:
    entries = {e.node.code: e for e in plan_entries(mixed.coded, plan, 2)}
    assert entries["G1-1"].count == 27 and entries["G2"].count == 14
    assert entries["G1-1-1"].count == 14 and entries["G1-1-1"].unchecked == 7
    assert sum(q.copies for q in entries["G1-1-1"].opinions.quotes) + entries["G1-1-1"].opinions.rest == 14
    assert entries["G1-2"].count == 0


def test_an_opinion_of_two_codes_says_so_in_both_places(plan: Codebook, mixed: CodedOpinions) -> None:
    entries = {e.node.code: e for e in plan_entries(mixed.coded, plan, None)}
    marked = [(c, q.text) for c, e in entries.items() for q in e.opinions.quotes if q.shared_id]
    assert [c for c, _ in marked] == ["G1-1-1", "G2-1-2"] and marked[0][1] == marked[1][1]


def test_suggestions_are_marked_everywhere(plan: Codebook, mixed: CodedOpinions) -> None:
    report = build_report(mixed, plan, ReportOptions(pictures=False, examples=None))
    assert report.has_unchecked
    assert any(p.kind == "warning" for s in report.sections for p in s.parts if isinstance(p, Paragraph))
    shown = next(p for s in report.sections for p in s.parts if isinstance(p, Plan))
    quotes = [q for e in shown.entries for q in e.opinions.quotes]
    assert sum(q.unchecked for q in quotes) == 20
    overview = next(t for t in report.tables if t.name == "意見の数")
    assert "うち未確認の提案" in overview.frame.columns
    assert (report.opinions["checked"] == "no").sum() == 20


def test_labels_alone_carry_no_marks(plan: Codebook, labels: pd.DataFrame) -> None:
    report = build_report(read_coded(labels, plan, file="x"), plan, ReportOptions(pictures=False))
    assert not report.has_unchecked and "未確認" not in _texts(report)
    assert "すべて人によるもの" in _texts(report)


def test_residents_attributes_stand_beside_no_opinion(plan: Codebook, mixed: CodedOpinions) -> None:
    report = build_report(mixed, plan, ReportOptions(by=("地区",), pictures=False))
    assert "地区" not in report.opinions.columns


def test_figures_are_shown_only_of_the_model_that_suggested(plan: Codebook, mixed: CodedOpinions) -> None:
    figure = {"value": 0.5, "low": 0.4, "high": 0.6}
    metrics = {"model": {"item@1": figure}, "baseline": {"item@1": figure}, "opinions": 84}
    right = build_report(mixed, plan, ReportOptions(pictures=False), model=ModelFigures("m-1", metrics))
    assert next(t for t in right.tables if t.name == "モデルの精度").frame.iloc[0, 1] == "50% [40%–60%]"
    wrong = build_report(mixed, plan, ReportOptions(pictures=False), model=ModelFigures("m-2", metrics))
    assert "m-2" in _texts(wrong) and not [t for t in wrong.tables if t.name == "モデルの精度"]
    for known, said in (({}, "metrics.json"), ({"opinions": 0, "items": 17}, "まだ学んでいない")):
        none = build_report(mixed, plan, ReportOptions(pictures=False), model=ModelFigures("m-1", known))
        assert [w for w in ("metrics.json", "まだ学んでいない") if w in _texts(none)] == [said]


def test_what_the_schedule_does_not_say_is_not_made_up(plan: Codebook, mixed: CodedOpinions) -> None:
    sessions = WORKSHOPS.table(
        [
            {"source": "a", "kind": "session", "name": "北地区", "participants": "15", "doubtful": "date"},
            {
                "source": "a",
                "kind": "session",
                "name": "南地区",
                "participants": "",
                "doubtful": "participants",
            },
            {"source": "a", "kind": "theme", "name": "災害に備える"},
        ]
    )
    report = build_report(mixed, plan, ReportOptions(pictures=False), workshops=sessions)
    table = next(t for t in report.tables if t.name == "会場").frame
    assert table["日程"].tolist() == ["(読み取れず)", ""] and table["参加人数"].tolist() == [
        "15",
        "(読み取れず)",
    ]
    assert "読み取れた合計で15人" in _texts(report) and "テーマ1 災害に備える" in _texts(report)


def test_hidden_numbers_are_in_no_table(plan: Codebook, mixed: CodedOpinions) -> None:
    few = mixed.coded.assign(地区=["西" if i < 6 else "北" for i in range(len(mixed.coded))])
    opinions = CodedOpinions(few, UNCODED.empty(), SET_ASIDE.empty(), len(few))
    report = build_report(opinions, plan, ReportOptions(by=("地区",)))
    shown = next(t for t in report.tables if t.name == "地区別")
    assert (shown.frame == "x").to_numpy().any()
    for sheet in shown.as_sheets():
        if sheet.name == "地区_件数":
            cells = sheet.frame.set_index("コード").loc["G1-1-1", ["西", "北"]].tolist()
            assert cells == ["x", "x"]


def test_heat_maps_hide_what_the_table_hides(plan: Codebook, mixed: CodedOpinions) -> None:
    cells = {"G1-1-1": (3, 12, 30), "G1-1-2": (20, 9, 15), "G2-1-1": (14, 8, 11)}
    rows = [
        {**mixed.coded.iloc[0], "opinion_id": f"{code}{district}{i}", "code": code, "地区": district}
        for code, counts in cells.items()
        for district, n in zip("西南北", counts, strict=True)
        for i in range(n)
    ]
    # Some without a code: what a district's opinions add up to does not stand in the table of the items.
    waits = [{**mixed.uncoded.iloc[0], "opinion_id": f"u{i}", "地区": "西南北"[i % 3]} for i in range(30)]
    opinions = CodedOpinions(CODED.table(rows), UNCODED.table(waits), SET_ASIDE.empty(), len(rows) + 30)
    report = build_report(opinions, plan, ReportOptions(by=("地区",)))
    shown = next(t for t in report.tables if t.name == "地区別").frame
    (heat,) = [p for s in report.sections for p in s.parts if isinstance(p, Interactive)]
    drawn = heat.picture.table.set_index("code")
    assert drawn.loc["G1-1-1", "西"] == "x" and drawn.loc["G1-1-1", "北"] == 30
    # Shares are of the sizes that the table shows: of all counts they would give away the hidden ones.
    sizes = dict(zip(shown.columns[1:-1], map(int, shown.iloc[0, 1:-1]), strict=True))
    said = re.findall(r"× (.): (\d+)件\(この地区の意見の約(\d+)%\)", heat.html)
    assert len(said) == (drawn[[*"西南北"]] != "x").to_numpy().sum()
    assert all(p == f"{int(n) / sizes[d]:.0%}".removesuffix("%") for d, n, p in said)


def test_a_group_that_says_nothing_of_an_item_is_marked_too(plan: Codebook, mixed: CodedOpinions) -> None:
    """All of the north speak of one item, nobody of the others: of the 40 and 40 opinions each is half."""
    row = mixed.coded.iloc[0].to_dict()
    where = [("G1-1-1", "北")] * 40 + [("G2-1-1", "南")] * 40
    coded = CODED.table(
        {**row, "opinion_id": f"o{i}", "code": c, "地区": d} for i, (c, d) in enumerate(where)
    )
    opinions = CodedOpinions(coded, UNCODED.empty(), SET_ASIDE.empty(), 80)
    report = build_report(opinions, plan, ReportOptions(by=("地区",)))
    shown = next(t for t in report.tables if t.name == "地区別").frame
    cells = {name.split()[0]: own for name, *own in shown.itertuples(index=False)}
    assert cells["目標1"] == ["40 (100%)▲", "0▽", "40"] and cells["目標2"] == ["0▽", "40 (100%)▲", "40"]
    # What the heat map tells is what the table tells.
    (heat,) = [p for s in report.sections for p in s.parts if isinstance(p, Interactive) and "約" in p.html]
    assert "40件(この地区の意見の約100%)" in heat.html


def test_an_item_that_only_its_silence_tells_of_is_in_the_table(plan: Codebook, mixed: CodedOpinions) -> None:
    row = mixed.coded.iloc[0].to_dict()
    # Of G1-2-1 the three middling groups are hidden with one another; that the north never says it stands out.
    groups = {"北": (0, 200), "南": (4, 16), "東": (4, 16), "西": (4, 16)}
    where = [
        (code, group)
        for group, (own, others) in groups.items()
        for code in ["G1-2-1"] * own * 4 + ["G2-1-1"] * others
    ]
    coded = CODED.table(
        {**row, "opinion_id": f"o{i}", "code": c, "地区": d} for i, (c, d) in enumerate(where)
    )
    opinions = CodedOpinions(coded, UNCODED.empty(), SET_ASIDE.empty(), len(where))
    report = build_report(opinions, plan, ReportOptions(by=("地区",), pictures=False, threshold=20))
    table = next(t for t in report.tables if t.name == "地区別").frame.set_index("項目")
    told = _texts(report)
    assert "北では「落ち葉の処理」が少ない(0件" in told
    assert [n for n in table.index if "落ち葉の処理" in n and table.loc[n, "北"] == "0▽"]


def test_shares_are_rounded_as_excel_rounds_them() -> None:
    """25 of 400 are 6.25 %, 29 of 200 are 14.5 %: halves go up, in Word as in Excel."""
    assert cell_text(25 / 400, percent=True) == "6.3%" and in_percent(29 / 200) == "15%"


def test_pictures_come_with_their_tables(plan: Codebook, mixed: CodedOpinions) -> None:
    report = build_report(mixed, plan, ReportOptions(by=("地区",)), previous=mixed)
    assert report.pictures and all(isinstance(p, Picture) and len(p.table) and p.alt for p in report.pictures)
    assert build_report(mixed, plan, ReportOptions(pictures=False)).pictures == []


def test_a_missing_column_is_refused(plan: Codebook, mixed: CodedOpinions) -> None:
    with pytest.raises(InputError, match="年代"):
        build_report(mixed, plan, ReportOptions(by=("年代",), pictures=False))


def test_wide_tables_are_cut_and_repeat_their_keys() -> None:
    frame = pd.DataFrame([["あ", *range(9)]], columns=["項目", *(f"区{i}" for i in range(9))])
    pieces = in_pieces(Table("表", frame, "表"), 4)
    assert [next(iter(p.frame.columns)) for p in pieces] == ["項目"] * 3
    assert [c for p in pieces for c in text_rows(p)[0][1:]] == [str(i) for i in range(9)]


def test_uncoded_opinions_are_shown_with_reasons(plan: Codebook, mixed: CodedOpinions) -> None:
    report = build_report(mixed, plan, ReportOptions(pictures=False))
    quotes = [
        q.text for s in report.sections[-2:] for p in s.parts if isinstance(p, Quotes) for q in p.quotes
    ]
    assert quotes == ["空が青い"]


def test_candidate_themes_have_a_section_of_their_own(mixed: CodedOpinions, plan: Codebook) -> None:
    themes = THEMES.table(
        [
            {
                "theme": "T1",
                "name": "道路・穴",
                "opinions": "12",
                "texts": "10",
                "stability": "0.9",
                "judgement": "安定",
                "example_1": "道路に穴がある",
                "example_2": "舗装がでこぼこ",
                "example_3": "",
            }
        ]
    )
    report = build_report(mixed, plan, ReportOptions(pictures=False), themes=themes)
    (section,) = [s for s in report.sections if s.title == "計画にない話題の候補"]
    (table,) = [p for p in section.parts if isinstance(p, Table)]
    assert table.frame.iloc[0].tolist() == ["道路・穴", 12, 10, "0.9", "安定"]
    (quotes,) = [p for p in section.parts if isinstance(p, Quotes)]
    assert [q.text for q in quotes.quotes] == ["道路に穴がある", "舗装がでこぼこ"] and quotes.rest == 10
    assert all(q.unchecked for q in quotes.quotes)
    # No themes, no section.
    assert "計画にない話題の候補" not in _titles(build_report(mixed, plan, themes=THEMES.empty()))
