"""Bytes made to hurt: no exception leaves the door, nothing is fetched, and the neighbours are read."""

import itertools
import random
import socket

import pytest
from reading_cases import FEED, PAGE, capture, entry, frozen, rss, short_entry

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.read.capture import read_capture
from monitor.read.text import LONGEST_TITLE


def read(body, source=FEED, content_type="application/xml", parent=None) -> ReadResult:
    return read_capture(capture(body, content_type), source, frozenset(), parent)


@pytest.mark.parametrize("reference", ["&#x110000;", "&#xD800;", "&#99999999999999999999;"])
def test_one_entry_that_the_parser_chokes_on_is_rejected_alone(reference):
    entries = [entry(n) for n in range(9)]
    entries[4] = entries[4].replace("Announcement 4", f"Poison {reference}")
    result = read(rss(*entries))
    assert [d.title for d in result.documents] == [f"Announcement {n}" for n in range(9) if n != 4]
    assert [r.reason for r in result.rejected] == [FailureReason.RAISED]
    assert result.failure is None
    again = read_capture(capture(rss(*entries)), FEED, frozenset(result.seen), None)
    assert (again.documents, again.rejected) == ((), ())


def test_a_feed_whose_head_is_the_poison_is_one_failure():
    result = read(rss().replace("<title>T", "<title>&#x110000;"))
    assert (result.failure, result.documents) == (FailureReason.RAISED, ())


def test_billion_laughs_expand_to_nothing():
    names = "abcdefgh"
    entities = '<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in itertools.pairwise(names)
    )
    result = read(rss(entry(1).replace("Announcement 1", "laugh &h;"), entry(2), head=f"<!DOCTYPE rss [{entities}]>"))
    assert all(len(d.title) < 100 and "lollol" not in d.title for d in result.documents)
    assert "Announcement 2" in [d.title for d in result.documents]


def test_quadratic_entities_leave_a_capped_title():
    head = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 60_000}">]>'
    result = read(rss(entry(1).replace("Announcement 1", "&a;" * 40_000), head=head))
    assert all(len(d.title) <= LONGEST_TITLE for d in result.documents)


def test_external_entities_are_neither_opened_nor_fetched(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        there = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        head = (
            f'<!DOCTYPE rss SYSTEM "{there}dtd" [<!ENTITY f SYSTEM "{secret.as_uri()}"><!ENTITY h SYSTEM "{there}h">'
            f'<!ENTITY % p SYSTEM "{there}p"> %p;]>'
        )
        body = rss(entry(1, text="see: ").replace("see: ", "see: &f;&h;"), head=head)
        results = [read(body), read(body, PAGE, "text/html"), read(body, PAGE, "application/xhtml+xml")]
        with pytest.raises(BlockingIOError):  # nobody called
            listener.accept()
    assert "hunter2" not in repr(results)
    assert results[0].documents[0].text.startswith("see:")


def test_nul_and_control_characters_are_taken_out_and_the_entry_kept():
    result = read(rss(entry(1)).replace("Announcement 1", "Clos\x00ing\x08 \x1bsoon\x0c"))
    assert [d.title for d in result.documents] == ["Closing soon"]


def test_bytes_that_are_no_utf_8_leave_a_readable_and_doubted_entry():
    (document,) = read(rss(entry(1)).encode().replace(b"Announcement 1", b"Closing \xff\xfe soon")).documents
    assert document.title.startswith("Closing ")
    assert "encoding_doubt" in document.doubts


def test_a_title_full_of_markup_stays_text():
    (document,) = read(rss(entry(1, title="<img src=x onerror=alert(1)> closes"))).documents
    assert "closes" in document.title
    assert "\n" not in document.title


def mutants(body: bytes, seed: int, count: int):
    """Copies of `body` with bytes changed, cut out, doubled, and with pieces that parsers are known to trip over."""
    dice = random.Random(seed)
    pieces = [
        b"<",
        b">",
        b"&",
        b"&#x",
        b"&#xD800;",
        b"\x00",
        b"\xff",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"</item>",
        b"<![x[",
        b'"',
    ]
    for _ in range(count):
        mutant = bytearray(body)
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(len(mutant))
            match dice.randrange(4):
                case 0:
                    mutant[at] = dice.randrange(256)
                case 1:
                    del mutant[at : at + dice.randint(1, 40)]
                case 2:
                    mutant[at:at] = mutant[at : at + dice.randint(1, 40)]
                case _:
                    mutant[at:at] = dice.choice(pieces)
            mutant = mutant or bytearray(b" ")
        yield bytes(mutant)


@pytest.mark.parametrize(
    "name", ["marketplace_rss_en.xml", "regulator_atom_fr.xml", "shop_rdf_ja_sjis.xml", "platform_rss_zh_gb2312.xml"]
)
def test_no_mutant_of_a_feed_lets_an_exception_out(name):
    body = frozen(name).body
    outcomes = [read(mutant) for mutant in mutants(body, seed=len(body), count=200)]
    assert sum(1 for o in outcomes if o.documents) > 100  # most still give what can be read
    for outcome in outcomes:
        assert outcome.failure in (None, FailureReason.DAMAGED) or not outcome.documents
        for document in outcome.documents:
            (document.title + document.text + document.url).encode()
            assert "\x00" not in document.title + document.text


def test_no_mutant_of_a_page_lets_an_exception_out():
    body = frozen("notice_page_ru_1251.html").body
    for mutant in mutants(body, seed=7, count=100):
        read(mutant, PAGE, "text/html")
        assert len(read(mutant, FEED, "text/html", parent=short_entry()).documents) == 1


@pytest.mark.parametrize("kind", [FEED, PAGE])
def test_truncation_anywhere_is_survived(kind):
    body = frozen("regulator_atom_fr.xml" if kind is FEED else "notice_page_ru_1251.html").body
    for end in range(0, len(body), 23):
        read(body[:end], kind)
