"""The encoder `chive`: a text is the sum of the vectors of its content words, frequent ones counting little.

chiVe (Manabe et al. 2019) are word2vec vectors of words as a morphological analyser normalises them, learned from
a hundred million Japanese web pages. They know what words mean that few texts use, which sentence encoders are
weak at, and cost next to nothing. The file lies in this package: see `resources/README.md`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from pipeline.sentence_models import Vectors, checked_digest, sound
from pipeline.tokenise import CONTENT_POS, dictionary_version, words

CHIVE_SHA256 = {"chive.npz": "a5d9c8e304d8f882753c6ddbc6e5c7e943d53ee5b89e41ab5a68c3d6d80f9edb"}

# Smooth inverse frequency (Arora et al. 2017), with the frequency of the word of rank r by Zipf's law as Mandelbrot
# (1953) has it: 1 / (10 (r + 3)) for 35,000 words.
_SMOOTH = 3e-4


class ChiveEncoder:
    """Weighted sums of word vectors, 300 numbers of unit length; zeros for a text without a known content word."""

    name = "chive"
    dimensions = 300
    exact = True
    threads = False  # the analyser of words is one for the whole process
    light = True
    cached = False  # as fast as reading them from disk

    def __init__(self) -> None:
        self._file = Path(str(files("pipeline"))) / "resources/chive.npz"
        self.sha256 = checked_digest([self._file], CHIVE_SHA256)
        self.version = f"iken 1, {dictionary_version()}"

    @functools.cached_property
    def _table(self) -> tuple[dict[str, int], Vectors, Vectors]:
        """Return word -> row, and vectors in whole numbers with what to multiply each by."""
        with np.load(self._file, allow_pickle=False) as stored:
            spelt = stored["words"].tobytes().decode().split("\n")
            rank = np.arange(len(spelt))
            weight = _SMOOTH / (_SMOOTH + 1 / (10 * (rank + 3)))
            scale = (stored["scale"] * weight).astype(np.float32)
            return {w: i for i, w in enumerate(spelt) if w}, stored["vectors"], scale

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, 300), each the same to the last bit whatever texts stand beside it."""
        row, vectors, scale = self._table
        found: list[int] = []
        ends = [0]
        for text in texts:
            for word in words(sound(text)):
                at = row.get(word.lemma, row.get(word.surface))
                if at is not None and word.pos in CONTENT_POS:
                    found.append(at)
            ends.append(len(found))
        used, column = np.unique(np.array(found, np.int64), return_inverse=True)
        # Summed in the order of the text: sorted, a sum would be another in its last bits.
        counts = sp.csr_matrix((scale[found], column, ends), shape=(len(texts), len(used)))
        sums = np.asarray(counts @ vectors[used].astype(np.float32))
        length = np.sqrt(np.einsum("ij,ij->i", sums, sums))[:, None]
        return np.asarray(np.divide(sums, length, where=length > 0, out=sums), np.float32)
