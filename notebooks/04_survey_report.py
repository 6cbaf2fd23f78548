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
# # アンケートを、提案から図まで
#
# 自由記述のアンケートを読み、
#
# 1. 提案を付け
# 2. 項目ごとに数え
# 3. 図と語で眺め
# 4. 報告書にする
#
# ところまでを通してやってみます。題材は付属の架空のアンケートです。
# **ここで数えるのは機械の提案です。** 実際の報告では、人が確かめた「確定コード」で数えてください。

# %%
from pathlib import Path

from IPython.display import Image, Markdown

from pipeline import load_model, read_table, suggest
from pipeline.coded_opinions import read_coded
from pipeline.pictures import item_bars, map_table, opinion_map, opinion_places, word_network
from pipeline.report import build_report
from pipeline.report_markdown import markdown
from pipeline.report_parts import ReportOptions
from pipeline.words import words_of_plan

ROOT = Path.cwd() if Path("data").is_dir() else Path.cwd().parent
if not (ROOT / "data").is_dir():
    ROOT = ROOT.parent
model = load_model(ROOT / "models/default")
survey = read_table(ROOT / "data/sample/survey.csv")
survey.head()

# %% [markdown]
# ## 1. 提案を付ける
#
# 1行が1人の回答です。入力の列はそのまま残り、右に提案が付きます。

# %%
suggestions = suggest(model, survey)
assert len(suggestions) == len(survey)
suggestions["status"].value_counts().to_frame("件数")

# %% [markdown]
# `提案` は8割は正しいと見込める階層まで、`要確認` は人に任せるもの、`該当なしの疑い` は計画の外かもしれないものです。

# %%
text_column = next(c for c in survey.columns if "意見" in c or "自由" in c)
suggestions[[text_column, "status", "suggested_code", "suggested_title", "grade", "units"]].head(8)

# %% [markdown]
# ## 2. 数える
#
# 報告と同じ数え方をする `read_coded` に渡します。どの行も、コード付き・コードなし・空欄・対象外のどれかになります。

# %%
coded = read_coded(suggestions.fillna("").astype(str), model.codebook, file="survey", min_confidence=0.3)
print(
    f"コード付き {coded.coded['opinion_id'].nunique()}件、コードなし {len(coded.uncoded)}件、意見なし {coded.blank}件"
)

# %%
Image(item_bars(coded.coded, model.codebook, level=2).png, width=620)

# %% [markdown]
# 色の薄いところは、人がまだ見ていない提案です。いまは全部がそうです。
#
# ## 3. 眺める
#
# 施策や項目ごとの特徴語です。その項目の意見に、ほかより偏って出る語を挙げます。

# %%
words_of_plan(coded.coded, model.codebook, top=5).head(12)

# %% [markdown]
# 一緒に使われる語を線で結んだ図(共起ネットワーク)です。色と形は、その語が特徴的な目標を表します。

# %%
texts = coded.coded["text"].tolist()
codes = coded.coded["code"].tolist()
Image(word_network(texts, codes, model.codebook, words=40).png, width=620)

# %% [markdown]
# 意見の地図です。近くにあるほど、言っていることが似ています。

# %%
places = opinion_places(model.features.transform(texts))
table = map_table(coded.coded["opinion_id"].tolist(), texts, codes, places, model.codebook)
Image(opinion_map(table, model.codebook).png, width=620)

# %% [markdown]
# ## 4. 報告書にする
#
# 元のまとめの文書と同じ形(目標 > (1) > ①、意見は箇条書き)になります。
# Word や HTML は `iken report 提案.xlsx --out まとめ.docx` で作れます。

# %%
report = build_report(
    coded, model.codebook, ReportOptions(title="意見のまとめ(練習)", examples=2, pictures=False)
)
text = markdown(report)
assert "目標1" in text and "未確認" in text
Markdown(text[:1500])
