"""The desk's sources: what is covered, what is wrong and what to do, and one source with its days."""

from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from rooms_given import CONFIG, NOW, desk_of, store_in

from monitor.config import Config, load
from monitor.domain.documents import Capture, Document, digest
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Position, Seller
from monitor.domain.harvests import Harvest
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.domain.vigils import Find, Vigil
from monitor.steps import Step

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVIL = '<img src=x onerror="alert(1)">'
LIVE = Source(
    "good-feed", "Bazaar Times", "https://bazaar.example/feed", SourceKind.FEED, Authority.TRADE, "Bazaar Press",
    timedelta(minutes=30), platforms=("TikTok Shop",), countries=("ID",), languages=("id",),
)  # fmt: skip
DEAD = Source(
    "dead-feed", f"Dead {EVIL}", "https://dead.example/rss", SourceKind.FEED, Authority.OFFICIAL, "Dead", HOUR,
    platforms=("Shopee",), countries=("BR",), languages=("pt",),
)  # fmt: skip
OFF = Source(
    "off-page", "Off page", "https://off.example/", SourceKind.PAGE, Authority.NEWS, "Off", DAY, enabled=False,
    off_reason="too loud",
)  # fmt: skip


async def looked(store, source: Source, outcome: Outcome, at, **more) -> Capture | None:
    """A look as the daemon keeps one, and its capture when something came."""
    failed = outcome is Outcome.FAILED
    success = None if failed else at
    state = SourceState(
        source.id, at + source.every, etag='"v1"', last_look_at=at, last_success_at=success, url=source.url,
        failures=9 if failed else 0, last_reason=more.get("reason"), last_detail=more.get("detail", ""),
        every=timedelta(minutes=45), why="it publishes about every 90 min",
        retired=more.get("reason") is FailureReason.GONE,
    )  # fmt: skip
    body = f"{source.id} {at}".encode()
    capture = Capture(digest(body), source.id, source.url, at, 200, "text/xml", body, digest(body))
    came = capture if outcome is Outcome.OK else None
    await store.inbox.looked(Look(source.id, at, outcome, status=200, seconds=0.25, **more), state, came)
    return came


async def read(store, source: Source, at, *titles: str, quarantine=None, rejected=()) -> None:
    """What came last, read."""
    claim = await store.inbox.claim(at, HOUR)
    documents = [
        Document(digest(title), source.id, claim.item.id, f"https://bazaar.example/{n}", title, "Text.", at, at, "id")
        for n, title in enumerate(titles)
    ]
    harvest = Harvest(source.id, items=7, usual=7, last_new_at=at, last_read_at=at, arrivals=(at,))
    await store.ledger.keep(
        Step(at, claim, documents, harvest=harvest, quarantine=quarantine, detail="cut off", rejected=rejected)
    )


@pytest.fixture
async def store(tmp_path):
    opened = await store_in(configured(tmp_path))
    await looked(opened, LIVE, Outcome.OK, NOW - DAY)
    await read(opened, LIVE, NOW - DAY, "TikTok Shop tutup", EVIL, rejected=[("k1", FailureReason.NO_TEXT, "no words")])
    await looked(opened, LIVE, Outcome.UNCHANGED, NOW - HOUR)
    await looked(opened, DEAD, Outcome.OK, NOW - 3 * DAY)
    await read(opened, DEAD, NOW - 3 * DAY, quarantine=FailureReason.NOT_A_FEED)
    await looked(opened, DEAD, Outcome.FAILED, NOW - HOUR, reason=FailureReason.GONE, detail="410 Gone")
    find = Find("https://dead.example/new-feed", SourceKind.FEED, 12, NOW - DAY, "It lives")
    await opened.ledger.keep(Step(NOW, vigils=[Vigil(DEAD.id, noticed_at=NOW, find=find)]))
    yield opened
    await opened.database.close()


@cache
def shipped() -> Config:
    return load(CONFIG)


def configured(tmp_path: Path, *more: Source) -> Config:
    """Three sources, and no platform, which takes long to get to know."""
    database = f"sqlite:///{tmp_path / 'sellerwatch.db'}"
    return replace(shipped(), state_dir=tmp_path, store_url=database, platforms=(), sources=(LIVE, DEAD, OFF, *more))


async def test_how_long_a_look_took_is_never_nothing(tmp_path, store):
    """A look of a few thousandths of a second is not one of 0 s."""
    async with desk_of(store, configured(tmp_path)) as browser:
        vera = browser()
        await vera.log_in("vera")
        page = await vera.page(f"/sources/{LIVE.id}")
        assert "<dt>It took</dt><dd>250 ms" in page
        await store.inbox.looked(
            Look(LIVE.id, NOW, Outcome.UNCHANGED, status=304, seconds=1.254), SourceState(LIVE.id, NOW), None
        )
        assert "<dt>It took</dt><dd>1.25 s" in await vera.page(f"/sources/{LIVE.id}")


async def test_the_page_says_what_is_wrong_and_what_to_do_and_shows_the_map(tmp_path, store):
    async with desk_of(store, configured(tmp_path)) as browser:
        vera = browser()
        await vera.log_in("vera")
        page = await vera.page("/sources")
    assert "Gone for good, says its server" in page
    assert "Look for where it went: try the address of its site here." in page
    assert "https://dead.example/new-feed" in page, "where it may be now"
    assert "TikTok Shop, Indonesia: 1 live source" in page
    assert "Shopee, Brazil: " in page
    assert EVIL not in page
    assert "&lt;img src=x" in page
    assert 'href="/sources/try"' not in page, "a viewer tries nothing"


async def test_sources_are_found_by_words_state_platform_and_country(tmp_path, store):
    async with desk_of(store, configured(tmp_path)) as browser:
        vera = browser()
        await vera.log_in("vera")

        async def ids(query: str) -> list[str]:
            answer = await vera.client.get(f"/api/v1/sources?{query}")
            assert answer.status_code == 200, answer.text
            return [line["id"] for line in answer.json()["lines"]]

        assert await ids("") == ["dead-feed", "good-feed", "off-page"], "the blind first"
        assert await ids("q=bazaar+TIMES") == ["good-feed"]
        assert await ids("standing=off") == ["off-page"]
        assert await ids("cause=gone") == ["dead-feed"]
        assert await ids("platform=TikTok+Shop&country=ID") == ["good-feed"]
        assert await ids("platform=*") == ["off-page"]
        assert await ids("language=pt&kind=feed&authority=official") == ["dead-feed"]
        assert await ids("q=nothing+of+the+kind") == []
        page = await vera.page("/sources?q=nothing")
        assert "No source fits." in page


async def test_many_sources_are_shown_page_by_page_and_each_once(tmp_path, store):
    many = [replace(LIVE, id=f"s{n:03}", name=f"Source {n:03}", url=f"https://s{n}.example/") for n in range(120)]
    async with desk_of(store, configured(tmp_path, *many)) as browser:
        vera = browser()
        await vera.log_in("vera")
        pages = [await vera.page(f"/sources?q=source&page={number}") for number in (1, 2, 3)]
        found = [one.id for one in many for page in pages if f'href="/sources/{one.id}"' in page]
        assert found == [one.id for one in many]
        assert "page=2" in pages[0]
        assert "page=4" not in pages[2]
        first = (await vera.client.get("/api/v1/sources?limit=100")).json()
        last = (await vera.client.get(f"/api/v1/sources?limit=100&after={first['next']}")).json()
        assert (first["total"], len(first["lines"]), len(last["lines"]), last["next"]) == (123, 100, 23, "")


async def test_one_source_shows_its_days_what_was_read_and_what_could_not_be(tmp_path, store):
    async with desk_of(store, configured(tmp_path)) as browser:
        vera = browser()
        await vera.log_in("vera")
        page = await vera.page("/sources/good-feed")
        known = (await vera.client.get("/api/v1/sources/good-feed")).json()
        days = (await vera.client.get("/api/v1/sources/good-feed/days?most=2")).json()
        dead = await vera.page("/sources/dead-feed")
        off = await vera.page("/sources/off-page")
    assert "2 looks, 0 of them failed; 2 new entries" in page
    assert "every 30 minutes by its record" in page
    assert "now every 45 min" in page
    assert "&#34;v1&#34;" in page, "the validator"
    assert "TikTok Shop tutup" in page
    assert EVIL not in page
    assert "no words" in page, "the entry that could not be read"
    assert [(day["day"], day["looks"], day["ok"], day["unchanged"], day["new"]) for day in days] == [
        ("2024-10-29", 1, 1, 0, 2),
        ("2024-10-30", 1, 0, 1, 0),
    ]
    assert days == known["days"][-2:]
    assert known["look"]["outcome"] == "unchanged"
    assert "https://dead.example/new-feed" in dead
    assert "What comes is no feed" in dead
    assert "too loud" in off


async def test_a_source_that_is_not_configured_is_not_found(tmp_path, store):
    async with desk_of(store, configured(tmp_path)) as browser:
        vera = browser()
        await vera.log_in("vera")
        assert (await vera.client.get("/sources/nobody")).status_code == 404
        for path in ("nobody", "nobody/days"):
            answer = await vera.client.get(f"/api/v1/sources/{path}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


async def test_where_a_seller_has_a_stake_and_nobody_live_would_tell_it_is_said(tmp_path, store):
    seller = Seller(
        "acme", "Acme", "EUR", (Position("TikTok Shop", "ID"), Position("Shopee", "BR"), Position("Ozon", "KZ"))
    )
    async with desk_of(store, replace(configured(tmp_path), sellers=(seller,))) as browser:
        vera = browser()
        await vera.log_in("vera")
        survey = (await vera.client.get("/api/v1/sources/coverage")).json()
        page = await vera.page("/sources")
    lost = [(one["platform"], one["country"], one["best"]) for one in survey["uncovered"]]
    assert lost == [("Ozon", "KZ", None), ("Shopee", "BR", "retired")]
    assert {row[0]["platform"] for row in survey["places"][:3]} == {"TikTok Shop", "Shopee", "Ozon"}, "ours come first"
    assert sum(place["ours"] for row in survey["places"] for place in row) == 3
    assert "2 places where you sell have no source of their own that sees:" in page
    assert "Ozon, Kazakhstan" in page
