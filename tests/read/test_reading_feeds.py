"""Stories of feeds: what becomes a document, and under which id, address, date and language."""

from datetime import UTC, datetime

import pytest
from reading_cases import FEED, FEED_URL, capture, entry, frozen, rss

from monitor.domain.documents import ReadResult, digest
from monitor.domain.errors import FailureReason
from monitor.read.capture import read_capture
from monitor.read.feed import LARGEST, MOST_ENTRIES


def read(body_or_capture, known=frozenset()) -> ReadResult:
    taken = body_or_capture if hasattr(body_or_capture, "body") else capture(body_or_capture)
    return read_capture(taken, FEED, frozenset(known), None)


def test_an_rss_entry_becomes_a_document_with_its_longest_text():
    closing, fees, _ = read(frozen("marketplace_rss_en.xml")).documents
    assert closing.title == "Northgate Market to close its French site on 30 June"
    assert closing.text == (
        "What happens\n\nNorthgate Market France will close on 30 June 2026.\n\n"
        "Last orders: 15 June\n\nWithdraw balances by 31 July"
    )
    assert closing.published == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    assert closing.url == "https://news.northgate.example/fr-closure?utm_source=rss"
    assert (closing.lang, closing.doubts, closing.capture_id) == ("en-GB", (), "capture-1")
    assert closing.id == digest("source-1", "northgate-1042")
    assert fees.title == "Fees & payouts: what changes"
    assert fees.text == "Payout cycles move from weekly to daily."


def test_an_address_that_is_not_of_the_web_gives_way_to_the_feeds_own():
    _, fees, untitled = read(frozen("marketplace_rss_en.xml")).documents
    assert fees.url == FEED_URL
    assert untitled.url == "https://news.northgate.example:8443/untitled#top"  # and no credentials


def test_a_date_that_cannot_be_read_is_unknown_and_said_so():
    _, fees, untitled = read(frozen("marketplace_rss_en.xml")).documents
    assert fees.published == datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    assert untitled.published is None
    assert untitled.doubts == ("date_unknown",)


def test_an_entry_without_a_title_takes_the_first_words_of_its_text():
    untitled = read(frozen("marketplace_rss_en.xml")).documents[2]
    assert untitled.title.startswith("An entry that nobody gave a title.")


def test_an_atom_entry_resolves_its_links_and_keeps_its_own_language():
    first, second = read(frozen("regulator_atom_fr.xml")).documents
    assert first.title == "Suspension de la place de marché Ventoo"
    assert first.text == "Le site sera suspendu pendant trois mois.\n\nLes vendeurs peuvent retirer leurs fonds."
    assert first.url == "https://regulateur.example/avis/77.html"
    assert first.published == datetime(2026, 3, 10, 10, 30, tzinfo=UTC)
    assert second.url == "https://regulateur.example/besluiten/78.html"
    assert (first.lang, second.lang) == ("fr", "nl-BE")
    assert second.id == digest("source-1", "urn:regulateur:avis:78")


def test_an_rdf_feed_in_shift_jis_is_read():
    first, second = read(frozen("shop_rdf_ja_sjis.xml")).documents
    assert first.title == "サービス終了のお知らせ①"
    assert "～ご利用ありがとうございました～" in first.text
    assert first.published == datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
    assert second.published == datetime(2026, 3, 1, tzinfo=UTC)
    assert (first.lang, first.doubts) == ("ja", ())


def test_a_relative_link_is_resolved_against_the_feeds_address():
    (document,) = read(rss(entry(7))).documents
    assert document.url == "https://watched.example/a/7"


def test_an_edited_entry_is_seen_again_under_the_same_id():
    before = read(rss(entry(1), entry(2)))
    after = read(rss(entry(1, text="Corrected: it closes in July."), entry(2)), known=before.seen)
    assert [d.id for d in after.documents] == [before.documents[0].id]
    assert after.documents[0].text == "Corrected: it closes in July."


def test_a_feed_with_nothing_new_costs_no_parsing_and_gives_its_keys():
    first = read(rss(entry(1), entry(2)))
    assert read(rss(entry(1), entry(2)), known=first.seen) == ReadResult(seen=first.seen, items=2)


def test_a_guid_shared_by_different_entries_does_not_make_them_one():
    result = read(rss(entry(1, guid="home"), entry(2, guid="home"), entry(3)))
    assert len({d.id for d in result.documents}) == 3
    assert [d.title for d in result.documents] == ["Announcement 1", "Announcement 2", "Announcement 3"]
    later = read(rss(entry(4, guid="home"), entry(1, guid="home"), entry(2, guid="home")), known=result.seen)
    assert [d.title for d in later.documents] == ["Announcement 4"]
    assert later.documents[0].id not in {d.id for d in result.documents}


def test_the_same_entry_a_thousand_times_is_one_document():
    result = read(rss(*[entry(1)] * 1000))
    assert len(result.documents) == len(result.seen) == 1


def test_an_empty_feed_is_a_good_feed():
    assert read(rss()) == ReadResult()
    assert read('<feed xmlns="http://www.w3.org/2005/Atom"><title>Quiet</title></feed>') == ReadResult()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", FailureReason.EMPTY),
        (b" \n\t", FailureReason.EMPTY),
        (b"\xef\xbb\xbf", FailureReason.EMPTY),
        (b"\x00" * 64, FailureReason.EMPTY),
        (b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>", FailureReason.NOT_A_FEED),
        (b"<html><item>no</item></html>", FailureReason.NOT_A_FEED),
        (b"upstream connect error", FailureReason.NOT_A_FEED),
        (b'{"version": "1.0", "items": []}', FailureReason.NOT_A_FEED),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), FailureReason.NOT_A_FEED),
        (b"<rss>" + b" " * LARGEST, FailureReason.TOO_LARGE),
    ],
)
def test_a_body_that_is_no_feed_is_a_failure_and_never_a_quiet_feed(body, reason):
    result = read(body)
    assert result.failure is reason
    assert result.detail
    assert not result.documents
    assert not result.seen


def test_an_entry_that_says_nothing_is_rejected_and_its_neighbours_are_read():
    result = read(
        rss(entry(1), "<item><guid>silent</guid><description>&lt;img src='x'&gt;</description></item>", entry(2))
    )
    assert [d.title for d in result.documents] == ["Announcement 1", "Announcement 2"]
    assert [r.reason for r in result.rejected] == [FailureReason.EMPTY]
    assert result.rejected[0].key in result.seen  # it is not tried again at every look


def test_a_feed_of_too_many_entries_is_read_in_parts_and_loses_none():
    body = rss(*(f"<item><title>A{n}</title></item>" for n in range(MOST_ENTRIES + 3)))
    first = read(body)
    assert len(first.documents) == len(first.seen) == MOST_ENTRIES
    assert "3 entries left" in first.detail
    assert [d.title for d in read(body, known=first.seen).documents] == [f"A{MOST_ENTRIES + n}" for n in range(3)]


def test_an_entry_tag_inside_cdata_or_a_comment_is_not_an_entry():
    tricky = rss(entry(1, text="how to write <item>"), "<!-- <item> -->", entry(2)).replace(
        "The text of 2.", "<![CDATA[</item><item><title>fake</title>]]>"
    )
    assert [d.title for d in read(tricky).documents] == ["Announcement 1", "Announcement 2"]


def test_an_ill_formed_feed_is_read_all_the_same_and_its_entries_stay_known():
    broken = rss(entry(1), entry(2)).replace("The text of 1.", "Fish & <b>chips").replace("</channel></rss>", "")
    first = read(broken)
    assert [d.title for d in first.documents] == ["Announcement 1", "Announcement 2"]
    assert read(broken, known=first.seen).documents == ()


def test_a_feed_cut_off_inside_an_entry_still_gives_the_entries_before():
    whole = rss(*(entry(n) for n in range(10)))
    cut = whole[: whole.index("The text of 6") + 4]
    titles = [d.title for d in read(cut).documents]
    assert titles[:6] == [f"Announcement {n}" for n in range(6)]
    first = read(cut)
    assert read(cut, known=first.seen).documents == ()


def test_a_feed_whose_outline_misleads_is_read_whole_and_stays_known():
    extra = '<x:item xmlns:x="urn:other"><x:a>no entry at all</x:a></x:item>'
    first = read(rss(entry(1), extra, entry(2)))
    assert [d.title for d in first.documents] == ["Announcement 1", "Announcement 2"]
    second = read(rss(entry(3), entry(1), extra, entry(2)), known=first.seen)
    assert [d.title for d in second.documents] == ["Announcement 3"]


def test_reading_is_a_function_of_its_arguments():
    taken = frozen("marketplace_rss_en.xml")
    assert read(taken) == read(taken)
