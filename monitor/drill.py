"""A drill: an invented event travels the whole way, and its arrival is checked.

Its document is put into the inbox as if a source had published it. From there on everything is real: the reading
process, the model, the ledger, the outbox, the channels. The incident that comes of it is nobody's business
(`drilled`): no seller is exposed to it, it joins nothing real, and it is closed when the drill is over.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time, timedelta
from email.utils import format_datetime
from html import escape
from typing import Protocol

from monitor.deciding import Watch
from monitor.domain.addressing import to
from monitor.domain.alerts import Delivery, DeliveryState, Message, Policy, Reason, Target
from monitor.domain.documents import Capture, digest
from monitor.domain.errors import ConflictError, FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed
from monitor.domain.health import Standing
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.operations import addressed
from monitor.domain.signals import EventType
from monitor.domain.sources import DRILL, Authority, Look, Outcome, Source, SourceKind, SourceState
from monitor.domain.vigils import Blind, Notice
from monitor.logs import log
from monitor.ports import Inbox, Ledger
from monitor.steps import Step

PLATFORM = "Sellerwatch Drill"
SOURCE = Source(
    DRILL,
    "The drill",
    "https://drill.sellerwatch.invalid/feed",
    SourceKind.FEED,
    Authority.OFFICIAL,
    PLATFORM,
    timedelta(days=7),
    platforms=(PLATFORM,),
    provenance="invented by Sellerwatch itself",
)
BEGUN, OVER = "drill begun", "drill over"  # marks
WITHIN = timedelta(minutes=15)  # from its beginning to its arrival everywhere
AT, ON_DAY = time(9), 1  # UTC; Tuesdays: somebody is at work, from Hanoi to Lisbon
NOTICE = "drill"  # in place of an incident: the notices of drills that failed are a conversation of their own

_log = log("drill")


class Meter(Protocol):
    """Where it is counted."""

    def drilled(self, arrivals: Mapping[str, datetime]) -> None: ...
    def drill_failed(self) -> None: ...


def with_drill(watch: Watch) -> Watch:
    """The same, and the path knows the source of drills; nobody looks at it, so nobody else needs to."""
    return replace(watch, sources={**watch.sources, DRILL: SOURCE})


def slot(period: str, now: datetime) -> datetime | None:
    """When the last drill was to begin, by the plan; None when there is none."""
    if period not in {"daily", "weekly"}:
        return None
    today = datetime.combine(now.date(), AT, now.tzinfo)
    back = (now.weekday() - ON_DAY) % 7 if period == "weekly" else 0
    planned = today - timedelta(days=back)
    return planned if planned <= now else planned - timedelta(days=7 if period == "weekly" else 1)


def document_id(begun: datetime) -> str:
    """Of the drill's one document, by the rule of feeds."""
    return digest(DRILL, _name(begun))


def capture(begun: datetime) -> Capture:
    """What the invented source publishes: one full entry. The same drill is always the same capture."""
    closing, export = (f"{begun + timedelta(days=days):%-d %B %Y}" for days in (90, 60))
    title = f"{PLATFORM} to shut down for good on {closing}"
    text = (
        f"This is a drill: {PLATFORM} is an invented marketplace, and nothing of what follows is true. "
        f"We have decided to close the {PLATFORM} marketplace. {PLATFORM} will shut down on {closing}. From that day "
        "on sellers can no longer log in, list products or receive orders. Please export your data, order history and "
        f"invoices before {export}. Outstanding payouts will be transferred to your bank account as usual. We thank "
        "all sellers for the trust of the last years. The help centre stays open until the closure and answers every "
        "question about open orders, returns, refunds and stock in our warehouses."
    )
    name = _name(begun)
    body = (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{PLATFORM}</title><link>{SOURCE.url}</link><item><title>{escape(title)}</title>"
        f"<link>https://drill.sellerwatch.invalid/{digest(name)[:12]}</link>"
        f'<guid isPermaLink="false">{name}</guid><pubDate>{format_datetime(begun)}</pubDate>'
        f"<description>{escape(text)}</description></item></channel></rss>"
    ).encode()
    return Capture(
        digest(DRILL, name, "capture"), DRILL, SOURCE.url, begun, 200, "application/rss+xml", body, digest(body)
    )


def _name(begun: datetime) -> str:
    return f"drill {begun.isoformat()}"


def hearers(targets: Sequence[Target]) -> Sequence[Target]:
    """Those marked `drill`; the operators when nobody is, and nobody when there are none."""
    return [target for target in targets if target.drill] or [target for target in targets if target.operations]


def said(incident: Incident, targets: Sequence[Target], begun: datetime, now: datetime) -> tuple[Delivery, ...]:
    """One delivery for each target, marked as an exercise in every language; the same again is the same keys."""
    alert_id = digest(DRILL, _name(begun), "alert")
    unhurt = Impact("", False, Severity.INFO, currency="EUR", reasons=("a drill",))
    message = Message(alert_id, incident, SOURCE.name, unhurt, Reason.DRILL, "We try whether word reaches you.", now)
    return tuple(
        to(
            target,
            message,
            Reason.DRILL,
            incident_id=incident.id,
            seller_id="",
            severity=Severity.INFO,
            rung=incident.status,
            now=now,
            patience=begun + WITHIN - now,
        )
        for target in targets
    )


def failed(
    begun: datetime, words: str, watched: int, targets: Sequence[Target], policy: Policy, now: datetime
) -> tuple[Delivery, ...]:
    """What the operators are told of a drill that did not arrive."""
    blind = Blind(DRILL, "The drill", "", Standing.FAILING, FailureReason.TIMEOUT, begun, words)
    notice = Notice(digest(DRILL, _name(begun), "failed"), now, max(watched, 1), fresh=(blind,))
    return tuple(replace(one, incident_id=NOTICE, severity=Severity.HIGH) for one in addressed(notice, targets, policy))


def misread(incident: Incident) -> str:
    """What the model got wrong, in words."""
    wrong = []
    if incident.event_type is not EventType.SHUTDOWN:
        wrong.append(f"taken for {incident.event_type.value}")
    if incident.platforms != (PLATFORM,):
        wrong.append(f"about {', '.join(incident.platforms) or 'no platform'}")
    if incident.effective_date is None:
        wrong.append("without its date")
    return f"its document was misread: {', '.join(wrong)}" if wrong else ""


def under_way(marks: Mapping[str, datetime]) -> bool:
    """Whether the last drill that was begun is not over yet."""
    return BEGUN in marks and (OVER not in marks or marks[OVER] < marks[BEGUN])


class Drill:
    """`watch` gives the configuration as it is now, `period` how often: "never", "daily", "weekly"; `arrivals` when a
    drill arrived last by each channel."""

    def __init__(
        self,
        inbox: Inbox,
        ledger: Ledger,
        watch: Callable[[], Watch],
        period: Callable[[], str],
        arrivals: Callable[[], Awaitable[Mapping[str, datetime]]],
        meter: Meter,
    ) -> None:
        self._inbox, self._ledger, self._watch = inbox, ledger, watch
        self._period, self._arrivals, self._meter = period, arrivals, meter
        self._shown = False

    async def step(self, now: datetime) -> bool:
        """Begin the drill that is due, or see to the one under way; True when there is mail.

        Raises UnavailableError.
        """
        if not self._shown:
            self._meter.drilled(await self._arrivals())
            self._shown = True
        with suppress(ConflictError):  # somebody else moved its incident: the next round sees how it stands
            marks = await self._ledger.marks()
            begun, due = marks.get(BEGUN), slot(self._period(), now)
            if begun is not None and under_way(marks):
                return await self._see_to(begun, now)
            if begun is None and due is not None:  # the first start is no drill: the plan begins with it
                await self._ledger.keep(Step(at=now, marks=[(BEGUN, now), (OVER, now)]))
            elif begun is not None and due is not None and due > begun:
                await self.begin(now)
        return False

    async def begin(self, now: datetime) -> None:
        """Begin one now, whatever the plan says. What stops between these two is made good by the next `step`."""
        await self._ledger.keep(Step(at=now, marks=[(BEGUN, now)]))
        await self._publish(now, now)
        _log.info("drill_begun")

    async def _publish(self, begun: datetime, now: datetime) -> None:
        look, state = Look(DRILL, now, Outcome.OK), SourceState(DRILL, now, url=SOURCE.url)
        await self._inbox.looked(look, state, capture(begun))  # one that is there already stays as it is

    async def _see_to(self, begun: datetime, now: datetime) -> bool:
        late = abs(now - begun) >= WITHIN  # a clock that goes back does not keep it under way for ever
        near = await self._ledger.incidents_near((), {document_id(begun)}, now)
        if not near:
            if late:
                return await self._end(begun, None, "its document was read, and no event was seen in it", now)
            await self._publish(begun, now)
            return False
        incident, watch = near[0], self._watch()
        sent = [one for one in await self._ledger.spoken(incident.id) if one.reason is Reason.DRILL]
        targets = hearers(watch.targets)
        if not sent and targets and not late:
            await self._ledger.keep(Step(at=now, deliveries=said(incident, targets, begun, now)))
            return True
        waiting = [one for one in sent if one.state is not DeliveryState.SENT]
        if waiting and not late and any(one.state is not DeliveryState.DEAD for one in waiting):
            return False
        wrong = [f"{one.target} ({one.channel}) is {one.state.value}: {one.last_detail or 'no try'}" for one in waiting]
        if targets and not sent:
            wrong.append("it came too late to be sent to anybody")
        return await self._end(begun, incident, "; ".join(filter(None, (misread(incident), *wrong))), now)

    async def _end(self, begun: datetime, incident: Incident | None, words: str, now: datetime) -> bool:
        """It is over: closed, on record, and told to the operators if it failed."""
        watch = self._watch()
        notice = failed(begun, words, len(watch.sources), watch.targets, watch.policy, now) if words else ()
        shut = [] if incident is None or incident.closed else [closed(incident, DRILL, "the drill is over", now)]
        await self._ledger.keep(Step(at=now, incidents=shut, deliveries=notice, marks=[(OVER, max(now, begun))]))
        self._meter.drilled(await self._arrivals())
        if words:
            self._meter.drill_failed()
            _log.error("drill_failed", why=words)
        else:
            _log.info("drill_arrived")
        return bool(notice)
