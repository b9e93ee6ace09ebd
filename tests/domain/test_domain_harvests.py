"""What a source has given so far: its rhythm is learnt from what came, and nothing is unlearnt by a bad day."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.documents import Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.harvests import KEPT, Harvest, gathered

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def document(no: int, published: datetime | None) -> Document:
    return Document(str(no), "s", "c", "https://h.example/", "A title", "", published, NOON)


def read(*published: datetime | None, items: int | None = None, **told) -> ReadResult:
    documents = tuple(document(no, day) for no, day in enumerate(published))
    return ReadResult(documents, items=len(published) if items is None else items, **told)


def test_what_comes_counts_from_when_it_was_published_and_else_from_when_it_came():
    harvest = gathered(Harvest("s"), read(NOON - HOUR, None, NOON + 5 * HOUR), 3, NOON)
    assert harvest.arrivals == (NOON - HOUR, NOON, NOON)  # nothing is published in the future
    assert (harvest.last_new_at, harvest.items, harvest.usual) == (NOON, 3, 3)


def test_a_capture_that_cannot_be_read_leaves_the_rhythm_and_the_memory_alone():
    before = gathered(Harvest("s"), read(NOON - HOUR, memory="m", every=HOUR), 1, NOON)
    after = gathered(before, ReadResult(failure=FailureReason.NOT_A_FEED, detail="html"), 0, NOON + HOUR)
    assert (after.arrivals, after.memory, after.every, after.usual) == (before.arrivals, "m", HOUR, 1)
    assert (after.failures, after.reason, after.detail) == (1, FailureReason.NOT_A_FEED, "html")
    healed = gathered(after, read(items=1), 0, NOON + 2 * HOUR)
    assert (healed.failures, healed.reason, healed.detail) == (0, None, "")


def test_what_could_be_read_of_a_damaged_capture_belongs_to_the_rhythm():
    before = gathered(Harvest("s"), read(NOON - HOUR, NOON, every=HOUR), 2, NOON)
    cut = read(NOON + HOUR, failure=FailureReason.DAMAGED, detail="it is cut off")
    after = gathered(before, cut, 1, NOON + 2 * HOUR)
    assert (after.arrivals, after.last_new_at) == ((*before.arrivals, NOON + HOUR), NOON + 2 * HOUR)
    assert (after.failures, after.reason, after.items, after.every) == (1, FailureReason.DAMAGED, 2, HOUR)


def test_a_list_that_used_to_hold_something_and_holds_nothing_is_barren_until_it_does_again():
    full = gathered(Harvest("s"), read(NOON, NOON), 2, NOON)
    empty = gathered(full, ReadResult(failure=FailureReason.WENT_EMPTY), 0, NOON)
    assert (empty.barren, gathered(empty, read(), 0, NOON).barren) == (1, 2)
    assert gathered(empty, read(items=2), 0, NOON).barren == 0


def test_a_source_that_went_empty_is_barren_for_as_long_as_it_is():
    harvest = gathered(Harvest("s"), read(NOON, NOON), 2, NOON)
    for looks in range(1, 9):
        harvest = gathered(harvest, read(), 0, NOON + looks * HOUR)
        assert (harvest.barren, harvest.usual) == (looks, 2), "what it used to hold is not forgotten meanwhile"


def test_what_may_be_empty_is_never_barren():
    full = gathered(Harvest("s"), read(*[NOON] * 9), 9, NOON)
    empty = gathered(full, read(may_be_empty=True), 0, NOON + HOUR)
    assert (empty.barren, empty.items, empty.usual, empty.last_read_at) == (0, 9, 9, NOON + HOUR)


def test_an_index_of_sitemaps_says_nothing_of_how_much_there_is():
    full = gathered(Harvest("s"), read(*[NOON] * 9), 9, NOON)
    index = gathered(full, ReadResult(items=3, follow=("https://h.example/news.xml",)), 0, NOON + HOUR)
    assert (index.items, index.usual, index.arrivals, index.last_read_at) == (9, 9, full.arrivals, NOON + HOUR)


@given(st.lists(st.lists(st.integers(0, 500), max_size=40), max_size=10))
def test_it_remembers_the_latest_arrivals_in_order_and_no_more_than_it_keeps(looks):
    harvest, every = Harvest("s"), []
    for hours in looks:
        days = [NOON - timedelta(hours=ago) for ago in hours]
        harvest, every = gathered(harvest, read(*days), len(days), NOON), every + days
    assert harvest.arrivals == tuple(sorted(every)[-KEPT:])
