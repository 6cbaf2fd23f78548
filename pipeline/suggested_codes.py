"""Which codes a row that `iken suggest` wrote counts for in a report, or why it counts for none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pipeline.codebook import Codebook
from pipeline.coding import SUGGESTED, UNSURE
from pipeline.doubt import ELSEWHERE, REASONS
from pipeline.errors import InputError
from pipeline.no_answer import OUTSIDE

MAYBE_OUTSIDE = OUTSIDE  # the machine says so
OPEN = "判定待ち"  # the machine leaves it to a person
_BELOW_ITEM = REASONS["doubt_low_confidence"]
_ELSEWHERE = f"{REASONS[ELSEWHERE]}。人の判定を待つ"


class SuggestedCodes(NamedTuple):
    """The codes a row counts for, each with its confidence ('' for further codes), or kind and reason if for none.

    kind : MAYBE_OUTSIDE or OPEN
    """

    codes: dict[str, str]
    kind: str = ""
    reason: str = ""


def suggested_in_long(
    row: Mapping[str, str], codebook: Codebook, file: str, line: int, min_confidence: float | None
) -> SuggestedCodes:
    """Return what the row of a unit's first candidate in the long form counts for.

    Parameters
    ----------
    line : the row's number, for messages
    min_confidence : None for suggestions at the level that keeps the target precision, else the least confidence
        with which the first candidate counts

    Raises
    ------
    InputError
        if the code is not in the codebook, or a confidence that is looked at is no number.
    """
    if _stands_elsewhere(row, "code"):
        return SuggestedCodes({}, OPEN, _ELSEWHERE)
    reason = _why_not(row["status"], row["confidence"], min_confidence, file, line, "confidence")
    if not reason and min_confidence is None and _BELOW_ITEM in row["doubt_reasons"]:
        reason = (OPEN, f"{_BELOW_ITEM}(`iken suggest` の --long でない出力なら、上の階層で数えられます)")
    if reason:
        return SuggestedCodes({}, *reason)
    code = codebook.code_or_error(row["code"], file=file, row=line, column="code")
    return SuggestedCodes({code: row["confidence"]})


def suggested_in_wide(
    row: Mapping[str, str], codebook: Codebook, file: str, line: int, min_confidence: float | None
) -> SuggestedCodes:
    """Return what a row of the wide form counts for; parameters and errors are those of `suggested_in_long`."""
    at_level = min_confidence is None
    code_column = "suggested_code" if at_level else "code_1"
    column = "suggested_confidence" if at_level else "confidence_1"
    if _stands_elsewhere(row, "code_1"):
        return SuggestedCodes({}, OPEN, _ELSEWHERE)
    reason = _why_not(row["status"], row.get(column, ""), min_confidence, file, line, column)
    if reason:
        return SuggestedCodes({}, *reason)
    first = row["suggested_code"] if at_level else row.get("code_1", "")
    given = {first.strip(): row.get(column, "")}
    if at_level:
        more = row.get("unit_codes", "").split("、")  # the units of a long comment
        # A second item beside a first one; beside a goal or policy it says only what the machine could not decide.
        if first.strip() in {n.code for n in codebook.items}:
            more.append(row.get("also_code", "").split(" ")[0])
        given |= {c.strip(): "" for c in more if c.strip() and c.strip() not in given}
    codes = {
        codebook.code_or_error(c, file=file, row=line, column=code_column): confidence
        for c, confidence in given.items()
    }
    # A node and one below it say the same once: the deeper one is kept.
    above = {a for c in codes for a in codebook.path(c)[:-1]}
    return SuggestedCodes({c: p for c, p in codes.items() if c not in above})


def _stands_elsewhere(row: Mapping[str, str], first: str) -> bool:
    """Tell a comment such as 「同上」: of all that are left to people it alone has no first candidate."""
    return row["status"] == UNSURE and not row.get(first, "").strip()


def _why_not(
    status: str, confidence: str, min_confidence: float | None, file: str, line: int, column: str
) -> tuple[str, str] | None:
    """Return kind and reason why a suggestion does not count as a code, or None if it does."""
    if status == OUTSIDE:
        return MAYBE_OUTSIDE, "計画のどの項目でもなさそう(機械の提案、未確認)"
    if min_confidence is None:
        return None if status == SUGGESTED else (OPEN, "目標の適合率に届かず、人の判定を待つ")
    try:
        value = float(confidence)
    except ValueError:
        raise InputError(
            f"確信度「{confidence}」が数ではありません。`iken suggest` の出力をそのまま使ってください。",
            f"the confidence '{confidence}' is not a number; use the output of `iken suggest` as it is",
            file=file,
            row=line,
            column=column,
        ) from None
    return None if value >= min_confidence else (OPEN, f"確信度が {min_confidence:g} に届かない")
