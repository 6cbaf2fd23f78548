"""Coding a survey on all cores: this process and others beside it code pieces of it, in order.

The encoders let go of Python's interpreter while they multiply, so threads serve them; what comes before and
after them is Python, which runs on one core a process. Every piece is coded for itself, so that one process and
many give the same suggestions (to the last bit, but for vectors that a cache holds from other batches).
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import chain, pairwise
from types import TracebackType

from threadpoolctl import threadpool_limits

from pipeline.coding import Coder
from pipeline.comments import CommentCoding, code_comments
from pipeline.encoders import one_core, sentence_encoder

# Texts coded at a time: enough for batches of like length, few enough that the last piece is soon done.
PIECE = 1024
# Fewer texts are coded before another process has started.
_WORTH_STARTING = 3 * PIECE
# More processes would want more memory than an office PC has to spare.
_MOST_PROCESSES = 4
# Linux copies a running process in no time; elsewhere another one starts from nothing, which is safe everywhere.
_START = "fork" if sys.platform.startswith("linux") else "spawn"

# What tells that another process is no more, or never was.
_ENDED = (BrokenExecutor, OSError, MemoryError)

Piece = Sequence[str]
# Of another process: what codes there, and what stays as it is for as long as it lives.
_own: Coder | None = None
_for_good = ExitStack()


def processes_for(coder: Coder, texts: int, most: int | None = None) -> int:
    """Return how many processes should code n texts, 1 to the number of cores.

    Parameters
    ----------
    most : by default one a core, at most four; encoders that take all cores or much memory stay in one process
    """
    if most is None:
        light = all(sentence_encoder(n).light for n in coder.model.features.sentence_names)
        most = min(os.cpu_count() or 1, _MOST_PROCESSES) if light else 1
    return most if texts >= _WORTH_STARTING else 1


class Crew:
    """Processes that code pieces of a survey; this one works too. A context manager.

    Parameters
    ----------
    coder : what codes; another process gets a copy
    processes : how many work, this one included
    start : how another process is started, see `multiprocessing`
    """

    def __init__(self, coder: Coder, processes: int = 1, start: str = _START) -> None:
        self._coder = coder
        self._others = processes - 1
        self._pool = _started(coder, self._others, start) if self._others > 0 else None

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def code(self, pieces: Iterable[Piece], top: int = 3) -> Iterator[list[CommentCoding]]:
        """Yield what `code_comments` says of each piece, in order; pieces are read a few ahead."""
        # More threads would add the same numbers in another order.
        if self._pool is None:
            with threadpool_limits(1, "blas"):
                for piece in pieces:
                    yield code_comments(self._coder, piece, top)
            return
        with one_core():
            yield from self._code_together(pieces, top)

    def _code_together(self, pieces: Iterable[Piece], top: int) -> Iterator[list[CommentCoding]]:
        waiting: deque[tuple[Piece, Future[list[CommentCoding]]]] = deque()
        for piece, after in pairwise(chain(pieces, (None,))):
            assert piece is not None
            away = sum(not f.done() for _, f in waiting)
            # Each of the others has one piece, and two to go on with while this one writes; what is more is done
            # here, and so is the last, which nobody should have to wait for.
            room = self._others if after is None else 3 * self._others
            if away < room and (sent := self._send(piece, top)) is not None:
                waiting.append((piece, sent))
            else:
                done: Future[list[CommentCoding]] = Future()
                done.set_result(code_comments(self._coder, piece, top))
                waiting.append((piece, done))
            while waiting and waiting[0][1].done():
                yield self._result(*waiting.popleft(), top)
        while waiting:
            yield self._result(*waiting.popleft(), top)

    def _send(self, piece: Piece, top: int) -> Future[list[CommentCoding]] | None:
        assert self._pool is not None
        try:
            return self._pool.submit(_code, piece, top)
        except _ENDED:
            return None

    def _result(self, piece: Piece, sent: Future[list[CommentCoding]], top: int) -> list[CommentCoding]:
        """Return what another process said; if it was ended or had no memory left, do its piece here."""
        try:
            return sent.result()
        except _ENDED:
            return code_comments(self._coder, piece, top)


def _started(coder: Coder, count: int, start: str) -> ProcessPoolExecutor | None:
    """Return other processes at work; None where the system has no means for them (a locked-down PC)."""
    if start == "fork":
        coder.vectors([""])  # weights are read before, and shared
    try:
        pool = ProcessPoolExecutor(
            count,
            mp_context=multiprocessing.get_context(start),
            initializer=_get_ready,
            initargs=(pickle.dumps(coder),),
        )
        for _ in range(count):
            pool.submit(os.getpid)  # they start now, before anything is drawn on the screen
    except (*_ENDED, NotImplementedError, ImportError):
        return None
    return pool


# -- in the other process --------------------------------------------------------------------------


def _get_ready(coder: bytes) -> None:
    global _own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, and ends this one
    _for_good.enter_context(one_core())
    _own = pickle.loads(coder)


def _code(piece: Piece, top: int) -> list[CommentCoding]:
    assert _own is not None
    return code_comments(_own, piece, top)
