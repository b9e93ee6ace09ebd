"""Incident x exposure -> impact: who is hit, for how much, how loud."""

from decimal import Decimal

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.exposure import CEILINGS, STAKES, Hit, Impact, Position, Severity, days_left, impact
from monitor.domain.incidents import Evidence
from monitor.domain.signals import EventType, Status

TODAY = NOW.date()


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
    assert (found.exposed, found.severity, found.reasons) == (True, Severity.HIGH, ("shutdown is high",))
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
        "shutdown is high",
        "6 days left (at most 7) +1",
        "100% of daily sales (at least 25%) +1",
        "at most high while proposed",
    )
    far = weighed(evidence(date="2025-09-24"), position(sales=1), position("Shopee", "PH", 99))
    assert far.reasons[1:] == ("365 days left (more than 180) -1", "1.0% of daily sales (less than 2%) -1")


def test_much_stock_with_few_sales_is_no_small_matter() -> None:
    found = weighed(evidence(), position(sales=1, stock=5000), position("Shopee", "PH", 99))
    assert found.severity is Severity.HIGH


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


def test_every_event_has_a_stake_and_every_rung_a_ceiling() -> None:
    assert set(STAKES) == set(EventType)
    assert set(CEILINGS) == set(Status)


positions = st.lists(
    st.builds(
        position,
        platform=st.sampled_from(["TikTok", "TikTok Shop", "Shopee"]),
        country=st.sampled_from(["US", "FR", "ID"]),
        sales=st.integers(0, 1000),
        stock=st.integers(0, 1000),
        unsettled_payouts=st.integers(0, 1000),
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


@given(events, positions)
def test_value_at_risk_is_never_negative_never_more_than_all_and_is_the_sum_of_its_terms(word, some) -> None:
    found = impact(incident(word), seller(*some), TODAY, KIN)
    assert 0 <= found.at_once <= sum(p.stock + p.unsettled_payouts + p.prepaid_ads for p in some)
    assert 0 <= found.per_day <= sum(p.sales_per_day for p in some)
    assert found.at_once + found.per_day == sum(term.amount for term in found.terms)
    assert 0.0 <= found.share_of_sales <= 1.0
    assert found.severity <= CEILINGS[incident(word).status]
    assert found.exposed is (bool(found.hits) or not some)


@given(events, positions)
def test_more_certainty_never_makes_it_quieter(word: Evidence, some: list[Position]) -> None:
    rungs = [evidence("d", s, word.signal.event_type, platforms=word.signal.platforms) for s in ("rumor", "confirmed")]
    rumor, confirmed = (impact(incident(one, now=day(0)), seller(*some), TODAY, KIN) for one in rungs)
    assert rumor.severity <= confirmed.severity
