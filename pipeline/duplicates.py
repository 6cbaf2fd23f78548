"""Group the same and nearly the same texts (see `copies`) in millions of rows.

Candidates come from MinHash in bands (Broder 1997; Leskovec et al., Mining of Massive
Datasets, ch. 3) and are then compared exactly. Keys and bands wait in temporary files meanwhile, so that memory
stays at a few bytes a row.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from types import TracebackType
from zlib import crc32

import numpy as np
import numpy.typing as npt

from pipeline.arrays import Bools
from pipeline.copies import THRESHOLD, pieces_of
from pipeline.no_answer import has_no_opinion
from pipeline.normalise import comparison_key
from pipeline.polarity import polarity

# Shorter keys are compared for equality only: one word changed in a short note changes what it says.
MIN_LENGTH = 12
# A pair of Jaccard J shares at least one band with probability 1 - (1 - J**3)**6: .99 at .8, .05 at .2.
_BANDS, _ROWS = 6, 3

Indices = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]


def _constants(count: int, label: str) -> Hashes:
    """Odd 64-bit numbers, the same on every machine and in every run."""
    digests = b"".join(blake2b(f"{label}{i}".encode(), digest_size=8).digest() for i in range(count))
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64) | np.uint64(1)


_MULTIPLY = _constants(_BANDS * _ROWS, "multiply")
_ADD = _constants(_BANDS * _ROWS, "add")


@dataclass(frozen=True)
class Groups:
    """Groups of rows; each array has one entry a row.

    leader
        Index of the first row of the group, the row itself if it is alone.
    size
        Rows in the group, the same and nearly the same.
    exact_size
        Rows with the same key.
    """

    leader: Indices
    size: Indices
    exact_size: Indices


class GroupFinder:
    """Group the texts of a long table given chunk by chunk; the result does not depend on the chunks.

    Every row is nearly the same as its group's leader, hence any two rows of a group have a Jaccard
    similarity of at least 0.6. The price: of copies made of copies, some close pairs get different
    leaders (one pair in ten above .9 in the tests' invented chains). Rows of a group have the same
    `polarity`. Comments without an opinion (empty, 「特になし」) are always alone.

    >>> with GroupFinder() as finder:
    ...     finder.add(["バスの本数を増やしてほしいです。", "坂が多い", "特になし", "特になし"])
    ...     finder.add(["バスの本数を増やして欲しいです", "バスの本数を増やしてほしいです!", "坂が多い。"])
    ...     finder.groups().leader.tolist()
    [0, 1, 2, 3, 4, 0, 1]
    """

    def __init__(self) -> None:
        self._keys = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `close`
        self._bands = tempfile.TemporaryFile()  # noqa: SIM115
        self._hashes: list[Hashes] = []
        self._lengths: list[npt.NDArray[np.uint32]] = []  # of keys in bytes
        self._long: list[Bools] = []
        self._groups: Groups | None = None

    def __enter__(self) -> GroupFinder:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _e: object, _t: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Delete the temporary files; groups already found stay."""
        self._keys.close()
        self._bands.close()

    def add(self, texts: Sequence[str], keys: Sequence[str] | None = None) -> None:
        """Take in the next rows; `keys` are their `comparison_key`s, if the caller has them already."""
        keys = [comparison_key(t) for t in texts] if keys is None else keys
        if not keys:
            return
        encoded = [k.encode("utf-8", "surrogatepass") for k in keys]
        digests = b"".join([blake2b(k, digest_size=8).digest() for k in encoded])
        self._hashes.append(np.frombuffer(digests, dtype="<u8").astype(np.uint64))
        self._lengths.append(np.fromiter(map(len, encoded), np.uint32, len(encoded)))
        self._keys.write(b"".join(encoded))
        is_long = np.fromiter(map(len, keys), np.int64, len(keys)) >= MIN_LENGTH
        self._long.append(is_long)
        bands = np.zeros((_BANDS, len(keys)), np.uint32)
        long = [k for k in keys if len(k) >= MIN_LENGTH]
        # With the polarity in the bands, those who are against find one another and not those who are for.
        bands[:, is_long] = _band_hashes(long) ^ np.array([crc32(polarity(k)) for k in long], np.uint32)
        self._bands.write(bands.tobytes())

    def groups(self) -> Groups:
        """Return the groups of all rows added, and delete the temporary files."""
        if self._groups is None:
            self._groups = self._find()
            self.close()
        return self._groups

    def _find(self) -> Groups:
        if not self._hashes:
            none = np.zeros(0, np.int32)
            return Groups(none, none, none)
        self._ends = np.cumsum(np.concatenate(self._lengths), dtype=np.int64)
        self._lengths.clear()
        self._keys.write(b"\0")  # an empty file cannot be mapped
        self._keys.flush()
        # Pages of a mapped file can be given back at any time; reading it piece by piece is much slower.
        with mmap.mmap(self._keys.fileno(), 0, access=mmap.ACCESS_READ) as self._mapped:
            exact = self._exact()
            nearest = self._near(exact)
        leader = nearest[exact]
        return Groups(leader, _sizes(leader), _sizes(exact))

    def _key(self, row: int) -> str:
        start = int(self._ends[row - 1]) if row else 0
        return self._mapped[start : int(self._ends[row])].decode("utf-8", "surrogatepass")

    def _exact(self) -> Indices:
        """Return for each row the first one with the same key; rows without an opinion are their own."""
        exact = _first_rows(np.concatenate(self._hashes))
        self._hashes.clear()
        repeated = [row for row in np.flatnonzero(_sizes(exact) > 1).tolist() if exact[row] == row]
        alone = np.isin(exact, [row for row in repeated if has_no_opinion(self._key(row))])
        exact[alone] = np.flatnonzero(alone)
        return exact

    def _near(self, exact: Indices) -> Indices:
        """Return for each first row of a key the leader it is nearly the same as, or itself."""
        nearest = np.arange(len(exact), dtype=np.int32)
        rows = np.flatnonzero((exact == nearest) & np.concatenate(self._long)).astype(np.int32)
        firsts = np.empty((_BANDS, len(rows)), np.int32)
        for band in range(_BANDS):
            firsts[band] = rows[_first_rows(self._band(band)[rows])]

        @lru_cache(maxsize=4096)
        def compared(row: int) -> tuple[bytes, frozenset[str]]:
            key = self._key(row)
            return polarity(key), pieces_of(key)

        # In the order of rows, so that a leader is settled before it is asked for.
        for column in np.flatnonzero((firsts != rows).any(axis=0)):
            row = int(rows[column])
            candidates = {int(nearest[first]) for first in firsts[:, column]} - {row}
            own = compared(row) if candidates else (b"", frozenset())
            found = next((c for c in sorted(candidates) if _nearly_same(own, compared(c))), row)
            if found != row and not any(has_no_opinion(self._key(r)) for r in (row, found)):
                nearest[row] = found
        return nearest

    def _band(self, band: int) -> npt.NDArray[np.uint32]:
        """Read one band of all rows; the file holds the chunks one after the other, band by band."""
        parts = []
        start = 0
        for chunk in self._long:
            self._bands.seek(4 * (start * _BANDS + band * len(chunk)))
            parts.append(np.frombuffer(self._bands.read(4 * len(chunk)), np.uint32))
            start += len(chunk)
        return np.concatenate(parts)


def _nearly_same(a: tuple[bytes, frozenset[str]], b: tuple[bytes, frozenset[str]]) -> bool:
    """Tell it of the polarities and pieces of two keys."""
    shared = len(a[1] & b[1])
    return a[0] == b[0] and shared / (len(a[1]) + len(b[1]) - shared) >= THRESHOLD


def _band_hashes(keys: Sequence[str]) -> npt.NDArray[np.uint32]:
    """Return the bands of MinHashes, shape (bands, keys); every key has at least three characters."""
    if not keys:
        return np.zeros((_BANDS, 0), np.uint32)
    codes = np.frombuffer("".join(keys).encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    ends = np.cumsum([len(k) for k in keys])
    pieces = codes.copy()  # a code point has 21 bits, three of them 63; the last two places are never read
    pieces[:-2] |= (codes[1:-1] << np.uint64(21)) | (codes[2:] << np.uint64(42))
    pieces ^= pieces >> np.uint64(32)
    # For each key its own pieces, then the two that reach into the next key, which are thrown away.
    bounds = np.stack([np.concatenate([[0], ends[:-1]]), ends - 2], axis=1).ravel()
    bands = np.zeros((_BANDS, len(keys)), np.uint64)
    hashed = np.empty_like(pieces)
    for i in range(_BANDS * _ROWS):
        np.multiply(pieces, _MULTIPLY[i], out=hashed)
        np.bitwise_xor(hashed, hashed >> np.uint64(29), out=hashed)
        np.multiply(hashed, _ADD[i], out=hashed)
        lowest = np.minimum.reduceat(hashed, bounds)[::2]
        band = bands[i // _ROWS]
        band += (lowest ^ (lowest >> np.uint64(32))) * _MULTIPLY[i]
    return (bands >> np.uint64(32)).astype(np.uint32)


def _first_rows(values: npt.NDArray[np.unsignedinteger]) -> Indices:
    """Return for each entry the index of the first one of the same value."""
    order = np.argsort(values, kind="stable").astype(np.int32)
    ordered = values[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(order)]
    first = np.empty(len(order), np.int32)
    first[order] = order[starts][np.cumsum(starts, dtype=np.int32) - 1]
    return first


def _sizes(leader: Indices) -> Indices:
    return np.bincount(leader, minlength=len(leader)).astype(np.int32)[leader]
