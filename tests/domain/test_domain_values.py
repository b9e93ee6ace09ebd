"""The values that everything shares: dates, places, documents, looks."""

from datetime import timedelta

import pytest
from given import NOW, day
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.domain.places import EU_MEMBERS, countries, covers, everywhere, overlap
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState, after, is_due, remembered

REGIONS = st.lists(st.sampled_from(["US", "FR", "DE", "EU", "WORLD"]), max_size=3)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "24", "2024-13", "2024-02-30", "2024-1-1", "2024-11-28T00:00", "November"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        PartialDate(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024-11-28", "2024-11-28", "2024-11-28"),
    ],
)
def test_a_vague_date_is_all_the_days_that_it_may_mean(text: str, first: str, last: str) -> None:
    date = PartialDate(text)
    assert (date.first_day.isoformat(), date.last_day.isoformat(), str(date)) == (first, last, text)


def test_the_union_has_its_27_members_and_covers_them_and_not_the_others() -> None:
    assert len(EU_MEMBERS) == 27
    assert covers(["EU"], "FR")
    assert covers(sorted(EU_MEMBERS), "EU")
    assert not covers(["EU"], "GB")
    assert not covers(["FR"], "EU")
    assert countries(["EU", "US"]) == EU_MEMBERS | {"US"}


def test_no_place_and_the_world_bound_nothing() -> None:
    assert everywhere([])
    assert everywhere(["WORLD"])
    assert not everywhere(["EU"])
    assert covers([], "US")
    assert not covers(["US"], "WORLD")


@given(REGIONS, REGIONS)
def test_overlap_is_mutual_and_follows_from_covering(one: list[str], other: list[str]) -> None:
    assert overlap(one, other) == overlap(other, one)
    if any(covers(one, place) for place in other):
        assert overlap(one, other)


def test_a_documents_hash_is_its_title_and_text() -> None:
    document = Document("d", "s", "c", "https://example.com", "ab", "c", None, NOW)
    assert document.content_hash == digest("ab", "c") != digest("a", "bc")
    assert digest("ä") == digest("ä".encode())
    assert len(digest()) == 32


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://Example.COM:443/a?utm_source=x&b=1&c=#top", "https://example.com/a?b=1&c="),
        ("http://example.com:8080", "http://example.com:8080/"),
        (" https://example.com/a ", "https://example.com/a"),
        ("https://example.com:port/a", "https://example.com:port/a"),
        ("urn:x:y", "urn:x:y"),
    ],
)
def test_one_page_has_one_name(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


def test_a_success_is_followed_by_the_next_look_an_interval_later() -> None:
    state = SourceState("s", NOW, failures=3, body_hash="old")
    look = Look("s", NOW, Outcome.UNCHANGED, etag="e")
    seen = after(state, look, HOUR, 0.5)
    assert (seen.next_look_at, seen.failures, seen.etag) == (NOW + 1.05 * HOUR, 0, "e")
    assert (seen.last_success_at, seen.body_hash) == (NOW, "old")


def test_failures_double_the_wait_up_to_a_day_and_keep_what_was_known() -> None:
    state = SourceState("s", NOW, etag="kept", last_success_at=day(-1))
    waits = []
    for _ in range(7):
        state = after(state, Look("s", NOW, Outcome.FAILED, reason=FailureReason.TIMEOUT), HOUR, 0.0)
        waits.append((state.next_look_at - NOW) / HOUR)
    assert waits == [2, 4, 8, 16, 24, 24, 24]
    assert (state.etag, state.last_success_at, state.last_reason) == ("kept", day(-1), FailureReason.TIMEOUT)


def test_a_servers_wish_is_a_floor_capped_at_a_day() -> None:
    def wait(wish: timedelta) -> timedelta:
        look = Look("s", NOW, Outcome.FAILED, reason=FailureReason.RATE_LIMITED, retry_after=wish)
        return after(SourceState("s", NOW), look, HOUR, 0.0).next_look_at - NOW

    assert wait(timedelta(hours=5)) == timedelta(hours=5)
    assert wait(timedelta(days=9)) == timedelta(hours=24)
    assert wait(timedelta(seconds=1)) == 2 * HOUR


def test_what_is_gone_is_retired() -> None:
    gone = Look("s", NOW, Outcome.FAILED, reason=FailureReason.GONE)
    assert after(SourceState("s", NOW), gone, HOUR, 0.0).retired


def test_what_was_learned_of_one_address_counts_for_nothing_at_another() -> None:
    source = Source("s", "S", "https://new.example/", SourceKind.FEED, Authority.NEWS, "s", HOUR)
    fresh = SourceState("s", NOW, url=source.url)
    assert remembered(source, None, NOW) == fresh
    assert (
        remembered(source, SourceState("s", day(1), etag="e", retired=True, url="https://old.example/"), NOW) == fresh
    )
    same = SourceState("s", day(1), etag="e", retired=True, url=source.url)
    assert remembered(source, same, NOW) is not fresh
    assert remembered(source, same, NOW) == same
    assert remembered(source, SourceState("s", day(1), etag="e"), NOW).etag == "e", "a row from before the field"


def test_a_source_that_was_looked_at_in_the_future_is_due_since_the_clock_went_back() -> None:
    assert is_due(SourceState("s", NOW + HOUR, last_look_at=NOW + HOUR / 2), HOUR, NOW)


def test_a_source_that_is_asked_less_than_daily_is_not_asked_less_often_for_failing() -> None:
    failed = Look("s", NOW, Outcome.FAILED)
    for every in (timedelta(days=30), timedelta(days=3650)):
        assert after(SourceState("s", NOW, failures=30), failed, every, 0.0).next_look_at == NOW + every


def test_a_look_is_due_at_its_date_and_at_once_when_no_wait_could_have_set_it() -> None:
    state = SourceState("s", NOW + HOUR)
    assert not is_due(state, HOUR, NOW)
    assert is_due(state, HOUR, NOW + HOUR)
    assert is_due(SourceState("s", day(400)), HOUR, NOW)
    assert not is_due(SourceState("s", NOW, retired=True), HOUR, NOW)
