"""What is wrong here, and how to mend it: each check looks at one thing and says what it found.

Nothing outside this machine is asked, but the mail server where `network` says so, and nothing is changed.
"""

import os
import shutil
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.engine import make_url

from monitor.backup import BESIDE, DATABASE, DIRECTORY, kept_in
from monitor.config import Config, ConfigError, load, warnings
from monitor.doctor_store import examined
from monitor.drill import SOURCE, capture
from monitor.findings import Finding, good, note, wrong
from monitor.lock import is_held
from monitor.read.workers import Workers
from monitor.understand.threaded import ThreadedAnalyst

ROOM = 512 * 2**20  # bytes that must be free at least
STALE = timedelta(hours=36)  # from which a daily backup was missed
_PATIENCE = 5.0  # seconds
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where such a listener is asked


@dataclass(frozen=True, slots=True)
class _Answer:
    """What /readyz says; a check that is good says "ok"."""

    checks: Mapping[str, str]


_CHECKS = TypeAdapter(_Answer)


async def examine(directory: Path, now: datetime, network: bool = False) -> AsyncIterator[Finding]:
    """Every finding, check by check. Without a good configuration most cannot be made."""
    try:
        settings = load(directory)
    except ConfigError as error:
        for problem in error.problems:
            yield wrong("configuration", str(problem), "mend that; `sellerwatch check-config` looks at it alone")
        return
    yield good("configuration", f"{directory}: {len(settings.sources)} sources, {len(settings.targets)} targets")
    checks: Sequence[tuple[str, Callable[[], Sequence[Finding] | Awaitable[Sequence[Finding]]]]] = (
        ("targets", lambda: _hearing(settings)),
        ("secrets", lambda: _secrets(settings)),
        ("state", lambda: _room(settings)),
        ("database", lambda: examined(settings, now)),
        ("reading", lambda: _reading(settings, now)),
        ("tls", _roots),
        ("daemon", lambda: answering(settings)),
        ("mail", lambda: _mail(settings, network)),
        ("backup", lambda: _copies(settings, now)),
    )
    for name, look in checks:
        try:
            found = look()
            for finding in await found if isinstance(found, Awaitable) else found:
                yield finding
        except OSError as error:
            words = f"{_me()} cannot look at {error.filename or 'it'}: {error.strerror or error}"
            yield wrong(name, words, "run as the service's user or as root")


def _hearing(settings: Config) -> Sequence[Finding]:
    """Who is told, and who was forgotten."""
    found = []
    speaking = [target for target in settings.targets if target.alerts]
    for seller in settings.sellers:
        if not any(not target.sellers or seller.id in target.sellers for target in speaking):
            words = f"seller {seller.id} has nobody who hears of it"
            found.append(
                wrong("targets", words, "add a target to settings.yaml, or the seller to a target's `sellers`")
            )
    for target in settings.targets:
        if not (target.alerts or target.digest or target.operations or target.drill):
            found.append(wrong("targets", f"target {target.id} hears nothing", "give it alerts: true, or a digest"))
    told = found or [good("targets", "every seller has somebody who hears of it")]
    rest = [one for one in warnings(settings) if not (found and one.startswith("no target"))]
    return [*told, *(note("configuration", one) for one in rest)]


def _secrets(settings: Config) -> Sequence[Finding]:
    """What only the service may read: the state, and the files in which secrets lie."""
    state = settings.state_dir
    files = [state / one for one in (DATABASE, *BESIDE)] if state.is_dir() and _open(state) else []
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    if given and Path(given).is_dir():
        files += sorted(path for path in Path(given).iterdir() if path.is_file())
    files += [Path(value) for name, value in os.environ.items() if _names_a_secret(name)]
    found = [
        wrong("secrets", f"others than its owner can read {path}", f"chmod 600 {path}")
        for path in files
        if path.exists() and _open(path)
    ]
    return found or [good("secrets", "no file of secrets or of the state is open to others")]


def _names_a_secret(variable: str) -> bool:
    return variable.startswith("SELLERWATCH_") and variable.endswith("_FILE")


def _open(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(stat.S_IXGRP | stat.S_IXOTH))


def _room(settings: Config) -> Sequence[Finding]:
    """Where the state lies: writable, and with room for one more copy of the database."""
    state = settings.state_dir.absolute()
    if not state.exists():
        above = next(path for path in state.parents if path.exists())
        if os.access(above, os.W_OK):
            return [note("state", f"{state} is not there yet: the first start makes it")]
        return [wrong("state", f"{state} cannot be made: {above} is not writable", f"install -d -m 0700 {state}")]
    if not os.access(state, os.W_OK | os.X_OK):
        return [wrong("state", f"{state} is not writable for {_me()}", "run as the service's user, or chown it")]
    free = shutil.disk_usage(state).free
    database = state / DATABASE
    needed = max(ROOM, 2 * database.stat().st_size if database.exists() else 0)
    if free < needed:
        words = f"{free / 1e6:.0f} MB are free in {state}, {needed / 1e6:.0f} MB are needed for a backup or a migration"
        return [wrong("state", words, "make room, or shorten `keep`; old backups lie in its folder `backups`")]
    return [good("state", f"{state} is writable, {free / 1e9:.1f} GB are free")]


def _me() -> str:
    return os.environ.get("USER") or f"user {os.geteuid()}"


async def _reading(settings: Config, now: datetime) -> Sequence[Finding]:
    """The drill's text goes through a reading process and the model; nobody is told, and nothing is kept."""
    asked = settings.settings.read
    workers = Workers(1, asked.cpu.total_seconds(), asked.wall.total_seconds(), asked.memory)
    try:
        result = await workers.read(capture(now), SOURCE, frozenset(), None)
    except Exception as error:  # whatever it is, it is what the doctor was asked for
        return [wrong("reading", f"no reading process starts: {error}", "is Python whole? `make install` once more")]
    finally:
        await workers.close()
    if not result.documents:
        why = result.failure.value if result.failure else "it gave nothing"
        return [
            wrong("reading", f"a plain feed cannot be read: {why}", "raise read.memory or read.cpu in settings.yaml")
        ]
    found = [good("reading", "a reading process starts and reads")]
    try:
        assessed = await ThreadedAnalyst(settings.platforms).assess(result.documents[0], SOURCE)
    except Exception as error:
        return [*found, wrong("model", f"it does not load: {error}", "its files are damaged: `make install` once more")]
    if not assessed.signals:
        return [*found, wrong("model", "it does not see the drill's event", "its files are not those of this version")]
    return [*found, good("model", "it loads, and sees the drill's event")]


def _roots() -> Sequence[Finding]:
    """Whom TLS believes."""
    paths = ssl.get_default_verify_paths()
    files = [path for path in (paths.cafile, paths.capath) if path and Path(path).exists()]
    if not ssl.create_default_context().cert_store_stats()["x509_ca"] and not any(map(_holds_something, files)):
        return [wrong("tls", "no certificate authority is known here", "apt install ca-certificates")]
    return [good("tls", f"authorities from {', '.join(files)}")]


def _holds_something(name: str) -> bool:
    path = Path(name)
    return any(path.iterdir()) if path.is_dir() else path.stat().st_size > 0


def answering(settings: Config) -> Sequence[Finding]:
    """Whether a daemon runs on this state, and what it says of itself."""
    asked, log = settings.settings.web, "journalctl -u sellerwatch says why"
    host = _ANYWHERE.get(asked.host, asked.host)
    where = f"http://{host}:{asked.port}/readyz"
    try:
        status, checks = _readiness(host, asked.port) if asked.port else (0, {})
    except (OSError, HTTPException) as error:
        if is_held(settings.state_dir):
            return [wrong("daemon", f"it runs, and {where} gives no answer: {error}", log)]
        return [note("daemon", f"none works in {settings.state_dir.absolute()}", "systemctl start sellerwatch")]
    except ValueError:
        return [wrong("daemon", f"at {where} answers something else", "name another port: web.port in settings.yaml")]
    if not asked.port:
        words = "runs, on a port of its own choice" if is_held(settings.state_dir) else "none runs"
        return [note("daemon", words, "name a port, web.port in settings.yaml, so that it can be asked")]
    if status == HTTPStatus.OK:
        return [good("daemon", f"{where} says that it is ready")]
    ills = "; ".join(f"{name}: {words}" for name, words in checks.items() if words != "ok")
    return [wrong("daemon", f"{where} says {status}: {ills or 'not ready'}", log)]


def _readiness(host: str, port: int) -> tuple[int, Mapping[str, str]]:
    """Status and checks. Raises OSError, HTTPException; ValueError when it is no answer of ours."""
    with closing(HTTPConnection(host, port, timeout=_PATIENCE)) as connection:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, _CHECKS.validate_json(answer.read(100_000)).checks


def _mail(settings: Config, network: bool) -> Sequence[Finding]:
    """The mail server, if anybody gets mail: does it answer?"""
    mail = settings.settings.channels.email
    if not any(target.channel == "email" for target in settings.targets):
        return []
    if not (network or _loopback(mail.host)):
        return [note("mail", f"{mail.host} is not on this machine and was not asked", "`sellerwatch doctor --network`")]
    where = f"{mail.host}:{mail.port}"
    try:
        with socket.create_connection((mail.host, mail.port), timeout=_PATIENCE):
            pass
    except OSError as error:
        mend = "mend channels.email, or let the unit reach it (IPAddressAllow)"
        return [wrong("mail", f"{where} does not answer: {error}", mend)]
    return [good("mail", f"{where} answers; `sellerwatch test-channel` tries the whole way")]


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _copies(settings: Config, now: datetime) -> Sequence[Finding]:
    """Whether there is a backup, and how old it is."""
    if make_url(settings.store_url).get_backend_name() != "sqlite":
        return [note("backup", "PostgreSQL keeps its own", "`sellerwatch backup` says which commands")]
    if not (settings.state_dir / DATABASE).exists():
        return []
    directory = settings.state_dir / DIRECTORY
    kept = kept_in(directory)
    mend = "systemctl enable --now sellerwatch-backup.timer; journalctl -u sellerwatch-backup says what went wrong"
    if not kept:
        return [note("backup", f"none is in {directory.absolute()}", mend)]
    made = datetime.fromtimestamp(kept[-1].stat().st_mtime, now.tzinfo)
    words = f"{len(kept)} in {directory.absolute()}, the last of {made:%Y-%m-%d %H:%M} UTC"
    return [wrong("backup", words, mend) if now - made > STALE else good("backup", words)]
