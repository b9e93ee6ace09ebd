"""Who is asked, when, with which words; what a good answer does; what is remembered."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import (
    KEY,
    NO,
    TEXT,
    TITLE,
    YES,
    Desk,
    Tally,
    asks,
    assessment,
    completion,
    document_of,
    sent_document,
    source_of,
)

from monitor.domain.opinions import Heard, Turn
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.opinion import question
from monitor.opinion.question import SYSTEM, as_data
from monitor.opinion.second import SecondOpinion
from monitor.opinion.settings import AnswerFormat
from monitor.store import codec


async def test_without_settings_nobody_is_asked_and_nothing_is_changed(desk: Desk):
    second = SecondOpinion(desk.inner, desk.tally, lambda: desk.clock.now)
    assert await asks(second) == assessment()
    assert second.worth_a_page(document_of(), source_of())
    assert not second.worth_a_page(document_of(title="other"), source_of())
    assert desk.tally == Tally()


@pytest.mark.parametrize("score", [0.0, 0.2, 0.2499, 0.7501, 0.9, 1.0])
async def test_what_is_certain_is_not_asked_about(desk: Desk, score: float):
    desk.inner.score = score
    assert await asks(desk.opens()) == assessment(score)
    assert (desk.oracle.asked, desk.tally.heard) == ([], [])


@pytest.mark.parametrize("score", [0.25, 0.5, 0.75])
async def test_what_is_uncertain_is_asked_about_once_and_weighed(desk: Desk, score: float):
    desk.inner.score = score
    after = await asks(desk.opens())
    assert len(desk.oracle.asked) == 1
    assert after.score > score
    (vote,) = after.votes
    assert (vote.who, vote.score, vote.event, vote.status) == ("tiny", 0.95, EventType.MARKET_EXIT, Status.RUMOR)
    (quote,) = vote.spans
    assert (quote.says, quote.quote) == ("opinion:tiny", TEXT[quote.start : quote.end])
    assert desk.tally.heard == [Heard.ANSWERED]


async def test_what_an_official_source_reports_is_not_asked_about(desk: Desk):
    second = desk.opens()
    for authority in (Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT):
        assert await asks(second, authority=authority) == assessment()
    assert desk.oracle.asked == []
    desk.inner.sees = None
    assert len((await asks(second, authority=Authority.OFFICIAL)).votes) == 1


async def test_the_request_is_the_interfaces_own(desk: Desk):
    await asks(desk.opens())
    (body,), (headers,) = desk.oracle.asked, desk.oracle.headers
    assert (body["model"], body["temperature"], body["max_tokens"], body["stream"]) == ("tiny", 0, 400, False)
    schema = body["response_format"]["json_schema"]
    assert (body["response_format"]["type"], schema["strict"]) == ("json_schema", True)
    assert schema["schema"]["properties"]["event"]["enum"] == [*EventType, "none"]
    assert schema["schema"]["required"] == list(schema["schema"]["properties"])
    assert "tools" not in body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert sent_document(body) == {"title": TITLE, "published": "2026-11-27", "text": TEXT}
    assert headers["authorization"] == f"Bearer {KEY}"


async def test_no_more_of_a_document_is_sent_than_allowed(desk: Desk):
    await asks(desk.opens(most_characters=300), text="x" * 10_000 + "\U0001f6d1" * 10_000)
    sent = sent_document(desk.oracle.asked[0])
    assert len(sent["title"]) + len(sent["text"]) == 300


@pytest.mark.parametrize(("most", "title", "text"), [(200, 200, 0), (1000, 400, 600)])
async def test_an_endless_title_leaves_room_for_the_text(desk: Desk, most: int, title: int, text: int):
    await asks(desk.opens(most_characters=most), title="t" * 5000, text="x" * 5000)
    sent = sent_document(desk.oracle.asked[0])
    assert (len(sent["title"]), len(sent["text"])) == (title, text)


async def test_a_quote_may_differ_in_white_space_alone(desk: Desk):
    desk.oracle.says = lambda body: completion(YES | {"quotes": ["two people said. It did", TITLE.replace(" ", "  ")]})
    (vote,) = (await asks(desk.opens())).votes
    assert [(span.field, span.quote) for span in vote.spans] == [("text", "two people said.\nIt did"), ("title", TITLE)]


async def test_a_withdrawn_event_is_counted_and_the_assessment_can_be_kept(desk: Desk):
    desk.oracle.says = lambda body: completion(NO)
    desk.inner.score = 0.6
    lowered = await asks(desk.opens())
    assert 0.25 < lowered.score < 0.6
    assert (len(lowered.signals), desk.tally.turns) == (1, [])
    desk.inner.score = 0.4
    withdrawn = await asks(desk.opens())
    assert (withdrawn.signals, desk.tally.turns) == ((), [Turn.WITHDRAWN])
    assert codec.load(type(withdrawn), codec.dump(withdrawn)) == withdrawn


async def test_a_vote_that_carries_a_document_over_our_threshold_makes_the_event_and_it_can_be_kept(desk: Desk):
    desk.inner.sees = None
    after = await asks(desk.opens())
    (made,) = after.signals
    assert (made.event_type, made.status, made.platforms) == (EventType.MARKET_EXIT, Status.RUMOR, ("Shopee",))
    assert made.score == after.score == pytest.approx(0.765, abs=0.001)
    assert [span.says for span in made.spans] == ["event:market_exit", "opinion:tiny"]
    assert desk.inner.told == [(EventType.MARKET_EXIT, Status.RUMOR, after.score)]
    assert desk.tally.turns == [Turn.MADE]
    assert codec.load(type(after), codec.dump(after)) == after


@pytest.mark.parametrize("score", [0.1, 0.24, 0.76])
async def test_no_vote_makes_an_event_of_a_document_outside_the_band(desk: Desk, score):
    desk.inner.sees, desk.inner.score, desk.inner.threshold = None, score, score + 0.01
    assert (await asks(desk.opens())).signals == ()
    assert desk.oracle.asked == desk.inner.told == []


async def test_a_vote_for_no_event_makes_none(desk: Desk):
    desk.inner.sees, desk.oracle.says = None, lambda body: completion(NO)
    after = await asks(desk.opens())
    assert (after.signals, desk.inner.told, desk.tally.turns) == ((), [], [])


async def test_a_fault_in_making_the_event_leaves_the_document_with_its_vote(desk: Desk, caplog):
    class Broken(type(desk.inner)):  # type: ignore[misc]
        async def assess_as(self, *_: object):
            raise RuntimeError("no such sentence")

    desk.inner = Broken(sees=None)
    after = await asks(desk.opens())
    assert (after.signals, [vote.made for vote in after.votes]) == ((), [False])
    assert "no signal could be made" in caplog.text


async def test_an_assessment_kept_before_there_were_votes_can_still_be_read(desk: Desk):
    old = json.loads(codec.dump(assessment()))
    del old["votes"]
    assert codec.load(type(assessment()), json.dumps(old)) == assessment()


async def test_the_same_text_is_asked_about_once_even_after_a_restart(desk: Desk):
    first = await asks(desk.opens())
    again = await asks(desk.opens())
    assert again == first
    assert (len(desk.oracle.asked), desk.tally.heard) == (1, [Heard.ANSWERED, Heard.REMEMBERED])


async def test_another_text_or_model_is_asked_anew(desk: Desk):
    await asks(desk.opens())
    await asks(desk.opens(), text=TEXT + " More follows.")
    await asks(desk.opens(model="large"))
    assert len(desk.oracle.asked) == 3


async def test_an_answer_to_another_question_is_not_remembered_for_this_one(desk: Desk, monkeypatch):
    await asks(desk.opens())
    monkeypatch.setattr(question, "SYSTEM", "Is this an advertisement?")
    await asks(desk.opens())
    assert [body["messages"][0]["content"] for body in desk.oracle.asked] == [SYSTEM, "Is this an advertisement?"]


async def test_the_oldest_answers_make_room(desk: Desk):
    second = desk.opens(remembered=2)
    for text in ("one", "two", "three", "three", "two", "one"):
        await asks(second, text=f"{TEXT} {text}")
    assert [heard.value for heard in desk.tally.heard] == [*["answered"] * 3, *["remembered"] * 2, "answered"]


async def test_an_endpoint_that_knows_no_schema_is_asked_more_plainly_from_then_on(desk: Desk):
    def says(body):
        known = body.get("response_format", {}).get("type") != "json_schema"
        return completion(YES) if known else _unsupported()

    desk.oracle.says = says
    second = desk.opens()
    await asks(second)
    await asks(second, text=TEXT + " More.")
    kinds = [body.get("response_format", {}).get("type") for body in desk.oracle.asked]
    assert kinds == ["json_schema", "json_object", "json_object"]
    assert desk.tally.heard == [Heard.ANSWERED] * 2


async def test_one_that_knows_no_format_at_all_is_asked_in_words(desk: Desk):
    desk.oracle.says = lambda body: _unsupported() if "response_format" in body else completion(YES)
    assert (await asks(desk.opens())).votes
    assert len(desk.oracle.asked) == 3


@pytest.mark.parametrize("fence", ["```json\n%s\n```", "\n```\n%s```\n"])
async def test_a_fence_around_the_answer_is_no_part_of_it(desk: Desk, fence: str):
    desk.oracle.says = lambda body: completion(fence % json.dumps(YES))
    assert (await asks(desk.opens(formats=(AnswerFormat.TEXT,)))).score > assessment().score
    assert desk.tally.heard == [Heard.ANSWERED]


async def test_a_format_that_was_chosen_is_the_only_one_tried(desk: Desk):
    desk.oracle.says = lambda body: _unsupported()
    assert await asks(desk.opens(formats=(AnswerFormat.JSON_OBJECT,))) == assessment()
    assert (len(desk.oracle.asked), desk.tally.heard) == (1, [Heard.REFUSED])


async def test_equal_settings_keep_what_is_known_of_the_endpoint_and_new_ones_begin_anew(desk: Desk):
    second = desk.opens()
    consultant = second._consultant
    assert consultant is not None
    second.configure(consultant.settings)
    assert second._consultant is consultant
    second.configure(None)
    assert await asks(second) == assessment()
    assert desk.oracle.asked == []


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_one_line_of_json_without_marks_and_reads_back_as_itself(title, text):
    data = as_data({"title": title, "text": text})
    assert json.loads(data) == {"title": title, "text": text}
    assert not set(data) & set("<>[]\n\r\u2028\u2029\u0085\u200b\u202e")
    data.encode("utf-8")


def test_even_what_utf_8_cannot_hold_is_sent_as_data():
    assert as_data({"text": "\ud800 \U000e0041 \u202e"}) == '{"text": "\\ud800 \\udb40\\udc41 \\u202e"}'


def _unsupported():
    refusal = completion("")
    refusal.set_status(400)
    return refusal
