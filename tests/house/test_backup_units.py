"""The timer and the service of the nightly backup, as systemd's own checker reads them where it is installed."""

import shutil
import subprocess

import typer.main
from test_units import ROOT, UNIT, settings_of

from monitor.backup_command import backup

SERVICE, TIMER = ROOT / "systemd/sellerwatch-backup.service", ROOT / "systemd/sellerwatch-backup.timer"


def test_the_backup_runs_as_the_daemons_user_on_its_state_and_may_do_no_more():
    daemon, service = settings_of(UNIT), settings_of(SERVICE)
    for name in ("DynamicUser", "User", "StateDirectory", "SystemCallFilter", "NoExecPaths", "ExecPaths", "UMask"):
        assert service[name] == daemon[name]
    assert service["PrivateNetwork"] == ["yes"]
    assert not service.keys() & {"LoadCredential", "ConfigurationDirectory", "EnvironmentFile"}


def test_the_command_of_the_service_is_one_that_there_is():
    [line] = settings_of(SERVICE)["ExecStart"]
    program, command, *words = line.split()
    assert (program, command) == (settings_of(UNIT)["ExecStart"][0].split()[0], backup.__name__)
    app = typer.Typer()
    app.command()(backup)
    known = {option for one in typer.main.get_command(app).params for option in one.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_systemds_own_checker_has_nothing_to_say_of_the_two():
    checker = shutil.which("systemd-analyze")
    assert "Unit=" not in TIMER.read_text(encoding="utf-8"), "a timer starts the service of its own name"
    if checker is None:
        return
    verified = subprocess.run([checker, "verify", str(SERVICE), str(TIMER)], capture_output=True, text=True, timeout=60)
    assert [one for one in verified.stderr.splitlines() if "is not executable: No such file" not in one] == []
    judged = [checker, "security", "--offline=yes", "--threshold=20", "--no-pager", str(SERVICE)]
    assert subprocess.run(judged, capture_output=True, timeout=60).returncode == 0
