"""Slack by an app: one channel, updates in the thread of the first message, and what each answer of the API means."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fakes import MemoryStore
from given_targets import at
from http_sink import Sink, http_sink
from letters import NOW, all_clear, closing

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Reason, Target
from monitor.metrics import Metrics
from monitor.notify.delivery import Deliverer
from monitor.notify.slack import SlackChannel
from monitor.steps import Step

TOKEN = "xoxb-1111-2222-verysecret"
ROOM = "C0123ABCD"
YES = json.dumps({"ok": True, "channel": ROOM, "ts": "1727861460.000100", "message": {"text": "x" * 50_000}})


def no(error: str) -> str:
    return json.dumps({"ok": False, "error": error})


async def post(sink: Sink, delivery: Delivery, token: str = TOKEN, timeout: float = 20.0) -> Attempt:
    channel = SlackChannel(timeout, allow_private=True, api=sink.url + "api")
    return await channel.send(at(ROOM, secret=token), delivery)


async def test_the_first_message_opens_a_thread_and_its_name_is_kept():
    async with http_sink(body=YES) as sink:
        attempt = await post(sink, closing())
    (said,) = sink.posts
    assert (attempt.result, attempt.provider_id) == (AttemptClass.OK, "1727861460.000100")
    assert said.path == "/api/chat.postMessage"
    assert said.headers["Authorization"] == f"Bearer {TOKEN}"
    assert said.data["channel"] == ROOM
    assert said.data["text"] == "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert said.data["metadata"]["event_payload"] == {
        "key": "key of alert-1",
        "incident": "inc-music",
        "reason": "first",
    }
    assert "thread_ts" not in said.data


@pytest.mark.parametrize(
    ("reason", "aloud"), [(Reason.NEW_RUNG, True), (Reason.ALL_CLEAR, True), (Reason.NEW_PLACE, False)]
)
async def test_an_update_goes_into_the_thread_and_a_new_rung_to_all_of_the_channel(reason: Reason, aloud: bool):
    async with http_sink(body=YES) as sink:
        await post(sink, replace(all_clear(), reason=reason, thread="1727861460.000100"))
    (said,) = sink.posts
    assert (said.data["thread_ts"], said.data["reply_broadcast"]) == ("1727861460.000100", aloud)


@pytest.mark.parametrize("error", ["thread_not_found", "message_not_found", "cannot_reply_to_message"])
async def test_without_its_thread_an_update_is_a_message_of_its_own(error: str):
    async with http_sink(body=YES, answers=[(200, no(error))]) as sink:
        attempt = await post(sink, replace(closing(), thread="1.1"))
    refused, said = sink.posts
    assert attempt.result is AttemptClass.OK
    assert "thread_ts" in refused.data
    assert "thread_ts" not in said.data


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ({"body": no("channel_not_found")}, AttemptClass.PERMANENT, "channel_not_found"),
        ({"body": no("not_in_channel")}, AttemptClass.PERMANENT, "not_in_channel"),
        ({"body": no("is_archived")}, AttemptClass.PERMANENT, "is_archived"),
        ({"body": no("invalid_auth")}, AttemptClass.PERMANENT, "invalid_auth"),
        ({"body": no("token_revoked")}, AttemptClass.PERMANENT, "token_revoked"),
        ({"body": no("msg_too_long")}, AttemptClass.PERMANENT, "msg_too_long"),
        ({"body": no("invalid_blocks")}, AttemptClass.PERMANENT, "invalid_blocks"),
        ({"body": no("something <new> of C0123ABCD")}, AttemptClass.PERMANENT, "refused"),
        ({"body": no("ratelimited")}, AttemptClass.TRANSIENT, "ratelimited"),
        ({"body": no("service_unavailable")}, AttemptClass.TRANSIENT, "service_unavailable"),
        ({"body": no("internal_error")}, AttemptClass.AMBIGUOUS, "internal_error"),
        ({"body": no("fatal_error")}, AttemptClass.AMBIGUOUS, "fatal_error"),
        ({"status": 429, "body": no("ratelimited")}, AttemptClass.TRANSIENT, "429"),
        ({"status": 503, "body": "<html>"}, AttemptClass.TRANSIENT, "503"),
        ({"status": 302, "headers": {"Location": "/"}}, AttemptClass.PERMANENT, "302"),
        ({"body": "<html>Sign in to the guest network"}, AttemptClass.TRANSIENT, "not_slack"),
        ({"body": "[" * 10_000}, AttemptClass.TRANSIENT, "not_slack"),
        ({"body": '{"ok": true, "junk": "' + "x" * 2_000_000 + '"}'}, AttemptClass.AMBIGUOUS, "unreadable"),
        ({"stall": "hang up"}, AttemptClass.AMBIGUOUS, "disconnected"),
        ({"stall": "after headers"}, AttemptClass.AMBIGUOUS, "unreadable"),
    ],
)
async def test_each_answer_has_its_class(how: dict[str, Any], result: AttemptClass, code: str):
    async with http_sink(**how) as sink:
        attempt = await post(sink, closing(), timeout=20.0 if how.get("stall") != "after headers" else 0.5)
    assert (attempt.result, attempt.code) == (result, code)
    assert ROOM not in attempt.detail
    assert len(sink.posts) == 1, "one try is one request"


async def test_slack_says_when_to_come_back():
    async with http_sink(status=429, body=no("ratelimited"), headers={"Retry-After": "7"}) as sink:
        attempt = await post(sink, closing())
    assert attempt.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize("token", ["", "hunter2", "xoxb-1\r\nX: y", "xoxb-é"])
async def test_what_is_no_token_is_not_sent_anywhere(token: str):
    async with http_sink(body=YES) as sink:
        attempt = await post(sink, closing(), token)
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "bad_token")
    assert sink.posts == []


async def test_the_token_is_never_told():
    told = []
    for how in ({"body": no("invalid_auth")}, {"status": 500}, {"stall": "hang up"}, {"body": YES}):
        async with http_sink(**how) as sink:
            told.append(await post(sink, closing()))
    told.append(await post(sink, closing()))  # its server is gone now
    assert not any("secret" in repr(attempt) for attempt in told)


async def test_the_second_word_of_an_incident_follows_the_first_through_the_outbox():
    store = MemoryStore()
    first = replace(closing(), attempts=0, channel="slack", created_at=NOW)
    later = NOW + timedelta(hours=1)
    word = replace(
        first,
        key="another",
        alert_id="another",
        reason=Reason.NEW_RUNG,
        not_before=later,
        created_at=later,
        message=replace(first.message, alert_id="another", reason=Reason.NEW_RUNG, made_at=later),
    )
    async with http_sink(body=YES) as sink:
        channel = SlackChannel(20, allow_private=True, api=sink.url + "api")
        deliverer = Deliverer(
            store,
            {"slack": channel},
            lambda: {"ops": Target("ops", "slack", ROOM, secret=TOKEN)},
            Metrics(),
            timedelta(seconds=90),
            jitter=lambda: 0.5,
        )
        await store.keep(Step(NOW, deliveries=[first]))
        assert await deliverer.step(NOW)
        await store.keep(Step(later, deliveries=[word]))
        assert await deliverer.step(later)
    opened, followed = (post.data for post in sink.posts)
    assert "thread_ts" not in opened
    assert (followed["thread_ts"], followed["reply_broadcast"]) == ("1727861460.000100", True)
