"""Pages: one announcement or article, found by trafilatura in whatever surrounds it."""

import re
from datetime import datetime, timedelta

import lxml.etree
import lxml.html
import trafilatura
import trafilatura.settings

from monitor.domain.documents import Capture, Document, ReadResult, canonical_url, digest
from monitor.domain.errors import FailureReason
from monitor.read.charset import decode
from monitor.read.dates import published_at
from monitor.read.declared import language, web_url
from monitor.read.text import clean, clean_title, cut_short, html_to_text, without_xml_controls
from monitor.read.walls import seen_wall
from monitor.read.wanted import Page, with_page, without_page

LARGEST = 10 * 1024 * 1024  # bytes
_ENOUGH = 0.5  # of the words: a tree that holds less was truncated by its parser
_SMALL = 1_000  # characters: below, whether it was truncated cannot be told from boilerplate
_SHELL = 200  # characters: a shell with more has its article in the data for its own scripts
_TOLD_BY_DATA = frozenset({FailureReason.NO_BROWSER, FailureReason.NO_TEXT})
_MOMENTS = (  # where publishers say when it was published, the surest first
    '//meta[@property="article:published_time" or @property="og:published_time"]/@content',
    '//meta[@itemprop="datePublished"]/@content',
    '//*[@itemprop="datePublished"]/@datetime',
    '//script[@type="application/ld+json"]/text()',
    '//meta[@name="publishdate" or @name="PublishDate" or @name="pubdate" or @name="PubDate" or @name="date"]/@content',
    '//meta[@name="DC.date.issued" or @name="dcterms.issued" or @name="dcterms.created"]/@content',
    "//time[@pubdate]/@datetime",
)
_IN_JSON = re.compile(r'"datePublished"\s*:\s*"([^"]{6,64})"')
_VISIBLE = "//text()[not(parent::script or parent::style or parent::noscript or parent::template)]"


def read_page(capture: Capture) -> ReadResult:
    """The one document of a page that is watched for itself. Its id is made of its address."""
    page = _read(capture)
    if isinstance(page, ReadResult):
        return page
    url = web_url(capture.url) or capture.url
    document = Document(
        id=capture.document_id or digest(capture.source_id, canonical_url(url)),
        source_id=capture.source_id,
        capture_id=capture.id,
        url=url,
        title=page.title or clean_title(page.text.split("\n", 1)[0])[:120],
        text=page.text,
        published=page.published,
        fetched_at=capture.fetched_at,
        lang=page.lang,
        doubts=page.doubts if page.published else (*page.doubts, "date_unknown"),
    )
    return ReadResult(documents=(document,), items=1)


def read_wanted_page(capture: Capture, parent: Document) -> ReadResult:
    """The document that wanted this page, with the page's text where that counts; always one, and no failure."""
    page = ReadResult(failure=capture.failure) if capture.failure is not None else _read(capture)
    if isinstance(page, ReadResult):
        return without_page(capture, parent, page.failure or FailureReason.NO_TEXT)
    return with_page(capture, parent, page)


def _read(capture: Capture) -> Page | ReadResult:
    if len(capture.body) > LARGEST:
        detail = f"{len(capture.body)} bytes, at most {LARGEST} are read"
        return ReadResult(failure=FailureReason.TOO_LARGE, detail=detail)
    decoded = decode(capture.body, capture.content_type)
    markup = without_xml_controls(decoded.text)
    if not markup.strip():
        return ReadResult(failure=FailureReason.EMPTY, detail="no characters")
    wall = seen_wall(capture.status, capture.headers, markup, capture.url)
    if wall and wall.reason not in _TOLD_BY_DATA:
        return ReadResult(failure=wall.reason, detail=wall.detail)
    doubts = ["encoding_doubt"] if decoded.doubt else []

    parser = lxml.html.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        tree = lxml.html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except lxml.etree.LxmlError:
        return ReadResult(failure=FailureReason.NO_TEXT, detail="no HTML")
    found = _found(tree, capture)
    raw = found.text or "" if found is not None else ""
    linear = html_to_text(markup)
    if len(linear) > _SMALL and _letters("".join(tree.xpath(_VISIBLE))) < _ENOUGH * _letters(linear):
        doubts.append("truncated_by_parser")
        raw = linear
    text = clean(raw)
    if wall and len(text) < _SHELL:
        return ReadResult(failure=wall.reason, detail=wall.detail)
    if not any(c.isalpha() for c in text):
        return ReadResult(failure=FailureReason.NO_TEXT, detail="no text was found in the page")
    if cut_short(raw):
        doubts.append("text_cut")
    return Page(
        title=clean_title((found.title if found is not None else None) or ""),
        text=text,
        published=_published(tree, capture.fetched_at),
        lang=language(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang")),
        doubts=tuple(doubts),
    )


def _published(tree: lxml.html.HtmlElement, fetched_at: datetime) -> datetime | None:
    """When the page says it was published, in its metadata only.

    Extractors that look for any date in the text take the day of a closure for the day of its announcement.
    """
    for path in _MOMENTS:
        for value in tree.xpath(path)[:3]:
            in_json = _IN_JSON.search(value) if "ld+json" in path else None
            moment = published_at(in_json[1] if in_json else str(value), fetched_at)
            if moment is not None:
                return moment
    return None


def _found(tree: lxml.html.HtmlElement, capture: Capture) -> trafilatura.settings.Document | None:
    tomorrow = capture.fetched_at + timedelta(days=1)
    found = trafilatura.bare_extraction(
        tree,
        url=capture.url,
        fast=True,
        include_comments=False,
        with_metadata=True,
        # Its date is not used (see _published); without a latest date it would ask the clock.
        date_extraction_params={
            "original_date": True,
            "extensive_search": False,
            "max_date": tomorrow.date().isoformat(),
        },
    )
    return None if isinstance(found, dict) else found


def _letters(text: str) -> int:
    return len("".join(text.split()))
