"""Several daemons that share a database: who they are, what waits, what each holds, and what is wrong with all that."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

CLOCK_OFF = timedelta(seconds=5)  # from which on a daemon's own clock is wrong: its log misleads
WAITED = timedelta(minutes=10)  # for a duty that somebody should have done
LATE = timedelta(minutes=5)  # after which a source that nobody looks at is overdue


@dataclass(frozen=True, slots=True)
class Standing:
    """What a daemon says of itself with each beat: by how many seconds its own clock is behind the database's, what it
    cannot do at present, and why each duty that failed there did so last."""

    clock_off: float = 0.0
    troubles: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """One running daemon. `settings` is a digest of its configuration; after `until` it is dead."""

    id: str
    machine: str
    roles: tuple[str, ...]
    version: str
    settings: str
    started_at: datetime
    beat_at: datetime
    until: datetime
    standing: Standing = Standing()


@dataclass(frozen=True, slots=True)
class Queue:
    """The jobs of one duty. A job is a wake that carries no work: `todo` waits, `doing` is in hand, of which `stalled`
    with a daemon that is silent; `failed` ones are kept for a week."""

    duty: str
    todo: int = 0
    doing: int = 0
    stalled: int = 0
    failed: int = 0
    waits_since: datetime | None = None  # the oldest that waits
    failed_at: datetime | None = None  # the last that failed


@dataclass(frozen=True, slots=True)
class Hands:
    """What one daemon holds by leases."""

    looks: int = 0
    pages: int = 0
    captures: int = 0
    deliveries: int = 0


@dataclass(frozen=True, slots=True)
class Sight:
    """All of it at one moment by the database's clock. `shared` is False where one daemon works alone: the rest is
    empty there."""

    at: datetime
    shared: bool = False
    roles: tuple[str, ...] = ()  # that there are
    members: Sequence[Member] = ()
    queues: Sequence[Queue] = ()
    hands: Mapping[str, Hands] = field(default_factory=dict)  # by daemon; those of the dead too
    overdue: int = 0  # sources that should have been looked at LATE ago
    overdue_since: datetime | None = None

    def alive(self, role: str) -> int:
        """How many living daemons have that role."""
        return sum(role in one.roles and one.until > self.at for one in self.members)

    @property
    def configurations(self) -> Mapping[str, Sequence[str]]:
        """The machines, by the digest of what they were told to do."""
        found: dict[str, list[str]] = {}
        for one in self.members:
            found.setdefault(one.settings, []).append(one.machine)
        return found


class Fault(StrEnum):
    """What may be wrong."""

    ROLE = "role"  # nobody has it
    SILENT = "silent"  # a daemon
    STALLED = "stalled"  # work, with a silent daemon
    WAITS = "waits"  # work, with nobody
    FAILED = "failed"  # work
    OVERDUE = "overdue"  # sources
    TROUBLE = "trouble"  # of a daemon that lives
    SETTINGS = "settings"  # differ
    CLOCK = "clock"  # of a daemon


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that is: of what, and the figures for its sentence."""

    fault: Fault
    subject: str = ""
    values: Mapping[str, str | int | timedelta] = field(default_factory=dict)


def wrongs(sight: Sight) -> Sequence[Wrong]:
    """Everything that is wrong, the worst first. Nothing is where one daemon works alone: it says itself how it is."""
    return [*_of_daemons(sight), *_of_work(sight), *_of_order(sight)] if sight.shared else []


def _of_daemons(sight: Sight) -> Iterator[Wrong]:
    for role in sight.roles:
        if not sight.alive(role):
            yield Wrong(Fault.ROLE, role, {"role": role})
    for one in sight.members:
        if one.until <= sight.at:
            yield Wrong(Fault.SILENT, one.id, {"machine": one.machine, "span": sight.at - one.beat_at})


def _of_work(sight: Sight) -> Iterator[Wrong]:
    last = {duty: why for one in sight.members for duty, why in one.standing.failures.items()}
    for queue in sight.queues:
        duty = queue.duty
        if queue.failed:
            yield Wrong(Fault.FAILED, duty, {"duty": duty, "number": queue.failed, "why": last.get(duty, "")})
        if queue.stalled:
            yield Wrong(Fault.STALLED, duty, {"duty": duty})
        if queue.waits_since and sight.at - queue.waits_since > WAITED and not queue.doing:
            yield Wrong(Fault.WAITS, duty, {"duty": duty, "span": sight.at - queue.waits_since})
    if sight.overdue and sight.overdue_since:
        yield Wrong(Fault.OVERDUE, "", {"number": sight.overdue, "span": sight.at - sight.overdue_since})
    for one in sight.members:
        for duty, why in one.standing.troubles.items():
            yield Wrong(Fault.TROUBLE, one.id, {"machine": one.machine, "duty": duty, "why": why})


def _of_order(sight: Sight) -> Iterator[Wrong]:
    if len(told := sight.configurations) > 1:
        groups = "; ".join(f"{digest}: {', '.join(sorted(machines))}" for digest, machines in sorted(told.items()))
        yield Wrong(Fault.SETTINGS, "", {"groups": groups})
    for one in sight.members:
        off = timedelta(seconds=round(one.standing.clock_off, 1))
        if abs(off) >= CLOCK_OFF:
            yield Wrong(Fault.CLOCK, one.id, {"machine": one.machine, "span": abs(off)})
