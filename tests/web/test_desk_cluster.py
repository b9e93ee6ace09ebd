"""The cluster at the desk: one daemon alone says so, several are shown, and whoever may has failed work done again."""

from dataclasses import replace

import pytest
from rooms_given import NOW, desk_of, store_in
from sqlalchemy import text

from monitor.cluster.duties import Role
from monitor.desk.crew import shown
from monitor.domain.crew import Fault, Hands, Member, Queue, Sight, Standing
from monitor.notify.tongue import LANGUAGES, tongue
from monitor.store.members import SqlMembers

EVIL = '<img src=x onerror="alert(1)">'


@pytest.fixture
async def shared(settings, postgres):
    """A store that daemons share: one of them has trouble, and a duty failed."""
    opened = await store_in(replace(settings, store_url=postgres.fresh(), platforms=()))
    members = SqlMembers(opened.database)
    now = await members.time()
    standing = Standing(7.5, {"deliver": f"waits: {EVIL}"}, {"health": "KeyError: 'x'"})
    ending = now.replace(year=now.year + 1)
    roles = tuple(map(str, Role))
    await members.join(Member("a1", "north", roles, "1.0", "abc", now, now, ending, standing))
    await members.join(Member("b2", EVIL, roles[:1], "1.0", "abc", now, now, now))
    made = text(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, queueing_lock, status) VALUES"
        " ('deliver-rounds', 'health', 'health', 'failed')"
    )
    await opened.database.write(lambda connection: connection.execute(made))
    yield opened
    await opened.database.close()


async def test_one_daemon_alone_says_that_it_is_alone(browser):
    otto, vera = browser(), browser()
    await otto.log_in("otto")
    assert "One daemon works alone." in await otto.page("/cluster")
    known = (await otto.client.get("/api/v1/cluster")).json()
    assert (known["shared"], known["wrong"], known["daemons"]) == (False, [], [])
    assert 'href="/cluster"' in await otto.page("/")
    await vera.log_in("vera")
    assert 'href="/cluster"' not in await vera.page("/"), "a viewer is not led there"
    assert (await vera.client.get("/cluster")).status_code == 403
    assert (await vera.client.get("/api/v1/cluster")).status_code == 403


async def test_daemons_their_troubles_and_what_failed_are_shown_and_nothing_of_theirs_is_markup(shared, settings):
    async with desk_of(shared, settings) as browser:
        otto = browser()
        await otto.log_in("otto")
        page = await otto.page("/cluster")
        known = (await otto.client.get("/api/v1/cluster")).json()
    assert "The clock of north is 7.5 seconds off." in page
    assert "health failed (1): KeyError: &#39;x&#39;" in page
    assert "has been silent for" in page
    assert EVIL not in page
    assert {one["fault"] for one in known["wrong"]} == {"silent", "failed", "trouble", "clock"}
    assert [(one["id"], one["alive"], one["roles"]) for one in known["daemons"]] == [
        ("a1", True, ["fetch", "understand", "deliver", "web"]),
        ("b2", False, ["fetch"]),
    ]
    assert known["daemons"][0]["hands"] == {"looks": 0, "pages": 0, "captures": 0, "deliveries": 0}
    [health] = [one for one in known["duties"] if one["duty"] == "health"]
    assert (health["failed"], health["why"]) == (1, "KeyError: 'x'")


async def test_failed_work_is_done_again_once_and_it_is_on_record(shared, settings):
    async with desk_of(shared, settings) as browser:
        otto, ada = browser(), browser()
        await otto.log_in("otto")
        done = await otto.post("/cluster/again", duty="health")
        assert (done.status_code, done.headers["location"]) == (303, "/cluster?done=again")
        assert "it is done again at once" in await otto.page("/cluster?done=again")
        twice = await otto.post("/cluster/again", duty="health")
        assert (twice.status_code, "health did not fail" in twice.text) == (409, True)
        await ada.log_in("ada")
        entries = (await ada.client.get("/api/v1/record?kind=acts")).json()["lines"]
        assert [(one["who"], one["did"], one["subject"]) for one in entries] == [("otto", "cluster.again", "health")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_may_be_wrong_is_said_in_every_language(language):
    now = NOW
    standing = Standing(-9.0, {"poll": "waits"}, {})
    sight = Sight(
        now, True, ("web",), [Member("a", "m", ("fetch",), "1", "x", now, now, now, standing),
                              Member("b", "n", ("fetch",), "1", "y", now, now, now)],
        [Queue("poll", todo=1, stalled=1, failed=2, waits_since=now.replace(year=now.year - 1))],
        {"a": Hands(1)}, 1234, now.replace(year=now.year - 1),
    )  # fmt: skip
    told = shown(sight, tongue(language, "UTC")).wrong
    assert {one.fault for one in told} == set(Fault)
    assert all("{" not in one.words for one in told)
