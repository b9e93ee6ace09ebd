"""An upgrade under load: the release before works on PostgreSQL, and daemons of this one take over from it.

    python benchmarks/rolling.py OLD_CHECKOUT [--json] [--seconds N] [--keep DIRECTORY]

OLD_CHECKOUT is the release before, as a directory (`git worktree add`). Its daemon watches a newsroom that publishes
all the while. A daemon of this release starts beside it: the schema is brought up to date under the one that works,
and the new one says at /readyz why it waits. Then, each after N seconds of common work: the old daemon is stopped and
the new one takes over, a second joins, the first is restarted, and at the end the ledger is joined with what the mail
server and the webhook got.

Fails unless nothing is lost, nothing came twice unmarked, each event has one incident, no daemon ended by itself, no
log holds an error, the new daemon waited until the old one was gone, and no source was looked at later than one
interval after it was due while anybody was up.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import aiohttp
import psycopg
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "tests")]

from cluster_kills_judge import Verdict, judge  # noqa: E402
from cluster_kills_trial import LEFT  # noqa: E402
from cluster_kills_world import World, open_world  # noqa: E402
from kills_sinks import Sinks, open_sinks  # noqa: E402
from postgres import Postgres, running_postgres  # noqa: E402

BOOT = 180.0  # seconds that a daemon may take to say something
DRAIN = 300.0
EVERY = timedelta(seconds=30)
SOURCES = 60
PUBLISH = 3.0  # seconds between two publications, on average
LOUD = frozenset({"error", "critical"})


class Daemon:
    """One `sellerwatch run` of the release in `root`."""

    def __init__(self, root: Path, directory: Path) -> None:
        self.root, self.directory, self.log = root, directory, directory / "log"
        self.process: asyncio.subprocess.Process | None = None
        self._supervisor = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def told(self) -> list[str]:
        """What its supervisor heard since it was asked last."""
        heard = []
        with suppress(BlockingIOError):
            while True:
                heard.append(self._supervisor.recv(4096).decode())
        return heard

    async def start(self) -> None:
        link = self.directory / "supervisor"
        if not link.exists():
            self._supervisor.bind(str(link))
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "monitor", "run", "--config", str(self.directory),
                cwd=self.root, stdout=log, stderr=log,
                env=os.environ | {"PYTHONPATH": str(self.root), "NOTIFY_SOCKET": str(link)},
            )  # fmt: skip

    def said(self) -> list[dict[str, Any]]:
        """Its log, line by line; what is no JSON is an error."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        found = []
        for line in lines:
            try:
                found.append(json.loads(line))
            except ValueError:
                found.append({"level": "error", "event": line})
        return found

    def at(self, event: str) -> datetime:
        """When it said that first."""
        return next(datetime.fromisoformat(line["timestamp"]) for line in self.said() if line.get("event") == event)

    async def says(self, event: str, times: int = 1) -> None:
        """Until its log holds a line that begins so. Raises RuntimeError when it ends before."""
        async with asyncio.timeout(BOOT):
            while sum(str(one.get("event", "")).startswith(event) for one in self.said()) < times:
                if self.process is None or self.process.returncode is not None:
                    raise RuntimeError(f"a daemon ended before it said {event!r}: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.1)

    async def stop(self) -> tuple[int, float]:
        """Its exit code, and how long it took."""
        assert self.process is not None
        began = monotonic()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        return await self.process.wait(), monotonic() - began

    def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()


class Upgrade:
    """The story, in its order."""

    def __init__(self, server: Postgres, old: Path, directory: Path, seconds: float) -> None:
        self.url, self._seconds, self._directory = server.empty(), seconds, directory
        self.world = World(SOURCES, EVERY, seed=1)
        self.port = 0
        self.old = Daemon(old, directory / "old")
        self.one, self.two = (Daemon(HERE.parent, directory / name) for name in ("one", "two"))
        self.wrong: list[str] = []
        self.figures: dict[str, Any] = {}
        self._nobody: list[tuple[float, float]] = []

    async def run(self) -> Verdict:
        async with open_sinks() as sinks, open_world(self.world):
            for daemon in (self.old, self.one, self.two):
                self._configure(daemon, sinks)
            publishing = asyncio.create_task(self._publish())
            try:
                await self._upgraded()
                publishing.cancel()
                with suppress(asyncio.CancelledError):
                    await publishing
                self.world.finish()
                looked = monotonic()
                undrained = await self._drained(looked)
                late = self.world.lateness(looked, self._nobody)
                verdict = await judge(self.url, self.world, sinks.received, late, undrained)
                for daemon in (self.one, self.two):
                    await self._stopped(daemon)
            finally:
                publishing.cancel()
                for daemon in (self.old, self.one, self.two):
                    daemon.kill()
        for daemon in (self.old, self.one, self.two):
            for line in daemon.said():
                if line.get("level") in LOUD:
                    self.wrong.append(f"{daemon.directory.name}: {json.dumps(line)[:600]}")
        return verdict

    async def _upgraded(self) -> None:
        await self.old.start()
        await self.old.says("ready")
        await asyncio.sleep(self._seconds)
        before = await self._schema()
        await self.one.start()
        await self.one.says("waits: ")
        self.figures["schema"] = f"{before} to {await self._schema()}"
        looks = self._looks()
        self.figures["readyz"] = await self._ready()
        await asyncio.sleep(self._seconds)
        self.figures["looks by the old one after the migration"] = self._looks() - looks
        if any(line.get("event") == "ready" for line in self.one.said()):
            self.wrong.append("the new daemon did not wait for the old one")
        if not all(word.startswith("EXTEND_TIMEOUT_USEC") for word in self.one.told() or [""]):
            self.wrong.append("its supervisor does not know that it waits")
        began = monotonic()
        await self._stopped(self.old)
        await self.one.says("ready")
        self._nobody.append((began, monotonic()))
        taken = self.one.at("ready") - self.old.at("stopped")
        self.figures["taken over, seconds after the old one had stopped"] = round(taken.total_seconds(), 1)
        await asyncio.sleep(self._seconds)
        await self.two.start()
        await self.two.says("ready")
        await asyncio.sleep(self._seconds)
        await self._stopped(self.one)
        await self.one.start()
        await self.one.says("ready", times=2)
        await asyncio.sleep(self._seconds)

    # --- what is done

    def _configure(self, daemon: Daemon, sinks: Sinks) -> None:
        known = make_url(self.url)._replace(password=None).render_as_string(hide_password=False)
        self.world.configure(daemon.directory, known, sinks)

    async def _publish(self) -> None:
        dice = Random(1)
        while True:
            self.world.publish()
            await asyncio.sleep(dice.expovariate(1 / PUBLISH))

    async def _stopped(self, daemon: Daemon) -> None:
        code, took = await daemon.stop()
        self.figures.setdefault("stops_s", []).append(round(took, 1))
        if code:
            self.wrong.append(f"{daemon.directory.name} ended with {code}")

    async def _ready(self) -> str:
        """What the waiting daemon answers to whoever asks whether it is ready."""
        port = next(line["port"] for line in self.one.said() if line.get("event") == "listens")
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/readyz") as answer,
        ):
            checks = (await answer.json())["checks"]
            if answer.status != 503:
                self.wrong.append(f"the waiting daemon says {answer.status} at /readyz")
            return str(checks["membership"])

    async def _schema(self) -> str:
        row = await self._asked("SELECT version_num FROM sellerwatch_schema")
        return str(row)

    async def _asked(self, query: str) -> Any:
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            row = await (await connection.execute(query)).fetchone()
            return row and row[0]

    def _looks(self) -> int:
        return sum(map(len, self.world.asked.values()))

    async def _drained(self, since: float) -> list[str]:
        until, left = monotonic() + DRAIN, ["nothing was asked"]
        while left and monotonic() < until:
            await asyncio.sleep(1.0)
            left = [
                f"{id} was not looked at" for id in self.world.feeds if max(self.world.asked[id], default=0) < since
            ]
            left += [f"{count} {what}" for what, query in LEFT.items() if (count := await self._asked(query))]
        return left


def tried(old: Path, directory: Path, seconds: float) -> dict[str, Any]:
    """All of it, on a server of its own."""
    with running_postgres() as server:
        upgrade = Upgrade(server, old, directory, seconds)
        verdict = asyncio.run(upgrade.run())
    late = max(verdict.late)
    if late > EVERY.total_seconds():
        upgrade.wrong.append(f"a source was looked at {late:.0f} s late")
    names = ("incidents", "decisions", "deliveries", "received", "lost", "unmarked", "marked", "quarantined")
    counted = {name: getattr(verdict, name) for name in names}
    return upgrade.figures | counted | {"late_s": round(late, 1), "wrong": [*upgrade.wrong, *verdict.wrong]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, metavar="OLD_CHECKOUT")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seconds", type=float, default=45.0)
    parser.add_argument("--keep", type=Path, help="leave the daemons' directories and logs there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rolling-") as directory:
        try:
            found = tried(options.old.resolve(), Path(directory), options.seconds)
        finally:
            if options.keep:
                shutil.copytree(
                    directory, options.keep, ignore=shutil.ignore_patterns("supervisor"), dirs_exist_ok=True
                )
    if options.json:
        print(json.dumps(found))
    else:
        console, table = Console(highlight=False), Table(show_header=False)
        for name, value in found.items():
            if name != "wrong":
                table.add_row(name, str(value))
        console.print(table)
        for words in found["wrong"][:30]:
            console.print(f"[bold red]wrong:[/] {words}", soft_wrap=True)
    return int(bool(found["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
