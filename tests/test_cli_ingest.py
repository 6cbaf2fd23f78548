"""`iken ingest`: tables from documents and coded tables, and what it keeps of those that are there."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import LIGHT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS, SOURCE

from pipeline.tableio import read_table, write_table


def test_ingest_gives_exactly_the_committed_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert iken("ingest", SOURCE, "--out", tmp_path, "--strict") == 0
    said = capsys.readouterr().out
    assert "第1階層 3 / 中間 11 / 項目 37、コード付き意見 84件" in said
    assert "+ 外した 0" in said
    for name in ("labels/kamakura_workshop_2025.csv", "workshops.csv"):
        assert (tmp_path / name).read_bytes() == (ROOT / "data" / name).read_bytes()
    titles = ["code", "parent", "level", "number", "title"]
    assert read_table(tmp_path / "codebook/codebook.csv")[titles].equals(read_table(SEED_CODEBOOK)[titles])


def test_a_coded_table_becomes_labels(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"ご意見": ["バスがない", "隣が心配", ""], "コード": ["3(3)②", "目標1-(1)-①", "1-1-1"]}
    )
    write_table(table, tmp_path / "coded.xlsx")
    arguments = ("ingest", tmp_path / "coded.xlsx", "--codebook", SEED_CODEBOOK, "--out", tmp_path / "o")
    assert iken(*arguments) == 0
    assert iken(*arguments, "--strict") == 1
    assert read_table(tmp_path / "o/labels/coded.csv")["code"].tolist() == ["G3-3-2", "G1-1-1"]


def test_reading_a_document_again_keeps_what_people_wrote(tmp_path: Path) -> None:
    assert iken("ingest", SOURCE, "--out", tmp_path) == 0
    path = tmp_path / "codebook" / "codebook.csv"
    table = read_table(path)
    table.loc[2, ["definition", "text_source"]] = ["人が書いた説明", "市の計画"]
    write_table(table.fillna(""), path)
    written = path.read_bytes()
    assert iken("ingest", SOURCE, "--out", tmp_path) == 0
    assert path.read_bytes() == written
    table.loc[2, "title"] = "別の計画の項目"
    write_table(table.fillna(""), path)
    written = path.read_bytes()
    assert iken("ingest", SOURCE, "--out", tmp_path) == 2
    assert path.read_bytes() == written


def test_reading_a_document_again_keeps_rows_that_are_switched_off(tmp_path: Path) -> None:
    """They are what `iken themes` proposed, with the notes of who thinks about it."""
    assert iken("ingest", SOURCE, "--out", tmp_path) == 0
    path = tmp_path / "codebook" / "codebook.csv"
    table = read_table(path).assign(active="yes")
    table.loc[len(table)] = {"code": "N1", "title": "新しいテーマ", "active": "no"}
    write_table(table.fillna(""), path)
    written = path.read_bytes()
    assert iken("ingest", SOURCE, "--out", tmp_path) == 0
    assert path.read_bytes() == written


def test_sessions_of_another_document_stay(tmp_path: Path) -> None:
    """Their labels do; next year's summary is read into the same folder."""
    first, second = tmp_path / "2025.md", tmp_path / "2026.md"
    for path in (first, second):
        path.write_bytes(SOURCE.read_bytes())
    out = tmp_path / "out"
    for path in (first, second, second):
        assert iken("ingest", path, "--out", out) == 0
    sources = read_table(out / "workshops.csv")["source"].tolist()
    assert iken("ingest", first, second, "--out", tmp_path / "both") == 0
    assert sources == read_table(tmp_path / "both" / "workshops.csv")["source"].tolist()
    assert {*sources} == {"2025.md", "2026.md"}


def test_label_files_that_both_number_from_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = tmp_path / "small.toml"
    small.write_text("lexical = 1.0\nuse = 0.0\nchive = 0.0\n", "utf-8")
    table = read_table(SEED_LABELS).head(8)
    table["opinion_id"] = [str(i) for i in range(1, 9)]
    files = []
    for name, part, source in (("a", table.iloc[:4], ""), ("b", table.iloc[4:], "")):
        files.append(tmp_path / f"{name}.csv")
        write_table(part.assign(source=source, opinion_id=["1", "2", "3", "4"]), files[-1])
    fixed = ("--codebook", SEED_CODEBOOK, "--no-bank", "--config", small, "--out", tmp_path / "m")
    both = ("--labels", files[0], "--labels", files[1])
    assert iken("train", *both, *fixed) == 0
    assert json.loads((tmp_path / "m/manifest.json").read_text("utf-8"))["labels"]["rows"] == 8
    # A row that is set aside needs a source, too.
    authored = read_table(files[0]).assign(source="", label_source="authored")
    write_table(pd.concat([read_table(files[0]), authored]), files[0])
    assert iken("train", *both, *fixed, "--strict") == 1
    assert "a.csv" in capsys.readouterr().out
    # One source cannot give one id to two opinions.
    for path in files:
        write_table(read_table(path).assign(source="調査", label_source=""), path)
    assert iken("train", *both, *fixed) == 2
    assert "b.csv、2行目、列「opinion_id」" in capsys.readouterr().err
    write_table(pd.concat([read_table(p) for p in files]), files[0])
    assert iken("evaluate", "--labels", files[0], "--model", tmp_path / "m") == 2
    assert "opinion_id" in capsys.readouterr().err
    files[1].unlink()


def test_a_table_of_a_plan_with_merged_cells_and_goals_in_columns_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was a plan of one level without a word."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["目標", "title"], ["安心", "健診の充実"], ["", "産後の支援"], ["道", "歩道の段差"]):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "計画.xlsx")
    train = ("train", "--out", tmp_path / "m", *LIGHT, "--codebook")
    assert iken(*train, tmp_path / "計画.xlsx") == 0
    said = "".join(capsys.readouterr().err.split())
    assert "結合したセルがあります(A2:A3" in said and "3項目が1つの階層に並んだ計画" in said
    assert iken(*train, SEED_CODEBOOK) == 0
    said = capsys.readouterr().err
    assert "結合" not in said and "1つの階層" not in said


def test_a_document_of_which_no_opinion_could_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its codebook may lack levels, and would then not fit the corrected document."""
    lines = ["# 目標1 安心", "## 取組1-1 健診", "健診が遠い", "# 目標2 道", "## 取組2-1 歩道", "段差がある"]
    (tmp_path / "まとめ.md").write_text("\n\n".join(lines), "utf-8")
    assert iken("ingest", tmp_path / "まとめ.md", "--out", tmp_path / "市") == 0
    said = capsys.readouterr()
    assert "コード付き意見 0件" in said.out and "1件も読めませんでした" in said.err
    corrected = "\n\n".join(lines).replace("## 取組1-1", "(1)").replace("## 取組2-1", "(1)")
    corrected = corrected.replace("健診が遠い", "・健診が遠い").replace("段差が", "・段差が")
    (tmp_path / "まとめ.md").write_text(corrected, "utf-8")
    assert iken("ingest", tmp_path / "まとめ.md", "--out", tmp_path / "市") == 2
    assert "見出しを直したのなら" in capsys.readouterr().err
    (tmp_path / "市/codebook/codebook.csv").unlink()
    assert iken("ingest", tmp_path / "まとめ.md", "--out", tmp_path / "市") == 0
    said = capsys.readouterr()
    assert "コード付き意見 2件" in said.out and "読めませんでした" not in said.err
