"""Pages of several stories, read by the shipped model: what is told in passing is found, harmless pages are quiet."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.documents import Document
from monitor.domain.platforms import Platform
from monitor.domain.signals import EventType
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.understand.analyst import ROOM, Analyst
from monitor.understand.encoder import E5
from monitor.understand.findings import among
from monitor.understand.model import Judgement
from monitor.understand.windows import LEAD, weight

NEWS = Source("s", "S", "https://s.example", SourceKind.FEED, Authority.NEWS, "S", timedelta(minutes=30))
PLATFORMS = tuple(Platform(name, name.lower(), "", "app", ()) for name in ("Shopee", "Temu"))


class Weighing:
    """The shipped encoder, which adds up the weight of the texts that it encodes."""

    def __init__(self):
        self._inner, self.read = E5(), 0
        self.name, self.dimensions = self._inner.name, self._inner.dimensions

    def glance(self, texts):
        return self._inner.glance(texts)

    def encode(self, texts):
        self.read += sum(map(weight, texts))
        return self._inner.encode(texts)


@pytest.fixture(scope="module")
def weighing():
    return Weighing()


@pytest.fixture(scope="module")
def analyst(weighing):
    return Analyst(PLATFORMS, encoder=weighing)


def entry(title, text):
    published = datetime(2025, 3, 3, 9, tzinfo=UTC)
    return Document("d", "s", "c", "https://s.example/1", title, text, published, published)


HARMLESS = (
    "Snow closed the pass for three days and the lorries waited in the valley until a plough came up from the town.",
    "The choir won a prize in the capital and came home to a square full of flags, cake and tired parents.",
    "A baker in the old town now sells bread with chestnut flour, which his grandmother made in the hungry years.",
    "The library stays open until ten on Thursdays, and those who like chess will find two new tables by the window.",
    "A gardener counted forty kinds of apple in one orchard and wrote down where each of them had come from.",
    "Two brothers crossed the lake in a boat made of willow and skins and were back in time for the evening milking.",
    "The museum shows clocks that tell the tide, the moon and the feast days, most of them lent by a retired sailor.",
    "Children planted three hundred trees along the canal, and each of them has a name painted on a small board.",
)
EVENT = (
    "Shopee will shut down its marketplace in Chile on 31 March 2025. "
    "Sellers must withdraw their balance by 30 April 2025."
)


@pytest.mark.parametrize("gap", ["\n\n", "\n", " "])
@pytest.mark.parametrize("place", [1, 4, 8])
def test_an_event_among_unrelated_stories_is_found_where_it_is_told(analyst, gap, place):
    text = gap.join([*HARMLESS[:place], EVENT, *HARMLESS[place:]])
    (signal,) = analyst.assess(entry("News of the week", text), NEWS).signals
    assert signal.event_type in {EventType.SHUTDOWN, EventType.MARKET_EXIT}
    assert (signal.platforms, signal.regions, str(signal.effective_date)) == (("Shopee",), ("CL",), "2025-03-31")
    assert text.index(EVENT) <= signal.spans[0].start < text.index(EVENT) + len(EVENT)


@pytest.mark.parametrize("gap", ["\n\n", "\n", " "])
def test_a_page_of_many_harmless_stories_gives_no_signal(analyst, gap):
    assert analyst.assess(entry("News of the week", gap.join(HARMLESS * 3)), NEWS).signals == ()


def test_two_events_of_one_page_do_not_share_their_dates(analyst):
    other = "Vietnam has banned Temu. Providers must block the app from 15 May 2025, the ministry ordered."
    text = "\n\n".join([*HARMLESS[:3], EVENT, *HARMLESS[3:6], other, *HARMLESS[6:]])
    signals = analyst.assess(entry("News of the week", text), NEWS).signals
    told = {signal.platforms: (signal.regions, str(signal.effective_date)) for signal in signals}
    assert told == {("Shopee",): (("CL",), "2025-03-31"), ("Temu",): (("VN",), "2025-05-15")}


def test_of_a_page_of_any_length_the_encoder_reads_a_bounded_part(analyst, weighing):
    for times in (3, 60):
        before = weighing.read
        analyst.assess(entry("News", "\n\n".join([EVENT, "Vietnam has banned Temu. " * 9, *HARMLESS] * times)), NEWS)
        assert 0 < weighing.read - before <= 2 * LEAD + ROOM


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 200), st.integers(0, 200))
def test_one_window_of_more_is_never_held_likelier(score, other, some, more):
    few, many = sorted((some, more))
    low, high = (Judgement(value, {}, {}) for value in sorted((score, other)))
    assert 0 <= among(low, many).score <= among(low, few).score <= 1
    assert among(low, few).score <= among(high, few).score
    assert among(low, 1).score == pytest.approx(low.score)
