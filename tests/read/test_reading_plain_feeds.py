# ruff: noqa: E501 - a list of fragments to a few lines
"""The law of the short way: what it reads, it reads as feedparser does; and most feeds, it reads."""

import io
from xml.sax.saxutils import escape, quoteattr

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import FEED_URL as URL
from reading_cases import capture

from monitor.read.entries import entry_document
from monitor.read.plain import plain_feed

SPACES = {
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "media": "http://search.yahoo.com/mrss/",
    "atom": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "shop": "https://shop.example/feeds#",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
DAY = "Tue, 10 Mar 2026 09:30:00 GMT"
PROSE = st.text(st.sampled_from("abc XYZ 0189.,;:-é’ñ“”平台公告をのお知らせжэ€ \n"), min_size=1, max_size=40).filter(
    str.strip
)
PIECES = st.sampled_from(
    ["<p>", "</p>", "<P class='a'>", "<br>", "<br/>", "<br />", "</br>", "<p/>", "<b>", "</b>", "<i >", "</i>", "<img src='a.png'/>",
     '<a href="/x?a=1&amp;b=2" title="平台">', "</a>", "<li>", "</ul>", "<script>", "</script>", "<svg>", "<foo>", "<!-- x -->", "<![CDATA[",
     "<td>", "</td>", "<noscript>", "<body>", "<summary>", "<html>", "&amp;", "&lt;", "&nbsp;", "&eacute;", "&hellip;", "&zwnj;", "&lbrace;",
     "&unknown;", "&#8217;", "&#x2019;", "&#150;", "&#39;", "&#34;", "&#0;", "& ", "&", "<", ">", '"', "'", "Ã©", "Â ", "\x96", "\u200b", "\xa0",
     "<style>b{}</style>", "<a title='&#39;'>", "<div style='color:red'>", "</div>", "<h2>", "<table><tr>", "<video>", "<textarea>"]
)  # fmt: skip
MARKUP = st.lists(st.one_of(PROSE, PIECES), max_size=8).map("".join)
LINKS = st.one_of(
    st.integers(0, 99).map("https://ventoo.example/n/{}".format),
    st.sampled_from(
        ["/n/7", "n 7", "fees-5", "urn:v:1", "tag:ventoo.example,2026:1", "https://ventoo.example", "HTTPS://Ventoo.example/A", "https://ventoo.example/?a=1&b=2",
         "https://ventoo.example/a;b?c&amp;d;", "https://ventoo.example/?", "https:///ventoo.example/a", "javascript:alert(1)", "https://ventoo.example/平台", "",
         "https://[::1]/", "https://[/", "//ventoo.example/n", "?x=1", "#top", "https://me:pw@ventoo.example/", "https://ventoo.example:443/a/../b"]
    ),
)  # fmt: skip


def element(name: str, text: str, attributes: dict[str, str], cdata: bool) -> str:
    inside = f"<![CDATA[{text.replace(']]>', '')}]]>" if cdata and "]]>" not in text else escape(text)
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in attributes.items())}>{inside}</{name}>"


def elements(*names: str, text: st.SearchStrategy[str], **attributes: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    given = st.fixed_dictionaries({}, optional={key.replace("_", ":"): value for key, value in attributes.items()})
    return st.builds(element, st.sampled_from(names), text, given, st.booleans())


DATES = st.sampled_from([DAY, "2026-03-10T09:30:00Z", "2026-03-10", "soon", ""])
KINDS = st.sampled_from(["text", "html", "xhtml", "text/html", "text/plain", "HTML", "image/png"])
EITHER = (
    elements("category", "dc:subject", "dc:creator", "slash:comments", "shop:price", "itunes:author", text=PROSE),
    elements("media:thumbnail", "media:content", "media:title", "media:description", text=st.just(""), url=LINKS),
    elements("dc:date", "dcterms:created", "date", "dc:title", "dc:description", text=st.one_of(DATES, PROSE)),
    st.just('<post-id xmlns="com-wordpress:feed-additions:1">12</post-id>'),
)
RSS = st.one_of(
    elements("title", "title", text=MARKUP),
    elements("description", "description", "content:encoded", "summary", text=MARKUP),
    elements("link", text=LINKS),
    elements("guid", text=LINKS, isPermaLink=st.sampled_from(["true", "false", "False"])),
    elements("pubDate", text=DATES),
    elements("author", "comments", "itunes:summary", text=PROSE),
    elements("enclosure", "source", text=st.just(""), url=LINKS, xml_base=LINKS),
    *EITHER,
)
ATOM = st.one_of(
    elements("title", "summary", "content", text=MARKUP, type=KINDS),
    elements("id", text=LINKS),
    elements("published", "updated", "issued", text=DATES),
    elements("link", text=st.just(""), href=LINKS, rel=st.sampled_from(["alternate", "self", "enclosure", "Alternate"]), type=KINDS),
    elements("author", "rights", text=PROSE, xml_lang=st.just("fr")),
    st.just("<author><name>Ana</name><uri>https://ventoo.example/ana</uri></author>"),
    *EITHER,
)  # fmt: skip
HEADS = st.lists(
    st.sampled_from(
        ["<language>fr</language>", "<dc:language>zh</dc:language>", "<image><title>L</title><url>/l.png</url></image>", "<ttl>60</ttl>",
         "<atom:link rel='self' href='/feed'/>", "<description>All <b>of</b> it</description>", "<dc:date>2026-03-10</dc:date>", "<link>/</link>"]
    ),
    max_size=3,
).map("".join)  # fmt: skip
LANGS = st.sampled_from(["", "xml:lang='zh-CN'", "xml:lang='pt_BR'", "xml:lang=''", "lang='de'", "xml:base='/deep/'"])


def feed(items: list[list[str]], of_atom: bool, head: str, root: str) -> str:
    if of_atom:
        entries = "".join(f"<entry>{''.join(entry)}</entry>" for entry in items)
        return f'<feed xmlns="{SPACES["atom"]}" {DECLARED} {root}><title>V</title>{head}{entries}</feed>'
    entries = "".join(f"<item>{''.join(entry)}</item>" for entry in items)
    return f'<rss version="2.0" {DECLARED} {root}><channel><title>V</title>{head}{entries}</channel></rss>'


def both(text: str, language: str = ""):
    """What either way gives: the feed's language, and each entry's document and title as its name."""
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": URL}
    if language:
        headers["content-language"] = language
    theirs = feedparser.parse(
        io.BytesIO(text.encode()), response_headers=headers, sanitize_html=True, resolve_relative_uris=False
    )
    plain = plain_feed(text, URL, language)
    ours = None if plain is None else read(plain.entries, plain.language)
    return ours, read(theirs.entries, theirs.feed.get("language"))


def read(entries, language):
    taken = capture("")
    return [entry_document(entry, "key", False, language, taken, ()) for entry in entries]


@settings(max_examples=600, deadline=None)
@given(
    st.booleans().flatmap(
        lambda of_atom: st.builds(
            feed, st.lists(st.lists(ATOM if of_atom else RSS, max_size=5), max_size=2), st.just(of_atom), HEADS, LANGS
        )
    ),
    st.sampled_from(["", "de", "en_GB"]),
)
def test_what_is_read_the_short_way_is_what_feedparser_reads(text, language):
    ours, theirs = both(text, language)
    assert ours is None or ours == theirs


PLAIN_MARKUP = st.lists(
    st.one_of(PROSE, st.sampled_from(["<p>", "</p>", "<br/>", "<a href='/x'>", "</a>", "&amp;", "&#8217;", "<li>"]))
).map("".join)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(PROSE, PLAIN_MARKUP, st.integers(0, 9), st.booleans()), min_size=1, max_size=4), st.booleans()
)
def test_plain_feeds_are_read_the_short_way(written, of_atom):
    """As most software writes them: one of each element, links absolute, markup well-formed."""

    def entry(title: str, markup: str, number: int, cdata: bool) -> list[str]:
        url = f"https://ventoo.example/{number}"
        if of_atom:
            text = element("content", markup, {"type": "html"}, cdata)
            return [element("title", title, {}, False), f"<id>{url}</id><link href='{url}'/><updated>2026-03-10T09:30:00Z</updated>", text]  # fmt: skip
        text = element("description", markup, {}, cdata)
        return [element("title", title.replace("&", ""), {}, cdata), f"<link>{url}</link><guid>{number}</guid><pubDate>{DAY}</pubDate>", text]  # fmt: skip

    ours, theirs = both(feed([entry(*one) for one in written], of_atom, "", ""))
    assert ours is not None
    assert ours == theirs


FAMILIAR = {
    "WordPress": feed(
        [["\n<title>Fees rise</title><link>https://ventoo.example/2026/03/fees/</link><comments>https://ventoo.example/2026/03/fees/#respond</comments>",
          "<dc:creator><![CDATA[ana]]></dc:creator><pubDate>Tue, 10 Mar 2026 09:30:00 +0000</pubDate><category><![CDATA[News]]></category>",
          '<guid isPermaLink="false">https://ventoo.example/?p=12</guid><description><![CDATA[<p>Sellers must [&#8230;]</p>\n<p>The post <a rel="nofollow" href="/fees">Fees</a> appeared.</p>]]></description>',
          "<content:encoded><![CDATA[<p class='wp'>Sellers&nbsp;must <strong>pay</strong>.</p>\n<figure><img width='10' src='a.png' alt='é'/></figure>]]></content:encoded>",
          '<slash:comments>0</slash:comments><post-id xmlns="com-wordpress:feed-additions:1">12</post-id>']],
        False, '<image><title>B</title><width>32</width></image><site xmlns="com-wordpress:feed-additions:1">1</site><language>en-US</language>', "",
    ),
    "a news search": feed(
        [["<title>Ventoo closes - Wire</title><link>https://news.example/rss/articles/CBMi?oc=5</link><guid isPermaLink='false'>CBMi</guid>",
          f"<pubDate>{DAY}</pubDate><source url='https://wire.example'>Wire</source>",
          '<description>&lt;a href="https://news.example/CBMi?oc=5" target="_blank"&gt;Ventoo closes&lt;/a&gt;&amp;nbsp;&lt;font color="#6f6f6f"&gt;Wire&lt;/font&gt;</description>']],
        False, "<webMaster>n@news.example</webMaster>", "",
    ),
    "Blogger": feed(
        [["<id>tag:blogger.com,1999:blog-1.post-2</id><published>2026-03-10T09:30:00.000-07:00</published><category scheme='x' term='y'/><title type='text'>A &amp; B</title>",
          "<content type='html'>&lt;p&gt;Hello&lt;/p&gt;</content><link rel='edit' type='application/atom+xml' href='https://b.example/1'/>",
          "<link rel='alternate' type='text/html' href='https://b.example/p.html' title='A'/><author><name>A</name><uri>/a</uri></author>"]],
        True, "<author><name>A</name><email>a@b.example</email></author>", "xml:lang='en-US'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("software", FAMILIAR)
def test_what_much_used_software_writes_is_read_the_short_way(software):
    ours, theirs = both(FAMILIAR[software])
    assert ours is not None
    assert ours == theirs


DOUBTFUL = {
    "a doctype": "<!DOCTYPE rss><rss version='2.0'><channel/></rss>",
    "no feed": "<html/>",
    "RDF": "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'/>",
    "ill-formed": "<rss version='2.0'><channel>",
    "an entity of HTML": feed([["<title>Caf&eacute;</title>"]], False, "", ""),
    "a script": feed(
        [["<title>A</title>", "<description><![CDATA[<script>x</script>]]></description>"]], False, "", ""
    ),
    "markup of XML": feed([["<title>A</title>", "<description><p>A</p></description>"]], False, "", ""),
    "a base": feed([["<title>A</title>"]], True, "", "xml:base='/deep/'"),
    "two titles": feed([["<title>A</title><title>B</title>"]], False, "", ""),
    "a prefix of another's": feed([["<dc:title>A</dc:title>"]], False, "", "").replace(SPACES["dc"], SPACES["shop"]),
    "Latin-1 taken for UTF-8": feed([["<title>CafÃ©</title>"]], False, "", ""),
    "an item outside the channel": "<rss version='2.0'><channel/><item><title>A</title></item></rss>",
    "a lone surrogate": feed([["<title>\ud800</title>"]], False, "", ""),
}


@pytest.mark.parametrize("why", DOUBTFUL)
def test_what_is_doubtful_is_left_to_feedparser(why):
    assert plain_feed(DOUBTFUL[why], URL, "") is None
