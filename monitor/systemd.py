"""Telling systemd how we are: the notify protocol of sd_notify(3), one datagram to the socket it names."""

import os
import socket


def notify(state: str) -> bool:
    """Send e.g. "READY=1". False, and nothing sent, when no supervisor listens (NOTIFY_SOCKET is not set)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        link.connect(address)
        link.sendall(state.encode())
    return True
