"""Comments of several opinions, coded with the shipped model."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import suggest
from pipeline.coded_opinions import read_coded
from pipeline.coding import Coder, Coding
from pipeline.comments import CommentCoding, code_comments, counted_codes, wide_cells
from pipeline.duplicates import GroupFinder
from pipeline.features import stack
from pipeline.models import Model
from pipeline.no_answer import NO_OPINION

WATCH = "ひとり暮らしの高齢者の見守りをもっと増やしてほしいです。"
BUS = "バスの本数が減って買い物に行けないので、送迎があると助かります。"
LIST = "①相談窓口がどこにあるか分からない。②避難所まで歩けない人の名簿を地域で共有してほしい。"


@pytest.fixture(scope="module")
def coder(shipped: Model) -> Coder:
    return Coder(shipped)


def test_a_comment_counts_for_what_a_report_gives_it(model: Model) -> None:
    """The sheet 「集計」 counted a goal beside an item of it, and left out the second item."""

    def said(code: str, also: str = "") -> Coding:
        return Coding("提案", ("G1-1-1",), (0.9,), suggested=code, confidence=0.9, also=also)

    comments = [
        CommentCoding(((0, 2), (2, 4)), (said("G1"), said("G1-1-1")), said("G1")),
        CommentCoding(((0, 4),), (said("G2-1-1", "G2-1-2"),), said("G2-1-1", "G2-1-2")),
        CommentCoding(((0, 4),), (said("G2", "G2-1-2"),), said("G2", "G2-1-2")),
        CommentCoding(((0, 2), (2, 4)), (said("G1-2"), said("G1-2")), said("G1-2")),
    ]
    table = pd.DataFrame(wide_cells(model, comments, 1)).astype(str)
    table = table.assign(意見="道", opinion_id=[f"o{i}" for i in range(len(comments))])
    coded = read_coded(table, model.codebook, file="提案.csv").coded
    by_opinion = coded.groupby("opinion_id")["code"].apply(list).tolist()
    assert by_opinion == [counted_codes(model.codebook, c) for c in comments]
    assert by_opinion == [["G1-1-1"], ["G2-1-1", "G2-1-2"], ["G2"], ["G1-2"]]


def test_each_opinion_gets_its_code_and_the_comment_has_them_in_order(coder: Coder) -> None:
    comment = f"お世話になっております。{WATCH}{BUS}よろしくお願いします。"
    (found,) = code_comments(coder, [comment])
    said = [(comment[a:b], c.codes[0] if c.codes else c.status) for a, b, c in found.units]
    assert said == [
        ("お世話になっております。", NO_OPINION),
        (WATCH, "G1-1-1"),
        (BUS, "G3-3-2"),
        ("よろしくお願いします。", NO_OPINION),
    ]
    assert found.whole.codes[:2] == ("G1-1-1", "G3-3-2")
    assert "doubt_several_topics" in found.whole.reasons


def test_two_sentences_about_one_thing_are_one_opinion_coded_as_it_stands(coder: Coder) -> None:
    comment = "バスの本数が減りました。買い物に行けなくて困っています。"
    (found,) = code_comments(coder, [comment])
    assert found.spans == ((0, len(comment)),)
    assert found.whole == found.codings[0] == coder.code([comment])[0]
    assert "doubt_several_topics" not in found.whole.reasons


def test_numbered_points_are_opinions_of_their_own(coder: Coder) -> None:
    (found,) = code_comments(coder, [LIST])
    assert [LIST[a:b] for a, b, _ in found.units] == [
        "相談窓口がどこにあるか分からない。",
        "避難所まで歩けない人の名簿を地域で共有してほしい。",
    ]


def test_what_a_comment_was_given_survives_json(coder: Coder) -> None:
    (found,) = code_comments(coder, [WATCH + BUS])
    again = CommentCoding.from_json(json.loads(json.dumps(found.as_json())))
    assert again.spans == found.spans
    assert list(again.whole.codes) == list(found.whole.codes)


def test_tables_show_units(shipped: Model) -> None:
    survey = pd.DataFrame({"text": [WATCH + BUS, BUS, "特になし"]})
    wide = suggest(shipped, survey)
    assert wide["units"].tolist() == [2, 1, 0]
    assert (wide["unit_codes"] != "").tolist() == [True, False, False]
    assert wide["doubt_several_topics"].tolist() == ["複数の話題の疑い", "", ""]
    rows = suggest(shipped, survey, long=True, top=1)
    assert rows["unit_text"].tolist() == [WATCH, BUS, BUS, "特になし"]
    assert rows["unit"].tolist() == [1, 2, 1, 1]
    assert rows["code"].tolist() == ["G1-1-1", "G3-3-2", "G3-3-2", ""]


def test_greetings_and_closings_change_nothing(coder: Coder) -> None:
    """But for personal data, which may stand in them."""
    plain, polite, signed = coder.code(
        [
            WATCH,
            "お世話になっております。" + WATCH + "市の職員の皆様、いつもお疲れ様です。",
            WATCH + "お忙しいところ申し訳ありません。090-1234-5678",
        ]
    )
    assert polite == plain and plain.status == "提案"
    assert signed.codes[0] == plain.codes[0] and "doubt_personal_data" in signed.reasons
    assert [c.status for c in coder.code(["いつもお世話になっております。よろしくお願いします。"])] != [
        "提案"
    ]


def test_near_copies_are_cut_in_their_own_words(shipped: Model) -> None:
    """They get the codes of the first that said it, and keep every word; personal data is their own."""
    texts = [
        WATCH + BUS,
        "(70代・男性)" + WATCH + " " + BUS,
        WATCH + BUS + "電話090-1234-5678",
        WATCH + BUS,
        BUS,
        BUS.replace("。", "!!!!"),
    ]
    with GroupFinder() as finder:
        finder.add(texts)
        groups = finder.groups()
    assert groups.leader.tolist() == [0, 0, 0, 0, 4, 4]
    survey = pd.DataFrame({"text": texts})
    rows = suggest(shipped, survey, groups=groups, long=True, top=1)
    cut = [rows[rows["opinion_id"] == f"R{i}"]["unit_text"].tolist() for i in range(1, 7)]
    assert cut == [
        [WATCH, BUS],
        ["(70代・男性)" + WATCH, BUS],
        [WATCH, BUS + "電話090-1234-5678"],
        [WATCH, BUS],
        [BUS],
        [BUS.replace("。", "!!!!")],
    ]
    assert rows["code"].tolist() == ["G1-1-1", "G3-3-2"] * 4 + ["G3-3-2"] * 2
    flagged = rows["doubt_reasons"].str.contains("個人情報").tolist()
    assert flagged == [False] * 5 + [True] + [False] * 4
    wide = suggest(shipped, survey, groups=groups)
    assert (wide["doubt_personal_data"] != "").tolist() == [False, False, True, False, False, False]


def test_a_copy_that_leaves_out_a_unit_does_not_get_its_code() -> None:
    a, b, c = WATCH, "災害のときの避難所を知りたいです。", BUS
    text, copy = a + b + c, a + c
    ends = [0, len(a), len(a + b), len(text)]
    codings = tuple(Coding("提案", (code,), suggested=code) for code in ("G1-1-1", "G1-1-6", "G3-3-2"))
    whole = Coding("提案", ("G1-1-1", "G1-1-6", "G3-3-2"))
    moved = CommentCoding(tuple(pairwise(ends)), codings, whole).moved(text, copy)
    assert moved.spans == ((0, len(copy)),) and moved.codings == (whole,)
    long = "長い" * 5000  # too long to compare letter by letter, but for what both begin and end with
    halves = CommentCoding(((0, 10_000), (10_000, 10_000 + len(c))), codings[:2], whole)
    assert halves.moved(long + c, "1番。" + long + c).spans[1] == (10_003, 10_003 + len(c))


def test_headings_stay_when_courtesies_go(coder: Coder) -> None:
    plain, polite = coder.code(
        ["【災害時の避難】\n増やしてほしい。", "【災害時の避難】\n増やしてほしい。\nよろしくお願いします。"]
    )
    assert polite == plain


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_nothing_of_a_copy_is_lost(data: st.DataObject) -> None:
    """However the copy differs, its units together hold all of it but white space, in order."""
    words = st.text("あいうえお。 ", max_size=12)
    units = data.draw(st.lists(words.filter(str.strip), min_size=1, max_size=4))
    text, copy = "".join(units), data.draw(words | st.just("".join(units)[::2]))
    ends = np.cumsum([0, *map(len, units)]).tolist()
    coding = CommentCoding(tuple(pairwise(ends)), (Coding("要確認"),) * len(units), Coding("要確認"))
    moved = coding.moved(text, copy)
    assert len(moved.spans) == len(moved.codings) in (1, len(units))
    assert "".join("".join(copy[a:b] for a, b in moved.spans).split()) == "".join(copy.split())
    assert all(b <= c for (_, b), (c, _) in pairwise(moved.spans))


def test_a_few_texts_at_a_time_are_coded_like_all_at_once(
    shipped: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With opinions by the ten thousand, memory is kept by coding some texts at a time."""
    coder, texts = Coder(shipped), list(shipped.opinions["text"])[:20]
    vectors = coder.vectors(texts)
    whole = coder.code(["特になし", *texts], vectors=stack([vectors[:1], vectors]))
    monkeypatch.setattr("pipeline.models._MOST_SIMILARITIES", 3 * len(shipped.vectors))
    parts = coder.code(["特になし", *texts], vectors=stack([vectors[:1], vectors]))
    assert [c.status for c in parts][:1] == ["意見なし"]
    for a, b in zip(whole, parts, strict=True):
        assert (a.codes, [r for r, _ in a.evidence], a.reasons, a.words) == (
            b.codes,
            [r for r, _ in b.evidence],
            b.reasons,
            b.words,
        )
        # Kernels are in single precision, and a product of three rows is added in another order than one of twenty.
        assert a.confidences == pytest.approx(b.confidences, abs=1e-5)
