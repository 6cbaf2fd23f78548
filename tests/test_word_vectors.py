from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import word_vectors
from pipeline.encoders import encode_texts, sentence_encoder
from pipeline.errors import ModelError
from pipeline.vectorcache import VectorCache
from pipeline.word_vectors import ChiveEncoder


@pytest.fixture(scope="module")
def chive() -> ChiveEncoder:
    return ChiveEncoder()


def cosine(chive: ChiveEncoder, a: str, b: str) -> float:
    x, y = chive.encode([a, b])
    return float(x @ y)


def test_texts_of_like_words_are_alike(chive: ChiveEncoder) -> None:
    assert cosine(chive, "老人", "高齢者") > cosine(chive, "老人", "道路") + 0.2
    assert cosine(chive, "保育園が足りない", "子どもを預ける場所がない") > cosine(
        chive, "保育園が足りない", "避難所が遠い"
    )


def test_frequent_words_count_little(chive: ChiveEncoder) -> None:
    assert cosine(chive, "避難所", "避難所が、ですよね。") > 0.9


def test_inflected_words_are_found_by_their_lemma(chive: ChiveEncoder) -> None:
    assert cosine(chive, "増やす", "増やし") > 0.99


@given(st.lists(st.text(max_size=30), max_size=6))
def test_a_vector_has_unit_length_or_is_zero_and_depends_on_its_text_alone(texts: list[str]) -> None:
    encoder = sentence_encoder("chive")
    together = encoder.encode(texts)
    assert together.shape == (len(texts), 300) and together.dtype == np.float32
    lengths = np.linalg.norm(together, axis=1)
    assert ((lengths == 0) | (abs(lengths - 1) < 1e-5)).all()
    assert all(np.array_equal(row, encoder.encode([t])[0]) for row, t in zip(together, texts, strict=True))


def test_a_text_without_a_known_word_says_nothing(chive: ChiveEncoder) -> None:
    assert not chive.encode(["", "\ud800"]).any()


def test_it_is_one_of_the_named_encoders_and_needs_no_cache(tmp_path) -> None:  # type: ignore[no-untyped-def]
    texts = ["見守りが必要", "見守りが必要 ", "道路に穴がある"]
    with VectorCache(tmp_path) as cache:
        rows = encode_texts("chive", texts, cache=cache)
        _, known = cache.get_many(
            f"{sentence_encoder('chive').sha256} {sentence_encoder('chive').version} exact", texts, 300
        )
    assert np.array_equal(rows[0], rows[1]) and not known.any()


def test_a_damaged_file_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_vectors, "CHIVE_SHA256", {"chive.npz": "0" * 64})
    with pytest.raises(ModelError, match="SHA-256"):
        ChiveEncoder()


def test_another_process_makes_the_same_bytes(chive: ChiveEncoder) -> None:
    script = (
        "import sys; from pipeline.word_vectors import ChiveEncoder;"
        "sys.stdout.buffer.write(ChiveEncoder().encode(['地域の見守りを増やしてほしい', 'バスが少ない']).tobytes())"
    )
    made = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7"},
    )
    assert made.stdout == chive.encode(["地域の見守りを増やしてほしい", "バスが少ない"]).tobytes()
