"""Every family of sources, from a real server to documents in a real database: asked, read, kept, asked again."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from local_sites import LocalSite, running_host
from sqlalchemy import select

from monitor.deciding import Watch
from monitor.domain.documents import Document
from monitor.domain.errors import FailureReason
from monitor.domain.signals import Assessment
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState, after
from monitor.fetch.host import SpiderHost
from monitor.metrics import Metrics
from monitor.pipeline import Pipeline
from monitor.read.workers import Workers
from monitor.store import codec
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.tables import documents

NOON = datetime(2026, 3, 11, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)
WORDS = "Ventoo will close its French site on 30 June 2026. Sellers withdraw their balances before that day. "
ARTICLE = f"<html lang='en'><head><title>Ventoo closes</title></head><body><article><h1>Ventoo closes</h1>{'<p>' + WORDS * 3 + '</p>'}</article></body></html>"  # noqa: E501
FEED = "<rss version='2.0'><channel><title>V</title><item><title>Ventoo closes</title><guid>1</guid><link>http://ventoo.example/1</link></item></channel></rss>"
LIST = (
    "<html><body><nav><a href='/'>Home</a></nav><ul class='news'>"
    + "".join(
        f"<li><span>2026-03-{day:02}</span><a href='/news/{day}'>Ventoo tells its sellers of change number {day}</a></li>"  # noqa: E501
        for day in range(1, 9)
    )
    + "</ul></body></html>"
)
SITEMAP = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>{root}/news/ventoo-closes-in-france</loc><lastmod>2026-03-10</lastmod></url></urlset>"
INDEX = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{root}/part.xml</loc><lastmod>2026-03-10</lastmod></sitemap></sitemapindex>"
RECORDS = json.dumps({"rows": [{"id": 7, "title": "Ventoo recalls chargers", "day": "2026-03-10", "link": "/r/7"}]})
RECORD = {"items": "rows", "id": "id", "title": "title", "date": "day", "url": "link"}
INCIDENT = {"id": "i1", "name": "Payouts delayed", "status": "investigating", "impact": "major"}
STATUS = json.dumps(
    {
        "page": {"id": "p", "name": "Ventoo", "url": "https://status.ventoo.example"},
        "status": {"indicator": "major", "description": "Major outage"},
        "components": [{"id": "c", "name": "Payouts", "status": "major_outage"}],
        "incidents": [INCIDENT | {"created_at": "2026-03-10T09:00:00Z", "incident_updates": []}],
        "scheduled_maintenances": [],
    }
)


class Silent:
    """An analyst who finds nothing: what is told of here ends with the documents."""

    def worth_a_page(self, document: Document, source: Source) -> bool:
        return False

    async def assess(self, document: Document, source: Source) -> Assessment:
        return Assessment(document.id, document.lang or "", 0.0, ())


@dataclass
class Watcher:
    """One source from the net to the database, with the parts that the daemon has; the clock is the story's."""

    site: LocalSite
    host: SpiderHost
    database: Database
    workers: Workers
    clock: list[datetime] = field(default_factory=lambda: [NOON])
    states: dict[str, SourceState] = field(default_factory=dict)

    @property
    def ledger(self) -> SqlLedger:
        return SqlLedger(self.database)

    async def looks(self, source: Source) -> Look:
        """One look, and all that follows from it: pages that are followed too."""
        inbox, now = SqlInbox(self.database), self.clock[0]
        pipeline = Pipeline(self.workers, Silent(), inbox, self.ledger, Metrics(), Watch({source.id: source}))
        state = self.states.get(source.id, SourceState(source.id, now))
        look, capture = await self.host.look(source, state)
        self.states[source.id] = after(state, look, source.every, 0.0)
        await inbox.looked(look, self.states[source.id], capture)
        while await pipeline.step(now) or await self._follows(inbox, now):
            pass
        return look

    async def _follows(self, inbox: SqlInbox, now: datetime) -> bool:
        claims = await inbox.want_next(now, LEASE, 10)
        for claim in claims:
            page = await self.host.page(claim.item.url, claim.item.source_id, claim.item.document_id)
            await inbox.page_came(claim, replace(page, document_id=None) if claim.item.follow else page)
        return bool(claims)

    async def documents(self) -> list[Document]:
        rows = await self.database.read(lambda connection: connection.scalars(select(documents.c.value)))
        return sorted((codec.load(Document, row) for row in rows), key=lambda document: document.url)

    async def later(self, hours: float) -> None:
        self.clock[0] += timedelta(hours=hours)


@asynccontextmanager
async def watching(site: LocalSite, folder: Path) -> AsyncIterator[Watcher]:
    clock, workers = [NOON], Workers()
    database = await Database.open(f"sqlite:///{folder / 'watch.db'}")
    try:
        async with running_host(now=lambda: clock[0]) as host:
            yield Watcher(site, host, database, workers, clock)
    finally:
        await workers.close()
        await database.close()


def source(site: LocalSite, kind: str, path: str, spec: Mapping[str, str] | None = None, **fields: object) -> Source:
    told = tuple((spec or {}).items())
    return Source(
        kind, kind, site.url(path), SourceKind(kind), Authority.NEWS, kind, timedelta(hours=1), spec=told, **fields
    )  # type: ignore[arg-type]


def publish(site: LocalSite, path: str, body: str, kind: str) -> None:
    """At the path, with an etag that is honoured."""

    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304, headers={"ETag": '"v1"'})
        return web.Response(body=body.encode(), content_type=kind, headers={"ETag": '"v1"'})

    site.pages[path] = answer


FAMILIES = {
    "feed": (FEED, "application/rss+xml", {}, "application/rss+xml", False, ["Ventoo closes"]),
    "page": (ARTICLE, "text/html", {}, "text/html", True, ["Ventoo closes"]),
    "list": (LIST, "text/html", {}, "text/html", True, [f"Ventoo tells its sellers of change number {n}" for n in range(1, 9)]),  # noqa: E501
    "sitemap": (SITEMAP, "application/xml", {}, "application/xml", False, ["Ventoo closes in france"]),
    "json": (RECORDS, "application/json", RECORD, "application/json", False, ["Ventoo recalls chargers"]),
    "status": (STATUS, "application/json", {}, "application/json", False, ["Payouts delayed"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAMILIES)
async def test_a_family_is_asked_read_kept_and_asked_again_conditionally(kind, site, tmp_path):
    body, content_type, spec, accept, robots, titles = FAMILIES[kind]
    publish(site, "/watched", body.replace("{root}", site.url("")), content_type)
    watched = source(site, kind, "/watched", spec, languages=("fr",))
    async with watching(site, tmp_path) as watcher:
        first = await watcher.looks(watched)
        kept = await watcher.documents()
        again = await watcher.looks(watched)
        assert await watcher.documents() == kept
        harvest = await watcher.ledger.harvest(kind)

    assert (first.outcome, again.outcome, again.status) == (Outcome.OK, Outcome.UNCHANGED, 304)
    assert sorted(document.title for document in kept) == titles
    assert {document.source_id for document in kept} == {kind}
    assert harvest.reason is None
    assert harvest.items >= len(titles)
    assert ("/robots.txt" in site.paths()) is robots
    asked = [request.headers for request in site.asked if request.path == "/watched"]
    assert len(asked) == 2
    assert [headers.get("If-None-Match") for headers in asked] == [None, '"v1"']
    assert all(headers["Accept"].startswith(accept) for headers in asked)
    assert all(headers["Accept-Language"] == "fr, *;q=0.5" for headers in asked)


@pytest.mark.parametrize("kind", ["page", "list", "watched"])
async def test_what_is_made_for_people_is_not_asked_for_where_robots_are_not_wanted(kind, site, tmp_path):
    site.says("/robots.txt", b"User-agent: *\nDisallow: /watched")
    publish(site, "/watched", ARTICLE, "text/html")
    async with watching(site, tmp_path) as watcher:
        look = await watcher.looks(source(site, kind, "/watched"))
    assert look.reason is FailureReason.ROBOTS
    assert site.paths() == ["/robots.txt"]


@pytest.mark.parametrize("kind", ["feed", "sitemap", "json", "status"])
async def test_what_is_made_for_programs_is_asked_for_all_the_same(kind, site, tmp_path):
    body, content_type, spec, *_ = FAMILIES[kind]
    site.says("/robots.txt", b"User-agent: *\nDisallow: /")
    publish(site, "/watched", body.replace("{root}", site.url("")), content_type)
    async with watching(site, tmp_path) as watcher:
        look = await watcher.looks(source(site, kind, "/watched", spec))
    assert look.outcome is Outcome.OK
    assert site.paths() == ["/watched"]


async def test_a_watched_page_is_told_of_when_it_changes(site, tmp_path):
    before = f"<html lang='en'><body><h1>Fees</h1><p>{WORDS}</p><p>{{}}</p></body></html>"
    publish(site, "/watched", before.format("Sellers in France pay 8 percent of each sale."), "text/html")
    terms = source(site, "watched", "/watched")
    async with watching(site, tmp_path) as watcher:
        await watcher.looks(terms)
        same = await watcher.looks(terms)
        assert await watcher.documents() == []
        site.says(
            "/watched",
            before.format("Sellers in France pay 15 percent of each sale.").encode(),
            Content_Type="text/html",
        )
        await watcher.later(1)
        await watcher.looks(terms)
        (document,) = await watcher.documents()
    assert same.outcome is Outcome.OK  # read again, since a second look at the same text confirms it
    assert "15 percent" in document.text
    assert site.paths().count("/robots.txt") == 1


async def test_the_sitemaps_of_an_index_are_followed_to_their_pages(site, tmp_path):
    publish(site, "/index.xml", INDEX.replace("{root}", site.url("")), "application/xml")
    publish(site, "/part.xml", SITEMAP.replace("{root}", site.url("")), "application/xml")
    async with watching(site, tmp_path) as watcher:
        await watcher.looks(source(site, "sitemap", "/index.xml"))
        kept = await watcher.documents()
    assert [document.url for document in kept] == [site.url("/news/ventoo-closes-in-france")]
    assert [path for path in site.paths() if path != "/robots.txt"] == ["/index.xml", "/part.xml"]


async def test_a_search_is_posted_as_told_and_never_conditionally(site, tmp_path):
    heard = []

    async def answer(request: web.Request) -> web.Response:
        heard.append((request.method, await request.text(), request.headers.get("Content-Type")))
        return web.Response(text=RECORDS, content_type="application/json", headers={"ETag": '"v1"'})

    site.pages["/search"] = answer
    wanted = source(site, "json", "/search", RECORD | {"post": '{"q": "ventoo"}'})
    async with watching(site, tmp_path) as watcher:
        await watcher.looks(wanted)
        again = await watcher.looks(wanted)
        kept = await watcher.documents()
    assert heard == [("POST", '{"q": "ventoo"}', "application/json")] * 2
    assert all("If-None-Match" not in request.headers for request in site.asked)
    assert (again.outcome, [document.title for document in kept]) == (Outcome.UNCHANGED, ["Ventoo recalls chargers"])


async def test_an_app_that_leaves_a_store_is_told_once_after_three_looks_over_more_than_six_hours(site, tmp_path):
    present = {"resultCount": 1, "results": [{"trackId": 7, "bundleId": "example.ventoo"}]}
    site.says("/lookup", json.dumps(present).encode(), Content_Type="application/json", ETag='"v1"')
    probe = source(
        site, "probe", "/lookup?id=7&country=FR", {"sees": "app_store"}, platforms=("Ventoo",), countries=("FR",)
    )
    told = []
    async with watching(site, tmp_path) as watcher:
        for number in range(8):
            if number == 4:
                site.says("/lookup", b'{"resultCount": 0, "results": []}', Content_Type="application/json")
            await watcher.looks(probe)
            told.append(len(await watcher.documents()))
            await watcher.later(4)
        (document,) = await watcher.documents()
    assert told == [0, 0, 0, 0, 0, 0, 1, 1]
    assert document.title.startswith("Ventoo not found in France's App Store")
    assert len(site.asked) == 8
    assert all("If-None-Match" not in request.headers for request in site.asked)


async def test_a_probe_that_asks_for_days_names_those_of_its_own_clock(site, tmp_path):
    site.says("/api", b'{"result": []}', Content_Type="application/json")
    probe = source(site, "probe", "/api?since={since}&until={until}", {"sees": "ooni"}, platforms=("Ventoo",))
    async with watching(site, tmp_path) as watcher:
        await watcher.looks(probe)
        await watcher.later(24)
        await watcher.looks(probe)
    days = [(request.query["since"], request.query["until"]) for request in site.asked]
    assert days == [("2026-03-09", "2026-03-12"), ("2026-03-10", "2026-03-13")]
