"""What watching costs: 1,000 feeds of 20 entries looked at for the first time, and again when nothing changed.

    python benchmarks/watch.py [FEEDS]

Fetched from a server on loopback in another process, which counts what it answers; read, stored and deduplicated as the
daemon does it: its own round, in a process of its own, start included. CPU is of that process and all that it started.
Understanding is left out of it, and reported apart. `benchmarks/peers.py` has others do the same work beside it.
"""

import asyncio
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

FEEDS, ENTRIES, ROUNDS = 1_000, 20, 3
UNDERSTOOD = 100  # documents, to tell what understanding costs
ADDRESS = "127.0.0.1"
LEXICON = {
    "en": "the marketplace will close its site and sellers must withdraw balances before orders payout notice",
    "fr": "la place de marché fermera son site et les vendeurs devront retirer leurs soldes avant la date",
    "zh": "平台 将于 六月 停止 运营 请 卖家 尽快 完成 提现 并 下载 订单 数据 公告 通知",
}
MODIFIED = "Tue, 10 Mar 2026 09:00:00 GMT"


def feed(number: int) -> bytes:
    """The same for the same number, about 20 KB; dated within the last days, as live feeds are."""
    dice = random.Random(number)
    lang = ("en", "zh", "fr")[number % 3]
    words, now = LEXICON[lang].split(), datetime.now(UTC).replace(minute=0, second=0)

    def some(count: int) -> str:
        return " ".join(dice.choices(words, k=count))

    items = "".join(
        f"<item><title>{some(9)}</title><link>http://{ADDRESS}/{number}/{n}</link><guid>{number}-{n}</guid>"
        f"<pubDate>{now - timedelta(hours=n + 1):%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description><![CDATA[<p>{some(60)}</p><p>{some(60)}</p>]]></description></item>"
        for n in range(ENTRIES)
    )
    head = f"<title>News {number}</title><link>http://{ADDRESS}/{number}</link><description>News</description>"
    return f'<rss version="2.0"><channel>{head}<language>{lang}</language>{items}</channel></rss>'.encode()


class Serving(asyncio.Protocol):
    """One connection: plain HTTP/1.1, kept alive, conditional by etag or date."""

    def __init__(self, bodies: Sequence[bytes], counts: Counter[int]) -> None:
        self._bodies, self._counts, self._heard = bodies, counts, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while b"\r\n\r\n" in self._heard:
            head, _, self._heard = self._heard.partition(b"\r\n\r\n")
            self._transport.write(self._answer(head))

    def _answer(self, head: bytes) -> bytes:
        path = head.split(b" ", 2)[1].strip(b"/").removesuffix(b".xml")
        if not path.isdigit() or int(path) >= len(self._bodies):
            self._counts[404] += 1
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        lower, body = head.lower(), self._bodies[int(path)]
        etag = f'"{path.decode()}-{len(body)}"'
        same = etag.encode() in lower if b"if-none-match" in lower else MODIFIED.lower().encode() in lower
        status = 304 if same else 200
        self._counts[status] += 1
        told = f"ETag: {etag}\r\nLast-Modified: {MODIFIED}\r\n"
        if same:
            return f"HTTP/1.1 304 Not Modified\r\n{told}\r\n".encode()
        told += f"Content-Type: application/rss+xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        return f"HTTP/1.1 200 OK\r\n{told}\r\n".encode() + body


def _serve(pipe: Connection, feeds: int) -> None:
    async def main() -> None:
        bodies, counts = [feed(number) for number in range(feeds)], Counter[int]()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Serving(bodies, counts), ADDRESS, 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while await asyncio.to_thread(pipe.recv):
            pipe.send(dict(counts))
            counts.clear()

    asyncio.run(main())


class Server:
    """The server in its own process. `counted` gives how often it answered with each status since the last time."""

    def __init__(self, pipe: Connection, port: int) -> None:
        self._pipe, self.port = pipe, port

    def counted(self) -> dict[int, int]:
        self._pipe.send(True)
        counts: dict[int, int] = self._pipe.recv()
        return counts


@contextmanager
def serving(feeds: int) -> Iterator[Server]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(theirs, feeds), daemon=True)
    process.start()
    try:
        yield Server(ours, ours.recv())
    finally:
        ours.send(False)
        process.join()


def costs(command: Sequence[str], **environment: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a process and all its children, and what it printed. Raises when it fails."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=os.environ | environment)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        said.seek(0)
        printed = said.read().decode(errors="replace")
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {printed[-2_000:]}")
    return wall, used.ru_utime + used.ru_stime, printed


def refresh(folder: Path, port: int, feeds: int, hours: int) -> tuple[float, float, int]:
    """One round of ours over the database in the folder, `hours` from now. Wall, CPU, documents kept."""
    root = Path(__file__).parents[1]
    asked = [sys.executable, __file__, "round", str(folder / "ours.db"), str(port), str(feeds), str(hours)]
    wall, cpu, said = costs(asked, PYTHONPATH=str(root))
    return wall, cpu, json.loads(said.splitlines()[-1])["documents"]


def running(database: Path, port: int, feeds: int, hours: int, refreshes: int) -> tuple[float, float, int]:
    """The last of so many refreshes in one process that has started: as the daemon's next hour."""
    root = Path(__file__).parents[1]
    asked = [sys.executable, __file__, str(refreshes), str(database), str(port), str(feeds), str(hours)]
    _, _, said = costs(asked, PYTHONPATH=str(root))
    told = json.loads(said.splitlines()[-1])
    return told["wall"], told["cpu"], told["documents"]


async def _round(database_file: str, port: int, feeds: int, hours: int, refreshes: int) -> dict[str, float]:
    """The daemon's own round, or `refreshes` of its with the figures of the last, of this process and of children
    that have ended; understanding answers at once that there is nothing to report."""
    import logging

    import structlog
    from sqlalchemy import func, select

    from monitor.daemon import Daemon, Parts
    from monitor.deciding import Watch
    from monitor.domain.documents import Document
    from monitor.domain.signals import Assessment
    from monitor.domain.sources import Authority, Source, SourceKind
    from monitor.fetch.host import SpiderHost
    from monitor.fetch.settings import FetchSettings
    from monitor.lookout import Manner
    from monitor.metrics import Metrics
    from monitor.pipeline import Pipeline
    from monitor.read.workers import Workers
    from monitor.store.database import Database
    from monitor.store.inbox import SqlInbox
    from monitor.store.ledger import SqlLedger
    from monitor.store.tables import documents

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))  # as the daemon's is

    class Silent:
        def worth_a_page(self, document: Document, source: Source) -> bool:
            return False

        async def assess(self, document: Document, source: Source) -> Assessment:
            return Assessment(document.id, document.lang or "", 0.0, ())

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(hours=hours)

    async def nothing(at: datetime | None = None) -> int:
        return 0

    sources = {
        f"feed-{n}": Source(
            f"feed-{n}", f"Feed {n}", f"http://{ADDRESS}:{port}/{n}.xml", SourceKind.FEED, Authority.NEWS, f"feed-{n}",
            timedelta(hours=1),
        )
        for n in range(feeds)
    }  # fmt: skip
    settings = FetchSettings("Sellerwatch/bench", "https://seller.example", per_host=32, allow_private=True)
    database, workers, meter = await Database.open(f"sqlite:///{database_file}"), Workers(), Metrics()
    inbox, ledger = SqlInbox(database), SqlLedger(database)
    pipeline = Pipeline(workers, Silent(), inbox, ledger, meter, Watch(sources))
    count = 0

    async def close() -> None:
        nonlocal count
        await workers.close()
        count = await database.read(lambda connection: connection.scalar(select(func.count()).select_from(documents)))
        await database.close()

    parts = Parts(
        SpiderHost(settings, now), inbox, pipeline, meter, None, sources, nothing, nothing, nothing, nothing,
        lambda: sources, close, manner=Manner(per_host=32, harvest=ledger.harvest, harvests=ledger.harvests),
    )  # fmt: skip
    daemon, wall, cpu = Daemon(parts, now), 0.0, 0.0
    if not refreshes:
        await daemon.once()
        return {"documents": count}
    fetching = asyncio.create_task(parts.fetcher.run())
    await daemon.lookout.begin()
    for _ in range(refreshes):
        began, used = time.perf_counter(), sum(os.times()[:4])
        await asyncio.gather(*(daemon.lookout.look(source) for source in sources.values()))
        while await pipeline.step(now()):
            pass
        await workers.close()  # what children used is told at their end
        wall, cpu = time.perf_counter() - began, sum(os.times()[:4]) - used
        hours += 3
    await parts.fetcher.stop()
    await fetching
    await close()
    return {"documents": count, "wall": wall, "cpu": cpu}


def understanding() -> float:
    """CPU milliseconds that the model takes for a document of such feeds, on top."""
    from understand import known

    from monitor.domain.documents import Capture, digest
    from monitor.domain.sources import Authority, Source, SourceKind
    from monitor.read.capture import read_capture
    from monitor.understand.analyst import Analyst

    source = Source("feed", "", f"http://{ADDRESS}/", SourceKind.FEED, Authority.NEWS, "feed", timedelta(hours=1))
    read = []
    for number in range(UNDERSTOOD // ENTRIES):
        body = feed(number)
        capture = Capture(str(number), "feed", source.url, datetime.now(UTC), 200, "", body, digest(body))
        read += read_capture(capture, source, frozenset(), None).documents
    analyst = Analyst(known())
    analyst.assess(read[0], source)
    started = time.process_time()
    for document in read:
        analyst.assess(document, source)
    return (time.process_time() - started) / len(read) * 1e3


def main(feeds: int = FEEDS) -> int:
    first, again = [], []
    with serving(feeds) as server:
        for _ in range(ROUNDS):
            with tempfile.TemporaryDirectory() as folder:
                first.append(refresh(Path(folder), server.port, feeds, 0))
                assert server.counted() == {200: feeds}
                again.append(refresh(Path(folder), server.port, feeds, 3))
                assert server.counted() == {304: feeds}
    assert all(kept == feeds * ENTRIES for *_, kept in first + again)
    print(f"{feeds} feeds of {ENTRIES} entries, requests counted, medians of {ROUNDS}")
    for name, rounds in (("first refresh", first), ("unchanged refresh", again)):
        wall, cpu = (statistics.median(one[column] for one in rounds) for column in (0, 1))
        print(f"{name:<20} {wall:7.2f} s, {cpu:7.2f} s CPU, {cpu / feeds * 1e3:6.2f} ms CPU a feed")
    print(f"understanding, apart: {understanding():.1f} ms CPU a document")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] in (["round"], ["1"], ["2"]):
        how, file, *numbers = sys.argv[1:]
        port, many, hours = map(int, numbers)
        print(json.dumps(asyncio.run(_round(file, port, many, hours, refreshes=0 if how == "round" else int(how)))))
        sys.exit(0)
    sys.exit(main(*map(int, sys.argv[1:])))
