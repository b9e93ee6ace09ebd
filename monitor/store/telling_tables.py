"""The tables of what was decided and told. Whole values are JSON text; a column exists where a query needs it."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from monitor.store.columns import Instant, RowNumber, metadata

told = Table(
    "told",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("seller_id", Text, primary_key=True),
    Column("value", Text, nullable=False),  # Told
)

held = Table(
    "held",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("seller_id", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("detail", Text, nullable=False),
    Column("trail", Text, nullable=False, server_default="[]"),  # Verdicts
    Index("held_at", "at"),
    Index("held_reason", "reason", "incident_id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("targets", Text, nullable=False),  # their ids
    Column("trail", Text, nullable=False),  # Verdicts
    Index("alerts_incident", "incident_id", "at"),
    Index("alerts_at", "at"),
)

silences = Table(
    "silences",
    metadata,
    Column("id", Text, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("value", Text, nullable=False),  # Silence
    Index("silences_until", "until"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("no", RowNumber, primary_key=True),  # the order of creation
    Column("key", Text, nullable=False),
    Column("alert_id", Text, nullable=False),
    Column("incident_id", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("rung", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("give_up_at", Instant, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("repeat", Boolean, nullable=False),
    Column("last_detail", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("token", Text),
    Column("lease_until", Instant),
    Column("message", Text, nullable=False),  # Said
    Column("language", Text, nullable=False, server_default="en"),
    Column("zone", Text, nullable=False, server_default="UTC"),
    Column("waits_for", Text, nullable=False, server_default=""),
    Column("fallback_of", Text, nullable=False, server_default=""),
    Column("instead_of", Text, nullable=False, server_default=""),  # the target that refused it
    Column("provider_id", Text, nullable=False, server_default=""),  # of the message that arrived
    Column("into", Text, nullable=False, server_default=""),  # key of the one that it was folded into
    UniqueConstraint("key", name="deliveries_key"),
    Index("deliveries_state", "state", "give_up_at"),
    Index("deliveries_line", "incident_id", "target", "no"),
    Index("deliveries_target", "target", "state"),
    Index("deliveries_hour", "target", "sent_at"),
    Index("deliveries_said", "created_at", "severity"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("delivery_no", RowNumber, ForeignKey("deliveries.no"), primary_key=True, autoincrement=False),
    Column("attempt_no", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("value", Text, nullable=False),  # Attempt
)
