"""Whether a model that was trained again is the one of a folder: to the bit, in all but last digits, or not."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.cli.card import model_card, model_pictures
from pipeline.cli.console import Console
from pipeline.cli.environment import environment_differences
from pipeline.errors import listed
from pipeline.model_writing import save_model
from pipeline.models import Model, load_model
from pipeline.sameness import alike
from pipeline.training import compare_models

# Another kind of processor rounds other last bits; less than this no reader of a confidence can see.
_LAST_DIGITS = 1e-4
# What training makes; the card and the pictures are drawn from it.
_TRAINED = ("model.skops", "metrics.json")


def report_again(console: Console, folder: Path, old: Model, new: Model) -> int:
    """Say whether the model of a folder and the one trained again are the same; return the exit code.

    Nothing of the folder is passed over: not a figure or a sentence that no suggestion depends on.
    """
    with tempfile.TemporaryDirectory() as temporary:
        # A model that was renamed since, by `iken promote` for one, keeps the id it was trained under.
        again = Path(temporary) / old.model_id.rsplit("-", 1)[0]
        save_model(new, again, model_card(new))
        differing = [n for n in _TRAINED if (again / n).read_bytes() != (folder / n).read_bytes()]
        stored = load_model(again)
    learned = json.loads(json.dumps(dict(new.manifest)))
    room = _LAST_DIGITS if differing else 0.0
    untrue = sorted(k for k, v in learned.items() if not alike(v, old.manifest.get(k), room))
    more = _more_than_last_digits(stored, old) if differing else []
    # The card tells figures and records, too: those that training gives, where the folder's are others.
    judged = replace(old, manifest={**old.manifest, **learned} if untrue else old.manifest)
    foreign = _not_drawn_from(replace(judged, metrics=new.metrics) if "metrics" in more else judged, folder)
    if differing:
        same = _report_difference(console, new, old, differing) and not more
        _say_more(console, more)
    else:
        same = True
    if untrue:
        ja, en = listed(untrue)
        console.say(
            f"異なる: {'モデルは同じですが、' if same else ''}manifest.json の記録({ja})が、学習し直したものと違います。",
            f"differs: {'the model is the same, but ' if same else ''}what manifest.json records ({en}) is not what "
            "training again gives",
        )
    if foreign:
        ja, en = listed(foreign)
        console.say(
            f"異なる: {'モデルは同じですが、' if same else ''}{ja} が、このモデルから作られるものと違います"
            "(書き換えられたか、作ったときの iken や matplotlib の版が違います)。",
            f"differs: {'the model is the same, but ' if same else ''}{en}: not what is made from this model "
            "(edited, or made by another version of iken or matplotlib)",
        )
    if untrue or foreign:
        return 1
    if not same:
        console.say("異なる。", "differs")
        return 1
    if differing:
        console.say(
            "一致(提案と指標は同じ。末尾の桁のみ異なります)。",
            "equal in suggestions and metrics (only last digits differ)",
        )
    else:
        console.say(
            f"一致: {old.model_id} をビット単位で再現しました。",
            f"equal: {old.model_id} reproduced bit for bit",
        )
    return 0


def _not_drawn_from(model: Model, folder: Path) -> list[str]:
    """Return the files of a folder that are not what this version makes of its model: the card and the pictures."""
    drawn = {"MODEL_CARD.md": model_card(model).replace("{model_id}", model.model_id).encode()}
    drawn |= model_pictures(model)
    other = [n for n, data in drawn.items() if not _same_file(folder / n, data)]
    listed_too = set(model.manifest["artefacts"]) - set(drawn) - set(_TRAINED)
    return sorted([*other, *listed_too])


def _same_file(path: Path, data: bytes) -> bool:
    """Tell whether a file holds these bytes, or this picture: the same pixels may be packed otherwise elsewhere."""
    from matplotlib.image import imread

    known = path.read_bytes() if path.is_file() else b""
    if known == data or path.suffix != ".png":
        return known == data
    try:
        return bool(np.array_equal(imread(io.BytesIO(known)), imread(io.BytesIO(data))))
    except (OSError, SyntaxError, ValueError):  # Pillow, of what is no picture
        return False


def _more_than_last_digits(new: Model, old: Model) -> list[str]:
    """Return what of two loaded models differs by more than another processor could make it."""
    parts = {
        "codebook": (new.codebook.to_table(), old.codebook.to_table()),
        "opinions": (new.opinions, old.opinions),
        "features": (new.features, old.features),
        "classifier": (new.classifier, old.classifier),
        "vectors": (new.vectors, old.vectors),
        "metrics": (dict(new.metrics), dict(old.metrics)),
    }
    return [n for n, (a, b) in parts.items() if not alike(a, b, _LAST_DIGITS)]


def _say_more(console: Console, more: Sequence[str]) -> None:
    if more:
        ja, en = listed(more)
        console.say(f"末尾の桁より大きく違うもの: {ja}", f"what differs by more than last digits: {en}")


def _report_difference(console: Console, new: Model, old: Model, files: Sequence[str]) -> bool:
    """Say how two models differ; return whether no user could see it."""
    difference = compare_models(new, old)
    console.say(
        f"バイトが異なるファイル: {', '.join(files)}", f"files whose bytes differ: {', '.join(files)}"
    )
    for name, then, now in environment_differences(old.manifest):
        console.say(
            f"環境: {name} が学習時と異なります(学習時 {then}、今 {now or '不明'})"
            if then
            else f"環境: {name} は学習時の記録がありません(今 {now or '不明'})",
            f"environment: {name} is not what it was in training (then {then}, now {now or 'unknown'})"
            if then
            else f"environment: {name} was not recorded in training (now {now or 'unknown'})",
        )
    console.say(
        f"第1候補が変わる意見: {difference['changed']}件、確信度の差の最大: {difference['confidence']:.2e}",
        f"opinions whose first suggestion changed: {difference['changed']}; "
        f"greatest difference of a confidence: {difference['confidence']:.2e}",
    )
    for name, value in difference["metrics"].items():
        console.say(f"指標 {name}: 差 {value:+.2e}", f"metric {name}: difference {value:+.2e}")
    same = not difference["changed"] and difference["confidence"] < _LAST_DIGITS
    return same and all(abs(v) < _LAST_DIGITS for v in difference["metrics"].values())
