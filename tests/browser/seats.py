"""The desk as wiring puts it together, over a configuration directory that a daemon has worked in."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from argon2 import PasswordHasher
from looking import PASSWORD

from monitor.config import load
from monitor.daemon import utc_now
from monitor.desk.accounts import Accounts
from monitor.domain.people import Role
from monitor.wiring import Service, open_service

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # the same algorithm, for many logins
PEOPLE = (("vera", Role.VIEWER), ("otto", Role.OPERATOR), ("ada", Role.ADMIN))


class Desk:
    """The pages of the daemon as wiring puts them together, on a real port; no loop runs behind them."""

    def __init__(self, service: Service, at: str) -> None:
        self.service, self.at = service, at
        self.store = service.store


@asynccontextmanager
async def opened(directory: Path) -> AsyncIterator[Desk]:
    """The desk over a configuration directory, with people of each role."""
    service = await open_service(load(directory, {}))
    accounts = Accounts(service.store.people, utc_now, QUICK)
    for name, role in PEOPLE:
        await accounts.add(name, PASSWORD, role, "test")
    listener: Any = service.daemon()._parts.web
    await listener.start()
    yield Desk(service, f"http://127.0.0.1:{listener.port}")
    await listener.stop()
    await service.close()


def copied(played: Path, directory: Path) -> Path:
    """A configuration directory with its state, which whoever has it may change."""
    shutil.copytree(played, directory)
    settings = yaml.safe_load((directory / "settings.yaml").read_text())
    settings["state_dir"] = str(directory / "state")
    (directory / "settings.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True))
    return directory
