from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.vectorcache import FILE_NAME, VectorCache, cache_folder


def vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)


def texts(count: int) -> list[str]:
    return [f"意見{i}" for i in range(count)]


def test_vectors_come_back_to_the_last_bit_also_after_reopening(tmp_path: Path) -> None:
    rows = vectors(1200)
    rows[0, :3] = [np.nan, -0.0, np.inf]
    with VectorCache(tmp_path) as cache:
        cache.put_many("use", texts(1200), rows)
    with VectorCache(tmp_path) as cache:
        back, found = cache.get_many("use", [*reversed(texts(1200)), "別", "意見3"], 8)
    assert found.tolist() == [True] * 1200 + [False, True]
    assert back[:1200].tobytes() == rows[::-1].tobytes()
    assert not back[1200].any()


def test_encoders_do_not_mix_and_another_length_is_unknown(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        cache.put_many("a exact", ["見守り"], vectors(1))
        assert cache.get_many("a exact", ["見守り"], 8)[1].all()
        assert not cache.get_many("a batch", ["見守り"], 8)[1].any()
        assert not cache.get_many("a exact", ["見守り"], 9)[1].any()


def test_no_text_is_written(tmp_path: Path) -> None:
    secret = "鎌倉太郎 0467-23-3000"
    with VectorCache(tmp_path) as cache:
        cache.put_many("use", [secret, "\ud800"], vectors(2))
        assert cache.get_many("use", [secret, "\ud800"], 8)[1].all()
        # While it is open, the newest rows are in the side file.
        written = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert secret.encode() not in written and secret.encode("utf-16-le") not in written
    assert b"0467" not in written
    if os.name == "posix":
        assert (tmp_path / FILE_NAME).stat().st_mode & 0o077 == 0


def test_the_oldest_go_when_the_limit_is_passed(tmp_path: Path) -> None:
    with VectorCache(tmp_path, limit=10) as cache:
        cache.put_many("other", texts(10), vectors(10))
        for t in texts(25):
            cache.put_many("use", [t], vectors(1))
        assert np.flatnonzero(cache.get_many("use", texts(25), 8)[1]).tolist() == list(range(15, 25))
        assert cache.get_many("other", texts(10), 8)[1].all()


def test_encoders_long_out_of_use_go(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        for i in range(12):
            cache.put_many(f"encoder {i}", ["a"], vectors(1))
    with VectorCache(tmp_path) as cache:
        known = [bool(cache.get_many(f"encoder {i}", ["a"], 8)[1][0]) for i in range(12)]
    assert known == [False] * 4 + [True] * 8


WRITER = """
import sys
from pathlib import Path
import numpy as np
from pipeline.vectorcache import VectorCache
with VectorCache(Path(sys.argv[1]), patience=60) as cache:
    print("open", flush=True)
    sys.stdin.readline()
    for i in range(int(sys.argv[2]), int(sys.argv[2]) + 200):
        cache.put_many("use", [f"意見{i}"], np.full((1, 8), i, np.float32))
        rows, found = cache.get_many("use", [f"意見{i}"], 8)
        assert found.all() and (rows == i).all()
    assert cache.problem is None, cache.problem
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(first)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first in (0, 100)
    ]
    for writer in writers:  # both have it open before either begins
        assert writer.stdout is not None and writer.stdout.readline() == "open\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    with VectorCache(tmp_path) as cache:
        rows, found = cache.get_many("use", texts(300), 8)
    assert found.all() and (rows[:, 0] == np.arange(300)).all()


def works_without(cache: VectorCache) -> None:
    cache.put_many("use", ["a"], vectors(1))
    rows, found = cache.get_many("use", ["a"], 8)
    assert rows.shape == (1, 8) and not found.any()
    assert cache.problem
    cache.close()


@pytest.mark.parametrize(
    "content", [b"not a database at all " * 50, b"\0" * 40_000, b"SQLite format 3\0" + b"x" * 5000]
)
def test_a_damaged_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    works_without(VectorCache(tmp_path))
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_page_overwritten_gives_no_wrong_vector(tmp_path: Path) -> None:
    rows = vectors(500)
    with VectorCache(tmp_path) as cache:
        cache.put_many("use", texts(500), rows)
    path = tmp_path / FILE_NAME
    for start in range(0, path.stat().st_size, 7001):
        content = bytearray(path.read_bytes())
        content[start : start + 64] = bytes(b ^ 0x55 for b in content[start : start + 64])
        damaged = tmp_path / f"{start}"
        damaged.mkdir()
        (damaged / FILE_NAME).write_bytes(content)
        with VectorCache(damaged) as cache:
            back, found = cache.get_many("use", texts(500), 8)
            cache.put_many("use", texts(3), rows[:3])
        assert np.array_equal(back[found], rows[found])


def test_a_locked_file_is_not_waited_for_twice(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path, patience=0.01)
    other = sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    works_without(cache)
    works_without(VectorCache(tmp_path, patience=0.01))
    other.close()


def test_a_file_that_may_not_be_written_still_serves_until_a_write(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        cache.put_many("use", ["a"], vectors(1))
        assert cache._connection is not None
        cache._connection.execute("PRAGMA query_only = 1")
        assert cache.get_many("use", ["a"], 8)[1].all()
        works_without(cache)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    works_without(VectorCache(tmp_path / "file" / "cache"))


def test_after_closing_nothing_is_found(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path)
    cache.put_many("use", ["a"], vectors(1))
    cache.close()
    assert not cache.get_many("use", ["a"], 8)[1].any()
    cache.put_many("use", ["a"], vectors(1))


def test_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IKEN_CACHE", raising=False)
    monkeypatch.setenv("IKEN_CACHE_DIR", str(tmp_path / "here"))
    with VectorCache() as cache:
        cache.put_many("use", ["a"], vectors(1))
    assert (tmp_path / "here" / FILE_NAME).exists()
    monkeypatch.setenv("IKEN_CACHE", "off")
    assert cache_folder() is None
    works_without(VectorCache())
    monkeypatch.delenv("IKEN_CACHE")
    monkeypatch.delenv("IKEN_CACHE_DIR")
    folder = cache_folder()
    assert folder is not None and folder.name == "iken"
