"""From a message to the letter that every channel shows: plain words, one clean line each, as a reader needs them."""

from dataclasses import dataclass
from datetime import date

from monitor.domain.alerts import Delivery, Message, Reason, Told
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Evidence, Incident, unexplained
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.notify.wording import (
    AUTHORITY,
    DUTY,
    EVENT,
    RUNG,
    RUNG_MEANS,
    SEEN,
    SEEN_MEANS,
    SEVERITY,
    clean,
    day,
    distance,
    language,
    link,
    listed,
    money,
    partial,
    place,
    shorten,
)

SUBJECT_LENGTH = 150  # Slack's limit for a header, and what a phone still shows of a mail
MOST_EVIDENCE = 6
MOST_LINES = 12
_AUTHORITY_RANK = {authority: rank for rank, authority in enumerate(Authority)}


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled line: a fact, or an amount."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """What to do, by when, and how long that is from the day of writing; `quote` is the source's own words."""

    by: str
    left: str
    what: str
    quote: str


@dataclass(frozen=True, slots=True)
class Cited:
    """One source that says so. `url` is None when it is no plain web link; `quote` is in the source's own language."""

    title: str
    url: str | None
    publisher: str
    authority: str
    language: str
    lang: str
    date: str
    quote: str


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
    test, called_off = message.reason is Reason.TEST, incident.status is Status.REVERSED
    today, currency = message.made_at.date(), message.impact.currency
    tag = "All clear" if called_off else SEVERITY[message.impact.severity]
    marks = ("[may be a repeat] " if delivery.repeat else "") + ("[Test] " if test else "") + f"[{tag}] "
    rung = SEEN if unexplained(incident.evidence) else RUNG[incident.status]
    said = "" if called_off else f": {rung}"
    head = headline(incident)
    documents = _documents(incident)
    return Letter(
        subject=marks + shorten(head, SUBJECT_LENGTH - len(marks) - len(said)) + said,
        headline=head,
        tag=tag,
        severity=Severity.INFO if called_off else message.impact.severity,
        test=test,
        repeat=delivery.repeat,
        facts=_facts(message, documents, today),
        steps=() if called_off else _steps(incident, today),
        stake=tuple(
            Line(clean(term.label, 80), money(term.amount, currency)) for term in message.impact.terms[:MOST_LINES]
        ),
        totals=_totals(message),
        stake_note=_stake_note(message),
        changed_since=day(message.before.at.date()) if message.before else "",
        changes=changes(message.before, message)[:MOST_LINES] if message.before else (),
        cited=tuple(_cited(evidence) for evidence in documents[:MOST_EVIDENCE]),
        more_cited=max(0, len(documents) - MOST_EVIDENCE),
        why=clean(message.why),
        incident_id=clean(incident.id, 64),
        alert_id=clean(message.alert_id, 64),
    )


def headline(incident: Incident) -> str:
    """Who does what, when and where: `TikTok Music closes on 28 Nov 2024 (ID, BR, AU)`."""
    if unexplained(incident.evidence):
        return clean(incident.headline)
    phrase = EVENT[incident.event_type]
    who = listed([clean(name, 40) for name in incident.platforms], 3)
    regions = ["worldwide" if code == "WORLD" else clean(code, 12) for code in incident.regions]
    where = f" ({listed(regions, 5)})" if regions else ""
    if incident.status is Status.REVERSED:
        what = f"{who} {phrase.noun}" if who else phrase.noun
        return f"{what[0].upper()}{what[1:]} called off{where}"
    if incident.status in {Status.RUMOR, Status.PROPOSED}:
        verb = phrase.may
    elif incident.status is Status.EFFECTIVE:
        verb = phrase.did
    else:
        verb = phrase.many if len(incident.platforms) > 1 else phrase.one
    when = ""
    if incident.effective_date:
        whole_day = len(incident.effective_date.parts) == 3
        preposition = "in" if phrase.preposition == "on" and not whole_day else phrase.preposition
        when = f" {preposition} {partial(incident.effective_date)}"
    if incident.event_type is EventType.TRADE_RULE:
        return f"{verb.capitalize()}{f' for {who}' if who else ''}{when}{where}"
    return f"{who or 'A platform'} {verb}{when}{where}"


def changes(before: Told, message: Message) -> tuple[str, ...]:
    """What moved since the seller was last told, each as one line."""
    incident, moved = message.incident, []
    if before.rung is not incident.status:
        moved.append(f"How sure: {RUNG[before.rung]} → {RUNG[incident.status]}")
    if before.severity is not message.impact.severity and incident.status is not Status.REVERSED:
        moved.append(f"Severity: {SEVERITY[before.severity]} → {SEVERITY[message.impact.severity]}")
    if before.effective_date != incident.effective_date:
        old, new = (partial(d) if d else "not known" for d in (before.effective_date, incident.effective_date))
        moved.append(f"Date: {old} → {new}")
    for label, old_names, new_names in (
        ("platform", before.platforms, incident.platforms),
        ("place", tuple(map(place, before.regions)), tuple(map(place, incident.regions))),
    ):
        moved += [f"New {label}: {clean(name, 40)}" for name in new_names if name not in old_names]
        moved += [f"No longer named as a {label}: {clean(name, 40)}" for name in old_names if name not in new_names]
    old_dates = {(deadline.date, deadline.role) for deadline in before.deadlines}
    new_dates = {(deadline.date, deadline.role) for deadline in incident.deadlines}
    moved += [f"New deadline: {partial(date)}, {DUTY[role]}" for date, role in sorted(new_dates - old_dates)]
    moved += [f"Deadline withdrawn: {partial(date)}, {DUTY[role]}" for date, role in sorted(old_dates - new_dates)]
    return tuple(moved)


def _documents(incident: Incident) -> list[Evidence]:
    """One evidence of each document, the strongest voice first, then the earliest."""
    ordered = sorted(incident.evidence, key=lambda e: (_AUTHORITY_RANK[e.authority], e.published, e.signal_no))
    return list({evidence.document_id: evidence for evidence in reversed(ordered)}.values())[::-1]


def _facts(message: Message, documents: list[Evidence], today: date) -> tuple[Line, ...]:
    incident = message.incident
    when = "no longer applies" if incident.status is Status.REVERSED else "not known yet"
    if incident.effective_date:
        away = distance(incident.effective_date, today)
        when = partial(incident.effective_date) + (f" ({away})" if away else "")
    sure = SEEN_MEANS if unexplained(incident.evidence) else RUNG_MEANS[incident.status]
    voices = list(dict.fromkeys(clean(evidence.publisher, 60) for evidence in documents))
    if len(voices) > 1:
        strongest = AUTHORITY[documents[0].authority]
        sources = f"{len(voices)} independent sources: {listed(voices, 4)}; the strongest is {strongest}"
    else:
        sources = "".join(f"one only: {voice} ({AUTHORITY[documents[0].authority]})" for voice in voices) or "none"
    return (
        Line("What", clean(incident.headline)),
        Line("Where", listed([place(code) for code in incident.regions], 12) or "not known yet"),
        Line("When", when),
        Line("How sure", f"{sure}. {clean(incident.status_why)}".strip()),
        Line("Sources", sources),
    )


def _totals(message: Message) -> tuple[Line, ...]:
    impact, lines = message.impact, []
    if impact.at_once:
        lines.append(Line("Lost at once", money(impact.at_once, impact.currency)))
    if impact.per_day:
        lines.append(Line("Lost each day after", money(impact.per_day, impact.currency)))
    if impact.share_of_sales:
        lines.append(Line("Share of your daily sales", f"{impact.share_of_sales:.0%}"))
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


def _steps(incident: Incident, today: date) -> tuple[Step, ...]:
    """What is still ahead in the order of its dates, then what has passed."""
    ordered = sorted(incident.deadlines, key=lambda deadline: (deadline.date.last_day < today, deadline))
    return tuple(
        Step(partial(deadline.date), distance(deadline.date, today), DUTY[deadline.role], clean(deadline.quote))
        for deadline in ordered[:MOST_LINES]
    )


def _cited(evidence: Evidence) -> Cited:
    return Cited(
        title=clean(evidence.title) or "(no title)",
        url=link(evidence.url),
        publisher=clean(evidence.publisher, 60),
        authority=AUTHORITY[evidence.authority],
        language=language(evidence.lang),
        lang=clean(evidence.lang, 12),
        date=day(evidence.published.date()),
        quote=_deciding_quote(evidence),
    )


def _deciding_quote(evidence: Evidence) -> str:
    """The longest words that decided the event or its status, else any that decided something; empty when none did."""
    spans = evidence.signal.spans
    deciding = [span for span in spans if span.says.startswith(("event:", "status:"))] or list(spans)
    return clean(max((span.quote for span in deciding), key=len, default=""))
