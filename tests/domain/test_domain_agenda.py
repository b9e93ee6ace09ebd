"""Calendar entries keep their names while dates move, and say so when they fall away."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from given import NOW, day, due, evidence, incident
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.domain.agenda import KEEP_CANCELLED, Entry, agenda, current
from monitor.domain.assembly import assemble
from monitor.domain.handling import closed, reopened
from monitor.domain.incidents import Change, ChangeKind, Incident
from monitor.domain.localities import here, starts
from monitor.domain.places import covers
from monitor.domain.signals import Status


def by_name(one: Incident) -> dict[str, Entry]:
    return {entry.uid: entry for entry in agenda(one)}


def closing(date: str = "2024-11-28", *deadlines: str) -> Incident:
    return incident(evidence(date=date, deadlines=[due(text) for text in deadlines], authority="official"))


def test_a_closing_with_two_deadlines_of_one_kind_is_three_entries():
    entries = agenda(closing("2024-11-28", "2024-11-20", "2024-11-25"))
    assert sorted((str(one.role), str(one.day), one.sequence) for one in entries) == [
        ("None", "2024-11-28", 0),
        ("data_export", "2024-11-20", 0),
        ("data_export", "2024-11-25", 0),
    ]
    assert len({one.uid for one in entries}) == 3


def test_a_date_that_moves_keeps_its_entry_and_counts_one_more():
    first = closing()
    later = evidence("d2", date="2024-12-15", at=day(3), authority="official", by="publisher of d1")
    moved = incident(evidence(date="2024-11-28", authority="official"), later, now=day(3), previous=first)
    [before], [after] = agenda(first), agenda(moved)
    assert (before.uid, str(after.day), after.sequence) == (after.uid, "2024-12-15", 1)
    assert after.changed_at == day(3)


def test_what_is_called_off_is_cancelled_under_its_name_and_forgotten_a_month_later():
    first = closing("2024-11-28", "2024-11-20")
    denial = evidence("d2", "reversed", at=day(2), authority="official", by="publisher of d1")
    off = incident(evidence(date="2024-11-28", deadlines=[due("2024-11-20")]), denial, now=day(2), previous=first)
    entries = agenda(off)
    assert {one.uid for one in entries} == {one.uid for one in agenda(first)}
    assert all(one.cancelled for one in entries)
    assert all(one.sequence > 0 for one in entries)
    assert current(entries, day(3))
    assert not current(entries, day(3) + KEEP_CANCELLED)


def test_what_a_person_closed_is_cancelled_and_comes_back_when_it_is_opened():
    first = closing()
    shut = closed(first, "ana", "", day(1))
    again = reopened(shut, "ana", "", day(2))
    [open_], [off], [back] = agenda(first), agenda(shut), agenda(again)
    assert (open_.cancelled, off.cancelled, back.cancelled) == (False, True, False)
    assert open_.sequence < off.sequence < back.sequence


NOTICE = evidence("a", authority="official", by="TikTok", date="2024-11-28", deadlines=[due("2024-10-28")])


def shown(one: Incident, *places: str) -> list[tuple[str, str, int, bool]]:
    return [(str(e.role or "event"), str(e.day), e.sequence, e.cancelled) for e in agenda(one, places)]


def test_a_later_day_in_one_country_moves_the_entry_of_those_who_sell_there_alone():
    first = incident(NOTICE)
    asks = [due("2024-12-01", "refund")]
    later = evidence(
        "b", authority="official", by="TikTok", regions=["ID"], date="2024-12-31", deadlines=asks, at=day(5)
    )
    apart = incident(NOTICE, later, previous=first, now=day(5))
    export = ("data_export", "2024-10-28", 0, False)
    assert shown(apart, "BR") == [("event", "2024-11-28", 0, False), export]
    assert shown(apart, "ID") == [("event", "2024-12-31", 1, False), export, ("refund", "2024-12-01", 0, False)]
    assert {row[1] for row in shown(apart, "ID", "BR")} == {"2024-11-28", "2024-12-31", "2024-10-28", "2024-12-01"}
    assert shown(apart) == shown(apart, "BR", "ID"), "who said nothing of where they sell hears of all"
    assert agenda(first, ["ID"])[0].uid == agenda(apart, ["ID"])[0].uid
    assert shown(incident(NOTICE, later), "ID") == [("event", "2024-12-31", 0, False), export, shown(apart, "ID")[2]]


def test_what_is_called_off_in_one_country_is_cancelled_for_those_who_sell_there_alone():
    first = incident(NOTICE)
    off = evidence("b", "reversed", authority="official", by="TikTok", regions=["ID"], at=day(5))
    apart = incident(NOTICE, off, previous=first, now=day(5))
    assert [(row[2], row[3]) for row in shown(apart, "BR")] == [(0, False), (0, False)]
    there = [(row[2], row[3]) for row in shown(apart, "ID")]
    assert (there[0], all(cancelled for _, cancelled in there)) == ((1, True), True)


words = st.lists(
    st.builds(
        evidence,
        status=st.sampled_from(["proposed", "confirmed", "effective", "reversed"]),
        by=st.sampled_from("xyz"),
        authority=st.sampled_from(["news", "official"]),
        regions=st.sampled_from([["ID"], ["ID", "BR"], ["FR"], ["EU"], ["FR", "DE"], []]),
        date=st.sampled_from([None, "2024-11-28", "2024-12-31", "2024-12"]),
        deadlines=st.sampled_from([[], [due("2024-10-28")], [due("2024-11-01", "payout")]]),
    ),
    min_size=1,
    max_size=5,
)


@given(words, st.sampled_from(["ID", "BR", "FR", "DE"]))
def test_what_a_calendar_shows_of_a_country_is_what_holds_there(some, place):
    one: Incident | None = None
    told = [replace(word, document_id=f"d{n}", published=day(n)) for n, word in enumerate(some)]
    for n in range(len(told)):
        one = assemble("i1", told[: n + 1], one, day(n), f"d{n}")
    assert one is not None
    assume(covers(one.regions, place))
    there, entries = here(one, [place]), agenda(one, [place])
    live = {(entry.role, entry.day) for entry in entries if not entry.cancelled}
    if there.status is Status.REVERSED:
        assert live == set()
    else:
        days = {(None, day) for day in starts(there)}
        assert live == days | {(deadline.role, deadline.date) for deadline in there.deadlines}


DAYS = st.lists(st.sampled_from(["2024-11-20", "2024-11-25", "2024-12-01", "2025-01"]), max_size=3, unique=True)


@given(st.lists(DAYS, min_size=1, max_size=6))
def test_whatever_happens_no_name_goes_and_no_count_falls(stretches):
    """Over any history of a role's days: what has moved or gone counts more, what has not counts the same."""

    def at(length: int) -> Incident:
        texts = [", ".join(f"payout {text}" for text in sorted(days)) or "none" for days in stretches[:length]]
        pairs = pairwise(texts)
        moved = [
            Change(ChangeKind.DEADLINE, NOW + timedelta(days=n + 1), old, new, "d1", "")
            for n, (old, new) in enumerate(pairs)
            if old != new
        ]
        now = tuple(due(text, "payout") for text in sorted(stretches[length - 1]))
        return replace(incident(evidence()), deadlines=now, history=tuple(moved))

    seen = by_name(at(1))
    for length in range(1, len(stretches) + 1):
        now = by_name(at(length))
        assert seen.keys() <= now.keys()
        for uid, before in seen.items():
            same = (before.day, before.cancelled) == (now[uid].day, now[uid].cancelled)
            assert now[uid].sequence == before.sequence if same else now[uid].sequence > before.sequence
        assert sorted(str(one.day) for one in now.values() if not one.cancelled) == sorted(stretches[length - 1])
        seen = now
