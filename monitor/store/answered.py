"""What programs were answered by the keys that they chose: shared by all daemons that answer them."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from monitor.domain.answered import Answer, Asked
from monitor.store import codec
from monitor.store.connection import AsyncConnection
from monitor.store.database import Database
from monitor.store.people_tables import answered

IN_WORK = timedelta(minutes=5)  # at most; what is so for longer died with its daemon


class SqlAnswered:
    """A `monitor.web.api_once.Answers` of one database. Rows go by retention."""

    def __init__(self, database: Database) -> None:
        self._database = database
        insert = database.insert(answered).on_conflict_do_nothing(index_elements=["key"])
        self._insert = database.prepared(insert, "key", "digest", "by", "at")

    async def claim(self, key: str, digest: str, by: str, at: datetime) -> Asked | None:
        """None when it is `by` who acts now; else what another one asked with that key."""
        row = answered.c
        dead = delete(answered).where(row.key == key, row.status.is_(None), row.at < at - IN_WORK)
        claimed = {"key": key, "digest": digest, "by": by, "at": at}

        async def work(connection: AsyncConnection) -> Asked | None:
            await connection.execute(dead)
            await connection.execute(self._insert, claimed)
            found = (await connection.execute(select(answered).where(row.key == key))).one_or_none()
            if found is None:  # given back between the two
                return Asked(digest, None)
            if found.by == by:
                return None
            if found.status is None:
                return Asked(found.digest, None)
            headers = codec.load(dict[str, str], found.headers)
            return Asked(found.digest, Answer(found.status, found.body, headers))

        return await self._database.write(work)

    async def keep(self, key: str, by: str, answer: Answer) -> None:
        """What `by` said, unless its turn was over."""
        kept = {"status": answer.status, "body": answer.body, "headers": codec.dump(dict(answer.headers))}

        async def work(connection: AsyncConnection) -> None:
            mine = answered.c.key == key, answered.c.by == by
            await connection.execute(update(answered).where(*mine).values(kept))

        await self._database.write(work)

    async def forget(self, key: str, by: str) -> None:
        """It may be tried again."""

        async def work(connection: AsyncConnection) -> None:
            await connection.execute(delete(answered).where(answered.c.key == key, answered.c.by == by))

        await self._database.write(work)
