"""What was told of incidents that become one, or two: nothing is lost, and nothing counts that nobody heard."""

from dataclasses import replace

from given import NOW, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.addressing import deliveries, tell
from monitor.domain.alerts import Policy, Send, Target, Told
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.handling import adds, carried, closed, heard, reopened, still_talked_of, united
from monitor.domain.impact import impact
from monitor.domain.incidents import Change, ChangeKind
from monitor.domain.ladder import RUNGS
from monitor.domain.policy import decide
from monitor.domain.signals import Status

names = st.lists(st.sampled_from(["Temu", "Shopee", "Lazada"]), unique=True).map(tuple)
told = st.builds(
    Told,
    st.just("i1"),
    st.just("acme"),
    st.integers(0, 9).map(day),
    st.sampled_from(Status),
    st.sampled_from(Severity),
    names,
    st.lists(st.sampled_from(["ID", "BR", "WORLD"]), unique=True).map(tuple),
    st.sampled_from([None, PartialDate("2024-11"), PartialDate("2024-12-01")]),
    st.lists(st.sampled_from([due("2024-10-28"), due("2024-11-01", "refund")]), unique=True).map(sorted).map(tuple),
)


@given(told, told)
def test_who_was_told_of_both_knows_what_either_said(one: Told, other: Told) -> None:
    both = united(one, other)
    for part in (one, other):
        assert set(part.platforms) <= set(both.platforms)
        assert set(part.regions) <= set(both.regions)
        assert set(part.deadlines) <= set(both.deadlines)
        assert part.severity <= both.severity
        if both.rung in RUNGS and part.rung in RUNGS:
            assert RUNGS.index(part.rung) <= RUNGS.index(both.rung)
    assert united(one, one) == one
    assert not adds(one, one)
    assert adds(one, None)


@given(told, told)
def test_what_adds_nothing_is_known_by_whoever_knows_the_other(one: Told, other: Told) -> None:
    if not adds(one, other):
        assert set(one.platforms) <= set(other.platforms)
        assert set(one.regions) <= set(other.regions)
        assert set(one.deadlines) <= set(other.deadlines)


ACME = seller(position(country="ID"))
CLOSING = incident(evidence(date="2024-11-28"))
WEIGHED = impact(CLOSING, ACME, NOW.date(), {})
AFTER = tell(CLOSING, ACME, WEIGHED, NOW)
MAIL = Target("mail", "email", "ops@example.com")


def spoken(before: Told | None):
    verdict = decide(CLOSING, WEIGHED, before, Policy(), NOW)
    assert isinstance(verdict, Send)
    return deliveries(CLOSING, ACME, WEIGHED, verdict, before, [MAIL], Policy(), NOW)


def test_what_nobody_heard_leaves_what_was_heard_before_or_nothing() -> None:
    whose = (CLOSING.id, "acme")
    rumor = replace(AFTER, rung=Status.RUMOR, at=day(-1))
    assert heard({whose: AFTER}, spoken(None)) == {}
    assert heard({whose: AFTER}, spoken(rumor)) == {whose: rumor}
    assert heard({whose: AFTER}, ()) == {whose: AFTER}


def test_what_was_told_goes_with_the_evidence() -> None:
    here, there = ("i1", "acme"), ("i2", "acme")
    assert carried({there: replace(AFTER, incident_id="i2")}, {"i2": "i1"}, {})[here] == replace(
        AFTER, incident_id="i1"
    )
    split = carried({here: AFTER}, {}, {"i3": "i1"})
    assert split == {here: AFTER, ("i3", "acme"): replace(AFTER, incident_id="i3")}


def test_a_closed_incident_knows_who_closed_it_and_whether_it_is_talked_of_since() -> None:
    shut = closed(CLOSING, "anna", "a joke", day(1))
    assert shut.closed is not None
    assert (shut.revision, shut.closed.who, shut.history[-1].why) == (CLOSING.revision + 1, "anna", "a joke")
    assert not still_talked_of(shut)
    more = Change(ChangeKind.EVIDENCE, day(2), "1 from 1 origins", "2 from 2 origins", "d2", "more")
    assert still_talked_of(replace(shut, history=(*shut.history, more)))
    again = reopened(shut, "bob", "", day(3))
    assert (again.closed, again.revision) == (None, shut.revision + 1)
    assert not still_talked_of(again)
