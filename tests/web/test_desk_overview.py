"""The desk's first page: what needs somebody, what is due, where the money stands, whether we see and are heard."""

import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from front import front_of
from given import due, evidence, position, seller
from rooms_given import NOW, Browser, settings_in, store_in

from monitor.config import Config
from monitor.domain.assembly import assemble
from monitor.domain.errors import FailureReason
from monitor.domain.handling import closed
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.drill import BEGUN, OVER
from monitor.opened import Store
from monitor.steps import Step

ACME = seller(
    position("TikTok Shop", "ID", 1000, stock=50_000),
    position("TikTok Shop", "DE", 10, stock=1_000),
    position("Lazada", "ID", 100, stock=5_000),
)
BOLT = replace(seller(position("Lazada", "ID", 500, stock=40_000)), id="bolt", name="Bolt Goods", currency="USD")


@dataclass
class House:
    """A desk with a store behind it, for stories."""

    store: Store
    settings: Config
    browser: Callable[[], Browser]
    opened: int = 0

    async def vera(self) -> Browser:
        vera = self.browser()
        await vera.log_in("vera")
        return vera

    async def happens(self, *words: Evidence, id: str = "") -> Incident:
        """An incident opens."""
        self.opened += 1
        one = assemble(id or f"incident-{self.opened}", words, None, NOW, words[-1].document_id)
        await self.keep(one)
        return one

    async def keep(self, *some: Incident, **more: object) -> None:
        await self.store.ledger.keep(Step(NOW, incidents=some, **more))

    async def did(self, kind: ActKind, one: Incident, subject: str = "", seller_id: str = "") -> None:
        act = Act(f"{kind}-{one.id}-{subject}-{seller_id}", one.id, kind, NOW, "otto", subject, "", seller_id)
        await self.store.ledger.keep(Step(NOW, acts=[act]))


def leaves(document: str = "d1", platform: str = "TikTok Shop", place: str = "ID", **more: object) -> Evidence:
    """The platform itself says that it goes."""
    said = {"event": "market_exit", "date": "2024-11-28", "authority": "official", "at": NOW - timedelta(days=1)}
    return evidence(document, platforms=(platform,), regions=(place,), **(said | more))


def source(id: str, platform: str) -> Source:
    kind, authority = SourceKind.FEED, Authority.OFFICIAL
    every = timedelta(minutes=15)
    return Source(id, f"{platform} news", f"https://{id}.example/feed", kind, authority, id, every, (platform,))


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The shipped settings with two sellers, and with two sources, none of which tells of Lazada."""
    loaded = settings_in(tmp_path_factory.mktemp("shipped"), sellers=(ACME, BOLT))
    return replace(loaded, sources=(source("tiktok", "TikTok Shop"), source("ebay", "eBay")))


@pytest.fixture
async def house(tmp_path: Path, shipped: Config) -> AsyncIterator[House]:
    settings = replace(shipped, state_dir=tmp_path, store_url=f"sqlite:///{tmp_path}/sellerwatch.db")
    store = await store_in(settings)
    async with front_of(store, settings) as made:
        yield House(store, settings, made)
    await store.database.close()


def lines(page: str) -> list[str]:
    """The headlines of the desk's lines, in their order."""
    return re.findall(r'<a class="what" href="/incidents/[^"]+">([^<]+)</a>', page)


def section(page: str, title: str) -> str:
    """From one heading to the next."""
    return page.partition(f">{title}<")[2].partition("<h2")[0]


async def test_an_empty_desk_says_what_to_do_first_and_that_nothing_is_wrong(tmp_path, shipped):
    url = f"sqlite:///{tmp_path}/sellerwatch.db"
    settings = replace(shipped, sellers=(replace(ACME, positions=()),), state_dir=tmp_path, store_url=url)
    store = await store_in(settings)
    async with front_of(store, settings) as made:
        vera = made()
        await vera.log_in("vera")
        page = await vera.page("/")
    await store.database.close()
    assert "Nothing needs you now." in page
    assert "Say what you have at stake" in page
    assert "Say who is told" in page
    assert "sellerwatch run" in page  # nothing was read yet
    assert "Let your colleagues in" in page
    assert "No date is known" in page


async def test_the_most_money_stands_first_with_what_where_how_sure_and_how_long(house):
    await house.happens(leaves("d1", "Lazada"))
    await house.happens(leaves("d2", "TikTok Shop", date="2024-11-05"))
    page = await (await house.vera()).page("/")
    assert lines(page) == [
        "TikTok Shop leaves the market on 5 Nov 2024 (ID)",
        "Lazada leaves the market on 28 Nov 2024 (ID)",
    ]
    first, second = page.split('<li class="line ')[1:3]
    assert first.startswith("critical")
    for words in ("confirmed", "new", "EUR 80,000", "expected EUR 72,000", "in 6 days", "Acme Trading"):
        assert words in first
    assert "USD 55,000" in second  # for Bolt it is worse than for Acme, who is named beside
    assert "Acme Trading <data" in second


async def test_a_seller_may_look_at_their_own_desk_alone(house):
    await house.happens(leaves("d1", "Lazada"))
    await house.happens(leaves("d2", "TikTok Shop"))
    vera = await house.vera()
    page = await vera.page("/?seller=bolt")
    assert lines(page) == ["Lazada leaves the market on 28 Nov 2024 (ID)"]
    assert "EUR" not in page.partition("<main")[2].partition("Where the money")[0]
    assert len(lines(await vera.page("/?seller=nobody"))) == 2  # not as if all were well


async def test_what_somebody_sees_to_and_what_is_only_heard_stand_apart(house):
    taken = await house.happens(leaves("d1", "Lazada"))
    await house.did(ActKind.TAKE, taken)
    await house.happens(leaves("d2", "TikTok Shop", status="rumor", authority="news", date=None))
    page = await (await house.vera()).page("/")
    assert "Nothing needs you now." in page
    assert lines(section(page, "Seen to")) == ["Lazada leaves the market on 28 Nov 2024 (ID)"]
    assert "seen to by otto" in section(page, "Seen to")
    assert lines(section(page, "A weak word so far")) == ["TikTok Shop may leave the market (ID)"]


async def test_what_one_of_two_sellers_sees_to_still_needs_the_other(house):
    one = await house.happens(leaves("d1", "Lazada"))
    await house.did(ActKind.TAKE, one, seller_id="bolt")
    vera = await house.vera()
    assert lines((await vera.page("/")).partition("The next 90 days")[0])
    assert "Nothing needs you now." in await vera.page("/?seller=bolt")
    await house.did(ActKind.NOT_FOR_US, one, seller_id="acme")
    assert "Nothing needs you now." in await vera.page("/")


async def test_what_is_closed_called_off_or_long_over_needs_nobody(house):
    shut = await house.happens(leaves("d1", "Lazada"))
    vera = await house.vera()
    assert lines(await vera.page("/"))
    await house.keep(closed(shut, "otto", "", NOW))
    off = leaves("d3", "Lazada", status="reversed", at=NOW)
    await house.happens(leaves("d2", "Lazada"), off)
    await house.happens(leaves("d4", "Lazada", date="2023-01-01", at=NOW - timedelta(days=700)))
    page = await vera.page("/")
    assert lines(page) == []
    assert "1 more is open and has done what it does." in page


async def test_a_line_is_new_until_its_reader_has_seen_it_and_again_when_it_moves(house):
    one = await house.happens(leaves("d1", "Lazada"))
    vera = await house.vera()
    page = await vera.page("/")
    assert 'class="tag new"' in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)[1]
    assert (await vera.post("/seen", seen=seen)).headers["location"] == "/?done=seen"
    assert 'class="tag new"' not in await vera.page("/?done=seen")
    assert "Marked as seen." in await vera.page("/?done=seen")
    words = (leaves("d1", "Lazada"), leaves("d2", "Lazada", date="2024-12-24", at=NOW))
    await house.keep(assemble(one.id, words, one, NOW, "d2"))
    page = await vera.page("/")
    assert "24 Dec 2024" in page
    assert 'class="tag new"' in page


async def test_nobody_can_claim_to_have_seen_what_is_still_to_come(house):
    one = await house.happens(leaves("d1", "Lazada"))
    vera = await house.vera()
    await vera.page("/")
    answer = await vera.post(
        "/seen", seen=f"{one.id}:99999 nobody:1 {one.id}:x :7 {one.id}:-1 {'9' * 50}", seller="a&b"
    )
    assert answer.headers["location"] == "/?seller=a%26b&done=seen"
    assert await house.store.people.seen_by("vera", [one.id, "nobody"]) == {one.id: one.revision}


async def test_dates_of_the_next_90_days_stand_on_a_line_and_in_a_list(house):
    one = await house.happens(
        leaves(deadlines=(due("2024-11-15"), due("2024-10-25", "refund"), due("2025-06-01", "payout")))
    )
    vera = await house.vera()
    part = section(await vera.page("/"), "The next 90 days")
    assert re.findall(r"<li><time[^>]*>([^<]+)</time> <span class=\"days[^>]*>([^<]+)</span>", part) == [
        ("25 Oct 2024", "5 days ago"), ("15 Nov 2024", "in 16 days"), ("28 Nov 2024", "in 29 days"),
    ]  # fmt: skip
    assert part.count("<circle") == 2  # what is past has no place ahead
    assert "export your data" in part
    assert "it takes effect" in part
    await house.did(ActKind.DONE, one, "deadline:refund:2024-10-25")
    assert "25 Oct 2024" not in section(await vera.page("/"), "The next 90 days")


async def test_what_is_due_first_may_be_a_step_of_a_playbook_and_each_is_named_once(house):
    """A closing in six weeks asks for steps long before: they are what is due next, not the closing."""
    one = await house.happens(leaves("d1", date="2024-12-12"))
    other = await house.happens(leaves("d2", "Lazada", date="2024-12-12"))
    vera = await house.vera()
    page = await vera.page("/")
    items = section(page, "Steps of your playbooks, by day").split("<li>")[1:]
    read = [
        re.search(
            r'<time[^>]*>([^<]+)</time> <span class="days[^>]*>([^<]+)</span> <span class="strong">(.+?)</span>', li
        )
        for li in items
    ]
    found = [match.groups() for match in read]
    assert len(set(found)) == len(found) > 3
    assert all(one.id in item and other.id in item for item in items)  # the same steps, each once, with both
    figure = page.partition("<dt>due next</dt>")[2].partition("</dd>")[0]
    ahead = next(item for item in found if "ago" not in item[1])
    assert ahead[1] in figure
    assert ahead[2] in figure
    assert "in 43 days" not in figure
    overdue = sum("ago" in item[1] for item in found)
    assert (f"{2 * overdue} overdue" in figure) is (overdue > 0)
    step = next(step for book in house.settings.playbooks for step in book.steps if step.do == html.unescape(ahead[2]))
    await house.did(ActKind.DONE, one, step.subject)
    items = section(await vera.page("/"), "Steps of your playbooks, by day").split("<li>")
    left = next(item for item in items if f">{ahead[2]}<" in item)
    assert one.id not in left
    assert other.id in left
    await house.did(ActKind.DONE, other, step.subject)
    assert ahead[2] not in section(await vera.page("/"), "Steps of your playbooks, by day")


async def test_a_step_waits_for_its_rung_and_for_nobody_whom_it_does_not_concern(house):
    heard = await house.happens(leaves("d1", status="rumor", authority="news", by="Somebody"))
    page = await (await house.vera()).page("/")
    early = [step for book in house.settings.playbooks for step in book.steps if step.since is not Status.RUMOR]
    assert early
    assert not [step.do for step in early if html.escape(step.do) in page]
    await house.did(ActKind.NOT_FOR_US, heard, seller_id="acme")
    await house.did(ActKind.NOT_FOR_US, heard, seller_id="bolt")
    assert "Steps of your playbooks, by day" not in await (await house.vera()).page("/")


async def test_the_heat_table_tells_at_risk_of_exposed_and_leads_to_the_incidents(house):
    await house.happens(leaves("d1", "TikTok Shop"))
    page = await (await house.vera()).page("/?seller=acme")
    table = page.partition('<table class="heat"')[2].partition("</table>")[0]
    assert "80,000" in table  # 50,000 of stock, and 30 days of 1,000
    assert "of 80,000" in table
    assert "none of 1,300" in table  # Germany
    assert 'class="heat-5"' in table
    link = re.search(r'<td class="heat-5"><a href="([^"]+)"', table)[1].replace("&amp;", "&")
    assert lines(await (await house.vera()).page(link)) == ["TikTok Shop leaves the market on 28 Nov 2024 (ID)"]
    assert "90% of all at stake" in page


async def test_the_first_start_is_no_exercise(house):
    vera = await house.vera()
    await house.keep(marks=[(BEGUN, NOW), (OVER, NOW)])
    assert "none yet" in section(await vera.page("/"), "Whether word goes out")
    await house.keep(marks=[(BEGUN, NOW + timedelta(days=3))])
    assert "the last one: 2 Nov 2024" in section(await vera.page("/"), "Whether word goes out")


async def test_what_nobody_has_looked_at_yet_is_no_blind_spot(house):
    part = section(await (await house.vera()).page("/"), "What we cannot see")
    assert "2 places where you sell have no source of their own" in part  # Lazada, of both sellers
    assert "TikTok Shop" not in part


async def test_places_where_money_stands_and_nobody_looks_are_named(house):
    for one in house.settings.sources:
        state = SourceState(one.id, NOW + one.every, last_look_at=NOW, last_success_at=NOW)
        harvest = Harvest(one.id, last_read_at=NOW, last_new_at=NOW, arrivals=(NOW,))
        await house.store.inbox.looked(Look(one.id, NOW, Outcome.OK, 200), state, None)
        await house.store.ledger.keep(Step(NOW, harvest=harvest))
    page = await (await house.vera()).page("/")
    part = section(page, "What we cannot see")
    assert "2 places where you sell have no source of their own that sees" in part
    assert part.count("Lazada") == 2  # of both sellers
    assert "any platform" not in part  # each of the two sources is about one
    assert "TikTok Shop" not in part
    assert "sellerwatch run" not in page


async def test_the_press_may_report_of_a_place_that_has_no_source_of_its_own(tmp_path, shipped):
    press = replace(source("press", "Wire"), platforms=())
    url = f"sqlite:///{tmp_path}/sellerwatch.db"
    settings = replace(shipped, sources=(*shipped.sources, press), state_dir=tmp_path, store_url=url)
    store = await store_in(settings)
    async with front_of(store, settings) as made:
        vera = made()
        await vera.log_in("vera")
        part = section(await vera.page("/"), "What we cannot see")
    await store.database.close()
    assert "2 places where you sell have no source of their own that sees" in part
    assert "1 source that speaks of any platform may report it all the same." in part


async def test_a_source_that_went_blind_is_named_with_its_cause(house):
    one, long_ago = house.settings.sources[0], NOW - timedelta(days=3)
    state = SourceState(
        one.id, NOW + one.every, last_look_at=NOW, last_success_at=long_ago, failures=9,
        last_reason=FailureReason.BOT_WALL, last_detail="a challenge",
    )  # fmt: skip
    await house.store.inbox.looked(Look(one.id, NOW, Outcome.FAILED, 403), state, None)
    part = section(await (await house.vera()).page("/"), "What we cannot see")
    assert f'<a href="/sources/{one.id}">' in part
    assert "A bot wall stands before it" in part
    assert "tells of where you sell" in part


async def test_programs_read_the_same_board(house):
    await house.happens(leaves("d1", "Lazada"))
    vera = await house.vera()
    board = (await vera.client.get("/api/v1/board")).json()
    (line,) = board["needs"]["lines"]
    assert line["headline"] == "Lazada leaves the market on 28 Nov 2024 (ID)"
    assert [(one["seller_id"], one["worst"], one["currency"]) for one in line["shares"]] == [
        ("bolt", "55000", "USD"), ("acme", "8000", "EUR"),
    ]  # fmt: skip
    assert [(one["seller_id"], one["worst"]) for one in board["risks"]] == [("acme", "8000"), ("bolt", "55000")]
    assert board["due"][0]["day"] == "2024-11-28"


async def test_the_desk_speaks_the_language_that_the_browser_asks_for(house):
    await house.happens(leaves("d1", "Lazada"))
    vera = await house.vera()
    page = (await vera.client.get("/", headers={"Accept-Language": "de"})).text
    assert '<html lang="de">' in page
    assert "28. Nov. 2024" in page


async def test_names_from_outside_are_shown_as_text(house):
    hostile = '<script>alert(1)</script>"><img src=x>'
    await house.happens(leaves("d1", "TikTok Shop", authority="observed", event="shutdown", title=hostile))
    page = await (await house.vera()).page("/")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
