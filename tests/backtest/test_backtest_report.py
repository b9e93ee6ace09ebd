"""What a replay shows, told of replays written by hand."""

from dataclasses import replace
from datetime import timedelta

from given import KIN, NOW, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.backtest.headlines import headlines
from monitor.backtest.history import Dated, History, Milestones
from monitor.backtest.page import page
from monitor.backtest.replay import Heard, Replay
from monitor.backtest.report import Spread, report
from monitor.domain.documents import digest
from monitor.domain.signals import Assessment

DAY = timedelta(days=1)
ALL = seller()  # without positions


def row(id: str, event: str | None = "closing", published: str = "2024-09-24") -> Dated:
    kind = {"event_type": "shutdown", "status": "confirmed"} if event else {"event_type": "none"}
    return Dated.model_validate(
        {"id": id, "published": published, "title": id, "lang": "en", "incident": event, **kind}
    )


def understood(*seen: str, silent: tuple[str, ...] = ()) -> dict[str, Assessment]:
    read = {digest(id): Assessment(digest(id), "en", 0.9, (evidence().signal,)) for id in seen}
    return read | {digest(id): Assessment(digest(id), "en", 0.1, ()) for id in silent}


def heard(reason: str, rung: str, *documents: str, at: int = 0, seller: str = "acme") -> Heard:
    return Heard(NOW + at * DAY, seller, "i1", reason, rung, "high", tuple(map(digest, documents)), "It closes")


def history(*rows: Dated, **milestones: str) -> History:
    event = Milestones.model_validate({"incident": "closing", "event_type": "shutdown", **milestones})
    return History(rows, {"closing": event}, labelled=True)


def test_one_event_in_two_incidents_is_told_twice_and_shown_as_two_pieces():
    one, other = evidence(digest("a")), evidence(digest("b"))
    apart = (incident(one), incident(other))
    split = Replay(
        (heard("first", "confirmed", "a"), heard("first", "confirmed", "b", at=1)),
        (apart[0], apart[1].__class__(**{**_fields(apart[1]), "id": "i2"})),
        understood("a", "b"),
    )
    found = report(history(row("a"), row("b"), official="2024-09-24"), split, [ALL], KIN)
    (event,) = found.events
    assert (event.pieces, event.doubles, found.doubles) == (2, 1, 1)
    assert found.clusters.recall == 0.5


def _fields(value):
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def test_a_rung_told_again_after_the_all_clear_is_no_double_and_two_sellers_hear_each_their_own():
    rounds = Replay(
        (
            heard("first", "confirmed", "a"),
            heard("first", "confirmed", "a", seller="zeta"),
            heard("all_clear", "reversed", "a", at=1),
            heard("new_rung", "confirmed", "a", at=2),
        ),
        (incident(evidence(digest("a"))),),
        understood("a"),
    )
    assert report(history(row("a")), rounds, [ALL, seller(id="zeta")], KIN).doubles == 0


def test_what_went_into_another_incident_is_told_among_what_was_said_of_that_one():
    whole = incident(evidence(digest("a")), evidence(digest("b")))
    joined = Replay(
        (
            replace(heard("first", "confirmed", "b", at=1), incident_id="gone"),
            replace(heard("first", "confirmed", "a"), incident_id=whole.id),
            replace(heard("first", "confirmed", "c"), incident_id="nobody's"),
        ),
        (whole,),
        understood("a", "b", "c"),
    )
    found = report(history(row("b", published="2024-09-26"), row("a"), row("c")), joined, [ALL], KIN)
    (one,) = found.opened
    assert [str(told.at.date() - NOW.date()) for told in one.said] == ["0:00:00", "1 day, 0:00:00"]
    assert (one.documents, str(one.first_signal), one.first_alert) == (("a", "b"), "2024-09-24", NOW.date())


def test_an_incident_of_harmless_documents_alone_is_false_and_its_messages_are_false_alarms():
    noise = Replay(
        (heard("first", "confirmed", "soup"),), (incident(evidence(digest("soup"), title="Soup")),), understood("soup")
    )
    found = report(history(row("soup", None)), noise, [ALL], KIN)
    assert (found.false_incidents, found.false_alarms, found.harmless) == (("Soup",), 1, 1)


def test_what_was_missed_is_counted_by_language_event_and_source_and_a_late_word_is_not_in_time():
    late = Replay((), (incident(evidence(digest("b"))),), understood("b", silent=("a",)))
    rows = (row("a"), row("b", published="2024-09-26"))
    found = report(history(*rows, official="2024-09-24", effective="2024-11-28"), late, [ALL], KIN)
    assert found.missed_by_language["en"].missed == 1
    assert found.missed_by_event["shutdown"].of == 2
    assert (found.in_time, found.alerted_before_effective) == ((0, 1), (0, 1))
    assert found.ahead_of_effective == Spread(0)
    assert "no event with both days" in {one.note for one in headlines(found)}


def test_the_page_names_the_events_that_it_cannot_draw():
    seen = Replay((heard("first", "confirmed", "a"),), (incident(evidence(digest("a"))),), understood("a"))
    drawn = page(report(history(row("a"), official="2024-09-24"), seen, [ALL], KIN), "Drawn")
    assert "not drawn" not in drawn
    bare = " ".join(page(report(history(row("a")), seen, [ALL], KIN), "Bare").split())
    assert "1 event is not drawn, since no official and no effective date of it is known: closing." in bare
    assert "<svg viewBox" not in bare


def test_a_milestone_that_is_a_month_is_not_late_before_the_month_is_over():
    seen = Replay((heard("first", "confirmed", "a"),), (incident(evidence(digest("a"))),), understood("a"))
    (event,) = report(history(row("a"), official="2024-09", effective="2024-09"), seen, [ALL], KIN).events
    assert (event.in_time, event.ahead_of_effective) == (True, 6)


def test_who_is_told_on_the_very_day_is_told_before_it_takes_effect():
    seen = Replay((heard("first", "confirmed", "a"),), (incident(evidence(digest("a"))),), understood("a"))
    for effective, told in (("2024-09-25", (1, 1)), ("2024-09-24", (1, 1)), ("2024-09-23", (0, 1))):
        found = report(history(row("a"), effective=effective), seen, [ALL], KIN)
        assert found.alerted_before_effective == told


def test_messages_a_week_are_counted_as_long_as_messages_come_and_over_a_week_at_least():
    one = (incident(evidence(digest("a"))),)
    for last, a_week in ((3, 2.0), (27, 0.5)):
        spoken = (heard("first", "confirmed", "a"), heard("new_rung", "effective", "a", at=last))
        found = report(history(row("a")), Replay(spoken, one, understood("a")), [ALL], KIN)
        assert (found.days, found.days_heard, found.messages_a_week) == (1, last + 1, a_week)
        assert f"2 in {max(last + 1, 7)} days" in headlines(found)[-1].note


def test_a_reversal_counts_as_noticed_when_the_incident_stood_there_once():
    denied = incident(evidence(digest("a")), evidence(digest("b"), "reversed", at=NOW + DAY), now=NOW + DAY)
    seen = Replay((), (denied,), understood("a", "b"))
    rows = (row("a"), row("b", published="2024-09-25"))
    assert report(history(*rows, reversed="2024-09-25"), seen, [ALL], KIN).reversals == (1, 1)


def test_so_does_one_that_opened_as_called_off_and_was_proposed_anew():
    denied = evidence(digest("a"), "reversed")
    opened = incident(denied)
    anew = incident(denied, evidence(digest("b"), "confirmed", at=NOW + DAY), now=NOW + DAY, previous=opened)
    assert (opened.status, anew.status) == ("reversed", "confirmed")
    rows = (row("a"), row("b", published="2024-09-25"))
    found = report(history(*rows, reversed="2024-09-24"), Replay((), (anew,), understood("a", "b")), [ALL], KIN)
    assert found.reversals == (1, 1)


def test_an_event_that_touches_no_stake_is_not_counted_as_told_too_late():
    nobody = Replay((), (incident(evidence(digest("a"))),), understood("a"))
    past = History(
        (row("a"),),
        {"closing": Milestones(incident="closing", event_type="shutdown", platforms=("Temu",), effective="2024-11-28")},
        labelled=True,
    )
    for stake, counted in ((position("Temu"), (0, 1)), (position("Etsy"), (0, 0))):
        found = report(past, nobody, [seller(stake)], KIN)
        assert found.alerted_before_effective == counted
        assert found.events[0].concerns is bool(counted[1])
    assert "or on the day; 1 touch no stake" in {one.note for one in headlines(found)}


@given(st.lists(st.integers(-500, 900), min_size=1))
def test_quartiles_lie_in_order_within_what_was_measured(days):
    spread = Spread.of(days)
    assert min(days) <= spread.low <= spread.middle <= spread.high <= max(days)


def test_sources_are_called_as_everywhere_else():
    """The labelled rows say `forum`; settings, the desk and the mails say `community`."""
    rows = [row("a"), row("b"), row("c")]
    kinds = ("forum", "community", "news")
    rows = [one.model_copy(update={"source_kind": kind}) for one, kind in zip(rows, kinds, strict=True)]
    missed = report(history(*rows), Replay((), (), understood(silent=("a", "b", "c"))), [ALL], KIN).missed_by_source
    assert {name: (one.missed, one.of) for name, one in missed.items()} == {"community": (2, 2), "news": (1, 1)}
