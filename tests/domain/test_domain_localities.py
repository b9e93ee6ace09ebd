"""One event in several places: a date, a delay or a reversal in one country is none in the next."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.domain.addressing import tell
from monitor.domain.alerts import Hold, Policy, Reason, Send, Told
from monitor.domain.assembly import assemble, pass_time
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Seller
from monitor.domain.impact import as_seen_by, impact
from monitor.domain.incidents import ChangeKind, Evidence, Incident
from monitor.domain.localities import called_off, date_at, here
from monitor.domain.peaks import Peak
from monitor.domain.policy import decide
from monitor.domain.portfolio import at_risk
from monitor.domain.signals import Status
from monitor.domain.sources import Authority
from monitor.store import codec

NOTICE = evidence("notice", authority="official", by="TikTok", date="2024-11-28", deadlines=[due("2024-10-28")])
DELAY = evidence(
    "delay", "reversed", authority="official", by="TikTok", regions=["ID"], date="2025-03-31", at=day(5),
    deadlines=[due("2025-02-28")],
)  # fmt: skip
LATER = evidence("later", authority="official", by="TikTok", regions=["ID"], date="2024-12-31", at=day(5))
IN_ID, IN_BR = seller(position(country="ID")), seller(position(country="BR"))
IN_BOTH = seller(position(country="ID"), position(country="BR"))


def by_place(held: Incident) -> dict[str, tuple[str, str]]:
    return {one.place: (str(one.date), one.status.value) for one in held.dates}


def test_one_date_for_all_places_needs_no_list() -> None:
    again = evidence("again", regions=["ID"], date="2024-11")
    assert incident(NOTICE, again).dates == ()
    assert here(incident(NOTICE, again), {"ID"}) == incident(NOTICE, again)


def test_a_later_date_in_one_country_moves_nothing_in_the_other() -> None:
    held = incident(NOTICE, LATER)
    assert by_place(held) == {"ID": ("2024-12-31", "confirmed"), "BR": ("2024-11-28", "confirmed")}
    assert held.effective_date == PartialDate("2024-11-28")
    assert held.conflicts == ()  # each speaks of its own country
    assert [str(date_at(held, place)) for place in ("ID", "BR", "SG")] == ["2024-12-31", "2024-11-28", "2024-11-28"]


def test_a_delay_that_names_one_country_calls_it_off_there_alone_with_its_deadlines() -> None:
    held = incident(NOTICE, DELAY)
    assert (held.status, str(held.effective_date)) == (Status.CONFIRMED, "2024-11-28")
    assert by_place(held) == {"ID": ("2025-03-31", "reversed"), "BR": ("2024-11-28", "confirmed")}
    assert [str(one.date) for one in held.deadlines] == ["2024-10-28"]
    there = here(held, {"ID"})
    assert (there.status, there.regions, there.dates) == (Status.REVERSED, ("ID",), ())
    assert [str(one.date) for one in there.deadlines] == ["2025-02-28"]
    assert here(held, {"BR"}).deadlines == held.deadlines
    assert here(held, {"BR"}).regions == ("BR",)  # what is true there is not said of the other
    assert called_off(held, "ID")
    assert not called_off(held, "BR")


def test_an_incident_is_called_off_when_all_its_places_are() -> None:
    both = incident(NOTICE, DELAY, replace(DELAY, document_id="more", signal=replace(DELAY.signal, regions=("BR",))))
    assert (both.status, both.dates) == (Status.REVERSED, ())
    everywhere = incident(NOTICE, replace(DELAY, signal=replace(DELAY.signal, regions=())))
    assert (everywhere.status, everywhere.dates) == (Status.REVERSED, ())


def test_a_country_that_one_paper_alone_names_does_not_hold_an_all_clear_up() -> None:
    plan = evidence("plan", "proposed", regions=["CH"], date="2025-01-01")
    slip = evidence("slip", "proposed", regions=["AT"])
    off = evidence("off", "reversed", authority="official", regions=["CH"], at=day(5))
    held = incident(plan, slip, off)
    assert held.status is Status.REVERSED
    assert here(held, {"AT"}).status is Status.PROPOSED


def test_a_lone_denial_in_one_country_calls_off_no_more_than_that() -> None:
    told = evidence("told", regions=["ID", "BR"])
    denies = evidence("denies", "reversed", regions=["ID"], at=day(1))
    held = incident(told, denies)
    assert held.status is Status.CONFIRMED
    assert by_place(held) == {"ID": ("None", "reversed"), "BR": ("None", "confirmed")}
    assert called_off(held, "ID"), "those who sell there hear of it"
    another = evidence("another", "reversed", regions=["ID"], at=day(2))
    official = replace(another, authority=Authority.OFFICIAL)
    assert incident(told, denies, another).status is Status.REVERSED, "two say where, and BR has one paper"
    assert incident(told, official).status is Status.REVERSED
    also = evidence("also", regions=["BR"])
    assert incident(told, also, official).status is Status.CONFIRMED, "two papers say that it is so in BR"


def test_what_began_and_is_put_on_a_later_day_is_ahead_again_until_then() -> None:
    began = evidence("began", authority="regulator", by="Customs", date="2024-09-20")
    assert incident(began).status is Status.EFFECTIVE
    held = incident(began, evidence("later", authority="regulator", by="Customs", date="2024-12-01", at=day(5)))
    assert (held.status, str(held.effective_date)) == (Status.CONFIRMED, "2024-12-01")
    come = pass_time(held, day(70))
    assert come is not None
    assert come.status is Status.EFFECTIVE


def test_a_place_of_which_nobody_says_a_date_takes_that_of_the_others_but_for_what_they_deny() -> None:
    undated = evidence("undated", regions=["BR"])
    dated = evidence("dated", regions=["ID"], date="2024-11-28")
    assert incident(undated, dated).dates == ()
    held = incident(undated, dated, DELAY)
    assert by_place(held) == {"ID": ("2025-03-31", "reversed"), "BR": ("2024-11-28", "confirmed")}


def test_each_place_takes_effect_on_its_own_day_and_the_whole_with_the_first() -> None:
    held = incident(NOTICE, LATER)
    later = pass_time(held, day(70))
    assert later is not None
    assert (later.status.value, by_place(later)["ID"][1], by_place(later)["BR"][1]) == (
        "effective", "confirmed", "effective",
    )  # fmt: skip
    last = pass_time(later, day(100))
    assert last is not None
    assert by_place(last)["ID"] == ("2024-12-31", "effective")
    moved = [(change.before, change.after) for change in last.history if change.kind is ChangeKind.RUNG]
    assert moved == [("confirmed", "effective; ID confirmed"), ("effective; ID confirmed", "effective")]
    assert pass_time(last, day(101)) is None


def test_the_day_of_one_place_comes_where_the_whole_is_called_off_and_has_no_date() -> None:
    paper = evidence("paper", by="TikTok", regions=["BR"], date="2024-11-28")
    asked = evidence("asked", by="TikTok", authority="official", regions=[], status="rumor")
    held = incident(paper, asked, evidence("no", by="TikTok", authority="official", regions=["ID"], status="reversed"))
    assert (held.status, held.effective_date) == (Status.REVERSED, None)
    assert by_place(held)["BR"] == ("2024-11-28", "confirmed")
    come = pass_time(held, day(70))
    assert come is not None
    assert by_place(come)["BR"] == ("2024-11-28", "effective")
    assert pass_time(come, day(71)) is None


@pytest.mark.parametrize(
    ("who", "days"), [(IN_ID, 98), (IN_BR, 65), (IN_BOTH, 65)], ids=["in Indonesia", "in Brazil", "in both"]
)
def test_days_left_are_those_of_the_sellers_own_countries(who: Seller, days: int) -> None:
    held = incident(replace(NOTICE, signal=replace(NOTICE.signal, deadlines=())), LATER)
    assert impact(held, who, NOW.date(), KIN).days_left == days


def test_lost_sales_and_peaks_are_counted_from_each_countrys_own_date() -> None:
    yule = Peak("Yule", date(2024, 12, 30), date(2025, 1, 2), Decimal(3), countries=("ID",))
    held = incident(NOTICE, LATER)
    raised = [impact(held, replace(who, peaks=(yule,)), NOW.date(), KIN) for who in (IN_ID, IN_BR)]
    assert ["falls into Yule" in "; ".join(one.reasons) for one in raised] == [True, False]
    both = impact(held, IN_BOTH, NOW.date(), KIN)
    assert sum(term.amount for term in both.lost_sales) == 2 * 100 * IN_BOTH.horizon
    assert {str(saving.by) for saving in both.savings} <= {"2024-11-28", "2024-10-28"}


def test_what_is_called_off_in_one_country_costs_only_in_the_other() -> None:
    held = incident(NOTICE, DELAY)
    weighed = impact(held, IN_BOTH, NOW.date(), KIN)
    assert [hit.country for hit in weighed.hits] == ["BR"]
    lines = at_risk([held], IN_BOTH, NOW.date(), KIN).lines
    assert [(line.country, line.per_day) for line in lines] == [("ID", Decimal(0)), ("BR", Decimal(100))]


def told_of(held: Incident, who: Seller) -> Told:
    mine = as_seen_by(held, who, KIN)
    return tell(mine, who, impact(mine, who, NOW.date(), KIN), NOW)


def verdict(held: Incident, who: Seller, told: Told | None) -> Send | Hold:
    mine = as_seen_by(held, who, KIN)
    return decide(mine, impact(mine, who, day(6).date(), KIN), told, Policy(), day(6))


def test_a_date_that_moved_elsewhere_is_told_to_nobody_who_does_not_sell_there() -> None:
    before, after = incident(NOTICE), incident(NOTICE, LATER)
    assert isinstance(verdict(after, IN_BR, told_of(before, IN_BR)), Hold)
    assert verdict(after, IN_ID, told_of(before, IN_ID)) == Send(Reason.DATE_MOVED, "2024-11-28 is now 2024-12-31")
    assert verdict(after, IN_BOTH, told_of(before, IN_BOTH)) == Send(
        Reason.DATE_MOVED, "2024-11-28 is now 2024-12-31 in ID"
    )
    assert isinstance(verdict(after, IN_BOTH, told_of(after, IN_BOTH)), Hold)


def test_a_reversal_in_one_country_is_an_all_clear_there_and_nothing_elsewhere() -> None:
    before, after = incident(NOTICE), incident(NOTICE, DELAY)
    assert isinstance(verdict(after, IN_BR, told_of(before, IN_BR)), Hold)
    clear = verdict(after, IN_ID, told_of(before, IN_ID))
    assert isinstance(clear, Send)
    assert clear.reason is Reason.ALL_CLEAR
    assert verdict(after, IN_BOTH, told_of(before, IN_BOTH)) == Send(Reason.DATE_MOVED, "called off in ID")
    assert isinstance(verdict(after, IN_BOTH, told_of(after, IN_BOTH)), Hold)
    again = incident(NOTICE, DELAY, replace(NOTICE, document_id="again", published=day(6)))
    assert again.dates == ()
    back = verdict(again, IN_BOTH, told_of(after, IN_BOTH))
    assert isinstance(back, Send)
    assert "no longer called off in ID" in back.detail


def test_dates_by_place_are_kept_and_rows_from_before_them_load() -> None:
    held = incident(NOTICE, DELAY)
    text = codec.dump(held)
    assert codec.load(Incident, text) == held
    assert codec.load(Incident, codec.dump(held, without=frozenset({"dates"}))) == replace(held, dates=())
    told = told_of(held, IN_BOTH)
    assert codec.load(Told, codec.dump(told)) == told
    assert codec.load(Told, codec.dump(told, without=frozenset({"dates"}))) == replace(told, dates=())


some_words = st.lists(
    st.builds(
        evidence,
        document=st.sampled_from("abcdefgh"),
        status=st.sampled_from([status.value for status in Status]),
        authority=st.sampled_from(["official", "news", "observed", "community"]),
        by=st.sampled_from(["one", "two", "three"]),
        regions=st.sampled_from([(), ("ID",), ("BR",), ("ID", "BR"), ("SG", "BR"), ("WORLD",)]),
        date=st.sampled_from([None, "2024-11", "2024-11-28", "2025-01-31"]),
        deadlines=st.sampled_from([(), (due("2024-10-28"),)]),
        at=st.integers(0, 30).map(day),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda word: word.document_id,
)
moments = st.integers(30, 200).map(day)


@given(some_words, moments, st.randoms(use_true_random=False))
def test_dates_by_place_do_not_depend_on_the_order_of_arrival(some: list[Evidence], now, random) -> None:
    at_once, step = incident(*some, now=now), None
    for item in random.sample(some, len(some)):
        step = assemble("i1", [*(step.evidence if step else ()), item], step, now, item.document_id)
    assert step is not None
    assert (step.dates, step.status, step.effective_date) == (at_once.dates, at_once.status, at_once.effective_date)


@given(some_words, moments, st.sampled_from(["news", "official"]), st.sampled_from([s.value for s in Status]))
def test_a_date_said_of_one_country_never_changes_anothers(some: list[Evidence], now, authority, status) -> None:
    firm = [*some, evidence("x", authority="official", by="it", regions=["ID", "BR"], date="2024-11-28", at=day(30))]
    before = incident(*firm, now=now)
    one = evidence("one more", status, authority=authority, regions=["ID"], date="2025-06-30", at=day(31), by="four")
    after = incident(*firm, one, now=now)
    assume(before.regions == after.regions)
    was, now_there = here(before, {"BR"}), here(after, {"BR"})
    assert was.effective_date is not None
    assert now_there.effective_date is not None
    assert now_there.effective_date.agrees(was.effective_date)
    assert (now_there.status is Status.REVERSED) == (was.status is Status.REVERSED)


@given(some_words, moments)
def test_what_holds_for_all_places_is_seen_from_each_and_nothing_is_called_off_that_goes_on_somewhere(
    some: list[Evidence], now
) -> None:
    held = incident(*some, now=now)
    mine = {one.place: here(held, {one.place}) for one in held.dates}
    for one in held.dates:
        seen = mine[one.place]
        assert (seen.status, seen.effective_date, seen.dates) == (one.status, one.date, ())
        assert here(seen, {one.place}) == seen
    assert here(held, set(held.regions)) == held


def test_what_can_be_saved_until_another_day_in_each_country_names_the_country() -> None:
    there = seller(position(country="ID", stock=500), position(country="BR", stock=700))
    apart = impact(incident(NOTICE, LATER), there, NOW.date(), KIN).savings
    assert {(one.what, str(one.by), one.places) for one in apart} == {
        ("stock", "2024-11-28", ("BR",)),
        ("stock", "2024-12-31", ("ID",)),
        ("customer data", "2024-10-28", ()),
    }
    bare = replace(NOTICE, signal=replace(NOTICE.signal, deadlines=()))
    both = impact(incident(bare, LATER), there, NOW.date(), KIN).savings
    assert {one.places for one in both if one.what == "customer data"} == {("ID",), ("BR",)}
    alike = impact(incident(NOTICE), there, NOW.date(), KIN).savings
    assert {one.places for one in alike} == {()}
