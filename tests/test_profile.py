"""The profile: what a text means to the plan, known before anything is coded, and what it does for the local expert."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.experts import OpinionClassifier
from pipeline.features import TextVectors
from pipeline.gate import Evidence
from pipeline.knowledge import Authored
from pipeline.local import LocalExpert
from pipeline.mixing import learn_mixing
from pipeline.profile import profile_centre, profiles, with_profile

PARENTS = [("G", ""), *((f"G-{i}", "G") for i in range(4))]
ITEMS = len(PARENTS) - 1


def _vectors(dense: np.ndarray) -> TextVectors:
    return TextVectors(sp.csr_matrix((len(dense), 3)), dense / np.linalg.norm(dense, axis=1, keepdims=True))


def _world(seed: int = 0, n: int = 24) -> tuple[TextVectors, np.ndarray, TextVectors, Authored]:
    """Opinions, their meanings, the plan's own words, and texts by two authors that teach what means what.

    Each meaning is said with one of ten words that are alike in nothing.
    """
    rng = np.random.default_rng(seed)

    def say(meaning: np.ndarray) -> np.ndarray:
        words = np.eye(40)[meaning * 10 + rng.integers(0, 10, len(meaning))]
        return words + 0.02 * rng.normal(size=words.shape)

    meaning, taught = np.arange(n) % ITEMS, np.arange(400) % ITEMS
    authored = Authored(
        _vectors(say(taught)), taught, np.arange(400) // 4 % 2, np.ones(400), np.eye(ITEMS + 1)[taught]
    )
    return _vectors(say(meaning)), meaning, _vectors(rng.normal(size=(len(PARENTS), 40))), authored


def _fitted(
    world: tuple[TextVectors, np.ndarray, TextVectors, Authored], codes: list[str], share: float
) -> OpinionClassifier:
    X, _, nodes, authored = world
    model = OpinionClassifier(PARENTS, profile=share, bank_share=0.0)
    return model.fit(X, codes, np.arange(len(X)), nodes, authored)


@given(arrays(np.float64, (5, 4), elements=st.floats(-9, 9)), st.floats(-5, 5))
def test_a_profile_tells_how_items_compare_not_how_well_any_fits(scores: np.ndarray, more: float) -> None:
    found = profiles(scores, np.zeros(4))
    assert found == pytest.approx(profiles(scores + more, np.zeros(4)), abs=1e-6)
    lengths = np.linalg.norm(found, axis=1)
    assert ((lengths < 1 + 1e-9) & ((lengths > 1 - 1e-6) | (np.ptp(scores, axis=1) < 1e-6))).all()


def test_what_all_texts_have_in_common_is_not_in_it() -> None:
    scores = np.array([[3.0, 1.0, 0.0], [3.0, 0.0, 1.0]])
    assert profiles(scores, profile_centre(scores))[:, 0] == pytest.approx([0, 0], abs=1e-6)


def test_vectors_with_a_profile_mix_both_likenesses() -> None:
    X = TextVectors(sp.csr_matrix(np.eye(2)) * np.sqrt(0.5), np.ones((2, 1)) * np.sqrt(0.5))
    profile = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert with_profile(X, profile, 0.3).dot(with_profile(X, profile, 0.3)) == pytest.approx(
        0.7 * X.dot(X) + 0.3 * profile @ profile.T
    )
    assert with_profile(X, np.zeros((2, 0)), 0.3) is X


def test_the_profile_owes_nothing_to_any_code() -> None:
    world = _world()
    X, meaning, _, _ = world
    one = _fitted(world, [f"G-{m}" for m in meaning], 0.5)
    other = _fitted(world, [f"G-{(3 * m + 1) % ITEMS}" for m in meaning], 0.5)
    assert one.local_view(X).dense == pytest.approx(other.local_view(X).dense, abs=1e-9)
    assert one.local_view(X).dense.shape[1] == X.dense.shape[1] + ITEMS


def test_opinions_without_a_common_word_teach_each_other_by_what_they_mean() -> None:
    """The staff code otherwise than the authors: only their own codes tell, and no two opinions look alike."""
    world = _world()
    meaning = world[1]
    swapped = (meaning + 1) % ITEMS
    codes = [f"G-{m}" for m in swapped]
    right = {}
    for share in (0.0, 0.5):
        local = _fitted(world, codes, share).local_
        new, sense, _, _ = _world(seed=1, n=80)
        model = _fitted(world, codes, share)
        right[share] = (
            local.decision_function(model.local_view(new)).argmax(axis=1) == (sense + 1) % ITEMS
        ).mean()
    assert right[0.5] > 0.9 > right[0.0] + 0.1


def test_the_voice_is_the_last_column_of_the_linear_expert() -> None:
    world = _world(n=12)
    model = _fitted(world, [f"G-{m}" for m in world[1]], 0.5)
    new, *_ = _world(seed=1)
    assert model._voice(new) == pytest.approx(model.linear_.decision_function(new)[:, -1], abs=1e-6)


def test_the_local_expert_held_out_is_one_that_never_saw_the_opinion() -> None:
    world = _world(n=12)
    X, meaning, nodes, authored = world
    model = _fitted(world, [f"G-{m}" for m in meaning], 0.5)
    view, codes = model.local_view(X), [f"G-{m}" for m in meaning]
    held_out, _ = model._local().fit_leaving_out(
        view, codes, np.arange(12), model.local_view(nodes), _seen(model, authored)
    )
    for i in (0, 7):
        kept = np.delete(np.arange(12), i)
        again = model._local()
        again.fit_leaving_out(
            view[kept], [codes[k] for k in kept], kept, model.local_view(nodes), _seen(model, authored)
        )
        # Stored in single precision.
        assert again.decision_function(view[[i]])[0] == pytest.approx(held_out[i], abs=1e-6)


def test_the_gate_sees_authored_texts_by_a_profile_that_never_read_their_author(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Texts of unlike words, their items drawn: who has read one knows its item, nobody else does."""
    rng = np.random.default_rng(0)
    n = 80
    item = rng.integers(0, ITEMS, n)
    X, nodes, written = (_vectors(rng.normal(size=(k, 300))) for k in (8, len(PARENTS), n))
    authored = Authored(written, item, np.arange(n) % 2, np.ones(n), np.eye(ITEMS + 1)[item])
    shown: list[TextVectors] = []
    fit = LocalExpert.fit_leaving_out

    def watched(self: LocalExpert, *given: Any) -> Any:
        shown.append(given[4].vectors)  # the authored texts
        return fit(self, *given)

    monkeypatch.setattr(LocalExpert, "fit_leaving_out", watched)
    model = OpinionClassifier(PARENTS, profile=0.5).fit(
        X, [f"G-{i % ITEMS}" for i in range(8)], np.arange(8), nodes, authored
    )
    read, seen = (
        (v.dense[:, -ITEMS:].argmax(axis=1) == item).mean() for v in (model.local_view(written), *shown)
    )
    assert read > 0.9 and seen < 0.5


def _seen(model: OpinionClassifier, authored: Authored) -> Authored:
    view = model.local_view(authored.vectors)
    return Authored(view, authored.item, authored.author, authored.weight, authored.shares)


def test_what_the_local_expert_says_of_an_opinion_owes_nothing_to_its_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _world(n=12)
    said = []

    def spy(coded: Evidence, *rest: object) -> object:
        said.append(coded.local)
        return learn_mixing(coded, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline.experts.learn_mixing", spy)
    codes = [f"G-{m}" for m in world[1]]
    _fitted(world, codes, 0.5)
    _fitted(world, ["G-3", *codes[1:]], 0.5)
    assert codes[0] != "G-3"
    assert said[0][0] == pytest.approx(said[1][0], abs=1e-9)
    assert np.abs(said[0][1:] - said[1][1:]).max() > 1e-3  # to the others it matters


def test_without_authors_there_is_no_profile() -> None:
    X, meaning, nodes, authored = _world()
    plan = Authored(authored.vectors[:8], authored.item[:8], np.full(8, -1), np.ones(8), authored.shares[:8])
    model = _fitted((X, meaning, nodes, plan), [f"G-{m}" for m in meaning], 0.5)
    assert model.local_view(X) is X


def test_with_nothing_coded_the_knowledge_expert_is_its_own_reader() -> None:
    X, meaning, nodes, authored = _world()
    model = _fitted((X[:0], meaning[:0], nodes, authored), [], 0.5)
    assert model.knowledge_.intercept_.shape == (ITEMS + 1,)
    said = model.predict(X, np.zeros((len(X), 0)))
    assert (said.items.argmax(axis=1) == meaning).mean() > 0.9
