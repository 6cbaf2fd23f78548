"""How much personal information `iken mask` finds, and how much it takes for it that is none.

    python benchmarks/masking.py [--misses]

data/masking/cases.csv: invented comments, `[[kind:text]]` around what should be masked. The rules were
tuned on the odd-numbered cases; the even-numbered ones were written afterwards, and some of their misses were
mended later (data/masking/README.md).
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipeline.folding import Span
from pipeline.masking import KINDS, find_personal
from pipeline.metrics import share_with_interval
from pipeline.tableio import read_table
from pipeline.tables import records

CASES = Path(__file__).resolve().parent.parent / "data/masking/cases.csv"
_MARK = re.compile(r"\[\[([^:\]]+):(.+?)\]\]")


def read_case(marked: str) -> tuple[str, list[Span]]:
    """Return the text of a marked case, and the spans that should be found in it."""
    text, spans, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        spans.append(Span(len(text), len(text) + len(match[2]), match[1]))
        text += match[2]
        at = match.end()
    return text + marked[at:], spans


def counts(cases: Iterable[dict[str, str]], *, misses: bool = False) -> Counter[tuple[str, str]]:
    """Count by kind: (kind, "gold"), "covered" (masked to the last character), "said", "right" (touches a
    span of its kind); and ("negative", "cases" | "clean") for comments with nothing to mask.
    """
    tally: Counter[tuple[str, str]] = Counter()
    for case in cases:
        text, gold = read_case(case["marked"])
        said = find_personal(text)
        masked = {i for s in said for i in range(s.start, s.end)}
        for span in gold:
            tally[span.kind, "gold"] += 1
            tally[span.kind, "covered"] += masked.issuperset(range(span.start, span.end))
        for span in said:
            tally[span.kind, "said"] += 1
            tally[span.kind, "right"] += any(
                g.kind == span.kind and g.start < span.end and span.start < g.end for g in gold
            )
        if not gold:
            tally["negative", "cases"] += 1
            tally["negative", "clean"] += not said
        if misses and said != gold:
            shown = [f"{s.kind}:{text[s.start : s.end]}" for s in said]
            print(f"- {case['case']}: {case['marked']} → {'、'.join(shown) or 'nothing'}")
    return tally


def _figure(hits: int, n: int) -> str:
    if not n:
        return "–"
    share = share_with_interval(hits, n)
    return f"{share['value']:.3f} [{share['low']:.3f}, {share['high']:.3f}] ({hits}/{n})"


def print_table(title: str, tally: Counter[tuple[str, str]]) -> None:
    """Print precision and recall of each kind with Wilson's 95 % interval."""
    print(f"\n### {title}\n\n| kind | precision | recall |\n|---|---|---|")
    for kind in KINDS:
        precision = _figure(tally[kind, "right"], tally[kind, "said"])
        print(f"| {kind} | {precision} | {_figure(tally[kind, 'covered'], tally[kind, 'gold'])} |")
    right, said, covered, gold = (
        sum(tally[k, w] for k in KINDS) for w in ("right", "said", "covered", "gold")
    )
    print(f"| all | {_figure(right, said)} | {_figure(covered, gold)} |")
    print(
        f"\nhard negatives left as they are: {_figure(tally['negative', 'clean'], tally['negative', 'cases'])}"
    )


def main() -> None:
    """Print the tables of the odd and of the even cases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--misses", action="store_true", help="list the cases that come out otherwise")
    parser.add_argument("--half", choices=["odd", "even"])
    arguments = parser.parse_args()
    cases = records(read_table(CASES))
    for rest, name, title in (
        (1, "odd", "odd cases (tuned on)"),
        (0, "even", "even cases (first written held out)"),
    ):
        if arguments.half in (None, name):
            part = [c for c in cases if int(c["case"]) % 2 == rest]
            tally = counts(part, misses=arguments.misses)
            print_table(f"{title}: {len(part)}", tally)


if __name__ == "__main__":
    main()
