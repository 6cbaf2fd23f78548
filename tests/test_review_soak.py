"""A small soak of the real server, and a check of the check: a benchmark that cannot fail proves nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from conftest import ROOT
from review_comments import comments, save

from pipeline.codebook import Codebook
from pipeline.review.store import Store

SOAK = ROOT / "benchmarks/soak.py"


def test_no_decision_is_lost_when_the_server_is_killed() -> None:
    done = subprocess.run(
        [sys.executable, SOAK, "--decisions", "200", "--kills", "2", "--reviewers", "6"],
        capture_output=True,
        text=True,
        env=None,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 reviewers, 2 times kill -9" in done.stdout
    assert "lost: 0, altered: 0, twice: 0, never sent: 0" in done.stdout
    decided = re.search(r"\((\d+) decisions", done.stdout)
    assert decided is not None
    assert int(decided[1]) >= 200


def test_the_check_finds_what_is_wrong(
    tmp_path: Path, plan: Codebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec_from_file_location("soak", SOAK)
    assert spec is not None
    assert spec.loader is not None
    soak = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "soak", soak)  # dataclasses look their module up
    spec.loader.exec_module(soak)
    with closing(Store.open(str(tmp_path / "review.db"))) as store:
        store.set_project(source="s", source_sha256="a", model_id="m", codebook=plan, columns=["地区", "x"])
        store.load_comments(comments(4))
        for i, code in enumerate(["G1-1-1", "G1-1-2", "G2-1-1"], start=1):
            save(store, "a", store.get(i, "a"), code, token=f"t{i}")
        sent = {
            f"t{i}": soak.Sent("a", i, (code,), acknowledged=True)
            for i, code in enumerate(["G1-1-1", "G1-1-2", "G2-1-1"], start=1)
        }
        assert soak.check(store, sent).good
        missing = soak.check(store, {**sent, "t4": soak.Sent("a", 4, ("G1-1-1",), acknowledged=True)})
        assert (missing.lost, missing.good) == (1, False)
        other = soak.check(store, {**sent, "t1": soak.Sent("a", 1, ("G2-1-1",), acknowledged=True)})
        assert (other.altered, other.good) == (1, False)
        foreign = soak.check(store, {t: s for t, s in sent.items() if t != "t1"})
        assert (foreign.foreign, foreign.good) == (1, False)
        silent = soak.check(store, {**sent, "t1": soak.Sent("a", 1, ("G1-1-1",))})
        assert (silent.silent, silent.good) == (1, True)
