"""Any program as a target: a CloudEvent that it can trust, read, and know again."""

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from given_targets import at
from http_sink import Post, http_sink
from letters import all_clear, closing, rumored_ban

from monitor.domain.alerts import AttemptClass, Delivery, Reason
from monitor.domain.digests import Digest, Roundup, Standing
from monitor.domain.exposure import Severity
from monitor.domain.signals import EventType, Status
from monitor.domain.vigils import Notice
from monitor.notify.webhook import WebhookChannel, event, signing_keys

NOW = datetime(2024, 10, 2, 9, 31, tzinfo=UTC)
KEY, NEXT = (b"an old key of twenty-four bytes", b"the next key, with some more bytes")
SECRET, SECOND = (f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, NEXT))
PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"


def channel(timeout: float = 20.0) -> WebhookChannel:
    return WebhookChannel(lambda: NOW, timeout, allow_private=True)


def verified(post: Post, key: bytes) -> bool:
    """As a receiver checks it, by the specification of Standard Webhooks."""
    content = f"{post.headers['webhook-id']}.{post.headers['webhook-timestamp']}.".encode() + post.body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    given = [mark.partition(",") for mark in post.headers["webhook-signature"].split(" ")]
    return any(version == "v1" and hmac.compare_digest(mark, expected) for version, _, mark in given)


async def test_a_message_arrives_as_a_cloud_event_with_its_key_for_an_id():
    async with http_sink("/hook") as sink:
        attempt = await channel().send(at(sink.url), closing())
    (post,) = sink.posts
    assert (attempt.result, attempt.code) == (AttemptClass.OK, "200")
    assert post.headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert {name: value for name, value in post.data.items() if name != "data"} == {
        "specversion": "1.0",
        "id": "key of alert-1",
        "source": "urn:sellerwatch",
        "type": "sellerwatch.incident.first",
        "subject": "inc-music",
        "time": "2024-10-02T09:30:00Z",
        "dataschema": "urn:sellerwatch:data:1",
    }
    assert post.headers["webhook-id"] == "key of alert-1"
    assert post.headers["webhook-timestamp"] == "1727861460"
    assert "webhook-signature" not in post.headers, "there is no secret to sign with"


async def test_it_holds_the_links_by_which_a_person_answers():
    links = [("ack", "https://watch.example.com/act/one"), ("unsubscribe", "https://watch.example.com/u/two")]
    async with http_sink() as sink:
        own = WebhookChannel(lambda: NOW, 20, allow_private=True, links=lambda _: links)
        await own.send(at(sink.url), closing())
    data = sink.posts[0].data["data"]
    assert data["links"] == {"ack": "https://watch.example.com/act/one"}
    assert "Acknowledge: https://watch.example.com/act/one" in data["text"].splitlines()


async def test_it_is_signed_and_while_keys_are_exchanged_by_both():
    async with http_sink() as sink:
        await channel().send(at(sink.url, secret=SECRET), closing())
        await channel().send(at(sink.url, secret=f"{SECOND} {SECRET}"), closing())
    one, both = sink.posts
    assert verified(one, KEY)
    assert not verified(one, NEXT)
    assert verified(both, KEY)
    assert verified(both, NEXT)
    assert not verified(replace(both, body=both.body + b" "), KEY), "not a byte may be changed"


def test_the_signature_is_that_of_the_specification():
    # The example of the specification's reference libraries.
    from monitor.notify.webhook import signed

    keys = signing_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at_time = datetime.fromtimestamp(1614265330, UTC)
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', keys, at_time)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_second_copy_has_the_same_id_and_says_that_it_may_be_one():
    async with http_sink() as sink:
        await channel().send(at(sink.url), closing())
        await channel().send(at(sink.url), replace(closing(), repeat=True, attempts=2))
    first, second = sink.posts
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == first.data["id"] == second.data["id"]
    assert [post.data["data"]["repeat"] for post in sink.posts] == [False, True]


@pytest.mark.parametrize(
    ("how", "result", "code"),
    [
        ({"status": 202}, AttemptClass.OK, "202"),
        ({"status": 204, "body": ""}, AttemptClass.OK, "204"),
        ({"status": 200, "body": "x" * 1_000_000}, AttemptClass.OK, "200"),
        ({"status": 301, "headers": {"Location": "https://example.com/"}}, AttemptClass.PERMANENT, "301"),
        ({"status": 400}, AttemptClass.PERMANENT, "400"),
        ({"status": 401}, AttemptClass.PERMANENT, "401"),
        ({"status": 410}, AttemptClass.PERMANENT, "410"),
        ({"status": 408}, AttemptClass.TRANSIENT, "408"),
        ({"status": 429}, AttemptClass.TRANSIENT, "429"),
        ({"status": 500}, AttemptClass.TRANSIENT, "500"),
        ({"status": 502}, AttemptClass.TRANSIENT, "502"),
        ({"stall": "hang up"}, AttemptClass.AMBIGUOUS, "disconnected"),
    ],
)
async def test_each_answer_has_its_class(how: dict[str, Any], result: AttemptClass, code: str):
    async with http_sink(**how) as sink:
        attempt = await channel().send(at(sink.url), closing())
    assert (attempt.result, attempt.code) == (result, code)
    assert len(sink.posts) == 1, "one try is one request"


async def test_silence_after_the_request_leaves_its_fate_unknown():
    async with http_sink(stall="before") as sink:
        attempt = await channel(timeout=0.5).send(at(sink.url), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.AMBIGUOUS, "timeout")


@pytest.mark.parametrize(
    ("headers", "wish"),
    [
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        (
            {"Retry-After": "Wed, 02 Oct 2024 09:40:00 GMT", "Date": "Wed, 02 Oct 2024 09:30:00 GMT"},
            timedelta(minutes=10),
        ),
        ({"Retry-After": "Wed, 02 Oct 2024 09:20:00 GMT", "Date": "Wed, 02 Oct 2024 09:30:00 GMT"}, timedelta(0)),
        ({"Retry-After": "in a while"}, None),
    ],
)
async def test_the_pause_that_it_asks_for_counts_by_its_own_clock(headers: dict[str, str], wish: timedelta | None):
    async with http_sink(status=503, headers=headers) as sink:
        attempt = await channel().send(at(sink.url), closing())
    assert attempt.retry_after == wish


@pytest.mark.parametrize("secret", ["hunter2hunter2hunter2", "whsec_short", "whsec_%%%", "whsec_" + "QUJD" * 5])
async def test_a_secret_that_is_no_key_sends_nothing(secret: str):
    async with http_sink() as sink:
        attempt = await channel().send(at(sink.url, secret=secret), closing())
    assert (attempt.result, attempt.code) == (AttemptClass.PERMANENT, "bad_secret")
    assert secret not in repr(attempt)
    assert sink.posts == []


async def test_neither_address_nor_secret_is_ever_told():
    told = []
    for how in ({"status": 404}, {"status": 500}, {"stall": "hang up"}):
        async with http_sink("/very/secret", **how) as sink:
            told.append(await channel().send(at(sink.url, secret=SECRET), closing()))
    told.append(await channel().send(at(sink.url, secret=SECRET), closing()))  # its server is gone now
    assert not any("secret" in repr(attempt) or SECRET in repr(attempt) for attempt in told)


def other(message: Notice | Digest | Roundup, reason: Reason) -> Delivery:
    return replace(closing(), message=message, reason=reason, alert_id=message.alert_id)


def test_every_kind_of_message_is_an_event():
    standing = Standing(
        "i1", "Temu", EventType.BAN, Status.CONFIRMED, Severity.HIGH, ("Temu",), ("VN",), "2024-12", 5.5
    )
    digest = Digest("d1", "Acme", NOW, NOW - timedelta(days=1), "daily", "EUR", open=(standing,))
    said = [
        rumored_ban(),
        all_clear(),
        other(Notice("n1", NOW, 100, recovered=("A",)), Reason.BLIND),
        other(digest, Reason.DIGEST),
        other(Roundup("r1", NOW, (standing,), 2, ("k1", "k2", "k3")), Reason.MORE),
    ]
    events = [event(one) for one in said]
    assert [one["type"] for one in events] == [
        "sellerwatch.incident.first",
        "sellerwatch.incident.all_clear",
        "sellerwatch.sources.blind",
        "sellerwatch.digest.digest",
        "sellerwatch.roundup.more",
    ]
    assert [one["data"].get("resolved") for one in events] == [False, True, True, None, None]
    assert events[3]["data"]["open"][0]["at_risk"] == "5.5"
    assert events[4]["data"]["messages"][0]["incident"] == "i1"
    assert all(json.loads(json.dumps(one, allow_nan=False)) == one for one in events)


def test_the_page_of_webhooks_shows_an_event_as_it_is_sent():
    example = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert example
    shown, sent = json.loads(example[1]), event(closing())
    for one in (shown, sent):  # a person's words, which goldens hold elsewhere
        assert one["data"].pop("text")
        assert one["data"].pop("subject")
    assert shown == sent


def test_the_page_of_webhooks_names_every_key():
    page = PAGE.read_text(encoding="utf-8")

    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value) | {key for inner in value.values() for key in keys(inner)}
        return {key for inner in value for key in keys(inner)} if isinstance(value, list) else set()

    assert {key for key in keys(event(closing())) | keys(event(all_clear())) if f"`{key}`" not in page} == set()
