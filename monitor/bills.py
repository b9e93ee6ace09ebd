"""What an incident costs a seller, as a bill for people and as JSON for machines."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from monitor.domain.exposure import Part
from monitor.domain.impact import Impact, bill
from monitor.domain.savings import Saving
from monitor.notify.tongue import decimals
from monitor.tables import aligned, amount, percent


def impact_row(impact: Impact) -> dict[str, Any]:
    """An impact for machines, with the sums that are made of its terms; dates are text, `YYYY-MM-DD` or shorter."""
    sums = {"worst": impact.worst, "expected": impact.expected, "savable": impact.savable}
    row = asdict(impact) | sums
    row["savings"] = [one | {"by": one["by"] and one["by"]["text"]} for one in row["savings"]]
    row["grounds"] = [one | {"day": one["day"] and one["day"]["text"]} for one in row["grounds"]]
    return row


def impact_lines(impact: Impact) -> list[str]:
    """The sum term by term, as a bill: what is lost at once, over the horizon, in the worst case; what can be saved. Of
    what is called off it says that it is over, and what was at stake."""
    sums = bill(impact, decimals(impact.currency))
    tied = [term.label for term in impact.terms if term.part is not Part.SALES]  # those come day by day
    days = f"{impact.horizon} days of lost sales with it"
    rows: list[tuple[str, Decimal]] = [
        *zip(tied, sums.tied, strict=True),
        ("was to be lost at once" if impact.over else "lost at once", sums.at_once),
        *zip((term.label for term in impact.lost_sales), sums.sales, strict=True),
        (f"was at stake, {days}" if impact.over else f"worst case, {days}", sums.worst),
    ]
    if not impact.over:
        rows.append((f"to be expected of it, as sure as it is ({percent(impact.odds)})", impact.expected))
    lines = aligned(rows, impact.currency) if impact.hits else []
    if impact.over:
        return ["it is over, and nothing is at risk any more", *lines]
    lines += [f"can be saved: {line}" for line in aligned(map(saving, impact.savings), impact.currency)]
    at_once, per_day = (amount(one, impact.currency) for one in (impact.at_once, impact.per_day))
    lines.append(
        f"at once {at_once}, then {per_day} on a usual day "
        f"({impact.share_of_sales:.0%} of sales); {impact.severity.name.lower()}"
    )
    return lines


def saving(one: Saving) -> tuple[str, Decimal | None]:
    """`stock in DE, until 2025-01-19, when it takes effect (5 days left)`, and how much."""
    where = f" in {', '.join(one.places)}" if one.places else ""
    when = f"until {one.by}, {one.why}" if one.by else one.why
    left = "" if one.days_left is None else " (too late)" if one.late else f" ({one.days_left} days left)"
    return f"{one.what}{where}, {when}{left}", one.amount
