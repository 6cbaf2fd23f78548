"""Labels before training: which rows can be learned from, and whether an id means one opinion."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.normalise import comparison_key
from pipeline.tables import GOLD_SOURCES, LABELS, SET_ASIDE, records


def prepare_labels(
    labels: pd.DataFrame, codebook: Codebook, file: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the LABELS to learn from, in a fixed order, and the rows set aside with reasons.

    Codes are made canonical, ids unique (see `unique_ids`). Rows in = rows out + rows set aside.

    Raises
    ------
    InputError
        for a code that is not in the codebook, or an id of two opinions, naming the row.
    """
    labels = LABELS.check(labels, file)
    check_ids({file: labels})
    # The order of the rows must not matter: which of two is kept, and the last bits of sums, depend on it.
    first = ["opinion_id", "code", "text"]
    order = [*first, *sorted(c for c in labels.columns if c not in first)]
    labels = unique_ids(labels).sort_values(order, kind="stable")
    kept: list[dict[str, str]] = []
    aside: list[dict[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for i, row in zip(labels.index, records(labels), strict=True):
        row["code"] = codebook.code_or_error(row["code"], file=file, row=int(i) + 2, column="code")
        reason = ""
        if not _is_gold(row):
            reason = f"label_source「{row['label_source']}」は人が付けたコードではない"
        elif (row["opinion_id"], row["code"]) in seen:
            reason = "同じ意見に同じコードが既にある"
        if reason:
            given = {k: row[k] for k in ("location", "text")}
            aside.append(given | {"source": row["source"].strip() or file or "labels", "reason": reason})
        else:
            seen.add((row["opinion_id"], row["code"]))
            kept.append(row)
    table = LABELS.table(kept)
    return table.sort_values(order[:3], kind="stable").reset_index(drop=True), SET_ASIDE.table(aside)


def check_ids(tables: Mapping[str | None, pd.DataFrame]) -> None:
    """Raise `InputError` if one id of one source stands for two texts: they would be learned as one opinion.

    `tables` maps the name of each file to its LABELS; the message names file and row of the second text.
    """
    known: dict[tuple[str, str], tuple[str, str | None, int]] = {}
    for file, table in tables.items():
        for line, row in enumerate(records(table), start=2):
            if not _is_gold(row):
                continue
            text = comparison_key(row["text"])
            other, there, at = known.setdefault((row["source"], row["opinion_id"]), (text, file, line))
            if text != other:
                where = f"{there}の" if there and there != file else ""
                of = f" of {there}" if where else ""
                raise InputError(
                    f"opinion_id「{row['opinion_id']}」が、{where}{at}行目では別の文面に付いています。"
                    "すべてのファイルを通して重ならないIDにしてください(ファイル名-番号など)。",
                    f"opinion_id '{row['opinion_id']}' stands for another text in row {at}{of}; "
                    "make ids unique over all files (for example file name and number)",
                    file=file,
                    row=line,
                    column="opinion_id",
                )


def unique_ids(labels: pd.DataFrame) -> pd.DataFrame:
    """Return LABELS in which ids that different sources gave to different texts begin with the source.

    >>> table = LABELS.table(
    ...     {"opinion_id": "1", "source": s, "text": t, "code": "G1"} for s, t in (("a", "坂"), ("b", "バス"))
    ... )
    >>> unique_ids(table)["opinion_id"].tolist()
    ['a:1', 'b:1']
    """
    gold = labels["label_source"].isin([*GOLD_SOURCES, ""])
    texts = labels.loc[gold, "text"].map(comparison_key).groupby(labels["opinion_id"]).nunique()
    shared = labels["opinion_id"].isin(texts.index[texts > 1]) & (labels["source"] != "")
    ids = labels["opinion_id"].mask(shared, labels["source"] + ":" + labels["opinion_id"])
    return labels.assign(opinion_id=ids)


def _is_gold(row: Mapping[str, str]) -> bool:
    return row["label_source"] in (*GOLD_SOURCES, "")
