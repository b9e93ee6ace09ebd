"""Search at the desk: words of every script, a document with what was understood of it, and nothing but text."""

from dataclasses import replace

import pytest
from rooms_given import desk_of, settings_in, store_in
from store_examples import NOON, assessment, document, incident, signal

from monitor.domain.signals import EventType, Span
from monitor.steps import Step

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
async def desk(tmp_path):
    settings = settings_in(tmp_path)
    store = await store_in(settings)
    chinese = replace(document(2, "抖音将于三月关闭店铺。" * 3), title="抖音宣布关闭", lang="zh")
    hostile = replace(document(3, f"Fees {HOSTILE} rise"), title=f"Fees {HOSTILE}", url="javascript:alert(3)")
    fees = replace(signal(), event_type=EventType.POLICY, spans=(Span("text", 0, 4, "Fees", "event:policy"),))
    known = [
        assessment(1),
        replace(assessment(2), lang="zh", signals=()),
        replace(assessment(3), lang="en", signals=(fees,)),
    ]
    step = Step(NOON, documents=[document(1), chinese, hostile], assessments=known, incidents=[incident()])
    await store.ledger.keep(step)
    async with desk_of(store, settings) as made:
        yield made
    await store.database.close()


async def test_what_was_read_is_found_in_its_own_script_and_leads_on(desk):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page("/search?q=店铺")
    assert 'href="/documents/document-0002?q=%E5%BA%97%E9%93%BA"' in page
    assert '<mark class="found">店铺</mark>' in page
    assert 'lang="zh" dir="auto"' in page
    page = await vera.page("/search?q=TIKTOK")
    assert 'href="/incidents/incident-a"' in page
    assert "TikTok Music closes on 28 Nov 2024" in page, "the incident that it is evidence of"
    assert "Nothing fits." in await vera.page("/search?q=nowhere")
    assert "Look for words in all that was read." in await vera.page("/search")


async def test_a_document_shows_what_decided_and_what_it_is_evidence_of(desk):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page("/documents/document-0001?q=november")
    assert "<strong>虾米音乐</strong>" in page
    assert '<mark class="found">November</mark>' in page
    assert 'href="/incidents/incident-a"' in page
    assert "Read wrongly?" not in page, "a viewer sees, and does not correct"
    assert (await vera.client.get("/documents/nobody")).status_code == 404


async def test_marked_words_say_in_the_readers_language_what_they_decided(desk):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page("/documents/document-0001")
    assert '<mark title="platform"><strong>虾米音乐</strong></mark>' in page
    assert "platform:Xiami" not in page
    await vera.post("/look", language="de")
    assert '<mark title="Plattform"><strong>虾米音乐</strong></mark>' in await vera.page("/documents/document-0001")


async def test_a_title_with_which_the_text_begins_is_shown_once(desk):
    vera = desk()
    await vera.log_in("vera")
    page = await vera.page("/search?q=fees")
    assert page.count('<mark class="found">Fees</mark>') == 1
    assert 'dir="auto">rise</p>' in page


async def test_what_sources_write_is_text_and_nothing_else(desk):
    vera = desk()
    await vera.log_in("vera")
    for address in ("/search?q=fees", "/documents/document-0003", f"/search?q={HOSTILE}"):
        page = await vera.page(address)
        assert "<script>alert" not in page
        assert "<img" not in page.partition("<main")[2]
        assert "javascript:" not in page
    assert "&lt;script&gt;" in await vera.page("/documents/document-0003")


NONSENSE = (
    "q=%22", "q=%00", "q=-", "kind=x&since=never&start=-1&order=y", "start=99999999", "until=0001-01-01",
    "since=9999-12-31", "until=9999-12-31",
)  # fmt: skip


async def test_an_address_that_asks_for_nonsense_is_answered(desk):
    vera = desk()
    await vera.log_in("vera")
    for query in NONSENSE:
        assert await vera.page(f"/search?{query}")


async def test_programs_find_the_same(desk):
    vera = desk()
    await vera.log_in("vera")
    answer = await vera.client.get("/api/v1/search", params={"q": "tiktok", "limit": 1, "order": "newest"})
    found = answer.json()
    assert found["number"] == 2
    assert {one["id"] for one in found["found"]} <= {"incident-a", "document-0001"}
    assert 'rel="next"' in answer.headers["link"]
    leaf = (await vera.client.get("/api/v1/documents/document-0001")).json()
    assert leaf["incidents"][0]["id"] == "incident-a"
    assert leaf["events"][0]["event_type"] == "shutdown"
    assert (await vera.client.get("/api/v1/documents/nobody")).status_code == 404
