"""Telling systemd how we are: the notify protocol of sd_notify(3), one datagram to the socket it names."""

import os
import socket


def notify(state: str) -> bool:
    """Send e.g. "READY=1". False when no supervisor listens: NOTIFY_SOCKET is not set, or its socket does not answer.

    Never waits and never raises: that a supervisor is away is no reason to end.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]  # an abstract socket
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK) as link:
            link.connect(address)
            link.sendall(state.encode())
    except OSError:
        return False
    return True
