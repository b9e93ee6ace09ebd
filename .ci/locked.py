"""requirements.lock, read: every release with its hashes and with those that need it."""

import re
from dataclasses import dataclass
from typing import Any

from packaging.markers import Marker

# What we run on, whatever machine asks, so that the table is the same everywhere.
PLACES = [
    {"python_version": version, "python_full_version": f"{version}.0", "platform_machine": machine,
     "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "implementation_name": "cpython",
     "platform_python_implementation": "CPython"}
    for version in ("3.11", "3.12", "3.13") for machine in ("x86_64", "aarch64")
]  # fmt: skip
_PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(?:\s*;\s*([^\\\n]+?))?\s*\\?$")


class SupplyError(Exception):
    """What fails the build, in words for whoever has to mend it."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked release; `marker` is "" where it is wanted everywhere, `wanted_by` names those that need it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    wanted_by: tuple[str, ...]

    @property
    def runs(self) -> bool:
        """Whether it is installed on any machine that we support."""
        return not self.marker or any(Marker(self.marker).evaluate(place) for place in PLACES)


def pins(lock: str) -> list[Pin]:
    """The releases of a lock that uv wrote. One without a hash is an error, and so is a line that is not understood."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    at: dict[str, Any] | None = None
    for line in lock.splitlines():
        if pinned := _PIN.match(line):
            name, version, marker = pinned.groups(default="")
            at = found.setdefault((name, version), {"markers": [], "hashes": set(), "by": set()})
            at["markers"].append(marker)
        elif at is not None and (hashed := re.match(r"^\s+--hash=sha256:([0-9a-f]{64})\s*\\?$", line)):
            at["hashes"].add(hashed[1])
        elif at is not None and (by := re.match(r"^\s+#\s+(?:via\s*)?([\w.-]*)(?:\[[^\]]*\])?(?: \(.*\))?$", line)):
            at["by"] |= {by[1]} - {""}
        elif line.strip() and not line.startswith("#"):
            raise SupplyError(f"requirements.lock: {line.strip()!r} is no pin of one release")
    unhashed = [name for (name, _), one in found.items() if not one["hashes"]]
    if not found or unhashed:
        raise SupplyError(f"requirements.lock: without a hash: {', '.join(unhashed) or 'it is empty'}")
    return [
        Pin(name, version, "" if "" in one["markers"] else " or ".join(f"({marker})" for marker in one["markers"]),
            tuple(sorted(one["hashes"])), tuple(sorted(one["by"])))
        for (name, version), one in found.items()
    ]  # fmt: skip
