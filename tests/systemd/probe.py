"""In the machine: run inside the unit's confinement, it tries what must not be possible and prints what came of it."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path


def tried(act: Callable[[], object]) -> str:
    """`done`, or the name of the error."""
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"


def connect(host: str) -> Callable[[], object]:
    """To the site, which listens on every address of this machine."""
    return lambda: socket.create_connection((host, 8099), timeout=2).close()


status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
secret = Path(os.environ["CREDENTIALS_DIRECTORY"]) / "smtp-password"
print(  # noqa: T201
    "probe",
    json.dumps(
        {
            "uid": os.getuid(),
            "capabilities": status["CapEff"],
            "bounding": status["CapBnd"],
            "no_new_privileges": status["NoNewPrivs"],
            "seccomp": status["Seccomp"],
            "secret": secret.read_text().strip(),
            "secret_mode": oct(secret.stat().st_mode & 0o777),
            "loopback": tried(connect("127.0.0.1")),
            "private": tried(connect("10.9.9.9")),
            "metadata": tried(connect("169.254.169.254")),
            "public": tried(connect("203.0.113.9")),
            "others": sum(path.name.isdigit() for path in Path("/proc").iterdir()),
            "state": tried(lambda: Path(os.environ["STATE_DIRECTORY"], "probe").write_text("x")),
            "etc": tried(lambda: Path("/etc/sellerwatch/probe").write_text("x")),
            "program": tried(lambda: Path("/opt/sellerwatch/probe").write_text("x")),
            "credentials": tried(lambda: list(Path("/etc/sellerwatch/credentials").iterdir())),
            "packets": tried(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
            "root": tried(lambda: os.chroot("/srv")),
        }
    ),
    flush=True,
)
