"""Search over documents and incidents. The daemon indexes what is there already, a batch at each of its rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Tables, and the index that each database has for words."""
    op.create_table(
        "search_rows",
        sa.Column("no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("text", sa.Text),
        sa.UniqueConstraint("kind", "id", name="search_rows_kind_id"),
    )
    op.create_table(
        "search_state",
        sa.Column("scheme", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
    )
    if op.get_context().dialect.name == "sqlite":
        # Contentless: the text is in its own table already. Terms come ready, so that nothing is left to fold. Of the
        # columns the first costs two bytes less for each term of a row, so it is the one that has most of them.
        terms = "ascii tokenchars '\\:_'"
        op.execute(f"CREATE VIRTUAL TABLE search_index USING fts5(body, title, content='', tokenize=\"{terms}\")")
        # Merging early costs a tenth of the time, and lets the words of rows that went go soon.
        op.execute("INSERT INTO search_index (search_index, rank) VALUES ('automerge', 2)")
    else:
        op.execute("CREATE TABLE search_index (no BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX search_index_words ON search_index USING gin (words)")
