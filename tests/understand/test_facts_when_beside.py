"""Dates that the words beside them tell: the last October, the 16th of that month, in six to eight weeks; and what is
left of them where only the month of publication is known."""

from datetime import date

import pytest

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import datefeatures, effective
from monitor.understand.dates import find
from monitor.understand.facts import dated
from monitor.understand.ranking import Event, Mention
from monitor.understand.reading import Reading, read

WEDNESDAY = date(2024, 9, 25)


# -- the last one, the next one
GONE = {
    "en": ("last October", "2023-10"),
    "de": ("im vergangenen Oktober", "2023-10"),
    "fr": ("le 30 septembre dernier", "2023-09-30"),
    "es": ("el pasado 30 de septiembre", "2023-09-30"),
    "pt": ("em outubro passado", "2023-10"),
    "it": ("lo scorso ottobre", "2023-10"),
    "nl": ("afgelopen oktober", "2023-10"),
    "pl": ("w ubiegłym październiku", "2023-10"),
    "ru": ("в прошлом октябре", "2023-10"),
    "tr": ("geçen ekimde", "2023-10"),
    "id": ("Oktober lalu", "2023-10"),
    "vi": ("tháng 10 vừa qua", "2023-10"),
    "th": ("ตุลาคมที่ผ่านมา", "2023-10"),
    "ko": ("지난 10월", "2023-10"),
    "ar": ("في أكتوبر الماضي", "2023-10"),
    "hi": ("पिछले अक्टूबर", "2023-10"),
}
COMING = {
    "en": ("next August", "2025-08"),
    "de": ("im kommenden August", "2025-08"),
    "fr": ("en août prochain", "2025-08"),
    "es": ("el próximo 20 de agosto", "2025-08-20"),
    "it": ("il prossimo 20 agosto", "2025-08-20"),
    "nl": ("komende juli", "2025-07"),
    "pl": ("w przyszłym sierpniu", "2025-08"),
    "ru": ("в следующем августе", "2025-08"),
    "tr": ("önümüzdeki ağustosta", "2025-08"),
    "ko": ("오는 8월", "2025-08"),
    "hi": ("अगले अगस्त", "2025-08"),
}


@pytest.mark.parametrize(
    ("lang", "form", "meant"), [(lang, *told) for side in (GONE, COMING) for lang, told in side.items()]
)
def test_a_word_beside_a_month_tells_its_year(lang: str, form: str, meant: str) -> None:
    """Without it October is this year's, a week ahead, and August the one that has just gone by."""
    assert meant in values(form, lang)


def test_the_last_day_of_a_number_is_one_that_has_been() -> None:
    """ "지난 28일" is a day of August, "오는 20일" one of October."""
    assert values("지난 28일 공지했다", "ko") == ["2024-08-28"]
    assert values("오는 20일 종료한다", "ko") == ["2024-10-20"]


def test_what_begins_the_next_sentence_is_not_said_of_the_date() -> None:
    """ "Passé ce délai" is what comes after it."""
    assert values("Réponse avant le 2 octobre. Passé ce délai, tout est effacé.", "fr") == ["2024-10-02"]


# -- of that month


SAME = {
    "en": "from 1 November and ends on the 16th of that month",
    "de": "ab dem 1. November, am 16. desselben Monats",
    "fr": "dès le 1er novembre, et le 16 du même mois",
    "es": "desde el 1 de noviembre y a partir del 16 de ese mes",
    "pt": "a partir de 1º de novembro e até o dia 16 do mesmo mês",
    "it": "dal 1° novembre e fino al 16 dello stesso mese",
    "nl": "vanaf 1 november, op de 16e van die maand",
    "sv": "från den 1 november, den 16 samma månad",
    "pl": "od 1 listopada, do 16 tego samego miesiąca",
    "cs": "od 1. listopadu, do 16. téhož měsíce",
    "ru": "с 1 ноября, а 16-го того же месяца",
    "uk": "з 1 листопада, а 16 числа того ж місяця",
    "tr": "1 Kasım'da, aynı ayın 16'sında",
    "id": "mulai 1 November, pada 16 bulan yang sama",
    "vi": "từ ngày 1/11, đến ngày 16 cùng tháng",
    "zh": "自11月1日起，当月16日",
    "ja": "11月1日から、同月16日",
    "ko": "11월 1일부터, 같은 달 16일",
    "ar": "في 1 نوفمبر ثم في 16 من الشهر نفسه",
}


@pytest.mark.parametrize(("lang", "text"), SAME.items())
def test_a_day_of_that_month_is_one_of_the_month_told_before(lang: str, text: str) -> None:
    """Not of the month of publication."""
    assert values(text, lang) == ["2024-11-01", "2024-11-16"]


def test_the_end_of_that_month_is_told_by_it_too() -> None:
    """In the past as well; "that month" alone tells nothing new."""
    assert values("Orders stop on 3 May, payouts at the end of that month.", "en") == ["2024-05-03", "2024-05-31"]
    assert values("bestellen tot half november; eind die maand is de site leeg", "nl") == ["2024-11-15", "2024-11-30"]
    assert values("It closed on 3 May. That month others closed.", "en") == ["2024-05-03"]


# -- from the least to the most


RANGES = {
    "en": ("in six to eight weeks", "in two or three months"),
    "de": ("in sechs bis acht Wochen", "in zwei oder drei Monaten"),
    "fr": ("dans six à huit semaines", "dans deux ou trois mois"),
    "es": ("en seis a ocho semanas", "en dos o tres meses"),
    "pt": ("em seis a oito semanas", "em dois ou três meses"),
    "it": ("tra sei e otto settimane", "tra due o tre mesi"),
    "nl": ("over zes tot acht weken", "over twee of drie maanden"),
    "pl": ("za sześć do ośmiu tygodni", "za dwa lub trzy miesiące"),
    "ru": ("через шесть-восемь недель", "через 2-3 месяца"),
    "tr": ("altı ila sekiz hafta içinde", "2-3 ay içinde"),
    "id": ("dalam enam hingga delapan pekan", "dalam 2-3 bulan"),
    "vi": ("trong sáu đến tám tuần", "trong 2-3 tháng"),
    "zh": ("六到八周后", "2至3个月后"),
    "ja": ("6〜8週間後", "2、3か月後"),
    "ko": ("6~8주 뒤", "2~3개월 내"),
    "ar": ("خلال ستة إلى ثمانية أسابيع", "خلال شهرين أو ثلاثة أشهر"),
    "hi": ("छह से आठ हफ्ते में", "दो से तीन महीने में"),
}


@pytest.mark.parametrize(("lang", "forms"), RANGES.items())
def test_a_length_between_two_is_told_by_what_both_ends_share(lang: str, forms: tuple[str, str]) -> None:
    """Six weeks from 25 September are 6 November, eight 20 November; two months and three only share the year."""
    weeks, months = forms
    assert values(weeks, lang) == ["2024-11"]
    if lang != "ar":  # the dual is one word
        assert values(months, lang) == ["2024"]


# -- so long after


AFTER = {
    "en": "Six months after the ban, nobody cares.",
    "de": "Sechs Monate nach der Sperre fragt niemand mehr.",
    "fr": "Six mois après le blocage, plus personne n'en parle.",
    "es": "Seis meses después del bloqueo, nadie pregunta.",
    "pt": "Seis meses depois do bloqueio, ninguém pergunta.",
    "it": "Sei mesi dopo il blocco nessuno chiede più.",
    "nl": "Zes maanden na het verbod vraagt niemand meer.",
    "sv": "Sex månader efter förbudet frågar ingen.",
    "pl": "Sześć miesięcy po blokadzie nikt nie pyta.",
    "ru": "Шесть месяцев после запрета никто не спрашивает.",
    "id": "Enam bulan setelah pemblokiran, tak ada yang bertanya.",
}


@pytest.mark.parametrize(("lang", "text"), AFTER.items())
def test_what_begins_a_sentence_so_long_after_something_says_when_that_was(lang: str, text: str) -> None:
    """Six months before it is written, to the month."""
    assert values(text, lang) == ["2024-03"]


def test_so_long_after_a_day_that_is_told_is_counted_from_that_day_and_within_a_story_from_none() -> None:
    """Neither looks back from publication, nor ahead."""
    assert values("Thirty days after 15 July 2024 the site shuts.", "en") == ["2024-07-15"]
    assert values("Fechou. Isso foi duas semanas depois de abrir.", "pt") == []
    assert values("Fecha três meses depois.", "pt") == ["2024-12-25"]


def test_so_long_after_publication_lies_ahead() -> None:
    """Nine years do not: so long is what has lasted."""
    assert values("Se aplica treinta días después de su publicación.", "es") == ["2024-10-25"]
    assert values("Thirty days after publication the rule applies.", "en") == []
    assert values("Děkujeme za devět let.", "cs") == []


# -- forms that one language has


@pytest.mark.parametrize(
    ("lang", "form", "meant"),
    [
        ("vi", "Kể từ 27-10, mỗi đơn bị trừ phí", "2024-10-27"),
        ("vi", "ngày 1-10", "2024-10-01"),
        ("vi", "thứ hai tuần tới", "2024-09-30"),
        ("vi", "nửa cuối năm 2025", "2025-07"),
        ("th", "ไตรมาส 4 ปี 2567", "2024-10"),
        ("th", "ปลายปี 2568", "2025-12-31"),
        ("it", "nella seconda metà del 2025", "2025-07"),
        ("pl", "w drugiej połowie 2025 roku", "2025-07"),
        ("ru", "во второй половине 2025 года", "2025-07"),
        ("pt", "a partir desta quarta", "2024-09-25"),
        ("ro", "marțea trecută", "2024-09-24"),
        ("ru", "неделю назад", "2024-09-18"),
        ("pl", "miesiąc temu", "2024-08"),
        ("ar", "قبل أسبوع", "2024-09-18"),
        ("es", "en las próximas 48 horas", "2024-09-27"),
        ("no", "i slutten av oktober", "2024-10-31"),
        ("en", "by the end of Q4", "2024-12-31"),
        ("en", "by mid-2025", "2025"),
        ("hi", "पहली अक्टूबर", "2024-10-01"),
        ("de", "noch in diesem Monat", "2024-09"),
        ("ar", "منذ أسبوعين", "2024-09-11"),
    ],
)
def test_forms_of_news(lang: str, form: str, meant: str) -> None:
    """As papers write them."""
    assert values(form, lang)[0] == meant


def test_half_a_month_is_no_half_year_nor_three_to_five_days_a_date() -> None:
    """What looks like one of these forms."""
    assert values("từ 3-5 đơn mỗi tuần", "vi") == []
    assert "2024-05-03" not in values("giao trong 3-5 ngày, từ 3-5 ngày", "vi")
    assert values("во второй половине октября", "ru") == ["2024-10"]
    assert values("in the second half of October", "en") == ["2024-10-15"]


# -- only the month of publication is known


def test_a_length_keeps_what_is_the_same_whatever_the_day_of_the_month() -> None:
    """Two months from any day of December are in February; six to eight weeks only in the next year."""
    text = "In zwei Monaten schließt der Shop, in sechs bis acht Wochen das Lager. Vor drei Wochen hieß es nein."
    told = [str(found.date) for found in find(text, "de", date(2024, 12, 16), precision=2)]
    assert told == ["2025-02", "2025", "2024"]
    assert find("Sellers have 30 days.", "en", date(2024, 12, 16), precision=2) == []


def test_a_day_of_an_unnamed_month_is_one_of_the_month_that_is_known() -> None:
    """Also where a day ahead names the month."""
    assert [str(found.date) for found in find("将于28日关闭", "zh", date(2024, 9, 15), precision=2)] == ["2024-09-28"]
    assert find("将于31日关闭", "zh", date(2024, 9, 15), precision=2) == []
    both = find("closes on 1 December; orders until the 20th", "en", date(2024, 9, 15), precision=2)
    assert [str(found.date) for found in both] == ["2024-12-01", "2024-12-20"]


def test_a_length_that_is_no_day_can_be_the_event_s_own() -> None:
    """Where nothing else in the text agrees with it."""
    reading = read("", "Temu will close in two months.", "en")
    event = Event(EventType.SHUTDOWN, Status.CONFIRMED, "en", date(2024, 12, 16))
    (length,) = dated(reading, "en", event.published, PartialDate("2024-12"))
    assert effective.chosen([length], [1.0, 0.0], reading, event) == length


# -- endings that say from and until


def test_korean_says_from_and_until_with_an_ending_of_the_date() -> None:
    """Which no word of its own tells: what must be handed in until June does not lie behind what has happened."""
    reading = read("", "회생절차를 시작했다. 6월 27일까지 계획안을 내고 10월 9일부터 판매를 중단한다.", "ko")
    until, start = dated(reading, "ko", WEDNESDAY)
    assert datefeatures.near(until, reading)["until"] == 1
    assert datefeatures.near(start, reading)["from"] == datefeatures.cues_in_clause(start, reading)["from"] == 1


@pytest.mark.parametrize(
    ("lang", "text", "says"),
    [
        ("tr", "9 Mayıs'tan itibaren", "from"),
        ("no", "fra 9. mai", "from"),
        ("no", "innen 9. mai", "until"),
        ("te", "మే 9 నుంచి", "from"),
        ("te", "మే 9 వరకు", "until"),
        ("ms", "sehingga 9 Mei", "until"),
    ],
)
def test_from_and_until_are_known_in(lang: str, text: str, says: str) -> None:
    """Languages whose words for them were missing."""
    reading = read("", text, lang)
    day = dated(reading, lang, WEDNESDAY)[0]
    assert says in datefeatures.near(day, reading)


# -- bylines, and what has lasted


def test_a_day_and_an_hour_behind_since_are_no_byline() -> None:
    """ "Since Wednesday, 5 p.m., nobody can buy" tells the day; "Wednesday 17.00" at the head of a text does not."""
    assert chosen("Sejak Rabu pukul 17.00 WIB layanan belanja TikTok ditutup.", "id", Status.EFFECTIVE) == "2024-09-25"
    assert chosen("Rabu, 17.00 WIB\nLayanan belanja TikTok ditutup.", "id", Status.EFFECTIVE) is None


def test_what_has_gone_on_since_a_month_not_long_past_lies_behind() -> None:
    """Eleven weeks after the end of May it would be next year's."""
    reading = read("", "The teams have been at it since July.", "en")
    (july,) = turned(reading, Status.CONFIRMED)
    assert july.value == "2024-07"
    (may,) = turned(read("", "The fee applies from May.", "en"), Status.CONFIRMED)
    assert may.value == "2025-05"


def test_since_a_year_is_no_day_of_what_has_happened_where_publication_is_unknown() -> None:
    """It is no more precise than it says; of what is to come "from 2026" is its first day."""
    reading = read("", "No país desde 2013, encerrou.", "pt")
    over, ahead = (Event(EventType.MARKET_EXIT, status, "pt", None) for status in (Status.EFFECTIVE, Status.CONFIRMED))
    (year,) = dated(reading, "pt", None)
    assert effective.from_the_first(year, reading, over).value == "2013"
    assert effective.from_the_first(year, reading, ahead).value == "2013-01-01"


def values(text: str, lang: str) -> list[str]:
    return [str(found.date) for found in find(text, lang, WEDNESDAY)]


def turned(reading: Reading, status: Status) -> tuple[Mention, ...]:
    event = Event(EventType.SHUTDOWN, status, "en", WEDNESDAY)
    return effective.turned(dated(reading, "en", WEDNESDAY), reading, event)


def chosen(text: str, lang: str, status: Status) -> str | None:
    reading = read("", text, lang)
    event = Event(EventType.BAN, status, lang, WEDNESDAY)
    day = effective.effective(dated(reading, lang, WEDNESDAY), reading, event)
    return day.value if day else None
