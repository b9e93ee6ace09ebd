"""How much people answered to alerts."""

from sqlalchemy import func, select

from monitor.domain.rulings import ActKind
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.tables import acts


async def answers(database: Database) -> dict[ActKind, int]:
    """Incidents that were called a false alarm, and those that somebody took on."""
    kinds = ActKind.FALSE_ALARM, ActKind.TAKE
    query = select(acts.c.kind, func.count(acts.c.incident_id.distinct())).where(acts.c.kind.in_(kinds))

    async def work(connection: AsyncConnection) -> dict[ActKind, int]:
        found = dict((await connection.execute(query.group_by(acts.c.kind))).tuples().all())
        return {kind: int(found.get(kind.value, 0)) for kind in kinds}

    return await database.read(work)
