"""Cases 52 and 53 at the whole service: a thousand rude visitors, while it has somebody to warn.

Each limit by itself: tests/web/test_web_limits.py.
"""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from desks import HARMLESS, Desk, item, notice, rss
from local_sites import LocalSite

MIB = 1024 * 1024
MOST_MEMORY = 200 * MIB  # that the flood and the first alert, for which the model is loaded, may add
MOST_FILES = 256 + 4 * 128 + 64  # connections, those on their way in and out, and what the daemon has open besides


async def until(condition: Callable[[], object], within: float) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.05)


async def said(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def ready(url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                if (await said(f"{url}/readyz"))[0] == 200:
                    return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


@asynccontextmanager
async def program(*words: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python program, killed at the end if it has not ended by then."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def memory(pid: int) -> int:
    """Bytes that the process has held at most so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def series(metrics: str) -> set[str]:
    return {line.rpartition(" ")[0] for line in metrics.splitlines() if not line.startswith("#")}


@pytest.mark.long
@pytest.mark.case(52)
@pytest.mark.case(53)
async def test_case_53_a_thousand_rude_visitors_hold_up_no_alert(
    desk: Desk, site: LocalSite, record_property: Callable[[str, object], None]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    site.says("/feed.xml", rss(HARMLESS))
    hostile = [item(f'No {n}"}} evil{n}', "x", site.url(f"/{n}")) for n in range(300)]
    site.says("/hostile.xml", rss(*hostile))
    desk.watches(bazarino=site.url(), hostile=site.url("/hostile.xml"))
    sources = desk.directory / "sources" / "all.yaml"
    sources.write_text(sources.read_text().replace("every: 1h", "every: 2s"))
    desk.keeps({"web": {"port": port}})
    async with program("-m", "monitor", "run", "--config", str(desk.directory)) as daemon:
        await ready(url)
        await until(lambda: site.paths().count("/hostile.xml") > 1, within=60)
        calm, before = memory(daemon.pid), series((await said(f"{url}/metrics"))[1])
        async with program(str(Path(__file__).with_name("flood.py")), str(port)) as flood:
            assert flood.stdin
            assert flood.stdout
            assert await asyncio.wait_for(flood.stdout.readline(), 120) == b"on\n"
            assert len(list(Path(f"/proc/{daemon.pid}/fd").iterdir())) < MOST_FILES
            site.says("/feed.xml", rss(HARMLESS, notice(site)))
            await until(lambda: desk.mail.mails and desk.slack, within=90)
            assert flood.returncode is None, "the alert arrived while the flood went on"
            flood.stdin.close()
            got = json.loads(await flood.stdout.read())
        await ready(url)
        _, metrics = await said(f"{url}/metrics")
        added = memory(daemon.pid) - calm
        daemon.terminate()
        assert await daemon.wait() == 0
    assert len(desk.mail.mails) == len(desk.slack) == 1
    assert {"200", "429"} <= set(got["parallel"])
    assert not [status for ends in got.values() for status in ends if status.startswith("5")]
    expected = {
        "half-open": {"408"},
        "10 MB": {"413", "429"},
        "10 MB in chunks": {"413", "404", "429"},
        "endless": {"413", "404", "408", "429"},
        "long header": {"400", "431"},
        "long address": {"414", "429"},
        "sent ahead": {"200", "303", "429"},
        "other name": {"421"},
        "no HTTP": {"400"},
    }
    for kind, ends in expected.items():
        assert set(got[kind]) <= ends | {"closed"}, (kind, got[kind])
    assert added < MOST_MEMORY
    born = series(metrics)
    assert len(born) < 2_000
    for reason in ("crowded", "too_many", "too_long", "host"):
        assert f'sellerwatch_web_refused_total{{reason="{reason}"}} 0.0' not in metrics, reason
    assert not [one for one in born if "evil" in one or "act/" in one]
    assert len(born - before) < 50, "what an alert counts for the first time, and nothing of the visitors"
    visits = sum(sum(ends.values()) for ends in got.values())
    record_property(
        "figure", f"{visits:,} rude visits, 1 of 1 alert meanwhile, {added / MIB:.0f} MiB more, {len(born)} series"
    )
