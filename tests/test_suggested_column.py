"""A survey of several questions: what is made of suggestions reads the question that they are for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from commands import iken
from conftest import SEED_CODEBOOK, SEED_LABELS

from pipeline.codebook import Codebook
from pipeline.comment_column import SUGGESTED_FOR, column_suggested_for
from pipeline.errors import InputError
from pipeline.review.store import Store
from pipeline.review_items import Items, review_items
from pipeline.tableio import read_table, write_table

# 「意見」 is what a column of comments is called, so that it would be taken for the one that was coded.
ASKED = "問8 困りごと\n(自由記述)"
OTHER = ["静かな町だ", "", "海がきれいだ"]
COMMENTS = ["バスが少なくて病院に行けない", "一人暮らしの高齢者が心配だ", ""]
PLAIN = ("--codebook", SEED_CODEBOOK, "--no-pictures")


@pytest.fixture(scope="module", params=[".xlsx", ".csv"])
def suggestions(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Suggestions for the second of two questions."""
    folder = tmp_path_factory.mktemp("s")
    survey, out = folder / "回答.csv", folder / f"提案{request.param}"
    write_table(pd.DataFrame({"意見": OTHER, ASKED: COMMENTS}), survey)
    assert iken("suggest", survey, "--text-column", "問8困りごと(自由記述)", "--out", out) == 0
    assert set(read_table(out)[SUGGESTED_FOR]) == {ASKED}
    return out


def test_a_report_is_of_the_column_that_was_coded(suggestions: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.md"
    assert iken("report", suggestions, "--out", out, *PLAIN) == 0
    said = out.read_text("utf-8")
    assert COMMENTS[0] in said and COMMENTS[1] in said and not any(o in said for o in OTHER if o)
    # Whoever has masked the comments in a column of their own can still name it.
    masked = tmp_path / "公開用.csv"
    write_table(read_table(suggestions).assign(公開用="伏せた意見"), masked)
    assert iken("report", masked, "--out", out, *PLAIN, "--text-column", "公開用") == 0
    assert COMMENTS[0] not in out.read_text("utf-8")


def test_labels_are_of_the_column_that_was_coded(suggestions: Path, tmp_path: Path) -> None:
    filled = tmp_path / "記入.csv"
    write_table(read_table(suggestions).assign(確定コード="G3-3-2"), filled)
    assert iken("ingest", filled, "--codebook", SEED_CODEBOOK, "--out", tmp_path) == 0
    assert read_table(tmp_path / "labels" / "記入.csv")["text"].tolist() == COMMENTS[:2]


def test_a_form_asks_about_the_column_that_was_coded(suggestions: Path, tmp_path: Path) -> None:
    out = tmp_path / "確認.xlsx"
    assert iken("review", "sheet", suggestions, "--out", out, "--codebook", SEED_CODEBOOK) == 0
    assert sorted(read_table(out)["意見"]) == sorted(COMMENTS[:2])


def test_a_row_that_a_person_added_is_no_other_question(suggestions: Path, tmp_path: Path) -> None:
    """A cell without a value is nothing in Excel, and an empty text elsewhere."""
    table, out = read_table(suggestions), tmp_path / "確認.xlsx"
    added = pd.DataFrame([{"opinion_id": "追加", ASKED: "道路が暗い"}])
    longer = tmp_path / f"追加{suggestions.suffix}"
    write_table(pd.concat([table, added]).fillna(""), longer)
    assert iken("review", "sheet", longer, "--out", out, "--codebook", SEED_CODEBOOK) == 0
    assert sorted(read_table(out)["意見"]) == sorted([*COMMENTS[:2], "道路が暗い"])


def test_themes_are_of_the_column_that_was_coded(suggestions: Path, tmp_path: Path) -> None:
    assert iken("themes", suggestions, "--out", tmp_path / "t") == 0
    assert read_table(tmp_path / "t" / "theme_opinions.csv")["unit_text"].tolist() == COMMENTS


def test_the_review_page_shows_the_column_that_was_coded(suggestions: Path, tmp_path: Path) -> None:
    from pipeline.models import load_model
    from pipeline.review.loading import load_file

    store = Store.open(f"sqlite:///{tmp_path / 'r.sqlite'}")
    try:
        report = load_file(store, suggestions, load_model(Path("models/default")))
    finally:
        store.close()
    assert (report.text_column, report.comments) == (ASKED, 2)


def test_the_column_of_this_survey_is_not_asked_of_labels_before(suggestions: Path, tmp_path: Path) -> None:
    """Nobody could name theirs: the option is one."""
    out, columns = tmp_path / "o.md", ("--text-column", ASKED, "--previous", SEED_LABELS)
    assert iken("report", suggestions, "--out", out, *PLAIN, *columns) == 0
    assert "前回との比較" in out.read_text("utf-8")


def test_suggestions_for_two_columns_in_one_table_are_refused(suggestions: Path, tmp_path: Path) -> None:
    table, both = read_table(suggestions), tmp_path / "両方.csv"
    other = table.assign(**{SUGGESTED_FOR: "意見", "opinion_id": ["a", "b", "c"]})
    write_table(pd.concat([table, other]), both)
    for command in (
        ("report", both, "--out", tmp_path / "o.md", *PLAIN),
        ("review", "sheet", both, "--out", tmp_path / "o.xlsx", "--codebook", SEED_CODEBOOK),
    ):
        assert iken(*command) == 2
    assert not list(tmp_path.glob("o.*"))


@pytest.mark.parametrize("above", [ASKED, ""])
def test_the_column_that_was_coded_is_told_by_rows_far_below(suggestions: Path, above: str) -> None:
    """Tables are read some thousand rows at a time; what is told of the column may stand anywhere."""
    table, codebook = read_table(suggestions), Codebook.from_table(read_table(SEED_CODEBOOK))
    many = pd.concat([table] * 20, ignore_index=True)
    many = many.assign(opinion_id=[f"o{i}" for i in range(len(many))])
    many.loc[:29, SUGGESTED_FOR] = above

    def read(table: pd.DataFrame) -> Items:
        return review_items(
            (table[i : i + 10] for i in range(0, len(table), 10)), list(table.columns), codebook
        )

    assert set(read(many).asked["text"]) == set(COMMENTS[:2]) and len(read(many).asked) == 40
    many.loc[55:, SUGGESTED_FOR] = "意見"
    with pytest.raises(InputError, match="別々の列"):
        read(many)


def test_a_column_that_was_renamed_since_is_looked_for_by_its_name() -> None:
    assert column_suggested_for(["ご意見", "地区"], ["問8", "", "問8"], None) is None
    assert column_suggested_for(["問８"], ["問8"], None) == "問８"
    assert column_suggested_for(["問8"], [], None) is None
    with pytest.raises(InputError):
        column_suggested_for(["問8", "問5"], ["問8", "問5"], None)
