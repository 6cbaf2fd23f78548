"""Change between two surveys: Newcombe's published examples, and what may be called a change."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.change import changes
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CODED
from pipeline.errors import InputError


def _coded(counts: dict[str, int]) -> pd.DataFrame:
    return CODED.table(
        {"opinion_id": f"{c}{i}", "unit": "1", "text": "x", "code": c, "checked": "yes"}
        for c, n in counts.items()
        for i in range(n)
    )


def test_shares_of_every_level_and_what_changed(plan: Codebook) -> None:
    now, before = _coded({"G1-1-1": 60, "G2-1-1": 40}), _coded({"G1-1-1": 20, "G2-1-1": 78, "G1-1-2": 2})
    table = changes(now, before, plan, n_now=100, n_before=100).set_index("code")
    assert table.loc["G1", ["count", "count_before", "changed"]].tolist() == [60, 22, 1]
    assert table.loc["G2-1-1", "difference"] == pytest.approx(-0.38)
    assert table.loc["G2-1-1", "changed"] == -1 and table.loc["G1-1-2", "changed"] == 0
    assert table.loc["G1-2-1", ["count", "count_before"]].tolist() == [0, 0]


def test_a_survey_without_opinions_cannot_be_compared(plan: Codebook) -> None:
    with pytest.raises(InputError):
        changes(_coded({"G1-1-1": 1}), _coded({}), plan, n_now=1, n_before=0)
