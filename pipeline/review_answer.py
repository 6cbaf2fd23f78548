"""What a person wrote into the yellow cells of one row, read as a decision or as faults."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from pipeline.codebook import Codebook
from pipeline.coded_table import split_codes
from pipeline.errors import InputError
from pipeline.notation import parse_numbers
from pipeline.review_form import read_action

Row = dict[str, str]


@dataclass(frozen=True)
class Answer:
    """A decision: an action of DECISIONS and the codes in the order given."""

    action: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Fault:
    """Why a row gives no decision: kind, column of the form, what stands there, and a sentence."""

    kind: str
    column: str
    value: str
    ja: str
    en: str


class _Written(NamedTuple):
    """The cells of a row, read. `word`: an action, from its own column or from that of the code."""

    word: str
    codes: tuple[str, ...]
    second: tuple[str, ...]


class AnswerReader:
    """Reads rows of a form made with or without codes filled in beforehand."""

    def __init__(self, codebook: Codebook, *, prefilled: bool) -> None:
        self._codebook, self._prefilled = codebook, prefilled
        # The same few cells come again and again, and reading one takes long.
        self._split = cache(self._read_cell)

    def read(self, row: Row, suggested: str, *, shown: bool) -> Answer | list[Fault]:
        """Return the decision of a row (cells code, code_2, action, note), or all that is wrong with it.

        A code alone is a decision, unless it was filled in beforehand; so is the first suggestion accepted
        without a code. The action is accept where the first code is the suggested one, as on the review page.
        """
        written = self._written(row)
        if not isinstance(written, _Written):
            return written
        codes = (*written.codes, *written.second)
        if len(set(codes)) < len(codes):
            return _fault("incomplete", "code_2", row["code_2"], *_SAME_TWICE)
        untouched = self._prefilled and shown and written.codes == (suggested,) and not written.second
        if written.word in ("none-fits", "unsure"):
            if codes and not untouched:
                return _fault("incomplete", "action", row["action"] or row["code"], *_CODE_TOO_MUCH)
            return Answer(written.word, ())
        if written.word == "accept":
            if shown and suggested and not written.codes and suggested not in self._codebook:
                return [_unknown_suggestion(suggested)]
            return _accepted(written, row, suggested, shown=shown)
        if not codes:
            return _nothing(written, row)
        if not written.codes:
            return _fault("incomplete", "code", "", *_SECOND_ALONE)
        if untouched:
            kind = "incomplete" if written.word else "missing"
            return _fault(kind, "action", row["action"], *(_NO_CHANGE if written.word else _ONLY_PREFILLED))
        if written.word == "change" and shown and codes == (suggested,):
            return _fault("incomplete", "code", row["code"], *_NO_CHANGE)
        return _coded(codes, suggested)

    def _written(self, row: Row) -> _Written | list[Fault]:
        word = read_action(row["action"])
        faults = [] if word is not None else _fault("unknown-decision", "action", row["action"], *_NO_ACTION)
        in_code = read_action(row["code"])
        if in_code and word and word != in_code:
            faults += _fault("incomplete", "action", row["action"], *_TWO_ACTIONS)
        codes, unknown = ((), ()) if in_code else self._split(row["code"].strip())
        second, unknown_2 = self._split(row["code_2"].strip())
        for column, parts in (("code", unknown), ("code_2", unknown_2)):
            for part in parts:
                faults += [self._unknown(column, part)]
        return faults or _Written(word or in_code or "", codes, second)

    def _read_cell(self, cell: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if not cell:
            return (), ()
        if self._contradicts_itself(cell):
            return (), (cell,)
        codes, unknown = split_codes(cell, self._codebook)
        return tuple(codes), tuple(unknown)

    def _contradicts_itself(self, cell: str) -> bool:
        """Tell a code with the title of another item: one of both was edited, and nobody can say which."""
        code, *rest = cell.split(maxsplit=1)
        if not rest or parse_numbers(rest[0]) is not None:
            return False
        read, other = self._codebook.read_code(code), self._codebook.read_code(rest[0])
        return read is not None and other is not None and read != other

    def _unknown(self, column: str, part: str) -> Fault:
        if self._contradicts_itself(part):
            ja, en = f"「{part}」はコードと名称が食い違います。", f"'{part}': code and title contradict"
            return Fault("unknown-code", column, part, ja, en)
        code = self._codebook.read_code(part)
        if code is not None:
            ja = f"「{part}」は項目ではなく、その上の階層です。下の項目を選んでください。"
            return Fault("unknown-code", column, part, ja, f"'{part}' is above the items; choose an item")
        try:
            self._codebook.code_or_error(part, file=None, row=None, column=None)
        except InputError as error:
            return Fault("unknown-code", column, part, error.ja, error.en)
        raise AssertionError(part)  # read_code has just said that there is no such code


def _accepted(written: _Written, row: Row, suggested: str, *, shown: bool) -> Answer | list[Fault]:
    if written.codes:
        if shown and written.codes[0] != suggested:
            return _fault("incomplete", "code", row["code"], *_NOT_THE_SUGGESTION)
        return _coded((*written.codes, *written.second), suggested)
    if not shown or not suggested:
        return _fault("incomplete", "code", "", *_NOTHING_TO_ACCEPT)
    codes = (suggested, *written.second)
    if suggested in written.second:
        return _fault("incomplete", "code_2", row["code_2"], *_SAME_TWICE)
    return _coded(codes, suggested)


def _unknown_suggestion(code: str) -> Fault:
    """Return the fault of accepting what another codebook called so."""
    ja = f"採用された第1候補「{code}」はコードブックにありません。提案したときのコードブックを --codebook で指定するか、"
    ja += "確定コードを一覧から選んでください。"
    en = f"the suggestion accepted, '{code}', is not in the codebook; name the codebook it was made with "
    en += "(--codebook), or choose a code"
    return Fault("unknown-code", "action", code, ja, en)


def _nothing(written: _Written, row: Row) -> list[Fault]:
    """Return the fault of a row without any code."""
    if written.word == "change":
        return _fault("incomplete", "code", "", *_CHANGE_TO_WHAT)
    return _fault(
        "missing", "action", row["note"].strip()[:40], *(_ONLY_NOTE if row["note"].strip() else _EMPTY)
    )


def _coded(codes: tuple[str, ...], suggested: str) -> Answer:
    return Answer("accept" if codes[0] == suggested else "change", codes)


def _fault(kind: str, column: str, value: str, ja: str, en: str) -> list[Fault]:
    return [Fault(kind, column, value, ja, en)]


_EMPTY = ("まだ判定されていません。", "not decided yet")
_ONLY_NOTE = ("メモはありますが、判定もコードもありません。", "there is a note, but no decision and no code")
_ONLY_PREFILLED = (
    "判定が空欄です(確定コードは前もって入れたままです)。",
    "no decision; the code is only the one that was filled in",
)
_NO_ACTION = (
    "判定は 採用・変更・該当なし・保留 のどれかにしてください。",
    "the decision must be accept, change, none fits or unsure",
)
_TWO_ACTIONS = ("確定コードの欄と判定の欄が食い違います。", "the code column and the decision contradict")
_SAME_TWICE = (
    "同じコードが2つあります。第2コードを空欄にしてください。",
    "the same code twice; leave second_code empty",
)
_CODE_TOO_MUCH = (
    "該当なし・保留なのにコードがあります。どちらかを直してください。",
    "none fits or unsure, yet there is a code; correct one of them",
)
_SECOND_ALONE = (
    "第2コードだけが入っています。主な項目を確定コードに入れてください。",
    "only second_code is filled; put the main item into final_code",
)
_NO_CHANGE = (
    "変更なのに第1候補のままです。別の項目を選ぶか、採用にしてください。",
    "'change', yet the code is the first suggestion; choose another item, or accept",
)
_NOT_THE_SUGGESTION = (
    "採用なのに、確定コードが第1候補と違います。変更にするか、確定コードを空欄にしてください。",
    "'accept', yet the code is not the first suggestion; choose change, or empty the code",
)
_NOTHING_TO_ACCEPT = (
    "提案が載っていない行は採用できません。確定コードを選んでください。",
    "there is no suggestion in this row to accept; choose a code",
)
_CHANGE_TO_WHAT = ("変更なのに確定コードが空欄です。", "'change', yet final_code is empty")
