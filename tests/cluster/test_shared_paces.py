"""Targets that several daemons write to: at one pace, and left alone by all of them when they ask for it."""

from datetime import timedelta

import pytest
from machines_given import NOW, letter

from monitor.domain.alerts import Attempt, AttemptClass, Target
from monitor.notify.delivery import Deliverer
from monitor.notify.pace import FAILURES_TO_OPEN, Pace
from monitor.steps import Step
from monitor.store.ledger import SqlLedger
from monitor.store.outbox import SqlOutbox
from monitor.store.paces import SqlPaces

SECOND = timedelta(seconds=1)
OK = Attempt(AttemptClass.OK, "200", "took it")
LATER = Attempt(AttemptClass.TRANSIENT, "429", "too fast", retry_after=timedelta(minutes=5))
FAILED = Attempt(AttemptClass.TRANSIENT, "503", "later")
CHAT = Pace(1, 0.5 * SECOND)
WHOM = {id: Target(id, "slack", f"http://127.0.0.1:1/{id}") for id in ("chat", "other")}


class Chat:
    """A channel that answers as a test says, and knows whom it told."""

    name = "slack"

    def __init__(self) -> None:
        self.answer, self.got = OK, list[str]()

    async def send(self, target: Target, delivery: object) -> Attempt:
        self.got.append(target.id)
        return self.answer


class Quiet:
    """A meter that counts nothing."""

    def attempted(self, *said: object) -> None: ...
    def delivered(self, waited: timedelta) -> None: ...


class Crew:
    """What two daemons deliver with, the channel that both write to, and a clock that moves while one of them waits."""

    def __init__(self, pair) -> None:
        self.chat, self.now = Chat(), NOW
        self._ledger = SqlLedger(pair[0].database)
        self.deliverers = [
            Deliverer(
                SqlOutbox(one.database), {"slack": self.chat}, lambda: WHOM, Quiet(), 90 * SECOND, lambda: 0.5,
                {"slack": CHAT}, self.pause, SqlPaces(one.database),
            )
            for one in pair
        ]  # fmt: skip

    async def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def keep(self, *letters) -> None:
        await self._ledger.keep(Step(NOW, deliveries=letters))


@pytest.fixture
def crew(pair):
    return Crew(pair)


async def test_two_daemons_together_are_no_faster_than_one(crew):
    await crew.keep(*(letter(n) for n in range(6)))

    for n in range(6):
        assert await crew.deliverers[n % 2].step(crew.now)
    assert crew.now - NOW == 5 * CHAT.interval, "waited for each but the first"


async def test_a_wish_to_be_left_alone_holds_for_all_daemons_and_for_that_target_alone(crew):
    (one, two), chat = crew.deliverers, crew.chat
    await crew.keep(letter(1), letter(2), letter(3, "other"))
    chat.answer = LATER
    assert await one.step(NOW)
    chat.answer = OK
    while await two.step(NOW + SECOND):
        pass
    assert chat.got == ["chat", "other"]
    assert await two.step(NOW + timedelta(minutes=6))


async def test_a_target_that_does_not_answer_is_probed_by_one_of_them_a_minute(crew):
    deliverers, chat = crew.deliverers, crew.chat
    await crew.keep(*(letter(n) for n in range(20)))
    chat.answer = FAILED
    for n in range(FAILURES_TO_OPEN):
        assert await deliverers[n % 2].step(NOW + n * SECOND)
    at = NOW + timedelta(seconds=FAILURES_TO_OPEN)
    assert [await one.step(at) for one in deliverers] == [False, False]
    at += timedelta(minutes=2)
    assert [await one.step(at) for one in deliverers] == [True, False], "one probe, and the other leaves it alone"
    chat.answer = OK
    at += timedelta(minutes=2)
    assert await deliverers[1].step(at)
    assert await deliverers[0].step(at + SECOND), "open again for both"
