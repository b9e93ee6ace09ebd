"""The path while the store does not answer, a stop comes in mid-step, or one incident is spoiled: time goes on."""

import asyncio
from dataclasses import replace

import pytest
from given import NOW, day, evidence, position, seller
from newsroom import Newsroom, source

from monitor.domain.documents import Document
from monitor.domain.errors import StoreUnavailableError
from monitor.domain.signals import Status
from monitor.pipeline import BACKOFF, TRIES
from monitor.steps import Step

ACME = seller(position(country="ID"))


@pytest.fixture
def room() -> Newsroom:
    return Newsroom(source("press"), source("paper"), source("agency", "official"), sellers=[ACME])


@pytest.mark.case(48)
async def test_a_store_that_does_not_answer_stops_the_step_and_nothing_is_lost(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    keep = room.store.keep

    async def full(step: Step) -> None:
        raise StoreUnavailableError("no room")

    room.store.keep = full  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await room.pipeline.step(NOW)
    room.store.keep = keep  # type: ignore[method-assign]
    assert await room.works(NOW + BACKOFF) == 1
    assert len(room.store.memory.deliveries) == 1


async def test_an_outage_however_long_is_no_fault_of_the_capture_in_hand(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    keep, now = room.store.keep, NOW

    async def full(step: Step) -> None:
        raise StoreUnavailableError("no room")

    room.store.keep = full  # type: ignore[method-assign]
    for _ in range(2 * TRIES):
        with pytest.raises(StoreUnavailableError):
            await room.pipeline.step(now)
        now += BACKOFF
    room.store.keep = keep  # type: ignore[method-assign]
    await room.works(now)
    assert room.store.memory.quarantine == {}
    assert len(room.store.memory.deliveries) == 1


@pytest.mark.case(50)
async def test_a_step_that_is_stopped_gives_its_capture_back_for_the_next_start(room: Newsroom) -> None:
    await room.publishes("press", evidence())
    thinking = asyncio.Event()

    def long(document: Document) -> None:
        thinking.set()
        raise asyncio.CancelledError

    room.before_assessing = long
    with pytest.raises(asyncio.CancelledError):
        await room.pipeline.step(NOW)
    assert thinking.is_set()
    (bed,) = room.store.memory.captures.values()
    assert (bed.tries, bed.token) == (0, None)


async def test_one_incident_over_which_the_rules_stumble_does_not_stop_time_for_the_others(
    room: Newsroom, caplog
) -> None:
    await room.publishes("press", evidence("a", status="confirmed", date="2024-11-28"))
    await room.publishes("agency", evidence("b", status="confirmed", date="2024-11-28", platforms=["Shopee"]))
    await room.works()
    one, other = room.incidents()
    room.store.memory.incidents[one.id] = replace(one, platforms=None)  # type: ignore[arg-type]
    assert await room.pipeline.tick(day(66)) >= 0
    assert room.store.memory.incidents[other.id].status is Status.EFFECTIVE
    assert f"time does not pass for incident {one.id}" in caplog.text


async def test_a_store_that_does_not_answer_stops_the_clock_too(room: Newsroom) -> None:
    await room.publishes("press", evidence("a", date="2024-11-28"))
    await room.works()

    async def full(step: Step) -> None:
        raise StoreUnavailableError("no room")

    keep, room.store.keep = room.store.keep, full  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await room.pipeline.tick(day(66))
    room.store.keep = keep  # type: ignore[method-assign]
    await room.pipeline.tick(day(66))
    assert room.incidents()[0].status is Status.EFFECTIVE


async def test_a_store_that_cannot_even_take_the_capture_back_says_so(room: Newsroom) -> None:
    await room.publishes("press", evidence())

    async def gone(*args: object, **how: object) -> None:
        raise StoreUnavailableError("gone")

    room.store.before = room.store.release = gone  # type: ignore[method-assign,assignment]
    with pytest.raises(StoreUnavailableError, match="gone"):
        await room.pipeline.step(NOW)
