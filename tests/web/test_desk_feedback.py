"""Feedback at the desk: what people say becomes labelled texts, with what the model says of them now."""

import asyncio
import json
from dataclasses import replace

import pytest
from rooms_given import desk_of
from store_examples import NOON, assessment, document, incident

from monitor.corpus.rows import Labelled, read_file
from monitor.domain.rulings import Act, ActKind
from monitor.steps import Step

NOTE = "a <b>song</b>, not a shop"


@pytest.fixture
async def desk(settings, store):
    other = replace(document(2, "TikTok Music will close down."), id="other", title="")
    unread = document(3)
    understood = [assessment(1), replace(assessment(2), document_id="other", signals=())]
    step = Step(NOON, documents=[document(1), other, unread], assessments=understood, incidents=[incident()])
    await store.ledger.keep(step)
    async with desk_of(store, settings) as made:
        yield made


async def test_a_correction_becomes_a_labelled_text_and_is_shown_beside_what_was_read(desk, store, tmp_path):
    otto = desk()
    await otto.log_in("otto")
    assert "Nobody has corrected anything yet." in await otto.page("/feedback")
    assert "Read wrongly?" in await otto.page("/documents/document-0001")
    answer = await otto.post("/documents/document-0001/correct", event="none", status="rumor", note=NOTE)
    assert answer.headers["location"] == "/documents/document-0001?done=corrected"
    page = await otto.page(answer.headers["location"])
    assert "otto says otherwise:" in page
    assert "a &lt;b&gt;song&lt;/b&gt;, not a shop" in page
    page = await otto.page("/feedback")
    assert "no event" in page
    assert "shutdown" in page
    (placed,), wrong = read_file(tmp_path / "feedback.jsonl", Labelled)
    assert not wrong
    assert (placed.row.event_type, placed.row.hard_negative, placed.row.feedback.by) == ("none", True, "otto")
    (_, record), *_ = await store.people.records(did=["document.correct"])
    assert (record.who, record.subject) == ("otto", "document-0001")
    await otto.post("/documents/document-0001/correct", event="ban", status="rumor")
    (placed,), _ = read_file(tmp_path / "feedback.jsonl", Labelled)
    assert (placed.row.event_type, placed.row.status) == ("ban", "rumor"), "the last word takes the place of the first"


REFUSED = (
    ("document-0001", {}, 422),
    ("document-0001", {"event": "rain"}, 422),
    ("document-0001", {"event": "ban"}, 422),
    ("document-0001", {"event": "ban", "status": "sure"}, 422),
    ("document-0003", {"event": "none"}, 422),  # not understood yet
    ("nothing", {"event": "none"}, 404),
)


async def test_what_makes_no_sense_is_refused_and_nothing_is_kept(desk, tmp_path):
    otto = desk()
    await otto.log_in("otto")
    for id, said, status in REFUSED:
        answer = await otto.post(f"/documents/{id}/correct", **said)
        assert answer.status_code == status
    assert not (tmp_path / "feedback.jsonl").exists()


async def test_a_viewer_corrects_nothing(desk, tmp_path):
    vera = desk()
    await vera.log_in("vera")
    for path in ("/documents/document-0001/correct", "/feedback/ask", "/feedback/lessons"):
        assert (await vera.post(path, event="none")).status_code == 403
    assert not (tmp_path / "feedback.jsonl").exists()


async def test_what_people_answered_to_alerts_is_kept_once_and_never_over_a_later_word(desk, store, tmp_path):
    otto = desk()
    await otto.log_in("otto")
    alarm = Act("a1", "incident-a", ActKind.FALSE_ALARM, NOON, "anna", note="no such shop")
    await store.ledger.keep(Step(NOON, acts=[alarm]))
    page = await otto.page("/feedback")
    assert "Keep what people answered to alerts" in page
    assert (await otto.post("/feedback/lessons")).headers["location"] == "/feedback?done=lessons"
    (placed,), _ = read_file(tmp_path / "feedback.jsonl", Labelled)
    assert (placed.row.event_type, placed.row.feedback.by) == ("none", "anna")
    assert (await otto.post("/feedback/lessons")).headers["location"] == "/feedback?done=nothing"
    await otto.post("/documents/document-0001/correct", event="shutdown", status="rumor")
    assert (await otto.post("/feedback/lessons")).headers["location"] == "/feedback?done=nothing"
    (placed,), _ = read_file(tmp_path / "feedback.jsonl", Labelled)
    assert placed.row.event_type == "shutdown"


async def test_the_model_is_asked_again_and_its_word_stands_beside_the_correction(desk):
    otto = desk()
    await otto.log_in("otto")
    await otto.post("/documents/document-0001/correct", event="shutdown", status="confirmed")
    await otto.post("/documents/other/correct", event="none")
    assert "not asked" in await otto.page("/feedback")
    assert (await otto.post("/feedback/ask")).headers["location"] == "/feedback?done=asked"
    async with asyncio.timeout(30):
        while (found := (await otto.client.get("/api/v1/feedback")).json())["asked"] < 2:
            await asyncio.sleep(0.1)
    assert found["number"] == 2
    first = next(one for one in found["corrections"] if one["document_id"] == "document-0001")
    assert first["now"]["event"] == "shutdown"
    assert first["right"] is (first["now"]["status"] == "confirmed")
    assert f"{found['right']} of 2" in await otto.page("/feedback")


async def test_a_file_with_a_broken_line_shows_the_others(desk, tmp_path):
    otto = desk()
    await otto.log_in("otto")
    await otto.post("/documents/document-0001/correct", event="none")
    path = tmp_path / "feedback.jsonl"
    path.write_text(path.read_text() + json.dumps({"id": "x"}) + "\n{broken\n")
    assert "1 correction" in await otto.page("/feedback")


async def test_programs_correct_and_read_the_same(desk):
    otto = desk()
    await otto.log_in("otto")
    token = (await otto.page("/")).partition('data-csrf="')[2].partition('"')[0]
    head = {"X-CSRF-Token": token}
    path = "/api/v1/documents/document-0001/correct"
    done = await otto.client.post(path, headers=head, json={"event": "none"})
    assert done.json() == {"document": "document-0001"}
    assert (await otto.client.post(path, headers=head, json={"event": "ban"})).status_code == 409
    assert (await otto.client.get("/api/v1/feedback")).json()["number"] == 1
