"""Temperature and label noise: probabilities that are true although some labels are not."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.classifier import choose_temperature, softmax
from pipeline.confidence import choose_confidence, probabilities

LOGITS = arrays(np.float64, (3, 5), elements=st.floats(-50, 50))


def drawn(noise: float, n: int = 3000, items: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Return logits and labels that follow them, but for a share drawn from all items alike."""
    rng = np.random.default_rng(1)
    logits = rng.normal(0, 4, (n, items))
    gold = np.array([rng.choice(items, p=p) for p in softmax(logits)])
    wrong = rng.random(n) < noise
    gold[wrong] = rng.integers(0, items, int(wrong.sum()))
    return logits, gold


@given(LOGITS, st.floats(0.01, 20), st.floats(0, 0.3))
def test_probabilities_sum_to_one_and_none_is_below_its_share_of_noise(
    logits: np.ndarray, temperature: float, noise: float
) -> None:
    p = probabilities(logits, temperature, noise)
    assert np.allclose(p.sum(axis=1), 1)
    assert (p >= noise / 5 - 1e-12).all()
    # No item overtakes another; what is nearly equal may become equal in the last digit.
    assert (np.take_along_axis(p, logits.argmax(axis=1)[:, None], 1)[:, 0] >= p.max(axis=1) - 1e-12).all()


def test_noise_is_found_and_does_not_make_everything_doubtful() -> None:
    logits, gold = drawn(noise=0.15)
    temperature, noise = choose_confidence(logits, gold)
    assert abs(temperature - 1) < 0.1
    assert abs(noise - 0.15) < 0.03
    assert choose_temperature(logits / 10, gold) * 10 > 1.3  # what a temperature alone would do


def test_clean_labels_have_hardly_any_noise() -> None:
    temperature, noise = choose_confidence(*drawn(noise=0.0))
    assert abs(temperature - 1) < 0.1
    assert noise < 0.01


def test_a_single_opinion_changes_little() -> None:
    temperature, noise = choose_confidence(np.array([[2.0, 0.0, 0.0]]), np.array([1]))
    assert 0.2 < temperature < 5
    assert noise < 0.2
