"""One law: whatever is asked of it, in whatever order, the fake, SQLite and PostgreSQL answer alike."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import MemoryStore
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from store_examples import (
    IN_DOUBT,
    NOON,
    REFUSED,
    SENT,
    Store,
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

from monitor.domain.alerts import DeliveryState, Target
from monitor.domain.blocking import keys as keys_of
from monitor.domain.delivery import instead
from monitor.domain.errors import ConflictError, FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Closure
from monitor.domain.rulings import Act, ActKind, Ruling, RulingKind
from monitor.steps import Claim, Step
from monitor.store import search_index
from monitor.store.columns import metadata
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

LEASE = timedelta(hours=1)
ON_RECORD = ("alerts", "acts", "attempts", "records")
FEW = 3  # of everything, so that the acts meet
ENDS = [
    (SENT, DeliveryState.SENT),
    (REFUSED, DeliveryState.RETRY),
    (IN_DOUBT, DeliveryState.UNKNOWN),
    (REFUSED, DeliveryState.DEAD),
    (replace(SENT, provider_id="1700.1"), DeliveryState.SENT),
]
small = st.integers(0, FEW - 1)
minutes = st.sampled_from([1, 10, 30, 60, 60 * 25, 60 * 24 * 25, 60 * 24 * 61])
acts = st.one_of(
    st.tuples(st.sampled_from(["look", "read", "time_alone", "merge"]), small, st.integers(0, 11)),
    st.tuples(st.sampled_from(["claim", "release", "want", "page", "recover", "claim_delivery"]), small, small),
    st.tuples(st.just("settle"), small, st.integers(0, len(ENDS) - 1)),
    st.tuples(st.sampled_from(["hold", "round_up", "wake", "hour", "close"]), small, small),
    st.tuples(st.just("wait"), small, minutes),
)
stories = st.integers(10, 60).flatmap(lambda length: st.lists(acts, min_size=length, max_size=length))


class Teller:
    """Acts on one store and writes down what it saw; tokens are its own affair."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOON
        self.captures: list[Claim[Any]] = []
        self.pages: list[Claim[Any]] = []
        self.deliveries: list[Claim[Any]] = []
        self.made = 0
        self.revisions: dict[str, int] = {}

    async def tell(self, story: list[tuple[str, int, int]]) -> list[Any]:
        seen = []
        for act, which, how in story:
            try:
                saw = await getattr(self, act)(which, how)
            except (ConflictError, ValueError) as refusal:
                saw = "refused" if isinstance(refusal, ConflictError) else "defect"
            seen.append((act, which, how, saw))
        return seen

    async def look(self, which: int, how: int) -> Any:
        """A look whose capture is claimed at once, more often than not."""
        await self.store.inbox.looked(look(f"s{which}"), state(f"s{which}"), capture(self.number(how), f"s{which}"))
        return await self.claim(which, how) if how % 4 else None

    async def claim(self, which: int, how: int) -> Any:
        claim = await self.store.inbox.claim(self.now, LEASE)
        self.captures += [claim] if claim else []
        return claim and (claim.item, claim.tries)

    async def close(self, which: int, how: int) -> Any:
        """A person closes an incident, or its seller says that it is no concern; what waits goes on."""
        id = f"i{which}"
        shut = replace(incident(id, self.revisions.get(id, 0) + 1, self.now), closed=Closure(self.now, "anna", ""))
        act = Act(f"act-{self.number(1)}", id, ActKind.NOT_FOR_US, self.now, "bob", seller_id=["anna", "bob"][how % 2])
        await self.keep(Step(self.now, acts=[act]) if how else Step(self.now, incidents=[shut]))

    async def release(self, which: int, how: int) -> Any:
        if self.captures:
            claim = self.captures[-1 - which % len(self.captures)]
            await self.store.inbox.release(claim, self.now + timedelta(minutes=30 * how), "again")

    async def read(self, which: int, how: int) -> Any:
        if self.captures:
            await self.keep(self.step(self.captures[-1 - which % len(self.captures)], which, how))

    async def time_alone(self, which: int, how: int) -> Any:
        await self.keep(replace(self.step(None, which, how), seen=(), documents=(), quarantine=None))

    async def keep(self, step: Step) -> None:
        await self.store.ledger.keep(step)
        self.revisions.update({one.id: one.revision for one in step.incidents})

    def number(self, how: int) -> int:
        """A new one each time, but for one time in twelve."""
        self.made += how > 0
        return self.made

    def step(self, claim: Claim[Any] | None, which: int, how: int) -> Step:
        """A step that moves an incident on; now and then one that is stale, quarantines, or contradicts a message."""
        kept = f"i{which}"
        revision = self.revisions.get(kept, 0) + (how != 11)
        new = delivery(
            f"d{self.number(how)}",
            kept,
            f"t{how % 2}",
            Severity(how % 5),
            seller_id=["anna", "bob"][how % 3 == 0],
            wait=self.now - NOON + timedelta(minutes=10 * (how % 4)),
        )
        new = replace(new, created_at=None, give_up_at=self.now + timedelta(hours=24))
        return Step(
            self.now,
            claim,
            documents=[document(which, text=f"text {how}")],
            assessments=[assessment(which)] if how % 2 else [],
            seen=[f"e{which}", f"e{how}"],
            incidents=[incident(kept, revision=revision, at=self.now)],
            told=[told(kept, severity=Severity(how % 5))],
            deliveries=[new, delivery(f"once-{kept}", kept, "t9", why="one" if how != 7 else "another")],
            held=[held(kept, revision=how % 2)],
            quarantine=FailureReason.NO_TEXT if how == 5 else None,
        )

    async def merge(self, which: int, how: int) -> Any:
        """A person finds that one incident is another; what nobody heard of it is taken back, or goes along."""
        gone, into = f"i{which}", f"i{(which + how) % FEW}"
        if gone == into:
            return None
        revisions = [self.revisions.get(id, 0) + 1 for id in (gone, into)]
        unheard = await self.store.ledger.unheard([gone, into])
        done = Act(f"act-{self.number(1)}", into, ActKind.MERGE, self.now, "anna", gone)
        keys = (("document-0000", which), ("document-0001", how))
        await self.keep(
            Step(
                self.now,
                incidents=[
                    replace(incident(gone, revisions[0], self.now), evidence=(), merged_into=into),
                    incident(into, revisions[1], self.now),
                ],
                withdrawn=[one.key for one in unheard][: how % 3],
                untold=[(gone, "anna")],
                acts=[done],
                rulings=[Ruling(done.id, RulingKind.SAME, self.now, "anna", keys[:1], keys[1:])],
            )
        )
        return [one.key for one in unheard]

    async def want(self, which: int, how: int) -> Any:
        await self.store.ledger.keep(Step(self.now, wanted_pages=[wanted(which)]))
        claims = await self.store.inbox.want_next(self.now, LEASE, limit=how)
        self.pages += claims
        return [(claim.item, claim.tries) for claim in claims]

    async def page(self, which: int, how: int) -> Any:
        if self.pages:
            claim = self.pages[-1 - which % len(self.pages)]
            await self.store.inbox.page_came(claim, replace(capture(900 + how), document_id=claim.item.document_id))

    async def claim_delivery(self, which: int, how: int) -> Any:
        resting = {f"t{which}": self.now + timedelta(hours=25)} if how else {}
        claim = await self.store.outbox.claim_delivery(self.now, LEASE, resting)
        self.deliveries += [claim] if claim else []
        return claim and (claim.item, claim.tries)

    async def settle(self, which: int, how: int) -> Any:
        if self.deliveries:
            attempt, end = ENDS[how]
            claim = self.deliveries[-1 - which % len(self.deliveries)]
            other = instead(claim.item, Target(f"t{which}", "slack", ""), self.now) if which else None
            until = self.now + timedelta(minutes=10)
            return await self.store.outbox.settle(claim, attempt, end, until, self.now, other)
        return None

    async def hold(self, which: int, how: int) -> Any:
        if self.deliveries:
            claim = self.deliveries[-1 - which % len(self.deliveries)]
            until = self.now + timedelta(minutes=10 * how)
            await self.store.outbox.hold(claim, until, self.now, "full" if how else "", others=how > 1)

    async def round_up(self, which: int, how: int) -> Any:
        if self.deliveries:
            claim = await self.store.outbox.round_up(self.deliveries[-1], self.now, LEASE)
            self.deliveries.append(claim)
            return claim.item, claim.tries
        return None

    async def wake(self, which: int, how: int) -> None:
        await self.store.outbox.wake(f"t{which}", self.now)

    async def hour(self, which: int, how: int) -> Any:
        return await self.store.outbox.hour(f"t{which}", self.now)

    async def recover(self, which: int, how: int) -> int:
        return await self.store.outbox.recover(self.now)

    async def wait(self, which: int, how: int) -> None:
        self.now += timedelta(minutes=how)

    async def look_around(self) -> list[Any]:
        """All that the protocols show."""
        ledger, documents = self.store.ledger, [f"document-{no:04}" for no in range(FEW)]
        return [
            await self.store.inbox.sources(),
            [await known_entries(ledger, f"s{no}") for no in range(FEW)],
            [await ledger.document(id) for id in documents],
            await ledger.content_hashes(documents),
            await ledger.open_incidents(self.now),
            await ledger.told([f"i{no}" for no in range(FEW)]),
            await ledger.incidents_near(keys_of(incident().evidence[0], {}), (), self.now),
            await ledger.incidents_near((), ["document-0001"], self.now),
            [await ledger.acts(f"i{no}") for no in range(FEW)],
            list(await ledger.rulings([("document-0000", no) for no in range(FEW)])),
        ]


async def remembered(memory: MemoryStore) -> list[Any]:
    kept = memory.memory
    return [
        list(kept.deliveries.values()),
        [list(kept.attempts.get(key, ())) for key in kept.deliveries],
        sorted((one.incident_id, one.revision, one.at) for one in kept.held.values()),
        sorted((id, at, reason) for id, (at, reason, _) in kept.quarantine.items()),
        sum(not bed.settled for bed in kept.captures.values()),
        len(kept.wanted),
    ]


async def stored(desk: SqlDesk) -> list[Any]:
    deliveries = (await desk.deliveries(limit=1000))[::-1]
    counts = await desk.counts()
    return [
        deliveries,
        [[row.attempt for row in await desk.attempts(one.key)] for one in deliveries],
        sorted((one.incident_id, one.revision, one.at) for one in await desk.held(limit=1000)),
        sorted((row.capture_id, row.at, row.reason) for row in await desk.quarantined(1000)),
        counts.inbox_waiting,
        counts.wanted_pages,
    ]


async def lay_the_guard_down(database: Database) -> None:
    """What refuses to change the record would refuse to empty the stage too."""
    guards = [f"{table}_no_{verb}" for table in ON_RECORD for verb in ("update", "delete")]
    lifted = [f"DROP TRIGGER {guard}" for guard in guards]
    if database.dialect == "postgresql":
        lifted = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ON_RECORD]

    async def work(connection):
        for statement in lifted:
            await connection.execute(text(statement))

    await database.write(work)


@pytest.fixture(scope="module")
def stage(postgres, tmp_path_factory) -> Iterator[tuple[asyncio.Runner, list[Database]]]:
    """One event loop and both databases, for all stories: they are emptied between them."""
    with asyncio.Runner() as runner:
        urls = [f"sqlite:///{tmp_path_factory.mktemp('stage') / 'one.db'}", postgres.fresh()]
        databases = [runner.run(Database.open(url)) for url in urls]
        for database in databases:
            runner.run(lay_the_guard_down(database))
        yield runner, databases
        for database in databases:
            runner.run(database.close())


async def told_to_all(databases: list[Database], story: list[tuple[str, int, int]]) -> None:
    memory: Any = MemoryStore()
    teller = Teller(Store(memory, memory, memory))
    expected = await teller.tell(story), await teller.look_around(), await remembered(memory)
    for database in databases:

        async def empty(connection, dialect=database.dialect):
            await search_index.clear(connection, dialect)
            for table in reversed(metadata.sorted_tables):
                await connection.execute(table.delete())

        await database.write(empty)
        teller = Teller(Store(SqlInbox(database), SqlLedger(database), SqlOutbox(database)))
        assert (await teller.tell(story), await teller.look_around(), await stored(SqlDesk(database))) == expected


@pytest.mark.long
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(story=stories)
def test_every_store_tells_the_same_story(stage, story):
    runner, databases = stage
    runner.run(told_to_all(databases, story))
