"""The review page over HTTP against a real store and a real model: pages, forms, rights, and what is refused."""

from __future__ import annotations

import hashlib
import html
import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from pipeline.codebook import Codebook
from pipeline.decisions import current_decisions
from pipeline.errors import InputError
from pipeline.models import Model
from pipeline.review import database, team_pages
from pipeline.review.app import create_app
from pipeline.review.desk import MAX_BODY, Settings
from pipeline.review.display import find_items
from pipeline.review.learning import SessionLearner, Suggested
from pipeline.review.loading import load_file
from pipeline.review.queue import ExpectedPrecision
from pipeline.review.security import CSP, check_binding, known_hosts
from pipeline.review.store import Store
from pipeline.review.views import Filters
from pipeline.tableio import read_table
from pipeline.tables import CODEBOOK
from pipeline.vectorcache import VectorCache

STATIC = Path("pipeline/review/static")
PASSWORD = "correct horse"
SWAP = {"HX-Request": "true"}
EVIL = '<script>alert("x")</script><b>公園</b>の清掃'
COMMENTS = [
    "公園のごみがひどい。清掃してほしい",
    "ブランコの遊具が壊れている",
    "落ち葉の掃除を手伝いたい",
    "歩道の段差をなくして",
    "通学路の見守りを増やして",
    EVIL,
    "=SUM(1) で始まる意見",
    "公園の遊具を新しくしてください。",
    "公園の遊具を新しくしてください!",
    "長い意見です。" + "道" * 19_993,
]
PAGES = ["/code", "/code/1", "/list", "/bulk", "/dashboard", "/agreement", "/adjudicate", "/codebook"]
PAGES += ["/codebook?code=G1-1-1", "/list?status=all&queue=file", "/items?q=", "/values?column=地区"]

# For what the database has no part in: once is enough.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Open = Callable[..., TestClient]


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    """A survey file with awkward comments."""
    path = tmp_path / "調査.csv"
    rows = {"番号": [f"n{i}" for i in range(1, len(COMMENTS) + 1)], "意見": COMMENTS}
    rows["地区"] = ["北" if i % 2 else "<i>南</i>" for i in range(len(COMMENTS))]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorCache]:
    """The comments' vectors, worked out once."""
    with VectorCache(tmp_path_factory.mktemp("vectors")) as cache:
        yield cache


@pytest.fixture
def store(database_url: str, survey: Path, model: Model, cache: VectorCache) -> Iterator[Store]:
    with closing(Store.open(database_url)) as store:
        load_file(store, survey, model, text_column="意見", id_column="番号", hidden_share=0.0, cache=cache)
        yield store


@pytest.fixture
def app(store: Store, model: Model, cache: VectorCache) -> Callable[..., Starlette]:
    """A function that opens the application, alone or for a team."""

    def make(**settings: object) -> Starlette:
        given = Settings(**{"coder": "佐藤", "coders": ("鈴木",), **settings})  # type: ignore[arg-type]
        return create_app(store, SessionLearner(model, store.texts(), cache), given)

    return make


@pytest.fixture
def browser(app: Callable[..., Starlette]) -> Open:
    """A function that returns a browser without login."""

    def make(**settings: object) -> TestClient:
        return client(app(**settings))

    return make


def client(app: Starlette, base: str = "http://127.0.0.1:8765") -> TestClient:
    return TestClient(app, base_url=base, follow_redirects=False)


def fields(page: str, form: str = 'id="decide"') -> dict[str, str]:
    """The hidden fields of a form."""
    start = page.index(form)
    part = page[start : page.index("</form>", start)]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part)
    return {name: html.unescape(value) for name, value in found}


def suggested(page: str) -> list[str]:
    """The suggestions on a page, best first."""
    return re.findall(r'data-key="\d" data-code="([^"]+)"', page)


def csrf(browser: TestClient) -> str:
    return fields(browser.get("/dashboard").text, 'action="/double"')["csrf"]


def team(app: Callable[..., Starlette], store: Store, **roles: str) -> dict[str, TestClient]:
    """Browsers of people who are logged in."""
    for name, role in roles.items():
        store.add_account(name, role, PASSWORD)
    made = app(team=True)
    found = {}
    for name in roles:
        found[name] = client(made)
        assert log_in(found[name], name).status_code == 303
    return found


def log_in(browser: TestClient, name: str, password: str = PASSWORD):  # type: ignore[no-untyped-def]
    token = fields(browser.get("/login").text, "action=")["csrf"]
    return browser.post("/login", data={"csrf": token, "name": name, "password": password})


def as_coder(browser: TestClient, name: str) -> TestClient:
    given = fields(browser.get("/dashboard").text, 'action="/coder"')
    assert browser.post("/coder", data={**given, "coder": name}).status_code == 303
    return browser


# -- pages -----------------------------------------------------------------------------------------


def test_every_page_is_whole_and_holds_nothing_inline(browser: Open) -> None:
    page = browser()
    for path in PAGES:
        answer = page.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=", answer.text), path
        assert 'src="http' not in answer.text and 'href="http' not in answer.text
        # What is typed must not come back onto another comment with the browser's Back.
        assert not re.search(r'<form (?![^>]*autocomplete="off")[^>]*method="(?:post|get)"', answer.text), (
            path
        )
        # What the comment and the column hold is text.
        assert "<b>公園" not in answer.text and "<i>南" not in answer.text
    assert html.escape(EVIL).replace("&quot;", "&#34;") in page.get("/list?status=all").text
    assert "unsafe" not in CSP and "default-src 'none'" in CSP


@one_database
def test_shipped_scripts_are_the_ones_written_down(browser: Open) -> None:
    body = (STATIC / "htmx.min.js").read_bytes()
    assert hashlib.sha256(body).hexdigest() in (STATIC / "THIRD_PARTY.md").read_text("utf-8")
    answer = browser().get("/static/htmx.min.js")
    assert answer.content == body and answer.headers["content-security-policy"] == CSP


def test_a_decision_is_saved_and_the_next_comment_swapped_in(browser: Open, store: Store) -> None:
    page = browser()
    shown = page.get("/code").text
    given = fields(shown)
    first = given["suggested_code"]
    assert f'data-key="1" data-code="{first}"' in shown
    answer = page.post("/decide", data={**given, "do": f"code:{first}", "note": "メモ"}, headers=SWAP)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert fields(answer.text)["comment_id"] != given["comment_id"]
    row = store.decisions_table().iloc[0]
    assert (row["coder"], row["action"], row["code"]) == ("佐藤", "accept", first)
    assert (row["note"], row["suggestion_shown"], row["suggested_code"]) == ("メモ", "yes", first)
    assert row["model_state"] == given["model_state"]
    # The same press sent again (a retry) is not a second decision.
    again = {**given, "do": f"code:{first}", "note": "メモ"}
    assert page.post("/decide", data=again, headers=SWAP).status_code == 200
    assert len(store.decisions_table()) == 1


def test_several_codes_none_fits_and_unsure(browser: Open, store: Store) -> None:
    page = browser()
    said = [
        ("confirm", ["G1-1-2", "G1-1-1"]),
        ("code:G2-1-1", []),
        ("none-fits", []),
        ("unsure", ["G1-1-1"]),
    ]
    text_ = page.get("/code").text
    for do, codes in said:
        data: dict[str, object] = {**fields(text_), "do": do, "codes": codes}
        text_ = page.post("/decide", data=data, headers=SWAP).text
    table = store.decisions_table()
    assert list(table["code"]) == ["G1-1-2", "G1-1-1", "G2-1-1", "", ""]
    assert list(table["action"][-2:]) == ["none-fits", "unsure"]
    assert table["decision_id"].nunique() == 4


@one_database
@pytest.mark.parametrize("do", ["", "code:", "code:X9", "confirm", "undo", "accept"])
def test_a_decision_without_sense_is_refused(browser: Open, store: Store, do: str) -> None:
    page = browser()
    answer = page.post("/decide", data={**fields(page.get("/code").text), "do": do}, headers=SWAP)
    assert answer.status_code == 422 and 'class="alert"' in answer.text
    assert answer.headers["hx-retarget"] == "#alert"
    assert store.decisions_table().empty


@pytest.mark.parametrize(
    "comment_id", ["", "x", "-1", "99999", "1e3", "٣", str(2**31), "9" * 15, "9" * 19, "9" * 40]
)
def test_a_comment_that_is_none_is_refused(browser: Open, store: Store, comment_id: str) -> None:
    page = browser()
    given = {**fields(page.get("/code").text), "comment_id": comment_id, "do": "unsure"}
    assert page.post("/decide", data=given, headers=SWAP).status_code == 422
    assert page.get(f"/code/{comment_id or 0}").status_code in (404, 422)
    for move in ("next?after", "previous?before"):
        assert page.get(f"/code/{move}={comment_id}", headers=SWAP).status_code in (200, 422)
    ticked = {**given, "comment": [f"{comment_id}/0/G1-1-1"]}
    assert page.post("/bulk", data=ticked).status_code == 422
    assert store.decisions_table().empty


def test_undo_previous_and_next(browser: Open, store: Store) -> None:
    page = browser()
    first = page.get("/code").text
    second = page.post("/decide", data={**fields(first), "do": "code:G1-1-1"}, headers=SWAP).text
    back = page.get(f"/code/previous?before={fields(second)['comment_id']}", headers=SWAP).text
    assert fields(back)["comment_id"] == fields(first)["comment_id"]
    assert "現在の判定" in back and "現在の判定" not in second
    ahead = page.get(f"/code/next?after={fields(second)['comment_id']}", headers=SWAP).text
    assert fields(ahead)["comment_id"] not in (fields(first)["comment_id"], fields(second)["comment_id"])
    undone = page.post("/undo", data=fields(second, 'id="undo"'), headers=SWAP)
    assert fields(undone.text)["comment_id"] == fields(first)["comment_id"]
    assert "現在の判定" not in undone.text
    assert list(store.decisions_table()["action"])[-1] == "undo"
    nothing = page.post("/undo", data=fields(undone.text, 'id="undo"'), headers=SWAP)
    assert nothing.status_code == 422 and "取り消せる判定がありません" in nothing.text


@one_database
def test_without_scripts_the_forms_work_too(browser: Open, store: Store) -> None:
    page = browser()
    answer = page.post("/decide", data={**fields(page.get("/code").text), "do": "none-fits"})
    assert answer.status_code == 303 and len(store.decisions_table()) == 1
    assert page.get(answer.headers["location"]).status_code == 200


def test_a_stale_page_is_refused_and_shows_what_stands(browser: Open, store: Store) -> None:
    page = browser()
    old = fields(page.get("/code").text)
    page.post("/decide", data={**old, "do": "code:G1-1-1", "note": "初めのメモ"}, headers=SWAP)
    again = {**old, "do": "code:G2-1-1", "client_token": "other", "note": "<長い>メモ"}
    late = page.post("/decide", data=again, headers=SWAP)
    assert late.status_code == 409 and "判定が変わっています" in late.text
    # The note that was typed is given back, as one not saved yet.
    assert re.findall(r'<textarea id="note".*data-saved="(.*)">(.*)</textarea>', late.text) == [
        ("初めのメモ", "&lt;長い&gt;メモ")
    ]
    assert "「&lt;長い&gt;メモ」" in page.post("/decide", data=again).text
    assert "G1-1-1" in late.text and fields(late.text)["comment_id"] == old["comment_id"]
    assert list(store.decisions_table()["code"]) == ["G1-1-1"]
    # With what it now knows, the page may change its own decision.
    again = page.post("/decide", data={**fields(late.text), "do": "code:G2-1-1"}, headers=SWAP)
    assert again.status_code == 200
    assert list(store.decisions_table()["code"]) == ["G1-1-1", "G2-1-1"]


def test_a_key_pressed_after_a_lost_answer_says_nothing_false(browser: Open, store: Store) -> None:
    page = browser()
    old = fields(page.get("/code").text)
    page.post("/decide", data={**old, "do": "code:G1-1-1"}, headers=SWAP)
    other = page.post("/decide", data={**old, "do": "none-fits", "note": "やはり違う"}, headers=SWAP)
    assert other.status_code == 409 and "判定が変わっています" in other.text
    assert "現在の判定" in other.text and "やはり違う</textarea>" in other.text
    assert "保存しました" not in other.text
    same = page.post("/decide", data={**old, "do": "code:G1-1-1"}, headers=SWAP)
    assert same.status_code == 200 and "保存しました" in same.text
    assert list(store.decisions_table()["action"]) == ["change"]


def test_two_people_never_get_the_same_comment(app: Callable[..., Starlette], store: Store) -> None:
    made = app()
    one, two = client(made), as_coder(client(made), "鈴木")
    first, second = fields(one.get("/code").text), fields(two.get("/code").text)
    assert first["comment_id"] != second["comment_id"]
    # By the address of the other's comment: told so, and nothing is stored.
    taken = {**second, "comment_id": first["comment_id"], "do": "none-fits", "note": "前の意見のメモ"}
    refused = two.post("/decide", data=taken, headers=SWAP)
    assert refused.status_code == 409 and "佐藤さんが開いています" in refused.text
    # The note is told, but not put onto the other comment.
    assert "「前の意見のメモ」" in refused.text and "メモ</textarea>" not in refused.text
    assert fields(refused.text)["comment_id"] == second["comment_id"]
    assert store.decisions_table().empty


@one_database
def test_one_may_be_any_coder_that_has_comments_to_code_doubly(browser: Open, store: Store) -> None:
    """Opened again without --coders, the others' half is still to be coded."""
    store.assign_double(1.0, ["佐藤", "高橋"])
    page = as_coder(browser(), "高橋")
    assert fields(page.get("/code").text)["page_coder"] == "高橋"


@one_database
def test_who_codes_is_known_still_when_the_browser_was_closed(browser: Open) -> None:
    page = browser()
    given = fields(page.get("/dashboard").text, 'action="/coder"')
    chosen = page.post("/coder", data={**given, "coder": "鈴木"})
    assert "Max-Age=31536000" in chosen.headers["set-cookie"]


def test_a_page_of_another_coder_decides_nothing(browser: Open, store: Store) -> None:
    """Two tabs on one computer: what is pressed in the older one is not the new coder's decision."""
    page = browser()
    bulk = page.get("/bulk").text
    double = store.assign_double(0.5, ["佐藤", "鈴木"])
    for i in double:
        for name, code in (("佐藤", "G1-1-1"), ("鈴木", "G1-1-2")):
            told = {"suggestion_shown": False, "expected_seq": 0, "client_token": f"{name}{i}"}
            store.save(name, i, "change", [code], **told)  # type: ignore[arg-type]
    code, case, text_ = (
        page.get("/code").text,
        page.get("/adjudicate").text,
        page.get("/codebook?code=G1-1-1").text,
    )
    ticked = re.findall(r'name="comment" value="([^"]+)"', bulk)
    before = len(store.decisions_table())
    as_coder(page, "鈴木")
    forms = [
        ("/decide", {**fields(code), "do": "none-fits"}),
        ("/undo", fields(code, 'id="undo"')),
        ("/bulk", {**fields(bulk, 'class="group"'), "comment": ticked}),
        ("/adjudicate", {**fields(case, 'action="/adjudicate"'), "do": "none-fits"}),
        ("/codebook", {**fields(text_, 'action="/codebook"'), "definition": "別"}),
    ]
    assert double and ticked
    for path, data in forms:
        for headers in (SWAP, {}):
            answer = page.post(path, data=data, headers=headers)
            assert answer.status_code == 409 and "担当者が切り替わっています" in answer.text, path
            assert "佐藤さん、今は鈴木さん" in answer.text
    # Nor does it go on to the other's comments under the old name on top.
    links = re.findall(r'hx-get="(/code/[^"]+)"', code)
    assert len(links) == 2
    for link in links:
        assert page.get(html.unescape(link), headers=SWAP).status_code == 409
    assert len(store.decisions_table()) == before
    as_coder(page, "佐藤")
    for path, data in forms:
        assert page.post(path, data=data).status_code in (200, 303), path


@one_database
def test_two_reviews_on_one_computer_do_not_disturb_each_other(app: Callable[..., Starlette]) -> None:
    """Browsers send the cookies of one port to the other."""
    one, two = as_coder(client(app()), "鈴木"), client(app(), "http://127.0.0.1:8766")
    given = fields(one.get("/code").text)
    two.cookies.update(one.cookies)
    assert fields(two.get("/code").text)["page_coder"] == "佐藤"
    one.cookies.update(two.cookies)
    assert fields(one.get("/code").text)["page_coder"] == "鈴木"
    assert one.post("/decide", data={**given, "do": "none-fits"}, headers=SWAP).status_code == 200


def test_filters(browser: Open) -> None:
    page = browser()
    north = page.get("/list?column=地区&value=北").text
    assert north.count("<tr>") - 1 == len(COMMENTS) // 2
    assert page.get("/list?text=段差").text.count('<a href="/code/') == 1
    assert "=SUM(1)" in page.get("/code?text==SUM").text
    nothing = page.get("/code?text=どこにもない語").text
    assert "絞り込みに当たる未判定の意見は終わりました" in nothing
    assert page.get("/list?column=ない列&value=x").status_code == 422
    assert page.get("/list?status=まちがい").status_code == 422
    assert 'value="北"' in page.get("/values?column=地区").text


def test_a_very_long_comment(browser: Open, store: Store) -> None:
    page = browser()
    shown = page.get("/code?text=長い意見です").text
    assert COMMENTS[-1] in re.sub(r"</?(mark|span)[^>]*>", "", shown) and "長い意見" in shown
    assert page.post("/decide", data={**fields(shown), "do": "unsure"}, headers=SWAP).status_code == 200
    assert len(store.decisions_table().iloc[0]["text"]) == len(COMMENTS[-1])


def test_the_unit_in_question_is_marked_within_the_whole_comment(
    tmp_path: Path, model: Model, cache: VectorCache
) -> None:
    said = ["公園の清掃をもっと増やしてほしいです。", "通学路には見守りの人がいてほしいです。"]
    path = tmp_path / "long.csv"
    comment = f"①{said[0]}②{said[1]}"  # numbered points are opinions of their own
    pd.DataFrame({"番号": ["a"], "意見": [comment]}).to_csv(path, index=False)
    with closing(Store.open(str(tmp_path / "units.db"))) as store:
        load_file(store, path, model, text_column="意見", id_column="番号", units=True, hidden_share=0.0)
        page = client(create_app(store, SessionLearner(model, store.texts(), cache), Settings()))
        for number, unit in enumerate(said, start=1):
            shown = page.get(f"/code/{number}").text
            assert f"の {number} 番目" in shown
            whole = re.findall(r'id="comment-text"[^>]*>(.*?)</p>', shown)[0]
            whole = re.sub(r"</?span[^>]*>", "", whole)
            assert re.sub(r"</?mark>", "", whole) == comment
            assert "".join(re.findall(r"<mark>(.*?)</mark>", whole)) == unit


@one_database
def test_search_by_kana_kanji_and_code(browser: Open) -> None:
    page = browser()
    for typed in ("みまもり", "ミマモリ", "見守り", "通学路", "2-1-2", "g2-1-2", "目標2 見守り"):
        found = re.findall(r'data-code="([^"]+)"', page.get("/items", params={"q": typed}).text)
        assert found[:1] == ["G2-1-2"], typed
    nothing = page.get("/items", params={"q": "<b>ない"}).text
    assert "data-code" not in nothing and "&lt;b&gt;ない" in nothing
    assert len(re.findall("data-code", page.get("/items").text)) == 5


def test_every_item_of_a_large_plan_can_be_found() -> None:
    items = [{"code": f"G1-{i}", "parent": "G1", "title": f"取り組み{i}"} for i in range(1, 61)]
    plan = Codebook.from_table(CODEBOOK.table([{"code": "G1", "parent": "", "title": "目標"}, *items]))
    assert [e.code for e in find_items(plan, "")] == [i["code"] for i in items]


def test_values_that_are_too_many_to_choose_from_are_told(
    tmp_path: Path, model: Model, cache: VectorCache
) -> None:
    for kinds, said in ((99, False), (130, True)):
        survey = tmp_path / f"{kinds}.csv"
        pd.DataFrame({"意見": "道が暗い", "受付": [f"受付{i}" for i in range(kinds)]}).to_csv(
            survey, index=False
        )
        with closing(Store.open(str(tmp_path / f"{kinds}.sqlite"))) as store:
            load_file(store, survey, model, text_column="意見", hidden_share=0.0, cache=cache)
            app = create_app(store, SessionLearner(model, store.texts(), cache), Settings(coder="佐藤"))
            shown = client(app).get("/values?column=受付").text
            assert shown.count("<option value=") == min(kinds, 100)
            assert ("100種類まで" in shown) == said


# -- anchoring and learning ------------------------------------------------------------------------


def test_a_hidden_suggestion_never_leaves_the_server(
    database_url: str, survey: Path, model: Model, store: Store, app: Callable[..., Starlette]
) -> None:
    page = client(app(blind=True))
    shown = page.get("/code").text
    assert "この意見は提案を隠しています" in shown
    assert 'data-key="1"' not in shown and fields(shown)["suggested_code"] == ""
    # A code made up by the page counts for nothing: the server knows that nothing was shown.
    given = {**fields(shown), "suggested_code": "G1-1-1", "do": "code:G1-1-1"}
    assert page.post("/decide", data=given, headers=SWAP).status_code == 200
    row = store.decisions_table().iloc[0]
    assert row["suggestion_shown"] == "no" and row["suggested_code"] and row["model_state"]
    assert "まとめて確定はできません" in page.get("/bulk").text
    # Nor do the doubts about it, on any page.
    doubt = '<span class="chip doubt">'
    told = page.get("/list?status=all").text
    assert {told[m.end() :].split("<")[0] for m in re.finditer(doubt, told)} == {"長い意見"}
    assert client(app()).get("/list?status=all").text.count(doubt) > told.count(doubt)


def test_what_was_on_screen_is_recorded_whatever_was_hidden_since(
    app: Callable[..., Starlette], store: Store
) -> None:
    page, blind = client(app()), client(app(blind=True))
    open_page, hidden_page = page.get("/code/1").text, blind.get("/code/2").text
    token = fields(blind.get("/code").text)["csrf"]
    first = suggested(open_page)[0]
    # The server starts again with --blind, and comments are double coded blindly, under the open page …
    store.assign_double(1.0, ["佐藤", "鈴木"], hide=True)
    given = {**fields(open_page), "csrf": token, "do": f"code:{first}"}
    assert blind.post("/decide", data=given, headers=SWAP).status_code == 200
    # … and the other way about: what a blind page did not show was not seen.
    token = fields(page.get("/code").text)["csrf"]
    given = {**fields(hidden_page), "csrf": token, "do": f"code:{first}"}
    assert page.post("/decide", data=given, headers=SWAP).status_code == 200
    table = store.decisions_table()
    assert list(table["suggestion_shown"]) == ["yes", "no"]
    assert list(table["action"]) == ["accept", "change"] and table["suggested_code"].iloc[0] == first


def test_the_line_on_top_does_not_tell_what_was_hidden(app: Callable[..., Starlette], store: Store) -> None:
    def tally(shown: str) -> str:
        return re.findall(r"<span>([^<]*第1候補が選ばれた.*)</span>", shown)[0]

    made = app(blind=True)
    page, nothing = client(made), "第1候補が選ばれた割合: 提案を見た判定がまだありません"
    shown = page.get("/code").text
    hidden = made.state.desk.learner.suggest([int(fields(shown)["comment_id"])])[0].codes[0]
    shown = page.post("/decide", data={**fields(shown), "do": f"code:{hidden}"}, headers=SWAP).text
    assert tally(shown) == nothing
    assert store.decisions_table()["suggested_code"][0] == hidden
    page = client(app())
    shown = page.get("/code").text
    assert tally(shown) == nothing
    given = {**fields(shown), "do": f"code:{suggested(shown)[0]}"}
    assert "直近1件で第1候補が選ばれた: <b>1</b>件" in page.post("/decide", data=given, headers=SWAP).text
    assert (store.progress().hits, store.progress().judged) == (1, 1)


def test_a_hidden_suggestion_cannot_be_asked_for_by_its_item(
    app: Callable[..., Starlette], store: Store
) -> None:
    def found(page: TestClient, item: str) -> int:
        return page.get(f"/list?item={item}").text.count('<a href="/code/')

    page, blind = client(app()), client(app(blind=True))
    by_goal = [found(page, goal) for goal in ("G1", "G2")]
    assert sum(by_goal) == len(COMMENTS) and all(by_goal)
    # In a blind round the filter is not there, and its address asks in vain.
    assert [found(blind, goal) for goal in ("G1", "G2")] == [len(COMMENTS)] * 2
    assert 'name="item"' in page.get("/list").text and 'name="item"' not in blind.get("/list").text
    store.assign_double(1.0, ["佐藤", "鈴木"], hide=True)
    assert [found(page, goal) for goal in ("G1", "G2")] == [0, 0]
    given = fields(page.get("/code").text)
    page.post("/decide", data={**given, "do": "code:G2-1-1"}, headers=SWAP)
    assert page.get("/list?item=G2&status=decided").text.count('<a href="/code/') == 1


def test_suggestions_follow_the_decisions(app: Callable[..., Starlette], store: Store) -> None:
    alike, _ = store.listing("佐藤", Filters(text="公園の遊具を新しく"))
    apart, _ = store.listing("佐藤", Filters(text="段差"))
    still, learning = client(app(learning=False)), client(app())
    last = f"/code/{alike[1].comment_id}"
    before = suggested(still.get(last).text)
    assert before == suggested(learning.get(last).text)
    wanted = before[1]
    for view in (alike[0], *apart):
        given = fields(learning.get(f"/code/{view.comment_id}").text)
        answer = learning.post("/decide", data={**given, "do": f"code:{wanted}"}, headers=SWAP)
        assert answer.status_code == 200
    after = learning.get(last).text
    assert "この作業から学習: <b>2</b>件" in after and "この作業で判定" in after
    evidence = after[after.index("<aside") :]
    assert html.escape(alike[0].text) in re.sub(r"</?mark>", "", evidence) and wanted in evidence
    off = still.get(last).text
    assert suggested(off) == before and "学習: 停止中" in off and "この作業で判定" not in off


# -- forms that are not ours -----------------------------------------------------------------------


def forms(app: Starlette) -> list[str]:
    return [r.path for r in app.routes if isinstance(r, Route) and "POST" in (r.methods or ())]


@one_database
def test_every_form_needs_its_token(app: Callable[..., Starlette], store: Store) -> None:
    made = app()
    page = client(made)
    given = fields(page.get("/code").text)
    assert len(forms(made)) >= 8
    for path in forms(made):
        for token in ("", "x" * 43, given["csrf"][:-1]):
            answer = page.post(path, data={**given, "csrf": token, "do": "none-fits"})
            assert answer.status_code == 403, path
    # The token of another browser is none.
    other = client(made)
    other.get("/code")
    assert other.post("/decide", data={**given, "do": "none-fits"}).status_code == 403
    assert store.decisions_table().empty


@one_database
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(browser: Open, store: Store, headers: dict[str, str]) -> None:
    page = browser()
    given = {**fields(page.get("/code").text), "do": "none-fits"}
    assert page.post("/decide", data=given, headers=headers).status_code == 403
    assert store.decisions_table().empty
    own = {"Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin", **SWAP}
    assert page.post("/decide", data=given, headers=own).status_code == 200


@one_database
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "", "[::1", "127.0.0.1.evil.example"])
def test_a_foreign_host_name_is_refused(browser: Open, host: str) -> None:
    page = browser()
    assert page.get("/code", headers={"Host": host}).status_code == 403
    assert page.get("/code", headers={"Host": "localhost:1"}).status_code == 200
    assert page.get("/code", headers={"Host": "192.0.2.1"}).status_code == 403


@one_database
def test_known_names_of_a_team_server(store: Store, model: Model) -> None:
    learner = SessionLearner(model, store.texts())
    hosts = known_hosts("0.0.0.0", ("review.city.example",))
    page = client(create_app(store, learner, Settings(team=True), hosts=hosts, addresses=True))
    for host, status in (("review.city.example", 303), ("192.0.2.1:8765", 303), ("evil.example", 403)):
        assert page.get("/code", headers={"Host": host}).status_code == status


@one_database
def test_a_form_that_is_too_large(browser: Open) -> None:
    page = browser()
    given = {**fields(page.get("/code").text), "do": "unsure", "note": "あ" * MAX_BODY}
    answer = page.post("/decide", data=given, headers=SWAP)
    assert answer.status_code == 413 and answer.headers["HX-Retarget"] == "#alert"  # the page stays as it is
    assert page.get("/nowhere").status_code == 404
    assert page.get("/decide").status_code == 405


# -- people ----------------------------------------------------------------------------------------


@one_database
def test_without_login_there_is_no_way_in(app: Callable[..., Starlette], store: Store) -> None:
    store.add_account("ana", "admin", PASSWORD)
    made = app(team=True)
    page = client(made)
    open_paths = {"/login", "/logout"}
    for route in made.routes:
        if isinstance(route, Route) and route.path not in open_paths:
            path = route.path.replace("{comment_id:int}", "1").replace("{table}.{ending}", "decisions.csv")
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            answer = page.request(method, path)
            login = "/login?ended=yes" if method == "POST" else "/login"
            assert (answer.status_code, answer.headers.get("location")) == (303, login), path
            part = page.request(method, path, headers=SWAP)
            assert (part.status_code, part.headers.get("hx-redirect")) == (401, login)
    # Whoever pressed a key is told what became of it; whoever only comes is not.
    assert "最後の操作は保存されていません" in page.get("/login?ended=yes").text
    assert "保存されていません" not in page.get("/login").text


@one_database
def test_login_cookie_and_logout(app: Callable[..., Starlette], store: Store) -> None:
    page = team(app, store, ana="reviewer")["ana"]
    assert "ana" in page.get("/code").text
    token = fields(page.get("/code").text)["csrf"]
    assert page.post("/logout", data={"csrf": token}).status_code == 303
    assert page.get("/code").headers["location"] == "/login"
    for base, secure in (("http://127.0.0.1", False), ("https://127.0.0.1", True)):
        cookie = log_in(client(app(team=True), base), "ana").headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert ("Secure" in cookie) == secure and "Max-Age=43200" in cookie  # half a day
    said = [(e.who, e.what) for e in store.audit_log()]
    assert ("ana", "login") in said and ("ana", "add-account") in said


def test_wrong_passwords_are_counted(app: Callable[..., Starlette], store: Store) -> None:
    store.add_account("ana", "reviewer", PASSWORD)
    page = client(app(team=True))
    for _ in range(5):
        answer = log_in(page, "ana", "wrong password")
        assert answer.status_code == 401 and "名前かパスワードが違います" in answer.text
    refused = log_in(page, "ana")
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    assert page.get("/code").headers["location"] == "/login"


def test_an_account_that_is_off_or_gone_is_out_at_once(app: Callable[..., Starlette], store: Store) -> None:
    people = team(app, store, ana="reviewer", ben="reviewer", eve="admin")
    for page in people.values():
        assert page.get("/code").status_code == 200
    store.set_active("ana", False)
    with store._db.write() as session:
        session.execute(text("DELETE FROM session WHERE name = 'ben'"))
        session.execute(text("DELETE FROM account WHERE name = 'ben'"))
    for name in ("ana", "ben"):
        assert people[name].get("/code").headers["location"] == "/login"
        assert log_in(people[name], name).status_code == 401
    assert people["eve"].get("/code").status_code == 200


RIGHTS = {
    "reviewer": set(),
    "adjudicator": {"/agreement", "/adjudicate", "/export/decisions.csv"},
    "analyst": {"/agreement", "/export/decisions.csv", "/double"},
    "admin": {"/agreement", "/adjudicate", "/export/decisions.csv", "/double", "/accounts"},
}


@one_database
def test_roles(app: Callable[..., Starlette], store: Store) -> None:
    people = team(app, store, **{f"a-{role}": role for role in RIGHTS})
    for role, allowed in RIGHTS.items():
        page = people[f"a-{role}"]
        token = fields(page.get("/code").text)["csrf"]
        for path in RIGHTS["admin"]:
            if path == "/double":
                data = {"csrf": token, "share": "50", "coders": "a-reviewer、a-analyst"}
                got = page.post(path, data=data).status_code
            else:
                got = page.get(path).status_code
            assert got == (403 if path not in allowed else 303 if path == "/double" else 200), (role, path)
        amend = {"csrf": token, "code": "G1-1-1", "version": "0", "definition": "新しい説明"}
        got = page.post("/codebook", data=amend).status_code
        assert got == {"adjudicator": 303, "admin": 422}.get(role, 403)  # the second knows an old version
        for path in ("/code", "/list", "/bulk", "/dashboard", "/codebook"):
            assert page.get(path).status_code == 200
        assert ("/accounts" in page.get("/dashboard").text) == (role == "admin")


@one_database
def test_accounts_page(app: Callable[..., Starlette], store: Store) -> None:
    page = team(app, store, eve="admin")["eve"]
    token = fields(page.get("/code").text)["csrf"]
    new = {"csrf": token, "do": "add", "name": "<b>新</b>", "role": "reviewer", "password": PASSWORD}
    assert page.post("/accounts", data=new).status_code == 303
    shown = page.get("/accounts").text
    assert "&lt;b&gt;新" in shown and "<b>新" not in shown and "アカウントを加えた" in shown
    assert page.post("/accounts", data=new).status_code == 422
    assert page.post("/accounts", data={**new, "name": "短", "password": "short"}).status_code == 422
    off = {"csrf": token, "do": "off", "name": "eve"}
    assert page.post("/accounts", data=off).status_code == 422
    assert page.post("/accounts", data={**off, "name": "<b>新</b>"}).status_code == 303
    assert [a.active for a in store.accounts()] == [False, True]


# -- bulk, double coding, adjudication, export -----------------------------------------------------


def test_bulk_acceptance_of_near_identical_comments(browser: Open, store: Store) -> None:
    page = browser()
    shown = page.get("/bulk").text
    group = shown[shown.index('class="group"') :]
    ticked = re.findall(r'name="comment" value="([^"]+)"', group)
    assert len(ticked) == 2
    data: dict[str, object] = {**fields(shown, 'class="group"'), "comment": ticked, "code": "G1-1-2"}
    answer = page.post("/bulk", data=data)
    assert "2件を確定しました" in answer.text
    assert list(store.decisions_table()["code"]) == ["G1-1-2", "G1-1-2"]
    again = page.post("/bulk", data={**data, "client_token": "another"})
    assert "0件を確定しました" in again.text and "次の2件は確定していません" in again.text
    for wrong in ([], ["1/0/X9"], ["x/0/G1-1-1"], ["1"]):
        assert page.post("/bulk", data={**data, "comment": wrong, "code": ""}).status_code == 422
    assert len(store.decisions_table()) == 2


def test_a_bulk_acceptance_is_taken_back_at_once_where_it_was_made(browser: Open, store: Store) -> None:
    page = browser()
    shown = page.get("/bulk").text
    assert "/bulk/undo" not in shown and "/bulk/undo" not in page.get("/list").text
    ticked = re.findall(r'name="comment" value="([^"]+)"', shown[shown.index('class="group"') :])
    data = {**fields(shown, 'class="group"'), "comment": ticked, "code": "G1-1-2"}
    told = page.post("/bulk", data=data).text
    assert told.count("2件の確定を取り消す") == 1
    # Nothing is accepted by the second try, and what the first one did can still be taken back.
    assert page.post("/bulk", data={**data, "client_token": "again"}).text.count("2件の確定を取り消す") == 1
    given = fields(told, 'action="/bulk/undo"')
    went = page.post("/bulk/undo", data=given)
    assert went.status_code == 303
    back = page.get(went.headers["location"]).text
    assert "✓ 2件の確定を取り消しました(未判定に戻りました)。" in back and "判定し直した" not in back
    assert "/bulk/undo" not in back and fields(back, 'class="group"')["csrf"]
    assert re.findall(r'name="comment" value="(\d+)/', back[back.index('class="group"') :]) == [
        t.split("/")[0] for t in ticked
    ]
    assert "この作業から学習: <b>0</b>件" in page.get("/code").text
    assert "判定済み <b>0</b>" in page.get("/code").text
    # From a tab that is behind.
    late = page.post("/bulk/undo", data={**given, "client_token": "late"})
    assert "取り消せる確定は、もうありません。" in page.get(late.headers["location"]).text
    assert page.post("/bulk/undo", data={**given, "bulk": "nothing", "client_token": "n"}).status_code == 422
    assert page.post("/bulk/undo", data={**given, "csrf": ""}).status_code == 403
    assert list(store.decisions_table()["action"]) == ["accept"] * 2 + ["undo"] * 2


def test_a_bulk_acceptance_is_taken_back_later_from_the_list(
    app: Callable[..., Starlette], store: Store
) -> None:
    made = app()
    page, other = client(made), as_coder(client(made), "鈴木")
    shown = page.get("/bulk").text
    ticked = re.findall(r'name="comment" value="([^"]+)"', shown[shown.index('class="group"') :])
    page.post("/bulk", data={**fields(shown, 'class="group"'), "comment": ticked, "code": "G1-1-2"})
    again = int(ticked[0].split("/")[0])
    work = page.get(f"/code/{again}").text
    assert page.post("/decide", data={**fields(work), "do": "none-fits"}).status_code == 303
    assert "/bulk/undo" not in other.get("/list?status=all").text
    listed = page.get("/list?status=decided&queue=file").text
    assert "1件の確定を取り消す" in listed
    given = fields(listed, 'action="/bulk/undo"')
    # What another person sees is not theirs to take back.
    assert other.post("/bulk/undo", data={**given, "csrf": csrf(other)}).status_code == 409
    went = page.post("/bulk/undo", data=given)
    back = page.get(went.headers["location"]).text
    assert "1件の確定を取り消しました" in back and "そのあとで判定し直した1件は、そのままです。" in back
    assert '<option value="decided" selected>' in back and "<small>1件</small>" in back
    assert ("佐藤", "bulk-undo") in [(e.who, e.what) for e in store.audit_log()]
    held = current_decisions(read_bytes(page.get("/export/decisions.csv").content, ".csv"))
    assert held[["action", "opinion_id"]].values.tolist() == [
        ["none-fits", store.get(again, "佐藤").opinion_id]
    ]


@one_database
def test_groups_that_are_left_for_later_are_told(browser: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "組あります" not in browser().get("/bulk").text
    monkeypatch.setattr("pipeline.review.bulk_pages._ON_PAGE", 0)
    assert "ほかに 1組あります" in browser().get("/bulk").text


def test_what_may_be_about_no_item_gets_no_bar_and_is_not_ticked(
    browser: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggest = SessionLearner.suggest
    page = browser(precisions=(ExpectedPrecision(0.0, 1.0, 0.9, 1.0, 100, 1.0),))
    assert 'class="bar"' in page.get("/code").text and "どれかの項目だとしたら" not in page.get("/code").text
    before = page.get("/bulk").text

    def all_outside(*given: Any, **options: Any) -> list[Suggested]:
        return [replace(s, outside=True) for s in suggest(*given, **options)]

    monkeypatch.setattr(SessionLearner, "suggest", all_outside)
    work = page.get("/code").text
    assert "どれかの項目だとしたら" in work and 'class="bar"' not in work
    assert re.search(r"\(&lt;1%\)|\(\d+%\)", work[work.index('class="choices"') :])
    after = page.get("/bulk").text
    assert before.count(" checked") > 5 and " checked" not in after
    assert "どの項目でもない意見かもしれない" in after and "この確信度に届く未判定の意見はありません" in after


def test_double_coding_is_blind_and_settled_on_record(app: Callable[..., Starlette], store: Store) -> None:
    made = app()
    one, two = client(made), as_coder(client(made), "鈴木")
    chosen = store.assign_double(1.0, ["佐藤", "鈴木"])
    assert len(chosen) == len(COMMENTS)
    codes = {"佐藤": "G1-1-1", "鈴木": "G1-1-2"}
    for page, name in ((one, "佐藤"), (two, "鈴木")):
        shown = page.get("/code?queue=file").text
        for i in range(4):
            assert "二重コーディング" in shown and "この意見は提案を隠しています" in shown
            assert "現在の判定" not in shown  # nothing of the other coder
            code = codes[name] if i < 2 else "G2-1-1"
            note = f"<i>{name}</i>"
            shown = page.post(
                "/decide", data={**fields(shown), "do": f"code:{code}", "note": note}, headers=SWAP
            ).text
    figures = one.get("/agreement").text
    assert "none-fits" not in figures
    # Measures and levels go by the names that `iken agreement` gives them.
    assert all(f"<td>{ja}</td>" in figures for ja in ("Krippendorff α", "Cohen κ", "一致率"))
    assert "第1階層" in figures and "第2階層" in figures and "施策" not in figures
    assert "担当者どうし" in figures and "<i>佐藤" not in figures
    case = one.get("/adjudicate").text
    assert case.count('<article class="card case"') == 2 and "&lt;i&gt;鈴木" in case
    given = fields(case, 'action="/adjudicate"')
    settled = one.post("/adjudicate", data={**given, "do": "code:G1-1-2", "note": "遊具の話"})
    assert settled.status_code == 303
    late = one.post(
        "/adjudicate", data={**given, "do": "none-fits", "client_token": "late", "note": "長い理由"}
    )
    assert late.status_code == 409 and "「長い理由」" in late.text
    assert "未決 1" in one.get("/adjudicate").text
    done = one.get("/adjudicate?show=settled").text
    assert "遊具の話" in done and "決定済み 1" in done
    none_chosen = one.post("/adjudicate", data={**given, "do": "other", "other": "", "note": "書いた理由"})
    assert none_chosen.status_code == 422 and "「書いた理由」" in none_chosen.text
    labels = read_bytes(one.get("/export/labels.csv").content, ".csv")
    assert sorted(labels["label_source"].unique()) == ["adjudicated", "double"]
    assert len(labels) == 3 and labels["code_title"].all()


def read_bytes(body: bytes, ending: str) -> pd.DataFrame:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{ending}"
        path.write_bytes(body)
        return read_table(path)


def test_rounds_are_those_assigned_and_only_for_those_they_are_assigned_to(
    app: Callable[..., Starlette], store: Store
) -> None:
    blind = store.assign_double(0.4, ["佐藤", "鈴木"], hide=True)
    second = store.assign_double(0.4, ["佐藤", "高橋"], seed=1, round="2", hide=False)
    other = next(i for i in blind if i not in second)
    page = client(app())
    given = fields(page.get(f"/code/{other}").text)
    assert not given["model_state"]
    # Settling is no reviewer's, whatever the address says; nor are rounds made by asking for them.
    for round_ in ("adjudication", "zzz", " 2"):
        where = f"round={round_.replace(' ', '%20')}"
        for path in (f"/code/{other}?{where}", f"/code?{where}", f"/list?{where}"):
            assert page.get(path).status_code == 422, path
        for path in ("/decide", "/undo"):
            answer = page.post(path, data={**given, "where": where, "do": "none-fits"}, headers=SWAP)
            assert answer.status_code == 422 and "という回はありません" in answer.text
    # What is hidden in one round is not shown by asking for it in another, to which it does not belong.
    assert page.get(f"/code/{other}?round=2").status_code == 409
    answer = page.post("/decide", data={**given, "where": "round=2", "do": "none-fits"}, headers=SWAP)
    assert answer.status_code == 409 and "割り当てられていません" in answer.text
    assert store.decisions_table().empty and store.rounds() == ["1", "2"]
    shown = page.get(f"/code/{second[0]}?round=2").text
    assert page.post("/decide", data={**fields(shown), "do": "none-fits"}, headers=SWAP).status_code == 200
    assert list(store.decisions_table()["round"]) == ["2"]


def test_a_case_says_what_each_button_does_and_amending_returns_to_it(browser: Open, store: Store) -> None:
    first, second = store.assign_double(0.4, ["佐藤", "鈴木"])[:2]
    for i in (first, second):
        for coder, action, codes in (("佐藤", "unsure", []), ("鈴木", "change", ["G1-1-2"])):
            given = {"expected_seq": store.get(i, coder).seq, "client_token": f"{coder}{i}"}
            store.save(coder, i, action, codes, suggestion_shown=False, **given)  # type: ignore[arg-type]
    page = browser()
    shown = page.get("/adjudicate").text
    assert "佐藤 の判定に決める" not in shown and shown.count("保留のままにする") == 2
    assert shown.count("鈴木 の判定に決める") == 2
    amending = shown[shown.index(f'id="case{second}"') :]
    amended = fields(amending, 'action="/codebook"')
    saved = page.post("/codebook", data={**amended, "definition": "遊具だけ"})
    assert saved.status_code == 303 and saved.headers["location"].endswith(f"#case{second}")
    again = page.get(saved.headers["location"]).text
    names = [store.get(i, "佐藤").opinion_id for i in (first, second)]
    said = f"✓ 意見 {names[1]} で直したコードの説明を保存しました。"
    # Told beside the case that is on screen then.
    assert again.index(f'id="case{first}"') < again.index(said) < again.index(f'id="case{second}"')
    refused = page.post("/codebook", data={**amended, "definition": "別の説明"})
    assert refused.status_code == 422 and "書いていた説明(保存していません):「別の説明」" in refused.text
    # What is held stays in its place; the next case is what one goes on with.
    held = page.post(
        "/adjudicate", data={**fields(shown, f'aria-label="意見 {names[0]} の裁定"'), "do": "unsure"}
    )
    assert held.headers["location"].endswith(f"#case{second}")
    again = page.get(held.headers["location"]).text
    assert f"✓ 意見 {names[0]} の裁定を保存しました。" in again and "未決 2" in again


@one_database
def test_the_page_tells_of_what_one_coder_leaves_open(browser: Open, store: Store) -> None:
    page = browser()
    assert "未決 0" in page.get("/adjudicate").text and "1人だけが" not in page.get("/adjudicate").text
    given = {"expected_seq": 0, "client_token": "t", "suggestion_shown": False}
    store.save("佐藤", 1, "unsure", [], **given)  # type: ignore[arg-type]
    shown = page.get("/adjudicate").text
    assert "未決 0" in shown and "1人だけが判定して保留のままの意見が 1件" in shown


@one_database
def test_codes_may_have_spaces(database_url: str, model: Model) -> None:
    codes = [f"目標1 ({i})" for i in (1, 2)]
    plan = Codebook.from_table(CODEBOOK.table([{"code": c, "title": c} for c in codes]))
    with closing(Store.open(database_url)) as store:
        store.set_project(source="s.csv", source_sha256="a", model_id="m", codebook=plan, columns=[])
        row = {"opinion_id": "o1", "unit": "", "text": "公園", "unit_start": 0, "unit_end": 2, "position": 1}
        row |= {"cells": [], "first_code": "", "priority": 0.0, "reasons": "", "group_id": ""}
        store.load_comments([{**row, "hidden_suggestions": True}])
        store.assign_double(1.0, ["佐藤", "鈴木"])
        for coder, given in (("佐藤", codes), ("鈴木", codes[:1])):
            seen = {"expected_seq": 0, "client_token": coder, "suggestion_shown": False}
            store.save(coder, 1, "change", given, **seen)  # type: ignore[arg-type]
        page = client(
            create_app(store, SessionLearner(model, store.texts()), Settings(coder="佐藤", learning=False))
        )
        start = re.search(r'data-start="([^"]*)"', page.get("/code/1").text)
        assert start is not None and html.unescape(start[1]).split("\n") == codes
        shown = page.get("/adjudicate").text
        both = re.search(r'name="do" value="(code:[^"]*)"', shown)
        assert both is not None
        # As browsers send it.
        given = {**fields(shown, 'action="/adjudicate"'), "do": html.unescape(both[1]).replace("\n", "\r\n")}
        assert page.post("/adjudicate", data=given).status_code == 303
        assert [d.settled.codes for d in store.disagreements() if d.settled] == [tuple(codes)]


@one_database
def test_every_case_can_be_reached(browser: Open, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team_pages, "_ON_PAGE", 2)
    both = store.assign_double(1.0, ["佐藤", "鈴木"])[:5]
    for i in both:
        for coder, code in (("佐藤", "G1-1-1"), ("鈴木", "G1-1-2")):
            given = {"expected_seq": 0, "client_token": f"{coder}{i}", "suggestion_shown": False}
            store.save(coder, i, "change", [code], **given)  # type: ignore[arg-type]
    page = browser()
    seen, address = [], "/adjudicate"
    while address:
        shown = page.get(address).text
        seen += [int(n) for n in re.findall(r'id="case(\d+)"', shown)]
        onward = re.search(r'href="([^"]+)">次の50件', shown)
        address = html.unescape(onward[1]) if onward else ""
    assert seen == both and "3 / 3" in shown
    # The last case of the last page settled, the page before is the last one.
    settled = page.post("/adjudicate", data={**fields(shown, 'action="/adjudicate"'), "do": "none-fits"})
    shown = page.get(settled.headers["location"]).text
    assert "2 / 2" in shown and "未決 4" in shown and f'id="case{both[3]}"' in shown


def test_definitions_are_amended_in_versions(browser: Open, store: Store) -> None:
    page = browser()
    given = fields(page.get("/codebook?code=G1-1-1").text, 'action="/codebook"')
    assert page.post("/codebook", data={**given, "definition": "<b>清掃だけ</b>"}).status_code == 303
    shown = page.get("/codebook?code=G1-1-1").text
    assert "第1版" in shown and "&lt;b&gt;清掃だけ" in shown
    refused = page.post("/codebook", data={**given, "definition": "別"})
    assert refused.status_code == 422 and "変わっています" in refused.text
    assert store.codebook()["G1-1-1"].definition == "<b>清掃だけ</b>"
    assert page.post("/codebook", data={**given, "code": "X9"}).status_code == 422


def test_dashboard_and_export(browser: Open, store: Store) -> None:
    page = browser()
    shown = page.get("/code?text==SUM").text
    first = fields(shown)["suggested_code"]
    page.post("/decide", data={**fields(shown), "do": f"code:{first}", "note": "=1+1"}, headers=SWAP)
    board = page.get("/dashboard").text
    assert "採用率" in board and "正しさの割合ではありません" in board
    assert "精度はまだ言えません" in board  # one decision is no measure
    answer = page.get("/export/decisions.csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["content-disposition"]
    table = read_bytes(answer.content, ".csv")
    assert table["opinion_id"].tolist() == ["n7"]
    assert table["code_title"].tolist() == [store.codebook()[first].title]
    sheet = openpyxl.load_workbook(io.BytesIO(page.get("/export/decisions.xlsx").content)).active
    assert sheet is not None
    cells = [c for row in sheet.iter_rows() for c in row]
    assert any(c.value == "=1+1" or "=1+1" in str(c.value) for c in cells)
    assert all(c.data_type != "f" for c in cells)  # text, never a formula
    assert page.get("/export/audit.csv").status_code == 422
    assert ("佐藤", "export") in [(e.who, e.what) for e in store.audit_log()]


def test_assigning_double_coding_on_the_dashboard(browser: Open, store: Store) -> None:
    page = browser()
    data = {"csrf": csrf(page), "share": "100", "coders": "佐藤、鈴木", "round": "1", "hide": "no"}
    assert page.post("/double", data={**data, "coders": "佐藤"}).status_code == 422
    assert page.post("/double", data={**data, "share": "abc"}).status_code == 422
    assert page.post("/double", data=data).status_code == 303
    assert store.double_coders() == ["佐藤", "鈴木"]
    shown = page.get("/code").text
    assert "二重コーディング" in shown and "この意見は提案を隠しています" not in shown


# -- faults ----------------------------------------------------------------------------------------


@one_database
def test_what_is_told_is_not_in_the_address(app: Callable[..., Starlette], store: Store) -> None:
    """Else a link from anywhere could make the page say anything."""
    page = team(app, store, eve="admin")["eve"]
    for path in ("/dashboard", "/accounts", "/adjudicate", "/login", "/list", "/bulk"):
        for name in ("said", "saved", "assigned", "ended", "undone", "left"):
            assert "ここに電話" not in page.get(f"{path}?{name}=ここに電話").text


@one_database
def test_a_locked_database_is_told_and_nothing_is_lost(
    browser: Open, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TURN", 0.05)
    page = browser()
    given = {**fields(page.get("/code").text), "do": "none-fits"}
    with store._db._my_turn():
        answer = page.post("/decide", data=given, headers=SWAP)
    assert answer.status_code == 503 and "保存されていません" in answer.text
    assert answer.headers["hx-retarget"] == "#alert"
    # Pressed again, it is saved, once.
    assert page.post("/decide", data=given, headers=SWAP).status_code == 200
    assert len(store.decisions_table()) == 1


def test_only_this_computer_without_accounts() -> None:
    for host in ("127.0.0.1", "localhost", "::1"):
        check_binding(host, accounts=False)
    check_binding("0.0.0.0", accounts=True)
    for host in ("0.0.0.0", "192.0.2.1", "::", "review.city.example"):
        with pytest.raises(InputError, match="account add"):
            check_binding(host, accounts=False)
