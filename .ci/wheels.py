"""The wheel, the same bytes from the same tree; and beside it every locked dependency, to install without a network.

    python .ci/wheels.py [--out dist/wheels] [--alone]

The dependencies are those of this Python on this kind of machine. docs/supply.md says how to install them.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from epoch import moment

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("monitor", "spiders", "config", "systemd")


class BuildError(Exception):
    """What pip said, when it ended badly."""


def pip(*arguments: str, **environment: str) -> None:
    """Runs this Python's pip; it may ask the index unless it is told not to."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode:
        raise BuildError(done.stderr.strip() or done.stdout.strip())


def stage(into: Path) -> None:
    """What goes into the wheel, and nothing that an earlier build or a stricter umask left behind."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
    for part in PARTS:
        shutil.copytree(ROOT / part, into / part, ignore=ignored)
    for name in ("pyproject.toml", "README.md"):
        shutil.copyfile(ROOT / name, into / name)
    for path in into.rglob("*"):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def build(out: Path) -> Path:
    """Our wheel. It is dated by the last commit, and built by the setuptools of requirements-build.lock."""
    with tempfile.TemporaryDirectory() as folder:
        tree, made = Path(folder, "tree"), Path(folder, "made")
        tree.mkdir()
        stage(tree)
        pip("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--check-build-dependencies", "--no-cache-dir",
            "--wheel-dir", str(made), str(tree), SOURCE_DATE_EPOCH=str(moment(ROOT)))  # fmt: skip
        (wheel,) = made.glob("*.whl")
        out.mkdir(parents=True, exist_ok=True)
        return shutil.copyfile(wheel, out / wheel.name)


def gather(out: Path, wheel: Path) -> Path:
    """Every locked dependency beside our wheel, and the requirements that install them all: each by its hash."""
    lock = ROOT / "requirements.lock"
    pip("download", "--require-hashes", "--only-binary=:all:", "--dest", str(out), "--requirement", str(lock))
    name, version = wheel.name.split("-")[:2]
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    requirements = out / "requirements.txt"
    pinned = re.sub(r"^#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    requirements.write_text(f"{name}=={version} --hash=sha256:{digest}\n{pinned}", encoding="utf-8")
    return requirements


def main(arguments: Sequence[str]) -> int:
    """Builds, and says what to do with it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "dist/wheels", help="where they go; emptied first")
    parser.add_argument("--alone", action="store_true", help="our wheel, without its dependencies")
    options = parser.parse_args(arguments)
    out: Path = options.out
    shutil.rmtree(out, ignore_errors=True)
    try:
        wheel = build(out)
        print(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel}")
        if not options.alone:
            requirements = gather(out, wheel)
            count, size = len(list(out.glob("*.whl"))), sum(file.stat().st_size for file in out.glob("*.whl"))
            print(f"{count} wheels, {size / 1e6:.0f} MB. Without a network, in an empty environment:")
            print(f"  pip install --no-index --find-links {out} --require-hashes -r {requirements}")
    except BuildError as error:
        print(f"wheels: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
