"""Work that nobody waits for is held while it runs, and its failure is said in words of ours."""

import asyncio
import gc
import logging
from typing import Any

import pytest

from monitor.asides import aside
from monitor.domain.errors import StoreUnavailableError


async def failing(error: Exception) -> None:
    raise error


async def over(task: "asyncio.Task[None]") -> None:
    await asyncio.wait([task])
    await asyncio.sleep(0)  # its callbacks


@pytest.mark.parametrize(
    ("error", "level", "words"),
    [
        (StoreUnavailableError("no room on the disk"), logging.WARNING, "hasten a was not done: no room on the disk"),
        (ArithmeticError("no words for it"), logging.ERROR, "hasten a was not done"),
    ],
)
async def test_what_fails_is_said_by_its_name_and_nobody_has_to_wait_for_it(
    error: Exception, level: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
    task = aside(failing(error), "hasten a")
    await over(task)
    del task
    gc.collect()
    assert complaints == []
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (level, words)


async def test_what_nobody_refers_to_is_not_thrown_away_before_it_is_done() -> None:
    done = asyncio.Event()

    async def work() -> None:
        bell: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        bells.append(lambda: bell.set_result(None))
        await bell
        done.set()

    bells: list[Any] = []
    aside(work(), "work")
    await asyncio.sleep(0)
    gc.collect()
    bells.pop()()
    await asyncio.wait_for(done.wait(), 5)


async def test_what_is_cancelled_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    task = aside(asyncio.Event().wait(), "waits")  # type: ignore[arg-type]
    task.cancel()
    await over(task)
    assert caplog.records == []
