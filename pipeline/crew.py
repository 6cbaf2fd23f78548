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
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import chain, pairwise
from types import TracebackType

from pipeline.coding import Coder
from pipeline.comments import CommentCoding, code_comments
from pipeline.encoders import SentenceEncoder, one_blas_thread, one_core, sentence_encoder
from pipeline.models import Model
from pipeline.vectorcache import VectorCache

# Texts coded at a time: enough for batches of like length, few enough that the last piece is soon done.
PIECE = 1024
# More processes would want more memory than an office PC has to spare.
_MOST_PROCESSES = 4
# Linux copies a running process in no time; elsewhere another one starts from nothing, which is safe everywhere.
_START = "fork" if sys.platform.startswith("linux") else "spawn"
# Fewer texts are coded before another process that starts from nothing is there and has caught up.
_WORTH_STARTING = (3 if _START == "fork" else 16) * PIECE

# What tells that another process is no more, or never was.
_ENDED = (BrokenExecutor, OSError, MemoryError)

Piece = Sequence[str]
CacheOpener = Callable[[], VectorCache]
# Of another process: what codes there, and what stays as it is for as long as it lives.
_own: Coder | None = None
_for_good = ExitStack()


def processes_for(model: Model, texts: int, most: int | None = None) -> int:
    """Return how many processes should code n texts: one for few, and with encoders that are not light.

    Parameters
    ----------
    most : by default one a core, at most four
    """
    if texts < _WORTH_STARTING or not all(e.light for e in _encoders(model)):
        return 1
    return min(os.cpu_count() or 1, _MOST_PROCESSES) if most is None else most


def _encoders(model: Model) -> list[SentenceEncoder]:
    return [sentence_encoder(n) for n in model.features.sentence_names]


class Crew:
    """Processes that code pieces of a survey; this one works too. A context manager.

    Parameters
    ----------
    coder : what codes; another process gets a copy
    processes : how many work, this one included
    open_cache : gives each process its own cache of vectors, in place of the coder's. Opened after the others have
        started: SQLite's connections do not travel
    start : how another process is started, see `multiprocessing`
    """

    def __init__(
        self, coder: Coder, processes: int = 1, open_cache: CacheOpener | None = None, start: str = _START
    ) -> None:
        self._others = processes - 1
        self._pool = _started(coder, self._others, open_cache, start) if self._others > 0 else None
        self._cache = open_cache() if open_cache else None
        self._coder = coder.with_cache(self._cache) if self._cache else coder

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None
        if self._cache is not None:
            self._cache.close()

    def code(self, pieces: Iterable[Piece], top: int = 3) -> Iterator[list[CommentCoding]]:
        """Yield what `code_comments` says of each piece, in order; pieces are read a few ahead."""
        if self._pool is None:
            return (self._here(piece, top) for piece in pieces)
        return self._code_together(pieces, top)

    def _here(self, piece: Piece, top: int) -> list[CommentCoding]:
        with one_blas_thread() if self._pool is None else one_core():
            return code_comments(self._coder, piece, top)

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
                done.set_result(self._here(piece, top))
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
            return self._here(piece, top)


def _started(
    coder: Coder, count: int, open_cache: CacheOpener | None, start: str
) -> ProcessPoolExecutor | None:
    """Return other processes at work; None where the system has no means for them (a locked-down PC)."""
    if start == "fork":
        for encoder in _encoders(coder.model):
            encoder.encode([""])  # weights are read before, and shared
    running = set(multiprocessing.active_children())
    try:
        pool = ProcessPoolExecutor(
            count,
            mp_context=multiprocessing.get_context(start),
            initializer=_get_ready,
            initargs=(pickle.dumps(coder), open_cache),
        )
        for _ in range(count):
            pool.submit(os.getpid)  # they start now, before anything is drawn on the screen
    except (*_ENDED, NotImplementedError, ImportError):
        # Those that did start would wait for work for ever.
        for other in set(multiprocessing.active_children()) - running:
            other.terminate()
            other.join()
        return None
    return pool


# -- in the other process --------------------------------------------------------------------------


def _get_ready(coder: bytes, open_cache: CacheOpener | None) -> None:
    global _own
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process hears it, and ends this one
    _for_good.enter_context(one_core())
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    _own = pickle.loads(coder).with_cache(open_cache() if open_cache else None)


def _end_with_the_first() -> None:
    """Wait until the first process is no more, however it ended, and end this one."""
    first = multiprocessing.parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _code(piece: Piece, top: int) -> list[CommentCoding]:
    assert _own is not None
    return code_comments(_own, piece, top)
