"""What looking at each source came to by day, and ways to what a source gave."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COUNTED = ("looks", "ok", "unchanged", "failures", "unread", "items", "new")


def upgrade() -> None:
    """A table that starts empty: of looks that are past, nothing is known but the last."""
    op.create_table(
        "source_days",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in _COUNTED),
        sqlite_with_rowid=False,
    )
    unread = sa.text("quarantine IS NOT NULL")
    op.create_index(
        "captures_unread", "captures", ["source_id", "settled_at"], sqlite_where=unread, postgresql_where=unread
    )
    op.create_index("rejections_source", "rejections", ["source_id", "at"])
    op.create_index("documents_source", "documents", ["source_id", "fetched_at"])
