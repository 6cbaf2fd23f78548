"""Opinion units by topic: neighbouring units of a comment that speak of one item are one opinion.

`segment` cuts where people end a sentence. Two sentences are often one opinion all the same: 「雨戸が三日
開いていません。声をかけてよいものか迷います。」 Only a unit that by itself is more likely than not about
another item than the one before is an opinion of its own; what says nothing alone belongs to its neighbour.
Numbered and bulleted points are opinions of their own: there the resident has drawn the line.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pipeline.clauses import CONNECTIVE
from pipeline.segment import BULLET, Unit

# A unit speaks for itself when its first item is more likely than all others together.
OWN_TOPIC = 0.5
# From this probability by its words alone a unit may turn out to speak for itself.
MAY_SPEAK = 0.25


def may_differ(best: Sequence[str], probability: Sequence[float]) -> bool:
    """Tell, before sentence vectors are made, whether units may turn out to be of different topics.

    Parameters
    ----------
    best, probability : most likely item of each unit by words alone (see `OpinionClassifier.glance`), and how likely

    >>> may_differ(["A", "B"], [0.6, 0.7]), may_differ(["A", "B"], [0.6, 0.1]), may_differ(["A", "A"], [0.6, 0.7])
    (True, False, False)
    """
    return len({item for item, p in zip(best, probability, strict=True) if p >= MAY_SPEAK}) > 1


def has_points(comment: str, units: Sequence[Unit]) -> bool:
    """Tell whether a unit after the first is a numbered or bulleted point.

    >>> from pipeline.segment import segment
    >>> [has_points(t, segment(t)) for t in ["①坂が急 ②バスが少ない", "坂が急。バスが少ない。"]]
    [True, False]
    """
    return any(BULLET.search(comment, a.end, b.start) for a, b in pairwise(units))


def join_units(
    comment: str, units: Sequence[Unit], best: Sequence[str], confidence: Sequence[float]
) -> list[Unit]:
    """Return the units with neighbours of one topic joined; an empty unit between joined ones goes with them.

    Parameters
    ----------
    units : all units of `comment` in order
    best, confidence : for each unit with an opinion, in order, the code of its first item and the probability of it

    >>> from pipeline.segment import segment
    >>> text = "雨戸が開いていない。心配です。バスが少ない。"
    >>> [u.text for u in join_units(text, segment(text), ["G1", "G3", "G2"], [0.8, 0.3, 0.7])]
    ['雨戸が開いていない。心配です。', 'バスが少ない。']
    """
    joined: list[Unit] = []
    last, topic, asked, end = -1, "", 0, 0  # of the opinion before: place, item ('': not shown yet), end
    for unit in units:
        point = BULLET.search(comment, end, unit.start) is not None
        end = unit.end
        if not unit.has_opinion:
            joined.append(unit)
            continue
        turns = CONNECTIVE.match(unit.text) is not None and bool(topic) and best[asked] != topic
        own = best[asked] if confidence[asked] >= OWN_TOPIC or turns else ""
        asked += 1
        if last >= 0 and not point and (not own or not topic or own == topic):
            start = joined[last].start
            joined[last:] = [Unit(start, unit.end, comment[start : unit.end], True)]
            topic = topic or own
        else:
            joined.append(unit)
            last, topic = len(joined) - 1, own
    return joined
