"""Speed and memory of iken, as ratios measured in one run: `python benchmarks/speed.py`.

Comments are put together from clauses of the example bank, so that all are distinct; they are of no
use for anything but timing.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_LOOK_EVERY = 0.25  # seconds between two looks at memory
IKEN = [sys.executable, "-c", "from pipeline.cli import main; main()"]


def comments(n: int) -> list[str]:
    """Return n distinct short comments: pairs of clauses from the example bank."""
    with (ROOT / "data/codebook/example_utterances.csv").open(encoding="utf-8-sig") as file:
        clauses = [c for row in csv.DictReader(file) for c in re.split("[、。]", row["text"]) if c]
    rng = random.Random(0)
    found: dict[str, None] = {}
    while len(found) < n:
        found["、".join(rng.sample(clauses, 2))] = None
    return list(found)


def utterances(n: int) -> list[str]:
    """Return up to n distinct texts of the example bank as they stand, as long as comments are."""
    with (ROOT / "data/codebook/example_utterances.csv").open(encoding="utf-8-sig") as file:
        return list(dict.fromkeys(row["text"] for row in csv.DictReader(file)))[:n]


def write_survey(path: Path, texts: list[str]) -> None:
    """Write a survey."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        writer.writerows(enumerate(texts))


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(works: Sequence[Callable[[], float]], times: int = 3) -> list[float]:
    """Return the median of what each work returns, done in turns: machines are faster at one time than another."""
    taken = [[work() for work in works] for _ in range(times)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def bare_tokenisation(texts: list[str]) -> None:
    """Read lemma and part of speech of every word, as fugashi offers them."""
    import fugashi

    tagger = fugashi.Tagger()
    for text in texts:
        for word in tagger(text):
            _ = word.feature.lemma, word.feature.pos1


def memory_of(process: int) -> int:
    """Return the memory of a process and of those it started, in kB (Linux); what they share counts once."""
    found = 0
    with suppress(OSError):  # one that has just ended
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            found += int(line.split()[1]) if line.startswith("Pss:") else 0
        for task in Path(f"/proc/{process}/task").iterdir():
            found += sum(map(memory_of, map(int, (task / "children").read_text().split())))
    return found


def run(arguments: list[str]) -> float:
    """Run a command; return its seconds."""
    return seconds(lambda: subprocess.run(arguments, check=True, capture_output=True, cwd=ROOT))


def peak_memory(arguments: list[str]) -> float:
    """Run a command, which looking at its memory slows a little; return the peak of all its processes in MB."""
    peak = 0
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as running:
        while running.poll() is None:
            peak = max(peak, memory_of(running.pid))
            with suppress(subprocess.TimeoutExpired):
                running.wait(_LOOK_EVERY)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, arguments)
    return peak / 1024


ENCODERS_ALONE = """
import sys, time
from pathlib import Path
from pipeline import load_model
from pipeline.tableio import open_rows

texts = [t for chunk in open_rows(Path(sys.argv[1])).chunks() for t in chunk["text"]]
features = load_model(Path(sys.argv[2])).features
features.transform(texts[:64])  # weights are read
start = time.perf_counter()
for i in range(0, len(texts), 4096):
    features.transform(texts[i : i + 4096])
print(time.perf_counter() - start)
"""


def encoders_alone(survey: Path, model: str) -> float:
    """Return the seconds that the vectors of a survey take, in a process that has not seen its texts before."""
    command = [sys.executable, "-c", ENCODERS_ALONE, str(survey), model]
    return float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def with_vectors(folder: str, n: int, name: str, times: int) -> str:
    """Measure a model against its encoders alone on the same distinct texts, without the cache."""
    model = f"models/{name}"
    survey, out = Path(folder) / "vectors.csv", Path(folder) / "vectors_out.csv"
    texts = utterances(n)
    n = len(texts)
    write_survey(survey, texts)
    os.environ["IKEN_CACHE"] = "off"
    few = Path(folder) / "few.csv"
    write_survey(few, texts[:10])
    command = [*IKEN, "suggest", "--out", str(out), "--model", model]
    alone, start, taken = in_turns(
        [
            lambda: encoders_alone(survey, model),
            lambda: run([*command, str(few)]),
            lambda: run([*command, str(survey)]),
        ],
        times,
    )
    alone, rate = n / alone, n / (taken - start)
    memory = peak_memory([*command, str(survey)])
    return "\n".join(
        [
            f"| encoders of `{name}` alone, {n:,} texts of the bank | {alone:,.0f} /s |",
            f"| iken suggest with them, start-up of {start:.1f} s apart | {rate:,.0f} /s ({rate / alone:.0%} of the encoders; target 85 %) |",
            f"| peak memory with them | {memory:,.0f} MB |",
        ]
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument(
        "--million", action="store_true", help="also measure memory at ten times the rows (minutes)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lexical = ["--config", "data/config/lexical.toml", "--no-bank", "--out", f"{folder}/lexical"]
        taken = run([*IKEN, "train", *lexical])
        print(f"| iken train on the 84 opinions, lexical | {taken:.1f} s (target 10 s) |")
        model = ["--model", f"{folder}/lexical"]
        survey, out = Path(folder) / "survey.csv", Path(folder) / "out.csv"
        texts = comments(options.rows)
        write_survey(survey, texts)
        command = [*IKEN, "suggest", str(survey), "--out", str(out), *model]
        bare, taken = in_turns([lambda: seconds(lambda: bare_tokenisation(texts)), lambda: run(command)])
        small = peak_memory(command)
        bare, rate = options.rows / bare, options.rows / taken
        print(f"| bare fugashi, {options.rows:,} comments | {bare:,.0f} /s |")
        print(
            f"| iken suggest, the same, whole command | {rate:,.0f} /s ({rate / bare:.0%} of bare; target 50 %) |"
        )
        print(f"| peak memory | {small:,.0f} MB |")
        if options.million:
            write_survey(survey, comments(10 * options.rows))
            large = peak_memory(command)
            print(
                f"| peak memory, {10 * options.rows:,} comments | {large:,.0f} MB ({large / max(small, 1):.2f} times; target 1.3) |"
            )
            taken = run(command)
            print(f"| iken suggest, {10 * options.rows:,} comments | {10 * options.rows / taken:,.0f} /s |")
        taken = run([*IKEN, "train", "--out", f"{folder}/default"])
        print(f"| iken train, default model with the example bank (vectors not cached) | {taken:.1f} s |")
        # A few seconds each, and one run differs from the next by a tenth.
        print(with_vectors(folder, options.rows // 10, "default", times=7))
        print(with_vectors(folder, options.rows // 50, "accurate", times=3))
        taken = run([*IKEN, "--help"])
        print(f"| iken --help | {taken:.2f} s (target 0.5 s) |")
    print(
        f"| this benchmark's own peak | {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB |"
    )


if __name__ == "__main__":
    main()
