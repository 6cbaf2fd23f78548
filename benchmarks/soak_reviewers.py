"""Simulated reviewers of `soak.py`, and the log of what they sent and what the server said of it."""

from __future__ import annotations

import html
import random
import re
import threading
import time
from dataclasses import dataclass, field

import httpx

_SWAP = {"HX-Request": "true"}
_INPUT = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_CODE = re.compile(r'data-code="([^"]+)"')


@dataclass
class Sent:
    """One key press: what was sent under its token, and whether the server said that it is stored."""

    coder: str
    comment_id: int
    codes: tuple[str, ...]
    undo: bool = False
    acknowledged: bool = False


@dataclass
class Log:
    """What all reviewers did, together."""

    wanted: int
    sent: dict[str, Sent] = field(default_factory=dict)
    decided: int = 0
    undone: int = 0
    conflicts: int = 0
    retries: int = 0
    busy: int = 0
    seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def done(self) -> bool:
        """Whether enough is decided, or something is wrong."""
        return self.decided >= self.wanted or bool(self.problems)

    def acknowledge(self, token: str) -> None:
        """Note that the server said: stored."""
        with self.lock:
            entry = self.sent[token]
            entry.acknowledged = True
            self.decided += not entry.undo
            self.undone += entry.undo


class Reviewer:
    """One person at a browser, who decides, sometimes undoes, and presses again when no answer comes."""

    def __init__(self, name: str, password: str, url: str, log: Log, seed: int) -> None:
        self.name = name
        self.log = log
        self._password = password
        self._choose = random.Random(f"{seed}{name}")
        self._client = httpx.Client(base_url=url, timeout=60)

    def log_in(self) -> None:
        """Log in through the form."""
        form = fields(self._client.get("/login").text)
        given = {**form, "name": self.name, "password": self._password}
        answer = self._client.post("/login", data=given)
        assert answer.status_code == 303, answer.text

    def work_alone(self, decisions: int) -> list[float]:
        """Decide with the server to oneself; return the seconds from each key press to the next comment."""
        page = self._ask("GET", "/code", {}).text
        while self.log.decided < decisions:
            page = self._step(page)
        return self.log.seconds

    def work(self) -> None:
        """Decide until enough is decided."""
        try:
            page = self._ask("GET", "/code", {}).text
            while not self.log.done:
                page = self._step(page)
        except Exception as error:
            self.log.problems.append(f"{self.name}: {error!r}")
        finally:
            self._client.close()

    def _step(self, page: str) -> str:
        form = fields(page)
        if "comment_id" not in form:
            return self._ask("GET", "/code", {}).text
        if self._choose.random() < 0.04:
            return self._undo(page)
        said, codes = self._decision(page)
        token = form["client_token"]
        with self.log.lock:
            self.log.sent[token] = Sent(self.name, int(form["comment_id"]), codes)
        begun = time.perf_counter()
        answer = self._ask("POST", "/decide", {**form, "do": said, "note": ""})
        if answer.status_code == 409:
            with self.log.lock:
                self.log.conflicts += 1
            return answer.text
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
        self.log.seconds.append(time.perf_counter() - begun)
        self.log.acknowledge(token)
        return answer.text

    def _undo(self, page: str) -> str:
        form = fields(page[page.index('id="undo"') :])
        token = form["client_token"]
        with self.log.lock:
            self.log.sent[token] = Sent(self.name, 0, (), undo=True)
        answer = self._ask("POST", "/undo", form)
        if answer.status_code == 422:  # nothing to undo yet
            return self._ask("GET", "/code", {}).text
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:300]}"
        self.log.acknowledge(token)
        return answer.text

    def _decision(self, page: str) -> tuple[str, tuple[str, ...]]:
        offered = _CODE.findall(page)
        roll = self._choose.random()
        if offered and roll < 0.85:
            code = offered[0] if roll < 0.6 else self._choose.choice(offered)
            return f"code:{code}", (code,)
        return ("none-fits" if roll < 0.95 else "unsure"), ()

    def _ask(self, method: str, path: str, form: dict[str, str]) -> httpx.Response:
        """Send a request, and the very same one again until there is an answer other than "busy"."""
        while True:
            try:
                answer = self._client.request(method, path, data=form or None, headers=_SWAP)
                if answer.status_code != 503:
                    return answer
                with self.log.lock:
                    self.log.busy += 1
            except httpx.TransportError:
                with self.log.lock:
                    self.log.retries += 1
            time.sleep(self._choose.uniform(0.02, 0.2))


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the first form of a page."""
    found: dict[str, str] = {}
    for name, value in _INPUT.findall(page.partition("</form>")[0]):
        found.setdefault(name, html.unescape(value))
    return found
