"""The open database, with all that reads and writes it: with `wiring` the only file that names parts of the store."""

from dataclasses import dataclass

from monitor.config import Config
from monitor.domain.resolution import kinship
from monitor.lock import usable
from monitor.store.database import Database
from monitor.store.desk import SqlDesk
from monitor.store.evidence import SqlEvidence
from monitor.store.gauges import SqlGauges
from monitor.store.inbox import SqlInbox
from monitor.store.instance import SqlInstance
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.people import SqlPeople
from monitor.store.search import SqlSearch
from monitor.store.vigils import SqlVigils
from monitor.store.words import SqlWords


@dataclass(slots=True)
class Store:
    """The open database with its readers and writers."""

    database: Database
    inbox: SqlInbox
    ledger: SqlLedger
    outbox: SqlOutbox
    desk: SqlDesk
    instance: SqlInstance
    evidence: SqlEvidence
    vigils: SqlVigils
    words: SqlWords
    gauges: SqlGauges
    people: SqlPeople
    search: SqlSearch


async def open_store(settings: Config) -> Store:
    """Open (and migrate) the database. The caller closes `store.database`. Raises UnusableDatabaseError where there can
    be no state directory, and as `Database.open`."""
    with usable(settings.state_dir):
        pass
    database = await Database.open(settings.store_url)
    return Store(
        database,
        SqlInbox(database),
        SqlLedger(database, kinship(settings.platforms)),
        SqlOutbox(database),
        SqlDesk(database),
        SqlInstance(database),
        SqlEvidence(database),
        SqlVigils(database),
        SqlWords(database),
        SqlGauges(database, settings.state_dir),
        SqlPeople(database),
        SqlSearch(database),
    )


async def visit(settings: Config) -> Store:
    """The same for a command: daemons that share the database are woken by what it writes."""
    store = await open_store(settings)
    if store.database.dialect != "sqlite":
        from monitor.cluster.engine import call  # with its libraries, which SQLite does not need

        store.database.wake = call
    return store
