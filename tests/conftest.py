"""Shared material: a small invented plan with coded opinions, and a model trained on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from review_databases import database_url, new_postgres, postgres_server  # noqa: F401 -- fixtures

from pipeline.codebook import Codebook
from pipeline.models import Model, load_model
from pipeline.tables import AUTHORED, CODEBOOK, LABELS, PARAPHRASES
from pipeline.training import train

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "data/raw/kamakura_workshop_2025.md"
SEED_LABELS = ROOT / "data/labels/kamakura_workshop_2025.csv"
SEED_CODEBOOK = ROOT / "data/codebook/codebook.csv"

PLAN = [
    ("G1", "", "目標1", "みどりを守る"),
    ("G1-1", "G1", "(1)", "公園"),
    ("G1-1-1", "G1-1", "①", "公園の清掃"),
    ("G1-1-2", "G1-1", "②", "遊具の更新"),
    ("G1-2", "G1", "(2)", "街路樹"),
    ("G1-2-1", "G1-2", "①", "落ち葉の処理"),
    ("G2", "", "目標2", "安全な道"),
    ("G2-1", "G2", "(1)", "歩道"),
    ("G2-1-1", "G2-1", "①", "歩道の段差"),
    ("G2-1-2", "G2-1", "②", "通学路の見守り"),
]
OPINIONS = [
    ("公園のごみを拾う人がいない", "G1-1-1"),
    ("公園の清掃を続けたい", "G1-1-1"),
    ("ブランコが古くて危ない", "G1-1-2"),
    ("新しい遊具がほしい", "G1-1-2"),
    ("落ち葉が溝に詰まる", "G1-2-1"),
    ("秋は落ち葉の掃除が大変だ", "G1-2-1"),
    ("歩道の段差で転んだ", "G2-1-1"),
    ("車いすでは段差が越えられない", "G2-1-1"),
    ("通学路に見守りの人がいてほしい", "G2-1-2"),
    ("朝の通学路は車が多くて心配", "G2-1-2"),
]


@pytest.fixture(scope="session")
def plan() -> Codebook:
    """An invented plan of 2 goals, 3 policies and 5 items."""
    rows = [dict(zip(("code", "parent", "number", "title"), row, strict=True)) for row in PLAN]
    return Codebook.from_table(CODEBOOK.table(rows))


@pytest.fixture
def labels() -> pd.DataFrame:
    """Ten coded opinions of the invented plan."""
    return _coded_opinions()


def _coded_opinions() -> pd.DataFrame:
    return LABELS.table(
        {
            "opinion_id": f"o{i}",
            "source": "発明.md",
            "location": f"L{i}",
            "text": t,
            "code": c,
            "label_source": "document",
        }
        for i, (t, c) in enumerate(OPINIONS)
    )


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """The sample survey in a folder with a Japanese name and a space."""
    folder = tmp_path / "調査 令和7年"
    folder.mkdir()
    return Path(shutil.copy(ROOT / "data/sample/survey.csv", folder / "回答 一覧.csv"))


@pytest.fixture(scope="session")
def model(plan: Codebook) -> Model:
    """A model trained on the ten opinions, as `save_model` would complete it."""
    return _as_saved(train(_coded_opinions(), plan)[0])


@pytest.fixture(scope="session")
def shipped() -> Model:
    """The model in models/default."""
    return load_model(ROOT / "models/default")


@pytest.fixture(scope="session")
def taught_model(plan: Codebook, model: Model) -> Model:
    """The same, with example utterances of two authors and a paraphrase: its local expert sees profiles."""
    written = {
        "G1-1-1": ["花を育てたい", "球根を植えた花壇"],
        "G1-1-2": ["すべり台がさびている", "砂場の柵が壊れた"],
        "G2-1-1": ["つまずいて足をくじいた", "車輪が縁石で止まる"],
        "G2-1-2": ["登校の列が車に近い", "横断歩道に立つ人が足りない"],
        "": ["税金が高い", "花火の音がうるさい"],
    }
    rows = [(code, text, "ab"[i]) for code, texts in written.items() for i, text in enumerate(texts)]
    bank = AUTHORED.table({"code": c, "text": t, "author": a, "votes_2": c or "none"} for c, t, a in rows)
    said = ("落ち葉が溝に詰まる", "G1-2-1", "雨のたびに側溝があふれる")
    paraphrases = PARAPHRASES.table([dict(zip(("opinion", "code", "text"), said, strict=True))])
    return _as_saved(train(model.opinions, plan, bank=bank, paraphrases=paraphrases)[0])


def _as_saved(trained: Model) -> Model:
    manifest = {**trained.manifest, "model_id": "test-000000000000"}
    return Model(
        trained.codebook,
        trained.features,
        trained.classifier,
        trained.opinions,
        trained.vectors,
        trained.metrics,
        manifest,
    )
