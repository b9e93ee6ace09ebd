"""Cases 47 and 48: readers that never end, locks, and a server that restarts, cuts us off or has no room for us."""

import asyncio
import os
import pwd
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from outbox_house import about
from postgres import Postgres, running_postgres
from sqlalchemy.engine import make_url
from store_examples import NOON, SENT, document
from test_deliverer import LEASE, SECOND

from monitor.domain.alerts import DeliveryState
from monitor.domain.errors import ConflictError, StoreUnavailableError
from monitor.steps import Step
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.gauges import SqlGauges
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

MIB = 1024**2
JOURNAL = 64 * MIB  # what SQLite's journal shrinks to

# --- 47: a reader that never ends


@contextmanager
def reader(url: str) -> Iterator[None]:
    """Somebody's shell that has begun to read, and went to lunch."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as shell:
            shell.execute("BEGIN")
            shell.execute("SELECT count(*) FROM documents").fetchone()
            yield
        return
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)) as session:
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        session.execute("SELECT count(*) FROM documents").fetchone()
        yield


@pytest.mark.case(47)
@pytest.mark.long
async def test_case_47_a_reader_that_never_ends_holds_up_no_writer_and_the_journal_shrinks_after_it(
    database: Database, fresh_url: str, tmp_path: Path, record_property
) -> None:
    ledger, desk, gauges = SqlLedger(database), SqlDesk(database), SqlGauges(database, tmp_path)
    numbers = iter(range(10_000))

    async def writes(megabytes: int) -> None:
        for _ in range(megabytes // 8):
            await ledger.keep(Step(NOON, documents=[document(next(numbers), text="w" * MIB) for _ in range(8)]))

    await writes(8)
    with reader(fresh_url):
        await writes(96)
        held = (await gauges.room()).wal
        assert (await desk.counts()).documents == 104, "we see what we wrote meanwhile"
    await writes(16)
    left = (await gauges.room()).wal
    if database.dialect == "sqlite":
        assert held > 90 * MIB, "the gauge and the alert on it see it grow"
        assert left <= JOURNAL
        record_property("figure", f"sqlite: journal {held // MIB} MB, then {left // MIB} MB")
    else:
        record_property("figure", "postgresql: no writer waited")


@pytest.mark.case(47)
async def test_case_47_nothing_of_ours_reads_for_longer_than_its_question(tmp_path: Path) -> None:
    """After each of our own reads nothing holds the journal: a checkpoint can empty it."""
    url = f"sqlite:///{tmp_path / 'short.db'}"
    database = await Database.open(url)
    await SqlLedger(database).keep(Step(NOON, documents=[document()], deliveries=[about(1)]))
    desk = SqlDesk(database)
    for read in (desk.counts(), desk.deliveries(limit=10), desk.incidents(limit=10), desk.document(document().id)):
        await read
        with closing(sqlite3.connect(tmp_path / "short.db")) as other:
            busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert busy == 0
    await database.close()


# --- 48: a server that comes and goes


class Server:
    """A PostgreSQL of this test's own."""

    def __init__(self, postgres: Postgres) -> None:
        self.url = postgres.fresh()
        self._admin = make_url(self.url).set(database="postgres").render_as_string(hide_password=False)
        with closing(psycopg.connect(self._admin)) as session:
            found = session.execute("SHOW data_directory").fetchone()
        assert found is not None
        self._data = Path(found[0])
        self._control = (self._process / "exe").readlink().with_name("pg_ctl")

    @property
    def _process(self) -> Path:
        return Path("/proc") / (self._data / "postmaster.pid").read_text().split()[0]

    def restart(self, mode: str) -> None:
        """`fast`: sessions are ended; `immediate`: as if its power was cut."""
        owner = self._data.stat().st_uid
        user = pwd.getpwuid(owner).pw_name if owner != os.geteuid() else None
        asked = [str(self._control), "-D", str(self._data), "-m", mode, "-w", "-s", "restart"]
        subprocess.run(asked, user=user, cwd="/", check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def fill(self, stack: ExitStack) -> int:
        """Take every place that it has; how many there were."""
        for number in range(1_000):
            try:
                stack.enter_context(closing(psycopg.connect(self._admin)))
            except psycopg.OperationalError as refused:
                if "too many clients" not in str(refused):
                    raise
                return number
        raise AssertionError("it takes any number")


@pytest.fixture
def server() -> Iterator[Server]:
    with running_postgres() as postgres:
        yield Server(postgres)


async def patiently(work):
    """As the loops do: what does not answer is asked again."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await work()
            except StoreUnavailableError:
                await asyncio.sleep(0.05)


async def delivers(outbox: SqlOutbox, sent: Counter[str], repeats: Counter[str]) -> None:
    """Claim, send, settle, until nothing is due any more."""
    while claim := await patiently(lambda: outbox.claim_delivery(NOON, LEASE)):
        sent[claim.item.key] += 1
        repeats[claim.item.key] += claim.item.repeat
        mine = claim
        try:
            await patiently(lambda: outbox.settle(mine, SENT, DeliveryState.SENT, NOON, NOON))  # noqa: B023
        except ConflictError:
            continue  # it was kept, and the answer was lost


def messages(number: int) -> Sequence:
    return [about(n, f"t{n}", created_at=NOON, not_before=NOON) for n in range(number)]


@pytest.mark.case(48)
@pytest.mark.long
async def test_case_48_a_server_that_restarts_under_a_working_daemon_costs_no_claim(
    server: Server, record_property
) -> None:
    """Four senders work while it is restarted in order, and then twice as if its power was cut."""
    database = await Database.open(server.url)
    outbox, desk = SqlOutbox(database), SqlDesk(database)
    new = messages(400)
    await SqlLedger(database).keep(Step(NOON, deliveries=new))
    sent: Counter[str] = Counter()
    repeats: Counter[str] = Counter()
    working = [asyncio.create_task(delivers(outbox, sent, repeats)) for _ in range(4)]
    for number, mode in enumerate(("fast", "immediate", "immediate"), 1):
        while len(sent) < 80 * number and not all(one.done() for one in working):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(server.restart, mode)
    await asyncio.wait_for(asyncio.gather(*working), 120)
    in_doubt = await patiently(lambda: outbox.recover(NOON + LEASE + SECOND))
    await delivers_later(outbox, sent, repeats)
    assert {one.key for one in await desk.deliveries(limit=1_000) if one.state is DeliveryState.SENT} == set(sent)
    assert set(sent) == {one.key for one in new}, "no claim is lost"
    assert all(sent[key] - 1 <= repeats[key] for key in sent), "a second copy says that it is one"
    await database.close()
    record_property("figure", f"3 restarts, 0 of {len(new)} lost, {in_doubt} in doubt and marked")


async def delivers_later(outbox: SqlOutbox, sent: Counter[str], repeats: Counter[str]) -> None:
    """What was in doubt, when its time has come."""
    later = NOON + LEASE + timedelta(hours=1)
    while claim := await patiently(lambda: outbox.claim_delivery(later, LEASE)):
        sent[claim.item.key] += 1
        repeats[claim.item.key] += claim.item.repeat
        await outbox.settle(claim, SENT, DeliveryState.SENT, later, later)


@pytest.mark.case(48)
@pytest.mark.long
async def test_case_48_a_server_that_takes_no_further_connection_is_asked_again_until_it_does(
    server: Server, record_property
) -> None:
    database = await Database.open(server.url, tries=8)
    await database.engine.dispose()  # every connection must be made anew
    ledger, desk = SqlLedger(database), SqlDesk(database)
    refused: list[str] = []
    database.on_error = refused.append
    with ExitStack() as everybody:
        places = server.fill(everybody)
        steps = [
            asyncio.create_task(patiently(lambda n=n: ledger.keep(Step(NOON, deliveries=[about(n, f"t{n}")]))))
            for n in range(8)
        ]
        async with asyncio.timeout(30):
            while len(refused) < 8:
                await asyncio.sleep(0.01)
        assert set(refused) == {"transient"}
        assert not any(one.done() for one in steps)
    await asyncio.wait_for(asyncio.gather(*steps), 60)
    assert len(await desk.deliveries(limit=100)) == 8
    await database.close()
    record_property("figure", f"{places} places taken, 8 of 8 kept after")
