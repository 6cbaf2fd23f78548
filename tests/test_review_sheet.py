"""The coders' Excel form: who gets which rows, what stands in them, and what is hidden from whom."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from commands import iken
from conftest import ROOT
from review_forms import FIRST, TEXTS, items_of, made, opened, positions, wide

from pipeline.cells import EXCEL_MAX_CELL
from pipeline.codebook import Codebook, Node
from pipeline.errors import InputError
from pipeline.review_assignment import share_out
from pipeline.review_form import ROWS_SHEET, fingerprint
from pipeline.review_guide import code_rule, guide_rows
from pipeline.review_sheet import Form, write_review_sheets
from pipeline.tableio import read_table, write_table
from pipeline.tables import SUGGESTIONS, records

# openpyxl does not know the extensions by which Excel draws data bars.
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported")

SURVEY = ROOT / "data/sample/survey.csv"


def cells(path: Path, row: int) -> dict[str, object]:
    """The visible cells of an opinion's row, by column of the form."""
    sheet = opened(path).worksheets[0]
    return {name: sheet.cell(row + 2, at).value for name, at in positions(sheet).items()}


# -- from suggestions to rows ----------------------------------------------------------------------


def test_wide_rows_read_as_people_read_them(plan: Codebook) -> None:
    first = records(items_of(wide(), plan).asked)[0]
    assert (first["opinion_id"], first["unit"], first["text"]) == ("o0", "", TEXTS[0])
    assert (first["first"], first["confidence"]) == ("G1-1-1", "0.75")
    assert first["others"] == "2. G1-1-2 遊具の更新 20%"
    assert first["doubt"] == "僅差"


def test_suggestions_of_another_plan_are_refused(plan: Codebook) -> None:
    own = wide(title_1=[plan[c].title for c in FIRST])
    assert len(items_of(own, plan).asked) == 5
    with pytest.raises(InputError, match=r"別の計画.*健診.*--codebook"):
        items_of(wide(title_1="健診"), plan)


def test_every_row_is_asked_or_set_aside(plan: Codebook) -> None:
    table = wide([*TEXTS[:2], "", "特になし"], status=["提案", "要確認", "提案", "意見なし"])
    items = items_of(table, plan)
    assert items.rows == 4
    assert items.asked["opinion_id"].tolist() == ["o0", "o1"]
    assert items.not_asked[["opinion_id", "reason"]].values.tolist() == [
        ["o2", "本文が空欄"],
        ["o3", "意見なし"],
    ]


def test_long_rows_make_the_same_form_with_units(plan: Codebook) -> None:
    def row(opinion: str, unit: int, rank: object, code: str, text: str) -> dict[str, object]:
        shared = {"opinion_id": opinion, "unit": unit, "unit_text": text, "rank": rank, "code": code}
        return shared | {"confidence": 0.5, "status": "提案", "doubt_reasons": "甲、乙", "model_id": "m"}

    rows = [
        row("a", 1, 1, "G1-1-1", "公園が汚い"),
        row("a", 1, 2, "G2-1-1", "公園が汚い"),
        row("b", 1, 1, "G1-1-2", "遊具。"),
        row("b", 2, 1, "G2-1-2", "通学路。"),
    ]
    asked = items_of(SUGGESTIONS.table(rows), plan).asked
    assert asked[["opinion_id", "unit", "first"]].values.tolist() == [
        ["a", "", "G1-1-1"],  # one unit: the whole comment, as in the wide form
        ["b", "1", "G1-1-2"],
        ["b", "2", "G2-1-2"],
    ]
    assert asked["others"].tolist() == ["2. G2-1-1 歩道の段差 50%", "", ""]
    assert asked["doubt"][0] == "甲\n乙"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code_1": "G9-9-9"}, "コードブックの項目ではありません"),
        ({"code_2": "G1"}, "コードブックの項目ではありません"),
        ({"opinion_id": "o0"}, "2行目と重複"),
        ({"opinion_id": " "}, "IDが空"),
        ({"opinion_id": "a\x01"}, "入らない文字"),
    ],
)
def test_bad_suggestions_are_refused_with_their_row(
    plan: Codebook, change: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        items_of(wide().assign(**change), plan, file="提案.csv")
    assert caught.value.place.row in (2, 3) and caught.value.place.file == "提案.csv"


def test_other_tables_are_refused(plan: Codebook) -> None:
    with pytest.raises(InputError, match="先に `iken suggest`"):
        items_of(pd.DataFrame({"意見": ["バス"]}), plan)
    with pytest.raises(InputError, match="--text-column"):
        items_of(wide(), plan, text_column="感想")
    assert items_of(wide(), plan, text_column="番号").asked["text"][0] == "001"


# -- who gets which --------------------------------------------------------------------------------


def asked(n: int, units: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"opinion_id": [f"o{i // units}" for i in range(n * units)]})


def test_all_coders_get_everything_unless_told_otherwise() -> None:
    given = share_out(asked(7), ["A", "B"])
    for coder in "AB":
        assert given.loc[given["coder"] == coder, "position"].tolist() == list(range(7))
    assert set(given["suggestion_shown"]) == {"yes"}


def test_double_coding_and_the_rest_dealt_out() -> None:
    given = share_out(asked(100), ["A", "B", "C"], double=0.1)
    times = given["position"].value_counts()
    assert (times == 3).sum() == 10 and (times == 1).sum() == 90
    assert given["coder"].value_counts().tolist() == [40, 40, 40]


def test_a_share_of_the_opinions_with_all_their_units() -> None:
    given = share_out(asked(50, units=2), ["A", "B"], share=0.4, double=0.5, hidden=0.25)
    by_opinion = given["position"] // 2
    assert by_opinion.nunique() == 20
    for _, rows in given.groupby(by_opinion):
        assert len(rows) % 2 == 0 and rows["suggestion_shown"].nunique() == 1
        assert set(rows.groupby("coder").size()) == {2}
    assert by_opinion[given["suggestion_shown"] == "no"].nunique() == 5


def test_the_draw_depends_on_ids_and_seed_alone() -> None:
    table = asked(60)
    once, again = (share_out(table, ["A"], hidden=0.2, seed=3) for _ in range(2))
    assert once.equals(again)
    other = share_out(table, ["A"], hidden=0.2, seed=4)
    assert not once["suggestion_shown"].equals(other["suggestion_shown"])
    backwards = share_out(table[::-1], ["A"], hidden=0.2, seed=3)
    assert backwards["suggestion_shown"].tolist() == once["suggestion_shown"].tolist()[::-1]


# -- the guide -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "dates"),
    [(("G1", "G1-1", "G1-1-1"), "G1-1-1"), (("1", "1-1", "1-1-1"), "1-1-1 点検"), (("C1", "C2", "C3"), "")],
)
def test_the_guide_teaches_codes_that_are_read_when_the_form_comes_back(
    codes: tuple[str, ...], dates: str
) -> None:
    """It taught G1-1-1 in every plan, also where the codes are 1-1-1, and then refused it."""
    table = pd.DataFrame({"code": codes, "title": ["安心", "道路", "点検"]})
    book = Codebook.from_table(table)
    item = book.items[0]
    for language, lists in (("ja", "一覧から選ぶほか、(.*)\\(全角も可"), ("en", "or as (.*), or the title")):
        options = {"prefilled": False, "blind": False, "hidden": False}
        rows = dict(guide_rows(language, item, "佐藤", **options))  # type: ignore[arg-type]
        text = rows["コードの書き方" if language == "ja" else "how to write codes"]
        taught = re.split("、|, ", re.search(lists, text)[1])  # type: ignore[index]
        advice = re.search("あるので、(.*) と書いて|write (.*)\\.$", text)
        advised = [] if advice is None else [advice[1] or advice[2]]
        assert advised == ([dates] if dates else [])
        assert [book.read_code(t) for t in taught + advised] == [item.code] * len(taught + advised)


def test_the_message_of_the_list_fits_excel_and_teaches_no_date() -> None:
    for code, taught in (("G1-1-1", "G1-1-1"), ("1-1-1", None)):
        rule = code_rule("ja", Node(code, "", 1, "", "長い題名" * 100))
        assert len(str(rule["error_message"])) <= 255  # Excel takes no more, XlsxWriter drops the whole list
        assert (taught or "数字だけのコード") in str(rule["error_message"])
        assert taught or code not in str(rule["error_message"])


# -- the workbook ----------------------------------------------------------------------------------


def test_a_row_shows_suggestion_evidence_and_empty_cells_to_decide_in(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan)
    row = cells(path, 0)
    assert row["first"] == "G1-1-1 公園の清掃" and row["confidence"] == 0.75
    assert row["others"] == "2. G1-1-2 遊具の更新 20%" and row["doubt"] == "僅差"
    assert row["evidence"] == "「近くの公園」(G1-1-1、類似度0.62)\n「道」(G2-1-1、類似度0.30)"
    assert [row[c] for c in ("code", "code_2", "action", "note")] == [None] * 4
    assert "unit" not in row and "same" not in row  # nothing to tell
    sheet = opened(path).worksheets[0]
    yellow = {
        sheet.cell(2, positions(sheet)[c]).fill.fgColor.rgb for c in ("code", "code_2", "action", "note")
    }
    assert yellow == {"FFFFF2CC"}
    assert sheet.freeze_panes == "C2" and sheet.auto_filter.ref.startswith("A1:")


def test_what_may_be_about_no_item_is_told_and_gets_no_bar(tmp_path: Path, plan: Codebook) -> None:
    items = items_of(wide(status=["該当なしの疑い", "提案", "提案", "該当なしの疑い", "提案"]), plan)
    shown = ["yes", "yes", "yes", "no", "yes"]
    path = tmp_path / "a.xlsx"
    write_review_sheets(
        [(path, Form("A", plan), items.asked.assign(suggestion_shown=shown))], items.not_asked
    )
    assert cells(path, 0)["doubt"] == "該当なしの疑い\n僅差" and cells(path, 1)["doubt"] == "僅差"
    sheet = opened(path).worksheets[0]
    at = positions(sheet)["confidence"]
    # A hidden suggestion does not show by the look of its empty cell either.
    assert [sheet.cell(i, at).number_format for i in range(2, 7)] == ["(0%)", *["0%"] * 4]
    (rules,) = [
        sorted(rules, key=lambda r: r.priority)
        for area, rules in sheet.conditional_formatting._cf_rules.items()
        if any(r.type == "dataBar" for r in rules)
    ]
    assert rules[0].stopIfTrue and "該当なしの疑い" in rules[0].formula[0]
    guide = " ".join(str(c.value) for row in opened(path)["使い方"] for c in row)
    assert "どれかの項目だとしたら" in guide


def test_the_lists_offer_all_items_and_the_four_decisions(tmp_path: Path, plan: Codebook) -> None:
    book = opened(made(tmp_path / "a.xlsx", plan))
    sheet = book.worksheets[0]
    at = positions(sheet)
    rules = {}
    for rule in sheet.data_validations.dataValidation:
        for name in ("code", "code_2", "action"):
            if sheet.cell(2, at[name]).coordinate in rule.sqref:
                rules[name] = rule
    assert rules["action"].formula1 == '"採用,変更,該当なし,保留"'
    assert rules["code"].formula1 == rules["code_2"].formula1 == "code_choices"
    name, reference = next(iter(book.defined_names["code_choices"].destinations))
    choices = [c[0].value for c in book[name][reference]]
    assert choices == [f"{n.code} {n.title}" for n in plan.items]
    assert [plan.read_code(c) for c in choices] == [n.code for n in plan.items]


def test_blind_files_hold_no_suggestion_that_anybody_can_see(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, blind=True, hidden=range(5))
    book = opened(path)
    assert set(positions(book.worksheets[0])) == {"opinion_id", "text", "code", "code_2", "action", "note"}
    shown = [s for s in book.worksheets if s.sheet_state == "visible" and s.title != "コードブック"]
    text = " ".join(str(c.value) for s in shown for row in s for c in row if c.value)
    assert "75%" not in text and "類似度" not in text and "公園の清掃" not in text
    meta = read_table(path, ROWS_SHEET)
    assert set(meta["suggestion_shown"]) == {"no"} and meta["suggested_code"][0] == "G1-1-1"


def test_a_hidden_row_shows_nothing_and_is_not_filled_in_beforehand(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, hidden=[1], prefilled=True)
    assert cells(path, 0)["code"] == "G1-1-1 公園の清掃" and cells(path, 0)["action"] is None
    hidden = cells(path, 1)
    assert hidden["first"] == "(提案を隠しています)"
    assert {hidden[c] for c in ("confidence", "others", "doubt", "evidence", "code")} == {None}
    assert read_table(path, ROWS_SHEET)["suggestion_shown"].tolist() == ["yes", "no", "yes", "yes", "yes"]


def test_what_programs_need_is_hidden_from_people(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, round="2")
    book = opened(path)
    states = {s.title: s.sheet_state for s in book.worksheets}
    assert states == dict.fromkeys(("判定", "使い方", "コードブック"), "visible") | dict.fromkeys(
        ("_iken", "_iken_rows", "_iken_text"), "veryHidden"
    )
    facts = dict(read_table(path, "_iken").values.tolist())
    assert facts["coder"] == "A" and facts["round"] == "2" and facts["codebook_sha256"] == plan.sha256
    meta = read_table(path, ROWS_SHEET)
    assert meta["text_sha256"][0] == fingerprint(TEXTS[0]) and set(meta["model_id"]) == {"m-1"}


NASTY = (
    "=HYPERLINK(\"http://x\",\"見て\")",
    "+81-3-1234",
    "-1",
    "@SUM(A1)",
    "<script>alert(1)</script><b>太字</b>&amp;",
    "http://example.com/ を見て",
    "0012",
    "1-1-1",
    "'引用符",
    "_x0041_",
    "改行\nあり",
)  # fmt: skip


def test_text_stays_text(tmp_path: Path, plan: Codebook) -> None:
    sheet = opened(made(tmp_path / "a.xlsx", plan, NASTY)).worksheets[0]
    at = positions(sheet)["text"]
    for i, text in enumerate(NASTY):
        cell = sheet.cell(i + 2, at)
        assert cell.data_type == "s" and cell.hyperlink is None
        if text != "_x0041_":  # which Excel writes in another way
            assert cell.value == text


def test_long_and_strange_comments(tmp_path: Path, plan: Codebook) -> None:
    long, longer, control = "長い意見。" * 4000, "あ" * 40_000, "鈴\x07虫\r\n\x0b"
    path = made(tmp_path / "a.xlsx", plan, [long, longer, control])
    assert cells(path, 0)["text"] == long
    assert len(str(cells(path, 1)["text"])) == EXCEL_MAX_CELL
    assert cells(path, 2)["text"] == "鈴虫\n"
    sheet = opened(path).worksheets[0]
    assert 408 < sheet.row_dimensions[2].height <= 409  # the limit of Excel


def test_an_english_file(tmp_path: Path, plan: Codebook) -> None:
    path = made(tmp_path / "a.xlsx", plan, language="en", hidden=[0])
    book = opened(path)
    assert book.sheetnames[:3] == ["Decide", "How to", "Codebook"]
    assert cells(path, 0)["first"] == "(suggestion hidden)"
    guide = " ".join(str(c.value) for row in book["How to"] for c in row)
    assert not re.search(r"[ぁ-ん]", guide)


def test_what_is_not_asked_is_shown_with_the_reason(tmp_path: Path, plan: Codebook) -> None:
    items = items_of(wide(["バス", "特になし"], status=["提案", "意見なし"]), plan)
    path = tmp_path / "a.xlsx"
    write_review_sheets(
        [(path, Form("A", plan), items.asked.assign(suggestion_shown="yes"))], items.not_asked
    )
    rows = [[c.value for c in row] for row in opened(path)["対象外"]]
    assert rows == [["意見ID", "部分", "意見", "理由"], ["o1", None, "特になし", "意見なし"]]


def test_after_an_error_no_file_is_there(tmp_path: Path, plan: Codebook) -> None:
    items = items_of(wide(), plan)
    rows = items.asked.assign(suggestion_shown="yes")
    broken = rows.assign(first="G9")  # of no codebook: fails while the second file is written
    with pytest.raises(KeyError):
        write_review_sheets(
            [(tmp_path / "a.xlsx", Form("A", plan), rows), (tmp_path / "b.xlsx", Form("B", plan), broken)],
            items.not_asked,
        )
    assert not list(tmp_path.iterdir())


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def suggestions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample survey with suggestions, as `iken suggest` writes them."""
    path = tmp_path_factory.mktemp("提案") / "提案.xlsx"
    assert iken("suggest", SURVEY, "--out", path, "--model", ROOT / "models/default") == 0
    return path


CODEBOOK = ("--codebook", ROOT / "data/codebook/codebook.csv")


def test_one_file_a_coder(suggestions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "新しい" / "確認.xlsx"
    options = ("--coders", "佐藤, 鈴木", "--double", "0.3")
    assert iken("review", "sheet", suggestions, "--out", out, *options, *CODEBOOK) == 0
    said = capsys.readouterr().out
    assert "36件 = 判定する 33 + 対象外(意見なし・空欄) 3" in said
    assert sorted(p.name for p in out.parent.iterdir()) == ["確認_佐藤.xlsx", "確認_鈴木.xlsx"]
    files = [read_table(p, ROWS_SHEET) for p in sorted(out.parent.iterdir())]
    ids = [set(f["opinion_id"]) for f in files]
    assert len(ids[0] | ids[1]) == 33 and len(ids[0] & ids[1]) == 10
    assert sum((f["suggestion_shown"] == "no").any() for f in files) == 2  # a tenth is hidden by default


def test_codes_that_a_person_has_filled_in_already_are_told_of(
    suggestions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are asked for anew: nobody is to think that the forms have them."""
    assert iken("review", "sheet", suggestions, "--out", tmp_path / "o.xlsx", *CODEBOOK) == 0
    assert "確定コード" not in capsys.readouterr().err
    book = opened(suggestions)
    sheet = book.worksheets[0]
    column = [c.value for c in sheet[1]].index("確定コード") + 1
    for row in (2, 5):
        sheet.cell(row, column).value = "G1-1-1"
    book.save(tmp_path / "記入.xlsx")
    assert iken("review", "sheet", tmp_path / "記入.xlsx", "--out", tmp_path / "p.xlsx", *CODEBOOK) == 0
    assert "「確定コード」に記入のある行が 2件あります" in capsys.readouterr().err


def test_csv_and_long_give_forms_too(suggestions: Path, tmp_path: Path) -> None:
    wide_csv, long_csv = tmp_path / "w.csv", tmp_path / "l.csv"
    write_table(read_table(suggestions).drop(columns="確定コード"), wide_csv)
    long = ("--long", "--model", ROOT / "models/default")
    assert iken("suggest", SURVEY, "--out", long_csv, *long) == 0
    for source in (wide_csv, long_csv):
        out = tmp_path / f"{source.stem}.xlsx"
        assert iken("review", "sheet", source, "--out", out, "--hide", "0", *CODEBOOK) == 0
        row = cells(out, 0)
        assert str(row["text"]).startswith("バスの時間") and str(row["first"]).startswith("G3-3-2 ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--coders", "A,,B"), "使えません(--coders)"),
        (("--coders", "A/B"), "使えません(--coders)"),
        (("--coders", "A,a"), "2回あります"),
        (("--coders", "佐藤 太郎,佐藤　太郎"), "2回あります"),
        (("--codebook", "なし.csv"), "なし.csv"),
        (("--out", "o.csv"), ".xlsx"),
        (("--share", "0"), "--share"),
    ],
)
def test_bad_options(
    suggestions: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    options: tuple[str, ...],
    message: str,
) -> None:
    given = {"--out": tmp_path / "o.xlsx", "--codebook": CODEBOOK[1]} | {options[0]: options[1]}
    flat = [x for pair in given.items() for x in pair]
    assert iken("review", "sheet", suggestions, *flat) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_file_that_may_hold_decisions_is_never_overwritten(
    suggestions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o_B.xlsx").write_bytes(b"work of B")
    out = ("--out", tmp_path / "o.xlsx", "--coders", "A,B")
    assert iken("review", "sheet", suggestions, *out, *CODEBOOK) == 2
    assert "上書きしません" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["o_B.xlsx"]


def test_help_with_examples_and_every_option_in_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    docs = (ROOT / "docs/commands_ja.md").read_text("utf-8")
    for command in ("sheet", "collect"):
        assert iken("review", command, "--help") == 0
        text = capsys.readouterr().out
        assert f"iken review {command}" in text and "例" in text and f"iken review {command}" in docs
        for option in re.findall(r"--[a-z-]+", text):
            assert option == "--help" or option in docs, f"{command} {option} is not in the docs"
