"""What one source gave: its plan, its coded opinions, and an account of every line or row of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from pipeline.blocks import Use
from pipeline.codebook import Codebook
from pipeline.tables import SET_ASIDE, WORKSHOPS, Schema

LINES = Schema("LINES", ("source", "location", "use", "text"), ("source", "location", "use"))
DOUBTS = Schema("DOUBTS", SET_ASIDE.columns, SET_ASIDE.required)


@dataclass(frozen=True)
class Ingested:
    """What one source gave.

    Attributes
    ----------
    codebook
        The plan.
    labels
        LABELS: one row an opinion and code; the texts verbatim.
    workshops
        WORKSHOPS: sessions and themes (empty for tables).
    set_aside
        SET_ASIDE: every line or row that was not used, with the reason.
    doubts
        Same columns: what was used but is worth a look (a skipped number, a code above the items).
    lines
        LINES: what every non-blank line or row was used as.
    counts
        `lines` = `used` + `set_aside`; `goals`, `policies`, `items`, `labels`, `sessions`, `themes`,
        `doubts`.
    """

    codebook: Codebook
    labels: pd.DataFrame
    workshops: pd.DataFrame
    set_aside: pd.DataFrame
    doubts: pd.DataFrame
    lines: pd.DataFrame
    counts: dict[str, int]


def ingested(
    source: str,
    codebook: Codebook,
    labels: pd.DataFrame,
    workshops: list[dict[str, object]],
    uses: list[Use],
    doubts: list[Use],
) -> Ingested:
    """Put tables and counts together."""
    aside = [u for u in uses if u.use == "set aside"]
    kinds = [str(w["kind"]) for w in workshops]
    leaves = {n.code for n in codebook.items}
    levels = [n.level for n in codebook if n.code not in leaves]
    return Ingested(
        codebook,
        labels,
        WORKSHOPS.table(workshops),
        SET_ASIDE.table(_reason_rows(source, aside)),
        DOUBTS.table(_reason_rows(source, doubts)),
        LINES.table(
            {"source": source, "location": u.block.location, "use": u.use, "text": u.block.text} for u in uses
        ),
        {
            "lines": len(uses),
            "used": len(uses) - len(aside),
            "set_aside": len(aside),
            "goals": levels.count(1),
            "policies": len(levels) - levels.count(1),
            "items": len(leaves),
            "labels": len(labels),
            "sessions": kinds.count("session"),
            "themes": kinds.count("theme"),
            "doubts": len(doubts),
        },
    )


def _reason_rows(source: str, uses: Iterable[Use]) -> Iterable[dict[str, object]]:
    return (
        {"source": source, "location": u.block.location, "text": u.block.text, "reason": u.reason}
        for u in uses
    )
