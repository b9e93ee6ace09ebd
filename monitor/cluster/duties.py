"""What daemons share, as duties: the functions that the embedded loops call, with when they are due and who may."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

DUTIES = (  # that metrics know by name
    "poll", "pages", "stir", "understand", "calendar", "deliver", "recover", "health", "reminders", "revisit",
    "waiting", "digests", "drill", "retention", "search", "heartbeat",
)  # fmt: skip
STALLED = 25.0  # seconds of silence of a worker, after which its jobs are given to others


class Role(StrEnum):
    """What a daemon is for."""

    FETCH = "fetch"  # looks at sources and pages
    UNDERSTAND = "understand"  # reads, understands, resolves and decides
    DELIVER = "deliver"  # sends; reminders, digests and watching over the sources' health
    WEB = "web"  # the desk and its API


Work = Callable[[], Awaitable[bool]]
"""One turn of it; True when there may be more to do at once."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that any daemon of the role may do. However often it is done by however many, rows decide what comes of
    it; `alone` only spares the work of doing it twice at once."""

    name: str
    role: Role
    work: Work
    every: int  # seconds after which it is done though nobody asked: that nothing waits for a wake that was lost
    busy: bool = False  # it has workers of its own, and is told of work by notice; others take turns
    at_once: int = 1  # in one daemon, when it is busy
    alone: bool = False  # in all daemons together
    limit: float = 300.0  # seconds that one turn may take, before its daemon counts as stuck

    def __post_init__(self) -> None:
        if (self.every < 60 and 60 % self.every) or (self.every >= 60 and (self.every % 60 or 3600 % self.every)):
            raise ValueError(f"{self.name}: every {self.every} s is no round part of a minute or of an hour")

    @property
    def queue(self) -> str:
        return self.name if self.busy else f"{self.role.value}-rounds"

    @property
    def cron(self) -> str:
        """In the notation of croniter, whose seconds come last."""
        if self.every < 60:
            return f"* * * * * */{self.every}"
        return f"*/{self.every // 60} * * * *"
