"""Dates in a text, in the forms of every language we read, resolved against the day of publication.

Month and day names come from CLDR by way of Babel; what it lacks is in `data/dates.yaml`. Only known forms are read,
each by an expression without nested repetition, in the first 20,000 characters: general date parsers take `12` and `a`
for dates and slow down on hostile text. A date counts within 30 years before and 10 years after publication.
"""

import calendar
from bisect import bisect
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.domain.deadlines import PartialDate
from monitor.understand.dateforms import Written, reader
from monitor.understand.datewords import words
from monitor.understand.gazetteer import fold

_BACK, _AHEAD = 30, 10  # years around publication


@dataclass(frozen=True, slots=True)
class Found:
    """A date at its place. `kind` says how it was given: full, day, month, end (of a month), bare (a day of an unnamed
    month), relative, weekday, span ("in 30 days") or year; a day or month whose year was not written is resolved to the
    year that puts it nearest to publication."""

    start: int
    end: int
    date: PartialDate
    kind: str


def find(text: str, lang: str, published: date | None, folded: str | None = None) -> list[Found]:
    """Every date of the text from left to right, the longer of two that overlap. Without `published`, a year that the
    text does not give is taken from its first full date, and what is relative is left out."""
    folded = fold(text) if folded is None else folded
    raw = sorted(
        [*reader(lang).scan(text, folded), *words(lang).scan(text, folded)],
        key=lambda found: (found.start - found.end, found.start),
    )
    taken: list[Written] = []  # in the order of the text, none overlapping
    for found in raw:
        place = bisect(taken, found.start, key=lambda other: other.start)
        free_before = place == 0 or taken[place - 1].end <= found.start
        if free_before and (place == len(taken) or found.end <= taken[place].start):
            taken.insert(place, found)
    years = [found.year for found in taken if found.year and found.day and found.year > 1900]
    anchor = published or (date(years[0], 7, 1) if years else None)
    result = []
    for found in taken:
        value = _resolve(found, anchor, published)
        if value and (anchor is None or anchor.year - _BACK <= value.parts[0] <= anchor.year + _AHEAD):
            result.append(Found(found.start, found.end, value, found.kind))
    return result


def _resolve(raw: Written, anchor: date | None, published: date | None) -> PartialDate | None:
    try:
        if raw.word == "jalali":
            return _jalali(raw.year, raw.day or 0, published)
        if raw.word:
            return _relative(raw, published)
        if raw.kind == "year":
            return PartialDate(f"{raw.year:04}")
        if raw.kind == "bare":
            return _nearest_day(raw.day or 0, published)
        year, month = raw.year, raw.month or 0
        if raw.shift is not None:
            year = published.year + raw.shift if published else None
        if raw.other and anchor and raw.year:
            orders = ((month, raw.day or 0), raw.other)
            month, day = min(orders, key=lambda md: abs((date(year or 0, *md) - anchor).days))
            return PartialDate(f"{year:04}-{month:02}-{day:02}")
        if year is None:
            if anchor is None:
                return None
            middle = [(abs(_ahead(date(y, month, min(raw.day or 15, 28)), anchor)), y) for y in _around(anchor)]
            year = min(middle)[1]
        if raw.kind == "end":
            return PartialDate(f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}")
        if raw.day is None:
            date(year, month, 1)
            return PartialDate(f"{year:04}-{month:02}")
        return PartialDate(f"{year:04}-{month:02}-{raw.day:02}")
    except ValueError:
        return None


def _around(day: date) -> tuple[int, int, int]:
    return (day.year - 1, day.year, day.year + 1)


def _ahead(day: date, anchor: date) -> float:
    """Days apart; the future counts as a little nearer, since announcements look forward."""
    days = (day - anchor).days
    return days * 0.8 if days > 0 else days


def _nearest_day(day: int, published: date | None) -> PartialDate | None:
    if published is None:
        return None
    middle = [_shift(published, months) for months in (-1, 0, 1)]
    candidates = [date(y, m, day) for y, m in middle if 1 <= day <= calendar.monthrange(y, m)[1]]
    return _exact(min(candidates, key=lambda one: abs(_ahead(one, published)))) if candidates else None


def _shift(day: date, months: int) -> tuple[int, int]:
    index = day.year * 12 + day.month - 1 + months
    return index // 12, index % 12 + 1


def _exact(day: date) -> PartialDate:
    return PartialDate(day.isoformat())


def _relative(raw: Written, published: date | None) -> PartialDate | None:
    if published is None:
        return None
    year, month = published.year, published.month
    match raw.word:
        case "today" | "tomorrow" | "yesterday":
            return _exact(published + timedelta(days={"today": 0, "tomorrow": 1, "yesterday": -1}[raw.word]))
        case "month_end":
            return _exact(date(year, month, calendar.monthrange(year, month)[1]))
        case "this_month" | "next_month" | "last_month":
            y, m = _shift(published, {"this_month": 0, "next_month": 1, "last_month": -1}[raw.word])
            return PartialDate(f"{y:04}-{m:02}-{raw.day:02}" if raw.day else f"{y:04}-{m:02}")
        case "year_end" | "last_year_end":
            return _exact(date(year if raw.word == "year_end" else year - 1, 12, 31))
        case "next_year":
            return PartialDate(f"{year + 1:04}")
        case "week_end":
            return _exact(published + timedelta(days=6 - published.weekday()))
        case "days":
            return _exact(published + timedelta(days=raw.day or 0))
        case "weekday":
            return _exact(published - timedelta(days=(published.weekday() - (raw.day or 0)) % 7))
        case "this" | "last" | "next":  # week
            monday = published + timedelta(days={"this": 0, "last": -7, "next": 7}[raw.word] - published.weekday())
            return _exact(monday + timedelta(days=raw.day or 0))
        case _:  # the coming weekday
            return _exact(published + timedelta(days=((raw.day or 0) - published.weekday() - 1) % 7 + 1))


def _jalali(year: int | None, days: int, published: date | None) -> PartialDate | None:
    """A day of the Persian solar year, counted from its first. The year begins on 20 March in leap years of ours after
    1995 and on 21 March else, right for 1996 to 2028 and within a day beyond."""
    if year is None and published is None:
        return None
    years = [year + 621] if year else list(_around(published)) if published else []
    starts = [date(y, 3, 20 if y % 4 == 0 else 21) + timedelta(days=days) for y in years]
    return _exact(min(starts, key=lambda day: abs((day - published).days) if published else 0))
