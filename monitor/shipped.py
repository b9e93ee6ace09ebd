"""Where the files lie that are shipped with the program and belong to no package: the configuration, the units."""

from importlib import metadata
from pathlib import Path

_SHARE = "share/sellerwatch"  # under the environment's own prefix; pyproject.toml fills it


def shipped(folder: str) -> Path | None:
    """`config` or `systemd`: beside the package in a clone, else where the wheel put it; None where neither is."""
    beside = Path(__file__).resolve().parents[1] / folder
    if beside.is_dir():
        return beside
    try:
        installed = metadata.files("sellerwatch") or []
    except metadata.PackageNotFoundError:
        return None
    inside = (file for file in installed if f"{_SHARE}/{folder}/" in file.as_posix())
    places = (up for file in inside for up in Path(str(file.locate())).resolve().parents)
    return next((place for place in places if place.as_posix().endswith(f"{_SHARE}/{folder}")), None)
