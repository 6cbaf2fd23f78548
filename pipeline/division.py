"""Which comments hold several opinions, and where: segmentation and topics, with as few vectors as will do.

Most comments of several sentences are of one opinion, and sentence vectors are what takes the time. So a
comment is looked at in three steps, each of fewer comments: by the words of its units alone, by the vectors of
those units that by their words turn from its own topic, and by those of the others if one of them really does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.coding import Coder, Coding
from pipeline.features import TextVectors, stack
from pipeline.segment import BULLET, Unit, segment
from pipeline.topics import MAY_SPEAK, OWN_TOPIC, has_points, join_units, may_differ

# A short comment of one sentence is one opinion, however its clauses are joined; most notes are that short.
_LONG = 40
_SEVERAL_SENTENCES = re.compile(r"[。｡．.!！?？\n①-⑳].*\w|^\W*[①-⑳・●○■]", re.DOTALL)
# A comment that is about one item with this probability as a whole, label noise apart, is not looked at piece by piece.
_CLEAR = 0.997


@dataclass(frozen=True)
class Division:
    """The comments that hold several opinions.

    units : number of the comment -> all its units, neighbours of one topic joined
    row : text of a unit that was looked at -> its row in `vectors`
    vectors : what was made on the way, so that nothing is encoded twice
    """

    units: dict[int, list[Unit]]
    row: dict[str, int]
    vectors: TextVectors


def divide(coder: Coder, comments: Sequence[str], codings: Sequence[Coding]) -> Division:
    """Find the comments that hold several opinions.

    Parameters
    ----------
    codings : what the model says of each comment as a whole
    """
    units: dict[int, list[Unit]] = {}
    limit = _clear_from(coder)
    for i, comment in enumerate(comments):
        if (len(comment) >= _LONG or _SEVERAL_SENTENCES.search(comment)) and (
            # Without a bullet there are no points, and no need to cut the comment to know it.
            not (clear := bool(codings[i].codes) and codings[i].confidences[0] >= limit)
            or BULLET.search(comment)
        ):
            found = segment(comment)
            if sum(u.has_opinion for u in found) > 1 and (not clear or has_points(comment, found)):
                units[i] = found
    look = _Look(coder, [u.text for found in units.values() for u in found if u.has_opinion])
    divided: dict[int, list[Unit]] = {}
    first = [c.codes[0] if c.codes else "" for c in codings]
    rows = look.rows_that_may_differ(comments, units, first)
    look.at([r for asked, _ in rows.values() for r in asked])
    look.at([r for i, (asked, rest) in rows.items() for r in rest if look.turns(asked, first[i])])
    for i, (asked, rest) in rows.items():
        own = sorted([*asked, *rest])
        if all(look.seen[r] for r in own):
            joined = join_units(
                comments[i], units[i], [look.best[r] for r in own], [look.probability[r] for r in own]
            )
            # A comment of one opinion is coded as it stands, with its greeting: that is how the model learned.
            if sum(u.has_opinion for u in joined) > 1:
                divided[i] = joined
    return Division(divided, look.row, stack(look.vectors))


def _clear_from(coder: Coder) -> float:
    """Return the confidence from which a comment is clear: no confidence is higher than label noise lets it be."""
    classifier = coder.model.classifier
    return (1 - classifier.label_noise_) * _CLEAR + classifier.label_noise_ / len(classifier.classes_)


class _Look:
    """First looks at units with an opinion, all units of all comments in one row."""

    def __init__(self, coder: Coder, texts: list[str]) -> None:
        self.coder = coder
        self.texts = texts
        self.terms = coder.model.features.term_vectors(texts)
        self.seen = [False] * len(texts)
        self.best = [""] * len(texts)
        self.probability = [0.0] * len(texts)
        self.row: dict[str, int] = {}
        self.vectors: list[TextVectors] = [coder.model.vectors[:0]]

    def rows_that_may_differ(
        self, comments: Sequence[str], units: dict[int, list[Unit]], first: Sequence[str]
    ) -> dict[int, tuple[list[int], list[int]]]:
        """Return for each comment that may have several topics the rows to look at, and those to look at after.

        Of two units of different topics one is of another topic than the comment as a whole (`first`): those
        that seem so by their words come before the others, and the longest, which costs most, comes last.
        """
        classifier = self.coder.model.classifier
        by_words = classifier.glance(self.terms)
        best = classifier.classes_[by_words.argmax(axis=1)].tolist() if len(by_words) else []
        likely = by_words.max(axis=1, initial=0.0).tolist()
        has_words = self.terms.shape[1] > 0
        rows: dict[int, tuple[list[int], list[int]]] = {}
        end = 0
        for i, found in units.items():
            start, end = end, end + sum(u.has_opinion for u in found)
            own = list(range(start, end))
            if has_points(comments[i], found):
                rows[i] = own, []
            elif not has_words or may_differ(best[start:end], likely[start:end]):
                longest = max(own, key=lambda r: len(self.texts[r]))
                turning = [r for r in own if has_words and best[r] != first[i] and likely[r] >= MAY_SPEAK]
                other = turning or own
                asked = [r for r in other if r != longest] if len(other) == len(own) else other
                rows[i] = asked, [r for r in own if r not in asked]
        return rows

    def at(self, rows: list[int]) -> None:
        """Look at units by their vectors."""
        if not rows:
            return
        vectors = self.coder.vectors([self.texts[r] for r in rows], self.terms[rows])
        best, probability = self.coder.first_items(vectors)
        before = sum(map(len, self.vectors))
        self.vectors.append(vectors)
        for k, r in enumerate(rows):
            self.seen[r], self.best[r], self.probability[r] = True, best[k], probability[k]
            self.row[self.texts[r]] = before + k

    def turns(self, rows: Sequence[int], first: str) -> bool:
        """Tell whether one of the units looked at speaks for itself, of another topic than the whole."""
        return any(self.probability[r] >= OWN_TOPIC and self.best[r] != first for r in rows)
