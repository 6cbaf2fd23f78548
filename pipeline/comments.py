"""What a model says of a comment, unit by unit, and how it reads in a table.

A comment may hold several opinions. Each opinion unit is coded by itself (`--long` shows them all), and the
comment gets their codes in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import Match, SequenceMatcher
from itertools import pairwise, takewhile
from operator import eq
from typing import Any

import numpy as np

from pipeline.codebook import Codebook
from pipeline.coding import EVIDENCE, SUGGESTED, UNSURE, Coder, Coding
from pipeline.comment_column import SUGGESTED_FOR
from pipeline.division import divide
from pipeline.doubt import PERSONAL_DATA, REASONS, SEVERAL_TOPICS
from pipeline.masking import suspects_personal
from pipeline.models import Model
from pipeline.no_answer import NO_OPINION, OUTSIDE
from pipeline.segment import Unit

# In a file of suggestions code_1 … code_30 are looked for, whatever --top allows.
MOST_RANKS = 30
_WORDS = 5
# Comparing longer stretches letter by letter takes seconds.
_LONGEST_COMPARED = 3000


@dataclass(frozen=True)
class CommentCoding:
    """The units of one comment, (start, end) in the comment and what the model says of each, in order.

    whole : all of them as one suggestion; that of the unit itself when there is only one
    """

    spans: tuple[tuple[int, int], ...]
    codings: tuple[Coding, ...]
    whole: Coding

    def as_json(self) -> dict[str, Any]:
        """Return plain lists and dicts, for `from_json`."""
        return {"spans": self.spans, "codings": [vars(c) for c in self.codings], "whole": vars(self.whole)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> CommentCoding:
        """Return what `as_json` made, read back from JSON."""
        codings = tuple(Coding(**c) for c in stored["codings"])
        return cls(tuple((a, b) for a, b in stored["spans"]), codings, Coding(**stored["whole"]))

    def moved(self, text: str, copy: str) -> CommentCoding:
        """Return this coding of `text` as that of `copy`, which says nearly the same.

        The copy is cut where its words are those at which `text` was cut, and all of it stays: what it says
        more belongs to the unit it stands in. Whether it holds personal data is looked up in its own words.
        """
        if copy == text:
            return self
        spans, codings = _moved(self.spans, text, copy), self.codings
        if not spans:  # the copy leaves out a unit, and is taken as a whole
            spans, codings = ((0, len(copy)),), (self.whole,)
        codings = tuple(_own_personal(c, copy[a:b]) for (a, b), c in zip(spans, codings, strict=True))
        return CommentCoding(spans, codings, _own_personal(self.whole, copy))

    @property
    def suggested(self) -> tuple[str, ...]:
        """The suggested codes of the units in order, each once; none for what is left to a person."""
        return tuple(dict.fromkeys(c.suggested for c in self.codings if c.suggested))

    @property
    def units(self) -> Iterator[tuple[int, int, Coding]]:
        """Start, end and coding of each unit."""
        return ((a, b, c) for (a, b), c in zip(self.spans, self.codings, strict=True))


def _moved(spans: Sequence[tuple[int, int]], text: str, copy: str) -> tuple[tuple[int, int], ...]:
    """Return where the units of `text` are in `copy`, all of which they share; () if it lacks one of them."""
    if len(spans) == 1:
        return ((0, len(copy)),)
    blocks = _shared(text, copy)
    cuts = []
    for place, _ in spans[1:]:
        block = next((b for b in blocks if place < b.a + b.size), Match(len(text), len(copy), 0))
        cuts.append(block.b + max(0, place - block.a))
    moved = tuple(_stripped(copy, a, b) for a, b in pairwise([0, *cuts, len(copy)]))
    for (start, end), (left, right) in zip(spans, moved, strict=True):
        same = sum(
            max(0, min(end - b.a, right - b.b, b.size) - max(start - b.a, left - b.b, 0)) for b in blocks
        )
        if 2 * same < end - start or left >= right:
            return ()
    return moved


def _shared(text: str, copy: str) -> list[Match]:
    """Return the stretches that two texts share, in order: what both begin and end with, and those between."""
    head = sum(takewhile(bool, map(eq, text, copy)))
    tail = sum(takewhile(bool, map(eq, text[head:][::-1], copy[head:][::-1])))
    between = text[head : len(text) - tail], copy[head : len(copy) - tail]
    found = [Match(0, 0, head)]
    if max(map(len, between)) <= _LONGEST_COMPARED:
        blocks = SequenceMatcher(None, *between, autojunk=False).get_matching_blocks()
        found += [Match(head + b.a, head + b.b, b.size) for b in blocks]
    return [*found, Match(len(text) - tail, len(copy) - tail, tail)]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a stretch of `text` without the white space around it."""
    inner = text[start:end]
    return start + len(inner) - len(inner.lstrip()), start + len(inner.rstrip())


def _own_personal(coding: Coding, text: str) -> Coding:
    """Return a coding with the doubt about personal data that `text` itself gives."""
    if not coding.codes or suspects_personal(text) == (PERSONAL_DATA in coding.reasons):
        return coding
    reasons = {*coding.reasons} ^ {PERSONAL_DATA}
    return replace(coding, reasons=tuple(r for r in REASONS if r in reasons))


def code_comments(coder: Coder, comments: Sequence[str], top: int = 3) -> list[CommentCoding]:
    """Return the coding of each comment, unit by unit where it holds several opinions (see `division`)."""
    codings = coder.code(comments, top)
    result = [CommentCoding(((0, len(c)),), (w,), w) for c, w in zip(comments, codings, strict=True)]
    division = divide(coder, comments, codings)
    texts = list(dict.fromkeys(u.text for found in division.units.values() for u in found if u.has_opinion))
    seen, new = [t for t in texts if t in division.row], [t for t in texts if t not in division.row]
    rows = np.array([division.row[t] for t in seen], dtype=np.int64)
    coded = dict(zip(new, coder.code(new, top), strict=True))
    coded |= dict(zip(seen, coder.code(seen, top, division.vectors[rows]), strict=True))
    for i, found in division.units.items():
        result[i] = _gathered(
            found, [coded[u.text] if u.has_opinion else Coding(NO_OPINION) for u in found], top
        )
    return result


def _gathered(units: Sequence[Unit], codings: Sequence[Coding], top: int) -> CommentCoding:
    whole = _as_one([c for c in codings if c.codes], top)
    return CommentCoding(tuple((u.start, u.end) for u in units), tuple(codings), whole)


def _as_one(codings: Sequence[Coding], top: int) -> Coding:
    """Return several codings as one: first codes of the units in order, then what else is likely."""
    status = next(s for s in (SUGGESTED, UNSURE, OUTSIDE, NO_OPINION) if any(c.status == s for c in codings))
    ranked = [c.codes[0] for c in codings]
    rest = sorted(
        ((p, code) for c in codings for code, p in zip(c.codes[1:], c.confidences[1:], strict=True)),
        key=lambda pair: -pair[0],
    )
    codes = list(dict.fromkeys([*ranked, *(code for _, code in rest)]))[:top]
    likely = {
        code: max(p for c in codings for k, p in zip(c.codes, c.confidences, strict=True) if k == code)
        for code in codes
    }
    lead = next(c for c in codings if c.status == status)
    evidence: dict[int, float] = {}
    for k in range(EVIDENCE):
        for c in codings:
            if k < len(c.evidence) and len(evidence) < EVIDENCE:
                evidence.setdefault(*c.evidence[k])
    reasons = {r for c in codings for r in c.reasons} | {SEVERAL_TOPICS}
    return replace(
        lead,
        codes=tuple(codes),
        confidences=tuple(likely[code] for code in codes),
        evidence=tuple(evidence.items()),
        grade=max(c.grade for c in codings),
        words=tuple(dict.fromkeys(w for c in codings for w in c.words))[:_WORDS],
        reasons=tuple(r for r in REASONS if r in reasons),
    )


# -- rows of the output ----------------------------------------------------------------------------


def counted_codes(codebook: Codebook, comment: CommentCoding) -> list[str]:
    """Return the codes that a comment counts for where suggestions are counted: those that a report gives it.

    A second item counts beside a first one, and of a code and one below it the deeper one.
    """
    codes, whole = list(comment.suggested), comment.whole
    if whole.also and whole.suggested in {n.code for n in codebook.items}:
        codes.append(whole.also)
    above = {a for c in codes for a in codebook.path(c)[:-1]}
    return [c for c in dict.fromkeys(codes) if c not in above]


def wide_columns(top: int) -> list[str]:
    """Return the columns that the wide output adds to those of the input."""
    ranked = [f"{name}_{k}" for k in range(1, top + 1) for name in ("code", "title", "confidence")]
    made = ["suggested_code", "suggested_title", "suggested_confidence", "grade", "also_code"]
    made += ["units", "unit_codes"]
    evidence = ["evidence", "evidence_words", "plan_wording", *REASONS]
    groups = ["group_id", "group_size", "exact_count"]
    return ["opinion_id", "status", *made, *ranked, *evidence, *groups, SUGGESTED_FOR, "model_id"]


def wide_cells(model: Model, comments: Sequence[CommentCoding], top: int) -> dict[str, list[object]]:
    """Return the columns that the wide output adds, for comments in order, but for those of row and group."""
    codings = [c.whole for c in comments]
    titles = {n.code: n.title for n in model.codebook} | {"": ""}
    cells: dict[str, list[object]] = {
        "status": [c.status for c in codings],
        "suggested_code": [c.suggested for c in codings],
        "suggested_title": [titles[c.suggested] for c in codings],
        "suggested_confidence": [round(c.confidence, 4) if c.suggested else None for c in codings],
        "grade": [c.grade for c in codings],
        "also_code": [f"{c.also} {titles[c.also]}にも該当" if c.also else "" for c in codings],
        "units": [max(1, sum(bool(u.codes) for u in c.codings)) if c.whole.codes else 0 for c in comments],
        "unit_codes": [_unit_codes(c) for c in comments],
    }
    for k in range(top):
        codes = [c.codes[k] if k < len(c.codes) else "" for c in codings]
        cells[f"code_{k + 1}"] = list(codes)
        cells[f"title_{k + 1}"] = [titles[code] for code in codes]
        cells[f"confidence_{k + 1}"] = [
            round(c.confidences[k], 4) if k < len(c.confidences) else None for c in codings
        ]
    cells["evidence"] = [evidence_text(model, c) for c in codings]
    cells["evidence_words"] = ["、".join(c.words) for c in codings]
    cells["plan_wording"] = [c.wording for c in codings]
    for name, words in REASONS.items():
        cells[name] = [words if name in c.reasons else "" for c in codings]
    return cells


def _unit_codes(comment: CommentCoding) -> str:
    """Return the suggested codes of the units in order, each once; empty for a comment of one opinion."""
    if len(comment.codings) == 1:
        return ""
    return "、".join(comment.suggested)


def long_rows(model: Model, comment: CommentCoding, text: str) -> Iterator[dict[str, object]]:
    """Yield the rows of one comment for the SUGGESTIONS table, one a unit and rank."""
    for number, (start, end, coding) in enumerate(comment.units, 1):
        shared = {"unit": number, "unit_text": text[start:end], "status": coding.status}
        shared["model_id"] = model.model_id
        doubts = "、".join(REASONS[r] for r in coding.reasons)
        if not coding.codes:
            empty = dict.fromkeys(("rank", "code", "title", "confidence", "evidence"), "")
            yield shared | empty | {"doubt_reasons": doubts}
            continue
        evidence = evidence_text(model, coding)
        for k, (code, confidence) in enumerate(zip(coding.codes, coding.confidences, strict=True), 1):
            title, likely = model.codebook[code].title, round(confidence, 4)
            yield shared | {
                "rank": k,
                "code": code,
                "title": title,
                "confidence": likely,
                "evidence": evidence,
                "doubt_reasons": doubts,
            }


def evidence_text(model: Model, coding: Coding) -> str:
    """Return the evidence as people read it: 「…」(G1-1-1、類似度0.62、kamakura L57); one line each."""
    cited = model.cited
    return "\n".join(
        f"「{cited[row].text}」({cited[row].code}、類似度{similarity:.2f}{cited[row].place})"
        for row, similarity in coding.evidence
    )
