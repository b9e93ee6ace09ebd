"""A digest, and what a full hour left over, as the bulletin that every channel shows."""

from collections.abc import Callable, Iterable, Sequence

from monitor.domain.alerts import Delivery
from monitor.domain.deadlines import DeadlineRole, PartialDate
from monitor.domain.digests import Digest, DueItem, End, Moved, Roundup, Standing
from monitor.domain.incidents import ChangeKind
from monitor.domain.signals import Status
from monitor.notify.bulletin import Bulletin, Entry, Group
from monitor.notify.duties import due
from monitor.notify.grounds import notes
from monitor.notify.headline import headline, unanswered
from monitor.notify.letter import SUBJECT_LENGTH
from monitor.notify.sight import entry
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import DUTY, RUNG, SEEN, SEVERITY, UNSEEN, clean, shorten

MOST_BLIND = 5  # sources that are named
MOST_MOVES = 6  # of one incident
MOST_PLATFORMS = 8  # beside a step that several incidents ask for
BESIDE = " · "
TITLE = {"daily": noop("Daily digest"), "weekly": noop("Weekly digest")}
WHY = {
    "daily": noop("A digest comes every day, also when there is nothing: silence would mean that we are down."),
    "weekly": noop("A digest comes every Monday, also when there is nothing: silence would mean that we are down."),
}
SOON = {"daily": noop("Overdue, or due within 14 days"), "weekly": noop("Overdue, or due within 30 days")}
ENDED = {  # beside the headline, which says itself that something is called off
    End.CLOSED: noop("closed by {who}"),
    End.FALSE_ALARM: noop("a false alarm, says {who}"),
    End.NOT_FOR_US: noop("not for us, says {who}"),
}


def digested(delivery: Delivery, said: Digest) -> Bulletin:
    """The digest in the reader's language."""
    t = tongue(delivery.language, delivery.zone)
    tag = t.say(TITLE.get(said.period, TITLE["daily"]))
    head = t.say("{seller}: {what}", seller=clean(said.seller_name, 60), what=t.listed(list(_counts(said, t))))
    return Bulletin(
        subject=_subject(delivery, tag, head, t),
        headline=head,
        tag=tag,
        severity=delivery.severity,
        repeat=delivery.repeat,
        summary=tuple(_summary(said, t)),
        groups=tuple(group for group in (_due(said, t), _open(said, t), _ended(said, t), _blind(said, t)) if group),
        more_groups=0,
        to_do="",
        why=t.say(WHY.get(said.period, WHY["daily"])),
        incident_id=delivery.incident_id,
        alert_id=clean(said.alert_id, 64),
        language=delivery.language,
        zone=delivery.zone,
        reference=t.say("Digest {digest}.", digest=clean(said.alert_id, 64)),
        notes=notes(delivery, t),
    )


def rounded_up(delivery: Delivery, said: Roundup) -> Bulletin:
    """The rest of a full hour in the reader's language."""
    t = tongue(delivery.language, delivery.zone)
    tag, number = t.say(SEVERITY[delivery.severity]), len(said.keys)
    head = t.count("{n} more message", "{n} more messages", number)
    return Bulletin(
        subject=_subject(delivery, tag, head, t),
        headline=head,
        tag=tag,
        severity=delivery.severity,
        repeat=delivery.repeat,
        summary=(t.say("Your hour was full. What else it would have brought is named here, the loudest first."),),
        groups=(
            Group(
                t.count("{n} incident", "{n} incidents", len(said.items) + said.more),
                tuple(_left_over(one, t) for one in said.items),
                said.more,
            ),
        ),
        more_groups=0,
        to_do=t.say("Read each with `sellerwatch incidents show`."),
        why=t.say("You take so many messages an hour; critical ones always come by themselves."),
        incident_id=delivery.incident_id,
        alert_id=clean(said.alert_id, 64),
        language=delivery.language,
        zone=delivery.zone,
        reference=t.say("Message {message}.", message=clean(said.alert_id, 64)),
        notes=notes(delivery, t),
    )


def _subject(delivery: Delivery, tag: str, head: str, t: Tongue) -> str:
    marks = (t.say("may be a repeat"), tag) if delivery.repeat else (tag,)
    return shorten("".join(f"[{mark}] " for mark in marks) + head, SUBJECT_LENGTH)


# --- the beginning


def _counts(said: Digest, t: Tongue) -> Iterable[str]:
    """`3 open`, `2 new`, `1 changed`, `1 ended`, `1 due`; what is zero is left out, but for what is open."""
    number = len(said.open) + said.more_open
    yield t.count("{n} open", "{n} open", number) if number else t.say("nothing open")
    fresh = sum(one.fresh for one in said.open)
    if fresh:
        yield t.count("{n} new", "{n} new", fresh)
    if changed := sum(bool(one.changes) for one in said.open):
        yield t.count("{n} changed", "{n} changed", changed)
    if ended := len(said.ended) + said.more_ended:
        yield t.count("{n} ended", "{n} ended", ended)
    if coming := len(said.due) + said.more_due:
        yield t.count("{n} due", "{n} due", coming)
    if said.blind_sources:
        yield t.count("blind on {n} source", "blind on {n} sources", said.blind_sources)


def _summary(said: Digest, t: Tongue) -> Iterable[str]:
    since = t.moment(said.since)
    if said.at_risk:
        amount = t.money(said.at_risk, said.currency)
        yield t.say("At risk in all, in the worst case: {amount}.", amount=amount)
    moved = any(one.fresh or one.changes for one in said.open) or bool(said.ended)
    if moved:
        yield t.say("New, changed and ended: since {moment}.", moment=since)
    elif said.open or said.more_open:
        yield t.say("Nothing is new, and nothing changed since {moment}.", moment=since)
    else:
        yield t.say("Nothing is open that we know of, and nothing changed since {moment}.", moment=since)
    yield from _sight(said, t)


def _sight(said: Digest, t: Tongue) -> Iterable[str]:
    """How far that is to be trusted: what nobody sees cannot be told."""
    seeing, watched = t.number(said.seeing), t.number(said.watched)
    if not said.watched:
        yield t.say("No source is watched: we see nothing at all.")
        return
    yield t.say("{seeing} of {watched} sources seen.", seeing=seeing, watched=watched)
    number = said.blind_sources
    if number:
        first = min((one.since for one in said.blind if one.since), default=None)
        if first is None:
            yield t.count("Blind on {n} source.", "Blind on {n} sources.", number)
        else:
            yield t.count(
                "Blind on {n} source, since {moment}.",
                "Blind on {n} sources, on the first since {moment}.",
                number,
                moment=t.moment(first),
            )
    if (unsure := said.watched - said.seeing - number) > 0:
        yield t.count(
            "Of {n} source we cannot say: it was not looked at lately.",
            "Of {n} sources we cannot say: they were not looked at lately.",
            unsure,
        )


# --- what is open, and what ended


def _open(said: Digest, t: Tongue) -> Group | None:
    def line(one: Standing) -> Entry:
        told = [*(_moved(one, t)[:MOST_MOVES])]
        if one.acknowledged_by:
            told.append(t.say("seen to by {who}", who=clean(one.acknowledged_by, 60)))
        return Entry(
            headline(one, t), since=_weighed(one, said.currency, t), words=t.say("; ").join(told), new=one.fresh
        )

    return _group(t.say("Open, the most money first"), said.open, said.more_open, line)


def _ended(said: Digest, t: Tongue) -> Group | None:
    def line(one: Standing) -> Entry:
        how = t.say(ENDED[one.end], who=clean(one.ended_by, 60)) if one.end in ENDED else ""
        return Entry(headline(one, t), since=how)

    return _group(t.say("Ended"), said.ended, said.more_ended, line)


def _group(title: str, items: Sequence[Standing], more: int, line: Callable[[Standing], Entry]) -> Group | None:
    return Group(title, tuple(map(line, items)), more) if items or more else None


def _weighed(one: Standing, currency: str, t: Tongue) -> str:
    """`High · confirmed · EUR 195,000 at risk`."""
    parts = [t.say(SEVERITY[one.severity]), _rung(one, t)]
    if one.at_risk:
        parts.append(t.say("{amount} at risk", amount=t.money(one.at_risk, currency)))
    return BESIDE.join(parts)


def _rung(one: Standing, t: Tongue) -> str:
    return t.say(SEEN if one.seen else UNSEEN if unanswered(one) else RUNG[one.status])


def _moved(one: Standing, t: Tongue) -> list[str]:
    """What moved, each as a few words."""
    return [words for moved in one.changes for words in _MOVES[moved.kind](moved, t)]


def _rungs(moved: Moved, t: Tongue) -> Iterable[str]:
    old, new = (t.say(RUNG[Status(text)]) for text in (moved.before, moved.after))
    yield t.say("How sure: {old} → {new}", old=old, new=new)


def _dates(moved: Moved, t: Tongue) -> Iterable[str]:
    old, new = (_date(text, t) for text in (moved.before, moved.after))
    yield t.say("Date: {old} → {new}", old=old, new=new)


def _date(text: str, t: Tongue) -> str:
    return t.say("not known") if text in ("", "none", "unknown") else t.partial(PartialDate(text))


def _deadlines(moved: Moved, t: Tongue) -> Iterable[str]:
    """`New deadline: 28 Nov 2024, export your data`, and those withdrawn."""
    old, new = (_named(text) for text in (moved.before, moved.after))
    for said, lines in (
        (t.say("New deadline: {day}, {what}"), [one for one in new if one not in old]),
        (t.say("Deadline withdrawn: {day}, {what}"), [one for one in old if one not in new]),
    ):
        for role, day in lines:
            yield said.format(day=t.partial(PartialDate(day)), what=t.say(DUTY[DeadlineRole(role)]))


def _named(text: str) -> list[tuple[str, str]]:
    """Roles and days of `data_export 2024-11-28, refund 2024-12-01`."""
    pairs = [part.rpartition(" ") for part in text.split(", ")]
    return [(role, day) for role, _, day in pairs if role]


def _places(moved: Moved, t: Tongue) -> Iterable[str]:
    yield t.say("It names other platforms or places than before")


_MOVES: dict[ChangeKind, Callable[[Moved, Tongue], Iterable[str]]] = {
    ChangeKind.RUNG: _rungs,
    ChangeKind.DATE: _dates,
    ChangeKind.DEADLINE: _deadlines,
    ChangeKind.PLACE: _places,
}


# --- what is due, what nobody sees, what was left over


def _due(said: Digest, t: Tongue) -> Group | None:
    """By day, each beside the platforms that it is about, of all its incidents: what happens there is told once,
    below."""
    if not said.due and not said.more_due:
        return None
    whose = {one.incident_id: one for one in said.open}

    def line(item: DueItem) -> Entry:
        about = [whose[id] for id in (item.incident_id, *item.others) if id in whose]
        platforms = dict.fromkeys(clean(name, 40) for one in about for name in one.platforms)
        names = t.listed(list(platforms), MOST_PLATFORMS if item.others else 3)
        owner = clean(t.say(item.owner), 60) if item.owner and item.deadline is None else ""
        about_it = [part for part in (names or clean(item.headline, 100), owner) if part]
        return Entry(due(item, t), since=BESIDE.join(about_it))

    return Group(t.say(SOON.get(said.period, SOON["daily"])), tuple(map(line, said.due)), said.more_due)


def _blind(said: Digest, t: Tongue) -> Group | None:
    if not said.blind_sources:
        return None
    shown = said.blind[:MOST_BLIND]
    entries = tuple(entry(one, False, t) for one in shown)
    return Group(t.say("What we cannot see"), entries, said.blind_sources - len(shown))


def _left_over(one: Standing, t: Tongue) -> Entry:
    weighed = BESIDE.join([t.say(SEVERITY[one.severity]), _rung(one, t)])
    return Entry(
        headline(one, t), since=weighed, words=t.say("Incident {incident}", incident=clean(one.incident_id[:10], 10))
    )
