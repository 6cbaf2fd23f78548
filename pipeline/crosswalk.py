"""From an old plan to the next: which new item an old one became, and the coded opinions carried over to it.

The machine proposes a table of pairs, a person edits it, and only what is marked ○ is carried. What cannot be
carried by the table alone (an item that was split, or is gone) is set aside with the reason, never dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.carry_over import USED, WEIGHTS, node_similarity
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.features import Features, Floats, node_text
from pipeline.tables import LABELS, Schema, records

CROSSWALK = Schema(
    "CROSSWALK",
    ("old_code", "old_title", "opinions", "new_code", "new_title", "score", "relation", "use", "note"),
    (),
)
# Labels that were not carried: with their old code, the reason, and the new item that the text is nearest to.
REASON, NEAREST = "reason", "nearest_code"
FROM_CODE, FROM_SHA = "carried_from_code", "carried_from_codebook_sha256"

SAME, REWORDED, CHECK = "同じ題名", "言い換え", "要確認"
MERGED, SPLIT, OTHER, GONE, NEW = "統合", "分割の候補", "他の候補", "対応なし", "新設の疑い"

# What an item says itself, what stands above it, and what residents said about it.
_ITEM, _ABOVE, _OPINIONS = 0.7, 0.2, 0.1
# Below the first an item is taken to be gone; below the second a person should look.
LEAST_SCORE, SURE_SCORE = 0.12, 0.25
# By how much an item that another one took must be better than what is left, to be a merger.
_BETTER = 0.15
_OTHERS = 2
_YES = frozenset({"○", "◯", "〇", "o", "yes", "はい", "1", "true", "✓", "✔", "◎", "レ"})
_NO = frozenset({"", "×", "✕", "x", "no", "いいえ", "0", "false", "-", "ー", "△"})


# -- proposing ----------------------------------------------------------------------------------------


def item_scores(old: Codebook, new: Codebook, labels: pd.DataFrame | None = None) -> Floats:
    """Return how well each new item continues each old one, (old items, new items), about 0 to 1.

    The weighted mean of three likenesses: of titles and texts, of what stands above, and of the opinions coded
    to the old item with the new one's text. What is not there (a flat plan, no opinions) does not count.
    """
    parts = [(_ITEM, node_similarity(old.items, new.items).T)]
    if min(old.depth, new.depth) > 1:
        parts.append((_ABOVE, _above(old, new)))
    total = sum(weight for weight, _ in parts)
    score: Floats = sum((weight * part for weight, part in parts), np.zeros(1)) / total
    if labels is not None and len(labels):
        said, known = _opinions(old, new, labels)
        # Only where opinions are: an item nobody spoke of is not worse for it.
        share = np.where(known, _OPINIONS, 0.0)[:, None]
        score = (1 - share) * score + share * said
    return score


def _above(old: Codebook, new: Codebook) -> Floats:
    """Return the mean likeness of what stands above, (old items, new items), level by level from the item up."""
    uppers = [[n for n in c if n.code not in {i.code for i in c.items}] for c in (old, new)]
    similarity = node_similarity(*uppers).T
    place = [{n.code: i for i, n in enumerate(nodes)} for nodes in uppers]
    levels = min(old.depth, new.depth) - 1
    summed = np.zeros((len(old.items), len(new.items)))
    for level in range(2, 2 + levels):
        rows, columns = (
            [p[c.path(n.code)[max(0, n.level - level)]] if n.level > 1 else -1 for n in c.items]
            for c, p in zip((old, new), place, strict=True)
        )
        known = np.outer(np.array(rows) >= 0, np.array(columns) >= 0)
        summed += np.where(known, similarity[np.ix_(rows, columns)], 0.0)
    return summed / levels


def _opinions(
    old: Codebook, new: Codebook, labels: pd.DataFrame
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the mean likeness of each old item's opinions with the new items, and which items have any."""
    texts = labels["text"].astype(str).tolist()
    similarity = _text_likeness(texts, new)
    codes = labels["code"].to_numpy()
    said = np.zeros((len(old.items), len(new.items)))
    known = np.zeros(len(old.items), bool)
    for i, node in enumerate(old.items):
        mine = codes == node.code
        if mine.any():
            said[i], known[i] = similarity[mine].mean(axis=0), True
    return said, known


def _text_likeness(texts: Sequence[str], new: Codebook) -> Floats:
    """Return the cosines of texts with the new items, (texts, new items)."""
    items = [node_text(n) for n in new.items]
    features = Features(WEIGHTS).fit(list(texts), items)
    return features.transform(texts, exact=True).dot(features.transform(items, exact=True))


def propose_crosswalk(old: Codebook, new: Codebook, labels: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the CROSSWALK table: for each old item its new one marked ○, and others that a person may prefer.

    One-to-one pairs of the highest total score come first (Kuhn 1955), for most items of a plan go on under
    another number. An old item left over, or clearly more like a new item that another one took, is proposed as
    merged; a new one left over as part of a split. LABELS codes must be the old codebook's canonical ones.
    """
    score = item_scores(old, new, labels)
    partner = _partners(score)
    counts = labels["code"].value_counts().to_dict() if labels is not None else {}
    taken = {j for j, _ in partner.values()}
    rows: list[dict[str, object]] = []

    def add(i: int | None, j: int | None, relation: str, use: str = "") -> None:
        row: dict[str, object] = {"old_code": "", "relation": relation, "use": use}
        if i is not None:
            before = old.items[i]
            row |= {
                "old_code": before.code,
                "old_title": before.title,
                "opinions": counts.get(before.code, 0),
            }
        if j is not None:
            row |= {"new_code": new.items[j].code, "new_title": new.items[j].title}
        if i is not None and j is not None:
            row["score"] = f"{score[i, j]:.2f}"
        rows.append(row)

    for i in range(len(old.items)):
        order = np.argsort(-score[i], kind="stable").tolist()
        main = partner.get(i)
        if main is None:
            add(i, None, GONE)
        else:
            add(i, main[0], _relation(old, new, score, i, *main), USED)
        added = {main[0]} if main else set()
        for j in range(len(new.items)):
            if j not in taken and int(score[:, j].argmax()) == i and score[i, j] >= LEAST_SCORE:
                add(i, j, SPLIT)
                added.add(j)
        for j in [j for j in order if j not in added][:_OTHERS]:
            add(i, j, OTHER)
    for j in range(len(new.items)):
        if j not in taken and score[:, j].max() < LEAST_SCORE:
            add(None, j, NEW)
    return CROSSWALK.table(rows)


def _partners(score: Floats) -> dict[int, tuple[int, bool]]:
    """Return the new item of each old one, and whether it is a merger; old items that are gone are left out."""
    chosen = dict(zip(*(a.tolist() for a in linear_sum_assignment(-score)), strict=True))
    found: dict[int, tuple[int, bool]] = {}
    for i in range(score.shape[0]):
        best = int(score[i].argmax())
        own = chosen.get(i)
        merged = own is None or score[i, best] - score[i, own] > _BETTER
        j = best if own is None or merged else own
        # A leftover pair must be good by itself; a merger must be more than the least bad of all.
        if score[i, j] >= (SURE_SCORE if merged else LEAST_SCORE):
            found[i] = (j, merged)
    return found


def _relation(old: Codebook, new: Codebook, score: Floats, i: int, j: int, merged: bool) -> str:
    if merged:
        return MERGED
    if old.items[i].title == new.items[j].title:
        return SAME
    sure = score[i, j] >= SURE_SCORE and int(score[i].argmax()) == j and int(score[:, j].argmax()) == i
    return REWORDED if sure else CHECK


# -- the edited table ---------------------------------------------------------------------------------


def check_crosswalk(
    table: pd.DataFrame, old: Codebook, new: Codebook, file: str | None = None
) -> pd.DataFrame:
    """Return an edited CROSSWALK table with canonical codes, titles and ○ or '' in `use`.

    Raises
    ------
    InputError
        for a missing column or code, a mark that says neither yes nor no, or a pair twice, naming the row.
    """
    for column in ("old_code", "new_code", "use"):
        if column not in table.columns:
            raise InputError(
                f"対応表に列「{column}」がありません。`iken crosswalk` が作った表を直して使ってください。",
                f"the table lacks the column '{column}'; edit one that `iken crosswalk` made",
                file=file,
            )
    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, str], int] = {}
    for line, row in enumerate(records(CROSSWALK.check(table, file)), start=2):
        use = _mark(row["use"], file, line)
        for column, book in (("old_code", old), ("new_code", new)):
            if row[column].strip() or use:
                row[column] = book.code_or_error(row[column], file=file, row=line, column=column)
                row[column.replace("code", "title")] = book[row[column]].title
        pair = (row["old_code"], row["new_code"])
        if use and pair in seen:
            raise InputError(
                f"{seen[pair]}行目と同じ組です。どちらかを消してください。",
                f"the same pair as row {seen[pair]}; delete one",
                file=file,
                row=line,
            )
        if use:
            seen[pair] = line
        rows.append(row | {"use": USED if use else ""})
    return CROSSWALK.table(rows)


def _mark(text: str, file: str | None, line: int) -> bool:
    mark = text.strip().casefold()
    if mark not in _YES | _NO:
        raise InputError(
            f"「{text}」は ○ でも空欄でもありません。",
            f"'{text}' is neither ○ nor empty",
            file=file,
            row=line,
            column="use",
        )
    return mark in _YES


# -- carrying labels over -----------------------------------------------------------------------------


def old_labels(labels: pd.DataFrame, old: Codebook, file: str | None = None) -> pd.DataFrame:
    """Return LABELS with the canonical codes of the old codebook; an unknown code is an `InputError`."""
    table = LABELS.check(labels, file)
    codes = enumerate(table["code"], start=2)
    return table.assign(code=[old.code_or_error(c, file=file, row=i, column="code") for i, c in codes])


def carry_labels(
    labels: pd.DataFrame, crosswalk: pd.DataFrame, old: Codebook, new: Codebook
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
    done: set[tuple[str, str, str]] = set()
    for row in records(labels):
        reason = _reason(row, targets.get(row["code"], []), leaves, done)
        if reason:
            aside.append(row | {REASON: reason})
            continue
        code = targets[row["code"]][0]
        done.add((row["source"], row["opinion_id"], code))
        was = {FROM_CODE: row["code"], FROM_SHA: row["codebook_sha256"] or old.sha256}
        carried.append(row | {"code": code, "codebook_sha256": new.sha256} | was)
    return LABELS.table(carried), _with_nearest(aside, targets, new)


def _reason(
    row: Mapping[str, str], codes: list[str], leaves: set[str], done: set[tuple[str, str, str]]
) -> str:
    if len(codes) > 1:
        return f"項目が分かれた({'、'.join(codes)})。どれかを人が選ぶ"
    if not codes:
        if row["code"] not in leaves:
            return "項目より上の階層のコード。対応表に行を足せば引き継げる"
        return "対応表で○の付いた新しい項目がない"
    if (row["source"], row["opinion_id"], codes[0]) in done:
        return f"統合により、同じ意見に同じコード({codes[0]})が既にある"
    return ""


def _with_nearest(
    aside: list[dict[str, str]], targets: Mapping[str, list[str]], new: Codebook
) -> pd.DataFrame:
    """Return the rows set aside with the new item that each text is most like, among those it may go to."""
    if not aside:
        return LABELS.empty().assign(**{REASON: pd.Series(dtype=str), NEAREST: pd.Series(dtype=str)})
    likeness = _text_likeness([r["text"] for r in aside], new)
    column = {n.code: j for j, n in enumerate(new.items)}
    for row, values in zip(aside, likeness, strict=True):
        wanted = [c for c in targets.get(row["code"], []) if c in column] or list(column)
        row[NEAREST] = max(wanted, key=lambda c: values[column[c]])
    return LABELS.table(aside)
