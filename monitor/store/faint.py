"""Faint texts, kept for what opens later: by their keys, whether an incident has them or not."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from heapq import nsmallest

from sqlalchemy import bindparam, delete, func, select

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
    connection: AsyncConnection, named: Collection[str], since: datetime, until: datetime
) -> Sequence[Evidence]:
    """Those that share a key and were published within that time, by document: of more than `MOST_WAITING` those
    nearest to the middle of it. One that cannot be read is none."""
    middle = since + (until - since) / 2
    row, away = faint.c, func.abs(faint.c.published - middle)
    near: set[tuple[timedelta, str]] = set()
    for some in batches(sorted(named)):
        sharing = row.document_id.in_(select(faint_keys.c.document_id).where(faint_keys.c.key.in_(some)))
        query = select(row.document_id, row.published).where(sharing, row.published.between(since, until))
        nearest = await connection.execute(query.order_by(away, row.document_id).limit(MOST_WAITING))
        near |= {(abs(at - middle), id) for id, at in nearest}
    if not near:
        return ()
    ids = [id for _, id in nsmallest(MOST_WAITING, near)]
    found: list[Evidence] = []
    query = select(row.value).where(row.document_id.in_(ids)).order_by(row.document_id)
    for value in await connection.scalars(query):
        try:
            found.append(codec.load(Evidence, value))
        except ValueError:
            continue
    return found


async def forget_faint(connection: AsyncConnection, documents: Collection[str]) -> None:
    """Those documents are gone."""
    for table in (faint_keys, faint):
        await connection.execute(delete(table).where(table.c.document_id.in_(documents)))
