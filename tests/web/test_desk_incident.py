"""An incident's page: how sure, who says so in which words, what it costs, what to do, and what was told."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
import pytest_asyncio
from incident_given import ACME, AT, ID, document, papers, publish, spans, word, world
from rooms_given import NOW, desk_of

from monitor.desk.passages import passages, plain
from monitor.desk.stakes import stake_of
from monitor.domain.assembly import assemble
from monitor.domain.documents import digest
from monitor.domain.impact import impact
from monitor.notify.tongue import tongue
from monitor.steps import Step

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(tmp_path_factory):
    """The desk of a world, its incident, and its store."""
    store, settings, incident = await world(tmp_path_factory.mktemp("incident"))
    async with desk_of(store, settings) as browsers:
        yield browsers, incident, store
    await store.database.close()


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


async def test_the_page_says_how_sure_it_is_who_says_so_and_what_it_costs(told):
    browsers, incident, _ = told
    vera = browsers()
    await vera.log_in("vera")
    page = await vera.page(f"/incidents/{incident.id}")
    shown = text_of(page)
    assert "TikTok Shop closes on 28 Nov 2024" in shown
    assert "26 Oct 2024: Sellers' forum (a community)" in shown, "what made it a rumor"
    assert "27 Oct 2024: TikTok (the platform itself)" in shown, "and what confirmed it"
    assert "30 Nov 2024 晨报, 晚报" in shown, "the other date, with those who name it"
    assert "EUR 12,400" in shown
    assert "Stock (TikTok Shop, Indonesia) EUR 9,000" in shown
    assert "× how likely it is confirmed: 90% 90%" in shown
    assert "First word of it" in shown
    assert "The word of every stage" in shown
    assert "Independent voices 4 in 5 documents" in shown
    assert len(page) < 300_000


async def test_the_deciding_words_are_marked_in_their_own_script_and_direction(told):
    browsers, incident, _ = told
    vera = browsers()
    await vera.log_in("vera")
    page = await vera.page(f"/incidents/{incident.id}")
    assert re.search(r'<blockquote lang="ar" dir="auto">[^<]*<mark title="what happens">ستغلق خدمتها</mark>', page)
    assert re.search(r'<mark class="strong" title="date">2024年11月30日</mark>', page)
    assert 'title="what happens, date"' in page, "a date within the sentence that decided"
    assert "1 more of the same voice" in page, "the copy is folded"
    assert page.count('lang="zh"') >= 2


async def test_hostile_titles_and_links_are_text_and_no_more(told):
    browsers, _, store = told
    bad = document(9, '"><img src=x onerror=alert(1)>', "TikTok Shop closes. \u202egnihtemos", "en", AT)
    bad = replace(bad, url="javascript:alert(1)")
    said = word(bad, "<b>Evil</b>", "news", "confirmed", "2024-11-28", spans(bad.text, event="closes"))
    incident = await publish(store, [(bad, said)], "other")
    vera = browsers()
    await vera.log_in("vera")
    page = await vera.page(f"/incidents/{incident.id}")
    assert "<img" not in page.partition("<main")[2]
    assert "javascript:" not in page
    assert "<b>Evil" not in page
    assert "[U+202E]gnihtemos" in page
    assert "\u202e" not in page


async def test_whoever_opens_it_has_seen_it_until_it_moves_again(told):
    browsers, _, store = told
    some = papers(70)
    incident = await publish(store, some[:2], "watched")
    vera, otto = browsers(), browsers()
    await vera.log_in("vera")
    await otto.log_in("otto")
    tag = '<span class="tag new">'
    assert tag in await vera.page(f"/incidents/{incident.id}")
    assert tag not in await vera.page(f"/incidents/{incident.id}")
    assert tag in await otto.page(f"/incidents/{incident.id}"), "each has eyes of their own"
    await publish(store, some[2:3], "watched", incident)
    assert tag in await vera.page(f"/incidents/{incident.id}")


async def test_the_beginning_of_an_id_leads_to_the_whole_one_and_no_id_to_a_page_that_says_so(told):
    browsers, incident, _ = told
    vera = browsers()
    await vera.log_in("vera")
    sent = await vera.client.get(f"/incidents/{incident.id[:8]}?seller=acme")
    assert (sent.status_code, sent.headers["location"]) == (303, f"/incidents/{incident.id}?seller=acme")
    assert (await vera.client.get("/incidents/nobody")).status_code == 404
    assert (await vera.client.get("/api/v1/incidents/nobody")).status_code == 404
    assert (await browsers().client.get(f"/incidents/{incident.id}")).status_code == 303


async def test_programs_read_the_same_values_as_people(told):
    browsers, incident, _ = told
    vera = browsers()
    await vera.log_in("vera")
    found = (await vera.client.get(f"/api/v1/incidents/{incident.id[:8]}")).json()
    assert (found["id"], found["status"], found["revision"]) == (incident.id, "confirmed", incident.revision)
    stake = next(one for one in found["stakes"] if one["seller_id"] == "acme")
    assert Decimal(stake["worst"]) == 12_400
    first = found["witnesses"]["voices"][0]["first"]
    assert first["authority"] == "official"
    assert {"event", "date"} in [set(piece["roles"]) for piece in first["passages"][0]]
    alone = (await vera.client.get(f"/api/v1/incidents/{incident.id}?seller=zeta")).json()
    assert [one["seller_id"] for one in alone["stakes"]] == ["zeta"]


async def test_a_storm_is_read_page_by_page(told):
    browsers, _, store = told
    some = []
    for number in range(24):
        text = "TikTok Shop closes. " + " ".join(digest(str(number), str(n)) for n in range(30))
        one = document(100 + number, f"Story {number}", text, "en", AT + timedelta(minutes=number))
        marks = spans(text, event="closes")
        some.append((one, word(one, f"Paper {number}", "news", "confirmed", "2024-11-28", marks)))
    incident = await publish(store, some, "storm")
    vera = browsers()
    await vera.log_in("vera")
    page = await vera.page(f"/incidents/{incident.id}")
    assert "1 to 20 of 24 voices" in page
    assert len(page) < 300_000
    last = await vera.page(f"/incidents/{incident.id}?voices=20")
    assert "21 to 24 of 24 voices" in last
    assert "Story 23" in last
    assert "1 to 20" in await vera.page(f"/incidents/{incident.id}?voices=900"), "there is no such page"


async def test_words_whose_text_changed_since_are_shown_by_their_quotes(told):
    browsers, _, store = told
    some = papers(50)
    incident = await publish(store, some, "edited")
    one, _ = some[1]
    await store.ledger.keep(Step(NOW, documents=[replace(one, text="Something else.")]))
    vera = browsers()
    await vera.log_in("vera")
    page = text_of(await vera.page(f"/incidents/{incident.id}"))
    assert "Its text changed since" in page
    assert "TikTok Shop will close its service in Indonesia and Brazil on November 28, 2024" in page
    assert "Something else." not in page


async def test_what_was_called_off_says_so_and_puts_nothing_at_risk(told):
    browsers, _, store = told
    some = papers(150)[:2]
    denial = document(
        159, "We stay", "TikTok Shop stays open: the closure is called off.", "en", AT + timedelta(hours=9)
    )
    off = word(denial, "TikTok", "official", "reversed", "2024-11-28", spans(denial.text, status="called off"))
    incident = await publish(store, [*some, (denial, off)], "off")
    vera = browsers()
    await vera.log_in("vera")
    shown = text_of(await vera.page(f"/incidents/{incident.id}"))
    assert "Called off 27 Oct 2024 28 Nov 2024 no longer holds" in shown
    assert "The amounts below are no longer at risk." in shown
    assert "At risk," not in shown
    assert "Was at stake, with 30 days of sales" in shown
    assert "Worst case" not in shown
    assert "To be expected" not in shown
    assert "It is over: nothing is left to do." in shown
    assert "A denial that stands." in shown


@pytest.mark.parametrize("language", ["en", "de", "zh", "fr"])
async def test_the_sum_of_the_terms_is_the_sum(language):
    incident = assembled()
    stake = stake_of(incident, ACME, NOW.date(), {}, tongue(language, "UTC"))
    cost = impact(incident, ACME, NOW.date(), {})
    assert sum((one.amount for one in stake.tied), Decimal(0)) == stake.at_once == cost.at_once
    assert stake.at_once + sum((one.amount for one in stake.sales), Decimal(0)) == stake.worst == cost.worst
    assert stake.worst * stake.odds == stake.expected
    assert all(one.label for one in (*stake.tied, *stake.sales))


def assembled():
    return assemble(ID, [evidence for _, evidence in papers()], None, NOW, None)


async def test_passages_show_all_that_decided_and_lose_none_of_it():
    text = "a " * 500 + "it closes" + " b" * 500 + " in May" + " c" * 500
    found = passages(text, spans(text, event="it closes", date="in May"))
    assert len(found) == 2
    assert [piece.text for passage in found for piece in passage if piece.roles] == ["it closes", "in May"]
    assert all(passage[0].text == "…" and passage[-1].text == "…" for passage in found)
    assert plain("a\u202eb\u200bc\x00d") == "a[U+202E]bc d"
