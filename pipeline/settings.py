"""The settings of a training run, as in a configuration file: every knob, its default and what it may be."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from pipeline.errors import InputError


@dataclass(frozen=True)
class TrainingConfig:
    """Every knob of a training run, as in a configuration file (`--config FILE.toml`, flat keys)."""

    lexical: float = 0.25
    use: float = 0.5
    chive: float = 0.25
    e5: float = 0.0
    onnx: float = 0.0
    onnx_folder: str = ""
    word_weight: float = 0.5
    longest_ngram: int = 3
    min_texts: int = 3
    shrink_top: float = 0.0
    shrink_inner: float = 1.0
    shrink_item: float = 0.5
    text_inner: float = 1.0
    text_item: float = 0.5
    bank_share: float = 0.5
    profile: float = 0.2
    penalty: float = 1.0
    gaussian: float = 1.0
    coded_weight: float = 1.0
    authored_total: float = 50.0
    seed: int = 0

    @property
    def encoder_weights(self) -> dict[str, float]:
        """Weight of each encoder, those of weight 0 left out."""
        named = {
            "lexical": self.lexical,
            "use": self.use,
            "chive": self.chive,
            "e5": self.e5,
            f"onnx:{self.onnx_folder}": self.onnx,
        }
        return {n: float(w) for n, w in named.items() if w > 0}

    @classmethod
    def from_toml(cls, text: str, file: str | None = None) -> TrainingConfig:
        """Read a configuration; keys that are absent keep their defaults.

        Raises
        ------
        InputError
            for text that is no TOML, an unknown key, or a value of the wrong type.
        """
        try:
            given = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                f"TOML として読めません({error})。", f"not valid TOML ({error})", file=file
            ) from error
        return cls.from_values(given, file)

    @classmethod
    def from_values(cls, given: Mapping[str, Any], file: str | None = None) -> TrainingConfig:
        """Return the configuration of given values; see `from_toml`."""
        known: dict[str, Any] = {f.name: type(getattr(cls, f.name)) for f in fields(cls)}
        for key, value in given.items():
            if key not in known:
                raise InputError(
                    f"設定「{key}」はありません。使える設定: {'、'.join(known)}",
                    f"there is no setting '{key}'; known: {', '.join(known)}",
                    file=file,
                )
            if not _fits(key, value, known[key]):
                raise InputError(
                    f"設定「{key}」の値 {value!r} は使えません({_allowed(key)})。",
                    f"setting '{key}' cannot be {value!r}; allowed: {_allowed(key)}",
                    file=file,
                )
        config = cls(**{k: known[k](v) for k, v in given.items()})
        if config.onnx > 0 and not config.onnx_folder:
            raise InputError(
                "onnx を使うには、設定「onnx_folder」にエンコーダのフォルダを指定してください。",
                "to use onnx, name the encoder's folder in the setting 'onnx_folder'",
                file=file,
            )
        if not config.encoder_weights:
            raise InputError(
                "すべてのベクトルの重みが 0 で、何も見えません。lexical か use などを 0 より大きくしてください。",
                "all encoders have weight 0, so nothing would be seen; give lexical, use or another some weight",
                file=file,
            )
        return config


# Least and greatest value of the settings that have other limits than 0 and a million.
_LIMITS = {
    "word_weight": (0.0, 1.0),
    "bank_share": (0.0, 1.0),
    "profile": (0.0, 0.9),
    "longest_ngram": (1, 3),
    "min_texts": (1, 100),
    "penalty": (1e-6, 1e6),
    "coded_weight": (1e-6, 1e6),
}


def _allowed(key: str) -> str:
    low, high = _LIMITS.get(key, (0, 1_000_000))
    return "text" if key == "onnx_folder" else f"{low} - {high}"


def _fits(key: str, value: object, kind: type) -> bool:
    """Tell whether a value of a configuration file may be used (nan and infinity never)."""
    if kind is str:
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        return False
    low, high = _LIMITS.get(key, (0, 1_000_000))
    return low <= value <= high
