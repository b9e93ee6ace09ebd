"""What the desk's pages cost with 20,000 incidents and 200,000 documents on SQLite: time on the server, and bytes.

    python benchmarks/desk.py [--incidents N] [--documents N] [--requests N] [--keep DIRECTORY] [PATH ...]

A store as a busy house has it after a year: incidents on the catalogue's own platforms on every rung, a quarter of them
dated ahead, four texts each in the words of the corpus, one in ten answered, and one delivery for each that hits one of
two sellers. Every page of the menu is asked for by somebody who is logged in, through the whole application but the
socket. With --keep the store stays in that directory, and is used again when it is there. PATHs are measured instead of
the menu's pages.
Goal: p95 below 200 ms, and a page below 300 kB.
"""

import argparse
import asyncio
import json
import random
import resource as machine
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2 as httpx
from argon2 import PasswordHasher
from resolve import COUNTRIES, NOW, PLATFORMS, TEXTS, World, document, harmless
from sqlalchemy import update

from monitor.config import Config, load
from monitor.desk.accounts import Accounts
from monitor.desk.rooms import rooms
from monitor.domain.addressing import to
from monitor.domain.alerts import DeliveryState, Message, Reason
from monitor.domain.assembly import assemble
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.exposure import Position, Seller
from monitor.domain.impact import impact
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.people import Role
from monitor.domain.resolution import incident_id, kinship
from monitor.domain.rulings import Act, ActKind
from monitor.domain.signals import Status
from monitor.domain.sources import Authority, Look, Outcome, SourceState
from monitor.metrics import Metrics
from monitor.opened import Store, open_store
from monitor.steps import Step
from monitor.store.telling_tables import deliveries
from monitor.web.health import app
from monitor.web.paper import MENU

INCIDENTS, DOCUMENTS, REQUESTS = 20_000, 200_000, 40
GOAL_MS, GOAL_KB = 200.0, 300.0
POSITIONS = 40  # of each seller
SEARCHES = ("/search?q=doors", "/search?q=am*+ch*+co*")  # the second is what most words have to be gathered for
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_RUNGS = (Status.RUMOR, Status.PROPOSED, Status.CONFIRMED, Status.CONFIRMED, Status.EFFECTIVE, Status.REVERSED)
_ROLES = (DeadlineRole.DATA_EXPORT, DeadlineRole.PAYOUT, DeadlineRole.INVENTORY, DeadlineRole.REFUND)


class House(World):
    """Events of every kind: sure and unsure, with deadlines and without."""

    def event(self) -> dict[str, Any]:
        """With its rung and its deadlines."""
        known = super().event()
        ahead = NOW + timedelta(days=self.dice.randint(-300, 150))
        due = Deadline(PartialDate(f"{ahead - timedelta(days=20):%Y-%m-%d}"), self.dice.choice(_ROLES), "in its words")
        dated = {"date": PartialDate(f"{ahead:%Y-%m-%d}"), "due": (due,)} if self.dice.random() < 0.7 else {"due": ()}
        return known | dated | {"rung": self.dice.choice(_RUNGS)}

    def text(self, event: dict[str, Any], at: datetime) -> Evidence:
        """One text on it, of the platform itself when it is sure."""
        one = super().text(event, at)
        sure = event["rung"] not in (Status.RUMOR, Status.PROPOSED)
        signal = replace(one.signal, status=event["rung"], deadlines=event["due"])
        return replace(one, signal=signal, authority=Authority.OFFICIAL if sure else Authority.NEWS)


def sellers() -> tuple[Seller, ...]:
    """Two, on the platforms that a seller has."""
    dice = random.Random(3)
    return tuple(
        Seller(id, name, "EUR", tuple(
            Position(platform, dice.choice(COUNTRIES), *(Decimal(dice.randint(1, 90) * 100) for _ in range(4)))
            for platform in dice.sample(PLATFORMS, POSITIONS)
        ))
        for id, name in (("acme", "Acme Trading"), ("bolt", "Bolt Goods"))
    )  # fmt: skip


def configured(directory: Path) -> Config:
    """The shipped configuration with those sellers."""
    return replace(
        load(Path("config")),
        sellers=sellers(),
        state_dir=directory,
        store_url=f"sqlite:///{directory.absolute()}/sellerwatch.db",
    )


def written() -> Sequence[str]:
    """What people write, in many languages: a search has as many words to look among as it will have."""
    lines = [line for path in sorted(Path("corpus").glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    return [text for line in lines if (text := json.loads(line).get("text"))]


async def filled(store: Store, settings: Config, incidents: int, documents: int) -> None:
    """Everything that a page may look at."""
    world, kin, mail = House(random.Random(7), timedelta(days=399)), kinship(settings.platforms), settings.targets[0]
    left, corpus, dice = documents - incidents * TEXTS, written(), random.Random(5)
    for start in range(0, incidents, 500):
        number = min(500, incidents - start)
        whole: list[Incident] = []
        said, sent, acts = [], [], []
        for _ in range(number):
            event = world.event()
            texts = [world.text(event, event["at"] + timedelta(hours=n)) for n in range(TEXTS)]
            one = assemble(incident_id(texts[0]), texts, None, texts[-1].published, texts[0].document_id)
            said += [document(text) for text in texts]
            whole.append(one)
            at = one.updated_at
            for seller in settings.sellers:
                cost = impact(one, seller, at.date(), kin)
                if cost.exposed:
                    says = Message(f"{one.id}-{seller.id}", one, seller.name, cost, Reason.FIRST, "It is new.", at)
                    sent.append(to(
                        mail, says, Reason.FIRST, incident_id=one.id, seller_id=seller.id, severity=cost.severity,
                        rung=one.status, now=at, patience=timedelta(days=1),
                    ))  # fmt: skip
            if world.dice.random() < 0.1:
                acts.append(Act(f"act-{one.id}", one.id, ActKind.TAKE, at, "otto"))
        said += [harmless(world.made * 10 + n) for n in range(left * number // incidents)]
        documents_read, understood = zip(*said, strict=True)
        worded = [replace(one, text="\n".join(dice.choices(corpus, k=3))) for one in documents_read]
        step = Step(NOW, documents=worded, assessments=understood, incidents=whole, deliveries=sent, acts=acts)
        await store.ledger.keep(step)
        print(f"\r{start + number} incidents", end="", file=sys.stderr, flush=True)
    for source in settings.sources:
        look = Look(source.id, NOW, Outcome.OK, 200)
        state = SourceState(source.id, NOW + source.every, last_look_at=NOW, last_success_at=NOW)
        await store.inbox.looked(look, state, None)
    arrived = update(deliveries).values(state=DeliveryState.SENT, sent_at=deliveries.c.created_at)
    await store.database.write(lambda connection: connection.execute(arrived))
    await Accounts(store.people, lambda: NOW, QUICK).add("ada", "correct horse battery", Role.ADMIN, "benchmark")


async def measured(directory: Path, asked: argparse.Namespace) -> list[tuple[str, float, float, float, float, int]]:
    """Path, the first request's, p50, p95 and most milliseconds, and bytes."""
    settings = configured(directory)
    fresh = not (directory / "sellerwatch.db").exists()
    store = await open_store(settings)
    try:
        if fresh:
            await filled(store, settings, asked.incidents, asked.documents)
        house, routers, _ = rooms(store, lambda: settings, lambda: NOW, QUICK)

        async def ready() -> dict[str, str]:
            return {}

        web = app(Metrics().registry, ready, more=routers, house=house)
        transport = httpx.ASGITransport(web, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464", timeout=600) as client:
            await client.post("/login", data={"name": "ada", "password": "correct horse battery"})
            await read(client)
            return [await timed(client, path, asked.requests) for path in asked.paths or await pages(client)]
    finally:
        await store.database.close()


async def read(client: httpx.AsyncClient) -> None:
    """Ask for the desk until all is in mind, as the daemon's rounds do at the start."""
    started = time.perf_counter()
    first = 0.0
    while True:
        board = (await client.get("/api/v1/board")).json()
        first = first or time.perf_counter() - started
        if not board["missing"] and board["risks"]:
            break
    print(f"\nthe first page after {first:.1f} s, all in mind after {time.perf_counter() - started:.1f} s")


async def pages(client: httpx.AsyncClient) -> Sequence[str]:
    """Those of the menu, one incident, and the list as people ask for it."""
    top = (await client.get("/api/v1/board")).json()["needs"]["lines"][0]["id"]
    platform = PLATFORMS[0].replace(" ", "+")
    lists = ("?sort=date", f"?platform={platform}&state=all", "?q=leaves+us&state=all", "?state=all&sort=moved")
    more = ("/?seller=acme", *(f"/incidents{query}" for query in lists), f"/incidents/{top}", *SEARCHES)
    return (*(path for path, _, _ in MENU), *more, "/api/v1/board", "/api/v1/incidents?limit=200")


async def timed(client: httpx.AsyncClient, path: str, requests: int) -> tuple[str, float, float, float, float, int]:
    """Of one page. One that is not there counts as none."""
    took: list[float] = []
    size = 0
    for _ in range(requests + 1):
        started = time.perf_counter()
        answer = await client.get(path)
        took.append(1000 * (time.perf_counter() - started))
        size = len(answer.content) if answer.status_code == 200 else -answer.status_code
    first, later = took[0], sorted(took[1:])
    return path, first, statistics.median(later), later[int(len(later) * 0.95)], later[-1], size


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("paths", nargs="*")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        found = asyncio.run(measured(asked.keep, asked))
    else:
        with tempfile.TemporaryDirectory(prefix="desk-") as directory:
            found = asyncio.run(measured(Path(directory), asked))
    print(f"{'page':<50} {'first':>8} {'p50':>8} {'p95':>8} {'most':>8} {'kB':>8}")
    missed = 0
    for path, first, p50, p95, most, size in found:
        bad = p95 >= GOAL_MS or size >= 1000 * GOAL_KB
        missed += bad and not path.startswith("/api/")
        kb = f"{size / 1000:.0f}" if size >= 0 else f"[{-size}]"
        print(f"{path:<50} {first:>8.1f} {p50:>8.1f} {p95:>8.1f} {most:>8.1f} {kb:>8}{'  !' if bad else ''}")
    print(f"peak {machine.getrusage(machine.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
