"""For stories of what people do to incidents: a desk's hand, and the newsrooms it works in."""

from datetime import datetime
from typing import Any

from given import KIN, NOW, position, seller
from newsroom import Newsroom

from monitor.acts import Acts, Hand
from monitor.domain.incidents import Incident
from monitor.store.database import Database
from monitor.store.inbox import SqlInbox
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox

ACME = seller(position(country="ID"), position("Temu", "ID"))
TEMU = {"platforms": ["Temu"], "regions": ["ID"]}


class Sql:
    """Inbox, ledger and outbox of one database as the one store that a newsroom wants."""

    def __init__(self, database: Database) -> None:
        self._parts = (SqlInbox(database), SqlLedger(database, KIN), SqlOutbox(database))

    def __getattr__(self, name: str) -> Any:
        return next(getattr(part, name) for part in self._parts if hasattr(part, name))


def hand(at: datetime = NOW, note: str = "") -> Hand:
    return Hand("anna", at, note)


def acts(room: Newsroom) -> Acts:
    return Acts(room.store, room.watch)


async def incident_with(room: Newsroom, document: str) -> Incident:
    """The one incident that holds the document."""
    (found,) = [
        one
        for one in await room.store.open_incidents(NOW)
        if any(item.document_id == document for item in one.evidence)
    ]
    return found
