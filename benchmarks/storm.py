"""A storm: 5,000 documents of 200 publishers on one event within ten minutes, through the path into SQLite.

    python benchmarks/storm.py [DOCUMENTS]

Seven texts in ten are copies of one of twenty wires. Once twenty to a capture, once one by one: what is read and
understood is scripted, all else is the real path.
Goal: one incident, at most one alert for each rung that it climbs, and no more than ten minutes of processor time.
"""

import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from monitor.deciding import Watch
from monitor.domain.alerts import Attempt, AttemptClass, DeliveryState, Policy, Target
from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.exposure import Position, Seller
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.pipeline import Pipeline
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

BEGIN = datetime(2026, 3, 10, 12, tzinfo=UTC)
DOCUMENTS, PUBLISHERS, WITHIN = 5_000, 200, timedelta(minutes=10)


class Scripted:
    """Reader and analyst: hands out documents that were written before, each with its one signal."""

    def __init__(self, captures: dict[str, list[Document]], rungs: dict[str, Status]) -> None:
        self._captures, self._rungs = captures, rungs

    async def read(self, capture: Capture, *_: Any) -> ReadResult:
        """The capture's documents."""
        documents = tuple(self._captures[capture.id])
        return ReadResult(documents, seen=tuple(one.id for one in documents))

    def worth_a_page(self, *_: Any) -> bool:
        """No text is short."""
        return False

    async def assess(self, document: Document, source: Source) -> Assessment:
        """Its signal; the vectors of all are near to one another."""
        near = random.Random(document.id)
        meaning = tuple(1.0 if near.random() < 0.97 else -1.0 for _ in range(384))
        signal = Signal(
            EventType.SHUTDOWN, self._rungs[document.id], ("Lazada",), ("ID",), PartialDate("2026-06-30"), (), 0.9, ()
        )
        return Assessment(document.id, "en", 0.9, (signal,), meaning=meaning, model="scripted")


class Silent:
    """A meter that counts nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def own_words(dice: random.Random) -> str:
    """A text that nobody else wrote."""
    return " ".join("".join(dice.choices("abcdefghijklmnopqrstuvwxyz", k=dice.randint(2, 10))) for _ in range(120))


def written() -> int:
    """Bytes that this process has written."""
    return int(Path("/proc/self/io").read_text().split("wchar: ")[1].split()[0])


async def stormed(directory: str, documents: int, together: int) -> dict[str, Any]:
    """The storm in captures of that many documents."""
    sources = {
        f"s{n}": Source(
            f"s{n}", f"Paper {n}", f"https://s{n}.example/feed", SourceKind.FEED,
            Authority.OFFICIAL if n == 0 else Authority.NEWS, f"Paper {n}", timedelta(minutes=5),
        )
        for n in range(PUBLISHERS)
    }  # fmt: skip
    dice = random.Random(5)
    captures: dict[str, list[Document]] = {}
    rungs: dict[str, Status] = {}
    order: list[tuple[str, str, datetime]] = []
    wires = [own_words(dice) for _ in range(20)]
    for start in range(0, documents, together):
        source = f"s{start // together % PUBLISHERS}"
        at = BEGIN + WITHIN * (start / documents)
        capture = digest(source, str(start))
        order.append((capture, source, at))
        captures[capture] = []
        for number in range(start, min(start + together, documents)):
            text = dice.choice(wires) if dice.random() < 0.7 else own_words(dice)
            url = f"https://{source}.example/{number}"
            document = Document(f"d{number:05}", source, capture, url, f"Lazada closes ({number})", text, at, at, "en")
            captures[capture].append(document)
            third = number * 3 // documents
            rungs[document.id] = (Status.RUMOR, Status.PROPOSED, Status.CONFIRMED)[third]
    scripted: Any = Scripted(captures, rungs)
    meter: Any = Silent()
    seller = Seller("acme", "Acme", "EUR", (Position("Lazada", "ID", Decimal(100), Decimal(1000)),))
    watch = Watch(sources, (seller,), (Target("mail", "email", "ops@example.com"),), Policy())
    database = await Database.open(f"sqlite:///{directory}/{together}.db")
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database, watch.kin), SqlOutbox(database)
    pipeline = Pipeline(scripted, scripted, inbox, ledger, meter, watch)
    told: Counter[str] = Counter()
    before, started, worked = written(), time.perf_counter(), time.process_time()
    steps: list[float] = []
    for capture, source, at in order:
        await inbox.looked(
            Look(source, at, Outcome.OK),
            SourceState(source, at),
            Capture(capture, source, "https://x.example", at, 200, "", b"x", ""),
        )
        begun = time.process_time()
        while await pipeline.step(at):
            pass
        steps.append(1000 * (time.process_time() - begun))
        while claim := await outbox.claim_delivery(at, timedelta(minutes=1)):
            told[claim.item.rung.value] += 1
            await outbox.settle(claim, Attempt(AttemptClass.OK, "250", ""), DeliveryState.SENT, at, at)
    found: dict[str, Any] = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - worked,
        "step_cpu_ms": {"median": median(steps), "last_hundred": median(steps[-100:]), "slowest": max(steps)},
        "megabytes_written": (written() - before) / 1e6,
        "megabytes_on_disk": Path(directory, f"{together}.db").stat().st_size / 1e6,  # noqa: ASYNC240 - all is done
    }
    incidents = await SqlDesk(database).incidents(include_closed=True)
    await database.close()
    alerts = dict(told)
    met = len(incidents) == 1 and len(incidents[0].evidence) == documents and max(alerts.values()) == 1
    met = met and found["cpu_seconds"] <= WITHIN.total_seconds()
    return found | {"incidents": len(incidents), "evidence": len(incidents[0].evidence), "alerts": alerts, "met": met}


def main(arguments: Sequence[str]) -> int:
    """Both storms; 1 when a goal is missed."""
    documents = int(arguments[0]) if arguments else DOCUMENTS
    with tempfile.TemporaryDirectory(prefix="storm-") as directory:
        found = {
            name: asyncio.run(stormed(directory, documents, together))
            for name, together in (("twenty to a capture", 20), ("one by one", 1))
        }
    print(json.dumps(found, indent=1))
    return 0 if all(one["met"] for one in found.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
