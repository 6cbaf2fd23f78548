"""Take the pictures of the review page in docs/guide_review_ja.md, in Chromium, of the page as it is.

    python benchmarks/review_pictures.py            # writes docs/images/review_*.png

Needs Chromium and Noto Sans CJK JP (apt-get install chromium fonts-noto-cjk). Two invented reviewers code the sample
survey: what the model would say, now and then its second suggestion.
"""

from __future__ import annotations

import argparse
import io
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pipeline.models import Model, load_model
from pipeline.review.app import create_app
from pipeline.review.desk import Settings
from pipeline.review.learning import SessionLearner
from pipeline.review.loading import load_file
from pipeline.review.queue import expected_precision
from pipeline.review.store import Store
from pipeline.review.views import Filters
from pipeline.vectorcache import VectorCache

ROOT = Path(__file__).resolve().parent.parent
SURVEY = ROOT / "data/sample/survey.csv"
CODERS = ("佐藤", "鈴木")
LEISURELY = timedelta(seconds=4)  # between two looks at the clock


class Clock:
    """A clock by which the same review shows the same times."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 9, 0, tzinfo=timezone(timedelta(hours=9)))

    def __call__(self) -> datetime:
        """Return the time, a little later at every call."""
        self.now += LEISURELY
        return self.now


def code_twice(store: Store, model: Model, comments: list[int]) -> None:
    """Have both reviewers code comments without sight of a suggestion, and differ on some."""
    texts = dict(store.texts())
    items = model.classifier.classes_
    for n, comment in enumerate(comments):
        order = model.predict([texts[comment]]).items[0].argsort()[::-1]
        for k, coder in enumerate(CODERS):
            differs = k == 1 and n % 4 == 0
            code = items[order[1 if differs else 0]]
            action, codes = ("unsure", []) if k == 1 and n == 3 else ("change", [code])
            note = "どちらにも読める" if differs and n == 0 else ""
            store.save(
                coder,
                comment,
                action,
                codes,
                note,
                suggestion_shown=False,
                suggested_code=items[order[0]],
                model_state=f"{model.model_id}+0",
                expected_seq=store.get(comment, coder).seq,
                client_token=f"{coder}{n}",
            )


@contextmanager
def served(store: Store, model: Model, cache: VectorCache) -> Iterator[str]:
    """Serve the page; give its address."""
    settings = Settings(coder=CODERS[0], coders=CODERS, precisions=tuple(expected_precision(model)))
    app = create_app(store, SessionLearner(model, store.texts(), cache), settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)


def decide(page: Page, key: str) -> None:
    """Press a key and wait for the next comment."""
    token = page.locator("#work input[name=client_token]").first.get_attribute("value")
    page.keyboard.press(key)
    page.wait_for_function(
        "t => document.querySelector('#work input[name=client_token]').value !== t", arg=token
    )


def take_pictures(page: Page, url: str, store: Store, save: Callable[[str, int], None]) -> None:
    """Go through the pages, and save each as it is when it has something to show."""

    def show(path: str) -> None:
        page.goto(url + path)

    hidden = next(v for v in store.listing(CODERS[0])[0] if v.hidden and not v.double)
    show(f"/code/{hidden.comment_id}")
    save("hidden", 800)
    show("/bulk?threshold=0.50")
    save("bulk", 800)
    for box in page.locator("form:not(.group) input[name=comment]").all()[:6]:
        box.check()
    page.get_by_role("button", name="第1候補で確定する").click()
    page.get_by_text("6件を確定しました").wait_for()
    save("bulk_undo", 330)
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="6件の確定を取り消す").click()
    page.get_by_text("6件の確定を取り消しました").wait_for()
    show("/code?text=バス")
    decide(page, "1")
    show("/code")
    for key in "1112":
        if page.locator(".hidden-note").count():
            decide(page, "j")
        decide(page, key)
    seen = next(v for v in store.listing(CODERS[0], Filters(text="地域の居場所"))[0] if not v.hidden)
    show(f"/code/{seen.comment_id}")
    save("code", 800)
    page.keyboard.press("h")
    save("keys", 800)
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.press("1")
    page.keyboard.press("2")
    page.locator(".chosen li").nth(1).wait_for()
    save("several", 860)
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("そうだん")
    page.locator("#found [data-typed='そうだん']").wait_for(state="attached")
    save("search", 800)
    page.keyboard.press("Escape")
    show("/list?status=all")
    save("list", 800)
    show("/dashboard")
    save("dashboard", 1100)
    show("/agreement")
    save("agreement", 1100)
    show("/adjudicate")
    save("adjudicate", 800)
    page.locator(".case").first.get_by_text("コードの説明を直す").click()
    definition = page.locator(".case").first.get_by_label("外出・移動支援")
    definition.fill(definition.input_value() + "地図や時刻表などの情報だけなら、福祉資源マップにします。")
    form = page.locator(".case").first.locator(".amend form")
    with page.expect_navigation():
        form.filter(has=page.get_by_label("外出・移動支援")).get_by_role("button").click()
    show("/codebook?code=G3-3-2")
    save("codebook", 800)


def main(folder: Path) -> None:
    """Take all pictures."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("there is no Chromium; apt-get install chromium fonts-noto-cjk")
    folder.mkdir(parents=True, exist_ok=True)
    model = load_model(ROOT / "models/default")
    with (
        tempfile.TemporaryDirectory() as place,
        VectorCache(Path(place) / "vectors") as cache,
        closing(Store.open(f"{place}/survey.review.sqlite", clock=Clock())) as store,
    ):
        load_file(store, SURVEY, model, hidden_share=0.1, cache=cache)
        code_twice(store, model, store.assign_double(0.35, CODERS))
        with served(store, model, cache) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page()

            def save(name: str, height: int) -> None:
                page.set_viewport_size({"width": 1280, "height": height})
                path = folder / f"review_{name}.png"
                with Image.open(io.BytesIO(page.screenshot())) as image:
                    flat = image.convert("RGB").quantize(64, method=Image.Quantize.MEDIANCUT, kmeans=3)
                flat.save(path, optimize=True)
                print(path.name)

            page.set_viewport_size({"width": 1280, "height": 800})
            take_pictures(page, url, store, save)
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "docs/images")
    main(parser.parse_args().folder)
