"""Outside text made safe to print, and a word for everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.deadlines import DeadlineRole
from monitor.domain.exposure import Part, Severity
from monitor.domain.signals import EventType, Status
from monitor.domain.sources import Authority
from monitor.notify import sentences, wording
from monitor.notify.grounds import stepped
from monitor.notify.tongue import tongue


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("a\r\nBcc: x", "a Bcc: x"),
        ("a\x00b\x1b[31mc\x85d\u2028e", "a b [31mc d e"),
        ("  many   spaces\t", "many spaces"),
        ("\ud800lone", "lone"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("safe\u202etxt.exe", "safe[U+202E]txt.exe"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # Persian needs its joiners
        ("东南亚平台关闭", "东南亚平台关闭"),
    ],
)
def test_outside_text_becomes_one_visible_line(outside: str, shown: str):
    assert wording.clean(outside) == shown


@settings(deadline=None)
@given(st.text(max_size=2000), st.integers(1, 300))
def test_clean_text_is_short_has_no_control_and_is_clean_already(text: str, limit: int):
    shown = wording.clean(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable() or all(not c.isspace() or c == " " for c in shown)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in shown)
    assert wording.clean(shown, limit) == shown


def test_a_long_text_is_cut_between_words_where_it_has_any():
    assert wording.shorten("one two three four", 14) == "one two three…"
    assert wording.shorten("x" * 50, 10) == "x" * 9 + "…"
    assert wording.shorten("fits", 4) == "fits"


@pytest.mark.case(24)
@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://example.com/a?b=1&c=2#d", "https://example.com/a?b=1&c=2#d"),
        ("http://user:secret@example.com:8080/", "http://example.com:8080/"),
        ("https://аррӏе.example/", "https://xn--80ak6aa92e.example/"),  # Cyrillic letters that look Latin
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.com/x", None),
        ("file:///etc/passwd", None),
        ("https://", None),
        ("https://example.com\\@evil.example/", None),
        ("https://example.com/a b", None),
        ("https://example.com/\u202etxt", None),
        ("https://exa<mple.com/", None),
        ("https://example.com:99999/", None),
        ("https://[broken/", None),
        ("https://example.com/" + "x" * 2048, None),
    ],
)
def test_only_a_plain_web_link_becomes_a_link_without_credentials(url: str, safe: str | None):
    assert wording.link(url) == safe


def test_every_event_rung_role_severity_and_authority_has_words():
    assert set(sentences.EVENT) == set(sentences.OFF) == set(EventType)
    assert set(sentences.HAPPENS) == {(event, phase) for event in EventType for phase in sentences.Phase}
    assert set(wording.RUNG) == set(wording.RUNG_MEANS) == set(Status)
    assert set(wording.DUTY) == set(DeadlineRole)
    assert set(wording.SEVERITY) == set(wording.LOUD) == set(Severity)
    assert set(wording.PART) == set(Part)
    assert set(wording.AUTHORITY) == set(Authority)


def test_how_much_louder_something_makes_it_is_said_in_words():
    english, german = tongue("en"), tongue("de")
    assert [stepped(steps, english) for steps in (1, 2, -1, -2)] == [
        "1 step higher", "2 steps higher", "1 step lower", "2 steps lower",
    ]  # fmt: skip
    assert stepped(-1, german) == "1 Stufe niedriger"
