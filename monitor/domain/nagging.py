"""What is said again, and to whom next, while nobody says that they have heard it.

An answer counts for the words that it answers, and a new word asks anew. Moments are taken from `age`, never from the
wall clock, which may jump.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.domain.alerts import DeliveryState, Policy, Reason
from monitor.domain.documents import digest
from monitor.domain.exposure import Severity
from monitor.domain.handling import NEWS, Word, answered
from monitor.domain.incidents import Incident
from monitor.domain.rulings import Act, not_for_us
from monitor.domain.signals import Status

LOUD = Severity.HIGH  # what weighs less is said once

Age = Callable[[str, datetime], timedelta]
"""How long ago it was that an alert, by its id, reached somebody at that moment."""


@dataclass(frozen=True, slots=True)
class Nag:
    """Say it again to those targets, or to those of the next level; `alert_id` is made of the word and the number."""

    alert_id: str
    reason: Reason  # REPEAT or ESCALATED
    detail: str
    targets: tuple[str, ...]
    level: int = 0


def asks(incident: Incident, today: date) -> bool:
    """Whether there is still something to answer: not once it is closed, called off, or all its dates are past."""
    if incident.closed is not None or incident.merged_into or incident.status is Status.REVERSED:
        return False
    days = [deadline.date for deadline in incident.deadlines]
    days += [incident.effective_date] if incident.effective_date else []
    return not days or any(day.last_day >= today for day in days)


def last_word(words: Iterable[Word]) -> Sequence[Word]:
    """Of one seller's words of an incident the deliveries of the last that was news; none after an all clear."""
    alerts: dict[str, list[Word]] = {}
    for word in words:
        if (word.reason in NEWS or word.reason is Reason.ALL_CLEAR) and not word.withdrawn:
            alerts.setdefault(word.alert_id, []).append(word)
    last = list(alerts.values())[-1] if alerts else []
    return () if any(word.reason is Reason.ALL_CLEAR for word in last) else last


def seen_to(words: Iterable[Word], acts: Sequence[Act]) -> tuple[Act, ...]:
    """Who answered what each seller was told last of an incident, in the order in which the sellers were told."""
    mine: dict[str, list[Word]] = {}
    for word in words:
        mine.setdefault(word.seller_id, []).append(word)
    news = [last[0] for said in mine.values() if (last := last_word(said))]
    found = [answered(acts, one.alert_id, one.seller_id) for one in news]
    return tuple(dict.fromkeys(act for act in found if act is not None))


def nags(
    words: Sequence[Word], acts: Sequence[Act], policy: Policy, age: Age, away: Collection[str] = ()
) -> tuple[Nag, ...]:
    """What is due now, of one seller's words of an incident that `asks`: the levels whose time has come, each once, for
    those in them who did not hear it with the others; and one repeat to those who heard it, so many times at most.
    Nobody hears both at once. `away` are targets with whom it waits, though it may not (`waits.away`)."""
    news = last_word(words)
    if not news or news[0].severity < LOUD:
        return ()
    alert_id, seller_id = news[0].alert_id, news[0].seller_id
    if answered(acts, alert_id, seller_id) or not_for_us(acts, seller_id):
        return ()
    known = {word.key: word for word in words}
    said = {word.alert_id for word in words}
    since = _since(news, known, policy, away)
    heard = age(alert_id, since) if since else timedelta(0)
    levels = sorted(policy.escalation, key=lambda level: level.after)
    ids = [digest("escalated", alert_id, str(number)) for number in range(1, len(levels) + 1)]
    top = max((number for number, id in enumerate(ids, 1) if id in said), default=0)
    told = [word for word in words if word.alert_id in {alert_id, *ids}]
    have = {word.target for word in news if _end(word, known).state is not DeliveryState.DEAD}
    to_come = [
        (number, level, turn)
        for number, level in enumerate(levels, 1)
        if number > top and (turn := [target for target in level.targets if target not in have])
    ]
    lost = all(_end(word, known).state is DeliveryState.DEAD for word in told)
    found: list[Nag] = []
    for number, level, turn in reversed(to_come):  # who stands in several levels hears the highest
        if level.after <= heard or (lost and number == to_come[0][0]):
            taken = {target for nag in found for target in nag.targets}
            detail = "nobody could be reached" if lost else f"no answer for {_words(level.after)}"
            targets = tuple(target for target in turn if target not in taken)
            found.append(Nag(ids[number - 1], Reason.ESCALATED, detail, targets, number))
    again = _again(news, words, known, policy, age)
    if again is not None:
        taken = {target for nag in found for target in nag.targets}
        numbers = {digest("repeat", alert_id, str(number)) for number in range(1, policy.most_repeats + 1)}
        hearers = [word for word in words if word.alert_id in {alert_id, *ids, *numbers}]
        ears = dict.fromkeys(word.target for word in hearers if _heard(word, known))
        found.append(_repeat(alert_id, again, tuple(ear for ear in ears if ear not in taken), policy))
    return tuple(nag for nag in reversed(found) if nag.targets)


def _repeat(alert_id: str, number: int, targets: tuple[str, ...], policy: Policy) -> Nag:
    last = f"; the last of {policy.most_repeats}" if number == policy.most_repeats else ""
    return Nag(digest("repeat", alert_id, str(number)), Reason.REPEAT, f"reminder {number}{last}", targets)


def _again(
    news: Sequence[Word], words: Sequence[Word], known: Mapping[str, Word], policy: Policy, age: Age
) -> int | None:
    """The number of the repeat that is due, counted from the last one: what a stop held up comes once, not at once."""
    if policy.repeat <= timedelta(0):
        return None
    before, last = 0, news
    for number in range(1, policy.most_repeats + 1):
        id = digest("repeat", news[0].alert_id, str(number))
        if one := [word for word in words if word.alert_id == id]:
            before, last = number, one
    arrived = any(_heard(word, known) for word in last)
    if before >= policy.most_repeats or not arrived:
        return None
    since = _since(last, known, policy)
    return before + 1 if since and age(last[0].alert_id, since) >= policy.repeat else None


def _end(word: Word, known: Mapping[str, Word]) -> Word:
    """The delivery that says it now: what was folded into a newer one is said by that."""
    seen = {word.key}
    while word.state is DeliveryState.SUPERSEDED and word.into in known and word.into not in seen:
        word = known[word.into]
        seen.add(word.key)
    return word


def _heard(word: Word, known: Mapping[str, Word]) -> bool:
    """What was rolled into a message that names many is heard within the hour."""
    end = _end(word, known)
    return end.arrived or (end.state is DeliveryState.SUPERSEDED and not end.withdrawn)


def _since(
    news: Sequence[Word], known: Mapping[str, Word], policy: Policy, away: Collection[str] = ()
) -> datetime | None:
    """From when on somebody could have answered: when the first arrived; while none did, when it was first tried, which
    is after quiet hours and stops; when none can any more, or all who could are away, when it was decided. None: it was
    not tried yet."""
    ends = [_end(word, known) for word in news]
    if sent := [word.sent_at for word in ends if word.sent_at]:
        return min(sent)
    alive = [word for word in ends if word.state is not DeliveryState.DEAD]
    tried = [_tried(word, policy) for word in alive if word.attempts or word.state is DeliveryState.SUPERSEDED]
    nobody = not tried and all(word.target in away for word in alive)
    return news[0].created_at if nobody else min(tried, default=None)


def _tried(word: Word, policy: Policy) -> datetime:
    """A try moves `not_before`; `give_up_at` counts from where it first stood. What is SUPERSEDED here is rolled into a
    message that names many, which comes within the hour."""
    if word.state is DeliveryState.SUPERSEDED:
        return word.created_at
    return max(word.created_at, word.give_up_at - policy.page_for)


def _words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} min" if minutes < 120 else f"{round(minutes / 60)} h"
