"""One daemon among several: it joins, beats, does its roles' duties, and buries the dead.

Time is the database's: a daemon with a wrong clock would take leases for run out that are not.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from monitor.cluster.duties import Duty, Role
from monitor.cluster.engine import Engine
from monitor.domain.crew import Member, Standing
from monitor.domain.errors import UnavailableError
from monitor.lock import AnotherInstanceError
from monitor.logs import REDACT
from monitor.store.database import Database
from monitor.store.members import SqlMembers
from monitor.store.reclaim import reclaim

_log = logging.getLogger(__name__)

TTL = timedelta(seconds=30)  # of silence, after which a daemon is dead
BEAT = 5.0  # seconds
PATIENCE = 2.0  # seconds between two looks at whether an earlier release still works here
DRIFT = timedelta(milliseconds=1)  # that two clocks may go apart between two beats
SKEW = timedelta(seconds=2)  # of our clock, from which on it is said
LONGEST_WORDS = 400  # of a trouble, as the others are shown it


class Clock:
    """The database's time, by our own clock and what it was wrong by when we last asked and had a quick answer: of a
    slow one nobody knows when on its way it was said."""

    def __init__(self, own: Callable[[], datetime], members: SqlMembers) -> None:
        self._own, self._members = own, members
        self._off = timedelta(0)
        self._doubt: timedelta | None = None  # half the time that the answer took, and more since

    @property
    def off(self) -> timedelta:
        """How far ours is behind the database's."""
        return self._off

    def now(self) -> datetime:
        return self._own() + self._off

    async def set(self) -> None:
        """Ask the database. Raises UnavailableError."""
        before = self._own()
        there = await self._members.time()
        doubt = (self._own() - before) / 2
        off = there - (before + doubt)
        if self._doubt is not None and doubt > self._doubt and abs(off - self._off) <= doubt + self._doubt:
            self._doubt += DRIFT  # what we know is better, and goes with what was said
            return
        self._doubt = doubt
        if abs(off - self._off) > SKEW:
            _log.warning("our clock differs from the database's by %.1f s; the database's counts", off.total_seconds())
        self._off = off


class Crew:
    """This daemon's place among the others. `settings` gives a digest of its configuration."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        own: Callable[[], datetime],
        roles: Collection[Role],
        version: str,
        settings: Callable[[], str],
    ) -> None:
        self._database, self.engine = database, engine
        self.members = SqlMembers(database)
        self.clock = Clock(own, self.members)
        self.roles = tuple(role for role in Role if role in roles)
        self._version, self._settings, self._told_to = version, settings, ""
        self._started: datetime | None = None
        self._duties: Sequence[Duty] = ()
        self.troubles: Callable[[], Mapping[str, str]] = dict  # what this daemon cannot do at present, and why

    @property
    def holder(self) -> str:
        return self._database.holder

    async def join(self, duties: Sequence[Duty], waits: Callable[[str], None] = lambda why: None) -> None:
        """Wait until no daemon of an earlier release works here alone, and join. `waits` hears why it must, again and
        again. Raises UnavailableError: then it has not joined, and may try again."""
        await self.clock.set()
        before = ""
        while elder := await self._hold():
            if elder != before:
                _log.warning("waits: %s", elder)
            before = elder
            waits(elder)
            await asyncio.sleep(PATIENCE)
        try:
            await self._sign()
            if elder := await self._hold():  # the last of the others left before it saw us
                raise UnavailableError(elder)
            await reclaim(self._database, self.clock.now(), only_alone=True)
            if not self._duties:
                self.engine.take(duties, self.holder)
            self._duties = duties
            await self.engine.open()
        except UnavailableError:
            await self.leave()
            raise
        self._started = self.clock.now()
        self._database.wake = self.engine.wake

    async def run(self) -> None:
        """Do the duties of its roles, until `stop`."""
        await self.engine.run([duty for duty in self._duties if duty.role in self.roles])

    def renewed(self) -> None:
        """The configuration was read again: the others hear which it is. What lies in the files and was refused, or was
        not read yet, is not what we go by."""
        self._told_to = self._settings()

    def stop(self) -> None:
        self.engine.stop()

    async def leave(self) -> None:
        """Give back all that it holds. Never raises for a database that is gone: its lease runs out."""
        await self.engine.close()
        try:
            await self.members.leave(self.holder, self.clock.now())
        except UnavailableError as error:
            _log.warning("could not leave: %s", error)

    async def beat(self) -> bool:
        """Say that we live, bury those that do not, and let the living have their work."""
        await self.clock.set()
        now = self.clock.now()
        if elder := await self._hold():  # it came while we slept, and all the others too
            raise AnotherInstanceError(elder)
        if not await self.members.beat(self.holder, self._told_to, now, TTL, self._standing()):
            _log.warning("the others gave this daemon up while it slept; it goes on under another name")
            await self._sign()
        for id in await self.members.reap(now):
            _log.warning("daemon %s is dead: what it held is free", id)
        return await self.engine.rescue()

    @property
    def now(self) -> Callable[[], datetime]:
        """The time that all of them go by."""
        return self.clock.now

    def _standing(self) -> Standing:
        troubles = {name: _told(why) for name, why in self.troubles().items() if why}
        failures = {name: _told(why) for name, why in self.engine.failures.items()}
        return Standing(self.clock.off.total_seconds(), troubles, failures)

    async def _hold(self) -> str:
        """Why the database cannot be shared, or ''."""
        elder = await self.members.hold(self.clock.now(), TTL)
        return elder and f"{elder} has the database for itself; it is of an earlier release, or a command"

    async def _sign(self) -> None:
        now = self.clock.now()
        if not self._told_to:
            self.renewed()
        self._database.holder = uuid4().hex[:12]
        await self.members.join(
            Member(
                id=self.holder,
                machine=socket.gethostname(),
                roles=self.roles,
                version=self._version,
                settings=self._told_to,
                started_at=self._started or now,
                beat_at=now,
                until=now + TTL,
                standing=self._standing(),
            )
        )
        _log.info("works as %s among the daemons of this database", self.holder)


def _told(why: str) -> str:
    return REDACT.text(why)[:LONGEST_WORDS]
