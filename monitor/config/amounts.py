"""Amounts as spreadsheets write them: 1.234,56 and 1,234.56, with spaces, currency signs and codes."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class Style(Enum):
    """Which character is the decimal mark."""

    POINT = re.compile(r"(?:\d+|[1-9]\d{0,2}(?:,\d{2,3})*,\d{3})(?:\.\d+)?")  # India groups by two: 1,23,456.00
    COMMA = re.compile(r"(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?")


class AmountError(ValueError):
    """No amount, or one that can be read in two ways; `hint` says how to write it."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


_DOLLARS = {"USD", "AUD", "BRL", "CAD", "CLP", "COP", "HKD", "MXN", "NZD", "SGD", "TWD"}
_SIGNS = {
    "$": _DOLLARS, "US$": {"USD"}, "R$": {"BRL"}, "S$": {"SGD"}, "A$": {"AUD"}, "C$": {"CAD"}, "€": {"EUR"},
    "£": {"GBP"}, "¥": {"JPY", "CNY"}, "￥": {"JPY", "CNY"}, "元": {"CNY"}, "円": {"JPY"}, "₹": {"INR"}, "₩": {"KRW"},
    "₫": {"VND"}, "฿": {"THB"}, "₱": {"PHP"}, "₽": {"RUB"}, "₺": {"TRY"}, "₪": {"ILS"}, "zł": {"PLN"}, "Rp": {"IDR"},
    "RM": {"MYR"}, "kr": {"SEK", "DKK", "NOK"},
}  # fmt: skip
_SIGNED = re.compile(r"(?P<before>[^\d,.'’+-]*)(?P<number>[+-]?[\d.,'’ ]*\d)(?P<after>[^\d]*)")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[ '’]\d{3})+(?:[.,]\d+)?")
_SPACES = re.compile(r"\s+")  # no-break and thin ones too


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was written, and what it is in each style that it fits."""

    text: str
    readings: dict[Style, Decimal]

    @property
    def shows(self) -> Style | None:
        """The style that it proves, if it can be read in that alone."""
        return next(iter(self.readings)) if len(self.readings) == 1 else None


def written(text: str, currency: str) -> Written:
    """A number in its possible readings. A sign or code is taken if it can stand for the currency.

    Raises AmountError when the text is no number, or in another currency.
    """
    text = _SPACES.sub(" ", text).strip()
    match = _SIGNED.fullmatch(text)
    if match is None:
        raise AmountError(f"{text!r} is no amount", "write the number alone, such as 12000.50")
    for sign in filter(None, (match["before"].strip(), match["after"].strip())):
        known = _SIGNS.get(sign, {sign} if re.fullmatch("[A-Z]{3}", sign) else set())
        if not known:
            raise AmountError(f"{text!r} holds {sign!r}, which is no currency sign", "write the number alone")
        if currency not in known:
            hint = "mend one of them" if currency else "add a column currency, or write the number alone"
            raise AmountError(f"{text!r} is not in {currency or 'a currency that is said'}", hint)
    number = match["number"]
    sign, number = ("-", number[1:]) if number[0] == "-" else ("", number.removeprefix("+"))
    number = number.strip()
    if _GROUPED.fullmatch(number):  # what stands behind grouped thousands is a decimal mark
        value = Decimal(sign + re.sub("[ '’]", "", number).replace(",", "."))
        style = Style.COMMA if "," in number else Style.POINT
        return Written(text, {style: value} if re.search("[,.]", number) else dict.fromkeys(Style, value))
    readings = {}
    for style in Style:
        if style.value.fullmatch(number):
            plain = number.replace(",", "") if style is Style.POINT else number.replace(".", "").replace(",", ".")
            readings[style] = Decimal(sign + plain)
    if not readings:
        raise AmountError(f"{text!r} is no amount", "write the number alone, such as 12000.50")
    return Written(text, readings)


def style_of(numbers: Iterable[Written], delimiter: str) -> Style | None:
    """How a whole file writes numbers: as those do that can be read in one way only; else by its delimiter, since a
    spreadsheet separates cells by semicolons where the comma is the decimal mark. None when nothing tells."""
    shown = {number.shows for number in numbers} - {None}
    if len(shown) == 1:
        return shown.pop()
    return None if shown else {",": Style.POINT, ";": Style.COMMA}.get(delimiter)


def amount(number: Written, style: Style | None) -> Decimal:
    """The number in the file's style. Raises AmountError when it could be two numbers and nothing tells which."""
    values = set(number.readings.values())
    if len(values) == 1:
        return values.pop()
    if style is None:
        ways = " or ".join(f"{value:f}" for value in sorted(values))
        raise AmountError(f"{number.text!r} may be {ways}", f"write {max(values):f} or {max(values):f}.00")
    return number.readings[style]
