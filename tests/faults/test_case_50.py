"""Case 50: the real process under a supervisor that this test plays: asked to stop while a message is in hand, and hung
until the supervisor kills it and starts another."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from desks import Desk, until
from postgres import Postgres
from smtp_sink import SILENCE, Sink
from sqlalchemy.engine import make_url

from monitor.config import load
from monitor.daemon import utc_now
from monitor.domain.alerts import Delivery, DeliveryState
from monitor.notify.trial import trial
from monitor.opened import Store, open_store
from monitor.steps import Step

pytestmark = [pytest.mark.case(50), pytest.mark.long]

WATCHDOG = 3.0  # seconds


class Supervisor:
    """Hears what the daemon says of itself, as systemd does."""

    def __init__(self, directory: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.address = str(directory / "notify")
        self.socket.bind(self.address)
        self.socket.setblocking(False)

    async def hears(self, word: str, within: float = 60.0) -> bool:
        """Until it says that; False when it does not."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within):
                while word not in (await loop.sock_recv(self.socket, 4096)).decode():
                    pass
        except TimeoutError:
            return False
        return True

    @asynccontextmanager
    async def starts(self, desk: Desk) -> AsyncIterator[asyncio.subprocess.Process]:
        """A daemon that is ready."""
        told = {"NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "monitor", "run", "--config", str(desk.directory)),
            env=os.environ | told,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            assert await self.hears("READY=1")
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@pytest.fixture
def supervisor(tmp_path: Path):
    made = Supervisor(tmp_path)
    yield made
    made.socket.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, desk: Desk) -> AsyncIterator[Store]:
    """What the daemon works on, seen by somebody beside it; two targets by mail."""
    desk.watches()
    desk.keeps({
        "targets": [{"id": one, "channel": "email", "address": f"{one}@example.com"} for one in ("anna", "bo")],
    })  # fmt: skip
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        desk.keeps({"store": {"url": make_url(postgres.fresh())._replace(password=None).render_as_string()}})
    opened = await open_store(load(desk.directory, {}))
    yield opened
    await opened.database.close()


async def put(store: Store, desk: Desk, target: int) -> Delivery:
    settings = load(desk.directory, {})
    made = trial(settings.targets[target], settings.sellers[0], utc_now())
    await store.ledger.keep(Step(utc_now(), deliveries=[made]))
    return made


async def fate(store: Store, one: Delivery) -> Delivery:
    [found] = [each for each in await store.desk.deliveries(limit=100) if each.key == one.key]
    return found


async def test_case_50_asked_to_stop_it_claims_nothing_more_and_ends_what_is_in_hand(
    store: Store, desk: Desk, mail: Sink, supervisor: Supervisor, record_property
) -> None:
    mail.answers["DATA"] = SILENCE
    async with supervisor.starts(desk) as daemon:
        first = await put(store, desk, 0)
        await until(lambda: mail.mails)
        daemon.send_signal(signal.SIGTERM)
        assert await supervisor.hears("STOPPING=1")
        second = await put(store, desk, 1)
        assert (await fate(store, first)).state is DeliveryState.SENDING
        begin = asyncio.get_running_loop().time()
        mail.answers.clear()
        mail.released.set()
        assert await asyncio.wait_for(daemon.wait(), 30) == 0
        took = asyncio.get_running_loop().time() - begin
    assert (await fate(store, first)).state is DeliveryState.SENT
    left = await fate(store, second)
    assert (left.state, left.attempts) == (DeliveryState.PENDING, 0)
    assert len(mail.mails) == 1
    record_property("figure", f"{store.database.dialect}: stopped {took:.1f} s after its last answer, 0 new claims")


async def test_case_50_a_daemon_that_hangs_is_killed_and_the_next_one_takes_up_what_it_had_in_hand(
    store: Store, desk: Desk, mail: Sink, supervisor: Supervisor, record_property
) -> None:
    """Stopped in the middle of a send it proves its life no more; what may have arrived comes once more, marked."""
    mail.answers["DATA"] = SILENCE
    async with supervisor.starts(desk) as daemon:
        assert await supervisor.hears("WATCHDOG=1", 2 * WATCHDOG), "it proves that it lives"
        await put(store, desk, 0)
        await until(lambda: mail.mails)
        daemon.send_signal(signal.SIGSTOP)  # its loop turns no more
        while await supervisor.hears("WATCHDOG=1", WATCHDOG):
            pass  # what it had said before
        daemon.kill()  # as systemd does after WatchdogSec
        assert await daemon.wait() == -signal.SIGKILL
    await put(store, desk, 1)  # not before: frozen amid a transaction, it would hold SQLite's one lock
    mail.answers.clear()
    mail.released.set()
    async with supervisor.starts(desk) as daemon:
        await until(lambda: len(mail.mails) == 3, 60)
        daemon.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.wait(), 45) == 0
    by = {to: [m["X-Sellerwatch-Repeat"] for m in mail.mails if to in m["To"]] for to in ("anna@", "bo@")}
    assert by == {"anna@": [None, "1"], "bo@": [None]}
    ids = {m["Message-ID"] for m in mail.mails if "anna@" in m["To"]}
    assert len(ids) == 1
    assert {one.state for one in await store.desk.deliveries(limit=100)} == {DeliveryState.SENT}
    record_property("figure", f"{store.database.dialect}: killed, 2 of 2 told, 1 copy marked")
