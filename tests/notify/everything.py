"""Messages that hold everything that one can hold, and English wherever the domain writes English."""

from dataclasses import replace
from datetime import date

from letters import all_clear, closing, delivery, evidence

from monitor.domain.alerts import Delivery, Reason
from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.digests import DueItem
from monitor.domain.errors import FailureReason
from monitor.domain.exposure import Severity
from monitor.domain.health import Standing
from monitor.domain.incidents import Claimed, Conflict, PlaceDate
from monitor.domain.signals import Status
from monitor.domain.sources import Authority, SourceKind
from monitor.domain.stakes import Ground, Weighs
from monitor.domain.vigils import Blind, Find, Notice

ENGLISH_OF_THE_DOMAIN = "the domain says this in English"


def stuffed(language: str) -> Delivery:
    """A letter with everything in it that a letter can hold, and with English wherever the domain writes English."""
    one = all_clear().message
    message = closing().message
    before = replace(
        one.before,  # type: ignore[type-var]
        rung=Status.RUMOR,
        severity=Severity.LOW,
        dates=(PlaceDate("ID", PartialDate("2024-12-01"), Status.RUMOR, ENGLISH_OF_THE_DOMAIN),),
    )
    more = tuple(
        evidence(f"x{n}", f"Koran {n}", authority, "Judul", "id", message.made_at, "kutipan", "https://koran.example/")
        for n, authority in enumerate(Authority)
    )
    incident = replace(
        message.incident,
        status=Status.EFFECTIVE,
        status_why=ENGLISH_OF_THE_DOMAIN,
        question=ENGLISH_OF_THE_DOMAIN,
        evidence=(*message.incident.evidence, *more),
        deadlines=tuple(
            Deadline(PartialDate("2024-11-20"), role, "kutipan", "Asia/Jakarta", "sellers", "rumor", document_id="d1")
            for role in DeadlineRole
        ),
        conflicts=(
            Conflict("date", (Claimed("2024-11-28", (("d1", 0),)), Claimed("2024-12", (("gone", 0),)))),
            Conflict("place", (Claimed("ID", (("d1", 0),)), Claimed("WORLD", (("d2", 0),)))),
            Conflict("status", (Claimed("confirmed", (("d1", 0),)), Claimed("reversed", (("d2", 0),)))),
        ),
        dates=(
            PlaceDate("ID", PartialDate("2024-11-28"), Status.CONFIRMED, ENGLISH_OF_THE_DOMAIN),
            PlaceDate("BR", None, Status.REVERSED, ENGLISH_OF_THE_DOMAIN),
        ),
    )
    grounds = tuple(Ground(kind, 1, 7, Severity.HIGH, "11.11", PartialDate("2024-11-11")) for kind in Weighs)
    impact = replace(message.impact, reasons=(ENGLISH_OF_THE_DOMAIN,), grounds=grounds, horizon=30)
    due = (DueItem("inc-music", "TikTok", date(2024, 10, 28), "payout", deadline=incident.deadlines[0], left=-2),)
    full = replace(
        message,
        incident=incident,
        impact=impact,
        before=before,
        why=ENGLISH_OF_THE_DOMAIN,
        reason=Reason.ESCALATED,
        level=2,
        due=due,
        beside=(("TikTok Shop", "inc-other"),),
    )
    return delivery(
        full,
        language=language,
        zone="Asia/Shanghai",
        repeat=True,
        waits_for="quiet hours; nobody on duty; silence of ops",
        instead_of="desk",
        fallback_of="key",
    )


def blindness(language: str, *source_ids: str) -> Delivery:
    """A notice that every cause of blindness stands in, or one of those sources alone."""
    now = closing().message.made_at
    find = Find("https://new.example/feed", SourceKind.FEED, 12, now)
    blind = tuple(
        Blind(
            f"s{n}", f"Gazette {n}", "https://old.example/", Standing.FAILING, reason, now, ENGLISH_OF_THE_DOMAIN, find
        )
        for n, reason in enumerate((*FailureReason, None))
    )
    if source_ids:
        blind = tuple(replace(blind[0], source_id=id) for id in source_ids)
    notice = Notice("notice-1", now, 40, fresh=blind[::2] or blind, known=blind[1::2])
    return replace(closing(), message=notice, reason=Reason.BLIND, language=language, repeat=True)
