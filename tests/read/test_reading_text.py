"""Clean text: nothing in it that a database refuses, a person cannot see, or a reader is fooled by."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.read.declared import language, web_url
from monitor.read.text import LONGEST_TEXT, LONGEST_TITLE, clean, clean_title, cut_short, html_to_text

ANY = st.text(st.characters(), max_size=300) | st.text(
    "a \t\n\r\x00\x85\xa0\u200b\u202e\u2028\ufeff\ud800e\u0301", max_size=60
)


@settings(deadline=None)
@given(ANY)
def test_clean_text_is_safe_composed_and_stays_as_it_is(text):
    result = clean(text)
    assert clean(result) == result
    assert unicodedata.is_normalized("NFC", result)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in result if c != "\n")
    assert not set(result) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\u2028")
    assert "  " not in result
    assert "\n\n\n" not in result
    result.encode()  # no lone surrogate is left


@settings(deadline=None)
@given(ANY)
def test_a_title_is_one_line(text):
    title = clean_title(text)
    assert len(title.splitlines()) <= 1
    assert clean_title(title) == title


def test_long_text_is_cut_and_said_so():
    assert len(clean("a" * (LONGEST_TEXT + 1))) == LONGEST_TEXT
    assert cut_short("a" * (LONGEST_TEXT + 1))
    assert not cut_short("a" * LONGEST_TEXT + " " * 10)
    assert len(clean_title("t" * 5000)) == LONGEST_TITLE


def test_a_header_cannot_be_smuggled_in_by_a_title():
    assert clean_title("Closing\r\nBcc: everyone@shop.example") == "Closing Bcc: everyone@shop.example"


def test_joiners_that_carry_meaning_stay():
    assert clean("می\u200cخواهم") == "می\u200cخواهم"
    assert clean("क्\u200dष") == "क्\u200dष"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<tr><td>30</td><td>June</td></tr>", "30 June"),
        ("a <b>bold</b> <i>move</i>", "a bold move"),
        ("in\n  the\n source", "in the source"),
        ("<script>var a = '<p>no</p>'</script>yes<STYLE>x</STYLE >", "yes"),
        ("<!-- <p>no</p> -->yes", "yes"),
        ("AT&amp;T &lt;b&gt; &#8364; &#x110000;", "AT&T <b> € \ufffd"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("<![CDATA[<p>inside</p>]]>", "inside"),
        ("<script>never closed", ""),
        ("<!-- never closed", ""),
        ('<img alt="fees > 5 %">up', "up"),
        ("<a title='old -> new' href=x>moved</a>", "moved"),
        ("<a title=it's>He said 'x'</a>", "He said 'x'"),
        ('<a href="never closed>still "read"</a>', 'still "read"'),
    ],
)
def test_markup_becomes_the_words_a_reader_sees(markup, text):
    assert clean(html_to_text(markup)) == text


def test_no_depth_of_nesting_hides_the_words():
    assert clean(html_to_text("<div>" * 50_000 + "Closing on 30 June" + "</div>" * 50_000)) == "Closing on 30 June"


@settings(deadline=None)
@given(st.text("<>!-/[]CDATAscript &;#x", max_size=120))
def test_any_markup_becomes_some_text(markup):
    clean(html_to_text(markup))


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("https://Shop.Example/a?b=1#c", "https://shop.example/a?b=1#c"),
        ("HTTP://shop.example:8080/", "http://shop.example:8080/"),
        ("https://me:pass@shop.example/a", "https://shop.example/a"),
        ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("//shop.example/a", None),
        ("/a", None),
        ("https://shop.example\\@evil.example/", None),
        ("https://shop.example/a b", None),
        ("https://shop.example:port/", None),
        ("https:///a", None),
        ("https://shop.example/" + "a" * 3000, None),
        (None, None),
    ],
)
def test_only_an_address_of_the_web_is_kept_and_without_credentials(link, url):
    assert web_url(link) == url


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en-us", "en-US"),
        ("ZH_hant_tw", "zh-Hant-TW"),
        ("fr", "fr"),
        ("english language", None),
        ("", None),
        (None, None),
        ("x" * 40, None),
    ],
)
def test_a_language_is_kept_when_it_is_plausible(tag, expected):
    assert language(tag) == expected
