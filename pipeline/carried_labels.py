"""Coded opinions of an old plan, carried over to the next by a table that a person edited (see `crosswalk`).

What cannot be carried by the table alone (an item that was split, or is gone) is set aside with the reason,
never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.carry_over import USED
from pipeline.codebook import Codebook
from pipeline.crosswalk import text_likeness
from pipeline.decision_checks import refuse_decisions
from pipeline.errors import InputError, counted
from pipeline.tables import CODE_TITLE, LABELS, records
from pipeline.vectorcache import VectorCache

# Labels that were not carried keep their old code: why, and the new item that the text is nearest to.
REASON, NEAREST = "reason", "nearest_code"
FROM_CODE, FROM_SHA = "carried_from_code", "carried_from_codebook_sha256"


def old_labels(
    labels: pd.DataFrame, old: Codebook, file: str | None = None, new: Codebook | None = None
) -> pd.DataFrame:
    """Return LABELS with the canonical codes of the old codebook; an unknown code is an `InputError`, and so are
    decisions and a label that says it was coded by the new codebook."""
    refuse_decisions(labels.columns, file)
    table = LABELS.check(labels, file)
    if new is not None and new.sha256 != old.sha256:
        _refuse_new(table, new, file)
    old.check_coded(table, file)
    codes = enumerate(table["code"], start=2)
    return table.assign(code=[old.code_or_error(c, file=file, row=i, column="code") for i, c in codes])


def _refuse_new(labels: pd.DataFrame, new: Codebook, file: str | None) -> None:
    """Raise `InputError` for a label of the new codebook: read as the old one's, its code would mean another item."""
    coded = (labels["codebook_sha256"] == new.sha256).tolist()
    if any(coded):
        raise InputError(
            f"新しいコードブックで付けたコードです(codebook_sha256。{sum(coded)}行)。"
            "引き継ぐ必要はないので、古いコードの意見だけのファイルを --labels に指定してください。",
            f"coded by the new codebook already (codebook_sha256; {counted(sum(coded), 'row')}): nothing to carry; "
            "give --labels a file of opinions with old codes only",
            file=file,
            row=coded.index(True) + 2,
            column="codebook_sha256",
        )


def carry_labels(
    labels: pd.DataFrame,
    crosswalk: pd.DataFrame,
    old: Codebook,
    new: Codebook,
    cache: VectorCache | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the LABELS carried to the new codebook, and those set aside with `reason` and `nearest_code`.

    Rows in = rows carried + rows set aside. All that says who coded an opinion, when, and how is kept;
    `carried_from_code` and `carried_from_codebook_sha256` say what the label was. An opinion of an item that was
    split is set aside, for choosing between its parts is coding, which people do.

    Parameters
    ----------
    labels : of `old_labels`
    crosswalk : of `propose_crosswalk` or `check_crosswalk`
    """
    targets: dict[str, list[str]] = {}
    for row in records(crosswalk):
        if row["use"] == USED:
            targets.setdefault(row["old_code"], []).append(row["new_code"])
    leaves = {n.code for n in old.items}
    carried: list[dict[str, str]] = []
    aside: list[dict[str, str]] = []
    done: dict[tuple[str, ...], str] = {}
    for row in records(labels):
        reason = _reason(row, targets.get(row["code"], []), leaves, done)
        if reason:
            aside.append(row | {REASON: reason})
            continue
        code = targets[row["code"]][0]
        done.setdefault(_labelled(row, code), row["code"])
        was = {FROM_CODE: row["code"], FROM_SHA: row["codebook_sha256"] or old.sha256}
        carried.append(row | {"code": code, CODE_TITLE: new[code].title, "codebook_sha256": new.sha256} | was)
    table = LABELS.table(carried) if carried else _empty(CODE_TITLE, FROM_CODE, FROM_SHA)
    return table, _with_nearest(aside, targets, new, cache)


def _labelled(row: Mapping[str, str], code: str) -> tuple[str, ...]:
    """Return what two labels may not share; what two coders say of one opinion are two labels."""
    return row["source"], row["opinion_id"], row["coder"], code


def _reason(
    row: Mapping[str, str], codes: list[str], leaves: set[str], done: Mapping[tuple[str, ...], str]
) -> str:
    if len(codes) > 1:
        return f"項目が分かれた({'、'.join(codes)})。どれかを人が選ぶ"
    if not codes:
        if row["code"] not in leaves:
            return "項目より上の階層のコード。対応表に行を足せば引き継げる"
        return "対応表で○の付いた新しい項目がない"
    before = done.get(_labelled(row, codes[0]))
    if before is not None:
        merged = "" if before == row["code"] else "統合により、"
        return f"{merged}同じ意見に同じコード({codes[0]})が既にある"
    return ""


def _with_nearest(
    aside: list[dict[str, str]],
    targets: Mapping[str, list[str]],
    new: Codebook,
    cache: VectorCache | None,
) -> pd.DataFrame:
    """Return the rows set aside with the new item that each text is most like, among those it may go to."""
    if not aside:
        return _empty(REASON, NEAREST)
    likeness = text_likeness([r["text"] for r in aside], new, cache)
    column = {n.code: j for j, n in enumerate(new.items)}
    for row, values in zip(aside, likeness, strict=True):
        wanted = [c for c in targets.get(row["code"], []) if c in column] or list(column)
        row[NEAREST] = max(wanted, key=lambda c: values[column[c]])
    return LABELS.table(aside)


def _empty(*more: str) -> pd.DataFrame:
    return LABELS.empty().assign(**{name: pd.Series(dtype=str) for name in more})
