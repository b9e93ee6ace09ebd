"""The service as an operations team has it: installed by the README's procedure, run by a real systemd of its own.

Where such a machine cannot be, `lab` is None and has said why; then tests/house/test_units.py alone looks at the units.
"""

import json
import re
from collections.abc import Callable

import pytest
from installed import CLONE, SERVICE, SETTINGS, Lab, procedure

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("systemd")]
Record = Callable[[str, object], None]


def test_the_readmes_procedure_leads_from_a_bare_debian_to_the_first_alert(lab: Lab | None, record_property: Record):
    assert [line.split()[0] for line in procedure()] == ["apt-get", "git", "make", "editor", "systemctl", "sellerwatch"]
    if lab is None:
        return
    lab.at.until(lambda: "Allegro" in lab.journal("-u", SERVICE, "--grep", "shut down|shutdown|closes"))
    seconds = sum(lab.took.values())
    record_property(
        "figure", f"{seconds:.0f} s from a bare Debian 12 to the first look" if lab.bare else f"{seconds:.0f} s"
    )
    print({step: f"{took:.1f} s" for step, took in lab.took.items()})  # noqa: T201
    assert "Nothing is wrong" in lab.said["sellerwatch"]
    assert "allegro" in lab.at.run("sellerwatch", "incidents").lower()


def test_ready_is_said_when_it_is_so_and_by_no_other(lab: Lab | None):
    if lab is None:
        return
    lab.as_installed()  # `restart` ends when READY=1 came
    assert lab.ready()
    assert lab.at.show(SERVICE, "StatusText") == "Watching 1 sources"
    assert lab.at.show(SERVICE, "NRestarts") == "0"


@pytest.mark.case(50)
def test_a_daemon_that_hangs_is_killed_by_the_watchdog_and_runs_again(lab: Lab | None, record_property: Record):
    if lab is None:
        return
    lab.drop_in("[Service]\nWatchdogSec=5\nRestartSec=100ms\n")
    lab.at.run("systemctl", "restart", SERVICE)
    hung = lab.pid()
    lab.at.run("sh", "-c", f"kill -STOP {hung}")
    lab.at.until(lambda: lab.at.show(SERVICE, "NRestarts") == "1" and lab.at.show(SERVICE, "ActiveState") == "active")
    assert lab.pid() not in {hung, "0"}
    assert lab.ready()
    assert "Watchdog timeout" in lab.journal("-u", SERVICE, "-n", "40")
    record_property("figure", "killed after WatchdogSec, ready again")


@pytest.mark.case(50)
def test_what_dies_again_and_again_of_its_memory_is_given_up_and_somebody_is_told(
    lab: Lab | None, record_property: Record
):
    if lab is None:
        return
    lab.as_installed()
    lab.at.put("/etc/sellerwatch/credentials/tell-failure", "# the desk\nhttp://127.0.0.1:8077/secret-path\n", 0o600)
    lab.drop_in("[Unit]\nStartLimitBurst=3\n[Service]\nMemoryHigh=infinity\nMemoryMax=48M\nRestartSec=100ms\n")
    lab.at.run("systemctl", "restart", SERVICE, good=False)
    lab.at.until(lambda: lab.at.show(SERVICE, "ActiveState") == "failed")
    assert lab.at.show(SERVICE, "NRestarts") in {"2", "3"}
    assert re.search(r"status=9/KILL|oom-kill", lab.journal("-u", SERVICE, "-n", "60"))
    lab.at.until(lambda: lab.at.path("/root/told").exists())
    [told] = lab.at.path("/root/told").read_text().splitlines()
    assert "sellerwatch.service on lab failed" in json.loads(told)["text"]
    lab.at.until(lambda: "told 1 of 1" in lab.journal("-u", f"sellerwatch-failed@{SERVICE}"))
    assert f"{SERVICE} failed" in lab.journal("-p", "emerg")
    assert "secret-path" not in lab.journal("-u", "sellerwatch*"), "an address is a secret"
    record_property("figure", "killed 3 times, failed, told once")
    lab.as_installed()
    assert lab.ready()


@pytest.mark.case(44)
def test_secrets_are_for_the_service_alone_and_one_that_is_open_is_refused(lab: Lab | None, record_property: Record):
    if lab is None:
        return
    lab.as_installed()
    held = "/etc/sellerwatch/credentials/smtp-password"
    uid = lab.at.sh(f"stat -c %u /proc/{lab.pid()}")
    assert uid not in {"0", "65534"}
    assert lab.at.sh("stat -c '%a %u' /run/credentials/sellerwatch.service/smtp-password") == f"400 {uid}"
    other = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    for path in (held, "/run/credentials/sellerwatch.service/smtp-password", "/var/lib/sellerwatch/sellerwatch.db"):
        assert "Permission denied" in lab.at.sh(f"{other} cat {path}", good=False)
    assert "root" in lab.at.sh(f"{other} sellerwatch incidents", good=False), "no traceback, but who may"

    lab.at.sh(f"chmod 0644 {held}; chmod 0755 /etc/sellerwatch/credentials")
    assert f"chmod 600 {held}" in lab.at.sh("sellerwatch doctor --json", good=False)
    lab.at.sh(f"chmod 0600 {held}; chmod 0700 /etc/sellerwatch/credentials")

    channel = "channels: {email: {host: 127.0.0.1, password: in-the-open}}\n"
    lab.configure(SETTINGS + channel)
    said = lab.at.run("systemctl", "restart", SERVICE, good=False)
    assert "failed" in said
    assert lab.at.show(SERVICE, "ExecMainStatus") == "78"
    assert lab.at.show(SERVICE, "NRestarts") == "0", "a restart would not mend it"
    assert "chmod 600 /etc/sellerwatch/settings.yaml" in lab.journal("-u", SERVICE, "-n", "20")
    record_property("figure", "0 of 3 readable by others; an open one is refused with status 78")
    lab.as_installed()

    lab.at.run("mv", held, "/root/kept")
    lab.at.run("systemctl", "restart", SERVICE, good=False)
    assert lab.at.show(SERVICE, "ActiveState") != "active", "a secret that is missing is no empty one"
    lab.at.run("mv", "/root/kept", held)
    lab.as_installed()


@pytest.mark.case(6)
def test_inside_the_unit_the_neighbours_cannot_be_reached_nor_anything_be_changed(
    lab: Lab | None, record_property: Record
):
    if lab is None:
        return
    reach = "import socket; socket.create_connection(('10.9.9.9', 8099), 2)"
    lab.at.run("python3", "-c", reach)  # so it is the unit that refuses
    lab.at.put("/etc/sellerwatch/credentials/smtp-password", "a-password\n", 0o600)
    lab.drop_in("[Service]\nExecStartPre=/usr/bin/python3 /srv/probe.py\n")
    lab.at.run("systemctl", "restart", SERVICE)
    line = next(line for line in lab.journal("-u", SERVICE, "-n", "40").splitlines() if line.startswith("probe "))
    found = json.loads(line.removeprefix("probe "))
    assert found.pop("uid") > 60000
    assert found.pop("others") <= 2, "it sees itself, and no other process"
    refused = {
        name: found.pop(name) for name in ("private", "metadata", "etc", "program", "credentials", "packets", "root")
    }
    assert "done" not in refused.values(), refused
    assert found == {
        "capabilities": "0" * 16, "bounding": "0" * 16, "no_new_privileges": "1", "seccomp": "2",
        "secret": "a-password", "secret_mode": "0o400", "loopback": "done", "public": "done", "state": "done",
    }  # fmt: skip
    assert "a-password" not in lab.journal("-u", SERVICE, "--grep", "^(?!probe)")
    record_property("figure", "10/8 and link-local refused, loopback and public reached")
    lab.at.put("/etc/sellerwatch/credentials/smtp-password", "", 0o600)
    lab.as_installed()


def test_a_second_daemon_is_refused_and_the_first_one_runs_on(lab: Lab | None):
    if lab is None:
        return
    lab.as_installed()
    first = lab.pid()
    said = lab.at.sh("SELLERWATCH_WEB__PORT=9999 sellerwatch run; echo ended with $?", good=False)
    assert "ended with 75" in said
    assert "another daemon" in said
    assert (lab.pid(), lab.ready()) == (first, True)


@pytest.mark.case(50)
def test_a_stop_is_clean_and_what_root_did_meanwhile_hinders_no_start(lab: Lab | None, record_property: Record):
    if lab is None:
        return
    lab.as_installed()
    lab.at.run("systemctl", "stop", SERVICE)
    assert lab.at.show(SERVICE, "Result") == "success"
    assert lab.at.show(SERVICE, "ExecMainStatus") == "0"
    assert '"event": "stopped"' in lab.journal("-u", SERVICE, "-n", "10")
    lab.at.run("sellerwatch", "test-channel", "journal")
    lab.at.run("sellerwatch", "backup")
    assert lab.at.run("find", "/var/lib/private/sellerwatch", "-uid", "0") == ""
    lab.at.run("systemctl", "start", SERVICE)
    assert lab.ready()
    record_property("figure", "status 0, nothing in hand")


def test_a_reload_takes_what_is_good_and_fails_aloud_on_what_is_not(lab: Lab | None):
    if lab is None:
        return
    lab.as_installed()
    first = lab.pid()
    lab.configure(SETTINGS + "nonsense: 1\n")
    assert "failed" in lab.at.run("systemctl", "reload", SERVICE, good=False)
    assert "settings.yaml:4: nonsense" in lab.journal("-u", SERVICE, "-n", "20")
    lab.configure(SETTINGS)
    lab.at.run("systemctl", "reload", SERVICE)
    lab.at.until(lambda: '"reloaded"' in lab.journal("-u", SERVICE, "-n", "10"))
    assert (lab.pid(), lab.ready()) == (first, True)


def test_the_backup_runs_as_a_service_while_the_daemon_works_and_its_file_can_be_restored(lab: Lab | None):
    if lab is None:
        return
    lab.as_installed()
    assert "sellerwatch-backup.service" in lab.at.run(
        "systemctl", "list-timers", "--no-pager", "sellerwatch-backup.timer"
    )
    lab.at.run("systemctl", "start", "sellerwatch-backup")
    made = lab.at.sh("ls -t /var/lib/private/sellerwatch/backups/*.tar.gz | head -1")
    assert "as of" in lab.at.run("sellerwatch", "restore", made, "--to", "/var/tmp/rehearsal")
    lab.drop_in("[Service]\nExecStart=\nExecStart=/bin/false\n", "sellerwatch-backup.service")
    lab.at.put("/etc/sellerwatch/credentials/tell-failure", "http://127.0.0.1:8077/\n", 0o600)
    lab.at.run("systemctl", "start", "sellerwatch-backup", good=False)
    lab.at.until(lambda: lab.at.path("/root/told").exists())
    assert "A backup was not made" in lab.at.path("/root/told").read_text()
    lab.as_installed()


def test_an_upgrade_is_the_same_command_and_touches_nothing_of_yours(lab: Lab | None, record_property: Record):
    if lab is None:
        return
    lab.as_installed()
    first, at = lab.pid(), lab.at
    assert "everything is as it should be" in lab.typed("make deploy", internet=True, good=False), "twice is once"
    assert lab.pid() == first
    state = at.sh("cd /var/lib/private/sellerwatch && sha256sum links.key")

    at.put(f"{CLONE}/config/sources/more.yaml", "[]\n")
    lab.configure(SETTINGS + "nonsense: 1\n")
    assert "so the last one stays" in lab.typed("make deploy", internet=True, good=False)
    assert (lab.pid(), lab.ready()) == (first, True), "what cannot read the configuration takes nobody's place"

    lab.configure(SETTINGS)
    at.put(
        "/etc/systemd/system/sellerwatch.service",
        "# mine\n" + at.path("/etc/systemd/system/sellerwatch.service").read_text(),
    )
    said = lab.typed("make deploy", internet=True, good=False)
    assert "restarted   sellerwatch.service" in said
    assert "sources/more.yaml" in said, "what is shipped otherwise is told"
    assert lab.pid() != first
    assert lab.ready()
    assert at.path("/etc/sellerwatch/settings.yaml").read_text() == SETTINGS
    assert not at.path("/etc/sellerwatch/sources/more.yaml").exists()
    assert at.sh("cd /var/lib/private/sellerwatch && sha256sum links.key") == state
    assert at.sh("ls /opt/sellerwatch/releases | wc -l") == "2"
    assert at.path("/etc/systemd/system/sellerwatch.service.edited").read_text().startswith("# mine")
    record_property("figure", "switched and restarted; configuration and state as they were")


def test_below_another_directory_nothing_here_is_touched_and_a_removal_leaves_what_is_yours(lab: Lab | None):
    if lab is None:
        return
    at = lab.at
    before = at.sh("readlink /opt/sellerwatch/current; systemctl show -P MainPID sellerwatch")
    said = lab.typed("make deploy DESTDIR=/stage", internet=True)
    assert "below /stage" in said
    assert "grep:" not in said
    assert at.sh("readlink /opt/sellerwatch/current; systemctl show -P MainPID sellerwatch") == before
    assert (
        at.sh(
            "grep -rlI /stage /stage/opt/sellerwatch/current/bin /stage/opt/sellerwatch/current/pyvenv.cfg", good=False
        )
        == ""
    )

    at.sh(f"cd {CLONE} && make undeploy")
    assert (
        at.sh(
            "ls /opt/sellerwatch /usr/local/bin/sellerwatch; ls -d /etc/systemd/system/sellerwatch*.service", good=False
        ).count("No such")
        == 3
    )
    assert at.path("/etc/sellerwatch/settings.yaml").exists()
    assert at.path("/var/lib/private/sellerwatch/sellerwatch.db").exists()
    at.run("cp", "-a", "/stage/.", "/")
    at.sh("systemctl daemon-reload && systemctl start sellerwatch")
    assert lab.ready(), "what was staged runs where it belongs"
