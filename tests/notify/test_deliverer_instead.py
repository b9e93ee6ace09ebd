"""What a target refuses for good goes to another, once, and says so; what people ended meanwhile is not tried again."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from letters import NOW
from test_deliverer import LATER, MINUTE, NEVER, OK, SECOND, UNCLEAR, House, Receiver, letter

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Reason, Target
from monitor.domain.delivery import instead
from monitor.domain.exposure import Severity
from monitor.domain.handling import closed
from monitor.domain.hours import Hours, Quiet
from monitor.domain.rulings import Act, ActKind
from monitor.steps import Step

HOUR = timedelta(hours=1)


def two(answer=lambda _: NEVER, **options) -> tuple[House, Receiver]:
    """A Slack channel that refuses, whose fallback is the mail."""
    refused = {"ops": answer, "mail": lambda _: OK}
    receiver = Receiver(answer=lambda delivery: refused[delivery.target](delivery))
    house = House(receiver, **options)
    house.targets["ops"] = replace(house.targets["ops"], fallback="mail")
    house.targets["mail"] = replace(house.targets["mail"], language="zh", zone="Asia/Shanghai")
    return house, receiver


async def handed_on(house: House, now: datetime = NOW) -> None:
    """All that is due, and what follows from it in the next seconds."""
    for second in range(4):
        await house.drain(now + second * SECOND)


def fate(house: House) -> list[tuple[str, DeliveryState]]:
    return [(one.target, one.state) for one in house.store.memory.deliveries.values()]


async def test_what_a_target_refuses_for_good_goes_at_once_to_its_fallback_in_that_ones_language():
    house, receiver = two()
    await house.put(letter())
    await handed_on(house)
    assert fate(house) == [("ops", DeliveryState.DEAD), ("mail", DeliveryState.SENT)]
    first, second = (delivery for _, delivery in receiver.got)
    assert (second.fallback_of, second.instead_of) == (first.key, "ops")
    assert (second.language, second.zone, second.channel) == ("zh", "Asia/Shanghai", "email")
    assert second.message == first.message
    assert not second.repeat
    assert second.give_up_at - second.created_at >= first.give_up_at - NOW


async def test_a_delivery_that_is_given_up_goes_to_the_fallback_too():
    house, _ = two(lambda _: LATER)
    await house.put(letter(give_up_at=NOW + 2 * timedelta(seconds=1)))
    await house.drain(NOW)
    await house.drain(NOW + MINUTE)
    assert fate(house) == [("ops", DeliveryState.DEAD), ("mail", DeliveryState.SENT)]


async def test_one_whose_fate_stays_unknown_goes_to_the_fallback_after_its_second_copy():
    house, receiver = two(lambda _: UNCLEAR)
    await house.put(letter())
    for minute in range(3):
        await house.drain(NOW + minute * MINUTE)
    assert [(one.target, one.repeat) for _, one in receiver.got] == [("ops", False), ("ops", True), ("mail", False)]


async def test_a_chain_ends_and_each_link_names_the_first_that_refused():
    house, receiver = two()
    receiver.answer = lambda delivery: OK if delivery.target == "last" else NEVER
    house.targets["mail"] = replace(house.targets["mail"], fallback="last")
    house.targets["last"] = Target("last", "slack", "another address")
    await house.put(letter())
    await handed_on(house)
    assert fate(house) == [("ops", DeliveryState.DEAD), ("mail", DeliveryState.DEAD), ("last", DeliveryState.SENT)]
    assert [delivery.instead_of for _, delivery in receiver.got] == ["", "ops", "ops"]


async def test_a_target_that_hears_it_anyway_gets_no_second_copy():
    house, receiver = two()
    await house.put(letter(), letter(key="mail's own", target="mail"))
    await house.drain(NOW)
    assert sorted(delivery.key for _, delivery in receiver.got) == ["key 1", "mail's own"]


async def test_a_target_that_was_told_more_of_it_gets_no_older_word():
    house, receiver = two(lambda _: LATER)
    await house.put(letter(give_up_at=NOW + HOUR, created_at=NOW))
    await house.drain(NOW)
    await house.put(letter(key="newer", alert_id="alert-2", target="mail", created_at=NOW + MINUTE))
    await house.drain(NOW + 2 * MINUTE)
    receiver.answer = lambda _: NEVER
    await house.drain(NOW + 30 * MINUTE)
    ends = {one.key: one for one in house.store.memory.deliveries.values()}
    [older] = [one for one in ends.values() if one.fallback_of]
    assert (older.state, older.into) == (DeliveryState.SUPERSEDED, "newer")


async def test_an_older_unsent_fallback_folds_into_the_newer_one():
    house, _ = two()
    house.targets["mail"] = replace(house.targets["mail"], quiet=(Quiet(Hours(time(17), time(19))),))
    await house.put(letter(severity=Severity.LOW, created_at=NOW))
    await house.drain(NOW)
    newer = letter(key="newer", alert_id="alert-2", severity=Severity.LOW, created_at=NOW + MINUTE)
    await house.put(replace(newer, message=replace(newer.message, alert_id="alert-2")))
    await house.drain(NOW + MINUTE)
    held = [one for one in house.store.memory.deliveries.values() if one.target == "mail"]
    assert [one.state for one in held] == [DeliveryState.SUPERSEDED, DeliveryState.PENDING]
    assert held[0].into == held[1].key


async def test_quiet_hours_of_the_fallback_hold_for_what_is_not_urgent():
    house, receiver = two()
    night = Quiet(Hours(time(17), time(19)))  # in Shanghai it is half past five in the evening
    house.targets["mail"] = replace(house.targets["mail"], quiet=(night,))
    await house.put(letter(1, severity=Severity.LOW), letter(2, alert_id="alert-2", severity=Severity.CRITICAL))
    await handed_on(house)
    assert [delivery.fallback_of for _, delivery in receiver.got if delivery.target == "mail"] == ["key 2"]
    await house.drain(NOW + 2 * HOUR)
    assert [state for _, state in fate(house)].count(DeliveryState.SENT) == 2


async def test_what_a_target_that_is_gone_should_have_heard_goes_to_the_operators_if_any_are_named():
    house, receiver = two()
    house.targets = {"duty": Target("duty", "email", "duty@example.com", operations=True)}
    receiver.answer = lambda _: OK
    await house.put(letter(target="anna"))
    await handed_on(house)
    assert fate(house) == [("anna", DeliveryState.DEAD), ("duty", DeliveryState.SENT)]
    assert receiver.got[0][1].instead_of == "anna"


async def test_a_channel_that_is_gone_hands_over_to_the_fallback():
    house, _ = two()
    house.targets["ops"] = replace(house.targets["ops"], channel="pigeon")
    await house.put(letter())
    await handed_on(house)
    assert fate(house) == [("ops", DeliveryState.DEAD), ("mail", DeliveryState.SENT)]


@pytest.mark.parametrize("reason", [Reason.TEST, Reason.DRILL])
async def test_what_tries_a_channel_is_never_answered_by_another(reason):
    house, _ = two()
    await house.put(letter(reason=reason))
    await house.drain(NOW)
    assert fate(house) == [("ops", DeliveryState.DEAD)]


def test_the_key_of_a_fallback_is_made_of_whose_place_it_takes():
    one, other = Target("mail", "email", "a@example.com"), Target("last", "email", "a@example.com")
    made = [instead(letter(number), target, NOW).key for number in (1, 2) for target in (one, other)]
    assert len(set(made)) == 4
    assert instead(letter(1), one, NOW + HOUR).key == made[0]


async def sending(house: House, answer: Attempt, meanwhile: Step) -> None:
    """A send that ends so, while something else is kept."""

    async def send(target: Target, delivery: Delivery) -> Attempt:
        await house.store.keep(meanwhile)
        return answer

    receiver = house.deliverer._channels["slack"]
    receiver.send = send
    await house.drain(NOW)


@pytest.mark.parametrize("answer", [LATER, NEVER])
async def test_what_is_refused_while_a_person_closes_its_incident_is_not_tried_again(answer):
    house, _ = two()
    incident = letter().message.incident
    opened = replace(incident, revision=1)
    await house.store.keep(Step(NOW, incidents=[opened], deliveries=[letter(created_at=NOW)]))
    await sending(house, answer, Step(NOW, incidents=[closed(opened, "anna", "sold", NOW + MINUTE)]))
    assert fate(house) == [("ops", DeliveryState.SUPERSEDED)]
    [row] = house.store.memory.deliveries.values()
    assert row.last_detail == "its incident was closed by anna meanwhile"
    assert house.meter.seen == [(answer.code, DeliveryState.SUPERSEDED)]


async def test_what_is_refused_while_its_seller_says_not_for_us_is_not_tried_again():
    house, _ = two()
    incident = replace(letter().message.incident, revision=1)
    act = Act("a1", incident.id, ActKind.NOT_FOR_US, NOW + MINUTE, "anna", seller_id="acme")
    await house.store.keep(Step(NOW, incidents=[incident], deliveries=[letter(created_at=NOW)]))
    await sending(house, LATER, Step(NOW, acts=[act]))
    assert fate(house) == [("ops", DeliveryState.SUPERSEDED)]


async def test_what_is_said_of_a_closed_incident_after_the_closing_is_tried_as_all_else():
    house, _ = two(lambda _: LATER)
    incident = closed(replace(letter().message.incident, revision=0), "anna", "sold", NOW)
    await house.store.keep(Step(NOW, incidents=[incident], deliveries=[letter(created_at=NOW)]))
    await house.drain(NOW)
    assert fate(house) == [("ops", DeliveryState.RETRY)]


async def test_a_later_message_goes_into_the_thread_of_the_first_that_arrived():
    named = iter(["1700.1", "1700.2", "1700.3"])
    receiver = Receiver(answer=lambda _: Attempt(AttemptClass.OK, "200", "", provider_id=next(named)))
    house = House(receiver)
    for number in range(3):
        await house.put(letter(1, key=f"k{number}", alert_id=f"alert {number}"))
        await house.drain(NOW + number * MINUTE)
    await house.put(letter(2, key="another"), letter(1, key="elsewhere", target="mail"))
    await house.drain(NOW + HOUR)
    assert [delivery.thread for _, delivery in receiver.got] == ["", "1700.1", "1700.1", "", ""]
