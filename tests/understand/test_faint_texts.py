"""A text that is too weak to stand alone is kept as faint, and follows what stands near it."""

import known_platforms
import pytest

from monitor.clusters import Clusters
from monitor.understand.analyst import FAINT
from monitor.understand.assess import assess_rows, document_of

BLOCKED = {
    "id": "blocked",
    "title": "Vietnam blocks Temu",
    "text": "Providers cut access to the marketplace on 5 December 2024.",
    "published": "2024-12-06",
    "source_kind": "news",
}
QUESTIONS = {
    "id": "questions",
    "title": "Temu in Vietnam: what users should know",
    "text": "Many in Vietnam have trouble with Temu since December 5. We answer the most common questions.",
    "published": "2024-12-09",
    "source_kind": "news",
}
SALE = {
    "id": "sale",
    "title": "Temu launches spring sale in Vietnam",
    "text": "Discounts of up to 80 % and free shipping for new customers in Vietnam from 5 December.",
    "published": "2024-12-09",
    "source_kind": "news",
}


@pytest.fixture(scope="module")
def analyst():
    return known_platforms.analyst()


def told(analyst, *rows):
    return {said["id"]: said for said in assess_rows(rows, analyst, Clusters({}))}


def test_a_weak_text_has_no_signal_but_a_faint_one_that_leans_to_its_types(analyst):
    understood = analyst.assess(*document_of(QUESTIONS, 1))
    assert understood.signals == ()
    assert understood.faint is not None
    assert FAINT <= understood.faint.score < analyst.threshold
    leanings = dict(understood.faint.leanings)
    assert leanings[understood.faint.event_type] == max(leanings.values()) == 1.0
    assert (understood.faint.platforms, understood.faint.regions) == (("Temu",), ("VN",))


def test_a_text_with_a_signal_is_not_faint_and_neither_is_a_promotion(analyst):
    assert analyst.assess(*document_of(BLOCKED, 1)).faint is None
    assert analyst.assess(*document_of(SALE, 1)).faint is None


def test_a_faint_text_belongs_to_the_event_that_it_follows_and_is_none_by_itself(analyst):
    alone = told(analyst, QUESTIONS)["questions"]
    assert (alone["event_type"], alone["signals"], alone["incident"]) == ("none", [], None)
    for rows in ([BLOCKED, QUESTIONS, SALE], [SALE, QUESTIONS, BLOCKED]):
        beside = told(analyst, *rows)
        assert beside["questions"]["incident"] == beside["blocked"]["incident"] is not None
        assert beside["questions"] | {"incident": None} == alone, "it is no surer than it was"
        assert (beside["sale"]["event_type"], beside["sale"]["incident"]) == ("none", None)
