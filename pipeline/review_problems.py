"""What is wrong with a returned Excel file, row by row: the table PROBLEMS, in the words that coders read."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from pipeline.errors import Language
from pipeline.review_answer import Fault, Row
from pipeline.review_form import COLUMNS
from pipeline.tables import Schema

PROBLEMS = Schema(
    "PROBLEMS",
    ("file", "row", "opinion_id", "unit", "column", "kind", "severity", "value", "ja", "en"),
    ("file", "kind"),
)
FAULT, NOTE = "fault", "note"
# What can be wrong, in the order in which it is listed.
KINDS = {
    "file": ("ファイル", "file"),
    "missing": ("未記入", "missing"),
    "incomplete": ("記入が足りない・食い違う", "incomplete or contradictory"),
    "unknown-code": ("読めないコード", "unknown code"),
    "unknown-decision": ("読めない判定", "unknown decision"),
    "text-changed": ("文面が変わった", "text changed"),
    "other-opinion": ("別の意見と同じID", "id of another opinion"),
    "row-added": ("加えられた行", "row added"),
    "row-removed": ("消えた行", "row removed"),
    "row-repeated": ("二重の行", "row repeated"),
    "reordered": ("並べ替え", "reordered"),
    "codebook": ("コードブック", "codebook"),
    "two-files": ("2つのファイル", "two files"),
}


class Problems:
    """Collects the rows of PROBLEMS of one file."""

    def __init__(self, file: str, language: Language) -> None:
        self._file, self._language = file, language
        self._rows: list[Row] = []

    def table(self) -> pd.DataFrame:
        """Return what was collected: PROBLEMS."""
        return PROBLEMS.table(self._rows)

    def fault(self, row: Row, fault: Fault) -> None:
        """List why a row gives no decision."""
        self._add(row, fault.kind, fault.column, fault.value, fault.ja, fault.en)

    def text_changed(self, row: Row) -> None:
        """List a row whose opinion is not the one that was handed out."""
        ja = "意見の文面が配ったときと違います。元の文面に戻してください。"
        self._add(
            row, "text-changed", "text", row["text"][:40], ja, "the opinion is not as it was handed out"
        )

    def other_opinion(self, row: Row, there: str, file: str) -> None:
        """List a row whose id stands for another opinion, `there`, in `file`."""
        ja = f"同じIDの別の意見「{there[:20]}」が {file} にあります。別の調査なら --out に別のファイルを指定してください。"
        ja += "同じ調査なら、重ならないIDを付けて配り直してください。"
        en = f"the id is that of another opinion, '{there[:20]}', in {file}; collect another survey into an --out "
        en += "of its own, or hand out the opinions with ids that do not repeat"
        self._add(row, "other-opinion", "opinion_id", row["text"][:40], ja, en)

    def added(self, row: Row) -> None:
        """List a row that was not handed out."""
        ja = "配った行ではありません(意見IDが空欄か、覚えのないID)。行を消すか、IDを戻してください。"
        en = "not a row that was handed out (no id, or an unknown one); delete it or restore the id"
        self._add(row, "row-added", "opinion_id", row["text"][:40], ja, en)

    def repeated(self, row: Row, first: Row) -> bool:
        """List a second row of an id; return whether it says the same as the first."""
        same = all(row[c].strip() == first[c].strip() for c in ("text", "code", "code_2", "action", "note"))
        ja = f"意見IDが{first['row']}行目と同じで、記入内容は" + ("同じです。" if same else "違います。")
        ja += "1行にしてください。"
        en = f"the id repeats row {first['row']}, {'with the same' if same else 'with another'} decision"
        self._add(row, "row-repeated", "opinion_id", "", ja, en)
        return same

    def removed(self, known: Row) -> None:
        """List a row that was handed out and is gone."""
        ja = "配った行がありません。配られたファイルから行を写して戻すか、配られたファイルに記入し直してください"
        ja += "(決めない意見は判定を「保留」に)。"
        en = "a row that was handed out is gone; copy it back from the file that was handed out, or decide in that "
        en += "file (an opinion left undecided is 'unsure')"
        self._add(known | {"row": ""}, "row-removed", "opinion_id", "", ja, en)

    def order(self, found: list[tuple[str, str]], asked: list[tuple[str, str]]) -> None:
        """Note it if rows stand in another order than they were handed out in."""
        position = {key: i for i, key in enumerate(asked)}
        places = [position[key] for key in found]
        moved = sum(a > b for a, b in pairwise(places))
        if moved:
            ja = "行が並べ替えられています。意見IDで読み取ったので、直す必要はありません。"
            self._note(
                "reordered", ja, "rows were reordered; they are matched by id, so nothing need be done"
            )

    def codebook(self) -> None:
        """Note that the codebook is another one than the file was made with."""
        ja = "シートを作ったときとコードブックが違います。判定には作ったときのものが記録されます。"
        en = "the codebook is not the one the sheet was made with; decisions record that one"
        self._note("codebook", ja, en)

    def _note(self, kind: str, ja: str, en: str) -> None:
        self._rows.append({"file": self._file, "kind": kind, "severity": NOTE, "ja": ja, "en": en})

    def _add(self, row: Row, kind: str, column: str, value: str, ja: str, en: str) -> None:
        place = {"file": self._file, "row": row["row"], "opinion_id": row["opinion_id"], "unit": row["unit"]}
        said = {"kind": kind, "severity": FAULT, "value": value, "ja": ja, "en": en}
        self._rows.append(place | {"column": COLUMNS[column][self._language]} | said)
