"""Stories of probes: what an answer shows, and when it shows nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_sites import LocalSite, fresh, running_host
from reading_cases import capture

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Authority, Outcome, Source, SourceKind
from monitor.read.capture import read_capture
from monitor.read.probe import SEES
from spiders import probes

APPLE = "https://itunes.apple.com/lookup?id=1235601864&country=DE"
PLAY = "https://play.google.com/store/apps/details?id=com.zhiliaoapp.musically&gl=DE&hl=en"
OONI = "https://api.ooni.io/api/v1/aggregation?probe_cc=RU&domain=temu.com&since={since}&until={until}"


def probe(sees: str, url: str) -> Source:
    spec = (("sees", sees),)
    return Source("p", "P", url, SourceKind.PROBE, Authority.OBSERVED, "p", timedelta(hours=3), spec=spec)


def look(sees: str, url: str, value: object, at: str = "", status: int = 200) -> ReadResult:
    body = value if isinstance(value, bytes | str) else json.dumps(value)
    taken = replace(capture(body, "", at or url), status=status)
    return read_capture(taken, probe(sees, url), frozenset(), None)


APP = {"trackId": 1235601864, "bundleId": "com.zhiliaoapp.musically", "trackName": "TikTok"}


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ({"resultCount": 1, "results": [APP]}, "present"),
        ({"resultCount": 0, "results": []}, "absent"),
        ('\n\n\n{\n "resultCount":0,\n "results": []\n}\n', "absent"),
        ({"resultCount": 1, "results": [APP | {"trackId": 7}]}, FailureReason.SELECTOR_BROKEN),
        ({"resultCount": True, "results": []}, FailureReason.SELECTOR_BROKEN),
        ({"resultCount": 0}, FailureReason.SELECTOR_BROKEN),
        ({"errorMessage": "Invalid value(s) for key(s): [country]"}, FailureReason.SELECTOR_BROKEN),
        ([], FailureReason.SELECTOR_BROKEN),
        ("<html>busy</html>", FailureReason.NOT_A_FEED),
        ("", FailureReason.EMPTY),
    ],
    ids=repr,
)
def test_apples_lookup_shows_whether_the_country_has_the_app(answer: object, seen: str | FailureReason):
    result = look("app_store", APPLE, answer)
    assert (result.failure or result.sighting) == seen


def test_an_app_may_be_asked_for_by_its_bundle():
    url = "https://itunes.apple.com/lookup?bundleId=com.zhiliaoapp.musically&country=DE"
    assert look("app_store", url, {"resultCount": 1, "results": [APP]}).sighting == "present"


PAGE = '<html><link rel="canonical" href="https://play.google.com/store/apps/details?id=com.zhiliaoapp.musically">'


@pytest.mark.parametrize(
    ("page", "status", "at", "seen"),
    [
        (PAGE, 200, PLAY, "present"),
        ("<html><title>Not Found</title>", 404, PLAY, "absent"),
        ("", 404, PLAY, "absent"),
        (PAGE, 200, "https://consent.google.com/m?continue=x", FailureReason.BOT_WALL),
        ("<html>sorry", 404, "https://www.google.com/sorry/index", FailureReason.BOT_WALL),
        ("<html>Something else", 200, PLAY, FailureReason.SELECTOR_BROKEN),
        (
            "<html>Our systems have detected unusual traffic from your computer network",
            200,
            PLAY,
            FailureReason.BOT_WALL,
        ),
    ],
    ids=repr,
)
def test_googles_page_shows_whether_the_country_has_the_app(page, status, at, seen):
    result = look("google_play", PLAY, page, at, status)
    assert (result.failure or result.sighting) == seen


def counts(measurements: int, anomalies: int = 0, confirmed: int = 0, failures: int = 0) -> dict[str, int]:
    return {
        "measurement_count": measurements,
        "anomaly_count": anomalies,
        "confirmed_count": confirmed,
        "failure_count": failures,
        "ok_count": max(0, measurements - anomalies - confirmed - failures),
    }


@pytest.mark.parametrize(
    ("result", "seen"),
    [
        (counts(100, 2), "reachable:0.02"),
        (counts(100, 90, 3), "blocked:0.93"),
        (counts(100, 45), "unknown"),
        (counts(19, 19), "unknown"),
        (counts(100, 15, failures=85), "unknown"),
        (counts(30, 25, 25), "blocked:1.00"),
        ([counts(60, 50), counts(40, 43)], "blocked:0.93"),
        ([], "unknown"),
        ({"measurement_count": 100}, FailureReason.SELECTOR_BROKEN),
        ([counts(100), {}], FailureReason.SELECTOR_BROKEN),
        ([7], FailureReason.SELECTOR_BROKEN),
        (counts(100) | {"anomaly_count": -5}, FailureReason.SELECTOR_BROKEN),
        (counts(100) | {"anomaly_count": "many"}, FailureReason.SELECTOR_BROKEN),
    ],
    ids=repr,
)
def test_oonis_counts_show_a_share_and_nothing_when_they_are_few_or_mixed(result: object, seen: str | FailureReason):
    read = look("ooni", OONI, {"dimension_count": 0, "elapsed_time": 0.1, "result": result, "v": 0})
    assert (read.failure or read.sighting) == seen


def test_an_error_of_ooni_is_said():
    assert look("ooni", OONI, {"msg": "Too many requests", "v": 0}).failure is FailureReason.RATE_LIMITED
    assert look("ooni", OONI, {"v": 0}).failure is FailureReason.SELECTOR_BROKEN


_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
_rows = st.dictionaries(st.sampled_from(list(counts(1))), _scalars)


@given(
    st.sampled_from(sorted(SEES)),
    st.binary(max_size=30)
    | st.fixed_dictionaries({"result": _rows | st.lists(_rows, max_size=3)}).map(json.dumps)
    | st.dictionaries(st.sampled_from(["resultCount", "results"]), _scalars | st.lists(_rows)).map(json.dumps),
    st.sampled_from([200, 404]),
)
def test_whatever_comes_it_is_a_closed_value_or_a_reason(sees: str, body: bytes | str, status: int):
    result = look(sees, {"app_store": APPLE, "google_play": PLAY, "ooni": OONI}[sees], body, "", status)
    assert result.failure is not FailureReason.RAISED
    word = result.sighting.partition(":")[0]
    assert (word == "") == (result.failure is not None)
    assert word in {"", "present", "absent", "blocked", "reachable", "unknown"}
    assert result.documents == ()


def test_the_days_are_filled_in_when_it_is_asked():
    now = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)
    assert probes.dated(OONI, timedelta(days=2), now).endswith("since=2026-02-27&until=2026-03-02")
    assert probes.dated(APPLE, timedelta(days=2), now) == APPLE


async def test_a_probe_asks_for_the_last_days_and_without_conditions(site: LocalSite):
    site.says("/aggregation", b"{}", ETag='"one"')
    source = probe("ooni", site.url("/aggregation?since={since}&until={until}"))
    async with running_host() as host:
        first, _ = await host.look(source, fresh(source))
        state = replace(fresh(source), etag=first.etag, body_hash=first.body_hash)
        second, again = await host.look(source, state)
    assert [request.query_string for request in site.asked] == ["since=2026-11-19&until=2026-11-22"] * 2
    assert "If-None-Match" not in site.asked[1].headers
    assert (second.outcome, again.body) == (Outcome.OK, b"{}"), "the same answer is one more look at the fact"
    assert again.url.endswith("since=2026-11-19&until=2026-11-22")


async def test_not_found_is_an_answer_of_a_store_page_and_a_failure_everywhere_else(site: LocalSite):
    site.says("/store/apps/details", b"<html>Not Found</html>", status=404)
    url = site.url("/store/apps/details?id=com.example")
    async with running_host() as host:
        seen, taken = await host.look(probe("google_play", url), fresh(probe("google_play", url)))
        other, nothing = await host.look(probe("app_store", url), fresh(probe("app_store", url)))
    assert (seen.outcome, seen.status, taken.status) == (Outcome.OK, 404, 404)
    assert (other.outcome, other.reason, nothing) == (Outcome.FAILED, FailureReason.HTTP_4XX, None)
