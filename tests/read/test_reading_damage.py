"""Stories of feeds that lost something on their way: they are read as far as they go, and say so. Those that are only a
little ill-formed, and lost nothing, are well."""

import pytest
from reading_cases import FEED, capture, entry, frozen, rss

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.read.capture import read_capture

WHOLE = rss(*(entry(n) for n in range(10)))


def read(body: str | bytes, known: frozenset[str] = frozenset()) -> ReadResult:
    return read_capture(capture(body), FEED, known, None)


def test_a_feed_cut_off_in_its_first_entry_is_no_quiet_feed():
    result = read('<?xml version="1.0"?><rss><channel><item><title>Amaz')
    assert (result.failure, result.documents) == (FailureReason.DAMAGED, ())
    assert result.detail == "it is cut off after 0 whole entries"


@pytest.mark.parametrize(
    ("end", "whole"),
    [
        ("<channel>", 0),
        ("<title>Announcement 0", 0),
        ("The text of 6", 6),
        ("<item><title>Announcement 7", 7),
        ("<![CDATA[Fees", 9),
    ],
)
def test_wherever_a_feed_is_cut_off_it_says_so_and_gives_what_came_before(end: str, whole: int):
    body = WHOLE.replace("The text of 9", "<![CDATA[Fees]]>")
    at = body.index(end)
    for cut in (body[:at], body[: at + len(end)]):
        result = read(cut)
        assert result.failure is FailureReason.DAMAGED
        assert [d.title for d in result.documents[:whole]] == [f"Announcement {n}" for n in range(whole)]
        assert "cut off after" in result.detail
    assert read(cut, known=frozenset(result.seen)).failure is FailureReason.DAMAGED, "also when none of it is new"


@pytest.mark.parametrize("name", ["marketplace_rss_en.xml", "regulator_atom_fr.xml", "shop_rdf_ja_sjis.xml"])
def test_a_feed_of_any_form_is_whole_to_its_end_and_no_further(name: str):
    body = frozen(name).body
    assert read(body).failure is None
    assert read(body[: len(body) * 3 // 4]).failure is FailureReason.DAMAGED


@pytest.mark.parametrize(
    "body",
    [
        rss(),
        "<rss><channel/></rss>",
        WHOLE.replace("</rss>", ""),  # every entry stood before the channel's end
        WHOLE.replace("The text of 3.", "Fish & <b>chips"),
        WHOLE.replace("The text of 3.", "caf&eacute;&nbsp;closes"),
        WHOLE.replace("The text of 3.</description></item>", "The text of 3.</description>"),
        WHOLE.replace("The text of 3.", "<![CDATA[how to end a feed: </item></channel></rss>]]>"),
        WHOLE.replace("<title>T", "<x:item>no entry</x:item> & <title>T"),
        WHOLE + "<!-- page cached in 0.3 s -->",
        WHOLE + "<script>track()</script>",
        WHOLE.upper(),
    ],
)
def test_what_is_ill_formed_and_loses_nothing_is_well(body: str):
    result = read(body)
    assert result.failure is None
    assert len(result.documents) == (10 if "3" in body else 0)


def test_what_only_looks_like_an_end_is_none():
    body = WHOLE.replace("</channel></rss>", "<!-- </channel></rss> --><![CDATA[</rss>]]>")
    assert read(body).failure is FailureReason.DAMAGED


def test_an_entry_that_the_parser_swallows_is_missed():
    result = read(WHOLE.replace("The text of 3.</description></item>", "<![CDATA[Fees]]></descr\n"))
    assert (result.failure, len(result.documents)) == (FailureReason.DAMAGED, 9)
    assert result.detail == "it is no well-formed XML, and 1 of 10 entries cannot be read"
