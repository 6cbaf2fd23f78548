"""The report stage: coded opinions become sections of text, tables, pictures and opinions in plan order.

Nothing is written here; `report_word`, `report_markdown`, `report_html` and `report_excel` do that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from pipeline.codebook import Codebook
from pipeline.coded_opinions import NONE_FITS, CodedOpinions, units
from pipeline.report_change import change_parts
from pipeline.report_numbers import cross_parts, overview_parts
from pipeline.report_parts import (
    ModelFigures,
    Paragraph,
    Part,
    Plan,
    PlanEntry,
    Quote,
    Quotes,
    Report,
    ReportOptions,
    Section,
    SubHeading,
    Table,
)
from pipeline.report_texts import gathering_parts, method_parts
from pipeline.representative import Representatives
from pipeline.suggested_codes import MAYBE_OUTSIDE, OPEN
from pipeline.words import words_of_plan

_WORDS = 6
# Of few opinions the words are the opinions.
_FEWEST_FOR_WORDS = 5


def build_report(
    opinions: CodedOpinions,
    codebook: Codebook,
    options: ReportOptions | None = None,
    *,
    workshops: pd.DataFrame | None = None,
    previous: CodedOpinions | None = None,
    model: ModelFigures | None = None,
    themes: pd.DataFrame | None = None,
    progress: Callable[[str], None] = lambda section: None,
) -> Report:
    """Return the report of one survey or workshop series.

    Parameters
    ----------
    opinions, previous
        This survey, and an earlier one coded with the same codebook.
    workshops
        WORKSHOPS: sessions and themes.
    themes
        THEMES: candidates for new themes in this survey.
    progress
        Called with the title of each section before it is made.

    Raises
    ------
    InputError
        if a column of `options.by` is missing or has too few groups, or there is no opinion.
    """
    options = options or ReportOptions()
    model = model or ModelFigures()
    sections: list[Section] = []

    def add(title: str, parts: Callable[[], tuple[Part, ...]]) -> None:
        progress(title)
        sections.append(Section(title, parts()))

    add("意見の集め方と回答数", lambda: gathering_parts(opinions, codebook, options, workshops))
    add("全体の状況", lambda: overview_parts(opinions, codebook, options, model))
    add("意見のまとめ", lambda: _plan_parts(opinions, codebook, options))
    if options.by:
        add("属性別の集計", lambda: cross_parts(opinions, codebook, options))
    if previous is not None:
        add("前回との比較", lambda: change_parts(opinions, previous, codebook, options))
    if len(opinions.uncoded):
        add("計画の項目に当てはめていない意見", lambda: _uncoded_parts(opinions, options))
    if themes is not None and len(themes):
        add("計画にない話題の候補", lambda: _theme_parts(themes))
    add("方法と限界", lambda: method_parts(opinions, codebook, options, model))
    columns = ["opinion_id", "unit", "text", "code", "checked", "confidence"]
    # A column of residents beside a text would undo what the cross tables hide.
    listed = opinions.coded[columns].assign(title=[codebook[c].title for c in opinions.coded["code"]])
    listed = pd.concat([listed, _uncoded_rows(opinions.uncoded)], ignore_index=True).astype(object).fillna("")
    return Report(options.title, options.lines, tuple(sections), opinions.has_unchecked, listed)


# -- the plan with its opinions --------------------------------------------------------------------


def _plan_parts(opinions: CodedOpinions, codebook: Codebook, options: ReportOptions) -> tuple[Part, ...]:
    parts: list[Part] = []
    if options.examples is not None and len(opinions.coded):
        parts.append(
            Paragraph(
                f"項目ごとに、代表的な意見を{options.examples}件まで示します。多くの意見に近く、互いに異なるものを選び、"
                "ほぼ同じ意見は1つにまとめて件数を添えました。",
                "note",
            )
        )
    words: dict[str, tuple[str, ...]] = {}
    told = words_of_plan(opinions.coded, codebook, top=_WORDS)
    for code, own in told.groupby("set", sort=False):
        words[str(code)] = tuple(own["word"])
    entries = plan_entries(opinions.coded, codebook, options.examples, words)
    parts.append(Plan(entries))
    if len(told):
        names = [codebook.display(str(c)) for c in told["set"]]
        frame = pd.DataFrame(
            {
                "コード": told["set"],
                "項目": names,
                "語": told["word"],
                "その語がある意見": told["texts"],
                "ほかの意見": told["rest"],
                "対数尤度比": told["log_likelihood"],
                "Jaccard": told["jaccard"],
            }
        )
        parts.append(Table("項目の特徴語", frame, "特徴語", keys=3, only_excel=True))
    return tuple(parts)


def plan_entries(
    coded: pd.DataFrame,
    codebook: Codebook,
    examples: int | None,
    words: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[PlanEntry, ...]:
    """Return every node of the plan with its count and its representative opinions (all for None)."""
    texts = coded["text"].tolist()
    pairs = list(zip(coded["opinion_id"], coded["unit"], strict=True))
    unchecked = (coded["checked"] == "no").tolist()
    places: dict[str, list[int]] = {n.code: [] for n in codebook}
    for i, code in enumerate(coded["code"]):
        places[code].append(i)
    of_opinion: dict[tuple[str, str], set[str]] = {}
    for pair, code in zip(pairs, coded["code"], strict=True):
        of_opinion.setdefault(pair, set()).add(code)
    several = {p for p, codes in of_opinion.items() if len(codes) > 1}
    numbers = {p: f"{p[0]}" if p[1] == "1" else f"{p[0]}/{p[1]}" for p in several}
    representatives = Representatives(texts if examples is not None else [])
    entries = []
    for node in codebook:
        chosen = representatives.choose(places[node.code], examples)
        quotes = tuple(
            Quote(texts[i], unchecked[i], n, numbers.get(pairs[i], ""))
            for i, n in zip(chosen.indices, chosen.copies, strict=True)
        )
        below = [i for c, own in places.items() if node.code in codebook.path(c) for i in own]
        count = len({pairs[i] for i in below})
        # An opinion that a person has looked at anywhere below counts as checked.
        seen = {pairs[i] for i in below if not unchecked[i]}
        enough = count >= _FEWEST_FOR_WORDS
        own_words = (words or {}).get(node.code, ()) if enough else ()
        entries.append(PlanEntry(node, count, count - len(seen), Quotes(quotes, chosen.rest), own_words))
    return tuple(entries)


# -- opinions without a code -----------------------------------------------------------------------

_KINDS = (
    (NONE_FITS, "どの項目にも当たらない意見(人が確認)", False),
    (MAYBE_OUTSIDE, "どの項目にも当たらないと思われる意見(未確認の提案)", True),
    (OPEN, "人の判定を待つ意見", False),
)


def _theme_parts(themes: pd.DataFrame) -> tuple[Part, ...]:
    """Return the candidates with three of their opinions; a machine gathered and named them."""
    frame = themes[["name", "opinions", "texts", "stability", "judgement"]].copy()
    for column in ("opinions", "texts"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce").fillna(0).astype(int)
    frame.columns = pd.Index(["特徴語による名前", "意見", "異なる文面", "安定度", "判定"])
    note = "計画のどの項目にも似ていない意見を機械が集めたもの。名前は特徴語を並べただけで、項目に加えるかは人が決めます。"
    parts: list[Part] = [Table("新しいテーマの候補", frame, "新しいテーマの候補", note=note)]
    for row in themes.to_dict("records"):
        texts = [str(row[f"example_{k}"]) for k in (1, 2, 3) if str(row[f"example_{k}"]).strip()]
        rest = max(int(row["opinions"]) - len(texts), 0)
        parts += [
            SubHeading(f"{row['name']} {row['opinions']}件"),
            Quotes(tuple(Quote(t, True) for t in texts), rest),
        ]
    return tuple(parts)


def _uncoded_rows(uncoded: pd.DataFrame) -> pd.DataFrame:
    """Return opinions without a code for the list of all: kind and reason stand beside where a code would."""
    checked = {NONE_FITS: "yes", MAYBE_OUTSIDE: "no"}  # the rest waits for a person: neither
    columns = ["opinion_id", "unit", "text", "kind", "reason"]
    return uncoded[columns].assign(checked=uncoded["kind"].map(checked).fillna(""))


def _uncoded_parts(opinions: CodedOpinions, options: ReportOptions) -> tuple[Part, ...]:
    parts: list[Part] = []
    representatives = Representatives(
        opinions.uncoded["text"].tolist() if options.examples is not None else []
    )
    texts = opinions.uncoded["text"].tolist()
    for kind, title, unchecked in _KINDS:
        rows = [i for i, k in enumerate(opinions.uncoded["kind"]) if k == kind]
        if not rows:
            continue
        count = len(units(opinions.uncoded.iloc[rows]))
        chosen = representatives.choose(rows, options.examples)
        quotes = tuple(
            Quote(texts[i], unchecked, n) for i, n in zip(chosen.indices, chosen.copies, strict=True)
        )
        parts += [SubHeading(f"{title} {count:,}件"), Quotes(quotes, chosen.rest)]
    reasons = opinions.uncoded.groupby(["kind", "reason"], sort=False).size().reset_index(name="件数")
    reasons.columns = pd.Index(["区分", "理由", "件数"])
    parts.append(Table("当てはめていない理由", reasons, "未分類の理由", keys=2))
    return tuple(parts)
