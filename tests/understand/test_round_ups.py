"""A round-up of several stories, short as it may be: each event with its own facts, and nothing of the others'."""

from datetime import UTC, datetime, timedelta

import known_platforms
import pytest

from monitor.domain.documents import Document
from monitor.domain.signals import EventType
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.windows import items

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
PUBLISHED = datetime(2025, 3, 3, 9, tzinfo=UTC)
STORIES = (
    "Lazada leaves Singapore. The marketplace closes its site there on 31 May 2025, it told its sellers.",
    "Vietnam blocks Temu. The ministry ordered all providers to block the app from 10 March 2025.",
    "Etsy raises its fees in Canada. From 1 April 2025 sellers pay 7.5 instead of 6.5 per cent.",
)


def assess(text: str, title: str = "The week: Lazada, Temu, Etsy"):
    document = Document("d", "s", "c", "https://s.example/1", title, text, PUBLISHED, PUBLISHED)
    return known_platforms.analyst().assess(document, NEWS)


def facts(signal):
    return signal.platforms, signal.regions, str(signal.effective_date)


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_each_story_of_a_short_round_up_is_an_event_of_its_own(gap):
    found = {signal.event_type: facts(signal) for signal in assess(gap.join(STORIES)).signals}
    assert found == {
        EventType.MARKET_EXIT: (("Lazada",), ("SG",), "2025-05-31"),
        EventType.BAN: (("Temu",), ("VN",), "2025-03-10"),
        EventType.POLICY: (("Etsy",), ("CA",), "2025-04-01"),
    }


def test_harmless_stories_beside_an_event_give_it_nothing():
    others = "Etsy opens a museum in Canada.", "Lazada sponsors a run in Singapore on 31 May 2025."
    (signal,) = assess("\n\n".join((others[0], STORIES[1], others[1]))).signals
    assert (signal.event_type, facts(signal)) == (EventType.BAN, (("Temu",), ("VN",), "2025-03-10"))


NAMED = ("Lazada", "Temu", "Etsy")


def found_in(text: str) -> list[str]:
    named = sorted((at, name) for name in NAMED for at in range(len(text)) if text.startswith(name, at))
    return [text[window.start : window.end] for window in items(text, named)]


def test_a_round_up_is_its_paragraphs_with_a_name_each_below_its_heading():
    text = f"Good morning!\n\nSingapore\n{STORIES[0]}\n\n{STORIES[1]}\n\n{STORIES[2]}\n\nHave a good week!"
    assert found_in(text) == [f"Singapore\n{STORIES[0]}", STORIES[1], STORIES[2]]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(STORIES[:2]),
        "\n\n".join((*STORIES, "Sellers of Temu must withdraw.")),
        " ".join(STORIES),
        "",
        "Nothing happened this week.\n\nNothing at all, in fact.\n\nSee you.",
    ],
    ids=["two stories", "one of them goes on", "one paragraph", "nothing", "no names"],
)
def test_anything_else_is_no_round_up(text):
    assert found_in(text) == []
