"""A month of news for three sellers: is anybody told twice, and what is everybody spared?

    python benchmarks/month.py [TEXTS]

The demo's story, told over thirty days instead of one minute, among TEXTS invented ones of the corpus (300), which come
at any hour from forty publishers. Read, understood, decided and delivered by the real path under a simulated clock,
with the rounds of every half hour: repeats, reminders, what is held and looked at again. Only the network is left out.
Played twice: once nobody ever answers, and once each seller acknowledges whatever comes within half an hour. Fails when
a seller hears of one rung of one incident twice as news, and the second time also when anything is said again.
"""

import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from monitor.answers import Answers, Hand
from monitor.config import load as load_config
from monitor.deciding import Watch
from monitor.demo.story import Story, load
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Policy, Reason, Target
from monitor.domain.documents import Capture, Document, ReadResult, digest
from monitor.domain.exposure import Position, Seller
from monitor.domain.platforms import Platform
from monitor.domain.resolution import kinship
from monitor.domain.sources import Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.ledger_check import Report, check
from monitor.notify.delivery import Deliverer
from monitor.notify.pace import Pace
from monitor.pipeline import Pipeline
from monitor.revisit import Revisit, Waiting
from monitor.rounds import Rounds
from monitor.store.audit import books
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.words import SqlWords
from monitor.understand.threaded import ThreadedAnalyst

ROOT = Path(__file__).resolve().parent.parent
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
DAYS, TEXTS, PUBLISHERS = 30, 300, 40
ROUND = timedelta(minutes=30)
LEASE = timedelta(minutes=2)
AT_ONCE = Pace(burst=1_000_000, interval=timedelta(microseconds=1))
ONCE = frozenset({Reason.FIRST, Reason.NEW_RUNG, Reason.ALL_CLEAR})
"""Reasons that say that an incident stands on another rung than the seller knew."""

_VOICES = {
    "official": Authority.OFFICIAL,
    "regulator": Authority.REGULATOR,
    "trade": Authority.TRADE,
    "forum": Authority.COMMUNITY,
}


@dataclass(frozen=True, slots=True)
class News:
    """One text and when it comes."""

    at: datetime
    source: Source
    document: Document


@dataclass
class Month:
    """What came of it."""

    texts: int = 0
    heard: list[tuple[datetime, Delivery]] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    report: Report | None = None

    @property
    def twice(self) -> list[tuple[str, str, str]]:
        """Seller, incident and rung of which somebody heard more than once."""
        said = Counter((one.seller_id, one.incident_id, one.rung.value) for _, one in self.heard if one.reason in ONCE)
        return [rung for rung, times in said.items() if times > 1]


def story_news(story: Story) -> list[News]:
    """The demo's entries, spread over the month."""
    news = []
    for act in story.acts:
        at = BEGIN + act.at * timedelta(days=DAYS) + timedelta(hours=9)
        for entry in act.entries:
            outlet = story.by_source[entry.source]
            source = Source(
                outlet.id, outlet.name, f"https://{outlet.id}.example/feed", SourceKind.FEED, outlet.authority,
                outlet.publisher, timedelta(minutes=5), outlet.platforms, outlet.countries, (outlet.lang,),
            )  # fmt: skip
            title, text = (story.written(words, outlet.lang) for words in (entry.title, entry.text))
            news.append(_news(f"{entry.source}/{entry.key}", source, title, text, at, entry.days_ago))
    return news


def corpus_news(number: int, seed: int = 7) -> list[News]:
    """So many texts of the corpus, at any hour of the month."""
    dice = random.Random(seed)
    files = sorted((ROOT / "corpus").glob("stories-*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    news = []
    for row in dice.sample(rows, number):
        voice = _VOICES.get(row["source_kind"], Authority.NEWS)
        name = f"{voice.value}-{dice.randrange(PUBLISHERS // len(Authority))}"
        source = Source(name, name, f"https://{name}.example/feed", SourceKind.FEED, voice, name, timedelta(minutes=5))
        at = BEGIN + timedelta(seconds=dice.uniform(0, DAYS * 86_400))
        news.append(_news(row["id"], source, row["title"], row["text"], at))
    return news


def _news(id: str, source: Source, title: str, text: str, at: datetime, days_ago: int = 0) -> News:
    key = digest("month", id)
    published = at - timedelta(days=days_ago, minutes=10)
    document = Document(key, source.id, key, source.url, title, text, published, at)  # its own page: none is asked for
    return News(at, source, document)


def sellers() -> tuple[Seller, ...]:
    """One on the story's platforms, one in South-East Asia, one in Europe and Latin America."""

    def seller(id: str, name: str, currency: str, *stakes: tuple[str, str, int]) -> Seller:
        return Seller(
            id, name, currency, tuple(Position(p, c, Decimal(sales), Decimal(9 * sales)) for p, c, sales in stakes)
        )

    return (
        seller(
            "nordlicht", "Nordlicht Handel", "EUR",
            ("Sonorella Music", "DE", 900), ("Bazarino", "PL", 6000), ("Bazarino", "DE", 5200), ("Zappelo", "BR", 2200),
            ("Allegro", "PL", 3000),
        ),
        seller(
            "meridian", "Meridian Goods", "USD",
            ("Shopee", "ID", 4000), ("Lazada", "TH", 2500), ("TikTok Shop", "ID", 3500), ("Tokopedia", "ID", 1200),
            ("Bazarino", "PL", 400),
        ),
        seller(
            "costa", "Costa Comercio", "EUR",
            ("Temu", "ES", 2500), ("AliExpress", "ES", 1500), ("Shein", "FR", 1800), ("Mercado Libre", "AR", 2100),
            ("Zappelo", "BR", 5000), ("Amazon", "DE", 9000),
        ),
    )  # fmt: skip


class Shelf:
    """Implements `ports.Reader`: a capture's bytes name the document that lies here."""

    def __init__(self, news: Sequence[News]) -> None:
        self._documents = {one.document.id: one.document for one in news}

    async def read(self, capture: Capture, *_: Any) -> ReadResult:
        """It, and nothing else."""
        document = self._documents[capture.body.decode()]
        return ReadResult((document,), seen=(document.id,), items=1)


class Ears:
    """Implements `ports.Channel` and `ports.Meter`: hears every message, and counts what is held."""

    name = "ear"

    def __init__(self, month: Month) -> None:
        self._month, self.now = month, BEGIN

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        self._month.heard.append((self.now, delivery))
        return Attempt(AttemptClass.OK, "heard", "heard")

    def decided(self, verdict: str, reason: str) -> None:
        if verdict == "hold":
            self._month.held[reason] += 1

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


async def lived(
    news: Sequence[News], platforms: tuple[Platform, ...], url: str, policy: Policy, every: timedelta, answered: bool
) -> Month:
    """The month, a round at a time."""
    month = Month(texts=len(news))
    desks = sellers()
    targets = [Target(one.id, "ear", one.id, sellers=(one.id,)) for one in desks]
    watch = Watch.over({one.source.id: one.source for one in news}.values(), desks, targets, policy, platforms)
    database = await Database.open(url)
    inbox, ledger, outbox = SqlInbox(database), SqlLedger(database, kinship(platforms)), SqlOutbox(database)
    ears = Ears(month)
    seconds = [0.0]

    async def at_once(_: float) -> None:
        """Waiting takes no time here."""

    known = {target.id: target for target in targets}
    deliverer = Deliverer(outbox, {"ear": ears}, lambda: known, ears, LEASE, lambda: 0.5, {"ear": AT_ONCE}, at_once)
    pipeline = Pipeline(Shelf(news), ThreadedAnalyst(platforms), inbox, ledger, ears, watch)
    rounds = (
        Waiting(ledger, lambda: watch),
        Revisit(ledger, pipeline.look_again),
        Rounds(ledger, SqlWords(database), lambda: watch, ears, lambda: seconds[0]),
    )
    waiting, read, answers = sorted(news, key=lambda one: one.at, reverse=True), 0, Answers(ledger, watch)
    try:
        for number in range(timedelta(days=DAYS) // every + 1):
            now = ears.now = BEGIN + number * every
            seconds[0] = number * every.total_seconds()
            while waiting and waiting[-1].at <= now:
                await _arrives(inbox, waiting.pop(), now)
            while await pipeline.step(now):
                pass
            await pipeline.tick(now)
            for step in rounds:
                await step.step(now)
            while await deliverer.step(now):
                pass
            for _, one in month.heard[read:] if answered else ():
                await answers.ack(one.incident_id, Hand(one.seller_id, now, "", one.seller_id))
            read = len(month.heard)
        month.report = check(await books(database))
    finally:
        await database.close()
    return month


async def _arrives(inbox: SqlInbox, one: News, now: datetime) -> None:
    body, source = one.document.id.encode(), one.source
    capture = Capture(one.document.capture_id, source.id, source.url, now, 200, "text/plain", body, digest(body))
    state = SourceState(source.id, now + timedelta(days=1), url=source.url)
    await inbox.looked(Look(source.id, now, Outcome.OK, 200), state, capture)


def catalogue(story: Story) -> tuple[Platform, ...]:
    """The shipped platforms and the story's own."""
    invented = [
        Platform(**{key: tuple(value) if isinstance(value, list) else value for key, value in record.items()})
        for record in story.platforms
    ]
    return (*load_config(ROOT / "config", {}).platforms, *invented)


def run(texts: int, every: timedelta = ROUND, answered: bool = False) -> Month:
    """The story among so many other texts, with a round in every so long, and somebody who answers or nobody."""
    story = load(BEGIN.date())
    news = story_news(story) + corpus_news(texts)
    policy = replace(Policy(), group_wait=timedelta(0))
    with tempfile.TemporaryDirectory(prefix="month-") as directory:
        return asyncio.run(lived(news, catalogue(story), f"sqlite:///{directory}/month.db", policy, every, answered))


def show(month: Month, console: Console) -> None:
    """The counts."""
    by_reason = Table(title="Messages", title_justify="left")
    ids = [seller.id for seller in sellers()]
    for column in ("reason", *ids):
        by_reason.add_column(column, justify="left" if column == "reason" else "right")
    said = Counter((one.reason.value, one.seller_id) for _, one in month.heard)
    for reason in sorted({reason for reason, _ in said}):
        by_reason.add_row(reason, *(str(said[reason, id]) for id in ids))
    by_reason.add_row("all", *(str(sum(n for (_, who), n in said.items() if who == id)) for id in ids))
    console.print(by_reason)
    held = Table(title="Held", title_justify="left")
    held.add_column("reason")
    held.add_column("decisions", justify="right")
    for reason, number in month.held.most_common():
        held.add_row(reason, str(number))
    console.print(held)


def told(month: Month) -> bool:
    """One line of what came of it, and whether that is as it should be."""
    rungs = {(one.seller_id, one.incident_id, one.rung) for _, one in month.heard if one.reason in ONCE}
    report = month.report
    assert report is not None
    print(
        f"{DAYS} days, {month.texts} texts, {len(month.heard)} messages on {len(rungs)} rungs, "
        f"{sum(month.held.values())} held; told twice {len(month.twice)}; "
        f"the ledger {'holds' if report.holds else 'does not hold'}"
    )
    for finding in report.findings:
        print(f"  {finding.fault.value} {finding.key}: {finding.detail}")
    return report.holds and not month.twice


def main() -> int:
    texts = int(sys.argv[1]) if len(sys.argv) > 1 else TEXTS
    console = Console(highlight=False)
    good = []
    for answered in (False, True):
        console.rule("each seller answers what comes" if answered else "nobody ever answers", align="left")
        month = run(texts, answered=answered)
        show(month, console)
        again = answered and any(one.reason is Reason.REPEAT for _, one in month.heard)
        good.append(told(month) and not again)
    return int(not all(good))


if __name__ == "__main__":
    sys.exit(main())
