"""Hours of the week in a named time zone: when somebody is on duty, and when only the urgent may disturb."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.exposure import Severity

EVERY_DAY = frozenset(range(7))
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Hours:
    """From `start` to `end` on `days` (0 is Monday); when `end` is not later, it ends on the day after.

    Both are wall-clock times of the zone that the caller names: 22:00 stays 22:00 when the clocks change.
    """

    start: time
    end: time
    days: frozenset[int] = EVERY_DAY

    def hold(self, at: datetime, zone: str) -> bool:
        """Whether that moment lies within them."""
        return self.until(at, zone) is not None

    def until(self, at: datetime, zone: str) -> datetime | None:
        """When the stretch ends that holds that moment, in UTC; None when none does."""
        place = ZoneInfo(zone)
        here = at.astimezone(place)
        for day in (here.date() - _DAY, here.date()):
            if day.weekday() not in self.days:
                continue
            begin = datetime.combine(day, self.start, place)
            end = datetime.combine(day if self.end > self.start else day + _DAY, self.end, place)
            # Compared in UTC: of two aware datetimes of one zone Python compares the wall clocks alone.
            if begin.astimezone(UTC) <= at < end.astimezone(UTC):
                return end.astimezone(UTC)
        return None

    def next(self, at: datetime, zone: str) -> datetime:
        """The first moment from `at` on that lies within them, in UTC. Raises ValueError without any day."""
        if self.hold(at, zone):
            return at
        place = ZoneInfo(zone)
        today = at.astimezone(place).date()
        for ahead in range(9):
            day = today + ahead * _DAY
            begin = datetime.combine(day, self.start, place).astimezone(UTC)
            if day.weekday() in self.days and begin >= at:
                return begin
        raise ValueError("hours without a day never come")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which what is less than `below` waits for their end."""

    hours: Hours
    below: Severity = Severity.CRITICAL


def quiet_until(at: datetime, zone: str, severity: Severity, quiet: Iterable[Quiet]) -> datetime | None:
    """When it may be said, if not now: the end of the quiet hours that hold it, and of those that follow at once.

    Quiet hours that fill the week would never end, and hold nothing: silence for good is no wish that we fulfil.
    """
    hours = [one.hours for one in quiet if severity < one.below]
    until = at
    while until - at < _WEEK:
        ends = [end for one in hours if (end := one.until(until, zone)) is not None]
        if not ends:
            return until if until > at else None
        until = max(ends)
    return None


def duty_from(at: datetime, zone: str, duty: Iterable[Hours]) -> datetime | None:
    """When the next duty begins, if nobody is on duty now; None when somebody is, or always."""
    hours = [one for one in duty if one.days]
    if not hours or any(one.hold(at, zone) for one in hours):
        return None
    begins = min(one.next(at, zone) for one in hours)
    return begins if begins > at else None
