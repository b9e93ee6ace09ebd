"""The ladder: which rung, and why (docs/ladder.md)."""

from datetime import date, timedelta

import pytest
from given import NOW, climb, day, evidence
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import Evidence
from monitor.domain.ladder import RUNGS, standing
from monitor.domain.signals import Status

TODAY = NOW.date()


def rung(*words: Evidence, today: date = TODAY, effective: str | None = None) -> Status:
    return climb(words, today, PartialDate(effective) if effective else None)[0]


@pytest.mark.parametrize("authority", ["official", "regulator", "court"])
def test_the_platform_a_regulator_and_a_court_are_believed_on_their_own_word(authority: str) -> None:
    status, why = climb([evidence(authority=authority, by="Seller News Room")], TODAY, None)
    assert status is Status.CONFIRMED
    assert why == f"confirmed: Seller News Room ({authority}) itself says so, 2024-09-24"


def test_one_press_source_is_believed_but_named_as_one() -> None:
    status, why = climb([evidence(authority="trade", by="Parcel Weekly")], TODAY, None)
    assert status is Status.CONFIRMED
    assert "one source, Parcel Weekly (trade)" in why


def test_two_sources_of_one_publisher_are_one_voice_and_two_publishers_are_two() -> None:
    one = [evidence("a", by="Agency"), evidence("b", by="agency")]
    assert "one source" in climb(one, TODAY, None)[1]
    assert "2 independent origins" in climb([*one, evidence("c")], TODAY, None)[1]


def test_hearsay_alone_is_a_rumor_whatever_it_says() -> None:
    status, why = climb([evidence("a", "effective", authority="community")], TODAY, PartialDate("2024-01-01"))
    assert status is Status.RUMOR
    assert why == "rumor: community only (1 origin)"
    two = [evidence("a", authority="community"), evidence("b", "reversed", authority="community")]
    assert climb(two, TODAY, None) == (Status.RUMOR, "rumor: community only (2 origins)")


def test_a_rumor_and_a_plan_do_not_take_effect_by_time() -> None:
    assert rung(evidence(status="rumor"), effective="2024-01-01") is Status.RUMOR
    assert rung(evidence(status="proposed"), effective="2024-01-01") is Status.PROPOSED


@pytest.mark.parametrize(
    ("effective", "today", "expected"),
    [
        ("2024-11-28", date(2024, 11, 27), Status.CONFIRMED),
        ("2024-11-28", date(2024, 11, 28), Status.EFFECTIVE),
        ("2024-11", date(2024, 11, 29), Status.CONFIRMED),
        ("2024-11", date(2024, 11, 30), Status.EFFECTIVE),
        ("2024", date(2024, 12, 30), Status.CONFIRMED),
        ("2024", date(2025, 1, 1), Status.EFFECTIVE),
    ],
)
def test_what_is_confirmed_takes_effect_when_its_date_has_come(effective: str, today: date, expected: Status) -> None:
    assert rung(evidence(), today=today, effective=effective) is expected


def test_why_names_the_date_that_came() -> None:
    assert climb([evidence()], TODAY, PartialDate("2024-09-24"))[1].startswith("its date, 2024-09-24, has come; ")


def test_before_its_date_the_press_cannot_say_that_it_has_happened_but_the_platform_can() -> None:
    assert rung(evidence(status="effective"), effective="2024-11-28") is Status.CONFIRMED
    assert rung(evidence(status="effective", authority="official"), effective="2024-11-28") is Status.EFFECTIVE
    assert rung(evidence(status="effective")) is Status.EFFECTIVE


def test_old_history_retold_at_a_lower_rung_moves_nothing_back() -> None:
    decided = evidence("a", authority="regulator")
    assert rung(decided, evidence("b", "rumor", at=day(30))) is Status.CONFIRMED
    assert rung(decided, evidence("b", "proposed", authority="court", at=day(30))) is Status.CONFIRMED


def test_the_newest_denial_reverses_and_newer_contrary_words_lift_it() -> None:
    ban = evidence("a", event="ban", authority="regulator")
    denial = evidence("b", "reversed", "ban", authority="court", by="Supreme Court", at=day(3))
    status, why = climb([ban, denial], TODAY, None)
    assert (status, why) == (
        Status.REVERSED,
        "lifted, delayed or denied: Supreme Court (court) itself says so, 2024-09-27",
    )
    assert rung(ban, denial, evidence("c", "proposed", "ban", authority="regulator", at=day(9))) is Status.PROPOSED


def test_a_denial_older_than_the_words_against_it_does_not_reverse() -> None:
    assert rung(evidence("a", "reversed", at=day(-5)), evidence("b", authority="official")) is Status.CONFIRMED


def test_a_lone_press_denial_of_an_official_word_is_shown_but_reverses_nothing_until_a_second_joins() -> None:
    official = evidence("a", authority="official")
    lone = evidence("b", "reversed", by="Gazette", at=day(1))
    status, why = climb([official, lone], TODAY, None)
    assert status is Status.CONFIRMED
    assert why.endswith("; Gazette alone denies it, 2024-09-25")
    again = evidence("c", "reversed", by="Gazette", at=day(2))
    assert rung(official, lone, again) is Status.CONFIRMED, "the same voice twice is one voice"
    assert rung(official, lone, evidence("d", "reversed", at=day(3))) is Status.REVERSED
    assert rung(official, lone, evidence("e", "reversed", authority="court", at=day(3))) is Status.REVERSED
    repeated = evidence("f", authority="official", at=day(2))
    late = evidence("g", "reversed", at=day(3))
    assert rung(official, lone, repeated, late) is Status.CONFIRMED, "the newer word answered the first denial"


def test_one_press_voice_calls_off_what_an_official_only_proposed() -> None:
    plan = evidence("a", "proposed", authority="regulator")
    assert rung(plan, evidence("b", "reversed", at=day(1))) is Status.REVERSED
    assert rung(plan, evidence("b", "reversed", authority="community", at=day(1))) is Status.PROPOSED


def test_one_press_voice_lifts_what_one_press_origin_denied_but_not_a_courts_word() -> None:
    told = evidence("a")
    late = evidence("c", at=day(2))
    assert rung(told, evidence("b", "reversed", at=day(1)), late) is Status.CONFIRMED
    court = evidence("b", "reversed", authority="court", at=day(1))
    assert rung(told, court, late) is Status.REVERSED
    assert rung(told, court, late, evidence("d", by="publisher of c", at=day(3))) is Status.REVERSED
    assert rung(told, court, late, evidence("d", at=day(3))) is Status.CONFIRMED


def test_what_two_press_origins_denied_needs_two_to_lift() -> None:
    denials = [evidence("b", "reversed", at=day(1)), evidence("c", "reversed", at=day(2))]
    assert rung(evidence("a"), *denials, evidence("d", at=day(3))) is Status.REVERSED
    assert rung(evidence("a"), *denials, evidence("d", at=day(3)), evidence("e", at=day(4))) is Status.CONFIRMED


def test_a_court_that_also_speaks_as_a_paper_is_still_a_court() -> None:
    denials = [
        evidence("b", "reversed", authority="court", by="Court", at=day(1)),
        evidence("c", "reversed", by="Court", at=day(2)),
    ]
    assert rung(evidence("a"), *denials, evidence("d", at=day(3))) is Status.REVERSED


def test_a_denial_again_starts_the_count_of_contrary_voices_again() -> None:
    words = [
        evidence("a", "reversed", authority="official"),
        evidence("b", at=day(1)),
        evidence("c", "reversed", at=day(2)),
        evidence("d", at=day(3)),
    ]
    assert rung(*words) is Status.REVERSED


def test_hearsay_neither_denies_nor_lifts() -> None:
    ban = evidence("a", authority="regulator")
    assert rung(ban, evidence("b", "reversed", authority="community", at=day(1))) is Status.CONFIRMED
    lifted = evidence("b", "reversed", authority="regulator", at=day(1))
    assert rung(ban, lifted, evidence("c", authority="community", at=day(2))) is Status.REVERSED


def test_at_one_instant_the_weightier_word_and_the_denial_come_last() -> None:
    assert rung(evidence("a", authority="court"), evidence("b", "reversed")) is Status.CONFIRMED
    assert rung(evidence("b"), evidence("a", "reversed")) is Status.REVERSED


def test_what_stands_after_a_lift_falls_back_on_the_denials_only() -> None:
    old = evidence("a", authority="official")
    denial = evidence("b", "reversed", at=day(1), authority="official")
    again = evidence("c", authority="official", at=day(2))
    assert standing([old]).earlier == ()
    assert standing([old, denial]).earlier == (old,)
    stands = standing([old, denial, again])
    assert (stands.reversed, stands.words, stands.earlier) == (False, (again,), (denial,))


words = st.lists(
    st.builds(
        evidence,
        document=st.sampled_from("abcdefgh"),
        status=st.sampled_from([status.value for status in Status]),
        authority=st.sampled_from(["official", "court", "trade", "news", "community"]),
        by=st.sampled_from(["one", "two", "three"]),
        at=st.integers(0, 20).map(day),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda word: word.document_id,
)
dates = st.none() | st.sampled_from([PartialDate("2024-09-20"), PartialDate("2024-10"), PartialDate("2030")])


@given(words, dates, st.randoms(use_true_random=False))
def test_the_rung_does_not_depend_on_the_order_of_arrival(some: list[Evidence], effective, random) -> None:
    shuffled = random.sample(some, len(some))
    assert climb(some, TODAY, effective) == climb(shuffled, TODAY, effective)


@given(words, dates, st.integers(0, 800), st.integers(0, 800))
def test_time_alone_never_moves_a_rung_down(some: list[Evidence], effective, one: int, other: int) -> None:
    sooner, later = sorted((TODAY + timedelta(days=one), TODAY + timedelta(days=other)))
    before, after = climb(some, sooner, effective)[0], climb(some, later, effective)[0]
    assert before is after or RUNGS.index(before) < RUNGS.index(after)


@settings(max_examples=200)
@given(words, st.sampled_from([status.value for status in RUNGS]), st.sampled_from(["official", "news", "community"]))
def test_a_later_word_that_denies_nothing_never_lowers_a_rung(some: list[Evidence], status: str, authority) -> None:
    before = climb(some, TODAY, None)[0]
    after = climb([*some, evidence("later", status, authority=authority, at=day(30))], TODAY, None)[0]
    if before is not Status.REVERSED:
        assert RUNGS.index(after) >= RUNGS.index(before)


@given(words)
def test_hearsay_is_never_above_rumor(some: list[Evidence]) -> None:
    heard = [evidence(word.document_id, word.signal.status, authority="community") for word in some]
    assert climb(heard, TODAY, PartialDate("2024-01"))[0] is Status.RUMOR
