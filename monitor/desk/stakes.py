"""What an incident means for a seller, as the desk says it: every term of the sum in the reader's language."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from monitor.domain.exposure import Part, Seller
from monitor.domain.impact import Impact, Kin, as_seen_by, bill, impact, lost_sales, seasons, touched
from monitor.domain.incidents import Incident, unexplained
from monitor.domain.signals import Status
from monitor.domain.stakes import CERTAINTY, STAKES
from monitor.notify.grounds import how_loud
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, decimals, noop
from monitor.notify.wording import PART, RUNG, clean
from monitor.web.sections.case import Rescue, Stake, Summand

SAVED = {
    Part.STOCK.words: PART[Part.STOCK],
    Part.PAYOUTS.words: PART[Part.PAYOUTS],
    Part.ADS.words: PART[Part.ADS],
    "customer data": noop("customer data"),
}


def stake_of(incident: Incident, seller: Seller, today: date, kin: Kin, t: Tongue) -> Stake:
    """The sum term by term for that seller on that day, and what made it as loud as it is."""
    cost = impact(incident, seller, today, kin)
    seen = as_seen_by(incident, seller, kin)
    sums = bill(cost, decimals(cost.currency))
    terms = [term for term in cost.terms if term.part is not Part.SALES]
    tied = [
        Summand(_at(t.say(PART[term.part]), term.platform, term.country, t), amount)
        for term, amount in zip(terms, sums.tied, strict=True)
        if term.part is not None
    ]
    return Stake(
        seller_id=seller.id,
        seller_name=clean(seller.name, 60),
        exposed=cost.exposed,
        severity=cost.severity,
        why=how_loud(cost, seen, t) if cost.exposed else t.say("{seller} has no position here.", seller=seller.name),
        currency=cost.currency,
        tied=tuple(tied),
        at_once=sums.at_once,
        sales=tuple(_sales(sums.sales, seen, seller, today, kin, t)) if cost.hits else (),
        worst=sums.worst,
        odds=cost.odds,
        odds_why=odds_why(seen, t) if cost.worst else "",
        expected=cost.expected,
        over=cost.over,
        digits=sums.digits,
        savings=tuple(_savings(cost, t)),
        savable=cost.savable,
        per_day=cost.per_day,
        share_of_sales=cost.share_of_sales,
        days_left=cost.days_left,
        horizon=cost.horizon,
    )


def _at(what: str, platform: str, country: str, t: Tongue) -> str:
    label = t.say("{part} ({platform}, {place})", part=what, platform=clean(platform, 40), place=t.place(country))
    return f"{label[:1].upper()}{label[1:]}"


def _sales(
    amounts: Iterable[Decimal], seen: Incident, seller: Seller, today: date, kin: Kin, t: Tongue
) -> Iterable[Summand]:
    """Of the horizon, place by place, usual days and peaks apart, with the amounts as they are shown."""
    shown = iter(amounts)
    for position, _ in touched(seen, seller.positions, kin):
        terms = lost_sales(seen, seller, position, today)
        for _, days in zip(terms, seasons(seen, seller, position, today), strict=False):
            what = t.count("{n} day of sales", "{n} days of sales", days.days)
            if days.peak:
                values = {"peak": clean(t.say(days.peak), 60), "factor": t.number(days.factor)}
                what = t.count(
                    "{n} day of {peak} (sales × {factor})", "{n} days of {peak} (sales × {factor})", days.days, **values
                )
            yield Summand(_at(what, position.platform, position.country, t), next(shown))


def odds_why(seen: Incident, t: Tongue) -> str:
    """What the odds are made of, so that whoever multiplies comes to the same."""
    usual = STAKES[seen.event_type].usual
    parts = [t.say("{what}: {share}", what=t.say(RUNG[seen.status]), share=_percent(CERTAINTY[seen.status], t))]
    if usual != 1:
        what = t.say("what it usually takes ({event})", event=t.say(EVENT[seen.event_type]))
        parts.append(t.say("{what}: {share}", what=what, share=_percent(usual, t)))
    if unexplained(seen.evidence):
        parts.append(
            t.say("{what}: {share}", what=t.say("only seen, not explained"), share=_percent(Decimal("0.5"), t))
        )
    elif seen.question:
        parts.append(
            t.say(
                "{what}: {share}",
                what=t.say("its date has passed, nothing was seen"),
                share=_percent(Decimal("0.5"), t),
            )
        )
    return " × ".join(parts)


def _percent(share: Decimal, t: Tongue) -> str:
    return t.percent(float(share))


def _savings(cost: Impact, t: Tongue) -> Iterable[Rescue]:
    for one in cost.savings:
        what = t.say(SAVED.get(one.what, one.what))
        if one.places:
            what = t.say("{what} ({where})", what=what, where=t.listed([t.place(code) for code in one.places], 4))
        yield Rescue(what, one.amount, one.by, one.days_left, one.late)


def is_off(incident: Incident) -> bool:
    """Whether it asks for nothing any more."""
    return incident.closed is not None or incident.status is Status.REVERSED
