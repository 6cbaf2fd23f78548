"""Sentence encoders by name, and the vectors of many texts: each encoded once, on all cores, kept on disk."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from pipeline.errors import InputError
from pipeline.normalise import normalise
from pipeline.sentence_models import E5Encoder, OnnxEncoder, UseEncoder, Vectors
from pipeline.vectorcache import VectorCache
from pipeline.word_vectors import ChiveEncoder

# What one call of an encoder gets: small enough for all cores to have some, and for memory to stay flat.
_CHUNK_TEXTS, _CHUNK_CHARACTERS = 128, 8_000
_FEWEST_TEXTS = 8
# Of a longer text (a whole report in one cell) the beginning stands for all: memory grows with length.
LONGEST = 10_000
_encoding = threading.Lock()
# The limit of BLAS threads is one for the whole process: who holds it, and what takes it away again.
_limiting = threading.Lock()
_holders = 0
_limit = ExitStack()
# How many calls of `one_core` are at work.
_sharing = 0


class SentenceEncoder(Protocol):
    """A named encoder: texts in, one vector a text out, of unit length or, where nothing is known, zeros."""

    @property
    def name(self) -> str:
        """`use`, `e5`, `chive` or `onnx:DIR`."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""

    @property
    def sha256(self) -> str:
        """Digest of the weights: what `sha256sum FILE… | sha256sum` prints, names without folders."""

    @property
    def version(self) -> str:
        """Package and version that does the arithmetic."""

    @property
    def exact(self) -> bool:
        """Whether a vector is the same to the last bit whatever other texts are encoded beside it."""

    @property
    def threads(self) -> bool:
        """Whether several calls of `encode` at once are allowed, and faster than one after the other."""

    @property
    def light(self) -> bool:
        """Whether several processes with one each are worth it: little memory, and fast enough for Python to count."""

    @property
    def cached(self) -> bool:
        """Whether its vectors are worth keeping on disk."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, dimensions) of n texts, taken as they are; an empty text has one too."""


@functools.cache
def sentence_encoder(name: str) -> SentenceEncoder:
    """Return the encoder `use`, `e5`, `chive` or `onnx:DIR`, its weights checked; one a process."""
    if name == "use":
        return UseEncoder()
    if name == "e5":
        return E5Encoder()
    if name == "chive":
        return ChiveEncoder()
    if name.startswith("onnx:") and len(name) > len("onnx:"):
        return OnnxEncoder(Path(name.removeprefix("onnx:")))
    raise InputError(
        f"エンコーダ「{name}」はありません。use、e5、chive、onnx:フォルダ名 のどれかにしてください。",
        f"There is no encoder '{name}'. Choose use, e5, chive or onnx:FOLDER.",
    )


def encode_texts(
    name: str,
    texts: Sequence[str],
    *,
    exact: bool = False,
    cache: VectorCache | None = None,
    workers: int | None = None,
) -> Vectors:
    """Return vectors (n, dimensions) of n texts, each distinct text (once normalised) encoded once.

    Parameters
    ----------
    name
        See `sentence_encoder`.
    exact
        Make a vector depend on its text alone, to the last bit, at half the speed: for training. Another kind
        of processor may still round otherwise.
    cache
        Vectors of texts seen before; exact ones are kept apart from others.
    workers
        Texts encoded at once; by default one a core, and one within `one_core`. No matter for `chive`.

    >>> rows = encode_texts("use", ["見守りが必要", "見守りを増やす", "道路に穴がある", "見守りが必要 "])
    >>> rows.shape, bool(rows[0] @ rows[1] > rows[0] @ rows[2]), bool((rows[0] == rows[3]).all())
    ((4, 512), True, True)
    """
    encoder = sentence_encoder(name)
    exact = exact or encoder.exact
    cache = cache if encoder.cached else None
    place: dict[str, int] = {}
    where = np.fromiter(
        (place.setdefault(normalise(t)[:LONGEST], len(place)) for t in texts), np.int64, len(texts)
    )
    distinct = list(place)
    rows, known = np.zeros((len(distinct), encoder.dimensions), np.float32), np.zeros(len(distinct), bool)
    identity = f"{encoder.sha256} {encoder.version} {'exact' if exact else 'batch'}"
    if cache is not None:
        rows, known = cache.get_many(identity, distinct, encoder.dimensions)
    # Texts of like length together: little padding, even work. Ties by text: the same batches in any order.
    missing = sorted(np.flatnonzero(~known).tolist(), key=lambda i: (len(distinct[i]), distinct[i]))
    chunks = [[distinct[i] for i in c] for c in _chunks(missing, distinct)]
    with _each_chunk(encoder, exact, len(chunks), workers) as run:
        for chunk, made in zip(chunks, run(chunks), strict=True):
            rows[[place[t] for t in chunk]] = made
            if cache is not None:
                cache.put_many(identity, chunk, made)
    return rows[where]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Multiply on one thread within, so that numbers are added in one order; for several callers at once."""
    global _holders
    with _limiting:
        if not _holders:
            _limit.enter_context(threadpool_limits(1, "blas"))
        _holders += 1
    try:
        yield
    finally:
        with _limiting:
            _holders -= 1
            if not _holders:
                _limit.close()


@contextmanager
def one_core() -> Iterator[None]:
    """Multiply and encode on one thread within: for processes that share the cores of a computer."""
    global _sharing
    with one_blas_thread():
        with _limiting:
            _sharing += 1
        try:
            yield
        finally:
            with _limiting:
                _sharing -= 1


@contextmanager
def _each_chunk(
    encoder: SentenceEncoder, exact: bool, count: int, workers: int | None
) -> Iterator[Callable[[Sequence[Sequence[str]]], Iterator[Vectors]]]:
    """Give a function that encodes chunks in order, on several threads where that is faster.

    Threads, not processes: NumPy and ONNX let go of the interpreter while they multiply, so two threads do
    1.8 times the work of one, as two processes would, and nothing has to be started, copied or guarded.
    """

    def one(chunk: Sequence[str]) -> Vectors:
        if exact and not encoder.exact:
            return np.concatenate([encoder.encode([text]) for text in chunk])
        return encoder.encode(chunk)

    # One limit around all: threads of BLAS would add in another order, wait for each other over small products, and
    # each thread here would restore the number it had found.
    with _encoding, one_blas_thread():
        if workers is None:
            workers = 1 if _sharing else os.cpu_count() or 1
        threads = min(count, workers)
        if not encoder.threads or threads < 2:
            yield lambda chunks: map(one, chunks)
            return
        encoder.encode([""])  # weights are read here, not by several threads at once
        pool = ThreadPoolExecutor(threads)
        try:
            yield lambda chunks: pool.map(one, chunks)
        finally:
            pool.shutdown(cancel_futures=True)


def _chunks(order: Sequence[int], texts: Sequence[str]) -> Iterator[list[int]]:
    """Cut `order` into runs of at most `_CHUNK_TEXTS` texts and `_CHUNK_CHARACTERS` characters.

    Few texts are cut into four, so that several cores have some; into as many on any machine, for equal results.
    """
    most = min(_CHUNK_TEXTS, max(_FEWEST_TEXTS, -(-len(order) // 4)))
    chunk: list[int] = []
    size = 0
    for i in order:
        if chunk and (len(chunk) == most or size + len(texts[i]) > _CHUNK_CHARACTERS):
            yield chunk
            chunk, size = [], 0
        chunk.append(i)
        size += len(texts[i])
    if chunk:
        yield chunk
