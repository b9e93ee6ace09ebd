"""From a message to the letter that every channel shows: plain words, one clean line each, as a reader needs them."""

from dataclasses import dataclass
from datetime import date

from monitor.domain.alerts import Delivery, Message, Reason
from monitor.domain.deadlines import PartialDate
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Claimed, Evidence, Incident, unexplained
from monitor.domain.origins import origins
from monitor.domain.reversal import Reversal, reversal
from monitor.domain.signals import Status
from monitor.notify.citations import Cited, cited, documents
from monitor.notify.duties import MOST_JOBS, Job, Step, jobs, steps
from monitor.notify.headline import changes, headline, unanswered
from monitor.notify.wording import (
    AUTHORITY,
    RUNG,
    RUNG_MEANS,
    SEEN,
    SEEN_MEANS,
    SEVERITY,
    UNSEEN,
    UNSEEN_MEANS,
    clean,
    day,
    distance,
    listed,
    money,
    partial,
    place,
    shorten,
)

SUBJECT_LENGTH = 150  # Slack's limit for a header, and what a phone still shows of a mail
MOST_EVIDENCE = 6
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line: a fact, or an amount."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One alert in words. Every text is a single clean line; none is escaped for any channel yet."""

    subject: str
    headline: str
    tag: str  # the severity, or "All clear"
    severity: Severity
    test: bool
    repeat: bool
    facts: tuple[Line, ...]
    steps: tuple[Step, ...]
    jobs: tuple[Job, ...]  # the next steps of the playbook
    more_jobs: str  # how many more there are, and where; "" when these are all
    stake: tuple[Line, ...]  # the terms of the sum
    totals: tuple[Line, ...]
    stake_note: str
    changed_since: str  # a date; empty when this is the first message
    changes: tuple[str, ...]
    cited: tuple[Cited, ...]
    more_cited: int
    why: str
    incident_id: str
    alert_id: str


def compose(delivery: Delivery) -> Letter:
    """The letter of a delivery; a function of it alone, so that every try and every channel says the same."""
    message = delivery.message
    assert isinstance(message, Message), "a notice is no letter"
    incident = message.incident
    test, off = message.reason is Reason.TEST, reversal(incident)
    called_off = off is not None
    denials = {denial.key for denial in off.denials} if off else set()
    today, currency = message.made_at.date(), message.impact.currency
    tag = "All clear" if called_off else SEVERITY[message.impact.severity]
    marks = ("[may be a repeat] " if delivery.repeat else "") + ("[Test] " if test else "") + f"[{tag}] "
    rung = SEEN if unexplained(incident.evidence) else UNSEEN if unanswered(incident) else RUNG[incident.status]
    said = "" if called_off else f": {rung}"
    head = headline(incident)
    voices, more = documents(incident), len(message.tasks) - MOST_JOBS
    return Letter(
        subject=marks + shorten(head, SUBJECT_LENGTH - len(marks) - len(said)) + said,
        headline=head,
        tag=tag,
        severity=Severity.INFO if called_off else message.impact.severity,
        test=test,
        repeat=delivery.repeat,
        facts=_facts(message, off, [one for one in voices if one.key in denials] or voices, today),
        steps=() if called_off else steps(incident, today),
        jobs=jobs(message.tasks, today),
        more_jobs=f"and {more} more: sellerwatch incidents show {clean(incident.id[:10], 10)}" if more > 0 else "",
        stake=tuple(
            Line(clean(term.label, 80), money(term.amount, currency)) for term in message.impact.terms[:MOST_LINES]
        ),
        totals=_totals(message),
        stake_note=_stake_note(message),
        changed_since=day(message.before.at.date()) if message.before else "",
        changes=changes(message.before, message)[:MOST_LINES] if message.before else (),
        cited=tuple(cited(one, not denials or one.key in denials) for one in voices[:MOST_EVIDENCE]),
        more_cited=max(0, len(voices) - MOST_EVIDENCE),
        why=clean(message.why),
        incident_id=clean(incident.id, 64),
        alert_id=clean(message.alert_id, 64),
    )


def _facts(message: Message, off: Reversal | None, documents: list[Evidence], today: date) -> tuple[Line, ...]:
    """`documents` are those that say how it stands."""
    incident, when = message.incident, "not known yet"
    what = clean(incident.headline)
    if off:
        when = _called_off(off, unexplained(incident.evidence))
        what = what if off.denials else f"called off: {what}"  # else it is the title of a denial
    elif incident.effective_date:
        away = distance(incident.effective_date, today)
        when = partial(incident.effective_date) + (f" ({away})" if away else "")
    sure = UNSEEN_MEANS if unanswered(incident) else RUNG_MEANS[incident.status]
    sure = SEEN_MEANS if unexplained(incident.evidence) else sure
    voices = list(dict.fromkeys(clean(evidence.publisher, 60) for evidence in documents))
    if len(voices) > 1:
        strongest = AUTHORITY[documents[0].authority]
        first_hand = origins(documents)
        count = f"{len(voices)} independent sources"
        if first_hand < len(voices):
            count = f"{len(voices)} sources, {first_hand} of them independent"
        sources = f"{count}: {listed(voices, 4)}; the strongest is {strongest}"
    else:
        sources = "".join(f"one only: {voice} ({AUTHORITY[documents[0].authority]})" for voice in voices) or "none"
    return (
        Line("What", what),
        Line("Where", listed([place(code) for code in incident.regions], 12) or "not known yet"),
        Line("When", when),
        Line("How sure", f"{sure}. {clean(incident.status_why)}".strip()),
        Line("Sources", sources),
        *_open_points(incident),
    )


def _called_off(off: Reversal, seen: bool) -> str:
    """`called off since 2 Oct 2024, by the ministry; the old date, 1 Dec 2024, no longer holds`."""
    words = "no longer so" if seen else "called off"
    if off.since:
        words += f" since {day(off.since)}, by {listed([clean(name, 60) for name in off.who], 3)}"
    if off.gone:
        words += f"; the old date, {partial(off.gone)}, no longer holds"
    return words + (f"; named instead: {partial(off.instead)}" if off.instead else "")


def _open_points(incident: Incident) -> list[Line]:
    """What sources contradict each other about, and what somebody must find out."""
    points = [
        Line(f"Sources differ on the {one.about}", "; ".join(_held(side, one.about, incident) for side in one.sides))
        for one in incident.conflicts
    ]
    return points + ([Line("To find out", clean(incident.question))] if incident.question else [])


def _held(side: Claimed, about: str, incident: Incident) -> str:
    """What is said, and by whom: `28 Nov 2024 (Gazette)`."""
    publishers = {evidence.key: clean(evidence.publisher, 60) for evidence in incident.evidence}
    who = list(dict.fromkeys(publishers[key] for key in side.by if key in publishers))
    value = clean(side.value)
    if about == "date":
        value = partial(PartialDate(side.value))
    elif about == "status":
        value = RUNG[Status(side.value)]
    elif about == "place":
        value = listed([place(code) for code in side.value.split(", ")], 4)
    return f"{value} ({listed(who, 3) or 'a source'})"


def _totals(message: Message) -> tuple[Line, ...]:
    impact, lines = message.impact, []
    if impact.at_once:
        lines.append(Line("Lost at once", money(impact.at_once, impact.currency)))
    if impact.per_day:
        lines.append(Line("Lost each day after", money(impact.per_day, impact.currency)))
    if impact.share_of_sales:
        lines.append(Line("Share of your daily sales", f"{impact.share_of_sales:.0%}"))
    if impact.lost_sales and message.incident.status is not Status.REVERSED:
        lines.append(Line(f"Worst case, with {impact.horizon} days of sales", money(impact.worst, impact.currency)))
    if impact.savable:
        lines.append(Line("Of that, not too late to save", money(impact.savable, impact.currency)))
    return tuple(lines)


def _stake_note(message: Message) -> str:
    impact = message.impact
    if message.incident.status is Status.REVERSED:
        at_risk = impact.terms or impact.at_once or impact.per_day
        over = "It is no longer so." if unexplained(message.incident.evidence) else "It is called off."
        return over + (" The amounts below are no longer at risk." if at_risk else "")
    if not impact.exposed:
        stake = f"{clean(message.seller_name, 60)} has no position here. "
    elif not (impact.terms or impact.at_once or impact.per_day):
        stake = "No amounts are recorded for this; it is weighed by the event and its certainty alone. "
    else:
        stake = f"For {clean(message.seller_name, 60)}. "
    reasons = "; ".join(clean(reason, 120) for reason in impact.reasons)
    return f"{stake}Severity {SEVERITY[impact.severity].lower()}{f': {reasons}' if reasons else ''}."
