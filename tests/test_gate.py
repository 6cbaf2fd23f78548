from __future__ import annotations

import numpy as np
from scipy.optimize import check_grad

from pipeline import gate
from pipeline.gate import combine, fit_gate


def test_the_gate_learns_whom_to_trust_where() -> None:
    rng = np.random.default_rng(0)
    n, k = 600, 5
    gold = rng.integers(0, k, n)
    near = rng.normal(size=n)
    right = np.eye(k)[gold]
    # The local expert is right near coded opinions only, the knowledge expert far from them only.
    local = rng.normal(size=(n, k)) * 0.1 + right * (near > 0)[:, None] * 0.3
    knowledge = rng.normal(size=(n, k)) + right * (near <= 0)[:, None] * 3
    found = fit_gate(local, knowledge, near, gold, np.ones(n))
    assert found[1] > 0 > found[3]
    accuracy = (combine(found, local, knowledge, near).argmax(axis=1) == gold).mean()
    assert accuracy > max((m.argmax(axis=1) == gold).mean() for m in (local, knowledge)) + 0.1


def test_the_gradient_is_that_of_the_loss(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(1)
    seen = {}

    def spy(loss, start, **rest):  # type: ignore[no-untyped-def]
        seen["error"] = check_grad(lambda g: loss(g)[0], lambda g: loss(g)[1], start + 0.1)
        return type("Result", (), {"x": start})

    monkeypatch.setattr(gate, "minimize", spy)
    fit_gate(
        rng.normal(size=(9, 4)),
        rng.normal(size=(9, 4)),
        rng.normal(size=9),
        rng.integers(0, 4, 9),
        np.ones(9),
    )
    assert seen["error"] < 1e-4
