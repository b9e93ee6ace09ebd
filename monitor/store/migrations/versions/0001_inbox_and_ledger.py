"""Sources, captures, documents, assessments, incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables of the inbox and of the ledger."""
    op.create_table(
        "sources",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("last_look", sa.Text, nullable=False),
    )
    op.create_table(
        "captures",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body_hash", sa.Text, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("document_id", sa.Text),
        sa.Column("failure", sa.Text),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("token", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("quarantine", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("captures_due", "captures", ["due_at", "fetched_at"])
    op.create_index("captures_quarantine", "captures", ["quarantine", "settled_at"])
    op.create_table(
        "entries",
        sa.Column("source_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "rejections",
        sa.Column("capture_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("rejections_at", "rejections", ["at"])
    op.create_table(
        "documents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("capture_id", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "wanted_pages",
        sa.Column("document_id", sa.Text, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("wanted_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("token", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
    )
    op.create_index("wanted_pages_due", "wanted_pages", ["due_at", "wanted_at"])
    op.create_table(
        "assessments",
        sa.Column("document_id", sa.Text, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("ahead_to", sa.Integer),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("incidents_updated", "incidents", ["updated_at"])
    op.create_index("incidents_ahead", "incidents", ["ahead_to"])
