"""What reading a source has given so far: its rhythm, what it declares of itself, and what went wrong in reading it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason

KEPT = 24  # arrivals whose times are remembered: enough for a rhythm, few enough for every row


@dataclass(frozen=True, slots=True)
class Harvest:
    """Kept with each step of the source. `arrivals` are the times at which new entries were published (or, when they
    carry no date, came), oldest first; `items` is how many entries the last good capture held, `usual` how many its
    like used to hold; `barren` counts the captures in a row that held none although they used to."""

    source_id: str
    memory: str = ""
    arrivals: tuple[datetime, ...] = ()
    last_new_at: datetime | None = None
    last_read_at: datetime | None = None
    items: int = 0
    usual: int = 0
    barren: int = 0
    failures: int = 0  # captures in a row that could not be read
    reason: FailureReason | None = None
    detail: str = ""
    every: timedelta | None = None  # declared by the publisher
    hub: str = ""
    topic: str = ""


@dataclass(slots=True)
class Subscription:
    """One feed at one hub. It is asked for at `ask_at`; `until` is set while the hub has confirmed it."""

    source_id: str
    hub: str
    topic: str
    ask_at: datetime
    until: datetime | None = None
    tries: int = 0  # since it was last confirmed
    asked: bool = False  # a wish of ours is with the hub


def gathered(harvest: Harvest, result: ReadResult, new: int, at: datetime) -> Harvest:
    """The harvest after one more capture of the source was read; `new` of its documents had not been seen before.

    A capture that could not be read leaves the memory and what was declared as they were, and the rhythm too, unless
    something new could be read of it all the same.
    """
    came = sorted(min(document.published or at, at) for document in result.documents[:new]) if new else []
    arrivals = tuple(sorted((*harvest.arrivals, *came)))[-KEPT:]
    last_new_at = at if new else harvest.last_new_at
    if result.failure is not None:
        return replace(
            harvest,
            memory=result.memory or harvest.memory,
            arrivals=arrivals,
            last_new_at=last_new_at,
            last_read_at=at,
            failures=harvest.failures + 1,
            barren=harvest.barren + (result.failure is FailureReason.WENT_EMPTY),
            reason=result.failure,
            detail=result.detail,
        )
    # Of an index of what holds the entries, or an empty part of it, nothing is to be learnt of how many there are.
    if result.follow or (result.may_be_empty and not result.items):
        return replace(harvest, last_read_at=at, failures=0, reason=None, detail="")
    return replace(
        harvest,
        memory=result.memory or harvest.memory,
        arrivals=arrivals,
        last_new_at=last_new_at,
        last_read_at=at,
        items=result.items,
        usual=max(result.items, (harvest.usual * 3 + result.items) // 4) if result.items else harvest.usual,
        barren=0 if result.items or not harvest.usual else harvest.barren + 1,
        failures=0,
        reason=None,
        detail="",
        every=result.every,
        hub=result.hub,
        topic=result.topic,
    )
