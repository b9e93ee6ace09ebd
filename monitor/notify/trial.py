"""A marked test message, which goes the whole way of a real one."""

from datetime import datetime, timedelta

from monitor.domain.addressing import to
from monitor.domain.alerts import Delivery, Message, Reason, Target
from monitor.domain.documents import digest
from monitor.domain.exposure import Seller, Severity
from monitor.domain.impact import Impact
from monitor.domain.incidents import Incident
from monitor.domain.signals import EventType, Status
from monitor.notify.tongue import tongue

_PATIENCE = timedelta(hours=1)  # a test that arrives tomorrow helps nobody


def trial(target: Target, seller: Seller, now: datetime) -> Delivery:
    """A test delivery to the target, due at once. Every test has ids of its own."""
    id, t = digest("test", target.id, now.isoformat()), tongue(target.language, target.zone)
    incident = Incident(
        id=id,
        revision=1,
        event_type=EventType.SHUTDOWN,
        platforms=(t.say("Test platform"),),
        regions=("WORLD",),
        status=Status.RUMOR,
        status_why="somebody asked for a test with sellerwatch test-channel",
        effective_date=None,
        deadlines=(),
        headline=t.say("This is a test of Sellerwatch: nothing has happened"),
        opened_at=now,
        updated_at=now,
        evidence=(),
        history=(),
    )
    severity = Severity.CRITICAL  # so that it waits for nothing
    impact = Impact(seller.id, True, severity, currency=seller.currency, reasons=("a test",))
    message = Message(id, incident, seller.name, impact, Reason.TEST, "somebody asked for a test", now)
    return to(
        target,
        message,
        Reason.TEST,
        incident_id=id,
        seller_id=seller.id,
        severity=severity,
        rung=incident.status,
        now=now,
        patience=_PATIENCE,
    )
