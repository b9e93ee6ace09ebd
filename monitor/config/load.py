"""A directory of YAML files, and the environment -> one frozen Config, or every problem at once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from monitor.config.calendar import read_calendar
from monitor.config.catalogue import read_platforms, read_sources
from monitor.config.exposure_file import read_sellers
from monitor.config.kept_exposure import with_kept
from monitor.config.playbooks import read_playbooks
from monitor.config.problems import ConfigError, Problem
from monitor.config.resolve import read_settings
from monitor.config.settings import Settings, StoreSettings
from monitor.config.units import Known
from monitor.domain.alerts import Policy, Target
from monitor.domain.exposure import Seller, in_season
from monitor.domain.peaks import Peak
from monitor.domain.platforms import Platform
from monitor.domain.playbooks import Playbook
from monitor.domain.sources import Source


@dataclass(frozen=True, slots=True)
class Config:
    """All that a daemon is told. Amounts are in each seller's currency; `store_url` is for SQLAlchemy's asyncio."""

    directory: Path
    settings: Settings
    sources: tuple[Source, ...]
    platforms: tuple[Platform, ...]
    sellers: tuple[Seller, ...]
    targets: tuple[Target, ...] = field(repr=False)  # an address may be a secret
    policy: Policy
    state_dir: Path
    store_url: str = field(repr=False)  # it may hold a password
    playbooks: tuple[Playbook, ...] = ()
    peaks: tuple[Peak, ...] = ()  # of the whole calendar; each seller has those of its own positions
    kept: frozenset[str] = frozenset()  # sellers whose positions were uploaded at the desk, by id


_NOWHERE = "name another by --config or SELLERWATCH_CONFIG, or begin one with sellerwatch init"


def load(directory: Path, environ: Mapping[str, str] | None = None, *, looks: bool = False) -> Config:
    """Read and check a configuration directory. Loading again is reloading: a whole new Config, or ConfigError.

    `environ` (default: the process's own) gives overrides, secrets, and systemd's directories. Who only `looks` and
    sends nothing needs no secret but the database's: each other that cannot be had is left empty.
    Raises ConfigError with all the problems found.
    """
    environ = os.environ if environ is None else environ
    if not directory.is_dir():
        raise ConfigError([Problem(str(directory), None, "", "there is no such directory", _NOWHERE)])
    problems = [
        Problem(str(path.relative_to(directory)), None, "", "is not read", "let its name end in .yaml")
        for path in (*directory.glob("*.yml"), *directory.glob("sources/*.yml"))
    ]
    platforms, names, found = read_platforms(directory)
    problems += found
    records, found = read_sellers(directory, Known(names))
    problems += found
    peaks, found = read_calendar(directory, Known(names))
    problems += found
    known = Known(names, None if records is None else frozenset(record.id for record in records))
    settings, settings_file, found = read_settings(directory, environ, known, looks)
    problems += found
    playbooks, found = read_playbooks(directory)
    problems += found
    sources, found = read_sources(directory, Known(names, min_every=settings.fetch.min_every), platforms)
    problems += found
    state_dir = Path(settings.state_dir or environ.get("STATE_DIRECTORY", "").split(":")[0] or "var")
    sellers, kept, found = with_kept(directory, records or (), state_dir, Known(names))
    problems += found
    store_url, what, hint = _store_url(settings.store, state_dir)
    if what:
        problems.append(settings_file.problem(("store", "url"), what, hint))
    if problems or records is None:
        raise ConfigError(problems)
    sellers = tuple(in_season(seller, peaks) for seller in sellers)
    policy = settings.alerts.policy()
    targets = tuple(target.target() for target in settings.targets)
    return Config(
        directory, settings, sources, platforms, sellers, targets, policy, state_dir, store_url, playbooks, peaks, kept
    )


def _store_url(store: StoreSettings, state_dir: Path) -> tuple[str, str, str]:
    """The database's address with its driver and password, or what is wrong with it and a hint."""
    if not store.url:
        database = str(state_dir.absolute() / "sellerwatch.db")
        return URL.create("sqlite", database=database).render_as_string(), "", ""
    drivers = {"postgresql": "postgresql+psycopg", "sqlite": "sqlite"}
    try:
        url = make_url(store.url)
    except (ArgumentError, ValueError):
        return "", "is not a database address", "such as postgresql://user@host/database"
    if url.drivername not in (*drivers, *drivers.values()):
        return "", "must begin with postgresql:// or sqlite:///", ""
    if url.password is not None:
        return "", "holds a password", "write it as store.password: secret:NAME"
    password = store.password.get_secret_value() or None
    url = url.set(drivername=drivers.get(url.drivername, url.drivername), password=password)
    return url.render_as_string(hide_password=False), "", ""
