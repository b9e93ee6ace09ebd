"""The date on which an event takes effect, and the deadlines with their roles."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand import effective
from monitor.understand.facts import Facts, dated, gather
from monitor.understand.ranking import Event
from monitor.understand.reading import read


@pytest.mark.parametrize(
    ("between", "due"),
    [
        ("", ["2024-10-28"]),
        ("It is the end of a long story.", ["2024-10-28"]),
        ("It is the end of a long story. It began well. There was a song.", []),  # too far on
        ("Walmart opens a shop.", []),  # it is on another
        ("Walmart opens a shop. It is large.", []),
    ],
)
def test_a_deadline_is_of_the_platform_that_the_sentences_before_it_are_on(between: str, due: list[str]) -> None:
    first = "Temu will close on 28 November 2024."
    text = f"{first} Temu thanked its sellers. {between} They should export their data by 28 October 2024."
    mentions = EXTRACTOR.mentions("", text, "en", date(2024, 9, 24))
    event = EventType.SHUTDOWN, Status.CONFIRMED, (0, len(first)), (), ()
    told = gather(mentions, "", text, "en", date(2024, 9, 24), *event)
    assert told.platforms == ("Temu",)
    assert str(told.effective_date) == "2024-11-28"
    assert [str(deadline.date) for deadline in told.deadlines] == due


def test_the_day_is_taken_from_no_sentence_that_does_not_name_the_platform() -> None:
    first = "Temu will close its service."
    text = f"{first} In other news the minister leaves on 5 October 2024."
    mentions = EXTRACTOR.mentions("", text, "en", date(2024, 9, 24))
    event = EventType.SHUTDOWN, Status.CONFIRMED, (0, len(first)), (), ()
    assert gather(mentions, "", text, "en", date(2024, 9, 24), *event).effective_date is None


def facts(
    title: str, text: str, lang: str, published: date | None, event: str = "shutdown", status: str = "confirmed"
) -> Facts:
    mentions = EXTRACTOR.mentions(title, text, lang, published)
    return gather(mentions, title, text, lang, published, EventType(event), Status(status), None, (), ())


@pytest.mark.parametrize(
    ("lang", "title", "text"),
    [
        (
            "en",
            "Temu closes its French warehouse",
            "The warehouse will close on 30 June 2025, the company said on 3 March.",
        ),
        ("de", "Temu schließt Lager", "Das Lager wird zum 30. Juni 2025 geschlossen, wie Temu am 3. März mitteilte."),
        ("fr", "Temu ferme son entrepôt", "L'entrepôt fermera le 30 juin 2025, a annoncé Temu le 3 mars."),
        ("es", "Temu cierra su almacén", "El almacén cerrará el 30 de junio de 2025, anunció Temu el 3 de marzo."),
        ("ru", "Temu закрывает склад", "Склад закроется 30 июня 2025 года, сообщила компания 3 марта."),
        ("zh", "Temu将关闭美国仓", "Temu3月3日宣布，美国仓将于6月30日关闭。"),
        ("ja", "Temu、日本の倉庫を閉鎖へ", "Temuは3月3日、6月30日に倉庫を閉鎖すると発表した。"),
        ("ko", "테무, 국내 물류센터 종료", "테무는 6월 30일 물류센터를 종료한다고 3일 밝혔다."),
        ("id", "Temu tutup gudang", "Gudang akan ditutup mulai 30 Juni 2025, kata Temu pada 3 Maret."),
        ("vi", "Temu đóng kho", "Kho sẽ đóng cửa từ ngày 30/6/2025, Temu thông báo ngày 3/3."),
    ],
)
def test_the_day_that_it_happens_is_taken_and_the_day_that_it_was_said_is_not(lang: str, title: str, text: str) -> None:
    assert str(facts(title, text, lang, date(2025, 3, 4)).effective_date) == "2025-06-30"


@pytest.mark.parametrize(
    "text",
    [
        "Temu was founded in 2022 and reached France on 25 April 2023. It told sellers that it would leave.",
        "Published 4 March 2025 | 10:32\nTemu told sellers that it would close.",
        "Temu told its sellers that it would close the site. No date was given.",
    ],
)
def test_the_past_and_the_byline_give_no_date(text: str) -> None:
    assert facts("Temu to close site", text, "en", date(2025, 3, 4)).effective_date is None


def test_a_weekday_lies_ahead_of_what_is_decided_and_behind_what_has_happened() -> None:
    wednesday = date(2025, 3, 5)
    decided = facts("Court blocks Temu", "The app will be blocked from Friday.", "en", wednesday, "ban", "confirmed")
    happened = facts("Temu blocked", "The app has been blocked since Friday.", "en", wednesday, "ban", "effective")
    assert str(decided.effective_date) == "2025-03-07"
    assert str(happened.effective_date) == "2025-02-28"


@pytest.mark.parametrize(
    ("lang", "text", "role", "day"),
    [
        ("en", "Sellers can export their data until 31 May 2025.", "data_export", "2025-05-31"),
        ("en", "Sellers can export their order and customer data until 31 May 2025.", "data_export", "2025-05-31"),
        ("fr", "Les vendeurs pourront récupérer leurs données jusqu'au 31 mai 2025.", "data_export", "2025-05-31"),
        ("en", "Apply for a refund before 15 June 2025.", "refund", "2025-06-15"),
        ("en", "The last orders are accepted until 1 June 2025.", "orders", "2025-06-01"),
        ("en", "Balances must be withdrawn by 31 July 2025; payouts end then.", "payout", "2025-07-31"),
        ("en", "Remove your inventory from the warehouse by 20 June 2025.", "inventory", "2025-06-20"),
        ("en", "You can log in until 30 June 2025.", "login", "2025-06-30"),
        ("en", "Appeals may be filed until 10 May 2025.", "appeal", "2025-05-10"),
        ("de", "Guthaben werden bis zum 31. Juli 2025 ausgezahlt.", "payout", "2025-07-31"),
        (
            "fr",
            "Les vendeurs doivent retirer leurs stocks de l'entrepôt avant le 20 juin 2025.",
            "inventory",
            "2025-06-20",
        ),
        ("ru", "Выгрузить данные можно до 31 мая 2025 года.", "data_export", "2025-05-31"),
        ("zh", "卖家须在5月31日前导出数据。", "data_export", "2025-05-31"),
        ("ja", "新規注文の受付は6月1日まで。", "orders", "2025-06-01"),
        ("id", "Saldo dapat ditarik paling lambat 31 Juli 2025, pencairan dihentikan.", "payout", "2025-07-31"),
    ],
)
def test_a_deadline_has_the_role_of_the_nearest_telling_word(lang: str, text: str, role: str, day: str) -> None:
    title = "Temu is closing / Temu关闭 / Temu закрывается"
    text = f"{text} Temu, 30.6.2025."
    found = [(str(d.date), str(d.role)) for d in facts(title, text, lang, date(2025, 3, 4)).deadlines]
    assert (day, role) in found


def test_several_deadlines_keep_their_roles_and_their_words() -> None:
    text = (
        "Shopee will close its site on 30 June 2025. New orders stop on 31 May 2025. "
        "Sellers must remove stock from the warehouse by 15 July 2025. Payouts are settled by 31 August 2025."
    )
    told = facts("Shopee closes its Polish site", text, "en", date(2025, 3, 4), "market_exit")
    assert str(told.effective_date) == "2025-06-30"
    roles = {str(deadline.date): str(deadline.role) for deadline in told.deadlines}
    assert roles["2025-07-15"] == "inventory"
    assert roles["2025-08-31"] == "payout"
    quote = next(deadline.quote for deadline in told.deadlines if str(deadline.date) == "2025-07-15")
    assert quote == "Sellers must remove stock from the warehouse by 15 July 2025."


def test_deadlines_come_in_the_order_of_their_dates_and_each_once() -> None:
    text = "Export data until 31 May 2025. Once more: export data until 31 May 2025. Log in until 30 April 2025."
    days = [str(d.date) for d in facts("Temu closes", text, "en", date(2025, 3, 4)).deadlines]
    assert days == sorted(set(days))
    assert "2025-05-31" in days


def test_the_day_of_the_end_is_no_deadline_where_it_is_only_repeated() -> None:
    text = "Please download a backup. TikTok Music ends on 30 January 2025."
    assert facts("TikTok Music ends on 30 January", text, "en", date(2024, 12, 1)).deadlines == ()
    text = "TikTok Music ends on 30 January 2025. Playlists can be exported until 30 January 2025."
    told = facts("TikTok Music ends", text, "en", date(2024, 12, 1)).deadlines
    assert [(str(d.date), str(d.role)) for d in told] == [("2025-01-30", "data_export")]


def test_a_deadline_may_fall_on_the_day_of_the_end_where_the_text_says_until() -> None:
    text = "The shop closes on 30 June 2025. Sellers can download their invoices until 30 June 2025."
    told = facts("Temu closes its shop", text, "en", date(2025, 3, 4))
    assert str(told.effective_date) == "2025-06-30"
    assert [(str(d.date), str(d.role)) for d in told.deadlines] == [("2025-06-30", "data_export")]


@pytest.mark.parametrize("status", ["rumor", "proposed"])
def test_what_is_only_talked_of_is_less_likely_to_have_a_day_than_what_is_decided(status: str) -> None:
    text = "The committee discusses the fee, which might apply from 1 July 2025."
    assert untold(text, "policy", status) > untold(text, "policy", "confirmed")


@given(
    st.sampled_from(list(EventType)),
    st.sampled_from(list(Status)),
    st.lists(
        st.sampled_from(["on 5 May 2025", "until 1 June", "from July", "yesterday", "in 2019", "Friday"]), max_size=5
    ),
    st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2026, 12, 31))),
)
def test_the_shares_of_the_dates_and_of_none_make_one(
    event: EventType, status: Status, said: list[str], published: date | None
) -> None:
    reading = read("Temu", "It stops " + ", it stops ".join(said), "en")
    mentions = dated(reading, "en", published)
    likely = effective.shares(mentions, reading, Event(event, status, "en", published))
    assert len(likely) == len(mentions) + 1
    assert all(0 <= share <= 1 for share in likely)
    assert sum(likely) == pytest.approx(1)
    if status not in {Status.EFFECTIVE, Status.REVERSED} and published:
        assert all(
            s == 0 for m, s in zip(mentions, likely, strict=False) if m.value == "2019" and published.year > 2021
        )


def test_without_a_date_there_is_none_for_certain() -> None:
    assert untold("The shop closes.", "shutdown", "confirmed") == 1


def untold(text: str, event: str, status: str) -> float:
    reading = read("Temu", text, "en")
    day = date(2025, 3, 4)
    return effective.shares(dated(reading, "en", day), reading, Event(EventType(event), Status(status), "en", day))[-1]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Temu closes on 31 January 2026 instead of 27 December 2025. Export your data by 15 January 2026."),
        ("de", "Temu schließt am 31. Januar 2026 statt am 27. Dezember 2025. Daten bis 15. Januar 2026 exportieren."),
        ("fr", "Temu ferme le 31 janvier 2026 au lieu du 27 décembre 2025. Exportez vos données avant le 15/01/2026."),
        (
            "es",
            "Temu cierra el 31 de enero de 2026 en lugar del 27 de diciembre de 2025. Exporte datos hasta 15/01/2026.",
        ),
        ("zh", "Temu将于2026年1月31日关闭，而不是2025年12月27日。请在2026年1月15日前导出数据。"),
        ("ja", "Temuは2025年12月27日ではなく2026年1月31日に終了する。2026年1月15日までにデータを保存してください。"),
    ],
)
def test_the_day_that_another_one_takes_the_place_of_is_no_deadline(lang: str, text: str) -> None:
    found = facts("Temu closes later", text, lang, date(2025, 11, 20))
    assert str(found.effective_date) == "2026-01-31"
    assert [str(one.date) for one in found.deadlines] == ["2026-01-15"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Temu shuts at the end of November. It will disappear on 28 November."),
        ("fr", "Temu ferme fin novembre. Le site disparaîtra le 28 novembre."),
    ],
)
def test_the_day_that_is_told_more_exactly_than_the_end_of_its_month_is_taken(lang: str, text: str) -> None:
    assert str(facts("Temu", text, lang, date(2024, 9, 24)).effective_date) == "2024-11-28"


@pytest.mark.parametrize(
    ("lang", "title"),
    [("en", "Ethiopia blocks Temu"), ("fr", "L'Éthiopie bloque Temu"), ("ja", "エチオピア、Temuを遮断")],
)
def test_a_title_alone_tells_no_month(lang: str, title: str) -> None:
    assert facts(title, "", lang, date(2024, 10, 9), "ban", "effective").effective_date is None


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Download your sales reports until 31 May 2025."),
        ("de", "Verkaufsberichte lassen sich bis zum 31. Mai 2025 exportieren."),
        ("es", "Los informes de ventas se pueden descargar hasta el 31 de mayo de 2025."),
        ("zh", "卖家须在5月31日前导出销售报表。"),
    ],
)
def test_reports_of_sales_are_data_and_no_orders(lang: str, text: str) -> None:
    found = facts("Temu closes / Temu关闭", f"{text} Temu closes on 30.6.2025.", lang, date(2025, 3, 4)).deadlines
    assert ("2025-05-31", "data_export") in [(str(due.date), str(due.role)) for due in found]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Sellers must remove their inventory within 90 days."),
        ("en", "Sellers have 90 days to remove their inventory."),
        ("en", "Sellers have only 90 days to collect their stock."),
        ("es", "Los vendedores tienen 90 días para recoger su inventario."),
        ("it", "I venditori devono ritirare la merce entro 90 giorni."),
        ("de", "Händler haben 90 Tage Zeit, ihre Ware abzuholen."),
        ("de", "Händler müssen ihre Ware innerhalb von 90 Tagen abholen."),
        ("nl", "Verkopers moeten hun voorraad binnen 90 dagen ophalen."),
        ("ro", "Vânzătorii trebuie să-și ridice stocul în termen de 90 de zile."),
        ("cs", "Prodejci musí zboží vyzvednout do 90 dnů."),
        ("ru", "Продавцы должны вывезти товар в течение 90 дней."),
        ("uk", "Продавці мають вивезти товар протягом 90 днів."),
        ("tr", "Satıcılar stoklarını 90 gün içinde çekmeli."),
        ("id", "Penjual harus menarik stok dalam 90 hari."),
        ("ms", "Penjual mesti mengambil stok dalam tempoh 90 hari."),
        ("fil", "Dapat kunin ng mga seller ang stock sa loob ng 90 araw."),
        ("vi", "Người bán phải rút hàng tồn kho trong vòng 90 ngày."),
        ("zh", "卖家须在90天内移除库存。"),
        ("ja", "出品者は90日以内に在庫を引き取る必要がある。"),
        ("ko", "판매자는 90일 이내에 재고를 회수해야 한다."),
        ("fa", "فروشندگان باید ظرف 90 روز کالای خود را خارج کنند."),
        ("el", "Οι πωλητές πρέπει να αποσύρουν το απόθεμα εντός 90 ημερών."),
        ("hi", "विक्रेताओं को 90 दिनों के भीतर स्टॉक हटाना होगा।"),
        ("bn", "বিক্রেতাদের ৯০ দিনের মধ্যে স্টক সরাতে হবে।"),
    ],
)
def test_a_time_that_sellers_are_given_is_a_deadline_and_not_the_day_of_the_end(lang: str, text: str) -> None:
    told = facts("Temu", f"Temu. {text}", lang, date(2026, 3, 2), "market_exit")
    assert [(str(d.date), str(d.role)) for d in told.deadlines] == [("2026-05-31", "inventory")]
    assert told.effective_date is None


@pytest.mark.parametrize(
    ("lang", "text", "role"),
    [
        (
            "en",
            "Temu closes its market on 30 April 2026. Refunds can be claimed within 30 days of the closing.",
            "refund",
        ),
        ("zh", "Temu将于2026年4月30日停运。卖家须在停运后30天内移除库存。", "inventory"),
    ],
)
def test_a_time_after_the_end_is_counted_from_the_day_of_the_end(lang: str, text: str, role: str) -> None:
    told = facts("Temu", text, lang, date(2026, 3, 2))
    assert str(told.effective_date) == "2026-04-30"
    assert [(str(d.date), str(d.role)) for d in told.deadlines] == [("2026-05-30", role)]


@pytest.mark.parametrize("event", ["policy", "trade_rule"])
def test_a_time_that_terms_give_for_every_order_is_no_deadline(event: str) -> None:
    text = "Sellers must ship every order within 2 days and have 5 days to answer a complaint."
    assert facts("Temu changes its terms", text, "en", date(2026, 3, 2), event).deadlines == ()


def test_a_length_beside_the_day_that_it_ends_on_is_said_once() -> None:
    text = "Temu closes. Sellers must collect their stock within 90 days, no later than 29 May 2026."
    told = facts("Temu", text, "en", date(2026, 3, 2)).deadlines
    assert [str(d.date) for d in told] == ["2026-05-29"]


@pytest.mark.parametrize(
    ("lang", "text", "role"),
    [
        ("en", "Sellers who disagree may terminate the contract until 31 May 2025.", "other"),
        ("de", "Wer nicht einverstanden ist, kann bis 31. Mai 2025 kündigen.", "other"),
        ("en", "Customers may return goods until 31 May 2025.", "refund"),
        ("en", "Sellers are paid for the last time on 31 May 2025.", "payout"),
        ("en", "The market takes its last orders on 31 May 2025.", "orders"),
    ],
)
def test_notice_returns_and_what_is_done_for_the_last_time_have_their_roles(lang: str, text: str, role: str) -> None:
    told = facts("Temu", f"{text} Temu closes on 30 June 2025.", lang, date(2025, 3, 4))
    assert str(told.effective_date) == "2025-06-30"
    assert [(str(d.date), str(d.role)) for d in told.deadlines] == [("2025-05-31", role)]
