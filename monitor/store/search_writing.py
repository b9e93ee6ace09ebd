"""How documents and incidents come into the index of words and go again, in the transaction that keeps them."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from monitor.domain.documents import Document, digest
from monitor.domain.incidents import Incident
from monitor.domain.signals import Assessment
from monitor.store import codec, faults
from monitor.store.columns import EPOCH
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.search_entries import (
    DOCUMENT,
    INCIDENT,
    SCHEME,
    SLOT,
    Entry,
    facets_of,
    hour,
    loaded,
    of_document,
    of_incident,
)
from monitor.store.search_index import Words, add, remove
from monitor.store.search_tables import search_rows
from monitor.store.tables import assessments, documents

NOBODY = "nobody"  # a kind: of a number whose words could not be taken back
_TRIES = 4  # at a place within one hour
_log = logging.getLogger(__name__)


async def index(
    connection: AsyncConnection,
    database: Database,
    read: Iterable[Document],
    understood: Iterable[Assessment],
    moved: Iterable[Incident],
) -> None:
    """`_index`, and whatever is wrong with it, the step goes on: what cannot be found is a nuisance, what is not kept
    an alert that nobody gets. A full disk or a lost session ends the whole transaction: whoever began it knows what
    to do then."""
    await connection.exec_driver_sql("SAVEPOINT search")
    try:
        await _index(connection, database, read, understood, moved)
    except Exception as error:  # of the database or of ours
        if isinstance(error, faults.Fault) and faults.kind(error) in {faults.Kind.TRANSIENT, faults.Kind.UNAVAILABLE}:
            raise
        await connection.exec_driver_sql("ROLLBACK TO SAVEPOINT search")
        _log.error("not searchable: %s", error)
    await connection.exec_driver_sql("RELEASE SAVEPOINT search")


async def _index(
    connection: AsyncConnection,
    database: Database,
    read: Iterable[Document],
    understood: Iterable[Assessment],
    moved: Iterable[Incident],
) -> None:
    """As part of a step, before its documents and assessments are written: of rows that are known already, what is
    indexed is taken back, which needs them as they were."""
    fresh, known = {one.id: one for one in read}, {one.document_id: one for one in understood}
    ids = sorted(fresh.keys() | known.keys())
    before = await entries_of(connection, ids) if ids else {}
    entries = []
    for id in ids:
        old = before.get(id)
        if id in fresh:
            facets = facets_of(known.get(id)) if id in known or old is None else old.facets
            entries.append(of_document(fresh[id], facets))
        elif old is not None:
            entries.append(Entry(DOCUMENT, id, old.at, old.title, old.text, facets_of(known[id])))
    changed = {one.id: one for one in moved}
    await put(
        connection,
        database,
        [*entries, *(of_incident(one) for one in changed.values() if not one.merged_into)],
        before,
    )
    await forget(connection, database, INCIDENT, [one.id for one in changed.values() if one.merged_into])


async def forget(connection: AsyncConnection, database: Database, kind: str, ids: Sequence[str]) -> None:
    """Rows that go, while they are there still."""
    for some in batches(ids):
        before = await entries_of(connection, some) if kind == DOCUMENT else {}
        await _take_back(connection, database, await _rows(connection, kind, some), before)


async def put(
    connection: AsyncConnection,
    database: Database,
    entries: Collection[Entry],
    before: Mapping[str, Entry] | None = None,
) -> None:
    """Index entries, new or in place of what they were; `before` is what documents were."""
    by_kind: dict[str, list[Entry]] = {}
    for entry in entries:
        by_kind.setdefault(entry.kind, []).append(entry)
    for kind, some in by_kind.items():
        kept = {row.id: row for row in await _rows(connection, kind, [one.id for one in some])}
        new = {one.id: one for one in some if one.id not in kept or kept[one.id].digest != one.digest}
        await _take_back(connection, database, [row for id, row in kept.items() if id in new], before or {})
        numbers = await _numbers(connection, list(new.values()))
        rows = [
            codec.row(
                "search_rows", no=numbers[one.id], kind=kind, id=one.id, digest=one.digest,
                text=None if kind == DOCUMENT else codec.dump([one.title, one.text, str(hour(one.at)), *one.facets]),
            )
            for one in new.values()
        ]  # fmt: skip
        if rows:
            await connection.execute(search_rows.insert(), rows)
            words = {numbers[one.id]: one.words for one in new.values()}
            await add(connection, database.dialect, words)


async def _take_back(
    connection: AsyncConnection, database: Database, rows: Sequence[Any], before: Mapping[str, Entry]
) -> None:
    """FTS5 must be told again what it was told. Where that is not known any more, or other by now (another release of
    Unicode), its words stay and lead nowhere until all is indexed anew."""
    words: dict[int, Words | None] = {}
    for row in rows:
        if row.text is not None:
            title, text, begun, *facets = codec.load(list[str], row.text)
            old: Entry | None = Entry(INCIDENT, row.id, EPOCH, title, text, tuple(facets))
            same = row.digest == digest(SCHEME, title, text, *facets, begun)
        else:
            old = before.get(row.id)
            same = old is not None and old.digest == row.digest
        words[row.no] = old.words if old is not None and same else None
    if words:
        left = await remove(connection, database.dialect, words)
        await connection.execute(
            delete(search_rows).where(search_rows.c.no.in_([no for no in words if no not in left]))
        )
        for no in left:  # taken still, and by nobody
            await connection.execute(search_rows.update().where(search_rows.c.no == no).values(kind=NOBODY, id=str(no)))


async def _rows(connection: AsyncConnection, kind: str, ids: Sequence[str]) -> Sequence[Any]:
    found: list[Any] = []
    for some in batches(ids):
        query = select(search_rows).where(search_rows.c.kind == kind, search_rows.c.id.in_(some))
        found += (await connection.execute(query)).all()
    return found


async def _numbers(connection: AsyncConnection, entries: Sequence[Entry]) -> Mapping[str, int]:
    """A number of its own for each, in the order of their dates: an hour, and a place within it by its id. Small
    numbers make a small index; whoever finds no place after some tries looks in twice as many hours from there on, so
    that a day of which very many are dated costs few tries more."""
    chosen: dict[str, int] = {}
    taken: set[int] = set()
    left, turn = list(entries), 0
    while left:
        wished = {one.id: _places(one, turn) for one in left}
        for some in batches([number for places in wished.values() for number in places]):
            query = select(search_rows.c.no).where(search_rows.c.no.in_(some))
            taken.update(await connection.scalars(query))
        for id, places in wished.items():
            if free := [number for number in places if number not in taken]:
                chosen[id] = free[0]
                taken.add(free[0])
        left, turn = [one for one in left if one.id not in chosen], turn + 1
    return chosen


def _places(entry: Entry, turn: int) -> list[int]:
    begins, room = hour(entry.at) << SLOT, 1 << SLOT + turn
    tries = range(turn * _TRIES, (turn + 1) * _TRIES)
    return [begins + int(digest(entry.kind, entry.id, str(no))[:8], 16) % room for no in tries]


async def entries_of(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Entry]:
    """As they are kept now."""
    found = await understood_documents(connection, ids)
    return {id: of_document(document, facets_of(known)) for id, (document, known) in found.items()}


async def understood_documents(
    connection: AsyncConnection, ids: Sequence[str]
) -> dict[str, tuple[Document, Assessment | None]]:
    """Those of them that there are, each with how it was understood."""
    found: dict[str, tuple[Document, Assessment | None]] = {}
    for some in batches(ids):
        query = select(documents.c.value).where(documents.c.id.in_(some))
        if read := loaded(Document, await connection.scalars(query)):
            query = select(assessments.c.value).where(assessments.c.document_id.in_(some))
            known = {one.document_id: one for one in loaded(Assessment, await connection.scalars(query))}
            found |= {one.id: (one, known.get(one.id)) for one in read}
    return found
