"""What was said and what was held back, deliveries and their attempts, and who runs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables of the outbox and the instance lease."""
    numbered = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "told",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("seller_id", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "held",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seller_id", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("held_at", "held", ["at"])
    op.create_table(
        "deliveries",
        sa.Column("no", numbered, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("severity", sa.Integer, nullable=False),
        sa.Column("rung", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger, nullable=False),
        sa.Column("give_up_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("repeat", sa.Boolean, nullable=False),
        sa.Column("last_detail", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("token", sa.Text),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("message", sa.Text, nullable=False),
        sa.UniqueConstraint("key", name="deliveries_key"),
    )
    op.create_index("deliveries_state", "deliveries", ["state", "give_up_at"])
    op.create_index("deliveries_line", "deliveries", ["incident_id", "target", "no"])
    op.create_index("deliveries_target", "deliveries", ["target", "state"])
    op.create_table(
        "attempts",
        sa.Column("delivery_no", numbered, sa.ForeignKey("deliveries.no"), primary_key=True, autoincrement=False),
        sa.Column("attempt_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "instances",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
