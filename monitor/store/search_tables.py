"""The tables of search. What words lead to, `search_index`, is each database's own: FTS5 on SQLite, a GIN index over
tsvector on PostgreSQL; the migration makes it and `search` speaks to it.
"""

from sqlalchemy import BigInteger, Column, Integer, Table, Text, UniqueConstraint

from monitor.store.columns import metadata

INDEX = "search_index"

search_rows = Table(
    "search_rows",
    metadata,
    Column("no", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),  # by date
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of what is indexed, and of how
    Column("text", Text),  # what is indexed of an incident; a document has its own text
    UniqueConstraint("kind", "id", name="search_rows_kind_id"),
)

search_state = Table(
    "search_state",
    metadata,
    Column("scheme", Text, primary_key=True),  # how terms are made
    Column("kind", Text, nullable=False),  # what is walked over; "": all was
    Column("after", Text, nullable=False),  # the last id that was looked at
)
