"""SQLite's index keeps what begins with the same two letters together. The daemon indexes all anew, a batch a round."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """The option is given when the table is made."""
    if op.get_context().dialect.name != "sqlite":
        return  # a GIN index has its words in order
    terms = "ascii tokenchars '\\:_'"
    op.execute("DROP TABLE search_index")
    op.execute(
        f"CREATE VIRTUAL TABLE search_index USING fts5(body, title, content='', prefix='2', tokenize=\"{terms}\")"
    )
    op.execute("INSERT INTO search_index (search_index, rank) VALUES ('automerge', 2)")
    for table in ("search_rows", "search_state"):
        op.execute(sa.delete(sa.table(table)))
