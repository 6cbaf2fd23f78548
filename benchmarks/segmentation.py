"""How well comments are split into opinion units: `python benchmarks/segmentation.py`.

The comments are invented, with marked boundaries (`tests/data/multi_topic.tsv`). The rules were tuned on
the odd-numbered ones only; on the even-numbered ones they were only measured. Their
author had read the whole file once before writing the rules, so that even these figures may flatter a little.
"""

from __future__ import annotations

import random
import timeit
from pathlib import Path
from typing import NamedTuple

from pipeline.normalise import normalise
from pipeline.segment import is_divisible, segment

ROOT = Path(__file__).resolve().parent.parent
MARKED = ROOT / "tests/data/multi_topic.tsv"


class Marked(NamedTuple):
    """A comment, the ends of its units, and the units (by their ends) that carry no opinion."""

    style: str
    comment: str
    ends: list[int]
    empty: set[int]


class Counts(NamedTuple):
    """Boundaries found and marked, found and not marked, marked and not found; the same of empty units."""

    hits: int
    false: int
    missed: int
    empty_hits: int
    empty_false: int
    empty_missed: int


def letters(text: str) -> int:
    """Count letters and digits: which side of a boundary a comma or a bullet stands on does not matter."""
    return sum(c.isalnum() for c in text)


def read(path: Path = MARKED) -> list[Marked]:
    """Read the marked comments."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line and line[0] != "#"]
    found = []
    for line in lines[1:]:
        style, marked, empty = line.split("\t")
        units = marked.replace("\\n", "\n").split("|")
        ends = [letters("".join(units[: i + 1])) for i in range(len(units))]
        found.append(Marked(style, "".join(units), ends, {ends[int(i) - 1] for i in empty.split()}))
    return found


def count(marked: Marked) -> Counts:
    """Split one comment and compare."""
    units = segment(marked.comment)
    ends = [letters(marked.comment[: u.end]) for u in units]
    empty = {end for end, unit in zip(ends, units, strict=True) if not unit.has_opinion}
    # The end of the comment is a boundary for anyone: it does not count.
    found, true = set(ends[:-1]), set(marked.ends[:-1])
    return Counts(
        len(found & true),
        len(found - true),
        len(true - found),
        len(empty & marked.empty),
        len(empty - marked.empty),
        len(marked.empty - empty),
    )


def total(counts: list[Counts]) -> Counts:
    """Add up."""
    return Counts(*(sum(column) for column in zip(*counts, strict=True)))


def scores(counts: Counts) -> tuple[float, float, float]:
    """Return precision, recall and F1 of boundaries."""
    precision = counts.hits / max(counts.hits + counts.false, 1)
    recall = counts.hits / max(counts.hits + counts.missed, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def intervals(counts: list[Counts], draws: int = 2000) -> list[tuple[float, float]]:
    """Return 95 % intervals of the three scores, comments drawn with replacement."""
    rng = random.Random(0)
    drawn = [scores(total(rng.choices(counts, k=len(counts)))) for _ in range(draws)]
    columns = [sorted(column) for column in zip(*drawn, strict=True)]
    return [(c[int(0.025 * draws)], c[int(0.975 * draws)]) for c in columns]


def microseconds(texts: list[str]) -> float:
    """Return the time a comment takes when it is seen for the first time, best of twenty passes."""
    passes = timeit.repeat(
        lambda: [segment(t) for t in texts], setup=normalise.cache_clear, number=1, repeat=20
    )
    return min(passes) / len(texts) * 1e6


def main() -> None:
    """Print the tables."""
    marked = read()
    print("| comments | boundaries | precision | recall | F1 | empty units recognised | wrongly empty |")
    print("|---|---|---|---|---|---|---|")
    for name, half in (("odd (tuned on)", marked[::2]), ("even (held out)", marked[1::2])):
        counts = [count(m) for m in half]
        whole = total(counts)
        cells = [
            f"{s:.2f} ({a:.2f}–{b:.2f})" for s, (a, b) in zip(scores(whole), intervals(counts), strict=True)
        ]
        empty = f"{whole.empty_hits} of {whole.empty_hits + whole.empty_missed}"
        boundaries = whole.hits + whole.missed
        print(f"| {name}, {len(half)} | {boundaries} | {' | '.join(cells)} | {empty} | {whole.empty_false} |")
    units = sorted({u.text for m in marked for u in segment(m.comment)})
    plain = [u for u in units if not is_divisible(u)]
    several = [m.comment for m in marked if len(m.ends) > 1]
    longest = ("".join(m.comment for m in marked) * 6)[:20_000]
    print()
    print("| time of one comment | µs |")
    print("|---|---|")
    print(f"| short, nothing to look at closely ({len(plain)}) | {microseconds(plain):.1f} |")
    print(
        f"| of several units, {sum(map(len, several)) / len(several):.0f} characters | {microseconds(several):.0f} |"
    )
    print(
        f"| of {len(longest):,} characters | {min(timeit.repeat(lambda: segment(longest), number=1, repeat=3)) * 1e6:,.0f} |"
    )


if __name__ == "__main__":
    main()
