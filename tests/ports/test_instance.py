"""One daemon per database."""

import asyncio
from datetime import timedelta

import pytest
from store_examples import NOON

from monitor.store.instance import SqlInstance

TTL = timedelta(seconds=60)


@pytest.mark.case(36)
async def test_a_second_daemon_is_told_no_until_the_first_stops_renewing(database):
    instance = SqlInstance(database)
    assert await instance.hold_instance("first", NOON, TTL)
    assert not await instance.hold_instance("second", NOON + TTL / 2, TTL)
    assert await instance.hold_instance("first", NOON + TTL / 2, TTL)
    assert not await instance.hold_instance("second", NOON + TTL, TTL)
    assert await instance.hold_instance("second", NOON + TTL * 1.5, TTL)
    assert not await instance.hold_instance("first", NOON + TTL * 1.5, TTL)


async def test_a_daemon_that_stops_frees_its_place_and_nobody_elses(database):
    instance = SqlInstance(database)
    await instance.hold_instance("first", NOON, TTL)
    await instance.release_instance("second")
    assert not await instance.hold_instance("second", NOON, TTL)
    await instance.release_instance("first")
    assert await instance.hold_instance("second", NOON, TTL)


@pytest.mark.case(36)
async def test_of_many_daemons_that_start_at_once_one_holds_the_database(database):
    instance = SqlInstance(database)
    answers = await asyncio.gather(*(instance.hold_instance(f"daemon-{no}", NOON, TTL) for no in range(8)))
    assert sum(answers) == 1
