"""When something was published: what is believed, what is not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_cases import NOW

from monitor.read.dates import NEWEST, OLDEST, published_at

TENTH, NINE = datetime(2026, 3, 10, tzinfo=UTC), timedelta(hours=9)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Tue, 10 Mar 2026 09:00:00 GMT", TENTH + NINE),
        ("Tue, 10 Mar 2026 09:00:00 +0800", TENTH + timedelta(hours=1)),
        ("10 Mar 2026 09:00 EST", TENTH + timedelta(hours=14)),
        ("Tue, 10 Mar 26 09:00:00 Z", TENTH + NINE),
        ("  Tue,\n 10 Mar 2026 09:00:00 GMT ", TENTH + NINE),
        ("Tue, 10 Mar 2026 09:00:00 CET", TENTH + timedelta(hours=8)),
        ("2026-03-10", TENTH),
        ("2026-03-10T09:00:00Z", TENTH + NINE),
        ("2026-03-10T09:00:00.123456+01:00", TENTH + timedelta(hours=8)),
        ("2026-03-10 09:00:00 +0100", TENTH + timedelta(hours=8)),
        ("2026-03-10T24:00:00Z", TENTH + timedelta(days=1)),
        ("2026-03-10T09:00", TENTH + NINE),
        ("2026年3月10日", TENTH),
        ("2026年03月10日 09:00", TENTH + NINE),
        ("2026年3月10日(火) 9:00", TENTH + NINE),
        ("2026년 3월 10일 09:00", TENTH + NINE),
        ("2026/03/10 09:00", TENTH + NINE),
        ("2026.3.10", TENTH),
        ("28/02/2026 09:00", datetime(2026, 2, 28, 9, tzinfo=UTC)),
        ("02/28/2026 9:00 PM", datetime(2026, 2, 28, 21, tzinfo=UTC)),
        ("10.03.2026 09:00", TENTH + NINE),
        ("1773133200", TENTH + NINE),
        ("1773133200000", TENTH + NINE),
        ("10 mars 2026 09:00", TENTH + NINE),
        ("mar. 10 mars 2026 à 09:00", TENTH + NINE),
        ("mar., 10 mars 2026 09:00:00 +0100", TENTH + timedelta(hours=8)),
        ("Mon, 10 mars 2026 09:00:00 GMT", TENTH + NINE),
        ("1er mars 2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("martedì 10 marzo 2026", TENTH),
        ("10 de marzo de 2026", TENTH),
        ("10 de março de 2026", TENTH),
        ("10. März 2026 um 09:00 Uhr", TENTH + NINE),
        ("10 марта 2026 г., 09:00", TENTH + NINE),
        ("March 10, 2026 9:00 AM", TENTH + NINE),
        ("10 Maret 2026", TENTH),
        ("10 Mart 2026", TENTH),
    ],
)
def test_a_known_form_is_read(raw, expected):
    assert published_at(raw, NOW) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "", " ", "a", "12", "NaN", "1e400", "yesterday", "3 hours ago", "now", "2026", "March 2026", "10 March",
        "10000-01-01", "0000-01-01", "-001-01-01T00:00:00Z", "2026-02-30", "2026-13-01", "2026-03-10T25:00:00Z",
        "Tue, 10 Mar 2026 09:00:00 +9999", "Tue, 31 Feb 2026 09:00:00 GMT", "31 février 2026", "2026年13月10日",
        "03/04/2026", "10 foo 2026", "10 mars 2026 " + "1 " * 60, "1795251600", "2011-03-10", "2026-03-14",
        "Tue, 10 Mar 1026 09:00:00 GMT", "2026-03-10T09:00:00+99:99", "12/28/2026 13:00 PM", "1" * 64,
    ],
)  # fmt: skip
def test_what_has_no_known_form_or_cannot_be_is_unknown(raw):
    assert published_at(raw, NOW) is None


FORMATS = ["%a, %d %b %Y %H:%M:%S +0000", "%Y-%m-%dT%H:%M:%SZ", "%Y年%m月%d日 %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%s"]


@settings(deadline=None)
@given(
    st.datetimes((NOW - OLDEST + timedelta(days=1)).replace(tzinfo=None), NOW.replace(tzinfo=None)),
    st.sampled_from(FORMATS),
)
def test_a_moment_written_in_a_known_form_is_that_moment(moment, form):
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    raw = str(int(moment.timestamp())) if form == "%s" else moment.strftime(form)
    assert published_at(raw, NOW) == moment


@settings(deadline=None)
@given(st.text(max_size=80) | st.text("0123456789-/:.TZ年月日 +", max_size=40))
def test_any_string_gives_nothing_or_a_moment_in_the_window(raw):
    moment = published_at(raw, NOW)
    assert moment is None or (moment.utcoffset() == timedelta(0) and NOW - OLDEST <= moment <= NOW + NEWEST)


def test_the_answer_does_not_depend_on_what_was_asked_before():
    assert published_at("10 mars 2026", NOW) == published_at("10 mars 2026", NOW) == TENTH
    assert published_at("10 mars 2026", NOW - timedelta(days=30)) is None
