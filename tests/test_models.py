from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pipeline.errors import InputError, ModelError
from pipeline.model_writing import save_model
from pipeline.models import Model, load_model
from pipeline.placing import swap_folders


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Path:
    save_model(model, tmp_path / "名前 と空白", "# {model_id}\n")
    return tmp_path / "名前 と空白"


def test_a_loaded_model_says_the_same(model: Model, folder: Path) -> None:
    again = load_model(folder)
    texts = ["公園の遊具が古い", "段差"]
    one, other = vars(again.predict(texts)), vars(model.predict(texts))
    assert all(np.array_equal(one[name], other[name]) for name in ("items", "outside", "nearness"))
    assert again.codebook.to_table().equals(model.codebook.to_table())
    assert again.opinions.equals(model.opinions)
    assert (again.vectors.terms != model.vectors.terms).nnz == 0
    assert np.array_equal(again.vectors.dense, model.vectors.dense)
    assert again.metrics == model.metrics
    assert again.model_id.startswith("名前 と空白-")
    assert again.model_id in (folder / "MODEL_CARD.md").read_text("utf-8")


def test_a_few_texts_at_a_time_are_predicted_like_all_at_once(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["公園の遊具が古い", "段差", "見守り", "窓口が遠い", "花火"]
    whole = model.predict(texts)
    monkeypatch.setattr("pipeline.models._MOST_SIMILARITIES", 2 * len(model.vectors))
    parts = model.predict(texts)
    assert parts.items.shape == whole.items.shape
    assert parts.items == pytest.approx(whole.items, abs=1e-6)
    assert parts.nearness == pytest.approx(whole.nearness, abs=1e-6)
    assert model.predict([]).items.shape == (0, whole.items.shape[1])


def test_the_bytes_survive_loading_and_saving(folder: Path, tmp_path: Path) -> None:
    save_model(load_model(folder), tmp_path / "b" / folder.name, "# {model_id}\n")
    for name in ("model.skops", "metrics.json", "MODEL_CARD.md"):
        assert (tmp_path / "b" / folder.name / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["model.skops", "metrics.json", "MODEL_CARD.md"])
def test_an_edited_file_is_refused_with_the_reason(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match="ハッシュ") as caught:
        load_model(folder)
    assert caught.value.place.file == str(folder / name)


def test_an_edited_manifest_does_not_help(folder: Path) -> None:
    import hashlib

    data = (folder / "model.skops").read_bytes() + b" "
    (folder / "model.skops").write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["artefacts"]["model.skops"] = hashlib.sha256(data).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ModelError):
        load_model(folder)


def test_missing_and_damaged_folders(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="iken train"):
        load_model(tmp_path / "none" / "default")
    with pytest.raises(ModelError, match=re.escape(f"({folder} など)")):
        load_model(folder.parent / "default")
    (folder / "manifest.json").write_text("{", "utf-8")
    with pytest.raises(ModelError, match="壊れて"):
        load_model(folder)
    (folder / "manifest.json").write_text('{"format": 99}', "utf-8")
    with pytest.raises(ModelError, match="形式"):
        load_model(folder)


def test_a_model_file_cannot_bring_foreign_types(model: Model, tmp_path: Path) -> None:
    """A file with a right hash but a type that could run code is refused."""
    from sklearn.preprocessing import FunctionTransformer

    class_ = subprocess.Popen  # any type that is not on the list
    bad = Model(
        model.codebook,
        FunctionTransformer(class_),
        model.classifier,
        model.opinions,
        model.vectors,
        model.metrics,
        model.manifest,
    )
    save_model(bad, tmp_path / "bad", "")
    with pytest.raises(ModelError, match="信頼"):
        load_model(tmp_path / "bad")


def test_no_pickle_inside(folder: Path) -> None:
    with zipfile.ZipFile(folder / "model.skops") as archive:
        assert {n.rpartition(".")[2] for n in archive.namelist()} <= {"npy", "json"}
        assert {i.date_time for i in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in archive.namelist():
            if name.endswith(".npy"):
                with archive.open(name) as file:
                    np.load(file, allow_pickle=False)


def test_a_folder_that_is_no_model_is_never_replaced(model: Model, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "important.txt").write_text("x", "utf-8")
    for place in ("docs", "docs/important.txt", "docs/important.txt/m"):
        with pytest.raises(InputError, match="--out"):
            save_model(model, tmp_path / place, "")
    assert [p.name for p in tmp_path.rglob("*")] == ["docs", "important.txt"]
    for manifest in ('{"name": "app"}', "[]", "{"):
        (tmp_path / "docs" / "manifest.json").write_text(manifest, "utf-8")
        with pytest.raises(InputError, match="--out"):
            save_model(model, tmp_path / "docs", "")
    assert (tmp_path / "docs" / "important.txt").is_file()


def test_a_model_may_be_written_to_the_folder_one_is_in(
    model: Model, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert save_model(model, Path(), "").model_id.startswith(f"{folder.name}-")
    (folder.parent / "empty").mkdir()
    monkeypatch.chdir(folder.parent / "empty")
    assert save_model(model, Path(), "").model_id.startswith("empty-")


def test_saving_replaces_whole_folders_and_leaves_nothing_beside(model: Model, folder: Path) -> None:
    (folder / "stale.txt").write_text("old", "utf-8")
    save_model(model, folder, "")
    assert sorted(p.name for p in folder.iterdir()) == [
        "MODEL_CARD.md",
        "manifest.json",
        "metrics.json",
        "model.skops",
    ]
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_a_swap_that_fails_is_undone(tmp_path: Path) -> None:
    """As on Windows when a picture of the old model is open; here there is nothing to put in its place."""
    place = tmp_path / "m"
    place.mkdir()
    (place / "old.txt").write_text("x", "utf-8")
    with pytest.raises(InputError, match="名前を変えられません"):
        swap_folders(tmp_path / "nothing", place, tmp_path / "kept")
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")] == ["m", "m/old.txt"]


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
import conftest, pandas as pd
from pipeline.codebook import Codebook
from pipeline.model_writing import save_model
from pipeline.tables import CODEBOOK, LABELS
from pipeline.training import train
rows = [dict(zip(("code", "parent", "number", "title"), r)) for r in conftest.PLAN]
labels = LABELS.table(dict(opinion_id=f"o{{i}}", text=t, code=c) for i, (t, c) in enumerate(conftest.OPINIONS))
model, _ = train(labels.sample(frac=1, random_state={shuffle}), Codebook.from_table(CODEBOOK.table(rows)))
save_model(model, Path({out!r}), "")
"""


def test_fresh_processes_write_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the hash seed, the number of threads or the order of the label rows."""
    import os

    folders = []
    for seed, threads in (("0", "1"), ("1", "2"), ("4242", "4")):
        out = tmp_path / seed / "m"
        env = dict(os.environ, PYTHONHASHSEED=seed)
        env |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        script = SCRIPT.format(tests=str(Path(__file__).parent), out=str(out), shuffle=int(seed) % 97)
        subprocess.run([sys.executable, "-c", script], check=True, env=env)
        folders.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert folders[0] == folders[1] == folders[2]
