"""Captures not yet read, pages that documents wait for, and what is remembered of sources."""

import asyncio
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update

from monitor.domain.documents import Capture
from monitor.domain.errors import ConflictError, FailureReason
from monitor.domain.sources import Look, SourceState
from monitor.ports import Inbox
from monitor.steps import Claim, Step, WantedPage
from monitor.store import codec
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.evidence import Kept, settled_with
from monitor.store.inbox_rows import capture_of, host_of, row_of, wish
from monitor.store.looks import Tally
from monitor.store.rota import settle
from monitor.store.tables import captures, sources, wanted_pages

_log = logging.getLogger(__name__)

LINGER = 0.05  # seconds for which looks of a crowd wait for one another
MOST_LOOKS = 100  # kept by one commit
HEAVY = 2 * 1024 * 1024  # bytes, packed: what is claimed together has no more, unless it is one


class SqlInbox(Inbox):
    """The inbox of one database. Every claim is one UPDATE; its lease is a time, so nobody has to give it back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._keep_sources, self._tally = database.upsert(sources), Tally(database)
        self._looks: list[_Kept] = []
        self._keeping: asyncio.Task[None] | None = None
        self._crowd = False

    async def sources(self) -> Mapping[str, SourceState]:
        """States by source id, of every source that was ever looked at."""

        async def work(connection: AsyncConnection) -> Mapping[str, str]:
            return dict((await connection.execute(select(sources.c.id, sources.c.state))).tuples().all())

        states: dict[str, SourceState] = {}
        for id, state in (await self._database.read(work)).items():
            try:
                states[id] = codec.load(SourceState, state)
            except ValueError:  # forgotten, the source is asked again without validators; known entries stay known
                _log.error("the state of source %s cannot be read and counts for nothing", id)
        return states

    async def looked(self, look: Look, state: SourceState, capture: Capture | None, token: str = "") -> None:
        """Keep a look; a capture whose id is kept already is not kept twice.

        Looks that end together are kept by one commit. Each waits for it: what was acknowledged survives a crash, and
        a look that was not may leave its row all the same, as any commit whose answer is lost. `token` proves the claim
        of a poll that daemons share (rota.py): ConflictError when it went to another, and then nothing is kept.
        """
        source = codec.row("sources", id=state.source_id, state=codec.dump(state), last_look=codec.dump(look))
        evidence = await row_of(capture) if capture else None
        kept = _Kept(look, source, evidence, asyncio.get_running_loop().create_future(), token, state.next_look_at)
        self._looks.append(kept)
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_looks(), name="keep looks")
        await kept.done

    async def _keep_looks(self) -> None:
        while self._looks:
            if self._crowd:  # one that comes alone is not kept waiting
                await asyncio.sleep(LINGER)
            some, self._looks = self._looks[:MOST_LOOKS], self._looks[MOST_LOOKS:]
            self._crowd = len(some) > 1
            try:
                lost = await self._write_looks(some)
            except asyncio.CancelledError:
                for one in some:
                    one.done.cancel()
                raise
            except Exception as error:
                for one in some:
                    if not one.done.done():
                        one.done.set_exception(error)
            else:
                for one in some:
                    if one.done.done():
                        continue
                    if one.token and one.look.source_id in lost:
                        one.done.set_exception(ConflictError(f"the look at {one.look.source_id} is another's by now"))
                    else:
                        one.done.set_result(None)

    async def _write_looks(self, looks: Sequence["_Kept"]) -> frozenset[str]:
        """Returns the sources whose claim went to another."""
        claimed = [(one.look.source_id, one.token, one.next_at) for one in looks if one.token]

        async def work(connection: AsyncConnection) -> frozenset[str]:
            lost = await settle(connection, claimed) if claimed else frozenset()
            mine = [one for one in looks if not (one.token and one.look.source_id in lost)]
            if not mine:
                return lost
            await connection.execute(self._keep_sources, [one.source for one in mine])
            await self._tally.looked(connection, [one.look for one in mine])
            if evidence := [one.evidence for one in mine if one.evidence]:
                await connection.execute(self._database.insert(captures).on_conflict_do_nothing(), evidence)
                await self._database.wake(connection, "understand")
            return lost

        return await self._database.write(work)

    async def want_next(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim[WantedPage]]:
        """Up to `limit` pages that nobody is fetching, leased, the longest wanted first."""
        due = (
            select(wanted_pages.c.document_id)
            .where(wanted_pages.c.due_at <= now)
            .order_by(wanted_pages.c.wanted_at, wanted_pages.c.document_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("due")  # locked once; an IN over the bare sub-select may be run again and lock more than `limit`
        )
        claimed = (
            update(wanted_pages)
            .where(wanted_pages.c.document_id.in_(select(due.c.document_id)))
            .values(due_at=now + lease, token=self._database.token(), tries=wanted_pages.c.tries + 1)
            .returning(*wanted_pages.c)
        )

        async def work(connection: AsyncConnection) -> Sequence[Claim[WantedPage]]:
            rows = await connection.execute(claimed)
            claims = [Claim(wish(row), row.token, row.tries) for row in rows]
            return sorted(claims, key=lambda claim: (claim.item.wanted_at, claim.item.document_id))

        return await self._database.write(work)

    async def page_came(self, page: Claim[WantedPage], capture: Capture) -> None:
        """Settle the wish with its capture. Raises ConflictError when the lease went to another."""
        evidence = await row_of(capture)
        wish = delete(wanted_pages).where(
            wanted_pages.c.document_id == page.item.document_id, wanted_pages.c.token == page.token
        )

        async def work(connection: AsyncConnection) -> None:
            if (await connection.execute(wish)).rowcount == 0:
                kept = await connection.scalar(select(captures.c.id).where(captures.c.id == capture.id))
                if kept is None:
                    raise ConflictError(f"the page of document {page.item.document_id} is no longer ours to bring")
                return  # brought before, by this very call: only the answer was lost
            await connection.execute(self._database.insert(captures).values(evidence).on_conflict_do_nothing())
            await self._database.wake(connection, "understand")

        await self._database.write(work)

    async def claim(self, now: datetime, lease: timedelta) -> Claim[Capture] | None:
        """The oldest capture that is due and that nobody holds."""
        return next(iter(await self.claim_some(now, lease, 1)), None)

    async def claim_some(self, now: datetime, lease: timedelta, most: int) -> Sequence[Claim[Capture]]:
        """The oldest captures that are due and that nobody holds, as many as are well taken together."""
        columns = captures.c
        oldest = (
            select(columns.id, columns.source_id, columns.document_id, columns.tries, func.length(columns.body))
            .where(columns.due_at <= now)
            .order_by(columns.fetched_at, columns.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        until, token = now + lease, self._database.token()
        leased = {"due_at": until, "token": token, "tries": columns.tries + 1}
        mine = select(*columns).where(columns.due_at == until, columns.token == token)

        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            rows = (await connection.execute(mine)).all()  # by this very call, whose answer was lost
            if not rows and (chosen := _together((await connection.execute(oldest)).all())):
                claimed = update(captures).where(columns.id.in_(chosen)).values(leased).returning(*columns)
                rows = (await connection.execute(claimed)).all()
            return sorted(rows, key=lambda row: (row.fetched_at, row.id))

        claims: list[Claim[Capture]] = []
        while not claims and (rows := await self._database.write(work)):
            for row in rows:
                try:
                    claims.append(Claim(await capture_of(row), row.token, row.tries))
                except (ValueError, zlib.error) as error:  # what other hands wrote there must not stop the rest
                    await self._set_aside(row, f"the row cannot be read: {type(error).__name__}", now)
        return claims

    async def _set_aside(self, row: Row[Any], detail: str, now: datetime) -> None:
        _log.error("capture %s of %s: %s", row.id, row.source_id, detail)
        why = {"quarantine": FailureReason.STEP_FAILED, "detail": detail, "kept": Kept.QUARANTINE}
        held = update(captures).where(captures.c.id == row.id, captures.c.token == row.token)
        aside = held.values(due_at=None, settled_at=now, **why)
        await self._database.write(lambda connection: connection.execute(aside))

    async def release(self, capture: Claim[Capture], not_before: datetime, detail: str, counts: bool = True) -> None:
        """Give a capture back. Raises ConflictError when the lease went to another."""
        tries = captures.c.tries if counts else captures.c.tries - 1
        given = (
            update(captures)
            .where(_held(capture))
            .values(codec.row("captures", due_at=not_before, token=None, detail=detail) | {"tries": tries})
        )

        async def work(connection: AsyncConnection) -> None:
            if (await connection.execute(given)).rowcount == 0:
                raise _lost(capture)

        await self._database.write(work)


def _together(oldest: Sequence[Row[Any]]) -> Sequence[str]:
    """Which of them to claim at once (see `Inbox.claim_some`); at least the first."""
    chosen: dict[str, str] = {}  # ids by whose they are
    weight = 0
    for id, source_id, document_id, tries, length in oldest:
        whose = document_id or source_id
        if tries and not chosen:
            return (id,)
        if not chosen or (not tries and whose not in chosen and weight + length <= HEAVY):
            chosen[whose] = id
            weight += length
    return tuple(chosen.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """One look, its rows, and who waits until they are kept."""

    look: Look
    source: dict[str, Any]
    evidence: dict[str, Any] | None
    done: asyncio.Future[None]
    token: str
    next_at: datetime


_SETTLED = (  # made once, since every step needs it
    update(captures)
    .where((captures.c.id == bindparam("held_id")) & (captures.c.token == bindparam("held_token")))
    .where(captures.c.settled_at.is_(None))
    .values(due_at=None, **{name: bindparam(name) for name in ("settled_at", "quarantine", "detail", "kept")})
)
_LET_GO = _SETTLED.values(body=bindparam("body"))


async def settle_capture(connection: AsyncConnection, step: Step, capture: Claim[Capture]) -> bool:
    """Take a step's claimed capture out of the inbox, as part of it; False when this claim had settled it before.

    Raises ConflictError when the lease went to another.
    """
    decided = settled_with(step)
    decided |= codec.row("captures", settled_at=step.at, quarantine=step.quarantine, detail=step.detail)
    held = {"held_id": capture.item.id, "held_token": capture.token}
    if (await connection.execute(_LET_GO if "body" in decided else _SETTLED, decided | held)).rowcount:
        return True
    token = select(captures.c.token).where(captures.c.id == capture.item.id, captures.c.settled_at.is_not(None))
    if await connection.scalar(token) != capture.token:
        raise _lost(capture)
    return False


async def want_pages(connection: AsyncConnection, database: Database, pages: Sequence[WantedPage]) -> None:
    """Wish for pages, as part of a step; a page that is wanted already is not wanted twice."""
    if pages:
        rows = [
            codec.row(
                "wanted_pages",
                document_id=page.document_id,
                source_id=page.source_id,
                url=page.url,
                wanted_at=page.wanted_at,
                due_at=EPOCH,
                tries=0,
                follow=page.follow,
                host=host_of(page.url),
            )
            for page in pages
        ]
        await connection.execute(database.insert(wanted_pages).on_conflict_do_nothing(), rows)


def _held(capture: Claim[Capture]) -> Any:
    return (captures.c.id == capture.item.id) & (captures.c.token == capture.token) & captures.c.settled_at.is_(None)


def _lost(capture: Claim[Capture]) -> ConflictError:
    return ConflictError(f"the lease of capture {capture.item.id} was lost")
