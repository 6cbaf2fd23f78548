"""The model card (Mitchell et al. 2019), written in Japanese for a reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.abstention import EXAMPLES_FOR_A
from pipeline.arrays import Bools, Floats
from pipeline.baseline import LEAVE_ONE_OUT_LIMIT
from pipeline.metrics import gold_matrix, percent_with_interval, share_with_interval
from pipeline.mixing import ENOUGH_OPINIONS
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
    "adjudicated": "裁定で確定",
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
        f"- 人がコードした意見 {model.opinions['opinion_id'].nunique()}件、コード {manifest['labels']['rows']}件({sources})",
        f"- コードブック {manifest['codebook']['nodes']}行(意見をコードする項目 {manifest['codebook']['items']})の題名と説明",
        *_written(model),
        "- 学習に使った意見の本文はモデルの中に入っています(根拠として表示するため)。取り扱いは元データと同じにしてください。",
        "",
        "## どれくらい当たるか",
        "",
        *_accuracy(metrics, model),
        *_promise(metrics),
        "",
        "## 弱いところ",
        "",
        *_weak_items(model),
        "",
        f"項目ごとの例の数(等級 A には{EXAMPLES_FOR_A}件以上が要ります):",
        "",
        *_sufficiency(model),
        "",
        "- 学習した意見と似ていない新しい話題では、上の数字より悪くなると考えてください。",
        "- 長いコメントは話題ごとに分けて判定しますが、分け目を誤ることがあります(docs/method.md)。",
        "",
        "## 使ってはいけないこと",
        "",
        "- 人の確認なしに確定コードとすること。このモデルは提案だけをします。",
        "- 個人や地区の評価、個人の特定に使うこと。",
        "- 別の計画・別の市の意見に、学習し直さずに使うこと。",
        "",
        "## 作り方",
        "",
        "- 方法: 2人の専門家の混合。局所の専門家(階層つき縮小重心法)はコード付き意見を、知識の専門家(リッジ回帰)は説明と例文を知り、"
        "例文があれば、局所の専門家は知識の専門家から見た意味(プロフィール)も見ます。"
        "コメントの話し方がコード付き意見にどれだけ似ているかと、話題の近さで重みを変えます(docs/method.md)。",
        f"- 文のベクトル: {'、'.join(manifest['encoders']) or 'なし(語と文字 n-gram のみ)'}。",
        f"- 温度 {manifest['temperature']}、ラベルの雑音 {manifest['label_noise']}、乱数の種 {manifest['config']['seed']}。入力・設定・版は `manifest.json` にあります。",
        "- `iken reproduce` で同じモデルが再現されることを確かめられます。",
        "",
    ]
    return "\n".join(lines)


def model_pictures(model: Model) -> dict[str, bytes]:
    """Return the pictures of a model folder by file name: leave-one-out confidence against what was right."""
    rows, gold = gold_matrix(model.opinions, model.classifier.classes_.tolist())
    if not len(rows):
        return {}
    held_out = model.classifier.held_out_[rows].astype(np.float64)
    return trust_pictures(held_out.max(axis=1), gold[np.arange(len(rows)), held_out.argmax(axis=1)])


def trust_pictures(confidence: Floats, right: Bools) -> dict[str, bytes]:
    """Return reliability diagram and risk-coverage curve as PNG, by file name."""
    # matplotlib takes half a second to load: only who draws pays for it.
    from pipeline.pictures import reliability_plot, risk_coverage, risk_coverage_plot

    return {
        "reliability.png": reliability_plot(confidence, right).png,
        "risk_coverage.png": risk_coverage_plot(*risk_coverage(confidence, right)).png,
    }


def _written(model: Model) -> list[str]:
    """Say which authored texts the model learned from, and that a cold start knows nothing else."""
    written = model.manifest["authored"]
    lines = []
    if written["texts"]:
        lines.append(
            f"- 作文された例文 {written['texts']}件(うちどの項目でもないもの {written['of_no_item']}件、書いた人 {written['authors']}人)。"
            "住民の声ではなく、根拠としては示さず、精度にも数えません。"
            + (
                f"うち {written['read_again']}件は、ほかの人もコードを見ずに読み、コードを付けました。"
                if written["read_again"]
                else ""
            )
        )
    if "paraphrases" in model.manifest:
        lines.append(
            f"- コード付き意見の言い換え {model.manifest['paraphrases']['learned']}件(作文)。1件抜きでは、その意見と一緒に抜きます。"
        )
    if not model.manifest["labels"]["rows"]:
        lines.append(
            "- **コード付き意見は1件もありません。**題名・説明・例文だけから提案します。どれくらい当たるかは測れていません。"
        )
    if model.at_their_word:
        lines.append(
            f"- 項目にコードされた意見が{ENOUGH_OPINIONS}件(同じ文面は1件)になって学習し直すまで、確信度は、別の計画の実際の意見で確かめた分だけ控えめにし、"
            "それが目標の適合率に届くところで提案します。等級 A は付きません。"
        )
    return lines


def _promise(metrics: Mapping[str, Any]) -> list[str]:
    promise = metrics.get("promise")
    if not promise:
        return []
    kept = f"、実際の適合率は {percent_with_interval(promise['precision'])}" if promise["suggested"] else ""
    return [
        "",
        f"目標の適合率 {promise['target']:.0%} で提案したのは {promise['opinions']}件中 {promise['suggested']}件"
        f"{kept}(しきい値もその意見を抜いて決めた)。",
        "",
        "| 自動で付ける割合(確信度の高い順) | 第1候補の正解率 |",
        "|---|---|",
        *(f"| {share:.0%} | {accuracy:.0%} |" for share, accuracy in metrics["risk_coverage"]),
    ]


def _sufficiency(model: Model) -> list[str]:
    """Return a table: of each item the examples, how many were found by leave-one-out, and what is missing."""
    items = model.classifier.classes_.tolist()
    rows, gold = gold_matrix(model.opinions, items)
    first = model.classifier.held_out_[rows].argmax(axis=1)
    distinct = model.examples  # five copies of one text are one example
    lines = ["| 項目 | 例 | 1件抜きで当たった | 95%区間 | 等級Aまで |", "|---|---|---|---|---|"]
    for j, code in enumerate(items):
        n, hits = int(gold[:, j].sum()), int((gold[:, j] & (first == j)).sum())
        recall = share_with_interval(hits, n)
        # Grade A comes after trying.
        enough = (
            "足りています"
            if model.item_opinions >= ENOUGH_OPINIONS
            else f"全体で{ENOUGH_OPINIONS}件になってから"
        )
        missing = enough if distinct[j] >= EXAMPLES_FOR_A else f"あと{EXAMPLES_FOR_A - distinct[j]}件"
        lines.append(
            f"| {code} {model.codebook[code].title} | {n} | {hits} | {recall['low']:.0%}–{recall['high']:.0%} | {missing} |"
        )
    return lines


def _accuracy(metrics: Mapping[str, Any], model: Model) -> list[str]:
    if "model" not in metrics:
        return ["項目にコードされた意見がないため、測っていません。"]
    levels = [(f"level_{k}", f"第{k}階層(上から)が正しい") for k in range(1, model.codebook.depth)]
    rows = [
        f"| {title} | {percent_with_interval(metrics['model'][name])} | {percent_with_interval(metrics['baseline'][name])} |"
        for name, title in (*_ROWS, *levels)
    ]
    return [
        f"学習した{metrics['opinions']}件で、1件ずつ抜いて残りで当てる方法(1件抜き交差検証)による。[ ] は95%信頼区間。"
        + ("比較は、件数が多いので10分割による。" if metrics["opinions"] > LEAVE_ONE_OUT_LIMIT else ""),
        "",
        "| | このモデル | 比較(TF-IDF+ロジスティック回帰) |",
        "|---|---|---|",
        *rows,
        "",
        f"確信度と実際の正解率のずれ(較正誤差、単調分割)は項目で {_error(metrics, '')}、第1階層で {_error(metrics, '_level_1')}。"
        "[ ] は、確信度が完全に正しくてもこの件数なら出る大きさ。図は `reliability.png`。",
    ]


def _error(metrics: Mapping[str, Any], level: str) -> str:
    model = metrics["model"]
    error = model.get(f"ece_sweep{level}", model["ece_sweep"])["value"]
    chance = model.get(f"ece_chance{level}", model["ece_chance"])
    return f"{error:.2f} [{chance['low']:.2f}–{chance['high']:.2f}]"


def _weak_items(model: Model) -> list[str]:
    """Say which items have so few examples that nothing can be promised for them."""
    count = dict(zip(model.classifier.classes_.tolist(), model.examples.tolist(), strict=True))
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
