"""What is said again while nobody answers: once for each level, so many repeats, and never by a clock that jumped."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from given import NOW, day, due, evidence, incident
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.alerts import DeliveryState, Level, Policy, Reason
from monitor.domain.documents import digest
from monitor.domain.exposure import Severity
from monitor.domain.handling import Word, answered, closed
from monitor.domain.nagging import Nag, asks, last_word, nags
from monitor.domain.rulings import Act, ActKind, not_for_us

LEVELS = (Level(timedelta(minutes=15), ("lead",)), Level(timedelta(hours=1), ("boss", "lead")))
POLICY = Policy(escalation=LEVELS)


def word(target: str = "desk", alert: str = "w1", at: datetime = NOW, **more) -> Word:
    """A word that arrived when it was made."""
    kept = {"severity": Severity.HIGH, "reason": Reason.FIRST, "state": DeliveryState.SENT, "sent_at": at} | more
    return Word(
        f"{alert}/{target}",
        alert,
        "i1",
        "acme",
        target,
        created_at=at,
        not_before=at,
        give_up_at=at + POLICY.page_for,
        **kept,
    )


def act(kind: str, subject: str = "", seller_id: str = "", at: datetime = NOW) -> Act:
    return Act(f"{kind}{subject}{seller_id}{at}", "i1", ActKind(kind), at, "anna", subject, "", seller_id)


def after(minutes: float):
    """Ages by a clock that has shown so many minutes since the story began."""
    return lambda name, since: NOW + timedelta(minutes=minutes) - since


def said(nag: Nag, at: datetime) -> Sequence[Word]:
    return [word(target, nag.alert_id, at, reason=nag.reason) for target in nag.targets]


def play(words: Sequence[Word], policy: Policy, hours: float, acts: Sequence[Act] = (), every: int = 5):
    """All that is said over some hours, looked at every few minutes: minute, reason, targets."""
    words, heard = list(words), []
    for minute in range(0, int(hours * 60) + 1, every):
        for nag in nags(words, acts, policy, after(minute)):
            heard.append((minute, nag.reason.value, nag.targets))
            words += said(nag, NOW + timedelta(minutes=minute))
    return heard


def test_each_level_hears_once_and_those_who_heard_are_asked_again_so_often() -> None:
    heard = play([word()], replace(POLICY, most_repeats=2), 24)
    assert heard == [
        (15, "escalated", ("lead",)),
        (60, "escalated", ("boss", "lead")),
        (240, "repeat", ("desk", "lead", "boss")),
        (480, "repeat", ("desk", "lead", "boss")),
    ]


def test_a_long_stop_makes_up_for_levels_at_once_and_for_repeats_one_by_one() -> None:
    found = nags([word()], (), POLICY, after(24 * 60))
    # Who stands in several levels hears the highest, and nobody hears of it twice at once.
    assert [(one.reason, one.level, one.targets) for one in found] == [
        (Reason.REPEAT, 0, ("desk",)),
        (Reason.ESCALATED, 2, ("boss", "lead")),
    ]
    words = [word(), *(new for one in found for new in said(one, NOW + timedelta(days=1)))]
    assert nags(words, (), POLICY, after(24 * 60 + 10)) == ()


def test_an_answer_counts_for_its_words_and_desk() -> None:
    for given_, silent in (
        (act("ack", "w0 w1"), True),
        (act("take", "w1", "acme"), True),
        (act("ack", "w1", "zeta"), False),
        (act("ack", "w0"), False),
        (act("done", "w1"), False),
        (act("not_for_us", seller_id="acme"), True),
        (act("not_for_us", seller_id="zeta"), False),
    ):
        assert (nags([word()], [given_], POLICY, after(20)) == ()) is silent, given_


def test_a_later_word_asks_anew_and_an_all_clear_ends_it() -> None:
    news = word(alert="w2", at=NOW + timedelta(hours=1), reason=Reason.DATE_MOVED)
    assert [one.alert_id for one in last_word([word(), news])] == ["w2"]
    assert nags([word(), news], [act("ack", "w1")], POLICY, after(76))
    assert last_word([word(), news, word(alert="w3", reason=Reason.ALL_CLEAR)]) == ()
    taken_back = replace(news, state=DeliveryState.SUPERSEDED, sent_at=None)
    assert [one.alert_id for one in last_word([word(), taken_back])] == ["w1"]


def test_what_waits_for_its_hour_is_not_counted_and_what_is_tried_is() -> None:
    waits = word(state=DeliveryState.PENDING, sent_at=None)
    waits = replace(waits, not_before=NOW + timedelta(hours=8), give_up_at=NOW + timedelta(hours=32))
    for hours in (7, 20):  # also when nothing was tried meanwhile, as nobody ran
        assert nags([waits], (), POLICY, after(hours * 60)) == ()
    tried = replace(waits, state=DeliveryState.RETRY, attempts=3, not_before=NOW + timedelta(hours=9))
    assert nags([tried], (), POLICY, after(8 * 60 + 14)) == ()
    (nag,) = nags([tried], (), POLICY, after(8 * 60 + 16))
    assert nag.targets == ("lead",)


def test_what_nobody_can_be_told_goes_up_level_by_level_at_once() -> None:
    dead = {"state": DeliveryState.DEAD, "sent_at": None}
    (first,) = nags([word(**dead)], (), POLICY, after(0))
    assert (first.level, first.targets) == (1, ("lead",))
    lost = [word(**dead), word("lead", first.alert_id, reason=Reason.ESCALATED, **dead)]
    (second,) = nags(lost, (), POLICY, after(0))
    assert second.level == 2
    # A fallback has the same alert and took its place; and one who was reached is enough.
    assert nags([word(**dead), word("spare")], (), POLICY, after(0)) == ()


def test_what_was_folded_into_another_is_said_by_that() -> None:
    folded = word(state=DeliveryState.SUPERSEDED, sent_at=None, into="r1/desk")
    reminder = word(alert="r1", at=NOW + timedelta(minutes=5), reason=Reason.DUE)
    assert nags([folded, reminder], (), POLICY, after(19)) == ()
    assert nags([folded, reminder], (), POLICY, after(21))


def test_what_was_rolled_into_a_message_that_names_many_counts_as_heard() -> None:
    rolled = word(state=DeliveryState.SUPERSEDED, sent_at=None, into="elsewhere")
    heard = play([rolled], replace(POLICY, escalation=LEVELS[:1], most_repeats=1), 24)
    assert heard == [(15, "escalated", ("lead",)), (240, "repeat", ("desk", "lead"))]


def test_what_weighs_less_than_high_and_zero_repeats_say_nothing_again() -> None:
    assert play([word(severity=Severity.MEDIUM)], POLICY, 24) == []
    assert play([word()], Policy(repeat=timedelta(0)), 24) == []
    assert play([word()], Policy(most_repeats=0), 24) == []


def test_levels_without_anybody_are_passed_over() -> None:
    levels = (Level(timedelta(minutes=15), ()), Level(timedelta(hours=1), ("boss",)))
    heard = play([word()], Policy(escalation=levels, repeat=timedelta(0)), 4)
    assert heard == [(60, "escalated", ("boss",))]


def test_there_is_something_to_answer_until_it_is_closed_called_off_or_past() -> None:
    today = NOW.date()
    assert asks(incident(), today), "without a date"
    assert asks(incident(evidence(date="2024-09-24")), today)
    assert not asks(incident(evidence(date="2024-09-20")), today)
    assert asks(incident(evidence(date="2024-09-20", deadlines=[due("2024-10-28")])), today)
    assert not asks(incident(evidence(), evidence("b", "reversed")), today)
    assert not asks(closed(incident(), "anna", "", NOW), today)


def test_the_last_of_what_people_said_of_their_concern_counts() -> None:
    no, yes = act("not_for_us", seller_id="acme"), act("for_us", seller_id="acme", at=day(1))
    assert not_for_us([no], "acme") == no
    assert not_for_us([no, yes], "acme") is None
    assert not_for_us([no, yes, replace(no, at=day(2))], "acme") is not None
    assert not_for_us([no], "zeta") is None
    take = act("take", "w1")
    assert answered([act("ack", "w1"), take], "w1", "acme") == take


ages = st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=40)


@given(ages, st.integers(0, 4))
def test_whatever_the_looks_each_level_is_said_once_and_repeats_are_bounded(looks: list[int], most: int) -> None:
    """Also when looks come in any order, as by a clock that goes back."""
    policy, words = replace(POLICY, most_repeats=most), [word()]
    heard: list[tuple[int, Nag]] = []
    for minute in looks:
        for nag in nags(words, (), policy, after(minute)):
            heard.append((minute, nag))
            words += said(nag, NOW + timedelta(minutes=minute))
    ids = [nag.alert_id for _, nag in heard]
    assert len(ids) == len(set(ids))
    assert sum(nag.reason is Reason.REPEAT for _, nag in heard) <= most
    for minute, nag in heard:
        if nag.reason is Reason.ESCALATED:
            assert timedelta(minutes=minute) >= LEVELS[nag.level - 1].after
            assert nag.alert_id == digest("escalated", "w1", str(nag.level))
