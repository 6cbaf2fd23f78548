"""The command line, run in the process of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT

from pipeline.cli import main

DEFAULT = ROOT / "models/default"
# Words only and without the bank: learns in seconds. The shipped model is retrained in one test.
LIGHT = ("--config", ROOT / "data/config/lexical.toml", "--no-bank")


def iken(*arguments: object) -> int:
    """Run a command; return the exit code."""
    with pytest.raises(SystemExit) as done:
        main([str(a) for a in arguments])
    return int(done.value.code or 0)


def written_nothing(folder: Path, before: list[Path]) -> bool:
    """Tell whether a folder holds what it held before."""
    return sorted(folder.rglob("*")) == before
