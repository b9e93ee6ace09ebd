"""What a text is about in a few bits, and what a batch of texts makes of them."""

from itertools import permutations

import numpy as np
import pytest

from monitor.clusters import Clusters
from monitor.domain.deadlines import PartialDate
from monitor.domain.linking import BITS, closeness
from monitor.domain.signals import Assessment, EventType, Signal, Status
from monitor.understand.assess import document_of
from monitor.understand.encoder import E5, meaning
from monitor.understand.gist import gist

TEXTS = (
    "TikTok Music will close on 28 November and moves its users to other services.",
    "TikTok Music cierra el 28 de noviembre y remite a sus usuarios a otros servicios.",
    "The best recipes for a summer salad with tomatoes and basil.",
)


@pytest.fixture(scope="module")
def gists() -> list[int]:
    return [gist(tuple(map(float, meaning(vector)))) for vector in E5().encode(list(TEXTS))]


def test_a_translation_is_nearer_than_another_story(gists):
    said, translated, salad = gists
    assert closeness(said, translated) > closeness(said, salad) + 1
    assert closeness(said, said) > closeness(said, translated)


def test_it_fits_its_bits_and_no_vector_has_none(gists):
    assert all(0 < one < 1 << BITS for one in gists)
    assert gist(()) == 0


def test_the_opposite_of_a_text_shares_no_bit_with_it():
    vector = np.where(np.arange(BITS) % 3, 1.0, -1.0)
    assert gist(tuple(vector)) ^ gist(tuple(-vector)) == (1 << BITS) - 1


def said(number: int, platform: str | None, date: str | None = "2024-11-28", published: str | None = "2024-09-25"):
    row = {"id": str(number), "title": "", "text": f"text {number}", "published": published, "source_kind": "news"}
    document, source = document_of(row, number)
    date_named = PartialDate(date) if date else None
    signal = Signal(EventType.SHUTDOWN, Status.CONFIRMED, (platform or "",), ("ID",), date_named, (), 0.9, ())
    return document, source, Assessment(document.id, "en", 0.9, (signal,) if platform else ())


def test_rows_of_a_batch_get_one_incident_for_one_event_in_any_order():
    rows = [said(1, "TikTok Music"), said(2, "TikTok Music", published=None), said(3, "Temu"), said(4, None)]
    for order in permutations(rows):
        clusters = Clusters({})
        for row in order:
            clusters.add(*row)
        one, other, temu, nothing = (clusters.incident_of(document.id) for document, _, _ in rows)
        assert one == other != temu
        assert nothing is None


def test_a_row_that_comes_again_replaces_itself_and_what_was_asked_before_is_asked_anew():
    clusters = Clusters({})
    clusters.add(*said(1, "TikTok Music"))
    clusters.add(*said(2, "TikTok Music"))
    first, second = said(1, "")[0].id, said(2, "")[0].id
    assert clusters.incident_of(first) == clusters.incident_of(second)
    clusters.add(*said(2, "Temu"))
    assert clusters.incident_of(first) != clusters.incident_of(second)


def test_an_undated_text_is_taken_to_be_of_about_the_time_of_its_event():
    clusters = Clusters({})
    clusters.add(*said(1, "TikTok Music"))
    clusters.add(*said(2, "TikTok Music", date="2014-01-01", published=None))
    first, second = said(1, "")[0].id, said(2, "")[0].id
    assert clusters.incident_of(first) != clusters.incident_of(second)
