"""Does the review page lose a decision? `python benchmarks/soak.py` starts the real server and keeps killing it.

Simulated reviewers decide over HTTP with their own accounts, as the browser does: the forms of the page, one
token a key press, the same token again when the answer did not come. Meanwhile the server is killed with
SIGKILL at random moments and started again. At the end the database is read directly: every acknowledged
decision must be there exactly once, as it was sent, and nothing that nobody sent.
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
from sqlalchemy import select, text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.soak_reviewers import Log, Reviewer, Sent  # noqa: E402
from pipeline.decisions import current_decisions  # noqa: E402
from pipeline.review.schema import DecisionRow  # noqa: E402
from pipeline.review.store import Store  # noqa: E402
from pipeline.tableio import read_table, write_table  # noqa: E402

COMMENTS = ROOT / "data/development/comments.csv"
PASSWORD = "soak-of-the-review"
_START_SECONDS = 300
_ALONE = 50  # decisions of one reviewer before the others come


# -- the server ------------------------------------------------------------------------------------


class Server:
    """`iken review open` as a process of its own, always on the same port."""

    def __init__(self, survey: Path, database: str, folder: Path) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-c", "from pipeline.cli import main; main()"]
        self._command += ["review", "open", str(survey), "--db", database, "--port", str(self.port)]
        self._command += ["--no-browser", "--model", str(ROOT / "models/default")]
        # Vectors of the comments are worked out at the first start only.
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "IKEN_CACHE_DIR": str(folder / "cache"),
        }
        self._log = folder / "server.log"

    def start(self) -> float:
        """Start and return the seconds until the first answer."""
        begun = time.perf_counter()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=ROOT, stdout=log, stderr=log
            )
        while time.perf_counter() - begun < _START_SECONDS:
            if self._process.poll() is not None:
                break
            try:
                httpx.get(f"{self.url}/login", timeout=30)
                return time.perf_counter() - begun
            except httpx.TransportError:
                time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self._log.read_text('utf-8')[-3000:]}")

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        self._process.kill()
        self._process.wait()


# -- checking --------------------------------------------------------------------------------------


@dataclass
class Found:
    """What the database holds of what was sent.

    lost, altered, twice, foreign : acknowledged and not there; there but not as sent; there more than once;
        there but never sent. shared : comments that stand decided by several coders
    silent : stored, though the acknowledgement never reached the reviewer
    """

    stored: int
    lost: int
    altered: int
    twice: int
    foreign: int
    shared: int
    silent: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.altered or self.twice or self.foreign or self.shared)


def check(store: Store, sent: dict[str, Sent]) -> Found:
    """Compare the database with what was sent."""
    with store._db.read() as session:
        rows = session.scalars(select(DecisionRow)).all()
        if store._db.is_sqlite:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    count = Counter(r.client_token for r in rows)
    altered = 0
    for row in rows:
        entry = sent.get(row.client_token)
        if entry is not None:
            as_sent = (entry.coder, entry.codes, entry.undo) == (
                row.coder,
                tuple(row.codes),
                row.action == "undo",
            )
            altered += not (as_sent and (entry.undo or entry.comment_id == row.comment_id))
    standing = current_decisions(store.decisions_table())
    coders = standing.groupby("opinion_id")["coder"].nunique()
    return Found(
        stored=len(rows),
        lost=sum(e.acknowledged and t not in count for t, e in sent.items()),
        altered=altered,
        twice=sum(n > 1 for n in count.values()),
        foreign=sum(t not in sent for t in count),
        shared=int((coders > 1).sum()),
        silent=sum(t in sent and not sent[t].acknowledged for t in count),
    )


# -- the run ---------------------------------------------------------------------------------------


def write_survey(path: Path, n: int) -> None:
    """Write `n` comments, no two the same."""
    texts = read_table(COMMENTS)["text"].tolist()
    made = [f"{texts[i % len(texts)]}({i // len(texts) + 1}丁目)" for i in range(n)]
    write_table(pd.DataFrame({"意見": made, "地区": [f"地区{i % 5}" for i in range(n)]}), path)


@dataclass(frozen=True)
class Times:
    """Seconds of each start, of each decision of one reviewer alone, and of the work of all."""

    starts: list[float]
    alone: list[float]
    work: float


def soak(
    decisions: int, kills: int, reviewers: int, folder: Path, database: str | None, seed: int
) -> tuple[Log, Found, Times]:
    """Run it all; return what was sent, what was found, and the times."""
    survey = folder / "survey.csv"
    write_survey(survey, decisions + 3 * reviewers)
    url = database or str(folder / "soak.sqlite")
    names = [f"担当{i + 1:02d}" for i in range(reviewers)]
    with closing(Store.open(url)) as store:
        for name in names:
            store.add_account(name, "reviewer", PASSWORD)
    server = Server(survey, url, folder)
    starts = [server.start()]
    try:
        log = Log(decisions)
        people = [Reviewer(name, PASSWORD, server.url, log, seed) for name in names]
        for person in people:
            person.log_in()
        alone, log.seconds = people[0].work_alone(min(_ALONE, decisions // 4)), []
        moments = random.Random(seed)
        at = sorted(moments.sample(range(log.decided, decisions), kills))
        begun = time.perf_counter()
        with ThreadPoolExecutor(reviewers) as pool:
            working = [pool.submit(person.work) for person in people]
            for limit in at:
                while log.decided < limit and not log.problems:
                    time.sleep(0.002)
                time.sleep(moments.uniform(0, 0.05))
                server.kill()
                try:
                    starts.append(server.start())
                except RuntimeError as error:
                    log.problems.append(str(error))
                    raise
            for job in working:
                job.result()
        took = time.perf_counter() - begun
    finally:
        server.kill()
    with closing(Store.open(url)) as store:
        return log, check(store, log.sent), Times(starts, alone, took)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak and print its figures; 1 if a decision was lost, doubled or altered."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--decisions", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--db", help="URL of an empty PostgreSQL database; default: an SQLite file")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="iken-soak-") as folder:
        log, found, times = soak(
            given.decisions, given.kills, given.reviewers, Path(folder), given.db, given.seed
        )
    kind = "PostgreSQL" if given.db else "SQLite"
    acknowledged = log.decided + log.undone
    print(
        f"{kind}: {given.reviewers} reviewers, {len(times.starts) - 1} times kill -9, {times.work:.0f} s of work"
    )
    print(f"acknowledged: {acknowledged} ({log.decided} decisions, {log.undone} undos)")
    print(
        f"requests repeated since the server was gone: {log.retries}, since it was busy: {log.busy}; "
        f"told that the comment is another's: {log.conflicts}"
    )
    print(f"stored: {found.stored}, of them without an answer to the reviewer: {found.silent}")
    print(f"lost: {found.lost}, altered: {found.altered}, twice: {found.twice}, never sent: {found.foreign}")
    print(f"comments decided by two people: {found.shared}")
    for who, seconds in (("one reviewer alone", times.alone), ("all, restarts included", log.seconds)):
        middle, most, worst = np.percentile(seconds or [0], [50, 95, 100]) * 1000
        print(f"key to next comment, {who}: median {middle:.0f} ms, 95 % {most:.0f} ms, worst {worst:.0f} ms")
    first, *again = times.starts
    print(f"starts: first {first:.1f} s, again {np.mean(again or [0]):.1f} s")
    for problem in log.problems:
        print("problem:", problem)
    return 0 if found.good and not log.problems and acknowledged >= given.decisions else 1


if __name__ == "__main__":
    raise SystemExit(main())
