"""How dates are written, language by language: the expressions that find them, not yet resolved to a day.

Month and day names come from CLDR by way of Babel; `data/dates.yaml` adds what it lacks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError

from monitor.understand.gazetteer import fold

DECLINED = frozenset({"ru", "uk", "bg", "pl", "cs", "sk", "tr", "el", "fi", "hu"})
VOWELS = "аеиіїоуыэюяьйaeiouyąęěáíéůıöüαεηιουωςάέήίόύώ"
_MONTH_FIRST = frozenset({"en", "fil", "hi", "bn", "ta", "te"})
_NUMERALS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "元": 1, "正": 1}
_YEARS = {"今": 0, "本": 0, "同": 0, "去": -1, "昨": -1, "明": 1, "来": 1, "來": 1, "올해": 0, "내": 1, "지난해": -1}
_MONTHS = {
    "本月": "this_month", "今月": "this_month", "当月": "this_month", "當月": "this_month", "同月": "this_month",
    "次月": "next_month", "翌月": "next_month", "来月": "next_month", "下月": "next_month", "下个月": "next_month",
    "上月": "last_month", "先月": "last_month", "이달": "this_month", "이번 달": "this_month", "다음 달": "next_month",
    "다음달": "next_month", "내달": "next_month", "지난달": "last_month", "지난 달": "last_month",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it stands. `word` names a relative one (then `day` is its number); `other` is the second reading
    (month, day) of a numeric date whose order is open; `shift` counts years from publication's."""

    start: int
    end: int
    kind: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    word: str = ""
    other: tuple[int, int] | None = None
    shift: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """The forms of one language."""

    lang: str
    months: dict[str, int]
    patterns: tuple[tuple[str, re.Pattern[str]], ...]

    def scan(self, text: str, folded: str) -> Iterator[Written]:
        """Everything that may be a date; forms overlap."""
        for kind, pattern in self.patterns:
            for match in pattern.finditer(folded):
                written = _READ[kind](self, match, text)
                if written:
                    yield written


@cache
def date_words() -> dict[str, Any]:
    """What `data/dates.yaml` holds."""
    loaded: dict[str, Any] = yaml.safe_load((files("monitor.understand") / "data" / "dates.yaml").read_text("utf-8"))
    return loaded


def any_of(words: list[str]) -> str:
    """An alternation, the longest first; `*` stands for any ending."""
    ordered = sorted({fold(word) for word in words}, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\*", r"\w*") for word in ordered)


def locale_of(lang: str) -> Locale | None:
    """CLDR's data of a language, None when it has none."""
    try:
        return Locale.parse(lang)
    except (UnknownLocaleError, ValueError):
        return None


def _month_names(lang: str) -> dict[str, int]:
    """Folded names and abbreviations; of declined languages also the stems of names."""
    names: dict[str, int] = {}
    for code in dict.fromkeys(("en", lang)):
        locale = locale_of(code)
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated") if code == lang else ("wide",):
                table = locale.months.get(form, {}).get(width, {}) if locale else {}
                names |= {fold(name).rstrip("."): number for number, name in table.items()}
    for number, extra in date_words()["months"].get(lang, {}).items():
        names |= {fold(name): number for name in extra}
    names = {name: number for name, number in names.items() if len(name) > 1 and not re.search(r"\d|月|월", name)}
    if lang in DECLINED:
        stems = {name.rstrip(VOWELS): number for name, number in names.items() if len(name) > 4}
        names = {stem: number for stem, number in stems.items() if len(stem) > 3} | names
    return names


@cache
def reader(lang: str) -> Reader:
    """The forms of a language; English and the all-numeric ones for a language that CLDR does not know."""
    data = date_words()
    months = _month_names(lang)
    tail = r"\w{0,4}" if lang in DECLINED else r"(?![a-z\u00df-\u024f\u0370-\u052f])"
    month = rf"(?<![^\W\d_])(?P<m>{any_of(list(months))}){tail}\.?"
    if lang in {"th", "ar", "fa"}:
        month = month.removeprefix(r"(?<![^\W\d_])")
    day = rf"(?<![\d.,:/])(?P<d>\d{{1,2}}(?!\d)|{any_of(data['one'])})\s?(?:st|nd|rd|th|er|e|º|ª|°|-?го|-е|ème|ம்|\.)?"
    year = r"(?P<y>(?:19|20|25)\d\d)(?!\d)"
    joins, year_joins = any_of(data["joins"]), any_of(data["year_joins"])
    second = rf"(?:\s*/\s*(?:{any_of(list(months))}))?" if lang == "ar" else ""
    then_year = rf"(?:[\s,./-]*(?:(?:{year_joins})\s*)?{year})"
    alone = {name: number for name, number in months.items() if len(name) > 3} | (months if lang == "vi" else {})
    month_alone = month.replace(
        any_of(list(months)), any_of([n for n in alone if n not in set(map(fold, data["not_alone"]))])
    )
    patterns = [
        ("dmy", rf"{day}[\s-]{{0,2}}(?:(?:{joins})\s*)?{month}{second}{then_year}?"),
        ("month", rf"(?:(?P<end>{any_of(data['ends'])})\s+)?(?:(?:{joins})\s+)?{month}{then_year}"),
        (
            "month",
            rf"(?:(?P<end>{any_of(data['ends'])})\s+)?{month_alone}(?P<after>\s+(?:{any_of(data['ends_after'])}))?",
        ),
        ("ymd", r"(?<!\d)(?P<y>(?:19|20)\d\d)\s?[-/.]\s?(?P<m>\d{1,2})\s?[-/.]\s?(?P<d>\d{1,2})(?!\d)"),
        (
            "numeric",
            r"(?<![\d.,/])(?P<d>\d{1,2})(?P<s>[./-])\s?(?P<m>\d{1,2})(?P=s)\s?(?P<y>(?:19|20|25)\d\d|\d\d)(?![\d/])",
        ),
        ("cjk", _CJK),
        (
            "bare",
            r"(?:[今昨明][(（])?(?<![\d月月年.,:])(?P<d>\d{1,2})[)）]?(?:日|号|號|일)(?![間间以内內后後前分무동간뒤후이元圆圓币報报])",
        ),
        ("span", r"(?<![\d.,])\d{1,3}(?![\d.,])"),
        ("year", r"(?<![\d.,:/$€£-])(?P<y>(?:19|20)\d\d)(?![\d.,:/%]\d|\d|[\s-]?[-–]\s?\d)"),
    ]
    if lang in _MONTH_FIRST:
        patterns.append(("dmy", rf"{month}\s*(?P<d>\d{{1,2}})(?!\d|:)(?:st|nd|rd|th)?{then_year}?"))
    if lang in data["short"]:
        first = any_of(data["short"][lang])
        before = rf"(?:\b(?:{first})\s|[(（])" if first else r"(?<![\d./])"
        order = r"(?P<d>\d{1,2})[./]\s?(?P<m>\d{1,2})" if first else r"(?P<m>\d{1,2})/(?P<d>\d{1,2})"
        patterns.append(("short", rf"{before}\s?(?P<all>{order})\.?(?![\d/%:.]\d|\d|%)"))
    if lang == "vi":
        patterns.append(
            ("dmy_vi", r"(?<![\d/.])(?P<d>\d{1,2})\s*tháng\s*(?P<m>\d{1,2})(?:(?:\s*năm\s*|[/.-])(?P<y>\d{4}))?(?!\d)")
        )
        patterns.append(
            ("month_vi", r"(?P<end>cuối\s|hết\s)?tháng\s*(?P<m>\d{1,2})(?:(?:\s*năm\s*|[/.-])(?P<y>\d{4}))?(?!\d)")
        )
    if lang == "th":
        patterns.append(("dmy", rf"{day}\s*{month}\s*(?P<yy>[5-9]\d)(?!\d)"))
    if lang == "fa":
        patterns.append(
            ("jalali", rf"(?P<d>\d{{1,2}})\s*(?P<m>{any_of(data['jalali'])})(?!\w)(?:\s*(?:ماه\s*)?(?P<y>1[34]\d\d))?")
        )
    compiled = tuple((kind, re.compile(pattern)) for kind, pattern in patterns)
    return Reader(lang, months, compiled)


_CJK = (
    r"(?:(?P<y>\d{4}|[二一][〇零○一二三四五六七八九]{3}|\d{2,3}|令和(?:\d{1,2}|元)|[今本去昨明来來同]|올해|내|지난해)\s?[年년]?度?\s*)??"
    r"(?<!\d)(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])[月월](?!間|间)(?:份)?\s*"
    r"(?:(?P<d>\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])(?:日|号|號|일)|(?P<end>底|末|말))?"
    rf"|(?P<rel>{'|'.join(_MONTHS)})\s?(?P<rd>\d{{1,2}})(?:日|号|號|일)"
)


def _number(text: str) -> int:
    """Of digits or of Chinese numerals up to 39 or digit by digit."""
    if text.isdecimal():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return (_NUMERALS[tens] if tens else 1) * 10 + (_NUMERALS[ones] if ones else 0)
    return int("".join(str(_NUMERALS[char]) for char in text))


def _year(text: str | None) -> int | None:
    """Of four digits, Buddhist years brought to our era."""
    if not text:
        return None
    year = int(text)
    return year - 543 if year > 2400 else year


def _read_dmy(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    groups = match.groupdict()
    if reader.lang in {"en", "fil"} and groups["m"] in {"may", "march", "mar"} and text[match.start("m")].islower():
        return None
    day = int(groups["d"]) if groups["d"].isdecimal() else 1
    year = 2500 + int(groups["yy"]) - 543 if groups.get("yy") else _year(groups.get("y"))
    return Written(match.start(), match.end(), "full" if year else "day", year, reader.months[groups["m"]], day)


def _read_month(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    groups = match.groupdict()
    if reader.lang == "en" and text[match.start("m")].islower():
        return None
    kind = "end" if groups.get("end") or groups.get("after") else "month"
    return Written(match.start(), match.end(), kind, _year(groups.get("y")), reader.months[groups["m"]])


def _read_ymd(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "full", int(match["y"]), int(match["m"]), int(match["d"]))


def _read_numeric(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    day, month = int(match["d"]), int(match["m"])
    year = _year(match["y"]) or 0
    year = year + 2000 if year < 100 else year
    if len(match["y"]) == 2 and match["s"] == ".":
        return None if day > 31 or month > 12 else Written(match.start(), match.end(), "full", year, month, day)
    if month > 12:
        day, month = month, day
    open_order = reader.lang == "en" and match["s"] != "." and day <= 12 and day != month
    return Written(match.start(), match.end(), "full", year, month, day, other=(day, month) if open_order else None)


def _read_cjk(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    if match["rel"]:
        return Written(match.start(), match.end(), "relative", day=int(match["rd"]), word=_MONTHS[match["rel"]])
    given, year, shift = match["y"] or "", None, None
    if given in _YEARS:
        shift = _YEARS[given]
    elif given.startswith("令和"):
        year = 2018 + _number(given[2:])
    elif given:
        year = _number(given)
        year += 1911 if 100 <= year < 150 else 2000 if year < 100 else 0
    day = _number(match["d"]) if match["d"] else None
    kind = "end" if match["end"] else "month" if not day else "full" if given else "day"
    return Written(match.start(), match.end(), kind, year, _number(match["m"]), day, shift=shift)


def _read_bare(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return (
        Written(match.start(), match.end(), "bare", day=int(match["d"])) if reader.lang in {"zh", "ja", "ko"} else None
    )


def _read_span(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    """A number of days from publication, when the words around it say so."""
    start, end = match.span()
    for before, after in _spans():
        if match.string.startswith(after, end) and match.string.endswith(before, 0, start):
            return Written(start - len(before), end + len(after), "span", day=int(match[0]), word="days")
    return None


@cache
def _spans() -> tuple[tuple[str, str], ...]:
    """What stands before and after the number in each way to say "in 30 days"."""
    parts = (fold(form).partition("{n}") for form in date_words()["in_days"])
    return tuple((before, after) for before, _, after in parts)


def _read_year(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "year", int(match["y"]))


def _read_short(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start("all"), match.end("all"), "day", month=int(match["m"]), day=int(match["d"]))


def _read_vi(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    year = _year(match["y"])
    return Written(match.start(), match.end(), "full" if year else "day", year, int(match["m"]), int(match["d"]))


def _read_month_vi(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "end" if match["end"] else "month", _year(match["y"]), int(match["m"]))


def _read_jalali(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    """A day of the Persian solar year as one of ours: its year begins on 20 or 21 March."""
    month = [fold(name) for name in date_words()["jalali"]].index(match["m"])
    days = month * 31 - max(0, month - 6) + int(match["d"]) - 1
    return Written(
        match.start(), match.end(), "day", int(match["y"]) if match["y"] else None, None, days, word="jalali"
    )


_Read = Callable[[Reader, re.Match[str], str], Written | None]
_READ: dict[str, _Read] = {
    "dmy": _read_dmy,
    "month": _read_month,
    "ymd": _read_ymd,
    "numeric": _read_numeric,
    "cjk": _read_cjk,
    "bare": _read_bare,
    "span": _read_span,
    "year": _read_year,
    "short": _read_short,
    "dmy_vi": _read_vi,
    "month_vi": _read_month_vi,
    "jalali": _read_jalali,
}
