"""Who may: people, programs, who is logged in, and the record of what everybody did. For admins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from monitor.web.access import Visitor
from monitor.web.api import After as Cursor
from monitor.web.api import Limit, number
from monitor.web.house import House
from monitor.web.paper import HEADERS
from monitor.web.sections.record import DID
from monitor.web.speech import NotDoneError, noop

RoleName = Literal["viewer", "operator", "admin"]
ROLES = (
    ("viewer", noop("sees")),
    ("operator", noop("sees and acts")),
    ("admin", noop("sees, acts, and says who may")),
)
DONE = {
    "added": noop("They may log in now."),
    "changed": noop("Done; it counts from now on."),
    "removed": noop("The account is gone. What they did stays on record."),
    "revoked": noop("The token is no longer taken."),
    "ended": noop("That session has ended."),
}
KINDS = (
    ("", noop("everything")),
    ("acts", noop("what was done at the desk")),
    ("accounts", noop("accounts and tokens")),
    ("logins", noop("logins")),
)
Kind = Literal["", "acts", "accounts", "logins"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a password here."""

    name: str
    role: RoleName
    since: datetime
    shut_out: bool
    sessions: int  # browsers that are logged in


@dataclass(frozen=True, slots=True)
class Program:
    """A token; its key is known to nobody but the program."""

    name: str
    role: RoleName
    made_by: str
    made_at: datetime
    until: datetime | None  # None: for good
    used_at: datetime | None  # to five minutes
    over: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """A browser that is logged in."""

    id: str
    who: str
    via: str
    begun_at: datetime
    until: datetime
    address: str
    browser: str  # as it calls itself
    own: bool  # the one that asks


@dataclass(frozen=True, slots=True)
class Persons:
    """Some of them, by name, from the `start`-th on."""

    people: Sequence[Person]
    start: int
    next: str  # goes on as `after`; "": there are no more


@dataclass(frozen=True, slots=True)
class Programs:
    """Some of them, by name."""

    programs: Sequence[Program]
    start: int
    next: str


@dataclass(frozen=True, slots=True)
class Sittings:
    """Some of them, the latest first."""

    sittings: Sequence[Sitting]
    start: int
    next: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record."""

    no: int
    at: datetime
    who: str
    via: str
    did: str
    subject: str
    detail: str
    address: str


@dataclass(frozen=True, slots=True)
class Entries:
    """Some of them, the latest first."""

    lines: Sequence[Entry]
    next: str  # goes on as `after`; "": there are no more


class People(Protocol):
    """Who knows them. Acts raise NotDoneError."""

    async def people(self, start: int, limit: int) -> Persons: ...
    async def programs(self, start: int, limit: int) -> Programs: ...
    async def sittings(
        self, request: Request, visitor: Visitor, start: int, limit: int, everybody: bool = False
    ) -> Sittings: ...
    async def entries(self, who: str, kind: str, subject: str, after: str, limit: int) -> Entries: ...
    async def add(self, visitor: Visitor, name: str, password: str, role: RoleName) -> None: ...
    async def change(self, visitor: Visitor, name: str, do: str, role: RoleName, password: str) -> None: ...
    async def program(self, visitor: Visitor, name: str, role: RoleName, days: int) -> str: ...
    async def revoke(self, visitor: Visitor, name: str) -> None: ...
    async def end(self, visitor: Visitor, id: str, everybody: bool = False) -> None: ...


Name = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
After = Annotated[str, Query(pattern=r"^[0-9]{0,18}$")]
Start = Annotated[int, Query(ge=0, le=10**6)]
PAGE = 50


def routes(house: House, people: People) -> APIRouter:
    """`/people` and what is below it."""
    router = APIRouter(prefix="/people", include_in_schema=False)

    async def page(
        request: Request, visitor: Visitor, template: str, error: NotDoneError | None = None, **shown: Any
    ) -> Response:
        reader = house.paper.reader(request, visitor)
        complaint = reader.t.say(error.words, **error.values) if error else ""
        shown |= {"complaint": complaint, "done": DONE, "roles": ROLES, "now": house.now(), "page": PAGE}
        return house.paper.page(request, reader, template, 422 if error else 200, **shown)

    def on(path: str, done: str) -> Response:
        return RedirectResponse(f"/people{path}?done={done}", 303, HEADERS)

    async def all_people(
        request: Request, visitor: Visitor, error: NotDoneError | None = None, start: int = 0, **wish: str
    ) -> Response:
        found = await people.people(start, PAGE)
        return await page(request, visitor, "people.html.j2", error, found=found, wish=wish)

    async def all_programs(
        request: Request,
        visitor: Visitor,
        error: NotDoneError | None = None,
        key: str = "",
        start: int = 0,
        **wish: str,
    ) -> Response:
        """`wish` is what was filled in; beside a key, what it is the key of."""
        found = await people.programs(start, PAGE)
        return await page(request, visitor, "tokens.html.j2", error, found=found, key=key, wish=wish)

    @router.get("")
    async def shown(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], start: Start = 0
    ) -> Response:
        """All of them."""
        return await all_people(request, visitor, start=start)

    @router.post("/add")
    async def add(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        name: Name = "",
        password: Password = "",
        role: Annotated[RoleName, Form()] = "viewer",
    ) -> Response:
        """Somebody new."""
        try:
            await people.add(visitor, name, password, role)
        except NotDoneError as error:
            return await all_people(request, visitor, error, name=name, role=role)
        return on("", "added")

    @router.post("/change")
    async def change(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        do: Annotated[Literal["role", "password", "disable", "enable", "remove"], Form()],
        name: Name = "",
        role: Annotated[RoleName, Form()] = "viewer",
        password: Password = "",
    ) -> Response:
        """One of them."""
        try:
            await people.change(visitor, name, do, role, password)
        except NotDoneError as error:
            return await all_people(request, visitor, error)
        return on("", "removed" if do == "remove" else "changed")

    @router.get("/tokens")
    async def tokens(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], start: Start = 0
    ) -> Response:
        """Programs that may ask."""
        return await all_programs(request, visitor, start=start)

    @router.post("/tokens")
    async def program(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        name: Name = "",
        role: Annotated[RoleName, Form()] = "viewer",
        days: Annotated[int, Form(ge=0, le=3660)] = 0,
    ) -> Response:
        """A new one. Its key stands on this very answer and nowhere else, so there is no redirect."""
        try:
            key = await people.program(visitor, name, role, days)
        except NotDoneError as error:
            return await all_programs(request, visitor, error, name=name, role=role, days=str(days))
        return await all_programs(request, visitor, key=key, name=name)

    @router.post("/tokens/revoke")
    async def revoke(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], name: Name = ""
    ) -> Response:
        """No longer."""
        try:
            await people.revoke(visitor, name)
        except NotDoneError as error:
            return await all_programs(request, visitor, error)
        return on("/tokens", "revoked")

    @router.get("/sessions")
    async def sessions(
        request: Request, visitor: Annotated[Visitor, Depends(house.door.admin)], start: Start = 0
    ) -> Response:
        """Who is logged in."""
        found = await people.sittings(request, visitor, start, PAGE, everybody=True)
        return await page(request, visitor, "sessions.html.j2", found=found, sittings=found.sittings)

    @router.post("/sessions/end")
    async def end(visitor: Annotated[Visitor, Depends(house.door.admin)], id: Name = "") -> Response:
        """Log somebody out. One that has ended meanwhile has ended."""
        await people.end(visitor, id, True)
        return on("/sessions", "ended")

    @router.get("/record")
    async def record(
        request: Request,
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        who: Annotated[str, Query(max_length=200)] = "",
        kind: Annotated[str, Query(max_length=20)] = "",
        subject: Annotated[str, Query(max_length=200)] = "",
        after: After = "",
    ) -> Response:
        """What everybody did."""
        asked = {"who": who.strip(), "kind": kind if kind in dict(KINDS) else "", "subject": subject.strip()}
        entries = await people.entries(**asked, after=after, limit=100)
        further = "?" + urlencode(asked | {"after": entries.next}) if entries.next else ""
        return await page(
            request, visitor, "record.html.j2", entries=entries, further=further, kinds=KINDS, asked=asked, did=DID
        )

    return router


def api(house: House, people: People) -> APIRouter:
    """`/api/v1/people`, `tokens` and `record`, for admins; to read."""
    router = APIRouter(tags=["people"])

    @router.get("/people")
    async def all_people(
        visitor: Annotated[Visitor, Depends(house.door.admin)], limit: Limit = PAGE, after: Cursor = ""
    ) -> Persons:
        """Who may log in with a password, by name."""
        return await people.people(number(after), limit)

    @router.get("/tokens")
    async def tokens(
        visitor: Annotated[Visitor, Depends(house.door.admin)], limit: Limit = PAGE, after: Cursor = ""
    ) -> Programs:
        """Which programs may ask, by name; without their keys, which are kept nowhere."""
        return await people.programs(number(after), limit)

    @router.get("/record")
    async def record(
        visitor: Annotated[Visitor, Depends(house.door.admin)],
        who: Annotated[str, Query(max_length=200)] = "",
        kind: Kind = "",
        subject: Annotated[str, Query(max_length=200)] = "",
        after: After = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> Entries:
        """What everybody did, the latest first."""
        return await people.entries(who, kind, subject, after, limit)

    return router
