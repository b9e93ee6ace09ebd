"""How full the outbox is by channel, what waits for people, and how much room there is: on both databases."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from given import KIN, position, seller
from store_examples import LEASE, MINUTE, NOON, REFUSED, SENT, capture, delivery, incident, look, state, told

from monitor.census import Census, Depth, taken
from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.rulings import Act, ActKind
from monitor.domain.silences import Silence
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.gauges import SqlGauges
from monitor.store.words import SqlWords


@pytest.fixture
def gauges(database: Database, tmp_path: Path) -> SqlGauges:
    return SqlGauges(database, tmp_path)


async def test_an_empty_outbox_has_no_depth(gauges: SqlGauges):
    assert await gauges.outbox(NOON) == {}


async def test_what_waits_for_its_hour_is_held_and_not_late_and_what_was_tried_is_due_since_then(sql, gauges):
    quiet = replace(delivery("q1", "incident-b"), not_before=NOON + timedelta(hours=8))
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("m1"), quiet]))
    assert await gauges.outbox(NOON - MINUTE) == {"mail": Depth(2, 2, None, 0)}
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    later = NOON + timedelta(minutes=40)
    await sql.outbox.settle(claim, REFUSED, DeliveryState.RETRY, later, NOON)
    assert await gauges.outbox(NOON + MINUTE) == {"mail": Depth(2, 1, NOON, 0)}, "a backoff makes nothing young again"
    claim = await sql.outbox.claim_delivery(later, LEASE)
    await sql.outbox.settle(claim, REFUSED, DeliveryState.DEAD, later, later)
    assert await gauges.outbox(later) == {"mail": Depth(1, 1, None, 1)}


async def test_whatever_is_counted_dearly_moves_a_mark_that_costs_little(sql, gauges: SqlGauges):
    marks = [(await gauges.waiting()).mark]

    async def moved() -> bool:
        marks.append((await gauges.waiting()).mark)
        return marks[-1] not in marks[:-1]

    opened, said = incident(), delivery("m1")
    await sql.ledger.keep(Step(NOON, incidents=[opened]))
    assert await moved()
    assert (await gauges.waiting()).mark == marks[-1], "to look moves nothing"
    await sql.ledger.keep(Step(NOON, deliveries=[said]))
    assert await moved()
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert await moved(), "its arrival is what an answer is waited for from"
    await sql.ledger.keep(Step(NOON, acts=[Act("a1", opened.id, ActKind.ACK, NOON, "kim", "m1")]))
    assert await moved()
    silent = Silence("s1", NOON, NOON + timedelta(days=1), "kim")
    await sql.ledger.keep(Step(NOON, silences=[silent]))
    assert await moved()
    await sql.ledger.keep(Step(NOON, silences=[replace(silent, until=NOON + MINUTE)]))
    assert await moved()


async def test_captures_that_wait_and_those_in_quarantine_are_counted(sql, gauges: SqlGauges):
    for number in (1, 2, 3):
        await sql.inbox.looked(look(), state(), capture(number))
    assert ((await gauges.waiting()).inbox, (await gauges.waiting()).quarantined) == (3, 0)
    (claim,) = await sql.inbox.claim_some(NOON, LEASE, 1)
    await sql.ledger.keep(Step(NOON, capture=claim, quarantine=FailureReason.NOT_A_FEED))
    assert ((await gauges.waiting()).inbox, (await gauges.waiting()).quarantined) == (2, 1)


async def test_the_database_takes_room_and_has_some(sql, gauges: SqlGauges, database: Database):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("m1")]))
    room = await gauges.room()
    assert room.size > 10_000, "the tables alone take more"
    assert room.free > 0
    assert (room.wal > 0) == (database.dialect == "sqlite"), "its last writes are still in its log"


async def test_a_file_that_is_not_there_takes_none(fresh_url: Callable[[], str], database: Database, tmp_path: Path):
    if database.dialect == "sqlite":
        for file in tmp_path.glob("*.db*"):
            file.unlink()
        room = await SqlGauges(database, tmp_path).room()
        assert (room.size, room.wal) == (0, 0)


async def test_a_deadline_waits_at_the_positions_of_a_seller_who_was_told_until_it_is_done(sql, database, desk):
    words, anna = SqlWords(database), seller(position("TikTok Music", "BR"), position("Shopee", "BR"), id="anna")

    async def at_positions() -> Mapping[tuple[str, str, str, str], int]:
        return (await taken(sql.ledger, words, desk, [anna], NOON, KIN)).at_positions

    opened = incident()
    await sql.ledger.keep(Step(NOON, incidents=[opened]))
    assert await at_positions() == {}, "nobody was told of it"
    await sql.ledger.keep(Step(NOON, told=[told()]))
    assert await at_positions() == {("anna", "TikTok Music", "BR", "later"): 1}
    subject = f"deadline:refund:{opened.deadlines[0].date}"
    await sql.ledger.keep(Step(NOON, acts=[Act("a1", opened.id, ActKind.DONE, NOON, "kim", subject, seller_id="anna")]))
    assert await at_positions() == {}


async def test_an_alert_waits_for_an_answer_from_its_arrival_on(sql, database, desk):
    words = SqlWords(database)

    async def census() -> Census:
        return await taken(sql.ledger, words, desk, [seller(id="anna")], NOON + MINUTE, KIN)

    opened = incident()
    silent = Silence("s1", NOON, NOON + timedelta(days=1), "kim")
    said = delivery("m1", opened.id)
    await sql.ledger.keep(Step(NOON, incidents=[opened], deliveries=[said], told=[told()], silences=[silent]))
    assert (await census()).unanswered == {}, "nobody got it yet"
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    waiting = await census()
    assert [sorted(one) for one in waiting.unanswered.values()] == [[NOON]]
    assert set(waiting.unanswered) <= {Severity.HIGH, Severity.CRITICAL}
    assert waiting.silences == 1
    answer = Act("act-1", opened.id, ActKind.ACK, NOON, "kim", said.alert_id)
    await sql.ledger.keep(Step(NOON, acts=[answer]))
    assert (await census()).unanswered == {}
