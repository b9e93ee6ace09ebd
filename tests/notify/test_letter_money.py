"""What a letter says of money beside the terms: the worst case, and what of it can still be saved."""

from dataclasses import replace
from decimal import Decimal

from letters import NOW, closing

from monitor.domain.exposure import Position, Seller
from monitor.domain.impact import impact
from monitor.domain.signals import Status
from monitor.notify.letter import compose

ACME = Seller("acme", "Acme", "EUR", (Position("TikTok Music", "ID", Decimal(100), stock=Decimal(7000)),))


def totals(status: Status) -> dict[str, str]:
    made = closing()
    incident = replace(made.message.incident, status=status)
    weighed = impact(incident, ACME, NOW.date(), {})
    letter = compose(replace(made, message=replace(made.message, incident=incident, impact=weighed)))
    return {line.label: line.text for line in letter.totals}


def test_a_letter_says_what_the_worst_case_is_and_what_of_it_can_still_be_saved():
    found = totals(Status.CONFIRMED)
    assert found["Worst case, with 30 days of sales"] == "EUR 10,000"
    assert found["Of that, not too late to save"] == "EUR 7,000"


def test_a_letter_of_an_all_clear_frightens_nobody_with_a_worst_case():
    assert set(totals(Status.REVERSED)) == {"Lost at once", "Lost each day after", "Share of your daily sales"}
