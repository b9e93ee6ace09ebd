"""What is told live: which incidents moved, that word went out or not, that a source went blind or sees again.

A place in the stream of changes is made of what is in store alone, so any daemon over the same store goes on from where
another one stopped, and nothing need be written for it.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.opened import Store
from monitor.store.changes import Standing, standing
from monitor.store.columns import EPOCH
from monitor.web.live import Change

OVERLAP = timedelta(seconds=30)  # clocks differ, and transactions end out of order
_PLACE = re.compile(r"(\d{1,17})-([0-9a-f]{12})-([0-9a-f]{12})")
_NOW = (None, "", "")


class Changes:
    """A `monitor.web.live.Changes`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def since(self, place: str) -> tuple[Sequence[Change], str]:
        """What changed after that place, and the place that this leads to. What nobody gave out is now.

        What moved shortly before the place is told again: it may have been written after it.
        """
        after, messages, sources = _read(place)
        now = await standing(self._store.database, after - OVERLAP if after else None)
        latest = max([now.latest or EPOCH, *(one.at for one in now.moved), *([after] if after else [])])
        reached = f"{(latest - EPOCH) // timedelta(microseconds=1)}-{now.deliveries}-{now.sources}"
        found = [] if after is None else list(_incidents(now))
        if messages and messages != now.deliveries:
            found.append(Change("delivery", {"waiting": now.waiting, "dead": now.dead}))
        if sources and sources != now.sources:
            found.append(Change("source", {"blind": now.blind}))
        return found, reached


def _incidents(now: Standing) -> Sequence[Change]:
    if now.more:
        return [Change("incident", {"id": None, "revision": None, "at": None, "acted": False, "into": None})]
    return [
        Change(
            "incident",
            {"id": one.id, "revision": one.revision, "at": one.at, "acted": one.acted, "into": one.into or None},
        )
        for one in now.moved
    ]


def _read(place: str) -> tuple[datetime | None, str, str]:
    form = _PLACE.fullmatch(place)
    if form is None:
        return _NOW
    try:
        return EPOCH.astimezone(UTC) + timedelta(microseconds=int(form[1])), form[2], form[3]
    except OverflowError:
        return _NOW
