"""What the plan does not cover, found by the shipped model; and the limits of what is proposed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from pipeline.codebook import Codebook
from pipeline.item_checks import confused_items, draft_codebook, split_candidates
from pipeline.models import Model
from pipeline.tableio import read_table
from pipeline.themes import ALONE, DECIDED, EMPTY, PLAN, STABLE, THEME, Themes, find_themes, limits_of

# Composed after the limits were set, so that they cannot have been fitted to these.
LATER = {
    "library": [
        "図書館の開館時間を夜八時まで延ばしてほしい。",
        "図書館の本の予約が何か月も待ちです。",
        "駅の近くに図書館の返却ポストがあると便利。",
        "図書館の自習席が足りず、学生が床に座っている。",
        "図書館に新しい雑誌をもっと置いてください。",
        "古い図書館の建物を建て替えてほしい。",
        "図書館の蔵書が少なくて読みたい本がない。",
    ],
    "noise": [
        "夜中にバイクの爆音がうるさくて眠れない。",
        "早朝からの工事の騒音で目が覚める。",
        "飛行機の騒音がひどく、窓を開けられません。",
        "隣の店のカラオケの騒音が深夜まで続く。",
        "海岸道路を走るバイクの騒音を取り締まってほしい。",
        "花火と爆竹の音が夜おそくまでうるさい。",
        "改造した車の排気音がうるさくて困っています。",
    ],
}


@pytest.fixture(scope="module")
def inside() -> list[str]:
    """A hundred comments of the plan, which the model has never seen."""
    table = read_table(ROOT / "data/development/comments.csv")
    return table.loc[table["code"] != "", "text"].tolist()[::2][:100]


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    return read_table(ROOT / "tests/data/planted_themes.csv")


@pytest.fixture(scope="module")
def found(shipped: Model, inside: list[str], planted: pd.DataFrame) -> Themes:
    texts = [*planted["text"], *inside]
    return find_themes(shipped, [str(i) for i in range(len(texts))], texts)


def _topics(found: Themes, topic: list[str]) -> list[Counter[str]]:
    """Return for each theme how many of its opinions are of which topic."""
    units = found.units
    return [
        Counter(topic[int(i)] for i in units.loc[units["theme"] == name, "opinion_id"])
        for name in found.themes["theme"]
    ]


def test_the_three_planted_topics_are_found(found: Themes, planted: pd.DataFrame) -> None:
    counts = _topics(found, [*planted["topic"], *["plan"] * 100])
    assert sorted(c.most_common(1)[0][0] for c in counts) == ["garbage", "road", "tourism"]
    assert all(c.most_common(1)[0][1] >= 8 and c.total() == c.most_common(1)[0][1] for c in counts)
    assert (found.themes["stability"] >= STABLE).all()
    names = "".join(found.themes["name"])
    assert all(word in names for word in ("道路", "ごみ", "観光"))


def test_other_topics_are_found_too(shipped: Model, inside: list[str]) -> None:
    texts = [*LATER["library"], *LATER["noise"], *inside]
    topic = [*["library"] * 7, *["noise"] * 7, *["plan"] * 100]
    counts = _topics(find_themes(shipped, [str(i) for i in range(len(texts))], texts), topic)
    assert sorted(c.most_common(1)[0][0] for c in counts) == ["library", "noise"]
    assert all(c["plan"] == 0 for c in counts)


def test_nothing_is_proposed_where_nothing_is_missing(shipped: Model, inside: list[str]) -> None:
    seed = shipped.opinions
    own = find_themes(shipped, seed["opinion_id"].tolist(), seed["text"].tolist())
    assert own.themes.empty and list(own.themes.columns)[:2] == ["theme", "name"]
    # Judged without having been seen, or every one would be as near as can be to itself.
    assert own.units["nearness"].astype(float).max() < 0.99
    assert find_themes(shipped, [str(i) for i in range(100)], inside).themes.empty
    assert split_candidates(shipped, own).empty


def test_every_comment_is_accounted_for(shipped: Model, planted: pd.DataFrame) -> None:
    texts = [*planted["text"], "特になし", "一人暮らしの高齢者が心配です。", "犬のふんが多い"]
    decided = [""] * 30 + ["", "G1-1-1", ""]
    found = find_themes(shipped, [f"o{i}" for i in range(33)], texts, decided=decided)
    assert list(dict.fromkeys(found.units["opinion_id"])) == [f"o{i}" for i in range(33)]
    assert set(found.units["use"]) <= {PLAN, THEME, ALONE, EMPTY, DECIDED}
    use = dict(zip(found.units["opinion_id"], found.units["use"], strict=True))
    assert (use["o30"], use["o31"], use["o32"]) == (EMPTY, DECIDED, ALONE)
    assert (found.units["reason"] != "").equals(found.units["use"] != THEME)
    sizes = found.units.loc[found.units["theme"] != "", "theme"].value_counts()
    assert sizes.to_dict() == dict(zip(found.themes["theme"], found.themes["opinions"], strict=True))


def test_what_people_coded_is_no_candidate_and_repeats_count_as_opinions(
    shipped: Model, planted: pd.DataFrame
) -> None:
    road = planted["text"].tolist()[:10]
    ids = [str(i) for i in range(10)]
    coded = find_themes(shipped, ids, road, decided=["G3-3-2"] * 10)
    assert coded.themes.empty and set(coded.units["use"]) == {DECIDED}
    copies = find_themes(shipped, [str(i) for i in range(14)], [*road, *road[:1] * 4])
    assert copies.themes[["opinions", "texts"]].values.tolist() == [[14, 10]]
    sizes = [len(find_themes(shipped, ids, road, least_size=n).themes) for n in (10, 11)]
    assert sizes == [1, 0]
    # One letter sent a hundred times is one text, and no theme.
    assert find_themes(shipped, [str(i) for i in range(100)], road[:1] * 100).themes.empty


def test_a_theme_has_no_opinion_that_people_coded(shipped: Model, planted: pd.DataFrame) -> None:
    road = planted["text"].tolist()[:10]
    # Two of the topic are coded, and so are the copy of one that is not, and what says nothing itself.
    decided = [*[""] * 8, "G3-3-2", " G3-3-2 ", "G3-3-2", "G3-3-2"]
    found = find_themes(shipped, [str(i) for i in range(12)], [*road, road[0], "同上"], decided=decided)
    assert found.themes[["opinions", "texts"]].values.tolist() == [[8, 8]]
    assert found.units["use"].tolist() == [*[THEME] * 8, *[DECIDED] * 4]
    assert found.units["code"].tolist()[8:] == ["G3-3-2"] * 4
    assert set(found.units["unit"]) == {"1"}


def test_an_opinion_nearly_suspected_is_a_candidate_if_it_is_unlike_all_or_like_a_theme(
    shipped: Model, planted: pd.DataFrame
) -> None:
    like, unlike = (
        "町内会の掲示板の裏に粗大ごみが捨てられていた。市で回収してほしい。",
        "江ノ電が観光客で満員で、通学の子が乗れません。",
    )
    garbage = planted.loc[planted["topic"] == "garbage", "text"].tolist()
    alone = find_themes(shipped, ["1", "2"], [like, unlike]).units
    limits, outside = limits_of(shipped), alone["outside"].astype(float)
    assert outside.between(0.5, limits.outside, inclusive="neither").all()  # of both
    nearness = alone["nearness"].astype(float).tolist()
    assert nearness[1] < limits.unlike < nearness[0]
    assert alone["use"].tolist() == [PLAN, ALONE]
    texts = [*garbage, like]
    joined = find_themes(shipped, [str(i) for i in range(len(texts))], texts).units
    assert joined["use"].iloc[-1] == THEME


def test_the_same_survey_gives_the_same_themes_in_any_order(
    shipped: Model, found: Themes, planted: pd.DataFrame, inside: list[str]
) -> None:
    texts = [*planted["text"], *inside]
    again = find_themes(shipped, [str(i) for i in range(130)], texts)
    pd.testing.assert_frame_equal(again.themes, found.themes)
    pd.testing.assert_frame_equal(again.units, found.units)
    order = np.random.default_rng(3).permutation(130)
    mixed = find_themes(shipped, [str(i) for i in order], [texts[i] for i in order])

    def groups(themes: Themes) -> set[frozenset[str]]:
        chosen = themes.units[themes.units["theme"] != ""]
        return {frozenset(g) for _, g in chosen.groupby("theme")["opinion_id"]}

    assert groups(mixed) == groups(found)


def test_a_model_without_coded_opinions_has_usual_limits(plan: Codebook) -> None:
    from pipeline.tables import LABELS
    from pipeline.training import train

    first_day, _ = train(LABELS.empty(), plan)
    limits = limits_of(first_day)
    assert (limits.unlike, limits.pair) == (0.0, 0.15)
    # It has no notion of "no item", so it proposes nothing rather than anything.
    result = find_themes(first_day, ["a", "b"], ["バスが少ない", "図書館が遠い"], least_size=2)
    assert result.themes.empty and len(result.units) == 2
    assert find_themes(first_day, [], []).units.empty


def test_an_item_that_is_two_is_divided(shipped: Model, planted: pd.DataFrame) -> None:
    bank = read_table(ROOT / "data/codebook/example_utterances.csv")
    own = bank.loc[bank["code"] == "G1-1-5", "text"].tolist()[:20]
    other = planted.loc[planted["topic"] == "garbage", "text"].tolist()

    def splits_of(texts: list[str]) -> pd.DataFrame:
        ids = [str(i) for i in range(len(texts))]
        return split_candidates(shipped, find_themes(shipped, ids, texts, decided=["G1-1-5"] * len(texts)))

    assert splits_of(own).empty
    # What people put to one item although it speaks of two things.
    splits = splits_of([*own, *other])
    assert splits["code"].tolist() == ["G1-1-5"] * 2 and splits["group"].tolist() == ["A", "B"]
    examples = splits[["example_1", "example_2", "example_3"]].values.tolist()
    assert [{t in other for t in row} for row in examples] == [{False}, {True}]


def test_pairs_that_are_confused(shipped: Model) -> None:
    pairs = confused_items(shipped)
    assert (pairs["model_confused"] >= 2).all() and (pairs["coders_differ"] == 0).all()
    top = pairs.iloc[0]
    gold = shipped.opinions["code"].to_numpy()
    said = shipped.classifier.classes_[shipped.classifier.held_out_.argmax(axis=1)]
    both = {top["code_1"], top["code_2"]}
    assert top["model_confused"] == sum({g, s} == both for g, s in zip(gold, said, strict=True))
    coded = pd.DataFrame(
        [
            ("1", "佐藤", "G1-1-1"),
            ("1", "鈴木", "G3-5-1"),
            ("2", "佐藤", "G1-1-1"),
            ("2", "鈴木", "G1-1-1"),
            ("3", "佐藤", "G1-1-1"),
        ],
        columns=["opinion_id", "coder", "code"],
    )
    differ = confused_items(shipped, coded)
    own = differ[differ["coders_differ"] > 0][["code_1", "code_2", "coders_differ"]]
    assert own.values.tolist() == [["G1-1-1", "G3-5-1", 1]]


def test_the_share_confused_is_of_opinions_not_of_codes(shipped: Model) -> None:
    """It stays what it is when one of the others has both codes."""
    top = confused_items(shipped).iloc[0]
    pair = [top["code_1"], top["code_2"]]
    said = shipped.classifier.classes_[shipped.classifier.held_out_.argmax(axis=1)]
    spare = shipped.opinions[shipped.opinions["code"].isin(pair) & ~pd.Series(said).isin(pair)].head(1)
    second = spare.assign(code=next(c for c in pair if c != spare["code"].iloc[0]))
    more = replace(shipped, opinions=pd.concat([shipped.opinions, second], ignore_index=True))
    found = confused_items(more).set_index(["code_1", "code_2"]).loc[tuple(pair)]
    figures = ["opinions", "model_confused", "share"]
    assert len(spare) == 1 and 0 < top["model_confused"] < top["opinions"]
    assert found[figures].tolist() == top[figures].tolist()


def test_the_draft_codebook_changes_nothing_until_a_person_decides(shipped: Model, found: Themes) -> None:
    splits = pd.DataFrame(
        [
            {
                "code": "G1-1-1",
                "title": "見守り活動について",
                "group": g,
                "texts": 4,
                "words": w,
                "example_1": w,
            }
            for g, w in (("A", "登下校"), ("B", "孤立"))
        ]
    ).assign(example_2="", example_3="")
    confusions = confused_items(shipped)
    draft = draft_codebook(shipped.codebook, found, splits, confusions)
    read = Codebook.from_table(draft)
    assert [n.code for n in read] == [n.code for n in shipped.codebook]
    assert read.sha256 == shipped.codebook.sha256
    new = draft[draft["active"] == "no"]
    assert new["code"].tolist() == ["N1", "N2", "N3", "N4", "N5"]
    assert new["parent"].tolist() == ["", "", "", "G1-1", "G1-1"]
    # A person takes the first one in, below a policy of the plan.
    draft.loc[draft["code"] == "N1", ["active", "parent"]] = ["yes", "G1-1"]
    edited = Codebook.from_table(draft)
    assert edited["N1"].level == 3 and len(edited.items) == len(shipped.codebook.items) + 1
    first = confusions.iloc[0]
    notes = draft.set_index("code")["note"]
    assert f"{first['code_2']} と取り違えやすい" in notes[first["code_1"]]
    assert f"{first['code_1']} と取り違えやすい" in notes[first["code_2"]]
