"""What leaves for Sentry: what failed and where, and no secret, no address, no local variable, no word of a document;
a fault that repeats is told once an hour, and a Sentry that is away holds nobody up."""

import asyncio
import json
import logging
import re
import socket
import sys
from itertools import count
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from local_sites import LocalSite

from monitor.metrics import Metrics
from monitor.sentry import ALL, FAULTS, HOUR, Limit, Losses, cleaned

CHILD = Path(__file__).with_name("reporting.py")
CASE = pytest.mark.case(43)


async def ran(dsn: str, site: str = "", faults: str = "") -> str:
    """The child's log and last words: it ends by an error that nobody caught."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), dsn, site, faults, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == 1, output.decode()
    return output.decode()


def events(envelopes: list[str]) -> list[dict]:
    """Every event, once nothing else was sent."""
    lines = [[json.loads(line) for line in envelope.splitlines()] for envelope in envelopes]
    assert all(header["type"] == "event" for _, header, _ in lines)
    return [event for _, _, event in lines]


@CASE
async def test_an_error_is_reported_by_its_kind_and_place_and_by_nothing_that_was_said(
    site: LocalSite, record_property
):
    envelopes: list[str] = []

    async def sink(request: web.Request) -> web.Response:
        envelopes.append((await request.read()).decode())  # aiohttp has undone gzip or brotli
        return web.json_response({})

    site.pages["/api/1/envelope/"] = sink
    site.says("/watched")
    log = await ran(site.url("/1").replace("http://", "http://key@"), site.url("/watched"))
    reported, told = "\n".join(envelopes), events(envelopes)
    by_line = {event["logentry"]["message"]: event for event in told}
    assert len(told) == 7
    assert set(by_line) == {
        "failed", "not_kept", "unavailable", "[hidden]", "theirs: %s", "again %d: %s", "crashed"
    }, "a hundred of one kind are one"  # fmt: skip
    failed = by_line["failed"]
    assert [one["type"] for one in failed["exception"]["values"]] == ["ValueError", "RuntimeError"]
    assert failed["exception"]["values"][-1]["value"] == "95 characters"
    frame = failed["exception"]["values"][-1]["stacktrace"]["frames"][-1]
    assert frame["function"] == "fail"
    assert set(frame) == {"filename", "function", "module", "lineno", "in_app"}
    assert failed["extra"] == {"to": "8 characters", "tries": 3, "title": "48 characters", "not_told_since": 0}
    assert by_line["not_kept"]["extra"]["what"] == "looks"
    assert by_line["unavailable"]["exception"]["values"][0]["value"] == "no answer at [hidden]", "our own errors speak"
    assert {event["server_name"] for event in told} == {"sellerwatch"}
    assert not {"user", "breadcrumbs", "contexts", "modules", "request", "threads"} & {k for e in told for k in e}
    for secret in ("hunter2-token", "T1-very-secret", "ops@example.com"):
        assert secret not in reported
        assert secret not in log
    for word in ("Bazarino", "shut down", "a local that", "cannot parse", "cannot tell", socket.gethostname()):
        assert word not in reported
    assert "Traceback" in log, "the crash too stands in the log"
    [watched] = [request for request in site.asked if request.path == "/watched"]
    assert not {"sentry-trace", "baggage"} & {name.lower() for name in watched.headers}
    record_property("figure", f"{len(told)} events, 0 secrets and 0 words of documents in them")


@CASE
@pytest.mark.long
async def test_a_sentry_that_does_not_answer_holds_nobody_up(record_property):
    """Two thousand faults: what finds no room is dropped and counted, and the end is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel takes the connection; nobody says a word
        port = silent.getsockname()[1]
        log = await ran(f"http://key@127.0.0.1:{port}/1", faults="2000")
    [lost] = re.findall(r"lost (\d+)", log)
    assert 2006 - 100 - 60 <= int(lost) <= 2006, "the queue holds a hundred"
    assert "failed" in await ran(f"http://key@127.0.0.1:{port}/1"), "nor one whose port is closed"
    record_property("figure", f"2,006 faults, {lost} dropped at once")


async def test_without_a_dsn_nothing_is_reported():
    log = await ran("")
    assert "failed" in log
    assert "lost 0" in log


@CASE
def test_a_fault_that_comes_each_second_is_told_once_an_hour_with_how_often_it_came(record_property):
    seconds = count()
    limit = Limit(lambda: float(next(seconds)))
    told = [untold for _ in range(86_400) if (untold := limit.passes("the same")) is not None]
    assert told == [0] + 23 * [3599]
    record_property("figure", f"{len(told)} events a day for 86,400 faults")


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 2 * FAULTS)), max_size=300))
def test_whatever_fails_no_hour_has_more_than_its_share(faults: list[tuple[int, int]]):
    now = 0.0
    limit, told = Limit(lambda: now), []
    for wait, fault in faults:
        now += wait
        if limit.passes(fault) is not None:
            assert not any(other == fault and now - at < HOUR for at, other in told)
            told.append((now, fault))
    for at, _ in told:
        assert sum(at <= other < at + HOUR for other, _ in told) <= ALL


def test_many_faults_are_not_remembered_for_ever():
    hours = count()
    limit = Limit(lambda: next(hours) * HOUR)
    for fault in range(2 * FAULTS):
        assert limit.passes(fault) == 0
    assert len(limit._faults) == FAULTS


def test_what_was_lost_is_counted_on_a_metric_that_came_later():
    losses, metrics = Losses(), Metrics()
    losses.lost()
    counter = metrics._counter("sentry_dropped_events_here", "Lost.")
    losses.shown_by(counter.inc)
    losses.lost()
    assert metrics.registry.get_sample_value("sellerwatch_sentry_dropped_events_here_total") == 2


@CASE
@given(
    st.recursive(
        st.text(min_size=1), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    )
)
def test_what_a_later_sentry_may_add_to_an_event_does_not_leave(strange: object):
    secret = "T1 very secret"
    frame = {"filename": "a.py", "lineno": 1, "vars": {"token": secret}, "context_line": secret, "new": strange}
    error = {
        "type": "KeyError",
        "value": secret,
        "mechanism": {"type": "logging", "data": {"a": secret}, "new": strange},
    }
    error["stacktrace"] = {"frames": [frame], "registers": secret}
    event = {"level": "error", "exception": {"values": [error], "new": secret}, "request": {"data": secret}}
    event |= {
        "breadcrumbs": {"values": [{"message": secret}]},
        "contexts": {"a": strange},
        "tags": secret,
        "new": strange,
    }
    record = logging.LogRecord("somebody.else", logging.ERROR, "a.py", 1, f"it is {secret}", (), None)
    kept = cleaned(event, record)
    assert secret not in json.dumps(kept)
    assert set(kept) == {"level", "server_name", "extra", "logentry", "exception"}
    assert "new" not in json.dumps(kept)
