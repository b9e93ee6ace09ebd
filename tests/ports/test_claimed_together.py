"""A handful of captures, claimed by one transaction and kept by one, and what must never share a handful."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_examples import LEASE, NOON, capture, document, look, state

from monitor.domain.errors import ConflictError
from monitor.domain.harvests import Harvest
from monitor.steps import Step
from monitor.store import inbox


async def arrive(store, *captures):
    for one in captures:
        await store.inbox.looked(look(one.source_id), state(one.source_id), one)


def ids(claims):
    return [claim.item.id for claim in claims]


async def test_captures_of_several_sources_are_claimed_at_once_the_oldest_first_and_no_more_than_asked_for(store):
    await arrive(store, *(capture(no, f"source-{no}") for no in (3, 1, 2, 4)))
    assert ids(await store.inbox.claim_some(NOON, LEASE, 3)) == ["capture-0001", "capture-0002", "capture-0003"]
    assert ids(await store.inbox.claim_some(NOON, LEASE, 3)) == ["capture-0004"]
    assert ids(await store.inbox.claim_some(NOON, LEASE, 3)) == []


async def test_two_captures_of_one_source_are_read_one_after_the_other_but_its_pages_beside_them(store):
    page = replace(capture(3), document_id="document-0001")
    await arrive(store, capture(1), capture(2), page)
    assert ids(await store.inbox.claim_some(NOON, LEASE, 9)) == ["capture-0001", "capture-0003"]
    assert ids(await store.inbox.claim_some(NOON, LEASE, 9)) == ["capture-0002"]


async def test_what_was_claimed_before_comes_alone_since_it_may_be_what_ended_that_daemon(store):
    await arrive(store, capture(1, "a"), capture(2, "b"))
    assert len(await store.inbox.claim_some(NOON, LEASE, 9)) == 2
    await arrive(store, capture(3, "c"), capture(4, "d"))
    later = NOON + LEASE
    turns = [ids(await store.inbox.claim_some(later, LEASE, 9)) for _ in range(4)]
    assert turns == [["capture-0001"], ["capture-0002"], ["capture-0003", "capture-0004"], []]


async def test_a_handful_holds_no_more_bytes_than_memory_should(sql, monkeypatch):
    monkeypatch.setattr(inbox, "HEAVY", 100)
    noise = bytes(range(200)) * 2
    await arrive(sql, *(replace(capture(no, f"source-{no}"), body=noise) for no in (1, 2, 3)))
    assert [len(await sql.inbox.claim_some(NOON, LEASE, 9)) for _ in range(4)] == [1, 1, 1, 0]


async def test_steps_are_kept_together_or_not_at_all(store):
    await arrive(store, capture(1, "a"), capture(2, "b"))
    first, second = await store.inbox.claim_some(NOON, LEASE, 9)
    steps = [
        Step(NOON, first, documents=[document(1)], seen=("k1",), harvest=Harvest("a", items=1)),
        Step(NOON, second, documents=[document(2)], seen=("k2",), harvest=Harvest("b", items=2)),
    ]
    with pytest.raises(ConflictError):
        await store.ledger.keep(steps[0], replace(steps[1], capture=replace(second, token="another's")))
    before = await store.ledger.before(["a", "b"])
    assert [(before[id].entries, before[id].harvest) for id in ("a", "b")] == [(frozenset(), None)] * 2
    assert await store.ledger.document(document(1).id) is None

    await store.ledger.keep(*steps)
    after = await store.ledger.before(["a", "b", "never read"])
    assert {id: (one.entries, one.harvest and one.harvest.items) for id, one in after.items()} == {
        "a": ({"k1"}, 1),
        "b": ({"k2"}, 2),
        "never read": (frozenset(), None),
    }
    assert await store.ledger.document(document(2).id) == document(2)
    await store.ledger.keep(*steps)  # the answer was lost: it changes nothing
    assert await store.inbox.claim_some(NOON + timedelta(days=1), LEASE, 9) == []
