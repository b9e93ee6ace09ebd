"""The unit and its drop-in for rendered pages, as systemd's own checker reads them where it is installed."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
UNIT, DROP_IN = ROOT / "systemd/sellerwatch.service", ROOT / "systemd/sellerwatch-rendered.conf"
LIFTED = {"MemoryDenyWriteExecute": "no", "RestrictNamespaces": "user pid net", "SystemCallFilter": "chroot capset",
          "ProcSubset": "all"}  # fmt: skip


def settings_of(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_the_drop_in_lifts_what_the_unit_forbids_a_browser_and_nothing_else():
    lifted, unit = settings_of(DROP_IN), settings_of(UNIT)
    limits = {"TasksMax", "MemoryHigh", "MemoryMax"}
    assert {name: values[0] for name, values in lifted.items() if name not in limits} == LIFTED
    assert lifted.keys() <= unit.keys(), "a key that the unit does not set would open nothing"
    assert all(value != unit[name][-1] for name, (value,) in lifted.items())


def test_systemds_own_checker_has_nothing_to_say_of_the_two_together(tmp_path: Path):
    checker = shutil.which("systemd-analyze")
    assert DROP_IN.read_text(encoding="utf-8").count("[Service]") == 1
    if checker is None:
        return
    shutil.copy(UNIT, tmp_path)
    (tmp_path / f"{UNIT.name}.d").mkdir()
    shutil.copy(DROP_IN, tmp_path / f"{UNIT.name}.d")
    checked = subprocess.run([checker, "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True, timeout=60)
    said = [line for line in checked.stderr.splitlines() if "is not executable: No such file" not in line]
    assert said == []
