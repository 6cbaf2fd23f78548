"""Where the comments of a survey stand: the column by its name, and in an Excel file the sheet that has it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence

from pipeline.errors import InputError, listed

TEXT_COLUMNS = (
    "text",
    "意見",
    "ご意見",
    "自由記述",
    "自由意見",
    "自由回答",
    "コメント",
    "本文",
    "回答",
    "内容",
    "意見内容",
    "comment",
    "comments",
    "opinion",
    "free_text",
    "response",
)
LONG_TEXT = "unit_text"
SUGGESTED_FOR = "text_column"  # in the wide output of `iken suggest`: the name of the column that was coded
_COVER = frozenset({"内容"})  # also what a cover sheet, or a list of codes, calls its second column
# What asks for a comment without naming it: 「問5 …を自由にお書きください」, 「ご自由にご記入ください」.
_ASKS_FREELY = re.compile(r"自由(?:記入|に.*(?:書き|記入|記載|記述|聞かせ|述べ))")
_NO_COMMENT = re.compile(r"(?:id|番号|no\.?|コード|分類|区分|種類|種別|数|日|日時|有無)$", re.IGNORECASE)


def named_column(
    columns: Sequence[str], wanted: str, option: str, file: str | None, sheets: Sequence[str] = ()
) -> str:
    """Return the column that the user named by an option (see `same_name`).

    Parameters
    ----------
    sheets : names of the sheets of an Excel file, if the command can read another one

    Raises
    ------
    InputError
        if there is none, listing the columns (and sheets) found.
    """
    if (name := same_name(columns, wanted)) in columns:
        return name
    names, title = listed(columns), _what_was_read(columns, sheets)
    raise InputError(
        f"列「{wanted}」がありません({option})。ある列: {names[0]}{title[0]}",
        f"there is no column '{wanted}' ({option}). Columns found: {names[1]}{title[1]}",
        file=file,
    )


def _what_was_read(columns: Sequence[str], sheets: Sequence[str]) -> tuple[str, str]:
    """Return what to add to a list of columns, in both languages: a lone one is mostly the title above a table."""
    ja, en = "", ""
    if len(columns) == 1:
        ja, en = "(1行目を見出しとして読みました)", " (row 1 is read as the header)"
    if len(sheets) > 1:
        names = listed(sheets)
        ja += f"。あるシート: {names[0]}(--sheet で選べます)"
        en += f". Sheets found: {names[1]} (choose with --sheet)"
    return ja, en


def same_name(columns: Sequence[str], wanted: str) -> str:
    r"""Return the column that a person named, who cannot type the line breaks in it and need not its widths.

    >>> same_name(["番号", "問５ 自由記述\n(ご意見)"], "問5 自由記述(ご意見)")
    '問５ 自由記述\n(ご意見)'
    >>> same_name(["番号"], "意見")
    '意見'
    """
    alike = [c for c in columns if folded_name(c) == folded_name(wanted)]
    return alike[0] if len(alike) == 1 and wanted not in columns else wanted


def text_column_of_long(columns: Sequence[str], wanted: str | None, file: str | None) -> str:
    """Return the column of texts in the long form of `iken suggest`, or raise `InputError` if another is wanted.

    The survey's own columns are not in it.
    """
    if wanted is None or same_name(columns, wanted) == LONG_TEXT:
        return LONG_TEXT
    raise InputError(
        f"`iken suggest --long` の表のコメントは、列「{LONG_TEXT}」だけにあります。--text-column を外してください。",
        f"in the long form of `iken suggest` comments stand in the column '{LONG_TEXT}' alone; leave --text-column out",
        file=file,
    )


def column_suggested_for(columns: Sequence[str], said: Iterable[object], file: str | None) -> str | None:
    """Return which of `columns` the suggestions of a wide table are for, None if it does not say or has lost it.

    A survey may ask several questions: the column that looks most like comments need not be the one that was coded.

    Parameters
    ----------
    said : the cells of the column `SUGGESTED_FOR`; none in tables of before

    Raises
    ------
    InputError
        if suggestions for several columns were put together in one table.
    """
    names = list(dict.fromkeys(folded_name(str(s)) for s in said if str(s).strip()))
    if len(names) > 1:
        raise InputError(
            "別々の列への提案が1つの表に混ざっています。列ごとに別のファイルにしてください。",
            "suggestions for different columns are mixed in one table; keep each in a file of its own",
            file=file,
            column=SUGGESTED_FOR,
        )
    return next((c for c in columns if folded_name(c) in names), None)


def folded_name(name: str) -> str:
    """Return the name of a column without blanks, widths and case: 「ご 意 見」 is 「ご意見」."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def other_comment_columns(columns: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Return the columns that seem to hold comments beside those that were taken.

    >>> other_comment_columns(["意見ID", "問5 自由記述", "ご意見", "地区"], ["ご意見"])
    ['問5 自由記述']
    """
    return [c for c in columns if comment_columns([c]) and c not in taken]


def comment_columns(columns: Sequence[str]) -> list[str]:
    r"""Return the columns named like a comment: exactly so, or else with such a word in the name.

    >>> comment_columns(["意見番号", "意見数", "問5 意見など"]), comment_columns(["意見", "問5 意見など"])
    (['問5 意見など'], ['意見'])
    >>> comment_columns(["問4 自由に使える時間", "問5 困っていることを\nご自由にお書きください"])
    ['問5 困っていることを\nご自由にお書きください']
    >>> comment_columns(["氏 名", "ご 意 見", "意 見 番 号"])
    ['ご 意 見']
    """
    folded = {c: folded_name(c) for c in columns}
    exact = [c for c in columns if folded[c] in TEXT_COLUMNS]
    alike = (
        c
        for c in columns
        if any(name in folded[c] for name in TEXT_COLUMNS[1:8]) or _ASKS_FREELY.search(folded[c])
    )
    return exact or [c for c in alike if not _NO_COMMENT.search(folded[c])]


def guess_text_column(columns: Sequence[str], file: str | None = None, sheets: Sequence[str] = ()) -> str:
    """Return the one column that holds the comments, by its name, or the only column.

    Parameters
    ----------
    sheets : names of the sheets of an Excel file, where the only column may be a title or an explanation:
        it is not taken unless it is named like a comment

    Raises
    ------
    InputError
        if none or several fit, listing the columns found.
    """
    found = comment_columns(columns)
    if len(columns) == 1 and not sheets:
        found = list(columns)
    if len(found) != 1:
        names = listed(columns)
        why = ("見つかりません", "was not found") if not found else ("一つに決まりません", "is ambiguous")
        ja, en = _what_was_read(columns, sheets)
        raise InputError(
            f"コメントの列が{why[0]}。--text-column で列名を指定してください。ある列: {names[0]}{ja}",
            f"the comment column {why[1]}; name it with --text-column. Columns found: {names[1]}{en}",
            file=file,
        )
    return found[0]


def sheet_with_comments(
    text_columns: Sequence[str] = (), file: str | None = None, *, option: bool = True
) -> Callable[[Mapping[str, Sequence[str]]], str]:
    """Return what chooses among sheets (name: cells of the first row) the one that holds the comments.

    It is the first one, unless that one has no such column and another one has.

    Parameters
    ----------
    text_columns : columns the user named; if none, they are known by their names
    option : whether the user can name a sheet with --sheet

    Raises
    ------
    InputError
        by what is returned, if several others have such a column and the first has not.
    """

    def fit(cells: Sequence[str]) -> int:
        named = comment_columns(cells)
        return 0 if not named else 1 if _COVER.issuperset(map(folded_name, named)) else 2

    def choose(sheets: Mapping[str, Sequence[str]]) -> str:
        if text_columns:
            having = (
                n for n, cells in sheets.items() if all(same_name(cells, c) in cells for c in text_columns)
            )
            # Where none has them, the message had better list the columns of the sheet that was meant.
            return next(having, max(sheets, key=lambda n: fit(sheets[n])))
        fits = {name: fit(cells) for name, cells in sheets.items()}
        best = [name for name in sheets if fits[name] == max(fits.values())]
        if max(fits.values()) == 1:  # 「内容」 alone does not speak for a later sheet
            best = list(sheets)
        if next(iter(sheets)) in best or len(best) == 1:
            return best[0]
        others, first = listed(best), next(iter(sheets))
        how = ("読むシートを先頭に移してください。", "move the one to read to the front")
        if option:
            how = ("--sheet でシート名を指定してください。", "name one with --sheet")
        raise InputError(
            f"コメントの列が先頭のシート「{first}」になく、ほかの複数のシートにあります: {others[0]}。{how[0]}",
            f"the first sheet '{first}' has no comment column, and several others have: {others[1]}; {how[1]}",
            file=file,
        )

    return choose
