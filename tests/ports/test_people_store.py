"""Who may, as it is kept: sessions that end, records that stay; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest
from store_examples import MINUTE, NOON

from monitor.domain.people import Record, Role, Session, Token, User, Via
from monitor.store import codec
from monitor.store.database import Database
from monitor.store.people import SqlPeople

HOUR = timedelta(hours=1)
VERA = User("vera", Role.VIEWER, "$argon2id$...", NOON)


@pytest.fixture
def people(database: Database) -> SqlPeople:
    return SqlPeople(database)


def _did(what: str, who: str = "ada", subject: str = "") -> Record:
    return Record(NOON, who, "password", what, subject)


def _session(key: str, user: str = "vera", lasts: timedelta = 12 * HOUR) -> Session:
    return Session(key, user, Via.PASSWORD, "csrf", NOON, NOON + lasts, None, "127.0.0.1", "Firefox")


async def test_a_session_is_found_until_its_end_with_its_user_as_they_are_now(people):
    await people.keep_user(VERA, _did("user.add"))
    await people.begin(_session("k1"), _did("login", "vera"))
    assert await people.session("k1", NOON + 12 * HOUR) == (_session("k1"), VERA)
    assert await people.session("k1", NOON + 12 * HOUR + MINUTE) is None
    await people.keep_user(replace(VERA, role=Role.ADMIN), _did("user.role"))
    assert (await people.session("k1", NOON))[1].role is Role.ADMIN
    assert (await people.session("k2", NOON)) is None


async def test_a_session_that_was_ended_does_not_come_back_when_it_is_renewed(people):
    await people.begin(_session("k1"), _did("login"))
    await people.renew(replace(_session("k1"), until=NOON + 20 * HOUR))
    assert (await people.session("k1", NOON + 15 * HOUR))[0].until == NOON + 20 * HOUR
    await people.end(["k1"], _did("logout"))
    await people.renew(replace(_session("k1"), until=NOON + 20 * HOUR))
    assert await people.session("k1", NOON) is None


async def test_a_page_of_sessions_is_cut_out_by_the_database(people):
    """The one that began last first, to the microsecond, of one user and one way in."""
    moments = [NOON, NOON + timedelta(microseconds=100_000), NOON + timedelta(seconds=1), NOON - HOUR]
    for no, begun in enumerate(moments):
        await people.begin(replace(_session(f"k{no}"), begun_at=begun), _did("login"))
    elsewhere = replace(_session("k4"), via=Via.OIDC, begun_at=NOON + MINUTE, agent='"via":"password"')
    await people.begin(elsewhere, _did("login"))
    await people.begin(_session("k5", "otto"), _did("login"))
    own = [one.key_hash for one in await people.sessions(NOON, "vera", Via.PASSWORD)]
    assert own == ["k2", "k1", "k0", "k3"]
    came: list[int] = []
    loads = codec.load
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "load", lambda kind, text: came.append(1) or loads(kind, text))
        some = await people.sessions(NOON, "vera", Via.PASSWORD, 1, 2)
    assert [one.key_hash for one in some] == own[1:3]
    assert len(came) == 2, "only the rows of the page are fetched"
    assert await people.sessions_of(["vera", "otto", "ada"], NOON, but=Via.OIDC) == {"vera": 4, "otto": 1}


async def test_open_sessions_are_listed_of_all_or_of_one_and_old_ones_are_swept_out(people):
    for key, user, lasts in (("k1", "vera", HOUR), ("k2", "vera", 2 * HOUR), ("k3", "otto", 2 * HOUR)):
        await people.begin(_session(key, user, lasts), _did("login", user))
    assert {one.key_hash for one in await people.sessions(NOON + HOUR + MINUTE)} == {"k2", "k3"}
    assert {one.key_hash for one in await people.sessions(NOON, "vera")} == {"k1", "k2"}
    await people.begin(_session("k4"), Record(NOON + HOUR + MINUTE, "vera", "password", "login"))
    assert {one.key_hash for one in await people.sessions(NOON)} == {"k2", "k3", "k4"}
    await people.end([f"x{n}" for n in range(2000)] + ["k2", "k3", "k4"])
    assert not await people.sessions(NOON)


async def test_whoever_is_removed_or_has_another_password_is_logged_out_and_nobody_else(people):
    for user in (VERA, replace(VERA, name="otto")):
        await people.keep_user(user, _did("user.add"))
        await people.begin(_session(user.name, user.name), _did("login"))
    await people.keep_user(VERA, _did("user.password"), end_sessions=True)
    assert [one.user for one in await people.sessions(NOON)] == ["otto"]
    await people.remove_user("otto", _did("user.remove"))
    assert not await people.sessions(NOON)
    assert [user.name for user in await people.users()] == ["vera"]
    assert await people.number_of_users() == 1


async def test_two_tokens_of_one_name_cannot_be(people):
    token = Token("h1", "grafana", Role.VIEWER, "ada", NOON, NOON + HOUR)
    await people.keep_token(token, _did("token.add"))
    with pytest.raises(ValueError):
        await people.keep_token(replace(token, key_hash="h2"), _did("token.add"))
    await people.used("h1", NOON + MINUTE)
    assert [one.used_at for one in await people.tokens()] == [NOON + MINUTE]
    assert (await people.token("h1", NOON + HOUR)).name == "grafana"
    assert await people.token("h1", NOON + HOUR + MINUTE) is None
    assert await people.revoke("grafana", _did("token.revoke"))
    assert await people.token("h1", NOON) is None


async def test_the_record_is_read_from_its_end_by_what_who_and_on_what(people):
    for n in range(5):
        await people.record(_did("login" if n % 2 else "incident.close", "ada" if n < 3 else "otto", f"s{n}"))
    found = await people.records(2)
    assert [one.subject for _, one in found] == ["s4", "s3"]
    assert [one.subject for _, one in await people.records(9, before=found[-1][0])] == ["s2", "s1", "s0"]
    assert [one.subject for _, one in await people.records(who="otto", did=["login"])] == ["s3"]
    assert [one.subject for _, one in await people.records(but=["login"])] == ["s4", "s2", "s0"]
    assert [one.who for _, one in await people.records(subject="s0")] == ["ada"]
