"""Days spelt out, years told in words, and days that take their month or their side from what stands beside them."""

import calendar
from datetime import date, timedelta

import pytest
from babel.dates import format_date, get_month_names
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain.signals import EventType, Status
from monitor.understand import dates, effective
from monitor.understand.datenames import date_words
from monitor.understand.facts import dated
from monitor.understand.ranking import Event
from monitor.understand.reading import read

WEDNESDAY = date(2025, 9, 17)
DAYS = {"es": "d 'de' MMMM", "pt": "d 'de' MMMM", "en": "d 'of' MMMM"}  # "d MMMM" elsewhere
BESIDE = {  # a month, with the year told in words
    "en": ("{} next year", "{} last year"),
    "de": ("im {} nächsten Jahres", "im {} letzten Jahres"),
    "fr": ("en {} de l'année prochaine", "en {} de l'année dernière"),
    "es": ("en {} del próximo año", "en {} del año pasado"),
    "pt": ("em {} do próximo ano", "em {} do ano passado"),
    "it": ("a {} del prossimo anno", "a {} dell'anno scorso"),
    "nl": ("in {} volgend jaar", "in {} vorig jaar"),
    "sv": ("i {} nästa år", "i {} förra året"),
    "da": ("i {} næste år", "i {} sidste år"),
    "ro": ("în {} anul viitor", "în {} anul trecut"),
    "pl": ("od {} przyszłego roku", "od {} zeszłego roku"),
    "cs": ("od {} příštího roku", "od {} loni"),
    "ru": ("с {} следующего года", "с {} прошлого года"),
    "uk": ("з {} наступного року", "з {} минулого року"),
    "tr": ("gelecek yıl {} ayında", "geçen yıl {} ayında"),
    "id": ("{} tahun depan", "{} tahun lalu"),
    "ms": ("{} tahun hadapan", "{} tahun lalu"),
    "vi": ("{} năm sau", "{} năm ngoái"),
    "th": ("{}ปีหน้า", "{}ปีที่แล้ว"),
    "hi": ("अगले साल {} में", "पिछले साल {} में"),
    "ar": ("{} من العام المقبل", "{} من العام الماضي"),
}
BEGINNINGS = {
    "en": "from the beginning of {}", "de": "ab Anfang {}", "fr": "dès le début {}", "es": "a principios de {}",
    "pt": "no início de {}", "it": "all'inizio di {}", "nl": "begin {}", "sv": "från början av {}",
    "da": "fra starten af {}", "pl": "od początku {}", "cs": "od začátku {}", "ru": "с начала {}",
    "uk": "від початку {}", "id": "mulai awal {}", "vi": "từ đầu {}", "th": "ต้น{}", "ar": "ابتداء من مطلع {}",
    "zh": "{}初起", "ja": "{}初めから", "ko": "{} 초부터",
}  # fmt: skip
SUNDAYS = {"tr": "pazar akşamından beri", "id": "sejak Minggu malam", "ms": "sejak hari Ahad"}


def days(text: str, lang: str, published: date | None = WEDNESDAY) -> list[str]:
    return [str(found.date) for found in dates.find(text, lang, published)]


@settings(deadline=None)
@given(st.sampled_from(sorted(date_words()["ordinals"])), st.dates(date(2025, 1, 1), date(2025, 12, 31)), st.data())
def test_a_day_of_the_month_may_be_spelt_out(lang: str, day: date, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(date_words()["ordinals"][lang][day.day - 1].split("/")))
    text = format_date(day, DAYS.get(lang, "d MMMM"), lang).replace(str(day.day), word, 1)
    assert days(f"({text}) X", lang, day - timedelta(days=20)) == [day.isoformat()]


@settings(deadline=None)
@given(st.sampled_from(sorted(BESIDE)), st.sampled_from([2, 4, 7, 9, 11]), st.dates(date(2001, 1, 1), date(2035, 1, 1)))
def test_the_year_of_a_month_may_be_told_in_words(lang: str, month: int, published: date) -> None:
    name = get_month_names("wide", "format", lang)[month]
    for text, years in zip(BESIDE[lang], (1, -1), strict=True):
        assert days(text.format(name), lang, published) == [f"{published.year + years}-{month:02}"]


def test_a_sentence_that_ends_on_a_month_does_not_take_the_year_of_the_next_one() -> None:
    assert days("It closes on 30 November. Next year the site is sold", "en") == ["2025-11-30", "2026"]


@pytest.mark.parametrize("lang", BEGINNINGS)
def test_the_beginning_of_a_month_ahead_is_its_first_day_and_of_one_gone_by_no_more_than_the_month(lang: str) -> None:
    for month, expected in ((11, "2025-11-01"), (7, "2025-07")):
        name = get_month_names("wide", "format", lang)[month]
        assert days(BEGINNINGS[lang].format(name), lang) == [expected]


@pytest.mark.parametrize(("lang", "text"), SUNDAYS.items())
def test_a_sunday_that_is_also_another_word_is_one_beside_a_word_that_goes_with_days(lang: str, text: str) -> None:
    assert days(text, lang) == ["2025-09-14"]


def test_a_market_and_a_week_are_no_sundays() -> None:
    assert days("Pazar yeri kapandı, pazar büyüyor", "tr") == []
    assert days("dua kali seminggu, setiap minggu", "id") == []


@pytest.mark.parametrize(
    ("lang", "text", "day"),
    [
        ("en", "since the start of the week", "2025-09-15"),
        ("de", "seit Anfang der Woche", "2025-09-15"),
        ("zh", "本周初起", "2025-09-15"),
        ("en", "by the end of the week", "2025-09-21"),
        ("fr", "d'ici la fin de la semaine", "2025-09-21"),
        ("de", "seit drei Tagen", "2025-09-14"),
        ("fr", "depuis dix jours", "2025-09-07"),
        ("it", "da dodici giorni", "2025-09-05"),
        ("pl", "od pięciu dni", "2025-09-12"),
        ("en", "a week ago", "2025-09-10"),
        ("de", "seit einer Woche", "2025-09-10"),
        ("nl", "half oktober", "2025-10-15"),
        ("en", "its shelf ends with October", "2025-10-31"),
        ("pt", "termina com o mês de outubro", "2025-10-31"),
        ("ja", "10月限りで終了", "2025-10-31"),
        ("ja", "今月いっぱいで", "2025-09-30"),
        ("es", "el 24 por la noche", "2025-09-24"),
        ("vi", "từ mùng 10 mất phí", "2025-09-10"),
        ("th", "ตั้งแต่ 1 กุมภา", "2026-02-01"),
        ("zh", "佛曆2568年11月15日起", "2025-11-15"),
        ("en", "by year end", "2025-12-31"),
    ],
)
def test_what_people_say_of_days_is_read(lang: str, text: str, day: str) -> None:
    assert days(text, lang) == [day]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "el 20 por ciento, el 15 % y el 30 mil"),
        ("fr", "le 20 pour cent"),
        ("de", "seit fünf Jahren"),
        ("ko", "30일 넘은 재고"),
        ("ja", "30日を超える在庫"),
    ],
)
def test_what_only_looks_like_such_a_day_is_none(lang: str, text: str) -> None:
    assert days(text, lang) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("temu leaves chile on march 1, 2026", ["2026-03-01"]),
        ("orders end by 1 may", ["2026-05-01"]),
        ("fees may 15 times rise, and stalls march 3 abreast", []),
    ],
)
def test_a_month_that_is_another_word_needs_a_year_or_a_preposition_in_small_letters(
    text: str, days: list[str]
) -> None:
    assert [str(found.date) for found in dates.find(text, "en", date(2026, 2, 2))] == days


def test_the_number_of_a_platform_is_not_the_day_of_the_month_behind_it() -> None:
    assert days("n11 mayıs başından beri", "tr", date(2024, 5, 9)) == ["2024-05"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "It closes on 30 November; orders are taken until the 20th, payouts end the day before"),
        ("de", "Schluss ist am 30. November, Ware ist bis zum 20. abzuholen, Daten bis zum Vortag"),
        ("fr", "La fermeture est le 30 novembre, commandes jusqu'au 20 et données jusqu'à la veille"),
        ("es", "Cierra el 30 de noviembre; hay que retirar todo antes del día 20 y cobrar hasta la víspera"),
    ],
)
def test_a_day_without_a_month_is_of_the_month_ahead_that_the_text_speaks_of(lang: str, text: str) -> None:
    assert days(text, lang)[:2] == ["2025-11-30", "2025-11-20"]


def test_the_day_on_which_it_was_said_is_not_of_the_month_in_which_it_happens() -> None:
    assert days("It closes on 30 November, it said on the 15th.", "en") == ["2025-11-30", "2025-09-15"]


def test_the_day_before_goes_with_the_day_that_the_text_has_told() -> None:
    assert days("It ends on 1 November. Reports can be had until the day before.", "en") == ["2025-11-01", "2025-10-31"]
    assert days("They had said so the day before.", "en") == []


def turned(text: str, status: str, published: date = WEDNESDAY) -> list[str]:
    reading = read("Temu", text, "en")
    event = Event(EventType.POLICY, Status(status), "en", published)
    return [mention.value for mention in effective.turned(dated(reading, "en", published), reading, event)]


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 28))
def test_a_day_of_an_unnamed_month_lies_ahead_of_what_is_decided_and_behind_what_has_happened(
    published: date, number: int
) -> None:
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    text = f"It costs more from the {number}{suffix}, Temu wrote."
    (ahead,), (behind,) = turned(text, "confirmed", published), turned(text, "effective", published)
    assert ahead >= published.isoformat() >= behind
    assert ahead[-2:] == behind[-2:] == f"{number:02}"


def test_whatever_has_happened_on_a_day_of_an_unnamed_month_lies_behind_unless_it_is_the_last_one() -> None:
    assert turned("Fees went up; the 30th it was.", "effective", date(2025, 7, 22)) == ["2025-06-30"]
    assert turned("Fees went up; refunds until the 30th.", "effective", date(2025, 7, 22)) == ["2025-07-30"]


def test_a_month_without_such_a_day_is_not_taken() -> None:
    assert turned("It costs more from the 31st.", "effective", date(2025, 7, 25)) == ["2025-07-31"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Guthaben werden bis zum März ausgezahlt."),
        ("pt", "Os saldos devem ser retirados antes do dia de março."),
    ],
)
def test_a_preposition_that_only_leads_on_to_the_date_does_not_say_from(lang: str, text: str) -> None:
    reading = read("Temu", text, lang)
    event = Event(EventType.SHUTDOWN, Status.CONFIRMED, lang, WEDNESDAY)
    (mention,) = dated(reading, lang, WEDNESDAY)
    assert effective.from_the_first(mention, reading, event).value == "2026-03"


def test_a_week_that_is_told_by_its_month_is_not_taken_for_the_first_day_of_it() -> None:
    text = "Since last week parcels without a wrap cost more. One seller paid 43 times within ten days."
    reading = read("Temu charges more", text, "en")
    event = Event(EventType.POLICY, Status.EFFECTIVE, "en", WEDNESDAY)
    found = dated(reading, "en", WEDNESDAY)
    assert [(mention.kind, mention.value) for mention in found] == [("week", "2025-09"), ("span", "2025-09-27")]
    day = effective.chosen(found, [0.9, 0.1, 0.0], reading, event)
    assert day is not None
    assert day.value == "2025-09"


@settings(deadline=None)
@given(st.integers(1, 12))
def test_the_last_of_a_month_is_as_long_as_the_month(month: int) -> None:
    name = calendar.month_name[month]
    last = calendar.monthrange(2026, month)[1]
    assert days(f"everything ends with {name} 2026", "en") == [f"2026-{month:02}-{last:02}"]
