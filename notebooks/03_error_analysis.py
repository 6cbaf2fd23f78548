# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 誤りを調べる
#
# 平均の正解率だけでは、何を直せばよいか分かりません。ここでは、付属のモデルについて
#
# 1. どの項目とどの項目を取り違えるか
# 2. なぜか — 実際の文と、似ている意見を読む
# 3. ラベルのほうがおかしくないか(ラベルの点検)
#
# を見ます。どの予測も、その意見を抜いて学習したモデルのもの(1件抜き)です。

# %%
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import load_model
from pipeline.audit import audit
from pipeline.coding import Coder
from pipeline.metrics import gold_matrix

ROOT = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
if not (ROOT / "data").is_dir():
    ROOT = ROOT.parent
model = load_model(ROOT / "models/default")
items = model.classifier.classes_.tolist()
rows, gold = gold_matrix(model.opinions, items)
held_out = model.classifier.held_out_[rows].astype(float)
order = np.argsort(-held_out, axis=1)
result = pd.DataFrame(
    {
        "text": model.opinions["text"].iloc[rows].to_numpy(),
        "正解": model.opinions["code"].iloc[rows].to_numpy(),
        "第1候補": [items[j] for j in order[:, 0]],
        "確信度": held_out.max(axis=1).round(2),
        "正解の順位": [int(np.flatnonzero(gold[i, order[i]])[0]) + 1 for i in range(len(rows))],
    }
)
wrong = result[result["正解"] != result["第1候補"]]
print(
    f"{len(result)}件中 {len(wrong)}件が違う。うち {(wrong['正解の順位'] <= 3).sum()}件は3位以内に正解がある"
)

# %% [markdown]
# ## 1. 何を取り違えるか
#
# まず階層で見ます。目標は合っていて項目だけ違うなら、計画の中では近い誤りです。

# %%
same_goal = wrong["正解"].str[:2] == wrong["第1候補"].str[:2]
same_policy = wrong["正解"].str.rsplit("-", n=1).str[0] == wrong["第1候補"].str.rsplit("-", n=1).str[0]
pd.Series(
    {
        "施策まで同じ": same_policy.sum(),
        "目標だけ同じ": (same_goal & ~same_policy).sum(),
        "目標から違う": (~same_goal).sum(),
    }
).to_frame("誤りの件数")

# %% [markdown]
# 取り違えた項目の組です。

# %%
pairs = (
    wrong.groupby(["正解", "第1候補"]).size().sort_values(ascending=False).head(8).reset_index(name="件数")
)
for column in ("正解", "第1候補"):
    pairs[column] = [f"{c} {model.codebook[c].title}" for c in pairs[column]]
pairs

# %% [markdown]
# ## 2. なぜか
#
# 確信度が高いのに外れたものを読みます。題名の似た項目、1つの意見に2つの話題、そして人の付け方の揺れが見つかります。

# %%
worst = wrong.sort_values("確信度", ascending=False).head(5)
worst

# %% [markdown]
# そのうち1件について、モデルが根拠として挙げる意見と、共通する語を見ます。
# (根拠は「似ている、人がコードした意見」です。モデルが作った文ではありません。)

# %%
text = worst["text"].iloc[0]
coding = Coder(model).code([text])[0]
print(text, "→", coding.codes[0], "共通する語:", "、".join(coding.words))
for row, similarity in coding.evidence:
    print(f"  {similarity:.2f}", model.cited[row].code, model.cited[row].text)

# %% [markdown]
# 例が少ない項目ほど当たりません。レビューで足すなら、そこからです。

# %%
count = pd.Series(gold.sum(axis=0), index=items)
examples = result["正解"].map(count)
result.assign(例の数=examples, 当たり=result["正解"] == result["第1候補"]).groupby("例の数")["当たり"].agg(
    ["size", "mean"]
)

# %% [markdown]
# ## 3. ラベルの点検
#
# 同じような文に別のコードが付いている、ほかのすべてのラベルがそのコードに反対している、といった意見を挙げます。
# 正しいものも含まれるので、**人が見て決めます。** 道具がラベルを変えることはありません。

# %%
listed, _ = audit(model)
listed[["reason", "text", "codes", "other_code", "rank"]].head(12)

# %% [markdown]
# 「アンテナ」の2件は、ほとんど同じ文に違うコードが付いています。どちらかが誤りか、両方に付けるべきかもしれません。

# %%
antenna = listed[listed["text"].str.contains("アンテナ")].drop_duplicates("opinion_id")
assert len(antenna) == 2
antenna[["text", "codes"]]
