"""Why it stands where it stands and weighs what it weighs, and why this message came: composed from what is known, so
that it can be said in every language."""

from datetime import date

from monitor.domain.alerts import Delivery, Message, Reason, Told
from monitor.domain.impact import Impact
from monitor.domain.incidents import Evidence, Incident, aloud, hearsay, observed, sovereign, unexplained
from monitor.domain.ladder import RUNGS, counts_as, standing
from monitor.domain.localities import at
from monitor.domain.origins import origins
from monitor.domain.signals import Status
from monitor.domain.stakes import Ground, Weighs
from monitor.domain.waits import DUTY, QUIET, SILENCE, UNREACHED
from monitor.notify.citations import deciding_quote
from monitor.notify.headline import rung, unanswered
from monitor.notify.sentences import EVENT
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import AUTHORITY, LOUD, RUNG, RUNG_MEANS, SEEN_MEANS, UNSEEN_MEANS, clean


def how_sure(incident: Incident, today: date, t: Tongue) -> str:
    """What its rung means, and the words that put it there."""
    if incident.closed is not None and incident.closed.false_alarm:
        return t.say("A false alarm, says {who}: nothing of the kind happens.", who=clean(incident.closed.who, 60))
    if incident.closed is not None:  # no source says that it is over
        return t.say("closed by {who}", who=clean(incident.closed.who, 60))
    means = UNSEEN_MEANS if unanswered(incident) else RUNG_MEANS[incident.status]
    if unexplained(incident.evidence):
        means = SEEN_MEANS
    return t.sentences(t.say(means), *_backing(incident, today, t))


def _backing(incident: Incident, today: date, t: Tongue) -> list[str]:
    if not incident.evidence:
        return []
    stands = standing(incident.evidence)
    if stands.reversed:
        return [_voices(stands.words, t)]
    if not stands.words:
        return []
    heights = [RUNGS.index(counts_as(word, today, incident.effective_date)) for word in stands.words]
    top = max(heights)
    said = [_voices([word for word, height in zip(stands.words, heights, strict=True) if height == top], t)]
    if incident.status is Status.EFFECTIVE and RUNGS[top] is Status.CONFIRMED and not unanswered(incident):
        said.insert(0, t.say("Its date has come."))
    if stands.doubts:
        last = _voice(stands.doubts[-1], t)
        said.append(
            t.say("A probe of ours saw otherwise: {publisher}, {day}.", **last)
            if observed(stands.doubts[-1])
            else t.say("{publisher} alone denies it, {day}.", **last)
        )
    return said


def _voice(word: Evidence, t: Tongue) -> dict[str, str]:
    return {
        "publisher": clean(word.publisher, 60),
        "authority": t.say(AUTHORITY[word.authority]),
        "day": t.day(word.published.date()),
    }


def doubted(denial: Evidence, t: Tongue) -> str:
    """What `monitor.domain.doubts` asks of one denial, with its own words."""
    said = t.say(
        "{publisher} writes on {day} that it is called off or delayed. Our reading of it is unsure, and nobody surer "
        "says so. Please look.",
        **_voice(denial, t),
    )
    return t.sentences(said, f"\u201c{quote}\u201d" if (quote := deciding_quote(denial)) else "")


def _voices(words: list[Evidence] | tuple[Evidence, ...], t: Tongue) -> str:
    """Those who say so: the sovereign ones by name, else how many independent origins."""
    words = aloud(words)
    own = [word for word in words if sovereign(word)]
    last = _voice((own or words)[-1], t)
    if own:
        return t.say("{publisher} ({authority}) says so, {day}.", **last)
    number = origins(words)
    if hearsay(words[-1]):
        return t.count("Communities only, {n} origin.", "Communities only, {n} origins.", number)
    if unexplained(words):
        number = len({word.source_id for word in words})
        return t.count(
            "Seen by {n} probe, which cannot see why; the latest: {publisher}, {day}.",
            "Seen by {n} probes, which cannot see why; the latest: {publisher}, {day}.",
            number,
            **last,
        )
    if number == 1:
        return t.say("One source alone: {publisher} ({authority}), {day}.", **last)
    return t.count(
        "{n} independent origin, the latest: {publisher}, {day}.",
        "{n} independent origins, the latest: {publisher}, {day}.",
        number,
        **last,
    )


def how_loud(impact: Impact, incident: Incident, t: Tongue) -> str:
    """The severity and what made it: `Severity critical: high by its kind (ban); 34% of your sales (1 step higher).`"""
    loud = t.say(LOUD[impact.severity])
    reasons = [_ground(ground, incident, t) for ground in impact.grounds]
    if not reasons:
        return t.say("Severity {severity}.", severity=loud)
    separator = t.say("; ")
    return t.say("Severity {severity}: {reasons}.", severity=loud, reasons=separator.join(reasons))


def _ground(ground: Ground, incident: Incident, t: Tongue) -> str:
    loud = t.say(LOUD[ground.severity])
    match ground.kind:
        case Weighs.EVENT:
            said = t.say("{severity} by its kind ({event})", event=t.say(EVENT[incident.event_type]), severity=loud)
        case Weighs.OUT_OF_SIGHT:
            said = t.say("{severity} while it is out of sight", severity=loud)
        case Weighs.SOON | Weighs.FAR:
            said = t.count("{n} day left", "{n} days left", int(ground.number))
        case Weighs.LARGE:
            said = t.say("{share} of your daily sales", share=t.percent(ground.number))
        case Weighs.SMALL:
            said = t.say("only {share} of your daily sales", share=t.percent(ground.number, 1))
        case Weighs.HEAVY:
            said = t.count(
                "{n} day of all your sales lost at once", "{n} days of all your sales lost at once", int(ground.number)
            )
        case Weighs.PEAK | Weighs.NEAR_PEAK:
            day = t.partial(ground.day) if ground.day else ""
            values = {"day": day, "peak": clean(t.say(ground.peak), 60), "factor": t.number(ground.number)}
            said = (
                t.say("{day} falls into {peak} (sales × {factor})", **values)
                if ground.kind is Weighs.PEAK
                else t.say("{day} is within a week of {peak} (sales × {factor})", **values)
            )
        case Weighs.UNSURE:
            said = t.say("at most {severity} while {rung}", severity=loud, rung=t.say(RUNG[incident.status]))
        case Weighs.ONLY_SEEN:
            said = t.say("at most {severity} while it is only seen", severity=loud)
    return t.say("{what} ({notes})", what=said, notes=stepped(ground.step, t)) if ground.step else said


def stepped(steps: int, t: Tongue) -> str:
    """How much louder something makes it, or quieter: `1 step higher` of 1, `2 steps lower` of -2."""
    if steps > 0:
        return t.count("{n} step higher", "{n} steps higher", steps)
    return t.count("{n} step lower", "{n} steps lower", -steps)


def why(message: Message, t: Tongue) -> str:
    """Why this message came, in a sentence or two."""
    before, incident = message.before, message.incident
    match message.reason:
        case Reason.FIRST:
            said = t.say("This is the first word of it to you.")
        case Reason.NEW_RUNG if before:
            old, new = t.say(RUNG[before.rung]), t.say(rung(incident))
            said = t.say("How sure it is has changed: {old} before, now {new}.", old=old, new=new)
        case Reason.NEW_RUNG:
            said = t.say("It became more certain.")
        case Reason.NEW_PLACE:
            said = t.say("It reaches further than you were told.")
        case Reason.DATE_MOVED:
            said = (before and _in_some_places(before, incident, t)) or t.say("Its date changed, or became known.")
        case Reason.NEW_DEADLINE:
            said = t.say("There is a new deadline.")
        case Reason.WORSE if before:
            old, new = t.say(LOUD[before.severity]), t.say(LOUD[message.impact.severity])
            said = t.say("It weighs more for you: {old} before, now {new}.", old=old, new=new)
        case Reason.WORSE:
            said = t.say("It weighs more for you.")
        case Reason.ALL_CLEAR if before:
            said = t.say("You were warned of this on {day}.", day=t.day(t.today(before.at)))
        case Reason.ALL_CLEAR:
            said = t.say("It was lifted, delayed or denied.")
        case Reason.QUESTION:
            said = t.say("It needs somebody to look.")
        case Reason.REPEAT:
            said = t.say("It is open, and nobody has acknowledged it.")
        case Reason.ESCALATED:
            said = t.say("Nobody acknowledged it in time: you are next to hear (level {n}).", n=message.level)
        case Reason.DUE:
            said = t.say("A deadline comes near, or is past, and nobody has marked it as done.")
        case Reason.TEST:
            said = t.say("Somebody asked for a test.")
        case Reason.DRILL:
            said = t.say("We try every week whether word reaches you.")
        case _:
            said = t.say("It concerns you.")
    others = [f"{clean(name, 120)} ({clean(id[:10], 10)})" for name, id in message.beside]
    if others:
        names = t.say("; ").join(others)
        beside = t.say("What else was told of it goes on as an incident of its own: {names}.", names=names)
        said = t.sentences(said, beside)
    return said


def _in_some_places(before: Told, incident: Incident, t: Tongue) -> str:
    """That it was called off in some places while it goes on in others, or is on again there; empty when neither."""
    off, on = list[str](), list[str]()
    for place in dict.fromkeys(one.place for one in (*before.dates, *incident.dates)):
        was, over = (
            one is not None and one.status is Status.REVERSED
            for one in (at(before.dates, place), at(incident.dates, place))
        )
        if was != over:
            (off if over else on).append(t.place(clean(place, 40)))
    if off:
        return t.say("It is called off in {places}, and goes on elsewhere.", places=t.listed(off, 6))
    return t.say("It was called off in {places}, and is on again.", places=t.listed(on, 6)) if on else ""


def notes(delivery: Delivery, t: Tongue) -> tuple[str, ...]:
    """What the reader must know of the message itself before its matter, each as one sentence or two."""
    said, message = [], delivery.message
    reason = message.reason if isinstance(message, Message) else delivery.reason
    if delivery.repeat:
        said.append(
            t.say(
                "[may be a repeat] You may have this message already: its first copy was sent, and nobody confirmed "
                "that it arrived."
            )
        )
    if reason is Reason.TEST:
        said.append(t.say("[Test] This is a test of the way to you. Nothing happened."))
    if reason is Reason.DRILL:
        said.append(t.say("[Exercise] The event is invented, and its way to you is real. There is nothing to do."))
    if delivery.instead_of or delivery.fallback_of:
        said.append(
            t.say("It comes to you because {target} could not be reached.", target=clean(delivery.instead_of, 60))
            if delivery.instead_of
            else t.say("It comes to you because somebody else could not be reached.")
        )
    if waits := _waits(delivery, t):
        written = t.moment(delivery.message.made_at)
        said.append(t.say("It was written on {moment} and held back until now: {why}.", moment=written, why=waits))
    if isinstance(message, Message):
        if message.reason is Reason.ESCALATED:
            said.append(t.say("Nobody acknowledged it in time: you are next to hear (level {n}).", n=message.level))
        elif message.reason is Reason.REPEAT:
            said.append(t.say("It is open, and nobody has acknowledged it."))
    return tuple(said)


_WAITS = {
    QUIET: noop("quiet hours"),
    DUTY: noop("nobody on duty"),
    UNREACHED: noop("it could not be delivered"),
}


def _waits(delivery: Delivery, t: Tongue) -> str:
    """What held it back, as `monitor.domain.waits` names it."""
    found = []
    for one in filter(None, delivery.waits_for.split("; ")):
        if one in _WAITS:
            found.append(t.say(_WAITS[one]))
        elif one.startswith(SILENCE):
            found.append(t.say("a silence of {who}", who=clean(one.removeprefix(SILENCE), 60)))
    return t.listed(found)
