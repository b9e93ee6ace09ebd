"""Case 42: whatever fails, no secret is seen where somebody may look."""

import asyncio
import base64
import gzip
import json
import re
import signal
import tarfile
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from aiohttp import web
from desks import HARMLESS, Desk, notice, rss, until
from hypothesis import given
from hypothesis import strategies as st
from leaks import DSN, FAILURES, Failing, Seeds, credentials, free, keys, living, settings
from local_sites import LocalSite, raw_server
from smtp_sink import SILENCE, smtp_sink

from monitor.config import load
from monitor.daemon import utc_now
from monitor.logs import Redactor
from monitor.notify.trial import trial
from monitor.opened import open_store
from monitor.steps import Step

UNIT = Path(__file__).parents[2] / "systemd" / "sellerwatch.service"
CASE = pytest.mark.case(42)


@CASE
@pytest.mark.long
@pytest.mark.parametrize("style", ["json", "console"])
async def test_no_secret_is_seen_whatever_fails(
    tmp_path: Path, site: LocalSite, style: str, monkeypatch: pytest.MonkeyPatch, record_property
):
    seeds, envelopes, released = Seeds(), list[str](), asyncio.Event()
    site.says("/feed.xml", rss(notice(site), HARMLESS))

    async def sentry(request: web.Request) -> web.Response:
        body = await request.read()  # aiohttp has undone gzip or brotli
        envelopes.append((gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode())
        return web.json_response({})

    site.pages["/api/1/envelope/"] = sentry
    async with smtp_sink(logged_in=True) as mail:
        (tmp_path / "desk").mkdir()
        desk = Desk(tmp_path / "desk", site, mail)
        site.pages = Failing(site.pages, released)
        port, closed = free(), free()
        dsn = site.url("/1").replace("http://", f"http://{DSN}@")
        environ = credentials(tmp_path / "credentials", seeds, dsn)
        seeds.known["sentry-dsn"] = DSN
        desk.watches(bazarino=site.url(), refused=f"http://127.0.0.1:{closed}/feed.xml", missing=site.url("/none.xml"))
        asked = settings(site, mail.port, closed, seeds)
        web_settings = {"port": port, "public_url": "https://watch.example.com"}
        desk.keeps(asked | {"log": {"level": "debug", "format": style}, "web": web_settings})
        desk.write("secrets.json", list(seeds.known.values()))
        shown: dict[str, str] = {}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        try:
            async with living(desk, port) as life:
                n = len(FAILURES)
                every = {"email": 1.0, "journal": 1.0, "slack": n + 1.0, "webhook": n, "alertmanager": n, "apprise": n}
                await life.until(every)
                channels: dict[str, dict[str, object]] = asked["channels"]  # type: ignore[assignment]
                for number, change in enumerate([{"port": closed}, {"security": "tls"}, {}], start=2):
                    mail.answers["MAIL"] = SILENCE  # the last of them logs in nowhere, and waits
                    login = {"username": "", "password": ""} if not change else {}
                    desk.keeps({"channels": channels | {"email": channels["email"] | change | login}})
                    life.process.send_signal(signal.SIGHUP)
                    known = load(desk.directory)
                    store = await open_store(known)
                    test = trial(known.targets[0], known.sellers[0], utc_now())
                    await store.ledger.keep(Step(utc_now(), deliveries=[test]))
                    await store.database.close()
                    await life.until({"email": number})
                await until(lambda: any(path.startswith("/ping/") for path in site.paths()), 90)
                here = {"links.key", "calendar.key", "websub.key", "feeds.key"}
                assert set(keys(desk.directory / "state", seeds)) == here
                shown["what ps sees"] = life.seen_by_ps()
                for path in (
                    "/",
                    "/login",
                    "/api",
                    "/healthz",
                    "/readyz",
                    "/metrics",
                    "/act/none",
                    "/calendar/none.ics",
                    "/websub/none",
                ):
                    shown[path] = await life.page(path)
                shown |= await said(desk, tmp_path)
                (desk.directory / "state" / "crash").write_text(json.dumps(list(seeds.known.values())))
                assert await asyncio.wait_for(life.process.wait(), 90) == 1
            shown["log"] = "".join(life.written)
        finally:
            released.set()
    assert "channel_raised" in shown["log"]
    assert "loop_died" in shown["log"]
    assert "/v1/chat/completions" in site.paths(), "the second opinion was asked, and refused"
    for reason in ("transient", "permanent", "ambiguous"):
        failed = re.search(rf'failed_total{{channel="webhook",reason="{reason}"}} ([\d.]+)', shown["/metrics"])
        assert failed is not None
        assert float(failed[1]) > 0, reason
    shown["sentry"] = "\n".join(envelopes)
    assert "loop_died" in shown["sentry"]
    assert site.paths().count("/api/chat.postMessage"), "as an app too"
    hits = {
        place: found
        for place, text in shown.items()
        if (found := seeds.found(text, but=("sentry-dsn",) if place == "sentry" else ()))
    }
    assert hits == {}
    record_property("figure", f"0 of {len(seeds.known)} secrets in {len(shown)} places")


async def said(desk: Desk, tmp_path: Path) -> dict[str, str]:
    """What the commands show of a service whose channels all fail."""
    deliveries = await desk.json("deliveries")
    assert {one["state"] for one in deliveries} >= {"dead", "retry"}
    [incident] = {one["incident_id"] for one in deliveries if one["reason"] == "first"}
    backup = tmp_path / "copy.tar.gz"
    every: list[tuple[str, ...]] = [
        ("deliveries",), ("deliveries", "dead"), ("incidents",), ("explain", incident), ("quarantine",), ("doctor",),
        ("check-config",), ("sources",), ("sources", "health"), ("incidents", incident), ("ledger", "check"),
        ("backup", str(backup)),
    ]  # fmt: skip
    every += [("deliveries", one["key"]) for one in deliveries[:20]]
    shown = {}
    for words in every:
        for more in ((), ("--json",)):
            result = await desk.command(*words, *more)
            assert result.exit_code in (0, 1), result.output
            shown[" ".join((*words, *more))] = result.output
    assert backup.exists(), shown[f"backup {backup}"]
    with tarfile.open(backup) as tar:
        manifest = next(name for name in tar.getnames() if "manifest" in name)
        shown["manifest"] = tar.extractfile(manifest).read().decode()  # type: ignore[union-attr]
    state = desk.directory / "state"
    shown["database"] = "".join(one.read_bytes().decode("latin-1") for one in state.glob("sellerwatch.db*"))
    return shown


@CASE
@pytest.mark.long
async def test_a_database_that_refuses_us_does_not_make_us_say_its_password(desk: Desk, site: LocalSite):
    seeds = Seeds()
    desk.watches(bazarino=site.url())
    async with raw_server(b"E\0\0\0\x21SFATAL\0C28P01\0Mno such user\0\0") as (talks, _):
        for port in (free(), talks):
            password = seeds.new(f"postgres-{port}", "{}/&'")
            url = f"postgresql://watch@127.0.0.1:{port}/watch?connect_timeout=2"
            desk.keeps({"store": {"url": url, "password": password}})
            for words in (("check-config",), ("doctor",), ("sources",)):
                shown = (await desk.command(*words)).output
                assert seeds.found(shown) == [], shown


@CASE
@pytest.mark.parametrize(
    "change",
    [
        {"targets": [{"id": "a", "channel": "webhook", "address": "https://who:S3cr3t-value@example.com/x"}]},
        {"targets": [{"id": "a", "channel": "slack", "address": "http://hooks.slack.com/services/S3cr3t-value"}]},
        {"targets": [{"id": "a", "channel": "webhook", "address": "https://example.com", "secret": "S3cr3t-value"}]},
        {"targets": [{"id": "a", "channel": "apprise", "address": "syslog://S3cr3t-value"}]},
        {"targets": [{"id": "a", "channel": "alertmanager", "address": "https://e.com", "secret": "u:S3cr3t-value\t"}]},
        {"sentry": {"dsn": "S3cr3t-value@sentry.example.com"}},
        {"heartbeat": {"url": "http://hc.example.com/S3cr3t-value"}},
        {"store": {"url": "postgresql://watch:S3cr3t-value@db/watch"}},
        {"second_opinion": {"enabled": True, "model": "m", "api_key": "S3cr3t-value 2"}},
        {"channels": {"email": {"host": "m", "username": "w", "password": ["S3cr3t-value"]}}},
        {"sentry": {"dns": "S3cr3t-value"}},
    ],
    ids=lambda change: json.dumps(change)[:40],
)
async def test_a_configuration_that_is_refused_is_not_quoted_where_it_holds_a_secret(desk: Desk, change):
    desk.watches(bazarino=desk.site.url())
    desk.keeps({"fetch": {"allow_private": False}} | change)
    for words in (("check-config",), ("doctor",), ("sources",)):
        assert "S3cr3t-value" not in (await desk.command(*words)).output


@CASE
async def test_a_feed_whose_address_holds_a_password_is_refused_and_not_quoted(desk: Desk, site: LocalSite):
    desk.watches(bazarino=site.url().replace("http://", "http://who:S3cr3t-value@"))
    for words in (("check-config",), ("sources",), ("once",)):
        result = await desk.command(*words)
        assert result.exit_code == 78
        assert "S3cr3t-value" not in result.output


@CASE
@given(st.text(min_size=6), st.text(max_size=5), st.text(max_size=5))
def test_no_spelling_of_a_secret_stays_in_a_text(secret: str, before: str, after: str):
    hides = Redactor([secret])
    try:
        pair = base64.b64encode(f"{before}:{secret}{after}".encode()).decode()
    except UnicodeEncodeError:
        return
    spelled = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    for form in spelled:
        assert form not in hides.text(f"the {form} of it") or form in "the [hidden] of it"
    core = base64.b64encode(secret.encode()).decode().rstrip("=")[1:-1]
    assert len(core) < 6 or pair not in hides.text(f"Basic {pair}")


@CASE
def test_a_crash_leaves_no_core():
    assert re.search(r"^LimitCORE=0$", UNIT.read_text(), re.M)
