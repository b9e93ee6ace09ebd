"""What a letter says of itself: what kind of word it is, why it comes late or to somebody else, what is due."""

from dataclasses import replace
from datetime import date

import pytest
from everything import blindness, stuffed
from letters import all_clear, closing, delivery

from monitor.domain.alerts import Reason
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.digests import DueItem
from monitor.domain.incidents import Closure
from monitor.domain.signals import Status
from monitor.domain.sources import DRILL
from monitor.notify.bulletin import Bulletin
from monitor.notify.letter import Letter, compose
from monitor.notify.render import bodies
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.notify.written import written


def test_an_exercise_that_failed_is_told_as_that() -> None:
    bulletin = written(blindness("en", DRILL))
    assert isinstance(bulletin, Bulletin)
    assert "Our own sight: The exercise did not arrive" in bulletin.subject
    assert "sellerwatch drill" in bulletin.to_do


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_put_into_words(language: str) -> None:
    said = {}
    for reason in set(Reason) - {Reason.DIGEST, Reason.MORE, Reason.BLIND}:
        message = replace(closing().message, reason=reason, before=all_clear().message.before)
        said[reason] = compose(delivery(message, language=language)).why
    assert len(set(said.values())) == len(said)
    assert tongue(language).say("It concerns you.") not in said.values()


def marks(letter: Letter) -> str:
    return letter.subject[: letter.subject.rindex("]") + 1]


def test_a_subject_says_first_what_kind_of_word_it_is() -> None:
    def of(reason: Reason, **changes: object) -> str:
        return marks(compose(delivery(replace(closing().message, reason=reason, **changes))))  # type: ignore[arg-type]

    late = DueItem("inc-music", "TikTok", date(2024, 9, 30), "payout", left=-2)
    soon = replace(late, due=date(2024, 10, 5), left=3)
    assert of(Reason.FIRST) == "[Critical]"
    assert of(Reason.REPEAT) == "[Not acknowledged] [Critical]"
    assert of(Reason.ESCALATED, level=2) == "[Escalated, level 2] [Critical]"
    assert of(Reason.DUE, due=(late, soon)) == "[Due in 3 days] [Critical]"
    assert of(Reason.DUE, due=(late,)) == "[Overdue] [Critical]"
    assert of(Reason.DRILL) == "[Exercise] [Critical]"


@pytest.mark.parametrize(
    ("told", "now", "said"),
    [
        ("2024-11-28", "2025-01-15", "[Later date] [Critical]"),
        ("2024-11-28", "2024-11-01", "[Earlier date] [Critical]"),
        ("2024-11", "2024-11-28", "[Critical]"),
        (None, "2024-11-28", "[Critical]"),
        ("2024-11-28", None, "[Critical]"),
    ],
)
def test_a_subject_says_that_the_day_is_another_than_was_told(told: str | None, now: str | None, said: str) -> None:
    message, before = closing().message, all_clear().message.before
    assert before is not None
    before = replace(before, effective_date=PartialDate(told) if told else None)
    incident = replace(message.incident, effective_date=PartialDate(now) if now else None)
    moved = replace(message, incident=incident, before=before, reason=Reason.DATE_MOVED)
    assert marks(compose(delivery(moved))) == said
    off = replace(moved, incident=replace(incident, status=Status.REVERSED), reason=Reason.ALL_CLEAR)
    assert " date]" not in compose(delivery(off)).subject


def test_a_false_alarm_is_called_one() -> None:
    message, at = closing().message, closing().message.made_at
    closed = Closure(at, "Ana", "no such thing", false_alarm=True)
    incident = replace(message.incident, status=Status.REVERSED, closed=closed)
    letter = compose(delivery(replace(message, incident=incident, reason=Reason.ALL_CLEAR)))
    assert letter.subject == "[False alarm] TikTok Music may close on 28 Nov 2024 (ID, BR, AU, SG, MX)"
    assert "called off" not in bodies(letter).plain, "there was nothing to call off"
    assert letter.stake_note.startswith("Nothing of the kind happens.")
    assert {line.key: line.text for line in letter.facts}["how_sure"] == (
        "A false alarm, says Ana: nothing of the kind happens."
    )


def test_a_letter_says_why_it_comes_late_or_to_somebody_else() -> None:
    late = replace(
        closing(), waits_for="quiet hours; silence of Ana", instead_of="desk", fallback_of="key", zone="Asia/Tokyo"
    )
    assert compose(late).notes == (
        "It comes to you because desk could not be reached.",
        "It was written on 2 Oct 2024, 18:30 (UTC+9) and held back until now: quiet hours, a silence of Ana.",
    )
    assert "[Exercise]" in compose(delivery(replace(closing().message, reason=Reason.DRILL))).notes[0]


def test_a_reminder_names_what_is_due() -> None:
    deadline = Deadline(PartialDate("2024-10-28"), DeadlineRole.PAYOUT)
    items = tuple(
        DueItem("inc-music", "TikTok", deadline.date.first_day, "payout", deadline=deadline, left=left)
        for left in (-2, 0, 3, None)
    )
    letter = compose(delivery(replace(closing().message, reason=Reason.DUE, due=items)))
    assert letter.due == (
        "28 Oct 2024 (2 days overdue): collect your payouts",
        "28 Oct 2024 (today): collect your payouts",
        "28 Oct 2024 (in 3 days): collect your payouts",
        "28 Oct 2024: collect your payouts",
    )
    assert all(line in bodies(letter).plain for line in letter.due)


def test_places_that_go_different_ways_have_a_line_each() -> None:
    letter = compose(stuffed("en"))
    facts = {line.label: line.text for line in letter.facts}
    assert facts["When, Indonesia"] == "28 Nov 2024 (in 57 days, confirmed)"
    assert facts["When, Brazil"] == "called off"
    assert "Date, Indonesia: 1 Dec 2024 → 28 Nov 2024" in letter.changes
    assert "How sure, Brazil: rumor, not confirmed → called off" in letter.changes
