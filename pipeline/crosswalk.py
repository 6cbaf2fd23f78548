"""From an old plan to the next: which new item an old one became.

The machine proposes a table of pairs, a person edits it, and only what is marked ○ counts; what then happens to
coded opinions is in `carried_labels`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from pipeline.arrays import Floats
from pipeline.carry_over import USED, WEIGHTS, node_similarity
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.features import Features, node_text
from pipeline.tables import Schema, records
from pipeline.typed import read_mark
from pipeline.vectorcache import VectorCache

CROSSWALK = Schema(
    "CROSSWALK",
    ("old_code", "old_title", "opinions", "new_code", "new_title", "score", "relation", "use", "note"),
    (),
)
SAME, REWORDED, CHECK = "同じ題名", "言い換え", "要確認"
MERGED, SPLIT, OTHER, GONE, NEW = "統合", "分割の候補", "他の候補", "対応なし", "新設の疑い"

# What an item says itself, what stands above it, and what residents said about it.
_ITEM, _ABOVE, _OPINIONS = 0.7, 0.2, 0.1
# Below the first an item is taken to be gone; below the second a person should look.
LEAST_SCORE, SURE_SCORE = 0.12, 0.25
# By how much an item that another one took must be better than what is left, to be a merger.
_BETTER = 0.15
_OTHERS = 2


# -- proposing ----------------------------------------------------------------------------------------


def item_scores(
    old: Codebook, new: Codebook, labels: pd.DataFrame | None = None, cache: VectorCache | None = None
) -> Floats:
    """Return how well each new item continues each old one, (old items, new items), about 0 to 1.

    The weighted mean of three likenesses: of titles and texts, of what stands above, and of the opinions coded
    to the old item with the new one's text. What is not there (a flat plan, no opinions) does not count.
    """
    parts = [(_ITEM, node_similarity(old.items, new.items, cache).T)]
    if min(old.depth, new.depth) > 1:
        parts.append((_ABOVE, _above(old, new, cache)))
    total = sum(weight for weight, _ in parts)
    score: Floats = sum((weight * part for weight, part in parts), np.zeros(1)) / total
    if labels is not None and len(labels):
        said, known = _opinions(old, new, labels, cache)
        # Only where opinions are: an item nobody spoke of is not worse for it.
        share = np.where(known, _OPINIONS, 0.0)[:, None]
        score = (1 - share) * score + share * said
    return score


def _above(old: Codebook, new: Codebook, cache: VectorCache | None) -> Floats:
    """Return the mean likeness of what stands above, (old items, new items), level by level from the item up."""
    uppers = [[n for n in c if n.code not in {i.code for i in c.items}] for c in (old, new)]
    similarity = node_similarity(uppers[0], uppers[1], cache).T
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
    old: Codebook, new: Codebook, labels: pd.DataFrame, cache: VectorCache | None
) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Return the mean likeness of each old item's opinions with the new items, and which items have any."""
    texts = labels["text"].astype(str).tolist()
    similarity = text_likeness(texts, new, cache)
    codes = labels["code"].to_numpy()
    said = np.zeros((len(old.items), len(new.items)))
    known = np.zeros(len(old.items), bool)
    for i, node in enumerate(old.items):
        mine = codes == node.code
        if mine.any():
            said[i], known[i] = similarity[mine].mean(axis=0), True
    return said, known


def text_likeness(texts: Sequence[str], new: Codebook, cache: VectorCache | None) -> Floats:
    """Return the cosines of texts with the new items, (texts, new items)."""
    items = [node_text(n) for n in new.items]
    features = Features(WEIGHTS).fit(list(texts), items, cache=cache)
    said, wanted = (features.transform(t, exact=True, cache=cache) for t in (texts, items))
    return said.dot(wanted)


def propose_crosswalk(
    old: Codebook, new: Codebook, labels: pd.DataFrame | None = None, cache: VectorCache | None = None
) -> pd.DataFrame:
    """Return the CROSSWALK table: for each old item its new one marked ○, and others that a person may prefer.

    One-to-one pairs of the highest total score come first (Kuhn 1955), for most items of a plan go on under
    another number. An old item left over, or clearly more like a new item that another one took, is proposed as
    merged; a new one left over as part of a split. LABELS codes must be the old codebook's canonical ones.
    """
    score = item_scores(old, new, labels, cache)
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
            if j not in taken and int(score[:, j].argmax()) == i and score[i, j] >= SURE_SCORE:
                add(i, j, SPLIT)
                added.add(j)
        for j in [j for j in order if j not in added][:_OTHERS]:
            add(i, j, OTHER)
    for j in range(len(new.items)):
        if j not in taken and score[:, j].max() < SURE_SCORE:
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
        use = read_mark(row["use"], file=file, row=line, column="use")
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
