# ruff: noqa: E501 - a feed to a line
"""The law that our read step gives feedparser's entries, on feeds of every shape that a watcher meets.

What equal means stands in `benchmarks/feedparser_equality.py`, which asks the same of feedparser's own collection.
"""

import importlib.util
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from reading_cases import DATA

from monitor.domain.documents import Capture
from monitor.read.feed import read_feed


def _benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "feedparser_equality.py"
    spec = importlib.util.spec_from_file_location("feedparser_equality", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ATOM, ATOM03 = "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#"
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
CONTENT = 'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">'
DAY = "Tue, 10 Mar 2026 09:30:00 GMT"


def rss(*items: str, space: str = "", version: str = "2.0", channel: str = "") -> str:
    inner = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="{version}" {space}><channel><title>Ventoo news</title>{channel}{inner}</channel></rss>'


def atom(*entries: str, space: str = "", head: str = "", of: str = ATOM) -> str:
    inner = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="{of}" {space}><title>Ventoo</title>{head}{inner}</feed>'


def rdf(*items: str, space: str = "") -> str:
    inner = "".join(f'<item rdf:about="https://ventoo.example/{n}">{item}</item>' for n, item in enumerate(items))
    return f'<rdf:RDF {RDF} {space}><channel rdf:about="https://ventoo.example/"><title>V</title></channel>{inner}</rdf:RDF>'


def declared(charset: str, feed: str) -> bytes:
    return f'<?xml version="1.0" encoding="{charset}"?>{feed}'.encode(charset)


def sent(feed: str | bytes, **headers: str) -> bytes:
    """With the header lines of a server, as the benchmark reads them."""
    lines = "".join(f"\nHeader: {name.replace('_', '-')}: {value}" for name, value in headers.items())
    return (feed.encode() if isinstance(feed, str) else feed) + f"<!--{lines}\n-->".encode()


CLOSING = "<title>Ventoo closes in France</title><link>https://ventoo.example/fr</link>"
FEES = "<title>Fees rise in May</title><guid isPermaLink='false'>fees-5</guid>"
NOTICE = "<title>Notice</title><id>https://ventoo.example/n/1</id>"
SHORT = "<title>Ventoo 平台将于六月停止运营</title><description>请卖家尽快完成提现。</description>"
RUSSIAN = "<title>Площадка закрывается</title><description>Продавцы должны вывести средства до июня.</description>"
ACCENTS = "<title>La société cessera l’activité à Noël</title><description>Réclamations : déposées.</description>"


def dated(text: str, tag: str = "pubDate") -> str:
    return f"{CLOSING}<{tag}>{text}</{tag}>"


FEEDS: dict[str, str | bytes] = {
    # RSS: what names an entry, where its text lies
    "rss, two entries": rss(CLOSING + "<description>All orders end.</description>", FEES),
    "rss, a guid that is the link": rss("<title>A</title><guid>https://ventoo.example/a</guid>"),
    "rss, a guid beside a link": rss(CLOSING + "<guid>https://ventoo.example/guid</guid>"),
    "rss, a guid that is no link": rss(FEES + "<link>https://ventoo.example/fees</link>"),
    "rss, two entries of one guid": rss(FEES, FEES.replace("May", "June")),
    "rss, an entry without a title": rss("<description>Payouts stop on 1 June.</description>"),
    "rss, an entry of a link alone": rss("<link>https://ventoo.example/only</link>"),
    "rss, an address of tracking": rss("<title>A</title><link>https://ventoo.example/a?utm_source=rss&amp;id=7</link>"),
    "rss, a relative link": rss("<title>A</title><link>/notices/7</link>"),
    "rss, a link upwards": rss("<title>A</title><link>../7.html</link>"),
    "rss, a link with a password": rss("<title>A</title><link>https://me:secret@ventoo.example/a</link>"),
    "rss, a link that is a script": rss("<title>A</title><link>javascript:alert(1)</link>"),
    "rss, a link in CDATA": rss("<title>A</title><link><![CDATA[https://ventoo.example/a?x=1&y=2]]></link>"),
    "rss, a link among spaces": rss("<title>A</title><link>\n  https://ventoo.example/a \n</link>"),
    "rss, escaped markup": rss("<title>A</title><description>&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two &amp;amp; three.&lt;/p&gt;</description>"),
    "rss, markup in CDATA": rss("<title>A</title><description><![CDATA[<ul><li>One<li>Two</ul><br>Three]]></description>"),
    "rss, a title with markup": rss("<title>Fees &lt;b&gt;rise&lt;/b&gt; &amp;mdash; again</title>"),
    "rss, a title with a bare less-than": rss("<title>Payouts &lt; 5 EUR end</title><description>5 &lt; 6 and 7 &gt; 6</description>"),
    "rss, a script in a text": rss("<title>A</title><description><![CDATA[Before<script>var a = 1;</script>After]]></description>"),
    "rss, a comment in a text": rss("<title>A</title><description><![CDATA[Before<!-- hidden -->After]]></description>"),
    "rss, entities of HTML": rss("<title>A</title><description><![CDATA[caf&eacute; &#8364;5 &nbsp;now &hellip;]]></description>"),
    "rss, content beside a summary": rss("<title>A</title><description>Short.</description><content:encoded><![CDATA[<p>The whole of it, at length.</p>]]></content:encoded>", space=CONTENT),
    "rss, a summary longer than its content": rss("<title>A</title><description>A summary that is the longer one.</description><content:encoded>Short.</content:encoded>", space=CONTENT),
    "rss, an enclosure": rss(CLOSING + '<enclosure url="https://ventoo.example/a.mp3" length="1" type="audio/mpeg"/>'),
    "rss, a source of another feed": rss(CLOSING + '<source url="https://other.example/feed">Other</source>'),
    "rss 0.91": rss(CLOSING + "<description>Old.</description>", version="0.91"),
    "rss 0.92": rss("<description>No title then.</description>", version="0.92"),
    "rss with an image and a text input": rss(CLOSING, channel="<image><title>Logo</title><url>https://ventoo.example/l.png</url></image><textInput><title>Search</title><name>q</name></textInput>"),
    "rss with items outside the channel": f"<rss version='2.0'><channel><title>V</title></channel><item>{CLOSING}</item></rss>",
    "rss without a version": f"<rss><channel><item>{CLOSING}</item></channel></rss>",
    "rss with no entries": rss(),
    "rss in capitals": f"<RSS VERSION='2.0'><CHANNEL><ITEM>{CLOSING}</ITEM></CHANNEL></RSS>",
    "rss with a doctype": f"<!DOCTYPE rss [<!ENTITY trade 'Ventoo Ltd'>]>{rss('<title>&trade; closes</title>')}",
    # dates
    "date, RFC 822": rss(dated(DAY)),
    "date, a numeric zone": rss(dated("Tue, 10 Mar 2026 09:30:00 +0530")),
    "date, an American zone": rss(dated("Tue, 10 Mar 2026 09:30:00 EST")),
    "date, two digits of a year": rss(dated("10 Mar 26 09:30:00 GMT")),
    "date, no seconds": rss(dated("Tue, 10 Mar 2026 09:30 GMT")),
    "date, ISO 8601 with an offset": atom(NOTICE + "<updated>2026-03-10T09:30:00+02:00</updated>"),
    "date, fractions of a second": atom(NOTICE + "<updated>2026-03-10T09:30:00.123Z</updated>"),
    "date, a day alone": rss(dated("2026-03-10", "dc:date"), space=DC),
    "date, published before updated": atom(NOTICE + "<updated>2026-03-10T10:00:00Z</updated><published>2026-03-09T10:00:00Z</published>"),
    "date, nonsense": rss(dated("soon")),
    "date, a French one": rss(dated("10 mars 2026 09:30")),
    # Atom
    "atom, an id that is no address": atom("<id>urn:v:1</id><title>Notice</title>"),
    "atom, text": atom(NOTICE + "<summary>Payouts &lt;stop&gt;.</summary>"),
    "atom, html": atom(NOTICE + "<content type='html'>&lt;p&gt;Payouts&lt;/p&gt;&lt;p&gt;stop.&lt;/p&gt;</content>"),
    "atom, xhtml": atom(NOTICE + f"<content type='xhtml'>{XHTML}<p>Payouts <b>stop</b>.</p></div></content>"),
    "atom, a title of xhtml": atom(f"<id>https://ventoo.example/n/2</id><title type='xhtml'>{XHTML}Fees <em>rise</em></div></title>"),
    "atom, content elsewhere": atom(NOTICE + "<summary>Here.</summary><content src='https://ventoo.example/whole' type='text/html'/>"),
    "atom, several links": atom(NOTICE + "<link rel='self' href='https://ventoo.example/1.atom'/><link rel='alternate' href='https://ventoo.example/1'/><link rel='enclosure' href='https://ventoo.example/1.pdf'/>"),
    "atom, a base": atom(NOTICE + "<link href='1.html'/>", space="xml:base='https://cdn.ventoo.example/notices/'"),
    "atom, a base within a base": atom(NOTICE + "<link xml:base='fr/' href='1.html'/>", space="xml:base='https://ventoo.example/a/'"),
    "atom, a source of another feed": atom(NOTICE + "<source><id>urn:other</id><title>Other</title><updated>2020-01-01T00:00:00Z</updated></source><summary>Ours.</summary>"),
    "atom, prefixed": f"<a:feed xmlns:a='{ATOM}'><a:entry><a:id>https://ventoo.example/n/3</a:id><a:title>Prefixed</a:title><a:summary>Text.</a:summary></a:entry></a:feed>",
    "atom, a language of its own": atom("<id>https://ventoo.example/n/4</id><title xml:lang='de'>Ende</title><summary xml:lang='de'>Aus.</summary>", space="xml:lang='fr'"),
    "atom 0.3": atom("<id>https://ventoo.example/n/5</id><title>Old</title><issued>2026-03-10T09:30:00Z</issued><content mode='escaped' type='text/html'>&lt;p&gt;Old.&lt;/p&gt;</content>", of=ATOM03, space="version='0.3'"),
    "atom, an id that is relative": atom("<id>/notices/6</id><title>Six</title>"),
    "atom, svg in a text": atom(NOTICE + f"<content type='xhtml'>{XHTML}Before<svg xmlns='http://www.w3.org/2000/svg'><title>Logo</title></svg>After</div></content>"),
    "atom, content in Base64": atom(NOTICE + "<content type='application/octet-stream'>PHA+UGF5b3V0cyBzdG9wLjwvcD4=</content>"),
    "atom, media in a group": atom(NOTICE + "<media:group><media:title>Clip</media:title><media:description>Seen.</media:description></media:group>", space="xmlns:media='http://search.yahoo.com/mrss/'"),
    # RDF
    "rdf, two entries": rdf("<title>One</title><link>https://ventoo.example/1</link>", "<title>Two</title><description>Second.</description>"),
    "rdf, with Dublin Core": rdf("<title>One</title><dc:date>2026-03-10T09:30:00Z</dc:date><dc:subject>fees</dc:subject>", space=DC),
    "rdf, with content": rdf("<title>One</title><content:encoded><![CDATA[<p>All.</p>]]></content:encoded>", space=CONTENT),
    # what a server says
    "header, a base": sent(rss("<title>A</title><link>7.html</link>"), Content_Location="https://mirror.example/deep/feed"),
    "header, a base that is relative": sent(rss("<title>A</title><link>7.html</link>"), Content_Location="/deep/feed.fr.xml"),
    "header, a charset alone": sent(rss(SHORT).encode("gbk"), Content_Type="application/xml; charset=gbk"),
    "header, a charset against the feed": sent(declared("utf-8", rss(ACCENTS)), Content_Type="text/xml; charset=iso-8859-1"),
    "header, no type of XML": sent(rss(CLOSING), Content_Type="text/html"),
    # charsets
    "utf-8 with a mark": b"\xef\xbb\xbf" + rss(SHORT).encode(),
    "utf-16 with a mark": declared("utf-16", rss(RUSSIAN)),
    "gb18030": declared("gb18030", rss(SHORT)),
    "big5": declared("big5", rss("<title>平台公告</title><description>請賣家儘快提現。</description>")),
    "shift_jis": declared("shift_jis", rss("<title>サービス終了のお知らせ</title><description>出品者の皆様へ。</description>")),
    "euc-kr": declared("euc-kr", rss("<title>서비스 종료 안내</title><description>판매자 여러분께.</description>")),
    "koi8-r": declared("koi8-r", rss(RUSSIAN)),
    "windows-1251": declared("windows-1251", rss(RUSSIAN)),
    "iso-8859-1": declared("iso-8859-1", rss(ACCENTS.replace("’", "'"))),
    "windows-1251, undeclared": rss(*(RUSSIAN.replace("июня", month) for month in ("июня", "июля", "мая"))).encode("windows-1251"),
    # ill-formed
    "a bare ampersand": rss("<title>Fees & payouts</title><description>A & B</description>"),
    "an unknown entity": rss("<title>Caf&eacute; closes</title>"),
    "a tag that is never closed": f"<rss version='2.0'><channel><item>{CLOSING}<description>Cut <b>off",
    "a wrong end": rss("<title>A</title><description>Text</descripton>"),
    "an undeclared prefix": rss("<title>A</title><dc:date>2026-03-10T09:30:00Z</dc:date>"),
    "a control character": rss("<title>A\x0b title</title>"),
    "space before the declaration": '\n <?xml version="1.0"?>' + rss(CLOSING),
    "words after the end": rss(CLOSING) + "<!-- served in 3 ms --> trailing",
}  # fmt: skip


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_gives_the_entries_that_feedparser_gives(name):
    feed = FEEDS[name]
    _, differences = _benchmark().compared(feed.encode() if isinstance(feed, str) else feed)
    assert [difference for difference in differences if not difference.decided] == []


@pytest.mark.parametrize("name", sorted(path.name for path in DATA.glob("*.xml")))
def test_the_frozen_feeds_give_them_too(name):
    found, differences = _benchmark().compared((DATA / name).read_bytes())
    assert found
    assert [difference for difference in differences if not difference.decided] == []


def test_only_what_we_decided_to_do_otherwise_is_done_otherwise():
    causes = {
        name: {difference.cause for difference in _benchmark().compared(feed if isinstance(feed, bytes) else feed.encode())[1]}
        for name, feed in FEEDS.items()
    }  # fmt: skip
    assert {name for name, found in causes.items() if found} == {
        "rss, a link with a password",
        "rss, a link that is a script",
        "atom, an id that is no address",  # feedparser takes it for the link
        "atom, svg in a text",
        "windows-1251, undeclared",
    }


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (("title", "Notice"), "title"),
        (("summary", "Payouts stop."), "text"),
        (("updated", "2026-03-10T09:30:00Z"), "date"),
        (("id", "urn:ventoo:1"), "id"),
    ],
)
def test_the_comparison_sees_each_difference(change, cause, monkeypatch):
    """What reads another feed than the one compared is found out."""
    benchmark, (tag, value) = _benchmark(), change
    feed = atom(
        "<title>Notice</title><id>urn:ventoo:1</id><link href='https://ventoo.example/1'/>"
        "<summary>Payouts stop.</summary><updated>2026-03-10T09:30:00Z</updated>"
    ).encode()
    other = feed.replace(f"<{tag}>{value}<".encode(), f"<{tag}>{value.replace('1', '2')}more<".encode())
    if cause == "date":
        other = feed.replace(b"09:30", b"09:31")

    def read(capture: Capture, *rest: object):
        return read_feed(replace(capture, body=other), frozenset())

    monkeypatch.setattr(benchmark, "read_capture", read)
    _, differences = benchmark.compared(feed)
    assert [(difference.cause, difference.decided) for difference in differences] == [(cause, False)]
