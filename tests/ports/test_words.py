"""What was said, without what it says, and the acts of many incidents at once: alike on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_examples import LEASE, MINUTE, NOON, SENT, Store, delivery, incident, told

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Closure
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.words import SqlWords


@pytest.fixture
def words(database: Database) -> SqlWords:
    return SqlWords(database)


async def test_a_word_is_its_delivery_as_it_stands(sql: Store, words: SqlWords) -> None:
    one, other = delivery("k1"), replace(delivery("k2", target="chat-anna"), alert_id="later", reason=Reason.REPEAT)
    await sql.ledger.keep(Step(NOON, deliveries=[one, other]))
    claim = await sql.outbox.claim_delivery(NOON, LEASE)
    assert claim is not None
    await sql.outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON + MINUTE)
    newer = replace(delivery("k3", target="chat-anna"), created_at=NOON + MINUTE)
    await sql.ledger.keep(Step(NOON + MINUTE, deliveries=[newer]))
    first, folded, last = (await words.words(["incident-a", "nothing"]))["incident-a"]
    assert (first.key, first.state, first.sent_at, first.attempts) == ("k1", "sent", NOON + MINUTE, 1)
    assert (first.severity, first.give_up_at, first.seller_id) == (Severity.HIGH, one.give_up_at, "anna")
    assert (folded.reason, folded.state, folded.into, folded.withdrawn) == ("repeat", "superseded", "k3", False)
    assert (last.created_at, last.arrived) == (NOON + MINUTE, False)
    await sql.ledger.keep(Step(NOON + MINUTE, withdrawn=["k3"]))
    assert [word.withdrawn for word in (await words.words(["incident-a"]))["incident-a"]] == [False, False, True]


async def test_what_was_said_loudly_is_found_since_a_moment(sql: Store, words: SqlWords) -> None:
    said = [delivery("k1"), delivery("k2", "incident-b", severity=Severity.LOW), delivery("k3", "incident-c")]
    await sql.ledger.keep(Step(NOON, deliveries=said))
    assert await words.loud_since(NOON, Severity.HIGH) == ["incident-a", "incident-c"]
    assert await words.loud_since(NOON, Severity.CRITICAL) == []
    assert await words.loud_since(NOON + timedelta(microseconds=1), Severity.LOW) == []


async def test_what_somebody_was_told_and_has_a_day_ahead_is_found_while_it_stands(sql: Store, words: SqlWords) -> None:
    shut = replace(incident("incident-c"), closed=Closure(NOON, "anna"))
    off = replace(incident("incident-d"), status=Status.REVERSED)
    kept = [incident(), incident("incident-b"), shut, off]
    await sql.ledger.keep(Step(NOON, incidents=kept, told=[told(one.id) for one in kept if one.id != "incident-b"]))
    last = kept[0].effective_date
    assert last is not None
    assert await words.told_until(last.last_day) == ["incident-a"]
    assert await words.told_until(last.last_day + timedelta(days=1)) == []


async def test_acts_of_many_are_those_on_each_and_on_all_that_went_into_it(sql: Store) -> None:
    ids = ["incident-a", "incident-b", "incident-c", "incident-d"]
    await sql.ledger.keep(Step(NOON, incidents=[incident(id) for id in ids]))
    into = {"incident-c": "incident-b", "incident-b": "incident-a"}
    gone = [replace(incident(one, 2), merged_into=other) for one, other in into.items()]
    await sql.ledger.keep(Step(NOON, incidents=gone))
    done = [Act(f"act-{id}", id, ActKind.ACK, NOON + number * MINUTE, "anna") for number, id in enumerate(ids[:3])]
    await sql.ledger.keep(Step(NOON, acts=reversed(done)))
    found = await sql.ledger.acts_on(ids)
    assert {id: [act.id for act in acts] for id, acts in found.items()} == {
        "incident-a": ["act-incident-a", "act-incident-b", "act-incident-c"],
        "incident-b": ["act-incident-b", "act-incident-c"],
        "incident-c": ["act-incident-c"],
    }
    assert found["incident-a"] == await sql.ledger.acts("incident-a")
