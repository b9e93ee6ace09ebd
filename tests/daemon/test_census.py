"""Which deadlines wait for people, how soon, and at which positions."""

import pytest
from given import KIN, NOW, day, due, evidence, incident, position, seller
from hypothesis import given
from hypothesis import strategies as st

from monitor.census import BANDS, band, deadlines_at_positions, open_deadlines
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.handling import closed
from monitor.domain.rulings import Act, ActKind


@given(st.integers(-400, 4000))
def test_every_number_of_days_has_its_band_and_bands_are_in_order(days: int):
    assert BANDS.index(band(days)) <= BANDS.index(band(days + 1))


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, "overdue"), (0, "1d"), (1, "1d"), (2, "7d"), (8, "30d"), (31, "later")]
)
def test_a_band_ends_with_the_day_that_it_names(days: int, expected: str):
    assert band(days) == expected


def done(subject: str, seller_id: str = "") -> Act:
    return Act("a", "i1", ActKind.DONE, NOW, "kim", subject, seller_id=seller_id)


def test_a_deadline_is_open_until_all_sellers_have_done_it_and_no_longer_than_a_month_past_it():
    dates = [due("2024-09-25"), due("2024-10-20", "refund"), due("2024-09-20", "orders"), due("2024-08-01", "payout")]
    found = incident(evidence(deadlines=dates))
    two = {seller(id="acme").id, seller(id="best").id}
    assert open_deadlines([found], {}, two, NOW.date()) == {
        (DeadlineRole.DATA_EXPORT, "1d"): 1,
        (DeadlineRole.REFUND, "30d"): 1,
        (DeadlineRole.ORDERS, "overdue"): 1,
    }
    by = {found.id: [done("deadline:refund:2024-10-20"), done("deadline:data_export:2024-09-25", "acme")]}
    left = open_deadlines([found], by, two, NOW.date())
    assert set(left) == {(DeadlineRole.DATA_EXPORT, "1d"), (DeadlineRole.ORDERS, "overdue")}, "best has not exported"
    both = {found.id: [*by[found.id], done("deadline:data_export:2024-09-25", "best")]}
    assert set(open_deadlines([found], both, two, NOW.date())) == {(DeadlineRole.ORDERS, "overdue")}
    assert not open_deadlines([closed(found, "kim", "", day(1))], {}, two, NOW.date())


def test_a_deadline_waits_at_each_position_that_it_is_for_until_that_seller_has_done_it():
    dates = [due("2024-09-25"), due("2024-10-20", "refund")]
    found = incident(evidence(platforms=["TikTok"], regions=["ID", "BR"], deadlines=dates))
    acme = seller(position("TikTok Shop", "ID"), position("TikTok Shop", "US"), position("Shopee", "ID"), id="acme")
    best = seller(position("TikTok Shop", "BR"), id="best")
    today, both = NOW.date(), (acme, best)
    here = {("acme", "TikTok Shop", "ID", "1d"): 1, ("acme", "TikTok Shop", "ID", "30d"): 1}
    there = {("best", "TikTok Shop", "BR", "1d"): 1, ("best", "TikTok Shop", "BR", "30d"): 1}
    assert deadlines_at_positions([found], {}, {}, both, today, KIN) == here | there
    by = {found.id: [done("deadline:data_export:2024-09-25", "acme"), done("deadline:refund:2024-10-20")]}
    assert deadlines_at_positions([found], by, {}, both, today, KIN) == {("best", "TikTok Shop", "BR", "1d"): 1}
    passed = {found.id: [Act("a", found.id, ActKind.NOT_FOR_US, NOW, "kim", seller_id="best")]}
    assert deadlines_at_positions([found], {}, passed, both, today, KIN) == here
    assert not deadlines_at_positions([closed(found, "kim", "", day(1))], {}, {}, both, today, KIN)


def test_a_deadline_of_one_place_waits_there_alone():
    said = evidence(regions=["ID"], date="2024-12-01", deadlines=[due("2024-10-20", "refund")])
    other = evidence("d2", regions=["BR"], date="2025-03-01", deadlines=[due("2025-02-01", "refund")])
    found = incident(said, other)
    assert len(found.deadlines) == 2
    sells = seller(position(country="ID"), position(country="BR"))
    waiting = deadlines_at_positions([found], {}, {}, [sells], NOW.date(), KIN)
    assert waiting == {("acme", "TikTok Music", "ID", "30d"): 1, ("acme", "TikTok Music", "BR", "later"): 1}
