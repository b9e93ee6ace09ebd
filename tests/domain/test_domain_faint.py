"""Faint texts: they open nothing and part nothing, follow what stands, and wait for what opens later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from given import KIN, NOW, climb, day, evidence, incident
from hypothesis import given, settings
from hypothesis import strategies as st
from test_domain_partition import divided, of, ruled, sets, verdicts

from monitor.domain.blocking import dated, keys
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.faint import BELIEVED, FOLLOWS, times
from monitor.domain.incidents import Evidence, Incident, hearsay
from monitor.domain.ladder import standing
from monitor.domain.origins import origins
from monitor.domain.resolution import Resolution, incident_id, why_here
from monitor.domain.rulings import Ruling
from monitor.domain.signals import EventType, Status


def faint(one: Evidence, score: float = 0.3, **leanings: float) -> Evidence:
    """The same text, below the threshold; it leans to its own type alone unless others are named."""
    held = {EventType(event): part for event, part in leanings.items()} or {one.signal.event_type: 1.0}
    return replace(one, signal=replace(one.signal, score=score, leanings=tuple(held.items())))


class Desk:
    """Incidents and faint texts as a store keeps them, each found by its keys alone."""

    def __init__(self, *rulings: Ruling) -> None:
        self.incidents: dict[str, Incident] = {}
        self.faint: dict[str, Evidence] = {}
        self.rulings = list(rulings)

    def hears(self, *some: Evidence) -> None:
        near: dict[str, Incident] = {}
        waiting: list[Evidence] = []
        known, reached = -1, frozenset[str]()
        spells = times(some)
        while known != len(near) + len(reached):
            known = len(near) + len(reached)
            resolution = Resolution(some, near, self.rulings, KIN, waiting)
            reached |= resolution.reach
            named = {one.document_id for one in some} | {name for one in self.rulings for name, _ in one.keys}
            near |= {
                one.id: one
                for one in self.incidents.values()
                if any(keys(item, KIN) & reached or item.document_id in named for item in one.evidence)
            }
            timely = (
                one
                for one in self.faint.values()
                if not dated(one)
                or not all(map(dated, some))
                or any(since <= one.published <= until for since, until in spells)
            )
            waiting = [one for one in timely if keys(one, KIN) & reached]
        done = resolution.resolved(NOW)
        for one in done.incidents:
            before = self.incidents.get(one.id)
            assert one.revision == (before.revision + 1 if before else 1), "nobody else has its name"
            self.incidents[one.id] = one
        for item in some:
            self.faint.pop(item.document_id, None)
        self.faint |= {item.document_id: item for item in some if item.signal.faint}

    @property
    def events(self) -> set[frozenset[str]]:
        return {frozenset(said.document_id for said in one.evidence) for one in self.incidents.values() if one.evidence}


def test_a_faint_text_alone_makes_nothing_nor_do_many() -> None:
    desk = Desk()
    desk.hears(faint(evidence("a"), 0.46))
    desk.hears(faint(evidence("b"), 0.46), faint(evidence("c"), 0.46))
    assert desk.incidents == {}
    assert divided([faint(evidence(name), 0.46) for name in "abc"]) == set()


def test_it_follows_what_stands_and_what_opens_after_it() -> None:
    desk = Desk()
    desk.hears(faint(evidence("before", at=day(-3))))
    desk.hears(evidence("news"))
    desk.hears(faint(evidence("after", at=day(3))))
    assert desk.events == {frozenset({"before", "news", "after"})}
    assert set(desk.incidents) == {incident_id(evidence("news"))}, "named by what opened it"


def test_it_follows_nothing_on_another_platform_in_another_place_or_at_another_time() -> None:
    strangers = [
        faint(evidence("temu", platforms=["Temu"])),
        faint(evidence("france", regions=["FR"])),
        faint(evidence("years later", at=day(FOLLOWS.days + 1))),
    ]
    assert divided([evidence("a"), *strangers]) == of("a")


@pytest.mark.parametrize("named", ["2025-02-28", "2025-02"])
def test_what_comes_out_about_the_day_that_was_named_follows_whichever_came_first(named: str) -> None:
    announced = evidence("news", date=named)
    come, late = (faint(evidence(name, "effective", at=day(days))) for name, days in (("come", 160), ("late", 190)))
    for order in ((announced, come, late), (late, come, announced)):
        desk = Desk()
        for one in order:
            desk.hears(one)
        assert desk.events == {frozenset({"news", "come"})} == divided(order)


def test_of_a_year_that_is_named_nothing_is_about_its_day() -> None:
    years = [evidence("a", date="2025"), faint(evidence("b", "effective", at=day(160)))]
    assert divided(years) == of("a")
    assert len(times(years[:1])) == 1


def test_waiting_texts_are_sought_about_the_publication_and_about_the_day_named() -> None:
    apart = times([evidence("a", date="2025-02-28")])
    assert [(since.date(), until.date()) for since, until in apart] == [
        ((NOW - FOLLOWS).date(), (NOW + FOLLOWS).date() + timedelta(days=1)),
        (date(2025, 1, 29), date(2025, 3, 31)),
    ]
    assert len(times([evidence("a", date="2024-10-20"), evidence("b", at=day(2))])) == 1, "one spell where they meet"
    assert len(times([evidence("a", date="0001-01-01"), evidence("b", date="9999-12-31")])) == 3, "any year can be read"


def test_the_fainter_it_is_the_better_it_must_fit() -> None:
    vague = evidence("b", "confirmed", "ban", regions=[])
    assert divided([evidence("a", event="ban"), faint(vague, 0.4)]) == of("ab")
    assert divided([evidence("a", event="ban"), faint(vague, 0.1)]) == of("a")
    assert divided([evidence("a", event="ban"), faint(replace(vague, signal=evidence().signal), 0.1)]) == of("a")
    alike = evidence("b", "confirmed", "ban", date="2024-12-01")
    assert divided([evidence("a", event="ban", date="2024-12-01"), faint(alike, 0.1)]) == of("ab")


def test_a_promotion_on_the_platform_that_closes_does_not_follow_the_closing() -> None:
    launch = faint(evidence("launch", event="policy", regions=["FR"]), 0.2, policy=1.0, shutdown=0.1)
    assert divided([evidence("a"), launch]) == of("a")


def test_whoever_knows_what_is_open_reads_its_type_by_that() -> None:
    leaning = faint(evidence("b", event="policy"), 0.4, policy=1.0, shutdown=0.6)
    assert divided([evidence("a"), leaning]) == of("ab")
    assert divided([evidence("a"), faint(evidence("b", event="policy"), 0.4)]) == of("a")


def test_it_joins_no_two_events() -> None:
    two = [evidence("a", regions=["ID"]), evidence("b", regions=["BR"], at=day(9))]
    both = [faint(evidence(name, regions=["ID", "BR"], at=day(10)), 0.45) for name in "cdef"]
    found = divided([*two, *both])
    assert len(found) == 2
    assert {name for event in found for name in event} == set("abcdef")


def test_what_it_followed_goes_and_it_waits_again() -> None:
    desk = Desk()
    desk.hears(evidence("a"), faint(evidence("f", at=day(1))))
    desk.hears(evidence("a", platforms=["Temu"]))
    assert desk.events == of("a")
    desk.hears(evidence("b", at=day(2)))
    assert desk.events == of("a", "bf")


def test_read_again_and_no_longer_faint_it_stands_for_itself() -> None:
    desk = Desk()
    desk.hears(faint(evidence("f")))
    desk.hears(evidence("f"))
    assert desk.events == of("f")


def test_what_a_person_put_somewhere_stays_there() -> None:
    far = faint(evidence("f", platforms=["Temu"]))
    assert divided([evidence("a"), far], ruled("same", "a", "f")) == of("af")
    near = faint(evidence("f"))
    assert divided([evidence("a"), near], ruled("apart", "a", "f")) == of("a", "f")


def test_a_faint_voice_is_hearsay_whosever_it_is() -> None:
    closing = evidence("a", "proposed")
    press, official = (faint(evidence(who, "confirmed", at=day(1), authority=who)) for who in ("news", "official"))
    for word in (press, official):
        assert hearsay(word)
        assert climb([closing, word], day(1).date(), None)[0] is Status.PROPOSED


def test_only_the_platform_a_regulator_or_a_court_takes_back_in_a_faint_voice() -> None:
    closing = evidence("a")
    denials = [faint(evidence(who, "reversed", at=day(1), authority=who)) for who in ("news", "trade", "official")]
    assert not standing([closing, *denials[:2]]).reversed
    assert standing([closing, denials[2]]).reversed


def test_a_faint_denial_is_shown_beside_what_it_denies_and_is_no_voice() -> None:
    closing = evidence("a", authority="official")
    whispers = [faint(evidence(who, "reversed", at=day(1))) for who in "bc"]
    said = incident(closing, *whispers)
    assert (said.status, [one.about for one in said.conflicts]) == (Status.CONFIRMED, ["status"])
    assert "publisher of c alone denies it" in said.status_why
    aloud = evidence("d", "reversed", at=day(2))
    assert not standing([closing, *whispers, aloud]).reversed, "the press denies it with two voices that are not faint"
    both = standing([closing, *whispers, aloud, evidence("e", "reversed", at=day(3))])
    assert (both.reversed, [word.document_id for word in both.words]) == (True, ["d", "e"])
    assert incident(closing, *whispers, evidence("f", at=day(4))).conflicts == (), "who says so since answers it"


def test_a_faint_denial_of_hearsay_or_of_nothing_yet_contradicts_nobody() -> None:
    rumor, denial = evidence("a", authority="community"), faint(evidence("b", "reversed", at=day(1)))
    assert incident(rumor, denial).conflicts == ()
    assert incident(denial, evidence("c", at=day(2))).conflicts == ()


@pytest.mark.parametrize("authority", ["news", "official"])
def test_a_faint_voice_adds_no_place_and_makes_it_no_other_event(authority: str) -> None:
    word = evidence("b", event="policy", regions=["ID", "MX"], at=day(1), authority=authority)
    said = incident(evidence("a"), faint(word))
    assert (said.event_type, said.regions, len(said.evidence)) == (EventType.SHUTDOWN, ("ID", "BR"), 2)


def test_what_is_said_faintly_is_no_origin_beside_what_is_said_aloud() -> None:
    rumor = evidence("a", "rumor", by="The Morning Ledger")
    said = incident(rumor, faint(evidence("b", "rumor", at=day(1)), 0.45), faint(evidence("c", "effective"), 0.12))
    assert said.status_why == "rumor: one source, The Morning Ledger (news), 2024-09-24", "no community, and alone"
    assert origins(said.evidence) == 1
    assert origins([*said.evidence, evidence("d")]) == 2
    assert origins([faint(evidence("e")), faint(evidence("f"))]) == 2, "where nobody says it aloud"
    denial = faint(evidence("g", "reversed", authority="official"))
    assert origins([rumor, denial]) == 2, "what is believed counts"


@pytest.mark.parametrize("authority", ["news", "official"])
def test_what_can_barely_be_heard_brings_no_date(authority: str) -> None:
    due = [Deadline(PartialDate("2024-11-30"), DeadlineRole.ORDERS, "")]
    rumor = evidence("a", "rumor")
    promotion = faint(evidence("b", "confirmed", date="2024-12-05", deadlines=due, authority=authority), 0.12)
    said = incident(rumor, promotion)
    assert (said.effective_date, said.deadlines) == (None, ())
    off = incident(rumor, promotion, evidence("c", "reversed", at=day(2), authority="official"))
    assert (off.status, off.effective_date) == (Status.REVERSED, None), "no old date that nobody was told of"
    told = faint(evidence("b", "confirmed", date="2024-12-05", deadlines=due, authority=authority), 0.45)
    assert str(incident(rumor, told).effective_date) == "2024-12-05", "beside nobody who names one"
    denial = faint(evidence("d", "reversed", at=day(1)), 0.12)
    assert standing([rumor, denial]).doubts == (denial,), "a denial is heard however low"


def test_it_says_why_a_faint_text_is_where_it_is() -> None:
    opened, follows = evidence("a"), faint(evidence("b", event="policy"), 0.4, policy=1.0, shutdown=0.6)
    desk = Desk()
    desk.hears(opened, follows)
    (one,) = desk.incidents.values()
    why = why_here(follows, one, KIN)
    assert why is not None
    assert why.other.document_id == "a"
    assert {"alone 0.40", "leans to shutdown", "both shutdown"} <= {term.says for term in why.terms}
    assert why.score > BELIEVED
    assert why_here(opened, one, KIN) is None, "nothing that stands is with it"


mixed = sets.flatmap(
    lambda some: st.lists(
        st.sampled_from([None, 0.06, 0.2, 0.46]), min_size=len(some), max_size=len(some)
    ).map(lambda scores: [faint(one, score) if score else one for one, score in zip(some, scores, strict=True)])
)  # fmt: skip


@settings(max_examples=200)
@given(mixed, verdicts, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(some: list[Evidence], rulings: list[Ruling], random) -> None:
    assert divided(random.sample(some, len(some)), *rulings) == divided(some, *rulings)
    desk = Desk(*rulings)
    for item in random.sample(some, len(some)):
        desk.hears(item)
        desk.hears(item)
    assert desk.events == divided(some, *rulings)


@settings(max_examples=200)
@given(mixed, mixed, st.randoms(use_true_random=False))
def test_after_edits_it_is_as_if_every_text_had_always_said_so(
    before: list[Evidence], after: list[Evidence], random
) -> None:
    desk = Desk()
    for item in (*random.sample(before, len(before)), *random.sample(after, len(after))):
        desk.hears(item)
    says_now = {item.document_id: item for item in (*before, *after)}
    assert desk.events == divided(says_now.values())


@settings(max_examples=100)
@given(mixed)
def test_what_stands_belongs_together_as_if_no_faint_text_were_there(some: Sequence[Evidence]) -> None:
    firm = {one.document_id for one in some if not one.signal.faint}
    assert {event & firm for event in divided(some)} == divided([one for one in some if not one.signal.faint])
