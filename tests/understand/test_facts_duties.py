"""What must be done by each of several dates: told by the words of its own sentence."""

from datetime import date

import pytest
from known_platforms import EXTRACTOR

from monitor.domain.signals import EventType, Status
from monitor.understand.facts import gather

JANUARY = date(2026, 1, 4)


def duties(title: str, text: str, lang: str, event: str = "shutdown") -> dict[str, str]:
    mentions = EXTRACTOR.mentions(title, text, lang, JANUARY)
    told = gather(mentions, title, text, lang, JANUARY, EventType(event), Status.CONFIRMED, None, (), ())
    return {str(due.date): str(due.role) for due in told.deadlines}


@pytest.mark.parametrize(
    ("lang", "text", "wanted"),
    [
        ("en", "Sellers must take back their stock by 31 March 2026; the final payout is made on 30 April 2026.",
         {"2026-03-31": "inventory", "2026-04-30": "payout"}),
        ("en", "Records can be downloaded through February 10. Refund requests are accepted until February 20.",
         {"2026-02-10": "data_export", "2026-02-20": "refund"}),
        ("de", "Bitte holen Sie Ihre Ware bis 20. März 2026 ab. Guthaben wird bis 15. April 2026 ausgezahlt.",
         {"2026-03-20": "inventory", "2026-04-15": "payout"}),
        ("de", "Widerspruch ist bis 20. März 2026 möglich. Die letzte Auszahlung erfolgt am 30. April 2026.",
         {"2026-03-20": "appeal", "2026-04-30": "payout"}),
        ("es", "Se puede apelar hasta el 20 de marzo de 2026. El último pago se hará el 30 de abril de 2026.",
         {"2026-03-20": "appeal", "2026-04-30": "payout"}),
        ("pt", "Retire o estoque até 15 de março de 2026. O último repasse será feito em 30 de abril de 2026.",
         {"2026-03-15": "inventory", "2026-04-30": "payout"}),
        ("pl", "Zapasy można odebrać do 15 marca 2026 r. Ostatnia wypłata nastąpi 30 kwietnia 2026 r.",
         {"2026-03-15": "inventory", "2026-04-30": "payout"}),
        ("vi", "Người bán phải rút hàng tồn kho trước 15/3/2026. Thanh toán cuối vào ngày 30/4/2026.",
         {"2026-03-15": "inventory", "2026-04-30": "payout"}),
    ],
)  # fmt: skip
def test_what_must_be_done_is_told_by_its_own_sentence_before_the_one_before(
    lang: str, text: str, wanted: dict[str, str]
) -> None:
    assert duties("Temu 2026", f"{text} Temu.", lang) == wanted


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Temu leaves. Last orders: January 25, 2026. Order history can be downloaded through February 10."),
        ("de", "Temu geht. Letzte Bestellungen: 25. Januar 2026. Berichte lassen sich bis 10. Februar sichern."),
        ("fr", "Temu s'en va. Dernières commandes : 25 janvier 2026. Sauvegardez vos données avant le 10 février."),
    ],
)
def test_a_label_and_the_date_behind_it_are_one(lang: str, text: str) -> None:
    assert duties("Temu", text, lang) == {"2026-01-25": "orders", "2026-02-10": "data_export"}
