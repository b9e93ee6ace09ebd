"""How late the event loop is."""

import asyncio

import pytest

from monitor import lag


async def test_a_loop_that_is_kept_busy_is_seen_to_be_late(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lag, "EVERY", 0.01)
    heard: list[float] = []
    timer = lag.Lag(heard.append)
    timer.start()
    timer.start()
    busy = asyncio.get_running_loop().time() + 0.3
    while asyncio.get_running_loop().time() < busy:  # nobody else gets a turn
        pass
    async with asyncio.timeout(10):
        while not heard:
            await asyncio.sleep(0)
    timer.stop()
    assert heard[0] > 0.2
    told = len(heard)
    await asyncio.sleep(0.05)
    assert len(heard) == told
