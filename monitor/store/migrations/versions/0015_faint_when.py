"""When a faint text was published is read from an index. Only adds: a daemon of the schema before works on."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """One index; the rows beside it are large, and most that share a key are of another time."""
    op.create_index("faint_when", "faint", ["document_id", "published"])
