"""Figures that are uploaded at one daemon's desk: every daemon goes by them, and by nothing older."""

import asyncio

import pytest
from machines_given import NOW, Machine

from monitor.cluster.duties import Role as Duties
from monitor.cluster.shift import Shift
from monitor.config.kept_exposure import place
from monitor.desk.upload import UploadsHere
from monitor.domain.errors import UnavailableError
from monitor.domain.people import Role
from monitor.joining import join_service
from monitor.loops import Heart
from monitor.sharing import SharedSheets, share
from monitor.store.people import SqlPeople
from monitor.store.sheets import SqlSheets
from monitor.web.access import Visitor
from monitor.web.speech import NotDoneError

ADA = Visitor("ada", Role.ADMIN)


def sheet(stock: int) -> bytes:
    return f"platform,country,sales_per_day,stock\nBazarino,PL,4000,{stock}\n".encode()


class Desk:
    """The desk of one machine. `take` is what its daemon does at each beat."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.shared = SharedSheets(SqlSheets(machine.database), lambda: machine.settings, machine.reload, lambda: NOW)
        people = SqlPeople(machine.database)
        self.uploads = UploadsHere(people, lambda: machine.settings, lambda: NOW, machine.reload, self.shared)

    async def upload(self, stock: int) -> None:
        await self.take_checked((await self.uploads.check(ADA, "acme", "new.csv", sheet(stock))).id)

    async def take_checked(self, id: str) -> None:
        await self.uploads.take(ADA, id)

    async def beats(self) -> int:
        await self.shared.take(NOW)
        return self.machine.stock

    @property
    def file(self):
        return place(self.machine.state, "acme")


@pytest.fixture
def desks(pair):
    return [Desk(one) for one in pair]


async def test_what_one_desk_took_counts_everywhere_at_the_next_beat_and_is_given_back_everywhere(desks):
    here, there = desks
    assert (await here.beats(), await there.beats()) == (90_000, 90_000)
    await here.upload(5_000)
    assert (here.machine.stock, there.machine.stock) == (5_000, 90_000)
    assert (await there.beats(), await here.beats()) == (5_000, 5_000)
    await there.uploads.give_back(ADA, "acme")
    assert (await there.beats(), await here.beats()) == (90_000, 90_000)
    assert [one.file.exists() for one in desks] == [False, False]


async def test_of_two_desks_that_take_at_once_one_is_told_to_look_again(desks):
    here, there = desks
    await here.beats(), await there.beats()
    checked = await there.uploads.check(ADA, "acme", "late.csv", sheet(7_000))
    await here.upload(5_000)
    with pytest.raises(NotDoneError, match="changed since"):
        await there.take_checked(checked.id)
    assert (there.machine.stock, there.file.exists()) == (90_000, False), "all is as it was"
    assert await there.beats() == 5_000
    await there.upload(7_000)
    assert await here.beats() == 7_000


async def test_a_daemon_that_starts_later_begins_with_what_counts(desks):
    here, there = desks
    await here.beats()
    await here.upload(5_000)
    settings = await share(there.machine.settings, there.machine.database, NOW)
    assert (int(settings.sellers[0].positions[0].stock), settings.kept) == (5_000, {"acme"})
    assert settings.policy is there.machine.settings.policy, "all else is as it was asked for"


async def test_what_a_daemon_took_while_it_was_alone_becomes_everybodys(desks):
    here, there = desks
    here.file.write_bytes(sheet(5_000))
    await here.machine.reload()
    await share(here.machine.settings, here.machine.database, NOW)
    assert await there.beats() == 5_000
    there.file.write_bytes(sheet(1))  # what lies about here says nothing any more
    assert (await there.beats(), there.file.read_bytes()) == (5_000, sheet(5_000))


async def test_figures_that_do_not_go_with_our_own_files_are_refused_aloud_and_the_old_ones_go_on(desks):
    here, there = desks
    await here.beats(), await there.beats()
    there.machine.write("platforms.yaml", [{"name": "Another", "id": "another", "owner": "B", "kind": "marketplace"}])
    await here.upload(5_000)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="Bazarino"):
            await there.beats()
        assert (there.machine.stock, there.file.exists()) == (90_000, False)
    there.machine.write("platforms.yaml", [{"name": "Bazarino", "id": "bazarino", "owner": "B", "kind": "marketplace"}])
    assert await there.beats() == 5_000


@pytest.mark.long
async def test_a_daemon_looks_for_them_at_every_beat_and_keeps_its_desk_fresh(desks):
    here, there = desks
    service = await join_service(there.machine.settings, frozenset(Duties))
    parts = service.daemon()._parts
    loops = {loop.name: loop for loop in Shift(parts, Heart(), service._now, service._crew, None).loops}
    await here.beats()
    await here.upload(5_000)
    assert parts.own_rounds, "what keeps the desk in mind"
    looking = [asyncio.create_task(loops[name].run()) for name in ("shared", "own rounds")]
    async with asyncio.timeout(20):
        while service._settings.kept != {"acme"}:
            await asyncio.sleep(0.02)
    for loop in loops.values():
        loop.stop()
    await asyncio.gather(*looking)
    await service.close()
    assert there.file.read_bytes() == sheet(5_000)
