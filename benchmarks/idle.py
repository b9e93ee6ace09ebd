"""What an idle daemon costs: 30 reachable, unchanged feeds on loopback, the real process, CPU and memory from /proc.

    python benchmarks/idle.py [SECONDS]

The first minute (start-up, first read of every feed) is not counted. Fails above 600 MB or 2 % of one core.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from aiohttp import web

SOURCES, SETTLE = 30, 60
MOST_MB, MOST_PERCENT = 600, 2.0
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def family(root: int) -> list[int]:
    """The process and all that it started."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def cost(pids: list[int]) -> tuple[float, float]:
    """CPU seconds so far, and resident MB now."""
    seconds = memory = 0.0
    for pid in pids:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        seconds += (int(stat[11]) + int(stat[12])) / _TICK
        memory += int(stat[21]) * _PAGE / 1e6
    return seconds, memory


def configure(directory: Path, port: int) -> None:
    """Thirty sources on our own site, asked every minute; nobody to tell."""
    (directory / "sources").mkdir()
    settings = {"state_dir": str(directory / "state"), "web": {"port": 0}, "fetch": {"allow_private": True}}
    platform = {"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}
    sources = [
        {
            "id": f"feed-{n}", "name": f"Feed {n}", "url": f"http://127.0.0.1:{port}/{n}.xml", "kind": "feed",
            "authority": "news", "publisher": f"Paper {n}", "every": "1m",
        }
        for n in range(SOURCES)
    ]  # fmt: skip
    for name, value in (("settings", settings), ("platforms", [platform]), ("sources/all", sources)):
        (directory / f"{name}.yaml").write_text(yaml.safe_dump(value))


async def measure(seconds: int) -> tuple[float, float, int]:
    """Percent of a core, the most MB of all processes together, and requests seen, over `seconds` after settling."""
    asked = [0]

    async def feed(request: web.BaseRequest) -> web.Response:
        asked[0] += 1
        if request.headers.get("If-None-Match") == '"one"':
            return web.Response(status=304)
        text = "The autumn fair opened on Saturday under a clear sky, with bakers, potters and a brass band. " * 8
        item = f"<item><title>Fair opens</title><guid>{request.path}</guid><description>{text}</description></item>"
        body = f'<rss version="2.0"><channel><title>News</title>{item * 3}</channel></rss>'
        return web.Response(text=body, content_type="text/xml", headers={"ETag": '"one"'})

    server = await asyncio.get_running_loop().create_server(web.Server(feed), "127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as directory:
        configure(Path(directory), server.sockets[0].getsockname()[1])
        daemon = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", "run", "--config", directory, stderr=subprocess.DEVNULL
        )
        await asyncio.sleep(SETTLE)
        before, most = cost(family(daemon.pid))
        asked[0] = 0
        for _ in range(seconds):
            await asyncio.sleep(1)
            after, now = cost(family(daemon.pid))
            most = max(most, now)
        daemon.terminate()
        await daemon.wait()
    server.close()
    return 100 * (after - before) / seconds, most, asked[0]


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 90
    percent, memory, asked = asyncio.run(measure(seconds))
    print(f"{SOURCES} unchanged sources over {seconds} s: {percent:.2f} % of a core, {memory:.0f} MB, {asked} requests")
    return int(percent > MOST_PERCENT or memory > MOST_MB or asked == 0)


if __name__ == "__main__":
    sys.exit(main())
