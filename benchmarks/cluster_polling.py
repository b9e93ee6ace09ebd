"""How much faster two daemons on one PostgreSQL look at sources than one, and whether hosts see their pace kept.

    python benchmarks/cluster_polling.py [--sources 5000] [--rounds 3] [--json]

All sources are due at one moment, on half as many hosts, which answer after 200 to 400 ms that nothing changed.
Real daemons, `sellerwatch run --role fetch`, with the settings that they come with (a second of rest at each host, 32
looks in hand). Requests are counted at the server, from the first to the last. One and two take turns, and so does the
daemon that is alone on SQLite, which does everything. Medians. Fails when two are not at least 1.7 times one, when a
source was looked at twice or not at all, or when a host saw more than its pace.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.engine import make_url

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from cluster_polling_site import Seen, Site, address, serving  # noqa: E402
from postgres import Postgres, running_postgres  # noqa: E402

from monitor.domain.sources import Look, Outcome, SourceState  # noqa: E402
from monitor.store.cluster_tables import polls  # noqa: E402
from monitor.store.database import Database  # noqa: E402
from monitor.store.inbox import SqlInbox  # noqa: E402

WANTED = 1.7
REST, PER_HOST = 1.0, 2  # as the settings are, unless somebody changes them
PER_HOST_SOURCES = 2
BOOT = 180.0  # seconds that daemons may take to be ready
LATER = timedelta(hours=2)
WAYS = ("one", "two", "embedded")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One way, once: what the server saw, and milliseconds of CPU a look in the daemons, PostgreSQL and the server."""

    way: str
    seen: Seen
    daemons: float
    postgres: float
    site: float


def configure(directory: Path, url: str, site: Site, sources: int) -> None:
    """A configuration for one daemon."""

    def write(name: str, value: object) -> None:
        (directory / name).write_text(json.dumps(value), encoding="utf-8")  # which is YAML, and quicker to read
        (directory / name).chmod(0o600)

    (directory / "sources").mkdir(parents=True)
    write("platforms.yaml", [{"name": "Bazarino", "id": "bazarino", "owner": "B AG", "kind": "marketplace"}])
    seller = {"id": "acme", "name": "Acme", "currency": "EUR", "positions": [{"platform": "Bazarino", "country": "PL"}]}
    write("exposure.yaml", {"sellers": [seller]})
    shared = {} if url.startswith("sqlite") else {"store": {"url": url}}
    write(
        "settings.yaml",
        {"state_dir": str(directory / "state"), "web": {"port": 0}, "fetch": {"allow_private": True}} | shared,
    )
    write(
        "sources/all.yaml",
        [
            {
                "id": f"s{n}", "name": f"S {n}", "url": url_of(site, n), "kind": "feed", "authority": "news",
                "publisher": f"p{n}", "every": "1h",
            }
            for n in range(sources)
        ],
    )  # fmt: skip


def url_of(site: Site, number: int) -> str:
    """Of that source."""
    return f"http://{address(number // PER_HOST_SOURCES)}:{site.port}/{number}.xml"


async def remember(url: str, site: Site, sources: int, due: datetime) -> None:
    """All sources were looked at before, and are due then."""
    database = await Database.open(url)
    inbox, before = SqlInbox(database), due - timedelta(minutes=59)
    for start in range(0, sources, 500):
        await asyncio.gather(
            *(
                inbox.looked(
                    Look(f"s{n}", before, Outcome.OK, 200, etag='"one"', body_hash="0" * 64),
                    SourceState(
                        f"s{n}", due, etag='"one"', body_hash="0" * 64, last_look_at=before, last_success_at=before,
                        url=url_of(site, n),
                    ),
                    None,
                )
                for n in range(start, min(start + 500, sources))
            )
        )  # fmt: skip
    await database.close()


async def fall_due(url: str) -> None:
    """All of them, now."""
    database = await Database.open(url)
    now = datetime.now(UTC)
    await database.write(lambda connection: connection.execute(update(polls).values(next_at=now)))
    await database.close()


def started(directory: Path, role: Sequence[str]) -> subprocess.Popen[bytes]:
    log = (directory / "log").open("wb")
    asked = [sys.executable, "-m", "monitor", "run", "--config", str(directory), *role]
    return subprocess.Popen(asked, stdout=log, stderr=log, cwd=ROOT)


async def ready(directories: Sequence[Path], running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Until all of them are. Raises RuntimeError, TimeoutError."""
    async with asyncio.timeout(BOOT):
        while not all(b"ready" in (one / "log").read_bytes() for one in directories):
            if any(one.poll() is not None for one in running):
                raise RuntimeError(f"a daemon ended: {(directories[0] / 'log').read_text()[-2000:]}")
            await asyncio.sleep(0.2)


async def run(way: str, server: Postgres, site: Site, sources: int) -> Run:
    """One round of looks at all sources."""
    with tempfile.TemporaryDirectory(prefix="polling-") as name, ExitStack() as stack:
        daemons = 2 if way == "two" else 1
        directories = [Path(name) / f"d{n}" for n in range(daemons)]
        alone = way == "embedded"
        url = f"sqlite:///{directories[0]}/state/sellerwatch.db" if alone else server.empty()
        shown = url if alone else make_url(url)._replace(password=None).render_as_string(False)
        for directory in directories:
            configure(directory, shown, site, sources)
        if alone:
            (directories[0] / "state").mkdir(mode=0o700)
        due = datetime.now(UTC) + (timedelta(seconds=60 + sources / 100) if alone else LATER)
        await remember(url, site, sources, due)
        role = () if alone else ("--role", "fetch")
        running = [stack.enter_context(started(directory, role)) for directory in directories]
        try:
            await ready(directories, running)
            if alone:
                if datetime.now(UTC) > due:
                    raise RuntimeError("the daemon was ready too late: its first looks would be spread")
                await asyncio.sleep((due - datetime.now(UTC)).total_seconds() - 1)
            else:
                await planted(url, sources)
            site.seen("forget")
            pids = [one.pid for one in running]
            before = cpu(pids), cpu(backends(server)), cpu([site.pid])
            if not alone:
                await fall_due(url)
            await all_seen(site, sources)
            after = cpu(pids), cpu(backends(server)), cpu([site.pid])
            seen = site.seen()
        finally:
            for one in running:
                one.terminate()
        each = [(late - early) * 1_000 / sources for early, late in zip(before, after, strict=True)]
        return Run(way, seen, *each)


async def planted(url: str, sources: int) -> None:
    """Until the daemons have told what they watch."""
    database = await Database.open(url)
    async with asyncio.timeout(BOOT):
        while True:
            rows = await database.read(lambda connection: connection.execute(polls.select()))
            if len(rows.all()) == sources:
                break
            await asyncio.sleep(0.2)
    await database.close()


async def all_seen(site: Site, sources: int) -> None:
    """Until every source was asked, or nothing comes any more."""
    last, since = 0, time.monotonic()
    while (count := site.seen().sources) < sources:
        if count != last:
            last, since = count, time.monotonic()
        if time.monotonic() - since > 30:
            return
        await asyncio.sleep(0.5)
    await asyncio.sleep(1.0)  # that second looks would be seen


def cpu(pids: Sequence[int]) -> float:
    """Seconds, with those of children that ended."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def backends(server: Postgres) -> Sequence[int]:
    """The server's process and its children."""
    root = int((server.directory / "postmaster.pid").read_text().split()[0])
    return [root, *(int(pid) for pid in Path(f"/proc/{root}/task/{root}/children").read_text().split())]


def told(runs: Sequence[Run]) -> str:
    seen = [one.seen for one in runs]
    rates = " ".join(f"{one.rate:.0f}" for one in seen)
    middle = [statistics.median(getattr(one, what) for one in runs) for what in ("daemons", "postgres", "site")]
    return (
        f"{runs[0].way:>9}: {statistics.median(one.rate for one in seen):6.1f} looks/s ({rates}); CPU ms a look:"
        f" daemons {middle[0]:.1f}, PostgreSQL {middle[1]:.1f}, the hosts {middle[2]:.1f};"
        f" at a host at most {max(one.most_at_once for one in seen)} at once,"
        f" {min(one.least_gap for one in seen):.3f} s apart at least, {sum(one.hasty for one in seen)} too soon"
    )


async def measure(sources: int, rounds: int) -> Sequence[Run]:
    runs = []
    with running_postgres() as server, serving(-(-sources // PER_HOST_SOURCES), REST) as site:
        for number in range(rounds):
            for way in WAYS if number % 2 == 0 else (WAYS[1], WAYS[0], WAYS[2]):
                runs.append(await run(way, server, site, sources))
                print(told(runs[-1:]), file=sys.stderr, flush=True)
    return runs


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sources", type=int, default=5_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--json", action="store_true")
    options = asked.parse_args()
    runs = asyncio.run(measure(options.sources, options.rounds))
    rate = {way: statistics.median(one.seen.rate for one in runs if one.way == way) for way in WAYS}
    ratio = rate["two"] / rate["one"]
    wrong = [
        f"{one.way}: {asdict(one.seen)}"
        for one in runs
        if one.seen.requests != options.sources or one.seen.sources != options.sources or one.seen.hasty
        or one.seen.most_at_once > PER_HOST
    ]  # fmt: skip
    if options.json:
        print(json.dumps({"ratio": ratio, "runs": [asdict(one) for one in runs], "wrong": wrong}))
    else:
        for way in WAYS:
            print(told([one for one in runs if one.way == way]))
        print(f"two daemons: {ratio:.2f} times one; wanted {WANTED}")
        print("\n".join(wrong) if wrong else "each source once, and no host saw more than its pace")
    return int(ratio < WANTED or bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
