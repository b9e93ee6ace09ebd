"""What is known of an incident is a function of the set of its evidence, and of today."""

import pytest
from given import NOW, day, due, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.assembly import assemble, pass_time
from monitor.domain.incidents import ChangeKind, Evidence, Incident
from monitor.domain.signals import Status


def test_an_incident_begins_with_evidence() -> None:
    with pytest.raises(ValueError, match="begins with evidence"):
        assemble("i1", [], None, NOW, "d1")


def test_the_same_evidence_again_changes_nothing() -> None:
    one = incident(evidence())
    assert incident(evidence(), previous=one, now=day(9)) is one


def test_a_reversed_incident_withdraws_its_deadlines_and_takes_the_new_date() -> None:
    ban = evidence("a", authority="regulator", date="2024-11-28", deadlines=[due("2024-10-28")])
    off = evidence("b", "reversed", authority="regulator", date="2025-02-01", at=day(1))
    after = incident(ban, off)
    assert (after.status, after.deadlines, str(after.effective_date)) == (Status.REVERSED, (), "2025-02-01")
    undated = incident(ban, evidence("b", "reversed", authority="regulator", at=day(1)))
    assert str(undated.effective_date) == "2024-11-28"


def test_time_moves_what_is_confirmed_and_dated_and_nothing_else() -> None:
    closing = incident(evidence(date="2024-11-28"))
    assert pass_time(closing, day(1)) is None
    done = pass_time(closing, day(66))
    assert done is not None
    assert (done.status, done.revision, done.history[-1].kind) == (Status.EFFECTIVE, 2, ChangeKind.RUNG)
    assert done.history[-1].document_id is None
    assert pass_time(done, day(67)) is None
    assert pass_time(incident(evidence()), day(900)) is None
    assert pass_time(incident(evidence(status="rumor", date="2024-11-28")), day(71)) is None
    month = incident(evidence(date="2024-11"))
    assert pass_time(month, day(45)) is None


def test_the_press_is_believed_about_the_past_once_the_date_has_come() -> None:
    early = incident(evidence(status="effective", date="2024-11-28"))
    assert early.status is Status.CONFIRMED
    later = pass_time(early, day(66))
    assert later is not None
    assert later.status is Status.EFFECTIVE


def what_is_known(one: Incident) -> tuple[object, ...]:
    return (
        one.event_type, one.platforms, one.regions, one.status, one.status_why, one.effective_date, one.deadlines,
        one.headline, one.evidence,
    )  # fmt: skip


words = st.builds(
    evidence,
    document=st.sampled_from("abcdefghij"),
    status=st.sampled_from([status.value for status in Status]),
    by=st.sampled_from(["one", "two", "three"]),
    event=st.sampled_from(["shutdown", "market_exit", "insolvency"]),
    authority=st.sampled_from(["official", "news", "community"]),
    regions=st.lists(st.sampled_from(["ID", "BR", "SG", "EU"]), max_size=2, unique=True),
    date=st.sampled_from([None, "2024-11", "2024-11-28", "2024-12-05"]),
    deadlines=st.lists(st.sampled_from([due("2024-10-28", quote="x"), due("2024-11-28", "refund")]), max_size=2),
    at=st.integers(0, 9).map(day),
)
sets = st.lists(words, min_size=1, max_size=7, unique_by=lambda word: word.document_id)


@given(sets, st.randoms(use_true_random=False))
def test_what_is_known_is_the_same_in_whatever_order_the_words_arrived(some: list[Evidence], random) -> None:
    at_once = what_is_known(incident(*some))
    one_by_one: Incident | None = None
    for item in random.sample(some, len(some)):
        held = one_by_one.evidence if one_by_one else ()
        one_by_one = assemble("i1", [*held, item], one_by_one, NOW, item.document_id)
    assert one_by_one is not None
    assert what_is_known(one_by_one) == at_once
    assert one_by_one.revision == len(some)


@given(sets)
def test_hearing_the_same_words_again_is_nothing_new(some: list[Evidence]) -> None:
    once = incident(*some)
    assert incident(*some, *some, previous=once, now=day(5)) is once


def test_a_place_that_is_only_supposed_bounds_nothing_beside_who_supposes_none() -> None:
    worldwide, retold = evidence("a", regions=[]), evidence("b", regions=["DE"], supposed=True, at=day(1))
    assert incident(worldwide, retold).regions == ()
    assert incident(evidence("a", regions=["MX"]), retold).regions == ("MX",)
    assert incident(retold).regions == ("DE",), "better than nothing"
