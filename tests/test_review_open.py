"""`iken review open`, `account` and `export` from the command line, up to a server that really answers."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from commands import iken
from conftest import ROOT

from pipeline.review.store import Store
from pipeline.tableio import read_table

SURVEY = ROOT / "data/sample/survey.csv"
COMMANDS = [("review", "open"), ("review", "export"), ("review", "account", "add")]


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    path.write_bytes(SURVEY.read_bytes())
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_every_option_is_documented(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    docs = (ROOT / "docs/commands_ja.md").read_text("utf-8")
    assert iken(*command, "--help") == 0
    said = capsys.readouterr().out
    assert f"iken {' '.join(command)}" in re.sub(r"\s+", " ", said) and "例:" in said
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", said))
    assert options and all(o == "--help" or o in docs for o in options)
    assert iken("--lang", "en", *command, "--help") == 0
    assert "Example:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--host", "0.0.0.0"], "account add"),
        (["--double", "0.2"], "--coders"),
        (["--model", "nowhere"], "nowhere"),
        (["--text-column", "ない列"], "ない列"),
        (["--double", "0.2", "--coders", "佐藤,佐藤"], "重複なく"),
        (["--double", "0", "--coders", "佐藤,鈴木"], "0より大きく"),
        (["--db", "mysql://x/y"], "--db"),
    ],
)
def test_what_cannot_be_opened_is_refused(
    survey: Path, more: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = [] if "--model" in more else ["--model", str(ROOT / "models/default")]
    assert iken("review", "open", str(survey), "--no-browser", *model, *more) == 2
    assert told in capsys.readouterr().err
    assert [p.name for p in survey.parent.iterdir()] == ["survey.csv"]  # nothing half made stays


def test_no_such_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert iken("review", "open", str(tmp_path / "no.csv")) == 2
    assert "ファイルがありません" in capsys.readouterr().err
    assert iken("review", "export", "--db", str(tmp_path / "no.db"), "--out", str(tmp_path / "d.csv")) == 2
    assert list(tmp_path.iterdir()) == []


def test_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    db = str(tmp_path / "r.sqlite")
    add = ("review", "account", "add", "佐藤", "--role", "admin", "--db", db, "--password-stdin")
    for more, password in (((), "short"), (("--role", "boss"), "correct horse"), ((), "")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        assert iken(*add, *more) == 2
        assert list(tmp_path.iterdir()) == []  # what was refused leaves no database behind
    for password, code in (("short", 2), ("correct horse", 0), ("correct horse", 2)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
        assert iken(*add) == code
    assert "10文字以上" in capsys.readouterr().err
    with closing(Store.open(db)) as store:
        assert [(a.name, a.role) for a in store.accounts()] == [("佐藤", "admin")]
        assert store.verify_password("佐藤", "correct horse") is not None


def test_the_page_opens_and_survives_a_kill(survey: Path, tmp_path: Path) -> None:
    """A clean start on the sample, one decision, killed, and all is there on the second start; Ctrl+C is no error."""
    code = "from pipeline.cli import main; main()"
    command = [sys.executable, "-u", "-c", code, "review", "open", str(survey), "--no-browser"]
    # Without --coder the first of --coders is the one at work.
    coders = (["--coders", "佐藤,鈴木"], ["--coder", "佐藤"])
    for start in range(2):
        server = subprocess.Popen(
            [*command, *coders[start]],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            said = ""
            for line in server.stdout:
                said += line
                if "http://" in line:
                    break
            url = re.findall(r"http://127\.0\.0\.1:\d+", said)[0]
            assert ("新しく読み込んだもの 35件" in said) == (start == 0) and "外した行 1" in said
            with httpx.Client(base_url=url) as page:
                shown = page.get("/code").text
                assert f"判定済み <b>{start}</b> / 35" in shown
                given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown))
                assert page.post("/decide", data={**given, "do": "none-fits"}).status_code == 303
                if start and sys.platform != "win32":
                    server.send_signal(signal.SIGINT)
                    assert "終わりました" in server.communicate(timeout=60)[0] and server.returncode == 0
        finally:
            server.kill()
            server.wait()
    out = tmp_path / "判定.csv"
    assert iken("review", "export", "--db", str(tmp_path / "survey.review.sqlite"), "--out", str(out)) == 0
    assert list(read_table(out)["coder"]) == ["佐藤", "佐藤"]
