from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.adjudicate import ACCOUNT, Adjudication, adjudicate
from pipeline.codebook import Codebook
from pipeline.errors import InputError
from pipeline.labels import prepare_labels
from pipeline.tables import DECISIONS

ITEMS = ("G1-1-1", "G1-1-2", "G1-2-1", "G2-1-1", "G2-1-2")


def decisions(*rows: dict[str, str]) -> pd.DataFrame:
    given = [
        {"opinion_id": "o1", "coder": "A", "action": "change", "text": "坂が多い", "decision_id": f"d{i}"}
        | row
        for i, row in enumerate(rows)
    ]
    return DECISIONS.table(given)


def outcomes(result: Adjudication) -> list[str]:
    return result.account["outcome"].tolist()


def test_who_decided_is_told_by_the_source(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"opinion_id": "one", "code": "G1-1-1", "decided_at": "2026-03-01T10:00:00+09:00"},
            {"opinion_id": "two", "code": "G1-1-2", "codebook_sha256": "s"},
            {"opinion_id": "two", "code": "G1-1-2", "coder": "B", "codebook_sha256": "s"},
            {"opinion_id": "three", "code": "G1-1-1"},
            {"opinion_id": "three", "code": "G2-1-1", "coder": "B"},
            {"opinion_id": "three", "code": "G1-2-1", "coder": "C", "round": "adjudication", "note": "協議"},
        ),
        plan,
    )
    labels = result.labels.set_index("opinion_id")
    assert labels["label_source"].to_dict() == {"one": "single", "two": "double", "three": "adjudicated"}
    assert labels["code"].to_dict() == {"one": "G1-1-1", "two": "G1-1-2", "three": "G1-2-1"}
    assert labels["coder"].to_dict() == {"one": "A", "two": "A、B", "three": "C"}
    assert labels.loc["one", "labelled_at"] == "2026-03-01" and labels.loc["two", "codebook_sha256"] == "s"
    assert outcomes(result) == ["label"] * 3 + ["aside"] * 2 + ["label"]
    reasons = result.account["reason"].tolist()
    assert [reasons[i] for i in (0, 1, 2, 5)] == ["single", "double", "double", "adjudicated"]
    assert len(result.open) == 0


def test_disagreements_are_listed_side_by_side(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"code": "G1-1-1", "note": "清掃のこと"},
            {"code": "G1-2-1", "coder": "B"},
            {"opinion_id": "o2", "code": "G1-1-1"},
            {"opinion_id": "o2", "coder": "B", "action": "none-fits"},
            {"opinion_id": "o3", "action": "unsure"},
            {"opinion_id": "o4", "code": "G1-1-1"},
            {"opinion_id": "o4", "code": "G1-1-1", "coder": "B", "decision_id": "x"},
            {"opinion_id": "o4", "code": "G2-1-1", "coder": "B", "decision_id": "x"},
        ),
        plan,
    )
    assert result.open[["opinion_id", "kind", "differs_at"]].values.tolist() == [
        ["o1", "disagree", "2"],
        ["o2", "disagree", "1"],
        ["o3", "unsure", ""],
        ["o4", "partly", ""],
    ]
    assert result.open["decisions"].tolist() == [
        "A: G1-1-1 公園の清掃\nB: G1-2-1 落ち葉の処理",
        "A: G1-1-1 公園の清掃\nB: none-fits",
        "A: unsure",
        f"A: G1-1-1 公園の清掃\nB: G1-1-1 公園の清掃、G2-1-1 {plan['G2-1-1'].title}",
    ]
    assert result.open["notes"].tolist()[0] == "A: 清掃のこと"
    assert outcomes(result) == ["open"] * 8 and len(result.labels) == 0 and len(result.aside) == 0


def test_who_is_unsure_leaves_a_case_open_until_they_or_an_adjudicator_know(plan: Codebook) -> None:
    one_unsure = ({"code": "G1-1-1"}, {"action": "unsure", "coder": "B"})
    assert adjudicate(decisions(*one_unsure), plan).open["kind"].tolist() == ["unsure"]
    later = {"code": "G1-1-1", "coder": "B", "round": "2"}
    settled = {"code": "G1-1-1", "coder": "C", "round": "adjudication"}
    for then, source in ((later, "double"), (settled, "adjudicated")):
        assert adjudicate(decisions(*one_unsure, then), plan).labels["label_source"].tolist() == [source]


def test_several_coders_part_at_the_highest_level_at_which_two_of_them_do(plan: Codebook) -> None:
    result = adjudicate(
        decisions({"code": "G1-1-1"}, {"code": "G1-1-2", "coder": "B"}, {"code": "G2-1-1", "coder": "C"}),
        plan,
    )
    assert result.open["differs_at"].tolist() == ["1"]


def test_all_codes_of_an_opinion_are_in_its_label_whatever_order_they_came_in(plan: Codebook) -> None:
    given = (("A", "G2-1-1"), ("A", "G1-1-1"), ("B", "G1-1-1"), ("B", "G2-1-1"))
    result = adjudicate(decisions(*({"coder": c, "code": k, "decision_id": c} for c, k in given)), plan)
    assert result.labels[["code", "label_source"]].values.tolist() == [
        ["G2-1-1", "double"],
        ["G1-1-1", "double"],
    ]


def test_coders_stand_in_the_order_of_the_table(plan: Codebook) -> None:
    first_b = decisions({"code": "G1-1-1", "coder": "B"}, {"code": "G1-1-1"})
    assert adjudicate(first_b, plan).labels["coder"].tolist() == ["B、A"]
    later_round_first = decisions({"code": "G1-1-1", "round": "2"}, {"code": "G1-1-1", "coder": "B"})
    assert adjudicate(later_round_first, plan).labels["coder"].tolist() == ["A、B"]


def test_what_becomes_no_label_says_why(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"action": "none-fits"},
            {"action": "none-fits", "coder": "B"},
            {"opinion_id": "o2", "code": "G1-1-1", "text": ""},
            {"opinion_id": "o3", "code": "G1-1-1"},
            {"opinion_id": "o3", "code": "G1-1-2"},
            {"opinion_id": "o3", "action": "undo"},
        ),
        plan,
    )
    assert result.labels["code"].tolist() == ["G1-1-1"]
    reasons = result.aside["reason"].tolist()
    assert len(reasons) == 5 and all(reasons)
    assert (
        "当てはまらないと全員が判定した" in reasons[0] and "本文" in reasons[2] and "取り消し" in reasons[4]
    )


def test_an_unknown_adjudication_leaves_the_case_open(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"code": "G1-1-1", "note": "清掃のこと"},
            {"code": "G1-2-1", "coder": "B"},
            {"code": "G1-1-2", "coder": "B", "round": "2"},
            {"action": "unsure", "coder": "C", "round": "adjudication"},
        ),
        plan,
    )
    assert result.open["kind"].tolist() == ["unsure"] and len(result.labels) == 0
    assert outcomes(result) == ["aside", "aside", "aside", "open"]
    # Whoever is to settle it next sees what the coders say, and the adjudicator.
    said = f"A: G1-1-1 公園の清掃\nB: G1-1-2 {plan['G1-1-2'].title}\nC: unsure"
    assert result.open[["decisions", "notes"]].values.tolist() == [[said, "A: 清掃のこと"]]


def test_the_newest_settlement_holds_where_times_tell(plan: Codebook) -> None:
    def settled(*times: str) -> Adjudication:
        sides = [{"code": "G1-1-1"}, {"code": "G1-1-2", "coder": "B"}]
        said = zip("CD", ("G1-2-1", "G2-1-1"), times, strict=True)
        return adjudicate(
            decisions(
                *({"code": k, "coder": c, "round": "adjudication", "decided_at": t} for c, k, t in said),
                *sides,
            ),
            plan,
        )

    result = settled("2026-03-01T10:00:00+09:00", "2026-03-01T00:59:00+00:00")
    assert result.labels["code"].tolist() == ["G1-2-1"]
    assert outcomes(result) == ["label", "aside", "aside", "aside"]
    assert "後の裁定" in result.account["reason"][1]
    # At one time: as they stand in the table.
    assert settled(*["2026-03-01T10:00:00+09:00"] * 2).labels["code"].tolist() == ["G2-1-1"]
    same = {"code": "G1-2-1", "round": "adjudication"}
    both = adjudicate(decisions(same, same | {"coder": "B"}, {"code": "G1-1-1", "coder": "C"}), plan)
    assert both.labels[["code", "label_source"]].values.tolist() == [["G1-2-1", "adjudicated"]]
    # Nobody knows which of the two came last: a person must say.
    assert outcomes(settled("2026-03-01T10:00:00+09:00", "")) == ["open", "open", "aside", "aside"]


def test_the_last_round_of_each_coder_counts(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"code": "G1-1-1", "round": "9"},
            {"code": "G1-1-2", "coder": "B", "round": "9"},
            {"code": "G1-1-2", "round": "10"},
        ),
        plan,
    )
    assert result.labels[["code", "label_source"]].values.tolist() == [["G1-1-2", "double"]]
    assert outcomes(result) == ["aside", "label", "label"]
    # A round with a name comes after those with numbers.
    named = adjudicate(decisions({"code": "G1-1-2", "round": "最終"}, {"code": "G1-1-1", "round": "2"}), plan)
    assert named.labels["code"].tolist() == ["G1-1-2"]


def test_a_label_is_as_old_as_the_last_decision_it_rests_on(plan: Codebook) -> None:
    times = ("2026-03-02T10:00:00+09:00", "2026-03-01T10:00:00+09:00")
    rows = ({"code": "G1-1-1", "coder": c, "decided_at": t} for c, t in zip("AB", times, strict=True))
    assert adjudicate(decisions(*rows), plan).labels["labelled_at"].tolist() == ["2026-03-02"]


def test_a_blank_text_is_no_other_text(plan: Codebook) -> None:
    blank = {"code": "G1-1-1", "coder": "B", "text": "　"}
    assert adjudicate(decisions({"code": "G1-1-1"}, blank), plan).labels["text"].tolist() == ["坂が多い"]
    # Nor is one that a full stop alone tells apart: it is shown once.
    other = {"code": "G1-1-2", "coder": "B", "text": "坂が多い。"}
    assert adjudicate(decisions({"code": "G1-1-1"}, other), plan).open["text"].tolist() == ["坂が多い"]


def test_a_settlement_without_the_text_has_that_of_the_others(plan: Codebook) -> None:
    settled = {"code": "G1-2-1", "coder": "C", "round": "adjudication", "text": ""}
    coded = ({"code": "G1-1-1", "text": "　"}, {"code": "G1-1-2", "coder": "B"})
    labels = adjudicate(decisions(*coded, settled), plan).labels
    assert labels[["code", "text"]].values.tolist() == [["G1-2-1", "坂が多い"]]


def test_units_of_a_comment_are_opinions_of_their_own(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"unit": "1", "text": "坂が多い", "code": "G1-1-1"},
            {"unit": "2", "text": "落ち葉も多い", "code": "G1-2-1"},
        ),
        plan,
    )
    assert result.labels["opinion_id"].tolist() == ["o1#1", "o1#2"]
    prepared, aside = prepare_labels(result.labels, plan)
    assert len(prepared) == 2 and len(aside) == 0


def test_one_id_for_two_texts_is_not_decided_by_the_tool(plan: Codebook) -> None:
    result = adjudicate(
        decisions({"code": "G1-1-1"}, {"code": "G1-1-1", "coder": "B", "text": "公園が好き"}), plan
    )
    assert result.open["kind"].tolist() == ["text-differs"]
    assert result.open["text"].tolist() == ["坂が多い\n公園が好き"]
    # Nor by a settlement, which may be of the other one.
    settled = {"code": "G1-1-1", "coder": "C", "round": "adjudication"}
    other = {"code": "G1-1-1", "coder": "B", "text": "公園が好き"}
    assert adjudicate(decisions(other, settled), plan).open["kind"].tolist() == ["text-differs"]
    # Only punctuation: the same text.
    same = adjudicate(
        decisions({"code": "G1-1-1"}, {"code": "G1-1-1", "coder": "B", "text": "坂が多い。"}), plan
    )
    assert same.labels["label_source"].tolist() == ["double"]


def test_an_unknown_code_is_an_error(plan: Codebook) -> None:
    with pytest.raises(InputError, match="G9"):
        adjudicate(decisions({"code": "G9"}), plan)
    with pytest.raises(InputError, match="コードが空欄"):
        adjudicate(decisions({"code": ""}), plan)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["o1", "o2", "o3"]),
        st.sampled_from(["", "1"]),
        st.sampled_from("ABC"),
        st.sampled_from([*ITEMS, "none-fits", "unsure", "reject", "undo"]),
        st.sampled_from(["1", "2", "adjudication"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_every_decision_is_accounted_for(plan: Codebook, rows: list[tuple[str, str, str, str, str]]) -> None:
    table = decisions(
        *(
            {"opinion_id": o, "unit": u, "coder": c, "round": r}
            | ({"code": what} if what in ITEMS else {"action": what})
            for o, u, c, what, r in rows
        )
    )
    given_table = table.copy()
    result = adjudicate(table, plan)
    pd.testing.assert_frame_equal(table, given_table)
    account = result.account
    assert account["decision_id"].tolist() == table["decision_id"].tolist()
    assert set(account["outcome"]) <= {"label", "open", "aside"}
    assert (account["reason"] != "").all()
    ids = (account["opinion_id"] + "#" + account["unit"]).str.removesuffix("#")
    assert set(ids[account["outcome"] == "label"]) == set(result.labels["opinion_id"])
    still_open = (result.open["opinion_id"] + "#" + result.open["unit"]).str.removesuffix("#")
    assert set(ids[account["outcome"] == "open"]) == set(still_open)
    assert not set(still_open) & set(result.labels["opinion_id"])
    assert tuple(account.columns) == ACCOUNT.columns
    prepare_labels(result.labels, plan)


def test_labels_say_what_the_plan_calls_their_codes(plan: Codebook) -> None:
    result = adjudicate(
        decisions(
            {"opinion_id": "one", "code": "G1-1-1", "codebook_sha256": plan.sha256},
            {"opinion_id": "two", "code": "G1-1-1", "codebook_sha256": "another plan, or another wording"},
            {
                "opinion_id": "three",
                "code": "G1-1-1",
                "code_title": "清掃",
                "codebook_sha256": "the wording of then",
            },
            {"opinion_id": "three", "code": "G1-1-1", "coder": "B", "codebook_sha256": "the wording of then"},
            {"opinion_id": "four", "code": "G1-1-1", "codebook_sha256": "the wording of then"},
            {"opinion_id": "four", "code": "G1-1-1", "coder": "B", "codebook_sha256": plan.sha256},
            {"opinion_id": "five", "code": "G1-1-1"},
            {"opinion_id": "five", "code": "G1-1-1", "coder": "B", "code_title": "清掃"},
        ),
        plan,
    )
    ours = plan["G1-1-1"].title
    assert result.labels["code_title"].tolist() == [ours, "", "清掃", ours, "清掃"]
    assert result.labels["codebook_sha256"].tolist()[3] == plan.sha256
