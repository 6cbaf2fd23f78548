"""The store of a review, the same on SQLite and on a real PostgreSQL; faults of the database."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from review_comments import FIRST, comments, load, save, take
from sqlalchemy import event, text

from pipeline.accuracy import acceptance_rate
from pipeline.adjudicate import adjudicate
from pipeline.agreement import agreement
from pipeline.codebook import Codebook
from pipeline.decision_checks import ADJUDICATION
from pipeline.decisions import check_decisions, current_decisions
from pipeline.errors import IkenError, InputError
from pipeline.review import database, people
from pipeline.review.database import Database
from pipeline.review.schema import Base
from pipeline.review.store import Store
from pipeline.review.views import (
    BulkChoice,
    BulkResult,
    Filters,
    NotYours,
    Saved,
    StaleDecision,
    StoreBusy,
    StoreFull,
    TooManyAttempts,
)
from pipeline.tables import records

START = datetime.fromisoformat("2025-07-01T09:00:00+09:00")
PASSWORD = "correct horse"


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def empty(database_url: str, clock: Clock) -> Iterator[Store]:
    """A store without a project."""
    with closing(Store.open(database_url, clock=clock)) as store:
        yield store


@pytest.fixture
def store(empty: Store, plan: Codebook) -> Store:
    """Six comments to code."""
    return load(empty, plan)


# -- opening and loading ---------------------------------------------------------------------------


def test_migrations_lead_to_the_declared_tables(empty: Store) -> None:
    with empty._db.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_loading_again_adds_nothing_and_changes_nothing(store: Store, plan: Codebook) -> None:
    before = store.listing("a")
    assert store.load_comments(comments(6)) == 0
    assert store.load_comments(comments(7)) == 1
    assert store.listing("a")[0][:6] == before[0]
    with pytest.raises(InputError, match="o1"):
        store.load_comments(comments(1, text="別の本文"))
    assert store.count() == 7


def test_another_file_needs_another_database(store: Store, plan: Codebook) -> None:
    with pytest.raises(InputError, match=r"s\.csv"):
        store.set_project(source="t.csv", source_sha256="x", model_id="m", codebook=plan, columns=[])
    # The same file saved again is not "another file".
    with pytest.raises(InputError, match=r"中身が変わっています.*--db") as told:
        store.set_project(source="s.csv", source_sha256="x", model_id="m", codebook=plan, columns=[])
    assert "別のファイル" not in told.value.ja and "another file" not in told.value.en


def test_a_model_of_another_plan_needs_another_database(store: Store, plan: Codebook) -> None:
    def reopen(codebook: Codebook) -> None:
        store.set_project(
            source="s.csv", source_sha256="abc", model_id="m-2", codebook=codebook, columns=["地区", 'a"b.c']
        )

    table = plan.to_table()
    store.amend_definition("G1-1-1", "公園の掃除", "judge")
    reopen(plan)
    reopen(Codebook.from_table(table.assign(definition="言い換えた説明")))
    with pytest.raises(InputError, match=r"G2-1-2.*データベースだけ.*--db"):
        reopen(Codebook.from_table(table[table["code"] != "G2-1-2"]))
    more = table[table["code"] == "G2-1-2"].assign(code="G2-1-3", number="③", title="信号")
    with pytest.raises(InputError, match=r"G2-1-3.*モデルだけ.*--db"):
        reopen(Codebook.from_table(pd.concat([table, more])))
    assert store.codebook()["G1-1-1"].definition == "公園の掃除"


def test_what_was_stored_is_there_after_opening_again(database_url: str, plan: Codebook) -> None:
    with closing(Store.open(database_url)) as store:
        assert store.is_empty()
        load(store, plan)
        save(store, "a", take(store, "a"), "G1-1-2", "G2-1-1")
        table = store.decisions_table()
    with closing(Store.open(database_url)) as store:
        assert not store.is_empty()
        pd.testing.assert_frame_equal(store.decisions_table(), table)
        assert store.backup is None
        assert [n.code for n in store.codebook()] == [n.code for n in plan]
        assert store.codebook().sha256 == plan.sha256


# -- handing out -----------------------------------------------------------------------------------


def test_queues_have_their_order(store: Store) -> None:
    assert take(store, "a", queue="file").opinion_id == "o1"
    assert take(store, "b").opinion_id == "o2"  # the most informative that nobody holds
    assert take(store, "b", queue="file", after=take(store, "b").comment_id).opinion_id == "o3"
    with pytest.raises(InputError, match="random"):
        store.next_comment("a", queue="random")


def test_skipping_goes_round_and_gives_the_lease_back(store: Store) -> None:
    first = take(store, "a")
    seen = [first]
    for _ in range(6):
        seen.append(take(store, "a", after=seen[-1].comment_id))
    assert [v.opinion_id for v in seen] == ["o1", "o2", "o3", "o4", "o5", "o6", "o1"]
    assert take(store, "b").opinion_id == "o2"


def test_a_lease_ends_after_a_while(store: Store, clock: Clock) -> None:
    assert take(store, "a") != take(store, "b")
    clock.forward(minutes=16)
    view = take(store, "b")
    assert view.opinion_id == "o1"
    with pytest.raises(NotYours, match="b"):
        save(store, "a", view, "G1-1-1")
    take(store, "b", after=view.comment_id)  # goes on, and gives it back
    save(store, "a", view, "G1-1-1")


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(item="G1-1-1"), "o3 o6"),
        (Filters(item="G1"), "o1 o3 o4 o6"),
        (Filters(columns={"地区": "北"}), "o1 o3 o5"),
        (Filters(columns={'a"b.c': '"2"'}), "o2"),
        (Filters(columns={"地区": "北", 'a"b.c': '"2"'}), ""),
        (Filters(reason="long"), "o4"),
        (Filters(text="見5"), "o5"),
        (Filters(text="%"), ""),
        (Filters(status="decided"), ""),
    ],
)
def test_filters(store: Store, filters: Filters, ids: str) -> None:
    found, total = store.listing("a", filters)
    assert [v.opinion_id for v in found] == ids.split()
    assert total == len(found)
    first = store.next_comment("a", queue="file", filters=filters)
    assert (first.opinion_id if first else "") == ids.partition(" ")[0]


def test_filters_by_status_and_by_decided_code(store: Store) -> None:
    save(store, "a", take(store, "a"), "G2-1-2")
    store.save(
        "a", take(store, "a").comment_id, "unsure", suggestion_shown=True, expected_seq=0, client_token="u"
    )
    save(store, "a", take(store, "a"))

    def ids(**filters: str) -> list[str]:
        return [v.opinion_id for v in store.listing("b", Filters(**filters))[0]]  # type: ignore[arg-type]

    assert ids(status="decided") == ["o1", "o2", "o3"]
    assert ids(status="unsure") == ["o2"]
    assert ids(status="none-fits") == ["o3"]
    assert ids(status="all", item="G2-1-2") == ["o1"]
    assert ids() == ["o4", "o5", "o6"]
    assert take(store, "b", filters=Filters(status="unsure")).opinion_id == "o2"
    with pytest.raises(InputError, match="done"):
        ids(status="done")


def test_unknown_columns_and_comments_are_refused(store: Store) -> None:
    with pytest.raises(InputError, match="年代"):
        store.listing("a", Filters(columns={"年代": "60"}))
    with pytest.raises(InputError, match="年代"):
        store.column_values("年代")
    with pytest.raises(InputError, match="99"):
        store.get(99, "a")
    assert store.column_values("地区") == [("北", 3), ("南", 3)]


def test_the_page_before(store: Store) -> None:
    assert store.previous("a") is None
    one, two = take(store, "a"), None
    save(store, "a", one, "G1-1-1")
    two = take(store, "a")
    save(store, "a", two, "G1-1-1")
    assert store.previous("a").opinion_id == two.opinion_id  # type: ignore[union-attr]
    assert store.previous("a", before=two.comment_id).opinion_id == one.opinion_id  # type: ignore[union-attr]
    assert store.previous("a", before=one.comment_id) is None
    assert store.previous("b") is None


def test_hidden_suggestions_are_told(empty: Store, plan: Codebook) -> None:
    load(empty, plan, hidden_suggestions=True)
    view = take(empty, "a")
    assert view.hidden


def test_near_identical_comments(empty: Store, plan: Codebook) -> None:
    load(empty, plan, group_id="D1")
    first = take(empty, "a")
    assert first.group_size == 6


# -- deciding --------------------------------------------------------------------------------------


def test_a_decision_in_the_table_of_decisions(store: Store, plan: Codebook) -> None:
    saved = save(store, "a", take(store, "a"), "G2-1-1", "G1-1-1", note="=1+1\nメモ")
    table = check_decisions(store.decisions_table())
    assert table["code"].tolist() == ["G2-1-1", "G1-1-1"]
    assert records(table)[0] == {
        "opinion_id": "o1",
        "unit": "",
        "text": "意見1です",
        "coder": "a",
        "action": "change",
        "code": "G2-1-1",
        "code_title": plan["G2-1-1"].title,
        "note": "=1+1\nメモ",
        "decided_at": "2025-07-01T09:00:00.000+09:00",
        "round": "1",
        "suggestion_shown": "yes",
        "suggested_code": "G1-1-2",
        "model_state": "m-1+0",
        "model_id": "m-1",
        "codebook_sha256": plan.sha256,
        "decision_id": saved.decision_id,
    }


def test_a_retry_is_stored_once(store: Store) -> None:
    view = take(store, "a")
    first = save(store, "a", view, "G1-1-2", token="t")
    again = save(store, "a", view, "G1-1-2", token="t")
    assert (again.seq, again.decision_id, again.repeated) == (first.seq, first.decision_id, True)
    assert len(store.decisions_table()) == 1
    with pytest.raises(InputError):
        save(store, "b", take(store, "b"), "G1-1-2", token="t")
    undone = store.undo("a", client_token="z")
    assert store.undo("a", client_token="z").seq == undone.seq  # type: ignore[union-attr]
    assert len(store.decisions_table()) == 2


def test_another_decision_under_the_same_token_is_not_taken_for_stored(store: Store) -> None:
    """The answer to the first press was lost, and the coder thought better of it."""
    view = take(store, "a")
    first = save(store, "a", view, "G1-1-2", token="t", note="メモ\x00")
    for codes, more in (((), {}), (("G2-1-1",), {}), (("G1-1-2",), {"note": "別のメモ"})):
        with pytest.raises(StaleDecision) as told:
            save(store, "a", view, *codes, token="t", **more)
        assert told.value.newer is not None and told.value.newer.codes == ("G1-1-2",)
    assert save(store, "a", view, "G1-1-2", token="t", note="メモ\x00").seq == first.seq
    assert len(store.decisions_table()) == 1


def test_a_stale_page_overwrites_nothing(store: Store) -> None:
    view = take(store, "a")
    save(store, "a", view, "G1-1-2")
    with pytest.raises(StaleDecision) as raised:
        save(store, "a", view, "G2-1-1", token="late")
    assert raised.value.newer is not None
    assert raised.value.newer.codes == ("G1-1-2",)
    store.undo("a", client_token="undo")
    with pytest.raises(StaleDecision) as raised:
        save(store, "a", view, "G2-1-1", token="later")
    assert raised.value.newer is None
    save(store, "a", store.get(view.comment_id, "a"), "G2-1-1", token="fresh")


def test_another_coder_does_not_decide_it_again(store: Store) -> None:
    view = take(store, "a")
    save(store, "a", view, "G1-1-2")
    with pytest.raises(StaleDecision):
        save(store, "b", view, "G2-1-1", token="b1")
    with pytest.raises(NotYours, match="a"):
        save(store, "b", store.get(view.comment_id, "b"), "G2-1-1", token="b2")


@pytest.mark.parametrize(
    ("action", "codes"),
    [
        ("accept", []),
        ("change", []),
        ("none-fits", ["G1-1-1"]),
        ("unsure", ["G1-1-1"]),
        ("undo", []),
        ("guess", []),
        ("change", ["G9"]),
        ("change", ["G1-1-1", "G1-1-1"]),
    ],
)
def test_decisions_that_make_no_sense_are_refused(store: Store, action: str, codes: list[str]) -> None:
    view = take(store, "a")
    with pytest.raises(InputError):
        store.save(
            "a",
            view.comment_id,
            action,
            codes,
            suggestion_shown=True,
            suggested_code="G1-1-2",
            expected_seq=0,
            client_token="t",
        )
    assert store.decisions_table().empty


def test_undo_brings_back_what_held_before(store: Store) -> None:
    assert store.undo("a", client_token="nothing") is None
    view = take(store, "a")
    save(store, "a", view, "G1-1-2")
    save(store, "a", store.get(view.comment_id, "a"), "G2-1-1")
    assert store.undo("a", client_token="1").comment_id == view.comment_id  # type: ignore[union-attr]
    assert store.get(view.comment_id, "a").decision.codes == ("G1-1-2",)  # type: ignore[union-attr]
    store.undo("a", client_token="2")
    assert store.get(view.comment_id, "a").decision is None
    assert store.undo("a", client_token="3") is None
    assert take(store, "b").opinion_id == "o2"  # the undone one is held for its coder
    assert take(store, "a").opinion_id == "o1"


def test_what_holds_is_what_the_table_says(store: Store, clock: Clock) -> None:
    """Any mixture of decisions, changes and undos by two coders, checked against `current_decisions`."""
    store.assign_double(1.0, ["a", "b"])
    order = random.Random(7)
    for step in range(150):
        coder = order.choice("ab")
        clock.forward(seconds=order.choice([0, 1]))
        if order.random() < 0.3:
            store.undo(coder, client_token=f"{step}")
        else:
            view = store.get(order.randint(1, 6), coder)
            save(store, coder, view, *order.choice([(), ("G1-1-1",), ("G2-1-1", "G1-1-2")]), token=f"{step}")
    held = {
        (row["opinion_id"], row["coder"], row["decision_id"])
        for row in records(current_decisions(store.decisions_table()))
    }
    views = [(store.get(i, coder), coder) for i in range(1, 7) for coder in "ab"]
    assert held == {(v.opinion_id, c, v.decision.decision_id) for v, c in views if v.decision}
    changes = {(c.comment_id, c.coder): c.codes for c in store.changes_since(0)}
    assert changes == {
        (v.comment_id, c): v.decision.codes if v.decision else ()
        for v, c in views
        if (v.comment_id, c) in changes
    }


def test_bulk_acceptance_says_what_it_left_out(empty: Store, plan: Codebook) -> None:
    load(empty, plan)
    empty.load_comments(
        [{**c, "opinion_id": "h", "hidden_suggestions": True, "position": 7} for c in comments(1)]
    )
    taken = take(empty, "b", queue="file")
    decided_before = take(empty, "a", queue="file")
    save(empty, "a", decided_before, "G2-1-2")
    choices = [BulkChoice(i, ("G1-1-1",), "G1-1-1", 0) for i in range(1, 8)]
    result = empty.bulk_accept("a", choices, model_state="m-1+0", client_token="bulk")
    assert len(result.saved) == 4
    assert [i for i, _, _ in result.skipped] == [taken.comment_id, decided_before.comment_id, 7]
    again = empty.bulk_accept("a", choices, model_state="m-1+0", client_token="bulk")
    assert all(s.repeated for s in again.saved)
    assert len(empty.decisions_table()) == 5


def accept_in_bulk(store: Store, coder: str, ids: Iterable[int], token: str) -> None:
    choices = [BulkChoice(i, ("G1-1-1",), FIRST[i % 3], store.get(i, coder).seq) for i in ids]
    done = store.bulk_accept(coder, choices, model_state="m-1+0", client_token=token)
    assert len(done.saved) == len(choices)


def test_a_bulk_acceptance_is_withdrawn_at_one_stroke(store: Store, plan: Codebook, clock: Clock) -> None:
    before = store.progress()
    save(store, "a", store.get(6, "a"), "G2-1-2")
    accept_in_bulk(store, "a", range(1, 6), "bulk")
    clock.forward(minutes=5)
    save(store, "a", store.get(2, "a"), "G2-1-1")  # decided again since
    store.undo("a", client_token="u")
    save(store, "a", store.get(3, "a"), "G2-1-1")  # this too, and it stays
    found = store.last_bulk("a")
    assert found is not None and (found.bulk, found.standing) == ("bulk", 4)
    assert datetime.fromisoformat(found.at) == START
    assert store.last_bulk("b") is None

    learner_knows = store.last_seq()
    done = store.undo_bulk("a", found.bulk, client_token="back")
    assert [s.comment_id for s in done.undone] == [1, 2, 4, 5] and done.left == 1
    assert store.last_bulk("a") is None
    assert [v.comment_id for v in store.listing("b")[0]] == [1, 2, 4, 5]
    assert take(store, "b", queue="file").comment_id == 1  # they are nobody's yet
    assert {c.comment_id: c.codes for c in store.changes_since(learner_knows)} == dict.fromkeys(
        [1, 2, 4, 5], ()
    )
    after = store.progress()
    assert (after.decided, after.open, after.shown) == (2, before.open - 2, 2)
    assert dict(after.by_item) == {"G2-1-1": 1, "G2-1-2": 1}
    table = check_decisions(store.decisions_table())
    held = current_decisions(table)
    assert dict(zip(held["opinion_id"], held["code"], strict=True)) == {"o6": "G2-1-2", "o3": "G2-1-1"}
    assert set(adjudicate(table, plan).labels["opinion_id"]) == {"o3", "o6"}


def test_a_withdrawn_bulk_acceptance_is_told_as_one_on_record(store: Store) -> None:
    accept_in_bulk(store, "a", (1, 2, 3), "bulk")
    save(store, "a", store.get(3, "a"), "G2-1-1")
    store.undo_bulk("a", "bulk", client_token="back")
    # The key's undo is of a single decision, and says so; that of the bulk acceptance below it does not.
    store.undo("a", client_token="u")
    undone = store.decisions_table().query("action == 'undo'")
    assert undone["note"].tolist() == ["まとめて確定の取り消し"] * 2 + ["", "まとめて確定の取り消し"]
    assert [(e.who, e.what, e.detail) for e in store.audit_log()] == [
        ("a", "bulk-undo", "2 / 3, accepted 2025-07-01T09:00:00")
    ]


def test_a_withdrawn_bulk_acceptance_does_not_come_back_from_under_what_was_decided_since(
    store: Store, plan: Codebook
) -> None:
    accept_in_bulk(store, "a", (1, 2, 3), "bulk")
    save(store, "a", store.get(3, "a"), "G2-1-1")
    save(store, "a", store.get(3, "a"), "G2-1-2")
    store.undo_bulk("a", "bulk", client_token="back")
    learner_knows = store.last_seq()
    store.undo("a", client_token="u")
    assert store.get(3, "a").decision.codes == ("G2-1-1",)  # type: ignore[union-attr]
    undone = store.undo("a", client_token="u2")
    assert undone is not None and undone.comment_id == 3 and store.get(3, "a").decision is None
    # Sent again, since the answer was lost; and there is nothing left to withdraw.
    again = store.undo("a", client_token="u2")
    assert again is not None and (again.seq, again.repeated) == (undone.seq, True)
    assert store.undo("a", client_token="u3") is None and store.last_bulk("a") is None
    assert [(c.comment_id, c.codes) for c in store.changes_since(learner_knows)] == [(3, ())]
    assert take(store, "b", queue="file").comment_id == 1
    assert current_decisions(store.decisions_table()).empty


def test_a_bulk_acceptance_that_was_not_withdrawn_holds_again_when_what_came_after_it_is_undone(
    store: Store,
) -> None:
    accept_in_bulk(store, "a", (1, 2), "one")
    store.undo("a", client_token="u")  # of comment 2 alone
    accept_in_bulk(store, "a", (2, 3), "two")
    store.undo_bulk("a", "two", client_token="back")
    save(store, "a", store.get(1, "a"), "G2-1-1")
    store.undo("a", client_token="u2")
    assert store.get(1, "a").decision.codes == ("G1-1-1",)  # type: ignore[union-attr]
    assert [f.standing for f in [store.last_bulk("a")] if f] == [1]


def test_the_same_bulk_acceptance_is_withdrawn_once(store: Store) -> None:
    accept_in_bulk(store, "a", (1, 2), "one")
    accept_in_bulk(store, "a", (3, 4), "two")
    found = store.last_bulk("a")
    assert found is not None and found.bulk == "two"
    first = store.undo_bulk("a", "two", client_token="back")
    # Sent again, since the answer was lost: the same answer.
    again = store.undo_bulk("a", "two", client_token="back")
    assert [s.seq for s in again.undone] == [s.seq for s in first.undone] and again.left == 0
    assert all(s.repeated for s in again.undone)
    # From another tab that still shows it: nothing is left of it, and the one before is not touched.
    late = store.undo_bulk("a", "two", client_token="late")
    assert (late.undone, late.left) == ((), 0)
    assert len(store.audit_log()) == 1 and len(store.decisions_table()) == 6
    earlier = store.last_bulk("a")
    assert earlier is not None and (earlier.bulk, earlier.standing) == ("one", 2)


def test_a_form_of_bulk_acceptance_sent_again_says_what_no_longer_holds(store: Store) -> None:
    choices = [BulkChoice(i, ("G1-1-1",), FIRST[i % 3], 0) for i in (1, 2, 3)]

    def send() -> BulkResult:
        return store.bulk_accept("a", choices, model_state="m-1+0", client_token="bulk")

    assert [s.comment_id for s in send().saved] == [1, 2, 3]
    save(store, "a", store.get(3, "a"), "G2-1-1")
    assert [s.comment_id for s in send().saved] == [1, 2]
    store.undo_bulk("a", "bulk", client_token="back")
    # As the browser does that goes back to the page before.
    again = send()
    assert again.saved == () and [i for i, _, _ in again.skipped] == [1, 2, 3]
    assert len(store.decisions_table()) == 6


def test_what_another_coder_has_decided_since_is_left(store: Store) -> None:
    accept_in_bulk(store, "a", (1, 2), "bulk")
    store.undo("a", client_token="u")
    store.next_comment("a", after=2)  # goes on, so that the comment is anybody's
    save(store, "b", store.get(2, "b"), "G2-1-1")
    done = store.undo_bulk("a", "bulk", client_token="back")
    assert [s.comment_id for s in done.undone] == [1] and done.left == 1
    assert [d.coder for d in [store.get(2, "a").decision] if d] == ["b"]


@pytest.mark.parametrize(("coder", "bulk", "token"), [("b", "bulk", "t"), ("a", "b%", "t"), ("a", "", "t"), ("a", "bulk", "")])  # fmt: skip
def test_only_ones_own_bulk_acceptance_can_be_withdrawn(
    store: Store, coder: str, bulk: str, token: str
) -> None:
    accept_in_bulk(store, "a", (1, 2), "bulk")
    with pytest.raises(InputError, match="まとめての確定"):
        store.undo_bulk(coder, bulk, client_token=token)
    assert len(store.decisions_table()) == 2 and store.audit_log() == []


def test_of_many_comments_bulk_acceptance_takes_copies_and_the_surest(empty: Store, plan: Codebook) -> None:
    load(empty, plan, 40)
    copies = comments(8, group_id="D1", priority=0.5)
    more = [
        *copies,
        *comments(2, hidden_suggestions=True, priority=0.0),
        *comments(1, first_code="", priority=0.0),
    ]
    empty.load_comments([{**c, "opinion_id": f"x{i}", "position": 50 + i} for i, c in enumerate(more)])
    views, total = empty.for_bulk("a", 10)
    assert [v.opinion_id for v in views] == [*(f"x{i}" for i in range(8)), "o40", "o39"]
    assert total == 51 and {v.group_size for v in views[:8]} == {8}
    save(empty, "a", views[0], "G2-1-2")
    empty.assign_double(1.0, ["a", "b"])
    assert empty.for_bulk("a", 10) == ([], 50)


def test_a_clock_that_is_set_back(store: Store, clock: Clock) -> None:
    view = take(store, "a")
    save(store, "a", view, "G1-1-1")
    clock.forward(hours=-1)
    save(store, "a", store.get(view.comment_id, "a"), "G2-1-1")
    assert current_decisions(store.decisions_table())["code"].tolist() == ["G2-1-1"]
    store.undo("a", client_token="u")
    assert current_decisions(store.decisions_table())["code"].tolist() == ["G1-1-1"]


# -- racing ----------------------------------------------------------------------------------------


def test_threads_share_the_queue_without_meeting(empty: Store, plan: Codebook) -> None:
    load(empty, plan, 60)
    start = threading.Barrier(6)

    def review(coder: str) -> list[int]:
        start.wait()
        handed = []
        while (view := empty.next_comment(coder)) is not None:
            handed.append(view.comment_id)
            save(empty, coder, view, "G1-1-1")
        return handed

    with ThreadPoolExecutor(6) as pool:
        handed = [i for part in pool.map(review, "abcdef") for i in part]
    assert sorted(handed) == list(range(1, 61))
    assert len(empty.decisions_table()) == 60


@pytest.mark.parametrize("same_coder", [True, False])
def test_of_two_who_race_for_one_comment_one_wins(store: Store, same_coder: bool) -> None:
    view = store.get(1, "a")
    start = threading.Barrier(2)

    def decide(n: int) -> Saved | IkenError:
        start.wait()
        try:
            return save(store, "a" if same_coder else f"coder{n}", view, "G1-1-1", token=f"{n}")
        except (StaleDecision, NotYours) as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(decide, range(2)))
    assert sorted(isinstance(r, Saved) for r in results) == [False, True]
    assert len(store.decisions_table()) == 1


# -- double coding ---------------------------------------------------------------------------------


def test_double_coding_is_blind(store: Store, plan: Codebook) -> None:
    assert len(store.assign_double(1.0, ["a", "b"])) == 6
    assert store.next_comment("c") is None
    view = take(store, "a")
    assert view.double
    assert view.hidden
    save(store, "a", view, "G1-1-1")
    other = take(store, "b")
    assert other.comment_id == view.comment_id
    assert other.decision is None
    assert other.seq == 0
    with pytest.raises(NotYours):
        save(store, "c", other, "G1-1-1")
    assert store.progress().decided == 0
    save(store, "b", other, "G1-1-2")
    assert store.progress().decided == 1
    assert store.get(view.comment_id, "a").decision.codes == ("G1-1-1",)  # type: ignore[union-attr]
    found = agreement(store.decisions_table(), plan).figures
    assert set(found["coder_a"]) >= {"a"}


def test_a_share_is_the_same_each_time_and_leaves_what_is_done(empty: Store, plan: Codebook) -> None:
    load(empty, plan, 300)
    held = take(empty, "c", queue="file")
    chosen = empty.assign_double(0.3, ["a", "b"], seed=3, hide=False)
    assert 60 < len(chosen) < 120
    assert empty.assign_double(0.3, ["a", "b"], seed=3) == []
    assert held.comment_id not in chosen
    view = empty.get(chosen[0], "a")
    assert view.double
    assert not view.hidden
    again = empty.assign_double(0.3, ["a", "c"], seed=3, round="2")
    assert set(chosen) <= set(again) <= {*chosen, held.comment_id}
    assert empty.rounds() == ["1", "2"]
    assert take(empty, "c", round="2").comment_id in again
    assert empty.next_comment("b", round="2") is None
    # A later round is nobody's but of those it was given to.
    theirs = empty.get(again[0], "c", round="2")
    with pytest.raises(NotYours):
        empty.get(again[0], "b", round="2")
    first = next(
        v.comment_id for v in empty.listing("a", round="1", limit=300)[0] if v.comment_id not in again
    )
    for comment_id, coder in ((first, "a"), (first, "b"), (again[0], "b")):
        with pytest.raises(NotYours):
            save(empty, coder, replace(theirs, comment_id=comment_id))
    save(empty, "c", theirs)
    assert len(empty.decisions_table()) == 1


@pytest.mark.parametrize(
    ("share", "coders", "round"),
    [(0.5, ["a"], "1"), (0.5, ["a", "a"], "1"), (0.0, ["a", "b"], "1"), (1.1, ["a", "b"], "1")]
    + [(0.5, ["a", "b"], r) for r in ("", ADJUDICATION)],
)
def test_assignments_that_make_no_sense(store: Store, share: float, coders: list[str], round: str) -> None:
    with pytest.raises(InputError):
        store.assign_double(share, coders, round=round)


def test_disagreements_are_settled_on_record(store: Store) -> None:
    store.assign_double(1.0, ["a", "b"])
    for codes_a, codes_b in [
        (["G1-1-1"], ["G1-1-2"]),
        (["G1-1-1", "G1-1-2"], ["G1-1-2", "G1-1-1"]),
        ([], []),
        ([], ["G2-1-1"]),
    ]:
        save(store, "a", take(store, "a"), *codes_a)
        save(store, "b", take(store, "b"), *codes_b)
    found = store.disagreements()
    assert [d.comment.opinion_id for d in found] == ["o1", "o4"]
    assert [d.coder for d in found[0].decisions] == ["a", "b"]
    assert found[0].settled is None
    first = found[0].comment.comment_id
    store.adjudicate("judge", first, "change", ["G1-1-2"], "清掃ではない", expected_seq=0, client_token="j1")
    with pytest.raises(StaleDecision):
        store.adjudicate("judge", first, "change", ["G1-1-1"], expected_seq=0, client_token="j2")
    assert [d.comment.opinion_id for d in store.disagreements(settled=False)] == ["o4"]
    settled = store.disagreements(settled=True)[0].settled
    assert settled is not None
    assert (settled.coder, settled.codes, settled.note) == ("judge", ("G1-1-2",), "清掃ではない")
    store.adjudicate("judge", first, "none-fits", expected_seq=settled.seq, client_token="j3")
    assert store.decisions_table()["round"].tolist()[-2:] == [ADJUDICATION] * 2
    assert store.rounds() == ["1"]


# -- record ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["decision", "audit"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_the_record(store: Store, table: str, change: str) -> None:
    save(store, "a", take(store, "a"), "G1-1-1")
    store.audit("a", "opened")
    column = "coder" if table == "decision" else "who"
    with (
        pytest.raises(Exception, match="append-only"),
        store._db.engine.execution_options(iken_write=True).begin() as connection,
    ):
        connection.execute(text(change.format(table, column)))
    assert store.decisions_table()["coder"].tolist() == ["a"]
    assert store.audit_log()[0].who == "a"


def test_what_is_open_is_open_for_the_table_too(empty: Store, plan: Codebook) -> None:
    load(empty, plan, 8)
    chosen = empty.assign_double(1.0, ["a", "b"])
    said = {1: ("?", "?"), 2: ("?", "G1-1-1"), 3: ("", ""), 4: ("G1-1-1", ""), 5: ("G1-1-1", "G1-1-1")}
    for i, answers in said.items():
        for coder, code in zip("ab", answers, strict=True):
            action = {"?": "unsure", "": "none-fits"}.get(code, "change")
            codes = [code] if action == "change" else []
            given: dict[str, object] = {"expected_seq": 0, "client_token": f"{coder}{i}"}
            empty.save(coder, chosen[i], action, codes, suggestion_shown=False, **given)  # type: ignore[arg-type]

    def opened() -> list[str]:
        found = adjudicate(empty.decisions_table(), plan).open["opinion_id"].tolist()
        assert [d.comment.opinion_id for d in empty.disagreements(settled=False)] == found
        return found

    ids = {n: empty.get(chosen[n], "a").opinion_id for n in said}
    assert opened() == [ids[1], ids[2], ids[4]]
    for n, action, codes in ((1, "change", ["G2-1-1"]), (2, "unsure", []), (4, "none-fits", [])):
        empty.adjudicate("judge", chosen[n], action, codes, expected_seq=0, client_token=f"j{n}")
    # Settled as unsure is not settled; it can be settled yet.
    assert opened() == [ids[2]]
    unsure = empty.disagreements(settled=False)[0]
    assert unsure.settled is not None
    given = {"expected_seq": unsure.settled.seq, "client_token": "again"}
    empty.adjudicate("judge", chosen[2], "change", ["G1-1-1"], **given)  # type: ignore[arg-type]
    assert opened() == [] and len(empty.disagreements(settled=True)) == 3


def test_the_last_round_of_each_coder_counts_for_what_is_open(empty: Store, plan: Codebook) -> None:
    load(empty, plan, 8)
    chosen = empty.assign_double(1.0, ["a", "b"])
    empty.assign_double(1.0, ["a", "b"], round="2")
    empty.assign_double(1.0, ["a", "c"], round="10")

    def say(n: int, round: str, **codes: str) -> None:
        for coder, code in codes.items():
            view = empty.get(chosen[n], coder, round=round)
            action, given = ("unsure", []) if code == "?" else ("change", [code])
            more: dict[str, object] = {"expected_seq": view.seq, "client_token": f"{n}{round}{coder}"}
            empty.save(coder, chosen[n], action, given, suggestion_shown=False, round=round, **more)  # type: ignore[arg-type]

    def opened() -> list[int]:
        table = adjudicate(empty.decisions_table(), plan).open["opinion_id"].tolist()
        page = [d.comment.opinion_id for d in empty.disagreements(settled=False)]
        # What one coder is unsure of is theirs to decide yet: told by its number only.
        assert set(page) <= set(table) and len(table) == len(page) + empty.unsure_alone()
        return [n for n in range(8) if empty.get(chosen[n], "a").opinion_id in page]

    for n in (0, 1, 2, 3):
        say(n, "1", a="G1-1-1", b="G1-1-2")
    say(4, "1", a="G1-1-1", b="G1-1-1")
    say(5, "1", a="?")
    assert opened() == [0, 1, 2, 3] and empty.unsure_alone() == 1
    say(0, "2", a="G1-1-1", b="G1-1-1")  # agreed at last
    say(1, "2", a="G1-1-2")  # with what the other said in the first round
    say(4, "2", a="G2-1-1")  # parted since
    say(2, "2", a="G1-1-1", b="G1-1-1")
    say(2, "10", a="G1-1-2", c="G1-1-1")
    assert opened() == [2, 3, 4]
    said = {d.comment.comment_id: d.decisions for d in empty.disagreements()}
    assert [(d.coder, d.codes) for d in said[chosen[2]]] == [
        ("a", ("G1-1-2",)),
        ("b", ("G1-1-1",)),
        ("c", ("G1-1-1",)),
    ]
    # Left open by the adjudicator, it stays so whatever the coders say then; settled, it can still be corrected.
    empty.adjudicate("judge", chosen[3], "unsure", expected_seq=0, client_token="j3")
    empty.adjudicate("judge", chosen[4], "change", ["G2-1-1"], expected_seq=0, client_token="j4")
    say(3, "2", a="G1-1-1", b="G1-1-1")
    say(4, "2", b="G2-1-1")
    assert opened() == [2, 3]
    assert [d.comment.comment_id for d in empty.disagreements(settled=True)] == [chosen[4]]


def test_a_second_adjudicator_corrects_the_first(empty: Store, plan: Codebook, clock: Clock) -> None:
    load(empty, plan, 2)
    first = empty.assign_double(1.0, ["a", "b"])[0]
    for coder, code in (("a", "G1-1-1"), ("b", "G1-1-2")):
        save(empty, coder, empty.get(first, coder), code)
    # By name before and after the first, since the newest holds and not the last of the alphabet.
    seq = 0
    for who, code in (("m", "G1-1-1"), ("a-judge", "G2-1-1"), ("m", "G1-1-2"), ("z", "G2-1-2")):
        clock.forward(seconds=-1)  # a computer's clock may be set back
        given = {"expected_seq": seq, "client_token": f"{who}{seq}"}
        seq = empty.adjudicate(who, first, "change", [code], **given).seq  # type: ignore[arg-type]
        settled = empty.disagreements()[0].settled
        assert settled is not None and (settled.coder, settled.codes) == (who, (code,))
        labels = adjudicate(empty.decisions_table(), plan).labels
        assert labels[["code", "coder", "label_source"]].values.tolist() == [[code, who, "adjudicated"]]
        assert empty.changes_since(seq - 1)[-1].codes == (code,)
    with pytest.raises(StaleDecision):
        empty.adjudicate("m", first, "none-fits", expected_seq=seq - 1, client_token="late")


def test_definitions_are_amended_and_kept(store: Store, plan: Codebook) -> None:
    store.amend_definition("G1-1-1", "公園の掃除", "judge")
    store.amend_definition("G1-1-1", "公園の清掃と除草", "judge")
    history = store.definition_history("G1-1-1")
    assert [d.text for d in history] == ["", "公園の掃除", "公園の清掃と除草"]
    assert store.codebook()["G1-1-1"].definition == "公園の清掃と除草"
    assert store.codebook().sha256 != plan.sha256
    save(store, "a", take(store, "a"), "G1-1-1")
    assert store.decisions_table()["codebook_sha256"][0] == store.codebook().sha256
    assert [(e.who, e.what, e.detail) for e in store.audit_log()] == [
        ("judge", "amend-definition", "G1-1-1 v2"),
        ("judge", "amend-definition", "G1-1-1 v1"),
    ]
    for call in (lambda: store.amend_definition("X", "", "j"), lambda: store.definition_history("X")):
        with pytest.raises(InputError, match="X"):
            call()


def test_the_line_above_a_comment_counts_as_the_dashboard_does(store: Store) -> None:
    """Decided is what all who are to decide it have decided; another round has its own comments only."""
    double = store.assign_double(0.5, ["a", "b"])
    second = store.assign_double(0.5, ["a", "b"], seed=1, round="2")
    for n, coder in enumerate("ab"):
        view = store.get(double[0], coder)
        store.save(
            coder,
            double[0],
            "none-fits",
            suggestion_shown=False,
            expected_seq=view.seq,
            client_token=coder,
        )
        for round_, mine in (("1", 1), ("2", 0)):
            now = store.progress(round_)
            assert store.counts(coder, round_) == (mine, now.decided, now.total)
        assert store.progress().decided == n
    assert store.progress("2").total == len(second) < store.progress().total == store.count()


def test_progress(empty: Store, plan: Codebook, clock: Clock) -> None:
    load(empty, plan, 10)
    for codes in (["G1-1-2"], ["G1-1-1", "G2-1-1"], [], ["G1-1-2"]):
        save(empty, "a", take(empty, "a"), *codes)
        clock.forward(minutes=1)
    clock.forward(minutes=30)
    save(empty, "b", take(empty, "b"), "G2-1-1")
    empty.undo("b", client_token="u")
    save(empty, "a", take(empty, "a", after=take(empty, "a").comment_id), "G2-1-1")
    now = empty.progress()
    assert (now.total, now.decided, now.open) == (10, 5, 5)
    assert now.by_action == {"accept": 2, "change": 2, "none-fits": 1}
    assert now.by_item == {"G1-1-1": 1, "G1-1-2": 2, "G2-1-1": 2}
    assert now.by_reason == {"long": (1, 2)}
    assert (now.accepted, now.shown) == (2, 5)
    assert (now.hits, now.judged) == (3, 5)  # a hit also as second code
    only = now.by_coder[0]
    assert (only.coder, only.decided, len(now.by_coder)) == ("a", 5, 1)
    assert only.per_hour == pytest.approx(60)  # one a minute, the half hour's break left out
    assert now.minutes_left == pytest.approx(5)
    clock.forward(hours=2)
    assert empty.progress().minutes_left is None


def test_progress_counts_comments_and_what_is_still_wanted(
    empty: Store, plan: Codebook, clock: Clock
) -> None:
    load(empty, plan, 4)
    assert len(empty.assign_double(1.0, ["a", "b"], hide=False)) == 4
    for _ in range(2):
        for coder in "ab":
            save(empty, coder, take(empty, coder), "G1-1-1")
        clock.forward(minutes=1)
    now = empty.progress()
    # Two comments, each coded by two; the other two want two decisions each, at two a minute.
    assert (now.decided, now.by_item) == (2, {"G1-1-1": 2})
    assert now.minutes_left == pytest.approx(2)


def test_acceptance_on_the_page_is_that_of_the_command(store: Store) -> None:
    first = take(store, "a")
    save(store, "a", first, FIRST[first.position % 3])
    # 「同上」: suggestions are on screen, but there is none for it.
    save(store, "a", take(store, "a"), suggested_code="")
    now, rate = store.progress(), acceptance_rate(store.decisions_table())
    assert (now.accepted, now.shown) == (1, 1) == (rate.value * rate.n, rate.n)


# -- people ----------------------------------------------------------------------------------------


def test_passwords(empty: Store) -> None:
    empty.add_account("花子", "reviewer", PASSWORD, who="admin")
    account = empty.verify_password("花子", PASSWORD, "10.0.0.1")
    assert account is not None
    assert (account.name, account.role, account.active) == ("花子", "reviewer", True)
    assert empty.verify_password("花子", PASSWORD + "!") is None
    assert empty.verify_password("太郎", PASSWORD) is None
    with empty._db.engine.connect() as connection:
        stored = connection.execute(text("SELECT password_hash FROM account")).scalar_one()
    assert stored.startswith("$argon2id$")
    assert [e.what for e in empty.audit_log()] == ["login-failed", "login-failed", "login", "add-account"]


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [
        ("", "reviewer", PASSWORD),
        ("a", "boss", PASSWORD),
        ("a", "admin", "short"),
        ("花子", "admin", PASSWORD),
    ],
)
def test_accounts_that_cannot_be(empty: Store, name: str, role: str, password: str) -> None:
    empty.add_account("花子", "reviewer", PASSWORD)
    with pytest.raises(InputError):
        empty.add_account(name, role, password)
    assert len(empty.accounts()) == 1


def test_a_name_is_one_however_its_spaces_are_typed(store: Store) -> None:
    store.add_account("佐藤　太郎", "reviewer", PASSWORD)
    assert [a.name for a in store.accounts()] == ["佐藤 太郎"]
    for name in ("佐藤　太郎", "佐藤 太郎"):
        assert (found := store.verify_password(name, PASSWORD)) is not None and found.name == "佐藤 太郎"
    with pytest.raises(InputError, match="重複"):
        store.assign_double(1.0, ["佐藤　太郎", "佐藤 太郎"])


def test_a_wrong_password_many_times(empty: Store, clock: Clock) -> None:
    empty.add_account("花子", "reviewer", PASSWORD)
    for _ in range(5):
        assert empty.verify_password("花子", "wrong password") is None
    with pytest.raises(TooManyAttempts) as raised:
        empty.verify_password("花子", PASSWORD)  # not even the right one
    assert raised.value.wait_seconds == 900
    clock.forward(minutes=15)
    assert empty.verify_password("花子", PASSWORD) is not None
    for _ in range(4):
        assert empty.verify_password("花子", "wrong password") is None  # counted from the last success


def test_a_name_typed_in_many_ways_is_one_name(empty: Store) -> None:
    empty.add_account("佐藤 花子", "admin", PASSWORD)
    ways = ["佐藤 花子", "佐藤　花子", "佐藤  花子", "佐藤\t花子", "佐藤　 花子"]
    assert [empty.verify_password(way, "wrong", "") for way in ways] == [None] * 5
    with pytest.raises(TooManyAttempts):
        empty.verify_password("佐藤   花子", PASSWORD)


def test_many_names_from_one_address(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "_BY_ADDRESS", 3)  # each check of a password is slow on purpose
    for n in range(3):
        assert empty.verify_password(f"name{n}", "wrong password", "10.0.0.1") is None
    with pytest.raises(TooManyAttempts):
        empty.verify_password("name99", "wrong password", "10.0.0.1")
    assert empty.verify_password("name99", "wrong password", "10.0.0.2") is None


def test_sessions(empty: Store, clock: Clock) -> None:
    empty.add_account("花子", "reviewer", PASSWORD)
    token, info = empty.create_session("花子", hours=1)
    assert empty.session_account(token) == info
    assert empty.session_account(token + "x") is None
    with empty._db.engine.connect() as connection:
        assert token not in str(connection.execute(text("SELECT * FROM session")).all())
    clock.forward(hours=1)
    assert empty.session_account(token) is None
    token, _ = empty.create_session("花子")
    empty.end_session(token)
    assert empty.session_account(token) is None


@pytest.mark.parametrize(
    "end",
    [lambda s: s.set_active("花子", False), lambda s: s.set_password("花子", "another password")],
)
def test_sessions_end_with_the_account_or_password(empty: Store, end: Callable[[Store], None]) -> None:
    empty.add_account("花子", "reviewer", PASSWORD)
    token, _ = empty.create_session("花子")
    end(empty)
    assert empty.session_account(token) is None
    assert empty.verify_password("花子", PASSWORD) is None
    with pytest.raises(InputError, match="太郎"):
        empty.set_active("太郎", False)


# -- older, newer and foreign databases ------------------------------------------------------------


def test_an_older_schema_is_brought_up_to_date(database_url: str) -> None:
    with closing(Database(database_url)) as old:
        old.upgrade(START, "0001")
        with old.engine.execution_options(iken_write=True).begin() as connection:
            connection.execute(
                text("INSERT INTO audit (at, who, what, detail) VALUES ('t', 'a', 'kept', '')")
            )
    with closing(Store.open(database_url, clock=Clock())) as store:
        assert [e.what for e in store.audit_log()] == ["kept"]
        store.add_account("花子", "reviewer", PASSWORD)
        backup = store.backup
    if database_url.startswith("sqlite"):
        assert backup is not None
        assert backup.name == "review.db.backup-0001-20250701T090000"
        with closing(sqlite3.connect(backup)) as copy:
            assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
            assert copy.execute("SELECT what FROM audit").fetchall() == [("kept",)]
    else:
        assert backup is None


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_a_database_is_its_owners_to_read(tmp_path: Path, plan: Codebook) -> None:
    """It holds residents' comments and password hashes; what people set later stays."""
    before = os.umask(0o022)
    try:
        path = tmp_path / "review.db"
        with closing(Database(str(path))) as old:
            old.upgrade(START, "0001")
        with closing(Store.open(str(path), clock=Clock())) as store:
            load(store, plan)
            files = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
            assert len(files) == 4 and set(files.values()) == {0o600}, files
        path.chmod(0o640)
        Store.open(str(path)).close()
        assert path.stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_newer_schema_is_refused(database_url: str) -> None:
    with (
        closing(Store.open(database_url)) as store,
        store._db.engine.execution_options(iken_write=True).begin() as connection,
    ):
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(InputError, match="9999"):
        Store.open(database_url)


def test_a_database_of_something_else_is_left_alone(database_url: str) -> None:
    with closing(Database(database_url)) as other:
        with other.engine.execution_options(iken_write=True).begin() as connection:
            connection.execute(text("CREATE TABLE letters (a TEXT)"))
        with pytest.raises(InputError, match="iken review"):
            Store.open(database_url)
        with other.engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM letters")).scalar() == 0


@pytest.mark.parametrize(
    "url", ["mysql://x/y", "sqlite://", "nowhere/review.db", "://", "postgresql://iken@/x?host=/nowhere"]
)
def test_urls_that_lead_nowhere(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IkenError):
        Store.open(url)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("意見" * 2000)
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"notes\.txt"):
        Store.open(str(path))
    assert path.read_bytes() == before


# -- faults ----------------------------------------------------------------------------------------


def test_a_locked_database(database_url: str, plan: Codebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_PATIENCE", 0.05)
    with closing(Store.open(database_url)) as store, closing(Database(database_url)) as other:
        view = take(load(store, plan), "a")
        with other.write():
            with pytest.raises(StoreBusy):
                save(store, "a", view, "G1-1-1")
            assert store.get(1, "a").decision is None  # reading goes on
        save(store, "a", view, "G1-1-1")
        assert len(store.decisions_table()) == 1


def test_a_database_server_that_ends_all_connections(new_postgres: Callable[[], str], plan: Codebook) -> None:
    url = new_postgres()
    with closing(Store.open(url)) as store, closing(Database(url)) as other:
        view = take(load(store, plan), "a")
        with other.read() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                )
            )
        save(store, "a", view, "G1-1-1")
        with pytest.raises(StoreBusy), store._db.write() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert len(store.decisions_table()) == 1


def test_a_full_disk(tmp_path: Path, plan: Codebook) -> None:
    with closing(Store.open(str(tmp_path / "review.db"))) as store:
        load(store, plan)
        pages = 2**20

        def limit(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}")

        event.listen(store._db.engine, "connect", limit)
        pages = 1  # SQLite takes the present size for it: not one page more
        store._db.engine.dispose()
        saved = []
        with pytest.raises(StoreFull):
            for n in range(1000):
                saved.append(save(store, "a", store.get(1, "a"), "G1-1-1", note="メモ" * 500, token=f"{n}"))
        assert len(store.decisions_table()) == len(saved) < 1000
        pages = 2**20
        store._db.engine.dispose()
        save(store, "a", store.get(1, "a"), "G1-1-1")
        assert len(store.decisions_table()) == len(saved) + 1


KILLED = """
import sys
from pipeline.review.store import Store
store = Store.open(sys.argv[1])
while True:
    view = store.get(1, "a")
    token = f"t{view.seq}"
    store.save("a", 1, "change", ["G1-1-1"], suggestion_shown=True, expected_seq=view.seq, client_token=token)
    print(token, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(database_url: str, plan: Codebook) -> None:
    with closing(Store.open(database_url)) as store:
        load(store, plan)
    running = subprocess.Popen(
        [sys.executable, "-c", KILLED, database_url], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    acknowledged = [running.stdout.readline().strip() for _ in range(20)]
    running.kill()
    acknowledged += running.stdout.read().split("\n")[
        :-1
    ]  # what was said before the end; a torn line is none
    running.stdout.close()
    running.wait()
    with closing(Store.open(database_url)) as store:
        with store._db.read() as session:
            stored = session.execute(text("SELECT client_token FROM decision ORDER BY seq")).scalars().all()
        assert stored[: len(acknowledged)] == acknowledged
        assert len(stored) <= len(acknowledged) + 1
        assert store.get(1, "a").decision is not None
