from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_gate import invented

from pipeline.confidence import choose_confidence
from pipeline.gate import Evidence, combine
from pipeline.mixing import ENOUGH_OPINIONS, at_their_word, learn_mixing

ITEMS = 6


def texts(n: int, seed: int, voice: float) -> tuple[Evidence, np.ndarray]:
    """Invented texts of whose items both experts know something."""
    gold = np.random.default_rng(seed).integers(0, ITEMS, n)
    right = np.eye(ITEMS)[gold]
    noise = invented(n, ITEMS, seed + 100)
    said = Evidence(noise.local + 0.2 * right, noise.knowledge + right, noise.nearness, noise.voice + voice)
    return said, gold


def test_what_is_held_out_does_not_know_its_own_label() -> None:
    coded, gold = texts(60, 1, 1.0)
    written, item = texts(90, 2, -1.0)
    groups = np.arange(60)
    groups[1] = 0  # two that say the same
    _, before = learn_mixing(coded, gold, groups, written, item, 25.0)
    changed = gold.copy()
    changed[:2] = (gold[:2] + 1) % ITEMS
    _, after = learn_mixing(coded, changed, groups, written, item, 25.0)
    assert np.array_equal(before[:2], after[:2])
    assert not np.array_equal(before[2:], after[2:])


def test_probabilities_sum_to_one_and_are_better_than_chance() -> None:
    coded, gold = texts(60, 3, 1.0)
    written, item = texts(90, 4, -1.0)
    mixing, held_out = learn_mixing(coded, gold, np.arange(60), written, item, 25.0)
    new, answer = texts(200, 5, 0.0)
    for probabilities, right in ((held_out, gold), (mixing.probabilities(new), answer)):
        assert probabilities.sum(axis=1) == pytest.approx(np.ones(len(right)))
        assert np.log(probabilities[np.arange(len(right)), right]).mean() > np.log(1 / ITEMS) + 0.3


def test_few_opinions_and_many_texts_written_for_the_items_promise_little() -> None:
    coded, gold = texts(60, 3, 1.0)
    written, item = texts(90, 4, -1.0)

    def sureness(opinions: int) -> float:
        rows = np.arange(opinions)
        mixing, _ = learn_mixing(coded[rows], gold[rows], rows, written, item, 25.0)
        return float(mixing.probabilities(written).max(axis=1).mean())

    # Authored texts say how sure to be until there are enough opinions, and they are too easy.
    assert sureness(0) < sureness(60) - 0.05
    assert sureness(ENOUGH_OPINIONS - 1) < sureness(ENOUGH_OPINIONS) - 0.05
    # What is held out is as sure as what will be said, also where a fold leaves fewer than enough.
    rows = np.arange(ENOUGH_OPINIONS)
    mixing, held_out = learn_mixing(coded[rows], gold[rows], rows, written, item, 25.0)
    said = mixing.probabilities(coded[rows]).max(axis=1).mean()
    assert held_out.max(axis=1).mean() == pytest.approx(said, abs=0.05)


def test_a_handful_of_opinions_alone_teaches_no_mixing() -> None:
    coded, gold = texts(60, 3, 1.0)
    none = coded[np.arange(0)], np.zeros(0, np.int64)

    def said(opinions: int) -> np.ndarray:
        rows = np.arange(opinions)
        mixing, held_out = learn_mixing(coded[rows], gold[rows], rows, *none, 25.0)
        if opinions < ENOUGH_OPINIONS:
            # Nothing is learned from them, so nothing changes when they are left out.
            assert held_out == pytest.approx(mixing.probabilities(coded[rows]))
            # Nor do nearness and voice, whose say would have to be learned.
            elsewhere = replace(coded, nearness=coded.nearness + 1, voice=coded.voice - 1)
            assert np.array_equal(mixing.probabilities(elsewhere), mixing.probabilities(coded))
        return mixing.gate

    assert np.array_equal(said(0), said(ENOUGH_OPINIONS - 1))
    assert not np.array_equal(said(0), said(ENOUGH_OPINIONS))


def test_either_kind_of_text_may_be_missing() -> None:
    coded, gold = texts(40, 6, 1.0)
    written, item = texts(40, 7, -1.0)
    nothing, none = coded[np.arange(0)], np.zeros(0, np.int64)
    new, _ = texts(5, 8, 0.0)
    for a, b in (((coded, gold), (nothing, none)), ((nothing, none), (written, item))):
        mixing, held_out = learn_mixing(a[0], a[1], np.arange(len(a[1])), b[0], b[1], 25.0)
        assert held_out.shape == (len(a[1]), ITEMS)
        assert np.isfinite(mixing.probabilities(new)).all()
    mixing, held_out = learn_mixing(nothing, none, none, nothing, none, 25.0)
    assert held_out.shape == (0, ITEMS)
    assert mixing.probabilities(new).sum(axis=1) == pytest.approx(np.ones(5))


def test_nearness_and_voice_are_measured_in_standard_deviations() -> None:
    coded, gold = texts(60, 1, 1.0)
    written, item = texts(90, 2, -1.0)
    shifted = [replace(e, nearness=5 * e.nearness + 3) for e in (coded, written)]
    mixing, _ = learn_mixing(shifted[0], gold, np.arange(60), shifted[1], item, 25.0)
    measured = mixing.standardised(shifted[0].and_also(shifted[1]))
    for values in (measured.nearness, measured.voice):
        assert (values.mean(), values.std()) == pytest.approx((0, 1), abs=1e-5)


def test_only_what_residents_said_tells_how_sure_to_be() -> None:
    coded, gold = texts(60, 3, 1.0)
    written, item = texts(90, 4, -1.0)
    mixing, _ = learn_mixing(coded, gold, np.arange(60), written, item, 25.0)
    logits = combine(mixing.gate, mixing.standardised(coded))
    assert (mixing.temperature, mixing.label_noise) == choose_confidence(logits, gold)


def test_of_many_written_texts_evenly_spaced_ones_speak_for_all() -> None:
    coded, gold = texts(40, 1, 1.0)
    written, item = texts(480, 2, -1.0)
    every_fourth = np.arange(0, 480, 4)  # twenty an item
    whole, _ = learn_mixing(coded, gold, np.arange(40), written, item, 25.0)
    part, _ = learn_mixing(coded, gold, np.arange(40), written[every_fourth], item[every_fourth], 25.0)
    assert np.array_equal(whole.gate, part.gate) and whole.temperature == part.temperature


@pytest.mark.parametrize(
    ("opinions", "written", "alone"), [(29, 1, True), (30, 1, False), (29, 0, False), (0, 500, True)]
)
def test_confidences_stand_alone_where_nothing_corrects_them(
    opinions: int, written: int, alone: bool
) -> None:
    assert at_their_word(opinions, written) is alone
