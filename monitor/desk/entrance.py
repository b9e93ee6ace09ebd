"""How somebody comes in: with a password, in a proxy's name, with a token, or as the first of all."""

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

from fastapi import Request

from monitor.config.settings import WebSettings
from monitor.desk.accounts import Accounts, is_name, key_hash
from monitor.desk.guesses import Guesses
from monitor.desk.peers import peer, within
from monitor.domain.people import Record, Role, Session, Via
from monitor.logs import log
from monitor.store.people import SqlPeople
from monitor.web.access import ZONE, Visitor, cookie_name
from monitor.web.speech import NotDoneError, noop

LASTS = timedelta(hours=12)  # of a session that nobody uses: a working day
LONGEST = timedelta(days=7)  # of one that is used
_RENEWED = timedelta(hours=1)  # is written no more often
_USED_EVERY = timedelta(minutes=5)  # a token's last use likewise
FAILURES_AN_HOUR = 200  # on record; who floods us with guesses shall not fill the disk

_log = log("desk")


class Entrance:
    """A `monitor.web.access.Known`, and `monitor.web.sections.login.Ways`. `settings` is asked at each request."""

    def __init__(
        self,
        people: SqlPeople,
        accounts: Accounts,
        settings: Callable[[], WebSettings],
        now: Callable[[], datetime],
        clock: Callable[[], float] = monotonic,
        own: bytes = b"",
    ) -> None:
        self._people, self._accounts, self._settings, self._now = people, accounts, settings, now
        self._guesses = Guesses(clock)
        # Of this process alone, what it signs is good until the next start.
        self._own = own or secrets.token_bytes(32)
        self._first = ""  # the key of whoever may make the first admin
        self._failures: list[datetime] = []
        self._proxied: dict[
            tuple[str, str], datetime
        ] = {}  # who came in a proxy's name, and when that was put on record

    async def greet(self, port: int) -> None:
        """Say in the log what to do while nobody may come in; on loopback, give out the one address that lets in."""
        known = self._settings()
        if known.proxy.header or known.oidc.issuer or await self._people.number_of_users():
            return
        todo = "sellerwatch people add NAME --role admin"
        if not _is_loopback(known.host):
            _log.warning("nobody_can_log_in", todo=todo)
            return
        self._first = secrets.token_urlsafe(24)
        host = f"[{known.host}]" if ":" in known.host else known.host
        _log.warning("nobody_can_log_in", todo=todo, or_open=f"http://{host}:{port}/setup?key={self._first}")

    async def visitor(self, request: Request) -> Visitor:
        """By bearer token, in a proxy's name, by cookie; else nobody."""
        known = self._settings()
        here = peer(request, (*known.proxy_headers, *known.proxy.addresses))
        nobody = Visitor("", Role.ANYONE, address=here.address, secure=here.secure)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self._program(key.strip(), nobody)
        if known.proxy.header and within(here.next, known.proxy.addresses):
            names = request.headers.getlist(known.proxy.header)
            if names:
                return await self._in_proxys_name(request, names, known, nobody)
        cookie = request.cookies.get(cookie_name(here.secure), "")
        return await self._browser(request, cookie, known, nobody) if cookie else nobody

    async def _program(self, key: str, nobody: Visitor) -> Visitor:
        now = self._now()
        token = await self._people.token(key_hash(key), now)
        if token is None:
            return nobody
        if token.used_at is None or now - token.used_at > _USED_EVERY:
            await self._people.used(token.key_hash, now)
        return replace(nobody, name=token.name, role=token.role, via=Via.TOKEN.value)

    async def _in_proxys_name(self, request: Request, names: list[str], known: WebSettings, nobody: Visitor) -> Visitor:
        name = _text(names[0]) if len(names) == 1 else ""  # said twice, one of them may be the visitor's own
        if not is_name(name):
            return nobody
        role = known.proxy.roles.get(name, known.proxy.role)
        if await self.is_shut_out(name):
            role = Role.ANYONE
        at, now = self._proxied.get((name, nobody.address)), self._now()
        if role and (at is None or now - at > LASTS):
            if len(self._proxied) > 10_000:
                self._proxied.clear()
            self._proxied[name, nobody.address] = now
            await self._people.record(Record(now, name, Via.PROXY.value, "login", address=nobody.address))
        csrf = hmac.new(self._own, f"csrf {name}".encode(), hashlib.sha256).hexdigest()
        zone = request.cookies.get(ZONE, "")
        return replace(nobody, name=name, role=role, via=Via.PROXY.value, zone=zone, csrf=csrf)

    async def _browser(self, request: Request, cookie: str, known: WebSettings, nobody: Visitor) -> Visitor:
        now = self._now()
        found = await self._people.session(key_hash(cookie), now)
        if found is None:
            return nobody
        session, user = found
        if user is not None and user.disabled:
            return nobody
        if session.via is Via.OIDC:
            if session.role is None or not known.oidc.issuer:
                return nobody
            role, language, zone = session.role, "", request.cookies.get(ZONE, "")
        elif user is not None:
            role, language, zone = user.role, user.language, user.zone
            await self._renew(session, now)
        else:
            return nobody
        return replace(
            nobody, name=session.user, role=role, via=session.via.value, language=language, zone=zone, csrf=session.csrf
        )

    async def _renew(self, session: Session, now: datetime) -> None:
        until = min(now + LASTS, session.begun_at + LONGEST)
        if until - session.until > _RENEWED:
            await self._people.renew(replace(session, until=until))

    async def enter(self, request: Request, visitor: Visitor, name: str, password: str) -> str | float:
        """The key of a new session; the seconds to wait after too many tries; or 0 when the two do not fit."""
        if wait := self._guesses.attempt(name, visitor.address):
            return wait
        user = await self._accounts.proven(name, password)
        if user is None:
            await self._failed(name, visitor)
            return 0.0
        self._guesses.right(name, visitor.address)
        return await self.begin(request, visitor, user.name, Via.PASSWORD)

    async def proves(self, visitor: Visitor, password: str) -> float | None:
        """None when it is the visitor's own password; else 0, or the seconds to wait."""
        if wait := self._guesses.attempt(visitor.name, visitor.address):
            return wait
        if await self._accounts.proven(visitor.name, password) is None:
            await self._failed(visitor.name, visitor)
            return 0.0
        self._guesses.right(visitor.name, visitor.address)
        return None

    async def _failed(self, name: str, visitor: Visitor) -> None:
        now = self._now()
        self._failures = [at for at in self._failures if now - at < timedelta(hours=1)]
        if len(self._failures) >= FAILURES_AN_HOUR:
            return
        self._failures.append(now)
        detail = "more in this hour are not recorded" if len(self._failures) == FAILURES_AN_HOUR else ""
        seen = "".join(char if char.isprintable() else "\ufffd" for char in name[:80])
        await self._people.record(
            Record(now, seen, Via.PASSWORD.value, "login_failed", detail=detail, address=visitor.address)
        )

    async def begin(
        self, request: Request, visitor: Visitor, name: str, via: Via, role: Role | None = None, did: str = "login"
    ) -> str:
        """The key of a new session of somebody whose name is proven. The one that the browser came with ends: what
        somebody else planted there is worth nothing (session fixation)."""
        now, key = self._now(), secrets.token_urlsafe(32)
        agent = "".join(char for char in request.headers.get("user-agent", "")[:200] if char.isprintable())
        session = Session(
            key_hash(key), name, via, secrets.token_urlsafe(24), now, now + LASTS, role, visitor.address, agent
        )
        await self._people.begin(session, Record(now, name, via.value, did, address=visitor.address))
        if old := request.cookies.get(cookie_name(visitor.secure)):
            await self._people.end([key_hash(old)])
        return key

    async def is_shut_out(self, name: str) -> bool:
        """Whether somebody of that name is disabled here: they stay out, whoever else lets them in."""
        user = await self._people.user(name)
        return user is not None and user.disabled

    async def turned_away(self, name: str, via: Via, visitor: Visitor) -> None:
        """Put on record that somebody was known elsewhere, and may do nothing here."""
        record = Record(self._now(), name, via.value, "login_failed", detail="no role", address=visitor.address)
        await self._people.record(record)

    async def leave(self, request: Request, visitor: Visitor) -> None:
        """End the session."""
        key = request.cookies.get(cookie_name(visitor.secure), "")
        record = Record(self._now(), visitor.name, visitor.via, "logout", address=visitor.address)
        await self._people.end([key_hash(key)], record)

    async def nobody_yet(self) -> bool:
        """Whether the first admin is still to be made."""
        known = self._settings()
        return not (known.proxy.header or known.oidc.issuer or await self._people.number_of_users())

    async def may_set_up(self, key: str) -> bool:
        """Whether that is the key of the address in the log, and still good."""
        good = bool(self._first) and hmac.compare_digest(key.encode("utf-8", "replace"), self._first.encode())
        return good and await self.nobody_yet()

    async def set_up(self, request: Request, visitor: Visitor, key: str, name: str, password: str) -> str:
        """Make the first admin; the key of their session. Raises NotDoneError, and then the key stays good."""
        good = await self.may_set_up(key)
        kept, self._first = self._first, ""  # of two who press the button at once, one is the first
        if not good or not kept:
            self._first = kept
            raise NotDoneError(noop("That address is no longer good."))
        try:
            await self._accounts.add(name, password, Role.ADMIN, name, Via.SETUP.value, visitor.address, "setup")
        except NotDoneError:
            self._first = kept
            raise
        return await self.begin(request, visitor, name, Via.PASSWORD)


def _text(value: str) -> str:
    """A header's value, which arrives as Latin-1 whatever it is."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
