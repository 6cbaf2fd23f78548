"""What a report says of itself: how opinions were gathered, by what method they were coded, and its limits."""

from __future__ import annotations

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.coded_opinions import NONE_FITS, CodedOpinions, units
from pipeline.disclosure import HIDDEN
from pipeline.metrics import percent_with_interval
from pipeline.report_parts import ModelFigures, Paragraph, Part, ReportOptions, SubHeading, Table
from pipeline.suggested_codes import MAYBE_OUTSIDE, OPEN
from pipeline.tables import records

WARNING = (
    "この報告には、機械が提案し、まだ人が確認していない分類が含まれます。「未確認の提案」と示した件数と意見は、"
    "人の確認によって変わることがあります。"
)
_UNREAD = "(読み取れず)"


# -- how the opinions were gathered ----------------------------------------------------------------


def gathering_parts(
    opinions: CodedOpinions, codebook: Codebook, options: ReportOptions, workshops: pd.DataFrame | None
) -> tuple[Part, ...]:
    """Return sessions, themes, and the account of every row of the input."""
    parts: list[Part] = []
    if opinions.has_unchecked:
        parts.append(Paragraph(WARNING, "warning"))
    source = f"「{options.source}」の" if options.source else ""
    parts.append(
        Paragraph(f"{source}意見{opinions.opinions:,}件を、計画の目標・施策・項目に沿って整理しました。")
    )
    if workshops is not None and len(workshops):
        parts += _sessions(workshops)
    parts += [SubHeading("回答数"), _account(opinions, codebook)]
    return tuple(parts)


def _sessions(workshops: pd.DataFrame) -> list[Part]:
    sessions = [r for r in records(workshops) if r["kind"] == "session"]
    themes = [r for r in records(workshops) if r["kind"] == "theme"]
    parts: list[Part] = []
    if sessions:
        shown = [
            {
                "会場": _cell(r, "name"),
                "日程": _cell(r, "date"),
                "場所": _cell(r, "venue"),
                "参加人数": _cell(r, "participants"),
            }
            for r in sessions
        ]
        known = [int(r["participants"]) for r in sessions if r["participants"].isdecimal()]
        unread = any(r["doubtful"].strip() for r in sessions)
        total = f"{len(sessions)}会場、参加人数は{'読み取れた' if len(known) < len(sessions) else ''}合計で{sum(known):,}人です。"
        parts += [
            SubHeading("開催した会場"),
            Paragraph(total),
            Table(
                "会場と参加人数",
                pd.DataFrame(shown),
                "会場",
                keys=3,
                note=f"{_UNREAD}: 元の文書が読み取れず、空欄のままにしたところ。" if unread else "",
            ),
        ]
    if themes:
        parts.append(SubHeading("テーマ"))
        parts += [Paragraph(f"テーマ{i} {r['name']}", "bullet") for i, r in enumerate(themes, 1)]
    return parts


def _cell(row: dict[str, str], column: str) -> str:
    return row[column] or (_UNREAD if column in row["doubtful"].split(";") else "")


def _account(opinions: CodedOpinions, codebook: Codebook) -> Table:
    """Return the account: every row of the input is in one line of it."""
    checked = units(opinions.coded[opinions.coded["checked"] == "yes"])
    suggested = units(opinions.coded) - checked
    kinds = {
        k: len(units(opinions.uncoded[opinions.uncoded["kind"] == k]))
        for k in (NONE_FITS, MAYBE_OUTSIDE, OPEN)
    }
    above = set(opinions.coded["code"]) - {n.code for n in codebook.items}
    where = "項目か上の階層" if above else "項目"
    lines: list[tuple[int, str, int]] = [
        (1, "意見", opinions.opinions),
        (2, f"{where}に分類(人が確認)", len(checked)),
        (2, f"{where}に分類(未確認の提案)", len(suggested)),
        (2, "どの項目にも当たらない(人が確認)", kinds[NONE_FITS]),
        (2, "どの項目にも当たらない疑い(未確認の提案)", kinds[MAYBE_OUTSIDE]),
        (2, "人の判定を待つ", kinds[OPEN]),
        (1, "意見の書かれていない回答(空欄、「特になし」など)", opinions.blank),
        (1, "集計から外した行", len(opinions.set_aside)),
    ]
    kept = [line for line in lines if line[2] or line[0] == 1]
    frame = pd.DataFrame({"区分": [line[1] for line in kept], "件数": [line[2] for line in kept]})
    several = len(opinions.coded) - len(checked | suggested)
    note = f"複数の項目に当たる意見があり、分類は延べ{len(opinions.coded):,}件です。" if several else ""
    if len(opinions.set_aside):
        reasons = opinions.set_aside["reason"].value_counts()
        note += "外した理由: " + "、".join(f"{r}({n}行)" for r, n in reasons.items())
    return Table("回答の内訳", frame, "回答数", levels=tuple(line[0] for line in kept), note=note)


# -- method and limits -----------------------------------------------------------------------------

_FIGURES = (
    ("item@1", "第1候補の項目が正しい"),
    ("item@3", "3位までに正しい項目がある"),
    ("level_1", "第1階層(目標)が正しい"),
)


def method_parts(
    opinions: CodedOpinions, codebook: Codebook, options: ReportOptions, model: ModelFigures
) -> tuple[Part, ...]:
    """Return how codes came about, the model's figures, and what the numbers do not say."""
    has_machine = opinions.has_unchecked or len(opinions.model_ids) > 0
    parts: list[Part] = [SubHeading("方法")]
    lines = [
        f"分類の枠は、計画の{len(codebook.items)}項目({codebook.depth}階層)です。",
        "件数は意見の数です。複数の項目に当たる意見は、それぞれの項目で1件と数え、上の階層では重ねて数えません。",
    ]
    if has_machine:
        lines.append(
            "意見の分類は、機械(機械学習モデル)が提案し、人が確認・修正する方法によります。"
            + (
                f"確信度が{options.min_confidence:g}以上の第1候補を提案として数えました。"
                if options.min_confidence is not None
                else "目標の適合率を保てる階層までを提案とし、届かないものは人の判定に回しました。"
            )
        )
    else:
        lines.append("意見の分類は、すべて人によるものです。")
    if options.examples is not None:
        lines.append(
            "代表的な意見は、語と文字の重なりで見て全体に近く、すでに選んだものと似ていない順に選びました(MMR法)。"
        )
    if options.masked:
        lines.append("電話番号・住所・氏名などは、〔氏名〕のように置き換えてあります。")
    parts += [Paragraph(line, "bullet") for line in lines]
    if has_machine:
        parts += _model_figures(opinions, model)
    parts.append(SubHeading("限界"))
    limits = [
        "意見の数は、住民全体の中での割合を示すものではありません。参加した人・答えた人の意見です。",
        "件数の多さは、意見の大切さを示すものではありません。",
    ]
    if opinions.has_unchecked:
        limits.append(
            "機械の提案には誤りがあります。未確認の提案による件数は、項目によって実際より多くも少なくもなります。"
        )
    if options.by:
        limits.append(
            f"{options.threshold}件に満たない区分の数は、個人が特定されないよう伏せています({HIDDEN})。"
            "伏せた数が合計から逆算できないよう、ほかの数も伏せたところがあります。"
        )
    parts += [Paragraph(line, "bullet") for line in limits]
    return tuple(parts)


def _model_figures(opinions: CodedOpinions, model: ModelFigures) -> list[Part]:
    name = "、".join(opinions.model_ids) or "不明"
    parts: list[Part] = [SubHeading("提案したモデルの精度")]
    metrics = model.metrics.get("model") if model.metrics else None
    if opinions.model_ids and model.model_id and model.model_id not in opinions.model_ids:
        text = (
            f"提案したモデルは {name} ですが、手元のモデルは {model.model_id} です。精度はここに示せません。"
        )
        return [*parts, Paragraph(text, "warning")]
    if not metrics:
        why = f"モデル {name} の精度の記録(metrics.json)がないため、示せません。"
        if model.metrics:  # on a plan's first day there is a record: that nothing could be measured
            why = f"モデル {name} は、項目にコードされた意見からまだ学んでいないため、精度を測れていません。"
        return [*parts, Paragraph(why, "warning")]
    baseline = model.metrics.get("baseline", {})
    rows = []
    for key, title in _FIGURES:
        if key in metrics:
            rows.append(
                {
                    "指標": title,
                    "このモデル": percent_with_interval(metrics[key]),
                    "比較(TF-IDF+ロジスティック回帰)": percent_with_interval(baseline[key])
                    if key in baseline
                    else "",
                }
            )
    n = model.metrics.get("opinions", 0)
    intro = f"モデル {name}。人がコードした意見{n}件で、1件ずつ抜いて残りから当てさせた結果です。"
    parts.append(Paragraph(intro))
    note = "[ ] は95%信頼区間。新しい話題の意見では、これより悪くなると考えてください。"
    parts.append(Table("モデルの精度", pd.DataFrame(rows), "モデルの精度", note=note))
    promise = model.metrics.get("promise")
    if promise and promise.get("suggested"):
        parts.append(
            Paragraph(
                f"目標の適合率{promise['target']:.0%}で提案したのは{promise['opinions']}件中{promise['suggested']}件、"
                f"実際の適合率は{percent_with_interval(promise['precision'])}でした。"
            )
        )
    return parts
