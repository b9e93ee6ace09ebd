"""Many claimers on one database: each row is somebody's, and nobody's twice."""

import asyncio
from collections import Counter

import pytest
from store_examples import LEASE, MINUTE, NOON, SENT, capture, delivery, document, incident, look, state, wanted

from monitor.domain.alerts import DeliveryState
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox


@pytest.fixture
async def two_daemons(fresh_url):
    """Two sets of connections to one database, as two processes would have."""
    url = fresh_url()
    databases = [await Database.open(url) for _ in range(2)]
    yield databases
    for database in databases:
        await database.close()


async def test_what_one_daemon_keeps_the_other_sees_in_its_next_step(two_daemons):
    here, there = (SqlLedger(database) for database in two_daemons)
    await here.keep(Step(NOON, incidents=[incident("a"), incident("b")]))
    for revision in (2, 3):
        assert await here.open_incidents(NOON) == await there.open_incidents(NOON)
        await there.keep(Step(NOON, incidents=[incident("b", revision=revision, at=NOON + MINUTE)]))
        assert await here.open_incidents(NOON) == [incident("b", revision=revision, at=NOON + MINUTE), incident("a")]


@pytest.mark.case(36)
async def test_eight_claimers_share_five_hundred_captures_without_a_double(two_daemons):
    first = SqlInbox(two_daemons[0])
    for no in range(500):
        await first.looked(look(), state(), capture(no))

    async def claimer(inbox: SqlInbox) -> list[str]:
        mine = []
        while claim := await inbox.claim(NOON, LEASE):
            mine.append(claim.item.id)
        return mine

    shares = await asyncio.gather(*(claimer(SqlInbox(two_daemons[no % 2])) for no in range(8)))
    claimed = [id for share in shares for id in share]
    assert len(claimed) == len(set(claimed)) == 500
    assert sum(1 for share in shares if share) > 1


async def test_eight_claimers_share_the_wanted_pages_and_none_takes_more_than_it_asked_for(two_daemons):
    documents, pages = [document(no) for no in range(200)], [wanted(no) for no in range(200)]
    await SqlLedger(two_daemons[0]).keep(Step(NOON, documents=documents, wanted_pages=pages))

    async def claimer(inbox: SqlInbox) -> list[str]:
        mine = []
        while claims := await inbox.want_next(NOON, LEASE, limit=7):
            assert len(claims) <= 7
            mine.extend(claim.item.document_id for claim in claims)
        return mine

    shares = await asyncio.gather(*(claimer(SqlInbox(two_daemons[no % 2])) for no in range(8)))
    claimed = [id for share in shares for id in share]
    assert len(claimed) == len(set(claimed)) == 200


@pytest.mark.case(36)
async def test_eight_senders_never_crowd_a_target_and_keep_the_order_of_every_line(two_daemons):
    lines = [(f"incident-{i}", f"mail-{t}") for i in range(5) for t in range(6)]
    sellers = ["anna", "bob", "eve"]
    new = [
        delivery(f"{incident}/{target}/{no}", incident, target, seller_id=seller)
        for no, seller in enumerate(sellers)
        for incident, target in lines
    ]
    await SqlLedger(two_daemons[0]).keep(Step(NOON, deliveries=new))
    sent: list[str] = []
    busy: Counter[str] = Counter()

    async def sender(outbox: SqlOutbox) -> None:
        while len(sent) < len(new):
            claim = await outbox.claim_delivery(NOON, LEASE)
            if claim is None:
                await asyncio.sleep(0.01)  # every target is busy
                continue
            busy[claim.item.target] += 1
            assert busy[claim.item.target] == 1
            await asyncio.sleep(0)
            busy[claim.item.target] -= 1
            await outbox.settle(claim, SENT, DeliveryState.SENT, NOON, NOON + MINUTE)
            sent.append(claim.item.key)

    senders = (sender(SqlOutbox(two_daemons[no % 2])) for no in range(8))
    await asyncio.wait_for(asyncio.gather(*senders), timeout=60)
    assert sorted(sent) == sorted(one.key for one in new)
    for event, target in lines:
        assert [key for key in sent if key.startswith(f"{event}/{target}/")] == [
            f"{event}/{target}/{no}" for no in range(len(sellers))
        ]
