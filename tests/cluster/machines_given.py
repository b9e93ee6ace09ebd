"""Two machines whose daemons share one real PostgreSQL, each with files of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from sqlalchemy.engine import make_url

from monitor.config import Config, load
from monitor.domain.alerts import Delivery, Target
from monitor.domain.exposure import Seller
from monitor.notify.trial import trial
from monitor.store.database import Database

NOW = datetime(2024, 10, 30, 12, tzinfo=UTC)
SELLER = {
    "id": "acme",
    "name": "Acme",
    "currency": "EUR",
    "positions": [{"platform": "Bazarino", "country": "PL", "sales_per_day": 4000, "stock": 90000}],
}


def letter(number: int = 1, target: str = "chat") -> Delivery:
    """A message to a target."""
    whom = Target(target, "slack", "http://127.0.0.1:1/slack")
    made = trial(whom, Seller("acme", "Acme", "EUR", ()), NOW)
    return replace(made, key=f"key {number}", alert_id=f"alert {number}", incident_id=f"i{number}", created_at=NOW)


class Machine:
    """Its configuration, its state, and its own connections to the database that all share."""

    def __init__(self, root: Path, url: str, database: Database) -> None:
        self.directory, self.state, self.database = root / "config", root / "state", database
        (self.directory / "sources").mkdir(parents=True)
        self.state.mkdir()
        self.url = make_url(url)._replace(password=None).render_as_string()
        self.write("platforms.yaml", [{"name": "Bazarino", "id": "bazarino", "owner": "B AG", "kind": "marketplace"}])
        self.write("exposure.yaml", {"sellers": [SELLER]})
        self.settles()
        self.settings = self.read()

    def write(self, name: str, value: object) -> None:
        (self.directory / name).write_text(yaml.safe_dump(value))
        (self.directory / name).chmod(0o600)

    def settles(self, **more: object) -> None:
        fixed = {"store": {"url": self.url}, "state_dir": str(self.state), "web": {"port": 0}}
        self.write("settings.yaml", fixed | more)

    def read(self) -> Config:
        return load(self.directory, {})

    async def reload(self) -> None:
        self.settings = self.read()

    @property
    def stock(self) -> int:
        """What counts here at present."""
        return int(self.settings.sellers[0].positions[0].stock)


@asynccontextmanager
async def machines(root: Path, url: str, number: int = 2) -> AsyncIterator[list[Machine]]:
    made = [Machine(root / f"m{n}", url, await Database.open(url)) for n in range(number)]
    try:
        yield made
    finally:
        for one in made:
            await one.database.close()
