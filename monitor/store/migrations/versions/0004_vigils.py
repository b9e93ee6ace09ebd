"""What is remembered of blind sources."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table of vigils."""
    op.create_table(
        "vigils",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
