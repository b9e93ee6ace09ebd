"""Dates as texts write them, resolved against the day of publication."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import datefeatures, dates
from monitor.understand import reading as readings
from monitor.understand.facts import dated
from monitor.understand.ranking import Event

PUBLISHED = date(2024, 9, 25)  # a Wednesday


def read(text: str, lang: str, published: date | None = PUBLISHED) -> list[str]:
    return [str(found.date) for found in dates.find(text, lang, published)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "on 28 November 2024"),
        ("en", "November 28th, 2024"),
        ("en", "Nov. 28"),
        ("en", "by 11/28/2024"),
        ("en", "28/11/2024"),
        ("en", "2024-11-28"),
        ("de", "zum 28. November"),
        ("de", "bis 28.11."),
        ("fr", "le 28 novembre 2024"),
        ("fr", "d'ici le 28/11"),
        ("es", "el 28 de noviembre de 2024"),
        ("pt", "a 28 de novembro"),
        ("it", "dal 28 novembre 2024"),
        ("nl", "op 28 november"),
        ("sv", "den 28 november"),
        ("da", "den 28. november"),
        ("ro", "28 noiembrie 2024"),
        ("pl", "od 28 listopada 2024 r."),
        ("cs", "do 28. 11. 2024"),
        ("ru", "с 28 ноября 2024 года"),
        ("uk", "з 28 листопада"),
        ("el", "στις 28 Νοεμβρίου 2024"),
        ("tr", "28 Kasım'da"),
        ("id", "per 28 November 2024"),
        ("ms", "mulai 28 November"),
        ("fil", "sa Nobyembre 28, 2024"),
        ("fil", "ika-28 ng Nobyembre"),
        ("vi", "ngày 28 tháng 11 năm 2024"),
        ("vi", "từ 28/11"),
        ("th", "วันที่ 28 พฤศจิกายน 2567"),
        ("th", "28 พ.ย. 67"),
        ("zh", "2024年11月28日"),
        ("zh", "11月28日前"),
        ("zh", "十一月二十八日"),
        ("zh", "113年11月28日"),
        ("ja", "令和6年11月28日"),
        ("ko", "11월 28일까지"),
        ("ar", "٢٨ نوفمبر ٢٠٢٤"),
        ("ar", "28 تشرين الثاني"),
        ("fa", "۸ آذر ۱۴۰۳"),
        ("hi", "28 नवंबर 2024"),
        ("bn", "২৮ নভেম্বর ২০২৪"),
        ("ta", "நவம்பர் 28, 2024"),
    ],
)
def test_one_day_is_read_in_every_way_to_write_it(lang: str, text: str) -> None:
    assert read(text, lang) == ["2024-11-28"]


@pytest.mark.parametrize(
    ("lang", "text", "day"),
    [
        ("en", "from tomorrow", "2024-09-26"),
        ("en", "on Monday", "2024-09-23"),
        ("en", "next Monday", "2024-09-30"),
        ("en", "at the end of the month", "2024-09-30"),
        ("en", "in 30 days", "2024-10-25"),
        ("de", "seit Dienstagabend", "2024-09-24"),
        ("fr", "la fin de l'année dernière", "2023-12-31"),
        ("ru", "с понедельника", "2024-09-23"),
        ("sv", "sedan i måndags", "2024-09-23"),
        ("zh", "本月底前", "2024-09-30"),
        ("zh", "下周五起", "2024-10-04"),
        ("zh", "上周五", "2024-09-20"),
        ("ja", "来月1日", "2024-10-01"),
        ("ja", "30日に終了", "2024-09-30"),
        ("ko", "이달 말", "2024-09-30"),
        ("ko", "내년 1월", "2025-01"),
        ("vi", "từ thứ hai", "2024-09-23"),
        ("en", "by the end of November", "2024-11-30"),
        ("zh", "10月底", "2024-10-31"),
        ("pl", "w listopadzie", "2024-11"),
    ],
)
def test_a_relative_date_is_counted_from_publication(lang: str, text: str, day: str) -> None:
    assert read(text, lang) == [day]


def test_a_year_that_is_not_written_is_the_one_nearest_to_publication() -> None:
    assert read("le 5 mars", "fr", date(2021, 1, 6)) == ["2021-03-05"]
    assert read("on 20 December", "en", date(2025, 1, 6)) == ["2024-12-20"]
    assert read("1月19日，19日", "zh", date(2025, 1, 18)) == ["2025-01-19", "2025-01-19"]


def test_without_a_day_of_publication_the_text_gives_the_year_or_nobody_does() -> None:
    assert read("2 March 2023: orders end; login ends 5 May", "en", None) == ["2023-03-02", "2023-05-05"]
    assert read("on 5 May, tomorrow, on Monday", "en", None) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("tr", "saat 23.59"),
        ("en", "open 24/7, 1/2 price, 10.5 %, version 3.11.7, 10:30"),
        ("en", "you may 5 times; we march on; sat at home"),
        ("zh", "3个月，5天，12小时，日元"),
        ("ja", "12か月、5日間"),
        ("ko", "3개월 동안"),
        ("tr", "pazaryeri"),
        ("ru", "средств и средний"),
        ("en", "31 February 2024, 2024-13-40, 45 May"),
        ("en", "in 1840 and in 2099-01-01"),
    ],
)
def test_what_only_looks_like_a_date_is_none(lang: str, text: str) -> None:
    assert read(text, lang) == []


@pytest.mark.parametrize(("published", "day"), [(date(2024, 10, 1), "2024-10-09"), (date(2024, 9, 1), "2024-09-10")])
def test_an_english_date_of_open_order_is_read_as_the_nearer_of_the_two(published: date, day: str) -> None:
    assert read("on 10/09/2024", "en", published) == [day]


def test_in_german_the_day_comes_first() -> None:
    assert read("am 10.09.2024", "de", date(2024, 10, 9)) == ["2024-09-10"]


@settings(max_examples=60, deadline=None)
@given(
    day=st.dates(date(2000, 1, 1), date(2032, 12, 28)),
    form=st.sampled_from(
        [("en", "{d} {m} {y}"), ("zh", "{y}年{n}月{d}日"), ("de", "{d}.{n}.{y}"), ("sv", "{y}-{n:02}-{d:02}")]
    ),
)
def test_every_full_date_comes_back_as_it_was_written(day: date, form: tuple[str, str]) -> None:
    lang, pattern = form
    text = pattern.format(d=day.day, m=f"{day:%B}", y=day.year, n=day.month)
    assert read(f"It ends on {text}, they say.", lang, date(2024, 1, 1)) == [day.isoformat()]


@settings(max_examples=60, deadline=None)
@given(published=st.dates(date(2001, 1, 1), date(2039, 1, 1)), ahead=st.integers(-120, 150))
def test_a_day_without_a_year_is_never_more_than_eight_months_off(published: date, ahead: int) -> None:
    day = published + timedelta(days=ahead)
    if (day.month, day.day) != (2, 29):
        assert read(f"on {day.day} {day:%B}", "en", published) == [day.isoformat()]


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.sampled_from("0123456789./-年月日号월일 thjanfebmarиюноя:,%"), max_size=80),
    lang=st.sampled_from(["en", "zh", "ja", "ko", "vi", "ru", "th", "fa", "de"]),
    published=st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2060, 1, 1))),
)
def test_no_text_breaks_the_reader_and_what_it_finds_lies_in_the_text(
    text: str, lang: str, published: date | None
) -> None:
    last = 0
    for found in dates.find(text, lang, published):
        assert last <= found.start < found.end <= len(text)
        assert isinstance(found.date, PartialDate)
        last = found.end


def test_a_long_text_is_read_up_to_its_limit_only() -> None:
    filler = "lorem ipsum " * 1_800
    assert read(f"28 November 2024 {filler} 29 November 2024", "en") == ["2024-11-28"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "withdrawn within 90 days of July 15"),
        ("de", "innerhalb von 90 Tagen nach dem 15. Juli"),
        ("fr", "dans un délai de 90 jours à compter du 15 juillet"),
        ("es", "en un plazo de 90 días a partir del 15 de julio"),
        ("it", "entro 90 giorni dal 15 luglio"),
        ("ru", "в течение 90 дней с 15 июля"),
        ("zh", "自7月15日起90天内"),
        ("ja", "7月15日から90日以内"),
        ("ko", "7월 15일부터 90일 이내"),
        ("vi", "trong vòng 90 ngày kể từ ngày 15/7/2025"),
        ("tr", "15 Temmuz'dan itibaren 90 gün içinde"),
    ],
)
def test_a_length_is_counted_from_the_day_that_the_text_names(lang: str, text: str) -> None:
    assert "2025-10-13" in read(text, lang, date(2025, 6, 2))


def test_a_length_beside_a_day_that_it_is_not_counted_from_is_counted_from_publication() -> None:
    assert read("Reply within 90 days. July 15 is a holiday", "en", date(2025, 6, 2)) == ["2025-08-31", "2025-07-15"]


@pytest.mark.parametrize(
    ("lang", "text", "days"),
    [
        ("en", "selling since 2019. 4.9 stars", ["2019"]),
        ("ko", "2025. 7.15 종료", ["2025-07-15"]),
        ("es", "se modifica la regla 3.7.35", []),
        ("en", "under section 2.1.25 and in version 3.4.26", []),
        ("de", "ab dem 03.07.25", ["2025-07-03"]),
        ("he", "החל מ-1 במאי 2025", ["2025-05-01"]),
    ],
)
def test_numbers_of_ratings_and_sections_are_no_days(lang: str, text: str, days: list[str]) -> None:
    assert read(text, lang, date(2025, 6, 2)) == days


@pytest.mark.parametrize("text", ["自116/2/28起", "自民國116年2月28日起", "自民國 116 年 2 月 28 日起"])
def test_years_of_the_republic_of_china_are_read(text: str) -> None:
    assert read(text, "zh", date(2026, 11, 2)) == ["2027-02-28"]


def test_a_fraction_of_another_language_is_no_year_of_the_republic() -> None:
    assert read("item 116/2/28", "fr") == []


@pytest.mark.parametrize(
    ("lang", "text", "days"),
    [
        ("en", "from 12 August 2022 to 31 August", ["2022-08-12", "2022-08-31"]),
        ("zh", "2022年8月12日至8月31日", ["2022-08-12", "2022-08-31"]),
        ("de", "vom 12. Dezember 2022 bis 3. Januar", ["2022-12-12", "2023-01-03"]),
        ("en", "launched on 12 August 2022 and will close on 31 October", ["2022-08-12", "2024-10-31"]),
    ],
)
def test_the_last_day_of_a_range_is_of_the_year_of_the_first(lang: str, text: str, days: list[str]) -> None:
    assert read(text, lang) == days


def test_a_date_of_the_year_that_alone_is_known_lies_neither_before_publication_nor_after() -> None:
    """Which is a middle that stands in for it; of the year before it is known."""
    reading = readings.read("", "It left in April and, in November 2023, had cut its staff.", "en")
    year = date(2024, 7, 1)
    vague = Event(EventType.MARKET_EXIT, Status.EFFECTIVE, "en", year, vague=True)
    days = dated(reading, "en", year, PartialDate("2024"))
    april, november = datefeatures.features(days, reading, vague)
    assert "gap:same period" in april
    assert "gap:past" in november
