"""What is wrong here, and how to mend it: each check looks at one thing and says what it found.

Nothing outside this machine is asked, but the mail server where `network` says so, and nothing is changed.
"""

import importlib.util
import os
import shlex
import shutil
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy.engine import make_url

from monitor.config import Config, ConfigError, load, warnings
from monitor.config.secrets import opened_to_others
from monitor.doctor_service import answering, copies, heard, units
from monitor.doctor_store import examined
from monitor.drill import SOURCE, capture
from monitor.fetch.browser import NAMES
from monitor.findings import Finding, good, note, wrong
from monitor.reach import guarded
from monitor.read.workers import Workers
from monitor.understand.threaded import ThreadedAnalyst

ROOM = 512 * 2**20  # bytes that must be free at least
_PATIENCE = 5.0  # seconds


async def examine(
    directory: Path, now: datetime, network: bool = False, begins: Callable[[str], object] = lambda check: None
) -> AsyncIterator[Finding]:
    """Every finding, check by check, as it is found: some take long. `begins` hears the name of each check before it is
    made. Without a good configuration most cannot be made."""
    begins("configuration")
    try:
        settings = load(directory)
    except ConfigError as error:
        for problem in error.problems:
            yield wrong("configuration", str(problem), "mend that; `sellerwatch check-config` looks at it alone")
        return
    yield good("configuration", f"{directory}: {len(settings.sources)} sources, {len(settings.targets)} targets")
    checks: Sequence[tuple[str, Callable[[], Sequence[Finding] | Awaitable[Sequence[Finding]]]]] = (
        ("targets", lambda: _hearing(settings)),
        ("secrets", lambda: secrets(settings)),
        ("owner", lambda: owners(settings)),
        ("state", lambda: _room(settings)),
        ("database", lambda: examined(settings, now)),
        ("reading", lambda: _reading(settings, now)),
        ("browser", lambda: browser(settings)),
        ("tls", _roots),
        ("unit", units),
        ("daemon", lambda: answering(settings)),
        ("heartbeat", lambda: heard(settings, now)),
        ("mail", lambda: _mail(settings, network)),
        ("backup", lambda: copies(settings, now)),
    )
    for name, look in checks:
        begins(name)
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


def secrets(settings: Config) -> Sequence[Finding]:
    """What only the service may read: the state, and the files in which secrets lie."""
    files = []
    for kept in _kept(settings):  # what others cannot enter, they cannot read
        if kept.is_dir() and stat.S_IMODE(kept.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
            files += sorted(path for path in kept.rglob("*") if path.is_file() and path.name != "lock")
    files += [Path(value) for name, value in os.environ.items() if _names_a_secret(name)]
    found = [
        wrong("secrets", f"others than its owner can read {path}", command)
        for path in dict.fromkeys(files)
        if path.exists() and (command := opened_to_others(path))
    ]
    return found or [good("secrets", "no file of secrets or of the state is open to others")]


def _kept(settings: Config) -> Sequence[Path]:
    """Directories in which nobody else has anything to read."""
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    return settings.state_dir, settings.directory / "credentials", *([Path(given)] if given else [])


def owners(settings: Config) -> Sequence[Finding]:
    """Whether all of the state is its owner's: what root wrote there in passing, the service cannot write."""
    state = settings.state_dir
    if not state.is_dir():
        return []
    owner = state.stat().st_uid
    next(state.iterdir(), None)  # who may not look hears that, and not that all is well
    strange = sorted(path for path in state.rglob("*") if path.lstat().st_uid != owner)
    if not strange:
        return [good("owner", f"all of {state.absolute()} is of one user")]
    words = f"{strange[0]} is not the user's whose {state.absolute()} is"
    if len(strange) > 1:
        words += f", nor are {len(strange) - 1} more files"
    place = shlex.quote(str(state.resolve()))  # under systemd /var/lib/sellerwatch is a link
    return [wrong("owner", words, f"chown -R --no-dereference --reference={place} {place}")]


def _names_a_secret(variable: str) -> bool:
    return variable.startswith("SELLERWATCH_") and variable.endswith("_FILE")


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
    database = Path(make_url(settings.store_url).database or "")  # of PostgreSQL: no file
    needed = max(ROOM, 2 * database.stat().st_size if database.is_file() else 0)
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


def browser(settings: Config) -> Sequence[Finding]:
    """What rendered pages need, when there are any."""
    rendered = [source.id for source in settings.sources if source.enabled and source.rendered]
    asked = settings.settings.fetch.browser
    if not rendered:
        return []
    if importlib.util.find_spec("playwright") is None:
        words = f"{len(rendered)} sources are rendered, and the extra is not installed: {', '.join(rendered[:3])}"
        return [wrong("browser", words, "make deploy EXTRAS=rendered, or rendered: false in their records")]
    found = next(filter(None, map(shutil.which, [asked] if asked else NAMES)), None)
    if found is None:
        words = f"{len(rendered)} sources are rendered, and {asked or 'a Chromium'} is not there"
        return [wrong("browser", words, "apt install chromium, or name the program in fetch.browser")]
    return [good("browser", f"{found} renders {len(rendered)} sources")]


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


def _mail(settings: Config, network: bool) -> Sequence[Finding]:
    """The mail server, if anybody gets mail: does it answer?"""
    mail = settings.settings.channels.email
    if not any(target.channel == "email" for target in settings.targets):
        return []
    if not (network or _loopback(mail.host)):
        return [note("mail", f"{mail.host} is not on this machine and was not asked", "`sellerwatch doctor --network`")]
    where = f"{mail.host}:{mail.port}"
    try:
        with guarded(allow_private=True), socket.create_connection((mail.host, mail.port), timeout=_PATIENCE):
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
