"""A daemon that sleeps and is given up by the others: what it may still do when it wakes, and what became of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest
from machines_given import NOW, letter, machines
from sqlalchemy import select, update

from monitor.cluster.engine import Engine
from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Target
from monitor.domain.crew import Member
from monitor.domain.documents import Capture, digest
from monitor.domain.errors import UnavailableError
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.notify.delivery import STALE, Deliverer
from monitor.steps import Step
from monitor.store import database as databases
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.members import FAREWELL, SqlMembers
from monitor.store.outbox import SqlOutbox
from monitor.store.tables import instances
from monitor.store.telling_tables import deliveries

SECOND = timedelta(seconds=1)
LEASE = 90 * SECOND
CHAT = {"chat": Target("chat", "slack", "http://127.0.0.1:1/chat")}


class Chat:
    """A channel that knows what it told."""

    name = "slack"

    def __init__(self) -> None:
        self.got: list[bool] = []

    async def send(self, target: Target, delivery) -> Attempt:
        self.got.append(delivery.repeat)
        return Attempt(AttemptClass.OK, "200", "took it")


class Quiet:
    """A meter that counts nothing."""

    def attempted(self, *said: object) -> None: ...
    def delivered(self, waited: timedelta) -> None: ...


async def lives(database: Database, id: str, until) -> None:
    database.holder = id
    await SqlMembers(database).join(Member(id, "host", ("deliver",), "1", "", NOW, NOW, until))


async def sending(database: Database) -> tuple:
    query = select(deliveries.c.state, deliveries.c.lease_until)
    return tuple((await database.read(lambda connection: connection.execute(query))).one())


async def test_what_was_claimed_before_a_long_sleep_is_not_sent_after_it(pair, monkeypatch) -> None:
    database, chat, loop = pair[0].database, Chat(), asyncio.get_running_loop()
    time = loop.time

    async def sleeps(seconds: float) -> None:
        monkeypatch.setattr(loop, "time", lambda: time() + STALE + 1)

    async def waits(seconds: float) -> None:
        """For as long as it may."""

    await SqlLedger(database).keep(Step(at=NOW, deliveries=[letter()]))
    outbox = SqlOutbox(database)
    for pause, told in ((sleeps, []), (waits, [False])):
        deliverer = Deliverer(outbox, {"slack": chat}, lambda: CHAT, Quiet(), LEASE, lambda: 0.5, pause=pause)
        assert await deliverer.step(NOW)
        assert chat.got == told
    assert (await sending(database))[0] == DeliveryState.SENT


async def test_a_dead_daemons_message_is_left_alone_for_as_long_as_it_may_still_be_sending(pair) -> None:
    one, other = (machine.database for machine in pair)
    await lives(one, "one", NOW + 30 * SECOND)
    await lives(other, "other", NOW + LEASE)
    await SqlLedger(one).keep(Step(at=NOW, deliveries=[letter()]))
    assert await SqlOutbox(one).claim_delivery(NOW, LEASE, {})
    later = NOW + 31 * SECOND
    assert await SqlMembers(other).reap(later) == ["one"]
    assert await sending(other) == (DeliveryState.SENDING, later + FAREWELL)
    assert await SqlOutbox(other).recover(later) == 0
    assert await SqlOutbox(other).recover(later + FAREWELL) == 1
    claim = await SqlOutbox(other).claim_delivery(later + FAREWELL, LEASE, {})
    assert claim is not None
    assert claim.item.repeat


async def test_who_leaves_has_nothing_under_way(pair) -> None:
    database = pair[0].database
    await lives(database, "one", NOW + 30 * SECOND)
    await SqlLedger(database).keep(Step(at=NOW, deliveries=[letter()]))
    assert await SqlOutbox(database).claim_delivery(NOW, LEASE, {})
    await SqlMembers(database).leave("one", NOW + SECOND)
    assert await sending(database) == (DeliveryState.SENDING, NOW + SECOND)


async def test_captures_whose_claim_was_kept_and_its_answer_lost_are_claimed_by_that_very_call(
    pair, monkeypatch
) -> None:
    database = pair[0].database
    inbox, write = SqlInbox(database), database.write
    for number in range(2):
        capture = Capture(f"c{number}", "s", "http://s.example/", NOW, 200, "text/html", b"x", digest(b"x"))
        await inbox.looked(Look("s", NOW, Outcome.OK), SourceState("s", NOW), replace(capture, id=f"c{number}"))

    async def twice(work):
        await write(work)
        return await write(work)

    monkeypatch.setattr(database, "write", twice)
    claims = await inbox.claim_some(NOW, LEASE, 1)
    assert [(claim.item.id, claim.tries) for claim in claims] == [("c0", 1)]
    assert [claim.item.id for claim in await inbox.claim_some(NOW, LEASE, 5)] == ["c1"]


async def test_what_one_takes_under_a_name_that_was_buried_is_free_as_well(pair) -> None:
    one, other = (machine.database for machine in pair)
    await lives(other, "other", NOW + LEASE)
    one.holder = "buried while it slept"
    inbox, body = SqlInbox(one), b"news"
    capture = Capture("c1", "s", "http://x.example/f", NOW, 200, "text/xml", body, digest(body))
    await inbox.looked(Look("s", NOW, Outcome.OK), SourceState("s", NOW), capture)
    assert await inbox.claim_some(NOW, timedelta(minutes=30), 1)
    other.holder = "other"
    assert not await SqlInbox(other).claim_some(NOW + SECOND, LEASE, 1)
    assert await SqlMembers(other).reap(NOW + SECOND) == []
    assert await SqlInbox(other).claim_some(NOW + SECOND, LEASE, 1)
    assert await SqlMembers(other).reap(NOW + 2 * SECOND) == []
    assert not await SqlInbox(other).claim_some(NOW + 2 * SECOND, LEASE, 1), "the living keep theirs"


async def test_a_daemon_that_falls_asleep_amid_a_transaction_keeps_the_others_waiting_for_a_moment_only(
    tmp_path, postgres, monkeypatch
) -> None:
    monkeypatch.setattr(databases, "ASLEEP", 100)
    asleep, wakes, tries = asyncio.Event(), asyncio.Event(), []

    async def sleeps(connection) -> None:
        tries.append(await connection.execute(update(instances).values(until=NOW)))
        asleep.set()
        await wakes.wait()
        await connection.execute(select(1))

    async with machines(tmp_path, postgres.fresh()) as (one, other):
        assert await SqlMembers(one.database).hold(NOW, LEASE) == ""
        sleeper = asyncio.create_task(one.database.write(sleeps))
        await asyncio.wait_for(asleep.wait(), 10)
        assert await SqlMembers(other.database).hold(NOW, LEASE) == "", "as every daemon must when it begins"
        wakes.set()
        await asyncio.wait_for(sleeper, 10)
    assert len(tries) == 2, "it was put out, and did its work again when it woke"


async def test_what_somebody_locks_and_forgets_is_not_waited_for_without_end_and_without_a_word(
    postgres, monkeypatch
) -> None:
    monkeypatch.setattr(databases, "LOCKED", 100)
    url = postgres.fresh()
    engine = Engine(url)
    await engine.open()
    async with await psycopg.AsyncConnection.connect(url) as somebody:
        await somebody.execute("LOCK TABLE procrastinate_jobs")
        with pytest.raises(UnavailableError, match="lock timeout"):
            await asyncio.wait_for(engine.rescue(), 10)
    assert not await engine.rescue()
    await engine.close()
