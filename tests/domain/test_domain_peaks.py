"""The seller's year: which days are a peak, where, and how much more is sold."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from given import KIN, NOW, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.impact import impact
from monitor.domain.peaks import Peak, Stretch, stretches

FRIDAY = Peak("Black Friday", date(2024, 11, 25), date(2024, 12, 1), Decimal(3), ("US", "EU"))
MONDAY = Peak("Cyber Monday", date(2024, 12, 1), date(2024, 12, 2), Decimal(4), ("US",))
PRIME = Peak("Prime Day", date(2024, 7, 16), date(2024, 7, 17), Decimal(5), platforms=("Amazon",))


def test_a_peak_is_one_where_its_countries_are_and_on_its_platforms() -> None:
    assert FRIDAY.reaches("Etsy", "US")
    assert FRIDAY.reaches("Etsy", "FR"), "a member of the Union"
    assert not FRIDAY.reaches("Etsy", "JP")
    assert PRIME.reaches("AMAZON", "JP")
    assert not PRIME.reaches("eBay", "JP")


def test_days_are_counted_by_the_highest_peak_that_holds() -> None:
    assert stretches((FRIDAY, MONDAY), date(2024, 11, 28), 7) == (
        Stretch(2, Decimal(1), ""),
        Stretch(3, Decimal(3), "Black Friday"),
        Stretch(2, Decimal(4), "Cyber Monday"),
    )


def test_without_a_peak_all_days_are_usual() -> None:
    assert stretches((FRIDAY,), date(2024, 3, 1), 30) == (Stretch(30, Decimal(1), ""),)


days = st.dates(date(2024, 1, 1), date(2024, 12, 31))
peaks = st.lists(
    st.builds(
        lambda name, first, length, factor: Peak(name, first, first + timedelta(days=length), factor),
        name=st.sampled_from("abc"),
        first=days,
        length=st.integers(0, 60),
        factor=st.decimals(1, 5, places=1),
    ),
    max_size=5,
)


@given(peaks, days, st.integers(1, 90))
def test_every_day_is_counted_once_and_a_peak_lowers_no_day(some: list[Peak], first: date, number: int) -> None:
    found = stretches(some, first, number)
    assert sum(one.days for one in found) == number
    assert all(one.factor >= 1 for one in found)
    assert stretches(list(reversed(some)), first, number) == found, "whatever the order of the calendar"


@pytest.mark.parametrize(
    ("event", "closes", "what", "raised"),
    [
        ("shutdown", "2024-10-15", "payout", False),
        ("market_exit", "2024-10-15", "data_export", False),
        ("ban", "2024-10", "login", False),
        ("shutdown", "2024-10-15", "inventory", True),
        ("shutdown", "2024-10-15", "orders", True),
        ("shutdown", "2024-12-31", "payout", True),
        ("shutdown", None, "payout", True),
        ("policy", "2024-10-15", "other", True),
    ],
)
def test_what_is_due_after_a_closing_raises_only_where_it_needs_stock_or_orders(
    event: str, closes: str | None, what: str, raised: bool
) -> None:
    word = evidence(event=event, date=closes, regions=["US"], deadlines=[due("2024-11-28", what)])
    own = replace(seller(position("TikTok Music", "US", 10)), peaks=(FRIDAY,))
    reasons = impact(incident(word), own, NOW.date(), KIN).reasons
    told = ["2024-11-28 falls into Black Friday (sales x3) +1"] if raised else []
    assert [reason for reason in reasons if "Black Friday" in reason] == told


def test_a_payout_day_does_not_hide_the_stock_that_is_due_on_it() -> None:
    own = replace(seller(position("TikTok Music", "US", 10)), peaks=(FRIDAY,))
    both = [due("2024-11-28", "inventory"), due("2024-11-28", "payout")]
    early = evidence(date="2024-10-15", regions=["US"], deadlines=both)
    assert any("Black Friday" in one for one in impact(incident(early), own, NOW.date(), KIN).reasons)
