"""The composition root: with `channels`, `opened` and `joining` the only file that names concrete adapters."""

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from fastapi import FastAPI

from monitor import logs
from monitor.backfill.mark import refuse_backfill
from monitor.channels import channels, secrets
from monitor.cluster.duties import Role
from monitor.config import Config, load
from monitor.crew_gauges import CrewGauges
from monitor.daemon import Daemon, utc_now
from monitor.desk.rooms import rooms
from monitor.domain.alerts import Target
from monitor.domain.errors import SellerwatchError
from monitor.domain.resolution import kinship
from monitor.domain.rhythm import STIR
from monitor.domain.sources import Source
from monitor.drill import with_drill
from monitor.fetch.host import SpiderHost
from monitor.fetching import fetch_settings
from monitor.gauging import Gauging
from monitor.lag import Lag
from monitor.links import KEY_FILE as LINKS_KEY
from monitor.links import Links
from monitor.lock import AnotherInstanceError
from monitor.lookout import Manner
from monitor.loops import Heart
from monitor.metrics import Metrics
from monitor.notify.delivery import Deliverer
from monitor.notify.pace import PACES, Pace
from monitor.opened import Store, open_store
from monitor.opinion.second import SecondOpinion
from monitor.opinion_asked import second_opinion
from monitor.pages import pages_of
from monitor.parts import Labour, Parts
from monitor.pipeline import Pipeline
from monitor.ports import Channel
from monitor.read.workers import Workers
from monitor.roster import roster
from monitor.seek import Seeker
from monitor.sentry import LOSSES
from monitor.sharing import Common, SharedSheets, share
from monitor.solo import Solo
from monitor.store.members import SqlMembers
from monitor.store.reclaim import reclaim
from monitor.subscriptions import KEY_FILE as HUBS_KEY
from monitor.subscriptions import Subscriptions, stored_key
from monitor.try_source import Tools, explore
from monitor.understand.threaded import ThreadedAnalyst
from monitor.vigilance import Vigilance
from monitor.watching import watch
from monitor.web.health import app
from monitor.web.server import WebServer, names

SEND_LEASE = timedelta(seconds=90)  # at least; a lease that runs out must mean a dead sender
LONGEST_INTERVAL = timedelta(minutes=1)  # between two messages to one target, however slow the settings ask for
INSTANCE_LEASE = timedelta(seconds=90)
# settings that a reload does not take
AT_START = ("store", "state_dir", "web", "fetch", "read", "sentry", "tracing", "log")

if TYPE_CHECKING:  # what several daemons need is loaded for PostgreSQL alone
    from monitor.cluster.crew import Crew

_log = logs.log("wiring")


def send_lease(settings: Config) -> timedelta:
    """Longer than the slowest send with its pace, so that no second copy starts while the first is under way."""
    known = settings.settings.channels
    every = known.email, known.slack, known.webhook, known.alertmanager, known.apprise
    return max(SEND_LEASE, 2 * max(one.timeout for one in every) + LONGEST_INTERVAL)


class Service:
    """The configured parts of one daemon, and how a reload swaps what may be swapped.

    A reload takes new sources, platforms, sellers, targets, policy and channels. The store, the listener and the limits
    of fetching and reading stay as they were at start.
    """

    def __init__(
        self, settings: Config, store: Store, owner: str, crew: "Crew | None" = None, common: Common | None = None
    ) -> None:
        self.store, self._owner, self._crew, self._common = store, owner, crew, common
        self._now = crew.now if crew else utc_now
        self.metrics = Metrics()
        LOSSES.shown_by(self.metrics.sentry_dropped.inc)
        self._analyst = ThreadedAnalyst(settings.platforms)
        read = settings.settings.read
        self._workers = Workers(
            size=read.workers,
            cpu=read.cpu.total_seconds(),
            wall=read.wall.total_seconds(),
            memory=read.memory,
            idle=read.idle.total_seconds(),
            on_kill=self.metrics.worker_killed,
        )
        self._opinion = SecondOpinion(self._analyst, self.metrics, self._now)
        self.pipeline = Pipeline(
            self._workers, self._opinion, store.inbox, store.ledger, self.metrics, with_drill(watch(settings))
        )
        self._gauging = Gauging(store, self.metrics, lambda: self._settings)
        self._seen = CrewGauges(store, self.metrics, crew, lambda: self._settings)
        self._lag = Lag(self.metrics.lagged)
        self._rekeyed: tuple[str, datetime] | None = None
        self._targets: dict[str, Target] = {}
        self._channels: dict[str, Channel] = {}
        slack = min(timedelta(seconds=1 / settings.settings.channels.slack.per_second), LONGEST_INTERVAL)
        self.deliverer = Deliverer(
            store.outbox,
            self._channels,
            lambda: self._targets,
            self.metrics,
            SEND_LEASE,
            random.SystemRandom().random,
            dict(PACES) | {"slack": Pace(burst=1, interval=slack)},
            known=common.paces if common else None,
        )
        self._links = Links(settings.settings.web.public_url, stored_key(settings.state_dir / LINKS_KEY))
        self._take(settings, channels(settings, self._links.of))
        self._directory = settings.directory
        store.database.on_error = self.metrics.db_failed

    def _take(self, settings: Config, built: dict[str, Channel]) -> None:
        logs.REDACT.configure(secrets(settings))
        self._settings = settings
        self._targets = {target.id: target for target in settings.targets}
        self._channels.clear()
        self._channels.update(built)
        self.deliverer.lease = send_lease(settings)
        self._opinion.configure(second_opinion(settings))
        self.metrics.configure({s.id: s.every for s in settings.sources if s.enabled}, built)

    async def reload(self) -> Mapping[str, Source]:
        """Read the configuration again and take it whole, or raise ConfigError and change nothing. What takes a second
        or two, the files and the names of all platforms, is read in a thread."""
        try:
            fresh = await asyncio.to_thread(load, self._directory)
            built = channels(fresh, self._links.of)
            if fresh.platforms != self._settings.platforms:
                await asyncio.to_thread(self._analyst.configure, fresh.platforms)
        except Exception:  # whatever it is: it is shown, and raised on
            self.metrics.reload_success.set(0)
            raise
        if waits := [
            name for name in AT_START if getattr(fresh.settings, name) != getattr(self._settings.settings, name)
        ]:
            _log.warning("needs_restart", settings=waits)
        self._take(fresh, built)
        self.pipeline.configure(with_drill(watch(fresh)))
        self.store.ledger.configure(kinship(fresh.platforms))
        self.metrics.reload_success.set(1)
        return {source.id: source for source in fresh.sources}

    async def upkeep(self, now: datetime) -> None:
        """Renew the instance's lease and show what lies in the store."""
        alone = self._crew is None
        if alone and not await self.store.instance.hold_instance(self._owner, now, INSTANCE_LEASE):
            raise AnotherInstanceError("another daemon took this database over while this one slept")
        # After a reload with other platforms; each hour what daemons with others left, which may do the same.
        scheme = self.store.ledger.scheme, now.replace(minute=0, second=0, microsecond=0)
        if scheme != self._rekeyed:
            await self.store.ledger.rekey()
            self._rekeyed = scheme
        self._lag.start()
        self.metrics.show_room(await self.store.gauges.room())
        await self._gauging.look(now)
        for state in (await self.store.inbox.sources()).values():
            self.metrics.remember(state)
        await self._seen.step(now)
        keep = self._settings.settings.keep
        await self.store.evidence.tidy(now, keep.evidence, keep.quarantined)

    async def _scraped(self) -> None:
        await self._gauging.scraped(self._now())

    async def close(self) -> None:
        self._lag.stop()
        await self._gauging.close()
        try:
            await self._workers.close()
            if self._crew is None:
                with suppress(SellerwatchError):
                    await self.store.instance.release_instance(self._owner)
        finally:
            await self.store.database.close()

    def _labour(self) -> Callable[[Parts, Heart, Callable[[], datetime]], Labour]:
        """How the daemon works: alone, or with the others of its database."""
        if self._crew is None or self._common is None:
            return Solo
        from monitor.cluster.shift import Shift

        return partial(Shift, crew=self._crew, rota=self._common.rota)

    def daemon(self, web: bool = True) -> Daemon:
        """The daemon over these parts; without `web` it listens nowhere."""
        known, common = self._settings.settings, self._common
        asked = fetch_settings(known.fetch)
        pace, robots = (common.rota.rests, common.robots) if common else (None, None)
        host = SpiderHost(asked, self._now, pace=pace, robots=robots)
        subscriptions = None
        if web and known.web.public_url:
            key, book = stored_key(self._settings.state_dir / HUBS_KEY), common.book if common else None
            subscriptions = Subscriptions(
                known.web.public_url, key, host.post, lambda id: daemon.labour.due_now(id), self._now, book
            )
        manner = Manner(
            at_once=asked.concurrency,
            per_host=asked.per_host,
            least=known.fetch.min_every,
            rest=asked.gap_of,
            harvest=self.store.ledger.harvest,
            harvests=self.store.ledger.harvests,
            incidents=lambda now: self.store.ledger.heads(now - STIR),
            heard=subscriptions.heard if subscriptions else lambda source, harvest: None,
        )

        parts = Parts(
            fetcher=host,
            inbox=self.store.inbox,
            pipeline=self.pipeline,
            meter=self.metrics,
            web=None,
            sources={source.id: source for source in self._settings.sources},
            deliver=self.deliverer.step,
            recover=self.store.outbox.recover,
            upkeep=self.upkeep,
            ping=self.store.database.ping,
            reload=self.reload,
            close=self.close,
            page_lease=known.fetch.page_lease,
            manner=manner,
            subscriptions=subscriptions,
            vigil=Vigilance(
                self.store.inbox,
                self.store.ledger,
                self.store.vigils,
                self.metrics,
                lambda: watch(self._settings),
                Seeker(host, self._workers).seek,
            ).step,
            vigil_every=min(max(known.alerts.blind_wait.total_seconds() / 2, 1.0), 300.0),
            rounds=roster(
                self.store, self.pipeline, self.metrics, lambda: self._settings, lambda: daemon.readiness(whole=True)
            ),
            watchdog=int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6,
        )
        daemon = Daemon(parts, self._now, self._labour())
        sharing = SharedSheets(common.sheets, lambda: self._settings, daemon.renew, self._now) if common else None
        parts.shared = sharing.take if sharing else None
        if web and self._crew is not None and Role.WEB not in self._crew.roles:
            parts.web = self._listener(app(self.metrics.registry, daemon.readiness, scraped=self._scraped))
        elif web:
            tools = Tools(host, self._workers, lambda: self._analyst, self._now)
            desk = rooms(
                self.store,
                lambda: self._settings,
                self._now,
                explore=lambda url, follow, say: explore(url, self._settings, follow, say, tools),
                reload=daemon.renew,
                sharing=sharing,
                own=common.own if common else b"",
            )
            parts.own_rounds = desk.rounds
            pages = app(
                self.metrics.registry,
                daemon.readiness,
                subscriptions,
                [*pages_of(self.store, lambda: self._settings, self._links), *desk.routers],
                desk.house,
                self._scraped,
            )
            parts.web = self._listener(pages, desk.house.greet)
        return daemon

    def _listener(self, pages: FastAPI, greet: Callable[[int], Awaitable[None]] | None = None) -> WebServer:
        web = self._settings.settings.web
        named = names(web.host, web.public_url, web.hosts)
        return WebServer(pages, web.host, web.port, named, self.metrics.refused, greet=greet)


async def open_service(settings: Config) -> Service:
    """Open the store as the only one who works on it. Raises AnotherInstanceError when others do.

    The owner is this machine and state directory, which `hold` holds: after a crash the same owner returns at once, and
    what the dead one had in hand is taken over.
    """
    store = await open_store(settings)
    owner = f"{socket.gethostname()}:{settings.state_dir.resolve()}"
    try:
        await refuse_backfill(store.database)
        if others := await SqlMembers(store.database).others():
            raise AnotherInstanceError(
                f"daemons share this database, {others} at present (sellerwatch cluster); stop them"
            )
        if not await store.instance.hold_instance(owner, utc_now(), INSTANCE_LEASE):
            raise AnotherInstanceError(
                f"a daemon elsewhere holds this database; stop it, or wait {INSTANCE_LEASE.seconds} s if it died"
            )
        await reclaim(store.database, utc_now())
        await store.outbox.recover(utc_now())
        await store.ledger.rekey()
        return Service(await share(settings, store.database, utc_now()), store, owner)
    except BaseException:
        await store.database.close()
        raise
