"""How often a source is looked at, and when it counts as moved: laws and stories."""

from datetime import timedelta

import pytest
from given import NOW, day, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.rhythm import HASTE, SLACK, Tempo, is_stirred, rhythm, span, stirring, tempo
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState, after

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
spans = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=40))


def a_source(every: timedelta = HOUR, authority: Authority = Authority.NEWS, *platforms: str) -> Source:
    return Source("s", "S", "https://s.example/", SourceKind.FEED, authority, "s", every, platforms)


def harvest(*hours: float, items: int = 0, declared: timedelta | None = None) -> Harvest:
    return Harvest("s", arrivals=tuple(NOW + hour * HOUR for hour in hours), items=items, every=declared)


# --- the rhythm of its own


def test_a_rhythm_is_the_usual_gap_which_neither_a_burst_nor_a_holiday_moves() -> None:
    steady = harvest(0, 2, 4, 6, 8)
    assert tempo(steady).gap == 2 * HOUR
    assert tempo(harvest(0, 0.001, 0.002, 2, 4, 6, 8)).gap == 2 * HOUR, "three in a minute are one publication"
    assert tempo(harvest(0, 2, 4, 6, 8, 400)).gap == 2 * HOUR


def test_too_few_publications_are_no_rhythm() -> None:
    assert tempo(harvest(0, 2, 4, 6)).gap is None
    assert tempo(harvest(*[0] * 20)).gap is None, "twenty entries without dates came at once"
    assert tempo(None) == Tempo()


def test_a_paper_that_publishes_seldom_is_looked_at_twice_in_its_usual_gap() -> None:
    found = rhythm(a_source(), Tempo(gap=6 * HOUR), None, False, MINUTE)
    assert (found.every, found.why) == (3 * HOUR, "it publishes about every 6 h")


def test_a_platform_that_speaks_twice_a_year_is_not_looked_at_less_often_for_it() -> None:
    for authority in (Authority.OFFICIAL, Authority.REGULATOR, Authority.COURT):
        found = rhythm(a_source(HOUR, authority), Tempo(gap=timedelta(days=180)), None, False, MINUTE)
        assert (found.every, found.why) == (HOUR, "as configured")


def test_a_feed_whose_entries_would_be_gone_is_looked_at_more_often_than_the_record_says() -> None:
    found = rhythm(a_source(), Tempo(gap=2 * MINUTE, items=20), None, False, MINUTE)
    assert (found.every, found.why) == (20 * MINUTE, "its 20 entries are replaced within 40 min")


# --- what the publisher asks for


def test_what_the_publisher_declares_and_how_long_its_answer_holds_are_floors() -> None:
    declared = rhythm(a_source(), Tempo(declared=2 * HOUR), MINUTE, False, MINUTE)
    assert (declared.every, declared.why) == (2 * HOUR, "its publisher asks for 2 h between looks")
    cached = rhythm(a_source(), Tempo(declared=2 * HOUR), 3 * HOUR, False, MINUTE)
    assert (cached.every, cached.why) == (3 * HOUR, "its answers hold for 3 h")
    assert rhythm(a_source(), Tempo(declared=MINUTE), MINUTE, False, MINUTE).every == HOUR


# --- an incident moves


def test_while_an_incident_on_its_platform_moves_it_is_looked_at_four_times_as_often() -> None:
    slow = Tempo(gap=timedelta(days=30), declared=timedelta(days=1))
    found = rhythm(a_source(), slow, timedelta(days=1), True, MINUTE)
    assert (found.every, found.why) == (15 * MINUTE, "an incident on one of its platforms is moving")


def test_haste_ends_at_the_least_interval() -> None:
    found = rhythm(a_source(2 * MINUTE), Tempo(), None, True, MINUTE)
    assert found.every == MINUTE
    assert found.why == "an incident on one of its platforms is moving; no source is asked more often"


def test_an_incident_makes_haste_for_a_week_after_its_last_move_unless_it_was_called_off() -> None:
    moving = incident(evidence(platforms=("TikTok Shop",)), now=NOW)
    off = incident(evidence(platforms=("Temu",), status="reversed"), now=NOW)
    assert stirring([moving, off], day(1)) == {"tiktok shop"}
    assert stirring([moving], day(8)) == frozenset()


def test_only_sources_that_speak_of_the_platform_make_haste() -> None:
    assert is_stirred(a_source(HOUR, Authority.NEWS, "Temu", "TikTok Shop"), frozenset({"tiktok shop"}))
    assert not is_stirred(a_source(HOUR, Authority.NEWS, "Temu"), frozenset({"tiktok shop"}))
    assert not is_stirred(a_source(), frozenset({"tiktok shop"})), "a paper on everything"


@given(
    every=spans,
    gap=st.none() | spans,
    items=st.integers(0, 500),
    declared=st.none() | spans,
    max_age=st.none() | spans,
    stirred=st.booleans(),
    least=st.timedeltas(min_value=timedelta(seconds=1), max_value=HOUR),
    authority=st.sampled_from(Authority),
)
def test_whatever_is_known_the_interval_stays_within_its_bounds_and_has_a_reason(
    every, gap, items, declared, max_age, stirred, least, authority
) -> None:
    source, known = a_source(every, authority), Tempo(gap, items, declared)
    found = rhythm(source, known, max_age, stirred, least)
    assert least <= found.every <= max(SLACK * every, least)
    assert found.every <= max(every, timedelta(days=1), least), "a watcher looks daily at least"
    assert found.why
    calm = rhythm(source, known, max_age, False, least)
    assert found.every <= calm.every, "haste never slows"
    if stirred:
        assert found.every <= max(every / HASTE, least)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=5), "5 s"),
        (90 * MINUTE, "1.5 h"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(days=2), "2 d"),
    ],
)
def test_spans_are_said_in_their_largest_unit(time: timedelta, words: str) -> None:
    assert span(time) == words


# --- moved for good

NEW = "https://new.example/feed"


def looked(state: SourceState, *ends: str | None) -> SourceState:
    """After looks that were led to these addresses for good; None is a look that failed, "" one that stayed."""
    for end in ends:
        failed = Look("s", NOW, Outcome.FAILED, reason=FailureReason.TIMEOUT)
        state = after(state, failed if end is None else Look("s", NOW, Outcome.UNCHANGED, moved_to=end), HOUR, 0.0)
    return state


@pytest.mark.parametrize(
    ("ends", "moved_to"),
    [
        ((NEW, NEW), ""),
        ((NEW, NEW, NEW), NEW),
        ((NEW, NEW, None, NEW), NEW),
        ((NEW, NEW, "", NEW), ""),
        ((NEW, NEW, NEW, ""), ""),
        ((NEW, NEW, NEW, None), NEW),
        ((NEW, NEW, "https://other.example/"), ""),
    ],
)
def test_an_address_is_the_new_one_after_three_good_looks_in_a_row_were_led_there(ends, moved_to) -> None:
    assert looked(SourceState("s", NOW), *ends).moved_to == moved_to


def test_how_long_an_answer_holds_outlives_a_failed_look() -> None:
    held = after(SourceState("s", NOW), Look("s", NOW, Outcome.OK, max_age=HOUR), HOUR, 0.0)
    assert held.max_age == HOUR
    assert looked(held, None).max_age == HOUR
    assert looked(held, "").max_age is None
