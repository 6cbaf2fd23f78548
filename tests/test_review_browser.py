"""A whole review in Debian's Chromium, by keys alone, against the real server, the real model and both databases."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from commands import iken
from conftest import ROOT
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Route, expect, sync_playwright
from starlette.applications import Starlette

from pipeline.models import Model, load_model
from pipeline.review.app import create_app
from pipeline.review.desk import Settings
from pipeline.review.learning import SessionLearner
from pipeline.review.loading import load_file
from pipeline.review.queue import expected_precision
from pipeline.review.store import Store
from pipeline.review.views import BulkChoice, Filters
from pipeline.tableio import read_table
from pipeline.vectorcache import VectorCache

SURVEY = ROOT / "data/sample/survey.csv"
CODERS = ("佐藤", "鈴木")

# For what the database has no part in: once is enough.
one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorCache]:
    with VectorCache(tmp_path_factory.mktemp("vectors")) as cache:
        yield cache


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        # Never passed over unnoticed where it counts.
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("Chromium is not installed (apt-get install chromium)")
        raise AssertionError
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def store(database_url: str, shipped: Model, cache: VectorCache) -> Iterator[Store]:
    with closing(Store.open(database_url)) as store:
        load_file(store, SURVEY, shipped, hidden_share=0.1, cache=cache)
        yield store


@pytest.fixture
def server(store: Store, shipped: Model, cache: VectorCache) -> Iterator[str]:
    """The page on a port of its own."""
    learner = SessionLearner(shipped, store.texts(), cache)
    precisions = tuple(expected_precision(shipped))
    app = create_app(store, learner, Settings(coder="佐藤", coders=CODERS, precisions=precisions))
    with _serve(app) as url:
        yield url


@contextmanager
def _serve(app: Starlette) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(30)
        listener.close()


class Reviewer:
    """A person at the keyboard; notes what the browser complains of and where it asks."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
        self.page: Page = context.new_page()
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda r: self.asked.append(_origin(r)))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        # No faults of the page: Chromium reports answers of 409 and 422, htmx a search that was typed on.
        usual = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort", "htmx:responseError")
        if message.type == "error" and not message.text.startswith(usual):
            self.complaints.append(message.text)

    def open(self, path: str = "/code") -> None:
        self.page.goto(self.url + path)

    def be(self, coder: str) -> None:
        self.page.get_by_role("banner").get_by_label("担当者").select_option(coder)
        self.page.get_by_role("button", name="切り替え").click()
        expect(self.page.locator("#coder")).to_have_value(coder)

    def comment(self) -> str:
        return self.page.locator("#decide input[name=comment_id]").get_attribute("value") or ""

    def token(self) -> str:
        return self.page.locator("#work input[name=client_token]").first.get_attribute("value") or ""

    def press(self, *keys: str) -> None:
        """Press keys of which the last one brings the next comment."""
        token = self.token()
        for key in keys:
            self.page.keyboard.press(key)
        self.page.wait_for_function(
            "t => document.querySelector('#work input[name=client_token]').value !== t", arg=token
        )

    def search(self, typed: str) -> None:
        """Find an item by what is typed and decide for the first one found."""
        token = self.token()
        self.page.keyboard.press("/")
        self.page.keyboard.type(typed)
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(
            "t => document.querySelector('#work input[name=client_token]').value !== t", arg=token
        )

    def suggestions(self) -> list[str]:
        buttons = self.page.locator(".choices button").all()
        return [b.get_attribute("data-code") or "" for b in buttons]

    def is_hidden(self) -> bool:
        return self.page.locator(".hidden-note").count() > 0


class Answers:
    """Answers what the page asks before it goes on: no, until `yes` is set; `asked` keeps the questions."""

    def __init__(self, page: Page) -> None:
        self.yes = False
        self.asked: list[str] = []
        page.on("dialog", self._answer)

    def _answer(self, dialog: Dialog) -> None:
        self.asked.append(dialog.message)
        if self.yes:
            dialog.accept()
        else:
            dialog.dismiss()


def _origin(request: Request) -> str:
    return "/".join(request.url.split("/")[:3])


def test_a_whole_review_by_keys(chromium: Browser, server: str, store: Store, tmp_path: Path) -> None:
    me = Reviewer(chromium, server)
    me.open()
    # Twenty comments, each in another way.
    hidden = 0
    for n in range(16):
        if me.is_hidden():
            hidden += 1
            assert me.suggestions() == []
            me.search("見守り")
        else:
            me.press("123"[n % 3])
    me.press("0")
    me.press("?")
    me.search("ひきこもり")  # 19
    assert "ひきこもり支援" in me.page.locator(".said").inner_text()
    first = me.comment()
    me.page.keyboard.press("m")
    for typed in ("G1-1-1", "いばしょ"):
        me.page.keyboard.press("/")
        me.page.keyboard.type(typed)
        me.page.keyboard.press("Enter")
        expect(me.page.locator("#search")).not_to_be_visible()
    expect(me.page.locator(".chosen li")).to_have_count(2)
    me.press("n", *"memo", "Enter", "Enter")  # 20, with a note
    table = store.decisions_table()
    assert table["decision_id"].nunique() == 20 and hidden < 16
    last = table[table["decision_id"] == table["decision_id"].iloc[-1]]
    assert len(last) == 2 and set(last["note"]) == {"memo"}
    assert (table["suggestion_shown"] == "no").sum() >= hidden
    assert set(table["action"]) == {"accept", "change", "none-fits", "unsure"}

    # Undo brings the comment back; k and j move without deciding.
    me.press("u")
    assert me.comment() == first
    assert store.decisions_table()["action"].iloc[-1] == "undo"
    me.press("k")
    expect(me.page.locator(".decided")).to_contain_text("ひきこもり支援")
    me.press("j")
    assert len(store.decisions_table()) == len(table) + 1
    me.page.keyboard.press("h")
    expect(me.page.get_by_role("dialog", name="キーの一覧")).to_be_visible()
    me.page.keyboard.press("Escape")

    # Nothing is lost by closing the browser.
    me.page.context.close()
    again = Reviewer(chromium, server)
    again.open("/dashboard")
    expect(again.page.locator(".tile").first).to_contain_text("19")
    with again.page.expect_download() as waiting:
        again.page.get_by_role("link", name="CSV").first.click()
    path = tmp_path / "decisions.csv"
    waiting.value.save_as(path)
    assert len(read_table(path)) == len(store.decisions_table())
    for person in (me, again):
        assert set(person.asked) == {server} and person.complaints == []


def test_suggestions_change_while_one_works(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    views, _ = store.listing("佐藤", Filters(text="地域の居場所を増やして"))
    shown = [v for v in views if not v.hidden]
    assert len(shown) >= 3
    me.open(f"/code/{shown[1].comment_id}")
    before = me.suggestions()
    for decided in (shown[0], shown[2]):
        me.open(f"/code/{decided.comment_id}")
        me.search("G1-2-2")
    me.open(f"/code/{shown[1].comment_id}")
    assert before[0] != "G1-2-2" and me.suggestions()[0] == "G1-2-2"
    expect(me.page.locator(".evidence")).to_contain_text("この作業で判定")
    expect(me.page.locator(".evidence mark").first).to_be_visible()


def test_double_coding_adjudication_and_training(
    chromium: Browser, server: str, store: Store, tmp_path: Path
) -> None:
    me = Reviewer(chromium, server)
    me.open("/dashboard")
    me.page.get_by_role("spinbutton", name="割合").fill("100")
    me.page.get_by_role("button", name="割り当てる").click()
    expect(me.page.get_by_role("status").last).to_contain_text("割り当てました")
    for coder, code in (("佐藤", "見守り活動"), ("鈴木", "外出")):
        me.be(coder)
        me.open("/code?queue=file")
        for n in range(4):
            expect(me.page.locator(".comment")).to_contain_text("二重コーディング")
            assert me.is_hidden() and me.page.locator(".decided").count() == 0
            me.search(code if n < 2 else "サロン")
    me.open("/agreement")
    expect(me.page.locator(".axis")).to_be_visible()
    expect(me.page.locator("main")).to_contain_text("鈴木")
    me.open("/adjudicate")
    expect(me.page.locator(".case")).to_have_count(2)
    case = me.page.locator(".case").first
    case.get_by_label("裁定の理由").fill("移動の話が中心")
    case.get_by_role("button", name="鈴木 の判定に決める").click()
    expect(me.page.locator(".case")).to_have_count(1)
    case.get_by_text("コードの説明を直す").click()
    case.get_by_label("G1-1-1").fill("近所の見守りと声かけ。移動は含まない。")
    case.get_by_role("button", name="新しい版として保存").first.click()
    expect(me.page.locator(".case").first).to_contain_text("移動は含まない")
    assert store.definition_history("G1-1-1")[-1].version == 1
    settled = [d for d in store.disagreements(settled=True) if d.settled]
    assert [d.settled.codes for d in settled if d.settled] == [("G3-3-2",)]
    # What was exported becomes labels, and a model that learned from them suggests otherwise.
    me.open("/dashboard")
    with me.page.expect_download() as waiting:
        me.page.get_by_role("link", name="CSV").first.click()
    decisions, labels = tmp_path / "判定.csv", tmp_path / "ラベル.csv"
    waiting.value.save_as(decisions)
    assert iken("adjudicate", decisions, "--out", labels) == 0
    table = read_table(labels)
    assert sorted(table["label_source"]) == ["adjudicated", "double", "double"]
    light = ("--config", ROOT / "data/config/lexical.toml", "--no-bank")
    seed = ("--labels", ROOT / "data/labels/kamakura_workshop_2025.csv")
    assert iken("train", *seed, *light, "--out", tmp_path / "before") == 0
    assert iken("train", *seed, "--labels", labels, *light, "--out", tmp_path / "after") == 0
    first = {}
    for name in ("before", "after"):
        model = load_model(tmp_path / name)
        best = model.predict(table["text"].tolist()).items.argmax(axis=1)
        first[name] = model.classifier.classes_[best].tolist()
    assert first["after"] == table["code"].tolist() != first["before"]
    assert set(me.asked) == {server} and me.complaints == []


def test_two_browsers_race_for_one_comment(chromium: Browser, server: str, store: Store) -> None:
    one, two = Reviewer(chromium, server), Reviewer(chromium, server)
    one.open()
    two.open()
    two.be("鈴木")
    assert one.comment() != two.comment()
    # The same person in two windows: the older page is told, and nothing is overwritten.
    other = Reviewer(chromium, server)
    other.open(f"/code/{one.comment()}")
    contested = one.comment()
    one.press("0")
    other.press("?")
    expect(other.page.get_by_role("alert")).to_contain_text("判定が変わっています")
    assert other.comment() == contested
    expect(other.page.locator(".decided")).to_contain_text("該当なし")
    # Another person who opens it by its address is told whose it is.
    held = one.comment()
    two.open(f"/code/{held}")
    two.press("?")
    expect(two.page.get_by_role("alert")).to_contain_text("佐藤")
    assert two.comment() != held
    assert list(store.decisions_table()["action"]) == ["none-fits"]


def test_a_server_that_is_gone_is_told(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.open()
    me.page.context.set_offline(True)
    me.page.keyboard.press("0")
    told = "保存されたかは分かりません"
    expect(me.page.get_by_role("alert")).to_contain_text(told)
    # In the dialog, where one looks; Enter does not wait for a list that never came.
    me.page.keyboard.press("/")
    expect(me.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("つながりません")
    me.page.keyboard.press("Enter")
    me.page.context.set_offline(False)
    me.page.keyboard.type("G1-1-1")
    expect(me.page.locator("#found [data-code]").first).to_be_visible()
    me.page.keyboard.press("Escape")
    me.press("0")
    expect(me.page.get_by_role("alert")).not_to_contain_text(told)
    assert list(store.decisions_table()["action"]) == ["none-fits"]


@one_database
def test_enter_taken_back_before_the_list_arrives_decides_nothing(
    chromium: Browser, server: str, store: Store
) -> None:
    me = Reviewer(chromium, server)
    me.open()
    here = me.comment()
    held: list[Route] = []
    me.page.keyboard.press("/")
    expect(me.page.locator("#found [data-code]").first).to_be_visible()
    me.page.route("**/items**", lambda route: held.append(route))
    with me.page.expect_request("**/items?q=G1-1-1"):
        me.page.keyboard.type("G1-1-1")
        me.page.keyboard.press("Enter")
    me.page.keyboard.press("Escape")
    with me.page.expect_response("**/items?q=G1-1-1"):
        held[-1].continue_()
    expect(me.page.locator("#found [data-typed='G1-1-1']")).to_be_attached()
    me.press("j")
    assert me.comment() != here and store.decisions_table().empty


@one_database
def test_a_proxy_that_cannot_reach_the_server_takes_nothing_off_the_page(
    chromium: Browser, server: str, store: Store
) -> None:
    me = Reviewer(chromium, server)
    me.open()
    here = me.comment()
    me.page.locator("#note").fill("大事なメモ")
    me.page.keyboard.press("Escape")
    bad_gateway = "<html><body><center><h1>502 Bad Gateway</h1></center></body></html>"
    for path in ("**/decide", "**/code/next**"):
        me.page.route(
            path, lambda route: route.fulfill(status=502, body=bad_gateway, content_type="text/html")
        )
    me.page.on("dialog", lambda dialog: dialog.accept())
    for key in "0j":
        me.page.keyboard.press(key)
        expect(me.page.get_by_role("alert")).to_contain_text("つながりません")
        expect(me.page.locator("main")).not_to_contain_text("Bad Gateway")
    assert me.comment() == here and me.page.locator("#note").input_value() == "大事なメモ"
    me.page.unroute_all()
    me.press("0")
    assert list(store.decisions_table()["note"]) == ["大事なメモ"]


@one_database
def test_another_key_after_a_lost_answer_is_no_decision(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.open()
    here = me.comment()

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    me.page.route("**/decide", lose_the_answer)
    me.page.keyboard.press("0")
    expect(me.page.get_by_role("alert")).to_contain_text("保存されたかは分かりません")
    me.page.unroute_all()
    me.press("?")
    expect(me.page.get_by_role("alert")).to_contain_text("判定が変わっています")
    expect(me.page.locator(".decided")).to_contain_text("該当なし")
    assert me.comment() == here and list(store.decisions_table()["action"]) == ["none-fits"]
    me.press("?")
    assert list(store.decisions_table()["action"]) == ["none-fits", "unsure"]


@one_database
def test_a_key_pressed_while_the_last_one_is_under_way_does_nothing(
    chromium: Browser, server: str, store: Store
) -> None:
    """Else `u` right after a wrong key, on a slow line, would take back the decision before it."""
    me = Reviewer(chromium, server)
    me.open()
    me.press("0")
    held: list[Route] = []
    me.page.route("**/decide", lambda route: held.append(route))
    token = me.token()
    with me.page.expect_request("**/decide"):
        me.page.keyboard.press("?")
    asked = len(me.asked)
    for key in "ujk":
        me.page.keyboard.press(key)
    held[0].continue_()
    me.page.wait_for_function(
        "t => document.querySelector('#work input[name=client_token]').value !== t", arg=token
    )
    assert len(me.asked) == asked
    assert list(store.decisions_table()["action"]) == ["none-fits", "unsure"]
    me.press("u")
    assert list(store.decisions_table()["action"]) == ["none-fits", "unsure", "undo"]


@one_database
def test_the_back_button_puts_nothing_onto_another_comment(
    chromium: Browser, server: str, store: Store
) -> None:
    """Browsers fill a form again by the place of its fields, whatever comments stand there by now."""
    me = Reviewer(chromium, server)
    me.open()
    first = me.comment()
    me.page.locator("#note").fill("この意見だけのメモ")
    me.open(f"/code/{first}")
    me.press("0")
    me.page.go_back()
    assert me.comment() != first
    expect(me.page.locator("#note")).to_have_value("")

    me.open("/bulk?threshold=0.50")
    boxes = me.page.locator("form:not(.group) input[name=comment]")
    for n, box in enumerate(boxes.all()):
        box.set_checked(n < 2)
    ticked = boxes.first.get_attribute("value") or ""
    me.open(f"/code/{ticked.split('/')[0]}")
    me.press("0")
    me.page.go_back()
    assert boxes.count() > 2 and boxes.first.get_attribute("value") != ticked
    as_made = boxes.evaluate_all("all => all.every((b) => b.checked === b.defaultChecked)")
    assert as_made


@one_database
def test_a_note_is_left_behind_only_if_that_is_meant(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.open()
    me.press("0")
    here = me.comment()
    answers = Answers(me.page)
    for key in ("n", *"memo", "Escape", "j", "k", "u"):
        me.page.keyboard.press(key)
    assert len(answers.asked) == 3 and all("メモ" in question for question in answers.asked)
    assert me.comment() == here and me.page.locator("#note").input_value() == "memo"
    assert list(store.decisions_table()["action"]) == ["none-fits"]
    answers.yes = True
    me.press("j")
    assert me.comment() != here and len(answers.asked) == 4
    expect(me.page.locator("#note")).to_have_value("")
    me.press("n", *"memo", "Escape", "0")  # deciding saves the note and asks nothing
    me.press("k")
    expect(me.page.locator("#note")).to_have_value("memo")
    me.press("j")
    assert len(answers.asked) == 4 and list(store.decisions_table()["note"]) == ["", "memo"]


@one_database
def test_what_was_typed_is_not_lost_by_leaving_the_page(chromium: Browser, server: str, store: Store) -> None:
    for i in store.assign_double(0.3, CODERS)[:2]:
        for coder, code in zip(CODERS, ("G1-1-1", "G3-3-2"), strict=True):
            given = {"expected_seq": store.get(i, coder).seq, "client_token": f"{coder}{i}"}
            store.save(coder, i, "change", [code], suggestion_shown=False, suggested_code="G1-1-1", **given)  # type: ignore[arg-type]
    me = Reviewer(chromium, server)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    me.page.on("dialog", stay)
    me.open()
    note = me.page.locator("#note")
    note.fill("書きかけ")
    me.page.get_by_role("link", name="一覧", exact=True).click()
    me.page.get_by_role("button", name="絞り込む").click()
    assert asked == ["beforeunload"] * 2 and note.input_value() == "書きかけ"
    note.fill(" ")
    me.open("/adjudicate")
    one, other = me.page.locator(".case").all()
    reason = one.get_by_label("裁定の理由")
    reason.fill("移動の話が中心")
    one.get_by_text("コードの説明を直す").click()
    one.get_by_role("button", name="新しい版として保存").first.click()
    other.get_by_role("button", name="該当なしに決める").click()
    assert asked == ["beforeunload"] * 4 and reason.input_value() == "移動の話が中心"
    assert len(store.definition_history("G1-1-1")) == 1
    # What is sent with it is no loss.
    one.get_by_role("button", name="該当なしに決める").click()
    expect(me.page.locator(".case")).to_have_count(1)
    me.open()
    assert len(asked) == 4
    assert [d.settled.note for d in store.disagreements(settled=True) if d.settled] == ["移動の話が中心"]


@one_database
def test_who_accepts_groups_goes_on_with_the_next_group(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.open("/bulk?threshold=0.50")
    groups = me.page.locator(".group")
    expect(groups.first).to_be_attached()
    left = groups.count()
    for box in groups.first.locator(
        "input[name=comment]"
    ).all():  # of what may be about no item none is chosen
        box.check()
    groups.first.get_by_role("button").press("Enter")
    said = me.page.get_by_role("status").filter(has_text="確定しました")
    expect(said).to_be_in_viewport()
    expect(me.page.locator("#same-title")).to_be_focused()
    assert groups.count() == left - 1 and len(store.decisions_table()) > 1
    assert me.page.get_by_label("確信度が次以上のもの").input_value() == "0.50"
    # What is accepted above is told above.
    me.page.locator("form:not(.group) input[name=comment]").first.check()
    me.page.get_by_role("button", name="第1候補で確定する").click()
    expect(said).to_have_text("✓ 1件を確定しました。")
    expect(said).to_be_in_viewport()


@one_database
def test_a_bulk_acceptance_is_taken_back_when_that_is_meant(
    chromium: Browser, server: str, store: Store
) -> None:
    me = Reviewer(chromium, server)
    answers = Answers(me.page)
    me.open("/bulk?threshold=0.50")
    group = me.page.locator(".group").first
    for box in group.locator("input[name=comment]").all():  # of what may be about no item none is chosen
        box.check()
    group.get_by_role("button").press("Enter")
    n = len(store.decisions_table())
    button = me.page.get_by_role("button", name=f"{n}件の確定を取り消す")
    expect(button).to_be_in_viewport()
    button.press("Enter")
    assert len(answers.asked) == 1 and f"{n}件を取り消し、未判定に戻しますか" in answers.asked[0]
    assert set(store.decisions_table()["action"]) == {"accept"}
    # One of them is decided again; the others are taken back from the list.
    again = store.listing("佐藤", Filters(status="decided"))[0][0].comment_id
    me.open(f"/code/{again}")
    me.press("0")
    me.page.get_by_role("link", name="一覧", exact=True).click()
    answers.yes = True
    me.page.get_by_role("button", name=f"{n - 1}件の確定を取り消す").click()
    said = me.page.get_by_role("status").filter(has_text=f"{n - 1}件の確定を取り消しました")
    expect(said).to_contain_text("判定し直した1件は、そのままです")
    expect(said).to_be_in_viewport()
    assert len(answers.asked) == 2
    expect(me.page.get_by_role("button", name="件の確定を取り消す")).to_have_count(0)
    assert [v.comment_id for v in store.listing("佐藤", Filters(status="decided"))[0]] == [again]
    me.open("/dashboard")
    expect(me.page.locator(".tile").first).to_contain_text("1 / 35")
    # What was taken back can be accepted again.
    me.open("/bulk?threshold=0.50")
    box = me.page.locator("form:not(.group) input[name=comment]").first
    box.check()
    me.page.get_by_role("button", name="第1候補で確定する").click()
    expect(me.page.get_by_role("button", name="1件の確定を取り消す")).to_be_in_viewport()
    assert me.complaints == []


@one_database
def test_browsers_are_asked_to_keep_texts_to_themselves(chromium: Browser, server: str, store: Store) -> None:
    """Checking, translating and completing may send texts to whoever made the browser."""
    me = Reviewer(chromium, server)
    me.open()
    for field in ("#note", "#f-text", "#q"):
        assert me.page.locator(field).evaluate("e => [e.spellcheck, e.translate]") == [False, False]
        suggests = "e => e.closest('[writingsuggestions]').getAttribute('writingsuggestions')"
        assert me.page.locator(field).evaluate(suggests) == "false"


@one_database
def test_several_codes_by_the_mouse_are_confirmed_by_enter(
    chromium: Browser, server: str, store: Store
) -> None:
    me = Reviewer(chromium, server)
    shown = [v for v in store.listing("佐藤", Filters(text="地域の居場所を増やして"))[0] if not v.hidden]
    several = me.page.get_by_role("button", name="複数コード")

    def decided() -> list[str]:
        table = store.decisions_table()
        return table["code"][table["decision_id"] == table["decision_id"].iloc[-1]].tolist()

    for n, click in enumerate((False, True)):
        me.open(f"/code/{shown[n].comment_id}")
        first, second = me.suggestions()[:2]
        several.click()
        for key in "12":
            if click:
                me.page.locator(f".choices [data-key='{key}']").click()
            else:
                me.page.keyboard.press(key)
        expect(me.page.locator(".chosen li")).to_have_count(2)
        me.press("Enter")
        assert decided() == [first, second]
    # What takes a code away again, or does something else, does that.
    me.open(f"/code/{shown[0].comment_id}")
    first = me.suggestions()[0]
    me.page.keyboard.press("m")
    me.page.locator(".chosen button").last.focus()
    me.page.keyboard.press("Enter")
    expect(me.page.locator(".chosen li")).to_have_count(1)
    me.page.get_by_role("button", name="保留").focus()
    me.press("Enter")
    assert store.decisions_table()["action"].iloc[-1] == "unsure"
    assert len(set(store.decisions_table()["decision_id"])) == 3


@one_database
def test_keys_work_with_caps_lock_on(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.open()
    first = me.comment()
    me.press("J")  # as caps lock sends it: a capital without shift
    assert me.comment() != first
    me.page.keyboard.press("N")
    expect(me.page.locator("#note")).to_be_focused()
    me.page.keyboard.press("Escape")
    me.press("0")
    me.press("U")
    me.page.keyboard.press("H")
    expect(me.page.get_by_role("dialog", name="キーの一覧")).to_be_visible()
    me.page.keyboard.press("Escape")
    assert list(store.decisions_table()["action"]) == ["none-fits", "undo"]
    # A question mark comes with shift, and stays one.
    me.press("Shift+?")
    assert store.decisions_table()["action"].iloc[-1] == "unsure"


@one_database
def test_who_goes_by_tab_keeps_their_place(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    shown = next(v for v in store.listing("佐藤")[0] if not v.hidden)
    me.open(f"/code/{shown.comment_id}")
    active = "document.activeElement.id || document.activeElement.tagName"
    me.press("j")
    assert me.page.evaluate(active) == "BODY"  # by keys alone nothing is in focus, and nothing need be
    me.open(f"/code/{shown.comment_id}")
    me.page.locator(".choices button").first.focus()
    me.press("Enter")
    assert me.page.evaluate(active) == "comment-text"
    me.press("0")
    assert me.page.evaluate(active) == "comment-text"
    me.open("/code?text=どこにもない語")  # nothing left: only undo
    me.page.get_by_role("button", name="直前を取り消す").focus()
    me.press("Enter")
    assert me.page.evaluate(active) == "comment-text"
    assert list(store.decisions_table()["action"]) == ["accept", "none-fits", "undo"]


def test_nothing_sticks_out_on_a_narrow_screen(
    chromium: Browser, shipped: Model, cache: VectorCache, tmp_path: Path
) -> None:
    """Surveys have many columns, of long names and long values, some of them one word."""
    table = read_table(SURVEY)
    for n in range(12):
        table[f"問{n} ふだんの暮らしの中で困っていることの有無"] = "とても長い回答です。" * 6
        table[f"q{n}"] = "https://example.org/" + "a" * 200
    path = tmp_path / "wide.csv"
    table.to_csv(path, index=False)
    with closing(Store.open(str(tmp_path / "wide.sqlite"))) as store:
        load_file(store, path, shipped, hidden_share=0.0, cache=cache)
        precisions = tuple(expected_precision(shipped))
        learner = SessionLearner(shipped, store.texts(), cache)
        with _serve(create_app(store, learner, Settings(precisions=precisions))) as url:
            me = Reviewer(chromium, url)
            for width in (360, 1280):
                me.page.set_viewport_size({"width": width, "height": 800})
                for path_ in ("/code", "/bulk?threshold=0.50"):
                    me.open(path_)
                    out = me.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                    assert out <= 0, (width, path_, out)
                me.open("/code")
                columns = me.page.locator(".columns")
                assert columns.bounding_box()["height"] < 110  # type: ignore[index]
                # Short names stay in one piece, and the first suggestion in sight.
                short = "all => all.filter((e) => e.textContent.length < 5).map((e) => e.offsetHeight)"
                assert max(columns.locator("dt").evaluate_all(short)) < 30
            assert me.page.locator(".choices button").first.bounding_box()["y"] < 800  # type: ignore[index]
            found = Axe().run(me.page).response["violations"]
            assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]


@one_database
def test_a_low_screen_shows_what_one_is_at(chromium: Browser, server: str, store: Store) -> None:
    me = Reviewer(chromium, server)
    me.page.set_viewport_size({"width": 1280, "height": 600})
    in_sight = "e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"
    shown = next(v for v in store.listing("佐藤")[0] if not v.hidden)
    me.open(f"/code/{shown.comment_id}")
    top = "() => document.querySelector('.comment').getBoundingClientRect().top"
    before = me.page.evaluate(top)
    adding = me.page.locator(".adding")
    me.page.keyboard.press("m")
    expect(adding).to_be_visible()
    assert adding.evaluate(in_sight)
    me.page.keyboard.press("Escape")
    # Nothing jumps when what was saved is told, however long the item's name.
    me.search("G3-1-6")
    expect(me.page.locator(".said")).to_contain_text("相乗効果")
    assert me.page.evaluate(top) == before
    me.open("/codebook?code=G3-3-2")
    assert me.page.locator(".tree [aria-current]").evaluate(in_sight)


@one_database
def test_who_settles_by_keys_goes_on_with_the_next_case(chromium: Browser, server: str, store: Store) -> None:
    for i in store.assign_double(0.3, CODERS)[:2]:
        for coder, code in zip(CODERS, ("G1-1-1", "G3-3-2"), strict=True):
            given = {"expected_seq": store.get(i, coder).seq, "client_token": f"{coder}{i}"}
            store.save(coder, i, "change", [code], suggestion_shown=False, suggested_code="G1-1-1", **given)  # type: ignore[arg-type]
    me = Reviewer(chromium, server)
    me.open("/adjudicate")
    expect(me.page.locator(".case")).to_have_count(2)
    me.page.locator(".case button").first.press("Enter")
    expect(me.page.locator(".case")).to_have_count(1)
    me.page.keyboard.press("Enter")  # pressed once too often
    me.page.keyboard.press("Tab")
    focused = "document.activeElement.textContent"
    assert me.page.evaluate(focused) == "佐藤 の判定に決める"
    assert sum(d.settled is not None for d in store.disagreements(settled=True)) == 1


@one_database
def test_who_holds_a_case_goes_on_with_the_next_one(chromium: Browser, server: str, store: Store) -> None:
    """A case that is held keeps its place: at the top of the page one would begin again."""
    both = store.assign_double(0.5, CODERS)[:4]
    for i in both:
        for coder, action, codes in zip(CODERS, ("unsure", "change"), ([], ["G3-3-2"]), strict=True):
            given = {"expected_seq": store.get(i, coder).seq, "client_token": f"{coder}{i}"}
            store.save(coder, i, action, codes, suggestion_shown=False, suggested_code="G1-1-1", **given)  # type: ignore[arg-type]
    me = Reviewer(chromium, server)
    me.open("/adjudicate")
    in_sight = "e => { const b = e.getBoundingClientRect(); return b.top >= 0 && b.bottom <= innerHeight; }"
    for n in (0, 1):
        me.page.locator(".case").nth(n).get_by_role("button", name="保留のままにする").press("Enter")
        said = me.page.get_by_role("status").filter(has_text=store.get(both[n], "佐藤").opinion_id)
        expect(said).to_contain_text("保存しました")
        assert said.evaluate(in_sight)
        assert me.page.evaluate("document.activeElement.id") == f"case{both[n + 1]}"
    assert me.page.locator(".case").count() == 4


@one_database
def test_high_contrast_shows_what_is_chosen(chromium: Browser, server: str, store: Store) -> None:
    """Forced colours take grounds and shadows away: what is chosen must differ by something else."""
    me = Reviewer(chromium, server)
    me.page.emulate_media(forced_colors="active")
    line = "e => { const s = getComputedStyle(e); return s.outlineStyle + s.borderBottomColor; }"

    def differ(chosen: str, other: str) -> bool:
        first, second = (me.page.locator(css).first for css in (chosen, other))
        return bool(first.evaluate(line) != second.evaluate(line))

    me.open("/codebook?code=G1-1-1")
    assert differ(".tree [aria-current]", ".tree a:not([aria-current])")
    assert differ(".top nav [aria-current]", ".top nav a:not([aria-current])")
    me.open("/adjudicate")
    assert differ(".tabs [aria-current]", ".tabs a:not([aria-current])")
    me.open()
    me.page.keyboard.press("/")
    expect(me.page.locator("#found [data-code]").first).to_be_visible()
    assert differ("#found [aria-selected=true]", "#found [aria-selected=false]")


@one_database
def test_an_ended_session_is_told(
    chromium: Browser, store: Store, shipped: Model, cache: VectorCache
) -> None:
    store.add_account("ana", "admin", "correct horse")
    learner = SessionLearner(shipped, store.texts(), cache)
    with _serve(create_app(store, learner, Settings(team=True))) as url:
        me = Reviewer(chromium, url)

        def log_in() -> None:
            me.page.get_by_label("名前").fill("ana")
            me.page.get_by_label("パスワード").fill("correct horse")
            me.page.get_by_role("button", name="ログイン").click()
            expect(me.page.get_by_role("button", name="ログアウト")).to_be_visible()

        me.open("/login")
        me.page.get_by_label("名前").fill("ana")
        me.page.get_by_label("パスワード").fill("wrong password")
        me.page.keyboard.press("Enter")
        expect(me.page.get_by_label("パスワード")).to_be_focused()
        log_in()
        store.set_password("ana", "correct horse")  # ends the session
        me.page.keyboard.press("0")
        expect(me.page.get_by_role("alert")).to_contain_text("最後の操作は保存されていません")
        assert store.decisions_table().empty
        log_in()
        # No file with the login page in it.
        me.open("/dashboard")
        store.set_password("ana", "correct horse")
        me.page.get_by_role("link", name="CSV").first.click()
        expect(me.page.get_by_role("heading", name="ログイン")).to_be_visible()


# Relative luminance and contrast as in WCAG 2.1.
CONTRAST = """([line, ground]) => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/\\d+/g).map((c) => c / 255).map((c) => (c > 0.03928 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(line), luminance(ground)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}"""


@one_database
def test_borders_of_fields_stand_out(chromium: Browser, server: str, store: Store) -> None:
    """3:1 (WCAG 1.4.11), which axe-core does not look at."""
    me = Reviewer(chromium, server)
    me.open()
    style = "(e, name) => getComputedStyle(e)[name]"
    for field, behind in (("#note", ".card"), ("#f-text", "body"), (".actions button", ".card")):
        line = me.page.locator(field).first.evaluate(style, "borderTopColor")
        ground = me.page.locator(behind).first.evaluate(style, "backgroundColor")
        assert me.page.evaluate(CONTRAST, [line, ground]) >= 3, field


PAGES = ("/code", "/list", "/bulk", "/dashboard", "/agreement", "/adjudicate", "/codebook?code=G1-1-1")


@one_database
def test_no_serious_barrier_on_any_page(chromium: Browser, server: str, store: Store, shipped: Model) -> None:
    """Checked by axe-core, each page with something on it."""
    double = store.assign_double(0.3, CODERS, hide=False)
    for coder, code in zip(CODERS, ("G1-1-1", "G3-3-2"), strict=True):
        for i in double[:3]:
            view = store.get(i, coder)
            given = {"expected_seq": view.seq, "client_token": f"{coder}{i}"}
            store.save(coder, i, "change", [code], suggestion_shown=False, suggested_code="G1-1-1", **given)  # type: ignore[arg-type]
    seen = store.for_bulk("佐藤", 1)[0][0]
    accepted = [BulkChoice(seen.comment_id, ("G1-1-1",), "G1-1-1", seen.seq)]
    store.bulk_accept("佐藤", accepted, model_state="m+0", client_token="bulk")
    me = Reviewer(chromium, server)
    axe = Axe()

    def check(what: str) -> None:
        found = axe.run(me.page).response["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert not serious, (what, [(v["id"], [n["html"][:200] for n in v["nodes"][:3]]) for v in serious])

    for path in PAGES:
        me.open(path)
        check(path)
    me.open()
    for key, what in (("/", "search"), ("Escape", ""), ("h", "help"), ("Escape", ""), ("m", "adding")):
        me.page.keyboard.press(key)
        if what:
            if what == "search":
                expect(me.page.locator("#found [data-code]").first).to_be_visible()
            check(what)
    learner = SessionLearner(shipped, store.texts())
    assert learner.learned == 0
    store.add_account("ana", "admin", "correct horse")
    with _serve(create_app(store, learner, Settings(team=True))) as url:
        me.url = url
        me.open("/login")
        check("login")
        me.page.get_by_label("名前").fill("ana")
        me.page.get_by_label("パスワード").fill("correct horse")
        me.page.get_by_role("button", name="ログイン").click()
        me.open("/accounts")
        check("accounts")
