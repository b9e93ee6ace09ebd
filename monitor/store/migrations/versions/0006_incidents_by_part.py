"""Incidents by their parts: evidence, history and keys in rows of their own; what people did, and what they ruled."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Move evidence and history out of the incidents. Their keys follow at the next start (`SqlLedger.rekey`)."""
    op.add_column("incidents", sa.Column("event_type", sa.Text, nullable=False, server_default=""))
    op.add_column("incidents", sa.Column("standing", sa.Text, nullable=False, server_default="open"))
    op.add_column("incidents", sa.Column("merged_into", sa.Text))
    op.add_column("incidents", sa.Column("keyed_by", sa.Text))
    op.create_index("incidents_merged", "incidents", ["merged_into"])
    op.create_index("incidents_keyed", "incidents", ["keyed_by"])
    evidence = op.create_table(
        "incident_evidence",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("signal_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_index("incident_evidence_document", "incident_evidence", ["document_id"])
    changes = op.create_table(
        "incident_changes",
        sa.Column("incident_id", sa.Text, primary_key=True),
        sa.Column("no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "incident_keys",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, primary_key=True),
    )
    op.create_index("incident_keys_incident", "incident_keys", ["incident_id"])
    op.create_table(
        "acts",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("seller_id", sa.Text, nullable=False),
    )
    op.create_index("acts_incident", "acts", ["incident_id", "at"])
    op.create_table(
        "rulings",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
    )
    op.create_table(
        "ruling_evidence",
        sa.Column("ruling_id", sa.Text, sa.ForeignKey("rulings.id"), primary_key=True),
        sa.Column("document_id", sa.Text, primary_key=True),
        sa.Column("signal_no", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("side", sa.Integer, primary_key=True, autoincrement=False),
    )
    op.create_index("ruling_evidence_document", "ruling_evidence", ["document_id"])
    _take_apart(evidence, changes)


def _take_apart(evidence: sa.Table, changes: sa.Table) -> None:
    """One incident at a time: none of them may be large, but all together may."""
    here = op.get_bind()
    incidents = sa.table("incidents", *(sa.column(name, sa.Text) for name in ("id", "event_type", "value")))
    for id in list(here.scalars(sa.select(incidents.c.id))):
        named = incidents.c.id == id
        try:
            whole = json.loads(here.scalars(sa.select(incidents.c.value).where(named)).one())
            said, moved, event = whole["evidence"], whole["history"], whole["event_type"]
            rows = {
                (one["document_id"], one["signal_no"]): {
                    "incident_id": id,
                    "document_id": one["document_id"],
                    "signal_no": one["signal_no"],
                    "value": _json({key: told for key, told in one.items() if key != "meaning"}),
                }
                for one in said
            }
        except (ValueError, KeyError, TypeError, AttributeError):  # what other hands broke stays as it is, and unread
            continue
        head = whole | {"evidence": [], "history": []}
        here.execute(incidents.update().where(named).values(event_type=event, value=_json(head)))
        if rows:
            here.execute(evidence.insert(), list(rows.values()))
        if moved:
            numbered = [{"incident_id": id, "no": no, "value": _json(one)} for no, one in enumerate(moved)]
            here.execute(changes.insert(), numbered)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
