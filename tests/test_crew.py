from __future__ import annotations

import multiprocessing
import os
import pickle
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT
from threadpoolctl import threadpool_info

from pipeline.coding import Coder
from pipeline.comments import CommentCoding, code_comments
from pipeline.crew import _WORTH_STARTING, Crew, processes_for
from pipeline.encoders import encode_texts, one_blas_thread, one_core
from pipeline.errors import MissingPartError
from pipeline.models import Model
from pipeline.sentence_models import UseEncoder
from pipeline.vectorcache import VectorCache

STARTS = [s for s in ("fork", "spawn") if s in multiprocessing.get_all_start_methods()]


def pieces(count: int, of: int = 9) -> list[list[str]]:
    return [
        [f"{i}丁目{n}番地の公園で遊具が壊れている。バスも1日{n}本しかない" for n in range(of)]
        for i in range(count)
    ]


@pytest.mark.parametrize("start", STARTS)
def test_several_processes_say_what_one_says_to_the_last_bit_and_in_order(
    shipped: Model, start: str, tmp_path: Path
) -> None:
    given = [*pieces(7), [], ["特になし"]]
    alone = list(Crew(Coder(shipped)).code(given, top=2))
    with Crew(Coder(shipped), 3, partial(VectorCache, tmp_path), start) as crew:
        assert list(crew.code(given, top=2)) == alone
        # A second survey, some of it known to the cache.
        assert list(crew.code(given[::-1], top=2)) == alone[::-1]
    assert [len(found) for found in alone] == [*[9] * 7, 0, 1]


@pytest.mark.parametrize("start", STARTS)
def test_other_processes_do_take_part(model: Model, start: str) -> None:
    sent: list[Future[list[CommentCoding]] | None] = []

    class Watched(Crew):
        def _send(self, piece: Sequence[str], top: int) -> Future[list[CommentCoding]] | None:
            sent.append(super()._send(piece, top))
            return sent[-1]

    with Watched(Coder(model), 2, start=start) as crew:
        assert len(list(crew.code(pieces(5)))) == 5
    assert sent and all(f is not None and len(f.result()) == 9 for f in sent)


def test_what_a_process_that_was_ended_leaves_undone_is_done_here(model: Model) -> None:
    given = pieces(8, 3)
    alone = list(Crew(Coder(model)).code(given))
    with Crew(Coder(model), 2, start=STARTS[0]) as crew:
        found = crew.code(given)
        first = next(found)
        assert crew._pool is not None
        for other in list(crew._pool._processes.values()):
            other.kill()
        assert [first, *found] == alone


def test_a_computer_that_starts_no_processes_is_served_by_one(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no semaphores")

    monkeypatch.setattr("pipeline.crew.ProcessPoolExecutor", refuse)
    with Crew(Coder(model), 4) as crew:
        assert list(crew.code(pieces(2))) == [code_comments(Coder(model), p) for p in pieces(2)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_processes_that_cannot_all_start_are_ended(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    submit, calls = ProcessPoolExecutor.submit, []

    def failing(self: ProcessPoolExecutor, work: Callable[[], int]) -> Future[int]:
        calls.append(work)
        if len(calls) > 1:
            raise OSError("no memory for another process")
        return submit(self, work)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", failing)
    running = set(multiprocessing.active_children())
    with Crew(Coder(model), 3, start=STARTS[0]) as crew:
        assert len(calls) == 2
        # What Python lists may have ended already: two threads waited for it, and one was told.
        started = set(multiprocessing.active_children()) - running
        assert not any(_alive(p.pid) for p in started if p.pid is not None)
        assert list(crew.code(pieces(1))) == [code_comments(Coder(model), p) for p in pieces(1)]


def test_few_texts_and_heavy_encoders_stay_in_one_process(
    shipped: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    assert processes_for(shipped, _WORTH_STARTING - 1) == 1
    assert processes_for(shipped, _WORTH_STARTING - 1, most=2) == 1
    assert processes_for(shipped, _WORTH_STARTING) == 4
    assert processes_for(shipped, _WORTH_STARTING, most=7) == 7
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert processes_for(shipped, _WORTH_STARTING) == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(UseEncoder, "light", False)
    assert processes_for(shipped, _WORTH_STARTING) == processes_for(shipped, _WORTH_STARTING, most=2) == 1


def test_vectors_are_the_same_on_one_core() -> None:
    texts = [t for piece in pieces(20) for t in piece]
    with one_core():
        alone = encode_texts("use", texts)
    assert alone.tobytes() == encode_texts("use", texts, workers=3).tobytes()


def blas() -> list[int]:
    return [int(p["num_threads"]) for p in threadpool_info() if p["user_api"] == "blas"]


def test_blas_threads_are_as_before_also_when_surveys_overlap_or_stop_halfway(model: Model) -> None:
    before = blas()
    first, second = (Crew(Coder(model)).code(pieces(3)) for _ in range(2))
    assert len(next(first)) == len(next(second)) == 9
    del first
    assert blas() == before
    outer, inner = one_core(), one_blas_thread()
    outer.__enter__()
    inner.__enter__()
    outer.__exit__(None, None, None)
    assert set(blas()) == {1}
    inner.__exit__(None, None, None)
    assert blas() == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_other_processes_end_with_the_first_one_however_it_ends(tmp_path: Path) -> None:
    script = tmp_path / "first.py"
    script.write_text(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from pipeline import load_model\n"
        "from pipeline.coding import Coder\n"
        "from pipeline.crew import Crew\n"
        f"crew = Crew(Coder(load_model(Path({str(ROOT / 'models/default')!r}))), 3)\n"
        "list(crew.code([['公園の遊具']] * 4))\n"
        "print(*crew._pool._processes, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n",
        "utf-8",
    )
    # The others hold this pipe open: it ends when the last of them does.
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, cwd=ROOT
    )
    others = [int(p) for p in done.stdout.split()]
    assert len(others) == 2
    # The pipe is let go a moment before a process is over.
    assert all(map(_ends, others))


def _ends(process: int) -> bool:
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 60)[0])
    finally:
        os.close(handle)


def _alive(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_errors_for_people_reach_the_first_process_whole() -> None:
    error = MissingPartError("ない", "missing", file="a.csv", row=3)
    assert pickle.loads(pickle.dumps(error)).message("ja") == error.message("ja") == "a.csv、3行目: ない"
