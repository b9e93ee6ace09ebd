"""What a scrape of /metrics costs: 550 sources, a daemon's web application over HTTP on loopback.

    python benchmarks/metrics.py [SCRAPES]

Fails when one scrape in a hundred takes 100 ms or more.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time

import aiohttp

from monitor.census import BANDS, Census, Depth
from monitor.domain.portfolio import AtRisk, Portfolio
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.metrics import Metrics
from monitor.web.health import app
from monitor.web.limits import Limits
from monitor.web.server import WebServer

SOURCES, POSITIONS, MOST = 550, 200, 100.0
CHANNELS = ("journal", "slack", "webhook", "alertmanager", "email", "apprise")


def used() -> Metrics:
    """Metrics as they are after a while."""
    now, every = datetime.now(UTC), timedelta(minutes=5)
    metrics = Metrics()
    metrics.configure({f"source-of-platform-{n}": every for n in range(SOURCES)}, CHANNELS)
    for n in range(SOURCES):
        id = f"source-of-platform-{n}"
        state = SourceState(id, now, last_success_at=now)
        metrics.looked(Look(id, now, Outcome.OK, seconds=0.3, body_bytes=9000), state, every)
    metrics.show_outbox({channel: Depth(3, 1, now, 2) for channel in CHANNELS})
    lines = tuple(AtRisk(f"Platform {n}", "PL") for n in range(POSITIONS))
    metrics.show_value_at_risk([Portfolio("acme", "EUR", lines)])
    due = {("acme", line.platform, line.country, band): 3 for line in lines for band in BANDS}
    metrics.show_census(Census({}, {}, 0, due))
    return metrics


async def measure(scrapes: int) -> tuple[list[float], float, str]:
    """Milliseconds of each, sorted; of the processor for one, server and client together; what the last one said."""

    async def ready() -> dict[str, str]:
        return {}

    server = WebServer(app(used().registry, ready), "127.0.0.1", 0, limits=Limits(burst=10**9))
    await server.start()
    took, text, began = [], "", process_time()
    async with aiohttp.ClientSession() as session:
        for _ in range(scrapes):
            started = perf_counter()
            async with session.get(f"http://127.0.0.1:{server.port}/metrics") as answer:
                text = await answer.text()
                assert answer.status == 200
            took.append(1000 * (perf_counter() - started))
    used_up = 1000 * (process_time() - began) / scrapes
    await server.stop()
    return sorted(took), used_up, text


def main() -> None:
    took, processor, text = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 500))
    series = sum(not line.startswith("#") for line in text.splitlines())
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    print(f"{SOURCES} sources, {series} series, {len(text) / 1e3:.0f} kB; {len(took)} scrapes")
    print(f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, most {took[-1]:.1f} ms; {processor:.1f} ms of processor each")
    if p99 >= MOST:
        sys.exit(f"p99 is above {MOST:.0f} ms")


if __name__ == "__main__":
    main()
