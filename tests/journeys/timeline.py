"""Stories under a simulated clock, in the manner of Alertmanager's acceptance tests: what is done when, what must
arrive when; and nothing else may.

The path, the rounds, the store and the deliverer are the real ones, only the clock is not. Moments are minutes since
the beginning of the story, as a clock counts them that never jumps.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from given import NOW
from handwork import ACME, Sql
from newsroom import Newsroom, Tally, source

from monitor.acts import Acts, Hand
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Policy, Target
from monitor.domain.exposure import Seller
from monitor.domain.incidents import Evidence, Incident
from monitor.notify.delivery import Deliverer
from monitor.ports import Channel
from monitor.rounds import Rounds
from monitor.store.database import Database
from monitor.store.tables import entries
from monitor.store.words import SqlWords

HOUR, DAY = 60.0, 1440.0
HEARD = Attempt(AttemptClass.OK, "250", "")
REFUSED = Attempt(AttemptClass.PERMANENT, "550", "no such address")
AWAY = Attempt(AttemptClass.TRANSIENT, "refused", "nobody answers")


@dataclass(frozen=True)
class Between:
    """A stretch of the story, both ends included."""

    start: float
    end: float


def between(start: float, end: float) -> Between:
    return Between(start, end)


def on_day(number: int, hour: float = 8) -> Between:
    """Within two hours from that hour (UTC) on, so many days after the story's first, which begins at noon."""
    start = number * DAY + (hour - NOW.hour) * HOUR
    return Between(start, start + 2 * HOUR)


@dataclass
class Expected:
    """Something that must arrive, once."""

    when: Between
    target: str
    reason: str
    more: Mapping[str, Any]

    def __str__(self) -> str:
        more = "".join(f", {name}={value!r}" for name, value in self.more.items())
        return f"{_clock(self.when.start)} to {_clock(self.when.end)}: {self.reason} to {self.target}{more}"


@dataclass
class Arrived:
    """What arrived, and when it was."""

    minute: float
    target: str
    delivery: Delivery

    def __str__(self) -> str:
        one = self.delivery
        return f"{_clock(self.minute)}: {one.reason.value} to {self.target} of {one.seller_id}: {one.message.why}"

    def is_what(self, wanted: Expected) -> bool:
        named = (self.target, self.delivery.reason.value) == (wanted.target, wanted.reason)
        return named and wanted.when.start <= self.minute <= wanted.when.end and self._holds(wanted.more)

    def _holds(self, more: Mapping[str, Any]) -> bool:
        """`says` must stand in the words of it; `due` are the roles; all else is a field of the delivery or message."""
        for name, value in more.items():
            message = self.delivery.message
            if name == "says":
                held = value in message.why
            elif name == "due":
                held = [item.what for item in message.due] == value
            else:
                held = getattr(self.delivery, name, getattr(message, name, None)) == value
            if not held:
                return False
        return True


class Tallied(Tally):
    """A meter that lets things be delivered."""

    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None:
        self.counts[f"attempt {attempt.result.value}"] += 1

    def delivered(self, waited: timedelta) -> None:
        self.counts["delivered"] += 1


class Timeline:
    """One story. `channels` take the place of the ears in memory, which note what they hear; they call `hears` then."""

    name = "ear"

    def __init__(
        self,
        database: Database,
        policy: Policy,
        targets: Sequence[Target],
        sellers: Sequence[Seller] = (ACME,),
        channels: Mapping[str, Channel] | None = None,
    ) -> None:
        desks = [source("newsroom", "official"), source("presse"), source("warta"), source("shibao")]
        self.room = Newsroom(*desks, sellers=sellers, store=Sql(database))
        self.room.meter = Tallied()
        self.database, self.channels = database, {self.name: self, **(channels or {})}
        self.watch = replace(self.room.watch, policy=policy, targets=targets)
        self.minute, self.jumped = 0.0, timedelta(0)
        self.answers: dict[str, Attempt] = {}  # of a target, when it is not well
        self.arrived: list[Arrived] = []
        self.acts: list[tuple[float, Callable[[], Awaitable[object]]]] = []
        self.expected: list[Expected] = []
        self.asleep: list[Between] = []
        self._slept = False
        self.restarts()

    def restarts(self) -> None:
        """As a new process: all that was in memory is gone."""
        store, meter = self.room.store, self.room.meter
        self.room.pipeline = type(self.room.pipeline)(self.room, self.room, store, store, meter, self.watch)
        self.rounds = Rounds(store, SqlWords(self.database), lambda: self.watch, meter, lambda: self.minute * 60)
        self.deliverer = Deliverer(
            store,
            self.channels,
            lambda: {target.id: target for target in self.watch.targets},
            meter,
            timedelta(minutes=2),
            lambda: 0.5,
            pause=_at_once,
        )

    # how a story is told

    @property
    def now(self) -> datetime:
        """What the clock on the wall says."""
        return NOW + timedelta(minutes=self.minute) + self.jumped

    def at(self, minute: float, do: Callable[[], Awaitable[object]]) -> None:
        self.acts.append((minute, do))

    def expect(self, when: Between, target: str, reason: str, **more: Any) -> None:
        self.expected.append(Expected(when, target, reason, more))

    def is_down(self, start: float, end: float) -> None:
        """The daemon does not run then, and starts anew at the end."""
        self.asleep.append(Between(start, end))

    def publishes(self, source_id: str, *words: Evidence) -> Callable[[], Awaitable[object]]:
        async def do() -> None:
            # What was said is as old as the look that finds it.
            fresh = [replace(word, published=self.now) for word in words]
            await self.room.publishes(source_id, *fresh, at=self.now)

        return do

    def edits(self, source_id: str, *words: Evidence) -> Callable[[], Awaitable[object]]:
        """The same documents with other words, from a reader that is not sure which entries it knows."""

        async def do() -> None:
            await self.database.write(lambda connection: connection.execute(entries.delete()))
            await self.publishes(source_id, *words)()

        return do

    def does(self, what: str, *subject: str, who: str = "anna", seller: str = "") -> Callable[[], Awaitable[object]]:
        """One of the acts, on the only incident."""

        async def do() -> object:
            hand = Hand(who, self.now, "", seller)
            return await getattr(Acts(self.room.store, self.watch), what)((await self.incident()).id, *subject, hand)

        return do

    def clock_jumps(self, by: timedelta) -> Callable[[], Awaitable[object]]:
        async def do() -> None:
            self.jumped += by

        return do

    def starts_anew(self) -> Callable[[], Awaitable[object]]:
        async def do() -> None:
            self.restarts()

        return do

    def answers_with(self, target: str, attempt: Attempt = HEARD) -> Callable[[], Awaitable[object]]:
        """From now on whoever speaks to the target gets this answer."""

        async def do() -> None:
            self.answers[target] = attempt

        return do

    async def incident(self) -> Incident:
        (found,) = await self.room.store.open_incidents(self.now)
        return found

    async def plays(self, until: float, every: float = 0.5) -> None:
        """Let it happen and compare what arrived with what should have."""
        await self.lives(until, every)
        self.ends()

    async def lives(self, until: float, every: float) -> None:
        """Let it happen, with a beat of the daemon each `every` minutes."""
        while self.minute <= until:
            for act in sorted((one for one in self.acts if one[0] <= self.minute), key=lambda one: one[0]):
                self.acts.remove(act)
                await act[1]()
            sleeps = any(one.start <= self.minute < one.end for one in self.asleep)
            if not sleeps:
                if self._slept:
                    self.restarts()
                await self._beat()
            self._slept = sleeps
            self.minute += every

    def ends(self) -> None:
        """Compare what arrived with what should have."""
        assert not self.acts, f"{len(self.acts)} acts come after the end of the story"
        self._compare()

    async def _beat(self) -> None:
        await self.room.store.recover(self.now)
        while await self.room.pipeline.step(self.now):
            pass
        await self.room.pipeline.tick(self.now)
        await self.rounds.step(self.now)
        while await self.deliverer.step(self.now):
            pass

    def _compare(self) -> None:
        surprising, missing = list(self.arrived), []
        for wanted in self.expected:
            found = next((one for one in surprising if one.is_what(wanted)), None)
            if found is None:
                missing.append(wanted)
            else:
                surprising.remove(found)
        lines = [
            *(f"  never came   {one}" for one in missing),
            *(f"  not expected {one}" for one in surprising),
            *(f"  arrived      {one}" for one in self.arrived),
        ]
        assert [*missing, *surprising] == [], "the story went otherwise:\n" + "\n".join(lines)

    # ports.Channel

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        answer = self.answers.get(target.id, HEARD)
        if answer is HEARD:
            self.hears(target, delivery)
        return answer

    def hears(self, target: Target, delivery: Delivery) -> None:
        self.arrived.append(Arrived(self.minute, target.id, delivery))


def ear(id: str, **more: Any) -> Target:
    """A target that listens in memory."""
    return Target(id, Timeline.name, f"{id}@example.com", **more)


async def _at_once(seconds: float) -> None:
    """The pace of a target takes no time in a story."""


def _clock(minute: float) -> str:
    days, rest = divmod(minute, DAY)
    return f"day {days:.0f} {rest // 60:02.0f}:{rest % 60:04.1f}"
