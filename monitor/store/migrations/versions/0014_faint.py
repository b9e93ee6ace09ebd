"""Faint texts, and the keys that they are found by. Only adds: a daemon of the schema before works on."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Two tables; what was understood before is not understood again for them."""
    op.create_table(
        "faint",
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "faint_keys",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("document_id", sa.Text, primary_key=True),
    )
    op.create_index("faint_keys_document", "faint_keys", ["document_id"])
