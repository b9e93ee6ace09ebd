"""The service as it is run: once, as a daemon beside other commands, after a crash, on PostgreSQL; and its reload."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
from desks import Desk, notice, rss, running, until
from local_sites import LocalSite
from postgres import Postgres
from sqlalchemy.engine import make_url
from structlog.testing import capture_logs

from monitor.commands import _patiently
from monitor.config import ConfigError, load
from monitor.daemon import utc_now
from monitor.lock import hold
from monitor.notify.trial import trial
from monitor.steps import Step
from monitor.wiring import send_lease


async def test_one_round_sends_what_it_found_without_waiting_for_more(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    desk.keeps({"alerts": {"group_wait": "10m"}})
    result = await desk.command("once")
    assert result.exit_code == 0, result.output
    assert len(desk.mail.mails) == len(desk.slack) == 1


async def test_one_round_beside_a_running_daemon_is_refused_with_its_own_exit_code(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    lock = hold(desk.directory / "state")
    result = await desk.command("once")
    lock.close()
    assert result.exit_code == 75
    assert "another daemon" in result.stderr


async def test_a_running_daemon_delivers_a_test_message_and_stops_when_it_is_asked(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    async with running(desk) as (_, address):
        await until(lambda: desk.mail.mails and desk.slack)
        result = await desk.command("test-channel", "ops")
        assert result.exit_code == 0, result.output
        assert len(desk.mail.mails) == 2
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{address}/readyz") as ready:
                assert ready.status == 200, await ready.text()
            async with session.get(f"{address}/metrics") as answer:
                metrics = await answer.text()
    assert "sellerwatch_alert_end_to_end_seconds_count 3.0" in metrics
    assert 'sellerwatch_notifications_sent_total{channel="email"} 2.0' in metrics
    assert site.url("/slack") not in metrics


@pytest.mark.case(50)
async def test_what_a_dead_sender_left_in_hand_goes_out_as_a_repeat_and_blocks_no_test(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    service = await desk.open()
    settings = load(desk.directory, {})
    left = trial(settings.targets[0], settings.sellers[0], utc_now())
    await service.store.ledger.keep(Step(utc_now(), deliveries=[left]))
    assert await service.store.outbox.claim_delivery(utc_now(), timedelta(minutes=2)) is not None
    await service.store.database.close()  # a crash: nothing is given back, the lease still runs
    result = await desk.command("test-channel", "ops")
    assert result.exit_code == 0, result.output
    assert sorted(mail["X-Sellerwatch-Repeat"] or "" for mail in desk.mail.mails) == ["", "1"]


async def test_the_whole_path_on_postgresql_tells_once_and_remembers_it(
    desk: Desk, site: LocalSite, postgres: Postgres
):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    desk.keeps({"store": {"url": make_url(postgres.empty())._replace(password=None).render_as_string()}})
    await desk.round()
    await desk.round()
    assert len(desk.mail.mails) == len(desk.slack) == 1
    [incident] = await desk.json("incidents")
    assert (incident["event_type"], incident["status"]) == ("shutdown", "confirmed")
    assert {d["state"] for d in await desk.json("deliveries")} == {"sent"}
    assert "Bazarino" in (await desk.command("explain", incident["id"][:8])).output
    assert not list((desk.directory / "state").glob("*.db")), "nothing is kept beside it"


@pytest.mark.case(48)
async def test_a_running_daemon_on_postgresql_survives_the_end_of_every_session(
    desk: Desk, site: LocalSite, postgres: Postgres
):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url("/later.xml"))
    url = make_url(postgres.empty())._replace(password=None).render_as_string()
    desk.keeps({"store": {"url": url}})
    async with running(desk) as (service, _):
        assert postgres.disconnect_everyone(url) > 0
        desk.watches(bazarino=site.url())
        await service.reload()
        result = await desk.command("test-channel", "ops")
        assert result.exit_code == 0, result.output


async def test_a_reload_takes_everything_or_nothing(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    service = await desk.open()
    try:
        before = dict(service._targets)
        assert set(await service.reload()) == {"bazarino"}
        desk.keeps({"targets": [{"id": "chat", "channel": "slack", "address": site.url("/slack")}], "web": {"prot": 1}})
        with pytest.raises(ConfigError, match=r"web\.prot"):
            await service.reload()
        assert service._targets == before
        assert service.metrics.registry.get_sample_value("sellerwatch_config_last_reload_success") == 0
        desk.keeps({"web": {"port": 0}, "read": {"cpu": "3s"}})
        with capture_logs() as said:
            await service.reload()
        assert {"settings": ["read"], "event": "needs_restart", "log_level": "warning"} in said, "what it cannot take"
        assert set(service._targets) == {"chat"}
        assert service.metrics.registry.get_sample_value("sellerwatch_config_last_reload_success") == 1
    finally:
        await service.close()


async def test_a_lease_is_longer_than_the_slowest_send(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    channels = {"email": {"host": "127.0.0.1", "timeout": "5m", "sender": "w@example.com"}}
    desk.keeps({"channels": channels | {"slack": {"per_second": 0.0001}}})
    assert send_lease(load(desk.directory, {})) > timedelta(minutes=10)
    service = await desk.open()
    await service.close()
    assert service.deliverer.lease > timedelta(minutes=10)


async def test_a_start_waits_for_a_store_that_does_not_answer_yet(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url())
    missing = desk.directory / "not-mounted-yet"
    desk.keeps({"store": {"url": f"sqlite:///{missing / 'sellerwatch.db'}"}})
    start = asyncio.create_task(_patiently(load(desk.directory, {}), 30))
    done, _ = await asyncio.wait([start], timeout=0.5)
    assert not done
    missing.mkdir()
    await (await start).close()


async def test_the_address_of_a_webhook_is_shown_nowhere(desk: Desk, site: LocalSite):
    site.says("/hooks/T0-very-secret", b"no such hook", status=404)
    desk.watches(bazarino=site.url())
    targets = [{"id": "chat", "channel": "slack", "address": site.url("/hooks/T0-very-secret")}]
    desk.keeps({"targets": targets, "log": {"level": "debug", "format": "json"}})
    shown = await desk.command("test-channel", "chat")
    assert shown.exit_code == 1
    assert "dead" in shown.output
    for command in ("deliveries", "check-config", "sources", "quarantine"):
        for words in ((command,), (command, "--json")):
            result = await desk.command(*words)
            assert result.exit_code == 0, result.output
            assert "very-secret" not in result.output
    assert "very-secret" not in shown.output
