"""What people see of the store; on both databases."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select, update
from store_examples import (
    IN_DOUBT,
    LEASE,
    MINUTE,
    NOON,
    REFUSED,
    SENT,
    assessment,
    capture,
    delivery,
    document,
    held,
    incident,
    look,
    state,
    wanted,
)

from monitor.domain.alerts import AttemptClass, DeliveryState
from monitor.domain.deadlines import PartialDate
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Status
from monitor.steps import Step
from monitor.store import codec
from monitor.store.desk import AttemptRow, Counts, QuarantineRow, RejectedRow
from monitor.store.tables import assessments


async def test_incidents_are_listed_last_moved_first_and_reversed_ones_on_request(sql, desk):
    over = replace(incident("over", at=NOON + MINUTE), status=Status.REVERSED)
    await sql.ledger.keep(Step(NOON, incidents=[incident("a"), incident("b", at=NOON + MINUTE), over]))
    assert [one.id for one in await desk.incidents()] == ["b", "a"]
    assert [one.id for one in await desk.incidents(include_closed=True)] == ["b", "over", "a"]
    assert [one.id for one in await desk.incidents(limit=1)] == ["b"]


async def test_what_lies_ahead_is_found_however_long_ago_it_moved_last(sql, desk):
    long_ago, day = NOON - timedelta(days=300), NOON.date() + timedelta(days=9)
    ahead = replace(incident("ahead", at=long_ago), effective_date=PartialDate(day.isoformat()), deadlines=())
    past, new = (
        replace(incident(id), effective_date=None, deadlines=(), updated_at=at)
        for id, at in (("past", long_ago), ("new", NOON))
    )
    off = replace(incident("off", at=NOON), status=Status.REVERSED)
    gone = replace(incident("gone", at=NOON), evidence=(), deadlines=(), merged_into="new")
    await sql.ledger.keep(Step(NOON, incidents=[ahead, past, new, off, gone]))
    assert [one.id for one in await desk.dated(NOON.date(), NOON - MINUTE)] == ["ahead", "new", "off"]
    assert [one.id for one in await desk.dated(day + timedelta(days=1), NOON)] == ["new", "off"]
    assert await desk.ids() == ["ahead", "new", "past"]


async def test_a_prefix_finds_its_incident_when_only_one_has_it(sql, desk):
    await sql.ledger.keep(Step(NOON, incidents=[incident("ab12"), incident("ab34"), incident("ab"), incident("x_y")]))
    assert (await desk.incident("ab1")).id == "ab12"
    assert (await desk.incident("ab")).id == "ab"  # exact wins
    assert await desk.incident("a") is None
    assert await desk.incident("") is None
    assert await desk.incident("%") is None
    assert (await desk.incident("x_")).id == "x_y"


async def test_an_incident_leads_to_its_documents_and_what_was_understood(sql, desk):
    step = Step(NOON, documents=[document(1), document(2)], assessments=[assessment()], incidents=[incident()])
    await sql.ledger.keep(step)
    assert await desk.documents_of("incident-a") == [document(1)]
    assert await desk.documents_of("nothing") == []
    assert await desk.document("document-0002") == document(2)
    assert await desk.assessment("document-0001") == replace(assessment(), meaning=())
    assert await desk.assessment("document-0002") is None


async def test_the_vector_of_a_text_takes_no_room_and_rows_that_hold_one_are_read_as_ever(sql, database, desk):
    whole, row = replace(assessment(), meaning=(-0.0517,) * 384), assessments.c
    bare = replace(whole, meaning=())
    await sql.ledger.keep(Step(NOON, documents=[document()], assessments=[whole]))
    room = await database.read(lambda connection: connection.scalar(select(func.length(row.value))))
    assert room == len(codec.dump(bare)) < len(codec.dump(whole)) / 4
    assert await desk.assessment(whole.document_id) == bare
    await database.write(lambda connection: connection.execute(update(assessments).values(value=codec.dump(whole))))
    assert await desk.assessment(whole.document_id) == whole


async def test_every_fate_of_a_delivery_is_shown_with_its_attempts(sql, desk):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("folded"), delivery("told", "incident-b", "slack-b")]))
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("lost")]))
    fates = [(REFUSED, DeliveryState.RETRY), (IN_DOUBT, DeliveryState.UNKNOWN), (SENT, DeliveryState.SENT)]
    for attempt, fate in fates:
        claim = await sql.outbox.claim_delivery(NOON, LEASE)
        await sql.outbox.settle(claim, attempt, fate, NOON, NOON + MINUTE)
    assert (await sql.outbox.claim_delivery(NOON, LEASE)).item.key == "lost"
    assert await sql.outbox.recover(NOON + LEASE) == 1

    lost, told, folded = await desk.deliveries()
    assert (lost.state, lost.repeat, lost.attempts) == (DeliveryState.UNKNOWN, True, 1)
    assert (told.state, told.attempts, told.sent_at) == (DeliveryState.SENT, 3, NOON + MINUTE)
    assert (folded.state, folded.last_detail) == (DeliveryState.SUPERSEDED, "folded into lost")
    assert await desk.deliveries("incident-b") == [told]
    assert await desk.deliveries(limit=1) == [lost]
    tries = await desk.attempts("told")
    assert tries == [AttemptRow(no, NOON + MINUTE, attempt) for no, (attempt, _) in enumerate(fates, 1)]
    [ended] = await desk.attempts("lost")
    assert (ended.no, ended.attempt.result, ended.attempt.code) == (1, AttemptClass.AMBIGUOUS, "lease_ran_out")


async def test_a_delivery_that_was_given_up_says_so(sql, desk):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery()]))
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON)
    [dead] = await desk.deliveries()
    assert (dead.state, dead.last_detail) == (DeliveryState.DEAD, "try later")


async def test_decisions_not_to_speak_are_shown_once_for_each_reason(sql, desk):
    await sql.ledger.keep(Step(NOON, held=[held(), held(seller_id="bob")]))
    await sql.ledger.keep(Step(NOON, held=[replace(held(), at=NOON + MINUTE), held("incident-b")]))
    assert await desk.held("incident-a") == [held(), held(seller_id="bob")]
    assert await desk.held() == [held(), held(seller_id="bob"), held("incident-b")]


async def test_what_could_not_be_read_is_shown_with_its_reason(sql, desk):
    for no in (1, 2):
        await sql.inbox.looked(look(), state(), capture(no))
    first, second = [await sql.inbox.claim(NOON, LEASE) for _ in range(2)]
    await sql.ledger.keep(Step(NOON, first, quarantine=FailureReason.MEMORY_LIMIT, detail="512 MB"))
    await sql.ledger.keep(Step(NOON + MINUTE, second, rejected=[("entry", FailureReason.RAISED, "KeyError")]))
    bomb, url = capture(1).id, capture(1).url
    assert await desk.quarantined() == [QuarantineRow(bomb, "tiktok", url, NOON, FailureReason.MEMORY_LIMIT, "512 MB")]
    assert await desk.rejected() == [
        RejectedRow(capture(2).id, "tiktok", "entry", NOON + MINUTE, FailureReason.RAISED, "KeyError")
    ]


async def test_the_counts_tell_how_full_the_beds_are(sql, desk):
    assert await desk.counts() == Counts(0, 0, {}, 0, 0, {}, 0)
    for no in (1, 2, 3):
        await sql.inbox.looked(look(), state(), capture(no))
    claim = await sql.inbox.claim(NOON, LEASE)
    step = Step(
        NOON,
        claim,
        documents=[document(1), document(2)],
        wanted_pages=[wanted()],
        incidents=[incident()],
        deliveries=[
            replace(delivery("m1"), created_at=NOON + MINUTE),
            replace(delivery("s1", target="slack-1"), created_at=NOON + 2 * MINUTE),
            replace(delivery("s2", target="slack-2"), created_at=NOON + 3 * MINUTE),
        ],
    )
    await sql.ledger.keep(step)
    sending = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(sending, SENT, DeliveryState.SENT, NOON, NOON)
    await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.inbox.claim(NOON, LEASE)  # leased is not read yet
    unread = await sql.inbox.claim(NOON, LEASE)
    await sql.ledger.keep(Step(NOON, unread, quarantine=FailureReason.NOT_A_FEED))
    assert await desk.counts() == Counts(
        inbox_waiting=1,
        wanted_pages=1,
        pending_by_channel={"slack": 2},
        documents=2,
        incidents=1,
        oldest_by_channel={"slack": NOON + 2 * MINUTE},
        quarantined=1,
    )
