"""Read the rows of a codebook into a tree, refusing those whose place in the plan cannot be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from pipeline.code_numbers import CodeNumbers, one_width, refuse_date
from pipeline.errors import InputError
from pipeline.tables import CODEBOOK, records
from pipeline.typed import says_no


@dataclass(frozen=True)
class Node:
    """One entry of the codebook. `level` counts from 1 at the top; `number` is how the plan prints it."""

    code: str
    parent: str
    level: int
    number: str
    title: str
    definition: str = ""
    include: str = ""
    exclude: str = ""
    extra: dict[str, str] = field(default_factory=dict, compare=False)


def read_nodes(table: pd.DataFrame, file: str | None) -> tuple[list[Node], dict[str, str]]:
    """Return the nodes of a CODEBOOK table in plan order, and the titles by code of the rows switched off.

    Raises
    ------
    InputError
        see `Codebook.from_table`.
    """
    table = CODEBOOK.check(table, file)
    # Rows switched off (drafts of `iken themes`) are as if they were not there; line numbers stay.
    every = dict(enumerate(records(table)))
    off = {i for i, r in every.items() if says_no(r.get("active", ""))}
    switched_off = {every[i]["code"].strip() or f"C{i + 1}": every[i]["title"].strip() for i in sorted(off)}
    rows = {i: r for i, r in every.items() if i not in off}
    if not rows:
        raise InputError("コードブックに行がありません。", "the codebook has no rows", file=file)
    flat = not any(r["code"].strip() for r in rows.values())
    codes: dict[str, int] = {}
    taken: dict[str, int] = {}
    for i, row in rows.items():
        row["code"] = f"C{i + 1}" if flat else row["code"].strip()
        if not row["code"]:
            raise InputError("空欄です。", "the cell is empty", file=file, row=i + 2, column="code")
        refuse_date(row["code"], file, i + 2, "code")
        if first := taken.get(one_width(row["code"])):
            raise InputError(
                f"コード「{row['code']}」が{first}行目と重複しています。",
                f"code '{row['code']}' repeats row {first}",
                file=file,
                row=i + 2,
                column="code",
            )
        codes[row["code"]] = taken[one_width(row["code"])] = i + 2
    nodes: dict[str, Node] = {}
    numbers = CodeNumbers([*switched_off, *codes])
    for i, row in rows.items():
        nodes[row["code"]] = _node(row, numbers, codes, switched_off, file, i + 2)
    return _in_plan_order(nodes, codes, file), switched_off


def _node(
    row: dict[str, str],
    numbers: CodeNumbers,
    codes: dict[str, int],
    off: Mapping[str, str],
    file: str | None,
    line: int,
) -> Node:
    """Make one node of a checked row; `codes` maps every code to its row, `off` holds those switched off."""
    parent = row["parent"].strip()
    top = row["level"].strip() == "1"  # said of it, as in all that iken writes
    if parent or not top:
        parent = numbers.same(parent) if parent else numbers.above(row["code"])
    if not parent and not top and numbers.missing_above(row["code"]):
        raise InputError(
            f"「{row['code']}」のすぐ上の階層の行がありません。その行を加えるか、parent の列に親のコードを(いちばん上の階層なら level の列に 1 を)入れてください。",
            f"there is no row for the level right above '{row['code']}'; add it, or name the parent in the column parent (if it is of the top level, put 1 into the column level)",
            file=file,
            row=line,
            column="code",
        )
    if not row["parent"].strip() and not top and numbers.unclear_above(row["code"], parent):
        raise InputError(
            f"「{row['code']}」がどの行の下にあるか、コードからは分かりません。parent の列に親のコードを(いちばん上の階層なら level の列に 1 を)入れてください。",
            f"the code does not say below which row '{row['code']}' lies; name the parent in the column parent (if it is of the top level, put 1 into the column level)",
            file=file,
            row=line,
            column="code",
        )
    if parent in off and parent not in codes:
        raise InputError(
            f"親コード「{parent}」の行は active が no です。この行も no にするか、親を変えてください。",
            f"the row of the parent code '{parent}' is switched off: active is no; switch this row off too, or change its parent",
            file=file,
            row=line,
            column="parent",
        )
    if parent and parent not in codes:
        raise InputError(
            f"親コード「{parent}」がコードブックにありません。",
            f"parent code '{parent}' is not in the codebook",
            file=file,
            row=line,
            column="parent",
        )
    extra = {k: v for k, v in row.items() if k not in CODEBOOK.columns}
    texts = {k: row[k].strip() for k in ("number", "title", "definition", "include", "exclude")}
    return Node(code=row["code"], parent=parent, level=0, extra=extra, **texts)


def _in_plan_order(nodes: dict[str, Node], rows: dict[str, int], file: str | None) -> list[Node]:
    """Order nodes depth first as given, with their levels; raise if some are not below the top."""
    children: dict[str, list[str]] = {}
    for node in nodes.values():
        children.setdefault(node.parent, []).append(node.code)
    ordered: list[Node] = []
    stack = [(code, 1) for code in reversed(children.get("", []))]
    while stack:
        code, level = stack.pop()
        ordered.append(replace(nodes[code], level=level))
        stack.extend((child, level + 1) for child in reversed(children.get(code, [])))
    if len(ordered) != len(nodes):
        lost = next(c for c in nodes if c not in {n.code for n in ordered})
        raise InputError(
            f"コード「{lost}」の親をたどると輪になっています。",
            f"the parents of code '{lost}' form a circle",
            file=file,
            row=rows[lost],
            column="parent",
        )
    return ordered
