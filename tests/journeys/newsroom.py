"""A newsroom for stories of the path: scripted documents and assessments, the real pipeline, the store in memory."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fakes import MemoryStore
from given import KIN, NOW

from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Policy, Target
from monitor.domain.documents import Capture, Document, ReadResult, Rejected, digest
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Seller
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.signals import Assessment, Signal
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.pipeline import Pipeline

LONG = "All of it is said here. " * 40
MAIL = Target("mail", "email", "ops@example.com")


def own_words(document_id: str) -> str:
    """A text that no other document copies."""
    return " ".join(digest(document_id, str(number)) for number in range(30))


def source(id: str, authority: str = "news") -> Source:
    url = f"https://{id}.example.com/feed"
    return Source(id, id.title(), url, SourceKind.FEED, Authority(authority), id, timedelta(minutes=5))


class Tally:
    """The meter: what the path told it."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lags: list[timedelta] = []

    def read(self, source_id: str, result: ReadResult, new: int) -> None:
        self.counts["read"] += len(result.documents)
        self.counts["new"] += new

    def assessed(self, assessment: Assessment, seconds: float) -> None:
        self.counts["assessed"] += 1

    def changed(self, incident: Incident, published_to_now: timedelta | None) -> None:
        self.counts["changed"] += 1
        if published_to_now is not None:
            self.lags.append(published_to_now)

    def decided(self, verdict: str, reason: str) -> None:
        self.counts[f"{verdict} {reason}"] += 1

    def stepped(self, at: datetime, seconds: float) -> None:
        self.counts["stepped"] += 1

    def looked(self, look: Look, state: SourceState, every: timedelta) -> None:
        raise AssertionError("the path does not look")

    def worker_killed(self, reason: FailureReason) -> None:
        raise AssertionError("the path kills no worker")

    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None:
        raise AssertionError("the path delivers nothing")


class Newsroom:
    """Reader and analyst of the pipeline in one, and what a story does with them."""

    def __init__(
        self,
        *sources: Source,
        sellers: Sequence[Seller] = (),
        targets: Sequence[Target] = (MAIL,),
        store: MemoryStore | None = None,
    ) -> None:
        self.store = store or MemoryStore(KIN)
        self.meter = Tally()
        self.watch = Watch({one.id: one for one in sources}, sellers, targets, Policy(), KIN)
        self.pipeline = Pipeline(self, self, self.store, self.store, self.meter, self.watch)
        self.pages: dict[str, ReadResult] = {}
        self.signals: dict[str, tuple[Signal, ...]] = {}
        self.assessed_ids: list[str] = []
        self.before_assessing: Callable[[Document], None] = lambda document: None
        self.worth = False

    # what the stories do

    async def publishes(
        self, source_id: str, *words: Evidence, at: datetime = NOW, text: str = "", harmless: Sequence[str] = ()
    ) -> None:
        """A look at the source finds these documents (several words of one document are its signals)."""
        capture_id = digest(source_id, at.isoformat(), *(word.document_id for word in words), *harmless)
        documents: dict[str, Document] = {}
        for word in words:
            url = f"https://{source_id}.example.com/{word.document_id}"
            words_of = text or own_words(word.document_id)
            document = Document(word.document_id, source_id, capture_id, url, word.title, words_of, word.published, at)
            documents[document.id] = document
            said = [one.signal for one in words if one.document_id == word.document_id]
            self.signals[document.content_hash] = tuple(said)
        for title in harmless:
            documents[title] = Document(title, source_id, capture_id, "", title, text or LONG, at, at)
        self.pages[capture_id] = ReadResult(tuple(documents.values()), seen=tuple(documents))
        await self.arrives(source_id, capture_id, at)

    async def arrives(
        self, source_id: str, capture_id: str, at: datetime = NOW, document_id: str | None = None
    ) -> None:
        look = Look(source_id, at, Outcome.OK)
        capture = Capture(capture_id, source_id, "https://x.example.com", at, 200, "", b"", "", document_id=document_id)
        await self.store.looked(look, SourceState(source_id, at), capture)

    async def works(self, now: datetime = NOW) -> int:
        """Steps until the inbox is empty."""
        steps = 0
        while await self.pipeline.step(now):
            steps += 1
        return steps

    async def delivers(self, now: datetime) -> list[Delivery]:
        """Everything due arrives."""
        arrived: list[Delivery] = []
        while claim := await self.store.claim_delivery(now, timedelta(minutes=1)):
            await self.store.settle(claim, Attempt(AttemptClass.OK, "250", ""), DeliveryState.SENT, now, now)
            arrived.append(claim.item)
        return arrived

    async def day_of(self, source_id: str, *words: Evidence, at: datetime = NOW) -> list[tuple[str, str]]:
        """Publish, work, wait a minute, deliver: the (reason, rung) of what arrived."""
        await self.publishes(source_id, *words, at=at)
        await self.works(at)
        return [(one.reason.value, one.rung.value) for one in await self.delivers(at + timedelta(minutes=1))]

    def incidents(self) -> list[Incident]:
        return list(self.store.memory.incidents.values())

    def holds(self) -> list[str]:
        return [one.hold.reason.value for one in self.store.memory.held.values()]

    # ports.Reader and ports.Analyst

    async def read(
        self, capture: Capture, source: Source, known: frozenset[str], parent: Document | None, memory: str = ""
    ) -> ReadResult:
        await asyncio.sleep(0)
        result = self.pages[capture.id]
        if parent is not None:
            return replace(result, documents=(replace(parent, text=result.detail or parent.text),), detail="")
        return replace(result, documents=tuple(one for one in result.documents if one.id not in known))

    def worth_a_page(self, document: Document, source: Source) -> bool:
        return self.worth

    async def assess(self, document: Document, source: Source) -> Assessment:
        await asyncio.sleep(0)
        self.before_assessing(document)
        self.assessed_ids.append(document.id)
        signals = self.signals.get(document.content_hash, ())
        if signals and signals[0].faint:
            return Assessment(document.id, "en", signals[0].score, (), faint=signals[0])
        return Assessment(document.id, "en", 0.9 if signals else 0.1, signals)


def unreadable(reason: FailureReason) -> ReadResult:
    return ReadResult(failure=reason, detail="it is no feed", rejected=(Rejected("k", reason, "bad"),))
