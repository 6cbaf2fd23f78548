"""Words and characters as vectors: TF-IDF, one row a text, behind scikit-learn's `fit` and `transform`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from pipeline.arrays import Ints
from pipeline.normalise import normalise
from pipeline.terms import TermLemmas

# Three code points of at most 21 bits fit one 64-bit key: character n-grams need no dictionary of strings.
_BITS = 21
MAX_NGRAM = 3
_REBUILT = ("_index_of", "_index", "_reader_of", "_reader")  # on first use after loading; never stored
# 8 examples a class of SIB-200: leaving out what fewer than 3 of 56 texts contain costs 2 points (docs/method.md).
RARE = 2000


def char_ngram_keys(texts: Sequence[str], longest: int) -> tuple[NDArray[np.uint64], Ints]:
    """Return all character n-grams (1 to `longest`) of the texts as keys, with the index of their text.

    An n-gram never reaches over the end of its text. Two arrays of one length (number of n-grams).
    """
    lengths = np.fromiter((len(t) for t in texts), np.int64, len(texts))
    # surrogatepass: a lone surrogate in damaged input must not stop the work.
    points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    owner = np.repeat(np.arange(len(texts)), lengths)
    keys, owners = [points + np.uint64(1)], [owner]
    for n in range(2, longest + 1):
        grown = (keys[-1][:-1] << np.uint64(_BITS)) | (points[n - 1 :] + np.uint64(1))
        inside = owner[: len(grown)] == owner[n - 1 :]
        # Kept at full length for the next n; the mask is applied on the way out.
        keys.append(grown)
        owners.append(np.where(inside, owner[: len(grown)], -1))
    all_keys, all_owners = np.concatenate(keys), np.concatenate(owners)
    kept = all_owners >= 0
    return all_keys[kept], all_owners[kept]


class LexicalEncoder(TransformerMixin, BaseEstimator):
    """TF-IDF of UniDic lemmas beside TF-IDF of character n-grams, as one sparse block.

    Lemmas carry meaning; character n-grams carry what the dictionary splits, writes in another way or does
    not know. Term frequencies are sublinear (1 + log tf), inverse document frequencies smoothed
    (Salton & Buckley 1988). Frequencies come from all texts given to `fit`, without their codes.

    Parameters
    ----------
    word_weight
        Share of the squared length that the lemmas get (0 to 1); the n-grams get the rest.
    longest_ngram
        Longest character n-gram, 1 to 3.
    min_texts
        Terms that fewer texts contain are left out; where there are few texts, fewer than that are enough
        (one of every `RARE` texts), since most words of a small collection stand in it once.
    terms
        Wording -> term of the plan, kept whole (see `terms.read_terms`).
    """

    def __init__(
        self,
        word_weight: float = 0.5,
        longest_ngram: int = 3,
        min_texts: int = 1,
        terms: Mapping[str, str] | None = None,
    ) -> None:
        self.word_weight = word_weight
        self.longest_ngram = longest_ngram
        self.min_texts = min_texts
        self.terms = terms

    def fit(self, texts: Sequence[str], y: object = None) -> LexicalEncoder:
        """Learn terms and their frequencies from `texts` (n strings)."""
        if not 1 <= self.longest_ngram <= MAX_NGRAM:
            raise ValueError(f"longest_ngram must be 1 to {MAX_NGRAM}, got {self.longest_ngram}")
        normal = [normalise(t) for t in texts]
        least = min(self.min_texts, 1 + len(normal) // RARE)
        documents = Counter(w for t in normal for w in set(self._lemmas(t)))
        # An array, not a list: stored as one block in the model file.
        self.words_ = np.array(sorted(w for w, n in documents.items() if n >= least), dtype=np.str_)
        keys, owners = char_ngram_keys(normal, self.longest_ngram)
        distinct = np.unique(np.stack([keys, owners.astype(np.uint64)]), axis=1)[0]
        self.ngrams_, counts = np.unique(distinct, return_counts=True)
        self.ngrams_ = self.ngrams_[counts >= least]
        self.word_tfidf_ = TfidfTransformer(sublinear_tf=True).fit(self._word_counts(normal))
        self.ngram_tfidf_ = TfidfTransformer(sublinear_tf=True).fit(self._ngram_counts(normal))
        return self

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return a sparse matrix (n, number of terms); rows have unit length unless no term is known."""
        check_is_fitted(self, "words_")
        normal = [normalise(t) for t in texts]
        if not normal:
            return sp.csr_matrix((0, _width(len(self.words_)) + _width(len(self.ngrams_))))
        blocks = [
            self.word_tfidf_.transform(self._word_counts(normal)) * np.sqrt(self.word_weight),
            self.ngram_tfidf_.transform(self._ngram_counts(normal)) * np.sqrt(1 - self.word_weight),
        ]
        # Unit length also where only one of the blocks knows a term of the text.
        return sp.csr_matrix(normalize(sp.hstack(blocks, format="csr")))

    def _word_counts(self, normal: Sequence[str]) -> sp.csr_matrix:
        index = self._word_index()
        columns: list[int] = []
        ends = [0]
        for text in normal:
            columns.extend(index[w] for w in self._lemmas(text) if w in index)
            ends.append(len(columns))
        return _counts(np.array(columns, np.int32), np.array(ends, np.int64), len(self.words_))

    def _ngram_counts(self, normal: Sequence[str]) -> sp.csr_matrix:
        keys, owners = char_ngram_keys(normal, self.longest_ngram)
        at = np.searchsorted(self.ngrams_, keys)
        at[at == len(self.ngrams_)] = 0
        known = self.ngrams_[at] == keys if len(self.ngrams_) else np.zeros(len(keys), bool)
        order = np.argsort(owners[known], kind="stable")
        ends = np.concatenate([[0], np.cumsum(np.bincount(owners[known], minlength=len(normal)))])
        return _counts(at[known][order].astype(np.int32), ends, len(self.ngrams_))

    def _lemmas(self, text: str) -> list[str]:
        if getattr(self, "_reader_of", None) is not self.terms or not hasattr(self, "_reader"):
            self._reader_of, self._reader = self.terms, TermLemmas(self.terms or {})
        return self._reader.lemmas(text)

    def _word_index(self) -> dict[str, int]:
        # Not a learned attribute: rebuilt on first use after loading, and never stored with the model.
        if getattr(self, "_index_of", None) is not self.words_:
            self._index_of, self._index = self.words_, {w: i for i, w in enumerate(self.words_.tolist())}
        return self._index

    def __getstate__(self) -> dict[str, object]:
        return {k: v for k, v in super().__getstate__().items() if k not in _REBUILT}


def _width(terms: int) -> int:
    """Return the columns of a block: one even where no term is known, for scikit-learn takes no matrix without."""
    return max(terms, 1)


def _counts(columns: NDArray[np.int32], ends: Ints, terms: int) -> sp.csr_matrix:
    """Make a count matrix of the term indices of each text, text after text."""
    matrix = sp.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(ends) - 1, _width(terms)))
    matrix.sum_duplicates()
    return matrix
