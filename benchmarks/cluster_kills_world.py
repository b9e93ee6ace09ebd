"""What the daemons of `cluster_kills.py` watch, on loopback: newsrooms and papers that publish in several steps."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from time import monotonic
from typing import Any

import yaml
from aiohttp import web
from kills_sinks import Sinks
from three_days_world import COUNTRIES, NOTICE, REPORT, RUMOUR, SHOWN, Item, _feed

NEWSROOMS = 12
SPACING = 6.0  # seconds at least between two steps of one event
TARGETS = ("mail", "hook")
PLATFORMS = [
    first + last
    for first, last in product(
        (
            "Bazar", "Vel", "Kupo", "Zap", "Merk", "Tind", "Solv", "Orn", "Fjor", "Quen", "Mond", "Hira", "Tosk",
            "Lund", "Pira", "Gani", "Rovi", "Sela", "Wexa", "Yaro", "Dalo", "Nesk", "Ulv", "Jast",
        ),
        ("ino", "mart", "pello", "ando", "ziko", "lyra"),
    )
]  # fmt: skip

MOVED = (
    "{p} postpones the closure of its marketplace in {c} to {day}",
    "{p} has moved the closing date of its marketplace in {c}. The {p} marketplace will now shut down in {c} on {day}, "
    "later than we had announced. Until that day sellers in {c} can log in, list products and receive orders as before."
    " Please export your data, order history and invoices before {export}.",
)
BACK = (
    "{p} cancels the closure of its marketplace in {c}",
    "{p} will not close its marketplace in {c}. We have withdrawn the announced closure: the {p} marketplace in {c} "
    "stays open, and sellers can go on to list products and receive orders. The decision to leave {c} has been "
    "reversed. You need not export your data, and payouts continue as usual.",
)


@dataclass
class Event:
    """A platform that leaves a country, as far as it was published."""

    platform: str
    country: str
    papers: list[str]
    steps: list[str]  # still to come
    said: list[str] = field(default_factory=list)
    at: float = 0.0  # of its last step, monotonic

    @property
    def taken_back(self) -> bool:
        return "back" in self.said

    @property
    def official(self) -> bool:
        """Its newsroom has spoken: whoever sells there must hear of it."""
        return "notice" in self.said


class World:
    """Answers every feed, and remembers when each was asked (monotonic)."""

    def __init__(self, sources: int, every: timedelta, seed: int) -> None:
        self.every, self._dice = every, random.Random(seed)
        self.feeds: dict[str, list[Item]] = {f"source-{n}": [] for n in range(sources)}
        self.asked: dict[str, list[float]] = defaultdict(list)
        self.events: list[Event] = []
        self._todo = [(one, self._dice.choice(sorted(COUNTRIES))) for one in PLATFORMS]  # of each, one event at most
        self._dice.shuffle(self._todo)
        self.url = ""

    # --- what is published

    def publish(self) -> None:
        """The next step of an event that waited long enough, or a new event."""
        waited = [one for one in self.events if one.steps and monotonic() - one.at > SPACING]
        if waited and (self._dice.random() < 0.6 or not self._todo):
            self._say(self._dice.choice(waited))
        elif self._todo:
            steps = self._dice.choice((["notice"], ["rumour", "notice"], ["notice", "moved"], ["notice", "back"]))
            papers = self._dice.sample([id for id in self.feeds if int(id.partition("-")[2]) >= NEWSROOMS], 2)
            self.events.append(Event(*self._todo.pop(), papers, list(steps)))
            self._say(self.events[-1])

    def finish(self) -> None:
        """All that was begun is said to its end."""
        for event in self.events:
            while event.steps:
                self._say(event)

    def _say(self, event: Event) -> None:
        step, event.at = event.steps.pop(0), monotonic()
        event.said.append(step)
        newsroom = f"source-{PLATFORMS.index(event.platform) % NEWSROOMS}"
        papers = event.papers
        told = {
            "rumour": [(RUMOUR, papers[0])],
            "notice": [(NOTICE, newsroom), (REPORT, papers[0]), (REPORT, papers[1])],
            "moved": [(MOVED, newsroom), (MOVED, papers[0])],
            "back": [(BACK, newsroom), *((BACK, paper) for paper in event.papers)],  # wherever the closure stood
        }[step]
        number = self.events.index(event)
        closing = datetime.now(UTC) + timedelta(days=60 + number % 90 + 30 * (step == "moved"))
        words = {"p": event.platform, "c": COUNTRIES[event.country], "day": f"{closing:%-d %B %Y}"}
        words["export"] = f"{closing - timedelta(days=20):%-d %B %Y}"
        for (title, text), source in told:
            key = f"{number}-{step}-{source}"
            item = Item(datetime.now(UTC), key, title.format(**words), text.format(**words), short=False)
            self.feeds[source].append(item)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One feed, or 304."""
        source = request.match_info["source"]
        self.asked[source].append(monotonic())
        items = self.feeds[source]
        tag = f'"{len(items)}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        body = _feed(items[-SHOWN:], f"{self.url}/p/")
        return web.Response(body=body, content_type="application/rss+xml", headers={"ETag": tag})

    # --- what daemons are told

    def configure(self, directory: Path, database: str, sinks: Sinks) -> None:
        """A daemon's configuration: a seller who is everywhere, and who hears by mail and by webhook."""
        settings: dict[str, Any] = {
            "store": {"url": database},
            "state_dir": str(directory / "state"),
            "web": {"port": 0},
            "fetch": {"allow_private": True, "min_every": "1s", "per_host": 32, "gap": "0s"},
            "alerts": {"group_wait": "0s", "group_interval": "0s", "reminders": []},
            "channels": {
                "webhook": {"allow_private": True},
                "email": {"host": "127.0.0.1", "port": sinks.smtp, "security": "none", "sender": "w@example.com"},
            },
            "targets": [
                {"id": "mail", "channel": "email", "address": "ops@example.com", "pace": 6000},
                {"id": "hook", "channel": "webhook", "address": f"{sinks.hook}/hook", "pace": 6000},
            ],
            "log": {"format": "json", "level": "info"},
        }
        positions = [
            {"platform": platform, "country": country, "sales_per_day": 4000, "stock": 90000}
            for platform, country in product(PLATFORMS, COUNTRIES)
        ]
        sources = [
            {
                "id": id, "name": id, "url": f"{self.url}/{id}", "kind": "feed", "authority": "official",
                "publisher": id, "every": f"{self.every.total_seconds():.0f}s",
            }
            for id in self.feeds
        ]  # fmt: skip
        platforms = [{"name": n, "id": n.lower(), "owner": f"{n} AG", "kind": "marketplace"} for n in PLATFORMS]
        seller = {"id": "acme", "name": "Acme", "currency": "EUR", "positions": positions}
        files = {
            "settings": settings,
            "platforms": platforms,
            "exposure": {"sellers": [seller]},
            "sources/all": sources,
        }
        (directory / "sources").mkdir(parents=True)
        for name, value in files.items():
            path = directory / f"{name}.yaml"
            path.write_text(yaml.safe_dump(value))
            path.chmod(0o600)

    def lateness(self, until: float, nobody: Sequence[tuple[float, float]]) -> list[float]:
        """Of each look, by how much longer than its interval a source had waited for it (seconds, 0 for none), and of
        each source so far at the end; the time in which `nobody` could look does not count."""
        late = []
        most = 1.1 * self.every.total_seconds()  # a tenth spreads the looks
        for asked in (self.asked[source] for source in self.feeds):
            for sooner, later in pairwise([*asked, until]):
                away = sum(max(min(end, later) - max(begin, sooner), 0.0) for begin, end in nobody)
                late.append(max(later - sooner - away - most, 0.0))
        return late


@asynccontextmanager
async def open_world(world: World) -> AsyncIterator[None]:
    """Its server."""
    app = web.Application()
    app.router.add_get("/robots.txt", _nothing_there)
    app.router.add_get("/{source}", world.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    world.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        await runner.cleanup()


async def _nothing_there(_: web.Request) -> web.StreamResponse:
    return web.Response(status=404)
