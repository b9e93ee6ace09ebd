"""The doctor at what stands around the daemon: its word, its units, its backups, and who outside hears of it."""

import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from doctor_house import House

from monitor.config import load
from monitor.daemon import utc_now
from monitor.doctor_service import answering, copies, heard, units
from monitor.findings import Grade
from monitor.lock import hold

ROOT = Path(__file__).parents[2]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


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


def test_a_heartbeat_that_nobody_takes_is_seen(house: House):
    house.state.mkdir(mode=0o700)
    now = utc_now()
    for ago, grade in ((timedelta(minutes=5), Grade.GOOD), (timedelta(hours=1), Grade.WRONG), (None, Grade.NOTE)):
        at = (now - ago).timestamp() if ago else 0.0
        body = f"# TYPE x gauge\nsellerwatch_heartbeat_last_success_timestamp_seconds {at}\n"
        with listening(200, body.encode()) as port, hold(house.state):
            house.says(web={"port": port}, heartbeat={"url": "https://check.example/4711"})
            [found] = heard(load(house.directory, {}), now)
        assert found.grade is grade
        assert "4711" not in found.what + found.mend


def test_a_backup_that_is_not_whole_is_none(house: House):
    house.lives()
    file = house.is_backed_up()
    assert [one.grade for one in copies(house.settings, utc_now())] == [Grade.GOOD]
    file.write_bytes(file.read_bytes()[:-100])
    [found] = copies(house.settings, utc_now())
    assert "no whole backup" in found.what
    assert found.mend == f"rm {file} && sellerwatch backup"


def test_a_database_elsewhere_is_asked_for_its_backup_too(house: House):
    house.says(store={"url": f"sqlite:///{house.directory / 'other.db'}"})
    house.lives()
    assert ["none is in" in one.what for one in copies(house.settings, utc_now())] == [True]


def test_the_units_are_looked_for_where_systemd_has_them_with_the_secrets_that_they_hand_over(tmp_path: Path):
    def said() -> dict[str, str]:
        return {one.what: one.mend for one in units(tmp_path) if one.grade is not Grade.GOOD}

    assert [one.grade for one in units(tmp_path)] == [Grade.NOTE], "no systemd"
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert list(said()) == ["sellerwatch.service is not installed"]
    etc = tmp_path / "etc/systemd/system"
    for target in ("multi-user", "timers"):
        (etc / f"{target}.target.wants").mkdir(parents=True)
    shutil.copy(ROOT / "systemd/sellerwatch.service", etc)
    secrets = tmp_path / "etc/sellerwatch/credentials"
    found = said()
    assert found["sellerwatch.service does not start with the machine"] == "systemctl enable --now sellerwatch.service"
    assert "make deploy" in found["sellerwatch-backup.timer is missing"]
    for what, mend in found.items():
        if "hands over" in what:
            secrets.mkdir(parents=True, exist_ok=True)
            subprocess.run(shlex.split(mend), check=True)
    assert any(secrets.iterdir())
    shutil.copy(ROOT / "systemd/sellerwatch-backup.timer", etc)
    (etc / "multi-user.target.wants/sellerwatch.service").symlink_to("/etc/systemd/system/sellerwatch.service")
    (etc / "timers.target.wants/sellerwatch-backup.timer").symlink_to("/etc/systemd/system/sellerwatch-backup.timer")
    assert said() == {}
    (etc / "sellerwatch.service.d").mkdir()
    (etc / "sellerwatch.service.d/pg.conf").write_text("[Service]\nLoadCredential=pg:/etc/sellerwatch/credentials/pg\n")
    assert list(said()) == [f"sellerwatch.service hands over {secrets / 'pg'}, which is not there: it cannot start"]
