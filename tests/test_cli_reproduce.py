"""`iken reproduce`: the same model again, or what differs and why."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import LIGHT, iken
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.cli.card import model_card, model_pictures
from pipeline.cli.inputs import shipped_instead
from pipeline.model_writing import save_model
from pipeline.models import load_model
from pipeline.tableio import read_table, write_table


def test_reproduce_tells_what_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = tmp_path / "labels.csv"
    table = read_table(SEED_LABELS)
    write_table(table, labels)
    assert (
        iken("train", "--labels", labels, "--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m") == 0
    )
    assert iken("reproduce", tmp_path / "m") == 0
    (tmp_path / "m").rename(tmp_path / "default")  # as `iken promote` does
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "default") == 0 and "ビット単位" in capsys.readouterr().out
    (tmp_path / "default").rename(tmp_path / "m")
    table.loc[0, "code"] = "G3-5-1"
    write_table(table, labels)
    assert iken("reproduce", tmp_path / "m") == 1
    said = capsys.readouterr().out
    assert "コード付き意見" in said and str(labels) in said
    first = read_table(SEED_LABELS).iloc[0]
    assert f"{first['opinion_id']} {first['code']} 「" in said and f"{first['opinion_id']} G3-5-1 「" in said
    assert "学習時だけ: 1件" in said and "今だけ: 1件" in said
    write_table(read_table(SEED_LABELS).assign(coder="佐藤"), labels)
    assert iken("reproduce", tmp_path / "m") == 1
    assert "意見・コード・決め方は同じ" in capsys.readouterr().out
    labels.unlink()
    assert iken("reproduce", tmp_path / "m") == 2
    assert iken("reproduce", tmp_path / "m", "--labels", SEED_LABELS) == 0


def test_reproduce_finds_what_moved_or_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = tmp_path / "bank.csv"
    write_table(read_table(ROOT / "data/codebook/example_utterances.csv").iloc[::20], bank)
    labels = tmp_path / "labels.csv"
    write_table(read_table(SEED_LABELS).drop(columns="source").head(8), labels)
    fixed = ("--codebook", SEED_CODEBOOK, "--bank", bank, "--config", ROOT / "data/config/lexical.toml")
    assert iken("train", "--labels", labels, *fixed, "--out", tmp_path / "m") == 0
    moved = bank.rename(tmp_path / "moved.csv")
    assert iken("reproduce", tmp_path / "m") == 2 and "--bank" in capsys.readouterr().err
    renamed = labels.rename(tmp_path / "renamed.csv")
    found = ("--bank", moved, "--labels", renamed)
    assert iken("reproduce", tmp_path / "m", *found) == 0 and "ビット単位" in capsys.readouterr().out
    manifest = tmp_path / "m/manifest.json"
    known = json.loads(manifest.read_text("utf-8"))
    for changed, said in (
        ({**known, "config": {**known["config"], "newer": 1}}, "版"),
        ({k: v for k, v in known.items() if k != "inputs"}, "記録"),
    ):
        manifest.write_text(json.dumps(changed), "utf-8")
        assert iken("reproduce", tmp_path / "m", *found) == 2 and said in capsys.readouterr().err


def test_paraphrases_beside_the_codebook_are_learned_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Path(shutil.copy(SEED_CODEBOOK, tmp_path / "codebook.csv"))
    said = read_table(ROOT / "data/codebook/paraphrases.csv").iloc[::7]
    write_table(said, tmp_path / "paraphrases.csv")
    bank = tmp_path / "example_utterances.csv"
    write_table(read_table(ROOT / "data/codebook/example_utterances.csv").iloc[::40], bank)
    given = ("--codebook", book, *LIGHT[:2], "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *given) == 0
    manifest = json.loads((tmp_path / "m/manifest.json").read_text("utf-8"))
    assert manifest["paraphrases"]["learned"] == len(said)
    assert "言い換え" in (tmp_path / "m/MODEL_CARD.md").read_text("utf-8")
    assert iken("reproduce", tmp_path / "m") == 0
    write_table(said.iloc[1:], tmp_path / "paraphrases.csv")
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "m") == 1 and "言い換え" in capsys.readouterr().out
    # Of opinions that are not learned from: all are counted, the first ones named.
    few = tmp_path / "few.csv"
    known = read_table(SEED_LABELS).head(8)
    write_table(known, few)
    rest = len(said) - int(said["opinion"].isin(known["text"]).sum())
    capsys.readouterr()
    assert iken("train", "--labels", few, *given[:-1], tmp_path / "few") == 0
    told = capsys.readouterr()
    assert f"(またはコードが違う) {rest}件" in told.err and 20 < rest < len(said)
    assert "言い換え" in told.out and not {"wording", "reading"} & set(told.out.split())
    # They move with the codebook or the bank; those of another plan are not taken for them.
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "paraphrases.csv").unlink()
    assert iken("reproduce", tmp_path / "m") == 2
    assert str(tmp_path / "paraphrases.csv") in capsys.readouterr().err.replace("\n", "")
    write_table(said, moved / "paraphrases.csv")
    again = Path(shutil.copy(bank, moved))
    assert iken("reproduce", tmp_path / "m", "--bank", again) == 0
    again = Path(shutil.copy(book, moved))
    assert iken("reproduce", tmp_path / "m", "--codebook", again) == 0
    # A code that is none is named with its row, before anything is written.
    write_table(said.assign(code="G9-9-9"), tmp_path / "paraphrases.csv")
    capsys.readouterr()
    assert iken("train", "--labels", SEED_LABELS, *given[:-1], tmp_path / "n") == 2
    assert "paraphrases.csv、2行目" in capsys.readouterr().err and not (tmp_path / "n").exists()


def test_reproduce_vouches_for_every_file_and_record_of_the_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    light = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *light) == 0
    picture, manifest = tmp_path / "m/reliability.png", tmp_path / "m/manifest.json"
    drawn, known = picture.read_bytes(), json.loads(manifest.read_text("utf-8"))
    picture.write_bytes(drawn + b"x")
    assert iken("reproduce", tmp_path / "m") == 2 and "reliability.png" in capsys.readouterr().err
    picture.unlink()
    assert iken("reproduce", tmp_path / "m") == 2 and "reliability.png" in capsys.readouterr().err
    picture.write_bytes(drawn)
    # Who decided the labels is told by the manifest, too: not only what made the bytes.
    told = {**known, "labels": {**known["labels"], "by_source": {"adjudicated": 84}}}
    manifest.write_text(json.dumps(told), "utf-8")
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "m") == 1
    said = capsys.readouterr().out
    assert "labels" in said and "ビット単位" not in said
    for damaged in ({**known["inputs"], "labels": 1}, []):
        manifest.write_text(json.dumps({**known, "inputs": damaged}), "utf-8")
        assert iken("reproduce", tmp_path / "m") == 2 and "記録" in capsys.readouterr().err


def _with_hashes_anew(folder: Path) -> None:
    """Make the manifest vouch for the files of a model folder as they are, as one who edits them with care would."""
    manifest = folder / "manifest.json"
    known = json.loads(manifest.read_text("utf-8"))
    known["artefacts"] = {
        n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in known["artefacts"]
    }
    manifest.write_text(json.dumps(known), "utf-8")


def test_what_was_edited_along_with_its_hash_is_not_reproduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    light = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *light) == 0

    def said_of(change: Callable[[Path], object]) -> str:
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        change(Path(shutil.copytree(tmp_path / "m", copy)))
        _with_hashes_anew(copy)
        capsys.readouterr()
        assert iken("reproduce", copy) == 1
        said = capsys.readouterr().out
        assert "異なる" in said and "一致" not in said
        return said

    def with_other_words(folder: Path) -> None:
        card = folder / "MODEL_CARD.md"
        card.write_text(card.read_text("utf-8").replace("84件", "940件"), "utf-8")

    def with_better_figures(folder: Path) -> None:
        metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
        metrics["promise"]["precision"]["value"] = 0.99
        (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")

    def with_other_coders(folder: Path) -> None:
        model = load_model(folder)
        pictures = {p.name: p.read_bytes() for p in folder.glob("*.png")}
        by_another = replace(model, opinions=model.opinions.assign(coder="山田"))
        save_model(by_another, folder, (folder / "MODEL_CARD.md").read_text("utf-8"), pictures)

    assert "MODEL_CARD.md" in said_of(with_other_words)
    assert "metrics" in said_of(with_better_figures).splitlines()[-2]
    assert "opinions" in said_of(with_other_coders)
    assert "reliability.png" in said_of(lambda f: shutil.copy(f / "risk_coverage.png", f / "reliability.png"))
    assert "reliability.png" in said_of(lambda f: (f / "reliability.png").write_bytes(b"none"))


def test_a_manifest_that_lacks_a_record_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    light = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *light) == 0
    manifest = tmp_path / "m/manifest.json"
    known = json.loads(manifest.read_text("utf-8"))
    for name in ("labels", "authored", "config", "artefacts", "model_id"):
        for damaged in ({k: v for k, v in known.items() if k != name}, {**known, name: 1}):
            manifest.write_text(json.dumps(damaged), "utf-8")
            capsys.readouterr()
            assert iken("reproduce", tmp_path / "m") == 2 and "manifest.json" in capsys.readouterr().err
    for damaged in (
        {**known, "inputs": {**known["inputs"], "codebook": 1}},
        {**known, "config": {**known["config"], "penalty": "x"}},
    ):
        manifest.write_text(json.dumps(damaged), "utf-8")
        assert iken("reproduce", tmp_path / "m") == 2


def test_last_digits_of_another_processor_are_no_difference(tmp_path: Path) -> None:
    light = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *light) == 0
    model = load_model(tmp_path / "m")
    knowledge = model.classifier.knowledge_

    def reproduced_with(factor: float) -> int:
        knowledge.dense_weights_ = (knowledge.dense_weights_ * np.float32(factor)).astype(np.float32)
        knowledge.term_weights_ = (knowledge.term_weights_ * np.float32(factor)).astype(np.float32)
        save_model(model, tmp_path / "m", model_card(model), model_pictures(model))
        return iken("reproduce", tmp_path / "m")

    assert reproduced_with(1 + 1e-6) == 0
    # Weights that no suggestion for a coded opinion depends on are compared, too.
    unseen = int(np.flatnonzero(np.asarray(model.vectors.terms.sum(axis=0)).ravel() == 0)[0])
    knowledge.term_weights_[unseen] += 1
    assert reproduced_with(1.0) == 1


def test_what_is_carried_over_is_named_and_moves_with_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan"
    plan.mkdir()
    book = plan / "plan.csv"
    titles = ("地域の見守り活動の推進", "外出や移動の支援", "福祉の総合相談窓口")
    write_table(pd.DataFrame({"code": ["1", "2", "3"], "title": titles}), book)
    # Words of the plan's own, beside the codebook, as `iken train` finds them.
    (plan / "terms.txt").write_text("移動販売車\n", "utf-8")
    assert iken("train", "--codebook", book, *LIGHT[:2], "--out", tmp_path / "m") == 0
    plan.rename(tmp_path / "moved")
    moved = ("--codebook", tmp_path / "moved/plan.csv")
    assert iken("reproduce", tmp_path / "m", *moved) == 0
    pairs = tmp_path / "moved/carry_over.csv"
    write_table(read_table(pairs).assign(use=["○", "", ""]), pairs)
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "m", *moved) == 1
    assert f"引き継ぎの対応表: {pairs}" in capsys.readouterr().out


def test_a_file_of_ones_own_that_is_missing_is_not_taken_for_the_shipped_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = Path(shutil.copy(SEED_CODEBOOK, tmp_path / "codebook.csv"))
    terms = tmp_path / "terms.txt"
    terms.write_text("移動販売車\n", "utf-8")
    assert iken("train", "--labels", SEED_LABELS, "--codebook", book, *LIGHT, "--out", tmp_path / "m") == 0
    terms.unlink()
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "m") == 2
    said = capsys.readouterr().err.replace("\n", "")
    assert "見つかりません" in said and str(terms) in said


def test_reproduce_says_which_version_was_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    light = ("--codebook", SEED_CODEBOOK, *LIGHT, "--out", tmp_path / "m")
    assert iken("train", "--labels", SEED_LABELS, *light) == 0
    manifest = tmp_path / "m/manifest.json"
    known = json.loads(manifest.read_text("utf-8"))
    assert "numpy" in known["arithmetic"] and "blas" in known["arithmetic"]
    known["packages"]["numpy"] = "1.0"
    del known["arithmetic"]  # a model from before it was recorded
    known["config"]["penalty"] = 2.0  # so that something differs
    manifest.write_text(json.dumps(known), "utf-8")
    capsys.readouterr()
    assert iken("reproduce", tmp_path / "m") == 1
    said = capsys.readouterr().out
    assert "numpy が学習時と異なります(学習時 1.0、" in said and "scipy" not in said
    assert "arithmetic は学習時の記録がありません" in said
    # Who cannot read a model is told which version can, and whether that was the commit itself.
    assert "git_changed" in known
    known |= {"git_commit": "1b1b0f2", "git_changed": ["pipeline/ridge.py"]}
    for changed in ({**known, "format": 1}, {**known, "config": {"newer": 1}}):
        manifest.write_text(json.dumps(changed), "utf-8")
        assert iken("--lang", "en", "reproduce", tmp_path / "m") == 2
        error = capsys.readouterr().err
        assert f"iken {known['packages']['iken']}" in error
        assert "commit 1b1b0f2, files changed since pipeline/ridge.py" in " ".join(error.split())


def test_a_file_that_came_with_iken_is_found_again_when_a_model_has_moved(tmp_path: Path) -> None:
    bank = ROOT / "data/codebook/example_utterances.csv"
    moved = shipped_instead(tmp_path / "elsewhere/data/codebook" / bank.name)
    assert moved is not None and moved.samefile(bank)
    assert shipped_instead(bank) == bank and shipped_instead(None) is None
    assert shipped_instead(tmp_path / "own_bank.csv") == tmp_path / "own_bank.csv"
