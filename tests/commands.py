"""The command line, run in the process of the tests."""

from __future__ import annotations

import pytest

from pipeline.cli import main


def iken(*arguments: object) -> int:
    """Run a command; return the exit code."""
    with pytest.raises(SystemExit) as done:
        main([str(a) for a in arguments])
    return int(done.value.code or 0)
