"""How dates are written, language by language: the expressions that find them, not yet resolved to a day.

Month and day names come from CLDR by way of Babel; `data/dates.yaml` adds what it lacks.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from monitor.understand.datenames import (
    DECLINED,
    any_of,
    date_words,
    led,
    month_names,
    number,
    ordinals,
    western_year,
)
from monitor.understand.gazetteer import fold

_MONTH_FIRST = frozenset({"en", "fil", "hi", "bn", "ta", "te"})
_RATIOS = frozenset({"1/2", "1/3", "2/3", "1/4", "3/4", "1/5"})
_LONGEST_WORD = 20  # letters before a number that are searched for what is counted
MIDDLE = 15  # the day that "mid-March" stands for
_ON = re.compile(r"\b(?:on|by|until|till|before|since|from|after|through) $")  # before a "may" that is a month
_ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "民國": 1911, "民国": 1911}
_YEARS = {"今": 0, "本": 0, "同": 0, "去": -1, "昨": -1, "明": 1, "来": 1, "來": 1, "올해": 0, "내": 1, "지난해": -1}
_MONTHS = {
    "本月": "this_month", "今月": "this_month", "当月": "same_month", "當月": "same_month", "同月": "same_month",
    "당월": "same_month", "같은 달": "same_month", "같은달": "same_month",
    "次月": "next_month", "翌月": "next_month", "来月": "next_month", "下月": "next_month", "下个月": "next_month",
    "上月": "last_month", "先月": "last_month", "이달": "this_month", "이번 달": "this_month", "다음 달": "next_month",
    "다음달": "next_month", "내달": "next_month", "지난달": "last_month", "지난 달": "last_month",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it stands. `word` names a relative one (then `day` is its number); `other` is the second reading
    (month, day) of a numeric date whose order is open; `shift` counts years from publication's; `onset`: the text
    speaks of the beginning of the month."""

    start: int
    end: int
    kind: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    word: str = ""
    other: tuple[int, int] | None = None
    shift: int | None = None
    onset: bool = False


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
def reader(lang: str) -> Reader:
    """The forms of a language; English and the all-numeric ones for a language that CLDR does not know."""
    data = date_words()
    months = month_names(lang)
    tail = r"\w{0,4}" if lang in DECLINED else r"(?![a-z\u00df-\u024f\u0370-\u052f])"
    month = rf"(?<![^\W\d_])(?P<m>{any_of(list(months))}){tail}\.?"
    if lang in {"th", "ar", "fa", "he"}:
        month = month.removeprefix(r"(?<![^\W\d_])")
    said = any_of([*data["one"], *ordinals(lang)])
    marks = r"\s?(?:st|nd|rd|th|er|e|º|ª|°|-?го|-?е|ème|hb|ro|η|ம்|লা|রা|ঠা|ই|শে|\.)?"
    day = rf"(?<![\d.,:/a-z])(?P<d>\d{{1,2}}(?!\d)|{said}){marks}"  # a platform may be called n11
    year = r"(?P<y>(?:19|20|25)\d\d)(?!\d)"
    joins, year_joins = any_of(data["joins"]), any_of(data["year_joins"])
    second = rf"(?:\s*/\s*(?:{any_of(list(months))}))?" if lang == "ar" else ""
    then_year = rf"(?:[\s,./-]*(?:(?:{year_joins})\s*)?{year})"
    free = "" if lang == "th" else r"(?<!\w)"
    edges = ("end", "ends"), ("mid", "mids"), ("onset", "starts")
    edge = rf"(?:{free}(?:{'|'.join(f'(?P<{name}>{any_of(data[key])})' for name, key in edges)})[\s-]*)?"
    edges = ("after", "ends_after"), ("amid", "mids_after"), ("begun", "starts_after")
    after = "|".join(rf"(?P<{name}>\s+(?:{any_of(data[key])}))" for name, key in edges)
    alone = {name: number for name, number in months.items() if len(name) > 3} | (months if lang == "vi" else {})
    month_alone = month.replace(
        any_of(list(months)), any_of([n for n in alone if n not in set(map(fold, data["not_alone"]))])
    )
    patterns = [
        ("dmy", rf"{day}[\s-]{{0,2}}(?:\(\d{{1,2}}\.?[º°]?\)\s)?(?:(?:{joins})\s*)?{month}{second}{then_year}?"),
        ("month", rf"{edge}(?:{free}(?:{joins})\s+)?{month}{then_year}(?:{after})?"),
        ("month", rf"{edge}(?:{free}(?:{joins})\s+)?{month_alone}(?:{after})?"),
        ("month", rf"{edge.removesuffix('?')}(?:(?:{joins})\s+)?{month}"),
        *led(lang, months, month),
        (
            "range",
            rf"(?<![\d.,:/])(?P<first>(?P<d>\d{{1,2}})\.?)\s?(?:{any_of(data['ranges'])}|[-–—])\s?\d{{1,2}}\.?\s?(?:(?:{joins})\s*)?{month}{then_year}?",
        ),
        ("year_end", rf"(?<!\w)(?:{any_of(data['ends'])})\s+(?:(?:{joins}|{year_joins})\s+)?{year}"),
        ("year_start", rf"(?<!\w)(?:{any_of(data['starts'])})\s+(?:(?:{joins}|{year_joins})\s+)?{year}"),
        ("year_end", rf"(?<!\d){year}\s(?:yılı(?:nın)?\s)?(?:{any_of(data['ends_after'])})(?!\w)"),
        (
            "ymd",
            r"(?<!\d)(?P<y>(?:19|20)\d\d|1[01]\d(?=/))(?P<s>\s?[-/.]\s?)(?P<m>\d{1,2})(?P<t>\s?[-/.]\s?)(?P<d>\d{1,2})(?!\d)",
        ),
        (
            "numeric",
            r"(?<![\d.,/])(?P<d>\d{1,2})\u200f?(?P<s>[./-])\s?(?P<m>\d{1,2})\u200f?(?P=s)\s?(?P<y>(?:19|20|25)\d\d|\d\d)(?![\d/])",
        ),
        ("cjk", _CJK),
        (
            "bare",
            r"(?:[今昨明][(（])?(?<![\d月月年.,:])(?P<d>\d{1,2})[)）]?(?:日|号|號|일)(?![間间内內后後前分무동간뒤후이元圆圓币報报超]|以[内內上]|を超|\s?(?:넘|이상|초과))",
        ),
        (
            "year",
            r"(?:(?<![\d.,:/$€£-])|(?<=\bmid-)|(?<=\bmi-))(?P<y>(?:19|20)\d\d)(?![\d.,:/%]\d|\d|\s?%|[\s-]?[-–]\s?\d)",
        ),
    ]
    if lang in _MONTH_FIRST:
        patterns.append(("dmy", rf"{month}\s*(?P<d>\d{{1,2}})(?!\d|:)(?:st|nd|rd|th)?{then_year}?"))
    if lang in data["short"]:
        first = any_of(data["short"][lang])
        before = rf"(?:\b(?:{first})\s|[(（])" if first else r"(?<![\d./])"
        month_first = lang in {"en", "zh", "ja", "ko"}
        mark = r"(?:[./]\s?|-)" if lang == "vi" else r"[./]\s?"
        order = r"(?P<m>\d{1,2})/(?P<d>\d{1,2})" if month_first else rf"(?P<d>\d{{1,2}}){mark}(?P<m>\d{{1,2}})"
        patterns.append(("short", rf"{before}\s?(?P<all>{order})\.?(?![\d/%:.]\d|\d|%)"))
        if not month_first:  # an entry of a list of dates
            patterns.append(("short", rf"(?:^|\n)\s*(?:[•·*–-]\s*)?(?P<all>{order})(?=\.?\s*[:–])"))
    if lang == "vi":
        patterns.append(
            (
                "dmy_vi",
                r"(?<![\d/.])(?P<d>\d{1,2})\s*(?:tháng|thg)\s*(?P<m>\d{1,2})(?:(?:\s*năm\s*|[/.-]|,\s)(?P<y>\d{4}))?(?!\d)",
            )
        )
        patterns.append(
            (
                "month_vi",
                r"(?:(?P<end>ngày cuối cùng của\s|cuối\s|hết\s)|(?P<mid>giữa\s)|(?P<onset>đầu\s))?"
                r"(?:tháng|thg)\s*(?P<m>\d{1,2})(?:(?:\s*năm\s*|[/.-]|,\s)(?P<y>\d{4}))?(?!\d)",
            )
        )
    if lang == "th":
        patterns.append(("year", r"(?<![\d.,:/-])(?P<y>25[5-9]\d)(?![\d.,])"))
        patterns.append(("dmy", rf"{day}\s*{month}\s*(?P<yy>[5-9]\d)(?!\d)"))
    if lang == "fa":
        patterns.append(
            ("jalali", rf"(?P<d>\d{{1,2}})\s*(?P<m>{any_of(data['jalali'])})(?!\w)(?:\s*(?:ماه\s*)?(?P<y>1[34]\d\d))?")
        )
    compiled = tuple((kind, re.compile(pattern)) for kind, pattern in patterns)
    return Reader(lang, months, compiled)


_CJK = (
    r"(?:(?P<y>\d{4}|[二一][〇零○一二三四五六七八九]{3}|\d{2,3}|(?:令和|平成|昭和|民[國国])\s?(?:\d{1,3}|元)|[今本去昨明来來同]|올해|내(?=년)|지난해)\s?[年년]?度?\s*)??"
    r"(?<!\d)(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])\s?[月월](?!間|间)(?:份)?\s*"
    r"(?:(?P<d>\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])\s?(?:日|号|號|일)|(?P<end>的?最[后後]一天|の?最終日|いっぱい|限り|\s?마지막\s?날|底|末|\s?말)|(?P<mid>中旬|半ば|\s?중순)|(?P<onset>初(?!旬)|\s?초(?!순)))?"
    rf"|(?P<rel>{'|'.join(_MONTHS)})\s?(?P<rd>\d{{1,2}})(?:日|号|號|일)"
)


def _read_dmy(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    groups = match.groupdict()
    small = reader.lang in {"en", "fil"} and groups["m"] in {"may", "march", "mar"} and text[match.start("m")].islower()
    if small and not groups["y"] and not _ON.search(text, max(0, match.start() - _LONGEST_WORD), match.start()):
        return None  # "prices may 15 times"
    day = int(groups["d"]) if groups["d"].isdecimal() else ordinals(reader.lang).get(groups["d"], 1)
    year = 2500 + int(groups["yy"]) - 543 if groups.get("yy") else western_year(groups.get("y"))
    return Written(match.start(), match.end(), "full" if year else "day", year, reader.months[groups["m"]], day)


@cache
def _sections() -> re.Pattern[str]:
    """A word before the number of a section, an article or a version."""
    return re.compile(rf"(?<![^\W\d_])(?:{any_of(date_words()['sections'])})\.?\s?$", re.IGNORECASE)


def _read_month(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    groups = match.groupdict()
    if reader.lang == "en" and text[match.start("m")].islower():
        return None
    middle = groups.get("mid") or groups.get("amid")
    kind = "mid" if middle else "end" if groups.get("end") or groups.get("after") else "month"
    year, day = western_year(groups.get("y")), MIDDLE if middle else None
    start = match.end("lead") if groups.get("lead") else match.start()
    if kind == "month" and reader.lang in _MONTH_FIRST and not groups.get("onset"):
        start = match.start("m")  # "as of June 5" is no longer a "of June" than a "June 5"
    onset = bool(groups.get("onset") or groups.get("begun"))
    return Written(start, match.end(), kind, year, reader.months[groups["m"]], day, onset=onset)


def _read_range(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    """The first day of "1 to 15 March"; the last one is a date of its own."""
    year = western_year(match["y"])
    return Written(
        match.start("first"),
        match.end("first"),
        "full" if year else "day",
        year,
        reader.months[match["m"]],
        int(match["d"]),
    )


def _read_year_end(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "end", western_year(match["y"]), 12)


def _read_ymd(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    year = int(match["y"])  # 116/2/28 as Taiwan counts; no date: "since 2019. 4.9 stars"
    if (reader.lang != "ko" and match["s"] != match["t"]) or (year < 1000 and reader.lang != "zh"):
        return None
    return Written(match.start(), match.end(), "full", year + 1911 * (year < 1000), int(match["m"]), int(match["d"]))


def _read_year_start(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "day", western_year(match["y"]), 1, 1)


def _read_numeric(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    day, month = int(match["d"]), int(match["m"])
    year = western_year(match["y"]) or 0
    year = year + 2000 if year < 100 else year
    if len(match["y"]) == 2 and _sections().search(text, max(0, match.start() - _LONGEST_WORD), match.start()):
        return None  # "rule 3.7.35"
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
    elif given[:2] in _ERAS:
        year = _ERAS[given[:2]] + number(given[2:].strip())
    elif given:
        year = number(given)
        year += -543 if year > 2400 else 1911 if 100 <= year < 150 else 2000 if year < 100 else 0
    day = number(match["d"]) if match["d"] else MIDDLE if match["mid"] else None
    kind = "mid" if match["mid"] else "end" if match["end"] else "month" if not day else "full" if given else "day"
    onset = bool(match["onset"])
    return Written(match.start(), match.end(), kind, year, number(match["m"]), day, shift=shift, onset=onset)


def _read_bare(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return (
        Written(match.start(), match.end(), "bare", day=int(match["d"])) if reader.lang in {"zh", "ja", "ko"} else None
    )


def _read_year(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    return Written(match.start(), match.end(), "year", western_year(match["y"]))


def _read_short(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    if match["all"] == "24/7" or (reader.lang == "en" and match["all"] in _RATIOS):
        return None
    month, day = int(match["m"]), int(match["d"])
    if "-" in match["all"] and day <= month and not match[0].startswith("ngày"):
        return None  # "từ 3-5 ngày": three to five days
    if month > 12 and reader.lang == "en":
        month, day = day, month
    return Written(match.start("all"), match.end("all"), "day", month=month, day=day)


def _read_vi(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    year = western_year(match["y"])
    return Written(match.start(), match.end(), "full" if year else "day", year, int(match["m"]), int(match["d"]))


def _read_month_vi(reader: Reader, match: re.Match[str], text: str) -> Written | None:
    kind, day = ("mid", MIDDLE) if match["mid"] else ("end" if match["end"] else "month", None)
    year, onset = western_year(match["y"]), bool(match["onset"])
    return Written(match.start(), match.end(), kind, year, int(match["m"]), day, onset=onset)


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
    "year": _read_year,
    "year_end": _read_year_end,
    "year_start": _read_year_start,
    "range": _read_range,
    "short": _read_short,
    "dmy_vi": _read_vi,
    "month_vi": _read_month_vi,
    "jalali": _read_jalali,
}
