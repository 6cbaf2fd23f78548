from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pytest
from conftest import ROOT, SEED_CODEBOOK, SEED_LABELS

from pipeline.carried_labels import carry_labels, old_labels
from pipeline.codebook import Codebook
from pipeline.crosswalk import CROSSWALK, check_crosswalk, item_scores, propose_crosswalk
from pipeline.errors import InputError
from pipeline.tableio import read_table
from pipeline.tables import CODEBOOK, LABELS, records

REWORDED = ROOT / "tests/data/reworded_codebook.csv"


def codebook(*rows: tuple[str, str, str]) -> Codebook:
    """A codebook of (code, parent, title)."""
    return Codebook.from_table(
        CODEBOOK.table(dict(zip(("code", "parent", "title"), row, strict=True)) for row in rows)
    )


def marked(table: pd.DataFrame) -> dict[str, str]:
    return {r["old_code"]: r["new_code"] for r in records(table) if r["use"]}


@dataclass(frozen=True)
class Seed:
    old: Codebook
    new: Codebook
    labels: pd.DataFrame
    table: pd.DataFrame


@pytest.fixture(scope="module")
def seed() -> Seed:
    """The seed's plan and labels, the reworded plan, and the table proposed between them."""
    old, new = (Codebook.from_table(read_table(p)) for p in (SEED_CODEBOOK, REWORDED))
    labels = old_labels(read_table(SEED_LABELS), old)
    return Seed(old, new, labels, propose_crosswalk(old, new, labels))


def test_all_labels_of_the_seed_go_to_the_reworded_plan(seed: Seed) -> None:
    old, new, labels, table = seed.old, seed.new, seed.labels, seed.table
    carried, aside = carry_labels(labels, table, old, new)
    assert len(carried) == 84 and len(aside) == 0
    truth = {n.extra["was"]: n.code for n in new.items}
    assert len(truth) == 37 and not {n.title for n in new.items} & {n.title for n in old.items}
    right = sum(truth[c] == n for c, n in marked(table).items())
    assert right >= 36
    # Who coded an opinion, when and how is kept; the old code is too.
    kept = ["opinion_id", "source", "location", "text", "label_source", "coder", "labelled_at"]
    assert carried[kept].equals(labels[kept])
    assert carried["carried_from_code"].equals(labels["code"])
    assert carried["carried_from_codebook_sha256"].equals(labels["codebook_sha256"])
    assert set(carried["codebook_sha256"]) == {new.sha256} and set(carried["code"]) <= {
        n.code for n in new.items
    }


def test_each_old_item_has_its_row_and_others_to_choose_from(seed: Seed) -> None:
    old, new, table = seed.old, seed.new, seed.table
    rows = table.groupby("old_code").size()
    assert set(rows.index) == {n.code for n in old.items} and (rows >= 3).all()
    assert not table.duplicated(["old_code", "new_code"]).any()
    again = check_crosswalk(table, old, new)
    pd.testing.assert_frame_equal(again, table)


def test_a_person_must_look_where_two_items_are_not_each_others_best(seed: Seed) -> None:
    scores = item_scores(seed.old, seed.new, seed.labels)
    old, new = ([n.code for n in book.items] for book in (seed.old, seed.new))
    used = [r for r in records(seed.table) if r["use"] and r["relation"] != "統合"]
    for row in used:
        i, j = old.index(row["old_code"]), new.index(row["new_code"])
        best = scores[i, j] >= max(0.25, scores[i].max(), scores[:, j].max())
        assert row["relation"] == ("言い換え" if best else "要確認")
    assert {r["relation"] for r in used} == {"言い換え", "要確認"}


def test_a_plan_onto_itself_is_the_identity(plan: Codebook) -> None:
    table = propose_crosswalk(plan, plan)
    assert marked(table) == {n.code: n.code for n in plan.items}
    assert set(table[table["use"] != ""]["relation"]) == {"同じ題名"}


OLD = codebook(("A1", "", "公園の清掃"), ("A2", "", "歩道の段差の解消"), ("A3", "", "確定申告の窓口"))


REST = (("X1", "", "多世代交流の場づくり"), ("X2", "", "成年後見制度の普及"), ("X3", "", "バス路線の維持"), ("X4", "", "図書館の開館時間"),
        ("X5", "", "保育園の待機児童"), ("X6", "", "防災無線の聞こえ方"), ("X7", "", "ごみの分別"))  # fmt: skip


def test_an_item_without_a_continuation_is_left_to_people() -> None:
    old = codebook(*REST, ("A1", "", "確定申告の窓口"))
    table = propose_crosswalk(old, codebook(*REST))
    assert marked(table) == {c: c for c, _, _ in REST}
    assert table[table["old_code"] == "A1"]["relation"].tolist()[0] == "対応なし"


def test_two_old_items_may_become_one() -> None:
    old = codebook(*REST, ("A1", "", "公園の清掃"), ("A2", "", "公園の清掃活動"))
    table = propose_crosswalk(old, codebook(*REST, ("B1", "", "公園の清掃と美化")))
    assert marked(table) == {c: c for c, _, _ in REST} | {"A1": "B1", "A2": "B1"}
    assert "統合" in set(table[table["new_code"] == "B1"]["relation"])


def test_parts_of_an_item_and_new_items_are_shown() -> None:
    old = codebook(*REST, ("A1", "", "公園の清掃と遊具の点検"))
    new = codebook(*REST, ("B1", "", "公園の清掃"), ("B2", "", "公園の遊具の点検"), ("B3", "", "確定申告"))
    table = propose_crosswalk(old, new)
    relations = {(r["old_code"], r["new_code"]): r["relation"] for r in records(table)}
    parts = [relations["A1", "B1"], relations["A1", "B2"]]
    assert parts.count("分割の候補") == 1 and marked(table)["A1"] in ("B1", "B2")
    assert relations["", "B3"] == "新設の疑い"


def test_opinions_help_where_titles_say_nothing() -> None:
    old = codebook(("A1", "", "その一"), ("A2", "", "その二"))
    new = codebook(("B1", "", "バスの増便"), ("B2", "", "公園の清掃"))
    labels = LABELS.table(
        {"opinion_id": str(i), "text": t, "code": c}
        for i, (t, c) in enumerate([("公園の清掃をしてほしい", "A1"), ("バスを増やしてほしい", "A2")])
    )
    scores = item_scores(old, new, labels) - item_scores(old, new)
    assert scores[0, 1] > scores[0, 0] and scores[1, 0] > scores[1, 1]


# -- the edited table ------------------------------------------------------------------------------

NEW = codebook(("B1", "", "公園"), ("B2", "", "道"), ("B3", "", "税"))


def edited(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return CROSSWALK.table(dict(zip(("old_code", "new_code", "use"), r, strict=True)) for r in rows)


def test_marks_of_people_are_understood() -> None:
    table = check_crosswalk(edited(("A1", "B1", "◯"), ("A2", "B2", "×"), ("A3", "ｂ3", "はい")), OLD, NEW)
    assert marked(table) == {"A1": "B1", "A3": "B3"}
    assert table["new_title"].tolist() == ["公園", "道", "税"]


@pytest.mark.parametrize(
    ("rows", "row", "column", "says"),
    [
        ([("A1", "B1", "○"), ("A9", "B1", "")], 3, "old_code", "A9"),
        ([("A1", "B9", "○")], 2, "new_code", "B9"),
        ([("A1", "B1", "たぶん")], 2, "use", "たぶん"),
        ([("A1", "", "○")], 2, "new_code", ""),
        ([("A1", "B1", "○"), ("A1", "B1", "○")], 3, None, "2行目"),
    ],
)
def test_faults_of_the_edited_table_are_named(
    rows: list[tuple[str, str, str]], row: int, column: str | None, says: str
) -> None:
    with pytest.raises(InputError) as caught:
        check_crosswalk(edited(*rows), OLD, NEW, "t.csv")
    assert (caught.value.place.file, caught.value.place.row, caught.value.place.column) == (
        "t.csv",
        row,
        column,
    )
    assert says in caught.value.ja


def test_a_table_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="use"):
        check_crosswalk(pd.DataFrame({"old_code": ["A1"], "new_code": ["B1"]}), OLD, NEW)
