"""What telling needs: decisions, silences, marks, and how a delivery is worded, threaded and handed on."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WORDS = ("waits_for", "fallback_of", "instead_of", "provider_id", "into")
ON_RECORD = ("alerts", "acts", "attempts")


def upgrade() -> None:
    """Tables and columns; earlier deliveries were in English and UTC, and have no decision on record."""
    op.add_column("held", sa.Column("trail", sa.Text, nullable=False, server_default="[]"))
    op.create_index("held_reason", "held", ["reason", "incident_id"])
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("targets", sa.Text, nullable=False),
        sa.Column("trail", sa.Text, nullable=False),
    )
    op.create_index("alerts_incident", "alerts", ["incident_id", "at"])
    op.create_index("alerts_at", "alerts", ["at"])
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("silences_until", "silences", ["until"])
    op.create_table(
        "marks", sa.Column("name", sa.Text, primary_key=True), sa.Column("at", sa.BigInteger, nullable=False)
    )
    op.add_column("deliveries", sa.Column("language", sa.Text, nullable=False, server_default="en"))
    op.add_column("deliveries", sa.Column("zone", sa.Text, nullable=False, server_default="UTC"))
    for name in WORDS:
        op.add_column("deliveries", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index("deliveries_hour", "deliveries", ["target", "sent_at"])
    op.create_index("deliveries_said", "deliveries", ["created_at", "severity"])
    _stand()


def _stand() -> None:
    """What was decided, done and tried is on record for good: the database itself refuses to change or delete it."""
    if op.get_context().dialect.name == "sqlite":
        for table in ON_RECORD:
            for verb in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} stand as they were written'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION stands_as_written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '% stand as they were written', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in ON_RECORD:
        op.execute(
            f"CREATE TRIGGER {table}_stand BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION stands_as_written()"
        )
