from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import check_grad

from pipeline import gate
from pipeline.gate import Evidence, combine, doubt, fit_gate, standard

GATE = np.array([2.0, 0.2, -1.0, 0.3, -0.4, 0.1, 0.2, 3.0])


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
    assert found[7] > 0.5 if sign == "voice" else found[3] < 0
    together = share_right(combine(found, said), gold)
    assert together > max(share_right(said.local, gold), share_right(said.knowledge, gold)) + 0.1


def test_the_gate_learns_to_hear_an_expert_that_is_sure() -> None:
    n, items = 600, 5
    gold = np.random.default_rng(0).integers(0, items, n)
    right = np.eye(items)[gold]
    said = invented(n, items, 1)
    sure = np.arange(n) % 2 == 0
    # Nothing else tells the texts that knowledge is right of from those that the local expert is right of.
    knowledge = np.where(sure[:, None], 8 * right, 0.5 * said.knowledge)
    said = replace(said, local=said.local + 0.3 * right * ~sure[:, None], knowledge=knowledge)
    found = fit_gate(said, gold, np.ones(n))
    assert found[4] < 0
    deaf = np.where(np.isin(np.arange(8), (1, 4)), 0.0, found)
    assert share_right(combine(found, said), gold) > share_right(combine(deaf, said), gold)
    assert share_right(combine(found, said)[sure], gold[sure]) > 0.99


def test_doubt_stays_finite_for_an_expert_that_is_certain() -> None:
    certain = np.log(np.array([[1.0, 1e-300, 1e-300]]))
    assert doubt(certain)[0] == pytest.approx(np.log(0.05))
    assert doubt(np.zeros((1, 4)))[0] == pytest.approx(np.log(0.05 + np.log(4)))
    assert doubt(np.zeros((1, 4)) + 7.0) == pytest.approx(doubt(np.zeros((1, 4))))


@pytest.mark.parametrize("voice", [-9.0, 0.0, 9.0])
def test_what_is_combined_are_log_probabilities(voice: float) -> None:
    said = invented(7, 4, 3)
    logs = combine(
        GATE,
        Evidence(said.local, said.knowledge, said.nearness, np.full(7, voice)),
    )
    assert np.exp(logs).sum(axis=1) == pytest.approx(np.ones(7))
    # A constant of a text changes nothing.
    moved = Evidence(said.local, said.knowledge + 5.0, said.nearness, np.full(7, voice))
    assert combine(GATE, moved) == pytest.approx(logs)


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
