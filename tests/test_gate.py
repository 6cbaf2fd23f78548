from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from pipeline import gate
from pipeline.gate import Evidence, combine, fit_gate, standard


def invented(n: int, items: int, seed: int) -> Evidence:
    rng = np.random.default_rng(seed)
    return Evidence(
        rng.normal(size=(n, items)) * 0.1,
        rng.normal(size=(n, items)),
        rng.normal(size=n),
        rng.normal(size=n),
    )


def share_right(logits: np.ndarray, gold: np.ndarray) -> float:
    return float((logits.argmax(axis=1) == gold).mean())


@pytest.mark.parametrize("sign", ["voice", "nearness"])
def test_the_gate_learns_whom_to_trust_where(sign: str) -> None:
    n, items = 600, 5
    gold = np.random.default_rng(0).integers(0, items, n)
    right = np.eye(items)[gold]
    noise = invented(n, items, 1)
    # The local expert is right only of what sounds like, or is near to, coded opinions; knowledge of the rest.
    coded = (getattr(noise, sign) > 0)[:, None]
    said = replace(
        noise, local=noise.local + right * coded * 0.3, knowledge=noise.knowledge + right * ~coded * 3
    )
    found = fit_gate(said, gold, np.ones(n))
    assert found[5] > 0.5 if sign == "voice" else found[2] < 0
    together = share_right(combine(found, said), gold)
    assert together > max(share_right(said.local, gold), share_right(said.knowledge, gold)) + 0.1


@pytest.mark.parametrize("voice", [-9.0, 0.0, 9.0])
def test_what_is_combined_are_log_probabilities(voice: float) -> None:
    said = invented(7, 4, 3)
    logs = combine(
        np.array([2.0, -1.0, 0.3, 0.1, 0.2, 3.0]),
        Evidence(said.local, said.knowledge, said.nearness, np.full(7, voice)),
    )
    assert np.exp(logs).sum(axis=1) == pytest.approx(np.ones(7))
    # A constant of a text changes nothing.
    moved = Evidence(said.local, said.knowledge + 5.0, said.nearness, np.full(7, voice))
    assert combine(np.array([2.0, -1.0, 0.3, 0.1, 0.2, 3.0]), moved) == pytest.approx(logs)


def test_the_gradient_is_that_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def spy(loss, start, **rest):  # type: ignore[no-untyped-def]
        seen["error"] = check_grad(lambda g: loss(g)[0], lambda g: loss(g)[1], start + 0.1)
        return type("Result", (), {"x": start})

    monkeypatch.setattr(gate, "minimize", spy)
    rng = np.random.default_rng(1)
    fit_gate(invented(9, 4, 4), rng.integers(0, 4, 9), rng.uniform(0.5, 2.0, 9))
    assert seen["error"] < 1e-4


def test_evidence_of_two_kinds_of_text_stands_in_order() -> None:
    a, b = invented(3, 4, 5), invented(2, 4, 6)
    both = a.and_also(b)
    assert len(both) == 5
    assert np.array_equal(both[np.array([3, 4])].local, b.local)
    assert np.array_equal(both[np.arange(5) < 3].voice, a.voice)


def test_values_that_do_not_differ_have_a_scale_too() -> None:
    assert standard(np.array([0.5, 0.5])) == (0.5, 1e-3)
    assert standard(np.zeros(0)) == (0.0, 1.0)
