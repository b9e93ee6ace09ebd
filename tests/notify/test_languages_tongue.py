"""How the reader's language writes dates, times, sums and names."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from letters import STORIES, closing, delivery

from monitor.domain.deadlines import PartialDate
from monitor.notify.letter import compose
from monitor.notify.tongue import tongue


@pytest.mark.parametrize(
    ("language", "day", "month", "money", "share"),
    [
        ("en", "28 Sep 2024", "Sep 2024", "EUR 1,234,568", "34%"),
        ("zh", "2024年9月28日", "2024年9月", "EUR 1,234,568", "34%"),
        ("fr", "28 sept. 2024", "septembre 2024", "1 234 568 EUR", "34 %"),
        ("es", "28 sept 2024", "septiembre de 2024", "1.234.568 EUR", "34 %"),
        ("id", "28 Sep 2024", "September 2024", "EUR 1.234.568", "34%"),
        ("de", "28. Sept. 2024", "September 2024", "1.234.568 EUR", "34 %"),
        ("pt", "28 de set. de 2024", "setembro de 2024", "EUR 1.234.568", "34%"),
        ("vi", "28/9/2024", "tháng 9/2024", "1.234.568 EUR", "34%"),
        ("ja", "2024年9月28日", "2024年9月", "EUR 1,234,568", "34%"),
    ],
)
def test_dates_and_sums_are_written_as_the_language_writes_them(
    language: str, day: str, month: str, money: str, share: str
) -> None:
    t = tongue(language)
    said = (
        t.day(date(2024, 9, 28)),
        t.partial(PartialDate("2024-09")),
        t.money(Decimal("1234567.89"), "EUR"),
        t.percent(0.34),
    )
    assert tuple(" ".join(one.split()) for one in said) == (day, month, money, share)


def test_dates_are_said_as_precisely_as_they_are_known() -> None:
    t, today = tongue(), date(2024, 11, 28)
    assert [t.partial(PartialDate(d)) for d in ("2024-11-28", "2024-11", "2024")] == ["28 Nov 2024", "Nov 2024", "2024"]
    days = ("2024-11-29", "2024-12-10", "2024-11-28", "2024-11-27", "2024-12", "2027-11-28")
    said = [t.away(PartialDate(day), today) for day in days]
    assert said == ["in 1 day", "in 12 days", "today", "1 day ago", "", "in 1095 days"]


def test_times_are_those_of_the_readers_clock() -> None:
    at = datetime(2024, 10, 2, 22, 30, tzinfo=UTC)
    assert tongue().moment(at) == "2 Oct 2024, 22:30 (UTC)"
    assert tongue("en", "Asia/Kolkata").moment(at) == "3 Oct 2024, 04:00 (UTC+5:30)"
    assert tongue("en", "America/Sao_Paulo").moment(at) == "2 Oct 2024, 19:30 (UTC-3)"
    assert tongue("zh", "Asia/Shanghai").moment(at) == "2024年10月3日 06:30（UTC+8）"
    assert tongue("en", "No/Where").moment(at) == "2 Oct 2024, 22:30 (UTC)"
    message = replace(closing().message, made_at=datetime(2024, 11, 26, 23, 0, tzinfo=UTC))
    there = compose(delivery(message, zone="Asia/Tokyo"))
    assert there.facts[2].text == "28 Nov 2024 (in 1 day)"


def test_places_languages_zones_and_lists_are_named() -> None:
    t = tongue()
    assert [t.place(c) for c in ("TW", "EU", "WORLD", "QX")] == ["Taiwan", "European Union", "worldwide", "QX"]
    assert [t.language_name(c) for c in ("id", "zh-Hant", "q?")] == ["Indonesian", "Chinese", "q?"]
    assert [t.zone_name(z) for z in ("Europe/Berlin", "+08:00", "No/Where_else")] == [
        "Berlin time",
        "UTC+08:00",
        "Where else time",
    ]
    assert [t.listed(("A", "B", "C"), most) for most in (2, 3)] == ["A, B +1 more", "A, B, C"]
    assert tongue("ja").listed(("A", "B")) == "A、B"
    assert t.money(Decimal(12), "") == "12"


def test_a_number_takes_the_form_that_its_language_wants() -> None:
    said = [tongue("de").count("{n} day left", "{n} days left", n) for n in (1, 2, 1500)]
    assert said == ["noch 1 Tag", "noch 2 Tage", "noch 1.500 Tage"]
    assert [tongue("fr").count("{n} source", "{n} sources", n) for n in (0, 1, 2)] == [
        "0 source",
        "1 source",
        "2 sources",
    ]
    assert tongue("zh").count("{n} day left", "{n} days left", 1) == "剩余1天"


def test_what_no_catalogue_knows_is_said_in_english() -> None:
    assert tongue("de").say("Nobody has translated {this}", this="x") == "Nobody has translated x"
    assert tongue("xx").say("today") == "today"
    assert tongue("../../etc").day(date(2024, 1, 2)) == "Jan 2, 2024"


def test_a_story_is_the_same_in_every_zone_but_for_its_times() -> None:
    for story in STORIES.values():
        here, there = (compose(replace(story(), zone=zone)) for zone in ("UTC", "Europe/Paris"))
        assert replace(here, zone="") == replace(there, zone="")
