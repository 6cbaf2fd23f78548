"""The model card (Mitchell et al. 2019), written in Japanese for a reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from pipeline.models import Model

_ROWS = (
    ("item@1", "第1候補が正しい"),
    ("item@3", "3位以内に正しい項目がある"),
    ("item@5", "5位以内に正しい項目がある"),
)
_SOURCES = {
    "document": "まとめ文書の分類",
    "single": "1人の判定",
    "double": "2人の判定が一致",
    "adjudicated": "協議で確定",
    "": "記載なし",
}


def model_card(model: Model) -> str:
    """Return MODEL_CARD.md: what the model learned from, how good it is, where it is weak, what not to do.

    `{model_id}` stays to be filled in by `save_model`, which alone knows the hash.
    """
    metrics, manifest = model.metrics, model.manifest
    sources = "、".join(f"{_SOURCES.get(k, k)} {n}件" for k, n in manifest["labels"]["by_source"].items())
    lines = [
        "# モデルカード",
        "",
        "モデル: `{model_id}`",
        "",
        "## 何から学んだか",
        "",
        f"- 人がコードした意見 {manifest['labels']['rows']}件({sources})",
        f"- コードブック {manifest['codebook']['nodes']}行(意見をコードする項目 {manifest['codebook']['items']})の題名と説明",
        "- 学習に使った意見の本文はモデルの中に入っています(根拠として表示するため)。取り扱いは元データと同じにしてください。",
        "",
        "## どれくらい当たるか",
        "",
        *_accuracy(metrics, model),
        "",
        "## 弱いところ",
        "",
        *_weak_items(model),
        "- 学習した意見と似ていない新しい話題では、上の数字より悪くなると考えてください。",
        "- 1件に複数の話題がある長いコメントも、まとめて1つとして判定します。",
        "",
        "## 使ってはいけないこと",
        "",
        "- 人の確認なしに確定コードとすること。このモデルは提案だけをします。",
        "- 個人や地区の評価、個人の特定に使うこと。",
        "- 別の計画・別の市の意見に、学習し直さずに使うこと。",
        "",
        "## 作り方",
        "",
        "- 方法: 階層つき縮小重心法(目標・施策・項目の木の上で、少ない例を上位の平均と題名で補う)。特徴量は UniDic 語彙素と文字 n-gram の TF-IDF。",
        f"- 温度 {manifest['temperature']}、乱数の種 {manifest['config']['seed']}。入力・設定・版は `manifest.json` にあります。",
        "- `iken reproduce` で同じモデルが再現されることを確かめられます。",
        "",
    ]
    return "\n".join(lines)


def _accuracy(metrics: Mapping[str, Any], model: Model) -> list[str]:
    if "model" not in metrics:
        return ["項目にコードされた意見がないため、測っていません。"]
    levels = [(f"level_{k}", f"第{k}階層(上から)が正しい") for k in range(1, model.codebook.depth)]
    rows = [
        f"| {title} | {_percent(metrics['model'][name])} | {_percent(metrics['baseline'][name])} |"
        for name, title in (*_ROWS, *levels)
    ]
    return [
        f"学習した{metrics['opinions']}件で、1件ずつ抜いて残りで当てる方法(1件抜き交差検証)による。[ ] は95%信頼区間。",
        "",
        "| | このモデル | 比較(TF-IDF+ロジスティック回帰) |",
        "|---|---|---|",
        *rows,
        "",
        f"確信度と実際の正解率のずれ(較正誤差)は項目で {metrics['model']['ece']['value']:.2f}、"
        f"第1階層で {metrics['model'].get('ece_level_1', metrics['model']['ece'])['value']:.2f}。",
    ]


def _percent(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.0%} [{figure['low']:.0%}–{figure['high']:.0%}]"


def _weak_items(model: Model) -> list[str]:
    """Say which items have so few examples that nothing can be promised for them."""
    count = Counter(model.opinions["code"])
    none = [n.code for n in model.codebook.items if not count[n.code]]
    one = [n.code for n in model.codebook.items if count[n.code] == 1]
    lines = []
    if none:
        lines.append(f"- コード付き意見が1件もない項目({len(none)}): {'、'.join(none)}")
    if one:
        lines.append(f"- コード付き意見が1件だけの項目({len(one)}): {'、'.join(one)}")
    few = sum(1 for n in model.codebook.items if 2 <= count[n.code] <= 4)
    if few:
        lines.append(f"- コード付き意見が2〜4件の項目が{few}あり、項目ごとの精度はまだ言えません。")
    return lines
