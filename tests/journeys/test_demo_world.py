"""The demo's stage: its texts, its site and its sinks, before any daemon comes to watch."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from given import seller
from given_targets import at

from monitor.config import load as load_config
from monitor.demo import directory
from monitor.demo.sinks import MAIL, SLACK, Received, mail_sink, slack_sink
from monitor.demo.site import Site
from monitor.demo.story import Entry, Outlet, load
from monitor.domain.alerts import AttemptClass, Target
from monitor.domain.documents import Capture, Document, digest
from monitor.domain.signals import Status
from monitor.domain.sources import SourceKind
from monitor.notify.email import EmailChannel
from monitor.notify.slack import SlackChannel
from monitor.notify.trial import trial
from monitor.read.feed import read_feed
from monitor.read.page import read_page
from monitor.understand.analyst import Analyst
from monitor.understand.dates import find

NOW = datetime(2025, 3, 14, 9, 30, tzinfo=UTC)
STORY = load(NOW.date())


@pytest.fixture
async def stage() -> AsyncIterator[Site]:
    async with Site(STORY, NOW) as site:
        yield site


async def look(url: str, etag: str = "") -> tuple[int, str, Capture]:
    """A plain client's request: status, ETag, and what came as a capture."""
    headers = {"If-None-Match": etag} if etag else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        body = await answer.read()
        kind = answer.headers["Content-Type"]
        capture = Capture(digest(url), "s", url, NOW, answer.status, kind, body, digest(body))
        return answer.status, answer.headers.get("ETag", ""), capture


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("outlet", [o for o in STORY.outlets if o.form != "page"], ids=lambda outlet: outlet.id)
async def test_every_text_comes_out_of_its_charset_and_its_furniture_as_it_was_written(
    outlet: Outlet, stage: Site
) -> None:
    written = [stage.publish(entry, NOW) for entry in STORY.entries if entry.source == outlet.id]
    _, _, capture = await look(stage.address(outlet.id))
    result = read_feed(capture, frozenset())
    assert (result.failure, result.rejected) == (None, ())
    by_url = {document.url: document for document in result.documents}
    assert by_url.keys() == {item.url for item in written}
    for item in written:
        in_feed = by_url[item.url]
        assert in_feed.title == item.title
        assert in_feed.published == item.at
        assert in_feed.doubts == ()
        assert plain(in_feed.text) == plain(item.text if outlet.full else item.paragraphs[0])
        on_page = plain(await article(item.url))
        assert [paragraph for paragraph in item.paragraphs if plain(paragraph) not in on_page] == []


async def article(url: str) -> str:
    """The text of a page as our reader finds it; without the furniture around it."""
    _, _, capture = await look(url)
    result = read_page(capture)
    assert result.failure is None
    (document,) = result.documents
    assert_free_of_furniture(document)
    return document.text


def assert_free_of_furniture(document: Document) -> None:
    assert document.doubts == ()
    around = STORY.furniture[str(document.lang)]
    for label in (*around.nav, around.banner, around.more):
        assert f"\n{label}\n" not in f"\n{document.text}\n"


@pytest.mark.parametrize("outlet", STORY.outlets, ids=lambda outlet: outlet.lang)
def test_every_date_is_written_so_that_its_own_readers_understand_it(outlet: Outlet) -> None:
    for name in STORY.days:
        text = STORY.written(f"... {{{name}}} ...", outlet.lang)
        found = {mention.date for mention in find(text, outlet.lang, NOW.date())}
        assert found == {STORY.day(name)}, text


async def test_an_outlet_that_published_nothing_new_answers_304(stage: Site) -> None:
    url, (first, second) = stage.address("anmd"), [e for e in STORY.entries if e.source == "anmd"]
    stage.publish(first, NOW)
    status, etag, _ = await look(url)
    assert status == 200
    assert (await look(url, etag))[0] == 304
    stage.publish(second, NOW)
    status, _, capture = await look(url, etag)
    assert status == 200
    assert len(read_feed(capture, frozenset()).documents) == 2
    assert (stage.polls, stage.not_modified) == (3, 1)


async def test_the_site_knows_when_everything_was_asked_for(stage: Site) -> None:
    assert not stage.caught_up
    for entry in STORY.entries:
        stage.publish(entry, NOW)
    for outlet in STORY.outlets:
        await look(stage.address(outlet.id))
    assert stage.caught_up
    stage.publish(replace(STORY.entries[0], title="One more"), NOW)
    assert not stage.caught_up


async def test_the_watched_page_changes_in_place(stage: Site) -> None:
    before, after = [entry for entry in STORY.entries if entry.source == "bazarino-polska"]
    stage.publish(before, NOW)
    stage.publish(after, NOW)
    _, _, capture = await look(stage.address("bazarino-polska"))
    (document,) = read_page(capture).documents
    assert document.title == after.title
    assert str(STORY.day("exit_closes").first_day.day) in document.text


def test_the_story_is_as_rich_as_it_promises() -> None:
    def told_in(key: str) -> set[str]:
        return {STORY.by_source[e.source].lang for e in STORY.entries if e.key.startswith(key) and not e.harmless}

    charsets = {charset for outlet in STORY.outlets for charset in (outlet.charset, outlet.page_charset) if charset}
    assert len(told_in("music")) >= 5
    assert {"gbk", "windows-1251", "shift_jis"} <= charsets
    assert sum(entry.harmless for entry in STORY.entries) >= 12
    assert [len(plot.rungs) for plot in STORY.incidents] == [1, 2, 3]
    assert [act.at for act in STORY.acts] == sorted(act.at for act in STORY.acts)


def test_the_rungs_of_the_acts_are_those_that_the_verdict_asks_for() -> None:
    for plot in STORY.incidents:
        assert tuple(act.rung for act in STORY.acts if act.rung and act.about == plot.key) == plot.rungs


def test_the_same_story_is_told_anew_every_day() -> None:
    tomorrow = load(date(2025, 3, 15))
    assert STORY.day("music_closes").text == "2025-05-15"
    assert tomorrow.day("music_closes").text == "2025-05-16"
    assert tomorrow.acts == STORY.acts


async def test_the_written_configuration_is_good(stage: Site, tmp_path: Path) -> None:
    directory.write(tmp_path, STORY, stage, 2525, "http://127.0.0.1:1/services/x")
    config = load_config(tmp_path, {})
    assert len(config.sources) == len(STORY.outlets)
    assert {source.kind for source in config.sources} == {SourceKind.FEED, SourceKind.PAGE}
    assert {target.id for target in config.targets} == directory.TARGETS.keys()
    assert config.store_url == directory.database(tmp_path)


async def test_every_text_that_moves_a_plot_is_read_as_its_rung_and_no_harmless_one_is_taken_for_an_event(
    stage: Site, tmp_path: Path
) -> None:
    directory.write(tmp_path, STORY, stage, 2525, "http://127.0.0.1:1/services/x")
    config = load_config(tmp_path, {})
    analyst, sources = Analyst(config.platforms), {source.id: source for source in config.sources}

    def read(entry: Entry) -> list[Status]:
        at = NOW - timedelta(days=entry.days_ago)
        lang = STORY.by_source[entry.source].lang
        title, text = STORY.written(entry.title, lang), STORY.written(entry.text, lang)
        url = f"{stage.address(entry.source)}{entry.key}.html"
        document = Document(entry.key, entry.source, "", url, title, f"{title}\n{text}", at, NOW, lang)
        return [signal.status for signal in analyst.assess(document, sources[entry.source]).signals]

    moves = [(act.rung, entry) for act in STORY.acts if act.rung for entry in act.entries if not entry.harmless]
    assert [(entry.key, read(entry)) for _, entry in moves] == [(entry.key, [rung]) for rung, entry in moves]
    assert {e.key: read(e) for e in STORY.entries if e.harmless and read(e)} == {}


def test_the_child_inherits_no_settings_of_another_daemon() -> None:
    base = {"PATH": "/bin", "SELLERWATCH_WEB__PORT": "1", "NOTIFY_SOCKET": "/run/x", "STATE_DIRECTORY": "/var/lib/x"}
    assert directory.environment(base) == {"PATH": "/bin"}


async def test_what_the_real_channels_send_arrives_at_the_sinks() -> None:
    kept: list[Received] = []

    async def taken(message: Received) -> None:
        kept.append(message)

    async with mail_sink(taken) as port, slack_sink(taken) as webhook:
        mail = trial(Target("ops-mail", "email", "ops@nordlicht.example"), seller(), NOW)
        slack = trial(Target("ops-slack", "slack", webhook), seller(), NOW)
        channel = EmailChannel("127.0.0.1", port, "none")
        attempts = [
            await channel.send(at("ops@nordlicht.example"), mail),
            await channel.send(at("ops@nordlicht.example"), replace(mail, repeat=True)),
            await SlackChannel(allow_private=True).send(at(webhook), slack),
            await SlackChannel(allow_private=True).send(at(webhook), replace(slack, repeat=True)),
        ]
    assert [attempt.result for attempt in attempts] == [AttemptClass.OK] * 4
    assert [(m.sink, m.repeat) for m in kept] == [(MAIL, False), (MAIL, True), (SLACK, False), (SLACK, True)]
    for message, delivery in zip(kept, [mail, mail, slack, slack], strict=True):
        assert (message.incident_id, message.alert_id) == (delivery.incident_id, delivery.alert_id)
        assert "This is a test of Sellerwatch" in message.text
