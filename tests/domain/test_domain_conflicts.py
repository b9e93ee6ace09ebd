"""Contradictions side by side, and promises that lapse."""

from dataclasses import replace

import pytest
from given import KIN, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.addressing import tell
from monitor.domain.alerts import Hold, HoldReason, Policy, Reason, Send
from monitor.domain.assembly import assemble, pass_time
from monitor.domain.impact import impact
from monitor.domain.incidents import ChangeKind, Closure, Evidence, Incident
from monitor.domain.policy import decide
from monitor.domain.signals import Status

AFTER = day(80)  # two weeks after 28 November


def sides(held: Incident, about: str = "date") -> list[tuple[str, list[str]]]:
    found = [conflict for conflict in held.conflicts if conflict.about == about]
    return [(side.value, [document for document, _ in side.by]) for side in found[0].sides] if found else []


def test_two_dates_stand_side_by_side_with_those_who_say_so_and_the_one_that_counts_comes_first() -> None:
    held = incident(
        evidence("a", date="2024-11-28"),
        evidence("b", date="2024-12-28", authority="trade", at=day(1)),
        evidence("c", date="2024-11", at=day(1)),
        evidence("d", date="2024-12-28", authority="community", at=day(1)),
    )
    assert str(held.effective_date) == "2024-11-28"
    assert sides(held) == [("2024-11-28", ["a", "c"]), ("2024-12-28", ["b"])]


def test_a_contradiction_is_history_when_it_begins_and_when_the_platform_settles_it() -> None:
    one = incident(evidence("a", date="2024-11-28"))
    two = incident(*one.evidence, evidence("b", date="2024-12-28", at=day(1)), previous=one, now=day(1))
    three = incident(
        *two.evidence, evidence("c", authority="official", date="2024-12-28", at=day(2)), previous=two, now=day(2)
    )
    moved = [(change.before, change.after) for change in three.history if change.kind is ChangeKind.CONFLICT]
    assert moved == [("none", "date 2024-12-28 or 2024-11-28"), ("date 2024-12-28 or 2024-11-28", "none")]
    assert three.conflicts == ()


def test_a_paper_that_corrects_itself_contradicts_nobody() -> None:
    wrong = evidence("a", by="Gazette", date="2024-11-28")
    right = evidence("b", by="Gazette", date="2024-12-28", at=day(1))
    assert incident(wrong, right, evidence("c", date="2024-12-28", at=day(2))).conflicts == ()


def test_a_newer_word_against_the_platforms_own_date_is_a_contradiction() -> None:
    held = incident(evidence("a", date="2024-11-28", authority="official"), evidence("b", date="2024-12-28", at=day(3)))
    assert sides(held) == [("2024-11-28", ["a"]), ("2024-12-28", ["b"])]


def test_the_last_day_and_the_first_without_it_are_one_date_and_a_plans_date_gives_way_to_a_decided_one() -> None:
    last, first = evidence("a", date="2024-11-28"), evidence("b", date="2024-11-29", at=day(1))
    assert incident(last, first).conflicts == ()
    assert incident(evidence("a", "proposed", date="2024-11"), evidence("b", date="2025-02-01")).conflicts == ()
    plans = [evidence("a", "proposed", date="2024-11"), evidence("b", "rumor", date="2025-02-01", at=day(1))]
    assert len(sides(incident(*plans))) == 2


def test_the_slip_of_one_text_among_many_is_no_contradiction() -> None:
    many = [evidence(f"d{n}", date="2024-11-28", at=day(n)) for n in range(6)]
    assert incident(*many, evidence("x", date="2023-11-28", at=day(7))).conflicts == ()


def test_papers_that_each_name_their_own_country_differ_until_one_names_both() -> None:
    apart = [evidence("a", regions=["ID"]), evidence("b", regions=["BR"], at=day(1))]
    assert sides(incident(*apart), "place") == [("BR", ["b"]), ("ID", ["a"])]
    assert incident(*apart, evidence("c", regions=["ID", "BR"], at=day(2))).conflicts == ()
    assert incident(evidence("a", regions=["DE"]), evidence("b", regions=["EU"], at=day(1))).conflicts == ()


def test_a_denial_that_is_not_believed_and_words_that_do_not_lift_one_are_shown() -> None:
    official, denial = evidence("a", authority="official"), evidence("b", "reversed", at=day(1))
    assert sides(incident(official, denial), "status") == [("confirmed", ["a"]), ("reversed", ["b"])]
    court = evidence("b", "reversed", authority="court", at=day(1))
    against = evidence("c", at=day(2))
    assert sides(incident(official, court, against), "status") == [("reversed", ["b"]), ("confirmed", ["c"])]


@pytest.mark.parametrize("status", ["rumor", "proposed", "confirmed"])
def test_a_promise_of_the_press_that_nobody_mentions_after_its_date_asks_for_a_person_once(status: str) -> None:
    held = incident(evidence(status=status, date="2024-11-28"))
    came = pass_time(held, day(66)) or held
    assert came.question == ""
    asks = pass_time(came, AFTER)
    assert asks is not None
    assert "2024-11-28" in asks.question
    assert (asks.history[-1].kind, asks.history[-1].document_id) == (ChangeKind.QUESTION, None)
    assert pass_time(asks, day(200)) is None


@pytest.mark.parametrize(
    "answer",
    [
        evidence("b", date="2024-11-28", authority="official"),
        evidence("b", "effective", authority="observed", at=day(66)),
        evidence("b", at=day(70)),
        evidence("b", "reversed", at=day(10)),
        evidence("b", date="2025-03-01", authority="official", at=day(30)),
    ],
    ids=["confirmed by the platform", "seen", "written about since", "denied", "moved"],
)
def test_what_was_confirmed_seen_written_about_denied_or_moved_asks_nothing(answer: Evidence) -> None:
    asked = incident(evidence("a", date="2024-11-28"), now=AFTER)
    assert asked.question
    answered = incident(*asked.evidence, answer, previous=asked, now=AFTER)
    assert answered.question == ""
    assert (ChangeKind.QUESTION, "none") in [(change.kind, change.after) for change in answered.history]


def test_a_forum_does_not_answer_what_the_press_left_open() -> None:
    talk = evidence("b", authority="community", at=day(75))
    assert incident(evidence("a", date="2024-11-28"), talk, now=AFTER).question
    assert not incident(evidence("a", date="2024-11-28", authority="community"), talk, now=AFTER).question


def test_a_person_who_closes_it_has_answered() -> None:
    asked = incident(evidence("a", date="2024-11-28"), now=AFTER)
    closed = replace(asked, closed=Closure(AFTER, "Ada"))
    again = incident(*asked.evidence, evidence("b", at=day(1)), previous=closed, now=day(90))
    assert again.question == ""
    assert again.closed == closed.closed


def test_one_word_that_puts_a_lapsed_promise_on_another_day_is_told_to_those_who_were_asked() -> None:
    asked = incident(evidence("a", date="2024-11-28"), now=AFTER)
    moved = incident(*asked.evidence, evidence("b", date="2025-06-30", at=day(76)), previous=asked, now=day(76))
    weighed = impact(moved, seller(position()), day(76).date(), KIN)
    verdict = decide(moved, weighed, tell(asked, seller(), weighed, AFTER), Policy(), day(76))
    assert isinstance(verdict, Send)
    assert (verdict.reason, "2024-11-28 is now 2025-06-30" in verdict.detail) == (Reason.DATE_MOVED, True)
    unasked = tell(replace(asked, question=""), seller(), weighed, AFTER)
    assert isinstance(decide(moved, weighed, unasked, Policy(), day(76)), Hold)


def test_a_question_is_put_once_to_those_who_were_told_and_a_closed_incident_to_nobody() -> None:
    held = incident(evidence("a", "proposed", date="2024-11-28"))
    weighed = impact(held, seller(position()), day(0).date(), KIN)
    told = tell(held, seller(), weighed, day(0))
    asks = pass_time(held, AFTER)
    assert asks is not None
    verdict = decide(asks, weighed, told, Policy(), AFTER)
    assert verdict == Send(Reason.QUESTION, asks.question)
    asked = tell(asks, seller(), weighed, AFTER)
    assert isinstance(decide(asks, weighed, asked, Policy(), AFTER), Hold)
    closed = decide(replace(asks, closed=Closure(AFTER, "Ada")), weighed, told, Policy(), AFTER)
    assert isinstance(closed, Hold)
    assert closed.reason is HoldReason.CLOSED
    never = decide(asks, impact(asks, seller(position()), day(200).date(), KIN), None, Policy(), day(200))
    assert isinstance(never, Hold)
    assert never.reason is HoldReason.OLD_NEWS


anything = st.lists(
    st.builds(
        evidence,
        document=st.sampled_from("abcdefgh"),
        status=st.sampled_from([status.value for status in Status]),
        authority=st.sampled_from(["official", "court", "news", "observed", "community"]),
        by=st.sampled_from(["one", "two", "three"]),
        regions=st.sampled_from([(), ("ID",), ("BR",), ("ID", "BR"), ("WORLD",)]),
        date=st.sampled_from([None, "2024", "2024-11", "2024-11-28", "2025-01-31"]),
        deadlines=st.sampled_from([(), (due("2024-10-28"),), (due("2024-11-15"), due("2024-11-28", "refund"))]),
        at=st.integers(0, 90).map(day),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda word: word.document_id,
)
moments = st.integers(0, 300).map(day)


def known(held: Incident) -> tuple[object, ...]:
    return held.status, held.effective_date, held.deadlines, held.conflicts, held.question, held.regions


@given(anything, moments, st.randoms(use_true_random=False))
def test_contradictions_questions_and_deadlines_do_not_depend_on_the_order_of_arrival(some, now, random) -> None:
    step: Incident | None = None
    for item in random.sample(some, len(some)):
        step = assemble("i1", [*(step.evidence if step else ()), item], step, now, item.document_id)
    assert step is not None
    assert known(step) == known(incident(*some, now=now))


@given(anything, moments)
def test_the_same_evidence_again_changes_nothing(some: list[Evidence], now) -> None:
    held = incident(*some, now=now)
    assert assemble("i1", [*held.evidence, *some], held, now, "again") is held


def _rungs(held: Incident) -> list[str]:
    return [held.status.value, *(one.status.value for one in held.dates)]


@given(anything, moments, moments)
def test_time_alone_moves_nothing_but_what_came_with_its_date(some: list[Evidence], one, other) -> None:
    before = incident(*some, now=min(one, other))
    after = pass_time(before, max(one, other))
    if after is None:
        assert incident(*some, previous=before, now=max(one, other)) is before
    else:
        assert {change.kind for change in after.history[1:]} <= {ChangeKind.RUNG, ChangeKind.QUESTION}
        climbed = {
            (was, now)
            for change in after.history[1:]
            if change.kind is ChangeKind.RUNG
            for was, now in zip(_rungs(before), _rungs(after), strict=True)
        }
        assert {(was, now) for was, now in climbed if was != now} <= {("confirmed", "effective")}
        assert (after.evidence, after.deadlines) == (before.evidence, before.deadlines)
        assert (after.effective_date, after.conflicts) == (before.effective_date, before.conflicts)


@given(anything, moments)
def test_a_contradiction_has_sides_that_differ_and_that_somebody_holds(some: list[Evidence], now) -> None:
    held = incident(*some, now=now)
    keys = {item.key for item in held.evidence}
    for conflict in held.conflicts:
        assert len({side.value for side in conflict.sides}) == len(conflict.sides) >= 2
        assert all(side.by and set(side.by) <= keys for side in conflict.sides)


@given(anything, moments)
def test_no_deadline_outlives_its_withdrawal(some: list[Evidence], now) -> None:
    denial = evidence("denial", "reversed", authority="official", by="the platform", regions=(), at=day(100))
    denials = [word for word in (*some, denial) if word.signal.status is Status.REVERSED]
    named = {deadline.date for word in denials for deadline in word.signal.deadlines}
    assert {deadline.date for deadline in incident(*some, denial, now=now).deadlines} <= named
    taken_back = assemble("i1", [], incident(*some, now=now), now, "edited")
    assert (taken_back.status, taken_back.deadlines) == (Status.REVERSED, ())


def test_a_deadline_that_its_publisher_moves_is_on_one_day_only() -> None:
    first = evidence(
        "a", by="Platform", authority="official", deadlines=[due("2024-10-28"), due("2024-10-28", "refund")]
    )
    moved = evidence("b", by="Platform", authority="official", deadlines=[due("2024-11-15")], at=day(5))
    elsewhere = replace(moved, signal=replace(moved.signal, regions=("AU",)))

    def days(*words: Evidence) -> list[str]:
        return [f"{one.role} {one.date}" for one in incident(*words).deadlines]

    assert days(first, moved) == ["refund 2024-10-28", "data_export 2024-11-15"]
    assert days(moved, first) == days(first, moved)
    assert days(first, elsewhere) == ["data_export 2024-10-28", "refund 2024-10-28", "data_export 2024-11-15"]


def test_a_deadline_is_as_certain_as_the_surest_of_those_who_name_it_and_keeps_what_any_tells_of_it() -> None:
    rumor = evidence("a", "rumor", deadlines=[replace(due("2024-10-28", quote="by then"), actor="sellers")])
    official = evidence("b", authority="official", deadlines=[replace(due("2024-10-28"), zone="Asia/Tokyo")], at=day(1))
    (deadline,) = incident(rumor, official).deadlines
    assert (deadline.quote, deadline.actor, deadline.zone) == ("by then", "sellers", "Asia/Tokyo")
    assert deadline.certainty == "confirmed"
    assert incident(rumor).deadlines[0].certainty == "rumor"
    heard = evidence("c", authority="community", deadlines=[due("2024-10-28")])
    assert incident(heard).deadlines[0].certainty == "rumor"
