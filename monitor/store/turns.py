"""Whose turn it is to move incidents: of several that decide from the same rows, one keeps what it decided.

Two reports of one event, read by two daemons at once, would open two incidents: neither sees a row that the other
changes. So every step that moves incidents, or may yet be one's evidence, moves one counter too, and one that was
decided before it moved is refused.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from monitor.domain.errors import ConflictError
from monitor.steps import Step
from monitor.store.cluster_tables import turns
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database

_NAME = "incidents"


async def turn_of(connection: AsyncConnection) -> int:
    """The counter as it stands, 0 at first."""
    return await connection.scalar(select(turns.c.value).where(turns.c.name == _NAME)) or 0


async def take_turn(connection: AsyncConnection, database: Database, steps: Sequence[Step]) -> None:
    """Count the turn of steps that move incidents. Raises ConflictError when one was decided before another's turn."""
    if not any(one.incidents or one.told or one.acts or one.rulings or one.faint for one in steps):
        return
    known = [one.turn for one in steps if one.turn is not None]
    await connection.execute(database.insert(turns).values(name=_NAME, value=0).on_conflict_do_nothing())
    mine = update(turns).where(turns.c.name == _NAME)
    if known:
        mine = mine.where(turns.c.value == min(known))
    if not (await connection.execute(mine.values(value=turns.c.value + 1))).rowcount:
        raise ConflictError("incidents were moved since this was decided")
