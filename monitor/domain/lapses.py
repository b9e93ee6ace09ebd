"""Promises that lapse: the date passes, nothing is seen of it, and somebody must look (docs/ladder.md)."""

from collections.abc import Sequence
from datetime import date, timedelta

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence, hearsay, observed, sovereign
from monitor.domain.ladder import DECIDED
from monitor.domain.signals import Status

PATIENCE = timedelta(days=7)  # after the date: a closing that happened has been written about by then


def question(words: Sequence[Evidence], status: Status, effective: PartialDate | None, today: date) -> str:
    """What somebody must find out, by the words that stand; "" when there is nothing to ask.

    It asks of a rumor and of a plan, and of what took effect by its date alone while no platform, regulator or court
    has confirmed it and no probe saw it. Any word since its date answers; hearsay only where all of it was hearsay.
    """
    if effective is None or status in (Status.REVERSED, Status.CONFIRMED) or not due(effective, today):
        return ""
    sure = (word for word in words if word.signal.status in DECIDED and (sovereign(word) or observed(word)))
    if status is Status.EFFECTIVE and any(sure):
        return ""
    heard = words if all(map(hearsay, words)) else [word for word in words if not hearsay(word)]
    if any(word.published.date() >= effective.last_day for word in heard):
        return ""
    said = "was to take effect" if status is Status.EFFECTIVE else f"was {_PROMISED[status]} for"
    return f"it {said} {effective}, and nobody has said since that it did: has it happened?"


_PROMISED = {Status.RUMOR: "rumoured", Status.PROPOSED: "proposed"}


def due(effective: PartialDate, today: date) -> bool:
    """Whether its date has passed for long enough to ask."""
    return effective.last_day + PATIENCE <= today
