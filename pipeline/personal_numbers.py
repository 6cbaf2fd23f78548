"""Numbers and addresses of one person in a folded text: telephone, e-mail, post, bank, card, My Number.

Every finder takes a text of `folding.fold` and returns the `Span`s that it finds there. Numbers that carry a
check digit are known by it; those that carry none are taken only where the words around them say what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.folding import HYPHEN, Span, before, kanji_digits, not_counted

PHONE, MAIL, POSTAL = "電話番号", "メールアドレス", "郵便番号"
CARD, ACCOUNT, MY_NUMBER = "カード番号", "口座番号", "個人番号"

_NOT_IN_NUMBER = rf"(?<![\d.,])(?<!\d{HYPHEN})"
_NUMBER_ENDS = rf"(?!{HYPHEN}?\d)"
# What is counted is no telephone number and no postal code: 100-2000人.
_COUNTER = not_counted(
    r"(?:[円人件回年月日時分秒個本台歳点度杯枚冊階]|名(?![義前])|世帯|万|千|億|ページ|[%kKmM㎡])"
)

# -- telephone ----------------------------------------------------------------------------------------

_H = rf" ?(?:{HYPHEN}|[.・]) ?"
_PHONE = re.compile(
    # Tel.0467-00-0000 is a number, .0467 of 1.0467 is not.
    rf"(?<!\d)(?<!\d[.,])(?<!\d{HYPHEN})(?:"
    + rf"\+81[ -]?(?:\(0\) ?)?[1-9]\d{{0,3}}(?:{_H}| )?\d{{1,4}}(?:{_H}| )?\d{{3,4}}"  # +81-90-0000-0000
    + rf"|\(0\d{{1,4}}\)(?:{_H}| )?\d{{1,4}}(?:{_H}| )?\d{{3,4}}"  # (0467)00-0000
    + rf"|0\d{{1,4}} ?\(\d{{1,4}}\)(?:{_H}| )?\d{{3,4}}"  # 0467(00)0000
    + rf"|0\d{{1,4}}{_H}\d{{1,4}}{_H}\d{{3,4}}"
    + r"|0\d{1,4} \d{1,4} \d{3,4}"
    + rf"|0\d{{2,4}}(?:{_H})?\d{{6,8}}"  # 090-00001111, 0467000000
    + r")"
    + _NUMBER_ENDS
)
# Local numbers have too few digits to be known without the word before them.
_LOCAL_PHONE = re.compile(
    r"(?:電話|でんわ|携帯|ケータイ|TEL|Tel|tel|FAX|Fax|fax|ファックス|ファクス|☎|℡)(?:番号)?(?:は|が|の|:|\.| |/|\(){0,3}"
    + rf"(?P<number>\d{{2,4}}{_H}\d{{4}}){_NUMBER_ENDS}{_COUNTER}"
)
# Numbers of a case, not of a telephone: 受付番号0123456789.
_OTHER_NUMBER = re.compile(
    r"(?:受付|受理|整理|管理|伝票|会員|注文|商品|予約|登録|利用者|被保険者|保険者|診察券|法人|製造|追跡|問い?合わ?せ|ID|No\.?|№)"
    r" ?(?:番号|コード|No\.?)?(?:は|が|の|:| |/){0,3}$"
)


def phones(text: str) -> Iterator[Span]:
    """Yield telephone and fax numbers: 10 or 11 digits from 0 or +81 on, or fewer after 電話."""
    text = kanji_digits(text)
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        digits = digits.removeprefix("81") if match[0].startswith("+") else digits.removeprefix("0")
        digits = digits.removeprefix("0") if match[0].startswith("+") else digits
        if _is_subscriber(digits) and not before(_OTHER_NUMBER, text, match.start()):
            yield Span(match.start(), match.end(), PHONE)
    for match in _LOCAL_PHONE.finditer(text):
        yield Span(*match.span("number"), PHONE)


def _is_subscriber(digits: str) -> bool:
    """Tell whether the digits after the leading 0 can be a telephone number: 9, or 10 as in 090 and 0800."""
    if not digits or digits[0] == "0":
        return False
    return len(digits) == 9 or (len(digits) == 10 and (digits[1] == "0" or digits.startswith("800")))


# -- e-mail and postal code ---------------------------------------------------------------------------

_AT = r"(?: ?@ ?|[★☆●◎■◆]| ?(?:アットマーク|あっとまーく) ?| ?[(\[<(] ?(?:at|AT|アット|あっと) ?[)\]>)] ?)"
_AT_SIGN = re.compile("[@★☆●◎■◆]|at|アット|あっと", re.IGNORECASE)
_MAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-][A-Za-z0-9._%+-]*{_AT}"
    r"[A-Za-z0-9][A-Za-z0-9-]*(?: ?(?:\.|\(dot\)|\[dot\]) ?[A-Za-z0-9-]+)*(?:\.|\(dot\)|\[dot\])[A-Za-z]{2,}"
)
_POSTAL_MARKED = re.compile(
    rf"(?:〒 ?|(?:(?<=郵便番号)|(?<=郵便番号は)|(?<=郵便番号:)|(?<=郵便番号 )|(?<=郵便番号: )))\d{{3}}(?: ?{HYPHEN} ?)?\d{{4}}(?!\d)"
)
_POSTAL = re.compile(rf"{_NOT_IN_NUMBER}\d{{3}}{HYPHEN}\d{{4}}{_NUMBER_ENDS}{_COUNTER}")


def mails(text: str) -> Iterator[Span]:
    """Yield e-mail addresses, also those written with (at) or ★."""
    if _AT_SIGN.search(text):
        yield from (Span(*m.span(), MAIL) for m in _MAIL.finditer(text))


def postal_codes(text: str) -> Iterator[Span]:
    """Yield postal codes; without 〒 or 郵便番号 they need their hyphen."""
    text = kanji_digits(text)
    yield from (Span(*m.span(), POSTAL) for m in _POSTAL_MARKED.finditer(text))
    yield from (Span(*m.span(), POSTAL) for m in _POSTAL.finditer(text))


# -- numbers with a check digit -----------------------------------------------------------------------

_G = rf" ?{HYPHEN}? ?"
_CARD = re.compile(
    rf"{_NOT_IN_NUMBER}(?:\d{{4}}{_G}\d{{4}}{_G}\d{{4}}{_G}\d{{4}}|\d{{4}}{_G}\d{{6}}{_G}\d{{4,5}}){_NUMBER_ENDS}"
)
_CARD_LABEL = re.compile(r"(?:カード|クレジット|VISA|Visa|JCB|Master ?Card).{0,8}$")
_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[4-8]|6[0245]")
_MY_NUMBER = re.compile(rf"{_NOT_IN_NUMBER}\d{{4}}{_G}\d{{4}}{_G}\d{{4}}{_NUMBER_ENDS}")
_MY_NUMBER_LABEL = re.compile(r"(?:マイナンバー|個人番号)(?:カードの番号)?.{0,4}$")


def luhn(digits: str) -> bool:
    """Tell whether the last digit checks the others by ISO/IEC 7812-1, as on every payment card.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def my_number_checks(digits: str) -> bool:
    """Tell whether the last of 12 digits checks the others by the rule for My Numbers.

    総務省令第85号(平成26年)第5条: weights 2…7, 2…6 from the right, modulo 11.

    >>> my_number_checks("123456789018"), my_number_checks("123456789012")
    (True, False)
    """
    weights = (2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6)
    rest = sum(int(d) * w for d, w in zip(reversed(digits[:11]), weights, strict=True)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)


def cards(text: str) -> Iterator[Span]:
    """Yield numbers of payment cards: of 14 to 16 digits that check, or any after カード番号."""
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        labelled = before(_CARD_LABEL, text, match.start()) is not None
        if labelled or (_ISSUERS.match(digits) and luhn(digits)):
            yield Span(*match.span(), CARD)


def my_numbers(text: str) -> Iterator[Span]:
    """Yield numbers of 12 digits that check, or any after マイナンバー and 個人番号."""
    for match in _MY_NUMBER.finditer(text):
        labelled = before(_MY_NUMBER_LABEL, text, match.start()) is not None
        other = before(_OTHER_NUMBER, text, match.start()) is not None
        if labelled or (my_number_checks(re.sub(r"\D", "", match[0])) and not other):
            yield Span(*match.span(), MY_NUMBER)


# -- bank accounts ------------------------------------------------------------------------------------

_ACCOUNT = re.compile(
    r"(?:口座(?:番号)?|(?:普通|当座|貯蓄|総合)(?:預金|貯金|口座)?|\([普当]\)|ゆうちょ(?:銀行)?|郵便貯金|通帳)"
    r"(?:の?番号)?(?:は|が|の|に|:|/|,|、| |「|\(|No\.?|№){0,3}"
    rf"(?P<number>\d{{5}}{HYPHEN}\d{{6,8}}|\d{{6,8}}|\d{{3}}{HYPHEN}\d{{7}}){_NUMBER_ENDS}{_COUNTER}"
)
# ゆうちょ: a symbol of five digits (first 1 or 0, last 0) and a number.
_YUCHO = re.compile(
    r"記号(?:は|:| ){0,2}(?P<symbol>[01]\d{3}0)(?:、|,| |と|-){0,2}番号(?:は|:| ){0,2}(?P<number>\d{2,8})(?!\d)"
)


def accounts(text: str) -> Iterator[Span]:
    """Yield numbers of bank accounts, which are known by the words before them alone."""
    for match in _YUCHO.finditer(text):
        yield Span(*match.span("symbol"), ACCOUNT)
        yield Span(*match.span("number"), ACCOUNT)
    yield from (Span(*m.span("number"), ACCOUNT) for m in _ACCOUNT.finditer(text))
