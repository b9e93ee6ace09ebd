"""What was said of an incident or held back and why, what moved in it, and what people did about it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from monitor.domain.alerts import DeliveryState, HoldReason, Reason
from monitor.domain.incidents import Change, ChangeKind
from monitor.domain.rulings import Act, ActKind
from monitor.notify.tongue import Tongue, noop
from monitor.notify.wording import clean
from monitor.steps import HeldAlert, SentAlert
from monitor.store.sayings import Saying
from monitor.web.sections.case import Changed, Did, Held, Sent, Told, Try

HISTORY = 100  # entries, the latest
_REASON = {
    Reason.FIRST: noop("First word of it"),
    Reason.NEW_RUNG: noop("It became more certain."),
    Reason.NEW_PLACE: noop("It reaches further than you were told."),
    Reason.DATE_MOVED: noop("Its date changed, or became known."),
    Reason.NEW_DEADLINE: noop("There is a new deadline."),
    Reason.WORSE: noop("It weighs more for you."),
    Reason.ALL_CLEAR: noop("All clear"),
    Reason.QUESTION: noop("It needs somebody to look."),
    Reason.REPEAT: noop("It is open, and nobody has acknowledged it."),
    Reason.ESCALATED: noop("Nobody acknowledged it in time"),
    Reason.DUE: noop("A deadline comes near, or is past, and nobody has marked it as done."),
    Reason.TEST: noop("Somebody asked for a test."),
    Reason.DRILL: noop("We try every week whether word reaches you."),
}
_HOLD = {
    HoldReason.NOTHING_NEW: noop("Nothing that was not told already"),
    HoldReason.NOT_EXPOSED: noop("It hits nothing of that seller"),
    HoldReason.BELOW_SEVERITY: noop("Less severe than what is to be told"),
    HoldReason.WEAK_SOURCE: noop("The source is too weak alone"),
    HoldReason.OLD_NEWS: noop("It happened long ago"),
    HoldReason.NO_TARGET: noop("No target wants it"),
    HoldReason.CLOSED: noop("Somebody closed it"),
    HoldReason.NOT_FOR_US: noop("Somebody said that it is not for that seller"),
    HoldReason.INHIBITED: noop("Something larger about the same platform was told"),
    HoldReason.FLAPPING: noop("It comes and goes: told when it stays"),
}
STATE = {
    DeliveryState.PENDING: noop("waits"),
    DeliveryState.SENDING: noop("being sent"),
    DeliveryState.SENT: noop("sent"),
    DeliveryState.RETRY: noop("to be tried again"),
    DeliveryState.UNKNOWN: noop("may have arrived"),
    DeliveryState.DEAD: noop("given up"),
    DeliveryState.SUPERSEDED: noop("replaced by a newer one, or taken back"),
}
_CHANGE = {
    ChangeKind.OPENED: noop("Opened"),
    ChangeKind.RUNG: noop("How sure it is"),
    ChangeKind.PLACE: noop("Platforms and places"),
    ChangeKind.DATE: noop("Date"),
    ChangeKind.DEADLINE: noop("Deadlines"),
    ChangeKind.EVIDENCE: noop("Evidence"),
    ChangeKind.CONFLICT: noop("Contradictions"),
    ChangeKind.QUESTION: noop("Open question"),
    ChangeKind.MERGED: noop("Merged"),
    ChangeKind.SPLIT: noop("Split"),
    ChangeKind.CLOSED: noop("Closed or opened again"),
}
_ACT = {
    ActKind.ACK: noop("acknowledged it"),
    ActKind.TAKE: noop("sees to it"),
    ActKind.DONE: noop("marked as done"),
    ActKind.UNDONE: noop("marked as not done"),
    ActKind.FALSE_ALARM: noop("called it a false alarm"),
    ActKind.NOT_FOR_US: noop("said that it does not concern them"),
    ActKind.FOR_US: noop("said that it concerns them after all"),
    ActKind.MERGE: noop("merged it with another incident"),
    ActKind.SPLIT: noop("split it"),
    ActKind.CLOSE: noop("closed it"),
    ActKind.REOPEN: noop("opened it again"),
}


def told(said: Sequence[Saying], decided: Iterable[SentAlert], t: Tongue) -> tuple[Told, ...]:
    """The last decision first, each with its deliveries."""
    decisions = {(one.alert_id, one.seller_id): one for one in decided}
    groups: dict[tuple[str, str], list[Saying]] = {}
    for one in said:
        groups.setdefault((one.alert_id, one.seller_id), []).append(one)
    found = []
    for (alert_id, seller_id), sent in groups.items():
        decision = decisions.get((alert_id, seller_id))
        found.append(
            Told(
                alert_id,
                seller_id,
                decision.at if decision else sent[-1].created_at,
                sent[0].reason,
                t.say(_REASON.get(sent[0].reason, "It concerns you.")),
                clean(decision.detail) if decision else "",
                decision.trail if decision else (),
                tuple(_sent(one, t) for one in sent),
            )
        )
    return tuple(found)


def _sent(one: Saying, t: Tongue) -> Sent:
    waits = one.state in {DeliveryState.PENDING, DeliveryState.RETRY}
    tries = tuple(
        Try(row.at, row.attempt.result.value, _tried(row.attempt.code, row.attempt.detail)) for row in one.tries
    )
    return Sent(
        one.key,
        one.target,
        one.channel,
        one.state,
        t.say(STATE[one.state]),
        one.created_at,
        one.sent_at,
        one.not_before,
        clean(one.waits_for, 100) if waits else "",
        clean(one.last_detail, 200),
        tries,
    )


def _tried(code: str, detail: str) -> str:
    return clean(": ".join(filter(None, (code, detail))), 200)


def held(some: Sequence[HeldAlert], t: Tongue) -> tuple[Held, ...]:
    """For each seller and reason the last decision not to speak, and how often it was taken; the latest first."""
    ordered = sorted(some, key=lambda one: one.at)
    last = {(one.seller_id, one.hold.reason): one for one in ordered}
    times = Counter((one.seller_id, one.hold.reason) for one in some)
    return tuple(
        Held(
            one.seller_id,
            one.at,
            one.hold.reason,
            t.say(_HOLD[one.hold.reason]),
            clean(one.hold.detail),
            times[key],
            one.trail,
        )
        for key, one in sorted(last.items(), key=lambda item: item[1].at, reverse=True)
    )


def history(changes: Sequence[Change], t: Tongue) -> tuple[Changed, ...]:
    """The latest first."""
    return tuple(
        Changed(
            one.at,
            one.kind,
            t.say(_CHANGE[one.kind]),
            clean(one.before, 400),
            clean(one.after, 400),
            clean(one.why),
            one.document_id,
        )
        for one in reversed(changes[-HISTORY:])
    )


def did(acts: Iterable[Act], t: Tongue, names: Mapping[str, str]) -> tuple[Did, ...]:
    """The last first; `names` are the words for what is done, by its subject."""
    return tuple(
        Did(
            act.at,
            clean(act.who, 80),
            act.kind,
            t.say(_ACT[act.kind]),
            "" if act.kind in (ActKind.ACK, ActKind.TAKE) else clean(names.get(act.subject, act.subject), 200),
            clean(act.note, 300),
            act.seller_id,
        )
        for act in sorted(acts, key=lambda act: act.at, reverse=True)
    )
