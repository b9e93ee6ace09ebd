"""Who must act by a date, in whose time, and whose words a text prints."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.domain.deadlines import Deadline, DeadlineRole, PartialDate
from monitor.domain.documents import Document
from monitor.domain.signals import Assessment, EventType, Signal, Span, Status
from monitor.domain.sources import Authority, Source, SourceKind
from monitor.evidence import evidence_of
from monitor.understand.actors import actor, zone
from monitor.understand.agencies import agency, published_by
from monitor.understand.dates import find
from monitor.understand.reading import read

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def beside(text: str, lang: str, role: DeadlineRole | None = None) -> tuple[str, str]:
    """Of the first date of the text, by which that must be done."""
    reading = read("", text, lang)
    first = find(reading.whole, lang, date(2026, 3, 2))[0]
    return actor(reading, first.start, lang, role), zone(reading, first.start, lang)


@pytest.mark.parametrize(
    ("lang", "text", "who"),
    [
        ("en", "Sellers must deliver what buyers have paid for by 5 April.", "sellers"),
        ("en", "Sellers may list until the end, while buyers can order until 5 April.", "customers"),
        ("de", "Gläubiger können ihre Forderungen bis 5. April anmelden.", "creditors"),
        ("de", "Händler müssen Ware, die noch im Lager liegt, bis 5. April abholen.", "sellers"),
        ("fr", "Les vendeurs ont jusqu'au 5 avril pour retirer leur stock.", "sellers"),
        ("es", "Los acreedores disponen hasta el 5 de abril para comunicar sus créditos.", "creditors"),
        ("pt", "Os vendedores devem retirar o estoque até 5 de abril.", "sellers"),
        ("it", "Gli abbonati possono chiedere il rimborso fino al 5 aprile.", "users"),
        ("pl", "Kupujący mogą zgłaszać zwroty do 5 kwietnia.", "customers"),
        ("ru", "Продавцы должны вывезти товар до 5 апреля.", "sellers"),
        ("tr", "Satıcılar 5 Nisan'a kadar stoklarını almalı.", "sellers"),
        ("id", "Kreator dapat mengunduh data hingga 5 April.", "creators"),
        ("vi", "Người bán phải rút hàng trước ngày 5 tháng 4.", "sellers"),
        ("th", "ร้านค้าต้องถอนสินค้าภายในวันที่ 5 เมษายน", "sellers"),
        ("zh", "卖家需在4月5日前移除库存。", "sellers"),
        ("ja", "利用者は4月5日までにデータを保存してください。", "users"),
        ("ko", "판매자는 4월 5일까지 재고를 회수해야 한다.", "sellers"),
        ("ar", "على البائعين سحب المخزون قبل 5 أبريل.", "sellers"),
        ("zh", "已付款订单，平台須於4月5日前退款给买家。", "platform"),
        ("en", "The consumer protection office wants an answer by 5 April.", ""),
        ("en", "The app goes dark on 5 April.", ""),
    ],
)
def test_who_must_act_is_named_beside_the_date(lang: str, text: str, who: str) -> None:
    assert beside(text, lang)[0] == who


def test_who_is_addressed_in_the_sentence_before_must_act_too() -> None:
    assert beside("Dear sellers, our warehouse closes. Please collect your stock by 5 April.", "en")[0] == "sellers"


@pytest.mark.parametrize(
    ("lang", "text", "role", "who"),
    [
        ("en", "Buyers can order until the end. Please remove your inventory by 5 April.", "inventory", "sellers"),
        ("de", "Kunden können weiter bestellen. Bitte holen Sie Ihre Ware bis 5. April ab.", "inventory", "sellers"),
        ("pl", "Klienci mogą jeszcze kupować. Prosimy odebrać towar do 5 kwietnia.", "inventory", "sellers"),
        ("zh", "买家仍可下单。请于4月5日前取回库存。", "inventory", "sellers"),
        ("ja", "購入者は引き続き注文できます。4月5日までに在庫を引き取ってください。", "inventory", "sellers"),
        ("en", "What customers have paid is paid out by 5 April.", "payout", "sellers"),
        ("en", "Creators can withdraw their balance by 5 April.", "payout", "creators"),
        ("es", "Los vendedores deben retirar su inventario. Los reembolsos se piden hasta el 5 de abril.", "refund",
         "customers"),
        ("en", "Sellers may ask for a refund of their plan until 5 April.", "refund", "sellers"),
        ("en", "Customers can order until the end. Appeals are heard until 5 April.", "appeal", ""),
        ("en", "Buyers can still order. Data can be saved until 5 April.", "data_export", "customers"),
    ],
)  # fmt: skip
def test_nobody_acts_who_has_no_part_in_what_must_be_done(lang: str, text: str, role: str, who: str) -> None:
    assert beside(text, lang, DeadlineRole(role))[0] == who


@pytest.mark.parametrize(
    ("lang", "text", "named"),
    [
        ("zh", "请于北京时间4月5日24时前完成提现。", "Asia/Shanghai"),
        ("en", "Withdraw by 11:59 pm PT on 5 April.", "America/Los_Angeles"),
        ("en", "Withdraw by 5 April, 23:59 (GMT+8).", "+08:00"),
        ("en", "Withdraw by 5 April, 18:30 UTC-03:30.", "-03:30"),
        ("en", "Withdraw by 5 April, 12:00 UTC.", "UTC"),
        ("ru", "Заявки принимают до 5 апреля, 18:00 по московскому времени.", "Europe/Moscow"),
        ("pt", "Saques até 5 de abril, 18h, horário de Brasília.", "America/Sao_Paulo"),
        ("id", "Penarikan dana hingga 5 April pukul 23.59 WIB.", "Asia/Jakarta"),
        ("en", "Et cetera: withdraw by 5 April.", ""),
        ("en", "Until 5 April the shop delivers as usual, and refunds can be asked for until 1 May, 23:59 CET.", ""),
    ],
)
def test_a_zone_is_told_as_its_sentence_says(lang: str, text: str, named: str) -> None:
    assert beside(text, lang)[1] == named


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("JAKARTA, Nov 3 (Reuters) - The shop closes.", "reuters"),
        ("新华社北京11月3日电 平台将关闭。", "xinhua"),
        ("据彭博社报道，平台考虑退出。", "bloomberg"),
        ("Hamburg (dpa/lno) - Der Marktplatz schließt.", "dpa"),
        ("По данным Рейтера, площадка закроется.", "reuters"),
        ("로이터통신에 따르면 쇼핑몰이 문을 닫는다.", "reuters"),
        ("İSTANBUL (AA) - Pazaryeri kapanıyor.", "anadolu"),
        ("JAKARTA (ANTARA) - Toko itu tutup.", "antara"),
        (f"{'It closes. ' * 60}/AP", "ap"),
        ("Perbedaan harga antara penjual dan pembeli.", ""),
        ("An AP of the network fails in PAP mode.", ""),
        (f"{'It closes. ' * 40}Reuters was not there. {'It closes. ' * 40}", ""),
    ],
)
def test_an_agency_is_known_by_the_lines_in_which_a_text_says_where_it_comes_from(text: str, whose: str) -> None:
    assert agency("", text) == whose


@pytest.mark.parametrize("long", range(290, 312))
def test_an_agency_at_the_end_is_known_however_long_the_text_is(long: int) -> None:
    assert agency("", f"{'So it was said. ' * 30}"[:long] + " (Reuters)") == "reuters"


def test_an_agency_is_known_as_a_publisher_too() -> None:
    assert [published_by(name) for name in ("Reuters", "AP", "Reuters Fan Club", "Gazette")] == [
        "reuters",
        "ap",
        "",
        "",
    ]


@given(st.text(max_size=80), st.text(max_size=600))
def test_any_text_is_looked_through(title: str, text: str) -> None:
    assert isinstance(agency(title, text), str)


TEXT = "(Reuters) - The shop closes in May. Sellers can withdraw by 5 April, 23:59 KST, and no later than that. " * 2


def document(text: str = TEXT) -> Document:
    return Document("d1", "s1", "c1", "https://news.example/1", "A shop closes", text, NOON, NOON)


def source(authority: Authority, kind: SourceKind = SourceKind.FEED) -> Source:
    return Source("s1", "Gazette", "https://news.example/feed", kind, authority, "Gazette", timedelta(hours=1))


def assessed(text: str = TEXT) -> Assessment:
    at = text.index("5 April")
    due = Deadline(PartialDate("2026-04-05"), DeadlineRole.PAYOUT, "Sellers can withdraw by 5 April")
    span = Span("text", at, at + 7, "5 April", "deadline:payout:2026-04-05")
    signal = Signal(EventType.SHUTDOWN, Status.CONFIRMED, (), (), None, (due,), 0.9, (span,))
    return Assessment("d1", "en", 0.9, (signal,))


def test_evidence_knows_where_its_deadlines_are_said_by_whom_they_are_met_and_whose_words_it_prints() -> None:
    (one,) = evidence_of(document(), assessed(), source(Authority.NEWS))
    (due,) = one.signal.deadlines
    assert (due.actor, due.zone, due.document_id, due.start) == ("sellers", "Asia/Seoul", "d1", TEXT.index("5 April"))
    assert one.agency == "reuters"
    assert one.sketch


def test_who_is_believed_on_its_own_word_speaks_for_itself_and_a_probe_has_no_words() -> None:
    (official,) = evidence_of(document(), assessed(), source(Authority.OFFICIAL))
    assert official.agency == ""
    (seen,) = evidence_of(document(), assessed(), source(Authority.NEWS, SourceKind.PROBE))
    assert (seen.authority, seen.agency, seen.sketch) == (Authority.OBSERVED, "", ())


def test_a_deadline_whose_words_are_not_known_is_kept_as_it_is() -> None:
    bare = assessed().signals[0]
    told = Assessment("d1", "en", 0.9, (replace(bare, spans=()),))
    (one,) = evidence_of(document(), told, source(Authority.NEWS))
    assert one.signal.deadlines[0].start == -1
    assert one.signal.deadlines[0].actor == ""


def test_a_search_is_as_many_publishers_as_it_finds_outlets() -> None:
    search = replace(source(Authority.NEWS), publisher="News search", spec=(("outlet", "title"),))

    def publisher(title: str, of: Source = search) -> tuple[str, str]:
        (one,) = evidence_of(replace(document("It closes."), title=title), unquoted(assessed()), of)
        return one.publisher, one.agency

    assert publisher("Temu leaves - for good - Harbour Daily") == ("Harbour Daily", "")
    assert publisher("Temu leaves Poland - Reuters") == ("Reuters", "reuters")
    assert publisher("Temu leaves Poland") == ("News search", "")
    assert publisher("Temu leaves Poland - Harbour Daily", source(Authority.NEWS)) == ("Gazette", "")


def unquoted(known: Assessment) -> Assessment:
    """The same without the words that decided it."""
    return replace(known, signals=tuple(replace(one, spans=()) for one in known.signals))
