"""Words to tell stories with: evidence, incidents and sellers, each with defaults that a story does not care about."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from monitor.domain.assembly import assemble
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.exposure import Position, Seller
from monitor.domain.incidents import Evidence, Incident
from monitor.domain.ladder import rung, standing
from monitor.domain.resolution import Kinship
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import Authority

NOW = datetime(2024, 9, 24, 12, tzinfo=UTC)
KIN: Kinship = {"tiktok shop": {"tiktok"}, "tiktok music": {"bytedance"}, "amazon business": {"amazon"}}


def day(number: float) -> datetime:
    """That many days after the story's first."""
    return NOW + timedelta(days=number)


def due(date: str, role: str = "data_export", quote: str = "") -> Deadline:
    return Deadline(PartialDate(date), DeadlineRole(role), quote)


def evidence(
    document: str = "d1",
    status: str = "confirmed",
    event: str = "shutdown",
    *,
    by: str = "",
    authority: str = "news",
    platforms: Sequence[str] = ("TikTok Music",),
    regions: Sequence[str] = ("ID", "BR"),
    date: str | None = None,
    deadlines: Sequence[Deadline] = (),
    at: datetime = NOW,
    number: int = 0,
    gist: int = 0,
    title: str = "",
    doubt: str = "",
    supposed: bool = False,
) -> Evidence:
    """One signal; its publisher is its document's own unless `by` says otherwise."""
    return Evidence(
        document_id=document,
        signal_no=number,
        content_hash=f"hash of {document}",
        source_id=f"source of {by or document}",
        publisher=by or f"publisher of {document}",
        authority=Authority(authority),
        url=f"https://example.com/{document}",
        title=title or f"title of {document}",
        lang="en",
        published=at,
        signal=Signal(
            EventType(event),
            Status(status),
            tuple(platforms),
            tuple(regions),
            PartialDate(date) if date else None,
            tuple(deadlines),
            0.9,
            (),
            EventType(doubt) if doubt else None,
            supposed,
        ),
        gist=gist,
    )


def incident(*parts: Evidence, now: datetime = NOW, previous: Incident | None = None) -> Incident:
    """The incident that this evidence makes."""
    return assemble("i1", parts or (evidence(),), previous, now, parts[-1].document_id if parts else "d1")


def climb(words: Sequence[Evidence], today: date, effective: PartialDate | None) -> tuple[Status, str]:
    """The rung that the words reach, whichever of them stand."""
    return rung(standing(words), today, effective)


def position(
    platform: str = "TikTok Music", country: str = "ID", sales: int | Decimal = 100, **amounts: int | Decimal
) -> Position:
    return Position(platform, country, Decimal(sales), **{name: Decimal(value) for name, value in amounts.items()})


def seller(*positions: Position, id: str = "acme") -> Seller:
    return Seller(id, f"{id.title()} Trading", "EUR", positions)
