"""What looking at many sources costs besides the net: CPU and memory per source at 1,000, 10,000 and 50,000.

    python benchmarks/schedule.py

The daemon's own lookout with its queue, states and rhythms, over a net that answers at once and a store that encodes
its rows and drops them. All sources are due, are looked at, and are due again an hour later, until 50,000 looks were
made. Each size runs in a process of its own, and the least of five runs counts, which take turns. Then an idle poll,
when nothing is due. Fails when the cost per source at any size lies more than 20 % above that at 1,000, or an idle poll
at 50,000 costs more than twice that at 1,000.
"""

import asyncio
import gc
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from monitor.domain.documents import Capture
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.lookout import Lookout, Manner
from monitor.loops import Heart
from monitor.store import codec

SIZES, LOOKS, RUNS, MOST = (1_000, 10_000, 50_000), 50_000, 5, 1.2
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
IDLE_POLLS = 20_000


class World:
    """A net, a store and a meter that cost next to nothing, and a clock that is set."""

    def __init__(self) -> None:
        self.now = START
        self.looks = 0

    async def look(self, source: Source, state: SourceState) -> tuple[Look, Capture | None]:
        self.looks += 1
        return Look(source.id, self.now, Outcome.UNCHANGED, 304, etag='"one"', body_hash="0" * 64), None

    async def sources(self) -> Mapping[str, SourceState]:
        return {}

    async def looked(self, look: Look, state: SourceState, capture: Capture | None) -> None:
        codec.dump(state)
        codec.dump(look)


class Meter:
    def looked(self, *_: object) -> None: ...


async def measure(size: int) -> tuple[float, float, float]:
    """Microseconds of CPU a look, bytes a source, microseconds an idle poll."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))  # as the daemon's is
    codec.dump(SourceState("", START))
    codec.dump(Look("", START, Outcome.OK))
    gc.collect()
    before = resident()
    sources = {
        f"source-{n}": Source(
            f"source-{n}", f"Source {n}", f"https://host-{n}.example/feed.xml", SourceKind.FEED, Authority.NEWS,
            f"Paper {n}", HOUR,
        )
        for n in range(size)
    }  # fmt: skip
    world = World()
    lookout = Lookout(
        world, world, Meter(), Heart(), lambda: world.now, lambda: None, Manner(spread=0.0)  # type: ignore[arg-type]
    )  # fmt: skip
    await lookout.begin()
    cpu = time.process_time()
    lookout.configure(sources)
    for number in range(1, LOOKS // size + 1):
        while world.looks < number * size:
            await lookout.poll()
            if in_hand := list(lookout.in_hand.values()):
                await asyncio.wait(in_hand)
                await asyncio.sleep(0)
        world.now += 1.2 * HOUR
    cpu = time.process_time() - cpu
    gc.collect()
    memory = resident() - before
    world.now -= 1.2 * HOUR - timedelta(seconds=2)  # nothing is due yet
    idle = time.process_time()
    for _ in range(IDLE_POLLS):
        await lookout.poll()
    idle = time.process_time() - idle
    return cpu / LOOKS * 1e6, memory / size, idle / IDLE_POLLS * 1e6


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def in_a_process(size: int) -> tuple[float, float, float]:
    done = subprocess.run([sys.executable, __file__, str(size)], capture_output=True, check=True)
    cpu, memory, idle = json.loads(done.stdout)
    return cpu, memory, idle


def main() -> int:
    if len(sys.argv) > 1:
        print(json.dumps(asyncio.run(measure(int(sys.argv[1])))))
        return 0
    runs = [[in_a_process(size) for size in SIZES] for _ in range(RUNS)]
    found = [[min(run[n][what] for run in runs) for what in range(3)] for n in range(len(SIZES))]
    for size, (cpu, memory, idle) in zip(SIZES, found, strict=True):
        print(f"{size:>7,} sources: {cpu:6.1f} us CPU a look, {memory:6.0f} bytes a source, {idle:5.2f} us a poll idle")
    (cpu, memory, idle), *others = found
    flat = all(other[0] <= MOST * cpu and other[1] <= MOST * memory for other in others) and others[-1][2] <= 2 * idle
    print("flat" if flat else "not flat")
    return int(not flat)


if __name__ == "__main__":
    sys.exit(main())
