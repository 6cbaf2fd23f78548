"""Paraphrases of coded opinions: which can be learned from, and that they never judge themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.paraphrases import match_paraphrases
from pipeline.tables import PARAPHRASES, records
from pipeline.training import train

ROWS = [
    ("ブランコが古くて危ない", "G1-1-2", "こわれそうな遊具で遊ばせるのはこわい"),
    ("ﾌﾞﾗﾝｺが古くて危ない。", "G1-1-2", "さびた鎖が切れそうだ"),
    ("落ち葉が溝に詰まる", "G1-2-1", "雨のたびに側溝があふれる"),
    ("落ち葉が溝に詰まる", "G2-1-1", "枯れ葉ですべる"),
    ("バスが来ない", "G2-1-2", "停留所で三十分待った"),
    ("歩道の段差で転んだ", "G2-1-1", "車いすでは段差が越えられない。"),
]


def _table(rows: list[tuple[str, str, str]] = ROWS) -> pd.DataFrame:
    return PARAPHRASES.table({"opinion": o, "code": c, "text": t} for o, c, t in rows)


def test_paraphrases_belong_to_the_opinion_of_their_text_and_code(
    labels: pd.DataFrame, plan: Codebook
) -> None:
    found, aside = match_paraphrases(_table(), labels, plan)
    swing, leaves = (
        labels["text"].tolist().index(t) for t in ("ブランコが古くて危ない", "落ち葉が溝に詰まる")
    )
    assert list(zip(found.opinion.tolist(), found.texts, strict=True)) == sorted(
        [(swing, ROWS[0][2]), (swing, ROWS[1][2]), (leaves, ROWS[2][2])]
    )
    assert [(r["location"], r["text"]) for r in records(aside)] == [
        (f"L{i + 2}", ROWS[i][2]) for i in (3, 4, 5)
    ]
    none, copy = aside["reason"].iloc[1], aside["reason"].iloc[2]
    assert aside["reason"].tolist() == [none, none, copy] and "ほぼ同じ文面" in copy and none != copy


def test_the_order_of_the_table_does_not_matter(labels: pd.DataFrame, plan: Codebook) -> None:
    one, other = (match_paraphrases(_table(rows), labels, plan)[0] for rows in (ROWS, ROWS[::-1]))
    assert one.texts == other.texts and one.opinion.tolist() == other.opinion.tolist()


def test_an_opinion_that_stands_twice_has_its_paraphrases_twice(labels: pd.DataFrame, plan: Codebook) -> None:
    twice = pd.concat([labels, labels.iloc[[2]].assign(opinion_id="again")], ignore_index=True)
    found, _ = match_paraphrases(_table(ROWS[:1]), twice, plan)
    assert found.opinion.tolist() == [2, len(labels)] and found.texts == [ROWS[0][2]] * 2


def test_an_unknown_code_is_named_with_its_row(labels: pd.DataFrame, plan: Codebook) -> None:
    with pytest.raises(InputError) as error:
        match_paraphrases(_table([*ROWS, ("秋", "G9-9-9", "冬")]), labels, plan, "言い換え.csv")
    assert all(part in str(error.value) for part in ("言い換え.csv", "8", "code", "G9-9-9"))


def test_paraphrases_are_learned_from_and_recorded(labels: pd.DataFrame, plan: Codebook) -> None:
    plain, _ = train(labels, plan)
    model, aside = train(labels, plan, paraphrases=_table())
    assert len(aside) == 3 and "paraphrases" not in plain.manifest
    kept = model.manifest["paraphrases"]
    assert (kept["rows"], kept["learned"]) == (len(ROWS), 3)
    # What stands in a paraphrase and in no coded opinion is near to its item now.
    seen = [m.classifier.local_view(m.features.transform(["側溝があふれる"])) for m in (plain, model)]
    near = [m.classifier.local_.decision_function(v)[0] for m, v in zip((plain, model), seen, strict=True)]
    at = model.classifier.classes_.tolist().index("G1-2-1")
    assert near[1][at] > near[0][at] + 0.1
    # They are no opinions: nothing is cited of them, and no item has more examples.
    assert model.opinions.equals(plain.opinions) and np.array_equal(model.examples, plain.examples)


def test_paraphrases_of_other_opinions_change_nothing(labels: pd.DataFrame, plan: Codebook) -> None:
    plain, _ = train(labels, plan)
    model, aside = train(labels, plan, paraphrases=_table(ROWS[4:5]))
    assert len(aside) == 1
    assert np.array_equal(model.classifier.held_out_, plain.classifier.held_out_)
