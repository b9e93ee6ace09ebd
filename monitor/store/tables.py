"""The tables of what was read and found. Whole values are JSON text; a column exists where a query needs it."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, false, text

from monitor.store.columns import Instant, metadata

sources = Table(
    "sources",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state", Text, nullable=False),  # SourceState
    Column("last_look", Text, nullable=False),  # Look
)

_UNREAD = text("quarantine IS NOT NULL")

captures = Table(
    "captures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("status", Integer, nullable=False),  # of HTTP
    Column("content_type", Text, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("headers", Text, nullable=False),
    Column("document_id", Text),
    Column("failure", Text),
    Column("due_at", Instant),  # from when it may be claimed: its lease's end, its next try; NULL once it was read
    Column("token", Text),  # of the last claim; it stays after the step, so that the same step again is known as done
    Column("tries", Integer, nullable=False),
    Column("settled_at", Instant),
    Column("quarantine", Text),
    Column("detail", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # zlib; behind the others, so that they are read without it
    Column("kept", Text),  # why the body stays after it was read (evidence.py); NULL: it does not
    Index("captures_due", "due_at", "fetched_at"),
    Index("captures_kept", "kept", "settled_at"),
    Index("captures_quarantine", "quarantine", "settled_at"),
    Index("captures_unread", "source_id", "settled_at", sqlite_where=_UNREAD, postgresql_where=_UNREAD),
)

harvests = Table(
    "harvests",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("value", Text, nullable=False),  # Harvest
)

vigils = Table(
    "vigils",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("value", Text, nullable=False),  # Vigil
)

entries = Table(
    "entries",
    metadata,
    Column("source_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("last_seen", Instant, nullable=False),
)

rejections = Table(
    "rejections",
    metadata,
    Column("capture_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("rejections_at", "at"),
    Index("rejections_source", "source_id", "at"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("source_id", Text, nullable=False),
    Column("capture_id", Text, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("value", Text, nullable=False),  # Document
    Index("documents_source", "source_id", "fetched_at"),
)

wanted_pages = Table(
    "wanted_pages",
    metadata,
    Column("document_id", Text, primary_key=True),  # or a name of its own, when it is to `follow`
    Column("source_id", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("wanted_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("token", Text),
    Column("tries", Integer, nullable=False),
    Column("follow", Boolean, nullable=False, server_default=false()),
    Column("host", Text),  # NULL: a daemon of an earlier release asked for it
    Index("wanted_pages_due", "due_at", "wanted_at"),
)

assessments = Table(
    "assessments",
    metadata,
    Column("document_id", Text, ForeignKey("documents.id"), primary_key=True),
    Column(
        "content_hash", Text, nullable=False
    ),  # of the text that was understood, which may be older than the kept one
    Column("value", Text, nullable=False),  # Assessment
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("ahead_to", Integer),  # proleptic ordinal of the last day that the incident names
    Column("event_type", Text, nullable=False),
    Column("standing", Text, nullable=False),  # incidents.Standing
    Column("merged_into", Text),
    Column("keyed_by", Text),  # digest of what its keys were made with; NULL: they are not made yet
    Column("value", Text, nullable=False),  # Incident, without its evidence and its history
    Index("incidents_updated", "updated_at"),
    Index("incidents_ahead", "ahead_to"),
    Index("incidents_merged", "merged_into"),
    Index("incidents_keyed", "keyed_by"),
)

incident_evidence = Table(
    "incident_evidence",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("signal_no", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False),  # Evidence
    Index("incident_evidence_document", "document_id"),
)

incident_changes = Table(
    "incident_changes",
    metadata,
    Column("incident_id", Text, primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),  # from 0, in the order of the history
    Column("value", Text, nullable=False),  # Change
)

incident_keys = Table(
    "incident_keys",
    metadata,
    Column("key", Text, primary_key=True),  # of domain.linking: what may report one event shares one
    Column("incident_id", Text, primary_key=True),
    Index("incident_keys_incident", "incident_id"),
)

faint = Table(
    "faint",
    metadata,
    Column("document_id", Text, primary_key=True),
    Column("published", Instant, nullable=False),
    Column("value", Text, nullable=False),  # Evidence
    Index("faint_when", "document_id", "published"),
)

faint_keys = Table(
    "faint_keys",
    metadata,
    Column("key", Text, primary_key=True),
    Column("document_id", Text, primary_key=True),
    Index("faint_keys_document", "document_id"),
)

acts = Table(
    "acts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("seller_id", Text, nullable=False),
    Index("acts_incident", "incident_id", "at"),
)

rulings = Table(
    "rulings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
)

ruling_evidence = Table(
    "ruling_evidence",
    metadata,
    Column("ruling_id", Text, ForeignKey("rulings.id"), primary_key=True),
    Column("document_id", Text, primary_key=True),
    Column("signal_no", Integer, primary_key=True, autoincrement=False),
    Column("side", Integer, primary_key=True, autoincrement=False),  # 1: Ruling.one, 2: Ruling.other
    Index("ruling_evidence_document", "document_id"),
)

instances = Table(
    "instances",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", Instant, nullable=False),
)
