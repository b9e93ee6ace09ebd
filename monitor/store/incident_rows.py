"""The rows that an incident is made of: its evidence, its history and its keys."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import delete, select

from monitor.domain.incidents import Change, Evidence, Incident, in_order
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.tables import incident_changes, incident_evidence, incident_keys

V = TypeVar("V")

BATCH = 500  # both databases limit the values of one statement


async def with_parts(connection: AsyncConnection, heads: Iterable[Incident]) -> dict[str, Incident]:
    """The incidents whole, by id; without those whose parts cannot be read."""
    known = {head.id: head for head in heads}
    said = await evidence_of(connection, list(known))
    moved = await _history_of(connection, list(known))
    return {
        id: replace(head, evidence=in_order(evidence), history=tuple(history))
        for id, head in known.items()
        if (evidence := said.get(id, ())) is not None and (history := moved.get(id, ())) is not None
    }


async def evidence_of(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Sequence[Evidence] | None]:
    """By incident; None for one with evidence that cannot be read."""
    row = incident_evidence.c
    found: dict[str, list[Evidence] | None] = {}
    for some in batches(ids):
        for kept in await connection.execute(select(row.incident_id, row.value).where(row.incident_id.in_(some))):
            said = found.setdefault(kept.incident_id, [])
            try:
                one = codec.load(Evidence, kept.value)
            except ValueError:
                found[kept.incident_id] = None
                continue
            if said is not None:
                said.append(one)
    return found


async def _history_of(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Sequence[Change] | None]:
    """By incident; None for one with a history that cannot be read."""
    row = incident_changes.c
    found: dict[str, list[Change] | None] = {}
    for some in batches(ids):
        query = select(row.incident_id, row.value).where(row.incident_id.in_(some)).order_by(row.incident_id, row.no)
        for kept in await connection.execute(query):
            moved = found.setdefault(kept.incident_id, [])
            try:
                change = codec.load(Change, kept.value)
            except ValueError:
                found[kept.incident_id] = None
                continue
            if moved is not None:
                moved.append(change)
    return found


async def keep_history(connection: AsyncConnection, incident: Incident, before: Sequence[Change]) -> None:
    """Append what is new; what was kept is written over only where it differs, which a merge alone may do."""
    same = next(
        (no for no, (one, other) in enumerate(zip(before, incident.history, strict=False)) if one != other),
        min(len(before), len(incident.history)),
    )
    row = incident_changes.c
    if same < len(before):
        await connection.execute(delete(incident_changes).where(row.incident_id == incident.id, row.no >= same))
    fresh = [
        codec.row("incident_changes", incident_id=incident.id, no=no, value=codec.dump(change))
        for no, change in enumerate(incident.history[same:], same)
    ]
    if fresh:
        await connection.execute(incident_changes.insert(), fresh)


async def kept_keys(connection: AsyncConnection, id: str) -> frozenset[str]:
    """The keys by which an incident is found now."""
    query = select(incident_keys.c.key).where(incident_keys.c.incident_id == id)
    return frozenset(await connection.scalars(query))


async def keep_keys(connection: AsyncConnection, id: str, fresh: Collection[str], stale: Collection[str]) -> None:
    """Add the fresh, drop the stale."""
    if stale:
        row = incident_keys.c
        await connection.execute(delete(incident_keys).where(row.incident_id == id, row.key.in_(sorted(stale))))
    if fresh:
        rows = [codec.row("incident_keys", key=key, incident_id=id) for key in sorted(fresh)]
        await connection.execute(incident_keys.insert(), rows)


def evidence_row(incident_id: str, one: Evidence) -> dict[str, Any]:
    """Its columns."""
    return codec.row(
        "incident_evidence",
        incident_id=incident_id,
        document_id=one.document_id,
        signal_no=one.signal_no,
        value=codec.dump(one),
    )


def batches(ids: Sequence[V]) -> Iterator[Sequence[V]]:
    """In pieces that one statement can take."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
