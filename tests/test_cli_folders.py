"""Models, codebooks and example banks are found from any folder, and those of another plan are told apart."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from commands import DEFAULT, LIGHT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS, SOURCE

from pipeline.cli.environment import find_model
from pipeline.cli.inputs import find_inputs
from pipeline.tableio import read_table, write_table


def test_a_model_may_be_named_or_be_the_present_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = tmp_path / "small.toml"
    small.write_text("lexical = 1.0\nuse = 0.0\nchive = 0.0\n", "utf-8")
    labels = tmp_path / "labels.csv"
    write_table(read_table(SEED_LABELS).head(8), labels)
    monkeypatch.chdir(tmp_path)
    fixed = ("--codebook", SEED_CODEBOOK, "--no-bank", "--config", small)
    assert iken("train", "--labels", labels, *fixed, "--out", tmp_path / "models" / "mine") == 0
    assert iken("reproduce", "mine") == 0
    monkeypatch.chdir(tmp_path / "models" / "mine")
    assert iken("reproduce", ".") == 0
    assert capsys.readouterr().out.count("一致") == 2


def test_a_survey_is_checked_and_reported_from_any_folder(
    survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the shipped model suggests without more ado, its plan is at hand for what comes after."""
    monkeypatch.chdir(tmp_path)
    assert iken("suggest", survey, "--out", "提案.xlsx") == 0
    for command in (
        ("review", "sheet", "提案.xlsx", "--out", "確認.xlsx"),
        ("report", "提案.xlsx", "--out", "r.md"),
    ):
        capsys.readouterr()
        assert iken(*command) == 0
        assert "付属のコードブック" in capsys.readouterr().err
    # A folder with a plan of its own, or a plan that is named, is not passed over.
    (tmp_path / "data/codebook").mkdir(parents=True)
    assert iken("review", "sheet", "提案.xlsx", "--out", "b.xlsx") == 2
    assert iken("review", "sheet", "提案.xlsx", "--out", "b.xlsx", "--codebook", "c.csv") == 2


def test_what_comes_with_iken_is_found_from_any_folder(
    survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert iken("suggest", survey, "--out", tmp_path / "a.csv") == 0
    assert iken("suggest", survey, "--out", tmp_path / "b.csv", "--model", "default") == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    city = Path(shutil.copy(SEED_CODEBOOK, tmp_path / "codebook.csv"))
    inputs = find_inputs([], city, None, no_bank=False)
    assert inputs.bank is not None and inputs.bank.samefile(ROOT / "data/codebook/example_utterances.csv")
    assert inputs.bank_codebook is not None and inputs.bank_codebook.samefile(SEED_CODEBOOK)
    assert inputs.terms is not None
    assert inputs.paraphrases is None  # they are of the opinions of another plan
    own = Path(shutil.copy(ROOT / "data/codebook/paraphrases.csv", tmp_path / "paraphrases.csv"))
    inputs = find_inputs([], city, None, no_bank=False)
    assert inputs.bank_codebook is not None and inputs.paraphrases == own  # whatever bank serves
    own.unlink()
    bank = ROOT / "data/codebook/example_utterances.csv"
    beside = find_inputs([], city, bank, no_bank=False).paraphrases
    assert beside is not None and beside.samefile(ROOT / "data/codebook/paraphrases.csv")
    assert find_inputs([], SEED_CODEBOOK, None, no_bank=True).paraphrases is None
    # A plan of one's own in a folder of that name is not what the bank was written for.
    own = tmp_path / "data/codebook/codebook.csv"
    own.parent.mkdir(parents=True)
    table = read_table(SEED_CODEBOOK)
    write_table(table.assign(title="別の計画の" + table["title"]), own)
    inputs = find_inputs([SEED_LABELS], own, None, no_bank=False)
    assert inputs.bank_codebook is not None and inputs.bank_codebook.samefile(SEED_CODEBOOK)
    assert inputs.pairs == own.parent / "carry_over.csv"
    # Where there are models of another plan, ours is not taken without a word.
    (tmp_path / "models/わたしの市").mkdir(parents=True)
    assert iken("suggest", survey, "--out", tmp_path / "c.csv") == 2
    assert "models" in capsys.readouterr().err


def test_learning_without_an_example_bank_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.cli.environment._HOME", tmp_path)
    city = Path(shutil.copy(SEED_CODEBOOK, tmp_path / "codebook.csv"))
    given = ("--labels", SEED_LABELS, "--codebook", city, *LIGHT[:2], "--out", tmp_path / "m")
    assert iken("train", *given) == 0
    assert "例文集" in capsys.readouterr().err
    assert iken("train", *given, "--no-bank") == 0
    assert "例文集" not in capsys.readouterr().err


def test_a_model_is_found_beside_a_folder_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """README has both わたしの市/codebook and models/わたしの市."""
    (tmp_path / "わたしの市/codebook").mkdir(parents=True)
    shutil.copytree(DEFAULT, tmp_path / "models/わたしの市")
    monkeypatch.chdir(tmp_path)
    assert find_model(Path("わたしの市")) == Path("models/わたしの市")
    assert find_model(Path("models/わたしの市")) == Path("models/わたしの市")


def test_labels_beside_another_plans_codebook_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its codes are called alike, and would teach the wrong items."""
    text = re.sub(r"(?m)^(#+ .*)$", r"\1と健診", SOURCE.read_text("utf-8"))
    other = tmp_path / "別の計画.md"
    other.write_text(text, "utf-8")
    assert iken("ingest", other, "--out", tmp_path) == 0
    labels = tmp_path / "labels/別の計画.csv"
    for command in (
        ("train", "--labels", labels, "--out", tmp_path / "m"),
        ("evaluate", "--labels", labels),
        ("audit", "--labels", labels),
    ):
        assert iken(*command) == 2 and "別の計画" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
    # Where another plan's codebook lies beside them by chance, they are read by the one that is named.
    moved = tmp_path / "kamakura/labels/x.csv"
    moved.parent.mkdir(parents=True)
    shutil.copy(labels, moved)
    shutil.copytree(ROOT / "data/codebook", tmp_path / "kamakura/codebook")
    own = ("--codebook", tmp_path / "codebook/codebook.csv", "--config", ROOT / "data/config/lexical.toml")
    assert iken("train", "--labels", moved, *own, "--no-bank", "--out", tmp_path / "m") == 0


def test_another_plan_is_told_where_to_go(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert iken("ingest", SOURCE, "--out", tmp_path) == 0
    other = tmp_path / "別の計画.md"
    text = SOURCE.read_text("utf-8").replace("見守り活動について", "健診の充実")
    other.write_text(text, "utf-8")
    assert iken("ingest", other, "--out", tmp_path) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "codebook.csv" in said and "--out" in said


def test_labels_that_are_left_out_beside_another_plans_codebook_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `ingest` and `adjudicate`, who forgets --labels would get a model of titles alone."""
    monkeypatch.chdir(tmp_path)
    assert iken("ingest", SOURCE, "--out", "わたしの市") == 0
    codebook = Path("わたしの市/codebook/codebook.csv")
    train = ("train", "--codebook", codebook, "--out", "models/m", *LIGHT)
    capsys.readouterr()
    assert iken(*train) == 0
    said = capsys.readouterr().err
    assert "コード付き意見を使わずに学習します" in said
    assert f"--labels {Path('わたしの市/labels')}{os.sep}{SOURCE.stem}.csv" in said
    assert iken(*train, "--labels", f"わたしの市/labels/{SOURCE.stem}.csv") == 0
    assert "使わずに" not in capsys.readouterr().err
    shutil.copy(codebook, "計画.csv")
    assert iken("train", "--codebook", "計画.csv", "--out", "models/m", *LIGHT) == 0
    assert "使わずに" not in capsys.readouterr().err
