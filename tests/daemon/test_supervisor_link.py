"""What systemd hears from us, over a real datagram socket."""

import socket

import pytest

from monitor.systemd import notify


@pytest.fixture
def supervisor(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(tmp_path / "notify"))
        link.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield link


def test_the_supervisor_hears_what_is_said(supervisor):
    assert notify("READY=1\nSTATUS=Watching 30 sources")
    assert supervisor.recv(1024) == b"READY=1\nSTATUS=Watching 30 sources"


def test_an_abstract_socket_is_reached_too(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(f"\0sellerwatch-test-{id(link)}")
        link.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@sellerwatch-test-{id(link)}")
        assert notify("WATCHDOG=1")
        assert link.recv(1024) == b"WATCHDOG=1"


def test_a_supervisor_that_is_away_is_no_reason_to_end(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert notify("WATCHDOG=1") is False


def test_a_supervisor_that_does_not_listen_is_not_waited_for(supervisor):
    told = 0
    while notify("WATCHDOG=1"):
        told += 1
    assert 0 < told < 10_000


def test_without_a_supervisor_nothing_is_sent(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert notify("READY=1") is False
