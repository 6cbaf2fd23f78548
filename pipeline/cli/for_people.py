"""What columns and cells of the tables are called in the Excel files that people read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline.agreement import MEASURES
from pipeline.cli.console import Console
from pipeline.placing import make_folder
from pipeline.sheets import write_sheets

# What columns are called in the Excel files; the tables themselves have the names of `tables.py`.
TITLES = {
    "round": "回", "compared": "比べたもの", "coder_a": "担当者A", "coder_b": "担当者B", "level": "階層",
    "measure": "指標", "value": "値", "low": "95%下限", "high": "95%上限", "units": "件数", "note": "備考",
    "code_a": "コードA", "title_a": "項目A", "code_b": "コードB", "title_b": "項目B", "differs_at": "分かれる階層",
    "n": "件数", "opinion_id": "意見ID", "unit": "部分", "text": "本文", "codes_a": "Aのコード",
    "note_a": "Aのメモ", "codes_b": "Bのコード", "note_b": "Bのメモ", "kind": "種類", "decisions": "判定",
    "notes": "メモ", "reason": "理由", "outcome": "結果", "coder": "担当者", "action": "判定",
    "code": "コード", "code_title": "項目名", "decided_at": "日時", "suggestion_shown": "提案を見たか", "suggested_code": "提案",
    "codes": "コード", "titles": "項目", "rank": "1件抜きの順位", "probability": "その確信度",
    "other_code": "別のコード", "other_title": "その項目", "other_opinion_id": "似た意見のID",
    "other_text": "似た意見", "similarity": "類似度", "source": "出典", "location": "場所",
    "label_source": "ラベルの由来", "a": "モデルA", "b": "モデルB", "difference": "差(B−A)", "title": "項目名",
    "hits_a": "Aの正解", "hits_b": "Bの正解", "effect": "変化", "first_a": "Aの第1候補", "first_b": "Bの第1候補",
    "confidence_a": "Aの確信度", "confidence_b": "Bの確信度",
}  # fmt: skip
WORDS = {
    "compared": {"people": "全担当者", "pair": "2人", "model": "モデルと人"},
    "measure": {
        **{k: ja for k, (ja, _) in MEASURES.items()}, "item@1": "項目 1位", "item@3": "項目 3位以内",
    },
    "coder_a": {"model": "(モデル)"},
    "differs_at": {"partly": "2つ目以降のコード"},
    "kind": {
        "disagree": "不一致", "partly": "一部一致", "unsure": "保留", "text-differs": "文面が違う",
        "same-text": "同じ文面", "near-text": "ほぼ同じ", "neighbours": "似た3件", "far-down": "1件抜きで下位",
    },
    "outcome": {"label": "ラベル", "open": "未決", "aside": "使わない"},
    "effect": {
        "worse": "悪くなった", "better": "良くなった", "both-wrong": "どちらも外れ", "both-right": "どちらも正しい",
    },
}  # fmt: skip
NUMBERS = (
    *("value", "low", "high", "units", "n", "level", "rank", "probability", "similarity", "a", "b"),
    *("difference", "hits_a", "hits_b", "confidence_a", "confidence_b"),
)


def write_for_people(
    console: Console, tables: Mapping[str, pd.DataFrame], path: Path, temporary: Path | None = None
) -> None:
    """Write tables as sheets in the console's language (see `write_sheets`); a folder that is not there is made."""
    make_folder(path.parent)
    japanese = console.language == "ja"
    write_sheets(
        tables,
        path,
        titles=TITLES if japanese else {},
        words=WORDS if japanese else {},
        numbers=NUMBERS,
        temporary=temporary,
    )
