"""A running daemon answers everything that the rules and the dashboards ask."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from desks import Desk, notice, rss, running, until
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


def test_what_nobody_exposes_is_found():
    missing = unknown_to("# TYPE sellerwatch_blind_ratio gauge\nsellerwatch_blind_ratio 0\n")
    assert "SellerwatchBacklog: no sellerwatch_inbox_waiting" in missing
    assert "SellerwatchBlind: no sellerwatch_blind_ratio" not in missing
    labels = unknown_to("# TYPE sellerwatch_db_errors_total counter\nsellerwatch_db_errors_total 0\n")
    assert "SellerwatchStoreFailing: no kind of sellerwatch_db_errors_total" in labels


@pytest.mark.long
async def test_no_panel_is_empty_and_no_rule_fails_in_a_real_prometheus(desk: Desk, site: LocalSite, tmp_path: Path):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    if not PROMETHEUS:  # then the names alone are checked, above
        return
    async with running(desk) as (_, address), aiohttp.ClientSession() as session:
        await until(lambda: desk.mail.mails and desk.slack)
        async with prometheus(tmp_path, address.removeprefix("http://")) as url, asyncio.timeout(60):
            while not await ask(session, url, "count_over_time(sellerwatch_build_info[1m]) > 2"):
                await asyncio.sleep(0.2)
            empty = [who for who, expression in panel_expressions() if not await ask(session, url, expression)]
            async with session.get(f"{url}/api/v1/rules") as answer:
                groups = (await answer.json())["data"]["groups"]
            firing = {one["metric"]["alertname"] for one in await ask(session, url, 'ALERTS{alertstate="firing"}')}
    assert empty == []
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    assert firing == {"Watchdog"}, "nothing is wrong with it"
