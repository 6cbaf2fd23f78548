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
# # 学習して、どれくらい当たるかを確かめる
#
# コード付き意見(ラベル)からモデルを学習し、
#
# 1. 1件抜きで測った正解率
# 2. ラベルが増えると正解率がどう伸びるか
# 3. 確信度は信じてよいか
# 4. どこまで自動で付けてよいか
#
# を見ます。時間をかけないよう、ここでは語と文字だけの軽いモデル(`lexical`)を使います。

# %%
from pathlib import Path

import numpy as np
import pandas as pd
from IPython.display import Image

from pipeline import Codebook, TrainingConfig, read_table, train
from pipeline.metrics import gold_matrix
from pipeline.pictures import (
    learning_curve_plot,
    reliability_plot,
    risk_coverage,
    risk_coverage_plot,
)

ROOT = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
if not (ROOT / "data").is_dir():
    ROOT = ROOT.parent
codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
labels = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
light = TrainingConfig(lexical=1.0, use=0.0, chive=0.0)

# %% [markdown]
# ## 1. 学習と、1件抜きの正解率
#
# `train` は学習と同時に、1件ずつ抜いて残りで当てる方法(1件抜き交差検証)で精度を測ります。
# 隣に、ふつうの方法(TF-IDF とロジスティック回帰)を同じやり方で測った数字を置きます。

# %%
model, set_aside = train(labels, codebook, light)
assert set_aside.empty
figures = {who: {k: v["value"] for k, v in model.metrics[who].items()} for who in ("model", "baseline")}
pd.DataFrame(figures).loc[["item@1", "item@3", "level_1", "log_loss"]]

# %% [markdown]
# 84件しかないので、数字には幅があります。95%信頼区間つきで言うのが正直です。

# %%
first = model.metrics["model"]["item@1"]
print(f"第1候補の正解率 {first['value']:.0%}(95%区間 {first['low']:.0%}〜{first['high']:.0%})")

# %% [markdown]
# ## 2. ラベルが増えると
#
# ラベルを半分だけ使ったら、どれだけ下がるでしょうか。無作為に減らして学習し、使わなかった意見で測ります。
# 点は5回の平均です。全部を使った点だけは1件抜きです。

# %%
rng = np.random.default_rng(0)
points = []
for share in (0.25, 0.5, 0.75):
    hits = []
    for _ in range(5):
        order = rng.permutation(len(labels))
        learn, rest = np.split(order, [round(share * len(labels))])
        part, _ = train(labels.iloc[learn].reset_index(drop=True), codebook, light)
        best = part.predict(labels["text"].iloc[rest].tolist()).items.argmax(axis=1)
        hits.append(np.mean(part.classifier.classes_[best] == labels["code"].iloc[rest].to_numpy()))
    points.append((round(share * len(labels)), float(np.mean(hits))))
points.append((len(labels), first["value"]))
curve = pd.DataFrame(points, columns=["ラベルの数", "正解率"])
curve

# %%
Image(learning_curve_plot(curve["ラベルの数"].tolist(), {"項目": curve["正解率"].tolist()}).png, width=520)

# %% [markdown]
# ## 3. 確信度は信じてよいか
#
# 「確信度70%」の提案が10件あれば、7件くらい当たってほしいものです。確信度の近い提案をまとめて、実際の正解率と比べます。
# 点が対角線に近いほど、確信度は正直です。棒は95%区間で、件数が少ないと長くなります。

# %%
rows, gold = gold_matrix(model.opinions, model.classifier.classes_.tolist())
held_out = model.classifier.held_out_[rows].astype(float)
confidence = held_out.max(axis=1)
right = gold[np.arange(len(rows)), held_out.argmax(axis=1)]
Image(reliability_plot(confidence, right).png, width=520)

# %% [markdown]
# ## 4. どこまで自動で付けてよいか
#
# 確信度の高い順に付けていくと、付ける割合が増えるほど正解率は下がります。
# 統計局などが公表する「自動化率と正解率」の曲線です。目標の正解率を決めれば、付けてよい割合が読めます。

# %%
coverage, accuracy = risk_coverage(confidence, right)
assert accuracy[-1] == right.mean()
Image(risk_coverage_plot(coverage, accuracy, target=0.8).png, width=520)

# %% [markdown]
# 既定では、何も自動では確定しません。この曲線は、人がどこから見るかを決める材料です。
# 文のベクトルと例文集を使う本来のモデルの数字は `models/default/MODEL_CARD.md` にあります。
