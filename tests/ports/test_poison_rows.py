"""A row that other hands spoiled costs itself alone: whatever lies behind it goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from store_examples import LEASE, NOON, SENT, assessment, capture, delivery, document, incident, look, state

from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import FailureReason
from monitor.steps import Step
from monitor.store.tables import captures, incidents, sources
from monitor.store.telling_tables import deliveries


@pytest.fixture
def spoil(database):
    """Overwrites columns of one row, as a hand or a failing disk would."""

    async def spoil(column, id, **values):
        await database.write(
            lambda connection: connection.execute(update(column.table).where(column == id).values(values))
        )

    return spoil


@pytest.mark.parametrize("how", [{"body": b"no zlib"}, {"headers": "{"}, {"failure": "no such reason"}])
async def test_a_capture_that_cannot_be_unpacked_is_set_aside_and_the_next_one_is_claimed(sql, desk, spoil, how):
    for no in (1, 2):
        await sql.inbox.looked(look(), state(), capture(no))
    await spoil(captures.c.id, "capture-0001", **how)
    assert (await sql.inbox.claim(NOON, LEASE)).item == capture(2)
    [row] = await desk.quarantined()
    assert (row.capture_id, row.reason) == ("capture-0001", FailureReason.STEP_FAILED)
    assert "cannot be read" in row.detail
    assert await sql.inbox.claim(NOON + timedelta(days=1), LEASE), "the good one, whose lease ran out"


async def test_a_source_whose_state_cannot_be_read_is_as_new_and_the_others_are_remembered(sql, spoil):
    for id in ("good", "bad"):
        await sql.inbox.looked(look(id), state(id), None)
    await spoil(sources.c.id, "bad", state='{"source_id": 7}')
    assert dict(await sql.inbox.sources()) == {"good": state("good")}


@pytest.mark.parametrize("how", [{"message": "{}"}, {"rung": "no such rung"}, {"severity": 99}])
async def test_a_delivery_that_cannot_be_read_is_dead_and_the_next_one_goes_out(sql, database, spoil, how):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("bad"), delivery("good", "incident-b")]))
    await spoil(deliveries.c.key, "bad", **how)
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    assert claim.item.key == "good"
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert await sql.outbox.claim_delivery(NOON, LEASE) is None
    rows = await database.read(lambda connection: connection.execute(deliveries.select().order_by(deliveries.c.no)))
    assert [(row.key, row.state) for row in rows] == [("bad", "dead"), ("good", "sent")]


async def test_an_unsent_delivery_that_cannot_be_read_does_not_stop_the_newer_one(sql, spoil):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("bad")]))
    await spoil(deliveries.c.key, "bad", message="{}")
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("new")]))
    assert (await sql.outbox.claim_delivery(NOON, LEASE)).item.key == "new"


async def test_an_incident_that_cannot_be_read_leaves_the_others_open_and_is_said_once(sql, spoil, caplog):
    two = [incident("incident-a"), incident("incident-b")]
    await sql.ledger.keep(Step(NOON, documents=[document()], assessments=[assessment()], incidents=two))
    assert len(await sql.ledger.open_incidents(NOON)) == 2
    await spoil(incidents.c.id, "incident-a", revision=2, value='{"id": "incident-a"}')
    for _ in range(3):
        assert [one.id for one in await sql.ledger.open_incidents(NOON)] == ["incident-b"]
    assert caplog.text.count("incident-a cannot be read") == 1
