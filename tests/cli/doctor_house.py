"""A house for the doctor: a configuration and its state, to be lived in and broken."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import typer
import yaml
from test_dead_letters import REFUSED
from typer.testing import CliRunner

from monitor import backup
from monitor.config import Config, load
from monitor.daemon import utc_now
from monitor.doctor_command import doctor
from monitor.doctor_store import examined
from monitor.domain.alerts import DeliveryState
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.findings import Finding, Grade
from monitor.opened import open_store
from monitor.steps import Step

app = typer.Typer()
app.command()(doctor)


SETTINGS = {
    "web": {"port": 1},  # nobody listens there
    "fetch": {"contact": "https://example.com"},
    "targets": [{"id": "ops", "channel": "email", "address": "ops@example.com"}],
    "channels": {"email": {"host": "mail.example", "security": "none", "sender": "w@example.com"}},
}
ACME = {"sellers": [{
    "id": "acme", "name": "Acme", "currency": "EUR",
    "positions": [{"platform": "Bazarino", "country": "PL", "sales_per_day": 4000, "stock": 90000}],
}]}  # fmt: skip
SOURCE = {
    "id": "feed", "name": "feed", "url": "https://bazarino.example/feed", "kind": "feed", "authority": "official",
    "publisher": "Bazarino", "every": "1h",
}  # fmt: skip


class House:
    """A configuration and its state."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.state = directory / "config", directory / "state"
        self.database = self.state / backup.DATABASE
        (self.directory / "sources").mkdir(parents=True)
        shop = {"name": "Bazarino", "id": "bazarino", "owner": "Bazarino AG", "kind": "marketplace"}
        self.write("platforms.yaml", [shop])
        self.write("exposure.yaml", ACME)
        self.write("sources/all.yaml", [SOURCE])
        self.says()

    def write(self, name: str, value: object) -> None:
        (self.directory / name).write_text(yaml.safe_dump(value))
        (self.directory / name).chmod(0o600)

    def says(self, **settings: object) -> None:
        self.write("settings.yaml", SETTINGS | {"state_dir": str(self.state)} | settings)

    def lives(self, *steps: Step, look: SourceState | None = None) -> None:
        async def live() -> None:
            store = await open_store(load(self.directory))
            for step in steps:
                await store.ledger.keep(step)
            while claim := await store.outbox.claim_delivery(utc_now(), timedelta(minutes=1)):
                await store.outbox.settle(claim, REFUSED, DeliveryState.DEAD, utc_now(), utc_now())
            if look is not None:
                await store.inbox.looked(Look(look.source_id, utc_now(), Outcome.FAILED), look, None)
            await store.database.close()

        asyncio.run(live())

    def is_backed_up(self, before: timedelta = timedelta(0)) -> Path:
        made = utc_now() - before
        file = self.state / backup.DIRECTORY / backup.name(made)
        backup.make(self.database, self.state, file, made)
        return file

    def examined(self, *words: str, code: int) -> dict[str, list[dict[str, str]]]:
        """The findings by grade."""
        result = CliRunner().invoke(app, ["--json", "--config", str(self.directory), *words])
        assert result.exit_code == code, result.output
        found = json.loads(result.stdout)
        return {grade.value: [one for one in found if one["grade"] == grade.value] for grade in Grade}

    @property
    def settings(self) -> Config:
        return load(self.directory, {})

    def base(self) -> dict[str, Finding]:
        """What the doctor says of the database alone, by check."""
        return {one.check: one for one in asyncio.run(examined(self.settings, utc_now()))}

    def ills(self, *words: str) -> dict[str, str]:
        found = self.examined(*words, code=1)["wrong"]
        assert all(one["mend"] for one in found), "whatever is wrong, there is something to do"
        return {one["check"]: one["what"] for one in found}
