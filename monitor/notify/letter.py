"""From a message to the letter that every channel shows: plain words, one clean line each, in the reader's language."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from monitor.domain.alerts import Delivery, Message, Reason
from monitor.domain.deadlines import PartialDate
from monitor.domain.doubts import faint_denials
from monitor.domain.exposure import Severity
from monitor.domain.incidents import Claimed, Evidence, Incident, aloud, unexplained
from monitor.domain.origins import origins
from monitor.domain.reversal import Reversal, reversal
from monitor.domain.signals import Status
from monitor.notify.citations import Cited, cited, documents
from monitor.notify.duties import MOST_JOBS, Job, Step, due, jobs, steps
from monitor.notify.grounds import doubted, how_sure, notes, why
from monitor.notify.headline import FALSE_ALARM, changes, day_moved, headline, rung, still, untrue
from monitor.notify.stake import MOST_LINES, Line, stake, stake_note, totals
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import ALL_CLEAR, AUTHORITY, RUNG, SEEN, SEVERITY, clean, shorten

SUBJECT_LENGTH = 150  # Slack's limit for a header, and what a phone still shows of a mail
MOST_OF_A_NAME = 30  # of a seller, in a subject
MOST_EVIDENCE = 6
MOST_PLACES = 12
_AGAIN = frozenset({Reason.REPEAT, Reason.ESCALATED, Reason.DUE})  # these come though nothing changed, and say why


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the reader can do with one click; `kind` is an `ActKind`'s value, or "unsubscribe"."""

    label: str
    url: str
    kind: str = ""


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
    changed_since: str  # a day, or of this very day a moment; empty when this is the first message
    changes: tuple[str, ...]
    cited: tuple[Cited, ...]
    more_cited: int
    why: str
    incident_id: str
    alert_id: str
    language: str = "en"
    zone: str = "UTC"
    notes: tuple[str, ...] = ()  # what to know of the message itself: that it may be a copy, a test, comes late
    due: tuple[str, ...] = ()  # of a reminder: what is due
    actions: tuple[Action, ...] = ()


def compose(delivery: Delivery, links: Iterable[tuple[str, str]] = ()) -> Letter:
    """The letter of a delivery; a function of it alone, so that every try and every channel says the same. `links` are
    what it can be answered with, each by its kind."""
    message, t = delivery.message, tongue(delivery.language, delivery.zone)
    assert isinstance(message, Message), "a notice is no letter"
    incident = message.incident
    off = reversal(incident)
    called_off = off is not None
    denials = {denial.key for denial in off.denials} if off else set()
    today = t.today(message.made_at)
    tag = t.say(_tag(message, called_off))
    head = headline(incident, t)
    voices, more = documents(incident), len(message.tasks) - MOST_JOBS
    doubts = faint_denials(incident, {hit.country for hit in message.impact.hits})
    moved = changes(message.before, message, t) if message.before else ()
    again = message.reason in _AGAIN
    return Letter(
        subject=_subject(delivery, message, tag, head, called_off, t),
        headline=head,
        tag=tag,
        severity=Severity.INFO if called_off else message.impact.severity,
        test=message.reason is Reason.TEST,
        repeat=delivery.repeat,
        facts=_facts(message, off, [one for one in voices if one.key in denials] or aloud(voices), doubts, today, t),
        steps=() if called_off else steps(incident, today, t),
        jobs=jobs(message.tasks, incident, today, t),
        more_jobs=t.count(
            "and {n} more: sellerwatch incidents show {incident}",
            "and {n} more: sellerwatch incidents show {incident}",
            more,
            incident=clean(incident.id[:10], 10),
        )
        if more > 0
        else "",
        stake=tuple(stake(message, t)),
        totals=tuple(totals(message, t)),
        stake_note=stake_note(message, t),
        changed_since=_since(message.before.at, message.made_at, t) if message.before and (moved or not again) else "",
        changes=moved[:MOST_LINES],
        cited=tuple(
            cited(one, t, not denials or one.key in denials)
            for one in sorted(voices, key=lambda one: one not in doubts)[:MOST_EVIDENCE]
        ),
        more_cited=max(0, len(voices) - MOST_EVIDENCE),
        why=why(message, t),
        incident_id=clean(incident.id, 64),
        alert_id=clean(message.alert_id, 64),
        language=delivery.language,
        zone=delivery.zone,
        notes=notes(delivery, t),
        due=tuple(due(item, t) for item in message.due[:MOST_LINES]),
        actions=actions(links, t),
    )


def _since(told: datetime, now: datetime, t: Tongue) -> str:
    """The day on which they heard of it last; of this very day the time as well, since the day alone says nothing."""
    day = t.today(told)
    return t.moment(told) if day == t.today(now) else t.day(day)


def _tag(message: Message, called_off: bool) -> str:
    if called_off and untrue(message.incident):
        return FALSE_ALARM
    return ALL_CLEAR if called_off else SEVERITY[message.impact.severity]


def _subject(delivery: Delivery, message: Message, tag: str, head: str, called_off: bool, t: Tongue) -> str:
    """What it is about and how sure, after marks: `[may be a repeat] [Due in 3 days] [High] Temu closes: confirmed`.
    What is too long is shortened in its middle."""
    incident = message.incident
    sure = SEEN if unexplained(incident.evidence) else rung(incident)
    whose = [shorten(clean(message.seller_name), MOST_OF_A_NAME)] if message.shared and message.seller_name else []
    marks = "".join(f"[{mark}] " for mark in (*_marks(delivery, message, t), *day_moved(message, t), tag, *whose))
    if called_off:
        return marks + shorten(head, SUBJECT_LENGTH - len(marks))
    said = t.say("{what}: {how_sure}", what="\0", how_sure=t.say(sure))
    return marks + said.replace("\0", shorten(head, SUBJECT_LENGTH - len(marks) - len(said) + 1))


def _marks(delivery: Delivery, message: Message, t: Tongue) -> Iterable[str]:
    if delivery.repeat:
        yield t.say("may be a repeat")
    match message.reason:
        case Reason.TEST:
            yield t.say("Test")
        case Reason.DRILL:
            yield t.say("Exercise")
        case Reason.REPEAT:
            yield t.say("Not acknowledged")
        case Reason.ESCALATED:
            yield t.say("Escalated, level {n}", n=message.level)
        case Reason.DUE:
            left = [item.left for item in message.due if item.left is not None]
            ahead = [days for days in left if days >= 0]
            if ahead:
                yield t.say("Due {when}", when=t.in_days(min(ahead)))
            else:
                yield t.say("Overdue") if left else t.say("Due")


_ACTIONS = {
    "ack": noop("Acknowledge"),
    "take": noop("I take it"),
    "done": noop("Mark as done"),
    "false_alarm": FALSE_ALARM,
    "not_for_us": noop("Not for us"),
    "open": noop("Open"),
}


def actions(links: Iterable[tuple[str, str]], t: Tongue) -> tuple[Action, ...]:
    """Those that a reader is offered as buttons."""
    return tuple(Action(t.say(_ACTIONS[kind]), url, kind) for kind, url in links if kind in _ACTIONS)


def _facts(
    message: Message,
    off: Reversal | None,
    documents: list[Evidence],
    doubts: Iterable[Evidence],
    today: date,
    t: Tongue,
) -> tuple[Line, ...]:
    """`documents` are those that say how it stands, `doubts` those that somebody should look at."""
    incident, when = message.incident, t.say("not known yet")
    what = _quoted(incident, t)
    if off:
        when = _called_off(off, unexplained(incident.evidence), t)
        if not off.denials and not untrue(incident):  # else it is the title of a denial, or was never so
            what = t.say("called off: {what}", what=what)
    elif incident.effective_date:
        away, when = t.away(incident.effective_date, today), t.partial(incident.effective_date)
        when = t.say("{day} ({away})", day=when, away=away) if away else when
    where = t.listed([t.place(clean(code, 40)) for code in still(incident)], MOST_PLACES)
    apart = [] if off else [*_by_place(incident, today, t)]
    dated = [] if untrue(incident) else apart or [Line(t.say("When"), when, "when")]
    return (
        Line(t.say("What"), what, "what"),
        Line(t.say("Where"), where or t.say("not known yet"), "where"),
        *dated,
        Line(t.say("How sure"), how_sure(incident, today, t), "how_sure"),
        Line(t.say("Sources"), _sources(documents, t), "sources"),
        *_open_points(incident, doubts, t),
    )


def _quoted(incident: Incident, t: Tongue) -> str:
    """Its title as the source wrote it, with the language named where it is not the reader's."""
    title = clean(incident.headline)
    lang = next((one.lang for one in incident.evidence if one.title == incident.headline), "")
    foreign = clean(t.foreign(clean(lang, 12)), 60)
    return t.say("{quote} ({in_language})", quote=title, in_language=foreign) if foreign else title


def _by_place(incident: Incident, today: date, t: Tongue) -> Iterable[Line]:
    """One line for each place, where they go different ways."""
    for one in incident.dates[:MOST_PLACES]:
        said = t.say(RUNG[one.status])
        if one.status is not Status.REVERSED:
            when, away = (t.partial(one.date), t.away(one.date, today)) if one.date else (t.say("not known yet"), "")
            said = t.say("{what} ({notes})", what=when, notes=t.beside(away, said))
        yield Line(t.say("When, {place}", place=t.place(clean(one.place, 40))), said, f"when_{clean(one.place, 12)}")


def _sources(documents: list[Evidence], t: Tongue) -> str:
    voices = list(dict.fromkeys(clean(evidence.publisher, 60) for evidence in documents))
    if not voices:
        return t.say("none")
    strongest = t.say(AUTHORITY[documents[0].authority])
    if len(voices) == 1:
        return t.say("one only: {publisher} ({authority})", publisher=voices[0], authority=strongest)
    first_hand, names = origins(documents), t.listed(voices, 4)
    if first_hand < len(voices):
        return t.count(
            "{all} sources, {n} of them independent: {names}; the strongest is {authority}",
            "{all} sources, {n} of them independent: {names}; the strongest is {authority}",
            first_hand,
            all=t.number(len(voices)),
            names=names,
            authority=strongest,
        )
    return t.count(
        "{n} independent source: {names}; the strongest is {authority}",
        "{n} independent sources: {names}; the strongest is {authority}",
        len(voices),
        names=names,
        authority=strongest,
    )


def _called_off(off: Reversal, seen: bool, t: Tongue) -> str:
    """`called off since 2 Oct 2024, by the ministry; the old date, 1 Dec 2024, no longer holds`."""
    who = t.listed([clean(name, 60) for name in off.who], 3)
    if off.since:
        values = {"day": t.day(off.since), "who": who}
        since = t.say("no longer so since {day}, by {who}", **values)
        words = [since if seen else t.say("called off since {day}, by {who}", **values)]
    else:
        words = [t.say("no longer so") if seen else t.say("called off")]
    if off.gone:
        words.append(t.say("the old date, {day}, no longer holds", day=t.partial(off.gone)))
    if off.instead:
        words.append(t.say("named instead: {day}", day=t.partial(off.instead)))
    return t.say("; ").join(words)


_DIFFER = {
    "date": noop("Sources differ on the date"),
    "place": noop("Sources differ on the place"),
    "status": noop("Sources differ on the status"),
}


def _open_points(incident: Incident, doubts: Iterable[Evidence], t: Tongue) -> Iterable[Line]:
    """What sources contradict each other about, and what somebody must find out."""
    for one in incident.conflicts:
        sides = t.say("; ").join(_held(side, one.about, incident, t) for side in one.sides)
        yield Line(t.say(_DIFFER[one.about]), sides, f"sources_differ_on_the_{one.about}")
    if incident.question:
        yield Line(t.say("To find out"), _question(incident, t), "to_find_out")
    for denial in doubts:
        yield Line(t.say("To find out"), doubted(denial, t), "to_find_out_denial")


def _question(incident: Incident, t: Tongue) -> str:
    """What `monitor.domain.lapses` asks."""
    day = t.partial(incident.effective_date) if incident.effective_date else ""
    match incident.status:
        case _ if not day:
            return t.say("Has it happened?")
        case Status.RUMOR:
            return t.say("It was rumored for {day}, and nobody has said since that it happened. Has it?", day=day)
        case Status.PROPOSED:
            return t.say("It was proposed for {day}, and nobody has said since that it happened. Has it?", day=day)
        case _:
            return t.say("It was to take effect {day}, and nobody has said since that it did. Has it?", day=day)


def _held(side: Claimed, about: str, incident: Incident, t: Tongue) -> str:
    """What is said, and by whom: `28 Nov 2024 (Gazette)`."""
    publishers = {evidence.key: clean(evidence.publisher, 60) for evidence in incident.evidence}
    who = list(dict.fromkeys(publishers[key] for key in side.by if key in publishers))
    value = clean(side.value)
    if about == "date":
        value = t.partial(PartialDate(side.value))
    elif about == "status":
        value = t.say(RUNG[Status(side.value)])
    elif about == "place":
        value = t.listed([t.place(clean(code, 40)) for code in side.value.split(", ")], 4)
    return t.say("{what} ({who})", what=value, who=t.listed(who, 3) or t.say("a source"))
