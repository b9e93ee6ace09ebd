"""Killed again and again: is anything lost, and does a second copy ever come without saying that it may be one?

    python benchmarks/kills.py [KILLS] [sqlite|postgresql ...]

On each database two daemons work at once (`kills_child.py`): both deliver, one reads as well. Each is killed by
SIGKILL, in turn at every marked point and at random moments, and started again. What they send arrives by real SMTP and
HTTP at sinks of this process, which log what they got. After the last kill both work on unharmed until nothing is left
to do; then the ledger is joined with the sinks' logs.

Last line: `kills K, lost L, unmarked U, marked M`. Fails unless nothing is lost, nothing came twice unmarked, what was
decided was decided once, and there are no more second copies than kills.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "tests")]

from kills_child import MOST_EVENTS, OUTBOX, PATH, SOURCE, market  # noqa: E402
from kills_sinks import Sinks, open_sinks  # noqa: E402

from monitor.domain.alerts import DeliveryState  # noqa: E402
from monitor.domain.documents import Capture, digest  # noqa: E402
from monitor.domain.sources import Look, Outcome, SourceState  # noqa: E402
from monitor.ledger_check import Receipt, Report, check  # noqa: E402
from monitor.store.audit import Books, books  # noqa: E402
from monitor.store.database import Database  # noqa: E402
from monitor.store.desk import SqlDesk  # noqa: E402
from monitor.store.inbox import SqlInbox  # noqa: E402

KILLS = 200
RANDOM = "at random"
LONGEST_LIFE = 1.2  # seconds until a kill at random
PATIENCE = 20.0  # seconds that a daemon may take to come to its point
DRAIN = 120.0  # seconds
AHEAD = 24  # captures and deliveries that wait for the daemons, so that there is always something in hand


class Daemon:
    """One daemon that is started, killed and started again. `path`: it reads as well."""

    def __init__(self, url: str, sinks: Sinks, path: bool) -> None:
        self._life = {"url": url, "smtp": sinks.smtp, "hook": sinks.hook, "path": path}
        self.points = [*(f"path: {point}" for point in PATH if path), *(f"outbox: {point}" for point in OUTBOX)]
        self._pid = 0

    async def __aenter__(self) -> "Daemon":
        self._forks = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / "kills_child.py"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._stdin.close()
        await self._forks.wait()

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        assert self._forks.stdin is not None
        return self._forks.stdin

    async def _says(self) -> list[str]:
        assert self._forks.stdout is not None
        if not (line := await self._forks.stdout.readline()):
            raise RuntimeError("the program that forks daemons ended")
        return line.decode().split()

    async def start(self, point: str = "", nth: int = 0) -> None:
        """A new life, which ends at the `nth` time that it comes to the point."""
        self._stdin.write(json.dumps(self._life | {"point": point, "nth": nth}).encode() + b"\n")
        await self._stdin.drain()
        self._pid = int((await self._says())[1])

    async def dies(self) -> int:
        """Until it is dead; the signal that ended it. Raises RuntimeError when it ended by itself."""
        status = int((await self._says())[1])
        self._pid = 0
        if status not in {0, signal.SIGKILL}:
            raise RuntimeError(f"a daemon ended with status {status}")
        return status

    def send(self, number: signal.Signals) -> None:
        """Only to the process that this one has started, and only while it is not waited for."""
        if self._pid:
            os.kill(self._pid, number)

    async def stop(self) -> None:
        """It may finish what it has in hand."""
        if self._pid:
            self.send(signal.SIGTERM)
            await self.dies()


@dataclass
class Tally:
    """What one database saw."""

    kills: int = 0
    where: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)  # documents published, by platform
    undrained: int = 0
    wrong: list[str] = field(default_factory=list)  # decisions that were not made, or made twice
    report: Report | None = None

    @property
    def lost(self) -> int:
        return self.undrained + len(self.wrong) + (self.report.lost if self.report else 0)

    @property
    def good(self) -> bool:
        report = self.report
        whole = report is not None and report.holds and not report.dead and report.unmarked == 0
        return whole and self.lost == 0 and report is not None and report.marked <= self.kills


class Trial:
    """The kills on one database."""

    def __init__(
        self,
        url: str,
        kills: int,
        seed: int,
        tick: Callable[[], None] = lambda: None,
        longest: float = LONGEST_LIFE,
    ) -> None:
        self._url, self._kills, self._tick, self._longest = url, kills, tick, longest
        self._dice = random.Random(seed)
        self._tally = Tally()
        self._published = 0
        self._enough = False

    async def run(self) -> Tally:
        """Kill, drain, check."""
        async with open_sinks() as sinks:
            database = await Database.open(self._url)
            self._inbox, self._desk = SqlInbox(database), SqlDesk(database)
            try:
                async with Daemon(self._url, sinks, True) as first, Daemon(self._url, sinks, False) as second:
                    feeding = asyncio.create_task(self._feed())
                    try:
                        await asyncio.gather(self._kill(first), self._kill(second))
                    finally:
                        self._enough = True  # cancelled, it might leave a document behind that it has not counted
                        await feeding
                    await self._finish_pairs()
                    await asyncio.gather(first.start(), second.start())
                    await self._drain()
                await self._judge(await books(database), sinks.received)
            finally:
                await database.close()
        return self._tally

    async def _kill(self, daemon: Daemon) -> None:
        """Take the next kill as long as there are any: half at marked points in turn, half at random."""
        turn = cycle([place for point in daemon.points for place in (point, RANDOM)])
        while self._tally.kills < self._kills:
            self._tally.kills += 1
            place = next(turn)
            await daemon.start("" if place == RANDOM else place, self._dice.randint(1, 6))
            ending = asyncio.create_task(daemon.dies())
            wait = self._dice.uniform(0.02, self._longest) if place == RANDOM else PATIENCE
            done, _ = await asyncio.wait([ending], timeout=wait)
            if not done:
                place = RANDOM
                daemon.send(signal.SIGKILL)
            await ending
            self._tally.where[place] += 1
            self._tick()

    # --- what there is to tell

    async def _feed(self) -> None:
        """Keep a little more waiting than the daemons can take, until that is enough."""
        while not self._enough:
            counts = await self._desk.counts()
            if counts.inbox_waiting + sum(counts.pending_by_channel.values()) < AHEAD:
                for _ in range(6):
                    await self._publish()
            await asyncio.sleep(0.05)

    async def _finish_pairs(self) -> None:
        while self._published % 2:
            await self._publish()

    async def _publish(self) -> None:
        """Every second document moves the date of the event that the one before it announced."""
        number, step = divmod(self._published, 2)
        self._published += 1
        assert number < MOST_EVENTS, "the seller has no more markets"
        at = datetime.now(UTC)
        body = json.dumps({"event": number, "date": f"{at.date() + timedelta(days=60 + step):%Y-%m-%d}"}).encode()
        id = f"{number:05}-{step}"
        capture = Capture(id, SOURCE.id, SOURCE.url, at, 200, "application/json", body, digest(body))
        await self._inbox.looked(Look(SOURCE.id, at, Outcome.OK), SourceState(SOURCE.id, at), capture)
        self._tally.events[market(number)] += 1

    # --- what came of it

    async def _drain(self) -> None:
        until = asyncio.get_running_loop().time() + DRAIN
        while asyncio.get_running_loop().time() < until:
            counts = await self._desk.counts()
            if not counts.inbox_waiting and not counts.pending_by_channel:
                return
            await asyncio.sleep(0.1)

    async def _judge(self, found: Books, received: list[Receipt]) -> None:
        tally = self._tally
        tally.report = check(found, received)
        finished = {DeliveryState.SENT, DeliveryState.SUPERSEDED}
        counts = await self._desk.counts()
        tally.undrained = counts.inbox_waiting + sum(entry.state not in finished for entry in found.entries)
        incidents = await self._desk.incidents(limit=2 * MOST_EVENTS, include_closed=True)
        platform = {incident.id: incident.platforms[0] for incident in incidents}
        if len(incidents) != len(set(platform.values())):
            tally.wrong.append("an event has two incidents")
        said: dict[str, set[str]] = {name: set() for name in tally.events}
        for entry in found.entries:
            said[platform[entry.incident_id]].add(entry.alert_id)
        tally.wrong += [
            f"{name}: {len(said[name])} decisions to speak, not {documents}"
            for name, documents in tally.events.items()
            if len(said[name]) != documents
        ]


@contextmanager
def database_of(kind: str) -> Iterator[str]:
    """The address of a new database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kills-") as directory:
            yield f"sqlite:///{Path(directory) / 'kills.db'}"
        return
    from postgres import running_postgres

    with running_postgres() as server:
        yield server.fresh()


def show(kind: str, tally: Tally, console: Console) -> None:
    """The figures of one database."""
    report = tally.report
    assert report is not None
    places = ", ".join(f"{place} {number}" for place, number in sorted(tally.where.items()))
    console.print(f"{kind}: killed {tally.kills} times ({places})", soft_wrap=True)
    console.print(
        f"{kind}: {sum(tally.events.values())} documents, {report.deliveries} deliveries, {report.attempts} attempts, "
        f"{report.received} received; lost {tally.lost}, unmarked {report.unmarked}, marked {report.marked}",
        soft_wrap=True,
    )
    for words in islice([*tally.wrong, *(f"{one.fault.value} {one.key}: {one.detail}" for one in report.findings)], 20):
        console.print(f"  [bold red]{words}[/]", soft_wrap=True)


def tried(kind: str, kills: int, seed: int = 1, tick: Callable[[], None] = lambda: None) -> Tally:
    """That many kills on a new database of that kind."""
    with database_of(kind) as url:
        return asyncio.run(Trial(url, kills, seed, tick).run())


def main(arguments: list[str]) -> int:
    kills = next((int(word) for word in arguments if word.isdigit()), KILLS)
    kinds = [word for word in arguments if not word.isdigit()] or ["sqlite", "postgresql"]
    console = Console(highlight=False)
    tallies = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    for kind in kinds:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            advance = partial(progress.advance, progress.add_task(kind, total=kills))
            tallies.append(tried(kind, kills, tick=advance))
        show(kind, tallies[-1], console)
    reports: list[Any] = [tally.report for tally in tallies]
    killed, lost = sum(tally.kills for tally in tallies), sum(tally.lost for tally in tallies)
    unmarked, marked = sum(one.unmarked for one in reports), sum(one.marked for one in reports)
    print(f"kills {killed}, lost {lost}, unmarked {unmarked}, marked {marked}")
    return 0 if all(tally.good for tally in tallies) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
