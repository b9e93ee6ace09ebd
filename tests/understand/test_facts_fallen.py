"""The days that a text gives up for another one: nobody acts by them, and nothing happens on them."""

from datetime import date

import pytest
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand.facts import Facts, gather

TODAY = date(2026, 11, 28)


def facts(title: str, text: str, lang: str, status: str = "confirmed", event: str = "shutdown") -> Facts:
    mentions = EXTRACTOR.mentions(title, text, lang, TODAY)
    return gather(mentions, title, text, lang, TODAY, EventType(event), Status(status), None, (), ())


def due(found: Facts) -> list[tuple[str, str]]:
    return [(str(one.date), str(one.role)) for one in found.deadlines]


@pytest.mark.parametrize(
    ("lang", "title", "text"),
    [
        (
            "en",
            "TikTok Shop Indonesia: closing postponed",
            "TikTok Shop Indonesia will close on 1 March 2027. It was originally scheduled for 15 January 2027.",
        ),
        (
            "en",
            "TikTok Shop Indonesia: closing postponed",
            "The closing has been postponed from 15 January 2027 to 1 March 2027.",
        ),
        (
            "de",
            "TikTok Shop Indonesien: Schließung verschoben",
            "Die ursprünglich für den 15. Januar 2027 geplante Schließung wird auf den 1. März 2027 verschoben.",
        ),
        (
            "fr",
            "TikTok Shop Indonésie : fermeture reportée",
            "La fermeture, initialement prévue le 15 janvier 2027, est reportée au 1er mars 2027.",
        ),
        (
            "es",
            "TikTok Shop: cierre aplazado",
            "El cierre, previsto inicialmente para el 15 de enero de 2027, se aplaza hasta el 1 de marzo de 2027.",
        ),
        (
            "pt",
            "TikTok Shop: encerramento adiado",
            "O encerramento, originalmente previsto para 15 de janeiro de 2027, foi adiado para 1 de março de 2027.",
        ),
        (
            "it",
            "TikTok Shop: chiusura rinviata",
            "La chiusura, inizialmente prevista per il 15 gennaio 2027, è rinviata al 1° marzo 2027.",
        ),
        (
            "nl",
            "TikTok Shop: sluiting uitgesteld",
            "De sluiting, oorspronkelijk gepland op 15 januari 2027, is uitgesteld tot 1 maart 2027.",
        ),
        (
            "pl",
            "TikTok Shop: zamknięcie przełożone",
            "Zamknięcie, pierwotnie planowane na 15 stycznia 2027, zostało odroczone do 1 marca 2027.",
        ),
        (
            "ru",
            "TikTok Shop: закрытие отложено",
            "Закрытие, первоначально намеченное на 15 января 2027 года, отложено до 1 марта 2027 года.",
        ),
        (
            "tr",
            "TikTok Shop: kapanış ertelendi",
            "Başlangıçta 15 Ocak 2027 için planlanan kapanış 1 Mart 2027'ye ertelendi.",
        ),
        (
            "vi",
            "TikTok Shop hoãn đóng cửa",
            "Việc đóng cửa ban đầu dự kiến vào ngày 15 tháng 1 năm 2027 được hoãn đến ngày 1 tháng 3 năm 2027.",
        ),
        ("th", "TikTok Shop เลื่อนปิด", "การปิดบริการซึ่งเดิมกำหนดไว้วันที่ 15 มกราคม 2027 เลื่อนไปเป็นวันที่ 1 มีนาคม 2027"),
        ("zh", "TikTok Shop推迟关闭", "原定于2027年1月15日关闭的TikTok Shop印尼站，推迟至2027年3月1日关闭。"),
        ("ja", "TikTok Shop終了を延期", "当初2027年1月15日に予定していたサービス終了を、2027年3月1日に延期します。"),
        ("ko", "틱톡샵 종료 연기", "당초 2027년 1월 15일로 예정됐던 서비스 종료가 2027년 3월 1일로 연기됐다."),
        ("ar", "تأجيل إغلاق TikTok Shop", "تم تأجيل الإغلاق الذي كان مقررا أصلا في 15 يناير 2027 إلى 1 مارس 2027."),
        ("hi", "TikTok Shop बंद होना टला", "पहले 15 जनवरी 2027 को होने वाला बंद अब 1 मार्च 2027 तक टाल दिया गया है।"),
    ],
)
def test_what_was_planned_at_first_is_neither_a_deadline_nor_the_day(lang: str, title: str, text: str) -> None:
    found = facts(title, text, lang)
    assert (str(found.effective_date), due(found)) == ("2027-03-01", [])


@pytest.mark.parametrize(
    ("lang", "title", "text"),
    [
        (
            "id",
            "Pembaruan: Penghentian TikTok Shop Indonesia ditunda hingga 1 Maret 2027",
            "Kepada para penjual, penghentian operasional TikTok Shop Indonesia yang semula dijadwalkan pada 15 "
            "Januari 2027 ditunda hingga 1 Maret 2027. Pesanan baru dapat diterima hingga 20 Februari 2027.",
        ),
        (
            "en",
            "TikTok Shop Indonesia: closing postponed",
            "The closing of TikTok Shop Indonesia, originally planned for 15 January 2027, is put off until 1 "
            "March 2027. New orders are accepted until 20 February 2027.",
        ),
        (
            "de",
            "TikTok Shop Indonesien: Schließung verschoben",
            "Die Schließung wird vom 15. Januar 2027 auf den 1. März 2027 verschoben. Händler können bis zum 20. "
            "Februar 2027 verkaufen.",
        ),
    ],
)
def test_what_is_due_beside_a_postponement_stays(lang: str, title: str, text: str) -> None:
    found = facts(title, text, lang)
    assert (str(found.effective_date), due(found)) == ("2027-03-01", [("2027-02-20", "orders")])


def test_what_is_brought_forward_gives_up_the_later_day() -> None:
    text = "The closing was brought forward from 1 March 2027 to 15 January 2027."
    found = facts("TikTok Shop closes sooner", text, "en")
    assert (str(found.effective_date), due(found)) == ("2027-01-15", [])


def test_a_correction_gives_up_the_day_of_the_title_that_was_left() -> None:
    text = (
        "CORRECTION. TikTok Shop will shut down in the United Kingdom on 31 July 2027 (an earlier version "
        "said 30 June)."
        " Withdraw your balance by 31 August 2027."
    )
    found = facts("TikTok Shop UK to close on 30 June 2027", text, "en")
    assert (str(found.effective_date), due(found)) == ("2027-07-31", [("2027-08-31", "payout")])


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "As originally planned, the shop will close on 15 January 2027; a delay was ruled out."),
        ("en", "The shop will close on 15 January 2027, as originally planned. A delay was ruled out."),
        ("de", "Der Shop schließt wie ursprünglich geplant am 15. Januar 2027 und wird nicht verschoben."),
    ],
)
def test_what_stays_as_it_was_planned_keeps_its_day(lang: str, text: str) -> None:
    assert str(facts("TikTok Shop", text, lang).effective_date) == "2027-01-15"


def test_a_duty_by_the_day_that_fell_is_still_due() -> None:
    text = (
        "The closing of TikTok Shop, originally planned for 15 January 2027, is put off until 1 March 2027. "
        "Sellers must export their data by 15 January 2027."
    )
    assert ("2027-01-15", "data_export") in due(facts("TikTok Shop closes later", text, "en"))


@pytest.mark.parametrize(
    ("lang", "title", "text"),
    [
        (
            "en",
            "eBay.de will close on 15 February 2027",
            "After careful review, we have decided to shut down eBay.de, our German marketplace, on 15 February "
            "2027. Sellers can list until 31 January 2027. Please download your data by 10 February 2027.",
        ),
        (
            "fr",
            "eBay.de fermera le 15 février 2027",
            "Nous fermerons eBay.de le 15 février 2027. Les vendeurs peuvent mettre en ligne des annonces "
            "jusqu'au 31 janvier 2027. Téléchargez vos données avant le 10 février 2027.",
        ),
        (
            "es",
            "eBay.de cerrará el 15 de febrero de 2027",
            "Cerraremos eBay.de el 15 de febrero de 2027. Los vendedores pueden publicar anuncios hasta el 31 de "
            "enero de 2027. Descargue sus datos antes del 10 de febrero de 2027.",
        ),
        (
            "zh",
            "eBay.de将于2027年2月15日关闭",
            "我们将于2027年2月15日关闭eBay.de。卖家可在2027年1月31日前上架商品。请于2027年2月10日前下载数据。",
        ),
        (
            "pl",
            "eBay.de zostanie zamknięty 15 lutego 2027",
            "Zamkniemy eBay.de 15 lutego 2027. Sprzedający mogą wystawiać oferty do 31 stycznia 2027. Pobierz "
            "swoje dane do 10 lutego 2027.",
        ),
        (
            "ja",
            "eBay.deは2027年2月15日に終了",
            "2027年2月15日にeBay.deを終了します。出品は2027年1月31日まで可能です。データは2027年2月10日までにダウンロードしてください。",
        ),
    ],
)
def test_the_last_day_to_list_goods_is_one_of_orders(lang: str, title: str, text: str) -> None:
    assert due(facts(title, text, lang)) == [("2027-01-31", "orders"), ("2027-02-10", "data_export")]
