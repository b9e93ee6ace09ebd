"""The doctor at a healthy house, at one where nearly everything is wrong, and at each kind of ruin."""

import asyncio
import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import typer
import yaml
from given import position, seller
from postgres import Postgres
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from test_dead_letters import REFUSED
from test_what_is_shown import CLOSING, KIN
from typer.testing import CliRunner

from monitor import backup
from monitor.config import load
from monitor.daemon import utc_now
from monitor.doctor import answering
from monitor.doctor_command import doctor
from monitor.domain.addressing import deliveries
from monitor.domain.alerts import DeliveryState, Policy, Reason, Send, Target
from monitor.domain.impact import impact
from monitor.domain.sources import Look, Outcome, SourceState
from monitor.findings import Grade
from monitor.lock import hold
from monitor.opened import open_store
from monitor.steps import Step
from monitor.store import schema

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

    def is_backed_up(self) -> Path:
        file = self.state / backup.DIRECTORY / backup.name(utc_now())
        backup.make(self.database, self.state, file, utc_now())
        return file

    def examined(self, *words: str, code: int) -> dict[str, list[dict[str, str]]]:
        """The findings by grade."""
        result = CliRunner().invoke(app, ["--json", "--config", str(self.directory), *words])
        assert result.exit_code == code, result.output
        found = json.loads(result.stdout)
        return {grade.value: [one for one in found if one["grade"] == grade.value] for grade in Grade}

    def ills(self, *words: str) -> dict[str, str]:
        found = self.examined(*words, code=1)["wrong"]
        assert all(one["mend"] for one in found), "whatever is wrong, there is something to do"
        return {one["check"]: one["what"] for one in found}


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_healthy_house_has_nothing_wrong(house: House):
    house.lives(Step(utc_now(), incidents=[CLOSING]))
    house.is_backed_up()
    found = house.examined(code=0)
    assert [one["check"] for one in found["good"]] == [
        "configuration", "targets", "secrets", "state", "database", "journal", "clock", "deliveries", "sources",
        "reading", "model", "tls", "backup",
    ]  # fmt: skip
    assert {one["check"] for one in found["note"]} == {"daemon", "mail"}, "no daemon runs, and nobody asked outside"
    shown = CliRunner().invoke(app, ["--config", str(house.directory)])
    assert "Nothing is wrong." in shown.stdout


def test_a_house_that_nobody_lived_in_yet_has_nothing_wrong_and_stays_as_it_is(house: House):
    assert {one["check"] for one in house.examined(code=0)["note"]} >= {"state", "database"}
    assert not house.state.exists()


def test_all_that_is_wrong_is_said_at_once_each_with_how_to_mend_it(house: House):
    now = utc_now()
    acme = seller(position(stock=9000))
    send, ops = Send(Reason.FIRST, "first"), Target("ops", "email", "x")
    lost = deliveries(CLOSING, acme, impact(CLOSING, acme, now.date(), KIN), send, None, [ops], Policy(), now)
    lost = [replace(one, not_before=now) for one in lost]
    tomorrow = replace(lost[0], key="of tomorrow", created_at=now + timedelta(days=1), not_before=now)
    retired = SourceState("feed", now + timedelta(hours=1), last_look_at=now, retired=True)
    house.lives(Step(now, incidents=[CLOSING], deliveries=[*lost, tomorrow]), look=retired)
    os.utime(house.is_backed_up(), (now.timestamp() - 2 * 86400,) * 2)
    (house.state / "links.key").write_bytes(b"k" * 32)
    for path in (house.state, house.state / "links.key"):
        path.chmod(0o755)
    house.says(
        targets=[
            {"id": "ops", "channel": "email", "address": "ops@example.com", "sellers": ["acme"], "alerts": False},
            {"id": "all", "channel": "email", "address": "all@example.com", "alerts": False, "digest": "daily"},
        ],
        channels={"email": SETTINGS["channels"]["email"] | {"host": "127.0.0.1", "port": 1}},
    )
    with closing(sqlite3.connect(house.database)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sources").fetchone()
        with closing(sqlite3.connect(house.database)) as writer, writer:
            writer.execute("UPDATE sources SET state = state")
        os.truncate(f"{house.database}-wal", 300 << 20)  # sparse
        ills = house.ills()
    assert set(ills) == {"targets", "secrets", "journal", "clock", "deliveries", "sources", "mail", "backup"}
    assert "reached nobody: ops" in ills["deliveries"]
    assert ills["sources"] == "1 of 1 see nothing"


@contextmanager
def listening(status: int, body: bytes) -> Iterator[int]:
    """A server on loopback that says the same to everybody; its port."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    turning = threading.Thread(target=server.serve_forever)
    turning.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        turning.join()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "grade", "words"),
    [
        (200, b'{"status": "ready", "checks": {"store": "ok"}}', Grade.GOOD, "is ready"),
        (503, b'{"checks": {"store": "no answer", "poll": "ok"}}', Grade.WRONG, "says 503: store: no answer"),
        (200, b"<html>", Grade.WRONG, "answers something else"),
    ],
)
def test_a_daemon_is_asked_how_it_is(house: House, status: int, body: bytes, grade: Grade, words: str):
    with listening(status, body) as port:
        house.says(web={"port": port})
        [found] = answering(load(house.directory))
    assert found.grade is grade
    assert words in found.what


def test_a_daemon_that_runs_and_says_nothing_is_not_well(house: House):
    house.state.mkdir()
    settings = load(house.directory)
    with hold(house.state):
        assert [one.grade for one in answering(settings)] == [Grade.WRONG]
    assert [one.grade for one in answering(settings)] == [Grade.NOTE]


def test_a_configuration_that_is_wrong_is_named_by_file_and_line(house: House):
    house.says(wep={"port": 80})
    assert "settings.yaml" in house.ills()["configuration"]


def test_a_damaged_database_is_seen_and_a_newer_one_not_touched(house: House):
    house.lives()
    with closing(sqlite3.connect(house.database)) as database, database:
        database.execute("UPDATE sellerwatch_schema SET version_num = '9999'")
    assert "is newer than this program's" in house.ills()["database"]
    raw = house.database.read_bytes()
    house.database.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    assert "damaged" in house.ills()["database"]


def test_an_older_database_is_left_as_it_is(house: House):
    house.state.mkdir(mode=0o700)
    engine = create_engine(f"sqlite:///{house.database}")
    with engine.begin() as connection:
        schema.migrate(connection, "0005")
    engine.dispose()
    before = sha256(house.database.read_bytes()).digest()
    found = house.examined(code=0)
    assert any("becomes" in one["what"] for one in found["note"])
    assert sha256(house.database.read_bytes()).digest() == before


def test_a_postgresql_database_is_looked_at_and_not_migrated(house: House, postgres: Postgres):
    empty, fresh = (
        make_url(url)._replace(password=None).render_as_string() for url in (postgres.empty(), postgres.fresh())
    )
    house.says(store={"url": empty})
    for _ in range(2):
        assert "its schema is none" in house.ills()["database"]
    house.says(store={"url": fresh})
    found = house.examined(code=0)
    assert {
        "check": "database",
        "grade": "good",
        "what": f"postgresql answers, schema {schema.head()}",
        "mend": "",
    } in (found["good"])
    assert "clock" in {one["check"] for one in found["good"]}


def test_what_cannot_be_looked_at_is_said_and_the_rest_is_looked_at(house: House):
    house.state.mkdir(mode=0o700)
    house.says(state_dir=str(house.state / ("x" * 300)))  # a name that no file system takes, for root neither
    ills = house.ills()
    assert {"secrets", "state", "database", "backup"} <= set(ills)
    assert "File name too long" in ills["state"]


def test_a_reading_process_that_gets_no_time_is_seen(house: House):
    house.says(read={"wall": "0.000001s"})
    assert set(house.ills()) == {"reading"}
