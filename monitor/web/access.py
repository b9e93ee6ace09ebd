"""Who may: every route names the role that it needs, and one door lets in or not.

A visitor comes with a session cookie (people), a bearer token (programs), or in the name that a trusted proxy gives.
What changes something needs more of whoever has no bearer token, since a browser sends cookies along for anybody, and a
proxy gives its name to whatever the browser sends: the page's own token in the form or in the header `X-CSRF-Token`,
and no sign that another site asked.
"""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import Request

from monitor.domain.people import Role, Via
from monitor.web.speech import noop

SESSION = "sellerwatch"  # the cookie, where the connection is not encrypted
SECURE_SESSION = "__Host-sellerwatch"  # and where it is: browsers take it from this host only, over https only
ZONE = "sellerwatch_zone"  # the cookie with the time zone of whoever has no account here
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_ELSEWHERE = noop("Another site asked for this.")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks. `csrf` is empty for whoever came with a bearer token, or as nobody."""

    name: str
    role: Role
    via: str = ""  # "password", "oidc", "proxy" or "token"; "" for nobody
    language: str = ""  # "": what the browser asks for
    zone: str = ""  # an IANA name; "" is UTC
    csrf: str = ""
    address: str = ""  # from where
    secure: bool = False  # whether what the browser sends is encrypted all the way


NOBODY = Visitor("", Role.ANYONE)


class Known(Protocol):
    """Who is known here. It does not raise for what a stranger sends."""

    async def visitor(self, request: Request) -> Visitor:
        """Whoever the request is from: without a name when it says nothing that holds."""


class RefusedError(Exception):
    """The door stays shut: 401 for whoever is not known, 403 for what may not be. `words` await translation."""

    def __init__(self, status: int, words: str, **values: object) -> None:
        super().__init__(words.format_map(values))
        self.status, self.words, self.values = status, words, values


Entrance = Callable[[Request], Awaitable[Visitor]]


def cookie_name(secure: bool) -> str:
    """Of the session's cookie."""
    return SECURE_SESSION if secure else SESSION


class Door:
    """`Depends(door.viewer)` on a route: the visitor, or RefusedError. An entrance's `needs` is its role."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.anyone = self._entrance(Role.ANYONE)
        self.viewer = self._entrance(Role.VIEWER)
        self.operator = self._entrance(Role.OPERATOR)
        self.admin = self._entrance(Role.ADMIN)

    async def visitor(self, request: Request) -> Visitor:
        """Whoever asks, for a page that refuses nobody and does nothing."""
        return await self._known.visitor(request)

    def _entrance(self, role: Role) -> Entrance:
        async def enter(request: Request) -> Visitor:
            visitor = await self._known.visitor(request)
            request.state.visitor = visitor
            if visitor.role < role:
                if not visitor.name:
                    raise RefusedError(401, noop("Log in first."))
                if not visitor.role:
                    raise RefusedError(403, noop("You are known, but nobody gave you a role here."))
                raise RefusedError(403, noop("This needs the role {role}."), role=role.name.lower())
            if request.method not in SAFE and visitor.via != Via.TOKEN:
                from_here(request)
                if visitor.name:
                    await own_page(request, visitor.csrf)
            return visitor

        enter.needs = role  # type: ignore[attr-defined]
        return enter


def from_here(request: Request) -> None:
    """Raises RefusedError when the browser says that another site's page asks.

    Browsers say so in Sec-Fetch-Site where the address is https or this machine, and in Origin everywhere; a program
    says neither.
    """
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in ("same-origin", "none"):
        raise RefusedError(403, _ELSEWHERE)
    origin = request.headers.get("origin", "")
    if not site and origin and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise RefusedError(403, _ELSEWHERE)


async def own_page(request: Request, token: str) -> None:
    """Raises RefusedError unless a page that was made for this visitor sends this."""
    given = request.headers.get(CSRF_HEADER, "")
    if not given:
        field = (await request.form()).get(CSRF_FIELD, "")
        given = field if isinstance(field, str) else ""
    if not token or not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
        raise RefusedError(403, noop("The page is too old: load it again, and repeat what you did."))
