"""From the outbox to the channel and back: nothing lost, nothing doubled unmarked, no target hammered."""

import asyncio
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
import structlog
from fakes import MemoryStore
from letters import NOW, closing
from smtp_sink import DROP, smtp_sink

from monitor.domain.alerts import Attempt, AttemptClass, Delivery, DeliveryState, Target
from monitor.domain.delivery import Pacing
from monitor.domain.exposure import Severity
from monitor.notify.delivery import Deliverer
from monitor.notify.email import EmailChannel
from monitor.notify.pace import PacesHere
from monitor.steps import Step

LEASE = timedelta(seconds=90)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OK = Attempt(AttemptClass.OK, "200", "took it")
LATER = Attempt(AttemptClass.TRANSIENT, "503", "later")
NEVER = Attempt(AttemptClass.PERMANENT, "404", "never")
UNCLEAR = Attempt(AttemptClass.AMBIGUOUS, "timeout", "unclear")


@dataclass
class Receiver:
    """A channel that answers as a test says, and keeps what it got."""

    name: str = "slack"
    answer: Callable[[Delivery], Attempt] = lambda _: OK
    got: list[tuple[str, Delivery]] = field(default_factory=list)

    async def send(self, target: Target, delivery: Delivery) -> Attempt:
        self.got.append((target.address, delivery))
        return self.answer(delivery)


class Counter:
    """The parts of a meter that delivery uses."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.waited: list[timedelta] = []

    def delivered(self, waited: timedelta) -> None:
        self.waited.append(waited)

    def attempted(self, delivery: Delivery, attempt: Attempt, state: DeliveryState, seconds: float) -> None:
        assert seconds >= 0
        self.seen.append((attempt.code, state))


class House:
    """A store with deliveries in it, one receiver, and a deliverer whose pauses are written down instead of slept."""

    def __init__(self, receiver: object, **options: object) -> None:
        self.store, self.meter, self.pauses = MemoryStore(), Counter(), list[float]()
        self.targets = {
            "ops": Target("ops", "slack", "the address"),
            "mail": Target("mail", "email", "ops@example.com"),
        }
        self.deliverer = Deliverer(
            self.store,
            {"slack": receiver, "email": receiver},  # type: ignore[dict-item]
            lambda: self.targets,
            self.meter,  # type: ignore[arg-type]
            LEASE,
            jitter=lambda: 0.5,
            pause=self._pause,
            **options,  # type: ignore[arg-type]
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def put(self, *deliveries: Delivery) -> None:
        await self.store.keep(Step(NOW, deliveries=deliveries))

    def states(self) -> list[DeliveryState]:
        return [delivery.state for delivery in self.store.memory.deliveries.values()]

    async def drain(self, now: datetime) -> int:
        steps = 0
        while await self.deliverer.step(now):
            steps += 1
        return steps


async def test_how_long_a_decision_waited_for_its_arrival_is_measured_once():
    answers = iter([LATER, OK])
    house = House(Receiver(answer=lambda _: next(answers)))
    await house.put(replace(letter(), created_at=NOW - MINUTE))
    await house.drain(NOW)
    assert house.meter.waited == []
    await house.drain(NOW + MINUTE)
    [waited] = house.meter.waited
    assert 2 * MINUTE <= waited < 3 * MINUTE


def letter(number: int = 1, **changes: object) -> Delivery:
    """A delivery about an incident of its own."""
    incident = replace(closing().message.incident, id=f"incident {number}")
    message = replace(closing().message, incident=incident)
    fresh = {"key": f"key {number}", "incident_id": incident.id, "message": message, "attempts": 0}
    return replace(closing(), **(fresh | changes))  # type: ignore[arg-type]


async def test_an_empty_outbox_is_no_work():
    assert await House(Receiver()).deliverer.step(NOW) is False


async def test_a_delivery_is_sent_once_to_its_targets_address():
    receiver = Receiver()
    house = House(receiver)
    await house.put(letter())
    assert await house.drain(NOW) == 1
    assert await house.drain(NOW + timedelta(days=1)) == 0
    assert [(address, delivery.key) for address, delivery in receiver.got] == [("the address", "key 1")]
    assert house.meter.seen == [("200", DeliveryState.SENT)]


async def test_a_failed_delivery_comes_back_after_its_backoff_until_it_succeeds():
    answers = iter([LATER, LATER, OK])
    receiver = Receiver(answer=lambda _: next(answers))
    house = House(receiver)
    await house.put(letter())
    sent_at = []
    for second in range(12):
        if await house.drain(NOW + second * SECOND):
            sent_at.append(second)
    assert sent_at == [0, 3, 9]  # half of 5 s, then half of 10 s, each counted from the end of a try
    assert house.states() == [DeliveryState.SENT]


async def test_a_refused_delivery_is_dead_at_once():
    house = House(Receiver(answer=lambda _: NEVER))
    await house.put(letter())
    await house.drain(NOW)
    assert house.states() == [DeliveryState.DEAD]
    assert house.meter.seen == [("404", DeliveryState.DEAD)]


async def test_a_delivery_of_unknown_fate_goes_out_once_more_and_marked():
    answers = iter([UNCLEAR, OK])
    receiver = Receiver(answer=lambda _: next(answers))
    house = House(receiver)
    await house.put(letter())
    await house.drain(NOW)
    await house.drain(NOW + MINUTE)
    assert [delivery.repeat for _, delivery in receiver.got] == [False, True]
    assert house.states() == [DeliveryState.SENT]


async def test_a_sender_that_died_leaves_a_repeat_behind():
    class Died(BaseException):
        pass

    def die(_: Delivery) -> Attempt:
        raise Died

    receiver = Receiver(answer=die)
    house = House(receiver)
    await house.put(letter())
    with pytest.raises(Died):
        await house.deliverer.step(NOW)
    assert await house.drain(NOW + MINUTE) == 0, "the lease still runs"
    receiver.answer = lambda _: OK
    assert await house.store.recover(NOW + LEASE) == 1
    await house.drain(NOW + LEASE)
    assert [delivery.repeat for _, delivery in receiver.got] == [False, True]


async def test_a_channel_that_raises_is_contained_and_tells_no_secret():
    def broken(_: Delivery) -> Attempt:
        raise smtplib.SMTPException("535 watch:hunter2 at https://hooks.slack.com/services/secret")

    house = House(Receiver(answer=broken))
    await house.put(letter(), letter(2, target="mail"))
    with structlog.testing.capture_logs() as logs:
        assert await house.drain(NOW) == 2
    assert house.states() == [DeliveryState.UNKNOWN] * 2
    details = [delivery.last_detail for delivery in house.store.memory.deliveries.values()]
    assert details == ["the channel raised SMTPException"] * 2
    assert logs[0]["where"].startswith("broken:")
    assert not any(word in str(logs) for word in ("hunter2", "secret"))


async def test_a_target_or_channel_that_was_removed_makes_its_deliveries_dead():
    receiver = Receiver()
    house = House(receiver)
    house.targets = {"ops": Target("ops", "pigeon", "loft 3")}
    await house.put(letter(1), letter(2, target="mail"))
    await house.drain(NOW)
    assert house.states() == [DeliveryState.DEAD] * 2
    assert sorted(house.meter.seen) == [("no_channel", DeliveryState.DEAD), ("no_target", DeliveryState.DEAD)]
    assert receiver.got == []


async def test_what_waited_for_a_target_that_is_gone_does_not_wait_until_it_would_have_been_asked_again():
    house = House(Receiver(answer=lambda _: replace(LATER, retry_after=30 * MINUTE)))
    await house.put(letter(1), letter(2))
    await house.drain(NOW)
    assert house.states() == [DeliveryState.RETRY, DeliveryState.PENDING]
    house.targets = {}
    await house.drain(NOW + SECOND)
    assert house.states() == [DeliveryState.RETRY, DeliveryState.DEAD]


async def test_a_reload_that_moves_a_target_counts_at_the_next_step():
    receiver = Receiver()
    house = House(receiver)
    await house.put(letter(1), letter(2))
    await house.deliverer.step(NOW)
    house.targets = {"ops": Target("ops", "slack", "the new address")}
    await house.deliverer.step(NOW)
    assert [address for address, _ in receiver.got] == ["the address", "the new address"]


async def test_a_lease_that_was_lost_meanwhile_stops_nothing():
    house = House(Receiver())

    async def slow_pause(_: float) -> None:
        await house.store.recover(NOW + LEASE)

    house.deliverer._pause = slow_pause  # the machine slept through the lease
    await house.put(letter())
    assert await house.deliverer.step(NOW) is True
    assert house.states() == [DeliveryState.UNKNOWN]


async def test_a_storm_reaches_a_target_no_faster_than_it_allows():
    receiver = Receiver()
    house = House(receiver)
    await house.put(*(letter(n) for n in range(5)), *(letter(n, target="mail") for n in range(10, 22)))
    await house.drain(NOW)
    assert sorted(house.pauses) == [0.0] * 11 + [1.0] * 4, "a second is waited for, six are not"
    assert len(receiver.got) == 15
    await house.drain(NOW + 5 * SECOND)
    await house.drain(NOW + 10 * SECOND)
    assert len(receiver.got) == 16
    await house.drain(NOW + 12 * SECOND)
    assert len(receiver.got) == 17


async def test_a_target_that_is_down_gets_one_probe_a_minute_and_nothing_is_lost():
    down = True
    receiver = Receiver(answer=lambda _: LATER if down else OK)
    house = House(receiver)
    await house.put(*(letter(n) for n in range(20)))
    for minute in range(60):
        await house.drain(NOW + minute * MINUTE)
    assert 30 <= len(receiver.got) <= 64, "five tries open the circuit, then at most one a minute"
    down = False
    for minute in range(60, 90):
        await house.drain(NOW + minute * MINUTE)
    assert house.states() == [DeliveryState.SENT] * 20
    assert len(receiver.got) <= 64 + 20


async def test_one_target_that_is_down_does_not_hold_up_another():
    receiver = Receiver(answer=lambda delivery: LATER if delivery.target == "ops" else OK)
    house = House(receiver)
    await house.put(*(letter(n) for n in range(10)), *(letter(n, target="mail") for n in range(10, 14)))
    await house.drain(NOW)
    assert house.states() == [DeliveryState.RETRY] * 5 + [DeliveryState.PENDING] * 5 + [DeliveryState.SENT] * 4


async def test_a_wish_to_be_left_alone_holds_for_the_whole_target():
    answers = iter([replace(LATER, retry_after=30 * SECOND)])
    receiver = Receiver(answer=lambda _: next(answers, OK))
    house = House(receiver)
    await house.put(letter(1), letter(2, severity=Severity.LOW))
    for second in range(30):
        await house.drain(NOW + second * SECOND)
    assert len(receiver.got) == 1
    await house.drain(NOW + 31 * SECOND)
    assert [delivery.key for _, delivery in receiver.got] == ["key 1", "key 1", "key 2"]


async def test_what_is_held_back_is_no_try_but_a_last_chance_is_taken():
    receiver = Receiver(answer=lambda _: LATER)
    house = House(receiver)
    await house.put(*(letter(n) for n in range(5)))
    await house.drain(NOW)
    await house.put(letter(8), letter(9, give_up_at=NOW + 30 * SECOND))
    await house.drain(NOW + SECOND)
    tried = [delivery.key for _, delivery in receiver.got]
    assert "key 8" not in tried
    assert tried[-1] == "key 9", "its end comes before the next probe"
    assert len(house.meter.seen) == len(tried)


async def test_a_lost_acknowledgement_ends_as_two_mails_with_one_id():
    async with smtp_sink({"DATA": DROP}) as sink:
        channel = EmailChannel("127.0.0.1", sink.port, security="none", sender="a@shop.example", timeout=20)
        house = House(channel)
        await house.put(letter(target="mail"))
        await house.drain(NOW)
        assert house.states() == [DeliveryState.UNKNOWN]
        sink.answers.clear()
        await house.drain(NOW + MINUTE)
    assert house.states() == [DeliveryState.SENT]
    assert len({mail["Message-ID"] for mail in sink.mails}) == 1
    assert [mail["X-Sellerwatch-Repeat"] for mail in sink.mails] == [None, "1"]


async def test_several_steps_side_by_side_send_every_delivery_once():
    receiver = Receiver()
    house = House(receiver)
    house.targets = {f"t{n}": Target(f"t{n}", "slack", "x") for n in range(4)}
    await house.put(*(letter(n, target=f"t{n % 4}") for n in range(40)))

    async def loop() -> None:
        while DeliveryState.PENDING in house.states():
            await house.deliverer.step(NOW)
            await asyncio.sleep(0)

    async with asyncio.timeout(20):
        await asyncio.gather(*(loop() for _ in range(4)))
    assert sorted(delivery.key for _, delivery in receiver.got) == sorted(f"key {n}" for n in range(40))


async def test_a_step_that_finds_the_circuit_open_gives_its_delivery_back_untried():
    receiver, paces = Receiver(), PacesHere()
    house = House(receiver, known=paces)
    await house.put(letter(1))
    await house.drain(NOW)
    await house.put(letter(2))
    claims = house.store.claim_delivery

    async def claim(*asked: object) -> object:
        got = await claims(*asked)  # type: ignore[arg-type]
        await paces.keep("ops", Pacing(NOW, NOW + 2 * MINUTE, 5))  # another step's sends failed meanwhile
        return got

    house.store.claim_delivery = claim  # type: ignore[assignment, method-assign]
    assert await house.deliverer.step(NOW + MINUTE)
    assert [delivery.key for _, delivery in receiver.got] == ["key 1"]
    second = house.store.memory.deliveries["key 2"]
    assert (second.state, second.attempts) == (DeliveryState.PENDING, 0)


@pytest.mark.parametrize("sent", [0, 1])
async def test_a_lease_that_is_lost_while_the_hour_is_counted_stops_nothing(sent: int):
    house = House(Receiver())
    house.targets["ops"] = replace(house.targets["ops"], cap=1)
    await house.put(*(letter(n, severity=Severity.LOW) for n in range(3)))
    if sent:
        await house.deliverer.step(NOW)
        await house.put(*(letter(n, severity=Severity.LOW) for n in range(4, 6)))
    hours = house.store.hour

    async def hour(*asked: object) -> object:
        await house.store.recover(NOW + 2 * LEASE)
        return await hours(*asked)  # type: ignore[arg-type]

    house.store.hour = hour  # type: ignore[assignment, method-assign]
    assert await house.deliverer.step(NOW + SECOND)
    assert DeliveryState.UNKNOWN in house.states()
