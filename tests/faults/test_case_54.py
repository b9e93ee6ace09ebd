"""Case 54: no network for a day. The operators hear of our own line, not of 500 sources; the heartbeat is silent."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from given import NOW
from local_sites import LocalSite

from monitor.config.telling import HeartbeatSettings
from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Policy, Reason, Target
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.heartbeat import Heartbeat
from monitor.logs import setup
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart
from monitor.metrics import Metrics
from monitor.notify.delivery import Deliverer
from monitor.store.audit import oldest_due
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.vigils import SqlVigils
from monitor.vigilance import Vigilance

pytestmark = [pytest.mark.case(54), pytest.mark.long]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OPS = Target("ops", "wire", "ops@example.com", operations=True)
RHYTHMS = (15 * MINUTE, HOUR, HOUR, 2 * HOUR, 6 * HOUR)
PATH = "/ping"


class Network:
    """Ours: what the daemon's looks, messages and pings go through, up or down."""

    name = "wire"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.up, self._now = True, now
        self.looks = Counter[bool]()
        self.heard: list[tuple[datetime, Delivery]] = []

    async def look(self, source: Source, state: SourceState) -> tuple[Look, None]:
        self.looks[self.up] += 1
        if self.up:
            return Look(source.id, self._now(), Outcome.UNCHANGED, 304, etag='"1"'), None
        return Look(source.id, self._now(), Outcome.FAILED, None, FailureReason.DNS, "no such name"), None

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        if not self.up:
            return Attempt(AttemptClass.TRANSIENT, "dns", "no such name")
        self.heard.append((self._now(), delivery))
        return Attempt(AttemptClass.OK, "250", "")


class Silent:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


async def test_case_54_no_network_for_a_day_is_told_as_one_thing_and_the_heartbeat_is_silent(
    database: Database, site: LocalSite, record_property
) -> None:
    setup("critical")  # what is logged would be kept by the test's own capture
    clock = [NOW]
    network = Network(lambda: clock[0])
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database), SqlOutbox(database)
    desk = SqlDesk(database)
    sources = {
        f"s{n}": Source(
            f"s{n}", f"S{n}", f"https://s{n}.example/", SourceKind.FEED, Authority.NEWS, f"p{n}", RHYTHMS[n % 5]
        )
        for n in range(500)
    }
    watch = Watch(sources, (), (OPS,), Policy())

    async def nothing(*_: object) -> None:
        return None

    heart, metrics = Heart(), Metrics()
    heart.expect("poll", 1e9)
    manner = Manner(harvest=ledger.harvest, incidents=ledger.open_incidents)
    lookout = Lookout(network, inbox, Silent(), heart, lambda: clock[0], lambda: None, manner)  # type: ignore[arg-type]
    vigilance = Vigilance(inbox, ledger, SqlVigils(database), Silent(), lambda: watch, nothing)
    deliverer = Deliverer(
        outbox, {"wire": network}, lambda: {"ops": OPS}, Silent(), HOUR, lambda: 0.5, pause=nothing  # type: ignore[arg-type]
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nowhere = f"http://127.0.0.1:{gone.getsockname()[1]}{PATH}"
    site.says(PATH, b"OK")

    async def health() -> dict[str, str]:
        return dict(heart.cycle())

    def asked() -> HeartbeatSettings:
        return HeartbeatSettings(url=site.url(PATH) if network.up else nowhere, every="30m")

    heartbeat = Heartbeat(asked, health, partial(oldest_due, database), metrics, allow_private=True)

    async def goes_on(until: timedelta) -> None:
        while clock[0] < NOW + until:
            clock[0] += 10 * MINUTE
            await lookout.poll()
            while lookout.in_hand:
                await lookout.bell.wait(5.0)
                await lookout.poll()
            heart.beat("poll")
            heart.beat("looks")
            await vigilance.step(clock[0])
            await outbox.recover(clock[0])
            while await deliverer.step(clock[0]):
                pass
            await heartbeat.step(clock[0])
            if heartbeat.ping is not None:
                await asyncio.wait([heartbeat.ping])

    await lookout.begin()
    lookout.configure(sources)
    await goes_on(7 * HOUR)
    pings = len(site.asked)
    assert pings >= 12
    network.up = False
    await goes_on(31 * HOUR)
    assert (len(site.asked), network.heard) == (pings, []), "whoever waits for the heartbeat raises the alarm"
    waiting = await desk.deliveries(limit=1_000)
    network.up = True
    await goes_on(45 * HOUR)
    reasons = Counter(one.reason for _, one in network.heard)
    # Those that are seldom looked at go blind later. What was not tried yet is folded into a newer one; once half of
    # all are named, it is our own line, and no further source is news.
    assert reasons in ({Reason.BLIND: 1, Reason.ALL_CLEAR: 1}, {Reason.BLIND: 2, Reason.ALL_CLEAR: 1})
    assert len(waiting) <= 2
    last = network.heard[-2][1].message
    assert 2 * (len(last.fresh) + len(last.known)) >= 500
    assert last.ours, "it says that it is our own line"
    assert len(site.asked) > pings + 12, "and the heartbeat goes on"
    states = {one.state for one in await desk.deliveries(limit=1_000)}
    assert states <= {DeliveryState.SENT, DeliveryState.SUPERSEDED}
    record_property(
        "figure",
        f"{database.dialect}: 500 blind in {network.looks[False]} looks, {reasons[Reason.BLIND]} notice, 0 pings",
    )
