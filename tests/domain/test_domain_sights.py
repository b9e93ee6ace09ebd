"""What probes see and what people say: one incident, one ladder (docs/ladder.md)."""

from itertools import permutations

import pytest
from given import KIN, NOW, climb, day, evidence, incident, position, seller
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.exposure import Severity
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.resolution import absorb
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority


def sight(document: str = "seen", status: str = "effective", **more) -> Evidence:
    fields = {"by": "Apple", "platforms": ["TikTok"], "regions": ["DE"], "at": day(1)} | more
    return evidence(document, status, "ban", authority="observed", **fields)


def news(document: str = "news", event: str = "market_exit", status: str = "confirmed", **more) -> Evidence:
    return evidence(document, status, event, **({"platforms": ["TikTok"], "regions": ["DE"]} | more))


@pytest.mark.parametrize("event", ["shutdown", "market_exit", "ban"])
def test_a_sight_joins_what_is_said_whatever_the_event_and_whichever_came_first(event: str):
    for order in permutations([news(event=event), sight()]):
        current: dict[str, Incident] = {}
        for item in order:
            current |= {one.id: one for one in absorb([item], current, (), KIN, day(2)).incidents}
        [one] = current.values()
        assert (one.event_type, one.status) == (EventType(event), Status.EFFECTIVE)
        assert one.headline == "title of news"


@pytest.mark.parametrize("other", [news(event="policy"), news(regions=["FR"]), news(platforms=["Temu"])], ids=repr)
def test_a_sight_of_something_else_is_an_incident_of_its_own(other: Evidence):
    assert len(absorb([other, sight()], {}, (), KIN, day(2)).incidents) == 2


def test_two_probes_do_not_outvote_the_press_in_what_it_is():
    assert incident(news(), sight("a"), sight("b", by="Google")).event_type is EventType.MARKET_EXIT


def test_what_was_only_seen_never_reads_as_said():
    status, why = climb([sight()], NOW.date(), None)
    assert status is Status.EFFECTIVE
    assert why == "effective: seen by 1 probe, which cannot see why; the latest: Apple, 2024-09-25"
    assert "itself" not in why


def test_what_was_only_seen_wakes_nobody_and_names_no_event():
    acme = seller(position("TikTok", "DE", stock=9_000))
    seen, said = (impact(incident(*parts), acme, NOW.date(), KIN) for parts in ([sight()], [sight(), news(at=day(2))]))
    assert (seen.severity, said.severity) == (Severity.HIGH, Severity.CRITICAL)
    assert seen.reasons[0] == "out of sight is high"
    assert seen.reasons[-1] == "at most high while only seen"


def test_a_date_ahead_holds_against_a_sight():
    assert incident(news(date="2024-12-01"), sight()).status is Status.CONFIRMED


def test_back_again_takes_back_what_the_same_probe_saw():
    gone, back = sight("gone"), sight("back", "reversed", at=day(2), title="found again")
    one = incident(gone, back)
    assert (one.status, one.headline) == (Status.REVERSED, "found again")
    again = sight("again", at=day(3))
    assert incident(gone, back, again).status is Status.EFFECTIVE
    other = sight("other", by="Google", at=day(1.5))
    assert incident(gone, other, back).status is Status.EFFECTIVE, "the other store still lacks it"
    assert incident(gone, other, back, sight("all", "reversed", by="Google", at=day(3))).status is Status.REVERSED


@pytest.mark.parametrize("authority", ["news", "trade", "regulator", "official"])
def test_back_again_takes_back_nothing_that_anybody_said(authority: str):
    said = news(event="ban", authority=authority, at=day(0.5))
    back = [sight("back", "reversed", at=day(2)), sight("all", "reversed", by="Google", at=day(3))]
    one = incident(said, sight(), *back)
    assert one.status is Status.EFFECTIVE
    assert "where a probe saw otherwise" in one.status_why


def test_a_probe_lifts_no_denial_and_one_press_word_lifts_what_probes_took_back():
    denied = [news(event="ban"), news("denial", "ban", "reversed", at=day(1))]
    assert incident(*denied, sight(at=day(2))).status is Status.REVERSED
    seen = [sight("gone"), sight("back", "reversed", at=day(2)), sight("more", "reversed", by="Google", at=day(3))]
    assert incident(*seen, news(event="ban", at=day(4))).status is Status.CONFIRMED


sights = st.tuples(
    st.sampled_from(["observed", "observed", "news", "official", "community"]),
    st.sampled_from(["effective", "confirmed", "reversed"]),
    st.integers(0, 3),
    st.integers(0, 4),
)
mixed = st.lists(sights, min_size=1, max_size=7).map(
    lambda some: [
        evidence(f"d{n}", status, "ban", authority=authority, by=f"voice {who}", at=day(when), regions=["DE"])
        for n, (authority, status, who, when) in enumerate(some)
    ]
)


@settings(max_examples=200)
@given(mixed)
def test_one_more_sight_never_lowers_a_rung_nor_clears_what_somebody_said(some: list[Evidence]):
    before = climb(some, NOW.date(), None)[0]
    gone = climb([*some, sight(at=day(30))], NOW.date(), None)[0]
    back = climb([*some, sight(status="reversed", at=day(30))], NOW.date(), None)[0]
    if before is not Status.REVERSED:
        assert RUNGS.index(gone) >= RUNGS.index(before)
        said = any(word.authority in {Authority.NEWS, Authority.OFFICIAL} for word in some)
        denied = any(word.signal.status is Status.REVERSED for word in some)
        if said and not denied:
            assert back is before


@given(mixed, st.randoms(use_true_random=False))
def test_sights_and_words_come_to_the_same_in_any_order(some: list[Evidence], random):
    assert climb(random.sample(some, len(some)), NOW.date(), None) == climb(some, NOW.date(), None)
