"""What an incident would cost a seller, term by term, what of it can still be saved, and how loud that makes it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.exposure import TIED_UP, Part, Position, Seller, Severity
from monitor.domain.incidents import Incident, drilled, unexplained
from monitor.domain.localities import called_off, date_at, here, starts
from monitor.domain.peaks import Stretch, stretches
from monitor.domain.places import overlap
from monitor.domain.platforms import unlisted
from monitor.domain.rounding import adding_up, digits_for, rounded
from monitor.domain.savings import Saving, days_to, savings
from monitor.domain.signals import EventType, Status
from monitor.domain.stakes import CEILINGS, CERTAINTY, STAKES, Ground, Step, Weighs, by_money

Kin = Mapping[str, Collection[str]]
"""Case-folded platform name -> the case-folded names of all that it is part of."""


@dataclass(frozen=True, slots=True)
class Term:
    """One summand of a sum, shown as it stands."""

    label: str
    amount: Decimal
    part: Part | None = None  # of the position
    platform: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A position that the incident touches, and through which platform of the incident ("" when it binds all)."""

    platform: str
    country: str
    via: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What one incident means for one seller, with the sum and the reasons that made it."""

    seller_id: str
    exposed: bool
    severity: Severity
    at_once: Decimal = Decimal(0)  # lost if it happened now: stock, payouts, ads
    per_day: Decimal = Decimal(0)  # lost for every usual day after
    currency: str = ""
    share_of_sales: float = 0.0  # 0..1 of the seller's daily sales
    terms: tuple[Term, ...] = ()  # of at_once, then of per_day
    reasons: tuple[str, ...] = ()
    days_left: int | None = None  # to the effective date or the first deadline, the sooner; None when undated
    hits: tuple[Hit, ...] = ()  # the positions touched; empty for a seller who gave none
    horizon: int = 0  # days of lost sales that the worst case reckons with
    lost_sales: tuple[Term, ...] = ()  # over the horizon, usual days and peaks apart
    odds: Decimal = Decimal(1)  # the part of the worst case that is to be expected (`odds`)
    savings: tuple[Saving, ...] = ()  # the soonest first
    grounds: tuple[Ground, ...] = ()  # `reasons` by what they rest on, to be said in any language

    @property
    def worst(self) -> Decimal:
        """The worst case: all that is lost at once, and the sales of the horizon."""
        return self.at_once + sum((term.amount for term in self.lost_sales), Decimal(0))

    @property
    def expected(self) -> Decimal:
        """The worst case, weighed by how sure it is and how such events usually end: beside it, never instead."""
        return self.worst * self.odds

    @property
    def over(self) -> bool:
        """Whether it is called off: then nothing of it is at risk, and the sums say what was."""
        return not self.odds

    @property
    def savable(self) -> Decimal:
        """What is not yet too late to save."""
        return sum((one.amount for one in self.savings if one.amount and not one.late), Decimal(0))


@dataclass(frozen=True, slots=True)
class Bill:
    """The amounts of an impact as they are shown, with `digits` decimals: `tied` add up to `at_once`, and that with
    `sales` to `worst`."""

    digits: int
    tied: tuple[Decimal, ...]  # of the terms that are lost at once, in their order
    at_once: Decimal
    sales: tuple[Decimal, ...]  # of `lost_sales`
    worst: Decimal


def bill(one: Impact, decimals: int) -> Bill:
    """The amounts of an impact rounded so that they add up; `decimals` are those of its currency."""
    tied = [term.amount for term in one.terms if term.part is not Part.SALES]
    sales = [term.amount for term in one.lost_sales]
    digits = digits_for((*tied, *sales, one.at_once, one.worst), decimals)
    worst = rounded(one.worst, digits)
    at_once, rest = adding_up([one.at_once, one.worst - one.at_once], worst, digits)
    return Bill(digits, tuple(adding_up(tied, at_once, digits)), at_once, tuple(adding_up(sales, rest, digits)), worst)


SOON, FAR = 7, 180  # days: nearer is one step louder, farther one step quieter
RAISING = Decimal("1.5")  # a peak that sells less than this times the usual makes nothing louder
_ENDING = frozenset({EventType.SHUTDOWN, EventType.MARKET_EXIT, EventType.BAN})  # nothing is sold after these
_OF_GOODS = frozenset({DeadlineRole.ORDERS, DeadlineRole.INVENTORY})  # acts that need stock or sales


def impact(incident: Incident, seller: Seller, today: date, kin: Kin) -> Impact:
    """What the incident means for the seller on that day, with the sum term by term and the reasons for its severity.

    A position is hit when the incident names its platform, one that it is part of, or a part of it that the catalogue
    does not know, in its country; a trade rule hits every platform of its places. A stake in the EU or the WORLD as a
    whole is hit by what happens in any of its countries. Each position counts once, by the date and the rung of its own
    country.
    """
    incident = as_seen_by(incident, seller, kin)
    days, nothing = days_left(incident, today), Decimal(0)
    invented = drilled(incident.evidence)
    if not seller.positions and not invented:
        severity, reasons, grounds = _severity(incident, None)
        unpriced = (severity, nothing, nothing, seller.currency, 0.0, (), reasons, days)
        return Impact(seller.id, True, *unpriced, grounds=grounds)
    found = () if invented else touched(incident, seller.positions, kin)
    if not found:
        reasons = ("none of the positions is on its platforms in its places",)
        return Impact(seller.id, False, Severity.INFO, currency=seller.currency, reasons=reasons, days_left=days)
    positions = [position for position, _ in found]
    stake = STAKES[incident.event_type]
    lost = [
        Term(f"{_where(position)}: {part.words}", amount, part, position.platform, position.country)
        for position in positions
        for part in TIED_UP
        if (amount := stake.of(position, part))
    ]
    daily = [
        Term(f"{_where(position)}: {Part.SALES.words}", amount, Part.SALES, position.platform, position.country)
        for position in positions
        if (amount := stake.of(position, Part.SALES))
    ]
    sales = seller.sales
    share = float(sum((position.sales_per_day for position in positions), nothing) / sales) if sales else 0.0
    at_once = sum((term.amount for term in lost), nothing)
    money = [*by_money(share, at_once, sales), *_peak(incident, seller, positions, today)]
    severity, reasons, grounds = _severity(incident, days, money)
    return Impact(
        seller_id=seller.id,
        exposed=True,
        severity=severity,
        at_once=at_once,
        per_day=sum((term.amount for term in daily), nothing),
        currency=seller.currency,
        share_of_sales=share,
        terms=(*lost, *daily),
        reasons=reasons,
        days_left=days,
        hits=tuple(hit for _, hit in found),
        horizon=seller.horizon,
        lost_sales=tuple(term for position in positions for term in lost_sales(incident, seller, position, today)),
        odds=odds(incident),
        savings=savings(incident, positions, today),
        grounds=grounds,
    )


def as_seen_by(incident: Incident, seller: Seller, kin: Kin) -> Incident:
    """The incident as it is in the places where it hits the seller (`localities.here`)."""
    return here(incident, places_hit(incident, seller, kin)) if incident.dates else incident


def places_hit(incident: Incident, seller: Seller, kin: Kin) -> frozenset[str]:
    """Where it hits the seller, or did until it was called off there."""
    return frozenset(position.country for position in seller.positions if _hit(incident, position, kin))


def odds(incident: Incident) -> Decimal:
    """The part of the worst case that is to be expected: how sure it is, times what such events usually take.

    What probes alone have seen may be anything, and a promise that lapsed may never come true: each counts half.
    """
    doubted = unexplained(incident.evidence) or bool(incident.question)
    return CERTAINTY[incident.status] * STAKES[incident.event_type].usual * (Decimal("0.5") if doubted else Decimal(1))


def days_left(incident: Incident, today: date) -> int | None:
    """Days to the effective date or the first deadline ahead, whichever is first; negative when all have passed.

    A month or a year that has not begun counts from its first day, one that runs to its last.
    """
    days = [days_to(day, today) for day in _dates(incident)]
    ahead = [count for count in days if count >= 0]
    return min(ahead) if ahead else max(days, default=None)


def _dates(incident: Incident) -> list[PartialDate]:
    return [*(deadline.date for deadline in incident.deadlines), *starts(incident)]


def touched(incident: Incident, positions: Iterable[Position], kin: Kin) -> Sequence[tuple[Position, Hit]]:
    """The positions that the incident hits, each with how; not those in places where alone it is called off."""
    over = incident.status is Status.REVERSED
    return [
        (position, hit)
        for position in positions
        if (hit := _hit(incident, position, kin)) is not None and (over or not called_off(incident, position.country))
    ]


def _hit(incident: Incident, position: Position, kin: Kin) -> Hit | None:
    if not overlap(incident.regions, (position.country,)):
        return None
    if incident.event_type is EventType.TRADE_RULE:
        return Hit(position.platform, position.country, "")
    name = position.platform.casefold()
    lineage = {name, *kin.get(name, ())}
    listed = (platform for platform in incident.platforms if platform.casefold() in lineage)
    parts = (platform for platform in incident.platforms if unlisted(platform.casefold(), kin) == name)
    via = next(listed, None) or next(parts, None)
    return None if via is None else Hit(position.platform, position.country, via)


def lost_sales(incident: Incident, seller: Seller, position: Position, today: date) -> Sequence[Term]:
    """The sales of the horizon, usual days and peaks apart."""
    daily = STAKES[incident.event_type].of(position, Part.SALES)
    return [
        Term(
            f"{_where(position)}: {_days(one.days)} of {f'{one.peak}, sales x{one.factor:f}' if one.peak else 'sales'}",
            daily * one.days * one.factor,
            Part.SALES,
            position.platform,
            position.country,
        )
        for one in (seasons(incident, seller, position, today) if daily else ())
    ]


def seasons(incident: Incident, seller: Seller, position: Position, today: date) -> Sequence[Stretch]:
    """The days of the horizon by peak. It begins when it takes effect: today, when that is past or not known."""
    day = date_at(incident, position.country)
    first = max(day.first_day, today) if day is not None else today
    near = [peak for peak in seller.peaks if peak.meets(first, first + timedelta(days=seller.horizon))]  # few
    return stretches([one for one in near if one.reaches(position.platform, position.country)], first, seller.horizon)


def _where(position: Position) -> str:
    return f"{position.platform} {position.country}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _peak(incident: Incident, seller: Seller, positions: Sequence[Position], today: date) -> Iterable[Step]:
    """One step, once, when a date ahead falls into a peak of a position that is hit, or into the week before it: who
    is shut out then loses the peak. A date known to the year alone falls into none, nor does a payout day after the
    closing: nothing is sold any more."""
    for day in sorted({*starts(incident), *(deadline.date for deadline in incident.deadlines)}):
        first, last = max(day.first_day, today), day.last_day
        if last < today or len(day.parts) < 2:
            continue
        due = [deadline for deadline in incident.deadlines if deadline.date == day]
        struck = [
            one
            for one in positions
            if date_at(incident, one.country) == day or any(_while_sold(it, incident, one) for it in due)
        ]
        for peak in seller.peaks:
            if (
                peak.meets(first, last + timedelta(days=SOON))
                and peak.factor >= RAISING
                and any(peak.reaches(position.platform, position.country) for position in struck)
            ):
                inside = peak.meets(first, last)
                into = "falls into" if inside else "is within a week of"
                kind = Weighs.PEAK if inside else Weighs.NEAR_PEAK
                ground = Ground(kind, 1, float(peak.factor), peak=peak.name, day=day)
                yield ground, f"{day} {into} {peak.name} (sales x{peak.factor:f})"
                return


def _while_sold(deadline: Deadline, incident: Incident, position: Position) -> bool:
    """Whether something is sold there by that day yet, or stock and orders are what the deadline is about."""
    end = date_at(incident, position.country) if incident.event_type in _ENDING else None
    return end is None or deadline.date.first_day <= end.last_day or deadline.role in _OF_GOODS


def _one(event: EventType) -> str:
    """`a market exit`."""
    said = {EventType.POLICY: "change of seller terms", EventType.ENFORCEMENT: "action against sellers"}
    noun = said.get(event, event.value.replace("_", " "))
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _severity(
    incident: Incident, days: int | None, money: Iterable[Step] = ()
) -> tuple[Severity, tuple[str, ...], tuple[Ground, ...]]:
    """The event's own loudness, a step for time left and those for money, under the ceiling of its rung."""
    base = STAKES[incident.event_type].severity
    seen = unexplained(incident.evidence)  # gone from sight, and nobody said what it is: no reason to wake anybody
    what = Ground(Weighs.OUT_OF_SIGHT if seen else Weighs.EVENT, severity=base)
    steps: list[Step] = [(what, f"{'out of sight' if seen else _one(incident.event_type)} is {base.name.lower()}")]
    if days is not None and 0 <= days <= SOON:
        steps.append((Ground(Weighs.SOON, 1, days), f"{days} days left (at most {SOON})"))
    elif days is not None and days > FAR:
        steps.append((Ground(Weighs.FAR, -1, days), f"{days} days left (more than {FAR})"))
    steps += money
    wanted = base + sum(ground.step for ground, _ in steps)
    ceiling = min(CEILINGS[incident.status], Severity.HIGH) if seen else CEILINGS[incident.status]
    if wanted > ceiling and ceiling < Severity.CRITICAL:  # nothing is louder than that on any rung
        held = Ground(Weighs.ONLY_SEEN if seen else Weighs.UNSURE, severity=ceiling)
        steps.append((held, f"at most {ceiling.name.lower()} while {'only seen' if seen else incident.status.value}"))
    severity = Severity(max(Severity.INFO, min(wanted, ceiling, Severity.CRITICAL)))
    reasons = tuple(f"{says}{f' {ground.step:+d}' if ground.step else ''}" for ground, says in steps)
    return severity, reasons, tuple(ground for ground, _ in steps)
