"""Subscriptions to feeds that offer a hub (WebSub, https://www.w3.org/TR/websub/): whose news are pushed to us.

A push is a hint and no more: it makes its source due, and the look that follows goes to the feed itself, so what
somebody pushes is never believed. Nothing is kept but one random key, from which every secret follows: after a restart
pushes go on being understood, and each subscription is asked for anew when its feed is next looked at.
"""

import asyncio
import hmac
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from monitor.domain.errors import SellerwatchError, UnavailableError
from monitor.domain.harvests import Harvest, Subscription
from monitor.domain.sources import Source
from monitor.logs import REDACT, log
from monitor.loops import Bell

_log = log("subscriptions")

PATH = "/websub/"
KEY_FILE = "websub.key"  # in the state directory
LEASE = timedelta(days=10)  # as we ask for it; the hub decides
SHORTEST_LEASE, LONGEST_LEASE = timedelta(minutes=5), timedelta(days=90)
VERIFY_WITHIN = timedelta(minutes=10)  # after it took our wish, a hub asks back or is asked again, later each time
LONGEST_RETRY = timedelta(days=1)
AT_ONCE = 4

Post = Callable[[str, Mapping[str, str]], Awaitable[int]]
"""Sends a form to a hub and gives the status of its answer. Raises SellerwatchError when there is none."""


class Book(Protocol):
    """Where several daemons keep their subscriptions together."""

    async def told(self, heard: Mapping[str, Subscription | None], now: datetime) -> Mapping[str, Subscription]:
        """What feeds declared, by source, None for no hub; then all there is, by source."""

    async def find(self, source_id: str) -> Subscription | None: ...
    async def moved(self, before: Subscription, after: Subscription) -> bool:
        """Keep `after`; False when another daemon moved it meanwhile."""


class Subscriptions:
    """`push` is told each source that a hub has news of; `now` is the daemon's clock. With a `book` the subscriptions
    are those of several daemons: whichever reads a feed, one of them asks the hub, and any may be called back."""

    def __init__(
        self,
        public_url: str,
        key: bytes,
        post: Post,
        push: Callable[[str], object],
        now: Callable[[], datetime],
        book: Book | None = None,
    ) -> None:
        self._callback = public_url.rstrip("/") + PATH
        self._key, self._post, self._push, self._now = key, post, push, now
        self._sources: dict[str, str] = {}  # by the name in its callback
        self.held: dict[str, Subscription] = {}  # by source; as far as the book was read
        self._book, self._heard = book, dict[str, Subscription | None]()  # heard: what the book is to be told
        self.bell = Bell()  # wakes the loop that calls `step`

    def configure(self, sources: Mapping[str, Source]) -> None:
        """Only these sources' news are wanted from now on; the leases of others run out by themselves."""
        self._sources = {self.name(source.id): source.id for source in sources.values() if source.enabled}
        wanted = set(self._sources.values())
        self.held = {id: one for id, one in self.held.items() if id in wanted}

    def heard(self, source: Source, harvest: Harvest) -> None:
        """What the feed declared when it was last read: both a hub and its own address, or there is no subscribing."""
        held = self.held.get(source.id)
        if not harvest.hub or not harvest.topic:
            if self.held.pop(source.id, None):
                self._tell(source.id, None)
        elif held is None or (held.hub, held.topic) != (harvest.hub, harvest.topic):
            self.held[source.id] = Subscription(source.id, harvest.hub, harvest.topic, self._now())
            self._tell(source.id, replace(self.held[source.id]))
            self.bell.ring()

    def _tell(self, source_id: str, one: Subscription | None) -> None:
        if self._book:
            self._heard[source_id] = one

    async def step(self) -> bool:
        """Ask for what is new, unanswered or near the end of its lease. True when more of it waits."""
        now = self._now()
        if self._book:
            heard, self._heard = self._heard, {}
            try:
                known = await self._book.told(heard, now)
            except UnavailableError:
                self._heard = heard | self._heard
                raise
            wanted = set(self._sources.values())
            self.held = {id: one for id, one in known.items() if id in wanted}
        due = sorted((one for one in self.held.values() if one.ask_at <= now), key=lambda one: one.ask_at)
        await asyncio.gather(*(self._ask(one, now) for one in due[:AT_ONCE]))
        return len(due) > AT_ONCE

    async def _ask(self, one: Subscription, now: datetime) -> None:
        before = replace(one)
        one.tries += 1
        one.asked = True  # before the hub answers, since it may ask back before that
        one.ask_at = now + min(VERIFY_WITHIN * 2 ** min(one.tries - 1, 10), LONGEST_RETRY)
        if not await self._keeps(before, one):
            return  # another daemon asks
        name = self.name(one.source_id)
        form = {
            "hub.callback": self._callback + name,
            "hub.mode": "subscribe",
            "hub.topic": one.topic,
            "hub.lease_seconds": f"{LEASE.total_seconds():.0f}",
            "hub.secret": self._derived("secret", one.source_id),
        }
        try:
            status = await self._post(one.hub, form)
        except SellerwatchError as error:
            _log.warning("hub_failed", source=one.source_id, detail=str(error))
            return
        said = _log.debug if 200 <= status < 300 else _log.warning
        said("hub_asked", source=one.source_id, status=status)

    async def _keeps(self, before: Subscription, after: Subscription) -> bool:
        return self._book is None or await self._book.moved(before, after)

    async def _of(self, name: str) -> Subscription | None:
        """Whose callback that is."""
        source_id = self._sources.get(name, "")
        return await self._book.find(source_id) if self._book and source_id else self.held.get(source_id)

    # --- what a hub asks and says

    async def confirms(self, name: str, mode: str, topic: str, lease: timedelta | None) -> bool:
        """Whether we want what somebody asked of a hub in our name."""
        one = await self._of(name)
        if one is None or mode != "subscribe" or topic != one.topic or not one.asked:
            return False
        now, before = self._now(), replace(one)
        granted = min(max(lease or LEASE, SHORTEST_LEASE), LONGEST_LEASE)
        one.until, one.ask_at = now + granted, now + granted * 2 / 3
        one.tries, one.asked = 0, False
        if not await self._keeps(before, one):
            return False
        _log.info("subscribed", source=one.source_id, until=one.until.isoformat())
        return True

    async def denied(self, name: str, topic: str, reason: str) -> None:
        """A hub says that it will push nothing: asked again tomorrow, since it says so unasked and unsigned."""
        one = await self._of(name)
        if one is not None and topic == one.topic:
            before = replace(one)
            one.until, one.ask_at, one.asked = None, self._now() + LONGEST_RETRY, False
            await self._keeps(before, one)
            _log.warning("hub_denied", source=one.source_id, detail=reason[:200])

    def secret(self, name: str) -> bytes | None:
        """What pushes to the callback are signed with; None for a callback that is not ours."""
        source_id = self._sources.get(name)
        return None if source_id is None else self._derived("secret", source_id).encode()

    def pushed(self, name: str) -> None:
        """A push with a good signature came."""
        source_id = self._sources[name]
        _log.debug("pushed", source=source_id)
        self._push(source_id)

    def name(self, source_id: str) -> str:
        """The last part of the source's callback; nobody can guess it."""
        return self._derived("callback", source_id)[:32]

    def _derived(self, use: str, source_id: str) -> str:
        return hmac.digest(self._key, f"{use}:{source_id}".encode(), "sha256").hex()


def stored_key(file: Path) -> bytes:
    """The random key in that file, which is made at first. Raises OSError."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) == 32:
            REDACT.configure([key])
            return key
        file.unlink()  # torn by a crash: callbacks get other names
        return stored_key(file)
    with os.fdopen(descriptor, "wb") as made:
        made.write(secrets.token_bytes(32))
        made.flush()
        os.fsync(made.fileno())
    return stored_key(file)
