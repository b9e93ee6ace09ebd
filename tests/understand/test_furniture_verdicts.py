"""A page's furniture must neither make an event of a harmless story nor hide one: verdicts with it and without."""

import json
import random
from pathlib import Path

import known_platforms
import pytest
from furnish import KINDS, furnish

from monitor.understand.assess import assess_rows

CORPUS = Path(__file__).parents[2] / "corpus"


def drawn(number):
    """As many texts, half of them events, in many languages; each has told something beyond its title."""
    lines = [line for path in sorted(CORPUS.glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in map(json.loads, lines) if 40 < len(row["text"]) < 400]
    events = [row for row in rows if row["event_type"] != "none"]
    harmless = [row for row in rows if row["event_type"] == "none"]
    rng = random.Random(5)
    return rng.sample(events, number // 2) + rng.sample(harmless, number // 2)


@pytest.fixture(scope="module")
def analyst():
    return known_platforms.analyst()


@pytest.fixture(scope="module")
def bare(analyst):
    rows = drawn(60)
    return list(zip(rows, (said["event_type"] for said in assess_rows(rows, analyst)), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_verdict_is_the_same_with_furniture_around_the_story(kind, analyst, bare):
    furnished = [
        {**row, "text": furnish(kind, row["title"], row["text"], row["lang"], number)}
        for number, (row, _) in enumerate(bare)
    ]
    said = [verdict["event_type"] for verdict in assess_rows(furnished, analyst)]
    same = sum(before == after for (_, before), after in zip(bare, said, strict=True))
    assert same / len(bare) >= 0.97


def test_an_event_buried_in_a_long_page_keeps_its_own_facts(analyst):
    before = (
        "It snowed for three days in the village and the road was closed to lorries. "
        "The baker drove his van down before dawn. "
    ) * 40
    after = "The school reopened on Tuesday and the children built a tower of ice. " * 30
    told = (
        "Etsy will close its Canadian marketplace on 30 April 2025, it told merchants on Monday. "
        "Sellers must withdraw their balance by 31 May 2025."
    )
    row = {"id": "1", "title": "Weekly letter: snow in the Alps", "text": f"{before}\n\n{told}\n\n{after}"}
    said = next(assess_rows([{**row, "published": "2025-03-10", "source_kind": "news"}], analyst))
    assert (said["status"], said["platforms"], said["regions"]) == ("confirmed", ["Etsy"], ["CA"])
    assert said["effective_date"] == "2025-04-30"
    assert [deadline["date"] for deadline in said["deadlines"]] == ["2025-05-31"]
