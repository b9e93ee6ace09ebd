"""Slack's webhook played by a real server on loopback: what arrives, and how each end of a try is classed."""

import socket
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest
from given_targets import at
from http_sink import Sink, http_sink
from letters import closing

from monitor.domain.alerts import AttemptClass
from monitor.notify.slack import SlackChannel

SECRET = "/services/T000/B000/verysecret"


def webhook(**how: Any) -> AbstractAsyncContextManager[Sink]:
    """Slack's server, at the path that is the secret."""
    return http_sink(SECRET, **how)


def channel(timeout: float = 20.0) -> SlackChannel:
    return SlackChannel(timeout=timeout, allow_private=True)


async def test_a_letter_arrives_as_blocks_with_a_text_for_notifications():
    async with webhook() as hook:
        attempt = await channel().send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "200")
    post = hook.posts[0].data
    assert len(hook.posts) == 1
    assert post["text"] == "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert [block["type"] for block in post["blocks"]][:2] == ["header", "section"]


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ({"status": 400, "body": "invalid_payload"}, AttemptClass.PERMANENT, "400"),
        ({"status": 403, "body": "action_prohibited"}, AttemptClass.PERMANENT, "403"),
        ({"status": 404, "body": "channel_not_found"}, AttemptClass.PERMANENT, "404"),
        ({"status": 410, "body": "channel_is_archived"}, AttemptClass.PERMANENT, "410"),
        ({"status": 500, "body": "rollup_error"}, AttemptClass.TRANSIENT, "500"),
        ({"status": 503, "body": "<html>maintenance"}, AttemptClass.TRANSIENT, "503"),
        ({"status": 429, "body": ""}, AttemptClass.TRANSIENT, "429"),
        ({"body": "<!DOCTYPE html><p>Sign in to the guest network"}, AttemptClass.TRANSIENT, "not_slack"),
        ({"body": "x" * 1_000_000}, AttemptClass.OK, "200"),
        ({"stall": "hang up"}, AttemptClass.AMBIGUOUS, "disconnected"),
    ],
)
async def test_each_answer_has_its_class(how: dict[str, Any], result: AttemptClass, code: str):
    async with webhook(**how) as hook:
        attempt = await channel().send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert len(hook.posts) == 1, "one try is one request"


@pytest.mark.parametrize(
    ("header", "wish"), [("30", timedelta(seconds=30)), ("soon", None), ("9" * 400, timedelta(seconds=999_999_999))]
)
async def test_slack_says_when_to_come_back(header: str, wish: timedelta | None):
    async with webhook(status=429, headers={"Retry-After": header}) as hook:
        attempt = await channel().send(at(hook.url), closing())
    assert (attempt.code, attempt.retry_after) == ("429", wish)


async def test_a_redirect_is_not_followed():
    async with webhook() as elsewhere, webhook(status=302, headers={"Location": elsewhere.url}) as hook:
        attempt = await channel().send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "302")
    assert elsewhere.posts == []


async def test_silence_after_the_request_leaves_its_fate_unknown():
    async with webhook(stall="before") as hook:
        attempt = await channel(timeout=0.5).send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.AMBIGUOUS, "timeout")


async def test_an_accepting_status_counts_even_if_the_body_never_comes():
    async with webhook(stall="after headers") as hook:
        attempt = await channel(timeout=0.5).send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "200")


async def test_a_refused_connection_is_tried_later():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        attempt = await channel().send(at(f"http://127.0.0.1:{unused.getsockname()[1]}{SECRET}"), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "connection")


async def test_a_server_that_speaks_no_tls_is_tried_later():
    async with webhook() as hook:
        attempt = await channel().send(at(hook.url.replace("http:", "https:")), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "tls")


async def test_a_server_that_never_ends_the_handshake_has_not_got_the_message():
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"https://127.0.0.1:{mute.getsockname()[1]}{SECRET}"
        attempt = await channel(timeout=0.5).send(at(url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.TRANSIENT, "timeout")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "2130706433",
        "127.1",
        "0",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
        "[64:ff9b::7f00:1]",
    ],
)
async def test_a_private_address_is_refused_before_a_connection_is_made(host: str):
    async with webhook() as hook:
        port = hook.url.split(":")[2].split("/")[0]
        attempt = await SlackChannel(timeout=20).send(at(f"https://{host}:{port}{SECRET}"), closing())
    assert attempt.result is AttemptClass.PERMANENT
    assert attempt.code in {"private_address", "bad_url"}, "an unusual spelling is no address at all"
    assert hook.posts == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.slack.com/x",
        "file:///etc/passwd",
        "http://hooks.slack.com/x",
        "https://",
        "https://[x",
        "https://a b/",
        "https://localhost:99999/",
    ],
)
async def test_an_address_that_is_no_secure_web_address_is_refused(url: str):
    attempt = await SlackChannel().send(at(url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "bad_url")


async def test_the_webhooks_secret_is_never_told():
    told = []
    for how in ({"status": 404}, {"status": 302, "headers": {"Location": "/x"}}, {"stall": "hang up"}, {"status": 500}):
        async with webhook(**how) as hook:
            told.append(await channel().send(at(hook.url), closing()))
    told.append(await channel().send(at(hook.url), closing()))  # its server is gone now
    told.append(await channel().send(at(hook.url.replace("http:", "ftp:")), closing()))
    assert len({attempt.code for attempt in told}) == 6
    assert not any("secret" in repr(attempt) or "services" in repr(attempt) for attempt in told)


async def test_what_can_be_done_with_one_click_is_a_button_that_is_a_link():
    links = [("ack", "https://watch.example.com/act/one"), ("take", "https://watch.example.com/act/two")]
    async with webhook() as hook:
        await SlackChannel(20, allow_private=True, links=lambda _: links).send(at(hook.url), closing())
    buttons = hook.posts[0].data["blocks"][-1]["elements"]
    assert [(one["type"], one["text"]["text"], one["url"]) for one in buttons] == [
        ("button", "Acknowledge", "https://watch.example.com/act/one"),
        ("button", "I take it", "https://watch.example.com/act/two"),
    ]
