"""A faint denial asks those who were told to look: once for each voice, until a firm word answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from given import KIN, day, evidence, incident, position, seller
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_domain_faint import faint

from monitor.domain.addressing import tell
from monitor.domain.alerts import Hold, Policy, Reason, Send, Told
from monitor.domain.doubts import asks, faint_denials, unasked
from monitor.domain.handling import united
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import Closure, Evidence, Incident
from monitor.domain.ladder import standing
from monitor.domain.origins import several
from monitor.domain.policy import decide
from monitor.domain.signals import EventType, Status

DESK = seller(position())
CLOSING = evidence("a")


def whisper(document: str, at: float = 1, **said: object) -> Evidence:
    return faint(evidence(document, "reversed", at=day(at), **said))  # type: ignore[arg-type]


def doubted(*words: Evidence) -> list[str]:
    return [denial.document_id for denial in faint_denials(incident(*words))]


def hears(held: Incident, told: Told | None, now: datetime, desk=DESK) -> tuple[Send | Hold, Told | None]:
    """What the seller is told of it now, and knows from then on."""
    seen = as_seen_by(held, desk, KIN)
    weighed = impact(seen, desk, now.date(), KIN)
    verdict = decide(seen, weighed, told, Policy(), now)
    return verdict, tell(seen, desk, weighed, now, told) if isinstance(verdict, Send) else told


def questions(words: Sequence[Evidence], desk=DESK) -> list[tuple[str, ...]]:
    """The denials of each question that the seller gets while the words come in."""
    held, told, found = None, None, []
    for number, word in enumerate(words):
        held = incident(*(held.evidence if held else ()), word, previous=held, now=day(2 + number / 24))
        verdict, knows = hears(held, told, held.updated_at, desk)
        if isinstance(verdict, Send) and verdict.reason is Reason.QUESTION:
            assert knows is not None
            assert told is not None
            found.append(knows.asked[len(told.asked) :])
        told = knows
    return found


def test_who_was_told_is_asked_to_look_once_and_nothing_is_taken_back() -> None:
    warned = incident(CLOSING)
    _, told = hears(warned, None, day(0))
    doubt = incident(CLOSING, whisper("b"), previous=warned, now=day(1))
    verdict, asked = hears(doubt, told, day(1))
    assert verdict == Send(Reason.QUESTION, asks(doubt.evidence[1]))
    assert "publisher of b writes on 2024-09-25 that it is called off" in asks(doubt.evidence[1])
    assert (doubt.status, doubt.question) == (Status.CONFIRMED, "")
    again, _ = hears(doubt, asked, day(2))
    assert isinstance(again, Hold)
    first, knows = hears(doubt, None, day(1))
    assert isinstance(first, Send)
    assert first.reason is Reason.FIRST
    assert knows is not None
    assert knows.asked == ("b",), "the first word tells of it too"
    weighed = impact(doubt, DESK, day(1).date(), KIN)
    assert weighed.odds == impact(warned, DESK, day(1).date(), KIN).odds, "no less is at stake"


@pytest.mark.parametrize(
    "answer",
    [
        evidence("c", at=day(2)),
        evidence("c", authority="official", at=day(2)),
        evidence("c", "reversed", at=day(2)),
        evidence("c", "reversed", authority="official", at=day(2)),
    ],
    ids=["the press says so still", "so does the platform", "the press denies it aloud", "so does the platform"],
)
@pytest.mark.parametrize("authority", ["news", "official"])
def test_a_firm_word_answers_whatever_it_says(answer: Evidence, authority: str) -> None:
    closing = evidence("a", authority=authority)
    assert doubted(closing, whisper("b")) == ["b"]
    assert doubted(closing, whisper("b"), answer) == []


def test_an_older_word_a_forum_or_another_faint_one_answers_nothing() -> None:
    talk, vague = evidence("c", authority="community", at=day(2)), faint(evidence("d", at=day(2)))
    assert doubted(CLOSING, evidence("e", at=day(0.5)), whisper("b"), talk, vague) == ["b"]


def test_a_copy_and_a_repeat_ask_nothing_and_another_voice_asks_for_itself() -> None:
    same = tuple(range(32))
    first = replace(whisper("b"), sketch=same)
    assert doubted(CLOSING, first, replace(whisper("copy", 2), sketch=same)) == ["b"]
    assert doubted(CLOSING, first, whisper("repeat", 2, by="publisher of b")) == ["b"]
    assert doubted(CLOSING, first, whisper("c", 2)) == ["b", "c"]
    assert doubted(CLOSING, first, evidence("d", at=day(2)), replace(whisper("late copy", 3), sketch=same)) == []
    assert doubted(replace(CLOSING, sketch=same), first) == [], "a copy of the news denies nothing: it was read amiss"


def test_a_copy_that_came_before_its_original_has_asked_for_it() -> None:
    same = tuple(range(32))
    original, copy = (replace(whisper(name, at), sketch=same) for name, at in (("b", 1), ("copy", 1.5)))
    assert questions([CLOSING, copy, original]) == [("copy",)]
    assert questions([CLOSING, original, copy]) == [("b",)]


@pytest.mark.parametrize("authority", ["community", "official", "court", "observed"])
def test_only_the_press_asks(authority: str) -> None:
    """A forum denies nothing, and the others are believed."""
    assert doubted(CLOSING, whisper("b", authority=authority)) == []


def test_a_denial_above_hearsay_beside_it_is_what_counts() -> None:
    official, aloud = evidence("a", authority="official"), evidence("c", "reversed", at=day(0.5))
    assert incident(official, aloud, whisper("b")).status is Status.CONFIRMED
    assert doubted(official, aloud, whisper("b")) == []


def test_a_person_who_closed_it_is_asked_nothing() -> None:
    held = incident(CLOSING, whisper("b"))
    assert faint_denials(replace(held, closed=Closure(day(1), "Ada"))) == ()


def test_nobody_is_asked_about_another_country() -> None:
    told = [evidence("a", regions=["ID", "BR"]), whisper("b", regions=["BR"])]
    assert questions(told) == []
    assert questions(told, seller(position(country="BR"))) == [("b",)]
    answered = [evidence("a"), whisper("b", 1), evidence("c", regions=["BR"], at=day(1.5))]
    assert questions(answered[::2] + answered[1:2], seller(position(country="BR"))) == [], "there it was answered"
    assert questions(answered[::2] + answered[1:2]) == [("b",)]


def test_incidents_that_become_one_know_what_was_asked_of_both() -> None:
    held = incident(CLOSING, whisper("b"))
    weighed = impact(held, DESK, day(1).date(), KIN)
    one, other = (replace(tell(held, DESK, weighed, day(at)), asked=(name,)) for at, name in ((1, "b"), (2, "c")))
    assert united(one, other).asked == ("b", "c")


words = st.lists(
    st.builds(
        lambda word, score, copied: replace(
            faint(word, score) if score else word, sketch=tuple(range(copied, copied + 32)) if copied else ()
        ),
        st.builds(
            evidence,
            document=st.sampled_from("abcdefgh"),
            status=st.sampled_from(["proposed", "confirmed", "reversed", "reversed", "reversed"]),
            authority=st.sampled_from(["official", "news", "news", "news", "trade", "community"]),
            by=st.sampled_from(["", "", "one", "two"]),
            regions=st.sampled_from([(), ("ID",), ("BR",), ("ID", "BR")]),
            date=st.sampled_from([None, "2024-11-28", "2025-01-31"]),
            at=st.integers(0, 6).map(lambda number: day(number / 4)),
        ),
        st.sampled_from([None, 0.3, 0.3]),
        st.sampled_from([0, 0, 100, 200]),
    ),
    min_size=2,
    max_size=7,
    unique_by=lambda word: word.document_id,
)
desks = st.sampled_from([DESK, seller(position(), position(country="BR")), seller(position(country="BR")), seller()])


@settings(max_examples=300)
@given(words, st.randoms(use_true_random=False))
def test_what_is_asked_does_not_depend_on_the_order_of_arrival(some: list[Evidence], random) -> None:
    held: Incident | None = None
    for word in random.sample(some, len(some)):
        held = incident(*(held.evidence if held else ()), word, previous=held)
    assert held is not None
    for places in ((), ("ID",), ("BR",), ("ID", "BR")):
        assert faint_denials(held, places) == faint_denials(incident(*some), places)


@settings(max_examples=300)
@given(words, st.randoms(use_true_random=False), desks)
@example([CLOSING, whisper("b"), whisper("c", 1.5)], __import__("random").Random(0), DESK)
def test_nobody_is_asked_twice_of_one_denial_in_whatever_order_it_all_comes(some, random, desk) -> None:
    ordered = random.sample(some, len(some))
    asked = [name for one in questions(ordered, desk) for name in one]
    assert len(asked) == len(set(asked))
    held = {item.document_id: item for item in incident(*some).evidence}
    for number, name in enumerate(asked):
        said = held[name].signal
        assert (said.faint, said.status) == (True, Status.REVERSED)
        assert all(several((held[name], held[other])) for other in asked[:number]), "each voice asks once"


@given(words)
def test_what_asks_stands_and_nothing_firm_is_newer_where_all_speak_of_all_places(some: list[Evidence]) -> None:
    everywhere = [replace(word, signal=replace(word.signal, regions=())) for word in some]
    held = incident(*everywhere)
    for denial in faint_denials(held):
        assert denial in standing(held.evidence).doubts
        assert held.status is not Status.REVERSED
        assert not unasked(held, (), (denial.document_id,)) or len(faint_denials(held)) > 1
        firm = [word for word in held.evidence if not word.signal.faint and word.authority.value != "community"]
        assert all(word.published <= denial.published for word in firm)
    assert EventType.SHUTDOWN is held.event_type
