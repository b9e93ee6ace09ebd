"""People, programs, sessions and the record, as the desk's pages show and change them."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import cached_property
from typing import cast
from zoneinfo import available_timezones

from fastapi import Request

from monitor.desk.accounts import Accounts, key_hash
from monitor.desk.entrance import Entrance
from monitor.domain.people import Record, Role, Via
from monitor.store.people import SqlPeople
from monitor.web.access import Visitor, cookie_name
from monitor.web.api import following
from monitor.web.sections.people import (
    Entries,
    Entry,
    Person,
    Persons,
    Program,
    Programs,
    RoleName,
    Sitting,
    Sittings,
)

LOGINS = ("login", "login_failed", "logout", "setup", "session.end")
ACCOUNTS = (
    "user.add", "user.role", "user.password", "user.disable", "user.enable", "user.remove", "user.reads",
    "token.add", "token.revoke",
)  # fmt: skip
_KINDS = {"logins": (LOGINS, ()), "accounts": (ACCOUNTS, ()), "acts": ((), LOGINS + ACCOUNTS)}
_BROWSERS = (  # each claims to be those after it as well
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip
_ID = 16  # characters of a session's hash: they name it, and open nothing


class PeopleHere:
    """A `monitor.web.sections.people.People`, and a `monitor.web.sections.account.Account`."""

    def __init__(self, people: SqlPeople, accounts: Accounts, entrance: Entrance, now: Callable[[], datetime]) -> None:
        self._people, self._accounts, self._entrance, self._now = people, accounts, entrance, now

    @cached_property
    def zones(self) -> Collection[str]:
        """As the IANA names them: those of places, and UTC."""
        return frozenset(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")) | {
            "UTC"
        }

    async def people(self, start: int, limit: int) -> Persons:
        """By name."""
        users = await self._people.users(start, limit + 1)
        open_now = await self._people.sessions_of([user.name for user in users], self._now(), but=Via.OIDC)
        found = [
            Person(user.name, _named(user.role), user.created_at, user.disabled, open_now.get(user.name, 0))
            for user in users
        ]
        return Persons(found[:limit], start, following(start, limit, found))

    async def programs(self, start: int, limit: int) -> Programs:
        """By name."""
        now = self._now()
        found = [
            Program(
                one.name, _named(one.role), one.made_by, one.made_at, one.until, one.used_at,
                over=one.until is not None and one.until < now,
            )
            for one in await self._people.tokens(start, limit + 1)
        ]  # fmt: skip
        return Programs(found[:limit], start, following(start, limit, found))

    async def sittings(
        self, request: Request, visitor: Visitor, start: int, limit: int, everybody: bool = False
    ) -> Sittings:
        """The visitor's own open sessions, or everybody's; the latest first."""
        own = key_hash(request.cookies.get(cookie_name(visitor.secure), ""))
        whose: tuple[str, str | None] = ("", None) if everybody else (visitor.name, visitor.via)
        sessions = await self._people.sessions(self._now(), *whose, start, limit + 1)
        found = [
            Sitting(
                one.key_hash[:_ID], one.user, one.via.value, one.begun_at, one.until, one.address, browser(one.agent),
                own=one.key_hash == own,
            )
            for one in sessions
        ]  # fmt: skip
        return Sittings(found[:limit], start, following(start, limit, found))

    async def entries(self, who: str, kind: str, subject: str, after: str, limit: int) -> Entries:
        """The record, the latest first."""
        did, but = _KINDS.get(kind, ((), ()))
        found = await self._people.records(limit + 1, int(after or 0), subject, who, did, but)
        lines = [
            Entry(no, one.at, one.who, one.via, one.did, one.subject, one.detail, one.address)
            for no, one in found[:limit]
        ]
        return Entries(lines, str(lines[-1].no) if len(found) > limit else "")

    async def add(self, visitor: Visitor, name: str, password: str, role: RoleName) -> None:
        """Raises NotDoneError, as all below."""
        await self._accounts.add(name.strip(), password, _role(role), *_by(visitor))

    async def change(self, visitor: Visitor, name: str, do: str, role: RoleName, password: str) -> None:
        """`do` is one of role, password, disable, enable, remove."""
        match do:
            case "role":
                await self._accounts.change(name, *_by(visitor), role=_role(role))
            case "password":
                await self._accounts.password(name, password, *_by(visitor))
            case "remove":
                await self._accounts.remove(name, *_by(visitor))
            case _:
                await self._accounts.change(name, *_by(visitor), disabled=do == "disable")

    async def program(self, visitor: Visitor, name: str, role: RoleName, days: int) -> str:
        """The key of a new token; 0 days are for good."""
        until = self._now() + timedelta(days=days) if days else None
        by, via, address = _by(visitor)
        return await self._accounts.program(name.strip(), _role(role), by, until, via, address)

    async def revoke(self, visitor: Visitor, name: str) -> None:
        await self._accounts.revoke(name, *_by(visitor))

    async def end(self, visitor: Visitor, id: str, everybody: bool = False) -> None:
        """The session of that id; without one, all of the visitor's own."""
        found = await self._people.sessions(self._now(), "" if everybody else visitor.name)
        own = [one for one in found if one.user == visitor.name and one.via == visitor.via]
        ended = [one for one in (found if everybody else own) if one.key_hash[:_ID] == id] if id else own
        if ended:
            by, via, address = _by(visitor)
            record = Record(self._now(), by, via, "session.end", ended[0].user, "" if id else "all", address)
            await self._people.end([one.key_hash for one in ended], record)

    async def reads(self, visitor: Visitor, language: str, zone: str) -> None:
        await self._accounts.reads(visitor.name, language, zone, visitor.via, visitor.address)

    async def proves(self, visitor: Visitor, password: str) -> float | None:
        return await self._entrance.proves(visitor, password)

    async def password(self, request: Request, visitor: Visitor, password: str) -> str:
        """The key of a new session."""
        await self._accounts.password(visitor.name, password, *_by(visitor))
        return await self._entrance.begin(request, visitor, visitor.name, Via.PASSWORD)


def browser(agent: str) -> str:
    """`Firefox, Windows` of what a browser calls itself; else the beginning of that, for what it is worth."""
    name = next((words for sign, words in _BROWSERS if sign in agent), "")
    system = next((words for sign, words in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (name, system))) or agent[:40]


def _by(visitor: Visitor) -> tuple[str, str, str]:
    return visitor.name, visitor.via, visitor.address


def _role(name: RoleName) -> Role:
    return Role[name.upper()]


def _named(role: Role) -> RoleName:
    return cast(RoleName, role.name.lower())
