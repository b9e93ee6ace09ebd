"""Counts what happens and shows what stands, on the metrics of `metrics_families`.

Labels come from closed sets only: configured ids and enums. Whatever else is offered is counted as "other", or, where a
series of its own is all there would be, not at all.
"""

from collections import Counter as Counts
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

from monitor.census import BANDS, Census, Depth, Room
from monitor.cluster.duties import DUTIES, Role
from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState
from monitor.domain.crew import Queue, Sight
from monitor.domain.deadlines import DeadlineRole
from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Health, Standing
from monitor.domain.incidents import Incident
from monitor.domain.ladder import RUNGS
from monitor.domain.opinions import Heard, Turn
from monitor.domain.portfolio import Portfolio
from monitor.domain.signals import Assessment, EventType, Status
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.metrics_families import DATABASE_ERRORS, FAILED, HELD, JOBS, OTHER, VERDICTS, Families

LARGEST = 200  # positions that have a series of their own; of each seller the others are one

_VERDICTS = frozenset(VERDICTS)


class Metrics(Families):
    """Implements `ports.Meter`."""

    def __init__(self) -> None:
        super().__init__()
        self._channels: tuple[str, ...] = ()
        self._sources: frozenset[str] = frozenset()
        self._positions: list[tuple[str, str, str]] = []  # seller, platform and country of those that are shown
        self._due: Mapping[tuple[str, str, str, str], int] = {}

    def configure(self, sources: dict[str, timedelta], channels: Iterable[str]) -> None:
        """Give every configured source and channel its series; those of removed ones are dropped, and what is still
        there keeps what it shows."""
        for metric in self.by_source:
            for gone in self._sources - sources.keys():
                metric.remove(gone)
            for source in sources:
                metric.labels(source)
        for source, every in sources.items():
            self.interval.labels(source).set(every.total_seconds())
        self._sources = frozenset(sources)
        built = (*channels, OTHER)
        for gone in set(self._channels) - set(built):  # a depth that nobody renews would be warned of for ever
            for family in self.by_channel:
                family.remove(gone)
            for result in FAILED:
                self.failed.remove(gone, result.value)
        self._channels = built[:-1]
        for channel in built:
            for family in self.by_channel:
                family.labels(channel)
            for result in FAILED:
                self.failed.labels(channel, result.value)

    def show(self, inbox: int, quarantined: int) -> None:
        """What lies in the inbox."""
        self.inbox_waiting.set(inbox)
        self.quarantined.set(quarantined)

    def show_outbox(self, depths: Mapping[str, Depth]) -> None:
        """What lies in the outbox, by channel; that of channels that are configured no more is shown together."""
        others = [depth for channel, depth in depths.items() if channel not in self._channels]
        shown = {channel: [depths.get(channel, Depth())] for channel in self._channels} | {OTHER: others}
        for channel, some in shown.items():
            oldest = min((one.oldest for one in some if one.oldest), default=None)
            self.outbox_pending.labels(channel).set(sum(one.pending for one in some))
            self.outbox_held.labels(channel).set(sum(one.held for one in some))
            self.dead_letters.labels(channel).set(sum(one.dead for one in some))
            self.outbox_oldest.labels(channel).set(oldest.timestamp() if oldest else 0)

    def show_room(self, room: Room) -> None:
        self.db_size.set(room.size)
        self.db_wal.set(room.wal)
        self.disk_free.set(room.free)

    def show_census(self, census: Census) -> None:
        """What waits for people."""
        self.silences.set(census.silences)
        for role in DeadlineRole:
            for band in BANDS:
                self.deadlines_open.labels(role.value, band).set(census.deadlines.get((role, band), 0))
        for severity in (Severity.HIGH, Severity.CRITICAL):
            arrived = census.unanswered.get(severity, ())
            name = severity.name.lower()
            self.unanswered.labels(name).set(len(arrived))
            self.unanswered_oldest.labels(name).set(min(arrived).timestamp() if arrived else 0)
        self._due = census.at_positions
        self._show_due()

    def show_health(self, healths: Iterable[Health]) -> None:
        """How all sources stand. Those that are off are counted and have no series of their own."""
        known = list(healths)
        number = Counts(one.standing for one in known)
        for standing in Standing:
            self.source_health.labels(standing.value).set(number[standing])
        used = len(known) - number[Standing.OFF]
        self.blind_ratio.set(sum(one.blind for one in known) / used if used else 0)
        for one in known:
            if one.source_id in self._sources:
                self.source_blind.labels(one.source_id).set(one.blind)

    def show_incidents(self, open_: Mapping[tuple[EventType, Status], int]) -> None:
        """How many incidents are open, by event and rung."""
        for event in EventType:
            for rung in RUNGS:
                self.incidents_open.labels(event.value, rung.value).set(open_.get((event, rung), 0))

    def show_value_at_risk(self, portfolios: Collection[Portfolio]) -> None:
        """A series for each of the largest positions that are configured, at zero too, and one for all others of the
        same seller, whose currency they share; and beside it how many incidents put it at risk. Sellers beyond LARGEST
        are not shown."""
        for known in (self.value_at_risk, self.position_incidents, self._positions):
            known.clear()
        each = max(LARGEST // max(len(portfolios), 1), 1)
        for portfolio in islice(portfolios, LARGEST):
            seller, currency = portfolio.seller_id, portfolio.currency
            lines = sorted(portfolio.lines, key=lambda line: (-line.worst, line.platform, line.country))
            shown = [((line.platform, line.country), [line]) for line in lines[:each]]
            if rest := lines[each:]:
                shown.append(((OTHER, OTHER), rest))
            for where, some in shown:
                self.value_at_risk.labels(seller, currency, *where).set(float(sum(line.worst for line in some)))
                self.position_incidents.labels(seller, *where).set(sum(len(line.incidents) for line in some))
                self._positions.append((seller, *where))
        self._show_due()

    def _show_due(self) -> None:
        """The deadlines of the positions that are shown."""
        found = Counts({(*position, band): 0 for position in self._positions for band in BANDS})
        for (seller, platform, country, band), number in self._due.items():
            for position in ((seller, platform, country), (seller, OTHER, OTHER)):
                if (*position, band) in found:
                    found[*position, band] += number
                    break
        self.position_deadlines.clear()
        for labels, number in found.items():
            self.position_deadlines.labels(*labels).set(number)

    def show_crew(self, sight: Sight, clock_off: timedelta) -> None:
        """What stands of all daemons together; one that works alone has every role. A duty that is none of ours, of
        another release, is shown with its like."""
        for role in Role:
            self.daemons.labels(role.value).set(sight.alive(role) if sight.shared else 1)
        self.configurations.set(max(len(sight.configurations), 0 if sight.shared else 1))
        shown: dict[str, list[Queue]] = {duty: [] for duty in (*DUTIES, OTHER)}
        for queue in sight.queues:
            shown[queue.duty if queue.duty in DUTIES else OTHER].append(queue)
        for duty, queues in shown.items():
            for state in JOBS:
                self.jobs.labels(duty, state).set(sum(getattr(one, state) for one in queues))
            since = min((one.waits_since for one in queues if one.waits_since), default=None)
            self.waiting.labels(duty).set(since.timestamp() if since else 0)
        for what in HELD:
            self.leases.labels(what).set(sum(getattr(one, what) for one in sight.hands.values()))
        self.overdue.set(sight.overdue)
        self.clock_off.set(clock_off.total_seconds())

    def lagged(self, seconds: float) -> None:
        """A timer of the event loop came so late."""
        self.loop_lag.observe(seconds)

    # --- ports.Meter

    def looked(self, look: Look, state: SourceState, every: timedelta) -> None:
        outcome = look.reason.value if look.reason else look.outcome.value
        self.fetch_requests.labels(outcome).inc()
        self.fetch_duration.labels(look.outcome.value).observe(look.seconds)
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
        if state.every:  # another daemon may have given it
            self.interval.labels(state.source_id).set(state.every.total_seconds())

    def read(self, source_id: str, result: ReadResult, new: int) -> None:
        if source_id in self._sources:
            self.items_seen.labels(source_id).inc(len(result.documents))
            self.items_new.labels(source_id).inc(new)
        if result.failure:
            self.parse_failures.labels(result.failure.value).inc()
        for rejected in result.rejected:
            self.items_rejected.labels(rejected.reason.value).inc()

    def worker_killed(self, reason: FailureReason) -> None:
        self.worker_kills.labels(reason.value).inc()

    def refused(self, reason: str) -> None:
        self.web_refused.labels(reason).inc()

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
        if (verdict, reason) in _VERDICTS:
            self.decisions.labels(verdict, reason).inc()

    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None:
        channel = self._known(delivery.channel)
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
        if heard is Heard.ANSWERED:
            self.opinion_duration.observe(seconds)

    def opinion_cost(self, tokens: int) -> None:
        self.opinion_tokens.inc(tokens)

    def opinion_turned(self, turn: Turn) -> None:
        self.opinions_turned.labels(turn.value).inc()

    # --- what drills and heartbeats report

    def drilled(self, arrivals: Mapping[str, datetime]) -> None:
        """When a drill arrived last, by channel."""
        for channel, at in arrivals.items():
            if channel in self._channels:
                self.drill_arrival.labels(channel).set(at.timestamp())

    def drill_failed(self) -> None:
        self.drills_failed.inc()

    def pinged(self, at: datetime) -> None:
        self.heartbeat.set(at.timestamp())

    def ping_failed(self) -> None:
        self.heartbeats_failed.inc()

    # --- what the store reports

    def db_failed(self, kind: str) -> None:
        self.db_errors.labels(kind if kind in DATABASE_ERRORS else "defect").inc()

    def _known(self, channel: str) -> str:
        return channel if channel in self._channels else OTHER
