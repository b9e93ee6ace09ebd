"""Whose turn it is to look where: polls and paces that several daemons share.

A poll is claimed by one conditional UPDATE with a lease, and its look is kept only while the claim holds (`settle`). A
host's row is locked while its polls are claimed, so that all daemons together keep to one pace (`rests`).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, bindparam, delete, func, or_, select, tuple_, union_all, update

from monitor.domain.harvests import Harvest
from monitor.domain.sources import SourceState
from monitor.steps import Claim, WantedPage
from monitor.store import codec
from monitor.store.cluster_tables import hosts, polls, robots
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.inbox_rows import host_of, wish
from monitor.store.rests import Reserved, SqlRests, forget, known, planting
from monitor.store.tables import harvests, sources, wanted_pages

UNPLANTED = timedelta(days=7)  # then no daemon watches the source any more, nor a page of the site
LOOKED_AT = 4  # times as many as are wanted, since of each host only some may be taken
PLANTED_ANEW = timedelta(hours=1)  # no sooner is it written that a source is watched still


C = TypeVar("C")
V = TypeVar("V")
R = TypeVar("R", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class Poll:
    """A claimed look: `state` is what the store remembers of the source, None before its first look; `harvest` what
    reading it gave."""

    source_id: str
    token: str
    until: datetime
    state: SourceState | None
    harvest: Harvest | None = None


@dataclass(frozen=True, slots=True)
class Planted:
    """One watched source: where it is asked, and when at the latest unless the store knows better."""

    source_id: str
    host: str
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Manners:
    """How hosts are treated by all daemons together: looks in hand at once, and the rest between two."""

    per_host: int
    rest: Callable[[str], timedelta]


class SqlRota:
    """The polls of one database. `rests` hears which hosts its claims have reserved."""

    def __init__(self, database: Database) -> None:
        self._database, self.rests = database, SqlRests(database)

    async def plant(self, watched: Sequence[Planted], now: datetime) -> None:
        """These sources are watched. Those that were known keep their time."""
        rows = [
            codec.row("polls", source_id=one.source_id, host=one.host, next_at=one.next_at, planted_at=now)
            for one in sorted(watched, key=lambda one: one.source_id)  # in one order, so that nobody locks crosswise
        ]
        insert = self._database.insert(polls)
        fresh = insert.excluded
        stale = or_(polls.c.planted_at < now - PLANTED_ANEW, polls.c.host != fresh.host)
        kept = insert.on_conflict_do_update(
            index_elements=["source_id"], set_={"host": fresh.host, "planted_at": fresh.planted_at}, where=stale
        )
        statement = self._database.prepared(kept, "source_id", "host", "next_at", "planted_at")
        gone = delete(polls).where(polls.c.planted_at < now - UNPLANTED)
        unread = delete(robots).where(robots.c.fetched_at < now - UNPLANTED)

        async def work(connection: AsyncConnection) -> None:
            await planting(connection, self._database)
            if rows:
                await known(connection, self._database, {one.host for one in watched})
                await connection.execute(statement, rows)
            await connection.execute(gone)
            await connection.execute(unread)
            await forget(connection, now - UNPLANTED)

        await self._database.write(work)

    async def claim(
        self, now: datetime, lease: timedelta, most: int, manners: Manners, but: Collection[str] = ()
    ) -> Sequence[Poll]:
        """Up to `most` due polls that nobody holds, `but` these, the longest due first, of each host as many as
        `manners` allow to all daemons together, its pages included."""
        claimed: list[Poll] = []
        more = True
        while more and len(claimed) < most:
            some, room, more = await self._claim(now, lease, most - len(claimed), manners, but)
            claimed += self._granted(some, room)
            more = more and bool(some)
        return claimed

    async def _claim(
        self, now: datetime, lease: timedelta, most: int, manners: Manners, but: Collection[str]
    ) -> tuple[Sequence[Poll], "_Room", bool]:
        """Of the first that are due; whether there are more."""
        free = (polls.c.next_at <= now) & or_(polls.c.lease_until.is_(None), polls.c.lease_until <= now)
        if but:
            free &= polls.c.source_id.not_in(but)
        ordered = select(polls.c.source_id, polls.c.host).order_by(polls.c.next_at, polls.c.source_id)
        due = _askable(ordered.where(free), polls, now, manners).limit(most * LOOKED_AT)
        # Hosts are locked here already, so that daemons that claim at one moment do not all reach for the same.
        due = due.with_for_update(of=hosts, skip_locked=True)

        async def work(connection: AsyncConnection) -> tuple[Sequence[Poll], _Room, bool]:
            first = (await connection.execute(due)).tuples().all()
            wanted, crowd = _picked(first, most, manners), len(first) == most * LOOKED_AT
            room = await _room(connection, wanted, now, manners)
            chosen = [id for host, ids in wanted.items() for id in ids[: room.of.get(host, 0)]]
            if not chosen:
                return (), room, False
            until, token = now + lease, self._database.token()
            taken = update(polls).where(polls.c.source_id.in_(chosen), free).values(token=token, lease_until=until)
            state = select(sources.c.state).where(sources.c.id == polls.c.source_id).scalar_subquery()
            read = select(harvests.c.value).where(harvests.c.source_id == polls.c.source_id).scalar_subquery()
            rows = (await connection.execute(taken.returning(polls.c.source_id, state, read))).tuples().all()
            held = {id: (_value(SourceState, seen), _value(Harvest, harvest)) for id, seen, harvest in rows}
            looks = [Poll(id, token, until, *held[id]) for id in chosen if id in held]
            return looks, room, crowd

        return await self._database.write(work)

    async def claim_pages(
        self, now: datetime, lease: timedelta, most: int, manners: Manners
    ) -> Sequence[Claim[WantedPage]]:
        """The same for pages that documents wait for, the longest wanted first."""
        columns = wanted_pages.c
        ordered = select(columns.document_id, columns.host, columns.url).order_by(
            columns.wanted_at, columns.document_id
        )
        due = _askable(ordered.where(columns.due_at <= now), wanted_pages, now, manners).limit(most * LOOKED_AT)

        async def work(connection: AsyncConnection) -> tuple[Sequence[Claim[WantedPage]], _Room]:
            rows = (await connection.execute(due)).tuples()
            wanted = _picked([(id, host or host_of(url)) for id, host, url in rows], most, manners)
            await known(connection, self._database, wanted)
            room = await _room(connection, wanted, now, manners)
            claims = []
            whose = {id: host for host, ids in wanted.items() for id in ids[: room.of.get(host, 0)]}
            for document_id, host in whose.items():
                taken = (
                    update(wanted_pages)
                    .where(columns.document_id == document_id, columns.due_at <= now)
                    .values(due_at=now + lease, token=self._database.token(), tries=columns.tries + 1, host=host)
                )
                row = (await connection.execute(taken.returning(*columns))).one_or_none()
                if row is not None:
                    claims.append(Claim(wish(row), row.token, row.tries))
            return claims, room

        return self._granted(*await self._database.write(work))

    async def free_at(self, now: datetime, but: Collection[str] = ()) -> datetime | None:
        """When the first of the hosts at which a poll is due, that nobody holds, has rested; None without any."""
        due = (polls.c.next_at <= now) & polls.c.token.is_(None)
        return await self._rested(polls, due & polls.c.source_id.not_in(but) if but else due)

    async def pages_free_at(self, now: datetime) -> datetime | None:
        """The same for wanted pages."""
        return await self._rested(wanted_pages, wanted_pages.c.due_at <= now)

    async def _rested(self, table: Table, due: ColumnElement[bool]) -> datetime | None:
        first = select(func.min(hosts.c.free_at)).join(table, table.c.host == hosts.c.host).where(due)
        return await self._database.read(lambda connection: connection.scalar(first))

    def _granted(self, claimed: Sequence[C], room: "_Room") -> Sequence[C]:
        for host, reserved in room.reserved.items():
            self.rests.granted(host, reserved)
        return claimed

    async def states(self, ids: Collection[str]) -> Mapping[str, SourceState]:
        """What is remembered of these sources; those that nobody looked at are left out."""
        asked = select(sources.c.id, sources.c.state).where(sources.c.id.in_(ids))
        rows = await self._database.read(lambda connection: connection.execute(asked))
        read = {id: _value(SourceState, state) for id, state in rows.tuples()}
        return {id: state for id, state in read.items() if state}

    async def release(self, poll: Poll, next_at: datetime) -> None:
        """Give a poll back without a look; one that is held by another by now stays theirs."""
        given = update(polls).where(polls.c.source_id == poll.source_id, polls.c.token == poll.token)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(given.values(token=None, lease_until=None, next_at=next_at))

        await self._database.write(work)

    async def hasten(self, times: Mapping[str, datetime]) -> None:
        """Look at these sources at the latest then."""
        sooner = (
            update(polls)
            .where(polls.c.source_id == bindparam("of"), polls.c.next_at > bindparam("at"))
            .values(next_at=bindparam("at"))
        )
        rows = [{"of": id, "at": at} for id, at in sorted(times.items())]

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(sooner, rows)

        if rows:
            await self._database.write(work)


@dataclass(frozen=True, slots=True)
class _Room:
    """How many may be taken of each host, and those that are reserved by that, since they rest."""

    of: Mapping[str, int]
    reserved: Mapping[str, Reserved]


def _askable(due: Select[R], table: Table, now: datetime, manners: Manners) -> Select[R]:
    """Without what waits for hosts that rest, or of which so many are in hand as may be."""
    held = union_all(
        *(
            select(held_by.c.host.label("host")).where(in_hand, held_by.c.host.is_not(None))
            for held_by, in_hand in _held(now)
        )
    ).subquery()
    full = select(held.c.host).group_by(held.c.host).having(func.count() >= manners.per_host)
    at = due.join(hosts, hosts.c.host == table.c.host, isouter=table is wanted_pages)
    rested = or_(hosts.c.free_at.is_(None), hosts.c.free_at <= now)
    return at.where(rested, or_(table.c.host.is_(None), table.c.host.not_in(full)))


def _held(now: datetime) -> Sequence[tuple[Table, ColumnElement[bool]]]:
    """What is in hand, of each table that shares the pace of hosts."""
    return (
        (polls, (polls.c.lease_until > now) & polls.c.token.is_not(None)),
        (wanted_pages, (wanted_pages.c.due_at > now) & wanted_pages.c.token.is_not(None)),
    )


def _picked(rows: Sequence[tuple[str, str]], most: int, manners: Manners) -> Mapping[str, Sequence[str]]:
    """The first `most` of them by host, of each no more than may be had at once."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for id, host in rows:
        if most and len(wanted[host]) < (1 if manners.rest(host) else manners.per_host):
            wanted[host].append(id)
            most -= 1
    return {host: ids for host, ids in wanted.items() if ids}


async def _room(
    connection: AsyncConnection,
    wanted: Mapping[str, Sequence[str]],
    now: datetime,
    manners: Manners,
) -> _Room:
    """How many of each host may be taken now. Hosts that somebody else is claiming at this moment are left out."""
    locked = (
        select(hosts.c.host, hosts.c.rest)
        .where(hosts.c.host.in_(wanted), hosts.c.free_at <= now)
        .order_by(hosts.c.host)
        .with_for_update(skip_locked=True)
    )
    ours = dict((await connection.execute(locked)).tuples().all())
    in_hand: dict[str, int] = defaultdict(int)
    if ours:
        held = union_all(
            *(
                select(table.c.host, func.count())
                .where(table.c.host.in_(list(ours)), in_hand_there)
                .group_by(table.c.host)
                for table, in_hand_there in _held(now)
            )
        )
        for host, number in (await connection.execute(held)).tuples():
            in_hand[host] += number
    room: dict[str, int] = {}
    reserved: dict[str, Reserved] = {}
    for host, asked in ours.items():
        rest = max(manners.rest(host), timedelta(seconds=asked or 0.0))
        room[host] = min(max(manners.per_host - in_hand[host], 0), 1 if rest else manners.per_host)
        if rest and room[host]:
            reserved[host] = Reserved(now, rest)
    if reserved:
        pace = update(hosts).where(hosts.c.host == bindparam("of")).values(free_at=bindparam("at"))
        await connection.execute(pace, [{"of": host, "at": one.until} for host, one in sorted(reserved.items())])
    return _Room(room, reserved)


async def settle(connection: AsyncConnection, looks: Sequence[tuple[str, str, datetime]]) -> frozenset[str]:
    """Within the transaction that keeps them: these looks (source, token, next look) are done. Returns the sources
    whose claim went to another: their looks must not be kept."""
    claimed = [(source_id, token) for source_id, token, _ in looks]
    held = select(polls.c.source_id).where(tuple_(polls.c.source_id, polls.c.token).in_(claimed))
    mine = {id for (id,) in (await connection.execute(held.with_for_update())).tuples()}
    rows = [{"of": source_id, "at": at} for source_id, _, at in looks if source_id in mine]
    if rows:
        done = update(polls).where(polls.c.source_id == bindparam("of"))
        await connection.execute(done.values(next_at=bindparam("at"), token=None, lease_until=None), rows)
    return frozenset(source_id for source_id, _, _ in looks if source_id not in mine)


def _value(kind: type[V], text: str | None) -> V | None:
    if text is None:
        return None
    try:
        return codec.load(kind, text)
    except ValueError:  # forgotten: the source is asked again without validators, its rhythm learnt anew
        return None
