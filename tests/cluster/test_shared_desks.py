"""Desks of several daemons before one database: whoever came in at one is known at the other, and sees the same."""

from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2 as httpx
import pytest
from argon2 import PasswordHasher
from given import evidence
from machines_given import NOW, Machine
from prometheus_client import CollectorRegistry

from monitor.desk.accounts import Accounts
from monitor.desk.changes import Changes
from monitor.desk.rooms import rooms
from monitor.domain.assembly import assemble
from monitor.domain.people import Role
from monitor.opened import open_store
from monitor.sharing import common
from monitor.steps import Step
from monitor.web.health import app

PASSWORD = "correct horse battery"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PROXY = {"header": "X-Forwarded-User", "addresses": ["10.1.0.0/16"], "role": "admin"}


async def ready() -> dict[str, str]:
    return {}


class Desk:
    """One daemon's desk."""

    @classmethod
    @asynccontextmanager
    async def of(cls, machine: Machine):
        desk = cls()
        machine.settles(web={"port": 0, "proxy": PROXY})
        await machine.reload()
        desk.store = await open_store(machine.settings)
        own = (await common(machine.database, NOW)).own
        house, routers, _ = rooms(desk.store, lambda: machine.settings, lambda: NOW, QUICK, own=own)
        desk.web = app(CollectorRegistry(), ready, more=routers, house=house)
        desk.accounts, desk.changes = Accounts(desk.store.people, lambda: NOW, QUICK), Changes(desk.store)
        try:
            yield desk
        finally:
            await desk.store.database.close()

    def client(self, address: str = "127.0.0.1", **headers: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.web, client=(address, 1234))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:9464", headers=named)


@pytest.fixture
async def desks(pair):
    async with Desk.of(pair[0]) as one, Desk.of(pair[1]) as other:
        yield one, other


def incident(revision: int = 1):
    words = [evidence(f"document-{n}", title=f"It closes {n}", platforms=["Bazarino"]) for n in range(revision)]
    return assemble("incident-1", words, None, NOW + timedelta(minutes=revision), "d")


async def test_who_logged_in_at_one_desk_is_in_at_the_other_until_they_leave_either(desks):
    one, other = desks
    await one.accounts.add("ada", PASSWORD, Role.ADMIN, "test")
    async with one.client() as here, other.client() as there:
        assert (await here.post("/login", data={"name": "ada", "password": PASSWORD})).status_code == 303
        there.cookies = here.cookies
        assert (await there.get("/api/v1/me")).json()["name"] == "ada"
        await other.accounts.password("ada", f"{PASSWORD}!", "test")
        assert (await here.get("/api/v1/me")).status_code == 401


@pytest.mark.long
async def test_a_form_of_one_desk_may_be_sent_to_the_other_also_behind_a_proxy(desks):
    one, other = desks
    async with one.client("10.1.0.5", X_Forwarded_User="nora") as here:
        page = (await here.get("/")).text
    token = page.partition('data-csrf="')[2].partition('"')[0]
    async with other.client("10.1.0.5", X_Forwarded_User="nora") as there:
        asked = {"name": "none", "csrf": token}
        assert (await there.post("/exposure/file", data=asked | {"csrf": "made up"})).status_code == 403
        assert (await there.post("/exposure/file", data=asked)).status_code != 403


@pytest.mark.long
async def test_what_moves_by_one_daemon_is_on_the_others_board_at_the_next_request(desks):
    one, other = desks
    key = await one.accounts.program("the wall", Role.VIEWER, "ada")
    async with other.client(Authorization=f"Bearer {key}") as there:
        assert (await there.get("/api/v1/incidents")).json()["incidents"] == []
        await one.store.ledger.keep(Step(NOW, incidents=[incident()]))
        (seen,) = (await there.get("/api/v1/incidents")).json()["incidents"]
        assert seen["id"] == "incident-1"


async def test_who_listened_at_one_desk_goes_on_at_the_other_and_misses_nothing(desks):
    one, other = desks
    _, place = await one.changes.since("")
    await other.store.ledger.keep(Step(NOW, incidents=[incident()]))
    missed, after = await other.changes.since(place)
    assert [change.data["id"] for change in missed] == ["incident-1"]
    assert (await one.changes.since(""))[1] == after
