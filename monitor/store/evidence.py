"""Evidence: the bytes that led to a signal, kept for a while; those of all else go as soon as they were read.

A capture's row outlives its bytes, with their hash, so that what a document was read from stays known.
"""

import asyncio
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from monitor.steps import Step
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import captures, documents, rejections

ROWS_FOR = timedelta(days=60)  # rows of captures whose bytes are gone
UNDECIDED_FOR = timedelta(days=7)  # bytes whose documents wait for their pages
BATCH = 200  # rows of one transaction
NO_BYTES = b""  # not even an empty body, whose compressed form has some


class Kept(StrEnum):
    """Why a capture keeps its bytes after it was read; none of these: it does not."""

    SIGNAL = "signal"  # a document of it reports something
    UNDECIDED = "undecided"  # a document of it waits for its page
    QUARANTINE = "quarantine"  # it could not be read: for people to look at


class Verdict(StrEnum):
    """What became of a capture's bytes."""

    WHOLE = "whole"  # they are those that were fetched, by their hash
    GONE = "gone"
    BROKEN = "broken"  # they are not those that were fetched


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A capture as it lies in the store. `body` is None unless the verdict is whole."""

    capture_id: str
    source_id: str
    url: str
    fetched_at: datetime
    status: int
    content_type: str
    body_hash: str
    kept: Kept | None
    verdict: Verdict
    body: bytes | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the look that gave it."""
        return {
            "capture": self.capture_id,
            "source": self.source_id,
            "url": self.url,
            "fetched_at": self.fetched_at,
            "status": self.status,
            "content_type": self.content_type,
            "sha256": self.body_hash,
        }


def kept(step: Step) -> Kept | None:
    """Why the step's capture keeps its bytes, by what the step made of it."""
    if any(assessment.signals for assessment in step.assessments):
        return Kept.SIGNAL  # also of what came damaged
    if step.quarantine is not None:
        return Kept.QUARANTINE
    return Kept.UNDECIDED if any(not page.follow for page in step.wanted_pages) else None


def settled_with(step: Step) -> dict[str, Any]:
    """The columns of a capture that its step decides: why its bytes stay, or that they go."""
    why = kept(step)
    return {"kept": why} if why else {"kept": None, "body": NO_BYTES}


async def keep_beginnings(connection: AsyncConnection, step: Step) -> None:
    """Where a page led to a signal, the capture in which its document was first read is evidence too.

    To be called within the step's transaction, before its documents are written over.
    """
    page = step.capture.item if step.capture else None
    if page is None or page.document_id is None or kept(step) is not Kept.SIGNAL:
        return
    first = select(documents.c.capture_id).where(documents.c.id == page.document_id).scalar_subquery()
    await connection.execute(
        update(captures)
        .where(captures.c.id == first, captures.c.kept.in_([Kept.UNDECIDED, Kept.QUARANTINE]))
        .values(kept=Kept.SIGNAL)
    )


class SqlEvidence:
    """The kept bytes of one database. An `id` may be given as any prefix that only one row has."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tidied: datetime | None = None  # up to its end

    async def exhibit(self, id: str) -> Exhibit | None:
        """The capture of that id, or the one that the document of that id was read from; its bytes checked.

        None when there is none, when a prefix has several, or when its row went with time.
        """
        row = await self._one(id) if id else None
        return await asyncio.to_thread(_checked, row) if row is not None else None

    async def prune(self, now: datetime, evidence_for: timedelta, quarantined_for: timedelta) -> int:
        """Let go what was kept for long enough: at most BATCH rows of each sort. Returns how many rows changed; call it
        again while that is not 0."""
        spans = {Kept.SIGNAL: evidence_for, Kept.QUARANTINE: quarantined_for, Kept.UNDECIDED: UNDECIDED_FOR}
        changed = 0
        for why, span in spans.items():
            changed += await self._drop(why, now - span)
        return changed + await self._forget(now - ROWS_FOR)

    async def tidy(self, now: datetime, evidence_for: timedelta, quarantined_for: timedelta) -> None:
        """Prune once a day, a batch at each call, so that no writer waits for long. To be called every now and then."""
        if self._tidied is not None and timedelta(0) <= now - self._tidied < timedelta(days=1):
            return
        if await self.prune(now, evidence_for, quarantined_for) == 0:
            self._tidied = now

    async def _drop(self, why: Kept, before: datetime) -> int:
        old = select(captures.c.id).where(captures.c.kept == why, captures.c.settled_at < before).limit(BATCH)

        async def work(connection: AsyncConnection) -> int:
            ids = list(await connection.scalars(old))
            if ids:
                await connection.execute(
                    update(captures).where(captures.c.id.in_(ids)).values(kept=None, body=NO_BYTES)
                )
            return len(ids)

        return await self._database.write(work)

    async def _forget(self, before: datetime) -> int:
        old = select(captures.c.id).where(captures.c.kept.is_(None), captures.c.settled_at < before).limit(BATCH)

        async def work(connection: AsyncConnection) -> int:
            ids = list(await connection.scalars(old))
            if ids:
                await connection.execute(delete(rejections).where(rejections.c.capture_id.in_(ids)))
                await connection.execute(delete(captures).where(captures.c.id.in_(ids)))
            return len(ids)

        return await self._database.write(work)

    async def _one(self, id: str) -> Row[Any] | None:
        async def work(connection: AsyncConnection) -> Sequence[Row[Any]]:
            whole = select(captures).limit(2)
            for table in (captures, documents):
                of = captures.c.id if table is captures else documents.c.capture_id
                named = select(of).where(or_(table.c.id == id, table.c.id.startswith(id, autoescape=True)))
                exact = select(of).where(table.c.id == id)
                for ids in (exact, named):
                    if found := (await connection.execute(whole.where(captures.c.id.in_(ids)))).all():
                        return found
            return ()

        rows = await self._database.read(work)
        return rows[0] if len(rows) == 1 else None


def _checked(row: Row[Any]) -> Exhibit:
    verdict, body = _verdict(row.body, row.body_hash)
    return Exhibit(
        capture_id=row.id,
        source_id=row.source_id,
        url=row.url,
        fetched_at=row.fetched_at,
        status=row.status,
        content_type=row.content_type,
        body_hash=row.body_hash,
        kept=Kept(row.kept) if row.kept else None,
        verdict=verdict,
        body=body,
    )


def _verdict(stored: bytes, body_hash: str) -> tuple[Verdict, bytes | None]:
    if stored == NO_BYTES:
        return Verdict.GONE, None
    try:
        body = zlib.decompress(stored)
    except zlib.error:
        return Verdict.BROKEN, None
    return (Verdict.WHOLE, body) if sha256(body).hexdigest() == body_hash else (Verdict.BROKEN, None)
