"""Which comments are divided, with the shipped model: as few sentence vectors as will do, the same result."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from conftest import ROOT

from pipeline.coding import Coder
from pipeline.comments import code_comments
from pipeline.division import divide
from pipeline.features import TextVectors
from pipeline.models import load_model
from pipeline.segment import segment
from pipeline.topics import join_units


class Counting(Coder):
    """A coder that keeps the texts sentence vectors were made of."""

    made: list[str]

    def vectors(self, texts: Sequence[str], terms: sp.csr_matrix | None = None) -> TextVectors:
        self.made += texts
        return super().vectors(texts, terms)


@pytest.fixture(scope="module")
def coder() -> Counting:
    coder = Counting(load_model(ROOT / "models/default"))
    coder.made = []
    return coder


@pytest.fixture(scope="module")
def pairs() -> list[str]:
    with (ROOT / "data/development/comments.csv").open(encoding="utf-8-sig") as file:
        texts = [row["text"] for row in csv.DictReader(file) if row["code"]]
    return [a + b for a, b in zip(texts[:111:2], texts[111::2], strict=True)]


def test_divided_as_if_every_unit_had_been_looked_at(coder: Counting, pairs: list[str]) -> None:
    division = divide(coder, pairs, coder.code(pairs))
    assert len(division.units) > len(pairs) / 3
    for i, found in division.units.items():
        units = segment(pairs[i])
        looked = coder.vectors([u.text for u in units if u.has_opinion])
        best, probability = coder.first_items(looked)
        assert found == join_units(pairs[i], units, best, probability)


def test_vectors_made_on_the_way_are_those_of_the_texts(coder: Counting, pairs: list[str]) -> None:
    division = divide(coder, pairs, coder.code(pairs))
    texts = list(division.row)
    again = coder.vectors(texts)
    kept = division.vectors[np.array([division.row[t] for t in texts])]
    assert abs(kept.terms - again.terms).max() < 1e-12
    assert np.allclose(kept.dense, again.dense, atol=1e-5)  # batches of other texts round otherwise


def test_units_of_one_topic_by_their_words_cost_no_vectors(coder: Counting) -> None:
    comment = "雨戸が閉まったままです。心配です。声をかけてよいものか迷います。"
    whole = coder.code([comment])
    coder.made.clear()
    assert divide(coder, [comment], whole).units == {}
    assert coder.made == []


def test_what_is_as_clear_as_label_noise_lets_it_be_costs_no_vectors(
    coder: Counting, pairs: list[str]
) -> None:
    classifier = coder.model.classifier
    assert classifier.label_noise_ > 0.003  # more than what the limit leaves below 1
    highest = 1 - classifier.label_noise_ * (1 - 1 / len(classifier.classes_))
    whole = [replace(c, confidences=(highest, *c.confidences[1:])) for c in coder.code(pairs)]
    coder.made.clear()
    assert divide(coder, pairs, whole).units == {}
    assert coder.made == []


def test_nothing_is_encoded_twice(coder: Counting, pairs: list[str]) -> None:
    coder.made.clear()
    code_comments(coder, pairs)
    assert len(coder.made) == len(set(coder.made))
