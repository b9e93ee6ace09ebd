"""Days of sources: added up with what they count, on both databases, and let go after a good year."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import event, func, select
from store_examples import LEASE, MINUTE, NOON, assessment, capture, document, incident, look, state

from monitor.config.settings import KeepSettings
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.sources import Outcome
from monitor.retention import DAYS_FOR, Retention
from monitor.steps import Step
from monitor.store.looks import SourceDay, source_days
from monitor.store.retention import BATCH, SqlRetention
from monitor.store.source_desk import SqlSourceDesk

DAY = timedelta(days=1)
TODAY = NOON.date()
HARVEST = Harvest("tiktok", items=9, last_read_at=NOON)


def looked_at(outcome: Outcome, at: datetime = NOON, source_id: str = "tiktok"):
    return replace(look(source_id), at=at, outcome=outcome)


async def test_looks_are_counted_by_their_outcome_and_their_day_in_utc(sql, database):
    late = datetime(2024, 9, 24, 23, 59, tzinfo=UTC)
    abroad = datetime(2024, 9, 25, 8, 0, tzinfo=timezone(timedelta(hours=9)))  # still the day before in UTC
    for outcome, at in (
        (Outcome.OK, NOON), (Outcome.UNCHANGED, NOON), (Outcome.UNCHANGED, late), (Outcome.FAILED, late),
        (Outcome.FAILED, abroad), (Outcome.OK, NOON + DAY),
    ):  # fmt: skip
        await sql.inbox.looked(looked_at(outcome, at), state(), None)
    await sql.inbox.looked(looked_at(Outcome.OK, source_id="other"), state("other"), None)
    days = await SqlSourceDesk(database).days("tiktok", TODAY + DAY, 3)
    assert days == [
        SourceDay(TODAY - DAY),
        SourceDay(TODAY, looks=5, ok=1, unchanged=2, failures=2),
        SourceDay(TODAY + DAY, looks=1, ok=1),
    ]


async def test_a_crowd_of_looks_is_counted_to_the_last_one(sql, database):
    names = [f"source-{number % 7}" for number in range(210)]
    await asyncio.gather(*(sql.inbox.looked(looked_at(Outcome.OK, source_id=id), state(id), None) for id in names))
    desk = SqlSourceDesk(database)
    assert [(await desk.days(f"source-{n}", TODAY, 1))[0].looks for n in range(7)] == [30] * 7


async def test_what_was_read_is_counted_with_its_step_and_not_again_when_the_step_comes_again(sql, database):
    await sql.inbox.looked(look(), state(), capture())
    claim = await sql.inbox.claim(NOON, LEASE)
    step = Step(NOON, claim, documents=[document(1), document(2)], harvest=HARVEST)
    await sql.ledger.keep(step)
    await sql.ledger.keep(step)
    [day] = await SqlSourceDesk(database).days("tiktok", TODAY, 1)
    assert day == SourceDay(TODAY, looks=1, ok=1, items=9, new=2)


async def test_what_could_not_be_read_is_counted_and_how_much_the_last_good_one_held_stays(sql, database):
    await sql.inbox.looked(look(), state(), capture(1))
    await sql.ledger.keep(Step(NOON, await sql.inbox.claim(NOON, LEASE), harvest=HARVEST))
    await sql.inbox.looked(look(), state(), capture(2))
    broken = replace(HARVEST, items=0, failures=1, reason=FailureReason.NOT_A_FEED)
    claim = await sql.inbox.claim(NOON, LEASE)
    rejected = [("k", FailureReason.NO_TEXT, "empty")]
    step = Step(NOON, claim, harvest=broken, quarantine=FailureReason.NOT_A_FEED, detail="a page", rejected=rejected)
    await sql.ledger.keep(step)
    desk = SqlSourceDesk(database)
    [day] = await desk.days("tiktok", TODAY, 1)
    assert (day.unread, day.items, day.new) == (1, 9, 0)
    [unread], [entry] = await desk.unread("tiktok"), await desk.rejected("tiktok")
    assert (unread.capture_id, unread.reason, unread.detail) == (capture(2).id, FailureReason.NOT_A_FEED, "a page")
    assert (entry.key, entry.reason) == ("k", FailureReason.NO_TEXT)
    assert await desk.unread("other") == await desk.rejected("other") == []


async def test_the_page_of_an_entry_brings_nothing_new(sql, database):
    await sql.inbox.looked(look(), state(), replace(capture(), document_id=document(1).id))
    await sql.ledger.keep(Step(NOON, await sql.inbox.claim(NOON, LEASE), documents=[document(1)]))
    [day] = await SqlSourceDesk(database).days("tiktok", TODAY, 1)
    assert (day.items, day.new) == (0, 0)


async def test_a_look_that_cannot_be_kept_is_not_counted(sql, database):
    await sql.inbox.looked(look(), state(), None)
    claimed = replace(capture(), source_id="tiktok\0")  # a row that both databases refuse
    ends = await asyncio.gather(sql.inbox.looked(look(), state(), claimed), return_exceptions=True)
    assert isinstance(ends[0], ValueError)
    assert (await SqlSourceDesk(database).days("tiktok", TODAY, 1))[0].looks == 1


async def test_days_cost_one_statement_of_a_commit_that_is_made_anyway(sql, database):
    said, commits = [], []
    engine = database.engine.sync_engine
    event.listen(engine, "commit", commits.append)
    event.listen(engine, "before_cursor_execute", lambda c, cursor, words, *more: said.append(words))
    await asyncio.gather(*(sql.inbox.looked(look(f"s{n}"), state(f"s{n}"), None) for n in range(40)))
    assert sum("source_days" in words for words in said) == len(commits)


async def test_the_last_things_of_a_source_and_what_it_led_to(sql, database):
    later = replace(document(2), fetched_at=NOON + MINUTE)
    strange = replace(document(3), source_id="other")
    documents, assessments = [document(1), later, strange], [assessment(1), assessment(2), assessment(3)]
    await sql.ledger.keep(Step(NOON, documents=documents, assessments=assessments, incidents=[incident()]))
    await sql.inbox.looked(look(), state(), None)
    desk = SqlSourceDesk(database)
    assert await desk.documents("tiktok") == [later, document(1)]
    assert await desk.documents("tiktok", 1) == [later]
    [led], in_all = await desk.led_to("tiktok")
    assert (led.id, in_all, led.evidence) == (incident().id, 1, ())
    assert await desk.led_to("other") == ([], 0)
    assert await desk.last("tiktok") == (state(), look())
    assert await desk.last("other") is None


async def test_days_go_after_a_good_year(sql, database):
    old = [f"s{number}" for number in range(BATCH + 10)]
    await asyncio.gather(*(sql.inbox.looked(looked_at(Outcome.OK, NOON, id), state(id), None) for id in old))
    await sql.inbox.looked(looked_at(Outcome.OK, NOON + DAY), state(), None)
    step = Retention(SqlRetention(database), lambda: KeepSettings()).step

    async def left(now: datetime) -> int:
        for round in range(5):
            await step(now + round * MINUTE)
        return await database.read(lambda connection: connection.scalar(select(func.count()).select_from(source_days)))

    assert await left(NOON + DAYS_FOR) == len(old) + 1
    assert await left(NOON + DAYS_FOR + DAY) == 1
    assert (await SqlSourceDesk(database).days("tiktok", date(2024, 9, 25), 1))[0].looks == 1
