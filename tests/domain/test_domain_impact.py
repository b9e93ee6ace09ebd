"""Incident x exposure -> impact: who is hit, for how much, how loud."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.blocking import kinship
from monitor.domain.exposure import Position, Severity
from monitor.domain.impact import Hit, Impact, days_left, impact, odds
from monitor.domain.incidents import Evidence
from monitor.domain.peaks import Peak
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.domain.stakes import CEILINGS, STAKES

TODAY = NOW.date()
SALE = Peak("11.11", date(2024, 11, 8), date(2024, 11, 11), Decimal("2.5"), ("ID",))
MILD = replace(SALE, name="a mild one", factor=Decimal("1.2"))


CATALOGUE = kinship(
    [
        Platform("Shopify", "shopify", "Shopify", "store-builder", ()),
        Platform("Shopify POS", "pos", "Shopify", "payments", (), parent="Shopify", ancestors=("Shopify",)),
    ]
)


def weighed(word: Evidence, *positions: Position) -> Impact:
    return impact(incident(word), seller(*positions), TODAY, KIN)


def test_a_closing_costs_stock_payouts_and_ads_at_once_and_sales_every_day() -> None:
    hit = position("TikTok Music", "ID", 100, stock=1000, unsettled_payouts=200, prepaid_ads=30)
    found = weighed(evidence(), hit, position("Shopee", "ID", 300))
    assert (found.at_once, found.per_day, found.share_of_sales) == (Decimal(1230), Decimal(100), 0.25)
    assert [(term.label, term.amount) for term in found.terms] == [
        ("TikTok Music ID: stock", Decimal(1000)),
        ("TikTok Music ID: unsettled payouts", Decimal(200)),
        ("TikTok Music ID: prepaid ads", Decimal(30)),
        ("TikTok Music ID: sales per day", Decimal(100)),
    ]
    assert found.hits == (Hit("TikTok Music", "ID", "TikTok Music"),)
    assert found.currency == "EUR"


@pytest.mark.parametrize(
    ("word", "hit"),
    [
        (evidence(event="ban", platforms=["TikTok"], regions=["US"]), True),
        (evidence(platforms=["TikTok Music"], regions=["US"]), False),
        (evidence(platforms=["TIKTOK SHOP"], regions=["US"]), True),
        (evidence(platforms=["TikTok Shop"], regions=["IN"]), False),
        (evidence(platforms=["TikTok Shop"], regions=[]), True),
        (evidence(platforms=["TikTok Shop"], regions=["WORLD"]), True),
        (evidence(platforms=[], regions=["US"]), False),
        (evidence(event="trade_rule", platforms=["Temu"], regions=["US"]), True),
        (evidence(event="trade_rule", platforms=[], regions=["EU"]), False),
    ],
)
def test_a_position_is_hit_through_its_platform_or_what_that_is_part_of(word: Evidence, hit: bool) -> None:
    assert weighed(word, position("TikTok Shop", "US")).exposed is hit


def test_the_european_union_is_its_member_states() -> None:
    rule = evidence(event="trade_rule", platforms=[], regions=["EU"])
    assert weighed(rule, position("Etsy", "FR", stock=50)).at_once == 50
    assert not weighed(rule, position("Etsy", "GB")).exposed


@pytest.mark.parametrize(
    ("whole", "regions", "hit"),
    [("EU", ["DE"], True), ("EU", ["GB"], False), ("WORLD", ["GB"], True), ("EU", ["WORLD"], True)],
)
def test_a_stake_that_is_not_told_apart_by_country_is_hit_in_any_of_its_countries(whole, regions, hit) -> None:
    assert weighed(evidence(platforms=["Etsy"], regions=regions), position("Etsy", whole)).exposed is hit


def test_who_is_not_hit_loses_nothing_and_hears_nothing() -> None:
    found = weighed(evidence(), position("Shopee", "ID"))
    assert (found.exposed, found.severity, found.at_once, found.terms) == (False, Severity.INFO, 0, ())


@pytest.mark.parametrize(
    ("event", "at_once", "per_day"),
    [("policy", 0, 100), ("enforcement", 200, 100), ("trade_rule", 1000, 100), ("insolvency", 1230, 100)],
)
def test_each_kind_of_event_puts_its_own_parts_at_stake(event: str, at_once: int, per_day: int) -> None:
    hit = position("TikTok Music", "ID", 100, stock=1000, unsettled_payouts=200, prepaid_ads=30)
    found = weighed(evidence(event=event), hit)
    assert (found.at_once, found.per_day) == (at_once, per_day)


def test_a_seller_without_positions_hears_of_everything_by_event_and_rung_alone() -> None:
    found = weighed(evidence(date="2024-09-26"))
    assert (found.exposed, found.severity, found.reasons) == (True, Severity.HIGH, ("a shutdown is high",))
    assert weighed(evidence(status="rumor")).severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("word", "sales", "severity"),
    [
        (evidence(), 10, Severity.HIGH),
        (evidence(date="2024-10-01"), 10, Severity.CRITICAL),
        (evidence(date="2025-09-24"), 10, Severity.MEDIUM),
        (evidence(), 24, Severity.HIGH),
        (evidence(), 25, Severity.CRITICAL),
        (evidence(), 2, Severity.HIGH),
        (evidence(), 1, Severity.MEDIUM),
        (evidence(status="rumor", date="2024-10-01"), 50, Severity.MEDIUM),
        (evidence(status="proposed"), 50, Severity.HIGH),
        (evidence(status="reversed"), 50, Severity.LOW),
        (evidence(event="policy"), 10, Severity.LOW),
        (evidence(event="policy", date="2025-09-24"), 1, Severity.INFO),
        (evidence(event="enforcement"), 10, Severity.MEDIUM),
    ],
)
def test_severity_grows_with_certainty_money_and_little_time(word: Evidence, sales: int, severity: Severity) -> None:
    found = weighed(word, position(sales=sales), position("Shopee", "PH", 100 - sales))
    assert found.severity is severity


def test_the_reasons_show_every_step() -> None:
    found = weighed(evidence(status="proposed", date="2024-09-30"), position())
    assert found.reasons == (
        "a shutdown is high",
        "6 days left (at most 7) +1",
        "100% of daily sales (at least 25%) +1",
        "at most high while proposed",
    )
    top = weighed(evidence(date="2024-09-30"), position())
    assert top.reasons[1:] == ("6 days left (at most 7) +1", "100% of daily sales (at least 25%) +1"), (
        "no ceiling holds it"
    )
    far = weighed(evidence(date="2025-09-24"), position(sales=1), position("Shopee", "PH", 99))
    assert far.reasons[1:] == ("365 days left (more than 180) -1", "1.0% of daily sales (less than 2%) -1")


@pytest.mark.parametrize(
    ("stock", "severity"), [(99, Severity.MEDIUM), (2999, Severity.HIGH), (3000, Severity.CRITICAL)]
)
def test_stock_with_few_sales_weighs_by_how_many_days_of_all_sales_it_is_worth(stock: int, severity: Severity) -> None:
    found = weighed(evidence(), position(sales=1, stock=stock), position("Shopee", "PH", 99))
    assert found.severity is severity
    assert (severity is Severity.CRITICAL) is ("30 days of all sales lost at once (at least 30) +1" in found.reasons)


def test_a_share_just_below_the_bound_is_not_rounded_up_to_it() -> None:
    found = weighed(evidence(), position(sales=10), position("Shopee", "PH", 500))  # 1.96 %
    assert "1.9% of daily sales (less than 2%) -1" in found.reasons


def test_a_seller_without_sales_has_no_share() -> None:
    found = weighed(evidence(), position(sales=0, stock=10))
    assert (found.share_of_sales, found.severity, found.per_day) == (0.0, Severity.HIGH, 0)


@pytest.mark.parametrize(
    ("date", "deadlines", "days"),
    [
        (None, [], None),
        ("2024-11-28", [], 65),
        ("2024-11-28", [due("2024-10-24")], 30),
        ("2024-09-20", [due("2024-10-24")], 30),
        ("2024-09-20", [due("2024-09-22")], -2),
        ("2024-12", [], 68),
        ("2024-09", [], 6),
        ("2024", [], 98),
    ],
)
def test_days_are_counted_to_the_first_date_ahead(date: str | None, deadlines: list, days: int | None) -> None:
    assert days_left(incident(evidence(status="proposed", date=date, deadlines=deadlines)), TODAY) == days


def test_sales_are_lost_over_the_horizon_from_the_day_it_takes_effect_and_peaks_weigh_more() -> None:
    one = replace(seller(position("TikTok Music", "ID", 100, stock=7)), peaks=(SALE,))
    found = impact(incident(evidence(date="2024-11-05")), one, TODAY, KIN)
    assert [(term.label, term.amount) for term in found.lost_sales] == [
        ("TikTok Music ID: 26 days of sales", Decimal(2600)),
        ("TikTok Music ID: 4 days of 11.11, sales x2.5", Decimal(1000)),
    ]
    assert (found.worst, found.horizon, found.per_day) == (3607, 30, 100)
    assert found.expected == found.worst * Decimal("0.9")
    short = impact(incident(evidence(date="2024-11-08")), replace(one, horizon=1), TODAY, KIN)
    assert [term.label for term in short.lost_sales] == ["TikTok Music ID: 1 day of 11.11, sales x2.5"]


@pytest.mark.parametrize(
    ("date", "says"),
    [
        ("2024-11-09", "2024-11-09 falls into 11.11 (sales x2.5) +1"),
        ("2024-11-03", "2024-11-03 is within a week of 11.11 (sales x2.5) +1"),
        ("2024-11", "2024-11 falls into 11.11 (sales x2.5) +1"),
        ("2024-10-20", ""),
        ("2024-11-12", ""),
        ("2024", ""),
        (None, ""),
    ],
)
def test_a_date_that_falls_into_a_peak_is_one_step_louder(date: str | None, says: str) -> None:
    one = replace(seller(position("TikTok Music", "ID", 10), position("Shopee", "PH", 90)), peaks=(MILD, SALE, SALE))
    found = impact(incident(evidence(date=date)), one, TODAY, KIN)
    assert [reason for reason in found.reasons if "11.11" in reason] == ([says] if says else [])
    assert found.severity is (Severity.CRITICAL if says else Severity.HIGH)


def test_a_date_that_has_passed_and_a_peak_elsewhere_make_nothing_louder() -> None:
    one = replace(seller(position("TikTok Music", "ID", 10), position("Shopee", "PH", 90)), peaks=(SALE,))
    assert impact(incident(evidence(date="2024-11-09")), one, day(60).date(), KIN).severity is Severity.HIGH
    abroad = replace(one, peaks=(replace(SALE, countries=("PH",)),))
    assert impact(incident(evidence(date="2024-11-09")), abroad, TODAY, KIN).severity is Severity.HIGH


def test_each_part_can_be_saved_by_its_own_deadline_or_until_it_takes_effect() -> None:
    deadlines = [due("2024-10-10", "inventory"), due("2024-09-30", "inventory"), due("2024-09-01", "payout")]
    word = evidence(date="2024-11-28", deadlines=deadlines)
    hit = position("TikTok Music", "ID", stock=1000, unsettled_payouts=200, prepaid_ads=30)
    found = weighed(word, hit)
    assert [(one.what, one.amount, str(one.by), one.days_left, one.why) for one in found.savings] == [
        ("stock", Decimal(1000), "2024-09-30", 6, "inventory deadline"),
        ("prepaid ads", Decimal(30), "2024-11-28", 65, "it takes effect"),
        ("customer data", None, "2024-11-28", 65, "it takes effect"),
        ("unsettled payouts", Decimal(200), "2024-09-01", -23, "payout deadline"),
    ]
    assert found.savable == 1030, "the payouts are too late"


def test_without_a_date_all_can_be_saved_and_after_a_reversal_nothing_needs_to_be() -> None:
    hit = position("TikTok Music", "ID", stock=1000)
    assert [(one.what, one.by, one.days_left) for one in weighed(evidence(), hit).savings] == [
        ("stock", None, None),
        ("customer data", None, None),
    ]
    assert weighed(evidence(status="reversed"), hit).savings == ()
    assert weighed(evidence(event="policy"), hit).savings == ()


def test_what_can_be_saved_in_one_country_is_not_too_late_because_it_is_in_the_other() -> None:
    everywhere = evidence("a", authority="official", by="TikTok", date="2024-09-20", at=day(-9))
    later = evidence("b", authority="official", by="TikTok", regions=["BR"], date="2024-11-28", at=day(-8))
    one = seller(position(country="ID", stock=1000), position(country="BR", stock=200, prepaid_ads=5))
    found = impact(incident(everywhere, later), one, TODAY, KIN)
    assert [(saved.what, saved.amount, str(saved.by), saved.late) for saved in found.savings] == [
        ("stock", Decimal(200), "2024-11-28", False),
        ("prepaid ads", Decimal(5), "2024-11-28", False),
        ("customer data", None, "2024-11-28", False),
        ("stock", Decimal(1000), "2024-09-20", True),
        ("customer data", None, "2024-09-20", True),
    ]
    assert found.savable == 205


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (evidence(), "0.9"),
        (evidence(status="rumor"), "0.2"),
        (evidence(status="proposed", event="trade_rule", regions=["ID"]), "0.125"),
        (evidence(status="reversed"), "0"),
        (evidence(status="effective", authority="observed"), "0.5"),
    ],
)
def test_what_is_to_be_expected_is_the_worst_case_as_sure_and_as_usual_as_it_is(word: Evidence, expected: str) -> None:
    found = weighed(word, position("TikTok Music", "ID"))
    assert found.odds == Decimal(expected)
    assert found.expected == found.worst * found.odds <= found.worst


def test_the_reasons_name_the_event_in_plain_words() -> None:
    said = [weighed(evidence(event=event.value), position()).reasons[0].split(" is ")[0] for event in EventType]
    assert {"a market exit", "an insolvency", "an action against sellers"} < set(said)
    assert not any("_" in reason for reason in said)


def test_a_promise_that_lapsed_counts_half_until_somebody_answers() -> None:
    kept = incident(evidence(status="effective"))
    asked = replace(kept, question="has it happened?")
    assert odds(asked) * 2 == odds(kept) == Decimal(1)


def test_every_event_has_a_stake_and_every_rung_a_ceiling() -> None:
    assert set(STAKES) == set(EventType)
    assert set(CEILINGS) == set(Status)


cents = st.decimals(0, 1000, places=2)
positions = st.lists(
    st.builds(
        position,
        platform=st.sampled_from(["TikTok", "TikTok Shop", "Shopee"]),
        country=st.sampled_from(["US", "FR", "ID"]),
        sales=cents,
        stock=cents,
        unsettled_payouts=cents,
    ),
    max_size=6,
)
events = st.builds(
    evidence,
    event=st.sampled_from([event.value for event in EventType]),
    status=st.sampled_from([status.value for status in Status]),
    platforms=st.lists(st.sampled_from(["TikTok", "TikTok Shop", "Shopee"]), max_size=3, unique=True),
    regions=st.lists(st.sampled_from(["US", "EU", "FR", "WORLD"]), max_size=3, unique=True),
    date=st.sampled_from([None, "2024", "2024-09-30", "2026-01"]),
)


@pytest.mark.parametrize(
    ("ends", "sold_on", "hit"),
    [
        ("Shopify Scripts", "Shopify", True),  # nobody can list what no catalogue knows
        ("Shopify Scripts", "Shopify POS", False),
        ("Shopify POS Go", "Shopify POS", True),
        ("Shopify POS Go", "Shopify", False),  # who uses what it is part of can say so
        ("Shopify POS", "Shopify", False),  # who uses it can say so
        ("Shopify", "Shopify POS", True),
        ("Scripts", "Shopify", False),
    ],
)
def test_a_part_that_no_catalogue_knows_hits_who_sells_on_the_whole(ends: str, sold_on: str, hit: bool) -> None:
    found = impact(incident(evidence(platforms=[ends])), seller(position(sold_on, "ID", 100)), TODAY, CATALOGUE)
    assert bool(found.hits) is hit


def test_the_platform_itself_is_named_before_a_part_of_it_that_nobody_can_list() -> None:
    both = incident(evidence(platforms=["Shopify Scripts", "Shopify"]))
    found = impact(both, seller(position("Shopify", "ID", 100)), TODAY, CATALOGUE)
    assert found.hits == (Hit("Shopify", "ID", "Shopify"),)


@given(events, positions)
def test_value_at_risk_is_never_negative_never_more_than_all_and_is_the_sum_of_its_terms(word, some) -> None:
    found = impact(incident(word), seller(*some), TODAY, KIN)
    assert 0 <= found.at_once <= sum(p.stock + p.unsettled_payouts + p.prepaid_ads for p in some)
    assert 0 <= found.per_day <= sum(p.sales_per_day for p in some)
    assert found.at_once + found.per_day == sum(term.amount for term in found.terms)
    assert 0.0 <= found.share_of_sales <= 1.0
    assert 0 <= found.savable <= found.at_once <= found.worst
    assert 0 <= found.expected <= found.worst
    assert sum(term.amount for term in found.lost_sales) == found.per_day * found.horizon, "no peaks here"
    assert found.severity <= CEILINGS[incident(word).status]
    assert found.exposed is (bool(found.hits) or not some)


@given(events, positions)
def test_more_certainty_never_makes_it_quieter(word: Evidence, some: list[Position]) -> None:
    rungs = [evidence("d", s, word.signal.event_type, platforms=word.signal.platforms) for s in ("rumor", "confirmed")]
    rumor, confirmed = (impact(incident(one, now=day(0)), seller(*some), TODAY, KIN) for one in rungs)
    assert rumor.severity <= confirmed.severity
