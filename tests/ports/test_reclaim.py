"""A start that is alone on the database takes over at once what a dead daemon had in hand."""

from dataclasses import replace

import pytest
from store_examples import LEASE, MINUTE, NOON, capture, delivery, document, look, state

from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import ConflictError
from monitor.steps import Step, WantedPage
from monitor.store.reclaim import reclaim


async def test_captures_pages_and_deliveries_in_dead_hands_are_free_again(sql, database, desk):
    await sql.inbox.looked(look(), state(), capture(1))
    wish = WantedPage(document(1).id, "source", "https://example.com/1", NOON)
    await sql.ledger.keep(Step(NOON, documents=[document(1)], wanted_pages=[wish], deliveries=[delivery()]))
    held = await sql.inbox.claim(NOON, LEASE)
    [page] = await sql.inbox.want_next(NOON, LEASE, 5)
    sending = await sql.outbox.claim_delivery(NOON, LEASE)
    soon = NOON + MINUTE / 60
    assert await sql.inbox.claim(soon, LEASE) is None

    await reclaim(database, soon)
    assert await sql.outbox.recover(soon) == 1

    again = await sql.inbox.claim(soon, LEASE)
    assert (again.item.id, again.tries) == (held.item.id, 2)
    [page_again] = await sql.inbox.want_next(soon, LEASE, 5)
    assert (page_again.item, page_again.tries) == (page.item, 2)
    resent = await sql.outbox.claim_delivery(soon, LEASE)
    assert (resent.item.key, resent.item.repeat) == (sending.item.key, True), "it may have arrived, and says so"
    with pytest.raises(ConflictError):
        await sql.inbox.release(held, soon, "the dead one speaks")


async def test_what_waits_or_is_done_stays_as_it_is(sql, database, desk):
    await sql.inbox.looked(look(), state(), capture(1))
    claim = await sql.inbox.claim(NOON, LEASE)
    await sql.inbox.release(claim, NOON + 30 * MINUTE, "try later")
    await sql.ledger.keep(Step(NOON, deliveries=[replace(delivery(), not_before=NOON + 30 * MINUTE)]))
    await reclaim(database, NOON)
    assert await sql.outbox.recover(NOON) == 0
    assert await sql.inbox.claim(NOON + MINUTE, LEASE) is None
    assert await sql.outbox.claim_delivery(NOON + MINUTE, LEASE) is None
    [waiting] = await desk.deliveries()
    assert (waiting.state, waiting.repeat) == (DeliveryState.PENDING, False)
