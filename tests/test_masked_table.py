from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.masked_table import SuspectedCells, mask_rows, mask_suggestions

FRAME = pd.DataFrame(
    {
        "番号": [1, 2, 3],
        "意見": ["連絡は0467-00-1234の田中さんまで", "バスが少ない", "山田花子です、a@example.jp"],
        "備考": ["", "鈴木さん", 9000001111],
    },
    dtype=object,
)


def test_only_the_named_column_is_masked_and_the_input_is_not_changed() -> None:
    before = FRAME.copy(deep=True)
    masked, report = mask_rows(FRAME, ["意見"], first_row=2)
    assert masked["意見"].tolist() == [
        "連絡は〔電話番号〕の〔氏名〕さんまで",
        "バスが少ない",
        "〔氏名〕です、〔メールアドレス〕",
    ]
    pd.testing.assert_frame_equal(masked.drop(columns="意見"), FRAME.drop(columns="意見"))
    pd.testing.assert_frame_equal(FRAME, before)
    assert report[["row", "kind", "start", "length"]].values.tolist() == [
        [2, "電話番号", 4, 12],
        [2, "氏名", 17, 2],
        [4, "氏名", 1, 4],
        [4, "メールアドレス", 8, 12],
    ]


def test_the_report_shows_originals_only_when_asked() -> None:
    plain = mask_rows(FRAME, ["意見", "備考"])[1]
    assert not any(v in plain.to_csv() for v in ("0467", "田中", "花子", "example", "鈴木"))
    told = mask_rows(FRAME, ["意見", "備考"], originals=True)[1]
    assert told["original"].tolist() == ["0467-00-1234", "田中", "鈴木", "山田花子", "a@example.jp"]
    for _, row in told.iterrows():
        text = str(FRAME[row["column"]][row["row"] - 2])
        assert text[row["start"] - 1 : row["start"] - 1 + row["length"]] == row["original"]


def test_a_telephone_number_that_excel_took_for_a_number_is_masked_and_other_numbers_stay() -> None:
    frame = pd.DataFrame({"意見": ["0467001234", 467001234, None, 12.5]}, dtype=object)
    assert mask_rows(frame, ["意見"])[0]["意見"].tolist() == ["〔電話番号〕", 467001234, None, 12.5]


@given(st.lists(st.sampled_from(["田中さん", "0467-00-1234", "、", "バス", "大船"]), max_size=8).map("".join))
def test_the_context_shows_the_place_in_the_masked_text(text: str) -> None:
    masked, report = mask_rows(pd.DataFrame({"t": [text]}, dtype=object), ["t"])
    for kind, context in zip(report["kind"], report["context"], strict=True):
        assert f"〔{kind}〕" in context and context in masked["t"][0]


def test_the_context_of_a_later_place_is_its_own_surroundings() -> None:
    text = "鎌倉市大船1-2-3" + "。バスが少なくて困る" * 3 + "、田中さん"
    report = mask_rows(pd.DataFrame({"t": [text]}, dtype=object), ["t"])[1]
    assert report["context"].tolist() == [
        "〔住所〕。バスが少なくて困る。バスが少",
        "くて困る。バスが少なくて困る、〔氏名〕さん",
    ]


def test_other_columns_that_look_personal_are_counted() -> None:
    assert suspected(FRAME.drop(columns="意見")) == {"備考": 1}


def suspected(*chunks: pd.DataFrame) -> dict[str, int]:
    cells = SuspectedCells()
    for chunk in chunks:
        cells.look(chunk, [str(c) for c in chunk.columns])
    return dict(cells.counts)


def test_a_column_of_names_is_counted_by_its_header_and_ticks_are_not() -> None:
    frame = pd.DataFrame(
        {
            "お名前": ["佐藤", "鈴木 一", ""],
            "ご住所": ["大船のあたり", "", None],
            "Q5 電話": ["1", "○", "いいえ"],
            "町名": ["大船", "玉縄", "腰越"],
        },
        dtype=object,
    )
    assert suspected(frame) == {"お名前": 2, "ご住所": 1}


def test_the_first_cells_are_looked_at_as_thoroughly_as_those_that_are_masked() -> None:
    # A full name without a title: too slow to look for everywhere.
    frame = pd.DataFrame({"問8": ["佐藤花子が来た", "坂が多い"]}, dtype=object)
    rest = pd.DataFrame({"問8": ["坂が多い"] * 200 + ["佐藤花子が来た"]}, dtype=object)
    assert suspected(frame) == {"問8": 1}
    assert suspected(rest) == {}
    assert suspected(frame, rest, frame) == {"問8": 1}


def test_suggestions_lose_personal_data_in_comment_and_evidence() -> None:
    frame = pd.DataFrame(
        {
            "意見": ["田中さんに聞いた"],
            "code_1": ["G1-1-1"],
            "evidence": ["「鈴木さんが助けた」(G1-1-1)\n「バス」(G2)"],
        },
        dtype=object,
    )
    masked = mask_suggestions(frame, ("意見", "unit_text"))
    assert masked.values.tolist() == [
        ["〔氏名〕さんに聞いた", "G1-1-1", "「〔氏名〕さんが助けた」(G1-1-1)\n「バス」(G2)"]
    ]


def test_words_of_evidence_do_not_name_what_is_masked() -> None:
    frame = pd.DataFrame(
        {
            "意見": ["電話0467-23-1234の田中さんに見守りを頼む", "見守りがほしい", None],
            "evidence_words": ["見守り、タナカ、0467、1234", "見守り、欲しい", ""],
        },
        dtype=object,
    )
    masked = mask_suggestions(frame, ("意見", "unit_text"))
    assert masked["evidence_words"].tolist() == ["見守り", "見守り、欲しい", ""]
    # A word that also stands where nothing is masked stays: everybody can read it there.
    frame["意見"] = ["1234円のバス、電話は0467-23-1234", "", ""]
    assert mask_suggestions(frame, ("意見",))["evidence_words"].tolist()[0] == "見守り、タナカ、1234"
