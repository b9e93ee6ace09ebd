"""What it means for the seller, as a letter says it: the terms of the sum, the sum, and why it weighs what it does."""

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.domain.alerts import Message
from monitor.domain.exposure import Part
from monitor.domain.impact import bill
from monitor.domain.incidents import unexplained
from monitor.domain.rounding import adding_up, rounded
from monitor.domain.signals import Status
from monitor.notify.grounds import how_loud
from monitor.notify.headline import untrue
from monitor.notify.tongue import Tongue, decimals
from monitor.notify.wording import PART, clean

MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line: a fact, or an amount. `key` names it for machines, in every language the same."""

    label: str
    text: str
    key: str = ""


def stake(message: Message, t: Tongue) -> Iterable[Line]:
    """The terms of what is lost at once and day by day."""
    sums = bill(message.impact, decimals(message.impact.currency))
    daily = [term.amount for term in message.impact.terms if term.part is Part.SALES]
    tied, sales = iter(sums.tied), iter(adding_up(daily, rounded(message.impact.per_day, sums.digits), sums.digits))
    for term in message.impact.terms[:MOST_LINES]:
        label = clean(term.label, 80)
        if term.part and term.platform:
            names = {"platform": clean(term.platform, 40), "place": t.place(clean(term.country, 40))}
            label = t.say("{part} ({platform}, {place})", part=t.say(PART[term.part]), **names)
            label = f"{label[:1].upper()}{label[1:]}"
        amount = next(sales if term.part is Part.SALES else tied)
        yield Line(label, t.money(amount, message.impact.currency, sums.digits))


def totals(message: Message, t: Tongue) -> Iterable[Line]:
    """The sums, the worst case, what of it can still be saved, and what is to be expected of it."""
    impact = message.impact
    sums = bill(impact, decimals(impact.currency))
    if impact.at_once:
        yield Line(t.say("Lost at once"), t.money(sums.at_once, impact.currency, sums.digits), "at_once")
    if impact.per_day:
        yield Line(t.say("Lost each day after"), t.money(impact.per_day, impact.currency, sums.digits), "per_day")
    if impact.share_of_sales:
        yield Line(t.say("Share of your daily sales"), t.percent(impact.share_of_sales), "share_of_sales")
    if impact.lost_sales and message.incident.status is not Status.REVERSED:
        label = t.count("Worst case, with {n} day of sales", "Worst case, with {n} days of sales", impact.horizon)
        if impact.worst != impact.at_once + impact.per_day * impact.horizon:  # else who multiplies finds another sum
            label = t.count(
                "Worst case, with {n} day of sales, peaks counted",
                "Worst case, with {n} days of sales, peaks counted",
                impact.horizon,
            )
        yield Line(label, t.money(sums.worst, impact.currency, sums.digits), "worst")
    if impact.savable:
        yield Line(t.say("Of that, not too late to save"), t.money(impact.savable, impact.currency), "savable")
    if impact.worst and 0 < impact.odds < 1:  # else it is over, or the worst case is what is to be expected
        label = t.say("To be expected of the worst case ({share})", share=t.percent(float(impact.odds), 1))
        yield Line(label, t.money(impact.expected, impact.currency, sums.digits), "expected")


def stake_note(message: Message, t: Tongue) -> str:
    """Whose stake it is, and why it is as loud as it is."""
    impact = message.impact
    if message.incident.status is Status.REVERSED:
        over = t.say("It is no longer so.") if unexplained(message.incident.evidence) else t.say("It is called off.")
        if untrue(message.incident):
            over = t.say("Nothing of the kind happens.")
        if impact.terms or impact.at_once or impact.per_day:
            over = t.sentences(over, t.say("The amounts below are no longer at risk."))
        return over
    seller = clean(message.seller_name, 60)
    if not impact.exposed:
        whose = t.say("{seller} has no position here.", seller=seller)
    elif not (impact.terms or impact.at_once or impact.per_day):
        unknown = t.say("No amounts are recorded for this; it is weighed by the event and its certainty alone.")
        whose = t.sentences(t.say("For {seller}.", seller=seller), unknown)
    else:
        whose = t.say("For {seller}.", seller=seller)
    return t.sentences(whose, how_loud(impact, message.incident, t))
