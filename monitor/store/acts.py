"""What people did to incidents, and what they ruled of evidence: rows that are added and never changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from monitor.domain.rulings import Act, ActKind, EvidenceKey, Ruling, RulingKind
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.tables import acts, incidents, ruling_evidence, rulings


async def acts_on(connection: AsyncConnection, incident_id: str) -> Sequence[Act]:
    """Those on the incident and on all that went into it, oldest first."""
    return (await acts_on_each(connection, [incident_id])).get(incident_id, [])


async def acts_on_each(connection: AsyncConnection, incident_ids: Sequence[str]) -> Mapping[str, Sequence[Act]]:
    """`acts_on` of many, by incident; those without any are left out."""
    found: dict[str, list[Act]] = {id: [] for id in incident_ids}
    into: dict[str, str] = {}
    known, fresh = set[str](), set(found)
    while fresh:  # then what went into those, and so on
        known |= fresh
        for some in batches(sorted(fresh)):
            gone = select(incidents.c.id, incidents.c.merged_into).where(incidents.c.merged_into.in_(some))
            into |= {row.id: row.merged_into for row in await connection.execute(gone)}
        fresh = into.keys() - known
    for some in batches(sorted(known)):
        for row in await connection.execute(select(acts).where(acts.c.incident_id.in_(some))):
            kind = ActKind(row.kind)
            act = Act(row.id, row.incident_id, kind, row.at, row.who, row.subject, row.note, row.seller_id)
            home: str | None = act.incident_id
            while home is not None:
                if home in found:
                    found[home].append(act)
                home = into.get(home)
    return {id: sorted(done, key=lambda act: (act.at, act.id)) for id, done in found.items() if done}


async def rulings_on(connection: AsyncConnection, evidence: Collection[EvidenceKey]) -> Sequence[Ruling]:
    """Those that speak of any of that evidence, oldest first."""
    if await connection.scalar(select(rulings.c.id).limit(1)) is None:  # nobody ruled anything, as on most days
        return ()
    row, asked = ruling_evidence.c, frozenset(evidence)
    ids: set[str] = set()
    for some in batches(sorted({document_id for document_id, _ in asked})):
        spoken = await connection.execute(select(ruling_evidence).where(row.document_id.in_(some)))
        ids.update(one.ruling_id for one in spoken if (one.document_id, one.signal_no) in asked)
    sides: dict[tuple[str, int], list[EvidenceKey]] = defaultdict(list)
    found: list[Ruling] = []
    for some in batches(sorted(ids)):
        for one in await connection.execute(select(ruling_evidence).where(row.ruling_id.in_(some))):
            sides[one.ruling_id, one.side].append((one.document_id, one.signal_no))
        for ruling in await connection.execute(select(rulings).where(rulings.c.id.in_(some))):
            left, right = (tuple(sorted(sides[ruling.id, side])) for side in (1, 2))
            found.append(Ruling(ruling.id, RulingKind(ruling.kind), ruling.at, ruling.who, left, right))
    return sorted(found, key=lambda ruling: (ruling.at, ruling.id))


async def keep_acts(connection: AsyncConnection, database: Database, done: Sequence[Act]) -> None:
    """Within a step's transaction; an act that is kept already is left alone."""
    rows = [
        codec.row(
            "acts",
            id=act.id,
            incident_id=act.incident_id,
            kind=act.kind,
            at=act.at,
            who=act.who,
            subject=act.subject,
            note=act.note,
            seller_id=act.seller_id,
        )
        for act in done
    ]
    if rows:
        await connection.execute(database.insert(acts).on_conflict_do_nothing(), rows)


async def keep_rulings(connection: AsyncConnection, database: Database, ruled: Sequence[Ruling]) -> None:
    """Within a step's transaction; a ruling that is kept already is left alone."""
    for ruling in ruled:
        row = codec.row("rulings", id=ruling.id, kind=ruling.kind, at=ruling.at, who=ruling.who)
        await connection.execute(database.insert(rulings).values(row).on_conflict_do_nothing())
        spoken = [
            codec.row("ruling_evidence", ruling_id=ruling.id, document_id=document_id, signal_no=signal_no, side=side)
            for side, evidence in ((1, ruling.one), (2, ruling.other))
            for document_id, signal_no in evidence
        ]
        if spoken:
            await connection.execute(database.insert(ruling_evidence).on_conflict_do_nothing(), spoken)
