"""What daemons on one PostgreSQL share beside their work: the keys that they sign with, and uploaded figures.

The database has them. Each daemon keeps a copy where one that works alone has its own, in its state directory, so that
whatever reads it there, a command too, goes by the same.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from monitor.calendars import CALENDAR_KEY
from monitor.config import Config, load
from monitor.config.kept_exposure import place, read, write
from monitor.desk.feeds import FEED_KEY
from monitor.desk.sealing import KEY_FILE as SEALING_KEY
from monitor.domain.errors import SellerwatchError, UnavailableError
from monitor.links import KEY_FILE as LINKS_KEY
from monitor.logs import REDACT
from monitor.store.database import Database
from monitor.store.hubs import SqlHubs
from monitor.store.keys import SqlKeys
from monitor.store.paces import SqlPaces
from monitor.store.robots import SqlRobots
from monitor.store.rota import SqlRota
from monitor.store.sheets import SqlSheets
from monitor.subscriptions import KEY_FILE as HUBS_KEY
from monitor.subscriptions import stored_key

KEYS = (LINKS_KEY, CALENDAR_KEY, FEED_KEY, HUBS_KEY, SEALING_KEY)
DESK_KEY = "desk.key"  # signs what a browser brings back to any of the desks; in the database alone

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Common:
    """What daemons of one database keep there together. `own` is what their desks sign with."""

    paces: SqlPaces
    book: SqlHubs
    sheets: SqlSheets
    own: bytes
    rota: SqlRota
    robots: SqlRobots


async def common(database: Database, now: datetime) -> Common:
    """Of this database, with the keys of whoever was first."""
    own = await SqlKeys(database).settled(DESK_KEY, secrets.token_bytes(32), now)
    REDACT.configure([own])
    return Common(
        SqlPaces(database), SqlHubs(database), SqlSheets(database), own, SqlRota(database), SqlRobots(database)
    )


async def share(settings: Config, database: Database, now: datetime) -> Config:
    """The configuration with what the database shares; what this state directory alone had becomes everybody's, where
    there was none. Raises UnavailableError, OSError, and ConfigError for figures that are refused here."""
    if database.dialect == "sqlite":
        return settings
    await share_keys(settings.state_dir, database, now)
    sheets, known = SqlSheets(database), {seller.id for seller in settings.sellers}
    kept = await sheets.all()
    for id in sorted(settings.kept & known - kept.keys()):
        _log.warning("the figures of %s that were uploaded here are everybody's now", id)
        own = await asyncio.to_thread(read, place(settings.state_dir, id))
        if own is not None:
            await sheets.found(id, own, now)
    kept = await sheets.all()
    before = await asyncio.to_thread(_lay, settings, {id: content for id, (content, _) in kept.items()})
    if not before:
        return settings
    fresh = await asyncio.to_thread(load, settings.directory)
    return replace(settings, sellers=fresh.sellers, kept=fresh.kept)


async def share_keys(state_dir: Path, database: Database, now: datetime) -> None:
    """Put the keys that daemons share in the place of this state directory's. One that differs is kept beside it."""
    if database.dialect == "sqlite":
        return
    keys = SqlKeys(database)
    for name in KEYS:
        file = state_dir / name
        had = file.exists()
        ours = stored_key(file) if had else secrets.token_bytes(32)
        theirs = await keys.settled(name, ours, now)
        if had and theirs != ours:
            _log.warning("%s is the one that the daemons of this database share now; ours is %s.before", name, name)
            file.replace(file.with_name(f"{name}.before"))
        if not had or theirs != ours:
            write(file, theirs)
        REDACT.configure([theirs])


class SharedSheets:
    """Uploaded figures as this daemon has them. `lock` is held by whoever changes them here."""

    def __init__(
        self,
        sheets: SqlSheets,
        settings: Callable[[], Config],
        reload: Callable[[], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        self._sheets, self._settings, self._reload, self._now = sheets, settings, reload, now
        self._versions: Mapping[str, int] = {}
        self._contents: Mapping[str, bytes | None] = {}
        self.lock = asyncio.Lock()

    async def take(self, now: datetime) -> bool:
        """Go by what was uploaded at another daemon's desk since the last call. A step of the daemon's rounds. Raises
        UnavailableError also for figures that our own files do not go with: then the old ones go on."""
        async with self.lock:
            if await self._sheets.versions() != self._versions:
                found = await self._sheets.all()
                self._versions = {id: version for id, (_, version) in found.items()}
                self._contents = {id: content for id, (content, _) in found.items()}
            before = await asyncio.to_thread(_lay, self._settings(), self._contents)
            if not before:
                return False
            counts = False
            try:
                await self._reload()
                counts = True
            except SellerwatchError as error:
                raise UnavailableError(f"figures that another desk took are refused here: {error}") from error
            finally:
                if not counts:
                    await asyncio.to_thread(_lay, self._settings(), before)
            _log.warning("takes the figures of %s that were uploaded at another desk", ", ".join(sorted(before)))
            return False

    async def put(self, seller_id: str, content: bytes | None) -> None:
        """What is written here already is everybody's. Raises ConflictError when another desk was faster."""
        seen = self._versions.get(seller_id, 0)
        version = await self._sheets.put(seller_id, content, seen, self._now())
        self._versions = {**self._versions, seller_id: version}
        self._contents = {**self._contents, seller_id: content}


def _lay(settings: Config, contents: Mapping[str, bytes | None]) -> dict[str, bytes | None]:
    """Write those of our sellers that differ; what was there before. Raises UnavailableError when it cannot be done."""
    before: dict[str, bytes | None] = {}
    try:
        for id in {seller.id for seller in settings.sellers} & contents.keys():
            path, content = place(settings.state_dir, id), contents[id]
            if (was := read(path)) != content:
                before[id] = was
                write(path, content)
    except OSError as error:
        raise UnavailableError(f"{settings.state_dir}: {error.strerror or error}") from error
    return before
