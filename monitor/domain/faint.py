"""Faint signals: texts that are taken for no event by themselves, and believed beside one that stands.

A careful reader of a vague text knows what is open: the same platform, the same place, an event of that kind. How sure
the text alone is of an event, and how well it goes with one that stands (`linking`), are log odds, and add up.
Such a text opens nothing, and has no say in what belongs together; why, and how well it does, is told in
docs/decisions/0031-doubtful-texts.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from math import log

from monitor.domain.incidents import Evidence

BELIEVED = 2.1  # log odds, its own and those of the nearest that stands together, above which it follows that one
FOLLOWS = timedelta(days=30)  # from a faint text to the publication of what it follows, or to the day that this names
MOST_WAITING = 100  # of those that wait where something opens: the nearest in time are held against it, others are not


def faces(evidence: Evidence) -> Iterator[tuple[Evidence, float]]:
    """The text as one on each type of event that it may tell of, with the log odds of that against the surest."""
    for event, held in evidence.signal.leanings:
        yield replace(evidence, signal=replace(evidence.signal, event_type=event, doubt=None, leanings=())), log(held)


def times(evidence: Iterable[Evidence]) -> list[tuple[datetime, datetime]]:
    """When the faint texts were published that may follow any of these, and little more: from the first moment of one
    day to that after another, in order, apart from each other."""
    found: list[tuple[date, date]] = []
    for item in evidence:
        day, said = item.published.date(), item.signal.effective_date
        found.append((day, day))
        if said is not None and len(said.parts) > 1:  # of a year too much waits, and no text is about its day
            found.append((said.first_day, said.last_day))
    apart: list[tuple[datetime, datetime]] = []
    for first, last in sorted(found):
        since, until = _midnight(first, -FOLLOWS), _midnight(last, FOLLOWS + timedelta(days=1))
        if apart and since <= apart[-1][1]:
            since, until = apart[-1][0], max(until, apart.pop()[1])
        apart.append((since, until))
    return apart


def _midnight(day: date, later: timedelta) -> datetime:
    try:
        return datetime.combine(day + later, time(), UTC)
    except OverflowError:  # a text may name any year
        return datetime.combine(day, time(), UTC)


def certainty(evidence: Evidence) -> float:
    """The log odds that it reports an event at all."""
    score = min(max(evidence.signal.score, 1e-4), 1 - 1e-4)
    return log(score / (1 - score))
