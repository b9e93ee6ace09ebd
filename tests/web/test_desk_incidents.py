"""The list of incidents: by what a reader asks for, page by page, and as a file."""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from front import front_of
from given import due, evidence, position, seller
from hypothesis import given
from hypothesis import strategies as st
from rooms_given import NOW, Browser, settings_in, store_in

from monitor.config import Config
from monitor.domain.assembly import assemble
from monitor.domain.handling import closed
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.rulings import Act, ActKind
from monitor.opened import Store
from monitor.steps import Step
from monitor.web.sections.incidents import COLUMNS, Wanted, read
from monitor.web.sheets import lines as sheet
from monitor.web.sheets import safe

ACME = seller(position("Lazada", "ID", 100, stock=5_000), position("Amazon Business", "DE", 20, stock=100))
NAMES = ("Lazada", "Amazon", "Temu", "Ozon", "Shopee", "Coupang", "Allegro")


def leaves(platform: str, place: str = "ID", **more: object) -> Evidence:
    said = {"event": "market_exit", "date": "2024-11-28", "authority": "official", "at": NOW - timedelta(days=1)}
    return evidence(f"word on {platform}", platforms=(platform,), regions=(place,), **(said | more))


def opened(*words: Evidence, id: str, after: int = 0) -> Incident:
    return assemble(id, words, None, NOW - timedelta(hours=100 - after), words[-1].document_id)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return replace(settings_in(tmp_path_factory.mktemp("shipped"), sellers=(ACME,)), sources=())


Desk = tuple[Store, Callable[[], Browser]]


@pytest.fixture
async def desk(tmp_path: Path, shipped: Config) -> AsyncIterator[Desk]:
    settings = replace(shipped, state_dir=tmp_path, store_url=f"sqlite:///{tmp_path}/sellerwatch.db")
    store = await store_in(settings)
    async with front_of(store, settings) as made:
        yield store, made
    await store.database.close()


async def vera_with(desk: Desk, *incidents: Incident, acts: tuple[Act, ...] = ()) -> Browser:
    store, made = desk
    await store.ledger.keep(Step(NOW, incidents=incidents, acts=acts))
    vera = made()
    await vera.log_in("vera")
    return vera


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a class="what" href="/incidents/([^"]+)">', page)


def further(page: str, way: str = "next") -> str:
    """The address behind a pager's link; "" when there is none."""
    found = re.search(rf'<a href="([^"]+)" rel="{way}">', page)
    return found[1].replace("&amp;", "&") if found else ""


def several() -> tuple[Incident, ...]:
    """One of each kind."""
    off = leaves("Temu", status="reversed", at=NOW)
    return (
        opened(leaves("Lazada"), id="exit"),
        opened(leaves("Amazon", "DE", event="policy", date="2025-03-01", deadlines=(due("2024-11-05"),)), id="terms"),
        opened(leaves("Ozon", "RU", status="rumor", authority="news", date=None), id="rumor"),
        opened(leaves("Temu", at=NOW - timedelta(days=3)), off, id="off"),
        closed(opened(leaves("Shopee", "BR"), id="shut"), "otto", "", NOW),
    )


async def everything_kept(desk: Desk) -> Browser:
    """The closed one takes two steps, as a store wants them."""
    *others, shut = several()
    act = Act("act", "terms", ActKind.TAKE, NOW, "otto")
    before = replace(shut, closed=None, revision=1, history=shut.history[:1])
    vera = await vera_with(desk, *others, before, acts=(act,))
    await desk[0].ledger.keep(Step(NOW, incidents=[shut]))
    return vera


ASKED = {
    "": ["exit", "terms", "rumor"],
    "?state=all": ["exit", "terms", "off", "shut", "rumor"],
    "?state=open": ["exit", "rumor"],
    "?state=seen": ["terms"],
    "?state=closed": ["shut"],
    "?state=reversed": ["off"],
    "?event=policy": ["terms"],
    "?platform=lazada": ["exit"],
    "?platform=Amazon+Business": ["terms"],  # the seller's shop is on a part of what it names
    "?country=RU": ["rumor"],
    "?rung=rumor": ["rumor"],
    "?severity=high": ["exit"],
    "?seller=acme": ["exit", "terms"],
    "?seller=nobody": [],
    "?q=OZON+title": ["rumor"],
    "?q=ozon+nothing": [],
    "?q=ter": ["terms"],  # the beginning of an id
    "?sort=date": ["terms", "exit", "rumor"],
    "?sort=money": ["exit", "terms", "rumor"],
    "?event=bogus&state=bogus&rung=&severity=x&sort=x&after=%00&before=x": ["exit", "terms", "rumor"],
}


async def test_a_reader_finds_what_they_ask_for(desk):
    vera = await everything_kept(desk)
    for asked, found in ASKED.items():
        shown = rows(await vera.page(f"/incidents{asked}"))
        ordered = "sort" in asked or not asked
        assert (shown if ordered else sorted(shown)) == (found if ordered else sorted(found)), asked


async def test_by_money_the_greatest_sum_comes_first_however_loud_it_is(desk):
    quiet = opened(leaves("Lazada", status="rumor", authority="news", date=None), id="much")
    vera = await vera_with(desk, opened(leaves("Amazon", "DE"), id="little"), quiet)
    assert rows(await vera.page("/incidents")) == ["little", "much"]
    assert rows(await vera.page("/incidents?sort=money")) == ["much", "little"]


async def test_what_is_not_for_us_comes_last_and_nobody_sees_to_it(desk):
    act = Act("act", "much", ActKind.NOT_FOR_US, NOW, "otto", seller_id="acme")
    incidents = opened(leaves("Lazada"), id="much"), opened(leaves("Amazon", "DE"), id="little")
    vera = await vera_with(desk, *incidents, acts=(act,))
    for sort in ("pressing", "money"):
        assert rows(await vera.page(f"/incidents?sort={sort}")) == ["little", "much"]
    page = await vera.page("/incidents")
    assert "not for us, says otto" in page
    assert "seen to by" not in page
    assert rows(await vera.page("/incidents?state=open")) == ["little"]


async def test_each_row_tells_what_where_how_sure_how_much_and_who(desk):
    vera = await everything_kept(desk)
    page = await vera.page("/incidents?state=all")
    exit, terms, shut = (
        page.partition(f'href="/incidents/{id}"')[2].partition("</tr>")[0] for id in ("exit", "terms", "shut")
    )
    for words in ("Lazada leaves the market on 28 Nov 2024 (ID)", "Indonesia", "confirmed", "EUR 8,000", "in 29 days"):
        assert words in exit
    assert "seen to by otto" in terms
    assert "5 Nov 2024" in terms
    assert "closed by otto" in shut
    assert "hits nobody here" in shut


async def test_pages_follow_one_another_and_lead_back_whatever_opens_meanwhile(desk):
    many = [opened(leaves(NAMES[n % 7]), id=f"incident-{n:03}", after=n) for n in range(120)]
    vera = await vera_with(desk, *many)
    first = await vera.page("/incidents?sort=opened")
    assert "120 incidents" in first
    assert not further(first, "prev")
    await desk[0].ledger.keep(Step(NOW, incidents=[opened(leaves("Lazada"), id="later", after=200)]))
    second = await vera.page(further(first))
    third = await vera.page(further(second))
    shown = [*rows(first), *rows(second), *rows(third)]
    assert shown == [f"incident-{n:03}" for n in reversed(range(120))]
    assert not further(third)
    assert rows(await vera.page(further(third, "prev"))) == rows(second)
    assert rows(await vera.page(further(second, "prev"))) == rows(first)


async def test_programs_read_page_by_page_and_are_told_what_they_asked_wrongly(desk):
    many = [opened(leaves(NAMES[n % 7]), id=f"incident-{n:03}", after=n) for n in range(7)]
    vera = await vera_with(desk, *many)
    got, address = [], "/api/v1/incidents?limit=3&sort=moved"
    while address:
        answer = await vera.client.get(address)
        page = answer.json()
        assert page["number"] == 7
        got += [one["id"] for one in page["incidents"]]
        address = f"/api/v1/incidents?limit=3&sort=moved&after={page['next']}" if page["next"] else ""
        assert ('rel="next"' in answer.headers.get("link", "")) is bool(address)
    assert got == [one.id for one in reversed(many)]
    for wrong in ("state=x", "limit=0", "limit=201", "event=x", "severity=loud"):
        assert (await vera.client.get(f"/api/v1/incidents?{wrong}")).status_code == 422


@pytest.mark.case(30)
async def test_the_file_holds_all_that_fits_and_nothing_that_a_spreadsheet_obeys(desk):
    hostile = opened(leaves("=HYPERLINK(1)", "+1", event="policy"), id="hostile")
    vera = await vera_with(desk, *several()[:2], hostile)
    answer = await vera.client.get("/incidents.csv?state=all")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    read_back = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    by_id = {row["id"]: row for row in read_back}
    assert set(by_id) == {"exit", "terms", "hostile"}
    assert (by_id["exit"]["worst_case"], by_id["exit"]["currency"], by_id["exit"]["places"]) == ("8000", "EUR", "ID")
    assert by_id["hostile"]["platforms"] == "'=HYPERLINK(1)"
    assert by_id["hostile"]["places"] == "'+1"
    assert not [cell for row in read_back for cell in row.values() if cell[:1] in "=+@\t\r" and cell]
    assert tuple(read_back[0]) == COLUMNS


@given(st.lists(st.one_of(st.text(), st.integers(), st.none()), min_size=1))
def test_whatever_is_written_no_cell_begins_a_formula_and_each_is_read_back(cells):
    (back,) = csv.reader(io.StringIO(sheet([cells]), newline=""))
    for cell, text in zip(cells, back, strict=True):
        assert text == safe(cell)
        assert not (isinstance(cell, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")))
        assert text.removeprefix("'") == ("" if cell is None else str(cell).removeprefix("'"))


@given(st.dictionaries(st.sampled_from(("q", "event", "rung", "severity", "state", "sort", "platform")), st.text()))
def test_what_an_address_asks_for_is_written_back_as_an_address_that_asks_the_same(asked):
    wanted = read(asked)
    assert read(dict(parse_qsl(wanted.query()))) == wanted
    assert Wanted().query() == ""
