"""Kinds of columns that both databases keep alike, and the list of all tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 in UTC: it compares and rounds alike on both databases.

    Raises ValueError for a naive datetime.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


# SQLite numbers rows by itself only when the key is declared exactly INTEGER PRIMARY KEY.
RowNumber = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()
