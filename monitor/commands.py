"""What the commands do that need more than a look at the store: run, once, test-channel, assess,
explain."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from monitor import logs
from monitor.channels import secrets
from monitor.cluster.duties import Role
from monitor.clusters import Clusters
from monitor.config import Config
from monitor.daemon import utc_now
from monitor.domain.alerts import Delivery, DeliveryState
from monitor.domain.errors import StoreUnavailableError
from monitor.domain.resolution import kinship
from monitor.explain.document import DocumentExplained, weighed
from monitor.explain.given import given
from monitor.explain.walk import Explained, walk
from monitor.invocation import settings_of, with_store
from monitor.lock import AnotherInstanceError, hold
from monitor.notify.trial import trial
from monitor.opened import Store, visit
from monitor.otlp import traced
from monitor.sentry import report_to
from monitor.steps import Step
from monitor.store.errors import UnusableDatabaseError
from monitor.understand.analyst import Analyst
from monitor.understand.assess import assess_rows, read_lines
from monitor.unnamed import unnamed
from monitor.wiring import Service, open_service

T = TypeVar("T")

START_PATIENCE = 60.0  # seconds that a start waits for a store that does not answer
TEST_PATIENCE = 30  # looks, a second apart, at a test delivery
FINISHED = (DeliveryState.SENT, DeliveryState.DEAD)


async def _patiently(
    settings: Config, patience: float, opened: Callable[[Config], Awaitable[Service]] = open_service
) -> Service:
    """The service, waiting for a store that does not answer: a daemon that gave up at once, again and again, would be
    given up by its supervisor too."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        try:
            return await opened(settings)
        except UnusableDatabaseError:
            raise
        except StoreUnavailableError as error:
            if loop.time() >= until:
                raise
            logs.log("start").warning("waits_for_the_store", error=str(error))
            await asyncio.sleep(2.0)


def alone(
    settings: Config,
    work: Callable[[Service], Coroutine[Any, Any, T]],
    patience: float = 0.0,
    opened: Callable[[Config], Awaitable[Service]] = open_service,
) -> T:
    """Do the work as the one process of this state directory, and unless `opened` says otherwise of its database too,
    after at most `patience` seconds. Raises AnotherInstanceError."""
    known = settings.settings
    logs.REDACT.configure(secrets(settings))
    logs.setup(known.log.level.value, known.log.format.value)
    report_to(known.sentry.dsn.get_secret_value(), known.sentry.environment)
    lock = hold(settings.state_dir)

    async def inside() -> T:
        return await work(await _patiently(settings, patience, opened))

    try:
        with traced(known.tracing.endpoint):
            return asyncio.run(inside())
    finally:
        lock.close()


def run(settings: Config, roles: Collection[Role] = frozenset(Role)) -> int:
    """The daemon until it is stopped; its exit code. On PostgreSQL it shares the work with all others there."""
    opened = open_service
    if is_shared(settings):
        from monitor.joining import join_service  # with its libraries, which one daemon alone does not need

        opened = partial(join_service, roles=roles)
    return alone(settings, lambda service: service.daemon().run(), START_PATIENCE, opened)


def is_shared(settings: Config) -> bool:
    """Whether daemons may share the database."""
    return not settings.store_url.startswith("sqlite")


def once(settings: Config) -> None:
    """One round, listening nowhere. Its messages wait for nothing that may come later: all that comes is there."""
    policy = replace(settings.policy, group_wait=timedelta(0), group_interval=timedelta(0))
    settings = replace(settings, policy=policy)
    alone(settings, lambda service: service.daemon(web=False).once())


def try_channel(settings: Config, target: str) -> Delivery:
    """A marked test through the whole path: outbox, channel, attempt; as it stands after half a minute at most.

    A running daemon delivers it; without one, this process does, as the one daemon of the moment.
    """
    delivery = trial(next(t for t in settings.targets if t.id == target), settings.sellers[0], utc_now())

    async def stands(store: Store) -> Delivery:
        return next((d for d in await store.desk.deliveries(delivery.incident_id) if d.key == delivery.key), delivery)

    async def hand_in(store: Store) -> None:
        await store.ledger.keep(Step(at=utc_now(), deliveries=[delivery]))

    async def by_daemon() -> Delivery:
        store = await visit(settings)
        try:
            await hand_in(store)
            for _ in range(TEST_PATIENCE):
                await asyncio.sleep(1)
                if (now := await stands(store)).state in FINISHED:
                    break
            return now
        finally:
            await store.database.close()

    async def by_us(service: Service) -> Delivery:
        try:
            await hand_in(service.store)
            for _ in range(TEST_PATIENCE):
                if not await service.deliverer.step(utc_now()):
                    await asyncio.sleep(1)
                if (now := await stands(service.store)).state in FINISHED:
                    break
            return now
        finally:
            await service.close()

    try:
        return alone(settings, by_us)
    except AnotherInstanceError:
        return asyncio.run(by_daemon())


def assess(
    lines: Iterable[str], settings: Config, refused: Callable[[ValueError], None] | None = None
) -> Iterator[dict[str, Any]]:
    """JSON lines to assessments, with an incident's name for rows that report the same event.

    A line that is wrong is handed to `refused`, as a ValueError naming the line and the key; without it, it is raised.
    """
    rows = read_lines(lines, refused)
    return assess_rows(rows, Analyst(settings.platforms), Clusters(kinship(settings.platforms)))


def explain_text(text: Path, config: Path | None, title: str, published: str, source_kind: str) -> DocumentExplained:
    """The text of a file ("-": standard input), with why it scores what it does.

    Raises OSError when the file cannot be read, ValueError for what is no one document (`explain.given`).
    """
    words = sys.stdin.read() if text == Path("-") else text.read_text(encoding="utf-8", errors="replace")
    return weighed(given(words, title, published, source_kind), settings_of(config, looks=True))


def explain(which: str, config: Path | None) -> Explained:
    """What `which` names, with why a document scores what it does; says so and ends when that is not one thing."""

    async def look(settings: Config, store: Store) -> Explained:
        if (found := await walk(which, settings, store.desk, utc_now())) is None:
            listed = "`sellerwatch incidents --all` lists incidents"
            raise await unnamed(store, which, ("incident", "alert", "document"), listed)
        return found

    found = with_store(config, look, looks=True)
    if isinstance(found, DocumentExplained) and found.assessment:
        return weighed(found, settings_of(config, looks=True))
    return found
