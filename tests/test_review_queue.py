"""Which comments first, the hidden share, expected precision; files into the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.codebook import Codebook
from pipeline.coding import Coder, Coding
from pipeline.doubt import REASONS as DOUBTS
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.no_answer import NO_OPINION
from pipeline.review.loading import LoadReport, load_file
from pipeline.review.queue import REASONS, expected_precision, priority_of, reasons_of
from pipeline.review.sampling import is_hidden
from pipeline.review.store import Store
from pipeline.review.views import Filters
from pipeline.suggestion import suggest
from pipeline.tableio import write_table
from pipeline.workbook import SuggestionWorkbook

SURVEY = pd.DataFrame(
    {
        "番号": ["01", "02", "03", "04", "05", "06"],
        "地区": ["北", "南", "北", "南", "北", "南"],
        "意見": [
            "公園の清掃を続けたいです",
            "=1+1 <script>alert(1)</script>",
            "",
            "特になし",
            "公園の清掃を続けたいです。",
            "電話は090-1234-5678です。" + "歩道の段差が危ない。" * 30,
        ],
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(str(tmp_path / "review.db"))) as store:
        yield store


def write(folder: Path, table: pd.DataFrame = SURVEY, name: str = "survey.csv") -> Path:
    write_table(table, folder / name)
    return folder / name


def read(store: Store, path: Path, model: Model, **more: object) -> LoadReport:
    return load_file(store, path, model, hidden_share=0.0, **more)  # type: ignore[arg-type]


# -- order -----------------------------------------------------------------------------------------


def test_every_doubt_has_words_and_weight() -> None:
    assert set(REASONS) > set(DOUBTS)
    unsure = Coding("要確認", ("A",), (0.4,))
    for reason in REASONS:
        assert priority_of(unsure, [reason]) > priority_of(unsure, [])


def test_what_teaches_most_comes_first() -> None:
    sure, unsure = Coding("提案", ("A",), (0.9,)), Coding("要確認", ("A",), (0.3,))
    by_order = [
        priority_of(unsure, ["doubt_unlike_anything", "doubt_low_confidence"]),
        priority_of(unsure, ["doubt_low_confidence"]),
        priority_of(unsure, []),
        priority_of(unsure, [], is_copy=True),
        priority_of(sure, []),
        priority_of(Coding(NO_OPINION), ["long"]),
    ]
    assert by_order == sorted(by_order, reverse=True)
    assert len(set(by_order)) == len(by_order)


def test_long_texts_are_named(model: Model) -> None:
    texts = ["歩道の段差が危ない", "歩道の段差が危ない。" * 30]
    short, long = (reasons_of(c, t) for c, t in zip(Coder(model).code(texts), texts, strict=True))
    assert "long" not in short
    assert "long" in long


# -- shares and precision --------------------------------------------------------------------------


def test_the_hidden_share_is_stable_and_of_its_size() -> None:
    ids = [f"R{i}" for i in range(5000)]
    hidden = {i for i in ids if is_hidden(i, 0.1)}
    assert 430 < len(hidden) < 570
    assert hidden == {i for i in reversed(ids) if is_hidden(i, 0.1)}
    assert hidden < {i for i in ids if is_hidden(i, 0.3)}
    assert hidden != {i for i in ids if is_hidden(i, 0.1, seed=1)}
    assert is_hidden("R1", 0.1) == is_hidden("R1", 0.1, seed=0)


def test_expected_precision_counts_held_out_opinions(model: Model) -> None:
    found = expected_precision(model)
    held_out = model.classifier.held_out_.astype(float)
    classes = model.classifier.classes_[held_out.argmax(axis=1)]
    right = classes == model.opinions["code"].to_numpy()
    for row in found:
        sure = held_out.max(axis=1) >= row.threshold
        assert row.n == sure.sum() > 0
        assert row.precision == pytest.approx(right[sure].mean(), abs=1e-6)
        assert row.low <= row.precision <= row.high
        assert row.share == pytest.approx(sure.mean(), abs=1e-4)
    assert found[0].n == len(model.opinions) - int((held_out.max(axis=1) < found[0].threshold).sum())


# -- files -----------------------------------------------------------------------------------------


def suggested(store: Store, code: str) -> list[int]:
    """Return the comments whose first suggestion is of this item."""
    return [v.comment_id for v in store.listing("a", filters=Filters(item=code))[0]]


def test_a_survey_file(store: Store, model: Model, tmp_path: Path) -> None:
    report = read(store, write(tmp_path), model, id_column="番号")
    assert (report.rows, report.loaded, report.comments, report.added) == (6, 5, 5, 5)
    assert report.set_aside[["location", "reason"]].values.tolist() == [["R4", "本文が空欄"]]
    assert report.text_column == "意見"
    views, _ = store.listing("a")
    assert [v.opinion_id for v in views] == ["01", "02", "04", "05", "06"]
    assert [v.text for v in views] == [t for t in SURVEY["意見"] if t]
    assert store.columns() == ["地区"]
    assert [v.columns["地区"] for v in views] == ["北", "南", "南", "北", "南"]
    assert [v.group_id for v in views] == ["D1", "", "", "D1", ""]
    assert views[0].group_size == 2
    assert views[2].priority == 0
    assert "long" in views[4].reasons
    assert "doubt_personal_data" in views[4].reasons
    coding = Coder(model).code([SURVEY["意見"][0]], 5)[0]
    assert views[0].comment_id in suggested(store, coding.codes[0])
    assert store.next_comment("a", filters=Filters(reason="long")).opinion_id == "06"  # type: ignore[union-attr]
    queue = [v.priority for v in store.listing("a", queue="informative")[0]]
    assert queue == sorted(queue, reverse=True)


def test_opening_the_same_file_again(store: Store, model: Model, tmp_path: Path) -> None:
    path = write(tmp_path)
    read(store, path, model)
    before = store.listing("a")
    assert before[0][0].opinion_id == "survey-R2"
    assert read(store, path, model).added == 0
    assert store.listing("a") == before
    other = write(tmp_path, SURVEY[:2], "other.csv")
    with pytest.raises(InputError, match=r"survey\.csv"):
        read(store, other, model)


def test_a_renamed_file_goes_on(store: Store, model: Model, tmp_path: Path) -> None:
    """Ids without a column of their own are made of the file's name."""
    path = write(tmp_path)
    assert read(store, path, model).added > 0
    ids = [v.opinion_id for v in store.listing("a")[0]]
    assert read(store, path.rename(tmp_path / "調査_2026.csv"), model).added == 0
    assert [v.opinion_id for v in store.listing("a")[0]] == ids and ids[0] == "survey-R2"


def test_the_same_file_by_other_columns_is_another_review(store: Store, model: Model, tmp_path: Path) -> None:
    text = "①公園の清掃を続けたいです。②歩道の段差が危ないので直してください。"
    rows = {
        "番号": ["a", "b"],
        "別番号": ["c", "d"],
        "意見": [text, "坂が多い"],
        "要望": ["街灯がほしい", ""],
    }
    path = write(tmp_path, pd.DataFrame(rows))
    usual = {"text_column": "意見", "id_column": "番号"}
    read(store, path, model, **usual)
    before = store.listing("a")
    for other in ({"text_column": "要望"}, {"id_column": "別番号"}, {"id_column": None}):
        with pytest.raises(InputError, match=r"別の列で読み込まれています.*--db"):
            read(store, path, model, **usual | other)
    with pytest.raises(InputError, match=r"--units を外す"):
        read(store, path, model, units=True, **usual)
    assert store.listing("a") == before
    assert read(store, path, model, **usual).comments == 2
    # What was divided when it was loaded stays so, and is counted so.
    with closing(Store.open(str(tmp_path / "units.db"))) as divided:
        assert read(divided, path, model, units=True, **usual).comments == 3
        for units in (True, False):
            again = read(divided, path, model, units=units, **usual)
            assert (again.comments, again.added, again.loaded) == (3, 0, 2)


def test_hidden_share_of_a_file(store: Store, model: Model, tmp_path: Path) -> None:
    table = pd.DataFrame({"意見": [f"公園の{n}番のベンチ" for n in range(200)]})
    load_file(store, write(tmp_path, table), model, hidden_share=0.25)
    views = store.listing("a", limit=200)[0]
    assert 30 < sum(v.hidden for v in views) < 70
    assert all(v.hidden == is_hidden(v.opinion_id, 0.25) for v in views)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sheet"])
def test_a_file_of_suggestions(store: Store, model: Model, plan: Codebook, tmp_path: Path, kind: str) -> None:
    table = suggest(model, SURVEY, text_column="意見", id_column="番号", top=4)
    path = tmp_path / f"suggestions.{'csv' if kind == 'csv' else 'xlsx'}"
    if kind == "sheet":
        with SuggestionWorkbook(path, list(table.columns), plan, top=4, text_column="意見") as book:
            book.write(table)
    else:
        write_table(table, path)
    report = read(store, path, model)
    assert report.suggested_by == model.model_id
    assert (report.loaded, report.text_column) == (5, "意見")
    views = store.listing("a")[0]
    assert [v.opinion_id for v in views] == ["01", "02", "04", "05", "06"]
    assert store.columns() == ["番号", "地区"]
    for view, row in zip(views, table[table["意見"] != ""].to_dict("records"), strict=True):
        assert not row["code_1"] or view.comment_id in suggested(store, row["code_1"])


def test_the_long_table_of_suggestions(store: Store, model: Model, tmp_path: Path) -> None:
    table = suggest(model, SURVEY, text_column="意見", id_column="番号", top=3, long=True)
    report = read(store, write(tmp_path, table), model)
    assert report.rows == len(table) == report.loaded + len(report.set_aside)
    assert [v.text for v in store.listing("a")[0]] == [t for t in SURVEY["意見"] if t]


def test_units_of_long_comments(store: Store, model: Model, tmp_path: Path) -> None:
    text = "①公園の清掃を続けたいです。②歩道の段差が危ないので直してください。"
    report = read(store, write(tmp_path, pd.DataFrame({"意見": [text, "坂が多い"]})), model, units=True)
    views = store.listing("a")[0]
    assert (report.loaded, report.comments) == (2, 3)
    assert [v.unit for v in views] == ["1", "2", ""]
    assert {v.text for v in views[:2]} == {text}
    assert views[0].unit_text == "公園の清掃を続けたいです。"
    assert views[1].unit_text in text
    assert views[0].comment_id in suggested(store, "G1-1-1")
    assert views[1].comment_id in suggested(store, "G2-1-1")


@pytest.mark.parametrize(
    ("table", "options", "said"),
    [
        (SURVEY.assign(番号="1"), {"id_column": "番号"}, "3行目"),
        (SURVEY.assign(番号=" "), {"id_column": "番号"}, "2行目"),
        (SURVEY, {"text_column": "感想"}, "感想"),
        (SURVEY.rename(columns={"意見": "x"}), {}, "--text-column"),
        (SURVEY, {"hidden_share": 1.5}, "0から1"),
    ],
)
def test_files_that_cannot_be_used_leave_the_store_empty(
    store: Store, model: Model, tmp_path: Path, table: pd.DataFrame, options: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        load_file(store, write(tmp_path, table), model, **options)  # type: ignore[arg-type]
    assert store.is_empty()


def test_characters_no_database_takes(database_url: str, model: Model, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text('{"意見": "公園\\u0000の\\ud800清掃", "地区": "\\u0000"}\n', encoding="utf-8")
    with closing(Store.open(database_url)) as store:
        load_file(store, path, model, text_column="意見", hidden_share=0)
        view = store.next_comment("a")
        assert view is not None
        assert view.text == "公園\ufffdの\ufffd清掃"
        store.save(
            "a",
            view.comment_id,
            "unsure",
            note="\x00",
            suggestion_shown=True,
            expected_seq=0,
            client_token="t",
        )
        assert np.array_equal(store.decisions_table()["note"], ["\ufffd"])
