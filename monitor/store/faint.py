"""Faint texts, kept for what opens later: by their keys, whether an incident has them or not."""

from collections.abc import Collection, Sequence
from datetime import datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, or_, select

from monitor.domain.blocking import Kinship, keys
from monitor.domain.faint import MOST_WAITING
from monitor.domain.incidents import Evidence
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.incident_rows import batches
from monitor.store.tables import faint, faint_keys


async def keep_faint(
    connection: AsyncConnection, understood: Collection[str], some: Sequence[Evidence], kin: Kinship
) -> None:
    """Of the documents that were `understood` these are faint; the others are so no more."""
    if understood:
        ids = sorted(understood)
        for table in (faint_keys, faint):
            gone = delete(table).where(table.c.document_id == bindparam("gone"))
            await connection.execute(gone, [{"gone": id} for id in ids])
    if not some:
        return
    rows = [
        codec.row("faint", document_id=one.document_id, published=one.published, value=codec.dump(one)) for one in some
    ]
    await connection.execute(faint.insert(), rows)
    named = [(key, one.document_id) for one in some for key in sorted(keys(one, kin))]
    found = [codec.row("faint_keys", key=key, document_id=id) for key, id in named]
    await connection.execute(faint_keys.insert(), found)


async def faint_near(
    connection: AsyncConnection, named: Collection[str], spells: Sequence[tuple[datetime, datetime]]
) -> Sequence[Evidence]:
    """Those that share a key and were published in one of these spells, which do not touch, by document: of more than
    `MOST_WAITING` those nearest to the middle of their spell. One that cannot be read is none."""
    row, near = faint.c, set[tuple[Any, str]]()
    within = [(row.published.between(*spell), _away(*spell)) for spell in spells]
    away = case(*within)
    whole = row.published.between(min(since for since, _ in spells), max(until for _, until in spells))  # for the index
    timely = and_(whole, or_(*(inside for inside, _ in within)))
    for some in batches(sorted(named)):
        sharing = row.document_id.in_(select(faint_keys.c.document_id).where(faint_keys.c.key.in_(some)))
        query = select(away, row.document_id).where(sharing, timely)
        near.update(
            (far, id) for far, id in await connection.execute(query.order_by(away, row.document_id).limit(MOST_WAITING))
        )
    if not near:
        return ()
    ids = [id for _, id in nsmallest(MOST_WAITING, near)]
    found: list[Evidence] = []
    query = select(faint.c.value).where(faint.c.document_id.in_(ids)).order_by(faint.c.document_id)
    for value in await connection.scalars(query):
        try:
            found.append(codec.load(Evidence, value))
        except ValueError:
            continue
    return found


def _away(since: datetime, until: datetime) -> ColumnElement[Any]:
    return func.abs(faint.c.published - (since + (until - since) / 2))


async def forget_faint(connection: AsyncConnection, documents: Collection[str]) -> None:
    """Those documents are gone."""
    for table in (faint_keys, faint):
        await connection.execute(delete(table).where(table.c.document_id.in_(documents)))
