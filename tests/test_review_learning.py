"""Learning during a review: exact as a refit, undone without a trace, blind to the comment's own decision."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_comments import comments, save
from sklearn.base import clone

from pipeline.codebook import Codebook
from pipeline.coding import Coder
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.no_answer import OUTSIDE
from pipeline.review.learning import SessionLearner, shared_marks
from pipeline.review.store import Store

TEXTS = [
    "公園の花壇に花を植えたい",
    "花壇の水やりを手伝う",
    "自転車が歩道を走って怖い",
    "歩道のでこぼこを直して",
    "花壇に花を植えたい人がいる",
    "特になし",
]
COMMENTS = list(enumerate(TEXTS, start=1))


@pytest.fixture(scope="module", params=["model", "taught_model"])
def model(request: pytest.FixtureRequest) -> Model:
    """A model without a bank, and one whose local expert sees profiles."""
    found: Model = request.getfixturevalue(request.param)
    assert len(found.classifier.profile_centre_) == (5 if request.param == "taught_model" else 0)
    return found


@pytest.fixture
def learner(model: Model) -> SessionLearner:
    return SessionLearner(model, COMMENTS)


def refit(model: Model, added: list[tuple[int, str]]) -> np.ndarray:
    """Centroids of what the local expert had learned and, fitted anew, the added comments."""
    classifier = model.classifier
    terms, stored = classifier.local_.terms_, classifier.local_.classifier_
    # Encoded together, as the learner does: the encoder's last digits depend on what it reads beside.
    encoded = classifier.local_view(model.features.transform(TEXTS)).columns(terms)
    rows = np.array([comment_id - 1 for comment_id, _ in added], dtype=np.int64)
    texts = stored.texts_.astype(np.float64)
    fresh = clone(stored).fit(encoded[rows], [code for _, code in added], texts)
    fresh.texts_ = texts  # as they are, without a length of one again
    together = fresh.sums_ + stored.sums_.astype(np.float64), fresh.counts_ + stored.counts_
    return np.asarray(fresh._centroids(*together))


def centroids(learner: SessionLearner) -> np.ndarray:
    learner.suggest([6])  # centroids follow when they are next needed
    return np.asarray(learner._centroids.centroids_)


def test_nothing_learned_is_what_the_model_says(model: Model, learner: SessionLearner) -> None:
    said = Coder(model).code(TEXTS, top=5)
    for suggested, coding in zip(learner.suggest(range(1, 7)), said, strict=True):
        assert suggested.codes == coding.codes
        np.testing.assert_allclose(suggested.confidences, coding.confidences, atol=1e-4)
        assert [e.text for e in suggested.evidence] == [model.cited[i].text for i, _ in coding.evidence]
    assert learner.model_state == f"{model.model_id}+0"


@settings(max_examples=20, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(1, 5),
            st.lists(st.sampled_from(["G1-1-1", "G1-1-2", "G2-1-1", "G1-1", "G2"]), max_size=2, unique=True),
        ),
        max_size=12,
    )
)
def test_learning_equals_a_refit(model: Model, steps: list[tuple[int, list[str]]]) -> None:
    learner = SessionLearner(model, COMMENTS)
    held: dict[int, list[str]] = {}
    for comment_id, codes in steps:
        learner.learn(comment_id, codes)
        held[comment_id] = codes
    added = [(i, c) for i, codes in held.items() for c in codes]
    np.testing.assert_allclose(centroids(learner), refit(model, added), atol=1e-9, rtol=0)
    assert learner.learned == sum(bool(codes) for codes in held.values())
    assert learner.model_state == f"{model.model_id}+{learner.learned}"


def test_a_decision_improves_the_others_and_is_their_evidence(learner: SessionLearner) -> None:
    before = learner.suggest([2, 5])
    learner.learn(1, ["G2-1-2"])
    after = learner.suggest([2, 5])
    rises = [
        dict(zip(new.codes, new.confidences, strict=True))["G2-1-2"]
        - dict(zip(old.codes, old.confidences, strict=True))["G2-1-2"]
        for old, new in zip(before, after, strict=True)
    ]
    # The likest gains; no other loses.
    assert rises[1] > 0 and min(rises) >= 0
    cited = after[1].evidence[0]
    assert (cited.text, cited.code, cited.decided, cited.place) == (TEXTS[0], "G2-1-2", True, "")
    assert [cited.text[a:b] for a, b in cited.marks] == ["花壇", "花", "植え"]
    assert [TEXTS[4][a:b] for a, b in cited.own_marks] == ["花壇", "花", "植え"]


def test_its_own_decision_never_counts_for_a_comment(learner: SessionLearner) -> None:
    learner.learn(2, ["G1-1-1"])
    alone = learner.suggest([1, 3])
    learner.learn(1, ["G2-1-2"])
    assert learner.suggest([1])[0] == alone[0]
    assert learner.suggest([3, 1])[1] == alone[0]


def test_undone_is_as_if_never_decided(model: Model, learner: SessionLearner) -> None:
    before = learner.suggest(range(1, 7))
    learner.learn(1, ["G2-1-2"])
    learner.learn(3, ["G2-1-1", "G2-1-2"])
    learner.learn(1, [])
    learner.learn(3, [])
    assert learner.suggest(range(1, 7)) == before
    np.testing.assert_allclose(centroids(learner), refit(model, []), atol=1e-12)


def test_the_model_itself_is_never_changed(model: Model, learner: SessionLearner) -> None:
    local = copy.deepcopy(model.classifier.local_.classifier_)
    learner.learn(1, ["G2-1-2"])
    learner.suggest([1, 2])
    np.testing.assert_array_equal(model.classifier.local_.classifier_.centroids_, local.centroids_)
    np.testing.assert_array_equal(model.classifier.local_.classifier_.sums_, local.sums_)


def test_comments_without_an_opinion_get_no_suggestion(learner: SessionLearner) -> None:
    assert learner.suggest([6])[0].codes == ()
    with pytest.raises(InputError, match="77"):
        learner.suggest([77])


@pytest.fixture
def store(tmp_path: Path, plan: Codebook) -> Iterator[Store]:
    with closing(Store.open(str(tmp_path / "review.db"))) as store:
        store.set_project(
            source="s.csv", source_sha256="a", model_id="m", codebook=plan, columns=["地区", "x"]
        )
        rows = comments(len(TEXTS))
        for row, text in zip(rows, TEXTS, strict=True):
            row.update(text=text, unit_end=len(text))
        store.load_comments(rows)
        yield store


def test_decisions_of_the_store_are_taken_in(model: Model, store: Store, learner: SessionLearner) -> None:
    assert store.texts() == COMMENTS
    save(store, "a", store.get(1, "a"), "G2-1-2")
    save(store, "a", store.get(2, "a"))
    learner.catch_up(store)
    assert learner.learned == 1
    save(store, "a", store.get(1, "a"), "G1-1-1")
    save(store, "a", store.get(3, "a"), "G2-1-1", "G2-1-2")
    learner.catch_up(store)
    expected = [(1, "G1-1-1"), (3, "G2-1-1"), (3, "G2-1-2")]
    np.testing.assert_allclose(centroids(learner), refit(model, expected), atol=1e-9)
    for token in "xyz":
        store.undo("a", client_token=token)  # of 3, then of 1, then of 2
    learner.catch_up(store)
    np.testing.assert_allclose(centroids(learner), refit(model, [(1, "G2-1-2")]), atol=1e-9)
    # Another server, opened now, stands where this one does.
    other = SessionLearner(model, COMMENTS)
    other.catch_up(store)
    np.testing.assert_allclose(centroids(other), centroids(learner), atol=1e-9)
    assert other.model_state == learner.model_state


def test_double_codings_are_learned_only_when_settled(store: Store, learner: SessionLearner) -> None:
    store.assign_double(1.0, ["a", "b"])
    save(store, "a", store.get(1, "a"), "G2-1-2")
    learner.catch_up(store)
    assert learner.learned == 0
    save(store, "b", store.get(1, "b"), "G2-1-1")
    store.adjudicate("judge", 1, "change", ["G2-1-1"], expected_seq=0, client_token="j")
    learner.catch_up(store)
    assert learner.learned == 1


def test_what_was_settled_is_learned_whatever_a_coder_still_changes(
    store: Store, model: Model, learner: SessionLearner
) -> None:
    save(store, "a", store.get(1, "a"), "G1-1-1")
    store.assign_double(1.0, ["a", "b"], round="2")
    for coder, code in (("a", "G1-1-1"), ("b", "G2-1-1")):
        save(store, coder, store.get(1, coder, "2"), code)
    store.adjudicate("judge", 1, "change", ["G1-2-1"], expected_seq=0, client_token="j")
    learner.catch_up(store)
    save(store, "a", store.get(1, "a"), "G2-1-2")
    learner.catch_up(store)
    np.testing.assert_allclose(centroids(learner), refit(model, [(1, "G1-2-1")]), atol=1e-9)


def test_many_decisions_at_once_are_as_one_by_one(tmp_path: Path, plan: Codebook) -> None:
    with closing(Store.open(str(tmp_path / "many.db"))) as store:
        store.set_project(
            source="s.csv", source_sha256="a", model_id="m", codebook=plan, columns=["地区", "x"]
        )
        store.load_comments(comments(220))
        seen = []
        for i in range(1, 221):
            save(store, "a", store.get(i, "a"), "G2-1-1")
            seen += store.changes_since(i - 1)
        assert store.changes_since(0) == seen


def test_words_shared_in_any_inflection() -> None:
    marks = shared_marks("バスが少なくて困る", "ﾊﾞｽは少ない")
    assert marks == (((0, 2), (3, 6)), ((0, 3), (4, 7)))
    assert shared_marks("", "バス") == ((), ())


@pytest.mark.parametrize(
    ("one", "other", "marked"),
    [
        # What frames any comment is no likeness of two.
        ("バスを増やしてください", "ベンチを置いてください", []),
        ("もっと相談したいです。よろしくお願いします", "もっと知りたい。お願いいたします", []),
        ("ここにも公園が欲しい", "ここは坂で、公園がほしい", ["公園"]),
        # A suffix goes with its word.
        ("高齢者の見守り", "高齢者のバス", ["高齢", "者"]),
        ("高齢者の集い", "障害者の集い", ["集い"]),
        ("認知症が心配", "認知症の人", ["認知", "症"]),
    ],
)
def test_only_words_that_say_something_are_marked(one: str, other: str, marked: list[str]) -> None:
    here, there = shared_marks(one, other)
    assert [one[a:b] for a, b in here] == [other[a:b] for a, b in there] == marked


def test_two_opinions_in_one_comment_are_suspected_only_if_both_are(shipped: Model) -> None:
    """Together they are like no item of the plan, though each is like one."""
    texts = [
        "地域の居場所を増やして下さい。バス路線を守ってください。",
        "道路の穴を直してほしい。ごみの収集が遅い。",
    ]
    learner = SessionLearner(shipped, list(enumerate(texts, start=1)))
    assert all(c.status == OUTSIDE for c in Coder(shipped).code(texts))
    assert [(s.outside, s.mixed) for s in learner.suggest([1, 2])] == [(False, True), (True, False)]
