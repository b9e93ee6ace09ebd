"""Who has an account: people with passwords (Argon2id), and programs with tokens."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.domain.people import Record, Role, Token, User
from monitor.store.people import SqlPeople
from monitor.web.speech import NotDoneError, noop

FEWEST, MOST = 12, 1000  # characters of a password (NIST SP 800-63B: length rather than rules)
LONGEST_NAME = 80
_NO_NAME = noop("A name has 1 to {most} printable characters, and no space at its ends.")


def key_hash(key: str) -> str:
    """What is kept of a session's or token's key, which is 256 random bits: its SHA-256."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def is_name(name: str) -> bool:
    """1 to 80 characters that can be seen, no space at either end."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()


class Accounts:
    """Makes, changes and ends accounts; each change goes on record in the name of `by`, who came in `via`.

    Argon2's own defaults are RFC 9106's second recommendation: 64 MiB, three passes.
    """

    def __init__(self, people: SqlPeople, now: Callable[[], datetime], hasher: PasswordHasher | None = None) -> None:
        self._people, self._now, self._hasher = people, now, hasher or PasswordHasher()
        self._nobodys = ""  # the hash of a password that nobody has: a wrong name takes as long as a wrong password
        self._few_at_once = asyncio.Semaphore(2)  # a hash takes 64 MiB: a flood of logins must not take all memory

    async def proven(self, name: str, password: str) -> User | None:
        """The user of that name and password, unless disabled."""
        self._nobodys = self._nobodys or await self._hashed(secrets.token_urlsafe())
        user = await self._people.user(name) if is_name(name) else None
        good = await self._fits(user.password_hash if user else self._nobodys, password)
        return user if user and good and not user.disabled else None

    async def add(
        self, name: str, password: str, role: Role, by: str, via: str = "", address: str = "", did: str = "user.add"
    ) -> None:
        """A new user. Raises NotDoneError for a name that is taken or none, or a password that is too short."""
        if not is_name(name):
            raise NotDoneError(_NO_NAME, most=LONGEST_NAME)
        if name.casefold() in {user.name.casefold() for user in await self._people.users()}:
            raise NotDoneError(noop("There is a {name} already."), name=name)
        user = User(name, role, await self._good(name, password), self._now())
        await self._people.keep_user(user, self._record(by, via, did, name, role.name.lower(), address))

    async def change(
        self,
        name: str,
        by: str,
        via: str = "",
        address: str = "",
        *,
        role: Role | None = None,
        disabled: bool | None = None,
    ) -> None:
        """Another role, or shut out and let in again; it counts at once. Raises NotDoneError."""
        user = await self._known(name)
        changed, did, detail = user, "user.role", ""
        if role is not None:
            changed, detail = replace(changed, role=role), role.name.lower()
        if disabled is not None:
            changed, did = replace(changed, disabled=disabled), "user.disable" if disabled else "user.enable"
        if user.role is Role.ADMIN and (changed.role is not Role.ADMIN or changed.disabled):
            await self._not_the_last(name)
        record = self._record(by, via, did, name, detail, address)
        await self._people.keep_user(changed, record, end_sessions=changed.disabled)

    async def password(self, name: str, password: str, by: str, via: str = "", address: str = "") -> None:
        """Another password; every browser of theirs must log in again. Raises NotDoneError."""
        user = await self._known(name)
        changed = replace(user, password_hash=await self._good(name, password))
        record = self._record(by, via, "user.password", name, "", address)
        await self._people.keep_user(changed, record, end_sessions=True)

    async def reads(self, name: str, language: str, zone: str, via: str = "", address: str = "") -> None:
        """In which language and time zone somebody reads. Raises NotDoneError."""
        user = await self._known(name)
        record = self._record(name, via, "user.reads", name, f"{language} {zone}".strip(), address)
        await self._people.keep_user(replace(user, language=language, zone=zone), record)

    async def remove(self, name: str, by: str, via: str = "", address: str = "") -> None:
        """No longer known, and logged out everywhere. Raises NotDoneError."""
        user = await self._known(name)
        if user.role is Role.ADMIN:
            await self._not_the_last(name)
        await self._people.remove_user(name, self._record(by, via, "user.remove", name, "", address))

    async def program(
        self, name: str, role: Role, by: str, until: datetime | None = None, via: str = "", address: str = ""
    ) -> str:
        """The key of a new token, which is shown this once. Raises NotDoneError."""
        if not is_name(name):
            raise NotDoneError(_NO_NAME, most=LONGEST_NAME)
        if role is Role.ANYONE:
            raise NotDoneError(noop("A token needs a role."))
        key = f"sw_{secrets.token_urlsafe(32)}"
        token = Token(key_hash(key), name, role, by, self._now(), until)
        try:
            await self._people.keep_token(token, self._record(by, via, "token.add", name, role.name.lower(), address))
        except ValueError as error:
            raise NotDoneError(noop("There is a token {name} already."), name=name) from error
        return key

    async def revoke(self, name: str, by: str, via: str = "", address: str = "") -> None:
        """The token of that name is no longer taken. Raises NotDoneError."""
        if not any(token.name == name for token in await self._people.tokens()):
            raise NotDoneError(noop("There is no token {name}."), name=name)
        await self._people.revoke(name, self._record(by, via, "token.revoke", name, "", address))

    async def _known(self, name: str) -> User:
        user = await self._people.user(name)
        if user is None:
            raise NotDoneError(noop("There is no {name}."), name=name)
        return user

    async def _not_the_last(self, name: str) -> None:
        """Else nobody could say any more who may."""
        if not any(
            user.role is Role.ADMIN and not user.disabled and user.name != name for user in await self._people.users()
        ):
            raise NotDoneError(noop("{name} is the last admin: make another one first."), name=name)

    def _record(self, by: str, via: str, did: str, subject: str, detail: str, address: str) -> Record:
        return Record(self._now(), by, via, did, subject, detail, address)

    async def _good(self, name: str, password: str) -> str:
        """The hash of a password that will do."""
        if not FEWEST <= len(password) <= MOST:
            raise NotDoneError(noop("A password has {fewest} characters or more."), fewest=FEWEST)
        if name.casefold() in password.casefold() and len(password) < len(name) + FEWEST:
            raise NotDoneError(noop("The password is mostly the name."))
        if len(set(password)) < 4:
            raise NotDoneError(noop("The password repeats a few characters."))
        return await self._hashed(password)

    async def _hashed(self, password: str) -> str:
        async with self._few_at_once:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def _fits(self, known: str, password: str) -> bool:
        def verify() -> bool:
            try:
                return self._hasher.verify(known, password)
            except (VerificationError, InvalidHashError):
                return False

        async with self._few_at_once:
            return await asyncio.to_thread(verify)
