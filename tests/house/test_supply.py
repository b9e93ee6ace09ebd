"""What we are made of is known: locked by hash, licensed, listed, audited; and it installs without a network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from datetime import date
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from monitor.config import load
from monitor.init_command import init
from monitor.shipped import shipped

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / ".ci"))

from license_expression import get_spdx_licensing  # noqa: E402
from locked import SupplyError, pins  # noqa: E402
from materials import write  # noqa: E402
from supply import audit, expression, judged, permitted  # noqa: E402

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
HASH = f"--hash=sha256:{'0' * 64}"
BAD = {
    "name": "jinja2",
    "version": "3.1.2",
    "vulns": [{"id": "PYSEC-1", "aliases": ["GHSA-1"], "fix_versions": ["3.1.3"]}],
}
EXCUSE = {"id": "GHSA-1", "package": "jinja2", "reason": "we render our own templates", "until": date(2027, 1, 31)}
RULES: dict[str, Any] = {
    "licences": {"words": {"MIT License": "MIT", "Apache Software License": "Apache-2.0"}, "read": {"quiet": "ISC"}},
    "canary": {"package": "jinja2", "version": "3.1.2"},
}
ALLOWED = ("MIT", "Apache-2.0", "LGPL-3.0-only")


# ---- the lock


def test_every_locked_release_has_hashes_and_somebody_who_needs_it():
    locked = pins(LOCK)
    assert {"scrapy", "onnxruntime", "psycopg", "numpy"} <= {pin.name for pin in locked}
    assert all(pin.hashes and pin.wanted_by for pin in locked)
    assert next(pin for pin in locked if pin.name == "twisted").wanted_by == ("scrapy",)
    assert not next(pin for pin in locked if pin.name == "colorama").runs, "it is for Windows"


@pytest.mark.parametrize(
    "line",
    ["loose>=1.0", "bare==1.0", "git @ git+https://example.com/git.git", "-e .", "--index-url https://example.com"],
)
def test_a_lock_that_leaves_anything_open_is_refused(line: str):
    with pytest.raises(SupplyError):
        pins(f"fast==1.0 \\\n    {HASH}\n{line}\n")


@pytest.mark.case(51)
def test_a_package_that_was_exchanged_is_not_installed(tmp_path: Path, record_property: Any):
    """As an index would do it that somebody took over: the right name and release, other bytes."""
    for name, words in (("honest", "x = 1"), ("thief", "x = 2")):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{name}.py", words)
            wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            wheel.writestr(
                f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256((tmp_path / "honest-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    (tmp_path / "lock").write_text(f"honest==1.0 --hash=sha256:{digest}\nthief==1.0 --hash=sha256:{digest}\n")
    told = offline(sys.executable, tmp_path, tmp_path / "lock", "--target", str(tmp_path / "into"))
    assert told.returncode != 0
    assert "DO NOT MATCH THE HASHES" in told.stderr
    assert not (tmp_path / "into").exists(), "nothing of it, and nothing of its neighbour"
    record_property("figure", "0 of 1 exchanged packages installed")


# ---- advisories


def test_an_advisory_that_nobody_excused_is_told_with_the_release_that_mends_it():
    wrong, unasked = judged({"dependencies": [BAD]}, [], date(2026, 12, 1))
    assert (wrong, unasked) == (["jinja2 3.1.2: PYSEC-1 (mended in: 3.1.3)"], [])


def test_an_excuse_holds_under_any_name_of_the_advisory_and_until_its_day():
    assert judged({"dependencies": [BAD]}, [EXCUSE], date(2027, 1, 31)) == ([], [])
    wrong, _ = judged({"dependencies": [BAD]}, [EXCUSE], date(2027, 2, 1))
    assert len(wrong) == 1
    assert "excused until 2027-01-31" in wrong[0]


def test_an_excuse_of_another_package_or_of_nothing_counts_for_nothing():
    other = {**EXCUSE, "package": "mako"}
    wrong, _ = judged({"dependencies": [BAD]}, [other], date(2026, 12, 1))
    assert [line.partition(" ")[0] for line in wrong] == ["jinja2", "GHSA-1"]


@pytest.mark.parametrize("without", ["reason", "until"])
def test_an_excuse_without_a_reason_or_a_day_is_refused(without: str):
    bare = {key: value for key, value in EXCUSE.items() if key != without}
    with pytest.raises(SupplyError, match="GHSA-1 needs a reason and a date"):
        audit({**RULES, "advisories": [bare]}, False, lambda _: {"dependencies": []})


@pytest.mark.parametrize(
    "answer",
    [
        {"dependencies": [{"name": "jinja2", "skip_reason": "not found on PyPI"}]},  # an index without the service
        {"dependencies": [{"name": "jinja2", "version": "3.1.2", "vulns": []}]},  # a mirror that knows of nothing
    ],
)
def test_a_service_that_does_not_know_what_everybody_knows_makes_nothing_clean(answer: dict[str, Any]):
    asked: list[str] = []
    told = audit(RULES, False, lambda one: asked.append(one) or answer)  # type: ignore[func-returns-value]
    assert told.startswith(f"NOT AUDITED: {len(pins(LOCK))} of {len(pins(LOCK))} locked packages")
    assert asked == ["jinja2==3.1.2\n"], "and it is not asked about the others"
    with pytest.raises(SupplyError, match="NOT AUDITED"):
        audit(RULES, True, lambda _: answer)


def test_a_service_that_answers_is_asked_about_every_locked_release():
    asked: list[str] = []

    def service(requirements: str) -> dict[str, Any]:
        asked.extend(requirements.splitlines())
        bad = requirements == "jinja2==3.1.2\n"
        return {"dependencies": [BAD if bad else {"name": "all", "version": "1", "vulns": []}]}

    assert "no advisory" in audit(RULES, True, service)
    assert asked[1:] == [f"{pin.name}=={pin.version}" for pin in pins(LOCK)]


# ---- licences


def metadata(**fields: str | list[str]) -> Message:
    """As a package has them: `License_Expression`, `License`, `Classifier`."""
    message = Message()
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("says", "means"),
    [
        (metadata(License_Expression="Apache-2.0 OR MIT", License="whatever"), "Apache-2.0 OR MIT"),
        (metadata(License="MIT License"), "MIT"),
        (metadata(Classifier=["License :: OSI Approved", "License :: OSI Approved :: MIT License"]), "MIT"),
        (metadata(License="Copyright (c) us.\nAll of it.", Classifier="License :: OSI Approved :: MIT License"), "MIT"),
    ],
)
def test_a_licence_is_read_from_what_the_package_says(says: Message, means: str):
    assert expression("some", says, RULES, get_spdx_licensing()) == means


@pytest.mark.parametrize(
    "says",
    [
        metadata(),
        metadata(License="BSD"),
        metadata(License="Fair enough"),
        metadata(
            Classifier=["License :: OSI Approved :: MIT License", "License :: OSI Approved :: Apache Software License"]
        ),
    ],
)
def test_a_licence_that_could_mean_this_or_that_is_unknown_until_somebody_read_it(says: Message):
    spdx = get_spdx_licensing()
    with pytest.raises(SupplyError, match="licence unknown"):
        expression("some", says, RULES, spdx)
    assert expression("quiet", says, RULES, spdx) == "ISC"


def test_what_somebody_read_is_void_once_the_package_says_it_itself():
    with pytest.raises(SupplyError, match="take it out"):
        expression("quiet", metadata(License="MIT"), RULES, get_spdx_licensing())


@pytest.mark.parametrize(
    ("words", "may"),
    [
        ("MIT", True),
        ("LGPL-3.0-only", True),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("MIT OR GPL-2.0-only", True),  # ours to choose
        ("MIT AND GPL-2.0-only", False),
        ("Apache-2.0 AND (MIT OR GPL-2.0-only)", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
    ],
)
def test_copyleft_beyond_the_lesser_kind_is_refused(words: str, may: bool):
    assert permitted(words, ALLOWED, get_spdx_licensing()) is may


# ---- the bill of materials


def test_the_bill_names_the_releases_with_their_hashes_and_every_file_of_the_model(tmp_path: Path):
    some = {"scrapy", "twisted", "numpy", "onnxruntime", "psycopg-binary"}  # the schema is slow; CI takes them all
    locked = [pin for pin in pins(LOCK) if pin.name in some]
    bills = [write(ROOT, tmp_path / name, locked, {pin.name: "MIT" for pin in locked}, 1_800_000_000) for name in "ab"]
    text = bills[0][0].read_bytes()
    assert text == bills[1][0].read_bytes(), "the same tree, the same bytes"
    bill = json.loads(text)
    assert (bill["specVersion"], bill["metadata"]["timestamp"]) == ("1.6", "2027-01-15T08:00:00+00:00")
    named = {part["bom-ref"]: part for part in bill["components"]}
    for pin in locked:
        (source,) = named[f"pkg:pypi/{pin.name}@{pin.version}"]["externalReferences"]
        assert {one["content"] for one in source["hashes"]} == set(pin.hashes)
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(ref.startswith("pkg:pypi/scrapy@") for ref in needs["sellerwatch"])
    assert {"model:encoder", "model:heads"} <= set(needs["sellerwatch"])
    files = {
        file["name"]: file["hashes"][0]["content"]
        for key in ("model:encoder", "model:heads")
        for file in named[key]["components"]
    }
    weights = ROOT / "monitor/understand/weights"
    assert {Path(name).name for name in files} == {
        one.name for one in weights.iterdir() if one.suffix not in (".jsonl",)
    } - {"card.json"}
    assert all(hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest for name, digest in files.items())
    assert named["model:encoder"]["licenses"] == [{"expression": "MIT"}]


# ---- a configuration without a clone


def test_init_writes_a_configuration_that_is_good_and_touches_none_that_is_there(tmp_path: Path):
    app = typer.Typer()
    app.command()(init)
    mine = tmp_path / "mine"
    told = CliRunner().invoke(app, [str(mine)])
    assert told.exit_code == 0, told.output
    assert "settings.yaml" in told.output
    assert load(mine).platforms
    assert {path.name for path in mine.iterdir()} & {"exposure.yaml", "exposure.csv", "calendar.own.yaml"} == set()
    (mine / "settings.yaml").write_text("mine")
    assert CliRunner().invoke(app, [str(mine)]).exit_code == 1
    assert (mine / "settings.yaml").read_text() == "mine"


def test_what_a_wheel_carries_is_every_file_of_the_configuration_and_every_unit():
    """setuptools takes what pyproject.toml names, and is silent about the rest."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["data-files"]
    carried = {path for patterns in named.values() for pattern in patterns for path in ROOT.glob(pattern)}
    config = shipped("config")
    assert config == ROOT / "config"
    own = {"exposure.yaml", "exposure.csv", "calendar.own.yaml"}
    there = {path for folder in ("config", "systemd") for path in (ROOT / folder).rglob("*") if path.is_file()}
    assert {path for path in there if path.name not in own and "__pycache__" not in path.parts} - carried == set()


# ---- where there is no network


def offline(python: str | Path, wheels: Path, requirements: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """pip without an index and without this machine's settings; where we may, without a network as well."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON"))}
    alone = ["unshare", "--net"] if shutil.which("unshare") and os.geteuid() == 0 else []
    command = [*alone, str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index",
               "--find-links", str(wheels), "--require-hashes", "--requirement", str(requirements), *more]  # fmt: skip
    if alone and subprocess.run([*alone, "true"], capture_output=True).returncode:
        command = command[len(alone) :]
    return subprocess.run(
        command, env={**clean, "PIP_CONFIG_FILE": os.devnull}, capture_output=True, text=True, timeout=600
    )


@pytest.mark.long
@pytest.mark.case(51)
def test_the_wheels_install_and_run_where_there_is_no_network(tmp_path: Path, record_property: Any):
    wheels, user, state = tmp_path / "wheels", tmp_path / "user", tmp_path / "venv"
    user.mkdir()
    builder = [sys.executable, str(ROOT / ".ci/wheels.py"), "--out"]
    for out, more in ((wheels, []), (tmp_path / "again", ["--alone"])):
        built = subprocess.run([*builder, str(out), *more], capture_output=True, text=True, timeout=900)
        assert built.returncode == 0, built.stderr
    (again,) = (tmp_path / "again").glob("*.whl")
    assert again.read_bytes() == (wheels / again.name).read_bytes(), "two builds, the same bytes"
    ours = {path for part in ("monitor", "spiders") for path in (ROOT / part).rglob("*") if path.is_file()}
    there = {path.relative_to(ROOT).as_posix() for path in ours if "__pycache__" not in path.parts}
    assert there - set(zipfile.ZipFile(again).namelist()) == set(), "code, weights, templates, words: all of it"

    subprocess.run([sys.executable, "-m", "venv", str(state)], check=True, timeout=300)
    installed = offline(state / "bin/python", wheels, wheels / "requirements.txt")
    assert installed.returncode == 0, installed.stderr

    def sellerwatch(*words: str) -> str:
        told = subprocess.run(
            [str(state / "bin/sellerwatch"), *words], cwd=user, env={"PATH": os.defpath, "HOME": str(user)},
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert told.returncode == 0, f"{words}: {told.stdout[-2000:]}{told.stderr[-2000:]}"
        return told.stdout

    assert sellerwatch("--version").startswith("sellerwatch ")
    sellerwatch("init")
    assert load(user / "config").platforms == load(ROOT / "config").platforms
    assert json.loads(sellerwatch("check-config", "--json"))
    assert json.loads(sellerwatch("demo", "--seconds", "10", "--json")), "it fetched, understood and told"
    record_property("figure", f"{len(list(wheels.glob('*.whl')))} wheels installed without a network, by hash")


def test_every_optional_part_is_locked_but_the_one_that_is_too_large():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (line,) = (
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if line.startswith("LOCKED")
    )
    assert {*line.partition(":=")[2].partition("#")[0].split()} == {*extras} - {"tune"}
