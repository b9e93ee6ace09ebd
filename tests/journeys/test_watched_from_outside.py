"""A running daemon answers everything that the rules and the dashboards ask."""

import asyncio
from math import isnan
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from desks import HARMLESS, Desk, notice, rss, running, until
from local_sites import LocalSite
from monitoring import PROMETHEUS, PROMTOOL, ask, panel_expressions, prometheus, run, unknown_to


async def text(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as answer:
        return await answer.text()


async def test_a_running_daemon_has_every_metric_and_label_that_rules_and_dashboards_name(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    async with running(desk) as (_, address), aiohttp.ClientSession() as session:
        await until(lambda: desk.mail.mails and desk.slack)
        shown = await text(session, f"{address}/metrics")
    assert unknown_to(shown) == []
    assert site.url() not in shown
    if PROMTOOL:
        assert run(PROMTOOL, "check", "metrics", given=shown) == (0, "")


async def test_a_scrape_shows_what_a_person_did_beside_the_daemon(desk: Desk, site: LocalSite, monkeypatch):
    monkeypatch.setattr("monitor.solo.TICK", 3600)  # so that nothing but the scrape can find it
    monkeypatch.setattr("monitor.gauging.FRESH", 0)
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    async with running(desk) as (_, address), aiohttp.ClientSession() as session:

        async def shows(line: str) -> None:
            async with asyncio.timeout(20):
                while line not in await text(session, f"{address}/metrics"):
                    await asyncio.sleep(0.1)

        await until(lambda: desk.mail.mails)
        opened, at_stake = (
            'sellerwatch_incidents_open{event="shutdown",rung="confirmed"}',
            'sellerwatch_position_incidents_open{country="PL",platform="Bazarino",seller="acme"}',
        )
        await shows(f"{opened} 1.0")
        await shows(f"{at_stake} 1.0")
        (incident,) = await desk.json("incidents")
        assert (await desk.command("incidents", "close", incident["id"])).exit_code == 0
        await shows(f"{opened} 0.0")
        await shows(f"{at_stake} 0.0")


def test_what_nobody_exposes_is_found():
    missing = unknown_to("# TYPE sellerwatch_blind_ratio gauge\nsellerwatch_blind_ratio 0\n")
    assert "SellerwatchBacklog: no sellerwatch_inbox_waiting" in missing
    assert "SellerwatchBlind: no sellerwatch_blind_ratio" not in missing
    labels = unknown_to("# TYPE sellerwatch_db_errors_total counter\nsellerwatch_db_errors_total 0\n")
    assert "SellerwatchStoreFailing: no kind of sellerwatch_db_errors_total" in labels


DARK = {"sources: Time for a second opinion"}  # nobody is asked for one here
LIT = {
    "delivery: Arrived", "delivery: Failed tries", "delivery: In doubt, repeated, given up", "delivery: Given up",
    "overview: Open incidents by event", "overview: Decisions to speak", "overview: Changes of incidents",
    "overview: Database and disk", "sources: Documents", "sources: Looks", "sources: Read in vain",
    "sources: Most failures in a row", "sources: Longest without a good look", "sources: In quarantine",
    "sources: Understood",
}  # fmt: skip


@pytest.mark.long
async def test_every_panel_shows_what_happens_to_a_daemon(desk: Desk, site: LocalSite, tmp_path: Path):
    if not PROMETHEUS:  # then the names alone are checked, above
        return
    site.says("/feed.xml", rss(HARMLESS))
    site.says("/page.xml", rss(HARMLESS))
    chat = iter([503, 503])

    async def busy(_: web.Request) -> web.Response:
        return web.Response(status=next(chat, 200), headers={"Retry-After": "1"})

    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=404)

    site.pages |= {"/slack": busy, "/hook": gone}
    desk.keeps({"targets": [
        {"id": "ops", "channel": "email", "address": "ops@example.com"},
        {"id": "chat", "channel": "slack", "address": site.url("/slack")},
        {"id": "hook", "channel": "webhook", "address": site.url("/hook")},
    ]})  # fmt: skip
    desk.watches(every="2s", bazarino=site.url(), dead=site.url("/none.xml"), page=site.url("/page.xml"))
    async with (
        running(desk) as (_, address),
        aiohttp.ClientSession() as session,
        prometheus(tmp_path, address.removeprefix("http://")) as url,
    ):

        async def shows(expression: str) -> None:
            async with asyncio.timeout(60):
                while not await ask(session, url, expression):
                    await asyncio.sleep(0.2)

        await shows("count_over_time(sellerwatch_build_info[1m]) > 2")
        site.says("/feed.xml", rss(notice(site)))
        site.says("/page.xml", b"<html><body>no feed</body></html>")
        await shows('increase(sellerwatch_notifications_sent_total{channel="slack"}[5m]) > 0')
        await shows("increase(sellerwatch_parse_failures_total[5m]) > 0")
        await shows("sellerwatch_dead_letters > 0 and on () sellerwatch_incidents_open > 0")
        answers: dict[str, list[float]] = {}
        for who, expression in panel_expressions():
            found = await ask(session, url, expression)
            assert found, (who, expression)
            answers.setdefault(who, []).extend(float(one["value"][1]) for one in found)
        async with session.get(f"{url}/api/v1/rules") as answer:
            groups = (await answer.json())["data"]["groups"]
        firing = {one["metric"]["alertname"] for one in await ask(session, url, 'ALERTS{alertstate="firing"}')}
    assert {who for who, values in answers.items() if all(map(isnan, values))} == DARK
    assert {who for who in LIT if not any(value > 0 for value in answers[who])} == set()
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    assert firing == {"Watchdog", "SellerwatchAlertDead"}, "what was given up is told at once, all else waits"
