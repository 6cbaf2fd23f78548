"""Agreement of coders, at each level of the plan: DECISIONS in, figures and the disagreements out.

Only what coders decided by themselves is compared: the adjudication round is left out. Rounds are not
mixed: a comparison is of one opinion (or unit of it) in one round. None-fits is a category like any item;
unsure and reject are missing. The model is compared with people only where they did not see it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.arrays import Ints
from pipeline.codebook import Codebook
from pipeline.decisions import (
    ADJUDICATION,
    Decision,
    check_decisions,
    check_texts,
    gather_decisions,
    with_canonical_codes,
)
from pipeline.disagreement import NONE_FITS, Unit, disagreements
from pipeline.errors import InputError, counted
from pipeline.metrics import Figure
from pipeline.reliability import MISSING, alpha, kappa, masi_distances, percent_agreement
from pipeline.tables import CODE_TITLE, DECISIONS, LABELS, Schema, records

MODEL = "model"
ALL_ROUNDS = ""
AGREEMENT = Schema(
    "AGREEMENT",
    ("round", "compared", "coder_a", "coder_b", "level", "measure", "value", "low", "high", "units", "note"),
    ("compared", "measure"),
)
# What the measures are called, in Japanese and English.
MEASURES = {
    "alpha": ("Krippendorff α", "Krippendorff's alpha"),
    "kappa": ("Cohen κ", "Cohen's kappa"),
    "percent": ("一致率", "agreement"),
    "masi_alpha": ("MASI α", "MASI alpha"),
}
_NOT_DEFINED = "全員が同じ分類だけを使ったため、計算できない"
_NO_INTERVAL = "抜き取り直してもいつも同じ値になり、区間は計算できない"
_NOTHING = "2人以上が判定した意見がない"


@dataclass(frozen=True)
class Agreement:
    """Figures of agreement and what they rest on.

    figures : AGREEMENT table; `compared` is "people" (all coders), "pair" (two of them) or "model" (the
        suggestion that a person did not see, against that person; coder_b '' means against all of them)
    confusions : CONFUSIONS, how often one coder's first code was another's other code, most frequent first;
        `differs_at` is the highest level at which they part
    disagreements : DISAGREEMENTS, each pair of coders that differ on a comment; `differs_at` "partly" means
        the same first code but not the same set
    compared : opinions (or units of them) that two coders or more coded in one round, each counted once
    """

    figures: pd.DataFrame
    confusions: pd.DataFrame
    disagreements: pd.DataFrame
    coders: tuple[str, ...]
    decisions: int
    missing: int
    compared: int

    def figure(
        self, measure: str, level: int, compared: str = "people", coder_a: str = "", coder_b: str = ""
    ) -> Figure:
        """Return one figure over all rounds (NaN where it is not defined); KeyError if there is none."""
        wanted = {
            "round": ALL_ROUNDS,
            "compared": compared,
            "coder_a": coder_a,
            "coder_b": coder_b,
            "level": str(level),
            "measure": measure,
        }
        for row in records(self.figures):
            if all(row[k] == v for k, v in wanted.items()):
                value, low, high = (_number(row[k]) for k in ("value", "low", "high"))
                return Figure(value, low, high, int(row["units"]))
        raise KeyError(wanted)


def agreement(decisions: pd.DataFrame, codebook: Codebook, *, seed: int = 0) -> Agreement:
    """Return how far coders agree with each other, and the model with them (see `Agreement`).

    Raises
    ------
    InputError
        if a code is not in the codebook, one id stands for two opinions, or no opinion was coded by two people
        or blindly beside a suggestion.
    """
    table = with_canonical_codes(check_decisions(decisions), codebook)
    check_texts(table)
    own = [d for d in gather_decisions(table) if d.round != ADJUDICATION]
    given = [d for d in own if not d.missing]
    coders = tuple(sorted({d.coder for d in own}))
    people = _by_unit(given)
    double = {unit: found for unit, found in people.items() if len(found) > 1}
    blind = [d for d in given if d.suggestion_shown == "no" and d.suggested_code]
    if not double and not blind:
        raise InputError(
            f"比べられる判定がありません(判定 {len(own)}件、担当者 {'、'.join(coders) or 'なし'})。"
            "同じ意見を2人以上が判定するか、提案を隠して判定すると計算できます。",
            f"nothing to compare ({counted(len(own), 'decision')} by {', '.join(coders) or 'nobody'}): let two people code the "
            "same opinions, or code some with the suggestion hidden",
        )
    rounds = sorted({d.round for d in given})
    rows: list[dict[str, object]] = []
    for name in (ALL_ROUNDS, *(rounds if len(rounds) > 1 else ())):
        of_round = [d for d in given if name in (ALL_ROUNDS, d.round)]
        rows += _people(of_round, codebook, name, seed)
        rows += _model([d for d in blind if name in (ALL_ROUNDS, d.round)], codebook, name, seed)
    differing, confused = disagreements(double, codebook)
    return Agreement(
        figures=AGREEMENT.table(rows),
        confusions=confused,
        disagreements=differing,
        coders=coders,
        decisions=len(own),
        missing=len(own) - len(given),
        compared=len({unit[:2] for unit in double}),
    )


def decisions_from_labels(labels: pd.DataFrame, file: str | None = None) -> pd.DataFrame:
    """Return LABELS that several coders gave as DECISIONS; several codes of one coder are one decision.

    Raises
    ------
    InputError
        if a row has no coder.
    """
    labels = LABELS.check(labels, file)
    rows = []
    for line, row in enumerate(records(labels), start=2):
        if not row["coder"].strip():
            raise InputError(
                "coder が空欄です。誰のコードかを入れてください。",
                "there is no coder; say whose code it is",
                file=file,
                row=line,
                column="coder",
            )
        key = "\x1f".join((row["source"], row["opinion_id"], row["coder"]))
        same = {k: row[k] for k in ("opinion_id", "text", "coder", "code", "codebook_sha256")}
        same[CODE_TITLE] = row.get(CODE_TITLE, "")
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        rows.append(same | {"action": "change", "decision_id": name})
    return DECISIONS.table(rows)


# -- figures ---------------------------------------------------------------------------------------


def _by_unit(decisions: Sequence[Decision]) -> dict[Unit, dict[str, Decision]]:
    """Return the decisions of each opinion, unit and round by coder."""
    found: dict[Unit, dict[str, Decision]] = {}
    for d in decisions:
        found.setdefault((d.opinion_id, d.unit, d.round), {})[d.coder] = d
    return found


def _people(
    decisions: Sequence[Decision], codebook: Codebook, name: str, seed: int
) -> list[dict[str, object]]:
    units = {u: found for u, found in _by_unit(decisions).items() if len(found) > 1}
    coders = sorted({c for found in units.values() for c in found})
    if not coders:
        return []
    opinion = _numbers([u[0] for u in units])
    several = any(len(d.codes) > 1 for found in units.values() for d in found.values())
    rows: list[dict[str, object]] = []
    for level in range(1, codebook.depth + 1):
        values, sets = _values(units, coders, codebook, level)
        row = {"round": name, "level": level}
        people = row | {"compared": "people"}
        rows.append(people | {"measure": "alpha"} | _cells(alpha(values, opinion, seed=seed)))
        rows.append(people | {"measure": "percent"} | _cells(percent_agreement(values, opinion, seed=seed)))
        if several:
            numbered, distinct = sets
            figure = alpha(numbered, opinion, masi_distances(distinct), seed=seed)
            rows.append(people | {"measure": "masi_alpha"} | _cells(figure))
        for i, j in combinations(range(len(coders)), 2):
            pair = row | {"compared": "pair", "coder_a": coders[i], "coder_b": coders[j]}
            rows += _pair_rows(pair, values[:, [i, j]], opinion, seed)
    return rows


def _model(
    decisions: Sequence[Decision], codebook: Codebook, name: str, seed: int
) -> list[dict[str, object]]:
    """Compare unseen suggestions with each person, and with all of them together."""
    rows: list[dict[str, object]] = []
    coders = sorted({d.coder for d in decisions})
    for coder in (*(("",) if len(coders) > 1 else ()), *coders):
        own = [d for d in decisions if coder in ("", d.coder)]
        opinion = _numbers([d.opinion_id for d in own])
        for level in range(1, codebook.depth + 1):
            given = [(_at(codebook, d.suggested_code, level), _first(codebook, d, level)) for d in own]
            flat = _numbers([code for pair in given for code in pair]).reshape(-1, 2)
            row = {"round": name, "level": level, "compared": MODEL, "coder_a": MODEL, "coder_b": coder}
            rows += _pair_rows(row, flat, opinion, seed)
    return rows


def _pair_rows(row: Mapping[str, object], values: Ints, opinion: Ints, seed: int) -> list[dict[str, object]]:
    measures: dict[str, Callable[[], Figure]] = {
        "alpha": lambda: alpha(values, opinion, seed=seed),
        "kappa": lambda: kappa(values[:, 0], values[:, 1], opinion, seed=seed),
        "percent": lambda: percent_agreement(values, opinion, seed=seed),
    }
    return [dict(row) | {"measure": name} | _cells(measure()) for name, measure in measures.items()]


def _values(
    units: Mapping[Unit, Mapping[str, Decision]], coders: Sequence[str], codebook: Codebook, level: int
) -> tuple[Ints, tuple[Ints, list[frozenset[str]]]]:
    """Return (units, coders) numbers of the first code, and of the set of codes with the sets themselves."""
    single: dict[str, int] = {}
    whole: dict[frozenset[str], int] = {}
    values = np.full((len(units), len(coders)), MISSING)
    numbered = values.copy()
    for i, found in enumerate(units.values()):
        for j, coder in enumerate(coders):
            if coder in found:
                d = found[coder]
                values[i, j] = single.setdefault(_first(codebook, d, level), len(single))
                codes = frozenset(_at(codebook, c, level) for c in d.codes) or frozenset([NONE_FITS])
                numbered[i, j] = whole.setdefault(codes, len(whole))
    return values, (numbered, list(whole))


def _at(codebook: Codebook, code: str, level: int) -> str:
    """Return a code's ancestor at a level, itself if it stands higher."""
    return codebook.path(code)[:level][-1]


def _first(codebook: Codebook, decision: Decision, level: int) -> str:
    return _at(codebook, decision.codes[0], level) if decision.codes else NONE_FITS


def _numbers(names: Sequence[str]) -> Ints:
    known = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([known[name] for name in names], dtype=np.int64)


def _cells(figure: Figure) -> dict[str, object]:
    note = _NO_INTERVAL if math.isnan(figure.low) else ""
    note = _NOTHING if not figure.n else _NOT_DEFINED if math.isnan(figure.value) else note
    numbers = {k: getattr(figure, k) for k in ("value", "low", "high")}
    return {k: "" if math.isnan(v) else v for k, v in numbers.items()} | {"units": figure.n, "note": note}


def _number(cell: str) -> float:
    return float(cell) if cell else float("nan")
