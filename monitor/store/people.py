"""Who may work with the desk: users, sessions, tokens, what each has seen, and the record of what was done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, func, select, update

from monitor.domain.people import Record, Session, Token, User, Via
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.incident_rows import batches
from monitor.store.people_tables import records, seen, sessions, tokens, users
from monitor.store.within import moment_in, text_in


class SqlPeople:
    """The people of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def users(self, start: int = 0, limit: int | None = None) -> Sequence[User]:
        """By name."""
        query = select(users.c.value).order_by(users.c.name).offset(start).limit(limit)

        async def work(connection: AsyncConnection) -> Sequence[User]:
            found = await connection.scalars(query)
            return [codec.load(User, value) for value in found]

        return await self._database.read(work)

    async def user(self, name: str) -> User | None:
        """The user of exactly that name."""

        async def work(connection: AsyncConnection) -> User | None:
            value = await connection.scalar(select(users.c.value).where(users.c.name == name))
            return codec.load(User, value) if value else None

        return await self._database.read(work)

    async def keep_user(self, user: User, record: Record, end_sessions: bool = False) -> None:
        """New, or as changed; with `end_sessions` every browser of theirs must log in again."""

        async def work(connection: AsyncConnection) -> None:
            row = {"name": user.name, "value": codec.dump(user)}
            await connection.execute(self._database.upsert(users), row)
            if end_sessions:
                await connection.execute(delete(sessions).where(sessions.c.user == user.name))
            await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def remove_user(self, name: str, record: Record) -> None:
        """With all their sessions."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(users).where(users.c.name == name))
            await connection.execute(delete(sessions).where(sessions.c.user == name))
            await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def begin(self, session: Session, record: Record) -> None:
        """Somebody came in; sessions that are over go."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(sessions).where(sessions.c.until < record.at))
            row = {"key_hash": session.key_hash, "user": session.user, "until": session.until}
            await connection.execute(self._database.upsert(sessions), row | {"value": codec.dump(session)})
            await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def session(self, key_hash: str, now: datetime) -> tuple[Session, User | None] | None:
        """The session with its user as they are now; None when it is not known or over."""

        async def work(connection: AsyncConnection) -> tuple[Session, User | None] | None:
            named = sessions.c.key_hash == key_hash, sessions.c.until >= now
            value = await connection.scalar(select(sessions.c.value).where(*named))
            if value is None:
                return None
            session = codec.load(Session, value)
            user = await connection.scalar(select(users.c.value).where(users.c.name == session.user))
            return session, codec.load(User, user) if user else None

        return await self._database.read(work)

    async def sessions(
        self, now: datetime, user: str = "", via: str | None = None, start: int = 0, limit: int | None = None
    ) -> Sequence[Session]:
        """Those that last still, the one that began last first: so many from the `start`-th on; of one user, and of one
        way in, when that is given."""
        begun = moment_in(self._database, sessions.c.value, "begun_at")
        query = select(sessions.c.value).where(sessions.c.until >= now)
        if user:
            query = query.where(sessions.c.user == user)
        if via is not None:
            query = query.where(text_in(self._database, sessions.c.value, "via") == via)
        query = query.order_by(begun.desc(), sessions.c.key_hash).offset(start).limit(limit)

        async def work(connection: AsyncConnection) -> Sequence[Session]:
            return [codec.load(Session, value) for value in await connection.scalars(query)]

        return await self._database.read(work)

    async def sessions_of(self, names: Sequence[str], now: datetime, but: Via) -> Mapping[str, int]:
        """How many of each of these users last still, without those who came in one way; who has none is left out."""
        other = text_in(self._database, sessions.c.value, "via") != but.value
        number = select(sessions.c.user, func.count()).where(sessions.c.until >= now, other).group_by(sessions.c.user)

        async def work(connection: AsyncConnection) -> Mapping[str, int]:
            found: dict[str, int] = {}
            for some in batches(list(names)):
                found |= dict((await connection.execute(number.where(sessions.c.user.in_(some)))).tuples().all())
            return found

        return await self._database.read(work)

    async def renew(self, session: Session) -> None:
        """It lasts until another moment, unless it was ended meanwhile."""
        changed = update(sessions).where(sessions.c.key_hash == session.key_hash)

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(changed.values(until=session.until, value=codec.dump(session)))

        await self._database.write(work)

    async def end(self, key_hashes: Sequence[str], record: Record | None = None) -> None:
        """Log out."""

        async def work(connection: AsyncConnection) -> None:
            for some in batches(key_hashes):
                await connection.execute(delete(sessions).where(sessions.c.key_hash.in_(some)))
            if record:
                await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def tokens(self, start: int = 0, limit: int | None = None) -> Sequence[Token]:
        """By name, with when each was used last."""
        query = select(tokens).order_by(tokens.c.name).offset(start).limit(limit)

        async def work(connection: AsyncConnection) -> Sequence[Token]:
            rows = await connection.execute(query)
            return [replace(codec.load(Token, row.value), used_at=row.used_at) for row in rows]

        return await self._database.read(work)

    async def token(self, key_hash: str, now: datetime) -> Token | None:
        """The token, when it is known and not over."""

        async def work(connection: AsyncConnection) -> Token | None:
            value = await connection.scalar(select(tokens.c.value).where(tokens.c.key_hash == key_hash))
            return codec.load(Token, value) if value else None

        found = await self._database.read(work)
        return None if found is None or (found.until and found.until < now) else found

    async def used(self, key_hash: str, at: datetime) -> None:
        """Remember when a token was used last."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(update(tokens).where(tokens.c.key_hash == key_hash).values(used_at=at))

        await self._database.write(work)

    async def keep_token(self, token: Token, record: Record) -> None:
        """Raises ValueError when the name is taken."""

        async def work(connection: AsyncConnection) -> None:
            row = {"key_hash": token.key_hash, "name": token.name, "used_at": None, "value": codec.dump(token)}
            await connection.execute(tokens.insert(), row)
            await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def revoke(self, name: str, record: Record) -> bool:
        """Whether there was such a token."""

        async def work(connection: AsyncConnection) -> bool:
            gone = await connection.execute(delete(tokens).where(tokens.c.name == name))
            await connection.execute(records.insert(), _row(record))
            return bool(gone.rowcount)

        return await self._database.write(work)

    async def record(self, record: Record) -> None:
        """Write a line of the record."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(records.insert(), _row(record))

        await self._database.write(work)

    async def records(
        self,
        limit: int = 200,
        before: int = 0,
        subject: str = "",
        who: str = "",
        did: Sequence[str] = (),
        but: Sequence[str] = (),
    ) -> Sequence[tuple[int, Record]]:
        """The latest first, each with its number; those before number `before`, when that is given, on a subject, by
        somebody, of these kinds, of none of those."""
        query = select(records.c.no, records.c.value).order_by(records.c.no.desc()).limit(limit)
        if before:
            query = query.where(records.c.no < before)
        if subject:
            query = query.where(records.c.subject == subject)
        if who:
            query = query.where(records.c.who == who)
        if did:
            query = query.where(records.c.did.in_(did))
        if but:
            query = query.where(records.c.did.not_in(but))

        async def work(connection: AsyncConnection) -> Sequence[tuple[int, Record]]:
            return [(row.no, codec.load(Record, row.value)) for row in await connection.execute(query)]

        return await self._database.read(work)

    async def saw(self, who: str, revisions: Mapping[str, int], at: datetime) -> None:
        """They have seen these incidents at these revisions."""

        async def work(connection: AsyncConnection) -> None:
            insert = self._database.upsert(seen)
            for id, revision in revisions.items():
                row = {"who": who, "incident_id": id, "revision": revision, "at": at}
                await connection.execute(insert, row)

        await self._database.write(work)

    async def seen_by(self, who: str, incident_ids: Sequence[str]) -> Mapping[str, int]:
        """The revisions that they have seen, of those incidents of which they saw any."""

        async def work(connection: AsyncConnection) -> Mapping[str, int]:
            found: dict[str, int] = {}
            for some in batches(list(incident_ids)):
                query = select(seen.c.incident_id, seen.c.revision).where(seen.c.who == who)
                rows = await connection.execute(query.where(seen.c.incident_id.in_(some)))
                found.update({row.incident_id: row.revision for row in rows})
            return found

        return await self._database.read(work)

    async def number_of_users(self) -> int:
        """How many there are."""

        async def work(connection: AsyncConnection) -> int:
            return int(await connection.scalar(select(func.count()).select_from(users)) or 0)

        return await self._database.read(work)


def _row(record: Record) -> dict[str, object]:
    return {
        "at": record.at, "who": record.who, "did": record.did, "subject": record.subject, "value": codec.dump(record)
    }  # fmt: skip
