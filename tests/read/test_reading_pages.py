"""Stories of pages: one that is watched for itself, and one that a short feed entry asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from reading_cases import FEED, NOW, PAGE, capture, frozen, short_entry

from monitor.domain.documents import digest
from monitor.domain.errors import FailureReason
from monitor.read.capture import read_capture

URL = "https://watched.example/notices/42?utm_source=mail"


def page(*paragraphs: str, head: str = "<title>A notice</title>") -> str:
    words = "".join(f"<p>{p}</p>" for p in paragraphs)
    body = f'<body><nav><a href="/">Home</a></nav><article>{words}</article></body>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head>{body}</html>'


VENTOO = page(
    "Ventoo will close its marketplace in France on 30 June 2026, the company said on Tuesday in a notice to sellers.",
    "Sellers must withdraw their balances by 31 July, after which their accounts will be closed for good.",
    head="<title>Ventoo closes in France</title>"
    '<meta property="article:published_time" content="2026-03-10T09:00:00+01:00">',
)


def read(body, parent=None, source=PAGE, **more):
    return read_capture(capture(body, "text/html; charset=utf-8", URL, **more), source, frozenset(), parent)


def test_a_watched_page_is_one_document_without_what_surrounds_it():
    (document,) = read_capture(
        frozen("notice_page_ru_1251.html", "text/html", url=URL), PAGE, frozenset(), None
    ).documents
    assert document.title == "Площадка прекращает работу в Казахстане"
    assert "Продавцы смогут вывести средства до 31 июля." in document.text
    assert "нельзя" not in document.text
    assert "Помощь" not in document.text
    assert document.published == datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
    assert (document.lang, document.doubts) == ("ru", ())
    assert document.id == digest("source-1", "https://watched.example/notices/42")


def test_a_watched_page_that_went_back_to_an_earlier_text_is_given_again():
    first = read(VENTOO)
    assert first.seen == ()
    assert read(VENTOO).documents == first.documents


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2026-03-10T09:00:00+01:00">',
        '<meta name="pubdate" content="Tue, 10 Mar 2026 08:00:00 GMT">',
        '<meta name="date" content="soon"><meta name="PubDate" content="2026-03-10 08:00:00">',
        '<script type="application/ld+json">{"@type": "Article", "datePublished" : "2026-03-10T08:00:00Z"}</script>',
    ],
)
def test_the_day_of_publication_is_read_from_the_pages_metadata(head):
    (document,) = read(page("The shop closes on 1 April 2026, after ten years.", head=head)).documents
    assert document.published == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)


def test_a_date_in_the_text_is_not_taken_for_the_day_of_publication():
    (document,) = read(
        page("The shop closes on 1 March 2026.", "It opened on 2020-01-02, as you may recall.")
    ).documents
    assert document.published is None
    assert "date_unknown" in document.doubts


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", FailureReason.EMPTY),
        ("\x00\x01", FailureReason.EMPTY),
        ("<html><body><script>app()</script></body></html>", FailureReason.NO_TEXT),
        ("<html><body><img src=a></body></html>", FailureReason.NO_TEXT),
        ("<!-- nothing -->", FailureReason.NO_TEXT),
        ("<" * 1000, FailureReason.NO_TEXT),
    ],
)
def test_a_page_without_words_is_a_failure_and_not_a_quiet_page(body, reason):
    result = read(body)
    assert (result.failure, result.documents) == (reason, ())


def test_words_nested_deeper_than_the_parser_goes_are_read_and_doubted():
    deep = "<div>" * 3000 + "The marketplace closes on 30 June. " * 60 + "</div>" * 3000
    (document,) = read(f"<html><head><title>Deep</title></head><body>{deep}</body></html>").documents
    assert "The marketplace closes on 30 June." in document.text
    assert "truncated_by_parser" in document.doubts


def test_a_wanted_page_gives_its_text_to_the_entry_that_wanted_it():
    entry = short_entry(published=None, doubts=("date_unknown",))
    result = read(VENTOO, parent=entry, source=FEED, document_id=entry.id)
    assert result.failure is None
    (document,) = result.documents
    assert "Sellers must withdraw their balances by 31 July" in document.text
    assert document == replace(
        entry, capture_id="capture-1", text=document.text, published=datetime(2026, 3, 10, 8, 0, tzinfo=UTC), doubts=()
    )


def test_the_feeds_own_date_and_title_stand():
    entry = short_entry(published=NOW - timedelta(days=3))
    (document,) = read(VENTOO, parent=entry).documents
    assert (document.published, document.title) == (entry.published, entry.title)


def test_a_page_about_something_else_changes_nothing():
    consent = page(*["We value your privacy. Accept all cookies to continue reading on our partner websites."] * 5)
    entry = short_entry()
    result = read(consent, parent=entry)
    assert result.documents == (replace(entry, capture_id="capture-1"),)
    assert result.detail


def test_a_page_that_says_less_changes_nothing():
    entry = short_entry(text="Ventoo closes its marketplace in France and sellers must withdraw their balances. " * 9)
    assert read(VENTOO, parent=entry).documents == (replace(entry, capture_id="capture-1"),)


def test_the_same_story_is_recognised_in_a_script_without_spaces():
    entry = short_entry(title="海淘集市将停止运营", text="卖家请尽快提现")
    taken = frozen("notice_page_zh_header_only.html", "text/html; charset=gbk")
    (document,) = read_capture(taken, FEED, frozenset(), entry).documents
    assert "逾期数据将被删除且无法恢复" in document.text


@pytest.mark.parametrize(
    ("body", "more", "reason"),
    [
        ("", {"failure": FailureReason.TIMEOUT}, "timeout"),
        ("", {}, "empty"),
        ("<html><body></body></html>", {}, "no_text"),
        ("x" * (10 * 1024 * 1024 + 1), {}, "too_large"),
    ],
)
def test_a_page_that_could_not_be_had_leaves_the_entry_as_it_was_and_says_so(body, more, reason):
    entry = short_entry(doubts=("encoding_doubt",))
    result = read(body, parent=entry, source=FEED, document_id=entry.id, **more)
    assert result.failure is None
    assert result.documents == (replace(entry, capture_id="capture-1", doubts=("encoding_doubt", "no_page")),)
    assert reason in result.detail


def test_a_wanted_page_whose_entry_is_gone_is_read_as_a_page_under_its_id():
    (document,) = read(VENTOO, source=FEED, document_id="document-1").documents
    assert document.id == "document-1"
    assert document.title == "Ventoo closes in France"


def test_nothing_fetched_is_a_failure_with_its_reason():
    assert read("", failure=FailureReason.DNS).failure is FailureReason.DNS
