"""How a source stands, and when its blindness is told: grouped, once, over restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies

from monitor.domain.alerts import Policy, Target
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import Harvest
from monitor.domain.health import Health, Standing, health
from monitor.domain.operations import addressed
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState, after
from monitor.domain.vigils import HOLD, WELL, attend, to_seek

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRESS = Source("press", "Press", "https://p.example/feed", SourceKind.FEED, Authority.NEWS, "press", HOUR)
LIVE = SourceState("press", NOW + HOUR, last_look_at=NOW, last_success_at=NOW)


def failing(reason: FailureReason, detail: str = "", looks: int = 4, quiet: timedelta = 8 * HOUR) -> SourceState:
    return replace(LIVE, failures=looks, last_reason=reason, last_detail=detail, last_success_at=NOW - quiet)


@pytest.mark.parametrize(
    ("state", "standing"),
    [
        (None, Standing.UNKNOWN),
        (LIVE, Standing.LIVE),
        (failing(FailureReason.TIMEOUT), Standing.FAILING),
        (failing(FailureReason.TIMEOUT, looks=1), Standing.LIVE),
        (failing(FailureReason.TIMEOUT, quiet=3 * HOUR), Standing.LIVE),
        (failing(FailureReason.BOT_WALL), Standing.BLOCKED),
        (failing(FailureReason.HTTP_4XX, "403 Forbidden"), Standing.BLOCKED),
        (failing(FailureReason.HTTP_4XX, "404 Not Found"), Standing.FAILING),
        (replace(LIVE, retired=True, last_reason=FailureReason.GONE), Standing.RETIRED),
        (replace(LIVE, next_look_at=NOW - timedelta(days=2)), Standing.UNKNOWN),
    ],
)
def test_a_source_stands_as_its_looks_went_and_a_hiccup_is_no_blindness(state, standing: Standing):
    assert health(PRESS, state, None, NOW).standing is standing


def test_a_source_that_never_answered_needs_three_looks_and_one_that_is_off_none():
    never = replace(failing(FailureReason.DNS, looks=2), last_success_at=None)
    early = health(PRESS, never, None, NOW)
    assert (early.standing, early.reason) == (Standing.UNKNOWN, FailureReason.DNS), "no word of good from it yet"
    assert health(PRESS, replace(never, failures=3), None, NOW).standing is Standing.FAILING
    assert health(replace(PRESS, enabled=False, off_reason="needs a key"), never, None, NOW).words == "needs a key"


@pytest.mark.parametrize("answered", [NOW - 12 * HOUR, None], ids=["it used to answer", "it never did"])
@pytest.mark.parametrize("hours", [1, 4, 6, 12])
def test_a_source_is_known_as_blind_on_the_day_it_goes_blind_even_if_it_is_asked_twice_a_day_only(hours: int, answered):
    terms = replace(PRESS, every=hours * HOUR)
    state, at = SourceState("press", NOW, last_success_at=answered), NOW
    while not health(terms, state, None, at).blind:
        at = state.next_look_at
        assert at <= NOW + 24 * HOUR
        away = Look("press", at, Outcome.FAILED, reason=FailureReason.HTTP_4XX, detail="404 Not Found")
        state = after(state, away, terms.every, 0.0)


@pytest.mark.parametrize(("days", "standing"), [(3, Standing.LIVE), (4, Standing.LIVE), (5, Standing.SILENT)])
def test_silence_is_measured_against_a_source_s_own_rhythm(days: int, standing: Standing):
    last = NOW - timedelta(days=days)
    daily = Harvest("press", arrivals=tuple(last - timedelta(days=n) for n in range(9, -1, -1)))
    assert health(PRESS, LIVE, daily, NOW).standing is standing
    off_for_long = replace(LIVE, last_look_at=last, last_success_at=last)
    assert health(PRESS, off_for_long, daily, NOW).standing is Standing.LIVE, "nobody looked meanwhile"


def test_what_is_fetched_and_cannot_be_read_is_blindness_too():
    once = Harvest("press", usual=5, failures=1, reason=FailureReason.NOT_A_FEED, last_read_at=NOW)
    assert health(PRESS, LIVE, once, NOW).standing is Standing.LIVE
    never = health(PRESS, LIVE, replace(once, usual=0, detail="no XML"), NOW)
    assert (never.standing, never.words) == (Standing.UNKNOWN, "it was never read yet: no XML")
    twice = health(PRESS, LIVE, replace(once, failures=2), NOW)
    assert (twice.standing, twice.reason) == (Standing.FAILING, FailureReason.NOT_A_FEED)
    for_long = health(PRESS, LIVE, replace(once, last_read_at=NOW - 7 * HOUR), NOW)
    assert for_long.standing is Standing.FAILING


def test_what_comes_damaged_again_and_again_is_no_full_sight_though_some_of_it_is_read():
    cut = Harvest("press", usual=9, failures=2, reason=FailureReason.DAMAGED, detail="it is cut off", last_read_at=NOW)
    seen = health(PRESS, LIVE, replace(cut, last_new_at=NOW), NOW)
    assert (seen.standing, seen.words) == (Standing.FAILING, "it is fetched and comes damaged: it is cut off")


def test_a_list_that_went_empty_is_known_after_as_many_looks_when_its_bytes_do_not_change():
    empty = Harvest("press", usual=9, failures=1, barren=1, reason=FailureReason.WENT_EMPTY, last_read_at=NOW)
    first = after(LIVE, Look("press", NOW, Outcome.OK, body_hash="b"), HOUR, 0.0)
    assert health(PRESS, first, empty, NOW).standing is Standing.LIVE, "one look may be a slip"
    second = after(first, Look("press", NOW + HOUR, Outcome.UNCHANGED, body_hash="b"), HOUR, 0.0)
    seen = health(PRESS, second, empty, NOW + HOUR)
    assert (seen.standing, seen.reason) == (Standing.FAILING, FailureReason.WENT_EMPTY)
    feed = Harvest("press", usual=9, barren=1, last_read_at=NOW)  # well formed, and without an entry
    assert health(PRESS, second, feed, NOW + HOUR).reason is FailureReason.WENT_EMPTY
    search = replace(PRESS, asks=("Temu",))
    assert health(search, second, feed, NOW + HOUR).standing is Standing.LIVE, "a search may find nothing"
    full = after(second, Look("press", NOW + 2 * HOUR, Outcome.OK, body_hash="c"), HOUR, 0.0)
    assert full.same == 0
    assert health(PRESS, second, Harvest("press", usual=9, last_read_at=NOW), NOW + HOUR).standing is Standing.LIVE


def test_a_feed_that_never_held_an_entry_is_not_taken_for_one_that_sees():
    hollow = Harvest("press", last_read_at=NOW)
    seen = health(PRESS, LIVE, hollow, NOW)
    assert (seen.standing, seen.reason) == (Standing.UNKNOWN, FailureReason.EMPTY)
    assert health(replace(PRESS, asks=("Temu",)), LIVE, hollow, NOW).standing is Standing.LIVE, "it may find nothing"
    assert health(replace(PRESS, kind=SourceKind.STATUS), LIVE, hollow, NOW).standing is Standing.LIVE, "all is well"
    assert health(PRESS, LIVE, replace(hollow, usual=1), NOW).standing is Standing.LIVE


SOURCES = {id: replace(PRESS, id=id, name=id) for id in "abcde"}


class Story:
    """Vigils over time: what was told, hour by hour."""

    def __init__(self) -> None:
        self.vigils, self.told = {}, []

    def at(self, hours: float, blind: str, reason: FailureReason = FailureReason.GONE):
        now = NOW + hours * HOUR
        healths = {id: Health(id, Standing.FAILING if id in blind else Standing.LIVE, reason=reason) for id in SOURCES}
        verdict = attend(self.vigils, SOURCES, healths, now)
        self.vigils |= {vigil.source_id: vigil for vigil in verdict.vigils}
        self.vigils = {id: vigil for id, vigil in self.vigils.items() if not vigil.empty}
        again = attend(self.vigils, SOURCES, healths, now)
        assert again.notice is None, "what was told is never told again"
        assert not again.vigils
        if verdict.notice:
            self.told.append(("".join(one.source_id for one in verdict.notice.fresh), verdict.notice.well))
        return verdict


def test_blindness_is_told_once_and_together_after_an_hour_and_so_is_recovery():
    story = Story()
    for hours, blind in ((0, "a"), (0.5, "abc"), (0.9, "abc"), (1, "abc"), (5, "abc"), (20, "abcd"), (21.5, "abcd")):
        story.at(hours, blind)
    assert story.told == [("abc", False), ("d", False)]
    for hours, blind in ((22, ""), (24, "a"), (25, "a"), (30, ""), (35, ""), (36, ""), (50, "")):
        story.at(hours, blind)
    assert story.told[2:] == [("", True)], "a relapse within six hours is no news"
    assert not story.vigils


def test_while_our_own_line_is_down_no_further_source_is_news_but_one_that_stays_away_afterwards_is():
    story = Story()
    for hours, blind in ((0, "abc"), (1, "abc"), (3, "abcd"), (9, "abcde"), (24, "abcde")):
        story.at(hours, blind, FailureReason.DNS)
    assert story.told == [("abc", False)]
    story.at(25, "de", FailureReason.DNS)
    assert story.told[1:] == [("de", False)]


def test_what_saw_again_within_the_hour_is_never_spoken_of():
    story = Story()
    for hours, blind in ((0, "a"), (0.5, ""), (1.5, ""), (9, "")):
        story.at(hours, blind)
    assert story.told == []


@given(
    strategies.lists(strategies.tuples(strategies.integers(1, 40), strategies.text("abcde", max_size=5)), max_size=20)
)
def test_whatever_happens_nothing_is_told_that_was_told_already(steps):
    story, minutes, open_now = Story(), 0, set()
    for quarters, blind in steps:
        minutes += 15 * quarters
        notice = story.at(minutes / 60, blind).notice
        if notice and notice.fresh:
            fresh = {one.source_id for one in notice.fresh}
            assert fresh <= set(blind)
            assert not fresh & {one.source_id for one in notice.known}
        open_now = {id for id, vigil in story.vigils.items() if vigil.told_at}
        assert not notice or not notice.well or not open_now


def test_a_lost_source_is_sought_once_a_week_and_a_refusal_is_respected():
    story = Story()
    story.at(0, "ab")
    healths = {id: Health(id, Standing.RETIRED, reason=FailureReason.GONE) for id in "ab"}
    assert list(to_seek(story.vigils, SOURCES, healths, NOW)) == ["a", "b"]
    story.vigils["a"] = replace(story.vigils["a"], sought_at=NOW)
    assert list(to_seek(story.vigils, SOURCES, healths, NOW + timedelta(days=6))) == ["b"]
    assert list(to_seek(story.vigils, SOURCES, healths, NOW + timedelta(days=7)))[-1] == "a"
    refused = {id: Health(id, Standing.BLOCKED, reason=FailureReason.HTTP_4XX) for id in "ab"}
    assert not to_seek(story.vigils, SOURCES, refused, NOW + timedelta(days=9))


def test_operators_are_those_marked_and_everybody_when_nobody_is():
    story = Story()
    story.at(0, "ab")
    notice = story.at(HOLD / HOUR, "ab").notice
    one, two = Target("a", "email", ""), Target("b", "email", "", operations=True)
    assert [d.target for d in addressed(notice, [one, two], Policy())] == ["b"]
    assert [d.target for d in addressed(notice, [one], Policy())] == ["a"]
    assert WELL > HOLD
