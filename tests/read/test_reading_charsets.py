"""Stories of bytes whose charset is declared, half declared, or declared wrongly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import FEED, PAGE, capture, entry, frozen, rss

from monitor.read.capture import read_capture
from monitor.read.charset import decode

CHINESE = "平台将于六月三十日停止运营，请卖家尽快完成提现并下载全部订单数据"


@pytest.mark.parametrize(
    ("name", "content_type", "title", "doubts"),
    [
        ("platform_rss_zh_gb2312.xml", "application/xml", "关于“海淘集市”停止运营的公告", ()),
        ("platform_rss_zh_undeclared_gbk.xml", "text/xml; charset=GBK", "关于“海淘集市”停止运营的公告", ()),
        ("platform_rss_zh_undeclared_gbk.xml", "text/xml", "关于“海淘集市”停止运营的公告", ("encoding_doubt",)),
        ("platform_rss_zh_says_utf8.xml", "text/xml", "关于“海淘集市”停止运营的公告", ("encoding_doubt",)),
        ("platform_rss_zh_big5.xml", "text/xml", "關於商城停止營運的公告", ()),
        ("news_rss_ru_utf16.xml", "text/xml", "Маркетплейс уходит с рынка", ()),
        ("shop_rdf_ja_sjis.xml", "text/xml; charset=utf-8", "サービス終了のお知らせ①", ()),
    ],
)
def test_a_feed_in_any_charset_gives_its_title(name, content_type, title, doubts):
    document = read_capture(frozen(name, content_type), FEED, frozenset(), None).documents[0]
    assert document.title == title
    assert document.doubts == doubts


def test_characters_beyond_gb2312_survive_its_name():
    (document,) = read_capture(frozen("platform_rss_zh_gb2312.xml"), FEED, frozenset(), None).documents
    assert "朱镕" in document.text


@pytest.mark.parametrize(
    ("name", "content_type", "title"),
    [
        ("notice_page_ru_1251.html", "text/html", "Площадка прекращает работу в Казахстане"),
        ("notice_page_zh_header_only.html", "text/html; charset=gb2312", "停止运营公告"),
        ("notice_page_ko_euckr.html", "text/html", "서비스 종료 안내"),
    ],
)
def test_a_page_in_any_charset_gives_its_title(name, content_type, title):
    (document,) = read_capture(frozen(name, content_type), PAGE, frozenset(), None).documents
    assert document.title == title
    assert "encoding_doubt" not in document.doubts


def test_utf_8_is_known_for_what_it_is_whatever_is_declared():
    mislabelled = rss(entry(1, title=CHINESE)).replace('encoding="utf-8"', 'encoding="gb2312"').encode()
    (document,) = read_capture(capture(mislabelled), FEED, frozenset(), None).documents
    assert document.title == CHINESE
    assert document.doubts == ("encoding_doubt",)


def test_the_header_loses_against_a_document_that_knows_better():
    decoded = decode('<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode(), "text/xml; charset=iso-8859-1")
    assert (decoded.encoding, decoded.doubt) == ("utf-8", False)
    assert "é" in decoded.text


def test_a_server_default_of_latin_1_does_not_turn_chinese_into_noise():
    decoded = decode(CHINESE.encode("gbk"), "text/html; charset=ISO-8859-1")
    assert decoded.text == CHINESE
    assert decoded.doubt


def test_one_bad_byte_does_not_lose_the_charset():
    body = (CHINESE * 40).encode("gbk")
    decoded = decode(body + b"\xff", "text/html; charset=gbk")
    assert decoded.text.startswith(CHINESE)
    assert decoded.encoding == "gb18030"
    assert decoded.doubt


def test_a_charset_of_escapes_in_plain_ascii_is_read():
    assert decode("閉店のお知らせ".encode("iso2022_jp"), "text/html; charset=iso-2022-jp").text == "閉店のお知らせ"


def test_utf_16_without_a_mark_is_recognised():
    for encoding in ("utf-16-le", "utf-16-be"):
        assert "<item><title>Ж" in decode("<rss><item><title>Ж</title>".encode(encoding), "text/xml").text


@pytest.mark.parametrize(
    "name", ["hex", "zip", "no-such-charset", "utf-7", "rot13", "utf-16", "idna", "unicode_escape"]
)
def test_a_declared_charset_that_is_none_is_ignored(name):
    assert decode("close é".encode(), f"text/html; charset={name}").text == "close é"


@settings(deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from(["", "text/xml; charset=gbk", "text/html; charset=shift_jis", "a; charset=\x00"]),
)
def test_any_bytes_decode_to_something(body, content_type):
    assert isinstance(decode(body, content_type).text, str)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00"), min_size=1, max_size=200))
def test_declared_and_real_utf_8_comes_through_unchanged(text):
    decoded = decode(text.encode(), "text/xml; charset=utf-8")
    assert (decoded.text, decoded.doubt) == (text, False)
