"""The other side of `three_days.py`, in a process of its own: the sites that are watched, those who are told, and who
scrapes. It knows what time it is by being told."""

import asyncio
import json
import multiprocessing
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import product
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp
from aiohttp import web

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
BEFORE = timedelta(hours=3)  # so old is the oldest entry at the start
SHOWN = 40  # entries of a feed
COUNTRIES = {"DE": "Germany", "PL": "Poland", "BR": "Brazil", "FR": "France", "ES": "Spain"}
PLATFORMS = [
    first + last
    for first, last in product(
        ("Bazar", "Vel", "Kupo", "Zap", "Merk", "Tind", "Solv", "Orn", "Fjor", "Quen"),
        ("ino", "mart", "pello", "ando", "ziko", "lyra"),
    )
]
DEAD = ("500", "404", "429", "closed", "nonsense")  # every fifth source is dead, in one of these ways
CORPUS = Path(__file__).resolve().parent.parent / "corpus"

RUMOUR = (
    "{p} may leave {c}, sources say",
    "Two people familiar with the plans said that {p} is considering closing its marketplace in {c}. Nothing has been "
    "decided yet, and the company declined to comment on what one of them called a review of the business there.",
)
NOTICE = (
    "{p} to close its marketplace in {c} on {day}",
    "After careful consideration we have decided to close the {p} marketplace in {c}. {p} will shut down in {c} on "
    "{day}. From that day on sellers in {c} can no longer log in, list products or receive orders. Please export your "
    "data, order history and invoices before {export}. Outstanding payouts will be transferred to your bank account "
    "as usual. We thank all our sellers for the trust of the last years. Until the closure our team answers every "
    "question about open orders, returns, refunds and stock in our warehouses, and sellers in other countries are not "
    "affected by this decision in any way.",
)
REPORT = (
    "{p} pulls out of {c}",
    "{p} will close its marketplace in {c} on {day}, the company told sellers on Monday. It blamed falling sales. "
    "Traders must take their stock out of the warehouses before {export}, the notice said, and orders placed later "
    "will be refunded. Sellers' associations called the time short.",
)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much happens; `incidents` are at most one for each platform in each country."""

    sources: int = 500
    documents: int = 50_000
    incidents: int = 300
    hours: float = 72.0

    def official(self, number: int) -> bool:
        """Every twenty-fifth is the newsroom of some platforms."""
        return number % 25 == 1

    def dead(self, number: int) -> str:
        """How a source fails, "" for one that lives."""
        return DEAD[number // 5 % len(DEAD)] if number % 5 == 0 else ""

    def platforms_of(self, number: int) -> list[str]:
        """What an official source speaks of."""
        return PLATFORMS[number // 25 :: max((self.sources - 2) // 25 + 1, 1)] if self.official(number) else []


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a feed; of a `short` one it holds the first words, and the rest is on a page."""

    at: datetime
    key: str
    title: str
    text: str
    short: bool


def published(scale: Scale, seed: int = 11) -> dict[int, list[Item]]:
    """What each living source publishes, the oldest first."""
    dice = random.Random(seed)
    feeds: dict[int, list[Item]] = {n: [] for n in range(scale.sources) if not scale.dead(n)}
    officials = {name: n for n in feeds for name in scale.platforms_of(n)}
    news = [n for n in feeds if not scale.official(n)]
    span = timedelta(hours=scale.hours)
    for number, (country, name) in enumerate(list(product(COUNTRIES, PLATFORMS))[: scale.incidents]):
        began = BEGIN + dice.random() * span * 0.85
        day = BEGIN + timedelta(days=40 + number % 100)
        words = {"p": name, "c": COUNTRIES[country], "day": f"{day:%-d %B %Y}"}
        words["export"] = f"{day - timedelta(days=20):%-d %B %Y}"
        one, other = dice.sample(news, 2)
        for kind, source, later in ((RUMOUR, one, 0.0), (NOTICE, officials[name], 0.05), (REPORT, other, 0.1)):
            title, text = (part.format(**words) for part in kind)
            item = Item(
                began + later * span, f"i{number}-{source}", title, text, kind is not NOTICE and number % 3 == 0
            )
            feeds[source].append(item)
    harmless = _harmless()
    for number in range(scale.documents - sum(map(len, feeds.values()))):
        title, text = dice.choice(harmless)
        at = BEGIN - BEFORE + dice.random() * (span + BEFORE)
        item = Item(at, f"h{number}", f"{title} ({number})", f"{text} Notice {number}.", number % 10 == 0)
        feeds[dice.choice(news)].append(item)
    return {number: sorted(items, key=lambda one: one.at) for number, items in feeds.items()}


def _harmless() -> list[tuple[str, str]]:
    """Titles and texts of the corpus that report no event; a twentieth of them look as if they did."""
    rows = [json.loads(line) for file in sorted(CORPUS.glob("stories-*.jsonl")) for line in file.open(encoding="utf-8")]
    quiet = [row for row in rows if row["event_type"] == "none"]
    plain = [row for row in quiet if not row["hard_negative"]]
    hard = [row for row in quiet if row["hard_negative"]][: len(plain) // 19]
    return [(row["title"], row["text"]) for row in (*plain, *hard)]


class World:
    """All that answers. `now` is the simulated time."""

    def __init__(self, scale: Scale) -> None:
        self._scale, self._feeds = scale, published(scale)
        self._pages = {(n, item.key): item for n, items in self._feeds.items() for item in items if item.short}
        self._times = {number: [item.at for item in items] for number, items in self._feeds.items()}
        self.now, self._scrapes = BEGIN, ""
        self._received: list[tuple[str, str, bool]] = []
        self._chats: list[str] = []
        self._quiet: list[float] = []
        self._busy: list[float] = []
        self._scraped = 0
        self._session: aiohttp.ClientSession | None = None
        self._background: set[asyncio.Task[None]] = set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Sites by their host name, sinks and the clock on the bare address."""
        host, path = request.host.partition(":")[0], request.path
        if host.startswith("s") and path == "/robots.txt":
            return web.Response(text="User-agent: *\nAllow: /\n")
        if host.startswith("s"):
            return self._site(int(host[1:].partition(".")[0]), request)
        if path.startswith("/hook/"):
            event = await request.json()
            self._received.append((request.headers["webhook-id"], self.now.isoformat(), event["data"]["repeat"]))
            return web.Response(text="kept")
        if path.startswith("/chat/"):
            self._chats.append(await request.text())
            return web.Response(text="ok")
        if path == "/clock":
            return await self._tick(request.query)
        return web.json_response(self._said())

    def _site(self, number: int, request: web.BaseRequest) -> web.StreamResponse:
        dead = self._scale.dead(number)
        if dead == "closed":
            assert request.transport is not None
            request.transport.close()
        if dead == "nonsense":
            return web.Response(text=f"<html><body>Under construction since {self.now}</body></html>")
        if dead and dead != "closed":
            return web.Response(status=int(dead), headers={"Retry-After": "3600"} if dead == "429" else {})
        if dead or number not in self._feeds:
            return web.Response(status=404)
        if request.path.startswith("/p/"):
            return _page(self._pages[number, request.path[3:]])
        count = bisect_right(self._times[number], self.now)
        tag = f'"{count}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        items = self._feeds[number][max(count - SHOWN, 0) : count]
        base = f"http://{request.host}/p/"
        return web.Response(body=_feed(items, base), content_type="application/rss+xml", headers={"ETag": tag})

    async def _tick(self, query: Any) -> web.StreamResponse:
        """It is that time now; scrape at once, while nothing else goes on, and perhaps again amid what comes."""
        self.now = datetime.fromisoformat(query["at"])
        self._quiet.append(await self._scrape(query["metrics"]))
        if query["busy"] == "1":
            task = asyncio.create_task(self._later(query["metrics"]))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
        return web.Response(text="noted")

    async def _later(self, address: str) -> None:
        await asyncio.sleep(0.02)  # the answer to the clock is out, and work has begun
        self._busy.append(await self._scrape(address))

    async def _scrape(self, address: str) -> float:
        """Milliseconds of one scrape, as Prometheus makes it: on a kept connection, compressed."""
        self._session = self._session or aiohttp.ClientSession()
        began = perf_counter()
        async with self._session.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
            self._scraped = len(await answer.read())
            assert answer.status == 200
        return 1000 * (perf_counter() - began)

    def _said(self) -> dict[str, Any]:
        documents = sum(len(items) for items in self._feeds.values())
        said = {"received": self._received, "chats": self._chats, "quiet": self._quiet, "busy": self._busy}
        return said | {"published": documents, "exposition": self._scraped}


def _feed(items: Sequence[Item], base: str) -> bytes:
    entries = "".join(
        f"<item><title>{escape(one.title)}</title><guid isPermaLink='false'>{one.key}</guid>"
        f"{f'<link>{base}{one.key}</link>' if one.short else ''}"
        f"<pubDate>{format_datetime(one.at)}</pubDate>"
        f"<description>{escape(one.text[:90] if one.short else one.text)}</description></item>"
        for one in reversed(items)
    )
    return f'<rss version="2.0"><channel><title>News</title>{entries}</channel></rss>'.encode()


def _page(item: Item) -> web.Response:
    text = "".join(f"<p>{escape(part)}</p>" for part in item.text.split("\n\n"))
    body = f"<html><body><nav>Home</nav><article><h1>{escape(item.title)}</h1>{text}</article></body></html>"
    return web.Response(text=body, content_type="text/html")


def serve(pipe: Connection, scale: Scale) -> None:
    """Says its port, and ends when it is told anything."""

    async def main() -> None:
        world = World(scale)
        server = await asyncio.get_running_loop().create_server(web.Server(world.answer), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        if world._session:
            await world._session.close()

    asyncio.run(main())


def started(scale: Scale) -> tuple[multiprocessing.process.BaseProcess, Connection, int]:
    """The process, how to end it, and its port."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=serve, args=(theirs, scale), daemon=True)
    process.start()
    return process, ours, ours.recv()
