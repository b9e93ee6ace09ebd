"""A machine on which Sellerwatch was installed by the procedure of systemd/README.md, on as bare a Debian as can be."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from machine import Machine

ROOT = Path(__file__).parents[2]
SOURCES = ("monitor", "spiders", "config", "docs", "systemd", "Makefile", "README.md", "pyproject.toml")
CLONE = "/usr/local/src/sellerwatch"
SERVICE = "sellerwatch.service"
NOTICE = """<?xml version="1.0"?><rss version="2.0"><channel><title>Allegro</title><item>
<title>Allegro to shut down its Hungarian marketplace for good</title><link>http://127.0.0.1:8099/notice</link>
<guid>notice</guid><pubDate>{today:%a, %d %b %Y %H:%M:%S} +0000</pubDate><description>After careful consideration we
have decided to close the Allegro marketplace for good. Allegro will shut down on {end:%d %B %Y}. From that day on
sellers can no longer log in, list products or receive orders. Please export your data, order history and invoices
before. Outstanding payouts will be transferred to your bank account as usual. We thank all our sellers for the trust
of the last years.</description></item></channel></rss>"""
SETTINGS = """\
fetch: {allow_private: true, min_every: 1s}
alerts: {group_wait: 0s}
targets: [{id: journal, channel: journal}]
"""
SOURCE = """\
- {id: allegro, name: Allegro, url: "http://127.0.0.1:8099/feed.xml", kind: feed, authority: official,
   publisher: Allegro, every: 1h}
"""


@dataclass
class Lab:
    """The machine, how it came to be, and how its service is put back to what was installed."""

    at: Machine
    bare: bool
    took: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def drop_in(self, text: str, unit: str = SERVICE) -> None:
        self.at.put(f"/etc/systemd/system/{unit}.d/lab.conf", text)
        self.at.run("systemctl", "daemon-reload")

    def as_installed(self) -> None:
        """Running, without drop-ins, with the configuration of before."""
        self.at.sh(
            "rm -rf /etc/systemd/system/sellerwatch*.d /root/told; systemctl daemon-reload; systemctl reset-failed"
        )
        self.configure(SETTINGS)
        self.at.run("systemctl", "restart", SERVICE)

    def typed(self, line: str, *, internet: bool = False, good: bool = True) -> str:
        """By an administrator, in the clone."""
        env = {name: value for name, value in os.environ.items() if name.startswith("PIP_")} if internet else {}
        env |= {"DEBIAN_FRONTEND": "noninteractive", "PYTHON": "/usr/bin/python3"}
        return self.at.run("sh", "-c", f"cd {CLONE} && {line}", internet=internet, good=good, within=900, **env)

    def follow(self, step: str) -> None:
        """One line of the procedure, as it stands; but the clone is a copy of this tree, and the editor is we."""
        begun = time.monotonic()
        word = step.split()[0]
        if word == "git":
            self.said[word] = "copied"
        elif word == "editor":
            _site(self.at)
            self.at.sh("rm -r /etc/sellerwatch/sources/* /etc/sellerwatch/searches.yaml")
            self.at.put("/etc/sellerwatch/sources/all.yaml", SOURCE)
            self.configure(SETTINGS)
            self.said[word] = self.at.sh(step.split("&&")[1])
        elif word == "apt-get" and not self.bare:
            self.said[word] = "what it installs is there"
        else:
            script = f"apt-get update -qq && {step}" if word == "apt-get" else step
            self.said[word] = self.typed(script, internet=word in {"apt-get", "make"})
        self.took[word] = time.monotonic() - begun

    def configure(self, settings: str, mode: int = 0o644) -> None:
        self.at.put("/etc/sellerwatch/settings.yaml", settings, mode)

    def journal(self, *options: str) -> str:
        return self.at.run("journalctl", "--no-pager", "-o", "cat", *options)

    def pid(self) -> str:
        return self.at.show(SERVICE, "MainPID")

    def ready(self) -> bool:
        asked = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9464/readyz', timeout=5).status)"
        return self.at.run("python3", "-c", asked, good=False) == "200"


def procedure() -> list[str]:
    """What the README says to type, line by line."""
    text = (ROOT / "systemd/README.md").read_text(encoding="utf-8")
    block = re.search(r"\n\n((?:    .*\n)+)", text)
    assert block
    return [line.strip() for line in block[1].splitlines()]


def copy(at: Machine) -> None:
    """This tree as a clone has it."""
    at.sh("rm -rf /opt/sellerwatch /etc/sellerwatch /usr/local/bin/sellerwatch")  # of the root below, if it has any
    to = at.path(CLONE)
    to.mkdir(parents=True, exist_ok=True)
    for name in (*SOURCES, *(lock.name for lock in ROOT.glob("requirements*.lock"))):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, to)
    for name in ("/etc/resolv.conf", "/etc/pip.conf", "/etc/xdg/pip/pip.conf"):
        if Path(name).exists():
            at.path(name).unlink(missing_ok=True)
            at.put(name, Path(name).read_text(encoding="utf-8"))


def _site(at: Machine) -> None:
    """A feed, on loopback and on addresses that it alone has; and a webhook that writes down what it is told."""
    today = datetime.now(UTC)
    at.put("/srv/site/feed.xml", NOTICE.format(today=today - timedelta(hours=1), end=today + timedelta(days=60)))
    for name in ("hook.py", "probe.py"):
        at.put(f"/srv/{name}", (Path(__file__).parent / name).read_text(encoding="utf-8"))
    for address in ("10.9.9.9", "169.254.169.254", "203.0.113.9"):
        at.run("ip", "address", "add", f"{address}/32", "dev", "lo")
    at.run("systemd-run", "--quiet", "--unit=site", "python3", "-m", "http.server", "8099", "--directory", "/srv/site")
    at.run("systemd-run", "--quiet", "--unit=hook", "python3", "/srv/hook.py")


@contextmanager
def root() -> Iterator[Path]:
    """A bare Debian 12: the one that SELLERWATCH_BARE_ROOT names, or a new one; else this machine's own root."""
    if given := os.environ.get("SELLERWATCH_BARE_ROOT"):
        yield Path(given)
    elif program := shutil.which("debootstrap"):
        with TemporaryDirectory(prefix="bare-") as made:
            packages = "--include=systemd,systemd-sysv,dbus,ca-certificates,iproute2"
            command = [program, "--variant=minbase", packages, "bookworm", made, _mirror()]
            done = subprocess.run(command, capture_output=True, text=True, timeout=900)
            if done.returncode:
                print("no bare Debian can be had here, so this machine's own root lies below:", done.stdout[-500:])  # noqa: T201
            yield Path("/") if done.returncode else Path(made)
    else:
        print("no debootstrap here: installed over this machine's own root, where what apt-get would bring is there")  # noqa: T201
        yield Path("/")


def _mirror() -> str:
    """Where this machine's own packages come from."""
    files = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*")]
    text = "".join(file.read_text(encoding="utf-8") for file in files if file.is_file())
    found = re.search(r"^(?:URIs:|deb)\s+(?:\[.*?\]\s+)?(https?://\S+/debian)/?(?:\s|$)", text, re.MULTILINE)
    return found[1] if found else "http://deb.debian.org/debian"


def index() -> list[Path]:
    """Files and directories that pip's configuration on this machine names: the other one must see them, too."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    named = re.findall(r"(?:file://)?(/(?!/)[^\s'\"]+)", re.sub(r"https?://\S+", "", listed.stdout))
    return sorted(
        {Path(one) for one in named if one.startswith(("/opt/", "/srv/", "/var/", "/etc/")) and Path(one).exists()}
    )
