"""What the classifier sees: texts as vectors, made of weighted blocks (one an encoder) side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from pipeline.arrays import Bools, Floats, Ints, Singles
from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.encoders import encode_texts
from pipeline.lexical import LexicalEncoder
from pipeline.vectorcache import VectorCache

Rows = slice | Ints | Bools
# The mean of the sentence vectors is drawn towards that of the background with the weight of so many opinions.
_PRIOR_TEXTS = 20
LEXICAL = "lexical"
_BLOCK = 1024


def node_text(node: Node) -> str:
    """Return what a node of the plan says of itself: title, definition and inclusion notes."""
    return "。".join(t for t in (node.title, node.definition, node.include) if t)


def codebook_texts(codebook: Codebook) -> list[str]:
    """Return `node_text` of every node, in plan order."""
    return [node_text(n) for n in codebook]


@dataclass(frozen=True)
class TextVectors:
    """Vectors of n texts: a sparse block of terms (n, terms) and a dense one of sentence vectors (n, d).

    Each encoder's rows have the length √weight, so that `dot` is the weighted mean of the encoders' cosines.
    """

    terms: sp.csr_matrix
    dense: Floats

    def __len__(self) -> int:
        return int(self.dense.shape[0])

    def __getitem__(self, rows: Rows) -> TextVectors:
        return TextVectors(self.terms[rows], self.dense[rows])

    def dot(self, other: TextVectors, dtype: type[np.floating] = np.float64) -> Floats:
        """Return the inner products (n, m), in single precision where memory is short."""
        a, b = (v.astype(dtype, copy=False) for v in (self.dense, other.dense))
        products = np.asarray(a @ b.T)
        across = sp.csr_matrix(other.terms.T)
        # The product of sparse blocks is anything but sparse: a part of it at a time.
        for start in range(0, len(self), _BLOCK):
            part = slice(start, start + _BLOCK)
            products[part] += (self.terms[part] @ across).toarray()
        return products

    def nearest(self, other: TextVectors, groups: tuple[Ints, Ints] | None = None) -> Floats:
        """Return the greatest inner product of each text with the texts of `other`, (n,); 0 if there are none.

        Parameters
        ----------
        groups : numbers (n,) and (m,); texts of the same number do not count
        """
        nearest = np.zeros(len(self))
        for start in range(0, len(self) if len(other) else 0, _BLOCK):
            part = slice(start, start + _BLOCK)
            products = self[part].dot(other)
            if groups is not None:
                products[groups[0][part, None] == groups[1][None, :]] = 0.0
            nearest[part] = products.max(axis=1)
        return nearest

    def scores(self, term_weights: Singles, dense_weights: Singles) -> Floats:
        """Return the products (n, k) with weights of the columns: (terms, k) and (d, k)."""
        return np.asarray(self.terms @ term_weights + self.dense @ dense_weights)

    def columns(self, terms: Ints) -> Floats:
        """Return one dense matrix (n, len(terms) + d) of some of the terms and all of the sentence vectors."""
        return np.hstack([self.terms[:, terms].toarray(), self.dense])


def stack(parts: Sequence[TextVectors]) -> TextVectors:
    """Put vectors below each other."""
    return TextVectors(
        sp.csr_matrix(sp.vstack([p.terms for p in parts], format="csr")), np.vstack([p.dense for p in parts])
    )


class Features(BaseEstimator):
    """Weighted union of a lexical block and of sentence encoders.

    Sentence vectors are centred before they are scaled to unit length: all sentences of a language share a
    direction that tells nothing (Mu & Viswanath 2018). The centre is the mean of the coded opinions, drawn
    towards that of the background texts while opinions are few.

    Parameters
    ----------
    weights
        Encoder name -> weight; those of weight 0 are not used. They are scaled to sum to 1.
    word_weight, longest_ngram, min_texts, terms
        See `LexicalEncoder`.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        word_weight: float = 0.5,
        longest_ngram: int = 3,
        min_texts: int = 1,
        terms: Mapping[str, str] | None = None,
    ) -> None:
        self.weights = weights
        self.word_weight = word_weight
        self.longest_ngram = longest_ngram
        self.min_texts = min_texts
        self.terms = terms

    @property
    def sentence_names(self) -> list[str]:
        """Names of the sentence encoders in use, in a fixed order."""
        return sorted(n for n, w in self.weights.items() if w > 0 and n != LEXICAL)

    def fit(
        self,
        opinions: Sequence[str],
        background: Sequence[str],
        *,
        cache: VectorCache | None = None,
        progress: Callable[[str], None] = lambda step: None,
    ) -> Features:
        """Learn terms, their frequencies and the centres of the sentence vectors.

        Parameters
        ----------
        opinions : coded opinions, which set the centre; may be empty
        background : codebook and authored texts
        """
        total = sum(self.weights.values())
        self.shares_ = {n: float(w / total) for n, w in sorted(self.weights.items()) if w > 0}
        if LEXICAL in self.shares_:
            self.lexical_ = LexicalEncoder(self.word_weight, self.longest_ngram, self.min_texts, self.terms)
            self.lexical_.fit([*background, *opinions])
        self.centres_ = {}
        for name in self.sentence_names:
            progress(f"encode: {name}")
            all_vectors = encode_texts(name, [*background, *opinions], exact=True, cache=cache)
            vectors = all_vectors.astype(np.float64)
            prior = vectors[: len(background)].mean(axis=0) if background else 0.0
            summed = vectors[len(background) :].sum(axis=0) + _PRIOR_TEXTS * prior
            weight = len(opinions) + (_PRIOR_TEXTS if background else 0)
            # Single precision, as stored, so that a loaded model is the trained one.
            self.centres_[name] = (summed / max(weight, 1)).astype(np.float32)
        return self

    def term_vectors(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Return the block of terms alone (n, terms), rows of length √share: a tenth of the work of all."""
        check_is_fitted(self, "shares_")
        if LEXICAL not in self.shares_:
            return sp.csr_matrix((len(texts), 0))
        return sp.csr_matrix(self.lexical_.transform(texts) * np.sqrt(self.shares_[LEXICAL]))

    def transform(
        self,
        texts: Sequence[str],
        *,
        exact: bool = False,
        cache: VectorCache | None = None,
        terms: sp.csr_matrix | None = None,
    ) -> TextVectors:
        """Return the vectors of n texts; `exact` for training (see `encode_texts`).

        Parameters
        ----------
        terms : what `term_vectors` made of the same texts, if it is there already
        """
        terms = self.term_vectors(texts) if terms is None else terms
        blocks = [np.zeros((len(texts), 0))]
        for name in self.sentence_names:
            vectors = encode_texts(name, texts, exact=exact, cache=cache).astype(np.float64)
            # A vector of zeros (no word known) says nothing, and no more when the centre is taken from it.
            vectors -= self.centres_[name] * vectors.any(axis=1, keepdims=True)
            length = np.linalg.norm(vectors, axis=1, keepdims=True)
            blocks.append(vectors * (np.sqrt(self.shares_[name]) / np.maximum(length, 1e-9)))
        return TextVectors(terms, np.hstack(blocks))
