import json

import known_platforms
import pytest

from monitor.understand.assess import assess_rows, document_of, read_lines


@pytest.fixture(scope="module")
def analyst():
    return known_platforms.analyst()


BAN = {
    "id": "one",
    "title": "Vietnam blocks Temu",
    "text": "Providers cut access to the marketplace on 5 December 2024.",
    "published": "2024-12",
    "source_kind": "news",
}


def test_a_row_comes_back_with_the_keys_that_the_scorer_reads(analyst):
    (said,) = assess_rows([BAN], analyst)
    assert set(said) == {
        "id",
        "lang",
        "event_type",
        "status",
        "platforms",
        "regions",
        "effective_date",
        "deadlines",
        "score",
        "incident",
        "signals",
    }
    assert (said["id"], said["lang"], said["event_type"], said["platforms"]) == ("one", "en", "ban", ["Temu"])
    assert said["incident"] is None
    assert json.loads(json.dumps(said)) == said


def test_an_appeal_is_told_as_one(analyst):
    text = "Etsy suspended 3,000 sellers in Kenya. Appeals can be filed until 20 March 2027."
    (row,) = assess_rows([{"id": "x", "title": "Etsy suspends sellers in Kenya", "text": text}], analyst)
    assert row["deadlines"] == [{"date": "2027-03-20", "what": "appeal"}]


def test_a_harmless_row_says_none_and_still_has_a_score(analyst):
    (said,) = assess_rows([{"id": "x", "text": "Ten recipes for a summer salad."}], analyst)
    assert said["event_type"] == "none"
    assert said["status"] is None
    assert said["signals"] == []
    assert 0 <= said["score"] < 0.5


def test_rows_get_the_slug_that_the_caller_gives_when_it_has_seen_all(analyst):
    seen = []

    class Cluster:
        def add(self, document, source, assessment):
            seen.append((document.id, source.publisher))

        def incident_of(self, document_id):
            return f"of {len(seen)}" if document_id == seen[0][0] else None

    rows = [
        BAN,
        {**BAN, "id": "two", "url": "https://paper.example/a"},
        {"id": "x", "text": "Ten recipes for a summer salad."},
    ]
    assert [said["incident"] for said in assess_rows(rows, analyst, Cluster())] == ["of 3", None, None]
    assert [publisher for _, publisher in seen][:2] == ["one", "paper.example"]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2025-04-01T08:30:00Z", "2025-04-01T08:30:00+00:00"),
        ("2025-04-01T08:30:00+02:00", "2025-04-01T06:30:00+00:00"),
        ("2025-04-01 08:30", "2025-04-01T08:30:00+00:00"),
        ("2025-04-01", "2025-04-01T12:00:00+00:00"),
    ],
)
def test_a_moment_is_taken_as_it_is_and_a_day_at_its_middle(given, moment):
    document, _ = document_of({**BAN, "published": given}, 1)
    assert document.published is not None
    assert document.published.isoformat() == moment


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"text": "a"}, "line 2: 'id' is missing"),
        ({"id": "b"}, "line 2: 'text' is missing"),
        ({"id": "b", "text": 5}, "line 2: 'text' must be a string, not int"),
        ({"id": "b", "text": "a", "source_kind": "blog"}, "line 2: 'source_kind' is 'blog', not one of official"),
        ({"id": "b", "text": "a", "published": "yesterday"}, "line 2: 'published': 'yesterday' is not YYYY"),
        ({"id": "b", "text": "a", "published": "2024-02-31"}, "line 2: 'published'"),
        ({"id": "b", "text": "a", "published": "2024-02-31T08:00"}, "line 2: 'published'"),
    ],
)
def test_a_bad_row_is_named_by_number_and_key(analyst, row, complaint):
    said = assess_rows([BAN, row], analyst)
    assert next(said)["id"] == "one"
    with pytest.raises(ValueError) as caught:
        next(said)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["", "{"], "line 2: not JSON"),
        (["[1]"], "line 1: an object"),
        (['{"id": "a", "text": "a"}', "", '{"id": "b"}'], "line 3: 'text' is missing: every document has"),
    ],
)
def test_a_bad_line_is_named_by_number(lines, complaint):
    with pytest.raises(ValueError) as caught:
        list(read_lines(lines))
    assert complaint in str(caught.value)
