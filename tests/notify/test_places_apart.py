"""An event whose places go different ways, told to a seller who has something in several of them."""

from dataclasses import replace

from letters import all_clear, closing

from monitor.domain.alerts import Delivery, Message, Reason, Told
from monitor.domain.deadlines import PartialDate
from monitor.domain.incidents import PlaceDate
from monitor.domain.localities import here
from monitor.domain.signals import Status
from monitor.notify.letter import compose

CLOSES, LATER = PartialDate("2024-11-28"), PartialDate("2024-12-15")


def told(message: Message, *dates: PlaceDate) -> Told:
    incident, before = message.incident, all_clear().message.before
    assert before is not None
    return replace(
        before,
        rung=incident.status,
        severity=message.impact.severity,
        platforms=incident.platforms,
        regions=incident.regions,
        effective_date=incident.effective_date,
        deadlines=incident.deadlines,
        dates=dates,
    )


def apart(*dates: PlaceDate, before: tuple[PlaceDate, ...] = ()) -> Delivery:
    message = closing().message
    incident = replace(message.incident, regions=("ID", "BR", "AU"), dates=dates)
    message = replace(message, incident=incident, reason=Reason.DATE_MOVED)
    return replace(closing(), message=replace(message, before=told(message, *before)))


def test_each_place_has_a_line_of_its_own_and_one_that_is_out_of_it_no_date() -> None:
    letter = compose(
        apart(
            PlaceDate("ID", CLOSES, Status.CONFIRMED, ""),
            PlaceDate("BR", LATER, Status.CONFIRMED, ""),
            PlaceDate("AU", None, Status.REVERSED, ""),
        )
    )
    assert [(line.label, line.text) for line in letter.facts if line.label.startswith("Whe")] == [
        ("Where", "Indonesia, Brazil"),
        ("When, Indonesia", "28 Nov 2024 (in 57 days, confirmed)"),
        ("When, Brazil", "15 Dec 2024 (in 74 days, confirmed)"),
        ("When, Australia", "called off"),
    ]
    assert letter.headline == "TikTok Music closes on 28 Nov 2024 (ID)"
    assert letter.changes == ("Date, Brazil: 28 Nov 2024 → 15 Dec 2024", "How sure, Australia: confirmed → called off")


def test_why_it_comes_is_that_some_place_is_out_of_it_or_back_in() -> None:
    stays, off = PlaceDate("ID", CLOSES, Status.CONFIRMED, ""), PlaceDate("AU", None, Status.REVERSED, "")
    on = PlaceDate("AU", CLOSES, Status.CONFIRMED, "")
    assert compose(apart(stays, off)).why == "It is called off in Australia, and goes on elsewhere."
    assert compose(apart(stays, on, before=(stays, off))).why == "It was called off in Australia, and is on again."
    moved = PlaceDate("BR", LATER, Status.CONFIRMED, "")
    assert compose(apart(stays, moved)).why == "Its date changed, or became known."


def test_an_all_clear_for_one_country_does_not_say_that_the_others_are_named_no_more() -> None:
    one = all_clear()  # of Vietnam; the alarm was of Laos too
    assert one.message.before is not None
    assert one.message.before.regions == ("VN", "LA")
    assert not [change for change in compose(one).changes if "No longer named" in change]


def test_a_seller_in_one_country_is_not_told_that_its_date_is_that_of_the_others() -> None:
    """BR takes part later than the rest: who sells there alone hears of no other place, nor that the others are out."""
    whole = apart(
        PlaceDate("ID", CLOSES, Status.CONFIRMED, ""),
        PlaceDate("BR", LATER, Status.CONFIRMED, ""),
        PlaceDate("AU", CLOSES, Status.CONFIRMED, ""),
    )
    message = whole.message
    assert isinstance(message, Message)
    named = tuple(
        replace(one, signal=replace(one.signal, regions=message.incident.regions, effective_date=LATER))
        for one in message.incident.evidence
    )
    mine = here(replace(message.incident, evidence=named), {"BR"})
    letter = compose(replace(whole, message=replace(message, incident=mine)))
    assert letter.headline == "TikTok Music closes on 15 Dec 2024 (BR)"
    assert {line.label: line.text for line in letter.facts}["Where"] == "Brazil"
    assert "Date: 28 Nov 2024 → 15 Dec 2024" in letter.changes
    assert not [change for change in letter.changes if "No longer named" in change]
