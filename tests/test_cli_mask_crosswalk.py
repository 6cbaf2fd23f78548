"""Journeys through `iken mask`, `iken suggest --mask` and `iken crosswalk`."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import DEFAULT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.cli.inputs import find_inputs
from pipeline.tableio import read_table, write_table

REWORDED = ROOT / "tests/data/reworded_codebook.csv"
COMMENTS = [
    "連絡は0467-00-1234の田中さんまで",
    "=バスが少ない",
    "特になし",
    "鎌倉市大船一丁目二番三号の見守りを",
    "大船のお母さん",
]
MASKED = ["連絡は〔電話番号〕の〔氏名〕さんまで", *COMMENTS[1:3], "〔住所〕の見守りを", COMMENTS[4]]


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "回答 一覧.csv"
    write_table(
        pd.DataFrame(
            {"No": ["01", "02", "03", "04", "05"], "意見": COMMENTS, "氏名欄": ["鈴木さん", *[""] * 4]}
        ),
        path,
    )
    return path


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".parquet"])
def test_mask_writes_the_same_table_without_personal_information(
    survey: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = survey.with_suffix(ending)
    if ending != ".csv":
        write_table(read_table(survey), source)
    before = source.read_bytes()
    out, report = survey.with_name(f"公開用{ending}"), survey.with_name(f"一覧{ending}")
    assert iken("mask", source, "--out", out, "--report", report) == 0
    said = capsys.readouterr()
    assert "3か所" in said.out and "電話番号: 1" in said.out
    assert "氏名欄" in said.err and "人が全文を" in said.err
    given, got = read_table(source), read_table(out)
    assert got["意見"].tolist() == MASKED
    assert got.drop(columns="意見").equals(given.drop(columns="意見"))
    assert source.read_bytes() == before
    listed = read_table(report)
    # Rows are numbered as the file shows them: with the header, where there is one.
    first, fourth = ("1", "4") if ending == ".parquet" else ("2", "5")
    assert listed[["row", "column", "kind"]].values.tolist() == [
        [first, "意見", "電話番号"], [first, "意見", "氏名"], [fourth, "意見", "住所"],
    ]  # fmt: skip
    assert "original" not in listed.columns
    assert not any(secret in str(listed.values) for secret in ("0467", "田中", "一丁目"))


def test_mask_of_several_columns_with_originals(survey: Path) -> None:
    out, report = survey.with_name("o.xlsx"), survey.with_name("r.csv")
    arguments = (
        "mask",
        survey,
        "--out",
        out,
        "--report",
        report,
        "--text-column",
        "意見",
        "--text-column",
        "氏名欄",
    )
    assert iken(*arguments, "--show-originals") == 0
    assert read_table(report)["original"].tolist() == [
        "0467-00-1234",
        "田中",
        "鈴木",
        "鎌倉市大船一丁目二番三号",
    ]
    sheet = openpyxl.load_workbook(out).worksheets[0]
    assert sheet["B3"].value == "=バスが少ない" and sheet["B3"].data_type == "s"
    assert sheet["C2"].value == "〔氏名〕さん"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--out", "回答 一覧.csv"), "--out に別の名前"),
        (("--out", "o.csv", "--report", "o.csv"), "--report に別の名前"),
        (("--out", "o.csv", "--report", "回答 一覧.csv"), "--report に別の名前"),
        (("--out", "o.csv", "--show-originals"), "--report と一緒に"),
        (("--out", "o.csv", "--text-column", "感想"), "ある列: No、意見、氏名欄"),
        (("--out", "o.docx"), "使える拡張子"),
    ],
)
def test_bad_input_of_mask_writes_nothing(
    survey: Path,
    arguments: tuple[str, ...],
    says: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(survey.parent)
    before = survey.read_bytes()
    assert iken("mask", survey, *arguments) == 2
    assert says in capsys.readouterr().err
    assert [p.name for p in survey.parent.iterdir()] == [survey.name] and survey.read_bytes() == before


def test_mask_does_not_write_through_a_link_to_the_input(survey: Path) -> None:
    link = survey.with_name("別名.csv")
    link.hardlink_to(survey)
    before = survey.read_bytes()
    assert iken("mask", survey, "--out", link) == 2
    assert survey.read_bytes() == before == link.read_bytes()


def test_a_row_that_cannot_be_read_leaves_nothing(survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey.write_text("No,意見\n1,田中さん\n2,多,すぎ\n", "utf-8")
    assert (
        iken("mask", survey, "--out", survey.with_name("o.csv"), "--report", survey.with_name("r.csv")) == 2
    )
    assert "3行目" in capsys.readouterr().err
    assert list(survey.parent.iterdir()) == [survey]


@pytest.mark.parametrize("extra", [(), ("--long",)])
def test_suggest_with_mask_codes_the_original_and_writes_the_masked(
    survey: Path, extra: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    plain, masked = survey.with_name("p.csv"), survey.with_name("m.csv")
    for out, options in ((plain, extra), (masked, (*extra, "--mask"))):
        assert iken("suggest", survey, "--out", out, "--model", DEFAULT, *options) == 0
    # The column of names is in the wide output only.
    assert ("氏名欄" in capsys.readouterr().err) == (not extra)
    a, b = read_table(plain), read_table(masked)
    column = "unit_text" if extra else "意見"
    changed = [c for c in (column, "evidence", "evidence_words") if c in a]
    assert a.drop(columns=changed).equals(b.drop(columns=changed))
    assert set(a[column]) == set(COMMENTS) and set(b[column]) == set(MASKED)
    if not extra:
        # Of the words of evidence only those of the address are gone.
        words = [
            {*x.split("、")} - {*y.split("、")}
            for x, y in zip(a["evidence_words"], b["evidence_words"], strict=True)
        ]
        assert [bool(w) for w in words] == [False, False, False, True, False]
        assert all(w in COMMENTS[3] for w in words[3])


# -- crosswalk -------------------------------------------------------------------------------------


def test_a_person_edits_the_table_and_the_labels_go_where_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, used, labels = tmp_path / "対応表.xlsx", tmp_path / "対応表2.csv", tmp_path / "labels.csv"
    plans = (SEED_CODEBOOK, REWORDED)
    assert iken("crosswalk", *plans, "--labels", SEED_LABELS, "--out", table) == 0
    assert "37" in capsys.readouterr().out and not labels.exists()
    sheet = openpyxl.load_workbook(table).active
    (rule,) = sheet.data_validations.dataValidation
    assert rule.formula1 == '"○,×"' and sheet[str(rule.sqref).split(":")[0][0] + "1"].value == "use"
    edited = read_table(table)
    first = edited.index[edited["old_code"] == "G1-1-1"]
    edited.loc[first, "use"] = ["", "○", *[""] * (len(first) - 2)]
    moved = edited.loc[first[1], "new_code"]
    edited.loc[edited["old_code"] == "G3-3-2", "use"] = ""
    write_table(edited, table)
    arguments = ("--labels", SEED_LABELS, "--table", table, "--out", used, "--out-labels", labels)
    assert iken("crosswalk", *plans, *arguments) == 1
    said = capsys.readouterr()
    assert "84件 = 引き継いだ 81 + 外した 3" in said.out and "題名と違う" not in said.err
    carried, aside = read_table(labels), read_table(tmp_path / "labels_set_aside.xlsx")
    assert set(carried.loc[carried["carried_from_code"] == "G1-1-1", "code"]) == {moved}
    assert set(aside["code"]) == {"G3-3-2"} and len(carried) + len(aside) == 84
    # A code that was edited alone, or a codebook renumbered since: its title here is told.
    other = next(c for c in edited.loc[edited["use"] == "○", "new_code"] if c != moved)
    edited.loc[first[1], "new_code"] = other
    write_table(edited, table)
    assert (
        iken("crosswalk", *plans, *arguments[:-3], tmp_path / "u.csv", "--out-labels", tmp_path / "o.csv")
        == 1
    )
    told = capsys.readouterr().err
    assert (
        "題名と違う行が 1行" in told
        and f"{first[1] + 2}行目: {other} 「{edited.loc[first[1], 'new_title']}」" in told
    )
    # What was carried is what training reads.
    assert iken("crosswalk", REWORDED, SEED_CODEBOOK, "--labels", labels, "--out", tmp_path / "back.csv") == 0


def test_all_84_labels_are_carried_in_one_go(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    arguments = ("--labels", SEED_LABELS, "--out", tmp_path / "t.csv", "--out-labels", labels)
    assert iken("crosswalk", SEED_CODEBOOK, REWORDED, *arguments) == 0
    assert len(read_table(labels)) == 84 and len(read_table(tmp_path / "labels_set_aside.xlsx")) == 0
    assert iken("crosswalk", SEED_CODEBOOK, REWORDED, *arguments) == 0  # the same again is no loss


def test_labels_that_were_set_aside_are_not_learned_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They bear codes of the old plan, which mean something else in the new one that has such codes too."""
    plan, labels = tmp_path / "data/codebook/codebook.csv", tmp_path / "data/labels/引き継ぎ.csv"
    for path in (plan, labels):
        path.parent.mkdir(parents=True)
    write_table(read_table(REWORDED), plan)
    table = tmp_path / "対応表.csv"
    assert iken("crosswalk", SEED_CODEBOOK, plan, "--out", table) == 0
    edited = read_table(table)
    edited.loc[edited["old_code"] == "G3-3-2", "use"] = ""
    write_table(edited, table)
    carried = ("--out", tmp_path / "使った.csv", "--out-labels", labels)
    arguments = ("--labels", SEED_LABELS, "--table", table, *carried)
    assert iken("crosswalk", SEED_CODEBOOK, plan, *arguments) == 1
    monkeypatch.chdir(tmp_path)
    assert find_inputs(None, Path("data/codebook/codebook.csv"), None, no_bank=True).labels == (
        Path("data/labels/引き継ぎ.csv"),
    )


def test_an_edited_table_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "t.csv"
    assert iken("crosswalk", SEED_CODEBOOK, REWORDED, "--out", table) == 0
    edited = read_table(table)
    edited.loc[0, "note"] = "委員会で確認"
    write_table(edited, table)
    for extra in ((), ("--table", table)):
        assert iken("crosswalk", SEED_CODEBOOK, REWORDED, "--out", table, *extra) == 2
        assert "別の名前" in capsys.readouterr().err
    assert read_table(table).equals(edited)


def test_bad_input_of_crosswalk_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "l.csv"
    write_table(read_table(SEED_LABELS).assign(code="Z9"), labels)
    out = tmp_path / "t.csv"
    for extra, says in (
        (("--out-labels", tmp_path / "o.csv"), "--labels と一緒に"),
        (("--labels", labels), "2行目、列「code」"),
    ):
        assert iken("crosswalk", SEED_CODEBOOK, REWORDED, "--out", out, *extra) == 2
        assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [labels]
