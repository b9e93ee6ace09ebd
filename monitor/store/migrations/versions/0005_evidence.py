"""Which captures keep their bytes after they were read, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """What was read before keeps its bytes as evidence: what each of them led to is not known any more."""
    op.add_column("captures", sa.Column("kept", sa.Text))
    op.execute(
        "UPDATE captures SET kept = CASE WHEN quarantine IS NULL THEN 'signal' ELSE 'quarantine' END"
        " WHERE settled_at IS NOT NULL"
    )
    op.create_index("captures_kept", "captures", ["kept", "settled_at"])
