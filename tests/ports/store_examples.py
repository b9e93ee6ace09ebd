"""Small whole values for the stories of the store."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, Hold, HoldReason, Message, Reason, Told
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.documents import Capture, Document, digest
from monitor.domain.exposure import Severity
from monitor.domain.impact import Impact, Term
from monitor.domain.incidents import Change, ChangeKind, Evidence, Incident
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Authority, Look, Outcome, SourceState
from monitor.ports import Inbox, Ledger, Outbox
from monitor.steps import HeldAlert, WantedPage

NOON = datetime(2024, 9, 24, 12, 0, 0, 123456, tzinfo=UTC)
LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)
TITLE = "虾米音乐 — TikTok Music закрывается 🎵"


@dataclass(frozen=True)
class Store:
    """The three ports over one memory or one database."""

    inbox: Inbox
    ledger: Ledger
    outbox: Outbox


def state(source_id: str = "tiktok") -> SourceState:
    return SourceState(source_id, NOON + timedelta(minutes=15), etag='W/"1"', last_look_at=NOON, body_hash="b1")


def look(source_id: str = "tiktok") -> Look:
    return Look(source_id, NOON, Outcome.OK, status=200, retry_after=timedelta(seconds=90), seconds=0.25)


def capture(no: int = 1, source_id: str = "tiktok") -> Capture:
    body = f"<rss>{TITLE} {no}</rss>".encode() + bytes(range(256))
    return Capture(
        id=f"capture-{no:04}",
        source_id=source_id,
        url=f"https://news.example/feed?no={no}",
        fetched_at=NOON + timedelta(seconds=no),
        status=200,
        content_type="application/rss+xml",
        body=body,
        body_hash=digest(body),
        headers=(("etag", '"1"'), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
    )


def document(no: int = 1, text: str = "TikTok Music will close on November 28, 2024.") -> Document:
    return Document(
        id=f"document-{no:04}",
        source_id="tiktok",
        capture_id="capture-0001",
        url=f"https://news.example/{no}",
        title=TITLE,
        text=text,
        published=NOON - timedelta(hours=1),
        fetched_at=NOON,
        lang="ru",
        doubts=("encoding_doubt",),
    )


def signal(date: str = "2024-11-28") -> Signal:
    return Signal(
        event_type=EventType.SHUTDOWN,
        status=Status.CONFIRMED,
        platforms=("TikTok Music",),
        regions=("WORLD",),
        effective_date=PartialDate(date),
        deadlines=(Deadline(PartialDate("2024-10-28"), DeadlineRole.REFUND, "until October 28"),),
        score=0.97,
        spans=(Span("title", 0, 4, "虾米音乐", "platform:Xiami"),),
    )


def assessment(no: int = 1) -> Assessment:
    return Assessment(f"document-{no:04}", "ru", 0.97, (signal(),), meaning=(0.5, -0.25, 0.83333), model="test")


def incident(id: str = "incident-a", revision: int = 1, at: datetime = NOON, date: str = "2024-11-28") -> Incident:
    says = signal(date)
    evidence = Evidence(
        document_id="document-0001",
        signal_no=0,
        content_hash=document().content_hash,
        source_id="tiktok",
        publisher="ByteDance",
        authority=Authority.OFFICIAL,
        url="https://news.example/1",
        title=TITLE,
        lang="ru",
        published=NOON,
        signal=says,
    )
    return Incident(
        id=id,
        revision=revision,
        event_type=says.event_type,
        platforms=says.platforms,
        regions=says.regions,
        status=says.status,
        status_why="the platform itself says so",
        effective_date=says.effective_date,
        deadlines=says.deadlines,
        headline=TITLE,
        opened_at=NOON,
        updated_at=at,
        evidence=(evidence,),
        history=(Change(ChangeKind.OPENED, NOON, "", "confirmed", "document-0001", "first evidence"),),
    )


def told(incident_id: str = "incident-a", seller_id: str = "anna", severity: Severity = Severity.HIGH) -> Told:
    one = incident(incident_id)
    return Told(
        incident_id,
        seller_id,
        NOON,
        one.status,
        severity,
        one.platforms,
        one.regions,
        one.effective_date,
        one.deadlines,
    )


def held(incident_id: str = "incident-a", revision: int = 1, seller_id: str = "anna") -> HeldAlert:
    return HeldAlert(incident_id, revision, seller_id, NOON, Hold(HoldReason.NOT_EXPOSED, "sells nothing there"))


def wanted(no: int = 1) -> WantedPage:
    return WantedPage(f"document-{no:04}", "tiktok", f"https://news.example/{no}", NOON + timedelta(seconds=no))


def delivery(
    key: str = "delivery-1",
    incident_id: str = "incident-a",
    target: str = "mail-anna",
    severity: Severity = Severity.HIGH,
    *,
    seller_id: str = "anna",
    why: str = "you sell there",
    wait: timedelta = timedelta(0),
) -> Delivery:
    """A delivery as the path makes it."""
    one = incident(incident_id)
    impact = Impact(
        seller_id,
        exposed=True,
        severity=severity,
        at_once=Decimal("1200.50"),
        per_day=Decimal("80"),
        currency="EUR",
        share_of_sales=0.25,
        terms=(Term("stock", Decimal("1200.50")),),
        reasons=("confirmed",),
        days_left=65,
    )
    return Delivery(
        key=key,
        alert_id=f"alert-{incident_id}",
        incident_id=incident_id,
        seller_id=seller_id,
        target=target,
        channel=target.partition("-")[0],
        severity=severity,
        rung=one.status,
        reason=Reason.FIRST,
        message=Message(f"alert-{incident_id}", one, "Anna", impact, Reason.FIRST, why, NOON, before=told(incident_id)),
        not_before=NOON + wait,
        give_up_at=NOON + timedelta(hours=24),
        created_at=NOON,
    )


SENT = Attempt(AttemptClass.OK, "250", "accepted")
REFUSED = Attempt(AttemptClass.TRANSIENT, "451", "try later", retry_after=timedelta(seconds=30))
IN_DOUBT = Attempt(AttemptClass.AMBIGUOUS, "timeout", "no answer after the body was sent")


async def known_entries(ledger: Ledger, source_id: str) -> frozenset[str]:
    """The keys of the source's entries that were read before."""
    return (await ledger.before([source_id]))[source_id].entries
