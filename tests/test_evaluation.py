from __future__ import annotations

import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.evaluation import evaluate_model
from pipeline.models import Model
from pipeline.training import train


def test_training_opinions_are_judged_as_if_unseen(model: Model, labels: pd.DataFrame) -> None:
    result = evaluate_model(model, labels)
    assert result.seen == result.opinions == 10
    for name in ("item@1", "item@3", "mrr"):
        assert result.model[name].value == model.metrics["model"][name]["value"]
        assert result.baseline[name].value == model.metrics["baseline"][name]["value"]


def test_codes_above_the_items_do_not_hide_those_of_items(labels: pd.DataFrame, plan: Codebook) -> None:
    """Texts that stand with an item and with its goal are judged by the item, whichever row comes first."""
    goals = labels.assign(code=labels["code"].str[:2], opinion_id="0-" + labels["opinion_id"])
    both = pd.concat([goals, labels], ignore_index=True)
    trained, _ = train(both, plan)
    result = evaluate_model(trained, both)
    assert result.seen == result.opinions == 10
    assert result.model["item@1"].value == trained.metrics["model"]["item@1"]["value"] > 0.5
    above, _ = train(goals, plan)
    judged = evaluate_model(above, labels)
    assert judged.seen == 0 and judged.model["level_1"].value > 0.5


def test_disguised_training_texts_do_not_flatter(model: Model, labels: pd.DataFrame) -> None:
    disguised = labels.assign(text=[t + "。。" for t in labels["text"]])
    assert evaluate_model(model, disguised).seen == 10


def test_table_per_item_adds_up(model: Model, labels: pd.DataFrame) -> None:
    new = labels.assign(text=[t + "とみんなが言っています" for t in labels["text"]])
    result = evaluate_model(model, new)
    assert result.seen == 0
    assert result.items["n"].sum() == 10
    assert result.items["hits"].sum() / 10 == pytest.approx(result.model["item@1"].value)
    for _, row in result.items.iterrows():
        assert row["hits"] + row["confused_n"] <= row["n"]
        assert (row["confused_with"] != "") == (row["hits"] < row["n"])


def test_rows_that_are_no_gold_are_counted_not_judged(model: Model, labels: pd.DataFrame) -> None:
    labels.loc[0, "label_source"] = "authored"
    labels.loc[1, "code"] = "G1"
    result = evaluate_model(model, labels)
    assert (result.opinions, result.skipped) == (8, 2)


def test_nothing_to_judge(model: Model, labels: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="評価できる行"):
        evaluate_model(model, labels.assign(label_source="authored"))
    with pytest.raises(InputError, match="コードブックにありません"):
        evaluate_model(model, labels.assign(code="9-9-9"), file="l.csv")


def test_another_code_of_the_opinion_is_no_confusion(model: Model, labels: pd.DataFrame) -> None:
    first = evaluate_model(model, labels).items.set_index("code")
    judged = labels.iloc[[0]]
    said = next(c for c in first.index if evaluate_model(model, judged.assign(code=c)).right.all())
    other = next(c for c in first.index if c != said)
    both = pd.concat([judged.assign(code=said), judged.assign(code=other)], ignore_index=True)
    result = evaluate_model(model, both)
    rows = result.items.set_index("code")
    assert result.model["item@1"].value == 1 and rows.loc[said, "hits"] == 1
    assert rows.loc[other, ["n", "hits", "confused_with", "confused_n"]].tolist() == [1, 0, "", 0]
