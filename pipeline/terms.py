"""Terms of the plan that the dictionary would split: 民生委員, 地域包括支援センター. They are kept whole.

The list is a text file that analysts extend, one term a line, other wordings after 「=」:

    # comment
    地域包括支援センター = 包括支援センター、地域包括
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from pipeline.errors import InputError
from pipeline.normalise import normalise
from pipeline.tokenise import CONTENT_POS, STOP_LEMMAS, lemmas, words


def read_terms(content: str, file: str | None = None) -> dict[str, str]:
    """Return wording -> term of a list of terms, both normalised.

    Raises
    ------
    InputError
        for a line without a term, a term of one character, or a wording of two terms, naming the row.

    >>> read_terms("民生委員\\n社会福祉協議会 = 社協、市社協")["市社協"]
    '社会福祉協議会'
    """
    terms: dict[str, str] = {}
    for row, line in enumerate(content.splitlines(), start=1):
        line = line.lstrip("\ufeff").split("#")[0].strip()
        if not line:
            continue
        term, _, others = re.sub("＝", "=", line).partition("=")
        wordings = [normalise(w) for w in (term, *re.split("[、,]", others)) if w.strip()]
        if not term.strip() or min(map(len, wordings)) < 2:
            raise InputError(
                f"用語を読めません: {line}。1行に「用語 = 別の言い方、…」の形で、2文字以上で書いてください。",
                f"no term can be read from: {line}; write 'term = other wording, …', two characters or more each",
                file=file,
                row=row,
            )
        for wording in wordings:
            if terms.setdefault(wording, wordings[0]) != wordings[0]:
                raise InputError(
                    f"「{wording}」が2つの用語({terms[wording]}、{wordings[0]})にあります。片方を消してください。",
                    f"'{wording}' stands under two terms ({terms[wording]}, {wordings[0]}); remove one",
                    file=file,
                    row=row,
                )
    return terms


class TermLemmas:
    """Lemmas of a text, with the terms kept whole.

    Parameters
    ----------
    terms : wording -> term, see `read_terms`

    >>> TermLemmas(read_terms("民生委員")).lemmas("民生委員さんが足りない")
    ['さん', '足りる', '民生委員']
    """

    def __init__(self, terms: Mapping[str, str]) -> None:
        self.terms = dict(terms)
        longest_first = sorted(self.terms, key=lambda w: (-len(w), w))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def lemmas(self, text: str) -> list[str]:
        """Return the lemmas that carry meaning; words inside a term give way to it, at the end."""
        normal = normalise(text)
        found = list(self._pattern.finditer(normal)) if self._pattern else []
        if not found:
            return lemmas(text)
        covered = [m.span() for m in found]
        kept: list[str] = []
        at = span = 0
        for word in words(text):
            surface = word.surface
            start = at if normal.startswith(surface, at) else max(normal.find(surface, at), at)
            at = start + len(surface)
            while span < len(covered) and covered[span][1] < at:
                span += 1
            inside = span < len(covered) and covered[span][0] <= start
            if not inside and word.pos in CONTENT_POS and word.lemma not in STOP_LEMMAS:
                kept.append(word.lemma)
        return kept + [self.terms[m[0]] for m in found]
