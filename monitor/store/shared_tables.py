"""The tables of what daemons on one database share beside their work: keys, figures, paces and subscriptions."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, Table, Text

from monitor.store.columns import Instant, metadata

shared_keys = Table(
    "shared_keys",
    metadata,
    Column("name", Text, primary_key=True),  # as its file is called where one daemon works alone
    Column("value", LargeBinary, nullable=False),
    Column("made_at", Instant, nullable=False),
)

sheets = Table(
    "sheets",
    metadata,
    Column("seller_id", Text, primary_key=True),
    Column("content", LargeBinary),  # as it was uploaded at the desk; none: given back
    Column("version", BigInteger, nullable=False),  # one more with each upload
    Column("at", Instant, nullable=False),
)

paces = Table(
    "paces",
    metadata,
    Column("target", Text, primary_key=True),
    Column("paid_until", Instant, nullable=False),
    Column("closed_until", Instant),
    Column("failures", Integer, nullable=False),
)

hubs = Table(
    "hubs",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("ask_at", Instant, nullable=False),
    Column("until", Instant),
    Column("tries", Integer, nullable=False),
    Column("asked", Boolean, nullable=False),
)
