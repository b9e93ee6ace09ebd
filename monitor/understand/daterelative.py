"""What the words for days mean: tomorrow, the end of the month, in six weeks, counted from a day of publication."""

import calendar
from datetime import date, timedelta

from monitor.domain.deadlines import PartialDate
from monitor.understand.dateforms import MIDDLE, Written

_LASTING = 60  # months: so long is what has lasted, not what is to come
_DAYS_OFF = {"today": 0, "tomorrow": 1, "yesterday": -1, "day_after": 2, "day_before": -2}
MONTHS_OFF = {
    "same_month": (0, ""), "month_end": (0, "end"),
    "this_month": (0, ""), "last_month": (-1, ""), "next_month": (1, ""),
    "month_start": (0, "start"), "next_month_start": (1, "start"), "next_month_end": (1, "end"),
}  # fmt: skip
YEARS_OFF = {
    "this_year_start": (0, "month"),
    "year_end": (0, "end"), "last_year_end": (-1, "end"), "this_year": (0, ""), "last_year": (-1, ""),
    "next_year": (1, ""), "next_year_start": (1, "start"), "next_year_end": (1, "end"),
}  # fmt: skip


def around(day: date) -> tuple[int, int, int]:
    """The year of a day, with the one before and the one after."""
    return (day.year - 1, day.year, day.year + 1)


def apart(day: date, anchor: date) -> float:
    """Days apart; the future counts as a little nearer, since announcements look forward."""
    days = (day - anchor).days
    return days * 0.8 if days > 0 else days


def nearest_day(day: int, published: date | None) -> PartialDate | None:
    """The day of that number, of the month of publication or one beside it; None where none has it."""
    if published is None:
        return None
    middle = [shifted(published, months) for months in (-1, 0, 1)]
    candidates = [date(y, m, day) for y, m in middle if 1 <= day <= calendar.monthrange(y, m)[1]]
    return exact(min(candidates, key=lambda one: abs(apart(one, published)))) if candidates else None


def shifted(day: date, months: int) -> tuple[int, int]:
    """The year and the month so many months later."""
    index = day.year * 12 + day.month - 1 + months
    return index // 12, index % 12 + 1


def exact(day: date) -> PartialDate:
    """To the day."""
    return PartialDate(day.isoformat())


def relative(raw: Written, published: date | None) -> PartialDate | None:
    """What a word or a length means; None without a day of publication."""
    if published is None:
        return None
    number = raw.day or 0
    word, _, which = raw.word.partition(" ")
    if word in _DAYS_OFF:
        return exact(published + timedelta(days=_DAYS_OFF[word]))
    if word in MONTHS_OFF:
        months, part = MONTHS_OFF[word]
        return of_month(*shifted(published, months), which or part, raw.day)
    if word in YEARS_OFF:
        years, part = YEARS_OFF[word]
        return _of_year(raw.year or published.year + years, which or part)
    match word:
        case "year_start":  # the nearer one; the coming one is a little nearer
            near = [date(raw.year or year, 1, 1) for year in around(published)]
            return exact(min(near, key=lambda day: abs(apart(day, published))))
        case "quarter_end":
            return of_month(published.year, (published.month + 2) // 3 * 3, "end")
        case "fiscal_end":
            return PartialDate(f"{published.year + (published.month > 3):04}-03-31")
        case "holiday":
            days = [_holiday(which, raw.year or year) for year in around(published)]
            return exact(min(days, key=lambda day: abs(apart(day, published))))
        case "ahead" if (raw.month or 0) > _LASTING:
            return None
        case "ahead":
            last = exact(later(published, raw.month or 0) + timedelta(days=number))
            if raw.other is None:
                return last
            fewest, months = raw.other  # "in six to eight weeks"
            return common(exact(later(published, months) + timedelta(days=fewest)), last)
        case "ago":
            return exact(published - timedelta(days=number))
        case "about":  # weeks and months ago: the month
            return PartialDate((later(published, -(raw.month or 0)) - timedelta(days=number)).isoformat()[:7])
        case "weekday":
            return exact(published - timedelta(days=(published.weekday() - number) % 7))
        case "last_weekday":  # not today
            return exact(published - timedelta(days=(published.weekday() - number - 1) % 7 + 1))
        case "weekday_day":
            return _weekday_day(raw.month or 0, number, published)
        case "this" | "last" | "next":  # week
            return exact(_monday(published, word) + timedelta(days=number))
        case "this_week" | "last_week" | "next_week":
            return PartialDate((_monday(published, word[:4]) + timedelta(days=3)).isoformat()[:7])
        case "week_start":
            return exact(_monday(published, "this"))
        case "week_end":
            return exact(_monday(published, "this") + timedelta(days=6))
        case "weekend":  # the one that has begun or gone by
            return PartialDate((published - timedelta(days=(published.weekday() - 5) % 7)).isoformat()[:7])
        case _:  # the coming weekday
            return exact(published + timedelta(days=(number - published.weekday() - 1) % 7 + 1))


def of_month(year: int, month: int, part: str, day: int | None = None) -> PartialDate | None:
    """Its day of that number, its "end", "start" or "mid", or all of it; None where it has no such day."""
    if day and day > calendar.monthrange(year, month)[1]:
        return None
    if part == "end":
        return PartialDate(f"{year:04}-{month:02}-{calendar.monthrange(year, month)[1]:02}")
    if part in {"start", "mid"}:
        day = 1 if part == "start" else MIDDLE
    return PartialDate(f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}")


def _of_year(year: int, part: str) -> PartialDate:
    return PartialDate(f"{year:04}" + {"start": "-01-01", "month": "-01", "end": "-12-31"}.get(part, ""))


def _monday(published: date, which: str) -> date:
    return published + timedelta(days={"this": 0, "last": -7, "next": 7}[which.strip("_")] - published.weekday())


def common(first: PartialDate, last: PartialDate) -> PartialDate | None:
    """The day, the month or the year that both lie in, or None."""
    shared = (first.text[:size] for size in (10, 7, 4) if first.text[:size] == last.text[:size])
    return next(map(PartialDate, shared), None)


def later(day: date, months: int) -> date:
    """The same day of another month, or its last."""
    year, month = shifted(day, months)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _weekday_day(weekday: int, number: int, published: date) -> PartialDate | None:
    """ "Monday 8": the nearest eighth that is a Monday."""
    months = [shifted(published, by) for by in range(-2, 4)]
    days = [date(y, m, number) for y, m in months if number <= calendar.monthrange(y, m)[1]]
    fitting = [day for day in days if day.weekday() == weekday]
    return exact(min(fitting, key=lambda day: abs(apart(day, published)))) if fitting else None


def _holiday(name: str, year: int) -> date:
    if name == "black_friday":
        return date(year, 11, 23) + timedelta(days=(4 - date(year, 11, 23).weekday()) % 7)
    month, _, day = name.partition("-")
    return date(year, int(month), int(day))


def jalali(year: int | None, days: int, published: date | None) -> PartialDate | None:
    """A day of the Persian solar year, counted from its first. The year begins on 20 March in leap years of ours after
    1995 and on 21 March else, right for 1996 to 2028 and within a day beyond."""
    if year is None and published is None:
        return None
    years = [year + 621] if year else list(around(published)) if published else []
    starts = [date(y, 3, 20 if y % 4 == 0 else 21) + timedelta(days=days) for y in years]
    return exact(min(starts, key=lambda day: abs((day - published).days) if published else 0))
