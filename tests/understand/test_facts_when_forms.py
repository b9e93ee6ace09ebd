"""How dates are written, language by language, and what looks like one and is none."""

from datetime import date

import pytest
from babel import Locale
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.understand import dates

WEDNESDAY = date(2024, 9, 25)

FORMS = {
    "en": {
        "within 90 days": "2024-12-24",
        "in two weeks": "2024-10-09",
        "two weeks ago": "2024-09",
        "in Q1 2025": "2025-01",
        "by the end of the third quarter": "2024-09-30",
        "mid-May 2025": "2025-05-15",
        "by the end of 2025": "2025-12-31",
        "over the weekend": "2024-09",
        "on Christmas Eve": "2024-12-24",
        "as of the new year": "2025-01-01",
        "the day after tomorrow": "2024-09-27",
        "on the 5th of next month": "2024-10-05",
        "Friday of next week": "2024-10-04",
        "late last night": "2024-09-24",
    },
    "de": {
        "ab Neujahr": "2025-01-01",
        "zum Quartalsende": "2024-09-30",
        "Mitte Mai": "2024-05-15",
        "seit vergangener Woche": "2024-09",
        "zum Jahreswechsel 2027": "2027-01-01",
        "in drei Monaten": "2024-12-25",
        "innerhalb von 30 Tagen": "2024-10-25",
        "vor drei Tagen": "2024-09-22",
        "im dritten Quartal 2025": "2025-07",
        "bis Ende 2025": "2025-12-31",
        "ab dem 1.3.": "2025-03-01",
        "bis zum 30. wird": "2024-09-30",
        "übermorgen": "2024-09-27",
    },
    "fr": {
        "fin novembre": "2024-11-30",
        "sous 30 jours": "2024-10-25",
        "dans trois mois": "2024-12-25",
        "il y a deux jours": "2024-09-23",
        "au troisième trimestre 2025": "2025-07",
        "d'ici la fin de l'année": "2024-12-31",
        "à la mi-mai 2025": "2025-05-15",
        "dès le 1er mars": "2025-03-01",
        "le mois prochain": "2024-10",
        "la semaine dernière": "2024-09",
        "après-demain": "2024-09-27",
        "le 15/11": "2024-11-15",
    },
    "es": {
        "último día de enero": "2025-01-31",
        "desde el día 1": "2024-10-01",
        "dentro de tres meses": "2024-12-25",
        "en un plazo de 30 días": "2024-10-25",
        "a mediados de mayo de 2025": "2025-05-15",
        "a finales de noviembre": "2024-11-30",
        "en el tercer trimestre de 2025": "2025-07",
        "el primero de marzo": "2025-03-01",
        "hace dos días": "2024-09-23",
        "la semana pasada": "2024-09",
        "a fin de año": "2024-12-31",
        "pasado mañana": "2024-09-27",
    },
    "pt": {
        "no prazo de 30 (trinta) dias": "2024-10-25",
        "em até 10 dias": "2024-10-05",
        "no fim do ano": "2024-12-31",
        "no primeiro dia do mês": "2024-09-01",
        "a partir do dia 1": "2024-10-01",
        "em meados de maio de 2025": "2025-05-15",
        "no segundo semestre de 2025": "2025-07",
        "depois de amanhã": "2024-09-27",
        "há dois dias": "2024-09-23",
        "na semana passada": "2024-09",
        "fim de novembro": "2024-11-30",
        "até 31/10": "2024-10-31",
    },
    "it": {
        "da lunedì 7": "2024-10-07",
        "entro 30 giorni": "2024-10-25",
        "tra due settimane": "2024-10-09",
        "a metà maggio 2025": "2025-05-15",
        "a fine novembre": "2024-11-30",
        "a fine anno": "2024-12-31",
        "nel terzo trimestre 2025": "2025-07",
        "due giorni fa": "2024-09-23",
        "la settimana scorsa": "2024-09",
        "dopodomani": "2024-09-27",
        "da Capodanno": "2025-01-01",
        "il 1° marzo": "2025-03-01",
    },
    "ru": {
        "через три месяца": "2024-12-25",
        "в течение 30 дней": "2024-10-25",
        "в середине мая 2025": "2025-05-15",
        "в третьем квартале 2025": "2025-07",
        "до конца 2025 года": "2025-12-31",
        "с 1 марта": "2025-03-01",
        "с Нового года": "2025-01-01",
        "послезавтра": "2024-09-27",
        "на прошлой неделе": "2024-09",
        "два дня назад": "2024-09-23",
        "с 30 числа": "2024-09-30",
        "до 31.10": "2024-10-31",
    },
    "zh": {
        "本月底": "2024-09-30",
        "下月1日": "2024-10-01",
        "三个月内": "2024-12-25",
        "30天后": "2024-10-25",
        "2025年底": "2025-12-31",
        "第三季度末": "2024-09-30",
        "2025年下半年": "2025-07",
        "明年初": "2025-01-01",
        "上周": "2024-09",
        "十一月中旬": "2024-11-15",
        "后天": "2024-09-27",
        "十日內": "2024-10-05",
        "圣诞节": "2024-12-25",
        "元旦起": "2025-01-01",
    },
    "ja": {
        "令和7年4月1日": "2025-04-01",
        "平成30年4月1日": "2018-04-01",
        "来週金曜日": "2024-10",
        "3か月後": "2024-12-25",
        "30日以内": "2024-10-25",
        "10月中旬": "2024-10-15",
        "来月末": "2024-10-31",
        "年度末": "2025-03-31",
        "明後日": "2024-09-27",
        "第3四半期": "2024-07",
        "2025年3月末": "2025-03-31",
        "大晦日": "2024-12-31",
    },
    "ko": {
        "1년 뒤": "2025-09-25",
        "내년 첫날": "2025-01-01",
        "2025년 3분기": "2025-07",
        "30일 이내": "2024-10-25",
        "11월 중순": "2024-11-15",
        "보름 뒤": "2024-10-10",
        "내년 상반기": "2025-01",
        "다음 달 말": "2024-10-31",
        "연말": "2024-12-31",
        "모레": "2024-09-27",
        "지난주": "2024-09",
        "3개월 뒤": "2024-12-25",
    },
    "vi": {
        "trong 30 ngày": "2024-10-25",
        "giữa tháng 5/2025": "2025-05-15",
        "cuối tháng 11": "2024-11-30",
        "sau 31/10": "2024-10-31",
        "hạn chót là 15/6": "2024-06-15",
        "từ 1/4": "2025-04-01",
        "từ Tết Dương lịch 2027": "2027-01-01",
        "tuần trước": "2024-09",
        "ngày kia": "2024-09-27",
        "3 tháng nữa": "2024-12-25",
        "cuối năm nay": "2024-12-31",
        "đêm 24/12": "2024-12-24",
    },
    "ar": {
        "خلال 30 يوما": "2024-10-25",
        "للثامن من أبريل 2025": "2025-04-08",
        "العاشر من أيلول": "2024-09-10",
        "منتصف آب": "2024-08-15",
        "نهاية الربع الثالث": "2024-09-30",
        "١ آذار ٢٠٢٥": "2025-03-01",
        "بعد غد": "2024-09-27",
        "بعد أسبوعين": "2024-10-09",
        "نهاية العام": "2024-12-31",
        "الأسبوع الماضي": "2024-09",
        "مطلع الشهر المقبل": "2024-10-01",
        "الشهر المقبل": "2024-10",
    },
    "nl": {"per 28 november": "2024-11-28", "binnen 30 dagen": "2024-10-25", "eind november": "2024-11-30",
           "op oudejaarsdag": "2024-12-31", "vorige week": "2024-09"},
    "sv": {"inom 30 dagar": "2024-10-25", "i slutet av november": "2024-11-30", "för två veckor sedan": "2024-09",
           "i övermorgon": "2024-09-27", "på julafton": "2024-12-24"},
    "da": {"inden for 30 dage": "2024-10-25", "ved udgangen af november": "2024-11-30", "om to uger": "2024-10-09",
           "sidste uge": "2024-09", "senest 31/12": "2024-12-31"},
    "pl": {"w ciągu 14 dni": "2024-10-09", "do końca 2025": "2025-12-31", "w III kwartale 2025": "2025-07",
           "w połowie maja 2025": "2025-05-15", "pojutrze": "2024-09-27"},
    "cs": {"do konce listopadu": "2024-11-30", "za 14 dní": "2024-10-09", "od prvního dne měsíce": "2024-09-01",
           "ve třetím čtvrtletí 2025": "2025-07", "pozítří": "2024-09-27"},
    "ro": {"în 30 de zile": "2024-10-25", "la mijlocul lunii mai 2025": "2025-05-15", "din 1 martie": "2025-03-01",
           "săptămâna trecută": "2024-09", "sfârșitul anului": "2024-12-31"},
    "el": {"εντός 30 ημερών": "2024-10-25", "από την πρωτοχρονιά": "2025-01-01", "από 1/3": "2025-03-01",
           "μεθαύριο": "2024-09-27", "τέλος του έτους": "2024-12-31"},
    "tr": {"15 gün içinde": "2024-10-10", "Mayıs ortasında": "2024-05-15", "2025 sonuna": "2025-12-31",
           "ayın 30'unda": "2024-09-30", "yılbaşından": "2025-01-01"},
    "uk": {"протягом 30 днів": "2024-10-25", "до кінця року": "2024-12-31", "з 1.03": "2025-03-01",
           "через тиждень": "2024-10-02", "позавчора": "2024-09-23"},
    "id": {"dalam 30 hari": "2024-10-25", "pertengahan Agustus": "2024-08-15", "akhir November": "2024-11-30",
           "pekan lalu": "2024-09", "bulan depan": "2024-10"},
    "ms": {"dalam tempoh 30 hari": "2024-10-25", "hujung tahun": "2024-12-31", "mulai tahun baharu": "2025-01-01",
           "minggu lepas": "2024-09", "esok": "2024-09-26"},
    "fil": {"sa loob ng 30 araw": "2024-10-25", "hanggang Marso 15": "2025-03-15",
            "katapusan ng Nobyembre": "2024-11-30", "kahapon": "2024-09-24", "susunod na buwan": "2024-10",
            "ngayong gabi": "2024-09-25"},
    "th": {"ภายใน 30 วัน": "2024-10-25", "ปี 2569": "2026", "1 ม.ค. 68": "2025-01-01", "กลางกุมภาพันธ์": "2025-02-15",
           "สัปดาห์ที่แล้ว": "2024-09", "ประกาศวานนี้": "2024-09-24", "มีผลทันที": "2024-09-25"},
    "fa": {"ظرف ۳۰ روز": "2024-10-25", "۱ فروردین ۱۴۰۴": "2025-03-21", "ماه آینده": "2024-10", "دیروز": "2024-09-24",
           "۲۸ نوامبر ۲۰۲۴": "2024-11-28"},
    "hi": {"30 दिनों के भीतर": "2024-10-25", "1 मार्च से": "2025-03-01", "अगले महीने": "2024-10", "आज से": "2024-09-25",
           "30 तारीख": "2024-09-30", "कल रात से": "2024-09-24", "तत्काल प्रभाव से": "2024-09-25"},
    "bn": {"৩০ দিনের মধ্যে": "2024-10-25", "১লা জুলাই": "2024-07-01", "২৮শে নভেম্বর": "2024-11-28", "গতকাল": "2024-09-24",
           "মাসের ৩০ তারিখ": "2024-09-30"},
    "ta": {"வெள்ளிக்கிழமை": "2024-09-20", "நவம்பர் 28": "2024-11-28", "நாளை": "2024-09-26", "நேற்று": "2024-09-24",
           "அடுத்த மாதம்": "2024-10"},
    "te": {"నవంబర్ 28": "2024-11-28", "వచ్చే నెల 15న": "2024-10-15", "రేపు": "2024-09-26", "నిన్న": "2024-09-24",
           "30 రోజుల్లోగా": "2024-10-25"},
}  # fmt: skip


def read(text: str, lang: str, published: date | None = WEDNESDAY) -> list[str]:
    return [str(found.date) for found in dates.find(text, lang, published)]


@pytest.mark.parametrize(
    ("lang", "text", "day"), [(lang, *pair) for lang, some in FORMS.items() for pair in some.items()]
)
def test_a_form_of_the_language_is_read(lang: str, text: str, day: str) -> None:
    assert day in read(text, lang)


def test_a_range_tells_its_first_and_its_last_day() -> None:
    assert read("between 1 and 15 March 2025", "en") == ["2025-03-01", "2025-03-15"]
    assert read("vom 1. bis 15. März 2025", "de") == ["2025-03-01", "2025-03-15"]


def test_a_weekday_with_a_number_is_the_day_on_which_both_agree() -> None:
    assert read("el lunes 7, todo acaba", "es") == ["2024-10-07"]
    assert read("on Monday 28 October", "en") == ["2024-09-23", "2024-10-28"]


def test_what_is_relative_needs_a_day_of_publication() -> None:
    for text in (
        "within 90 days",
        "last week",
        "next month",
        "by the end of the quarter",
        "on Christmas Eve",
        "on the 5th",
    ):
        assert read(text, "en", None) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Call +1 555 0100 or 020-7946-0958, open 24/7"),
        ("en", "from 1/2 to 3/4 of sellers, version 10.5.1, 5:4 in the vote, $1,999 or 2019% more"),
        ("de", "nach § 14 und Art. 5 Abs. 2, zum 15. Mal, 3:2, 19,99 Euro"),
        ("fr", "le 20 heures, 50/50, article 5, 24h/24"),
        ("ru", "ст. 15, п. 3, 5:1, 1 500 рублей"),
        ("zh", "第5条，3个月，24小时，9.9元，2:1"),
        ("ja", "第5条、3年間、5日間、24時間"),
        ("ko", "제5조, 3개월 동안, 24시간, 2대1"),
        ("es", "artículo 5, 10 %, 3-2, 24 horas"),
        ("tr", "madde 5, yüzde 10, 3-2"),
        ("it", "alle 14:30, art. 5, 3-2"),
    ],
)
def test_numbers_of_other_things_are_no_dates(lang: str, text: str) -> None:
    assert read(text, lang) == []


BABEL = [
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "ro", "pl", "cs", "ru", "uk", "el", "tr", "id", "ms", "fil",
    "vi", "zh", "zh_Hant", "ja", "ko", "hi", "bn", "ta", "te", "ar",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    day=st.dates(date(1996, 1, 1), date(2033, 12, 28)),
    locale=st.sampled_from(BABEL),
    width=st.sampled_from(["long", "medium"]),
)
def test_a_date_as_cldr_writes_it_comes_back(day: date, locale: str, width: str) -> None:
    lang = Locale.parse(locale).language
    assert day.isoformat() in read(f"({format_date(day, width, locale)})", lang, date(2024, 1, 1))


@settings(max_examples=200, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(sorted({text for some in FORMS.values() for text in some} | {"2025", "15", "/", "q3"})),
        max_size=6,
    ),
    noise=st.text(max_size=12),
    lang=st.sampled_from([*FORMS, "und"]),
    published=st.one_of(st.none(), st.dates(date(1995, 1, 1), date(2090, 1, 1))),
)
def test_no_mixture_of_forms_breaks_the_reader(words: list[str], noise: str, lang: str, published: date | None) -> None:
    text, last = noise.join(words), 0
    for found in dates.find(text, lang, published):
        assert last <= found.start < found.end <= len(text)
        assert 1900 <= found.date.parts[0] <= 2100
        assert published is None or abs(found.date.parts[0] - published.year) <= 30
        last = found.end
