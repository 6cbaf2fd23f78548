"""A first day for another plan: carry example utterances over to the items of a new codebook that they fit.

Each new item takes the utterances of the old item whose title and definition are most like its own, if they
are like enough. The table of pairs is for a person to check: what is not marked is not used.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.arrays import Floats
from pipeline.authored import VOTES
from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.errors import InputError
from pipeline.features import Features, node_text
from pipeline.notation import folded_title
from pipeline.tables import AUTHORED, Schema, records
from pipeline.typed import read_mark
from pipeline.vectorcache import VectorCache
from pipeline.votes import rename_votes

PAIRS = Schema(
    "CARRY_OVER", ("code", "title", "from_code", "from_title", "similarity", "use"), ("code", "from_code")
)
USED = "○"
# Meaning more than wording: a new plan says the same in other words.
WEIGHTS = {"lexical": 0.4, "use": 0.6}
# Cosine of centred vectors; below it two items seldom mean the same.
LEAST_SIMILARITY = 0.2


def propose_pairs(old: Codebook, new: Codebook) -> pd.DataFrame:
    """Return the PAIRS table: for each new item the old one most like it, marked ○ if like enough.

    One old item may serve several new ones; its utterances then go to the most similar of them alone, so that
    no text teaches two items.
    """
    similarity = node_similarity(old.items, new.items)
    best = similarity.argmax(axis=1)
    strongest = similarity.argmax(axis=0)
    rows = []
    for i, node in enumerate(new.items):
        source, value = old.items[best[i]], float(similarity[i, best[i]])
        used = value >= LEAST_SIMILARITY and strongest[best[i]] == i
        rows.append(
            {
                "code": node.code,
                "title": node.title,
                "from_code": source.code,
                "from_title": source.title,
                "similarity": f"{value:.2f}",
                "use": USED if used else "",
            }
        )
    return PAIRS.table(rows)


def node_similarity(old: Sequence[Node], new: Sequence[Node], cache: VectorCache | None = None) -> Floats:
    """Return how like each other the nodes of two plans are, (new, old): mean cosine of titles and of texts."""
    titles, texts = ([[of(n) for n in nodes] for nodes in (old, new)] for of in (_title, node_text))
    background = [*titles[0], *titles[1], *texts[0], *texts[1]]
    features = Features(WEIGHTS).fit([], background, cache=cache)
    # A new plan often has no definitions yet: titles are compared with titles too.
    return (_similarity(features, titles, cache) + _similarity(features, texts, cache)) / 2


def _title(node: Node) -> str:
    return node.title


def _similarity(features: Features, texts: list[list[str]], cache: VectorCache | None) -> Floats:
    before, after = (features.transform(t, exact=True, cache=cache) for t in texts)
    return after.dot(before)


def carry_over(
    bank: pd.DataFrame, pairs: pd.DataFrame, old: Codebook, new: Codebook, file: str | None = None
) -> pd.DataFrame:
    """Return the AUTHORED table of the utterances that fit the new codebook, with its codes.

    Utterances of no item stay. Those of items without a partner are left out: they may belong to any of the
    new plan's items, or to none.

    Raises
    ------
    InputError
        if one old item is marked for two new ones, a mark says neither yes nor no, a marked code is no item, or the
        table was made for another codebook (a title differs), naming the row.
    """
    target: dict[str, str] = {}
    for row, pair in enumerate(records(PAIRS.check(pairs, file)), start=2):
        if not read_mark(pair["use"], file=file, row=row, column="use"):
            continue
        code = _item(new, pair["code"], file, row, "code")
        if pair["title"].strip() and folded_title(pair["title"]) != folded_title(new[code].title):
            raise InputError(
                f"この対応表は別のコードブックのものです。{code} はコードブックでは「{new[code].title}」、対応表では"
                f"「{pair['title']}」です。対応表を消せば、作り直します。",
                f"this table was made for another codebook: {code} is '{new[code].title}' there and '{pair['title']}' "
                "here; delete the table and it is made anew",
                file=file,
                row=row,
                column="title",
            )
        source = _item(old, pair["from_code"], file, row, "from_code")
        if source in target:
            raise InputError(
                f"項目「{source}」が2つの項目に使われています。○は1つだけにしてください。",
                f"item '{source}' is marked for two items; mark one only",
                file=file,
                row=row,
                column="use",
            )
        target[source] = code
    kept = [
        r | {"code": target.get(r["code"], "")} | {v: rename_votes(r[v], target) for v in VOTES}
        for r in records(AUTHORED.check(bank))
        if not r["code"] or r["code"] in target
    ]
    return AUTHORED.table(kept)


def _item(codebook: Codebook, text: str, file: str | None, row: int, column: str) -> str:
    code = codebook.code_or_error(text, file=file, row=row, column=column)
    if code not in {n.code for n in codebook.items}:
        raise InputError(
            f"「{text}」は項目ではなく、上の階層です。",
            f"'{text}' is no item but stands above items",
            file=file,
            row=row,
            column=column,
        )
    return code
