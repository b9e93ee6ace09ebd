"""What a driver's error means for us: try again, wait for the operator, or a defect of ours."""

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

Fault = DBAPIError | PoolTimeoutError | sqlite3.Error


class Kind(StrEnum):
    """The three things that can be done about an error."""

    TRANSIENT = "transient"  # the same work may succeed in a moment
    UNAVAILABLE = "unavailable"  # no room, no permission, no server: it needs time or a person
    UNUSABLE = "unusable"  # the file is damaged or is no database
    DEFECT = "defect"  # the statement or its values are wrong


# https://www.sqlite.org/rescode.html, primary codes
_SQLITE = {
    sqlite3.SQLITE_BUSY: Kind.TRANSIENT,
    sqlite3.SQLITE_LOCKED: Kind.TRANSIENT,
    sqlite3.SQLITE_PROTOCOL: Kind.TRANSIENT,
    sqlite3.SQLITE_FULL: Kind.UNAVAILABLE,
    sqlite3.SQLITE_IOERR: Kind.UNAVAILABLE,
    sqlite3.SQLITE_READONLY: Kind.UNAVAILABLE,
    sqlite3.SQLITE_CANTOPEN: Kind.UNAVAILABLE,
    sqlite3.SQLITE_PERM: Kind.UNAVAILABLE,
    sqlite3.SQLITE_NOMEM: Kind.UNAVAILABLE,
    sqlite3.SQLITE_CORRUPT: Kind.UNUSABLE,
    sqlite3.SQLITE_NOTADB: Kind.UNUSABLE,
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "40001": Kind.TRANSIENT,  # serialization_failure
    "40P01": Kind.TRANSIENT,  # deadlock_detected
    "55P03": Kind.TRANSIENT,  # lock_not_available
    "53300": Kind.TRANSIENT,  # too_many_connections
    "57P01": Kind.TRANSIENT,  # admin_shutdown
    "57P02": Kind.TRANSIENT,  # crash_shutdown
    "57P03": Kind.TRANSIENT,  # cannot_connect_now
    "57P05": Kind.TRANSIENT,  # idle_session_timeout
    "25P03": Kind.TRANSIENT,  # idle_in_transaction_session_timeout
    "57014": Kind.UNAVAILABLE,  # query_canceled: the statement timeout
    "25006": Kind.UNAVAILABLE,  # read_only_sql_transaction: a standby
    "XX001": Kind.UNUSABLE,  # data_corrupted
    "XX002": Kind.UNUSABLE,  # index_corrupted
}
_POSTGRESQL_CLASSES = {
    "08": Kind.TRANSIENT,  # connection_exception
    "28": Kind.UNAVAILABLE,  # invalid_authorization
    "3D": Kind.UNAVAILABLE,  # invalid_catalog_name: no such database
    "53": Kind.UNAVAILABLE,  # insufficient_resources: disk, memory
    "58": Kind.UNAVAILABLE,  # system_error
}

_NO_TEXT = "Could not decode to UTF-8"  # what we write is text, so the disk changed it
_NO_FILE = "unable to open database file"  # says SQLite of whatever keeps it from there


def kind(error: Fault) -> Kind:
    """What to do about it."""
    if isinstance(error, PoolTimeoutError):
        return Kind.UNAVAILABLE
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code: int | None = getattr(cause, "sqlite_errorcode", None)
        if code is None:  # the driver's own complaint
            return Kind.UNUSABLE if str(cause).startswith(_NO_TEXT) else Kind.DEFECT
        return _SQLITE.get(code & 0xFF, Kind.DEFECT)
    sqlstate: str | None = getattr(cause, "sqlstate", None)
    if sqlstate is not None:
        return _POSTGRESQL.get(sqlstate) or _POSTGRESQL_CLASSES.get(sqlstate[:2], Kind.DEFECT)
    # psycopg gives no state when the server could not be reached or went away in mid-sentence.
    lost = isinstance(error, DBAPIError) and (
        error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)
    )
    return Kind.TRANSIENT if lost else Kind.DEFECT


def words(error: Fault) -> str:
    """The driver's own words, on one line, without the statement and its values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    text = " ".join(str(cause).split())
    if text == _NO_FILE:
        return f"{text}: is its folder there, and may it be written to?"
    return text.partition(" with text ")[0] if text.startswith(_NO_TEXT) else text  # the bytes themselves say nothing
