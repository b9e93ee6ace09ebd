"""Which of a text's dates is the event's own, and which are of something else."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_platforms import EXTRACTOR

from monitor.domain.deadlines import PartialDate
from monitor.domain.signals import EventType, Status
from monitor.understand import effective
from monitor.understand import facts as every_fact
from monitor.understand.facts import Facts, gather
from monitor.understand.ranking import Event
from monitor.understand.reading import read

TUESDAY = date(2025, 3, 4)


def facts(title: str, text: str, lang: str, event: str, status: str, published: date | None = TUESDAY) -> Facts:
    mentions = EXTRACTOR.mentions(title, text, lang, published)
    return gather(mentions, title, text, lang, published, EventType(event), Status(status), None, (), ())


@pytest.mark.parametrize(
    ("lang", "event", "status", "title", "text", "day"),
    [
        (
            "en",
            "ban",
            "effective",
            "Temu blocked in Kenya",
            "Carriers have blocked Temu since yesterday, the authority said.",
            "2025-03-03",
        ),
        (
            "en",
            "shutdown",
            "confirmed",
            "Temu closes tool",
            "The tool will be switched off at the end of the second quarter.",
            "2025-06-30",
        ),
        (
            "en",
            "trade_rule",
            "confirmed",
            "Customs relief ends",
            "From July, parcels sold on Temu are taxed.",
            "2025-07-01",
        ),
        (
            "de",
            "market_exit",
            "confirmed",
            "Shopee verlässt Polen",
            "Shopee stellt den Betrieb zum Jahresende ein.",
            "2025-12-31",
        ),
        (
            "de",
            "ban",
            "effective",
            "Temu gesperrt",
            "Seit Montag ist die App gesperrt, teilte die Behörde mit.",
            "2025-03-03",
        ),
        ("fr", "shutdown", "confirmed", "Temu ferme son service", "Le service fermera fin novembre.", "2025-11-30"),
        (
            "es",
            "policy",
            "confirmed",
            "Temu sube comisiones",
            "Las nuevas comisiones se aplican a partir de abril de 2025.",
            "2025-04-01",
        ),
        (
            "pt",
            "ban",
            "effective",
            "Temu bloqueada",
            "A plataforma está bloqueada desde ontem por ordem do tribunal.",
            "2025-03-03",
        ),
        ("it", "shutdown", "confirmed", "Temu chiude il servizio", "Il servizio chiuderà il 30 giugno.", "2025-06-30"),
        (
            "ru",
            "trade_rule",
            "confirmed",
            "Пошлины на посылки",
            "Новые правила вступают в силу с 1 июля 2025 года.",
            "2025-07-01",
        ),
        ("zh", "shutdown", "confirmed", "Temu工具将关闭", "该工具将于本月底停止服务。", "2025-03-31"),
        ("ja", "shutdown", "confirmed", "Temuのツール、終了へ", "サービスは令和7年6月30日に終了する。", "2025-06-30"),
        ("ko", "market_exit", "confirmed", "테무, 국내 철수", "테무는 6월 30일 서비스를 종료한다.", "2025-06-30"),
        ("vi", "shutdown", "confirmed", "Temu đóng công cụ", "Công cụ sẽ ngừng hoạt động từ ngày 30/6.", "2025-06-30"),
        ("th", "shutdown", "confirmed", "Temu ปิดบริการ", "บริการจะยุติในวันที่ 30 มิถุนายน 2568", "2025-06-30"),
        ("id", "ban", "confirmed", "Temu diblokir", "Pemblokiran berlaku mulai 1 April 2025.", "2025-04-01"),
        (
            "tr",
            "trade_rule",
            "confirmed",
            "Gümrük sınırı düşüyor",
            "Karar 1 Nisan 2025 tarihinde yürürlüğe girecek.",
            "2025-04-01",
        ),
        (
            "pl",
            "shutdown",
            "confirmed",
            "Temu zamyka usługę",
            "Usługa zostanie zamknięta 30 czerwca 2025 r.",
            "2025-06-30",
        ),
        ("ar", "ban", "confirmed", "حظر تيمو", "يسري الحظر اعتبارا من 1 أبريل 2025.", "2025-04-01"),
        ("hi", "ban", "confirmed", "Temu पर प्रतिबंध", "प्रतिबंध 1 अप्रैल 2025 से लागू होगा।", "2025-04-01"),
        ("nl", "market_exit", "confirmed", "Temu stopt", "Temu stopt per 30 juni met de verkoop.", "2025-06-30"),
    ],
)
def test_the_day_is_told_in_the_words_of_the_language(
    lang: str, event: str, status: str, title: str, text: str, day: str
) -> None:
    assert str(facts(title, text, lang, event, status).effective_date) == day


@pytest.mark.parametrize(
    ("lang", "event", "status", "title", "text"),
    [
        (
            "en",
            "ban",
            "proposed",
            "Temu faces ban",
            "The committee votes on 12 March. If it agrees, the app could be blocked.",
        ),
        (
            "en",
            "ban",
            "proposed",
            "Temu gets a warning",
            "If no representative is named by 4 April, carriers would be asked to block it.",
        ),
        (
            "en",
            "ban",
            "rumor",
            "Will Temu go?",
            "A forum user claims it could happen by the end of the year. Nobody confirmed it.",
        ),
        ("en", "shutdown", "reversed", "Temu tool stays", "The closure announced for 30 June has been cancelled."),
        (
            "en",
            "shutdown",
            "confirmed",
            "Temu to close tool",
            "Temu will close the tool. © 2019-2025 Temu. All rights reserved.",
        ),
        (
            "de",
            "ban",
            "proposed",
            "Sperre für Temu gefordert",
            "Der Ausschuss befasst sich am 12. März mit dem Antrag.",
        ),
        (
            "fr",
            "ban",
            "proposed",
            "Bientôt la fin de Temu ?",
            "Le projet de loi, déposé vendredi, permettrait de bloquer Temu.",
        ),
        ("es", "ban", "proposed", "Piden bloquear Temu", "La comisión debatirá la propuesta el 12 de marzo."),
        ("ru", "ban", "proposed", "Temu могут заблокировать", "Слушания назначены на 12 марта."),
        ("zh", "ban", "proposed", "Temu或被禁", "委员会将于3月12日审议该草案。"),
        ("ja", "shutdown", "rumor", "Temuのツール終了の噂", "年内に終わるらしいという噂がある。"),
    ],
)
def test_a_hearing_a_condition_a_rumour_or_a_footer_gives_no_date(
    lang: str, event: str, status: str, title: str, text: str
) -> None:
    assert facts(title, text, lang, event, status).effective_date is None


def test_without_a_day_of_publication_only_what_the_text_gives_counts() -> None:
    told = facts("Temu closes tool", "The tool closes on 30 June 2025.", "en", "shutdown", "confirmed", None)
    assert str(told.effective_date) == "2025-06-30"
    assert facts("Temu closes tool", "It closes on Friday.", "en", "shutdown", "confirmed", None).effective_date is None


@pytest.mark.parametrize(
    ("lang", "text", "role", "day"),
    [
        ("en", "Sellers must withdraw their balance within 30 days.", "payout", "2025-04-03"),
        ("en", "Sellers must register by 30 April.", "other", "2025-04-30"),
        ("de", "Daten lassen sich bis Ende Mai exportieren.", "data_export", "2025-05-31"),
        ("fr", "Les commandes sont acceptées jusqu'au 15 mai.", "orders", "2025-05-15"),
        ("es", "Retire su saldo antes del 15 de mayo.", "payout", "2025-05-15"),
        ("pt", "Os vendedores devem retirar o estoque até 15 de maio.", "inventory", "2025-05-15"),
        ("ru", "Вывести остаток денег можно до 15 мая.", "payout", "2025-05-15"),
        ("zh", "卖家须在本月底前提现余额。", "payout", "2025-03-31"),
        ("ja", "データのダウンロードは5月末まで。", "data_export", "2025-05-31"),
        ("ko", "5월 15일까지 데이터를 내려받아야 한다.", "data_export", "2025-05-15"),
        ("vi", "Người bán phải rút hàng khỏi kho trước ngày 15/5.", "inventory", "2025-05-15"),
        ("tr", "Satıcılar verilerini 15 Mayıs'a kadar indirebilecek.", "data_export", "2025-05-15"),
        ("pl", "Zwroty można zgłaszać do 15 maja.", "refund", "2025-05-15"),
    ],
)
def test_what_must_be_done_by_when_is_read_in_the_words_of_the_language(
    lang: str, text: str, role: str, day: str
) -> None:
    told = facts("Temu closes", f"{text} Temu 30.6.2025.", lang, "shutdown", "confirmed")
    assert (day, role) in [(str(due.date), str(due.role)) for due in told.deadlines]


def test_the_day_of_the_event_is_a_deadline_only_with_something_to_do_by_then() -> None:
    text = "The site closes on 30 June 2025. New orders are accepted until 31 May 2025."
    told = facts("Shopee closes", text, "en", "shutdown", "confirmed")
    assert str(told.effective_date) == "2025-06-30"
    assert [(str(due.date), str(due.role)) for due in told.deadlines] == [("2025-05-31", "orders")]


@settings(max_examples=40, deadline=None)
@given(
    furniture=st.sampled_from(
        [
            "© 2018 Example Media Ltd",
            "Published 4 March 2025 | 10:32",
            "Tel. +44 20 7946 0958",
            "5 March 2019 at 10:12, anna wrote:",
        ]
    ),
    where=st.booleans(),
)
def test_what_stands_around_an_article_does_not_change_its_date(furniture: str, where: bool) -> None:
    text = "Shopee will close its Polish site on 30 June 2025, the company told sellers."
    page = f"{furniture}\n{text}" if where else f"{text}\n{furniture}"
    told = facts("Shopee to close Polish site", page, "en", "market_exit", "confirmed")
    assert str(told.effective_date) == "2025-06-30"


def dated(text: str, event: str, status: str, published: str, title: str = "") -> Facts:
    known = PartialDate(published)
    mentions = EXTRACTOR.mentions(title, text, "en", known.first_day, known)
    return gather(mentions, title, text, "en", known.first_day, EventType(event), Status(status), None, (), ())


@pytest.mark.parametrize(("published", "month"), [("2025-03-04", "2025-03"), ("2025-03", "2025-03"), ("2025", "None")])
def test_what_is_reported_as_having_happened_without_a_date_is_of_the_month_of_publication(
    published: str, month: str
) -> None:
    told = dated("Carriers have blocked Temu, the authority said.", "ban", "effective", published)
    assert str(told.effective_date) == month
    shown = [span.quote for span in told.spans if span.says == f"date:{month}"]
    assert shown == (["blocked"] if month != "None" else [])


@pytest.mark.parametrize(
    ("text", "event", "status"),
    [
        ("Carriers will be told to block Temu.", "ban", "confirmed"),
        ("Temu has suspended the accounts of some sellers.", "enforcement", "effective"),
        ("Temu has been blocked, no date was given.", "ban", "effective"),
        ("Temu has been blocked. The hearing was on 3 February 2019.", "ban", "effective"),
    ],
)
def test_what_is_to_come_or_goes_on_for_weeks_or_stands_beside_a_date_is_not(
    text: str, event: str, status: str
) -> None:
    assert str(dated(text, event, status, "2025-03-04").effective_date) != "2025-03"


@pytest.mark.parametrize(
    ("lang", "text", "day"),
    [
        ("zh", "2022年8月12日平台停止接受新订单。8月31日网站关闭。", "2022-08-31"),
        ("en", "It stopped taking orders on 12 August 2022 and closed on 31 August.", "2022-08-31"),
        ("en", "It was founded on 12 August 2022 and closed on 31 August.", "2025-08-31"),  # only began in that year
        ("en", "It took no orders after 12 August 2022. It paid. It slept. It closed on 31 August.", "2025-08-31"),
    ],
)
def test_a_day_behind_one_of_a_past_year_is_of_that_year_where_all_has_happened(lang: str, text: str, day: str) -> None:
    published = date(2026, 5, 2)
    reading = read("Temu", text, lang)
    event = Event(EventType.SHUTDOWN, Status.EFFECTIVE, lang, published)
    found = every_fact.dated(reading, lang, published)
    assert [m.value for m in effective.turned(found, reading, event)] == ["2022-08-12", day]
