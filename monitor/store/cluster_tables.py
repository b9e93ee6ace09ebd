"""The tables that daemons on one database share: who they are, what is polled when, and at which pace."""

from sqlalchemy import BigInteger, Column, Float, Index, Table, Text

from monitor.store.columns import Instant, metadata

daemons = Table(
    "daemons",
    metadata,
    Column("id", Text, primary_key=True),  # of one process; the tokens of all that it holds begin with it
    Column("machine", Text, nullable=False),
    Column("roles", Text, nullable=False),  # with commas
    Column("version", Text, nullable=False),
    Column("settings", Text, nullable=False),  # a digest: daemons with different ones watch different things
    Column("started_at", Instant, nullable=False),
    Column("beat_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),  # then it is dead, unless it beats before
    Column("clock_off", Float, nullable=False),  # seconds that its own clock is behind the database's
    Column("troubles", Text, nullable=False),  # JSON: what it cannot do at present, and why
    Column("failures", Text, nullable=False),  # JSON: why each duty that failed there did so last
)

polls = Table(
    "polls",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("next_at", Instant, nullable=False),
    Column("token", Text),  # of who looks at it now
    Column("lease_until", Instant),
    Column("planted_at", Instant, nullable=False),  # when a daemon last had it in its configuration
    Index("polls_next", "next_at", "source_id"),
    Index("polls_held", "lease_until"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("free_at", Instant, nullable=False),  # it rests until then
    Column("rest", Float),  # seconds between two requests that its robots.txt asks for
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("text", Text, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),  # how often it was somebody's turn
)
