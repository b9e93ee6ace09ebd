"""The store in memory: the same promises as the databases, held to them by the suite in `tests/ports`."""

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from itertools import count
from types import MappingProxyType

from monitor.domain.addressing import folded, same_word
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, HoldReason, Message, Reason, Told
from monitor.domain.blocking import Kinship
from monitor.domain.blocking import keys as keys_of
from monitor.domain.delivery import APART, ASKEW, roundup
from monitor.domain.documents import Capture, Document
from monitor.domain.errors import ConflictError, FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.faint import MOST_WAITING
from monitor.domain.handling import UNSENT, gone_into, taken_back
from monitor.domain.harvests import Harvest
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.operations import OUR_SIGHT
from monitor.domain.rulings import Act, EvidenceKey, Ruling, not_for_us
from monitor.domain.signals import Assessment
from monitor.domain.silences import Silence
from monitor.domain.sources import Look, SourceState
from monitor.ports import Hour, Inbox, Ledger, Outbox
from monitor.steps import Before, Claim, HeldAlert, SentAlert, Step, WantedPage

WAITING = {DeliveryState.PENDING, DeliveryState.RETRY, DeliveryState.UNKNOWN}
UNFINISHED = WAITING | {DeliveryState.SENDING}
LOST = "the sender ended before it said how the attempt went"


@dataclass(frozen=True)
class Bed:
    """A sleeping row and its lease."""

    item: Capture | WantedPage
    due_at: datetime | None = None  # None: at once
    token: str | None = None
    tries: int = 0
    settled: bool = False


@dataclass
class Memory:
    source_states: dict[str, SourceState] = field(default_factory=dict)
    captures: dict[str, Bed] = field(default_factory=dict)
    quarantine: dict[str, tuple[datetime, FailureReason, str]] = field(default_factory=dict)
    wanted: dict[str, Bed] = field(default_factory=dict)
    harvests: dict[str, Harvest] = field(default_factory=dict)
    entries: dict[tuple[str, str], datetime] = field(default_factory=dict)
    rejected: dict[tuple[str, str], tuple[FailureReason, str]] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    understood: dict[str, str] = field(default_factory=dict)
    assessments: dict[str, Assessment] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    told: dict[tuple[str, str], Told] = field(default_factory=dict)
    held: dict[tuple[str, int, str, str], HeldAlert] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)  # in order of creation
    leases: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)  # by delivery key: token, until
    attempts: dict[str, tuple[Attempt, ...]] = field(default_factory=dict)
    provider_ids: dict[str, str] = field(default_factory=dict)  # by delivery key
    acts: dict[str, Act] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    alerts: dict[str, SentAlert] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    marks: dict[str, datetime] = field(default_factory=dict)
    faint: dict[str, Evidence] = field(default_factory=dict)  # by document id
    turns: int = 0

    def draft(self) -> "Memory":
        return Memory(**{part.name: copy(getattr(self, part.name)) for part in fields(self)})


def _moves(step: Step) -> bool:
    return bool(step.incidents or step.told or step.acts or step.rulings or step.faint)


class MemoryStore(Inbox, Ledger, Outbox):
    """Inbox, ledger and outbox at once. Read `memory` to see what is kept."""

    def __init__(self, kin: Kinship | None = None) -> None:
        self.memory = Memory()
        self._kin = kin or {}
        self._tokens = map(str, count(1))

    # the inbox

    async def sources(self) -> Mapping[str, SourceState]:
        return dict(self.memory.source_states)

    async def looked(self, look: Look, state: SourceState, capture: Capture | None, token: str = "") -> None:
        self.memory.source_states[state.source_id] = state
        if capture is not None:
            self.memory.captures.setdefault(capture.id, Bed(capture))

    async def want_next(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim[WantedPage]]:
        due = sorted(
            (b for b in self.memory.wanted.values() if _due(b, now)),
            key=lambda b: (b.item.wanted_at, b.item.document_id),
        )
        claims = []
        for bed in due[:limit]:
            leased = self._leased(bed, now + lease)
            self.memory.wanted[bed.item.document_id] = leased
            claims.append(Claim(bed.item, leased.token, leased.tries))
        return claims

    async def page_came(self, page: Claim[WantedPage], capture: Capture) -> None:
        bed = self.memory.wanted.get(page.item.document_id)
        if bed is None or bed.token != page.token:
            if capture.id not in self.memory.captures:
                raise ConflictError(page.item.document_id)
            return
        del self.memory.wanted[page.item.document_id]
        self.memory.captures.setdefault(capture.id, Bed(capture))

    async def claim(self, now: datetime, lease: timedelta) -> Claim[Capture] | None:
        claims = await self.claim_some(now, lease, 1)
        return claims[0] if claims else None

    async def claim_some(self, now: datetime, lease: timedelta, most: int) -> Sequence[Claim[Capture]]:
        due = [bed for bed in self.memory.captures.values() if not bed.settled and _due(bed, now)]
        due = sorted(due, key=lambda bed: (bed.item.fetched_at, bed.item.id))[:most]
        if due and not due[0].tries:
            due = [
                *{bed.item.document_id or bed.item.source_id: bed for bed in reversed(due) if not bed.tries}.values()
            ]
            due.reverse()
        claims = []
        for bed in sorted(
            due[: 1 if due and due[0].tries else most], key=lambda bed: (bed.item.fetched_at, bed.item.id)
        ):
            leased = self._leased(bed, now + lease)
            self.memory.captures[bed.item.id] = leased
            claims.append(Claim(bed.item, leased.token, leased.tries))
        return claims

    async def release(self, capture: Claim[Capture], not_before: datetime, detail: str, counts: bool = True) -> None:
        bed = self.memory.captures.get(capture.item.id)
        if bed is None or bed.settled or bed.token != capture.token:
            raise ConflictError(capture.item.id)
        self.memory.captures[capture.item.id] = replace(
            bed, due_at=not_before, token=None, tries=bed.tries - (not counts)
        )

    # the ledger

    async def before(self, source_ids: Collection[str]) -> Mapping[str, Before]:
        def known(id: str) -> frozenset[str]:
            return frozenset(key for source, key in self.memory.entries if source == id)

        return {id: Before(known(id), await self.harvest(id)) for id in source_ids}

    async def document(self, document_id: str) -> Document | None:
        return self.memory.documents.get(document_id)

    async def content_hashes(self, document_ids: Sequence[str]) -> Mapping[str, str]:
        return {id: self.memory.understood[id] for id in document_ids if id in self.memory.understood}

    async def harvest(self, source_id: str) -> Harvest | None:
        return self.memory.harvests.get(source_id)

    async def harvests(self) -> Mapping[str, Harvest]:
        return dict(self.memory.harvests)

    async def open_incidents(self, now: datetime) -> Sequence[Incident]:
        found = [
            one
            for one in self.memory.incidents.values()
            if one.updated_at >= now - timedelta(days=400) or _ahead(one, now.date())
            if not one.merged_into
        ]
        return sorted(sorted(found, key=lambda one: one.id), key=lambda one: one.updated_at, reverse=True)

    async def open_ids(self, now: datetime) -> Sequence[str]:
        return [one.id for one in await self.open_incidents(now)]

    async def incidents(self, ids: Sequence[str]) -> Sequence[Incident]:
        return [self.memory.incidents[id] for id in ids if id in self.memory.incidents]

    async def faint_near(
        self, keys: Collection[str], spells: Sequence[tuple[datetime, datetime]]
    ) -> Sequence[Evidence]:
        near = [one for one in self.memory.faint.values() if not keys_of(one, self._kin).isdisjoint(keys)]
        timely = [
            (abs(one.published - (since + (until - since) / 2)), one.document_id, one)
            for one in near
            for since, until in spells
            if since <= one.published <= until
        ]
        nearest = sorted(timely, key=lambda item: item[:2])[:MOST_WAITING]
        return sorted((one for _, _, one in nearest), key=lambda one: one.document_id)

    async def incidents_near(
        self, keys: Collection[str], documents: Collection[str], now: datetime
    ) -> Sequence[Incident]:
        near = [
            one
            for one in await self.open_incidents(now)
            if any(not keys_of(item, self._kin).isdisjoint(keys) for item in one.evidence)
        ]
        holding = [
            one
            for one in self.memory.incidents.values()
            if one not in near and any(item.document_id in documents for item in one.evidence)
        ]
        return sorted([*near, *holding], key=lambda one: (one.opened_at, one.id))

    async def rulings(self, evidence: Collection[EvidenceKey]) -> Sequence[Ruling]:
        found = [one for one in self.memory.rulings.values() if not one.keys.isdisjoint(evidence)]
        return sorted(found, key=lambda one: (one.at, one.id))

    async def acts(self, incident_id: str) -> Sequence[Act]:
        family = [incident_id]
        for one in family:
            family += [id for id, kept in self.memory.incidents.items() if kept.merged_into == one]
        found = [act for act in self.memory.acts.values() if act.incident_id in family]
        return sorted(found, key=lambda act: (act.at, act.id))

    async def unheard(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        rows = [one for one in self.memory.deliveries.values() if one.incident_id in incident_ids]
        silent = (DeliveryState.PENDING, DeliveryState.SUPERSEDED)
        more = {key for key, one in self.memory.deliveries.items() if one.reason is Reason.MORE}
        tried = {
            (one.incident_id, one.alert_id)
            for one in rows
            if one.attempts or one.state not in silent or one.into in more
        }
        return [
            one
            for one in rows
            if one.state is DeliveryState.PENDING and not one.attempts
            if (one.incident_id, one.alert_id) not in tried
        ]

    async def waiting(self, incident_ids: Sequence[str]) -> Sequence[Delivery]:
        return [one for one in self.memory.deliveries.values() if one.incident_id in incident_ids and _untried(one)]

    async def spoken(self, incident_id: str) -> Sequence[Delivery]:
        return [one for one in self.memory.deliveries.values() if one.incident_id == incident_id]

    async def silences(self, now: datetime, start: int = 0, limit: int | None = None) -> Sequence[Silence]:
        standing = [one for one in self.memory.silences.values() if one.until > now]
        return sorted(standing, key=lambda one: (one.at, one.id))[start : None if limit is None else start + limit]

    async def alerts(self, incident_ids: Sequence[str]) -> Sequence[SentAlert]:
        found = [one for one in self.memory.alerts.values() if one.incident_id in incident_ids]
        return sorted(found, key=lambda one: (one.at, one.alert_id))

    async def acts_on(self, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Act]]:
        found = {id: await self.acts(id) for id in incident_ids}
        return {id: done for id, done in found.items() if done}

    async def held_for(self, reasons: Collection[HoldReason]) -> Sequence[str]:
        now = {id: one.revision for id, one in self.memory.incidents.items()}
        told = {(one.incident_id, one.revision, one.seller_id): one.at for one in self.memory.alerts.values()}
        return sorted(
            {
                id
                for (id, revision, seller_id, reason), one in self.memory.held.items()
                if reason in reasons and now.get(id) == revision
                if told.get((id, revision, seller_id), one.at) <= one.at
            }
        )

    async def untried(self, after: str, most: int) -> Sequence[Delivery]:
        waiting = [one for one in self.memory.deliveries.values() if _untried(one) and one.key > after]
        return sorted(waiting, key=lambda one: one.key)[:most]

    async def marks(self) -> Mapping[str, datetime]:
        return dict(self.memory.marks)

    async def told(self, incident_ids: Sequence[str]) -> Sequence[Told]:
        return [told for key, told in sorted(self.memory.told.items()) if key[0] in set(incident_ids)]

    async def turn(self) -> int:
        return self.memory.turns

    async def keep(self, step: Step, *more: Step) -> None:
        kept = self.memory
        if any(one.turn is not None and one.turn != kept.turns for one in (step, *more) if _moves(one)):
            raise ConflictError("incidents were moved since this was decided")
        try:
            for one in (step, *more):
                self._keep(one)
        except (ConflictError, ValueError):
            self.memory = kept
            raise

    def _keep(self, step: Step) -> None:
        if step.capture is None and (step.seen or step.rejected or step.quarantine):
            raise ValueError("entries and quarantine belong to a capture, and the step has none")
        draft = self.memory.draft()
        if step.capture is not None and not _settled(draft, step, step.capture):
            return
        for incident in step.incidents:
            kept = draft.incidents.get(incident.id)
            if (kept.revision if kept else 0) != incident.revision - 1:
                raise ConflictError(incident.id)
            draft.incidents[incident.id] = incident
        for key in step.withdrawn:
            row = draft.deliveries[key]
            if row.state not in UNSENT:
                raise ConflictError(key)
            draft.deliveries[key] = replace(
                row, state=DeliveryState.SUPERSEDED, last_detail="withdrawn before it was sent"
            )
        for incident_id, into in gone_into(step.incidents).items():
            for key, row in draft.deliveries.items():
                if row.incident_id == incident_id:
                    draft.deliveries[key] = replace(row, incident_id=into)
        draft.documents.update({document.id: document for document in step.documents})
        for assessment in step.assessments:
            if assessment.document_id not in draft.documents:
                raise ValueError(f"document {assessment.document_id} was understood but never kept")
            draft.understood[assessment.document_id] = draft.documents[assessment.document_id].content_hash
            draft.assessments[assessment.document_id] = assessment
            draft.faint.pop(assessment.document_id, None)
        draft.faint.update((one.document_id, one) for one in step.faint)
        if step.harvest is not None:
            draft.harvests[step.harvest.source_id] = step.harvest
        for page in step.wanted_pages:
            if not page.follow and page.document_id not in draft.documents:
                raise ValueError(f"document {page.document_id} wants a page but was never kept")
            draft.wanted.setdefault(page.document_id, Bed(page))
        for whose in step.untold:
            draft.told.pop(whose, None)
        draft.told.update({(told.incident_id, told.seller_id): told for told in step.told})
        for one in step.held:
            draft.held.setdefault((one.incident_id, one.revision, one.seller_id, one.hold.reason), one)
        _enqueue(draft, step.deliveries, step.at)
        for act in step.acts:
            draft.acts.setdefault(act.id, act)
        for alert in step.alerts:
            draft.alerts.setdefault(alert.alert_id, alert)
        draft.silences.update((silence.id, silence) for silence in step.silences)
        draft.marks.update(step.marks)
        for one in step.moved:
            if _untried(row := draft.deliveries[one.key]):
                draft.deliveries[one.key] = replace(
                    row, not_before=one.not_before, give_up_at=one.give_up_at, waits_for=one.waits_for
                )
        for one in step.reworded:
            if _untried(row := draft.deliveries[one.key]):
                draft.deliveries[one.key] = replace(row, message=one.message, severity=one.severity, rung=one.rung)
        for ruling in step.rulings:
            draft.rulings.setdefault(ruling.id, ruling)
        draft.turns += _moves(step)
        self.memory = draft

    # the outbox

    async def claim_delivery(
        self, now: datetime, lease: timedelta, resting: Mapping[str, datetime] = MappingProxyType({})
    ) -> Claim[Delivery] | None:
        chosen = self._next(now, resting)
        if chosen is None:
            return None
        sending = replace(chosen, state=DeliveryState.SENDING, attempts=chosen.attempts + 1)
        token = next(self._tokens)
        self.memory.deliveries[chosen.key] = sending
        self.memory.leases[chosen.key] = (token, now + lease)
        return Claim(replace(sending, thread=self._thread(sending)), token, sending.attempts)

    def _next(self, now: datetime, resting: Mapping[str, datetime]) -> Delivery | None:
        unfinished: list[Delivery] = []
        due: list[Delivery] = []
        for delivery in self.memory.deliveries.values():
            line = (delivery.incident_id, delivery.target, delivery.seller_id)
            first = line not in {(one.incident_id, one.target, one.seller_id) for one in unfinished}
            if delivery.state in UNFINISHED:
                unfinished.append(delivery)
            if delivery.state in WAITING and _claimable(delivery, now) and first:
                due.append(delivery)
        busy = {one.target for one in unfinished if one.state is DeliveryState.SENDING}
        free = [
            one
            for one in due
            if one.target not in busy
            if one.target not in resting or one.give_up_at <= resting[one.target]
        ]
        return min(free, key=lambda one: (-one.severity, one.created_at), default=None)

    def _thread(self, delivery: Delivery) -> str:
        def line(one: Delivery) -> tuple[str, ...]:
            return (one.incident_id, one.seller_id, one.target, one.channel)

        named = (
            self.memory.provider_ids.get(one.key, "")
            for one in self.memory.deliveries.values()
            if line(one) == line(delivery) and one.state is DeliveryState.SENT
        )
        return next(filter(None, named), "")

    async def settle(
        self,
        delivery: Claim[Delivery],
        attempt: Attempt,
        state: DeliveryState,
        not_before: datetime,
        now: datetime,
        instead: Delivery | None = None,
    ) -> DeliveryState:
        key = delivery.item.key
        if not self._in_hand(delivery):
            return self.memory.deliveries[key].state
        row = self.memory.deliveries[key]
        self.memory.deliveries[key] = replace(
            row,
            state=state,
            not_before=not_before,
            last_detail=attempt.detail,
            repeat=row.repeat or state is DeliveryState.UNKNOWN or attempt.result is AttemptClass.AMBIGUOUS,
            sent_at=now if state is DeliveryState.SENT else row.sent_at,
        )
        self.memory.leases[key] = (delivery.token, None)
        self.memory.attempts[key] = (*self.memory.attempts.get(key, ()), attempt)
        if state is DeliveryState.SENT:
            self.memory.provider_ids[key] = attempt.provider_id
        elif attempt.result is not AttemptClass.AMBIGUOUS and self._moot(row):
            self._forget(key)
        elif state is DeliveryState.DEAD and instead is not None:
            _stand_in(self.memory, row, instead, now)
        return self.memory.deliveries[key].state

    def _in_hand(self, delivery: Claim[Delivery]) -> bool:
        """False when the same claim was settled already."""
        token, until = self.memory.leases.get(delivery.item.key, ("", None))
        if token != delivery.token:
            raise ConflictError(delivery.item.key)
        return until is not None

    def _moot(self, row: Delivery) -> tuple[str, datetime] | None:
        incident = self.memory.incidents.get(row.incident_id)
        if incident is None or row.created_at is None or not isinstance(row.message, Message):
            return None
        if incident.closed is not None and row.created_at < incident.closed.at:
            return f"its incident was closed by {incident.closed.who} meanwhile", incident.closed.at
        family = [incident.id, *(one.id for one in self.memory.incidents.values() if one.merged_into == incident.id)]
        acts = sorted((act for act in self.memory.acts.values() if act.incident_id in family), key=lambda act: act.at)
        act = not_for_us(acts, row.seller_id)
        if act is not None and row.created_at < act.at:
            return f"{act.who} said meanwhile that it is not for them", act.at
        return None

    def _forget(self, key: str) -> None:
        row = self.memory.deliveries[key]
        why, since = self._moot(row) or ("", row.created_at)
        self.memory.deliveries[key] = replace(row, state=DeliveryState.SUPERSEDED, last_detail=why)
        whose = (row.incident_id, row.seller_id)
        if whose in self.memory.told:
            spoken = [
                replace(one, state=DeliveryState.RETRY) if one.key == key else one
                for one in self.memory.deliveries.values()
                if one.incident_id == row.incident_id and one.created_at < since
            ]
            really = taken_back({whose: self.memory.told.pop(whose)}, spoken)
            self.memory.told.update(really)

    async def hold(
        self, delivery: Claim[Delivery], until: datetime, now: datetime, why: str = "", others: bool = False
    ) -> None:
        if not self._in_hand(delivery):
            return
        key, kept = delivery.item.key, self.memory.deliveries
        back = DeliveryState.PENDING if delivery.tries == 1 else DeliveryState.RETRY
        waits = {"not_before": until} | ({"waits_for": why} if why else {})
        made = min(kept[key].created_at, now)
        kept[key] = replace(kept[key], state=back, attempts=delivery.tries - 1, created_at=made, **waits)
        self.memory.leases[key] = (delivery.token, None)
        if others:
            kept.update({one.key: replace(one, **waits) for one in self._to_come(delivery.item.target, now)})
            kept[key] = replace(kept[key], **waits)

    def _to_come(self, target: str, now: datetime) -> list[Delivery]:
        return [
            one
            for one in self.memory.deliveries.values()
            if one.target == target and one.state in UNSENT and not one.repeat
            if one.not_before <= now and _counted(one) and one.reason is not Reason.MORE
        ]

    async def hour(self, target: str, now: datetime) -> Hour:
        sent = [
            one.sent_at
            for one in self.memory.deliveries.values()
            if one.target == target and one.state is DeliveryState.SENT and _counted(one)
            if now - timedelta(hours=1) < one.sent_at <= now + ASKEW
        ]
        return Hour(sorted(sent), len(self._to_come(target, now)))

    async def round_up(self, delivery: Claim[Delivery], now: datetime, lease: timedelta) -> Claim[Delivery]:
        if not self._in_hand(delivery):
            raise ConflictError(delivery.item.key)
        kept, target = self.memory.deliveries, delivery.item.target
        ours = {one.key for one in self._to_come(target, now)}
        left: list[Delivery] = []
        lines: set[tuple[str, str]] = set()
        for one in kept.values():
            if one.target == target and one.state in UNFINISHED and one.key not in {*ours, delivery.item.key}:
                lines.add((one.incident_id, one.seller_id))
            if one.key in ours and (one.incident_id, one.seller_id) not in lines:
                left.append(one)
        if not left:
            return delivery
        whole = roundup([delivery.item, *left], now)
        gone = {"state": DeliveryState.SUPERSEDED, "into": whole.key, "last_detail": f"told with others: {whole.key}"}
        kept.update({one.key: replace(one, **gone) for one in left})
        mine = kept[delivery.item.key]
        kept[mine.key] = replace(mine, attempts=mine.attempts - 1, **gone)
        del self.memory.leases[mine.key]
        token = next(self._tokens)
        kept[whole.key] = replace(whole, state=DeliveryState.SENDING, attempts=1)
        self.memory.leases[whole.key] = (token, now + lease)
        return Claim(kept[whole.key], token, 1)

    async def wake(self, target: str, now: datetime) -> None:
        for key, one in self.memory.deliveries.items():
            tried = one.state in {DeliveryState.RETRY, DeliveryState.UNKNOWN}
            if one.target == target and tried and one.not_before > now:
                self.memory.deliveries[key] = replace(one, not_before=now)

    async def recover(self, now: datetime) -> int:
        lost = [key for key, (_, until) in self.memory.leases.items() if until is not None and until <= now]
        for key in lost:
            row = self.memory.deliveries[key]
            self.memory.deliveries[key] = replace(row, state=DeliveryState.UNKNOWN, repeat=True, last_detail=LOST)
            del self.memory.leases[key]
            attempt = Attempt(AttemptClass.AMBIGUOUS, "lease_ran_out", LOST)
            self.memory.attempts[key] = (*self.memory.attempts.get(key, ()), attempt)
        return len(lost)

    def _leased(self, bed: Bed, until: datetime) -> Bed:
        return replace(bed, due_at=until, token=next(self._tokens), tries=bed.tries + 1)


def _untried(delivery: Delivery) -> bool:
    return delivery.state is DeliveryState.PENDING and not delivery.attempts


def _claimable(delivery: Delivery, now: datetime) -> bool:
    if delivery.state is DeliveryState.PENDING:
        return delivery.not_before <= now or delivery.created_at > now + ASKEW
    return delivery.not_before <= now or delivery.not_before > now + timedelta(hours=2)


def _due(bed: Bed, now: datetime) -> bool:
    return bed.due_at is None or bed.due_at <= now


def _ahead(incident: Incident, today: date) -> bool:
    dates = [deadline.date for deadline in incident.deadlines]
    return any(day is not None and day.last_day >= today for day in [*dates, incident.effective_date])


def _settled(draft: Memory, step: Step, claim: Claim[Capture]) -> bool:
    bed = draft.captures.get(claim.item.id)
    if bed is None or bed.token != claim.token:
        raise ConflictError(claim.item.id)
    if bed.settled:
        return False
    draft.captures[claim.item.id] = replace(bed, settled=True)
    if step.quarantine is not None:
        draft.quarantine[claim.item.id] = (step.at, step.quarantine, step.detail)
    source_id = claim.item.source_id
    for key in step.seen:
        if step.at - draft.entries.get((source_id, key), datetime.min.replace(tzinfo=step.at.tzinfo)) > timedelta(
            days=1
        ):
            draft.entries[source_id, key] = step.at
    if step.seen:
        for (source, key), last_seen in list(draft.entries.items()):
            if source == source_id and last_seen < step.at - timedelta(days=60):
                del draft.entries[source, key]
    for key, reason, detail in step.rejected:
        draft.rejected.setdefault((claim.item.id, key), (reason, detail))
    return True


def _make_room(draft: Memory, key: str) -> None:
    """What was withdrawn keeps its place, its tries and its lease under another key."""
    renamed = f"{key}/{sum(one.startswith(f'{key}/') for one in draft.deliveries)}"
    draft.deliveries = {
        (renamed if one == key else one): replace(row, key=renamed) if one == key else row
        for one, row in draft.deliveries.items()
    }
    for kept in (draft.attempts, draft.leases, draft.provider_ids):
        if key in kept:
            kept[renamed] = kept.pop(key)


def _stand_in(draft: Memory, refused: Delivery, new: Delivery, now: datetime) -> None:
    theirs = [one for one in draft.deliveries.values() if one.target == new.target]
    if any(one.alert_id == new.alert_id for one in theirs):
        return
    newer = [
        one.key
        for one in theirs
        if (one.incident_id, one.seller_id) == (new.incident_id, new.seller_id)
        if one.created_at > refused.created_at
        if one.state not in {DeliveryState.DEAD, DeliveryState.SUPERSEDED}
    ]
    if not newer:
        _enqueue(draft, [new], now)
        return
    told_more = {
        "state": DeliveryState.SUPERSEDED,
        "into": newer[-1],
        "last_detail": f"{new.target} was told more of it",
    }
    draft.deliveries[new.key] = replace(new, **told_more)


def _counted(delivery: Delivery) -> bool:
    apart = delivery.reason in APART or delivery.incident_id == OUR_SIGHT
    return delivery.severity < Severity.CRITICAL and not apart


def _enqueue(draft: Memory, new: Sequence[Delivery], at: datetime) -> None:
    for delivery in new:
        message = delivery.message
        known = draft.deliveries.get(delivery.key)
        if known is not None:
            if same_word(known.message, message):
                continue
            if known.state is not DeliveryState.SUPERSEDED:
                raise ValueError(f"delivery {delivery.key} is kept already, with another message")
            _make_room(draft, known.key)
        created = replace(delivery, message=message, created_at=delivery.created_at or at)
        for key, row in draft.deliveries.items():
            unsent = row.state is DeliveryState.PENDING and row.attempts == 0
            same = (row.incident_id, row.target, row.seller_id) == (
                delivery.incident_id,
                delivery.target,
                delivery.seller_id,
            )
            if unsent and same and key not in {other.key for other in new}:
                created = folded(created, row)
                into = f"folded into {delivery.key}"
                draft.deliveries[key] = replace(
                    row, state=DeliveryState.SUPERSEDED, last_detail=into, into=delivery.key
                )
        draft.deliveries[delivery.key] = created
