"""The feed of incidents: valid Atom, ids that stay, news that show, and only for whom it is."""

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree.ElementTree import fromstring

import feedparser
import pytest
from incident_given import ID, papers, publish, world
from rooms_given import NOW, PASSWORD, QUICK, desk_of

from monitor.desk.accounts import Accounts
from monitor.desk.feeds import FEED_KEY
from monitor.domain.people import Role
from monitor.web.feeds import feed_key

ATOM = "{http://www.w3.org/2005/Atom}"
PATH = "/feeds/incidents.atom"


@pytest.fixture
async def told(tmp_path):
    store, settings, incident = await world(tmp_path)
    async with desk_of(store, settings) as browser:
        yield store, settings, incident, browser
    await store.database.close()


async def test_it_is_atom_that_readers_read(told):
    _, _, incident, browser = told
    vera = browser()
    await vera.log_in("vera")
    answer = await vera.client.get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    parsed = feedparser.parse(answer.content)
    assert not parsed.bozo
    assert parsed.version == "atom10"
    (entry,) = parsed.entries
    assert entry.id == f"urn:sellerwatch:incident:{ID}"
    assert entry.link.endswith(f"/incidents/{ID}")
    assert {tag.term for tag in entry.tags} >= {"shutdown", "confirmed", "open", "critical"}
    assert "TikTok Shop" in entry.title
    assert "28 Nov" in entry.summary or "Nov 28" in entry.summary
    whole = fromstring(answer.content)
    assert whole.find(f"{ATOM}updated").text == incident.updated_at.isoformat().replace("+00:00", "Z")
    assert [child.tag for child in whole].count(f"{ATOM}link") == 2


async def test_an_entry_keeps_its_id_and_moves_with_its_incident(told):
    store, _, incident, browser = told
    vera = browser()
    await vera.log_in("vera")
    before = await vera.client.get(PATH)
    same = await vera.client.get(PATH, headers={"If-None-Match": before.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    _, *more = papers()
    one, word = more[0]
    later = replace(one, id="later", capture_id="later", fetched_at=one.fetched_at + timedelta(hours=9))
    moved = await publish(store, [(later, replace(word, document_id="later", publisher="Elsewhere"))], ID, incident)
    after = await vera.client.get(PATH, headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    old, new = (feedparser.parse(answer.content).entries[0] for answer in (before, after))
    assert (old.id, old.published) == (new.id, new.published)
    assert new.updated == moved.updated_at.isoformat().replace("+00:00", "Z") > old.updated


async def test_it_speaks_the_language_that_is_asked_for(told):
    *_, browser = told
    vera = browser()
    await vera.log_in("vera")
    german = fromstring((await vera.client.get(f"{PATH}?language=de")).content)
    english = fromstring((await vera.client.get(f"{PATH}?language=xx")).content)
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    assert (german.get(xml), english.get(xml)) == ("de", "en")
    assert german.find(f".//{ATOM}summary").text != english.find(f".//{ATOM}summary").text


async def test_a_program_brings_a_token_and_a_feed_reader_the_secret_address(told):
    store, settings, _, browser = told
    key = await Accounts(store.people, lambda: NOW, QUICK).program("reader", Role.VIEWER, "ada")
    stranger = browser().client
    assert (await stranger.get(PATH)).status_code == 303
    assert (await stranger.get(PATH, headers={"Authorization": f"Bearer {key}"})).status_code == 200
    address = f"/feeds/{feed_key((settings.state_dir / FEED_KEY).read_bytes())}/incidents.atom"
    secret = await stranger.get(address)
    assert secret.status_code == 200
    assert secret.headers["cache-control"] == "private, max-age=60"
    assert secret.headers["referrer-policy"] == "no-referrer"
    assert len(feedparser.parse(secret.content).entries) == 1
    for wrong in (address.replace("/feeds/", "/feeds/0"), "/feeds/x/incidents.atom", "/feeds/%C3%A9/incidents.atom"):
        answer = await stranger.get(wrong)
        assert (answer.status_code, answer.content) == (404, b"")


async def test_those_who_may_see_find_the_secret_addresses_on_the_page_of_the_api(told):
    *_, browser = told
    vera = browser()
    await vera.log_in("vera", PASSWORD)
    page = await vera.page("/api")
    (feed,) = set(re.findall(r'href="(/feeds/[^"]+)"', page))
    calendars = set(re.findall(r'href="(/calendar/[^"]+)"', page))
    assert len(calendars) == 2
    assert (await browser().client.get(feed)).status_code == 200


@pytest.mark.case(23)
async def test_case_23_a_hostile_title_is_text_in_the_feed(told):
    *_, browser = told
    vera = browser()
    await vera.log_in("vera")
    content = (await vera.client.get(PATH)).text
    assert "<script" not in content
    for text in fromstring(content.encode()).itertext():
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]", text)
