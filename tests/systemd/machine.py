"""A machine with a systemd of its own inside this one: own processes, mounts, control groups, and loopback alone.

It needs root and Linux namespaces. What it writes lies on a tmpfs over another root directory, and is gone with it.
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

CGROUPS = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids", "cpu", "devices", "systemd", "unified")
BOOT = Path(__file__).parent / "boot.sh"
PAUSE = threading.Event()  # between two looks; never set
PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


@dataclass(frozen=True)
class Machine:
    """A running one, by the process id of its systemd."""

    pid: int

    def run(self, *command: str, good: bool = True, internet: bool = False, within: float = 120.0, **env: str) -> str:
        """What a command of root's says there, in a clean environment. With `internet` it alone has our network."""
        spaces = ["-m", "-p", "-u", "-i", "-C", *([] if internet else ["-n"])]
        enter = [
            "nsenter",
            "-t",
            str(self.pid),
            *spaces,
            "env",
            "-C",
            "/",
            "-i",
            *(f"{k}={v}" for k, v in (PLAIN | env).items()),
        ]
        done = subprocess.run(
            [*enter, *command], capture_output=True, text=True, timeout=within, stdin=subprocess.DEVNULL
        )
        said = done.stdout + done.stderr
        assert not good or done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {said}"
        return said.strip()

    def sh(self, script: str, *, good: bool = True) -> str:
        """The same, of a shell script."""
        return self.run("sh", "-c", script, good=good)

    def path(self, path: str) -> Path:
        """The same file, seen from here."""
        return Path(f"/proc/{self.pid}/root{path}")

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file there."""
        inside = self.path(path)
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.write_text(text, encoding="utf-8")
        inside.chmod(mode)

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--property", name, "--value", unit)

    def until(self, true: Callable[[], object], within: float = 60.0) -> None:
        """Wait until it is so; the journal says why not."""
        end = time.monotonic() + within
        while not true():
            assert time.monotonic() < end, self.run("journalctl", "--no-pager", "-n", "60")
            PAUSE.wait(0.2)


def missing() -> str:
    """Why no such machine can be here, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    for program in ("unshare", "nsenter", "pivot_root", "ip"):
        if shutil.which(program) is None:
            return f"no {program}"
    if not Path("/lib/systemd/systemd").exists():
        return "no systemd"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--cgroup", "--net", "--fork", "true"], capture_output=True, text=True
    )
    return tried.stderr.strip()


@contextmanager
def machine(below: Path, *seen: Path) -> Iterator[Machine]:
    """Boot one over the root directory `below`, where `seen` of this machine can be read, too; and end it."""
    lab = Path(mkdtemp(prefix="lab-"))
    groups = _groups(lab.name)
    for group in groups:
        group.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6g", "tmpfs", str(lab)], check=True)
    join = "".join(f"echo $$ >{group}/cgroup.procs; " for group in groups)
    spaces = "--mount --pid --fork --uts --ipc --cgroup --net --kill-child=SIGKILL --propagation private"
    log = (lab / "boot.log").open("wb")
    process = subprocess.Popen(
        ["sh", "-c", f"{join} exec unshare {spaces} sh {BOOT} {lab} {below} {' '.join(map(str, seen))}"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log,
    )  # fmt: skip
    try:
        yield _booted(process, lab)
    finally:
        process.kill()
        process.wait()
        log.close()
        subprocess.run(["umount", "-l", str(lab)], check=True)
        lab.rmdir()
        for group in groups:
            _removed(group)


def _booted(process: subprocess.Popen[bytes], lab: Path) -> Machine:
    """As soon as its systemd says that it runs."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        first = children.read_text().split()
        if first and Path(f"/proc/{first[0]}/comm").read_text().strip() == "systemd":
            booted = Machine(int(first[0]))
            if booted.run("systemctl", "is-active", "lab.target", good=False) == "active":
                return booted
        PAUSE.wait(0.1)
    raise AssertionError(f"it did not boot: {(lab / 'boot.log').read_text()}")


def _groups(name: str) -> list[Path]:
    """A control group of its own in each tree that there is, below the one that we are in."""
    ours = {
        names: path
        for _, names, path in (line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines())
    }
    if not (CGROUPS / "memory").is_dir():
        return [CGROUPS / ours[""].lstrip("/") / name]
    trees = {"systemd": "name=systemd", "unified": ""}
    return [CGROUPS / tree / ours[trees.get(tree, tree)].lstrip("/") / name for tree in CONTROLLERS]


def _removed(group: Path) -> None:
    """Take a control group away with all below it, as soon as its last process is gone."""
    end = time.monotonic() + 20
    while group.exists():
        try:
            for below in sorted(group.rglob("*/"), reverse=True):
                below.rmdir()
            group.rmdir()
        except OSError:
            assert time.monotonic() < end, f"{group} still holds processes"
            PAUSE.wait(0.1)
