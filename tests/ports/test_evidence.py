"""What stays of the bytes that were read: those that led to a signal, for a while, and checked when they are shown."""

import zlib
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select, update
from store_examples import LEASE, NOON, assessment, capture, document, look, state, wanted

from monitor.domain.documents import Capture
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Assessment
from monitor.steps import Step
from monitor.store.evidence import BATCH, ROWS_FOR, Kept, SqlEvidence, Verdict
from monitor.store.tables import captures

DAY = timedelta(days=1)
YEAR, MONTH = 400 * DAY, 30 * DAY
HARMLESS = Assessment("document-0001", "en", 0.1, ())


def fetched(no: int = 1, **more: object) -> Capture:
    plain = capture(no)
    return replace(plain, body_hash=sha256(plain.body).hexdigest(), **more)


async def read(sql, one: Capture, at=NOON, **made: object) -> None:
    """One step over the capture."""
    await sql.inbox.looked(look(), state(), one)
    claim = await sql.inbox.claim(at, LEASE)
    await sql.ledger.keep(Step(at, claim, **made))


@pytest.fixture
def evidence(database) -> SqlEvidence:
    return SqlEvidence(database)


async def test_bytes_that_led_to_a_signal_stay_and_are_shown_with_their_document(sql, evidence):
    await read(sql, fetched(), documents=[document()], assessments=[assessment()])
    for id in ("capture-0001", "capture-0", "document-0001", "document-0"):
        shown = await evidence.exhibit(id)
        assert (shown.capture_id, shown.kept, shown.verdict) == ("capture-0001", Kept.SIGNAL, Verdict.WHOLE)
        assert shown.body == fetched().body


async def test_bytes_that_led_to_nothing_go_with_their_step_and_their_hash_stays(sql, evidence, database):
    await read(sql, fetched(), documents=[document()], assessments=[HARMLESS])
    shown = await evidence.exhibit("document-0001")
    assert (shown.verdict, shown.kept, shown.body) == (Verdict.GONE, None, None)
    assert shown.body_hash == fetched().body_hash
    size = await database.read(lambda c: c.scalar(select(func.length(captures.c.body))))
    assert size == 0


async def test_bytes_that_came_damaged_and_led_to_a_signal_all_the_same_are_evidence(sql, evidence):
    damaged = {"quarantine": FailureReason.DAMAGED, "detail": "it is cut off"}
    await read(sql, fetched(1), documents=[document(1)], assessments=[assessment()], **damaged)
    assert (await evidence.exhibit("capture-0001")).kept is Kept.SIGNAL
    await read(sql, fetched(2), **damaged)
    assert (await evidence.exhibit("capture-0002")).kept is Kept.QUARANTINE


async def test_bytes_that_could_not_be_read_stay_for_people_to_look_at(sql, evidence):
    await read(sql, fetched(), quarantine=FailureReason.CPU_LIMIT)
    shown = await evidence.exhibit("capture-0001")
    assert (shown.kept, shown.verdict, shown.body) == (Kept.QUARANTINE, Verdict.WHOLE, fetched().body)


async def test_where_a_page_led_to_a_signal_the_feed_and_the_page_are_both_evidence(sql, evidence):
    await read(sql, fetched(1), documents=[document()], wanted_pages=[wanted()])
    assert (await evidence.exhibit("capture-0001")).kept is Kept.UNDECIDED
    page = fetched(2, document_id="document-0001")
    [claim] = await sql.inbox.want_next(NOON + DAY, LEASE, 1)
    await sql.inbox.page_came(claim, page)
    claimed = await sql.inbox.claim(NOON + DAY, LEASE)
    full = replace(document(), capture_id="capture-0002")
    await sql.ledger.keep(Step(NOON + DAY, claimed, documents=[full], assessments=[assessment()]))
    assert (await evidence.exhibit("capture-0001")).kept is Kept.SIGNAL
    assert (await evidence.exhibit("capture-0002")).kept is Kept.SIGNAL
    assert (await evidence.exhibit("document-0001")).capture_id == "capture-0002"


async def test_a_feed_whose_pages_led_to_nothing_goes_after_a_week(sql, evidence):
    await read(sql, fetched(), documents=[document()], wanted_pages=[wanted()])
    assert await evidence.prune(NOON + 6 * DAY, YEAR, MONTH) == 0
    assert await evidence.prune(NOON + 8 * DAY, YEAR, MONTH) == 1
    assert (await evidence.exhibit("capture-0001")).verdict is Verdict.GONE


async def test_what_was_kept_for_long_enough_goes_first_its_bytes_and_then_its_row(sql, evidence):
    await read(sql, fetched(1), documents=[document()], assessments=[assessment()])
    await read(sql, fetched(2), quarantine=FailureReason.RAISED, rejected=[("k", FailureReason.RAISED, "bad")])
    assert await evidence.prune(NOON + MONTH, YEAR, MONTH) == 0
    assert await evidence.prune(NOON + MONTH + DAY, YEAR, MONTH) == 1
    assert (await evidence.exhibit("capture-0002")).verdict is Verdict.GONE
    assert (await evidence.exhibit("capture-0001")).verdict is Verdict.WHOLE
    assert await evidence.prune(NOON + ROWS_FOR + DAY, YEAR, MONTH) == 1
    assert await evidence.exhibit("capture-0002") is None
    assert await evidence.prune(NOON + YEAR + DAY, YEAR, MONTH) == 2, "its bytes, and then its row, long read"
    assert await evidence.prune(NOON + YEAR + DAY, YEAR, MONTH) == 0
    assert await sql.ledger.document("document-0001") == document(), "what was read out of it stays"


async def test_a_capture_that_is_not_yet_read_is_never_pruned(sql, evidence):
    await sql.inbox.looked(look(), state(), fetched())
    assert await evidence.prune(NOON + 10 * YEAR, YEAR, MONTH) == 0
    assert (await sql.inbox.claim(NOON, LEASE)).item == fetched()


async def test_it_is_tidied_once_a_day_and_a_batch_at_a_time(sql, evidence, database):
    for no in range(BATCH + 1):
        await read(sql, fetched(no), quarantine=FailureReason.RAISED)
    left = select(func.count()).where(captures.c.kept.is_not(None))
    counts = []
    for minute in range(3):
        await evidence.tidy(NOON + 31 * DAY + timedelta(minutes=minute), YEAR, MONTH)
        counts.append(await database.read(lambda c: c.scalar(left)))
    assert counts == [1, 0, 0]
    await read(sql, fetched(900), at=NOON - 10 * DAY, quarantine=FailureReason.RAISED)
    await evidence.tidy(NOON + 31 * DAY + timedelta(hours=1), YEAR, MONTH)
    assert await database.read(lambda c: c.scalar(left)) == 1, "it was tidied today"
    await evidence.tidy(NOON + 33 * DAY, YEAR, MONTH)
    assert await database.read(lambda c: c.scalar(left)) == 0


@pytest.mark.parametrize("stored", [zlib.compress(b"other bytes"), b"no zlib at all"])
async def test_bytes_that_are_not_those_that_were_fetched_are_said_to_be_broken_and_not_shown(
    sql, evidence, database, stored
):
    await read(sql, fetched(), documents=[document()], assessments=[assessment()])
    await database.write(lambda c: c.execute(update(captures).values(body=stored)))
    shown = await evidence.exhibit("capture-0001")
    assert (shown.verdict, shown.body) == (Verdict.BROKEN, None)


async def test_a_prefix_that_several_have_shows_none_of_them(sql, evidence):
    for no in (1, 2):
        await read(sql, fetched(no), documents=[document(no)], assessments=[assessment(no)])
    assert await evidence.exhibit("capture-") is None
    assert await evidence.exhibit("") is None
    assert await evidence.exhibit("%") is None
