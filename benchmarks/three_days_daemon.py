"""The daemon of `three_days.py`: wired as ever, and then led by the hand, its loops called in turn."""

import asyncio
import gc
import sqlite3
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from three_days_world import BEGIN, COUNTRIES, PLATFORMS, Scale

from monitor.config import Config, load
from monitor.daemon import Daemon
from monitor.fetch.host import SpiderHost
from monitor.fetching import fetch_settings
from monitor.loops import Loop
from monitor.rounds import Rounds
from monitor.seek import Seeker
from monitor.solo import Solo
from monitor.vigilance import Vigilance
from monitor.watching import watch
from monitor.wiring import Service

BEAT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the daemon holds. `reading` is the memory of its reading processes, `blocks` those of Python's allocator."""

    hour: float
    rss: int
    reading: int
    blocks: int
    files: int
    threads: int
    tasks: int
    database: int
    wal: int
    incidents: int


def configure(directory: Path, scale: Scale, port: int) -> Config:
    """The daemon's configuration: three sellers, who stake something on every platform in every country."""
    at = f"http://127.0.0.1:{port}"
    settings = {
        "state_dir": str(directory / "state"),
        "web": {"port": 0},
        "fetch": {"allow_private": True, "timeout": "3s", "gap": "0.01s"},
        "channels": {"webhook": {"allow_private": True}, "slack": {"per_second": 100}},
        "targets": [
            {"id": "ops", "channel": "webhook", "address": f"{at}/hook/ops", "operations": True, "pace": 6000},
            {"id": "desk", "channel": "webhook", "address": f"{at}/hook/desk", "pace": 6000, "digest": "daily"},
            {"id": "chat", "channel": "slack", "address": f"{at}/chat/all", "pace": 6000, "min_severity": "medium"},
        ],
        "log": {"level": "error"},
    }
    sellers = [
        {
            "id": f"seller-{n}", "name": f"Seller {n}", "currency": "EUR",
            "positions": [
                {"platform": name, "country": country, "sales_per_day": 400 * (n + 1) * (k % 9 + 1), "stock": 9000 * k}
                for k, name in enumerate(PLATFORMS[n::3]) for country in COUNTRIES
            ],
        }
        for n in range(3)
    ]  # fmt: skip
    sources = [
        {
            "id": f"source-{n}", "name": f"Paper {n}", "url": f"http://s{n}.example:{port}/feed.xml", "kind": "feed",
            "authority": "official" if scale.official(n) else "news", "publisher": f"Paper {n}", "every": "2h",
            "platforms": scale.platforms_of(n),
        }
        for n in range(scale.sources)
    ]  # fmt: skip
    platforms = [{"name": n, "id": n.lower(), "owner": f"{n} AG", "kind": "marketplace"} for n in PLATFORMS]
    files = {"settings": settings, "platforms": platforms, "exposure": {"sellers": sellers}, "sources/all": sources}
    (directory / "sources").mkdir()
    for name, value in files.items():
        path = directory / f"{name}.yaml"
        path.write_text(yaml.safe_dump(value))
        path.chmod(0o600)
    return load(directory, {})


class Days:
    """The daemon under a clock that is turned by hand."""

    def __init__(self, service: Service, config: Config, port: int) -> None:
        self.now, self._service, self._port = BEGIN, service, port
        store, metrics = service.store, service.metrics
        wired = service.daemon()._parts
        host = SpiderHost(fetch_settings(config.settings.fetch), self.clock, _loopback)
        vigilance = Vigilance(
            store.inbox, store.ledger, store.vigils, metrics, lambda: watch(config), Seeker(host, service._workers).seek
        )
        rounds = Rounds(store.ledger, store.words, lambda: watch(config), metrics, lambda: self.now.timestamp())
        shared = dict(wired.rounds) | {"reminders": rounds.step}
        self._parts = replace(wired, fetcher=host, vigil=vigilance.step, rounds=shared)
        self._daemon = Daemon(self._parts, self.clock)
        assert isinstance(self._daemon.labour, Solo)
        self._solo = self._daemon.labour
        self._beats = 0
        self.file = str(store.database.engine.url.database)
        self.highest_wal = 0

    def clock(self) -> datetime:
        """The simulated time."""
        return self.now

    async def begin(self) -> None:
        """As `Daemon.run` does, without its loops."""
        self._session = aiohttp.ClientSession()
        self._fetching = asyncio.create_task(self._parts.fetcher.run(), name="fetch")
        await self._solo.begin()
        self._daemon._watch()
        await self._parts.upkeep(self.now)
        assert self._parts.web is not None
        await self._parts.web.start()

    async def beat(self) -> None:
        """BEAT passes, and every loop has its turn until there is nothing to do."""
        self.now += BEAT
        self._beats += 1
        await self._tell_the_time()
        loops = {loop.name: loop for loop in self._solo.loops}
        outbox = [loop for name, loop in loops.items() if name.startswith("deliver")]
        while True:
            await _turn(loops["poll"])
            await _turn(loops["pages"])
            if not (under_way := {*self._solo.in_hand()}):
                break
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        while await _turn(loops["path"]):
            await _turn(loops["pages"])
            if self._solo.fetches.in_hand:
                await asyncio.wait(self._solo.fetches.in_hand)
        await _turn(loops["calendar"])
        if self._beats % 3 == 0:
            await _turn(loops["health"])
        await _turn(loops["rounds"])
        await asyncio.gather(*(_turn(loop) for loop in outbox))
        self.highest_wal = max(self.highest_wal, _size(f"{self.file}-wal"))

    async def _tell_the_time(self) -> None:
        assert self._parts.web is not None
        query = {"at": self.now.isoformat(), "busy": str(int(self._beats % 5 == 0))}
        query["metrics"] = f"http://127.0.0.1:{self._parts.web.port}/metrics"
        async with self._session.get(f"http://127.0.0.1:{self._port}/clock", params=query) as answer:
            assert answer.status == 200, await answer.text()

    async def sample(self) -> Sample:
        """Now; memory before anything is tidied for the count."""
        rss, reading = _rss("self"), sum(_rss(str(pid)) for pid in self._service._workers.pids)
        gc.collect()
        return Sample(
            hour=(self.now - BEGIN) / timedelta(hours=1),
            rss=rss,
            reading=reading,
            blocks=sys.getallocatedblocks(),
            files=_open_files(),
            threads=threading.active_count(),
            tasks=len(asyncio.all_tasks()),
            database=_size(self.file),
            wal=_size(f"{self.file}-wal"),
            incidents=len(await self._service.store.ledger.open_ids(self.now)),
        )

    async def said(self) -> dict[str, Any]:
        """What the world has to say."""
        async with self._session.get(f"http://127.0.0.1:{self._port}/said") as answer:
            return dict(await answer.json())

    async def end(self) -> None:
        """As a stop does."""
        assert self._parts.web is not None
        await self._session.close()
        await self._parts.fetcher.stop()
        await self._fetching
        await self._parts.web.stop()
        await self._parts.close()


async def _turn(loop: Loop) -> bool:
    """What `Loop.run` does, until it would wait; whether there was anything."""
    worked = False
    while await loop._work():
        worked = True
    loop._heart.beat(loop.name)
    return worked


async def _loopback(host: str) -> Sequence[str]:
    return ["127.0.0.1"]


def _rss(pid: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _size(file: str) -> int:
    return Path(file).stat().st_size if Path(file).exists() else 0


def pin(file: str) -> sqlite3.Connection:
    """A read that goes on until the connection is closed."""
    reader = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM captures").fetchone()
    return reader
