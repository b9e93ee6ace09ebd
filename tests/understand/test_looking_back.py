"""What a text retells of years ago is no news, unless something new is said of it."""

from datetime import UTC, date, datetime, timedelta

import known_platforms
import pytest

from monitor.domain.deadlines import PartialDate
from monitor.domain.documents import Document
from monitor.domain.signals import EventType, Signal, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.facts import Mention
from monitor.understand.findings import retold
from monitor.understand.why import weigh

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
TITLE = "How Wish left Norway"
TEXT = "On 9 July 2018 the marketplace Wish closed its site in Norway. Few sellers remember it today."


def document(published: datetime, text: str = TEXT) -> Document:
    return Document("d", "s", "c", "https://s.example/1", TITLE, text, published, published)


def test_the_same_words_are_news_in_their_time_and_history_years_later():
    then = known_platforms.analyst().assess(document(datetime(2018, 7, 10, 9, tzinfo=UTC)), NEWS)
    (signal,) = then.signals
    assert (signal.event_type, str(signal.effective_date)) == (EventType.MARKET_EXIT, "2018-07-09")
    later = known_platforms.analyst().assess(document(datetime(2025, 3, 3, 9, tzinfo=UTC)), NEWS)
    assert (later.signals, later.faint) == ((), None)
    assert later.score < 0.05


def test_who_asks_why_it_is_no_event_is_told():
    why = weigh(known_platforms.analyst(), document(datetime(2025, 3, 3, 9, tzinfo=UTC)), NEWS)
    assert any(hint.name.startswith("history") for hint in why.hints)


@pytest.mark.parametrize(
    "text",
    [
        "Wish, which bought a rival in July 2018, will close its marketplace in Norway, it said.",
        "Blocked in Norway since 9 July 2018, Wish closes its site there for good this month.",
    ],
)
def test_news_may_recall_an_old_day(text):
    told = known_platforms.analyst().assess(document(datetime(2025, 3, 3, 9, tzinfo=UTC), text), NEWS)
    assert [signal.platforms for signal in told.signals] == [("Wish",)]


@pytest.mark.parametrize(
    ("status", "day", "others", "published", "expected"),
    [
        ("effective", "2022-05-01", ["2018-05"], "2025-03-03", True),
        ("confirmed", "2022", [], "2025-03-03", True),
        ("effective", "2022-05-01", ["2025-02"], "2025-03-03", False),
        ("effective", "2024-05-01", [], "2025-03-03", False),
        ("effective", None, ["2018-07-09"], "2025-03-03", False),
        ("reversed", "2020-06-29", [], "2025-03-03", False),
        ("proposed", "2020-06-29", [], "2025-03-03", False),
        ("effective", "2022-05-01", [], None, False),
    ],
    ids=["long ago", "a year", "and again", "lately", "undated", "lifted", "planned", "unknown when published"],
)
def test_only_what_took_effect_long_before_and_has_no_day_since_is_retold(status, day, others, published, expected):
    when = PartialDate(day) if day else None
    signal = Signal(EventType.BAN, Status(status), ("Wish",), ("NO",), when, (), 0.9, ())
    days = [Mention("text", 0, 1, "x", value, "day") for value in [*others, *([day] if day else [])]]
    assert retold(signal, days, date.fromisoformat(published) if published else None) is expected
