from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from pathlib import Path

import pytest

from pipeline.coding import Coder
from pipeline.comments import code_comments
from pipeline.crew import PIECE, Crew, processes_for
from pipeline.encoders import encode_texts, one_core
from pipeline.errors import MissingPartError
from pipeline.models import Model, load_model
from pipeline.vectorcache import VectorCache

ROOT = Path(__file__).resolve().parent.parent
STARTS = [s for s in ("fork", "spawn") if s in multiprocessing.get_all_start_methods()]


@pytest.fixture(scope="module")
def shipped() -> Model:
    return load_model(ROOT / "models/default")


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
    with VectorCache(tmp_path) as cache, Crew(Coder(shipped, cache=cache), 3, start) as crew:
        assert list(crew.code(given, top=2)) == alone
        # A second survey, some of it known to the cache.
        assert list(crew.code(given[::-1], top=2)) == alone[::-1]
    assert [len(found) for found in alone] == [*[9] * 7, 0, 1]


def test_other_processes_do_take_part(model: Model) -> None:
    class Seen(Crew):
        sent = 0

        def _send(self, piece, top):  # type: ignore[no-untyped-def]
            self.sent += 1
            return super()._send(piece, top)

    with Seen(Coder(model), 2, STARTS[0]) as crew:
        assert len(list(crew.code(pieces(5)))) == 5
        assert crew.sent > 0


def test_what_a_process_that_was_ended_leaves_undone_is_done_here(model: Model) -> None:
    given = pieces(8, 3)
    alone = list(Crew(Coder(model)).code(given))
    with Crew(Coder(model), 2, STARTS[0]) as crew:
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


def test_few_texts_and_heavy_encoders_stay_in_one_process(
    shipped: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    coder = Coder(shipped)
    assert processes_for(coder, 3 * PIECE - 1) == 1
    assert processes_for(coder, 3 * PIECE - 1, most=2) == 1
    assert processes_for(coder, 3 * PIECE) == 4
    assert processes_for(coder, 3 * PIECE, most=7) == 7
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert processes_for(coder, 3 * PIECE) == 1
    if sys.platform.startswith("linux"):
        monkeypatch.setattr(os, "cpu_count", lambda: 16)
        assert processes_for(Coder(load_model(ROOT / "models/accurate")), 3 * PIECE) == 1


def test_vectors_are_the_same_on_one_core() -> None:
    texts = [t for piece in pieces(20) for t in piece]
    with one_core():
        alone = encode_texts("use", texts)
    assert alone.tobytes() == encode_texts("use", texts, workers=3).tobytes()


def test_a_cache_is_opened_anew_in_another_process(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache, pickle.loads(pickle.dumps(cache)) as other:
        rows = encode_texts("use", ["見守りが必要"], cache=cache)
        back, found = other.get_many("", [], 512)
        assert (back.shape, found.shape) == ((0, 512), (0,))
        assert encode_texts("use", ["見守りが必要"], cache=other).tobytes() == rows.tobytes()
        assert other.problem is None


def test_errors_for_people_reach_the_first_process_whole() -> None:
    error = MissingPartError("ない", "missing", file="a.csv", row=3)
    assert pickle.loads(pickle.dumps(error)).message("ja") == error.message("ja") == "a.csv、3行目: ない"
