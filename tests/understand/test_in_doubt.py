"""What the reader was not sure of goes along with the signal: another type, and places that no word names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import Analyst
from monitor.understand.facts import Facts
from monitor.understand.findings import Finding, doubt
from monitor.understand.model import Judgement
from monitor.understand.windows import Window

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
DAY = datetime(2025, 1, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def analyst() -> Analyst:
    return Analyst((Platform("TikTok", "tiktok", "ByteDance", "app", ("ТикТок",)),))


def supposed(analyst: Analyst, title: str, text: str, source: Source = NEWS) -> tuple[tuple[str, ...], bool]:
    """Its places, and whether no word names them, when it is read as a ban."""
    document = Document("d", "s", "c", "https://s.example/d", title, text, DAY, DAY, "ru")
    signal = analyst.assess_as(document, source, EventType.BAN, Status.CONFIRMED, 0.9)
    return signal.regions, signal.supposed


def test_a_place_where_only_the_language_is_at_home_is_supposed(analyst: Analyst) -> None:
    title, text = "TikTok просит ясности после решения суда", "Владельцы должны продать приложение до воскресенья."
    assert supposed(analyst, title, text) == (("RU",), True)
    assert supposed(analyst, title, f"{text} Закон приняли в США.") == (("US",), False)


def test_a_place_that_the_source_is_for_is_known(analyst: Analyst) -> None:
    moscow = replace(NEWS, countries=("RU",))
    title, text = "TikTok просит ясности после решения суда", "Владельцы должны продать приложение до воскресенья."
    assert supposed(analyst, title, text, moscow) == (("RU",), False)


def finding(leads: bool = True, **shares: float) -> Finding:
    """A window that holds these types in these shares."""
    held = {event: shares.get(event.value, 0.0) for event in EventType}
    judgement = Judgement(0.9, held, dict.fromkeys(Status, 0.2))
    return Finding(Window(0, 10, "words"), judgement, Facts((), (), None, (), ()), leads, (0, 0), frozenset())


def test_a_type_with_a_fifth_of_the_verdict_puts_the_first_in_doubt() -> None:
    assert doubt([finding(policy=0.7, insolvency=0.25, ban=0.05)], EventType.POLICY) is EventType.INSOLVENCY
    assert doubt([finding(policy=0.85, insolvency=0.15)], EventType.POLICY) is None


def test_all_windows_have_a_say_in_the_doubt_the_lead_most() -> None:
    lead, passage = finding(ban=1.0), finding(leads=False, shutdown=1.0)
    assert doubt([lead, passage], EventType.BAN) is EventType.SHUTDOWN
    assert doubt([lead, lead, lead, passage], EventType.BAN) is None
