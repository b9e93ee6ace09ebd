"""How deliveries end: handed to another, taken back while in hand, rounded up, asked for again, never deleted."""

import ast
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from store_examples import IN_DOUBT, LEASE, MINUTE, NOON, REFUSED, SENT, delivery, incident, told
from test_outbox import HOUR, put, send

import monitor
from monitor.domain.alerts import DeliveryState, Reason, Target
from monitor.domain.delivery import instead
from monitor.domain.errors import ConflictError
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed
from monitor.domain.rulings import Act, ActKind
from monitor.steps import Step

MAIL = Target("mail-bo", "email", "bo@example.com", language="ja", zone="Asia/Tokyo")


async def refused(store, at=NOON, other=MAIL):
    claim = await store.outbox.claim_delivery(at, LEASE)
    hears = instead(claim.item, other, at)
    return await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, at, at, hears)


async def test_the_end_and_the_delivery_to_another_are_kept_together_and_once(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    other = instead(claim.item, MAIL, NOON)
    for _ in range(2):  # the answer to the first commit was lost
        assert await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON, other) is DeliveryState.DEAD
    heard = await send(store)
    assert (heard.target, heard.fallback_of, heard.instead_of) == ("mail-bo", "delivery-1", "mail-anna")
    assert (heard.language, heard.zone) == ("ja", "Asia/Tokyo")
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_who_hears_the_same_alert_anyway_or_was_told_more_since_gets_no_older_word(store):
    both = delivery("own", target="mail-bo"), delivery("dead")
    await put(store, *(replace(one, alert_id="alert") for one in both))
    assert (await send(store)).key == "own"
    assert await refused(store) is DeliveryState.DEAD
    assert await store.outbox.claim_delivery(NOON, LEASE) is None

    await put(store, replace(delivery("older"), alert_id="older", created_at=NOON))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    newer = replace(delivery("newer", target="mail-bo"), alert_id="newer", created_at=NOON + MINUTE)
    await put(store, newer)
    hears = instead(claim.item, MAIL, NOON + MINUTE)
    await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON + MINUTE, hears)
    [older] = [one for one in await store.ledger.spoken("incident-a") if one.fallback_of == "older"]
    assert (older.state, older.into) == (DeliveryState.SUPERSEDED, "newer")
    assert (await send(store, NOON + HOUR)).key == "newer"


async def test_what_its_seller_has_no_use_for_any_more_is_not_tried_again(store):
    act = Act("a1", "incident-a", ActKind.NOT_FOR_US, NOON + MINUTE, "bo", seller_id="anna")
    await store.ledger.keep(Step(NOON, incidents=[incident()], deliveries=[replace(delivery(), created_at=NOON)]))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.ledger.keep(Step(NOON + MINUTE, acts=[act]))
    end = await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON + HOUR, NOON + MINUTE)
    assert end is DeliveryState.SUPERSEDED


async def test_nobody_hears_instead_what_was_not_kept(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.outbox.recover(NOON + LEASE)
    with pytest.raises(ConflictError):
        await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON, instead(claim.item, MAIL, NOON))
    assert (await send(store, NOON + LEASE)).target == "mail-anna"
    assert await store.outbox.claim_delivery(NOON + LEASE, LEASE) is None


async def test_what_is_held_back_was_no_try_and_can_still_be_folded(store):
    await put(store, delivery("old"))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    for _ in range(2):
        await store.outbox.hold(claim, NOON + HOUR, NOON, "room in its hour")
    assert await store.outbox.claim_delivery(NOON + MINUTE, LEASE) is None
    await put(store, delivery("new", wait=HOUR))
    assert (await store.outbox.claim_delivery(NOON + HOUR, LEASE)).item.key == "new"


@pytest.mark.case(49)
async def test_what_is_held_back_by_a_clock_that_went_back_is_not_due_at_once(store):
    await put(store, delivery())
    past = NOON - 3 * HOUR
    claim = await store.outbox.claim_delivery(past, LEASE)
    await store.outbox.hold(claim, past + MINUTE, past)
    assert await store.outbox.claim_delivery(past, LEASE) is None
    assert await store.outbox.claim_delivery(past + MINUTE, LEASE)


async def test_a_target_that_rests_gets_only_what_would_come_to_its_end(store):
    last = replace(delivery("last chance", "i2"), give_up_at=NOON + MINUTE)
    await put(store, delivery("waits", severity=Severity.CRITICAL), last)
    resting = {"mail-anna": NOON + 2 * MINUTE}
    assert (await store.outbox.claim_delivery(NOON, LEASE, resting)).item.key == "last chance"
    assert await store.outbox.claim_delivery(NOON, LEASE, resting) is None


async def test_a_target_that_answers_again_gets_at_once_what_waited_for_another_try(store):
    await put(store, delivery("refused", "i1"), delivery("in doubt", "i2"), delivery("elsewhere", "i3", "slack"))
    for attempt, state in ((REFUSED, DeliveryState.RETRY), (IN_DOUBT, DeliveryState.UNKNOWN)):
        await send(store, attempt=attempt, state=state, not_before=NOON + 10 * MINUTE)
    await send(store, attempt=REFUSED, state=DeliveryState.RETRY, not_before=NOON + 10 * MINUTE)
    await store.outbox.wake("mail-anna", NOON)
    assert [(await send(store)).key, (await send(store)).key] == ["refused", "in doubt"]
    assert await store.outbox.claim_delivery(NOON, LEASE) is None


async def test_a_roundup_takes_the_place_of_all_that_is_due_and_is_leased_at_once(store):
    few = [delivery(f"d{n}", f"i{n}", severity=Severity(n % 4)) for n in range(6)]
    later, loud = delivery("later", "i7", wait=HOUR), delivery("loud", "i8", severity=Severity.CRITICAL)
    await put(store, *few, later, loud, delivery("elsewhere", "i9", "slack"))
    assert (await send(store)).key == "loud"
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    assert (await store.outbox.hour("mail-anna", NOON)).due == 5
    whole = await store.outbox.round_up(claim, NOON, LEASE)
    assert whole.item.reason is Reason.MORE
    assert sorted(whole.item.message.keys) == [f"d{n}" for n in range(6)]
    assert [item.severity for item in whole.item.message.items] == sorted((n % 4 for n in range(6)), reverse=True)
    assert (await send(store)).key == "elsewhere"
    assert await store.outbox.claim_delivery(NOON, LEASE) is None
    with pytest.raises(ConflictError):
        await store.outbox.round_up(claim, NOON, LEASE)
    await store.outbox.settle(whole, SENT, DeliveryState.SENT, NOON, NOON)
    assert (await store.outbox.hour("mail-anna", NOON + MINUTE)).sent == [NOON], "critical ones are not counted"
    assert (await send(store, NOON + HOUR)).key == "later"


async def test_a_roundup_of_one_is_that_one(store):
    await put(store, delivery())
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    assert await store.outbox.round_up(claim, NOON, LEASE) == claim


async def test_what_a_roundup_told_is_not_taken_for_unheard(store):
    both = [delivery("a", "i1"), delivery("b", "i2"), delivery("c", "i1", "slack", wait=HOUR)]
    await put(store, *(replace(one, alert_id=f"alert of {one.incident_id}") for one in both))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    whole = await store.outbox.round_up(claim, NOON, LEASE)
    await store.outbox.settle(whole, SENT, DeliveryState.SENT, NOON, NOON)
    assert await store.ledger.unheard(["i1", "i2"]) == []


async def test_what_nobody_heard_of_a_closed_incident_counts_as_told_no_more(store):
    one = replace(delivery(), created_at=NOON, message=replace(delivery().message, made_at=NOON, before=None))
    await store.ledger.keep(Step(NOON, incidents=[incident()], told=[told()], deliveries=[one]))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    shut = closed(incident(), "anna", "sold", NOON + MINUTE)
    await store.ledger.keep(Step(NOON + MINUTE, incidents=[shut]))
    kept = await store.outbox.settle(claim, REFUSED, DeliveryState.RETRY, NOON + HOUR, NOON + MINUTE)
    assert kept is DeliveryState.SUPERSEDED
    assert await store.ledger.told(["incident-a"]) == []
    assert await store.outbox.claim_delivery(NOON + HOUR, LEASE) is None


async def test_what_may_have_arrived_of_a_closed_incident_is_sent_once_more_and_stays_told(store):
    one = replace(delivery(), created_at=NOON, message=replace(delivery().message, made_at=NOON))
    await store.ledger.keep(Step(NOON, incidents=[incident()], told=[told()], deliveries=[one]))
    claim = await store.outbox.claim_delivery(NOON, LEASE)
    await store.ledger.keep(Step(NOON + MINUTE, incidents=[closed(incident(), "anna", "sold", NOON + MINUTE)]))
    kept = await store.outbox.settle(claim, IN_DOUBT, DeliveryState.UNKNOWN, NOON + MINUTE, NOON + MINUTE)
    assert kept is DeliveryState.UNKNOWN
    again = await store.outbox.claim_delivery(NOON + MINUTE, LEASE)
    assert again.item.repeat
    end = await store.outbox.settle(again, REFUSED, DeliveryState.RETRY, NOON + HOUR, NOON + MINUTE)
    assert end is DeliveryState.SUPERSEDED
    assert await store.ledger.told(["incident-a"]) == [told()]


async def test_a_dead_one_is_tried_again_when_a_person_asks_and_only_then(sql, desk):
    await sql.ledger.keep(Step(NOON, deliveries=[delivery("dead", "i1"), delivery("sent", "i2")]))
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, REFUSED, DeliveryState.DEAD, NOON, NOON)
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    until = NOON + 24 * HOUR
    assert await sql.outbox.again(["dead", "sent", "unknown"], NOON + HOUR, until, "bo") == ["dead"]
    again = await sql.outbox.claim_delivery(NOON + HOUR, LEASE)
    assert (again.item.key, again.tries, again.item.give_up_at) == ("dead", 2, until)
    await sql.outbox.settle(again, SENT, DeliveryState.SENT, NOON, NOON + HOUR)
    assert [row.no for row in await desk.attempts("dead")] == [1, 2]


async def test_what_was_withdrawn_stays_on_record_when_the_same_is_said_anew(sql, desk):
    for number, why in enumerate(("one", "two", "three")):
        await sql.ledger.keep(Step(NOON, deliveries=[delivery(why=why)]))
        if number < 2:
            await sql.ledger.keep(Step(NOON, withdrawn=["delivery-1"]))
    rows = [(one.key, one.state.value) for one in await desk.deliveries()]
    assert rows == [("delivery-1", "pending"), ("delivery-1/1", "superseded"), ("delivery-1/0", "superseded")]


def test_no_code_deletes_a_delivery():
    for path in Path(monitor.__file__).parent.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = ast.unparse(node) if isinstance(node, ast.Call) else ""
            assert not called.startswith(("delete(deliveries", "deliveries.delete(")), path
            assert "DELETE FROM deliveries" not in called, path


async def test_a_first_message_that_arrived_names_the_thread_of_the_next(store):
    for number, name in enumerate(("1700.1", "1700.2", "")):
        await put(store, delivery(f"d{number}"))
        await send(store, attempt=replace(SENT, provider_id=name))
    await put(store, delivery("next"), delivery("another's", seller_id="bob"))
    threads = {}
    for _ in range(2):
        claim = await store.outbox.claim_delivery(NOON, timedelta(minutes=1))
        threads[claim.item.key] = claim.item.thread
        await store.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON)
    assert threads == {"next": "1700.1", "another's": ""}
