"""How a coder's doubt is written in a cell: the codes given to a text and the share of each, 「G1-1-4:70;G2-1-3:30」."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.errors import InputError

# About no item of the plan.
NO_ITEM = "none"
# Of whom less is left, when votes for other codes are gone, nothing is known any more.
LEAST_LEFT = 0.5
_SIGNS = {0xFF1B: ";", 0xFF1A: ":", 0x3001: ";", 0xFF05: "%"}  # as Japanese keyboards write them


def read_votes(
    cell: str, *, file: str | None = None, row: int | None = None, column: str = ""
) -> dict[str, float]:
    """Return code ('' for no item) -> share, summing to 1; nothing of an empty cell.

    The numbers may be percentages, votes, or left out: only how they compare counts.

    Raises
    ------
    InputError
        for a number that is none, is negative, or when all are 0, or a code that is empty or stands twice.

    >>> read_votes("G1-1-4:60%;none:20%")
    {'G1-1-4': 0.75, '': 0.25}
    >>> read_votes("G1-1-4")
    {'G1-1-4': 1.0}
    """
    found: dict[str, float] = {}
    for part in filter(None, (p.strip() for p in cell.translate(_SIGNS).split(";"))):
        code, _, number = part.rpartition(":") if ":" in part else (part, "", "1")
        try:
            votes = float(number.removesuffix("%"))
        except ValueError:
            votes = -1.0
        code = code.strip()
        key = "" if code == NO_ITEM else code
        if not code or not 0 <= votes < float("inf") or key in found:
            raise InputError(
                f"「{part}」は読めません。「コード:割合;コード:割合」の形で、コードは1回ずつ(どの項目でもないときは {NO_ITEM})書いてください。",
                f"'{part}' cannot be read; write CODE:SHARE;CODE:SHARE, each code once ({NO_ITEM} for no item)",
                file=file,
                row=row,
                column=column,
            )
        found[key] = votes
    total = sum(found.values())
    if found and not total:
        raise InputError("割合がすべて0です。", "all shares are 0", file=file, row=row, column=column)
    return {code: votes / total for code, votes in found.items() if votes}


def rename_votes(cell: str, names: Mapping[str, str]) -> str:
    """Return the cell with other codes; empty if most of its votes are for codes without a new name.

    Parameters
    ----------
    names : code as it stands in the cell -> new code; several may get the same

    >>> rename_votes("G1-1-4:60;G2-1-3:20;none:20", {"G1-1-4": "A1"})
    'A1:0.6;none:0.2'
    >>> rename_votes("G1-1-4:20;G2-1-3:70;none:10", {"G1-1-4": "A1"})
    ''
    """
    shares: dict[str, float] = {}
    for code, share in read_votes(cell).items():
        name = names.get(code, "") if code else NO_ITEM
        if name:
            shares[name] = shares.get(name, 0.0) + share
    if sum(shares.values()) < LEAST_LEFT:
        return ""
    return ";".join(f"{code}:{share:g}" for code, share in shares.items())
