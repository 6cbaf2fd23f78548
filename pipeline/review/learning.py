"""Learning as the reviewers go: each decision moves the centroids, exactly, and the remaining suggestions with them.

Only the local expert learns, by the formulas of `classifier.ShrinkageCentroidClassifier`: a decided comment is
one more labelled row. The gate and the knowledge expert stay as trained. Decided comments also count as coded
opinions for nearness and as evidence.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.arrays import Bools, Floats
from pipeline.classifier import ShrinkageCentroidClassifier
from pipeline.coding import EVIDENCE, Coder
from pipeline.comments import code_comments
from pipeline.errors import InputError
from pipeline.keywords import tells
from pipeline.models import Model
from pipeline.no_answer import OUTSIDE, has_no_opinion
from pipeline.review.store import Store
from pipeline.segment import without_courtesies
from pipeline.spans import tokens_with_offsets
from pipeline.vectorcache import VectorCache

Span = tuple[int, int]
_Placed = tuple[str, Span, bool]  # lemma, place, whether it is a suffix


@dataclass(frozen=True)
class Evidence:
    """A coded opinion like the comment.

    place : source and location, or '' for one decided in this review (`decided`)
    marks, own_marks : stretches of `text`, and of the comment's unit text, that hold the shared words
    """

    text: str
    code: str
    similarity: float
    place: str
    decided: bool
    marks: tuple[Span, ...]
    own_marks: tuple[Span, ...]


@dataclass(frozen=True)
class Suggested:
    """The suggestions for one comment at the learner's present state; codes best first, none without an opinion.

    outside : suspected to be about no item of the plan
    mixed : like no item as a whole, but not so its opinions: one code will not do for it
    """

    codes: tuple[str, ...]
    confidences: tuple[float, ...]
    outside: bool
    evidence: tuple[Evidence, ...]
    mixed: bool = False


class SessionLearner:
    """Suggestions that learn from the decisions of a review. Safe for threads.

    Parameters
    ----------
    model : the trained model; it is never changed
    comments : (comment_id, unit text) of all comments, see `Store.texts`
    cache : vectors on disk
    """

    def __init__(
        self, model: Model, comments: Sequence[tuple[int, str]], cache: VectorCache | None = None
    ) -> None:
        self._model = model
        self._texts = [text for _, text in comments]
        self._row = {comment_id: row for row, (comment_id, _) in enumerate(comments)}
        self._vectors = model.features.transform([without_courtesies(t) for t in self._texts], cache=cache)
        # A copy whose local expert is exchanged; all else is shared with the model.
        self._classifier = copy.copy(model.classifier)
        self._classes: list[str] = model.classifier.classes_.tolist()
        # Once: a profile takes milliseconds, and a review may have thousands of decisions to catch up with.
        self._profiles = model.classifier.profiles_of(self._vectors)
        self._centroids: ShrinkageCentroidClassifier = copy.copy(model.classifier.local_.classifier_)
        # Stored in single precision; what is added and taken out again must leave nothing behind.
        for name in ("texts_", "sums_"):
            setattr(self._centroids, name, getattr(self._centroids, name).astype(np.float64))
        self._node = {code: i for i, (code, _) in enumerate(model.classifier.parents)}
        self._coder = Coder(model, cache=cache)
        self._of_no_item: dict[int, bool] = {}  # row -> whether all its opinions are suspected to be
        self._codes: dict[int, tuple[str, ...]] = {}  # row -> codes learned, in the order of learning
        self._seq = 0
        self._fresh = False
        self._lock = threading.RLock()

    # -- learning ------------------------------------------------------------------------------

    @property
    def learned(self) -> int:
        """Number of decided comments learned from."""
        return len(self._codes)

    @property
    def model_state(self) -> str:
        """The model's id plus "+n" comments learned from, for `Store.save`."""
        return f"{self._model.model_id}+{self.learned}"

    def catch_up(self, store: Store) -> None:
        """Take in all decisions and undos stored since the last call (of every server of the database).

        Call it once after opening and after each `Store.save`, `undo` and `bulk_accept`. Double-coded comments are
        learned from only once they are adjudicated: the second coder would see what the first one chose.
        """
        with self._lock:
            for change in store.changes_since(self._seq):
                if not change.double:
                    self.learn(change.comment_id, change.codes)
                self._seq = max(self._seq, change.seq)

    def learn(self, comment_id: int, codes: Sequence[str]) -> None:
        """Take a decided comment in as labelled; with () it is forgotten again. Again with other codes: replaces."""
        with self._lock:
            row = self._known(comment_id)
            before = self._codes.pop(row, ())
            if codes:
                self._codes[row] = tuple(codes)
            if tuple(codes) != before:
                self._centroids = self._moved(self._centroids, row, before, -1.0)
                self._centroids = self._moved(self._centroids, row, tuple(codes), +1.0)
                self._fresh = False

    def _known(self, comment_id: int) -> int:
        row = self._row.get(comment_id)
        if row is None:
            # Loaded by another server since this one was opened.
            raise InputError(
                f"意見 {comment_id} は、起動した後に追加されました。開き直してください。",
                f"comment {comment_id} was added after this server was opened; open it again",
            )
        return row

    def _moved(
        self, centroids: ShrinkageCentroidClassifier, row: int, codes: tuple[str, ...], sign: float
    ) -> ShrinkageCentroidClassifier:
        """Return the centroids with a row added (or taken out) under each of its codes; not worked out yet."""
        if not codes:
            return centroids
        above = centroids.above_[[self._node[c] for c in codes]].sum(axis=0)
        classifier, own = self._model.classifier, slice(row, row + 1)
        seen = classifier.local_view(self._vectors[own], self._profiles[own])
        vector = seen.columns(classifier.local_.terms_)[0]
        length = float(np.linalg.norm(vector))
        moved = copy.copy(centroids)
        moved.counts_ = centroids.counts_ + sign * above
        moved.sums_ = centroids.sums_ + np.outer(sign * above, vector / (length or 1.0))
        moved.sums_[moved.counts_ == 0] = 0.0  # no residue of rounding where no opinion is left
        return moved

    # -- suggesting ----------------------------------------------------------------------------

    def suggest(self, comment_ids: Sequence[int], top: int = 5) -> list[Suggested]:
        """Return suggestions for comments; a comment's own decision never counts for itself."""
        with self._lock:
            rows = [self._known(i) for i in comment_ids]
            together = [r for r in rows if r not in self._codes]
            found = dict(zip(together, self._suggest(together, top), strict=True)) if together else {}
            for row in rows:
                if row in self._codes:
                    found[row] = self._suggest([row], top, without=row)[0]
            return [found[r] for r in rows]

    def _suggest(self, rows: list[int], top: int, without: int | None = None) -> list[Suggested]:
        """Suggest for rows with all that was learned, but for one row."""
        if without is not None:
            centroids = self._moved(self._centroids, without, self._codes[without], -1.0)
            centroids.centroids_ = centroids._centroids(centroids.sums_, centroids.counts_)
            classifier = copy.copy(self._classifier)
            classifier.local_ = classifier.local_.with_classifier(centroids)
        else:
            classifier = self._classifier
            if not self._fresh:
                self._centroids = copy.copy(self._centroids)
                self._centroids.centroids_ = self._centroids._centroids(
                    self._centroids.sums_, self._centroids.counts_
                )
                classifier.local_, self._fresh = classifier.local_.with_classifier(self._centroids), True
        vectors = self._vectors[np.array(rows, dtype=np.int64)]
        decided = [r for r in self._codes if r != without]
        similarity = np.hstack(
            [vectors.dot(self._model.vectors), vectors.dot(self._vectors[np.array(decided, dtype=np.int64)])]
        )
        said = classifier.predict(vectors, similarity)
        order = np.argsort(-said.items, axis=1, kind="stable")[:, :top]
        whole = said.outside >= classifier.outside_limit_
        outside = self._also_by_units(rows, whole)
        return [
            Suggested((), (), False, ())
            if has_no_opinion(self._texts[row])
            else Suggested(
                tuple(self._classes[j] for j in order[n]),
                tuple(round(float(said.items[n, j]), 4) for j in order[n]),
                outside[n],
                self._evidence(row, similarity[n], decided),
                mixed=bool(whole[n]) and not outside[n],
            )
            for n, row in enumerate(rows)
        ]

    def _also_by_units(self, rows: Sequence[int], outside: Bools) -> list[bool]:
        """Return which of the rows that look like no item as a whole do so by each of their opinions, too.

        Two opinions together are like neither: 「居場所を増やしてください。バス路線を守ってください。」
        """
        asked = [r for r, suspected in zip(rows, outside, strict=True) if suspected]
        new = [r for r in asked if r not in self._of_no_item]
        for row, coding in zip(new, code_comments(self._coder, [self._texts[r] for r in new]), strict=True):
            self._of_no_item[row] = coding.whole.status == OUTSIDE
        return [bool(o) and self._of_no_item[r] for r, o in zip(rows, outside, strict=True)]

    def _evidence(self, row: int, similarity: Floats, decided: list[int]) -> tuple[Evidence, ...]:
        """Return the coded opinions most like a comment, of the model's and of those decided since."""
        own, cited = self._texts[row], self._model.cited
        found: list[Evidence] = []
        for j in np.argsort(-similarity, kind="stable").tolist():
            if len(found) == EVIDENCE or similarity[j] <= 0:
                break
            if j < len(cited):
                text, code, place = cited[j].text, cited[j].code, cited[j].place.lstrip("、")
                if text == own:
                    continue  # the comment itself, if the model was trained on it
            else:
                other = decided[j - len(cited)]
                text, code, place = self._texts[other], "、".join(self._codes[other]), ""
            marks, own_marks = shared_marks(text, own)
            found.append(
                Evidence(text, code, round(float(similarity[j]), 4), place, j >= len(cited), marks, own_marks)
            )
        return tuple(found)


def shared_marks(one: str, other: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Return where the words that both texts use stand in each; of any inflection, by their lemmas.

    Of words that say what a text is about, as in lists of words (`keywords.tells`); a suffix only with its word.

    >>> shared_marks("バスが少ないので増やしてください", "少なくて困るバス。考えてください")
    (((0, 2), (3, 6)), ((0, 3), (6, 8)))
    """
    here, there = _content(one), _content(other)
    return _shared(here, there), _shared(there, here)


def _shared(here: tuple[_Placed, ...], there: tuple[_Placed, ...]) -> tuple[Span, ...]:
    lemmas = {lemma for lemma, _, _ in there}
    marks: list[Span] = []
    for lemma, span, is_suffix in here:
        if lemma in lemmas and (not is_suffix or (marks and marks[-1][1] == span[0])):
            marks.append(span)
    return tuple(marks)


@lru_cache(maxsize=4096)
def _content(text: str) -> tuple[_Placed, ...]:
    """Return lemma and place of the words that say what a text is about, and of all suffixes (者, 症, 化)."""
    return tuple(
        (t.word.lemma, (t.start, t.end), t.word.pos == "接尾辞")
        for t in tokens_with_offsets(text)
        if t.end > t.start and (t.word.pos == "接尾辞" or tells(t.word))
    )
