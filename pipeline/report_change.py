"""What a report says of the survey before: shares of both, their difference with intervals, and a picture."""

from __future__ import annotations

import pandas as pd

from pipeline.cells import in_percent
from pipeline.change import changes
from pipeline.codebook import Codebook
from pipeline.coded_opinions import CodedOpinions
from pipeline.report_parts import (
    DOWN,
    MOST_TOLD,
    SIGNS,
    UP,
    Paragraph,
    Part,
    ReportOptions,
    Sheet,
    Table,
    plan_name,
    told_name,
)
from pipeline.report_pictures import change_pictures


def change_parts(
    opinions: CodedOpinions, previous: CodedOpinions, codebook: Codebook, options: ReportOptions
) -> tuple[Part, ...]:
    """Return shares of this and the previous survey and their difference with intervals; `InputError` as `changes`."""
    table = changes(
        opinions.coded, previous.coded, codebook, n_now=opinions.opinions, n_before=previous.opinions
    )
    kept = table[(table["count"] + table["count_before"]) > 0]
    name = f"(「{options.previous_name}」)" if options.previous_name else ""
    parts: list[Part] = [
        Paragraph(f"前回{name}の意見{previous.opinions:,}件と、今回の意見{opinions.opinions:,}件を比べます。")
    ]
    if opinions.has_unchecked or previous.has_unchecked:
        parts.append(
            Paragraph("未確認の提案を含むため、差の一部は機械の誤りによるものかもしれません。", "warning")
        )
    sure = kept[kept["changed"] != 0].sort_values("difference", key=lambda d: -d.abs(), kind="stable")
    for _, row in sure.head(MOST_TOLD).iterrows():
        more = "増えました" if row["changed"] > 0 else "減りました"
        parts.append(
            Paragraph(
                f"「{told_name(codebook, row['code'])}」の割合が{more}({in_percent(row['share_before'])} → {in_percent(row['share'])})。",
                "bullet",
            )
        )
    if not len(sure):
        parts.append(Paragraph("割合がはっきり変わった項目はありません。"))
    parts.append(_change_table(table, kept, codebook))
    if options.pictures:
        parts += change_pictures(table, codebook)
    return tuple(parts)


def _change_table(table: pd.DataFrame, kept: pd.DataFrame, codebook: Codebook) -> Table:
    """Return the rows with opinions in either survey for people, and all of `table` for Excel."""
    frame = pd.DataFrame(
        {
            "項目": [plan_name(codebook, c) for c in kept["code"]],
            "前回": kept["count_before"].tolist(),
            "今回": kept["count"].tolist(),
            "前回の割合": kept["share_before"].tolist(),
            "今回の割合": kept["share"].tolist(),
            "差": [_points(d) for d in kept["difference"]],
            "95%区間": [
                f"{_points(a)} 〜 {_points(b)}" for a, b in zip(kept["low"], kept["high"], strict=True)
            ],
            "変化": [SIGNS[int(c)] for c in kept["changed"]],
        }
    )
    sure = "、項目の数だけ比べることを補正しても(Benjamini-Hochberg法、5%水準)変化と言えるもの。"
    note = f"割合は意見全体に対するもの。差と区間はポイント(Newcombeの区間)。{UP}{DOWN}は{sure}"
    sheet_note = f"割合は意見全体に対するもの。差と区間は割合の差(Newcombeの区間)。1と-1は{sure}"
    return Table(
        "前回からの変化",
        frame,
        "前回比",
        frozenset({"前回の割合", "今回の割合"}),
        tuple(kept["level"].tolist()),
        note=note,
        sheets=(
            Sheet(
                "前回比", table, frozenset({"share", "share_before", "difference", "low", "high"}), sheet_note
            ),
        ),
    )


def _points(difference: float) -> str:
    """Return a difference of shares in points; with a real minus, at which no line is broken."""
    sign = "+" if difference >= 0 else "\u2212"
    return sign + in_percent(abs(difference), 1).removesuffix("%")
