"""What a model says of one text: suggestion, ranked codes, evidence, doubts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.sparse as sp

from pipeline.abstention import GRADE_B, TARGET_PRECISION, choose_levels, climb, grades, least_for_b
from pipeline.arrays import Bools, Floats, Ints
from pipeline.authored import plan_phrases
from pipeline.doubt import ELSEWHERE, doubts
from pipeline.features import TextVectors
from pipeline.metrics import gold_matrix, level_columns
from pipeline.mixing import ENOUGH_OPINIONS
from pipeline.models import Model
from pipeline.no_answer import NO_OPINION, OUTSIDE, has_no_opinion, stands_for_another
from pipeline.segment import without_courtesies
from pipeline.vectorcache import VectorCache

SUGGESTED = "提案"
UNSURE = "要確認"
EVIDENCE = 3
_EVIDENCE_WORDS = 5
# A second item of this probability leaves little to any third. Hardly ever does one pass the threshold of items.
_ALSO = 0.4


@dataclass(frozen=True)
class Coding:
    """What the model says of one text; `codes` is empty when there is no opinion in it, or none that can be told
    from it alone.

    suggested, level, confidence : the suggestion at the deepest level that keeps the target precision ('' and 0
        if it is left to a person)
    grade : of the first item: A keeps the target precision, B is right in every second case, C less often
    """

    status: str
    codes: tuple[str, ...] = ()
    confidences: tuple[float, ...] = ()
    evidence: tuple[tuple[int, float], ...] = ()  # (row of the model's opinions, cosine similarity)
    suggested: str = ""
    level: int = 0
    confidence: float = 0.0
    grade: str = ""
    also: str = ""  # a second item that is nearly as likely
    words: tuple[str, ...] = ()
    wording: str = ""
    reasons: tuple[str, ...] = ()


class Coder:
    """Codes texts with a model and a target precision; what depends on the model alone is worked out once."""

    def __init__(
        self, model: Model, target: float = TARGET_PRECISION, cache: VectorCache | None = None
    ) -> None:
        self.model = model
        self.cache = cache
        self._classes = model.classifier.classes_.tolist()
        rows, gold = gold_matrix(model.opinions, self._classes)
        held_out = model.classifier.held_out_[rows].astype(np.float64)
        self.levels = choose_levels(
            held_out, gold, model.codebook, self._classes, target, model.at_their_word
        )
        self.limit_b = GRADE_B if model.at_their_word else least_for_b(self.levels, held_out, gold)
        self._examples = model.examples
        # Nothing is graded A before opinions have borne it out.
        tried = model.item_opinions >= ENOUGH_OPINIONS
        self._graded = self._examples if tried else np.zeros_like(self._examples)
        column = {c: j for j, c in enumerate(self._classes)}
        self._opinion_item = np.array([column.get(c, -1) for c in model.opinions["code"]], dtype=np.int64)
        self._ancestors = np.array(
            [level_columns(model.codebook, self._classes, d)[1] for d in range(1, model.codebook.depth)]
        ).reshape(model.codebook.depth - 1, len(self._classes))
        self._prepare_words(column)

    def _prepare_words(self, column: dict[str, int]) -> None:
        lexical = getattr(self.model.features, "lexical_", None)
        self._words: list[str] = lexical.words_.tolist() if lexical is not None else []
        phrases = plan_phrases(self.model.codebook) if lexical is not None else []
        self._phrases = [text for _, text in phrases]
        self._phrase_item = np.array([column[code] for code, _ in phrases], dtype=np.int64)
        if lexical is not None:
            self._phrase_terms = lexical.transform(self._phrases)[:, : len(self._words)].T.tocsr()

    def with_cache(self, cache: VectorCache | None) -> Coder:
        """Return the same coder with another cache."""
        other = copy(self)
        other.cache = cache
        return other

    def vectors(self, texts: Sequence[str], terms: sp.csr_matrix | None = None) -> TextVectors:
        """Return the vectors of n texts (see `Features.transform`)."""
        return self.model.features.transform(texts, cache=self.cache, terms=terms)

    def first_items(self, vectors: TextVectors) -> tuple[list[str], list[float]]:
        """Return code and probability of the first item of n texts, and nothing else: for a first look."""
        items = self.model.classifier.predict(vectors, vectors.dot(self.model.vectors)).items
        return [self._classes[j] for j in items.argmax(axis=1).tolist()], items.max(axis=1).tolist()

    def code(self, texts: Sequence[str], top: int = 3, vectors: TextVectors | None = None) -> list[Coding]:
        """Code texts one by one, without regard to repetition; greetings and closings around them do not count.

        Returns one `Coding` a text, in order. The most similar hand-coded opinions are given as evidence,
        never the text itself.

        Parameters
        ----------
        vectors : those of all the texts, if they are there already
        """
        asked = [i for i, t in enumerate(texts) if not has_no_opinion(t)]
        codings = [Coding(NO_OPINION)] * len(texts)
        for i in {*range(len(texts))}.difference(asked):
            if stands_for_another(texts[i]):
                codings[i] = Coding(UNSURE, reasons=(ELSEWHERE,))
        if not asked:
            return codings
        chosen = [texts[i] for i in asked]
        if vectors is None:
            vectors = self.vectors([without_courtesies(t) for t in chosen])
        else:
            vectors = vectors[np.array(asked, dtype=np.int64)]
        for part in self.model.parts(len(asked)):
            for i, coding in zip(asked[part], self._code(chosen[part], vectors[part], top), strict=True):
                codings[i] = coding
        return codings

    def _code(self, texts: list[str], vectors: TextVectors, top: int) -> Iterator[Coding]:
        similarity = vectors.dot(self.model.vectors)
        said = self.model.classifier.predict(vectors, similarity)
        ranked = zip(*_top(said.items, top), strict=True)
        evidence = self._evidence(texts, similarity)
        words = self._shared_words(vectors, evidence)
        wording = self._wording(vectors, said.items.argmax(axis=1))
        climbed = climb(self.levels, said.items)
        _, _, passes = self.levels[-1].judge(said.items)
        grade = grades(self.levels, said.items, self._graded, self.limit_b)
        reasons = self._reasons(texts, said.items, passes, similarity)
        outside = said.outside >= self.model.classifier.outside_limit_
        second = np.sort(said.items, axis=1)[:, -2] if said.items.shape[1] > 1 else np.zeros(len(texts))
        also = second >= min(self.levels[-1].confidence, _ALSO)
        for n, (best, confidences) in enumerate(ranked):
            found = climbed[n]
            status = OUTSIDE if outside[n] else SUGGESTED if found.level else UNSURE
            yield Coding(
                status,
                tuple(self._classes[j] for j in best),
                tuple(confidences),
                evidence[n],
                found.code if status == SUGGESTED else "",
                found.level if status == SUGGESTED else 0,
                found.confidence if status == SUGGESTED else 0.0,
                "C" if status == OUTSIDE else grade[n],
                self._classes[best[1]] if also[n] and len(best) > 1 and status != OUTSIDE else "",
                words[n],
                wording[n],
                reasons[n],
            )

    def _evidence(self, texts: Sequence[str], similarity: Floats) -> list[tuple[tuple[int, float], ...]]:
        if not similarity.shape[1]:
            return [()] * len(texts)
        cited = self.model.cited
        return [
            tuple(
                (row, s)
                for row, s in zip(rows, similarities, strict=True)
                if s > 0 and cited[row].text != text
            )[:EVIDENCE]
            for text, rows, similarities in zip(texts, *_top(similarity, EVIDENCE + 1), strict=True)
        ]

    def _shared_words(
        self, vectors: TextVectors, evidence: list[tuple[tuple[int, float], ...]]
    ) -> list[tuple[str, ...]]:
        """Return for each text the words it shares with its evidence, those that count most first."""
        if not len(self._words) or not len(self.model.vectors):
            return [()] * len(evidence)
        count = [len(e) for e in evidence]
        rows = np.repeat(np.arange(len(evidence)), count)
        columns = np.array([row for e in evidence for row, _ in e], dtype=np.int64)
        pick = sp.csr_matrix(
            (np.ones(len(rows)), (rows, columns)), shape=(len(evidence), len(self.model.vectors))
        )
        words = len(self._words)
        shared = sp.csr_matrix(vectors.terms[:, :words].multiply(pick @ self.model.vectors.terms[:, :words]))
        row = np.repeat(np.arange(len(evidence)), np.diff(shared.indptr))
        order = np.lexsort((shared.indices, -shared.data, row))
        few = np.arange(len(row)) - shared.indptr[row] < _EVIDENCE_WORDS
        found = [self._words[j] for j in shared.indices[order][few].tolist()]
        ends = np.concatenate([[0], np.cumsum(np.minimum(np.diff(shared.indptr), _EVIDENCE_WORDS))]).tolist()
        return [tuple(found[a:b]) for a, b in pairwise(ends)]

    def _wording(self, vectors: TextVectors, best: Ints) -> list[str]:
        """Return for each text the phrase of the suggested item's own text that shares most words with it."""
        if not len(self._phrases):
            return [""] * len(best)
        terms = vectors.terms[:, : len(self._words)]
        overlap = (terms @ self._phrase_terms).tocsr()
        row = np.repeat(np.arange(len(best)), np.diff(overlap.indptr))
        own = self._phrase_item[overlap.indices] == best[row]
        row, column, value = row[own], overlap.indices[own], overlap.data[own]
        # The greatest overlap of each row comes last and stays; of equal ones the first phrase.
        order = np.lexsort((-column, value, row))
        wording = [""] * len(best)
        for i, j in zip(row[order].tolist(), column[order].tolist(), strict=True):
            wording[i] = self._phrases[j]
        return wording

    def _reasons(
        self,
        texts: Sequence[str],
        items: Floats,
        passes: Bools,
        similarity: Floats,
    ) -> list[tuple[str, ...]]:
        if similarity.shape[1]:
            at = similarity.argmax(axis=1)
            nearest = (self._opinion_item[at], similarity[np.arange(len(at)), at])
        else:
            nearest = (np.full(len(items), -1), np.zeros(len(items)))
        return doubts(texts, items, self._ancestors, passes, nearest, self._examples, self.model.unlike)


def _top(values: Floats, k: int) -> tuple[list[list[int]], list[list[float]]]:
    """Return columns and values of the k largest of each row, largest first; of equal ones the earlier leads."""
    k = min(k, values.shape[1])
    # The k largest by partition, then in order; a tie at the border of the k is settled by the full sort.
    part = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
    held = np.take_along_axis(values, part, axis=1)
    order = np.argsort(-held, axis=1, kind="stable")
    columns = np.take_along_axis(part, order, axis=1)
    border = np.flatnonzero((values >= held.min(axis=1, keepdims=True)).sum(axis=1) > k)
    columns[border] = np.argsort(-values[border], axis=1, kind="stable")[:, :k]
    return columns.tolist(), np.take_along_axis(values, columns, axis=1).tolist()
