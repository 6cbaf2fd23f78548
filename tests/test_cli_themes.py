"""`iken themes` as a user runs it: files, messages, exit codes."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import DEFAULT, iken
from conftest import ROOT, SEED_LABELS

from pipeline.codebook import Codebook
from pipeline.tableio import read_table, write_table
from pipeline.themes import DECIDED


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """A survey of the thirty planted comments and ten of the sample."""
    planted = read_table(ROOT / "tests/data/planted_themes.csv")["text"].tolist()
    sample = read_table(ROOT / "data/sample/survey.csv")["自由記述"].tolist()[:10]
    path = tmp_path / "調査.csv"
    write_table(pd.DataFrame({"自由記述": [*planted, *sample]}), path)
    return path


def test_from_survey_to_themes(tmp_path: Path, survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suggestions, out = tmp_path / "提案.xlsx", tmp_path / "テーマ"
    assert iken("suggest", survey, "--out", suggestions, "--model", DEFAULT) == 0
    capsys.readouterr()
    assert iken("themes", suggestions, "--out", out, "--model", DEFAULT) == 0
    said = capsys.readouterr().out
    assert "新しいテーマの候補" in said and "道路" in said and str(out) in said
    themes = read_table(out / "themes.csv")
    assert len(themes) == 3
    book = openpyxl.load_workbook(out / "themes.xlsx")
    assert book.sheetnames == ["新しいテーマ", "意見", "分割の候補", "取り違え", "コードブック案"]
    assert [r[1].value for r in book["新しいテーマ"].iter_rows(min_row=2)] == themes["name"].tolist()
    # Excel sorts and sums them as numbers.
    assert [r[2].value for r in book["新しいテーマ"].iter_rows(min_row=2)] == [10, 10, 10]
    near = {type(r[-2].value) for r in book["意見"].iter_rows(min_row=2)}
    assert float in near and str not in near
    assert "部分" in [c.value for c in book["意見"][1]]
    assert read_table(out / "theme_opinions.csv")["opinion_id"].nunique() == 40
    units = read_table(out / "theme_opinions.csv")["use"].tolist()
    draft = out / "codebook_draft.csv"
    assert (
        Codebook.from_table(read_table(draft)).sha256
        == Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv")).sha256
    )
    assert iken("--lang", "en", "themes", suggestions, "--out", tmp_path / "en", "--model", DEFAULT) == 0
    assert f"item of the plan (計画の項目): {units.count('計画の項目')}" in capsys.readouterr().out
    book = openpyxl.load_workbook(tmp_path / "en/themes.xlsx")
    assert book.sheetnames == ["themes", "opinions", "splits", "confusions", "codebook draft"]
    assert [c.value for c in book["themes"][1]] == list(themes.columns)
    assert [r[2].value for r in book["themes"].iter_rows(min_row=2)] == [10, 10, 10]
    # The long form says the same.
    long = tmp_path / "long.csv"
    assert iken("suggest", survey, "--out", long, "--long", "--model", DEFAULT) == 0
    assert iken("themes", long, "--out", tmp_path / "t2", "--model", DEFAULT) == 0
    assert read_table(tmp_path / "t2/themes.csv")["name"].tolist() == themes["name"].tolist()
    long_units = read_table(tmp_path / "t2/theme_opinions.csv")
    assert set(long_units["unit"]) >= {"1"} and not long_units["opinion_id"].str.contains("\x1f").any()


def test_the_seed_has_no_new_theme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = read_table(SEED_LABELS)
    plain = tmp_path / "seed.csv"
    write_table(table[["opinion_id", "text"]], plain)
    for file in (SEED_LABELS, plain):
        assert iken("themes", file, "--out", tmp_path / "t", "--model", DEFAULT) == 0
        assert "新しいテーマの候補はありません" in capsys.readouterr().out
        assert read_table(tmp_path / "t/themes.csv").empty


def test_what_cannot_be_used_is_said_and_nothing_written(
    tmp_path: Path, survey: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "t"
    assert iken("themes", survey, "--out", out, "--text-column", "感想", "--model", DEFAULT) == 2
    assert "列「感想」がありません" in capsys.readouterr().err
    coded = tmp_path / "coded.csv"
    write_table(pd.DataFrame({"opinion_id": ["1"], "code": ["G1-1-1"]}), coded)
    assert iken("themes", survey, "--out", out, "--coded", coded, "--model", DEFAULT) == 2
    assert "coder" in capsys.readouterr().err
    decided = tmp_path / "decided.csv"
    write_table(pd.DataFrame({"自由記述": ["a", "b"], "確定コード": ["該当なし", "G9-9-9"]}), decided)
    assert iken("themes", decided, "--out", out, "--model", DEFAULT) == 2
    assert "3行目、列「確定コード」" in capsys.readouterr().err
    assert not out.exists()
    out.write_text("a file")
    assert iken("themes", survey, "--out", out, "--model", DEFAULT) == 2


def test_decisions_are_read_as_the_report_reads_them(tmp_path: Path) -> None:
    words = ["該当項目なし", "None", "G1-1-1; G1-1-2", "G1-1", "見守り活動について", ""]
    path = tmp_path / "確定.csv"
    texts = [f"{i}番目の道路の街灯が暗いので直してほしい" for i in range(len(words))]
    write_table(pd.DataFrame({"自由記述": texts, "確定コード": words}), path)
    assert iken("themes", path, "--out", tmp_path / "t", "--model", DEFAULT) == 0
    units = read_table(tmp_path / "t/theme_opinions.csv").drop_duplicates("opinion_id")
    decided = units[units["use"] == DECIDED]
    assert decided["code"].tolist() == ["G1-1-1", "G1-1", "G1-1-1"]


def test_coders_who_differ(tmp_path: Path, survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    coded = tmp_path / "coded.csv"
    rows = [("1", "佐藤", "1(1)①"), ("1", "鈴木", "G3-5-1"), ("2", "佐藤", ""), ("2", "鈴木", "G3-5-1")]
    write_table(pd.DataFrame(rows, columns=["opinion_id", "coder", "code"]), coded)
    assert iken("themes", survey, "--out", tmp_path / "t", "--coded", coded, "--model", DEFAULT) == 0
    table = read_table(tmp_path / "t/confusions.csv")
    differ = table[table["coders_differ"] != "0"]
    assert differ[["code_1", "code_2", "coders_differ"]].values.tolist() == [["G1-1-1", "G3-5-1", "1"]]
