"""Amounts as they are shown: short, nothing that is something shown as nothing, and terms that add up to their sum."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

SMALL = 100  # units of a currency: an amount below is shown with its decimals, where it has any


def digits_for(amounts: Iterable[Decimal], decimals: int) -> int:
    """The decimals with which amounts that stand together are shown: those of their currency (`decimals`) when one of
    them is small and not whole, else none."""
    return decimals if any(abs(amount) < SMALL and amount != amount.to_integral_value() for amount in amounts) else 0


def rounded(amount: Decimal, digits: int) -> Decimal:
    """To so many decimals."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def adding_up(amounts: Sequence[Decimal], total: Decimal, digits: int) -> list[Decimal]:
    """Each with so many decimals, so that together they make `total`, which has no more of them and is their sum
    rounded up or down. By the largest remainder: none is off by a whole unit of the last decimal. Those that make
    another sum, as an older version may have kept them, are rounded each by itself."""
    unit = Decimal(1).scaleb(-digits)
    if abs(total - sum(amounts, Decimal(0))) >= unit:
        return [rounded(amount, digits) for amount in amounts]
    down = [amount.quantize(unit, ROUND_FLOOR) for amount in amounts]
    missing = int((total - sum(down, Decimal(0))) / unit)
    by_rest = sorted(range(len(amounts)), key=lambda n: down[n] - amounts[n])  # stable: of equals the first
    for n in by_rest[:missing]:
        down[n] += unit
    return down
