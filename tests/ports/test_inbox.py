from dataclasses import replace
from datetime import timedelta

import pytest
from store_examples import LEASE, MINUTE, NOON, capture, document, look, state, wanted

from monitor.domain.errors import ConflictError, FailureReason
from monitor.steps import Claim, Step, WantedPage


async def test_a_look_is_remembered_and_its_capture_comes_back_byte_for_byte(store):
    await store.inbox.looked(look(), state(), capture())
    assert await store.inbox.sources() == {"tiktok": state()}
    claim = await store.inbox.claim(NOON, LEASE)
    assert claim.item == capture()
    assert claim.tries == 1


async def test_a_look_without_a_capture_moves_the_source_only(store):
    await store.inbox.looked(look(), state(), None)
    later = replace(state(), failures=3, last_reason=FailureReason.TIMEOUT, last_detail="20 s")
    await store.inbox.looked(look(), later, None)
    assert await store.inbox.sources() == {"tiktok": later}
    assert await store.inbox.claim(NOON, LEASE) is None


async def test_the_same_capture_handed_over_twice_is_read_once(store):
    await store.inbox.looked(look(), state(), capture())
    await store.inbox.looked(look(), state(), capture())
    assert await store.inbox.claim(NOON, LEASE)
    assert await store.inbox.claim(NOON, LEASE) is None


async def test_captures_are_claimed_oldest_first_whatever_the_order_of_arrival(store):
    for no in (3, 1, 2):
        await store.inbox.looked(look(), state(), capture(no))
    claims = [await store.inbox.claim(NOON, LEASE) for _ in range(3)]
    assert [claim.item.id for claim in claims] == ["capture-0001", "capture-0002", "capture-0003"]


async def test_a_capture_whose_lease_ran_out_is_claimed_again_and_the_first_holder_cannot_settle_it(store):
    await store.inbox.looked(look(), state(), capture())
    first = await store.inbox.claim(NOON, LEASE)
    assert await store.inbox.claim(NOON + LEASE - timedelta(microseconds=1), LEASE) is None
    second = await store.inbox.claim(NOON + LEASE, LEASE)
    assert second.tries == 2
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON + LEASE, first, documents=[document()]))
    assert await store.ledger.document("document-0001") is None
    with pytest.raises(ConflictError):
        await store.inbox.release(first, NOON, "late")
    await store.ledger.keep(Step(NOON + LEASE, second, documents=[document()]))
    assert await store.ledger.document("document-0001") == document()


async def test_a_try_that_was_no_fault_of_the_capture_does_not_count(store):
    await store.inbox.looked(look(), state(), capture())
    for counts, tries in ((False, 1), (True, 1), (False, 2), (False, 2)):
        claim = await store.inbox.claim(NOON, LEASE)
        assert claim.tries == tries
        await store.inbox.release(claim, NOON, "why", counts)


async def test_an_expired_lease_that_nobody_took_still_settles(store):
    await store.inbox.looked(look(), state(), capture())
    claim = await store.inbox.claim(NOON, LEASE)
    await store.ledger.keep(Step(NOON + 2 * LEASE, claim))
    assert await store.inbox.claim(NOON + 3 * LEASE, LEASE) is None


async def test_a_released_capture_waits_for_its_time_and_counts_its_tries(store):
    await store.inbox.looked(look(), state(), capture())
    claim = await store.inbox.claim(NOON, LEASE)
    await store.inbox.release(claim, NOON + MINUTE, "the model is loading")
    assert await store.inbox.claim(NOON, LEASE) is None
    with pytest.raises(ConflictError):
        await store.ledger.keep(Step(NOON, claim))
    again = await store.inbox.claim(NOON + MINUTE, LEASE)
    assert again.tries == 2


async def test_a_settled_capture_never_comes_back(store):
    await store.inbox.looked(look(), state(), capture())
    claim = await store.inbox.claim(NOON, LEASE)
    await store.ledger.keep(Step(NOON, claim, quarantine=FailureReason.NOT_A_FEED, detail="it is HTML"))
    assert await store.inbox.claim(NOON + timedelta(days=365), LEASE) is None
    with pytest.raises(ConflictError):
        await store.inbox.release(claim, NOON, "too late")


async def test_a_wanted_page_comes_back_as_a_capture_of_its_document(store):
    pages = [wanted(2), wanted(1)]
    await store.ledger.keep(Step(NOON, documents=[document(1), document(2)], wanted_pages=pages))
    claims = await store.inbox.want_next(NOON, LEASE, limit=10)
    assert [claim.item for claim in claims] == [wanted(1), wanted(2)]
    assert await store.inbox.want_next(NOON, LEASE, limit=10) == []
    page = replace(capture(7), document_id="document-0001", failure=FailureReason.HTTP_4XX, body=b"")
    await store.inbox.page_came(claims[0], page)
    claim = await store.inbox.claim(NOON + MINUTE, LEASE)
    assert claim.item == page
    left = await store.inbox.want_next(NOON + LEASE, LEASE, limit=10)
    assert [(claim.item.document_id, claim.tries) for claim in left] == [("document-0002", 2)]


async def test_wanted_pages_are_leased_up_to_the_limit(store):
    documents, pages = [document(no) for no in range(9)], [wanted(no) for no in range(9)]
    await store.ledger.keep(Step(NOON, documents=documents, wanted_pages=pages))
    taken = [len(await store.inbox.want_next(NOON, LEASE, limit=4)) for _ in range(4)]
    assert taken == [4, 4, 1, 0]


async def test_a_page_that_is_wanted_twice_is_fetched_once(store):
    await store.ledger.keep(Step(NOON, documents=[document()], wanted_pages=[wanted()]))
    await store.ledger.keep(Step(NOON, documents=[document()], wanted_pages=[wanted()]))
    assert len(await store.inbox.want_next(NOON, LEASE, limit=10)) == 1
    await store.ledger.keep(Step(NOON, documents=[document()], wanted_pages=[wanted()]))
    assert await store.inbox.want_next(NOON, LEASE, limit=10) == []  # somebody is fetching it
    assert [claim.tries for claim in await store.inbox.want_next(NOON + LEASE, LEASE, limit=10)] == [2]


async def test_a_page_brought_by_one_who_lost_the_lease_is_refused(store):
    await store.ledger.keep(Step(NOON, documents=[document()], wanted_pages=[wanted()]))
    [first] = await store.inbox.want_next(NOON, LEASE, limit=1)
    [second] = await store.inbox.want_next(NOON + LEASE, LEASE, limit=1)
    with pytest.raises(ConflictError):
        await store.inbox.page_came(first, capture(1))
    await store.inbox.page_came(second, capture(2))
    await store.inbox.page_came(second, capture(2))  # the answer was lost, so it is brought again
    assert (await store.inbox.claim(NOON, LEASE)).item == capture(2)
    assert await store.inbox.claim(NOON, LEASE) is None
    with pytest.raises(ConflictError):
        await store.inbox.page_came(Claim(WantedPage("nobody", "s", "u", NOON), "t", 1), capture(3))
