"""A daemon to be killed: for every line of JSON on its input it forks one that works until it is dead or asked to stop.

    {"url": ..., "smtp": PORT, "hook": URL, "path": true, "point": "outbox: after send", "nth": 3}

Says `pid N`, then `dead`. One import serves every life. The path, the deliverer, the channels and the database are the
real ones; only what is read and understood is written in the captures themselves. At the `nth` time that it comes to
its `point` it kills itself: the ports are wrapped here, and nothing in the product knows of it.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg  # noqa: F401 - what a life on PostgreSQL would import first, again and again
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.ext.asyncio  # noqa: F401
import structlog
from sqlalchemy import event, update

from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, Delivery, DeliveryState, Policy, Target
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Capture, Document, ReadResult
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Position, Seller
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.notify.delivery import Deliverer
from monitor.notify.email import EmailChannel
from monitor.notify.pace import Pace
from monitor.notify.webhook import WebhookChannel
from monitor.pipeline import Pipeline
from monitor.ports import Channel
from monitor.steps import Claim
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.tables import captures

PATH = ("before claim", "after claim", "before commit", "after commit")
OUTBOX = ("before claim", "after claim", "after send", "before commit", "after commit")
MOST_EVENTS = 3_000
LEASE = timedelta(seconds=3)  # of a delivery: a send on loopback takes milliseconds
IDLE = 0.02  # seconds between looks when there is nothing to do
SOURCE = Source(
    "wire", "Wire", "https://wire.example/feed", SourceKind.FEED, Authority.OFFICIAL, "Wire", timedelta(minutes=5)
)
AT_ONCE = Pace(burst=1_000_000, interval=timedelta(microseconds=1))


def market(number: int) -> str:
    """The platform of an event."""
    return f"Market {number:04}"


def targets(hook: str) -> tuple[Target, ...]:
    """Two mailboxes and two webhooks."""
    return (
        *(Target(f"mail-{n}", "email", f"desk{n}@seller.example") for n in (1, 2)),
        *(Target(f"hook-{n}", "webhook", f"{hook}/{n}") for n in (1, 2)),
    )


def watch(hook: str) -> Watch:
    """One seller who is on every market."""
    everywhere = tuple(Position(market(n), "ID", Decimal(1000)) for n in range(MOST_EVENTS))
    policy = Policy(group_wait=timedelta(0), group_interval=timedelta(0), repeat=timedelta(0), reminders=())
    return Watch({SOURCE.id: SOURCE}, (Seller("acme", "Acme", "EUR", everywhere),), targets(hook), policy)


class Script:
    """Reader and analyst: a capture's bytes are `{"event": N, "date": ...}`."""

    async def read(self, capture: Capture, *_: Any) -> ReadResult:
        told = json.loads(capture.body)
        title = f"{market(told['event'])} closes on {told['date']}"
        text = f"{title}. " + " ".join(random.Random(capture.id).choices("abcdefghij", k=80)) * 8
        at = capture.fetched_at
        document = Document(
            f"d-{capture.id}", SOURCE.id, capture.id, f"https://wire.example/{capture.id}", title, text, at, at
        )
        return ReadResult((document,), seen=(document.id,))

    def worth_a_page(self, *_: Any) -> bool:
        return False

    async def assess(self, document: Document, source: Source) -> Assessment:
        name, _, day = document.title.partition(" closes on ")
        signal_ = Signal(EventType.SHUTDOWN, Status.CONFIRMED, (name,), ("ID",), PartialDate(day), (), 0.95, ())
        return Assessment(document.id, "en", 0.95, (signal_,), model="scripted")


class Silent:
    """A meter that counts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


class Marks:
    """Where this life ends."""

    def __init__(self, point: str, nth: int) -> None:
        self._point, self._left = point, nth
        self.keeping = ""  # whose transaction is under way

    def at(self, point: str) -> None:
        """Dies here when it is time."""
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def commits(self, *_: Any) -> None:
        """SQLAlchemy is about to commit: every statement was made, and nothing is kept yet."""
        if self.keeping:
            self.at(f"{self.keeping}: before commit")

    async def kept(self, who: str, work: Awaitable[Any]) -> Any:
        """Work that ends with a commit."""
        self.keeping = who
        try:
            done = await work
        finally:
            self.keeping = ""
        self.at(f"{who}: after commit")
        return done


class Port:
    """A port with marks; what it does not name goes straight through."""

    def __init__(self, real: Any, marks: Marks) -> None:
        self._real, self._marks = real, marks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class MarkedInbox(Port):
    async def claim_some(self, now: datetime, lease: timedelta, most: int) -> Sequence[Claim[Capture]]:
        self._marks.at("path: before claim")
        claims: Sequence[Claim[Capture]] = await self._real.claim_some(now, lease, most)
        if claims:
            self._marks.at("path: after claim")
        return claims


class MarkedLedger(Port):
    async def keep(self, *steps: Any) -> None:
        await self._marks.kept("path", self._real.keep(*steps))


class MarkedOutbox(Port):
    async def claim_delivery(self, *asked: Any, **more: Any) -> Claim[Delivery] | None:
        self._marks.at("outbox: before claim")
        claim: Claim[Delivery] | None = await self._real.claim_delivery(*asked, **more)
        if claim:
            self._marks.at("outbox: after claim")
        return claim

    async def settle(self, *settled: Any, **more: Any) -> DeliveryState:
        state: DeliveryState = await self._marks.kept("outbox", self._real.settle(*settled, **more))
        return state


class MarkedChannel(Port):
    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        attempt: Attempt = await self._real.send(target, delivery)
        self._marks.at("outbox: after send")
        return attempt


_FREED = update(captures).where(captures.c.token.is_not(None), captures.c.settled_at.is_(None))


def now() -> datetime:
    return datetime.now(UTC)


async def live(life: Mapping[str, Any]) -> None:
    """One daemon: the path if it has that, two loops of delivery, and the leases of the dead."""
    marks = Marks(life["point"], life["nth"])
    database = await Database.open(life["url"])
    event.listen(database.engine.sync_engine, "commit", marks.commits)
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database), SqlOutbox(database)
    if life["path"]:  # the one that reads: captures in hand are its own, from before it died
        await database.write(lambda connection: connection.execute(_FREED.values(due_at=now(), token=None)))
    channels: Mapping[str, Channel] = {
        "email": MarkedChannel(EmailChannel("127.0.0.1", life["smtp"], "none", sender="s@seller.example"), marks),
        "webhook": MarkedChannel(WebhookChannel(now, allow_private=True), marks),
    }
    known = {target.id: target for target in targets(life["hook"])}
    paces = {"email": AT_ONCE, "webhook": AT_ONCE}
    script = Script()
    deliverer = Deliverer(MarkedOutbox(outbox, marks), channels, lambda: known, Silent(), LEASE, lambda: 0.0, paces)
    pipeline = Pipeline(
        script, script, MarkedInbox(inbox, marks), MarkedLedger(ledger, marks), Silent(), watch(life["hook"])
    )
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)

    async def again(work: Callable[[datetime], Awaitable[Any]], pause: float) -> None:
        while not over.is_set():
            with suppress(ConflictError):
                if await work(now()):
                    continue
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), pause)

    async def recover(at: datetime) -> bool:
        await outbox.recover(at)
        return False

    loops = [again(deliverer.step, IDLE), again(deliverer.step, IDLE), again(recover, 0.25)]
    if life["path"]:
        loops.append(again(pipeline.step, IDLE))
    await asyncio.gather(*loops)
    await database.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for line in sys.stdin:
        daemon = os.fork()
        if not daemon:
            os.dup2(2, 1)  # what a daemon has to say is no answer of ours
            try:
                asyncio.run(live(json.loads(line)))
            finally:
                os._exit(0 if sys.exc_info()[0] is None else _told())
        say(f"pid {daemon}")
        _, status = os.waitpid(daemon, 0)
        say(f"dead {status}")


def _told() -> int:
    traceback.print_exc()
    return 1


if __name__ == "__main__":
    main()
