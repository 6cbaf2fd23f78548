"""Training gives the same bytes whatever kernels the computer would take by itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.cli.arithmetic import fix_arithmetic
from pipeline.models import read_manifest

MAIN = "import sys; sys.argv[0] = 'iken'; from pipeline.cli import main; main()"
# Sentence vectors are products of matrices: with kernels of their own, these processors learn other last digits.
DENSE = ("--codebook", str(SEED_CODEBOOK), "--no-bank")


def iken(*arguments: object, **environment: str) -> str:
    """Run iken in a process of its own, where numpy is not loaded yet; return what it prints."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS", "NPY"))}
    done = subprocess.run(
        [sys.executable, "-c", MAIN, *map(str, arguments)],
        env=kept | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", autouse=True)
def processor() -> None:
    known = "import sys; from pipeline.cli.arithmetic import fix_arithmetic; sys.exit(not fix_arithmetic())"
    if subprocess.run([sys.executable, "-c", known], cwd=ROOT, check=False).returncode:
        pytest.skip("a processor of another kind: it calculates with its own kernels")


def test_kernels_of_another_processor_give_the_same_model(tmp_path: Path) -> None:
    other = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": "X86_V3"}
    for name, environment in (("a", {}), ("b", other)):
        iken("train", "--labels", SEED_LABELS, *DENSE, "--out", tmp_path / name / "m", **environment)
    a, b = ((tmp_path / name / "m/model.skops").read_bytes() for name in "ab")
    assert a == b
    recorded = read_manifest(tmp_path / "b/m")["arithmetic"]
    assert "Haswell" in recorded and "Nehalem" not in recorded and "V4" not in recorded


def test_where_numpy_is_loaded_nothing_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPY_DISABLE_CPU_FEATURES", raising=False)
    assert not fix_arithmetic()
    assert "NPY_DISABLE_CPU_FEATURES" not in os.environ
