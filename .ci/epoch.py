"""When what we build was made: the moment of the commit, so that two builds of one tree are alike."""

import os
import subprocess
from pathlib import Path


def moment(root: Path) -> int:
    """SOURCE_DATE_EPOCH (reproducible-builds.org), else the last commit's; else the first that a zip can hold."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    asked = subprocess.run(["git", "-C", str(root), "log", "-1", "--format=%ct"], capture_output=True, text=True)
    return int(asked.stdout) if asked.returncode == 0 and asked.stdout.strip() else 315_532_800
