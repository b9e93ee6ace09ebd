"""Every metric with its labels, on a registry of its own. Labels come from closed sets only: configured ids and enums.

Names and meanings follow Prometheus' conventions (base units, `_total` for counters). Every label set that can occur is
born at zero, since `increase()` cannot see a counter that is born at one.
"""

from collections import Counter as Counts
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from monitor import __version__
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, HoldReason, Reason
from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.health import Health, Standing
from monitor.domain.incidents import ChangeKind, Incident
from monitor.domain.opinions import Heard, Turn
from monitor.domain.portfolio import Portfolio
from monitor.domain.signals import Assessment, EventType
from monitor.domain.sources import Look, Outcome, SourceState

_FETCH_OUTCOMES = [Outcome.OK.value, Outcome.UNCHANGED.value] + [
    r.value
    for r in FailureReason
    if r.value not in {"not_a_feed", "empty", "no_text", "raised", "cpu_limit", "memory_limit", "wall_limit", "crashed"}
    and r is not FailureReason.STEP_FAILED
]
_READ_FAILURES = [
    FailureReason.NOT_A_FEED, FailureReason.EMPTY, FailureReason.NO_TEXT, FailureReason.RAISED, FailureReason.CPU_LIMIT,
    FailureReason.MEMORY_LIMIT, FailureReason.WALL_LIMIT, FailureReason.CRASHED, FailureReason.TOO_LARGE,
    FailureReason.STEP_FAILED,
]  # fmt: skip
_KILLS = [FailureReason.CPU_LIMIT, FailureReason.MEMORY_LIMIT, FailureReason.WALL_LIMIT, FailureReason.CRASHED]
_LATENCY = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30)
DATABASE_ERRORS = ("transient", "unavailable", "unusable", "defect")
_AGES = (1, 10, 60, 300, 900, 3600, 6 * 3600, 86400, 3 * 86400, 7 * 86400)


class Metrics:
    """Implements `ports.Meter`; `registry` is what `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._channels: tuple[str, ...] = ()
        self._sources: frozenset[str] = frozenset()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"sellerwatch_{name}", text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"sellerwatch_{name}", text, labels, registry=self.registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"sellerwatch_{name}", text, labels, registry=self.registry, buckets=buckets)

        gauge("build_info", "Build of the running daemon.", "version").labels(__version__).set(1)
        self.fetch_requests = counter("fetch_requests", "Looks at sources.", "source", "outcome")
        self.fetch_duration = histogram("fetch_duration_seconds", "Duration of a look.", _LATENCY, "outcome")
        self.fetch_bytes = histogram(
            "fetch_body_bytes", "Body size after decompression.", (1e3, 1e4, 1e5, 1e6, 5e6, 1e7)
        )
        self.last_success = gauge("source_last_success_timestamp_seconds", "Last good look; 0 means never.", "source")
        self.interval = gauge("source_interval_seconds", "Interval of looks, as the last look was given it.", "source")
        self.source_failures = gauge("source_consecutive_failures", "Failed looks in a row.", "source")
        self.parse_failures = counter("parse_failures", "Captures put into quarantine.", "source", "reason")
        self.items_seen = counter("items_seen", "Documents read.", "source")
        self.items_new = counter("items_new", "Documents that were new or edited.", "source")
        self.items_rejected = counter("items_rejected", "Entries that could not be read.", "reason")
        self.worker_kills = counter("worker_kills", "Reading processes killed by a limit.", "reason")
        self.ssrf_blocked = counter("ssrf_blocked", "Looks refused because the address is private.")
        self.classifications = counter("classifications", "Documents understood, by main event.", "kind")
        self.classification_duration = histogram("classification_duration_seconds", "Time to understand.", _LATENCY)
        self.opinions = counter("second_opinions", "Second opinions wanted, by what came of it.", "outcome")
        self.opinion_duration = histogram(
            "second_opinion_duration_seconds", "Time that a second opinion took.", _LATENCY, "outcome"
        )
        self.opinion_tokens = counter("second_opinion_tokens", "Tokens charged to the day's budget.")
        self.opinions_turned = counter("second_opinions_turned", "Votes that changed a verdict.", "how")
        self.incident_events = counter("incident_events", "Changes of incidents.", "kind")
        self.incidents_open = gauge("incidents_open", "Open incidents, by event.", "event")
        self.value_at_risk = gauge(
            "value_at_risk", "Worst case over the open incidents, in the seller's currency.",
            "seller", "platform", "country",
        )  # fmt: skip
        self.detection_lag = histogram(
            "incident_detection_lag_seconds", "From publication to the incident's change.", _AGES
        )
        self.decisions = counter("decisions", "Decisions to send or hold.", "verdict", "reason")
        self.outbox_pending = gauge("outbox_pending", "Deliveries waiting.", "channel")
        self.outbox_oldest = gauge(
            "outbox_oldest_pending_timestamp_seconds",
            "Age mark of the oldest waiting delivery; 0 means none.",
            "channel",
        )
        self.attempts = counter("notification_attempts", "Tries to deliver.", "channel")
        self.failed = counter("notifications_failed", "Tries that failed.", "channel", "reason")
        self.sent = counter("notifications_sent", "Deliveries that arrived.", "channel")
        self.unknown = counter("notifications_unknown", "Deliveries whose arrival is in doubt.", "channel")
        self.repeated = counter("notifications_repeated", "Deliveries sent again, marked as a repeat.", "channel")
        self.dead = counter("notifications_dead", "Deliveries given up.", "channel")
        self.send_duration = histogram("notification_duration_seconds", "Duration of a try.", _LATENCY, "channel")
        self.end_to_end = histogram("alert_end_to_end_seconds", "From the decision to the delivery.", _AGES)
        self.pipeline_success = gauge("pipeline_last_success_timestamp_seconds", "Last time every loop had beaten.")
        self.cycle = histogram("cycle_duration_seconds", "One step of the path.", _LATENCY)
        self.inbox_waiting = gauge("inbox_waiting", "Captures not yet read.")
        self.quarantined = gauge("quarantined_captures", "Captures in quarantine.")
        self.db_errors = counter("db_errors", "Errors of the database.", "kind")
        self.source_health = gauge("source_health", "Sources, by how they stand.", "standing")
        self.source_blind = gauge("source_blind", "1 when the source sees nothing: silent, failing, blocked.", "source")
        self.reload_success = gauge("config_last_reload_success", "1 when the last reload was taken.")
        self.reload_success.set(1)
        self.drill_arrival = gauge(
            "drill_last_arrival_timestamp_seconds", "When a drill arrived last; 0 means never.", "channel"
        )
        self.drills_failed = counter("drills_failed", "Drills that did not arrive as they should.")
        self.heartbeat = gauge("heartbeat_last_success_timestamp_seconds", "When the outside check heard us last.")
        self.heartbeats_failed = counter("heartbeats_failed", "Pings that the outside check did not take.")
        for standing in Standing:
            self.source_health.labels(standing.value)
        for reason in {*_READ_FAILURES}:
            self.items_rejected.labels(reason.value)
        for reason in _KILLS:
            self.worker_kills.labels(reason.value)
        for outcome in _FETCH_OUTCOMES:
            self.fetch_duration.labels(outcome)
        for heard in Heard:
            self.opinions.labels(heard.value)
            self.opinion_duration.labels(heard.value)
        for turn in Turn:
            self.opinions_turned.labels(turn.value)
        for change in ChangeKind:
            self.incident_events.labels(change.value)
        for kind in DATABASE_ERRORS:
            self.db_errors.labels(kind)
        for event in (*EventType, "none"):
            self.classifications.labels(str(event))
        for event in EventType:
            self.incidents_open.labels(event.value)
        for verdict, reasons in (("send", list(Reason)), ("hold", list(HoldReason))):
            for r in reasons:
                self.decisions.labels(verdict, str(r))

    def configure(self, sources: dict[str, timedelta], channels: Iterable[str]) -> None:
        """Give every configured source and channel its series; those of removed sources are dropped."""
        for metric in (self.last_success, self.interval, self.source_failures, self.source_blind):
            metric.clear()
        self._sources = frozenset(sources)
        for source, every in sources.items():
            self.interval.labels(source).set(every.total_seconds())
            self.last_success.labels(source)
            self.source_failures.labels(source)
            self.source_blind.labels(source)
            self.items_seen.labels(source)
            self.items_new.labels(source)
            for outcome in _FETCH_OUTCOMES:
                self.fetch_requests.labels(source, outcome)
            for reason in _READ_FAILURES:
                self.parse_failures.labels(source, reason.value)
        self._channels = tuple(channels)
        for channel in self._channels:
            for metric in (self.outbox_pending, self.outbox_oldest):
                metric.labels(channel).set(0)
            for count in (self.attempts, self.sent, self.unknown, self.repeated, self.dead):
                count.labels(channel)
            self.drill_arrival.labels(channel)
            for result in (AttemptClass.TRANSIENT, AttemptClass.PERMANENT, AttemptClass.AMBIGUOUS):
                self.failed.labels(channel, result.value)

    def show(self, inbox: int, pending: Mapping[str, int], oldest: Mapping[str, datetime], quarantined: int) -> None:
        """What lies in the two beds; `oldest` has the channels with something waiting."""
        self.inbox_waiting.set(inbox)
        self.quarantined.set(quarantined)
        for channel in {*self._channels, *pending}:
            self.outbox_pending.labels(channel).set(pending.get(channel, 0))
            self.outbox_oldest.labels(channel).set(oldest[channel].timestamp() if channel in oldest else 0)

    def show_health(self, healths: Iterable[Health]) -> None:
        """How all sources stand. Those that are off are counted and have no series of their own."""
        known = list(healths)
        number = Counts(one.standing for one in known)
        for standing in Standing:
            self.source_health.labels(standing.value).set(number[standing])
        for one in known:
            if one.source_id in self._sources:
                self.source_blind.labels(one.source_id).set(one.blind)

    def show_incidents(self, open_: Mapping[EventType, int]) -> None:
        """How many incidents are open, by event."""
        for event in EventType:
            self.incidents_open.labels(event.value).set(open_.get(event, 0))

    def show_value_at_risk(self, portfolios: Iterable[Portfolio]) -> None:
        """One series for each position that is configured; those of positions that are no more are dropped."""
        self.value_at_risk.clear()
        for portfolio in portfolios:
            for line in portfolio.lines:
                self.value_at_risk.labels(portfolio.seller_id, line.platform, line.country).set(float(line.worst))

    # --- ports.Meter

    def looked(self, look: Look, state: SourceState, every: timedelta) -> None:
        outcome = look.reason.value if look.reason else look.outcome.value
        self.fetch_requests.labels(look.source_id, outcome).inc()
        self.fetch_duration.labels(outcome).observe(look.seconds)
        if look.outcome is Outcome.OK:
            self.fetch_bytes.observe(look.body_bytes)
        if look.reason is FailureReason.PRIVATE_ADDRESS:
            self.ssrf_blocked.inc()
        if look.source_id in self._sources:
            self.interval.labels(look.source_id).set(every.total_seconds())
        self.remember(state)

    def remember(self, state: SourceState) -> None:
        """Show a source's state as stored: at start, before any look. Sources that are not watched are not shown."""
        if state.source_id not in self._sources:
            return
        if state.last_success_at:
            self.last_success.labels(state.source_id).set(state.last_success_at.timestamp())
        self.source_failures.labels(state.source_id).set(state.failures)

    def read(self, source_id: str, result: ReadResult, new: int) -> None:
        self.items_seen.labels(source_id).inc(len(result.documents))
        self.items_new.labels(source_id).inc(new)
        if result.failure:
            self.parse_failures.labels(source_id, result.failure.value).inc()
        for rejected in result.rejected:
            self.items_rejected.labels(rejected.reason.value).inc()

    def worker_killed(self, reason: FailureReason) -> None:
        self.worker_kills.labels(reason.value).inc()

    def assessed(self, assessment: Assessment, seconds: float) -> None:
        kind = assessment.signals[0].event_type.value if assessment.signals else "none"
        self.classifications.labels(kind).inc()
        self.classification_duration.observe(seconds)

    def changed(self, incident: Incident, published_to_now: timedelta | None) -> None:
        latest = [c for c in incident.history if c.at == incident.updated_at]
        for change in latest:
            self.incident_events.labels(change.kind.value).inc()
        if published_to_now is not None and latest:
            self.detection_lag.observe(max(published_to_now.total_seconds(), 0))

    def decided(self, verdict: str, reason: str) -> None:
        self.decisions.labels(verdict, reason).inc()

    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None:
        channel = delivery.channel
        self.attempts.labels(channel).inc()
        self.send_duration.labels(channel).observe(seconds)
        if delivery.repeat:
            self.repeated.labels(channel).inc()
        if attempt.result is not AttemptClass.OK:
            self.failed.labels(channel, attempt.result.value).inc()
        if state is DeliveryState.SENT:
            self.sent.labels(channel).inc()
        elif state is DeliveryState.UNKNOWN:
            self.unknown.labels(channel).inc()
        elif state is DeliveryState.DEAD:
            self.dead.labels(channel).inc()

    def delivered(self, waited: timedelta) -> None:
        """How long the decision waited until its delivery arrived."""
        self.end_to_end.observe(max(waited.total_seconds(), 0))

    def stepped(self, at: datetime, seconds: float) -> None:
        self.cycle.observe(seconds)

    def healthy(self, at: datetime) -> None:
        self.pipeline_success.set(at.timestamp())

    # --- what second opinions report

    def opinion_heard(self, heard: Heard, seconds: float) -> None:
        self.opinions.labels(heard.value).inc()
        self.opinion_duration.labels(heard.value).observe(seconds)

    def opinion_cost(self, tokens: int) -> None:
        self.opinion_tokens.inc(tokens)

    def opinion_turned(self, turn: Turn) -> None:
        self.opinions_turned.labels(turn.value).inc()

    # --- what drills and heartbeats report

    def drilled(self, arrivals: Mapping[str, datetime]) -> None:
        """When a drill arrived last, by channel."""
        for channel, at in arrivals.items():
            self.drill_arrival.labels(channel).set(at.timestamp())

    def drill_failed(self) -> None:
        self.drills_failed.inc()

    def pinged(self, at: datetime) -> None:
        self.heartbeat.set(at.timestamp())

    def ping_failed(self) -> None:
        self.heartbeats_failed.inc()

    # --- what the store reports

    def db_failed(self, kind: str) -> None:
        self.db_errors.labels(kind).inc()
