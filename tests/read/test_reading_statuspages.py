"""Stories of status pages: each incident is one document that grows with its updates."""

import copy
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_cases import DATA, capture

from monitor.domain.documents import Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.read.capture import read_capture

URL = "https://status.bazarino.example/api/v2/summary.json"
PAGES = DATA / "statuspages"
STATUS = Source("source-1", "Status", URL, SourceKind.STATUS, Authority.OFFICIAL, "bazarino", timedelta(minutes=10))


def read(value: object, known: frozenset[str] = frozenset()) -> ReadResult:
    body = value if isinstance(value, bytes | str) else json.dumps(value)
    return read_capture(capture(body, "application/json", URL), STATUS, known, None)


def shown(document: Document) -> dict[str, object]:
    published = document.published.isoformat() if document.published else None
    return {"title": document.title, "url": document.url, "published": published, "text": document.text}


def summary() -> dict:
    return json.loads((PAGES / "statuspage_summary.json").read_text())


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.json")))
def test_a_status_page_becomes_the_documents_of_its_golden(name: str):
    result = read((PAGES / f"{name}.json").read_bytes())
    assert result.failure is None
    assert [shown(document) for document in result.documents] == json.loads((PAGES / f"{name}.golden").read_text())


def test_every_format_has_a_golden():
    assert len(list(PAGES.glob("*.golden"))) == len(list(PAGES.glob("*.json"))) == 7


def test_an_update_is_the_same_document_again_with_the_newest_first():
    before = summary()
    first = read(before)
    assert read(before, frozenset(first.seen)).documents == ()
    later = copy.deepcopy(before)
    later["incidents"][0] |= {"status": "resolved"}
    later["incidents"][0]["incident_updates"].insert(
        0, {"status": "resolved", "body": "All payouts were sent.", "display_at": "2026-03-11T11:30:00Z"}
    )
    [updated] = read(later, frozenset(first.seen)).documents
    assert updated.id == first.documents[0].id
    assert updated.text.startswith("Status: resolved.")
    moments = [line[:16] for line in updated.text.split("\n") if line.startswith("2026-")]
    assert moments == ["2026-03-11 11:30", "2026-03-11 10:00", "2026-03-10 07:00"]


def test_a_maintenance_says_when_it_is_and_what_it_touches():
    maintenance = read(summary()).documents[1]
    assert maintenance.title == "Retirement of the v1 order API"
    assert "Affects: API." in maintenance.text
    assert "Planned for: 2026-06-30 22:00 UTC to 2026-07-01 02:00 UTC." in maintenance.text


@pytest.mark.parametrize(
    "calm",
    [
        {"page": {"name": "B"}, "incidents": []},
        {"page": {"name": "B"}, "components": [{}, {}], "incidents": [], "scheduled_maintenances": []},
        {"page": {"name": "B"}, "status": {"indicator": "none", "description": "All Systems Operational"}},
        {"page": {"name": "B", "url": "https://b.example", "status": "UP"}},
        [],
        {"current": [], "archive": []},
    ],
    ids=repr,
)
def test_a_day_without_incidents_is_no_failure(calm: object):
    result = read(calm, frozenset({"an incident of last week"}))
    assert (result.failure, result.documents) == (None, ())


def test_what_the_page_lists_is_counted_so_that_a_calm_day_is_not_an_empty_page():
    assert read(summary()).items == 4
    assert read(summary() | {"incidents": [], "scheduled_maintenances": []}).items == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"page": "gone"}, FailureReason.SELECTOR_BROKEN),
        ({"items": []}, FailureReason.SELECTOR_BROKEN),
        ([{"title": "a post"}], FailureReason.SELECTOR_BROKEN),
        ([1, 2], FailureReason.SELECTOR_BROKEN),
        ("null", FailureReason.SELECTOR_BROKEN),
        ({"error": "Unauthorized"}, FailureReason.LOGIN_WALL),
        ("<html><title>Status</title></html>", FailureReason.NOT_A_FEED),
        ("", FailureReason.EMPTY),
    ],
    ids=repr,
)
def test_an_answer_of_no_status_page_fails_for_its_own_reason(answer: object, reason: FailureReason):
    assert read(answer).failure is reason


_words = st.none() | st.booleans() | st.integers() | st.text(max_size=12)
_records = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["id", "name", "status", "impact", "incident_updates", "components", "created_at", "updates", "event_log",
             "external_desc", "service_name", "summary", "uri", "date"]
        ),
        _words | st.lists(st.dictionaries(st.sampled_from(["body", "display_at", "text", "name"]), _words), max_size=2),
    ),
    max_size=3,
)  # fmt: skip


@given(
    _records
    | st.fixed_dictionaries({"page": st.just({"name": "B"}), "incidents": _records | _words})
    | st.fixed_dictionaries({"page": st.just({}), "activeIncidents": _records, "activeMaintenances": _records})
    | st.fixed_dictionaries({"current": _records})
    | st.fixed_dictionaries({"page": st.just({}), "status": st.dictionaries(st.sampled_from(["indicator"]), _words)})
)
def test_whatever_a_status_page_holds_it_is_documents_or_a_reason(value: object):
    result = read(value)
    assert result.failure is not FailureReason.RAISED
    for document in result.documents:
        assert document.title
        (document.title + document.text + document.url).encode()
    assert read(value, frozenset(result.seen)).documents == ()
