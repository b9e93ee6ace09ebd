"""What is remembered of blind sources: when they were noticed, told, and looked for again."""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from monitor.domain.vigils import Vigil
from monitor.ports import Vigils
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import vigils

_log = logging.getLogger(__name__)


class SqlVigils(Vigils):
    """The vigils of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def vigils(self) -> Mapping[str, Vigil]:
        """By source id. One that other hands broke counts for nothing: its source is noticed anew."""

        async def work(connection: AsyncConnection) -> Mapping[str, str]:
            return dict((await connection.execute(select(vigils.c.source_id, vigils.c.value))).tuples().all())

        found = {}
        for source_id, value in (await self._database.read(work)).items():
            try:
                found[source_id] = codec.load(Vigil, value)
            except ValueError:
                _log.error("the vigil over source %s cannot be read and counts for nothing", source_id)
        return found


async def keep_vigils(connection: AsyncConnection, database: Database, changed: Sequence[Vigil]) -> None:
    """As part of a step: each as it stands now; empty ones go."""
    for vigil in changed:
        if vigil.empty:
            await connection.execute(delete(vigils).where(vigils.c.source_id == vigil.source_id))
            continue
        insert = database.insert(vigils).values(codec.row("vigils", source_id=vigil.source_id, value=codec.dump(vigil)))
        await connection.execute(
            insert.on_conflict_do_update(index_elements=["source_id"], set_={"value": insert.excluded.value})
        )
