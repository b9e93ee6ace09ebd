"""What reading the sources gave; pages that belong to a source's own capture."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEPT = "document_id, source_id, url, wanted_at, due_at, token, tries"


def upgrade() -> None:
    """Create the table of harvests. Wanted pages lose their tie to a document, which SQLite can do by copying alone."""
    op.create_table(
        "harvests",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.rename_table("wanted_pages", "wanted_before")
    op.drop_index("wanted_pages_due", "wanted_before")
    op.create_table(
        "wanted_pages",
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("wanted_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("follow", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("wanted_pages_due", "wanted_pages", ["due_at", "wanted_at"])
    op.execute(f"INSERT INTO wanted_pages ({_KEPT}) SELECT {_KEPT} FROM wanted_before")  # noqa: S608 - a constant
    op.drop_table("wanted_before")
