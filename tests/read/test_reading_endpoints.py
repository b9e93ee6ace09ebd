"""Stories of JSON endpoints: what a spec makes of an answer, and what is said when the answer is another one."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_cases import DATA, NOW, capture

from monitor.config.specs import check_spec
from monitor.domain.documents import Document, ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.read.answer import LARGEST
from monitor.read.capture import read_capture
from spiders import families

URL = "https://api.seller.example/v1/items"
SPECS = {
    "federal_register": {
        "items": "results",
        "id": "document_number",
        "title": "title",
        "url": "html_url",
        "text": "[abstract, excerpts]",
        "date": "publication_date",
    },
    "cpsc_recalls": {
        "items": "@",
        "id": "RecallID",
        "title": "Title",
        "url": "URL",
        "text": "[Description, Hazards[].Name, Remedies[].Name]",
        "date": "LastPublishDate || RecallDate",
    },
    "eu_safety_gate": {
        "items": "content",
        "id": "id",
        "title": "join(': ', [product.nameSpecific, risk.riskType[0].name])",
        "page": "https://ec.europa.eu/safety-gate-alerts/screen/webReport/alertDetail/{id}",
        "text": "[risk.versions[0].riskDescription, country.name]",
        "date": "publicationDate",
        "post": '{"language": "en", "page": "0"}',
    },
    "shopee_announcements": {
        "items": "data",
        "id": "id",
        "title": "title",
        "text": "abstract",
        "date": "publish_time",
        "page": "https://open.shopee.com/announcement/{id}",
    },
    "lazada_announcements": {
        "items": "data.list",
        "id": "id",
        "title": "enTitle",
        "text": "cnTitle",
        "date": "gmtModified",
        "page": "https://open.lazada.com/apps/announcement/detail?docId={id}",
    },
    "gdelt_artlist": {"items": "articles", "title": "title", "url": "url", "date": "seendate"},
    "zendesk_articles": {
        "items": "articles",
        "id": "id",
        "title": "title",
        "url": "html_url",
        "text": "body",
        "date": "updated_at",
    },
    "wordpress_posts": {
        "items": "@",
        "id": "id",
        "title": "title.rendered",
        "url": "link",
        "text": "content.rendered || excerpt.rendered",
        "date": "date_gmt",
    },
}


def endpoint(**spec: str) -> Source:
    fields = spec or {"items": "items", "id": "id", "title": "title", "url": "url", "text": "text", "date": "date"}
    return Source(
        "source-1", "Watched", URL, SourceKind.JSON, Authority.NEWS, "w", timedelta(hours=1), spec=tuple(fields.items())
    )


def read(value: object, source: Source | None = None, known: frozenset[str] = frozenset()) -> ReadResult:
    body = value if isinstance(value, bytes | str) else json.dumps(value)
    return read_capture(capture(body, "application/json", URL), source or endpoint(), known, None)


def shown(document: Document) -> dict[str, object]:
    return {
        "title": document.title,
        "url": document.url,
        "published": document.published.isoformat() if document.published else None,
        "text": document.text,
        "doubts": list(document.doubts),
    }


@pytest.mark.parametrize("name", SPECS)
def test_a_public_endpoints_answer_becomes_the_documents_of_its_golden(name: str):
    check_spec(SourceKind.JSON, SPECS[name])
    result = read((DATA / "endpoints" / f"{name}.json").read_bytes(), endpoint(**SPECS[name]))
    golden = json.loads((DATA / "endpoints" / f"{name}.golden").read_text())
    assert (result.failure, result.detail) == (None, "")
    assert [shown(document) for document in result.documents] == golden
    assert len({document.id for document in result.documents}) == len(golden)


def test_an_item_is_read_once_and_again_when_it_was_edited_under_the_same_id():
    before = {"id": 7, "title": "Fees", "text": "Five per cent.", "date": "2026-03-10"}
    other = {"id": 8, "title": "Stock", "text": "", "date": "2026-03-10"}
    first = read({"items": [before, other]})
    assert [one.title for one in first.documents] == ["Fees", "Stock"]
    assert read({"items": [before, other]}, known=frozenset(first.seen)).documents == ()
    [edited] = read({"items": [before | {"text": "Six per cent."}, other]}, known=frozenset(first.seen)).documents
    assert (edited.id, edited.text) == (first.documents[0].id, "Six per cent.")


def test_items_that_share_an_id_are_documents_of_their_own():
    result = read({"items": [{"id": 1, "title": "One"}, {"id": 1, "title": "Two"}, {"id": 1, "title": "Two"}]})
    assert [one.title for one in result.documents] == ["One", "Two"]
    assert len({one.id for one in result.documents}) == 2
    assert result.items == 3


def test_an_item_without_an_address_stands_at_its_page_or_at_the_endpoint():
    told = {"items": "items", "id": "id", "title": "title", "url": "url"}
    paged = endpoint(**told, page="https://seller.example/article/{id}")
    item = {"id": "a/b?c", "title": "T"}
    assert read({"items": [item]}, paged).documents[0].url == "https://seller.example/article/a%2Fb%3Fc"
    assert read({"items": [item]}, endpoint(**told)).documents[0].url == URL
    assert read({"items": [item | {"url": "javascript:alert(1)"}]}, endpoint(**told)).documents[0].url == URL
    assert read({"items": [item | {"url": "../n/1"}]}, paged).documents[0].url == "https://api.seller.example/n/1"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20260310T081500Z", "2026-03-10T08:15:00+00:00"),
        (1773100800, "2026-03-10T00:00:00+00:00"),
        (1773100800000, "2026-03-10T00:00:00+00:00"),
        (1773100800.5, "2026-03-10T00:00:00+00:00"),
        ("1773100800123", "2026-03-10T00:00:00+00:00"),
        ("2026-03-10 09:00:00 +0100", "2026-03-10T08:00:00+00:00"),
        ("soon", None),
        (True, None),
        (10**30, None),
    ],
)
def test_a_date_is_read_in_the_forms_that_programs_write(written: object, meant: str | None):
    [document] = read({"items": [{"id": 1, "title": "T", "date": written}]}).documents
    assert (document.published.isoformat() if document.published else None) == meant
    assert ("date_unknown" in document.doubts) == (meant is None)


def test_markup_that_was_escaped_to_travel_in_json_is_markup_still():
    item = {
        "id": 1,
        "title": "A &amp; B",
        "text": "&lt;p&gt;Sellers &amp;amp; shops&lt;/p&gt;&lt;p&gt;1 &lt; 2&lt;/p&gt;",
    }
    [document] = read({"items": [item]}).documents
    assert document.title == "A & B"
    assert document.text.startswith("Sellers & shops\n\n1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"data": []}, FailureReason.SELECTOR_BROKEN),
        ({"items": 3}, FailureReason.SELECTOR_BROKEN),
        ({"items": None}, FailureReason.SELECTOR_BROKEN),
        (7, FailureReason.SELECTOR_BROKEN),
        ({"items": [{"headline": "T"}, "x", None]}, FailureReason.SELECTOR_BROKEN),
        ({"error": "unauthorized"}, FailureReason.LOGIN_WALL),
        ({"error": {"code": 401, "message": "Invalid API key"}}, FailureReason.LOGIN_WALL),
        ({"errors": [{"message": "Access token is expired"}]}, FailureReason.LOGIN_WALL),
        ({"code": 40100, "msg": "please log in first", "items": []}, FailureReason.LOGIN_WALL),
        ({"ret": ["FAIL_SYS_USER_VALIDATE", "RGV587_ERROR::SM"], "data": {}}, FailureReason.BOT_WALL),
        ({"message": "Too many requests, solve the captcha"}, FailureReason.BOT_WALL),
        ({"message": "API rate limit exceeded"}, FailureReason.RATE_LIMITED),
        ("callback(1)", FailureReason.NOT_A_FEED),
        (
            "<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/h/b'></script></html>",
            FailureReason.BOT_WALL,
        ),
        (
            "<html><title>Sign in</title><form>Your account <input type='password'></form></html>",
            FailureReason.LOGIN_WALL,
        ),
        ("<!DOCTYPE html><html><body>Hello</body></html>", FailureReason.NOT_A_FEED),
        ("Please limit requests to one every 5 seconds", FailureReason.RATE_LIMITED),
        ("", FailureReason.EMPTY),
        (b"\xef\xbb\xbf \r\n", FailureReason.EMPTY),
        ("[" * 200_000, FailureReason.RAISED),
        ('{"items": ' + "9" * 5_000 + "}", FailureReason.NOT_A_FEED),
        (b" " * (LARGEST + 1), FailureReason.TOO_LARGE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_an_answer_that_is_not_what_the_spec_says_fails_for_its_own_reason(answer: object, reason: FailureReason):
    result = read(answer)
    assert result.failure is reason
    assert result.detail
    assert result.documents == ()


@pytest.mark.parametrize("nothing", [{"items": []}, {}, []])
def test_no_items_are_a_failure_only_where_there_used_to_be_some(nothing: object):
    assert read(nothing).failure is None
    assert read(nothing, known=frozenset({"k"})).failure is FailureReason.WENT_EMPTY
    found = read(nothing, replace(endpoint(), asks=("Temu",)), frozenset({"k"}))
    assert (found.failure, found.items) == (None, 0), "a search may find nothing"


def test_an_item_without_a_title_is_rejected_alone():
    result = read({"items": [{"id": 1, "title": "T"}, {"id": 2, "text": "words"}]})
    assert [one.title for one in result.documents] == ["T"]
    assert [one.reason for one in result.rejected] == [FailureReason.EMPTY]


def test_a_guard_before_the_json_and_another_charset_are_no_obstacle():
    assert read(")]}'\n" + json.dumps({"items": [{"title": "T"}]})).documents[0].title == "T"
    chinese = '{"items": [{"id": 1, "title": "关于关闭跨境店铺的公告：所有商家须于六月三十日前完成退款"}]}'
    wide = capture(chinese.encode("utf-16"), "application/json", URL)
    assert read_capture(wide, endpoint(), frozenset(), None).documents[0].title.startswith("关于关闭")


def test_words_that_no_database_takes_are_left_out():
    bad = '{"items": [{"id": "\\ud800x\\u0000", "title": "A\\ud800\\u0000B", "text": "\\u202eevil"}]}'
    [document] = read(bad).documents
    assert (document.title, document.text) == ("AB", "evil")


def test_more_items_than_are_read_at_once_wait():
    result = read({"items": [{"id": n, "title": f"T{n}"} for n in range(1_050)]})
    assert (len(result.documents), len(result.seen), result.items) == (1_000, 1_000, 1_050)
    assert "50 items" in result.detail


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "title", "url", "text", "date", "items"]), inner)
    ),
    max_leaves=20,
)


@given(st.fixed_dictionaries({"items": json_values}) | json_values | st.binary(max_size=60))
def test_whatever_the_answer_holds_it_is_documents_or_a_reason(value: object):
    body = value if isinstance(value, bytes) else json.dumps(value)
    result = read(body)
    assert result.failure is not FailureReason.RAISED
    for document in result.documents:
        assert document.title
        assert document.url.startswith("http")
        (document.title + document.text + document.url).encode()
        assert document.published is None or document.published <= NOW + timedelta(hours=36)
    again = read(body, known=frozenset(result.seen))
    assert again.documents == ()


def test_a_spec_with_a_body_posts_it_and_never_asks_conditionally():
    asked = families.ask(endpoint(**SPECS["eu_safety_gate"]))
    assert (asked.method, json.loads(asked.body), asked.conditional) == ("POST", {"language": "en", "page": "0"}, False)
    assert ("Content-Type", "application/json") in asked.headers
    plain = families.ask(endpoint())
    assert (plain.method, plain.body, plain.conditional, plain.robots) == ("GET", b"", True, False)
