"""Dates as lists of announcements print them: beside other words, in pieces, without a year, day or month first.

Where `dates` believes a whole string of a known form, this finds a date within a short text. Two readings of 3/4/2026
stay two until the other rows of the list, or the languages of the source, say which is meant.
"""

import re
from collections import Counter
from collections.abc import Iterable, KeysView, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from monitor.read.dates import NEWEST, OLDEST, published_at

LONGEST = 64  # characters of a text in which a date is looked for
_BESIDE = 40  # characters that may stand beside it: "Published on ... | 3 minutes to read"
# Whose month names are known. Some share a name, none of these give it two meanings.
_LOCALES = [
    "en", "fr", "it", "es", "de", "pt", "nl", "pl", "ru", "tr", "id", "ms", "vi", "sv", "da", "nb", "fi", "cs", "ro",
    "hu", "uk", "bg", "el", "ar", "he", "hi", "th",
]  # fmt: skip
_ALSO = {"sept": 9, "agt": 8, "ags": 8, "okt": 10, "ogos": 8}
_BUDDHIST = 543  # years ahead of ours
_ERAS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911, "中華民國": 1911}

_CLOCK = r"(?:[T,]?\s*(?P<h>\d{1,2}):(?P<mi>\d{2})(?::\d{2})?(?!\d))?"
_NUMERIC = (
    re.compile(rf"(?<![\d.])(?P<y>\d{{4}})\s*[-年년./]\s*(?P<m>\d{{1,2}})\s*[-月월./]\s*(?P<d>\d{{1,2}})(?!\d)[日일.]?{_CLOCK}"),
    re.compile(r"(?P<era>令和|平成|中華民國|民國|民国)\s*(?P<y>\d{1,3}|元)\s*年\s*(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*日"),
    re.compile(rf"(?<![\d.])(?P<a>\d{{1,2}})(?P<sep>[/.-])\s?(?P<b>\d{{1,2}})(?P=sep)\s?(?P<y>\d{{4}})(?!\d){_CLOCK}"),
    re.compile(r"(?<![\d/])(?P<a>\d{1,2})(?P<sep>/)(?P<b>\d{1,2})/(?P<y>\d{2})(?![\d/])"),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})\s+[Tt]háng\s+(?P<m>\d{{1,2}}),?\s+(?:năm\s+)?(?P<y>\d{{4}})(?!\d){_CLOCK}"),
    re.compile(r"(?<!\d)(?P<d>\d{1,2})(?:\s+|\s*/\s*)(?P<y>\d{4})\s*[-年./]\s*(?P<m>\d{1,2})月?(?![-\d])"),
)  # fmt: skip
_YEARLESS = re.compile(r"(?P<m>\d{1,2})\s*(?:-|月|월)\s*(?P<d>\d{1,2})\s*[日일]?" + _CLOCK)
_BRACKETS = "[]()【】（）〔〕「」［］<>|·•—–- \t:："


@dataclass(frozen=True, slots=True)
class Written:
    """A date as it was found in a text, between `start` and `end`: day first and month first when it can be read both
    ways; `yearless` when the year is not said, and 2000 stands for it."""

    start: int
    end: int
    moments: tuple[datetime, ...]
    yearless: bool = False
    day_first: bool | None = None  # as it must be read, where that can be told

    def at(self, fetched_at: datetime, day_first: bool) -> datetime | None:
        """The moment in UTC; None when it does not lie in the window in which something can have been published."""
        moment = self.moments[0] if day_first else self.moments[-1]
        if self.yearless:
            latest = fetched_at + NEWEST
            years = (latest.year, latest.year - 1)
            dated = (_at(year, moment.month, moment.day, moment.hour, moment.minute) for year in years)
            found = next((m for m in dated if m is not None and m <= latest), None)
            if found is None:
                return None
            moment = found
        return moment if fetched_at - OLDEST <= moment <= fetched_at + NEWEST else None


def written(text: str, alone: bool = False) -> Written | None:
    """The first date in a short text that holds little else; `alone` demands that it holds nothing else."""
    if len(text) > LONGEST or not any(c.isdigit() for c in text):
        return None
    found = _numeric(text) or _named(text) or _without_year(text)
    if found is None:
        return None
    beside = len(text) - (found.end - found.start)
    return found if beside <= (4 if alone else _BESIDE) else None


def without_date(title: str, loose: bool = False) -> tuple[str, Written | None]:
    """A headline without the date that is set before or behind it, apart by brackets or a dash, and that date; with
    `loose` a date of numbers alone may follow on a space."""
    for part, start in ((title[: LONGEST // 2], 0), (title[-LONGEST // 2 :], max(0, len(title) - LONGEST // 2))):
        found = written(part)
        if found is None or found.yearless:
            continue
        before, behind = title[: start + found.start].rstrip(), title[start + found.end :].lstrip()
        if not before.strip(_BRACKETS) and behind and behind[0] in _BRACKETS:
            return behind.lstrip(_BRACKETS), found
        numbers = loose and not any(c.isalpha() for c in part[found.start : found.end])
        if not behind.strip(_BRACKETS) and before and (before[-1] in _BRACKETS or numbers):
            return before.rstrip(_BRACKETS.replace(")", "").replace("]", "")), found
    return title, None


def moment_of(raw: str, fetched_at: datetime, day_first: bool = True) -> datetime | None:
    """What a machine-readable field or a date's own element says."""
    moment = published_at(raw, fetched_at)
    if moment is not None:
        return moment
    found = written(" ".join(raw.split())[:LONGEST])
    return found.at(fetched_at, day_first) if found else None


def is_day_first(
    dates: Iterable[Written], fetched_at: datetime, languages: Sequence[str], countries: Sequence[str]
) -> bool:
    """How a list writes 3/4/2026: as its unambiguous dates are written, else in the order in which none of them is yet
    to come, else in the one that makes the list run one way, else as its language does (only Americans put the month
    first)."""
    dates = list(dates)
    told = Counter(date.day_first for date in dates if date.day_first is not None)
    if told[True] != told[False]:
        return told[True] > told[False]
    both = [date for date in dates if len(date.moments) == 2]
    can_be = [all(date.at(fetched_at, day_first) for date in both) for day_first in (False, True)]
    if can_be[False] != can_be[True]:
        return can_be[True]
    for index in (0, 1):
        run = [date.moments[index] for date in both]
        other = [date.moments[1 - index] for date in both]
        if len(run) > 2 and _runs(run) and not _runs(other):
            return index == 0
    tongue, _, region = languages[0].lower().partition("-") if languages else ("en", "", "")
    return not (tongue == "en" and region in ("", "us") and (not countries or "US" in countries))


def _runs(moments: Sequence[datetime]) -> bool:
    return sorted(moments) == list(moments) or sorted(moments, reverse=True) == list(moments)


def _numeric(text: str) -> Written | None:
    for form in _NUMERIC:
        for match in form.finditer(text):
            parts = match.groupdict()
            hour, minute = int(parts.get("h") or 0), int(parts.get("mi") or 0)
            if "era" in parts:
                year = _ERAS[match["era"]] + (1 if match["y"] == "元" else int(match["y"]))
            else:
                year = int(match["y"]) + (2000 if len(match["y"]) == 2 else 0)
            year -= _BUDDHIST if 2400 < year < 2700 else 0
            if "a" in parts:
                a, b = int(match["a"]), int(match["b"])
                pairs = [(b, a)] if match["sep"] == "." else [(b, a), (a, b)]
            else:
                pairs = [(int(match["m"]), int(match["d"]))]
            moments = [_at(year, month, day, hour, minute) for month, day in pairs]
            known = tuple(dict.fromkeys(moment for moment in moments if moment is not None))
            if known:
                slashed = "a" in parts and match["sep"] != "." and max(int(match["a"]), int(match["b"])) > 12
                return Written(*match.span(), known, day_first=int(match["a"]) > 12 if slashed else None)
    return None


def _named(text: str) -> Written | None:
    months, forms = _month_forms()
    folded = text.lower()
    if len(folded) != len(text):  # a letter that is two in lower case: the places would not be those of the text
        return None
    for form in forms:
        for match in form.finditer(folded):
            month = months[match["m"].rstrip(".")]
            year = int(match["y"])
            year -= _BUDDHIST if 2400 < year < 2700 else 0
            parts = match.groupdict()
            moment = _at(year, month, int(match["d"]), int(parts.get("h") or 0), int(parts.get("mi") or 0))
            if moment is not None:
                return Written(*match.span(), (moment,))
    return None


def _without_year(text: str) -> Written | None:
    """Only when it is all that the text says."""
    bare = text.strip(_BRACKETS)
    start = text.index(bare) if bare else 0
    match = _YEARLESS.fullmatch(bare)
    if match is not None:
        moment = _at(2000, int(match["m"]), int(match["d"]), int(match["h"] or 0), int(match["mi"] or 0))
        return Written(start, start + len(bare), (moment,), True) if moment else None
    months, _ = _month_forms()
    named = re.fullmatch(r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?\s+)?(\D{3,14}?)\.?(?:\s+(\d{1,2}))?", bare.lower())
    if named is None or (named[1] is None) == (named[3] is None) or named[2].rstrip(".") not in months:
        return None
    moment = _at(2000, months[named[2].rstrip(".")], int(named[1] or named[3]))
    return Written(start, start + len(bare), (moment,), True) if moment else None


def _at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime | None:
    try:
        return datetime(year, month, day, tzinfo=UTC) + timedelta(hours=hour % 24, minutes=minute % 60)
    except (ValueError, OverflowError):
        return None


def month_names() -> KeysView[str]:
    """The names of months and their short forms, in small letters, in the languages of lists."""
    return _month_forms()[0].keys()


@lru_cache(maxsize=1)
def _month_forms() -> tuple[dict[str, int], tuple[re.Pattern[str], ...]]:
    from babel.dates import get_month_names  # here, since most workers never read a list: it takes 80 ms

    months = dict(_ALSO)
    for locale in _LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, locale).items():
                    folded = name.lower().rstrip(".")
                    if len(folded) > 1 and not any(c.isdigit() for c in folded):
                        months.setdefault(folded, number)
    names = "|".join(re.escape(name) for name in sorted(months, key=len, reverse=True))
    month = rf"(?P<m>(?:{names})\.?)"
    return months, (
        re.compile(
            rf"(?<!\d)(?P<d>\d{{1,2}})(?:er|st|nd|rd|th|º|°|\.)?[\s-]+(?:de\s+|d[’'])?{month},?[\s-]+"
            rf"(?:de\s+|del\s+|พ\.ศ\.\s*)?(?P<y>\d{{4}})(?!\d){_CLOCK}"
        ),
        re.compile(rf"(?<!\w){month}\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<y>\d{{4}})(?!\d){_CLOCK}"),
        re.compile(rf"(?<!\d)(?P<y>\d{{4}})\.?\s+{month}\s+(?P<d>\d{{1,2}})(?!\d)"),
    )
