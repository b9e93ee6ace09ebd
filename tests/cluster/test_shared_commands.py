"""Commands on a database that daemons share: what must be alone is refused, all else goes on and is noticed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from given import evidence
from machines_given import NOW, Machine
from sqlalchemy import text
from typer.testing import CliRunner

from monitor import cli
from monitor.commands import try_channel
from monitor.domain.assembly import assemble
from monitor.domain.crew import Member
from monitor.domain.errors import ConflictError
from monitor.steps import Step
from monitor.store.ledger import SqlLedger
from monitor.store.members import SqlMembers

SECOND = timedelta(seconds=1)


async def works(machine: Machine, id: str = "d1", for_: timedelta = 30 * SECOND) -> None:
    """A daemon of that name is at work, as its row says."""
    members = SqlMembers(machine.database)
    now = await members.time()
    await members.join(Member(id, "m", ("fetch",), "1.0", "abc", now, now, now + for_))


async def command(machine: Machine, *words: str):
    return await asyncio.to_thread(CliRunner().invoke, cli.app, [*words, "--config", str(machine.directory)])


async def jobs(machine: Machine) -> list[str]:
    async def work(connection):
        return list(await connection.scalars(text("SELECT task_name FROM procrastinate_jobs WHERE status = 'todo'")))

    return await machine.database.read(work)


async def test_a_round_by_hand_is_refused_while_daemons_share_the_work_and_says_what_to_do(pair):
    one, other = pair
    await works(one)
    answer = await command(other, "once")
    assert answer.exit_code != 0
    assert "daemons share this database, 1 at present" in answer.output + str(answer.exception)
    assert await SqlMembers(one.database).elders(await SqlMembers(one.database).time()) == "", "it holds nothing"


async def test_a_daemon_that_is_dead_stands_in_nobodys_way(pair):
    one, other = pair
    await works(one, for_=-SECOND)
    assert await SqlMembers(other.database).others() == 0


async def test_a_test_message_goes_the_daemons_way_and_wakes_who_delivers(pair):
    one, other = pair
    chat = {"id": "chat", "channel": "slack", "address": "http://127.0.0.1:1/slack"}
    other.settles(targets=[chat], fetch={"allow_private": True})
    await works(one)
    asked = asyncio.create_task(asyncio.to_thread(try_channel, other.read(), "chat"))
    async with asyncio.timeout(20):
        while "deliver" not in await jobs(one):
            await asyncio.sleep(0.05)
    assert await jobs(one) == ["deliver"]

    async def take_out(connection):
        await connection.execute(text("UPDATE deliveries SET state = 'dead'"))

    await one.database.write(take_out)
    assert (await asked).state == "dead"


async def test_a_backup_of_files_is_refused_with_the_commands_that_keep_the_database(pair):
    answer = await command(pair[0], "backup")
    assert answer.exit_code == 1
    assert "pg_dump" in answer.output


async def test_an_act_by_hand_counts_while_daemons_work_and_takes_its_turn(pair):
    one, other = pair
    await works(one)
    ledger = SqlLedger(one.database)
    words = [evidence("document-1", platforms=["Bazarino"], regions=["PL"])]
    await ledger.keep(Step(NOW, incidents=[assemble("incident-1", words, None, NOW, "d")]))
    decided_before = await ledger.turn()
    answer = await command(other, "incidents", "take", "incident-1", "--by", "ada")
    assert answer.exit_code == 0, answer.output
    (act,) = await ledger.acts("incident-1")
    assert (act.kind, act.who) == ("take", "ada")
    with pytest.raises(ConflictError):  # a daemon that decided from the rows of before decides again
        await ledger.keep(Step(NOW, acts=[replace(act, id="another")], turn=decided_before))
