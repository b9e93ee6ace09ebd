"""What sellers have at stake as it was uploaded at one of several desks: the same for all daemons of a database."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from monitor.domain.errors import ConflictError
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.shared_tables import sheets


class SqlSheets:
    """The sheets of one database. A version counts the uploads of a seller, 0 before the first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def versions(self) -> Mapping[str, int]:
        """By seller."""

        async def work(connection: AsyncConnection) -> Mapping[str, int]:
            found = await connection.execute(select(sheets.c.seller_id, sheets.c.version))
            return dict(found.tuples().all())

        return await self._database.read(work)

    async def all(self) -> Mapping[str, tuple[bytes | None, int]]:
        """By seller the content, none where it was given back, and its version."""

        async def work(connection: AsyncConnection) -> Mapping[str, tuple[bytes | None, int]]:
            found = await connection.execute(select(sheets.c.seller_id, sheets.c.content, sheets.c.version))
            return {id: (None if raw is None else bytes(raw), version) for id, raw, version in found.tuples()}

        return await self._database.read(work)

    async def put(self, seller_id: str, content: bytes | None, seen: int, now: datetime) -> int:
        """Another content, or none, by somebody who saw version `seen`; its version. Raises ConflictError when there
        is another one by now. The same content put again changes nothing."""
        insert = self._database.insert(sheets)
        fresh = {"seller_id": seller_id, "content": content, "version": seen + 1, "at": now}
        put = insert.values(fresh).on_conflict_do_update(
            index_elements=["seller_id"], set_=fresh, where=sheets.c.version == seen
        )
        read = select(sheets.c.content, sheets.c.version).where(sheets.c.seller_id == seller_id)

        async def work(connection: AsyncConnection) -> int:
            await connection.execute(put)
            kept, version = (await connection.execute(read)).one()
            if version != seen + 1 or (None if kept is None else bytes(kept)) != content:
                raise ConflictError(f"the figures of {seller_id} were changed elsewhere meanwhile")
            return int(version)

        return await self._database.write(work)

    async def found(self, seller_id: str, content: bytes, now: datetime) -> None:
        """What a daemon brings along from when it was alone; what is kept already goes before."""
        row = {"seller_id": seller_id, "content": content, "version": 1, "at": now}
        offer = self._database.insert(sheets).on_conflict_do_nothing()
        await self._database.write(lambda connection: connection.execute(offer, row))
