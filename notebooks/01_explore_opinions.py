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
# # 意見データを見る
#
# このノートでは、鎌倉市のワークショップのまとめから取り出した84件の意見を題材に、
#
# 1. どんなデータか
# 2. 文がどのような語に分かれるか
# 3. 分類器には何が見えているか
#
# を順に見ます。Python を少し知っていれば読めます。リポジトリの一番上のフォルダで動かしてください。

# %%
from pathlib import Path

import pandas as pd

from pipeline import Codebook, load_model, read_table, suggest
from pipeline.tokenise import lemmas, words

ROOT = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
if not (ROOT / "data").is_dir():
    ROOT = ROOT.parent
codebook = Codebook.from_table(read_table(ROOT / "data/codebook/codebook.csv"))
labels = read_table(ROOT / "data/labels/kamakura_workshop_2025.csv")
len(codebook.items), len(labels)

# %% [markdown]
# ## 1. データ
#
# 1行が1件の意見です。`code` は人が付けたコード、`location` は元の文書の行です。

# %%
labels[["opinion_id", "location", "text", "code"]].head()

# %% [markdown]
# 項目ごとの件数です。**どの項目にも1〜3件しかありません。** これがこの問題の難しさです。

# %%
counts = labels["code"].value_counts().reindex([n.code for n in codebook.items], fill_value=0)
assert counts.sum() == len(labels)
counts.value_counts().rename_axis("1項目あたりの意見").to_frame("項目数")

# %%
pd.DataFrame({"項目": [codebook.display(c) for c in counts.index], "件数": counts.to_numpy()}).head(10)

# %% [markdown]
# ## 2. 語に分ける
#
# UniDic で語に分け、語彙素(辞書の見出し)にそろえます。「座った」も「座る」も同じ語になります。
# 助詞・助動詞や、どの意見にも出る「する」「ある」などは使いません。

# %%
text = labels["text"].iloc[0]
print(text)
pd.DataFrame(words(text))

# %%
lemmas(text)

# %% [markdown]
# 全体でよく使われる語です。

# %%
pd.Series([w for t in labels["text"] for w in set(lemmas(t))]).value_counts().head(15).to_frame("意見の数")

# %% [markdown]
# ## 3. 分類器に見えるもの
#
# 文は2種類のベクトルになります。「どの語・どの文字の並びが、どれだけ珍しいか」を表す疎なものと、
# 文の意味を表す密なもの(文のベクトル)です。2人の専門家がこれを読みます。
# 局所の専門家は、コード済みの意見・題名・例文を混ぜた項目の重心に、新しい意見がどれだけ近いかを見ます
# (語と意味のほか、項目ごとの点数で表したプロフィールも見ます)。
# 知識の専門家は、項目の説明と例文から、項目の意味を学んでいます。

# %%
model = load_model(ROOT / "models/default")
model.vectors.terms.shape, model.vectors.dense.shape

# %% [markdown]
# 新しい意見への提案です。`evidence` は、似ている「人がコードした意見」です。

# %%
comments = pd.DataFrame({"text": ["バスの本数を増やしてほしい", "近所の独り暮らしの方が心配", "特になし"]})
suggestions = suggest(model, comments)
assert len(suggestions) == len(comments)
suggestions[["text", "status", "code_1", "title_1", "confidence_1", "evidence"]]

# %% [markdown]
# どれくらい当たるかは、1件ずつ抜いて残りで当てる方法(1件抜き交差検証)で測ります。
# 自分自身を見て当てても意味がないからです。

# %%
rows = {who: {k: v["value"] for k, v in model.metrics[who].items()} for who in ("model", "baseline")}
pd.DataFrame(rows)
