"""The ingest stage on the real document, on invented plans, and on tables of coded opinions."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import SOURCE
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.codebook_rows import Node
from pipeline.documents import read_document
from pipeline.errors import InputError
from pipeline.ingested import Ingested
from pipeline.notation import CIRCLED_DIGITS
from pipeline.opinions import ingest_document, ingest_table
from pipeline.tables import LABELS


@pytest.fixture(scope="module")
def seed() -> Ingested:
    return ingest_document(read_document(SOURCE))


# -- the real document -----------------------------------------------------------------------------


def test_the_source_is_the_one_received() -> None:
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()
    assert digest == "710592e52b9908389446b5beaccbc19bcb670c151f3abb0bd2b04b41bd84ebe1"


def test_the_real_document_has_3_goals_11_policies_37_items_and_84_labels(seed: Ingested) -> None:
    assert seed.counts == {
        "lines": 165,
        "used": 165,
        "set_aside": 0,
        "goals": 3,
        "policies": 11,
        "items": 37,
        "labels": 84,
        "sessions": 9,
        "themes": 4,
        "doubts": 0,
    }
    assert seed.codebook.depth == 3
    assert seed.codebook.display("G1-1-1") == "目標1(1)① 見守り活動について"
    assert seed.codebook["G3-1-6"].title == (
        "人と人とのつながりを生むための施策の相乗効果を高める分野横断的な連携の促進"
    )
    assert len(seed.set_aside) == 0


def test_every_non_blank_line_is_accounted_for_once(seed: Ingested) -> None:
    lines = SOURCE.read_text(encoding="utf-8").split("\n")
    expected = [(f"L{n}", t) for n, t in enumerate(lines, start=1) if t.strip()]
    assert list(zip(seed.lines["location"], seed.lines["text"], strict=True)) == expected
    uses = seed.lines["use"].value_counts().to_dict()
    assert uses["opinion"] == 84
    assert uses["title"] == uses["date"] == 1


def test_each_label_is_verbatim_with_its_line(seed: Ingested) -> None:
    lines = SOURCE.read_text(encoding="utf-8").split("\n")
    for row in seed.labels.to_dict("records"):
        line = lines[int(row["location"][1:]) - 1]
        assert line.strip() in (f"- ・{row['text']}", f"- {row['text']}")
        assert row["opinion_id"] == f"kamakura_workshop_2025-L{int(row['location'][1:]):03d}"
    assert list(seed.labels.columns) == list(LABELS.columns)
    for column, value in (
        ("source", "kamakura_workshop_2025.md"),
        ("label_source", "document"),
        ("coder", ""),
        ("labelled_at", "2025-07"),
        ("codebook_sha256", seed.codebook.sha256),
    ):
        assert set(seed.labels[column]) == {value}


def test_the_quirks_of_the_real_document(seed: Ingested) -> None:
    by_id = seed.labels.set_index("opinion_id")
    for line, code, text in (
        (193, "G3-1-5", "困りごとをつぶやく→シェアすることができたら"),  # no 「・」
        (61, "G1-1-3", "「ゆるくつながる場を通じて障がい者の方との交流を"),  # unbalanced
        (161, "G2-3-1", "地域に何があるのか、どこにあるか不明」"),
        (97, "G1-2-3", '地域の為に"役に立ちたい"でつながる'),
        (255, "G3-5-1", "若い人で自分でやろうという人が増えている"),  # no newline at the end
    ):
        row = by_id.loc[f"kamakura_workshop_2025-L{line:03d}"]
        assert (row["code"], row["text"]) == (code, text)


# -- invented plans --------------------------------------------------------------------------------

# Anything that does not end a line of a file; text is trimmed, so it may not begin or end with white space.
line_text = (
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1, max_size=12)
    | st.text("・-#①(1)目標「」 \u3000\u2028=+*|.…9", min_size=1, max_size=8)
).map(str.strip)
opinion_text = line_text.filter(bool)
# A title cannot begin with what separates it from its number, nor look like a line of a table of contents.
title_text = line_text.filter(lambda t: bool(t) and t[0] not in ":\uff1a.\uff0e、").map(lambda t: f"{t}編")
numbers = st.lists(st.integers(1, 35), min_size=1, max_size=3, unique=True).map(sorted)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Node], list[tuple[str, str]], str]:
    """Draw a plan of two or three levels with opinions, and the document that says the same."""
    three = draw(st.booleans())
    nodes: list[Node] = []
    opinions: list[tuple[str, str]] = []
    lines = ["# まとめ", "", "令和7年7月", "", "# 1 目的", "", "説明。", "", "# 2 意見のまとめ", ""]

    def heading(code: str, number: str, gap: str) -> None:
        title = draw(title_text)
        parent = code.rpartition("-")[0]
        nodes.append(Node(code, parent, code.count("-") + 1, number, title))
        lines.extend([draw(st.sampled_from(["# ", "#### ", "- ", ""])) + number + gap + title, ""])

    def items(parent: str) -> None:
        for k in draw(numbers):
            heading(f"{parent}-{k}", CIRCLED_DIGITS[k], draw(st.sampled_from(["", " "])))
            for text in draw(st.lists(opinion_text, max_size=3)):
                opinions.append((f"{parent}-{k}", text))
                lines.append(draw(st.sampled_from(["- ・", "  - ・", "・", "\u3000・ "])) + text)
            lines.append("")

    for goal in draw(numbers):
        heading(f"G{goal}", f"目標{goal}", draw(st.sampled_from([" ", ": ", "\uff1a"])))
        if not three:
            items(f"G{goal}")
            continue
        for policy in draw(numbers):
            heading(f"G{goal}-{policy}", f"({policy})", draw(st.sampled_from(["", " "])))
            items(f"G{goal}-{policy}")
    return nodes, opinions, draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@settings(max_examples=100, deadline=None)
@given(plans())
def test_any_plan_reads_back_the_same(plan: tuple[list[Node], list[tuple[str, str]], str]) -> None:
    nodes, opinions, text = plan
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "計画.md"
        path.write_bytes(text.encode("utf-8"))
        result = ingest_document(read_document(path))
    assert result.codebook.nodes == tuple(nodes)
    assert list(zip(result.labels["code"], result.labels["text"], strict=True)) == opinions
    assert result.labels["opinion_id"].is_unique
    filled = sum(bool(t.strip()) for t in text.replace("\r\n", "\n").split("\n"))
    assert result.counts["lines"] == result.counts["used"] == filled


def test_the_same_opinion_under_two_items_is_two_labels(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("目標1 あ\n①い\n・同じ意見\n②う\n・同じ意見", encoding="utf-8")
    labels = ingest_document(read_document(tmp_path / "a.md")).labels
    assert labels[["opinion_id", "text", "code", "labelled_at"]].values.tolist() == [
        ["a-L003", "同じ意見", "G1-1", ""],
        ["a-L005", "同じ意見", "G1-2", ""],
    ]


def test_what_was_set_aside_adds_up(tmp_path: Path) -> None:
    text = "まとめ\n(1) 方法\n目標1 あ\n①い\n・意見\n\n謎の行\n\n・どこの意見\n③う\n・意見\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    result = ingest_document(read_document(tmp_path / "a.md"))
    assert result.set_aside["location"].tolist() == ["L2", "L7", "L9"]
    assert all(result.set_aside["reason"])
    assert (result.counts["lines"], result.counts["used"], result.counts["set_aside"]) == (9, 6, 3)
    assert len(result.lines) == 9
    assert result.doubts[["location", "reason"]].values.tolist() == [["L10", "番号が飛んでいます"]]


# -- tables ----------------------------------------------------------------------------------------

BOOK = Codebook(
    [
        Node("G1", "", 1, "目標1", "安心"),
        Node("G1-1", "G1", 2, "①", "見守り"),
        Node("G1-2", "G1", 2, "②", "サロン"),
    ]
)


def table(**columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(columns, dtype=str)


def test_a_table_of_coded_opinions() -> None:
    data = table(
        意見=["  心配 ", "場がほしい", "", "両方", "コードなし"],
        コード=["1①", "G1-2", "G1-1", "1-1；1-2", " "],
        年代=["20代", "30代", "40代", "50代", "60代"],
    )
    before = data.copy()
    result = ingest_table(data, BOOK, source="調査.csv")
    pd.testing.assert_frame_equal(data, before)
    assert result.labels[
        ["opinion_id", "location", "text", "code", "label_source", "年代"]
    ].values.tolist() == [
        ["調査-R00002", "R2", "心配", "G1-1", "single", "20代"],
        ["調査-R00003", "R3", "場がほしい", "G1-2", "single", "30代"],
        ["調査-R00005", "R5", "両方", "G1-1", "single", "50代"],
        ["調査-R00005", "R5", "両方", "G1-2", "single", "50代"],
    ]
    assert set(result.labels["codebook_sha256"]) == {BOOK.sha256}
    assert result.set_aside[["location", "text", "reason"]].values.tolist() == [
        ["R4", "", "「意見」が空欄です"],
        ["R6", "コードなし", "「コード」が空欄です"],
    ]
    assert (result.counts["lines"], result.counts["used"], result.counts["set_aside"]) == (5, 3, 2)
    assert result.codebook is BOOK


@given(st.lists(st.tuples(st.sampled_from(["", " ", "い", "ろ"]), st.sampled_from(["", "1-1", "1-1;1-2"]))))
def test_rows_in_are_rows_used_and_set_aside(rows: list[tuple[str, str]]) -> None:
    data = table(text=[t for t, _ in rows], code=[c for _, c in rows])
    result = ingest_table(data, BOOK, source="a.csv")
    located = [*result.labels["location"].unique(), *result.set_aside["location"]]
    assert sorted(located) == sorted(f"R{n}" for n in range(2, len(rows) + 2))
    assert result.counts["used"] + result.counts["set_aside"] == result.counts["lines"] == len(rows)


def test_a_labels_table_keeps_its_origin(seed: Ingested) -> None:
    result = ingest_table(seed.labels, seed.codebook, source="labels.csv")
    pd.testing.assert_frame_equal(result.labels, seed.labels)


def test_named_columns_lead_over_usual_names() -> None:
    data = table(
        text=["甲", "乙"], 原文=["一", "二"], code=["x", "y"], 分類番号=["1-1", "1-2"], 番号=["p", "q"]
    )
    result = ingest_table(
        data, BOOK, text_column="原文", code_column="分類番号", id_column="番号", source="a.csv"
    )
    assert result.labels[["opinion_id", "text", "code"]].values.tolist() == [
        ["p", "一", "G1-1"],
        ["q", "二", "G1-2"],
    ]


def test_without_a_codebook_it_is_made_of_the_table() -> None:
    data = table(
        意見=["一", "", "三"], コード=["G1-1", "G9-9", "G1-2"], 項目名=["見守り", "空の行", "サロン"]
    )
    result = ingest_table(data, None, title_column="項目名", source="a.csv")
    assert [(n.code, n.title) for n in result.codebook] == [
        ("G1", "G1"),
        ("G1-1", "見守り"),
        ("G1-2", "サロン"),
    ]
    assert result.labels["code"].tolist() == ["G1-1", "G1-2"]


def test_what_the_list_of_decisions_offers_is_read() -> None:
    """The list of 「確定コード」 has 「該当なし」 and the levels above items, too."""
    decided = ["G1-1 見守り", "該当なし", "", "G1 安心", "none fits"]
    result = ingest_table(table(意見=list("一二三四五"), 確定コード=decided), BOOK, source="a.csv")
    assert result.labels[["text", "code"]].values.tolist() == [["一", "G1-1"], ["四", "G1"]]
    reasons = result.set_aside["reason"].tolist()
    assert ["該当なし" in r for r in reasons] == [True, False, True] and "空欄" in reasons[1]
    assert result.doubts["text"].tolist() == ["四"] and "上の階層" in result.doubts["reason"][0]
    # Without a codebook nothing becomes an item of that name.
    free = ingest_table(table(意見=["一", "二"], コード=["交通", "該当なし"]), None, source="a.csv")
    assert [n.title for n in free.codebook] == ["交通"]
    # Where an item is called so, it is a code.
    odd = Codebook.from_table(pd.DataFrame({"title": ["交通", "該当なし"]}))
    assert len(ingest_table(table(意見=["一"], コード=["該当なし"]), odd, source="a.csv").labels) == 1


@pytest.mark.parametrize(
    ("columns", "options", "row", "column", "words"),
    [
        ({"意見": ["い"], "コード": ["9-9"]}, {}, 2, "コード", "「9-9」はコードブックにありません"),
        ({"意見": ["い"], "コード": ["2025-01-01"]}, {}, 2, "コード", "日付"),
        ({"意見": ["い"], "コード": [";"]}, {}, 2, "コード", "ありません"),
        ({"意見": ["い"] * 14, "コード": ["1-1"] + ["zz"] * 13}, {}, 3, "コード", "ほか3件"),
        (
            {"意見": ["い", "ろ"], "コード": ["1-1", "1-1"], "ID": ["a", "a"]},
            {"id_column": "ID"},
            3,
            "ID",
            "2行目と重複",
        ),
        ({"意見": ["い"], "コード": ["1-1"], "ID": [" "]}, {"id_column": "ID"}, 2, "ID", "空欄"),
        ({"意見": ["い"], "コード": ["1-1"]}, {"id_column": "ID"}, None, None, "列「ID」がありません"),
        ({"意見": ["い"], "コード": ["1-1"]}, {"title_column": "題"}, None, None, "列「題」がありません"),
        ({"意見": ["い"], "コメント": ["ろ"], "コード": ["1-1"]}, {}, None, None, "意見、コメント、コード"),
        ({"意見": ["い"], "年代": ["1-1"]}, {}, None, None, "--code-column"),
    ],
)
def test_tables_that_cannot_be_used(
    columns: dict[str, list[str]], options: dict[str, str], row: int | None, column: str | None, words: str
) -> None:
    with pytest.raises(InputError) as error:
        ingest_table(table(**columns), BOOK, source="調査.csv", **options)  # type: ignore[arg-type]
    assert words in error.value.ja
    assert (error.value.place.file, error.value.place.row, error.value.place.column) == (
        "調査.csv",
        row,
        column,
    )
