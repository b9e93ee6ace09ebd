"""Dates in a text, in the forms of every language we read, resolved against the day of publication.

Month and day names come from CLDR by way of Babel; what it lacks is in `data/dates.yaml`. Only known forms are read,
each by an expression without nested repetition, in the first 20,000 characters: general date parsers take `12` and `a`
for dates and slow down on hostile text. A date counts within 30 years before and 10 years after publication.
"""

import calendar
from bisect import bisect
from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor.domain.deadlines import PartialDate
from monitor.understand.dateforms import Written, reader
from monitor.understand.dateperiods import coming_behind, counted_from, edges, periods, with_years
from monitor.understand.datewords import words
from monitor.understand.gazetteer import fold

_NEARBY = frozenset({"today", "tomorrow", "yesterday", "weekday", "coming", "last_weekday", "this_week"})
_FULL = ("year", "month", "day")
_NEAR = 200  # letters after a date within which a day of an unnamed month is one of the same month
_SAID = timedelta(days=4)  # before publication, within which a day of an unnamed month is that of the news
_BACK, _AHEAD = 30, 10  # years around publication
_DAYS_OFF = {"today": 0, "tomorrow": 1, "yesterday": -1, "day_after": 2, "day_before": -2}
_MONTHS_OFF = {
    "same_month": (0, ""), "month_end": (0, "end"),
    "this_month": (0, ""), "last_month": (-1, ""), "next_month": (1, ""),
    "month_start": (0, "start"), "next_month_start": (1, "start"), "next_month_end": (1, "end"),
}  # fmt: skip
_YEARS_OFF = {
    "this_year_start": (0, "month"),
    "year_end": (0, "end"), "last_year_end": (-1, "end"), "this_year": (0, ""), "last_year": (-1, ""),
    "next_year": (1, ""), "next_year_start": (1, "start"), "next_year_end": (1, "end"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A date at its place. `kind` says how it was given: full, day, month, end (of a month), bare (a day of an unnamed
    month), relative, week, weekday, span ("in 30 days"), ago or year; a day or month whose year was not written is
    resolved to the year that puts it nearest to publication."""

    start: int
    end: int
    date: PartialDate
    kind: str


def find(
    text: str, lang: str, published: date | None, folded: str | None = None, precision: int = len(_FULL)
) -> list[Found]:
    """Every date of the text from left to right, the longer of two that overlap. Without `published`, a year that the
    text does not give is taken from its first full date, and what is relative is left out. `precision` is how many
    parts of `published` are known: its year (1), the month too (2), or all (3). Where it is less than all, `published`
    is a day within what is known, and what counts days from it is left out, but that "today" is in that month."""
    folded = fold(text) if folded is None else folded
    named = list(words(lang).scan(text, folded))
    raw = sorted(
        [*reader(lang).scan(text, folded), *named, *edges(named, folded), *periods(lang).scan(text, folded)],
        key=lambda found: (found.start - found.end, found.kind in {"month", "bare"}, found.start),
    )
    taken: list[Written] = []  # in the order of the text, none overlapping
    for found in raw:
        place = bisect(taken, found.start, key=lambda other: other.start)
        free_before = place == 0 or taken[place - 1].end <= found.start
        if free_before and (place == len(taken) or found.end <= taken[place].start):
            taken.insert(place, found)
    taken = with_years(taken, folded)
    dated = sorted(
        (found for found in taken if (found.year or 0) > 1900 and found.month), key=lambda found: not found.day
    )
    years = [found.year for found in dated if found.year]
    anchor = published or (date(years[0], 7, 1) if years else None)
    result: list[Found] = []
    for number, found in enumerate(taken):
        if found.word in {"following", "preceding", "moved"}:
            result += _after_another(found, result[-1] if result else None)
            continue
        if counted := counted_from(found, taken[:number], taken[number + 1 :], folded):
            day = _resolve(counted, anchor, published)
            value = _exact(_later(day.first_day, found.month or 0) + timedelta(days=found.day or 0)) if day else None
            if value:
                result.append(Found(found.start, found.end, value, found.kind))
            continue
        value = _following(found, result[-1] if result else None, published) or _resolve(found, anchor, published)
        if value and published and not (found.year or found.word) and coming_behind().match(folded, found.end):
            value = _coming(value, published)
        if published and precision < len(_FULL) and _needs(found) > precision:
            value = _blurred(found, published, precision)
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
            first = date(year, month, 1)
            ahead = raw.onset and published is not None and first > published
            return PartialDate(first.isoformat() if ahead else f"{year:04}-{month:02}")
        return PartialDate(f"{year:04}-{month:02}-{raw.day:02}")
    except ValueError:
        return None


def _coming(value: PartialDate, published: date) -> PartialDate:
    """The next time, where the text says so: "le 1er janvier prochain"."""
    past = value.last_day < published and not value.text.endswith("02-29")
    return PartialDate(f"{value.parts[0] + 1:04}{value.text[4:]}") if past else value


def _after_another(raw: Written, before: Found | None) -> list[Found]:
    """ "The day after" a date that the text has just told, "the day before", or that date "postponed by six months"."""
    if before is None or len(before.date.parts) < len(_FULL) or raw.start - before.end > _NEAR // 2:
        return []
    days = {"following": 1, "preceding": -1}.get(raw.word, raw.day or 0)
    day = _later(before.date.first_day, raw.month or 0) + timedelta(days=days)
    return [Found(raw.start, raw.end, _exact(day), raw.kind)]


def _following(raw: Written, before: Found | None, published: date | None) -> PartialDate | None:
    """A day of an unnamed month that goes with a date ahead: "refused from 1 February, closed on the 20th", and "closes
    on 30 June, orders are taken until the 15th", unless it was a day or two ago that somebody said so."""
    if raw.kind != "bare" and raw.word != "same_month":
        return None
    if before is None or published is None or len(before.date.parts) < 2 or raw.start - before.end > _NEAR:
        return None
    day, (year, month) = raw.day or 0, before.date.parts[:2]
    open_month = raw.word == "same_month" or before.kind in {"month", "mid", "end"}
    if before.date.last_day <= published or before.kind in {"bare", "weekday", "span", "week"}:
        return None
    if day > calendar.monthrange(year, month)[1]:
        return None
    if not open_month and before.kind not in {"day", "full"}:
        return None
    if not open_month and day <= before.date.last_day.day:
        nearest = _nearest_day(day, published)
        just = nearest is not None and timedelta(0) <= published - nearest.first_day <= _SAID
        if just or day == before.date.last_day.day or date(year, month, day) <= published:
            return None
    return PartialDate(f"{year:04}-{month:02}-{day:02}")


def _needs(raw: Written) -> int:
    """How many parts of the day of publication must be known to resolve it."""
    if raw.kind == "bare":
        return 3
    if not raw.word:
        return 1 if raw.year or raw.shift is not None else 2
    word = raw.word.partition(" ")[0]
    if word == "jalali" or (word in {*_YEARS_OFF, "year_start", "holiday"} and raw.year):
        return 1
    if word in _YEARS_OFF:
        return 1
    return 2 if word in {*_MONTHS_OFF, "year_start", "quarter_end", "fiscal_end", "holiday", "same_month"} else 3


def _blurred(raw: Written, published: date, precision: int) -> PartialDate | None:
    """What is left of a date: "today" is within the month or the year of publication, and what is told by a weekday or
    by a month alone most likely, too."""
    if precision == 1 and raw.month and not raw.word and raw.kind in {"day", "month", "mid", "end"}:
        return _resolve(replace(raw, year=published.year), published, published)
    if raw.word in _NEARBY:
        return PartialDate(published.isoformat()[: (4, 7)[precision - 1]])
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
    number = raw.day or 0
    word, _, which = raw.word.partition(" ")
    if word in _DAYS_OFF:
        return _exact(published + timedelta(days=_DAYS_OFF[word]))
    if word in _MONTHS_OFF:
        months, part = _MONTHS_OFF[word]
        return _of_month(*_shift(published, months), which or part, raw.day)
    if word in _YEARS_OFF:
        years, part = _YEARS_OFF[word]
        return _of_year(raw.year or published.year + years, which or part)
    match word:
        case "year_start":  # the nearer one; the coming one is a little nearer
            near = [date(raw.year or year, 1, 1) for year in _around(published)]
            return _exact(min(near, key=lambda day: abs(_ahead(day, published))))
        case "quarter_end":
            return _of_month(published.year, (published.month + 2) // 3 * 3, "end")
        case "fiscal_end":
            return PartialDate(f"{published.year + (published.month > 3):04}-03-31")
        case "holiday":
            days = [_holiday(which, raw.year or year) for year in _around(published)]
            return _exact(min(days, key=lambda day: abs(_ahead(day, published))))
        case "ahead":
            return _exact(_later(published, raw.month or 0) + timedelta(days=number))
        case "ago":
            return _exact(published - timedelta(days=number))
        case "about":  # weeks and months ago: the month
            return PartialDate((_later(published, -(raw.month or 0)) - timedelta(days=number)).isoformat()[:7])
        case "weekday":
            return _exact(published - timedelta(days=(published.weekday() - number) % 7))
        case "last_weekday":  # not today
            return _exact(published - timedelta(days=(published.weekday() - number - 1) % 7 + 1))
        case "weekday_day":
            return _weekday_day(raw.month or 0, number, published)
        case "this" | "last" | "next":  # week
            return _exact(_monday(published, word) + timedelta(days=number))
        case "this_week" | "last_week" | "next_week":
            return PartialDate((_monday(published, word[:4]) + timedelta(days=3)).isoformat()[:7])
        case "week_start":
            return _exact(_monday(published, "this"))
        case "week_end":
            return _exact(_monday(published, "this") + timedelta(days=6))
        case "weekend":  # the one that has begun or gone by
            return PartialDate((published - timedelta(days=(published.weekday() - 5) % 7)).isoformat()[:7])
        case _:  # the coming weekday
            return _exact(published + timedelta(days=(number - published.weekday() - 1) % 7 + 1))


def _of_month(year: int, month: int, part: str, day: int | None = None) -> PartialDate:
    if part == "end":
        return PartialDate(f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}")
    if part == "start":
        day = 1
    return PartialDate(f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}")


def _of_year(year: int, part: str) -> PartialDate:
    return PartialDate(f"{year:04}" + {"start": "-01-01", "month": "-01", "end": "-12-31", "": ""}[part])


def _monday(published: date, which: str) -> date:
    return published + timedelta(days={"this": 0, "last": -7, "next": 7}[which.strip("_")] - published.weekday())


def _later(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = _shift(day, months)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _weekday_day(weekday: int, number: int, published: date) -> PartialDate | None:
    """ "Monday 8": the nearest eighth that is a Monday."""
    months = [_shift(published, by) for by in range(-2, 4)]
    days = [date(y, m, number) for y, m in months if number <= calendar.monthrange(y, m)[1]]
    fitting = [day for day in days if day.weekday() == weekday]
    return _exact(min(fitting, key=lambda day: abs(_ahead(day, published)))) if fitting else None


def _holiday(name: str, year: int) -> date:
    if name == "black_friday":
        return date(year, 11, 23) + timedelta(days=(4 - date(year, 11, 23).weekday()) % 7)
    month, _, day = name.partition("-")
    return date(year, int(month), int(day))


def _jalali(year: int | None, days: int, published: date | None) -> PartialDate | None:
    """A day of the Persian solar year, counted from its first. The year begins on 20 March in leap years of ours after
    1995 and on 21 March else, right for 1996 to 2028 and within a day beyond."""
    if year is None and published is None:
        return None
    years = [year + 621] if year else list(_around(published)) if published else []
    starts = [date(y, 3, 20 if y % 4 == 0 else 21) + timedelta(days=days) for y in years]
    return _exact(min(starts, key=lambda day: abs((day - published).days) if published else 0))
