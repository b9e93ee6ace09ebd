"""Sitemaps: of pages, of news, and indexes; what of them becomes a document at the first read and later."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import NOW, capture
from reading_cases import source as plain_source

from monitor.domain.documents import ReadResult
from monitor.domain.errors import FailureReason
from monitor.domain.sources import SourceKind
from monitor.read.capture import read_capture
from monitor.read.sitemap import LARGEST, MOST_AT_FIRST, MOST_FOLLOWED, MOST_URLS, slug_title

HOME = "https://watched.example"
MAP = f"{HOME}/sitemap.xml"
XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS_NS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
FIFTH = datetime(2026, 3, 5, tzinfo=UTC)


def read(body, known=frozenset(), memory="", url=MAP, **spec) -> ReadResult:
    mapped = replace(plain_source(SourceKind.SITEMAP), url=MAP, spec=tuple(spec.items()))
    return read_capture(capture(body, url=url), mapped, frozenset(known), None, memory)


def place(path: str, lastmod: str = "", more: str = "") -> str:
    touched = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    return f"<url><loc>{HOME}{path}</loc>{touched}{more}</url>"


def urlset(*places: str, namespaces: str = XMLNS) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {namespaces}>{"".join(places)}</urlset>'


def news(path: str, title: str, published: str, tongue: str = "en") -> str:
    publication = (
        f"<news:publication><news:name>W</news:name><news:language>{tongue}</news:language></news:publication>"
    )
    said = f"<news:publication_date>{published}</news:publication_date><news:title>{title}</news:title>"
    return place(path, more=f"<news:news>{publication}{said}</news:news>")


def index(*names: str, lastmods: dict[str, str] | None = None) -> str:
    touched = {n: f"<lastmod>{d}</lastmod>" for n, d in (lastmods or {}).items()}
    maps = (f"<sitemap><loc>{HOME}/{n}</loc>{touched.get(n, '')}</sitemap>" for n in names)
    return f"<sitemapindex {XMLNS}>{''.join(maps)}</sitemapindex>"


def test_a_page_of_a_sitemap_is_titled_by_its_address_until_it_is_read():
    (document,) = read(urlset(place("/news/2026/closing-our-site-in-norway-48213.html", "2026-03-05"))).documents
    assert document.title == "Closing our site in norway"
    assert document.url == f"{HOME}/news/2026/closing-our-site-in-norway-48213.html"
    assert document.text == ""
    assert document.published is None  # touched on that day, published on any before
    assert document.doubts == ("title_from_address", "date_unknown")


def test_the_page_that_such_a_document_wants_gives_it_its_title_and_text():
    (parent,) = read(urlset(place("/p/guanbi-gonggao", "2026-03-05"))).documents
    words = "本平台将于2026年6月30日停止挪威站的全部服务，卖家须在此之前处理库存并提取余额。" * 5
    page = f"<html><head><title>挪威站关闭公告</title></head><body><article><p>{words}</p></article></body></html>"
    result = read_capture(
        capture(page, "text/html", url=parent.url, document_id=parent.id), plain_source(), frozenset(), parent
    )
    (document,) = result.documents
    assert (document.id, document.title) == (parent.id, "挪威站关闭公告")
    assert document.text.startswith("本平台")
    assert "title_from_address" not in document.doubts


def test_an_entry_of_a_news_sitemap_brings_title_date_and_language():
    body = urlset(
        news("/a1", "Ventoo leaves &amp; closes", "2026-03-05T00:00:00Z", "fr"), namespaces=f"{XMLNS} {NEWS_NS}"
    )
    (document,) = read(body).documents
    assert (document.title, document.published, document.lang) == ("Ventoo leaves & closes", FIFTH, "fr")
    assert document.doubts == ()


def test_the_first_read_of_a_large_sitemap_sees_every_page_and_tells_of_the_newest():
    places = [place(f"/p/page-number-{n}", f"2026-03-{1 + n % 10:02d}") for n in range(3_000)]
    old = [place(f"/p/old-page-{n}", "2024-01-01") for n in range(3_000)]
    first = read(urlset(*old, *places))
    assert (len(first.documents), len(first.seen), first.items) == (MOST_AT_FIRST, 6_000, 6_000)
    tenth = {f"{HOME}/p/page-number-{n}" for n in range(9, 3_000, 10)}
    assert {d.url for d in first.documents} <= tenth
    again = read(urlset(place("/p/brand-new-page", "2026-03-11"), *old, *places), known=first.seen)
    assert [d.url for d in again.documents] == [f"{HOME}/p/brand-new-page"]


def test_without_any_date_the_first_read_is_the_baseline_and_what_comes_later_is_new():
    places = [place(f"/p/page-number-{n}") for n in range(200)]
    first = read(urlset(*places))
    assert (first.documents, len(first.seen)) == ((), 200)
    assert [d.title for d in read(urlset(*places, place("/p/late-page")), known=first.seen).documents] == ["Late page"]


def test_a_small_sitemap_without_dates_is_told_whole():
    assert len(read(urlset(*(place(f"/p/page-number-{n}") for n in range(MOST_AT_FIRST)))).documents) == MOST_AT_FIRST


def test_a_page_that_was_touched_again_is_no_new_page():
    first = read(urlset(place("/p/terms-of-use", "2026-03-01")))
    assert read(urlset(place("/p/terms-of-use", "2026-03-09")), known=first.seen).documents == ()


def test_an_old_page_under_a_new_address_is_seen_and_not_told():
    first = read(urlset(place("/p/terms-of-use", "2026-03-01")))
    moved = read(urlset(place("/q/terms-of-use", "2025-03-01")), known=first.seen)
    assert (moved.documents, len(moved.seen)) == ((), 1)


def test_only_addresses_that_match_are_read():
    body = urlset(place("/news/a-closure", "2026-03-05"), place("/jobs/a-cook", "2026-03-05"))
    result = read(body, only="/news/")
    assert [d.title for d in result.documents] == ["A closure"]
    assert (result.items, len(result.seen)) == (1, 1)
    assert read(body, only="/gone/").failure is FailureReason.SELECTOR_BROKEN


def test_of_an_index_the_sitemaps_touched_last_are_followed():
    names = [f"post-{n}.xml" for n in range(12)]
    result = read(index(*names, lastmods={n: f"2026-02-{10 + i}" for i, n in enumerate(names)}))
    assert result.follow == tuple(f"{HOME}/post-{n}.xml" for n in range(11, 11 - MOST_FOLLOWED, -1))
    assert (result.documents, result.seen, result.items) == ((), (), 12)


def test_of_an_index_without_dates_both_ends_are_followed():
    assert read(index(*(f"s{n}.xml" for n in range(9)))).follow == tuple(f"{HOME}/s{n}.xml" for n in (0, 1, 6, 7, 8))
    assert len(read(index("a.xml", "b.xml")).follow) == 2


def test_an_index_within_an_index_ends_there_and_two_that_name_each_other_do_too():
    root = read(index("inner.xml", "other.xml"))
    inner = read(index("sitemap.xml", "inner2.xml"), memory=root.memory, url=f"{HOME}/inner.xml")
    assert (inner.follow, inner.failure, inner.memory) == ((), None, "")
    redirected = read(index("inner.xml", "third.xml"), memory=root.memory, url=f"{HOME}/elsewhere.xml")
    assert (redirected.follow, redirected.memory) == ((f"{HOME}/third.xml",), "")
    assert read(index("inner.xml", "other.xml"), memory=root.memory).follow == root.follow
    assert read(index("sitemap.xml", "a.xml")).follow == (f"{HOME}/a.xml",)  # itself it does not follow


def test_a_sitemap_of_an_index_may_hold_nothing_of_interest():
    root = read(index("jobs.xml", "news.xml"))
    jobs, none = urlset(place("/jobs/a-cook", "2026-03-05")), urlset()
    for body in (jobs, none):
        part = read(body, memory=root.memory, url=f"{HOME}/jobs.xml", only="/news/")
        assert (part.failure, part.documents, part.items, part.may_be_empty) == (None, (), 0, True)
    assert read(jobs, only="/news/").failure is FailureReason.SELECTOR_BROKEN


def test_a_packed_sitemap_is_unpacked_and_a_bomb_is_not():
    body = urlset(place("/p/a-closure", "2026-03-05")).encode()
    assert [d.title for d in read(gzip.compress(body)).documents] == ["A closure"]
    assert [d.title for d in read(gzip.compress(gzip.compress(body))).documents] == ["A closure"]
    assert read(gzip.compress(b" " * (LARGEST + 2))).failure is FailureReason.TOO_LARGE
    cut = read(gzip.compress(urlset(*(place(f"/p/page-{n}", "2026-03-05") for n in range(400))).encode())[:-40])
    assert cut.failure is None
    assert cut.documents


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", FailureReason.EMPTY),
        (b"<!DOCTYPE html><html><body>404</body></html>", FailureReason.NOT_A_FEED),
        (b"<html><title>Just a moment...</title><p>Verify you are human.</p></html>", FailureReason.BOT_WALL),
        (b"not xml at all", FailureReason.NOT_A_FEED),
        (b"\x1f\x8b broken", FailureReason.EMPTY),
        (urlset().encode(), FailureReason.WENT_EMPTY),
        (index().encode(), FailureReason.WENT_EMPTY),
        (urlset("<url><loc>javascript:alert(1)</loc></url>").encode(), FailureReason.WENT_EMPTY),
    ],
)
def test_what_is_no_sitemap_or_an_empty_one_says_so(body, reason):
    result = read(body)
    assert result.failure is reason
    assert result.detail


def test_a_news_sitemap_without_news_is_well():
    result = read(urlset(namespaces=f"{XMLNS} {NEWS_NS}"))
    assert (result.failure, result.items) == (None, 0)


def test_namespaces_prefixes_and_broken_xml_do_not_matter():
    prefixed = urlset(place("/p/a-closure", "2026-03-05"), namespaces="").replace("<", "<s:").replace("<s:/", "</s:")
    prefixed = prefixed.replace("<s:?xml", "<?xml").replace(
        "<s:urlset ", f"<s:urlset {XMLNS.replace('xmlns', 'xmlns:s')} "
    )
    broken = urlset(place("/p/a-closure?a=1&b=2", "2026-03-05"), place("/p/b", "2026-03-05")).replace("</urlset>", "")
    assert [d.title for d in read(prefixed).documents] == ["A closure"]
    assert read(broken).documents[0].title == "A closure"


def test_the_image_of_a_page_is_neither_its_address_nor_its_title():
    said = "<image:loc>https://cdn.example/x.jpg</image:loc><image:title>A picture</image:title>"
    image = f"<image:image>{said}</image:image>"
    body = urlset(place("/p/a-closure", "2026-03-05", image), namespaces=f'{XMLNS} xmlns:image="urn:image"')
    assert [(d.title, d.url) for d in read(body).documents] == [("A closure", f"{HOME}/p/a-closure")]


def test_no_more_addresses_than_the_protocol_allows_are_read():
    result = read(urlset(*(f"<url><loc>{HOME}/{n}</loc></url>" for n in range(MOST_URLS + 10))))
    assert (len(result.seen), result.items) == (MOST_URLS, MOST_URLS)
    assert "more than 50000" in result.detail


def test_entities_of_a_sitemap_are_neither_expanded_nor_fetched():
    laughs = '<!DOCTYPE urlset [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    body = laughs + urlset(place("/p/&b;&f;", "2026-03-05"), place("/p/a-closure", "2026-03-05")).split("\n", 1)[1]
    assert all("lollol" not in d.url + d.title for d in read(body).documents)


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://a.example/blog/10-tips_for+sellers.html", "Tips for sellers"),
        ("https://a.example/2026/03/05/ventoo-leaves-france/", "Ventoo leaves france"),
        ("https://a.example/ventoo-leaves-france/12345", "Ventoo leaves france"),
        ("https://a.example/news/closing-down-9f8e7d6c5b4a3", "Closing down"),
        ("https://a.example/%E5%85%AC%E5%91%8A%E9%80%9A%E7%9F%A5", "公告通知"),
        ("https://a.example/n/123456", "a.example/n/123456"),
    ],
)
def test_a_title_is_guessed_from_the_words_of_an_address(url, title):
    assert slug_title(url) == title


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_mutant_of_a_sitemap_lets_an_exception_out(dice):
    body = bytearray(urlset(*(place(f"/p/page-{n}", "2026-03-05") for n in range(9))).encode())
    for _ in range(dice.randint(1, 12)):
        at = dice.randrange(len(body))
        body[at : at + dice.randint(0, 20)] = dice.choice([b"", b"<", b"&#xD800;", b"]]>", b"\xff", b"<url>", b"<!--"])
    assert read(bytes(body)).failure is not FailureReason.RAISED


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True), st.integers(0, 30))
def test_what_was_seen_is_never_told_again(ages, cut):
    places = [place(f"/p/page-{age}", (NOW - timedelta(days=age)).date().isoformat()) for age in ages]
    first = read(urlset(*places[:cut], place("/p/anchor", "2020-01-01")))
    second = read(urlset(*places, place("/p/anchor", "2020-01-01")), known=first.seen)
    assert not {d.id for d in first.documents} & {d.id for d in second.documents}
    fresh = {f"{HOME}/p/page-{age}" for age in ages[cut:] if age <= 13}
    assert fresh <= {d.url for d in second.documents}
