"""The page of the daemons, with one that is lost and a duty that failed: on a phone and wide, light and dark; and the
button that has it done again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from looking import PASSWORD, PHONE, WIDE, person
from sqlalchemy import text

from monitor.cluster.duties import Role
from monitor.config import load
from monitor.daemon import utc_now
from monitor.desk.accounts import Accounts
from monitor.desk.rooms import rooms
from monitor.domain.crew import Member, Standing
from monitor.domain.people import Role as May
from monitor.exposition import Registry
from monitor.opened import open_store
from monitor.store.members import SqlMembers
from monitor.web.health import app
from monitor.web.server import WebServer

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("browser")]
CONFIG = Path(__file__).parents[2] / "config"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
WHY = "waits: no answer from https://hooks.example.com/a-very-long-address-that-nobody-breaks-into-pieces/" + "x" * 120


async def ready() -> dict[str, str]:
    return {}


@pytest.fixture
async def at(tmp_path: Path, postgres) -> AsyncIterator[str]:
    """Where it is."""
    settings = replace(load(CONFIG, {}), sources=(), platforms=(), state_dir=tmp_path, store_url=postgres.fresh())
    store = await open_store(settings)
    members = SqlMembers(store.database)
    now = await members.time()
    roles = tuple(map(str, Role))
    sick = Standing(7.5, {"deliver": WHY}, {"health": "KeyError: 'x'"})
    later = now.replace(year=now.year + 1)
    await members.join(
        Member("a1b2c3d4e5f6", "north.example.com", roles, "0.1.0", "3580ec0dd20a", now, now, later, sick)
    )
    await members.join(Member("b1b2c3d4e5f6", "south.example.com", roles[:2], "0.1.0", "9f80ec0dd20a", now, now, now))
    made = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status) VALUES"
        " ('deliver-rounds', 'health', 'health', 'failed'), ('poll', 'poll', 'poll', 'todo')"
    )
    await store.database.write(lambda connection: connection.execute(made))
    await Accounts(store.people, utc_now, QUICK).add("otto", PASSWORD, May.OPERATOR, "test")
    house, routers, _ = rooms(store, lambda: settings, utc_now, QUICK)
    server = WebServer(app(Registry(), ready, more=routers, house=house), "127.0.0.1", 0)
    await server.start()
    yield f"http://127.0.0.1:{server.port}"
    await server.stop()
    await store.database.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, WIDE], ids=["phone", "wide"])
async def test_the_daemons_can_be_seen_by_everybody_and_a_failed_duty_is_done_again(at, browser, size, scheme):
    async with person(browser, at, size, scheme) as otto:
        await otto.logs_in("otto")
        await otto.goes("/cluster")
        said = await otto.page.locator("main").inner_text()
        for words in ("The clock of north.example.com is 7.5 seconds off.", "health failed (1): KeyError: 'x'",
                      "The daemons have different configurations", "No duty was ever done here."):  # fmt: skip
            assert (words in said) is not words.startswith("No duty"), words
        assert await otto.axe() == []
        assert await otto.overflow() <= 0
        await otto.presses("Do it again", keyboard=True)
        await otto.is_told("it is done again at once")
        assert await otto.axe() == []
        assert "Do it again" not in await otto.page.locator("main").inner_text()
