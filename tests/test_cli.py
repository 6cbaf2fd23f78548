"""Journeys through the command line, as a user goes: exit codes, messages, files."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from commands import DEFAULT, LIGHT, iken, written_nothing
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS, SOURCE

from pipeline import crosswalk, themes
from pipeline.cli import language_of
from pipeline.cli.console import Console
from pipeline.cli.suggest import Request, summary_rows
from pipeline.coding import SUGGESTED, UNSURE
from pipeline.models import load_model, read_manifest
from pipeline.no_answer import NO_OPINION, OUTSIDE
from pipeline.suggestion import Tally
from pipeline.tableio import open_rows, read_table, write_table
from pipeline.totals import TOTALS_ROW

# fmt: off
COMMANDS = (
    "ingest", "train", "reproduce", "evaluate", "suggest", "agreement", "adjudicate", "audit", "compare", "promote",
    "themes", "mask", "crosswalk", "report",
)
# fmt: on


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes")
def test_ctrl_c_says_that_nothing_was_written(tmp_path: Path) -> None:
    pipe = tmp_path / "survey.csv"
    os.mkfifo(pipe)
    # Tests may run where Ctrl+C is ignored (a job in the background), which a new process would inherit.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = heard + "from pipeline.cli import main; main()"
    running = subprocess.Popen(
        [sys.executable, "-c", code, "suggest", str(pipe), "--out", str(tmp_path / "o.xlsx")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    with pipe.open("w"):  # opens when the other side reads
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=60)[1]
    assert running.returncode == 130 and "中止しました" in said
    assert [p.name for p in tmp_path.iterdir()] == ["survey.csv"]


# -- the main job ----------------------------------------------------------------------------------


def test_train_prints_the_promised_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "model"
    assert iken("train", "--labels", SEED_LABELS, "--codebook", SEED_CODEBOOK, *LIGHT, "--out", out) == 0
    assert "比較: TF-IDF+LR" in capsys.readouterr().out
    metrics = json.loads((out / "metrics.json").read_text("utf-8"))
    for name, least in (("item@1", 0.32), ("item@3", 0.50), ("item@5", 0.60)):
        assert metrics["model"][name]["value"] >= least
        assert (
            metrics["model"][name]["low"] < metrics["model"][name]["value"] < metrics["model"][name]["high"]
        )
        assert metrics["baseline"][name]["value"] < metrics["model"][name]["value"]


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The whole main job in a process in which opening a socket is an error: its folder, and what `reproduce` said.

    Learning with the example bank is the longest part of all tests, and `reproduce` does it.
    """
    folder = tmp_path_factory.mktemp("offline")
    script = f"""
import os, socket
def refuse(*a, **k): raise RuntimeError("network")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from pipeline.cli import main
from pipeline.cli.arithmetic import fix_arithmetic
chosen = fix_arithmetic()  # as `iken reproduce` does in a process of its own
for arguments in (
    ["ingest", {str(SOURCE)!r}, "--out", "data"],
    ["train", "--no-bank"],
    ["suggest", {str(ROOT / "data/sample/survey.csv")!r}, "--out", "o.xlsx"],
    ["reproduce", {str(DEFAULT)!r}],
):
    if arguments[0] == "reproduce":
        print("reproduce, the kernels chosen:" if chosen else "reproduce:", flush=True)
        os.chdir({str(ROOT)!r})
    try: main(arguments)
    except SystemExit as done: assert not done.code, arguments
"""
    env = dict(os.environ, PYTHONIOENCODING="utf-8")
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=folder, check=True, env=env, capture_output=True, encoding="utf-8")
    return folder, done.stdout.partition("reproduce")[2]


def test_the_committed_model_is_what_training_gives(offline: tuple[Path, str]) -> None:
    chosen, _, said = offline[1].partition(":")
    assert ("ビット単位で再現しました" if chosen else "一致") in said


def test_no_network(offline: tuple[Path, str]) -> None:
    assert (offline[0] / "o.xlsx").is_file()


def test_the_same_survey_in_any_format_gets_the_same_suggestions(survey: Path) -> None:
    rows = read_table(survey)
    results = []
    write_table(rows, survey.with_suffix(".xlsx"))
    write_table(rows, survey.with_suffix(".jsonl"))
    write_table(rows, survey.with_suffix(".parquet"))
    write_table(rows, survey.with_suffix(".tsv"))
    survey.with_name("utf8.csv").write_bytes(b"\xef\xbb\xbf" + survey.read_bytes().decode("cp932").encode())
    survey.with_name("utf16.csv").write_bytes(survey.read_bytes().decode("cp932").encode("utf-16"))
    for path in sorted(survey.parent.iterdir()):
        out = survey.parent / "out" / f"{path.suffix[1:]} {path.stem}.csv"
        assert iken("suggest", path, "--out", out, "--model", DEFAULT, "--id-column", "回答番号") == 0
        results.append(read_table(out).drop(columns="opinion_id"))
    assert len(results) == 7
    for other in results[1:]:
        pd.testing.assert_frame_equal(results[0], other)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".jsonl", ".parquet"])
def test_every_output_keeps_rows_and_columns(survey: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"提案{ending}"
    assert iken("suggest", survey, "--out", out, "--model", DEFAULT) == 0
    given, got = read_table(survey), read_table(out)
    assert got[list(given.columns)].equals(given)
    status = got["status"].value_counts().to_dict()
    assert sum(status.values()) == 36 and status["意見なし"] == 3
    assert set(status) <= {"提案", "要確認", "該当なしの疑い", "意見なし"}
    assert ((got["suggested_code"] != "") == (got["status"] == "提案")).all()
    assert ((got["code_1"] == "") == (got["status"] == "意見なし")).all()
    assert got["opinion_id"].is_unique


def test_long_output_is_the_suggestions_table(survey: Path, tmp_path: Path) -> None:
    assert (
        iken("suggest", survey, "--out", tmp_path / "s.xlsx", "--model", DEFAULT, "--long", "--top", 2) == 0
    )
    table = read_table(tmp_path / "s.xlsx")
    # Every row of the survey is there; a comment of several opinions has two candidates for each.
    assert table["opinion_id"].nunique() == 36
    counts = table.groupby(["opinion_id", "unit"])["rank"].agg(list).map(tuple)
    assert set(counts) == {("1", "2"), ("",)}
    assert (counts == ("",)).sum() == 3 and len(counts) > 36


def test_csv_opens_in_excel_in_japan(survey: Path, tmp_path: Path) -> None:
    assert iken("suggest", survey, "--out", tmp_path / "a.csv", "--model", DEFAULT) == 0
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_campaign_answers_are_grouped(survey: Path, tmp_path: Path) -> None:
    assert iken("suggest", survey, "--out", tmp_path / "a.csv", "--model", DEFAULT) == 0
    table = read_table(tmp_path / "a.csv")
    group = table[table["自由記述"].str.startswith("地域の居場所を増やして")]
    assert group["group_id"].nunique() == 1
    assert set(group["group_size"]) == {"4"}
    assert sorted(group["exact_count"]) == ["1", "3", "3", "3"]
    assert group[["code_1", "confidence_1"]].drop_duplicates().shape[0] == 1


def test_excel_is_ready_to_work_in(survey: Path, tmp_path: Path) -> None:
    assert iken("suggest", survey, "--out", tmp_path / "a.xlsx", "--model", DEFAULT) == 0
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["提案", "コードブック", "集計"]
    sheet = book["提案"]
    header = [c.value for c in sheet[1]]
    assert "確定コード" in header
    assert sheet.freeze_panes and sheet.auto_filter.ref and sheet.data_validations.dataValidation
    text = [r[header.index("自由記述")] for r in sheet.iter_rows(min_row=2)]
    assert next(c for c in text if str(c.value).startswith("=SUM")).data_type == "s"


def test_an_opinion_of_two_codes_is_one_that_was_learned_from(survey: Path, tmp_path: Path) -> None:
    model = load_model(DEFAULT)
    twice = pd.concat([model.opinions, model.opinions.head(1).assign(code="G3-3-2")], ignore_index=True)
    more = replace(model, opinions=twice, manifest={**model.manifest, "labels": {"rows": 85}})
    request = Request(survey, tmp_path / "a.xlsx", None, None, DEFAULT, 3, False, None)
    rows = {label: value for _, label, value in summary_rows(more, Tally(), request, open_rows(survey))}
    assert rows["学習した意見"] == 84


def test_evaluate_writes_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "e.json"
    assert iken("evaluate", "--labels", SEED_LABELS, "--model", DEFAULT, "--json", out) == 0
    report = json.loads(out.read_text("utf-8"))
    committed = json.loads((DEFAULT / "metrics.json").read_text("utf-8"))
    assert report["seen_in_training"] == 84
    assert report["model"]["item@1"] == committed["model"]["item@1"]
    assert sum(row["n"] for row in report["by_item"]) == 84
    assert "G1-1-1" in capsys.readouterr().out


# -- bad input: one message, exit code 2, nothing written ------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("目標のない文書\n・意見\n", "計画の構成"),
        ("# 目標1 安心\n- ①見守り\n- ・意見\n- (1) 支援\n- ②活動\n- ・意見\n", "行目"),
        ("# 目標1 安心\n- (1) 支援\n- ①見守り\n- ・意見\n- ①活動\n- ・意見\n", "5行目.*重複"),
        ("", "空"),
    ],
)
def test_bad_documents(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, message: str
) -> None:
    path = tmp_path / "文書.md"
    path.write_text(content, "utf-8")
    before = sorted(tmp_path.rglob("*"))
    assert iken("ingest", path, "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "文書.md" in said
    assert re.search(message, said)
    assert written_nothing(tmp_path, before)


def test_bad_surveys(survey: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = survey.parent
    (folder / "two.csv").write_text("意見,コメント\na,b\n", "utf-8")
    (folder / "ids.csv").write_text("id,text\n1,a\n2,b\n1,c\n", "utf-8")
    (folder / "blank.csv").write_text("id,text\n1,a\n2,b\n1 ,c\n", "utf-8")
    (folder / "none_id.csv").write_text("id,text\n1,a\n 　,b\n", "utf-8")
    (folder / "fake.xlsx").write_bytes(b"not a zip")
    (folder / "clash.csv").write_text("text,code_1\na,b\n", "utf-8")
    before = sorted(folder.rglob("*"))
    for arguments, message in (
        (["two.csv"], "意見、コメント"),
        (["two.csv", "--text-column", "本文"], "本文"),
        (["ids.csv", "--id-column", "id"], "4行目、列「id」.*2行目"),
        (["blank.csv", "--id-column", "id"], "4行目、列「id」.*2行目"),
        (["none_id.csv", "--id-column", "id"], "3行目、列「id」: IDが空"),
        (["fake.xlsx"], "fake.xlsx"),
        (["clash.csv"], "code_1"),
        (["clash.csv", "--id-column", "code_1"], "code_1"),
        (["none.csv"], "none.csv"),
        (["two.csv", "--text-column", "意見", "--model", "models/nothing"], "iken train"),
    ):
        path, *options = arguments
        if "--model" not in options:
            options += ["--model", str(DEFAULT)]
        assert iken("suggest", folder / path, "--out", folder / "out.xlsx", *options) == 2
        assert re.search(message, capsys.readouterr().err), message
        assert written_nothing(folder, before)
    assert iken("suggest", survey, "--out", survey, "--model", DEFAULT) == 2
    assert iken("suggest", survey, "--out", folder / "out.docx", "--model", DEFAULT) == 2
    assert written_nothing(folder, before)


def test_bad_labels_and_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "l.csv"
    labels.write_text("opinion_id,text,code\n1,a,G1-1-1\n2,b,9-9-9\n", "utf-8")
    config = tmp_path / "c.toml"
    config.write_text("colour = 1", "utf-8")
    for arguments, message in (
        (["--labels", labels], "l.csv、3行目、列「code」.*9-9-9"),
        (["--labels", SEED_LABELS, "--config", config], "colour"),
        (["--labels", tmp_path / "none.csv"], "none.csv"),
    ):
        assert iken("train", *arguments, "--codebook", SEED_CODEBOOK, "--out", tmp_path / "m") == 2
        assert re.search(message, capsys.readouterr().err), message
        assert not (tmp_path / "m").exists()


def test_a_damaged_model_is_refused(survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(DEFAULT, tmp_path / "default"))
    with (folder / "model.skops").open("ab") as file:
        file.write(b"x")
    assert iken("suggest", survey, "--out", tmp_path / "o.csv", "--model", folder) == 2
    assert "ハッシュ" in capsys.readouterr().err


# -- help and languages ----------------------------------------------------------------------------


def test_the_demo_in_the_readme_is_that_of_the_shipped_model() -> None:
    # `make demo` learns from the same files, and so the same bytes.
    model_id = str(read_manifest(DEFAULT)["model_id"])
    assert f"(model-{model_id.removeprefix('default-')})" in (ROOT / "README.md").read_text("utf-8")


def test_every_command_has_help_with_an_example_and_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    docs = (ROOT / "README.md").read_text("utf-8") + (ROOT / "docs/commands_ja.md").read_text("utf-8")
    assert iken("--help") == 0
    listed = capsys.readouterr().out
    for command in COMMANDS:
        assert command in listed
        assert f"iken {command}" in docs
        assert iken(command, "--help") == 0
        text = capsys.readouterr().out
        assert f"iken {command}" in text and "例" in text
        for option in re.findall(r"--[a-z-]+", text):
            assert option == "--help" or option in docs, f"{command} {option} is not in the docs"


def test_the_list_of_commands_is_complete() -> None:
    from pipeline.cli.commands import build_app
    from pipeline.cli.console import Console

    assert (
        tuple(c.callback.__name__ for c in build_app(Console()).registered_commands if c.callback) == COMMANDS
    )


def test_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert language_of(["suggest"], {}) == "ja"
    assert language_of(["suggest"], {"IKEN_LANG": "en"}) == "en"
    assert language_of(["--lang", "en"], {}) == language_of(["--lang=en"], {}) == "en"
    assert language_of(["--lang", "ja"], {"IKEN_LANG": "en"}) == "ja"
    assert iken("--lang", "en", "ingest", "nothing.md") == 2
    assert "there is no such file" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_version_is_that_of_the_package(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert iken("--lang", language, "--version") == 0
    assert capsys.readouterr().out == f"iken {stated}\n"


def test_nothing_heavy_is_imported_for_help() -> None:
    script = (
        "import sys\nfrom pipeline.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "print(sorted({'pandas', 'numpy', 'sklearn', 'fugashi', 'openpyxl'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_sample_survey_is_cp932_with_awkward_rows() -> None:
    with (ROOT / "data/sample/survey.csv").open(encoding="cp932", newline="") as file:
        rows = list(csv.DictReader(file))
    assert any(not r["自由記述"] for r in rows)
    assert any(r["自由記述"].startswith("=") for r in rows)


def test_an_input_with_its_own_decisions_keeps_its_columns_apart(tmp_path: Path) -> None:
    survey = tmp_path / "k.csv"
    survey.write_text("番号,意見,確定コード,備考\n1,バスが少ない,G9,memoA\n", "utf-8")
    assert iken("suggest", survey, "--out", tmp_path / "k.xlsx", "--model", DEFAULT) == 0
    row = read_table(tmp_path / "k.xlsx").iloc[0]
    assert (row["確定コード(入力)"], row["備考"], row["確定コード"]) == ("G9", "memoA", "")
    assert row["opinion_id"] == "k-R2"


def test_language_may_stand_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey = tmp_path / "k.csv"
    survey.write_text("text\nバスが少ない\n", "utf-8")
    assert iken("suggest", survey, "--out", tmp_path / "k.xlsx", "--model", DEFAULT, "--lang", "en") == 0
    said = capsys.readouterr().out
    # In English with the value of the column, as the file has it.
    assert "1 distinct text)" in said and "suggested (提案): 1" in said
    book = openpyxl.load_workbook(tmp_path / "k.xlsx")
    assert book.sheetnames == ["Suggestions", "Codebook", "Summary"]
    assert "final_code" in [c.value for c in book["Suggestions"][1]]
    labels = [c.value for c in book["Summary"]["A"] if c.value and not c.value.startswith("G")]
    assert {"run", "input", "distinct texts", "suggested (提案)"} <= set(labels)
    assert not {"実行", "提案"} & set(labels)
    header, first = list(book["Suggestions"].values)[:2]
    assert dict(zip(header, first, strict=True))["status"] == "提案"


def test_every_value_that_is_told_has_its_english() -> None:
    values: tuple[str, ...] = (SUGGESTED, UNSURE, OUTSIDE, NO_OPINION)
    values += (themes.PLAN, themes.THEME, themes.ALONE, themes.EMPTY, themes.DECIDED)
    values += (crosswalk.SAME, crosswalk.REWORDED, crosswalk.CHECK, crosswalk.MERGED, crosswalk.SPLIT)
    values += (crosswalk.OTHER, crosswalk.GONE, crosswalk.NEW, TOTALS_ROW)
    for value in values:
        told = Console("en").value(value)
        assert told.endswith(f" ({value})") and told.removesuffix(f" ({value})").isascii()
        assert Console("ja").value(value) == value


def test_a_place_that_cannot_be_written_is_one_message(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "af").write_text("x", "utf-8")
    for arguments in (
        ("suggest", survey, "--out", tmp_path / "af" / "x.csv", "--model", DEFAULT),
        ("suggest", survey, "--out", tmp_path / "new" / "x.foo", "--model", DEFAULT),
        ("suggest", tmp_path / "none.csv", "--out", tmp_path / "new" / "x.csv", "--model", DEFAULT),
        ("ingest", SOURCE, "--out", tmp_path / "af"),
        ("ingest", SOURCE, "--out", tmp_path / "af" / "data"),
        ("train", "--labels", SEED_LABELS, "--codebook", SEED_CODEBOOK, "--out", tmp_path / "af" / "m"),
    ):
        assert iken(*arguments) == 2
        assert capsys.readouterr().err.startswith("エラー")
    assert not (tmp_path / "new").exists()


def test_train_never_replaces_a_folder_that_is_no_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "important.txt").write_text("x", "utf-8")
    assert iken("train", "--labels", SEED_LABELS, "--codebook", SEED_CODEBOOK, "--out", tmp_path) == 2
    assert "--out" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["important.txt"]


# -- what is said ----------------------------------------------------------------------------------


def test_a_model_with_few_coded_opinions_says_so(
    survey: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.csv"
    write_table(read_table(SEED_LABELS).head(9), labels)
    fixed = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", labels, *fixed) == 0
    assert iken("suggest", survey, "--out", tmp_path / "o.csv", "--model", tmp_path / "m") == 0
    said = capsys.readouterr().out
    assert "項目にコードされた意見は9件(同じ文面は1件)で、どれだけ当たるかはまだほとんど分かりません" in said
    assert "別の計画" not in said  # without a bank, confidences owe it nothing
    assert iken("suggest", survey, "--out", tmp_path / "o.csv", "--model", DEFAULT) == 0
    assert "分かりません" not in capsys.readouterr().out


def test_of_a_long_comment_the_screen_shows_the_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "a.csv"
    table.write_text(f"意見,コード\n{'長い意見' * 500},\n公園のごみ,G1-1-1\n", "utf-8")
    assert iken("ingest", table, "--out", tmp_path, "--codebook", SEED_CODEBOOK) == 0
    said = "".join(capsys.readouterr().out.split())
    assert said.count("長い意見") < 60 and "…" in said


def test_english_messages_are_english(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    survey, out = tmp_path / "survey.csv", tmp_path / "out.csv"
    write_table(pd.DataFrame({"district": ["A"], "comment": ["バスが少ない"]}), survey)
    assert iken("--lang", "en", "suggest", survey, "--out", out) == 0
    assert "read 1 row (1 distinct text) of column" in capsys.readouterr().out
    assert iken("--lang", "en", "report", out, "--out", tmp_path / "o.md", "--no-pictures") == 0
    assert ": 1 row, 1 opinion, 1 code, 0 without" in capsys.readouterr().out
    assert iken("--lang", "en", "suggest", survey, "--out", out, "--text-column", "x") == 2
    said = capsys.readouterr().err
    assert "Columns found: district, comment" in said and "、" not in said


@pytest.mark.parametrize("form", ["wide", "long"])
def test_every_command_tells_a_table_of_suggestions_alike(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also one from which a person has deleted columns: what is missing is said, not that it is another table."""
    wide = {"status": "提案", "suggested_code": "G1-1-1", "意見": "坂が多い", "model_id": "m"}
    long = {
        "opinion_id": "o1",
        "unit": "1",
        "unit_text": "坂が多い",
        "rank": "1",
        "code": "G1-1-1",
        "status": "提案",
    }
    path, out = tmp_path / "提案.csv", tmp_path / "out.xlsx"
    write_table(pd.DataFrame([{"wide": wide, "long": long}[form]]), path)
    said = {}
    for command in (["suggest"], ["agreement"], ["adjudicate"], ["review", "sheet"]):
        assert iken(*command, path, "--out", out) == 2
        said[command[-1]] = capsys.readouterr().err
    assert all("が書いた提案の表です" in said[c] for c in ("suggest", "agreement", "adjudicate"))
    lost = {"wide": "code_1、confidence_1", "long": "confidence、model_id"}[form]
    assert f"提案の表に列「{lost}」がありません" in said["sheet"]
    assert [p.name for p in tmp_path.iterdir()] == ["提案.csv"]
