"""What comes near, or is past: by which deadlines a target is reminded, and on which days.

A reminder names all deadlines of its incident, and so does every word of news. So what was said last says what need not
be said again: no threshold is remembered by itself, what a stop held up comes once, and a date that moves takes its
reminders with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from monitor.domain.alerts import Reason, Target
from monitor.domain.deadlines import Deadline
from monitor.domain.digests import DueItem
from monitor.domain.documents import digest
from monitor.domain.handling import NEWS, Word
from monitor.domain.incidents import Incident
from monitor.domain.rulings import Act

MORNING, EVENING = time(8), time(20)  # between which people are reminded
OVERDUE = (1, 8, 15, 22)  # days after the last on which it could be done: once, and three weeks long once a week
HORIZON = timedelta(days=OVERDUE[-1] + 1)  # of a deadline so long past nobody is reminded

_SAYS = NEWS | {Reason.DUE}


@dataclass(frozen=True, slots=True)
class Reminder:
    """Remind a target of what is due; `alert_id` is made of the deadlines whose day has come, and of that day."""

    alert_id: str
    due: tuple[DueItem, ...]  # all that is open, the soonest first
    detail: str


def remind(
    incident: Incident,
    seller_id: str,
    done: Mapping[tuple[str, str], Act],
    words: Sequence[Word],
    target: Target,
    days: Sequence[int],
    told_at: datetime,
    now: datetime,
) -> Reminder | None:
    """Whether a day has come on which the target is to be reminded, since it last heard of the incident.

    `words` are those of the seller to that target, `done` the standing acts, `days` how many before each deadline.
    """
    if not days:
        return None
    heard = [word.created_at for word in words if word.reason in _SAYS and not word.withdrawn] or [told_at]
    items: list[DueItem] = []
    come: list[str] = []
    for deadline in to_do(incident, seller_id, done):
        place = zone(deadline.zone, target.zone)
        here = now.astimezone(place)
        item = due_item(incident, deadline, here.date())
        if near(item, max(days)):
            items.append(item)
        first, last = (moment.astimezone(place).date() for moment in (min(heard), max(heard)))
        latest = max((one for one in _schedule(deadline, days, first) if one <= here.date()), default=None)
        if latest is not None and latest > last and here.time() >= MORNING and _awake(now, target, item):
            come.append(f"{subject(deadline)}:{latest}")
    if not come:
        return None
    items.sort(key=lambda item: (item.due, item.what))
    return Reminder(digest("due", incident.id, seller_id, *come), tuple(items), "; ".join(map(_words, items)))


def _awake(now: datetime, target: Target, item: DueItem) -> bool:
    """It is day where the target is, as a critical thing passes quiet hours, and thirty days ahead should wake nobody.
    Wherever that is, its day overlaps the deadline's. When that is today or next to it, day lasts until midnight."""
    there = now.astimezone(ZoneInfo(target.zone)).time()
    return there >= MORNING and (there < EVENING or item.left in {-1, 0, 1})


def subject(deadline: Deadline) -> str:
    """What an act that does it names."""
    return f"deadline:{deadline.role.value}:{deadline.date}"


def zone(said: str, else_: str) -> tzinfo:
    """The zone that a source named ("Asia/Jakarta", "+08:00"), or the other when it named none that there is."""
    if said[:1] in {"+", "-"}:
        hours, _, minutes = said[1:].partition(":")
        if hours.isdecimal() and (minutes or "0").isdecimal() and int(hours) < 24 and int(minutes or 0) < 60:
            away = timedelta(hours=int(hours), minutes=int(minutes or 0))
            return timezone(away if said[0] == "+" else -away)
    elif said:
        try:
            return ZoneInfo(said)
        except (KeyError, ValueError, OSError):  # no such zone, or no name of one
            pass
    return ZoneInfo(else_)


def to_do(incident: Incident, seller_id: str, done: Mapping[tuple[str, str], Act]) -> Iterable[Deadline]:
    """One of each role and date, of those that nobody did yet."""
    by_subject = {subject(deadline): deadline for deadline in reversed(incident.deadlines)}
    for named, deadline in sorted(by_subject.items()):
        if ("", named) not in done and (seller_id, named) not in done:
            yield deadline


def _day(deadline: Deadline, today: date) -> date:
    """The day that counts: of a month or a year the first while it is ahead, for who is early loses nothing; then the
    last."""
    first = deadline.date.first_day
    return first if today <= first else deadline.date.last_day


def due_item(incident: Incident, deadline: Deadline, today: date) -> DueItem:
    """The deadline on that day of the place where it is."""
    day = _day(deadline, today)
    return DueItem(
        incident.id, incident.headline, day, deadline.role.value, deadline.actor, deadline, (day - today).days
    )


def near(item: DueItem, days: int) -> bool:
    """Whether it is due within so many days, or past and not for long."""
    return item.left is not None and -OVERDUE[-1] <= item.left <= days


def _schedule(deadline: Deadline, days: Iterable[int], heard: date) -> Iterable[date]:
    """The days of its reminders. Who first heard of it when it was past is not told that it is."""
    for number in days:
        yield deadline.date.first_day - timedelta(days=number)
    if heard <= deadline.date.last_day:
        for number in OVERDUE:
            yield deadline.date.last_day + timedelta(days=number)


def _words(item: DueItem) -> str:
    left = item.left or 0
    days = f"{abs(left)} {'day' if abs(left) == 1 else 'days'}"
    away = f"{days} overdue" if left < 0 else f"{days} left" if left else "today"
    return f"{item.what.replace('_', ' ')} by {item.deadline.date if item.deadline else item.due} ({away})"
