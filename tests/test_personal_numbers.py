from __future__ import annotations

import pytest

from pipeline.personal_numbers import (
    accounts,
    cards,
    luhn,
    mails,
    my_number_checks,
    my_numbers,
    phones,
    postal_codes,
)

FINDERS = {f.__name__: f for f in (accounts, cards, mails, my_numbers, phones, postal_codes)}


@pytest.mark.parametrize(
    ("finder", "text", "found"),
    [
        ("phones", "0467-00-1234と09000001234", ["0467-00-1234", "09000001234"]),
        ("phones", "+81-90-0000-1234", ["+81-90-0000-1234"]),
        ("phones", "+81 (0)90-1234-5678と080 1234 5678", ["+81 (0)90-1234-5678", "080 1234 5678"]),
        ("phones", "+819012345678と+81467001234、+81901234", ["+819012345678", "+81467001234"]),
        ("phones", "(0467)-00-1234と0467(00)-1234", ["(0467)-00-1234", "0467(00)-1234"]),
        ("phones", "(0467) 001234と0467 (00) 1234", ["(0467) 001234", "0467 (00) 1234"]),
        ("phones", "〇九〇・一二三四・五六七八", ["〇九〇・一二三四・五六七八"]),
        ("phones", "03-1234-5678と06 6123 4567", ["03-1234-5678", "06 6123 4567"]),
        ("phones", "0467 - 00 - 1234と090.1234.5678", ["0467 - 00 - 1234", "090.1234.5678"]),
        ("phones", "090-12345678と0800-123-4567", ["090-12345678", "0800-123-4567"]),
        ("phones", "00012345678、91-0467-00-1234", []),
        ("phones", "携帯番号は:(00-1234、でんわ045-1234", ["00-1234", "045-1234"]),
        ("phones", "TEL 00-1234、別に00-1234", ["00-1234"]),
        ("phones", "00-1234、12-3456-7890、0-1234-5678、0467-00-12345678", []),
        ("phones", "00-1234-56789、0123-4567-8901、0901-2345-6789", []),
        ("phones", "Tel.0467-00-1234、1.0467-00-1234", ["0467-00-1234"]),
        ("phones", "電話(45-0000)、電話 45-0001 日中、電話 45-0002 人まで", ["45-0000", "45-0001"]),
        (
            "mails",
            "a_b★example.ne.jpとk アットマーク example.jp、A★B",
            ["a_b★example.ne.jp", "k アットマーク example.jp"],
        ),
        ("mails", "info@iken.jpへ", ["info@iken.jp"]),
        ("mails", "x(at)example.jp、a@example", ["x(at)example.jp"]),
        ("mails", "taro @ example.com、a[at]example.jp", ["taro @ example.com", "a[at]example.jp"]),
        ("mails", "a●example.jp、a@b(dot)example(dot)jp", ["a●example.jp", "a@b(dot)example(dot)jp"]),
        ("postal_codes", "郵便番号2470000、2470000", ["2470000"]),
        ("postal_codes", "247-0000と100-2000円", ["247-0000"]),
        ("cards", "4111111111111111、4111111111111112", ["4111111111111111"]),
        ("cards", "5555-5555-5555-4444、3782 822463 10005", ["5555-5555-5555-4444", "3782 822463 10005"]),
        ("cards", "カード番号1111222233334444", ["1111222233334444"]),
        ("cards", "JCB 1111222233334444", ["1111222233334444"]),
        ("cards", "36148900647913と2223003122003222", ["36148900647913", "2223003122003222"]),
        ("cards", "9111111111111110", []),
        ("my_numbers", "マイナンバー123456789012、123456789012", ["123456789012"]),
        ("my_numbers", "マイナンバーカードの番号は123456789012", ["123456789012"]),
        ("my_numbers", "個人番号は123456789012、受付番号123456789018", ["123456789012"]),
        ("postal_codes", "〒 二四七〇〇〇〇、〒247 - 0000", ["〒 二四七〇〇〇〇", "〒247 - 0000"]),
        ("postal_codes", "郵便番号は2470000、247-0000-1、12-247-0000", ["2470000"]),
        ("accounts", "口座番号は「1234567」、口座番号(7654321)", ["1234567", "7654321"]),
        ("accounts", "通帳の番号1234567、ゆうちょ10990-12345671", ["1234567", "10990-12345671"]),
        ("accounts", "記号10990 番号12345671", ["10990", "12345671"]),
        ("accounts", "普通口座 1234567 名義は娘", ["1234567"]),
        ("accounts", "口座番号:1234567、1234567、普通1234567人", ["1234567"]),
    ],
)
def test_what_each_finder_takes_and_leaves(finder: str, text: str, found: list[str]) -> None:
    assert [text[s.start : s.end] for s in FINDERS[finder](text)] == found


def test_check_digits() -> None:
    for digits, check in (("4111111111111111", luhn), ("123456789018", my_number_checks)):
        valid = [check(digits[:-1] + str(d)) for d in range(10)]
        assert valid.count(True) == 1 and valid[int(digits[-1])]
    # Remainders 0 and 1 both give the check digit 0.
    assert my_number_checks("000000000000") and not my_number_checks("000000000001")
    assert [d for d in range(10) if my_number_checks(f"00000020000{d}")] == [0]  # 2 x 6 leaves 1


@pytest.mark.parametrize("place", range(1, 12))
def test_each_digit_of_a_my_number_weighs_what_the_rule_says(place: int) -> None:
    """総務省令第85号: the n-th digit from the right, check digit apart, counts n + 1 times, from the 7th on n - 5."""
    weight = place + 1 if place <= 6 else place - 5
    digits = str(10 ** (place - 1)).zfill(11)
    assert [d for d in range(10) if my_number_checks(f"{digits}{d}")] == [11 - weight]


def test_numbers_of_a_case_are_no_telephone() -> None:
    assert list(phones("受付番号0467001234")) == []
    assert len(list(phones("電話番号0467001234"))) == 1
