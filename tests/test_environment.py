"""What the manifest of a model says of the program that made it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline.cli import environment as place
from pipeline.cli.environment import environment, environment_differences

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of its own, from which iken is said to run; all is committed."""
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline/ridge.py").write_text("penalty = 1\n", "utf-8")
    (tmp_path / "pipeline/gate.py").write_text("gate = 8\n", "utf-8")
    (tmp_path / "labels.csv").write_text("code\n", "utf-8")
    (tmp_path / ".gitignore").write_text("*.pyc\n", "utf-8")
    _git(tmp_path, "init")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.jp", "commit", "-m", "first")
    monkeypatch.setattr(place, "_HOME", tmp_path)
    return tmp_path


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@needs_git
def test_a_program_as_committed_has_nothing_changed(checkout: Path) -> None:
    (checkout / "labels.csv").write_text("code\nG1\n", "utf-8")  # has a hash of its own in the manifest
    (checkout / "pipeline/ridge.pyc").write_bytes(b"1")
    known = environment()
    assert known["git_commit"] == _git(checkout, "rev-parse", "HEAD")
    assert known["git_changed"] == []


@needs_git
def test_files_changed_new_moved_or_gone_are_named(checkout: Path) -> None:
    (checkout / "pipeline/ridge.py").write_text("penalty = 2\n", "utf-8")
    (checkout / "pipeline/新しい 式.py").write_text("", "utf-8")
    _git(checkout, "mv", "pipeline/gate.py", "pipeline/door.py")
    changed = ["door.py", "gate.py", "ridge.py", "新しい 式.py"]
    assert environment()["git_changed"] == [f"pipeline/{name}" for name in changed]


@needs_git
def test_without_git_nothing_is_known_and_nothing_fails(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path_factory.mktemp("no-programs")))
        known = environment()
        assert (known["git_commit"], known["git_changed"]) == ("", None)
    shutil.rmtree(checkout / ".git")
    known = environment()
    assert (known["git_commit"], known["git_changed"]) == ("", None)


@needs_git
def test_what_was_changed_then_and_now_is_told(checkout: Path) -> None:
    then = environment()
    assert environment_differences(then) == []
    (checkout / "pipeline/ridge.py").write_text("penalty = 2\n", "utf-8")
    assert environment_differences(then) == [("git_changed", "[]", "pipeline/ridge.py")]
    del then["git_changed"]  # a model from before it was recorded
    assert environment_differences(then) == [("git_changed", "", "pipeline/ridge.py")]
