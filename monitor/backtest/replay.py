"""The real path under a frozen clock: inbox, pipeline, store, outbox and delivery, one document after the other.

Only the ends are others: a shelf instead of the network's bytes, and a target that writes down what it hears.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from monitor import wiring
from monitor.backtest.reading import Understood, days_between, public_at
from monitor.config import Config
from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Message, Target
from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.exposure import Seller
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment
from monitor.domain.sources import Look, Outcome, Source, SourceState
from monitor.metrics import Metrics
from monitor.notify.delivery import Deliverer
from monitor.opened import Store, open_store
from monitor.pipeline import Pipeline

SEEN_AFTER = timedelta(minutes=15)  # from publication to the look that finds it
MORNING = time(6, tzinfo=UTC)  # when each day's dates are looked at
AFTERWARDS = timedelta(days=45)  # that time passes after the last word and the last day named: promises lapse
FARTHEST = timedelta(days=800)  # behind the last word; a date farther off is not waited for
_ALL = 1_000_000
_EAR = "backtest"  # the channel and the target of every message


@dataclass(frozen=True, slots=True)
class Heard:
    """One message that a seller heard."""

    at: datetime
    seller_id: str
    incident_id: str
    reason: str
    rung: str
    severity: str
    documents: tuple[str, ...]  # ids of the evidence behind it then
    text: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What the path made of a history: what was heard, and what was known at the end."""

    heard: tuple[Heard, ...]
    incidents: tuple[Incident, ...]
    understood: Mapping[str, Assessment]  # by document id


class _Shelf:
    """Implements `ports.Reader`: a capture's bytes are the name of the document that lies here."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents

    async def read(
        self, capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
    ) -> ReadResult:
        document = self._documents[capture.body.decode()]
        return ReadResult((document,), seen=(document.id,), items=1)


class _Memory:
    """Implements `ports.Analyst`: what was understood before is said again."""

    def __init__(self, understood: Mapping[str, Assessment]) -> None:
        self._understood = understood

    def worth_a_page(self, document: Document, source: Source) -> bool:
        return False

    async def assess(self, document: Document, source: Source) -> Assessment:
        return self._understood[document.id]


class _Ear:
    """Implements `ports.Channel`: it hears everything, at once."""

    name = _EAR

    def __init__(self) -> None:
        self.now = datetime.min.replace(tzinfo=UTC)
        self.heard: list[Heard] = []

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        message = delivery.message
        if isinstance(message, Message):
            documents = dict.fromkeys(one.document_id for one in message.incident.evidence)
            self.heard.append(
                Heard(self.now, delivery.seller_id, delivery.incident_id, delivery.reason.value, delivery.rung.value,
                      delivery.severity.name.lower(), tuple(documents), message.about)
            )  # fmt: skip
        return Attempt(AttemptClass.OK, "heard", "heard")


async def replay(
    understood: Sequence[Understood], settings: Config, sellers: Sequence[Seller], done: Callable[[int], None]
) -> Replay:
    """Replay the documents in order. `done` is told how many more were taken.

    Each is looked at SEEN_AFTER its publication; each morning between them time passes, and so it does after the last
    one until every day that was named has come, and AFTERWARDS. The store is a SQLite database that is gone afterwards.
    """
    with TemporaryDirectory(prefix="sellerwatch-backtest-") as place:
        apart = replace(settings, state_dir=Path(place), store_url=f"sqlite:///{place}/backtest.db")
        store = await open_store(apart)
        try:
            return await _Clock(store, settings, sellers, understood).run(understood, done)
        finally:
            await store.database.close()


class _Clock:
    """One replay in hand."""

    def __init__(
        self, store: Store, settings: Config, sellers: Sequence[Seller], understood: Sequence[Understood]
    ) -> None:
        self._store, self._ear, self._wait = store, _Ear(), settings.policy.group_wait
        self._understood = {document.id: assessment for document, _, assessment in understood}
        targets = [Target(_EAR, _EAR, "", min_severity=settings.policy.min_severity)]
        sources = {source.id: source for _, source, _ in understood}
        meter = Metrics()
        policy = replace(settings.policy, group_interval=timedelta(0))  # nobody reads this in real time
        self._pipeline = Pipeline(
            _Shelf({document.id: document for document, _, _ in understood}),
            _Memory(self._understood),
            store.inbox,
            store.ledger,
            meter,
            Watch.over(sources.values(), sellers, targets, policy, settings.platforms),
        )
        self._deliverer = Deliverer(
            store.outbox, {_EAR: self._ear}, lambda: {_EAR: targets[0]}, meter, wiring.SEND_LEASE, lambda: 0.5, {}, _now
        )

    async def run(self, understood: Sequence[Understood], done: Callable[[int], None]) -> Replay:
        last: datetime | None = None
        for document, source, _ in understood:
            moment = public_at(document, SEEN_AFTER)
            await self._pass(last or moment, moment)
            await self._publish(document, source, moment)
            last = moment
            done(1)
        incidents = await self._store.desk.incidents(limit=_ALL, include_closed=True)
        if last:
            ahead = [one.effective_date.last_day for one in incidents if one.effective_date]
            to_come = datetime.combine(max(ahead, default=last.date()), MORNING)
            await self._pass(last, min(max(last, to_come), last + FARTHEST) + AFTERWARDS)
            incidents = await self._store.desk.incidents(limit=_ALL, include_closed=True)
        return Replay(tuple(self._ear.heard), tuple(incidents), self._understood)

    async def _publish(self, document: Document, source: Source, now: datetime) -> None:
        body = document.id.encode()
        id = digest("backtest", document.id)
        capture = Capture(id, source.id, document.url, now, 200, "text/plain", body, digest(body))
        state = SourceState(source.id, now + timedelta(days=1), url=source.url)
        await self._store.inbox.looked(Look(source.id, now, Outcome.OK, 200), state, capture)
        while await self._pipeline.step(now):
            pass
        await self._deliver(now)

    async def _pass(self, since: datetime, until: datetime) -> None:
        for day in days_between(since.date(), until.date()):
            morning = datetime.combine(day, MORNING)
            if await self._pipeline.tick(morning):
                await self._deliver(morning)

    async def _deliver(self, now: datetime) -> None:
        self._ear.now = now + self._wait
        while await self._deliverer.step(self._ear.now):
            pass


async def _now(seconds: float) -> None:
    """Waiting takes no time here."""
