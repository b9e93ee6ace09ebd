"""Deliveries that wait for another time, and decisions that are looked at again, in every store."""

from dataclasses import replace
from datetime import timedelta

from store_examples import IN_DOUBT, LEASE, MINUTE, NOON, delivery, incident

from monitor.domain.alerts import DeliveryState, Hold, HoldReason, Reason
from monitor.steps import HeldAlert, SentAlert, Step

HELD = {HoldReason.INHIBITED, HoldReason.FLAPPING}


async def put(store, *deliveries):
    await store.ledger.keep(Step(NOON, deliveries=deliveries))


def later(one, hours=8):
    until = NOON + timedelta(hours=hours)
    return replace(one, not_before=until, give_up_at=until + MINUTE, waits_for="quiet hours")


async def test_what_was_never_tried_is_read_in_pages_by_key(store):
    await put(store, *(delivery(key, f"i-{key}") for key in "dacb"))
    first = await store.ledger.untried("", 3)
    assert [one.key for one in first] == ["a", "b", "c"]
    assert [one.key for one in await store.ledger.untried("c", 3)] == ["d"]
    assert await store.ledger.untried("d", 3) == []


async def test_what_is_moved_is_sent_at_its_new_time_and_says_what_it_waits_for(store):
    one = delivery()
    await put(store, one)
    await store.ledger.keep(Step(NOON, moved=[later(one)]))
    assert await store.outbox.claim_delivery(NOON + MINUTE, LEASE) is None
    claim = await store.outbox.claim_delivery(NOON + timedelta(hours=8), LEASE)
    assert (claim.item.waits_for, claim.item.give_up_at) == ("quiet hours", later(one).give_up_at)


async def test_what_was_tried_meanwhile_is_not_moved(store):
    one = delivery()
    await put(store, one)
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.ledger.keep(Step(NOON, moved=[later(one)]))
    await store.outbox.settle(claim, IN_DOUBT, DeliveryState.UNKNOWN, NOON + MINUTE, NOON)
    assert await store.ledger.untried("", 10) == []
    again = await store.outbox.claim_delivery(NOON + MINUTE, LEASE)
    assert (again.item.key, again.item.waits_for) == (one.key, "")


async def test_what_waits_for_one_seller_holds_nothing_up_for_another(store):
    waits = later(delivery("a"))
    other = replace(delivery("b"), seller_id="zeta")
    await put(store, waits)
    await put(store, other)
    assert (await store.outbox.claim_delivery(NOON, LEASE)).item.key == "b"


async def test_what_is_held_as_it_stands_now_and_was_not_told_since_is_looked_at_again(store):
    known = incident()
    held = HeldAlert(known.id, known.revision, "acme", NOON, Hold(HoldReason.INHIBITED, "a ban"))
    await store.ledger.keep(Step(NOON, incidents=[known], held=[held]))
    assert await store.ledger.held_for(HELD) == [known.id]
    assert await store.ledger.held_for({HoldReason.NO_TARGET}) == []
    told = SentAlert(
        "alert", known.id, known.revision, "acme", NOON + MINUTE, Reason.FIRST, "it is confirmed", ("mail",)
    )
    await store.ledger.keep(Step(NOON, alerts=[replace(told, alert_id="other", seller_id="zeta")]))
    assert await store.ledger.held_for(HELD) == [known.id], "another seller's word"
    await store.ledger.keep(Step(NOON, alerts=[told]))
    assert await store.ledger.held_for(HELD) == []


async def test_what_moved_on_is_held_no_more_by_what_held_it_before(store):
    known = incident()
    held = HeldAlert(known.id, known.revision, "acme", NOON, Hold(HoldReason.FLAPPING, "it comes and goes"))
    await store.ledger.keep(Step(NOON, incidents=[known], held=[held]))
    moved_on = replace(known, revision=known.revision + 1)
    nothing = HeldAlert(known.id, moved_on.revision, "acme", NOON, Hold(HoldReason.NOTHING_NEW, "as it was"))
    await store.ledger.keep(Step(NOON, incidents=[moved_on], held=[nothing]))
    assert await store.ledger.held_for(HELD) == []
