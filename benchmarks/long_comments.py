"""Are the opinions of a long comment found and coded? `python benchmarks/long_comments.py [--model default] [--set answers]`.

The development comments of one item each, alone and joined two by two at random (the codes of both are
right). Set against coding the comment as a whole, and coding every unit that `segment` makes by itself.
Then the same comments with a greeting before and a closing after them, which are to change nothing.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable
from pathlib import Path

from pipeline.coding import SUGGESTED, Coder
from pipeline.comments import code_comments
from pipeline.models import load_model
from pipeline.no_answer import OUTSIDE
from pipeline.segment import segment

ROOT = Path(__file__).resolve().parent.parent
Codes = list[set[str]]


def read(name: str = "comments") -> list[tuple[str, set[str]]]:
    """Return the texts of a development set that belong to an item, with its code."""
    with (ROOT / f"data/development/{name}.csv").open(encoding="utf-8-sig") as file:
        return [(row["text"], {row["code"]}) for row in csv.DictReader(file) if row["code"]]


def joined(comments: list[tuple[str, set[str]]], n: int) -> list[tuple[str, set[str]]]:
    """Return n pairs of comments of two items, one after the other."""
    rng = random.Random(0)
    pairs = [rng.sample(comments, 2) for _ in range(4 * n)]
    return [(a + b, x | y) for (a, x), (b, y) in pairs if x != y][:n]


def whole(coder: Coder, texts: list[str]) -> Codes:
    """Return the first code of each comment."""
    return [set(c.codes[:1]) for c in coder.code(texts)]


def every_unit(coder: Coder, texts: list[str]) -> Codes:
    """Return the first codes of all units of each comment."""
    units = [[u.text for u in segment(t) if u.has_opinion] for t in texts]
    coded = iter(coder.code([u for found in units for u in found]))
    return [{code for _ in found for code in next(coded).codes[:1]} for found in units]


def by_topic(coder: Coder, texts: list[str]) -> Codes:
    """Return the first codes of the opinions of each comment, as `iken suggest` finds them."""
    return [{c.codes[0] for c in found.codings if c.codes} for found in code_comments(coder, texts)]


_GREETINGS = ("", "", "お世話になっております。", "いつもありがとうございます。", "はじめまして。")
_CLOSINGS = (
    "ご検討ください。",
    "ご検討をお願いします。",
    "どうぞよろしくお願いいたします。",
    "市の職員の皆様、いつもお疲れ様です。",
    "最後になりますが、市長はじめ職員の皆様には日頃より感謝しております。",
    "いつもありがとうございます。",
    "お忙しいところ恐縮ですが、ご対応をお願いいたします。",
)


def greeted(texts: list[str]) -> list[str]:
    """Return the texts with a greeting before and a closing after each, in turn."""
    ends = [t if t[-1] in "。!?！？" else t + "。" for t in texts]
    return [_GREETINGS[i % len(_GREETINGS)] + t + _CLOSINGS[i % len(_CLOSINGS)] for i, t in enumerate(ends)]


def print_courtesies(coder: Coder, single: list[tuple[str, set[str]]]) -> None:
    """Print how comments with a greeting and a closing are coded, beside the same without."""
    plain = [t for t, _ in single]
    long = greeted(plain)
    print("\n| comments | first item right | suggested | 該当なしの疑い |")
    print("|---|---|---|---|")
    for name, codings in (
        ("as they are", coder.code(plain)),
        ("with courtesies, coded as they stand", coder.code(long, vectors=coder.vectors(long))),
        ("with courtesies (iken suggest)", coder.code(long)),
    ):
        right = sum(set(c.codes[:1]) == gold for c, (_, gold) in zip(codings, single, strict=True))
        count = [sum(c.status == status for c in codings) for status in (SUGGESTED, OUTSIDE)]
        print(f"| {name}, {len(single)} | {right / len(single):.3f} | {count[0]} | {count[1]} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="default")
    parser.add_argument("--set", default="comments", help="comments (chosen on), answers or notes")
    options = parser.parse_args()
    coder = Coder(load_model(ROOT / "models" / options.model))
    ways: dict[str, Callable[[Coder, list[str]], Codes]] = {
        "as a whole": whole,
        "every unit": every_unit,
        "by topic (iken suggest)": by_topic,
    }
    print("| comments | coded | codes a comment | precision | recall | F1 |")
    print("|---|---|---|---|---|---|")
    single = read(options.set)
    for name, comments in (("one opinion", single), ("two opinions", joined(single, 300))):
        for title, way in ways.items():
            found = way(coder, [t for t, _ in comments])
            hits = sum(len(f & gold) for f, (_, gold) in zip(found, comments, strict=True))
            given, gold_codes = sum(map(len, found)), sum(len(g) for _, g in comments)
            p, r = hits / given, hits / gold_codes
            print(
                f"| {name}, {len(comments)} | {title} | {given / len(comments):.2f} | {p:.3f} | {r:.3f} | {2 * p * r / (p + r):.3f} |"
            )
    print_courtesies(coder, single)


if __name__ == "__main__":
    main()
