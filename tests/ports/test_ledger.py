from dataclasses import replace
from datetime import timedelta

import pytest
from store_examples import (
    LEASE,
    NOON,
    assessment,
    capture,
    delivery,
    document,
    held,
    incident,
    known_entries,
    look,
    state,
    told,
    wanted,
)

from monitor.domain.errors import ConflictError, FailureReason
from monitor.domain.exposure import Severity
from monitor.steps import Step

DAY = timedelta(days=1)


async def claimed(store, no=1):
    await store.inbox.looked(look(), state(), capture(no))
    return await store.inbox.claim(NOON, LEASE)


async def test_a_step_is_kept_whole_and_every_value_comes_back_equal(store):
    step = Step(
        NOON,
        await claimed(store),
        documents=[document(1), document(2)],
        assessments=[assessment(1)],
        seen=["a", "b"],
        rejected=[("c", FailureReason.RAISED, "bad date")],
        wanted_pages=[wanted(2)],
        incidents=[incident()],
        told=[told()],
        deliveries=[delivery()],
        held=[held(seller_id="bob")],
    )
    await store.ledger.keep(step)
    assert await store.ledger.document("document-0001") == document(1)
    assert await store.ledger.document("nothing") is None
    assert await known_entries(store.ledger, "tiktok") == {"a", "b"}
    assert await known_entries(store.ledger, "other") == frozenset()
    hashes = await store.ledger.content_hashes(["document-0001", "document-0002", "nothing"])
    assert hashes == {"document-0001": document(1).content_hash}
    assert await store.ledger.open_incidents(NOON) == [incident()]
    assert await store.ledger.told(["incident-a", "incident-b"]) == [told()]
    assert (await store.outbox.claim_delivery(NOON, LEASE)).item.message == delivery().message
    assert [claim.item for claim in await store.inbox.want_next(NOON, LEASE, 5)] == [wanted(2)]


async def test_a_step_kept_again_under_the_same_claim_changes_nothing(store):
    step = Step(NOON, await claimed(store), documents=[document()], incidents=[incident()], deliveries=[delivery()])
    await store.ledger.keep(step)
    await store.ledger.keep(step)  # its first answer was lost
    assert await store.ledger.open_incidents(NOON) == [incident()]
    assert await store.outbox.claim_delivery(NOON, LEASE)
    assert await store.outbox.claim_delivery(NOON, LEASE) is None


async def test_a_stale_revision_keeps_nothing_of_its_step(store):
    await store.ledger.keep(Step(NOON, incidents=[incident(revision=1)]))
    await store.ledger.keep(Step(NOON, incidents=[incident(revision=2)]))
    claim = await claimed(store)
    step = Step(
        NOON,
        claim,
        documents=[document()],
        seen=["a"],
        incidents=[incident("incident-0"), incident(revision=2)],
        told=[told()],
        deliveries=[delivery()],
    )
    with pytest.raises(ConflictError):
        await store.ledger.keep(step)
    assert await store.ledger.document("document-0001") is None
    assert await known_entries(store.ledger, "tiktok") == frozenset()
    assert await store.ledger.told(["incident-a"]) == []
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    assert await store.ledger.open_incidents(NOON) == [incident(revision=2)]
    fresh = replace(step, incidents=[incident("incident-0"), incident(revision=3)])
    await store.ledger.keep(fresh)  # the claim is still ours: the step is done again from fresh rows
    assert [one.revision for one in await store.ledger.open_incidents(NOON)] == [1, 3]


@pytest.mark.parametrize("revision", [2, 7])
async def test_a_new_incident_that_skips_its_first_revision_is_refused(store, revision):
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON, incidents=[incident(revision=revision)]))


async def test_an_incident_cannot_be_opened_twice(store):
    await store.ledger.keep(Step(NOON, incidents=[incident()]))
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON, incidents=[incident(date="2025")]))
    assert await store.ledger.open_incidents(NOON) == [incident()]


async def test_open_incidents_are_those_that_moved_or_are_still_ahead_newest_first(store):
    old = NOON - 500 * DAY
    await store.ledger.keep(
        Step(
            NOON,
            incidents=[
                incident("b-recent", at=NOON - DAY, date="2020"),
                incident("a-recent", at=NOON - DAY, date="2020"),
                incident("last-day", at=NOON - 400 * DAY, date="2020"),
                incident("forgotten", at=NOON - 401 * DAY, date="2020"),
                replace(incident("ahead", at=old, date="2024-09"), deadlines=()),
                replace(incident("past", at=old, date="2024-08"), deadlines=()),
                replace(incident("undated", at=old), effective_date=None, deadlines=()),
                incident("far", at=old - DAY, date="9999"),
            ],
        )
    )
    opened = [one.id for one in await store.ledger.open_incidents(NOON)]
    # the examples' deadline is 2024-10-28, so what keeps it is still ahead
    assert opened == ["a-recent", "b-recent", "last-day", "forgotten", "ahead", "far"]
    much_later = [one.id for one in await store.ledger.open_incidents(NOON + 390 * DAY)]
    assert much_later == ["a-recent", "b-recent", "far"]


async def test_a_document_that_changed_is_replaced_but_counts_as_understood_by_its_old_text(store):
    old, new = document(text="old"), document(text="new")
    await store.ledger.keep(Step(NOON, documents=[old], assessments=[assessment()]))
    await store.ledger.keep(Step(NOON, documents=[new]))
    assert await store.ledger.document("document-0001") == new
    assert await store.ledger.content_hashes(["document-0001"]) == {"document-0001": old.content_hash}
    await store.ledger.keep(Step(NOON, assessments=[assessment()]))  # its page came, and it is understood now
    assert await store.ledger.content_hashes(["document-0001"]) == {"document-0001": new.content_hash}


async def test_an_assessment_of_an_unknown_document_is_a_defect_and_keeps_nothing(store):
    with pytest.raises(ValueError):
        await store.ledger.keep(Step(NOON, incidents=[incident()], assessments=[assessment()]))
    with pytest.raises(ValueError):
        await store.ledger.keep(Step(NOON, incidents=[incident()], wanted_pages=[wanted()]))
    with pytest.raises(ValueError):
        await store.ledger.keep(Step(NOON, incidents=[incident()], seen=["an entry of no capture"]))
    assert await store.ledger.open_incidents(NOON) == []


async def test_entries_gone_from_a_feed_are_forgotten_after_sixty_days_and_not_before(store):
    async def read(no, at, keys):
        await store.inbox.looked(look(), state(), capture(no))
        await store.ledger.keep(Step(at, await store.inbox.claim(at, LEASE), seen=keys))
        return await known_entries(store.ledger, "tiktok")

    assert await read(1, NOON, ["gone", "kept"]) == {"gone", "kept"}
    assert await read(2, NOON + 59 * DAY, ["kept", "new"]) == {"gone", "kept", "new"}
    assert await read(3, NOON + 61 * DAY, ["kept", "new"]) == {"kept", "new"}
    # a feed that was silent for months knows its own entries still
    assert await read(4, NOON + 300 * DAY, ["kept", "late"]) == {"kept", "late"}
    await read(5, NOON + 302 * DAY, ["kept", "late"])
    assert await read(6, NOON + 361 * DAY, ["kept"]) == {"kept", "late"}  # seen 59 days ago


async def test_the_entries_of_one_source_say_nothing_of_another(store):
    for no, source in ((1, "tiktok"), (2, "temu")):
        await store.inbox.looked(look(source), state(source), capture(no, source))
        await store.ledger.keep(Step(NOON, await store.inbox.claim(NOON, LEASE), seen=["same", source]))
    assert await known_entries(store.ledger, "tiktok") == {"same", "tiktok"}
    assert await known_entries(store.ledger, "temu") == {"same", "temu"}


async def test_what_was_told_last_replaces_what_was_told_before(store):
    await store.ledger.keep(Step(NOON, told=[told(severity=Severity.LOW), told(seller_id="bob")]))
    await store.ledger.keep(Step(NOON, told=[told(severity=Severity.CRITICAL)]))
    assert await store.ledger.told(["incident-a"]) == [told(severity=Severity.CRITICAL), told(seller_id="bob")]


async def test_many_ids_are_asked_for_at_once(store):
    ids = [f"document-{no:04}" for no in range(2500)]
    documents, understood = [document(no) for no in range(1, 4)], [assessment(no) for no in range(1, 4)]
    await store.ledger.keep(Step(NOON, documents=documents, assessments=understood))
    assert len(await store.ledger.content_hashes(ids)) == 3
    assert await store.ledger.told(ids) == []
