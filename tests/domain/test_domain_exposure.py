"""What a seller has at stake, summed, and how much of it hangs on one thing."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from given import position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.exposure import Axis, Position, herfindahl, in_season, reading, single_points, slices, small_alone
from monitor.domain.peaks import Peak

OWNERS = {"tiktok": "ByteDance", "tiktok shop": "ByteDance", "amazon": "Amazon", "ebay": "eBay"}
ACME = seller(
    position("TikTok Shop", "US", 50, stock=100),
    position("TikTok", "US", 20),
    position("Amazon", "DE", 20, unsettled_payouts=300),
    position("Amazon", "US", 10),
)


def test_a_stake_is_summed_by_platform_by_company_and_by_country() -> None:
    by = {axis: [(one.name, one.share_of_sales) for one in slices(ACME, axis, OWNERS)] for axis in Axis}
    assert by == {
        Axis.PLATFORM: [("TikTok Shop", 0.5), ("Amazon", 0.3), ("TikTok", 0.2)],
        Axis.COMPANY: [("ByteDance", 0.7), ("Amazon", 0.3)],
        Axis.COUNTRY: [("US", 0.8), ("DE", 0.2)],
    }
    amazon = slices(ACME, Axis.PLATFORM, OWNERS)[1]
    assert (amazon.sales_per_day, amazon.tied_up, amazon.share_of_tied_up, amazon.positions) == (30, 300, 0.75, 2)


def test_what_is_sold_elsewhere_makes_every_share_smaller() -> None:
    partly = replace(ACME, elsewhere=Decimal(100))
    assert [one.share_of_sales for one in slices(partly, Axis.COMPANY, OWNERS)] == [0.35, 0.15]
    assert partly.sales == 200


@pytest.mark.parametrize(
    ("shares", "index", "says"),
    [
        ([], 0.0, "nothing to weigh"),
        ([1.0], 1.0, "all in one"),
        ([0.5, 0.5], 0.5, "highly concentrated: as if spread evenly over 2.0 platforms"),
        ([0.5, 0.25, 0.25], 0.375, "highly concentrated: as if spread evenly over 2.7 platforms"),
        ([0.125] * 8, 0.125, "moderately concentrated: as if spread evenly over 8.0 platforms"),
        ([0.0625] * 16, 0.0625, "spread: as if spread evenly over 16.0 platforms"),
    ],
)
def test_the_index_is_said_in_plain_words(shares: list[float], index: float, says: str) -> None:
    assert herfindahl(shares) == index
    assert reading(index, "platforms") == says


def test_single_points_of_failure_are_named_the_worst_first_and_with_their_reason() -> None:
    found = [(one.axis, one.name, one.why) for one in single_points(ACME, OWNERS)]
    assert found == [
        (Axis.COUNTRY, "US", "80% of all sales and 25% of all that is tied up"),
        (
            Axis.PLATFORM,
            "Amazon",
            "30% of all sales and 75% of all that is tied up, the only platform in DE (20% of all sales)",
        ),
        (Axis.COUNTRY, "DE", "75% of all that is tied up"),
        (Axis.COMPANY, "ByteDance", "70% of all sales and 25% of all that is tied up"),
        (Axis.PLATFORM, "TikTok Shop", "50% of all sales and 25% of all that is tied up"),
    ]


def test_a_platform_alone_in_small_countries_is_one_line_and_no_single_point() -> None:
    small = (position("Amazon", place, 2) for place in ("IN", "PL", "SE"))
    many = seller(position("Amazon", "DE", 44), position("eBay", "DE", 30), position("eBay", "GB", 20), *small)
    found = [(one.axis, one.name, one.why) for one in single_points(many, OWNERS)]
    assert found == [
        (Axis.COUNTRY, "DE", "74% of all sales"),
        (Axis.PLATFORM, "Amazon", "50% of all sales"),
        (Axis.PLATFORM, "eBay", "50% of all sales, the only platform in GB (20% of all sales)"),
    ]
    assert [(one.platform, one.country, one.share_of_sales) for one in small_alone(many)] == [
        ("Amazon", "IN", 0.02),
        ("Amazon", "PL", 0.02),
        ("Amazon", "SE", 0.02),
    ]
    keen = replace(many, lone_share=0.02)
    assert [len(one.only_in) for one in single_points(keen, OWNERS)] == [0, 3, 1]
    assert list(small_alone(keen)) == []


def test_who_has_one_platform_alone_is_told_so_once() -> None:
    found = single_points(seller(position("Amazon", "DE", 5), position("Amazon", "FR", 95)), OWNERS)
    assert [(one.axis, one.name) for one in found] == [(Axis.PLATFORM, "Amazon"), (Axis.COUNTRY, "FR")]


def test_who_has_nothing_has_nothing_that_fails() -> None:
    assert list(single_points(seller(), OWNERS)) == []
    assert slices(seller(), Axis.PLATFORM, OWNERS) == ()


def test_a_seller_knows_the_peaks_that_reach_a_position_the_earliest_first() -> None:
    spring, autumn = (
        Peak(name, date(2024, n, 1), date(2024, n, 2), Decimal(2), ("US",)) for name, n in (("s", 3), ("a", 9))
    )
    japan = replace(spring, countries=("JP",))
    assert in_season(ACME, (autumn, japan, spring)).peaks == (spring, autumn)


stakes = st.lists(
    st.builds(
        position,
        platform=st.sampled_from(["TikTok", "TikTok Shop", "Amazon", "eBay"]),
        country=st.sampled_from(["US", "FR"]),
        sales=st.integers(0, 1000),
        stock=st.integers(0, 1000),
    ),
    max_size=8,
)


@given(stakes)
def test_slices_share_out_all_there_is_and_the_index_of_owners_is_never_less_than_that_of_platforms(
    some: list[Position],
) -> None:
    one = seller(*some)
    for axis in Axis:
        parts = slices(one, axis, OWNERS)
        assert sum(part.sales_per_day for part in parts) == one.sales
        assert sum(part.tied_up for part in parts) == one.tied_up
        assert 0 <= herfindahl(part.share_of_sales for part in parts) <= 1.000001
    platforms, companies = (
        herfindahl(part.share_of_sales for part in slices(one, axis, OWNERS)) for axis in (Axis.PLATFORM, Axis.COMPANY)
    )
    assert companies >= platforms - 1e-9
