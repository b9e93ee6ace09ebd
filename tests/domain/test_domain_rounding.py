"""Amounts as they are shown: nothing that is something reads nothing, and terms make their sum."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.exposure import Part, Severity
from monitor.domain.impact import Impact, Term, bill
from monitor.domain.rounding import adding_up, digits_for, rounded

AMOUNTS = st.lists(st.decimals(0, 10**9, places=4), min_size=1, max_size=30)


@given(amounts=AMOUNTS, digits=st.integers(0, 3))
def test_terms_make_their_sum_and_none_is_off_by_a_whole_unit(amounts: list[Decimal], digits: int) -> None:
    total = rounded(sum(amounts, Decimal(0)), digits)
    shown = adding_up(amounts, total, digits)
    assert sum(shown) == total
    assert all(abs(one - amount) < Decimal(1).scaleb(-digits) for one, amount in zip(shown, amounts, strict=True))


def test_terms_that_never_made_the_sum_are_rounded_each_by_itself() -> None:
    assert adding_up([Decimal("10.6"), Decimal("20.2")], Decimal(500), 0) == [11, 20]


def test_small_amounts_have_the_decimals_of_their_currency_and_large_ones_none() -> None:
    cases = [(["0.05"], 2), (["0.125", "4000"], 2), (["50", "4000.5"], 0), (["100.5"], 0), (["0"], 0), ([], 0)]
    assert [digits_for(map(Decimal, amounts), 2) for amounts, _ in cases] == [digits for _, digits in cases]
    assert digits_for([Decimal("0.5")], 0) == 0, "yen have no decimals"


@given(tied=AMOUNTS, sales=AMOUNTS)
def test_a_bill_adds_up_at_both_of_its_sums(tied: list[Decimal], sales: list[Decimal]) -> None:
    terms = tuple(Term("t", amount, Part.STOCK) for amount in tied)
    lost = tuple(Term("s", amount, Part.SALES) for amount in sales)
    cost = Impact("acme", True, Severity.HIGH, sum(tied, Decimal(0)), terms=terms, lost_sales=lost)
    shown = bill(cost, 2)
    assert sum(shown.tied) == shown.at_once
    assert shown.at_once + sum(shown.sales) == shown.worst
    assert abs(shown.worst - cost.worst) < 1
