"""What a probe sees, all the way: a store on loopback, the spider, reading processes, the path and SQLite."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from given import position, seller
from local_sites import NOON, LocalSite, running_host
from newsroom import MAIL, Tally

from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Policy
from monitor.domain.documents import Document
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority, Source, SourceKind, after, remembered
from monitor.fetch.host import SpiderHost
from monitor.notify.letter import compose
from monitor.pipeline import Pipeline
from monitor.read.workers import Workers
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

EVERY = timedelta(hours=3)
EXIT = "TikTok leaves the German market, its sellers are told"


class Press:
    """The analyst: it knows one story, and reads it in every language."""

    def worth_a_page(self, document: Document, source: Source) -> bool:
        return False

    async def assess(self, document: Document, source: Source) -> Assessment:
        assert source.kind is SourceKind.FEED, "what a probe saw needs no understanding"
        signal = Signal(EventType.MARKET_EXIT, Status.CONFIRMED, ("TikTok",), ("DE",), None, (), 0.9, ())
        return Assessment(document.id, "en", 0.9, (signal,) if document.title == EXIT else ())


class Store:
    """The world's side (an app store and a newspaper on loopback) and ours, under one clock that we turn."""

    def __init__(self, site: LocalSite, database: Database, workers: Workers) -> None:
        self.now, self.site, self.host = NOON, site, None
        self.inbox, self.ledger, self.outbox = SqlInbox(database), SqlLedger(database), SqlOutbox(database)
        self.desk = SqlDesk(database)
        spec = (("sees", "app_store"),)
        lookup = site.url("/lookup?id=42&country=DE")
        self.probe = Source(
            "tiktok-de", "TikTok in Germany's App Store", lookup, SourceKind.PROBE, Authority.OFFICIAL, "Apple", EVERY,
            ("TikTok",), ("DE",), spec=spec,
        )  # fmt: skip
        self.paper = Source(
            "paper", "Paper", site.url("/feed.xml"), SourceKind.FEED, Authority.NEWS, "Paper", timedelta(hours=1)
        )
        sources = {one.id: one for one in (self.probe, self.paper)}
        acme = seller(position("TikTok", "DE", stock=9_000))
        watch = Watch(sources, [acme], [MAIL], Policy(group_wait=timedelta(0)))
        self.pipeline = Pipeline(workers, Press(), self.inbox, self.ledger, Tally(), watch)
        self.holds(True)

    def holds(self, app: bool) -> None:
        found = b'{"resultCount":1,"results":[{"trackId":42,"bundleId":"com.example"}]}'
        self.site.says(
            "/lookup", found if app else b'\n\n{"resultCount":0,\n"results": []}', content_type="text/javascript"
        )

    def prints(self, title: str) -> None:
        entry = (
            f"<item><title>{title}</title><guid>1</guid><pubDate>{self.now:%a, %d %b %Y %H:%M:%S} GMT</pubDate></item>"
        )
        self.site.says("/feed.xml", f'<rss version="2.0"><channel><title>P</title>{entry}</channel></rss>'.encode())

    async def looks(self, source: Source, times: int = 1) -> list[tuple[str, str]]:
        """So many looks, each followed by its wait: the alerts that went out (reason, rung)."""
        sent: list[Delivery] = []
        for _ in range(times):
            states = await self.inbox.sources()
            state = remembered(source, states.get(source.id), self.now)
            look, capture = await self.host.look(source, state)
            await self.inbox.looked(look, after(state, look, source.every, 0.0), capture)
            while await self.pipeline.step(self.now):
                pass
            while claim := await self.outbox.claim_delivery(self.now, timedelta(minutes=1)):
                done = Attempt(AttemptClass.OK, "250", "")
                await self.outbox.settle(claim, done, DeliveryState.SENT, self.now, self.now)
                sent.append(claim.item)
            self.now += source.every
        self.sent = sent
        return [(one.reason.value, one.rung.value) for one in sent]

    async def incidents(self) -> list[Incident]:
        return await self.desk.incidents(include_closed=True)


@pytest.fixture
async def store(site: LocalSite, tmp_path: Path) -> AsyncIterator[Store]:
    database, workers = await Database.open(f"sqlite:///{tmp_path / 'w.db'}"), Workers()
    store = Store(site, database, workers)

    def now() -> datetime:
        return store.now

    async with running_host(now=now) as host:
        store.host = host
        assert isinstance(host, SpiderHost)
        yield store
    await workers.close()
    await database.close()


async def test_an_app_that_vanishes_is_told_once_after_three_looks_over_more_than_six_hours(store: Store):
    assert await store.looks(store.probe, 6) == []
    store.holds(False)
    gone_at = store.now
    assert await store.looks(store.probe, 3) == [], "three looks, but within six hours"
    assert await store.looks(store.probe) == [("first", "effective")]
    letter = compose(store.sent[0])
    assert letter.headline == "TikTok not found in Germany's App Store"
    assert letter.subject.endswith(": seen, not explained")
    assert "banned" not in repr(letter).lower()
    assert await store.looks(store.probe, 20) == [], "that it is still gone is no news"
    [incident] = await store.incidents()
    [sight] = incident.evidence
    assert (sight.authority, sight.publisher, incident.regions) == (Authority.OBSERVED, "Apple", ("DE",))
    [document] = await store.desk.documents_of(incident.id)
    assert f"{gone_at:%Y-%m-%d %H:%M}" in document.text
    assert store.probe.url in document.text
    assert (await store.desk.assessment(document.id)).signals[0].spans[0].quote == "not found"


async def test_an_app_that_comes_back_is_an_all_clear_and_gone_again_is_news_again(store: Store):
    await store.looks(store.probe, 4)
    store.holds(False)
    await store.looks(store.probe, 4)
    store.holds(True)
    assert await store.looks(store.probe, 6) == [("all_clear", "reversed")]
    assert compose(store.sent[0]).headline == "TikTok found again in Germany's App Store"
    store.holds(False)
    assert await store.looks(store.probe, 6) == [("new_rung", "effective")]
    assert len(await store.incidents()) == 1


async def test_a_store_that_blinks_or_fails_is_never_told(store: Store):
    await store.looks(store.probe, 4)
    for _ in range(4):
        store.holds(False)
        assert await store.looks(store.probe, 2) == []
        store.site.says("/lookup", b"busy", status=503)
        assert await store.looks(store.probe) == []
        store.site.says("/lookup", b"<html>try again later</html>")
        assert await store.looks(store.probe) == []
        store.holds(True)
        assert await store.looks(store.probe) == []
    assert await store.incidents() == []


async def test_it_joins_the_incident_that_the_news_opened_and_moves_its_rung(store: Store):
    await store.looks(store.probe, 4)
    store.prints(EXIT)
    assert await store.looks(store.paper) == [("first", "confirmed")]
    store.holds(False)
    assert await store.looks(store.probe, 9) == [("new_rung", "effective")]
    [incident] = await store.incidents()
    assert (incident.event_type, incident.headline) == (EventType.MARKET_EXIT, EXIT)
    assert {item.authority for item in incident.evidence} == {Authority.NEWS, Authority.OBSERVED}


async def test_news_that_come_later_say_what_it_is_that_was_seen(store: Store):
    await store.looks(store.probe, 4)
    store.holds(False)
    assert await store.looks(store.probe, 6) == [("first", "effective")]
    store.prints(EXIT)
    assert await store.looks(store.paper) == [("worse", "effective")], "now somebody says what it is"
    assert compose(store.sent[0]).headline == "TikTok left the market (DE)"
    [incident] = await store.incidents()
    assert (incident.event_type, incident.status, incident.headline) == (EventType.MARKET_EXIT, Status.EFFECTIVE, EXIT)
    store.holds(True)
    assert await store.looks(store.probe, 6) == [], "an app that is back denies no exit"
