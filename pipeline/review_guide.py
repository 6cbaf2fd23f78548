"""What a coder's Excel file says to people: the sheet 「使い方」, and the lists with their messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import xlsxwriter

from pipeline.book_parts import (
    CHOICES,
    DECIDE,
    cell_format,
    header_format,
    row_height,
    set_up_page,
)
from pipeline.cells import write_cell
from pipeline.codebook import Node
from pipeline.errors import Language
from pipeline.notation import CIRCLED_DIGITS, parse_numbers, undated
from pipeline.review_form import ACTION_WORDS, CODER_LABEL


def guide_rows(
    language: Language, item: Node, coder: str, *, prefilled: bool, blind: bool, hidden: bool
) -> list[tuple[str, str]]:
    """Return the rows of the guide, (heading, text), the header first; '{progress}' stands for a count.

    item : one of the plan, as an example of how its codes are written
    """
    ja = language == "ja"
    rows = [
        ("項目", "説明") if ja else ("topic", "what to do"),
        (CODER_LABEL[language], coder),
        ("記入した行", "{progress}") if ja else ("rows decided", "{progress}"),
    ]
    if blind:
        rows += _BLIND_JA if ja else _BLIND_EN
    else:
        rows += _DECIDE_JA if ja else _DECIDE_EN
        if prefilled:
            rows += _PREFILLED_JA if ja else _PREFILLED_EN
        if hidden:
            rows += _HIDDEN_JA if ja else _HIDDEN_EN
    second, *rest = _REST_JA if ja else _REST_EN
    return [*rows, second, _code_row(item, language), *rest]


def _code_row(item: Node, language: Language) -> tuple[str, str]:
    """Return how to write codes of this plan: others are refused when the form comes back."""
    numbers = parse_numbers(item.code) or ()
    forms = [item.code]
    if len(numbers) == 3 and numbers[2] in CIRCLED_DIGITS:
        forms.append(f"{numbers[0]}({numbers[1]}){CIRCLED_DIGITS[numbers[2]]}")
    bare = "-".join(map(str, numbers))
    forms = [*dict.fromkeys((*forms, bare) if bare else forms)]
    safe = undated(item.code, item.title)
    if language == "ja":
        row = f"一覧から選ぶほか、{'、'.join(forms)}(全角も可)、項目名だけでも読み取れます。"
        dates = f"{bare} は Excel が日付に変えることがあるので、{safe} と書いてください。"
        return "コードの書き方", row + (dates if len(numbers) > 1 else "")
    row = f"From the list, or as {', '.join(forms)}, or the title alone."
    dates = f" Excel may turn {bare} into a date: write {safe}."
    return "how to write codes", row + (dates if len(numbers) > 1 else "")


def write_guide_sheet(
    book: xlsxwriter.Workbook,
    sheet: Any,
    rows: Sequence[tuple[str, str]],
    progress: tuple[str, str],
    *,
    name_given: bool,
) -> None:
    """Fill the sheet with the guide; `progress` is the formula that counts, and what it gives at first."""
    widths = (20, 96)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    set_up_page(sheet)
    header, body = header_format(book), cell_format(book)
    label = cell_format(book, bold=True, bg_color="#F2F2F2")
    name = cell_format(book, bold=True, **({} if name_given else {"bg_color": DECIDE}))
    for i, (left, right) in enumerate(rows):
        sheet.set_row(i, row_height((left, right), (20, 92)))
        write_cell(sheet, i, 0, left, label if i else header)
        if right == "{progress}":
            sheet.write_formula(i, 1, progress[0], body, progress[1])
        else:
            style = header if i == 0 else name if left in CODER_LABEL.values() else body
            write_cell(sheet, i, 1, right, style)


def code_rule(language: Language, item: Node) -> dict[str, object]:
    """Return the list of items. What is not in it is asked about, not refused: a code alone can be read.

    item : one of the plan, as an example; its title would be too long for the message
    """
    alone = undated(item.code, item.title) == item.code
    title, message = {
        "ja": (
            "一覧にない値です",
            f"一覧から選ぶか、コードだけ(例 {item.code})を入れてください。"
            if alone
            else "一覧から選んでください。数字だけのコードは、Excel が日付に変えることがあります。",
        ),
        "en": (
            "Not in the list",
            f"Please choose from the list, or enter a code alone (as {item.code})."
            if alone
            else "Please choose from the list. Excel may turn a code of numbers alone into a date.",
        ),
    }[language]
    rule: dict[str, object] = {"validate": "list", "source": f"={CHOICES}", "error_type": "information"}
    return rule | {"error_title": title, "error_message": message}


def action_rule(language: Language, *, blind: bool) -> dict[str, object]:
    """Return the list of decisions; nothing else can be typed."""
    # Where nobody sees a suggestion there is nothing to accept or change: a code says enough.
    actions = ("none-fits", "unsure") if blind else tuple(ACTION_WORDS)
    words = [ACTION_WORDS[a][language] for a in actions]
    title, message = {
        "ja": ("一覧にない値です", f"{'・'.join(words)} から選んでください。"),
        "en": ("Not in the list", f"Please choose one of: {', '.join(words)}."),
    }[language]
    return {"validate": "list", "source": words, "error_title": title, "error_message": message}


_DECIDE_JA = [
    ("1. 読む", "「意見」を読み、「第1候補」が合っているかを考えます。迷ったら「コードブック」シートの定義と、右の「根拠」を見ます。\n"
     "「疑う理由」に「該当なしの疑い」とあるときの確信度は、どれかの項目だとしたらの値です(かっこで示します)。項目でなければ「該当なし」にします。\n"
     "「複数の話題の疑い」とあるときの候補は、確信度の順でなく、話題の出てくる順です。"),
    (
        "2. 決める",
        "黄色い欄の「判定」を選びます(決めた行は緑になります)。\n"
        "採用: 第1候補のとおり。「確定コード」は空欄のままで構いません。\n"
        "変更: 別の項目。「確定コード」を一覧から選びます(判定を空けて、コードだけ選んでも構いません)。\n"
        "該当なし: 計画のどの項目のことでもない。\n"
        "保留: 決められない。理由を「メモ」に書いてください。",
    ),
]  # fmt: skip
_DECIDE_EN = [
    ("1. read", "Read the opinion and ask whether the first suggestion fits. If in doubt, look at the definitions in the sheet Codebook and at the evidence.\n"
     "Where the confidence stands in brackets, the opinion may be about no item: it is that of the item if it is any. Choose 'none fits' if it is none.\n"
     "Where the doubts name several topics, the suggestions stand in the order of the topics, not of confidence."),
    (
        "2. decide",
        "Choose in the yellow column 'decision' (a decided row turns green).\n"
        "accept: as the first suggestion says; final_code may stay empty.\n"
        "change: another item; choose it in final_code (a code alone, without a decision, will do).\n"
        "none fits: about no item of the plan.\n"
        "unsure: cannot be decided; please say why in the note.",
    ),
]  # fmt: skip
_BLIND_JA = [
    ("1. 読む", "「意見」を読み、「コードブック」シートの定義と比べます。このシートには提案がありません(互いの影響なしに決めるため)。"),
    (
        "2. 決める",
        "黄色い欄の「確定コード」を一覧から選びます(決めた行は緑になります)。どの項目でもなければ「判定」で「該当なし」、"
        "決められなければ「保留」を選び、理由を「メモ」に書いてください。",
    ),
]  # fmt: skip
_BLIND_EN = [
    ("1. read", "Read the opinion and compare it with the sheet Codebook. There are no suggestions here, so that everybody decides alone."),
    (
        "2. decide",
        "Choose an item in the yellow column 'final_code' (a decided row turns green). If none fits, or you are "
        "unsure, choose that in 'decision'; please say why in the note.",
    ),
]  # fmt: skip
_PREFILLED_JA = [
    (
        "前もって入れたコード",
        "「確定コード」には第1候補が入れてあります。それだけでは決めたことになりません。必ず「判定」を選んでください。",
    )
]
_PREFILLED_EN = [
    (
        "codes filled in",
        "final_code holds the first suggestion already. That alone is no decision: always choose in 'decision'.",
    )
]
_HIDDEN_JA = [
    (
        "提案を隠した行",
        "くじで選んだ一部の行では提案を隠しています(提案につられない判断から精度をはかるため)。「確定コード」を選んでください。",
    )
]
_HIDDEN_EN = [
    (
        "hidden suggestions",
        "In some rows, drawn by lot, the suggestion is hidden, so that its accuracy can be told. Choose final_code.",
    )
]
_REST_JA = [
    ("第2コード", "2つの項目にまたがる意見では、主な項目を「確定コード」、もう1つを「第2コード」に入れます。"),
    ("してよいこと", "並べ替え、絞り込み、列幅の変更、途中で保存して後で続けること。LibreOffice で開くこと。"),
    ("しないこと", "見出しや意見の文面を書き換える、行を加える・消す・複写する、別のブックに写す。行は意見IDで読み取ります。"),
    ("返し方", "上書き保存して、ファイルのまま返してください(.xlsx)。"),
]  # fmt: skip
_REST_EN = [
    ("second_code", "If an opinion is about two items, put the main one in final_code and the other in second_code."),
    ("you may", "sort, filter, change widths, save and go on later, use LibreOffice."),
    ("please do not", "change headers or opinions, add, delete or copy rows, or move them to another workbook. Rows are read by opinion_id."),
    ("giving it back", "Save it and send the file itself back (.xlsx)."),
]  # fmt: skip
