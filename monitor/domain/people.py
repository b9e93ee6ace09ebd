"""Who works with the desk: people, their sessions, programs' tokens, and the record of what they did."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum


class Role(IntEnum):
    """What somebody may do; each may all that the one before may."""

    ANYONE = 0
    VIEWER = 1  # see
    OPERATOR = 2  # act: acknowledge, close, silence, retry, correct
    ADMIN = 3  # say who may, and what the sellers have at stake


class Via(StrEnum):
    """How somebody came in."""

    PASSWORD = "password"  # noqa: S105 - the name of a way in
    OIDC = "oidc"
    PROXY = "proxy"
    TOKEN = "token"  # noqa: S105
    SETUP = "setup"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password of their own; the hash is Argon2's whole string."""

    name: str
    role: Role
    password_hash: str = field(repr=False)
    created_at: datetime
    language: str = ""
    zone: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that was let in. Its key is known to the browser alone; kept is the key's SHA-256."""

    key_hash: str
    user: str
    via: Via
    csrf: str = field(repr=False)
    begun_at: datetime
    until: datetime
    role: Role | None = None  # None: the user's own, as it is now
    address: str = ""  # from where it began
    agent: str = ""  # what the browser called itself


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may ask the API, in somebody's name, within one role."""

    key_hash: str
    name: str
    role: Role
    made_by: str
    made_at: datetime
    until: datetime | None = None
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the record of what people did at the desk; nothing in it is ever changed."""

    at: datetime
    who: str
    via: str
    did: str  # "login", "login_failed", "incident.close", "silence.add" ...
    subject: str = ""
    detail: str = ""
    address: str = ""
