"""The units and the drop-in for rendered pages, as systemd's own checker reads them where they are installed."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT, DROP_IN = ROOT / "systemd/sellerwatch.service", ROOT / "systemd/sellerwatch-rendered.conf"
UNITS = sorted(path for path in (ROOT / "systemd").iterdir() if path.suffix in {".service", ".timer"})
CHECKER = shutil.which("systemd-analyze")
CURRENT = "/opt/sellerwatch/current/"
LIFTED = {"MemoryDenyWriteExecute": "no", "RestrictNamespaces": "user pid net", "SystemCallFilter": "chroot capset",
          "ProcSubset": "all"}  # fmt: skip


def settings_of(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def installed(directory: Path) -> list[str]:
    """The units in a directory of their own, with a program where they name one; their paths."""
    program = directory / "current/bin/sellerwatch"
    program.parent.mkdir(parents=True)
    for name in ("sellerwatch", "python"):
        shutil.copy("/bin/true", program.with_name(name))
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace(CURRENT, f"{directory}/current/")
        (directory / unit.name).write_text(text, encoding="utf-8")
    return [str(directory / unit.name) for unit in UNITS]


def test_the_drop_in_lifts_what_the_unit_forbids_a_browser_and_nothing_else():
    lifted, unit = settings_of(DROP_IN), settings_of(UNIT)
    limits = {"TasksMax", "MemoryHigh", "MemoryMax"}
    assert {name: values[0] for name, values in lifted.items() if name not in limits} == LIFTED
    assert lifted.keys() <= unit.keys(), "a key that the unit does not set would open nothing"
    assert all(value != unit[name][-1] for name, (value,) in lifted.items())


def test_systemds_own_checker_has_nothing_at_all_to_say_of_any_unit_with_or_without_the_drop_in(tmp_path: Path):
    units = installed(tmp_path)
    assert len(units) == 4
    assert DROP_IN.read_text(encoding="utf-8").count("[Service]") == 1
    if CHECKER is None:
        print("no systemd-analyze here: the units are checked by name alone")  # noqa: T201
        return
    for drop_in in (False, True):
        if drop_in:
            (tmp_path / f"{UNIT.name}.d").mkdir()
            shutil.copy(DROP_IN, tmp_path / f"{UNIT.name}.d")
        checked = subprocess.run([CHECKER, "verify", *units], capture_output=True, text=True, timeout=60)
        assert (checked.returncode, checked.stderr) == (0, ""), (
            "it ends with 0 on an unknown key: silence is what counts"
        )


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.stem)
def test_the_exposure_of_every_service_is_below_one_and_a_half_of_ten(unit: Path, tmp_path: Path):
    installed(tmp_path)
    assert settings_of(unit)["DynamicUser"] == ["yes"]
    if CHECKER:
        judged = [CHECKER, "security", "--offline=yes", "--threshold=15", "--no-pager", str(tmp_path / unit.name)]
        assert subprocess.run(judged, capture_output=True, timeout=60).returncode == 0


def test_whoever_fails_is_told_of_by_a_unit_that_needs_nothing_of_the_daemons():
    teller = ROOT / "systemd/sellerwatch-failed@.service"
    settings = settings_of(teller)
    for failing in (UNIT, ROOT / "systemd/sellerwatch-backup.service"):
        assert settings_of(failing)["OnFailure"] == ["sellerwatch-failed@%p.service"]
    assert "OnFailure" not in settings, "it would tell of itself for ever"
    shell, told = settings["ExecStart"]
    assert shell.startswith("/bin/sh "), "before anything that may be broken"
    program = told.split()[2]
    assert program.startswith(f"{CURRENT}share/sellerwatch/systemd/")
    script = ast.parse((ROOT / "systemd" / Path(program).name).read_text(encoding="utf-8"))
    named = {one.module or "" for one in ast.walk(script) if isinstance(one, ast.ImportFrom)}
    named |= {alias.name for one in ast.walk(script) if isinstance(one, ast.Import) for alias in one.names}
    assert {name.split(".")[0] for name in named} <= sys.stdlib_module_names


def test_the_installer_is_good_shell_and_knows_every_unit_and_secret():
    deploy = (ROOT / "systemd/deploy").read_text(encoding="utf-8")
    for script in ("deploy", "operator"):
        assert (
            subprocess.run(["sh", "-n", str(ROOT / "systemd" / script)], capture_output=True, timeout=20).stderr == b""
        )
    [listed] = re.findall(r"^UNITS='(.*)'$", deploy, re.MULTILINE)
    assert sorted(listed.split()) == [unit.name for unit in UNITS]
    for unit in UNITS:
        for name, value in settings_of(unit).items():
            if name == "LoadCredential":
                assert all(re.fullmatch(r"([\w-]+):/etc/sellerwatch/credentials/\1", one) for one in value)


def test_an_optional_part_brings_what_it_needs_from_the_lock_with_hashes():
    script = [sys.executable, "-I", str(ROOT / "systemd/locked_extras.py"), str(ROOT / "pyproject.toml")]
    asked = [*script, str(ROOT / "requirements-dev.lock"), "rendered"]
    found = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    entries = re.split(r"^(?=\w)", found, flags=re.MULTILINE)[1:]
    assert {"greenlet", "playwright"} <= {entry.partition("==")[0] for entry in entries}, (
        "what it needs needs something, too"
    )
    assert all("--hash=sha256:" in entry for entry in entries)
    unknown = subprocess.run([*asked[:-1], "nonsense"], capture_output=True, text=True, timeout=20)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert "there is no part 'nonsense'" in unknown.stderr
