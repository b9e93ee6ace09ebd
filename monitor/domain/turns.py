"""Whose turn it is for a digest: the days and hours at which a target wants one, and what was missed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.domain.alerts import Target
from monitor.domain.exposure import Seller

PERIOD: Mapping[str, timedelta] = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
SOON = timedelta(hours=3)  # a digest that was missed is left out when the next one is so near
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Turn:
    """One digest's time: the day, where the target is, and the moment."""

    day: date
    at: datetime


def turn(target: Target, now: datetime) -> Turn:
    """The last one that has come: of a weekly digest on a Monday. A time that the clocks skip comes right after."""
    place = ZoneInfo(target.zone)
    day = now.astimezone(place).date()
    while True:
        at = datetime.combine(day, target.digest_at, place).astimezone(UTC)
        if at <= now and (target.digest == "daily" or day.weekday() == 0):
            return Turn(day, at)
        day -= _DAY


def due(target: Target, last: datetime | None, now: datetime) -> Turn | None:
    """The turn that the target has not had. `last` is the moment of the one before, None at the very first: then it
    waits for the next.

    However many were missed, there is one; and none when the next is near. A moment that lies far ahead was noted by a
    clock that was wrong, and counts as the very first.
    """
    came = turn(target, now)
    if last is None or astray(last, now) or came.at <= last:
        return None
    after = turn(target, came.at + PERIOD[target.digest] + _DAY / 4)  # a day may have 25 hours
    return None if came.at < after.at and now + SOON >= after.at else came


def astray(last: datetime, now: datetime) -> bool:
    """Whether only a clock that was wrong can have noted it."""
    return last > now + _DAY


def mark(seller: Seller, target: Target) -> str:
    """The name under which the moment of its last turn is remembered."""
    return f"digest of {seller.id} to {target.id}"


def conversation(seller: Seller) -> str:
    """In place of an incident: all digests of a seller are one conversation."""
    return f"digest-of-{seller.id}"


def wants(seller: Seller, target: Target) -> bool:
    """Whether the target gets digests of that seller."""
    return bool(target.digest) and (not target.sellers or seller.id in target.sellers)
