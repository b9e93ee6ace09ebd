"""Several daemons on one database: who they are, the polls and paces that they share, whose turn it was to decide.

On PostgreSQL with the tables of Procrastinate, which wakes them. Only adds: a daemon of the schema before works on.
"""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Tables alone."""
    op.create_table(
        "daemons",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("machine", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("beat_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("clock_off", sa.Float, nullable=False),
        sa.Column("troubles", sa.Text, nullable=False),
        sa.Column("failures", sa.Text, nullable=False),
    )
    op.create_table(
        "polls",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("planted_at", sa.BigInteger, nullable=False),
    )
    op.create_index("polls_next", "polls", ["next_at", "source_id"])
    op.create_index("polls_held", "polls", ["lease_until"])
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text, primary_key=True),
        sa.Column("free_at", sa.BigInteger, nullable=False),
        sa.Column("rest", sa.Float),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text, primary_key=True),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "turns",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.add_column("wanted_pages", sa.Column("host", sa.Text))
    if op.get_context().dialect.name == "postgresql":
        schema = files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
        op.get_bind().exec_driver_sql(schema, execution_options={"no_parameters": True})  # many statements in one text
