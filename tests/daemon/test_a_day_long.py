"""A day of a thousand sources in simulated time over the real store: what grows is on disk, not in the process."""

import gc
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from given import NOW

from monitor.deciding import Watch
from monitor.domain.documents import Capture, ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.logs import setup
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart
from monitor.pipeline import Pipeline
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger

pytestmark = pytest.mark.long

HOUR = timedelta(hours=1)


class Net:
    """A tenth of the sources is dead, a tenth has new bytes at each look, the others are unchanged."""

    def __init__(self, now) -> None:
        self.now, self.looks = now, 0

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        self.looks += 1
        kind = int(source.id) % 10
        if kind == 0:
            return Look(source.id, self.now(), Outcome.FAILED, None, FailureReason.DNS, "no such name"), None
        if kind != 1:
            return Look(source.id, self.now(), Outcome.UNCHANGED, 304, etag=f'"{self.looks}"'), None
        body = f"{source.id} {self.looks}".encode()
        capture = Capture(digest(body), source.id, source.url, self.now(), 200, "", body, digest(body))
        return Look(source.id, self.now(), Outcome.OK, 200, body_hash=capture.body_hash), capture


class Reader:
    """Sees one more entry in every capture."""

    async def read(self, capture, source, known, parent, memory="") -> ReadResult:
        return ReadResult(seen=(*sorted(known)[:5], capture.id), items=20, memory=capture.id)


class _Silent:
    def __getattr__(self, name):
        return lambda *_: None


def held() -> tuple[int, int]:
    """Blocks of memory and open files."""
    gc.collect()
    return sys.getallocatedblocks(), len(list(Path("/proc/self/fd").iterdir()))


async def test_a_day_of_a_thousand_sources_leaves_no_more_in_memory_than_its_first_hour(tmp_path) -> None:
    setup("critical")  # what is logged would be kept by the test's own capture
    clock = [NOW]
    sources = {
        str(n): Source(
            str(n), f"S{n}", f"https://s{n}.example/", SourceKind.FEED, Authority.NEWS, f"p{n}", 6 * HOUR
        )
        for n in range(1_000)
    }  # fmt: skip
    database = await Database.open(f"sqlite:///{tmp_path / 'day.db'}")
    inbox, ledger = SqlInbox(database), SqlLedger(database)
    net = Net(lambda: clock[0])
    watch = Watch(sources=sources)
    pipeline = Pipeline(Reader(), _Silent(), inbox, ledger, _Silent(), watch)  # type: ignore[arg-type]
    manner = Manner(harvest=ledger.harvest, incidents=ledger.open_incidents)
    lookout = Lookout(net, inbox, _Silent(), Heart(), lambda: clock[0], lambda: None, manner)  # type: ignore[arg-type]
    await lookout.begin()
    lookout.configure(sources)

    async def goes_on(until: timedelta) -> None:
        while clock[0] < NOW + until:
            clock[0] += timedelta(minutes=10)
            await lookout.poll()
            while lookout.in_hand:
                await lookout.bell.wait(5.0)
                await lookout.poll()
            await lookout.tick(clock[0])
            await pipeline.tick(clock[0])
            while await pipeline.step(clock[0]):
                pass

    await goes_on(HOUR)
    assert net.looks == 1_000
    blocks, files = held()
    await goes_on(24 * HOUR)
    assert net.looks > 3_500
    later, files_later = held()
    await database.close()
    assert later < blocks * 1.02
    assert files_later <= files
