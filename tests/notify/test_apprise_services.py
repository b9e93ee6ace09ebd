"""What the services behind Apprise get: within the limits of each, in its form, and a refusal is one."""

import json
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from apprise import NotifyFormat
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.pagerduty import PAGERDUTY_API_LOOKUP
from apprise.plugins.telegram import NotifyTelegram
from apprise.plugins.wecombot import NotifyWeComBot
from apprise.plugins.workflows import NotifyWorkflows
from given_targets import at
from http_sink import Sink, http_sink
from hypothesis import given, settings
from hypothesis import strategies as st
from letters import all_clear, closing, rumored_ban
from test_hostile_text import HOSTILE, poisoned

from monitor.domain.alerts import Attempt, AttemptClass, Delivery
from monitor.notify.apprise import AppriseChannel, built, said, scheme
from monitor.notify.note import octets, units
from monitor.notify.written import written

SERVICES = {
    "dingtalk": "dingtalk://0123456789abcdef0123456789abcdef",
    "feishu": "feishu://abcdefghijklmnopqr",
    "lark": "lark://abcdefghijklmnopqr",
    "wecombot": "wecombot://abcdefghijklmnop-1234",
    "tgram": "tgram://123456789:abcdefg_hijklmnop/12315544",
    "workflows": "workflows://prod-01.westus.example:443/abcdef0123456789abcdef/SIGNATUREsig_123/",
    "pagerduty": "pagerduty://routingkey0123456789012345678901@apikey123",
    "ntfy": "ntfy://mytopic",
    "discord": "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "line": "line://abcdefghijkl/abcdefgh",
    "gotifys": "gotifys://example.com/abcdefghijklmno",
    "zulip": "zulip://bot@org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
}
LIMITS = {  # of title and body, in the service's own count, by its own documentation
    "dingtalk": (250, 20_000, octets),
    "feishu": (250, 20_000, octets),
    "lark": (250, 20_000, octets),
    "wecombot": (0, 2_048, octets),
    "tgram": (0, 4_096, units),
    "workflows": (250, 1_000, units),
    "pagerduty": (0, 1_024, units),
    "ntfy": (200, 4_096, octets),
    "discord": (250, 2_000, units),
    "line": (0, 5_000, units),
    "gotifys": (250, 32_768, units),
    "zulip": (60, 10_000, units),
}


def channel(timeout: float = 20.0) -> AppriseChannel:
    return AppriseChannel(timeout, allow_private=True)


def check(delivery: Delivery) -> None:
    """Title and body fit wherever they go, and call nobody."""
    for name, address in SERVICES.items():
        plugin = built(address)
        assert not isinstance(plugin, Attempt), name
        title, body = said(written(delivery), scheme(address), plugin)
        longest_title, longest, size = LIMITS[name]
        assert size(title) <= longest_title, name
        together = plugin.overflow_amalgamate_title
        shown = unescape(body) if plugin.notify_format == NotifyFormat.HTML else body
        assert 0 < size(shown.replace("<br/>", "\n")) + (size(title) if together else 0) <= longest, name
        assert title or body.splitlines()[0], name
        for text in (title, body):
            assert not any(call in text for call in ("@all", "@everyone", "<!", "<@", "<#", "<&", "]("))


@pytest.mark.parametrize("text", [*HOSTILE, "@everyone @here @all", "<@123> <@&4> @channel", "漢字" * 5_000])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_hostile_text_stays_within_every_services_limits_and_calls_nobody(text: str):
    check(poisoned(text))
    check(replace(poisoned(text), repeat=True))


@settings(deadline=None, max_examples=40)
@given(st.text(st.characters(), max_size=400))
def test_any_unicode_text_stays_within_every_services_limits(text: str):
    check(poisoned(text))


def test_ordinary_letters_fit_with_what_matters_most():
    for delivery in (closing(), rumored_ban(), all_clear()):
        check(delivery)
    plugin = built(SERVICES["workflows"])
    assert isinstance(plugin, NotifyWorkflows)
    _, body = said(written(closing()), "workflows", plugin)
    assert "28 Nov 2024" in body
    assert "export your data" in body
    assert body.endswith("…"), "and it says that there is more"


def to_loopback(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> None:
    """The services' own addresses lead to the sink."""
    for plugin, path in (
        (NotifyDingTalk, "robot/send?access_token={token}"),
        (NotifyFeishu, "hook/{token}/"),
        (NotifyWeComBot, "webhook/send?key={key}"),
        (NotifyTelegram, "bot"),
    ):
        monkeypatch.setattr(plugin, "notify_url", sink.url + path)
    for region in PAGERDUTY_API_LOOKUP:
        monkeypatch.setitem(PAGERDUTY_API_LOOKUP, region, sink.url + "v2/enqueue")


async def test_each_service_gets_what_it_understands(monkeypatch: pytest.MonkeyPatch):
    got: dict[str, Any] = {}
    for name in ("dingtalk", "feishu", "wecombot", "tgram", "pagerduty"):
        async with http_sink(body='{"errcode": 0, "code": 0, "ok": true, "result": []}') as sink:
            to_loopback(monkeypatch, sink)
            attempt = await channel().send(at(SERVICES[name]), closing())
        assert attempt.result is AttemptClass.OK, (name, attempt)
        got[name] = sink.posts[-1].data
    subject = "[Critical] TikTok Music closes on 28 Nov 2024 (ID, BR, AU, SG, MX): confirmed"
    assert subject in json.dumps(got["dingtalk"])
    assert subject in json.dumps(got["feishu"])
    assert got["wecombot"]["text"]["content"].startswith(subject)
    assert subject in got["tgram"]["text"]
    assert got["pagerduty"]["payload"]["severity"] == "critical"


@pytest.mark.parametrize(
    ("name", "body", "result", "code"),
    [
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, AttemptClass.PERMANENT, "refused"),
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, AttemptClass.TRANSIENT, "later"),
        ("wecombot", {"errcode": 93000, "errmsg": "invalid webhook url"}, AttemptClass.PERMANENT, "refused"),
        ("wecombot", {"errcode": 45009, "errmsg": "api freq out of limit"}, AttemptClass.TRANSIENT, "later"),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, AttemptClass.PERMANENT, "refused"),
        ("feishu", {"code": 11232, "msg": "frequency limited"}, AttemptClass.TRANSIENT, "later"),
    ],
)
async def test_a_refusal_that_looks_like_a_yes_is_one(
    monkeypatch: pytest.MonkeyPatch, name: str, body: dict[str, Any], result: AttemptClass, code: str
):
    async with http_sink(body=json.dumps(body)) as sink:
        to_loopback(monkeypatch, sink)
        attempt = await channel().send(at(SERVICES[name]), closing())
    assert (attempt.result, attempt.code) == (result, code)


async def test_telegram_reads_outside_words_as_words(monkeypatch: pytest.MonkeyPatch):
    async with http_sink(body='{"ok": true, "result": {}}') as sink:
        to_loopback(monkeypatch, sink)
        await channel().send(at(SERVICES["tgram"]), poisoned("<img> & <b>bold</b>"))
    (post,) = sink.posts
    assert post.data["parse_mode"] == "HTML"
    assert "&lt;img&gt; &amp; &lt;b&gt;bold&lt;/b&gt;" in post.data["text"]
    assert "<" not in post.data["text"], "a tag that Telegram does not know is an error there"


async def test_ntfy_takes_it_as_one_message():
    async with http_sink() as sink:
        attempt = await channel().send(at(f"ntfy://127.0.0.1:{sink.port}/alerts"), poisoned("漢字" * 5_000))
    (post,) = sink.posts
    assert attempt.result is AttemptClass.OK
    assert post.data["topic"] == "alerts"
    assert octets(post.data["message"]) <= 4096, "a longer one becomes an attachment"
