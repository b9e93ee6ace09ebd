"""A target with a cap: so many messages an hour, the rest in one that names each, and nobody waits in silence."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from letters import NOW
from test_deliverer import LATER, MINUTE, OK, House, Receiver, letter

from monitor.domain.alerts import DeliveryState, Reason
from monitor.domain.digests import Roundup
from monitor.domain.exposure import Severity

HOUR = timedelta(hours=1)


def capped(cap: int = 5, answer=lambda _: OK) -> tuple[House, Receiver]:
    receiver = Receiver(answer=answer)
    house = House(receiver, paces={})
    house.targets["ops"] = replace(house.targets["ops"], cap=cap)
    return house, receiver


def quiet(number: int, **changes):
    return letter(number, **({"severity": Severity.LOW, "alert_id": f"alert {number}", "created_at": NOW} | changes))


def named(receiver: Receiver) -> list[str]:
    """Every key that the receiver was told of, in messages or in roundups."""
    keys: list[str] = []
    for _, delivery in receiver.got:
        keys += delivery.message.keys if isinstance(delivery.message, Roundup) else [delivery.key]
    return keys


async def test_the_last_message_of_an_hour_stands_for_all_that_is_left():
    house, receiver = capped()
    await house.put(*(quiet(n, severity=Severity(n % 3)) for n in range(20)))
    await house.drain(NOW)
    assert len(receiver.got) == 5
    *single, (_, last) = receiver.got
    assert all(delivery.reason is Reason.FIRST for _, delivery in single)
    assert last.reason is Reason.MORE
    assert len(last.message.keys) == 16
    assert {item.incident_id for item in last.message.items} == {
        one.incident_id for one in house.store.memory.deliveries.values() if one.into == last.key
    }
    assert [item.severity for item in last.message.items] == sorted(
        (item.severity for item in last.message.items), reverse=True
    )
    assert sorted(named(receiver)) == sorted(f"key {n}" for n in range(20))
    assert house.states().count(DeliveryState.SUPERSEDED) == 16


async def test_the_critical_go_apart_and_take_no_place():
    house, receiver = capped(1)
    await house.put(*(quiet(n, severity=Severity.CRITICAL) for n in range(9)), quiet(10), quiet(11))
    await house.drain(NOW)
    assert [delivery.reason for _, delivery in receiver.got] == [Reason.FIRST] * 9 + [Reason.MORE]


async def test_what_comes_in_a_full_hour_waits_for_the_next_and_can_still_be_taken_back():
    house, receiver = capped(2)
    await house.put(quiet(1), quiet(2))
    await house.drain(NOW)
    await house.put(quiet(3), quiet(4), quiet(5))
    await house.drain(NOW + MINUTE)
    assert len(receiver.got) == 2
    waiting = [one for one in house.store.memory.deliveries.values() if one.state is DeliveryState.PENDING]
    assert [(one.attempts, one.waits_for) for one in waiting] == [(0, "room in its hour")] * 3
    assert await house.drain(NOW + MINUTE) == 0, "and costs nothing meanwhile"
    await house.store.keep(replace_step(withdrawn=["key 4"]))
    await house.drain(NOW + HOUR + MINUTE)
    assert sorted(named(receiver)) == ["key 1", "key 2", "key 3", "key 5"]


def replace_step(**parts):
    from monitor.steps import Step

    return Step(NOW, **parts)


async def test_a_restart_does_not_empty_the_hour():
    house, receiver = capped(2)
    await house.put(quiet(1), quiet(2))
    await house.drain(NOW)
    again = House(receiver, paces={})
    again.store, again.targets = house.store, house.targets
    again.deliverer._outbox = house.store
    await again.put(quiet(3))
    await again.drain(NOW + 30 * MINUTE)
    assert len(receiver.got) == 2
    await again.drain(NOW + HOUR + MINUTE)
    assert named(receiver) == ["key 1", "key 2", "key 3"], "one that is left alone needs no roundup"


async def test_a_roundup_that_is_refused_is_tried_again_and_goes_to_the_fallback_like_all_else():
    answers = iter([OK, LATER])
    house, receiver = capped(2, answer=lambda _: next(answers, OK))
    await house.put(*(quiet(n) for n in range(6)))
    await house.drain(NOW)
    await house.drain(NOW + MINUTE)
    rounds = [delivery for _, delivery in receiver.got if delivery.reason is Reason.MORE]
    assert len(rounds) == 2
    assert rounds[0].key == rounds[1].key
    assert sorted(set(named(receiver))) == sorted(f"key {n}" for n in range(6))


async def test_what_may_have_arrived_goes_by_itself_and_what_stands_behind_it_waits():
    house, receiver = capped(3)
    await house.put(*(quiet(n) for n in range(8)))
    claim = await house.store.claim_delivery(NOW, MINUTE)
    await house.store.recover(NOW + HOUR)
    await house.put(quiet(0, key="behind it", seller_id="another"))
    await house.drain(NOW + HOUR)
    told = named(receiver)
    assert claim.item.key in [delivery.key for _, delivery in receiver.got], "as a second copy, marked"
    assert told.index(claim.item.key) < told.index("behind it")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 90)), min_size=1, max_size=40),
    st.integers(1, 6),
)
def test_whatever_comes_each_is_told_once_and_no_hour_holds_more(story, cap):
    import asyncio

    async def tell():
        house, receiver = capped(cap)
        arrivals: list = []

        async def send(target, delivery):
            arrivals.append((delivery, house.now))
            receiver.got.append((target.address, delivery))
            return OK

        receiver.send = send
        now = NOW
        for number, (severity, minutes) in enumerate(story):
            now += minutes * MINUTE
            house.now = now
            await house.put(quiet(number, severity=Severity(severity), not_before=now, created_at=now))
            await house.drain(now)
        for hours in range(len(story) + 2):
            house.now = now + hours * HOUR + MINUTE
            await house.drain(house.now)
        assert sorted(named(receiver)) == sorted(f"key {n}" for n in range(len(story)))
        counted = [at for delivery, at in arrivals if delivery.severity < Severity.CRITICAL]
        for first, at in enumerate(counted):
            assert sum(at <= other < at + HOUR for other in counted[first:]) <= cap

    asyncio.run(tell())
