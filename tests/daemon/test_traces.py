"""Spans reach a collector with ids and counts, and nothing else; a collector that is away stops nothing."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest
from http_sink import Sink, http_sink
from hypothesis import given
from hypothesis import strategies as st
from local_sites import LocalSite
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from smtp_sink import smtp_sink

from monitor import tracing
from monitor.config import ConfigError, load
from monitor.config.settings import Settings
from monitor.logs import REDACT
from monitor.otlp import QUEUE, traced

sys.path.append(str(Path(__file__).parents[1] / "journeys"))
from desks import Desk, notice, rss


@pytest.fixture
async def desk(tmp_path: Path, site: LocalSite):
    async with smtp_sink() as mail:
        yield Desk(tmp_path, site, mail)


def spans(sink: Sink) -> list[Span]:
    found = []
    for post in sink.posts:
        assert (post.path, post.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
        for group in ExportTraceServiceRequest.FromString(post.body).resource_spans:
            assert {each.key for each in group.resource.attributes} == {"service.name", "service.version"}
            found += [span for scope in group.scope_spans for span in scope.spans]
    return found


def facts(span: Span) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


@pytest.mark.long
async def test_one_round_is_seen_from_the_look_to_the_message_by_ids_and_counts_alone(desk: Desk, site: LocalSite):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url("/feed.xml?token=T0-very-secret"))
    async with http_sink() as collector:
        desk.keeps({"tracing": {"endpoint": collector.url}})
        result = await desk.command("once")
        assert result.exit_code == 0, result.output
    seen = spans(collector)
    by_name = {span.name: span for span in seen}
    assert set(by_name) == {"look", "path", "read", "understand", "decide", "keep", "send"}
    assert Counter(span.name for span in seen)["send"] == 2, "mail and Slack"
    for inner in ("read", "understand", "decide", "keep"):
        assert by_name[inner].parent_span_id == by_name["path"].span_id
    assert facts(by_name["look"])["sellerwatch.source"] == "bazarino"
    assert facts(by_name["read"])["sellerwatch.documents"] == 1
    assert facts(by_name["decide"])["sellerwatch.deliveries"] == 2
    [incident] = await desk.json("incidents")
    assert facts(by_name["send"])["sellerwatch.incident"] == incident["id"]
    assert facts(by_name["send"])["sellerwatch.result"] == "ok"
    sent = b"".join(post.body for post in collector.posts)
    for text in (b"Bazarino", b"very-secret", b"127.0.0.1", b"ops@example.com", b"shut down"):
        assert text not in sent


@pytest.mark.long
@pytest.mark.parametrize("how", [{"status": 503}, {"stall": "hang up"}, {"stall": "before"}, None])
async def test_a_collector_that_fails_stops_nothing(desk: Desk, site: LocalSite, how: dict[str, object] | None):
    site.says("/feed.xml", rss(notice(site)))
    desk.watches(bazarino=site.url())
    async with http_sink(**how or {}) as collector:
        url = collector.url if how else "http://127.0.0.1:9"
        desk.keeps({"tracing": {"endpoint": url}})
        result = await desk.command("once")
    assert result.exit_code == 0, result.output
    assert len(desk.mail.mails) == len(desk.slack) == 1
    assert len(collector.posts) == (1 if how else 0), "it is left alone after the first failure"


def test_nothing_is_traced_unless_a_collector_is_named():
    assert Settings().tracing.endpoint == ""
    with traced(""):
        assert tracing.span("look") is tracing.span("send", delivery="d"), "one that does nothing, for all"


@pytest.mark.parametrize("gone", tracing.NEEDED)
def test_a_collector_without_the_extra_is_refused_with_what_to_install(
    desk: Desk, gone: str, monkeypatch: pytest.MonkeyPatch
):
    desk.keeps({"tracing": {"endpoint": "http://127.0.0.1:4318"}})
    load(desk.directory, {})
    monkeypatch.setitem(sys.modules, gone, None)  # as when it was never installed
    with pytest.raises(ConfigError, match=r"tracing\.endpoint.*OpenTelemetry is not installed.*EXTRAS=otel"):
        load(desk.directory, {})


@pytest.mark.parametrize(
    ("endpoint", "complaint"),
    [
        ("http://collector.example.com:4318", "plain http to another machine"),
        ("http://10.0.0.7:4318", "plain http to another machine"),
        ("https://user:T0-very-secret@collector.example.com", "holds a user name or password"),
        ("https://collector.example.com/?key=T0-very-secret", "more than the collector's address"),
        ("http://127.0.0.1:4318/v1/traces", "more than the collector's address"),
        ("grpc://127.0.0.1:4317", "must begin with https:// or http://"),
    ],
)
def test_an_endpoint_is_refused_unless_tls_or_this_machine_keeps_what_is_sent(
    desk: Desk, endpoint: str, complaint: str
):
    desk.keeps({"tracing": {"endpoint": endpoint}})
    with pytest.raises(ConfigError, match=complaint) as refused:
        load(desk.directory, {})
    assert "very-secret" not in str(refused.value)


@given(st.text())
def test_a_text_that_is_no_id_never_gets_into_a_span(text: str):
    kept = tracing.safe(text)
    assert kept in (text, tracing.NO_ID)
    assert kept == tracing.NO_ID or not set(str(kept)) & set(" /@?=&\n\"'")


async def test_of_an_error_its_kind_is_told_and_not_its_words(desk: Desk):
    def fails() -> None:
        REDACT.configure(["hunter2-token"])
        with traced(collector.url), tracing.span("send", target="hunter2-token") as sending:
            sending.add(why="it said no", count=3)
            raise ValueError("https://hooks.example.com/T0-very-secret")

    async with http_sink() as collector:
        with pytest.raises(ValueError):
            await asyncio.to_thread(fails)
    [span] = spans(collector)
    assert (span.status.code, span.status.message) == (span.status.STATUS_CODE_ERROR, "ValueError")
    assert not span.events
    assert facts(span) == {"sellerwatch.target": "[hidden]", "sellerwatch.why": "[no id]", "sellerwatch.count": 3}


async def test_spans_begun_within_another_are_its_children_in_every_task_for_itself():
    async def one(number: int) -> None:
        with tracing.span("path", number=number):
            await asyncio.sleep(0)
            with tracing.span("read", number=number) as reading:
                await asyncio.sleep(0)
                reading.add(documents=number)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(20)))

    def works() -> None:
        with traced(collector.url):
            asyncio.run(all_of_them())

    async with http_sink() as collector:
        await asyncio.to_thread(works)
    outer = {facts(span)["sellerwatch.number"]: span for span in spans(collector) if span.name == "path"}
    inner = [span for span in spans(collector) if span.name == "read"]
    assert len(outer) == len(inner) == 20
    for span in inner:
        number = facts(span)["sellerwatch.documents"]
        assert (span.parent_span_id, span.trace_id) == (outer[number].span_id, outer[number].trace_id)


@pytest.mark.long
async def test_spans_that_find_no_room_are_dropped_and_nobody_waits():
    def works() -> None:
        with traced(collector.url, every=3600):
            for _ in range(10 * QUEUE):
                with tracing.span("read"):
                    pass

    async with http_sink(stall="before") as collector:
        await asyncio.to_thread(works)
    assert len(collector.posts) == 1
