"""Every metric with its labels, on a registry of its own, and every label set that can occur, born at zero.

Names and meanings follow Prometheus' conventions (base units, `_total` for counters). `increase()` cannot see a counter
that is born at one, so each is born before it counts. A source has six series and no more: with reasons by source, five
hundred sources would be twenty thousand (docs/decisions/0023-metrics.md).
"""

import platform

from prometheus_client import (
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from monitor import __version__
from monitor.census import BANDS
from monitor.cluster.duties import DUTIES, Role
from monitor.domain.alerts import AttemptClass, HoldReason, Reason
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Standing
from monitor.domain.incidents import ChangeKind
from monitor.domain.ladder import RUNGS
from monitor.domain.opinions import Heard, Turn
from monitor.domain.signals import EventType
from monitor.domain.sources import Outcome
from monitor.exposition import Family, Registry

OTHER = "other"  # stands for every value that is none of a label's own
WEB_REFUSALS = ("host", "too_many", "too_long", "late", "crowded")  # monitor.web.limits.REASONS
DATABASE_ERRORS = ("transient", "unavailable", "unusable", "defect")
FAILED = (AttemptClass.TRANSIENT, AttemptClass.PERMANENT, AttemptClass.AMBIGUOUS)
_OF_READING = frozenset({
    FailureReason.NOT_A_FEED, FailureReason.DAMAGED, FailureReason.EMPTY, FailureReason.NO_TEXT, FailureReason.RAISED,
    FailureReason.CPU_LIMIT, FailureReason.MEMORY_LIMIT, FailureReason.WALL_LIMIT, FailureReason.CRASHED,
    FailureReason.STEP_FAILED,
})  # fmt: skip
FETCH_OUTCOMES = (Outcome.OK.value, Outcome.UNCHANGED.value, *(r.value for r in FailureReason if r not in _OF_READING))
READ_FAILURES = tuple(FailureReason)  # a page that a reading wanted fails for reasons of fetching too
KILLS = (FailureReason.CPU_LIMIT, FailureReason.MEMORY_LIMIT, FailureReason.WALL_LIMIT, FailureReason.CRASHED)
VERDICTS = (*(("send", r.value) for r in Reason), *(("hold", r.value) for r in HoldReason))
JOBS = ("todo", "doing", "stalled", "failed")
HELD = ("looks", "pages", "captures", "deliveries")
LOUD = tuple(severity.name.lower() for severity in Severity if severity >= Severity.HIGH)

_LATENCY = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
_LAG = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES = (1e3, 1e4, 1e5, 1e6, 5e6, 1e7)
_AGES = (1, 10, 60, 300, 900, 1800, 3600, 2 * 3600, 6 * 3600, 86400, 3 * 86400, 7 * 86400)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for


class Families:
    """The metrics; `registry` is what `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = Registry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._build()
        self._looking()
        self._understanding()
        self._telling()
        self._own_state()
        self._crew()
        self._born()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"sellerwatch_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"sellerwatch_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"sellerwatch_{name}", text, labels, registry=self.registry, buckets=buckets)

    def _many(self, type: str, name: str, text: str, *labels: str) -> Family:
        """Of which few series change from one scrape to the next."""
        return Family(type, f"sellerwatch_{name}", text, labels, self.registry)

    def _build(self) -> None:
        info = self._gauge("build_info", "Build of the running daemon.", "version", "python")
        info.labels(__version__, platform.python_version()).set(1)

    def _looking(self) -> None:
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.fetch_requests = counter("fetch_requests", "Looks at sources.", "outcome")
        self.fetch_duration = histogram("fetch_duration_seconds", "Duration of a look.", _LATENCY, "outcome")
        self.fetch_bytes = histogram("fetch_body_bytes", "Body size after decompression.", _SIZES)
        by_source = (
            ("gauge", "source_last_success_timestamp_seconds", "Last good look; 0 means never."),
            ("gauge", "source_interval_seconds", "Interval of looks, as the last look was given it."),
            ("gauge", "source_consecutive_failures", "Failed looks in a row."),
            ("gauge", "source_blind", "1 when the source sees nothing: silent, failing, blocked, retired."),
            ("counter", "items_seen", "Documents read."),
            ("counter", "items_new", "Documents that were new or edited."),
        )
        (
            self.last_success, self.interval, self.source_failures, self.source_blind, self.items_seen, self.items_new,
        ) = self.by_source = [self._many(*one, "source") for one in by_source]  # fmt: skip
        self.source_health = gauge("source_health", "Sources, by how they stand.", "standing")
        self.blind_ratio = gauge("blind_ratio", "Share of the sources in use that see nothing, 0 to 1.")
        self.parse_failures = counter("parse_failures", "Captures put into quarantine.", "reason")
        self.items_rejected = counter("items_rejected", "Entries that could not be read.", "reason")
        self.worker_kills = counter("worker_kills", "Reading processes killed by a limit.", "reason")
        self.ssrf_blocked = counter("ssrf_blocked", "Looks refused because the address is private.")
        self.inbox_waiting = gauge("inbox_waiting", "Captures not yet read.")
        self.quarantined = gauge("quarantined_captures", "Captures in quarantine.")

    def _understanding(self) -> None:
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.classifications = counter("classifications", "Documents understood, by main event.", "kind")
        self.classification_duration = histogram("classification_duration_seconds", "Time to understand.", _LATENCY)
        self.opinions = counter("second_opinions", "Second opinions wanted, by what came of it.", "outcome")
        self.opinion_duration = histogram(
            "second_opinion_duration_seconds", "Time until the answer of one that was asked.", _LATENCY
        )
        self.opinion_tokens = counter("second_opinion_tokens", "Tokens charged to the day's budget.")
        self.opinions_turned = counter("second_opinions_turned", "Votes that changed a verdict.", "how")
        self.incident_events = counter("incident_events", "Changes of incidents.", "kind")
        self.incidents_open = gauge("incidents_open", "Incidents that stand: open and not called off.", "event", "rung")
        self.deadlines_open = gauge(
            "deadlines_open",
            "Deadlines that are not done, of what sellers were told, by days left.",
            "role",
            "within",
        )
        self.value_at_risk = self._many(
            "gauge", "value_at_risk", "Worst case over what stands, in the seller's currency.",
            "seller", "currency", "platform", "country",
        )  # fmt: skip
        self.position_incidents = self._many(
            "gauge", "position_incidents_open", "Incidents that stand and put a position at risk.",
            "seller", "platform", "country",
        )  # fmt: skip
        self.position_deadlines = self._many(
            "gauge", "position_deadlines_open", "Deadlines for a position that its seller has not done.",
            "seller", "platform", "country", "within",
        )  # fmt: skip
        self.detection_lag = histogram("incident_detection_lag_seconds", "From publication to the opening.", _AGES)

    def _telling(self) -> None:
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.decisions = counter("decisions", "Decisions to send or hold.", "verdict", "reason")
        self.unanswered = gauge("alerts_unanswered", "Alerts that somebody got and nobody answered.", "severity")
        self.unanswered_oldest = gauge(
            "alerts_oldest_unanswered_timestamp_seconds", "When the oldest of them arrived; 0 means none.", "severity"
        )
        self.silences = gauge("silences_active", "Silences that are not over.")
        self.outbox_pending = gauge("outbox_pending", "Deliveries not finished.", "channel")
        self.outbox_held = gauge("outbox_held", "Of them those that wait for a later hour, as they should.", "channel")
        self.outbox_oldest = gauge(
            "outbox_oldest_pending_timestamp_seconds",
            "Since when the oldest delivery has been due; 0 means none.",
            "channel",
        )
        self.dead_letters = gauge("dead_letters", "Deliveries that were given up and not tried again.", "channel")
        self.attempts = counter("notification_attempts", "Tries to deliver.", "channel")
        self.failed = counter("notifications_failed", "Tries that failed.", "channel", "reason")
        self.sent = counter("notifications_sent", "Deliveries that arrived.", "channel")
        self.unknown = counter("notifications_unknown", "Deliveries whose arrival is in doubt.", "channel")
        self.repeated = counter("notifications_repeated", "Deliveries sent again, marked as a repeat.", "channel")
        self.dead = counter("notifications_dead", "Deliveries given up.", "channel")
        self.send_duration = histogram("notification_duration_seconds", "Duration of a try.", _LATENCY, "channel")
        self.end_to_end = histogram("alert_end_to_end_seconds", "From the decision to the delivery.", _AGES)
        self.drill_arrival = gauge(
            "drill_last_arrival_timestamp_seconds", "When a drill arrived last; 0 means never.", "channel"
        )
        self.by_channel = (
            self.outbox_pending, self.outbox_held, self.outbox_oldest, self.dead_letters, self.drill_arrival,
            self.attempts, self.sent, self.unknown, self.repeated, self.dead, self.send_duration,
        )  # fmt: skip
        self.drills_failed = counter("drills_failed", "Drills that did not arrive as they should.")

    def _own_state(self) -> None:
        counter, gauge, histogram = self._counter, self._gauge, self._histogram
        self.pipeline_success = gauge("pipeline_last_success_timestamp_seconds", "Last time every loop had beaten.")
        self.cycle = histogram("cycle_duration_seconds", "One step of the path.", _LATENCY)
        self.loop_lag = histogram("event_loop_lag_seconds", "How late a timer of the event loop came.", _LAG)
        self.db_errors = counter("db_errors", "Errors of the database.", "kind")
        self.db_size = gauge("db_size_bytes", "Size of the database.")
        self.db_wal = gauge("db_wal_bytes", "Size of SQLite's write-ahead log; 0 on PostgreSQL.")
        self.disk_free = gauge("disk_free_bytes", "Free space where the state lies.")
        self.reload_success = gauge("config_last_reload_success", "1 when the last reload was taken.")
        self.heartbeat = gauge("heartbeat_last_success_timestamp_seconds", "When the outside check heard us last.")
        self.sentry_dropped = counter("sentry_dropped_events", "Errors not reported: told already, or not taken.")
        self.heartbeats_failed = counter("heartbeats_failed", "Pings that the outside check did not take.")
        self.web_refused = counter("web_refused", "Requests and connections that our own port refused.", "reason")

    def _crew(self) -> None:
        """Of all daemons on one database, as each of them sees it there; but the clock is each one's own."""
        gauge = self._gauge
        self.daemons = gauge("cluster_daemons", "Living daemons that have the role.", "role")
        self.configurations = gauge("cluster_configurations", "Different configurations that daemons have.")
        self.jobs = gauge("cluster_jobs", "Jobs of the duty; those that failed are kept for a week.", "duty", "state")
        self.waiting = gauge(
            "cluster_oldest_waiting_timestamp_seconds", "Since when the oldest job waits; 0 means none.", "duty"
        )
        self.leases = gauge("cluster_leases", "What daemons hold by leases.", "what")
        self.overdue = gauge("polls_overdue", "Sources that nobody looks at though they were due five minutes ago.")
        self.clock_off = gauge("clock_off_seconds", "How far this daemon's clock is behind the database's.")

    def _born(self) -> None:
        """What depends on no configuration."""
        self.reload_success.set(1)
        closed = (
            (self.source_health, Standing), (self.items_rejected, READ_FAILURES), (self.parse_failures, READ_FAILURES),
            (self.worker_kills, KILLS), (self.fetch_requests, FETCH_OUTCOMES), (self.fetch_duration, Outcome),
            (self.opinions, Heard), (self.opinions_turned, Turn),
            (self.incident_events, ChangeKind), (self.db_errors, DATABASE_ERRORS),
            (self.classifications, (*EventType, "none")), (self.unanswered, LOUD), (self.unanswered_oldest, LOUD),
            (self.web_refused, WEB_REFUSALS), (self.daemons, Role), (self.leases, HELD),
            (self.waiting, (*DUTIES, OTHER)),
        )  # fmt: skip
        for metric, values in closed:
            for value in values:
                metric.labels(str(value))
        pairs = (
            (self.decisions, VERDICTS),
            (self.incidents_open, [(event, rung) for event in EventType for rung in RUNGS]),
            (self.deadlines_open, [(role, band) for role in DeadlineRole for band in BANDS]),
            (self.jobs, [(duty, state) for duty in (*DUTIES, OTHER) for state in JOBS]),
        )
        for family, sets in pairs:
            for one, other in sets:
                family.labels(str(one), str(other))
