from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coding import Coder
from pipeline.errors import InputError
from pipeline.model_writing import dump_parts
from pipeline.settings import TrainingConfig
from pipeline.tables import AUTHORED
from pipeline.training import compare_models, train


def test_row_order_changes_nothing(labels: pd.DataFrame, plan: Codebook) -> None:
    one, _ = train(labels, plan)
    other, _ = train(labels.sample(frac=1, random_state=3), plan)
    assert dump_parts(one) == dump_parts(other)
    assert one.metrics == other.metrics
    assert one.manifest == other.manifest


def test_figures_are_by_leave_one_out_with_the_baseline_beside(labels: pd.DataFrame, plan: Codebook) -> None:
    model, _ = train(labels, plan)
    assert model.metrics["opinions"] == 10
    assert set(model.metrics["model"]) == set(model.metrics["baseline"])
    said = model.classifier.predict(model.vectors, model.vectors.dot(model.vectors))
    own = [model.classifier.classes_.tolist().index(c) for c in model.opinions["code"]]
    rows = np.arange(len(own))
    assert (said.items.argmax(axis=1) == own).all()
    # Held out, an opinion is never surer of its own item than when it was learned from.
    held, known = model.classifier.held_out_[rows, own], said.items[rows, own]
    assert (held <= known + 1e-6).all() and (held < known - 1e-3).any()


def test_a_repeated_opinion_does_not_vouch_for_itself(labels: pd.DataFrame, plan: Codebook) -> None:
    odd = labels.iloc[[0]].assign(text="まったく別の話", code="G2-1-2")
    once, _ = train(pd.concat([labels, odd.assign(opinion_id="x0")]), plan)
    thrice, _ = train(pd.concat([labels, *(odd.assign(opinion_id=f"x{i}") for i in range(3))]), plan)
    j = once.classifier.classes_.tolist().index("G2-1-2")
    for model in (once, thrice):
        copies = (model.opinions["text"] == "まったく別の話").to_numpy()
        # Nothing else speaks of it: its own item is no more likely than the usual one.
        assert model.classifier.held_out_[copies, j].max() < 0.5


def test_an_opinion_coded_to_a_policy_teaches_but_is_not_judged(labels: pd.DataFrame, plan: Codebook) -> None:
    labels.loc[0, "code"] = "G1-1"
    model, _ = train(labels, plan)
    assert model.metrics["opinions"] == 9
    assert model.manifest["labels"]["rows"] == 10


def test_bad_input_names_the_place(labels: pd.DataFrame, plan: Codebook) -> None:
    with pytest.raises(InputError) as caught:
        train(labels.assign(code="G9-9-9"), plan, file="l.csv")
    assert (caught.value.place.file, caught.value.place.row, caught.value.place.column) == (
        "l.csv",
        2,
        "code",
    )


@pytest.mark.parametrize(
    "text",
    [
        "word_weight = 2",
        "longest_ngram = 4",
        "shrink_item = nan",
        "penalty = inf",
        "penalty = 0",
        "onnx_folder = 1",
        "word_weight = ",
        "colour = 1",
        'seed = "a"',
        "longest_ngram = 1.5",
        "text_item = -1",
        "seed = true",
        "onnx = 0.5",
        "lexical = 0\nuse = 0\nchive = 0",
    ],
)
def test_bad_settings(text: str) -> None:
    with pytest.raises(InputError):
        TrainingConfig.from_toml(text, "c.toml")


def test_settings_are_used(labels: pd.DataFrame, plan: Codebook) -> None:
    config = TrainingConfig.from_toml("word_weight = 1\nlongest_ngram = 1\n")
    assert config == TrainingConfig(word_weight=1.0, longest_ngram=1)
    model, _ = train(labels, plan, config)
    assert model.features.longest_ngram == 1
    assert model.manifest["config"]["word_weight"] == 1.0


def test_a_cold_start_learns_from_the_plan_and_the_bank_alone(labels: pd.DataFrame, plan: Codebook) -> None:
    bank = AUTHORED.table(
        {"code": c, "text": t, "author": a}
        for c, t, a in [
            ("G1-1-2", "すべり台がさびている", "a"),
            ("G1-1-2", "砂場の柵が壊れた", "b"),
            ("G2-1-1", "つまずいて足をくじいた", "a"),
            ("G2-1-1", "ベビーカーの車輪が縁石で止まる", "b"),
            ("", "税金が高い", "a"),
            ("", "花火大会の音がうるさい", "b"),
        ]
    )
    model, _ = train(labels.iloc[:0], plan, bank=bank)
    assert "model" not in model.metrics
    texts = ["すべり台が危ない", "縁石でつまずいて転んだ", "花火の音"]
    said = model.predict(texts)
    assert model.classifier.classes_[said.items.argmax(axis=1)].tolist()[:2] == ["G1-1-2", "G2-1-1"]
    assert said.outside.argmax() == 2
    # Sure enough by its own word, an item is suggested; nothing is graded A before people have coded.
    codings = Coder(model, 0.3).code(texts)
    assert [c.suggested for c in codings[:2]] == ["G1-1-2", "G2-1-1"]
    assert "A" not in {c.grade for c in codings}
    assert not any(c.suggested for c in Coder(model, 0.999).code(texts))
    assert compare_models(model, model)["confidence"] == 0.0
    few, _ = train(labels, plan, bank=bank)
    assert few.at_their_word and "A" not in {c.grade for c in Coder(few, 0.01).code(labels["text"].tolist())}
    only_outside = bank[bank["code"] == ""]
    assert not train(labels, plan, bank=only_outside)[0].at_their_word


def test_nothing_is_graded_a_before_it_was_tried(labels: pd.DataFrame, plan: Codebook) -> None:
    """With a handful of opinions, bank or no bank."""
    model, _ = train(labels, plan)
    assert "A" not in {c.grade for c in Coder(model, 0.01).code(labels["text"].tolist())}


def test_copies_of_one_text_are_one_opinion(labels: pd.DataFrame, plan: Codebook) -> None:
    """A form letter that forty people sent in says no more of how right a model is than one does."""
    letter = labels.iloc[[0] * 40].assign(opinion_id=[f"letter-{i}" for i in range(40)])
    many = pd.concat([labels, letter], ignore_index=True)
    once, often = (train(table, plan)[0] for table in (labels, many))
    assert often.item_opinions == once.item_opinions < 30
    np.testing.assert_array_equal(often.examples, once.examples)
    assert "A" not in {c.grade for c in Coder(often, 0.01).code(many["text"].tolist())}
    assert often.classifier.label_noise_ == 0.0  # not learned: thirty opinions would be needed


def test_example_texts_above_the_items_are_set_aside(labels: pd.DataFrame, plan: Codebook) -> None:
    texts = [("G1", "緑が多い町がよい"), ("G1-1-1", "公園をきれいに"), ("", "税金が高い")]
    bank = AUTHORED.table([{"code": c, "text": t, "author": "a", "kind": "note"} for c, t in texts])
    _, aside = train(labels, plan, bank=bank)
    assert aside[["location", "text"]].values.tolist() == [["L2", "緑が多い町がよい"]]


def test_comparing_models(labels: pd.DataFrame, plan: Codebook) -> None:
    one, _ = train(labels, plan)
    assert compare_models(one, one) == {"changed": 0, "confidence": 0.0, "metrics": {}}
    labels.loc[0, "code"] = "G2-1-1"
    other, _ = train(labels, plan)
    assert compare_models(other, one)["confidence"] > 0


def test_an_opinion_owes_nothing_to_itself(labels: pd.DataFrame, plan: Codebook) -> None:
    """Held out, it is given what a model trained without it says, but for the one temperature (see `Learned`)."""
    model, _ = train(labels, plan)
    rows = model.opinions["opinion_id"].tolist()
    for i, (opinion, text) in enumerate(zip(labels["opinion_id"], labels["text"], strict=True)):
        without, _ = train(labels.drop(index=i).reset_index(drop=True), plan)
        said = without.predict([text]).items[0]
        assert model.classifier.held_out_[rows.index(opinion)] == pytest.approx(said, abs=0.1)


def test_example_texts_that_copy_opinions_do_not_flatter(labels: pd.DataFrame, plan: Codebook) -> None:
    """They are set aside, and the model is the one without them."""

    def row(code: str, text: str) -> dict[str, str]:
        return {"code": code, "text": text, "author": "a", "kind": "note"}

    own = [row(n.code, f"{n.title}について意見があります") for n in plan.items]
    copies = [row(c, t + "。") for c, t in zip(labels["code"], labels["text"], strict=True)]
    model, aside = train(labels, plan, bank=AUTHORED.table([*own, *copies]))
    clean, nothing = train(labels, plan, bank=AUTHORED.table(own))
    assert nothing.empty and aside["text"].tolist() == [t + "。" for t in labels["text"]]
    assert aside["location"].tolist()[0] == f"L{len(own) + 2}"
    assert np.array_equal(model.classifier.held_out_, clean.classifier.held_out_)


def test_the_voice_tells_coded_opinions_from_composed_texts(labels: pd.DataFrame, plan: Codebook) -> None:
    def voice(bank: pd.DataFrame | None, texts: list[str]) -> np.ndarray:
        model, _ = train(labels, plan, bank=bank)
        vectors = model.features.transform(texts)
        return np.asarray(model.classifier.linear_.decision_function(vectors)[:, -1])

    said = labels["text"].tolist()
    composed = [f"{n.title}について、私はぜひお願いしたいと考えております。" for n in plan.items]
    bank = AUTHORED.table(
        [
            {"code": n.code, "text": text, "author": author, "kind": "long"}
            for author, end in (("a", ""), ("b", "よろしくお願いいたします。"))
            for n, text in zip(plan.items, [c + end for c in composed], strict=True)
        ]
    )
    new = ["道路について、私はぜひお願いしたいと考えております。"]
    assert voice(bank, said).min() > voice(bank, new)[0]
    assert not voice(None, [*said, *new]).any()  # without a bank there is nobody else to sound like
