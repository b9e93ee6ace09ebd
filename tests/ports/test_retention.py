"""The rows that go with age, and those that stay."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select
from store_examples import (
    LEASE,
    MINUTE,
    NOON,
    SENT,
    assessment,
    capture,
    delivery,
    document,
    held,
    incident,
    look,
    state,
    told,
    wanted,
)

from monitor.config.settings import KeepSettings
from monitor.domain.alerts import DeliveryState, Reason
from monitor.retention import Retention
from monitor.steps import SentAlert, Step
from monitor.store.audit import books
from monitor.store.database import Database
from monitor.store.ledger import SqlLedger
from monitor.store.retention import BATCH, SqlRetention
from monitor.store.tables import assessments, captures, documents
from monitor.store.telling_tables import held as held_rows

DAY = timedelta(days=1)
ALERT = SentAlert("alert-incident-a", "incident-a", 1, "anna", NOON, Reason.FIRST, "first", ("mail-anna", "slack-anna"))


async def number(database: Database, table) -> int:
    return await database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))


async def walked(database: Database, now=NOON + 181 * DAY, **keep: str) -> None:
    """As many rounds as a day's walk may take."""
    step = Retention(SqlRetention(database), lambda: KeepSettings(**keep)).step
    for round in range(10):
        assert await step(now + round * MINUTE) is False


async def test_old_documents_go_unless_an_incident_or_a_page_still_needs_them(sql, database):
    many = [document(no) for no in range(1, BATCH + 20)]
    fresh = replace(document(9_000), fetched_at=NOON + 10 * DAY)
    step = Step(NOON, documents=[*many, fresh], assessments=[assessment(no) for no in range(1, BATCH + 20)])
    await sql.ledger.keep(replace(step, incidents=[incident()], wanted_pages=[wanted(2)]))
    page = replace(capture(3), document_id=document(3).id)
    await sql.inbox.looked(look(), state(), page)
    await walked(database)
    left = await database.read(lambda c: c.scalars(select(documents.c.id).order_by(documents.c.id)))
    assert left.all() == [document(1).id, document(2).id, document(3).id, fresh.id]
    assert await number(database, assessments) == 3
    assert await number(database, captures) == 1


async def test_overtaken_decisions_not_to_speak_go_and_those_that_stand_stay(sql, database):
    await sql.ledger.keep(Step(NOON, incidents=[incident()], held=[held(revision=1)]))
    await sql.ledger.keep(Step(NOON, incidents=[incident(revision=2)], held=[held(revision=2)]))
    await walked(database, NOON + 179 * DAY)
    assert await number(database, held_rows) == 2
    await walked(database)
    left = await database.read(lambda c: c.scalars(select(held_rows.c.revision)))
    assert left.all() == [2]


async def test_what_was_told_and_what_waits_to_be_told_stays_however_old(sql, database):
    await sql.ledger.keep(
        Step(NOON, incidents=[incident()], told=[told()], deliveries=[delivery("one")], alerts=[ALERT])
    )
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("two", target="slack-anna")]))
    before = await books(database)
    await walked(database, NOON + 4000 * DAY, documents="1d", held="1d")
    assert await books(database) == before
    waiting = await sql.outbox.claim_delivery(NOON + MINUTE, LEASE)
    assert waiting.item.key == "two"


async def test_a_walk_is_over_when_everything_was_seen_and_begins_again_the_next_day(sql, database):
    await sql.ledger.keep(Step(NOON, documents=[document(1)]))
    retention = Retention(SqlRetention(database), lambda: KeepSettings(documents="1d"))
    await retention.step(NOON)
    await retention.step(NOON + 23 * timedelta(hours=1))
    assert await number(database, documents) == 1
    late = NOON + 2 * DAY
    await retention.step(late)
    assert await number(database, documents) == 0


async def test_a_file_stops_growing_when_as_much_goes_as_comes(tmp_path):
    database = await Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    ledger, retention = SqlLedger(database), Retention(SqlRetention(database), lambda: KeepSettings(documents="3d"))
    pages = []
    for day in range(24):
        now = NOON + day * DAY
        fresh = [
            replace(document(day * 100 + no), id=f"{(no * 7919) % 100:02}-{day:03}", fetched_at=now, text="word " * 800)
            for no in range(100)
        ]
        await ledger.keep(Step(now, documents=fresh))
        for round in range(4):
            await retention.step(now + round * MINUTE)
        pages.append(await database.read(lambda c: c.exec_driver_sql("PRAGMA page_count")))
    sizes = [result.scalar() for result in pages]
    await database.close()
    assert sizes[3] > 2 * sizes[0]
    # The index of search is merged now and then, and needs some room for it.
    assert max(sizes[16:]) <= 1.1 * max(sizes[:16]), "what went makes room for what comes"
    assert max(sizes) <= 1.4 * sizes[5]
