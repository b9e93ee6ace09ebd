"""Secrets by name: from the environment, from a file that it names, or from systemd's credentials."""

import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REFERENCE = "secret:"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)


class SecretProblem(Exception):  # noqa: N818 - it becomes a Problem
    """Why a secret cannot be had; the text never holds its value."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Where secrets are looked for."""

    environ: Mapping[str, str]

    def resolve(self, written: str) -> str:
        """The value behind `secret:NAME`; any other text is itself. Raises SecretProblem."""
        if not written.startswith(REFERENCE):
            return written
        name = written.removeprefix(REFERENCE)
        if not _NAME.fullmatch(name):
            raise SecretProblem("a secret's name has small letters, digits and hyphens, such as secret:smtp-password")
        variable = f"SELLERWATCH_{name.upper().replace('-', '_')}"
        if value := self.environ.get(variable, "").strip():
            return value
        if file := self.environ.get(f"{variable}_FILE"):
            return _read(Path(file), f"the file that {variable}_FILE names")
        credentials = self.environ.get("CREDENTIALS_DIRECTORY")
        if credentials and (Path(credentials) / name).exists():
            return _read(Path(credentials) / name, f"the credential {name}")
        systemd = f"$CREDENTIALS_DIRECTORY/{name}" + ("" if credentials else " (that variable is not set)")
        raise SecretProblem(f"secret {name} was not found; looked at {variable}, {variable}_FILE and {systemd}")


def _read(path: Path, called: str) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise SecretProblem(f"{called} ({path}) is not UTF-8 text") from None
    except OSError as error:
        raise SecretProblem(f"{called} ({path}) cannot be read: {error.strerror}") from None
    if not value:
        raise SecretProblem(f"{called} ({path}) is empty")
    return value


def opened_to_others(path: Path) -> str:
    """The command that closes a file which other users can read; empty when they cannot."""
    mode = path.stat().st_mode
    return f"chmod 600 {shlex.quote(str(path))}" if mode & (stat.S_IRGRP | stat.S_IROTH) else ""
