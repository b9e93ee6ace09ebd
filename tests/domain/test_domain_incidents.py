"""What a set of evidence makes known: names, dates, deadlines, headline; and what moved since."""

import pytest
from given import day, due, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain import testimony as known
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import ChangeKind, Evidence, in_order
from monitor.domain.origins import backed
from monitor.domain.testimony import gathered


def regions(item: Evidence) -> tuple[str, ...]:
    return item.signal.regions


def when(*words: Evidence) -> str | None:
    found = known.effective_date(in_order(words))
    return found.text if found else None


def test_an_edited_article_replaces_itself() -> None:
    first, edited = evidence("a", "rumor"), evidence("a", "confirmed")
    assert gathered([first, evidence("b"), edited]) == gathered([edited, evidence("b")])


def test_an_addition_is_backed_by_a_sovereign_word_or_two_origins_above_hearsay() -> None:
    assert backed([evidence(authority="regulator")])
    assert not backed([evidence("a", by="x"), evidence("b", by="X")])
    assert backed([evidence("a"), evidence("b")])
    assert not backed([evidence("a"), evidence("b", authority="community")])


def test_the_kind_of_event_goes_by_weight_and_then_by_who_was_first() -> None:
    press = [evidence("a", event="shutdown"), evidence("b", event="market_exit", at=day(1))]
    assert known.event_type(press) == "shutdown"
    assert known.event_type([*press, evidence("c", event="market_exit", authority="official")]) == "market_exit"


def test_places_are_the_union_with_the_most_said_first() -> None:
    some = [evidence("a", regions=["ID"]), evidence("b", regions=["BR", "id"]), evidence("c", regions=["BR"])]
    assert known.supported([*some, evidence("d", regions=["BR"])], regions) == ("BR", "ID")


def test_one_stray_country_among_many_is_no_place_but_the_first_and_the_official_count() -> None:
    many = [evidence(f"d{n}", regions=["ID"], at=day(n)) for n in range(1, 9)]
    first = evidence("d0", regions=["SG"])
    stray = evidence("x", regions=["FR", "ID"], at=day(20))
    official = evidence("o", regions=["AU"], authority="official", at=day(21))
    assert set(known.supported([first, *many, stray, official], regions)) == {"ID", "SG", "AU"}
    assert known.supported([evidence("silent", regions=[])], regions) == ()


def test_the_press_moves_an_official_date_only_with_more_voices_than_stand_behind_it() -> None:
    official = evidence("o", authority="official", date="2027-01-31")
    agency = evidence("p", date="2027-01-31", at=day(1))
    papers = [evidence(name, date="2027-03-15", at=day(2 + n)) for n, name in enumerate("qrs")]
    assert when(official, papers[0]) == "2027-01-31"
    assert when(official, *papers[:2]) == "2027-03-15"
    assert when(official, agency, *papers[:2]) == "2027-01-31", "two against two is no reason to be late"
    assert when(official, agency, *papers) == "2027-03-15"


def test_a_date_said_more_precisely_replaces_the_vague_one() -> None:
    assert when(evidence("a", date="2024"), evidence("b", date="2024-11-28", at=day(1))) == "2024-11-28"
    assert when(evidence("a", date="2024-11-28"), evidence("b", date="2024-11", at=day(1))) == "2024-11-28"
    assert when(evidence("a")) is None


def test_one_press_voice_against_one_moves_the_date_and_one_against_two_does_not() -> None:
    one, other = evidence("a", date="2024-11-28"), evidence("b", date="2024-12-01", at=day(2))
    assert when(one, other) == "2024-12-01"
    assert when(one, evidence("c", date="2024-11", at=day(1)), other) == "2024-11-28"
    assert when(one, evidence("c", date="2024-11", at=day(1)), other, evidence("d", date="2024-12-01", at=day(3))) == (
        "2024-12-01"
    )


def test_the_platforms_own_date_moves_at_its_own_word_and_takes_two_to_move_otherwise() -> None:
    official = evidence("a", date="2024-11-28", authority="official")
    press = evidence("b", date="2024-12-01", at=day(1))
    assert when(official, press) == "2024-11-28"
    assert when(official, press, evidence("c", date="2024-12-01", at=day(2))) == "2024-12-01"
    assert when(official, evidence("b", date="2025-01-31", authority="official", at=day(1))) == "2025-01-31"


def test_hearsay_dates_count_only_when_nobody_else_gives_one() -> None:
    heard = evidence("a", date="2024-10-01", authority="community", at=day(2))
    assert when(heard) == "2024-10-01"
    assert when(heard, evidence("b", date="2024-11-28")) == "2024-11-28"


def test_one_texts_slip_in_a_role_is_no_second_duty_but_what_one_text_names_together_stays() -> None:
    slip = evidence("a", deadlines=[due("2024-10-28", "orders", "export by 28 October")], authority="official")
    press = [evidence(id, deadlines=[due("2024-10-28", "data_export", "export")]) for id in ("b", "c")]
    assert [d.role.value for d in known.deadlines([slip, *press])] == ["data_export"]
    assert [d.role.value for d in known.deadlines([slip, press[0]])] == ["orders"], "one against one: the weightiest"
    both = evidence("d", deadlines=[due("2024-10-28", "data_export"), due("2024-10-28", "inventory")])
    assert [d.role.value for d in known.deadlines([slip, *press, both])] == ["data_export", "inventory"]


def test_the_day_of_the_event_is_a_deadline_only_when_something_has_to_be_done_by_it() -> None:
    said = [evidence(deadlines=[due("2024-11-28", "other"), due("2024-11-28", "refund")])]
    assert [d.role.value for d in known.deadlines(said, PartialDate("2024-11-28"))] == ["refund"]
    assert len(known.deadlines(said, PartialDate("2024-12-01"))) == 2


def test_deadlines_are_merged_by_day_and_role_with_the_weightiest_quote() -> None:
    said = [
        evidence("a", deadlines=[due("2024-10-28", quote="until 28 October"), due("2024-11-28", "refund")]),
        evidence("b", deadlines=[due("2024-10-28", quote="export by October 28")], authority="official"),
        evidence("c", deadlines=[due("2024-11-28", "refund", "refunds end on 28 November")]),
        evidence("d", deadlines=[due("2024-11-28", "refund")]),
    ]
    assert known.deadlines(said) == (
        due("2024-10-28", quote="export by October 28"),
        due("2024-11-28", "refund", "refunds end on 28 November"),
    )


def test_the_headline_is_the_first_of_the_weightiest() -> None:
    said = [
        evidence("a", title="Press says"),
        evidence("b", title="We close", authority="official"),
        evidence("c", title="Law", authority="court"),
    ]
    assert known.headline(said) == "We close"


def test_the_headline_names_no_date_that_no_longer_stands() -> None:
    said = [
        evidence("a", authority="official", date="2026-11-17", title="We close on 17 November 2026"),
        evidence("b", date="2027-06-30", at=day(1), title="Closing put off to June"),
        evidence("c", authority="regulator", date="2027-06-30", at=day(2), title="Open until 30 June 2027"),
        evidence("d", authority="official", date="2027-06-30", at=day(3), title="Once more"),
        evidence("e", authority="community", date="2027-06-30", at=day(3), title="Heard it"),
    ]
    assert known.headline(said, PartialDate("2027-06-30")) == "Open until 30 June 2027"
    assert incident(*said).headline == "Open until 30 June 2027"
    assert known.headline([said[0], said[4]], PartialDate("2027-06-30")) == "We close on 17 November 2026", "hearsay"
    assert known.headline(said, PartialDate("2028")) == "We close on 17 November 2026", "nobody names it"


def test_history_says_what_moved_and_what_moved_it() -> None:
    before = incident(evidence("a", "rumor", regions=["ID"]))
    after = incident(
        *before.evidence,
        evidence("b", regions=["BR"], date="2024-11-28", deadlines=[due("2024-10-28")], at=day(1)),
        previous=before,
        now=day(1),
    )
    moved = {change.kind: (change.before, change.after) for change in after.history if change.at == day(1)}
    assert moved == {
        ChangeKind.RUNG: ("rumor", "confirmed"),
        ChangeKind.PLACE: ("TikTok Music in ID", "TikTok Music in ID, BR"),
        ChangeKind.DATE: ("unknown", "2024-11-28"),
        ChangeKind.DEADLINE: ("none", "data_export 2024-10-28"),
        ChangeKind.CONFLICT: ("none", "place BR or ID"),
        ChangeKind.EVIDENCE: ("1 from 1 origins", "2 from 2 origins"),
    }
    assert {change.document_id for change in after.history} == {"a", "b"}


def test_an_edit_that_moves_nothing_else_is_history_too() -> None:
    before = incident(evidence("a"))
    after = incident(evidence("a", title="Corrected"), previous=before, now=day(1))
    assert [(c.kind, c.why) for c in after.history[1:]] == [(ChangeKind.EVIDENCE, "an article was edited")]
    assert after.headline == "Corrected"


def test_an_incident_that_names_nothing_says_so_in_its_history() -> None:
    before = incident(evidence("a", platforms=[], regions=[]))
    after = incident(*before.evidence, evidence("b"), previous=before, now=day(1))
    assert (ChangeKind.PLACE, "any platform in unknown places") in [(c.kind, c.before) for c in after.history]


dated = st.builds(
    evidence,
    document=st.uuids().map(str),
    by=st.sampled_from("abc"),
    authority=st.sampled_from(["official", "news", "community"]),
    date=st.sampled_from([None, "2024", "2024-11", "2024-11-28", "2025-01-31"]),
    at=st.integers(0, 9).map(day),
)


@given(st.lists(dated, max_size=8))
def test_the_date_is_one_that_somebody_said(some: list[Evidence]) -> None:
    found = known.effective_date(in_order(some))
    said = {item.signal.effective_date for item in some} - {None}
    assert found in said if said else found is None


@pytest.mark.parametrize(("text", "agrees"), [("2024", True), ("2024-11", True), ("2024-12", False)])
def test_dates_agree_as_far_as_both_say(text: str, agrees: bool) -> None:
    assert PartialDate("2024-11-28").agrees(PartialDate(text)) is agrees
