"""The store of a backfill: the daemon's tables of documents and assessments, and what is done of which file.

It has tables that a daemon's store does not have, by which each is told from the other: neither is ever opened as the
other. Nothing in it is told to anybody: it has no outbox rows, and `run` refuses it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, delete, func, inspect, select

from monitor.backfill.mark import MARK, is_backfill
from monitor.backfill.pieces import File, Slice
from monitor.backfill.work import Gain, Known
from monitor.domain.documents import Document
from monitor.domain.errors import SellerwatchError
from monitor.domain.signals import Assessment
from monitor.domain.sources import Source
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.tables import assessments, captures, documents, instances, sources

_own = MetaData()  # not the daemon's, whose every table a daemon's store must have

facts = Table(
    MARK,
    _own,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

files = Table(
    "backfill_files",
    _own,
    Column("path", Text, primary_key=True),
    Column("bytes", BigInteger, nullable=False),
    Column("mtime", BigInteger, nullable=False),  # nanoseconds
    Column("size", BigInteger, nullable=False),  # of its places
)

slices = Table(
    "backfill_slices",
    _own,
    Column("path", Text, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("end", BigInteger, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
)

failures = Table(
    "backfill_failures",
    _own,
    Column("path", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

origins = Table(
    "backfill_sources",
    _own,
    Column("id", Text, primary_key=True),
    Column("value", Text, nullable=False),  # Source
)


class WrongStoreError(SellerwatchError):
    """The database is not what it was named for."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What lies in a store. `events` are documents that report something."""

    documents: int
    events: int
    failures: Mapping[str, int]  # by reason
    told: Mapping[str, str]  # of each reason what is said of one of them


def url_of(place: str) -> str:
    """The address of the store that is meant by a file's name or an address."""
    return place if "://" in place else f"sqlite:///{Path(place).absolute()}"


class ArchiveStore:
    """An open store of a backfill."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._upserts = {table.name: database.upsert(table) for table in (documents, assessments, *_own.sorted_tables)}

    @classmethod
    async def open(cls, place: str, model: str) -> "ArchiveStore":
        """Open the store, or make one out of a database with nothing in it. `model` understands what is new.

        Raises WrongStoreError for a daemon's database, and for one that another model understood; and what
        `Database.open` raises.
        """
        database = await Database.open(url_of(place))
        try:
            store = cls(database)
            await store._claim(place, model)
        except BaseException:
            await database.close()
            raise
        return store

    @classmethod
    async def look(cls, place: str) -> "ArchiveStore":
        """Open a store that is there, to read it. Raises WrongStoreError when it is none."""
        database = await Database.open(url_of(place), migrate=False)
        if not await is_backfill(database):
            await database.close()
            raise WrongStoreError(f"{place} is no store of `sellerwatch backfill`")
        return cls(database)

    async def _claim(self, place: str, model: str) -> None:
        async def work(connection: AsyncConnection) -> str | None:
            if not await connection.run_sync(lambda it: inspect(it).has_table(facts.name)):
                for table in (sources, instances, captures, documents):
                    if await connection.scalar(select(func.count()).select_from(table)):
                        raise WrongStoreError(
                            f"{place} is a daemon's database, which a backfill leaves alone: name another one with --to"
                        )
                await connection.run_sync(_own.create_all)
                await connection.execute(self._upserts[facts.name], [{"name": "model", "value": model}])
            found: str | None = await connection.scalar(select(facts.c.value).where(facts.c.name == "model"))
            return found

        made_by = await self.database.write(work)
        if made_by != model:
            raise WrongStoreError(
                f"{place} was understood by model {made_by}, this is {model}: begin another store with --to"
            )

    async def begin(self, file: File) -> Sequence[tuple[int, int]]:
        """Note the file; the ranges of it that are done: none when it is another one than it was."""
        row = {"path": file.path, "bytes": file.bytes, "mtime": file.mtime, "size": file.size}

        async def work(connection: AsyncConnection) -> Sequence[tuple[int, int]]:
            known = (await connection.execute(select(files).where(files.c.path == file.path))).first()
            if known is None or known._asdict() != row:
                for table in (slices, failures):
                    await connection.execute(delete(table).where(table.c.path == file.path))
                await connection.execute(self._upserts[files.name], [row])
                return ()
            query = select(slices.c.start, slices.c.end).where(slices.c.path == file.path)
            return [(start, end) for start, end in (await connection.execute(query)).tuples()]

        return await self.database.write(work)

    async def keep(self, piece: Slice, gain: Gain) -> tuple[int, int]:
        """Keep what a slice gave together with the mark that it is done. Returns how many of the documents are new,
        and how many of those report something. Of two forms of a document the one that was fetched last stays."""
        path = piece.file.path
        done = {"path": path, "start": piece.start, "end": gain.reached, "taken": gain.taken,
                "failures": len(gain.failures)}  # fmt: skip
        failed = [
            {"path": path, "at": one.at, "no": no, "url": _storable(one.url), "reason": one.reason.value,
             "detail": _storable(one.detail)}
            for no, one in enumerate(gain.failures)
        ]  # fmt: skip

        async def work(connection: AsyncConnection) -> tuple[int, int]:
            known = await self._known(connection, list(gain.documents))
            fresh = [one for one in gain.documents.values() if one.id not in known]
            rows = [*fresh, *(one for one in gain.documents.values() if one.id in known and known[one.id] < _age(one))]
            if rows:
                await connection.execute(self._upserts[documents.name], [_document(one) for one in rows])
                await connection.execute(self._upserts[assessments.name], [_assessment(one) for one in rows])
                told = [{"id": id, "value": value} for id, value in gain.sources.items()]
                await connection.execute(self._upserts[origins.name], told)
            if failed:
                await connection.execute(self._upserts[failures.name], failed)
            await connection.execute(self._upserts[slices.name], [done])
            return len(fresh), sum(one.events > 0 for one in fresh)

        return await self.database.write(work)

    async def _known(self, connection: AsyncConnection, ids: Sequence[str]) -> dict[str, tuple[Any, str]]:
        found: dict[str, tuple[Any, str]] = {}
        for some in batches(ids):
            query = select(documents.c.id, documents.c.fetched_at, documents.c.content_hash)
            for id, at, content_hash in (await connection.execute(query.where(documents.c.id.in_(some)))).tuples():
                found[id] = (at, content_hash)
        return found

    async def counts(self) -> Counts:
        """What lies in the store now."""

        async def work(connection: AsyncConnection) -> Counts:
            all_of = await connection.scalar(select(func.count()).select_from(documents))
            events = await connection.scalar(select(func.count()).select_from(assessments).where(_TELLS))
            why = select(failures.c.reason, func.count(), func.min(failures.c.detail)).group_by(failures.c.reason)
            wrong = (await connection.execute(why.order_by(func.count().desc()))).tuples().all()
            return Counts(
                documents=int(all_of or 0),
                events=int(events or 0),
                failures={reason: count for reason, count, _ in wrong},
                told={reason: detail for reason, _, detail in wrong},
            )

        return await self.database.read(work)

    async def telling(self) -> Sequence[tuple[Document, Source, Assessment]]:
        """Every document that reports something, with its source and what it says."""
        query = (
            select(documents.c.value, origins.c.value, assessments.c.value)
            .join(assessments, assessments.c.document_id == documents.c.id)
            .join(origins, origins.c.id == documents.c.source_id)
            .where(_TELLS)
            .order_by(documents.c.id)
        )

        async def work(connection: AsyncConnection) -> Sequence[tuple[str, str, str]]:
            return (await connection.execute(query)).tuples().all()

        rows = await self.database.read(work)
        return [
            (codec.load(Document, document), codec.load(Source, source), codec.load(Assessment, said))
            for document, source, said in rows
        ]

    async def close(self) -> None:
        """Close the database."""
        await self.database.close()


_TELLS = assessments.c.value.not_like('%"signals":[],%')  # as `codec.dump` writes an empty list there


def _age(known: Known) -> tuple[Any, str]:
    return known.fetched_at, known.content_hash


def _document(known: Known) -> dict[str, Any]:
    return {"id": known.id, "source_id": known.source_id, "capture_id": known.capture_id,
            "fetched_at": known.fetched_at, "content_hash": known.content_hash, "value": known.document}  # fmt: skip


def _assessment(known: Known) -> dict[str, Any]:
    return {"document_id": known.id, "content_hash": known.content_hash, "value": known.assessment}


def _storable(text: str) -> str:
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
