"""Learning as the reviewers go: each decision moves the centroids, exactly, and the remaining suggestions with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.models import Model
from pipeline.review.store import Store
from pipeline.vectorcache import VectorCache

Span = tuple[int, int]


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
    """The suggestions for one comment at the learner's present state; codes best first.

    outside : suspected to be about no item of the plan
    """

    codes: tuple[str, ...]
    confidences: tuple[float, ...]
    outside: bool
    evidence: tuple[Evidence, ...]


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
        raise NotImplementedError

    @property
    def learned(self) -> int:
        """Number of decided comments learned from."""
        raise NotImplementedError

    @property
    def model_state(self) -> str:
        """The model's id plus "+n" comments learned from, for `Store.save`."""
        raise NotImplementedError

    def catch_up(self, store: Store) -> None:
        """Take in all decisions and undos stored since the last call (of every server of the database).

        Call it once after opening and after each `Store.save`, `undo` and `bulk_accept`. Double-coded comments are
        not learned from: the second coder would see what the first one chose.
        """
        raise NotImplementedError

    def learn(self, comment_id: int, codes: Sequence[str]) -> None:
        """Take a decided comment in as labelled; with () it is forgotten again. Again with other codes: replaces."""
        raise NotImplementedError

    def suggest(self, comment_ids: Sequence[int], top: int = 5) -> list[Suggested]:
        """Return suggestions for comments; a comment's own decision never counts for itself."""
        raise NotImplementedError
