"""What a letter says of money beside the terms: the worst case, and what of it can still be saved."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from letters import NOW, closing

from monitor.domain.exposure import Position, Seller
from monitor.domain.impact import impact
from monitor.domain.peaks import Peak
from monitor.domain.signals import Status
from monitor.notify.letter import compose

ACME = Seller("acme", "Acme", "EUR", (Position("TikTok Music", "ID", Decimal(100), stock=Decimal(7000)),))


def totals(status: Status, seller: Seller = ACME) -> dict[str, str]:
    made = closing()
    incident = replace(made.message.incident, status=status)
    weighed = impact(incident, seller, NOW.date(), {})
    letter = compose(replace(made, message=replace(made.message, incident=incident, impact=weighed)))
    return {line.label: line.text for line in letter.totals}


def test_a_letter_says_what_the_worst_case_is_and_what_of_it_can_still_be_saved():
    found = totals(Status.CONFIRMED)
    assert found["Worst case, with 30 days of sales"] == "EUR 10,000"
    assert found["Of that, not too late to save"] == "EUR 7,000"


@pytest.mark.parametrize(
    ("status", "share", "amount"),
    [(Status.RUMOR, "20%", "EUR 2,000"), (Status.PROPOSED, "50%", "EUR 5,000"), (Status.CONFIRMED, "90%", "EUR 9,000")],
)
def test_beside_the_worst_case_stands_what_is_to_be_expected_of_it(status: Status, share: str, amount: str):
    assert totals(status)[f"To be expected of the worst case ({share})"] == amount


def test_what_is_in_effect_is_expected_to_come_as_bad_as_it_can_and_a_stake_of_nothing_as_nothing():
    assert not [label for label in totals(Status.EFFECTIVE) if "expected" in label]
    nothing = Position("TikTok Music", "ID")
    assert not totals(Status.RUMOR, replace(ACME, positions=(nothing,)))


def test_who_multiplies_hears_that_there_are_days_on_which_more_is_sold():
    sale = Peak("Winter sale", date(2024, 12, 1), date(2024, 12, 10), Decimal(2))
    found = totals(Status.CONFIRMED, replace(ACME, peaks=(sale,)))
    assert found["Lost each day after"] == "EUR 100"
    assert found["Worst case, with 30 days of sales, peaks counted"] == "EUR 11,000"


def test_peaks_that_are_shipped_have_a_name_in_every_language_and_peoples_own_stay_as_they_wrote_them():
    def why(name: str, language: str) -> str:
        made, peak = closing(), Peak(name, date(2024, 11, 25), date(2024, 12, 5), Decimal(3))
        weighed = impact(made.message.incident, replace(ACME, peaks=(peak,)), NOW.date(), {})
        return compose(replace(made, language=language, message=replace(made.message, impact=weighed))).stake_note

    assert "Christmas shopping" in why("Christmas shopping", "en")
    assert "Weihnachtsgeschäft" in why("Christmas shopping", "de")
    assert "圣诞购物季" in why("Christmas shopping", "zh")
    assert "Ana's {own} week" in why("Ana's {own} week", "de")


def test_a_letter_of_an_all_clear_frightens_nobody_with_a_worst_case():
    assert set(totals(Status.REVERSED)) == {"Lost at once", "Lost each day after", "Share of your daily sales"}


def test_a_small_stake_is_not_nothing_and_terms_add_up_to_the_sum_that_is_written():
    small = Position("TikTok Music", "ID", stock=Decimal("0.05"))
    assert totals(Status.CONFIRMED, replace(ACME, positions=(small,)))["Lost at once"] == "EUR 0.05"
    dinar = replace(ACME, currency="KWD", positions=(replace(small, stock=Decimal("0.125")),))
    assert totals(Status.CONFIRMED, dinar)["Lost at once"] == "KWD 0.125"
    halves = Position("TikTok Music", "ID", stock=Decimal("100.5"), unsettled_payouts=Decimal("100.5"))
    made = closing()
    weighed = impact(made.message.incident, replace(ACME, positions=(halves,)), NOW.date(), {})
    letter = compose(replace(made, message=replace(made.message, impact=weighed)))
    assert [line.text for line in letter.stake] == ["EUR 101", "EUR 100"]
    assert [line.text for line in letter.totals if line.key == "at_once"] == ["EUR 201"]
