"""Items of the plan that do not fit what residents say: two things in one, or one thing in two."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd

from pipeline.arrays import Bools, Ints
from pipeline.codebook import Codebook
from pipeline.features import stack
from pipeline.grouping import cosines, divide, representative
from pipeline.keywords import characteristic_words
from pipeline.metrics import gold_matrix
from pipeline.models import Model
from pipeline.themes import DECIDED, PLAN, Themes

SPLIT_COLUMNS = (
    "code",
    "title",
    "group",
    "texts",
    "apart",
    "stability",
    "words",
    "example_1",
    "example_2",
    "example_3",
)
CONFUSION_COLUMNS = (
    "code_1",
    "title_1",
    "code_2",
    "title_2",
    "opinions",
    "model_confused",
    "share",
    "coders_differ",
    "example",
)
# Measured on the example bank (12, 24 or 40 texts): of 333 samples of a single item none divides so clearly, of
# 111 mixtures of two items at random one in nine. What is proposed is clear; much is not proposed.
_APART, _STABLE = 0.1, 0.8
_LEAST_GROUP = 4
_LEAST_CONFUSED = 2
# More texts of one item than this are looked at by a sample.
_MOST = 300


def split_candidates(model: Model, found: Themes, *, seed: int = 0) -> pd.DataFrame:
    """Return the items whose opinions fall into two clearly separate groups, two rows an item.

    Looked at are the opinions of the survey that the model or people put to the item, and the coded ones. Clear
    is a division whose groups have hardly anything in common (`apart`, see `grouping.Division`), and which is
    found again in bootstrap samples (`stability`).
    """
    row_of = {t: i for i, t in enumerate(found.texts)}
    of_item: dict[str, list[int]] = defaultdict(list)
    units = found.units[found.units["use"].isin([PLAN, DECIDED])].drop_duplicates(["unit_text", "code"])
    for text, code in zip(units["unit_text"], units["code"], strict=True):
        if text in row_of:
            of_item[code].append(row_of[text])
    everything = stack([found.vectors, model.vectors])
    texts = [*found.texts, *model.opinions["text"]]
    for i, (text, code) in enumerate(zip(model.opinions["text"], model.opinions["code"], strict=True)):
        if text not in row_of:
            of_item[code].append(len(found.texts) + i)
    rows: list[dict[str, object]] = []
    for item in model.codebook.items:
        own = np.array(of_item[item.code], dtype=np.int64)
        if len(own) > _MOST:
            own = np.sort(np.random.default_rng(seed).choice(own, _MOST, replace=False))
        if len(own) < 2 * _LEAST_GROUP:
            continue
        vectors = everything[own]
        similarity = cosines(vectors.dot(vectors))
        division = divide(similarity, _LEAST_GROUP, seed=seed)
        if division is None or division.apart > _APART or division.stability < _STABLE:
            continue
        groups = ["AB"[k] for k in division.labels]
        words = characteristic_words([texts[i] for i in own], groups, top=5)
        for k, name in enumerate("AB"):
            chosen = np.flatnonzero(division.labels == k)
            examples = representative(similarity[np.ix_(chosen, chosen)], 3)
            rows.append(
                {
                    "code": item.code,
                    "title": item.title,
                    "group": name,
                    "texts": len(chosen),
                    "apart": round(division.apart, 3),
                    "stability": round(division.stability, 3),
                    "words": "、".join(words.loc[words["group"] == name, "word"]),
                    **{f"example_{n + 1}": texts[own[chosen[i]]] for n, i in enumerate(examples)},
                }
            )
    return pd.DataFrame(rows, columns=list(SPLIT_COLUMNS), dtype=object).fillna("")


def confused_items(model: Model, coded: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return pairs of items that are taken for each other, most often first: to be merged or better told apart.

    The model: coded opinions of the one to which it, not having seen them, gave the other. Coders: opinions that
    two people coded differently.

    Parameters
    ----------
    coded : opinion_id, coder, code and, if there is one, unit; several coders of one opinion in several rows

    Returns
    -------
    One row a pair that the model confused at least twice or coders at least once: opinions (coded to either),
    model_confused, share (of them), coders_differ, example (「text」 code → code given).
    """
    classes = model.classifier.classes_.tolist()
    first, gold = gold_matrix(model.opinions, classes)
    confused, examples = _model_confusions(model, classes, first, gold)
    differ = Counter(_disagreements(coded, model.codebook)) if coded is not None else Counter()
    rows = []
    for pair in confused.keys() | differ.keys():
        if confused[pair] < _LEAST_CONFUSED and not differ[pair]:
            continue
        a, b = pair
        both = (
            gold[:, [classes.index(a), classes.index(b)]].any(axis=1).sum() if {a, b} <= set(classes) else 0
        )
        rows.append(
            {
                "code_1": a,
                "title_1": model.codebook[a].title,
                "code_2": b,
                "title_2": model.codebook[b].title,
                "opinions": int(both),
                "model_confused": confused[pair],
                "share": round(confused[pair] / max(int(both), 1), 3),
                "coders_differ": differ[pair],
                "example": examples.get(pair, ""),
            }
        )
    found = pd.DataFrame(rows, columns=list(CONFUSION_COLUMNS), dtype=object)
    found["times"] = found["model_confused"] + found["coders_differ"]
    keys, falling = ["times", "share", "code_1", "code_2"], [False, False, True, True]
    found = found.sort_values(keys, ascending=falling, kind="stable", ignore_index=True)
    return found[list(CONFUSION_COLUMNS)]


def _model_confusions(
    model: Model, classes: list[str], first: Ints, gold: Bools
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], str]]:
    """Return how often the model, not having seen an opinion, gave the other item of a pair, and its surest example.

    first, gold : of each opinion its first label, and (opinions, items) the items it is coded to
    """
    held_out = model.classifier.held_out_[first]
    said = held_out.argmax(axis=1)
    confused: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], tuple[float, str]] = {}
    for i in np.flatnonzero(~gold[np.arange(len(said)), said]) if len(said) else []:
        given = classes[said[i]]
        for right in (classes[j] for j in np.flatnonzero(gold[i])):
            pair = _in_plan_order(model.codebook, right, given)
            confused[pair] += 1
            text = str(model.opinions["text"].iloc[first[i]])
            candidate = (-float(held_out[i, said[i]]), f"「{text}」 {right} → {given}")
            examples[pair] = min(examples.get(pair, candidate), candidate)
    return confused, {pair: example for pair, (_, example) in examples.items()}


def _in_plan_order(codebook: Codebook, a: str, b: str) -> tuple[str, str]:
    order = [n.code for n in codebook]
    return (a, b) if order.index(a) <= order.index(b) else (b, a)


def _disagreements(coded: pd.DataFrame, codebook: Codebook) -> Iterator[tuple[str, str]]:
    """Yield each pair of codes that two coders gave to the same opinion, where neither gave the other's."""
    given: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    units = coded["unit"] if "unit" in coded else pd.Series("", coded.index)
    for opinion, unit, coder, code in zip(
        coded["opinion_id"], units, coded["coder"], coded["code"], strict=True
    ):
        if code in codebook and coder.strip():
            given[opinion, unit or "1"][coder].add(code)
    for coders in given.values():
        sets = [coders[c] for c in sorted(coders)]
        for i, a in enumerate(sets):
            for b in sets[i + 1 :]:
                for x, y in product(sorted(a - b), sorted(b - a)):
                    yield _in_plan_order(codebook, x, y)


def draft_codebook(
    codebook: Codebook, found: Themes, splits: pd.DataFrame, confusions: pd.DataFrame
) -> pd.DataFrame:
    """Return the CODEBOOK table with the candidates as rows switched off, for a person to edit.

    New columns: `active` ("yes", candidates "no": the row counts as absent until a person writes yes) and
    `note` (what the candidate is, and what is known of it).
    """
    table = codebook.to_table().assign(active="yes", note="")
    for row in confusions.to_dict("records"):
        for own, other in (("code_1", "code_2"), ("code_2", "code_1")):
            at = table.index[table["code"] == row[own]]
            note = f"{row[other]} と取り違えやすい"
            table.loc[at, "note"] = [f"{n}；{note}" if n else note for n in table.loc[at, "note"]]
    rows = []
    names = (f"N{k}" for k in range(1, 10_000) if f"N{k}" not in codebook)
    for row in found.themes.to_dict("records"):
        note = f"新しいテーマの候補 {row['theme']}({row['opinions']}件、安定度{row['stability']})。parent を入れて使う"
        rows.append(_candidate(next(names), "", str(row["name"]), row, note))
    for row in splits.to_dict("records"):
        title = f"{row['title']}({row['words'] or row['group']})"
        note = f"{row['code']} を分ける候補 {row['group']}({row['texts']}件)"
        rows.append(_candidate(next(names), codebook[str(row["code"])].parent, title, row, note))
    return pd.concat([table, pd.DataFrame(rows, dtype=str)], ignore_index=True).fillna("")


def _candidate(code: str, parent: str, title: str, row: dict[object, object], note: str) -> dict[str, str]:
    examples = "；".join(str(row[f"example_{k}"]) for k in (1, 2, 3) if row[f"example_{k}"])
    given = {"code": code, "parent": parent, "number": code, "title": title, "include": examples}
    return given | {"active": "no", "note": note}
