"""The doctor at a healthy house, at one where nearly everything is wrong, and at each kind of ruin."""

import json
import os
import shlex
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import typer
from doctor_house import SETTINGS, SOURCE, House, app
from given import position, seller
from postgres import Postgres
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from test_what_is_shown import CLOSING, KIN
from typer.testing import CliRunner

from monitor import doctor_command
from monitor.daemon import utc_now
from monitor.doctor import browser, examine, owners, secrets
from monitor.domain.addressing import deliveries
from monitor.domain.alerts import Policy, Reason, Send, Target
from monitor.domain.impact import impact
from monitor.domain.sources import SourceState
from monitor.drill import BEGUN, OVER
from monitor.findings import Grade, good, wrong
from monitor.steps import Step
from monitor.store import schema


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_a_healthy_house_has_nothing_wrong(house: House):
    house.lives(Step(utc_now(), incidents=[CLOSING]))
    house.is_backed_up()
    found = house.examined(code=0)
    assert [one["check"] for one in found["good"] if one["check"] != "unit"] == [
        "configuration", "targets", "secrets", "owner", "state", "database", "journal", "clock", "deliveries",
        "sources", "reading", "model", "tls", "backup",
    ]  # fmt: skip
    assert {one["check"] for one in found["note"]} - {"unit"} == {"daemon", "mail", "drill", "heartbeat"}, (
        "no daemon runs, and nobody is asked, nor hears a drill or a heartbeat"
    )
    shown = CliRunner().invoke(app, ["--config", str(house.directory)])
    assert "Nothing is wrong." in shown.stdout


def test_each_finding_is_shown_before_the_next_check_is_made_and_json_all_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shown = []

    async def slowly(directory: Path, now: datetime, network: bool, begins: Callable[[str], object]):
        begins("reading")
        yield good("reading", "a reading process starts")
        shown.append(capsys.readouterr().out)
        begins("mail")
        yield wrong("mail", "it does not answer", "mend channels.email")

    monkeypatch.setattr(doctor_command, "examine", slowly)
    with pytest.raises(typer.Exit):
        doctor_command.doctor(tmp_path)
    assert shown[0].split() == ["good", "reading", "a", "reading", "process", "starts"]
    *_, mail, mend, last = capsys.readouterr().out.strip().splitlines()
    assert mail.split()[:2] == ["wrong", "mail"]
    assert mend.strip() == "to mend it: mend channels.email"
    assert last == "1 thing is wrong"
    with pytest.raises(typer.Exit):
        doctor_command.doctor(tmp_path, as_json=True)
    assert shown[1] == ""
    assert [one["check"] for one in json.loads(capsys.readouterr().out)] == ["reading", "mail"]


async def test_each_check_is_named_before_it_is_made(house: House):
    house.says(read={"wall": "0.000001s"})  # and no model is loaded
    told: list[str] = []
    async for finding in examine(house.directory, utc_now(), begins=lambda check: told.append(f"at {check}")):
        told.append(finding.check)
    assert told[:2] == ["at configuration", "configuration"]
    assert told[told.index("reading") - 1] == "at reading"
    assert told[told.index("mail") - 1] == "at mail"


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
    house.is_backed_up(timedelta(days=2))
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


def test_a_configuration_that_is_wrong_is_named_by_file_and_line(house: House):
    house.says(wep={"port": 80})
    assert "settings.yaml" in house.ills()["configuration"]


def test_a_damaged_database_is_seen_and_a_newer_one_not_touched(house: House):
    house.lives()
    with closing(sqlite3.connect(house.database)) as database, database:
        database.execute("UPDATE sellerwatch_schema SET version_num = '9999'")
    assert "is newer than this program's" in house.base()["database"].what
    house.database.unlink()
    house.lives()
    kept, raw = house.is_backed_up(), house.database.read_bytes()
    house.database.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    found = house.base()["database"]
    assert "damaged" in found.what
    assert found.mend == f"systemctl stop sellerwatch && sellerwatch restore --replace {kept}"
    house.database.write_bytes(b"")
    assert "is empty" in house.base()["database"].what


@pytest.mark.parametrize("statement", ["DROP TABLE marks", "DELETE FROM sellerwatch_schema"])
def test_a_database_that_lacks_what_its_schema_has_is_wrong(house: House, statement: str):
    house.lives()
    with closing(sqlite3.connect(house.database)) as database, database:
        database.execute(statement)
    [found] = house.base().values()
    assert (found.check, found.grade) == ("database", Grade.WRONG)
    assert "restore --replace" in found.mend


def test_what_others_can_reach_is_named_with_its_command_also_where_they_cannot_list_it(house: House):
    credentials = house.directory / "credentials"
    for directory in (credentials, house.state):
        directory.mkdir(mode=0o711)
    password, copy = credentials / "smtp-password", house.state / "sellerwatch.db.before-0002"
    for file, mode in ((password, 0o644), (copy, 0o640), (house.database, 0o600)):
        file.write_text("hunter2")
        file.chmod(mode)
    assert [one.mend for one in secrets(house.settings)] == [f"chmod 600 {copy}", f"chmod 600 {password}"]
    for directory in (credentials, house.state):
        directory.chmod(0o700)
    assert [one.grade for one in secrets(house.settings)] == [Grade.GOOD], "who cannot enter cannot read"


def test_what_root_left_in_the_state_is_given_back_by_the_command_that_is_named(house: House):
    house.state.mkdir(mode=0o700)
    house.database.touch()
    assert [one.grade for one in owners(house.settings)] == [Grade.GOOD]
    if os.geteuid() == 0:  # nobody else can give a file away
        os.chown(house.state, 12345, 12345)
        [found] = owners(house.settings)
        assert found.grade is Grade.WRONG
        subprocess.run(shlex.split(found.mend), check=True)
        assert [one.grade for one in owners(house.settings)] == [Grade.GOOD]


def begun(at: datetime) -> Step:
    return Step(at, marks=[(BEGUN, at), (OVER, at)])


def test_a_drill_that_was_missed_or_never_planned_is_seen(house: House):
    now = utc_now()
    house.lives()
    house.says(targets=[SETTINGS["targets"][0] | {"operations": True}])
    assert "none was yet" in house.base()["drill"].what
    house.lives(begun(now - timedelta(days=3)))
    assert "none has arrived by email yet" in house.base()["drill"].what
    house.says(targets=[SETTINGS["targets"][0] | {"operations": True}], drill="daily")
    assert house.base()["drill"].grade is Grade.WRONG
    house.says()
    assert "nobody hears it" in house.base()["drill"].what
    house.says(drill="never")
    assert "none is planned" in house.base()["drill"].what


def test_rendered_sources_need_a_browser(house: House):
    assert browser(house.settings) == []
    house.write("sources/all.yaml", [SOURCE | {"kind": "page", "rendered": True}])
    house.says(fetch={"contact": "https://example.com", "browser": "/nowhere/chromium"})
    [found] = browser(house.settings)
    assert found.what.startswith("1 sources are rendered")
    assert found.grade is Grade.WRONG


def test_an_older_database_is_left_as_it_is(house: House):
    house.state.mkdir(mode=0o700)
    engine = create_engine(f"sqlite:///{house.database}")
    with engine.begin() as connection:
        schema.migrate(connection, "0005")
    engine.dispose()
    before = sha256(house.database.read_bytes()).digest()
    assert "becomes" in house.base()["database"].what
    assert sha256(house.database.read_bytes()).digest() == before


def test_a_postgresql_database_is_looked_at_and_not_migrated(house: House, postgres: Postgres):
    empty, fresh = (
        make_url(url)._replace(password=None).render_as_string() for url in (postgres.empty(), postgres.fresh())
    )
    house.says(store={"url": empty})
    for _ in range(2):
        assert "its schema is none" in house.base()["database"].what
    house.says(store={"url": fresh})
    assert house.base()["database"] == good("database", f"postgresql answers, schema {schema.head()}")
    assert house.base()["clock"].grade is Grade.GOOD


def test_what_cannot_be_looked_at_is_said_and_the_rest_is_looked_at(house: House):
    house.state.mkdir(mode=0o700)
    house.says(state_dir=str(house.state / ("x" * 300)))  # a name that no file system takes, for root neither
    ills = house.ills()
    assert {"secrets", "state", "database", "backup"} <= set(ills)
    assert "File name too long" in ills["state"]


def test_a_reading_process_that_gets_no_time_is_seen(house: House):
    house.says(read={"wall": "0.000001s"})
    assert set(house.ills()) == {"reading"}
