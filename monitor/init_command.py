"""`sellerwatch init`: the shipped configuration into a directory of its own, for whoever has no clone."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from monitor.invocation import refuse
from monitor.shipped import shipped
from monitor.tables import console

_OWN = ("exposure.yaml", "exposure.csv", "*.own.yaml")  # what a user wrote into a clone's config/


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="A new or empty directory; `run` finds ./config by itself.")
    ] = Path("config"),
) -> None:
    """Write the shipped configuration to a new directory, to make it yours."""
    templates = shipped("config")
    if templates is None:
        raise refuse("the shipped configuration is not installed here: install sellerwatch from its wheel or a clone")
    try:
        if directory.exists() and any(directory.iterdir()):
            raise refuse(f"{directory} is not empty: nothing was written")
        ignored = shutil.ignore_patterns(*_OWN)
        shutil.copytree(templates, directory, ignore=ignored, copy_function=shutil.copyfile, dirs_exist_ok=True)
    except OSError as error:  # shutil.Error is one
        raise refuse(error) from None
    count = sum(file.is_file() for file in directory.rglob("*"))
    console.print(f"{escape(str(directory))}: {count} files; README.md there says what each holds", soft_wrap=True)
    where = "" if directory == Path("config") else f" --config {directory}"
    console.print(f"Next: edit settings.yaml, then `sellerwatch check-config{escape(where)}`", soft_wrap=True)
    if units := shipped("systemd"):
        console.print(f"The units for systemd, and how to install them: {escape(str(units))}", soft_wrap=True)
