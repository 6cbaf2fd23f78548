"""What a command reads is never written over, and a place that cannot be written is refused before the work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import DEFAULT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS, SOURCE

from pipeline.cli.outputs import check_outputs
from pipeline.errors import InputError
from pipeline.tableio import read_table, write_table
from pipeline.tables import DECISIONS

BOOK = ("--codebook", SEED_CODEBOOK)


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels" / "意見.xlsx"
    path.parent.mkdir()
    write_table(read_table(SEED_LABELS).head(6), path)
    return path


@pytest.fixture
def decisions(tmp_path: Path) -> Path:
    path = tmp_path / "判定.xlsx"
    row = {"opinion_id": "a", "text": "バスが少ない", "action": "change", "code": "G3-3-2"}
    write_table(DECISIONS.table(row | {"coder": c, "decision_id": c} for c in "AB"), path)
    return path


def _refused(path: Path, option: str, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
    before = path.read_bytes()
    files = sorted(path.parent.iterdir())
    assert iken(*arguments) == 2
    out, said = capsys.readouterr()
    assert path.name in said and option in said and not out
    assert path.read_bytes() == before and sorted(path.parent.iterdir()) == files


def test_labels_are_not_written_over(labels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, arguments in (
        ("--out", ("audit", "--labels", labels, "--out", labels)),
        ("--out", ("compare", "default", "default", "--labels", labels, "--out", labels)),
        ("--json", ("evaluate", "--labels", labels, "--json", labels)),
    ):
        _refused(labels, option, capsys, *arguments)


def test_decisions_are_not_written_over(decisions: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("agreement", "adjudicate"):
        _refused(decisions, "--out", capsys, command, decisions, "--out", decisions, *BOOK)
    # The account lies beside the labels, under a name that a table of decisions may have, too.
    account = decisions.rename(decisions.with_name("判定.account.xlsx"))
    _refused(account, "--out", capsys, "adjudicate", account, "--out", account.with_name("判定.csv"), *BOOK)


def test_a_table_to_read_and_a_survey_are_not_written_over(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = labels.with_suffix(".csv")
    write_table(read_table(labels), table)
    _refused(table, "--out", capsys, "ingest", table, "--out", tmp_path, *BOOK)
    survey = table.rename(table.with_name("themes.csv"))
    _refused(survey, "--out", capsys, "themes", survey, "--out", survey.parent)


def test_a_table_called_as_the_sessions_are_is_not_written_over_by_them(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "workshops.csv"
    write_table(read_table(labels), table)
    # It may stay as long as no sessions are to be written.
    assert iken("ingest", table, "--out", tmp_path, *BOOK) == 0
    capsys.readouterr()
    _refused(table, "--out", capsys, "ingest", SOURCE, table, "--out", tmp_path, *BOOK)


def test_a_place_that_is_a_file_is_refused_before_the_work(
    labels: Path, decisions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, arguments in (
        ("--out", ("audit", "--labels", labels, "--out", decisions / "x.csv")),
        ("--out", ("agreement", decisions, "--out", decisions / "x.xlsx", *BOOK)),
        ("--out", ("adjudicate", decisions, "--out", decisions / "x.csv", *BOOK)),
        ("--json", ("evaluate", "--labels", labels, "--json", decisions / "x.json")),
        ("--pictures", ("evaluate", "--labels", labels, "--pictures", decisions)),
        ("--report", ("mask", labels, "--out", labels.with_name("m.csv"), "--report", decisions / "x.csv")),
    ):
        _refused(decisions, option, capsys, *arguments)


def test_a_folder_that_is_not_there_is_made(
    tmp_path: Path, decisions: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "新しい" / "フォルダ"
    assert iken("agreement", decisions, "--out", new / "一致度.xlsx", *BOOK) == 0
    assert iken("adjudicate", decisions, "--out", new / "ラベル" / "a.csv", *BOOK) == 0
    assert {p.name for p in new.iterdir()} == {"一致度.xlsx", "ラベル"}
    assert len(list((new / "ラベル").iterdir())) == 3


def test_two_names_of_one_file_are_one(tmp_path: Path) -> None:
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("x", "utf-8")
    os.link(one, other)
    with pytest.raises(InputError, match="--out"):
        check_outputs([("--out", other)], [one, None])
    with pytest.raises(InputError, match="--report"):
        check_outputs([("--out", tmp_path / "c.csv"), ("--report", tmp_path / "c.csv")], [one])
    check_outputs([("--out", tmp_path / "c.csv"), ("--report", None)], [one])


def test_of_several_files_none_is_written_if_one_cannot_be(
    labels: Path, decisions: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    survey = labels.with_name("調査.csv")
    write_table(read_table(SEED_LABELS).head(6)[["text"]], survey)
    carried = ("crosswalk", SEED_CODEBOOK, SEED_CODEBOOK, "--labels", SEED_LABELS)
    for blocked, *arguments in (
        ("themes.xlsx", "themes", survey, "--out", "."),
        ("r.xlsx", "mask", survey, "--out", "m.csv", "--report", "r.xlsx"),
        ("l_set_aside.xlsx", *carried, "--out", "t.xlsx", "--out-labels", "l.csv"),
        ("l.csv", "adjudicate", decisions, "--out", "l.csv", *BOOK),
        ("codebook/codebook.csv", "ingest", SOURCE, "--out", "."),
        ("workshops.csv", "ingest", SOURCE, "--out", "."),
    ):
        folder = tmp_path / f"{arguments[0]} {Path(blocked).name}"
        (folder / blocked).mkdir(parents=True)  # as little to be replaced as a file that is open in Excel
        named = ("--out", "--report", "--out-labels")
        places = [folder / a if arguments[i - 1] in named else a for i, a in enumerate(arguments)]
        assert iken(*places) == 2, arguments
        said = capsys.readouterr()
        assert Path(blocked).name in said.err and "書き込めません" in said.err and not said.out
        assert not [p for p in folder.rglob("*") if p.is_file()]


def test_a_disk_that_gets_full_is_one_message_and_leaves_nothing(tmp_path: Path) -> None:
    pytest.importorskip("resource")  # limits as a full disk does, on what is not Windows
    temporary, out = tmp_path / "temporary", tmp_path / "out"
    temporary.mkdir()
    out.mkdir()
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from pipeline.cli import main; main()"
    )
    environment = {**os.environ, "TMPDIR": str(temporary), "IKEN_CACHE": "off"}
    for name in ("提案.xlsx", "提案.csv"):
        command = [sys.executable, "-c", limited, "suggest", ROOT / "data/sample/survey.csv"]
        command += ["--out", out / name, "--model", DEFAULT]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 2 and not done.stdout
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(f"エラー: {out / name}: 書き込めません(")
        assert not any(out.iterdir()) and not any(temporary.iterdir())


def test_what_comes_up_anywhere_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = tmp_path / f"{'道' * 300}.csv"
    for language, word in (("ja", "読み書きできません(名前が長すぎます)"), ("en", "cannot read or write (")):
        assert iken("--lang", language, "suggest", SEED_LABELS, "--out", long, "--model", DEFAULT) == 2
        assert word in capsys.readouterr().err
    assert not any(tmp_path.iterdir())
