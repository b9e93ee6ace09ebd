from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Update, event
from store_examples import IN_DOUBT, LEASE, MINUTE, NOON, REFUSED, SENT, delivery, incident

from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.steps import Step

HOUR = timedelta(hours=1)


async def put(store, *deliveries, at=NOON):
    await store.ledger.keep(Step(at, deliveries=deliveries))


async def send(store, at=NOON, attempt=SENT, state=DeliveryState.SENT, not_before=None):
    """Claim one, settle it, and return the claimed item."""
    claim = await store.outbox.claim_delivery(at, LEASE)
    await store.outbox.settle(claim, attempt, state, not_before or at, at)
    return claim.item


async def test_a_claimed_delivery_is_leased_and_counts_the_attempt_that_follows(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    assert claim.item == replace(delivery(), state=DeliveryState.SENDING, attempts=1)
    assert claim.tries == 1
    assert await store.outbox.claim_delivery(NOON, LEASE) is None


async def test_the_statement_of_a_claim_is_built_once_for_as_many_targets_as_rest(sql, database):
    """To build it costs more than to run it, and each delivery is claimed by it."""
    told = []
    event.listen(database.engine.sync_engine, "before_execute", lambda c, statement, *more: told.append(statement))
    await put(sql, *(delivery(f"k{no}", f"i{no}", f"mail-{no}") for no in range(4)))
    told.clear()
    claims = [
        await sql.outbox.claim_delivery(NOON + no * MINUTE, LEASE, {f"mail-{no}": NOON + HOUR, "other": NOON + HOUR})
        for no in range(3)
    ]
    assert [claim.item.target for claim in claims] == ["mail-1", "mail-0", "mail-3"]
    asked = [statement for statement in told if isinstance(statement, Update)]
    assert len(asked) == 3
    assert all(statement is asked[0] for statement in asked)


async def test_a_sent_delivery_is_never_claimed_again(store):
    await put(store, delivery())
    await send(store)
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_a_delivery_without_a_time_of_creation_gets_the_time_of_its_step(store):
    await put(store, replace(delivery(), created_at=None), at=NOON + MINUTE)
    assert (await store.outbox.claim_delivery(NOON + MINUTE, LEASE)).item.created_at == NOON + MINUTE


async def test_urgent_first_then_the_older_then_the_first_made(store):
    await put(
        store,
        replace(delivery("young", "i1", "t1"), created_at=NOON + MINUTE),
        delivery("old", "i2", "t2"),
        delivery("old-too", "i3", "t3"),
        delivery("quiet", "i4", "t4", Severity.LOW),
        delivery("loud", "i5", "t5", Severity.CRITICAL),
    )
    order = [(await store.outbox.claim_delivery(NOON, LEASE)).item.key for _ in range(5)]
    assert order == ["loud", "old", "old-too", "young", "quiet"]


async def test_nothing_is_sent_before_its_time(store):
    await put(store, delivery(wait=timedelta(seconds=30)))
    assert await store.outbox.claim_delivery(NOON + timedelta(seconds=29), LEASE) is None
    assert await store.outbox.claim_delivery(NOON + timedelta(seconds=30), LEASE)


async def test_a_refused_delivery_waits_and_holds_up_only_its_own_line(store):
    await put(store, delivery("first"), delivery("second"))
    await put(store, delivery("elsewhere", target="slack-anna"), delivery("other", seller_id="bob"))
    assert (await send(store, attempt=REFUSED, state=DeliveryState.RETRY, not_before=NOON + MINUTE)).key == "first"
    assert {(await send(store)).key, (await send(store)).key} == {"elsewhere", "other"}
    assert await store.outbox.claim_delivery(NOON, LEASE) is None  # `second` never overtakes `first`
    again = await store.outbox.claim_delivery(NOON + MINUTE, LEASE)
    assert (again.item.key, again.tries, again.item.repeat) == ("first", 2, False)
    assert again.item.last_detail == REFUSED.detail
    await store.outbox.settle(again, SENT, DeliveryState.SENT, NOON, NOON)
    assert (await send(store, NOON + MINUTE)).key == "second"


async def test_a_target_gets_one_message_at_a_time(store):
    await put(store, delivery("one", "i1", "t1"), delivery("two", "i2", "t1"), delivery("three", "i3", "t2"))
    first = await store.outbox.claim_delivery(NOON, LEASE)
    second = await store.outbox.claim_delivery(NOON, LEASE)
    assert [first.item.key, second.item.key] == ["one", "three"]
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    await store.outbox.settle(first, SENT, DeliveryState.SENT, NOON, NOON)
    assert (await store.outbox.claim_delivery(NOON, LEASE)).item.key == "two"


async def test_a_key_that_is_known_with_the_same_message_is_skipped(store):
    await put(store, delivery())
    await send(store)
    await put(store, delivery())
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_a_key_that_is_known_with_another_message_is_refused_with_its_whole_step(store):
    await put(store, delivery())
    with pytest.raises(ValueError):
        await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[delivery(why="something else")]))
    assert await store.ledger.open_incidents(NOON) == []
    assert (await store.outbox.claim_delivery(NOON, LEASE)).item.message == delivery().message


async def test_a_newer_delivery_folds_the_unattempted_one_and_keeps_its_place_in_time(store):
    await put(store, delivery("old", wait=timedelta(seconds=30)))
    await put(store, delivery("new", wait=timedelta(seconds=50)))
    claim = await store.outbox.claim_delivery(NOON + timedelta(seconds=30), LEASE)
    assert claim.item.key == "new"
    await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_what_was_attempted_is_not_folded(store):
    await put(store, delivery("old"))
    await send(store, attempt=REFUSED, state=DeliveryState.RETRY)
    await put(store, delivery("new"))
    assert [(await send(store)).key, (await send(store)).key] == ["old", "new"]


async def test_what_is_being_sent_is_not_folded_and_goes_first(store):
    await put(store, delivery("old"))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await put(store, delivery("new"))
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert (await send(store)).key == "new"


async def test_deliveries_for_other_sellers_targets_and_incidents_are_not_folded(store):
    await put(store, delivery("anna"))
    await put(store, delivery("bob", seller_id="bob"))
    await put(store, delivery("slack", target="slack-anna"), delivery("b", incident_id="incident-b"))
    assert {(await send(store)).key for _ in range(4)} == {"anna", "bob", "slack", "b"}


async def test_an_expired_lease_becomes_unknown_and_is_sent_once_more_as_a_repeat(store):
    await put(store, delivery())
    lost = await store.outbox.claim_delivery(NOON, LEASE)
    assert await store.outbox.recover(NOON + LEASE - timedelta(seconds=1)) == 0
    assert await store.outbox.recover(NOON + LEASE) == 1
    assert await store.outbox.recover(NOON + LEASE) == 0
    with pytest.raises(ConflictError):
        await store.outbox.settle(lost, SENT, DeliveryState.SENT, NOON, NOON)
    again = await store.outbox.claim_delivery(NOON + LEASE, LEASE)
    assert (again.item.repeat, again.tries) == (True, 2)
    await store.outbox.settle(again, SENT, DeliveryState.SENT, NOON, NOON)
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_an_expired_lease_that_was_not_recovered_still_settles(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON + HOUR)
    assert await store.outbox.recover(NOON + HOUR) == 0


async def test_an_attempt_in_doubt_makes_the_next_one_a_repeat(store):
    await put(store, delivery())
    await send(store, attempt=IN_DOUBT, state=DeliveryState.UNKNOWN, not_before=NOON + MINUTE)
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    again = await send(store, NOON + MINUTE, attempt=REFUSED, state=DeliveryState.RETRY)
    assert again.repeat
    assert (await send(store, NOON + MINUTE)).repeat  # the doubt stays until it is sent


async def test_a_claim_settled_twice_counts_once(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON + MINUTE, NOON)
    await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON + MINUTE, NOON)
    again = await store.outbox.claim_delivery(NOON + MINUTE, LEASE)
    assert again.tries == 2
    with pytest.raises(ConflictError):
        await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)


async def test_what_was_never_tried_still_gets_its_one_try_after_a_long_sleep(store):
    await put(store, delivery("slept"))
    claim = await store.outbox.claim_delivery(NOON + 48 * HOUR, LEASE)
    assert (claim.item.key, claim.tries) == ("slept", 1)


async def test_past_its_deadline_a_delivery_gets_one_last_try_whatever_its_state(store):
    await put(store, delivery("retried", "i1", "t1"), delivery("in doubt", "i2", "t2"), delivery("in hand", "i3", "t3"))
    await send(store, attempt=REFUSED, state=DeliveryState.RETRY, not_before=NOON + HOUR)
    await send(store, attempt=IN_DOUBT, state=DeliveryState.UNKNOWN, not_before=NOON + HOUR)
    await store.outbox.claim_delivery(NOON, LEASE)  # its sender dies
    late = NOON + 30 * HOUR  # the daemon slept, or the clock jumped: neither may cost an alert
    await store.outbox.recover(late)
    assert {(await send(store, late)).key for _ in range(3)} == {"retried", "in doubt", "in hand"}


@pytest.mark.case(49)
async def test_a_clock_that_goes_back_an_hour_holds_nothing_up(store):
    await put(store, replace(delivery("waits", "i1", "t1"), not_before=NOON + timedelta(seconds=30)))
    await put(store, delivery("retried", "i2", "t2"))
    await send(store, attempt=REFUSED, state=DeliveryState.RETRY, not_before=NOON + 30 * MINUTE)
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    assert (await send(store, NOON - HOUR)).key == "waits"
    assert await store.outbox.claim_delivery(NOON - HOUR, LEASE) is None, "a wait of 90 minutes is possible"
    assert (await send(store, NOON - 24 * HOUR)).key == "retried"
