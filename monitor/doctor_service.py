"""What stands around the daemon: its units, its own word, who outside hears of it, and its backups."""

import shlex
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from pydantic import TypeAdapter
from sqlalchemy.engine import make_url

from monitor.backup import DIRECTORY, BackupError, kept_in, unpack
from monitor.config import Config
from monitor.findings import Finding, good, note, wrong
from monitor.lock import is_held

UNIT, TIMER = "sellerwatch.service", "sellerwatch-backup.timer"
UNHEARD = timedelta(minutes=30)  # for so long the outside check may not have heard us
STALE = timedelta(hours=36)  # from which a daily backup was missed
_WHERE = ("etc", "run", "usr/local/lib", "usr/lib", "lib")  # below each: systemd/system
_HEARD = "sellerwatch_heartbeat_last_success_timestamp_seconds"
_PATIENCE = 5.0  # seconds
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - where such a listener is asked


@dataclass(frozen=True, slots=True)
class _Answer:
    """What /readyz says; a check that is good says "ok"."""

    checks: Mapping[str, str]


_CHECKS = TypeAdapter(_Answer)


def units(root: Path = Path("/")) -> Sequence[Finding]:
    """Whether systemd starts the daemon and its nightly backup, and finds the secrets that it is to hand over."""
    if not (root / "run/systemd/system").is_dir():
        return [note("unit", "systemd does not run here", "see to it that something starts the daemon again")]
    places = [root / one / "systemd/system" for one in _WHERE]
    service = next((place / UNIT for place in places if (place / UNIT).exists()), None)
    if service is None:
        return [note("unit", f"{UNIT} is not installed", "`make deploy` installs it (systemd/README.md)")]
    found = []
    for name, wanted in ((UNIT, "multi-user.target"), (TIMER, "timers.target")):
        there = any((place / name).exists() for place in places)
        if not any((place / f"{wanted}.wants" / name).is_symlink() for place in places):
            why = "does not start with the machine" if there else "is missing"
            mend = f"systemctl enable --now {name}" if there else "`make deploy` installs it (systemd/README.md)"
            found.append(wrong("unit", f"{name} {why}", mend))
    parts = [service, *(part for place in places for part in sorted((place / f"{UNIT}.d").glob("*.conf")))]
    for path in _handed_over(parts):
        secret = root / path.relative_to("/")
        if not secret.exists():
            words = f"{UNIT} hands over {secret}, which is not there: it cannot start"
            found.append(wrong("unit", words, f"install -m 0600 /dev/null {shlex.quote(str(secret))}"))
    return found or [good("unit", f"{service} and {TIMER} start with the machine")]


def _handed_over(parts: Iterable[Path]) -> Iterable[Path]:
    """The files of LoadCredential=NAME:PATH."""
    for part in parts:
        for line in part.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.strip().partition("=")
            path = value.partition(":")[2]
            if key == "LoadCredential" and path.startswith("/"):
                yield Path(path)


def answering(settings: Config) -> Sequence[Finding]:
    """Whether a daemon runs on this state, and what it says of itself."""
    asked, log = settings.settings.web, "journalctl -u sellerwatch says why"
    where = f"http://{_host(settings)}:{asked.port}/readyz"
    try:
        status, body = _asked(settings, "/readyz") if asked.port else (0, b'{"checks": {}}')
        checks = _CHECKS.validate_json(body).checks
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


def heard(settings: Config, now: datetime) -> Sequence[Finding]:
    """When the outside check took our heartbeat last, by the running daemon's word."""
    if not settings.settings.heartbeat.url.get_secret_value():
        mend = "heartbeat.url in settings.yaml names a check that raises the alarm when we are gone (docs/ledger.md)"
        return [note("heartbeat", "nobody outside would hear that all of this is down", mend)]
    if not settings.settings.web.port or not is_held(settings.state_dir):
        return []
    try:
        status, body = _asked(settings, "/metrics")
    except (OSError, HTTPException):
        return []  # that the daemon does not answer is said already
    values = [line.split()[-1] for line in body.decode().splitlines() if line.startswith(f"{_HEARD} ")]
    if status != HTTPStatus.OK or not values:
        return []
    at = datetime.fromtimestamp(float(values[0]), UTC)
    mend = "is heartbeat.url right, and can it be reached? It is withheld while /readyz is not good"
    if not at.timestamp():
        return [note("heartbeat", "the outside check has not heard us since the start", mend)]
    words = f"the outside check heard us last at {at:%Y-%m-%d %H:%M} UTC"
    return [wrong("heartbeat", words, mend) if now - at > UNHEARD else good("heartbeat", words)]


def _host(settings: Config) -> str:
    host = settings.settings.web.host
    return _ANYWHERE.get(host, host)


def _asked(settings: Config, page: str) -> tuple[int, bytes]:
    """Status and body. Raises OSError, HTTPException."""
    with closing(HTTPConnection(_host(settings), settings.settings.web.port, timeout=_PATIENCE)) as connection:
        connection.request("GET", page)
        answer = connection.getresponse()
        return answer.status, answer.read(4_000_000)


def copies(settings: Config, now: datetime) -> Sequence[Finding]:
    """Whether there is a backup, how old it is, and whether it is whole."""
    url = make_url(settings.store_url)
    if url.get_backend_name() != "sqlite":
        return [note("backup", "PostgreSQL keeps its own", "`sellerwatch backup` says which commands")]
    if not Path(url.database or "").exists():
        return []
    directory = settings.state_dir / DIRECTORY
    kept = kept_in(directory)
    mend = f"systemctl enable --now {TIMER}; journalctl -u sellerwatch-backup says what went wrong"
    if not kept:
        return [note("backup", f"none is in {directory.absolute()}", mend)]
    last = kept[-1].absolute()
    try:
        made = unpack(last, None).made_at
    except BackupError as error:
        mend = f"rm {shlex.quote(str(last))} && sellerwatch backup"
        return [wrong("backup", f"{error} (in {last.parent})", mend)]
    words = f"{len(kept)} in {directory.absolute()}, the last of {made:%Y-%m-%d %H:%M} UTC, whole"
    return [wrong("backup", words, mend) if abs(now - made) > STALE else good("backup", words)]
