"""Slack's webhook played by a real server on loopback: what arrives, and how each end of a try is classed."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from given_targets import at
from letters import closing

from monitor.domain.alerts import AttemptClass
from monitor.notify.slack import SlackChannel

SECRET = "/services/T000/B000/verysecret"


@dataclass
class Webhook:
    """`status` and `body` are what it says; with `stall` it says nothing, or nothing after its headers."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    stall: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path)
        self.posts.append(await request.json())
        if self.stall == "hang up":
            assert request.transport
            request.transport.abort()
        if self.stall == "before":
            await self.released.wait()
        if self.stall == "after headers":
            response = web.StreamResponse(status=self.status)
            await response.prepare(request)
            await self.released.wait()
            return response
        return web.Response(status=self.status, text=self.body, headers=self.headers)


@asynccontextmanager
async def webhook(**how: Any) -> AsyncIterator[Webhook]:
    hook = Webhook(**how)
    application = web.Application()
    application.router.add_post("/{path:.*}", hook.answer)
    async with TestServer(application, host="127.0.0.1") as server:
        hook.url = str(server.make_url(SECRET))
        try:
            yield hook
        finally:
            hook.released.set()


def channel(timeout: float = 20.0) -> SlackChannel:
    return SlackChannel(timeout=timeout, allow_private=True)


async def test_a_letter_arrives_as_blocks_with_a_text_for_notifications():
    async with webhook() as hook:
        attempt = await channel().send(at(hook.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "200")
    (post,) = hook.posts
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
    buttons = hook.posts[0]["blocks"][-1]["elements"]
    assert [(one["type"], one["text"]["text"], one["url"]) for one in buttons] == [
        ("button", "Acknowledge", "https://watch.example.com/act/one"),
        ("button", "I take it", "https://watch.example.com/act/two"),
    ]
