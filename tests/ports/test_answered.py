"""Keys that programs chose: one acts, the others hear what it was answered, and all is let go after a while."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select
from store_examples import NOON

from monitor.config.settings import KeepSettings
from monitor.domain.answered import Answer, Asked
from monitor.retention import Retention
from monitor.store.answered import IN_WORK, SqlAnswered
from monitor.store.people_tables import answered
from monitor.store.retention import SqlRetention

SAID = Answer(201, b'{"done": "\xe5\xba\x97"}\x00', {"content-type": "application/json", "x-kept": "yes"})


async def test_one_of_many_that_come_at_once_acts_and_all_others_hear_its_answer(database):
    known = SqlAnswered(database)
    turns = await asyncio.gather(*(known.claim("k", "d", f"by {no}", NOON) for no in range(8)))
    (chosen,) = [no for no, turn in enumerate(turns) if turn is None]
    assert {turn for turn in turns if turn is not None} == {Asked("d", None)}
    assert await known.claim("k", "d", f"by {chosen}", NOON) is None, "asked once more after a lost answer"
    await known.keep("k", f"by {chosen}", SAID)
    assert await known.claim("k", "other", "by a", NOON) == Asked("d", SAID)
    assert await known.claim("other", "d", "by a", NOON) is None


async def test_what_was_given_back_or_died_is_anybodys_and_whoever_was_late_changes_nothing(database):
    known = SqlAnswered(database)
    await known.claim("k", "d", "first", NOON)
    await known.forget("k", "stranger")
    assert await known.claim("k", "d", "second", NOON) == Asked("d", None)
    await known.forget("k", "first")
    assert await known.claim("k", "d", "second", NOON) is None
    later = NOON + IN_WORK + timedelta(seconds=1)
    assert await known.claim("k", "d", "third", later) is None
    await known.keep("k", "second", SAID)
    assert await known.claim("k", "d", "fourth", later) == Asked("d", None)
    await known.keep("k", "third", SAID)
    assert await known.claim("k", "d", "fourth", later + timedelta(hours=1)) == Asked("d", SAID), "it is no dead one"


async def test_answers_are_let_go_after_a_day(database):
    known = SqlAnswered(database)
    for no, hours in enumerate((0, 1, 24)):
        await known.claim(f"k{no}", "d", "by", NOON + timedelta(hours=hours))
        await known.keep(f"k{no}", "by", SAID)
    await Retention(SqlRetention(database), KeepSettings).step(NOON + timedelta(hours=24, minutes=30))
    assert await database.read(lambda connection: connection.scalar(select(func.count()).select_from(answered))) == 2
