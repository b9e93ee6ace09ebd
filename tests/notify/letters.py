"""Three stories told to a seller, as deliveries: a closing with money at stake, a rumoured ban, an all clear."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from monitor.domain.alerts import Delivery, Message, Reason, Told
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.exposure import Part, Severity
from monitor.domain.impact import Impact, Term
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.playbooks import PlaybookStep, Task
from monitor.domain.signals import EventType, Signal, Span, Status
from monitor.domain.sources import Authority
from monitor.domain.stakes import Ground, Weighs

NOW = datetime(2024, 10, 2, 9, 30, tzinfo=UTC)


def evidence(
    document_id: str,
    publisher: str,
    authority: Authority,
    title: str,
    lang: str,
    published: datetime,
    quote: str,
    url: str,
) -> Evidence:
    signal = Signal(
        EventType.SHUTDOWN,
        Status.CONFIRMED,
        (),
        (),
        None,
        (),
        0.97,
        (Span("text", 0, len(quote), quote, "event:shutdown"),),
    )
    return Evidence(
        document_id, 0, "hash", f"source-of-{document_id}", publisher, authority, url, title, lang, published, signal
    )


def delivery(message: Message, **changes: object) -> Delivery:
    made = Delivery(
        key=f"key of {message.alert_id}",
        alert_id=message.alert_id,
        incident_id=message.incident.id,
        seller_id=message.impact.seller_id,
        target="ops",
        channel="email",
        severity=message.impact.severity,
        rung=message.incident.status,
        reason=message.reason,
        message=message,
        not_before=message.made_at,
        give_up_at=message.made_at + timedelta(hours=24),
        attempts=1,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def task(id: str, do: str, owner: str, due: str = "") -> Task:
    return Task("the-platform-goes", PlaybookStep(id, do, owner, ()), date.fromisoformat(due) if due else None, "")


TASKS = (
    task("check-the-source", "Read the announcement itself, in the original.", "operations", "2024-10-01"),
    task("request-payout", "Ask for the payout of every balance.", "finance", "2024-10-02"),
    task("export", "Export orders, invoices & customer messages.", "operations", "2024-10-25"),
    task("recall-stock", "Order the return of stock.", "warehouse", "2024-10-29"),
    task("last-orders", "Close the listings early enough to ship.", "operations"),
)


def closing() -> Delivery:
    incident = Incident(
        id="inc-music",
        revision=3,
        event_type=EventType.SHUTDOWN,
        platforms=("TikTok Music",),
        regions=("ID", "BR", "AU", "SG", "MX"),
        status=Status.CONFIRMED,
        status_why="The platform announced it on its own site.",
        effective_date=PartialDate("2024-11-28"),
        deadlines=(
            Deadline(
                PartialDate("2024-11-28"), DeadlineRole.LOGIN, "Anda tidak akan bisa masuk setelah 28 November 2024."
            ),
            Deadline(PartialDate("2024-10-28"), DeadlineRole.DATA_EXPORT, "Transfer playlist sebelum 28 Oktober 2024."),
        ),
        headline="TikTok Music akan ditutup pada 28 November 2024",
        opened_at=NOW - timedelta(hours=3),
        updated_at=NOW,
        evidence=(
            evidence(
                "d2",
                "Harian Contoh",
                Authority.NEWS,
                "TikTok Music resmi tutup akhir November",
                "id",
                NOW - timedelta(hours=2),
                "resmi tutup",
                "https://news.example/tiktok-music?a=1&b=2",
            ),
            evidence(
                "d1",
                "TikTok",
                Authority.OFFICIAL,
                "TikTok Music akan ditutup pada 28 November 2024",
                "id",
                NOW - timedelta(hours=3),
                "Dengan berat hati kami umumkan bahwa TikTok Music akan ditutup",
                "https://support.tiktok.example/id/closing",
            ),
        ),
        history=(),
    )
    impact = Impact(
        seller_id="acme",
        exposed=True,
        severity=Severity.CRITICAL,
        at_once=Decimal(195_000),
        per_day=Decimal(12_000),
        currency="EUR",
        share_of_sales=0.34,
        terms=(
            Term("TikTok Music ID: stock", Decimal(150_000), Part.STOCK, "TikTok Music", "ID"),
            Term("TikTok Music ID: unsettled payouts", Decimal(40_000), Part.PAYOUTS, "TikTok Music", "ID"),
            Term("TikTok Music ID: prepaid ads", Decimal(5_000), Part.ADS, "TikTok Music", "ID"),
        ),
        reasons=("a shutdown is high", "34% of daily sales (at least 25%) +1"),
        days_left=26,
        grounds=(Ground(Weighs.EVENT, severity=Severity.HIGH), Ground(Weighs.LARGE, 1, 0.34)),
    )
    return delivery(
        Message(
            "alert-1",
            incident,
            "Acme Cross-Border",
            impact,
            Reason.FIRST,
            "You sell on TikTok Music in Indonesia.",
            NOW,
            tasks=TASKS,
        )
    )


def rumored_ban() -> Delivery:
    incident = Incident(
        id="inc-ban",
        revision=1,
        event_type=EventType.BAN,
        platforms=("Temu",),
        regions=("VN",),
        status=Status.RUMOR,
        status_why="One source, and it quotes unnamed officials.",
        effective_date=PartialDate("2024-12"),
        deadlines=(),
        headline="Việt Nam có thể chặn Temu từ tháng 12",
        opened_at=NOW,
        updated_at=NOW,
        evidence=(
            evidence(
                "d9",
                "Báo Ví Dụ",
                Authority.NEWS,
                "Việt Nam có thể chặn Temu từ tháng 12",
                "vi",
                NOW - timedelta(hours=1),
                "có thể chặn Temu",
                "https://bao.example/temu",
            ),
        ),
        history=(),
    )
    impact = Impact(
        "acme",
        True,
        Severity.MEDIUM,
        Decimal(0),
        Decimal(0),
        "EUR",
        0.0,
        (),
        ("a ban is high", "at most medium while rumor"),
        None,
        grounds=(Ground(Weighs.EVENT, severity=Severity.HIGH), Ground(Weighs.UNSURE, severity=Severity.MEDIUM)),
    )
    return delivery(
        Message("alert-2", incident, "Acme Cross-Border", impact, Reason.FIRST, "You asked to hear of every ban.", NOW)
    )


def all_clear() -> Delivery:
    ban = rumored_ban().message
    told = Told(
        incident_id="inc-ban",
        seller_id="acme",
        at=NOW - timedelta(days=20),
        rung=Status.CONFIRMED,
        severity=Severity.HIGH,
        platforms=("Temu",),
        regions=("VN", "LA"),
        effective_date=PartialDate("2024-12-01"),
        deadlines=(Deadline(PartialDate("2024-11-30"), DeadlineRole.ORDERS, "orders stop"),),
    )
    lifted = evidence(
        "d12",
        "Bộ Công Thương",
        Authority.REGULATOR,
        "Bộ Công Thương không chặn Temu",
        "vi",
        NOW - timedelta(hours=20),
        "không chặn Temu",
        "https://ministry.example/temu",
    )
    strong = evidence(
        "d10",
        "Temu",
        Authority.OFFICIAL,
        "Temu sẽ bị chặn từ 1/12/2024",
        "vi",
        NOW - timedelta(days=21),
        "sẽ bị chặn",
        "https://temu.example/vn",
    )
    incident = replace(
        ban.incident,
        revision=4,
        status=Status.REVERSED,
        status_why="The ministry lifted it.",
        effective_date=PartialDate("2024-12-01"),
        headline=lifted.title,
        evidence=(
            strong,
            replace(ban.incident.evidence[0], published=NOW - timedelta(days=20)),
            replace(lifted, signal=replace(lifted.signal, status=Status.REVERSED)),
        ),
    )
    impact = replace(ban.impact, severity=Severity.INFO, reasons=("it is called off",), grounds=())
    return delivery(
        replace(
            ban,
            alert_id="alert-3",
            incident=incident,
            impact=impact,
            reason=Reason.ALL_CLEAR,
            why="You were warned of this on 12 Sep 2024.",
            before=told,
        )
    )


STORIES = {"closing": closing, "rumored_ban": rumored_ban, "all_clear": all_clear}
