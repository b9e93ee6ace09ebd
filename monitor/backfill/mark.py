"""What tells a backfill's store from a daemon's: a table that no daemon's has."""

from sqlalchemy import inspect

from monitor.store.database import Database
from monitor.store.errors import UnusableDatabaseError

MARK = "backfill"  # the table


async def is_backfill(database: Database) -> bool:
    """Whether a backfill made this database."""
    return await database.read(lambda connection: connection.run_sync(lambda it: inspect(it).has_table(MARK)))


async def refuse_backfill(database: Database) -> None:
    """For a daemon. Raises UnusableDatabaseError when the database is a backfill's."""
    if await is_backfill(database):
        raise UnusableDatabaseError(
            "this is the store of a backfill, of which nobody is told: replay it with `sellerwatch backtest`, and give "
            "the daemon another database (store.url)"
        )
