"""Three days of the daemon in simulated time: what grows?

    python benchmarks/three_days.py [--whole] [--sources N] [--documents N] [--incidents N] [--hours H] [--json]

Without options a small world of six hours, in a minute; `--whole` is 500 sources, 50,000 documents and 300 incidents in
72 hours, which takes half an hour or more. A process of its own publishes, is told and scrapes (`three_days_world.py`);
a fifth of the sources is dead. Here runs the daemon as it is wired: its loops are called in turn, once in two minutes
of simulated time; fetching, reading, understanding, the SQLite file, the channels and the listener are the real ones.
For hours somebody keeps a read of the database open, which holds its write-ahead log.

Fails when memory grows after the warm-up, when files, threads, tasks or the log of writes pass their bounds, when one
quiet scrape in a hundred takes 100 ms or more, or when a message is lost, made up or doubled. `--trace` tells more of
what grew.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import sys
import tempfile
import tracemalloc
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from statistics import linear_regression, median
from time import perf_counter, process_time
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from three_days_daemon import BEAT, Days, Sample, configure, pin
from three_days_world import Scale, started

from monitor import logs
from monitor.ledger_check import Receipt, check
from monitor.store.audit import books
from monitor.wiring import open_service

SMALL = Scale(sources=50, documents=1_000, incidents=10, hours=6)
SCRAPE_MS, WAL_BYTES = 100.0, 64 * 2**20  # that is the most
GROWTH = {"rss": 0.04, "blocks": 0.06}  # shares; the last 300 incidents stay decoded, some 10 kB each
POOLS = {"files": 64, "threads": 24, "tasks": 24}  # threads come one by one until their pools are full
WARM = 1 / 3  # of the time, after which nothing may grow any more
PINNED = 0.45  # of the time, then a long read begins
MIB = 2**20
HOUR = timedelta(hours=1)
LONG = 2 * HOUR  # it lasts at least
ENVIRONMENT = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "1"}  # as the unit has it


async def lived(scale: Scale, directory: Path, port: int, trace: bool) -> dict[str, Any]:
    """The days, and what came of them."""
    config = configure(directory, scale, port)
    service = await open_service(config)
    days = Days(service, config, port)
    await days.begin()
    beats = round(scale.hours * HOUR / BEAT)
    every = max(beats // 72, 10)
    pinned = range(round(beats * PINNED), round(beats * PINNED) + round(max(scale.hours * HOUR / 24, LONG) / BEAT))
    samples: list[Sample] = []
    reader, calm, first = None, 0, None
    began, worked = perf_counter(), process_time()
    for number in range(beats):
        if number in pinned and reader is None:
            calm, reader = days.highest_wal, pin(days.file)
        elif number not in pinned and reader is not None:
            reader.close()
            reader = None
        await days.beat()
        if (number + 1) % every == 0:
            samples.append(await days.sample())
            print(_line(samples[-1], perf_counter() - began), file=sys.stderr, flush=True)
        if trace and number == round(beats * WARM):
            tracemalloc.start(8)
        if trace and number == round(beats * (1 + WARM) / 2):
            first = tracemalloc.take_snapshot()
    if first is not None:
        _tell_what_grew(first)
    seconds, processor = perf_counter() - began, process_time() - worked
    said = await days.said()
    receipts = [Receipt(key, repeat, datetime.fromisoformat(at)) for key, at, repeat in said["received"]]
    report = check(await books(service.store.database), receipts, {"ops", "desk"})
    await days.end()
    return {
        "scale": asdict(scale),
        "seconds": seconds,
        "processor_seconds": processor,
        "samples": [asdict(one) for one in samples],
        "wal_high_water": calm,
        "wal_high_water_pinned": days.highest_wal,
        "scrape_ms": _quantiles(said["quiet"]),
        "scrape_busy_ms": _quantiles(said["busy"]),
        "exposition_bytes": said["exposition"],
        "published": said["published"],
        "rows": _rows(days.file),
        "received": len(receipts),
        "chats": len(said["chats"]),
        "lost": report.lost,
        "doubled": report.unmarked + report.marked + len(said["chats"]) - len(set(said["chats"])),
        "findings": [f"{one.fault.value} {one.key}: {one.detail}" for one in report.findings],
    }


def _tell_what_grew(first: tracemalloc.Snapshot) -> None:
    for grown in tracemalloc.take_snapshot().compare_to(first, "traceback")[:12]:
        print(f"{grown.size_diff / 1024:+.0f} KiB in {grown.count_diff:+} blocks", file=sys.stderr)
        print("\n".join(grown.traceback.format()[-10:]), file=sys.stderr)


def _quantiles(took: Sequence[float]) -> dict[str, float]:
    some = sorted(took)
    return {"scrapes": len(some), "p50": median(some), "p99": some[len(some) * 99 // 100], "most": some[-1]}


def _rows(file: str) -> dict[str, int]:
    """How many of each table."""
    with closing(sqlite3.connect(file)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}


def growth(samples: Sequence[dict[str, Any]], what: str, hours: float) -> float:
    """After the warm-up: how much more there is in the last third than in the first, as a share."""
    warm = [one[what] for one in samples if one["hour"] > hours * WARM]
    some = max(len(warm) // 3, 1)
    return float(median(warm[-some:]) / median(warm[:some]) - 1)


def slope(samples: Sequence[dict[str, Any]], what: str, hours: float) -> float:
    """After the warm-up: how much more in a day."""
    warm = [one for one in samples if one["hour"] > hours * WARM]
    return float(linear_regression([one["hour"] / 24 for one in warm], [one[what] for one in warm]).slope)


def wrong(found: dict[str, Any]) -> dict[str, str]:
    """Which laws do not hold, and how."""
    samples, hours, end = found["samples"], found["scale"]["hours"], found["samples"][-1]
    grown = {what: growth(samples, what, hours) for what in GROWTH}
    laws = {what: (share <= GROWTH[what], f"{what} grew by {100 * share:.1f} %") for what, share in grown.items()}
    laws |= {what: (end[what] <= most, f"{end[what]} {what} are open") for what, most in POOLS.items()}
    slow, high = found["scrape_ms"]["p99"], found["wal_high_water"]
    laws |= {
        "wal": (high <= WAL_BYTES, f"the write-ahead log reached {high / MIB:.0f} MiB"),
        "wal after a read": (end["wal"] <= WAL_BYTES, f"it is still {end['wal'] / MIB:.0f} MiB long"),
        "scrape": (slow < SCRAPE_MS, f"one scrape in a hundred takes {slow:.0f} ms"),
        "lost": (found["lost"] == 0, f"{found['lost']} messages are lost"),
        "doubled": (found["doubled"] == 0, f"{found['doubled']} messages came twice"),
        "ledger": (not found["findings"], f"the ledger does not hold: {found['findings'][:3]}"),
        "told": (found["received"] > 0 and found["chats"] > 0, "nobody was told anything"),
    }
    return {law: how for law, (held, how) in laws.items() if not held}


def _line(one: Sample, seconds: float) -> str:
    return (
        f"{seconds:6.0f} s, hour {one.hour:5.1f}: {one.rss / MIB:6.1f} + {one.reading / MIB:5.1f} MiB, "
        f"{one.blocks} blocks, {one.files} files, {one.threads} threads, {one.tasks} tasks, {one.incidents} incidents, "
        f"database {one.database / MIB:.0f} MiB, log {one.wal / MIB:.1f} MiB"
    )


def show(found: dict[str, Any], console: Console) -> None:
    """The table, and what is more to say."""
    scale, samples = found["scale"], found["samples"]
    console.print(
        f"{scale['hours']:g} hours of {scale['sources']} sources, {found['published']} documents, "
        f"{scale['incidents']} incidents: {found['seconds']:.0f} s, {found['processor_seconds']:.0f} s of processor"
    )
    columns = ("hour", "MiB", "reading", "blocks", "files", "threads", "tasks", "open", "db MiB", "WAL MiB")
    table = Table(title="in use; blocks in thousands, open incidents", box=box.SIMPLE, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name, justify="right")
    every = max(len(samples) // 12, 1)
    for one in samples[every - 1 :: every]:
        sizes = [f"{one[what] / MIB:.1f}" for what in ("rss", "reading", "database", "wal")]
        counts = (str(one[what]) for what in ("files", "threads", "tasks", "incidents"))
        table.add_row(f"{one['hour']:.1f}", *sizes[:2], f"{one['blocks'] / 1000:.0f}", *counts, *sizes[2:])
    console.print(table)
    hours = scale["hours"]
    console.print(
        f"after hour {hours * WARM:.0f}: daemon {100 * growth(samples, 'rss', hours):+.1f} %, slope "
        f"{slope(samples, 'rss', hours) / MIB:+.2f} MiB a day; blocks {100 * growth(samples, 'blocks', hours):+.1f} %"
    )
    quiet, busy = found["scrape_ms"], found["scrape_busy_ms"]
    console.print(
        f"/metrics, {found['exposition_bytes'] / 1000:.0f} kB as sent, {quiet['scrapes']} times: quiet "
        f"p50 {quiet['p50']:.1f} ms, p99 {quiet['p99']:.1f} ms, most {quiet['most']:.1f} ms; "
        f"amid work p50 {busy['p50']:.1f} ms, p99 {busy['p99']:.1f} ms"
    )
    console.print(
        f"write-ahead log at most {found['wal_high_water'] / MIB:.1f} MiB, with a long read "
        f"{found['wal_high_water_pinned'] / MIB:.1f} MiB"
    )
    rows = found["rows"]
    console.print(
        f"{rows['captures']} captures, {rows['documents']} documents, {rows['incidents']} incidents, "
        f"{rows['deliveries']} deliveries, {rows['attempts']} tries; "
        f"{found['received']} + {found['chats']} arrived, {found['lost']} lost, {found['doubled']} twice"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", action="store_true")
    for name in ("sources", "documents", "incidents"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--hours", type=float)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    if ENVIRONMENT.items() - os.environ.items():  # the C library reads it when a process begins
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | ENVIRONMENT)
    base = asdict(Scale() if options.whole else SMALL)
    asked = {name: value for name in base if (value := getattr(options, name)) is not None}
    scale = Scale(**base | asked)
    logs.setup("critical")
    world, pipe, port = started(scale)
    try:
        with tempfile.TemporaryDirectory(prefix="three-days-") as directory:
            found = asyncio.run(lived(scale, Path(directory), port, options.trace))
    finally:
        pipe.send("the end")
        world.join(10)
    faults = wrong(found)
    if options.json:
        print(json.dumps(found | {"wrong": faults}))
    else:
        show(found, Console(highlight=False, soft_wrap=True))
        for fault in faults.values():
            print(f"wrong: {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
