"""One event, one incident: the set of evidence says what belongs together, only the names have a history."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import permutations
from random import Random

import pytest
from given import KIN, NOW, day, due, evidence
from hypothesis import given, settings
from hypothesis import strategies as st
from test_domain_partition import crowd, divided, of, ruled, sets, verdicts

from monitor.domain.blocking import keys
from monitor.domain.incidents import ChangeKind, Closure, Evidence, Incident
from monitor.domain.resolution import Resolved, absorb, incident_id, reach, why_here
from monitor.domain.rulings import Ruling
from monitor.domain.signals import Status


class Desk:
    """Incidents by id, and what people ruled, as a store keeps them."""

    def __init__(self, *rulings: Ruling) -> None:
        self.incidents: dict[str, Incident] = {}
        self.rulings = list(rulings)

    def hears(self, *some: Evidence, now: datetime = NOW) -> Resolved:
        done = absorb(some, self.incidents, self.rulings, KIN, now)
        for one in done.incidents:
            before = self.incidents.get(one.id)
            assert one.revision == (before.revision + 1 if before else 1)
            self.incidents[one.id] = one
        return done

    def rules(self, *rulings: Ruling, now: datetime = NOW) -> Resolved:
        self.rulings += rulings
        return self.hears(now=now)

    @property
    def events(self) -> set[frozenset[str]]:
        return {frozenset(said.document_id for said in one.evidence) for one in self.incidents.values() if one.evidence}

    def holding(self, document: str) -> Incident:
        (one,) = [one for one in self.incidents.values() if document in [said.document_id for said in one.evidence]]
        return one


def heard(*some: Evidence) -> Desk:
    desk = Desk()
    desk.hears(*some)
    return desk


BRIDGES = [evidence(name, regions=["ID", "BR"], at=day(10)) for name in "cdef"]


def test_new_evidence_joins_or_opens_and_each_incident_moves_one_revision() -> None:
    desk = heard(evidence("a"), evidence("b", at=day(1)), evidence("x", platforms=["Temu"]))
    assert desk.events == of("ab", "x")
    assert set(desk.incidents) == {incident_id(evidence("a")), incident_id(evidence("x"))}
    more = desk.hears(evidence("c", at=day(2)), evidence("d", at=day(3)), now=day(3))
    assert [(one.revision, len(one.evidence)) for one in more.incidents] == [(2, 4)]
    assert desk.hears(evidence("c", at=day(2)), now=day(4)) == Resolved()


def test_five_orders_of_one_story_end_in_one_incident() -> None:
    story = [evidence("rumor", "rumor"), evidence("plan", "proposed", at=day(1)), evidence("done", at=day(2))]
    for order in permutations(story):
        desk = Desk()
        for item in order:
            desk.hears(item)
        assert [one.status for one in desk.incidents.values()] == [Status.CONFIRMED]


def test_a_late_document_joins_two_incidents_and_the_first_opened_goes_on() -> None:
    desk = Desk()
    desk.hears(evidence("b", regions=["BR"]), now=day(0))
    desk.hears(evidence("a", regions=["ID"], at=day(-9)), now=day(1))
    first, second = desk.holding("b").id, desk.holding("a").id
    done = desk.hears(*BRIDGES, now=day(10))
    assert done.merged == {second: first}
    whole, gone = desk.incidents[first], desk.incidents[second]
    assert desk.events == of("abcdef")
    assert (gone.evidence, gone.deadlines, gone.merged_into) == ((), (), first)
    assert [change.after for change in whole.history if change.kind is ChangeKind.MERGED] == [first]
    assert gone.history[-1].kind is ChangeKind.MERGED
    assert desk.hears(*BRIDGES, now=day(11)) == Resolved()


def test_what_a_person_took_apart_opens_a_new_incident_that_knows_where_it_came_from() -> None:
    desk = heard(evidence("a"), evidence("b"), evidence("c"))
    name = desk.holding("a").id
    done = desk.rules(ruled("apart", "bc", "a"), now=day(1))
    new = desk.holding("b").id
    assert desk.events == of("a", "bc")
    assert (desk.holding("a").id, done.parted) == (name, {new: name})
    assert new not in {incident_id(evidence(letter)) for letter in "abc"}
    assert [one.history[-1].kind for one in done.incidents] == [ChangeKind.SPLIT, ChangeKind.SPLIT]
    desk.hears(evidence("d"), evidence("a"), evidence("b"), now=day(2))
    assert desk.holding("a") != desk.holding("b")


def test_what_a_person_put_together_is_one_incident_and_new_evidence_of_either_joins_it() -> None:
    desk = heard(evidence("a"), evidence("c", platforms=["Temu"]))
    one, other = desk.holding("a").id, desk.holding("c").id
    done = desk.rules(ruled("same", "a", "c"), now=day(1))
    assert done.merged in ({one: other}, {other: one})
    desk.hears(evidence("b"), evidence("d", platforms=["Temu"]), now=day(2))
    assert desk.events == of("abcd")


def test_merged_by_mistake_and_taken_apart_again_both_live() -> None:
    desk = heard(evidence("a"), evidence("c", platforms=["Temu"]))
    desk.rules(ruled("same", "a", "c"), now=day(1))
    desk.rules(ruled("apart", "c", "a", at=1), now=day(2))
    assert desk.events == of("a", "c")
    assert [one.evidence for one in desk.incidents.values() if one.merged_into] == [()]


def closed(desk: Desk, name: str) -> None:
    desk.incidents[name] = replace(desk.incidents[name], closed=Closure(day(1), "anna"))


def test_a_closed_incident_takes_new_evidence_in_and_stays_closed() -> None:
    desk = heard(evidence("a"))
    closed(desk, desk.holding("a").id)
    desk.hears(evidence("b"), now=day(2))
    assert desk.holding("b").closed == Closure(day(1), "anna")


def test_what_joins_a_closed_incident_is_closed_with_it_and_what_a_person_takes_out_is_open() -> None:
    desk = heard(evidence("b", regions=["BR"]), evidence("a", regions=["ID"]))
    closed(desk, desk.holding("a").id)
    desk.hears(*BRIDGES, now=day(10))
    assert desk.holding("b").closed is not None
    desk.rules(ruled("apart", "b", "acdef"), now=day(11))
    assert desk.holding("a").closed is not None
    assert desk.holding("b").closed is None


def test_an_edited_document_replaces_its_words_and_leaves_what_it_reports_no_more() -> None:
    desk = heard(evidence("a"), evidence("b", at=day(1)))
    done = desk.hears(evidence("b", platforms=["Gadgetlandia"], at=day(1)), now=day(2))
    assert desk.events == of("a", "b")
    assert desk.holding("b").platforms == ("Gadgetlandia",)
    assert done.parted == {}  # another event, of which nobody was told yet


def test_an_edit_that_still_reports_the_event_keeps_every_signal_of_its_document() -> None:
    desk = heard(evidence("a"), evidence("a", event="market_exit", number=1))
    desk.hears(evidence("a", date="2024-11-28"), evidence("a", number=1), now=day(1))
    (one,) = desk.incidents.values()
    assert [(item.signal_no, str(item.signal.effective_date)) for item in one.evidence] == [
        (0, "2024-11-28"),
        (1, "None"),
    ]


def test_an_incident_whose_only_source_says_something_else_now_is_reversed() -> None:
    desk = heard(evidence("a", number=1, deadlines=[due("2024-10-28")]))
    (name,) = desk.incidents
    desk.hears(evidence("a", platforms=["Gadgetlandia"]), evidence("b", platforms=["Gadgetlandia"]), now=day(1))
    gone = desk.incidents[name]
    assert (gone.status, gone.evidence, gone.deadlines) == (Status.REVERSED, (), ())
    assert gone.headline == "title of a"
    assert desk.events == of("ab")


def test_the_document_that_opened_an_incident_can_change_what_it_is_about() -> None:
    desk = heard(evidence("a"))
    desk.hears(evidence("a", platforms=["Gadgetlandia"]), now=day(1))
    (one,) = desk.incidents.values()
    assert (one.id, one.revision, one.platforms) == (incident_id(evidence("a")), 2, ("Gadgetlandia",))


def test_it_says_why_evidence_is_where_it_is() -> None:
    desk = heard(evidence("a", regions=["ID"]), evidence("b", regions=["ID"], at=day(9)), evidence("c", at=day(10)))
    said = why_here(evidence("b", regions=["ID"], at=day(9)), desk.holding("b"), KIN)
    assert said is not None
    assert "both in ID" in [term.says for term in said.terms]
    assert said.other.document_id == "a", "the most like it"
    assert why_here(evidence("a"), heard(evidence("a")).holding("a"), KIN) is None


def near(desk: Desk, some: Iterable[Evidence]) -> dict[str, Incident]:
    """What a ledger would give that is asked for keys, again and again until they grow no more."""
    pool, known, wanted = list(some), dict[str, Incident](), frozenset[str]()
    documents = {item.document_id for item in pool}
    while (reached := reach(pool, known, desk.rulings, KIN)) - wanted or not known.keys() >= _holding(desk, documents):
        wanted |= reached
        known = {
            name: one
            for name, one in desk.incidents.items()
            if name in _holding(desk, documents) or any(not wanted.isdisjoint(keys(item, KIN)) for item in one.evidence)
        }
    return known


def _holding(desk: Desk, documents: Iterable[str]) -> set[str]:
    ruled_on = {name for ruling in desk.rulings for name, _ in ruling.keys}
    wanted = {*documents, *ruled_on}
    return {name for name, one in desk.incidents.items() if wanted & {item.document_id for item in one.evidence}}


@settings(max_examples=150)
@given(sets, verdicts, st.lists(st.integers(1, 4), min_size=14, max_size=14), st.randoms(use_true_random=False))
def test_any_order_any_batches_and_repeats_end_where_all_at_once_ends(
    some: list[Evidence], rulings: list[Ruling], sizes: Sequence[int], random
) -> None:
    desk, waiting = Desk(*rulings), random.sample(some, len(some))
    for size in sizes:
        batch, waiting = waiting[:size], waiting[size:]
        desk.hears(*batch)
    desk.hears(*random.sample(some, min(2, len(some))))
    assert desk.events == divided(some, *rulings)
    assert len({one.id for one in desk.incidents.values()}) == len(desk.incidents)


@settings(max_examples=150)
@given(sets, verdicts, st.randoms(use_true_random=False))
def test_what_is_within_reach_is_all_that_it_needs(some: list[Evidence], rulings: list[Ruling], random) -> None:
    desk = Desk(*rulings)
    for item in random.sample(some, len(some)):
        done = absorb([item], near(desk, [item]), desk.rulings, KIN, NOW)
        desk.incidents |= {one.id: one for one in done.incidents}
    assert desk.events == divided(some, *rulings)


@settings(max_examples=150)
@given(sets, sets, st.randoms(use_true_random=False))
def test_after_an_edit_it_is_as_if_the_document_had_always_said_so(
    before: list[Evidence], after: list[Evidence], random
) -> None:
    desk = Desk()
    for item in (*random.sample(before, len(before)), *random.sample(after, len(after))):
        desk.hears(item)
    says_now = {item.document_id: item for item in (*before, *after)}
    assert desk.events == divided(says_now.values())


@settings(max_examples=100)
@given(sets, verdicts, st.randoms(use_true_random=False))
def test_rulings_that_come_last_end_where_those_that_came_first_end(
    some: list[Evidence], rulings: list[Ruling], random
) -> None:
    desk = Desk()
    for item in random.sample(some, len(some)):
        desk.hears(item)
    for ruling in random.sample(rulings, len(rulings)):
        desk.rules(ruling)
    assert desk.events == divided(some, *rulings)


@settings(max_examples=100)
@given(sets, verdicts, st.randoms(use_true_random=False))
def test_no_incident_is_lost_what_goes_says_where_to(some: list[Evidence], rulings: list[Ruling], random) -> None:
    desk = Desk()
    for item in random.sample(some, len(some)):
        desk.hears(item)
    before = set(desk.incidents)
    done = desk.rules(*rulings, now=day(50))
    assert before <= set(desk.incidents)
    for gone, into in done.merged.items():
        assert not desk.incidents[gone].evidence
        assert desk.incidents[into].evidence
        assert desk.incidents[gone].merged_into == into
    for new, parent in done.parted.items():
        assert new not in before
        assert parent in before


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_that_comes_in_pieces_ends_where_it_ends_at_once(seed: int) -> None:
    some, random, desk = crowd(seed), Random(seed), Desk()
    waiting = random.sample(some, len(some))
    while waiting:
        batch, waiting = waiting[:9], waiting[9:]
        done = absorb(batch, near(desk, batch), (), KIN, NOW)
        desk.incidents |= {one.id: one for one in done.incidents}
    assert desk.events == divided(some)


@pytest.mark.parametrize("seed", range(3))
def test_no_edit_in_a_crowd_loses_a_text_or_leaves_one_where_it_was(seed: int) -> None:
    random, desk = Random(seed), Desk()
    some = random.sample(crowd(seed), 80)
    says_now: dict[str, Evidence] = {}
    for item in random.sample(some, len(some)):
        other = random.choice(some)
        edited = replace(random.choice([*says_now.values(), item]), signal=other.signal, gist=other.gist)
        batch = [item, *([edited] if edited.document_id != item.document_id else [])]
        done = absorb(batch, near(desk, batch), (), KIN, NOW)
        desk.incidents |= {one.id: one for one in done.incidents}
        says_now |= {one.document_id: one for one in batch}
    held = [item for one in desk.incidents.values() for item in one.evidence]
    assert sorted(item.document_id for item in held) == sorted(says_now)
    assert desk.events == divided(says_now.values())
