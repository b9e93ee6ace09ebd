"""The tables of who may work with the desk, of what they did there, and of what programs were answered."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from monitor.store.columns import Instant, RowNumber, metadata

users = Table("users", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

sessions = Table(
    "sessions",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("until", Instant, nullable=False),
    Column("value", Text, nullable=False),  # Session
    Index("sessions_user", "user"),
    Index("sessions_until", "until"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("used_at", Instant),
    Column("value", Text, nullable=False),  # Token
)

records = Table(
    "records",
    metadata,
    Column("no", RowNumber, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("did", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("value", Text, nullable=False),  # Record
    Index("records_at", "at"),
    Index("records_subject", "subject"),
)

seen = Table(
    "seen",
    metadata,
    Column("who", Text, primary_key=True),
    Column("incident_id", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)

answered = Table(
    "answered",
    metadata,
    Column("key", Text, primary_key=True),  # digest of whose request it is, and of the key that they chose
    Column("digest", Text, nullable=False),  # of what is asked
    Column("by", Text, nullable=False),  # whose turn it is, or was
    Column("at", Instant, nullable=False),
    Column("status", Integer),  # the answer; NULL while it is in work
    Column("headers", Text),
    Column("body", LargeBinary),
    Index("answered_at", "at"),
)
