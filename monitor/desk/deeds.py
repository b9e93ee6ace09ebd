"""What people do to incidents at the desk: the same acts as on the command line, in the name of whoever came in."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.acts import ActRefusedError, Acts, Hand
from monitor.config import Config
from monitor.desk.incident import known
from monitor.desk.passages import whole
from monitor.desk.silences import lasting
from monitor.domain.blocking import asks
from monitor.domain.documents import digest
from monitor.domain.errors import ConflictError, StoreUnavailableError
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.linking import terms
from monitor.domain.people import Record
from monitor.domain.resolution import Kinship, kinship
from monitor.domain.rulings import Act, ActKind
from monitor.domain.silences import Silence, ended
from monitor.notify.headline import headline
from monitor.notify.tongue import tongue
from monitor.notify.wording import clean
from monitor.opened import Store
from monitor.revisit import rearrange
from monitor.steps import Step
from monitor.watching import watch
from monitor.web.access import Visitor
from monitor.web.paper import Reader
from monitor.web.sections.acts import Deed, Leaf, Near, Outcome, Scope, Table, Wish
from monitor.web.speech import NotDoneError, noop

TWICE = timedelta(seconds=30)  # within which the same act of the same person is the same press of a button
NEAR, LEAVES = 12, 200  # that are listed
_KIND = {
    Deed.DONE: ActKind.DONE,
    Deed.UNDONE: ActKind.UNDONE,
    Deed.CLOSE: ActKind.CLOSE,
    Deed.REOPEN: ActKind.REOPEN,
    Deed.MERGE: ActKind.MERGE,
    Deed.SPLIT: ActKind.SPLIT,
}
_BUSY = noop("The store does not answer; nothing was done. Try again soon.")
_OTHERS = noop("Somebody else changed it at the same moment, and nothing was done. Look at it, and do it again.")


class Deeds:
    """A `monitor.web.sections.acts.Deeds`. `settings` is asked at each request, so that a reload counts at once."""

    def __init__(self, store: Store, settings: Callable[[], Config], now: Callable[[], datetime]) -> None:
        self._store, self._settings, self._now = store, settings, now
        self._one = asyncio.Lock()  # a button that is pressed twice finds what its first press did

    async def do(self, visitor: Visitor, id: str, wish: Wish) -> Outcome | None:
        """Do it once, and put it on record. Raises NotDoneError; None for an id that is nobody's, or several's."""
        async with self._one:
            return await self._once(visitor, id, wish)

    async def _once(self, visitor: Visitor, id: str, wish: Wish) -> Outcome | None:
        incident = await known(self._store, id)
        if incident is None:
            return None
        if wish.seller and wish.seller not in {seller.id for seller in self._settings().sellers}:
            raise NotDoneError(noop("There is no seller {id}."), id=clean(wish.seller, 40))
        wish = replace(wish, note=clean(wish.note, 500))
        try:
            outcome = await self._done(visitor, incident, wish)
        except ActRefusedError as refusal:
            if not await self._pressed_twice(visitor, incident, wish):
                values = {name: clean(str(value)) for name, value in refusal.values.items()}
                raise NotDoneError(refusal.words, **values) from None
            outcome = Outcome(incident.id, wish.act, again=True)
        except ConflictError:
            raise NotDoneError(_OTHERS) from None
        except StoreUnavailableError:
            raise NotDoneError(_BUSY) from None
        if not outcome.again:
            what = " ".join(filter(None, (wish.subject, wish.other, *wish.documents, wish.seller, wish.note)))
            did = f"incident.{wish.act.value.replace('-', '_')}"
            at, via = self._now(), visitor.via
            record = Record(at, visitor.name, via, did, incident.id, clean(what, 500), visitor.address)
            await self._store.people.record(record)
        return outcome

    async def _done(self, visitor: Visitor, incident: Incident, wish: Wish) -> Outcome:
        acts = Acts(self._store.ledger, watch(self._settings()))
        hand, id = Hand(visitor.name, self._now(), wish.note, wish.seller), incident.id
        match wish.act:
            case Deed.SILENCE:
                return await self._silence(visitor, incident, wish)
            case Deed.UNSILENCE:
                return await self._unsilence(visitor, incident, wish)
            case Deed.ACK | Deed.TAKE | Deed.FALSE_ALARM | Deed.NOT_FOR_US | Deed.FOR_US:
                answer = {
                    Deed.ACK: acts.ack,
                    Deed.TAKE: acts.take,
                    Deed.FALSE_ALARM: acts.false_alarm,
                    Deed.NOT_FOR_US: acts.not_for_us,
                    Deed.FOR_US: acts.for_us,
                }[wish.act]
                given = await answer(id, hand)
                return Outcome(given.incident.id, wish.act, given.again)
            case Deed.MERGE:
                other = await known(self._store, wish.other)
                if other is None:
                    raise NotDoneError(
                        noop("No incident, or several, have an id that begins with {id}."), id=clean(wish.other, 40)
                    )
                what: Awaitable[Incident] = acts.merge(id, other.id, hand)
            case Deed.SPLIT:
                what = acts.split(id, wish.documents, hand)
            case Deed.CLOSE:
                what = acts.close(id, hand)
            case Deed.REOPEN:
                what = acts.reopen(id, hand)
            case Deed.DONE:
                what = acts.done(id, wish.subject, hand)
            case Deed.UNDONE:
                what = acts.undone(id, wish.subject, hand)
        return Outcome((await what).id, wish.act)

    async def _pressed_twice(self, visitor: Visitor, incident: Incident, wish: Wish) -> bool:
        """Whether the last act on it is this one, by the same person a moment ago."""
        acts: Sequence[Act] = await self._store.desk.acts(incident.id)
        last = max(acts, key=lambda act: act.at, default=None)
        if last is None or last.kind is not _KIND.get(wish.act) or last.who != visitor.name:
            return False
        same = last.subject == wish.subject if wish.act in (Deed.DONE, Deed.UNDONE) else True
        return same and last.seller_id == wish.seller and timedelta(0) <= self._now() - last.at <= TWICE

    # --- silences

    async def _silence(self, visitor: Visitor, incident: Incident, wish: Wish) -> Outcome:
        now, ledger = self._now(), self._store.ledger
        until = lasting(wish.span, wish.until, visitor.zone or "UTC", now)
        platforms = wish.scope in (Scope.PLATFORM, Scope.BOTH)
        if platforms and not incident.platforms:
            raise NotDoneError(noop("It names no platform: choose something else to silence."))
        silence = Silence(
            id=digest("silence", visitor.name, wish.once or now.isoformat()),
            at=now,
            until=until,
            who=visitor.name,
            note=wish.note,
            seller_id=wish.seller,
            incident_id=incident.id if wish.scope is Scope.INCIDENT else "",
            platforms=incident.platforms if platforms else (),
            events=(incident.event_type,) if wish.scope in (Scope.EVENT, Scope.BOTH) else (),
        )
        again = any(one.id == silence.id for one in await ledger.silences(now))
        if not again:
            await ledger.keep(Step(at=now, silences=[silence]))
            await rearrange(ledger, watch(self._settings()), now)
        return Outcome(incident.id, wish.act, again)

    async def _unsilence(self, visitor: Visitor, incident: Incident, wish: Wish) -> Outcome:
        now, ledger = self._now(), self._store.ledger
        found = [one for one in await ledger.silences(now) if one.id == wish.subject]
        for one in found:
            await ledger.keep(Step(at=now, silences=[ended(one, visitor.name, now)]))
            await rearrange(ledger, watch(self._settings()), now)
        return Outcome(incident.id, wish.act, again=not found)

    # --- what belongs together

    async def table(self, reader: Reader, id: str) -> Table | None:
        """The incident with those that are most like it, and its documents."""
        incident = await known(self._store, id)
        if incident is None:
            return None
        t = tongue(reader.t.language, reader.t.zone)
        kin = kinship(self._settings().platforms)
        keys = {key for item in incident.evidence[-20:] for key in asks(item, kin)}
        others = await self._store.ledger.incidents_near(keys, (), self._now()) if keys else ()
        near = [one for one in others if one.id != incident.id and one.evidence and not one.merged_into]
        mine = incident.evidence[-1:]

        def alike(one: Incident) -> float:
            return max((_score(item, other, kin) for item in mine for other in one.evidence[:3]), default=0.0)

        near.sort(key=lambda one: (-alike(one), one.id))
        documents = {item.document_id: item for item in reversed(incident.evidence)}
        leaves = [
            Leaf(item.document_id, whole(item.title, ()), clean(item.publisher, 60), clean(item.lang, 12))
            for item in reversed(documents.values())
        ]
        return Table(
            incident.id,
            headline(incident, t),
            tuple(Near(one.id, headline(one, t), one.status, one.effective_date) for one in near[:NEAR]),
            tuple(leaves[:LEAVES]),
            max(0, len(leaves) - LEAVES),
        )


def _score(one: Evidence, other: Evidence, kin: Kinship) -> float:
    return sum(term.points for term in terms(one, other, kin))
