"""Loops work until stopped, wait for a store that does not answer, and die loudly of anything else."""

import asyncio

import pytest

from monitor.domain.errors import StoreUnavailableError
from monitor.loops import Bell, Heart, Loop


async def test_a_bell_rung_before_anybody_waits_is_not_lost():
    bell = Bell()
    bell.ring()
    await asyncio.wait_for(bell.wait(60), 1)


async def test_a_loop_goes_on_at_once_while_there_is_more_and_waits_when_there_is_none():
    left, idle = [3], asyncio.Event()

    async def work() -> bool:
        if left[0]:
            left[0] -= 1
            return True
        idle.set()
        return False

    loop = Loop("path", work, Heart(), pause=60)
    task = asyncio.create_task(loop.run())
    await asyncio.wait_for(idle.wait(), 5)
    assert left == [0]
    loop.stop()
    await asyncio.wait_for(task, 5)


async def test_a_store_that_does_not_answer_is_shown_and_waited_for():
    heart, tries, again = Heart(), [0], asyncio.Event()

    async def work() -> bool:
        tries[0] += 1
        if tries[0] == 1:
            raise StoreUnavailableError("no room on the disk")
        again.set()
        return False

    loop = Loop("path", work, heart, pause=60)
    task = asyncio.create_task(loop.run())
    while not heart.checks()["path"]:
        await asyncio.sleep(0)
    assert "no room on the disk" in heart.checks()["path"]
    assert heart.stalled() == {}, "it waits; a restart would not help"
    loop.bell.ring()
    await asyncio.wait_for(again.wait(), 5)
    while heart.checks()["path"]:
        await asyncio.sleep(0)
    loop.stop()
    await asyncio.wait_for(task, 5)


async def test_any_other_error_ends_the_loop():
    async def work() -> bool:
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        await asyncio.wait_for(Loop("path", work, Heart(), pause=60).run(), 5)


@pytest.mark.case(50)
def test_a_loop_that_is_silent_for_longer_than_it_may_is_stalled():
    heart = Heart()
    heart.expect("path", limit=-1.0)
    assert "silent for" in heart.stalled()["path"]
    heart.expect("path", limit=60.0)
    assert heart.stalled() == {}
