"""Ends and first days of months and years that are named by their distance, and the day after another one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.understand.dates import find

WEDNESDAY = date(2025, 3, 5)


def read(text: str, lang: str, published: date | None = WEDNESDAY) -> list[str]:
    return [str(found.date) for found in find(text, lang, published)]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "it closes at the end of next month"),
        ("de", "Ende nächsten Monats ist Schluss"),
        ("fr", "le site ferme à la fin du mois prochain"),
        ("es", "cierra a finales del mes que viene"),
        ("es", "cierra a fines del próximo mes"),
        ("pt", "fecha no final do mês que vem"),
        ("pt", "fecha no fim do próximo mês"),
        ("it", "chiude alla fine del mese prossimo"),
        ("it", "chiude a fine mese prossimo"),
        ("nl", "de winkel sluit eind volgende maand"),
        ("pl", "serwis zniknie z końcem przyszłego miesiąca"),
        ("cs", "služba skončí na konci příštího měsíce"),
        ("ro", "se închide la sfârșitul lunii viitoare"),
        ("sv", "den stängs i slutet av nästa månad"),
        ("da", "den lukker i slutningen af næste måned"),
        ("ru", "сайт закроют в конце следующего месяца"),
        ("uk", "сайт закриють наприкінці наступного місяця"),
        ("tr", "önümüzdeki ay sonunda kapanıyor"),
        ("id", "tutup akhir bulan depan"),
        ("ms", "ditutup hujung bulan depan"),
        ("vi", "đóng cửa vào cuối tháng tới"),
        ("fil", "magsasara sa katapusan ng susunod na buwan"),
        ("th", "ปิดปลายเดือนหน้า"),
        ("zh", "平台将于下月末关闭"),
        ("ja", "翌月末に終了する"),
        ("ko", "내달 말 종료한다"),
        ("ar", "يغلق في نهاية الشهر القادم"),
        ("el", "κλείνει στο τέλος του επόμενου μήνα"),
        ("hi", "अगले महीने के अंत में बंद"),
        ("bn", "আগামী মাসের শেষে বন্ধ"),
    ],
)
def test_the_end_of_next_month_is_its_last_day_in_every_order_of_words(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-04-30"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "from the 1st of next month"),
        ("fr", "à partir du 1er du mois prochain"),
        ("es", "a principios del mes que viene"),
        ("pt", "no começo do mês que vem"),
        ("it", "dal 1° del prossimo mese"),
        ("pl", "od pierwszego dnia przyszłego miesiąca"),
        ("ru", "с 1-го числа следующего месяца"),
        ("uk", "з початку наступного місяця"),
        ("ro", "de la începutul lunii viitoare"),
        ("sv", "från den första nästa månad"),
        ("zh", "下个月一号起"),
        ("ja", "来月一日から"),
        ("hi", "अगले महीने की पहली तारीख से"),
    ],
)
def test_the_first_of_next_month_is_its_first_day(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-04-01"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "desde comienzos del año que viene"),
        ("pt", "do começo do ano que vem"),
        ("it", "dall'inizio dell'anno prossimo"),
        ("nl", "vanaf het begin van volgend jaar"),
        ("cs", "od počátku příštího roku"),
        ("ro", "de la începutul anului viitor"),
        ("da", "fra begyndelsen af næste år"),
        ("ru", "с начала будущего года"),
        ("uk", "від початку наступного року"),
        ("ar", "من بداية السنة القادمة"),
        ("el", "από την αρχή του επόμενου έτους"),
        ("hi", "अगले साल की शुरुआत से"),
        ("fr", "au 1er janvier prochain"),
    ],
)
def test_the_beginning_of_next_year_is_new_years_day(lang: str, text: str) -> None:
    assert read(text, lang) == ["2026-01-01"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fr", "jusqu'au dernier jour d'avril"),
        ("cs", "do posledního dubna"),
        ("ro", "până în ultima zi din aprilie"),
        ("ru", "до последнего дня апреля"),
        ("uk", "до останнього дня квітня"),
        ("tr", "nisan ayının son günü"),
        ("vi", "ngày cuối cùng của tháng 4"),
        ("th", "วันสุดท้ายของเดือนเมษายน"),
        ("zh", "4月最后一天"),
        ("ja", "4月最終日"),
        ("ko", "4월 마지막 날"),
        ("ar", "حتى آخر يوم في أبريل"),
        ("el", "την τελευταία ημέρα του Απριλίου"),
        ("hi", "अप्रैल के आखिरी दिन"),
    ],
)
def test_the_last_day_of_a_month_is_that_day(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-04-30"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "orders end on 31 March and the site closes the following day"),
        ("en", "orders end on 31 March, a day later the site closes"),
        ("de", "Bestellungen bis 31. März, am Tag darauf schließt die Seite"),
        ("fr", "commandes jusqu'au 31 mars, fermeture le lendemain"),
        ("es", "pedidos hasta el 31 de marzo y cierre al día siguiente"),
        ("pt", "pedidos até 31 de março; no dia seguinte fecha"),
        ("it", "ordini fino al 31 marzo, il giorno dopo chiude"),
        ("pl", "zamówienia do 31 marca, dzień później zamknięcie"),
        ("ru", "заказы до 31 марта, на следующий день сайт закроют"),
        ("id", "pesanan hingga 31 Maret, keesokan harinya tutup"),
        ("vi", "nhận đơn đến 31/3, ngày hôm sau đóng cửa"),
        ("zh", "3月31日停止接单，次日关站"),
        ("ja", "受注は3月31日まで。翌日に閉鎖"),
        ("ko", "3월 31일까지 주문, 다음 날 폐쇄"),
    ],
)
def test_the_day_after_is_counted_from_the_date_before_it(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-03-31", "2025-04-01"]


@pytest.mark.parametrize("text", ["the following day", "In May the site closes; the following day we rest."])
def test_without_a_day_before_it_the_day_after_is_no_date(text: str) -> None:
    assert [day for day in read(text, "en") if len(day) == 10] == []


def test_what_stands_far_off_is_not_what_the_day_after_follows() -> None:
    between = "Nobody said more, and those who asked were sent from one desk to the next. " * 3
    assert read(f"Closed on 31 March. {between}The following day was quiet.", "en") == ["2025-03-31"]


def test_a_count_may_begin_on_a_day_that_the_text_names() -> None:
    assert read("trong 30 ngày bắt đầu từ 1/8", "vi") == ["2025-08-31", "2025-08-01"]


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_the_end_of_next_month_is_the_day_before_the_first_of_the_month_after_it(published: date) -> None:
    (end,) = find("at the end of next month", "en", published)
    (first,) = find("from the 1st of next month", "en", published)
    after = end.date.first_day.toordinal() + 1
    assert date.fromordinal(after).day == 1
    assert first.date.parts[:2] == end.date.parts[:2]
    assert 28 <= after - published.toordinal() <= 62


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The ban due on 1 June was postponed by six months."),
        ("de", "Der Start am 1. Juni wird um sechs Monate verschoben."),
        ("fr", "Le blocage prévu le 1er juin est repoussé de six mois."),
        ("es", "La norma del 1 de junio se aplaza seis meses."),
        ("pt", "A regra de 1 de junho foi adiada por seis meses."),
        ("it", "Il divieto del 1° giugno è rinviato di sei mesi."),
        ("nl", "Het verbod van 1 juni wordt met zes maanden uitgesteld."),
        ("pl", "Zakaz od 1 czerwca odroczono o sześć miesięcy."),
        ("ru", "Запрет с 1 июня отложен на шесть месяцев."),
        ("tr", "1 Haziran'daki yasak altı ay ertelendi."),
        ("id", "Larangan 1 Juni ditunda enam bulan."),
        ("vi", "Lệnh cấm ngày 1/6 được hoãn sáu tháng."),
        ("zh", "原定6月1日生效的禁令推迟六个月。"),
        ("ja", "6月1日の禁止は6カ月延期される。"),
        ("ko", "6월 1일 시행을 6개월 연기했다."),
    ],
)
def test_what_is_postponed_comes_so_much_later_than_the_day_before_it(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-06-01", "2025-12-01"]


def test_what_is_postponed_from_no_day_gets_none() -> None:
    assert read("The ban was postponed by six months.", "en") == []
    assert read("The ban of June was postponed by six months.", "en") == ["2025-06"]


def test_a_length_of_time_that_nobody_moves_is_no_new_day() -> None:
    assert read("It opened on 1 June. The trial of six months was a success.", "en") == ["2025-06-01"]


@pytest.mark.parametrize(
    ("lang", "text", "month"),
    [
        ("en", "It closes in May.", "2025-05"),
        ("es", "dejará el país en mayo", "2025-05"),
        ("de", "schließt im Mai", "2025-05"),
        ("pt", "fecha em maio", "2025-05"),
        ("fr", "fermera en août", "2025-08"),
        ("ru", "закроется в мае", "2025-05"),
        ("vi", "từ tháng 5", "2025-05"),
    ],
)
def test_a_month_whose_name_is_another_word_too_is_one_beside_a_preposition(lang: str, text: str, month: str) -> None:
    assert [str(found.date) for found in find(text, lang, date(2025, 4, 14))] == [month]
    assert find("You may march on, mars and mai", "en", date(2025, 4, 14)) == []


@pytest.mark.parametrize(("lang", "text"), [("en", "since last Monday"), ("de", "seit vergangenem Montag")])
def test_last_monday_said_on_a_monday_is_a_week_ago(lang: str, text: str) -> None:
    assert [str(found.date) for found in find(text, lang, date(2025, 4, 14))] == ["2025-04-07"]


def test_spaces_may_stand_in_a_chinese_date_and_a_korean_line_break_is_no_year() -> None:
    chinese = find("將於 2023 年 10 月 6 日下午 6 時後停用", "zh", date(2023, 9, 6))
    korean = find("안내\n7월 31일 이후", "ko", date(2025, 7, 3))
    assert [str(found.date) for found in (*chinese, *korean)] == ["2023-10-06", "2025-07-31"]


def test_what_is_vague_is_of_the_month_or_the_year_of_publication_where_no_more_is_known() -> None:
    assert [str(f.date) for f in find("am Sonntag ist Schluss", "de", date(2025, 1, 15), precision=2)] == ["2025-01"]
    assert [str(f.date) for f in find("1月19日起", "zh", date(2025, 7, 2), precision=1)] == ["2025-01-19"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "it closes in the middle of next month"),
        ("de", "Mitte nächsten Monats ist Schluss"),
        ("fr", "fermera au milieu du mois prochain"),
        ("es", "cierra a mediados del próximo mes"),
        ("pl", "zniknie w połowie przyszłego miesiąca"),
        ("ru", "закроется в середине следующего месяца"),
        ("id", "tutup pertengahan bulan depan"),
        ("vi", "đóng cửa giữa tháng tới"),
        ("zh", "将于下月中旬关闭"),
        ("ja", "来月中旬に終了"),
        ("ko", "다음 달 중순 종료"),
        ("ar", "يغلق منتصف الشهر المقبل"),
    ],
)
def test_the_middle_of_next_month_is_its_fifteenth(lang: str, text: str) -> None:
    assert read(text, lang) == ["2025-04-15"]


def test_half_of_next_year_is_no_middle_of_a_month() -> None:
    assert read("It took half of next year.", "en") == ["2026"]


def test_as_of_a_day_is_that_day_and_not_its_month() -> None:
    """ "Of June" is longer than "June 5"."""
    assert read("The fee applies as of June 5.", "en") == ["2025-06-05"]
    assert read("It began in the spring of May 2024.", "en") == ["2024-05"]
