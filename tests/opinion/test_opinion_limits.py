"""The limits: a circuit breaker, a share of the path's time, one question at a time, a budget across restarts."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import TEXT, YES, Desk, asks, assessment, completion, status

from monitor.domain.opinions import Heard
from monitor.opinion.endpoint import retry_after
from monitor.opinion.restraint import LONGEST_PAUSE, SHARE, Breaker, Patience

# --- the circuit breaker


async def test_after_three_failures_it_is_left_alone_then_asked_once_more(desk: Desk):
    desk.oracle.says = status(500)
    second = desk.opens()
    for text in "abcde":
        await asks(second, text=text)
    assert [one.value for one in desk.tally.heard] == ["server_error"] * 3 + ["paused"] * 2
    desk.clock.passes(61)
    await asks(second)  # still ill: the next pause is twice as long
    desk.clock.passes(61)
    await asks(second)
    desk.clock.passes(61)
    desk.oracle.says = lambda body: completion(YES)
    assert (await asks(second)).votes
    assert [one.value for one in desk.tally.heard[5:]] == ["server_error", "paused", "answered"]
    assert len(desk.oracle.asked) == 5


@pytest.mark.parametrize(("code", "heard"), [(429, Heard.RATE_LIMITED), (503, Heard.SERVER_ERROR)])
async def test_a_wish_to_be_left_alone_is_kept_from_the_first_time(desk: Desk, code, heard):
    desk.oracle.says = status(code, Retry_After="300")
    second = desk.opens()
    await asks(second)
    desk.clock.passes(299)
    await asks(second)
    assert desk.tally.heard == [heard, Heard.PAUSED]
    desk.clock.passes(2)
    await asks(second)
    assert desk.tally.heard[-1] is heard


async def test_too_many_requests_means_a_minute_of_peace_even_without_a_wish(desk: Desk):
    desk.oracle.says = status(429)
    second = desk.opens()
    await asks(second)
    desk.clock.passes(59)
    await asks(second)
    desk.clock.passes(2)
    await asks(second)
    assert desk.tally.heard == [Heard.RATE_LIMITED, Heard.PAUSED, Heard.RATE_LIMITED]


async def test_failures_with_an_answer_between_them_are_not_in_a_row(desk: Desk):
    second = desk.opens()
    for number, says in enumerate([status(500), status(500), lambda body: completion(YES), status(500), status(500)]):
        desk.oracle.says = says
        await asks(second, text=f"{TEXT} {number}")
    desk.oracle.says = lambda body: completion(YES)
    assert (await asks(second)).votes


async def test_timeouts_are_failures_too(desk: Desk):
    async def never(body):
        await asyncio.Event().wait()

    desk.oracle.says = never
    second = desk.opens(timeout=0.2)
    for number in range(4):
        await asks(second, text=f"{TEXT} {number}")
    assert desk.tally.heard == [Heard.TIMEOUT] * 3 + [Heard.PAUSED]


async def test_a_spent_budget_is_no_failure_of_the_endpoint(desk: Desk):
    second = desk.opens(requests_per_day=0)
    for number in range(5):
        await asks(second, text=f"{TEXT} {number}")
    assert desk.tally.heard == [Heard.BUDGET] * 5


async def test_what_a_document_brings_about_opens_no_breaker(desk: Desk):
    desk.oracle.says = lambda body: completion("as you wish")
    second = desk.opens()
    for text in "abcdef":
        await asks(second, text=text)
    assert desk.tally.heard == [Heard.BAD_ANSWER] * 6


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e12)), min_size=3, max_size=30))
def test_no_number_of_failures_and_no_wish_shuts_it_up_for_longer_than_an_hour(waits):
    breaker, now = Breaker(), 0.0
    for wait in waits:
        breaker = breaker.failed(now, wait)
    assert now < breaker.until <= now + LONGEST_PAUSE
    assert breaker.lets(breaker.until)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("9" * 400, 999_999_999.0),
        ("Fri, 27 Nov 2026 12:01:00 GMT", 60.0),
        ("Fri, 27 Nov 2020 12:01:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Fri, 27 Nov 2026 12:01:00", None),
    ],
)
def test_a_wish_is_read_as_seconds_or_as_a_date(header, seconds):
    assert retry_after(header, datetime(2026, 11, 27, 12, tzinfo=UTC)) == seconds


# --- the share of time


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), max_size=40))
def test_asking_takes_one_timeout_and_then_its_share_of_the_time(stretches):
    patience, now, asked = Patience(20.0), 0.0, 0.0
    for idle, part in stretches:
        now += idle
        took = part * patience.left(now)
        now += took
        asked += took
        patience = patience.spent(took, now)
        assert asked <= 20 + SHARE * now + 1e-6


async def test_a_long_feed_is_not_held_up_by_answers_that_take_their_time(desk: Desk):
    async def slow(body):
        desk.clock.passes(2)
        return completion(YES)

    desk.oracle.says = slow
    second = desk.opens(timeout=5.0)
    for number in range(10):
        await asks(second, text=f"{TEXT} {number}")
    assert [one.value for one in desk.tally.heard] == ["answered"] * 2 + ["busy"] * 8
    desk.clock.passes(60)
    assert (await asks(second)).votes


async def test_one_question_at_a_time(desk: Desk):
    at_once, most = 0, 0

    async def counts(body):
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        for _ in range(50):
            await asyncio.sleep(0)
        at_once -= 1
        return completion(YES)

    desk.oracle.says = counts
    second = desk.opens(timeout=30.0)
    given = await asyncio.gather(*(asks(second, text=f"{TEXT} {number}") for number in range(5)))
    assert all(one.votes for one in given)
    assert (most, len(desk.oracle.asked)) == (1, 5)


async def test_a_step_that_is_cancelled_gives_the_turn_back(desk: Desk):
    waiting = asyncio.Event()

    async def never(body):
        waiting.set()
        await asyncio.Event().wait()

    desk.oracle.says = never
    second = desk.opens()
    asking = asyncio.create_task(asks(second))
    await asyncio.wait_for(waiting.wait(), 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    desk.oracle.says = lambda body: completion(YES)
    assert (await asks(second)).votes


# --- the budget


async def test_the_days_requests_are_counted_across_a_restart(desk: Desk):
    for number in range(3):
        await asks(desk.opens(requests_per_day=2), text=f"{TEXT} {number}")
    assert len(desk.oracle.asked) == 2
    assert desk.tally.heard == [Heard.ANSWERED, Heard.ANSWERED, Heard.BUDGET]
    desk.clock.now += timedelta(days=1)
    await asks(desk.opens(requests_per_day=2))
    assert desk.tally.heard[-1] is Heard.ANSWERED


async def test_tokens_are_charged_as_the_server_counts_them(desk: Desk):
    desk.oracle.says = lambda body: completion(YES, usage={"total_tokens": 1000})
    for number in range(4):
        await asks(desk.opens(tokens_per_day=3500), text=f"{TEXT} {number}")
    assert desk.tally.tokens == [1000] * len(desk.oracle.asked)
    assert 1 <= len(desk.oracle.asked) < 4
    assert desk.tally.heard[-1] is Heard.BUDGET


async def test_what_was_set_aside_and_not_used_can_be_spent(desk: Desk):
    desk.oracle.says = lambda body: completion(YES, usage={"total_tokens": 10})
    for number in range(8):
        await asks(desk.opens(tokens_per_day=1600), text=f"{TEXT} {number}")  # one estimate fits, two do not
    assert desk.tally.heard == [Heard.ANSWERED] * 8


@pytest.mark.parametrize("usage", [None, {}, [], {"total_tokens": -5}, {"total_tokens": "7"}, {"total_tokens": 10**30}])
async def test_a_server_that_does_not_say_or_makes_it_up_is_charged_by_estimate(desk: Desk, usage):
    desk.oracle.says = lambda body: completion(YES, usage=usage)
    await asks(desk.opens())
    (tokens,) = desk.tally.tokens
    assert 400 < tokens < 5000


async def test_a_question_that_the_budget_does_not_hold_is_not_sent(desk: Desk):
    await asks(desk.opens(tokens_per_day=300))
    assert (desk.oracle.asked, desk.tally.heard) == ([], [Heard.BUDGET])


async def test_a_timeout_is_charged_for_it_may_have_cost_as_much(desk: Desk):
    async def never(body):
        await asyncio.Event().wait()

    desk.oracle.says = never
    await asks(desk.opens(timeout=0.3))
    assert desk.tally.tokens[0] > 400


async def test_a_file_that_cannot_be_used_means_no_budget_so_nobody_is_asked(desk: Desk):
    (desk.directory / "second-opinion.db").write_bytes(b"this is no database" * 100)
    assert await asks(desk.opens()) == assessment()
    assert (desk.oracle.asked, desk.tally.heard) == ([], [Heard.MEMORY])
