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
from monitor.understand.datenames import beside
from monitor.understand.dateperiods import counted_from, edges, periods, with_years
from monitor.understand.daterelative import (
    MONTHS_OFF,
    YEARS_OFF,
    apart,
    around,
    common,
    exact,
    jalali,
    later,
    nearest_day,
    of_month,
    relative,
    shifted,
)
from monitor.understand.datewords import words
from monitor.understand.gazetteer import fold

_NEARBY = frozenset({"today", "tomorrow", "yesterday", "weekday", "coming", "last_weekday", "this_week"})
_FULL = ("year", "month", "day")
_NEAR = 200  # letters after a date within which a day of an unnamed month is one of the same month
_SAID = timedelta(days=4)  # before publication, within which a day of an unnamed month is that of the news
_BACK, _AHEAD = 30, 10  # years around publication
_LENGTHS = frozenset({"ahead", "ago", "about"})


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
    is a day within what is known, and what counts days from it is told as far as it is the same whichever day it was:
    "today" is in that month, "in two months" in the one after the next."""
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
        if found.word == "same_month" and not found.day:
            continue
        if counted := counted_from(found, taken[:number], taken[number + 1 :], folded):
            day = _resolve(counted, anchor, published)
            value = exact(later(day.first_day, found.month or 0) + timedelta(days=found.day or 0)) if day else None
            if value:
                result.append(Found(found.start, found.end, value, found.kind))
            continue
        before = result[-1] if result else None
        value = went = _following(found, before, published)
        value = value or _sided(found, _resolve(found, anchor, published), folded, published)
        if published and not went and precision < len(_FULL) and _needs(found) > precision:
            value = _blurred(found, published, precision)
        if value and (anchor is None or anchor.year - _BACK <= value.parts[0] <= anchor.year + _AHEAD):
            result.append(Found(found.start, found.end, value, found.kind))
    return result


def _resolve(raw: Written, anchor: date | None, published: date | None) -> PartialDate | None:
    try:
        if raw.word == "jalali":
            return jalali(raw.year, raw.day or 0, published)
        if raw.word:
            return relative(raw, published)
        if raw.kind == "year":
            return PartialDate(f"{raw.year:04}")
        if raw.kind == "bare":
            return nearest_day(raw.day or 0, published)
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
            middle = [(abs(apart(date(y, month, min(raw.day or 15, 28)), anchor)), y) for y in around(anchor)]
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


def _sided(raw: Written, value: PartialDate | None, folded: str, published: date | None) -> PartialDate | None:
    """A day, or a month, whose year is not written: the next one or the last one where a word beside it says so, as in
    "le 1er janvier prochain" and "last October"."""
    if value is None or published is None or raw.year or raw.word or raw.shift is not None:
        return value
    side = beside(folded, raw.start, raw.end)
    if side == "coming" and value.last_day < published:
        return _again(value, raw, 1)
    over = value.first_day > published or (len(value.parts) < len(_FULL) and value.last_day >= published)
    return _again(value, raw, -1) if side == "gone" and over else value


def _again(value: PartialDate, raw: Written, by: int) -> PartialDate:
    """The same day of the next year or the one before; of the month where that is not named either."""
    year, month = value.parts[:2]
    if raw.kind == "bare":
        year, month = shifted(value.first_day, by)
        fits = value.last_day.day <= calendar.monthrange(year, month)[1]
        return PartialDate(f"{year:04}-{month:02}-{value.last_day.day:02}") if fits else value
    return value if value.text.endswith("02-29") else PartialDate(f"{year + by:04}{value.text[4:]}")


def _after_another(raw: Written, before: Found | None) -> list[Found]:
    """ "The day after" a date that the text has just told, "the day before", or that date "postponed by six months"."""
    if before is None or len(before.date.parts) < len(_FULL) or raw.start - before.end > _NEAR // 2:
        return []
    days = {"following": 1, "preceding": -1}.get(raw.word, raw.day or 0)
    day = later(before.date.first_day, raw.month or 0) + timedelta(days=days)
    return [Found(raw.start, raw.end, exact(day), raw.kind)]


def _following(raw: Written, before: Found | None, published: date | None) -> PartialDate | None:
    """A day of an unnamed month that goes with a date ahead: "refused from 1 February, closed on the 20th", and "closes
    on 30 June, orders are taken until the 15th", unless it was a day or two ago that somebody said so."""
    if raw.kind != "bare" and not raw.word.startswith("same_month"):
        return None
    if before is None or published is None or len(before.date.parts) < 2 or raw.start - before.end > _NEAR:
        return None
    day, (year, month) = raw.day or 0, before.date.parts[:2]
    if raw.word.startswith("same_month"):  # "the 16th of that month", "at the end of that month"
        return of_month(year, month, raw.word.partition(" ")[2], raw.day)
    open_month = before.kind in {"month", "mid", "end"}
    if before.date.last_day <= published or before.kind in {"bare", "weekday", "span", "week"}:
        return None
    if day > calendar.monthrange(year, month)[1]:
        return None
    if not open_month and before.kind not in {"day", "full"}:
        return None
    if not open_month and day <= before.date.last_day.day:
        nearest = nearest_day(day, published)
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
    if word == "jalali" or (word in {*YEARS_OFF, "year_start", "holiday"} and raw.year):
        return 1
    if word in YEARS_OFF:
        return 1
    return 2 if word in {*MONTHS_OFF, "year_start", "quarter_end", "fiscal_end", "holiday", "same_month"} else 3


def _blurred(raw: Written, published: date, precision: int) -> PartialDate | None:
    """What is left of a date: "today" is within the month or the year of publication, and what is told by a weekday or
    by a month alone most likely, too, as is a day whose month is not named. Of "in two months", the month."""
    if precision == 1 and raw.month and not raw.word and raw.kind in {"day", "month", "mid", "end"}:
        return _resolve(replace(raw, year=published.year), published, published)
    said = PartialDate(published.isoformat()[: (4, 7)[precision - 1]])
    if raw.word in _NEARBY:
        return said
    if precision == 2 and raw.kind == "bare":
        return of_month(published.year, published.month, "", raw.day)
    if raw.word in _LENGTHS and raw.kind != "term":  # the month or the year in which it ends, whenever it began
        first, last = relative(raw, said.first_day), relative(raw, said.last_day)
        return common(first, last) if first and last else None
    return None
