"""What a model says of one text, and how it reads in a table: codes, confidences, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.models import Model
from pipeline.normalise import has_no_opinion

SUGGESTED = "提案"
NO_OPINION = "意見なし"
EVIDENCE = 3


@dataclass(frozen=True)
class Coding:
    """What the model says of one text; `codes` is empty when there is no opinion in it."""

    status: str
    codes: tuple[str, ...] = ()
    confidences: tuple[float, ...] = ()
    evidence: tuple[tuple[int, float], ...] = ()  # (row of the model's opinions, cosine similarity)


def code_texts(model: Model, texts: Sequence[str], top: int = 3) -> list[Coding]:
    """Code texts one by one, without regard to repetition.

    Returns one `Coding` a text, in order. The most similar hand-coded opinions are given as evidence, never
    the text itself.
    """
    asked = [i for i, t in enumerate(texts) if not has_no_opinion(t)]
    codings = [Coding(NO_OPINION)] * len(texts)
    if not asked:
        return codings
    vectors = model.encoder.transform([texts[i] for i in asked])
    probabilities = model.classifier.predict_proba(vectors)
    classes = model.classifier.classes_.tolist()
    cited = model.cited
    ranked = zip(*_top(probabilities, top), strict=True)
    near = zip(*_top((vectors @ model.vectors.T).toarray(), EVIDENCE + 1), strict=True)
    for i, (best, confidences), (rows, similarities) in zip(asked, ranked, near, strict=True):
        evidence = [
            (row, s)
            for row, s in zip(rows, similarities, strict=True)
            if s > 0 and cited[row].text != texts[i]
        ]
        codings[i] = Coding(
            SUGGESTED, tuple(classes[j] for j in best), tuple(confidences), tuple(evidence[:EVIDENCE])
        )
    return codings


def _top(values: NDArray[np.float64], k: int) -> tuple[list[list[int]], list[list[float]]]:
    """Return columns and values of the k largest of each row, largest first; of equal ones the earlier leads."""
    k = min(k, values.shape[1])
    # The k largest by partition, then in order; a tie at the border of the k is settled by the full sort.
    part = np.sort(np.argpartition(-values, k - 1, axis=1)[:, :k], axis=1)
    held = np.take_along_axis(values, part, axis=1)
    order = np.argsort(-held, axis=1, kind="stable")
    columns = np.take_along_axis(part, order, axis=1)
    border = np.flatnonzero((values >= held.min(axis=1, keepdims=True)).sum(axis=1) > k)
    columns[border] = np.argsort(-values[border], axis=1, kind="stable")[:, :k]
    return columns.tolist(), np.take_along_axis(values, columns, axis=1).tolist()


# -- rows of the output ----------------------------------------------------------------------------


def wide_columns(top: int) -> list[str]:
    """Return the columns that the wide output adds to those of the input."""
    ranked = [f"{name}_{k}" for k in range(1, top + 1) for name in ("code", "title", "confidence")]
    groups = ["group_id", "group_size", "exact_count"]
    return ["opinion_id", "status", *ranked, "evidence", *groups, "model_id"]


def wide_cells(model: Model, codings: Sequence[Coding], top: int) -> dict[str, list[object]]:
    """Return the columns that the wide output adds, for texts in order, but for those of row and group."""
    cells: dict[str, list[object]] = {"status": [c.status for c in codings]}
    titles = {n.code: n.title for n in model.codebook}
    for k in range(top):
        codes = [c.codes[k] if k < len(c.codes) else "" for c in codings]
        cells[f"code_{k + 1}"] = list(codes)
        cells[f"title_{k + 1}"] = [titles[code] if code else "" for code in codes]
        cells[f"confidence_{k + 1}"] = [
            round(c.confidences[k], 4) if k < len(c.confidences) else None for c in codings
        ]
    cells["evidence"] = [evidence_text(model, c) for c in codings]
    return cells


def long_rows(model: Model, coding: Coding, text: str) -> list[dict[str, object]]:
    """Return the rows of one coded text for the SUGGESTIONS table, one a rank."""
    shared = {"unit": 1, "unit_text": text, "status": coding.status, "model_id": model.model_id}
    if not coding.codes:
        return [
            shared
            | {"rank": "", "code": "", "title": "", "confidence": "", "evidence": "", "doubt_reasons": ""}
        ]
    evidence = evidence_text(model, coding)
    return [
        shared
        | {
            "rank": k + 1,
            "code": code,
            "title": model.codebook[code].title,
            "confidence": round(confidence, 4),
            "evidence": evidence,
            "doubt_reasons": "",
        }
        for k, (code, confidence) in enumerate(zip(coding.codes, coding.confidences, strict=True))
    ]


def evidence_text(model: Model, coding: Coding) -> str:
    """Return the evidence as people read it: 「…」(G1-1-1、類似度0.62、kamakura L57); one line each."""
    cited = model.cited
    return "\n".join(
        f"「{cited[row].text}」({cited[row].code}、類似度{similarity:.2f}{cited[row].place})"
        for row, similarity in coding.evidence
    )
