"""What daemons on one database share beside their work. Only adds: a daemon of the schema before works on."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Tables alone; they are small."""
    op.create_table(
        "shared_keys",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sheets",
        sa.Column("seller_id", sa.Text, primary_key=True),
        sa.Column("content", sa.LargeBinary),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "paces",
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("paid_until", sa.BigInteger, nullable=False),
        sa.Column("closed_until", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
    )
    op.create_table(
        "hubs",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("hub", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("ask_at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("asked", sa.Boolean, nullable=False),
    )
