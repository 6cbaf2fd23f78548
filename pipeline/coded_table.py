"""Read tables of opinions that people have already coded: which columns, which codes, which codebook."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.comment_column import TEXT_COLUMNS, comment_columns, folded_name, named_column
from pipeline.errors import InputError, listed
from pipeline.no_answer import is_cell_error
from pipeline.notation import after_numbers, letter_of, parse_numbers
from pipeline.review_form import says_none_fits
from pipeline.totals import TOTALS_ROW, is_totals_row

TEXT_NAMES = TEXT_COLUMNS
CODE_NAMES = (
    "確定コード", "code", "codes", "コード", "分類コード", "項目コード", "分類", "項目", "カテゴリ",
    "カテゴリー", "category", "label",
)  # fmt: skip
# 「、」 also stands inside titles, so a part is only read alone when no longer stretch is a title.
_SEPARATOR = re.compile("([;、,|/\n\uff1b\uff0c\uff5c\uff0f\uff64])")
# These join codes only where each part is a code: 「・」 also joins the numbers of one, a space goes before a title.
_JOINT = re.compile(r"\s+|\s*(?:・|と|及び|および|&|\uff06)\s*")
_ERRORS_SHOWN = 10
_OTHER_CODE = re.compile(r"(?<![\w-])\d+(?:-\d+)+(?![\d-])|[A-Za-z]\d+(?:-\d+)+|\d+(?:-\d+)+$|^[A-Za-z]?\d+$")


def pick_column(
    columns: Sequence[str], wanted: str | None, names: Sequence[str], option: str, source: str
) -> str:
    """Return the column the user named, or the only one with a usual name.

    A column of comments may also have such a word in its name (「問10 自由記述」), as for `iken suggest`.

    Raises
    ------
    InputError
        if the column is missing or several could be meant; the message lists the columns found.
    """
    if wanted is not None:
        return named_column(columns, wanted, option, source)
    usual = [c for c in columns if folded_name(c) in names]
    if names is TEXT_NAMES:
        usual = usual or comment_columns(columns)
    if len(usual) == 1:
        return usual[0]
    what = ("意見", "opinion") if names is TEXT_NAMES else ("コード", "code")
    why = (
        ("見つかりません", "no column was recognised")
        if not usual
        else ("複数あります", "several columns fit")
    )
    found = listed(columns)
    raise InputError(
        f"{what[0]}の列が{why[0]}。{option} で列名を指定してください。ある列: {found[0]}",
        f"{why[1]} for the {what[1]}; name one with {option}. Columns found: {found[1]}",
        file=source,
    )


def split_codes(cell: str, codebook: Codebook, *, above: bool = False) -> tuple[list[str], list[str]]:
    """Return the canonical codes in a cell, each once in order, and the parts that are no code of an item.

    With `above`, codes of the levels above items are codes too.

    >>> from pipeline.codebook_rows import Node
    >>> book = Codebook([Node("G1", "", 1, "目標1", "安心"), Node("G1-1", "G1", 2, "①", "サロン、拠点")])
    >>> split_codes("1-1; 目標1① サロン、拠点; 9-9", book)
    (['G1-1'], ['9-9'])
    """
    codes: list[str] = []
    unknown: list[str] = []
    if is_cell_error(cell):  # #N/A is not the two codes #N and A
        return [], [cell.strip()]
    pieces = _SEPARATOR.split(cell)  # part, separator, part, …
    written = (
        text for n in codebook for text in (n.code, n.title, codebook.display(n.code), f"{n.code} {n.title}")
    )
    exact = {unicodedata.normalize("NFKC", text) for text in written}
    leaves = {n.code for n in (codebook if above else codebook.items)}
    start = 0
    while start < len(pieces):
        # The longest run of parts first: a title may hold a separator itself (サロン、拠点).
        for end in range(len(pieces), start, -2):
            part = "".join(pieces[start:end]).strip()
            single = end == start + 1
            whole = single or unicodedata.normalize("NFKC", part) in exact or codebook.printed_code(part)
            code = codebook.read_code(part) if whole else None
            if single or code in leaves:
                break
        start = end + 1
        found = [code] if code in leaves else [codebook.read_code(p) for p in _JOINT.split(part)]
        if all(one in leaves for one in found):
            codes += [one for one in dict.fromkeys(found) if one and one not in codes]
        elif part:
            unknown.append(part)
    return codes, unknown


def decided_codes(
    cells: Iterable[tuple[int, str]], codebook: Codebook, column: str, file: str
) -> dict[int, list[str]]:
    """Return the codes in a column where people decide, by row; none for an empty cell and for 「該当なし」.

    Codes may be above the items; of several, one above another of them says nothing more and is left out.
    `cells` gives row numbers (the header is row 1) and what stands there.

    Raises
    ------
    InputError
        for codes that the codebook lacks, naming the first ones with their rows.
    """
    codes: dict[int, list[str]] = {}
    unknown: list[tuple[int, str]] = []
    known: dict[str, tuple[list[str], list[str]]] = {}
    for row, cell in cells:
        cell = cell.strip()
        if cell not in known:
            known[cell] = _decided(cell, codebook)
        codes[row], bad = known[cell]
        unknown += [(row, part) for part in bad]
    refuse_unknown(unknown, codebook, column, file)
    return codes


def _decided(cell: str, codebook: Codebook) -> tuple[list[str], list[str]]:
    if not cell or says_none_fits(cell):
        return [], []
    whole = codebook.read_code(cell)
    if whole is not None:
        return [whole], []
    codes, unknown = split_codes(cell, codebook, above=True)
    # A node and one below it say the same once: the deeper one is kept.
    above = {a for c in codes for a in codebook.path(c)[:-1]}
    return [c for c in codes if c not in above], unknown or ([] if codes else [cell])


def refuse_unknown(unknown: Sequence[tuple[int, str]], codebook: Codebook, column: str, file: str) -> None:
    """Raise `InputError` if there are unknown codes (row, as written), naming the first ones."""
    if not unknown:
        return
    if len(unknown) == 1:
        row, part = unknown[0]
        # For the hint about Excel's dates.
        codebook.code_or_error(part, file=file, row=row, column=column)
    listed = "、".join(f"「{part}」({row}行目)" for row, part in unknown[:_ERRORS_SHOWN])
    shown = ", ".join(f"'{part}' (row {row})" for row, part in unknown[:_ERRORS_SHOWN])
    more = len(unknown) - _ERRORS_SHOWN
    hint = next(filter(any, (codebook.hint(part) for _, part in unknown)), ("", ""))
    raise InputError(
        f"コードブックにないコードがあります: {listed}{f' ほか{more}件' if more > 0 else ''}{hint[0]}",
        f"codes that are not in the codebook: {shown}{f' and {more} more' if more > 0 else ''}{hint[1]}",
        file=file,
        row=unknown[0][0],
        column=column,
    )


def why_not_coded(cells: Mapping[str, str], text: str, code: str, codebook: Codebook | None) -> str:
    """Return why a row holds no coded opinion, '' if it does."""
    if is_totals_row(cells[text], cells.values()):
        return TOTALS_ROW
    if blank := [name for name in (text, code) if not cells[name].strip()]:
        return f"「{'」と「'.join(blank)}」が空欄です"
    # A plan may have an item of that title.
    if says_none_fits(cells[code]) and (codebook is None or codebook.read_code(cells[code]) is None):
        return "人が該当なしとした(計画のどの項目でもない)"
    return ""


def codebook_of_table(
    cells: Iterable[tuple[int, Mapping[str, str]]], code_column: str, title_column: str | None, source: str
) -> Codebook:
    """Make a codebook of the codes in a table that has none beside it.

    Codes with numbers (G1-1-1, 1(1)①) become a tree, with titles from `title_column`; the levels above, which
    the table does not name, bear their code as title. Without any numbers each distinct label is an item, which bears
    the label as title if `title_column` has none.
    `cells` gives row numbers (the header is row 1) and the rows.

    Raises
    ------
    InputError
        if only some codes have numbers, titles are missing, or one code has two titles.
    """
    rows: list[tuple[int, str, str]] = []  # row, code, title
    for row, one in cells:
        parts = _parts(one[code_column])
        title = one[title_column].strip() if title_column else ""
        rows += [(row, part, title if len(parts) == 1 else "") for part in parts]
    numbered = [parse_numbers(part) for _, part, _ in rows]
    if not rows:
        raise InputError("コードが1つもありません。", "there are no codes", file=source, column=code_column)
    words = not any(numbered)
    if words and not any(title for _, _, title in rows):
        labels = list(dict.fromkeys(part for _, part, _ in rows))
        return Codebook.from_table(pd.DataFrame({"title": labels}), source)
    titles = _titles_of_codes(rows, numbered, source, code_column, title_column)
    if words:
        flat = ({"code": code, "title": title, "level": "1"} for code, title in titles.items())
        return Codebook.from_table(pd.DataFrame(flat), source)
    tree = _tree({n: title for n, title in titles.items() if not isinstance(n, str)})
    return Codebook.from_table(pd.DataFrame(tree), source)


def _titles_of_codes(
    rows: Sequence[tuple[int, str, str]],
    numbered: Sequence[tuple[int, ...] | None],
    source: str,
    code_column: str,
    title_column: str | None,
) -> dict[tuple[int, ...] | str, str]:
    """Return the title of each code, which is told by its numbers if codes have any.

    rows : row, code, title ('' where the row does not say); numbered : the numbers of each row's code
    """
    words = not any(numbered)
    titles: dict[tuple[int, ...] | str, tuple[str, int]] = {}  # title, and the code's first row
    for (row, part, title), numbers in zip(rows, numbered, strict=True):
        if numbers is None and not words:
            ja, en = f"「{part}」はコードとして読めません。", f"'{part}' cannot be read as a code"
            _fault(ja, en, source, row, code_column)
        if not words and _OTHER_CODE.search(after_numbers(part)):
            _fault(
                f"「{part}」は1つのコードではありません。コードの間は「;」で区切ってください。",
                f"'{part}' is not one code; put ';' between codes",
                source,
                row,
                code_column,
            )
        key = numbers or part
        known, first = titles.get(key, ("", 0))
        if known and title and known != title:
            _fault(
                f"コード「{part}」の題名が{first}行目(「{known}」)と違います。",
                f"the title of code '{part}' differs from row {first} ('{known}')",
                source,
                row,
                title_column,
            )
        titles[key] = (known or title, first or row)
    missing = [n for n, (title, _) in titles.items() if not title]
    if missing:
        code = missing[0] if isinstance(missing[0], str) else _code(missing[0])
        _fault(
            f"コード「{code}」の題名が分かりません。"
            "コードブック(--codebook)か題名の列(--title-column)を指定してください。",
            f"code '{code}' has no title; give a codebook (--codebook) or a column (--title-column)",
            source,
            titles[missing[0]][1],
            code_column,
        )
    return {n: title for n, (title, _) in titles.items()}


def _parts(cell: str) -> list[str]:
    """Return the codes or labels in a cell of a table without a codebook.

    >>> _parts("G1-1; 1-2・1-3"), _parts("1・2 見守りと交流")
    (['G1-1', '1-2', '1-3'], ['1・2 見守りと交流'])
    """
    parts: list[str] = []
    for part in (p.strip() for p in _SEPARATOR.split(cell)[::2]):
        joined = _JOINT.split(part)
        codes = all(p and (letter_of(p) or len(parse_numbers(p) or ()) > 1) for p in joined)
        parts += joined if codes and not any(map(after_numbers, joined)) else [part]
    return [p for p in parts if p]


def _tree(titles: dict[tuple[int, ...], str]) -> Iterable[dict[str, str]]:
    """Return codebook rows for codes and all levels above them, in the order of the numbers."""
    every = {n[:depth] for n in titles for depth in range(1, len(n) + 1)}
    return [{"code": _code(n), "title": titles.get(n, _code(n))} for n in sorted(every)]


def _code(numbers: tuple[int, ...]) -> str:
    return "G" + "-".join(map(str, numbers))


def _fault(ja: str, en: str, source: str, row: int, column: str | None) -> NoReturn:
    raise InputError(ja, en, file=source, row=row, column=column)
