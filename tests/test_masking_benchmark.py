"""The cases of data/masking, and figures below which the rules must not fall."""

from __future__ import annotations

import sys

from conftest import ROOT

from pipeline.masking import KINDS
from pipeline.tableio import read_table
from pipeline.tables import records

sys.path.insert(0, str(ROOT / "benchmarks"))
from masking import CASES, counts, read_case


def _all(tally: dict[tuple[str, str], int], word: str) -> int:
    return sum(tally[k, word] for k in KINDS)


def test_there_are_enough_cases_and_they_are_marked_well() -> None:
    cases = records(read_table(CASES))
    read = [read_case(c["marked"]) for c in cases]
    assert len(cases) >= 220 and len({c["case"] for c in cases}) == len(cases)
    assert len({text for text, _ in read}) == len(cases)
    assert sum(not spans for _, spans in read) >= 80
    for case, (text, spans) in zip(cases, read, strict=True):
        assert "[[" not in text and "]]" not in text
        assert {s.kind for s in spans} <= set(KINDS)
        assert (case["kind"] in {s.kind for s in spans}) if case["kind"] else not spans


def test_the_figures_hold() -> None:
    cases = records(read_table(CASES))
    for rest, precision, recall in ((1, 1.0, 1.0), (0, 0.98, 0.88)):
        tally = counts(c for c in cases if int(c["case"]) % 2 == rest)
        assert _all(tally, "right") / _all(tally, "said") >= precision
        assert _all(tally, "covered") / _all(tally, "gold") >= recall


def test_a_span_cut_short_is_no_hit() -> None:
    tally = counts([{"case": "1", "marked": "[[住所:渋谷の鎌倉市大船1-2-3]]の家"}])
    assert tally["住所", "gold"] == 1 and tally["住所", "covered"] == 0 and tally["住所", "right"] == 1
