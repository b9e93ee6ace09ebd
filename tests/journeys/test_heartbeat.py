"""The dead man's switch: an outside check hears from us while all is well, and nothing when it is not."""

import asyncio
from datetime import datetime, timedelta

import pytest
from aiohttp import web
from given import NOW
from local_sites import LocalSite, raw_server
from structlog.testing import capture_logs

from monitor.config import ConfigError, load
from monitor.config.telling import HeartbeatSettings
from monitor.heartbeat import YOUNG, Heartbeat
from monitor.loops import Heart
from monitor.metrics import Metrics

PATH = "/ping/4f1c0a7e"


class Body:
    """All that a heartbeat asks about: a heart, an outbox, the metrics."""

    def __init__(self, url: str, allow_private: bool = True) -> None:
        self.heart, self.metrics, self.due = Heart(), Metrics(), None
        self.heart.expect("path", 60.0)
        self.heart.expect("deliver-1", 60.0)
        self.url = url
        self.beats = Heartbeat(self.asked, self.health, self.oldest_due, self.metrics, allow_private)

    def asked(self) -> HeartbeatSettings:
        return HeartbeatSettings(url=self.url, every="5m")

    async def health(self) -> dict[str, str]:
        return dict(self.heart.cycle())

    async def oldest_due(self, now: datetime) -> datetime | None:
        return self.due

    def comes_round(self) -> None:
        self.heart.beat("path")
        self.heart.beat("deliver-1")

    async def round(self, minute: float) -> None:
        """One round, and the end of the ping that it may have begun."""
        await self.beats.step(NOW + timedelta(minutes=minute))
        if self.beats.ping is not None:
            await self.beats.ping

    def sample(self, name: str) -> float | None:
        return self.metrics.registry.get_sample_value(f"sellerwatch_{name}")


@pytest.fixture
def body(site: LocalSite) -> Body:
    site.says(PATH, b"OK")
    return Body(site.url(PATH))


async def test_nothing_is_said_before_every_loop_has_come_round(body: Body, site: LocalSite):
    await body.round(0)
    body.heart.beat("path")
    await body.round(1)
    assert site.asked == []
    body.heart.beat("deliver-1")
    await body.round(2)
    assert site.paths() == [PATH]
    assert body.sample("heartbeat_last_success_timestamp_seconds") == (NOW + timedelta(minutes=2)).timestamp()


async def test_it_pings_once_in_its_interval_and_again_after_a_clock_went_back(body: Body, site: LocalSite):
    body.comes_round()
    for minute in (0, 1, 4.9, 5, 5.5, 9.9, 10):
        await body.round(minute)
    assert len(site.asked) == 3
    await body.round(-60)
    assert len(site.asked) == 4


async def test_nothing_is_said_while_a_loop_cannot_work_and_why_is_logged_once(body: Body, site: LocalSite):
    body.comes_round()
    body.heart.trouble("deliver-1", "waits: the store does not answer")
    with capture_logs() as said:
        await body.round(0)
        await body.round(1)
    assert site.asked == []
    assert [one["why"] for one in said] == ["deliver-1: waits: the store does not answer"]
    body.comes_round()
    await body.round(2)
    assert len(site.asked) == 1


@pytest.mark.case(54)
async def test_nothing_is_said_while_a_message_has_been_due_for_too_long(body: Body, site: LocalSite):
    body.comes_round()
    body.due = NOW - YOUNG
    await body.round(0)
    assert site.asked == []
    body.due = NOW - YOUNG + timedelta(seconds=1)
    await body.round(0)
    assert len(site.asked) == 1


async def test_a_ping_that_fails_is_counted_and_tried_again_at_the_next_round(body: Body, site: LocalSite):
    body.comes_round()
    site.says(PATH, status=503)
    with capture_logs() as said:
        await body.round(0)
    assert body.sample("heartbeats_failed_total") == 1
    assert PATH not in str(said), "whoever knows the address can pretend that we live"
    site.says(PATH, b"OK")
    await body.round(0.5)
    assert len(site.asked) == 2
    assert body.sample("heartbeats_failed_total") == 1


async def test_a_check_that_does_not_answer_keeps_nobody_waiting(site: LocalSite):
    asked = asyncio.Event()

    async def silent(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.Event().wait()
        return web.Response()

    site.pages[PATH] = silent
    body = Body(site.url(PATH))
    body.comes_round()
    await body.beats.step(NOW)
    await asyncio.wait_for(asked.wait(), 5)
    await body.beats.step(NOW + timedelta(hours=1))
    assert len(site.asked) == 1, "one at a time"
    assert body.beats.ping is not None
    body.beats.ping.cancel()
    await asyncio.wait([body.beats.ping])


async def test_a_connection_that_breaks_is_a_failure_like_any_other():
    async with raw_server(b"not http at all\r\n\r\n") as (port, _):
        body = Body(f"http://127.0.0.1:{port}/")
        body.comes_round()
        await body.round(0)
    assert body.sample("heartbeats_failed_total") == 1


async def test_it_reaches_into_no_private_network_unless_it_may(site: LocalSite):
    body = Body(site.url(PATH).replace("http://", "https://"), allow_private=False)
    body.comes_round()
    await body.round(0)
    assert site.asked == []
    assert body.sample("heartbeats_failed_total") == 1


async def test_without_an_address_nobody_is_told(body: Body, site: LocalSite):
    body.comes_round()
    body.url = ""
    await body.round(0)
    assert site.asked == []


def test_its_address_is_https_and_its_interval_not_shorter_than_a_round(desk):
    desk.watches()
    desk.keeps({"fetch": {"allow_private": False}, "targets": [{"id": "log", "channel": "journal"}]})
    desk.keeps({"heartbeat": {"url": "http://checks.example/abc"}})
    with pytest.raises(ConfigError, match=r"heartbeat\.url: is not an https address"):
        load(desk.directory, {})
    desk.keeps({"heartbeat": {"url": "https://checks.example/abc", "every": "5s"}})
    with pytest.raises(ConfigError, match=r"heartbeat\.every: must be 30s or longer"):
        load(desk.directory, {})
    desk.keeps({"heartbeat": {"url": "secret:check"}})
    known = load(desk.directory, {"SELLERWATCH_CHECK": "https://checks.example/abc"})
    assert known.settings.heartbeat.url.get_secret_value() == "https://checks.example/abc"
    assert "checks.example" not in repr(known.settings.heartbeat)
