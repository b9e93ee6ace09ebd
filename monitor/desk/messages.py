"""What went where, as the desk shows it; and one more try at what was given up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.config import Config
from monitor.desk.index import Index
from monitor.desk.silences import Silences
from monitor.desk.told import STATE
from monitor.domain.alerts import AttemptClass, Delivery, DeliveryState, Message, Reason
from monitor.domain.incidents import Incident
from monitor.domain.people import Record
from monitor.domain.restating import overtaken
from monitor.domain.signals import Status
from monitor.domain.waits import DUTY, QUIET, SILENCE
from monitor.notify.headline import headline
from monitor.notify.render import bodies
from monitor.notify.tongue import Tongue, noop, tongue
from monitor.notify.wording import clean
from monitor.notify.written import written
from monitor.once_more import once_more
from monitor.opened import Store
from monitor.store.messages import Chosen, Letter, by_state, letters
from monitor.watching import watch
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.sections.messages import Choices, Listed, Quiets, Row, Shown, Try, Wanted, Wish
from monitor.web.speech import NotDoneError

REASON = {
    Reason.FIRST: noop("first word of it"),
    Reason.NEW_RUNG: noop("more certain"),
    Reason.NEW_PLACE: noop("reaches further"),
    Reason.DATE_MOVED: noop("its date changed"),
    Reason.NEW_DEADLINE: noop("a new deadline"),
    Reason.WORSE: noop("weighs more"),
    Reason.ALL_CLEAR: noop("all clear"),
    Reason.QUESTION: noop("somebody must look"),
    Reason.REPEAT: noop("nobody acknowledged it"),
    Reason.ESCALATED: noop("the next to hear"),
    Reason.DUE: noop("a deadline is near or past"),
    Reason.DIGEST: noop("digest"),
    Reason.MORE: noop("what a full hour left over"),
    Reason.TEST: noop("a test"),
    Reason.DRILL: noop("the weekly drill"),
    Reason.BLIND: noop("sources that see nothing"),
}
RESULT = {
    AttemptClass.OK: noop("it arrived"),
    AttemptClass.TRANSIENT: noop("not now"),
    AttemptClass.PERMANENT: noop("refused"),
    AttemptClass.AMBIGUOUS: noop("no answer: it may have arrived"),
}


class PostRoom:
    """A `monitor.web.sections.messages.Post`. `settings` is asked at each request, so that a reload counts at once."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime], index: Index) -> None:
        self._store, self._settings, self._now, self._index = store, settings, now, index
        self._silences = Silences(store, settings, now)

    async def listed(self, reader: Reader, wanted: Wanted, before: int, after: int, limit: int) -> Listed:
        """The newest first."""
        settings, t = self._settings(), tongue(reader.t.language, reader.t.zone)
        chosen = Chosen(wanted.target, wanted.state, wanted.seller, wanted.incident)
        targets = [one.id for one in settings.targets]
        some, more = await letters(self._store.database, chosen, before, after, limit, targets)
        known = await self._known({one.incident_id for one in some})
        older, newer = (bool(some), more) if after else (more, bool(before and some))
        return Listed(
            rows=[self._row(one, known, t) for one in some],
            before=some[-1].no if older else 0,
            after=some[0].no if newer else 0,
            states={state.value: number for state, number in (await by_state(self._store.database)).items()},
            targets=targets,
            sellers=[(one.id, one.name) for one in settings.sellers],
        )

    async def message(self, reader: Reader, key: str) -> Shown | None:
        """One in full; None for nobody's key and for the beginning of several."""
        delivery = await self._store.desk.delivery(key)
        if delivery is None:
            return None
        t = tongue(reader.t.language, reader.t.zone)
        tries = await self._store.desk.attempts(delivery.key)
        known = await self._known({delivery.incident_id})
        letter = written(delivery)
        row = self._row(_letter(delivery), known, t)
        return Shown(
            row=replace(row, overtaken=row.overtaken or self._moved(delivery)),
            tries=[
                Try(
                    one.no,
                    one.at,
                    one.attempt.result.value,
                    t.say(RESULT[one.attempt.result]),
                    clean(one.attempt.code, 40),
                    clean(one.attempt.detail),
                )
                for one in tries
            ],
            subject=letter.subject,
            text=bodies(letter).plain,
            language=delivery.language,
            zone=delivery.zone,
            give_up_at=delivery.give_up_at,
            into=delivery.into,
            fallback_of=delivery.fallback_of,
        )

    async def retry(self, visitor: Visitor, keys: Sequence[str], old_words: bool = False) -> Mapping[str, str]:
        """A day long; one that may have arrived already says that it may be a repeat. Raises NotDoneError when none of
        them was given up, or nobody need hear of them any more."""
        now = self._now()
        if not keys:
            raise NotDoneError(noop("Choose which ones to try again."))
        asked = [await self._store.desk.delivery(key) for key in dict.fromkeys(keys)]
        dead = [one for one in asked if one is not None and one.state is DeliveryState.DEAD]
        tried = await once_more(self._store, watch(self._settings()), dead, now, visitor.name, old_words)
        revived = dict.fromkeys(tried.again, "") | tried.fresh
        if not revived and tried.over:
            raise NotDoneError(noop("It is over by now, and they never heard of it: only the old words could be sent."))
        if not revived:
            raise NotDoneError(noop("None of them was given up: there is nothing to try again."))
        for key, into in revived.items():
            record = Record(now, visitor.name, visitor.via, "message.retry", key, into, visitor.address)
            await self._store.people.record(record)
        return revived

    async def silences(self, reader: Reader, start: int, limit: int) -> Quiets:
        """See `Silences.standing`."""
        return await self._silences.standing(tongue(reader.t.language, reader.t.zone), start, limit)

    async def silence(self, visitor: Visitor, wish: Wish) -> str:
        """See `Silences.add`."""
        return await self._silences.add(visitor, wish)

    async def end(self, visitor: Visitor, id: str) -> None:
        """See `Silences.end`."""
        await self._silences.end(visitor, id)

    def choices(self) -> Choices:
        """As the configuration has them."""
        settings = self._settings()
        return Choices(
            [one.name for one in settings.platforms],
            sorted({position.country for seller in settings.sellers for position in seller.positions}),
            [(one.id, one.name) for one in settings.sellers],
            [one.id for one in settings.targets],
        )

    async def _known(self, ids: set[str]) -> Mapping[str, Incident]:
        """Incidents by what is in mind, else by what is kept."""
        kept = self._index.kept
        heads = await self._store.search.heads([id for id in ids if id and id not in kept])
        return {id: kept[id].whole for id in ids if id in kept} | dict(heads)

    def _moved(self, delivery: Delivery) -> bool:
        """By all that it says."""
        kept = self._index.kept.get(delivery.incident_id)
        view = kept.views.get(delivery.seller_id) if kept else None
        return view is not None and isinstance(delivery.message, Message) and overtaken(delivery.message, view.seen)

    def _row(self, one: Letter, known: Mapping[str, Incident], t: Tongue) -> Row:
        incident, kept = known.get(one.incident_id), self._index.kept.get(one.incident_id)
        view = kept.views.get(one.seller_id) if kept else None
        moved = incident is not None and _overtaken(one, incident, view.seen.status if view else incident.status)
        return _row(one, headline(incident, t) if incident else "", moved, t)


def _overtaken(one: Letter, incident: Incident, status: Status) -> bool:
    """Whether the incident stands otherwise by now than the message says."""
    over = incident.closed is not None or bool(incident.merged_into)
    return one.rung is not status or (over and one.reason is not Reason.ALL_CLEAR)


def _letter(one: Delivery) -> Letter:
    return Letter(
        0, one.key, one.incident_id, one.seller_id, one.target, one.channel, one.severity, one.rung, one.reason,
        one.state, one.created_at or one.not_before, one.not_before, one.sent_at, one.attempts, one.repeat,
        one.waits_for, one.last_detail, one.instead_of,
    )  # fmt: skip


def _row(one: Letter, about: str, overtaken: bool, t: Tongue) -> Row:
    waits = _waits(one.waits_for, t) if one.state is DeliveryState.PENDING else ""
    held = waits or one.state is DeliveryState.RETRY
    return Row(
        no=one.no,
        key=one.key,
        about=about,
        incident_id=one.incident_id if about else "",
        seller=one.seller_id,
        target=one.target,
        channel=one.channel,
        severity=one.severity,
        rung=one.rung,
        reason=one.reason,
        reason_said=t.say(REASON[one.reason]),
        state=one.state,
        state_said=t.say(STATE[one.state]),
        created_at=one.created_at,
        sent_at=one.sent_at,
        waits_for=waits,
        waits_until=one.not_before if held else None,
        tries=one.attempts,
        note="" if one.state is DeliveryState.SENT else clean(one.last_detail),
        repeat=one.repeat,
        instead_of=one.instead_of,
        instead=one.instead,
        overtaken=overtaken,
    )


def _waits(why: str, t: Tongue) -> str:
    """What holds it back, as `monitor.domain.waits` names it."""
    found = []
    for one in filter(None, why.split("; ")):
        if one.startswith(SILENCE):
            found.append(t.say("a silence of {who}", who=clean(one.removeprefix(SILENCE), 60)))
        else:
            found.append(t.say({QUIET: "quiet hours", DUTY: "nobody on duty"}.get(one, "")) or clean(one, 60))
    return t.listed(found)
